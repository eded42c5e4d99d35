// SPDX-License-Identifier: GPL-2.0-only
/*
 * WAIT's SETTLED [W6]: it is about executions, also of calls that were abandoned
 * and finished, and about those that had begun when it was called. When it
 * returns 0 nothing of them will change any more: their files are dropped, and
 * what they were charged is returned.
 */
#include "acall_more.h"

static struct actor settler(int fd, __u64 call_id, __u64 until)
{
	return (struct actor) {
		.act = ACT_WAIT, .fd = fd,
		.wait = { .flags = ACALL_WAIT_SETTLED, .call_id = call_id,
			  .until = until },
	};
}

/* An orphan of a call that was finished. */
static int orphan(int fd, int ctl, __u64 id, __u64 *call_id)
{
	struct acall_finish f;

	return one_call(fd, ctl, ACALL_TEST_GATE, id, call_id) ?:
	       sys_abandon(fd) ?: sys_finish(fd, 0, &f);
}

TEST_F(acall, W6_by_id_until_that_orphan_has_ended)
{
	struct actor a;
	__u64 call_id;

	ASSERT_EQ(0, orphan(self->fd, self->ctl, self->id, &call_id));
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->fd, call_id, 0));
	a = settler(self->fd, call_id, FOREVER);
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(1, ctl_get(self->ctl, self->id).ends);
	EXPECT_EQ(0, counter("executions"));
	EXPECT_EQ(0, sys_wait_settled(self->fd, call_id, 0));
}

TEST_F(acall, W6_by_id_only_that_one_counts)
{
	__u64 id[2] = { fresh_id(), fresh_id() }, call_id[2];
	struct acall_query q;
	int i;

	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, orphan(self->fd, self->ctl, id[i], &call_id[i]));
	ASSERT_EQ(0, open_gate(self->ctl, id[1]));
	EXPECT_EQ(0, sys_wait_settled(self->fd, call_id[1], hopeless()));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->fd, call_id[0], 0));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(1, q.orphans);
	EXPECT_EQ(1, q.executions);
	ASSERT_EQ(0, open_gate(self->ctl, id[0]));
	EXPECT_EQ(0, sys_wait_settled(self->fd, call_id[0], hopeless()));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(0, q.executions);
}

TEST_F(acall, W6_nothing_left_is_0_also_on_an_idle_object)
{
	static const __u64 untils[] = { 0, 1, FOREVER };
	struct acall_finish f;
	unsigned int i;
	__u64 call_id;

	/* Before the first call ... */
	for (i = 0; i < ARRAY_SIZE(untils); i++)
		EXPECT_EQ(0, sys_wait_settled(self->fd, 0, untils[i]));
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, &call_id));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	/* ... of one that is done, which it does not take ... */
	for (i = 0; i < ARRAY_SIZE(untils); i++) {
		EXPECT_EQ(0, sys_wait_settled(self->fd, call_id, untils[i]));
		EXPECT_EQ(0, sys_wait_settled(self->fd, 0, untils[i]));
	}
	EXPECT_EQ(POLLIN, readiness(self->fd));
	ASSERT_EQ(0, sys_finish(self->fd, call_id, &f));
	/* ... and after it. An idle object is ESRCH to W2's WAIT alone. */
	for (i = 0; i < ARRAY_SIZE(untils); i++) {
		EXPECT_EQ(0, sys_wait_settled(self->fd, call_id, untils[i]));
		EXPECT_EQ(0, sys_wait_settled(self->fd, 0, untils[i]));
	}
	EXPECT_EQ(-ESRCH, sys_wait_until(self->fd, 0, FOREVER));
}

TEST_F(acall, W6_ids_that_are_no_execution_of_this_object)
{
	int other = sys_create(self->dev, "test");
	__u64 call_id;

	ASSERT_EQ(0, one_call(other, self->ctl, ACALL_TEST_GATE, self->id,
			      &call_id));
	EXPECT_EQ(0, sys_wait_settled(self->fd, call_id, FOREVER));
	EXPECT_EQ(0, sys_wait_settled(self->fd, call_id + 1000000, FOREVER));
	EXPECT_EQ(0, sys_wait_settled(self->fd, FOREVER, FOREVER));
	EXPECT_EQ(0, sys_wait_settled(self->fd, 0, FOREVER));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(other, call_id, 0));
}

TEST_F(acall, W6_of_a_pending_call)
{
	struct acall_finish f;
	struct actor a, b;
	__u64 call_id;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &call_id));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->fd, 0, 0));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->fd, call_id, 0));
	a = settler(self->fd, 0, FOREVER);
	b = settler(self->fd, call_id, FOREVER);
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, actor_block(&b));
	/* Abandoned and finished, it is no call any more: they wait on. */
	ASSERT_EQ(0, sys_abandon(self->fd));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(0, actor_blocked(&a));
	EXPECT_EQ(0, actor_blocked(&b));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->fd, call_id, 0));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(0, actor_join(&b));
}

TEST_F(acall, W6_of_a_queued_call)
{
	int busy = take_slot(self->dev, self->ctl, self->id);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	struct acall_cancel c;
	struct actor a;
	__u64 call_id;

	ASSERT_LE(0, busy);
	ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_NOP, NULL, 0, &call_id));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(fd, call_id, 0));
	a = settler(fd, 0, FOREVER);
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, sys_cancel(fd, 0, 0, 0, &c));
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, c.outcome);
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(0, sys_wait_settled(fd, call_id, 0));
	EXPECT_EQ(POLLIN, readiness(fd));
}

TEST_F(acall, W6_0_is_all_that_had_begun_before)
{
	enum { N = 5 };
	static const int order[N] = { 3, 0, 4, 2, 1 };
	__u64 id[N], call_id[N];
	struct actor a;
	int i;

	for (i = 0; i < N; i++) {
		id[i] = fresh_id();
		ASSERT_EQ(0, orphan(self->fd, self->ctl, id[i], &call_id[i]));
	}
	a = settler(self->fd, 0, FOREVER);
	ASSERT_EQ(0, actor_block(&a));
	for (i = 0; i < N; i++) {
		EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->fd, 0, 0));
		EXPECT_FALSE(actor_ended(&a));
		ASSERT_EQ(0, open_gate(self->ctl, id[order[i]]));
		ASSERT_EQ(0, sys_wait_settled(self->fd, call_id[order[i]],
					      hopeless()));
	}
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(0, sys_wait_settled(self->fd, 0, 0));
}

TEST_F(acall, W6_a_later_BEGIN_does_not_prolong_it)
{
	__u64 first = fresh_id(), later = fresh_id(), call_id;
	struct actor a;
	int i;

	ASSERT_EQ(0, orphan(self->fd, self->ctl, first, NULL));
	a = settler(self->fd, 0, FOREVER);
	ASSERT_EQ(0, actor_block(&a));
	/* Some that come and go, an orphan, and one that runs. */
	for (i = 0; i < 20; i++) {
		struct acall_finish f;

		ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0,
				       NULL));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	}
	ASSERT_EQ(0, orphan(self->fd, self->ctl, later, NULL));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &call_id));
	EXPECT_EQ(0, actor_blocked(&a));
	EXPECT_FALSE(actor_ended(&a));
	ASSERT_EQ(0, open_gate(self->ctl, first));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(0, ctl_get(self->ctl, later).ends);
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(self->fd));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->fd, 0, 0));
}

TEST_F(acall, W6_several_waiters_each_for_its_own)
{
	enum { N = 6 };
	__u64 id[N], call_id[N];
	struct actor own[N], all[N];
	int i, j;

	for (i = 0; i < N; i++) {
		id[i] = fresh_id();
		ASSERT_EQ(0, orphan(self->fd, self->ctl, id[i], &call_id[i]));
		own[i] = settler(self->fd, call_id[i], FOREVER);
		ASSERT_EQ(0, actor_block(&own[i]));
		/* For the first i + 1 of them. */
		all[i] = settler(self->fd, 0, FOREVER);
		ASSERT_EQ(0, actor_block(&all[i]));
	}
	for (i = N - 1; i >= 0; i--) {
		for (j = 0; j <= i; j++) {
			EXPECT_FALSE(actor_ended(&own[j]));
			EXPECT_FALSE(actor_ended(&all[j]));
		}
		ASSERT_EQ(0, open_gate(self->ctl, id[i]));
		EXPECT_EQ(0, actor_join(&own[i]));
	}
	for (i = 0; i < N; i++)
		EXPECT_EQ(0, actor_join(&all[i]));
}

TEST_F(acall, W6_times_out_never_early_and_changes_nothing)
{
	struct acall_query before, after;
	__u64 until, call_id;
	int i;

	ASSERT_EQ(0, orphan(self->fd, self->ctl, self->id, &call_id));
	ASSERT_EQ(0, sys_query(self->fd, 0, &before));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->fd, 0, 1));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->fd, 0, now_ns()));
	for (i = 0; i < 20; i++) {
		until = now_ns() + 100 * 1000 * (1 << (i % 7));
		EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->fd, i & 1 ?
						       call_id : 0, until));
		EXPECT_LE(until, now_ns());
	}
	ASSERT_EQ(0, sys_query(self->fd, 0, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
	/* Wait again. */
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, sys_wait_settled(self->fd, call_id, FOREVER));
}

TEST_F(acall, W6_a_signal_interrupts_it_as_any_WAIT)
{
	struct actor a;
	__u64 call_id;

	ASSERT_EQ(0, orphan(self->fd, self->ctl, self->id, &call_id));
	signals_handled = 0;
	handle_signal(SIGUSR1, 0);
	a = settler(self->fd, call_id, FOREVER);
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, actor_signal(&a, SIGUSR1));
	EXPECT_EQ(-EINTR, actor_join(&a));

	handle_signal(SIGUSR1, SA_RESTART);
	a = settler(self->fd, call_id, FOREVER);
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, actor_signal(&a, SIGUSR1));
	ASSERT_EQ(0, wait_signals_handled(2));
	EXPECT_EQ(0, actor_blocked(&a));
	EXPECT_FALSE(actor_ended(&a));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, actor_join(&a));
}

struct waiting_child {
	int fd;
	__u64 call_id;
};

static int settle_in_child(void *arg)
{
	struct waiting_child *w = arg;

	sys_wait_settled(w->fd, w->call_id, FOREVER);
	return 1;
}

TEST_F(acall, W6_a_killed_waiter_disturbs_nobody)
{
	struct waiting_child w = { .fd = self->fd };
	struct actor a, b;
	int i;
	pid_t pid;

	ASSERT_EQ(0, orphan(self->fd, self->ctl, self->id, &w.call_id));
	a = settler(self->fd, w.call_id, FOREVER);
	ASSERT_EQ(0, actor_block(&a));
	for (i = 0; i < 4; i++) {
		if (i & 1)
			w.call_id = 0;
		pid = child_start(settle_in_child, &w);
		ASSERT_EQ(0, wait_blocked(pid, pid, __NR_ioctl,
					  ACALL_IOC_WAIT));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		EXPECT_EQ(-SIGKILL, child_join(pid));
	}
	b = settler(self->fd, 0, FOREVER);
	ASSERT_EQ(0, actor_block(&b));
	EXPECT_FALSE(actor_ended(&a));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(0, actor_join(&b));
}

TEST_F(acall, W6_when_it_returns_nothing_will_change_any_more)
{
	struct acall_info info = { .size = sizeof(info) };
	struct acall_finish f;
	struct acall_query q;
	int i, p[2];
	__u64 id, call_id;
	struct actor a;

	for (i = 0; i < 100; i++) {
		id = fresh_id();
		ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
		ASSERT_EQ(0, sys_begin_hold(self->fd, id, p[1], &call_id));
		close(p[1]);
		ASSERT_EQ(0, wait_starts(self->ctl, id, 1));
		ASSERT_EQ(0, sys_abandon(self->fd));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		ASSERT_EQ(1, charged_calls(self->dev));
		a = settler(self->fd, i & 1 ? call_id : 0, FOREVER);
		ASSERT_EQ(0, actor_start(&a));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, actor_join(&a));
		/* Its file, its charge, its place in every list and count. */
		ASSERT_TRUE(hung_up(p[0]));
		ASSERT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_INFO, &info));
		ASSERT_EQ(0, info.charged_calls);
		ASSERT_EQ(0, info.charged_bytes);
		ASSERT_EQ(0, counter("executions"));
		ASSERT_EQ(0, counter("orphans"));
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
		ASSERT_EQ(0, q.executions);
		ASSERT_EQ(0, q.orphans);
		ASSERT_EQ(-ENOENT, listed_reason(self->dev, call_id));
		close(p[0]);
		ASSERT_EQ(0, forget(self->ctl, id));
	}
}

TEST_F(acall, W6_of_a_pending_call_its_files_are_dropped)
{
	__u64 call_id, id;
	struct actor a;
	int i, p[2];

	for (i = 0; i < 50; i++) {
		struct acall_finish f;

		id = fresh_id();
		ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
		ASSERT_EQ(0, sys_begin_hold(self->fd, id, p[1], &call_id));
		close(p[1]);
		a = settler(self->fd, i & 1 ? call_id : 0, FOREVER);
		ASSERT_EQ(0, actor_start(&a));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, actor_join(&a));
		ASSERT_TRUE(hung_up(p[0]));
		ASSERT_EQ(0, counter("executions"));
		ASSERT_EQ(POLLIN, readiness(self->fd));
		ASSERT_EQ(0, sys_finish_now(self->fd, &f));
		close(p[0]);
		ASSERT_EQ(0, forget(self->ctl, id));
	}
}

/* F8's exception: done for its client, but not released. */
TEST_F(acall, W6_waits_for_the_release_of_a_call_that_never_started)
{
	int busy = take_slot(self->dev, self->ctl, self->id);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	__u64 id = fresh_id(), call_id;
	struct acall_cancel c;
	struct acall_finish f;
	struct actor a;

	ASSERT_LE(0, busy);
	ASSERT_EQ(0, sys_begin_arg(fd, ACALL_TEST_STUCK, id, 0, 0, &call_id));
	ASSERT_EQ(0, sys_cancel(fd, 0, 0, 1, &c));
	ASSERT_EQ(0, sys_finish_now(fd, &f));
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, f.outcome);
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(fd, call_id, 0));
	a = settler(fd, 0, FOREVER);
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, open_gate(self->ctl, id));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(0, sys_wait_settled(fd, call_id, 0));
}

TEST_F(acall, W6_many_orphans_and_as_many_waiters)
{
	enum { N = 32, ROUNDS = 5 };
	__u64 id[N], call_id[N];
	struct actor a[N], all;
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < N; i++) {
			id[i] = fresh_id();
			ASSERT_EQ(0, orphan(self->fd, self->ctl, id[i],
					    &call_id[i]));
		}
		all = settler(self->fd, 0, FOREVER);
		ASSERT_EQ(0, actor_start(&all));
		for (i = 0; i < N; i++) {
			a[i] = settler(self->fd, call_id[i], FOREVER);
			ASSERT_EQ(0, actor_start(&a[i]));
		}
		/* All end about at once. */
		for (i = 0; i < N; i++)
			ASSERT_EQ(0, open_gate(self->ctl, id[(i * 5 + round) %
							    N]));
		for (i = 0; i < N; i++) {
			EXPECT_EQ(0, actor_join(&a[i]));
			EXPECT_EQ(1, ctl_get(self->ctl, id[i]).ends);
		}
		EXPECT_EQ(0, actor_join(&all));
		EXPECT_EQ(0, counter("executions"));
		ASSERT_EQ(0, forget(self->ctl, 0));
	}
}

TEST_F(acall, W6_by_who_shares_the_object)
{
	struct waiting_child w = { .fd = self->fd };
	pid_t pid;

	ASSERT_EQ(0, orphan(self->fd, self->ctl, self->id, &w.call_id));
	pid = fork();
	if (!pid)
		_exit(!!sys_wait_settled(w.fd, w.call_id, FOREVER));
	ASSERT_EQ(0, wait_blocked(pid, pid, __NR_ioctl, ACALL_IOC_WAIT));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, child_join(pid));
}

#include "acall_main.h"
