// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dedupe: let two files share the blocks of a range that is the same in both, as the
 * ioctl FIDEDUPERANGE, in pieces. Whether the file system can is known when it is
 * asked, so that is the call's status.
 */
#include <linux/fs.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include "methods.h"

/* What btrfs compares at a time. */
#define CHUNK	((int64_t)16 << 20)

int act_dedupe_prepare(struct act_call *call)
{
	const struct acall_file_dedupe *in = act_in(call);
	struct act_dedupe *d = act_private(call);
	struct act_file src, dst;
	int64_t len;
	int ret;

	if (in->flags || in->__reserved)
		return -EINVAL;
	ret = act_look_at(act_file(call, 0), ACT_REGULAR, &src);
	if (!ret)
		ret = act_look_at(act_file(call, 1), ACT_REGULAR, &dst);
	if (!ret)
		ret = act_check_read(&src);
	if (ret)
		return ret;
	/* Each subvolume of btrfs has a number of its own. */
	if (src.dev != dst.dev && (src.magic != dst.magic ||
				   src.magic != BTRFS_SUPER_MAGIC))
		return -EXDEV;
	ret = act_range(in->src_offset, in->length, src.size, &d->len);
	if (!ret)
		ret = act_range(in->dst_offset, (uint64_t)d->len, INT64_MAX,
				&len);
	if (ret)
		return ret;
	d->src_start = (int64_t)in->src_offset;
	d->dst_start = (int64_t)in->dst_offset;
	d->block = dst.block;
	return act_overlap(&src, d->src_start, &dst, d->dst_start, d->len) ?
	       -EINVAL : 0;
}

/* Return: bytes that are shared now, or -errno. */
static int64_t share(struct act_call *call, int64_t done, int64_t n)
{
	const struct act_dedupe *d = act_private(call);
	union {
		struct file_dedupe_range range;
		char room[sizeof(struct file_dedupe_range) +
			  sizeof(struct file_dedupe_range_info)];
	} ask;
	struct file_dedupe_range_info *info = ask.range.info;

	memset(&ask, 0, sizeof(ask));
	ask.range.src_offset = (uint64_t)(d->src_start + done);
	ask.range.src_length = (uint64_t)n;
	ask.range.dest_count = 1;
	info->dest_fd = act_file(call, 1);
	info->dest_offset = (uint64_t)(d->dst_start + done);
	if (act_again(ioctl(act_file(call, 0), FIDEDUPERANGE, &ask.range)))
		return -errno;
	if (info->status == FILE_DEDUPE_RANGE_DIFFERS)
		return -EBADE;
	return info->status < 0 ? info->status : (int64_t)info->bytes_deduped;
}

/*
 * How much to ask for. The end of a file that is not the other's too cannot be shared,
 * and the ioctl would not tell that it was left.
 */
static int64_t piece(struct act_call *call, int64_t done)
{
	const struct act_dedupe *d = act_private(call);
	int64_t n = d->len - done;

	if (n > CHUNK)
		return CHUNK;
	if (d->src_start + done + n != act_size(act_file(call, 0)) ||
	    d->dst_start + done + n != act_size(act_file(call, 1)))
		n &= ~(d->block - 1);
	return n;
}

int act_dedupe_run(struct act_call *call)
{
	const struct act_dedupe *d = act_private(call);
	int64_t done = 0, n;

	act_progress(call, 0, (uint64_t)d->len);
	while (done < d->len) {
		if (act_checkpoint(call))
			return -ECANCELED;
		n = piece(call, done);
		if (n)
			n = share(call, done, n);
		if (n < 0)
			return (int)n;
		/* The part of a block that ends only one of the files. */
		if (!n)
			return 0;
		done += n;
		act_progress(call, (uint64_t)done, (uint64_t)d->len);
	}
	return 0;
}
