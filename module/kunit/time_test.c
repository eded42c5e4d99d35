// SPDX-License-Identifier: GPL-2.0-only
/*
 * Points in time between a caller's time namespace and the kernel's clock, at
 * the ends of their range: nothing wraps, for ever stays for ever, not yet stays
 * not yet. The source is compiled a second time here, with namespaces also on a
 * kernel without: the test is in one of its own making.
 */
#include <kunit/test.h>
#include <linux/nsproxy.h>
#include <linux/sched/task.h>
#include <linux/time_namespace.h>
#include <linux/uaccess.h>

#include "kunit.h"

#ifndef CONFIG_TIME_NS
#define CONFIG_TIME_NS 1
#endif
#include "../dev/args.c"

struct clock {
	struct nsproxy *was;
	struct nsproxy mine;
	struct time_namespace ns;
};

static void enter_nsproxy(struct nsproxy *nsproxy)
{
	task_lock(current);
	current->nsproxy = nsproxy;
	task_unlock(current);
}

/* Nothing between this and put_back() may end the test early. */
static void offset(struct clock *clock, s64 ns)
{
	clock->was = current->nsproxy;
	clock->mine = *clock->was;
	clock->mine.time_ns = &clock->ns;
	clock->ns.offsets.monotonic = ns_to_timespec64(ns);
	enter_nsproxy(&clock->mine);
}

static u64 from_user(struct kunit *test, s64 ns_offset, u64 ns)
{
	struct clock *clock = kunit_kzalloc(test, sizeof(*clock), GFP_KERNEL);
	u64 ret;

	KUNIT_ASSERT_NOT_NULL(test, clock);
	offset(clock, ns_offset);
	ret = acall_time_from_user(ns);
	enter_nsproxy(clock->was);
	return ret;
}

static u64 to_user(struct kunit *test, s64 ns_offset, u64 ns)
{
	struct clock *clock = kunit_kzalloc(test, sizeof(*clock), GFP_KERNEL);
	u64 ret;

	KUNIT_ASSERT_NOT_NULL(test, clock);
	offset(clock, ns_offset);
	ret = acall_time_to_user(ns);
	enter_nsproxy(clock->was);
	return ret;
}

#define HOUR	(3600 * (s64)NSEC_PER_SEC)

static const s64 offsets[] = {
	0, 1, -1, NSEC_PER_SEC, -(s64)NSEC_PER_SEC, HOUR, -HOUR,
	/* As far as a namespace's clock can be set. */
	KTIME_MAX / 2, -(KTIME_MAX / 2),
};

static void for_ever_stays_for_ever(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		KUNIT_EXPECT_EQ(test, from_user(test, offsets[i], U64_MAX),
				U64_MAX);
		KUNIT_EXPECT_EQ(test, from_user(test, offsets[i], KTIME_MAX),
				U64_MAX);
		KUNIT_EXPECT_EQ(test, from_user(test, offsets[i],
						1ULL << 63), U64_MAX);
		KUNIT_EXPECT_EQ(test, to_user(test, offsets[i], U64_MAX),
				U64_MAX);
	}
	/* Just before it: not earlier than it is, nor wrapped to the past. */
	KUNIT_EXPECT_EQ(test, from_user(test, 0, KTIME_MAX - 1),
			KTIME_MAX - 1);
	KUNIT_EXPECT_EQ(test, from_user(test, HOUR, KTIME_MAX - 1),
			KTIME_MAX - 1 - HOUR);
	KUNIT_EXPECT_EQ(test, from_user(test, -HOUR, KTIME_MAX - 1), U64_MAX);
}

static void before_the_clock_began_is_the_past(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, from_user(test, HOUR, 0), 0);
	KUNIT_EXPECT_EQ(test, from_user(test, HOUR, HOUR - 1), 0);
	KUNIT_EXPECT_EQ(test, from_user(test, HOUR, HOUR), 0);
	KUNIT_EXPECT_EQ(test, from_user(test, HOUR, HOUR + 1), 1);
	KUNIT_EXPECT_EQ(test, from_user(test, -HOUR, 0), HOUR);
	KUNIT_EXPECT_EQ(test, from_user(test, -HOUR, 1), HOUR + 1);
}

static void not_yet_stays_not_yet(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		KUNIT_EXPECT_EQ(test, to_user(test, offsets[i], 0), 0);
	/* And what has happened never looks as if it had not. */
	KUNIT_EXPECT_EQ(test, to_user(test, -HOUR, 1), 1);
	KUNIT_EXPECT_EQ(test, to_user(test, -HOUR, HOUR), 1);
	KUNIT_EXPECT_EQ(test, to_user(test, -HOUR, HOUR + 2), 2);
	KUNIT_EXPECT_EQ(test, to_user(test, HOUR, 1), HOUR + 1);
	KUNIT_EXPECT_EQ(test, to_user(test, HOUR, KTIME_MAX - 1), KTIME_MAX);
}

static void there_and_back(struct kunit *test)
{
	u64 now = ktime_get_ns() + 2 * HOUR;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(offsets) - 1; i++)
		KUNIT_EXPECT_EQ(test, now,
				from_user(test, offsets[i],
					  to_user(test, offsets[i], now)));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(for_ever_stays_for_ever),
	KUNIT_CASE(before_the_clock_began_is_the_past),
	KUNIT_CASE(not_yet_stays_not_yet),
	KUNIT_CASE(there_and_back),
	{}
};

struct kunit_suite acall_kunit_time = {
	.name = "acall_time",
	.test_cases = cases,
};
