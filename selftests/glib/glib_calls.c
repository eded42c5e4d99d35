// SPDX-License-Identifier: GPL-2.0-only
/*
 * libacall-glib, with GLib's own test framework: calls in a main loop end there, a
 * GCancellable cancels them in the kernel, and whatever becomes of a call, its result
 * is there. Where there is no /dev/acall it is skipped; the tests that need to know
 * what a method does just now want /dev/acall_test too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/acall_test.h>
#include <libacall_glib.h>

#define MIB	(1024 * 1024)
#define FILE_MIB 8

static int ctl = -1;

/* What a test waits for: an asynchronous function's end. */
struct wanted {
	GMainLoop *loop;
	GAsyncResult *async_result;
	struct acall_result result;
	GError *error;
	GCancellable *cancellable;
	guint told;
	goffset last;
	goffset total;
};

static void wanted_begin(struct wanted *wanted)
{
	*wanted = (struct wanted) { .loop = g_main_loop_new(NULL, FALSE) };
	/* It is filled whatever happens. */
	memset(&wanted->result, 0xa5, sizeof(wanted->result));
}

static void ended(GObject *object, GAsyncResult *async_result, gpointer data)
{
	struct wanted *wanted = data;

	g_assert_null(object);
	g_assert_null(wanted->async_result);
	wanted->async_result = g_object_ref(async_result);
	g_main_loop_quit(wanted->loop);
}

static void progress(goffset current, goffset total, gpointer data)
{
	struct wanted *wanted = data;

	g_assert_cmpint(current, >=, wanted->last);
	wanted->told++;
	wanted->last = current;
	wanted->total = total;
}

static void wanted_end(struct wanted *wanted)
{
	g_clear_error(&wanted->error);
	g_clear_object(&wanted->async_result);
	g_main_loop_unref(wanted->loop);
}

/* The test interface. */

static void control(__u32 op, __u64 id, __u64 value)
{
	struct acall_test_control args = { .op = op, .id = id, .value = value };

	g_assert_cmpint(ioctl(ctl, ACALL_TEST_IOC_CONTROL, &args), ==, 0);
}

static __u64 fresh_id(void)
{
	static __u64 n;

	return (__u64)getpid() << 32 | ++n;
}

static bool no_fixture(void)
{
	if (ctl < 0)
		g_test_skip("no /dev/acall_test");
	return ctl < 0;
}

/* Begins @method at @id and waits until it runs. */
static void begin(struct wanted *wanted, guint32 method, __u64 id,
		  GCancellable *cancellable)
{
	struct acall_test_arg arg = { .id = id };
	GBytes *in = g_bytes_new(&arg, sizeof(arg));

	acall_glib_call_async("test", method, in, NULL, 0, NULL,
			      G_PRIORITY_DEFAULT, cancellable, NULL, NULL, ended,
			      wanted);
	g_bytes_unref(in);
	control(ACALL_TEST_OP_WAIT_STARTS, id, 1);
}

static GBytes *finish(struct wanted *wanted)
{
	g_main_loop_run(wanted->loop);
	return acall_glib_call_finish(wanted->async_result, NULL,
				      &wanted->result, &wanted->error);
}

/* Files. */

static int make_file(char *path, guint mib)
{
	g_autofree char *block = g_malloc(MIB);
	int fd, i;

	strcpy(path, "/tmp/acall-glib-XXXXXX");
	fd = g_mkstemp(path);
	g_assert_cmpint(fd, >=, 0);
	for (i = 0; i < (int)mib; i++) {
		memset(block, 'a' + i, MIB);
		g_assert_cmpint(write(fd, block, MIB), ==, MIB);
	}
	return fd;
}

static void copy_and_hash(void)
{
	struct wanted wanted;
	char source[32], target[32];
	int from = make_file(source, FILE_MIB), to = make_file(target, 0);
	g_autofree char *contents = NULL, *sum = NULL;
	gsize length, i;
	GBytes *digest;
	GString *hex;

	wanted_begin(&wanted);
	acall_glib_copy_async(from, to, NULL, NULL, G_PRIORITY_DEFAULT, NULL,
			      progress, &wanted, ended, &wanted);
	/* Referenced since the begin. */
	close(from);
	close(to);
	g_main_loop_run(wanted.loop);
	g_assert_true(acall_glib_copy_finish(wanted.async_result,
					     &wanted.result, &wanted.error));
	g_assert_no_error(wanted.error);
	g_assert_cmpuint(wanted.result.progress, ==, FILE_MIB * MIB);
	g_assert_cmpuint(wanted.result.outcome, ==, ACALL_OUTCOME_COMPLETED);
	g_assert_cmpuint(wanted.told, >=, 1);
	g_assert_cmpint(wanted.last, ==, FILE_MIB * MIB);
	wanted_end(&wanted);

	wanted_begin(&wanted);
	to = open(target, O_RDONLY | O_CLOEXEC);
	acall_glib_hash_async(to, NULL, NULL, G_PRIORITY_DEFAULT, NULL, NULL,
			      NULL, ended, &wanted);
	g_main_loop_run(wanted.loop);
	digest = acall_glib_hash_finish(wanted.async_result, &wanted.result,
					&wanted.error);
	g_assert_no_error(wanted.error);
	g_assert_true(g_file_get_contents(source, &contents, &length, NULL));
	sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256,
					  (guchar *)contents, length);
	hex = g_string_new(NULL);
	for (i = 0; i < g_bytes_get_size(digest); i++)
		g_string_append_printf(hex, "%02x",
				       ((const guint8 *)
					g_bytes_get_data(digest, NULL))[i]);
	g_assert_cmpstr(hex->str, ==, sum);
	g_string_free(hex, TRUE);
	g_bytes_unref(digest);
	wanted_end(&wanted);
	close(to);
	unlink(source);
	unlink(target);
}

static void other_methods(void)
{
	const struct acall_file_allocate allocate = { .length = MIB };
	const struct acall_file_sync sync = { .scope = ACALL_FILE_SYNC_FILE };
	struct acall_file_statfs_out usage;
	struct acall_file_stat_out attributes;
	struct wanted wanted;
	char path[32];
	int fd = make_file(path, 0);

	wanted_begin(&wanted);
	acall_glib_allocate_async(fd, &allocate, NULL, G_PRIORITY_DEFAULT,
				  NULL, NULL, NULL, ended, &wanted);
	g_main_loop_run(wanted.loop);
	g_assert_true(acall_glib_allocate_finish(wanted.async_result, NULL,
						 &wanted.error));
	g_assert_cmpint(lseek(fd, 0, SEEK_END), ==, MIB);
	wanted_end(&wanted);

	wanted_begin(&wanted);
	acall_glib_sync_async(fd, &sync, NULL, G_PRIORITY_DEFAULT, NULL, NULL,
			      NULL, ended, &wanted);
	g_main_loop_run(wanted.loop);
	g_assert_true(acall_glib_sync_finish(wanted.async_result,
					     &wanted.result, &wanted.error));
	/* One function's result is not another one's. */
	g_test_expect_message("acall", G_LOG_LEVEL_CRITICAL, "*is_tagged*");
	g_assert_false(acall_glib_copy_finish(wanted.async_result, NULL, NULL));
	g_test_assert_expected_messages();
	wanted_end(&wanted);

	wanted_begin(&wanted);
	acall_glib_advise_async(fd, NULL, NULL, G_PRIORITY_DEFAULT, NULL, NULL,
				NULL, ended, &wanted);
	g_main_loop_run(wanted.loop);
	g_assert_true(acall_glib_advise_finish(wanted.async_result, NULL,
					       &wanted.error));
	wanted_end(&wanted);

	wanted_begin(&wanted);
	acall_glib_statfs_async("/tmp", NULL, G_PRIORITY_DEFAULT, NULL, ended,
				&wanted);
	g_main_loop_run(wanted.loop);
	g_assert_true(acall_glib_statfs_finish(wanted.async_result, &usage,
					       NULL, &wanted.error));
	g_assert_cmpuint(usage.bsize, >, 0);
	wanted_end(&wanted);

	wanted_begin(&wanted);
	acall_glib_stat_async("/", NULL, G_PRIORITY_DEFAULT, NULL, ended,
			      &wanted);
	g_main_loop_run(wanted.loop);
	g_assert_true(acall_glib_stat_finish(wanted.async_result, &attributes,
					     NULL, &wanted.error));
	g_assert_true(S_ISDIR(attributes.mode));
	wanted_end(&wanted);
	close(fd);
	unlink(path);
}

/* What BEGIN refuses is an error with its errno, and no call. */
static void refused(void)
{
	const struct acall_file_discard discard = { 0 };
	const struct acall_file_dedupe dedupe = { 0 };
	struct acall_file_trim_out trimmed;
	struct wanted wanted;
	char path[32];
	int fd = make_file(path, 0);

	wanted_begin(&wanted);
	acall_glib_discard_async(fd, &discard, NULL, G_PRIORITY_DEFAULT, NULL,
				 NULL, NULL, ended, &wanted);
	/* The callback never runs inside of the function. */
	g_assert_null(wanted.async_result);
	g_main_loop_run(wanted.loop);
	g_assert_false(acall_glib_discard_finish(wanted.async_result,
						 &wanted.result,
						 &wanted.error));
	g_assert_error(wanted.error, ACALL_GLIB_ERROR, EINVAL);
	g_assert_cmpuint(wanted.result.call_id, ==, 0);
	g_assert_cmpuint(wanted.result.outcome, ==, ACALL_OUTCOME_NONE);
	wanted_end(&wanted);

	wanted_begin(&wanted);
	acall_glib_dedupe_async(fd, -1, &dedupe, NULL, G_PRIORITY_DEFAULT, NULL,
				NULL, NULL, ended, &wanted);
	g_main_loop_run(wanted.loop);
	g_assert_false(acall_glib_dedupe_finish(wanted.async_result, NULL,
						&wanted.error));
	g_assert_error(wanted.error, ACALL_GLIB_ERROR, EBADF);
	wanted_end(&wanted);

	wanted_begin(&wanted);
	acall_glib_trim_async(-1, NULL, NULL, G_PRIORITY_DEFAULT, NULL, NULL,
			      NULL, ended, &wanted);
	g_main_loop_run(wanted.loop);
	g_assert_false(acall_glib_trim_finish(wanted.async_result, &trimmed,
					      NULL, &wanted.error));
	g_assert_error(wanted.error, ACALL_GLIB_ERROR, EBADF);
	wanted_end(&wanted);

	wanted_begin(&wanted);
	acall_glib_call_async("no-such-thing", 0, NULL, NULL, 0, NULL,
			      G_PRIORITY_DEFAULT, NULL, NULL, NULL, ended,
			      &wanted);
	g_assert_null(finish(&wanted));
	g_assert_error(wanted.error, ACALL_GLIB_ERROR, ENOENT);
	wanted_end(&wanted);
	close(fd);
	unlink(path);
}

static void cancelled_before_it_began(void)
{
	GCancellable *cancellable = g_cancellable_new();
	struct wanted wanted;
	char path[32];
	int fd = make_file(path, 1);

	wanted_begin(&wanted);
	g_cancellable_cancel(cancellable);
	acall_glib_hash_async(fd, NULL, NULL, G_PRIORITY_DEFAULT, cancellable,
			      NULL, NULL, ended, &wanted);
	g_main_loop_run(wanted.loop);
	g_assert_null(acall_glib_hash_finish(wanted.async_result,
					     &wanted.result, &wanted.error));
	g_assert_error(wanted.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
	g_assert_cmpuint(wanted.result.outcome, ==,
			 ACALL_OUTCOME_NEVER_STARTED);
	wanted_end(&wanted);
	g_object_unref(cancellable);
	close(fd);
	unlink(path);
}

static void progress_cancels(goffset current, goffset total, gpointer data)
{
	struct wanted *wanted = data;

	progress(current, total, data);
	if (current)
		g_cancellable_cancel(wanted->cancellable);
}

/* One that would take for hours is stopped where it says. */
static void cancelled_while_it_runs(void)
{
	struct wanted wanted;
	char path[32];
	int fd = make_file(path, 0);

	g_assert_cmpint(ftruncate(fd, 1LL << 39), ==, 0);
	wanted_begin(&wanted);
	wanted.cancellable = g_cancellable_new();
	acall_glib_hash_async(fd, NULL, NULL, G_PRIORITY_DEFAULT,
			      wanted.cancellable, progress_cancels, &wanted,
			      ended, &wanted);
	g_main_loop_run(wanted.loop);
	g_assert_null(acall_glib_hash_finish(wanted.async_result,
					     &wanted.result, &wanted.error));
	g_assert_error(wanted.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
	g_assert_cmpuint(wanted.result.outcome, ==, ACALL_OUTCOME_STOPPED);
	g_assert_cmpint(wanted.result.progress, ==, wanted.last);
	g_assert_cmpuint(wanted.result.progress, <, 1LL << 39);
	g_object_unref(wanted.cancellable);
	wanted_end(&wanted);
	close(fd);
	unlink(path);
}

/* Before the main loop runs at all, and so not by it. */
static void cancelled_at_once(void)
{
	GCancellable *cancellable = g_cancellable_new();
	struct wanted wanted;
	__u64 id = fresh_id();

	if (no_fixture())
		return;
	wanted_begin(&wanted);
	begin(&wanted, ACALL_TEST_COOP, id, cancellable);
	g_cancellable_cancel(cancellable);
	control(ACALL_TEST_OP_WAIT_SEEN, id, 1);
	g_assert_null(finish(&wanted));
	g_assert_error(wanted.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
	g_assert_cmpuint(wanted.result.outcome, ==, ACALL_OUTCOME_STOPPED);
	g_assert_cmpint(wanted.result.status, ==, -ECANCELED);
	wanted_end(&wanted);
	g_object_unref(cancellable);
}

static gpointer cancel_it(gpointer data)
{
	g_cancellable_cancel(data);
	return NULL;
}

/* Destroys the call, while somebody else cancels it or has. */
static gboolean call_destroyed(acall_t *call, gpointer data)
{
	struct wanted *wanted = data;

	g_assert_cmpint(acall_finish(call, NULL, 0, &wanted->result), ==, 0);
	acall_destroy(call);
	g_main_loop_quit(wanted->loop);
	return G_SOURCE_REMOVE;
}

/* A result that came in time is no error, however much it was cancelled. */
static void cancelled_too_late(void)
{
	GCancellable *cancellable = g_cancellable_new();
	struct wanted wanted;
	__u64 id = fresh_id();
	GBytes *out;

	if (no_fixture())
		return;
	wanted_begin(&wanted);
	begin(&wanted, ACALL_TEST_LATE, id, cancellable);
	g_thread_join(g_thread_new("cancel", cancel_it, cancellable));
	control(ACALL_TEST_OP_WAIT_SEEN, id, 1);
	control(ACALL_TEST_OP_OPEN, id, 0);
	out = finish(&wanted);
	g_assert_no_error(wanted.error);
	g_assert_cmpuint(wanted.result.outcome, ==, ACALL_OUTCOME_COMPLETED);
	g_assert_cmpuint(wanted.result.cancel_ns, !=, 0);
	g_bytes_unref(out);
	wanted_end(&wanted);
	g_object_unref(cancellable);
}

/* One that cancels many, each of which is asked. */
static void one_cancels_all(void)
{
	GCancellable *cancellable = g_cancellable_new();
	struct wanted wanted[8];
	guint i;

	if (no_fixture())
		return;
	for (i = 0; i < G_N_ELEMENTS(wanted); i++) {
		wanted_begin(&wanted[i]);
		begin(&wanted[i], ACALL_TEST_COOP, fresh_id(), cancellable);
	}
	g_cancellable_cancel(cancellable);
	for (i = 0; i < G_N_ELEMENTS(wanted); i++) {
		while (!wanted[i].async_result)
			g_main_context_iteration(NULL, TRUE);
		g_assert_null(acall_glib_call_finish(wanted[i].async_result,
						     NULL, &wanted[i].result,
						     &wanted[i].error));
		g_assert_error(wanted[i].error, G_IO_ERROR,
			       G_IO_ERROR_CANCELLED);
		wanted_end(&wanted[i]);
	}
	g_object_unref(cancellable);
}

static void errors_are_the_method_s(void)
{
	const struct acall_options past = { .deadline = 1 };
	struct wanted wanted;
	__s32 code = -ECANCELED;
	GBytes *in = g_bytes_new(&code, sizeof(code));

	if (no_fixture()) {
		g_bytes_unref(in);
		return;
	}
	/* Its own word: nobody has cancelled it. */
	wanted_begin(&wanted);
	acall_glib_call_async("test", ACALL_TEST_FAIL, in, NULL, 0, NULL,
			      G_PRIORITY_DEFAULT, NULL, NULL, NULL, ended,
			      &wanted);
	g_bytes_unref(in);
	g_assert_null(finish(&wanted));
	g_assert_error(wanted.error, ACALL_GLIB_ERROR, ECANCELED);
	g_assert_cmpuint(wanted.result.outcome, ==, ACALL_OUTCOME_COMPLETED);
	wanted_end(&wanted);

	wanted_begin(&wanted);
	acall_glib_call_async("test", ACALL_TEST_SLEEP, NULL, NULL, 0, &past,
			      G_PRIORITY_DEFAULT, NULL, NULL, NULL, ended,
			      &wanted);
	g_assert_null(finish(&wanted));
	g_assert_error(wanted.error, ACALL_GLIB_ERROR, ETIME);
	g_assert_cmpuint(wanted.result.outcome, ==,
			 ACALL_OUTCOME_NEVER_STARTED);
	wanted_end(&wanted);
}

static void long_output_and_files(void)
{
	struct acall_test_custom arg = { .id = fresh_id(), .files = 3,
					 .out_len = 8 };
	GUnixFDList *files = NULL;
	char text[3000];
	struct wanted wanted;
	GBytes *in, *out;

	if (no_fixture())
		return;
	memset(text, 'x', sizeof(text));
	in = g_bytes_new(text, sizeof(text));
	wanted_begin(&wanted);
	acall_glib_call_async("test", ACALL_TEST_ECHO, in, NULL, 0, NULL,
			      G_PRIORITY_DEFAULT, NULL, NULL, NULL, ended,
			      &wanted);
	out = finish(&wanted);
	g_assert_no_error(wanted.error);
	g_assert_true(g_bytes_equal(in, out));
	g_bytes_unref(in);
	g_bytes_unref(out);
	wanted_end(&wanted);

	wanted_begin(&wanted);
	in = g_bytes_new(&arg, sizeof(arg));
	acall_glib_call_async("test", ACALL_TEST_FILES, in, NULL, 0, NULL,
			      G_PRIORITY_DEFAULT, NULL, NULL, NULL, ended,
			      &wanted);
	g_bytes_unref(in);
	control(ACALL_TEST_OP_OPEN, arg.id, 0);
	g_main_loop_run(wanted.loop);
	out = acall_glib_call_finish(wanted.async_result, &files,
				     &wanted.result, &wanted.error);
	g_assert_no_error(wanted.error);
	g_assert_cmpint(g_unix_fd_list_get_length(files), ==, 3);
	g_assert_cmpuint(wanted.result.nr_files, ==, 3);
	g_object_unref(files);
	g_bytes_unref(out);
	wanted_end(&wanted);
}

/* The source alone, for a call that was begun with libacall. */
static gboolean call_ready(acall_t *call, gpointer data)
{
	struct wanted *wanted = data;

	g_assert_cmpint(acall_finish(call, NULL, 0, &wanted->result), ==, 0);
	g_main_loop_quit(wanted->loop);
	return G_SOURCE_REMOVE;
}

static void source(void)
{
	GCancellable *cancellable = g_cancellable_new();
	struct acall_test_arg arg = { .id = fresh_id() };
	struct wanted wanted;
	GSource *source;
	acall_t *call;

	if (no_fixture())
		return;
	wanted_begin(&wanted);
	g_assert_cmpint(acall_create("test", 0, 0, &call), ==, 0);
	g_assert_cmpint(acall_begin(call, ACALL_TEST_COOP, &arg, sizeof(arg),
				    NULL, 0, NULL), ==, 0);
	control(ACALL_TEST_OP_WAIT_STARTS, arg.id, 1);
	source = acall_glib_source_new(call, cancellable, ACALL_FOREVER);
	g_source_set_callback(source, G_SOURCE_FUNC(call_ready), &wanted, NULL);
	g_source_attach(source, NULL);
	g_cancellable_cancel(cancellable);
	g_main_loop_run(wanted.loop);
	g_assert_cmpuint(wanted.result.outcome, ==, ACALL_OUTCOME_STOPPED);
	g_source_unref(source);

	/* It is of that call: the next one is not cancelled, nor by who is late. */
	g_cancellable_reset(cancellable);
	arg.id = fresh_id();
	g_assert_cmpint(acall_begin(call, ACALL_TEST_GATE, &arg, sizeof(arg),
				    NULL, 0, NULL), ==, 0);
	source = acall_glib_source_new(call, cancellable, ACALL_FOREVER);
	control(ACALL_TEST_OP_OPEN, arg.id, 0);
	g_assert_cmpint(acall_finish(call, NULL, 0, NULL), ==, 0);
	arg.id = fresh_id();
	g_assert_cmpint(acall_begin(call, ACALL_TEST_GATE, &arg, sizeof(arg),
				    NULL, 0, NULL), ==, 0);
	g_cancellable_cancel(cancellable);
	control(ACALL_TEST_OP_OPEN, arg.id, 0);
	g_assert_cmpint(acall_finish(call, NULL, 0, &wanted.result), ==, 0);
	g_assert_cmpuint(wanted.result.outcome, ==, ACALL_OUTCOME_COMPLETED);
	g_assert_cmpuint(wanted.result.cancel_ns, ==, 0);
	g_source_destroy(source);
	g_source_unref(source);
	acall_destroy(call);
	wanted_end(&wanted);
	g_object_unref(cancellable);
}

/*
 * A GCancellable in another thread races with the call's end and its object's: all
 * that may happen is that it was cancelled or that it was not.
 */
static void cancel_races_with_the_source(void)
{
	int i;

	if (no_fixture())
		return;
	for (i = 0; i < 100; i++) {
		GCancellable *cancellable = g_cancellable_new();
		GThread *thread;
		struct wanted wanted;
		GSource *source;
		acall_t *call;

		wanted_begin(&wanted);
		g_assert_cmpint(acall_create("test", 0, 0, &call), ==, 0);
		g_assert_cmpint(acall_begin(call, ACALL_TEST_NOP, NULL, 0, NULL,
					    0, NULL), ==, 0);
		source = acall_glib_source_new(call, cancellable, 0);
		g_source_set_callback(source, G_SOURCE_FUNC(call_destroyed),
				      &wanted, NULL);
		g_source_attach(source, NULL);
		g_source_unref(source);
		thread = g_thread_new("cancel", cancel_it, cancellable);
		g_main_loop_run(wanted.loop);
		g_assert_true(wanted.result.status == -ECANCELED ||
			      wanted.result.outcome ==
			      ACALL_OUTCOME_COMPLETED);
		g_thread_join(thread);
		wanted_end(&wanted);
		g_object_unref(cancellable);
	}
}

static void cancel_races_with_the_end(void)
{
	guint64 both[2] = { 0 };
	int i;

	if (no_fixture())
		return;
	for (i = 0; i < 100; i++) {
		GCancellable *cancellable = g_cancellable_new();
		GThread *thread;
		struct wanted wanted;
		GBytes *out;

		wanted_begin(&wanted);
		thread = g_thread_new("cancel", cancel_it, cancellable);
		acall_glib_call_async("test", ACALL_TEST_NOP, NULL, NULL, 0,
				      NULL, G_PRIORITY_DEFAULT, cancellable,
				      NULL, NULL, ended, &wanted);
		out = finish(&wanted);
		if (!out)
			g_assert_error(wanted.error, G_IO_ERROR,
				       G_IO_ERROR_CANCELLED);
		g_assert_true(!out ==
			      (wanted.result.outcome !=
			       ACALL_OUTCOME_COMPLETED));
		both[!out]++;
		g_clear_pointer(&out, g_bytes_unref);
		wanted_end(&wanted);
		g_thread_join(thread);
		g_object_unref(cancellable);
	}
	g_assert_cmpuint(both[0] + both[1], ==, 100);
}

int main(int argc, char **argv)
{
	g_autofree char **args = g_new0(char *, argc + 2);
	g_autofree char *tap = g_strdup("--tap");
	int nr = argc + 1;

	memcpy(args, argv, sizeof(*args) * argc);
	args[argc] = tap;
	if (access("/dev/acall", F_OK) &&
	    g_strcmp0(getenv("ACALL_ENGINE"), "threads")) {
		puts("TAP version 13\n1..0 # SKIP no /dev/acall");
		return 4;
	}
	ctl = open("/dev/acall_test", O_RDWR | O_CLOEXEC);
	g_test_init(&nr, &args, NULL);
	g_test_add_func("/copy_and_hash", copy_and_hash);
	g_test_add_func("/other_methods", other_methods);
	g_test_add_func("/refused", refused);
	g_test_add_func("/cancelled_before_it_began",
			cancelled_before_it_began);
	g_test_add_func("/cancelled_while_it_runs", cancelled_while_it_runs);
	g_test_add_func("/cancelled_at_once", cancelled_at_once);
	g_test_add_func("/cancelled_too_late", cancelled_too_late);
	g_test_add_func("/one_cancels_all", one_cancels_all);
	g_test_add_func("/errors_are_the_method_s", errors_are_the_method_s);
	g_test_add_func("/long_output_and_files", long_output_and_files);
	g_test_add_func("/source", source);
	g_test_add_func("/cancel_races_with_the_source",
			cancel_races_with_the_source);
	g_test_add_func("/cancel_races_with_the_end",
			cancel_races_with_the_end);
	return g_test_run();
}
