// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that fail or stand still, and one that is more like a real disk than a
 * loop device: errors reach the client, progress ends where they begin, nothing is
 * said to be durable that is not, and nobody waits for a device that does nothing.
 *
 * The device mapper makes them of loop devices: "error" fails, "flakey" fails what
 * is written, and one that is suspended keeps what it is given until it is resumed.
 */
#include "file_loop.h"
#include "file_xfs.h"

#include "acall_more.h"

#define SEED	16
#define SIZE	(16 * FT_MIB)
#define BAD	(8 * FT_MIB)	/* where what cannot be read begins */
#define BLOCK	512

#define SCSI	"/sys/bus/pseudo/drivers/scsi_debug/"

static bool run(const char *format, ...)
{
	char command[600];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return !system(command);
}

/* A device of the mapper. */
struct mapped {
	char name[40];
	char path[80];
	char below[40];		/* the loop device */
	int loop;
};

/* Whatever is on its way is done to the new one. */
static bool set_table(const struct mapped *m, const char *table)
{
	return run("dmsetup suspend --noflush --nolockfs %s", m->name) &&
	       run("printf '%s' | dmsetup reload %s", table, m->name) &&
	       run("dmsetup resume %s", m->name);
}

static const char *map(struct mapped *m, int file, __u64 size)
{
	static unsigned int nr;

	if (!run("command -v dmsetup >/dev/null && modprobe -a dm-mod dm-flakey 2>/dev/null"))
		return "no device mapper";
	/* Nobody else here makes the nodes. */
	setenv("DM_DISABLE_UDEV", "1", 1);
	m->loop = ft_loop(file);
	if (m->loop < 0)
		return "no loop devices here";
	snprintf(m->path, sizeof(m->path), "/proc/self/fd/%d", m->loop);
	m->below[readlink(m->path, m->below, sizeof(m->below) - 1)] = 0;
	snprintf(m->name, sizeof(m->name), "acall-%d-%u", getpid(), nr++);
	snprintf(m->path, sizeof(m->path), "/dev/mapper/%s", m->name);
	if (!run("dmsetup create %s --table '0 %llu linear %s 0'", m->name,
		 (unsigned long long)size / BLOCK, m->below))
		return "no device of the mapper";
	return NULL;
}

static bool unmap(const struct mapped *m)
{
	bool gone = run("dmsetup remove %s", m->name);

	close(m->loop);
	return gone;
}

FIXTURE(mapped) {
	const char *why;
	struct mapped m;
	int obj;
	int file;		/* behind it all */
	int dev;
	int dst;
	struct acall_finish finish;
};

FIXTURE_SETUP(mapped)
{
	self->why = ft_missing("ACALL_DIR_TMPFS");
	if (!self->why && geteuid())
		self->why = "only root makes devices";
	if (self->why)
		return;
	self->file = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_GE(self->file, 0);
	ASSERT_EQ(0, ft_write_pattern(self->file, 0, SIZE, SEED));
	self->why = map(&self->m, self->file, SIZE);
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->dst = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_GE(self->dst, 0);
	self->dev = open(self->m.path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(self->dev, 0);
}

FIXTURE_TEARDOWN(mapped)
{
	const char *left;

	if (self->why)
		return;
	close(self->obj);
	close(self->dst);
	close(self->dev);
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
	EXPECT_TRUE(unmap(&self->m));
	close(self->file);
}

/* A part of it cannot be read any more. */
static bool break_device(const struct mapped *m)
{
	const unsigned long long bad = BAD / BLOCK, end = SIZE / BLOCK;
	char table[300];

	snprintf(table, sizeof(table),
		 "0 %llu linear %s 0\\n%llu 2048 error\\n%llu %llu linear %s %llu\\n",
		 bad, m->below, bad, bad + 2048, end - bad - 2048, m->below,
		 bad + 2048);
	return set_table(m, table);
}

TEST_F(mapped, F3_up_to_what_cannot_be_read_EIO)
{
	const struct acall_file_hash hash = ft_hash_arg("sha256", 0, 0);
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	struct acall_finish *f = &self->finish;
	struct acall_file_copy copy = { 0 };

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_TRUE(break_device(&self->m));
	for (; copy.flags <= ACALL_FILE_COPY_SPARSE; copy.flags++) {
		ASSERT_EQ(0, ftruncate(self->dst, 0));
		ASSERT_EQ(0, ft_copy(self->obj, self->dev, self->dst, &copy,
				     f));
		EXPECT_TRUE(ft_ended(f, -EIO, BAD));
		EXPECT_EQ(BAD, ft_size(self->dst));
		EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, BAD, SEED));
	}
	ASSERT_EQ(0, ft_hash(self->obj, self->dev, &hash, digest, f));
	EXPECT_TRUE(ft_ended(f, -EIO, BAD));
	EXPECT_EQ(0, f->out_len);
	/* What is behind it is as good as ever. */
	copy = (struct acall_file_copy){ .src_offset = BAD + FT_MIB };
	ASSERT_EQ(0, ftruncate(self->dst, 0));
	ASSERT_EQ(0, ft_copy(self->obj, self->dev, self->dst, &copy, f));
	EXPECT_TRUE(ft_ended(f, 0, SIZE - BAD - FT_MIB));
	EXPECT_EQ(-1, ft_check_moved(self->dst, 0, SIZE - BAD - FT_MIB, SEED,
				     BAD + FT_MIB));
}

/* Zeroes cannot be written there either, and those before have been. */
TEST_F(mapped, F3_up_to_what_cannot_be_written_EIO)
{
	struct acall_finish *f = &self->finish;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_TRUE(break_device(&self->m));
	ASSERT_EQ(0, ft_discard(self->obj, self->dev, ACALL_FILE_DISCARD_ZERO,
				0, BAD, f));
	EXPECT_TRUE(ft_ended(f, 0, BAD));
	ASSERT_EQ(0, ft_discard(self->obj, self->dev, ACALL_FILE_DISCARD_ZERO,
				BAD, 0, f));
	EXPECT_TRUE(ft_ended(f, -EIO, 0));
	EXPECT_EQ(-1, ft_check_byte(self->file, 0, BAD, 0));
	EXPECT_EQ(-1, ft_check_pattern(self->file, BAD, FT_MIB, SEED));
}

/* It stands still: the client goes on, and then all of it does. */
TEST_F(mapped, X5_a_device_that_stands_still)
{
	const struct acall_file_copy copy = { 0 };
	const struct acall_file_sync sync = { .scope = ACALL_FILE_SYNC_FILESYSTEM };
	struct acall_finish *f = &self->finish;
	struct acall_cancel cancel;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_TRUE(run("dmsetup suspend --nolockfs %s", self->m.name));
	ASSERT_EQ(0, ft_begin_copy(self->obj, self->dev, self->dst, &copy));
	ASSERT_EQ(0, wait_state(self->obj, ACALL_STATE_RUNNING));
	ASSERT_EQ(0, sys_cancel(self->obj, 0, 0, 20 * MSEC, &cancel));
	ASSERT_EQ(0, ft_finish(self->obj, f));
	EXPECT_EQ(-ECANCELED, f->status);
	EXPECT_EQ(cancel.outcome, f->outcome);
	EXPECT_EQ(0, f->progress);
	/* tmpfs has nothing to do with it. */
	ASSERT_EQ(0, ft_sync(self->obj, self->dst, &sync, f));
	EXPECT_TRUE(ft_ended(f, 0, f->total));
	ASSERT_TRUE(run("dmsetup resume %s", self->m.name));
	EXPECT_EQ(0, sys_wait_settled(self->obj, 0, FOREVER));
	EXPECT_EQ(0, wait_counter("executions", 0));
	ASSERT_EQ(0, ftruncate(self->dst, 0));
	ASSERT_EQ(0, ft_copy(self->obj, self->dev, self->dst, &copy, f));
	EXPECT_TRUE(ft_ended(f, 0, SIZE));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, SIZE, SEED));
}

/* A file system on such a device: XFS, whose mkfs is to be had. */
FIXTURE(weak) {
	const char *why;
	struct mapped m;
	char mnt[200];
	int image;
	int obj;
	int src;
	int dst;
	struct acall_finish finish;
};

FIXTURE_SETUP(weak)
{
	const __u64 size = 320 * FT_MIB;

	self->why = ft_missing("ACALL_DIR_EXT4");
	if (!self->why && geteuid())
		self->why = "only root makes devices";
	if (!self->why && !run("command -v mkfs.xfs >/dev/null"))
		self->why = "no mkfs.xfs";
	if (self->why)
		return;
	self->image = ft_temp("ACALL_DIR_EXT4");
	ASSERT_GE(self->image, 0);
	ASSERT_EQ(0, ftruncate(self->image, size));
	self->why = map(&self->m, self->image, size);
	if (self->why)
		return;
	ASSERT_TRUE(run("mkfs.xfs -q %s", self->m.path));
	ASSERT_EQ(0, ft_mount_point(self->mnt, sizeof(self->mnt)));
	ASSERT_EQ(0, mount(self->m.path, self->mnt, "xfs", 0, NULL));
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->src = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_GE(self->src, 0);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, SIZE, SEED));
	self->dst = ft_open_in(self->mnt, "target");
	ASSERT_GE(self->dst, 0);
	ASSERT_EQ(0, fsync(self->dst));
}

FIXTURE_TEARDOWN(weak)
{
	const char *left;

	if (self->why)
		return;
	close(self->obj);
	close(self->src);
	close(self->dst);
	EXPECT_EQ(0, umount(self->mnt));
	EXPECT_EQ(0, rmdir(self->mnt));
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
	EXPECT_TRUE(unmap(&self->m));
	close(self->image);
}

/* From now on nothing can be written to it. */
static bool break_writes(const struct mapped *m)
{
	char table[200];

	snprintf(table, sizeof(table),
		 "0 %llu flakey %s 0 0 3600 1 error_writes",
		 320 * FT_MIB / BLOCK, m->below);
	return set_table(m, table);
}

static bool mend(const struct mapped *m)
{
	char table[200];

	snprintf(table, sizeof(table), "0 %llu linear %s 0",
		 320 * FT_MIB / BLOCK, m->below);
	return set_table(m, table);
}

TEST_F(weak, F2_nothing_is_durable_that_could_not_be_written_EIO)
{
	const struct acall_file_copy copy = { .flags = ACALL_FILE_COPY_SYNC };
	struct acall_file_sync sync = { 0 };
	struct acall_finish *f = &self->finish;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_TRUE(break_writes(&self->m));
	/* All of it is in the target, but in memory. */
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->dst, &copy, f));
	EXPECT_EQ(-EIO, f->status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f->outcome);
	/* What was told is told once; new data are a new error. */
	for (; sync.scope <= ACALL_FILE_SYNC_FILE; sync.scope++) {
		ASSERT_EQ(0, ft_write_pattern(self->dst, 0, FT_MIB, SEED));
		ASSERT_EQ(0, ft_sync(self->obj, self->dst, &sync, f));
		EXPECT_EQ(-EIO, f->status);
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f->outcome);
	}
	ASSERT_EQ(0, ft_write_pattern(self->dst, 0, FT_MIB, SEED));
	ASSERT_EQ(0, ft_sync(self->obj, self->dst, &sync, f));
	EXPECT_EQ(-EIO, f->status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f->outcome);
	ASSERT_TRUE(mend(&self->m));
}

/* The deadline of who waits for it, and the truth of what is still going on. */
TEST_F(weak, B5_sync_to_a_device_that_stands_still_ETIME)
{
	struct acall_file_sync arg = { 0 };
	struct acall_begin b = {
		.size = sizeof(b),
		.flags = ACALL_BEGIN_DEADLINE,
		.method = ACALL_FILE_SYNC,
		.nr_files = 1,
		.files = PTR(&self->dst),
		.in = PTR(&arg),
		.in_len = sizeof(arg),
		.grace_ns = MSEC,
	};
	struct acall_finish *f = &self->finish;
	__u64 time = 10 * MSEC;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (; arg.scope <= ACALL_FILE_SYNC_FILESYSTEM; arg.scope++) {
		ASSERT_EQ(0, ft_write_pattern(self->dst, 0, SIZE, SEED));
		ASSERT_TRUE(run("dmsetup suspend --nolockfs --noflush %s",
				self->m.name));
		do {
			time *= 2;
			b.deadline = now_ns() + time;
			ASSERT_EQ(0, sys_begin_struct(self->obj, &b));
			ASSERT_EQ(0, ft_finish(self->obj, f));
			EXPECT_EQ(-ETIME, f->status);
		} while (f->outcome == ACALL_OUTCOME_NEVER_STARTED);
		EXPECT_EQ(ACALL_OUTCOME_ABANDONED, f->outcome);
		EXPECT_LE(1, counter("executions"));
		ASSERT_TRUE(run("dmsetup resume %s", self->m.name));
		EXPECT_EQ(0, sys_wait_settled(self->obj, 0, FOREVER));
		EXPECT_EQ(0, wait_counter("executions", 0));
	}
	arg.scope = ACALL_FILE_SYNC_FILE;
	ASSERT_EQ(0, ft_sync(self->obj, self->dst, &arg, f));
	EXPECT_TRUE(ft_ended(f, 0, f->total));
	EXPECT_EQ(0, ft_unwritten_pages(self->dst, 0, SIZE));
}

/* A disk of the SCSI layer that is in memory. */
FIXTURE(scsi) {
	const char *why;
	int obj;
	int dev;
	int dst;
	struct acall_finish finish;
};

static int open_disk(void)
{
	char path[80] = "/dev/", *name = path + strlen(path);
	__u64 since = now_ns();
	FILE *found;
	int fd = -1;

	/* Its scan may still be going on. */
	do {
		found = popen("ls " SCSI "adapter0/host*/target*/*/block", "r");
		if (found && fscanf(found, "%39s", name) == 1)
			fd = open(path, O_RDWR | O_CLOEXEC);
		if (found)
			pclose(found);
		give_way();
	} while (fd < 0 && !guard_expired(since));
	return fd;
}

FIXTURE_SETUP(scsi)
{
	self->why = ft_missing("ACALL_DIR_TMPFS");
	if (!self->why && geteuid())
		self->why = "only root makes devices";
	/* With small pieces, and what is unmapped reads as zeroes. */
	if (!self->why &&
	    !(run("modprobe sd_mod 2>/dev/null") &&
	      run("modprobe scsi_debug delay=0 dev_size_mb=%llu %s 2>/dev/null",
		  SIZE / FT_MIB, "lbpu=1 lbpws=1 lbprz=1 unmap_max_blocks=2048")))
		self->why = "no scsi_debug";
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->dev = open_disk();
	ASSERT_GE(self->dev, 0);
	ASSERT_EQ(0, ft_write_pattern(self->dev, 0, SIZE, SEED));
	ASSERT_EQ(0, fsync(self->dev));
	self->dst = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_GE(self->dst, 0);
}

FIXTURE_TEARDOWN(scsi)
{
	const char *left;

	if (self->why)
		return;
	close(self->obj);
	close(self->dst);
	close(self->dev);
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
	EXPECT_TRUE(run("rmmod scsi_debug"));
}

TEST_F(scsi, F2_discard_and_zero)
{
	static const __u32 modes[] = {
		ACALL_FILE_DISCARD_PLAIN, ACALL_FILE_DISCARD_ZERO,
	};
	struct acall_finish *f = &self->finish;
	__u64 at = FT_MIB, length = 5 * FT_MIB + BLOCK;
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < ARRAY_SIZE(modes); i++, at += 7 * FT_MIB) {
		ASSERT_EQ(0, ft_discard(self->obj, self->dev, modes[i], at,
					length, f));
		EXPECT_TRUE(ft_ended(f, 0, length));
		EXPECT_EQ(-1, ft_check_pattern(self->dev, at - FT_MIB, FT_MIB,
					       SEED));
		EXPECT_EQ(-1, ft_check_byte(self->dev, at, length, 0));
		EXPECT_EQ(-1, ft_check_pattern(self->dev, at + length, FT_MIB,
					       SEED));
	}
	/* It cannot. */
	EXPECT_EQ(-EOPNOTSUPP, ft_discard(self->obj, self->dev,
					  ACALL_FILE_DISCARD_SECURE, 0, 0, f));
}

/* As far as the last page before the block that is bad: it says so itself. */
TEST_F(scsi, F3_a_bad_block_EIO)
{
	const struct acall_file_hash hash = ft_hash_arg("sha256", 0, 0);
	const struct acall_file_copy copy = { 0 };
	const __u64 page = sysconf(_SC_PAGESIZE);
	const __u64 bad = 0x1234 * BLOCK / page * page;
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	struct acall_finish *f = &self->finish;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ioctl(self->dev, BLKFLSBUF, 0));
	ASSERT_EQ(0, write_file(SCSI "opts", "0x2\n"));
	ASSERT_EQ(0, ft_copy(self->obj, self->dev, self->dst, &copy, f));
	EXPECT_TRUE(ft_ended(f, f->status, bad));
	EXPECT_TRUE(f->status == -EIO || f->status == -ENODATA)
		TH_LOG("%d", f->status);
	EXPECT_EQ(bad, ft_size(self->dst));
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, bad, SEED));
	ASSERT_EQ(0, ft_hash(self->obj, self->dev, &hash, digest, f));
	EXPECT_TRUE(ft_ended(f, f->status, bad));
	EXPECT_GT(0, f->status);
	EXPECT_EQ(0, f->out_len);
	ASSERT_EQ(0, write_file(SCSI "opts", "0\n"));
}

#include "acall_main.h"
