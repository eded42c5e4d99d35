// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall sync: writes files or whole file systems back, as sync(1) does, but can
 * be told to give up: then it says whether the write-back has stopped or goes
 * on behind its back.
 */
#include "cli.h"
#include <errno.h>
#include <fcntl.h>

static const char help[] =
"Usage: acall sync [OPTION]... PATH...\n"
"Write files back to their disks: data and attributes, as fsync(2).\n"
"\n"
"  -d, --data         only what is needed to read the data, as fdatasync(2)\n"
"  -f, --file-system  the whole file system that PATH is on, as syncfs(2)\n"
COMMON_HELP
"\n"
"--timeout counts for each PATH. The last step, a journal commit, cannot be\n"
"stopped: if it does not end within the grace it is left behind, and exit is 4.\n";

/* A file that may only be written can be synced too, as with sync(1). */
static int open_path(const char *name, struct stat *st)
{
	int fd = open_name(name, O_RDONLY, 0, st), writable;

	if (fd == -EACCES) {
		writable = open_name(name, O_WRONLY, 0, st);
		fd = writable < 0 && !file_timed_out(writable) ? fd : writable;
	}
	return fd < 0 ? -open_error(name, fd) : fd;
}

static void report(const char *name, const struct job *job,
		   const struct acall_result *r)
{
	const struct verdict v = {
		.what = shell_word(name),
		.which = shell_word(name),
		.done = "written back",
		.unit = job->unit,
	};
	struct json j;

	if (options.json) {
		json_open(&j);
		json_string(&j, "path", name);
		verdict_json(&j, job, v.unit, r);
		json_close(&j);
	}
	verdict_say(&v, job, r);
}

static int sync_path(acall_t *call, const char *name,
		     const struct acall_file_sync *args, bool *stop)
{
	struct job job = {
		.call = call,
		.title = name,
		.unit = ACALL_UNIT_BYTES,
	};
	struct acall_result result;
	struct jobs one;
	struct stat st;
	int fd, err, code;

	fd = open_path(name, &st);
	if (fd < 0)
		return -fd;
	signals_hold();
	err = acall_begin_sync(call, fd, args, begin_options());
	if (err) {
		*stop = signals_release();
		return call_error(shell_word(name), call, ACALL_OP_BEGIN, err);
	}
	job_run(&job, &one);
	err = job_left(&job, &result) ? 0 : acall_finish_sync(call, &result);
	if (err) {
		code = call_error(shell_word(name), call, ACALL_OP_FINISH, err);
	} else {
		report(name, &job, &result);
		code = result_exit(&job, &result);
	}
	*stop = signals_release() || one.interrupted;
	return code;
}

int verb_sync(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "data", no_argument, NULL, 'd' },
		{ "file-system", no_argument, NULL, 'f' },
		{ 0 }
	};
	struct acall_file_sync args = { .scope = ACALL_FILE_SYNC_FILE };
	int code, one, c, i;
	bool stop = false;
	acall_t *call;

	while ((c = next_option(argc, argv, "df", longs, help)) != -1) {
		uint32_t scope = c == 'd' ? ACALL_FILE_SYNC_DATA :
					    ACALL_FILE_SYNC_FILESYSTEM;

		if (args.scope != ACALL_FILE_SYNC_FILE && args.scope != scope)
			usage_error("--data and --file-system exclude each other");
		args.scope = scope;
	}
	if (optind == argc)
		usage_error("sync takes one or more paths");
	code = open_object(ACALL_FILE_INTERFACE, &call);
	if (code)
		return code;
	for (i = optind; i < argc && !stop; i++) {
		one = sync_path(call, argv[i], &args, &stop);
		close_files(one);
		code = exit_worse(code, one);
	}
	if (stop && i < argc)
		code = exit_worse(code, EXIT_INTERRUPTED);
	acall_destroy(call);
	return exit_worse(code, flush_output());
}
