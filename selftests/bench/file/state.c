// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_file: the files as they are to be before each way.
 *
 * The source is written once and is in the page cache. All else is made anew, and
 * what is not to be dirty is written back before the way begins, so that none pays
 * for another's.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "file.h"

static int open_it(const struct work *work, const char *name, int flags)
{
	int fd = open(name, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		die("%s: %s: %s", work->c->name, name, strerror(errno));
	return fd;
}

static void must(const struct work *work, int ret, const char *what)
{
	if (ret)
		die("%s: %s: %s", work->c->name, what, strerror(errno));
}

/* The same in every run; no two pages have the same. */
const void *data_at(__u64 at)
{
	static __u64 words[MIB / sizeof(__u64)];
	const unsigned int step = PAGE / sizeof(*words);
	__u64 x = 0x2545f4914f6cdd1dULL;
	static bool filled;
	unsigned int i;

	for (i = 0; !filled && i < ARRAY_SIZE(words); i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		words[i] = x;
	}
	filled = true;
	for (i = 0; i < ARRAY_SIZE(words); i += step)
		words[i] = at / PAGE + i / step;
	return words;
}

bool is_hole(const struct file_case *c, __u64 at)
{
	return c->source == SOURCE_HALF && at / MIB % 2;
}

static void write_data(const struct work *work, int fd)
{
	const struct file_case *c = work->c;
	__u64 at;

	for (at = 0; at < c->bytes; at += MIB)
		if (!is_hole(c, at) && pwrite(fd, data_at(at), MIB, at) != MIB)
			die("%s: write: %s", c->name, strerror(errno));
	/* The hole at its end. */
	if (c->source == SOURCE_HALF)
		must(work, ftruncate(fd, c->bytes), "ftruncate");
}

/* So that what others have left to be done later is not done meanwhile. */
static void settle(void)
{
	struct timespec time = { .tv_nsec = 20000000 };

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

void state_begin(struct work *work)
{
	const struct file_case *c = work->c;

	work->src = -1;
	work->dst = -1;
	work->referenced = false;
	place_need(c->place);
	if (c->place == PLACE_DEVICE)
		return;
	must(work, chdir(place_path(c->place)), "chdir");
	if (!c->source)
		return;
	work->src = open_it(work, "source", O_RDWR | O_CREAT | O_TRUNC);
	write_data(work, work->src);
	must(work, fsync(work->src), "fsync");
}

/* Some programs drop from the page cache what they have read. */
static void warm_source(const struct work *work)
{
	static unsigned char buf[MIB];
	__u64 at;

	for (at = 0; at < work->c->bytes; at += MIB)
		if (pread(work->src, buf, MIB, at) != MIB)
			die("%s: read: %s", work->c->name, strerror(errno));
}

/* All that was free is trimmed, and then a file is deleted. */
static void free_some(struct work *work)
{
	struct fstrim_range range = { .len = UINT64_MAX };
	int fd = open_it(work, "freed", O_RDWR | O_CREAT);

	write_data(work, fd);
	close(fd);
	work->dst = open_it(work, ".", O_RDONLY | O_DIRECTORY);
	must(work, syncfs(work->dst), "syncfs");
	must(work, ioctl(work->dst, FITRIM, &range), "FITRIM");
	must(work, unlink("freed"), "unlink");
	must(work, syncfs(work->dst), "syncfs");
}

static void fill_device(struct work *work)
{
	/* Behind its back: what it has in the page cache goes. */
	work->dst = open_it(work, place_path(PLACE_DEVICE), O_RDWR);
	must(work, ioctl(work->dst, BLKFLSBUF, 0), "BLKFLSBUF");
	write_data(work, device_file());
	must(work, fdatasync(device_file()), "fdatasync");
}

static void make_target(struct work *work)
{
	enum target target = work->c->target;

	unlink("target");
	work->dst = open_it(work, "target", O_RDWR | O_CREAT | O_EXCL);
	must(work, syncfs(work->dst), "syncfs");
	if (target == TARGET_EMPTY)
		return;
	write_data(work, work->dst);
	if (target == TARGET_DIRTY)
		return;
	must(work, syncfs(work->dst), "syncfs");
	if (target != TARGET_COLD)
		return;
	errno = posix_fadvise(work->dst, 0, 0, POSIX_FADV_DONTNEED);
	must(work, errno, "posix_fadvise");
}

void state_renew(struct work *work)
{
	if (work->src >= 0)
		warm_source(work);
	switch (work->c->target) {
	case TARGET_NONE:
		break;
	case TARGET_DEVICE:
		fill_device(work);
		break;
	case TARGET_FREED:
		free_some(work);
		break;
	default:
		make_target(work);
	}
	settle();
}

void state_release(struct work *work)
{
	if (work->dst >= 0)
		close(work->dst);
	work->dst = -1;
}

void state_end(struct work *work)
{
	if (work->src >= 0)
		close(work->src);
	if (work->c->place == PLACE_DEVICE)
		return;
	unlink("source");
	unlink("target");
	must(work, chdir("/"), "chdir");
}
