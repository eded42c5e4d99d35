// SPDX-License-Identifier: GPL-2.0-only
/*
 * The method discard on a loop device, whose file is the witness: what is
 * discarded is punched out of it, and all the rest is as it was.
 */
#include "file_loop.h"

#include <linux/fs.h>

#define SEED	13
#define SIZE	(6 * FT_MIB)
#define CHUNK	(256 * FT_MIB)

FIXTURE(discard) {
	const char *why;
	int obj;
	int file;		/* behind the device */
	int dev;
	struct acall_finish finish;
};

FIXTURE_VARIANT(discard) {
	const char *dir;
};

FIXTURE_VARIANT_ADD(discard, tmpfs) {
	.dir = "ACALL_DIR_TMPFS",
};

FIXTURE_VARIANT_ADD(discard, ext4) {
	.dir = "ACALL_DIR_EXT4",
};

FIXTURE_SETUP(discard)
{
	self->why = ft_missing(variant->dir);
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->file = ft_temp(variant->dir);
	ASSERT_GE(self->file, 0);
	ASSERT_EQ(0, ft_write_pattern(self->file, 0, SIZE, SEED));
	ASSERT_EQ(0, fsync(self->file));
	self->dev = ft_loop(self->file);
	if (self->dev < 0)
		self->why = "no loop devices here";
}

FIXTURE_TEARDOWN(discard)
{
	const char *left;

	if (self->why)
		return;
	close(self->obj);
	close(self->dev);
	close(self->file);
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

/* What is left of the pattern is the rest of it. */
static bool only_zeroes(int fd, __u64 offset, __u64 length)
{
	return ft_check_pattern(fd, 0, offset, SEED) == -1 &&
	       ft_check_byte(fd, offset, length, 0) == -1 &&
	       ft_check_pattern(fd, offset + length, SIZE - offset - length,
				SEED) == -1;
}

TEST_F(discard, F2_the_device_gives_it_back)
{
	__u64 allocated;

	if (self->why)
		SKIP(return, "%s", self->why);
	allocated = ft_allocated(self->file);
	ASSERT_EQ(0, ft_discard(self->obj, self->dev, ACALL_FILE_DISCARD_PLAIN,
				FT_MIB, 2 * FT_MIB, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 2 * FT_MIB));
	EXPECT_EQ(2 * FT_MIB, self->finish.total);
	EXPECT_TRUE(only_zeroes(self->dev, FT_MIB, 2 * FT_MIB));
	EXPECT_EQ(allocated - 2 * FT_MIB, ft_allocated(self->file));
}

TEST_F(discard, F2_to_the_end_of_the_device)
{
	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_discard(self->obj, self->dev, ACALL_FILE_DISCARD_PLAIN,
				FT_MIB, 0, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE - FT_MIB));
	EXPECT_TRUE(only_zeroes(self->dev, FT_MIB, SIZE - FT_MIB));
	ASSERT_EQ(0, ft_discard(self->obj, self->dev, ACALL_FILE_DISCARD_PLAIN,
				SIZE, 0, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 0));
}

TEST_F(discard, F2_zeroes)
{
	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_discard(self->obj, self->dev, ACALL_FILE_DISCARD_ZERO,
				4096, 3 * FT_MIB, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 3 * FT_MIB));
	EXPECT_TRUE(only_zeroes(self->dev, 4096, 3 * FT_MIB));
	ASSERT_EQ(0, fsync(self->dev));
	EXPECT_TRUE(only_zeroes(self->file, 4096, 3 * FT_MIB));
}

/* What was written before and not yet written back must not come back. */
TEST_F(discard, F2_dirty_pages_go_too)
{
	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_byte(self->dev, FT_MIB, FT_MIB, 0x5a));
	ASSERT_EQ(0, ft_discard(self->obj, self->dev, ACALL_FILE_DISCARD_PLAIN,
				FT_MIB, FT_MIB, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, FT_MIB));
	ASSERT_EQ(0, fsync(self->dev));
	EXPECT_TRUE(only_zeroes(self->dev, FT_MIB, FT_MIB));
	EXPECT_TRUE(only_zeroes(self->file, FT_MIB, FT_MIB));
}

/* Under who holds the device for himself nothing dirty is thrown away. */
TEST_F(discard, F2_a_device_in_use_EBUSY)
{
	int holder;

	if (self->why)
		SKIP(return, "%s", self->why);
	holder = ft_reopen(self->dev, O_RDWR | O_EXCL);
	ASSERT_GE(holder, 0);
	ASSERT_EQ(0, ft_write_byte(holder, FT_MIB, FT_MIB, 0x5a));
	ASSERT_EQ(0, ft_discard(self->obj, self->dev, ACALL_FILE_DISCARD_PLAIN,
				FT_MIB, FT_MIB, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, -EBUSY, 0));
	EXPECT_EQ(-1, ft_check_byte(self->dev, FT_MIB, FT_MIB, 0x5a));

	/* The holder himself may. */
	ASSERT_EQ(0, ft_discard(self->obj, holder, ACALL_FILE_DISCARD_PLAIN,
				FT_MIB, FT_MIB, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, FT_MIB));
	close(holder);
	EXPECT_TRUE(only_zeroes(self->dev, FT_MIB, FT_MIB));
}

TEST_F(discard, B3_wrong_ranges)
{
	struct acall_file_discard arg = { .flags = 1 };
	static const struct {
		__u64 offset;
		__u64 length;
		int error;
	} ranges[] = {
		{ 100, 512, -EINVAL },
		{ 512, 100, -EINVAL },
		{ 0, SIZE + 512, -EINVAL },
		{ SIZE, 512, -EINVAL },
		{ SIZE + 512, 0, -EINVAL },
		{ INT64_MAX - 511, 512, -EOVERFLOW },
	};
	size_t i;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		EXPECT_EQ(ranges[i].error,
			  ft_discard(self->obj, self->dev,
				     ACALL_FILE_DISCARD_PLAIN, ranges[i].offset,
				     ranges[i].length, &self->finish))
			TH_LOG("range %zu", i);
	EXPECT_EQ(-EINVAL, ft_discard(self->obj, self->dev, 3, 0, 512,
				      &self->finish));
	EXPECT_EQ(-EINVAL, ft_run(self->obj, ACALL_FILE_DISCARD, &arg,
				  sizeof(arg), &self->dev, 1, NULL, 0,
				  &self->finish));
	EXPECT_EQ(-1, ft_check_pattern(self->dev, 0, SIZE, SEED));
}

TEST_F(discard, B3_wrong_devices)
{
	int read_only, fd;

	if (self->why)
		SKIP(return, "%s", self->why);
	EXPECT_EQ(-EINVAL, ft_discard(self->obj, self->file,
				      ACALL_FILE_DISCARD_PLAIN, 0, 0,
				      &self->finish));
	/* A loop device cannot forget for certain. */
	EXPECT_EQ(-EOPNOTSUPP, ft_discard(self->obj, self->dev,
					  ACALL_FILE_DISCARD_SECURE, 0, 0,
					  &self->finish));
	fd = ft_reopen(self->dev, O_RDONLY);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(-EBADF, ft_discard(self->obj, fd, ACALL_FILE_DISCARD_PLAIN, 0, 0,
				     &self->finish));
	close(fd);
	/* This stays with the device, whoever it is given to next. */
	read_only = 1;
	ASSERT_EQ(0, ioctl(self->dev, BLKROSET, &read_only));
	EXPECT_EQ(-EPERM, ft_discard(self->obj, self->dev,
				     ACALL_FILE_DISCARD_PLAIN, 0, 0,
				     &self->finish));
	read_only = 0;
	EXPECT_EQ(0, ioctl(self->dev, BLKROSET, &read_only));
	EXPECT_EQ(-1, ft_check_pattern(self->dev, 0, SIZE, SEED));
}

/* What the device has no command for is written. */
TEST_F(discard, F2_a_device_that_can_do_neither)
{
	char mnt[200];
	int dir, file, dev;
	__u64 since;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_mount_point(mnt, sizeof(mnt)));
	ASSERT_EQ(0, mount("none", mnt, "ramfs", 0, NULL));
	dir = open(mnt, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_GE(dir, 0);
	file = openat(dir, "image", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	ASSERT_GE(file, 0);
	ASSERT_EQ(0, ft_write_pattern(file, 0, SIZE, SEED));
	dev = ft_loop(file);
	ASSERT_GE(dev, 0);
	EXPECT_EQ(-EOPNOTSUPP, ft_discard(self->obj, dev, ACALL_FILE_DISCARD_PLAIN,
					  0, 0, &self->finish));
	ASSERT_EQ(0, ft_discard(self->obj, dev, ACALL_FILE_DISCARD_ZERO, 512,
				FT_MIB, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, FT_MIB));
	ASSERT_EQ(0, fsync(dev));
	EXPECT_TRUE(only_zeroes(file, 512, FT_MIB));
	close(dev);
	close(file);
	close(dir);
	/* The loop device lets go of its file some time later. */
	since = now_ns();
	while (umount(mnt)) {
		ASSERT_EQ(EBUSY, errno);
		ASSERT_FALSE(guard_expired(since));
		give_way();
	}
	rmdir(mnt);
}

/* Of 4 TiB without a block there are 16384 chunks. */
TEST_F(discard, X5_stops_between_chunks)
{
	const struct acall_file_discard arg = {
		.mode = ACALL_FILE_DISCARD_PLAIN,
	};
	const __u64 size = 4 * FT_TIB;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ftruncate(self->file, size));
	ASSERT_EQ(0, ioctl(self->dev, LOOP_SET_CAPACITY));
	ASSERT_EQ(0, ft_begin(self->obj, ACALL_FILE_DISCARD, &arg, sizeof(arg),
			      &self->dev, 1));
	ASSERT_EQ(ACALL_STATE_RUNNING, ft_wait_progress(self->obj, 1));
	ASSERT_EQ(0, ft_cancel(self->obj, 0, FOREVER));
	ASSERT_EQ(0, ft_finish(self->obj, &self->finish));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, self->finish.outcome);
	EXPECT_LT(0, self->finish.progress);
	EXPECT_GT(size, self->finish.progress);
	EXPECT_EQ(0, self->finish.progress % CHUNK);
	EXPECT_EQ(0, ft_allocated(self->file));
}

#include "acall_main.h"
