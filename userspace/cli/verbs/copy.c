// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall copy: files to a file or into a directory.
 *
 * One object, one call after the other. What fails is reported and the next file
 * begun; what is cancelled by Ctrl-C ends the whole. A copy that ended short
 * leaves exactly its progress in the target (file.md), so the command that
 * continues it is printed with the verdict, and one for those that were not begun.
 */
#include "cli.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
"Usage: acall copy [OPTION]... SRC DST\n"
"  or:  acall copy [OPTION]... SRC... DIRECTORY\n"
"Copy SRC to the file DST, which is created or overwritten, or into a directory.\n"
"\n"
"  -c, --continue    go on at the end of DST, if it is the beginning of SRC\n"
"  -f, --force       remove a DST that may not be written, and make it anew\n"
"  -n, --no-clobber  leave a DST that exists as it is, which is no failure\n"
"  --resume=N        keep DST, whatever it holds, and go on at byte N of both\n"
"  --reflink=WHEN    auto: share the data if the file system can (default);\n"
"                    always: share or fail; never: write every byte anew\n"
"  --sparse          holes stay holes\n"
"  --sync            all of DST is on the disk when the copy has succeeded\n"
COMMON_HELP
"\n"
"A new DST has the permissions of SRC less the umask, any other keeps its own.\n"
"Ctrl-C stops it in the middle and prints the command that continues.\n"
"--timeout counts for each file. What fails does not stop the rest; exit 1 then.\n";

enum { OPT_RESUME = OPT_VERB, OPT_REFLINK, OPT_SPARSE, OPT_SYNC };

struct copy {
	enum copy_existing existing;
	struct acall_file_copy args;	/* of each file */
	char **from;
	int nr;
	const char *to;
	bool into;			/* that directory */
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

static void set_existing(struct copy *copy, enum copy_existing to)
{
	if (copy->existing != COPY_REPLACE && copy->existing != to)
		usage_error("--continue, --force, --no-clobber and --resume exclude each other");
	copy->existing = to;
}

static void parse(int argc, char **argv, struct copy *copy)
{
	static const struct option longs[] = {
		{ "continue", no_argument, NULL, 'c' },
		{ "force", no_argument, NULL, 'f' },
		{ "no-clobber", no_argument, NULL, 'n' },
		{ "resume", required_argument, NULL, OPT_RESUME },
		{ "reflink", required_argument, NULL, OPT_REFLINK },
		{ "sparse", no_argument, NULL, OPT_SPARSE },
		{ "sync", no_argument, NULL, OPT_SYNC },
		{ 0 }
	};
	int c;

	while ((c = next_option(argc, argv, "cfn", longs, help)) != -1) {
		switch (c) {
		case 'c':
			set_existing(copy, COPY_CONTINUE);
			break;
		case 'f':
			set_existing(copy, COPY_FORCE);
			break;
		case 'n':
			set_existing(copy, COPY_LEAVE);
			break;
		case OPT_RESUME:
			set_existing(copy, COPY_RESUME);
			copy->args.src_offset = size_argument("--resume",
							      optarg);
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
	copy->nr = argc - optind - 1;
	if (copy->nr < 1)
		usage_error("copy takes SRC and DST, here are %d names",
			    argc - optind);
	if (copy->nr > 1 && copy->existing == COPY_RESUME)
		usage_error("--resume is for one SRC; for several there is --continue");
	copy->from = argv + optind;
	copy->to = argv[argc - 1];
}

/* The command that does the rest: of one file, or all files from one on. */
static void print_command(FILE *out, const struct copy *copy,
			  const char *existing, char *const *from, int nr,
			  const char *to)
{
	const struct acall_file_copy *args = &copy->args;
	char *word;
	int i;

	fprintf(out, "acall copy%s", existing);
	if (args->reflink)
		fprintf(out, " --reflink=%s", reflink_names[args->reflink]);
	if (args->flags & ACALL_FILE_COPY_SPARSE)
		fputs(" --sparse", out);
	if (args->flags & ACALL_FILE_COPY_SYNC)
		fputs(" --sync", out);
	for (i = 0; i <= nr; i++) {
		word = shell_path(i < nr ? from[i] : to);
		fprintf(out, " %s", word);
		free(word);
	}
}

/* What exists of the target by now is ours: --force and the like are over. */
static char *continuation(const struct copy *copy, const struct copy_files *f,
			  uint64_t at)
{
	char *resume = xprintf(" --resume=%llu", (unsigned long long)at);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out) {
		print_command(out, copy, resume, &f->from, 1, f->to);
		fclose(out);
	}
	free(resume);
	return text;
}

static void open_json(struct json *j, const char *from, const char *to)
{
	json_open(j);
	json_string(j, "source", from);
	json_string(j, "target", to);
}

static void report(const struct copy *copy, const struct copy_files *f,
		   const struct job *job, const struct acall_result *r,
		   const char *what)
{
	struct verdict v = {
		.what = what,
		.which = copy->nr > 1 ? what : NULL,
		.done = "copied",
		.unit = ACALL_UNIT_BYTES,
		.go_on = continuation(copy, f, f->at + r->progress),
	};
	int code = result_exit(job, r);
	struct json j;

	if (options.json) {
		open_json(&j, f->from, f->to);
		if (f->at)
			json_number(&j, "offset", f->at);
		verdict_json(&j, job, v.unit, r);
		if (code && r->progress &&
		    r->outcome != ACALL_OUTCOME_ABANDONED)
			json_number(&j, "resume", f->at + r->progress);
		json_close(&j);
	}
	verdict_say(&v, job, r);
	if (copy->existing == COPY_RESUME && !code &&
	    f->target_size > f->source_size)
		say("%s is longer than %s: what is behind byte %llu was left as it was",
		    shell_word(f->to), shell_word(f->from),
		    (unsigned long long)f->source_size);
	free(v.go_on);
}

/*
 * What BEGIN refuses, such as a source on /proc, it refuses for a copy of nothing
 * too: before what there is in the target is lost.
 */
static int empty_target(const struct copy *copy, struct copy_files *f,
			acall_t *call, const char *what)
{
	struct acall_file_copy nothing = copy->args;
	struct acall_result result;
	int err;

	nothing.src_offset = f->source_size;
	nothing.flags &= ~(uint32_t)ACALL_FILE_COPY_SYNC;
	err = acall_begin_copy(call, f->source, f->target, &nothing, NULL);
	if (err)
		return call_error(what, call, ACALL_OP_BEGIN, err);
	err = acall_finish_copy(call, &result);
	if (!err)
		err = result.status;
	return err ? call_error(what, call, ACALL_OP_FINISH, err) :
		     copy_empty(f);
}

static int prepare(const struct copy *copy, struct copy_files *f, acall_t *call,
		   const char *what, bool *stop)
{
	switch (copy->existing) {
	case COPY_REPLACE:
	case COPY_FORCE:
		return f->target_size ? empty_target(copy, f, call, what) :
					EXIT_OK;
	case COPY_CONTINUE:
		f->at = f->target_size;
		return copy_compare(call, f, stop);
	default:
		return EXIT_OK;
	}
}

static int run(const struct copy *copy, struct copy_files *f, acall_t *call,
	       const char *what, bool *stop)
{
	struct acall_file_copy args = copy->args;
	struct job job = {
		.call = call,
		.title = f->to,
		.unit = ACALL_UNIT_BYTES,
	};
	struct acall_result result;
	struct jobs one;
	int err, code, late = EXIT_OK;

	args.src_offset = f->at;
	args.dst_offset = f->at;
	signals_hold();
	err = acall_begin_copy(call, f->source, f->target, &args,
			       begin_options());
	if (err) {
		*stop = signals_release();
		return call_error(what, call, ACALL_OP_BEGIN, err);
	}
	job_run(&job, &one);
	err = job_left(&job, &result) ? 0 : acall_finish_copy(call, &result);
	if (err) {
		code = call_error(what, call, ACALL_OP_FINISH, err);
	} else {
		code = result_exit(&job, &result);
		if (!code)
			late = copy_complete(f);
		if (!late)
			report(copy, f, &job, &result, what);
	}
	*stop = signals_release() || one.interrupted;
	return late ? late : code;
}

static void left_alone(const struct copy_files *f)
{
	struct json j;

	if (options.json) {
		open_json(&j, f->from, f->to);
		json_signed(&j, "exit", EXIT_OK);
		json_bool(&j, "skipped", true);
		json_close(&j);
	}
	say("%s exists and was left as it is", shell_word(f->to));
}

static int copy_file(const struct copy *copy, char *from, acall_t *call,
		     bool *stop)
{
	char *to = copy->into ? copy_target(copy->to, from) : xstrdup(copy->to);
	struct copy_files f = {
		.from = from,
		.to = to,
		.at = copy->args.src_offset,
	};
	char *what = xprintf("%s to %s", shell_word(from), shell_word(to));
	int code = copy_open(&f, copy->existing);

	if (!code && f.target < 0) {
		left_alone(&f);
	} else if (!code) {
		code = prepare(copy, &f, call, what, stop);
		if (!code)
			code = run(copy, &f, call, what, stop);
	}
	close_files(code);
	free(what);
	free(to);
	return code;
}

/* Those behind the one that Ctrl-C has ended. */
static void not_begun(const struct copy *copy, int first)
{
	static const char * const existing[] = {
		[COPY_REPLACE] = "",
		[COPY_FORCE] = " --force",
		[COPY_LEAVE] = " --no-clobber",
		[COPY_CONTINUE] = " --continue",
	};
	struct json j;
	char *to;
	int i;

	for (i = first; options.json && i < copy->nr; i++) {
		to = copy_target(copy->to, copy->from[i]);
		open_json(&j, copy->from[i], to);
		json_string(&j, "error", "not begun");
		json_signed(&j, "exit", EXIT_INTERRUPTED);
		json_close(&j);
		free(to);
	}
	if (options.json)
		return;
	fprintf(stderr, "%snot begun:%s %d of %d files; continue with: ",
		colour(YELLOW), colour(PLAIN), copy->nr - first, copy->nr);
	print_command(stderr, copy, existing[copy->existing],
		      copy->from + first, copy->nr - first, copy->to);
	fputc('\n', stderr);
}

/* One file may go into a directory, several have to. */
static int find_directory(struct copy *copy)
{
	size_t len = strlen(copy->to);
	struct stat st;
	int fd = open_name(copy->to, O_PATH | O_DIRECTORY, 0, &st);

	copy->into = fd >= 0;
	if (copy->into) {
		close_file(fd);
		return EXIT_OK;
	}
	if (file_timed_out(fd))
		return open_error(copy->to, fd);
	if (copy->nr == 1 && (!len || copy->to[len - 1] != '/'))
		return EXIT_OK;
	say_error(EXIT_FAILED, "%s: %s; here it has to be a directory",
		  shell_word(copy->to), strerror(-fd));
	return EXIT_FAILED;
}

int verb_copy(int argc, char **argv)
{
	struct copy copy = { 0 };
	bool stop = false;
	acall_t *call;
	int code, i;

	parse(argc, argv, &copy);
	/* First, so that without the module no target is created. */
	code = open_object(ACALL_FILE_INTERFACE, &call);
	if (code)
		return code;
	code = find_directory(&copy);
	if (!code) {
		for (i = 0; i < copy.nr && !stop; i++)
			code = exit_worse(code, copy_file(&copy, copy.from[i],
							  call, &stop));
		if (i < copy.nr) {
			code = exit_worse(code, EXIT_INTERRUPTED);
			not_begun(&copy, i);
		}
	}
	acall_destroy(call);
	return exit_worse(code, flush_output());
}
