// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last close [C4]: in every state, that it cancels and never blocks, what
 * counts as the last reference, and the death of processes. The fixture's end
 * checks after each test that nothing is left. What DETACH makes of it is in
 * client_detach.c.
 *
 * That a close cancels is looked for before its effects are waited for, so that
 * one that does not is told from one that hangs.
 */
#include "acall_more.h"

TEST_F(acall, C4_close_of_an_idle_object)
{
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(0, counter("objects"));
}

TEST_F(acall, C4_close_cancels_a_running_call)
{
	static const __u32 methods[] = {
		ACALL_TEST_COOP, ACALL_TEST_KILLABLE,
	};
	unsigned int i;
	__u64 call_id;
	int fd;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		__u64 id = fresh_id();

		fd = sys_create(self->dev, "test");
		ASSERT_EQ(0, one_call(fd, self->ctl, methods[i], id,
				      &call_id));
		ASSERT_EQ(0, close(fd));
		ASSERT_TRUE(close_has_cancelled(self->dev, call_id));
		/* No gate was opened: it is the cancel that ends them. */
		ASSERT_EQ(0, wait_seen(self->ctl, id, 1));
		EXPECT_EQ(0, wait_counter("executions", 0));
		EXPECT_EQ(0, wait_counter("calls", 0));
	}
}

TEST_F(acall, C4_close_never_blocks)
{
	static const __u32 methods[] = {
		ACALL_TEST_GATE, ACALL_TEST_LATE,
	};
	unsigned int i;
	__u64 call_id;
	int fd;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		__u64 id = fresh_id();

		fd = sys_create(self->dev, "test");
		ASSERT_EQ(0, one_call(fd, self->ctl, methods[i], id,
				      &call_id));
		ASSERT_EQ(0, close(fd));
		ASSERT_TRUE(close_has_cancelled(self->dev, call_id));
		/* The provider has not ended, and cannot yet. */
		EXPECT_EQ(0, ctl_get(self->ctl, id).ends);
		EXPECT_EQ(1, counter("executions"));
		EXPECT_EQ(1, counter("objects"));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, wait_ends(self->ctl, id, 1));
		EXPECT_EQ(0, wait_counter("executions", 0));
	}
}

TEST_F(acall, C4_close_of_a_queued_call_it_never_starts)
{
	int busy = sys_create(self->dev, ACALL_TEST_NARROW);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	struct acall_finish f;
	int p[2];
	__u64 id = fresh_id(), call_id;

	ASSERT_EQ(0, one_call(busy, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	ASSERT_EQ(0, sys_begin_hold(fd, id, p[1], &call_id));
	close(p[1]);
	ASSERT_EQ(0, close(fd));
	ASSERT_TRUE(close_has_cancelled(self->dev, call_id));
	/* Its file is dropped, although the slot is still taken. */
	EXPECT_EQ(0, wait_hung_up(p[0]));
	EXPECT_EQ(0, wait_counter("calls", 1));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish(busy, 0, &f));
	EXPECT_EQ(0, ctl_get(self->ctl, id).starts);
}

TEST_F(acall, C4_close_while_a_cancel_is_on_its_way)
{
	struct acall_cancel c;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_LATE, self->id,
			      NULL));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, 1));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(1, counter("executions"));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, wait_counter("calls", 0));
}

TEST_F(acall, C4_close_of_a_done_call_drops_the_result)
{
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_ECHO, "result", 7, NULL));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(1, counter("calls"));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(0, wait_counter("calls", 0));
}

TEST_F(acall, C4_close_of_an_abandoned_call)
{
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, sys_abandon(self->fd));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(1, counter("orphans"));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, wait_counter("orphans", 0));
	EXPECT_EQ(0, wait_counter("calls", 0));
}

TEST_F(acall, C4_close_of_an_idle_object_with_orphans)
{
	int i;

	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, make_orphan(self->fd, self->ctl, fresh_id()));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(5, counter("orphans"));
	ASSERT_EQ(0, forget(self->ctl, 0));
	EXPECT_EQ(0, wait_counter("executions", 0));
}

TEST_F(acall, C4_with_the_methods_own_grace)
{
	__u64 call_id;

	/* hold has a short one and ignores the cancel: becomes an orphan. */
	ASSERT_EQ(0, sys_begin_hold(self->fd, self->id, 0, &call_id));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_TRUE(close_has_cancelled(self->dev, call_id));
	EXPECT_EQ(0, wait_counter("orphans", 1));
	EXPECT_EQ(1, counter("executions"));
}

TEST_F(acall, C4_a_dup_is_a_reference)
{
	struct acall_finish f;
	int fd = dup(self->fd);

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      NULL));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(fd));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).seen);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish(fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
}

static int hold_reference(void *arg)
{
	char c;

	return read(*(int *)arg, &c, 1) != 0;
}

TEST_F(acall, C4_a_forked_child_is_a_reference)
{
	__u64 call_id;
	int p[2];
	pid_t pid;

	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      &call_id));
	pid = fork();
	if (!pid) {
		close(p[1]);
		_exit(hold_reference(p));
	}
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(1, counter("objects"));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).seen);
	/* It ends, and with it the last reference. */
	close(p[1]);
	EXPECT_EQ(0, child_join(pid));
	ASSERT_TRUE(close_has_cancelled(self->dev, call_id));
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, 1));
	EXPECT_EQ(0, wait_counter("objects", 0));
}

TEST_F(acall, C4_a_thread_inside_an_ioctl_is_a_reference)
{
	struct actor a = { .act = ACT_FINISH, .fd = self->fd };

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      NULL));
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(1, counter("objects"));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).seen);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, a.finish.outcome);
	EXPECT_EQ(0, wait_counter("objects", 0));
}

TEST_F(acall, C4_epoll_is_no_reference)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	__u64 call_id;

	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->fd, &ev));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      &call_id));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_TRUE(close_has_cancelled(self->dev, call_id));
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, 1));
	EXPECT_EQ(0, wait_counter("objects", 0));
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
}

struct dying {
	int ctl;
	__u32 method;
	__u64 id;
	int ready;
};

static int begin_and_wait_to_die(void *arg)
{
	struct dying *d = arg;
	int fd = sys_object("test");
	__u64 call_id;

	CHECK(fd >= 0);
	CHECK(!one_call(fd, d->ctl, d->method, d->id, &call_id));
	CHECK(write(d->ready, &call_id, 8) == 8);
	pause();
	return 0;
}

TEST_F(acall, C4_a_killed_process_leaves_nothing)
{
	static const __u32 methods[] = {
		ACALL_TEST_GATE, ACALL_TEST_COOP, ACALL_TEST_LATE,
		ACALL_TEST_KILLABLE, ACALL_TEST_SPIN,
	};
	struct dying d = { .ctl = self->ctl };
	unsigned int i;
	__u64 call_id;
	int p[2];
	pid_t pid;

	ASSERT_EQ(0, pipe(p));
	d.ready = p[1];
	ASSERT_EQ(0, close(self->fd));
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		d.method = methods[i];
		d.id = fresh_id();
		pid = child_start(begin_and_wait_to_die, &d);
		ASSERT_EQ(8, read(p[0], &call_id, 8));
		EXPECT_EQ(1, counter("objects"));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(-SIGKILL, child_join(pid));
		/* spin has ended by itself. */
		ASSERT_TRUE(close_has_cancelled(self->dev, call_id));
		EXPECT_EQ(0, wait_counter("objects", 0));
		ASSERT_EQ(0, open_gate(self->ctl, d.id));
		EXPECT_EQ(0, wait_counter("executions", 0));
		EXPECT_EQ(0, wait_counter("calls", 0));
	}
}

static int begin_then_exit(void *arg)
{
	return !!sys_begin_arg(*(int *)arg, ACALL_TEST_COOP, fresh_id(), 0, 0,
			       NULL);
}

TEST_F(acall, C4_the_death_of_the_beginner_alone_cancels_nothing)
{
	struct acall_cancel c;
	struct acall_query q;

	/* A call belongs to the object, not to who began it (R-SPURIOUS). */
	ASSERT_EQ(0, child_run(begin_then_exit, &self->fd));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(0, q.cancel_ns);
	EXPECT_EQ(-ETIMEDOUT, sys_wait_until(self->fd, 0, 0));
	EXPECT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
}

static void *begin_in_thread(void *arg)
{
	sys_begin_arg(*(int *)arg, ACALL_TEST_COOP, fresh_id(), 0, 0, NULL);
	return NULL;
}

TEST_F(acall, C4_nor_does_that_of_a_thread)
{
	struct acall_cancel c;
	struct acall_query q;
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, begin_in_thread,
				    &self->fd));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(0, q.cancel_ns);
	EXPECT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
}

static int begin_then_exec(void *arg)
{
	char * const argv[] = { "core_close", "--register-hot", NULL };
	int fd = sys_object("test"), *report = arg;
	__u64 call_id;

	CHECK(fd >= 0);
	CHECK(!sys_begin_arg(fd, ACALL_TEST_COOP, fresh_id(), 0, 0, &call_id));
	CHECK(write(*report, &call_id, 8) == 8);
	execv("/proc/self/exe", argv);
	return 99;
}

TEST_F(acall, C4_exec_is_a_close)
{
	__u64 call_id;
	int p[2];

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	ASSERT_EQ(0, close(self->fd));
	/* The program says 1: test-hot is there. Its fd is close-on-exec. */
	EXPECT_EQ(1, child_run(begin_then_exec, &p[1]));
	ASSERT_EQ(8, read(p[0], &call_id, 8));
	ASSERT_TRUE(close_has_cancelled(self->dev, call_id));
	EXPECT_EQ(0, wait_counter("objects", 0));
	EXPECT_EQ(0, wait_counter("executions", 0));
}

TEST_F(acall, C4_begin_and_close_at_any_moment)
{
	struct acall_test_arg arg = { .id = self->id };
	static const struct {
		__u32 method;
		__u32 len;
	} calls[] = {
		{ ACALL_TEST_NOP, 0 }, { ACALL_TEST_ECHO, sizeof(arg) },
		{ ACALL_TEST_WHOAMI, 0 }, { ACALL_TEST_SPIN, sizeof(arg) },
		{ ACALL_TEST_KILLABLE, sizeof(arg) },
		{ ACALL_TEST_COOP, sizeof(arg) },
	};
	unsigned int i, n;
	__u64 call_id;
	int fd;

	for (i = 0; i < 3000; i++) {
		n = i % ARRAY_SIZE(calls);
		fd = sys_create(self->dev, "test");
		ASSERT_EQ(0, sys_begin(fd, calls[n].method, &arg,
				       calls[n].len, &call_id));
		if (i & 8)
			give_way();
		ASSERT_EQ(0, close(fd));
		if (calls[n].method == ACALL_TEST_COOP)
			ASSERT_TRUE(close_has_cancelled(self->dev, call_id));
	}
	EXPECT_EQ(0, wait_counter("executions", 0));
	EXPECT_EQ(0, wait_counter("calls", 0));
	EXPECT_EQ(1, counter("objects"));
}

#include "acall_main.h"
