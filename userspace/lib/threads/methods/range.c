// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Files and ranges: which files the methods take, and what may be done with them. No
 * state, no lock. What is found in BEGIN is only good for refusing early, with the
 * module's errnos: the system calls that do the work have the last word.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "methods.h"

/*
 * File systems whose files are made up when they are read. The module knows them by
 * what they are not written back to, which is not to be seen from here.
 */
static bool made_up(unsigned long magic)
{
	switch (magic) {
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case DEBUGFS_MAGIC:
	case TRACEFS_MAGIC:
	case SECURITYFS_MAGIC:
	case SELINUX_MAGIC:
	case SMACK_MAGIC:
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
	case PSTOREFS_MAGIC:
	case EFIVARFS_MAGIC:
	case BPF_FS_MAGIC:
	case BINFMTFS_MAGIC:
	case DEVPTS_SUPER_MAGIC:
	case NSFS_MAGIC:
	case PIPEFS_MAGIC:
	case SOCKFS_MAGIC:
	case ANON_INODE_FS_MAGIC:
	case RDTGROUP_SUPER_MAGIC:
	case HUGETLBFS_MAGIC:
	case AUTOFS_SUPER_MAGIC:
		return true;
	default:
		return false;
	}
}

static bool is_kind(mode_t mode, unsigned int kinds)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return kinds & ACT_REGULAR;
	case S_IFBLK:
		return kinds & ACT_BLOCK;
	case S_IFDIR:
		return kinds & ACT_DIRECTORY;
	default:
		return false;
	}
}

int64_t act_size(int fd)
{
	uint64_t size = 0;
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISBLK(st.st_mode))
		return st.st_size;
	if (ioctl(fd, BLKGETSIZE64, &size))
		return -errno;
	return size > INT64_MAX ? INT64_MAX : (int64_t)size;
}

/* Return: 0, or -EINVAL if it is no file for the method. */
int act_look_at(int fd, unsigned int kinds, struct act_file *file)
{
	struct statx stx;
	struct statfs fs;

	/* Nothing here asks a server: the inode is open, so it is there. */
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
		  STATX_BASIC_STATS, &stx))
		return -errno;
	if (!is_kind(stx.stx_mode, kinds))
		return -EINVAL;
	file->fd = fd;
	file->mode = stx.stx_mode;
	file->flags = fcntl(fd, F_GETFL);
	file->dev = makedev(stx.stx_dev_major, stx.stx_dev_minor);
	file->ino = stx.stx_ino;
	file->append = stx.stx_attributes & STATX_ATTR_APPEND;
	file->immutable = stx.stx_attributes & STATX_ATTR_IMMUTABLE;
	file->size = act_size(fd);
	if (file->size < 0)
		return (int)file->size;
	if (S_ISBLK(file->mode))
		return 0;
	if (fstatfs(fd, &fs))
		return -errno;
	file->magic = (unsigned long)fs.f_type;
	file->block = fs.f_bsize > 0 && !(fs.f_bsize & (fs.f_bsize - 1)) ?
		      fs.f_bsize : 4096;
	return made_up(file->magic) ? -EINVAL : 0;
}

int act_check_read(const struct act_file *file)
{
	return (file->flags & O_ACCMODE) == O_WRONLY ? -EBADF : 0;
}

int act_check_write(const struct act_file *file)
{
	if ((file->flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	if (file->append || file->immutable)
		return -EPERM;
	return file->flags & O_APPEND ? -EBADF : 0;
}

/* @end: beyond the end of the file F_SEAL_GROW forbids it. */
int act_check_seals(const struct act_file *file, int seals, int64_t end)
{
	int set = fcntl(file->fd, F_GET_SEALS);

	if (set < 0)
		return 0;
	return set & seals || (set & F_SEAL_GROW && end > file->size) ?
	       -EPERM : 0;
}

/* Checks a range and cuts it at @size; length 0 is up to there. */
int act_range(uint64_t offset, uint64_t length, int64_t size, int64_t *len)
{
	if (offset > INT64_MAX || length > INT64_MAX - offset)
		return -EOVERFLOW;
	*len = (int64_t)offset < size ? size - (int64_t)offset : 0;
	if (length && (int64_t)length < *len)
		*len = (int64_t)length;
	return 0;
}

/* How long a file of this process may become. */
uint64_t act_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur == RLIM_INFINITY ||
	    limit.rlim_cur > INT64_MAX)
		return INT64_MAX;
	return limit.rlim_cur;
}

/* What sysfs says of a block device or of what it is a part of; < 0 = nothing. */
int64_t act_device_number(dev_t dev, const char *name)
{
	char path[96], text[32];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s", major(dev),
		 minor(dev), name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	act_close_fd(fd);
	if (n <= 0)
		return -EIO;
	text[n] = '\0';
	return strtoll(text, NULL, 10);
}

/* The same file once more, with a position and flags of its own; or -errno. */
int act_reopen(int fd, int flags)
{
	char path[32];
	int new;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	new = open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return new < 0 ? -errno : new;
}

void *act_buffer(void)
{
	void *buf = mmap(NULL, ACT_BUFFER, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return buf == MAP_FAILED ? NULL : buf;
}

void act_buffer_free(void *buf)
{
	if (buf)
		munmap(buf, ACT_BUFFER);
}

bool act_overlap(const struct act_file *a, int64_t a_start,
		 const struct act_file *b, int64_t b_start, int64_t len)
{
	return a->dev == b->dev && a->ino == b->ino &&
	       a_start < b_start + len && b_start < a_start + len;
}
