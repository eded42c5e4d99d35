// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the "file" interface refuses, and that it does so in BEGIN: files of the
 * wrong kind, opened the wrong way, sealed, immutable or append-only, and
 * arguments that make no sense. A refused BEGIN leaves the object idle (ft_run()
 * looks), and after each test a call on the same object works.
 *
 * The rule behind the kinds is R-ID: a file of proc, sysfs, a pipe or a tty
 * looks at current, and in a worker that is somebody else.
 */
#include "file_util.h"

#include <sys/eventfd.h>
#include <linux/fs.h>
#include <linux/io_uring.h>

#define SEED	5
#define SIZE	10000

enum use { USE_COPY_SOURCE, USE_COPY_TARGET, USE_HASH, USE_SYNC, USE_ALLOCATE,
	   USE_ADVISE };

FIXTURE(refuse) {
	const char *why;
	int obj;
	int good;	/* a file that any method takes */
	int other;	/* another one */
	struct acall_finish finish;
};

FIXTURE_VARIANT(refuse) {
	enum use use;
	bool reads;
	bool writes;
};

FIXTURE_VARIANT_ADD(refuse, copy_source) {
	.use = USE_COPY_SOURCE,
	.reads = true,
};

FIXTURE_VARIANT_ADD(refuse, copy_target) {
	.use = USE_COPY_TARGET,
	.writes = true,
};

FIXTURE_VARIANT_ADD(refuse, hash) {
	.use = USE_HASH,
	.reads = true,
};

FIXTURE_VARIANT_ADD(refuse, sync) {
	.use = USE_SYNC,
};

FIXTURE_VARIANT_ADD(refuse, allocate) {
	.use = USE_ALLOCATE,
	.writes = true,
};

FIXTURE_VARIANT_ADD(refuse, advise) {
	.use = USE_ADVISE,
};

/*
 * Give @fd to a method, the way @use says. Returns what BEGIN refused it with,
 * 0 after success, and -EUCLEAN after a failure that only FINISH told: nothing
 * here expects that.
 */
static int take(int obj, int good, enum use use, int fd)
{
	struct acall_file_allocate allocate = { .length = SIZE };
	struct acall_file_hash hash = ft_hash_arg("sha256", 0, SIZE);
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	struct acall_file_copy copy = { .length = SIZE };
	struct acall_file_advise advise = { 0 };
	struct acall_file_sync sync = { 0 };
	struct acall_finish finish;
	int ret;

	switch (use) {
	case USE_COPY_SOURCE:
		ret = ft_copy(obj, fd, good, &copy, &finish);
		break;
	case USE_COPY_TARGET:
		ret = ft_copy(obj, good, fd, &copy, &finish);
		break;
	case USE_HASH:
		ret = ft_hash(obj, fd, &hash, digest, &finish);
		break;
	case USE_SYNC:
		ret = ft_sync(obj, fd, &sync, &finish);
		break;
	case USE_ADVISE:
		ret = ft_run(obj, ACALL_FILE_ADVISE, &advise, sizeof(advise),
			     &fd, 1, NULL, 0, &finish);
		break;
	default:
		ret = ft_allocate(obj, fd, &allocate, &finish);
	}
	if (!ret && finish.status) {
		fprintf(stderr, "# not refused by BEGIN: status %d\n",
			finish.status);
		ret = -EUCLEAN;
	}
	return ret;
}

/* Give the inode of @fd the flags @set, FS_*_FL, and take @clear away. */
static int flag(int fd, int set, int clear)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags))
		return -errno;
	flags = (flags & ~clear) | set;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) ? -errno : 0;
}

FIXTURE_SETUP(refuse)
{
	self->why = ft_missing("ACALL_DIR_EXT4");
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->good = ft_temp("ACALL_DIR_EXT4");
	ASSERT_GE(self->good, 0);
	ASSERT_EQ(0, ft_write_pattern(self->good, 0, SIZE, SEED));
	self->other = ft_temp("ACALL_DIR_EXT4");
	ASSERT_GE(self->other, 0);
	ASSERT_EQ(0, ft_write_pattern(self->other, 0, SIZE, SEED + 1));
}

FIXTURE_TEARDOWN(refuse)
{
	const char *left;

	if (self->why)
		return;
	EXPECT_EQ(0, take(self->obj, self->good, variant->use, self->other));
	close(self->obj);
	close(self->good);
	close(self->other);
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

TEST_F(refuse, B3_wrongly_opened_EBADF)
{
	int fds[3], expected[3], i;

	if (self->why)
		SKIP(return, "%s", self->why);
	fds[0] = ft_reopen(self->other, O_PATH);
	expected[0] = -EBADF;
	fds[1] = ft_reopen(self->other, O_RDONLY);
	expected[1] = variant->writes ? -EBADF : 0;
	fds[2] = ft_reopen(self->other, O_WRONLY);
	expected[2] = variant->reads ? -EBADF : 0;
	for (i = 0; i < 3; i++) {
		ASSERT_GE(fds[i], 0);
		EXPECT_EQ(expected[i], take(self->obj, self->good,
					    variant->use, fds[i]));
		close(fds[i]);
	}
}

TEST_F(refuse, B3_no_file_EBADF)
{
	static const int fds[] = { -1, -100, 12345, INT32_MAX, INT32_MIN };
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		EXPECT_EQ(-EBADF, take(self->obj, self->good, variant->use,
				       fds[i]));
}

TEST_F(refuse, B3_number_of_files_EINVAL)
{
	static const __u32 methods[] = {
		ACALL_FILE_COPY, ACALL_FILE_COPY, ACALL_FILE_HASH,
		ACALL_FILE_SYNC, ACALL_FILE_ALLOCATE,
	};
	__u32 method = methods[variant->use];
	__u32 right = method == ACALL_FILE_COPY ? 2 : 1, nr;
	struct acall_file_hash hash = ft_hash_arg("sha256", 0, 0);
	struct acall_file_copy zeros = { 0 };
	bool is_hash = method == ACALL_FILE_HASH;
	int files[ACALL_MAX_FILES + 1];

	if (self->why)
		SKIP(return, "%s", self->why);
	for (nr = 0; nr <= ACALL_MAX_FILES; nr++)
		files[nr] = nr % 2 ? self->good : self->other;
	for (nr = 0; nr <= ACALL_MAX_FILES + 1; nr++) {
		if (nr == right)
			continue;
		EXPECT_EQ(-EINVAL,
			  ft_run(self->obj, method,
				 is_hash ? (void *)&hash : (void *)&zeros, 24,
				 files, nr, NULL, 0, &self->finish))
			TH_LOG("%u files", nr);
	}
}

/* Files that look at current. */
TEST_F(refuse, R_ID_pseudo_files_EINVAL)
{
	static const char * const paths[] = {
		"/proc/self/comm", "/proc/self/status", "/proc/sys/kernel/hostname",
		"/sys/module/acall/parameters/user_calls",
		"/sys/kernel/debug/clear_warn_once", "/dev/null", "/dev/zero",
		"/dev/ptmx", "/dev/acall", "/dev/acall_test", "/proc", "/sys",
	};
	int fds[ARRAY_SIZE(paths) + 4], pair[2];
	unsigned int n = 0, tried = 0, i;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		int fd = open(paths[i], O_RDWR | O_CLOEXEC | O_NOCTTY);

		if (fd < 0 && !variant->writes)
			fd = open(paths[i], O_RDONLY | O_CLOEXEC | O_NOCTTY);
		fds[n++] = fd;
	}
	ASSERT_EQ(0, pipe(pair));
	fds[n++] = ft_reopen(pair[0], O_RDWR);
	ASSERT_EQ(0, close(pair[0]));
	ASSERT_EQ(0, close(pair[1]));
	fds[n++] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	fds[n++] = eventfd(0, EFD_CLOEXEC);
	fds[n++] = epoll_create1(EPOLL_CLOEXEC);
	for (i = 0; i < n; i++) {
		if (fds[i] < 0)
			continue;
		tried++;
		EXPECT_EQ(-EINVAL, take(self->obj, self->good, variant->use,
					fds[i]))
			TH_LOG("%s",
			       i < ARRAY_SIZE(paths) ? paths[i] : "no path");
		close(fds[i]);
	}
	/* /dev/null, /proc/self/comm, /dev/acall, ... are everywhere. */
	EXPECT_LE(12, tried);
}

/*
 * A call that holds its own object, or what can carry it, would keep itself
 * alive for ever.
 */
TEST_F(refuse, R_CYCLE_what_can_hold_the_object_EBADF)
{
	struct io_uring_params params = { 0 };
	int fds[5] = { -1, -1, -1, -1, -1 };
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	fds[0] = dup(self->obj);
	fds[1] = ft_object();
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fds + 2));
	fds[4] = syscall(__NR_io_uring_setup, 1, &params);
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		/* The kernel may have no io_uring. */
		ASSERT_TRUE(fds[i] >= 0 || i == 4);
		EXPECT_EQ(-EBADF, take(self->obj, self->good, variant->use,
				       fds[i]))
			TH_LOG("file %u", i);
		close(fds[i]);
	}
}

/* Only sync takes one, as fsync(2) does. */
TEST_F(refuse, R_ID_directory)
{
	int fd;

	if (self->why)
		SKIP(return, "%s", self->why);
	fd = open(getenv("ACALL_DIR_EXT4"), O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(variant->use == USE_SYNC ? 0 : -EINVAL,
		  take(self->obj, self->good, variant->use, fd));
	close(fd);
}

/* A block device is a source, and nothing else. */
TEST_F(refuse, R_ID_block_device)
{
	int fd;

	if (self->why)
		SKIP(return, "%s", self->why);
	if (ft_missing("ACALL_DEV_SMALL"))
		SKIP(return, "%s", ft_missing("ACALL_DEV_SMALL"));
	fd = open(getenv("ACALL_DEV_SMALL"), O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(variant->reads ? 0 : -EINVAL,
		  take(self->obj, self->good, variant->use, fd));
	close(fd);
}

TEST_F(refuse, B3_immutable_EPERM)
{
	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, flag(self->other, FS_IMMUTABLE_FL, 0));
	EXPECT_EQ(variant->writes ? -EPERM : 0,
		  take(self->obj, self->good, variant->use, self->other));
	ASSERT_EQ(0, flag(self->other, 0, FS_IMMUTABLE_FL));
	EXPECT_EQ(-1, ft_check_pattern(self->other, 0, SIZE, SEED + 1));
}

TEST_F(refuse, B3_append_only_EPERM)
{
	const struct acall_file_allocate punch = {
		.length = SIZE,
		.mode = ACALL_FILE_ALLOCATE_PUNCH,
	};

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, flag(self->other, FS_APPEND_FL, 0));
	/* Reading is no matter, nor is plain allocation. */
	EXPECT_EQ(variant->use == USE_COPY_TARGET ? -EPERM : 0,
		  take(self->obj, self->good, variant->use, self->other));
	if (variant->use == USE_ALLOCATE)
		EXPECT_EQ(-EPERM, ft_allocate(self->obj, self->other, &punch,
					      &self->finish));
	ASSERT_EQ(0, flag(self->other, 0, FS_APPEND_FL));
	EXPECT_EQ(-1, ft_check_pattern(self->other, 0, SIZE, SEED + 1));
}

/* As copy_file_range(2): where to write would not be the caller's choice. */
TEST_F(refuse, B3_opened_for_appending)
{
	int fd;

	if (self->why)
		SKIP(return, "%s", self->why);
	fd = ft_reopen(self->other, O_RDWR | O_APPEND);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(variant->use == USE_COPY_TARGET ? -EBADF : 0,
		  take(self->obj, self->good, variant->use, fd));
	EXPECT_EQ(-1, ft_check_pattern(self->other, 0, SIZE, SEED + 1));
	close(fd);
}

TEST_F(refuse, B3_sealed_EPERM)
{
	static const int seals[] = { F_SEAL_WRITE, F_SEAL_FUTURE_WRITE };
	const struct acall_file_allocate punch = {
		.length = SIZE,
		.mode = ACALL_FILE_ALLOCATE_PUNCH,
	};
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < ARRAY_SIZE(seals); i++) {
		int fd = memfd_create("acall", MFD_CLOEXEC | MFD_ALLOW_SEALING);

		ASSERT_GE(fd, 0);
		ASSERT_EQ(0, ft_write_pattern(fd, 0, SIZE, SEED + 1));
		ASSERT_EQ(0, fcntl(fd, F_ADD_SEALS, seals[i]));
		EXPECT_EQ(variant->use == USE_COPY_TARGET ? -EPERM : 0,
			  take(self->obj, self->good, variant->use, fd));
		if (variant->use == USE_ALLOCATE)
			EXPECT_EQ(-EPERM, ft_allocate(self->obj, fd, &punch,
						      &self->finish));
		EXPECT_EQ(-1, ft_check_pattern(fd, 0, SIZE, SEED + 1));
		close(fd);
	}
}

/* Not to grow is a matter of the range: within the file all is well. */
TEST_F(refuse, B3_sealed_against_growing)
{
	const struct acall_file_allocate allocate = { .length = SIZE + 1 };
	const struct acall_file_copy copy = { .dst_offset = 1 };
	int fd, ret;

	if (self->why)
		SKIP(return, "%s", self->why);
	fd = memfd_create("acall", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ft_write_pattern(fd, 0, SIZE, SEED + 1));
	ASSERT_EQ(0, fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	EXPECT_EQ(0, take(self->obj, self->good, variant->use, fd));
	ret = 0;
	if (variant->use == USE_COPY_TARGET)
		ret = ft_copy(self->obj, self->good, fd, &copy, &self->finish);
	if (variant->use == USE_ALLOCATE)
		ret = ft_allocate(self->obj, fd, &allocate, &self->finish);
	EXPECT_EQ(variant->writes ? -EPERM : 0, ret);
	EXPECT_EQ(SIZE, ft_size(fd));
	close(fd);
}

FIXTURE(arguments) {
	const char *why;
	int obj;
	int src;
	int dst;
	struct acall_finish finish;
};

FIXTURE_SETUP(arguments)
{
	self->why = ft_missing("ACALL_DIR_TMPFS");
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
	self->src = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_GE(self->src, 0);
	ASSERT_EQ(0, ft_write_pattern(self->src, 0, SIZE, SEED));
	self->dst = ft_temp("ACALL_DIR_TMPFS");
	ASSERT_GE(self->dst, 0);
	ASSERT_EQ(0, ft_write_pattern(self->dst, 0, SIZE, SEED + 1));
}

FIXTURE_TEARDOWN(arguments)
{
	const struct acall_file_copy copy = { 0 };
	const char *left;

	if (self->why)
		return;
	EXPECT_EQ(-1, ft_check_pattern(self->dst, 0, SIZE, SEED + 1));
	EXPECT_EQ(SIZE, ft_size(self->dst));
	EXPECT_EQ(0, ft_copy(self->obj, self->src, self->dst, &copy,
			     &self->finish));
	EXPECT_TRUE(ft_ended(&self->finish, 0, SIZE));
	close(self->obj);
	close(self->src);
	close(self->dst);
	left = ft_leftovers();
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

TEST_F(arguments, B3_unknown_flags_and_values_EINVAL)
{
	struct acall_file_copy copy = { 0 };
	struct acall_file_sync sync = { 0 };
	struct acall_file_allocate allocate = { .length = 1 };
	struct acall_file_hash hash = ft_hash_arg("sha256", 0, 0);
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	int bit;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (bit = 0; bit < 32; bit++) {
		__u32 flag = 1U << bit;

		copy.flags = flag;
		if (flag & ~(ACALL_FILE_COPY_SPARSE | ACALL_FILE_COPY_SYNC))
			EXPECT_EQ(-EINVAL, ft_copy(self->obj, self->src,
						   self->dst, &copy,
						   &self->finish));
		allocate.flags = flag;
		if (flag & ~ACALL_FILE_ALLOCATE_KEEP_SIZE)
			EXPECT_EQ(-EINVAL, ft_allocate(self->obj, self->dst,
						       &allocate,
						       &self->finish));
		sync.flags = flag;
		EXPECT_EQ(-EINVAL, ft_sync(self->obj, self->dst, &sync,
					   &self->finish));
		hash.flags = flag;
		hash.__reserved = 0;
		EXPECT_EQ(-EINVAL, ft_hash(self->obj, self->dst, &hash, digest,
					   &self->finish));
		hash.flags = 0;
		hash.__reserved = flag;
		EXPECT_EQ(-EINVAL, ft_hash(self->obj, self->dst, &hash, digest,
					   &self->finish));
	}
	copy.flags = 0;
	copy.reflink = 3;
	EXPECT_EQ(-EINVAL, ft_copy(self->obj, self->src, self->dst, &copy,
				   &self->finish));
	copy.reflink = UINT32_MAX;
	EXPECT_EQ(-EINVAL, ft_copy(self->obj, self->src, self->dst, &copy,
				   &self->finish));
	sync.flags = 0;
	sync.scope = 3;
	EXPECT_EQ(-EINVAL, ft_sync(self->obj, self->dst, &sync,
				   &self->finish));
	allocate.flags = 0;
	allocate.mode = 3;
	EXPECT_EQ(-EINVAL, ft_allocate(self->obj, self->dst, &allocate,
				       &self->finish));
}

TEST_F(arguments, overflowing_ranges_EOVERFLOW)
{
	static const __u64 ranges[][2] = {
		{ INT64_MAX, 1 }, { 1, INT64_MAX }, { UINT64_MAX, 1 },
		{ 1, UINT64_MAX }, { INT64_MAX + 1ULL, 0 },
		{ UINT64_MAX, 0 }, { UINT64_MAX, UINT64_MAX },
		{ 0, INT64_MAX + 1ULL },
	};
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		__u64 offset = ranges[i][0], length = ranges[i][1];
		struct acall_file_copy from = { offset, 0, length, 0, 0 };
		struct acall_file_copy to = { 0, offset, length, 0, 0 };
		struct acall_file_sync sync = { offset, length, 0, 0 };
		struct acall_file_allocate allocate = { offset, length, 0, 0 };
		struct acall_file_hash hash =
			ft_hash_arg("sha256", offset, length);

		EXPECT_EQ(-EOVERFLOW, ft_copy(self->obj, self->src, self->dst,
					      &from, &self->finish));
		EXPECT_EQ(-EOVERFLOW, ft_copy(self->obj, self->src, self->dst,
					      &to, &self->finish));
		EXPECT_EQ(-EOVERFLOW, ft_hash(self->obj, self->src, &hash,
					      digest, &self->finish));
		EXPECT_EQ(-EOVERFLOW, ft_sync(self->obj, self->dst, &sync,
					      &self->finish));
		EXPECT_EQ(-EOVERFLOW, ft_allocate(self->obj, self->dst,
						  &allocate, &self->finish));
	}
}

TEST_F(arguments, B3_unknown_methods_EINVAL)
{
	static const __u32 methods[] = {
		ACALL_FILE_ADVISE + 1, UINT32_MAX, INT32_MAX,
		0x10000 + ACALL_FILE_COPY,
	};
	const struct acall_file_copy copy = { 0 };
	int files[2] = { self->src, self->dst };
	unsigned int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < ARRAY_SIZE(methods); i++)
		EXPECT_EQ(-EINVAL, ft_run(self->obj, methods[i], &copy,
					  sizeof(copy), files, 2, NULL, 0,
					  &self->finish));
}

TEST_F(arguments, B3_input_too_long_E2BIG)
{
	static char input[ACALL_MAX_BYTES + 1];
	int files[2] = { self->src, self->dst };

	if (self->why)
		SKIP(return, "%s", self->why);
	EXPECT_EQ(-E2BIG, ft_run(self->obj, ACALL_FILE_COPY, input,
				 sizeof(struct acall_file_copy) + 1, files, 2,
				 NULL, 0, &self->finish));
	EXPECT_EQ(-E2BIG, ft_run(self->obj, ACALL_FILE_HASH, input,
				 sizeof(struct acall_file_hash) + 1, files, 1,
				 NULL, 0, &self->finish));
	EXPECT_EQ(-E2BIG, ft_run(self->obj, ACALL_FILE_SYNC, input,
				 sizeof(input), files, 1, NULL, 0,
				 &self->finish));
	EXPECT_EQ(-E2BIG, ft_run(self->obj, ACALL_FILE_STATFS, input,
				 sizeof(input), NULL, 0, NULL, 0,
				 &self->finish));
}

TEST_F(arguments, B3_bad_address_EFAULT)
{
	const struct acall_file_copy copy = { 0 };
	int files[2] = { self->src, self->dst };
	const void *bad = (void *)8;

	if (self->why)
		SKIP(return, "%s", self->why);
	EXPECT_EQ(-EFAULT, ft_run(self->obj, ACALL_FILE_COPY, bad,
				  sizeof(copy), files, 2, NULL, 0,
				  &self->finish));
	EXPECT_EQ(-EFAULT, ft_run(self->obj, ACALL_FILE_COPY, &copy,
				  sizeof(copy), bad, 2, NULL, 0,
				  &self->finish));
}

#include "acall_main.h"
