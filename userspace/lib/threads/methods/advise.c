// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * advise: read a range into the page cache, or drop it from there, as
 * posix_fadvise(2), but for all of the range: pieces are as short as what a device
 * reads ahead if nobody has set it.
 */
#include <fcntl.h>
#include "methods.h"

#define READ_CHUNK	((int64_t)128 << 10)
#define DROP_CHUNK	((int64_t)256 << 20)

int act_advise_prepare(struct act_call *call)
{
	const struct acall_file_advise *in = act_in(call);
	struct act_advise *a = act_private(call);
	struct act_file file;
	int ret;

	if (in->flags || in->advice > ACALL_FILE_ADVISE_DONTNEED)
		return -EINVAL;
	a->advice = in->advice == ACALL_FILE_ADVISE_WILLNEED ?
		    POSIX_FADV_WILLNEED : POSIX_FADV_DONTNEED;
	ret = act_look_at(act_file(call, 0), ACT_REGULAR, &file);
	if (ret)
		return ret;
	a->start = (int64_t)in->offset;
	return act_range(in->offset, in->length, file.size, &a->len);
}

int act_advise_run(struct act_call *call)
{
	const struct act_advise *a = act_private(call);
	int64_t chunk = READ_CHUNK, done, pos, n;
	int ret;

	act_progress(call, 0, (uint64_t)a->len);
	if (a->advice == POSIX_FADV_DONTNEED) {
		chunk = DROP_CHUNK;
		/* Of all of it first: the earlier, the more is clean by then. */
		if (a->len)
			sync_file_range(act_file(call, 0), a->start, a->len,
					SYNC_FILE_RANGE_WRITE);
	}
	for (done = 0; done < a->len; done += n) {
		if (act_checkpoint(call))
			return -ECANCELED;
		pos = a->start + done;
		n = chunk - (pos & (chunk - 1));
		if (n > a->len - done)
			n = a->len - done;
		ret = posix_fadvise(act_file(call, 0), pos, n, a->advice);
		if (ret)
			return -ret;
		act_progress(call, (uint64_t)(done + n), (uint64_t)a->len);
	}
	return 0;
}
