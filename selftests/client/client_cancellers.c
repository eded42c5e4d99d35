// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several cancellers [X12]: client, deadline, close, administrator and
 * unregistration meet in one call. The first that is accepted fixes status and
 * reason; those after it can only shorten the grace. And the grace's clock, which
 * belongs to the call and not to who asked [X9]. Methods that may refuse are
 * their provider's tests.
 *
 * Where a deadline must come second, a slow machine may have it come first: such
 * a test begins anew with more time.
 */
#include "acall_hot.h"
#include "acall_more.h"

#define SOON	(20 * MSEC)
#define LATER	(600 * SEC)
#define NOWAIT	ACALL_CANCEL_NOWAIT

/* Says of a call that was DONE at once or later who it was and what came of it. */
static int ended_by(int fd, __u32 reason, __s32 status, __u32 outcome,
		    struct acall_finish *f)
{
	struct acall_query q;

	CHECK(!sys_wait_until(fd, 0, hopeless()));
	CHECK(!sys_query(fd, 0, &q));
	CHECK(q.reason == reason);
	CHECK(!sys_finish_now(fd, f));
	CHECK(f->status == status);
	CHECK(f->outcome == outcome);
	return 0;
}

/*
 * A gate call with a deadline in @delay or later, whose client cancels it with
 * @grace before that; @deadline is what it was in the end.
 */
static int client_then_deadline(int fd, int ctl, __u64 delay,
				__u64 deadline_grace, __u64 grace,
				__u64 *deadline)
{
	struct acall_cancel c;
	struct acall_finish f;
	__u64 id;
	int ret;

	for (;; delay *= 2) {
		id = fresh_id();
		*deadline = now_ns() + delay;
		CHECK(!sys_begin_deadline(fd, ACALL_TEST_GATE, id, *deadline,
					  deadline_grace));
		/* A queued one would never start, whoever is first. */
		while (state_of(fd) == ACALL_STATE_QUEUED)
			give_way();
		ret = sys_cancel(fd, NOWAIT, 0, grace, &c);
		if (!ret && c.outcome != ACALL_OUTCOME_NEVER_STARTED)
			return 0;
		CHECK(!open_gate(ctl, id));
		CHECK(!sys_finish(fd, 0, &f));
	}
}

TEST_F(acall, X12_a_deadline_shortens_a_clients_grace)
{
	struct acall_finish f;
	__u64 deadline;

	ASSERT_EQ(0, client_then_deadline(self->fd, self->ctl, 2 * SOON, SOON,
					  FOREVER, &deadline));
	EXPECT_EQ(0, ended_by(self->fd, ACALL_REASON_CLIENT, -ECANCELED,
			      ACALL_OUTCOME_ABANDONED, &f));
	EXPECT_LE(deadline + SOON, f.end_ns);
	EXPECT_GT(deadline, f.cancel_ns);
}

TEST_F(acall, X12_a_deadline_with_no_grace_ends_a_clients)
{
	struct acall_finish f;
	__u64 deadline;

	/* gate's own, none. */
	ASSERT_EQ(0, client_then_deadline(self->fd, self->ctl, 2 * SOON, 0,
					  FOREVER, &deadline));
	EXPECT_EQ(0, ended_by(self->fd, ACALL_REASON_CLIENT, -ECANCELED,
			      ACALL_OUTCOME_ABANDONED, &f));
	EXPECT_LE(deadline, f.end_ns);
}

TEST_F(acall, X12_a_deadline_never_lengthens_a_clients_grace)
{
	const __u64 grace = 5 * SOON;
	struct acall_finish f;
	__u64 deadline;

	/* Before the deadline is over, and long after it was. */
	ASSERT_EQ(0, client_then_deadline(self->fd, self->ctl, LATER, FOREVER,
					  grace, &deadline));
	EXPECT_EQ(0, ended_by(self->fd, ACALL_REASON_CLIENT, -ECANCELED,
			      ACALL_OUTCOME_ABANDONED, &f));
	EXPECT_LE(grace, f.end_ns - f.cancel_ns);
	EXPECT_GT(deadline, f.end_ns);

	ASSERT_EQ(0, client_then_deadline(self->fd, self->ctl, SOON, FOREVER,
					  grace, &deadline));
	EXPECT_EQ(0, ended_by(self->fd, ACALL_REASON_CLIENT, -ECANCELED,
			      ACALL_OUTCOME_ABANDONED, &f));
	EXPECT_LE(grace, f.end_ns - f.cancel_ns);
}

TEST_F(acall, X12_a_deadline_in_a_clients_grace_does_not_shorten_it_to_its_end)
{
	struct acall_finish f;
	__u64 deadline;

	/* Its own grace counts from the deadline, not from the cancel. */
	ASSERT_EQ(0, client_then_deadline(self->fd, self->ctl, SOON, 5 * SOON,
					  LATER, &deadline));
	EXPECT_EQ(0, ended_by(self->fd, ACALL_REASON_CLIENT, -ECANCELED,
			      ACALL_OUTCOME_ABANDONED, &f));
	EXPECT_LE(deadline + 5 * SOON, f.end_ns);
}

/* A call of @method whose deadline has passed while it ran; grace @grace. */
static int after_deadline(int fd, int ctl, __u32 method, __u64 grace,
			  __u64 *id)
{
	struct acall_finish f;
	struct acall_query q;
	__u64 delay;

	for (delay = SOON; ; delay *= 2) {
		*id = fresh_id();
		CHECK(!sys_begin_deadline(fd, method, *id, now_ns() + delay,
					  grace));
		do {
			CHECK(!sys_query(fd, 0, &q));
			give_way();
		} while (!q.cancel_ns);
		if (q.start_ns)
			return 0;
		CHECK(!forget(ctl, *id));
		CHECK(!sys_finish(fd, 0, &f));
	}
}

TEST_F(acall, X12_a_CANCEL_after_the_deadline_EALREADY)
{
	static const struct {
		__u32 flags;
		__u64 grace_ns;
	} how[] = {
		{ 0, 0 }, { 0, 1 }, { NOWAIT, 1 }, { ACALL_CANCEL_ABANDON, 0 },
	};
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;
	__u64 id;

	ASSERT_EQ(0, after_deadline(self->fd, self->ctl, ACALL_TEST_GATE,
				    FOREVER, &id));
	for (i = 0; i < ARRAY_SIZE(how); i++) {
		EXPECT_EQ(-EALREADY, sys_cancel(self->fd, how[i].flags, 0,
						how[i].grace_ns, &c));
		EXPECT_EQ(ACALL_STATE_CANCELLING, c.state);
	}
	EXPECT_EQ(0, pass_time(self->fd, now_ns() + 5 * MSEC));
	/* Who wants to leave says so; whose fault it was stays. */
	EXPECT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_ESCALATE |
				ACALL_CANCEL_ABANDON, 0, 0, &c));
	EXPECT_EQ(0, ended_by(self->fd, ACALL_REASON_DEADLINE, -ETIME,
			      ACALL_OUTCOME_ABANDONED, &f));
}

TEST_F(acall, X12_after_the_deadline_a_CANCEL_of_a_done_call_EALREADY)
{
	struct acall_cancel c;
	struct acall_finish f;
	__u64 id;

	ASSERT_EQ(0, after_deadline(self->fd, self->ctl, ACALL_TEST_COOP, 0,
				    &id));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(-EALREADY, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, c.outcome);
	EXPECT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_ESCALATE, 0, 0, &c));
	EXPECT_EQ(0, ended_by(self->fd, ACALL_REASON_DEADLINE, -ETIME,
			      ACALL_OUTCOME_STOPPED, &f));
}

TEST_F(acall, X12_the_client_first_then_the_administrator)
{
	struct acall_cancel c;
	struct acall_finish f;
	__u64 call_id;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &call_id));
	ASSERT_EQ(0, sys_cancel(self->fd, NOWAIT, 0, FOREVER, &c));
	EXPECT_EQ(-EALREADY, sys_cancel_id(self->dev, 0, call_id, 1, &c));
	EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(self->fd));
	EXPECT_EQ(0, sys_cancel_id(self->dev, ACALL_CANCEL_ESCALATE, call_id,
				   1, &c));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
	EXPECT_EQ(0, ended_by(self->fd, ACALL_REASON_CLIENT, -ECANCELED,
			      ACALL_OUTCOME_ABANDONED, &f));
}

TEST_F(acall, X12_the_administrator_first_then_the_client)
{
	struct acall_cancel c;
	struct acall_finish f;
	__u64 call_id;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &call_id));
	ASSERT_EQ(0, sys_cancel_id(self->dev, NOWAIT, call_id, FOREVER, &c));
	EXPECT_EQ(-EALREADY, sys_cancel(self->fd, 0, 0, 1, &c));
	EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(self->fd));
	EXPECT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_ESCALATE, 0, 1, &c));
	EXPECT_EQ(0, ended_by(self->fd, ACALL_REASON_ADMIN, -ECANCELED,
			      ACALL_OUTCOME_ABANDONED, &f));
}

TEST_F(acall, X12_close_shortens_the_grace_to_the_methods_own)
{
	struct acall_list_record r;
	struct acall_cancel c;
	struct acall_query q;
	__u64 call_id, id;
	int fd;

	/* gate's is none. */
	fd = sys_create(self->dev, "test");
	ASSERT_EQ(0, one_call(fd, self->ctl, ACALL_TEST_GATE, fresh_id(),
			      &call_id));
	ASSERT_EQ(0, sys_cancel(fd, NOWAIT, 0, FOREVER, &c));
	ASSERT_EQ(0, close(fd));
	ASSERT_EQ(0, wait_listed_outcome(self->dev, call_id,
					 ACALL_OUTCOME_ABANDONED, &r));
	EXPECT_EQ(ACALL_REASON_CLIENT, r.reason);
	EXPECT_EQ(-ECANCELED, r.status);

	/* Also that of a deadline that has passed. */
	fd = sys_create(self->dev, "test");
	ASSERT_EQ(0, after_deadline(fd, self->ctl, ACALL_TEST_GATE, FOREVER,
				    &id));
	ASSERT_EQ(0, sys_query(fd, 0, &q));
	call_id = q.call_id;
	ASSERT_EQ(0, close(fd));
	ASSERT_EQ(0, wait_listed_outcome(self->dev, call_id,
					 ACALL_OUTCOME_ABANDONED, &r));
	EXPECT_EQ(ACALL_REASON_DEADLINE, r.reason);
	EXPECT_EQ(-ETIME, r.status);

	/* And never lengthens it: late's is long. */
	fd = sys_create(self->dev, "test");
	ASSERT_EQ(0, one_call(fd, self->ctl, ACALL_TEST_LATE, fresh_id(),
			      &call_id));
	ASSERT_EQ(0, sys_cancel(fd, NOWAIT, 0, SOON, &c));
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(0, wait_listed_outcome(self->dev, call_id,
					 ACALL_OUTCOME_ABANDONED, &r));
	EXPECT_LE(SOON, r.end_ns - r.cancel_ns);
}

TEST_F(acall, X12_close_is_shortened_by_the_administrator)
{
	struct acall_list_record r;
	struct acall_cancel c;
	__u64 call_id;
	int fd;

	fd = sys_create(self->dev, "test");
	ASSERT_EQ(0, one_call(fd, self->ctl, ACALL_TEST_LATE, self->id,
			      &call_id));
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(-EALREADY, sys_cancel_id(self->dev, 0, call_id, 1, &c));
	EXPECT_EQ(ACALL_STATE_CANCELLING, c.state);
	EXPECT_EQ(0, sys_cancel_id(self->dev, ACALL_CANCEL_ESCALATE |
				   ACALL_CANCEL_ABANDON, call_id, 0, &c));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	EXPECT_EQ(ACALL_REASON_CLOSE, r.reason);
	EXPECT_EQ(-ECANCELED, r.status);
}

TEST_F(hot, X12_unregistration_shortens_and_is_ENODEV_only_if_first)
{
	int late = sys_create(self->base.dev, ACALL_TEST_HOT);
	int admin = sys_create(self->base.dev, ACALL_TEST_HOT);
	int none = sys_create(self->base.dev, ACALL_TEST_HOT);
	int ctl = self->base.ctl;
	struct acall_cancel c;
	struct acall_finish f;
	__u64 id, call_id;

	ASSERT_EQ(0, one_call(self->fd, ctl, ACALL_TEST_GATE, fresh_id(),
			      NULL));
	ASSERT_EQ(0, sys_cancel(self->fd, NOWAIT, 0, FOREVER, &c));
	ASSERT_EQ(0, one_call(admin, ctl, ACALL_TEST_GATE, fresh_id(),
			      &call_id));
	ASSERT_EQ(0, sys_cancel_id(self->base.dev, NOWAIT, call_id, FOREVER,
				   &c));
	ASSERT_EQ(0, one_call(none, ctl, ACALL_TEST_GATE, fresh_id(), NULL));
	ASSERT_EQ(0, after_deadline(late, ctl, ACALL_TEST_GATE, FOREVER, &id));
	/* gate's own grace is none: all are freed, nobody ended. */
	ASSERT_EQ(0, actor_start(&self->unregister));
	EXPECT_EQ(0, ended_by(self->fd, ACALL_REASON_CLIENT, -ECANCELED,
			      ACALL_OUTCOME_ABANDONED, &f));
	EXPECT_EQ(0, ended_by(admin, ACALL_REASON_ADMIN, -ECANCELED,
			      ACALL_OUTCOME_ABANDONED, &f));
	EXPECT_EQ(0, ended_by(late, ACALL_REASON_DEADLINE, -ETIME,
			      ACALL_OUTCOME_ABANDONED, &f));
	EXPECT_EQ(0, ended_by(none, ACALL_REASON_PROVIDER, -ENODEV,
			      ACALL_OUTCOME_ABANDONED, &f));
	EXPECT_EQ(0, forget(ctl, 0));
	EXPECT_EQ(0, actor_join(&self->unregister));
}

TEST_F(hot, X12_after_unregistration_a_CANCEL_EALREADY)
{
	int ctl = self->base.ctl;
	struct acall_cancel c;
	struct acall_finish f;

	ASSERT_EQ(0, one_call(self->fd, ctl, ACALL_TEST_LATE, self->base.id,
			      NULL));
	ASSERT_EQ(0, actor_start(&self->unregister));
	ASSERT_EQ(0, wait_seen(ctl, self->base.id, 1));
	EXPECT_EQ(-EALREADY, sys_cancel(self->fd, 0, 0, 1, &c));
	EXPECT_EQ(ACALL_STATE_CANCELLING, c.state);
	EXPECT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_ESCALATE, 0, 1, &c));
	EXPECT_EQ(0, ended_by(self->fd, ACALL_REASON_PROVIDER, -ENODEV,
			      ACALL_OUTCOME_ABANDONED, &f));
	EXPECT_EQ(0, forget(ctl, 0));
	EXPECT_EQ(0, actor_join(&self->unregister));
}

TEST_F(hot, X12_a_deadline_that_has_not_come_has_no_say)
{
	struct acall_finish f;

	ASSERT_EQ(0, sys_begin_deadline(self->fd, ACALL_TEST_COOP,
					self->base.id, now_ns() + LATER, 0));
	ASSERT_EQ(0, unregister(self->base.ctl));
	ASSERT_EQ(0, sys_finish_now(self->fd, &f));
	EXPECT_EQ(-ENODEV, f.status);
}

/*
 * All at once: one is first, and everybody's answer fits. The deadline moves
 * towards where it is first every other time, however fast the machine is.
 */
TEST_F(acall, X12_everybody_at_once_and_one_is_the_first)
{
	enum { ROUNDS = 200 };
	unsigned int by[ACALL_REASON_REBOOT + 1] = { 0 };
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query q;
	pthread_barrier_t b;
	struct actor a;
	__u64 call_id, id, ahead = MSEC;
	int i, ret;

	ASSERT_EQ(0, pthread_barrier_init(&b, NULL, 2));
	for (i = 0; i < ROUNDS; i++) {
		id = fresh_id();
		ASSERT_EQ(0, sys_begin_flags(self->fd, ACALL_BEGIN_DEADLINE,
					     ACALL_TEST_COOP, id,
					     now_ns() + ahead,
					     FOREVER, &call_id));
		a = (struct actor) { .act = ACT_CANCEL, .fd = self->fd,
				     .barrier = &b,
				     .cancel.grace_ns = FOREVER };
		ASSERT_EQ(0, actor_start(&a));
		pthread_barrier_wait(&b);
		ret = sys_cancel_id(self->dev, 0, call_id, FOREVER, &c);
		actor_join(&a);
		ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
		by[q.reason]++;
		if (q.reason != ACALL_REASON_DEADLINE)
			ahead -= ahead / 3;
		else if (ahead < SEC)
			ahead += ahead / 2;
		EXPECT_EQ(q.reason == ACALL_REASON_ADMIN ? 0 : -EALREADY, ret);
		EXPECT_EQ(q.reason == ACALL_REASON_CLIENT ? 0 : -EALREADY,
			  a.ret);
		EXPECT_EQ(q.reason == ACALL_REASON_DEADLINE ? -ETIME :
			  -ECANCELED, q.status);
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(q.status, f.status);
		EXPECT_NE(ACALL_OUTCOME_COMPLETED, f.outcome);
		ASSERT_EQ(0, forget(self->ctl, id));
	}
	TH_LOG("first: client %u, administrator %u, deadline %u",
	       by[ACALL_REASON_CLIENT], by[ACALL_REASON_ADMIN],
	       by[ACALL_REASON_DEADLINE]);
	EXPECT_EQ(ROUNDS, by[ACALL_REASON_CLIENT] + by[ACALL_REASON_ADMIN] +
		  by[ACALL_REASON_DEADLINE]);
	EXPECT_LT(0, by[ACALL_REASON_DEADLINE]);
	EXPECT_LT(0, by[ACALL_REASON_CLIENT] + by[ACALL_REASON_ADMIN]);
}

struct asker {
	int fd;
	__u32 flags;
	__u64 grace;
};

static int ask_and_leave(void *arg)
{
	struct asker *a = arg;
	struct acall_cancel c;

	CHECK(!sys_cancel(a->fd, a->flags, 0, a->grace, &c));
	CHECK(!close(a->fd));
	return 0;
}

TEST_F(acall, X9_the_clock_runs_when_the_canceller_has_gone)
{
	struct asker a = { self->fd, NOWAIT, 3 * SOON };
	struct acall_finish f;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, child_run(ask_and_leave, &a));
	EXPECT_EQ(0, ended_by(self->fd, ACALL_REASON_CLIENT, -ECANCELED,
			      ACALL_OUTCOME_ABANDONED, &f));
	EXPECT_LE(3 * SOON, f.end_ns - f.cancel_ns);
}

static int ask_and_stay(void *arg)
{
	struct asker *a = arg;
	struct acall_cancel c;

	sys_cancel(a->fd, a->flags, 0, a->grace, &c);
	pause();
	return 0;
}

TEST_F(acall, X9_a_killed_escalator_has_shortened_the_grace)
{
	const __u64 grace = 2 * SEC * scale();
	struct asker a = { self->fd, ACALL_CANCEL_ESCALATE, grace };
	struct acall_cancel c;
	struct acall_finish f;
	pid_t pid;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, sys_cancel(self->fd, NOWAIT, 0, FOREVER, &c));
	pid = child_start(ask_and_stay, &a);
	ASSERT_EQ(0, wait_blocked(pid, pid, __NR_ioctl, ACALL_IOC_CANCEL));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(-SIGKILL, child_join(pid));
	EXPECT_EQ(0, ended_by(self->fd, ACALL_REASON_CLIENT, -ECANCELED,
			      ACALL_OUTCOME_ABANDONED, &f));
	EXPECT_LE(grace, f.end_ns - f.cancel_ns);
}

TEST_F(acall, X9_an_interrupted_canceller_may_escalate)
{
	struct actor a = { .act = ACT_CANCEL, .fd = self->fd,
			   .cancel.grace_ns = FOREVER };
	struct acall_cancel c;
	struct acall_finish f;

	signals_handled = 0;
	handle_signal(SIGUSR1, SA_RESTART);
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, actor_signal(&a, SIGUSR1));
	EXPECT_EQ(-EINTR, actor_join(&a));
	EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(self->fd));
	EXPECT_EQ(-EALREADY, sys_cancel(self->fd, 0, 0, 1, &c));
	EXPECT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_ESCALATE, 0, 1, &c));
	EXPECT_EQ(0, ended_by(self->fd, ACALL_REASON_CLIENT, -ECANCELED,
			      ACALL_OUTCOME_ABANDONED, &f));
}

#include "acall_main.h"
