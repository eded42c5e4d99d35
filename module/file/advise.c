// SPDX-License-Identifier: GPL-2.0-only
/*
 * advise: read a range into the page cache, or drop it from there, as
 * posix_fadvise(2).
 *
 * Owns no state and takes no lock. Nobody's data changes, so the only race is
 * with the cancel, which is looked for between chunks. What it ends is the
 * asking: reads and writes that were started go on in the block layer.
 *
 * What the system call does not say: of a longer range it reads no more than the
 * device takes at a time, a MiB or less, and returns 0. Here every chunk is as
 * long as that, so that all of the range is read.
 */
#include <linux/types.h>
#include <linux/backing-dev.h>
#include <linux/fadvise.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "../debug/fail.h"
#include "internal.h"

int acf_advise_prepare(struct acall_call *call)
{
	const struct acall_file_advise *in = acall_in(call);
	struct acf_advise *a = acall_private(call);
	struct file *file = acall_file(call, 0);
	int ret;

	if (in->flags)
		return -EINVAL;
	switch (in->advice) {
	case ACALL_FILE_ADVISE_WILLNEED:
		a->advice = POSIX_FADV_WILLNEED;
		break;
	case ACALL_FILE_ADVISE_DONTNEED:
		a->advice = POSIX_FADV_DONTNEED;
		break;
	default:
		return -EINVAL;
	}
	ret = acf_check_kind(file, ACF_REGULAR);
	if (ret)
		return ret;
	a->start = in->offset;
	return acf_range(in->offset, in->length, acf_size(file), &a->len);
}

/*
 * No more than force_page_cache_ra() reads of what it is asked for. The window of
 * a file that was opened before somebody changed the device's may be the smaller
 * one; that of an overlay's lower file is not to be seen.
 */
static loff_t read_at_a_time(const struct file *file)
{
	struct backing_dev_info *bdi = inode_to_bdi(acf_mapping(file)->host);
	unsigned long window = READ_ONCE(bdi->ra_pages);

	if (file->f_ra.ra_pages)
		window = min_t(unsigned long, window, file->f_ra.ra_pages);
	window = max_t(unsigned long, window, READ_ONCE(bdi->io_pages));
	return clamp_t(loff_t, (loff_t)window << PAGE_SHIFT, PAGE_SIZE,
		       ACF_CHUNK);
}

/*
 * Enough that what each chunk costs however short it is (all processors drain their
 * lists of pages) does not matter. They end at multiples: of a large folio that is
 * partly in a chunk nothing is dropped.
 */
#define ACF_DROP_CHUNK	((loff_t)256 << 20)

int acf_advise_run(struct acall_call *call)
{
	struct acf_advise *a = acall_private(call);
	struct file *file = acall_file(call, 0);
	loff_t chunk, unit;
	loff_t done = 0;
	loff_t pos, n;
	int ret;

	acall_progress(call, 0, a->len);
	if (a->advice == POSIX_FADV_WILLNEED) {
		chunk = read_at_a_time(file);
		unit = PAGE_SIZE;
	} else {
		chunk = ACF_DROP_CHUNK;
		unit = chunk;
		/* Of all of it first: the earlier, the more is clean by then. */
		ret = acf_start_writeback(call, acf_mapping(file), a->start,
					  a->len);
		if (ret)
			return ret;
	}
	while (done < a->len) {
		ret = acall_checkpoint(call);
		if (ret)
			return ret;
		pos = a->start + done;
		n = chunk - (pos & (unit - 1));
		n = min(n, a->len - done);
		ret = acall_fail(ACALL_FAIL_ADVISE) ?:
		      vfs_fadvise(file, pos, n, a->advice);
		if (ret)
			return ret;
		done += n;
		acall_progress(call, done, a->len);
		cond_resched();
	}
	return 0;
}
