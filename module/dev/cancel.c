// SPDX-License-Identifier: GPL-2.0-only
/*
 * CANCEL on a call object or a queue, CANCEL_MATCH on a queue and CANCEL_ID on the
 * device: the same request, by who holds the object, or by who owns or administers
 * the call (X13).
 *
 * No lock is held: the caller has a reference on the call that it speaks of. User
 * memory is touched before there is an effect, so that a bad address changes
 * nothing, and after it, when the verdict is what must be told in any case.
 */
#include <linux/uaccess.h>

#include "call.h"
#include "device.h"
#include "object.h"
#include "queue/queue.h"

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

/* What comes of a request that was answered with @ret. */
static int follow(struct acall_call *call, const struct acall_request *request,
		  bool nowait, int ret)
{
	if (ret == -EOPNOTSUPP && call->caps & ACALL_CAP_INLINE) {
		/* BEGIN is in it, for a moment: too late (B1). */
		if (!nowait && acall_call_wait(call, U64_MAX))
			return -EINTR;
		return -ESRCH;
	}
	if (ret || nowait)
		return ret;
	return acall_call_cancel_wait(call, request);
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
	return follow(call, &request, nowait, ret);
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

/**
 * acall_call_over - is a call consumed and ended?
 * @call: the call; the caller has a reference
 *
 * Whoever has another one is on his way out. Under the call's lock, so that what is
 * not counted any more is not found either.
 */
bool acall_call_over(struct acall_call *call)
{
	struct acall_snapshot snap;

	acall_call_snapshot(call, &snap);
	return (snap.word & ACALL_WORD_OVER) == ACALL_WORD_OVER;
}

/* What CANCEL tells of a slot afterwards. */
static void look_again(struct acall_queue *queue, u64 handle,
		       struct acall_cancel *args)
{
	struct acall_slot *slot = acall_slot_of(queue, handle);
	struct acall_slot_snapshot snap;
	struct acall_call *call;
	u32 word;

	args->state = ACALL_STATE_IDLE;
	args->outcome = ACALL_OUTCOME_NONE;
	if (!slot || acall_slot_look(queue, slot, handle, &snap, &call))
		return;
	if (call) {
		/* If he is told that it is DONE he finds its completion. */
		word = acall_call_word_told(call);
		args->state = acall_word_state(word);
		args->outcome = acall_word_outcome(word);
		acall_call_put(call);
	} else {
		args->state = snap.state;
		args->outcome = snap.outcome;
		acall_slot_look_end(&snap);
	}
}

/* As cancel_call(), of a slot. */
static int cancel_slot(struct acall_queue *queue, u64 handle,
		       struct acall_cancel *args, enum acall_reason reason)
{
	struct acall_request request = {
		.reason = reason,
		.flags = args->flags,
		.grace_ns = args->grace_ns,
	};
	bool nowait = args->flags & ACALL_CANCEL_NOWAIT;
	struct acall_call *call;
	int ret;

	ret = acall_slot_cancel(queue, handle, &request, &call);
	if (ret == -EINPROGRESS) {
		/* A drain is in it, for a moment: too late. */
		if (!nowait && acall_queue_wait_slot(queue, handle, U64_MAX))
			return -EINTR;
		ret = -ESRCH;
	}
	if (call) {
		ret = follow(call, &request, nowait, ret);
		acall_call_put(call);
	} else if (!ret && !nowait &&
		   acall_queue_wait_slot(queue, handle, U64_MAX)) {
		/* Somebody else has it, who is about to say that it is DONE. */
		return -EINTR;
	}
	look_again(queue, handle, args);
	/* Of a queue that was closed its slot is free already. */
	if (!ret && !call && args->state == ACALL_STATE_IDLE) {
		args->state = ACALL_STATE_DONE;
		args->outcome = ACALL_OUTCOME_NEVER_STARTED;
	}
	return ret;
}

/**
 * acall_ioctl_queue_cancel - CANCEL on a queue
 * @queue: the queue
 * @user: struct acall_cancel
 */
int acall_ioctl_queue_cancel(struct acall_queue *queue, void __user *user)
{
	struct acall_cancel args;
	u64 handle;
	u32 size;
	int ret;

	ret = cancel_get(&args, user);
	if (ret)
		return ret;
	size = args.size;
	handle = args.call_id;
	ret = cancel_slot(queue, handle, &args, ACALL_REASON_CLIENT);
	if (ret && ret != -ESRCH && ret != -EALREADY)
		return ret;
	args.call_id = args.state == ACALL_STATE_IDLE ? 0 : handle;
	acall_args_put(user, &args, sizeof(args), size);
	return ret;
}

/**
 * acall_ioctl_cancel_match - CANCEL_MATCH
 * @queue: the queue
 * @user: struct acall_cancel_match
 */
int acall_ioctl_cancel_match(struct acall_queue *queue, void __user *user)
{
	struct acall_cancel_match __user *out = user;
	struct acall_request request = { .reason = ACALL_REASON_CLIENT };
	struct acall_cancel_match args;
	struct acall_match match;
	u32 size;
	int ret;

	ret = ARGS_GET(&args, CANCEL_MATCH, user);
	if (ret)
		return ret;
	ret = acall_check_cancel_match(&args);
	if (ret)
		return ret;
	if (put_user(0, &out->matched))
		return -EFAULT;
	size = args.size;
	request.flags = args.flags & (ACALL_CANCEL_ABANDON |
				      ACALL_CANCEL_ESCALATE);
	request.grace_ns = args.grace_ns;
	match = (struct acall_match){
		.flags = args.flags,
		.tag = args.tag,
		.method = args.method,
	};
	ret = acall_queue_cancel_match(queue, &match, &request, &args.matched,
				       &args.cancelled);
	/* It has happened, also if the memory went away meanwhile. */
	acall_args_put(user, &args, sizeof(args), size);
	return ret;
}

/* May current know of it? */
static bool may_cancel(struct acall_queue *queue, u64 handle)
{
	struct acall_slot *slot = acall_slot_of(queue, handle);
	struct acall_slot_snapshot snap;
	struct acall_call *call;
	bool may;

	/* Of a handle that is a short call's there is never a call. */
	if (acall_slot_look(queue, slot, handle, &snap, &call) ||
	    WARN_ON_ONCE(call))
		return false;
	may = uid_eq(snap.owner_uid, current_uid()) || acall_may_administer();
	acall_slot_look_end(&snap);
	return may;
}

/* Those of short methods are in no table. */
static int cancel_slot_by_id(struct acall_cancel *args, void __user *user)
{
	enum acall_reason reason = ACALL_REASON_CLIENT;
	struct acall_queue *queue;
	u32 size = args->size;
	u64 id = args->call_id;
	u64 handle;
	int ret = -ESRCH;

	args->state = ACALL_STATE_IDLE;
	args->outcome = ACALL_OUTCOME_NONE;
	args->call_id = 0;
	queue = acall_queues_find(id, &handle);
	if (IS_ERR(queue))
		return PTR_ERR(queue);
	if (queue && !may_cancel(queue, handle)) {
		acall_queue_put(queue);
		queue = NULL;
	}
	if (queue) {
		if (acall_may_administer())
			reason = ACALL_REASON_ADMIN;
		ret = cancel_slot(queue, handle, args, reason);
		if (args->state != ACALL_STATE_IDLE)
			args->call_id = id;
		acall_queue_put(queue);
	}
	if (ret && ret != -ESRCH && ret != -EALREADY)
		return ret;
	acall_args_put(user, args, sizeof(*args), size);
	return ret;
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
	if (!call)
		return cancel_slot_by_id(&args, user);
	/* As if there were none: not even its state is told. */
	if (acall_call_over(call) || !acall_call_visible(call)) {
		acall_call_put(call);
		call = NULL;
	}
	if (call && acall_may_administer())
		reason = ACALL_REASON_ADMIN;
	return cancel_and_put(call, &args, reason, user);
}
