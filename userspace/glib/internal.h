/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the rooms of libacall-glib share and nobody else sees.
 */
#ifndef LIBACALL_GLIB_INTERNAL_H
#define LIBACALL_GLIB_INTERNAL_H

#include <libacall_glib.h>

#define GLIB_PUBLIC __attribute__((visibility("default")))

/**
 * struct acall_glib_watch - what every asynchronous function is given at its end
 * @io_priority: of the sources
 * @cancellable: cancels the call, or NULL
 * @progress: is told how far it is, or NULL
 * @progress_data: for @progress
 * @callback: when it has ended
 * @user_data: for @callback
 * @tag: the function itself: whose result it is
 */
struct acall_glib_watch {
	int io_priority;
	GCancellable *cancellable;
	GFileProgressCallback progress;
	gpointer progress_data;
	GAsyncReadyCallback callback;
	gpointer user_data;
	gpointer tag;
};

GTask *acall_glib_task_new(const struct acall_glib_watch *watch,
			   const char *interface, acall_t **call);
void acall_glib_task_begun(GTask *task, int ret);
gboolean acall_glib_task_finish(GAsyncResult *async_result, gpointer tag,
				struct acall_result *result, GError **error);
GBytes *acall_glib_task_bytes(GAsyncResult *async_result, gpointer tag,
			      struct acall_result *result, GError **error);
GUnixFDList *acall_glib_task_files(GAsyncResult *async_result);
void acall_glib_set_refused(GError **error, const acall_t *call,
			    enum acall_op op, int ret);

#endif /* LIBACALL_GLIB_INTERNAL_H */
