// SPDX-License-Identifier: GPL-2.0-only
/*
 * copy: bytes of a file or block device into a file.
 *
 * Owns struct acf_copy of a call: a buffer and, for SPARSE, a second open file
 * of the source, for SEEK_DATA moves a file's position and the caller's files
 * keep theirs. No lock is held between two steps.
 *
 * The range is fixed by BEGIN to what the source had then: what is appended
 * later is not copied (nor chased, if target and source are one file), and if
 * the source shrinks meanwhile the copy ends early with success, progress
 * saying how much there was, as copy_file_range(2) would.
 *
 * The race is between the cancel and a step that is half done; the answer is
 * that progress counts what each step returned. Copies through the page cache
 * return exact counts when a signal ends them. A local clone does not (btrfs), and
 * a server may go on with what it was asked though nobody waits for it (NFS), so
 * none is sent there; it is done in chunks instead. Holes beyond the
 * target's end are counted only when something behind them has made them part
 * of the file: @done is how far we are, @solid what the target shows.
 */
#include <linux/types.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/splice.h>
#include <linux/string.h>

#include "../debug/fail.h"
#include "internal.h"

/*
 * Clones: long enough not to cut extents for nothing (btrfs has them up to
 * 128 MiB), short enough for 65,536 extents of one block to fit the grace.
 */
#define ACF_CLONE_CHUNK		((loff_t)256 << 20)

/* Punching what is mostly not there. */
#define ACF_PUNCH_CHUNK		((loff_t)1 << 30)

/* As far as file systems allocate ahead of what grows (XFS: 8 GiB), and more. */
#define ACF_AHEAD		((loff_t)16 << 30)

/* Zeros of this length are a hole where content is all there is to look at. */
#define ACF_ZERO_RUN		SZ_4K

/* The best way that is not better than @how. */
static enum acf_how acf_copy_how(const struct acf_copy *c, enum acf_how how)
{
	if (how == ACF_CLONE && c->reflink != ACALL_FILE_REFLINK_NEVER &&
	    c->src->f_op->remap_file_range &&
	    file_inode(c->src)->i_sb == file_inode(c->dst)->i_sb)
		return ACF_CLONE;
	/*
	 * Whether it keeps holes or shares extents is for the server to say. Of
	 * the local ones only overlayfs has it, for a clone between two mounts.
	 */
	if (how <= ACF_OFFLOAD && c->reflink != ACALL_FILE_REFLINK_NEVER &&
	    c->regular && !c->scan && c->dst->f_op->copy_file_range &&
	    (!acf_local(c->dst) ||
	     file_inode(c->src)->i_sb != file_inode(c->dst)->i_sb))
		return ACF_OFFLOAD;
	if (!c->scan && c->splice)
		return ACF_SPLICE;
	return ACF_READ_WRITE;
}

static int acf_copy_check(struct acf_copy *c, const struct acall_file_copy *in)
{
	loff_t unused;
	int ret;

	ret = acf_check_kind(c->src, ACF_REGULAR | ACF_BLOCK);
	if (ret)
		return ret;
	ret = acf_check_kind(c->dst, ACF_REGULAR);
	if (ret)
		return ret;
	ret = acf_check_read(c->src);
	if (ret)
		return ret;
	ret = acf_check_write(c->dst);
	if (ret)
		return ret;
	if (IS_SWAPFILE(file_inode(c->src)))
		return -ETXTBSY;
	if (c->sync && !c->dst->f_op->fsync)
		return -EINVAL;
	if (c->reflink != ACALL_FILE_REFLINK_ALWAYS) {
		ret = acf_check_cached(c->src) ?: acf_check_cached(c->dst);
		if (ret)
			return ret;
	}

	ret = acf_range(in->src_offset, in->length, acf_size(c->src), &c->len);
	if (ret)
		return ret;
	ret = acf_range(in->dst_offset, in->length ?: c->len, S64_MAX, &unused);
	if (ret)
		return ret;
	c->src_start = in->src_offset;
	c->dst_start = in->dst_offset;
	if (file_inode(c->src) == file_inode(c->dst) &&
	    c->src_start < c->dst_start + c->len &&
	    c->dst_start < c->src_start + c->len)
		return -EINVAL;
	return acf_check_seals(c->dst, F_SEAL_WRITE | F_SEAL_FUTURE_WRITE,
			       c->len ? c->dst_start + c->len : 0);
}

int acf_copy_prepare(struct acall_call *call)
{
	const struct acall_file_copy *in = acall_in(call);
	struct acf_copy *c = acall_private(call);
	bool sparse;
	int ret;

	if (in->reflink > ACALL_FILE_REFLINK_NEVER ||
	    in->flags & ~(ACALL_FILE_COPY_SPARSE | ACALL_FILE_COPY_SYNC))
		return -EINVAL;
	c->call = call;
	c->src = acall_file(call, 0);
	c->dst = acall_file(call, 1);
	c->regular = S_ISREG(file_inode(c->src)->i_mode);
	c->reflink = in->reflink;
	c->sync = in->flags & ACALL_FILE_COPY_SYNC;
	ret = acf_copy_check(c, in);
	if (ret)
		return ret;

	/*
	 * Where each write is to be durable, a signal that ends the wait for that
	 * has the write itself forgotten. So it is made durable as with SYNC.
	 */
	c->durable = acf_durable(c->dst);
	if (c->durable && c->dst->f_op->fsync)
		c->sync = true;
	/* Sharing extents shares holes. */
	if (c->reflink == ACALL_FILE_REFLINK_ALWAYS)
		return 0;
	sparse = in->flags & ACALL_FILE_COPY_SPARSE;
	/*
	 * A server is not asked for another open file: BEGIN would wait for it
	 * (B1). Nor does it matter much why a local one is refused (a lease, a
	 * security module): without it, holes are found by their zeros.
	 */
	if (sparse && c->regular && acf_local(c->src)) {
		c->seek = dentry_open(&c->src->f_path,
				      O_RDONLY | O_LARGEFILE | O_NONBLOCK,
				      current_cred());
		if (IS_ERR(c->seek))
			c->seek = NULL;
	}
	c->scan = sparse && !c->seek;
	/*
	 * O_DIRECT's rules of alignment do not fit ranges of any length. It may
	 * be switched by fcntl(2) at any time, so this decides it for the call.
	 */
	c->splice = c->regular && c->src->f_op->splice_read &&
		    c->dst->f_op->splice_write &&
		    !((c->src->f_flags | c->dst->f_flags) & O_DIRECT) &&
		    !c->durable;
	if (sparse || !c->splice) {
		c->buf = acf_buffer(c->len, &c->buf_size);
		if (!c->buf) {
			if (c->seek)
				fput(c->seek);
			return -ENOMEM;
		}
	}
	return 0;
}

void acf_copy_release(struct acall_call *call)
{
	struct acf_copy *c = acall_private(call);

	kvfree(c->buf);
	if (!c->seek)
		return;
	/* A worker's plain fput() comes later than the call's end (F8). */
	if (current->flags & PF_KTHREAD)
		__fput_sync(c->seek);
	else
		fput(c->seek);
}

static void acf_copy_advance(struct acf_copy *c, loff_t n)
{
	c->done += n;
	c->solid = c->done;
	acall_progress(c->call, c->solid, c->len);
}

static int acf_copy_punch(struct acf_copy *c, loff_t pos, loff_t len)
{
	bool killable = acf_answered(c->dst) && !acf_local(c->dst);
	int ret;

	ret = acf_enter(c->call, killable);
	if (ret)
		return ret;
	ret = acall_fail(ACALL_FAIL_PUNCH) ?:
	      vfs_fallocate(c->dst, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			    pos, len);
	acf_leave(c->call, killable);
	c->no_punch = ret == -EOPNOTSUPP || ret == -EINVAL;
	return ret ? acf_stopped(c->call, ret) : 0;
}

static ssize_t acf_copy_write(struct acf_copy *c, loff_t pos, void *buf,
			      size_t len)
{
	/* Who makes each write durable may tell of that alone. */
	bool killable = !c->durable;
	ssize_t ret;

	ret = acf_enter(c->call, killable);
	if (ret)
		return ret;
	ret = acf_write(c->dst, pos, buf, len);
	acf_leave(c->call, killable);
	if (ret <= 0)
		return acf_stopped(c->call, ret ?: -EIO);
	return ret;
}

/*
 * A hole beyond the target's end. What has been allocated there ahead would become
 * zeroes as soon as something is written behind it, so it is given back where a
 * hole begins, and as far as there may be any; if that fails, they are as good.
 */
static int acf_copy_skip(struct acf_copy *c, loff_t pos, loff_t size, loff_t n)
{
	loff_t len;

	if (c->no_punch || pos >= size + ACF_AHEAD || !acf_local(c->dst) ||
	    acf_magic(c->dst) == TMPFS_MAGIC) {
		c->done += n;
		return 0;
	}
	if (c->done == c->solid || pos >= c->punched) {
		/* One that is found by its zeroes comes in little pieces. */
		len = c->scan ? c->dst_start + c->todo - pos : n;
		len = min(len, ACF_PUNCH_CHUNK);
		if (acf_copy_punch(c, pos, len) == -ECANCELED)
			return -ECANCELED;
		c->punched = pos + len;
	}
	c->done += min(n, c->punched - pos);
	return 0;
}

/*
 * The next @n bytes are a hole, or the first of them: what the target has there
 * is punched or, if it can not, zeroed.
 */
static int acf_copy_hole(struct acf_copy *c, loff_t n)
{
	loff_t pos = c->dst_start + c->done;
	loff_t size = acf_size(c->dst);
	ssize_t ret;

	if (pos >= size)
		return acf_copy_skip(c, pos, size, n);
	n = min3(n, size - pos, ACF_PUNCH_CHUNK);
	if (!c->no_punch) {
		ret = acf_copy_punch(c, pos, n);
		if (!ret) {
			acf_copy_advance(c, n);
			return 0;
		}
		if (!c->no_punch)
			return ret;
	}
	ret = acf_copy_write(c, pos, page_address(ZERO_PAGE(0)),
			     min_t(loff_t, n, PAGE_SIZE));
	if (ret < 0)
		return ret;
	acf_copy_advance(c, ret);
	return 0;
}

/* A hole at the end: the target, which may end before it, gets its length. */
static int acf_copy_extend(struct acf_copy *c)
{
	bool killable = acf_answered(c->dst);
	int ret;

	if (c->solid == c->done)
		return 0;
	ret = acf_check_write(c->dst) ?: acf_enter(c->call, killable);
	if (ret)
		return ret;
	ret = acf_grow(c->dst, c->dst_start + c->done);
	acf_leave(c->call, killable);
	if (ret)
		return acf_stopped(c->call, ret);
	acf_copy_advance(c, 0);
	return 0;
}

/*
 * How long is the hole of the source at @pos? Notes where the data ends. Or a
 * negative errno.
 */
static loff_t acf_copy_find_hole(struct acf_copy *c, loff_t pos, loff_t size)
{
	loff_t data, hole = 0;
	int ret;

	if (pos < c->data_end)
		return 0;
	/* btrfs looks at every extent. */
	ret = acall_killable_begin(c->call);
	if (ret)
		return ret;
	data = vfs_llseek(c->seek, pos, SEEK_DATA);
	if (data == pos)
		hole = vfs_llseek(c->seek, pos, SEEK_HOLE);
	acall_killable_end(c->call);
	if (data == -EINTR || hole == -EINTR)
		return acf_stopped(c->call, -EINTR);
	if (data == -ENXIO)
		return size - pos;
	if (data > pos)
		return min(data, size) - pos;
	/* Whoever can not tell, or changes as we look: data up to here. */
	c->data_end = hole > pos ? hole : size;
	return 0;
}

/* Bytes at the start of @p that are all zero, or in runs that are not. */
static size_t acf_copy_run_length(const u8 *p, size_t len, bool *zero)
{
	size_t run = 0;
	bool same;

	*zero = !memchr_inv(p, 0, min_t(size_t, len, ACF_ZERO_RUN));
	do {
		run += min_t(size_t, len - run, ACF_ZERO_RUN);
		same = run < len && *zero ==
			!memchr_inv(p + run, 0,
				    min_t(size_t, len - run, ACF_ZERO_RUN));
	} while (same);
	return run;
}

/* Returns 1, 0 at the end of the source, or a negative errno. */
static int acf_copy_buffered(struct acf_copy *c, loff_t pos, loff_t n)
{
	loff_t end;
	ssize_t ret;
	size_t run;
	bool zero = false;
	u8 *p = c->buf;

	ret = acall_killable_begin(c->call);
	if (ret)
		return ret;
	ret = acf_read(c->src, pos, p, min_t(loff_t, n, c->buf_size));
	acall_killable_end(c->call);
	if (ret <= 0)
		return ret ? acf_stopped(c->call, ret) : 0;

	end = c->done + ret;
	while (c->done < end) {
		p = c->buf + (c->src_start + c->done - pos);
		run = end - c->done;
		if (c->scan)
			run = acf_copy_run_length(p, run, &zero);
		if (zero) {
			ret = acf_copy_hole(c, run);
			if (ret)
				return ret;
			continue;
		}
		ret = acf_copy_write(c, c->dst_start + c->done, p, run);
		if (ret < 0)
			return ret;
		acf_copy_advance(c, ret);
	}
	return 1;
}

/*
 * A clone writes back both ranges first, and so does fsync, which no signal ends
 * and no flag is looked at for. So it is done before, with looks, and a last one.
 */
static int acf_copy_settle(struct acf_copy *c, struct file *file, loff_t pos,
			   loff_t len)
{
	struct address_space *mapping = acf_mapping(file);
	loff_t end = pos + len;

	while (pos < end) {
		if (acall_checkpoint(c->call))
			return -ECANCELED;
		/* An error comes again where it is reported. */
		acf_writeback(mapping, &pos, end);
		cond_resched();
	}
	return acall_checkpoint(c->call);
}

static ssize_t acf_copy_clone(struct acf_copy *c, loff_t pos, loff_t dst,
			      loff_t n)
{
	bool auto_mode = c->reflink == ACALL_FILE_REFLINK_AUTO;
	ssize_t ret;

	n = min(n, ACF_CLONE_CHUNK - (pos & (ACF_CLONE_CHUNK - 1)));
	ret = acf_before_remap(c->call, c->src) ?:
	      acf_copy_settle(c, c->src, pos, n) ?:
	      acf_copy_settle(c, c->dst, dst, n);
	if (ret)
		return ret;
	return acall_fail(ACALL_FAIL_CLONE) ?:
	       vfs_clone_file_range(c->src, pos, c->dst, dst, n,
				    auto_mode ? REMAP_FILE_CAN_SHORTEN : 0);
}

/* One that does nothing, and is there to be called for nothing. */
static int acf_copy_no_actor(struct pipe_inode_info *pipe,
			     struct splice_desc *sd)
{
	return 0;
}

/*
 * A task keeps the pipe through which it first moves data. A worker's is to be its
 * own, not charged to the user of that copy, nor as short as his limit of pipes
 * leaves it, for it will be everybody's.
 */
static void acf_copy_own_pipe(struct file *src)
{
	struct splice_desc nothing = { 0 };
	const struct cred *caller;
	struct mem_cgroup *memcg;

	if (current->splice_pipe || !(current->flags & PF_KTHREAD))
		return;
	caller = override_creds(current_real_cred());
	memcg = set_active_memcg(NULL);
	splice_direct_to_actor(src, &nothing, acf_copy_no_actor);
	set_active_memcg(memcg);
	revert_creds(caller);
}

static ssize_t acf_copy_range(struct acf_copy *c, loff_t pos, loff_t dst,
			      loff_t n, unsigned int flags)
{
	/* What is no splice may be a clone, or end in one that is durable. */
	bool killable = flags & COPY_FILE_SPLICE ||
			(acf_answered(c->dst) && !acf_local(c->dst) &&
			 !c->durable);
	ssize_t ret;

	n = min(n, ACF_CHUNK - (pos & (ACF_CHUNK - 1)));
	acf_copy_own_pipe(c->src);
	ret = acf_enter(c->call, killable);
	if (ret)
		return ret;
	ret = acall_fail(ACALL_FAIL_COPY_RANGE) ?:
	      vfs_copy_file_range(c->src, pos, c->dst, dst, n, flags);
	acf_leave(c->call, killable);
	/* That is a server's word. */
	return ret > n ? -EIO : ret;
}

static bool acf_copy_unsupported(ssize_t ret)
{
	switch (ret) {
	case 0:			/* a server that knows another size */
	case -EOPNOTSUPP:
	case -ENOTTY:
	case -EXDEV:
	case -EINVAL:
		return true;
	}
	return false;
}

/* As acf_copy_buffered(), in the best way that works. */
static int acf_copy_data(struct acf_copy *c, loff_t pos, loff_t n)
{
	loff_t dst = c->dst_start + c->done;
	loff_t mask = acf_block_mask(c->dst);
	enum acf_how how = c->how;
	ssize_t ret;

	/* Only whole blocks can be shared, but for the last one of a file. */
	if (how == ACF_CLONE && c->reflink == ACALL_FILE_REFLINK_AUTO) {
		if ((pos ^ dst) & mask) {
			how = acf_copy_how(c, ACF_OFFLOAD);
			c->how = how;
		} else if (pos & mask) {
			how = acf_copy_how(c, ACF_OFFLOAD);
			n = min(n, mask + 1 - (pos & mask));
		}
	}

	switch (how) {
	case ACF_CLONE:
		ret = acf_copy_clone(c, pos, dst, n);
		break;
	case ACF_OFFLOAD:
		ret = acf_copy_range(c, pos, dst, n, 0);
		break;
	case ACF_SPLICE:
		ret = acf_copy_range(c, pos, dst, n, COPY_FILE_SPLICE);
		break;
	default:
		return acf_copy_buffered(c, pos, n);
	}
	if (ret > 0) {
		acf_copy_advance(c, ret);
		return 1;
	}
	if (how < ACF_SPLICE && acf_copy_unsupported(ret) &&
	    c->reflink != ACALL_FILE_REFLINK_ALWAYS) {
		c->how = acf_copy_how(c, how + 1);
		return 1;
	}
	return ret ? acf_stopped(c->call, ret) : 0;
}

/*
 * SYNC: keep at most two chunks dirty. The older of them is waited for while
 * the disk has the younger one to write; fsync at the end finds little to do.
 */
static int acf_copy_bound(struct acf_copy *c)
{
	struct address_space *mapping = acf_mapping(c->dst);
	loff_t pos = c->dst_start + c->done;

	if (pos - c->wb_started < ACF_CHUNK)
		return 0;
	filemap_fdatawrite_range(mapping, c->wb_started, pos - 1);
	if (c->wb_waited < c->wb_started)
		filemap_fdatawait_range_keep_errors(mapping, c->wb_waited,
						    c->wb_started - 1);
	c->wb_waited = c->wb_started;
	c->wb_started = pos;
	/* As fsync(2) would say now, for it is no use to fill a dead disk. */
	return acall_fail(ACALL_FAIL_BOUND) ?:
	       file_check_and_advance_wb_err(c->dst);
}

/*
 * All of the target: who goes on with a copy wants the part that is older durable too,
 * even where nothing was left to copy.
 */
static int acf_copy_sync(struct acf_copy *c)
{
	int ret;

	ret = acf_copy_settle(c, c->dst, 0, acf_size(c->dst));
	if (ret)
		return ret;
	return acall_fail(ACALL_FAIL_FSYNC) ?: vfs_fsync(c->dst, 0);
}

static int acf_copy_all(struct acf_copy *c)
{
	loff_t pos, size, hole, n;
	int ret;

	while (c->done < c->todo) {
		ret = acf_check_write(c->dst);
		if (ret)
			return ret;
		pos = c->src_start + c->done;
		size = acf_size(c->src);
		if (pos >= size)
			return 0;
		n = min(c->todo - c->done, size - pos);
		hole = c->seek ? acf_copy_find_hole(c, pos, size) : 0;
		if (hole < 0)
			return hole;
		if (hole) {
			ret = acf_copy_hole(c, min(n, hole));
			if (ret)
				return ret;
		} else {
			if (c->seek)
				n = min(n, c->data_end - pos);
			ret = acf_copy_data(c, pos, n);
			if (ret <= 0)
				return ret;
		}
		if (c->sync) {
			ret = acf_copy_bound(c);
			if (ret)
				return ret;
		}
		cond_resched();
	}
	return 0;
}

int acf_copy_run(struct acall_call *call)
{
	struct acf_copy *c = acall_private(call);
	u64 limit, room;
	int ret;

	/* Work up to the limit, then EFBIG (R-RLIM). */
	limit = min_t(u64, acall_fsize_limit(call),
		      file_inode(c->dst)->i_sb->s_maxbytes);
	room = limit - min_t(u64, limit, c->dst_start);
	c->todo = min_t(u64, c->len, room);
	c->wb_started = c->dst_start;
	c->wb_waited = c->dst_start;
	c->how = acf_copy_how(c, ACF_CLONE);
	if (c->reflink == ACALL_FILE_REFLINK_ALWAYS) {
		c->how = ACF_CLONE;
		if (c->todo < c->len)
			c->todo &= ~acf_block_mask(c->dst);
	}

	acall_progress(call, 0, c->len);
	ret = acf_copy_all(c);
	if (!ret)
		ret = acf_copy_extend(c);
	if (!ret && c->sync)
		ret = acf_copy_sync(c);
	if (!ret && c->todo < c->len && c->done == c->todo)
		ret = -EFBIG;
	return ret;
}
