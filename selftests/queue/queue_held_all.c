// SPDX-License-Identifier: GPL-2.0-only
/*
 * Short calls that wait in their lane and the one that runs there, all at once:
 * CANCEL_MATCH and the cancels of ENTER, WAIT for all that have begun, the last
 * close, a provider that goes; clients who share a lane; and what the one who drains
 * it gives to methods and takes from them. [X3, X7, X8, X11, X12, B3, B4, B6, C4, W1,
 * W6, W7, F2, P5, P8]
 *
 * The race is between the drain, which is held, and whoever wants them gone.
 */
#include "queue_gone.h"
#include "queue_held.h"

#define QUEUED	ACALL_STATE_QUEUED
#define RUNNING	ACALL_STATE_RUNNING
#define DONE	ACALL_STATE_DONE

/* CANCEL_MATCH */

enum { KINDS = 16, HELD_TAG = 5, A_TAG = 0xfffffff0 };

/* Behind the one that is held: two tags x two methods. */
static int hold_kinds(struct queue *q, int ctl, __u64 id, __u64 *handle)
{
	struct acall_submission s = sub_arg(ACALL_TEST_SHORT_GATE, id);
	int i;

	s.tag = HELD_TAG;
	CHECK(!wait_starts(ctl, id, 0));
	CHECK(!queue_begin(q, &s, &handle[KINDS]));
	CHECK(!wait_starts(ctl, id, 1));
	for (i = 0; i < KINDS; i++) {
		/* Its gate will be open when it runs. */
		s = i & 1 ? sub_arg(ACALL_TEST_SHORT_GATE, id) :
			    sub(ACALL_TEST_SHORT, NULL, 0);
		s.tag = i & 2 ? A_TAG : 0;
		CHECK(!queue_begin(q, &s, &handle[i]));
	}
	return 0;
}

TEST_F(queue, X3_X8_MATCH_takes_those_that_wait_and_not_the_one_that_runs)
{
	static const struct {
		__u32 flags;
		__u32 tag;
		__u32 method;
		int mask;	/* of i in hold_kinds() */
		int value;
	} how[] = {
		{ 0, 77, 77, 0, 0 },
		{ ACALL_MATCH_TAG, 0, 77, 2, 0 },
		{ ACALL_MATCH_TAG, A_TAG, 0, 2, 2 },
		{ ACALL_MATCH_METHOD, 77, ACALL_TEST_SHORT, 1, 0 },
		{ ACALL_MATCH_METHOD, 0, ACALL_TEST_SHORT_GATE, 1, 1 },
		{ ACALL_MATCH_TAG | ACALL_MATCH_METHOD, A_TAG,
		  ACALL_TEST_SHORT, 3, 2 },
		{ ACALL_CANCEL_ABANDON | ACALL_MATCH_TAG, 0, 0, 2, 0 },
		{ ACALL_CANCEL_ESCALATE, 0, 0, 0, 0 },
		{ ACALL_MATCH_TAG, HELD_TAG, 0, 0, 1 },
		{ ACALL_MATCH_TAG, A_TAG + 1, 0, 0, 1 },
		{ ACALL_MATCH_METHOD, 0, ACALL_TEST_NOP, 0, 1 },
	};
	struct acall_cancel_match m;
	__u64 id, handle[KINDS + 1], entered;
	unsigned int i, n;
	int k;

	for (i = 0; i < ARRAY_SIZE(how); i++) {
		id = fresh_id();
		ASSERT_EQ(0, hold_kinds(&self->q, self->ctl, id, handle));
		entered = ctl_get(self->ctl, 0).entered;
		ASSERT_EQ(0, sys_cancel_match(self->q.fd, how[i].flags,
					      how[i].tag, how[i].method, 0,
					      &m));
		for (k = 0, n = 0; k < KINDS; k++) {
			bool hit = (k & how[i].mask) == how[i].value;

			EXPECT_EQ(hit ? DONE : QUEUED,
				  queue_state(&self->q, handle[k])) {
				TH_LOG("match %u, call %d", i, k);
			}
			n += hit;
		}
		EXPECT_EQ(RUNNING, queue_state(&self->q, handle[KINDS]));
		EXPECT_EQ(n, m.matched);
		EXPECT_EQ(n, m.cancelled);
		EXPECT_EQ(n, queue_unread(&self->q));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, read_verdicts(&self->q, KINDS + 1, n));
		EXPECT_EQ(entered + KINDS - n, ctl_get(self->ctl, 0).entered);
		ASSERT_EQ(0, forget(self->ctl, id));
	}
}

TEST_F(queue, X3_B6_MATCH_counts_what_it_must_not_cancel_as_matched)
{
	enum { N = 6, LONG = 3 };
	struct acall_cancel_match m;
	struct acall_completion c;
	__u64 handle[N + 1];
	int i, n = 0;

	/* Others are swept with them, and each is counted once. */
	for (i = 0; i < LONG; i++)
		ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_COOP,
				       fresh_id(), NULL));
	ASSERT_EQ(0, hold(&self->q, self->ctl, self->id, &handle[0]));
	for (i = 1; i <= N; i++)
		ASSERT_EQ(0, behind(&self->q, i & 1 ? ACALL_BEGIN_NO_CANCEL :
				    0, HELD + i, &handle[i]));
	ASSERT_EQ(0, sys_cancel_match(self->q.fd, 0, 0, 0, FOREVER, &m));
	EXPECT_EQ(LONG + N, m.matched);
	EXPECT_EQ(LONG + N / 2, m.cancelled);
	for (i = 1; i <= N; i++)
		EXPECT_EQ(i & 1 ? QUEUED : DONE,
			  queue_state(&self->q, handle[i]));
	/* Of a second one no request stands. */
	ASSERT_EQ(0, sys_cancel_match(self->q.fd, ACALL_MATCH_METHOD, 0,
				      ACALL_TEST_SHORT, FOREVER, &m));
	EXPECT_EQ(N / 2, m.matched);
	EXPECT_EQ(0, m.cancelled);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, queue_wait(&self->q, LONG + 1 + N));
	while (!queue_read(&self->q, &c))
		n += is_cancelled(&c, ACALL_OUTCOME_NEVER_STARTED);
	EXPECT_EQ(N / 2, n);
}

TEST_F(queue, X3_MATCH_of_more_than_it_looks_at_in_one_go)
{
	enum { N = 299 };
	struct acall_cancel_match m;
	struct queue q;
	int i;

	ASSERT_EQ(0, queue_open(&q, self->dev, "test", N + 1, 512));
	ASSERT_EQ(0, hold(&q, self->ctl, self->id, NULL));
	for (i = 1; i <= N; i++)
		ASSERT_EQ(0, behind(&q, 0, HELD + i, NULL));
	ASSERT_EQ(0, sys_cancel_match(q.fd, 0, 0, 0, 0, &m));
	EXPECT_EQ(N, m.matched);
	EXPECT_EQ(N, m.cancelled);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, read_verdicts(&q, N + 1, N));
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, X3_X7_X8_B6_a_batch_of_cancels_each_with_its_own_verdict)
{
	enum { N = 5, FIRM = 3 };
	struct acall_enter_cancel ec[N + 3] = { 0 };
	static const int want[N + 3] = {
		-ESRCH, 0, 0, -EPERM, 0, 0, -EALREADY, -EINVAL,
	};
	__u64 handle[N + 1];
	int i;

	ASSERT_EQ(0, hold(&self->q, self->ctl, self->id, &handle[0]));
	for (i = 1; i <= N; i++)
		ASSERT_EQ(0, behind(&self->q, i == FIRM ?
				    ACALL_BEGIN_NO_CANCEL : 0, HELD + i,
				    &handle[i]));
	for (i = 0; i < N + 3; i++) {
		ec[i].handle = handle[i <= N ? i : i == N + 1 ? 1 : FIRM];
		ec[i].flags = i == N + 2 ? 1U << 31 : 0;
		ec[i].grace_ns = i & 1 ? FOREVER : 0;
		ec[i].error = 99;
	}
	ASSERT_EQ(0, enter_cancels(&self->q, ec, N + 3, N - 1));
	for (i = 0; i < N + 3; i++) {
		EXPECT_EQ(want[i], ec[i].error) {
			TH_LOG("cancel %d", i);
		}
	}
	EXPECT_EQ(N - 1, queue_unread(&self->q));
	EXPECT_EQ(RUNNING, queue_state(&self->q, handle[0]));
	EXPECT_EQ(QUEUED, queue_state(&self->q, handle[FIRM]));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, read_verdicts(&self->q, N + 1, N - 1));
}

TEST_F(queue, X11_a_late_cancel_cannot_hit_the_next_one_that_waits)
{
	struct acall_enter_cancel ec = { .error = 99 };
	__u64 held, old, handle;
	struct acall_cancel c;
	struct queue q;
	int i;

	/* Of the slots one is the held one's, so the other is used anew. */
	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 2, 0));
	ASSERT_EQ(0, hold(&q, self->ctl, self->id, &held));
	ASSERT_EQ(0, behind(&q, 0, HELD + 1, &handle));
	for (i = 0; i < 20; i++) {
		old = handle;
		ASSERT_EQ(0, sys_cancel(q.fd, 0, old, 0, &c));
		ASSERT_EQ(0, read_verdicts(&q, 1, 1));
		ASSERT_EQ(0, behind(&q, 0, HELD + 1, &handle));
		EXPECT_NE(old, handle);
		EXPECT_EQ(-ESRCH, sys_cancel(q.fd, 0, old, 0, &c));
		EXPECT_EQ(ACALL_STATE_IDLE, c.state);
		ec.handle = old;
		ASSERT_EQ(0, enter_cancels(&q, &ec, 1, 0));
		EXPECT_EQ(-ESRCH, ec.error);
		ASSERT_EQ(QUEUED, queue_state(&q, handle));
	}
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, read_verdicts(&q, 2, 0));
	EXPECT_EQ(0, queue_close(&q));
}

/* WAIT with SETTLED */

static struct actor settler(struct queue *q, __u64 handle)
{
	return (struct actor) {
		.act = ACT_WAIT, .fd = q->fd,
		.wait = { .flags = ACALL_WAIT_SETTLED, .call_id = handle,
			  .until = FOREVER },
	};
}

TEST_F(queue, W1_W6_settled_0_while_short_ones_run_and_wait)
{
	/* Of as many in one go the client is told. */
	enum { BATCH = 32 };
	struct actor a = settler(&self->q, 0);
	__u64 later = fresh_id(), handle[1 + BATCH];
	struct acall_query query;

	ASSERT_EQ(0, hold_many(&self->q, self->ctl, self->id, BATCH,
			       handle));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->q.fd, 0, 0));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->q.fd, 0,
					       now_ns() + 10 * MSEC));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->q.fd, handle[0], 0));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->q.fd, handle[BATCH],
					       0));
	ASSERT_EQ(0, sys_query(self->q.fd, 0, &query));
	EXPECT_EQ(1 + BATCH, query.executions);
	ASSERT_EQ(0, actor_block(&a));
	/* What begins later, and runs when the others are over, is not meant. */
	ASSERT_EQ(0, wait_starts(self->ctl, later, 0));
	ASSERT_EQ(0, queue_begin_arg(&self->q, ACALL_TEST_SHORT_GATE, later,
				     NULL));
	EXPECT_FALSE(actor_ended(&a));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->q.fd, 0, 0));
	EXPECT_EQ(1 + BATCH, queue_unread(&self->q));
	ASSERT_EQ(0, open_gate(self->ctl, later));
	EXPECT_EQ(0, read_verdicts(&self->q, 1 + BATCH + 1, 0));
	EXPECT_EQ(0, sys_wait_settled(self->q.fd, 0, FOREVER));
}

TEST_F(queue, W6_settled_by_the_handle_of_one_that_waits)
{
	struct acall_cancel c;
	struct actor a, b;
	__u64 handle[3];

	ASSERT_EQ(0, hold_many(&self->q, self->ctl, self->id, 2, handle));
	a = settler(&self->q, handle[1]);
	ASSERT_EQ(0, actor_block(&a));
	b = settler(&self->q, handle[2]);
	ASSERT_EQ(0, actor_block(&b));
	/* It will not run, so nothing will change any more. */
	EXPECT_EQ(0, sys_cancel(self->q.fd, 0, handle[1], 0, &c));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(0, actor_blocked(&b));
	EXPECT_FALSE(actor_ended(&b));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, actor_join(&b));
	EXPECT_EQ(0, read_verdicts(&self->q, 3, 1));
	EXPECT_EQ(0, sys_wait_settled(self->q.fd, handle[2], FOREVER));
}

TEST_F(queue, W7_settled_0_is_interrupted_by_a_signal_and_not_restarted)
{
	struct actor a = settler(&self->q, 0);
	__u64 handle[2];

	handle_signal(SIGUSR1, SA_RESTART);
	ASSERT_EQ(0, hold_many(&self->q, self->ctl, self->id, 1, handle));
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, actor_signal(&a, SIGUSR1));
	EXPECT_EQ(-EINTR, actor_join(&a));
	EXPECT_EQ(QUEUED, queue_state(&self->q, handle[1]));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, read_verdicts(&self->q, 2, 0));
}

/* The last close */

TEST_F(queue, C4_B6_close_those_that_wait_never_start_but_NO_CANCEL_runs_on)
{
	enum { N = 99, FIRM = 9 };
	__u64 entered;
	struct queue q;
	int i;

	ASSERT_EQ(0, queue_open(&q, self->dev, "test", N + 1, 0));
	ASSERT_EQ(0, hold(&q, self->ctl, self->id, NULL));
	for (i = 1; i <= N; i++)
		ASSERT_EQ(0, behind(&q, i % 11 ? 0 : ACALL_BEGIN_NO_CANCEL,
				    HELD + i, NULL));
	entered = ctl_get(self->ctl, 0).entered;
	EXPECT_EQ(1 + N, counter("executions"));
	ASSERT_EQ(0, queue_close(&q));
	EXPECT_EQ(1 + FIRM, counter("executions"));
	EXPECT_EQ(1 + FIRM, list_count(self->dev, 0));
	EXPECT_EQ(1 + FIRM, charged_calls(self->dev));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, wait_counter("executions", 0));
	EXPECT_EQ(entered + FIRM, ctl_get(self->ctl, 0).entered);
	EXPECT_EQ(0, charged_calls(self->dev));
}

TEST_F(queue, C4_DETACH_those_that_wait_run_after_the_last_close)
{
	enum { N = 40 };
	__u64 entered;
	struct queue q;
	int i;

	ASSERT_EQ(0, queue_open_flags(&q, self->dev, "test",
				      ACALL_CREATE_DETACH, N + 1, 0));
	ASSERT_EQ(0, hold(&q, self->ctl, self->id, NULL));
	for (i = 1; i <= N; i++)
		ASSERT_EQ(0, behind(&q, 0, HELD + i, NULL));
	entered = ctl_get(self->ctl, 0).entered;
	ASSERT_EQ(0, queue_close(&q));
	EXPECT_EQ(1 + N, counter("executions"));
	EXPECT_EQ(1 + N, charged_calls(self->dev));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, wait_counter("executions", 0));
	EXPECT_EQ(entered + N, ctl_get(self->ctl, 0).entered);
	EXPECT_EQ(0, charged_calls(self->dev));
}

/* A provider that goes */

TEST_F(gone, P8_X12_short_ones_that_wait_never_start_and_the_one_that_runs_ends)
{
	enum { N = 150 };
	struct acall_completion c;
	struct acall_query query;
	__u64 held, last, entered;
	struct queue q;
	int i;

	ASSERT_EQ(0, queue_open(&q, self->hot.base.dev, ACALL_TEST_HOT, N + 1,
				0));
	ASSERT_EQ(0, hold(&q, self->ctl, self->id, &held));
	/* NO_CANCEL does not bind it. */
	for (i = 1; i <= N; i++)
		ASSERT_EQ(0, behind(&q, i & 1 ? ACALL_BEGIN_NO_CANCEL : 0,
				    HELD + i, &last));
	entered = ctl_get(self->ctl, 0).entered;
	ASSERT_EQ(0, actor_start(&self->hot.unregister));
	ASSERT_EQ(0, queue_wait(&q, N));
	ASSERT_EQ(0, sys_query(q.fd, last, &query));
	EXPECT_EQ(DONE, query.state);
	EXPECT_EQ(ACALL_REASON_PROVIDER, query.reason);
	for (i = 0; i < N; i++) {
		ASSERT_EQ(0, queue_read(&q, &c));
		EXPECT_EQ(-ENODEV, c.status);
		EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, c.outcome);
		EXPECT_NE(held, c.handle);
	}
	/* It returns when nobody is in the provider's code any more. */
	EXPECT_EQ(0, actor_blocked(&self->hot.unregister));
	EXPECT_FALSE(actor_ended(&self->hot.unregister));
	EXPECT_EQ(RUNNING, queue_state(&q, held));
	EXPECT_EQ(0, revents_of(q.fd, POLLIN));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, actor_join(&self->hot.unregister));
	EXPECT_EQ(POLLIN | POLLHUP, revents_of(q.fd, POLLIN));
	ASSERT_EQ(0, queue_reap(&q, &c));
	EXPECT_EQ(held, c.handle);
	EXPECT_TRUE(is_completed(&c));
	EXPECT_EQ(POLLHUP, revents_of(q.fd, POLLIN));
	EXPECT_EQ(entered, ctl_get(self->ctl, 0).entered);
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(gone, P8_C4_detached_ones_that_wait_of_a_queue_that_is_closed)
{
	__u64 entered;
	struct queue q;
	int i;

	ASSERT_EQ(0, queue_open_flags(&q, self->hot.base.dev, ACALL_TEST_HOT,
				      ACALL_CREATE_DETACH, 8, 0));
	ASSERT_EQ(0, hold(&q, self->ctl, self->id, NULL));
	for (i = 1; i < 8; i++)
		ASSERT_EQ(0, behind(&q, 0, HELD + i, NULL));
	entered = ctl_get(self->ctl, 0).entered;
	ASSERT_EQ(0, queue_close(&q));
	EXPECT_EQ(8, counter("executions"));
	ASSERT_EQ(0, actor_start(&self->hot.unregister));
	EXPECT_EQ(0, wait_counter("executions", 1));
	EXPECT_FALSE(actor_ended(&self->hot.unregister));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, actor_join(&self->hot.unregister));
	EXPECT_EQ(entered, ctl_get(self->ctl, 0).entered);
	EXPECT_EQ(0, counter("executions"));
}

/* Clients who share a lane */

struct sharer {
	struct queue *q;	/* the parent's too */
	int ready;
	int hear;
};

/* One in each of both queues; his own is told to him, the other to whoever reads. */
static int share_a_lane(void *arg)
{
	struct acall_completion c;
	struct sharer *s = arg;
	struct queue own;
	char x;

	CHECK(!queue_open_alone(&own, "test", 4));
	CHECK(!behind(s->q, 0, HELD + 2, NULL));
	CHECK(!behind(&own, 0, HELD + 3, NULL));
	CHECK(!behind(s->q, 0, HELD + 4, NULL));
	CHECK(write(s->ready, "x", 1) == 1);
	CHECK(!queue_reap(&own, &c));
	CHECK(is_completed(&c) && c.user_data == HELD + 3);
	/* He is there as long as anybody looks at whose they are. */
	return read(s->hear, &x, 1) == 1 ? 0 : 1;
}

TEST_F(queue, B4_clients_who_share_a_lane_and_a_queue)
{
	struct sharer s = { .q = &self->q };
	static const int told[] = { 0, 1, 2, 4, 5 };
	struct acall_list_record r;
	struct acall_completion c;
	__u64 handle[6];
	int p[2], go[2];
	unsigned int i;
	char x = 'x';
	pid_t pid;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	s.ready = p[1];
	s.hear = go[0];
	ASSERT_EQ(0, hold_many(&self->q, self->ctl, self->id, 1, handle));
	pid = child_start(share_a_lane, &s);
	ASSERT_EQ(1, read(p[0], &x, 1));
	self->q.tail = self->q.ring->submission_tail;
	ASSERT_EQ(0, behind(&self->q, 0, HELD + 5, &handle[5]));
	/* Who begins is who owns it, also in another's queue. */
	for (i = 0; i < 6; i++) {
		ASSERT_EQ(0, list_find_data(self->dev, HELD + i, &r));
		EXPECT_EQ(i ? QUEUED : RUNNING, r.state);
		EXPECT_EQ(i >= 2 && i <= 4 ? pid : getpid(), r.owner_tgid);
	}
	/* They are taken in one go, and each queue is told of its own. */
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, queue_wait(&self->q, ARRAY_SIZE(told)));
	for (i = 0; i < ARRAY_SIZE(told); i++) {
		ASSERT_EQ(0, queue_read(&self->q, &c));
		EXPECT_TRUE(is_completed(&c));
		EXPECT_EQ(HELD + told[i], c.user_data);
	}
	EXPECT_EQ(0, queue_unread(&self->q));
	ASSERT_EQ(0, queue_tell(&self->q));
	ASSERT_EQ(1, write(go[1], &x, 1));
	EXPECT_EQ(0, child_join(pid));
}

/* What a drain gives and takes */

TEST_F(queue, B3_F2_input_and_result_of_one_short_call_are_not_the_nexts)
{
	struct acall_test_arg arg = { .id = self->id, .value = -EDOM };
	struct acall_submission s[4];
	struct acall_completion c[4];
	struct acall_enter e;
	int i;

	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 0));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	/*
	 * All of it; its id alone, the rest is zero; twice nothing: id 0 has no gate,
	 * and what the method has written there is gone.
	 */
	s[0] = sub(ACALL_TEST_SHORT_GATE, &arg, sizeof(arg));
	s[1] = sub(ACALL_TEST_SHORT_GATE, &arg, sizeof(arg.id));
	s[2] = sub(ACALL_TEST_SHORT_GATE, NULL, 0);
	s[3] = s[2];
	for (i = 0; i < 4; i++)
		ASSERT_NE(NULL, queue_put(&self->q, &s[i]));
	ASSERT_EQ(0, sys_enter(self->q.fd, 4, 4, FOREVER, &e));
	ASSERT_EQ(4, e.begun);
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, queue_read(&self->q, &c[i]));
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c[i].outcome);
		EXPECT_EQ(0, c[i].result);
	}
	EXPECT_EQ(-EDOM, c[0].status);
	EXPECT_EQ(0, c[1].status);
	EXPECT_EQ(-ETIMEDOUT, c[2].status);
	EXPECT_EQ(-ETIMEDOUT, c[3].status);
	EXPECT_EQ(2, ctl_get(self->ctl, self->id).starts);
	EXPECT_EQ(2, ctl_get(self->ctl, self->id).ends);
}

/* What the one with that input is to have left. */
static bool left(const struct acall_completion *c, __u64 pause)
{
	bool progress = pause == ACALL_TEST_COMMIT_PROGRESS;

	return is_completed(c) &&
	       c->result == (pause == ACALL_TEST_COMMIT_FIRST ?
			     ACALL_RESULT_COMMITTED : 0) &&
	       c->progress == progress && c->total == 2 * progress;
}

TEST_F(queue, P5_a_short_one_that_commits_and_the_next_that_does_not)
{
	static const __u64 pauses[] = {
		ACALL_TEST_COMMIT_NEVER, ACALL_TEST_COMMIT_FIRST,
		ACALL_TEST_COMMIT_PROGRESS, ACALL_TEST_COMMIT_NEVER,
	};
	struct acall_submission s[ARRAY_SIZE(pauses)];
	struct acall_completion c;
	struct acall_enter e;
	int i;

	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 0));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	for (i = 0; i < 4; i++) {
		s[i] = sub_value(ACALL_TEST_SHORT_GATE, self->id, 0, pauses[i]);
		ASSERT_NE(NULL, queue_put(&self->q, &s[i]));
	}
	ASSERT_EQ(0, sys_enter(self->q.fd, 4, 4, FOREVER, &e));
	for (i = 0; i < 4; i++) {
		struct acall_query query;

		ASSERT_EQ(0, queue_read(&self->q, &c));
		EXPECT_TRUE(left(&c, pauses[i]));
		ASSERT_EQ(0, sys_query(self->q.fd, c.handle, &query));
		EXPECT_EQ(c.result, query.result);
		EXPECT_EQ(c.progress, query.progress);
		EXPECT_EQ(c.total, query.total);
	}
	EXPECT_EQ(1, ctl_get(self->ctl, self->id).commits);
	ASSERT_EQ(0, queue_tell(&self->q));
	/* Nor in ENTER's own. */
	for (i = 1; i < 4; i++) {
		ASSERT_NE(NULL, queue_put(&self->q, &s[i]));
		ASSERT_EQ(0, sys_enter(self->q.fd, 1, 1, FOREVER, &e));
		ASSERT_EQ(0, queue_read(&self->q, &c));
		EXPECT_TRUE(left(&c, pauses[i]));
		ASSERT_EQ(0, queue_tell(&self->q));
	}
	EXPECT_EQ(2, ctl_get(self->ctl, self->id).commits);
}

#include "acall_main.h"
