// SPDX-License-Identifier: GPL-2.0-only
/*
 * A provider that goes, as an event loop sees it [W4]: POLLHUP says that nothing
 * will come any more, so it is there when the provider has gone and no call is
 * short of DONE, never before, and on an idle object for good [C5]. And that what
 * is left to do on such an object can be done.
 *
 * The race is with the grace that a call has while its provider is going.
 */
#include "acall_hot.h"
#include "acall_more.h"

#define GONE		POLLHUP
#define READY_GONE	(POLLIN | POLLHUP)

/* What an event loop does that waits for everything. */
static int loops(int ep)
{
	struct epoll_event ev;

	return epoll_wait(ep, &ev, 1, 0);
}

static int loop_of(int fd, __u32 events)
{
	struct epoll_event ev = { .events = events };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) ? -errno : ep;
}

TEST_F(hot, W4_idle_it_hangs_up_at_once_and_for_good)
{
	int ep = loop_of(self->fd, 0), i;

	EXPECT_EQ(POLLOUT, readiness(self->fd));
	EXPECT_EQ(0, loops(ep));
	ASSERT_EQ(0, unregister(self->base.ctl));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(GONE, readiness(self->fd));
		/* Asked for or not. */
		EXPECT_EQ(GONE, revents_of(self->fd, 0));
		EXPECT_EQ(1, loops(ep));
	}
	/* Also when the name is there again. */
	ASSERT_EQ(0, reregister(self->base.ctl));
	EXPECT_EQ(GONE, readiness(self->fd));
	EXPECT_EQ(1, loops(ep));
	EXPECT_EQ(-ENODEV, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	EXPECT_EQ(GONE, readiness(self->fd));
	EXPECT_EQ(-ESRCH, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(0, sys_wait_settled(self->fd, 0, FOREVER));
}

TEST_F(hot, W4_not_while_a_call_is_cancelling)
{
	int level = loop_of(self->fd, EPOLLIN | EPOLLOUT);
	int edge = loop_of(self->fd, EPOLLIN | EPOLLET);
	int ctl = self->base.ctl, i;
	struct acall_finish f;

	ASSERT_EQ(0, one_call(self->fd, ctl, ACALL_TEST_LATE, self->base.id,
			      NULL));
	ASSERT_EQ(0, actor_start(&self->unregister));
	ASSERT_EQ(0, wait_seen(ctl, self->base.id, 1));
	for (i = 0; i < 20; i++) {
		EXPECT_EQ(0, readiness(self->fd));
		EXPECT_EQ(0, loops(level));
		EXPECT_EQ(0, pass_time(self->fd, now_ns() + MSEC));
	}
	ASSERT_EQ(0, open_gate(ctl, self->base.id));
	ASSERT_EQ(0, actor_join(&self->unregister));
	EXPECT_EQ(READY_GONE, readiness(self->fd));
	EXPECT_EQ(1, loops(level));
	EXPECT_EQ(1, loops(edge));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_EQ(GONE, readiness(self->fd));
}

TEST_F(hot, W4_abandoned_is_done_although_the_provider_still_waits)
{
	int ep = loop_of(self->fd, EPOLLIN), ctl = self->base.ctl;
	struct epoll_event ev;
	struct acall_finish f;
	struct actor a;
	__u64 call_id;

	/* gate has no grace: its client is freed while it runs on. */
	ASSERT_EQ(0, one_call(self->fd, ctl, ACALL_TEST_GATE, self->base.id,
			      &call_id));
	ASSERT_EQ(0, actor_block(&self->unregister));
	ASSERT_EQ(1, epoll_wait(ep, &ev, 1, -1));
	EXPECT_EQ(READY_GONE, ev.events);
	EXPECT_EQ(READY_GONE, readiness(self->fd));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ENODEV, f.status);
	EXPECT_EQ(GONE, readiness(self->fd));
	EXPECT_FALSE(actor_ended(&self->unregister));
	/* Its end can be waited for all the same. */
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->fd, call_id, 0));
	a = (struct actor) { .act = ACT_WAIT, .fd = self->fd, .wait = {
		.flags = ACALL_WAIT_SETTLED, .until = FOREVER } };
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, open_gate(ctl, self->base.id));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(0, actor_join(&self->unregister));
}

TEST_F(hot, W4_a_call_that_was_done_before)
{
	struct acall_finish f;
	struct acall_cancel c;
	char out[8] = "";

	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_ECHO, "result", 7, NULL));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(POLLIN, readiness(self->fd));
	ASSERT_EQ(0, unregister(self->base.ctl));
	EXPECT_EQ(READY_GONE, readiness(self->fd));
	/* Nothing but FINISH changes that. */
	EXPECT_EQ(-ESRCH, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(-EBUSY, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	EXPECT_EQ(-EMSGSIZE, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(READY_GONE, readiness(self->fd));
	ASSERT_EQ(0, sys_finish_out(self->fd, out, sizeof(out), &f));
	EXPECT_STREQ("result", out);
	EXPECT_EQ(GONE, readiness(self->fd));
	EXPECT_EQ(-ESRCH, sys_finish(self->fd, 0, &f));
}

TEST_F(hot, W4_pollers_wake_by_it)
{
	int idle = sys_create(self->base.dev, ACALL_TEST_HOT);
	int ctl = self->base.ctl;
	struct actor in = { .act = ACT_POLL, .fd = idle, .events = POLLIN };
	struct actor any = { .act = ACT_POLL, .fd = idle };
	struct actor out = { .act = ACT_POLL, .fd = self->fd,
			     .events = POLLOUT };
	struct acall_finish f;

	ASSERT_EQ(0, one_call(self->fd, ctl, ACALL_TEST_LATE, self->base.id,
			      NULL));
	ASSERT_EQ(0, actor_block(&in));
	ASSERT_EQ(0, actor_block(&any));
	ASSERT_EQ(0, actor_block(&out));
	ASSERT_EQ(0, actor_start(&self->unregister));
	EXPECT_EQ(GONE, actor_join(&in));
	EXPECT_EQ(GONE, actor_join(&any));
	/* Whose call has its grace waits on: for nothing but FINISH's idle. */
	ASSERT_EQ(0, wait_seen(ctl, self->base.id, 1));
	EXPECT_EQ(0, actor_blocked(&out));
	EXPECT_FALSE(actor_ended(&out));
	ASSERT_EQ(0, open_gate(ctl, self->base.id));
	EXPECT_EQ(GONE, actor_join(&out) & GONE);
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(GONE, readiness(self->fd));
	EXPECT_EQ(0, actor_join(&self->unregister));
}

TEST_F(hot, W4_many_objects_each_by_its_own_call)
{
	enum { N = 8 };
	int fd[N], ctl = self->base.ctl, i;
	struct acall_finish f;
	__u64 id[N];

	for (i = 0; i < N; i++) {
		fd[i] = sys_create(self->base.dev, ACALL_TEST_HOT);
		id[i] = fresh_id();
		if (i & 1)
			ASSERT_EQ(0, one_call(fd[i], ctl, ACALL_TEST_LATE,
					      id[i], NULL));
	}
	ASSERT_EQ(0, actor_start(&self->unregister));
	for (i = 1; i < N; i += 2)
		ASSERT_EQ(0, wait_seen(ctl, id[i], 1));
	for (i = 1; i < N; i += 2) {
		int k;

		for (k = 0; k < N; k++)
			EXPECT_EQ(!(k & 1) ? GONE : k < i ? READY_GONE : 0,
				  readiness(fd[k]));
		ASSERT_EQ(0, open_gate(ctl, id[i]));
		ASSERT_EQ(0, sys_wait_until(fd[i], 0, FOREVER));
	}
	EXPECT_EQ(0, actor_join(&self->unregister));
	for (i = 1; i < N; i += 2) {
		ASSERT_EQ(0, sys_finish(fd[i], 0, &f));
		EXPECT_EQ(GONE, readiness(fd[i]));
	}
}

#include "acall_main.h"
