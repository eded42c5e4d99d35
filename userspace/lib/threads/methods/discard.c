// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * discard and trim: the ioctls BLKDISCARD, BLKSECDISCARD and BLKZEROOUT of a block
 * device, in pieces, and FITRIM of a file system, which is one step: file systems may
 * not be asked by parts. What only the device knows is the call's status.
 */
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <fcntl.h>
#include "methods.h"

/* What a device does with one command or a few; what is to be written takes longer. */
#define CHUNK		((int64_t)256 << 20)
#define ZERO_CHUNK	((int64_t)8 << 20)

/* Of a partition its disk says it. */
static bool can_discard(dev_t dev)
{
	int64_t most = act_device_number(dev, "queue/discard_max_bytes");

	if (most < 0)
		most = act_device_number(dev, "../queue/discard_max_bytes");
	return most;
}

int act_discard_prepare(struct act_call *call)
{
	const struct acall_file_discard *in = act_in(call);
	struct act_discard *d = act_private(call);
	struct act_file file;
	struct stat st;
	int64_t len;
	int read_only = 0, block = 0, ret;

	if (in->flags || in->mode > ACALL_FILE_DISCARD_ZERO)
		return -EINVAL;
	ret = act_look_at(act_file(call, 0), ACT_BLOCK, &file);
	if (ret)
		return ret;
	if ((file.flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	if (ioctl(file.fd, BLKROGET, &read_only) ||
	    ioctl(file.fd, BLKSSZGET, &block) || fstat(file.fd, &st))
		return -errno;
	/* What a device does not say is found out when it is asked to. */
	if (in->mode == ACALL_FILE_DISCARD_PLAIN && !can_discard(st.st_rdev))
		return -EOPNOTSUPP;
	if (read_only)
		return -EPERM;
	ret = act_range(in->offset, in->length, file.size, &d->len);
	if (!ret)
		ret = act_range(in->offset, in->length, INT64_MAX, &len);
	if (ret)
		return ret;
	d->start = (int64_t)in->offset;
	d->mode = in->mode;
	if (d->start > file.size || (in->length && d->len < len) ||
	    (d->start | d->len) & (block - 1))
		return -EINVAL;
	return 0;
}

int act_discard_run(struct act_call *call)
{
	static const unsigned long requests[] = {
		[ACALL_FILE_DISCARD_PLAIN]	= BLKDISCARD,
		[ACALL_FILE_DISCARD_SECURE]	= BLKSECDISCARD,
		[ACALL_FILE_DISCARD_ZERO]	= BLKZEROOUT,
	};
	const struct act_discard *d = act_private(call);
	int64_t chunk = d->mode == ACALL_FILE_DISCARD_ZERO ? ZERO_CHUNK : CHUNK;
	uint64_t range[2];
	int64_t done, n;

	act_progress(call, 0, (uint64_t)d->len);
	for (done = 0; done < d->len; done += n) {
		if (act_checkpoint(call))
			return -ECANCELED;
		n = chunk - ((d->start + done) & (chunk - 1));
		if (n > d->len - done)
			n = d->len - done;
		range[0] = (uint64_t)(d->start + done);
		range[1] = (uint64_t)n;
		if (ioctl(act_file(call, 0), requests[d->mode], range))
			return -errno;
		act_progress(call, (uint64_t)(done + n), (uint64_t)d->len);
	}
	return 0;
}

int act_trim_prepare(struct act_call *call)
{
	const struct acall_file_trim *in = act_in(call);
	struct act_file file;
	int ret;

	if (in->flags || in->__reserved)
		return -EINVAL;
	ret = act_look_at(act_file(call, 0), ACT_REGULAR | ACT_DIRECTORY, &file);
	if (ret)
		return ret;
	if (!act_may_administer())
		return -EPERM;
	if (in->length > UINT64_MAX - in->offset)
		return -EOVERFLOW;
	return act_out_alloc(call, sizeof(struct acall_file_trim_out));
}

/* What the device has of the range. */
static uint64_t total_of(struct act_call *call,
			 const struct fstrim_range *range)
{
	int64_t sectors = -1;
	struct stat st;
	uint64_t size;

	if (!fstat(act_file(call, 0), &st))
		sectors = act_device_number(st.st_dev, "size");
	size = sectors > 0 ? (uint64_t)sectors << 9 : 0;
	if (size <= range->start)
		return 0;
	size -= range->start;
	return range->len < size ? range->len : size;
}

int act_trim_run(struct act_call *call)
{
	const struct acall_file_trim *in = act_in(call);
	struct acall_file_trim_out *out = act_out(call);
	struct fstrim_range range = {
		.start = in->offset,
		.len = in->length ? in->length : UINT64_MAX - in->offset,
		.minlen = in->minlen,
	};

	uint64_t total = total_of(call, &range);

	act_progress(call, 0, total);
	if (act_checkpoint(call))
		return -ECANCELED;
	if (ioctl(act_file(call, 0), FITRIM, &range))
		return -errno;
	out->trimmed = range.len;
	act_out_set_len(call, sizeof(*out));
	act_progress(call, total, total);
	return 0;
}
