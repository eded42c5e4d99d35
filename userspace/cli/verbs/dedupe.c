// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall dedupe: lets two files share the blocks that are the same in both. The
 * contents never change: the kernel compares under the locks of both.
 */
#include "cli.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char help[] =
"Usage: acall dedupe [OPTION]... SOURCE TARGET\n"
"Let TARGET share the blocks of SOURCE, as far as they hold the same.\n"
"\n"
"  --source-offset=OFFSET  where the range begins in SOURCE (default: 0)\n"
"  --target-offset=OFFSET  where it begins in TARGET (default: 0)\n"
"  -l, --length=LENGTH     how long it is (default: to the end of SOURCE)\n"
COMMON_HELP
"\n"
"Sizes: 4096, 64K, 2M, 1G, 1T (powers of 1024; KB, MB ... powers of 1000).\n"
"Exit is 1 if the files differ; what was the same before is shared then.\n";

enum { OPT_SOURCE = OPT_VERB, OPT_TARGET };

struct dedupe {
	struct acall_file_dedupe args;
	const char *source;
	const char *target;
	int fds[2];
};

static int begin(acall_t *call, void *data)
{
	const struct dedupe *d = data;

	return acall_begin_dedupe(call, d->fds[0], d->fds[1], &d->args,
				  begin_options());
}

static int finish(acall_t *call, void *data, struct acall_result *result)
{
	(void)data;
	return acall_finish_dedupe(call, result);
}

static void json(struct json *j, void *data, const struct acall_result *result)
{
	const struct dedupe *d = data;

	(void)result;
	json_string(j, "source", d->source);
	json_string(j, "target", d->target);
	json_number(j, "source_offset", d->args.src_offset);
	json_number(j, "target_offset", d->args.dst_offset);
}

static const char *why(int error)
{
	return error == EBADE ? "the files differ behind what is shared" : NULL;
}

static int may_write(void *name)
{
	return euidaccess(*(const char **)name, W_OK) ? -errno : 0;
}

/* Its owner need not be able to write it. */
static int open_target(const char *name, struct stat *st)
{
	int error = guarded(may_write, &name, sizeof(name), file_patience());

	return file_timed_out(error) ? -open_error(name, error) :
	       open_argument(name, error ? O_RDONLY : O_RDWR, st);
}

int verb_dedupe(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "source-offset", required_argument, NULL, OPT_SOURCE },
		{ "target-offset", required_argument, NULL, OPT_TARGET },
		{ "length", required_argument, NULL, 'l' },
		{ 0 }
	};
	struct single s = {
		.done = "shared",
		.begin = begin,
		.finish = finish,
		.why = why,
		.json = json,
	};
	struct dedupe d = { 0 };
	struct stat st;
	acall_t *call;
	int code, c;

	while ((c = next_option(argc, argv, "l:", longs, help)) != -1) {
		if (c == OPT_SOURCE)
			d.args.src_offset = size_argument("--source-offset",
							  optarg);
		else if (c == OPT_TARGET)
			d.args.dst_offset = size_argument("--target-offset",
							  optarg);
		else
			range_option(c, optarg, NULL, &d.args.length);
	}
	if (argc - optind != 2)
		usage_error("dedupe takes two files, here are %d",
			    argc - optind);
	code = open_object(ACALL_FILE_INTERFACE, &call);
	if (code)
		return code;
	d.source = argv[optind];
	d.target = argv[optind + 1];
	d.fds[0] = open_argument(d.source, O_RDONLY, &st);
	d.fds[1] = d.fds[0] < 0 ? -1 : open_target(d.target, &st);
	s.title = d.target;
	s.what = shell_word(d.target);
	code = d.fds[0] < 0 ? -d.fds[0] : d.fds[1] < 0 ? -d.fds[1] :
	       single_run(call, &s, &d);
	acall_destroy(call);
	return exit_worse(code, flush_output());
}
