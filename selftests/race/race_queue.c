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
