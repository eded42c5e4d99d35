// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall advise: reads a file into the page cache, or drops it from there, as
 * fadvise(1), but all of it.
 */
#include "cli.h"
#include <fcntl.h>
#include <string.h>

static const char help[] =
"Usage: acall advise [OPTION]... FILE\n"
"Drop what is clean of a file from the page cache, or read it in.\n"
"\n"
"  -a, --advice=ADVICE  dontneed (the default) or willneed\n"
"  -o, --offset=OFFSET  where the range begins (default: 0)\n"
"  -l, --length=LENGTH  how long it is (default: to the end of the file)\n"
COMMON_HELP
"\n"
"Sizes: 4096, 64K, 2M, 1G, 1T (powers of 1024; KB, MB ... powers of 1000).\n"
"Reads are started, and not waited for.\n";

struct advise {
	struct acall_file_advise args;
	const char *name;
	int fd;
};

static const char * const advices[] = { "willneed", "dontneed" };

static int begin(acall_t *call, void *data)
{
	const struct advise *a = data;

	return acall_begin_advise(call, a->fd, &a->args, begin_options());
}

static int finish(acall_t *call, void *data, struct acall_result *result)
{
	(void)data;
	return acall_finish_advise(call, result);
}

static void json(struct json *j, void *data, const struct acall_result *result)
{
	const struct advise *a = data;

	(void)result;
	json_string(j, "file", a->name);
	json_string(j, "advice", advices[a->args.advice]);
	json_number(j, "offset", a->args.offset);
}

static uint32_t advice_named(const char *text)
{
	uint32_t i;

	for (i = 0; i < sizeof(advices) / sizeof(*advices); i++) {
		if (!strcmp(text, advices[i]))
			return i;
	}
	usage_error("--advice: %s is neither willneed nor dontneed", text);
}

int verb_advise(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "advice", required_argument, NULL, 'a' },
		{ "offset", required_argument, NULL, 'o' },
		{ "length", required_argument, NULL, 'l' },
		{ 0 }
	};
	struct single s = {
		.done = "advised",
		.begin = begin,
		.finish = finish,
		.json = json,
	};
	struct advise a = {
		.args.advice = ACALL_FILE_ADVISE_DONTNEED,
		.fd = -1,
	};
	struct stat st;
	acall_t *call;
	int code, c;

	while ((c = next_option(argc, argv, "a:o:l:", longs, help)) != -1) {
		if (c == 'a')
			a.args.advice = advice_named(optarg);
		else
			range_option(c, optarg, &a.args.offset,
				     &a.args.length);
	}
	if (argc - optind != 1)
		usage_error("advise takes one file, here are %d",
			    argc - optind);
	code = open_object(ACALL_FILE_INTERFACE, &call);
	if (code)
		return code;
	a.name = argv[optind];
	a.fd = open_argument(a.name, O_RDONLY, &st);
	s.title = a.name;
	s.what = shell_word(a.name);
	code = a.fd < 0 ? -a.fd : single_run(call, &s, &a);
	acall_destroy(call);
	return exit_worse(code, flush_output());
}
