// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing back what is dirty, of a file or a whole file system, in pieces between
 * which a method can look for a cancel.
 *
 * Owns no state. Takes the lock of the list of a file system's inodes while it looks
 * for the next one, never over work on one.
 *
 * The race is with everybody who writes on: a file is followed to the end that it
 * had, the list to the inodes that were on it (new ones come first), so it ends.
 * Inodes come and go: one is held by a reference, and with it its place on the list,
 * until the next one has been found. The mount is held by the call's file.
 */
#include <linux/backing-dev.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

#include "../debug/fail.h"
#include "internal.h"

static bool tagged(struct address_space *mapping, xa_mark_t mark,
		   pgoff_t first, pgoff_t *last)
{
	pgoff_t index = first;

	if (!xa_find(&mapping->i_pages, &index, *last, mark))
		return false;
	*last = max(index, first);
	return true;
}

/**
 * acf_writeback - write back the next dirty piece of a range and wait for it
 * @mapping: whose pages
 * @pos: where to look from; out: everything before is written back
 * @end: where the range ends
 *
 * Clean stretches are jumped over, so it costs what is dirty, not what is long.
 * Leaves the error state of mapping and file as it is.
 *
 * Return: 0, or the negative errno of writing; it has gone on nevertheless.
 */
int acf_writeback(struct address_space *mapping, loff_t *pos, loff_t end)
{
	pgoff_t first = *pos >> PAGE_SHIFT;
	pgoff_t next = (end - 1) >> PAGE_SHIFT;
	bool found;
	loff_t to;
	int ret;

	/* The second search ends where the first one has found something. */
	found = tagged(mapping, PAGECACHE_TAG_DIRTY, first, &next);
	found |= tagged(mapping, PAGECACHE_TAG_WRITEBACK, first, &next);
	if (!found) {
		*pos = end;
		return 0;
	}
	*pos = max_t(loff_t, *pos, (loff_t)next << PAGE_SHIFT);
	to = end - *pos > ACF_CHUNK ? *pos + ACF_CHUNK : end;
	ret = acall_fail(ACALL_FAIL_WRITEBACK) ?:
	      filemap_fdatawrite_range(mapping, *pos, to - 1);
	filemap_fdatawait_range_keep_errors(mapping, *pos, to - 1);
	*pos = to;
	return ret;
}

/* How far the write-back of many pages got. */
struct pass {
	struct acall_call *call;
	struct super_block *sb;
	u64 begun;		/* bytes */
	u64 done;		/* of these written, for certain */
	unsigned long told;	/* when, in jiffies */
};

/* Bytes that the device has begun to write, and all that it has to: of everybody. */
static void left(const struct super_block *sb, u64 *writing, u64 *all)
{
	struct bdi_writeback *wb;
	u64 dirty = 0;

	*writing = 0;
	rcu_read_lock();
	list_for_each_entry_rcu(wb, &sb->s_bdi->wb_list, bdi_node) {
		/* A cgroup that is gone has taken its counters along. */
		if (!wb_tryget(wb))
			continue;
		*writing += wb_stat_sum(wb, WB_WRITEBACK);
		dirty += wb_stat_sum(wb, WB_RECLAIMABLE);
		wb_put(wb);
	}
	rcu_read_unlock();
	*writing <<= PAGE_SHIFT;
	*all = *writing + (dirty << PAGE_SHIFT);
}

/* What is being written may be ours, as far as one can tell. */
static void tell(struct pass *pass)
{
	u64 writing, all;

	pass->told = jiffies;
	left(pass->sb, &writing, &all);
	if (pass->begun > writing)
		pass->done = max(pass->done, pass->begun - writing);
	acall_progress(pass->call, pass->done, pass->done + all);
}

/* Bytes of dirty pages between two indexes. */
static u64 dirty_bytes(struct address_space *mapping, pgoff_t first, pgoff_t last)
{
	XA_STATE(xas, &mapping->i_pages, first);
	struct folio *folio;
	u64 bytes = 0;

	rcu_read_lock();
	xas_for_each_marked(&xas, folio, last, PAGECACHE_TAG_DIRTY) {
		/* Without a reference it may become any other. */
		if (!xas_retry(&xas, folio) && !xa_is_value(folio) &&
		    folio_try_get(folio)) {
			bytes += folio_size(folio);
			folio_put(folio);
		}
	}
	rcu_read_unlock();
	return bytes;
}

/*
 * Begins to write pages, or waits until they are written, in pieces. Errors stay
 * where they are told by whoever asks last: in the mapping, or to come again.
 */
static int do_mapping(struct pass *pass, struct address_space *mapping,
		      pgoff_t next, pgoff_t end, xa_mark_t mark)
{
	pgoff_t first, last;
	loff_t from, to;

	if (acall_checkpoint(pass->call))
		return -ECANCELED;
	for (; next < end; next = last + 1) {
		first = end - 1;
		if (!tagged(mapping, mark, next, &first))
			break;
		last = min_t(u64, (u64)first + (ACF_CHUNK >> PAGE_SHIFT), end) - 1;
		from = (loff_t)first << PAGE_SHIFT;
		to = ((loff_t)last << PAGE_SHIFT) + PAGE_SIZE - 1;
		if (mark == PAGECACHE_TAG_DIRTY) {
			pass->begun += dirty_bytes(mapping, first, last);
			if (!acall_fail(ACALL_FAIL_WRITEBACK))
				filemap_fdatawrite_range(mapping, from, to);
		} else {
			filemap_fdatawait_range_keep_errors(mapping, from, to);
		}
		/* What all processors counted for all cgroups: not each time. */
		if (pass->sb && time_after_eq(jiffies, pass->told + HZ / 10))
			tell(pass);
		cond_resched();
		if (acall_checkpoint(pass->call))
			return -ECANCELED;
	}
	return 0;
}

/**
 * acf_start_writeback - begin to write back what is dirty of a range
 * @call: whose cancel ends it
 * @mapping: whose pages
 * @pos: where the range begins
 * @len: its length
 *
 * Return: 0, or -ECANCELED.
 */
int acf_start_writeback(struct acall_call *call, struct address_space *mapping,
			loff_t pos, loff_t len)
{
	struct pass pass = { .call = call };

	return do_mapping(&pass, mapping, pos >> PAGE_SHIFT,
			  DIV_ROUND_UP_ULL(pos + len, PAGE_SIZE),
			  PAGECACHE_TAG_DIRTY);
}

/**
 * acf_before_remap - write back what sharing blocks would write back in one step
 * @call: whose cancel ends it
 * @src: whose blocks are to be shared
 *
 * btrfs begins to write back all that is dirty of the file, however short the range.
 *
 * Return: 0, or -ECANCELED.
 */
int acf_before_remap(struct acall_call *call, const struct file *src)
{
	if (acf_magic(src) != BTRFS_SUPER_MAGIC)
		return 0;
	return acf_start_writeback(call, acf_mapping(src), 0, acf_size(src));
}

/* How many inodes are passed over before others get the lock of their list. */
#define ACF_INODES	1024

/* For each inode that has such pages. */
static int do_inodes(struct pass *pass, xa_mark_t mark)
{
	struct super_block *sb = pass->sb;
	struct inode *inode, *held = NULL;
	unsigned int passed = 0;
	int ret = 0;

	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list) {
		if ((!mapping_tagged(inode->i_mapping, mark) &&
		     !need_resched() && ++passed < ACF_INODES) || !igrab(inode))
			continue;
		spin_unlock(&sb->s_inode_list_lock);
		passed = 0;
		iput(held);
		held = inode;
		ret = do_mapping(pass, inode->i_mapping, 0,
				 DIV_ROUND_UP_ULL(i_size_read(inode), PAGE_SIZE),
				 mark);
		cond_resched();
		spin_lock(&sb->s_inode_list_lock);
		if (ret)
			break;
	}
	spin_unlock(&sb->s_inode_list_lock);
	iput(held);
	return ret;
}

/**
 * acf_writeback_all - write back what is dirty of a file system, and wait for it
 * @call: whose progress it is, and whose cancel ends it
 * @sb: the file system; held by the call
 *
 * All of it is begun before any of it is waited for, as sync(2) does, so that the
 * device is kept busy whatever the files are like. Reports bytes written, and as the
 * total these and what the device still has to write, of whatever file system.
 * Errors are told by the sync that must follow, which writes again what is still
 * dirty.
 *
 * Return: 0, or -ECANCELED.
 */
int acf_writeback_all(struct acall_call *call, struct super_block *sb)
{
	struct pass pass = { .call = call, .sb = sb };
	int ret;

	tell(&pass);
	ret = do_inodes(&pass, PAGECACHE_TAG_DIRTY) ?:
	      do_inodes(&pass, PAGECACHE_TAG_WRITEBACK);
	if (ret)
		tell(&pass);
	else
		acall_progress(call, pass.begun, pass.begun);
	return ret;
}
