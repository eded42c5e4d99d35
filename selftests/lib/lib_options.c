// SPDX-License-Identifier: GPL-2.0-only
/*
 * libacall: what a call can be begun with beside its arguments (deadline, grace,
 * NO_CANCEL), objects that do not cancel at their end, escalating and abandoning
 * while a grace runs, methods that refuse, and waiting until all has settled.
 */
#include "lib_util.h"

TEST_F(acall, B5_a_deadline_that_is_past_starts_nothing)
{
	const struct acall_options options[] = {
		{ .deadline = 1 },
		{ .flags = ACALL_BEGIN_DEADLINE },
		{ .deadline = acall_after_ns(0) },
	};
	acall_t *call = new_call(_metadata, "test");
	struct acall_result result;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		ASSERT_EQ(0, acall_begin(call, ACALL_TEST_NOP, NULL, 0, NULL, 0,
					 &options[i]));
		EXPECT_EQ(0, acall_wait(call, ACALL_NOW));
		ASSERT_EQ(0, acall_finish(call, NULL, 0, &result));
		EXPECT_EQ(-ETIME, result.status);
		EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, result.outcome);
		EXPECT_EQ(0, result.start_ns);
	}
	acall_destroy(call);
}

TEST_F(acall, B5_a_deadline_cancels_a_method_that_looks)
{
	struct acall_options options = { 0 };
	acall_t *call = new_call(_metadata, "test");
	struct acall_test_arg arg = { .id = self->id };
	struct acall_result result;
	char text[256];

	/* Its own grace is ten minutes. */
	options.deadline = acall_after_ns(MSEC);
	ASSERT_EQ(0, acall_begin(call, ACALL_TEST_COOP, &arg, sizeof(arg), NULL,
				 0, &options));
	ASSERT_EQ(0, acall_finish(call, NULL, 0, &result));
	EXPECT_EQ(-ETIME, result.status);
	EXPECT_NE(ACALL_OUTCOME_COMPLETED, result.outcome);
	EXPECT_NE(ACALL_OUTCOME_ABANDONED, result.outcome);
	EXPECT_LE(options.deadline, result.cancel_ns);
	acall_strerror(call, ACALL_OP_RESULT, result.status, text,
		       sizeof(text));
	EXPECT_NE(NULL, strstr(text, "deadline"));
	acall_destroy(call);
}

/*
 * Begins LATE with a deadline that finds it running: a machine that takes longer
 * to start it gets a longer one.
 */
static int begin_late(acall_t *call, int ctl, __u64 *id,
		      struct acall_options *options)
{
	struct acall_test_arg arg = { 0 };
	struct acall_query query;
	__u64 after;

	for (after = MSEC; ; after *= 2) {
		arg.id = *id = fresh_id();
		options->deadline = acall_after_ns(after);
		CHECK(!acall_begin(call, ACALL_TEST_LATE, &arg, sizeof(arg),
				   NULL, 0, options));
		while (acall_wait(call, ACALL_NOW))
			if (ctl_get(ctl, arg.id).starts)
				return 0;
		CHECK(!acall_query(call, 0, &query, sizeof(query)));
		if (query.outcome != ACALL_OUTCOME_NEVER_STARTED)
			return wait_starts(ctl, arg.id, 1);
		CHECK(!acall_finish(call, NULL, 0, NULL));
	}
}

TEST_F(acall, B5_the_grace_begins_at_the_deadline)
{
	struct acall_options options = { .grace_ns = ACALL_GRACE_NONE };
	acall_t *call = new_call(_metadata, "test");
	struct acall_query query;
	__s32 status;

	ASSERT_EQ(0, begin_late(call, self->ctl, &self->id, &options));
	EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
	EXPECT_LE(options.deadline, acall_after_ns(0));
	EXPECT_EQ(0, acall_query(call, 0, &query, sizeof(query)));
	EXPECT_EQ(ACALL_REASON_DEADLINE, query.reason);
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, outcome_of(call, &status));
	EXPECT_EQ(-ETIME, status);
	EXPECT_EQ(0, open_gate(self->ctl, self->id));

	/* A result of its own within the grace stays the result. */
	options.grace_ns = ACALL_FOREVER;
	ASSERT_EQ(0, begin_late(call, self->ctl, &self->id, &options));
	EXPECT_EQ(0, wait_seen(self->ctl, self->id, 1));
	EXPECT_EQ(-ETIMEDOUT, acall_wait(call, ACALL_NOW));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, outcome_of(call, &status));
	EXPECT_EQ(0, status);
	acall_destroy(call);
}

TEST_F(acall, B5_no_deadline_suits_every_method)
{
	const struct acall_options none[] = {
		{ .deadline = 0 },
		{ .deadline = ACALL_FOREVER },
		{ .deadline = ACALL_FOREVER, .grace_ns = 5 },
		{ .grace_ns = 5 },
	};
	const struct acall_options one = {
		.deadline = acall_after_ns(ACALL_FOREVER - 1),
		.flags = ACALL_BEGIN_DEADLINE,
	};
	acall_t *call = new_call(_metadata, "test");
	struct acall_result result;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(none); i++) {
		ASSERT_EQ(0, acall_begin(call, ACALL_TEST_INLINE_ECHO, NULL, 0,
					 NULL, 0, &none[i]));
		ASSERT_EQ(0, acall_finish(call, NULL, 0, &result));
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, result.outcome);
	}
	EXPECT_EQ(-EOPNOTSUPP, acall_begin(call, ACALL_TEST_INLINE_ECHO, NULL,
					   0, NULL, 0, &one));
	EXPECT_EQ(-ESRCH, acall_wait(call, ACALL_NOW));
	acall_destroy(call);
}

TEST_F(acall, B5_a_deadline_on_what_cannot_be_cancelled_EOPNOTSUPP)
{
	const struct acall_options options = {
		.deadline = acall_after_ns(SEC),
	};
	struct acall_test_custom arg = { .id = self->id };
	acall_t *call = new_call(_metadata, "test");
	char text[256];

	EXPECT_EQ(-EOPNOTSUPP, acall_begin(call, ACALL_TEST_PARK_FIXED, &arg,
					   sizeof(arg), NULL, 0, &options));
	acall_strerror(call, ACALL_OP_BEGIN, -EOPNOTSUPP, text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "test.park-fixed: it cannot be cancelled"));
	EXPECT_EQ(0, acall_id(call));
	acall_destroy(call);
}

TEST_F(acall, options_that_are_none_EINVAL)
{
	const struct acall_options wrong[] = {
		{ .flags = 1U << 31 },
		{ .flags = ACALL_BEGIN_NO_CANCEL, .deadline = 1 },
		{ .reserved = { [0] = 1 } },
		{ .reserved = { [6] = 1 } },
	};
	acall_t *call = new_call(_metadata, "test");
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_EQ(-EINVAL, acall_begin(call, ACALL_TEST_NOP, NULL, 0,
					       NULL, 0, &wrong[i])) {
			TH_LOG("options %u", i);
		}
	EXPECT_EQ(0, begin_nop(call));
	acall_destroy(call);
}

TEST_F(acall, B6_NO_CANCEL_refuses_every_cancel)
{
	const struct acall_options options = {
		.flags = ACALL_BEGIN_NO_CANCEL,
	};
	acall_t *call = new_call(_metadata, "test");
	__s32 status;
	__u64 id;

	ASSERT_EQ(0, begin_with(call, self->ctl, ACALL_TEST_COOP, self->id,
				&options));
	id = acall_id(call);
	EXPECT_EQ(-EPERM, acall_cancel_async(call, 0));
	EXPECT_EQ(-EPERM, acall_cancel(call, 0));
	EXPECT_EQ(-EPERM, acall_abandon(call));
	EXPECT_EQ(-EPERM, acall_escalate(call, 0));
	EXPECT_EQ(-EPERM, acall_cancel_async_id(call, id, 0));
	EXPECT_EQ(-EPERM, acall_cancel_id(call, id, 0));
	EXPECT_EQ(-EPERM, acall_abandon_id(call, id));
	EXPECT_EQ(-EPERM, acall_escalate_id(call, id, 0));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(acall_fd(call)));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).seen);
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
	EXPECT_EQ(ACALL_TOO_LATE, acall_cancel(call, 0));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, outcome_of(call, &status));
	acall_destroy(call);
}

TEST_F(acall, B6_C4_what_destroy_lets_run_on)
{
	const struct acall_options no_cancel = {
		.flags = ACALL_BEGIN_NO_CANCEL,
	};
	acall_t *call;
	int i;

	for (i = 0; i < 2; i++, self->id = fresh_id()) {
		ASSERT_EQ(0, acall_create("test", 0,
					  i ? ACALL_CREATE_DETACH : 0, &call));
		ASSERT_EQ(0, begin_with(call, self->ctl, ACALL_TEST_COOP,
					self->id, i ? NULL : &no_cancel));
		acall_destroy(call);
		EXPECT_EQ(1, counter("executions"));
		EXPECT_EQ(0, ctl_get(self->ctl, self->id).seen);
		EXPECT_EQ(0, open_gate(self->ctl, self->id));
		EXPECT_EQ(0, wait_ends(self->ctl, self->id, 1));
		EXPECT_EQ(0, ctl_get(self->ctl, self->id).seen);
		EXPECT_EQ(0, wait_counter("executions", 0));
	}
	EXPECT_EQ(-EINVAL, acall_create("test", 0, 1U << 31, &call));
}

TEST_F(acall, X7_escalate_shortens_the_grace)
{
	acall_t *call = new_call(_metadata, "test");
	__s32 status;
	int i;

	for (i = 0; i < 2; i++, self->id = fresh_id()) {
		ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_LATE,
				      self->id, 0));
		EXPECT_EQ(ACALL_REQUESTED,
			  acall_cancel_async(call, ACALL_FOREVER));
		EXPECT_EQ(ACALL_ALREADY, acall_cancel_async(call, MSEC));
		EXPECT_TRUE(asked(!i ? acall_escalate(call, MSEC) :
				  acall_escalate_id(call, acall_id(call),
						    MSEC)));
		EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
		EXPECT_EQ(ACALL_OUTCOME_ABANDONED, outcome_of(call, &status));
		EXPECT_EQ(-ECANCELED, status);
		EXPECT_EQ(0, open_gate(self->ctl, self->id));
	}
	acall_destroy(call);
}

TEST_F(acall, X7_escalate_never_lengthens_the_grace)
{
	acall_t *call = new_call(_metadata, "test");
	__s32 status;

	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_LATE, self->id, 0));
	EXPECT_TRUE(asked(acall_cancel_async(call, 5 * MSEC)));
	EXPECT_TRUE(asked(acall_escalate(call, ACALL_FOREVER)));
	EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, outcome_of(call, &status));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	acall_destroy(call);
}

TEST_F(acall, X7_escalate_without_a_cancel_is_one)
{
	acall_t *call = new_call(_metadata, "test");
	__s32 status;

	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_COOP, self->id, 0));
	EXPECT_TRUE(asked(acall_escalate(call, ACALL_FOREVER)));
	EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
	/* And once it is cancelled, it is. */
	EXPECT_EQ(ACALL_CANCELLED, acall_escalate(call, 0));
	EXPECT_EQ(ACALL_CANCELLED, acall_abandon(call));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, outcome_of(call, &status));
	acall_destroy(call);
}

TEST_F(acall, X4_X7_abandon_ends_a_grace)
{
	acall_t *call = new_call(_metadata, "test");
	struct thread t = { .fn = do_cancel, .value = ACALL_FOREVER };
	__s32 status;
	int i;

	t.call = call;
	for (i = 0; i < 2; i++, self->id = fresh_id()) {
		ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_LATE,
				      self->id, 0));
		ASSERT_EQ(0, thread_block(&t, ACALL_IOC_CANCEL));
		EXPECT_EQ(ACALL_CANCELLED, !i ? acall_abandon(call) :
			  acall_abandon_id(call, acall_id(call)));
		/* Who stayed for the grace is told the same. */
		EXPECT_EQ(ACALL_CANCELLED, thread_join(&t));
		EXPECT_EQ(ACALL_OUTCOME_ABANDONED, outcome_of(call, &status));
		EXPECT_EQ(-ECANCELED, status);
		EXPECT_EQ(0, open_gate(self->ctl, self->id));
	}
	acall_destroy(call);
}

TEST_F(acall, X6_cancel_args_tells_the_outcome)
{
	struct acall_cancel args = { .size = sizeof(args) };
	acall_t *call = new_call(_metadata, "test");
	__s32 status;

	EXPECT_EQ(-ESRCH, acall_cancel_args(call, &args));
	EXPECT_EQ(-EINVAL, acall_cancel_args(NULL, &args));
	EXPECT_EQ(-EINVAL, acall_cancel_args(call, NULL));
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_GATE, self->id, 0));
	args.flags = 1U << 31;
	EXPECT_EQ(-EINVAL, acall_cancel_args(call, &args));
	args.flags = ACALL_CANCEL_ABANDON;
	args.size -= 8;
	EXPECT_EQ(-EINVAL, acall_cancel_args(call, &args));
	args.size = sizeof(args);
	args.call_id = 0;
	EXPECT_EQ(ACALL_CANCELLED, acall_cancel_args(call, &args));
	EXPECT_EQ(acall_id(call), args.call_id);
	EXPECT_EQ(ACALL_STATE_DONE, args.state);
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, args.outcome);
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, outcome_of(call, &status));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	acall_destroy(call);
}

TEST_F(acall, X12_a_refusal_is_passed_on_and_may_be_tried_again)
{
	static const int errors[] = { EBUSY, EPERM, EOPNOTSUPP };
	struct acall_test_custom arg = {
		.refusals = 1, .flags = ACALL_TEST_HOOK_COMPLETES,
	};
	acall_t *call = new_call(_metadata, "test");
	struct acall_query query;
	unsigned int i;
	__s32 status;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		arg.id = fresh_id();
		arg.refuse = -errors[i];
		ASSERT_EQ(0, begin_custom(call, self->ctl, ACALL_TEST_PARK,
					  &arg));
		EXPECT_EQ(-errors[i], acall_cancel_async(call, ACALL_FOREVER));
		EXPECT_EQ(0, acall_query(call, 0, &query, sizeof(query)));
		EXPECT_EQ(ACALL_STATE_RUNNING, query.state);
		EXPECT_EQ(ACALL_REASON_NONE, query.reason);
		EXPECT_EQ(0, query.cancel_ns);
		EXPECT_TRUE(asked(acall_cancel_async(call, ACALL_FOREVER)));
		EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, outcome_of(call, &status));
		EXPECT_EQ(-ECANCELED, status);

		/* One that may sleep is waited for, or its refusal shows. */
		arg.id = fresh_id();
		ASSERT_EQ(0, begin_custom(call, self->ctl,
					  ACALL_TEST_PARK_SLEEPABLE, &arg));
		EXPECT_EQ(-errors[i], acall_cancel(call, ACALL_FOREVER));
		EXPECT_EQ(ACALL_CANCELLED, acall_cancel(call, ACALL_FOREVER));
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, outcome_of(call, &status));
	}
	acall_destroy(call);
}

TEST_F(acall, X4_X12_abandon_is_not_refused)
{
	struct acall_test_custom arg = {
		.id = self->id, .refuse = -EBUSY, .refusals = 1000,
	};
	acall_t *call = new_call(_metadata, "test");
	__s32 status;

	ASSERT_EQ(0, begin_custom(call, self->ctl, ACALL_TEST_PARK, &arg));
	EXPECT_EQ(-EBUSY, acall_cancel_async(call, 0));
	EXPECT_EQ(ACALL_CANCELLED, acall_abandon(call));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, outcome_of(call, &status));
	EXPECT_EQ(0, complete(self->ctl, self->id));
	EXPECT_EQ(0, acall_wait_settled(call, 0, ACALL_FOREVER));
	acall_destroy(call);
}

TEST_F(acall, X12_what_cannot_be_cancelled_EOPNOTSUPP)
{
	struct acall_test_custom arg = { .id = self->id };
	acall_t *call = new_call(_metadata, "test");
	__s32 status;

	ASSERT_EQ(0, begin_custom(call, self->ctl, ACALL_TEST_PARK_FIXED,
				  &arg));
	EXPECT_EQ(-EOPNOTSUPP, acall_cancel_async(call, 0));
	EXPECT_EQ(-EOPNOTSUPP, acall_cancel(call, 0));
	EXPECT_EQ(-EOPNOTSUPP, acall_abandon(call));
	EXPECT_EQ(-EOPNOTSUPP, acall_escalate(call, 0));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(acall_fd(call)));
	EXPECT_EQ(0, complete(self->ctl, self->id));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, outcome_of(call, &status));
	EXPECT_EQ(0, status);
	acall_destroy(call);
}

TEST_F(acall, P5_the_result_says_COMMITTED)
{
	struct acall_test_arg arg = {
		.id = self->id, .pause = ACALL_TEST_COMMIT_FIRST,
	};
	acall_t *call = new_call(_metadata, "test");
	struct acall_result result;

	ASSERT_EQ(0, acall_begin(call, ACALL_TEST_COMMIT, &arg, sizeof(arg),
				 NULL, 0, NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	EXPECT_EQ(ACALL_CANCELLED, acall_abandon(call));
	ASSERT_EQ(0, acall_finish(call, NULL, 0, &result));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, result.outcome);
	EXPECT_EQ(ACALL_RESULT_COMMITTED, result.flags);
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, acall_wait_settled(call, 0, ACALL_FOREVER));

	arg.id = fresh_id();
	arg.pause = ACALL_TEST_COMMIT_NEVER;
	ASSERT_EQ(0, acall_call(call, ACALL_TEST_NOP, NULL, 0, NULL, 0, NULL,
				NULL, 0, &result));
	EXPECT_EQ(0, result.flags);
	acall_destroy(call);
}

/* Waits until the call t->id has settled. */
static int do_settle(struct thread *t)
{
	return acall_wait_settled(t->call, t->id, ACALL_FOREVER);
}

TEST_F(acall, W6_settled_means_that_what_was_left_has_ended)
{
	acall_t *call = new_call(_metadata, "test");
	struct thread t[2] = { { .fn = do_settle }, { .fn = do_settle } };
	__s32 status;
	__u64 until;
	unsigned int i;

	/* Nothing was begun: nothing to wait for. */
	EXPECT_EQ(0, acall_wait_settled(call, 0, ACALL_FOREVER));
	EXPECT_EQ(0, acall_wait_settled(call, 4711, ACALL_FOREVER));
	EXPECT_EQ(-EINVAL, acall_wait_settled(NULL, 0, ACALL_NOW));

	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_GATE, self->id, 0));
	t[0].id = acall_id(call);
	EXPECT_EQ(-ETIMEDOUT, acall_wait_settled(call, 0, ACALL_NOW));
	EXPECT_EQ(ACALL_CANCELLED, acall_abandon(call));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, outcome_of(call, &status));
	EXPECT_EQ(-ETIMEDOUT, acall_wait_settled(call, 0, ACALL_NOW));
	until = acall_after_ns(MSEC);
	EXPECT_EQ(-ETIMEDOUT, acall_wait_settled(call, t[0].id, until));
	EXPECT_LE(until, acall_after_ns(0));

	/* The object is free meanwhile, and later calls do not count. */
	for (i = 0; i < 2; i++) {
		t[i].call = call;
		ASSERT_EQ(0, thread_block(&t[i], ACALL_IOC_WAIT));
	}
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_GATE, self->id + 1,
			      0));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, thread_join(&t[0]));
	EXPECT_EQ(0, thread_join(&t[1]));
	EXPECT_EQ(-ETIMEDOUT, acall_wait_settled(call, 0, ACALL_NOW));
	EXPECT_EQ(0, open_gate(self->ctl, self->id + 1));
	EXPECT_EQ(0, acall_wait_settled(call, 0, ACALL_FOREVER));
	/* Settled, and not finished: its result is still there. */
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, outcome_of(call, &status));
	acall_destroy(call);
}

TEST_F(acall, W7_a_signal_interrupts_settled)
{
	acall_t *call = new_call(_metadata, "test");
	struct thread t = { .fn = do_settle, .call = call };

	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_GATE, self->id, 0));
	handle_signal(SIGUSR1, 0);
	ASSERT_EQ(0, thread_block(&t, ACALL_IOC_WAIT));
	EXPECT_EQ(0, thread_signal(&t, SIGUSR1));
	EXPECT_EQ(-EINTR, thread_join(&t));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	acall_destroy(call);
}

TEST_F(acall, B1_an_inline_method_has_run_when_begin_returns)
{
	acall_t *call = new_call(_metadata, "test");
	struct acall_result result;
	char out[8] = "";

	ASSERT_EQ(0, acall_begin(call, ACALL_TEST_INLINE_ECHO, "abc", 4, NULL,
				 0, NULL));
	EXPECT_EQ(0, acall_wait(call, ACALL_NOW));
	EXPECT_EQ(ACALL_TOO_LATE, acall_cancel(call, 0));
	ASSERT_EQ(0, acall_finish(call, out, sizeof(out), &result));
	EXPECT_STREQ("abc", out);
	acall_destroy(call);
}

#include "acall_main.h"
