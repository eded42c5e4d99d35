// SPDX-License-Identifier: GPL-2.0-only
/*
 * CANCEL_ID on the device [X13]: cancels by call_id, one's own user's calls
 * always, others' only as administrator, who is not bound by NO_CANCEL (that is
 * in client_no_cancel.c). It answers as CANCEL does, and needs no call object:
 * orphans, detached calls and calls of a dead process are in reach.
 */
#include "acall_more.h"

static int cancelled(int fd, __u32 outcome)
{
	struct acall_finish f;

	CHECK(!sys_finish(fd, 0, &f));
	CHECK(f.status == -ECANCELED);
	CHECK(f.outcome == outcome);
	return 0;
}

TEST_F(acall, X13_by_id_as_administrator)
{
	struct acall_cancel c;
	struct acall_query q;
	__u64 call_id;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      &call_id));
	EXPECT_EQ(0, sys_cancel_id(self->dev, 0, call_id, FOREVER, &c));
	EXPECT_EQ(call_id, c.call_id);
	EXPECT_EQ(ACALL_STATE_DONE, c.state);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, c.outcome);
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_REASON_ADMIN, q.reason);
	EXPECT_EQ(getpid(), q.cancel_tgid);
	EXPECT_EQ(0, cancelled(self->fd, ACALL_OUTCOME_STOPPED));
}

struct user {
	int dev;		/* opened by root */
	int ctl;
	uid_t uid;
	__u64 foreign;		/* a call of root's */
	__u64 id;
	int report;
};

static int cancel_own(void *arg)
{
	struct user *u = arg;
	struct acall_cancel c;
	struct acall_query q;
	__u64 call_id;
	int dev, fd;

	CHECK(!become(u->uid));
	dev = sys_open_device();
	fd = sys_create(dev, "test");
	CHECK(fd >= 0);
	CHECK(!one_call(fd, u->ctl, ACALL_TEST_COOP, u->id, &call_id));
	CHECK(!sys_cancel_id(dev, 0, call_id, FOREVER, &c));
	CHECK(c.outcome == ACALL_OUTCOME_STOPPED && c.call_id == call_id);
	CHECK(!sys_query(fd, 0, &q));
	CHECK(q.reason == ACALL_REASON_CLIENT);
	CHECK(q.cancel_tgid == getpid());
	return cancelled(fd, ACALL_OUTCOME_STOPPED);
}

TEST_F(acall, X13_by_id_ones_own)
{
	struct user u = { .ctl = self->ctl, .uid = UID_A, .id = self->id };

	EXPECT_EQ(0, child_run(cancel_own, &u));
}

static int tries(int dev, __u64 call_id)
{
	static const __u32 flags[] = {
		0, ACALL_CANCEL_NOWAIT, ACALL_CANCEL_ABANDON,
		ACALL_CANCEL_ESCALATE,
	};
	struct acall_cancel c;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		CHECK(sys_cancel_id(dev, flags[i], call_id, 0, &c) == -ESRCH);
		/* As if there were none: not even its state is told. */
		CHECK(c.state == ACALL_STATE_IDLE);
		CHECK(c.outcome == ACALL_OUTCOME_NONE);
		CHECK(c.call_id == 0);
	}
	return 0;
}

static int cancel_others(void *arg)
{
	struct user *u = arg;
	int dev;

	CHECK(!become(u->uid));
	dev = sys_open_device();
	CHECK(!tries(dev, u->foreign));
	/* It is who asks that counts, not who opened the device. */
	CHECK(!tries(u->dev, u->foreign));
	return 0;
}

static int cancel_others_as_root_of_a_namespace(void *arg)
{
	struct user *u = arg;

	CHECK(!become(u->uid));
	if (unshare(CLONE_NEWUSER))
		return 77;
	CHECK(!tries(sys_open_device(), u->foreign));
	return 0;
}

TEST_F(acall, X13_by_id_others_ESRCH)
{
	struct user u = { .dev = self->dev, .ctl = self->ctl, .uid = UID_A };
	struct acall_query q;
	int ret;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      &u.foreign));
	EXPECT_EQ(0, child_run(cancel_others, &u));
	ret = child_run(cancel_others_as_root_of_a_namespace, &u);
	EXPECT_TRUE(ret == 0 || ret == 77);
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
	EXPECT_EQ(0, q.cancel_ns);
}

static int be_cancelled(void *arg)
{
	struct user *u = arg;
	struct acall_query q;
	__u64 call_id;
	int fd;

	CHECK(!become(u->uid));
	fd = sys_object("test");
	CHECK(fd >= 0);
	CHECK(!one_call(fd, u->ctl, ACALL_TEST_COOP, u->id, &call_id));
	CHECK(write(u->report, &call_id, 8) == 8);
	CHECK(!sys_wait_until(fd, 0, FOREVER));
	CHECK(!sys_query(fd, 0, &q));
	CHECK(q.reason == ACALL_REASON_ADMIN);
	CHECK(q.cancel_tgid == getppid());
	return cancelled(fd, ACALL_OUTCOME_STOPPED);
}

TEST_F(acall, X13_by_id_everybodys_as_administrator)
{
	struct user u = { .ctl = self->ctl, .uid = UID_A, .id = self->id };
	struct acall_cancel c;
	__u64 call_id;
	int p[2];
	pid_t pid;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	u.report = p[1];
	pid = child_start(be_cancelled, &u);
	ASSERT_EQ(8, read(p[0], &call_id, 8));
	EXPECT_EQ(0, sys_cancel_id(self->dev, 0, call_id, FOREVER, &c));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, c.outcome);
	EXPECT_EQ(0, child_join(pid));
}

TEST_F(acall, X13_by_id_bad_requests)
{
	struct acall_cancel c;
	struct acall_query q;
	__u64 call_id;

	EXPECT_EQ(-EINVAL, sys_cancel_id(self->dev, 0, 0, 0, &c));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      &call_id));
	EXPECT_EQ(-EINVAL, sys_cancel_id(self->dev, 0, 0, 0, &c));
	EXPECT_EQ(-EINVAL, sys_cancel_id(self->dev, 8, call_id, 0, &c));
	EXPECT_EQ(-EINVAL, sys_cancel_id(self->dev, 1U << 31, call_id, 0, &c));
	EXPECT_EQ(-EINVAL, sys_cancel_id(self->dev, ACALL_CANCEL_ABANDON,
					 call_id, 1, &c));
	EXPECT_EQ(-EINVAL, sys_cancel_id(self->dev, ACALL_CANCEL_ABANDON |
					 ACALL_CANCEL_NOWAIT, call_id, 0, &c));
	EXPECT_EQ(-ENOTTY, sys_cancel_id(self->fd, 0, call_id, 0, &c));
	EXPECT_EQ(-EFAULT, sys_ioctl(self->dev, ACALL_IOC_CANCEL_ID,
				     (void *)8));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
	EXPECT_EQ(0, q.cancel_ns);
}

TEST_F(acall, X13_by_id_of_no_call_ESRCH)
{
	struct acall_finish f;
	__u64 call_id;

	EXPECT_EQ(0, tries(self->dev, 1ULL << 60));
	EXPECT_EQ(0, tries(self->dev, FOREVER));
	/* Over is no call. */
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, &call_id));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	ASSERT_EQ(0, wait_counter("calls", 0));
	EXPECT_EQ(0, tries(self->dev, call_id));
}

TEST_F(acall, X13_by_id_wherever_the_call_is)
{
	int busy = take_slot(self->dev, self->ctl, self->id);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	struct acall_cancel c;
	struct acall_finish f;
	__u64 call_id;

	ASSERT_LE(0, busy);
	/* Queued. */
	ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_NOP, NULL, 0, &call_id));
	EXPECT_EQ(0, sys_cancel_id(self->dev, 0, call_id, 0, &c));
	EXPECT_EQ(ACALL_STATE_DONE, c.state);
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, c.outcome);
	EXPECT_EQ(-EALREADY, sys_cancel_id(self->dev, 0, call_id, 0, &c));
	EXPECT_EQ(0, cancelled(fd, ACALL_OUTCOME_NEVER_STARTED));

	/* Completed. */
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, &call_id));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(-ESRCH, sys_cancel_id(self->dev, 0, call_id, 0, &c));
	EXPECT_EQ(ACALL_STATE_DONE, c.state);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c.outcome);
	EXPECT_EQ(call_id, c.call_id);
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);

	/* Running and deaf; then an orphan, finished or not. */
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, fresh_id(),
			      &call_id));
	EXPECT_EQ(0, sys_cancel_id(self->dev, ACALL_CANCEL_NOWAIT, call_id,
				   FOREVER, &c));
	EXPECT_EQ(ACALL_STATE_CANCELLING, c.state);
	EXPECT_EQ(-EALREADY, sys_cancel_id(self->dev, 0, call_id, 1, &c));
	EXPECT_EQ(ACALL_STATE_CANCELLING, c.state);
	EXPECT_EQ(0, sys_cancel_id(self->dev, ACALL_CANCEL_ESCALATE |
				   ACALL_CANCEL_ABANDON, call_id, 0, &c));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
	EXPECT_EQ(-EALREADY, sys_cancel_id(self->dev, 0, call_id, 0, &c));
	EXPECT_EQ(0, cancelled(self->fd, ACALL_OUTCOME_ABANDONED));
	EXPECT_EQ(-EALREADY, sys_cancel_id(self->dev, 0, call_id, 0, &c));
	EXPECT_EQ(ACALL_STATE_DONE, c.state);
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
}

TEST_F(acall, X13_by_id_it_waits_out_the_grace)
{
	struct acall_cancel c;
	struct acall_finish f;
	__u64 call_id;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &call_id));
	EXPECT_EQ(0, sys_cancel_id(self->dev, 0, call_id, 20 * MSEC, &c));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_LE(20 * MSEC, f.end_ns - f.cancel_ns);
}

struct waiting {
	int dev;
	__u64 call_id;
};

static int cancel_and_wait(void *arg)
{
	struct waiting *w = arg;
	struct acall_cancel c;

	CHECK(sys_cancel_id(w->dev, 0, w->call_id, FOREVER, &c) == -ESRCH);
	CHECK(c.outcome == ACALL_OUTCOME_COMPLETED);
	return 0;
}

TEST_F(acall, X13_by_id_a_result_of_its_own_in_time_ESRCH)
{
	struct waiting w = { .dev = self->dev };
	struct acall_finish f;
	pid_t pid;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_LATE, self->id,
			      &w.call_id));
	pid = child_start(cancel_and_wait, &w);
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, 1));
	ASSERT_EQ(0, wait_blocked(pid, pid, __NR_ioctl, ACALL_IOC_CANCEL_ID));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, child_join(pid));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(0, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
}

TEST_F(acall, X13_by_id_a_killed_canceller_has_asked)
{
	struct waiting w = { .dev = self->dev };
	struct acall_query q;
	pid_t pid;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &w.call_id));
	pid = child_start(cancel_and_wait, &w);
	ASSERT_EQ(0, wait_blocked(pid, pid, __NR_ioctl, ACALL_IOC_CANCEL_ID));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(-SIGKILL, child_join(pid));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_STATE_CANCELLING, q.state);
	EXPECT_EQ(ACALL_REASON_ADMIN, q.reason);
	EXPECT_EQ(pid, q.cancel_tgid);
}

TEST_F(acall, X13_by_id_hits_that_call_or_none)
{
	int fd[8], i, n = ARRAY_SIZE(fd);
	struct acall_cancel c;
	__u64 call_id[8];

	for (i = 0; i < n; i++) {
		fd[i] = sys_create(self->dev, "test");
		ASSERT_EQ(0, one_call(fd[i], self->ctl, ACALL_TEST_COOP,
				      fresh_id(), &call_id[i]));
	}
	for (i = 1; i < n; i += 2)
		EXPECT_EQ(0, sys_cancel_id(self->dev, 0, call_id[i], FOREVER,
					   &c));
	for (i = 0; i < n; i++)
		EXPECT_EQ(i & 1 ? ACALL_STATE_DONE : ACALL_STATE_RUNNING,
			  state_of(fd[i]));
}

#include "acall_main.h"
