/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * libacall-glib: calls into the kernel in a GLib main loop.
 *
 * Each method of the interface "file" is a pair in the manner of GIO's asynchronous
 * functions, and acall_glib_call_async() is one for any method. They report to the
 * thread-default main context of where they were called, and hold no thread while
 * the call runs. Cancelling the GCancellable, from any thread, asks the kernel at
 * once, whatever the main loop does; the pair then ends when the call has stopped,
 * or its own grace is over: what was not cancelled in time has its result, and is no
 * error, although the GCancellable is cancelled.
 *
 * Errors. What was cancelled, and only that, is G_IO_ERROR_CANCELLED. All others are
 * of the domain ACALL_GLIB_ERROR, and their code is the positive errno: of the BEGIN
 * that was refused, or of the call's status. With an error as without one each
 * _finish() fills its struct acall_result: the outcome, the exact progress; all zero
 * if there was no call. NULL if you do not care.
 *
 * What is not here (a grace of one's own, waiting until what was abandoned has ended)
 * is in <libacall.h>; acall_glib_source_new() and acall_glib_cancellable_connect()
 * are for calls that were begun with that.
 */
#ifndef LIBACALL_GLIB_H
#define LIBACALL_GLIB_H

#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <libacall.h>

G_BEGIN_DECLS

#define ACALL_GLIB_ERROR	(acall_glib_error_quark())

/**
 * acall_glib_error_quark - the domain of errors
 *
 * Return: the GQuark; codes of it are positive errnos.
 */
GQuark acall_glib_error_quark(void);

/**
 * acall_glib_set_error - a call's end as a GError
 * @error: out: as in GLib; NULL is fine
 * @result: from any acall_finish()
 *
 * Return: TRUE if the call has ended with status 0, and then @error is untouched.
 */
gboolean acall_glib_set_error(GError **error, const struct acall_result *result);

/* For calls that were begun with libacall ---------------------------------- */

/**
 * typedef AcallGlibSourceFunc - what a source calls when its call is ready
 * @call: the object
 * @user_data: as given to g_source_set_callback()
 *
 * Return: G_SOURCE_REMOVE, or G_SOURCE_CONTINUE to be called again for the next.
 */
typedef gboolean (*AcallGlibSourceFunc)(acall_t *call, gpointer user_data);

/**
 * acall_glib_source_new - a source that is dispatched when a call is ready
 * @call: the object; must outlive the source, but its function may destroy it and
 *	return G_SOURCE_REMOVE
 * @cancellable: cancels the call that @call remembers now, until that is ready; or
 *	NULL
 * @grace_ns: as acall_cancel_async()
 *
 * Set an AcallGlibSourceFunc with G_SOURCE_FUNC(). It is also called when the
 * provider has gone, and no call is pending any more.
 *
 * Return: the source, to be attached and unreferenced.
 */
GSource *acall_glib_source_new(acall_t *call, GCancellable *cancellable,
			       guint64 grace_ns);

/**
 * acall_glib_cancellable_connect - let a GCancellable cancel a call
 * @cancellable: what cancels, in its own thread; if it is cancelled already, at once
 * @call: the object; must outlive the connection
 * @grace_ns: as acall_cancel_async()
 *
 * Means the call that @call remembers now, and never another one [X11]. A method that
 * refuses is not asked again.
 *
 * Return: for g_cancellable_disconnect(); 0 if it was cancelled already.
 */
gulong acall_glib_cancellable_connect(GCancellable *cancellable, acall_t *call,
				      guint64 grace_ns);

/* Calls of any method ------------------------------------------------------ */

/**
 * acall_glib_call_async - begin a call of any method
 * @interface: its interface
 * @method: as acall_begin()
 * @in: input bytes, or NULL
 * @files: as acall_begin(); may be closed as soon as this has returned
 * @nr_files: as acall_begin()
 * @options: as acall_begin()
 * @io_priority: of the sources, as in GIO
 * @cancellable: cancels the call; or NULL
 * @progress: is told how far it is, some ten times a second, and at the end; or NULL
 * @progress_data: for @progress
 * @callback: when it has ended
 * @user_data: for @callback
 *
 * Has an object of its own for the call.
 */
void acall_glib_call_async(const char *interface, guint32 method, GBytes *in,
			   const int *files, guint nr_files,
			   const struct acall_options *options,
			   int io_priority, GCancellable *cancellable,
			   GFileProgressCallback progress,
			   gpointer progress_data, GAsyncReadyCallback callback,
			   gpointer user_data);

/**
 * acall_glib_call_finish - take the result of a call of any method
 * @async_result: as given to the callback
 * @files: out: result files; NULL closes them
 * @result: out: what became of the call, also if it failed; may be NULL
 * @error: out: as in GLib
 *
 * Return: the output, to be unreferenced; NULL with @error set.
 */
GBytes *acall_glib_call_finish(GAsyncResult *async_result, GUnixFDList **files,
			       struct acall_result *result, GError **error);

/* The interface "file" ----------------------------------------------------- */

/**
 * acall_glib_copy_async - begin to copy a range of one file to another
 * @source: as acall_begin_copy()
 * @target: as acall_begin_copy()
 * @args: as acall_begin_copy()
 * @options: as acall_begin()
 * @io_priority: as acall_glib_call_async()
 * @cancellable: as acall_glib_call_async()
 * @progress: as acall_glib_call_async()
 * @progress_data: for @progress
 * @callback: when it has ended
 * @user_data: for @callback
 */
void acall_glib_copy_async(int source, int target,
			   const struct acall_file_copy *args,
			   const struct acall_options *options,
			   int io_priority, GCancellable *cancellable,
			   GFileProgressCallback progress,
			   gpointer progress_data, GAsyncReadyCallback callback,
			   gpointer user_data);

/**
 * acall_glib_copy_finish - learn how a copy ended
 * @async_result: as given to the callback
 * @result: out: as acall_finish_copy(), also if it failed; may be NULL
 * @error: out: as in GLib
 *
 * Return: TRUE if all was copied; else FALSE with @error set.
 */
gboolean acall_glib_copy_finish(GAsyncResult *async_result,
				struct acall_result *result, GError **error);

/**
 * acall_glib_dedupe_async - begin to share what two files have in common
 * @source: as acall_begin_dedupe()
 * @target: as acall_begin_dedupe()
 * @args: as acall_begin_dedupe()
 * @options: as acall_begin()
 * @io_priority: as acall_glib_call_async()
 * @cancellable: as acall_glib_call_async()
 * @progress: as acall_glib_call_async()
 * @progress_data: for @progress
 * @callback: when it has ended
 * @user_data: for @callback
 */
void acall_glib_dedupe_async(int source, int target,
			     const struct acall_file_dedupe *args,
			     const struct acall_options *options,
			     int io_priority, GCancellable *cancellable,
			     GFileProgressCallback progress,
			     gpointer progress_data,
			     GAsyncReadyCallback callback, gpointer user_data);

/**
 * acall_glib_dedupe_finish - learn what is shared
 * @async_result: as given to the callback
 * @result: out: as acall_finish_dedupe(), also if it failed; may be NULL
 * @error: out: as in GLib
 *
 * Return: TRUE if it is the same, and shared; else FALSE with @error set.
 */
gboolean acall_glib_dedupe_finish(GAsyncResult *async_result,
				  struct acall_result *result, GError **error);

/**
 * acall_glib_hash_async - begin to compute the digest of a range of a file
 * @file: as acall_begin_hash()
 * @args: as acall_begin_hash()
 * @options: as acall_begin()
 * @io_priority: as acall_glib_call_async()
 * @cancellable: as acall_glib_call_async()
 * @progress: as acall_glib_call_async()
 * @progress_data: for @progress
 * @callback: when it has ended
 * @user_data: for @callback
 */
void acall_glib_hash_async(int file, const struct acall_file_hash *args,
			   const struct acall_options *options,
			   int io_priority, GCancellable *cancellable,
			   GFileProgressCallback progress,
			   gpointer progress_data, GAsyncReadyCallback callback,
			   gpointer user_data);

/**
 * acall_glib_hash_finish - take the digest
 * @async_result: as given to the callback
 * @result: out: as acall_finish_hash(), also if it failed; may be NULL
 * @error: out: as in GLib
 *
 * Return: the digest, to be unreferenced; NULL with @error set.
 */
GBytes *acall_glib_hash_finish(GAsyncResult *async_result,
			       struct acall_result *result, GError **error);

/**
 * acall_glib_allocate_async - begin to allocate, zero or punch a range of a file
 * @file: as acall_begin_allocate()
 * @args: as acall_begin_allocate()
 * @options: as acall_begin()
 * @io_priority: as acall_glib_call_async()
 * @cancellable: as acall_glib_call_async()
 * @progress: as acall_glib_call_async()
 * @progress_data: for @progress
 * @callback: when it has ended
 * @user_data: for @callback
 */
void acall_glib_allocate_async(int file, const struct acall_file_allocate *args,
			       const struct acall_options *options,
			       int io_priority, GCancellable *cancellable,
			       GFileProgressCallback progress,
			       gpointer progress_data,
			       GAsyncReadyCallback callback,
			       gpointer user_data);

/**
 * acall_glib_allocate_finish - learn how far it got
 * @async_result: as given to the callback
 * @result: out: as acall_finish_allocate(), also if it failed; may be NULL
 * @error: out: as in GLib
 *
 * Return: TRUE if all was done; else FALSE with @error set.
 */
gboolean acall_glib_allocate_finish(GAsyncResult *async_result,
				    struct acall_result *result,
				    GError **error);

/**
 * acall_glib_sync_async - begin to write a file or file system back
 * @file: as acall_begin_sync()
 * @args: as acall_begin_sync()
 * @options: as acall_begin()
 * @io_priority: as acall_glib_call_async()
 * @cancellable: as acall_glib_call_async()
 * @progress: as acall_glib_call_async()
 * @progress_data: for @progress
 * @callback: when it has ended
 * @user_data: for @callback
 */
void acall_glib_sync_async(int file, const struct acall_file_sync *args,
			   const struct acall_options *options,
			   int io_priority, GCancellable *cancellable,
			   GFileProgressCallback progress,
			   gpointer progress_data, GAsyncReadyCallback callback,
			   gpointer user_data);

/**
 * acall_glib_sync_finish - learn how a sync ended
 * @async_result: as given to the callback
 * @result: out: as acall_finish_sync(), also if it failed; may be NULL
 * @error: out: as in GLib
 *
 * Return: TRUE if all that was asked for is written back; else FALSE with @error set.
 */
gboolean acall_glib_sync_finish(GAsyncResult *async_result,
				struct acall_result *result, GError **error);

/**
 * acall_glib_trim_async - begin to tell the device which blocks are free
 * @file: as acall_begin_trim()
 * @args: as acall_begin_trim()
 * @options: as acall_begin()
 * @io_priority: as acall_glib_call_async()
 * @cancellable: as acall_glib_call_async()
 * @progress: as acall_glib_call_async()
 * @progress_data: for @progress
 * @callback: when it has ended
 * @user_data: for @callback
 */
void acall_glib_trim_async(int file, const struct acall_file_trim *args,
			   const struct acall_options *options,
			   int io_priority, GCancellable *cancellable,
			   GFileProgressCallback progress,
			   gpointer progress_data, GAsyncReadyCallback callback,
			   gpointer user_data);

/**
 * acall_glib_trim_finish - learn what was trimmed
 * @async_result: as given to the callback
 * @out: out: filled if it returns TRUE
 * @result: out: as acall_finish_trim(), also if it failed; may be NULL
 * @error: out: as in GLib
 *
 * Return: TRUE if all was done; else FALSE with @error set.
 */
gboolean acall_glib_trim_finish(GAsyncResult *async_result,
				struct acall_file_trim_out *out,
				struct acall_result *result, GError **error);

/**
 * acall_glib_discard_async - begin to discard, erase or zero a range of a device
 * @device: as acall_begin_discard()
 * @args: as acall_begin_discard()
 * @options: as acall_begin()
 * @io_priority: as acall_glib_call_async()
 * @cancellable: as acall_glib_call_async()
 * @progress: as acall_glib_call_async()
 * @progress_data: for @progress
 * @callback: when it has ended
 * @user_data: for @callback
 */
void acall_glib_discard_async(int device,
			      const struct acall_file_discard *args,
			      const struct acall_options *options,
			      int io_priority, GCancellable *cancellable,
			      GFileProgressCallback progress,
			      gpointer progress_data,
			      GAsyncReadyCallback callback, gpointer user_data);

/**
 * acall_glib_discard_finish - learn how far it got
 * @async_result: as given to the callback
 * @result: out: as acall_finish_discard(), also if it failed; may be NULL
 * @error: out: as in GLib
 *
 * Return: TRUE if all was done; else FALSE with @error set.
 */
gboolean acall_glib_discard_finish(GAsyncResult *async_result,
				   struct acall_result *result, GError **error);

/**
 * acall_glib_advise_async - begin to read a range into the page cache, or to drop it
 * @file: as acall_begin_advise()
 * @args: as acall_begin_advise()
 * @options: as acall_begin()
 * @io_priority: as acall_glib_call_async()
 * @cancellable: as acall_glib_call_async()
 * @progress: as acall_glib_call_async()
 * @progress_data: for @progress
 * @callback: when it has ended
 * @user_data: for @callback
 */
void acall_glib_advise_async(int file, const struct acall_file_advise *args,
			     const struct acall_options *options,
			     int io_priority, GCancellable *cancellable,
			     GFileProgressCallback progress,
			     gpointer progress_data,
			     GAsyncReadyCallback callback, gpointer user_data);

/**
 * acall_glib_advise_finish - learn how far it got
 * @async_result: as given to the callback
 * @result: out: as acall_finish_advise(), also if it failed; may be NULL
 * @error: out: as in GLib
 *
 * Return: TRUE if all was done; else FALSE with @error set.
 */
gboolean acall_glib_advise_finish(GAsyncResult *async_result,
				  struct acall_result *result, GError **error);

/**
 * acall_glib_statfs_async - begin to ask for the usage of a file system
 * @path: as acall_begin_statfs()
 * @options: as acall_begin()
 * @io_priority: as acall_glib_call_async()
 * @cancellable: as acall_glib_call_async()
 * @callback: when it has ended
 * @user_data: for @callback
 */
void acall_glib_statfs_async(const char *path,
			     const struct acall_options *options,
			     int io_priority, GCancellable *cancellable,
			     GAsyncReadyCallback callback, gpointer user_data);

/**
 * acall_glib_statfs_finish - take the usage of a file system
 * @async_result: as given to the callback
 * @out: out: filled if it returns TRUE
 * @result: out: what became of the call, also if it failed; may be NULL
 * @error: out: as in GLib
 *
 * Return: TRUE, or FALSE with @error set.
 */
gboolean acall_glib_statfs_finish(GAsyncResult *async_result,
				  struct acall_file_statfs_out *out,
				  struct acall_result *result, GError **error);

/**
 * acall_glib_stat_async - begin to ask for the attributes of a mount point
 * @path: as acall_begin_stat()
 * @options: as acall_begin()
 * @io_priority: as acall_glib_call_async()
 * @cancellable: as acall_glib_call_async()
 * @callback: when it has ended
 * @user_data: for @callback
 */
void acall_glib_stat_async(const char *path,
			   const struct acall_options *options, int io_priority,
			   GCancellable *cancellable,
			   GAsyncReadyCallback callback, gpointer user_data);

/**
 * acall_glib_stat_finish - take the attributes of a mount point
 * @async_result: as given to the callback
 * @out: out: filled if it returns TRUE
 * @result: out: what became of the call, also if it failed; may be NULL
 * @error: out: as in GLib
 *
 * Return: TRUE, or FALSE with @error set.
 */
gboolean acall_glib_stat_finish(GAsyncResult *async_result,
				struct acall_file_stat_out *out,
				struct acall_result *result, GError **error);

G_END_DECLS

#endif /* LIBACALL_GLIB_H */
