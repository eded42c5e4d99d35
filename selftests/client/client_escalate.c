// SPDX-License-Identifier: GPL-2.0-only
/*
 * CANCEL's ESCALATE [X7]: a later cancel may shorten the grace, never lengthen
 * it, changes nothing else about the call, and then answers like a first one.
 * A first canceller that still waits is told the same.
 *
 * The race is with the provider, which may end in the shortened grace: then the
 * answer is that of a first cancel too.
 */
#include "acall_more.h"

#define LATER		(600 * SEC)
#define ESCALATE	ACALL_CANCEL_ESCALATE
#define NOWAIT		ACALL_CANCEL_NOWAIT
#define ABANDON		ACALL_CANCEL_ABANDON

/* A call of @method that runs and is cancelled with a grace that never ends. */
static int cancelling(int fd, int ctl, __u32 method, __u64 id, __u64 grace)
{
	struct acall_cancel c;

	return one_call(fd, ctl, method, id, NULL) ?:
	       sys_cancel(fd, NOWAIT, 0, grace, &c);
}

static int finish_abandoned(int fd, struct acall_finish *f)
{
	CHECK(!sys_finish_now(fd, f));
	CHECK(f->status == -ECANCELED);
	CHECK(f->outcome == ACALL_OUTCOME_ABANDONED);
	return 0;
}

TEST_F(acall, X7_ESCALATE_shortens_the_grace)
{
	static const __u64 graces[] = { 1, MSEC, 20 * MSEC };
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;
	__u64 before;

	for (i = 0; i < ARRAY_SIZE(graces); i++) {
		ASSERT_EQ(0, cancelling(self->fd, self->ctl, ACALL_TEST_GATE,
					fresh_id(), FOREVER));
		before = now_ns();
		EXPECT_EQ(0, sys_cancel(self->fd, ESCALATE, 0, graces[i], &c));
		/* From now, and never early. */
		EXPECT_LE(before + graces[i], now_ns());
		EXPECT_EQ(ACALL_STATE_DONE, c.state);
		EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
		ASSERT_EQ(0, finish_abandoned(self->fd, &f));
		EXPECT_EQ(f.call_id, c.call_id);
		EXPECT_LE(before + graces[i], f.end_ns);
	}
}

TEST_F(acall, X7_ESCALATE_with_ABANDON_ends_it_at_once)
{
	static const __u32 methods[] = {
		ACALL_TEST_GATE, ACALL_TEST_LATE,
	};
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		ASSERT_EQ(0, cancelling(self->fd, self->ctl, methods[i],
					fresh_id(), FOREVER));
		EXPECT_EQ(0, sys_cancel(self->fd, ESCALATE | ABANDON, 0, 0,
					&c));
		EXPECT_EQ(ACALL_STATE_DONE, c.state);
		EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
		EXPECT_EQ(0, finish_abandoned(self->fd, &f));
	}
}

TEST_F(acall, X7_ESCALATE_never_lengthens_the_grace)
{
	static const __u64 graces[] = { FOREVER, FOREVER - 1, LATER, 1ULL << 63 };
	const __u64 first = 50 * MSEC;
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(graces); i++) {
		ASSERT_EQ(0, cancelling(self->fd, self->ctl, ACALL_TEST_GATE,
					fresh_id(), first));
		EXPECT_EQ(0, sys_cancel(self->fd, ESCALATE | NOWAIT, 0,
					graces[i], &c));
		/* Nor does it shorten it. */
		ASSERT_EQ(0, sys_wait_until(self->fd, 0, hopeless()));
		ASSERT_EQ(0, finish_abandoned(self->fd, &f));
		EXPECT_LE(first, f.end_ns - f.cancel_ns);
	}
}

TEST_F(acall, X7_ESCALATE_that_waits_waits_for_the_grace_that_counts)
{
	struct actor a = { .act = ACT_CANCEL, .fd = self->fd, .cancel = {
		.flags = ESCALATE, .grace_ns = FOREVER } };
	struct acall_finish f;

	ASSERT_EQ(0, cancelling(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
				50 * MSEC));
	ASSERT_EQ(0, actor_start(&a));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, hopeless()));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, a.cancel.outcome);
	EXPECT_EQ(0, finish_abandoned(self->fd, &f));
}

TEST_F(acall, X7_ESCALATE_with_grace_0_is_the_methods_own)
{
	struct acall_cancel c;
	struct acall_finish f;

	/* gate has none. */
	ASSERT_EQ(0, cancelling(self->fd, self->ctl, ACALL_TEST_GATE,
				fresh_id(), FOREVER));
	EXPECT_EQ(0, sys_cancel(self->fd, ESCALATE, 0, 0, &c));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
	ASSERT_EQ(0, finish_abandoned(self->fd, &f));

	/* late has a long one. */
	ASSERT_EQ(0, cancelling(self->fd, self->ctl, ACALL_TEST_LATE, self->id,
				FOREVER));
	EXPECT_EQ(0, sys_cancel(self->fd, ESCALATE | NOWAIT, 0, 0, &c));
	EXPECT_EQ(0, pass_time(self->fd, now_ns() + 5 * MSEC));
	EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(self->fd));
}

TEST_F(acall, X7_ESCALATE_again_and_again)
{
	static const __u64 graces[] = {
		FOREVER, LATER, 2 * LATER, LATER / 2, LATER / 4, LATER,
	};
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;

	ASSERT_EQ(0, cancelling(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
				FOREVER));
	for (i = 0; i < ARRAY_SIZE(graces); i++) {
		EXPECT_EQ(0, sys_cancel(self->fd, ESCALATE | NOWAIT, 0,
					graces[i], &c));
		EXPECT_EQ(ACALL_STATE_CANCELLING, c.state);
		EXPECT_EQ(0, pass_time(self->fd, now_ns() + MSEC));
	}
	EXPECT_EQ(0, sys_cancel(self->fd, ESCALATE, 0, 1, &c));
	EXPECT_EQ(0, finish_abandoned(self->fd, &f));
}

TEST_F(acall, X7_ESCALATE_of_what_nobody_cancelled_is_a_plain_CANCEL)
{
	int busy = take_slot(self->dev, self->ctl, self->id);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	struct acall_cancel c;
	struct acall_finish f;

	ASSERT_LE(0, busy);
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, fresh_id(),
			      NULL));
	EXPECT_EQ(0, sys_cancel(self->fd, ESCALATE, 0, FOREVER, &c));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, c.outcome);
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ECANCELED, f.status);

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, fresh_id(),
			      NULL));
	EXPECT_EQ(0, sys_cancel(self->fd, ESCALATE | ABANDON, 0, 0, &c));
	EXPECT_EQ(0, finish_abandoned(self->fd, &f));

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, fresh_id(),
			      NULL));
	EXPECT_EQ(0, sys_cancel(self->fd, ESCALATE | NOWAIT, 0, FOREVER, &c));
	EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(self->fd));

	ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
	EXPECT_EQ(0, sys_cancel(fd, ESCALATE, 0, 0, &c));
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, c.outcome);
}

TEST_F(acall, X7_ESCALATE_and_a_result_of_its_own_in_time_ESRCH)
{
	struct actor a = { .act = ACT_CANCEL, .fd = self->fd, .cancel = {
		.flags = ESCALATE, .grace_ns = LATER } };
	struct acall_finish f;

	ASSERT_EQ(0, cancelling(self->fd, self->ctl, ACALL_TEST_LATE, self->id,
				FOREVER));
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, 1));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(-ESRCH, actor_join(&a));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, a.cancel.outcome);
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(0, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
}

TEST_F(acall, X7_ESCALATE_of_a_call_that_is_done)
{
	static const __u32 flags[] = {
		ESCALATE, ESCALATE | NOWAIT, ESCALATE | ABANDON,
	};
	int busy = take_slot(self->dev, self->ctl, self->id);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;
	__u64 id;

	ASSERT_LE(0, busy);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		/* Done because of the first: what was asked for is so. */
		ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP,
				      fresh_id(), NULL));
		ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
		EXPECT_EQ(0, sys_cancel(self->fd, flags[i], 0, 0, &c));
		EXPECT_EQ(ACALL_STATE_DONE, c.state);
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, c.outcome);
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(f.call_id, c.call_id);

		ASSERT_EQ(0, make_orphan(self->fd, self->ctl, fresh_id()));
		ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE,
				      fresh_id(), NULL));
		ASSERT_EQ(0, sys_abandon(self->fd));
		EXPECT_EQ(0, sys_cancel(self->fd, flags[i], 0, 0, &c));
		EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
		EXPECT_EQ(0, finish_abandoned(self->fd, &f));

		ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
		ASSERT_EQ(0, sys_cancel(fd, 0, 0, 0, &c));
		EXPECT_EQ(0, sys_cancel(fd, flags[i], 0, 0, &c));
		EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, c.outcome);
		ASSERT_EQ(0, sys_finish(fd, 0, &f));

		/* Too late, with a cancel before it or without: ESRCH. */
		ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0,
				       NULL));
		ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
		EXPECT_EQ(-ESRCH, sys_cancel(self->fd, flags[i], 0, 0, &c));
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c.outcome);
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(-ESRCH, sys_cancel(self->fd, flags[i], 0, 0, &c));
		EXPECT_EQ(ACALL_STATE_IDLE, c.state);
		EXPECT_EQ(0, c.call_id);
		id = fresh_id();
		ASSERT_EQ(0, cancelling(self->fd, self->ctl, ACALL_TEST_GATE,
					id, FOREVER));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
		EXPECT_EQ(-ESRCH, sys_cancel(self->fd, flags[i], 0, 0, &c));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	}
}

TEST_F(acall, X7_the_first_canceller_is_told_too)
{
	struct actor first = { .act = ACT_CANCEL, .fd = self->fd,
			       .cancel.grace_ns = FOREVER };
	struct actor w = { .act = ACT_WAIT, .fd = self->fd,
			   .wait.until = FOREVER };
	struct acall_cancel c;
	struct acall_finish f;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, actor_block(&w));
	ASSERT_EQ(0, actor_block(&first));
	EXPECT_EQ(0, sys_cancel(self->fd, ESCALATE, 0, 1, &c));
	EXPECT_EQ(0, actor_join(&first));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, first.cancel.outcome);
	EXPECT_EQ(c.call_id, first.cancel.call_id);
	EXPECT_EQ(0, actor_join(&w));
	EXPECT_EQ(0, finish_abandoned(self->fd, &f));
}

TEST_F(acall, X7_several_escalators_wait_for_one_end)
{
	struct actor a[4];
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;

	ASSERT_EQ(0, cancelling(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
				FOREVER));
	for (i = 0; i < ARRAY_SIZE(a); i++) {
		a[i] = (struct actor) { .act = ACT_CANCEL, .fd = self->fd,
			.cancel = { .flags = ESCALATE,
				    .grace_ns = LATER - i } };
		ASSERT_EQ(0, actor_block(&a[i]));
	}
	EXPECT_EQ(0, sys_cancel(self->fd, ESCALATE | ABANDON, 0, 0, &c));
	for (i = 0; i < ARRAY_SIZE(a); i++) {
		EXPECT_EQ(0, actor_join(&a[i]));
		EXPECT_EQ(ACALL_OUTCOME_ABANDONED, a[i].cancel.outcome);
	}
	EXPECT_EQ(0, finish_abandoned(self->fd, &f));
}

static int escalate_in_child(void *arg)
{
	struct acall_cancel c;

	CHECK(!sys_cancel(*(int *)arg, ESCALATE, 0, 1, &c));
	CHECK(c.outcome == ACALL_OUTCOME_ABANDONED);
	return 0;
}

TEST_F(acall, X7_who_and_when_stay_those_of_the_first)
{
	struct acall_query before, after;
	struct acall_finish f;

	ASSERT_EQ(0, cancelling(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
				FOREVER));
	ASSERT_EQ(0, sys_query(self->fd, 0, &before));
	ASSERT_EQ(0, child_run(escalate_in_child, &self->fd));
	ASSERT_EQ(0, sys_query(self->fd, 0, &after));
	EXPECT_EQ(ACALL_REASON_CLIENT, after.reason);
	EXPECT_EQ(getpid(), after.cancel_tgid);
	EXPECT_EQ(before.cancel_ns, after.cancel_ns);
	ASSERT_EQ(0, finish_abandoned(self->fd, &f));
	EXPECT_EQ(before.cancel_ns, f.cancel_ns);
}

TEST_F(acall, X7_ESCALATE_of_another_call_ESRCH)
{
	struct acall_cancel c;
	__u64 call_id;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &call_id));
	ASSERT_EQ(0, sys_cancel(self->fd, NOWAIT, 0, FOREVER, &c));
	EXPECT_EQ(-ESRCH, sys_cancel(self->fd, ESCALATE | ABANDON,
				     call_id + 1000, 0, &c));
	EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(self->fd));
}

TEST_F(acall, X7_ABANDON_with_a_grace_or_NOWAIT_stays_EINVAL)
{
	struct acall_cancel c;

	ASSERT_EQ(0, cancelling(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
				FOREVER));
	EXPECT_EQ(-EINVAL, sys_cancel(self->fd, ESCALATE | ABANDON, 0, 1, &c));
	EXPECT_EQ(-EINVAL, sys_cancel(self->fd, ESCALATE | ABANDON | NOWAIT, 0,
				      0, &c));
	EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(self->fd));
}

/* A call that was taken from the queue and whose release does not end. */
TEST_F(acall, X7_ESCALATE_of_a_call_that_never_starts)
{
	int busy = take_slot(self->dev, self->ctl, self->id);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	__u64 id = fresh_id();
	struct acall_cancel c;
	struct acall_finish f;

	ASSERT_LE(0, busy);
	ASSERT_EQ(0, sys_begin_arg(fd, ACALL_TEST_STUCK, id, 0, 0, NULL));
	ASSERT_EQ(0, sys_cancel(fd, NOWAIT, 0, FOREVER, &c));
	ASSERT_EQ(0, wait_seen(self->ctl, id, 1));
	EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(fd));
	/* X3's second is for its files; the grace can be shortened to it. */
	EXPECT_EQ(0, sys_cancel(fd, ESCALATE, 0, 1, &c));
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, c.outcome);
	ASSERT_EQ(0, sys_finish_now(fd, &f));
	EXPECT_EQ(-ECANCELED, f.status);
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, f.outcome);
	EXPECT_LE(SEC, f.end_ns - f.cancel_ns);
}

#include "acall_main.h"
