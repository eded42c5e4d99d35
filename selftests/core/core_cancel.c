// SPDX-License-Identifier: GPL-2.0-only
/*
 * CANCEL: who may [X1], that the provider sees it [X2], queued calls [X3],
 * leaving at once [X4], waiting out a grace [X5], what the answer predicts [X6],
 * later cancels [X7, as far as it says EALREADY], too late [X8], the clock that
 * belongs to the call [X9], not waiting [X10] and ids [X11]. The races are in
 * core_race.c.
 */
#include "acall_util.h"

/* FINISH of a call that CANCEL answered 0 for. */
static int finish_cancelled(int fd, __u32 outcome, struct acall_finish *f)
{
	CHECK(!sys_finish(fd, 0, f));
	CHECK(f->status == -ECANCELED);
	CHECK(f->outcome == outcome);
	CHECK(f->cancel_ns >= f->begin_ns && f->cancel_ns <= f->end_ns);
	return 0;
}

static struct actor canceller(int fd, __u32 flags, __u64 grace_ns)
{
	return (struct actor) {
		.act = ACT_CANCEL, .fd = fd,
		.cancel = { .flags = flags, .grace_ns = grace_ns },
	};
}

TEST_F(acall, X1_by_another_thread_while_one_blocks_in_FINISH)
{
	struct actor a = { .act = ACT_FINISH, .fd = self->fd };
	struct actor b = canceller(self->fd, 0, FOREVER);

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      NULL));
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, actor_start(&b));
	EXPECT_EQ(0, actor_join(&b));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(-ECANCELED, a.finish.status);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, a.finish.outcome);
}

static int cancel_in_child(void *arg)
{
	struct acall_cancel c;

	CHECK(!sys_cancel(*(int *)arg, 0, 0, FOREVER, &c));
	return 0;
}

TEST_F(acall, X1_by_another_process)
{
	struct acall_finish f;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      NULL));
	ASSERT_EQ(0, child_run(cancel_in_child, &self->fd));
	EXPECT_EQ(0, finish_cancelled(self->fd, ACALL_OUTCOME_STOPPED, &f));
}

TEST_F(acall, X2_the_provider_sees_it_before_CANCEL_returns)
{
	struct acall_cancel c;
	struct acall_finish f;
	int i;

	/* At its gate it does not look; its next look is after the CANCEL. */
	for (i = 0; i < 200; i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_PROGRESS, id,
					   10, 3, NULL));
		ASSERT_EQ(0, wait_progress(self->fd, 3));
		ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0,
					FOREVER, &c));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, finish_cancelled(self->fd, ACALL_OUTCOME_STOPPED,
					      &f));
		ASSERT_EQ(3, f.progress);
		ASSERT_EQ(1, ctl_get(self->ctl, id).seen);
		ASSERT_EQ(0, forget(self->ctl, id));
	}
}

TEST_F(acall, X2_the_provider_sees_it_before_CANCEL_waits)
{
	struct actor a = canceller(self->fd, 0, FOREVER);

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_LATE, self->id,
			      NULL));
	ASSERT_EQ(0, actor_start(&a));
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, 1));
	EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(self->fd));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(-ESRCH, actor_join(&a));
}

TEST_F(acall, X2_an_abandoned_provider_is_asked_to_stop_too)
{
	struct acall_finish f;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      NULL));
	ASSERT_EQ(0, sys_abandon(self->fd));
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, 1));
	ASSERT_EQ(0, finish_cancelled(self->fd, ACALL_OUTCOME_ABANDONED, &f));
	ASSERT_EQ(0, wait_counter("orphans", 0));
}

TEST_F(acall, X3_a_queued_call_never_starts)
{
	static const struct {
		__u32 flags;
		__u64 grace_ns;
	} how[] = {
		{ 0, 0 }, { 0, 1 }, { 0, FOREVER },
		{ ACALL_CANCEL_ABANDON, 0 },
		{ ACALL_CANCEL_NOWAIT, 0 }, { ACALL_CANCEL_NOWAIT, FOREVER },
	};
	int busy = sys_create(self->dev, ACALL_TEST_NARROW);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	__u64 id = fresh_id(), call_id;
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;

	ASSERT_EQ(0, one_call(busy, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	for (i = 0; i < ARRAY_SIZE(how); i++) {
		ASSERT_EQ(0, sys_begin_arg(fd, ACALL_TEST_COOP, id, 0, 0,
					   &call_id));
		EXPECT_EQ(ACALL_STATE_QUEUED, state_of(fd));
		EXPECT_EQ(0, sys_cancel(fd, how[i].flags, 0, how[i].grace_ns,
					&c));
		EXPECT_EQ(call_id, c.call_id);
		if (how[i].flags & ACALL_CANCEL_NOWAIT) {
			EXPECT_EQ(0, sys_wait_until(fd, 0, FOREVER));
		} else {
			EXPECT_EQ(ACALL_STATE_DONE, c.state);
			EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, c.outcome);
		}
		EXPECT_EQ(POLLIN, readiness(fd));
		EXPECT_EQ(0, finish_cancelled(fd, ACALL_OUTCOME_NEVER_STARTED,
					      &f));
		EXPECT_EQ(0, f.start_ns);
	}
	/* Nothing of it is left that could run: the next one is the first. */
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_begin_arg(fd, ACALL_TEST_COOP, id, 0, 0, NULL));
	ASSERT_EQ(0, open_gate(self->ctl, id));
	ASSERT_EQ(0, sys_finish(fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_EQ(1, ctl_get(self->ctl, id).starts);
}

TEST_F(acall, X3_others_in_the_queue_keep_their_places)
{
	enum { N = 5 };
	int busy = sys_create(self->dev, ACALL_TEST_NARROW), fd[N], i;
	struct acall_cancel c;
	struct acall_finish f[N];

	ASSERT_EQ(0, one_call(busy, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	for (i = 0; i < N; i++) {
		fd[i] = sys_create(self->dev, ACALL_TEST_NARROW);
		ASSERT_EQ(0, sys_begin(fd[i], ACALL_TEST_NOP, NULL, 0, NULL));
	}
	ASSERT_EQ(0, sys_cancel(fd[0], 0, 0, 0, &c));
	ASSERT_EQ(0, sys_cancel(fd[2], 0, 0, 0, &c));
	ASSERT_EQ(0, sys_cancel(fd[4], 0, 0, 0, &c));
	EXPECT_EQ(ACALL_STATE_QUEUED, state_of(fd[1]));
	EXPECT_EQ(ACALL_STATE_QUEUED, state_of(fd[3]));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	for (i = 0; i < N; i++) {
		ASSERT_EQ(0, sys_finish(fd[i], 0, &f[i]));
		EXPECT_EQ(i & 1 ? ACALL_OUTCOME_COMPLETED :
			  ACALL_OUTCOME_NEVER_STARTED, f[i].outcome);
	}
	EXPECT_LE(f[1].start_ns, f[3].start_ns);
}

TEST_F(acall, X4_ABANDON_returns_at_once_whatever_the_provider_does)
{
	static const __u32 methods[] = {
		ACALL_TEST_GATE, ACALL_TEST_LATE, ACALL_TEST_COOP,
		ACALL_TEST_KILLABLE,
	};
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;
	__u64 call_id;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		ASSERT_EQ(0, one_call(self->fd, self->ctl, methods[i],
				      fresh_id(), &call_id));
		EXPECT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_ABANDON, 0, 0,
					&c));
		EXPECT_EQ(ACALL_STATE_DONE, c.state);
		EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
		EXPECT_EQ(call_id, c.call_id);
		EXPECT_EQ(0, finish_cancelled(self->fd,
					      ACALL_OUTCOME_ABANDONED, &f));
	}
	/* gate and late run on for sure. */
	EXPECT_LE(2, counter("orphans"));
	ASSERT_EQ(0, forget(self->ctl, 0));
	EXPECT_EQ(0, wait_counter("orphans", 0));
}

TEST_F(acall, X5_a_provider_that_stops_in_time_0_and_STOPPED)
{
	struct acall_cancel c;
	struct acall_finish f;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      NULL));
	EXPECT_EQ(0, sys_cancel(self->fd, 0, 0, 600 * SEC, &c));
	EXPECT_EQ(ACALL_STATE_DONE, c.state);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, c.outcome);
	EXPECT_EQ(0, finish_cancelled(self->fd, ACALL_OUTCOME_STOPPED, &f));
}

TEST_F(acall, X5_a_killable_sleep_is_stopped_by_the_signal)
{
	struct acall_cancel c;
	struct acall_finish f;
	int i;

	for (i = 0; i < 200; i++) {
		__u64 id = fresh_id();

		/* Also before it sleeps: half of them have not started. */
		ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_KILLABLE, id,
					   0, 0, NULL));
		if (i & 1)
			ASSERT_EQ(0, wait_starts(self->ctl, id, 1));
		ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
		if (c.outcome != ACALL_OUTCOME_NEVER_STARTED)
			ASSERT_EQ(ACALL_OUTCOME_STOPPED, c.outcome);
		ASSERT_EQ(0, finish_cancelled(self->fd, c.outcome, &f));
		ASSERT_EQ(0, forget(self->ctl, id));
	}
}

TEST_F(acall, X5_the_signal_can_be_turned_off)
{
	unsigned int tries = 0;
	struct acall_cancel c;
	struct acall_finish f;
	__u64 id;

	ASSERT_EQ(0, write_number(SYSFS_PARAMS, "stop_signal", 0));
	/*
	 * Then a sleep that looks for nothing but a signal is not stopped. One
	 * that is asked before it has fallen asleep need not, and is no answer.
	 */
	do {
		id = fresh_id();
		EXPECT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_KILLABLE,
				      id, NULL));
		EXPECT_EQ(0, sys_cancel(self->fd, 0, 0, 50 * MSEC, &c));
	} while (c.outcome == ACALL_OUTCOME_STOPPED && ++tries < 50 &&
		 !finish_cancelled(self->fd, c.outcome, &f));
	EXPECT_EQ(0, finish_cancelled(self->fd, ACALL_OUTCOME_ABANDONED, &f));
	EXPECT_EQ(1, counter("orphans"));
	EXPECT_EQ(0, write_number(SYSFS_PARAMS, "stop_signal", 1));
}

TEST_F(acall, X5_a_result_of_its_own_in_time_ESRCH_and_that_result)
{
	struct actor a = canceller(self->fd, 0, FOREVER);
	struct acall_finish f;

	ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_LATE, self->id, -EDOM,
				   0, NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, 1));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(-ESRCH, actor_join(&a));
	EXPECT_EQ(ACALL_STATE_DONE, a.cancel.state);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, a.cancel.outcome);
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-EDOM, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_NE(0, f.cancel_ns);
}

TEST_F(acall, X5_grace_over_0_and_ABANDONED_never_early)
{
	struct acall_cancel c;
	struct acall_finish f;
	__u64 grace, before;

	for (grace = 10 * 1000; grace <= 50 * MSEC; grace *= 5) {
		ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE,
				      fresh_id(), NULL));
		before = now_ns();
		EXPECT_EQ(0, sys_cancel(self->fd, 0, 0, grace, &c));
		EXPECT_LE(before + grace, now_ns());
		EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
		EXPECT_EQ(0, finish_cancelled(self->fd,
					      ACALL_OUTCOME_ABANDONED, &f));
		EXPECT_LE(grace, f.end_ns - f.cancel_ns);
	}
}

TEST_F(acall, X5_grace_0_is_the_methods_own)
{
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query q;

	/* hold has a short one of its own and ignores the cancel. */
	ASSERT_EQ(0, sys_begin_hold(self->fd, self->id, 0, NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_NE(0, q.grace_ns);
	EXPECT_EQ(0, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
	ASSERT_EQ(0, finish_cancelled(self->fd, ACALL_OUTCOME_ABANDONED, &f));
	EXPECT_LE(q.grace_ns, f.end_ns - f.cancel_ns);

	/* coop's own is long enough for it to stop. */
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP,
			      fresh_id(), NULL));
	EXPECT_EQ(0, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, c.outcome);
	ASSERT_EQ(0, finish_cancelled(self->fd, ACALL_OUTCOME_STOPPED, &f));

	/* gate's own is none: leaves at once. */
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, fresh_id(),
			      NULL));
	EXPECT_EQ(0, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
}

TEST_F(acall, X5_grace_FOREVER_waits_for_the_provider)
{
	static const __u64 graces[] = { FOREVER, FOREVER - 1, 1ULL << 63 };
	struct acall_finish f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(graces); i++) {
		struct actor a = canceller(self->fd, 0, graces[i]);
		__u64 id = fresh_id();

		ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, id,
				      NULL));
		ASSERT_EQ(0, actor_block(&a));
		EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(self->fd));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		EXPECT_EQ(-ESRCH, actor_join(&a));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	}
}

TEST_F(acall, X6_the_out_fields_with_0_ESRCH_and_EALREADY)
{
	struct acall_cancel c;
	__u64 call_id;

	/* No call: IDLE and 0. */
	EXPECT_EQ(-ESRCH, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(ACALL_STATE_IDLE, c.state);
	EXPECT_EQ(ACALL_OUTCOME_NONE, c.outcome);
	EXPECT_EQ(0, c.call_id);

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_LATE, self->id,
			      &call_id));
	EXPECT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	EXPECT_EQ(ACALL_STATE_CANCELLING, c.state);
	EXPECT_EQ(ACALL_OUTCOME_NONE, c.outcome);
	EXPECT_EQ(call_id, c.call_id);

	EXPECT_EQ(-EALREADY, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(ACALL_STATE_CANCELLING, c.state);
	EXPECT_EQ(ACALL_OUTCOME_NONE, c.outcome);
	EXPECT_EQ(call_id, c.call_id);

	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(-ESRCH, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(ACALL_STATE_DONE, c.state);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c.outcome);
	EXPECT_EQ(call_id, c.call_id);
}

TEST_F(acall, X7_a_second_cancel_EALREADY_and_no_effect)
{
	static const struct {
		__u32 flags;
		__u64 grace_ns;
	} how[] = {
		{ 0, 0 }, { 0, 1 }, { ACALL_CANCEL_NOWAIT, 1 },
		{ ACALL_CANCEL_ABANDON, 0 }, { 0, FOREVER },
	};
	struct acall_query before, after;
	struct acall_cancel c;
	unsigned int i;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	ASSERT_EQ(0, sys_query(self->fd, 0, &before));
	for (i = 0; i < ARRAY_SIZE(how); i++)
		EXPECT_EQ(-EALREADY, sys_cancel(self->fd, how[i].flags, 0,
						how[i].grace_ns, &c));
	/* A grace of 1 ns would be over when this WAIT is. */
	EXPECT_EQ(-ETIMEDOUT, sys_wait_until(self->fd, 0, now_ns() +
					     20 * MSEC));
	ASSERT_EQ(0, sys_query(self->fd, 0, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
}

TEST_F(acall, X7_also_after_the_cancelled_call_is_done)
{
	int busy = sys_create(self->dev, ACALL_TEST_NARROW);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	struct acall_cancel c;
	struct acall_finish f;

	/* STOPPED */
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      NULL));
	ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
	EXPECT_EQ(-EALREADY, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, c.outcome);
	EXPECT_EQ(0, finish_cancelled(self->fd, ACALL_OUTCOME_STOPPED, &f));
	/* ABANDONED */
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, fresh_id(),
			      NULL));
	ASSERT_EQ(0, sys_abandon(self->fd));
	EXPECT_EQ(-EALREADY, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
	EXPECT_EQ(0, finish_cancelled(self->fd, ACALL_OUTCOME_ABANDONED, &f));
	/* NEVER_STARTED */
	ASSERT_EQ(0, one_call(busy, self->ctl, ACALL_TEST_GATE, fresh_id(),
			      NULL));
	ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_cancel(fd, 0, 0, 0, &c));
	EXPECT_EQ(-EALREADY, sys_cancel(fd, 0, 0, 0, &c));
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, c.outcome);
	EXPECT_EQ(0, finish_cancelled(fd, ACALL_OUTCOME_NEVER_STARTED, &f));
}

TEST_F(acall, X8_after_completion_ESRCH_and_the_result_intact)
{
	static const __u32 flags[] = {
		0, ACALL_CANCEL_NOWAIT, ACALL_CANCEL_ABANDON,
	};
	struct acall_cancel c;
	struct acall_finish f;
	char out[8] = "";
	unsigned int i;

	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_ECHO, "result", 7, NULL));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		EXPECT_EQ(-ESRCH, sys_cancel(self->fd, flags[i], 0, 0, &c));
	ASSERT_EQ(0, sys_finish_out(self->fd, out, sizeof(out), &f));
	EXPECT_EQ(0, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_EQ(0, f.cancel_ns);
	EXPECT_STREQ("result", out);
}

TEST_F(acall, X8_idle_ESRCH)
{
	struct acall_cancel c;
	struct acall_finish f;

	EXPECT_EQ(-ESRCH, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(-ESRCH, sys_cancel(self->fd, ACALL_CANCEL_ABANDON, 0, 0,
				     &c));
	EXPECT_EQ(-ESRCH, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, 0, &c));
	/* Nothing sticks to the next call. */
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
}

/*
 * Interrupts a canceller within its grace; the grace grows until it could be
 * done in time on this machine.
 */
static int interrupted_cancel(int fd, int ctl, int sa_flags, __u64 *grace)
{
	struct acall_finish f;
	struct actor a;
	int ret;

	handle_signal(SIGUSR1, sa_flags);
	for (*grace = 200 * MSEC; ; *grace *= 2) {
		CHECK(!one_call(fd, ctl, ACALL_TEST_GATE, fresh_id(), NULL));
		a = canceller(fd, 0, *grace);
		CHECK(!actor_start(&a));
		while (state_of(fd) == ACALL_STATE_RUNNING)
			give_way();
		CHECK(!actor_signal(&a, SIGUSR1));
		ret = actor_join(&a);
		if (ret == -EINTR)
			return 0;
		CHECK(ret == 0);
		CHECK(*grace < 100 * SEC);
		CHECK(!sys_finish(fd, 0, &f));
	}
}

TEST_F(acall, X9_an_interrupted_canceller_has_made_its_request)
{
	struct acall_finish f;
	__u64 grace;

	ASSERT_EQ(0, interrupted_cancel(self->fd, self->ctl, 0, &grace));
	/* Nobody waits for it, and the abandonment comes on time. */
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	ASSERT_EQ(0, finish_cancelled(self->fd, ACALL_OUTCOME_ABANDONED, &f));
	EXPECT_LE(grace, f.end_ns - f.cancel_ns);
}

TEST_F(acall, X9_CANCEL_is_not_restarted_under_SA_RESTART)
{
	struct acall_finish f;
	__u64 grace;

	ASSERT_EQ(0, interrupted_cancel(self->fd, self->ctl, SA_RESTART,
					&grace));
	ASSERT_EQ(0, finish_cancelled(self->fd, ACALL_OUTCOME_ABANDONED, &f));
	EXPECT_LE(grace, f.end_ns - f.cancel_ns);
}

static int cancel_for_a_while(void *arg)
{
	struct acall_cancel c;

	sys_cancel(*(int *)arg, 0, 0, 500 * MSEC, &c);
	pause();
	return 0;
}

TEST_F(acall, X9_a_killed_canceller_has_made_its_request)
{
	struct acall_finish f;
	pid_t pid;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	pid = child_start(cancel_for_a_while, &self->fd);
	while (state_of(self->fd) == ACALL_STATE_RUNNING)
		give_way();
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(-SIGKILL, child_join(pid));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	ASSERT_EQ(0, finish_cancelled(self->fd, ACALL_OUTCOME_ABANDONED, &f));
	EXPECT_LE(500 * MSEC, f.end_ns - f.cancel_ns);
}

TEST_F(acall, X10_NOWAIT_requests_and_returns_at_once)
{
	struct acall_cancel c;
	struct acall_finish f;

	/* gate ignores it and its grace never ends: nothing to wait for. */
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	EXPECT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(self->fd));
	EXPECT_EQ(0, readiness(self->fd));
	/* It predicts nothing: the provider's own result it is. */
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(0, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
}

TEST_F(acall, X10_poll_tells_that_it_has_stopped)
{
	struct actor a = { .act = ACT_POLL, .fd = self->fd,
			   .events = POLLIN };
	struct acall_cancel c;
	struct acall_finish f;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      NULL));
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	EXPECT_EQ(POLLIN, actor_join(&a));
	EXPECT_EQ(0, finish_cancelled(self->fd, ACALL_OUTCOME_STOPPED, &f));
}

TEST_F(acall, X10_the_given_grace_runs_without_anybody_waiting)
{
	struct acall_cancel c;
	struct acall_finish f;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, 30 * MSEC,
				&c));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	ASSERT_EQ(0, finish_cancelled(self->fd, ACALL_OUTCOME_ABANDONED, &f));
	EXPECT_LE(30 * MSEC, f.end_ns - f.cancel_ns);
}

TEST_F(acall, X11_a_late_cancel_cannot_hit_the_next_call)
{
	static const __u32 flags[] = {
		0, ACALL_CANCEL_NOWAIT, ACALL_CANCEL_ABANDON,
	};
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query q;
	__u64 k, next;
	unsigned int i;

	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, &k));
	ASSERT_EQ(0, sys_finish(self->fd, k, &f));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      &next));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		EXPECT_EQ(-ESRCH, sys_cancel(self->fd, flags[i], k, 0, &c));
		EXPECT_EQ(-ESRCH, sys_cancel(self->fd, flags[i], next + 1, 0,
					     &c));
	}
	ASSERT_EQ(0, sys_query(self->fd, next, &q));
	EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
	EXPECT_EQ(0, q.cancel_ns);
	EXPECT_EQ(0, sys_cancel(self->fd, 0, next, 0, &c));
	EXPECT_EQ(next, c.call_id);
}

TEST_F(acall, no_worker_is_left_with_a_signal_pending)
{
	struct acall_cancel c;
	struct acall_finish f;
	char path[280], line[128], name[32];
	unsigned long long pending;
	struct dirent *d;
	bool worker;
	DIR *proc;
	FILE *file;
	int i, workers = 0;

	for (i = 0; i < 500; i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_KILLABLE, id,
					   0, 0, NULL));
		/* The signal and the natural end together, every other time. */
		if (i & 1)
			ASSERT_EQ(0, open_gate(self->ctl, id));
		sys_cancel(self->fd, 0, 0, FOREVER, &c);
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		ASSERT_EQ(0, forget(self->ctl, id));
	}
	ASSERT_EQ(0, wait_counter("executions", 0));
	EXPECT_EQ(0, ctl_get(self->ctl, 0).dirty);

	proc = opendir("/proc");
	ASSERT_NE(NULL, proc);
	while ((d = readdir(proc))) {
		if (d->d_name[0] < '1' || d->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/status", d->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		worker = false;
		while (fgets(line, sizeof(line), file)) {
			if (sscanf(line, "Name: %31s", name) == 1)
				worker = !strncmp(name, "kworker", 7);
			if (worker &&
			    (sscanf(line, "SigPnd: %llx", &pending) == 1 ||
			     sscanf(line, "ShdPnd: %llx", &pending) == 1)) {
				workers++;
				EXPECT_EQ(0, pending);
			}
		}
		fclose(file);
	}
	closedir(proc);
	EXPECT_LT(0, workers);
}

#include "acall_main.h"
