// SPDX-License-Identifier: GPL-2.0-only
/*
 * All methods on each of the file systems that people have: what they can do is
 * theirs to say, what they did must be what FINISH says.
 *
 * The programs named after methods look at each of these closely, on the file
 * systems that can show it.
 */
#include "file_util.h"
#include "file_sha256.h"

#include <linux/magic.h>

#define SEED	15
#define HOLE	FT_MIB			/* where the hole begins */
#define REST	(2 * FT_MIB)		/* and where it ends */
#define SIZE	(3 * FT_MIB + 100)
#define LARGE	(24 * FT_MIB)

FIXTURE(fs) {
	const char *why;
	char mnt[200];
	int obj;
	int dir;
	int src;
	int dst;
	struct acall_finish finish;
};

FIXTURE_VARIANT(fs) {
	const char *type;
	const char *device;	/* in the environment; NULL = none */
	__u64 magic;
	bool shares;		/* blocks of files */
	bool zeroes;		/* ranges */
	bool trims;
};

FIXTURE_VARIANT_ADD(fs, ext4) {
	.type = "ext4",
	.device = "ACALL_DEV_SMALL",
	.magic = EXT4_SUPER_MAGIC,
	.zeroes = true,
	.trims = true,
};

FIXTURE_VARIANT_ADD(fs, xfs) {
	.type = "xfs",
	.device = "ACALL_DEV_XFS",
	.magic = XFS_SUPER_MAGIC,
	.shares = true,
	.zeroes = true,
	.trims = true,
};

FIXTURE_VARIANT_ADD(fs, btrfs) {
	.type = "btrfs",
	.device = "ACALL_DEV_BTRFS",
	.magic = BTRFS_SUPER_MAGIC,
	.shares = true,
	.zeroes = true,
	.trims = true,
};

FIXTURE_VARIANT_ADD(fs, tmpfs) {
	.type = "tmpfs",
	.magic = TMPFS_MAGIC,
};

/* Data, a hole, and data that does not end with a block. */
static int write_source(int fd)
{
	return ft_write_pattern(fd, 0, HOLE, SEED) ?:
	       ft_write_pattern(fd, REST, SIZE - REST, SEED);
}

static bool like_source(int fd)
{
	return ft_size(fd) == SIZE &&
	       ft_check_pattern(fd, 0, HOLE, SEED) == -1 &&
	       ft_check_byte(fd, HOLE, REST - HOLE, 0) == -1 &&
	       ft_check_pattern(fd, REST, SIZE - REST, SEED) == -1;
}

FIXTURE_SETUP(fs)
{
	const char *device = "none";

	self->why = ft_missing(variant->device);
	if (!self->why && geteuid())
		self->why = "only root may mount";
	if (self->why)
		return;
	if (variant->device)
		device = getenv(variant->device);
	ASSERT_EQ(0, ft_mount_point(self->mnt, sizeof(self->mnt)));
	if (mount(device, self->mnt, variant->type, 0,
		  variant->device ? NULL : "size=64m")) {
		rmdir(self->mnt);
		self->why = "this kernel cannot mount it";
		return;
	}
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->dir = open(self->mnt, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_GE(self->dir, 0);
	self->src = ft_open_in(self->mnt, "source");
	ASSERT_GE(self->src, 0);
	ASSERT_EQ(0, write_source(self->src));
	self->dst = ft_open_in(self->mnt, "target");
	ASSERT_GE(self->dst, 0);
}

/* That it can be unmounted is a result, too (F8). */
FIXTURE_TEARDOWN(fs)
{
	const char *left;

	if (self->why)
		return;
	EXPECT_TRUE(like_source(self->src));
	EXPECT_EQ(0, unlinkat(self->dir, "source", 0));
	EXPECT_EQ(0, unlinkat(self->dir, "target", 0));
	close(self->obj);
	close(self->src);
	close(self->dst);
	close(self->dir);
	EXPECT_EQ(0, umount(self->mnt));
	EXPECT_EQ(0, rmdir(self->mnt));
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

/* How many pages of it are still to be written, if it is the disk's at all. */
static long unwritten(int fd, __u64 len, bool has_disk)
{
	return has_disk ? ft_unwritten_pages(fd, 0, len) : 0;
}

TEST_F(fs, F2_copy_in_every_way)
{
	const __u32 flags = ACALL_FILE_COPY_SPARSE | ACALL_FILE_COPY_SYNC;
	struct acall_file_copy arg = { 0 };
	int ret;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (; arg.reflink <= ACALL_FILE_REFLINK_NEVER; arg.reflink++) {
		for (arg.flags = 0; arg.flags <= flags; arg.flags++) {
			ASSERT_EQ(0, ftruncate(self->dst, 0));
			ret = ft_copy(self->obj, self->src, self->dst, &arg,
				      &self->finish);
			if (arg.reflink == ACALL_FILE_REFLINK_ALWAYS &&
			    !variant->shares) {
				EXPECT_EQ(-EOPNOTSUPP,
					  ft_error(ret, &self->finish));
				EXPECT_EQ(0, ft_size(self->dst));
				continue;
			}
			ASSERT_EQ(0, ret);
			EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
			EXPECT_TRUE(like_source(self->dst));
			if (arg.flags & ACALL_FILE_COPY_SPARSE)
				EXPECT_TRUE(ft_is_hole(self->dst, HOLE,
						       REST - HOLE));
			if (arg.flags & ACALL_FILE_COPY_SYNC)
				EXPECT_EQ(0, unwritten(self->dst, SIZE,
						       variant->device))
					TH_LOG("reflink %u, flags %u",
					       arg.reflink, arg.flags);
			if (!variant->shares)
				continue;
			EXPECT_EQ(arg.reflink != ACALL_FILE_REFLINK_NEVER,
				  ft_shared(self->dst) >= (long long)HOLE)
				TH_LOG("reflink %u, flags %u", arg.reflink,
				       arg.flags);
		}
	}
}

/* To the byte that progress names, and no further. */
TEST_F(fs, X5_copy_stops_in_the_middle)
{
	static const __u32 ways[] = {
		ACALL_FILE_REFLINK_AUTO, ACALL_FILE_REFLINK_NEVER,
	};
	struct acall_finish *f = &self->finish;
	struct acall_file_copy arg = { 0 };
	int src, tries, caught;
	unsigned int way;

	if (self->why)
		SKIP(return, "%s", self->why);
	src = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_GE(src, 0);
	ASSERT_EQ(0, ft_write_pattern(src, 0, LARGE, SEED));
	for (way = 0; way < ARRAY_SIZE(ways); way++) {
		arg.reflink = ways[way];
		for (tries = 0, caught = 0; !caught && tries < 16; tries++) {
			ASSERT_EQ(0, ftruncate(self->dst, 0));
			ASSERT_EQ(0, ft_begin_copy(self->obj, src, self->dst,
						   &arg));
			ASSERT_LE(0, ft_wait_progress(self->obj, 1));
			ft_cancel(self->obj, 0, FOREVER);
			ASSERT_EQ(0, ft_finish(self->obj, f));
			EXPECT_EQ(f->progress, ft_size(self->dst));
			EXPECT_EQ(-1, ft_check_pattern(self->dst, 0,
						       f->progress, SEED));
			caught = f->outcome == ACALL_OUTCOME_STOPPED;
			EXPECT_EQ(caught ? -ECANCELED : 0, f->status);
			EXPECT_EQ(caught, f->progress < LARGE);
		}
		EXPECT_TRUE(caught);
	}
	close(src);
}

/* As much as there is room for, and that is what progress says. */
TEST_F(fs, F2_no_room_ENOSPC)
{
	const struct acall_file_copy copy = { 0 };
	struct acall_file_allocate arg = { .length = 512 * FT_MIB };
	struct acall_finish *f = &self->finish;
	int src, rest;

	if (self->why)
		SKIP(return, "%s", self->why);
	src = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_GE(src, 0);
	ASSERT_EQ(0, ft_write_pattern(src, 0, LARGE, SEED));
	/* All of it at a time fits nowhere. */
	ASSERT_EQ(0, ft_allocate(self->obj, self->dst, &arg, f));
	EXPECT_EQ(-ENOSPC, f->status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f->outcome);
	ASSERT_EQ(0, ftruncate(self->dst, 0));
	/* Little by little it does, and then some is given back. */
	rest = ft_open_in(self->mnt, "rest");
	ASSERT_GE(rest, 0);
	arg.length = 4 * FT_MIB;
	do {
		ASSERT_EQ(0, ft_allocate(self->obj, rest, &arg, f));
		arg.offset += f->status ? 0 : arg.length;
	} while (!f->status);
	EXPECT_EQ(-ENOSPC, f->status);
	ASSERT_LT(3 * arg.length, arg.offset);
	ASSERT_EQ(0, ftruncate(rest, arg.offset - 3 * arg.length));
	ASSERT_EQ(0, syncfs(rest));
	ASSERT_EQ(0, ft_copy(self->obj, src, self->dst, &copy, f));
	EXPECT_TRUE(ft_ended(f, -ENOSPC, f->progress));
	EXPECT_LT(0, f->progress);
	EXPECT_GT(LARGE, f->progress);
	EXPECT_EQ(f->progress, ft_size(self->dst));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, f->progress, SEED));
	close(rest);
	EXPECT_EQ(0, unlinkat(self->dir, "rest", 0));
	close(src);
}

TEST_F(fs, F2_hash)
{
	const struct acall_file_hash arg = ft_hash_arg("sha256", 0, 0);
	unsigned char want[FT_SHA256_LEN], is[ACALL_FILE_DIGEST_MAX];
	struct ft_sha256 sha;
	__u64 at, n;

	if (self->why)
		SKIP(return, "%s", self->why);
	ft_sha256_init(&sha);
	for (at = 0; at < SIZE; at += n) {
		n = SIZE - at < FT_PIECE ? SIZE - at : FT_PIECE;
		ASSERT_EQ(0, ft_get(self->src, ft_buffer(0), n, at));
		ft_sha256_add(&sha, ft_buffer(0), n);
	}
	ft_sha256_end(&sha, want);
	ASSERT_EQ(0, ft_hash(self->obj, self->src, &arg, is, &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
	EXPECT_EQ(0, memcmp(want, is, sizeof(want)));
}

TEST_F(fs, F2_sync)
{
	struct acall_file_sync arg = { 0 };
	struct acall_finish *f = &self->finish;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (; arg.scope <= ACALL_FILE_SYNC_FILESYSTEM; arg.scope++) {
		ASSERT_EQ(0, ft_write_pattern(self->dst, 0, SIZE, SEED));
		ASSERT_EQ(0, ft_sync(self->obj, self->dst, &arg, f));
		EXPECT_TRUE(ft_ended(f, 0, f->total));
		EXPECT_EQ(0, unwritten(self->dst, SIZE, variant->device));
	}
}

TEST_F(fs, F2_allocate)
{
	struct acall_file_allocate arg = { .length = 8 * FT_MIB };
	struct acall_finish *f = &self->finish;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_allocate(self->obj, self->dst, &arg, f));
	EXPECT_TRUE(ft_ended(f, 0, arg.length));
	EXPECT_EQ(arg.length, ft_size(self->dst));
	EXPECT_LE(arg.length, ft_allocated(self->dst));
	EXPECT_EQ(-1, ft_check_byte(self->dst, 0, arg.length, 0));

	ASSERT_EQ(0, ft_write_pattern(self->dst, 0, SIZE, SEED));
	arg = (struct acall_file_allocate){
		.offset = HOLE,
		.length = REST - HOLE,
		.mode = ACALL_FILE_ALLOCATE_PUNCH,
	};
	ASSERT_EQ(0, ft_allocate(self->obj, self->dst, &arg, f));
	EXPECT_TRUE(ft_ended(f, 0, arg.length));
	EXPECT_TRUE(ft_is_hole(self->dst, HOLE, REST - HOLE));
	ASSERT_EQ(0, ftruncate(self->dst, SIZE));
	EXPECT_TRUE(like_source(self->dst));

	ASSERT_EQ(0, ft_write_pattern(self->dst, 0, SIZE, SEED));
	arg.mode = ACALL_FILE_ALLOCATE_ZERO;
	if (!variant->zeroes) {
		EXPECT_EQ(-EOPNOTSUPP,
			  ft_error(ft_allocate(self->obj, self->dst, &arg, f),
				   f));
		EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, SIZE, SEED));
		return;
	}
	ASSERT_EQ(0, ft_allocate(self->obj, self->dst, &arg, f));
	EXPECT_TRUE(ft_ended(f, 0, arg.length));
	EXPECT_TRUE(like_source(self->dst));
}

/* What is not the disk's stays in memory. */
TEST_F(fs, F2_advise)
{
	const long all = HOLE / sysconf(_SC_PAGESIZE);
	struct acall_finish *f = &self->finish;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, fsync(self->src));
	ASSERT_EQ(0, ft_advise(self->obj, self->src, ACALL_FILE_ADVISE_DONTNEED,
			       0, HOLE, f));
	EXPECT_TRUE(ft_ended(f, 0, HOLE));
	EXPECT_EQ(variant->device ? 0 : all, ft_cached(self->src, 0, HOLE));
	ASSERT_EQ(0, ft_advise(self->obj, self->src, ACALL_FILE_ADVISE_WILLNEED,
			       0, HOLE, f));
	EXPECT_TRUE(ft_ended(f, 0, HOLE));
	EXPECT_TRUE(ft_wait_cached(self->src, 0, HOLE));
}

TEST_F(fs, F2_dedupe)
{
	const struct acall_file_dedupe all = { 0 };
	struct acall_finish *f = &self->finish;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, write_source(self->dst));
	if (!variant->shares) {
		EXPECT_EQ(-EOPNOTSUPP, ft_dedupe(self->obj, self->src,
						 self->dst, &all, f));
		return;
	}
	EXPECT_EQ(0, ft_shared(self->dst));
	ASSERT_EQ(0, ft_dedupe(self->obj, self->src, self->dst, &all, f));
	EXPECT_TRUE(ft_ended(f, 0, SIZE));
	EXPECT_LE(SIZE - (REST - HOLE), ft_shared(self->dst));
	EXPECT_TRUE(like_source(self->dst));
	/* One byte, and nothing is shared: the chunk is as long as the file. */
	ASSERT_EQ(0, ftruncate(self->dst, 0));
	ASSERT_EQ(0, write_source(self->dst));
	ASSERT_EQ(0, ft_write_byte(self->dst, REST, 1, 0));
	ASSERT_EQ(0, ft_dedupe(self->obj, self->src, self->dst, &all, f));
	EXPECT_TRUE(ft_ended(f, -EBADE, 0));
	EXPECT_EQ(0, ft_shared(self->dst));
	EXPECT_EQ(-1, ft_check_byte(self->dst, REST, 1, 0));
}

TEST_F(fs, F2_trim)
{
	const struct acall_file_trim all = { 0 };
	struct acall_finish *f = &self->finish;
	__u64 trimmed;

	if (self->why)
		SKIP(return, "%s", self->why);
	if (!variant->trims) {
		EXPECT_EQ(-ENOTTY, ft_error(ft_trim(self->obj, self->dir, &all,
						    &trimmed, f), f));
		return;
	}
	/* So that there is something new for those that remember. */
	ASSERT_EQ(0, ft_write_pattern(self->dst, 0, LARGE, SEED));
	ASSERT_EQ(0, fsync(self->dst));
	ASSERT_EQ(0, ftruncate(self->dst, 0));
	ASSERT_EQ(0, syncfs(self->dir));
	ASSERT_EQ(0, ft_trim(self->obj, self->dir, &all, &trimmed, f));
	EXPECT_TRUE(ft_ended(f, 0, f->total));
	EXPECT_LE(LARGE, trimmed);
}

static int ask(struct _test_data_fs *self, __u32 method, void *out, __u32 len)
{
	char in[sizeof(struct acall_file_path) + sizeof(self->mnt)] = "";
	size_t n = strlen(self->mnt);

	memcpy(in + sizeof(struct acall_file_path), self->mnt, n);
	return ft_run(self->obj, method, in,
		      sizeof(struct acall_file_path) + n, NULL, 0, out, len,
		      &self->finish);
}

TEST_F(fs, F2_statfs_and_stat)
{
	struct acall_file_statfs_out statfs;
	struct acall_file_stat_out out;
	struct stat st;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ask(self, ACALL_FILE_STATFS, &statfs, sizeof(statfs)));
	EXPECT_EQ(0, self->finish.status);
	EXPECT_EQ(variant->magic, statfs.type);
	ASSERT_EQ(0, ask(self, ACALL_FILE_STAT, &out, sizeof(out)));
	EXPECT_EQ(0, self->finish.status);
	ASSERT_EQ(0, fstat(self->dir, &st));
	EXPECT_EQ(st.st_ino, out.ino);
	EXPECT_EQ(st.st_mode, out.mode);
}

#include "acall_main.h"
