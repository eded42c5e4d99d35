// SPDX-License-Identifier: GPL-2.0-only
/*
 * What provider and client may rely on of each other: an object belongs to one
 * registration [C5], what .run returns and what it means [P7], that a provider
 * may go [P8] and that nobody waits for another one [P6, P9]. Unregistration is
 * that of "test-hot".
 */
#include "acall_hot.h"

#define READY_GONE	(POLLIN | POLLHUP)

#define ctl	(self->base.ctl)
#define dev	(self->base.dev)

TEST_F(hot, C5_an_idle_object_does_not_hold_up_the_provider)
{
	ASSERT_EQ(0, unregister(ctl));
	EXPECT_EQ(POLLHUP, readiness(self->fd));
}

TEST_F(hot, C5_gone_is_ENODEV_and_POLLHUP_for_ever)
{
	ASSERT_EQ(0, unregister(ctl));
	EXPECT_EQ(-ENODEV, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	EXPECT_EQ(POLLHUP, readiness(self->fd));
	EXPECT_EQ(-ENOENT, sys_create(dev, ACALL_TEST_HOT));

	/* The name comes back; the object does not. */
	ASSERT_EQ(0, reregister(ctl));
	EXPECT_EQ(-ENODEV, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	EXPECT_EQ(POLLHUP, readiness(self->fd));
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
}

TEST_F(hot, C5_a_new_object_of_the_name_that_came_back_works)
{
	struct acall_finish f;
	int fd, i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, unregister(ctl));
		ASSERT_EQ(0, reregister(ctl));
		fd = sys_create(dev, ACALL_TEST_HOT);
		ASSERT_LE(0, fd);
		EXPECT_EQ(POLLOUT, readiness(fd));
		ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
		ASSERT_EQ(0, sys_finish(fd, 0, &f));
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
		close(fd);
	}
}

TEST_F(hot, C5_results_not_yet_finished_stay_collectable)
{
	struct acall_finish f;
	char out[8] = "";

	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_ECHO, "result", 7, NULL));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	ASSERT_EQ(0, unregister(ctl));
	EXPECT_EQ(READY_GONE, readiness(self->fd));
	EXPECT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(-EBUSY, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_finish_out(self->fd, out, sizeof(out), &f));
	EXPECT_EQ(0, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_STREQ("result", out);
	EXPECT_EQ(POLLHUP, readiness(self->fd));
}

TEST_F(hot, W4_a_poller_of_an_idle_object_is_woken_by_POLLHUP)
{
	struct actor a = { .act = ACT_POLL, .fd = self->fd,
			   .events = POLLIN };

	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, unregister(ctl));
	EXPECT_EQ(POLLHUP, actor_join(&a));
}

TEST_F(hot, W4_no_POLLHUP_while_a_call_is_short_of_DONE)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct acall_finish f;

	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->fd, &ev));
	ASSERT_EQ(0, one_call(self->fd, ctl, ACALL_TEST_LATE, self->base.id,
			      NULL));
	ASSERT_EQ(0, actor_start(&self->unregister));
	ASSERT_EQ(0, wait_seen(ctl, self->base.id, 1));
	/* Going, and the call has its grace: nothing to spin on. */
	EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(self->fd));
	EXPECT_EQ(0, readiness(self->fd));
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
	ASSERT_EQ(0, open_gate(ctl, self->base.id));
	EXPECT_EQ(1, epoll_wait(ep, &ev, 1, -1));
	EXPECT_EQ(0, actor_join(&self->unregister));
	EXPECT_EQ(READY_GONE, readiness(self->fd));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(POLLHUP, readiness(self->fd));
}

TEST_F(hot, P8_a_running_call_is_stopped_ENODEV)
{
	static const __u32 methods[] = {
		ACALL_TEST_COOP, ACALL_TEST_KILLABLE, ACALL_TEST_SPIN,
	};
	struct acall_finish f;
	struct acall_query q;
	int fd[ARRAY_SIZE(methods)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		__u64 id = fresh_id();

		fd[i] = sys_create(dev, ACALL_TEST_HOT);
		ASSERT_EQ(0, sys_begin_arg(fd[i], methods[i], id,
					   methods[i] == ACALL_TEST_SPIN ?
					   600 * SEC : 0, 0, NULL));
		ASSERT_EQ(0, wait_starts(ctl, id, 1));
	}
	ASSERT_EQ(0, unregister(ctl));
	/* No method of it runs any more, and each call has one outcome. */
	EXPECT_EQ(0, ctl_get(ctl, 0).running);
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		ASSERT_EQ(0, sys_query(fd[i], 0, &q));
		EXPECT_EQ(ACALL_REASON_PROVIDER, q.reason);
		ASSERT_EQ(0, sys_finish_now(fd[i], &f));
		EXPECT_EQ(-ENODEV, f.status);
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
		EXPECT_EQ(-ESRCH, sys_finish_now(fd[i], &f));
	}
}

TEST_F(hot, P8_queued_calls_never_start_ENODEV)
{
	enum { QUEUED = 4, MAX = 4096 };
	int running = user_share(dev, ACALL_TEST_HOT);
	struct acall_finish f;
	__u64 id = fresh_id();
	int fd[MAX], n, i;

	ASSERT_LT(0, running);
	ASSERT_LT(running + QUEUED, MAX);
	/* More than may run for one user; those that run give no slot back. */
	for (n = 0; n < running + QUEUED; n++) {
		fd[n] = sys_create(dev, ACALL_TEST_HOT);
		ASSERT_LE(0, fd[n]);
		ASSERT_EQ(0, sys_begin_arg(fd[n], ACALL_TEST_GATE, id, 0, 0,
					   NULL));
	}
	ASSERT_EQ(0, wait_starts(ctl, id, running));
	for (i = n - QUEUED; i < n; i++)
		EXPECT_EQ(ACALL_STATE_QUEUED, state_of(fd[i]));
	ASSERT_EQ(0, actor_start(&self->unregister));
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, sys_finish(fd[i], 0, &f));
		EXPECT_EQ(-ENODEV, f.status);
		EXPECT_EQ(i < n - QUEUED ? ACALL_OUTCOME_ABANDONED :
			  ACALL_OUTCOME_NEVER_STARTED, f.outcome);
	}
	ASSERT_EQ(0, open_gate(ctl, id));
	EXPECT_EQ(0, actor_join(&self->unregister));
	EXPECT_EQ(running, ctl_get(ctl, id).starts);
}

TEST_F(hot, P8_a_call_that_ignores_it_is_abandoned_and_waited_for)
{
	struct actor w = { .act = ACT_FINISH, .fd = self->fd };

	/* gate has no grace: its client is freed at once. */
	ASSERT_EQ(0, one_call(self->fd, ctl, ACALL_TEST_GATE, self->base.id,
			      NULL));
	ASSERT_EQ(0, actor_block(&w));
	ASSERT_EQ(0, actor_start(&self->unregister));
	EXPECT_EQ(0, actor_join(&w));
	EXPECT_EQ(-ENODEV, w.finish.status);
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, w.finish.outcome);
	/* The provider's code is still in there: it may not go yet. */
	EXPECT_EQ(0, actor_blocked(&self->unregister));
	EXPECT_FALSE(actor_ended(&self->unregister));
	EXPECT_EQ(-ENODEV, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, open_gate(ctl, self->base.id));
	EXPECT_EQ(0, actor_join(&self->unregister));
	EXPECT_EQ(1, ctl_get(ctl, self->base.id).ends);
}

TEST_F(hot, P8_a_result_of_its_own_within_the_grace_stays)
{
	struct acall_finish f;

	ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_LATE, self->base.id,
				   -EDOM, 0, NULL));
	ASSERT_EQ(0, wait_starts(ctl, self->base.id, 1));
	ASSERT_EQ(0, actor_start(&self->unregister));
	ASSERT_EQ(0, wait_seen(ctl, self->base.id, 1));
	ASSERT_EQ(0, open_gate(ctl, self->base.id));
	EXPECT_EQ(0, actor_join(&self->unregister));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-EDOM, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
}

TEST_F(hot, P8_waits_for_orphans_of_calls_abandoned_before)
{
	ASSERT_EQ(0, make_orphan(self->fd, ctl, self->base.id));
	ASSERT_EQ(0, actor_block(&self->unregister));
	EXPECT_FALSE(actor_ended(&self->unregister));
	/* Whoever has none of it goes on: another provider's client. */
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->base.fd));
	EXPECT_EQ(POLLHUP, readiness(self->fd));
	ASSERT_EQ(0, open_gate(ctl, self->base.id));
	EXPECT_EQ(0, actor_join(&self->unregister));
	EXPECT_EQ(0, counter("orphans"));
}

TEST_F(hot, P8_a_clients_cancel_before_it_keeps_its_status)
{
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query q;

	/* The first accepted request fixes status and reason (X12). */
	ASSERT_EQ(0, one_call(self->fd, ctl, ACALL_TEST_GATE, self->base.id,
			      NULL));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	ASSERT_EQ(0, actor_start(&self->unregister));
	/* Its grace is shortened to gate's own, which is none. */
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_REASON_CLIENT, q.reason);
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ECANCELED, f.status);
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, f.outcome);
	ASSERT_EQ(0, open_gate(ctl, self->base.id));
	EXPECT_EQ(0, actor_join(&self->unregister));
}

TEST_F(hot, P8_while_it_is_going)
{
	struct acall_interface_info info = { .size = sizeof(info) };
	int ret;

	ASSERT_EQ(0, make_orphan(self->fd, ctl, self->base.id));
	ASSERT_EQ(0, actor_block(&self->unregister));
	ret = sys_create(dev, ACALL_TEST_HOT);
	EXPECT_TRUE(ret == -ENOENT || ret == -ENODEV);
	EXPECT_EQ(-ENODEV, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	EXPECT_EQ(-EBUSY, reregister(ctl));
	/* It is not listed, and holds up no listing. */
	while (!sys_ioctl(dev, ACALL_IOC_INTERFACE_INFO, &info))
		EXPECT_STRNE(ACALL_TEST_HOT, info.name);
	ASSERT_EQ(0, open_gate(ctl, self->base.id));
	EXPECT_EQ(0, actor_join(&self->unregister));
}

TEST_F(hot, P8_a_canceller_and_a_waiter_are_freed)
{
	struct actor c = { .act = ACT_CANCEL, .fd = self->fd,
			   .cancel.grace_ns = FOREVER };
	struct actor w = { .act = ACT_WAIT, .fd = self->fd,
			   .wait.until = FOREVER };

	ASSERT_EQ(0, one_call(self->fd, ctl, ACALL_TEST_GATE, self->base.id,
			      NULL));
	ASSERT_EQ(0, actor_block(&w));
	ASSERT_EQ(0, actor_block(&c));
	ASSERT_EQ(0, actor_start(&self->unregister));
	EXPECT_EQ(0, actor_join(&w));
	EXPECT_EQ(0, actor_join(&c));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.cancel.outcome);
	ASSERT_EQ(0, open_gate(ctl, self->base.id));
	EXPECT_EQ(0, actor_join(&self->unregister));
}

/* Waits until the log has a line about test-hot with @text. */
static bool log_says(int kmsg, const char *text)
{
	struct pollfd p = { .fd = kmsg, .events = POLLIN };
	__u64 since = now_ns();
	char line[1024];
	ssize_t n;

	while (!guard_expired(since)) {
		poll(&p, 1, 1000);
		n = read(kmsg, line, sizeof(line) - 1);
		if (n <= 0)
			continue;
		line[n] = '\0';
		if (strstr(line, "unregistering test-hot") &&
		    strstr(line, text))
			return true;
	}
	return false;
}

TEST_F(hot, P8_says_for_whom_it_waits)
{
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	__u64 call_id;
	char id[32];

	if (kmsg < 0)
		SKIP(return, "no /dev/kmsg: %s", strerror(errno));
	lseek(kmsg, 0, SEEK_END);
	ASSERT_EQ(0, one_call(self->fd, ctl, ACALL_TEST_GATE, self->base.id,
			      &call_id));
	snprintf(id, sizeof(id), "call %llu ", (unsigned long long)call_id);
	ASSERT_EQ(0, actor_start(&self->unregister));
	EXPECT_TRUE(log_says(kmsg, id));
	EXPECT_FALSE(actor_ended(&self->unregister));
	ASSERT_EQ(0, open_gate(ctl, self->base.id));
	EXPECT_EQ(0, actor_join(&self->unregister));
}

/* Of a call that nobody has seen yet there is nothing to name but how many. */
TEST_F(hot, P8_says_that_it_waits_for_a_prepare)
{
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct acall_test_arg gate = { .id = self->base.id };
	struct actor b = {
		.act = ACT_BEGIN, .fd = self->fd,
		.begin = { .method = ACALL_TEST_PREPARE_GATE,
			   .in = PTR(&gate), .in_len = sizeof(gate) },
	};

	if (kmsg < 0)
		SKIP(return, "no /dev/kmsg: %s", strerror(errno));
	lseek(kmsg, 0, SEEK_END);
	ASSERT_EQ(0, actor_start(&b));
	ASSERT_EQ(0, wait_starts(ctl, self->base.id, 1));
	ASSERT_EQ(0, actor_start(&self->unregister));
	EXPECT_TRUE(log_says(kmsg, "waits for 1 callers that are in .prepare"));
	EXPECT_FALSE(actor_ended(&self->unregister));
	ASSERT_EQ(0, open_gate(ctl, self->base.id));
	EXPECT_NE(-EBUSY, actor_join(&b));
	EXPECT_EQ(0, actor_join(&self->unregister));
}

struct beginner {
	int fd;
	int wrong;
	pthread_t thread;
};

static void *begin_for_ever(void *arg)
{
	struct beginner *b = arg;
	struct acall_test_whoami who;
	struct acall_finish f;
	int ret;

	for (;;) {
		ret = sys_begin(b->fd, ACALL_TEST_WHOAMI, NULL, 0, NULL);
		if (ret == -ENODEV)
			return NULL;
		ret = ret ?: sys_finish_out(b->fd, &who, sizeof(who), &f);
		if (ret || (f.outcome == ACALL_OUTCOME_COMPLETED ?
			    f.status : f.status != -ENODEV)) {
			b->wrong++;
			return NULL;
		}
	}
}

TEST_F(hot, P8_racing_with_BEGIN_every_call_has_one_outcome)
{
	struct beginner b[2];
	unsigned int i, round;
	struct acall_finish f;

	for (round = 0; round < 50; round++) {
		for (i = 0; i < ARRAY_SIZE(b); i++) {
			b[i] = (struct beginner) {
				.fd = sys_create(dev, ACALL_TEST_HOT) };
			ASSERT_LE(0, b[i].fd);
			ASSERT_EQ(0, pthread_create(&b[i].thread, NULL,
						    begin_for_ever, &b[i]));
		}
		ASSERT_EQ(0, unregister(ctl));
		EXPECT_EQ(0, ctl_get(ctl, 0).running);
		for (i = 0; i < ARRAY_SIZE(b); i++) {
			pthread_join(b[i].thread, NULL);
			EXPECT_EQ(0, b[i].wrong);
			EXPECT_EQ(-ESRCH, sys_finish_now(b[i].fd, &f));
			EXPECT_EQ(POLLHUP, readiness(b[i].fd));
			close(b[i].fd);
		}
		ASSERT_EQ(0, reregister(ctl));
	}
}

#undef ctl
#undef dev

static const struct {
	__s32 ret;
	bool cancel;
	__s32 status;
	__u32 outcome;
} results[] = {
	/* No cancel visible: its own word, but no restart code. */
	{ 0, false, 0, ACALL_OUTCOME_COMPLETED },
	{ -EIO, false, -EIO, ACALL_OUTCOME_COMPLETED },
	{ -ECANCELED, false, -ECANCELED, ACALL_OUTCOME_COMPLETED },
	{ -EINTR, false, -EINTR, ACALL_OUTCOME_COMPLETED },
	{ -ETIME, false, -ETIME, ACALL_OUTCOME_COMPLETED },
	{ -512, false, -EINTR, ACALL_OUTCOME_COMPLETED }, /* ERESTARTSYS */
	{ -513, false, -EINTR, ACALL_OUTCOME_COMPLETED }, /* ...NOINTR */
	{ -514, false, -EINTR, ACALL_OUTCOME_COMPLETED }, /* ...NOHAND */
	{ -516, false, -EINTR, ACALL_OUTCOME_COMPLETED }, /* ..._RESTARTBLOCK */
	/* Visible: these mean that it has stopped ... */
	{ -ECANCELED, true, -ECANCELED, ACALL_OUTCOME_STOPPED },
	{ -EINTR, true, -ECANCELED, ACALL_OUTCOME_STOPPED },
	{ -512, true, -ECANCELED, ACALL_OUTCOME_STOPPED },
	{ -513, true, -ECANCELED, ACALL_OUTCOME_STOPPED },
	{ -514, true, -ECANCELED, ACALL_OUTCOME_STOPPED },
	{ -516, true, -ECANCELED, ACALL_OUTCOME_STOPPED },
	/* ... and anything else is a result. */
	{ 0, true, 0, ACALL_OUTCOME_COMPLETED },
	{ -EIO, true, -EIO, ACALL_OUTCOME_COMPLETED },
	{ -EAGAIN, true, -EAGAIN, ACALL_OUTCOME_COMPLETED },
	{ -ETIME, true, -ETIME, ACALL_OUTCOME_COMPLETED },
	{ -ENODEV, true, -ENODEV, ACALL_OUTCOME_COMPLETED },
};

TEST_F(acall, P7_what_run_returns_and_what_it_means)
{
	struct acall_test_result r = { .wait = 1 };
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(results); i++) {
		r.id = fresh_id();
		r.ret = results[i].ret;
		ASSERT_EQ(0, sys_begin_result(self->fd, &r, NULL));
		ASSERT_EQ(0, wait_starts(self->ctl, r.id, 1));
		if (results[i].cancel)
			ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT,
						0, FOREVER, &c));
		ASSERT_EQ(0, open_gate(self->ctl, r.id));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(results[i].status, f.status) {
			TH_LOG("result %u", i);
		}
		EXPECT_EQ(results[i].outcome, f.outcome) {
			TH_LOG("result %u", i);
		}
	}
}

TEST_F(acall, P7_fail_returns_any_errno)
{
	struct acall_finish f;
	__s32 code;

	for (code = -1; code > -134; code--) {
		ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_FAIL, &code,
				       sizeof(code), NULL));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(code, f.status);
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	}
}

TEST_F(acall, P4_a_cancel_reaches_the_call_wherever_it_runs)
{
	enum { N = 20 };
	struct acall_cancel c;
	struct acall_query q;
	int fd[N], i;
	__u64 id[N];

	/* Of many that run, only the one that is meant sees it. */
	for (i = 0; i < N; i++) {
		fd[i] = sys_create(self->dev, "test");
		id[i] = fresh_id();
		ASSERT_EQ(0, one_call(fd[i], self->ctl, i & 1 ?
				      ACALL_TEST_KILLABLE : ACALL_TEST_COOP,
				      id[i], NULL));
	}
	for (i = 0; i < N; i += 3) {
		EXPECT_EQ(0, sys_cancel(fd[i], 0, 0, FOREVER, &c));
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, c.outcome);
	}
	for (i = 0; i < N; i++) {
		EXPECT_EQ(i % 3 ? 0 : 1, ctl_get(self->ctl, id[i]).seen);
		ASSERT_EQ(0, sys_query(fd[i], 0, &q));
		EXPECT_EQ(i % 3 ? ACALL_STATE_RUNNING : ACALL_STATE_DONE,
			  q.state);
	}
}

TEST_F(acall, P6_no_lock_is_held_while_a_method_runs)
{
	struct acall_info info = { .size = sizeof(info) };
	struct acall_interface_info i = { .size = sizeof(i) };
	struct acall_method_info m = { .size = sizeof(m), .interface = "test" };
	struct acall_cancel c;
	struct acall_finish f;
	int fd = sys_create(self->dev, "test");

	/* Everything else goes on, also on the call's own object. */
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	EXPECT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_INFO, &info));
	EXPECT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_INTERFACE_INFO, &i));
	EXPECT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_METHOD_INFO, &m));
	EXPECT_EQ(0, close(sys_create(self->dev, "test")));
	EXPECT_EQ(0, sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
	EXPECT_EQ(0, sys_finish(fd, 0, &f));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(self->fd));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_until(self->fd, 0, 0));
	EXPECT_EQ(-EAGAIN, sys_finish_now(self->fd, &f));
	EXPECT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	EXPECT_EQ(0, unregister(self->ctl));
	EXPECT_EQ(0, reregister(self->ctl));
	EXPECT_EQ(0, close(self->fd));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).ends);
}

struct stuck {
	int ctl;
	uid_t uid;
	__u64 id;
};

static int take_a_slot(void *arg)
{
	struct stuck *s = arg;
	struct acall_finish f;
	int fd;

	CHECK(!become(s->uid));
	fd = sys_object(ACALL_TEST_NARROW);
	CHECK(fd >= 0);
	CHECK(!sys_begin_arg(fd, ACALL_TEST_GATE, s->id, 0, 0, NULL));
	CHECK(!sys_finish(fd, 0, &f));
	return f.status;
}

TEST_F(acall, P9_a_stuck_provider_does_not_hold_up_another)
{
	struct stuck s = { .ctl = self->ctl, .id = self->id };
	int fd = sys_create(self->dev, ACALL_TEST_NARROW), i;
	struct acall_finish f;
	pid_t pid[8];

	/* Eight users take the narrow one's eight slots for good. */
	for (i = 0; i < 8; i++) {
		s.uid = UID_A - i;
		pid[i] = child_start(take_a_slot, &s);
	}
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 8));
	ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0,
				       NULL));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	}
	EXPECT_EQ(ACALL_STATE_QUEUED, state_of(fd));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(0, child_join(pid[i]));
	EXPECT_EQ(0, sys_finish(fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
}

TEST_F(acall, P8_a_call_pins_the_module_and_an_idle_object_does_not)
{
	const char *dir = "/sys/module/acall_test/";
	struct acall_finish f;
	long long idle;
	int ret;

	idle = read_number(dir, "refcnt");
	if (idle < 0)
		SKIP(return, "no refcnt: %lld", idle);
	EXPECT_EQ(1, idle);	/* the control device that is open here */
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	EXPECT_EQ(2, read_number(dir, "refcnt"));
	ret = syscall(__NR_delete_module, "acall_test", O_NONBLOCK);
	EXPECT_EQ(-1, ret);
	EXPECT_TRUE(errno == EBUSY || errno == EWOULDBLOCK);
	/* An orphan does, a result that nobody has taken does not. */
	ASSERT_EQ(0, sys_abandon(self->fd));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(2, read_number(dir, "refcnt"));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, wait_counter("executions", 0));
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	ASSERT_EQ(0, wait_counter("executions", 0));
	EXPECT_EQ(1, read_number(dir, "refcnt"));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
}

/* What P2 says of a hook holds for .run's own look: entered first, asked once. */
TEST_F(acall, P2_a_method_is_asked_once_and_only_after_it_was_entered)
{
	int busy = sys_create(self->dev, ACALL_TEST_NARROW);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	__u64 queued = fresh_id();
	struct acall_query first, second;
	struct acall_cancel c;
	struct acall_finish f;

	ASSERT_EQ(0, one_call(busy, self->ctl, ACALL_TEST_LATE, self->id,
			      NULL));
	ASSERT_EQ(0, sys_begin_arg(fd, ACALL_TEST_COOP, queued, 0, 0, NULL));
	ASSERT_EQ(0, sys_cancel(fd, 0, 0, FOREVER, &c));
	EXPECT_EQ(0, ctl_get(self->ctl, queued).starts);
	EXPECT_EQ(0, ctl_get(self->ctl, queued).seen);

	EXPECT_EQ(0, ctl_get(self->ctl, self->id).seen);
	ASSERT_EQ(0, sys_cancel(busy, ACALL_CANCEL_NOWAIT, 0, FOREVER, &c));
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, 1));
	ASSERT_EQ(0, sys_query(busy, 0, &first));
	EXPECT_EQ(-EALREADY, sys_cancel(busy, ACALL_CANCEL_NOWAIT, 0, 1, &c));
	ASSERT_EQ(0, sys_query(busy, 0, &second));
	EXPECT_EQ(first.cancel_ns, second.cancel_ns);
	EXPECT_EQ(ACALL_STATE_CANCELLING, second.state);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish(busy, 0, &f));
	EXPECT_EQ(1, ctl_get(self->ctl, self->id).seen);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	ASSERT_EQ(0, sys_finish(fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, f.outcome);
	close(busy);
	close(fd);
}

TEST_F(acall, P1_release_runs_once_for_each_call_whatever_became_of_it)
{
	int busy = sys_create(self->dev, ACALL_TEST_NARROW);
	int queued = sys_create(self->dev, ACALL_TEST_NARROW);
	struct acall_test_control before = ctl_get(self->ctl, 0), after;
	struct acall_cancel c;
	struct acall_finish f;
	int i;

	/* One at a time: behind it nothing starts. */
	ASSERT_EQ(0, one_call(busy, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	for (i = 0; i < 60; i++) {
		int fd = i % 4 == 3 ? queued : self->fd;
		__u64 id = fresh_id();

		ASSERT_EQ(0, sys_begin_arg(fd, ACALL_TEST_COOP, id, 0, 0,
					   NULL));
		if (i % 4 == 1)
			sys_abandon(fd);
		else if (i % 4 == 2)
			open_gate(self->ctl, id);
		else
			sys_cancel(fd, 0, 0, FOREVER, &c);
		ASSERT_EQ(0, sys_finish(fd, 0, &f));
		if (fd == queued)
			EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, f.outcome);
	}
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish(busy, 0, &f));
	ASSERT_EQ(0, wait_counter("executions", 0));
	after = ctl_get(self->ctl, 0);
	EXPECT_EQ(61, after.prepared - before.prepared);
	EXPECT_EQ(61, after.released - before.released);
	close(queued);
	close(busy);
}

#include "acall_main.h"
