// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall doctor: what is wrong, and what to do next. Changes nothing, owns nothing.
 */
#include "cli.h"

static const char help[] =
"Usage: acall doctor [OPTION]...\n"
"Say whether the module is there, can be loaded and may be used, and what to do\n"
"where not. Changes nothing, and needs no rights; root sees more.\n"
"\n"
"  -q, --quiet  only what is not as it should be\n"
"  --json       one JSON object per check: check, state, what, next\n"
"\n"
"ok       as it should be\n"
"note     nothing that stands in the way\n"
"unknown  you may not look there, or the program that can is missing\n"
"wrong    that has to be put right first; the line below says how\n"
"\n"
"Exit: 0 calls can be made, 1 something is wrong, 3 the module is not loaded\n";

int verb_doctor(int argc, char **argv)
{
	static const struct option longs[] = { { 0 } };

	while (next_option(argc, argv, "", longs, help) != -1)
		;
	if (optind < argc)
		usage_error("%s: doctor takes no argument",
			    shell_word(argv[optind]));
	return doctor_machine();
}
