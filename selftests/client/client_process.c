// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes: death by SIGKILL in every state of a call and in every operation
 * that blocks, an object that is shared by fork or sent to somebody else
 * (SCM_RIGHTS), also to another user, and what becomes of one that nobody ever
 * receives. [C3, C4, B4, X1, W7]
 *
 * The race is between the death of who asked and the answer; the object belongs
 * to whoever still has it.
 */
#include "acall_more.h"

enum place {
	IDLE, QUEUED, RUNNING, CANCELLING, COMPLETED, STOPPED, NEVER_STARTED,
	ABANDONED, NR_PLACES,
};

static const __u32 states[NR_PLACES] = {
	ACALL_STATE_IDLE, ACALL_STATE_QUEUED, ACALL_STATE_RUNNING,
	ACALL_STATE_CANCELLING, ACALL_STATE_DONE, ACALL_STATE_DONE,
	ACALL_STATE_DONE, ACALL_STATE_DONE,
};

/* A call of @fd that is at @place; QUEUED wants the narrow one's slot taken. */
static int go_to(int fd, int ctl, enum place place, __u64 *call_id)
{
	__u64 id = fresh_id();
	struct acall_cancel c;

	*call_id = 0;
	switch (place) {
	case QUEUED:
	case NEVER_STARTED:
		CHECK(!sys_begin_arg(fd, ACALL_TEST_GATE, id, 0, 0, call_id));
		return place == QUEUED ? 0 : sys_cancel(fd, 0, 0, 0, &c);
	case RUNNING:
		return one_call(fd, ctl, ACALL_TEST_COOP, id, call_id);
	case CANCELLING:
		CHECK(!one_call(fd, ctl, ACALL_TEST_LATE, id, call_id));
		return sys_cancel(fd, ACALL_CANCEL_NOWAIT, 0, FOREVER, &c);
	case COMPLETED:
		CHECK(!sys_begin(fd, ACALL_TEST_NOP, NULL, 0, call_id));
		return sys_wait_until(fd, 0, FOREVER);
	case STOPPED:
		CHECK(!one_call(fd, ctl, ACALL_TEST_COOP, id, call_id));
		return sys_cancel(fd, 0, 0, FOREVER, &c);
	case ABANDONED:
		CHECK(!one_call(fd, ctl, ACALL_TEST_GATE, id, call_id));
		return sys_abandon(fd);
	default:
		return 0;
	}
}

struct dying {
	int ctl;
	uid_t uid;
	enum place place;
	int fd;			/* shared, or -1 */
	int report;
	unsigned long cmd;	/* to die in, 0 = none */
	__u64 id;
};

static int die_at(void *arg)
{
	struct dying *d = arg;
	bool queued = d->place == QUEUED || d->place == NEVER_STARTED;
	int dev, fd = d->fd, busy = -1;
	__u64 call_id;

	CHECK(!become(d->uid));
	dev = sys_open_device();
	CHECK(dev >= 0);
	if (queued)
		busy = take_slot(dev, d->ctl, fresh_id());
	if (fd < 0)
		fd = sys_create(dev, queued ? ACALL_TEST_NARROW : "test");
	CHECK(fd >= 0);
	CHECK(!go_to(fd, d->ctl, d->place, &call_id));
	CHECK(state_of(fd) == (int)states[d->place]);
	CHECK(write(d->report, &call_id, 8) == 8);
	pause();
	return busy;
}

TEST_F(acall, C4_SIGKILL_in_every_state)
{
	struct dying d = { .ctl = self->ctl, .fd = -1 };
	static const uid_t uids[] = { 0, UID_A };
	unsigned int i;
	__u64 call_id;
	int p[2];
	pid_t pid;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	d.report = p[1];
	ASSERT_EQ(0, close(self->fd));
	for (i = 0; i < ARRAY_SIZE(uids); i++) {
		d.uid = uids[i];
		for (d.place = IDLE; d.place < NR_PLACES; d.place++) {
			pid = child_start(die_at, &d);
			ASSERT_EQ(8, read(p[0], &call_id, 8));
			EXPECT_EQ(0, kill(pid, SIGKILL));
			EXPECT_EQ(-SIGKILL, child_join(pid));
			/* Its objects are gone with it ... */
			EXPECT_EQ(0, wait_counter("objects", 0));
			/* ... and what it asked for has been cancelled. */
			if (d.place == RUNNING || d.place == QUEUED)
				EXPECT_TRUE(close_has_cancelled(self->dev,
								call_id));
			ASSERT_EQ(0, forget(self->ctl, 0));
			EXPECT_EQ(0, wait_counter("calls", 0));
			EXPECT_EQ(0, wait_counter("executions", 0));
		}
	}
}

TEST_F(acall, C3_SIGKILL_of_one_who_shares_the_object_in_every_state)
{
	struct dying d = { .ctl = self->ctl, .uid = 0 };
	enum place place;
	struct acall_query q;
	__u64 call_id;
	int p[2], fd;
	pid_t pid;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	d.report = p[1];
	for (place = IDLE; place < NR_PLACES; place++) {
		if (place == QUEUED || place == NEVER_STARTED)
			continue;	/* the slot would go with its taker */
		fd = sys_create(self->dev, "test");
		d.fd = fd;
		d.place = place;
		pid = child_start(die_at, &d);
		ASSERT_EQ(8, read(p[0], &call_id, 8));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(-SIGKILL, child_join(pid));
		/* The call is this process's as it was the other's. */
		ASSERT_EQ(0, sys_query(fd, 0, &q));
		EXPECT_EQ(call_id, q.call_id);
		EXPECT_EQ(states[place], q.state);
		if (place == RUNNING)
			EXPECT_EQ(0, q.cancel_ns);
		close(fd);
		ASSERT_EQ(0, forget(self->ctl, 0));
		EXPECT_EQ(0, wait_counter("calls", 0));
	}
}

static int die_in(void *arg)
{
	struct dying *d = arg;
	struct acall_test_arg a = { .id = d->id };
	struct acall_call_args call = {
		.method = ACALL_TEST_GATE, .in = PTR(&a), .in_len = sizeof(a),
	};
	struct pollfd p = { .fd = d->fd, .events = POLLIN };
	struct acall_finish f;
	struct acall_cancel c;

	CHECK(!become(d->uid));
	switch (d->cmd) {
	case ACALL_IOC_WAIT:
		return sys_wait_until(d->fd, 0, FOREVER);
	case ACALL_IOC_FINISH:
		return sys_finish(d->fd, 0, &f);
	case ACALL_IOC_CANCEL:
		return sys_cancel(d->fd, 0, 0, FOREVER, &c);
	case ACALL_IOC_CALL:
		return sys_call_struct(d->fd, &call);
	default:
		return poll(&p, 1, -1);
	}
}

TEST_F(acall, W7_SIGKILL_in_every_operation_that_blocks)
{
	static const unsigned long cmds[] = {
		ACALL_IOC_WAIT, ACALL_IOC_FINISH, 0, ACALL_IOC_CANCEL,
		ACALL_IOC_CALL,
	};
	struct dying d = { .ctl = self->ctl, .uid = UID_A };
	struct acall_finish f;
	struct acall_query q;
	unsigned int i;
	bool asked;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		d.fd = sys_create(self->dev, "test");
		d.id = fresh_id();
		d.cmd = cmds[i];
		if (d.cmd != ACALL_IOC_CALL)
			ASSERT_EQ(0, one_call(d.fd, self->ctl, ACALL_TEST_GATE,
					      d.id, NULL));
		pid = child_start(die_in, &d);
		ASSERT_EQ(0, wait_starts(self->ctl, d.id, 1));
		ASSERT_EQ(0, wait_blocked(pid, pid, d.cmd ? __NR_ioctl :
					  __NR_poll, d.cmd));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(-SIGKILL, child_join(pid));
		/* Only who asked for a cancel has cancelled, or was CALL. */
		ASSERT_EQ(0, sys_query(d.fd, 0, &q));
		asked = d.cmd == ACALL_IOC_CANCEL || d.cmd == ACALL_IOC_CALL;
		EXPECT_EQ(asked ? ACALL_REASON_CLIENT : ACALL_REASON_NONE,
			  q.reason);
		ASSERT_EQ(0, open_gate(self->ctl, d.id));
		ASSERT_EQ(0, sys_finish(d.fd, 0, &f));
		EXPECT_EQ(POLLOUT, readiness(d.fd));
		close(d.fd);
	}
}

static int finish_shared(void *arg)
{
	struct acall_finish f;

	CHECK(!become(UID_A));
	CHECK(!sys_finish(*(int *)arg, 0, &f));
	CHECK(f.outcome == ACALL_OUTCOME_COMPLETED);
	return 0;
}

TEST_F(acall, C3_parent_and_child_are_two_clients_of_one_call)
{
	struct actor a = { .act = ACT_FINISH, .fd = self->fd };
	int i, mine = 0, theirs = 0, ret;
	pid_t pid;

	for (i = 0; i < 40; i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, id,
				      NULL));
		pid = child_start(finish_shared, &self->fd);
		ASSERT_EQ(0, wait_blocked(pid, pid, __NR_ioctl,
					  ACALL_IOC_FINISH));
		a = (struct actor) { .act = ACT_FINISH, .fd = self->fd };
		ASSERT_EQ(0, actor_block(&a));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		actor_join(&a);
		ret = child_join(pid);
		/* Exactly one has it. */
		EXPECT_EQ(a.ret ? 0 : 1, ret);
		mine += !a.ret;
		theirs += !ret;
		ASSERT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
	}
	EXPECT_EQ(40, mine + theirs);
}

struct receiver {
	int sock;
	int ctl;
	__u64 id;
	int report;
};

/* Another user receives an object of root's, and makes a call with it. */
static int call_with_a_received_object(void *arg)
{
	struct receiver *r = arg;
	struct acall_test_whoami who;
	struct acall_finish f;
	__u64 call_id;
	int fd;

	CHECK(!become(UID_A));
	fd = take_fd(r->sock);
	CHECK(fd >= 0);
	/* It is who begins that counts, not who opened (B4). */
	CHECK(!sys_begin(fd, ACALL_TEST_WHOAMI, NULL, 0, NULL));
	CHECK(!sys_finish_out(fd, &who, sizeof(who), &f));
	CHECK(who.uid == UID_A && !who.cap_dac_override);
	CHECK(!one_call(fd, r->ctl, ACALL_TEST_COOP, r->id, &call_id));
	CHECK(write(r->report, &call_id, 8) == 8);
	CHECK(!sys_finish(fd, 0, &f));
	CHECK(f.status == -ECANCELED && f.outcome == ACALL_OUTCOME_STOPPED);
	return 0;
}

TEST_F(acall, C3_an_object_sent_to_another_user)
{
	struct receiver r = { .ctl = self->ctl, .id = self->id };
	struct acall_list_record record;
	struct acall_cancel c;
	int sv[2], p[2];
	__u64 call_id;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv));
	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	r.sock = sv[1];
	r.report = p[1];
	pid = child_start(call_with_a_received_object, &r);
	ASSERT_EQ(0, pass_fd(sv[0], self->fd));
	ASSERT_EQ(8, read(p[0], &call_id, 8));
	/* Theirs: in the listing, in the books; but the object is ours too. */
	ASSERT_EQ(0, list_find(self->dev, call_id, &record));
	EXPECT_EQ(UID_A, record.owner_uid);
	EXPECT_EQ(pid, record.owner_tgid);
	EXPECT_EQ(0, charged_calls(self->dev));
	EXPECT_EQ(0, sys_cancel(self->fd, 0, call_id, FOREVER, &c));
	EXPECT_EQ(0, child_join(pid));
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
}

TEST_F(acall, C3_an_object_in_a_message_is_kept_by_it)
{
	struct acall_query q;
	__u64 call_id;
	int sv[2], fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      &call_id));
	ASSERT_EQ(0, pass_fd(sv[0], self->fd));
	ASSERT_EQ(0, close(self->fd));
	/* Nobody has a descriptor, and nothing is cancelled. */
	EXPECT_EQ(1, counter("objects"));
	EXPECT_EQ(ACALL_REASON_NONE, listed_reason(self->dev, call_id));
	fd = take_fd(sv[1]);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, sys_query(fd, 0, &q));
	EXPECT_EQ(call_id, q.call_id);
	EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
}

TEST_F(acall, C4_a_message_that_nobody_reads_is_the_last_close)
{
	__u64 call_id, since = now_ns();
	int sv[2], reason;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      &call_id));
	ASSERT_EQ(0, pass_fd(sv[0], self->fd));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_EQ(0, close(sv[0]));
	ASSERT_EQ(0, close(sv[1]));
	/* Whenever the message goes. */
	do {
		reason = listed_reason(self->dev, call_id);
		ASSERT_FALSE(guard_expired(since));
		give_way();
	} while (reason == ACALL_REASON_NONE);
	ASSERT_TRUE(close_has_cancelled(self->dev, call_id));
	EXPECT_EQ(0, wait_seen(self->ctl, self->id, 1));
	EXPECT_EQ(0, wait_counter("objects", 0));
}

static int cancel_as_another(void *arg)
{
	struct acall_cancel c;

	CHECK(!become(UID_B));
	/* Who holds the object may, whoever he is (X1). */
	CHECK(!sys_cancel(*(int *)arg, 0, 0, FOREVER, &c));
	CHECK(c.outcome == ACALL_OUTCOME_STOPPED);
	return 0;
}

TEST_F(acall, X1_another_user_who_holds_the_object_may_cancel)
{
	struct acall_finish f;
	struct acall_query q;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      NULL));
	ASSERT_EQ(0, child_run(cancel_as_another, &self->fd));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_REASON_CLIENT, q.reason);
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ECANCELED, f.status);
}

#include "acall_main.h"
