// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_file: by the plain system calls that do the same, as cheaply as they can.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/acall_file.h>

#include "file.h"

/* What cp(1) reads at a time. */
#define BUFFER	(128 * KIB)

/* Between two looks whether what was asked for has been read. */
#define LOOK	MIB

static noreturn void failed(const struct work *work)
{
	die("%s: %s: %s", work->c->name, work->c->plain, strerror(errno));
}

static void must(const struct work *work, int ret)
{
	if (ret)
		failed(work);
}

static void copy_range(struct work *work, off_t at, off_t end)
{
	off_t to = at;
	ssize_t n;

	while (at < end) {
		n = copy_file_range(work->src, &at, work->dst, &to, end - at, 0);
		if (n <= 0)
			failed(work);
	}
}

void plain_copy(struct work *work)
{
	copy_range(work, 0, work->c->bytes);
}

void plain_copy_sync(struct work *work)
{
	plain_copy(work);
	must(work, fsync(work->dst));
}

void plain_clone(struct work *work)
{
	must(work, ioctl(work->dst, FICLONE, work->src));
}

void plain_read_write(struct work *work)
{
	static unsigned char buf[BUFFER];
	off_t at;
	ssize_t n;

	for (at = 0; (n = pread(work->src, buf, BUFFER, at)) > 0; at += n)
		if (pwrite(work->dst, buf, n, at) != n)
			failed(work);
	must(work, n || at != (off_t)work->c->bytes);
}

void plain_sparse(struct work *work)
{
	off_t end = 0, at;

	for (;;) {
		at = lseek(work->src, end, SEEK_DATA);
		if (at < 0)
			break;
		end = lseek(work->src, at, SEEK_HOLE);
		if (end < 0)
			failed(work);
		copy_range(work, at, end);
	}
	must(work, errno != ENXIO);
	must(work, ftruncate(work->dst, work->c->bytes));
}

void plain_sync(struct work *work)
{
	switch (work->c->mode) {
	case ACALL_FILE_SYNC_DATA:
		must(work, fdatasync(work->dst));
		break;
	case ACALL_FILE_SYNC_FILE:
		must(work, fsync(work->dst));
		break;
	default:
		must(work, syncfs(work->dst));
	}
}

void plain_allocate(struct work *work)
{
	int mode = 0;

	if (work->c->mode == ACALL_FILE_ALLOCATE_ZERO)
		mode = FALLOC_FL_ZERO_RANGE;
	else if (work->c->mode == ACALL_FILE_ALLOCATE_PUNCH)
		mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
	must(work, fallocate(work->dst, mode, 0, work->c->bytes));
}

static unsigned int queue_kib(dev_t dev, const char *what)
{
	char path[100];
	unsigned int kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/queue/%s",
		 major(dev), minor(dev), what);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%u", &kib) != 1 || !kib)
		die("%s: %s", path, strerror(errno));
	fclose(f);
	return kib;
}

/* More is not read, however much is asked for. */
static __u64 read_at_a_time(int fd)
{
	unsigned int window, most;
	struct stat st;

	if (fstat(fd, &st))
		die("fstat: %s", strerror(errno));
	window = queue_kib(st.st_dev, "read_ahead_kb");
	most = queue_kib(st.st_dev, "max_sectors_kb");
	return (window > most ? window : most) * KIB;
}

/* Reads are only begun; what they cost is to count, whoever does them. */
void await(struct work *work)
{
	const struct file_case *c = work->c;
	char byte;
	__u64 at;

	if (c->method != ACALL_FILE_ADVISE ||
	    c->mode != ACALL_FILE_ADVISE_WILLNEED)
		return;
	for (at = LOOK; at <= c->bytes; at += LOOK)
		if (pread(work->dst, &byte, 1, at - 1) != 1)
			failed(work);
}

static void advise(struct work *work, off_t at, off_t len, int advice)
{
	errno = posix_fadvise(work->dst, at, len, advice);
	must(work, errno);
}

void plain_advise(struct work *work)
{
	const struct file_case *c = work->c;
	static __u64 piece;
	__u64 at;

	if (c->mode == ACALL_FILE_ADVISE_DONTNEED) {
		advise(work, 0, c->bytes, POSIX_FADV_DONTNEED);
		return;
	}
	if (!piece)
		piece = read_at_a_time(work->dst);
	for (at = 0; at < c->bytes; at += piece)
		advise(work, at, piece, POSIX_FADV_WILLNEED);
	await(work);
}

void plain_dedupe(struct work *work)
{
	union {
		struct file_dedupe_range range;
		unsigned char room[sizeof(struct file_dedupe_range) +
				   sizeof(struct file_dedupe_range_info)];
	} arg;
	struct file_dedupe_range_info *info = arg.range.info;
	__u64 at;

	for (at = 0; at < work->c->bytes; at += info->bytes_deduped) {
		memset(&arg, 0, sizeof(arg));
		arg.range.src_offset = at;
		arg.range.src_length = work->c->bytes - at;
		arg.range.dest_count = 1;
		info->dest_fd = work->dst;
		info->dest_offset = at;
		must(work, ioctl(work->src, FIDEDUPERANGE, &arg));
		if (info->status != FILE_DEDUPE_RANGE_SAME || !info->bytes_deduped)
			die("%s: %s: status %d", work->c->name, work->c->plain,
			    info->status);
	}
}

void plain_discard(struct work *work)
{
	__u64 range[2] = { 0, work->c->bytes };
	bool zero = work->c->mode == ACALL_FILE_DISCARD_ZERO;

	must(work, ioctl(work->dst, zero ? BLKZEROOUT : BLKDISCARD, range));
}

void plain_trim(struct work *work)
{
	struct fstrim_range range = { .len = UINT64_MAX };

	must(work, ioctl(work->dst, FITRIM, &range));
	work->told = true;
	work->trimmed = range.len;
}

void plain_statfs(struct work *work)
{
	struct statfs st;

	must(work, statfs(place_path(work->c->place), &st));
}

void plain_stat(struct work *work)
{
	struct statx st;

	must(work, statx(AT_FDCWD, place_path(work->c->place), 0,
			 STATX_BASIC_STATS | STATX_BTIME, &st));
}

/* A signal that kills is all that ends most of them, and the process with them. */
bool plain_stop(struct work *work, __u64 point, double *ns)
{
	__u64 start = now_ns();
	pid_t child = fork();
	int status;

	if (child < 0)
		die("fork: %s", strerror(errno));
	if (!child) {
		work->c->run(work);
		_exit(0);
	}
	while (now_ns() - start < point)
		sched_yield();
	start = now_ns();
	kill(child, SIGKILL);
	if (waitpid(child, &status, 0) != child)
		die("waitpid: %s", strerror(errno));
	*ns = now_ns() - start;
	if (WIFEXITED(status) && WEXITSTATUS(status))
		die("%s: could not run", work->c->plain);
	return WIFSIGNALED(status);
}
