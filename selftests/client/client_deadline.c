// SPDX-License-Identifier: GPL-2.0-only
/*
 * BEGIN's deadline [B5]: that it fires wherever the call is, never early, with
 * the given grace; what it means beside the other flags; and that it belongs to
 * one call. What happens when others cancel too is in client_cancellers.c.
 *
 * The race is with a slow machine: a deadline that is meant to meet a running
 * call may pass before it runs. Such a test begins anew with more time.
 */
#include "acall_more.h"

#define SOON	(20 * MSEC)
#define LATER	(600 * SEC)

/*
 * Begins @method with a deadline that passes while it runs; @deadline is what it
 * was in the end.
 */
static int running_at_deadline(int fd, int ctl, __u32 method, __u64 grace,
			       __u64 *id, __u64 *deadline)
{
	__u64 delay, since = now_ns();
	struct acall_finish f;
	struct acall_query q;

	for (delay = SOON; ; delay *= 2) {
		*id = fresh_id();
		*deadline = now_ns() + delay;
		CHECK(!sys_begin_deadline(fd, method, *id, *deadline, grace));
		do {
			CHECK(!sys_query(fd, 0, &q));
			CHECK(!guard_expired(since));
		} while (!q.cancel_ns);
		if (q.start_ns)
			return 0;
		/* Not in time. */
		CHECK(!sys_finish(fd, 0, &f));
		CHECK(f.outcome == ACALL_OUTCOME_NEVER_STARTED);
		CHECK(!forget(ctl, *id));
	}
}

static int begin_hold(int fd, __u64 id, __s32 file, __u64 deadline)
{
	struct acall_test_arg arg = { .id = id };
	struct acall_begin b = {
		.size = sizeof(b), .flags = ACALL_BEGIN_DEADLINE,
		.method = ACALL_TEST_HOLD, .in = PTR(&arg),
		.in_len = sizeof(arg), .files = PTR(&file), .nr_files = 1,
		.deadline = deadline,
	};

	return sys_begin_struct(fd, &b);
}

static int finish_late(int fd, __u32 outcome, __u64 deadline,
		       struct acall_finish *f)
{
	CHECK(!sys_wait_until(fd, 0, hopeless()));
	CHECK(!sys_finish(fd, 0, f));
	CHECK(f->status == -ETIME);
	CHECK(f->outcome == outcome);
	CHECK(f->cancel_ns >= deadline && f->cancel_ns >= f->begin_ns);
	CHECK(f->end_ns >= f->cancel_ns);
	return 0;
}

TEST_F(acall, B5_a_running_call_is_stopped_ETIME)
{
	static const __u32 methods[] = {
		ACALL_TEST_COOP, ACALL_TEST_KILLABLE,
	};
	struct acall_finish f;
	struct acall_query q;
	__u64 id, deadline;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		ASSERT_EQ(0, running_at_deadline(self->fd, self->ctl,
						 methods[i], 0, &id,
						 &deadline));
		ASSERT_EQ(0, sys_wait_until(self->fd, 0, hopeless()));
		/* Nobody asked for it, so it was no process. */
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
		EXPECT_EQ(ACALL_REASON_DEADLINE, q.reason);
		EXPECT_EQ(0, q.cancel_tgid);
		EXPECT_EQ(-ETIME, q.status);
		EXPECT_EQ(0, finish_late(self->fd, ACALL_OUTCOME_STOPPED,
					 deadline, &f));
		EXPECT_EQ(1, ctl_get(self->ctl, id).seen);
		EXPECT_LE(f.begin_ns, f.start_ns);
	}
}

TEST_F(acall, B5_a_queued_call_never_starts_ETIME)
{
	int busy = take_slot(self->dev, self->ctl, self->id), p[2];
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	__u64 id = fresh_id(), deadline = now_ns() + SOON;
	struct acall_finish f;

	ASSERT_LE(0, busy);
	ASSERT_EQ(0, sys_begin_deadline(fd, ACALL_TEST_COOP, id, deadline,
					FOREVER));
	EXPECT_EQ(0, finish_late(fd, ACALL_OUTCOME_NEVER_STARTED, deadline,
				 &f));
	EXPECT_EQ(0, f.start_ns);

	/* Its file is dropped by then. */
	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	deadline = now_ns() + SOON;
	ASSERT_EQ(0, begin_hold(fd, id, p[1], deadline));
	close(p[1]);
	ASSERT_EQ(0, sys_wait_until(fd, 0, hopeless()));
	EXPECT_TRUE(hung_up(p[0]));
	EXPECT_EQ(0, finish_late(fd, ACALL_OUTCOME_NEVER_STARTED, deadline,
				 &f));
	/* Nothing of them is left that could run. */
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish(busy, 0, &f));
	ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_finish(fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_EQ(0, ctl_get(self->ctl, id).starts);
}

TEST_F(acall, B5_already_past_at_BEGIN_it_is_at_once_done)
{
	__u64 deadlines[] = { 0, 1, now_ns() - SEC, now_ns() - 1 };
	__u64 entered = ctl_get(self->ctl, 0).entered, call_id;
	struct acall_finish f;
	struct acall_query q;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(deadlines); i++) {
		ASSERT_EQ(0, sys_begin_flags(self->fd, ACALL_BEGIN_DEADLINE,
					     ACALL_TEST_COOP, self->id,
					     deadlines[i], FOREVER, &call_id));
		EXPECT_NE(0, call_id);
		/* No wait in between. */
		EXPECT_EQ(POLLIN, readiness(self->fd));
		ASSERT_EQ(0, sys_query(self->fd, call_id, &q));
		EXPECT_EQ(ACALL_STATE_DONE, q.state);
		EXPECT_EQ(ACALL_REASON_DEADLINE, q.reason);
		EXPECT_EQ(0, q.cancel_tgid);
		ASSERT_EQ(0, sys_finish_now(self->fd, &f));
		EXPECT_EQ(-ETIME, f.status);
		EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, f.outcome);
		EXPECT_EQ(0, f.start_ns);
		EXPECT_LE(f.begin_ns, f.cancel_ns);
		EXPECT_LE(f.cancel_ns, f.end_ns);
		EXPECT_EQ(call_id, f.call_id);
	}
	EXPECT_EQ(entered, ctl_get(self->ctl, 0).entered);
}

TEST_F(acall, B5_already_past_does_not_excuse_a_bad_BEGIN)
{
	__s32 code = -EPERM;
	struct acall_begin b = {
		.size = sizeof(b), .flags = ACALL_BEGIN_DEADLINE,
		.method = 999, .deadline = 1,
	};

	EXPECT_EQ(-EINVAL, sys_begin_struct(self->fd, &b));
	b.method = ACALL_TEST_REFUSE;
	b.in = PTR(&code);
	b.in_len = sizeof(code);
	EXPECT_EQ(-EPERM, sys_begin_struct(self->fd, &b));
	b.in = 8;
	EXPECT_EQ(-EFAULT, sys_begin_struct(self->fd, &b));
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
	EXPECT_EQ(POLLOUT, readiness(self->fd));
}

TEST_F(acall, B5_deadlines_that_never_come)
{
	static const __u64 deadlines[] = {
		FOREVER, FOREVER - 1, 1ULL << 63, (1ULL << 63) - 1, 1ULL << 62,
	};
	static const __u64 graces[] = { 0, 1, FOREVER };
	struct acall_finish f;
	struct acall_query q;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(deadlines); i++) {
		for (j = 0; j < ARRAY_SIZE(graces); j++) {
			__u64 id = fresh_id();

			ASSERT_EQ(0, sys_begin_deadline(self->fd,
							ACALL_TEST_COOP, id,
							deadlines[i],
							graces[j]));
			ASSERT_EQ(0, wait_starts(self->ctl, id, 1));
			EXPECT_EQ(0, pass_time(self->fd, now_ns() + MSEC));
			ASSERT_EQ(0, sys_query(self->fd, 0, &q));
			EXPECT_EQ(ACALL_REASON_NONE, q.reason);
			EXPECT_EQ(0, q.cancel_ns);
			ASSERT_EQ(0, open_gate(self->ctl, id));
			ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
			EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
		}
	}
}

TEST_F(acall, B5_never_early)
{
	struct acall_finish f;
	__u64 delay, deadline;

	for (delay = 100 * 1000; delay < 100 * MSEC; delay *= 2) {
		deadline = now_ns() + delay;
		ASSERT_EQ(0, sys_begin_deadline(self->fd, ACALL_TEST_COOP,
						fresh_id(), deadline, 0));
		ASSERT_EQ(0, sys_wait_until(self->fd, 0, hopeless()));
		EXPECT_LE(deadline, now_ns());
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(-ETIME, f.status);
		EXPECT_LE(deadline, f.cancel_ns);
	}
}

TEST_F(acall, B5_grace_over_ETIME_ABANDONED_never_early)
{
	struct acall_finish f;
	__u64 grace, id, deadline;

	for (grace = 1; grace <= 50 * MSEC; grace = grace * 25 + MSEC) {
		ASSERT_EQ(0, running_at_deadline(self->fd, self->ctl,
						 ACALL_TEST_GATE, grace, &id,
						 &deadline));
		EXPECT_EQ(0, finish_late(self->fd, ACALL_OUTCOME_ABANDONED,
					 deadline, &f));
		EXPECT_LE(deadline + grace, f.end_ns);
		/* It runs on as any orphan does. */
		EXPECT_EQ(1, counter("orphans"));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		EXPECT_EQ(0, wait_counter("orphans", 0));
	}
}

TEST_F(acall, B5_grace_0_is_the_methods_own)
{
	struct acall_method_info m = { .size = sizeof(m), .interface = "test",
				       .method = ACALL_TEST_HOLD };
	struct acall_finish f;
	__u64 id, deadline, delay;

	/* gate's own is none: nobody waits. */
	ASSERT_EQ(0, running_at_deadline(self->fd, self->ctl, ACALL_TEST_GATE,
					 0, &id, &deadline));
	EXPECT_EQ(0, finish_late(self->fd, ACALL_OUTCOME_ABANDONED, deadline,
				 &f));

	/* hold has a short one and ignores the cancel. */
	ASSERT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_METHOD_INFO, &m));
	EXPECT_NE(0, m.grace_ns);
	for (delay = SOON; ; delay *= 2) {
		deadline = now_ns() + delay;
		ASSERT_EQ(0, begin_hold(self->fd, self->id, 0, deadline));
		ASSERT_EQ(0, sys_wait_until(self->fd, 0, hopeless()));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		if (f.start_ns)
			break;
	}
	EXPECT_EQ(-ETIME, f.status);
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, f.outcome);
	EXPECT_LE(deadline + m.grace_ns, f.end_ns);

	/* coop's own is long enough for it to stop. */
	ASSERT_EQ(0, running_at_deadline(self->fd, self->ctl, ACALL_TEST_COOP,
					 0, &id, &deadline));
	EXPECT_EQ(0, finish_late(self->fd, ACALL_OUTCOME_STOPPED, deadline,
				 &f));
}

TEST_F(acall, B5_a_result_of_its_own_in_the_grace_stays)
{
	struct acall_finish f;
	struct acall_query q;
	__u64 id, deadline;

	ASSERT_EQ(0, running_at_deadline(self->fd, self->ctl, ACALL_TEST_LATE,
					 LATER, &id, &deadline));
	ASSERT_EQ(0, wait_seen(self->ctl, id, 1));
	EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(self->fd));
	EXPECT_EQ(0, readiness(self->fd));
	ASSERT_EQ(0, open_gate(self->ctl, id));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_REASON_DEADLINE, q.reason);
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(0, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_LE(deadline, f.cancel_ns);
}

TEST_F(acall, B5_the_largest_graces_do_not_wrap)
{
	static const __u64 graces[] = {
		FOREVER, FOREVER - 1, FOREVER - SEC, 1ULL << 63,
		(1ULL << 63) - 1,
	};
	struct acall_finish f;
	__u64 id, deadline;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(graces); i++) {
		ASSERT_EQ(0, running_at_deadline(self->fd, self->ctl,
						 ACALL_TEST_GATE, graces[i],
						 &id, &deadline));
		EXPECT_EQ(0, pass_time(self->fd, now_ns() + 5 * MSEC));
		EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(self->fd));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
		EXPECT_NE(0, f.cancel_ns);
	}
}

TEST_F(acall, B5_without_the_flag_neither_time_is_allowed)
{
	EXPECT_EQ(-EINVAL, sys_begin_flags(self->fd, 0, ACALL_TEST_NOP, 0, 1,
					   0, NULL));
	EXPECT_EQ(-EINVAL, sys_begin_flags(self->fd, 0, ACALL_TEST_NOP, 0, 0,
					   1, NULL));
	EXPECT_EQ(-EINVAL, sys_begin_flags(self->fd, 0, ACALL_TEST_NOP, 0,
					   FOREVER, 0, NULL));
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
}

TEST_F(acall, B5_not_together_with_NO_CANCEL)
{
	__u64 deadlines[] = { 0, now_ns() + LATER, FOREVER };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(deadlines); i++)
		EXPECT_EQ(-EINVAL, sys_begin_flags(self->fd,
						   ACALL_BEGIN_DEADLINE |
						   ACALL_BEGIN_NO_CANCEL,
						   ACALL_TEST_COOP, self->id,
						   deadlines[i], 0, NULL));
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).starts);
}

TEST_F(acall, B5_a_call_that_is_done_in_time_is_left_alone)
{
	int other = sys_create(self->dev, "test");
	struct acall_begin b = {
		.size = sizeof(b), .flags = ACALL_BEGIN_DEADLINE,
		.method = ACALL_TEST_ECHO, .in = PTR("result"), .in_len = 7,
	};
	struct acall_finish f;
	struct acall_query q;
	char out[8] = "";
	__u64 delay;

	ASSERT_EQ(0, one_call(other, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	for (delay = SOON; ; delay *= 2) {
		b.deadline = now_ns() + delay;
		ASSERT_EQ(0, sys_begin_struct(self->fd, &b));
		ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
		if (q.outcome == ACALL_OUTCOME_COMPLETED)
			break;
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	}
	/* The deadline passes before FINISH. */
	ASSERT_EQ(0, pass_time(other, b.deadline + MSEC));
	ASSERT_EQ(0, sys_finish_out(self->fd, out, sizeof(out), &f));
	EXPECT_EQ(0, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_EQ(0, f.cancel_ns);
	EXPECT_STREQ("result", out);
}

TEST_F(acall, B5_a_deadline_is_its_own_calls_alone)
{
	struct acall_finish f;
	struct acall_query q;
	__u64 deadline = now_ns() + 2 * SOON;

	/* Left before it passes, with an orphan that runs on; and the next. */
	ASSERT_EQ(0, sys_begin_deadline(self->fd, ACALL_TEST_GATE, fresh_id(),
					deadline, FOREVER));
	sys_abandon(self->fd);
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      NULL));
	ASSERT_EQ(0, pass_time(self->fd, deadline + MSEC));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
	EXPECT_EQ(0, q.cancel_ns);
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).seen);
}

TEST_F(acall, B5_each_of_many_at_its_own_time)
{
	enum { N = 40 };
	__u64 deadline[N], base = now_ns() + SOON;
	struct acall_finish f;
	int fd[N], i;

	/* In an order that is neither that of BEGIN nor its reverse. */
	for (i = 0; i < N; i++) {
		fd[i] = sys_create(self->dev, "test");
		deadline[i] = base + i * 17 % N * MSEC;
		ASSERT_EQ(0, sys_begin_deadline(fd[i], ACALL_TEST_COOP,
						self->id, deadline[i], 0));
	}
	for (i = 0; i < N; i++) {
		ASSERT_EQ(0, sys_wait_until(fd[i], 0, hopeless()));
		ASSERT_EQ(0, sys_finish(fd[i], 0, &f));
		EXPECT_EQ(-ETIME, f.status);
		EXPECT_LE(deadline[i], f.cancel_ns);
	}
}

TEST_F(acall, B5_wakes_who_waits_and_polls)
{
	struct actor w = { .act = ACT_WAIT, .fd = self->fd,
			   .wait.until = FOREVER };
	struct actor x = { .act = ACT_FINISH, .fd = self->fd };
	struct actor p = { .act = ACT_POLL, .fd = self->fd,
			   .events = POLLIN };

	ASSERT_EQ(0, sys_begin_deadline(self->fd, ACALL_TEST_COOP, self->id,
					now_ns() + 5 * SOON, 0));
	ASSERT_EQ(0, actor_start(&w));
	ASSERT_EQ(0, actor_start(&p));
	EXPECT_EQ(0, actor_join(&w));
	EXPECT_EQ(POLLIN, actor_join(&p));
	ASSERT_EQ(0, actor_start(&x));
	EXPECT_EQ(0, actor_join(&x));
	EXPECT_EQ(-ETIME, x.finish.status);
}

TEST_F(acall, B5_fires_also_when_nobody_is_left_to_wait)
{
	static const __u32 methods[] = {
		ACALL_TEST_COOP, ACALL_TEST_KILLABLE,
	};
	unsigned int i;
	int fd;

	/* Closing does not cancel them, their deadlines do. */
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		fd = sys_object_detach(self->dev, "test");
		ASSERT_EQ(0, sys_begin_deadline(fd, methods[i], self->id,
						now_ns() + SOON, 0));
		ASSERT_EQ(0, close(fd));
	}
	/* No gate was opened. */
	EXPECT_EQ(0, wait_counter("executions", 0));
}

#include "acall_main.h"
