/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of every test program, instead of TEST_HARNESS_MAIN: skips the
 * program where the modules are not loaded, and makes the harness's time-outs
 * hang guards that are scaled by ACALL_SCALE.
 *
 * --only GLOB (more than once: any of them) runs only tests of such a name,
 * --not GLOB none of such a name, --guard SECONDS sets the guard.
 *
 * A program all of whose tests need one more thing defines its path as NEEDS.
 */
#include <fnmatch.h>

#define main acall_harness_main
TEST_HARNESS_MAIN
#undef main

/* Is test @name wanted? */
static bool chosen(int argc, char **argv, const char *name)
{
	bool any = false;
	int i;

	for (i = 1; i < argc - 1; i++) {
		if (!strcmp(argv[i], "--not") && !fnmatch(argv[i + 1], name, 0))
			return false;
	}
	for (i = 1; i < argc - 1; i++) {
		if (strcmp(argv[i], "--only"))
			continue;
		if (!fnmatch(argv[i + 1], name, 0))
			return true;
		any = true;
	}
	return !any;
}

int main(int argc, char **argv)
{
	struct __test_metadata *t, **link;
	struct __fixture_metadata *f;
	int ctl, guard = 0, i, n = 0;

	/* As a module loader: brings "test-hot" back (see C1 in core_create). */
	if (argc == 2 && !strcmp(argv[1], "--register-hot")) {
		ctl = open(DEV_CONTROL, O_RDWR | O_CLOEXEC);
		return !!ctl_op(ctl, ACALL_TEST_OP_REGISTER, 0, 0, NULL);
	}

	if (access(DEV_ACALL, F_OK) || access(DEV_CONTROL, F_OK)) {
		ksft_print_header();
		ksft_exit_skip("no " DEV_ACALL " or no " DEV_CONTROL "\n");
	}
#ifdef NEEDS
	if (access(NEEDS, F_OK)) {
		ksft_print_header();
		ksft_exit_skip("no " NEEDS "\n");
	}
#endif
	for (i = 1; i < argc - 1; i++)
		if (!strcmp(argv[i], "--guard"))
			guard = atoi(argv[i + 1]);
	for (f = __fixture_list; f; f = f->next) {
		link = &f->tests;
		while ((t = *link)) {
			if (!chosen(argc, argv, t->name)) {
				*link = t->next;
				continue;
			}
			t->timeout = guard ?: t->timeout > GUARD_SEC ?
				     t->timeout : GUARD_SEC;
			t->timeout *= scale();
			link = &t->next;
			n++;
		}
	}
	if (!n) {
		fprintf(stderr, "# no test has such a name\n");
		return KSFT_FAIL;
	}
	return acall_harness_main(argc, argv);
}
