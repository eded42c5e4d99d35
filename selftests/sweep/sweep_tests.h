/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of every program of the failure sweep: the tests of each of its paths.
 * PROGRAM is the first half of the paths' names in points.txt.
 */

TEST_F_TIMEOUT(sweep, as_many_points_as_the_table_has, 600)
{
	const struct path *path = variant->path;
	struct points p = sweep_expected(path, PROGRAM);
	int count[NR_KINDS], kind;

	for (kind = 0; kind < NR_KINDS; kind++) {
		count[kind] = sweep_count(self, path, kind, p.points[kind]);
		ASSERT_LE(0, count[kind]);
	}
	EXPECT_EQ(0, sweep_compare(path, PROGRAM, &p, count));
}

TEST_F_TIMEOUT(sweep, every_failure_alone, 600)
{
	const struct path *path = variant->path;
	int kind, ret = 0;

	for (kind = 0; kind < NR_KINDS && !ret; kind++)
		ret = sweep_kind(self, path, kind, false);
	EXPECT_EQ(0, ret);
}

TEST_F_TIMEOUT(sweep, every_failure_and_all_later, 600)
{
	const struct path *path = variant->path;
	int kind, ret = 0;

	if (path->never_fails)
		ret = sweep_everybody(self, path);
	for (kind = 0; kind < NR_KINDS && !ret; kind++)
		ret = sweep_kind(self, path, kind, true);
	EXPECT_EQ(0, ret);
}

#include "acall_main.h"
