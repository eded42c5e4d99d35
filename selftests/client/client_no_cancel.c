// SPDX-License-Identifier: GPL-2.0-only
/*
 * BEGIN's NO_CANCEL [B6]: a client can not cancel such a call, in whichever way
 * and state, and the last close detaches it; the administrator and the end of
 * the provider are not bound by it. The flag is fixed at BEGIN and belongs to
 * one call. Every state x every cancel is in core_matrix.c.
 */
#include "acall_hot.h"
#include "acall_more.h"

static const struct {
	__u32 flags;
	__u64 grace_ns;
} cancels[] = {
	{ 0, 0 }, { 0, 1 }, { 0, FOREVER },
	{ ACALL_CANCEL_NOWAIT, 0 }, { ACALL_CANCEL_NOWAIT, FOREVER },
	{ ACALL_CANCEL_ABANDON, 0 },
	{ ACALL_CANCEL_ESCALATE, 1 },
	{ ACALL_CANCEL_ESCALATE | ACALL_CANCEL_NOWAIT, 1 },
	{ ACALL_CANCEL_ESCALATE | ACALL_CANCEL_ABANDON, 0 },
};

/*
 * Each is refused with EPERM, and nothing of the call has changed. Whether it has
 * looked for a cancel is its own affair: it may only now have come to that.
 */
static int cannot_be_cancelled(int fd, __u64 call_id)
{
	struct acall_query before, after;
	struct acall_cancel c;
	unsigned int i;

	CHECK(!sys_query(fd, 0, &before));
	for (i = 0; i < ARRAY_SIZE(cancels); i++) {
		CHECK(sys_cancel(fd, cancels[i].flags, 0, cancels[i].grace_ns,
				 &c) == -EPERM);
		CHECK(sys_cancel(fd, cancels[i].flags, call_id,
				 cancels[i].grace_ns, &c) == -EPERM);
	}
	CHECK(!sys_query(fd, 0, &after));
	before.look_ns = after.look_ns;
	CHECK(!memcmp(&before, &after, sizeof(after)));
	CHECK(!after.cancel_ns && after.reason == ACALL_REASON_NONE);
	return 0;
}

TEST_F(acall, B6_a_clients_CANCEL_of_a_running_call_EPERM)
{
	struct acall_finish f;
	__u64 call_id;

	/* hold would be freed soon, coop would stop: neither happens. */
	ASSERT_EQ(0, one_call_flags(self->fd, self->ctl,
				    ACALL_BEGIN_NO_CANCEL, ACALL_TEST_COOP,
				    self->id, &call_id));
	EXPECT_EQ(0, cannot_be_cancelled(self->fd, call_id));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).seen);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(0, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_EQ(0, f.cancel_ns);
}

TEST_F(acall, B6_also_one_that_a_signal_would_stop)
{
	struct acall_finish f;
	__u64 call_id;

	ASSERT_EQ(0, one_call_flags(self->fd, self->ctl,
				    ACALL_BEGIN_NO_CANCEL, ACALL_TEST_KILLABLE,
				    self->id, &call_id));
	EXPECT_EQ(0, cannot_be_cancelled(self->fd, call_id));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).seen);
}

TEST_F(acall, B6_a_clients_CANCEL_of_a_queued_call_EPERM)
{
	int busy = take_slot(self->dev, self->ctl, self->id);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	__u64 id = fresh_id(), call_id;
	struct acall_finish f;

	ASSERT_LE(0, busy);
	ASSERT_EQ(0, sys_begin_flags(fd, ACALL_BEGIN_NO_CANCEL,
				     ACALL_TEST_COOP, id, 0, 0, &call_id));
	EXPECT_EQ(ACALL_STATE_QUEUED, state_of(fd));
	EXPECT_EQ(0, cannot_be_cancelled(fd, call_id));
	/* It starts when its turn comes. */
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, open_gate(self->ctl, id));
	ASSERT_EQ(0, sys_finish(fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_EQ(1, ctl_get(self->ctl, id).starts);
}

TEST_F(acall, B6_after_completion_ESRCH_as_ever)
{
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;

	ASSERT_EQ(0, sys_begin_flags(self->fd, ACALL_BEGIN_NO_CANCEL,
				     ACALL_TEST_COOP, self->id, 0, 0, NULL));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	for (i = 0; i < ARRAY_SIZE(cancels); i++) {
		EXPECT_EQ(-ESRCH, sys_cancel(self->fd, cancels[i].flags, 0,
					     cancels[i].grace_ns, &c));
		EXPECT_EQ(ACALL_STATE_DONE, c.state);
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c.outcome);
	}
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ESRCH, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(ACALL_STATE_IDLE, c.state);
}

TEST_F(acall, B6_the_wrong_id_is_said_first)
{
	struct acall_cancel c;
	__u64 call_id;

	ASSERT_EQ(0, one_call_flags(self->fd, self->ctl,
				    ACALL_BEGIN_NO_CANCEL, ACALL_TEST_COOP,
				    self->id, &call_id));
	EXPECT_EQ(-ESRCH, sys_cancel(self->fd, 0, call_id + 1000, 0, &c));
	EXPECT_EQ(-EINVAL, sys_cancel(self->fd, 1U << 31, call_id, 0, &c));
}

TEST_F(acall, B6_is_of_one_call_not_of_its_object)
{
	struct acall_cancel c;
	struct acall_finish f;
	int i;

	for (i = 0; i < 10; i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, one_call_flags(self->fd, self->ctl, i & 1 ?
					    ACALL_BEGIN_NO_CANCEL : 0,
					    ACALL_TEST_COOP, id, NULL));
		EXPECT_EQ(i & 1 ? -EPERM : 0,
			  sys_cancel(self->fd, 0, 0, FOREVER, &c));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(i & 1 ? ACALL_OUTCOME_COMPLETED :
			  ACALL_OUTCOME_STOPPED, f.outcome);
	}
}

TEST_F(acall, B6_another_process_is_a_client_too)
{
	struct acall_cancel c;
	pid_t pid;

	ASSERT_EQ(0, one_call_flags(self->fd, self->ctl,
				    ACALL_BEGIN_NO_CANCEL, ACALL_TEST_COOP,
				    self->id, NULL));
	pid = fork();
	if (!pid)
		_exit(sys_cancel(self->fd, 0, 0, FOREVER, &c) == -EPERM ? 0 :
		      1);
	EXPECT_EQ(0, child_join(pid));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(self->fd));
}

TEST_F(acall, B6_the_last_close_detaches)
{
	struct acall_list_record r;
	__u64 call_id;
	int fd;

	fd = sys_create(self->dev, "test");
	ASSERT_EQ(0, one_call_flags(fd, self->ctl, ACALL_BEGIN_NO_CANCEL,
				    ACALL_TEST_COOP, self->id, &call_id));
	ASSERT_EQ(0, close(fd));
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	ASSERT_EQ(ACALL_STATE_RUNNING, r.state);
	EXPECT_EQ(ACALL_REASON_NONE, r.reason);
	EXPECT_EQ(0, r.cancel_ns);
	EXPECT_EQ(ACALL_LIST_CONSUMED | ACALL_LIST_NO_CANCEL, r.flags);
	EXPECT_EQ(1, counter("objects"));
	EXPECT_EQ(1, counter("executions"));
	EXPECT_EQ(1, charged_calls(self->dev));
	/* It ends by itself. */
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, wait_ends(self->ctl, self->id, 1));
	EXPECT_EQ(0, wait_counter("calls", 0));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).seen);
	EXPECT_EQ(-ENOENT, list_find(self->dev, call_id, &r));
}

TEST_F(acall, B6_the_last_close_of_a_queued_one_detaches)
{
	int busy = take_slot(self->dev, self->ctl, self->id);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	__u64 id = fresh_id(), call_id;

	ASSERT_LE(0, busy);
	ASSERT_EQ(0, sys_begin_flags(fd, ACALL_BEGIN_NO_CANCEL,
				     ACALL_TEST_COOP, id, 0, 0, &call_id));
	ASSERT_EQ(0, close(fd));
	ASSERT_EQ(ACALL_STATE_QUEUED, listed_state(self->dev, call_id));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, wait_starts(self->ctl, id, 1));
	EXPECT_EQ(ACALL_REASON_NONE, listed_reason(self->dev, call_id));
	ASSERT_EQ(0, open_gate(self->ctl, id));
	ASSERT_EQ(0, wait_ends(self->ctl, id, 1));
	EXPECT_EQ(0, ctl_get(self->ctl, id).seen);
}

struct dying {
	int ctl;
	__u64 id;
	int ready;
};

static int begin_and_wait_to_die(void *arg)
{
	struct dying *d = arg;
	int fd = sys_object("test");
	__u64 call_id;

	CHECK(fd >= 0);
	CHECK(!one_call_flags(fd, d->ctl, ACALL_BEGIN_NO_CANCEL,
			      ACALL_TEST_COOP, d->id, &call_id));
	CHECK(write(d->ready, &call_id, 8) == 8);
	pause();
	return 0;
}

TEST_F(acall, B6_survives_the_process_that_began_it)
{
	struct dying d = { .ctl = self->ctl, .id = self->id };
	struct acall_list_record r;
	__u64 call_id;
	int p[2];
	pid_t pid;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	d.ready = p[1];
	pid = child_start(begin_and_wait_to_die, &d);
	ASSERT_EQ(8, read(p[0], &call_id, 8));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(-SIGKILL, child_join(pid));
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	ASSERT_EQ(ACALL_STATE_RUNNING, r.state);
	EXPECT_EQ(ACALL_REASON_NONE, r.reason);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, wait_counter("calls", 0));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).seen);
}

TEST_F(acall, B6_the_administrator_is_not_bound)
{
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query q;
	__u64 call_id;

	ASSERT_EQ(0, one_call_flags(self->fd, self->ctl,
				    ACALL_BEGIN_NO_CANCEL, ACALL_TEST_COOP,
				    self->id, &call_id));
	EXPECT_EQ(0, sys_cancel_id(self->dev, 0, call_id, FOREVER, &c));
	EXPECT_EQ(ACALL_STATE_DONE, c.state);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, c.outcome);
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_REASON_ADMIN, q.reason);
	EXPECT_EQ(getpid(), q.cancel_tgid);
	/* What the client says to a cancelled call is as ever. */
	EXPECT_EQ(-EALREADY, sys_cancel(self->fd, 0, 0, 0, &c));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ECANCELED, f.status);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
}

TEST_F(acall, B6_the_client_cannot_shorten_the_administrators_grace)
{
	struct acall_cancel c;
	struct acall_finish f;
	__u64 call_id;

	ASSERT_EQ(0, one_call_flags(self->fd, self->ctl,
				    ACALL_BEGIN_NO_CANCEL, ACALL_TEST_GATE,
				    self->id, &call_id));
	ASSERT_EQ(0, sys_cancel_id(self->dev, ACALL_CANCEL_NOWAIT, call_id,
				   FOREVER, &c));
	EXPECT_EQ(-EALREADY, sys_cancel(self->fd, 0, 0, 1, &c));
	EXPECT_EQ(-EPERM, sys_cancel(self->fd, ACALL_CANCEL_ESCALATE, 0, 1,
				     &c));
	EXPECT_EQ(-EPERM, sys_cancel(self->fd, ACALL_CANCEL_ESCALATE |
				     ACALL_CANCEL_ABANDON, 0, 0, &c));
	EXPECT_EQ(0, pass_time(self->fd, now_ns() + 5 * MSEC));
	EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(self->fd));
	/* He himself can. */
	EXPECT_EQ(0, sys_cancel_id(self->dev, ACALL_CANCEL_ESCALATE |
				   ACALL_CANCEL_ABANDON, call_id, 0, &c));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ECANCELED, f.status);
}

static int cancel_own_by_id(void *arg)
{
	int ctl = *(int *)arg, dev, fd;
	__u64 id = fresh_id(), call_id;
	struct acall_cancel c;
	struct acall_finish f;

	CHECK(!become(UID_A));
	dev = sys_open_device();
	fd = sys_create(dev, "test");
	CHECK(fd >= 0);
	CHECK(!one_call_flags(fd, ctl, ACALL_BEGIN_NO_CANCEL, ACALL_TEST_COOP,
			      id, &call_id));
	CHECK(sys_cancel_id(dev, 0, call_id, FOREVER, &c) == -EPERM);
	CHECK(sys_cancel_id(dev, ACALL_CANCEL_ABANDON, call_id, 0, &c) ==
	      -EPERM);
	CHECK(state_of(fd) == ACALL_STATE_RUNNING);
	CHECK(!open_gate(ctl, id));
	CHECK(!sys_finish(fd, 0, &f));
	CHECK(f.outcome == ACALL_OUTCOME_COMPLETED && !f.cancel_ns);
	return 0;
}

TEST_F(acall, B6_by_id_the_owner_alone_is_a_client_EPERM)
{
	EXPECT_EQ(0, child_run(cancel_own_by_id, &self->ctl));
}

TEST_F(hot, B6_unregistration_is_not_bound)
{
	struct acall_finish f;
	struct acall_query q;

	ASSERT_EQ(0, one_call_flags(self->fd, self->base.ctl,
				    ACALL_BEGIN_NO_CANCEL, ACALL_TEST_COOP,
				    self->base.id, NULL));
	ASSERT_EQ(0, unregister(self->base.ctl));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_REASON_PROVIDER, q.reason);
	ASSERT_EQ(0, sys_finish_now(self->fd, &f));
	EXPECT_EQ(-ENODEV, f.status);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
}

#include "acall_main.h"
