// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The pairs of asynchronous functions: of any method, and of the interface "file".
 * Each begins its call here and leaves the rest to task.c.
 */
#include <string.h>
#include "internal.h"

/* A pair's first function tags the results that its second one takes. */
#define TAG(function)	((gpointer)(guintptr)(function))

#define WATCH(function)							\
	{								\
		.io_priority = io_priority,				\
		.cancellable = cancellable,				\
		.progress = progress,					\
		.progress_data = progress_data,				\
		.callback = callback,					\
		.user_data = user_data,					\
		.tag = TAG(function),					\
	}

GLIB_PUBLIC void
acall_glib_call_async(const char *interface, guint32 method, GBytes *in,
		      const int *files, guint nr_files,
		      const struct acall_options *options, int io_priority,
		      GCancellable *cancellable, GFileProgressCallback progress,
		      gpointer progress_data, GAsyncReadyCallback callback,
		      gpointer user_data)
{
	const struct acall_glib_watch watch = WATCH(acall_glib_call_async);
	acall_t *call;
	GTask *task = acall_glib_task_new(&watch, interface, &call);
	gsize len = 0;
	const void *data = in ? g_bytes_get_data(in, &len) : NULL;
	int ret;

	if (!task)
		return;
	ret = acall_begin(call, method, data, len, files, nr_files, options);
	acall_glib_task_begun(task, ret);
}

GLIB_PUBLIC GBytes *acall_glib_call_finish(GAsyncResult *async_result,
					   GUnixFDList **files,
					   struct acall_result *result,
					   GError **error)
{
	GBytes *bytes = acall_glib_task_bytes(async_result,
					      TAG(acall_glib_call_async),
					      result, error);

	if (files)
		*files = bytes ? acall_glib_task_files(async_result) : NULL;
	return bytes;
}

/* What a shorter output leaves out is zero, as in the ABI. */
static gboolean finish_out(GAsyncResult *async_result, gpointer tag, void *out,
			   gsize size, struct acall_result *result,
			   GError **error)
{
	GBytes *bytes = acall_glib_task_bytes(async_result, tag, result, error);
	const void *data;
	gsize len;

	if (!bytes)
		return FALSE;
	data = g_bytes_get_data(bytes, &len);
	memset(out, 0, size);
	memcpy(out, data, MIN(len, size));
	g_bytes_unref(bytes);
	return TRUE;
}

GLIB_PUBLIC void
acall_glib_copy_async(int source, int target,
		      const struct acall_file_copy *args,
		      const struct acall_options *options, int io_priority,
		      GCancellable *cancellable, GFileProgressCallback progress,
		      gpointer progress_data, GAsyncReadyCallback callback,
		      gpointer user_data)
{
	const struct acall_glib_watch watch = WATCH(acall_glib_copy_async);
	acall_t *call;
	GTask *task = acall_glib_task_new(&watch, ACALL_FILE_INTERFACE, &call);
	int ret;

	if (!task)
		return;
	ret = acall_begin_copy(call, source, target, args, options);
	acall_glib_task_begun(task, ret);
}

GLIB_PUBLIC gboolean acall_glib_copy_finish(GAsyncResult *async_result,
					    struct acall_result *result,
					    GError **error)
{
	return acall_glib_task_finish(async_result,
				      TAG(acall_glib_copy_async), result,
				      error);
}

GLIB_PUBLIC void
acall_glib_dedupe_async(int source, int target,
			const struct acall_file_dedupe *args,
			const struct acall_options *options, int io_priority,
			GCancellable *cancellable,
			GFileProgressCallback progress, gpointer progress_data,
			GAsyncReadyCallback callback, gpointer user_data)
{
	const struct acall_glib_watch watch = WATCH(acall_glib_dedupe_async);
	acall_t *call;
	GTask *task = acall_glib_task_new(&watch, ACALL_FILE_INTERFACE, &call);
	int ret;

	if (!task)
		return;
	ret = acall_begin_dedupe(call, source, target, args, options);
	acall_glib_task_begun(task, ret);
}

GLIB_PUBLIC gboolean acall_glib_dedupe_finish(GAsyncResult *async_result,
					      struct acall_result *result,
					      GError **error)
{
	return acall_glib_task_finish(async_result,
				      TAG(acall_glib_dedupe_async), result,
				      error);
}

GLIB_PUBLIC void
acall_glib_hash_async(int file, const struct acall_file_hash *args,
		      const struct acall_options *options, int io_priority,
		      GCancellable *cancellable, GFileProgressCallback progress,
		      gpointer progress_data, GAsyncReadyCallback callback,
		      gpointer user_data)
{
	const struct acall_glib_watch watch = WATCH(acall_glib_hash_async);
	acall_t *call;
	GTask *task = acall_glib_task_new(&watch, ACALL_FILE_INTERFACE, &call);
	int ret;

	if (!task)
		return;
	ret = acall_begin_hash(call, file, args, options);
	acall_glib_task_begun(task, ret);
}

GLIB_PUBLIC GBytes *acall_glib_hash_finish(GAsyncResult *async_result,
					   struct acall_result *result,
					   GError **error)
{
	return acall_glib_task_bytes(async_result, TAG(acall_glib_hash_async),
				     result, error);
}

GLIB_PUBLIC void
acall_glib_allocate_async(int file, const struct acall_file_allocate *args,
			  const struct acall_options *options, int io_priority,
			  GCancellable *cancellable,
			  GFileProgressCallback progress,
			  gpointer progress_data, GAsyncReadyCallback callback,
			  gpointer user_data)
{
	const struct acall_glib_watch watch = WATCH(acall_glib_allocate_async);
	acall_t *call;
	GTask *task = acall_glib_task_new(&watch, ACALL_FILE_INTERFACE, &call);
	int ret;

	if (!task)
		return;
	ret = acall_begin_allocate(call, file, args, options);
	acall_glib_task_begun(task, ret);
}

GLIB_PUBLIC gboolean acall_glib_allocate_finish(GAsyncResult *async_result,
						struct acall_result *result,
						GError **error)
{
	return acall_glib_task_finish(async_result,
				      TAG(acall_glib_allocate_async), result,
				      error);
}

GLIB_PUBLIC void
acall_glib_sync_async(int file, const struct acall_file_sync *args,
		      const struct acall_options *options, int io_priority,
		      GCancellable *cancellable, GFileProgressCallback progress,
		      gpointer progress_data, GAsyncReadyCallback callback,
		      gpointer user_data)
{
	const struct acall_glib_watch watch = WATCH(acall_glib_sync_async);
	acall_t *call;
	GTask *task = acall_glib_task_new(&watch, ACALL_FILE_INTERFACE, &call);
	int ret;

	if (!task)
		return;
	ret = acall_begin_sync(call, file, args, options);
	acall_glib_task_begun(task, ret);
}

GLIB_PUBLIC gboolean acall_glib_sync_finish(GAsyncResult *async_result,
					    struct acall_result *result,
					    GError **error)
{
	return acall_glib_task_finish(async_result,
				      TAG(acall_glib_sync_async), result,
				      error);
}

GLIB_PUBLIC void
acall_glib_discard_async(int device, const struct acall_file_discard *args,
			 const struct acall_options *options, int io_priority,
			 GCancellable *cancellable,
			 GFileProgressCallback progress, gpointer progress_data,
			 GAsyncReadyCallback callback, gpointer user_data)
{
	const struct acall_glib_watch watch = WATCH(acall_glib_discard_async);
	acall_t *call;
	GTask *task = acall_glib_task_new(&watch, ACALL_FILE_INTERFACE, &call);
	int ret;

	if (!task)
		return;
	ret = acall_begin_discard(call, device, args, options);
	acall_glib_task_begun(task, ret);
}

GLIB_PUBLIC gboolean acall_glib_discard_finish(GAsyncResult *async_result,
					       struct acall_result *result,
					       GError **error)
{
	return acall_glib_task_finish(async_result,
				      TAG(acall_glib_discard_async), result,
				      error);
}

GLIB_PUBLIC void
acall_glib_advise_async(int file, const struct acall_file_advise *args,
			const struct acall_options *options, int io_priority,
			GCancellable *cancellable,
			GFileProgressCallback progress, gpointer progress_data,
			GAsyncReadyCallback callback, gpointer user_data)
{
	const struct acall_glib_watch watch = WATCH(acall_glib_advise_async);
	acall_t *call;
	GTask *task = acall_glib_task_new(&watch, ACALL_FILE_INTERFACE, &call);
	int ret;

	if (!task)
		return;
	ret = acall_begin_advise(call, file, args, options);
	acall_glib_task_begun(task, ret);
}

GLIB_PUBLIC gboolean acall_glib_advise_finish(GAsyncResult *async_result,
					      struct acall_result *result,
					      GError **error)
{
	return acall_glib_task_finish(async_result,
				      TAG(acall_glib_advise_async), result,
				      error);
}

GLIB_PUBLIC void
acall_glib_trim_async(int file, const struct acall_file_trim *args,
		      const struct acall_options *options, int io_priority,
		      GCancellable *cancellable, GFileProgressCallback progress,
		      gpointer progress_data, GAsyncReadyCallback callback,
		      gpointer user_data)
{
	const struct acall_glib_watch watch = WATCH(acall_glib_trim_async);
	acall_t *call;
	GTask *task = acall_glib_task_new(&watch, ACALL_FILE_INTERFACE, &call);
	int ret;

	if (!task)
		return;
	ret = acall_begin_trim(call, file, args, options);
	acall_glib_task_begun(task, ret);
}

GLIB_PUBLIC gboolean acall_glib_trim_finish(GAsyncResult *async_result,
					    struct acall_file_trim_out *out,
					    struct acall_result *result,
					    GError **error)
{
	return finish_out(async_result, TAG(acall_glib_trim_async), out,
			  sizeof(*out), result, error);
}

GLIB_PUBLIC void
acall_glib_statfs_async(const char *path, const struct acall_options *options,
			int io_priority, GCancellable *cancellable,
			GAsyncReadyCallback callback, gpointer user_data)
{
	const struct acall_glib_watch watch = {
		.io_priority = io_priority,
		.cancellable = cancellable,
		.callback = callback,
		.user_data = user_data,
		.tag = TAG(acall_glib_statfs_async),
	};
	acall_t *call;
	GTask *task = acall_glib_task_new(&watch, ACALL_FILE_INTERFACE, &call);
	int ret;

	if (!task)
		return;
	ret = acall_begin_statfs(call, path, options);
	acall_glib_task_begun(task, ret);
}

GLIB_PUBLIC gboolean acall_glib_statfs_finish(GAsyncResult *async_result,
					      struct acall_file_statfs_out *out,
					      struct acall_result *result,
					      GError **error)
{
	return finish_out(async_result, TAG(acall_glib_statfs_async), out,
			  sizeof(*out), result, error);
}

GLIB_PUBLIC void
acall_glib_stat_async(const char *path, const struct acall_options *options,
		      int io_priority, GCancellable *cancellable,
		      GAsyncReadyCallback callback, gpointer user_data)
{
	const struct acall_glib_watch watch = {
		.io_priority = io_priority,
		.cancellable = cancellable,
		.callback = callback,
		.user_data = user_data,
		.tag = TAG(acall_glib_stat_async),
	};
	acall_t *call;
	GTask *task = acall_glib_task_new(&watch, ACALL_FILE_INTERFACE, &call);
	int ret;

	if (!task)
		return;
	ret = acall_begin_stat(call, path, options);
	acall_glib_task_begun(task, ret);
}

GLIB_PUBLIC gboolean acall_glib_stat_finish(GAsyncResult *async_result,
					    struct acall_file_stat_out *out,
					    struct acall_result *result,
					    GError **error)
{
	return finish_out(async_result, TAG(acall_glib_stat_async), out,
			  sizeof(*out), result, error);
}
