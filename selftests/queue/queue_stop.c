// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contract of calls, of those in the slots of a queue, when they are cancelled:
 * what core, client and provider tests ask of call objects, clause by clause, for
 * methods that are queued, that are short, that wait and that hold no thread. What
 * a queue adds to it is in the other queue tests. [X1-X13, P5]
 *
 * The race is the one of each clause; two calls of a slot, one after the other,
 * must not be taken for each other.
 */
#include "provider/prov_util.h"
#include "queue_more.h"

/* A plain short method, the one that is declared so, and an inline one. */
static const __u32 shorts[] = { ACALL_TEST_NOP, ACALL_TEST_SHORT };

/* CANCEL */

TEST_F(queue, X1_X2_by_another_thread_and_the_provider_sees_it)
{
	struct actor a, b;
	__u64 handle;

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_LATE, self->id,
			       &handle));
	a = handle_actor(&self->q, ACT_FINISH, handle);
	ASSERT_EQ(0, actor_block(&a));
	b = handle_actor(&self->q, ACT_CANCEL, handle);
	ASSERT_EQ(0, actor_start(&b));
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, 1));
	EXPECT_EQ(ACALL_STATE_CANCELLING, queue_state(&self->q, handle));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(-ESRCH, actor_join(&b));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, a.finish.outcome);
	EXPECT_NE(0, a.finish.cancel_ns);
}

TEST_F(queue, X2_F2_the_progress_of_a_stopped_call_is_exact)
{
	struct acall_submission s;
	struct acall_cancel c;
	struct acall_finish f;
	__u64 handle, id;
	int i;

	/* At its gate it does not look; its next look is after the CANCEL. */
	for (i = 0; i < 200; i++) {
		id = fresh_id();
		s = sub_value(ACALL_TEST_PROGRESS, id, 10, 3);
		ASSERT_EQ(0, queue_begin(&self->q, &s, &handle));
		ASSERT_EQ(0, queue_wait_progress(&self->q, handle, 3));
		ASSERT_EQ(0, sys_cancel(self->q.fd, ACALL_CANCEL_NOWAIT,
					handle, FOREVER, &c));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, both_cancelled(&self->q, handle,
					    ACALL_OUTCOME_STOPPED, &f));
		ASSERT_EQ(3, f.progress);
		ASSERT_EQ(10, f.total);
		ASSERT_EQ(0, forget(self->ctl, id));
	}
}

TEST_F(queue, X3_queued_never_starts)
{
	__u64 id = fresh_id(), handle, entered;
	struct acall_submission s;
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i, k;
	struct queue q;

	ASSERT_EQ(0, narrow(&q, self->dev, self->ctl, self->id, 4));
	entered = ctl_get(self->ctl, 0).entered;
	for (i = 0; i < ARRAY_SIZE(cancels); i++) {
		for (k = 0; k < 2; k++) {
			s = k ? sub_arg(ACALL_TEST_COOP, id) : sub_nop();
			ASSERT_EQ(0, queue_begin(&q, &s, &handle));
			EXPECT_EQ(ACALL_STATE_QUEUED, queue_state(&q, handle));
			EXPECT_EQ(0, sys_cancel(q.fd, cancels[i].flags, handle,
						cancels[i].grace_ns, &c));
			EXPECT_EQ(handle, c.call_id);
			if (!(cancels[i].flags & ACALL_CANCEL_NOWAIT)) {
				EXPECT_EQ(ACALL_STATE_DONE, c.state);
				EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED,
					  c.outcome);
				EXPECT_EQ(1, queue_unread(&q));
			}
			ASSERT_EQ(0, both_cancelled(&q, handle,
						    ACALL_OUTCOME_NEVER_STARTED,
						    &f));
			EXPECT_EQ(0, f.start_ns);
		}
	}
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, next_call_works(&q));
	EXPECT_EQ(entered + 1, ctl_get(self->ctl, 0).entered);
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, X3_queued_short_ones_never_start)
{
	struct acall_submission s = sub(ACALL_TEST_SHORT, NULL, 0);
	__u64 held, handle, entered;
	struct acall_completion done;
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;

	ASSERT_EQ(0, queue_hold_shorts(&self->q, self->ctl, self->id, &held));
	entered = ctl_get(self->ctl, 0).entered;
	for (i = 0; i < ARRAY_SIZE(cancels); i++) {
		ASSERT_EQ(0, queue_begin(&self->q, &s, &handle));
		EXPECT_EQ(ACALL_STATE_QUEUED, queue_state(&self->q, handle));
		EXPECT_EQ(0, sys_cancel(self->q.fd, cancels[i].flags, handle,
					cancels[i].grace_ns, &c));
		EXPECT_EQ(handle, c.call_id);
		EXPECT_EQ(ACALL_STATE_DONE, c.state);
		EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, c.outcome);
		EXPECT_EQ(-EALREADY, sys_cancel(self->q.fd, 0, handle, 0, &c));
		ASSERT_EQ(0, both_cancelled(&self->q, handle,
					    ACALL_OUTCOME_NEVER_STARTED, &f));
		EXPECT_EQ(0, f.start_ns);
	}
	EXPECT_EQ(entered, ctl_get(self->ctl, 0).entered);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, queue_reap(&self->q, &done));
	EXPECT_EQ(held, done.handle);
	EXPECT_TRUE(is_completed(&done));
	EXPECT_EQ(0, next_call_works(&self->q));
}

TEST_F(queue, X8_a_short_one_that_runs_is_over)
{
	struct acall_completion c;
	struct acall_cancel x;
	struct actor a;
	__u64 handle;

	ASSERT_EQ(0, queue_hold_shorts(&self->q, self->ctl, self->id, &handle));
	EXPECT_EQ(ACALL_STATE_RUNNING, queue_state(&self->q, handle));
	EXPECT_EQ(-ESRCH, sys_cancel(self->q.fd, ACALL_CANCEL_NOWAIT, handle,
				     0, &x));
	EXPECT_EQ(ACALL_STATE_RUNNING, x.state);
	/* Without NOWAIT the answer comes when FINISH has the result. */
	a = handle_actor(&self->q, ACT_CANCEL, handle);
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(-ESRCH, actor_join(&a));
	EXPECT_EQ(ACALL_STATE_DONE, a.cancel.state);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, a.cancel.outcome);
	ASSERT_EQ(0, queue_read(&self->q, &c));
	EXPECT_TRUE(is_completed(&c));
}

TEST_F(queue, X3_others_of_the_batch_run)
{
	enum { N = 32 };
	struct acall_submission s = sub_nop();
	struct acall_completion c;
	struct acall_cancel x;
	struct acall_enter e;
	__u64 handle[N];
	struct queue q;
	int i;

	ASSERT_EQ(0, narrow(&q, self->dev, self->ctl, self->id, N));
	for (i = 0; i < N; i++) {
		s.user_data = i;
		ASSERT_NE(NULL, queue_put(&q, &s));
	}
	ASSERT_EQ(0, sys_enter(q.fd, N, 0, 0, &e));
	ASSERT_EQ(N, e.begun);
	for (i = 0; i < N; i++)
		handle[i] = q.submissions[i].handle;
	for (i = 0; i < N; i += 3)
		ASSERT_EQ(0, sys_cancel(q.fd, 0, handle[i], 0, &x));
	for (i = 0; i < N; i++)
		EXPECT_EQ(i % 3 ? ACALL_STATE_QUEUED : ACALL_STATE_DONE,
			  queue_state(&q, handle[i]));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, queue_wait(&q, N));
	for (i = 0; i < N; i++) {
		ASSERT_EQ(0, queue_read(&q, &c));
		EXPECT_TRUE(c.user_data % 3 ? is_completed(&c) :
			    is_cancelled(&c, ACALL_OUTCOME_NEVER_STARTED));
	}
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, X4_abandon_frees_at_once)
{
	static const __u32 methods[] = {
		ACALL_TEST_GATE, ACALL_TEST_LATE, ACALL_TEST_COOP,
		ACALL_TEST_KILLABLE,
	};
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;
	__u64 handle;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		ASSERT_EQ(0, queue_one(&self->q, self->ctl, methods[i],
				       fresh_id(), &handle));
		EXPECT_EQ(0, sys_cancel(self->q.fd, ACALL_CANCEL_ABANDON,
					handle, 0, &c));
		EXPECT_EQ(ACALL_STATE_DONE, c.state);
		EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
		EXPECT_EQ(handle, c.call_id);
		EXPECT_EQ(1, queue_unread(&self->q));
		EXPECT_EQ(0, both_cancelled(&self->q, handle,
					    ACALL_OUTCOME_ABANDONED, &f));
	}
	/* gate and late run on for sure. */
	EXPECT_LE(2, counter("orphans"));
	ASSERT_EQ(0, forget(self->ctl, 0));
	EXPECT_EQ(0, wait_counter("orphans", 0));
}

TEST_F(queue, X5_grace_the_provider_stops_in_time)
{
	static const __u32 methods[] = {
		ACALL_TEST_COOP, ACALL_TEST_KILLABLE,
	};
	static const __u64 graces[] = { 0, LATER, FOREVER };
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i, k;
	__u64 handle;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		for (k = 0; k < ARRAY_SIZE(graces); k++) {
			ASSERT_EQ(0, queue_one(&self->q, self->ctl, methods[i],
					       fresh_id(), &handle));
			EXPECT_EQ(0, sys_cancel(self->q.fd, 0, handle,
						graces[k], &c));
			EXPECT_EQ(ACALL_STATE_DONE, c.state);
			EXPECT_EQ(ACALL_OUTCOME_STOPPED, c.outcome);
			EXPECT_EQ(0, both_cancelled(&self->q, handle,
						    ACALL_OUTCOME_STOPPED,
						    &f));
		}
	}
}

TEST_F(queue, X5_grace_is_over_never_early)
{
	__u64 grace, before, handle;
	struct acall_cancel c;
	struct acall_finish f;

	for (grace = 10 * 1000; grace <= 50 * MSEC; grace *= 5) {
		ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE,
				       fresh_id(), &handle));
		before = now_ns();
		EXPECT_EQ(0, sys_cancel(self->q.fd, 0, handle, grace, &c));
		EXPECT_LE(before + grace, now_ns());
		EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
		EXPECT_EQ(0, both_cancelled(&self->q, handle,
					    ACALL_OUTCOME_ABANDONED, &f));
		EXPECT_LE(grace, f.end_ns - f.cancel_ns);
	}
}

TEST_F(queue, X5_a_result_of_its_own_in_time_ESRCH)
{
	struct acall_submission s = sub_value(ACALL_TEST_LATE, self->id, -EDOM,
					      0);
	struct acall_finish f;
	struct actor a;
	__u64 handle;

	ASSERT_EQ(0, queue_begin(&self->q, &s, &handle));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	a = handle_actor(&self->q, ACT_CANCEL, handle);
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, 1));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(-ESRCH, actor_join(&a));
	EXPECT_EQ(ACALL_STATE_DONE, a.cancel.state);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, a.cancel.outcome);
	EXPECT_EQ(0, both_completed(&self->q, handle, -EDOM, &f));
}

TEST_F(queue, X6_return_predicts)
{
	enum { ROUNDS = 500 };
	int i, stopped = 0, completed = 0, never = 0;
	pthread_barrier_t barrier;
	struct acall_completion c;
	struct acall_finish f;
	__u64 handle, id;
	struct actor a;

	ASSERT_EQ(0, pthread_barrier_init(&barrier, NULL, 2));
	for (i = 0; i < ROUNDS; i++) {
		id = fresh_id();
		/* Also before it has started: every third time. */
		ASSERT_EQ(0, queue_begin_arg(&self->q, ACALL_TEST_COOP, id,
					     &handle));
		if (i % 3)
			ASSERT_EQ(0, wait_starts(self->ctl, id, 1));
		a = handle_actor(&self->q, ACT_CANCEL, handle);
		a.barrier = &barrier;
		ASSERT_EQ(0, actor_start(&a));
		pthread_barrier_wait(&barrier);
		ASSERT_EQ(0, open_gate(self->ctl, id));
		actor_join(&a);
		ASSERT_EQ(0, both(&self->q, handle, &c, &f));
		ASSERT_EQ(ACALL_STATE_DONE, a.cancel.state);
		ASSERT_EQ(f.outcome, a.cancel.outcome);
		ASSERT_EQ(handle, a.cancel.call_id);
		if (a.ret) {
			ASSERT_EQ(-ESRCH, a.ret);
			ASSERT_EQ(0, f.status);
			ASSERT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
			completed++;
		} else {
			ASSERT_EQ(-ECANCELED, f.status);
			ASSERT_NE(ACALL_OUTCOME_COMPLETED, f.outcome);
			never += f.outcome == ACALL_OUTCOME_NEVER_STARTED;
			stopped += f.outcome == ACALL_OUTCOME_STOPPED;
		}
		ASSERT_EQ(0, forget(self->ctl, id));
	}
	EXPECT_EQ(ROUNDS, stopped + completed + never);
}

TEST_F(queue, X7_a_second_cancel_EALREADY_and_no_effect)
{
	struct acall_query before, after;
	struct acall_cancel c;
	unsigned int i;
	__u64 handle;

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, self->id,
			       &handle));
	ASSERT_EQ(0, sys_cancel(self->q.fd, ACALL_CANCEL_NOWAIT, handle,
				FOREVER, &c));
	EXPECT_EQ(ACALL_STATE_CANCELLING, c.state);
	ASSERT_EQ(0, sys_query(self->q.fd, handle, &before));
	for (i = 0; i < ARRAY_SIZE(cancels); i++) {
		if (cancels[i].flags & ACALL_CANCEL_ESCALATE)
			continue;
		EXPECT_EQ(-EALREADY, sys_cancel(self->q.fd, cancels[i].flags,
						handle, cancels[i].grace_ns,
						&c));
		EXPECT_EQ(handle, c.call_id);
		EXPECT_EQ(ACALL_STATE_CANCELLING, c.state);
	}
	EXPECT_EQ(0, queue_pass_time(&self->q, handle, now_ns() + 20 * MSEC));
	ASSERT_EQ(0, sys_query(self->q.fd, handle, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
}

/* A cancel of a handle, by whoever calls it. */
struct cancelling {
	int fd;
	__u64 handle;
	__u32 flags;
};

static int cancel_handle(void *arg)
{
	const struct cancelling *x = arg;
	struct acall_cancel c;

	return sys_cancel(x->fd, x->flags, x->handle, 0, &c);
}

TEST_F(queue, Q1_X7_by_whom_one_that_waits_was_cancelled)
{
	struct cancelling x = { .fd = self->q.fd };
	struct acall_submission s = sub(ACALL_TEST_SHORT, NULL, 0);
	struct acall_list_record record;
	struct acall_completion c;
	struct acall_query query;
	__u64 held;
	struct acall_finish f;
	pid_t pid;
	int i;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "only one processor");
	ASSERT_EQ(0, queue_hold_shorts(&self->q, self->ctl, self->id, &held));
	for (i = 0; i < 5; i++) {
		s.user_data = 0x100 + i;
		ASSERT_EQ(0, queue_begin(&self->q, &s, &x.handle));
		x.flags = 0;
		pid = getpid();
		if (i % 2) {
			pid = child_start(cancel_handle, &x);
			ASSERT_EQ(0, child_join(pid));
		} else {
			ASSERT_EQ(0, cancel_handle(&x));
		}
		/* Who has asked first, also when he is gone. */
		EXPECT_EQ(-EALREADY, cancel_handle(&x));
		x.flags = ACALL_CANCEL_ESCALATE;
		EXPECT_EQ(0, cancel_handle(&x));
		ASSERT_EQ(0, sys_query(self->q.fd, x.handle, &query));
		EXPECT_EQ(ACALL_REASON_CLIENT, query.reason);
		EXPECT_EQ(pid, query.cancel_tgid);
		EXPECT_LE(query.begin_ns, query.cancel_ns);
		ASSERT_EQ(0, list_find_data(self->dev, 0x100 + i, &record));
		EXPECT_EQ(pid, record.cancel_tgid);
		if (i == 1)
			EXPECT_EQ(0, sys_finish(self->q.fd, x.handle, &f));
	}
	/* One that was not. */
	ASSERT_EQ(0, sys_query(self->q.fd, held, &query));
	EXPECT_EQ(0, query.cancel_tgid);
	/* Read or not, who it was is forgotten. */
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, queue_read(&self->q, &c));
	ASSERT_EQ(0, queue_tell(&self->q));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, queue_close(&self->q));
}

TEST_F(queue, X7_ESCALATE_shortens_the_grace_and_never_lengthens_it)
{
	struct acall_cancel c;
	struct acall_finish f;
	__u64 handle, before;

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE,
			       fresh_id(), &handle));
	ASSERT_EQ(0, sys_cancel(self->q.fd, ACALL_CANCEL_NOWAIT, handle,
				FOREVER, &c));
	before = now_ns();
	EXPECT_EQ(0, sys_cancel(self->q.fd, ACALL_CANCEL_ESCALATE, handle,
				MSEC, &c));
	EXPECT_LE(before + MSEC, now_ns());
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
	EXPECT_EQ(0, both_cancelled(&self->q, handle, ACALL_OUTCOME_ABANDONED,
				    &f));

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE,
			       fresh_id(), &handle));
	ASSERT_EQ(0, sys_cancel(self->q.fd, ACALL_CANCEL_NOWAIT, handle,
				20 * MSEC, &c));
	EXPECT_EQ(0, sys_cancel(self->q.fd, ACALL_CANCEL_ESCALATE |
				ACALL_CANCEL_NOWAIT, handle, FOREVER, &c));
	/* No gate was opened: it is the first one's that ends. */
	EXPECT_EQ(0, both_cancelled(&self->q, handle, ACALL_OUTCOME_ABANDONED,
				    &f));
	EXPECT_LE(20 * MSEC, f.end_ns - f.cancel_ns);
}

TEST_F(queue, X8_too_late_ESRCH_and_the_result_intact)
{
	static const __u32 methods[] = {
		ACALL_TEST_ECHO, ACALL_TEST_INLINE_ECHO,
	};
	struct acall_submission s;
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i, k;
	char out[8];
	__u64 handle;

	for (k = 0; k < ARRAY_SIZE(methods); k++) {
		s = sub(methods[k], "result", 7);
		ASSERT_EQ(0, queue_begin(&self->q, &s, &handle));
		ASSERT_EQ(0, queue_wait(&self->q, 1));
		for (i = 0; i < ARRAY_SIZE(cancels); i++) {
			EXPECT_EQ(-ESRCH, sys_cancel(self->q.fd,
						     cancels[i].flags, handle,
						     cancels[i].grace_ns, &c));
			EXPECT_EQ(ACALL_STATE_DONE, c.state);
			EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c.outcome);
			EXPECT_EQ(handle, c.call_id);
		}
		ASSERT_EQ(1, queue_read_all(&self->q));
		ASSERT_EQ(0, queue_finish_out(&self->q, handle, out,
					      sizeof(out), &f));
		EXPECT_EQ(0, f.status);
		EXPECT_EQ(0, f.cancel_ns);
		EXPECT_STREQ("result", out);
		EXPECT_EQ(0, queue_is_stale(&self->q, handle));
	}
	for (k = 0; k < ARRAY_SIZE(shorts); k++) {
		s = sub(shorts[k], NULL, 0);
		ASSERT_EQ(0, queue_begin(&self->q, &s, &handle));
		ASSERT_EQ(0, queue_wait(&self->q, 1));
		EXPECT_EQ(-ESRCH, sys_cancel(self->q.fd, 0, handle, 0, &c));
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c.outcome);
		EXPECT_EQ(0, both_completed(&self->q, handle, 0, &f));
	}
}

TEST_F(queue, X9_an_interrupted_canceller_has_made_its_request)
{
	static const int sa_flags[] = { 0, SA_RESTART };
	unsigned int i;
	struct acall_finish f;
	struct actor a;
	__u64 handle;

	for (i = 0; i < ARRAY_SIZE(sa_flags); i++) {
		handle_signal(SIGUSR1, sa_flags[i]);
		ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE,
				       fresh_id(), &handle));
		a = handle_actor(&self->q, ACT_CANCEL, handle);
		ASSERT_EQ(0, actor_block(&a));
		ASSERT_EQ(0, actor_signal(&a, SIGUSR1));
		EXPECT_EQ(-EINTR, actor_join(&a));
		EXPECT_EQ(ACALL_STATE_CANCELLING,
			  queue_state(&self->q, handle));
		ASSERT_EQ(0, sys_cancel(self->q.fd, ACALL_CANCEL_ESCALATE,
					handle, 1, &a.cancel));
		EXPECT_EQ(0, both_cancelled(&self->q, handle,
					    ACALL_OUTCOME_ABANDONED, &f));
	}
}

TEST_F(queue, X10_NOWAIT_and_poll_tells_the_end)
{
	struct actor a = { .act = ACT_POLL, .fd = self->q.fd,
			   .events = POLLIN };
	struct acall_cancel c;
	struct acall_finish f;
	__u64 handle;

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_COOP, self->id,
			       &handle));
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, sys_cancel(self->q.fd, ACALL_CANCEL_NOWAIT, handle,
				FOREVER, &c));
	EXPECT_EQ(POLLIN, actor_join(&a));
	EXPECT_EQ(0, both_cancelled(&self->q, handle, ACALL_OUTCOME_STOPPED,
				    &f));
	/* The given grace runs without anybody waiting. */
	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE,
			       fresh_id(), &handle));
	ASSERT_EQ(0, sys_cancel(self->q.fd, ACALL_CANCEL_NOWAIT, handle,
				30 * MSEC, &c));
	EXPECT_EQ(0, both_cancelled(&self->q, handle, ACALL_OUTCOME_ABANDONED,
				    &f));
	EXPECT_LE(30 * MSEC, f.end_ns - f.cancel_ns);
}

TEST_F(queue, X11_a_late_cancel_cannot_hit_the_next_call_of_the_slot)
{
	struct acall_completion c;
	struct acall_query query;
	__u64 old[20], next;
	struct queue q;
	unsigned int i;

	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 1, 0));
	for (i = 0; i < ARRAY_SIZE(old); i++) {
		ASSERT_EQ(0, queue_begin_nop(&q, &old[i]));
		ASSERT_EQ(0, queue_reap(&q, &c));
	}
	ASSERT_EQ(0, queue_one(&q, self->ctl, ACALL_TEST_COOP, self->id,
			       &next));
	for (i = 0; i < ARRAY_SIZE(old); i++)
		EXPECT_EQ(0, queue_is_stale(&q, old[i]));
	ASSERT_EQ(0, sys_query(q.fd, next, &query));
	EXPECT_EQ(ACALL_STATE_RUNNING, query.state);
	EXPECT_EQ(0, query.cancel_ns);
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, X12_a_deadline_shortens_a_grace_and_the_first_gives_the_status)
{
	__u64 delay, deadline, handle, since = now_ns();
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query q;

	/* On a slow machine the deadline may be the first: once more then. */
	for (delay = 50 * MSEC; ; delay *= 2) {
		ASSERT_FALSE(guard_expired(since));
		deadline = now_ns() + delay;
		ASSERT_EQ(0, queue_begin_deadline(&self->q, ACALL_TEST_GATE,
						  fresh_id(), deadline, 1,
						  &handle));
		do {
			ASSERT_EQ(0, sys_query(self->q.fd, handle, &q));
		} while (!q.start_ns && q.state != ACALL_STATE_DONE);
		/* Whoever asks would stay for ever. */
		sys_cancel(self->q.fd, ACALL_CANCEL_NOWAIT, handle, FOREVER,
			   &c);
		ASSERT_EQ(0, sys_wait_until(self->q.fd, handle, FOREVER));
		ASSERT_EQ(0, sys_query(self->q.fd, handle, &q));
		if (q.reason == ACALL_REASON_CLIENT)
			break;
		ASSERT_EQ(-ETIME, q.status);
		ASSERT_EQ(1, queue_read_all(&self->q));
	}
	EXPECT_EQ(0, both_cancelled(&self->q, handle, ACALL_OUTCOME_ABANDONED,
				    &f));
	EXPECT_LE(deadline, f.end_ns);
}

TEST_F(queue, X12_custom_calls_and_their_hooks)
{
	static const __u32 methods[] = {
		ACALL_TEST_PARK, ACALL_TEST_PARK_SLEEPABLE,
	};
	static const __u32 contexts[] = {
		ACALL_TEST_TASK, ACALL_TEST_SOFTIRQ, ACALL_TEST_HARDIRQ,
	};
	struct acall_test_custom arg;
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i, k;
	__u64 handle;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		/* Completed by its provider, from anywhere. */
		for (k = 0; k < ARRAY_SIZE(contexts); k++) {
			arg = (struct acall_test_custom) { .id = fresh_id() };
			ASSERT_EQ(0, queue_park(&self->q, self->ctl,
						methods[i], &arg, &handle));
			EXPECT_EQ(ACALL_STATE_RUNNING,
				  queue_state(&self->q, handle));
			ASSERT_EQ(0, complete_in(self->ctl, arg.id, -EDOM,
						 contexts[k], false));
			EXPECT_EQ(0, both_completed(&self->q, handle, -EDOM,
						    &f));
		}
		/* By its hook. */
		arg = (struct acall_test_custom) {
			.id = fresh_id(), .flags = ACALL_TEST_HOOK_COMPLETES,
		};
		ASSERT_EQ(0, queue_park(&self->q, self->ctl, methods[i], &arg,
					&handle));
		EXPECT_EQ(0, sys_cancel(self->q.fd, 0, handle, FOREVER, &c));
		EXPECT_EQ(0, both_cancelled(&self->q, handle,
					    ACALL_OUTCOME_STOPPED, &f));
		/* Which may refuse, and be asked again. */
		for (k = 0; k < ARRAY_SIZE(refusals); k++) {
			arg = (struct acall_test_custom) {
				.id = fresh_id(), .refuse = refusals[k],
				.refusals = 1,
				.flags = ACALL_TEST_HOOK_COMPLETES,
			};
			ASSERT_EQ(0, queue_park(&self->q, self->ctl,
						methods[i], &arg, &handle));
			EXPECT_EQ(refusals[k], sys_cancel(self->q.fd, 0,
							  handle, FOREVER,
							  &c));
			EXPECT_EQ(ACALL_STATE_RUNNING,
				  queue_state(&self->q, handle));
			EXPECT_EQ(0, sys_cancel(self->q.fd, 0, handle, FOREVER,
						&c));
			EXPECT_EQ(0, both_cancelled(&self->q, handle,
						    ACALL_OUTCOME_STOPPED,
						    &f));
		}
	}
}

TEST_F(queue, X12_a_method_that_cannot_be_cancelled_EOPNOTSUPP)
{
	struct acall_test_custom arg = { .id = self->id };
	struct acall_query query;
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;
	__u64 handle;

	ASSERT_EQ(0, queue_park(&self->q, self->ctl, ACALL_TEST_PARK_FIXED,
				&arg, &handle));
	for (i = 0; i < ARRAY_SIZE(cancels); i++)
		EXPECT_EQ(-EOPNOTSUPP, sys_cancel(self->q.fd, cancels[i].flags,
						  handle, cancels[i].grace_ns,
						  &c));
	ASSERT_EQ(0, sys_query(self->q.fd, handle, &query));
	EXPECT_EQ(0, query.cancel_ns);
	EXPECT_EQ(0, query.caps & ACALL_CAP_CANCEL);
	ASSERT_EQ(0, complete(self->ctl, self->id, 0));
	EXPECT_EQ(0, both_completed(&self->q, handle, 0, &f));
}

TEST_F(queue, P5_COMMITTED_is_in_the_completion)
{
	struct acall_test_custom arg = {
		.id = self->id, .flags = ACALL_TEST_START_COMMITS,
	};
	struct acall_completion c;
	__u64 handle;

	ASSERT_EQ(0, queue_park(&self->q, self->ctl, ACALL_TEST_PARK, &arg,
				&handle));
	ASSERT_EQ(0, queue_abandon(&self->q, handle));
	ASSERT_EQ(0, queue_reap(&self->q, &c));
	EXPECT_TRUE(is_cancelled(&c, ACALL_OUTCOME_ABANDONED));
	EXPECT_EQ(ACALL_RESULT_COMMITTED, c.result);
	ASSERT_EQ(0, complete(self->ctl, self->id, 0));
}

TEST_F(queue, X13_list_and_cancel_id)
{
	enum { N = 4 };
	struct acall_list_record r[N];
	struct acall_submission s;
	struct acall_completion c;
	struct acall_query query;
	struct acall_cancel x;
	__u64 handle[N];
	int i;

	for (i = 0; i < N; i++) {
		s = sub_arg(ACALL_TEST_COOP, fresh_id());
		s.user_data = 0x1300 + i;
		s.flags |= i == 3 ? ACALL_BEGIN_NO_CANCEL : 0;
		ASSERT_EQ(0, queue_begin(&self->q, &s, &handle[i]));
		ASSERT_EQ(0, list_find_data(self->dev, 0x1300 + i, &r[i]));
		EXPECT_STREQ("test", r[i].interface);
		EXPECT_EQ(ACALL_TEST_COOP, r[i].method);
		EXPECT_EQ(0, r[i].owner_uid);
		EXPECT_EQ(getpid(), r[i].owner_tgid);
		EXPECT_EQ(i == 3 ? ACALL_LIST_NO_CANCEL : 0, r[i].flags);
	}
	EXPECT_EQ(N, list_count(self->dev, 0));
	/* That one and no other; who is administrator cancels the last too. */
	for (i = 1; i < N; i += 2) {
		EXPECT_EQ(0, sys_cancel_id(self->dev, 0, r[i].call_id, FOREVER,
					   &x));
		EXPECT_EQ(r[i].call_id, x.call_id);
		ASSERT_EQ(0, sys_query(self->q.fd, handle[i], &query));
		EXPECT_EQ(ACALL_STATE_DONE, query.state);
		EXPECT_EQ(ACALL_REASON_ADMIN, query.reason);
		EXPECT_EQ(-EALREADY, sys_cancel(self->q.fd, 0, handle[i], 0,
						&x));
	}
	for (i = 0; i < N; i += 2) {
		ASSERT_EQ(0, sys_query(self->q.fd, handle[i], &query));
		EXPECT_EQ(0, query.cancel_ns);
	}
	ASSERT_EQ(0, queue_wait(&self->q, 2));
	for (i = 1; i < N; i += 2) {
		ASSERT_EQ(0, queue_read(&self->q, &c));
		EXPECT_EQ(-ECANCELED, c.status);
		EXPECT_TRUE(c.call_id == r[1].call_id ||
			    c.call_id == r[3].call_id);
	}
	/* Finished and ended is listed no more. */
	ASSERT_EQ(0, queue_tell(&self->q));
	EXPECT_EQ(0, wait_counter("calls", 2));
	EXPECT_EQ(-ENOENT, list_find_data(self->dev, 0x1301, &r[1]));
	/* What is on the device is not on a queue. */
	EXPECT_EQ(-ENOTTY, sys_cancel_id(self->q.fd, 0, r[0].call_id, 0, &x));
}

TEST_F(queue, X13_a_detached_orphan_of_a_queue_is_listed_until_it_ends)
{
	struct acall_list_record r;
	__u64 handle;
	struct queue q;

	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 1, 0));
	ASSERT_EQ(0, orphan(&q, self->ctl, self->id, &handle));
	ASSERT_EQ(0, queue_close(&q));
	EXPECT_EQ(1, list_count(self->dev, 0));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, wait_counter("executions", 0));
	EXPECT_EQ(-ENOENT, list_find_data(self->dev, 0, &r));
}

#include "acall_main.h"
