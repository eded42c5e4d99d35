// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What the typed pairs have in common: they mistake no call for another.
 *
 * Beginning checks that the object is of that interface, since a method number
 * means something else in another one. Finishing looks which method is pending
 * before it takes the result, so that a mistake consumes nothing; it finishes
 * the call it looked at, by id, and so never one that another thread has put in
 * its place meanwhile. No state, no lock.
 */
#include <string.h>
#include "internal.h"

static bool is_of(const acall_t *call, const char *interface)
{
	return call && !strncmp(call->interface, interface,
				sizeof(call->interface));
}

int acall_begin_typed(acall_t *call, const char *interface, uint32_t method,
		      const void *in, size_t in_len, const int *files,
		      unsigned int nr_files,
		      const struct acall_options *options)
{
	if (!is_of(call, interface))
		return -EINVAL;
	return acall_begin(call, method, in, in_len, files, nr_files, options);
}

/* What a shorter output leaves out is zero, as in the ABI. */
int acall_finish_typed(acall_t *call, const char *interface, uint32_t method,
		       void *out, size_t out_len, struct acall_result *result)
{
	struct acall_query query;
	struct acall_result taken;
	uint64_t call_id;
	int ret;

	if (!is_of(call, interface))
		return -EINVAL;
	call_id = acall_pending_id(call);
	if (!call_id)
		return -ESRCH;
	ret = acall_query(call, call_id, &query, sizeof(query));
	if (ret)
		return ret;
	if (query.method != method)
		return -EINVAL;
	ret = acall_finish_id(call, call_id, 0, out, out_len, &taken);
	if (ret && ret != -EMSGSIZE)
		return ret;
	if (!ret && !taken.status && taken.out_len < out_len)
		memset((char *)out + taken.out_len, 0,
		       out_len - taken.out_len);
	if (result)
		*result = taken;
	return ret;
}
