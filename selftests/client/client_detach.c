// SPDX-License-Identifier: GPL-2.0-only
/*
 * CREATE's DETACH [C4]: the last close of such an object does not cancel. The
 * call runs on, also one still queued, and its result is dropped; it stays
 * charged, listed and cancellable by id until it has ended. What a close without
 * it does is in core_close.c.
 */
#include "acall_hot.h"
#include "acall_more.h"

/* A call without a client, of which nobody has asked anything. */
static int runs_on(int dev, __u64 call_id, __u32 state)
{
	struct acall_list_record r;

	CHECK(!list_find(dev, call_id, &r));
	CHECK(r.state == state);
	CHECK(r.reason == ACALL_REASON_NONE);
	CHECK(!r.cancel_ns && !r.cancel_tgid && !r.end_ns);
	CHECK(r.flags == ACALL_LIST_CONSUMED);
	return 0;
}

TEST_F(acall, C4_DETACH_close_does_not_cancel_a_running_call)
{
	static const __u32 methods[] = {
		ACALL_TEST_COOP, ACALL_TEST_KILLABLE, ACALL_TEST_LATE,
		ACALL_TEST_GATE,
	};
	unsigned int i;
	__u64 call_id;
	int fd;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		__u64 id = fresh_id();

		fd = sys_object_detach(self->dev, "test");
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, one_call(fd, self->ctl, methods[i], id,
				      &call_id));
		ASSERT_EQ(0, close(fd));
		ASSERT_EQ(0, runs_on(self->dev, call_id,
				     ACALL_STATE_RUNNING));
		EXPECT_EQ(1, counter("objects"));
		EXPECT_EQ(1, counter("executions"));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		/* late waits for a cancel too. */
		if (methods[i] == ACALL_TEST_LATE) {
			struct acall_cancel c;

			EXPECT_EQ(0, sys_cancel_id(self->dev,
						   ACALL_CANCEL_NOWAIT,
						   call_id, FOREVER, &c));
		}
		ASSERT_EQ(0, wait_ends(self->ctl, id, 1));
		EXPECT_EQ(0, wait_counter("calls", 0));
		EXPECT_EQ(methods[i] == ACALL_TEST_LATE,
			  ctl_get(self->ctl, id).seen);
		EXPECT_EQ(-ENOENT, listed_state(self->dev, call_id));
	}
}

TEST_F(acall, C4_DETACH_a_queued_call_still_runs)
{
	enum { N = 3 };
	int busy = take_slot(self->dev, self->ctl, self->id), fd, i;
	__u64 id = fresh_id(), call_id[N];

	ASSERT_LE(0, busy);
	for (i = 0; i < N; i++) {
		fd = sys_object_detach(self->dev, ACALL_TEST_NARROW);
		ASSERT_EQ(0, sys_begin_arg(fd, ACALL_TEST_COOP, id, 0, 0,
					   &call_id[i]));
		ASSERT_EQ(0, close(fd));
	}
	for (i = 0; i < N; i++)
		ASSERT_EQ(0, runs_on(self->dev, call_id[i],
				     ACALL_STATE_QUEUED));
	EXPECT_EQ(0, ctl_get(self->ctl, id).starts);
	ASSERT_EQ(0, open_gate(self->ctl, id));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, wait_ends(self->ctl, id, N));
	EXPECT_EQ(0, ctl_get(self->ctl, id).seen);
	EXPECT_EQ(0, wait_counter("calls", 1));	/* busy's own result */
}

TEST_F(acall, C4_DETACH_files_are_held_until_the_end)
{
	int busy = take_slot(self->dev, self->ctl, self->id);
	int fd = sys_object_detach(self->dev, "test");
	int queued = sys_object_detach(self->dev, ACALL_TEST_NARROW);
	int p[2], pq[2];
	__u64 id = fresh_id(), idq = fresh_id();

	ASSERT_LE(0, busy);
	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(pq, O_CLOEXEC));
	ASSERT_EQ(0, sys_begin_hold(fd, id, p[1], NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, id, 1));
	ASSERT_EQ(0, sys_begin_hold(queued, idq, pq[1], NULL));
	close(p[1]);
	close(pq[1]);
	ASSERT_EQ(0, close(fd));
	ASSERT_EQ(0, close(queued));
	/* hold's own grace, had it been cancelled, would be over. */
	EXPECT_EQ(0, pass_time(busy, now_ns() + 50 * MSEC));
	ASSERT_FALSE(hung_up(p[0]));
	ASSERT_FALSE(hung_up(pq[0]));
	ASSERT_EQ(0, open_gate(self->ctl, id));
	EXPECT_EQ(0, wait_hung_up(p[0]));
	ASSERT_FALSE(hung_up(pq[0]));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, wait_starts(self->ctl, idq, 1));
	ASSERT_FALSE(hung_up(pq[0]));
	ASSERT_EQ(0, open_gate(self->ctl, idq));
	EXPECT_EQ(0, wait_hung_up(pq[0]));
}

TEST_F(acall, C4_DETACH_stays_charged_until_it_has_ended)
{
	enum { N = 4 };
	__u64 id[N];
	int fd, i;

	for (i = 0; i < N; i++) {
		id[i] = fresh_id();
		fd = sys_object_detach(self->dev, "test");
		ASSERT_EQ(0, one_call(fd, self->ctl, ACALL_TEST_COOP, id[i],
				      NULL));
		ASSERT_EQ(0, close(fd));
		ASSERT_EQ(i + 1, charged_calls(self->dev));
	}
	for (i = 0; i < N; i++) {
		ASSERT_EQ(0, open_gate(self->ctl, id[i]));
		ASSERT_EQ(0, wait_counter("calls", N - 1 - i));
		EXPECT_EQ(N - 1 - i, charged_calls(self->dev));
	}
}

TEST_F(acall, C4_DETACH_is_cancellable_by_id)
{
	struct acall_list_record r;
	struct acall_cancel c;
	__u64 call_id, id = fresh_id();
	int fd, busy;

	fd = sys_object_detach(self->dev, "test");
	ASSERT_EQ(0, one_call(fd, self->ctl, ACALL_TEST_COOP, self->id,
			      &call_id));
	ASSERT_EQ(0, close(fd));
	ASSERT_EQ(0, sys_cancel_id(self->dev, 0, call_id, FOREVER, &c));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, c.outcome);
	EXPECT_EQ(1, ctl_get(self->ctl, self->id).seen);

	/* One that ignores it: whoever waits for it is freed. */
	fd = sys_object_detach(self->dev, "test");
	ASSERT_EQ(0, one_call(fd, self->ctl, ACALL_TEST_GATE, fresh_id(),
			      &call_id));
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(0, sys_cancel_id(self->dev, 0, call_id, MSEC, &c));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	EXPECT_EQ(ACALL_STATE_DONE, r.state);
	EXPECT_EQ(ACALL_REASON_ADMIN, r.reason);

	/* One that is queued. */
	busy = take_slot(self->dev, self->ctl, fresh_id());
	ASSERT_LE(0, busy);
	fd = sys_object_detach(self->dev, ACALL_TEST_NARROW);
	ASSERT_EQ(0, sys_begin_arg(fd, ACALL_TEST_COOP, id, 0, 0, &call_id));
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(0, sys_cancel_id(self->dev, 0, call_id, 0, &c));
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, c.outcome);
	ASSERT_EQ(0, forget(self->ctl, 0));
	EXPECT_EQ(0, wait_counter("executions", 0));
	EXPECT_EQ(0, ctl_get(self->ctl, id).starts);
}

TEST_F(acall, C4_DETACH_is_of_the_last_close_alone)
{
	int fd = sys_object_detach(self->dev, "test"), other = dup(fd);
	struct acall_cancel c;
	struct acall_finish f;

	/* CANCEL is as ever, and so are the results. */
	ASSERT_EQ(0, one_call(fd, self->ctl, ACALL_TEST_COOP, self->id, NULL));
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(0, sys_cancel(other, 0, 0, FOREVER, &c));
	ASSERT_EQ(0, sys_finish(other, 0, &f));
	EXPECT_EQ(-ECANCELED, f.status);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
}

TEST_F(acall, C4_DETACH_changes_nothing_of_a_cancel_before_it)
{
	int fd = sys_object_detach(self->dev, "test");
	struct acall_list_record r;
	struct acall_cancel c;
	__u64 call_id;

	/* gate's own grace is none: a cancelling close would end this one. */
	ASSERT_EQ(0, one_call(fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &call_id));
	ASSERT_EQ(0, sys_cancel(fd, ACALL_CANCEL_NOWAIT, 0, FOREVER, &c));
	ASSERT_EQ(0, close(fd));
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	EXPECT_EQ(ACALL_STATE_CANCELLING, r.state);
	EXPECT_EQ(ACALL_REASON_CLIENT, r.reason);
}

TEST_F(acall, C4_DETACH_results_are_dropped)
{
	int fd = sys_object_detach(self->dev, "test");

	ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_ECHO, "result", 7, NULL));
	ASSERT_EQ(0, sys_wait_until(fd, 0, FOREVER));
	EXPECT_EQ(1, counter("calls"));
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(0, wait_counter("calls", 0));
	EXPECT_EQ(0, charged_calls(self->dev));

	fd = sys_object_detach(self->dev, "test");
	ASSERT_EQ(0, make_orphan(fd, self->ctl, self->id));
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(1, counter("orphans"));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, wait_counter("calls", 0));

	fd = sys_object_detach(self->dev, "test");
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(1, counter("objects"));
}

struct dying {
	int ctl;
	__u64 id;
	int ready;
};

static int begin_and_wait_to_die(void *arg)
{
	struct dying *d = arg;
	int dev = sys_open_device(), fd = sys_object_detach(dev, "test");
	__u64 call_id;

	CHECK(fd >= 0);
	CHECK(!one_call(fd, d->ctl, ACALL_TEST_COOP, d->id, &call_id));
	CHECK(write(d->ready, &call_id, 8) == 8);
	pause();
	return 0;
}

TEST_F(acall, C4_DETACH_outlives_its_process)
{
	struct dying d = { .ctl = self->ctl, .id = self->id };
	__u64 call_id;
	int p[2];
	pid_t pid;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	d.ready = p[1];
	pid = child_start(begin_and_wait_to_die, &d);
	ASSERT_EQ(8, read(p[0], &call_id, 8));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(-SIGKILL, child_join(pid));
	ASSERT_EQ(0, runs_on(self->dev, call_id, ACALL_STATE_RUNNING));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, wait_counter("calls", 0));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).seen);
}

TEST_F(acall, C4_DETACH_together_with_NONBLOCK)
{
	__u32 version = 0;
	struct acall_finish f;
	__u64 call_id;
	int fd;

	fd = sys_create_version(self->dev, "test", ACALL_CREATE_DETACH |
				ACALL_CREATE_NONBLOCK, &version);
	ASSERT_LE(0, fd);
	EXPECT_EQ(O_NONBLOCK, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	ASSERT_EQ(0, one_call(fd, self->ctl, ACALL_TEST_COOP, self->id,
			      &call_id));
	EXPECT_EQ(-EAGAIN, sys_finish(fd, 0, &f));
	ASSERT_EQ(0, close(fd));
	ASSERT_EQ(0, runs_on(self->dev, call_id, ACALL_STATE_RUNNING));
}

TEST_F(hot, C4_DETACH_the_provider_may_go_all_the_same)
{
	int fd = sys_object_detach(self->base.dev, ACALL_TEST_HOT);
	int ctl = self->base.ctl;

	ASSERT_EQ(0, one_call(fd, ctl, ACALL_TEST_COOP, self->base.id, NULL));
	ASSERT_EQ(0, close(fd));
	ASSERT_EQ(0, unregister(ctl));
	EXPECT_EQ(1, ctl_get(ctl, self->base.id).seen);
	EXPECT_EQ(0, wait_counter("executions", 0));
}

#include "acall_main.h"
