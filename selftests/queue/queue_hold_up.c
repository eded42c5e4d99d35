// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that get stuck: as many as a user may have running but one hold up neither
 * the short calls of their own batch and queue nor those of others, of the same
 * interface, and the share of other users is theirs.
 *
 * The race is between a runner that has taken a batch and the call in it that does
 * not end: what it has taken besides must get to another.
 */
#include "queue_util.h"

#define SHORTS	1000

/* Takes what has completed: short calls alone, each once. */
static int take_shorts(struct queue *q, unsigned char *seen, int *n)
{
	struct acall_completion c;

	while (!queue_read(q, &c)) {
		CHECK(is_completed(&c));
		CHECK(c.user_data < SHORTS && !seen[c.user_data]);
		seen[c.user_data] = 1;
		(*n)++;
	}
	return 0;
}

/*
 * SHORTS short calls, and @stuck ones that are the first of each @every; the short
 * ones end while the others are stuck.
 */
static int shorts_behind(struct queue *q, int ctl, __u32 method, __u64 id,
			 int stuck, int every)
{
	unsigned char seen[SHORTS] = { 0 };
	int put = 0, stuck_put = 0, done = 0;
	struct acall_submission s;
	struct acall_enter e;

	while (done < SHORTS) {
		while (put < SHORTS && queue_room(q)) {
			if (stuck_put < stuck && put >= stuck_put * every) {
				s = sub_arg(ACALL_TEST_GATE, id);
				s.user_data = SHORTS + stuck_put++;
			} else {
				s = sub(method, NULL, 0);
				s.user_data = put++;
			}
			CHECK(queue_put(q, &s));
		}
		CHECK(!sys_enter(q->fd, q->made.entries, 1, FOREVER, &e));
		CHECK(!e.error || e.error == -EAGAIN);
		CHECK(!take_shorts(q, seen, &done));
	}
	CHECK(stuck_put == stuck);
	/* And only they: the others have started, and nothing else. */
	CHECK(!wait_starts(ctl, id, stuck));
	CHECK(!ctl_get(ctl, id).ends);
	CHECK(!queue_unread(q));
	return 0;
}

static int end_stuck(struct queue *q, int ctl, __u64 id, int stuck)
{
	CHECK(!open_gate(ctl, id));
	CHECK(queue_drain(q) == stuck);
	CHECK(!queue_tell(q));
	return 0;
}

TEST_F(queue, P9_one_stuck_call_in_front)
{
	static const __u32 methods[] = { ACALL_TEST_NOP, ACALL_TEST_SHORT };
	static const __u32 slots[] = { 2, 3, 64, 2048 };
	struct queue q;
	unsigned int i, k;
	__u64 id;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		for (k = 0; k < ARRAY_SIZE(slots); k++) {
			id = fresh_id();
			ASSERT_EQ(0, queue_open(&q, self->dev, "test",
						slots[k], 256));
			ASSERT_EQ(0, shorts_behind(&q, self->ctl, methods[i],
						   id, 1, 1)) {
				TH_LOG("method %u, %u slots", methods[i],
				       slots[k]);
			}
			ASSERT_EQ(0, end_stuck(&q, self->ctl, id, 1));
			EXPECT_EQ(0, queue_close(&q));
		}
	}
}

TEST_F(queue, P9_as_many_stuck_calls_as_the_share_permits)
{
	static const __u32 methods[] = { ACALL_TEST_NOP, ACALL_TEST_SHORT };
	static const int every[] = { 1, 2, 8, 31 };
	int stuck = user_share(self->dev, ACALL_TEST_INTERFACE) - 1;
	struct queue q;
	unsigned int i, k;
	__u64 id;

	ASSERT_LT(0, stuck);
	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 2048, 256));
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		for (k = 0; k < ARRAY_SIZE(every); k++) {
			id = fresh_id();
			ASSERT_EQ(0, shorts_behind(&q, self->ctl, methods[i],
						   id, stuck, every[k])) {
				TH_LOG("every %d", every[k]);
			}
			ASSERT_EQ(0, end_stuck(&q, self->ctl, id, stuck));
		}
	}
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, P9_abandoned_calls_that_run_on)
{
	int stuck = user_share(self->dev, ACALL_TEST_INTERFACE) - 1, i;
	struct acall_completion c;
	struct queue q;
	__u64 handle;

	/* Orphans keep their places; their slots are free. */
	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 2, 256));
	for (i = 0; i < stuck; i++) {
		ASSERT_EQ(0, queue_one(&q, self->ctl, ACALL_TEST_GATE,
				       fresh_id(), &handle));
		ASSERT_EQ(0, queue_abandon(&q, handle));
		ASSERT_EQ(0, queue_reap(&q, &c));
	}
	EXPECT_EQ(stuck, counter("orphans"));
	ASSERT_EQ(0, shorts_behind(&q, self->ctl, ACALL_TEST_NOP, self->id, 0,
				   1));
	EXPECT_EQ(stuck, counter("orphans"));
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, P9_calls_of_another_queue_and_of_objects)
{
	int stuck = user_share(self->dev, ACALL_TEST_INTERFACE) - 1, i;
	struct acall_finish f;
	struct queue q;

	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 256, 256));
	for (i = 0; i < stuck; i++)
		ASSERT_EQ(0, queue_begin_arg(&q, ACALL_TEST_GATE, self->id,
					     NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, stuck));
	ASSERT_EQ(0, shorts_behind(&self->q, self->ctl, ACALL_TEST_NOP,
				   fresh_id(), 0, 1));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, sys_begin(self->base.fd, ACALL_TEST_NOP, NULL, 0,
				       NULL));
		ASSERT_EQ(0, sys_finish(self->base.fd, 0, &f));
		ASSERT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	}
	ASSERT_EQ(0, end_stuck(&q, self->ctl, self->id, stuck));
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, P9_the_whole_share_and_then_one_ends)
{
	int all = user_share(self->dev, ACALL_TEST_INTERFACE), i, n = 0;
	struct acall_submission s = sub_nop();
	__u64 one = fresh_id();
	struct acall_completion c;
	struct acall_enter e;
	struct queue q;

	ASSERT_LT(1, all);
	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 2048, 2048));
	ASSERT_EQ(0, queue_one(&q, self->ctl, ACALL_TEST_GATE, one, NULL));
	for (i = 1; i < all; i++)
		ASSERT_EQ(0, queue_begin_arg(&q, ACALL_TEST_GATE, self->id,
					     NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, all - 1));
	s.user_data = 7;
	for (i = 0; i < SHORTS; i++)
		ASSERT_NE(NULL, queue_put(&q, &s));
	ASSERT_EQ(0, sys_enter(q.fd, SHORTS, 0, 0, &e));
	ASSERT_EQ(SHORTS, e.begun);
	/* Nothing of his can run ... */
	EXPECT_EQ(-ETIMEDOUT, queue_wait_until(&q, 1, now_ns() + 20 * MSEC));
	/* ... and with one place all of it does. */
	ASSERT_EQ(0, open_gate(self->ctl, one));
	ASSERT_EQ(0, queue_wait(&q, SHORTS + 1));
	while (!queue_read(&q, &c)) {
		EXPECT_TRUE(is_completed(&c));
		n += c.user_data == 7;
	}
	EXPECT_EQ(SHORTS, n);
	ASSERT_EQ(0, end_stuck(&q, self->ctl, self->id, all - 1));
	EXPECT_EQ(0, queue_close(&q));
}

struct user {
	int ctl;
	__u64 id;
	int ready;
};

/* All that he may have is stuck, in a queue with work behind it. */
static int get_stuck(void *arg)
{
	struct user *u = arg;
	int dev, all, i;
	struct queue q;

	CHECK(!become(UID_B));
	dev = sys_open_device();
	all = user_share(dev, ACALL_TEST_INTERFACE);
	CHECK(!queue_open(&q, dev, "test", 256, 256));
	for (i = 0; i < all; i++)
		CHECK(!queue_begin_arg(&q, ACALL_TEST_GATE, u->id, NULL));
	CHECK(!wait_starts(u->ctl, u->id, all));
	for (i = 0; i < 64; i++)
		CHECK(!queue_begin_nop(&q, NULL));
	CHECK(write(u->ready, "x", 1) == 1);
	CHECK(queue_drain(&q) == all + 64);
	return 0;
}

static int shorts_of_another(void *arg)
{
	struct user *u = arg;
	struct queue q;

	CHECK(!become(UID_A));
	CHECK(!queue_open_alone(&q, "test", 64));
	return shorts_behind(&q, u->ctl, ACALL_TEST_NOP, fresh_id(), 0, 1);
}

TEST_F(queue, P9_one_user_does_not_hold_up_another)
{
	struct user u = { .ctl = self->ctl, .id = self->id };
	int p[2];
	char x;
	pid_t pid;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	u.ready = p[1];
	pid = child_start(get_stuck, &u);
	ASSERT_EQ(1, read(p[0], &x, 1));
	EXPECT_EQ(0, child_run(shorts_of_another, &u));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).ends);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, child_join(pid));
}

TEST_F(queue, F8_X3_a_stuck_release_holds_up_nobody)
{
	int stuck = user_share(self->dev, ACALL_TEST_INTERFACE) - 1, i;
	struct queue q;

	/* Its method has ended, its .release has not: it holds its place. */
	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 256, 256));
	for (i = 0; i < stuck; i++)
		ASSERT_EQ(0, queue_begin_arg(&q, ACALL_TEST_STUCK, self->id,
					     NULL));
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, stuck));
	ASSERT_EQ(0, shorts_behind(&q, self->ctl, ACALL_TEST_NOP, fresh_id(),
				   0, 1));
	ASSERT_EQ(0, end_stuck(&q, self->ctl, self->id, stuck));
	EXPECT_EQ(0, queue_close(&q));
}

#include "acall_main.h"
