// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files and ranges: which files the methods take, what the caller may do with
 * them, and reading and writing them from a worker.
 *
 * Owns no state and takes no lock. The race: what is checked here can change
 * right afterwards (chattr, swapon, F_ADD_SEALS, F_SETFL, truncate). Therefore
 * each check is made twice, in BEGIN, where it can refuse with the caller's
 * rights, and before each chunk; and the file system, which holds the inode's
 * lock, has the last word in each call that follows.
 *
 * A worker's own RLIMIT_FSIZE is infinite (R-RLIM), so nothing here can send
 * SIGXFSZ; the methods compare with the limit of BEGIN's caller.
 */
#include <linux/backing-dev.h>
#include <linux/dcache.h>
#include <linux/fsnotify.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/shmem_fs.h>
#include <linux/uio.h>

#include "../debug/fail.h"
#include "compat.h"
#include "internal.h"

/**
 * acf_check_storage - may files of this file system be worked on?
 * @sb: the file system
 *
 * Files of proc, sysfs, debugfs, cgroup and their kind are made up when they
 * are read, often out of current: a worker would show (or write) another
 * namespace's (R-ID). What tells a store of data from these is its backing
 * device info, to which dirty pages are written: all file systems on a disk
 * have one, so have the ones whose store is behind a server (NFS, SMB, Ceph,
 * 9P, FUSE), which are what people copy to and wait for; no pseudo file system
 * has. Stores without one: tmpfs (also a memfd) and ramfs, which never write
 * back, and overlayfs, which leaves it to the layer below.
 *
 * Return: 0 or -EINVAL.
 */
int acf_check_storage(const struct super_block *sb)
{
	switch (sb->s_magic) {
	case TMPFS_MAGIC:
	case RAMFS_MAGIC:
	case OVERLAYFS_SUPER_MAGIC:
		return 0;
	}
	return sb->s_bdi == &noop_backing_dev_info ? -EINVAL : 0;
}

/* Who has the data: for overlayfs the layer below. */
static const struct inode *real_inode(const struct file *file)
{
	if (!S_ISREG(file_inode(file)->i_mode))
		return file_inode(file);
	return d_real_inode(file->f_path.dentry);
}

/**
 * acf_magic - which file system has the file's data?
 * @file: the file
 *
 * For overlayfs that of the layer below, which a copy-up may change.
 */
unsigned long acf_magic(const struct file *file)
{
	return real_inode(file)->i_sb->s_magic;
}

/**
 * acf_block_mask - what of an offset is within a block that files may share
 * @file: the file
 */
loff_t acf_block_mask(const struct file *file)
{
	return i_blocksize(real_inode(file)) - 1;
}

/**
 * acf_local - is the file served by this kernel alone?
 * @file: the file
 *
 * If not, opening it again or looking for its holes asks a server.
 */
bool acf_local(const struct file *file)
{
	const struct super_block *sb = real_inode(file)->i_sb;

	switch (sb->s_magic) {
	case TMPFS_MAGIC:
	case RAMFS_MAGIC:
		return true;
	case FUSE_SUPER_MAGIC:	/* with a device, too */
		return false;
	}
	return sb->s_type->fs_flags & FS_REQUIRES_DEV;
}

/**
 * acf_answered - is it known in the end what a server did, signal or not?
 * @file: the file
 *
 * FUSE waits for the answer to whatever it has sent. NFS forgets what it has asked
 * for, and the server does it later: that is not to be taken for stopped.
 */
bool acf_answered(const struct file *file)
{
	return acf_local(file) || acf_magic(file) == FUSE_SUPER_MAGIC;
}

/**
 * acf_check_kind - is it a file that the method works on?
 * @file: the file
 * @kinds: ACF_*
 *
 * Return: 0 or -EINVAL.
 */
int acf_check_kind(const struct file *file, unsigned int kinds)
{
	const struct inode *inode = file_inode(file);

	switch (inode->i_mode & S_IFMT) {
	case S_IFREG:
		if (kinds & ACF_REGULAR)
			return acf_check_storage(inode->i_sb);
		break;
	case S_IFDIR:
		if (kinds & ACF_DIRECTORY)
			return acf_check_storage(inode->i_sb);
		break;
	case S_IFBLK:
		/* The node's file system does not matter, the disk does. */
		if (kinds & ACF_BLOCK)
			return 0;
		break;
	}
	return -EINVAL;
}

/**
 * acf_check_cached - can it be read and written through the page cache?
 * @file: the file
 *
 * overlayfs asks the layer below as the file was opened, whatever we ask it.
 *
 * Return: 0 or -EINVAL.
 */
int acf_check_cached(const struct file *file)
{
	return file->f_flags & O_DIRECT &&
	       real_inode(file) != file_inode(file) ? -EINVAL : 0;
}

/**
 * acf_durable - is each write to it to be durable when it returns?
 * @file: the file
 */
bool acf_durable(const struct file *file)
{
	return file->f_flags & O_DSYNC || IS_SYNC(real_inode(file));
}

/**
 * acf_check_read - may the caller read with this open file?
 * @file: the file
 *
 * Return: 0, -EBADF (not opened for reading), -EINVAL (can not be read).
 */
int acf_check_read(const struct file *file)
{
	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (!(file->f_mode & FMODE_CAN_READ) || !file->f_op->read_iter)
		return -EINVAL;
	return 0;
}

/**
 * acf_check_write - may the caller write anywhere in this open file?
 * @file: the file
 *
 * Made again before each chunk: all but the open mode can change.
 *
 * Return: 0, -EBADF (not opened for writing, or only for appending), -EPERM
 * (append-only or immutable), -ETXTBSY (in use as swap space), -EINVAL (can not
 * be written).
 */
int acf_check_write(const struct file *file)
{
	const struct inode *inode = file_inode(file);

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (IS_APPEND(inode) || IS_IMMUTABLE(inode))
		return -EPERM;
	if (IS_SWAPFILE(inode))
		return -ETXTBSY;
	if (file->f_flags & O_APPEND)
		return -EBADF;
	if (!(file->f_mode & FMODE_CAN_WRITE) || !file->f_op->write_iter)
		return -EINVAL;
	return 0;
}

/**
 * acf_check_seals - do a memfd's seals allow it?
 * @file: the file
 * @seals: F_SEAL_* that forbid it anywhere
 * @end: where it ends; beyond the end of the file F_SEAL_GROW forbids it
 *
 * Only for the early word of BEGIN: tmpfs looks itself under the inode's lock.
 *
 * Return: 0 or -EPERM.
 */
int acf_check_seals(const struct file *file, unsigned int seals, loff_t end)
{
	struct inode *inode = file_inode(file);
	unsigned int set;

	if (inode->i_sb->s_magic != TMPFS_MAGIC || !S_ISREG(inode->i_mode))
		return 0;
	set = READ_ONCE(SHMEM_I(inode)->seals);
	if (set & seals)
		return -EPERM;
	if ((set & F_SEAL_GROW) && end > i_size_read(inode))
		return -EPERM;
	return 0;
}

/**
 * acf_range - check a range and cut it at the end of the file
 * @offset: where it starts
 * @length: how long it is, 0 = to the end of the file
 * @size: size of the file; S64_MAX = do not cut
 * @len: out: bytes of the range that the file has
 *
 * Return: 0 or -EOVERFLOW.
 */
int acf_range(u64 offset, u64 length, loff_t size, loff_t *len)
{
	if (offset > S64_MAX || length > S64_MAX - offset)
		return -EOVERFLOW;
	*len = (loff_t)offset < size ? size - offset : 0;
	if (length)
		*len = min_t(loff_t, *len, length);
	return 0;
}

/**
 * acf_size - bytes in a regular file or block device
 * @file: the file
 */
loff_t acf_size(const struct file *file)
{
	/* A device's node has no size, the inode behind its mapping has. */
	if (S_ISBLK(file_inode(file)->i_mode))
		return i_size_read(file->f_mapping->host);
	return i_size_read(file_inode(file));
}

/**
 * acf_mapping - the page cache that holds the file's dirty pages
 * @file: the file
 *
 * For overlayfs that of the layer below; its own has no pages.
 */
struct address_space *acf_mapping(const struct file *file)
{
	if (!S_ISREG(file_inode(file)->i_mode))
		return file->f_mapping;
	return real_inode(file)->i_mapping;
}

/**
 * acf_buffer - memory for data on its way
 * @len: how much data there is
 * @size: out: size of the buffer
 *
 * Charged to the caller's memory cgroup: a user may have thousands queued.
 *
 * Return: kvmalloc() memory or NULL.
 */
void *acf_buffer(loff_t len, size_t *size)
{
	*size = clamp_t(loff_t, len, PAGE_SIZE, ACF_BUFFER);
	*size = PAGE_ALIGN(*size);
	return kvmalloc(*size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
}

/**
 * acf_read - read through the page cache, file position untouched
 * @file: the file
 * @pos: where
 * @buf: to
 * @len: at most
 *
 * Also of a file opened O_DIRECT, whose rules of alignment are about the
 * caller's memory and can not hold for ours.
 *
 * Return: bytes, 0 at the end of the file, or a negative errno.
 */
ssize_t acf_read(struct file *file, loff_t pos, void *buf, size_t len)
{
	struct kvec kvec = { .iov_base = buf, .iov_len = len };
	struct iov_iter iter;
	struct kiocb kiocb;
	int ret;

	ret = acall_fail(ACALL_FAIL_READ);
	if (ret)
		return ret;
	iov_iter_kvec(&iter, ITER_DEST, &kvec, 1, len);
	init_sync_kiocb(&kiocb, file);
	kiocb.ki_flags &= ~(IOCB_DIRECT | IOCB_NOWAIT);
	kiocb.ki_pos = pos;
	return vfs_iocb_iter_read(file, &kiocb, &iter);
}

/**
 * acf_write - write through the page cache, file position untouched
 * @file: the file
 * @pos: where
 * @buf: from
 * @len: how much
 *
 * Does itself what the vfs_*_write() helpers do, for whether these protect
 * against freezing or leave it to their caller depends on the kernel. Makes nothing
 * durable: an error of that would be told instead of how much was written.
 *
 * Return: bytes written, or a negative errno if there are none.
 */
ssize_t acf_write(struct file *file, loff_t pos, void *buf, size_t len)
{
	struct kvec kvec = { .iov_base = buf, .iov_len = len };
	struct iov_iter iter;
	struct kiocb kiocb;
	ssize_t ret;

	ret = acall_fail(ACALL_FAIL_WRITE) ?:
	      rw_verify_area(WRITE, file, &pos, len);
	if (ret)
		return ret;
	iov_iter_kvec(&iter, ITER_SOURCE, &kvec, 1, len);
	init_sync_kiocb(&kiocb, file);
	kiocb.ki_flags &= ~(IOCB_DIRECT | IOCB_NOWAIT | IOCB_DSYNC | IOCB_SYNC);
	kiocb.ki_pos = pos;
	file_start_write(file);
	ret = file->f_op->write_iter(&kiocb, &iter);
	if (ret > 0)
		fsnotify_modify(file);
	file_end_write(file);
	return ret;
}

/**
 * acf_grow - make a file longer by a hole
 * @file: the file
 * @size: its size at least
 *
 * What ftruncate(2) does, but never shorter: the look at the size and the
 * change are under the inode's lock, as are other writers.
 *
 * Return: 0 or a negative errno.
 */
int acf_grow(struct file *file, loff_t size)
{
	struct inode *inode = file_inode(file);
	struct iattr attr = {
		.ia_valid = ATTR_SIZE | ATTR_FILE | ATTR_MTIME | ATTR_CTIME,
		.ia_size = size,
		.ia_file = file,
	};
	int ret;

	ret = acall_fail(ACALL_FAIL_GROW) ?:
	      rw_verify_area(WRITE, file, &size, 0);
	if (ret)
		return ret;
	file_start_write(file);
	inode_lock(inode);
	if (i_size_read(inode) < size) {
		ret = file_remove_privs(file);
		if (!ret)
			ret = notify_change(file_mnt_idmap(file),
					    file->f_path.dentry, &attr, NULL);
	}
	inode_unlock(inode);
	file_end_write(file);
	return ret;
}

/**
 * acf_enter - look for a cancel before a piece of work
 * @call: the call
 * @killable: the work may be ended by a signal, and says exactly how far it got
 *
 * Return: 0, or -ECANCELED: then do not call acf_leave().
 */
int acf_enter(struct acall_call *call, bool killable)
{
	if (killable)
		return acall_killable_begin(call);
	return acall_checkpoint(call);
}

/**
 * acf_leave - end what acf_enter() began
 * @call: the call
 * @killable: as there
 */
void acf_leave(struct acall_call *call, bool killable)
{
	if (killable)
		acall_killable_end(call);
}

/**
 * acf_stopped - what a call ends with whose work ended short
 * @call: the call
 * @ret: what a VFS call returned between acall_killable_begin() and _end()
 *
 * As acall_stopped(), and knows that memory charges fail under a fatal signal,
 * so that a stop may look like lack of memory.
 *
 * Return: a negative errno, or 0 for a count with no cancel visible.
 */
int acf_stopped(struct acall_call *call, ssize_t ret)
{
	if (ret == -ENOMEM && acall_cancelled(call))
		return -ECANCELED;
	return acall_stopped(call, ret);
}
