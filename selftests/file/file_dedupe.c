// SPDX-License-Identifier: GPL-2.0-only
/*
 * The method dedupe on a file system that can share blocks: XFS in a loop-mounted
 * image, where mkfs.xfs, loop and xfs are to be had.
 *
 * FIEMAP tells what is shared. Whatever comes of it, both files read as before.
 */
#include "file_xfs.h"

#define SEED	12
#define CHUNK	(16 * FT_MIB)
#define SIZE	(2 * FT_MIB + 4096 + 100)

FIXTURE(dedupe) {
	struct ft_xfs xfs;
	int obj;
	int src;
	int dst;
	struct acall_finish finish;
};

FIXTURE_SETUP(dedupe)
{
	ft_xfs_mount(&self->xfs);
	if (self->xfs.why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->src = ft_open_in(self->xfs.mnt, "source");
	ASSERT_GE(self->src, 0);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, SIZE, SEED));
	self->dst = ft_open_in(self->xfs.mnt, "target");
	ASSERT_GE(self->dst, 0);
	ASSERT_EQ(0, ft_write_pattern(self->dst, 0, SIZE, SEED));
}

FIXTURE_TEARDOWN(dedupe)
{
	const char *left;

	if (self->xfs.why)
		return;
	EXPECT_EQ(-1, ft_check_pattern(self->src, 0, SIZE, SEED));
	close(self->obj);
	close(self->src);
	close(self->dst);
	EXPECT_EQ(0, ft_xfs_unmount(&self->xfs));
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

TEST_F(dedupe, F2_what_is_the_same_is_shared)
{
	const struct acall_file_dedupe all = { 0 };

	if (self->xfs.why)
		SKIP(return, "%s", self->xfs.why);
	EXPECT_EQ(0, ft_shared(self->dst));
	ASSERT_EQ(0, ft_dedupe(self->obj, self->src, self->dst, &all,
			       &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
	EXPECT_EQ(SIZE, self->finish.total);
	EXPECT_LE(SIZE, ft_shared(self->dst));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, SIZE, SEED));
}

TEST_F(dedupe, F2_a_range)
{
	const struct acall_file_dedupe arg = {
		.src_offset = 4096,
		.dst_offset = 4096,
		.length = FT_MIB,
	};

	if (self->xfs.why)
		SKIP(return, "%s", self->xfs.why);
	ASSERT_EQ(0, ft_dedupe(self->obj, self->src, self->dst, &arg,
			       &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, FT_MIB));
	EXPECT_EQ(FT_MIB, ft_shared(self->dst));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, SIZE, SEED));
}

/* In the second chunk: the first is shared, and is all that is. */
TEST_F(dedupe, F2_up_to_where_they_differ_EBADE)
{
	const struct acall_file_dedupe all = { 0 };
	const __u64 odd = CHUNK + 70000, size = CHUNK + FT_MIB;

	if (self->xfs.why)
		SKIP(return, "%s", self->xfs.why);
	ASSERT_EQ(0, ft_write_pattern(self->src, SIZE, size - SIZE, SEED));
	ASSERT_EQ(0, ft_write_pattern(self->dst, SIZE, size - SIZE, SEED));
	ASSERT_EQ(0, ft_write_byte(self->dst, odd, 1, 0));
	ASSERT_EQ(0, ft_dedupe(self->obj, self->src, self->dst, &all,
			       &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, -EBADE, CHUNK));
	EXPECT_EQ(CHUNK, ft_shared(self->dst));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, odd, SEED));
	EXPECT_EQ(-1, ft_check_byte(self->dst, odd, 1, 0));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, odd + 1, size - odd - 1,
				       SEED));
}

/* A part of a block cannot be shared, unless it is the last of both files. */
TEST_F(dedupe, F2_the_end_of_only_one_file_is_left)
{
	const struct acall_file_dedupe all = { 0 };

	if (self->xfs.why)
		SKIP(return, "%s", self->xfs.why);
	ASSERT_EQ(0, ft_write_pattern(self->dst, SIZE, FT_MIB, SEED));
	ASSERT_EQ(0, ft_dedupe(self->obj, self->src, self->dst, &all,
			       &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE - 100));
	EXPECT_EQ(SIZE, self->finish.total);
	EXPECT_EQ(SIZE - 100, ft_shared(self->dst));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, SIZE + FT_MIB, SEED));
}

TEST_F(dedupe, F2_nothing_to_share)
{
	const struct acall_file_dedupe arg = { .src_offset = SIZE };

	if (self->xfs.why)
		SKIP(return, "%s", self->xfs.why);
	ASSERT_EQ(0, ft_dedupe(self->obj, self->src, self->dst, &arg,
			       &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 0));
	EXPECT_EQ(0, ft_shared(self->dst));
}

TEST_F(dedupe, F2_within_one_file)
{
	struct acall_file_dedupe arg = {
		.dst_offset = FT_MIB,
		.length = FT_MIB,
	};

	if (self->xfs.why)
		SKIP(return, "%s", self->xfs.why);
	ASSERT_EQ(0, ft_write_byte(self->dst, 0, 2 * FT_MIB, 7));
	ASSERT_EQ(0, ft_dedupe(self->obj, self->dst, self->dst, &arg,
			       &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, FT_MIB));
	EXPECT_EQ(2 * FT_MIB, ft_shared(self->dst));

	arg.length++;
	EXPECT_EQ(-EINVAL, ft_dedupe(self->obj, self->dst, self->dst, &arg,
				     &self->finish));
}

TEST_F(dedupe, B3_wrong_arguments)
{
	struct acall_file_dedupe arg = { .flags = 1 };

	if (self->xfs.why)
		SKIP(return, "%s", self->xfs.why);
	EXPECT_EQ(-EINVAL, ft_dedupe(self->obj, self->src, self->dst, &arg,
				     &self->finish));
	arg = (struct acall_file_dedupe){ .__reserved = 1 };
	EXPECT_EQ(-EINVAL, ft_dedupe(self->obj, self->src, self->dst, &arg,
				     &self->finish));
	arg = (struct acall_file_dedupe){ .src_offset = 1, .length = INT64_MAX };
	EXPECT_EQ(-EOVERFLOW, ft_dedupe(self->obj, self->src, self->dst, &arg,
					&self->finish));
	arg = (struct acall_file_dedupe){ .dst_offset = INT64_MAX - 5 };
	EXPECT_EQ(-EOVERFLOW, ft_dedupe(self->obj, self->src, self->dst, &arg,
					&self->finish));
	/* Blocks that do not lie alike: the file system says it. */
	arg = (struct acall_file_dedupe){ .dst_offset = 100, .length = 4096 };
	EXPECT_EQ(-EINVAL, ft_error(ft_dedupe(self->obj, self->src, self->dst,
					      &arg, &self->finish),
				    &self->finish));
	EXPECT_EQ(0, self->finish.progress);
}

TEST_F(dedupe, B3_wrong_files)
{
	const struct acall_file_dedupe all = { 0 };
	int ext4, other, dir, unread;

	if (self->xfs.why)
		SKIP(return, "%s", self->xfs.why);
	ext4 = ft_temp("ACALL_DIR_EXT4");
	other = ft_temp("ACALL_DIR_EXT4");
	dir = open(self->xfs.mnt, O_RDONLY | O_CLOEXEC);
	unread = ft_reopen(self->src, O_WRONLY);
	ASSERT_GE(unread, 0);
	EXPECT_EQ(-EXDEV, ft_dedupe(self->obj, self->src, ext4, &all,
				    &self->finish));
	EXPECT_EQ(-EOPNOTSUPP, ft_dedupe(self->obj, ext4, other, &all,
					 &self->finish));
	EXPECT_EQ(-EINVAL, ft_dedupe(self->obj, self->src, dir, &all,
				     &self->finish));
	EXPECT_EQ(-EBADF, ft_dedupe(self->obj, unread, self->dst, &all,
				    &self->finish));
	close(unread);
	close(dir);
	close(other);
	close(ext4);
}

struct other_user {
	int src;
	int readable;
	int writable;
};

/* Another user's file: only who has it open for writing may have it share. */
static int as_other_user(void *arg)
{
	const struct acall_file_dedupe all = { 0 };
	const struct other_user *fds = arg;
	struct acall_finish finish;
	int obj, ret;

	if (become(65534))
		return 1;
	obj = ft_object();
	if (obj < 0)
		return 2;
	ret = ft_dedupe(obj, fds->src, fds->readable, &all, &finish);
	if (ft_error(ret, &finish) != -EPERM || finish.progress)
		return 3;
	ret = ft_dedupe(obj, fds->src, fds->writable, &all, &finish);
	if (ret || !ft_ended(&finish, 0, SIZE))
		return 4;
	return 0;
}

TEST_F(dedupe, R_ID_with_the_callers_rights)
{
	struct other_user fds;

	if (self->xfs.why)
		SKIP(return, "%s", self->xfs.why);
	if (geteuid())
		SKIP(return, "only root can become somebody else");
	fds.src = self->src;
	fds.writable = self->dst;
	fds.readable = ft_reopen(self->dst, O_RDONLY);
	ASSERT_GE(fds.readable, 0);
	EXPECT_EQ(0, child_run(as_other_user, &fds));
	close(fds.readable);
	EXPECT_LE(SIZE, ft_shared(self->dst));
}

#include "acall_main.h"
