// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * statfs and stat of a mount point whose server may be dead.
 *
 * To look the path up may ask that server, which from user space cannot be avoided. So
 * the worker does it, and what a path is refused with is the call's status and not
 * BEGIN's errno. Where a relative path starts is held from BEGIN on.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "methods.h"

static int prepare(struct act_call *call, uint32_t out)
{
	const struct acall_file_path *in = act_in(call);
	struct act_path *p = act_private(call);
	size_t len = act_in_len(call);
	int ret;

	if (in->flags || in->__reserved)
		return -EINVAL;
	len = len > sizeof(*in) ? len - sizeof(*in) : 0;
	if (len && !in->path[len - 1])
		len--;
	if (!len)
		return -ENOENT;
	if (memchr(in->path, 0, len))
		return -EINVAL;
	ret = act_out_alloc(call, out);
	if (ret)
		return ret;
	p->dir = AT_FDCWD;
	if (in->path[0] == '/')
		return 0;
	p->dir = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return p->dir < 0 ? -errno : 0;
}

void act_path_release(struct act_call *call)
{
	struct act_path *p = act_private(call);

	if (p->dir >= 0)
		act_close_fd(p->dir);
}

static int find(struct act_call *call)
{
	const struct acall_file_path *in = act_in(call);
	struct act_path *p = act_private(call);
	int fd = openat(p->dir, in->path, O_PATH | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int act_statfs_prepare(struct act_call *call)
{
	return prepare(call, sizeof(struct acall_file_statfs_out));
}

int act_statfs_run(struct act_call *call)
{
	struct acall_file_statfs_out *out = act_out(call);
	struct statfs st;
	int ret, fd;

	fd = find(call);
	if (fd < 0)
		return fd;
	ret = fstatfs(fd, &st) ? -errno : 0;
	act_close_fd(fd);
	if (ret)
		return ret;
	out->type = (uint64_t)st.f_type;
	out->bsize = (uint64_t)st.f_bsize;
	out->blocks = st.f_blocks;
	out->bfree = st.f_bfree;
	out->bavail = st.f_bavail;
	out->files = st.f_files;
	out->ffree = st.f_ffree;
	memcpy(&out->fsid, &st.f_fsid, sizeof(out->fsid));
	out->namelen = (uint64_t)st.f_namelen;
	out->frsize = (uint64_t)st.f_frsize;
	out->flags = (uint64_t)st.f_flags;
	act_out_set_len(call, sizeof(*out));
	return 0;
}

int act_stat_prepare(struct act_call *call)
{
	return prepare(call, sizeof(struct acall_file_stat_out));
}

int act_stat_run(struct act_call *call)
{
	struct acall_file_stat_out *out = act_out(call);
	struct statx st;
	int ret, fd;

	fd = find(call);
	if (fd < 0)
		return fd;
	ret = statx(fd, "", AT_EMPTY_PATH | AT_STATX_SYNC_AS_STAT,
		    STATX_BASIC_STATS | STATX_BTIME, &st) ? -errno : 0;
	act_close_fd(fd);
	if (ret)
		return ret;
	out->mode = st.stx_mode;
	out->nlink = st.stx_nlink;
	out->uid = st.stx_uid;
	out->gid = st.stx_gid;
	out->ino = st.stx_ino;
	out->size = st.stx_size;
	out->blocks = st.stx_blocks;
	out->blksize = st.stx_blksize;
	out->result_mask = st.stx_mask;
	out->dev_major = st.stx_dev_major;
	out->dev_minor = st.stx_dev_minor;
	out->rdev_major = st.stx_rdev_major;
	out->rdev_minor = st.stx_rdev_minor;
	out->atime = st.stx_atime.tv_sec;
	out->mtime = st.stx_mtime.tv_sec;
	out->ctime = st.stx_ctime.tv_sec;
	out->btime = st.stx_btime.tv_sec;
	out->atime_nsec = st.stx_atime.tv_nsec;
	out->mtime_nsec = st.stx_mtime.tv_nsec;
	out->ctime_nsec = st.stx_ctime.tv_nsec;
	out->btime_nsec = st.stx_btime.tv_nsec;
	act_out_set_len(call, sizeof(*out));
	return 0;
}
