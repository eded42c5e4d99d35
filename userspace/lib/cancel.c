// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The cancels, and what the kernel's answer means.
 *
 * The race this is about: a call ends while somebody cancels it, and the object
 * may by then carry the next call. So a cancel always names its call, never "the
 * pending one" [X11], and an answer about a call that is gone is TOO_LATE like
 * one about a call that is ready. No state, no lock.
 */
#include "internal.h"

/* What is none of these is an errno: nothing has happened (EPERM, EBUSY ...). */
int acall_verdict_of(const struct acall_cancel *args, int ret)
{
	switch (ret) {
	case 0:
		if (!(args->flags & ACALL_CANCEL_NOWAIT))
			return ACALL_CANCELLED;
		/* Alone it predicts nothing, but what is DONE stays so [X6]. */
		if (args->state != ACALL_STATE_DONE)
			return ACALL_REQUESTED;
		return args->outcome == ACALL_OUTCOME_COMPLETED ?
			ACALL_TOO_LATE : ACALL_CANCELLED;
	case -ESRCH:
		return ACALL_TOO_LATE;
	case -EALREADY:
		return ACALL_ALREADY;
	case -EINTR:
		/* The request was made; only the canceller left [X9]. */
		return ACALL_REQUESTED;
	default:
		return ret;
	}
}

static int cancel_one(acall_t *call, struct acall_cancel *args)
{
	return acall_verdict_of(args, acall_ioctl(call, ACALL_IOC_CANCEL,
						  args));
}

ACALL_PUBLIC int acall_cancel_args(acall_t *call, struct acall_cancel *args)
{
	uint64_t calling, begun;
	int ret;

	/* A shorter one has no room for the answer. */
	if (!call || !args || args->size < sizeof(*args))
		return -EINVAL;
	if (args->call_id)
		return cancel_one(call, args);
	/* In this order: acall_call_args() moves the id from here to there. */
	calling = acall_calling_id(call);
	begun = atomic_load(&call->call_id);
	if (calling) {
		args->call_id = calling;
		ret = cancel_one(call, args);
		/*
		 * Somebody else may have finished that one already and begun
		 * what is remembered; at most one of both is pending.
		 */
		if (ret != ACALL_TOO_LATE || !begun || begun == calling)
			return ret;
	}
	args->call_id = begun;
	return begun ? cancel_one(call, args) : -ESRCH;
}

/* @call_id 0 = the call that is remembered. */
static int cancel(acall_t *call, uint64_t call_id, uint64_t grace_ns,
		  uint32_t flags)
{
	struct acall_cancel args = {
		.size = sizeof(args),
		.flags = flags,
		.call_id = call_id,
		.grace_ns = grace_ns,
	};

	return acall_cancel_args(call, &args);
}

static int cancel_named(acall_t *call, uint64_t call_id, uint64_t grace_ns,
			uint32_t flags)
{
	return call_id ? cancel(call, call_id, grace_ns, flags) : -EINVAL;
}

ACALL_PUBLIC int acall_cancel_async(acall_t *call, uint64_t grace_ns)
{
	return cancel(call, 0, grace_ns, ACALL_CANCEL_NOWAIT);
}

ACALL_PUBLIC int acall_cancel(acall_t *call, uint64_t grace_ns)
{
	return cancel(call, 0, grace_ns, 0);
}

/* To leave at once is to end a grace that runs, too. */
ACALL_PUBLIC int acall_abandon(acall_t *call)
{
	return cancel(call, 0, 0, ACALL_CANCEL_ABANDON | ACALL_CANCEL_ESCALATE);
}

ACALL_PUBLIC int acall_escalate(acall_t *call, uint64_t grace_ns)
{
	return cancel(call, 0, grace_ns,
		      ACALL_CANCEL_NOWAIT | ACALL_CANCEL_ESCALATE);
}

ACALL_PUBLIC int acall_cancel_async_id(acall_t *call, uint64_t call_id,
				       uint64_t grace_ns)
{
	return cancel_named(call, call_id, grace_ns, ACALL_CANCEL_NOWAIT);
}

ACALL_PUBLIC int acall_cancel_id(acall_t *call, uint64_t call_id,
				 uint64_t grace_ns)
{
	return cancel_named(call, call_id, grace_ns, 0);
}

ACALL_PUBLIC int acall_abandon_id(acall_t *call, uint64_t call_id)
{
	return cancel_named(call, call_id, 0,
			    ACALL_CANCEL_ABANDON | ACALL_CANCEL_ESCALATE);
}

ACALL_PUBLIC int acall_escalate_id(acall_t *call, uint64_t call_id,
				   uint64_t grace_ns)
{
	return cancel_named(call, call_id, grace_ns,
			    ACALL_CANCEL_NOWAIT | ACALL_CANCEL_ESCALATE);
}

ACALL_PUBLIC int acall_cancel_by_id(int device, uint64_t call_id,
				    uint64_t grace_ns, unsigned int flags,
				    uint32_t *outcome)
{
	struct acall_cancel args = {
		.size = sizeof(args),
		.flags = flags,
		.call_id = call_id,
		.grace_ns = grace_ns,
	};
	int ret;

	if (!call_id)
		return -EINVAL;
	ret = acall_sys_device(device, ACALL_IOC_CANCEL_ID, &args);
	if (outcome)
		*outcome = args.outcome;
	/* Who names any number wants to know whether there is such a call. */
	if (ret == -ESRCH && args.state == ACALL_STATE_IDLE)
		return ret;
	return acall_verdict_of(&args, ret);
}
