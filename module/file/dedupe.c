// SPDX-License-Identifier: GPL-2.0-only
/*
 * dedupe: let two files share the blocks of a range that is the same in both, as
 * the ioctl FIDEDUPERANGE.
 *
 * Owns no state and takes no lock: the file system compares and shares under the
 * locks of both inodes, so that no writer comes between. Who may is its rule as
 * well (the target's writers and owner), and it asks for each chunk with the
 * caller's credentials.
 *
 * The race is between the cancel and a chunk half done. Whatever of it is shared
 * by then holds what it held before, so no reader can tell; progress counts what
 * the file system has reported.
 */
#include <linux/types.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/security.h>

#include "../debug/fail.h"
#include "internal.h"

/*
 * What btrfs compares at a time, and the most that it shares as one extent. Compared
 * in some 10 ms if it is in the page cache; who waits for the disk sees the signal.
 */
#define ACF_DEDUPE_CHUNK	((loff_t)16 << 20)

int acf_dedupe_prepare(struct acall_call *call)
{
	const struct acall_file_dedupe *in = acall_in(call);
	struct acf_dedupe *d = acall_private(call);
	struct file *src = acall_file(call, 0);
	struct file *dst = acall_file(call, 1);
	loff_t len;
	int ret;

	if (in->flags || in->__reserved)
		return -EINVAL;
	ret = acf_check_kind(src, ACF_REGULAR) ?:
	      acf_check_kind(dst, ACF_REGULAR) ?: acf_check_read(src);
	if (ret)
		return ret;
	if (file_inode(src)->i_sb != file_inode(dst)->i_sb)
		return -EXDEV;
	if (!dst->f_op->remap_file_range)
		return -EOPNOTSUPP;

	ret = acf_range(in->src_offset, in->length, acf_size(src), &d->len) ?:
	      acf_range(in->dst_offset, d->len, S64_MAX, &len);
	if (ret)
		return ret;
	d->src_start = in->src_offset;
	d->dst_start = in->dst_offset;
	ret = security_file_ioctl(src, FIDEDUPERANGE, 0);
	if (ret)
		return ret;
	if (file_inode(src) == file_inode(dst) &&
	    d->src_start < d->dst_start + d->len &&
	    d->dst_start < d->src_start + d->len)
		return -EINVAL;
	return 0;
}

int acf_dedupe_run(struct acall_call *call)
{
	struct acf_dedupe *d = acall_private(call);
	struct file *src = acall_file(call, 0);
	struct file *dst = acall_file(call, 1);
	loff_t done = 0;
	loff_t n, ret;

	acall_progress(call, 0, d->len);
	while (done < d->len) {
		n = min(d->len - done, ACF_DEDUPE_CHUNK);
		ret = acall_fail(ACALL_FAIL_DEDUPE) ?:
		      acf_before_remap(call, src) ?: acf_enter(call, true);
		if (ret)
			return ret;
		ret = vfs_dedupe_file_range_one(src, d->src_start + done, dst,
						d->dst_start + done, n,
						REMAP_FILE_CAN_SHORTEN);
		acf_leave(call, true);
		if (ret < 0)
			return acf_stopped(call, ret);
		/* The part of a block that ends only one of the files. */
		if (!ret)
			return acf_stopped(call, 0);
		/* Less than asked for may be an error, which comes again. */
		done += ret;
		acall_progress(call, done, d->len);
		cond_resched();
	}
	return 0;
}
