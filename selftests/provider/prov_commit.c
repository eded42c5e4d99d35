// SPDX-License-Identifier: GPL-2.0-only
/*
 * The point of no return [P5]: a commitment before a cancel is told in every
 * outcome, one after it is denied, and a cancel that was refused is none.
 */
#include "prov_util.h"

static const __u32 committers[] = {
	ACALL_TEST_PARK, ACALL_TEST_PARK_SLEEPABLE, ACALL_TEST_PARK_FIXED,
	ACALL_TEST_NUDGE, ACALL_TEST_NUDGE_SLEEPABLE,
};

/* DONE with @outcome: QUERY, LIST and FINISH agree on the flag. */
static int finish_committed(int dev, int fd, __u32 outcome, __s32 status,
			    bool committed)
{
	__u32 want = committed ? ACALL_RESULT_COMMITTED : 0;
	struct acall_list_record r;
	struct acall_finish f;
	struct acall_query q;

	CHECK(!sys_wait_until(fd, 0, FOREVER));
	CHECK(!sys_query(fd, 0, &q));
	CHECK(q.outcome == outcome);
	CHECK(q.result == want);
	CHECK(!list_find(dev, q.call_id, &r));
	CHECK(r.outcome == outcome);
	CHECK(r.result == want);
	CHECK(!sys_finish(fd, 0, &f));
	CHECK(f.outcome == outcome);
	CHECK(f.status == status);
	CHECK(f.result == want);
	return 0;
}

TEST_F(prov, P5_a_commitment_before_the_cancel)
{
	struct acall_cancel c;
	__u64 id;

	/* It stops: the effect happened all the same. */
	id = fresh_id();
	ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_COMMIT, id, 0,
				   ACALL_TEST_COMMIT_FIRST, NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, id, 1));
	EXPECT_EQ(1, ctl_get(self->ctl, id).commits);
	EXPECT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
	EXPECT_EQ(0, finish_committed(self->dev, self->fd,
				      ACALL_OUTCOME_STOPPED, -ECANCELED,
				      true));

	/* The client leaves. */
	id = fresh_id();
	ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_COMMIT, id, 0,
				   ACALL_TEST_COMMIT_FIRST, NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, id, 1));
	EXPECT_EQ(0, sys_abandon(self->fd));
	EXPECT_EQ(0, finish_committed(self->dev, self->fd,
				      ACALL_OUTCOME_ABANDONED, -ECANCELED,
				      true));

	/* Nobody cancels, and it fails or not. */
	id = fresh_id();
	ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_COMMIT, id, -EIO,
				   ACALL_TEST_COMMIT_FIRST, NULL));
	ASSERT_EQ(0, open_gate(self->ctl, id));
	EXPECT_EQ(0, finish_committed(self->dev, self->fd,
				      ACALL_OUTCOME_COMPLETED, -EIO, true));
	id = fresh_id();
	ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_COMMIT, id, 0,
				   ACALL_TEST_COMMIT_LAST, NULL));
	ASSERT_EQ(0, open_gate(self->ctl, id));
	EXPECT_EQ(0, finish_committed(self->dev, self->fd,
				      ACALL_OUTCOME_COMPLETED, 0, true));
	/* The second time is no error. */
	EXPECT_EQ(2, ctl_get(self->ctl, id).commits);

	/* And who never commits has not. */
	id = fresh_id();
	ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_COMMIT, id, 0,
				   ACALL_TEST_COMMIT_NEVER, NULL));
	ASSERT_EQ(0, open_gate(self->ctl, id));
	EXPECT_EQ(0, finish_committed(self->dev, self->fd,
				      ACALL_OUTCOME_COMPLETED, 0, false));
}

TEST_F(prov, P5_a_commitment_after_the_cancel_is_denied)
{
	struct acall_cancel c;
	__u64 id = fresh_id();

	ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_COMMIT, id, 0,
				   ACALL_TEST_COMMIT_LAST, NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, id, 1));
	EXPECT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
	EXPECT_EQ(0, ctl_get(self->ctl, id).commits);
	EXPECT_EQ(2, ctl_get(self->ctl, id).denied);
	EXPECT_EQ(0, finish_committed(self->dev, self->fd,
				      ACALL_OUTCOME_STOPPED, -ECANCELED,
				      false));
}

TEST_F(prov, P5_custom_methods_commit_from_where_they_are)
{
	struct acall_test_custom arg = {
		.flags = ACALL_TEST_START_COMMITS,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(committers); i++) {
		/* In .start or .run ... */
		arg.id = fresh_id();
		ASSERT_EQ(0, park(self->fd, self->ctl, committers[i], &arg));
		EXPECT_EQ(1, ctl_get(self->ctl, arg.id).commits);
		EXPECT_EQ(0, commit(self->ctl, arg.id));
		ASSERT_EQ(0, end_call(self->ctl, committers[i], arg.id, 0));
		EXPECT_EQ(0, finish_committed(self->dev, self->fd,
					      ACALL_OUTCOME_COMPLETED, 0,
					      true));
		/* ... and from elsewhere, later. */
		arg.id = fresh_id();
		ASSERT_EQ(0, park_flags(self->fd, self->ctl, committers[i],
					arg.id, 0));
		EXPECT_EQ(0, commit(self->ctl, arg.id));
		ASSERT_EQ(0, end_call(self->ctl, committers[i], arg.id, 0));
		EXPECT_EQ(0, finish_committed(self->dev, self->fd,
					      ACALL_OUTCOME_COMPLETED, 0,
					      true));
	}
	/* The next call of the object inherits nothing of it. */
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	EXPECT_EQ(0, finish_committed(self->dev, self->fd,
				      ACALL_OUTCOME_COMPLETED, 0, false));
}

TEST_F(prov, P5_a_later_cancel_frees_the_client_and_says_so)
{
	struct acall_cancel c;
	unsigned int i;
	__u64 id;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		id = fresh_id();
		ASSERT_EQ(0, park_flags(self->fd, self->ctl, hooked[i], id,
					ACALL_TEST_START_COMMITS |
					ACALL_TEST_HOOK_COMPLETES));
		EXPECT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
		EXPECT_EQ(0, finish_committed(self->dev, self->fd,
					      ACALL_OUTCOME_STOPPED,
					      -ECANCELED, true));
		id = fresh_id();
		ASSERT_EQ(0, park_flags(self->fd, self->ctl, hooked[i], id,
					ACALL_TEST_START_COMMITS));
		EXPECT_EQ(0, sys_cancel(self->fd, 0, 0, MSEC, &c));
		EXPECT_EQ(0, finish_committed(self->dev, self->fd,
					      ACALL_OUTCOME_ABANDONED,
					      -ECANCELED, true));
		ASSERT_EQ(0, end_call(self->ctl, hooked[i], id, 0));
	}
}

TEST_F(prov, P5_a_deadline_after_the_commitment)
{
	struct acall_test_custom arg = {
		.flags = ACALL_TEST_START_COMMITS | ACALL_TEST_HOOK_COMPLETES,
	};
	__u64 deadline, delay = 100 * MSEC;
	struct acall_finish f;

	ASSERT_EQ(0, park_deadline(self->fd, self->ctl, ACALL_TEST_PARK, &arg,
				   delay, FOREVER, &deadline));
	/* Until it has committed before that. */
	while (!ctl_get(self->ctl, arg.id).commits) {
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		delay *= 2;
		ASSERT_EQ(0, park_deadline(self->fd, self->ctl,
					   ACALL_TEST_PARK, &arg, delay,
					   FOREVER, &deadline));
	}
	EXPECT_EQ(0, finish_committed(self->dev, self->fd,
				      ACALL_OUTCOME_STOPPED, -ETIME, true));
}

TEST_F(prov, P5_denied_while_a_cancel_is_visible_and_not_after_a_refusal)
{
	struct acall_test_custom arg = {
		.flags = ACALL_TEST_HOOK_WAITS, .refusals = 1,
		.refuse = -EBUSY,
	};
	struct acall_cancel c;
	struct actor a;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		if (!is_sleepable(hooked[i]) && one_cpu())
			continue;
		arg.id = fresh_id();
		ASSERT_EQ(0, park(self->fd, self->ctl, hooked[i], &arg));
		a = canceller(self->fd, 0, FOREVER);
		ASSERT_EQ(0, actor_start(&a));
		ASSERT_EQ(0, wait_asks(self->ctl, arg.id, 1));
		EXPECT_EQ(-ECANCELED, commit(self->ctl, arg.id));
		ASSERT_EQ(0, pass_all(self->ctl, arg.id));
		EXPECT_EQ(-EBUSY, actor_join(&a));
		EXPECT_EQ(0, commit(self->ctl, arg.id));
		/* The next one is accepted, and comes too late for that. */
		EXPECT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0,
					FOREVER, &c));
		ASSERT_EQ(0, wait_answers(self->ctl, arg.id, 2));
		ASSERT_EQ(0, end_call(self->ctl, hooked[i], arg.id,
				      0));
		EXPECT_EQ(0, finish_committed(self->dev, self->fd,
					      ACALL_OUTCOME_COMPLETED, 0,
					      true));
	}
}

TEST_F(prov, P5_denied_to_an_orphan)
{
	struct acall_finish f;
	unsigned int i;
	__u64 id;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		id = fresh_id();
		ASSERT_EQ(0, park_flags(self->fd, self->ctl, hooked[i], id,
					0));
		ASSERT_EQ(0, sys_abandon(self->fd));
		EXPECT_NE(0, commit(self->ctl, id));
		EXPECT_EQ(1, ctl_get(self->ctl, id).denied);
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(0, f.result);
		EXPECT_NE(0, commit(self->ctl, id));
		ASSERT_EQ(0, end_call(self->ctl, hooked[i], id, 0));
	}
}

TEST_F(prov, P5_committing_and_cancelling_at_once)
{
	int i, committed = 0, denied = 0;
	pthread_barrier_t barrier;
	__u64 since = now_ns();
	struct acall_finish f;
	struct operator o;
	struct actor a;

	pthread_barrier_init(&barrier, NULL, 2);
	/* Until either order was there. */
	for (i = 0; i < 200 || !committed || !denied; i++) {
		__u64 id = fresh_id();

		ASSERT_FALSE(guard_expired(since));
		ASSERT_EQ(0, park_flags(self->fd, self->ctl, hooked[i % 4], id,
					ACALL_TEST_HOOK_COMPLETES));
		o = (struct operator) {
			.ctl = self->ctl, .barrier = &barrier,
			.c = { .op = ACALL_TEST_OP_COMMIT, .id = id },
		};
		/* By one that is abandoned: it never waits for the commit. */
		a = canceller(self->fd, ACALL_CANCEL_ABANDON, 0);
		a.barrier = &barrier;
		if (i & 1)
			ASSERT_EQ(0, actor_start(&a));
		ASSERT_EQ(0, operator_start(&o));
		if (!(i & 1))
			ASSERT_EQ(0, actor_start(&a));
		ASSERT_EQ(0, actor_join(&a));
		operator_join(&o);
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		ASSERT_EQ(ACALL_OUTCOME_ABANDONED, f.outcome);
		ASSERT_TRUE(!o.ret || o.ret == -ECANCELED);
		ASSERT_EQ(o.ret ? 0 : ACALL_RESULT_COMMITTED, f.result);
		committed += !o.ret;
		denied += !!o.ret;
		ASSERT_EQ(0, wait_releases(self->ctl, id, 1));
		ASSERT_EQ(0, forget(self->ctl, id));
	}
	pthread_barrier_destroy(&barrier);
}

#include "acall_main.h"
