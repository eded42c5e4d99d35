// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall allocate: gives a range of a file its blocks, zeroes it, or punches it
 * out, as fallocate(1) does.
 */
#include "cli.h"
#include <fcntl.h>
#include <unistd.h>

static const char help[] =
"Usage: acall allocate [OPTION]... [-o OFFSET] [-l LENGTH] FILE\n"
"Allocate the blocks of a range of FILE, which is created if --length is given.\n"
"\n"
"  -o, --offset=OFFSET  where the range begins (default: 0)\n"
"  -l, --length=LENGTH  how long it is (default: to the end of the file)\n"
"  --zero               let the range read as zeroes\n"
"  --punch              make a hole of it; the size stays\n"
"  -k, --keep-size      do not let the file grow\n"
COMMON_HELP
"\n"
"Sizes: 4096, 64K, 2M, 1G, 1T (powers of 1024; KB, MB ... powers of 1000).\n";

enum { OPT_ZERO = OPT_VERB, OPT_PUNCH };

static void set_mode(struct acall_file_allocate *args, uint32_t mode)
{
	if (args->mode != ACALL_FILE_ALLOCATE_PLAIN && args->mode != mode)
		usage_error("--zero and --punch exclude each other");
	args->mode = mode;
}

static void parse(int argc, char **argv, struct acall_file_allocate *args)
{
	static const struct option longs[] = {
		{ "offset", required_argument, NULL, 'o' },
		{ "length", required_argument, NULL, 'l' },
		{ "keep-size", no_argument, NULL, 'k' },
		{ "zero", no_argument, NULL, OPT_ZERO },
		{ "punch", no_argument, NULL, OPT_PUNCH },
		{ 0 }
	};
	int c;

	while ((c = next_option(argc, argv, "o:l:k", longs, help)) != -1) {
		switch (c) {
		case 'o':
			args->offset = size_argument("--offset", optarg);
			break;
		case 'l':
			args->length = size_argument("--length", optarg);
			/* In the ABI 0 means to the end of the file. */
			if (!args->length)
				usage_error("--length: a range has at least one byte");
			break;
		case 'k':
			args->flags |= ACALL_FILE_ALLOCATE_KEEP_SIZE;
			break;
		case OPT_ZERO:
			set_mode(args, ACALL_FILE_ALLOCATE_ZERO);
			break;
		case OPT_PUNCH:
			set_mode(args, ACALL_FILE_ALLOCATE_PUNCH);
			break;
		}
	}
	if (argc - optind != 1)
		usage_error("allocate takes one file, here are %d",
			    argc - optind);
}

static int run(acall_t *call, int fd, const char *name,
	       const struct acall_file_allocate *args)
{
	static const char * const done[] = { "allocated", "zeroed", "punched" };
	const struct verdict v = {
		.what = shell_word(name),
		.done = done[args->mode],
		.unit = ACALL_UNIT_BYTES,
	};
	struct job job = {
		.call = call,
		.title = name,
		.unit = v.unit,
	};
	struct acall_result result;
	struct jobs one;
	struct json j;
	int err;

	signals_hold();
	err = acall_begin_allocate(call, fd, args, begin_options());
	if (err) {
		signals_release();
		return call_error(v.what, call, ACALL_OP_BEGIN, err);
	}
	job_run(&job, &one);
	err = job_left(&job, &result) ? 0 :
	      acall_finish_allocate(call, &result);
	if (err)
		return call_error(v.what, call, ACALL_OP_FINISH, err);
	if (options.json) {
		json_open(&j);
		json_string(&j, "file", name);
		json_number(&j, "offset", args->offset);
		verdict_json(&j, &job, v.unit, &result);
		json_close(&j);
	}
	verdict_say(&v, &job, &result);
	signals_release();
	return result_exit(&job, &result);
}

int verb_allocate(int argc, char **argv)
{
	struct acall_file_allocate args = { 0 };
	int code, fd, flags = O_RDWR;
	struct stat st;
	acall_t *call;

	parse(argc, argv, &args);
	code = open_object(ACALL_FILE_INTERFACE, &call);
	if (code)
		return code;
	if (args.length && args.mode != ACALL_FILE_ALLOCATE_PUNCH)
		flags |= O_CREAT;
	fd = open_argument(argv[optind], flags, &st);
	code = fd < 0 ? EXIT_FAILED : run(call, fd, argv[optind], &args);
	acall_destroy(call);
	return exit_worse(code, flush_output());
}
