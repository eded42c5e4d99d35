// SPDX-License-Identifier: GPL-2.0-only
/*
 * trim: tell the device which blocks of a file system are free, as fstrim(8) with
 * the ioctl FITRIM.
 *
 * Owns a reference to the caller's mm_struct, not to what it maps (R-MM), from
 * .prepare to .release. No lock of its own.
 *
 * All of the range is one step, for a file system may not be asked by parts: ext4
 * notes for all groups how thoroughly it was last asked, XFS (6.1) trims a free
 * extent for each range that has a part of it, btrfs all space that it does not use
 * yet each time. So progress is nothing or all. What is trimmed when it is stopped
 * stays trimmed, which no reader can tell.
 *
 * File systems take FITRIM's argument from user memory and nowhere else. So the
 * worker takes on the caller's address space, maps a page of it, asks, and gives
 * both back. Meanwhile an exit of the caller waits for the trim; it closes the
 * object, which cancels the call, and file systems heed the signal. The page is
 * there when they copy from and to it, so no fault meets a pending signal
 * (R-FAULT). The caller can see and spoil it, and then has a wrong answer to his
 * own question; a child that he forks meanwhile keeps it.
 *
 * The race is with the signal: some (ext4) end with success for what they had done
 * until then. So with a cancel to be seen at the end it counts as stopped, although
 * it may have been done.
 */
#include <linux/types.h>
#include <linux/blkdev.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/security.h>
#include <linux/uaccess.h>

#include "../debug/fail.h"
#include "internal.h"

int acf_trim_prepare(struct acall_call *call)
{
	const struct acall_file_trim *in = acall_in(call);
	struct acf_trim *t = acall_private(call);
	struct file *file = acall_file(call, 0);
	struct super_block *sb = file_inode(file)->i_sb;
	u64 size;
	int ret;

	if (in->flags || in->__reserved)
		return -EINVAL;
	ret = acf_check_kind(file, ACF_REGULAR | ACF_DIRECTORY);
	if (ret)
		return ret;
	if (!file->f_op->unlocked_ioctl)
		return -ENOTTY;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (in->length > U64_MAX - in->offset)
		return -EOVERFLOW;
	ret = acall_out_alloc(call, sizeof(struct acall_file_trim_out)) ?:
	      security_file_ioctl(file, FITRIM, 0);
	if (ret)
		return ret;

	size = sb->s_bdev ? bdev_nr_bytes(sb->s_bdev) : 0;
	t->start = in->offset;
	t->minlen = in->minlen;
	t->len = in->length ?: U64_MAX - in->offset;
	t->total = size > t->start ? min(t->len, size - t->start) : 0;
	t->mm = current->mm;
	mmgrab(t->mm);
	return 0;
}

void acf_trim_release(struct acall_call *call)
{
	struct acf_trim *t = acall_private(call);

	mmdrop(t->mm);
}

/* In the caller's address space. What was trimmed is then in @range->len. */
static int fitrim(struct acall_call *call, struct file *file,
		  struct fstrim_range *range)
{
	struct fstrim_range __user *page;
	unsigned long addr;
	int ret = -EFAULT;

	addr = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(addr))
		return addr;
	page = (struct fstrim_range __user *)addr;
	if (copy_to_user(page, range, sizeof(*range)))
		goto out;
	ret = acall_killable_begin(call);
	if (ret)
		goto out;
	ret = file->f_op->unlocked_ioctl(file, FITRIM, addr);
	acall_killable_end(call);
	if (!ret && copy_from_user(range, page, sizeof(*range)))
		ret = -EFAULT;
out:
	vm_munmap(addr, PAGE_SIZE);
	return ret;
}

static int trim(struct acall_call *call, struct file *file,
		struct fstrim_range *range)
{
	struct acf_trim *t = acall_private(call);
	int ret;

	if (!mmget_not_zero(t->mm))
		return -ESRCH;
	kthread_use_mm(t->mm);
	ret = fitrim(call, file, range);
	kthread_unuse_mm(t->mm);
	/* Not the last one here, which would tear it down. */
	mmput_async(t->mm);
	/* He who cancelled it may be exiting, and have no such page. */
	if (ret == -EFAULT && acall_cancelled(call))
		return -ECANCELED;
	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}

int acf_trim_run(struct acall_call *call)
{
	struct acall_file_trim_out *out = acall_out(call);
	struct acf_trim *t = acall_private(call);
	struct fstrim_range range = {
		.start = t->start,
		.len = t->len,
		.minlen = t->minlen,
	};
	int ret;

	acall_progress(call, 0, t->total);
	ret = acall_checkpoint(call) ?: acall_fail(ACALL_FAIL_TRIM) ?:
	      trim(call, acall_file(call, 0), &range);
	if (ret)
		return acf_stopped(call, ret);
	if (acall_cancelled(call))
		return -ECANCELED;
	out->trimmed = range.len;
	acall_out_set_len(call, sizeof(*out));
	acall_progress(call, t->total, t->total);
	return 0;
}
