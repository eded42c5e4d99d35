// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A call as a GSource, and a GCancellable that cancels it.
 *
 * The race this is about: the GCancellable is cancelled in another thread while the
 * call ends here and its object is destroyed. g_cancellable_disconnect() waits for a
 * handler that runs, and the handler only makes one system call that never sleeps.
 * So both are parted before anybody is told that the call is ready, who may then
 * destroy it. A handler may be late: it names its call, and cancels no other [X11].
 */
#include <glib-unix.h>
#include "internal.h"

struct source {
	GSource source;
	acall_t *call;
	GCancellable *cancellable;
	gulong connection;
	gpointer tag;
};

struct target {
	acall_t *call;
	guint64 call_id;
	guint64 grace_ns;
};

static void cancel_target(GCancellable *cancellable, gpointer data)
{
	struct target *target = data;

	(void)cancellable;
	acall_cancel_async_id(target->call, target->call_id, target->grace_ns);
}

GLIB_PUBLIC gulong acall_glib_cancellable_connect(GCancellable *cancellable,
						  acall_t *call,
						  guint64 grace_ns)
{
	struct target *target = g_new0(struct target, 1);

	target->call = call;
	target->call_id = acall_id(call);
	target->grace_ns = grace_ns;
	return g_cancellable_connect(cancellable, G_CALLBACK(cancel_target),
				     target, g_free);
}

static gboolean source_ready(GSource *source)
{
	struct source *own = (struct source *)source;

	return g_source_query_unix_fd(source, own->tag) != 0;
}

static void part(struct source *own)
{
	g_cancellable_disconnect(own->cancellable, own->connection);
	own->connection = 0;
}

static gboolean source_dispatch(GSource *source, GSourceFunc callback,
				gpointer user_data)
{
	struct source *own = (struct source *)source;
	AcallGlibSourceFunc ready;

	part(own);
	if (!callback)
		return G_SOURCE_REMOVE;
	ready = (AcallGlibSourceFunc)(void (*)(void))callback;
	return ready(own->call, user_data);
}

static void source_finalize(GSource *source)
{
	struct source *own = (struct source *)source;

	part(own);
	g_clear_object(&own->cancellable);
}

GLIB_PUBLIC GSource *acall_glib_source_new(acall_t *call,
					   GCancellable *cancellable,
					   guint64 grace_ns)
{
	static GSourceFuncs funcs = {
		.check = source_ready,
		.dispatch = source_dispatch,
		.finalize = source_finalize,
	};
	GSource *source = g_source_new(&funcs, sizeof(struct source));
	struct source *own = (struct source *)source;

	g_source_set_static_name(source, "acall");
	own->call = call;
	own->tag = g_source_add_unix_fd(source, acall_fd(call),
					G_IO_IN | G_IO_HUP | G_IO_ERR);
	if (cancellable) {
		own->cancellable = g_object_ref(cancellable);
		own->connection =
			acall_glib_cancellable_connect(cancellable, call,
						       grace_ns);
	}
	return source;
}
