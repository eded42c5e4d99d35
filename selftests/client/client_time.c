// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time namespaces: the caller's own clock counts, in what he asks for (until,
 * deadline) and in what he is told. A test enters a namespace whose monotonic
 * clock is days ahead, or behind as far as the machine has been up, and uses an
 * object that it got from outside.
 *
 * What has not happened yet is 0, and what never comes is U64_MAX, in every
 * namespace: neither is a time to be converted.
 */
#include "acall_more.h"

#define NO_NAMESPACES	77
#define SOON		(20 * MSEC)

struct inside {
	int dev;
	int ctl;
	int fd;
	__u64 id;
	long long offset;	/* seconds */
	__u64 outside;		/* a call that was begun outside */
	__u64 outside_deadline;
	int report;
	int (*fn)(struct inside *in);
};

static int run_inside(void *arg)
{
	struct inside *in = arg;

	return in->fn(in);
}

static int enter(void *arg)
{
	struct inside *in = arg;
	char offset[64];

	snprintf(offset, sizeof(offset), "monotonic %lld 0", in->offset);
	if (unshare(CLONE_NEWTIME) ||
	    write_file("/proc/self/timens_offsets", offset))
		return NO_NAMESPACES;
	/* It is the children who are in it. */
	return child_run(run_inside, in);
}

/* In a namespace that is ahead, and in one that is behind. */
static int in_both(struct inside *in, int (*fn)(struct inside *in))
{
	const long long offsets[] = {
		5 * 86400, -(long long)(now_ns() / SEC) + 1,
	};
	unsigned int i;
	int ret;

	in->fn = fn;
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		in->offset = offsets[i];
		in->id = fresh_id();
		ret = child_run(enter, in);
		if (ret)
			return ret;
	}
	return 0;
}

#define IN_BOTH(fn)							\
do {									\
	struct inside in = { .dev = self->dev, .ctl = self->ctl,	\
			     .fd = self->fd };				\
	int ret = in_both(&in, fn);					\
									\
	if (ret == NO_NAMESPACES)					\
		SKIP(return, "no time namespaces");			\
	EXPECT_EQ(0, ret);						\
} while (0)

static int wait_until(struct inside *in)
{
	__u64 before = now_ns(), until = before + 5 * MSEC;
	struct acall_finish f;

	CHECK(!one_call(in->fd, in->ctl, ACALL_TEST_GATE, in->id, NULL));
	CHECK(sys_wait_until(in->fd, 0, until) == -ETIMEDOUT);
	CHECK(now_ns() >= until);
	/* Past, in this clock. */
	CHECK(sys_wait_until(in->fd, 0, before) == -ETIMEDOUT);
	CHECK(sys_wait_settled(in->fd, 0, before) == -ETIMEDOUT);
	until = now_ns() + 5 * MSEC;
	CHECK(sys_wait_settled(in->fd, 0, until) == -ETIMEDOUT);
	CHECK(now_ns() >= until);
	CHECK(!open_gate(in->ctl, in->id));
	/* For ever is for ever. */
	CHECK(!sys_wait_until(in->fd, 0, FOREVER));
	CHECK(!sys_wait_until(in->fd, 0, FOREVER - 1));
	CHECK(!sys_wait_settled(in->fd, 0, FOREVER));
	CHECK(!sys_finish(in->fd, 0, &f));
	CHECK(f.begin_ns >= before && f.begin_ns <= f.start_ns);
	CHECK(f.start_ns <= f.end_ns && f.end_ns <= now_ns());
	CHECK(f.cancel_ns == 0);
	return 0;
}

TEST_F(acall, W1_until_is_of_the_callers_clock)
{
	IN_BOTH(wait_until);
}

struct sleeper {
	int fd;
	__u64 until;
};

static int sleep_in(void *arg)
{
	struct sleeper *s = arg;

	return sys_wait_until(s->fd, 0, s->until) == 0 ? 0 : 1;
}

static int wait_for_ever(struct inside *in)
{
	const __u64 untils[] = {
		FOREVER, FOREVER - 1, FOREVER - 6 * 86400 * SEC, 1ULL << 63,
		(1ULL << 63) - 1, now_ns() + 86400 * SEC,
	};
	struct sleeper s = { .fd = in->fd };
	pid_t pid[ARRAY_SIZE(untils)];
	struct acall_finish f;
	unsigned int i;

	/* No sum of a clock and its offset wraps. */
	CHECK(!one_call(in->fd, in->ctl, ACALL_TEST_GATE, in->id, NULL));
	for (i = 0; i < ARRAY_SIZE(untils); i++) {
		s.until = untils[i];
		pid[i] = child_start(sleep_in, &s);
		CHECK(!wait_blocked(pid[i], pid[i], __NR_ioctl,
				    ACALL_IOC_WAIT));
	}
	CHECK(!open_gate(in->ctl, in->id));
	for (i = 0; i < ARRAY_SIZE(untils); i++)
		CHECK(child_join(pid[i]) == 0);
	CHECK(!sys_finish(in->fd, 0, &f));
	return 0;
}

TEST_F(acall, W1_the_largest_times_do_not_wrap)
{
	IN_BOTH(wait_for_ever);
}

static int deadline_fires(struct inside *in)
{
	__u64 deadline = now_ns() + SOON;
	struct acall_finish f;

	CHECK(!sys_begin_deadline(in->fd, ACALL_TEST_COOP, in->id, deadline,
				  0));
	CHECK(!sys_wait_until(in->fd, 0, hopeless()));
	CHECK(now_ns() >= deadline);
	CHECK(!sys_finish(in->fd, 0, &f));
	CHECK(f.status == -ETIME);
	CHECK(f.cancel_ns >= deadline && f.end_ns >= f.cancel_ns);
	CHECK(f.begin_ns <= f.cancel_ns && f.end_ns <= now_ns());
	return 0;
}

TEST_F(acall, B5_a_deadline_is_of_the_callers_clock)
{
	IN_BOTH(deadline_fires);
}

static int deadline_is_not_past(struct inside *in)
{
	struct acall_finish f;
	struct acall_query q;
	__u64 id = in->id;

	CHECK(!sys_begin_deadline(in->fd, ACALL_TEST_COOP, id,
				  now_ns() + 3600 * SEC, 0));
	CHECK(!wait_starts(in->ctl, id, 1));
	CHECK(!pass_time(in->fd, now_ns() + 5 * MSEC));
	CHECK(!sys_query(in->fd, 0, &q));
	CHECK(q.state == ACALL_STATE_RUNNING && !q.cancel_ns);
	CHECK(!open_gate(in->ctl, id));
	CHECK(!sys_finish(in->fd, 0, &f));
	CHECK(f.outcome == ACALL_OUTCOME_COMPLETED);

	/* But these are. */
	CHECK(!sys_begin_deadline(in->fd, ACALL_TEST_COOP, id, now_ns() - 1,
				  0));
	CHECK(readiness(in->fd) == POLLIN);
	CHECK(!sys_finish(in->fd, 0, &f));
	CHECK(f.outcome == ACALL_OUTCOME_NEVER_STARTED && f.start_ns == 0);
	CHECK(f.begin_ns <= f.cancel_ns && f.cancel_ns <= now_ns());
	CHECK(!sys_begin_deadline(in->fd, ACALL_TEST_COOP, id, 0, 0));
	CHECK(readiness(in->fd) == POLLIN);
	CHECK(!sys_finish(in->fd, 0, &f));
	return 0;
}

TEST_F(acall, B5_past_or_not_by_the_callers_clock)
{
	IN_BOTH(deadline_is_not_past);
}

static int told_times(struct inside *in)
{
	__u64 before = now_ns(), deadline = before + 3600 * SEC, call_id;
	struct acall_list_record r;
	struct acall_call_args c;
	struct acall_cancel x;
	struct acall_query q;
	struct acall_finish f;

	CHECK(!sys_begin_flags(in->fd, ACALL_BEGIN_DEADLINE, ACALL_TEST_COOP,
			       in->id, deadline, 0, &call_id));
	CHECK(!wait_starts(in->ctl, in->id, 1));
	CHECK(!sys_query(in->fd, 0, &q));
	CHECK(q.begin_ns >= before && q.start_ns >= q.begin_ns);
	CHECK(q.start_ns <= now_ns());
	CHECK(q.cancel_ns == 0 && q.end_ns == 0);
	CHECK(!list_find(in->dev, call_id, &r));
	CHECK(r.begin_ns == q.begin_ns && r.start_ns == q.start_ns);
	CHECK(r.cancel_ns == 0 && r.end_ns == 0);
	CHECK(r.deadline == deadline);
	before = now_ns();
	CHECK(!sys_cancel(in->fd, 0, 0, FOREVER, &x));
	CHECK(!sys_query(in->fd, 0, &q));
	CHECK(q.cancel_ns >= before && q.end_ns >= q.cancel_ns);
	CHECK(q.look_ns >= q.begin_ns && q.look_ns <= now_ns());
	CHECK(!list_find(in->dev, call_id, &r));
	CHECK(r.cancel_ns == q.cancel_ns && r.end_ns == q.end_ns);
	CHECK(r.look_ns == q.look_ns);
	CHECK(!sys_finish(in->fd, 0, &f));
	CHECK(f.cancel_ns == q.cancel_ns && f.end_ns == q.end_ns);
	CHECK(f.begin_ns == q.begin_ns && f.start_ns == q.start_ns);

	before = now_ns();
	CHECK(!sys_call(in->fd, ACALL_TEST_NOP, NULL, 0, &c));
	CHECK(c.begin_ns >= before && c.start_ns >= c.begin_ns);
	CHECK(c.end_ns >= c.start_ns && c.end_ns <= now_ns());
	CHECK(c.cancel_ns == 0);

	/* None is none. */
	CHECK(!sys_begin(in->fd, ACALL_TEST_NOP, NULL, 0, &call_id));
	CHECK(!list_find(in->dev, call_id, &r));
	CHECK(r.deadline == FOREVER);
	CHECK(!sys_finish(in->fd, 0, &f));
	return 0;
}

TEST_F(acall, F2_all_times_are_of_the_readers_clock)
{
	IN_BOTH(told_times);
}

static int call_deadline(struct inside *in)
{
	struct acall_test_arg arg = { .id = in->id };
	struct acall_call_args c = {
		.flags = ACALL_BEGIN_DEADLINE, .method = ACALL_TEST_COOP,
		.in = PTR(&arg), .in_len = sizeof(arg),
		.deadline = now_ns() + SOON,
	};

	CHECK(!sys_call_struct(in->fd, &c));
	CHECK(c.status == -ETIME);
	CHECK(c.cancel_ns >= c.deadline && c.end_ns <= now_ns());
	return 0;
}

TEST_F(acall, S1_the_deadline_of_a_CALL_is_of_the_callers_clock)
{
	IN_BOTH(call_deadline);
}

/* One call, two clocks: each reader gets its times in his own. */
static int look_from_inside(struct inside *in)
{
	struct acall_list_record r;
	struct acall_query q;
	__u64 shift = in->offset * SEC;		/* wraps as it should */

	CHECK(!sys_query(in->fd, in->outside, &q));
	CHECK(!list_find(in->dev, in->outside, &r));
	CHECK(r.begin_ns == q.begin_ns);
	CHECK(r.deadline == in->outside_deadline + shift);
	CHECK(write(in->report, &q, sizeof(q)) == sizeof(q));
	return 0;
}

TEST_F(acall, F2_the_same_call_in_two_clocks)
{
	const __u64 deadline = now_ns() + 30 * 86400 * SEC;
	struct inside in = { .dev = self->dev, .ctl = self->ctl,
			     .fd = self->fd, .outside_deadline = deadline };
	struct acall_query q, theirs;
	int p[2], ret;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	in.report = p[1];
	ASSERT_EQ(0, sys_begin_flags(self->fd, ACALL_BEGIN_DEADLINE,
				     ACALL_TEST_GATE, self->id, deadline, 0,
				     &in.outside));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	in.fn = look_from_inside;
	in.offset = 5 * 86400;
	ret = child_run(enter, &in);
	if (ret == NO_NAMESPACES)
		SKIP(return, "no time namespaces");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(sizeof(theirs), read(p[0], &theirs, sizeof(theirs)));
	EXPECT_EQ(q.begin_ns + in.offset * SEC, theirs.begin_ns);
	EXPECT_EQ(q.start_ns + in.offset * SEC, theirs.start_ns);
	EXPECT_EQ(0, theirs.end_ns);
	EXPECT_EQ(0, theirs.cancel_ns);
}

#include "acall_main.h"
