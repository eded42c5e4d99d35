// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The typed pairs for the interface "file": Begin_ and Finish_ of each method,
 * with what an argument that is left out means. No state, no lock; typed.c keeps
 * mistakes apart from results.
 */
#include <limits.h>
#include <string.h>
#include "internal.h"

static int begin_file(acall_t *call, uint32_t method, const void *in,
		      size_t in_len, const int *files, unsigned int nr_files,
		      const struct acall_options *options)
{
	return acall_begin_typed(call, ACALL_FILE_INTERFACE, method, in, in_len,
				 files, nr_files, options);
}

static int finish_file(acall_t *call, uint32_t method, void *out,
		       size_t out_len, struct acall_result *result)
{
	return acall_finish_typed(call, ACALL_FILE_INTERFACE, method, out,
				  out_len, result);
}

static int begin_path(acall_t *call, uint32_t method, const char *path,
		      const struct acall_options *options)
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
			  options);
}

ACALL_PUBLIC int acall_begin_statfs(acall_t *call, const char *path,
				    const struct acall_options *options)
{
	return begin_path(call, ACALL_FILE_STATFS, path, options);
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
				  const struct acall_options *options)
{
	return begin_path(call, ACALL_FILE_STAT, path, options);
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
				  const struct acall_options *options)
{
	static const struct acall_file_sync all = {
		.scope = ACALL_FILE_SYNC_DATA,
	};

	return begin_file(call, ACALL_FILE_SYNC, args ? args : &all,
			  sizeof(*args), &file, 1, options);
}

ACALL_PUBLIC int acall_finish_sync(acall_t *call, struct acall_result *result)
{
	return finish_file(call, ACALL_FILE_SYNC, NULL, 0, result);
}

ACALL_PUBLIC int acall_begin_copy(acall_t *call, int source, int target,
				  const struct acall_file_copy *args,
				  const struct acall_options *options)
{
	static const struct acall_file_copy all = {
		.reflink = ACALL_FILE_REFLINK_AUTO,
	};
	const int files[] = { source, target };

	return begin_file(call, ACALL_FILE_COPY, args ? args : &all,
			  sizeof(*args), files, 2, options);
}

ACALL_PUBLIC int acall_finish_copy(acall_t *call, struct acall_result *result)
{
	return finish_file(call, ACALL_FILE_COPY, NULL, 0, result);
}

ACALL_PUBLIC int acall_begin_hash(acall_t *call, int file,
				  const struct acall_file_hash *args,
				  const struct acall_options *options)
{
	static const struct acall_file_hash all = {
		.algorithm = "sha256",
	};

	return begin_file(call, ACALL_FILE_HASH, args ? args : &all,
			  sizeof(*args), &file, 1, options);
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
				      const struct acall_options *options)
{
	static const struct acall_file_allocate all = {
		.mode = ACALL_FILE_ALLOCATE_PLAIN,
	};

	return begin_file(call, ACALL_FILE_ALLOCATE, args ? args : &all,
			  sizeof(*args), &file, 1, options);
}

ACALL_PUBLIC int acall_finish_allocate(acall_t *call,
				       struct acall_result *result)
{
	return finish_file(call, ACALL_FILE_ALLOCATE, NULL, 0, result);
}

ACALL_PUBLIC int acall_begin_dedupe(acall_t *call, int source, int target,
				    const struct acall_file_dedupe *args,
				    const struct acall_options *options)
{
	static const struct acall_file_dedupe all;
	const int files[] = { source, target };

	return begin_file(call, ACALL_FILE_DEDUPE, args ? args : &all,
			  sizeof(*args), files, 2, options);
}

ACALL_PUBLIC int acall_finish_dedupe(acall_t *call,
				     struct acall_result *result)
{
	return finish_file(call, ACALL_FILE_DEDUPE, NULL, 0, result);
}

/* Of all that is lost on a whole device there is no default. */
ACALL_PUBLIC int acall_begin_discard(acall_t *call, int device,
				     const struct acall_file_discard *args,
				     const struct acall_options *options)
{
	if (!args)
		return -EINVAL;
	return begin_file(call, ACALL_FILE_DISCARD, args, sizeof(*args),
			  &device, 1, options);
}

ACALL_PUBLIC int acall_finish_discard(acall_t *call,
				      struct acall_result *result)
{
	return finish_file(call, ACALL_FILE_DISCARD, NULL, 0, result);
}

ACALL_PUBLIC int acall_begin_advise(acall_t *call, int file,
				    const struct acall_file_advise *args,
				    const struct acall_options *options)
{
	static const struct acall_file_advise all = {
		.advice = ACALL_FILE_ADVISE_WILLNEED,
	};

	return begin_file(call, ACALL_FILE_ADVISE, args ? args : &all,
			  sizeof(*args), &file, 1, options);
}

ACALL_PUBLIC int acall_finish_advise(acall_t *call,
				     struct acall_result *result)
{
	return finish_file(call, ACALL_FILE_ADVISE, NULL, 0, result);
}

ACALL_PUBLIC int acall_begin_trim(acall_t *call, int file,
				  const struct acall_file_trim *args,
				  const struct acall_options *options)
{
	static const struct acall_file_trim all;

	return begin_file(call, ACALL_FILE_TRIM, args ? args : &all,
			  sizeof(*args), &file, 1, options);
}

ACALL_PUBLIC int acall_finish_trim(acall_t *call,
				   struct acall_file_trim_out *out,
				   struct acall_result *result)
{
	if (!out)
		return -EINVAL;
	return finish_file(call, ACALL_FILE_TRIM, out, sizeof(*out), result);
}
