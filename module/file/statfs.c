// SPDX-License-Identifier: GPL-2.0-only
/*
 * statfs and stat: ask a mount that may be dead.
 *
 * Owns the resolved path of a call, from .prepare to .release. No locks.
 *
 * The race is with a server that never answers. BEGIN must not meet it: the
 * path is resolved with LOOKUP_MOUNTPOINT, which crosses the mount without
 * revalidating its root, and without LOOKUP_AUTOMOUNT. The one question that
 * goes to the server is asked by the worker, stoppable by a signal where the
 * file system waits killably, and abandoned where it does not.
 */
#include <linux/types.h>
#include <linux/kdev_t.h>
#include <linux/namei.h>
#include <linux/stat.h>
#include <linux/statfs.h>
#include <linux/uidgid.h>

#include "../debug/fail.h"
#include "internal.h"

static int acf_path_prepare(struct acall_call *call, u32 out)
{
	const struct acall_file_path *in = acall_in(call);
	struct acf_path *p = acall_private(call);
	size_t len = acall_in_len(call);
	int ret;

	if (in->flags || in->__reserved)
		return -EINVAL;

	/* The input is followed by a NUL, so it ends in one in any case. */
	len = len > sizeof(*in) ? len - sizeof(*in) : 0;
	if (len && !in->path[len - 1])
		len--;
	if (!len)
		return -ENOENT;
	if (memchr(in->path, 0, len))
		return -EINVAL;

	ret = acall_out_alloc(call, out);
	if (ret)
		return ret;
	ret = kern_path(in->path, LOOKUP_FOLLOW | LOOKUP_MOUNTPOINT, &p->path);
	if (!ret)
		acall_works_on(call, d_backing_inode(p->path.dentry));
	return ret;
}

void acf_path_release(struct acall_call *call)
{
	struct acf_path *p = acall_private(call);

	path_put(&p->path);
}

int acf_statfs_prepare(struct acall_call *call)
{
	return acf_path_prepare(call, sizeof(struct acall_file_statfs_out));
}

int acf_statfs_run(struct acall_call *call)
{
	struct acall_file_statfs_out *out = acall_out(call);
	struct acf_path *p = acall_private(call);
	struct kstatfs st;
	int ret;

	ret = acall_killable_begin(call);
	if (ret)
		return ret;
	ret = acall_fail(ACALL_FAIL_STATFS) ?: vfs_statfs(&p->path, &st);
	acall_killable_end(call);
	if (ret)
		return acf_stopped(call, ret);

	out->type = st.f_type;
	out->bsize = st.f_bsize;
	out->blocks = st.f_blocks;
	out->bfree = st.f_bfree;
	out->bavail = st.f_bavail;
	out->files = st.f_files;
	out->ffree = st.f_ffree;
	out->fsid = (u32)st.f_fsid.val[0] | (u64)(u32)st.f_fsid.val[1] << 32;
	out->namelen = st.f_namelen;
	out->frsize = st.f_frsize;
	out->flags = st.f_flags;
	acall_out_set_len(call, sizeof(*out));
	return 0;
}

int acf_stat_prepare(struct acall_call *call)
{
	return acf_path_prepare(call, sizeof(struct acall_file_stat_out));
}

int acf_stat_run(struct acall_call *call)
{
	struct user_namespace *ns = acall_cred(call)->user_ns;
	struct acall_file_stat_out *out = acall_out(call);
	struct acf_path *p = acall_private(call);
	struct kstat st;
	int ret;

	ret = acall_killable_begin(call);
	if (ret)
		return ret;
	ret = acall_fail(ACALL_FAIL_STAT) ?:
	      vfs_getattr(&p->path, &st, STATX_BASIC_STATS | STATX_BTIME,
			  AT_STATX_SYNC_AS_STAT);
	acall_killable_end(call);
	if (ret)
		return acf_stopped(call, ret);

	out->mode = st.mode;
	out->nlink = st.nlink;
	out->uid = from_kuid_munged(ns, st.uid);
	out->gid = from_kgid_munged(ns, st.gid);
	out->ino = st.ino;
	out->size = st.size;
	out->blocks = st.blocks;
	out->blksize = st.blksize;
	out->result_mask = st.result_mask;
	out->dev_major = MAJOR(st.dev);
	out->dev_minor = MINOR(st.dev);
	out->rdev_major = MAJOR(st.rdev);
	out->rdev_minor = MINOR(st.rdev);
	out->atime = st.atime.tv_sec;
	out->mtime = st.mtime.tv_sec;
	out->ctime = st.ctime.tv_sec;
	out->btime = st.btime.tv_sec;
	out->atime_nsec = st.atime.tv_nsec;
	out->mtime_nsec = st.mtime.tv_nsec;
	out->ctime_nsec = st.ctime.tv_nsec;
	out->btime_nsec = st.btime.tv_nsec;
	acall_out_set_len(call, sizeof(*out));
	return 0;
}
