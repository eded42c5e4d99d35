// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who wants a call to end, and when: clients, deadline, last close,
 * administrator, unregistration, reboot (X12). All come through
 * acall_call_cancel(); what they may do to each other is state.c's.
 *
 * The clock is the call's (X9): one timer, armed for the deadline while nobody
 * has cancelled, then for the end of the grace. Whoever arms it holds the call's
 * lock; a callback that finds that it was armed anew for later does nothing.
 *
 * The cancel hook of a method is entered without a lock, by whoever has set
 * @asking under the call's lock, which keeps .release away; so it is asked by
 * one party at a time (P2). While .start is on its way, its caller asks
 * afterwards. A method without a hook is only told, by the flag and the signal.
 *
 * The race it is about is a hook that comes back when deadline, grace or
 * completion have gone on without it: then its answer changes nothing.
 */
#include <linux/freezer.h>
#include <linux/sched/signal.h>

#include "call.h"
#include "compat.h"
#include "debug/delay.h"
#include "interface.h"
#include "runner.h"
#include "trace/trace.h"

/*
 * What it may take to drop the files of a call that never started, before its
 * client is freed all the same.
 */
#define RETIRE_GRACE_NS		NSEC_PER_SEC

static u64 later(u64 ns, u64 duration)
{
	return ns + duration < ns ? U64_MAX : ns + duration;
}

static enum hrtimer_restart call_timer(struct hrtimer *timer);

/**
 * acall_call_timer_set - arm, re-arm or stop a call's timer
 * @call: the call, its lock held, and a reference besides the timer's
 * @until: absolute CLOCK_MONOTONIC ns, U64_MAX = stop
 *
 * A timer whose callback is running cannot be stopped, and may be armed again by
 * that very callback or by others. So its one reference is a state of its own,
 * @timer_held, that only the end of a callback or a stop that took it off the
 * queue gives back.
 */
void acall_call_timer_set(struct acall_call *call, u64 until)
{
	int stopped;

	lockdep_assert_held(&call->lock);

	if (until >= KTIME_MAX)
		until = U64_MAX;
	if (until == call->timer_until)
		return;
	call->timer_until = until;
	if (until != U64_MAX) {
		if (!call->timer_used)
			hrtimer_setup(&call->timer, call_timer, CLOCK_MONOTONIC,
				      HRTIMER_MODE_ABS_SOFT);
		call->timer_used = true;
		if (!call->timer_held)
			acall_call_get(call);
		call->timer_held = true;
		hrtimer_start(&call->timer, ns_to_ktime(until),
			      HRTIMER_MODE_ABS_SOFT);
		return;
	}
	stopped = hrtimer_try_to_cancel(&call->timer);
	if (stopped > 0) {
		call->timer_held = false;
		acall_call_put(call);
	} else if (stopped < 0 && call->timer_held) {
		/* It may be queued once more: then at once, not in years. */
		hrtimer_start(&call->timer, 0, HRTIMER_MODE_ABS_SOFT);
	}
}

/*
 * After the flag, under the lock under which the worker publishes itself and
 * then looks at the flag: one of both sees the other (R-FLAG). It cannot be
 * another call's worker (R-HANDLE).
 */
static void signal_worker(struct acall_call *call)
{
	lockdep_assert_held(&call->lock);

	if (!call->task)
		return;
	trace_acall_signal(call->id, task_pid_nr(call->task));
	send_sig(SIGKILL, call->task, 1);
}

/* The grace is over. A hook that is still asked is not waited for. */
static void expire(struct acall_call *call)
{
	bool asked = acall_word_phase(call->word) == ACALL_PHASE_ASKED;
	enum acall_verdict verdict;

	verdict = acall_call_step(call, ACALL_EVENT_EXPIRE, ACALL_REASON_NONE);
	if (asked && verdict == ACALL_MADE)
		signal_worker(call);
}

static enum hrtimer_restart call_timer(struct hrtimer *timer)
{
	struct acall_call *call = container_of(timer, struct acall_call, timer);
	bool deadline = false, queued;
	unsigned long flags;

	acall_delay(ACALL_AT_TIMER);
	spin_lock_irqsave(&call->lock, flags);
	if (call->timer_until <= ktime_get_ns()) {
		call->timer_until = U64_MAX;
		switch (acall_word_phase(call->word)) {
		case ACALL_PHASE_QUEUED:
		case ACALL_PHASE_RUNNING:
			deadline = true;
			break;
		case ACALL_PHASE_ASKED:
		case ACALL_PHASE_CANCELLING:
		case ACALL_PHASE_DEQUEUED:
			expire(call);
			break;
		default:
			break;
		}
	}
	spin_unlock_irqrestore(&call->lock, flags);
	if (deadline) {
		acall_delay(ACALL_AT_TIMER_DEADLINE);
		acall_call_cancel_by(call, ACALL_REASON_DEADLINE);
	}
	acall_delay(ACALL_AT_TIMER_END);

	/* Armed again meanwhile, it keeps its reference. */
	spin_lock_irqsave(&call->lock, flags);
	queued = hrtimer_is_queued(timer);
	if (!queued)
		call->timer_held = false;
	spin_unlock_irqrestore(&call->lock, flags);
	if (!queued)
		acall_call_put(call);
	return HRTIMER_NORESTART;
}

/* The end of a grace that begins now: a deadline's own may be sooner (X12). */
static u64 grace_end(const struct acall_call *call, u64 grace_ns)
{
	u64 now = ktime_get_ns();
	u64 end = later(now, grace_ns);

	if (call->deadline == U64_MAX)
		return end;
	/* A timer that came late has not used any of it up. */
	return min(end, later(max(now, call->deadline),
			      call->deadline_grace_ns));
}

/* A cancel has just been requested: runs the grace, or lets it become shorter. */
static void run_grace(struct acall_call *call, u64 grace_ns, bool shorten)
{
	u64 end;

	lockdep_assert_held(&call->lock);

	switch (acall_word_phase(call->word)) {
	case ACALL_PHASE_DEQUEUED:
		/* Nobody waits for a method, only for files to be dropped. */
		end = later(ktime_get_ns(), RETIRE_GRACE_NS);
		end = max(end, grace_end(call, grace_ns));
		break;
	case ACALL_PHASE_ASKED:
	case ACALL_PHASE_CANCELLING:
		if (!grace_ns) {
			expire(call);
			return;
		}
		end = grace_end(call, grace_ns);
		break;
	default:
		/* Abandoned at once, or refused, or done. */
		return;
	}
	if (!shorten || end < call->timer_until)
		acall_call_timer_set(call, end);
}

/* True if the caller must have the hook asked, once it has let go of the lock. */
static bool take_hook(struct acall_call *call)
{
	lockdep_assert_held(&call->lock);

	if (!(call->caps & ACALL_CAP_MAY_REFUSE) || call->asking ||
	    call->asked || call->returned)
		return false;
	call->asking = true;
	call->may_refuse = acall_word_phase(call->word) == ACALL_PHASE_ASKED;
	call->ask_due = call->starting;
	return !call->ask_due;
}

static int valid_refusal(struct acall_call *call, int ret)
{
	if (ret == -EBUSY || ret == -EPERM || ret == -EOPNOTSUPP)
		return ret;
	WARN_ONCE(1, "acall: %s: cancel hook of method %u returned %d\n",
		  call->iface->name, call->method_nr, ret);
	return -EBUSY;
}

/*
 * Return: true to tell it once more, since it has refused what cannot be refused
 * any longer: a deadline, say, came while it was asked for a client.
 */
static bool hook_answered(struct acall_call *call, int ret)
{
	enum acall_verdict verdict;

	lockdep_assert_held(&call->lock);

	call->asking = false;
	if (!ret) {
		call->asked = true;
		verdict = acall_call_step(call, ACALL_EVENT_ACCEPT,
					  ACALL_REASON_NONE);
		if (verdict == ACALL_MADE)
			signal_worker(call);
		return false;
	}
	ret = valid_refusal(call, ret);
	verdict = acall_call_step(call, ACALL_EVENT_REFUSE, ACALL_REASON_NONE);
	if (verdict != ACALL_MADE)
		return call->may_refuse && !(call->word & ACALL_WORD_REPLIED) &&
		       take_hook(call);
	call->refused = call->nr_asked;
	call->refusal = ret;
	if (call->deadline > ktime_get_ns()) {
		acall_call_timer_set(call, call->deadline);
		return false;
	}
	trace_acall_cancel(call->id, ACALL_REASON_DEADLINE, 0,
			   call->deadline_grace_ns);
	verdict = acall_call_step(call, ACALL_EVENT_FORCE,
				  ACALL_REASON_DEADLINE);
	if (verdict != ACALL_MADE)
		return false;
	signal_worker(call);
	run_grace(call, call->deadline_grace_ns, false);
	return take_hook(call);
}

/**
 * acall_call_may_settle - is everybody out of a completed call's provider?
 * @call: the call, its lock held
 *
 * Return: true for the one who finds it so; he hands the call on.
 */
bool acall_call_may_settle(const struct acall_call *call)
{
	lockdep_assert_held(&call->lock);

	return call->word & ACALL_WORD_REPLIED && !call->starting &&
	       !call->asking;
}

/**
 * acall_call_ask - enter the cancel hook
 * @call: the call, with @asking set by take_hook(); may be gone afterwards
 *
 * Context: .cancel: any but NMI; .cancel_sleepable: process, may sleep.
 */
void acall_call_ask(struct acall_call *call)
{
	const struct acall_method *method = call->method;
	bool again, settle;
	unsigned long flags;
	int ret;

	do {
		acall_delay(ACALL_AT_HOOK);
		ret = method->cancel ? method->cancel(call) :
				       method->cancel_sleepable(call);
		acall_delay(ACALL_AT_HOOK_ANSWER);
		spin_lock_irqsave(&call->lock, flags);
		again = hook_answered(call, ret);
		settle = acall_call_may_settle(call);
		/* Refused clients, and a runner that waits for the hook. */
		wake_up_all(&call->wait);
		spin_unlock_irqrestore(&call->lock, flags);
	} while (again);
	acall_delay(ACALL_AT_HOOK_HAND);

	/* Only a custom method replies while a hook is inside. */
	if (settle && call->caps & ACALL_CAP_CUSTOM)
		acall_runner_settle(call);
}

/**
 * acall_call_unask - a hook need not be entered: the method has returned
 * @call: the call, with @asking set
 *
 * The request was visible and stands.
 */
void acall_call_unask(struct acall_call *call)
{
	unsigned long flags;

	acall_delay(ACALL_AT_UNASK);
	spin_lock_irqsave(&call->lock, flags);
	call->asking = false;
	if (acall_word_phase(call->word) == ACALL_PHASE_ASKED)
		acall_call_step(call, ACALL_EVENT_ACCEPT, ACALL_REASON_NONE);
	wake_up_all(&call->wait);
	spin_unlock_irqrestore(&call->lock, flags);
}

static enum acall_event event_of(const struct acall_call *call,
				 const struct acall_request *request)
{
	bool asks = call->caps & ACALL_CAP_MAY_REFUSE && !call->returned &&
		    !acall_reason_forces(request->reason);

	if (request->flags & ACALL_CANCEL_ABANDON)
		return ACALL_EVENT_ABANDON;
	if (asks)
		return ACALL_EVENT_ASK;
	if (!request->grace_ns)
		return ACALL_EVENT_ABANDON;
	if (acall_reason_forces(request->reason))
		return ACALL_EVENT_FORCE;
	return ACALL_EVENT_CANCEL;
}

/* A later request: some may shorten the grace of the first (X7, X12). */
static int request_again(struct acall_call *call,
			 const struct acall_request *request)
{
	bool abandon = request->flags & ACALL_CANCEL_ABANDON;
	bool escalate = request->flags & ACALL_CANCEL_ESCALATE;
	bool client = request->reason == ACALL_REASON_CLIENT;

	if (!escalate && (client || request->reason == ACALL_REASON_ADMIN))
		return -EALREADY;
	if (client && call->word & ACALL_WORD_NO_CANCEL &&
	    !acall_word_done(call->word))
		return -EPERM;
	run_grace(call, abandon ? 0 : request->grace_ns, true);
	return 0;
}

static int request_locked(struct acall_call *call,
			  struct acall_request *request, bool *ask)
{
	enum acall_event event = event_of(call, request);
	enum acall_phase was = acall_word_phase(call->word);
	enum acall_verdict verdict;

	trace_acall_cancel(call->id, request->reason, request->flags,
			   request->grace_ns);
	verdict = acall_call_step(call, event, request->reason);
	switch (verdict) {
	case ACALL_MADE:
		break;
	case ACALL_ALREADY:
		if (was == ACALL_PHASE_ASKED)
			request->asking = call->nr_asked;
		return request_again(call, request);
	case ACALL_FORBIDDEN:
		return -EPERM;
	case ACALL_UNSUPPORTED:
		return -EOPNOTSUPP;
	default:
		return -ESRCH;
	}

	if (was == ACALL_PHASE_QUEUED) {
		/* Most of the time it has settled before a clock need run. */
		acall_call_timer_set(call, U64_MAX);
		return 0;
	}
	if (was == ACALL_PHASE_RUNNING)
		*ask = take_hook(call);
	if (acall_word_phase(call->word) == ACALL_PHASE_ASKED) {
		request->asking = ++call->nr_asked;
		/* Its answer comes at once, and sets the timer. */
		if (*ask && call->method->cancel) {
			acall_call_timer_set(call, U64_MAX);
			return 0;
		}
	} else {
		signal_worker(call);
	}
	run_grace(call, event == ACALL_EVENT_ABANDON ? 0 : request->grace_ns,
		  was == ACALL_PHASE_ASKED);
	return 0;
}

/* Did the hook refuse what @request asked for? */
static int refusal_of(struct acall_call *call,
		      const struct acall_request *request)
{
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&call->lock, flags);
	if (request->asking && (s32)(call->refused - request->asking) >= 0)
		ret = call->refusal;
	spin_unlock_irqrestore(&call->lock, flags);
	return ret;
}

/* The hook does not sleep: ask it here and now. */
static int ask_atomic(struct acall_call *call,
		      const struct acall_request *request)
{
	unsigned long flags;
	int ret;

	acall_call_ask(call);
	ret = refusal_of(call, request);
	if (ret)
		return ret;
	acall_delay(ACALL_AT_HOOK_GRACE);
	spin_lock_irqsave(&call->lock, flags);
	/* Somebody else may have set a shorter one since. */
	run_grace(call, request->grace_ns, true);
	spin_unlock_irqrestore(&call->lock, flags);
	return 0;
}

/* It never starts. Its client is freed by the clock if its files are not dropped. */
static void dequeue(struct acall_call *call,
		    const struct acall_request *request)
{
	bool leaves = request->flags & ACALL_CANCEL_ABANDON;
	unsigned long flags;

	acall_delay(ACALL_AT_CANCEL_DEQUEUE);
	if (acall_runner_dequeue(call))
		return;
	spin_lock_irqsave(&call->lock, flags);
	/* Somebody else may have set a shorter one since. */
	run_grace(call, leaves ? 0 : request->grace_ns, true);
	spin_unlock_irqrestore(&call->lock, flags);
}

/**
 * acall_call_cancel - ask a call to stop
 * @call: the call; the caller has a reference
 * @request: who asks, how, and how long he waits
 *
 * Does not wait. The provider sees the request before this returns (X2).
 *
 * Context: any but NMI and hard interrupt.
 * Return: 0 if the request stands for now; -EALREADY; -ESRCH: too late;
 * -EPERM: NO_CANCEL; -EOPNOTSUPP: cannot be cancelled while it runs; -EBUSY,
 * -EPERM, -EOPNOTSUPP: the hook refuses, as far as that is known already.
 */
int acall_call_cancel(struct acall_call *call, struct acall_request *request)
{
	bool dequeued, ask = false;
	unsigned long flags;
	enum acall_phase was;
	int ret;

	request->asking = 0;
	acall_delay(ACALL_AT_CANCEL);
	spin_lock_irqsave(&call->lock, flags);
	was = acall_word_phase(call->word);
	ret = request_locked(call, request, &ask);
	dequeued = was == ACALL_PHASE_QUEUED && !ret;
	spin_unlock_irqrestore(&call->lock, flags);

	if (dequeued)
		dequeue(call, request);
	if (!ask)
		return ret;
	acall_delay(ACALL_AT_CANCEL_ASK);
	/* The hook keeps the execution, and with it the method. */
	if (call->method->cancel)
		return ask_atomic(call, request);
	acall_runner_ask(call);
	return ret;
}

/**
 * acall_call_cancel_by - cancel with the call's own grace, whatever comes of it
 * @call: the call; the caller has a reference
 * @reason: who cancels
 *
 * Context: as acall_call_cancel().
 */
void acall_call_cancel_by(struct acall_call *call, enum acall_reason reason)
{
	struct acall_request request = {
		.reason = reason,
		.grace_ns = call->grace_ns,
	};

	if (reason == ACALL_REASON_DEADLINE)
		request.grace_ns = call->deadline_grace_ns;
	acall_call_cancel(call, &request);
}

/**
 * acall_call_begin_deadline - let the time begin to run out
 * @call: the call, just published; the caller has a reference
 *
 * Nobody could before: a call that lost the race has no time (B8).
 */
void acall_call_begin_deadline(struct acall_call *call)
{
	/* Past: it never starts, and BEGIN waits for that, so with no grace. */
	if (call->deadline <= ktime_get_ns()) {
		struct acall_request request = {
			.reason = ACALL_REASON_DEADLINE,
		};

		acall_call_cancel(call, &request);
		return;
	}
	spin_lock_irq(&call->lock);
	if (acall_word_phase(call->word) == ACALL_PHASE_QUEUED)
		acall_call_timer_set(call, call->deadline);
	spin_unlock_irq(&call->lock);
}

/**
 * acall_call_cancel_wait - wait for what a cancel leads to
 * @call: the call; the caller has a reference
 * @request: what acall_call_cancel() returned 0 for
 *
 * The request stands whatever happens to this sleeper; started again it would
 * be EALREADY, so it is not restarted (X9).
 *
 * Return: 0: FINISH will say cancelled; -ESRCH: it has the provider's own
 * result; the hook's refusal; -EINTR.
 */
int acall_call_cancel_wait(struct acall_call *call,
			   const struct acall_request *request)
{
	int ret;

	acall_delay(ACALL_AT_CANCEL_WAIT);
	/* Freezable: a suspend is no signal. */
	ret = wait_event_freezable(call->wait, acall_call_done(call) ||
				   refusal_of(call, request));
	if (acall_call_done(call))
		return acall_word_phase(acall_call_word(call)) ==
		       ACALL_PHASE_COMPLETED ? -ESRCH : 0;
	return ret ? -EINTR : refusal_of(call, request);
}
