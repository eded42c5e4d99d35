// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * statfs(2), statvfs(3), which glibc does not make of its own statfs(), and
 * stat(2) of mount points, which df(1) asks before.
 *
 * A path is looked up without mounting what waits there to be mounted (autofs).
 * The plain statfs does that, so it is made where the answer is an automount's.
 *
 * fstatfs() and fstatvfs() are left alone: the module asks by path, and the one
 * that an open file has in /proc leads to what is mounted over it, if something
 * is. So are the functions with fields of 32 bits, on machines that have such.
 */
#include "with.h"
#include <linux/magic.h>
#include <string.h>
#include <sys/sysmacros.h>

/* Of f_flags: they are there. */
#define ST_VALID	0x20

static int ask(uint32_t method, const char *path, void *out, uint32_t out_len)
{
	_Alignas(struct acall_file_path)
	char in[sizeof(struct acall_file_path) + PATH_MAX];
	const size_t len = strnlen(path, PATH_MAX);
	struct acall_call_args args = {
		.method = method,
		.in = (uintptr_t)in,
		.in_len = (uint32_t)(sizeof(struct acall_file_path) + len + 1),
		.out = (uintptr_t)out,
		.out_len = out_len,
	};
	int err;

	if (len == PATH_MAX)
		return WITH_PLAIN;
	memset(in, 0, sizeof(struct acall_file_path));
	memcpy(in + sizeof(struct acall_file_path), path, len + 1);
	err = with_call(&args, false);
	/* For a stale handle the path is looked up anew. */
	return err == -ESTALE ? WITH_PLAIN : err;
}

int with_statfs(const char *path, struct acall_file_statfs_out *out)
{
	int err = ask(ACALL_FILE_STATFS, path, out, sizeof(*out));

	return !err && out->type == AUTOFS_SUPER_MAGIC ? WITH_PLAIN : err;
}

/* As the kernel fills it. */
static int ask_statfs(const char *path, struct statfs64 *buf)
{
	struct acall_file_statfs_out out;
	int err = with_statfs(path, &out);

	if (err)
		return err;
	memset(buf, 0, sizeof(*buf));
	buf->f_type = (__typeof__(buf->f_type))out.type;
	buf->f_bsize = (__typeof__(buf->f_bsize))out.bsize;
	buf->f_blocks = out.blocks;
	buf->f_bfree = out.bfree;
	buf->f_bavail = out.bavail;
	buf->f_files = out.files;
	buf->f_ffree = out.ffree;
	memcpy(buf->f_fsid.__val, (int[]) { (int)out.fsid, (int)(out.fsid >> 32) },
	       sizeof(buf->f_fsid.__val));
	buf->f_namelen = (__typeof__(buf->f_namelen))out.namelen;
	buf->f_frsize = (__typeof__(buf->f_frsize))out.frsize;
	buf->f_flags = (__typeof__(buf->f_flags))out.flags;
	return 0;
}

/* As glibc makes it of that. Flags that are not there it finds elsewhere. */
static int ask_statvfs(const char *path, struct statvfs64 *buf)
{
	struct acall_file_statfs_out out;
	int err = with_statfs(path, &out);

	if (err)
		return err;
	if (!(out.flags & ST_VALID))
		return WITH_PLAIN;
	memset(buf, 0, sizeof(*buf));
	buf->f_bsize = (__typeof__(buf->f_bsize))out.bsize;
	buf->f_frsize = (__typeof__(buf->f_frsize))(out.frsize ? out.frsize :
								 out.bsize);
	buf->f_blocks = out.blocks;
	buf->f_bfree = out.bfree;
	buf->f_bavail = out.bavail;
	buf->f_files = out.files;
	buf->f_ffree = out.ffree;
	buf->f_favail = out.ffree;
	buf->f_fsid = (__typeof__(buf->f_fsid))out.fsid;
	buf->f_namemax = (__typeof__(buf->f_namemax))out.namelen;
	buf->f_flag = (__typeof__(buf->f_flag))(out.flags ^ ST_VALID);
#if __GLIBC_PREREQ(2, 39)
	buf->f_type = (unsigned int)out.type;
#endif
	return 0;
}

/* All others are for the plain call. No server is asked this. */
static bool is_mount_point(const char *path)
{
	int saved = errno;
	struct statx st;
	int ret;

	ret = statx(AT_FDCWD, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		    STATX_TYPE, &st);
	errno = saved;
	return !ret && st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

static int ask_stat(const char *path, struct stat64 *buf)
{
	struct acall_file_stat_out out;
	int err = is_mount_point(path) ? ask(ACALL_FILE_STAT, path, &out,
					     sizeof(out)) : WITH_PLAIN;

	if (err)
		return err;
	memset(buf, 0, sizeof(*buf));
	buf->st_dev = makedev(out.dev_major, out.dev_minor);
	buf->st_ino = out.ino;
	buf->st_mode = out.mode;
	buf->st_nlink = out.nlink;
	buf->st_uid = out.uid;
	buf->st_gid = out.gid;
	buf->st_rdev = makedev(out.rdev_major, out.rdev_minor);
	buf->st_size = (off64_t)out.size;
	buf->st_blksize = (blksize_t)out.blksize;
	buf->st_blocks = (__typeof__(buf->st_blocks))out.blocks;
	buf->st_atim = (struct timespec) { out.atime, out.atime_nsec };
	buf->st_mtim = (struct timespec) { out.mtime, out.mtime_nsec };
	buf->st_ctim = (struct timespec) { out.ctime, out.ctime_nsec };
	return 0;
}

ACALL_PUBLIC int statfs(const char *path, struct statfs *buf)
{
	int err = sizeof(*buf) == sizeof(struct statfs64) ?
		  ask_statfs(path, (struct statfs64 *)buf) : WITH_PLAIN;

	return err == WITH_PLAIN ? plain()->statfs(path, buf) :
				   with_result(err);
}

ACALL_PUBLIC int statfs64(const char *path, struct statfs64 *buf)
{
	int err = ask_statfs(path, buf);

	return err == WITH_PLAIN ? plain()->statfs64(path, buf) :
				   with_result(err);
}

ACALL_PUBLIC int statvfs(const char *path, struct statvfs *buf)
{
	int err = sizeof(*buf) == sizeof(struct statvfs64) ?
		  ask_statvfs(path, (struct statvfs64 *)buf) : WITH_PLAIN;

	return err == WITH_PLAIN ? plain()->statvfs(path, buf) :
				   with_result(err);
}

ACALL_PUBLIC int statvfs64(const char *path, struct statvfs64 *buf)
{
	int err = ask_statvfs(path, buf);

	return err == WITH_PLAIN ? plain()->statvfs64(path, buf) :
				   with_result(err);
}

ACALL_PUBLIC int stat(const char *path, struct stat *buf)
{
	int err = sizeof(*buf) == sizeof(struct stat64) ?
		  ask_stat(path, (struct stat64 *)buf) : WITH_PLAIN;

	return err == WITH_PLAIN ? plain()->stat(path, buf) : with_result(err);
}

ACALL_PUBLIC int stat64(const char *path, struct stat64 *buf)
{
	int err = ask_stat(path, buf);

	return err == WITH_PLAIN ? plain()->stat64(path, buf) :
				   with_result(err);
}
