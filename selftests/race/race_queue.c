// SPDX-License-Identifier: GPL-2.0-only
/*
 * A call queue: who cancels a short call that waits in its lane, or closes the
 * queue, against the runner that drains the lane. The short call is held up by
 * another one, whose gate is opened by one side; so cancelled is NEVER_STARTED [X3],
 * and too late is the method's own result [X8]; either is told exactly once.
 */
#include "race_util.h"
#include "queue/queue_util.h"

struct draining {
	struct queue q;
	int ctl;
	__u64 id;
	__u64 handle;
	int ret;
	struct acall_cancel c;
};

static void open_it(void *arg)
{
	struct draining *x = arg;

	open_gate(x->ctl, x->id);
}

static void cancel_it(void *arg)
{
	struct draining *x = arg;

	x->ret = sys_cancel(x->q.fd, ACALL_CANCEL_NOWAIT, x->handle, 0, &x->c);
}

static void close_it(void *arg)
{
	struct draining *x = arg;

	queue_close(&x->q);
}

/* One that runs and waits for its gate, and one behind it. */
static int begin(struct draining *x)
{
	struct acall_submission s = sub(ACALL_TEST_SHORT, NULL, 0);
	__u64 held;

	x->id = fresh_id();
	CHECK(!queue_hold_shorts(&x->q, x->ctl, x->id, &held));
	CHECK(!queue_begin(&x->q, &s, &x->handle));
	return 0;
}

/*
 * A call that has memory of its own is DONE a moment before its completion is in the
 * ring: whoever was told that it is, finds it there [B5, X2].
 */
TEST_F(prov, B5_X2_who_is_told_that_it_is_DONE_finds_it_in_the_ring)
{
	struct acall_submission s = sub_arg(ACALL_TEST_COOP, fresh_id());
	struct acall_completion c;
	struct acall_cancel cancel;
	struct queue q;
	__u64 handle;
	unsigned int i;

	ASSERT_EQ(0, queue_open(&q, self->dev, ACALL_TEST_INTERFACE, 4, 0));
	/* Long enough for another processor to wake up. */
	ASSERT_EQ(0, delays_set("TELL 10000 1000"));
	for (i = 0; i < 1 + rounds() / 4; i++) {
		s.flags |= ACALL_BEGIN_DEADLINE;
		s.deadline = 1;
		ASSERT_EQ(0, queue_begin(&q, &s, &handle));
		ASSERT_EQ(1, queue_unread(&q));
		ASSERT_EQ(0, queue_reap(&q, &c));
		EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, c.outcome);

		ASSERT_EQ(0, queue_one(&q, self->ctl, ACALL_TEST_COOP,
				       fresh_id(), &handle));
		ASSERT_EQ(0, sys_cancel(q.fd, 0, handle, FOREVER, &cancel));
		ASSERT_EQ(ACALL_STATE_DONE, cancel.state);
		ASSERT_EQ(1, queue_unread(&q));
		ASSERT_EQ(0, queue_reap(&q, &c));
		EXPECT_TRUE(is_cancelled(&c, ACALL_OUTCOME_STOPPED));
	}
	EXPECT_EQ(0, delays_reset());
	EXPECT_EQ(0, queue_close(&q));
}

static bool never_started(const struct acall_completion *c)
{
	return is_cancelled(c, ACALL_OUTCOME_NEVER_STARTED);
}

TEST_F(prov, X3_X8_CANCEL_and_the_drain_of_a_lane)
{
	struct draining x = { .ctl = self->ctl };
	struct race r = { .left = open_it, .right = cancel_it, .arg = &x };
	struct acall_completion c;
	bool never;
	int i;

	ASSERT_EQ(0, queue_open(&x.q, self->dev, ACALL_TEST_INTERFACE, 4, 0));
	ASSERT_EQ(0, race_start(&r));
	while (race_more(&r)) {
		ASSERT_EQ(0, begin(&x));
		race_round(&r);
		for (i = 0; i < 2; i++) {
			ASSERT_EQ(0, queue_reap(&x.q, &c));
			never = c.handle == x.handle && !x.ret;
			ASSERT_TRUE(never ? never_started(&c) :
				    is_completed(&c));
		}
		ASSERT_TRUE(!x.ret || x.ret == -ESRCH);
		ASSERT_EQ(0, queue_is_stale(&x.q, x.handle));
		ASSERT_EQ(0, forget(self->ctl, x.id));
		ASSERT_EQ(0, wait_counter("executions", 0));
		race_saw(&r, x.ret ? LEFT_FIRST : RIGHT_FIRST);
	}
	EXPECT_EQ(0, race_end(&r, "the drain", "cancel"));
	EXPECT_EQ(0, queue_close(&x.q));
}

TEST_F(prov, C4_the_last_close_and_the_drain_of_a_lane)
{
	struct draining x = { .ctl = self->ctl };
	struct race r = { .left = open_it, .right = close_it, .arg = &x };
	__u64 before, entered;

	ASSERT_EQ(0, race_start(&r));
	while (race_more(&r)) {
		ASSERT_EQ(0, queue_open(&x.q, self->dev, ACALL_TEST_INTERFACE,
					4, 0));
		before = ctl_get(self->ctl, 0).entered;
		ASSERT_EQ(0, begin(&x));
		race_round(&r);
		ASSERT_EQ(0, wait_counter("executions", 0));
		ASSERT_EQ(0, wait_counter("calls", 0));
		/* The one that was held, and the other if it was taken first. */
		entered = ctl_get(self->ctl, 0).entered - before;
		ASSERT_TRUE(entered == 1 || entered == 2);
		ASSERT_EQ(0, forget(self->ctl, x.id));
		ASSERT_EQ(0, wait_counter("objects", 1));
		race_saw(&r, entered == 2 ? LEFT_FIRST : RIGHT_FIRST);
	}
	EXPECT_EQ(0, race_end(&r, "the drain", "close"));
}

#include "acall_main.h"
