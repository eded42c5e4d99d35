// SPDX-License-Identifier: GPL-2.0-only
/*
 * The method trim: on ext4, which says what it has trimmed and remembers it, and
 * on XFS in a loop-mounted image, whose file shows that the device was told.
 */
#include "file_xfs.h"

#define SEED	14
#define SIZE	(24 * FT_MIB)

FIXTURE(trim) {
	struct ft_xfs xfs;
	char mnt[200];
	const char *why;
	int obj;
	int dir;
	__u64 trimmed;
	struct acall_finish finish;
};

FIXTURE_VARIANT(trim) {
	bool xfs;
};

FIXTURE_VARIANT_ADD(trim, ext4) {
	.xfs = false,
};

FIXTURE_VARIANT_ADD(trim, xfs) {
	.xfs = true,
};

FIXTURE_SETUP(trim)
{
	const char *mnt = self->mnt;

	if (variant->xfs) {
		ft_xfs_mount(&self->xfs);
		self->why = self->xfs.why;
		mnt = self->xfs.mnt;
	} else {
		self->why = ft_missing("ACALL_DEV_SMALL");
		if (!self->why) {
			ASSERT_EQ(0, ft_mount_point(self->mnt,
						    sizeof(self->mnt)));
			ASSERT_EQ(0, ft_mount_small(self->mnt));
		}
	}
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->dir = open(mnt, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_GE(self->dir, 0);
}

FIXTURE_TEARDOWN(trim)
{
	const char *left;

	if (self->why)
		return;
	close(self->obj);
	close(self->dir);
	if (variant->xfs) {
		EXPECT_EQ(0, ft_xfs_unmount(&self->xfs));
	} else {
		EXPECT_EQ(0, umount(self->mnt));
		rmdir(self->mnt);
	}
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

static __u64 blocks_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : (__u64)st.st_blocks * 512;
}

TEST_F(trim, F2_free_blocks_are_given_back)
{
	const struct acall_file_trim all = { 0 };
	__u64 since, full, is;
	int fd;

	if (self->why)
		SKIP(return, "%s", self->why);
	fd = openat(self->dir, "file", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ft_write_pattern(fd, 0, SIZE, SEED));
	ASSERT_EQ(0, fsync(fd));
	close(fd);
	full = blocks_of(self->xfs.image);
	ASSERT_EQ(0, unlinkat(self->dir, "file", 0));
	ASSERT_EQ(0, syncfs(self->dir));
	/* XFS frees an unlinked file's blocks some time later. */
	since = now_ns();
	do {
		ASSERT_EQ(0, ft_trim(self->obj, self->dir, &all, &self->trimmed,
				     &self->finish));
		EXPECT_TRUE(ft_ended(&self->finish, 0, self->finish.total));
		EXPECT_LE(SIZE, self->finish.total);
		EXPECT_LE(SIZE, self->trimmed);
		is = blocks_of(self->xfs.image);
	} while (variant->xfs && full - is < SIZE / 2 && !guard_expired(since));
	if (variant->xfs)
		EXPECT_LE(SIZE / 2, full - is);
}

/* ext4 knows which groups have nothing new, XFS trims it all again. */
TEST_F(trim, F2_output_is_what_was_trimmed)
{
	const struct acall_file_trim all = { 0 };

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_trim(self->obj, self->dir, &all, &self->trimmed,
			     &self->finish));
	ASSERT_EQ(0, ft_trim(self->obj, self->dir, &all, &self->trimmed,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, self->finish.total));
	EXPECT_EQ(variant->xfs, self->trimmed >= SIZE)
		TH_LOG("%llu", (unsigned long long)self->trimmed);
	EXPECT_EQ(variant->xfs, !!self->trimmed);
}

TEST_F(trim, F2_a_range_and_a_least_length)
{
	struct acall_file_trim arg = {
		.offset = 16 * FT_MIB,
		.length = 8 * FT_MIB,
	};

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_trim(self->obj, self->dir, &arg, &self->trimmed,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, arg.length));
	EXPECT_EQ(arg.length, self->finish.total);
	/* XFS of 6.1 takes all of what is partly in it. */
	if (!variant->xfs)
		EXPECT_GE(arg.length, self->trimmed);
	/* No group of blocks is that long, and they say so. */
	arg.minlen = FT_TIB;
	ASSERT_EQ(0, ft_trim(self->obj, self->dir, &arg, &self->trimmed,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, -EINVAL, 0));
}

/* Nothing of what the kernel needed of our memory is left in it. */
TEST_F(trim, F2_leaves_no_mapping_behind)
{
	const struct acall_file_trim all = { 0 };
	static char before[16384], after[16384];
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (self->why)
		SKIP(return, "%s", self->why);
	n = pread(fd, before, sizeof(before) - 1, 0);
	ASSERT_LT(0, n);
	ASSERT_EQ(0, ft_trim(self->obj, self->dir, &all, &self->trimmed,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, self->finish.total));
	EXPECT_EQ(n, pread(fd, after, sizeof(after) - 1, 0));
	EXPECT_STREQ(before, after);
	close(fd);
}

TEST_F(trim, B3_wrong_arguments)
{
	struct acall_file_trim arg = { .flags = 1 };
	int fd;

	if (self->why)
		SKIP(return, "%s", self->why);
	EXPECT_EQ(-EINVAL, ft_trim(self->obj, self->dir, &arg, &self->trimmed,
				   &self->finish));
	arg = (struct acall_file_trim){ .__reserved = 1 };
	EXPECT_EQ(-EINVAL, ft_trim(self->obj, self->dir, &arg, &self->trimmed,
				   &self->finish));
	arg = (struct acall_file_trim){ .offset = 1, .length = UINT64_MAX };
	EXPECT_EQ(-EOVERFLOW, ft_trim(self->obj, self->dir, &arg, &self->trimmed,
				      &self->finish));
	/* Behind the end, as the file system says. */
	arg = (struct acall_file_trim){ .offset = FT_TIB };
	ASSERT_EQ(0, ft_trim(self->obj, self->dir, &arg, &self->trimmed,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, -EINVAL, 0));
	/* tmpfs has nothing to trim. */
	arg = (struct acall_file_trim){ 0 };
	fd = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_GE(fd, 0);
	EXPECT_EQ(-ENOTTY, ft_error(ft_trim(self->obj, fd, &arg, &self->trimmed,
					    &self->finish), &self->finish));
	close(fd);
}

static int as_other_user(void *arg)
{
	const struct acall_file_trim all = { 0 };
	struct acall_finish finish;
	const int *dir = arg;
	__u64 trimmed;
	int obj;

	if (become(65534))
		return 1;
	obj = ft_object();
	if (obj < 0)
		return 2;
	return ft_trim(obj, *dir, &all, &trimmed, &finish) == -EPERM ? 0 : 3;
}

TEST_F(trim, R_ID_only_for_the_administrator)
{
	if (self->why)
		SKIP(return, "%s", self->why);
	if (geteuid())
		SKIP(return, "only root can become somebody else");
	EXPECT_EQ(0, child_run(as_other_user, &self->dir));
}

#include "acall_main.h"
