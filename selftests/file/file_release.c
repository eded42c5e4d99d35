// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a call of the "file" interface holds after its FINISH: nothing [F8]. And
 * what it has done when the file system is full.
 *
 * A kernel worker that drops the last reference on a file with fput() leaves
 * the work to a delayed work item. A client that unmounts or executes the
 * target right after FINISH then meets EBUSY or ETXTBSY, once in a while. So
 * these tests do it 200 times, with their own reference closed before FINISH,
 * so that the worker's is the last one; after a result as after a cancel.
 */
#include "file_util.h"

#include <spawn.h>
#include <sys/vfs.h>

#define SEED	8
#define ROUNDS	200
#define SIZE	(300 * FT_KIB + 7)
#define ROOM	(8 * FT_MIB)	/* left of the small file system */
#define FULL	(12 * FT_MIB)	/* more than that */

/*
 * The program that is copied and executed is this one, in most rounds as the
 * interpreter of a script, which is faster; with PROBE in its environment all
 * it does is to say so.
 */
#define PROBE		"ACALL_TEST_PROBE"
#define PROBE_STATUS	42

static void __attribute__((constructor)) probe(void)
{
	if (getenv(PROBE))
		_exit(PROBE_STATUS);
}

/*
 * A file system of its own for each round: tmpfs, which is fast to mount; and
 * ext4, where most rounds unmount a bind mount, since what makes EBUSY is a
 * reference on the mount, and every tenth the file system itself.
 */
FIXTURE(round) {
	const char *why;
	int obj;
	int src;
	char base[200];		/* where the small file system is mounted */
	char mnt[200];
	struct acall_finish finish;
};

FIXTURE_VARIANT(round) {
	bool ext4;
};

FIXTURE_VARIANT_ADD(round, tmpfs) {
	.ext4 = false,
};

FIXTURE_VARIANT_ADD(round, ext4) {
	.ext4 = true,
};

FIXTURE_SETUP(round)
{
	self->why = ft_missing("ACALL_DIR_TMPFS");
	if (!self->why && variant->ext4)
		self->why = ft_missing("ACALL_DEV_SMALL");
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->src = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_GE(self->src, 0);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, SIZE, SEED));
	ASSERT_EQ(0, ft_mount_point(self->base, sizeof(self->base)));
	ASSERT_EQ(0, ft_mount_point(self->mnt, sizeof(self->mnt)));
	if (variant->ext4)
		ASSERT_EQ(0, ft_mount_small(self->base));
}

FIXTURE_TEARDOWN(round)
{
	const char *left;

	if (self->why)
		return;
	close(self->obj);
	close(self->src);
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
	/* A failed test may have left something mounted. */
	umount(self->mnt);
	umount(self->base);
	EXPECT_EQ(0, rmdir(self->mnt));
	EXPECT_EQ(0, rmdir(self->base));
}

static int create(const char *dir)
{
	char path[220];
	int fd;

	snprintf(path, sizeof(path), "%s/file", dir);
	fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

/* Mounts, and begins a call on a file there that only the call holds. */
static int begin(struct _test_data_round *self,
		 const struct _fixture_variant_round *variant, __u32 method,
		 const void *arg, size_t len)
{
	bool copy = method == ACALL_FILE_COPY;
	int files[2] = { self->src, -1 }, ret;

	if (variant->ext4)
		ret = mount(self->base, self->mnt, NULL, MS_BIND, NULL);
	else
		ret = mount("none", self->mnt, "tmpfs", 0, NULL);
	if (ret)
		return -errno;
	files[1] = create(self->mnt);
	if (files[1] < 0)
		return files[1];
	/* For the methods that read; a copy overwrites it. */
	ret = ft_write_pattern(files[1], 0, 4097, SEED);
	if (!ret)
		ret = ft_begin(self->obj, method, arg, len,
			       copy ? files : files + 1, copy ? 2 : 1);
	if (close(files[1]))
		return -errno;
	return ret;
}

/* What is being tested: 0, or a negative errno, which is EBUSY. */
static int end(struct _test_data_round *self,
	       const struct _fixture_variant_round *variant, int round)
{
	if (umount(self->mnt))
		return -errno;
	if (!variant->ext4 || round % 10)
		return 0;
	if (umount(self->base))
		return -errno;
	return ft_mount_small(self->base);
}

TEST_F(round, F8_umount_after_result)
{
	const struct acall_file_copy arg = { 0 };
	int round;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (round = 0; round < ROUNDS; round++) {
		ASSERT_EQ(0, begin(self, variant, ACALL_FILE_COPY, &arg,
				   sizeof(arg)));
		ASSERT_EQ(0, ft_finish(self->obj, &self->finish));
		ASSERT_EQ(0, end(self, variant, round))
			TH_LOG("round %d", round);
		ASSERT_TRUE(ft_ended(&self->finish, 0, SIZE));
	}
}

/* Whatever the outcome: stopped, never started, or too late. */
TEST_F(round, F8_umount_after_cancel)
{
	const struct acall_file_copy arg = { 0 };
	int round, ret, stopped = 0;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (round = 0; round < ROUNDS; round++) {
		ASSERT_EQ(0, begin(self, variant, ACALL_FILE_COPY, &arg,
				   sizeof(arg)));
		ret = ft_cancel(self->obj, 0, FOREVER);
		ASSERT_TRUE(!ret || ret == -ESRCH);
		ASSERT_EQ(0, ft_finish(self->obj, &self->finish));
		ASSERT_EQ(0, end(self, variant, round))
			TH_LOG("round %d", round);
		ASSERT_EQ(ret ? 0 : -ECANCELED, self->finish.status);
		stopped += !ret;
	}
	TH_LOG("%d of %d rounds were cancelled in time", stopped, ROUNDS);
}

/* An orphan holds its files until it has ended, and no longer. */
TEST_F(round, F8_umount_after_orphan_has_settled)
{
	const struct acall_file_copy arg = { 0 };
	int round, ret;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (round = 0; round < ROUNDS / 2; round++) {
		ASSERT_EQ(0, begin(self, variant, ACALL_FILE_COPY, &arg,
				   sizeof(arg)));
		ret = ft_cancel(self->obj, ACALL_CANCEL_ABANDON, 0);
		ASSERT_TRUE(!ret || ret == -ESRCH);
		ASSERT_EQ(0, ft_finish(self->obj, &self->finish));
		ASSERT_EQ(0, wait_counter("executions", 0));
		ASSERT_EQ(0, end(self, variant, round))
			TH_LOG("round %d", round);
	}
}

TEST_F(round, F8_umount_after_other_methods)
{
	const struct acall_file_hash hash = ft_hash_arg("sha256", 0, 0);
	const struct acall_file_sync sync = { .scope = ACALL_FILE_SYNC_FILE };
	const struct acall_file_allocate allocate = { .length = FT_MIB };
	const struct {
		__u32 method;
		const void *arg;
		size_t len;
	} uses[] = {
		{ ACALL_FILE_HASH, &hash, sizeof(hash) },
		{ ACALL_FILE_SYNC, &sync, sizeof(sync) },
		{ ACALL_FILE_ALLOCATE, &allocate, sizeof(allocate) },
	};
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	int round;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (round = 0; round < ROUNDS / 2; round++) {
		unsigned int i = round % ARRAY_SIZE(uses);

		ASSERT_EQ(0, begin(self, variant, uses[i].method, uses[i].arg,
				   uses[i].len));
		ASSERT_EQ(0, sys_finish_out(self->obj, digest, sizeof(digest),
					    &self->finish));
		ASSERT_EQ(0, end(self, variant, round))
			TH_LOG("round %d", round);
		ASSERT_EQ(0, self->finish.status);
	}
}

FIXTURE(small) {
	const char *why;
	int obj;
	int src;
	int fd;
	char mnt[200];
	struct acall_finish finish;
};

/* Leaves ROOM bytes of the file system at @dir free. */
static int fill(const char *dir)
{
	char path[220];
	struct statfs st;
	int fd, ret;

	snprintf(path, sizeof(path), "%s/ballast", dir);
	fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 || fstatfs(fd, &st))
		return -errno;
	ret = fallocate(fd, 0, 0, st.f_bfree * st.f_bsize - ROOM);
	if (ret)
		ret = -errno;
	close(fd);
	return ret;
}

FIXTURE_SETUP(small)
{
	self->why = ft_missing("ACALL_DEV_SMALL");
	if (!self->why)
		self->why = ft_missing("ACALL_DIR_TMPFS");
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->src = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_GE(self->src, 0);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, FULL, SEED));
	ASSERT_EQ(0, ft_mount_point(self->mnt, sizeof(self->mnt)));
	ASSERT_EQ(0, ft_mount_small(self->mnt));
	ASSERT_EQ(0, fill(self->mnt));
	self->fd = create(self->mnt);
	ASSERT_GE(self->fd, 0);
}

/* The small file system is left as it was found. */
FIXTURE_TEARDOWN(small)
{
	const char *left;
	char path[220];

	if (self->why)
		return;
	close(self->obj);
	close(self->src);
	close(self->fd);
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
	snprintf(path, sizeof(path), "%s/file", self->mnt);
	EXPECT_EQ(0, unlink(path));
	snprintf(path, sizeof(path), "%s/ballast", self->mnt);
	EXPECT_EQ(0, unlink(path));
	EXPECT_EQ(0, umount(self->mnt));
	EXPECT_EQ(0, rmdir(self->mnt));
}

/* Full: ENOSPC, and progress is what is there; all of that and no more. */
TEST_F(small, F2_copy_to_full_file_system_ENOSPC)
{
	static const struct acall_file_copy args[] = {
		{ 0 },
		{ .flags = ACALL_FILE_COPY_SPARSE },
		{ .flags = ACALL_FILE_COPY_SYNC },
	};
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < ARRAY_SIZE(args); i++) {
		ASSERT_EQ(0, ftruncate(self->fd, 0));
		ASSERT_EQ(0, ft_copy(self->obj, self->src, self->fd, &args[i],
				     &self->finish));
		EXPECT_EQ(-ENOSPC, self->finish.status);
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, self->finish.outcome);
		EXPECT_LT(ROOM / 2, self->finish.progress);
		EXPECT_GE(ROOM, self->finish.progress);
		EXPECT_EQ(FULL, self->finish.total);
		EXPECT_EQ(self->finish.progress, ft_size(self->fd));
		EXPECT_EQ(-1, ft_check_pattern(self->fd, 0,
					       self->finish.progress, SEED));
	}
}

/* Over old data: before and behind it, what was there is there. */
TEST_F(small, F2_overwrite_on_full_file_system_ENOSPC)
{
	const struct acall_file_copy arg = { .dst_offset = FT_MIB + 1 };
	const __u64 old = 2 * FT_MIB;
	__u64 end;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_write_byte(self->fd, 0, old, 0x5a));
	ASSERT_EQ(0, ft_copy(self->obj, self->src, self->fd, &arg,
			     &self->finish));
	EXPECT_EQ(-ENOSPC, self->finish.status);
	end = arg.dst_offset + self->finish.progress;
	EXPECT_LT(old, end);
	EXPECT_EQ(end, ft_size(self->fd));
	EXPECT_EQ(-1, ft_check_byte(self->fd, 0, arg.dst_offset, 0x5a));
	EXPECT_EQ(-1, ft_check_moved(self->fd, arg.dst_offset,
				     self->finish.progress, SEED, 0));
}

TEST_F(small, F2_allocate_on_full_file_system_ENOSPC)
{
	const struct acall_file_allocate arg = {
		.offset = 126 * FT_MIB,
		.length = 200 * FT_MIB,
	};

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ft_allocate(self->obj, self->fd, &arg, &self->finish));
	EXPECT_EQ(-ENOSPC, self->finish.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, self->finish.outcome);
	EXPECT_GE(ROOM, self->finish.progress);
	EXPECT_LE(self->finish.progress, ft_allocated(self->fd));
	EXPECT_LE(self->finish.progress ?
		  arg.offset + self->finish.progress : 0, ft_size(self->fd));
}

/* Only a mount or mkfs may hold a block device exclusively. */
TEST_F(small, F8_block_device_released)
{
	const struct acall_file_copy arg = { .length = 64 * FT_KIB };
	int round, fd;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, close(self->fd));
	ASSERT_EQ(0, umount(self->mnt));
	for (round = 0; round < ROUNDS; round++) {
		fd = open(getenv("ACALL_DEV_SMALL"),
			  O_RDONLY | O_EXCL | O_CLOEXEC);
		ASSERT_GE(fd, 0)
			TH_LOG("round %d: errno %d", round, errno);
		ASSERT_EQ(0, ft_begin_copy(self->obj, fd, self->src, &arg));
		ASSERT_EQ(0, close(fd));
		ASSERT_EQ(0, ft_finish(self->obj, &self->finish));
		ASSERT_TRUE(ft_ended(&self->finish, 0, 64 * FT_KIB));
	}
	ASSERT_EQ(0, ft_mount_small(self->mnt));
	self->fd = create(self->mnt);
	ASSERT_GE(self->fd, 0);
}

FIXTURE(target) {
	const char *why;
	int obj;
	int program;
	int script;
	char path[200];
	char *argv[2];
	struct acall_finish finish;
};

FIXTURE_SETUP(target)
{
	char exe[200] = "", line[210];
	struct stat st;
	void *map;
	int fd;

	self->why = ft_missing("ACALL_DIR_EXT4");
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	/* A copy of the program: it may lie where nobody can copy from. */
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, fstat(fd, &st));
	map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	self->program = ft_temp("ACALL_DIR_EXT4");
	ASSERT_GE(self->program, 0);
	ASSERT_EQ(0, ft_put(self->program, map, st.st_size, 0));
	ASSERT_EQ(0, munmap(map, st.st_size));
	ASSERT_EQ(0, close(fd));

	ASSERT_LT(0, readlink("/proc/self/exe", exe, sizeof(exe) - 1));
	snprintf(line, sizeof(line), "#!%s\n", exe);
	self->script = ft_temp("ACALL_DIR_EXT4");
	ASSERT_GE(self->script, 0);
	ASSERT_EQ(0, ft_put(self->script, line, strlen(line), 0));

	snprintf(self->path, sizeof(self->path), "%s/exec-XXXXXX",
		 getenv("ACALL_DIR_EXT4"));
	fd = mkstemp(self->path);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, fchmod(fd, 0700));
	ASSERT_EQ(0, close(fd));
	self->argv[0] = self->path;
	ASSERT_EQ(0, setenv(PROBE, "1", 1));
}

FIXTURE_TEARDOWN(target)
{
	const char *left;

	if (self->why)
		return;
	close(self->obj);
	close(self->program);
	close(self->script);
	EXPECT_EQ(0, unlink(self->path));
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

/*
 * Execute @argv[0]: 0, the negative errno of execve(2), or what it exits with.
 */
static int execute(char **argv)
{
	pid_t pid;
	int ret = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);

	if (ret)
		return -ret;
	ret = child_join(pid);
	return ret == PROBE_STATUS ? 0 : ret ?: 255;
}

TEST_F(target, F8_exec_of_target_after_result)
{
	const struct acall_file_copy arg = { 0 };
	int round, fd, src;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (round = 0; round < ROUNDS; round++) {
		src = round % 10 ? self->script : self->program;
		fd = open(self->path, O_WRONLY | O_TRUNC | O_CLOEXEC);
		ASSERT_GE(fd, 0);
		ASSERT_EQ(0, ft_begin_copy(self->obj, src, fd, &arg));
		ASSERT_EQ(0, close(fd));
		ASSERT_EQ(0, ft_finish(self->obj, &self->finish));
		ASSERT_EQ(0, execute(self->argv))
			TH_LOG("round %d", round);
		ASSERT_TRUE(ft_ended(&self->finish, 0, ft_size(src)));
	}
}

/* The call copies over what is there already, so that it stays executable. */
TEST_F(target, F8_exec_of_target_after_cancel)
{
	const struct acall_file_copy arg = { 0 };
	int round, fd, ret, stopped = 0;

	if (self->why)
		SKIP(return, "%s", self->why);
	fd = open(self->path, O_WRONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ft_copy(self->obj, self->program, fd, &arg,
			     &self->finish));
	ASSERT_EQ(0, close(fd));
	for (round = 0; round < ROUNDS; round++) {
		fd = open(self->path, O_WRONLY | O_CLOEXEC);
		ASSERT_GE(fd, 0)
			TH_LOG("round %d: errno %d", round, errno);
		ASSERT_EQ(0, ft_begin_copy(self->obj, self->program, fd,
					   &arg));
		ASSERT_EQ(0, close(fd));
		ret = ft_cancel(self->obj, 0, FOREVER);
		ASSERT_TRUE(!ret || ret == -ESRCH);
		ASSERT_EQ(0, ft_finish(self->obj, &self->finish));
		ASSERT_EQ(0, execute(self->argv))
			TH_LOG("round %d", round);
		stopped += !ret;
	}
	TH_LOG("%d of %d rounds were cancelled in time", stopped, ROUNDS);
}

#include "acall_main.h"
