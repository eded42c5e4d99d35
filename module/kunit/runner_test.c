// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lanes and turns: who is served when, and how many methods run for one user
 * (contract.md, Limits). The methods wait at gates, so a test knows what stands
 * in the queues; in what order they were entered is in the fixture's log.
 */
#include <kunit/test.h>
#include <linux/slab.h>

#include "call.h"
#include "interface.h"
#include "kunit.h"
#include "runner.h"

#define A	2001
#define B	2002
#define C	2003

struct saved {
	char user_running[KT_PARAM_SIZE];
};

static struct saved saved;

static int runner_init(struct kunit *test)
{
	if (acall_kunit_param_get("user_running", saved.user_running))
		return -ENOENT;
	return kt_init(test);
}

static void runner_exit(struct kunit *test)
{
	acall_kunit_param_set("user_running", saved.user_running);
	kt_exit(test);
}

/* Another interface: one with so many runners. */
static void runners(struct kunit *test, struct kt *kt, u32 n)
{
	acall_unregister_interface(kt->iface);
	kt->desc.max_running = n;
	kt->iface = acall_register_interface(&kt->desc);
	if (IS_ERR(kt->iface))
		kt->iface = NULL;
	KUNIT_ASSERT_NOT_NULL(test, kt->iface);
}

static void begin(struct kunit *test, u32 i, u32 uid)
{
	KUNIT_ASSERT_EQ(test, kt_begin_as(test->priv, i, KT_RUN, uid), 0);
}

static u32 phase(struct kt *kt, u32 i)
{
	return acall_word_phase(acall_call_word(kt->calls[i].call));
}

static void open_all(struct kt *kt)
{
	u32 i;

	for (i = 0; i < KT_CALLS; i++)
		kt_open(kt, i);
}

static void finish_all(struct kunit *test, u32 n)
{
	struct kt *kt = test->priv;
	u32 i;

	for (i = 0; i < n; i++)
		KUNIT_EXPECT_TRUE_MSG(test, kt_finish(kt, i), "call %u", i);
}

static void users_are_served_in_turn(struct kunit *test)
{
	static const u32 owner[] = { C, A, A, A, A, B, B, C };
	static const u32 order[] = { 0, 1, 5, 7, 2, 6, 3, 4 };
	struct kt *kt = test->priv;
	u32 i;

	runners(test, kt, 1);
	begin(test, 0, owner[0]);
	KT_WAIT(test, kt, kt->calls[0].entered);
	for (i = 1; i < ARRAY_SIZE(owner); i++)
		begin(test, i, owner[i]);
	open_all(kt);
	finish_all(test, ARRAY_SIZE(owner));
	KUNIT_ASSERT_EQ(test, kt->nr_log, ARRAY_SIZE(order));
	for (i = 0; i < ARRAY_SIZE(order); i++)
		KUNIT_EXPECT_EQ_MSG(test, kt->log[i], order[i], "%u", i);
	KUNIT_EXPECT_EQ(test, kt->peak, 1);
}

/* A runner waits for more in its work, and then leaves it. */
static void a_runner_that_lingers_or_has_left_is_there_at_once(struct kunit *test)
{
	struct kt *kt = test->priv;
	u32 i;

	runners(test, kt, 1);
	open_all(kt);
	for (i = 0; i < 6; i++) {
		begin(test, i, A);
		KUNIT_EXPECT_TRUE(test, kt_finish(kt, i));
		/* Longer than it lingers, every other time. */
		if (i % 2)
			schedule_timeout_idle(HZ / 2);
	}
	KUNIT_EXPECT_EQ(test, kt->nr_log, 6);
}

/* One's own are entered in the order of their BEGINs. */
static void one_user_is_first_come_first_served(struct kunit *test)
{
	struct kt *kt = test->priv;
	u32 i;

	runners(test, kt, 1);
	for (i = 0; i < 10; i++)
		begin(test, i, A);
	open_all(kt);
	finish_all(test, 10);
	KUNIT_ASSERT_EQ(test, kt->nr_log, 10);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, kt->log[i], i);
}

static void a_user_has_no_more_than_his_share(struct kunit *test)
{
	struct kt *kt = test->priv;
	u32 i;

	KUNIT_ASSERT_EQ(test, kt_param_set("user_running", 2), 0);
	KUNIT_EXPECT_EQ(test, acall_runner_user_max(kt->iface), 2);
	for (i = 0; i < 5; i++)
		begin(test, i, A);
	/* Both: who takes the first call may enter it after the other. */
	KT_WAIT(test, kt, kt->inside >= 2);
	/* The next in turn after a third of A's, if there were one. */
	begin(test, 5, B);
	KT_WAIT(test, kt, kt->calls[5].entered);
	KUNIT_EXPECT_EQ(test, phase(kt, 0), ACALL_PHASE_RUNNING);
	KUNIT_EXPECT_EQ(test, phase(kt, 1), ACALL_PHASE_RUNNING);
	for (i = 2; i < 5; i++)
		KUNIT_EXPECT_EQ_MSG(test, phase(kt, i), ACALL_PHASE_QUEUED,
				    "%u", i);
	/* One goes, one comes. */
	kt_open(kt, 0);
	KT_WAIT(test, kt, kt->calls[2].entered);
	KUNIT_EXPECT_EQ(test, kt->inside, 3);
	KUNIT_EXPECT_EQ(test, phase(kt, 3), ACALL_PHASE_QUEUED);
	open_all(kt);
	finish_all(test, 6);
	KUNIT_EXPECT_LE(test, kt->peak, 3);
}

static void a_larger_share_counts_at_once(struct kunit *test)
{
	struct kt *kt = test->priv;
	u32 i;

	KUNIT_ASSERT_EQ(test, kt_param_set("user_running", 1), 0);
	for (i = 0; i < 4; i++)
		begin(test, i, A);
	KT_WAIT(test, kt, kt->calls[0].entered);
	KUNIT_EXPECT_EQ(test, phase(kt, 1), ACALL_PHASE_QUEUED);
	/* None of his returns; all that he has queued may start. */
	KUNIT_ASSERT_EQ(test, kt_param_set("user_running", 4), 0);
	KT_WAIT(test, kt, kt->inside == 4);
	open_all(kt);
	finish_all(test, 4);
}

static void the_share_is_bounded(struct kunit *test)
{
	struct kt *kt = test->priv;

	runners(test, kt, 8);
	KUNIT_ASSERT_EQ(test, kt_param_set("user_running", 0), 0);
	KUNIT_EXPECT_EQ(test, acall_runner_user_max(kt->iface), 1);
	KUNIT_ASSERT_EQ(test, kt_param_set("user_running", 8), 0);
	KUNIT_EXPECT_EQ(test, acall_runner_user_max(kt->iface), 8);
	KUNIT_ASSERT_EQ(test, kt_param_set("user_running", 9), 0);
	KUNIT_EXPECT_EQ(test, acall_runner_user_max(kt->iface), 8);
}

/* As many runners as the interface has, not one more. */
static void max_running_of_an_interface(struct kunit *test)
{
	struct kt *kt = test->priv;
	u32 i;

	runners(test, kt, 8);
	for (i = 0; i < 12; i++)
		begin(test, i, A + i);
	KT_WAIT(test, kt, kt->inside == 8);
	for (i = 8; i < 12; i++)
		KUNIT_EXPECT_EQ(test, phase(kt, i), ACALL_PHASE_QUEUED);
	open_all(kt);
	finish_all(test, 12);
	KUNIT_EXPECT_EQ(test, kt->peak, 8);
}

/* Cancelled in the queue: the others' order stays, and nobody's turn is lost. */
static void X3_a_dequeued_call_takes_no_turn(struct kunit *test)
{
	static const u32 order[] = { 0, 2, 3, 4 };
	struct acall_request request = {
		.reason = ACALL_REASON_CLIENT,
		.grace_ns = KT_GRACE_NS,
	};
	struct kt *kt = test->priv;
	u32 i;

	runners(test, kt, 1);
	begin(test, 0, C);
	KT_WAIT(test, kt, kt->calls[0].entered);
	begin(test, 1, A);
	begin(test, 2, A);
	begin(test, 3, B);
	begin(test, 4, A);
	KUNIT_EXPECT_EQ(test, acall_call_cancel(kt->calls[1].call, &request),
			0);
	/* Its files are dropped and it is done though the runner is taken. */
	KUNIT_EXPECT_EQ(test, kt_wait(kt, 1), 0);
	KUNIT_EXPECT_EQ(test, phase(kt, 1), ACALL_PHASE_NEVER_STARTED);
	KUNIT_EXPECT_EQ(test, kt->calls[1].released, 1);
	open_all(kt);
	finish_all(test, 5);
	KUNIT_EXPECT_EQ(test, kt->calls[1].entered, 0);
	KUNIT_ASSERT_EQ(test, kt->nr_log, ARRAY_SIZE(order));
	for (i = 0; i < ARRAY_SIZE(order); i++)
		KUNIT_EXPECT_EQ_MSG(test, kt->log[i], order[i], "%u", i);
}

/* A parked call stands in no lane's way and uses no runner. */
static void custom_methods_need_no_turn(struct kunit *test)
{
	struct kt *kt = test->priv;
	u32 i;

	runners(test, kt, 1);
	begin(test, 0, A);
	KT_WAIT(test, kt, kt->calls[0].entered);
	for (i = 1; i < 5; i++) {
		KUNIT_ASSERT_EQ(test, kt_begin_as(kt, i, KT_HOOK, A), 0);
		/* .start has run in BEGIN's caller. */
		KUNIT_EXPECT_EQ(test, kt->calls[i].entered, 1);
		KUNIT_EXPECT_EQ(test, phase(kt, i), ACALL_PHASE_RUNNING);
	}
	for (i = 1; i < 5; i++)
		kt_complete(kt, i, 0);
	kt_open(kt, 0);
	finish_all(test, 5);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(users_are_served_in_turn),
	KUNIT_CASE(a_runner_that_lingers_or_has_left_is_there_at_once),
	KUNIT_CASE(one_user_is_first_come_first_served),
	KUNIT_CASE(a_user_has_no_more_than_his_share),
	KUNIT_CASE(a_larger_share_counts_at_once),
	KUNIT_CASE(the_share_is_bounded),
	KUNIT_CASE(max_running_of_an_interface),
	KUNIT_CASE(X3_a_dequeued_call_takes_no_turn),
	KUNIT_CASE(custom_methods_need_no_turn),
	{}
};

struct kunit_suite acall_kunit_runner = {
	.name = "acall_runner",
	.init = runner_init,
	.exit = runner_exit,
	.test_cases = cases,
};
