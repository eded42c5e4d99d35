// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * sync: make a file, a part of it or a file system durable. Dirty pages are written
 * and waited for in pieces, with a look for a stop between them; then fsync(2) finds
 * little left to do. Only that is success. syncfs(2) is one step.
 *
 * A write-back error is told once per open file, and the open file is the client's: so
 * where a piece reports one the call ends with it, before anybody can stop it.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "methods.h"

int act_sync_prepare(struct act_call *call)
{
	const struct acall_file_sync *in = act_in(call);
	struct act_sync *s = act_private(call);
	struct act_file file;
	int ret;

	if (in->flags || in->scope > ACALL_FILE_SYNC_FILESYSTEM)
		return -EINVAL;
	if (in->scope == ACALL_FILE_SYNC_FILESYSTEM) {
		if (in->offset || in->length)
			return -EINVAL;
		return act_look_at(act_file(call, 0), ACT_REGULAR | ACT_DIRECTORY |
				   ACT_BLOCK, &file);
	}
	ret = act_look_at(act_file(call, 0), ACT_REGULAR | ACT_DIRECTORY, &file);
	if (ret)
		return ret;
	s->regular = S_ISREG(file.mode);
	if (!s->regular)
		return in->offset || in->length ? -EINVAL : 0;
	s->start = (int64_t)in->offset;
	return act_range(in->offset, in->length, file.size, &s->len);
}

static int write_back(struct act_call *call)
{
	const unsigned int all = SYNC_FILE_RANGE_WAIT_BEFORE |
				 SYNC_FILE_RANGE_WRITE |
				 SYNC_FILE_RANGE_WAIT_AFTER;
	const struct act_sync *s = act_private(call);
	int64_t done, n;

	for (done = 0; done < s->len; done += n) {
		if (act_checkpoint(call))
			return -ECANCELED;
		n = s->len - done < ACT_SYNC_CHUNK ? s->len - done :
						     ACT_SYNC_CHUNK;
		if (act_again(sync_file_range(act_file(call, 0),
					      s->start + done, n, all)))
			return -errno;
		act_progress(call, (uint64_t)(done + n), (uint64_t)s->len);
	}
	return act_checkpoint(call);
}

int act_sync_run(struct act_call *call)
{
	const struct acall_file_sync *in = act_in(call);
	const struct act_sync *s = act_private(call);
	int fd = act_file(call, 0);
	int ret;

	if (in->scope == ACALL_FILE_SYNC_FILESYSTEM) {
		ret = act_checkpoint(call);
		if (!ret && syncfs(fd))
			ret = -errno;
		return ret;
	}
	act_progress(call, 0, (uint64_t)s->len);
	if (s->regular) {
		ret = write_back(call);
		if (ret)
			return ret;
	}
	ret = in->scope == ACALL_FILE_SYNC_DATA ? fdatasync(fd) : fsync(fd);
	return ret ? -errno : 0;
}
