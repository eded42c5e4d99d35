// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sample provider, built outside of the tree against the installed headers,
 * does what it shows: a .run that is stopped exactly [P7] and a custom method
 * that its cancel ends at once [P1, P2]; its module goes when its calls have
 * ended [P8].
 *
 * The race is nap's: its end and the cancel come together, and exactly one of
 * them completes it [P3]. Were both to do so, the kernel's log would have it.
 */
#include "acall_util.h"

#include "timer/module_util.h"

#define MODULE		"acall_sample"
#define INTERFACE	"sample"
#define STEPS		0
#define NAP		1
#define CHUNK		65536
#define ROUNDS		3000

FIXTURE(sample)
{
	FIXTURE_DATA(acall) base;
	int fd;			/* an object of "sample" */
	bool was;		/* its module was there */
};

FIXTURE_SETUP(sample)
{
	self->was = module_loaded(MODULE);
	acall_setup(_metadata, &self->base, NULL);
	self->fd = sys_object(INTERFACE);
}

FIXTURE_TEARDOWN(sample)
{
	acall_teardown(_metadata, &self->base, NULL);
	if (self->was && !module_loaded(MODULE))
		EXPECT_EQ(0, module_load(MODULE));
}

/* The first line of every test. */
#define NEEDS_SAMPLE()							\
do {									\
	if (self->fd == -ENOENT)					\
		SKIP(return, "no interface " INTERFACE);		\
	ASSERT_LE(0, self->fd);						\
} while (0)

static int begin_steps(int fd, __u64 n)
{
	return sys_begin(fd, STEPS, &n, sizeof(n), NULL);
}

static int begin_nap(int fd, __u32 ms)
{
	return sys_begin(fd, NAP, &ms, sizeof(ms), NULL);
}

static int settle(int fd)
{
	struct acall_wait w = {
		.size = sizeof(w), .flags = ACALL_WAIT_SETTLED,
		.until = FOREVER,
	};

	return sys_ioctl(fd, ACALL_IOC_WAIT, &w);
}

/* Until steps has done some. */
static int wait_steps(int fd, __u64 *progress)
{
	__u64 since = now_ns();
	struct acall_query q;
	int ret;

	do {
		if (guard_expired(since))
			return -ETIMEDOUT;
		ret = sys_query(fd, 0, &q);
	} while (!ret && !q.progress);
	*progress = q.progress;
	return ret;
}

TEST_F(sample, Q1_its_methods_are_what_they_say)
{
	struct acall_method_info m = { .size = sizeof(m),
				       .interface = INTERFACE };

	NEEDS_SAMPLE();
	m.method = STEPS;
	ASSERT_EQ(0, sys_ioctl(self->base.dev, ACALL_IOC_METHOD_INFO, &m));
	EXPECT_STREQ("steps", m.name);
	EXPECT_EQ(ACALL_CAP_CANCEL | ACALL_CAP_CHUNKED, m.caps);
	EXPECT_EQ(ACALL_UNIT_ITEMS, m.unit);
	m.method = NAP;
	ASSERT_EQ(0, sys_ioctl(self->base.dev, ACALL_IOC_METHOD_INFO, &m));
	EXPECT_STREQ("nap", m.name);
	EXPECT_EQ(ACALL_CAP_CANCEL | ACALL_CAP_CUSTOM | ACALL_CAP_MAY_REFUSE,
		  m.caps);
}

TEST_F(sample, P7_steps_run_to_their_own_end)
{
	static const __u64 numbers[] = { 0, 1, CHUNK, CHUNK + 1, 1000000 };
	__u64 out, expected, i;
	struct acall_finish f;
	unsigned int n;

	NEEDS_SAMPLE();
	for (n = 0; n < ARRAY_SIZE(numbers); n++) {
		expected = 0;
		for (i = 0; i < numbers[n]; i++)
			expected = expected * 6364136223846793005ULL + 1;
		ASSERT_EQ(0, begin_steps(self->fd, numbers[n]));
		ASSERT_EQ(0, sys_finish_out(self->fd, &out, sizeof(out), &f));
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
		EXPECT_EQ(0, f.status);
		EXPECT_EQ(sizeof(out), f.out_len);
		EXPECT_EQ(expected, out);
		EXPECT_EQ(numbers[n], f.progress);
		EXPECT_EQ(numbers[n], f.total);
	}
}

TEST_F(sample, P7_steps_that_are_cancelled_say_how_many_they_were)
{
	__u64 progress, out = 1;
	struct acall_cancel c;
	struct acall_finish f;

	NEEDS_SAMPLE();
	ASSERT_EQ(0, begin_steps(self->fd, FOREVER));
	ASSERT_EQ(0, wait_steps(self->fd, &progress));
	ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
	ASSERT_EQ(0, sys_finish_out(self->fd, &out, sizeof(out), &f));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
	EXPECT_EQ(-ECANCELED, f.status);
	EXPECT_LE(progress, f.progress);
	EXPECT_EQ(0, f.progress % CHUNK);
	EXPECT_EQ(FOREVER, f.total);
	EXPECT_EQ(0, f.out_len);
	EXPECT_EQ(1, out);
}

TEST_F(sample, P1_a_nap_ends_by_itself)
{
	static const __u32 ms[] = { 0, 1, 5, 20 };
	struct acall_finish f;
	unsigned int i;
	__u64 ended;

	NEEDS_SAMPLE();
	for (i = 0; i < ARRAY_SIZE(ms); i++) {
		ASSERT_EQ(0, begin_nap(self->fd, ms[i]));
		ASSERT_EQ(0, sys_finish_out(self->fd, &ended, sizeof(ended),
					    &f));
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
		EXPECT_EQ(0, f.status);
		EXPECT_EQ(sizeof(ended), f.out_len);
		EXPECT_LE(f.start_ns + ms[i] * MSEC, ended);
		EXPECT_LE(ended, f.end_ns);
	}
}

TEST_F(sample, P2_a_nap_that_is_cancelled_has_stopped_at_once)
{
	struct acall_cancel c;
	struct acall_finish f;

	NEEDS_SAMPLE();
	ASSERT_EQ(0, begin_nap(self->fd, UINT32_MAX));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(self->fd));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, 0, &c));
	EXPECT_EQ(ACALL_STATE_DONE, c.state);
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
	EXPECT_EQ(-ECANCELED, f.status);
	/* Abandoned or closed it does not sleep on either. */
	ASSERT_EQ(0, begin_nap(self->fd, UINT32_MAX));
	ASSERT_EQ(0, sys_abandon(self->fd));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, f.outcome);
	ASSERT_EQ(0, settle(self->fd));
	EXPECT_EQ(0, counter("executions"));
	ASSERT_EQ(0, begin_nap(self->fd, UINT32_MAX));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(0, wait_counter("executions", 0));
}

TEST_F(sample, P3_the_end_of_a_nap_against_its_cancel)
{
	unsigned int i, most = 1000, completed = 0, stopped = 0, n;
	struct acall_cancel c;
	struct acall_finish f;
	__u64 ended;
	int ret;

	NEEDS_SAMPLE();
	for (i = 0; i < ROUNDS && (completed < 50 || stopped < 50); i++) {
		ASSERT_EQ(0, begin_nap(self->fd, 0));
		for (n = rand() % most; n; n--)
			__asm__ volatile("" ::: "memory");
		ret = sys_cancel(self->fd, 0, 0, FOREVER, &c);
		ASSERT_EQ(0, sys_finish_out(self->fd, &ended, sizeof(ended),
					    &f));
		/* The return value predicts FINISH (X6). */
		ASSERT_EQ(ret ? ACALL_OUTCOME_COMPLETED :
			  ACALL_OUTCOME_STOPPED, f.outcome);
		ASSERT_EQ(ret ? 0 : -ECANCELED, f.status);
		/* Aim at where both are as likely. */
		if (ret) {
			ASSERT_EQ(-ESRCH, ret);
			completed++;
			most -= most / 20;
		} else {
			stopped++;
			most += most / 10 + 1;
		}
	}
	TH_LOG("%u ended by themselves, %u were cancelled", completed, stopped);
	EXPECT_LE(50, completed);
	EXPECT_LE(50, stopped);
}

TEST_F(sample, P8_its_module_goes_when_its_calls_have_ended)
{
	const char *why = module_fixed(MODULE);
	struct acall_finish f;
	struct acall_cancel c;
	__u64 progress;
	int fd;

	NEEDS_SAMPLE();
	if (why)
		SKIP(return, "%s", why);
	fd = sys_object(INTERFACE);
	ASSERT_EQ(0, begin_nap(self->fd, UINT32_MAX));
	ASSERT_EQ(0, begin_steps(fd, FOREVER));
	ASSERT_EQ(0, wait_steps(fd, &progress));
	EXPECT_EQ(-EWOULDBLOCK, module_unload(MODULE));
	ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(-EWOULDBLOCK, module_unload(MODULE));
	ASSERT_EQ(0, sys_cancel(fd, 0, 0, FOREVER, &c));
	ASSERT_EQ(0, settle(self->fd));
	ASSERT_EQ(0, settle(fd));
	EXPECT_EQ(0, module_unload(MODULE));
	/* The results are there without it (C5). */
	EXPECT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
	EXPECT_EQ(0, sys_finish(fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
	EXPECT_EQ(-ENODEV, begin_nap(fd, 0));
}

#include "acall_main.h"
