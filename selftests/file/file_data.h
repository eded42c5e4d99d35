/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Contents of files for the tests of the "file" interface.
 *
 * Every byte of a pattern depends on its offset and on a seed, so that data
 * which arrives at the wrong place, twice or from the wrong file is noticed.
 * Checks return -1 when everything is as it should be, else the offset of the
 * first byte that is not (or where it could not be read).
 */
#ifndef _SELFTESTS_FILE_DATA_H
#define _SELFTESTS_FILE_DATA_H

#include "acall_util.h"

#include <linux/fiemap.h>
#include <linux/fs.h>

#define FT_KIB		1024ULL
#define FT_MIB		(1024 * FT_KIB)
#define FT_GIB		(1024 * FT_MIB)
#define FT_TIB		(1024 * FT_GIB)

/* Bytes that are moved at a time. */
#define FT_PIECE	((size_t)FT_MIB)

static inline __u64 ft_word(__u64 index, __u32 seed)
{
	__u64 word = (index + ((__u64)seed << 40)) * 0x9e3779b97f4a7c15ULL;

	return word ^ (word >> 29);
}

/* The bytes of the pattern @seed that belong at @offset. */
static inline void ft_pattern(unsigned char *buf, __u64 offset, size_t len,
			      __u32 seed)
{
	while (len) {
		__u64 word = ft_word(offset / 8, seed);
		size_t skip = offset % 8;
		size_t n = 8 - skip < len ? 8 - skip : len;

		memcpy(buf, (unsigned char *)&word + skip, n);
		buf += n;
		offset += n;
		len -= n;
	}
}

/* One buffer per @which, made once; the tests have one thread that needs it. */
static inline unsigned char *ft_buffer(int which)
{
	static unsigned char *buffers[2];

	if (!buffers[which])
		buffers[which] = aligned_alloc(4096, FT_PIECE);
	if (!buffers[which])
		abort();
	return buffers[which];
}

/* pwrite(2) of everything: 0 or -errno. */
static inline int ft_put(int fd, const void *buf, size_t len, __u64 offset)
{
	while (len) {
		ssize_t n = pwrite(fd, buf, len, offset);

		if (n < 0)
			return -errno;
		buf = (const char *)buf + n;
		offset += n;
		len -= n;
	}
	return 0;
}

/* pread(2) of everything: 0, -errno, or -ENODATA at the end of the file. */
static inline int ft_get(int fd, void *buf, size_t len, __u64 offset)
{
	while (len) {
		ssize_t n = pread(fd, buf, len, offset);

		if (n < 0)
			return -errno;
		if (!n)
			return -ENODATA;
		buf = (char *)buf + n;
		offset += n;
		len -= n;
	}
	return 0;
}

static inline int ft_write_pattern(int fd, __u64 offset, __u64 len,
				   __u32 seed)
{
	unsigned char *buf = ft_buffer(0);

	while (len) {
		size_t n = len < FT_PIECE ? len : FT_PIECE;
		int ret;

		ft_pattern(buf, offset, n, seed);
		ret = ft_put(fd, buf, n, offset);
		if (ret)
			return ret;
		offset += n;
		len -= n;
	}
	return 0;
}

static inline int ft_write_byte(int fd, __u64 offset, __u64 len, int byte)
{
	unsigned char *buf = ft_buffer(0);

	memset(buf, byte, FT_PIECE);
	while (len) {
		size_t n = len < FT_PIECE ? len : FT_PIECE;
		int ret = ft_put(fd, buf, n, offset);

		if (ret)
			return ret;
		offset += n;
		len -= n;
	}
	return 0;
}

static inline __s64 ft_differs(const unsigned char *a, const unsigned char *b,
			       size_t len, __u64 offset)
{
	size_t i;

	if (!memcmp(a, b, len))
		return -1;
	for (i = 0; a[i] == b[i]; i++)
		;
	return offset + i;
}

/*
 * Do the bytes [@offset, @offset + @len) of @fd hold what the pattern @seed has
 * at @at and on?
 */
static inline __s64 ft_check_moved(int fd, __u64 offset, __u64 len,
				   __u32 seed, __u64 at)
{
	unsigned char *want = ft_buffer(0), *is = ft_buffer(1);

	while (len) {
		size_t n = len < FT_PIECE ? len : FT_PIECE;
		__s64 bad;

		if (ft_get(fd, is, n, offset))
			return offset;
		ft_pattern(want, at, n, seed);
		bad = ft_differs(want, is, n, offset);
		if (bad >= 0)
			return bad;
		offset += n;
		at += n;
		len -= n;
	}
	return -1;
}

static inline __s64 ft_check_pattern(int fd, __u64 offset, __u64 len,
				     __u32 seed)
{
	return ft_check_moved(fd, offset, len, seed, offset);
}

static inline __s64 ft_check_byte(int fd, __u64 offset, __u64 len,
				  int byte)
{
	unsigned char *want = ft_buffer(0), *is = ft_buffer(1);

	memset(want, byte, FT_PIECE);
	while (len) {
		size_t n = len < FT_PIECE ? len : FT_PIECE;
		__s64 bad;

		if (ft_get(fd, is, n, offset))
			return offset;
		bad = ft_differs(want, is, n, offset);
		if (bad >= 0)
			return bad;
		offset += n;
		len -= n;
	}
	return -1;
}

/* Does @b hold at @b_at what @a holds at @a_at? Offsets are those of @b. */
static inline __s64 ft_check_same(int a, __u64 a_at, int b, __u64 b_at,
				  __u64 len)
{
	unsigned char *want = ft_buffer(0), *is = ft_buffer(1);

	while (len) {
		size_t n = len < FT_PIECE ? len : FT_PIECE;
		__s64 bad;

		if (ft_get(a, want, n, a_at) || ft_get(b, is, n, b_at))
			return b_at;
		bad = ft_differs(want, is, n, b_at);
		if (bad >= 0)
			return bad;
		a_at += n;
		b_at += n;
		len -= n;
	}
	return -1;
}

static inline __u64 ft_size(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? UINT64_MAX : (__u64)st.st_size;
}

/* Bytes that the file system has allocated for @fd. */
static inline __u64 ft_allocated(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? UINT64_MAX : (__u64)st.st_blocks * 512;
}

/* Is all of [@offset, @offset + @len) a hole? */
static inline bool ft_is_hole(int fd, __u64 offset, __u64 len)
{
	off_t data = lseek(fd, offset, SEEK_DATA);

	if (data < 0)
		return errno == ENXIO;
	return (__u64)data >= offset + len;
}

#define FT_PAGE_ERROR	-1L

/*
 * How many pages of the first @len bytes of @fd are dirty or being written
 * back: what a durable file has none of. FT_PAGE_ERROR if the kernel does not
 * tell (/proc/kpageflags).
 */
static inline long ft_unwritten_pages(int fd, __u64 offset, __u64 len)
{
	const __u64 present = 1ULL << 63, frame = (1ULL << 55) - 1;
	const __u64 dirty = 1ULL << 4, writeback = 1ULL << 8;
	long page = sysconf(_SC_PAGESIZE), found = FT_PAGE_ERROR;
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	int flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	unsigned char *map;
	__u64 i;

	map = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, offset);
	if (map == MAP_FAILED)
		goto out;
	found = 0;
	for (i = 0; i < len; i += page) {
		uintptr_t address = (uintptr_t)map + i;
		__u64 entry = 0, bits, since = now_ns();

		/* So that it is there; it may be moved just then. */
		do {
			__atomic_load_n(&map[i], __ATOMIC_RELAXED);
			if (ft_get(pagemap, &entry, 8, address / page * 8))
				break;
		} while (!(entry & present) && !guard_expired(since));
		if (!(entry & present) || !(entry & frame) ||
		    ft_get(flags, &bits, 8, (entry & frame) * 8)) {
			found = FT_PAGE_ERROR;
			break;
		}
		if (bits & (dirty | writeback))
			found++;
	}
	munmap(map, len);
out:
	if (pagemap >= 0)
		close(pagemap);
	if (flags >= 0)
		close(flags);
	return found;
}

/* How many pages of the range are in the page cache; negative: not to be told. */
static inline long ft_cached(int fd, __u64 offset, __u64 len)
{
	long pages = len / sysconf(_SC_PAGESIZE), found = 0, i;
	unsigned char *map, *vec = malloc(pages + 1);

	map = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, offset);
	if (!vec || map == MAP_FAILED || mincore(map, len, vec))
		found = -errno;
	for (i = 0; found >= 0 && i < pages; i++)
		found += vec[i] & 1;
	if (map != MAP_FAILED)
		munmap(map, len);
	free(vec);
	return found;
}

static inline bool ft_wait_cached(int fd, __u64 offset, __u64 len)
{
	__u64 since = now_ns();

	while (ft_cached(fd, offset, len) !=
	       (long)(len / sysconf(_SC_PAGESIZE))) {
		if (guard_expired(since))
			return false;
		give_way();
	}
	return true;
}

static inline int ft_open_in(const char *dir, const char *name)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

/* How many bytes of @fd are in shared extents; negative errno if unknown. */
static inline long long ft_shared(int fd)
{
	struct {
		struct fiemap map;
		struct fiemap_extent extents[64];
	} arg = {
		.map = {
			.fm_length = FIEMAP_MAX_OFFSET,
			.fm_flags = FIEMAP_FLAG_SYNC,
			.fm_extent_count = 64,
		},
	};
	long long bytes = 0;
	unsigned int i;

	if (ioctl(fd, FS_IOC_FIEMAP, &arg))
		return -errno;
	for (i = 0; i < arg.map.fm_mapped_extents; i++)
		if (arg.extents[i].fe_flags & FIEMAP_EXTENT_SHARED)
			bytes += arg.extents[i].fe_length;
	return bytes;
}

#endif /* _SELFTESTS_FILE_DATA_H */
