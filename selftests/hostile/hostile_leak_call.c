// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is written by the ioctls of a call object, in every state of its call and
 * with each error; see hostile_leak.h. [F3, X6, Q1, S2]
 *
 * The user who asks has nothing; a call of root's runs meanwhile, whose id he
 * guesses right.
 */
#include "hostile_leak.h"

static int by_id_foreign(struct scene *s)
{
	s->u.cancel.call_id = s->foreign;
	return 0;
}

static int begin(struct scene *s, __u32 method)
{
	s->u.begin.method = method;
	return 0;
}

static int begin_good(struct scene *s)
{
	memset(s->in, 'e', sizeof(s->in));
	s->u.begin.in = PTR(s->in);
	s->u.begin.in_len = sizeof(s->in);
	return begin(s, ACALL_TEST_ECHO);
}

static int begin_none(struct scene *s)
{
	return begin(s, 999);
}

static int begin_busy(struct scene *s)
{
	return begin(s, ACALL_TEST_NOP) ?: running(s, ACALL_TEST_GATE, 0);
}

static int begin_too_long(struct scene *s)
{
	s->u.begin.in_len = UINT32_MAX;
	return begin(s, ACALL_TEST_ECHO);
}

static int begin_nowhere(struct scene *s)
{
	s->u.begin.in = 8;
	s->u.begin.in_len = 8;
	return begin(s, ACALL_TEST_ECHO);
}

static int begin_no_file(struct scene *s)
{
	memset(s->in, 0xff, sizeof(s->in));
	s->u.begin.files = PTR(s->in);
	s->u.begin.nr_files = 1;
	return begin(s, ACALL_TEST_HOLD);
}

static int begin_refused(struct scene *s)
{
	__s32 code = -EXDEV;

	memcpy(s->in, &code, sizeof(code));
	s->u.begin.in = PTR(s->in);
	s->u.begin.in_len = sizeof(code);
	return begin(s, ACALL_TEST_REFUSE);
}

static int wait_good(struct scene *s)
{
	return echoed(s);
}

static int wait_running(struct scene *s)
{
	return running(s, ACALL_TEST_GATE, 0);
}

static int wait_settled(struct scene *s)
{
	s->u.wait.flags = ACALL_WAIT_SETTLED;
	s->u.wait.call_id = s->foreign;
	return 0;
}

static int wait_foreign(struct scene *s)
{
	s->u.wait.call_id = s->foreign;
	return running(s, ACALL_TEST_GATE, 0);
}

static void take(struct scene *s, __u32 out_len)
{
	s->u.finish.out = PTR(behind.out);
	s->u.finish.out_len = out_len;
	s->u.finish.files = PTR(behind.files);
	s->u.finish.nr_files = FILES;
}

static int finish_output(struct scene *s)
{
	take(s, BUFFER);
	return echoed(s);
}

static int finish_files(struct scene *s)
{
	take(s, BUFFER);
	return filed(s);
}

static int finish_stopped(struct scene *s)
{
	take(s, BUFFER);
	return stopped(s);
}

static int finish_abandoned(struct scene *s)
{
	take(s, BUFFER);
	return abandoned(s);
}

static int finish_small(struct scene *s)
{
	take(s, 15);
	return echoed(s);
}

static int finish_nowhere(struct scene *s)
{
	take(s, BUFFER);
	s->u.finish.out = 8;
	return echoed(s);
}

static int finish_now(struct scene *s)
{
	take(s, BUFFER);
	s->u.finish.flags = ACALL_FINISH_NONBLOCK;
	return running(s, ACALL_TEST_GATE, 0);
}

static int finish_idle(struct scene *s)
{
	take(s, BUFFER);
	return 0;
}

static int finish_foreign(struct scene *s)
{
	take(s, BUFFER);
	s->u.finish.call_id = s->foreign;
	return echoed(s);
}

static int finish_flags(struct scene *s)
{
	take(s, BUFFER);
	s->u.finish.flags = 1U << 31;
	return echoed(s);
}

static int cancel_running(struct scene *s)
{
	return running(s, ACALL_TEST_COOP, 0);
}

static int cancel_again(struct scene *s)
{
	struct acall_cancel c;

	return running(s, ACALL_TEST_LATE, 0) ?:
	       sys_cancel(s->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER, &c);
}

static int query_foreign(struct scene *s)
{
	s->u.query.call_id = s->foreign;
	return running(s, ACALL_TEST_GATE, 0);
}

static int query_running(struct scene *s)
{
	return running(s, ACALL_TEST_GATE, 0);
}

static int call_good(struct scene *s)
{
	memset(s->in, 'e', sizeof(s->in));
	s->u.call.method = ACALL_TEST_ECHO;
	s->u.call.in = PTR(s->in);
	s->u.call.in_len = 16;
	s->u.call.out = PTR(behind.out);
	s->u.call.out_len = BUFFER;
	s->u.call.files_out = PTR(behind.files);
	s->u.call.nr_files_out = FILES;
	return 0;
}

static int call_small(struct scene *s)
{
	call_good(s);
	s->u.call.out_len = 15;
	return 0;
}

static int call_nowhere(struct scene *s)
{
	call_good(s);
	s->u.call.out = 8;
	return 0;
}

static int call_none(struct scene *s)
{
	call_good(s);
	s->u.call.method = 999;
	return 0;
}

static int call_busy(struct scene *s)
{
	return call_good(s) ?: running(s, ACALL_TEST_GATE, 0);
}

static int call_refused(struct scene *s)
{
	__s32 code = -EXDEV;

	call_good(s);
	memcpy(s->in, &code, sizeof(code));
	s->u.call.method = ACALL_TEST_REFUSE;
	s->u.call.in_len = sizeof(code);
	return 0;
}

static const struct leak object_cases[] = {
	CASE("BEGIN", BEGIN, 0, CALL_ID, .before = begin_good),
	CASE("BEGIN none", BEGIN, -EINVAL, NOTHING, .before = begin_none),
	CASE("BEGIN busy", BEGIN, -EBUSY, NOTHING, .before = begin_busy),
	CASE("BEGIN flags", BEGIN, -EINVAL, NOTHING, .before = bad_flags),
	CASE("BEGIN too long", BEGIN, -E2BIG, NOTHING,
	     .before = begin_too_long),
	CASE("BEGIN nowhere", BEGIN, -EFAULT, NOTHING, .before = begin_nowhere),
	CASE("BEGIN no file", BEGIN, -EBADF, NOTHING, .before = begin_no_file),
	/* Unspecified, and written: nobody else's all the same. */
	CASE("BEGIN refused", BEGIN, -EXDEV, CALL_ID, .before = begin_refused),
	CASE("WAIT", WAIT, 0, NOTHING, .before = wait_good),
	CASE("WAIT not yet", WAIT, -ETIMEDOUT, NOTHING, .before = wait_running),
	CASE("WAIT idle", WAIT, -ESRCH, NOTHING),
	CASE("WAIT foreign", WAIT, -ESRCH, NOTHING, .before = wait_foreign),
	CASE("WAIT settled foreign", WAIT, 0, NOTHING, .before = wait_settled),
	CASE("WAIT flags", WAIT, -EINVAL, NOTHING, .before = bad_flags),
	CASE("FINISH output", FINISH, 0, ANSWER,
	     .before = finish_output, .out = 16),
	CASE("FINISH files", FINISH, 0, ANSWER,
	     .before = finish_files, .out = 16, .files = 2),
	CASE("FINISH stopped", FINISH, 0, ANSWER, .before = finish_stopped),
	CASE("FINISH abandoned", FINISH, 0, ANSWER, .before = finish_abandoned),
	CASE("FINISH small", FINISH, -EMSGSIZE, ANSWER, .before = finish_small),
	CASE("FINISH nowhere", FINISH, -EFAULT, NOTHING,
	     .before = finish_nowhere),
	CASE("FINISH not yet", FINISH, -EAGAIN, NOTHING, .before = finish_now),
	CASE("FINISH idle", FINISH, -ESRCH, NOTHING, .before = finish_idle),
	CASE("FINISH foreign", FINISH, -ESRCH, NOTHING,
	     .before = finish_foreign),
	CASE("FINISH flags", FINISH, -EINVAL, NOTHING, .before = finish_flags),
	CASE("CANCEL", CANCEL, 0, ANSWER, .before = cancel_running),
	CASE("CANCEL idle", CANCEL, -ESRCH, ANSWER),
	CASE("CANCEL done", CANCEL, -ESRCH, ANSWER, .before = echoed),
	CASE("CANCEL foreign", CANCEL, -ESRCH, ANSWER, .before = by_id_foreign),
	CASE("CANCEL again", CANCEL, -EALREADY, ANSWER, .before = cancel_again),
	CASE("CANCEL flags", CANCEL, -EINVAL, NOTHING, .before = bad_flags),
	CASE("QUERY idle", QUERY, 0, ANSWER),
	CASE("QUERY running", QUERY, 0, ANSWER, .before = query_running),
	CASE("QUERY done", QUERY, 0, ANSWER, .before = echoed),
	CASE("QUERY stopped", QUERY, 0, ANSWER, .before = stopped),
	CASE("QUERY abandoned", QUERY, 0, ANSWER, .before = abandoned),
	CASE("QUERY foreign", QUERY, -ESRCH, NOTHING, .before = query_foreign),
	CASE("QUERY flags", QUERY, -EINVAL, NOTHING, .before = bad_flags),
	CASE("CALL", CALL, 0, ANSWER, .before = call_good, .out = 16),
	CASE("CALL small", CALL, -EMSGSIZE, ANSWER, .before = call_small),
	CASE("CALL nowhere", CALL, -EFAULT, CALL_ID, .before = call_nowhere),
	CASE("CALL none", CALL, -EINVAL, CALL_ID, .before = call_none),
	CASE("CALL flags", CALL, -EINVAL, CALL_ID, .before = bad_flags),
	CASE("CALL busy", CALL, -EBUSY, CALL_ID, .before = call_busy),
	CASE("CALL refused", CALL, -EXDEV, CALL_ID, .before = call_refused),
	{ }
};

TEST_F(acall, F3_X6_Q1_S2_what_an_object_writes)
{
	__u64 foreign;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &foreign));
	EXPECT_EQ(0, clean(self->ctl, foreign, object_cases));
}

#include "acall_main.h"
