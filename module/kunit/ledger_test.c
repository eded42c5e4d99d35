// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger (W6): counts, and for whom WAIT with SETTLED waits. The calls are
 * bare structures with what the ledger looks at.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/slab.h>

#include "call.h"
#include "kunit.h"
#include "ledger.h"

#define NR	4

struct waiter {
	struct acall_ledger *ledger;
	struct acall_call *call;
	int ret;
	struct completion done;
};

struct fixture {
	struct acall_ledger *ledger;
	struct acall_ledger *other;
	struct acall_call *calls;
	struct waiter waiter;
};

static int ledger_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	u32 i;

	if (!f)
		return -ENOMEM;
	f->ledger = acall_ledger_create();
	f->other = acall_ledger_create();
	f->calls = kunit_kcalloc(test, NR, sizeof(*f->calls), GFP_KERNEL);
	if (!f->ledger || !f->other || !f->calls)
		return -ENOMEM;
	for (i = 0; i < NR; i++) {
		refcount_set(&f->calls[i].ref, 1);
		INIT_LIST_HEAD(&f->calls[i].live);
		f->calls[i].word = ACALL_PHASE_RUNNING;
		f->calls[i].ledger = f->ledger;
	}
	init_completion(&f->waiter.done);
	test->priv = f;
	return 0;
}

static void end(struct fixture *f, u32 i)
{
	bool orphan = acall_word_phase(f->calls[i].word) ==
		      ACALL_PHASE_ABANDONED;

	/* In this order, as acall_call_step(). */
	f->calls[i].word |= ACALL_WORD_ENDED;
	acall_ledger_end(f->ledger, &f->calls[i], orphan);
}

static void ledger_exit(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i;

	if (!f)
		return;
	for (i = 0; i < NR; i++) {
		if (!list_empty(&f->calls[i].live))
			end(f, i);
	}
	if (f->waiter.ledger)
		wait_for_completion(&f->waiter.done);
	acall_ledger_put(f->ledger);
	acall_ledger_put(f->other);
}

static int settled(struct acall_ledger *ledger, struct acall_call *call,
		   u64 until)
{
	if (call)
		return acall_ledger_wait(ledger, call, until);
	return acall_ledger_wait_before(ledger, acall_ledger_begun(ledger),
					until);
}

static int wait_thread(void *data)
{
	struct waiter *waiter = data;

	waiter->ret = settled(waiter->ledger, waiter->call, U64_MAX);
	/* Nothing of the fixture after this. */
	kthread_complete_and_exit(&waiter->done, 0);
}

/* Returns when somebody sleeps until @call has settled; NULL = all. */
static void start_waiter(struct kunit *test, struct acall_call *call)
{
	struct fixture *f = test->priv;
	struct task_struct *task;

	f->waiter.call = call;
	f->waiter.ret = 1;
	task = kthread_create(wait_thread, &f->waiter, "acall_kunit");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	f->waiter.ledger = f->ledger;
	wake_up_process(task);
	/* Only a look: whom it misses it finds the next time. */
	KT_POLL(test, waitqueue_active(&f->ledger->wait));
}

/* It has its id before another BEGIN on its object turns out to be faster (B8). */
static void a_begin_that_was_undone_is_waited_for_no_more(struct kunit *test)
{
	struct fixture *f = test->priv;

	acall_ledger_begin(f->ledger, &f->calls[0]);
	KUNIT_EXPECT_EQ(test, settled(f->ledger, &f->calls[0], 0), -ETIMEDOUT);
	acall_ledger_end(f->ledger, &f->calls[0], false);
	KUNIT_EXPECT_EQ(test, settled(f->ledger, &f->calls[0], 0), 0);
}

static void counts(struct kunit *test)
{
	struct fixture *f = test->priv;

	acall_ledger_begin(f->ledger, &f->calls[0]);
	acall_ledger_begin(f->ledger, &f->calls[1]);
	KUNIT_EXPECT_EQ(test, f->ledger->executions, 2);
	KUNIT_EXPECT_EQ(test, f->ledger->orphans, 0);
	f->calls[0].word = ACALL_PHASE_ABANDONED;
	acall_ledger_orphan(f->ledger);
	KUNIT_EXPECT_EQ(test, f->ledger->executions, 2);
	KUNIT_EXPECT_EQ(test, f->ledger->orphans, 1);
	end(f, 0);
	KUNIT_EXPECT_EQ(test, f->ledger->executions, 1);
	KUNIT_EXPECT_EQ(test, f->ledger->orphans, 0);
	end(f, 1);
	KUNIT_EXPECT_EQ(test, f->ledger->executions, 0);
	KUNIT_EXPECT_EQ(test, f->ledger->begun, 2);
}

static void W6_none_left_is_0(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, settled(f->ledger, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, settled(f->ledger, NULL, kt_guard()), 0);
	/* One's own only. */
	acall_ledger_begin(f->ledger, &f->calls[0]);
	KUNIT_EXPECT_EQ(test, settled(f->other, NULL, kt_guard()), 0);
}

static void W6_a_look_does_not_sleep(struct kunit *test)
{
	struct fixture *f = test->priv;

	acall_ledger_begin(f->ledger, &f->calls[0]);
	KUNIT_EXPECT_EQ(test, settled(f->ledger, NULL, 0), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, settled(f->ledger, &f->calls[0], 0), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, settled(f->ledger, &f->calls[0], ktime_get_ns()),
			-ETIMEDOUT);
}

static void W6_times_out_never_early(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 until = ktime_get_ns() + 2 * NSEC_PER_MSEC;

	acall_ledger_begin(f->ledger, &f->calls[0]);
	KUNIT_EXPECT_EQ(test, settled(f->ledger, NULL, until),
			-ETIMEDOUT);
	KUNIT_EXPECT_GE(test, ktime_get_ns(), until);
	until += 2 * NSEC_PER_MSEC;
	KUNIT_EXPECT_EQ(test, settled(f->ledger, &f->calls[0], until),
			-ETIMEDOUT);
	KUNIT_EXPECT_GE(test, ktime_get_ns(), until);
}

static void W6_an_id_is_that_execution_only(struct kunit *test)
{
	struct fixture *f = test->priv;

	acall_ledger_begin(f->ledger, &f->calls[0]);
	acall_ledger_begin(f->ledger, &f->calls[1]);
	acall_ledger_begin(f->ledger, &f->calls[2]);
	end(f, 1);
	KUNIT_EXPECT_EQ(test, settled(f->ledger, &f->calls[0], 0), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, settled(f->ledger, &f->calls[1], 0), 0);
	KUNIT_EXPECT_EQ(test, settled(f->ledger, &f->calls[2], 0), -ETIMEDOUT);
	end(f, 2);
	KUNIT_EXPECT_EQ(test, settled(f->ledger, NULL, 0), -ETIMEDOUT);
	end(f, 0);
	KUNIT_EXPECT_EQ(test, settled(f->ledger, NULL, 0), 0);
}

static void W6_later_begins_do_not_prolong(struct kunit *test)
{
	struct fixture *f = test->priv;

	acall_ledger_begin(f->ledger, &f->calls[0]);
	acall_ledger_begin(f->ledger, &f->calls[1]);
	start_waiter(test, NULL);
	acall_ledger_begin(f->ledger, &f->calls[2]);
	end(f, 1);
	/* Only a look: whom it misses it finds the next time. */
	KT_POLL(test, waitqueue_active(&f->ledger->wait));
	KUNIT_EXPECT_FALSE(test, completion_done(&f->waiter.done));
	end(f, 0);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&f->waiter.done,
							  KT_FOREVER), 0);
	f->waiter.ledger = NULL;
	KUNIT_EXPECT_EQ(test, f->waiter.ret, 0);
	KUNIT_EXPECT_EQ(test, f->ledger->executions, 1);
}

static void W6_a_sleeper_is_woken_by_its_own(struct kunit *test)
{
	struct fixture *f = test->priv;

	acall_ledger_begin(f->ledger, &f->calls[0]);
	acall_ledger_begin(f->ledger, &f->calls[1]);
	start_waiter(test, &f->calls[1]);
	end(f, 1);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&f->waiter.done,
							  KT_FOREVER), 0);
	f->waiter.ledger = NULL;
	KUNIT_EXPECT_EQ(test, f->waiter.ret, 0);
	KUNIT_EXPECT_EQ(test, f->ledger->executions, 1);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_begin_that_was_undone_is_waited_for_no_more),
	KUNIT_CASE(counts),
	KUNIT_CASE(W6_none_left_is_0),
	KUNIT_CASE(W6_a_look_does_not_sleep),
	KUNIT_CASE(W6_times_out_never_early),
	KUNIT_CASE(W6_an_id_is_that_execution_only),
	KUNIT_CASE(W6_later_begins_do_not_prolong),
	KUNIT_CASE(W6_a_sleeper_is_woken_by_its_own),
	{}
};

struct kunit_suite acall_kunit_ledger = {
	.name = "acall_ledger",
	.init = ledger_init,
	.exit = ledger_exit,
	.test_cases = cases,
};
