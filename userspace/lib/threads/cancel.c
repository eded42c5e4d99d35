// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Who wants a call to end, and when: clients, the deadline, the last close. All come
 * through act_cancel(), with the engine's lock held; what they may do to each other
 * is state.c's.
 *
 * A call has one clock: the deadline while nobody has cancelled, then the end of the
 * grace, which a canceller that goes away leaves running [X9].
 */
#include "threads.h"

/* Closing the files of a call that never started may take so long [X3]. */
#define RELEASE_GRACE_NS	ACT_NSEC_PER_SEC

/* A deadline that comes while a grace runs may end it sooner [X12]. */
static uint64_t grace_end(const struct act_call *call, uint64_t grace_ns)
{
	uint64_t now = act_now();
	uint64_t end = act_later(now, grace_ns);
	uint64_t due;

	if (call->deadline == ACALL_FOREVER)
		return end;
	due = act_later(call->deadline > now ? call->deadline : now,
			call->deadline_grace);
	return due < end ? due : end;
}

static void run_grace(struct act_call *call, uint64_t grace_ns, bool shorten)
{
	uint64_t least = act_later(act_now(), RELEASE_GRACE_NS);
	uint64_t end = grace_end(call, grace_ns);

	switch (act_phase(call->word)) {
	case ACT_DEQUEUED:
		if (end < least)
			end = least;
		break;
	case ACT_CANCELLING:
		if (!grace_ns) {
			act_step(call, ACT_EXPIRE, ACALL_REASON_NONE);
			return;
		}
		break;
	default:
		return;
	}
	if (!shorten || end < call->timer.at)
		act_timer_set(&call->timer, end);
}

/* Somebody has cancelled before: some may shorten what that one allowed [X7]. */
static int again(struct act_call *call, const struct act_request *request)
{
	bool client = request->reason == ACALL_REASON_CLIENT;

	if ((client || request->reason == ACALL_REASON_ADMIN) &&
	    !(request->flags & ACALL_CANCEL_ESCALATE))
		return -EALREADY;
	if (client && call->word & ACT_NO_CANCEL && !act_done(call->word))
		return -EPERM;
	run_grace(call, request->flags & ACALL_CANCEL_ABANDON ? 0 :
		  request->grace_ns, true);
	return 0;
}

/*
 * Ask a call to stop; does not wait. Return: 0 if the request stands, -EALREADY,
 * -ESRCH (too late), -EPERM.
 */
int act_cancel(struct act_call *call, const struct act_request *request)
{
	bool leaves = request->flags & ACALL_CANCEL_ABANDON ||
		      !request->grace_ns;
	bool queued = act_phase(call->word) == ACT_QUEUED;

	switch (act_step(call, leaves ? ACT_ABANDON : ACT_CANCEL,
			 request->reason)) {
	case ACT_MADE:
		break;
	case ACT_ALREADY:
		return again(call, request);
	case ACT_FORBIDDEN:
		return -EPERM;
	default:
		return -ESRCH;
	}
	/* It may be over, and gone, as soon as it is out of the queue. */
	call->refs++;
	if (queued)
		act_pool_dequeue(call);
	run_grace(call, leaves ? 0 : request->grace_ns, false);
	act_call_put(call);
	return 0;
}

/* Deadline, or the end of the grace. */
void act_call_timer(struct act_timer *timer)
{
	struct act_call *call = act_of(timer, struct act_call, timer);
	struct act_request request = {
		.reason = ACALL_REASON_DEADLINE,
		.grace_ns = call->deadline_grace,
	};

	switch (act_phase(call->word)) {
	case ACT_QUEUED:
	case ACT_RUNNING:
		act_cancel(call, &request);
		break;
	case ACT_CANCELLING:
	case ACT_DEQUEUED:
		act_step(call, ACT_EXPIRE, ACALL_REASON_NONE);
		break;
	default:
		break;
	}
}
