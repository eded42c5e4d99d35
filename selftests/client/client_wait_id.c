// SPDX-License-Identifier: GPL-2.0-only
/*
 * WAIT_ID on the device [X13]: waits for a call by its id, for one's own user's calls
 * always, for others' as administrator, and tells what became of it, whatever its
 * client does meanwhile.
 *
 * The race is with a client who finishes the call at once: a waiter that sleeps has
 * seen it, and is told all the same.
 */
#include "acall_more.h"

TEST_F(acall, X13_wait_by_id_in_time)
{
	struct acall_wait_id w;
	__u64 call_id, until;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &call_id));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_id(self->dev, 0, call_id, 0, &w));
	EXPECT_EQ(ACALL_STATE_RUNNING, w.state);
	EXPECT_EQ(ACALL_OUTCOME_NONE, w.outcome);
	EXPECT_EQ(call_id, w.call_id);
	until = now_ns() + 20 * MSEC;
	EXPECT_EQ(-ETIMEDOUT, sys_wait_id(self->dev, 0, call_id, until, &w));
	EXPECT_LE(until, now_ns());
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, sys_wait_id(self->dev, 0, call_id, FOREVER, &w));
	EXPECT_EQ(ACALL_STATE_DONE, w.state);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, w.outcome);
}

TEST_F(acall, X13_wait_by_id_says_what_QUERY_says)
{
	struct acall_wait_id w;
	struct acall_cancel c;
	struct acall_query q;
	__u64 call_id;

	ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_PROGRESS, self->id, 10,
				   4, &call_id));
	ASSERT_EQ(0, wait_progress(self->fd, 4));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_id(self->dev, 0, call_id, 0, &w));
	EXPECT_EQ(4, w.progress);
	EXPECT_EQ(10, w.total);
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_wait_id(self->dev, 0, call_id, FOREVER, &w));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(q.state, w.state);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, w.outcome);
	EXPECT_EQ(-ECANCELED, w.status);
	EXPECT_EQ(q.result, w.result);
	EXPECT_EQ(ACALL_REASON_CLIENT, w.reason);
	EXPECT_EQ(getpid(), w.cancel_tgid);
	EXPECT_EQ(q.progress, w.progress);
	EXPECT_EQ(q.total, w.total);
	EXPECT_EQ(q.begin_ns, w.begin_ns);
	EXPECT_EQ(q.start_ns, w.start_ns);
	EXPECT_EQ(q.cancel_ns, w.cancel_ns);
	EXPECT_EQ(q.end_ns, w.end_ns);
}

struct waiter {
	int dev;
	__u32 flags;
	__u64 call_id;
	__u32 outcome;
	__s32 status;
};

static int wait_for_it(void *arg)
{
	struct waiter *w = arg;
	struct acall_wait_id answer;

	CHECK(!sys_wait_id(w->dev, w->flags, w->call_id, FOREVER, &answer));
	CHECK(answer.state == ACALL_STATE_DONE);
	CHECK(answer.outcome == w->outcome);
	CHECK(answer.status == w->status);
	return 0;
}

TEST_F(acall, X13_W5_who_waits_by_id_is_told_though_it_is_finished_at_once)
{
	struct waiter w = { .dev = self->dev, .status = -EDOM,
			    .outcome = ACALL_OUTCOME_COMPLETED };
	struct acall_finish f;
	int i, rounds = 20;
	pid_t pid;

	for (i = 0; i < rounds; i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_GATE, id,
					   -EDOM, 0, &w.call_id));
		pid = child_start(wait_for_it, &w);
		ASSERT_EQ(0, wait_blocked(pid, pid, __NR_ioctl,
					  ACALL_IOC_WAIT_ID));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(-EDOM, f.status);
		EXPECT_EQ(0, child_join(pid));
	}
}

TEST_F(acall, X13_W6_wait_by_id_until_an_abandoned_call_has_ended)
{
	struct waiter w = { .dev = self->dev, .status = -ECANCELED,
			    .flags = ACALL_WAIT_SETTLED,
			    .outcome = ACALL_OUTCOME_ABANDONED };
	struct acall_wait_id answer;
	struct acall_finish f;
	pid_t pid;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &w.call_id));
	ASSERT_EQ(0, sys_abandon(self->fd));
	EXPECT_EQ(0, sys_wait_id(self->dev, 0, w.call_id, 0, &answer));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, answer.outcome);
	EXPECT_EQ(-ETIMEDOUT, sys_wait_id(self->dev, ACALL_WAIT_SETTLED,
					  w.call_id, 0, &answer));
	/* An orphan, of which only its id is left. */
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	pid = child_start(wait_for_it, &w);
	ASSERT_EQ(0, wait_blocked(pid, pid, __NR_ioctl, ACALL_IOC_WAIT_ID));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, child_join(pid));
	EXPECT_EQ(-ESRCH, sys_wait_id(self->dev, ACALL_WAIT_SETTLED, w.call_id,
				      0, &answer));
}

TEST_F(acall, X13_wait_by_id_of_no_call)
{
	struct acall_wait_id w;
	struct acall_finish f;
	__u64 call_id;

	EXPECT_EQ(-EINVAL, sys_wait_id(self->dev, 0, 0, 0, &w));
	EXPECT_EQ(-EINVAL, sys_wait_id(self->dev, 2, 1, 0, &w));
	EXPECT_EQ(-ESRCH, sys_wait_id(self->dev, 0, 1ULL << 60, FOREVER, &w));
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, &call_id));
	ASSERT_EQ(0, sys_wait_id(self->dev, 0, call_id, FOREVER, &w));
	EXPECT_EQ(-ENOTTY, sys_wait_id(self->fd, 0, call_id, 0, &w));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ESRCH, sys_wait_id(self->dev, 0, call_id, 0, &w));
}

static int wait_as_nobody(void *arg)
{
	struct waiter *w = arg;
	struct acall_wait_id answer;
	int dev;

	CHECK(!become(65534));
	dev = sys_open_device();
	CHECK(sys_wait_id(dev, 0, w->call_id, FOREVER, &answer) == -ESRCH);
	/* It is who asks that counts, not who opened the device. */
	CHECK(sys_wait_id(w->dev, 0, w->call_id, FOREVER, &answer) == -ESRCH);
	CHECK(answer.state == 99 && answer.outcome == 99);
	return 0;
}

TEST_F(acall, X13_wait_by_id_others_ESRCH)
{
	struct waiter w = { .dev = self->dev };

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &w.call_id));
	EXPECT_EQ(0, child_run(wait_as_nobody, &w));
}

static int be_waited_for(void *arg)
{
	struct acall_finish f;
	__u64 call_id;
	int fd;

	CHECK(!become(65534));
	fd = sys_object("test");
	CHECK(fd >= 0);
	CHECK(!sys_begin_arg(fd, ACALL_TEST_GATE, fresh_id(), 0, 0, &call_id));
	CHECK(write(*(int *)arg, &call_id, 8) == 8);
	return sys_finish(fd, 0, &f);
}

TEST_F(acall, X13_wait_by_id_everybodys_as_administrator)
{
	struct acall_wait_id w;
	__u64 call_id;
	int p[2];
	pid_t pid;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	pid = child_start(be_waited_for, &p[1]);
	ASSERT_EQ(8, read(p[0], &call_id, 8));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_id(self->dev, 0, call_id, 0, &w));
	ASSERT_EQ(0, forget(self->ctl, 0));
	EXPECT_EQ(0, child_join(pid));
}

TEST_F(acall, X13_wait_by_id_is_interrupted)
{
	struct waiter w = { .dev = self->dev };
	pid_t pid;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &w.call_id));
	pid = child_start(wait_for_it, &w);
	ASSERT_EQ(0, wait_blocked(pid, pid, __NR_ioctl, ACALL_IOC_WAIT_ID));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(-SIGKILL, child_join(pid));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(self->fd));
}

#include "acall_main.h"
