// SPDX-License-Identifier: GPL-2.0-only
/*
 * discard: give a range of a block device back to the device, erase it for good,
 * or zero it, as the ioctls BLKDISCARD, BLKSECDISCARD and BLKZEROOUT.
 *
 * Owns no state. For each chunk, in this order: the lock of the device's inode,
 * then its mapping's invalidate lock, as the ioctls, so that nobody reads old data
 * into the page cache between its eviction and the device's work.
 *
 * The race is with who else has the device open. Its dirty pages go if nobody
 * holds it exclusively, and for as long as they are evicted nobody may come to; if
 * somebody does (a mounted file system), pages in use or dirty make it EBUSY.
 *
 * The block layer waits for the device uninterruptibly, so a stop comes between
 * chunks. A chunk is done as a whole or counts for nothing.
 */
#include <linux/types.h>
#include <linux/blkdev.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/security.h>

#include "../debug/fail.h"
#include "compat.h"
#include "internal.h"

/*
 * What a device does with one command or a few. Chunks end at multiples, counted
 * from the start of the disk and not of its partition, so that they split no block
 * of the device.
 */
#define ACF_DISCARD_CHUNK	((loff_t)256 << 20)

/* What a security module is asked about, as it is for the ioctls. */
static const unsigned int commands[] = {
	[ACALL_FILE_DISCARD_PLAIN]	= BLKDISCARD,
	[ACALL_FILE_DISCARD_SECURE]	= BLKSECDISCARD,
	[ACALL_FILE_DISCARD_ZERO]	= BLKZEROOUT,
};

int acf_discard_prepare(struct acall_call *call)
{
	const struct acall_file_discard *in = acall_in(call);
	struct acf_discard *d = acall_private(call);
	struct file *file = acall_file(call, 0);
	struct block_device *bdev;
	loff_t size, len;
	int ret;

	if (in->flags || in->mode > ACALL_FILE_DISCARD_ZERO)
		return -EINVAL;
	ret = acf_check_kind(file, ACF_BLOCK);
	if (ret)
		return ret;
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	bdev = I_BDEV(file->f_mapping->host);
	if ((in->mode == ACALL_FILE_DISCARD_PLAIN &&
	     !bdev_max_discard_sectors(bdev)) ||
	    (in->mode == ACALL_FILE_DISCARD_SECURE &&
	     !bdev_max_secure_erase_sectors(bdev)))
		return -EOPNOTSUPP;
	if (bdev_read_only(bdev))
		return -EPERM;
	ret = security_file_ioctl(file, commands[in->mode], 0);
	if (ret)
		return ret;

	size = acf_size(file);
	ret = acf_range(in->offset, in->length, size, &d->len) ?:
	      acf_range(in->offset, in->length, S64_MAX, &len);
	if (ret)
		return ret;
	if ((loff_t)in->offset > size || (in->length && d->len < len) ||
	    (in->offset | d->len) & (bdev_logical_block_size(bdev) - 1))
		return -EINVAL;
	d->start = in->offset;
	d->mode = in->mode;
	return 0;
}

static int evict(struct file *file, struct block_device *bdev, loff_t pos,
		 loff_t end)
{
	struct address_space *mapping = file->f_mapping;
	bool ours = bdev_file_is_exclusive(file);

	if (!ours && bd_claim_for_now(bdev, evict))
		return invalidate_inode_pages2_range(mapping,
						     pos >> PAGE_SHIFT,
						     (end - 1) >> PAGE_SHIFT);
	truncate_inode_pages_range(mapping, pos, end - 1);
	if (!ours)
		bd_abort_claiming(bdev, evict);
	return 0;
}

static int issue(struct block_device *bdev, u32 mode, loff_t pos, loff_t n)
{
	sector_t sector = pos >> SECTOR_SHIFT;
	sector_t sectors = n >> SECTOR_SHIFT;

	switch (mode) {
	case ACALL_FILE_DISCARD_SECURE:
		return blkdev_issue_secure_erase(bdev, sector, sectors,
						 GFP_KERNEL);
	case ACALL_FILE_DISCARD_ZERO:
		return blkdev_issue_zeroout(bdev, sector, sectors, GFP_KERNEL,
					    BLKDEV_ZERO_NOUNMAP);
	default:
		return blkdev_issue_discard(bdev, sector, sectors, GFP_KERNEL);
	}
}

static int discard(struct file *file, struct block_device *bdev, u32 mode,
		   loff_t pos, loff_t n)
{
	struct address_space *mapping = file->f_mapping;
	int ret;

	inode_lock(mapping->host);
	filemap_invalidate_lock(mapping);
	ret = evict(file, bdev, pos, pos + n) ?: issue(bdev, mode, pos, n);
	filemap_invalidate_unlock(mapping);
	inode_unlock(mapping->host);
	return ret;
}

/* What the device has no command for is written, as fast as it can. */
static loff_t chunk_of(struct block_device *bdev, u32 mode)
{
	if (mode == ACALL_FILE_DISCARD_ZERO && !bdev_write_zeroes_sectors(bdev))
		return ACF_CHUNK;
	return ACF_DISCARD_CHUNK;
}

int acf_discard_run(struct acall_call *call)
{
	struct acf_discard *d = acall_private(call);
	struct file *file = acall_file(call, 0);
	struct block_device *bdev = I_BDEV(file->f_mapping->host);
	const loff_t first = get_start_sect(bdev) << SECTOR_SHIFT;
	const loff_t chunk = chunk_of(bdev, d->mode);
	loff_t done = 0;
	loff_t pos, n;
	int ret;

	acall_progress(call, 0, d->len);
	while (done < d->len) {
		ret = acall_checkpoint(call);
		if (ret)
			return ret;
		pos = d->start + done;
		n = chunk - ((first + pos) & (chunk - 1));
		n = min(n, d->len - done);
		/* It may be protected by now; some drivers would not notice. */
		if (bdev_read_only(bdev))
			return -EPERM;
		ret = acall_fail(ACALL_FAIL_DISCARD) ?:
		      discard(file, bdev, d->mode, pos, n);
		if (ret)
			return ret;
		done += n;
		acall_progress(call, done, d->len);
		cond_resched();
	}
	return 0;
}
