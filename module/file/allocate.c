// SPDX-License-Identifier: GPL-2.0-only
/*
 * allocate: reserve, zero or punch a range of a file, as fallocate(2).
 *
 * Owns no state and takes no lock; vfs_fallocate() takes what it needs.
 *
 * The race is between the cancel and a fallocate that is half done. What the
 * file system leaves of it differs: tmpfs undoes its own pages, ext4 and XFS
 * keep what they have. So the range is done in chunks and progress counts whole
 * chunks: [offset, offset + progress) is done, and up to one chunk behind it
 * may be allocated. Zeroing and punching destroy data, so of these no half may
 * be left: they are short, and a local file system is not interrupted in them. Nor
 * is a server that would do it after nobody waits for it any more.
 */
#include <linux/types.h>
#include <linux/falloc.h>
#include <linux/magic.h>
#include <linux/sched.h>

#include "../debug/fail.h"
#include "internal.h"

/*
 * One chunk. tmpfs needs some 10 ms for it and as much to undo it; the file
 * systems with extents take longer for the call than for its length up to the
 * longest extent of ext4, 128 MiB, so there it costs next to nothing.
 */
#define ACF_ALLOCATE_CHUNK	((loff_t)64 << 20)

/*
 * R-RLIM: what inode_newsize_ok() would say in the caller. tmpfs asks it even
 * where the size is kept, for its pages are all that it has.
 */
static bool within_limit(struct acall_call *call, const struct acf_allocate *a,
			 const struct file *file, loff_t end)
{
	if (a->mode & FALLOC_FL_PUNCH_HOLE ||
	    (a->mode & FALLOC_FL_KEEP_SIZE && acf_magic(file) != TMPFS_MAGIC))
		return true;
	return (u64)end <= acall_fsize_limit(call) ||
	       end <= i_size_read(file_inode(file));
}

int acf_allocate_prepare(struct acall_call *call)
{
	const struct acall_file_allocate *in = acall_in(call);
	struct acf_allocate *a = acall_private(call);
	struct file *file = acall_file(call, 0);
	struct inode *inode = file_inode(file);
	loff_t end;
	int ret;

	if (in->flags & ~ACALL_FILE_ALLOCATE_KEEP_SIZE)
		return -EINVAL;
	switch (in->mode) {
	case ACALL_FILE_ALLOCATE_PLAIN:
		break;
	case ACALL_FILE_ALLOCATE_ZERO:
		a->mode = FALLOC_FL_ZERO_RANGE;
		break;
	case ACALL_FILE_ALLOCATE_PUNCH:
		a->mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
		break;
	default:
		return -EINVAL;
	}
	if (in->flags & ACALL_FILE_ALLOCATE_KEEP_SIZE)
		a->mode |= FALLOC_FL_KEEP_SIZE;

	ret = acf_check_kind(file, ACF_REGULAR);
	if (ret)
		return ret;
	/* In fallocate(2)'s order; it lets append-only files be preallocated. */
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if ((a->mode & ~FALLOC_FL_KEEP_SIZE) && IS_APPEND(inode))
		return -EPERM;
	if (IS_IMMUTABLE(inode))
		return -EPERM;
	if (IS_SWAPFILE(inode))
		return -ETXTBSY;
	if (!file->f_op->fallocate)
		return -EOPNOTSUPP;

	/* Only a length of 0 is about the size; a range may go beyond it. */
	ret = acf_range(in->offset, in->length,
			in->length ? S64_MAX : acf_size(file), &a->len);
	if (ret || !a->len)
		return ret;
	a->start = in->offset;
	end = a->start + a->len;
	if (end > inode->i_sb->s_maxbytes)
		return -EFBIG;
	if (in->mode == ACALL_FILE_ALLOCATE_PUNCH)
		return acf_check_seals(file, F_SEAL_WRITE | F_SEAL_FUTURE_WRITE,
				       0);
	ret = acf_check_seals(file, 0, end);
	if (ret)
		return ret;
	return within_limit(call, a, file, end) ? 0 : -EFBIG;
}

/* tmpfs gives back its pages one by one, and is not interrupted in a punch. */
static loff_t chunk_of(const struct acf_allocate *a, const struct file *file)
{
	if (a->mode & FALLOC_FL_PUNCH_HOLE && acf_magic(file) == TMPFS_MAGIC)
		return ACF_CHUNK;
	return ACF_ALLOCATE_CHUNK;
}

int acf_allocate_run(struct acall_call *call)
{
	struct acf_allocate *a = acall_private(call);
	struct file *file = acall_file(call, 0);
	const loff_t chunk = chunk_of(a, file);
	bool killable;
	loff_t done = 0;
	loff_t pos, n;
	int ret;

	killable = acf_answered(file) &&
		   (!(a->mode & ~FALLOC_FL_KEEP_SIZE) || !acf_local(file));
	acall_progress(call, 0, a->len);
	while (done < a->len) {
		/* Chunks end at multiples, so that none splits a huge page. */
		pos = a->start + done;
		n = chunk - (pos & (chunk - 1));
		n = min(n, a->len - done);
		/* The file may have become shorter since BEGIN. */
		if (!within_limit(call, a, file, pos + n))
			return -EFBIG;
		ret = acf_enter(call, killable);
		if (ret)
			return ret;
		ret = acall_fail(ACALL_FAIL_FALLOCATE) ?:
		      vfs_fallocate(file, a->mode, pos, n);
		acf_leave(call, killable);
		if (ret)
			return acf_stopped(call, ret);
		done += n;
		acall_progress(call, done, a->len);
		cond_resched();
	}
	return 0;
}
