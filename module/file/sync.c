// SPDX-License-Identifier: GPL-2.0-only
/*
 * sync: make a file, a part of it or a file system durable.
 *
 * Owns no state. Takes s_umount of the file system shared, in the worker, for the
 * last step of scope FILESYSTEM; holds no lock otherwise.
 *
 * Neither fsync(2) nor syncfs(2) sees a signal. So the dirty pages are written and
 * waited for in pieces with a look at the cancel flag between them (writeback.c),
 * and then the file system's own fsync or sync, which finds little left to do,
 * makes metadata and journal durable. Only it makes success, whatever came before.
 *
 * The race is about write-back errors. Each is to be told once per open file
 * (errseq_t). Therefore the pieces are waited for without touching the file's
 * cursor or the mapping's error bits, and only the last step, which asks for
 * the whole range, advances the cursor: a sync that is stopped has consumed no
 * error, and the next fsync(2) tells it.
 */
#include <linux/fs.h>
#include <linux/sched.h>

#include "../debug/fail.h"
#include "internal.h"

int acf_sync_prepare(struct acall_call *call)
{
	const struct acall_file_sync *in = acall_in(call);
	struct acf_sync *s = acall_private(call);
	struct file *file = acall_file(call, 0);
	int ret;

	if (in->flags || in->scope > ACALL_FILE_SYNC_FILESYSTEM)
		return -EINVAL;

	/* As syncfs(2): any file names its file system, whatever it is. */
	if (in->scope == ACALL_FILE_SYNC_FILESYSTEM) {
		if (in->offset || in->length)
			return -EINVAL;
		return acf_check_storage(file->f_path.dentry->d_sb);
	}

	/* As fsync(2): a directory too, and no matter how it was opened. */
	ret = acf_check_kind(file, ACF_REGULAR | ACF_DIRECTORY);
	if (ret)
		return ret;
	if (!file->f_op->fsync)
		return -EINVAL;
	if (S_ISDIR(file_inode(file)->i_mode)) {
		if (in->offset || in->length)
			return -EINVAL;
		s->last = S64_MAX;
		return 0;
	}
	ret = acf_range(in->offset, in->length, acf_size(file), &s->len);
	if (ret)
		return ret;
	s->start = in->offset;
	s->last = in->length ? in->offset + in->length - 1 : S64_MAX;
	return 0;
}

static int acf_sync_file(struct acall_call *call, bool data_only)
{
	struct acf_sync *s = acall_private(call);
	struct file *file = acall_file(call, 0);
	struct address_space *mapping = acf_mapping(file);
	loff_t end = s->start + s->len;
	loff_t pos = s->start;
	int err = 0;
	int ret;

	acall_progress(call, 0, s->len);
	while (pos < end) {
		if (acall_checkpoint(call))
			return -ECANCELED;
		ret = acf_writeback(mapping, &pos, end);
		if (!err)
			err = ret;
		acall_progress(call, pos - s->start, s->len);
		cond_resched();
	}
	if (acall_checkpoint(call))
		return -ECANCELED;

	/* All that was asked for, whatever the file's size is by now. */
	ret = acall_fail(ACALL_FAIL_FSYNC) ?:
	      vfs_fsync_range(file, s->start, s->last, data_only);
	return ret ?: err;
}

static int acf_sync_filesystem(struct acall_call *call)
{
	struct file *file = acall_file(call, 0);
	struct super_block *sb = file->f_path.dentry->d_sb;
	int ret, err;

	ret = acf_writeback_all(call, sb);
	if (ret)
		return ret;
	/* Blocks for as long as the file system is frozen or remounted. */
	ret = acall_killable_begin(call);
	if (ret)
		return ret;
	ret = acall_fail(ACALL_FAIL_SYNC_LOCK) ?:
	      down_read_killable(&sb->s_umount);
	acall_killable_end(call);
	if (ret)
		return acf_stopped(call, ret);
	if (acall_cancelled(call)) {
		up_read(&sb->s_umount);
		return -ECANCELED;
	}
	ret = acall_fail(ACALL_FAIL_SYNCFS) ?: sync_filesystem(sb);
	up_read(&sb->s_umount);
	err = errseq_check_and_advance(&sb->s_wb_err, &file->f_sb_err);
	return ret ?: err;
}

int acf_sync_run(struct acall_call *call)
{
	const struct acall_file_sync *in = acall_in(call);

	if (in->scope == ACALL_FILE_SYNC_FILESYSTEM)
		return acf_sync_filesystem(call);
	return acf_sync_file(call, in->scope == ACALL_FILE_SYNC_DATA);
}
