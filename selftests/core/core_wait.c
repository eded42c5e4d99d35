// SPDX-License-Identifier: GPL-2.0-only
/*
 * WAIT, poll and epoll: time [W1], idle objects [W2], ready stays ready [W3],
 * readiness and its edges [W4], sleepers that belong to their call [W5], and
 * signals [W7].
 */
#include "acall_util.h"

static struct actor waiter(int fd, __u64 call_id, __u64 until)
{
	return (struct actor) {
		.act = ACT_WAIT, .fd = fd,
		.wait = { .call_id = call_id, .until = until },
	};
}

static struct actor finisher(int fd, __u64 call_id)
{
	return (struct actor) {
		.act = ACT_FINISH, .fd = fd, .finish = { .call_id = call_id },
	};
}

TEST_F(acall, W1_only_looks_when_the_time_is_0_or_past)
{
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_until(self->fd, 0, 0));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_until(self->fd, 0, 1));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_until(self->fd, 0, now_ns()));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(0, sys_wait_until(self->fd, 0, 0));
	EXPECT_EQ(0, sys_wait_until(self->fd, 0, 1));
}

TEST_F(acall, W1_times_out_never_early)
{
	__u64 until;
	int i;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	for (i = 0; i < 20; i++) {
		until = now_ns() + 100 * 1000 * (1 << (i % 6));
		EXPECT_EQ(-ETIMEDOUT, sys_wait_until(self->fd, 0, until));
		EXPECT_LE(until, now_ns());
	}
}

TEST_F(acall, W1_a_time_out_changes_nothing)
{
	struct acall_query before, after;
	int i;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, sys_query(self->fd, 0, &before));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(-ETIMEDOUT, sys_wait_until(self->fd, 0, 0));
	ASSERT_EQ(-ETIMEDOUT, sys_wait_until(self->fd, 0, now_ns() + MSEC));
	ASSERT_EQ(0, sys_query(self->fd, 0, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
	EXPECT_EQ(0, readiness(self->fd));
	/* Wait again. */
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
}

TEST_F(acall, W1_the_largest_times_do_not_wrap)
{
	static const __u64 untils[] = {
		FOREVER, FOREVER - 1, 1ULL << 63, (1ULL << 63) - 1, 1ULL << 62,
	};
	struct actor a[ARRAY_SIZE(untils)];
	unsigned int i;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	for (i = 0; i < ARRAY_SIZE(a); i++) {
		a[i] = waiter(self->fd, 0, untils[i]);
		ASSERT_EQ(0, actor_block(&a[i]));
	}
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	for (i = 0; i < ARRAY_SIZE(a); i++)
		EXPECT_EQ(0, actor_join(&a[i]));
}

struct in_time_namespace {
	int fd;
	int ctl;
	__u64 id;
};

/* Its clock is a day ahead; until and all reported times are that clock's. */
static int wait_a_day_ahead(void *arg)
{
	struct in_time_namespace *t = arg;
	__u64 before = now_ns(), until = before + 5 * MSEC;
	struct acall_finish f;

	CHECK(before > 86400 * SEC);
	CHECK(!one_call(t->fd, t->ctl, ACALL_TEST_GATE, t->id, NULL));
	CHECK(sys_wait_until(t->fd, 0, until) == -ETIMEDOUT);
	CHECK(now_ns() >= until);
	/* A past time of this clock, though not of the host's. */
	CHECK(sys_wait_until(t->fd, 0, before) == -ETIMEDOUT);
	CHECK(!open_gate(t->ctl, t->id));
	CHECK(!sys_finish(t->fd, 0, &f));
	CHECK(f.begin_ns >= before && f.begin_ns <= f.start_ns);
	CHECK(f.start_ns <= f.end_ns && f.end_ns <= now_ns());
	CHECK(f.cancel_ns == 0);
	return 0;
}

static int enter_time_namespace(void *arg)
{
	if (unshare(CLONE_NEWTIME) ||
	    write_file("/proc/self/timens_offsets", "monotonic 86400 0"))
		return 77;
	return child_run(wait_a_day_ahead, arg);
}

TEST_F(acall, W1_in_a_time_namespace_the_callers_clock_counts)
{
	struct in_time_namespace t = { self->fd, self->ctl, self->id };
	int ret = child_run(enter_time_namespace, &t);

	if (ret == 77)
		SKIP(return, "no time namespaces");
	EXPECT_EQ(0, ret);
}

TEST_F(acall, W2_an_idle_object_ESRCH_at_once)
{
	struct acall_finish f;

	EXPECT_EQ(-ESRCH, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(-ESRCH, sys_wait_until(self->fd, 1, FOREVER));
	EXPECT_EQ(-ESRCH, sys_wait_until(self->fd, 0, 0));
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ESRCH, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(-ESRCH, sys_wait_until(self->fd, f.call_id, FOREVER));
}

TEST_F(acall, W3_ready_stays_ready_until_FINISH)
{
	struct acall_finish f;
	int i;

	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	for (i = 0; i < 1000; i++)
		ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(POLLIN, readiness(self->fd));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ESRCH, sys_wait_until(self->fd, 0, FOREVER));
}

TEST_F(acall, W3_all_waiters_wake)
{
	struct actor a[8];
	unsigned int i;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	for (i = 0; i < ARRAY_SIZE(a); i++) {
		a[i] = waiter(self->fd, 0, FOREVER);
		if (i & 1)
			a[i] = (struct actor) { .act = ACT_POLL,
				.fd = self->fd, .events = POLLIN };
		ASSERT_EQ(0, actor_block(&a[i]));
	}
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	for (i = 0; i < ARRAY_SIZE(a); i++)
		EXPECT_EQ(i & 1 ? POLLIN : 0, actor_join(&a[i]));
}

TEST_F(acall, W3_a_stopped_call_is_ready)
{
	struct acall_cancel c;
	struct actor a;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      NULL));
	a = waiter(self->fd, 0, FOREVER);
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(POLLIN, readiness(self->fd));
}

TEST_F(acall, W3_an_abandoned_call_is_ready)
{
	struct actor a;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	a = waiter(self->fd, 0, FOREVER);
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, sys_abandon(self->fd));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(POLLIN, readiness(self->fd));
	/* And stays so when the orphan ends. */
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, wait_counter("executions", 0));
	EXPECT_EQ(0, sys_wait_until(self->fd, 0, 0));
	EXPECT_EQ(POLLIN, readiness(self->fd));
}

TEST_F(acall, W4_POLLIN_is_ready_and_POLLOUT_is_idle)
{
	struct acall_cancel c;
	struct acall_finish f;

	EXPECT_EQ(POLLOUT, readiness(self->fd));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_LATE, self->id,
			      NULL));
	EXPECT_EQ(0, readiness(self->fd));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	EXPECT_EQ(0, readiness(self->fd));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(POLLIN, readiness(self->fd));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(POLLOUT, readiness(self->fd));
}

TEST_F(acall, W4_FINISH_alone_clears_POLLIN)
{
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query q;
	char out[4];

	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_ECHO, "12345678", 8,
			       NULL));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(0, sys_wait_until(self->fd, 0, 0));
	EXPECT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(-ESRCH, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(-EBUSY, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	EXPECT_EQ(-EMSGSIZE, sys_finish_out(self->fd, out, 4, &f));
	EXPECT_EQ(-EFAULT, sys_finish_out(self->fd, (void *)8, 8, &f));
	EXPECT_EQ(POLLIN, readiness(self->fd));
	EXPECT_EQ(0, sys_finish_out(self->fd, &q, 8, &f));
	EXPECT_EQ(POLLOUT, readiness(self->fd));
}

TEST_F(acall, W4_a_poller_for_POLLOUT_wakes_on_FINISH)
{
	struct actor a = { .act = ACT_POLL, .fd = self->fd,
			   .events = POLLOUT };
	struct acall_finish f;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(POLLOUT, actor_join(&a));
}

TEST_F(acall, W4_epoll_level_triggered)
{
	struct epoll_event ev = { .events = EPOLLIN }, got;
	int ep = epoll_create1(EPOLL_CLOEXEC), i;
	struct acall_finish f;

	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->fd, &ev));
	for (i = 0; i < 100; i++) {
		__u64 id = fresh_id();

		EXPECT_EQ(0, epoll_wait(ep, &got, 1, 0));
		ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, id,
				      NULL));
		EXPECT_EQ(0, epoll_wait(ep, &got, 1, 0));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(1, epoll_wait(ep, &got, 1, -1));
		EXPECT_EQ(EPOLLIN, got.events);
		/* Again and again. */
		EXPECT_EQ(1, epoll_wait(ep, &got, 1, 0));
		EXPECT_EQ(1, epoll_wait(ep, &got, 1, 0));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		ASSERT_EQ(0, forget(self->ctl, id));
	}
}

TEST_F(acall, W4_epoll_edge_triggered_one_edge_per_call)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET }, got;
	int ep = epoll_create1(EPOLL_CLOEXEC), i;
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query q;

	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->fd, &ev));
	for (i = 0; i < 100; i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, id,
				      NULL));
		EXPECT_EQ(0, epoll_wait(ep, &got, 1, 0));
		/* All four ways to get done. */
		switch (i % 4) {
		case 0:
			ASSERT_EQ(0, open_gate(self->ctl, id));
			break;
		case 1:
			ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
			break;
		case 2:
			ASSERT_EQ(0, sys_abandon(self->fd));
			break;
		case 3:
			ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT,
						0, FOREVER, &c));
			break;
		}
		ASSERT_EQ(1, epoll_wait(ep, &got, 1, -1));
		EXPECT_EQ(EPOLLIN, got.events);
		EXPECT_EQ(0, epoll_wait(ep, &got, 1, 0));
		/* Nothing that changes nothing makes another one. */
		EXPECT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
		EXPECT_EQ(0, sys_query(self->fd, 0, &q));
		EXPECT_EQ(-EBUSY, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0,
					    NULL));
		sys_cancel(self->fd, 0, 0, 0, &c);
		/* Nor does the orphan of the abandoned one. */
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, wait_counter("executions", 0));
		EXPECT_EQ(0, epoll_wait(ep, &got, 1, 0));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(0, epoll_wait(ep, &got, 1, 0));
		ASSERT_EQ(0, forget(self->ctl, id));
	}
}

TEST_F(acall, W4_epoll_edge_of_POLLOUT_comes_with_FINISH)
{
	struct epoll_event ev = { .events = EPOLLOUT | EPOLLET }, got;
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct acall_finish f;

	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->fd, &ev));
	ASSERT_EQ(1, epoll_wait(ep, &got, 1, 0));
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(0, epoll_wait(ep, &got, 1, 0));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(1, epoll_wait(ep, &got, 1, 0));
	EXPECT_EQ(EPOLLOUT, got.events);
	EXPECT_EQ(0, epoll_wait(ep, &got, 1, 0));
}

TEST_F(acall, W5_another_calls_id_ESRCH)
{
	struct acall_finish f;
	struct acall_query q;
	__u64 k, next;

	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, &k));
	ASSERT_EQ(0, sys_finish(self->fd, k, &f));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &next));
	EXPECT_EQ(-ESRCH, sys_wait_until(self->fd, k, FOREVER));
	EXPECT_EQ(-ESRCH, sys_wait_until(self->fd, next + 1000000, FOREVER));
	EXPECT_EQ(-ESRCH, sys_query(self->fd, k, &q));
	EXPECT_EQ(-ESRCH, sys_finish(self->fd, k, &f));
	EXPECT_EQ(0, sys_query(self->fd, next, &q));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_until(self->fd, next, 0));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_wait_until(self->fd, next, FOREVER));
	EXPECT_EQ(-ESRCH, sys_finish(self->fd, k, &f));
	EXPECT_EQ(0, sys_finish(self->fd, next, &f));
}

/*
 * Sleepers of one call, while another thread finishes it and begins the next,
 * which does not end: nobody may sleep on, take or cancel that one.
 */
TEST_F(acall, W5_sleepers_belong_to_their_call)
{
	enum { ROUNDS = 100 };
	struct acall_finish f;
	struct acall_query q;
	struct actor w[2], x, c;
	__u64 this, next, id, next_id = fresh_id();
	int round, ret, won;

	ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_LATE, next_id, 0, 0,
				   &next));
	for (round = 0; round < ROUNDS; round++) {
		id = next_id;
		this = next;
		next_id = fresh_id();

		/* With 0 as well as with the id. */
		w[0] = waiter(self->fd, 0, FOREVER);
		w[1] = waiter(self->fd, this, FOREVER);
		x = finisher(self->fd, round & 1 ? this : 0);
		c = (struct actor) { .act = ACT_CANCEL, .fd = self->fd,
				     .cancel = { .grace_ns = FOREVER } };
		ASSERT_EQ(0, actor_block(&w[0]));
		ASSERT_EQ(0, actor_block(&w[1]));
		ASSERT_EQ(0, actor_block(&x));
		ASSERT_EQ(0, actor_block(&c));
		ASSERT_EQ(0, wait_seen(self->ctl, id, 1));

		ASSERT_EQ(0, open_gate(self->ctl, id));
		ret = sys_finish(self->fd, this, &f);
		won = !ret;
		if (ret)
			ASSERT_EQ(-ESRCH, ret);
		/* Whoever finished it, the object is idle. */
		ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_LATE,
				      next_id, &next));

		EXPECT_NE(-ETIMEDOUT, actor_join(&w[0]));
		EXPECT_TRUE(w[0].ret == 0 || w[0].ret == -ESRCH);
		EXPECT_NE(-ETIMEDOUT, actor_join(&w[1]));
		EXPECT_TRUE(w[1].ret == 0 || w[1].ret == -ESRCH);
		EXPECT_EQ(won ? -ESRCH : 0, actor_join(&x));
		if (!x.ret)
			EXPECT_EQ(this, x.finish.call_id);
		/* Its own call ended with a result of its own. */
		EXPECT_EQ(-ESRCH, actor_join(&c));
		EXPECT_EQ(this, c.cancel.call_id);

		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
		EXPECT_EQ(next, q.call_id);
		EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
		EXPECT_EQ(0, q.cancel_ns);
		ASSERT_EQ(0, forget(self->ctl, id));
	}
}

static int stop_signal_test(int fd, int ctl, __u64 id, struct actor *a,
			    int sa_flags)
{
	struct acall_query before, after;

	signals_handled = 0;
	handle_signal(SIGUSR1, sa_flags);
	CHECK(!one_call(fd, ctl, ACALL_TEST_GATE, id, NULL));
	CHECK(!sys_query(fd, 0, &before));
	CHECK(!actor_block(a));
	CHECK(!actor_signal(a, SIGUSR1));
	CHECK(!wait_signals_handled(1));
	if (!(sa_flags & SA_RESTART)) {
		CHECK(actor_join(a) == -EINTR);
		CHECK(!sys_query(fd, 0, &after));
		CHECK(!memcmp(&before, &after, sizeof(after)));
		CHECK(!open_gate(ctl, id));
		CHECK(!sys_wait_until(fd, 0, FOREVER));
		return 0;
	}
	/* It is in there again, or has not left. */
	CHECK(!actor_blocked(a));
	CHECK(!actor_ended(a));
	CHECK(!open_gate(ctl, id));
	CHECK(actor_join(a) == 0);
	return 0;
}

TEST_F(acall, W7_a_signal_interrupts_WAIT_with_EINTR)
{
	struct actor a = waiter(self->fd, 0, FOREVER);

	EXPECT_EQ(0, stop_signal_test(self->fd, self->ctl, self->id, &a, 0));
}

TEST_F(acall, W7_a_signal_interrupts_FINISH_with_EINTR)
{
	struct actor a = finisher(self->fd, 0);

	EXPECT_EQ(0, stop_signal_test(self->fd, self->ctl, self->id, &a, 0));
}

TEST_F(acall, W7_WAIT_is_restarted_under_SA_RESTART)
{
	struct actor a = waiter(self->fd, 0, FOREVER);

	EXPECT_EQ(0, stop_signal_test(self->fd, self->ctl, self->id, &a,
				      SA_RESTART));
}

TEST_F(acall, W7_FINISH_is_restarted_under_SA_RESTART)
{
	struct actor a = finisher(self->fd, 0);

	EXPECT_EQ(0, stop_signal_test(self->fd, self->ctl, self->id, &a,
				      SA_RESTART));
}

TEST_F(acall, W7_a_restarted_WAIT_ends_at_its_own_time)
{
	struct actor a;
	__u64 until;

	signals_handled = 0;
	handle_signal(SIGUSR1, SA_RESTART);
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	until = now_ns() + 300 * MSEC;
	a = waiter(self->fd, 0, until);
	ASSERT_EQ(0, actor_start(&a));
	/* As many as it gets: each restart has the same end. */
	while (!actor_ended(&a)) {
		actor_signal(&a, SIGUSR1);
		give_way();
	}
	EXPECT_EQ(-ETIMEDOUT, actor_join(&a));
	EXPECT_LE(until, now_ns());
	EXPECT_LT(0, signals_handled);
}

struct blocked_child {
	int fd;
	unsigned long cmd;
};

static int block_in(void *arg)
{
	struct blocked_child *b = arg;
	struct acall_finish f;
	struct acall_cancel c;

	if (b->cmd == ACALL_IOC_WAIT)
		sys_wait_until(b->fd, 0, FOREVER);
	else if (b->cmd == ACALL_IOC_FINISH)
		sys_finish(b->fd, 0, &f);
	else
		sys_cancel(b->fd, 0, 0, FOREVER, &c);
	return 1;
}

TEST_F(acall, W7_a_blocked_client_can_always_be_killed)
{
	static const unsigned long cmds[] = {
		ACALL_IOC_WAIT, ACALL_IOC_FINISH, ACALL_IOC_CANCEL,
	};
	struct blocked_child b = { .fd = self->fd };
	struct acall_finish f;
	unsigned int i;
	pid_t pid;

	/* gate: nothing that the provider does helps them out. */
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		b.cmd = cmds[i];
		pid = child_start(block_in, &b);
		EXPECT_EQ(0, wait_blocked(pid, pid, __NR_ioctl, b.cmd));
		EXPECT_EQ(0, kill(pid, SIGKILL));
		EXPECT_EQ(-SIGKILL, child_join(pid));
	}
	/* The call is this process's still. */
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
}

#include "acall_main.h"
