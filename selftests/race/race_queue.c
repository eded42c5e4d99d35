// SPDX-License-Identifier: GPL-2.0-only
/*
 * A call queue: who cancels a short call that waits in its lane, or closes the
 * queue, against the runner that drains the lane; and an ENTER that runs its call
 * itself against those who want the same slot. The short call is held up by
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

/* Two who begin and wait for one each: whoever comes first may run it here [S3]. */
struct callers {
	struct queue q;
	struct acall_completion read;	/* of the round before */
	int left, right;
	struct acall_enter left_enter, right_enter;
	struct acall_finish f;
};

static void enter_left(void *arg)
{
	struct callers *x = arg;

	x->left = sys_enter(x->q.fd, 1, 1, FOREVER, &x->left_enter);
}

static void enter_right(void *arg)
{
	struct callers *x = arg;

	x->right = sys_enter(x->q.fd, 1, 1, FOREVER, &x->right_enter);
}

static void finish_right(void *arg)
{
	struct callers *x = arg;

	x->right = sys_finish(x->q.fd, x->read.handle, &x->f);
}

static int put_short(struct callers *x)
{
	struct acall_submission s = sub(ACALL_TEST_SHORT, NULL, 0);

	return queue_put(&x->q, &s) ? 0 : -ENOBUFS;
}

TEST_F(prov, S3_F5_ENTER_and_FINISH_of_the_one_before)
{
	struct callers x = { 0 };
	struct race r = { .left = enter_left, .right = finish_right,
			  .arg = &x, .points = "ENTER_PINNED 100 300" };

	ASSERT_EQ(0, queue_open(&x.q, self->dev, ACALL_TEST_INTERFACE, 4, 0));
	ASSERT_EQ(0, put_short(&x));
	enter_left(&x);
	ASSERT_EQ(0, x.left);
	ASSERT_EQ(0, race_start(&r));
	while (race_more(&r)) {
		ASSERT_EQ(0, queue_read(&x.q, &x.read));
		ASSERT_TRUE(is_completed(&x.read));
		ASSERT_EQ(0, put_short(&x));
		race_round(&r);
		ASSERT_EQ(0, x.left);
		ASSERT_EQ(1, x.left_enter.begun);
		ASSERT_TRUE(!x.right || x.right == -ESRCH);
		ASSERT_EQ(0, queue_is_stale(&x.q, x.read.handle));
		ASSERT_EQ(1, charged_calls(self->dev));
		ASSERT_EQ(0, wait_counter("executions", 0));
		race_saw(&r, x.right ? LEFT_FIRST : RIGHT_FIRST);
	}
	EXPECT_EQ(0, race_end(&r, "enter", "finish"));
	EXPECT_EQ(0, queue_close(&x.q));
}

/* Who was first neither can tell. */
TEST_F(prov, S3_ENTER_and_ENTER_for_one_each)
{
	struct callers x = { 0 };
	struct race r = { .left = enter_left, .right = enter_right, .arg = &x,
			  .points = "ENTER_PINNED 100 300" };

	ASSERT_EQ(0, queue_open(&x.q, self->dev, ACALL_TEST_INTERFACE, 4, 0));
	ASSERT_EQ(0, race_start(&r));
	while (r.rounds < rounds() * 2) {
		ASSERT_EQ(0, put_short(&x));
		ASSERT_EQ(0, put_short(&x));
		race_round(&r);
		ASSERT_EQ(0, x.left);
		ASSERT_EQ(0, x.right);
		ASSERT_EQ(1, x.left_enter.begun);
		ASSERT_EQ(1, x.right_enter.begun);
		/* One of them may have waited for the other's. */
		ASSERT_EQ(0, queue_wait(&x.q, 2));
		ASSERT_EQ(0, queue_read(&x.q, &x.read));
		ASSERT_TRUE(is_completed(&x.read));
		ASSERT_EQ(0, queue_read(&x.q, &x.read));
		ASSERT_TRUE(is_completed(&x.read));
		/* So that there is one slot to be used anew. */
		ASSERT_EQ(0, put_short(&x));
		enter_left(&x);
		ASSERT_EQ(0, x.left);
		ASSERT_EQ(0, queue_read(&x.q, &x.read));
		r.shift = (__s64)roll(&r.dice[0], 20000) - 10000;
	}
	ASSERT_EQ(0, delays_reset());
	r.stop = true;
	__atomic_store_n(&r.called, r.rounds + 1, __ATOMIC_RELEASE);
	pthread_join(r.thread, NULL);
	ASSERT_EQ(0, queue_tell(&x.q));
	EXPECT_EQ(0, charged_calls(self->dev));
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
