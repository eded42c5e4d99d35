// SPDX-License-Identifier: GPL-2.0-only
/*
 * The methods on files that are not local: a server has them, which may have a
 * way of its own to copy them, and errors of its own.
 *
 * The server is a part of the test (file_fuse.h), so what it was asked can be
 * counted, and what its files hold can be seen without asking it. A server that
 * does not answer is in file_fuse_stop.c.
 */
#include "file_fuse_test.h"

#define OLD		0x5c

/* The first byte of [@from, @to) of the target that is not @byte, or -1. */
static __s64 differs(struct _test_data_fuse *self, __u64 from, __u64 to,
		     int byte)
{
	for (; from < to; from++)
		if (target(self)[from] != byte)
			return from;
	return -1;
}

TEST_F(fuse, F2_the_server_copies)
{
	const struct acall_file_copy arg = { 0 };

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, open_both(self));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
	EXPECT_EQ(SIZE, self->finish.total);
	EXPECT_TRUE(copied(self, SIZE));
	EXPECT_EQ(1, ft_fuse_seen(&self->fs, FUSE_COPY_FILE_RANGE));
	/* No byte came by here. */
	EXPECT_EQ(0, ft_fuse_seen(&self->fs, FUSE_READ));
	EXPECT_EQ(0, ft_fuse_seen(&self->fs, FUSE_WRITE));
	EXPECT_EQ(SIZE, ft_size(self->dst));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, SIZE, SRC_SEED));
}

TEST_F(fuse, F2_the_server_copies_less_than_asked)
{
	const struct acall_file_copy arg = { 0 };

	if (self->why)
		SKIP(return, "%s", self->why);
	self->fs.shared->piece = 10007;
	ASSERT_EQ(0, open_both(self));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
	EXPECT_TRUE(copied(self, SIZE));
	EXPECT_EQ((SIZE + 10006) / 10007,
		  ft_fuse_seen(&self->fs, FUSE_COPY_FILE_RANGE));
}

TEST_F(fuse, F2_only_the_range_changes)
{
	const struct acall_file_copy arg = {
		.src_offset = 4095, .dst_offset = 70001, .length = 300001,
	};
	const __u64 end = arg.dst_offset + arg.length;

	if (self->why)
		SKIP(return, "%s", self->why);
	memset(target(self), OLD, SIZE);
	self->fs.shared->size[FT_TARGET] = SIZE;
	self->fs.shared->piece = PIECE;
	ASSERT_EQ(0, open_both(self));
	/* What of it is cached here must not outlive the copy. */
	ASSERT_EQ(-1, ft_check_byte(self->dst, 0, SIZE, OLD));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, arg.length));
	EXPECT_EQ(SIZE, self->fs.shared->size[FT_TARGET]);
	EXPECT_EQ(-1, differs(self, 0, arg.dst_offset, OLD));
	EXPECT_EQ(-1, differs(self, end, SIZE, OLD));
	EXPECT_EQ(0, memcmp(target(self) + arg.dst_offset,
			    self->fs.shared->data[FT_SOURCE] + arg.src_offset,
			    arg.length));
	EXPECT_EQ(-1, ft_check_moved(self->dst, arg.dst_offset, arg.length,
				     SRC_SEED, arg.src_offset));
}

/* Nobody knows what such a server has done. */
TEST_F(fuse, F2_the_server_claims_more_than_asked_EIO)
{
	const struct acall_file_copy arg = { 0 };

	if (self->why)
		SKIP(return, "%s", self->why);
	self->fs.shared->more = 1;
	ASSERT_EQ(0, open_both(self));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, -EIO, 0));
}

/* It might share extents, and is not asked. */
TEST_F(fuse, F2_every_byte_anew_is_not_for_the_server)
{
	const struct acall_file_copy arg = {
		.reflink = ACALL_FILE_REFLINK_NEVER,
	};

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, open_both(self));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
	EXPECT_TRUE(copied(self, SIZE));
	EXPECT_EQ(0, ft_fuse_seen(&self->fs, FUSE_COPY_FILE_RANGE));
	EXPECT_LT(0, ft_fuse_seen(&self->fs, FUSE_READ));
	EXPECT_LT(0, ft_fuse_seen(&self->fs, FUSE_WRITE));
}

TEST_F(fuse, F2_shared_extents_EOPNOTSUPP)
{
	const struct acall_file_copy arg = {
		.reflink = ACALL_FILE_REFLINK_ALWAYS,
	};

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, open_both(self));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, -EOPNOTSUPP, 0));
	EXPECT_TRUE(copied(self, 0));
}

/*
 * A server that can not, from the first request on or half-way: the rest takes
 * another way. ENOSYS comes last, for the kernel remembers it.
 */
TEST_F(fuse, F2_a_server_that_can_not_copy)
{
	static const int errors[] = {
		-EINVAL, -EOPNOTSUPP, -EXDEV, FT_FUSE_NOTHING, -ENOSYS,
	};
	const struct acall_file_copy arg = { 0 };
	struct ft_fuse_op op = { 0 };
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	self->fs.shared->piece = PIECE;
	ASSERT_EQ(0, open_both(self));
	for (i = 0; i < 2 * ARRAY_SIZE(errors) - 1; i++) {
		op.error = errors[i / 2];
		op.spare = i & 1 ? 0 : 3;
		ASSERT_EQ(0, ftruncate(self->dst, 0));
		ft_fuse_set(&self->fs, FUSE_COPY_FILE_RANGE, op);
		ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
				     &self->finish));
		ASSERT_TRUE(ft_ended(&self->finish, 0, SIZE));
		ASSERT_TRUE(copied(self, SIZE));
		/* Asked once more, and then not again. */
		ASSERT_EQ(op.spare + 1,
			  ft_fuse_seen(&self->fs, FUSE_COPY_FILE_RANGE))
			TH_LOG("error %d", op.error);
		ft_fuse_open_gate(&self->fs);
	}
}

TEST_F(fuse, F2_error_of_the_servers_copy)
{
	const struct acall_file_copy arg = { 0 };

	if (self->why)
		SKIP(return, "%s", self->why);
	self->fs.shared->piece = PIECE;
	ASSERT_EQ(0, open_both(self));
	ft_fuse_set(&self->fs, FUSE_COPY_FILE_RANGE, (struct ft_fuse_op) {
		.spare = 2, .error = -EIO });
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, -EIO, 2 * PIECE));
	EXPECT_TRUE(copied(self, 2 * PIECE));
}

TEST_F(fuse, F2_errors_of_reading_and_writing)
{
	const struct acall_file_copy arg = { .flags = ACALL_FILE_COPY_SPARSE };
	int tmp;

	if (self->why)
		SKIP(return, "%s", self->why);
	tmp = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_GE(tmp, 0);
	ASSERT_EQ(0, open_both(self));
	ft_fuse_set(&self->fs, FUSE_READ, (struct ft_fuse_op) {
		.spare = 2, .error = -EIO });
	ASSERT_EQ(0, ft_copy(self->obj, self->src, tmp, &arg, &self->finish));
	EXPECT_LT(0, self->finish.progress);
	EXPECT_GT(SIZE, self->finish.progress);
	EXPECT_TRUE(ft_ended(&self->finish, -EIO, ft_size(tmp)));
	EXPECT_TRUE(same(self, tmp, self->finish.progress));

	ft_fuse_open_gate(&self->fs);
	ft_fuse_set(&self->fs, FUSE_WRITE, (struct ft_fuse_op) {
		.spare = 3, .error = -ENOSPC });
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_LT(0, self->finish.progress);
	EXPECT_TRUE(ft_ended(&self->finish, -ENOSPC,
			     self->fs.shared->size[FT_TARGET]));
	EXPECT_TRUE(copied(self, self->finish.progress));
	close(tmp);
}

/* The kernel learns of it by a short read: what there was is copied. */
TEST_F(fuse, F2_a_source_that_shrank_at_the_server)
{
	const struct acall_file_copy arg = { 0 };

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, open_both(self));
	self->fs.shared->size[FT_SOURCE] = 5 * PIECE + 1;
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 5 * PIECE + 1));
	EXPECT_TRUE(copied(self, 5 * PIECE + 1));
}

/*
 * SPARSE. Pieces of the source that are zero, and not where buffers or pages
 * begin: what is in between must be whole blocks of the target to be a hole.
 */

static const struct {
	__u64 start;
	__u64 end;
} zeros[] = {
	{ 100 * FT_KIB - 1, 700 * FT_KIB + 1 },	/* across several buffers */
	{ 704 * FT_KIB, 708 * FT_KIB },		/* a block */
	{ 712 * FT_KIB + 2048, 716 * FT_KIB },	/* less than one */
	{ 2 * FT_MIB, 3 * FT_MIB },		/* the end */
};

#define SPARSE_SIZE	(3 * FT_MIB)

static void make_holes(struct _test_data_fuse *self)
{
	struct ft_fuse_shared *s = self->fs.shared;
	unsigned int i;

	ft_pattern(s->data[FT_SOURCE], 0, SPARSE_SIZE, SRC_SEED);
	for (i = 0; i < ARRAY_SIZE(zeros); i++)
		memset(s->data[FT_SOURCE] + zeros[i].start, 0,
		       zeros[i].end - zeros[i].start);
	s->size[FT_SOURCE] = SPARSE_SIZE;
}

/* Are the whole blocks that are zero holes of @fd, and counted as such? */
static bool has_holes(int fd)
{
	__u64 start, end, data = SPARSE_SIZE;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(zeros); i++) {
		start = (zeros[i].start + 4095) / 4096 * 4096;
		end = zeros[i].end / 4096 * 4096;
		if (start >= end)
			continue;
		data -= end - start;
		if (!ft_is_hole(fd, start, end - start))
			return false;
	}
	return ft_allocated(fd) <= data + 64 * FT_KIB;
}

FIXTURE(sparse) {
	FIXTURE_DATA(fuse) base;
	int dst;
};

FIXTURE_VARIANT(sparse) {
	const char *dst_dir;
};

FIXTURE_VARIANT_ADD(sparse, to_tmpfs) {
	.dst_dir = "ACALL_DIR_TMPFS",
};

FIXTURE_VARIANT_ADD(sparse, to_ext4) {
	.dst_dir = "ACALL_DIR_EXT4",
};

FIXTURE_SETUP(sparse)
{
	self->base.why = set_up(&self->base);
	if (self->base.why)
		return;
	self->base.obj = ft_object();
	ASSERT_GE(self->base.obj, 0);
	make_holes(&self->base);
	ASSERT_EQ(0, open_source(&self->base));
	self->dst = ft_temp(variant->dst_dir);
	ASSERT_GE(self->dst, 0);
}

FIXTURE_TEARDOWN(sparse)
{
	const char *left;

	if (self->base.why)
		return;
	close(self->dst);
	left = tear_down(&self->base);
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

/* B1: holes are found without asking where they are. */
TEST_F(sparse, zeros_of_a_server_become_holes)
{
	const struct acall_file_copy arg = { .flags = ACALL_FILE_COPY_SPARSE };
	struct _test_data_fuse *base = &self->base;
	unsigned int opened;

	if (base->why)
		SKIP(return, "%s", base->why);
	opened = ft_fuse_seen(&base->fs, FUSE_OPEN);
	ASSERT_EQ(0, ft_copy(base->obj, base->src, self->dst, &arg,
			     &base->finish));
	EXPECT_TRUE(ft_ended(&base->finish, 0, SPARSE_SIZE));
	EXPECT_EQ(SPARSE_SIZE, ft_size(self->dst));
	EXPECT_TRUE(same(base, self->dst, SPARSE_SIZE));
	EXPECT_TRUE(has_holes(self->dst));
	EXPECT_EQ(opened, ft_fuse_seen(&base->fs, FUSE_OPEN));
	EXPECT_EQ(0, ft_fuse_seen(&base->fs, FUSE_LSEEK));
}

TEST_F(sparse, zeros_of_a_server_over_old_data)
{
	const struct acall_file_copy arg = { .flags = ACALL_FILE_COPY_SPARSE };
	const __u64 old = SPARSE_SIZE + FT_MIB;
	struct _test_data_fuse *base = &self->base;

	if (base->why)
		SKIP(return, "%s", base->why);
	ASSERT_EQ(0, ft_write_byte(self->dst, 0, old, OLD));
	ASSERT_EQ(0, ft_copy(base->obj, base->src, self->dst, &arg,
			     &base->finish));
	EXPECT_TRUE(ft_ended(&base->finish, 0, SPARSE_SIZE));
	EXPECT_TRUE(same(base, self->dst, SPARSE_SIZE));
	EXPECT_EQ(-1, ft_check_byte(self->dst, SPARSE_SIZE, old - SPARSE_SIZE,
				    OLD));
	EXPECT_EQ(old, ft_size(self->dst));
	EXPECT_TRUE(ft_is_hole(self->dst, FT_MIB / 4, FT_MIB / 4));
	EXPECT_TRUE(ft_is_hole(self->dst, 2 * FT_MIB, FT_MIB));
}

/* The range begins and ends in zeros, none of it where a block does. */
TEST_F(sparse, odd_range_of_a_server)
{
	const struct acall_file_copy arg = {
		.src_offset = 333333, .dst_offset = 7,
		.length = 2 * FT_MIB - 5, .flags = ACALL_FILE_COPY_SPARSE,
	};
	struct _test_data_fuse *base = &self->base;

	if (base->why)
		SKIP(return, "%s", base->why);
	ASSERT_EQ(0, ft_copy(base->obj, base->src, self->dst, &arg,
			     &base->finish));
	EXPECT_TRUE(ft_ended(&base->finish, 0, arg.length));
	EXPECT_EQ(7 + arg.length, ft_size(self->dst));
	EXPECT_EQ(-1, ft_check_same(base->src, arg.src_offset, self->dst, 7,
				    arg.length));
	EXPECT_TRUE(ft_is_hole(self->dst, 0, 256 * FT_KIB));
	EXPECT_GE(2 * FT_MIB - 256 * FT_KIB, ft_allocated(self->dst));
}

/* A target at the server, with old data where the source has zeros. */
static int sparse_over_old(struct _test_data_fuse *self,
			   const struct ft_fuse_op *fallocate)
{
	const struct acall_file_copy arg = { .flags = ACALL_FILE_COPY_SPARSE };

	make_holes(self);
	memset(target(self), OLD, SPARSE_SIZE);
	self->fs.shared->size[FT_TARGET] = SPARSE_SIZE;
	ft_fuse_set(&self->fs, FUSE_FALLOCATE, *fallocate);
	return open_both(self) ?: ft_copy(self->obj, self->src, self->dst,
					  &arg, &self->finish);
}

TEST_F(fuse, F2_the_server_punches_holes)
{
	const struct ft_fuse_op served = { 0 };

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, sparse_over_old(self, &served));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SPARSE_SIZE));
	EXPECT_TRUE(copied(self, SPARSE_SIZE));
	EXPECT_LT(2, ft_fuse_seen(&self->fs, FUSE_FALLOCATE));
	EXPECT_EQ(0, ft_fuse_seen(&self->fs, FUSE_COPY_FILE_RANGE));
}

/* Then zeros are written, and it is not asked again. */
TEST_F(fuse, F2_a_server_that_can_not_punch_holes)
{
	const struct ft_fuse_op unable = { .spare = 3, .error = -ENOSYS };

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, sparse_over_old(self, &unable));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SPARSE_SIZE));
	EXPECT_TRUE(copied(self, SPARSE_SIZE));
	EXPECT_EQ(4, ft_fuse_seen(&self->fs, FUSE_FALLOCATE));
}

TEST_F(fuse, F2_error_of_punching_a_hole)
{
	const struct ft_fuse_op broken = { .spare = 3, .error = -EIO };
	__u64 done;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, sparse_over_old(self, &broken));
	done = self->finish.progress;
	EXPECT_TRUE(ft_ended(&self->finish, -EIO, done));
	/* The first zeros are a hole in each buffer; three of them are done. */
	EXPECT_EQ(256 * FT_KIB, done);
	EXPECT_EQ(-1, ft_differs(self->fs.shared->data[FT_SOURCE],
				 target(self), done, 0));
	EXPECT_EQ(-1, differs(self, done, SPARSE_SIZE, OLD));
}

/* The hole at the end is no part of the target before it has its length. */
TEST_F(fuse, F2_error_of_making_the_target_longer)
{
	const struct acall_file_copy arg = { .flags = ACALL_FILE_COPY_SPARSE };

	if (self->why)
		SKIP(return, "%s", self->why);
	make_holes(self);
	ASSERT_EQ(0, open_both(self));
	ft_fuse_set(&self->fs, FUSE_SETATTR, (struct ft_fuse_op) {
		.error = -EDQUOT });
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, -EDQUOT, 2 * FT_MIB));
	EXPECT_TRUE(copied(self, 2 * FT_MIB));

	ft_fuse_open_gate(&self->fs);
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SPARSE_SIZE));
	EXPECT_TRUE(copied(self, SPARSE_SIZE));
}

TEST_F(fuse, F2_allocate_and_hash)
{
	const struct acall_file_allocate arg = {
		.offset = 1000, .length = 2 * FT_MIB,
	};
	const struct acall_file_hash hash = ft_hash_arg("sha256", 0, 0);
	unsigned char here[ACALL_FILE_DIGEST_MAX] = { 0 };
	unsigned char there[ACALL_FILE_DIGEST_MAX] = { 0 };
	int tmp;

	if (self->why)
		SKIP(return, "%s", self->why);
	tmp = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_GE(tmp, 0);
	ASSERT_EQ(0, open_both(self));
	ASSERT_EQ(0, ft_write_pattern(tmp, 0, SIZE, SRC_SEED));
	ASSERT_EQ(0, ft_hash(self->obj, tmp, &hash, here, &self->finish));
	ASSERT_EQ(0, ft_hash(self->obj, self->src, &hash, there,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
	EXPECT_EQ(0, memcmp(here, there, sizeof(here)));

	ASSERT_EQ(0, ft_allocate(self->obj, self->dst, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, arg.length));
	EXPECT_EQ(arg.offset + arg.length, self->fs.shared->size[FT_TARGET]);
	ft_fuse_set(&self->fs, FUSE_FALLOCATE, (struct ft_fuse_op) {
		.error = -ENOSPC });
	ASSERT_EQ(0, ft_allocate(self->obj, self->dst, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, -ENOSPC, 0));
	close(tmp);
}

TEST_F(fuse, F2_sync_reaches_the_server)
{
	struct acall_file_copy copy = { .flags = ACALL_FILE_COPY_SYNC };
	struct acall_file_sync arg = { 0 };
	unsigned int i = 0;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, open_both(self));
	for (arg.scope = 0; arg.scope <= ACALL_FILE_SYNC_FILE; arg.scope++) {
		ASSERT_EQ(0, ft_sync(self->obj, self->src, &arg,
				     &self->finish));
		EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
		EXPECT_EQ(++i, ft_fuse_seen(&self->fs, FUSE_FSYNC));
		EXPECT_EQ(arg.scope == ACALL_FILE_SYNC_DATA ?
			  FUSE_FSYNC_FDATASYNC : 0,
			  self->fs.shared->fsync_flags);
	}
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &copy,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
	EXPECT_TRUE(copied(self, SIZE));
	EXPECT_EQ(++i, ft_fuse_seen(&self->fs, FUSE_FSYNC));
	/* With the size, and also where there was nothing left to copy. */
	self->fs.shared->fsync_flags = FUSE_FSYNC_FDATASYNC;
	copy.src_offset = SIZE;
	copy.dst_offset = SIZE;
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &copy,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 0));
	EXPECT_EQ(++i, ft_fuse_seen(&self->fs, FUSE_FSYNC));
	EXPECT_EQ(0, self->fs.shared->fsync_flags);
}

TEST_F(fuse, F2_error_of_the_servers_sync)
{
	const struct acall_file_copy copy = { .flags = ACALL_FILE_COPY_SYNC };
	const struct acall_file_sync arg = { 0 };

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, open_both(self));
	ft_fuse_set(&self->fs, FUSE_FSYNC, (struct ft_fuse_op) {
		.error = -ENOSPC });
	ASSERT_EQ(0, ft_sync(self->obj, self->src, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, -ENOSPC, SIZE));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &copy,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, -ENOSPC, SIZE));
	EXPECT_TRUE(copied(self, SIZE));

	ft_fuse_open_gate(&self->fs);
	ASSERT_EQ(0, ft_sync(self->obj, self->src, &arg, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
}

#include "acall_main.h"
