// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall trim: tells the device which blocks of a file system are free, as fstrim(8),
 * and can be watched and stopped meanwhile.
 */
#include "cli.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

static const char help[] =
"Usage: acall trim [OPTION]... MOUNTPOINT\n"
"Tell the device which blocks of a file system are not in use. For root.\n"
"\n"
"  -o, --offset=OFFSET   where the range begins (default: 0)\n"
"  -l, --length=LENGTH   how long it is (default: to the end)\n"
"  -m, --minimum=LENGTH  leave shorter runs of free blocks alone\n"
"  -v, --verbose         say how much was trimmed\n"
COMMON_HELP
"\n"
"Sizes: 4096, 64K, 2M, 1G, 1T (powers of 1024; KB, MB ... powers of 1000).\n"
"What was trimmed before it was stopped stays trimmed.\n";

struct trim {
	struct acall_file_trim args;
	struct acall_file_trim_out out;
	const char *name;
	bool verbose;
	int fd;
};

static int begin(acall_t *call, void *data)
{
	const struct trim *t = data;

	return acall_begin_trim(call, t->fd, &t->args, begin_options());
}

static int finish(acall_t *call, void *data, struct acall_result *result)
{
	struct trim *t = data;
	char buf[TEXT_LEN];
	int err;

	err = acall_finish_trim(call, &t->out, result);
	if (!err && !result->status && t->verbose && !options.json)
		printf("%s: %s (%" PRIu64 " bytes) trimmed\n", t->name,
		       format_bytes(buf, t->out.trimmed),
		       (uint64_t)t->out.trimmed);
	return err;
}

static void json(struct json *j, void *data, const struct acall_result *result)
{
	const struct trim *t = data;

	json_string(j, "path", t->name);
	json_number(j, "offset", t->args.offset);
	if (!result->status)
		json_number(j, "trimmed", t->out.trimmed);
}

int verb_trim(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "offset", required_argument, NULL, 'o' },
		{ "length", required_argument, NULL, 'l' },
		{ "minimum", required_argument, NULL, 'm' },
		{ "verbose", no_argument, NULL, 'v' },
		{ 0 }
	};
	struct single s = {
		.done = "looked at",
		.begin = begin,
		.finish = finish,
		.json = json,
	};
	struct trim t = { .fd = -1 };
	struct stat st;
	acall_t *call;
	int code, c;

	while ((c = next_option(argc, argv, "o:l:m:v", longs, help)) != -1) {
		if (c == 'm')
			t.args.minlen = size_argument("--minimum", optarg);
		else if (c == 'v')
			t.verbose = true;
		else
			range_option(c, optarg, &t.args.offset,
				     &t.args.length);
	}
	if (argc - optind != 1)
		usage_error("trim takes one mount point, here are %d",
			    argc - optind);
	code = open_object(ACALL_FILE_INTERFACE, &call);
	if (code)
		return code;
	t.name = argv[optind];
	t.fd = open_argument(t.name, O_RDONLY, &st);
	s.title = t.name;
	s.what = shell_word(t.name);
	code = t.fd < 0 ? -t.fd : single_run(call, &s, &t);
	acall_destroy(call);
	return exit_worse(code, flush_output());
}
