// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall doctor: what is wrong, and what to do next. Changes nothing, owns nothing.
 */
#include "cli.h"

static const char help[] =
"Usage: acall doctor [OPTION]... [MOUNT]\n"
"Say whether the module is there, can be loaded and may be used, and what to do\n"
"where not. Of a MOUNT that hangs: whether it answers, which calls hold it, your\n"
"own or as root everybody's, what will become of them, and what to do next.\n"
"Changes nothing, and needs no rights; root sees more.\n"
"\n"
"  --timeout=TIME  how long to wait for the mount's answer (2s)\n"
"  -q, --quiet     only what is not as it should be\n"
"  --json          one JSON object per check (check, state, what, next), or per\n"
"                  call and one of the mount\n"
"\n"
"ok       as it should be\n"
"note     nothing that stands in the way\n"
"unknown  you may not look there, or the program that can is missing\n"
"wrong    that has to be put right first; the line below says how\n"
"\n"
"Exit: 0 calls can be made, or MOUNT answers and no call holds it, 1 else, 3 the\n"
"      module is not loaded\n";

int verb_doctor(int argc, char **argv)
{
	static const struct option longs[] = { { 0 } };

	while (next_option(argc, argv, "", longs, help) != -1)
		;
	if (argc == optind)
		return doctor_machine();
	if (argc - optind > 1)
		usage_error("doctor takes one mount point, or a path on it");
	return doctor_mount(argv[optind]);
}
