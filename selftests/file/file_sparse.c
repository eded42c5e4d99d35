// SPDX-License-Identifier: GPL-2.0-only
/*
 * The method copy with SPARSE: holes stay holes, and nothing else changes.
 *
 * A hole is easy to get wrong in three ways: it becomes data (a backup of a
 * 1 TiB image that fills the disk), it is skipped where the target already had
 * data (old bytes shine through), or the hole at the end is lost (the target is
 * too short). Each has its test; SEEK_HOLE, SEEK_DATA and st_blocks are the
 * witnesses, and without SPARSE the same source gives the same bytes.
 */
#include "file_util.h"

#define SRC_SEED	3
#define OLD		0xa5

FIXTURE(sparse) {
	const char *why;
	int obj;
	int src;
	int dst;
	struct acall_finish finish;
};

FIXTURE_VARIANT(sparse) {
	const char *src_dir;
	const char *dst_dir;
};

FIXTURE_VARIANT_ADD(sparse, tmpfs) {
	.src_dir = "ACALL_DIR_TMPFS",
	.dst_dir = "ACALL_DIR_TMPFS",
};

FIXTURE_VARIANT_ADD(sparse, ext4) {
	.src_dir = "ACALL_DIR_EXT4",
	.dst_dir = "ACALL_DIR_EXT4",
};

FIXTURE_VARIANT_ADD(sparse, tmpfs_to_ext4) {
	.src_dir = "ACALL_DIR_TMPFS",
	.dst_dir = "ACALL_DIR_EXT4",
};

FIXTURE_VARIANT_ADD(sparse, ext4_to_tmpfs) {
	.src_dir = "ACALL_DIR_EXT4",
	.dst_dir = "ACALL_DIR_TMPFS",
};

FIXTURE_SETUP(sparse)
{
	self->why = ft_missing(variant->src_dir);
	if (!self->why)
		self->why = ft_missing(variant->dst_dir);
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->src = ft_temp(variant->src_dir);
	ASSERT_GE(self->src, 0);
	self->dst = ft_temp(variant->dst_dir);
	ASSERT_GE(self->dst, 0);
}

FIXTURE_TEARDOWN(sparse)
{
	const char *left;

	if (self->why)
		return;
	close(self->obj);
	close(self->src);
	close(self->dst);
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

/* 1 TiB with 8 pieces of 1 MiB, the first at 0, the last before a long hole. */
TEST_F(sparse, one_tib_with_8_mib_of_data)
{
	const struct acall_file_copy arg = { .flags = ACALL_FILE_COPY_SPARSE };
	static const __u64 pieces[] = {
		0, FT_GIB, 2 * FT_GIB - FT_MIB / 2, 3 * FT_GIB,
		4 * FT_GIB - 4096, 100 * FT_GIB, 512 * FT_GIB,
		FT_TIB - 8 * FT_MIB,
	};
	__u64 at = 0;
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ftruncate(self->src, FT_TIB));
	for (i = 0; i < ARRAY_SIZE(pieces); i++)
		ASSERT_EQ(0, ft_write_pattern(self->src, pieces[i], FT_MIB,
					      SRC_SEED));

	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, FT_TIB));
	EXPECT_EQ(FT_TIB, self->finish.total);
	EXPECT_EQ(FT_TIB, ft_size(self->dst));
	/* Some metadata of the file system may count too. */
	EXPECT_LE(8 * FT_MIB, ft_allocated(self->dst));
	EXPECT_GE(8 * FT_MIB + 256 * FT_KIB, ft_allocated(self->dst));
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		EXPECT_TRUE(ft_is_hole(self->dst, at, pieces[i] - at));
		EXPECT_EQ(-1, ft_check_pattern(self->dst, pieces[i], FT_MIB,
					       SRC_SEED));
		at = pieces[i] + FT_MIB;
	}
	EXPECT_TRUE(ft_is_hole(self->dst, at, FT_TIB - at));
	EXPECT_EQ(-1, ft_check_byte(self->dst, at, FT_MIB, 0));
}

TEST_F(sparse, hole_at_the_end)
{
	const struct acall_file_copy arg = { .flags = ACALL_FILE_COPY_SPARSE };
	const __u64 size = 5 * FT_MIB + 123;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, FT_MIB, SRC_SEED));
	ASSERT_EQ(0, ftruncate(self->src, size));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, size));
	EXPECT_EQ(size, ft_size(self->dst));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, FT_MIB, SRC_SEED));
	EXPECT_EQ(-1, ft_check_byte(self->dst, FT_MIB, size - FT_MIB, 0));
	EXPECT_TRUE(ft_is_hole(self->dst, FT_MIB, size - FT_MIB));
}

TEST_F(sparse, nothing_but_a_hole)
{
	const struct acall_file_copy arg = { .flags = ACALL_FILE_COPY_SPARSE };
	const __u64 size = 10 * FT_GIB + 1;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ftruncate(self->src, size));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, size));
	EXPECT_EQ(size, ft_size(self->dst));
	EXPECT_TRUE(ft_is_hole(self->dst, 0, size));
	EXPECT_GE(64 * FT_KIB, ft_allocated(self->dst));
}

/* Old data of the target under a hole of the source becomes zero. */
TEST_F(sparse, hole_over_old_data)
{
	const struct acall_file_copy arg = { .flags = ACALL_FILE_COPY_SPARSE };
	const __u64 size = 4 * FT_MIB, old = 6 * FT_MIB;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, FT_MIB, SRC_SEED));
	ASSERT_EQ(0, ft_write_pattern(self->src, 2 * FT_MIB, FT_MIB,
				      SRC_SEED));
	ASSERT_EQ(0, ftruncate(self->src, size));
	ASSERT_EQ(0, ft_write_byte(self->dst, 0, old, OLD));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, size));
	EXPECT_EQ(old, ft_size(self->dst));
	EXPECT_EQ(-1, ft_check_same(self->src, 0, self->dst, 0, size));
	EXPECT_EQ(-1, ft_check_byte(self->dst, size, old - size, OLD));
	EXPECT_TRUE(ft_is_hole(self->dst, FT_MIB, FT_MIB));
	EXPECT_TRUE(ft_is_hole(self->dst, 3 * FT_MIB, FT_MIB));
}

/* Edges of a hole within blocks of the target: no old byte, no lost byte. */
TEST_F(sparse, odd_offsets_over_old_data)
{
	static const struct acall_file_copy ranges[] = {
		{ .src_offset = 1000, .dst_offset = 3000 },
		{ .src_offset = 65537, .dst_offset = 1 },
		{ .src_offset = 70000, .dst_offset = 70000, .length = 10 },
		{ .src_offset = 60000, .dst_offset = 5, .length = 200001 },
	};
	const __u64 size = 400 * FT_KIB, old = 600 * FT_KIB;
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, 64 * FT_KIB, SRC_SEED));
	ASSERT_EQ(0, ft_write_pattern(self->src, 128 * FT_KIB, 4096,
				      SRC_SEED));
	ASSERT_EQ(0, ft_write_pattern(self->src, 300 * FT_KIB, 100,
				      SRC_SEED));
	ASSERT_EQ(0, ftruncate(self->src, size));
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		struct acall_file_copy arg = ranges[i];
		__u64 len = arg.length ?: size - arg.src_offset;
		__u64 end = arg.dst_offset + len;

		arg.flags = ACALL_FILE_COPY_SPARSE;
		ASSERT_EQ(0, ft_write_byte(self->dst, 0, old, OLD));
		ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
				     &self->finish));
		ASSERT_TRUE(ft_ended(&self->finish, 0, len));
		ASSERT_EQ(old, ft_size(self->dst));
		ASSERT_EQ(-1, ft_check_byte(self->dst, 0, arg.dst_offset,
					    OLD));
		ASSERT_EQ(-1, ft_check_same(self->src, arg.src_offset,
					    self->dst, arg.dst_offset, len));
		ASSERT_EQ(-1, ft_check_byte(self->dst, end, old - end, OLD));
	}
}

/* A range that begins in one hole and ends in another, into a short target. */
TEST_F(sparse, range_from_hole_to_hole)
{
	const struct acall_file_copy arg = {
		.src_offset = FT_MIB,
		.dst_offset = FT_MIB + 4096,
		.length = 4 * FT_MIB,
		.flags = ACALL_FILE_COPY_SPARSE,
	};

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->src, 2 * FT_MIB, FT_MIB,
				      SRC_SEED));
	ASSERT_EQ(0, ftruncate(self->src, 8 * FT_MIB));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 4 * FT_MIB));
	EXPECT_EQ(5 * FT_MIB + 4096, ft_size(self->dst));
	EXPECT_TRUE(ft_is_hole(self->dst, 0, 2 * FT_MIB + 4096));
	EXPECT_EQ(-1, ft_check_moved(self->dst, 2 * FT_MIB + 4096, FT_MIB,
				     SRC_SEED, 2 * FT_MIB));
	EXPECT_TRUE(ft_is_hole(self->dst, 3 * FT_MIB + 4096, 2 * FT_MIB));
}

/* Many small holes: every other block of 4 KiB. */
TEST_F(sparse, every_other_block)
{
	const struct acall_file_copy arg = { .flags = ACALL_FILE_COPY_SPARSE };
	const __u64 size = 2 * FT_MIB;
	__u64 at;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ftruncate(self->src, size));
	for (at = 4096; at < size; at += 8192)
		ASSERT_EQ(0, ft_write_pattern(self->src, at, 4096, SRC_SEED));
	ASSERT_EQ(0, ft_write_byte(self->dst, 0, size, OLD));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, size));
	EXPECT_EQ(size, ft_size(self->dst));
	EXPECT_EQ(-1, ft_check_same(self->src, 0, self->dst, 0, size));
	for (at = 0; at < size; at += 8192)
		ASSERT_TRUE(ft_is_hole(self->dst, at, 4096));
}

/* Without SPARSE, and with REFLINK_NEVER, the bytes are the same ones. */
TEST_F(sparse, not_asked_for_gives_the_same_bytes)
{
	const struct acall_file_copy arg = {
		.reflink = ACALL_FILE_REFLINK_NEVER,
	};
	const __u64 size = 4 * FT_MIB + 5;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->src, FT_MIB, FT_MIB, SRC_SEED));
	ASSERT_EQ(0, ftruncate(self->src, size));
	ASSERT_EQ(0, ft_write_byte(self->dst, 0, size, OLD));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, size));
	EXPECT_EQ(size, ft_size(self->dst));
	EXPECT_EQ(-1, ft_check_same(self->src, 0, self->dst, 0, size));
	/* "Write every byte anew": so there is none that is not allocated. */
	EXPECT_LE(size, ft_allocated(self->dst));
}

#include "acall_main.h"
