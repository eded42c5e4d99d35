// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contract of calls, of those in the slots of a queue, for whoever waits for
 * them: WAIT, FINISH and QUERY by handle, as core and client tests ask it of call
 * objects, clause by clause, for methods that give output and files. What a queue
 * adds to it is in the other queue tests. [W1, W3, W5-W7, F1-F8, Q1]
 *
 * The race is the one of each clause; two calls of a slot, one after the other,
 * must not be taken for each other.
 */
#include "provider/prov_util.h"
#include "queue_more.h"

/* WAIT */

TEST_F(queue, W1_W3_by_handle_until_it_is_ready_and_then_ever)
{
	__u64 id[2] = { fresh_id(), fresh_id() }, handle[2], until;
	struct acall_completion c;
	int i;

	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE,
				       id[i], &handle[i]));
	for (i = 0; i < 10; i++) {
		until = now_ns() + MSEC;
		EXPECT_EQ(-ETIMEDOUT, sys_wait_until(self->q.fd, handle[i & 1],
						     until));
		EXPECT_LE(until, now_ns());
		EXPECT_EQ(-ETIMEDOUT, sys_wait_until(self->q.fd, handle[i & 1],
						     0));
	}
	/* Its own readiness, not another's. */
	ASSERT_EQ(0, open_gate(self->ctl, id[0]));
	for (i = 0; i < 10; i++)
		EXPECT_EQ(0, sys_wait_until(self->q.fd, handle[0], FOREVER));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_until(self->q.fd, handle[1], 0));
	EXPECT_EQ(1, queue_unread(&self->q));
	/* Read but not told is not finished. */
	ASSERT_EQ(0, queue_read(&self->q, &c));
	EXPECT_EQ(0, sys_wait_until(self->q.fd, handle[0], 0));
	ASSERT_EQ(0, queue_tell(&self->q));
	EXPECT_EQ(-ESRCH, sys_wait_until(self->q.fd, handle[0], 0));
	ASSERT_EQ(0, open_gate(self->ctl, id[1]));
	EXPECT_EQ(0, sys_wait_until(self->q.fd, handle[1], FOREVER));
}

TEST_F(queue, W5_a_sleeper_belongs_to_the_call_that_it_slept_for)
{
	struct acall_completion c;
	struct acall_query query;
	struct actor a[3];
	__u64 handle, next, id;
	struct queue q;
	int i, k;

	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 1, 0));
	for (i = 0; i < 50; i++) {
		id = fresh_id();
		ASSERT_EQ(0, queue_one(&q, self->ctl, ACALL_TEST_LATE, id,
				       &handle));
		a[0] = handle_actor(&q, ACT_WAIT, handle);
		a[1] = handle_actor(&q, ACT_FINISH, handle);
		a[2] = handle_actor(&q, ACT_CANCEL, handle);
		for (k = 0; k < 3; k++)
			ASSERT_EQ(0, actor_block(&a[k]));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		/* The slot is used again, whoever has finished it. */
		ASSERT_EQ(0, queue_reap(&q, &c));
		ASSERT_EQ(handle, c.handle);
		id = fresh_id();
		ASSERT_EQ(0, queue_one(&q, self->ctl, ACALL_TEST_COOP, id,
				       &next));
		ASSERT_NE(handle, next);
		actor_join(&a[0]);
		EXPECT_TRUE(!a[0].ret || a[0].ret == -ESRCH);
		actor_join(&a[1]);
		EXPECT_TRUE(!a[1].ret || a[1].ret == -ESRCH);
		EXPECT_EQ(-ESRCH, actor_join(&a[2]));
		/* And nothing of the next. */
		ASSERT_EQ(0, sys_query(q.fd, next, &query));
		ASSERT_EQ(ACALL_STATE_RUNNING, query.state);
		ASSERT_EQ(0, query.cancel_ns);
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, queue_reap(&q, &c));
		ASSERT_EQ(0, forget(self->ctl, 0));
	}
	EXPECT_EQ(0, queue_close(&q));
}

static struct actor settler(struct queue *q, __u64 handle)
{
	struct actor a = handle_actor(q, ACT_WAIT, handle);

	a.wait.flags = ACALL_WAIT_SETTLED;
	return a;
}

TEST_F(queue, W6_settled_by_handle_also_after_it_was_finished)
{
	__u64 id[2] = { fresh_id(), fresh_id() }, handle[2];
	struct acall_query query;
	struct actor a;
	int i;

	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, orphan(&self->q, self->ctl, id[i], &handle[i]));
	EXPECT_EQ(0, queue_is_stale(&self->q, handle[0]));
	EXPECT_EQ(0, sys_wait_settled(self->q.fd, FOREVER, FOREVER));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->q.fd, handle[0], 0));
	a = settler(&self->q, handle[0]);
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, open_gate(self->ctl, id[1]));
	EXPECT_EQ(0, sys_wait_settled(self->q.fd, handle[1], FOREVER));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->q.fd, handle[0], 0));
	EXPECT_FALSE(actor_ended(&a));
	ASSERT_EQ(0, sys_query(self->q.fd, 0, &query));
	EXPECT_EQ(1, query.orphans);
	EXPECT_EQ(1, query.executions);
	ASSERT_EQ(0, open_gate(self->ctl, id[0]));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(0, counter("executions"));
	ASSERT_EQ(0, sys_query(self->q.fd, 0, &query));
	EXPECT_EQ(0, query.executions);
}

TEST_F(queue, W6_settled_0_is_all_that_had_begun_before)
{
	enum { N = 5 };
	static const int order[N] = { 3, 0, 4, 2, 1 };
	__u64 id[N], handle[N], later = fresh_id(), next;
	struct actor a;
	int i;

	EXPECT_EQ(0, sys_wait_settled(self->q.fd, 0, FOREVER));
	for (i = 0; i < N; i++) {
		id[i] = fresh_id();
		ASSERT_EQ(0, orphan(&self->q, self->ctl, id[i], &handle[i]));
	}
	a = settler(&self->q, 0);
	ASSERT_EQ(0, actor_block(&a));
	/* Later ones do not prolong it. */
	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, later,
			       &next));
	for (i = 0; i < N; i++) {
		EXPECT_FALSE(actor_ended(&a));
		ASSERT_EQ(0, open_gate(self->ctl, id[order[i]]));
		ASSERT_EQ(0, sys_wait_settled(self->q.fd, handle[order[i]],
					      FOREVER));
	}
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->q.fd, 0, 0));
	EXPECT_EQ(ACALL_STATE_RUNNING, queue_state(&self->q, next));
}

TEST_F(queue, W6_settled_nothing_will_change_any_more)
{
	struct acall_completion c;
	struct acall_submission s;
	__u64 id, handle;
	__s32 file;
	int i, p[2];

	for (i = 0; i < 50; i++) {
		id = fresh_id();
		ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
		file = p[1];
		s = sub_hold(id, &file);
		ASSERT_EQ(0, queue_begin(&self->q, &s, &handle));
		close(p[1]);
		ASSERT_EQ(0, wait_starts(self->ctl, id, 1));
		ASSERT_EQ(0, queue_abandon(&self->q, handle));
		ASSERT_EQ(0, queue_reap(&self->q, &c));
		ASSERT_EQ(1, charged_calls(self->dev));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, sys_wait_settled(self->q.fd, i & 1 ? handle : 0,
					      FOREVER));
		ASSERT_TRUE(hung_up(p[0]));
		ASSERT_EQ(0, charged_calls(self->dev));
		ASSERT_EQ(0, counter("executions"));
		ASSERT_EQ(0, counter("orphans"));
		ASSERT_EQ(-ENOENT, listed_reason(self->dev, c.call_id));
		close(p[0]);
		ASSERT_EQ(0, forget(self->ctl, id));
	}
}

TEST_F(queue, W7_signals_interrupt_WAIT_and_FINISH)
{
	static const enum act acts[] = { ACT_WAIT, ACT_FINISH };
	unsigned int i, handled = 0;
	struct actor a;
	__u64 handle;

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, self->id,
			       &handle));
	signals_handled = 0;
	for (i = 0; i < ARRAY_SIZE(acts); i++) {
		handle_signal(SIGUSR1, 0);
		a = handle_actor(&self->q, acts[i], handle);
		ASSERT_EQ(0, actor_block(&a));
		ASSERT_EQ(0, actor_signal(&a, SIGUSR1));
		EXPECT_EQ(-EINTR, actor_join(&a));
		handled++;
	}
	handle_signal(SIGUSR1, SA_RESTART);
	a = handle_actor(&self->q, ACT_WAIT, handle);
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, actor_signal(&a, SIGUSR1));
	ASSERT_EQ(0, wait_signals_handled(handled + 1));
	EXPECT_EQ(0, actor_blocked(&a));
	EXPECT_EQ(ACALL_STATE_RUNNING, queue_state(&self->q, handle));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, actor_join(&a));
}

/* FINISH */

TEST_F(queue, F1_blocks_until_its_call_is_ready)
{
	struct acall_completion c;
	struct acall_finish f;
	struct actor a;
	__u64 handle;

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, self->id,
			       &handle));
	EXPECT_EQ(-EAGAIN, queue_finish_now(&self->q, handle, &f));
	a = handle_actor(&self->q, ACT_FINISH, handle);
	ASSERT_EQ(0, actor_block(&a));
	/* Others come and go. */
	ASSERT_EQ(0, next_call_works(&self->q));
	EXPECT_EQ(0, actor_blocked(&a));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(handle, a.finish.call_id);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, a.finish.outcome);
	EXPECT_EQ(-ESRCH, sys_finish(self->q.fd, handle, &f));
	/* Its completion is there all the same. */
	ASSERT_EQ(0, queue_reap(&self->q, &c));
	EXPECT_EQ(handle, c.handle);
}

TEST_F(queue, F3_EMSGSIZE_and_EFAULT_keep_it)
{
	struct acall_submission s = sub(ACALL_TEST_ECHO, "0123456789", 10);
	struct acall_completion c;
	struct acall_finish f;
	__u64 handle;
	char out[16];
	__u32 len;
	int read;

	for (read = 0; read < 2; read++) {
		ASSERT_EQ(0, queue_begin(&self->q, &s, &handle));
		ASSERT_EQ(0, queue_wait(&self->q, 1));
		if (read)
			ASSERT_EQ(0, queue_reap(&self->q, &c));
		for (len = 0; len < 10; len++) {
			memset(out, 'x', sizeof(out));
			EXPECT_EQ(-EMSGSIZE, queue_finish_out(&self->q, handle,
							      out, len, &f));
			EXPECT_EQ(10, f.out_len);
			EXPECT_EQ('x', out[0]);
		}
		EXPECT_EQ(-EFAULT, queue_finish_out(&self->q, handle,
						    (void *)8, 10, &f));
		EXPECT_EQ(ACALL_STATE_DONE, queue_state(&self->q, handle));
		ASSERT_EQ(0, queue_finish_out(&self->q, handle, out,
					      sizeof(out), &f));
		EXPECT_EQ(10, f.out_len);
		EXPECT_EQ(0, memcmp(out, "0123456789", 10));
		EXPECT_EQ('x', out[10]);
		if (!read)
			ASSERT_EQ(0, queue_reap(&self->q, &c));
		EXPECT_EQ(0, queue_is_stale(&self->q, handle));
	}
}

TEST_F(queue, F4_failed_and_stopped_calls_have_no_output)
{
	struct acall_test_result r = { .ret = -EIO, .out_len = 8 };
	struct acall_submission s = sub(ACALL_TEST_RESULT, &r, sizeof(r));
	struct acall_completion c;
	struct acall_cancel x;
	struct acall_finish f;
	__u64 handle;

	ASSERT_EQ(0, queue_begin(&self->q, &s, &handle));
	ASSERT_EQ(0, both(&self->q, handle, &c, &f));
	EXPECT_EQ(-EIO, c.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c.outcome);
	EXPECT_EQ(0, c.out_len);
	EXPECT_EQ(0, c.result);
	EXPECT_EQ(0, f.out_len);

	r = (struct acall_test_result) {
		.id = self->id, .ret = -EINTR, .out_len = 8, .wait = 1,
	};
	s = sub(ACALL_TEST_RESULT, &r, sizeof(r));
	ASSERT_EQ(0, queue_begin(&self->q, &s, &handle));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, sys_cancel(self->q.fd, ACALL_CANCEL_NOWAIT, handle,
				FOREVER, &x));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, both_cancelled(&self->q, handle, ACALL_OUTCOME_STOPPED,
				    &f));
}

TEST_F(queue, F5_of_several_that_FINISH_at_once_one_wins)
{
	enum { N = 4, ROUNDS = 40 };
	struct acall_completion c;
	int i, round, won;
	struct actor a[N];
	__u64 id, handle;

	for (round = 0; round < ROUNDS; round++) {
		id = fresh_id();
		ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE,
				       id, &handle));
		for (i = 0; i < N; i++) {
			a[i] = handle_actor(&self->q, ACT_FINISH, handle);
			ASSERT_EQ(0, actor_block(&a[i]));
		}
		ASSERT_EQ(0, open_gate(self->ctl, id));
		for (i = 0, won = 0; i < N; i++) {
			if (!actor_join(&a[i]))
				won++;
			else
				EXPECT_EQ(-ESRCH, a[i].ret);
		}
		ASSERT_EQ(1, won);
		ASSERT_EQ(0, queue_reap(&self->q, &c));
		ASSERT_EQ(handle, c.handle);
		ASSERT_EQ(0, queue_unread(&self->q));
		ASSERT_EQ(0, forget(self->ctl, id));
	}
}

TEST_F(queue, F5_FINISH_and_the_reader_at_once)
{
	const int n = 10 * rounds();
	int i, finished = 0, read = 0;
	pthread_barrier_t barrier;
	struct acall_completion c;
	struct actor a;
	struct queue q;
	__u64 handle;

	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 1, 0));
	ASSERT_EQ(0, pthread_barrier_init(&barrier, NULL, 2));
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, queue_begin_nop(&q, &handle));
		ASSERT_EQ(0, queue_wait(&q, 1));
		ASSERT_EQ(0, queue_read(&q, &c));
		a = handle_actor(&q, ACT_FINISH, handle);
		a.barrier = &barrier;
		ASSERT_EQ(0, actor_start(&a));
		pthread_barrier_wait(&barrier);
		ASSERT_EQ(0, queue_tell(&q));
		actor_join(&a);
		ASSERT_TRUE(!a.ret || a.ret == -ESRCH);
		finished += !a.ret;
		read += !!a.ret;
		/* Whoever it was, the slot is free once. */
		ASSERT_EQ(0, queue_begin_arg(&q, ACALL_TEST_GATE, self->id,
					     &handle));
		ASSERT_EQ(-EAGAIN, queue_begin_nop(&q, NULL));
		ASSERT_EQ(0, open_gate(self->ctl, self->id));
		ASSERT_EQ(0, queue_reap(&q, &c));
		ASSERT_EQ(handle, c.handle);
		ASSERT_EQ(0, forget(self->ctl, self->id));
	}
	EXPECT_EQ(n, finished + read);
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, F5_a_finisher_that_stalls_holds_up_nobody)
{
	char out[64];
	struct acall_submission s;
	struct acall_completion c;
	struct acall_finish f;
	struct acall_cancel x;
	struct stall stall;
	struct actor a;
	__u64 handle;
	int ret = stall_open(&stall);

	if (ret)
		SKIP(return, "no userfaultfd: %d", ret);
	memset(out, 'r', sizeof(out));
	s = sub(ACALL_TEST_ECHO, out, sizeof(out));
	ASSERT_EQ(0, queue_begin(&self->q, &s, &handle));
	a = handle_actor(&self->q, ACT_FINISH, handle);
	a.finish.out = PTR(stall.page);
	a.finish.out_len = sizeof(out);
	ASSERT_EQ(0, actor_start(&a));
	ASSERT_EQ(0, stall_wait(&stall));

	EXPECT_EQ(0, sys_wait_until(self->q.fd, handle, FOREVER));
	EXPECT_EQ(POLLIN, revents_of(self->q.fd, POLLIN));
	EXPECT_EQ(-ESRCH, sys_cancel(self->q.fd, 0, handle, 0, &x));
	ASSERT_EQ(0, queue_reap(&self->q, &c));
	EXPECT_EQ(0, next_call_works(&self->q));
	EXPECT_EQ(0, queue_finish_out(&self->q, handle, out, sizeof(out), &f));
	EXPECT_EQ('r', out[63]);
	EXPECT_EQ(0, next_call_works(&self->q));
	ASSERT_EQ(0, stall_release(&stall, NULL, 0));
	EXPECT_EQ(-ESRCH, actor_join(&a));
}

TEST_F(queue, F6_a_late_result_never_touches_the_next_call)
{
	struct acall_test_result r = { .wait = 1 };
	struct acall_completion c;
	struct acall_submission s;
	struct acall_query query;
	__u64 handle, next, id;
	struct queue q;
	int i;

	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 1, 0));
	for (i = 0; i < 100; i++) {
		r.id = fresh_id();
		r.ret = i & 1 ? 0 : -EDOM;
		r.out_len = i & 1 ? 64 : 0;
		s = sub(ACALL_TEST_RESULT, &r, sizeof(r));
		ASSERT_EQ(0, queue_begin(&q, &s, &handle));
		ASSERT_EQ(0, wait_starts(self->ctl, r.id, 1));
		ASSERT_EQ(0, queue_abandon(&q, handle));
		ASSERT_EQ(0, queue_reap(&q, &c));
		ASSERT_TRUE(is_cancelled(&c, ACALL_OUTCOME_ABANDONED));

		id = fresh_id();
		ASSERT_EQ(0, queue_one(&q, self->ctl, ACALL_TEST_GATE, id,
				       &next));
		ASSERT_EQ(0, open_gate(self->ctl, r.id));
		ASSERT_EQ(0, sys_wait_settled(q.fd, handle, FOREVER));
		ASSERT_EQ(0, sys_query(q.fd, next, &query));
		ASSERT_EQ(ACALL_STATE_RUNNING, query.state);
		ASSERT_EQ(0, query.cancel_ns);
		ASSERT_EQ(0, queue_unread(&q));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, queue_reap(&q, &c));
		ASSERT_EQ(next, c.handle);
		ASSERT_TRUE(is_completed(&c));
		ASSERT_EQ(0, c.out_len);
		ASSERT_EQ(0, forget(self->ctl, 0));
	}
	EXPECT_EQ(0, queue_close(&q));
}

static int finish_files(struct queue *q, __u64 handle, __s32 *files, __u32 nr,
			struct acall_finish *f)
{
	*f = (struct acall_finish) {
		.call_id = handle, .files = PTR(files), .nr_files = nr,
	};
	return sys_finish_struct(q->fd, f);
}

TEST_F(queue, F7_result_files_by_FINISH_alone)
{
	struct acall_test_custom arg = { .id = self->id, .files = 3 };
	struct rlimit full, was;
	struct acall_completion c;
	struct acall_test_file r;
	struct acall_finish f;
	int i, before;
	__u64 handle;
	__s32 fd[4];

	ASSERT_EQ(0, queue_park(&self->q, self->ctl, ACALL_TEST_FILES, &arg,
				&handle));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	before = count_fds();
	ASSERT_EQ(0, queue_reap(&self->q, &c));
	EXPECT_EQ(MORE, c.result);
	EXPECT_EQ(3, c.nr_files);
	EXPECT_EQ(before, count_fds());
	/* Neither too few nor no descriptors consume. */
	EXPECT_EQ(-EMSGSIZE, finish_files(&self->q, handle, fd, 2, &f));
	EXPECT_EQ(3, f.nr_files);
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &was));
	full = was;
	full.rlim_cur = 0;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &full));
	EXPECT_EQ(-EMFILE, finish_files(&self->q, handle, fd, 4, &f));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &was));
	EXPECT_EQ(before, count_fds());
	ASSERT_EQ(0, finish_files(&self->q, handle, fd, 4, &f));
	EXPECT_EQ(3, f.nr_files);
	EXPECT_EQ(before + 3, count_fds());
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(FD_CLOEXEC, fcntl(fd[i], F_GETFD));
		ASSERT_EQ(sizeof(r), read(fd[i], &r, sizeof(r)));
		EXPECT_EQ(i, r.index);
		close(fd[i]);
	}
	EXPECT_EQ(0, wait_files(self->ctl, 0));
}

TEST_F(queue, F7_result_files_of_a_cancelled_call_are_dropped)
{
	struct acall_test_custom arg = { .id = self->id, .files = 3 };
	struct acall_cancel c;
	struct acall_finish f;
	__u64 handle;

	ASSERT_EQ(0, queue_park(&self->q, self->ctl, ACALL_TEST_FILES, &arg,
				&handle));
	EXPECT_EQ(3, files_alive(self->ctl));
	ASSERT_EQ(0, sys_cancel(self->q.fd, 0, handle, FOREVER, &c));
	ASSERT_EQ(0, both_cancelled(&self->q, handle, ACALL_OUTCOME_STOPPED,
				    &f));
	EXPECT_EQ(0, wait_files(self->ctl, 0));
}

TEST_F(queue, F7_result_files_of_a_closed_queue_are_dropped)
{
	struct acall_test_custom arg = { .id = self->id, .files = 3 };
	struct queue q;
	__u64 handle;

	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 1, 0));
	ASSERT_EQ(0, queue_park(&q, self->ctl, ACALL_TEST_FILES, &arg,
				&handle));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, queue_wait(&q, 1));
	EXPECT_EQ(3, files_alive(self->ctl));
	ASSERT_EQ(0, queue_close(&q));
	EXPECT_EQ(0, wait_files(self->ctl, 0));
}

TEST_F(queue, F8_no_file_is_held_once_the_completion_is_there)
{
	struct acall_submission s;
	__s32 file;
	int i, p[2];
	__u64 id;

	for (i = 0; i < 200; i++) {
		id = fresh_id();
		ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
		file = p[1];
		s = sub_hold(id, &file);
		ASSERT_EQ(0, queue_begin(&self->q, &s, NULL));
		close(p[1]);
		EXPECT_FALSE(hung_up(p[0]));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, queue_wait(&self->q, 1));
		ASSERT_TRUE(hung_up(p[0]));
		ASSERT_EQ(1, queue_read_all(&self->q));
		close(p[0]);
		ASSERT_EQ(0, forget(self->ctl, id));
	}
}

TEST_F(queue, F8_no_file_is_held_of_a_call_that_never_started)
{
	struct acall_submission s;
	struct acall_completion c;
	struct acall_cancel x;
	struct queue q;
	__u64 handle;
	__s32 file;
	int i, p[2];

	ASSERT_EQ(0, narrow(&q, self->dev, self->ctl, self->id, 2));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
		file = p[1];
		s = sub_hold(fresh_id(), &file);
		ASSERT_EQ(0, queue_begin(&q, &s, &handle));
		close(p[1]);
		ASSERT_EQ(0, sys_cancel(q.fd, i & 1 ? ACALL_CANCEL_ABANDON : 0,
					handle, 0, &x));
		ASSERT_TRUE(hung_up(p[0]));
		ASSERT_EQ(0, queue_reap(&q, &c));
		ASSERT_TRUE(is_cancelled(&c, ACALL_OUTCOME_NEVER_STARTED));
		close(p[0]);
	}
	EXPECT_EQ(0, queue_close(&q));
}

/* QUERY */

TEST_F(queue, Q1_every_field)
{
	struct acall_submission s = sub_value(ACALL_TEST_PROGRESS, self->id, 10,
					      4);
	struct acall_query q, again;
	struct acall_cancel c;
	__u64 handle;

	s.user_data = 0x9191;
	ASSERT_EQ(0, queue_begin(&self->q, &s, &handle));
	ASSERT_EQ(0, queue_wait_progress(&self->q, handle, 4));
	ASSERT_EQ(0, sys_query(self->q.fd, handle, &q));
	EXPECT_EQ(handle, q.call_id);
	EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
	EXPECT_EQ(ACALL_OUTCOME_NONE, q.outcome);
	EXPECT_EQ(ACALL_TEST_PROGRESS, q.method);
	EXPECT_TRUE(q.caps & ACALL_CAP_CHUNKED);
	EXPECT_EQ(ACALL_REASON_NONE, q.reason);
	EXPECT_EQ(0x9191, q.user_data);
	EXPECT_EQ(4, q.progress);
	EXPECT_EQ(10, q.total);
	EXPECT_NE(0, q.grace_ns);
	EXPECT_NE(0, q.begin_ns);
	EXPECT_LE(q.begin_ns, q.start_ns);
	EXPECT_EQ(0, q.cancel_ns);
	EXPECT_NE(0, q.look_ns);
	EXPECT_EQ(0, q.end_ns);
	/* It changes nothing. */
	ASSERT_EQ(0, sys_query(self->q.fd, handle, &again));
	EXPECT_EQ(0, memcmp(&q, &again, sizeof(q)));

	ASSERT_EQ(0, sys_cancel(self->q.fd, ACALL_CANCEL_NOWAIT, handle,
				FOREVER, &c));
	ASSERT_EQ(0, sys_query(self->q.fd, handle, &q));
	EXPECT_EQ(ACALL_STATE_CANCELLING, q.state);
	EXPECT_EQ(ACALL_REASON_CLIENT, q.reason);
	EXPECT_EQ(getpid(), q.cancel_tgid);
	EXPECT_LE(q.start_ns, q.cancel_ns);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_wait_until(self->q.fd, handle, FOREVER));
	ASSERT_EQ(0, sys_query(self->q.fd, handle, &q));
	EXPECT_EQ(ACALL_STATE_DONE, q.state);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, q.outcome);
	EXPECT_EQ(-ECANCELED, q.status);
	EXPECT_LE(q.cancel_ns, q.end_ns);
}

TEST_F(queue, Q1_0_speaks_of_all)
{
	enum { RUN = 3, ORPHANS = 2 };
	struct acall_query q;
	__u64 handle;
	int i;

	for (i = 0; i < ORPHANS; i++)
		ASSERT_EQ(0, orphan(&self->q, self->ctl, fresh_id(), &handle));
	for (i = 0; i < RUN; i++)
		ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE,
				       fresh_id(), NULL));
	ASSERT_EQ(0, sys_query(self->q.fd, 0, &q));
	EXPECT_EQ(0, q.call_id);
	EXPECT_EQ(ORPHANS, q.orphans);
	EXPECT_EQ(ORPHANS + RUN, q.executions);
	ASSERT_EQ(0, forget(self->ctl, 0));
	ASSERT_EQ(0, sys_wait_settled(self->q.fd, 0, FOREVER));
	ASSERT_EQ(0, sys_query(self->q.fd, 0, &q));
	EXPECT_EQ(0, q.orphans);
	EXPECT_EQ(0, q.executions);
}

#include "acall_main.h"
