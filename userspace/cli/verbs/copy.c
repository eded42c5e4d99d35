// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall copy: one file to another.
 *
 * Opens both, checks what would destroy data (a file onto itself, a gap before
 * the place to continue from), truncates the target of a fresh copy, begins. A
 * copy that ended short leaves exactly its progress in the target (file.md), so
 * the command that continues it is printed with the verdict.
 */
#include "cli.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
"Usage: acall copy [OPTION]... SRC DST\n"
"Copy the file SRC to the file DST, which is created or overwritten.\n"
"\n"
"  --resume=N      keep DST and go on at byte N of both files\n"
"  --reflink=WHEN  auto: share the data if the file system can (default);\n"
"                  always: share or fail; never: write every byte anew\n"
"  --sparse        holes stay holes\n"
"  --sync          DST is on the disk when the copy has succeeded\n"
COMMON_HELP
"\n"
"Ctrl-C stops it in the middle and prints the command that continues.\n";

enum { OPT_RESUME = OPT_VERB, OPT_REFLINK, OPT_SPARSE, OPT_SYNC };

struct copy {
	const char *from;
	const char *to;
	bool resume;
	struct acall_file_copy args;
	int source;
	int target;
	uint64_t source_size;
	uint64_t target_size;
};

static const char * const reflink_names[] = { "auto", "always", "never" };

static uint32_t reflink_argument(const char *text)
{
	uint32_t i;

	for (i = 0; i < 3; i++) {
		if (!strcmp(text, reflink_names[i]))
			return i;
	}
	usage_error("--reflink: %s is none of auto, always, never",
		    shell_word(text));
}

static void parse(int argc, char **argv, struct copy *copy)
{
	static const struct option longs[] = {
		{ "resume", required_argument, NULL, OPT_RESUME },
		{ "reflink", required_argument, NULL, OPT_REFLINK },
		{ "sparse", no_argument, NULL, OPT_SPARSE },
		{ "sync", no_argument, NULL, OPT_SYNC },
		{ 0 }
	};
	uint64_t n;
	int c;

	while ((c = next_option(argc, argv, "", longs, help)) != -1) {
		switch (c) {
		case OPT_RESUME:
			n = size_argument("--resume", optarg);
			copy->args.src_offset = n;
			copy->args.dst_offset = n;
			copy->resume = true;
			break;
		case OPT_REFLINK:
			copy->args.reflink = reflink_argument(optarg);
			break;
		case OPT_SPARSE:
			copy->args.flags |= ACALL_FILE_COPY_SPARSE;
			break;
		case OPT_SYNC:
			copy->args.flags |= ACALL_FILE_COPY_SYNC;
			break;
		}
	}
	if (argc - optind != 2)
		usage_error("copy takes SRC and DST, here are %d names",
			    argc - optind);
	copy->from = argv[optind];
	copy->to = argv[optind + 1];
}

static int refuse(const char *name, const char *why)
{
	say_error(EXIT_FAILED, "%s %s", shell_word(name), why);
	return EXIT_FAILED;
}

static int open_source(struct copy *copy, struct stat *st)
{
	off_t size;

	copy->source = open_argument(copy->from, O_RDONLY, st);
	if (copy->source < 0)
		return EXIT_FAILED;
	if (S_ISDIR(st->st_mode))
		return refuse(copy->from,
			      "is a directory: acall copy copies one file");
	if (!S_ISREG(st->st_mode) && !S_ISBLK(st->st_mode))
		return refuse(copy->from,
			      "is neither a regular file nor a block device");
	/* st_size of a block device is 0. */
	size = lseek(copy->source, 0, SEEK_END);
	copy->source_size = size > 0 ? (uint64_t)size : 0;
	return EXIT_OK;
}

static int open_target(struct copy *copy, const struct stat *source)
{
	struct stat st;
	int flags = O_WRONLY | (copy->resume ? 0 : O_CREAT);

	/* open() would say EISDIR, or create what ends in a slash. */
	if (!stat(copy->to, &st) && S_ISDIR(st.st_mode))
		return refuse(copy->to,
			      "is a directory: give the name of the new file (copying into a directory is not there yet)");
	copy->target = open_argument(copy->to, flags, &st);
	if (copy->target < 0)
		return EXIT_FAILED;
	if (st.st_dev == source->st_dev && st.st_ino == source->st_ino) {
		say_error(EXIT_FAILED,
			  "%s and %s are the same file: nothing was copied",
			  shell_word(copy->from), shell_word(copy->to));
		return EXIT_FAILED;
	}
	if (!S_ISREG(st.st_mode))
		return refuse(copy->to, "is not a regular file");
	copy->target_size = (uint64_t)st.st_size;
	return EXIT_OK;
}

/*
 * Where to go on: within the source, and behind nothing that is missing in the
 * target. The target may be shorter by what is a hole in the source.
 */
static int check_resume(const struct copy *copy)
{
	uint64_t at = copy->args.src_offset;
	off_t data;

	if (at > copy->source_size) {
		say_error(EXIT_FAILED,
			  "%s has only %llu bytes: nothing to continue at byte %llu",
			  shell_word(copy->from),
			  (unsigned long long)copy->source_size,
			  (unsigned long long)at);
		return EXIT_FAILED;
	}
	if (at <= copy->target_size)
		return EXIT_OK;
	data = lseek(copy->source, (off_t)copy->target_size, SEEK_DATA);
	if ((data < 0 && errno == ENXIO) || (data >= 0 && (uint64_t)data >= at))
		return EXIT_OK;
	say_error(EXIT_FAILED,
		  "%s has only %llu bytes: going on at byte %llu would leave a gap",
		  shell_word(copy->to), (unsigned long long)copy->target_size,
		  (unsigned long long)at);
	return EXIT_FAILED;
}

static int open_files(struct copy *copy)
{
	struct stat source;
	int code;

	code = open_source(copy, &source);
	if (!code)
		code = open_target(copy, &source);
	if (!code && copy->resume)
		code = check_resume(copy);
	if (!code && !copy->resume && copy->target_size &&
	    ftruncate(copy->target, 0)) {
		say_error(EXIT_FAILED, "%s: %s", shell_word(copy->to),
			  strerror(errno));
		code = EXIT_FAILED;
	}
	return code;
}

static char *continuation(const struct copy *copy, uint64_t at)
{
	char *from = shell_path(copy->from), *to = shell_path(copy->to);
	char *command;

	command = xprintf("acall copy --resume=%llu%s%s%s%s %s %s",
			  (unsigned long long)at,
			  copy->args.reflink ? " --reflink=" : "",
			  copy->args.reflink ?
				reflink_names[copy->args.reflink] : "",
			  copy->args.flags & ACALL_FILE_COPY_SPARSE ?
				" --sparse" : "",
			  copy->args.flags & ACALL_FILE_COPY_SYNC ?
				" --sync" : "",
			  from, to);
	free(from);
	free(to);
	return command;
}

static void report(const struct copy *copy, const struct job *job,
		   const struct acall_result *r, const char *what)
{
	uint64_t at = copy->args.src_offset + r->progress;
	struct verdict v = {
		.what = what,
		.done = "copied",
		.unit = ACALL_UNIT_BYTES,
		.go_on = continuation(copy, at),
	};
	struct json j;

	if (options.json) {
		json_open(&j);
		json_string(&j, "source", copy->from);
		json_string(&j, "target", copy->to);
		verdict_json(&j, job, v.unit, r);
		if (result_exit(job, r) && r->progress &&
		    r->outcome != ACALL_OUTCOME_ABANDONED)
			json_number(&j, "resume", at);
		json_close(&j);
	}
	verdict_say(&v, job, r);
	if (copy->resume && result_exit(job, r) == EXIT_OK &&
	    copy->target_size > copy->source_size)
		say("%s is longer than %s: what is behind byte %llu was left as it was",
		    shell_word(copy->to), shell_word(copy->from),
		    (unsigned long long)copy->source_size);
	free(v.go_on);
}

static int run(struct copy *copy, acall_t *call, const char *what)
{
	struct job job = {
		.call = call,
		.title = copy->to,
		.unit = ACALL_UNIT_BYTES,
	};
	struct acall_result result;
	struct jobs one;
	int err;

	signals_hold();
	err = acall_begin_copy(call, copy->source, copy->target, &copy->args,
			       begin_options());
	if (err) {
		signals_release();
		return call_error(what, call, ACALL_OP_BEGIN, err);
	}
	job_run(&job, &one);
	err = job_left(&job, &result) ? 0 : acall_finish_copy(call, &result);
	if (err)
		return call_error(what, call, ACALL_OP_FINISH, err);
	report(copy, &job, &result, what);
	signals_release();
	return result_exit(&job, &result);
}

int verb_copy(int argc, char **argv)
{
	struct copy copy = { .source = -1, .target = -1 };
	char *what;
	acall_t *call;
	int code;

	parse(argc, argv, &copy);
	/* First, so that without the module no target is created. */
	code = open_object(ACALL_FILE_INTERFACE, &call);
	if (code)
		return code;
	code = open_files(&copy);
	what = xprintf("%s to %s", shell_word(copy.from), shell_word(copy.to));
	if (!code)
		code = run(&copy, call, what);
	acall_destroy(call);
	return exit_worse(code, flush_output());
}
