// SPDX-License-Identifier: GPL-2.0-only
/*
 * CANCEL on a call object and CANCEL_ID on the device: the same request, by who
 * holds the object, or by who owns or administers the call (X13).
 *
 * No lock is held: the caller has a reference on the call that it speaks of. User
 * memory is touched before there is an effect, so that a bad address changes
 * nothing, and after it, when the verdict is what must be told in any case.
 */
#include <linux/uaccess.h>

#include "call.h"
#include "device.h"
#include "object.h"

static int cancel_get(struct acall_cancel *args, void __user *user)
{
	struct acall_cancel __user *out = user;
	int ret;

	ret = ARGS_GET(args, CANCEL, user);
	if (ret)
		return ret;
	ret = acall_check_cancel(args);
	if (ret)
		return ret;
	/* What was there, since most errors write nothing. */
	return put_user(args->state, &out->state);
}

static int cancel_call(struct acall_call *call, const struct acall_cancel *args,
		       enum acall_reason reason)
{
	struct acall_request request = {
		.reason = reason,
		.flags = args->flags,
		.grace_ns = args->grace_ns ?: call->grace_ns,
	};
	bool nowait = args->flags & ACALL_CANCEL_NOWAIT;
	int ret;

	ret = acall_call_cancel(call, &request);
	if (ret == -EOPNOTSUPP && call->caps & ACALL_CAP_INLINE) {
		/* BEGIN is in it, for a moment: too late (B1). */
		if (!nowait && acall_call_wait(call, U64_MAX))
			return -EINTR;
		return -ESRCH;
	}
	if (ret || nowait)
		return ret;
	return acall_call_cancel_wait(call, &request);
}

/* Drops the reference; @call may be NULL. */
static int cancel_and_put(struct acall_call *call, struct acall_cancel *args,
			  enum acall_reason reason, void __user *user)
{
	u32 size = args->size;
	int ret = -ESRCH;
	u32 word = 0;

	args->call_id = 0;
	if (call) {
		ret = cancel_call(call, args, reason);
		args->call_id = call->id;
		word = acall_call_word(call);
		acall_call_put(call);
	}
	if (ret && ret != -ESRCH && ret != -EALREADY)
		return ret;
	args->state = acall_word_state(word);
	args->outcome = acall_word_outcome(word);
	/*
	 * The cancel has happened, so its verdict is what must be told, also if
	 * the memory went away meanwhile.
	 */
	acall_args_put(user, args, sizeof(*args), size);
	return ret;
}

/**
 * acall_ioctl_cancel - CANCEL
 * @object: the object
 * @user: struct acall_cancel
 */
int acall_ioctl_cancel(struct acall_object *object, void __user *user)
{
	struct acall_cancel args;
	int ret;

	ret = cancel_get(&args, user);
	if (ret)
		return ret;
	return cancel_and_put(acall_object_get_call(object, args.call_id),
			      &args, ACALL_REASON_CLIENT, user);
}

/*
 * Consumed and ended: whoever has a reference still is on his way out. Under the
 * call's lock, so that what is not counted any more is not found either.
 */
static bool over(struct acall_call *call)
{
	struct acall_snapshot snap;

	acall_call_snapshot(call, &snap);
	return (snap.word & ACALL_WORD_OVER) == ACALL_WORD_OVER;
}

/**
 * acall_ioctl_cancel_id - CANCEL_ID
 * @user: struct acall_cancel
 *
 * The administrator is not bound by NO_CANCEL; an owner is a client like others.
 */
int acall_ioctl_cancel_id(void __user *user)
{
	enum acall_reason reason = ACALL_REASON_CLIENT;
	struct acall_cancel args;
	struct acall_call *call;
	int ret;

	ret = cancel_get(&args, user);
	if (ret)
		return ret;
	if (!args.call_id)
		return -EINVAL;
	call = acall_table_find(args.call_id);
	/* As if there were none: not even its state is told. */
	if (call && (over(call) || !acall_call_visible(call))) {
		acall_call_put(call);
		call = NULL;
	}
	if (call && acall_may_administer())
		reason = ACALL_REASON_ADMIN;
	return cancel_and_put(call, &args, reason, user);
}
