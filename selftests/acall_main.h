/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of every test program, instead of TEST_HARNESS_MAIN: skips the
 * program where the modules are not loaded, and makes the harness's time-outs
 * hang guards that are scaled by ACALL_SCALE.
 */
#define main acall_harness_main
TEST_HARNESS_MAIN
#undef main

int main(int argc, char **argv)
{
	struct __fixture_metadata *f;
	struct __test_metadata *t;
	int ctl;

	/* As a module loader: brings "test-hot" back (see C1 in core_create). */
	if (argc == 2 && !strcmp(argv[1], "--register-hot")) {
		ctl = open(DEV_CONTROL, O_RDWR | O_CLOEXEC);
		return !!ctl_op(ctl, ACALL_TEST_OP_REGISTER, 0, 0, NULL);
	}

	if (access(DEV_ACALL, F_OK) || access(DEV_CONTROL, F_OK)) {
		ksft_print_header();
		ksft_exit_skip("no " DEV_ACALL " or no " DEV_CONTROL "\n");
	}
	for (f = __fixture_list; f; f = f->next)
		for (t = f->tests; t; t = t->next)
			t->timeout = (t->timeout > GUARD_SEC ?
				      t->timeout : GUARD_SEC) * scale();
	return acall_harness_main(argc, argv);
}
