// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A call as a GTask: begun by whoever made the task, finished here.
 *
 * Owns the call's object, from the task's making to its end. The task itself is held
 * by the source that waits for the call, and goes with it. GTask is told not to look
 * at the GCancellable: what was cancelled too late has its result, and what was
 * cancelled in time has its outcome; only finishing knows which [X6].
 */
#include <errno.h>
#include <unistd.h>
#include "internal.h"

/* How often somebody wants to know how far it is. */
#define TICK_MS		100
/* What is longer is asked for again; few outputs are. */
#define OUT_LEN		256

struct operation {
	acall_t *call;
	struct acall_glib_watch watch;
	struct acall_result result;
	GByteArray *out;
	GUnixFDList *files;
	GSource *tick;
};

static void end_tick(struct operation *operation)
{
	if (operation->tick)
		g_source_destroy(operation->tick);
	g_clear_pointer(&operation->tick, g_source_unref);
}

static void operation_free(gpointer data)
{
	struct operation *operation = data;

	end_tick(operation);
	acall_destroy(operation->call);
	g_clear_pointer(&operation->out, g_byte_array_unref);
	g_clear_object(&operation->files);
	g_free(operation);
}

static void return_refused(GTask *task, enum acall_op op, int ret)
{
	struct operation *operation = g_task_get_task_data(task);
	GError *error = NULL;

	acall_glib_set_refused(&error, operation->call, op, ret);
	g_task_return_error(task, error);
	g_object_unref(task);
}

/* NULL: it is over already, and its callback will say so. */
GTask *acall_glib_task_new(const struct acall_glib_watch *watch,
			   const char *interface, acall_t **call)
{
	struct operation *operation = g_new0(struct operation, 1);
	GTask *task = g_task_new(NULL, watch->cancellable, watch->callback,
				 watch->user_data);
	int ret;

	g_task_set_source_tag(task, watch->tag);
	g_task_set_priority(task, watch->io_priority);
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, operation, operation_free);
	operation->watch = *watch;
	if (g_cancellable_is_cancelled(watch->cancellable)) {
		operation->result.status = -ECANCELED;
		operation->result.outcome = ACALL_OUTCOME_NEVER_STARTED;
		g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_CANCELLED,
					"the call was cancelled before it began");
		g_object_unref(task);
		return NULL;
	}
	ret = acall_create(interface, 0, ACALL_CREATE_NONBLOCK,
			   &operation->call);
	*call = operation->call;
	if (!ret)
		return task;
	return_refused(task, ACALL_OP_CREATE, ret);
	return NULL;
}

static void add_files(struct operation *operation, const int *files,
		      unsigned int nr_files)
{
	if (nr_files)
		operation->files = g_unix_fd_list_new_from_array(files,
								 (int)nr_files);
}

/* The output is as long as it says itself, files have room for all there can be. */
static int take_result(struct operation *operation)
{
	struct acall_finish args;
	int files[ACALL_MAX_FILES];
	guint room = OUT_LEN;
	int ret;

	operation->out = g_byte_array_new();
	do {
		g_byte_array_set_size(operation->out, room);
		args = (struct acall_finish) {
			.size = sizeof(args),
			.call_id = acall_id(operation->call),
			.out = (uintptr_t)operation->out->data,
			.out_len = room,
			.files = (uintptr_t)files,
			.nr_files = ACALL_MAX_FILES,
		};
		ret = acall_finish_args(operation->call, &args);
		room = args.out_len;
	} while (ret == -EMSGSIZE);
	if (ret)
		return ret;
	g_byte_array_set_size(operation->out, args.status ? 0 : args.out_len);
	add_files(operation, files, args.nr_files);
	operation->result = (struct acall_result) {
		.call_id = args.call_id,
		.user_data = args.user_data,
		.status = args.status,
		.outcome = args.outcome,
		.flags = args.result,
		.method = args.method,
		.progress = args.progress,
		.total = args.total,
		.begin_ns = args.begin_ns,
		.start_ns = args.start_ns,
		.cancel_ns = args.cancel_ns,
		.end_ns = args.end_ns,
		.cpu_ns = args.cpu_ns,
		.out_len = args.out_len,
		.nr_files = args.nr_files,
	};
	return 0;
}

static void tell(struct operation *operation, guint64 progress, guint64 total)
{
	operation->watch.progress((goffset)progress, (goffset)total,
				  operation->watch.progress_data);
}

static gboolean tick(gpointer data)
{
	struct operation *operation = data;
	struct acall_query query;

	if (!acall_query(operation->call, 0, &query, sizeof(query)))
		tell(operation, query.progress, query.total);
	return G_SOURCE_CONTINUE;
}

static gboolean ready(acall_t *call, gpointer data)
{
	GTask *task = g_object_ref(data);
	struct operation *operation = g_task_get_task_data(task);
	GError *error = NULL;
	int ret = take_result(operation);

	(void)call;
	/* Nobody else has the object, but a module may be told to go. */
	if (ret == -EAGAIN) {
		g_object_unref(task);
		return G_SOURCE_CONTINUE;
	}
	end_tick(operation);
	if (ret) {
		return_refused(task, ACALL_OP_FINISH, ret);
		return G_SOURCE_REMOVE;
	}
	if (operation->watch.progress)
		tell(operation, operation->result.progress,
		     operation->result.total);
	if (acall_glib_set_error(&error, &operation->result))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
	g_object_unref(task);
	return G_SOURCE_REMOVE;
}

static void attach(GTask *task, GSource *source)
{
	g_source_set_priority(source, g_task_get_priority(task));
	g_source_attach(source, g_task_get_context(task));
}

/* @ret: of the BEGIN. Takes over the reference of @task. */
void acall_glib_task_begun(GTask *task, int ret)
{
	struct operation *operation = g_task_get_task_data(task);
	GSource *source;

	if (ret) {
		return_refused(task, ACALL_OP_BEGIN, ret);
		return;
	}
	if (operation->watch.progress) {
		operation->tick = g_timeout_source_new(TICK_MS);
		g_source_set_callback(operation->tick, tick, operation, NULL);
		attach(task, operation->tick);
	}
	source = acall_glib_source_new(operation->call,
				       operation->watch.cancellable,
				       ACALL_GRACE_DEFAULT);
	g_source_set_callback(source, G_SOURCE_FUNC(ready), task,
			      g_object_unref);
	attach(task, source);
	g_source_unref(source);
}

gboolean acall_glib_task_finish(GAsyncResult *async_result, gpointer tag,
				struct acall_result *result, GError **error)
{
	struct operation *operation;

	g_return_val_if_fail(g_task_is_valid(async_result, NULL), FALSE);
	g_return_val_if_fail(g_async_result_is_tagged(async_result, tag),
			     FALSE);
	operation = g_task_get_task_data(G_TASK(async_result));
	if (result)
		*result = operation->result;
	return g_task_propagate_boolean(G_TASK(async_result), error);
}

GBytes *acall_glib_task_bytes(GAsyncResult *async_result, gpointer tag,
			      struct acall_result *result, GError **error)
{
	struct operation *operation;

	if (!acall_glib_task_finish(async_result, tag, result, error))
		return NULL;
	operation = g_task_get_task_data(G_TASK(async_result));
	return g_byte_array_free_to_bytes(g_steal_pointer(&operation->out));
}

GUnixFDList *acall_glib_task_files(GAsyncResult *async_result)
{
	struct operation *operation =
		g_task_get_task_data(G_TASK(async_result));

	return g_steal_pointer(&operation->files);
}
