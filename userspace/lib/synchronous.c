// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall_call(): begin, wait and finish in one system call.
 *
 * The race this is about: another thread wants to cancel the call, and the
 * system call that would tell its id has not returned, since it waits for that
 * very call. But the kernel writes the id to the arguments as soon as the call
 * exists [S2]. So they lie in the object, not on the caller's stack, where they
 * would be gone when a late reader looks.
 *
 * There is one such place, taken by a compare-and-swap. A second thread in
 * acall_call() is -EBUSY as a rule, and if the first one's call has just been
 * finished by somebody else it works with its own arguments: the call then is
 * not remembered before it ends. No lock, nothing waits.
 */
#include <string.h>
#include "internal.h"

/* The id of a call whose acall_call() has not returned, 0 = there is none. */
uint64_t acall_calling_id(const acall_t *call)
{
	return __atomic_load_n(&call->calling.call_id, __ATOMIC_SEQ_CST);
}

/* All but the id, at which other threads may be looking. */
static void copy_args(struct acall_call_args *to,
		      const struct acall_call_args *from)
{
	const size_t id = offsetof(struct acall_call_args, call_id);
	const size_t rest = id + sizeof(to->call_id);

	memcpy(to, from, id);
	memcpy((char *)to + rest, (const char *)from + rest,
	       sizeof(*to) - rest);
}

static bool take_place(acall_t *call, const struct acall_call_args *args)
{
	bool taken = false;

	/* What a newer program passes does not fit. */
	if (args->size > sizeof(call->calling) ||
	    !atomic_compare_exchange_strong(&call->calling_taken, &taken,
					    true))
		return false;
	copy_args(&call->calling, args);
	return true;
}

static void leave_place(acall_t *call, struct acall_call_args *args)
{
	copy_args(args, &call->calling);
	__atomic_store_n(&call->calling.call_id, 0, __ATOMIC_SEQ_CST);
	atomic_store(&call->calling_taken, false);
}

ACALL_PUBLIC int acall_call_args(acall_t *call, struct acall_call_args *args)
{
	const int *files;
	uint64_t seen;
	uint32_t nr_files;
	bool placed;
	int ret;

	/* A shorter one has no room for the result. */
	if (!call || !args || args->size < sizeof(*args))
		return -EINVAL;
	files = (const int *)(uintptr_t)args->files;
	nr_files = args->nr_files;
	args->call_id = 0;
	seen = atomic_load(&call->call_id);
	atomic_fetch_add(&call->beginning, 1);
	placed = take_place(call, args);
	ret = acall_ioctl(call, ACALL_IOC_CALL,
			  placed ? &call->calling : args);
	if (placed)
		args->call_id = acall_calling_id(call);
	/* Remembered before the place is left: it is always in one of both. */
	if (args->call_id)
		acall_remember(call, seen, args->call_id);
	if (placed)
		leave_place(call, args);
	atomic_fetch_sub(&call->beginning, 1);
	if (!args->call_id)
		acall_remember_failure(call, args->method, files, nr_files,
				       ret);
	return ret;
}

ACALL_PUBLIC int acall_call(acall_t *call, uint32_t method, const void *in,
			    size_t in_len, const int *files,
			    unsigned int nr_files,
			    const struct acall_options *options, void *out,
			    size_t out_len, struct acall_result *result)
{
	struct acall_call_args args = { .size = sizeof(args) };
	struct acall_finish finish = { .size = sizeof(finish) };
	struct acall_begin begin;
	int ret;

	if (!result)
		return -EINVAL;
	memset(result, 0, sizeof(*result));
	ret = acall_set_begin(call, &begin, method, in, in_len, files,
			      nr_files, options);
	if (ret)
		return ret;
	args.flags = begin.flags;
	args.method = method;
	args.nr_files = nr_files;
	args.files = begin.files;
	args.in = begin.in;
	args.in_len = begin.in_len;
	args.out_len = out_len > UINT32_MAX ? UINT32_MAX : (uint32_t)out_len;
	args.out = (uintptr_t)out;
	args.user_data = begin.user_data;
	args.deadline = begin.deadline;
	args.grace_ns = begin.grace_ns;
	ret = acall_call_args(call, &args);

	finish.call_id = args.call_id;
	finish.out_len = args.out_len;
	finish.nr_files = args.nr_files_out;
	finish.status = args.status;
	finish.outcome = args.outcome;
	finish.result = args.result;
	finish.method = args.method;
	finish.user_data = args.user_data;
	finish.progress = args.progress;
	finish.total = args.total;
	finish.begin_ns = args.begin_ns;
	finish.start_ns = args.start_ns;
	finish.cancel_ns = args.cancel_ns;
	finish.end_ns = args.end_ns;
	finish.cpu_ns = args.cpu_ns;
	acall_set_result(result, &finish, ret);
	return ret;
}
