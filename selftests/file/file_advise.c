// SPDX-License-Identifier: GPL-2.0-only
/*
 * The method advise: what is in the page cache, seen through mincore(2), and that
 * the contents never change.
 *
 * Reads are started and not waited for, so their end is. A file system without
 * pages to drop or read (tmpfs) takes the advice and does nothing.
 */
#include "file_util.h"

#define SEED	11
#define SIZE	(16 * FT_MIB)
#define PAGE	4096

FIXTURE(advise) {
	const char *why;
	int obj;
	int fd;
	struct acall_finish finish;
};

FIXTURE_VARIANT(advise) {
	const char *dir;
	bool cached;	/* has what the advice is about */
};

FIXTURE_VARIANT_ADD(advise, tmpfs) {
	.dir = "ACALL_DIR_TMPFS",
};

FIXTURE_VARIANT_ADD(advise, ext4) {
	.dir = "ACALL_DIR_EXT4",
	.cached = true,
};

FIXTURE_SETUP(advise)
{
	self->why = ft_missing(variant->dir);
	if (!self->why && sysconf(_SC_PAGESIZE) != PAGE)
		self->why = "pages of another size";
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->fd = ft_temp(variant->dir);
	ASSERT_GE(self->fd, 0);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, SIZE, SEED));
	ASSERT_EQ(0, fsync(self->fd));
}

FIXTURE_TEARDOWN(advise)
{
	const char *left;

	if (self->why)
		return;
	EXPECT_EQ(-1, ft_check_pattern(self->fd, 0, SIZE, SEED));
	close(self->obj);
	close(self->fd);
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

TEST_F(advise, F2_dropped_and_read_again)
{
	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_advise(self->obj, self->fd, ACALL_FILE_ADVISE_DONTNEED, 0,
			       0, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
	EXPECT_EQ(SIZE, self->finish.total);
	EXPECT_EQ(variant->cached ? 0 : SIZE / PAGE,
		  ft_cached(self->fd, 0, SIZE));

	/* All of it, which is more than a device takes at a time. */
	ASSERT_EQ(0, ft_advise(self->obj, self->fd, ACALL_FILE_ADVISE_WILLNEED, 0,
			       0, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
	EXPECT_TRUE(ft_wait_cached(self->fd, 0, SIZE));
}

/* Pages that are partly in the range are read, and not dropped. */
TEST_F(advise, F2_a_range_with_odd_ends)
{
	const __u64 first = 2 * FT_MIB, last = 13 * FT_MIB;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_advise(self->obj, self->fd, ACALL_FILE_ADVISE_DONTNEED,
			       first + 1, last - first - 2, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, last - first - 2));
	EXPECT_EQ(first / PAGE, ft_cached(self->fd, 0, first));
	EXPECT_LE(1, ft_cached(self->fd, first, PAGE));
	EXPECT_EQ(variant->cached ? 0 : (last - first) / PAGE - 2,
		  ft_cached(self->fd, first + PAGE, last - first - 2 * PAGE));
	EXPECT_LE(1, ft_cached(self->fd, last - PAGE, PAGE));
	EXPECT_EQ((SIZE - last) / PAGE, ft_cached(self->fd, last, SIZE - last));

	ASSERT_EQ(0, ft_advise(self->obj, self->fd, ACALL_FILE_ADVISE_WILLNEED,
			       first + 1, last - first - 2, &self->finish));
	EXPECT_TRUE(ft_wait_cached(self->fd, first, last - first));
}

/* What nobody has written back yet is written, and not lost. */
TEST_F(advise, F2_dirty_pages_are_kept)
{
	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, SIZE, SEED + 1));
	ASSERT_EQ(0, ft_advise(self->obj, self->fd, ACALL_FILE_ADVISE_DONTNEED, 0,
			       0, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
	EXPECT_EQ(-1, ft_check_pattern(self->fd, 0, SIZE, SEED + 1));
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, SIZE, SEED));
}

TEST_F(advise, F2_beyond_the_end_is_nothing)
{
	int fd = ft_reopen(self->why ? -1 : self->fd, O_RDONLY);

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ft_advise(self->obj, fd, ACALL_FILE_ADVISE_WILLNEED, SIZE,
			       FT_TIB, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 0));
	ASSERT_EQ(0, ft_advise(self->obj, fd, ACALL_FILE_ADVISE_DONTNEED, SIZE - 1,
			       FT_TIB, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 1));
	close(fd);
}

TEST_F(advise, B3_wrong_arguments)
{
	struct acall_file_advise arg = { .flags = 1 };

	if (self->why)
		SKIP(return, "%s", self->why);
	EXPECT_EQ(-EINVAL, ft_advise(self->obj, self->fd, 2, 0, 0, &self->finish));
	EXPECT_EQ(-EOVERFLOW, ft_advise(self->obj, self->fd, 0, 1, INT64_MAX,
					&self->finish));
	EXPECT_EQ(-EINVAL, ft_run(self->obj, ACALL_FILE_ADVISE, &arg,
				  sizeof(arg), &self->fd, 1, NULL, 0,
				  &self->finish));
}

/*
 * A hole of 8 TiB has 32768 chunks and no pages, which is a matter of milliseconds: a
 * machine with other things to do may not let us cancel before it is over.
 */
TEST_F(advise, X5_stops_between_chunks)
{
	const struct acall_file_advise arg = {
		.advice = ACALL_FILE_ADVISE_DONTNEED,
	};
	int tries = 100, ret;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ftruncate(self->fd, 8 * FT_TIB));
	do {
		ASSERT_EQ(0, ft_begin(self->obj, ACALL_FILE_ADVISE, &arg,
				      sizeof(arg), &self->fd, 1));
		ASSERT_LE(0, ft_wait_progress(self->obj, 1));
		ret = ft_cancel(self->obj, 0, FOREVER);
		ASSERT_EQ(0, ft_finish(self->obj, &self->finish));
	} while (ret == -ESRCH && --tries);
	ASSERT_EQ(0, ret);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, self->finish.outcome);
	EXPECT_LT(0, self->finish.progress);
	EXPECT_GT(8 * FT_TIB, self->finish.progress);
	EXPECT_EQ(0, self->finish.progress % (256 * FT_MIB));
	ASSERT_EQ(0, ftruncate(self->fd, SIZE));
}

#include "acall_main.h"
