/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernel versions that only the file methods meet, behind
 * the newest kernel's names. HAVE_* come from the feature tests in Kbuild.
 */
#ifndef _ACALL_FILE_COMPAT_H
#define _ACALL_FILE_COMPAT_H

#include <linux/fs.h>

#ifndef HAVE_FILE_MNT_IDMAP
#define file_mnt_idmap(file) file_mnt_user_ns(file)
#endif

#endif /* _ACALL_FILE_COMPAT_H */
