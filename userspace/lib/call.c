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
 * pending by now [X11]. (acall_call(), where the id must be known before the
 * system call returns, is in synchronous.c.)
 */
#include <fcntl.h>
#include <string.h>
#include "internal.h"

/* The id of what is pending now, 0 = nothing. */
static uint64_t ask_kernel(const acall_t *call)
{
	struct acall_query query = { .size = sizeof(query) };

	if (acall_ioctl(call, ACALL_IOC_QUERY, &query) < 0)
		return 0;
	return query.call_id;
}

uint64_t acall_pending_id(acall_t *call)
{
	/*
	 * In this order: who reads 0 after a call of another thread became
	 * visible reads an id that is not older than that call, since
	 * acall_begin_args() and acall_call_args() count themselves out after
	 * they have stored.
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
void acall_remember(acall_t *call, uint64_t seen, uint64_t call_id)
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
void acall_remember_failure(acall_t *call, uint32_t method, const int *files,
			    uint32_t nr_files, int error)
{
	int failed = ACALL_NO_FD;
	uint32_t i;

	if (error == -EBADF && files) {
		int saved = errno;

		for (i = 0; i < nr_files && i < ACALL_MAX_FILES; i++) {
			if (fcntl(files[i], F_GETFD) < 0) {
				failed = files[i];
				break;
			}
		}
		errno = saved;
	}
	atomic_store(&call->failed_fd, failed);
	atomic_store(&call->failed_method, method);
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
	ret = acall_ioctl(call, ACALL_IOC_BEGIN, args);
	if (!ret)
		acall_remember(call, seen, args->call_id);
	atomic_fetch_sub(&call->beginning, 1);
	if (ret)
		acall_remember_failure(call, args->method,
				       (const int *)(uintptr_t)args->files,
				       args->nr_files, ret);
	return ret;
}

/* A deadline that is none is left out: not every method takes one [B5]. */
int acall_set_options(struct acall_begin *args,
		      const struct acall_options *options)
{
	size_t i;

	if (!options)
		return 0;
	for (i = 0; i < sizeof(options->reserved) / sizeof(uint32_t); i++) {
		if (options->reserved[i])
			return -EINVAL;
	}
	args->user_data = options->user_data;
	args->flags = options->flags;
	if (!(options->flags & ACALL_BEGIN_DEADLINE) &&
	    (!options->deadline || options->deadline == ACALL_FOREVER))
		return 0;
	args->flags |= ACALL_BEGIN_DEADLINE;
	args->deadline = options->deadline;
	args->grace_ns = options->grace_ns;
	return 0;
}

int acall_set_begin(acall_t *call, struct acall_begin *args, uint32_t method,
		    const void *in, size_t in_len, const int *files,
		    unsigned int nr_files, const struct acall_options *options)
{
	int ret;

	_Static_assert(sizeof(*files) == sizeof(__s32), "the ABI's files");
	if (!call)
		return -EINVAL;
	*args = (struct acall_begin) {
		.size = sizeof(*args),
		.method = method,
		.nr_files = nr_files,
		.files = (uintptr_t)files,
		.in = (uintptr_t)in,
		.in_len = (uint32_t)in_len,
	};
	ret = in_len > UINT32_MAX ? -E2BIG : acall_set_options(args, options);
	if (ret)
		acall_remember_failure(call, method, NULL, 0, ret);
	return ret;
}

ACALL_PUBLIC int acall_begin(acall_t *call, uint32_t method, const void *in,
			     size_t in_len, const int *files,
			     unsigned int nr_files,
			     const struct acall_options *options)
{
	struct acall_begin args;
	int ret = acall_set_begin(call, &args, method, in, in_len, files,
				  nr_files, options);

	return ret ? ret : acall_begin_args(call, &args);
}

static int wait_for(acall_t *call, uint32_t flags, uint64_t call_id,
		    uint64_t until)
{
	struct acall_wait wait = {
		.size = sizeof(wait),
		.flags = flags,
		.call_id = call_id,
		.until = until,
	};

	return acall_ioctl(call, ACALL_IOC_WAIT, &wait);
}

ACALL_PUBLIC int acall_wait(acall_t *call, uint64_t until)
{
	uint64_t call_id;

	if (!call)
		return -EINVAL;
	call_id = acall_pending_id(call);
	return call_id ? wait_for(call, 0, call_id, until) : -ESRCH;
}

ACALL_PUBLIC int acall_wait_id(acall_t *call, uint64_t call_id, uint64_t until)
{
	if (!call || !call_id)
		return -EINVAL;
	return wait_for(call, 0, call_id, until);
}

ACALL_PUBLIC int acall_wait_settled(acall_t *call, uint64_t call_id,
				    uint64_t until)
{
	if (!call)
		return -EINVAL;
	return wait_for(call, ACALL_WAIT_SETTLED, call_id, until);
}

/* After -EMSGSIZE only what is needed is known. */
void acall_set_result(struct acall_result *result,
		      const struct acall_finish *args, int ret)
{
	memset(result, 0, sizeof(*result));
	result->call_id = args->call_id;
	if (!ret || ret == -EMSGSIZE) {
		result->out_len = args->out_len;
		result->nr_files = args->nr_files;
	}
	if (ret)
		return;
	result->user_data = args->user_data;
	result->status = args->status;
	result->outcome = args->outcome;
	result->flags = args->result;
	result->method = args->method;
	result->progress = args->progress;
	result->total = args->total;
	result->begin_ns = args->begin_ns;
	result->start_ns = args->start_ns;
	result->cancel_ns = args->cancel_ns;
	result->end_ns = args->end_ns;
	result->cpu_ns = args->cpu_ns;
}

ACALL_PUBLIC int acall_finish_args(acall_t *call, struct acall_finish *args)
{
	/* A shorter one has no room for the result. */
	if (!call || !args || args->size < sizeof(*args))
		return -EINVAL;
	if (!args->call_id)
		args->call_id = acall_pending_id(call);
	if (!args->call_id)
		return -ESRCH;
	return acall_ioctl(call, ACALL_IOC_FINISH, args);
}

static int finish(acall_t *call, struct acall_finish *args, void *out,
		  size_t out_len, struct acall_result *result)
{
	int ret;

	args->size = sizeof(*args);
	args->out = (uintptr_t)out;
	args->out_len = out_len > UINT32_MAX ? UINT32_MAX : (uint32_t)out_len;
	ret = acall_finish_args(call, args);
	if (result && (!ret || ret == -EMSGSIZE))
		acall_set_result(result, args, ret);
	return ret;
}

ACALL_PUBLIC int acall_finish(acall_t *call, void *out, size_t out_len,
			      struct acall_result *result)
{
	struct acall_finish args = { 0 };

	return finish(call, &args, out, out_len, result);
}

ACALL_PUBLIC int acall_finish_id(acall_t *call, uint64_t call_id,
				 unsigned int flags, void *out, size_t out_len,
				 struct acall_result *result)
{
	struct acall_finish args = { .flags = flags, .call_id = call_id };

	return call_id ? finish(call, &args, out, out_len, result) : -EINVAL;
}

ACALL_PUBLIC int acall_finish_files(acall_t *call, void *out, size_t out_len,
				    int *files, unsigned int nr_files,
				    struct acall_result *result)
{
	struct acall_finish args = {
		.files = (uintptr_t)files,
		.nr_files = nr_files,
	};

	return finish(call, &args, out, out_len, result);
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
	return acall_ioctl(call, ACALL_IOC_QUERY, query);
}
