// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Synchronous calls, found by their thread while they last.
 *
 * Where they can be, they are begun and finished in two system calls: the id must be
 * known before the thread sleeps. That the thread is
 * found in no call for the moment between both is the same as if whoever looked had
 * come before the call. No state of its own; thread.c has the locks.
 */
#include <string.h>
#include "internal.h"

/* Until it has ended: a signal's handler has nothing to do with that. */
static int finish(acall_t *call, uint64_t call_id, void *out, size_t out_len,
		  struct acall_result *result)
{
	int ret;

	do {
		ret = acall_finish_id(call, call_id, 0, out, out_len, result);
		if (ret == -EAGAIN) {
			ret = acall_wait_id(call, call_id, ACALL_FOREVER);
			if (!ret)
				ret = -EAGAIN;
		}
	} while (ret == -EINTR || ret == -EAGAIN);
	return ret;
}

static int finish_found(acall_t *call, uint64_t call_id, void *out,
			size_t out_len, struct acall_result *result)
{
	int ret;

	if (!com_thread_enabled())
		return finish(call, call_id, out, out_len, result);
	com_call_enter(call, call_id);
	ret = finish(call, call_id, out, out_len, result);
	com_call_leave();
	return ret;
}

/* There was a call: that it is no more is not an error of who asks. */
static acall_com_hresult finished(int ret)
{
	return ret == -ESRCH ? ACALL_COM_RPC_E_CALL_COMPLETE :
			       com_from_errno(ret);
}

COM_PUBLIC acall_com_hresult
acall_com_finish(acall_t *call, void *out, size_t out_len,
		 struct acall_result *result)
{
	uint64_t call_id;

	if (!call || !result)
		return ACALL_COM_E_INVALIDARG;
	memset(result, 0, sizeof(*result));
	call_id = acall_id(call);
	if (!call_id)
		return ACALL_COM_E_UNEXPECTED;
	result->call_id = call_id;
	return finished(finish_found(call, call_id, out, out_len, result));
}

/* The id is taken from the very BEGIN: @call may remember another thread's. */
static int begin(acall_t *call, uint32_t method, const void *in, size_t in_len,
		 const int *files, unsigned int nr_files,
		 const struct acall_options *options, uint64_t *call_id)
{
	struct acall_begin args = {
		.size = sizeof(args),
		.method = method,
		.nr_files = nr_files,
		.files = (uintptr_t)files,
		.in = (uintptr_t)in,
		.in_len = (uint32_t)in_len,
	};
	size_t i;
	int ret;

	if (in_len > UINT32_MAX)
		return -E2BIG;
	if (options) {
		for (i = 0; i < sizeof(options->reserved) / sizeof(uint32_t);
		     i++) {
			if (options->reserved[i])
				return -EINVAL;
		}
		args.flags = options->flags;
		args.user_data = options->user_data;
		if ((options->flags & ACALL_BEGIN_DEADLINE) ||
		    (options->deadline && options->deadline != ACALL_FOREVER)) {
			args.flags |= ACALL_BEGIN_DEADLINE;
			args.deadline = options->deadline;
			args.grace_ns = options->grace_ns;
		}
	}
	ret = acall_begin_args(call, &args);
	*call_id = ret ? 0 : args.call_id;
	return ret;
}

COM_PUBLIC acall_com_hresult
acall_com_call(acall_t *call, uint32_t method, const void *in, size_t in_len,
	       const int *files, unsigned int nr_files,
	       const struct acall_options *options, void *out, size_t out_len,
	       struct acall_result *result)
{
	uint64_t call_id;
	int ret;

	if (!call || !result)
		return ACALL_COM_E_INVALIDARG;
	if (!com_thread_enabled()) {
		ret = acall_call(call, method, in, in_len, files, nr_files,
				 options, out, out_len, result);
		if (ret == -EINTR && result->call_id)
			ret = finish(call, result->call_id, out, out_len,
				     result);
		return result->call_id ? finished(ret) : com_from_errno(ret);
	}
	memset(result, 0, sizeof(*result));
	ret = begin(call, method, in, in_len, files, nr_files, options,
		    &call_id);
	if (ret)
		return com_from_errno(ret);
	result->call_id = call_id;
	return finished(finish_found(call, call_id, out, out_len, result));
}
