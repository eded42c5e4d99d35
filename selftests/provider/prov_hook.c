// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cancel hook: when it is entered and by whom [P2], that nothing waits for it
 * which need not [P6]. What becomes of its refusals is in prov_refuse.c. Whatever
 * happens here, the fixture checks that no call had two hooks inside, none before
 * its beginning, none after one had accepted, and that acall_cancelled() was
 * true in each.
 */
#include "prov_util.h"

/* Has the hook of @fd's call entered by a thread that waits for the outcome. */
static int hold_hook(int fd, int ctl, __u32 method, __u64 id, __u32 nr_refusals,
		     struct actor *c)
{
	struct acall_test_custom arg = {
		.id = id, .flags = ACALL_TEST_HOOK_WAITS,
		.refusals = nr_refusals, .refuse = -EBUSY,
	};
	int ret = park(fd, ctl, method, &arg);

	*c = canceller(fd, 0, FOREVER);
	return ret ?: actor_start(c) ?: wait_asks(ctl, id, 1);
}

TEST_F(prov, P2_cancelled_is_true_inside_and_false_after_a_refusal)
{
	struct acall_query q;
	struct actor c;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		int fd = sys_create(self->dev, ACALL_TEST_INTERFACE);
		__u64 id = fresh_id();

		if (!is_sleepable(hooked[i]) && one_cpu())
			continue;
		ASSERT_EQ(0, hold_hook(fd, self->ctl, hooked[i], id, 1, &c));
		EXPECT_EQ(1, ctl_get(self->ctl, id).seen);
		EXPECT_EQ(1, look(self->ctl, id));
		ASSERT_EQ(0, sys_query(fd, 0, &q));
		EXPECT_EQ(CANCELLING, q.state);
		EXPECT_EQ(ACALL_REASON_CLIENT, q.reason);
		EXPECT_NE(0, q.cancel_ns);
		EXPECT_EQ(getpid(), q.cancel_tgid);
		EXPECT_EQ(0, readiness(fd));
		ASSERT_EQ(0, pass(self->ctl, id));
		EXPECT_EQ(-EBUSY, actor_join(&c));
		/* As if nobody had asked. */
		EXPECT_EQ(0, look(self->ctl, id));
		ASSERT_EQ(0, sys_query(fd, 0, &q));
		EXPECT_EQ(RUNNING, q.state);
		EXPECT_EQ(ACALL_REASON_NONE, q.reason);
		EXPECT_EQ(0, q.cancel_ns);
		EXPECT_EQ(0, q.cancel_tgid);
		EXPECT_EQ(0, q.outcome);
		EXPECT_EQ(0, readiness(fd));
		ASSERT_EQ(0, end_call(self->ctl, hooked[i], id, 0));
		ASSERT_EQ(0, sys_wait_until(fd, 0, FOREVER));
		ASSERT_EQ(0, sys_query(fd, 0, &q));
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, q.outcome);
	}
}

TEST_F(prov, P2_asked_by_one_party_at_a_time)
{
	struct acall_cancel c;
	struct acall_finish f;
	struct actor a;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		__u64 id = fresh_id();

		if (!is_sleepable(hooked[i]) && one_cpu())
			continue;
		ASSERT_EQ(0, hold_hook(self->fd, self->ctl, hooked[i], id, 0,
				       &a));
		/* A request is on its way; these make no other of it. */
		EXPECT_EQ(-EALREADY, sys_cancel(self->fd, 0, 0, FOREVER, &c));
		EXPECT_EQ(CANCELLING, c.state);
		EXPECT_EQ(-EALREADY, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT,
						0, 0, &c));
		EXPECT_EQ(-EALREADY, sys_cancel(self->fd, ACALL_CANCEL_ABANDON,
						0, 0, &c));
		/* One that leaves at once, and whom the hook does not hold up. */
		EXPECT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_ABANDON |
					ACALL_CANCEL_ESCALATE, 0, 0, &c));
		EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
		EXPECT_EQ(1, ctl_get(self->ctl, id).asks);
		EXPECT_EQ(0, ctl_get(self->ctl, id).answers);
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(-ECANCELED, f.status);
		EXPECT_EQ(ACALL_OUTCOME_ABANDONED, f.outcome);
		ASSERT_EQ(0, pass(self->ctl, id));
		EXPECT_EQ(0, actor_join(&a));
		ASSERT_EQ(0, end_call(self->ctl, hooked[i], id, 0));
		ASSERT_EQ(0, wait_releases(self->ctl, id, 1));
		EXPECT_EQ(1, ctl_get(self->ctl, id).asks);
	}
}

TEST_F(prov, P2_not_asked_again_once_it_has_accepted)
{
	struct acall_test_custom arg = { 0 };
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		__u64 deadline = 0, call_id;

		ASSERT_EQ(0, park_deadline(self->fd, self->ctl, hooked[i],
					   &arg, 100 * MSEC, FOREVER,
					   &deadline));
		sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER, &c);
		call_id = c.call_id;
		ASSERT_EQ(0, wait_answers(self->ctl, arg.id, 1));
		EXPECT_EQ(-EALREADY, sys_cancel(self->fd, 0, 0, 0, &c));
		EXPECT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_ESCALATE |
					ACALL_CANCEL_NOWAIT, 0, FOREVER, &c));
		EXPECT_EQ(0, sys_cancel_id(self->dev, ACALL_CANCEL_ESCALATE |
					   ACALL_CANCEL_NOWAIT, call_id,
					   FOREVER, &c));
		/* Nor by the deadline, which comes now at the latest. */
		ASSERT_EQ(0, pass_time(self->fd, deadline + MSEC));
		ASSERT_EQ(0, end_call(self->ctl, hooked[i], arg.id, 0));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
		ASSERT_EQ(0, wait_releases(self->ctl, arg.id, 1));
		EXPECT_EQ(1, ctl_get(self->ctl, arg.id).asks);
	}
}

TEST_F(prov, P2_never_asked_before_it_was_entered)
{
	static const __u32 run[] = { ACALL_TEST_NUDGE,
				     ACALL_TEST_NUDGE_SLEEPABLE };
	struct acall_test_custom arg = { .flags = ACALL_TEST_HOOK_COMPLETES };
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;

	ASSERT_LE(0, take_slot(self->dev, self->ctl, self->id));
	for (i = 0; i < ARRAY_SIZE(run); i++) {
		arg.id = fresh_id();
		ASSERT_EQ(0, sys_begin_custom(fd, run[i], &arg, NULL));
		EXPECT_EQ(ACALL_STATE_QUEUED, state_of(fd));
		EXPECT_EQ(0, sys_cancel(fd, 0, 0, FOREVER, &c));
		ASSERT_EQ(0, sys_finish(fd, 0, &f));
		EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, f.outcome);
		ASSERT_EQ(0, wait_releases(self->ctl, arg.id, 1));
		EXPECT_EQ(0, ctl_get(self->ctl, arg.id).asks);
	}
}

/* A BEGIN of which .start waits, and a CANCEL that comes meanwhile. */
static int cancel_in_start(struct _test_data_prov *self, __u32 method,
			   struct acall_test_custom *arg, struct actor *begin,
			   struct actor *cancel)
{
	arg->id = fresh_id();
	*begin = beginner(self->fd, method, arg);
	*cancel = canceller(self->fd, 0, FOREVER);
	CHECK(!actor_start(begin));
	CHECK(!wait_starts(self->ctl, arg->id, 1));
	return actor_block(cancel);
}

TEST_F(prov, P2_a_cancel_during_start_is_seen_and_asked)
{
	static const __u32 custom[] = { ACALL_TEST_PARK,
					ACALL_TEST_PARK_SLEEPABLE };
	struct acall_test_custom arg = {
		.flags = ACALL_TEST_START_WAITS | ACALL_TEST_HOOK_COMPLETES,
	};
	struct acall_cancel c;
	struct acall_finish f;
	struct actor b, a;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(custom); i++) {
		ASSERT_EQ(0, cancel_in_start(self, custom[i], &arg, &b, &a));
		/* The request is there (X2) while .start is inside. */
		EXPECT_EQ(1, look(self->ctl, arg.id));
		EXPECT_EQ(CANCELLING, state_of(self->fd));
		EXPECT_EQ(-EALREADY, sys_cancel(self->fd, 0, 0, 0, &c));
		ASSERT_EQ(0, open_gate(self->ctl, arg.id));
		EXPECT_EQ(0, actor_join(&b));
		EXPECT_EQ(0, actor_join(&a));
		EXPECT_EQ(1, ctl_get(self->ctl, arg.id).asks);
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(-ECANCELED, f.status);
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
	}
}

TEST_F(prov, P2_what_is_completed_during_start_is_not_asked)
{
	static const __u32 custom[] = { ACALL_TEST_PARK,
					ACALL_TEST_PARK_SLEEPABLE };
	struct acall_test_custom arg = { .flags = ACALL_TEST_START_WAITS };
	struct acall_finish f;
	struct actor b, a;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(custom); i++) {
		ASSERT_EQ(0, cancel_in_start(self, custom[i], &arg, &b, &a));
		/* Asked for, but before it can be asked it is over. */
		ASSERT_EQ(0, complete(self->ctl, arg.id, -ECANCELED));
		EXPECT_EQ(0, actor_join(&a));
		EXPECT_EQ(DONE, state_of(self->fd));
		ASSERT_EQ(0, open_gate(self->ctl, arg.id));
		EXPECT_EQ(0, actor_join(&b));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
		ASSERT_EQ(0, wait_releases(self->ctl, arg.id, 1));
		EXPECT_EQ(0, ctl_get(self->ctl, arg.id).asks);
	}
}

TEST_F(prov, P2_a_cancel_during_start_may_be_refused)
{
	static const __u32 custom[] = { ACALL_TEST_PARK,
					ACALL_TEST_PARK_SLEEPABLE };
	struct acall_test_custom arg = {
		.flags = ACALL_TEST_START_WAITS, .refusals = 1,
		.refuse = -EPERM,
	};
	struct acall_finish f;
	struct actor b, a;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(custom); i++) {
		ASSERT_EQ(0, cancel_in_start(self, custom[i], &arg, &b, &a));
		ASSERT_EQ(0, open_gate(self->ctl, arg.id));
		EXPECT_EQ(0, actor_join(&b));
		EXPECT_EQ(-EPERM, actor_join(&a));
		EXPECT_EQ(RUNNING, state_of(self->fd));
		ASSERT_EQ(0, complete(self->ctl, arg.id, -ECANCELED));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(-ECANCELED, f.status);
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	}
}

TEST_F(prov, P2_may_still_run_when_the_call_has_been_completed)
{
	struct acall_finish f;
	struct acall_query q;
	unsigned int i, n;
	struct actor a;
	int ret;

	for (i = 0; i < ARRAY_SIZE(hooked) * 2; i++) {
		__u32 method = hooked[i / 2];
		__u64 id = fresh_id();

		n = i & 1;	/* refusals */
		if (!is_custom(method) ||
		    (!is_sleepable(method) && one_cpu()))
			continue;
		ASSERT_EQ(0, hold_hook(self->fd, self->ctl, method, id, n,
				       &a));
		ASSERT_EQ(0, complete(self->ctl, id, -EDOM));
		EXPECT_EQ(DONE, state_of(self->fd));
		ASSERT_EQ(0, pass(self->ctl, id));
		ret = actor_join(&a);
		/* X6; to who was refused nothing is predicted. */
		EXPECT_TRUE(ret == -ESRCH || (n && ret == -EBUSY));
		ASSERT_EQ(0, wait_releases(self->ctl, id, 1));
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
		EXPECT_EQ(-EDOM, q.status);
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(-EDOM, f.status);
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	}
}

TEST_F(prov, P2_stopped_while_it_still_runs_stays_stopped)
{
	struct acall_finish f;
	struct actor a;
	unsigned int n;

	/* Whatever it says then: it accepts, or it refuses. */
	for (n = 0; n < 2; n++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, hold_hook(self->fd, self->ctl,
				       ACALL_TEST_PARK_SLEEPABLE, id, n, &a));
		ASSERT_EQ(0, complete(self->ctl, id, -ECANCELED));
		EXPECT_EQ(0, actor_join(&a));
		ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
		ASSERT_EQ(0, pass(self->ctl, id));
		ASSERT_EQ(0, wait_releases(self->ctl, id, 1));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(-ECANCELED, f.status);
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
	}
}

TEST_F(prov, P2_the_grace_runs_out_while_it_is_inside)
{
	static const __u32 sleepable[] = { ACALL_TEST_PARK_SLEEPABLE,
					   ACALL_TEST_NUDGE_SLEEPABLE };
	struct acall_test_custom arg = { .flags = ACALL_TEST_HOOK_WAITS,
					 .refuse = -EBUSY };
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(sleepable); i++) {
		for (n = 0; n < 2; n++) {
			arg.id = fresh_id();
			arg.refusals = n;
			ASSERT_EQ(0, park(self->fd, self->ctl, sleepable[i],
					  &arg));
			/* Does not wait for the hook, only for the grace. */
			EXPECT_EQ(0, sys_cancel(self->fd, 0, 0, MSEC, &c));
			EXPECT_EQ(DONE, c.state);
			EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
			ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
			EXPECT_EQ(-ECANCELED, f.status);
			EXPECT_EQ(ACALL_OUTCOME_ABANDONED, f.outcome);
			EXPECT_LE(f.cancel_ns + MSEC, f.end_ns);
			/*
			 * A refusal has no effect any more, but that the hook
			 * is told so: that it was no question.
			 */
			ASSERT_EQ(0, wait_asks(self->ctl, arg.id, 1));
			ASSERT_EQ(0, pass_all(self->ctl, arg.id));
			ASSERT_EQ(0, wait_answers(self->ctl, arg.id, 1 + n));
			EXPECT_EQ(1, look(self->ctl, arg.id));
			ASSERT_EQ(0, end_call(self->ctl, sleepable[i], arg.id,
					      0));
			ASSERT_EQ(0, wait_releases(self->ctl, arg.id, 1));
			EXPECT_EQ(1 + n, ctl_get(self->ctl, arg.id).asks);
		}
	}
}

/* Who may ask, one after the other. */
enum party { CLIENT, DEADLINE, CLOSE, ADMIN, NR_PARTIES };

static int ask_as(enum party party, int dev, int fd, int ctl, __u32 method,
		  const struct acall_test_custom *arg)
{
	struct acall_query q;
	struct acall_cancel c;

	if (party == DEADLINE) {
		CHECK(!sys_begin_custom_deadline(fd, method, arg,
						 now_ns() + MSEC, FOREVER));
		CHECK(!sys_wait_until(fd, 0, FOREVER));
		return 0;
	}
	CHECK(!park(fd, ctl, method, arg));
	CHECK(!sys_query(fd, 0, &q));
	switch (party) {
	case CLIENT:
		CHECK(!sys_cancel(fd, 0, 0, FOREVER, &c));
		break;
	case ADMIN:
		CHECK(!sys_cancel_id(dev, 0, q.call_id, FOREVER, &c));
		break;
	default:
		CHECK(!close(fd));
		break;
	}
	return 0;
}

TEST_F(prov, P2_asked_by_whoever_cancels)
{
	static const __u32 reason[] = {
		[CLIENT] = ACALL_REASON_CLIENT, [ADMIN] = ACALL_REASON_ADMIN,
		[DEADLINE] = ACALL_REASON_DEADLINE,
	};
	struct acall_test_custom arg = { .flags = ACALL_TEST_HOOK_COMPLETES };
	unsigned int i, party, where;
	struct acall_query q;
	int fd;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		for (party = 0; party < NR_PARTIES; party++) {
			arg.id = fresh_id();
			fd = sys_create(self->dev, ACALL_TEST_INTERFACE);
			ASSERT_LE(0, fd);
			ASSERT_EQ(0, ask_as(party, self->dev, fd, self->ctl,
					    hooked[i], &arg));
			ASSERT_EQ(0, wait_releases(self->ctl, arg.id, 1));
			where = ctl_get(self->ctl, arg.id).where;
			if (is_sleepable(hooked[i]))
				EXPECT_FALSE(where & ~ACALL_TEST_WHERE_WORKER);
			q.outcome = ACALL_OUTCOME_STOPPED;
			if (party != CLOSE) {
				ASSERT_EQ(0, sys_query(fd, 0, &q));
				EXPECT_EQ(reason[party], q.reason);
				close(fd);
			}
			/* A deadline may be there before its call has begun. */
			if (party == DEADLINE &&
			    q.outcome == ACALL_OUTCOME_NEVER_STARTED)
				continue;
			EXPECT_EQ(ACALL_OUTCOME_STOPPED, q.outcome);
			EXPECT_EQ(1, ctl_get(self->ctl, arg.id).asks);
		}
	}
}

TEST_F(prov, P2_an_atomic_hook_runs_where_the_canceller_is)
{
	struct acall_test_custom arg = { .flags = ACALL_TEST_HOOK_COMPLETES };
	struct acall_cancel c;
	struct acall_finish f;

	arg.id = self->id;
	ASSERT_EQ(0, park(self->fd, self->ctl, ACALL_TEST_PARK, &arg));
	ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
	EXPECT_EQ(ACALL_TEST_WHERE_CANCELLER,
		  ctl_get(self->ctl, self->id).where);
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));

	arg.id = fresh_id();
	ASSERT_EQ(0, park(self->fd, self->ctl, ACALL_TEST_PARK_SLEEPABLE,
			  &arg));
	ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
	EXPECT_EQ(ACALL_TEST_WHERE_WORKER, ctl_get(self->ctl, arg.id).where);
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
}

TEST_F(prov, P2_the_hook_ends_a_run_that_never_looks)
{
	struct acall_test_custom arg = { .flags = ACALL_TEST_HOOK_COMPLETES };
	struct acall_cancel c;
	struct acall_finish f;
	int i;

	for (i = 0; i < 50; i++) {
		arg.id = fresh_id();
		ASSERT_EQ(0, park(self->fd, self->ctl, i & 1 ?
				  ACALL_TEST_NUDGE : ACALL_TEST_NUDGE_SLEEPABLE,
				  &arg));
		ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, c.outcome);
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		ASSERT_EQ(-ECANCELED, f.status);
		ASSERT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
	}
}

TEST_F(prov, P2_who_leaves_at_once_does_not_wait_for_the_hook)
{
	static const __u32 sleepable[] = { ACALL_TEST_PARK_SLEEPABLE,
					   ACALL_TEST_NUDGE_SLEEPABLE };
	struct acall_finish f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sleepable); i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, park_flags(self->fd, self->ctl, sleepable[i], id,
					ACALL_TEST_HOOK_WAITS));
		ASSERT_EQ(0, sys_abandon(self->fd));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(ACALL_OUTCOME_ABANDONED, f.outcome);
		/* It is told all the same (X4). */
		ASSERT_EQ(0, wait_asks(self->ctl, id, 1));
		EXPECT_EQ(0, ctl_get(self->ctl, id).answers);
		ASSERT_EQ(0, pass(self->ctl, id));
		ASSERT_EQ(0, end_call(self->ctl, sleepable[i], id, 0));
		ASSERT_EQ(0, wait_releases(self->ctl, id, 1));
	}
}

/*
 * Two cancellers and a deadline at once, and hooks that refuse the first or the
 * first two. Who is told and refuses is not told for ever: then the tester ends
 * the call.
 */
static int race_round(int fd, int ctl, __u32 method, unsigned int round,
		      struct acall_finish *f)
{
	struct acall_test_custom arg = {
		.id = fresh_id(), .flags = ACALL_TEST_HOOK_COMPLETES,
		.refusals = round % 3, .refuse = -EBUSY,
	};
	pthread_barrier_t barrier;
	struct actor a[2];
	__u64 deadline;
	int i;

	pthread_barrier_init(&barrier, NULL, 3);
	for (i = 0; i < 2; i++) {
		a[i] = canceller(fd, 0, FOREVER);
		a[i].barrier = &barrier;
		CHECK(!actor_start(&a[i]));
	}
	/* Somewhere about the cancels, and later on a slow machine. */
	deadline = now_ns() + (round % 16 + 1) * (round / 200 + 1) * MSEC / 8;
	CHECK(!sys_begin_custom_deadline(fd, method, &arg, deadline, FOREVER));
	pthread_barrier_wait(&barrier);
	if (sys_wait_until(fd, 0, deadline + MSEC) == -ETIMEDOUT) {
		if (is_custom(method))
			complete_once(ctl, arg.id, -ECANCELED);
		else
			CHECK(!open_gate(ctl, arg.id));
	}
	CHECK(!sys_wait_until(fd, 0, FOREVER));
	for (i = 0; i < 2; i++)
		actor_join(&a[i]);
	pthread_barrier_destroy(&barrier);
	CHECK(!sys_finish(fd, 0, f));
	for (i = 0; i < 2; i++) {
		CHECK(!a[i].ret || a[i].ret == -EALREADY ||
		      a[i].ret == -EBUSY || a[i].ret == -ESRCH);
		CHECK(a[i].ret || f->outcome != ACALL_OUTCOME_COMPLETED);
		CHECK(a[i].ret != -ESRCH ||
		      f->outcome == ACALL_OUTCOME_COMPLETED);
	}
	CHECK(!wait_releases(ctl, arg.id, 1));
	/* Once by each, and once more by who did not ask but tell. */
	CHECK(ctl_get(ctl, arg.id).asks <= 4);
	if (f->outcome == ACALL_OUTCOME_STOPPED) {
		CHECK(f->status == -ECANCELED || f->status == -ETIME);
		CHECK(ctl_get(ctl, arg.id).asks);
	}
	CHECK(!forget(ctl, arg.id));
	return 0;
}

TEST_F(prov, P2_two_cancellers_and_a_deadline_at_once)
{
	unsigned int i, by_client = 0, by_deadline = 0;
	__u64 since = now_ns();
	struct acall_finish f;

	/* Until either has stopped some. */
	for (i = 0; i < 200 || !by_client || !by_deadline; i++) {
		ASSERT_FALSE(guard_expired(since));
		ASSERT_EQ(0, race_round(self->fd, self->ctl,
					hooked[i % ARRAY_SIZE(hooked)], i,
					&f)) {
			TH_LOG("round %u", i);
		}
		if (f.outcome != ACALL_OUTCOME_STOPPED)
			continue;
		by_client += f.status == -ECANCELED;
		by_deadline += f.status == -ETIME;
	}
}

/* All that may go on while somebody is held inside a provider. */
static int everything_goes_on(int dev, int fd, __u32 state)
{
	struct acall_interface_info ii = { .size = sizeof(ii) };
	struct acall_info info = { .size = sizeof(info) };
	struct acall_list_record record;
	struct acall_finish f;
	struct acall_query q;
	char path[64], line[64];
	int other, n;

	CHECK(!sys_query(fd, 0, &q));
	CHECK(q.state == state);
	CHECK(sys_wait_until(fd, 0, 0) == -ETIMEDOUT);
	CHECK(sys_finish_now(fd, &f) == -EAGAIN);
	CHECK(sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL) == -EBUSY);
	CHECK(readiness(fd) == 0);
	CHECK(!list_find(dev, q.call_id, &record));
	CHECK(record.state == state);
	CHECK(!sys_ioctl(dev, ACALL_IOC_INFO, &info));
	CHECK(!sys_ioctl(dev, ACALL_IOC_INTERFACE_INFO, &ii));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	n = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(n >= 0);
	CHECK(read(n, line, sizeof(line)) > 0);
	close(n);
	other = sys_create(dev, ACALL_TEST_INTERFACE);
	CHECK(other >= 0);
	CHECK(!sys_begin(other, ACALL_TEST_NOP, NULL, 0, NULL));
	CHECK(!sys_finish(other, 0, &f));
	CHECK(!sys_begin(other, ACALL_TEST_INLINE_ECHO, NULL, 0, NULL));
	CHECK(!sys_finish(other, 0, &f));
	CHECK(!close(other));
	return 0;
}

TEST_F(prov, P6_no_lock_is_held_while_a_hook_runs)
{
	struct acall_test_custom arg = { .flags = ACALL_TEST_HOOK_COMPLETES };
	struct acall_cancel c;
	struct acall_finish f;
	struct actor a;
	unsigned int i;
	int other;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		__u64 id = fresh_id();

		if (!is_sleepable(hooked[i]) && one_cpu())
			continue;
		ASSERT_EQ(0, hold_hook(self->fd, self->ctl, hooked[i], id, 0,
				       &a));
		EXPECT_EQ(0, everything_goes_on(self->dev, self->fd,
						CANCELLING));
		/* The hook of another call. */
		other = sys_create(self->dev, ACALL_TEST_INTERFACE);
		arg.id = fresh_id();
		ASSERT_EQ(0, park(other, self->ctl, ACALL_TEST_PARK, &arg));
		EXPECT_EQ(0, sys_cancel(other, 0, 0, FOREVER, &c));
		EXPECT_EQ(0, ctl_get(self->ctl, id).answers);
		close(other);
		ASSERT_EQ(0, pass(self->ctl, id));
		ASSERT_EQ(0, end_call(self->ctl, hooked[i], id, 0));
		EXPECT_EQ(-ESRCH, actor_join(&a));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	}
}

TEST_F(prov, P6_no_lock_is_held_while_start_runs)
{
	struct acall_test_custom arg = { .id = self->id,
					 .flags = ACALL_TEST_START_WAITS };
	struct actor b = beginner(self->fd, ACALL_TEST_PARK, &arg);
	struct acall_finish f;

	ASSERT_EQ(0, actor_start(&b));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	EXPECT_EQ(0, everything_goes_on(self->dev, self->fd, RUNNING));
	ASSERT_EQ(0, complete(self->ctl, self->id, 0));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_FALSE(actor_ended(&b));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, actor_join(&b));
}

#include "acall_main.h"
