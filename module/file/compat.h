/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernel versions that only the file methods meet, behind
 * the newest kernel's names. HAVE_* come from the feature tests in Kbuild.
 */
#ifndef _ACALL_FILE_COMPAT_H
#define _ACALL_FILE_COMPAT_H

#include <linux/blkdev.h>
#include <linux/fs.h>

#ifndef HAVE_FILE_MNT_IDMAP
#define file_mnt_idmap(file) file_mnt_user_ns(file)
#endif

/* Between FMODE_EXCL and file_bdev() it is not to be told: then nobody's is. */
static inline bool bdev_file_is_exclusive(const struct file *file)
{
#if defined(HAVE_FILE_BDEV)
	return file->private_data;
#elif defined(FMODE_EXCL)
	return file->f_mode & FMODE_EXCL;
#else
	return false;
#endif
}

#ifdef HAVE_BLK_HOLDER_OPS
#define bd_claim_for_now(bdev, holder) bd_prepare_to_claim(bdev, holder, NULL)
#else
#define bd_claim_for_now(bdev, holder) bd_prepare_to_claim(bdev, holder)
#endif

#endif /* _ACALL_FILE_COMPAT_H */
