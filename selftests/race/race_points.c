// SPDX-License-Identifier: GPL-2.0-only
/*
 * The delay points themselves: one that is set delays, and the races that ran
 * before this program in the same boot have come by every single one. One that
 * nobody passes is a place between two steps that no race has been at.
 */
#include "race_util.h"

struct count {
	long passes;
	long delays;
};

static struct count count_of(const char *point)
{
	struct count c = { -1, -1 }, is;
	FILE *f = fopen(DELAYS, "re");
	char name[64];

	while (f && fscanf(f, "%63s %ld %ld", name, &is.passes, &is.delays) == 3)
		if (!strcmp(name, point))
			c = is;
	if (f)
		fclose(f);
	return c;
}

TEST_F(prov, a_point_delays_as_often_as_it_is_told_to)
{
	struct acall_finish f;
	struct count before, after;
	int i;

	if (!delays_there())
		SKIP(return, "no " DELAYS ": not modules for debugging");
	ASSERT_EQ(0, write_file(DELAYS, "FINISH 50"));
	before = count_of("FINISH");
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0,
				       NULL));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	}
	after = count_of("FINISH");
	EXPECT_EQ(10, after.passes - before.passes);
	EXPECT_EQ(10, after.delays - before.delays);

	ASSERT_EQ(0, delays_reset());
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(11, count_of("FINISH").passes - before.passes);
	EXPECT_EQ(10, count_of("FINISH").delays - before.delays);
}

/* Nor has anything before in this boot. */
TEST_F(prov, the_monitor_has_seen_nothing_impossible)
{
	unsigned int cells = 0, wrong = 0;
	char phase[32], event[32], verdict[32];
	long n;
	FILE *f;

	if (!delays_there())
		SKIP(return, "no " DELAYS ": not modules for debugging");
	f = fopen("/sys/kernel/debug/acall/transitions", "re");
	ASSERT_TRUE(f);
	while (fscanf(f, "%31s %31s %31s %ld", phase, event, verdict, &n) == 4) {
		cells++;
		if (strcmp(verdict, "IMPOSSIBLE"))
			continue;
		wrong++;
		note("%s in %s: %ld times\n", event, phase, n);
	}
	EXPECT_TRUE(feof(f));
	fclose(f);
	EXPECT_EQ(0U, wrong);
	EXPECT_LT(0U, cells);
}

TEST_F(prov, what_is_no_setting_is_refused)
{
	if (!delays_there())
		SKIP(return, "no " DELAYS ": not modules for debugging");
	EXPECT_EQ(-ENOENT, write_file(DELAYS, "NOWHERE 50"));
	EXPECT_EQ(-EINVAL, write_file(DELAYS, "FINISH"));
	EXPECT_EQ(-EINVAL, write_file(DELAYS, "FINISH 10001"));
	EXPECT_EQ(-EINVAL, write_file(DELAYS, "FINISH 50 1001"));
}

TEST_F(prov, every_point_was_passed_by_the_races)
{
	unsigned int points = 0, never = 0;
	struct count c;
	char name[64];
	FILE *f;

	if (!delays_there())
		SKIP(return, "no " DELAYS ": not modules for debugging");
	f = fopen(DELAYS, "re");
	ASSERT_TRUE(f);
	while (fscanf(f, "%63s %ld %ld", name, &c.passes, &c.delays) == 3) {
		points++;
		if (c.passes)
			continue;
		never++;
		note("never passed: %s\n", name);
	}
	fclose(f);
	note("%u points\n", points);
	EXPECT_LT(0, points);
	EXPECT_EQ(0, never) {
		TH_LOG("have all races run before, as with TESTS='race_*'?");
	}
}

#include "acall_main.h"
