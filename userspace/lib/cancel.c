// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The three cancels, and what the kernel's answer means.
 *
 * The race this is about: a call ends while somebody cancels it, and the object
 * may by then carry the next call. So a cancel always names its call, never "the
 * pending one" [X11], and an answer about a call that is gone is TOO_LATE like
 * one about a call that is ready. No state, no lock.
 */
#include "internal.h"

static int verdict(const struct acall_cancel *args, int ret)
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

static int cancel(acall_t *call, uint64_t call_id, uint64_t grace_ns,
		  uint32_t flags)
{
	struct acall_cancel args = {
		.size = sizeof(args),
		.flags = flags,
		.call_id = call_id,
		.grace_ns = grace_ns,
	};

	return verdict(&args, acall_sys_ioctl(call->fd, ACALL_IOC_CANCEL,
					      &args));
}

static int cancel_remembered(acall_t *call, uint64_t grace_ns, uint32_t flags)
{
	uint64_t call_id;

	if (!call)
		return -EINVAL;
	call_id = atomic_load(&call->call_id);
	return call_id ? cancel(call, call_id, grace_ns, flags) : -ESRCH;
}

static int cancel_named(acall_t *call, uint64_t call_id, uint64_t grace_ns,
			uint32_t flags)
{
	if (!call || !call_id)
		return -EINVAL;
	return cancel(call, call_id, grace_ns, flags);
}

ACALL_PUBLIC int acall_cancel_async(acall_t *call, uint64_t grace_ns)
{
	return cancel_remembered(call, grace_ns, ACALL_CANCEL_NOWAIT);
}

ACALL_PUBLIC int acall_cancel(acall_t *call, uint64_t grace_ns)
{
	return cancel_remembered(call, grace_ns, 0);
}

ACALL_PUBLIC int acall_abandon(acall_t *call)
{
	return cancel_remembered(call, 0, ACALL_CANCEL_ABANDON);
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
	return cancel_named(call, call_id, 0, ACALL_CANCEL_ABANDON);
}
