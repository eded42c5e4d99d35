// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * copy: bytes of a file or block device into a file.
 *
 * The range is fixed by BEGIN to what the source had then; if that shrinks meanwhile
 * the copy ends early, with success. Progress counts what each system call says it has
 * done, and a stop is looked for between them, so it is exact. Holes beyond the
 * target's end count when something behind them has made them part of the file: @done
 * is how far it is, @solid what the target shows.
 *
 * Owns what it opens for the call: the source once more to look for holes, which moves
 * a position, and either file if O_DIRECT asks for an alignment that ranges of any
 * length do not have.
 */
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "methods.h"

/* Long enough not to cut extents for nothing. */
#define CLONE_CHUNK	((int64_t)256 << 20)
#define PUNCH_CHUNK	((int64_t)1 << 30)
/* Zeros of this length are a hole where content is all there is to look at. */
#define ZERO_RUN	((size_t)4096)

/* How the bytes get from source to target, best first. */
enum how {
	CLONE,			/* share extents */
	OFFLOAD,		/* within the kernel */
	READ_WRITE,
};

struct copying {
	struct act_call *call;
	const struct act_copy *c;
	int src;
	int dst;
	int seek;		/* -1 = holes are not looked for so */
	char *buf;
	enum how how;
	uint32_t reflink;
	bool scan;		/* holes are where zeros are */
	bool sync;
	bool no_punch;
	int64_t todo;
	int64_t done;
	int64_t solid;
	int64_t data_end;	/* the source has data up to here */
	int64_t waited;		/* SYNC: write-back has ended up to here */
	int64_t started;	/* and begun up to here */
};

int act_copy_prepare(struct act_call *call)
{
	const struct acall_file_copy *in = act_in(call);
	struct act_copy *c = act_private(call);
	int64_t unused;
	int ret;

	if (in->reflink > ACALL_FILE_REFLINK_NEVER ||
	    in->flags & ~(uint32_t)(ACALL_FILE_COPY_SPARSE |
				    ACALL_FILE_COPY_SYNC))
		return -EINVAL;
	ret = act_look_at(act_file(call, 0), ACT_REGULAR | ACT_BLOCK, &c->src);
	if (!ret)
		ret = act_look_at(act_file(call, 1), ACT_REGULAR, &c->dst);
	if (!ret)
		ret = act_check_read(&c->src);
	if (!ret)
		ret = act_check_write(&c->dst);
	if (!ret)
		ret = act_range(in->src_offset, in->length, c->src.size,
				&c->len);
	if (!ret)
		ret = act_range(in->dst_offset, in->length ? in->length :
				(uint64_t)c->len, INT64_MAX, &unused);
	if (ret)
		return ret;
	c->src_start = (int64_t)in->src_offset;
	c->dst_start = (int64_t)in->dst_offset;
	c->limit = act_file_limit();
	if (act_overlap(&c->src, c->src_start, &c->dst, c->dst_start, c->len))
		return -EINVAL;
	return act_check_seals(&c->dst, F_SEAL_WRITE | F_SEAL_FUTURE_WRITE,
			       c->len ? c->dst_start + c->len : 0);
}

static void advance(struct copying *s, int64_t n)
{
	s->done += n;
	s->solid = s->done;
	act_progress(s->call, (uint64_t)s->solid, (uint64_t)s->c->len);
}

static int need_buffer(struct copying *s)
{
	if (!s->buf)
		s->buf = act_buffer();
	return s->buf ? 0 : -ENOMEM;
}

static int write_some(struct copying *s, const char *from, int64_t n)
{
	ssize_t ret;

	if (act_checkpoint(s->call))
		return -ECANCELED;
	ret = act_again(pwrite(s->dst, from, (size_t)n,
			       s->c->dst_start + s->done));
	if (ret <= 0)
		return ret ? -errno : -EIO;
	advance(s, ret);
	return 0;
}

static int write_zeros(struct copying *s, int64_t n)
{
	static const char zeros[ZERO_RUN];

	return write_some(s, zeros, n < (int64_t)sizeof(zeros) ? n :
			  (int64_t)sizeof(zeros));
}

/* The next @n bytes are a hole, or the first of them. */
static int skip(struct copying *s, int64_t n)
{
	int64_t pos = s->c->dst_start + s->done;
	int64_t size = act_size(s->dst);

	if (size < 0)
		return (int)size;
	if (pos >= size) {
		s->done += n;
		return 0;
	}
	if (n > size - pos)
		n = size - pos;
	if (n > PUNCH_CHUNK)
		n = PUNCH_CHUNK;
	if (!s->no_punch) {
		if (!act_again(fallocate(s->dst, FALLOC_FL_PUNCH_HOLE |
					 FALLOC_FL_KEEP_SIZE, pos, n))) {
			advance(s, n);
			return 0;
		}
		if (errno != EOPNOTSUPP && errno != EINVAL)
			return -errno;
		s->no_punch = true;
	}
	return write_zeros(s, n);
}

/* A hole at the end: the target, which may end before it, gets its length. */
static int extend(struct copying *s)
{
	int64_t end = s->c->dst_start + s->done;

	if (s->solid == s->done)
		return 0;
	if (act_checkpoint(s->call))
		return -ECANCELED;
	if (act_size(s->dst) < end && ftruncate(s->dst, end))
		return -errno;
	advance(s, 0);
	return 0;
}

/* How long is the hole of the source at @pos? Notes where the data ends. */
static int64_t find_hole(struct copying *s, int64_t pos, int64_t size)
{
	int64_t data, hole = 0;

	if (pos < s->data_end)
		return 0;
	data = lseek(s->seek, pos, SEEK_DATA);
	if (data < 0 && errno == ENXIO)
		return size - pos;
	if (data > pos)
		return (data < size ? data : size) - pos;
	if (data == pos)
		hole = lseek(s->seek, pos, SEEK_HOLE);
	/* Whoever cannot tell, or changes as we look: data up to here. */
	s->data_end = hole > pos ? hole : size;
	return 0;
}

static bool is_zero(const char *p, size_t len)
{
	return !*p && !memcmp(p, p + 1, len - 1);
}

static size_t piece(size_t left)
{
	return left < ZERO_RUN ? left : ZERO_RUN;
}

/* Bytes at the start of @p that are all zero, or in runs that are not. */
static size_t run_length(const char *p, size_t len, bool *zero)
{
	size_t run = piece(len);

	*zero = is_zero(p, run);
	while (run < len && is_zero(p + run, piece(len - run)) == *zero)
		run += piece(len - run);
	return run;
}

/* Returns 1, 0 at the end of the source, or -errno. */
static int read_write(struct copying *s, int64_t pos, int64_t n)
{
	int64_t end;
	ssize_t got;
	size_t run;
	bool zero = false;
	char *p;
	int ret;

	ret = need_buffer(s);
	if (ret)
		return ret;
	if (n > (int64_t)ACT_BUFFER)
		n = ACT_BUFFER;
	got = act_again(pread(s->src, s->buf, (size_t)n, pos));
	if (got <= 0)
		return got ? -errno : 0;
	end = s->done + got;
	while (s->done < end) {
		p = s->buf + (s->c->src_start + s->done - pos);
		run = (size_t)(end - s->done);
		if (s->scan)
			run = run_length(p, run, &zero);
		ret = zero ? skip(s, (int64_t)run) :
			     write_some(s, p, (int64_t)run);
		if (ret)
			return ret;
	}
	return 1;
}

static int64_t clone(struct copying *s, int64_t pos, int64_t n)
{
	struct file_clone_range range = {
		.src_fd = s->src,
		.src_offset = (uint64_t)pos,
		.dest_offset = (uint64_t)(s->c->dst_start + s->done),
	};

	if (n > CLONE_CHUNK - (pos & (CLONE_CHUNK - 1)))
		n = CLONE_CHUNK - (pos & (CLONE_CHUNK - 1));
	range.src_length = (uint64_t)n;
	return act_again(ioctl(s->dst, FICLONERANGE, &range)) ? -errno : n;
}

static int64_t offload(struct copying *s, int64_t pos, int64_t n)
{
	loff_t from = pos, to = s->c->dst_start + s->done;
	ssize_t ret;

	if (n > ACT_CHUNK - (pos & (ACT_CHUNK - 1)))
		n = ACT_CHUNK - (pos & (ACT_CHUNK - 1));
	ret = act_again(copy_file_range(s->src, &from, s->dst, &to, (size_t)n,
					0));
	return ret < 0 ? -errno : ret;
}

static bool another_way(int64_t ret)
{
	switch (ret) {
	case 0:
	case -EOPNOTSUPP:
	case -ENOTTY:
	case -ENOSYS:
	case -EXDEV:
	case -EINVAL:
	case -EPERM:
		return true;
	default:
		return false;
	}
}

/* Only whole blocks can be shared, but for the last one of a file. */
static enum how how_now(struct copying *s, int64_t pos, int64_t *n)
{
	int64_t mask = s->c->dst.block - 1;
	int64_t odd = pos & mask;

	if (s->how != CLONE || s->reflink == ACALL_FILE_REFLINK_ALWAYS)
		return s->how;
	if ((pos ^ (s->c->dst_start + s->done)) & mask) {
		s->how = OFFLOAD;
	} else if (odd) {
		if (*n > mask + 1 - odd)
			*n = mask + 1 - odd;
		return OFFLOAD;
	} else if (*n > mask) {
		*n &= ~mask;
	} else if (pos + *n < act_size(s->src)) {
		return OFFLOAD;
	}
	return s->how;
}

/* As read_write(), in the best way that works. */
static int move(struct copying *s, int64_t pos, int64_t n)
{
	int64_t ret;

	switch (how_now(s, pos, &n)) {
	case CLONE:
		ret = clone(s, pos, n);
		break;
	case OFFLOAD:
		ret = offload(s, pos, n);
		break;
	default:
		return read_write(s, pos, n);
	}
	if (ret > 0) {
		advance(s, ret);
		return 1;
	}
	if (s->reflink == ACALL_FILE_REFLINK_ALWAYS || !another_way(ret))
		return (int)ret;
	s->how = s->how == CLONE ? OFFLOAD : READ_WRITE;
	return 1;
}

/* SYNC: keep at most two pieces dirty. */
static int bound(struct copying *s)
{
	const unsigned int all = SYNC_FILE_RANGE_WAIT_BEFORE |
				 SYNC_FILE_RANGE_WRITE |
				 SYNC_FILE_RANGE_WAIT_AFTER;
	int64_t pos = s->c->dst_start + s->done;

	if (pos - s->started < ACT_SYNC_CHUNK)
		return 0;
	if (sync_file_range(s->dst, s->started, pos - s->started,
			    SYNC_FILE_RANGE_WRITE))
		return -errno;
	if (s->waited < s->started &&
	    sync_file_range(s->dst, s->waited, s->started - s->waited, all))
		return -errno;
	s->waited = s->started;
	s->started = pos;
	return 0;
}

static int copy_all(struct copying *s)
{
	int64_t pos, size, hole, n;
	int ret;

	while (s->done < s->todo) {
		if (act_checkpoint(s->call))
			return -ECANCELED;
		pos = s->c->src_start + s->done;
		size = act_size(s->src);
		if (pos >= size)
			return size < 0 ? (int)size : 0;
		n = s->todo - s->done;
		if (n > size - pos)
			n = size - pos;
		hole = s->seek >= 0 ? find_hole(s, pos, size) : 0;
		if (hole) {
			ret = skip(s, n < hole ? n : hole);
			if (ret)
				return ret;
		} else {
			if (s->seek >= 0 && n > s->data_end - pos)
				n = s->data_end - pos;
			ret = move(s, pos, n);
			if (ret <= 0)
				return ret;
		}
		ret = s->sync ? bound(s) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

/* Through the page cache, also if it was opened O_DIRECT. */
static int cached(const struct act_file *file, int mode)
{
	return file->flags & O_DIRECT ? act_reopen(file->fd, mode) : file->fd;
}

static int open_all(struct copying *s, bool sparse)
{
	const struct act_copy *c = s->c;

	s->src = cached(&c->src, O_RDONLY);
	if (s->src < 0)
		return -EINVAL;
	s->dst = cached(&c->dst, O_WRONLY);
	if (s->dst < 0)
		return -EINVAL;
	/* Sharing extents shares holes. */
	if (!sparse || s->reflink == ACALL_FILE_REFLINK_ALWAYS)
		return 0;
	if (S_ISREG(c->src.mode))
		s->seek = act_reopen(c->src.fd, O_RDONLY);
	s->scan = s->seek < 0;
	return 0;
}

static void close_all(struct copying *s)
{
	if (s->src >= 0 && s->src != s->c->src.fd)
		act_close_fd(s->src);
	if (s->dst >= 0 && s->dst != s->c->dst.fd)
		act_close_fd(s->dst);
	if (s->seek >= 0)
		act_close_fd(s->seek);
	act_buffer_free(s->buf);
}

static int finish(struct copying *s)
{
	int ret = extend(s);

	if (!ret && s->sync) {
		ret = act_checkpoint(s->call);
		if (!ret && fsync(s->dst))
			ret = -errno;
	}
	/* Work up to the limit, then EFBIG (and no SIGXFSZ). */
	if (!ret && s->todo < s->c->len && s->done == s->todo)
		ret = -EFBIG;
	return ret;
}

int act_copy_run(struct act_call *call)
{
	const struct acall_file_copy *in = act_in(call);
	const struct act_copy *c = act_private(call);
	uint64_t start = (uint64_t)c->dst_start;
	uint64_t room = c->limit > start ? c->limit - start : 0;
	struct copying s = {
		.call = call,
		.c = c,
		.src = -1,
		.dst = -1,
		.seek = -1,
		.reflink = in->reflink,
		.sync = in->flags & ACALL_FILE_COPY_SYNC ||
			c->dst.flags & O_DSYNC,
		.todo = (uint64_t)c->len < room ? c->len : (int64_t)room,
		.waited = c->dst_start,
		.started = c->dst_start,
	};
	int ret;

	act_progress(call, 0, (uint64_t)c->len);
	ret = open_all(&s, in->flags & ACALL_FILE_COPY_SPARSE);
	if (!ret) {
		if (in->reflink == ACALL_FILE_REFLINK_NEVER || s.scan)
			s.how = READ_WRITE;
		else if (c->src.dev != c->dst.dev &&
			 in->reflink == ACALL_FILE_REFLINK_AUTO)
			s.how = OFFLOAD;
		if (in->reflink == ACALL_FILE_REFLINK_ALWAYS && s.todo < c->len)
			s.todo &= ~(c->dst.block - 1);
		ret = copy_all(&s);
	}
	if (!ret)
		ret = finish(&s);
	close_all(&s);
	return ret;
}
