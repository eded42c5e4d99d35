// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall discard: gives a range of a block device back to it, erases or zeroes it, as
 * blkdiscard(8), and can be watched and stopped meanwhile.
 */
#include "cli.h"
#include <fcntl.h>

static const char help[] =
"Usage: acall discard [OPTION]... DEVICE\n"
"Discard a range of a block device. THE DATA IN IT IS LOST.\n"
"\n"
"  -o, --offset=OFFSET  where the range begins (default: 0)\n"
"  -l, --length=LENGTH  how long it is (default: to the end of the device)\n"
"  -s, --secure         erase also what the device has kept copies of\n"
"  -z, --zeroout        let the range read as zeroes\n"
"  -f, --force          also if the device is in use (mounted, part of a RAID)\n"
COMMON_HELP
"\n"
"Sizes: 4096, 64K, 2M, 1G, 1T (powers of 1024; KB, MB ... powers of 1000).\n"
"When it is stopped, it says how many bytes from the offset on are gone.\n";

struct discard {
	struct acall_file_discard args;
	const char *name;
	int fd;
};

static int begin(acall_t *call, void *data)
{
	const struct discard *d = data;

	return acall_begin_discard(call, d->fd, &d->args, begin_options());
}

static int finish(acall_t *call, void *data, struct acall_result *result)
{
	(void)data;
	return acall_finish_discard(call, result);
}

static void json(struct json *j, void *data, const struct acall_result *result)
{
	const struct discard *d = data;

	(void)result;
	json_string(j, "device", d->name);
	json_number(j, "offset", d->args.offset);
}

static void set_mode(struct acall_file_discard *args, uint32_t mode)
{
	if (args->mode != ACALL_FILE_DISCARD_PLAIN && args->mode != mode)
		usage_error("--secure and --zeroout exclude each other");
	args->mode = mode;
}

int verb_discard(int argc, char **argv)
{
	static const char * const done[] = { "discarded", "erased", "zeroed" };
	static const struct option longs[] = {
		{ "offset", required_argument, NULL, 'o' },
		{ "length", required_argument, NULL, 'l' },
		{ "secure", no_argument, NULL, 's' },
		{ "zeroout", no_argument, NULL, 'z' },
		{ "force", no_argument, NULL, 'f' },
		{ 0 }
	};
	struct single s = {
		.begin = begin,
		.finish = finish,
		.json = json,
	};
	struct discard d = { .fd = -1 };
	int code, c, flags = O_RDWR | O_EXCL;
	struct stat st;
	acall_t *call;

	while ((c = next_option(argc, argv, "o:l:szf", longs, help)) != -1) {
		if (range_option(c, optarg, &d.args.offset, &d.args.length))
			continue;
		if (c == 's')
			set_mode(&d.args, ACALL_FILE_DISCARD_SECURE);
		else if (c == 'z')
			set_mode(&d.args, ACALL_FILE_DISCARD_ZERO);
		else
			flags &= ~O_EXCL;
	}
	if (argc - optind != 1)
		usage_error("discard takes one device, here are %d",
			    argc - optind);
	code = open_object(ACALL_FILE_INTERFACE, &call);
	if (code)
		return code;
	d.name = argv[optind];
	/* Whoever has it mounted has it for himself: that is EBUSY. */
	d.fd = open_argument(d.name, flags, &st);
	s.title = d.name;
	s.what = shell_word(d.name);
	s.done = done[d.args.mode];
	if (d.fd < 0) {
		code = -d.fd;
	} else if (!S_ISBLK(st.st_mode)) {
		say_error(EXIT_FAILED, "%s: not a block device", s.what);
		code = EXIT_FAILED;
	} else {
		code = single_run(call, &s, &d);
	}
	acall_destroy(call);
	return exit_worse(code, flush_output());
}
