// SPDX-License-Identifier: GPL-2.0-only
/*
 * A call: every change of its state, and what goes with it. Its memory is in
 * memory.c, what asks it to end in cancel.c, what ends it without a thread in
 * custom.c.
 *
 * Locks: call->lock (irqs off) makes state, times, counts and wake-ups one
 * step; inside it only leaves: wait queues, the worker's siglock, timers, the
 * accounts, the ledger. Never held over provider code or user memory (P6).
 * call->word is written only by acall_call_step() and may be read without.
 *
 * The race it is about: completion, cancel, timer and last close all want to
 * move a call on. Whoever has the lock first does; state.c tells the others
 * what they are (R-ONCE). The transition into DONE cuts the call from its
 * object, so a result that arrives later has nowhere to go.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>

#include "call.h"
#include "compat.h"
#include "debug/bounded.h"
#include "debug/delay.h"
#include "debug/monitor.h"
#include "interface.h"
#include "ledger.h"
#include "object.h"
#include "queue/queue.h"
#include "runner.h"
#include "session.h"
#include "trace/trace.h"
#include "user/identity.h"
#include "user/limits.h"
#include "wait/alarm.h"

static atomic_t executions = ATOMIC_INIT(0);
static atomic_t orphans = ATOMIC_INIT(0);
DEFINE_PER_CPU(struct acall_counts, acall_counts);

static_assert(ACALL_COUNT_ABANDONED - ACALL_COUNT_COMPLETED ==
	      ACALL_PHASE_ABANDONED - ACALL_PHASE_COMPLETED);

/*
 * A worker's fput() would be done some time later, when the client may long have
 * been told that it is over (F8).
 */
static void drop_file(struct file *file, bool now)
{
	if (now && current->flags & PF_KTHREAD)
		__fput_sync(file);
	else
		fput(file);
}

/**
 * acall_call_drop_files_out - let go of the result files
 * @call: the call; nobody took them, or who did has references of his own
 * @now: and this is where a worker may sleep
 */
void acall_call_drop_files_out(struct acall_call *call, bool now)
{
	unsigned long flags;
	u32 i, nr;

	if (!call->max_files_out)
		return;
	spin_lock_irqsave(&call->lock, flags);
	nr = call->nr_files_out;
	call->nr_files_out = 0;
	spin_unlock_irqrestore(&call->lock, flags);
	for (i = 0; i < nr; i++)
		drop_file(call->files_out[i], now);
}

/* A hook has refused, and the call goes on as if nobody had asked. */
static void forget_cancel(struct acall_call *call)
{
	call->cancel_ns = 0;
	put_pid(call->cancel_pid);
	call->cancel_pid = NULL;
}

/**
 * acall_call_step - apply an event to a call
 * @call: the call, its lock held
 * @event: what happens
 * @reason: of a cancel request
 *
 * The caller has a reference, besides the timer's. The only place where a call's
 * state changes, and with it what must be exact the moment the new state is seen:
 * times, counts, charges. Then it wakes.
 *
 * Return: the verdict; ACALL_IMPOSSIBLE is warned about.
 */
enum acall_verdict acall_call_step(struct acall_call *call,
				   enum acall_event event,
				   enum acall_reason reason)
{
	u32 was = call->word;
	u32 now = was;
	enum acall_verdict verdict;
	bool cancelled, done, ended, orphan;
	u32 outcome;

	lockdep_assert_held(&call->lock);

	verdict = acall_state_next(was, event, reason, &now);
	acall_monitor(was, event, verdict, now);
	if (verdict != ACALL_MADE) {
		WARN_ONCE(verdict == ACALL_IMPOSSIBLE,
			  "acall: event %d in state %#x\n", event, was);
		return verdict;
	}
	acall_trace_step(call, event, was, now);

	cancelled = !acall_word_reason(was) && acall_word_reason(now);
	done = !acall_word_done(was) && acall_word_done(now);
	ended = (now & ~was) & ACALL_WORD_ENDED;
	orphan = acall_word_phase(now) == ACALL_PHASE_ABANDONED;

	if (event == ACALL_EVENT_START) {
		call->start_ns = ktime_get_ns();
		acall_count(ACALL_COUNT_STARTED, 1);
	}
	if (event == ACALL_EVENT_ENTER)
		call->start_ns = call->begin_ns;
	if (event == ACALL_EVENT_REFUSE)
		forget_cancel(call);
	if (cancelled) {
		call->cancel_ns = ktime_get_ns();
		/* In the timer current is whoever was interrupted. */
		if (reason != ACALL_REASON_DEADLINE)
			call->cancel_pid = get_pid(task_tgid(current));
	}
	if (done) {
		call->end_ns = ktime_get_ns();
		call->end_progress = atomic64_read(&call->progress);
		call->end_total = atomic64_read(&call->total);
		outcome = acall_word_phase(now) - ACALL_PHASE_COMPLETED;
		acall_count(ACALL_COUNT_COMPLETED + outcome, 1);
	}
	if (done && orphan) {
		atomic_inc(&orphans);
		acall_ledger_orphan(call->ledger);
	}
	if ((now & ACALL_WORD_OVER) == ACALL_WORD_OVER)
		acall_uncharge(call->payer, 1, call->charged);
	if (ended) {
		if (orphan)
			atomic_dec(&orphans);
		atomic_dec(&executions);
	}

	/* Pairs with acall_call_word(). */
	smp_store_release(&call->word, now);

	/* What is told to have ended has: the word says so by now (W6). */
	if (ended)
		acall_ledger_end(call->ledger, call, orphan);
	/* Nothing to do any more; it would only keep the call. */
	if (done)
		acall_call_timer_set(call, U64_MAX);
	/* Pairs with the barrier in prepare_to_wait_event(): sleepers look again. */
	if ((cancelled || done) && wq_has_sleeper(&call->wait))
		wake_up_all(&call->wait);
	if (done && call->object) {
		acall_object_wake(call->object);
		call->object = NULL;
	}
	if (done && call->in_queue) {
		acall_delay(ACALL_AT_TELL);
		acall_queue_tell(call->in_queue, call);
		call->in_queue = NULL;
	}
	return ACALL_MADE;
}

static void call_leave_provider(struct acall_call *call)
{
	acall_session_put(call->iface, call->session);
	call->session = NULL;
	if (call->lane)
		acall_lane_put(call->iface, call->lane);
	call->lane = NULL;
	call->method = NULL;
}

/**
 * acall_call_prepare - ask the provider
 * @call: the call, not published, its input and files in place
 * @session: of the object that it is for, or NULL
 *
 * From here on the interface is pinned, until the execution has ended or is
 * undone; and it is known as whom the call runs (B4).
 *
 * Return: 0, -ENODEV, -ENOMEM, or what the provider refuses with.
 */
int acall_call_prepare(struct acall_call *call, struct acall_session *session)
{
	int ret;

	ret = acall_interface_pin(call->iface);
	if (ret)
		return ret;
	acall_delay(ACALL_AT_BEGIN_PINNED);
	if (call->in_place) {
		acall_identity_borrow(&call->identity);
	} else {
		acall_identity_take(&call->identity);
		call->lane = acall_lane_get(call->iface,
					    acall_payer_owner(call->payer));
		if (!call->lane) {
			acall_interface_unpin(call->iface, NULL);
			return -ENOMEM;
		}
	}
	acall_session_get(call->iface, session);
	call->session = session;
	call->method = acall_interface_method(call->iface, call->method_nr);
	if (call->method->prepare)
		ret = call->method->prepare(call);
	if (!ret)
		return 0;
	/* Nothing has happened yet, but CALL is not to be restarted (S2). */
	ret = acall_interface_errno(call->iface, call->method->prepare, ret);
	call_leave_provider(call);
	acall_interface_unpin(call->iface, call);
	return ret;
}

/**
 * acall_call_in_place - whoever begins a call is going to wait for it
 * @call: the call, its terms set, not published
 *
 * A short method he may run himself, which saves two switches of tasks (S3): he
 * can be killed all the same, since it is over at once. Not with files, which a
 * worker alone can drop before others are told that it is done (F8); nor with a
 * hook, which it would have to wait for; nor with a deadline, which may be past.
 */
void acall_call_in_place(struct acall_call *call)
{
	if (call->caps & ACALL_CAP_SHORT &&
	    !(call->caps & ACALL_CAP_MAY_REFUSE) && !call->nr_files &&
	    !call->max_files_out && call->deadline == U64_MAX) {
		call->in_place = true;
		call->brief = true;
	}
}

/**
 * acall_call_publish - make a call ready to be seen
 * @call: the call, seen by the caller only
 * @object: the object that is going to hold it; NULL = a queue's slot is
 * @ledger: the object's, or the queue's, ledger
 *
 * Takes the object's, or the slot's, reference. If the object turns out to hold another call,
 * acall_call_undo() takes all of it back (B8).
 */
void acall_call_publish(struct acall_call *call, struct acall_object *object,
			struct acall_ledger *ledger)
{
	enum acall_event event = call->in_place ? ACALL_EVENT_ENTER :
						  ACALL_EVENT_PUBLISH;
	unsigned long flags;

	acall_ledger_get(ledger);
	call->ledger = ledger;
	call->object = object;
	acall_call_get(call);
	atomic_inc(&executions);
	acall_ledger_begin(ledger, call);

	acall_trace_begin(call);
	spin_lock_irqsave(&call->lock, flags);
	call->begin_ns = ktime_get_ns();
	acall_call_step(call, event, ACALL_REASON_NONE);
	spin_unlock_irqrestore(&call->lock, flags);
}

/* Everything that the execution holds; the charge stays with the call. */
static void call_release_execution(struct acall_call *call)
{
	struct acall_bounded bounded;
	u32 i;

	if (call->method && call->method->release) {
		acall_bounded_begin(&bounded);
		call->method->release(call);
		if (call->caps & ACALL_CAP_SHORT)
			acall_bounded_end(&bounded, call);
	}
	for (i = 0; i < call->nr_files; i++)
		drop_file(call->files[i].file, true);
	acall_identity_drop(&call->identity);
	if (!call->method)
		return;
	call_leave_provider(call);
	/*
	 * After this the provider's text may be gone (R-UNLOAD). Who runs a call
	 * in place needs its pin once more, to tell the client.
	 */
	if (!call->in_place)
		acall_interface_unpin(call->iface, call);
}

/**
 * acall_call_undo - take back a call that nobody has seen
 * @call: the call, prepared or not; gone afterwards
 */
void acall_call_undo(struct acall_call *call)
{
	bool pinned = call->method && call->in_place;

	call_release_execution(call);
	if (pinned)
		acall_interface_unpin(call->iface, call);
	acall_uncharge(call->payer, 1, call->charged);
	if (call->ledger) {
		atomic_dec(&executions);
		acall_ledger_end(call->ledger, call, false);
		/* The object's reference. */
		acall_call_put(call);
	}
	/* Who has followed an old pointer here may have the last one (memory.c). */
	acall_call_put(call);
}

/**
 * acall_call_start - about to enter the provider
 * @call: the call
 *
 * Context: runner.
 * Return: false if it was cancelled before; then acall_call_settle() it.
 */
bool acall_call_start(struct acall_call *call)
{
	enum acall_verdict verdict;
	unsigned long flags;

	spin_lock_irqsave(&call->lock, flags);
	verdict = acall_call_step(call, ACALL_EVENT_START, ACALL_REASON_NONE);
	if (verdict == ACALL_MADE)
		call->worker_pid = current->pid;
	spin_unlock_irqrestore(&call->lock, flags);
	return verdict == ACALL_MADE;
}

/*
 * The provider has returned. Once more the cancel hook: it may still be inside,
 * and .release may not run before it has come back (P2). A method that obeyed a
 * request has decided it, whatever the hook is going to say.
 */
static void wait_hook(struct acall_call *call, bool stop)
{
	unsigned long flags;

	if (!(call->caps & ACALL_CAP_MAY_REFUSE))
		return;
	spin_lock_irqsave(&call->lock, flags);
	call->returned = true;
	if (stop && acall_word_phase(call->word) == ACALL_PHASE_ASKED)
		acall_call_step(call, ACALL_EVENT_ACCEPT, ACALL_REASON_NONE);
	spin_unlock_irqrestore(&call->lock, flags);
	acall_delay(ACALL_AT_RETURN_HOOK);
	/* In a queue behind other calls' hooks it need not be entered at all. */
	acall_runner_unask(call);
	wait_event_idle(call->wait, !READ_ONCE(call->asking));
	/* Who has set it has let go of the lock, and touches nothing more. */
	spin_lock_irqsave(&call->lock, flags);
	spin_unlock_irqrestore(&call->lock, flags);
}

/* The execution has ended: its last word, its reference. */
static void call_settled(struct acall_call *call)
{
	unsigned long flags;

	spin_lock_irqsave(&call->lock, flags);
	acall_call_step(call, ACALL_EVENT_SETTLE, ACALL_REASON_NONE);
	spin_unlock_irqrestore(&call->lock, flags);
	acall_delay(ACALL_AT_ENDED);
	acall_call_put(call);
}

/* Will a FINISH want the result files? */
static bool files_out_wanted(const struct acall_call *call)
{
	u32 word = acall_call_word(call);

	return acall_word_phase(word) == ACALL_PHASE_COMPLETED &&
	       !call->ret && !(word & ACALL_WORD_CONSUMED);
}

/**
 * acall_call_file_out - a result file for who is about to finish
 * @call: the call, DONE; the caller has a reference
 * @index: which
 *
 * Return: the file with a reference; NULL if somebody else has taken the result.
 */
struct file *acall_call_file_out(struct acall_call *call, u32 index)
{
	struct file *file = NULL;
	unsigned long flags;

	spin_lock_irqsave(&call->lock, flags);
	if (index < call->nr_files_out)
		file = get_file(call->files_out[index]);
	spin_unlock_irqrestore(&call->lock, flags);
	return file;
}

/**
 * acall_call_end - the provider has returned
 * @call: the call; the execution's reference is dropped
 * @ret: what .run returned
 * @cpu_ns: processor time it used
 *
 * Context: runner, no longer as the caller of BEGIN; or BEGIN, if inline.
 */
void acall_call_end(struct acall_call *call, int ret, u64 cpu_ns)
{
	enum acall_event event = ACALL_EVENT_RETURN;
	unsigned long flags;
	bool files;

	ret = acall_interface_errno(call->iface, call->method->run, ret);
	if (ret == -ECANCELED || ret == -EINTR)
		event = ACALL_EVENT_STOP;
	wait_hook(call, event == ACALL_EVENT_STOP);
	call_release_execution(call);
	/* Whatever the outcome, nobody wants them. */
	if (ret)
		acall_call_drop_files_out(call, true);
	acall_delay(ACALL_AT_RETURN_RELEASED);

	spin_lock_irqsave(&call->lock, flags);
	call->ret = ret;
	call->end_cpu_ns = cpu_ns;
	/*
	 * Whether its result files are wanted is known when the outcome is;
	 * what has settled holds none that is not (R-FD). So two steps.
	 */
	files = call->nr_files_out;
	acall_call_step(call, files ? ACALL_EVENT_REPLY : event,
			ACALL_REASON_NONE);
	spin_unlock_irqrestore(&call->lock, flags);
	if (!files) {
		acall_delay(ACALL_AT_ENDED);
		acall_call_put(call);
		return;
	}
	acall_delay(ACALL_AT_RETURN_FILES);
	if (!files_out_wanted(call))
		acall_call_drop_files_out(call, true);
	call_settled(call);
}

/**
 * acall_call_settle - release a call that never ran, or that was completed
 * @call: the call, which nobody is going to enter; the execution's reference is
 *	dropped
 *
 * Context: kworker, or process if nothing of it may sleep.
 */
void acall_call_settle(struct acall_call *call)
{
	call_release_execution(call);
	if (!files_out_wanted(call))
		acall_call_drop_files_out(call, true);
	acall_delay(ACALL_AT_SETTLE);
	call_settled(call);
}

/**
 * acall_call_consume - a FINISH has taken the result
 * @call: the call, no longer its object's; the caller keeps its own reference
 *
 * Return: true; false is a bug and warned about.
 */
bool acall_call_consume(struct acall_call *call)
{
	enum acall_verdict verdict;
	unsigned long flags;

	spin_lock_irqsave(&call->lock, flags);
	verdict = acall_call_step(call, ACALL_EVENT_CONSUME,
				  ACALL_REASON_NONE);
	spin_unlock_irqrestore(&call->lock, flags);
	/*
	 * The winner has references of its own. The provider of any other but a
	 * completed call may be giving files still: its end drops them.
	 */
	if (acall_word_phase(acall_call_word(call)) == ACALL_PHASE_COMPLETED)
		acall_call_drop_files_out(call, false);
	return !WARN_ON_ONCE(verdict != ACALL_MADE);
}

/**
 * acall_call_drop - the last close: nobody will take the result
 * @call: the call, no longer its object's; the object's reference is dropped
 * @detach: it runs on, unless somebody cancels it by its id (C4)
 *
 * Never blocks (R-WAITK): asks for the cancel and leaves.
 */
void acall_call_drop(struct acall_call *call, bool detach)
{
	unsigned long flags;
	bool completed;

	acall_delay(ACALL_AT_CLOSE);
	spin_lock_irqsave(&call->lock, flags);
	call->object = NULL;
	call->in_queue = NULL;
	acall_call_step(call, ACALL_EVENT_DROP, ACALL_REASON_NONE);
	completed = acall_word_phase(call->word) == ACALL_PHASE_COMPLETED;
	spin_unlock_irqrestore(&call->lock, flags);
	/* Else its execution finds that nobody wants them. */
	if (completed)
		acall_call_drop_files_out(call, false);

	acall_delay(ACALL_AT_CLOSE_CANCEL);
	if (!detach && !(acall_call_word(call) & ACALL_WORD_NO_CANCEL))
		acall_call_cancel_by(call, ACALL_REASON_CLOSE);
	acall_call_put(call);
}

/**
 * acall_call_wait - sleep until a call is done
 * @call: the call; the caller has a reference, so it answers for this one
 *	whatever becomes of the object meanwhile (W5)
 * @until: absolute CLOCK_MONOTONIC ns, U64_MAX = for ever
 *
 * Return: 0, -ETIMEDOUT, -ERESTARTSYS.
 */
int acall_call_wait(struct acall_call *call, u64 until)
{
	if (acall_call_done(call))
		return 0;
	acall_delay(ACALL_AT_WAIT);
	return acall_wait_until(call->wait, acall_call_done(call),
				TASK_INTERRUPTIBLE | TASK_FREEZABLE, until);
}

/**
 * acall_call_word_told - what a call has come to, and its queue knows
 * @call: the call
 *
 * Who makes it DONE lets others see that before the completion is in the ring, and
 * has the call's lock until it is.
 *
 * Return: its word.
 */
u32 acall_call_word_told(struct acall_call *call)
{
	unsigned long flags;
	u32 word;

	spin_lock_irqsave(&call->lock, flags);
	word = call->word;
	spin_unlock_irqrestore(&call->lock, flags);
	return word;
}

/**
 * acall_call_snapshot - a consistent picture
 * @call: the call
 * @snap: written; cancel_tgid in current's pid namespace
 */
void acall_call_snapshot(struct acall_call *call, struct acall_snapshot *snap)
{
	unsigned long flags;
	bool done, own;

	spin_lock_irqsave(&call->lock, flags);
	snap->word = call->word;
	done = acall_word_done(snap->word);
	snap->status = acall_word_status(snap->word, call->ret);
	/* Output belongs to a success of the provider's own (F4). */
	own = acall_word_phase(snap->word) == ACALL_PHASE_COMPLETED &&
	      !call->ret;
	snap->out_len = own ? call->out_len : 0;
	snap->nr_files_out = own ? call->nr_files_out : 0;
	/* Of an abandoned call only what was true when it was cut. */
	snap->progress = done ? call->end_progress :
				atomic64_read(&call->progress);
	snap->total = done ? call->end_total : atomic64_read(&call->total);
	snap->begin_ns = call->begin_ns;
	snap->start_ns = call->start_ns;
	snap->cancel_ns = call->cancel_ns;
	snap->look_ns = atomic64_read(&call->look_ns);
	/* The last tick may have been before it began. */
	if (snap->look_ns)
		snap->look_ns = max(snap->look_ns, call->start_ns);
	snap->end_ns = call->end_ns;
	snap->cpu_ns = 0;
	if (acall_word_phase(snap->word) != ACALL_PHASE_ABANDONED)
		snap->cpu_ns = call->end_cpu_ns;
	snap->cancel_tgid = pid_vnr(call->cancel_pid);
	/* Kernel threads are in no namespace but the first. */
	snap->worker_pid = 0;
	if (!(snap->word & ACALL_WORD_ENDED) &&
	    task_active_pid_ns(current) == &init_pid_ns)
		snap->worker_pid = call->worker_pid;
	spin_unlock_irqrestore(&call->lock, flags);
}

/**
 * acall_calls_add_executions - count those that are not calls of their own
 * @n: how many more, or less
 */
void acall_calls_add_executions(int n)
{
	atomic_add(n, &executions);
}

/**
 * acall_counted - how many calls there were of which
 * @what: which
 *
 * As of no one moment, if they are being counted.
 */
unsigned long acall_counted(enum acall_count what)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(acall_counts, cpu).n[what]);
	return sum;
}

u32 acall_calls_executions(void)
{
	return atomic_read(&executions);
}

u32 acall_calls_orphans(void)
{
	return atomic_read(&orphans);
}
