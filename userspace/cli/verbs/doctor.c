// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall doctor: what is wrong, and what to do next. Changes nothing, owns nothing.
 */
#include "cli.h"

static const char help[] =
"Usage: acall doctor [OPTION]... MOUNT\n"
"Say of a mount that hangs whether it answers, which calls hold it, your own or\n"
"as root everybody's, what will become of them, and what to do next.\n"
"\n"
"  --timeout=TIME  how long to wait for an answer (2s)\n"
"  --json          JSON objects: one per call, and one of the mount\n"
"\n"
"Exit: 0 it answers, and no call holds it, 1 else, or there is no such MOUNT\n";

int verb_doctor(int argc, char **argv)
{
	static const struct option longs[] = { { 0 } };

	while (next_option(argc, argv, "", longs, help) != -1)
		;
	if (argc - optind != 1)
		usage_error("doctor takes one mount point, or a path on it");
	return doctor_mount(argv[optind]);
}
