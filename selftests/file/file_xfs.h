/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file system that can share blocks: XFS in a loop-mounted image, where
 * mkfs.xfs, loop and xfs are to be had. For one process: it is mounted in a
 * namespace that is its own.
 */
#ifndef _SELFTESTS_FILE_XFS_H
#define _SELFTESTS_FILE_XFS_H

#include "file_util.h"

struct ft_xfs {
	char image[200];
	char mnt[200];
	const char *why;	/* it is not there; NULL = it is */
};

static inline bool ft_shell(const char *format, const char *a, const char *b)
{
	char command[500];

	snprintf(command, sizeof(command), format, a, b);
	return !system(command);
}

static inline const char *ft_xfs_make(struct ft_xfs *xfs)
{
	int fd;

	if (ft_missing("ACALL_DIR_EXT4"))
		return ft_missing("ACALL_DIR_EXT4");
	if (!ft_shell("command -v mkfs.xfs >/dev/null%s%s", "", ""))
		return "no mkfs.xfs";
	if (ft_mount_point(xfs->mnt, sizeof(xfs->mnt)))
		return "no mount point";
	snprintf(xfs->image, sizeof(xfs->image), "%s/xfs-XXXXXX",
		 getenv("ACALL_DIR_EXT4"));
	fd = mkstemp(xfs->image);
	if (fd < 0 || ftruncate(fd, 320 * FT_MIB))
		return "no image";
	close(fd);
	if (!ft_shell("mkfs.xfs -q -m reflink=1 %s%s", xfs->image, ""))
		return "mkfs.xfs failed";
	if (!ft_shell("mount -o loop -t xfs %s %s", xfs->image, xfs->mnt))
		return "cannot mount XFS";
	return NULL;
}

/* Makes and mounts it, or says in @xfs why not. */
static inline void ft_xfs_mount(struct ft_xfs *xfs)
{
	xfs->why = ft_xfs_make(xfs);
	if (xfs->why) {
		unlink(xfs->image);
		rmdir(xfs->mnt);
	}
}

static inline int ft_xfs_unmount(struct ft_xfs *xfs)
{
	if (xfs->why)
		return 0;
	return umount(xfs->mnt) || unlink(xfs->image) || rmdir(xfs->mnt) ?
		-errno : 0;
}

#endif /* _SELFTESTS_FILE_XFS_H */
