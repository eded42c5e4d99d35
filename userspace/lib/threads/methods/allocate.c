// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * allocate: reserve, zero or punch a range, as fallocate(2), in pieces that are done
 * as a whole or count for nothing.
 */
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/magic.h>
#include "methods.h"

/* Up to the longest extent of ext4 a call costs more than its length. */
#define CHUNK	((int64_t)64 << 20)

static bool within_limit(const struct act_allocate *a, uint64_t limit,
			 int64_t size, int64_t end)
{
	/* tmpfs asks it even where the size is kept. */
	return (a->mode & FALLOC_FL_KEEP_SIZE && a->magic != TMPFS_MAGIC) ||
	       (uint64_t)end <= limit || end <= size;
}

int act_allocate_prepare(struct act_call *call)
{
	const struct acall_file_allocate *in = act_in(call);
	struct act_allocate *a = act_private(call);
	struct act_file file;
	int64_t end;
	int ret;

	if (in->flags & ~(uint32_t)ACALL_FILE_ALLOCATE_KEEP_SIZE)
		return -EINVAL;
	switch (in->mode) {
	case ACALL_FILE_ALLOCATE_PLAIN:
		break;
	case ACALL_FILE_ALLOCATE_ZERO:
		a->mode = FALLOC_FL_ZERO_RANGE;
		break;
	case ACALL_FILE_ALLOCATE_PUNCH:
		a->mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
		break;
	default:
		return -EINVAL;
	}
	ret = act_look_at(act_file(call, 0), ACT_REGULAR, &file);
	if (ret)
		return ret;
	if ((file.flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	if (file.immutable || (file.append && a->mode))
		return -EPERM;
	if (in->flags)
		a->mode |= FALLOC_FL_KEEP_SIZE;
	ret = act_range(in->offset, in->length,
			in->length ? INT64_MAX : file.size, &a->len);
	if (ret || !a->len)
		return ret;
	a->start = (int64_t)in->offset;
	a->magic = file.magic;
	end = a->start + a->len;
	if (in->mode == ACALL_FILE_ALLOCATE_PUNCH)
		return act_check_seals(&file, F_SEAL_WRITE |
				       F_SEAL_FUTURE_WRITE, 0);
	ret = act_check_seals(&file, 0, end);
	if (ret)
		return ret;
	return within_limit(a, act_file_limit(), file.size, end) ? 0 : -EFBIG;
}

int act_allocate_run(struct act_call *call)
{
	const struct act_allocate *a = act_private(call);
	int64_t done, pos, n;

	act_progress(call, 0, (uint64_t)a->len);
	for (done = 0; done < a->len; done += n) {
		if (act_checkpoint(call))
			return -ECANCELED;
		/* Pieces end at multiples, so that none splits a huge page. */
		pos = a->start + done;
		n = CHUNK - (pos & (CHUNK - 1));
		if (n > a->len - done)
			n = a->len - done;
		if (act_again(fallocate(act_file(call, 0), a->mode, pos, n)))
			return -errno;
		act_progress(call, (uint64_t)(done + n), (uint64_t)a->len);
	}
	return 0;
}
