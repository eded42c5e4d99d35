// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a provider may do with its call, and what becomes of it if it does what
 * it may not: one warning for all times, no harm, and no code that means
 * nothing to a client. The warnings are counted, not printed (warn.h).
 */
#include <kunit/test.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "call.h"
#include "compat.h"
#include "interface.h"
#include "kunit.h"
#include "object.h"
#include "user/limits.h"

/* What a method's body has found, for the test. */
static int found[8];
static u32 nr_found;

static int provider_init(struct kunit *test)
{
	nr_found = 0;
	return kt_init(test);
}

static void find(int value)
{
	if (nr_found < ARRAY_SIZE(found))
		found[nr_found++] = value;
}

/* Begins call @i with that body in .run, and takes a picture of its end. */
static void run(struct kunit *test, u32 i, u32 method,
		int (*body)(struct acall_call *call),
		struct acall_snapshot *snap)
{
	struct kt *kt = test->priv;

	kt->calls[i].body = body;
	kt_open(kt, i);
	KUNIT_ASSERT_EQ(test, kt_begin(kt, i, method), 0);
	KUNIT_ASSERT_EQ(test, kt_wait(kt, i), 0);
	acall_call_snapshot(kt->calls[i].call, snap);
	KUNIT_EXPECT_TRUE(test, kt_finish(kt, i));
}

static int alloc(struct acall_call *call)
{
	find(acall_out_alloc(call, KT_OUT_MAX + 1));
	find(acall_out_alloc(call, U32_MAX));
	find(acall_out_alloc(call, 0));
	find(acall_out_alloc(call, KT_OUT_MAX));
	find(!memchr_inv(acall_out(call), 0, KT_OUT_MAX));
	return 0;
}

static void output_is_allocated_up_to_out_max(struct kunit *test)
{
	struct kt *kt = test->priv;

	kt->calls[0].prepare = alloc;
	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_INLINE), 0);
	KUNIT_EXPECT_EQ(test, found[0], -EINVAL);
	KUNIT_EXPECT_EQ(test, found[1], -EINVAL);
	KUNIT_EXPECT_EQ(test, found[2], 0);
	KUNIT_EXPECT_EQ(test, found[3], 0);
	KUNIT_EXPECT_EQ(test, found[4], 1);
	KUNIT_EXPECT_EQ(test, kt->calls[0].call->charged,
			sizeof(u32) + KT_OUT_MAX);
}

static int alloc_twice(struct acall_call *call)
{
	void *out;

	find(acall_out_alloc(call, 4));
	out = acall_out(call);
	find(acall_out_alloc(call, 8));
	find(acall_out_alloc(call, 8));
	find(acall_out(call) == out);
	return 0;
}

static void a_second_output_warns_once(struct kunit *test)
{
	struct kt *kt = test->priv;

	acall_kunit_expect_warnings();
	kt->calls[0].prepare = alloc_twice;
	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_INLINE), 0);
	KUNIT_EXPECT_EQ(test, acall_kunit_warnings(), 1);
	KUNIT_EXPECT_EQ(test, found[0], 0);
	KUNIT_EXPECT_EQ(test, found[1], -EINVAL);
	KUNIT_EXPECT_EQ(test, found[2], -EINVAL);
	KUNIT_EXPECT_EQ(test, found[3], 1);
	KUNIT_EXPECT_EQ(test, kt->calls[0].call->charged, sizeof(u32) + 4);
}

static int alloc_4(struct acall_call *call)
{
	return acall_out_alloc(call, 4);
}

static int set_len(struct acall_call *call)
{
	acall_out_set_len(call, 5);
	acall_out_set_len(call, U32_MAX);
	return 0;
}

static void too_much_output_is_cut_and_warns_once(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_snapshot snap;

	acall_kunit_expect_warnings();
	kt->calls[0].prepare = alloc_4;
	run(test, 0, KT_RUN, set_len, &snap);
	/* And of a method that has allocated none at all. */
	kt->calls[1].prepare = NULL;
	run(test, 1, KT_RUN, set_len, &snap);
	KUNIT_EXPECT_EQ(test, acall_kunit_warnings(), 1);
	KUNIT_EXPECT_EQ(test, snap.out_len, 0);
	acall_call_snapshot(kt->calls[0].call, &snap);
	KUNIT_EXPECT_EQ(test, snap.out_len, 4);
}

static int set_len_4(struct acall_call *call)
{
	acall_out_set_len(call, 4);
	return 0;
}

static void F4_output_of_a_failure_is_dropped(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_snapshot snap;

	kt->calls[0].prepare = alloc_4;
	run(test, 0, KT_RUN, set_len_4, &snap);
	KUNIT_EXPECT_EQ(test, snap.out_len, 4);
	kt->calls[1].prepare = alloc_4;
	kt->calls[1].ret = -EIO;
	run(test, 1, KT_RUN, set_len_4, &snap);
	KUNIT_EXPECT_EQ(test, snap.out_len, 0);
	KUNIT_EXPECT_EQ(test, snap.status, -EIO);
}

static int tell(struct acall_call *call)
{
	find(acall_method_nr(call));
	find(acall_version(call));
	return 0;
}

static void a_method_knows_its_number_and_version(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_snapshot snap;

	run(test, 0, KT_INLINE, tell, &snap);
	KUNIT_ASSERT_EQ(test, nr_found, 2);
	KUNIT_EXPECT_EQ(test, found[0], KT_INLINE);
	KUNIT_EXPECT_EQ(test, found[1], kt->desc.version);
}

static int doze(struct acall_call *call)
{
	schedule_timeout_idle(1);
	return 0;
}

static int stay_awake(struct acall_call *call)
{
	cond_resched();
	return 0;
}

static void what_must_not_sleep_warns_if_it_does(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_snapshot snap;

	acall_kunit_expect_warnings();
	run(test, 0, KT_INLINE, stay_awake, &snap);
	KUNIT_EXPECT_EQ(test, acall_kunit_warnings(), 0);
	acall_kunit_expect_warnings();
	run(test, 1, KT_INLINE, doze, &snap);
	KUNIT_EXPECT_EQ(test, acall_kunit_warnings(), 1);

	kt->methods[KT_RUN].caps |= ACALL_CAP_SHORT;
	acall_kunit_expect_warnings();
	run(test, 2, KT_RUN, stay_awake, &snap);
	KUNIT_EXPECT_EQ(test, acall_kunit_warnings(), 0);
	acall_kunit_expect_warnings();
	run(test, 3, KT_RUN, doze, &snap);
	KUNIT_EXPECT_EQ(test, acall_kunit_warnings(), 1);
}

static int go_back(struct acall_call *call)
{
	acall_progress(call, 5, 9);
	acall_progress(call, 5, 10);
	acall_progress(call, 4, 11);
	acall_progress(call, 3, 12);
	return 0;
}

static int go_on(struct acall_call *call)
{
	acall_progress(call, U64_MAX - 1, U64_MAX);
	acall_progress(call, U64_MAX, 0);
	return 0;
}

static void progress_that_goes_back_warns_once(struct kunit *test)
{
	struct acall_snapshot snap;

	acall_kunit_expect_warnings();
	run(test, 0, KT_RUN, go_back, &snap);
	KUNIT_EXPECT_EQ(test, acall_kunit_warnings(), 1);
	KUNIT_EXPECT_EQ(test, snap.progress, 5);
	KUNIT_EXPECT_EQ(test, snap.total, 10);

	acall_kunit_expect_warnings();
	run(test, 1, KT_RUN, go_on, &snap);
	KUNIT_EXPECT_EQ(test, acall_kunit_warnings(), 0);
	KUNIT_EXPECT_EQ(test, snap.progress, U64_MAX);
	KUNIT_EXPECT_EQ(test, snap.total, 0);
}

static int take_files(struct acall_call *call)
{
	find(acall_nr_files(call));
	find(!acall_file(call, 0));
	find(!acall_file(call, U32_MAX));
	/* Not looked at: there is no room for any. */
	find(acall_add_file_out(call, (struct file *)call));
	return 0;
}

static void files_that_are_not_there(struct kunit *test)
{
	struct acall_snapshot snap;

	acall_kunit_expect_warnings();
	run(test, 0, KT_RUN, take_files, &snap);
	KUNIT_EXPECT_EQ(test, acall_kunit_warnings(), 1);
	KUNIT_EXPECT_EQ(test, found[0], 0);
	KUNIT_EXPECT_EQ(test, found[1], 1);
	KUNIT_EXPECT_EQ(test, found[2], 1);
	KUNIT_EXPECT_EQ(test, found[3], -ENOSPC);
	KUNIT_EXPECT_EQ(test, snap.nr_files_out, 0);
}

static int forget_the_end(struct acall_call *call)
{
	find(acall_killable_begin(call));
	return 0;
}

static int look_for_signals(struct acall_call *call)
{
	find(signal_pending(current));
	find(!!call->task);
	return 0;
}

static void a_forgotten_killable_end_is_made_up_for(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_snapshot snap;

	kt->methods[KT_RUN].caps |= ACALL_CAP_KILLABLE;
	acall_kunit_expect_warnings();
	run(test, 0, KT_RUN, forget_the_end, &snap);
	KUNIT_EXPECT_EQ(test, acall_kunit_warnings(), 1);
	KUNIT_EXPECT_EQ(test, found[0], 0);
	KUNIT_EXPECT_NULL(test, kt->calls[0].call->task);
	run(test, 1, KT_RUN, look_for_signals, &snap);
	KUNIT_EXPECT_EQ(test, found[1], 0);
	KUNIT_EXPECT_EQ(test, found[2], 0);
}

static int be_killable(struct acall_call *call)
{
	find(acall_killable_begin(call));
	find(!!call->task);
	acall_killable_end(call);
	return 0;
}

static void killable_without_the_capability_warns(struct kunit *test)
{
	struct acall_snapshot snap;

	acall_kunit_expect_warnings();
	run(test, 0, KT_RUN, be_killable, &snap);
	KUNIT_EXPECT_EQ(test, acall_kunit_warnings(), 1);
	KUNIT_EXPECT_EQ(test, found[0], 0);
	/* No signal for one who has not said that he can take it. */
	KUNIT_EXPECT_EQ(test, found[1], 0);
}

static void P7_what_run_returns(struct kunit *test)
{
	static const struct {
		int ret, status;
	} cases[] = {
		{ 0, 0 },
		{ -EIO, -EIO },
		/* Nobody has asked it to stop: its own word. */
		{ -EINTR, -EINTR },
		{ -ECANCELED, -ECANCELED },
		{ -ERESTARTSYS, -EINTR },
		{ -ERESTARTNOINTR, -EINTR },
		{ -ERESTARTNOHAND, -EINTR },
		{ -ERESTART_RESTARTBLOCK, -EINTR },
		{ -ENOTSUPP, -EOPNOTSUPP },
		{ -ENOIOCTLCMD, -ENOTTY },
		{ -EPROBE_DEFER, -EIO },
		{ -MAX_ERRNO, -EIO },
	};
	struct kt *kt = test->priv;
	struct acall_snapshot snap;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		kt->calls[i].ret = cases[i].ret;
		run(test, i, KT_INLINE, NULL, &snap);
		KUNIT_EXPECT_EQ_MSG(test, snap.status, cases[i].status, "%d",
				    cases[i].ret);
		KUNIT_EXPECT_EQ_MSG(test, acall_word_outcome(snap.word),
				    ACALL_OUTCOME_COMPLETED, "%d",
				    cases[i].ret);
	}
}

static void P7_counts_and_nonsense_warn_once(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_snapshot snap;

	acall_kunit_expect_warnings();
	kt->calls[0].ret = 512;
	run(test, 0, KT_RUN, NULL, &snap);
	KUNIT_EXPECT_EQ(test, snap.status, -EIO);
	kt->calls[1].ret = -MAX_ERRNO - 1;
	run(test, 1, KT_RUN, NULL, &snap);
	KUNIT_EXPECT_EQ(test, snap.status, -EIO);
	KUNIT_EXPECT_EQ(test, acall_kunit_warnings(), 1);

	acall_kunit_expect_warnings();
	kt->calls[2].prepare_ret = 1;
	KUNIT_EXPECT_EQ(test, kt_begin(kt, 2, KT_RUN), -EIO);
	kt->calls[2].prepare_ret = INT_MIN;
	KUNIT_EXPECT_EQ(test, kt_begin(kt, 2, KT_RUN), -EIO);
	KUNIT_EXPECT_EQ(test, acall_kunit_warnings(), 1);
	KUNIT_EXPECT_EQ(test, kt->iface->pins, 0);
}

static int complete_it(struct acall_call *call)
{
	acall_complete(call, -EUCLEAN);
	acall_complete(call, -EUCLEAN);
	return 0;
}

static void completing_what_runs_warns_and_is_ignored(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_snapshot snap;

	acall_kunit_expect_warnings();
	run(test, 0, KT_RUN, complete_it, &snap);
	KUNIT_EXPECT_EQ(test, acall_kunit_warnings(), 1);
	KUNIT_EXPECT_EQ(test, snap.status, 0);
	KUNIT_EXPECT_EQ(test, kt->calls[0].released, 1);
}

static void P3_the_first_completion_counts(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_snapshot snap;

	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_HOOK), 0);
	KUNIT_EXPECT_FALSE(test, acall_call_done(kt->calls[0].call));
	kt_complete(kt, 0, -EUCLEAN);
	KUNIT_EXPECT_TRUE(test, acall_call_done(kt->calls[0].call));
	/* The test holds the call as a provider would, with acall_get(). */
	acall_complete(kt->calls[0].call, 0);
	acall_call_snapshot(kt->calls[0].call, &snap);
	KUNIT_EXPECT_EQ(test, snap.status, -EUCLEAN);
	KT_WAIT(test, kt, kt->calls[0].released);
	KUNIT_EXPECT_TRUE(test, kt_finish(kt, 0));
	KT_POLL(test, !acall_calls_executions());
	acall_complete(kt->calls[0].call, 0);
	KUNIT_EXPECT_EQ(test, kt->calls[0].released, 1);
	KUNIT_EXPECT_EQ(test, acall_limits_calls(), 0);
}

static int complete_inside(struct acall_call *call)
{
	acall_complete(call, 0);
	find(acall_call_done(call));
	/*
	 * Told, and not released before .start is out (P1), however long that
	 * takes: who would release it too early has its chance here.
	 */
	schedule_timeout_idle(2);
	find(call->identity.cred && call->method);
	return 0;
}

static void P1_start_may_complete(struct kunit *test)
{
	struct kt *kt = test->priv;

	kt->calls[0].body = complete_inside;
	kt->calls[0].completed = true;
	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_HOOK), 0);
	KUNIT_EXPECT_EQ(test, found[0], 1);
	KUNIT_EXPECT_EQ(test, found[1], 1);
	KUNIT_EXPECT_TRUE(test, kt_finish(kt, 0));
	KT_WAIT(test, kt, kt->calls[0].released);
	KT_POLL(test, !acall_calls_executions());
	KUNIT_EXPECT_EQ(test, kt->calls[0].asked, 0);
}

struct bell {
	struct hrtimer timer;
	struct acall_call *call;
	bool in_hardirq;
};

static enum hrtimer_restart ring(struct hrtimer *timer)
{
	struct bell *bell = container_of(timer, struct bell, timer);

	bell->in_hardirq = in_hardirq();
	acall_complete(bell->call, 0);
	return HRTIMER_NORESTART;
}

/* Where lockdep sees which locks may not be taken with interrupts on. */
static void P3_completes_in_hard_interrupt(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct bell *bell = kunit_kzalloc(test, sizeof(*bell), GFP_KERNEL);
	struct acall_snapshot snap;

	KUNIT_ASSERT_NOT_NULL(test, bell);
	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_HOOK), 0);
	kt->calls[0].completed = true;
	bell->call = kt->calls[0].call;
	hrtimer_setup(&bell->timer, ring, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	hrtimer_start(&bell->timer, 0, HRTIMER_MODE_REL);
	KUNIT_EXPECT_EQ(test, kt_wait(kt, 0), 0);
	hrtimer_cancel(&bell->timer);
	KUNIT_EXPECT_TRUE(test, bell->in_hardirq);
	acall_call_snapshot(kt->calls[0].call, &snap);
	KUNIT_EXPECT_EQ(test, snap.status, 0);
	KUNIT_EXPECT_TRUE(test, kt_finish(kt, 0));
	KT_WAIT(test, kt, kt->calls[0].released);
	KT_POLL(test, !acall_calls_executions());
}

static int commit_twice(struct acall_call *call)
{
	find(acall_commit(call));
	find(acall_commit(call));
	return 0;
}

static void P5_commit(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_snapshot snap;

	run(test, 0, KT_RUN, commit_twice, &snap);
	KUNIT_EXPECT_EQ(test, found[0], 0);
	KUNIT_EXPECT_EQ(test, found[1], 0);
	KUNIT_EXPECT_EQ(test, acall_word_result(snap.word),
			ACALL_RESULT_COMMITTED);
	/* Undeclared: a warning, but the effect is no less real. */
	acall_kunit_expect_warnings();
	run(test, 1, KT_INLINE, commit_twice, &snap);
	KUNIT_EXPECT_EQ(test, acall_kunit_warnings(), 1);
	KUNIT_EXPECT_EQ(test, acall_word_result(snap.word),
			ACALL_RESULT_COMMITTED);
	/* Once committed, for all times; if not, too late when it is told. */
	KUNIT_EXPECT_EQ(test, acall_commit(kt->calls[0].call), 0);
	run(test, 2, KT_RUN, NULL, &snap);
	KUNIT_EXPECT_EQ(test, acall_word_result(snap.word), 0);
	KUNIT_EXPECT_EQ(test, acall_commit(kt->calls[2].call), -ECANCELED);
}

static const ssize_t stops[] = {
	0, 1, 4096, -EINTR, -ECANCELED, -ERESTARTSYS, -ERESTARTNOINTR,
	-ERESTARTNOHAND, -ERESTART_RESTARTBLOCK, -EIO, -ENOSPC,
};

static void P7_acall_stopped(struct kunit *test)
{
	static const int free[] = {
		0, 0, 0, -EINTR, -ECANCELED, -EINTR, -EINTR,
		-EINTR, -EINTR, -EIO, -ENOSPC,
	};
	struct kt *kt = test->priv;
	struct acall_call *call;
	u32 i;

	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_HOOK), 0);
	call = kt->calls[0].call;
	for (i = 0; i < ARRAY_SIZE(stops); i++)
		KUNIT_EXPECT_EQ_MSG(test, acall_stopped(call, stops[i]),
				    free[i], "%zd", stops[i]);
	acall_call_cancel_by(call, ACALL_REASON_CLIENT);
	KUNIT_EXPECT_TRUE(test, acall_cancelled(call));
	for (i = 0; i < ARRAY_SIZE(stops); i++) {
		bool error = stops[i] == -EIO || stops[i] == -ENOSPC;

		KUNIT_EXPECT_EQ_MSG(test, acall_stopped(call, stops[i]),
				    error ? stops[i] : -ECANCELED, "%zd",
				    stops[i]);
	}
	KUNIT_EXPECT_EQ(test, acall_checkpoint(call), -ECANCELED);
	KUNIT_EXPECT_EQ(test, acall_commit(call), -ECANCELED);
	kt_complete(kt, 0, -ECANCELED);
	KUNIT_EXPECT_TRUE(test, kt_finish(kt, 0));
}

static void cancellable_waits(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_call *call;
	u64 began;

	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_HOOK), 0);
	call = kt->calls[0].call;
	began = ktime_get_ns();
	KUNIT_EXPECT_EQ(test, acall_sleep(call, 2 * NSEC_PER_MSEC), 0);
	KUNIT_EXPECT_GE(test, ktime_get_ns(), began + 2 * NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, acall_sleep(call, 0), 0);
	KUNIT_EXPECT_EQ(test, acall_wait_event_timeout(call, kt->wait, false,
						       1), -ETIME);
	KUNIT_EXPECT_EQ(test, acall_wait_event(call, kt->wait, true), 0);
	KUNIT_EXPECT_EQ(test, acall_checkpoint(call), 0);
	/* For ever, if nobody asked; saturated, not wrapped. */
	acall_call_cancel_by(call, ACALL_REASON_CLIENT);
	KUNIT_EXPECT_EQ(test, acall_sleep(call, U64_MAX), -ECANCELED);
	KUNIT_EXPECT_EQ(test, acall_wait_event(call, kt->wait, false),
			-ECANCELED);
	/* What has come is not refused because of a cancel. */
	KUNIT_EXPECT_EQ(test, acall_wait_event(call, kt->wait, true), 0);
	kt_complete(kt, 0, -ECANCELED);
	KUNIT_EXPECT_TRUE(test, kt_finish(kt, 0));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(output_is_allocated_up_to_out_max),
	KUNIT_CASE(a_second_output_warns_once),
	KUNIT_CASE(too_much_output_is_cut_and_warns_once),
	KUNIT_CASE(F4_output_of_a_failure_is_dropped),
	KUNIT_CASE(a_method_knows_its_number_and_version),
	KUNIT_CASE(what_must_not_sleep_warns_if_it_does),
	KUNIT_CASE(progress_that_goes_back_warns_once),
	KUNIT_CASE(files_that_are_not_there),
	KUNIT_CASE(a_forgotten_killable_end_is_made_up_for),
	KUNIT_CASE(killable_without_the_capability_warns),
	KUNIT_CASE(P7_what_run_returns),
	KUNIT_CASE(P7_counts_and_nonsense_warn_once),
	KUNIT_CASE(completing_what_runs_warns_and_is_ignored),
	KUNIT_CASE(P3_the_first_completion_counts),
	KUNIT_CASE(P1_start_may_complete),
	KUNIT_CASE(P3_completes_in_hard_interrupt),
	KUNIT_CASE(P5_commit),
	KUNIT_CASE(P7_acall_stopped),
	KUNIT_CASE(cancellable_waits),
	{}
};

struct kunit_suite acall_kunit_provider = {
	.name = "acall_provider",
	.init = provider_init,
	.exit = kt_exit,
	.test_cases = cases,
};
