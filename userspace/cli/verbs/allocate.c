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
		if (range_option(c, optarg, &args->offset, &args->length))
			continue;
		switch (c) {
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

struct allocation {
	struct acall_file_allocate args;
	const char *name;
	int fd;
};

static int begin(acall_t *call, void *data)
{
	const struct allocation *a = data;

	return acall_begin_allocate(call, a->fd, &a->args, begin_options());
}

static int finish(acall_t *call, void *data, struct acall_result *result)
{
	(void)data;
	return acall_finish_allocate(call, result);
}

static void json(struct json *j, void *data, const struct acall_result *result)
{
	const struct allocation *a = data;

	(void)result;
	json_string(j, "file", a->name);
	json_number(j, "offset", a->args.offset);
}

int verb_allocate(int argc, char **argv)
{
	static const char * const done[] = { "allocated", "zeroed", "punched" };
	struct allocation a = { .fd = -1 };
	int code, flags = O_RDWR;
	struct single s = {
		.begin = begin,
		.finish = finish,
		.json = json,
	};
	struct stat st;
	acall_t *call;

	parse(argc, argv, &a.args);
	code = open_object(ACALL_FILE_INTERFACE, &call);
	if (code)
		return code;
	if (a.args.length && a.args.mode != ACALL_FILE_ALLOCATE_PUNCH)
		flags |= O_CREAT;
	a.name = argv[optind];
	a.fd = open_argument(a.name, flags, &st);
	s.title = a.name;
	s.what = shell_word(a.name);
	s.done = done[a.args.mode];
	code = a.fd < 0 ? -a.fd : single_run(call, &s, &a);
	acall_destroy(call);
	return exit_worse(code, flush_output());
}
