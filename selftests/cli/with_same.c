// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program for `acall with`, which does not know of it. It makes the calls that go
 * through the module there, with all that can be right and wrong about their
 * arguments, and prints what it sees: the test compares that with what it sees by
 * itself.
 *
 *	all OTHER	in this folder; OTHER is one on another file system
 *	share		FIDEDUPERANGE, in this folder
 *
 * Linked dynamically, or nothing could be preloaded.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/falloc.h>
#include <linux/fs.h>

#define SIZE	300000

/* An errno that no call here has. */
#define MARK	ENOMSG

static void see(const char *call, long ret, int error)
{
	printf("%s = %ld %s\n", call, ret,
	       error == MARK ? "" : strerrorname_np(error));
}

/* What a call returns, and errno if it has changed. */
#define SEE(call)							\
	do {								\
		long ret_;						\
									\
		errno = MARK;						\
		ret_ = (call);						\
		see(#call, ret_, errno);				\
	} while (0)

static int open_file(const char *name, int flags)
{
	int fd = open(name, flags | O_CLOEXEC, 0600);

	if (fd < 0) {
		fprintf(stderr, "with_same: %s: %s\n", name, strerror(errno));
		exit(1);
	}
	return fd;
}

static void fill(const char *name, unsigned int seed)
{
	static unsigned char data[SIZE];
	int fd = open_file(name, O_WRONLY | O_CREAT | O_TRUNC);
	size_t i;

	for (i = 0; i < SIZE; i++) {
		seed = seed * 1103515245 + 12345;
		data[i] = (unsigned char)(seed >> 16);
	}
	if (write(fd, data, SIZE) != SIZE)
		exit(1);
	close(fd);
}

/* How long a file is, what is in it, and where it stands. */
static void see_file(const char *what, int fd)
{
	static unsigned char data[2 * SIZE];
	unsigned int sum = 0;
	ssize_t len, i;
	struct stat st;

	len = pread(fd, data, sizeof(data), 0);
	for (i = 0; i < len; i++)
		sum = sum * 31 + data[i];
	if (fstat(fd, &st))
		exit(1);
	printf("  %s: %lld bytes, sum %u, at %lld\n", what,
	       (long long)st.st_size, sum,
	       (long long)lseek(fd, 0, SEEK_CUR));
}

/* Descriptors that a call may be given by mistake. */
struct odd {
	int none, closed, path, dir, reads, writes, pipe[2], proc, null;
};

static struct odd odd;

static void open_odd(void)
{
	odd.none = -1;
	odd.closed = 1000;
	odd.path = open_file("source", O_PATH);
	odd.dir = open_file(".", O_RDONLY | O_DIRECTORY);
	odd.reads = open_file("source", O_RDONLY);
	odd.writes = open_file("writes", O_WRONLY | O_CREAT);
	odd.proc = open_file("/proc/self/status", O_RDONLY);
	odd.null = open_file("/dev/null", O_RDWR);
	if (pipe2(odd.pipe, O_CLOEXEC))
		exit(1);
}

#define SEE_ODD(call)							\
	do {								\
		const int fds_[] = { odd.none, odd.closed, odd.path,	\
			odd.dir, odd.reads, odd.writes, odd.pipe[1],	\
			odd.proc, odd.null };				\
		unsigned int n_;					\
									\
		for (n_ = 0; n_ < sizeof(fds_) / sizeof(*fds_); n_++) {	\
			int fd = fds_[n_];				\
									\
			printf("%u ", n_);				\
			SEE(call);					\
		}							\
	} while (0)

static void syncs(void)
{
	SEE_ODD(fsync(fd));
	SEE_ODD(fdatasync(fd));
	SEE_ODD(syncfs(fd));
}

static int over_limit;

static void on_limit(int number)
{
	(void)number;
	over_limit++;
}

static void set_limit(rlim_t limit)
{
	struct rlimit r;

	signal(SIGXFSZ, on_limit);
	if (getrlimit(RLIMIT_FSIZE, &r))
		exit(1);
	r.rlim_cur = limit;
	if (setrlimit(RLIMIT_FSIZE, &r))
		exit(1);
}

static void copies(const char *other)
{
	int in = open_file("source", O_RDWR);
	int out = open_file("target", O_RDWR | O_CREAT | O_TRUNC);
	int append = open_file("target", O_RDWR | O_APPEND);
	off64_t from = 5, to = 100000;
	char name[PATH_MAX];
	int there;

	SEE(copy_file_range(in, NULL, out, NULL, 100000, 0));
	see_file("in", in);
	see_file("out", out);
	SEE(copy_file_range(in, NULL, out, NULL, 1, 0));
	SEE(copy_file_range(in, &from, out, NULL, 4096, 0));
	SEE(copy_file_range(in, NULL, out, &to, 4096, 0));
	printf("  %lld %lld\n", (long long)from, (long long)to);
	see_file("in", in);
	see_file("out", out);
	/* More than there is; then there is none. */
	SEE(copy_file_range(in, NULL, out, NULL, SIZE_MAX / 2, 0));
	SEE(copy_file_range(in, NULL, out, NULL, 100, 0));
	from = SIZE + 1;
	SEE(copy_file_range(in, &from, out, NULL, 100, 0));
	see_file("in", in);
	see_file("out", out);
	/* Nothing, and what is refused. */
	from = 0;
	to = 0;
	SEE(copy_file_range(in, &from, out, &to, 0, 0));
	SEE(copy_file_range(in, &from, out, &to, 1, 1));
	SEE(copy_file_range(in, &from, append, &to, 1, 0));
	SEE(copy_file_range(in, &from, in, &to, 10, 0));
	to = SIZE / 2;
	SEE(copy_file_range(in, &from, in, &to, 10, 0));
	to = -1;
	SEE(copy_file_range(in, &from, out, &to, 1, 0));
	to = INT64_MAX;
	SEE(copy_file_range(in, &from, out, &to, 10, 0));
	printf("  %lld %lld\n", (long long)from, (long long)to);
	SEE_ODD(copy_file_range(fd, NULL, out, NULL, 1, 0));
	SEE_ODD(copy_file_range(in, NULL, fd, NULL, 1, 0));
	snprintf(name, sizeof(name), "%s/with_same.%d", other, (int)getpid());
	there = open_file(name, O_RDWR | O_CREAT);
	unlink(name);
	from = 0;
	to = 0;
	SEE(copy_file_range(in, &from, there, &to, 4096, 0));
	/* Up to the limit, then a signal. */
	set_limit(SIZE + 10000);
	to = SIZE + 5000;
	SEE(copy_file_range(in, &from, out, &to, 6000, 0));
	SEE(copy_file_range(in, &from, out, &to, 6000, 0));
	set_limit(RLIM_INFINITY);
	printf("  %lld %lld, %d signals\n", (long long)from, (long long)to,
	       over_limit);
	see_file("in", in);
	see_file("out", out);
	close(in);
	close(out);
	close(append);
	close(there);
}

static void see_size(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		exit(1);
	printf("  %lld bytes, %lld blocks\n", (long long)st.st_size,
	       (long long)st.st_blocks);
}

static void allocations(void)
{
	static const int modes[] = {
		0, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE,
		FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_ZERO_RANGE,
		FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_INSERT_RANGE,
		FALLOC_FL_UNSHARE_RANGE, 0x4000,
	};
	size_t i;
	int fd;

	for (i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		fill("allocated", 3);
		fd = open_file("allocated", O_RDWR);
		printf("mode %d\n", modes[i]);
		SEE(fallocate(fd, modes[i], 65536, 65536));
		SEE(fallocate(fd, modes[i], 1000, 1000));
		SEE(fallocate(fd, modes[i], SIZE - 5, 65536));
		SEE(fallocate(fd, modes[i], 0, 0));
		SEE(fallocate(fd, modes[i], -1, 100));
		SEE(fallocate(fd, modes[i], 0, INT64_MAX));
		see_size(fd);
		see_file("data", fd);
		close(fd);
	}
	SEE_ODD(fallocate(fd, 0, 0, 10));
	SEE_ODD(posix_fallocate(fd, 0, 10));
	fill("allocated", 4);
	fd = open_file("allocated", O_RDWR);
	set_limit(SIZE + 1000);
	SEE(fallocate(fd, 0, SIZE, 1000));
	SEE(fallocate(fd, 0, SIZE, 1001));
	SEE(posix_fallocate(fd, SIZE, 1001));
	set_limit(RLIM_INFINITY);
	SEE(posix_fallocate(fd, SIZE, 5000));
	SEE(posix_fallocate(fd, 0, 0));
	SEE(posix_fallocate(fd, 0, -1));
	see_size(fd);
	printf("  %d signals\n", over_limit);
	close(fd);
}

static void advices(void)
{
	int fd = open_file("source", O_RDONLY);
	int advice;

	for (advice = 0; advice < 8; advice++) {
		SEE(posix_fadvise(fd, 0, 0, advice));
		SEE(posix_fadvise(fd, 4096, 10000, advice));
		SEE(posix_fadvise(fd, SIZE + 1, 1, advice));
		SEE(posix_fadvise(fd, -1, 0, advice));
		SEE(posix_fadvise(fd, 0, -1, advice));
		SEE_ODD(posix_fadvise(fd, 0, 0, advice));
	}
	close(fd);
}

static void ioctls(void)
{
	struct {
		struct file_dedupe_range range;
		struct file_dedupe_range_info info;
	} same = { .range = { .src_length = 4096, .dest_count = 1 } };
	uint64_t range[2] = { 0, 4096 };
	int in = open_file("source", O_RDWR), flags = 0;
	struct fstrim_range empty = { .len = 0 };
	struct winsize size;

	same.info.dest_fd = in;
	SEE_ODD(ioctl(fd, FITRIM, &empty));
	SEE_ODD(ioctl(fd, FITRIM, NULL));
	SEE_ODD(ioctl(fd, BLKDISCARD, range));
	SEE_ODD(ioctl(fd, BLKSECDISCARD, range));
	SEE_ODD(ioctl(fd, BLKZEROOUT, range));
	SEE_ODD(ioctl(fd, BLKZEROOUT, NULL));
	SEE_ODD(ioctl(fd, (int)FIDEDUPERANGE, &same));
	SEE_ODD(ioctl(fd, TIOCGWINSZ, &size));
	SEE(ioctl(in, FS_IOC_GETFLAGS, &flags));
	SEE(ioctl(odd.pipe[0], FIONREAD, &flags));
	printf("  %d\n", flags);
	SEE(ioctl(in, FIOCLEX));
	close(in);
}

/* All but what changes while one looks. */
static void see_path(const char *path)
{
	struct statvfs vfs;
	struct statfs fs;
	struct stat st, is;

	memset(&fs, 0xaa, sizeof(fs));
	memset(&vfs, 0xaa, sizeof(vfs));
	memset(&st, 0xaa, sizeof(st));
	printf("%.40s\n", path);
	SEE(statfs(path, &fs));
	printf("  %lx %ld %lu %lu %x %x %ld %ld %lx %d\n", (long)fs.f_type,
	       (long)fs.f_bsize, (unsigned long)fs.f_blocks,
	       (unsigned long)fs.f_files, fs.f_fsid.__val[0],
	       fs.f_fsid.__val[1], (long)fs.f_namelen, (long)fs.f_frsize,
	       (long)fs.f_flags, fs.f_bavail <= fs.f_bfree);
	SEE(statvfs(path, &vfs));
	printf("  %lu %lu %lu %lu %lx %lx %lu %d\n", vfs.f_bsize, vfs.f_frsize,
	       (unsigned long)vfs.f_blocks, (unsigned long)vfs.f_files,
	       vfs.f_fsid, vfs.f_flag, vfs.f_namemax,
	       vfs.f_favail == vfs.f_ffree && vfs.f_bavail <= vfs.f_bfree);
	SEE(stat(path, &st));
	memset(&is, 0xaa, sizeof(is));
	if (!fstatat(AT_FDCWD, path, &is, 0))
		printf("  %s\n", memcmp(&st, &is, sizeof(st)) ? "other" : "same");
}

static void paths(const char *other)
{
	static char longest[PATH_MAX + 2];

	memset(longest, '/', PATH_MAX + 1);
	see_path(".");
	see_path("source");
	see_path("/");
	see_path("/sys");
	see_path("/dev");
	see_path(other);
	see_path("");
	see_path("missing");
	see_path("source/missing");
	see_path(longest);
	longest[PATH_MAX - 1] = '\0';
	see_path(longest);
}

/* Where the child of vfork(2) is in its parent's memory. */
static void vforks(void)
{
	int status;
	pid_t pid = vfork();

	if (!pid)
		_exit(fsync(odd.reads) || fsync(odd.pipe[0]) != -1);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		exit(1);
	printf("vfork: %d\n", status);
}

static void see_share(const char *call, int fd, struct file_dedupe_range *range)
{
	struct file_dedupe_range_info *info = range->info;
	int ret;

	errno = MARK;
	info->bytes_deduped = 77;
	info->status = 77;
	ret = ioctl(fd, FIDEDUPERANGE, range);
	see(call, ret, errno);
	printf("  %lld %d\n", (long long)info->bytes_deduped, info->status);
}

static void shares(void)
{
	static struct {
		struct file_dedupe_range range;
		struct file_dedupe_range_info info[2];
	} same;
	int in, equal, different, reads;

	fill("source", 1);
	fill("equal", 1);
	fill("different", 2);
	in = open_file("source", O_RDWR);
	equal = open_file("equal", O_RDWR);
	different = open_file("different", O_RDWR);
	reads = open_file("equal", O_RDONLY);
	same.range.dest_count = 1;

	same.range.src_length = SIZE;
	same.info[0].dest_fd = equal;
	see_share("all", in, &same.range);
	same.range.src_length = 65536;
	see_share("again", in, &same.range);
	same.info[0].dest_fd = different;
	see_share("different", in, &same.range);
	same.info[0].dest_fd = reads;
	see_share("read-only", in, &same.range);
	same.info[0].dest_fd = -1;
	see_share("none", in, &same.range);
	same.info[0].dest_fd = 1000;
	see_share("closed", in, &same.range);
	same.info[0].dest_fd = equal;
	same.info[0].dest_offset = 1;
	see_share("misaligned", in, &same.range);
	same.info[0].dest_offset = 1024 * 1024;
	see_share("beyond its end", in, &same.range);
	same.info[0].dest_offset = 0;
	same.range.src_offset = SIZE - 4096;
	see_share("beyond the end", in, &same.range);
	same.range.src_offset = 0;
	same.range.src_length = 0;
	see_share("nothing", in, &same.range);
	same.range.src_length = 65536;
	same.range.reserved1 = 1;
	see_share("reserved", in, &same.range);
	same.range.reserved1 = 0;
	same.info[0].reserved = 1;
	see_share("reserved", in, &same.range);
	same.info[0].reserved = 0;
	same.range.dest_count = 0;
	see_share("no target", in, &same.range);
	same.range.dest_count = 2;
	same.info[1].dest_fd = different;
	see_share("two targets", in, &same.range);
	printf("  %lld %d\n", (long long)same.info[1].bytes_deduped,
	       same.info[1].status);
}

static void all(const char *other)
{
	unsigned int nr = 0;
	int fd;

	fill("source", 1);
	open_odd();
	syncs();
	copies(other);
	allocations();
	advices();
	ioctls();
	paths(other);
	vforks();
	/* What is left open. */
	for (fd = 0; fd < 1000; fd++)
		nr += fcntl(fd, F_GETFD) >= 0;
	printf("%u descriptors\n", nr);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "all"))
		all(argv[2]);
	else if (argc == 2 && !strcmp(argv[1], "share"))
		shares();
	else
		return 2;
	return fflush(stdout) ? 1 : 0;
}
