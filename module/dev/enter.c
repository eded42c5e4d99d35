// SPDX-License-Identifier: GPL-2.0-only
/*
 * ENTER: begin, cancel and wait, in bulk.
 *
 * No lock is held over user memory or the provider: entries are claimed, and what
 * has been claimed is this ENTER's alone. Whatever has been begun is never undone, so
 * what there is to tell is written before the wait, and after a signal it is not
 * restarted (R-RESTART).
 */
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "call.h"
#include "device.h"
#include "queue/queue.h"
#include "user/limits.h"

/* The caller's copy of an entry, which user space may be writing to. */
static void copy_entry(struct acall_submission *copy,
		       const struct acall_submission *entry)
{
	memcpy(copy, entry, sizeof(*copy));
	/* Not read again, whatever a compiler would save. */
	barrier();
}

static struct acall_call *prepare(struct acall_queue *queue,
				  const struct acall_submission *entry)
{
	const struct acall_beginner who = {
		.iface = queue->iface,
		.payer = queue->payer,
		.session = queue->session,
		.version = queue->version,
	};
	struct acall_begin args = {
		.size = sizeof(args),
		.flags = entry->flags & ~ACALL_BEGIN_INLINE,
		.method = entry->method,
		.nr_files = entry->nr_files,
		.files = entry->files,
		.in = entry->in,
		.in_len = entry->in_len,
		.user_data = entry->user_data,
		.deadline = entry->deadline,
		.grace_ns = entry->grace_ns,
	};
	const void *bytes = NULL;

	if (entry->flags & ACALL_BEGIN_INLINE) {
		if (entry->in || entry->in_len > sizeof(entry->bytes))
			return ERR_PTR(-EINVAL);
		bytes = entry->bytes;
	}
	return acall_begin_prepare(&who, &args, bytes, NULL, false);
}

/* One that needs a call of its own, or is wrong. Return: is there a call? */
static bool begin_other(struct acall_queue *queue, struct acall_batch *batch,
			struct acall_slot *slot)
{
	struct acall_submission *entry = acall_batch_entry(queue, batch, slot);
	struct acall_submission copy;
	struct acall_call *call;

	copy_entry(&copy, entry);
	/* It is charged by itself. */
	acall_uncharge(batch->client->payer, 1, 0);
	call = prepare(queue, &copy);
	if (IS_ERR(call)) {
		WRITE_ONCE(entry->error, PTR_ERR(call));
		WRITE_ONCE(entry->handle, 0);
		return false;
	}
	slot->tag = copy.tag;
	WRITE_ONCE(entry->error, 0);
	WRITE_ONCE(entry->handle, slot->handle);
	acall_call_get(call);
	acall_queue_begin_call(queue, batch, slot, call);
	if (call->deadline != U64_MAX)
		acall_begin_wait(call);
	acall_call_put(call);
	return true;
}

static noinline void begin_others(struct acall_queue *queue,
				  struct acall_batch *batch)
{
	struct acall_slot *slot, *next;

	/* Before one of them keeps this ENTER, for however long. */
	acall_queue_kick(queue);
	list_for_each_entry_safe(slot, next, &batch->others, list) {
		list_del_init(&slot->list);
		if (!begin_other(queue, batch, slot)) {
			list_add_tail(&slot->list, &batch->refused);
			batch->nr_refused++;
		}
	}
}

/*
 * Return: 0; -EINVAL: a head or tail is out of bounds, and nothing was begun; -EINTR:
 * the caller was killed. @enough: what he waits for is there.
 */
static int begin_calls(struct acall_queue *queue, struct acall_enter *args,
		       bool *enough)
{
	/* Who only looks does not wait, so he runs nothing either (S3). */
	bool worker = args->flags & ACALL_ENTER_WORKER || !args->until;
	struct acall_batch batch;
	int ret = 0;

	while (args->taken < args->begin) {
		ret = acall_queue_claim(queue, &batch,
					args->begin - args->taken,
					worker ? 0 : args->wait, !args->taken);
		if ((ret == -EINVAL && !args->taken) || ret == -EINTR)
			break;
		args->error = ret;
		ret = 0;
		if (!batch.nr)
			break;
		acall_queue_begin_shorts(queue, &batch);
		if (!list_empty(&batch.others))
			begin_others(queue, &batch);
		args->taken += batch.nr;
		args->begun += batch.nr - batch.nr_refused;
		acall_queue_unclaim(queue, &batch);
		*enough = batch.enough;
		/* Not to leave them waiting for nobody while it is away. */
		(void)(need_resched() && acall_queue_kick(queue));
		cond_resched();
	}
	/* The last one, if not the only one, was not run here. */
	if (args->begun && !batch.here) {
		acall_queue_kick(queue);
		/* Who runs on this processor before it waits need not wake it. */
		cond_resched();
	}
	return ret;
}

/* Return: how many can be read, and answered. */
static u32 get_cancels(struct acall_enter_cancel *cancels,
		       struct acall_enter_cancel __user *user, u32 nr)
{
	size_t size = nr * sizeof(*cancels);
	size_t left = copy_from_user(cancels, user, size);

	nr = (size - left) / sizeof(*cancels);
	size = nr * sizeof(*cancels);
	left = copy_to_user(user, cancels, size);
	return (size - left) / sizeof(*cancels);
}

/* Not inline: so much on the stack is for those that cancel. */
static noinline int cancel_calls(struct acall_queue *queue,
				 struct acall_enter *args)
{
	struct acall_enter_cancel __user *user = u64_to_user_ptr(args->cancels);
	struct acall_enter_cancel cancels[ACALL_CANCELS];
	u32 left, want, nr, i;

	for (left = args->nr_cancels; left; left -= nr, user += nr) {
		want = min_t(u32, left, ACALL_CANCELS);
		nr = get_cancels(cancels, user, want);
		for (i = 0; i < nr; i++)
			cancels[i].error = acall_check_enter_cancel(&cancels[i]);
		acall_slots_cancel(queue, cancels, nr);
		/* They have been asked, also if the memory went away meanwhile. */
		if (copy_to_user(user, cancels, nr * sizeof(*cancels)) ||
		    nr < want)
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int put_results(struct acall_enter __user *out,
		       const struct acall_enter *args)
{
	if (!user_write_access_begin(out, sizeof(*out)))
		return -EFAULT;
	unsafe_put_user(args->taken, &out->taken, fault);
	unsafe_put_user(args->begun, &out->begun, fault);
	unsafe_put_user(args->error, &out->error, fault);
	user_write_access_end();
	return 0;

fault:
	user_write_access_end();
	return -EFAULT;
}

/* As ARGS_GET(), if it has the size that it has here: as nearly always. */
static int get_args(struct acall_enter *args, struct acall_enter __user *user)
{
	u32 size;

	if (get_user(size, &user->size))
		return -EFAULT;
	if (unlikely(size != sizeof(*args)))
		return ARGS_GET(args, ENTER, user);
	if (copy_from_user(args, user, sizeof(*args)))
		return -EFAULT;
	/* User space may have changed it between both reads. */
	args->size = size;
	return 0;
}

/* One that waits for the only call it begins, and not for a worker (S3)? */
static bool may_run_here(const struct acall_enter *args)
{
	return args->begin == 1 && args->wait == 1 && args->until &&
	       !args->nr_cancels && !(args->flags & ACALL_ENTER_WORKER);
}

/**
 * acall_ioctl_enter - ENTER
 * @queue: the queue
 * @user: struct acall_enter
 */
int acall_ioctl_enter(struct acall_queue *queue, void __user *user)
{
	struct acall_enter __user *out = user;
	struct acall_enter args;
	bool enough = false;
	LIST_HEAD(calls);
	int ret;

	ret = get_args(&args, out) ?: acall_check_enter(&args);
	if (ret)
		return ret;
	args.taken = 0;
	args.begun = 0;
	args.error = 0;
	/* So that what has been begun can be told. */
	if (put_results(out, &args))
		return -EFAULT;
	if (may_run_here(&args) && acall_queue_enter_here(queue)) {
		args.taken = 1;
		args.begun = 1;
		return put_results(out, &args);
	}
	if (args.begin)
		ret = begin_calls(queue, &args, &enough);
	else
		ret = acall_queue_reap(queue, &calls);
	if (ret)
		return ret;
	if (args.nr_cancels)
		ret = cancel_calls(queue, &args);
	if (args.begin && put_results(out, &args))
		ret = -EFAULT;
	if (ret || !args.wait || enough)
		return ret;
	ret = acall_queue_wait(queue, args.wait,
			       acall_time_from_user(args.until));
	/* Restarted, it would begin and cancel more. */
	if (ret == -ERESTARTSYS && (args.taken || args.nr_cancels))
		ret = -EINTR;
	return ret;
}
