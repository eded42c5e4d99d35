// SPDX-License-Identifier: GPL-2.0-only
/*
 * A provider that refuses a cancel, or cannot be cancelled, and several cancellers
 * with it [X12]: what each is told, what is left of a refused request, and who
 * is not refused.
 */
#include "prov_util.h"

/* As if nobody had asked: no state, no flag, no reason. */
static int unmarked(int fd)
{
	struct acall_query q;

	CHECK(!sys_query(fd, 0, &q));
	CHECK(q.state == RUNNING);
	CHECK(q.outcome == ACALL_OUTCOME_NONE);
	CHECK(q.reason == ACALL_REASON_NONE);
	CHECK(!q.cancel_ns);
	CHECK(!q.cancel_tgid);
	CHECK(!q.status);
	CHECK(readiness(fd) == 0);
	return 0;
}

TEST_F(prov, X12_a_hooks_refusal_is_passed_on_and_may_be_asked_again)
{
	struct acall_test_custom arg = { .refusals = 3,
					 .flags = ACALL_TEST_HOOK_COMPLETES };
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i, j, k;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		for (j = 0; j < ARRAY_SIZE(refusals); j++) {
			arg.id = fresh_id();
			arg.refuse = refusals[j];
			ASSERT_EQ(0, park(self->fd, self->ctl, hooked[i],
					  &arg));
			for (k = 1; k <= arg.refusals; k++) {
				EXPECT_EQ(refusals[j], sys_cancel(self->fd, 0,
								  0, k & 1 ?
								  FOREVER :
								  600 * SEC,
								  &c));
				EXPECT_EQ(0, unmarked(self->fd));
				EXPECT_EQ(k, ctl_get(self->ctl, arg.id).asks);
				EXPECT_EQ(0, look(self->ctl, arg.id));
			}
			EXPECT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
			ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
			EXPECT_EQ(-ECANCELED, f.status);
			EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
			EXPECT_EQ(4, ctl_get(self->ctl, arg.id).asks);
		}
	}
}

TEST_F(prov, X12_a_refused_call_ends_as_if_never_asked)
{
	struct acall_test_custom arg = { .refusals = 1, .refuse = -EBUSY };
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		arg.id = fresh_id();
		/* What would mean a stop if a cancel were visible (P7). */
		arg.ret = -ECANCELED;
		ASSERT_EQ(0, park(self->fd, self->ctl, hooked[i], &arg));
		EXPECT_EQ(-EBUSY, sys_cancel(self->fd, 0, 0, FOREVER, &c));
		ASSERT_EQ(0, end_call(self->ctl, hooked[i], arg.id,
				      -ECANCELED));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(-ECANCELED, f.status);
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
		EXPECT_EQ(0, f.cancel_ns);
	}
}

TEST_F(prov, X12_NOWAIT_and_a_refusal)
{
	struct acall_test_custom arg = { .refusals = 1, .refuse = -EPERM };
	struct acall_cancel c;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		int fd = sys_create(self->dev, ACALL_TEST_INTERFACE), ret;

		arg.id = fresh_id();
		ASSERT_EQ(0, park(fd, self->ctl, hooked[i], &arg));
		ret = sys_cancel(fd, ACALL_CANCEL_NOWAIT, 0, FOREVER, &c);
		/* A hook that may sleep is asked when nobody waits for it. */
		EXPECT_EQ(is_sleepable(hooked[i]) ? 0 : -EPERM, ret);
		ASSERT_EQ(0, wait_answers(self->ctl, arg.id, 1));
		EXPECT_EQ(0, wait_state(fd, RUNNING));
		EXPECT_EQ(0, unmarked(fd));
		ASSERT_EQ(0, end_call(self->ctl, hooked[i], arg.id, 0));
	}
}

TEST_F(prov, X12_the_first_accepted_request_fixes_the_reason)
{
	struct acall_test_custom arg = { .refusals = 1, .refuse = -EBUSY };
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query q;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		arg.id = fresh_id();
		arg.ret = -ECANCELED;
		ASSERT_EQ(0, park(self->fd, self->ctl, hooked[i], &arg));
		EXPECT_EQ(-EBUSY, sys_cancel(self->fd, 0, 0, FOREVER, &c));
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
		EXPECT_EQ(0, sys_cancel_id(self->dev, ACALL_CANCEL_NOWAIT,
					   q.call_id, FOREVER, &c));
		EXPECT_EQ(-EALREADY, sys_cancel(self->fd, 0, 0, FOREVER, &c));
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
		EXPECT_EQ(ACALL_REASON_ADMIN, q.reason);
		ASSERT_EQ(0, end_call(self->ctl, hooked[i], arg.id,
				      -ECANCELED));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(-ECANCELED, f.status);
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
	}
}

TEST_F(prov, X12_a_deadline_is_not_refused)
{
	struct acall_test_custom arg = { .refusals = ALWAYS,
					 .refuse = -EBUSY };
	struct acall_finish f;
	struct acall_query q;
	unsigned int i, n;
	__u64 deadline;

	for (i = 0; i < ARRAY_SIZE(hooked) * 2; i++) {
		__u32 method = hooked[i / 2];

		/* It stops, or has a result of its own after all. */
		n = i & 1;
		arg.ret = n ? -EDOM : -ECANCELED;
		ASSERT_EQ(0, park_deadline(self->fd, self->ctl, method, &arg,
					   20 * MSEC, FOREVER, &deadline));
		ASSERT_EQ(0, wait_answers(self->ctl, arg.id, 1));
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
		EXPECT_EQ(CANCELLING, q.state);
		EXPECT_EQ(ACALL_REASON_DEADLINE, q.reason);
		EXPECT_LE(deadline, q.cancel_ns);
		EXPECT_EQ(1, look(self->ctl, arg.id));
		ASSERT_EQ(0, end_call(self->ctl, method, arg.id, arg.ret));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(n ? -EDOM : -ETIME, f.status);
		EXPECT_EQ(n ? ACALL_OUTCOME_COMPLETED : ACALL_OUTCOME_STOPPED,
			  f.outcome);
		EXPECT_EQ(1, ctl_get(self->ctl, arg.id).asks);
	}
}

TEST_F(prov, X12_a_deadlines_grace_runs_out_on_a_hook_that_refuses)
{
	struct acall_test_custom arg = { .refusals = ALWAYS,
					 .refuse = -EBUSY };
	struct acall_finish f;
	unsigned int i;
	__u64 deadline;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		ASSERT_EQ(0, park_deadline(self->fd, self->ctl, hooked[i],
					   &arg, 20 * MSEC, MSEC, &deadline));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(-ETIME, f.status);
		EXPECT_EQ(ACALL_OUTCOME_ABANDONED, f.outcome);
		EXPECT_LE(deadline + MSEC, f.end_ns);
		ASSERT_EQ(0, wait_answers(self->ctl, arg.id, 1));
		ASSERT_EQ(0, end_call(self->ctl, hooked[i], arg.id, 0));
		ASSERT_EQ(0, wait_releases(self->ctl, arg.id, 1));
	}
}

TEST_F(prov, X12_a_deadline_after_a_refusal)
{
	struct acall_test_custom arg = { .flags = ACALL_TEST_HOOK_COMPLETES,
					 .refusals = 1, .refuse = -EBUSY };
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		__u64 since = now_ns(), deadline;

		/* Until the refusal has come before the deadline. */
		do {
			ASSERT_FALSE(guard_expired(since));
			ASSERT_EQ(0, park_deadline(self->fd, self->ctl,
						   hooked[i], &arg, 50 * MSEC,
						   FOREVER, &deadline));
			ret = sys_cancel(self->fd, 0, 0, FOREVER, &c);
			if (ret == -EBUSY)
				break;
			/* It was told, and has said no: that ends nothing. */
			complete_once(self->ctl, arg.id, 0);
			ASSERT_EQ(0, open_gate(self->ctl, arg.id));
			ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		} while (1);
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(-ETIME, f.status);
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
		EXPECT_EQ(2, ctl_get(self->ctl, arg.id).asks);
	}
}

/*
 * Has the hook entered for a client before the deadline of the call; tries again
 * if the deadline was there first.
 */
static int hold_hook(int fd, int ctl, __u32 method, __u32 n,
		     struct acall_test_custom *arg, struct actor *a,
		     __u64 *deadline)
{
	__u64 since = now_ns();
	struct acall_finish f;
	struct acall_query q;

	while (!guard_expired(since)) {
		arg->refusals = n;
		CHECK(!park_deadline(fd, ctl, method, arg, 100 * MSEC, FOREVER,
				     deadline));
		*a = canceller(fd, 0, FOREVER);
		CHECK(!actor_start(a));
		CHECK(!wait_asks(ctl, arg->id, 1));
		CHECK(!sys_query(fd, 0, &q));
		if (q.reason == ACALL_REASON_CLIENT)
			return 0;
		CHECK(!pass_all(ctl, arg->id));
		if (is_custom(method))
			complete_once(ctl, arg->id, 0);
		else
			CHECK(!open_gate(ctl, arg->id));
		actor_join(a);
		CHECK(!sys_finish(fd, 0, &f));
	}
	return 1;
}

/*
 * The deadline passes while the hook is asked by a client who would wait for
 * ever. What the hook says then, no, is for the client; it is told once more,
 * and nobody has been abandoned meanwhile, since no grace was over.
 */
TEST_F(prov, X12_a_deadline_during_an_asking)
{
	struct acall_test_custom arg = { .flags = ACALL_TEST_HOOK_WAITS |
						  ACALL_TEST_HOOK_COMPLETES,
					 .refuse = -EBUSY };
	struct acall_finish f;
	struct acall_query q;
	struct actor a;
	unsigned int i, n;
	__u64 deadline;
	int ret;

	for (i = 0; i < ARRAY_SIZE(hooked) * 2; i++) {
		__u32 method = hooked[i / 2];

		n = i & 1;
		if (!is_sleepable(method) && one_cpu())
			continue;
		ret = hold_hook(self->fd, self->ctl, method, n, &arg, &a,
				&deadline);
		ASSERT_EQ(0, ret);
		ASSERT_EQ(0, pass_time(self->fd, deadline + 20 * MSEC));
		EXPECT_EQ(CANCELLING, state_of(self->fd));
		ASSERT_EQ(0, pass_all(self->ctl, arg.id));
		ret = actor_join(&a);
		ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
		EXPECT_EQ(q.reason == ACALL_REASON_DEADLINE ? -ETIME :
			  -ECANCELED, f.status);
		EXPECT_TRUE(!ret || ret == -EALREADY || (n && ret == -EBUSY));
		EXPECT_EQ(1 + n, ctl_get(self->ctl, arg.id).asks);
	}
}

TEST_F(prov, X12_a_close_may_be_refused_and_the_call_runs_on)
{
	struct acall_test_custom arg = { .refusals = ALWAYS,
					 .refuse = -EBUSY };
	struct acall_list_record r;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		int fd = sys_create(self->dev, ACALL_TEST_INTERFACE);
		__u64 call_id;

		arg.id = fresh_id();
		ASSERT_EQ(0, sys_begin_custom(fd, hooked[i], &arg, &call_id));
		ASSERT_EQ(0, wait_starts(self->ctl, arg.id, 1));
		close(fd);
		ASSERT_EQ(0, wait_answers(self->ctl, arg.id, 1));
		EXPECT_EQ(0, ctl_get(self->ctl, arg.id).releases);
		ASSERT_EQ(0, list_find(self->dev, call_id, &r));
		EXPECT_EQ(ACALL_LIST_CONSUMED, r.flags);
		ASSERT_EQ(0, end_call(self->ctl, hooked[i], arg.id, 0));
		ASSERT_EQ(0, wait_releases(self->ctl, arg.id, 1));
		EXPECT_EQ(0, wait_counter("executions", 0));
		EXPECT_EQ(1, ctl_get(self->ctl, arg.id).asks);
	}
}

TEST_F(prov, X12_who_leaves_at_once_is_not_refused)
{
	struct acall_test_custom arg = { .refusals = ALWAYS,
					 .refuse = -EPERM };
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		arg.id = fresh_id();
		ASSERT_EQ(0, park(self->fd, self->ctl, hooked[i], &arg));
		EXPECT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_ABANDON, 0, 0,
					&c));
		EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c.outcome);
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(-ECANCELED, f.status);
		ASSERT_EQ(0, wait_answers(self->ctl, arg.id, 1));
		EXPECT_EQ(1, look(self->ctl, arg.id));
		ASSERT_EQ(0, end_call(self->ctl, hooked[i], arg.id, 0));
		ASSERT_EQ(0, wait_releases(self->ctl, arg.id, 1));
		EXPECT_EQ(1, ctl_get(self->ctl, arg.id).asks);
	}
}

static const __u32 all_flags[] = {
	0, ACALL_CANCEL_NOWAIT, ACALL_CANCEL_ABANDON, ACALL_CANCEL_ESCALATE,
	ACALL_CANCEL_ESCALATE | ACALL_CANCEL_NOWAIT,
	ACALL_CANCEL_ESCALATE | ACALL_CANCEL_ABANDON,
};

TEST_F(prov, X12_a_method_that_cannot_be_cancelled)
{
	struct acall_test_custom arg = { .id = self->id };
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query q;
	unsigned int i;

	ASSERT_EQ(0, park(self->fd, self->ctl, ACALL_TEST_PARK_FIXED, &arg));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_FALSE(q.caps & ACALL_CAP_CANCEL);
	for (i = 0; i < ARRAY_SIZE(all_flags); i++) {
		EXPECT_EQ(-EOPNOTSUPP, sys_cancel(self->fd, all_flags[i], 0, 0,
						  &c));
		EXPECT_EQ(-EOPNOTSUPP, sys_cancel_id(self->dev, all_flags[i],
						     q.call_id, 0, &c));
		EXPECT_EQ(0, unmarked(self->fd));
	}
	EXPECT_EQ(0, look(self->ctl, self->id));
	ASSERT_EQ(0, complete(self->ctl, self->id, 0));
	for (i = 0; i < ARRAY_SIZE(all_flags); i++)
		EXPECT_EQ(-ESRCH, sys_cancel(self->fd, all_flags[i], 0, 0, &c));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(0, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_EQ(0, f.cancel_ns);
}

TEST_F(prov, X12_a_method_that_cannot_be_cancelled_while_start_is_inside)
{
	struct acall_test_custom arg = { .id = self->id,
					 .flags = ACALL_TEST_START_WAITS };
	struct actor b = beginner(self->fd, ACALL_TEST_PARK_FIXED, &arg);
	struct acall_cancel c;
	struct acall_finish f;

	ASSERT_EQ(0, actor_start(&b));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	EXPECT_EQ(-EOPNOTSUPP, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(0, unmarked(self->fd));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, actor_join(&b));
	ASSERT_EQ(0, complete(self->ctl, self->id, 0));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
}

TEST_F(prov, B5_no_deadline_for_a_method_that_cannot_be_cancelled)
{
	struct acall_test_custom arg = { .id = self->id };
	struct acall_finish f;

	EXPECT_EQ(-EOPNOTSUPP,
		  sys_begin_custom_deadline(self->fd, ACALL_TEST_PARK_FIXED,
					    &arg, now_ns() + SEC, FOREVER));
	EXPECT_EQ(-EOPNOTSUPP,
		  sys_begin_custom_deadline(self->fd, ACALL_TEST_PARK_FIXED,
					    &arg, 1, 0));
	EXPECT_EQ(IDLE, state_of(self->fd));
	EXPECT_EQ(self->before.prepared, ctl_get(self->ctl, 0).prepared);
	ASSERT_EQ(0, park(self->fd, self->ctl, ACALL_TEST_PARK_FIXED, &arg));
	ASSERT_EQ(0, complete(self->ctl, self->id, 0));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
}

TEST_F(prov, C4_the_last_close_leaves_what_cannot_be_cancelled)
{
	int fd = sys_create(self->dev, ACALL_TEST_INTERFACE);
	struct acall_test_custom arg = { .id = self->id };
	struct acall_list_record r;
	__u64 call_id;

	ASSERT_EQ(0, sys_begin_custom(fd, ACALL_TEST_PARK_FIXED, &arg,
				      &call_id));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	close(fd);
	ASSERT_EQ(0, wait_counter("objects", 1));
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	EXPECT_EQ(ACALL_STATE_RUNNING, r.state);
	EXPECT_EQ(ACALL_REASON_NONE, r.reason);
	EXPECT_EQ(ACALL_LIST_CONSUMED, r.flags);
	EXPECT_EQ(1, counter("executions"));
	EXPECT_EQ(0, look(self->ctl, self->id));
	ASSERT_EQ(0, complete(self->ctl, self->id, 0));
	ASSERT_EQ(0, wait_releases(self->ctl, self->id, 1));
	EXPECT_EQ(0, wait_counter("executions", 0));
	EXPECT_EQ(-ENOENT, list_find(self->dev, call_id, &r));
}

TEST_F(prov, B6_NO_CANCEL_asks_no_hook)
{
	struct acall_test_custom arg = { .flags = ACALL_TEST_HOOK_COMPLETES };
	struct acall_begin b = {
		.size = sizeof(b), .flags = ACALL_BEGIN_NO_CANCEL,
		.in = PTR(&arg), .in_len = sizeof(arg),
	};
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		arg.id = fresh_id();
		b.method = hooked[i];
		ASSERT_EQ(0, sys_begin_struct(self->fd, &b));
		ASSERT_EQ(0, wait_starts(self->ctl, arg.id, 1));
		for (j = 0; j < ARRAY_SIZE(all_flags); j++)
			EXPECT_EQ(-EPERM, sys_cancel(self->fd, all_flags[j], 0,
						     0, &c));
		EXPECT_EQ(0, unmarked(self->fd));
		EXPECT_EQ(0, ctl_get(self->ctl, arg.id).asks);
		/* It does not bind the administrator. */
		EXPECT_EQ(0, sys_cancel_id(self->dev, 0, b.call_id, FOREVER,
					   &c));
		EXPECT_EQ(1, ctl_get(self->ctl, arg.id).asks);
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(-ECANCELED, f.status);
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
	}
}

#include "acall_main.h"
