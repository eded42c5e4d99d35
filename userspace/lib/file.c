// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The typed pairs for the interface "file": Begin_ and Finish_ of each method.
 *
 * Beginning checks that the object is of that interface, since a method number
 * means something else in another one. Finishing looks which method is pending
 * before it takes the result, so that a mistake consumes nothing; it finishes
 * the call it looked at, by id, and so never one that another thread has put in
 * its place meanwhile. No state, no lock.
 */
#include <limits.h>
#include <string.h>
#include "internal.h"

static bool is_file(const acall_t *call)
{
	return call && !strncmp(call->interface, ACALL_FILE_INTERFACE,
				sizeof(call->interface));
}

static int begin_file(acall_t *call, uint32_t method, const void *in,
		      size_t in_len, const int *files, unsigned int nr_files,
		      uint64_t user_data)
{
	if (!is_file(call))
		return -EINVAL;
	return acall_begin(call, method, in, in_len, files, nr_files,
			   user_data);
}

/* What a shorter output leaves out is zero, as in the ABI. */
static int finish_file(acall_t *call, uint32_t method, void *out,
		       size_t out_len, struct acall_result *result)
{
	struct acall_query query;
	struct acall_result taken;
	uint64_t call_id;
	int ret;

	if (!is_file(call))
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

static int begin_path(acall_t *call, uint32_t method, const char *path,
		      uint64_t user_data)
{
	_Alignas(struct acall_file_path)
	char in[sizeof(struct acall_file_path) + PATH_MAX];
	size_t len;

	if (!path)
		return -EINVAL;
	len = strnlen(path, PATH_MAX);
	if (len == PATH_MAX)
		return -ENAMETOOLONG;
	memset(in, 0, sizeof(struct acall_file_path));
	memcpy(in + sizeof(struct acall_file_path), path, len + 1);
	return begin_file(call, method, in,
			  sizeof(struct acall_file_path) + len + 1, NULL, 0,
			  user_data);
}

ACALL_PUBLIC int acall_begin_statfs(acall_t *call, const char *path,
				    uint64_t user_data)
{
	return begin_path(call, ACALL_FILE_STATFS, path, user_data);
}

ACALL_PUBLIC int acall_finish_statfs(acall_t *call,
				     struct acall_file_statfs_out *out,
				     struct acall_result *result)
{
	if (!out)
		return -EINVAL;
	return finish_file(call, ACALL_FILE_STATFS, out, sizeof(*out), result);
}

ACALL_PUBLIC int acall_begin_stat(acall_t *call, const char *path,
				  uint64_t user_data)
{
	return begin_path(call, ACALL_FILE_STAT, path, user_data);
}

ACALL_PUBLIC int acall_finish_stat(acall_t *call,
				   struct acall_file_stat_out *out,
				   struct acall_result *result)
{
	if (!out)
		return -EINVAL;
	return finish_file(call, ACALL_FILE_STAT, out, sizeof(*out), result);
}

ACALL_PUBLIC int acall_begin_sync(acall_t *call, int file,
				  const struct acall_file_sync *args,
				  uint64_t user_data)
{
	static const struct acall_file_sync all = {
		.scope = ACALL_FILE_SYNC_DATA,
	};

	return begin_file(call, ACALL_FILE_SYNC, args ? args : &all,
			  sizeof(*args), &file, 1, user_data);
}

ACALL_PUBLIC int acall_finish_sync(acall_t *call, struct acall_result *result)
{
	return finish_file(call, ACALL_FILE_SYNC, NULL, 0, result);
}

ACALL_PUBLIC int acall_begin_copy(acall_t *call, int source, int target,
				  const struct acall_file_copy *args,
				  uint64_t user_data)
{
	static const struct acall_file_copy all = {
		.reflink = ACALL_FILE_REFLINK_AUTO,
	};
	const int files[] = { source, target };

	return begin_file(call, ACALL_FILE_COPY, args ? args : &all,
			  sizeof(*args), files, 2, user_data);
}

ACALL_PUBLIC int acall_finish_copy(acall_t *call, struct acall_result *result)
{
	return finish_file(call, ACALL_FILE_COPY, NULL, 0, result);
}

ACALL_PUBLIC int acall_begin_hash(acall_t *call, int file,
				  const struct acall_file_hash *args,
				  uint64_t user_data)
{
	static const struct acall_file_hash all = {
		.algorithm = "sha256",
	};

	return begin_file(call, ACALL_FILE_HASH, args ? args : &all,
			  sizeof(*args), &file, 1, user_data);
}

ACALL_PUBLIC int acall_finish_hash(acall_t *call,
				   unsigned char digest[ACALL_FILE_DIGEST_MAX],
				   struct acall_result *result)
{
	if (!digest || !result)
		return -EINVAL;
	return finish_file(call, ACALL_FILE_HASH, digest,
			   ACALL_FILE_DIGEST_MAX, result);
}

ACALL_PUBLIC int acall_begin_allocate(acall_t *call, int file,
				      const struct acall_file_allocate *args,
				      uint64_t user_data)
{
	static const struct acall_file_allocate all = {
		.mode = ACALL_FILE_ALLOCATE_PLAIN,
	};

	return begin_file(call, ACALL_FILE_ALLOCATE, args ? args : &all,
			  sizeof(*args), &file, 1, user_data);
}

ACALL_PUBLIC int acall_finish_allocate(acall_t *call,
				       struct acall_result *result)
{
	return finish_file(call, ACALL_FILE_ALLOCATE, NULL, 0, result);
}
