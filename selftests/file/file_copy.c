// SPDX-License-Identifier: GPL-2.0-only
/*
 * The method copy: which bytes arrive where, with which progress.
 *
 * Every test runs within tmpfs, within ext4 and between them in both
 * directions, because each pair takes another way through the VFS. Source and
 * target carry patterns in which each byte depends on its offset and on the
 * file, so that a wrong offset, a lost tail or a doubled piece shows. What is
 * outside of the range must be as it was before, byte for byte.
 *
 * Holes are in file_sparse.c, refused files and arguments in file_refuse.c,
 * cancelling in file_stop.c, a full file system and the release of files and
 * mounts in file_release.c.
 */
#include "file_util.h"

#define SRC_SEED	1
#define DST_SEED	2

FIXTURE(copy) {
	const char *why;
	int obj;
	int src;
	int dst;
	struct acall_finish finish;
};

FIXTURE_VARIANT(copy) {
	const char *src_dir;
	const char *dst_dir;
};

FIXTURE_VARIANT_ADD(copy, tmpfs) {
	.src_dir = "ACALL_DIR_TMPFS",
	.dst_dir = "ACALL_DIR_TMPFS",
};

FIXTURE_VARIANT_ADD(copy, ext4) {
	.src_dir = "ACALL_DIR_EXT4",
	.dst_dir = "ACALL_DIR_EXT4",
};

FIXTURE_VARIANT_ADD(copy, tmpfs_to_ext4) {
	.src_dir = "ACALL_DIR_TMPFS",
	.dst_dir = "ACALL_DIR_EXT4",
};

FIXTURE_VARIANT_ADD(copy, ext4_to_tmpfs) {
	.src_dir = "ACALL_DIR_EXT4",
	.dst_dir = "ACALL_DIR_TMPFS",
};

FIXTURE_SETUP(copy)
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

FIXTURE_TEARDOWN(copy)
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

TEST_F(copy, F2_empty_source)
{
	const struct acall_file_copy arg = { 0 };

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 0));
	EXPECT_EQ(0, ft_size(self->dst));
}

TEST_F(copy, F2_small_and_odd_sizes)
{
	static const __u64 sizes[] = {
		1, 2, 511, 512, 4095, 4096, 4097, 65535, 65537,
		FT_MIB - 1, FT_MIB, 3 * FT_MIB + 17,
	};
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		const struct acall_file_copy arg = { 0 };

		ASSERT_EQ(0, ftruncate(self->src, 0));
		ASSERT_EQ(0, ftruncate(self->dst, 0));
		ASSERT_EQ(0, ft_write_pattern(self->src, 0, sizes[i],
					      SRC_SEED));
		ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
				     &self->finish));
		ASSERT_TRUE(ft_ended(&self->finish, 0, sizes[i]));
		ASSERT_EQ(sizes[i], self->finish.total);
		ASSERT_EQ(sizes[i], ft_size(self->dst));
		ASSERT_EQ(-1, ft_check_pattern(self->dst, 0, sizes[i],
					       SRC_SEED));
	}
}

/* Larger than any sensible chunk, so that the seams between chunks show. */
TEST_F(copy, F2_many_chunks)
{
	const struct acall_file_copy arg = {
		.reflink = ACALL_FILE_REFLINK_NEVER,
	};
	const __u64 size = 40 * FT_MIB + 12345;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, size, SRC_SEED));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, size));
	EXPECT_EQ(size, ft_size(self->dst));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, size, SRC_SEED));
}

TEST_F(copy, F2_only_the_range_changes)
{
	static const struct acall_file_copy ranges[] = {
		{ .src_offset = 0, .dst_offset = 1, .length = 1 },
		{ .src_offset = 4095, .dst_offset = 4096, .length = 2 },
		{ .src_offset = 100, .dst_offset = 70000, .length = 8191 },
		{ .src_offset = 65535, .dst_offset = 3, .length = 100001 },
		{ .src_offset = 4096, .dst_offset = 8192, .length = 65536 },
	};
	const __u64 size = 256 * FT_KIB;
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, size, SRC_SEED));
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		const struct acall_file_copy *arg = &ranges[i];
		__u64 end = arg->dst_offset + arg->length;

		ASSERT_EQ(0, ft_write_pattern(self->dst, 0, size, DST_SEED));
		ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, arg,
				     &self->finish));
		ASSERT_TRUE(ft_ended(&self->finish, 0, arg->length));
		ASSERT_EQ(size, ft_size(self->dst));
		ASSERT_EQ(-1, ft_check_pattern(self->dst, 0, arg->dst_offset,
					       DST_SEED));
		ASSERT_EQ(-1, ft_check_moved(self->dst, arg->dst_offset,
					     arg->length, SRC_SEED,
					     arg->src_offset));
		ASSERT_EQ(-1, ft_check_pattern(self->dst, end, size - end,
					       DST_SEED));
	}
}

/* Like copy_file_range(2): what is there is copied, and progress says so. */
TEST_F(copy, F2_range_beyond_end_of_source)
{
	struct acall_file_copy arg = { .length = FT_MIB };

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, 5000, SRC_SEED));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 5000));
	EXPECT_EQ(5000, ft_size(self->dst));

	arg.src_offset = 5000;
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 0));
	arg.src_offset = FT_GIB;
	arg.length = 0;
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 0));
	EXPECT_EQ(5000, ft_size(self->dst));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, 5000, SRC_SEED));
}

/* R-ABI: short ranges where 31, 32 and 40 bits end. */
TEST_F(copy, R_ABI_ranges_across_2_gib_4_gib_1_tib)
{
	static const __u64 seams[] = { 2 * FT_GIB, 4 * FT_GIB, FT_TIB };
	const __u64 half = 10007;
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < ARRAY_SIZE(seams); i++) {
		const struct acall_file_copy same = {
			.src_offset = seams[i] - half,
			.dst_offset = seams[i] - half,
			.length = 2 * half,
		};
		const struct acall_file_copy down = {
			.src_offset = seams[i] - half,
			.dst_offset = 77,
			.length = 2 * half,
		};
		const struct acall_file_copy up = {
			.src_offset = seams[i] - half,
			.dst_offset = seams[i] + FT_MIB - 1,
			.length = 0,
		};

		ASSERT_EQ(0, ftruncate(self->dst, 0));
		ASSERT_EQ(0, ftruncate(self->src, 0));
		ASSERT_EQ(0, ft_write_pattern(self->src, seams[i] - half,
					      2 * half, SRC_SEED));

		ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &same,
				     &self->finish));
		ASSERT_TRUE(ft_ended(&self->finish, 0, 2 * half));
		ASSERT_EQ(seams[i] + half, ft_size(self->dst));
		ASSERT_EQ(-1, ft_check_pattern(self->dst, seams[i] - half,
					       2 * half, SRC_SEED));

		ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &down,
				     &self->finish));
		ASSERT_TRUE(ft_ended(&self->finish, 0, 2 * half));
		ASSERT_EQ(-1, ft_check_moved(self->dst, 77, 2 * half, SRC_SEED,
					     seams[i] - half));

		ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &up,
				     &self->finish));
		ASSERT_TRUE(ft_ended(&self->finish, 0, 2 * half));
		ASSERT_EQ(up.dst_offset + 2 * half, ft_size(self->dst));
		ASSERT_EQ(-1, ft_check_moved(self->dst, up.dst_offset,
					     2 * half, SRC_SEED,
					     up.src_offset));
	}
}

/* Offsets are the arguments': nobody's file position moves. */
TEST_F(copy, R_ID_file_positions_stay)
{
	const struct acall_file_copy arg = { .src_offset = 5, .length = 100 };

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, 4096, SRC_SEED));
	ASSERT_EQ(7, lseek(self->src, 7, SEEK_SET));
	ASSERT_EQ(9, lseek(self->dst, 9, SEEK_SET));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 100));
	EXPECT_EQ(7, lseek(self->src, 0, SEEK_CUR));
	EXPECT_EQ(9, lseek(self->dst, 0, SEEK_CUR));
}

TEST_F(copy, B1_arguments_and_fds_reused_at_once)
{
	struct acall_file_copy arg = { 0 };
	const __u64 size = 8 * FT_MIB + 1;
	int src, files[2];

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, size, SRC_SEED));
	src = dup(self->src);
	ASSERT_GE(src, 0);
	files[0] = src;
	files[1] = dup(self->dst);
	ASSERT_GE(files[1], 0);
	ASSERT_EQ(0, ft_begin(self->obj, ACALL_FILE_COPY, &arg, sizeof(arg),
			      files, 2));
	memset(&arg, 0xff, sizeof(arg));
	ASSERT_EQ(0, close(files[1]));
	ASSERT_EQ(0, close(src));
	memset(files, 0xff, sizeof(files));
	ASSERT_EQ(0, ft_finish(self->obj, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, size));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, size, SRC_SEED));
}

TEST_F(copy, B3_short_input_is_zero_extended)
{
	const __u64 src_offset = 3;
	int files[2] = { self->src, self->dst };

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, 1000, SRC_SEED));
	ASSERT_EQ(0, ft_run(self->obj, ACALL_FILE_COPY, &src_offset,
			    sizeof(src_offset), files, 2, NULL, 0,
			    &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 997));
	EXPECT_EQ(-1, ft_check_moved(self->dst, 0, 997, SRC_SEED, 3));
}

TEST_F(copy, same_file_not_overlapping)
{
	struct acall_file_copy arg = { .dst_offset = 100000, .length = 100000 };
	int other;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, 100000, SRC_SEED));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->src, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 100000));
	EXPECT_EQ(200000, ft_size(self->src));
	EXPECT_EQ(-1, ft_check_moved(self->src, 100000, 100000, SRC_SEED, 0));

	/* To the end of the file means the end that it had at BEGIN. */
	other = ft_reopen(self->src, O_RDWR);
	ASSERT_GE(other, 0);
	arg.dst_offset = 200000;
	arg.length = 0;
	ASSERT_EQ(0, ft_copy(self->obj, self->src, other, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 200000));
	EXPECT_EQ(400000, ft_size(self->src));
	EXPECT_EQ(-1, ft_check_moved(self->src, 300000, 100000, SRC_SEED, 0));
	close(other);
}

TEST_F(copy, same_file_overlapping_EINVAL)
{
	static const struct acall_file_copy overlaps[] = {
		{ .length = 0 },
		{ .dst_offset = 1, .length = 2 },
		{ .src_offset = 9999, .dst_offset = 0, .length = 10000 },
		{ .src_offset = 0, .dst_offset = 99999, .length = 0 },
	};
	unsigned int i;
	int other;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, 100000, SRC_SEED));
	other = ft_reopen(self->src, O_RDWR);
	ASSERT_GE(other, 0);
	for (i = 0; i < ARRAY_SIZE(overlaps); i++) {
		ASSERT_EQ(-EINVAL, ft_copy(self->obj, self->src, self->src,
					   &overlaps[i], &self->finish));
		ASSERT_EQ(-EINVAL, ft_copy(self->obj, self->src, other,
					   &overlaps[i], &self->finish));
	}
	EXPECT_EQ(100000, ft_size(self->src));
	EXPECT_EQ(-1, ft_check_pattern(self->src, 0, 100000, SRC_SEED));
	close(other);
}

/* Neither file system can share blocks: auto copies, always fails. */
TEST_F(copy, reflink_auto_falls_back)
{
	struct acall_file_copy arg = { .reflink = ACALL_FILE_REFLINK_AUTO };
	bool same = variant->src_dir == variant->dst_dir ||
		    !strcmp(variant->src_dir, variant->dst_dir);
	int ret;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, 70000, SRC_SEED));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 70000));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, 70000, SRC_SEED));

	ASSERT_EQ(0, ftruncate(self->dst, 0));
	arg.reflink = ACALL_FILE_REFLINK_NEVER;
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 70000));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, 70000, SRC_SEED));

	ASSERT_EQ(0, ftruncate(self->dst, 0));
	arg.reflink = ACALL_FILE_REFLINK_ALWAYS;
	ret = ft_copy(self->obj, self->src, self->dst, &arg, &self->finish);
	EXPECT_EQ(same ? -EOPNOTSUPP : -EXDEV, ft_error(ret, &self->finish));
	EXPECT_EQ(0, self->finish.progress);
	EXPECT_EQ(0, ft_size(self->dst));
}

TEST_F(copy, SYNC_leaves_no_dirty_page)
{
	const struct acall_file_copy arg = { .flags = ACALL_FILE_COPY_SYNC };
	const __u64 size = 24 * FT_MIB + 5;
	long unwritten;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, size, SRC_SEED));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, size));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, size, SRC_SEED));
	/* Pages of tmpfs have nowhere to go: they count as dirty always. */
	if (strcmp(variant->dst_dir, "ACALL_DIR_EXT4"))
		return;
	unwritten = ft_unwritten_pages(self->dst, 0, size);
	if (unwritten == FT_PAGE_ERROR)
		SKIP(return, "no /proc/kpageflags");
	EXPECT_EQ(0, unwritten);
}

/* As who goes on with a copy needs it: also what was there, and with nothing left. */
TEST_F(copy, SYNC_is_of_the_whole_target)
{
	struct acall_file_copy arg = { .flags = ACALL_FILE_COPY_SYNC };
	const __u64 size = 8 * FT_MIB, more = FT_MIB;
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	/* As above. */
	if (strcmp(variant->dst_dir, "ACALL_DIR_EXT4"))
		return;
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, size + more, SRC_SEED));
	for (i = 0; i < 2; i++) {
		arg.src_offset = size + i * more;
		arg.dst_offset = arg.src_offset;
		ASSERT_EQ(0, ft_write_pattern(self->dst, 0, arg.dst_offset,
					      SRC_SEED));
		if (ft_unwritten_pages(self->dst, 0, size) == FT_PAGE_ERROR)
			SKIP(return, "no /proc/kpageflags");
		ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
				     &self->finish));
		EXPECT_TRUE(ft_ended(&self->finish, 0, more - i * more));
		EXPECT_EQ(0, ft_unwritten_pages(self->dst, 0, size + more));
	}
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, size + more, SRC_SEED));
}

/* R-RLIM: the worker has no limit of its own; BEGIN's caller has. */
TEST_F(copy, R_RLIM_EFBIG_with_progress_up_to_the_limit)
{
	struct acall_file_copy arg = { .dst_offset = 1000 };
	struct rlimit limit = { FT_MIB + 123, RLIM_INFINITY };
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	sigset_t set, pending;
	int ret;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, 3 * FT_MIB, SRC_SEED));
	sigemptyset(&set);
	sigaddset(&set, SIGXFSZ);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));

	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
	ret = ft_begin_copy(self->obj, self->src, self->dst, &arg);
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &none));
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, ft_finish(self->obj, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, -EFBIG, FT_MIB + 123 - 1000));
	EXPECT_EQ(FT_MIB + 123, ft_size(self->dst));
	EXPECT_EQ(-1, ft_check_moved(self->dst, 1000, FT_MIB + 123 - 1000,
				     SRC_SEED, 0));

	/* From the limit on nothing at all is written. */
	arg.dst_offset = FT_MIB + 123;
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
	ret = ft_copy(self->obj, self->src, self->dst, &arg, &self->finish);
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &none));
	EXPECT_EQ(-EFBIG, ft_error(ret, &self->finish));
	EXPECT_EQ(0, self->finish.progress);
	EXPECT_EQ(FT_MIB + 123, ft_size(self->dst));

	/* Up to the limit is no error. */
	arg.dst_offset = 123;
	arg.length = FT_MIB;
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
	ret = ft_copy(self->obj, self->src, self->dst, &arg, &self->finish);
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &none));
	ASSERT_EQ(0, ret);
	EXPECT_TRUE(ft_ended(&self->finish, 0, FT_MIB));

	ASSERT_EQ(0, sigpending(&pending));
	EXPECT_FALSE(sigismember(&pending, SIGXFSZ));
}

/* R-CRED: a write by somebody without CAP_FSETID takes the set-uid bit away. */
TEST_F(copy, R_CRED_set_uid_bit_is_taken_as_by_write)
{
	const struct acall_file_copy arg = { 0 };
	struct stat st;
	pid_t pid;
	int status;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, 5000, SRC_SEED));
	ASSERT_EQ(0, fchmod(self->dst, 04755));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &arg,
			     &self->finish));
	ASSERT_TRUE(ft_ended(&self->finish, 0, 5000));
	ASSERT_EQ(0, fstat(self->dst, &st));
	EXPECT_EQ(04755, st.st_mode & 07777);

	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		if (become(UID_A))
			_exit(1);
		_exit(ft_copy(self->obj, self->src, self->dst, &arg,
			      &self->finish) ||
		      !ft_ended(&self->finish, 0, 5000) ? 2 : 0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	ASSERT_EQ(0, fstat(self->dst, &st));
	EXPECT_EQ(0755, st.st_mode & 07777);
}

/*
 * What is copied of a source that shrinks meanwhile is a prefix of what it was,
 * and progress says how long the prefix is.
 */
TEST_F(copy, source_truncated_meanwhile)
{
	const struct acall_file_copy arg = { 0 };
	const __u64 size = 20 * FT_MIB;
	unsigned int round;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (round = 0; round < 4; round++) {
		ASSERT_EQ(0, ftruncate(self->dst, 0));
		ASSERT_EQ(0, ft_write_pattern(self->src, 0, size, SRC_SEED));
		ASSERT_EQ(0, ft_begin_copy(self->obj, self->src, self->dst,
					   &arg));
		if (round & 1)
			ASSERT_LE(0, ft_wait_progress(self->obj, 1));
		ASSERT_EQ(0, ftruncate(self->src, round < 2 ? 0 : size / 2));
		ASSERT_EQ(0, ft_finish(self->obj, &self->finish));
		ASSERT_EQ(ACALL_OUTCOME_COMPLETED, self->finish.outcome);
		ASSERT_EQ(0, self->finish.status);
		ASSERT_LE(self->finish.progress, size);
		ASSERT_EQ(self->finish.progress, ft_size(self->dst));
		ASSERT_EQ(-1, ft_check_pattern(self->dst, 0,
					       self->finish.progress,
					       SRC_SEED));
	}
}

/* Length 0 was fixed by BEGIN: a source that grows does not prolong the call. */
TEST_F(copy, source_growing_meanwhile)
{
	const struct acall_file_copy arg = { 0 };
	const __u64 size = 8 * FT_MIB;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, size, SRC_SEED));
	ASSERT_EQ(0, ft_begin_copy(self->obj, self->src, self->dst, &arg));
	ASSERT_EQ(0, ft_write_pattern(self->src, size, size, SRC_SEED));
	ASSERT_EQ(0, ft_finish(self->obj, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, size));
	EXPECT_EQ(size, ft_size(self->dst));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, size, SRC_SEED));
}

FIXTURE(device) {
	const char *why;
	int obj;
	int dev;
	int dst;
	struct acall_finish finish;
};

FIXTURE_SETUP(device)
{
	self->why = ft_missing("ACALL_DEV_SMALL");
	if (!self->why)
		self->why = ft_missing("ACALL_DIR_TMPFS");
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->dev = open(getenv("ACALL_DEV_SMALL"), O_RDONLY | O_CLOEXEC);
	ASSERT_GE(self->dev, 0);
	self->dst = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_GE(self->dst, 0);
}

FIXTURE_TEARDOWN(device)
{
	const char *left;

	if (self->why)
		return;
	close(self->obj);
	close(self->dev);
	close(self->dst);
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

TEST_F(device, block_device_as_source)
{
	struct acall_file_copy arg = {
		.src_offset = 1000,
		.length = 2 * FT_MIB + 3,
	};
	__u64 size;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_copy(self->obj, self->dev, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 2 * FT_MIB + 3));
	EXPECT_EQ(-1, ft_check_same(self->dev, 1000, self->dst, 0,
				    2 * FT_MIB + 3));

	/* Length 0: to the end of the device. */
	size = lseek(self->dev, 0, SEEK_END);
	arg.src_offset = size - 4097;
	arg.length = 0;
	ASSERT_EQ(0, ft_copy(self->obj, self->dev, self->dst, &arg,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, 4097));
	EXPECT_EQ(-1, ft_check_same(self->dev, size - 4097, self->dst, 0,
				    4097));
}

#include "acall_main.h"
