// SPDX-License-Identifier: GPL-2.0-only
/*
 * A timer that is left alone: BEGIN does not wait for it [B1], it never fires
 * early, whatever its time [P1], and completes from an interrupt [P3]; bad
 * input [B3] and what the listing says of it [Q1].
 *
 * The race is between a time that is near and the BEGIN that names it: it may
 * be past before .start looks at it. So times are taken from nothing on, and
 * what a test says about order it says of timers that were all parked before
 * the first was due; if they were not, it tries again with more time.
 */
#include "timer_util.h"

#define CAPS	(ACALL_CAP_CANCEL | ACALL_CAP_CUSTOM | ACALL_CAP_MAY_REFUSE)

static const __u64 delays[] = {
	0, 1, 100, 1 * USEC, 10 * USEC, 30 * USEC, 100 * USEC, 300 * USEC,
	1 * MSEC, 3 * MSEC, 10 * MSEC,
};

TEST_F(timer, P1_a_relative_time_is_a_lower_bound)
{
	struct acall_timer_fired fired;
	struct acall_finish f;
	unsigned int round, i;
	__u64 before, after;

	NEEDS_TIMER();
	for (round = 0; round < 20; round++) {
		for (i = 0; i < ARRAY_SIZE(delays); i++) {
			before = now_ns();
			ASSERT_EQ(0, ts_begin(self->fd, 0, delays[i]));
			ASSERT_EQ(0, ts_finish(self->fd, &fired, &f));
			after = now_ns();
			EXPECT_TRUE(ts_fired(&f, &fired, 0));
			EXPECT_GE(f.end_ns, f.begin_ns + delays[i]);
			/* Counted from BEGIN on, and it says how late it is. */
			EXPECT_GE(fired.fired_ns - fired.late_ns,
				  before + delays[i]);
			EXPECT_LE(fired.fired_ns, after);
		}
	}
}

TEST_F(timer, P1_an_absolute_time_is_never_early)
{
	struct acall_timer_fired fired;
	struct acall_finish f;
	unsigned int round, i;
	__u64 due;

	NEEDS_TIMER();
	for (round = 0; round < 20; round++) {
		for (i = 0; i < ARRAY_SIZE(delays); i++) {
			due = now_ns() + delays[i];
			ASSERT_EQ(0, ts_begin(self->fd, ACALL_TIMER_ABS, due));
			ASSERT_EQ(0, ts_finish(self->fd, &fired, &f));
			EXPECT_TRUE(ts_fired(&f, &fired, due));
			EXPECT_LE(due, now_ns());
		}
	}
}

TEST_F(timer, P1_a_time_that_is_past_fires_before_BEGIN_returns)
{
	const struct {
		__u32 flags;
		__u64 ns;
	} past[] = {
		{ 0, 0 }, { ACALL_TIMER_ABS, 0 }, { ACALL_TIMER_ABS, 1 },
		{ ACALL_TIMER_ABS, now_ns() / 2 },
		{ ACALL_TIMER_ABS, now_ns() },
	};
	struct acall_timer_fired fired;
	struct acall_finish f;
	unsigned int i;

	NEEDS_TIMER();
	for (i = 0; i < ARRAY_SIZE(past); i++) {
		ASSERT_EQ(0, ts_begin(self->fd, past[i].flags, past[i].ns));
		/* .start has completed it. */
		EXPECT_EQ(ACALL_STATE_DONE, state_of(self->fd));
		ASSERT_EQ(0, ts_finish(self->fd, &fired, &f));
		EXPECT_TRUE(ts_fired(&f, &fired, 0));
		if (past[i].flags)
			EXPECT_EQ(past[i].ns, fired.fired_ns - fired.late_ns);
	}
	/* A shorter input is zero-extended (B3): no time at all. */
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TIMER_SLEEP, NULL, 0, NULL));
	ASSERT_EQ(0, ts_finish(self->fd, &fired, &f));
	EXPECT_TRUE(ts_fired(&f, &fired, 0));
}

TEST_F(timer, B1_BEGIN_does_not_wait_for_the_time)
{
	struct acall_query q;

	NEEDS_TIMER();
	ASSERT_EQ(0, ts_park(self->fd));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
	EXPECT_LE(q.begin_ns, q.start_ns);
	EXPECT_EQ(0, readiness(self->fd));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_until(self->fd, 0, 0));
	EXPECT_EQ(-EBUSY, ts_begin(self->fd, 0, 0));
}

TEST_F(timer, B1_a_time_too_far_away_to_be_told_does_not_come)
{
	const struct {
		__u32 flags;
		__u64 ns;
	} far[] = {
		{ 0, UINT64_MAX }, { 0, INT64_MAX }, { 0, INT64_MAX + 1ULL },
		{ 0, INT64_MAX - 1 }, { 0, INT64_MAX - now_ns() },
		{ ACALL_TIMER_ABS, UINT64_MAX }, { ACALL_TIMER_ABS, INT64_MAX },
		{ ACALL_TIMER_ABS, INT64_MAX + 1ULL },
		{ ACALL_TIMER_ABS, UINT64_MAX - 1 },
	};
	struct acall_timer_fired fired;
	struct acall_finish f;
	unsigned int i;
	int fd;

	NEEDS_TIMER();
	for (i = 0; i < ARRAY_SIZE(far); i++) {
		fd = ts_object();
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, ts_begin(fd, far[i].flags, far[i].ns));
		/* The alarm goes off for another meanwhile. */
		ASSERT_EQ(0, ts_begin(self->fd, 0, MSEC));
		ASSERT_EQ(0, ts_finish(self->fd, &fired, &f));
		EXPECT_EQ(ACALL_STATE_RUNNING, state_of(fd)) {
			TH_LOG("time %u", i);
		}
	}
}

#define ORDERED		400

/* Begins at @fd[] timers 20 us apart, the first at @first, in no order. */
static int begin_shuffled(const int *fd, __u64 first)
{
	int order[ORDERED], ret, i, n, swap;

	for (i = 0; i < ORDERED; i++)
		order[i] = i;
	for (i = ORDERED - 1; i > 0; i--) {
		n = rand() % (i + 1);
		swap = order[i];
		order[i] = order[n];
		order[n] = swap;
	}
	for (i = 0; i < ORDERED; i++) {
		ret = ts_begin(fd[order[i]], ACALL_TIMER_ABS,
			       first + order[i] * 20 * USEC);
		if (ret)
			return ret;
	}
	return 0;
}

TEST_F(timer, P3_interrupts_complete_them_in_the_order_of_their_times)
{
	__u64 since = now_ns(), ahead = 20 * MSEC, first, ended = 0, at = 0;
	struct acall_timer_fired fired;
	struct acall_finish f;
	int fd[ORDERED], i;
	bool parked;

	NEEDS_TIMER();
	for (i = 0; i < ORDERED; i++) {
		fd[i] = ts_object();
		ASSERT_LE(0, fd[i]);
	}
	do {
		ASSERT_FALSE(guard_expired(since));
		first = now_ns() + ahead;
		ASSERT_EQ(0, begin_shuffled(fd, first));
		parked = now_ns() < first;
		ended = 0;
		at = 0;
		for (i = 0; i < ORDERED; i++) {
			ASSERT_EQ(0, ts_finish(fd[i], &fired, &f));
			EXPECT_TRUE(ts_fired(&f, &fired,
					     first + i * 20 * USEC));
			if (!parked)
				continue;
			EXPECT_LE(ended, f.end_ns);
			EXPECT_LE(at, fired.fired_ns);
			ended = f.end_ns;
			at = fired.fired_ns;
		}
		ahead *= 2;
	} while (!parked);
}

TEST_F(timer, P3_an_earlier_one_overtakes_the_one_that_the_alarm_is_set_for)
{
	struct acall_timer_fired fired;
	struct acall_finish f;
	int fd[8], i;

	NEEDS_TIMER();
	/* Each is before all that are parked: the alarm is set anew. */
	for (i = 0; i < 8; i++) {
		fd[i] = ts_object();
		ASSERT_LE(0, fd[i]);
		ASSERT_EQ(0, ts_begin(fd[i], 0, (1000 - i) * SEC));
	}
	ASSERT_EQ(0, ts_begin(self->fd, 0, MSEC));
	ASSERT_EQ(0, ts_finish(self->fd, &fired, &f));
	EXPECT_TRUE(ts_fired(&f, &fired, 0));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(ACALL_STATE_RUNNING, state_of(fd[i]));
}

TEST_F(timer, F6_an_object_is_used_again_and_again)
{
	struct acall_timer_fired fired;
	struct acall_finish f;
	int i;

	NEEDS_TIMER();
	for (i = 0; i < 2000; i++) {
		ASSERT_EQ(0, ts_begin(self->fd, 0, i % 3 * 20 * USEC));
		ASSERT_EQ(0, ts_finish(self->fd, &fired, &f));
		ASSERT_TRUE(ts_fired(&f, &fired, 0));
	}
}

TEST_F(timer, F3_an_output_buffer_that_is_too_small_consumes_nothing)
{
	struct acall_timer_fired fired;
	struct acall_finish f;

	NEEDS_TIMER();
	ASSERT_EQ(0, ts_begin(self->fd, 0, 0));
	EXPECT_EQ(-EMSGSIZE, sys_finish_out(self->fd, &fired,
					    sizeof(fired) - 1, &f));
	EXPECT_EQ(sizeof(fired), f.out_len);
	ASSERT_EQ(0, ts_finish(self->fd, &fired, &f));
	EXPECT_TRUE(ts_fired(&f, &fired, 0));
}

TEST_F(timer, B3_bad_input_leaves_the_object_idle)
{
	const struct acall_timer_sleep bad[] = {
		{ .flags = 2 }, { .flags = ACALL_TIMER_ABS | 2 },
		{ .flags = 1U << 31 }, { .__reserved = 1 },
		{ .flags = ACALL_TIMER_ABS, .__reserved = 1U << 31 },
	};
	struct {
		struct acall_timer_sleep in;
		__u64 more;
	} large = { .more = 0 };
	unsigned int i;

	NEEDS_TIMER();
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, sys_begin(self->fd, ACALL_TIMER_SLEEP,
					     &bad[i], sizeof(bad[i]), NULL)) {
			TH_LOG("input %u", i);
		}
	}
	EXPECT_EQ(-E2BIG, sys_begin(self->fd, ACALL_TIMER_SLEEP, &large,
				    sizeof(large), NULL));
	EXPECT_EQ(-EFAULT, sys_begin(self->fd, ACALL_TIMER_SLEEP, (void *)8,
				     sizeof(large.in), NULL));
	EXPECT_EQ(-EINVAL, sys_begin(self->fd, ACALL_TIMER_SLEEP + 1, NULL, 0,
				     NULL));
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
	EXPECT_EQ(POLLOUT, readiness(self->fd));
}

TEST_F(timer, Q1_what_it_is_able_to_do_is_visible_before_calling)
{
	struct acall_method_info m = {
		.size = sizeof(m), .interface = ACALL_TIMER_INTERFACE,
		.method = ACALL_TIMER_SLEEP,
	};
	struct acall_query q;

	NEEDS_TIMER();
	ASSERT_EQ(0, sys_ioctl(self->base.dev, ACALL_IOC_METHOD_INFO, &m));
	EXPECT_STREQ("sleep", m.name);
	EXPECT_EQ(CAPS, m.caps);
	EXPECT_EQ(ACALL_UNIT_NONE, m.unit);
	EXPECT_EQ(sizeof(struct acall_timer_sleep), m.in_max);
	EXPECT_EQ(sizeof(struct acall_timer_fired), m.out_max);
	EXPECT_EQ(0, m.files_max);
	EXPECT_EQ(0, m.files_out);
	ASSERT_EQ(0, ts_park(self->fd));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(CAPS, q.caps);
	EXPECT_EQ(m.grace_ns, q.grace_ns);
}

static int sleep_as_nobody(void *unused)
{
	struct acall_timer_fired fired;
	struct acall_finish f;
	int fd;

	(void)unused;
	CHECK(!become(UID_A));
	fd = ts_object();
	CHECK(fd >= 0);
	CHECK(!ts_begin(fd, 0, MSEC));
	CHECK(!ts_finish(fd, &fired, &f));
	CHECK(ts_fired(&f, &fired, 0));
	return 0;
}

TEST_F(timer, C6_it_is_for_everybody)
{
	NEEDS_TIMER();
	EXPECT_EQ(0, child_run(sleep_as_nobody, NULL));
}

/* In a time namespace with another clock. */
static int sleep_elsewhere(void *unused)
{
	struct acall_timer_fired fired;
	struct acall_finish f;
	int fd = ts_object();
	__u64 due;

	(void)unused;
	CHECK(fd >= 0);
	due = now_ns() + 5 * MSEC;
	CHECK(!ts_begin(fd, ACALL_TIMER_ABS, due));
	CHECK(!ts_finish(fd, &fired, &f));
	CHECK(ts_fired(&f, &fired, due));
	CHECK(fired.fired_ns <= now_ns());

	due = now_ns() + 5 * MSEC;
	CHECK(!ts_begin(fd, 0, 5 * MSEC));
	CHECK(!ts_finish(fd, &fired, &f));
	CHECK(ts_fired(&f, &fired, 0));
	CHECK(fired.fired_ns >= due && fired.fired_ns <= now_ns());

	/* Past by its own clock, and nothing that its clock can be told. */
	CHECK(!ts_begin(fd, ACALL_TIMER_ABS, 1));
	CHECK(!ts_finish(fd, &fired, &f));
	CHECK(ts_fired(&f, &fired, 1));
	CHECK(!ts_begin(fd, ACALL_TIMER_ABS, INT64_MAX));
	CHECK(state_of(fd) == ACALL_STATE_RUNNING);
	return 0;
}

/* Its children have another clock; skipped (77) where that can not be had. */
static int with_another_clock(void *arg)
{
	const char *offset = arg;
	char text[64];

	if (unshare(CLONE_NEWTIME))
		return 77;
	snprintf(text, sizeof(text), "monotonic %s 0\n", offset);
	if (write_file("/proc/self/timens_offsets", text))
		return 77;
	return child_run(sleep_elsewhere, NULL);
}

TEST_F(timer, B1_times_are_those_of_the_callers_time_namespace)
{
	static const char * const offsets[] = { "1000000", "-1", "0" };
	unsigned int i;
	int ret;

	NEEDS_TIMER();
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		ret = child_run(with_another_clock, (void *)offsets[i]);
		if (ret == 77)
			SKIP(return, "no time namespaces here");
		EXPECT_EQ(0, ret) {
			TH_LOG("offset %s s", offsets[i]);
		}
	}
}

#include "acall_main.h"
