// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_file: is it done? So that nobody is fast who does nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/acall_file.h>

#include "file.h"

/* What a file system has of its own for a file, also for one whose blocks are gone. */
#define SLACK	(256 * KIB)

static __u64 allocated(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		die("fstat: %s", strerror(errno));
	return st.st_blocks * 512ULL;
}

static bool has(int fd, __u64 at, const void *want)
{
	static unsigned char is[MIB];

	return pread(fd, is, MIB, at) == MIB && !memcmp(is, want, MIB);
}

static const unsigned char zeros[MIB];

static bool has_zeros(int fd, __u64 bytes)
{
	__u64 at;

	for (at = 0; at < bytes; at += MIB)
		if (!has(fd, at, zeros))
			return false;
	return true;
}

static bool has_data(int fd, const struct file_case *c)
{
	__u64 at;

	for (at = 0; at < c->bytes; at += MIB)
		if (!has(fd, at, is_hole(c, at) ? zeros : data_at(at)))
			return false;
	return true;
}

static __u64 shared(int fd)
{
	union {
		struct fiemap map;
		unsigned char room[sizeof(struct fiemap) +
				   256 * sizeof(struct fiemap_extent)];
	} arg = { .map = {
		.fm_length = FIEMAP_MAX_OFFSET,
		.fm_flags = FIEMAP_FLAG_SYNC,
		.fm_extent_count = 256,
	} };
	__u64 bytes = 0;
	unsigned int i;

	if (ioctl(fd, FS_IOC_FIEMAP, &arg))
		die("FIEMAP: %s", strerror(errno));
	for (i = 0; i < arg.map.fm_mapped_extents; i++)
		if (arg.map.fm_extents[i].fe_flags & FIEMAP_EXTENT_SHARED)
			bytes += arg.map.fm_extents[i].fe_length;
	return bytes;
}

static __u64 cached(int fd, __u64 bytes)
{
	unsigned char there[bytes / PAGE];
	void *p = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	__u64 n = 0, i;

	if (p == MAP_FAILED || mincore(p, bytes, there))
		die("mincore: %s", strerror(errno));
	munmap(p, bytes);
	for (i = 0; i < bytes / PAGE; i++)
		n += there[i] & 1;
	return n * PAGE;
}

static const char *check_copy(const struct file_case *c, int fd, bool thorough)
{
	struct stat st;

	if (fstat(fd, &st) || (__u64)st.st_size != c->bytes)
		return "the target has another length";
	if (c->mode == ACALL_FILE_REFLINK_ALWAYS && shared(fd) < c->bytes)
		return "the target does not share its blocks";
	if (c->mode == ACALL_FILE_REFLINK_NEVER && thorough && shared(fd))
		return "the target shares blocks";
	if (c->source == SOURCE_HALF && thorough &&
	    (fsync(fd) || allocated(fd) > c->bytes / 2 + SLACK))
		return "the target has no holes";
	return !thorough || has_data(fd, c) ? NULL : "the target has other data";
}

static const char *check_digest(struct work *work)
{
	if (!work->told)
		return NULL;
	if (!work->referenced)
		memcpy(work->reference, work->digest, DIGEST_LEN);
	work->referenced = true;
	return memcmp(work->reference, work->digest, DIGEST_LEN) ?
	       "the digests are not the same" : NULL;
}

static const char *check_allocate(const struct file_case *c, int fd,
				  bool thorough)
{
	__u64 blocks;

	if (thorough && !has_zeros(fd, c->bytes))
		return "it has data";
	if (c->mode == ACALL_FILE_ALLOCATE_PUNCH && fsync(fd))
		return "it cannot be written back";
	blocks = allocated(fd);
	if (c->mode == ACALL_FILE_ALLOCATE_PUNCH)
		return blocks <= SLACK ? NULL : "it has blocks";
	return blocks >= c->bytes ? NULL : "it has no blocks";
}

static const char *check_device(const struct file_case *c, int fd, bool thorough)
{
	if (thorough && !has_zeros(fd, c->bytes))
		return "it has data";
	if (c->mode == ACALL_FILE_DISCARD_PLAIN &&
	    allocated(device_file()) > SLACK)
		return "there are blocks behind it";
	return NULL;
}

const char *check(struct work *work, bool thorough)
{
	const struct file_case *c = work->c;

	/* A program may have made another of that name. */
	if (c->target && c->target != TARGET_DEVICE &&
	    c->target != TARGET_FREED) {
		close(work->dst);
		work->dst = open("target", O_RDWR | O_CLOEXEC);
		if (work->dst < 0)
			return "there is no target";
	}
	switch (c->method) {
	case ACALL_FILE_COPY:
		return check_copy(c, work->dst, thorough);
	case ACALL_FILE_DEDUPE:
		return shared(work->dst) >= c->bytes ? NULL : "nothing is shared";
	case ACALL_FILE_HASH:
		return check_digest(work);
	case ACALL_FILE_ALLOCATE:
		return check_allocate(c, work->dst, thorough);
	case ACALL_FILE_ADVISE:
		return cached(work->dst, c->bytes) ==
		       (c->mode == ACALL_FILE_ADVISE_WILLNEED ? c->bytes : 0) ?
		       NULL : "the page cache is not as it should be";
	case ACALL_FILE_DISCARD:
		return check_device(c, work->dst, thorough);
	case ACALL_FILE_TRIM:
		return !work->told || work->trimmed >= c->bytes ? NULL :
		       "it has trimmed less";
	default:
		return NULL;
	}
}
