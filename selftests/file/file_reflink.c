// SPDX-License-Identifier: GPL-2.0-only
/*
 * The method copy on a file system that can share blocks: XFS in a loop-mounted
 * image, where mkfs.xfs, loop and xfs are to be had, and overlayfs on it.
 *
 * FIEMAP tells which extents are shared. "always" must share or fail and never
 * copy, "never" must not share, "auto" shares what it can; the bytes are the
 * same ones in all cases.
 */
#include "file_xfs.h"

#define SEED	10
#define SIZE	(3 * FT_MIB + 4096 + 100)

FIXTURE(reflink) {
	struct ft_xfs xfs;
	char dir[220];
	int obj;
	int src;
	int dst;
	struct acall_finish finish;
};

FIXTURE_VARIANT(reflink) {
	bool overlay;
};

FIXTURE_VARIANT_ADD(reflink, xfs) {
	.overlay = false,
};

FIXTURE_VARIANT_ADD(reflink, overlay) {
	.overlay = true,
};

/* Who has the blocks is the layer below. */
static int mount_overlay(struct _test_data_reflink *self)
{
	const char *mnt = self->xfs.mnt;
	char options[1000];

	snprintf(self->dir, sizeof(self->dir), "%s/merged", mnt);
	snprintf(options, sizeof(options),
		 "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", mnt,
		 mnt, mnt);
	if (!ft_shell("cd %s%s && mkdir lower upper work merged", mnt, ""))
		return -EIO;
	return mount("none", self->dir, "overlay", 0, options) ? -errno : 0;
}

FIXTURE_SETUP(reflink)
{
	ft_xfs_mount(&self->xfs);
	if (self->xfs.why)
		return;
	strcpy(self->dir, self->xfs.mnt);
	if (variant->overlay)
		ASSERT_EQ(0, mount_overlay(self));
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->src = ft_open_in(self->dir, "source");
	ASSERT_GE(self->src, 0);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, SIZE, SEED));
	self->dst = ft_open_in(self->dir, "target");
	ASSERT_GE(self->dst, 0);
}

FIXTURE_TEARDOWN(reflink)
{
	const char *left;

	if (self->xfs.why)
		return;
	close(self->obj);
	close(self->src);
	close(self->dst);
	if (variant->overlay)
		EXPECT_EQ(0, umount(self->dir));
	EXPECT_EQ(0, ft_xfs_unmount(&self->xfs));
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

TEST_F(reflink, always_shares)
{
	const struct acall_file_copy arg = {
		.reflink = ACALL_FILE_REFLINK_ALWAYS,
	};

	if (self->xfs.why)
		SKIP(return, "%s", self->xfs.why);
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
	EXPECT_EQ(SIZE, ft_size(self->dst));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, SIZE, SEED));
	EXPECT_LE(SIZE, ft_shared(self->dst));
}

TEST_F(reflink, auto_shares)
{
	const struct acall_file_copy arg = {
		.flags = ACALL_FILE_COPY_SPARSE | ACALL_FILE_COPY_SYNC,
	};

	if (self->xfs.why)
		SKIP(return, "%s", self->xfs.why);
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, SIZE, SEED));
	EXPECT_LE(SIZE, ft_shared(self->dst));
}

TEST_F(reflink, never_copies)
{
	const struct acall_file_copy arg = {
		.reflink = ACALL_FILE_REFLINK_NEVER,
	};

	if (self->xfs.why)
		SKIP(return, "%s", self->xfs.why);
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, SIZE, SEED));
	EXPECT_EQ(0, ft_shared(self->dst));
}

/* R-RLIM: whole blocks up to the limit, and then EFBIG. */
TEST_F(reflink, R_RLIM_always_shares_whole_blocks_up_to_the_limit)
{
	const struct acall_file_copy arg = {
		.reflink = ACALL_FILE_REFLINK_ALWAYS,
	};
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	const struct rlimit limit = { FT_MIB + 100, RLIM_INFINITY };
	int ret;

	if (self->xfs.why)
		SKIP(return, "%s", self->xfs.why);
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
	ret = ft_begin_copy(self->obj, self->src, self->dst, &arg);
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &none));
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, ft_finish(self->obj, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, -EFBIG, FT_MIB));
	EXPECT_EQ(FT_MIB, ft_size(self->dst));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, FT_MIB, SEED));
	EXPECT_EQ(FT_MIB, ft_shared(self->dst));
}

/* Blocks that do not lie alike cannot be shared. */
TEST_F(reflink, unaligned_range)
{
	struct acall_file_copy arg = {
		.dst_offset = 100,
		.reflink = ACALL_FILE_REFLINK_ALWAYS,
	};
	int ret;

	if (self->xfs.why)
		SKIP(return, "%s", self->xfs.why);
	ret = ft_copy(self->obj, self->src, self->dst, &arg, &self->finish);
	EXPECT_EQ(-EINVAL, ft_error(ret, &self->finish));
	EXPECT_EQ(0, self->finish.progress);
	EXPECT_EQ(0, ft_size(self->dst));

	arg.reflink = ACALL_FILE_REFLINK_AUTO;
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
	EXPECT_EQ(-1, ft_check_moved(self->dst, 100, SIZE, SEED, 0));
}

/* Odd at both ends, alike in the middle: the middle is shared. */
TEST_F(reflink, auto_shares_the_blocks_between_odd_ends)
{
	const struct acall_file_copy arg = {
		.src_offset = 1000,
		.dst_offset = 8192 + 1000,
		.length = FT_MIB,
	};
	const __u64 old = 2 * FT_MIB, end = arg.dst_offset + arg.length;

	if (self->xfs.why)
		SKIP(return, "%s", self->xfs.why);
	ASSERT_EQ(0, ft_write_byte(self->dst, 0, old, 0x5a));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, arg.length));
	EXPECT_EQ(old, ft_size(self->dst));
	EXPECT_EQ(-1, ft_check_byte(self->dst, 0, arg.dst_offset, 0x5a));
	EXPECT_EQ(-1, ft_check_moved(self->dst, arg.dst_offset, arg.length,
				     SEED, arg.src_offset));
	EXPECT_EQ(-1, ft_check_byte(self->dst, end, old - end, 0x5a));
	EXPECT_LE(FT_MIB - 8192, ft_shared(self->dst));
}

/*
 * overlayfs has the layer below read and write as the file was opened, whose rules
 * are about the caller's memory. Where nothing is read they do not matter.
 */
TEST_F(reflink, B3_O_DIRECT)
{
	const struct acall_file_hash hash = ft_hash_arg("sha256", 0, 0);
	struct acall_file_copy copy = { 0 };
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	int want = variant->overlay ? -EINVAL : 0;
	int src, dst;

	if (self->xfs.why)
		SKIP(return, "%s", self->xfs.why);
	src = ft_reopen(self->src, O_RDONLY | O_DIRECT);
	ASSERT_GE(src, 0);
	dst = ft_reopen(self->dst, O_WRONLY | O_DIRECT);
	ASSERT_GE(dst, 0);
	EXPECT_EQ(want, ft_hash(self->obj, src, &hash, digest, &self->finish));
	EXPECT_EQ(want, ft_copy(self->obj, src, self->dst, &copy,
				&self->finish));
	EXPECT_EQ(want, ft_copy(self->obj, self->src, dst, &copy,
				&self->finish));
	copy.reflink = ACALL_FILE_REFLINK_ALWAYS;
	ASSERT_EQ(0, ft_copy(self->obj, src, dst, &copy, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, SIZE, SEED));
	close(src);
	close(dst);
}

/* From another file system there is nothing to share. */
TEST_F(reflink, across_file_systems)
{
	struct acall_file_copy arg = {
		.reflink = ACALL_FILE_REFLINK_ALWAYS,
	};
	int ret, fd;

	if (self->xfs.why)
		SKIP(return, "%s", self->xfs.why);
	fd = ft_temp("ACALL_DIR_EXT4");
	ASSERT_GE(fd, 0);
	ret = ft_copy(self->obj, self->src, fd, &arg, &self->finish);
	EXPECT_EQ(-EXDEV, ft_error(ret, &self->finish));
	EXPECT_EQ(0, ft_size(fd));
	arg.reflink = ACALL_FILE_REFLINK_AUTO;
	ASSERT_EQ(0, ft_copy(self->obj, self->src, fd, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
	EXPECT_EQ(-1, ft_check_pattern(fd, 0, SIZE, SEED));
	close(fd);
}

#include "acall_main.h"
