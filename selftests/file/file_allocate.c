// SPDX-License-Identifier: GPL-2.0-only
/*
 * The method allocate: as fallocate(2), seen through fstat(2) and SEEK_HOLE.
 *
 * The witnesses are the size, the allocated bytes and the data on both sides of
 * the range, which has odd ends where that matters. What a file system cannot
 * do must be said (EOPNOTSUPP), not be done in another way.
 */
#include "file_util.h"

#define SEED	7

FIXTURE(allocate) {
	const char *why;
	int obj;
	int fd;
	struct acall_finish finish;
};

FIXTURE_VARIANT(allocate) {
	const char *dir;
	bool zeroes;	/* has FALLOC_FL_ZERO_RANGE */
};

FIXTURE_VARIANT_ADD(allocate, tmpfs) {
	.dir = "ACALL_DIR_TMPFS",
};

FIXTURE_VARIANT_ADD(allocate, ext4) {
	.dir = "ACALL_DIR_EXT4",
	.zeroes = true,
};

FIXTURE_SETUP(allocate)
{
	self->why = ft_missing(variant->dir);
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->fd = ft_temp(variant->dir);
	ASSERT_GE(self->fd, 0);
}

FIXTURE_TEARDOWN(allocate)
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

TEST_F(allocate, F2_plain_grows_the_file)
{
	const struct acall_file_allocate arg = {
		.offset = 100000,
		.length = 70 * FT_MIB + 1,
	};

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, 200000, SEED));
	ASSERT_EQ(0, ft_allocate(self->obj, self->fd, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, arg.length));
	EXPECT_EQ(arg.length, self->finish.total);
	EXPECT_EQ(100000 + arg.length, ft_size(self->fd));
	EXPECT_LE(100000 + arg.length, ft_allocated(self->fd));
	EXPECT_EQ(-1, ft_check_pattern(self->fd, 0, 200000, SEED));
	EXPECT_EQ(-1, ft_check_byte(self->fd, 200000, FT_MIB, 0));
	EXPECT_EQ(-1, ft_check_byte(self->fd, arg.length - 10, 100010, 0));
}

TEST_F(allocate, F2_keep_size)
{
	const struct acall_file_allocate arg = {
		.length = 4 * FT_MIB,
		.flags = ACALL_FILE_ALLOCATE_KEEP_SIZE,
	};

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, 5000, SEED));
	ASSERT_EQ(0, ft_allocate(self->obj, self->fd, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 4 * FT_MIB));
	EXPECT_EQ(5000, ft_size(self->fd));
	EXPECT_LE(4 * FT_MIB, ft_allocated(self->fd));
	EXPECT_EQ(-1, ft_check_pattern(self->fd, 0, 5000, SEED));
}

/* Length 0: the holes up to the end of the file are filled, it does not grow. */
TEST_F(allocate, F2_length_0_is_to_the_end)
{
	struct acall_file_allocate arg = { .offset = 4096 };
	const __u64 size = 3 * FT_MIB + 5;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, FT_MIB, 100, SEED));
	ASSERT_EQ(0, ftruncate(self->fd, size));
	ASSERT_EQ(0, ft_allocate(self->obj, self->fd, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, size - 4096));
	EXPECT_EQ(size, ft_size(self->fd));
	EXPECT_LE(size - 4096, ft_allocated(self->fd));
	EXPECT_EQ(-1, ft_check_pattern(self->fd, FT_MIB, 100, SEED));

	arg.offset = size;
	ASSERT_EQ(0, ft_allocate(self->obj, self->fd, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 0));
	EXPECT_EQ(size, ft_size(self->fd));
}

TEST_F(allocate, F2_punch_makes_a_hole)
{
	const struct acall_file_allocate arg = {
		.offset = 100001,
		.length = 2 * FT_MIB,
		.mode = ACALL_FILE_ALLOCATE_PUNCH,
	};
	const __u64 size = 4 * FT_MIB, end = arg.offset + arg.length;
	__u64 before;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, size, SEED));
	before = ft_allocated(self->fd);
	ASSERT_EQ(0, ft_allocate(self->obj, self->fd, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 2 * FT_MIB));
	EXPECT_EQ(size, ft_size(self->fd));
	EXPECT_GE(before - (2 * FT_MIB - 8192), ft_allocated(self->fd));
	EXPECT_TRUE(ft_is_hole(self->fd, 102400, 2 * FT_MIB - 4096));
	EXPECT_EQ(-1, ft_check_pattern(self->fd, 0, arg.offset, SEED));
	EXPECT_EQ(-1, ft_check_byte(self->fd, arg.offset, arg.length, 0));
	EXPECT_EQ(-1, ft_check_pattern(self->fd, end, size - end, SEED));
}

/* A punch never makes a file longer, with or without KEEP_SIZE. */
TEST_F(allocate, F2_punch_beyond_the_end)
{
	struct acall_file_allocate arg = {
		.offset = FT_MIB,
		.length = FT_GIB,
		.mode = ACALL_FILE_ALLOCATE_PUNCH,
	};

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, 2 * FT_MIB, SEED));
	ASSERT_EQ(0, ft_allocate(self->obj, self->fd, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, FT_GIB));
	EXPECT_EQ(2 * FT_MIB, ft_size(self->fd));
	EXPECT_TRUE(ft_is_hole(self->fd, FT_MIB, FT_MIB));
	EXPECT_EQ(-1, ft_check_pattern(self->fd, 0, FT_MIB, SEED));

	arg.offset = 0;
	arg.flags = ACALL_FILE_ALLOCATE_KEEP_SIZE;
	ASSERT_EQ(0, ft_allocate(self->obj, self->fd, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, FT_GIB));
	EXPECT_EQ(2 * FT_MIB, ft_size(self->fd));
	EXPECT_TRUE(ft_is_hole(self->fd, 0, 2 * FT_MIB));
}

TEST_F(allocate, F2_zero_keeps_the_blocks)
{
	struct acall_file_allocate arg = {
		.offset = 100001,
		.length = 2 * FT_MIB,
		.mode = ACALL_FILE_ALLOCATE_ZERO,
	};
	const __u64 size = 4 * FT_MIB, end = arg.offset + arg.length;
	int ret;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->fd, 0, size, SEED));
	ret = ft_allocate(self->obj, self->fd, &arg, &self->finish);
	if (!variant->zeroes) {
		EXPECT_EQ(-EOPNOTSUPP, ft_error(ret, &self->finish));
		EXPECT_EQ(0, self->finish.progress);
		EXPECT_EQ(-1, ft_check_pattern(self->fd, 0, size, SEED));
		return;
	}
	ASSERT_EQ(0, ret);
	EXPECT_TRUE(ft_ended(&self->finish, 0, 2 * FT_MIB));
	EXPECT_EQ(size, ft_size(self->fd));
	EXPECT_LE(size, ft_allocated(self->fd));
	EXPECT_EQ(-1, ft_check_pattern(self->fd, 0, arg.offset, SEED));
	EXPECT_EQ(-1, ft_check_byte(self->fd, arg.offset, arg.length, 0));
	EXPECT_EQ(-1, ft_check_pattern(self->fd, end, size - end, SEED));

	/* Beyond the end it grows the file, unless the size is kept. */
	arg.offset = 3 * FT_MIB;
	arg.flags = ACALL_FILE_ALLOCATE_KEEP_SIZE;
	ASSERT_EQ(0, ft_allocate(self->obj, self->fd, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 2 * FT_MIB));
	EXPECT_EQ(size, ft_size(self->fd));
	arg.flags = 0;
	ASSERT_EQ(0, ft_allocate(self->obj, self->fd, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 2 * FT_MIB));
	EXPECT_EQ(5 * FT_MIB, ft_size(self->fd));
	EXPECT_EQ(-1, ft_check_byte(self->fd, 3 * FT_MIB, 2 * FT_MIB, 0));
}

TEST_F(allocate, R_ABI_ranges_across_2_gib_4_gib_1_tib)
{
	static const __u64 seams[] = { 2 * FT_GIB, 4 * FT_GIB, FT_TIB };
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < ARRAY_SIZE(seams); i++) {
		struct acall_file_allocate arg = {
			.offset = seams[i] - 65536,
			.length = 131072,
		};

		ASSERT_EQ(0, ft_allocate(self->obj, self->fd, &arg,
					 &self->finish));
		ASSERT_TRUE(ft_ended(&self->finish, 0, 131072));
		ASSERT_EQ(seams[i] + 65536, ft_size(self->fd));
		/* 8 KiB of what came before are punched, see below. */
		ASSERT_LE(131072 + i * (131072 - 8192),
			  ft_allocated(self->fd));
		ASSERT_EQ(-1, ft_check_byte(self->fd, arg.offset, 131072, 0));

		ASSERT_EQ(0, ft_write_pattern(self->fd, arg.offset, 131072,
					      SEED));
		arg.mode = ACALL_FILE_ALLOCATE_PUNCH;
		arg.offset = seams[i] - 4096;
		arg.length = 8192;
		ASSERT_EQ(0, ft_allocate(self->obj, self->fd, &arg,
					 &self->finish));
		ASSERT_TRUE(ft_ended(&self->finish, 0, 8192));
		ASSERT_TRUE(ft_is_hole(self->fd, arg.offset, 8192));
		ASSERT_EQ(-1, ft_check_pattern(self->fd, seams[i] - 65536,
					       61440, SEED));
		ASSERT_EQ(-1, ft_check_pattern(self->fd, seams[i] + 4096,
					       61440, SEED));
	}
}

/* R-RLIM: by BEGIN, without SIGXFSZ. */
TEST_F(allocate, R_RLIM_EFBIG_from_BEGIN)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit limit = { FT_MIB, RLIM_INFINITY };
	struct acall_file_allocate arg = { .length = FT_MIB + 1 };
	sigset_t set, pending;
	int beyond, upto, within;

	if (self->why)
		SKIP(return, "%s", self->why);
	sigemptyset(&set);
	sigaddset(&set, SIGXFSZ);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));

	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
	beyond = ft_allocate(self->obj, self->fd, &arg, &self->finish);
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &none));
	EXPECT_EQ(-EFBIG, beyond);
	EXPECT_EQ(0, ft_size(self->fd));
	EXPECT_EQ(0, ft_allocated(self->fd));

	arg.length = FT_MIB;
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
	upto = ft_allocate(self->obj, self->fd, &arg, &self->finish);
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &none));
	EXPECT_EQ(0, upto);
	EXPECT_TRUE(ft_ended(&self->finish, 0, FT_MIB));

	/* A file that is too long already may be filled. */
	ASSERT_EQ(0, ftruncate(self->fd, 2 * FT_MIB));
	arg.length = 2 * FT_MIB;
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
	within = ft_allocate(self->obj, self->fd, &arg, &self->finish);
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &none));
	EXPECT_EQ(0, within);
	EXPECT_TRUE(ft_ended(&self->finish, 0, 2 * FT_MIB));

	ASSERT_EQ(0, sigpending(&pending));
	EXPECT_FALSE(sigismember(&pending, SIGXFSZ));
}

/* Room beyond the end is no size, but all that a file of tmpfs has. */
TEST_F(allocate, R_RLIM_with_KEEP_SIZE)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit limit = { FT_MIB, RLIM_INFINITY };
	const struct acall_file_allocate arg = {
		.flags = ACALL_FILE_ALLOCATE_KEEP_SIZE, .length = FT_MIB + 1,
	};
	int ret;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
	ret = ft_allocate(self->obj, self->fd, &arg, &self->finish);
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &none));
	EXPECT_EQ(strcmp(variant->dir, "ACALL_DIR_TMPFS") ? 0 : -EFBIG, ret);
	EXPECT_EQ(0, ft_size(self->fd));
	if (!ret)
		EXPECT_TRUE(ft_ended(&self->finish, 0, FT_MIB + 1));
}

/* Files of ext4 with blocks of 4 KiB end at 16 TiB, tmpfs has room there. */
TEST_F(allocate, F2_beyond_the_largest_file_EFBIG)
{
	const struct acall_file_allocate arg = {
		.offset = 16 * FT_TIB,
		.length = 1,
	};
	int ret, expected = variant->zeroes ? -EFBIG : 0;

	if (self->why)
		SKIP(return, "%s", self->why);
	ret = ft_allocate(self->obj, self->fd, &arg, &self->finish);
	EXPECT_EQ(expected, ft_error(ret, &self->finish));
	EXPECT_EQ(expected ? 0 : 16 * FT_TIB + 1, ft_size(self->fd));
}

#include "acall_main.h"
