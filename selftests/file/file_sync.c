// SPDX-License-Identifier: GPL-2.0-only
/*
 * The method sync: what is durable when it says 0.
 *
 * Durable is what has no dirty page left, which /proc/kpageflags tells of each
 * page of a file that is mapped here; so these tests fail for a sync that
 * returns early or looks at the wrong range. On tmpfs there is nothing to be
 * made durable, and sync says 0 as fsync(2) does.
 */
#include "file_util.h"

#define SEED	6

FIXTURE(sync) {
	const char *why;
	int obj;
	int fd;
	struct acall_finish finish;
};

FIXTURE_SETUP(sync)
{
	self->why = ft_missing("ACALL_DIR_EXT4");
	if (!self->why && access("/proc/kpageflags", R_OK))
		self->why = "no /proc/kpageflags";
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->fd = ft_temp("ACALL_DIR_EXT4");
	ASSERT_GE(self->fd, 0);
}

FIXTURE_TEARDOWN(sync)
{
	const char *left;

	if (self->why)
		return;
	close(self->obj);
	close(self->fd);
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

TEST_F(sync, F2_empty_file)
{
	struct acall_file_sync arg = { 0 };

	if (self->why)
		SKIP(return, "%s", self->why);
	for (arg.scope = 0; arg.scope <= ACALL_FILE_SYNC_FILESYSTEM;
	     arg.scope++) {
		ASSERT_EQ(0, ft_sync(self->obj, self->fd, &arg,
				     &self->finish));
		/* Others' files are no matter, but in the whole file system. */
		EXPECT_TRUE(ft_ended(&self->finish, 0,
				     arg.scope < ACALL_FILE_SYNC_FILESYSTEM ?
				     0 : self->finish.total));
	}
}

TEST_F(sync, F2_whole_file_has_no_dirty_page)
{
	const __u64 size = 20 * FT_MIB + 77;
	struct acall_file_sync arg = { 0 };

	if (self->why)
		SKIP(return, "%s", self->why);
	for (arg.scope = 0; arg.scope <= ACALL_FILE_SYNC_FILE; arg.scope++) {
		ASSERT_EQ(0, ft_write_pattern(self->fd, 0, size,
					      SEED + arg.scope));
		ASSERT_EQ(0, ft_sync(self->obj, self->fd, &arg,
				     &self->finish));
		EXPECT_TRUE(ft_ended(&self->finish, 0, size));
		EXPECT_EQ(size, self->finish.total);
		EXPECT_EQ(0, ft_unwritten_pages(self->fd, 0, size));
	}
	EXPECT_EQ(-1, ft_check_pattern(self->fd, 0, size, SEED + 1));
}

/* An explicit range that is the whole file is no less than the whole file. */
TEST_F(sync, F2_full_range)
{
	const __u64 size = 3 * FT_MIB + 1;
	const struct acall_file_sync arg = {
		.length = size,
		.scope = ACALL_FILE_SYNC_FILE,
	};

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, size, SEED));
	ASSERT_EQ(0, ft_sync(self->obj, self->fd, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, size));
	EXPECT_EQ(0, ft_unwritten_pages(self->fd, 0, size));
}

TEST_F(sync, F2_part_of_a_file)
{
	const struct acall_file_sync arg = {
		.offset = 4 * FT_MIB - 5,
		.length = 2 * FT_MIB + 10,
	};
	const struct acall_file_sync rest = { .offset = 5 * FT_MIB };
	const __u64 size = 12 * FT_MIB;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, size, SEED));
	ASSERT_EQ(0, ft_sync(self->obj, self->fd, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, arg.length));
	/* The pages that the range touches, 4 MiB - 4 KiB to 6 MiB + 4 KiB. */
	EXPECT_EQ(0, ft_unwritten_pages(self->fd, 4 * FT_MIB - 4096,
					2 * FT_MIB + 8192));

	ASSERT_EQ(0, ft_sync(self->obj, self->fd, &rest, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, size - rest.offset));
	EXPECT_EQ(0, ft_unwritten_pages(self->fd, rest.offset,
					size - rest.offset));
}

TEST_F(sync, F2_range_beyond_the_end)
{
	struct acall_file_sync arg = { .offset = FT_GIB, .length = FT_GIB };

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, FT_MIB, SEED));
	ASSERT_EQ(0, ft_sync(self->obj, self->fd, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 0));

	arg.offset = 0;
	ASSERT_EQ(0, ft_sync(self->obj, self->fd, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, FT_MIB));
	EXPECT_EQ(0, ft_unwritten_pages(self->fd, 0, FT_MIB));
}

/* 4 KiB at 1 TiB, in a file that is otherwise a hole. */
TEST_F(sync, R_ABI_range_across_1_tib)
{
	const struct acall_file_sync arg = {
		.offset = FT_TIB - 100,
		.length = 200,
	};

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, FT_TIB - 8192, 16384, SEED));
	ASSERT_EQ(0, ft_sync(self->obj, self->fd, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 200));
	EXPECT_EQ(0, ft_unwritten_pages(self->fd, FT_TIB - 4096, 8192));
}

/* Any file of the file system will do, also a directory. */
TEST_F(sync, F2_file_system_through_a_directory)
{
	const struct acall_file_sync arg = {
		.scope = ACALL_FILE_SYNC_FILESYSTEM,
	};
	const __u64 size = 5 * FT_MIB;
	int dir;

	if (self->why)
		SKIP(return, "%s", self->why);
	dir = open(getenv("ACALL_DIR_EXT4"), O_RDONLY | O_CLOEXEC);
	ASSERT_GE(dir, 0);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, size, SEED));
	ASSERT_EQ(0, ft_sync(self->obj, dir, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, self->finish.total));
	EXPECT_LE(size, self->finish.progress);
	EXPECT_EQ(0, ft_unwritten_pages(self->fd, 0, size));
	close(dir);
}

/* Its bytes are counted while they are written, not only when it is over. */
TEST_F(sync, F2_progress_of_a_file_system)
{
	const struct acall_file_sync arg = {
		.scope = ACALL_FILE_SYNC_FILESYSTEM,
	};
	const __u64 size = 64 * FT_MIB;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, size, SEED));
	ASSERT_EQ(0, ft_begin(self->obj, ACALL_FILE_SYNC, &arg, sizeof(arg),
			      &self->fd, 1));
	ASSERT_LT(0, ft_wait_progress(self->obj, 1));
	ASSERT_EQ(0, ft_finish(self->obj, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, self->finish.total));
	EXPECT_EQ(0, ft_unwritten_pages(self->fd, 0, size));
}

TEST_F(sync, F2_directory)
{
	const struct acall_file_sync arg = { .scope = ACALL_FILE_SYNC_FILE };
	int dir;

	if (self->why)
		SKIP(return, "%s", self->why);
	dir = open(getenv("ACALL_DIR_EXT4"), O_RDONLY | O_CLOEXEC);
	ASSERT_GE(dir, 0);
	ASSERT_EQ(0, ft_sync(self->obj, dir, &arg, &self->finish));
	EXPECT_EQ(0, self->finish.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, self->finish.outcome);
	close(dir);
}

TEST_F(sync, B3_file_system_has_no_range_EINVAL)
{
	struct acall_file_sync arg = {
		.scope = ACALL_FILE_SYNC_FILESYSTEM,
		.offset = 4096,
	};

	if (self->why)
		SKIP(return, "%s", self->why);
	EXPECT_EQ(-EINVAL, ft_sync(self->obj, self->fd, &arg, &self->finish));
	arg.offset = 0;
	arg.length = 4096;
	EXPECT_EQ(-EINVAL, ft_sync(self->obj, self->fd, &arg, &self->finish));
}

/* As fsync(2): who may only read may still want it durable. */
TEST_F(sync, B3_any_open_mode_is_legal)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR | O_APPEND };
	const struct acall_file_sync arg = { 0 };
	unsigned int i;
	int fd;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		ASSERT_EQ(0, ft_write_pattern(self->fd, 0, FT_MIB, SEED + i));
		fd = ft_reopen(self->fd, modes[i]);
		ASSERT_GE(fd, 0);
		ASSERT_EQ(0, ft_sync(self->obj, fd, &arg, &self->finish));
		EXPECT_TRUE(ft_ended(&self->finish, 0, FT_MIB));
		EXPECT_EQ(0, ft_unwritten_pages(self->fd, 0, FT_MIB));
		close(fd);
	}
}

TEST_F(sync, F2_tmpfs_has_nothing_to_do)
{
	struct acall_file_sync arg = { 0 };
	int fd;

	if (self->why)
		SKIP(return, "%s", self->why);
	if (ft_missing("ACALL_DIR_TMPFS"))
		SKIP(return, "%s", ft_missing("ACALL_DIR_TMPFS"));
	fd = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ft_write_pattern(fd, 0, FT_MIB, SEED));
	for (arg.scope = 0; arg.scope <= ACALL_FILE_SYNC_FILESYSTEM;
	     arg.scope++) {
		ASSERT_EQ(0, ft_sync(self->obj, fd, &arg, &self->finish));
		EXPECT_EQ(0, self->finish.status);
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, self->finish.outcome);
	}
	EXPECT_EQ(-1, ft_check_pattern(fd, 0, FT_MIB, SEED));
	close(fd);
}

/* Somebody writes on: it ends, and what was there at BEGIN is durable. */
TEST_F(sync, written_meanwhile)
{
	const __u64 size = 16 * FT_MIB;
	const struct acall_file_sync arg = { 0 };

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, size, SEED));
	ASSERT_EQ(0, ft_begin(self->obj, ACALL_FILE_SYNC, &arg, sizeof(arg),
			      &self->fd, 1));
	ASSERT_EQ(0, ft_write_pattern(self->fd, size, size, SEED));
	ASSERT_EQ(0, ft_finish(self->obj, &self->finish));
	EXPECT_EQ(0, self->finish.status);
	EXPECT_LE(size, self->finish.progress);
	EXPECT_EQ(0, ft_unwritten_pages(self->fd, 0, size));
	EXPECT_EQ(-1, ft_check_pattern(self->fd, 0, 2 * size, SEED));
}

#include "acall_main.h"
