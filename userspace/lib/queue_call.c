// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Call queues: what is done to calls by their handles, one or many.
 *
 * Nothing here touches the rings or writes to struct acall_queue, so that any
 * thread may do it. A handle that is 0 is a mistake wherever it does not mean
 * the queue: it is what an entry has that was refused. No state, no lock.
 */
#include <string.h>
#include "internal.h"

ACALL_PUBLIC int acall_queue_cancel(acall_queue_t *queue, uint64_t handle,
				    uint64_t grace_ns, unsigned int flags)
{
	struct acall_cancel args = {
		.size = sizeof(args),
		.flags = flags,
		.call_id = handle,
		.grace_ns = grace_ns,
	};

	if (!queue || !handle)
		return -EINVAL;
	return acall_verdict_of(&args, acall_sys_ioctl(queue->fd,
						       ACALL_IOC_CANCEL,
						       &args));
}

ACALL_PUBLIC int acall_queue_cancel_many(acall_queue_t *queue,
					 struct acall_enter_cancel *cancels,
					 unsigned int nr)
{
	struct acall_enter args = {
		.size = sizeof(args),
		.cancels = (uintptr_t)cancels,
		.nr_cancels = nr,
	};
	int ret, asked = 0;
	unsigned int i;

	/* More than an int counts would be taken for an error. */
	if (!cancels || nr > INT_MAX)
		return -EINVAL;
	ret = acall_queue_enter(queue, &args);
	if (ret)
		return ret;
	for (i = 0; i < nr; i++)
		asked += !cancels[i].error;
	return asked;
}

ACALL_PUBLIC int acall_queue_cancel_match(acall_queue_t *queue,
					  struct acall_cancel_match *args)
{
	/* A shorter one has no room for the answer. */
	if (!queue || !args || args->size < sizeof(*args))
		return -EINVAL;
	return acall_sys_ioctl(queue->fd, ACALL_IOC_CANCEL_MATCH, args);
}

static int cancel_match(acall_queue_t *queue, struct acall_cancel_match *args,
			uint64_t grace_ns, unsigned int flags)
{
	int ret;

	/* Which calls is what the caller's name says. */
	if (flags & (ACALL_MATCH_TAG | ACALL_MATCH_METHOD))
		return -EINVAL;
	args->size = sizeof(*args);
	args->flags |= flags;
	args->grace_ns = grace_ns;
	ret = acall_queue_cancel_match(queue, args);
	return ret ? ret : (int)args->cancelled;
}

ACALL_PUBLIC int acall_queue_cancel_all(acall_queue_t *queue,
					uint64_t grace_ns, unsigned int flags)
{
	struct acall_cancel_match args = { 0 };

	return cancel_match(queue, &args, grace_ns, flags);
}

ACALL_PUBLIC int acall_queue_cancel_tag(acall_queue_t *queue, uint32_t tag,
					uint64_t grace_ns, unsigned int flags)
{
	struct acall_cancel_match args = {
		.flags = ACALL_MATCH_TAG,
		.tag = tag,
	};

	return cancel_match(queue, &args, grace_ns, flags);
}

ACALL_PUBLIC int acall_queue_cancel_method(acall_queue_t *queue,
					   uint32_t method, uint64_t grace_ns,
					   unsigned int flags)
{
	struct acall_cancel_match args = {
		.flags = ACALL_MATCH_METHOD,
		.method = method,
	};

	return cancel_match(queue, &args, grace_ns, flags);
}

ACALL_PUBLIC int acall_queue_finish(acall_queue_t *queue, uint64_t handle,
				    void *out, size_t out_len, int *files,
				    unsigned int nr_files,
				    struct acall_result *result)
{
	struct acall_finish args = {
		.size = sizeof(args),
		.call_id = handle,
		.out = (uintptr_t)out,
		.files = (uintptr_t)files,
		.out_len = out_len > UINT32_MAX ? UINT32_MAX :
						  (uint32_t)out_len,
		.nr_files = nr_files,
	};
	int ret;

	if (!queue || !handle)
		return -EINVAL;
	ret = acall_sys_ioctl(queue->fd, ACALL_IOC_FINISH, &args);
	if (result && (!ret || ret == -EMSGSIZE))
		acall_set_result(result, &args, ret);
	return ret;
}

static int wait_for(acall_queue_t *queue, uint32_t flags, uint64_t handle,
		    uint64_t until)
{
	struct acall_wait args = {
		.size = sizeof(args),
		.flags = flags,
		.call_id = handle,
		.until = until,
	};

	return acall_sys_ioctl(queue->fd, ACALL_IOC_WAIT, &args);
}

ACALL_PUBLIC int acall_queue_wait_call(acall_queue_t *queue, uint64_t handle,
				       uint64_t until)
{
	if (!queue || !handle)
		return -EINVAL;
	return wait_for(queue, 0, handle, until);
}

ACALL_PUBLIC int acall_queue_wait_settled(acall_queue_t *queue,
					  uint64_t handle, uint64_t until)
{
	if (!queue)
		return -EINVAL;
	return wait_for(queue, ACALL_WAIT_SETTLED, handle, until);
}

ACALL_PUBLIC int acall_queue_query(acall_queue_t *queue, uint64_t handle,
				   struct acall_query *query, size_t size)
{
	if (!queue || !query || size > UINT32_MAX ||
	    size < offsetof(struct acall_query, call_id) +
		   sizeof(query->call_id))
		return -EINVAL;
	memset(query, 0, size);
	query->size = (__u32)size;
	query->call_id = handle;
	return acall_sys_ioctl(queue->fd, ACALL_IOC_QUERY, query);
}
