// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Begin, wait, finish, query: and which call is meant.
 *
 * The kernel names a call before it is visible to anybody [B8], but this
 * process learns the name only when BEGIN returns. Two races live in between:
 *
 * - A thread that polls sees the new call ready, and finishes it, before the
 *   thread that began it has stored the id. While @beginning is not zero,
 *   acall_pending_id() therefore asks the kernel instead of its memory.
 * - The thread that began call k stores its id late, after others have finished
 *   k and begun k + 1. acall_remember() stores only over what it saw before its
 *   BEGIN; if that has changed, what the kernel says is pending decides.
 *
 * A cancel never asks: it means the call that is remembered, whatever may be
 * pending by now [X11].
 */
#include <fcntl.h>
#include <string.h>
#include "internal.h"

/* The id of what is pending now, 0 = nothing. */
static uint64_t ask_kernel(const acall_t *call)
{
	struct acall_query query = { .size = sizeof(query) };

	if (acall_sys_ioctl(call->fd, ACALL_IOC_QUERY, &query) < 0)
		return 0;
	return query.call_id;
}

uint64_t acall_pending_id(acall_t *call)
{
	/*
	 * In this order: who reads 0 after a call of another thread became
	 * visible reads an id that is not older than that call, since
	 * acall_begin_args() counts itself out after it has stored.
	 */
	if (atomic_load(&call->beginning)) {
		uint64_t call_id = ask_kernel(call);

		if (call_id)
			return call_id;
	}
	return atomic_load(&call->call_id);
}

/*
 * Store the id of a call that has begun. @seen is what was there before. Ids
 * are never used again, so an unchanged value means that nobody stored. If
 * somebody did, it is not known whose call is the newer one, but only the newest
 * can be pending, and a thread whose call becomes pending after the question
 * was answered comes through here itself and finds @seen changed.
 */
static void acall_remember(acall_t *call, uint64_t seen, uint64_t call_id)
{
	while (!atomic_compare_exchange_strong(&call->call_id, &seen,
					       call_id)) {
		/* @seen is now what was found. */
		call_id = ask_kernel(call);
		if (!call_id)
			return;
	}
}

/* Note what acall_strerror() needs to name the file that BEGIN refused. */
static void remember_failure(acall_t *call, const struct acall_begin *args,
			     int error)
{
	const int *files = (const int *)(uintptr_t)args->files;
	int failed = ACALL_NO_FD;
	uint32_t i;

	if (error == -EBADF && files) {
		int saved = errno;

		for (i = 0; i < args->nr_files && i < ACALL_MAX_FILES; i++) {
			if (fcntl(files[i], F_GETFD) < 0) {
				failed = files[i];
				break;
			}
		}
		errno = saved;
	}
	atomic_store(&call->failed_fd, failed);
	atomic_store(&call->failed_method, args->method);
}

ACALL_PUBLIC int acall_begin_args(acall_t *call, struct acall_begin *args)
{
	uint64_t seen;
	int ret;

	/* A shorter one has no room for the id. */
	if (!call || !args || args->size < sizeof(*args))
		return -EINVAL;
	seen = atomic_load(&call->call_id);
	atomic_fetch_add(&call->beginning, 1);
	ret = acall_sys_ioctl(call->fd, ACALL_IOC_BEGIN, args);
	if (!ret)
		acall_remember(call, seen, args->call_id);
	atomic_fetch_sub(&call->beginning, 1);
	if (ret)
		remember_failure(call, args, ret);
	return ret;
}

ACALL_PUBLIC int acall_begin(acall_t *call, uint32_t method, const void *in,
			     size_t in_len, const int *files,
			     unsigned int nr_files, uint64_t user_data)
{
	struct acall_begin args = {
		.size = sizeof(args),
		.method = method,
		.nr_files = nr_files,
		.files = (uintptr_t)files,
		.in = (uintptr_t)in,
		.in_len = (uint32_t)in_len,
		.user_data = user_data,
	};

	_Static_assert(sizeof(*files) == sizeof(__s32), "the ABI's files");
	if (!call)
		return -EINVAL;
	if (in_len > UINT32_MAX) {
		remember_failure(call, &args, -E2BIG);
		return -E2BIG;
	}
	return acall_begin_args(call, &args);
}

static int wait_for(acall_t *call, uint64_t call_id, uint64_t until)
{
	struct acall_wait wait = {
		.size = sizeof(wait),
		.call_id = call_id,
		.until = until,
	};

	return acall_sys_ioctl(call->fd, ACALL_IOC_WAIT, &wait);
}

ACALL_PUBLIC int acall_wait(acall_t *call, uint64_t until)
{
	uint64_t call_id;

	if (!call)
		return -EINVAL;
	call_id = acall_pending_id(call);
	return call_id ? wait_for(call, call_id, until) : -ESRCH;
}

ACALL_PUBLIC int acall_wait_id(acall_t *call, uint64_t call_id, uint64_t until)
{
	if (!call || !call_id)
		return -EINVAL;
	return wait_for(call, call_id, until);
}

static int finish(acall_t *call, uint64_t call_id, unsigned int flags,
		  void *out, size_t out_len, struct acall_result *result)
{
	struct acall_finish args = {
		.size = sizeof(args),
		.flags = flags,
		.call_id = call_id,
		.out = (uintptr_t)out,
		.out_len = out_len > UINT32_MAX ? UINT32_MAX :
						  (uint32_t)out_len,
	};
	int ret;

	ret = acall_sys_ioctl(call->fd, ACALL_IOC_FINISH, &args);
	if (!result || (ret && ret != -EMSGSIZE))
		return ret;
	memset(result, 0, sizeof(*result));
	result->call_id = args.call_id;
	result->out_len = args.out_len;
	if (ret)
		return ret;
	result->user_data = args.user_data;
	result->status = args.status;
	result->outcome = args.outcome;
	result->flags = args.result;
	result->method = args.method;
	result->progress = args.progress;
	result->total = args.total;
	result->begin_ns = args.begin_ns;
	result->start_ns = args.start_ns;
	result->cancel_ns = args.cancel_ns;
	result->end_ns = args.end_ns;
	result->cpu_ns = args.cpu_ns;
	result->nr_files = args.nr_files;
	return 0;
}

ACALL_PUBLIC int acall_finish(acall_t *call, void *out, size_t out_len,
			      struct acall_result *result)
{
	uint64_t call_id;

	if (!call)
		return -EINVAL;
	call_id = acall_pending_id(call);
	if (!call_id)
		return -ESRCH;
	return finish(call, call_id, 0, out, out_len, result);
}

ACALL_PUBLIC int acall_finish_id(acall_t *call, uint64_t call_id,
				 unsigned int flags, void *out, size_t out_len,
				 struct acall_result *result)
{
	if (!call || !call_id)
		return -EINVAL;
	return finish(call, call_id, flags, out, out_len, result);
}

ACALL_PUBLIC int acall_query(acall_t *call, uint64_t call_id,
			     struct acall_query *query, size_t size)
{
	if (!call || !query || size < 2 * sizeof(__u32) ||
	    size > UINT32_MAX)
		return -EINVAL;
	memset(query, 0, size);
	query->size = (__u32)size;
	if (size >= offsetof(struct acall_query, call_id) +
		    sizeof(query->call_id))
		query->call_id = call_id;
	return acall_sys_ioctl(call->fd, ACALL_IOC_QUERY, query);
}
