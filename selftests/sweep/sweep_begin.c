// SPDX-License-Identifier: GPL-2.0-only
/*
 * The failure sweep of BEGIN: every method of the test interface, and every kind
 * of call (with a deadline, passed or to come, not to be cancelled, in a session,
 * with files, inline, held by no thread).
 *
 * What it is about is B3 and B8: whatever fails before the publication is undone,
 * and .prepare's work with it; after it BEGIN cannot fail.
 */
#include "sweep_call.h"

#define CALLING(_name, _method, ...)					\
	NEWPATH(_name, .setup = setup_object, .act = act_begin,		\
	     .check = check_begun, .errnos = begins,			\
	     .method = ACALL_TEST_##_method, ##__VA_ARGS__)

CALLING(nop, NOP);
CALLING(echo, ECHO, .len = 100);
CALLING(echo_most, ECHO, .len = ACALL_MAX_BYTES);
CALLING(fail, FAIL, .value = -EIO);
CALLING(sleep, SLEEP, .value = INT64_MAX);
CALLING(gate, GATE);
CALLING(coop, COOP);
CALLING(late, LATE);
CALLING(whoami, WHOAMI);
CALLING(progress, PROGRESS, .value = 5);
CALLING(refuse, REFUSE);
CALLING(spin, SPIN, .value = 1000);
CALLING(killable, KILLABLE);
CALLING(result, RESULT, .len = 5000);
CALLING(stuck, STUCK);
CALLING(park, PARK, .len = 10);
CALLING(park_files, PARK, .files = ACALL_MAX_FILES);
CALLING(park_sleepable, PARK_SLEEPABLE, .files = 1,
	.value = ACALL_TEST_PREPARE_FILES);
CALLING(park_fixed, PARK_FIXED);
CALLING(park_done, PARK, .value = ACALL_TEST_START_COMPLETES);
CALLING(nudge, NUDGE);
CALLING(nudge_sleepable, NUDGE_SLEEPABLE);
CALLING(files, FILES, .files = ACALL_MAX_FILES);
CALLING(files_prepared, FILES, .files = ACALL_MAX_FILES,
	.value = ACALL_TEST_PREPARE_FILES);
CALLING(files_late, FILES_LATE, .files = 1);
CALLING(inline_whoami, INLINE_WHOAMI);
CALLING(inline_echo, INLINE_ECHO, .len = 3000);
CALLING(inline_fail, INLINE_FAIL, .value = -EIO);
CALLING(shortest, SHORT);
CALLING(checkpoint, CHECKPOINT);
CALLING(timeout, TIMEOUT, .value = 1);
CALLING(commit, COMMIT, .value = 0);
CALLING(session, SESSION, .interface = ACALL_TEST_INSTANCE ".0");
CALLING(narrow, NOP, .interface = ACALL_TEST_NARROW);
CALLING(hot, NOP, .interface = ACALL_TEST_HOT);
CALLING(no_cancel, GATE, .terms = ACALL_BEGIN_NO_CANCEL);

static int setup_deadline(struct sweep *s, const struct path *path)
{
	CHECK(!setup_object(s, path));
	/* 1 = long ago. */
	s->begin.deadline = path->value ? now_ns() + 3600 * SEC : 1;
	s->in.arg.value = 0;
	return 0;
}

CALLING(deadline, COOP, .setup = setup_deadline, .value = 1,
	.terms = ACALL_BEGIN_DEADLINE);
CALLING(deadline_past, COOP, .setup = setup_deadline,
	.terms = ACALL_BEGIN_DEADLINE);

/* A file's reference goes with the BEGIN that fails. */
static int setup_file(struct sweep *s, const struct path *path)
{
	int ends[2];

	CHECK(!setup_object(s, path));
	CHECK(!pipe2(ends, O_CLOEXEC));
	keep_fd(s, ends[0]);
	s->got[0] = ends[1];
	s->begin.files = PTR(s->got);
	s->begin.nr_files = 1;
	return 0;
}

static int check_file(struct sweep *s, const struct path *path, int ret)
{
	CHECK(!check_begun(s, path, ret));
	if (ret)
		return 0;
	/* Only the call has it now. */
	close(s->got[0]);
	CHECK(!hung_up(s->fds[0]));
	CHECK(!open_gate(s->ctl, s->id));
	CHECK(!sys_wait_until(s->obj, 0, FOREVER));
	CHECK(!wait_hung_up(s->fds[0]));
	return 0;
}

CALLING(hold, HOLD, .setup = setup_file, .check = check_file);
CALLING(park_argument, PARK, .setup = setup_file, .check = check_begun);

static int be_user(unsigned int uid)
{
	return syscall(__NR_setresuid, uid, 0, 0) ? -errno : 0;
}

/* Its object was made by somebody else, so who pays is looked up (Limits). */
static int setup_other_user(struct sweep *s, const struct path *path)
{
	CHECK(!setup_object(s, path));
	CHECK(!be_user(1000));
	return 0;
}

static int check_other_user(struct sweep *s, const struct path *path, int ret)
{
	CHECK(!be_user(0));
	CHECK(!check_begun(s, path, ret));
	return 0;
}

CALLING(other_user, NOP, .setup = setup_other_user, .check = check_other_user);

#define PROGRAM "begin"
#include "sweep_tests.h"
