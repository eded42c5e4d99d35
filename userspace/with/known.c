// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What the kernel knows of an open file by itself. fstat(2) would ask the
 * server of a file system that may be dead, and that before the call that could
 * time out.
 */
#include "with.h"

bool known(int fd, struct statx *st)
{
	int saved = errno;
	int ret = statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
			STATX_TYPE | STATX_INO | STATX_SIZE, st);

	errno = saved;
	return !ret;
}

bool in_file(int fd, __u64 offset, __u64 len)
{
	struct statx st;

	return known(fd, &st) && len <= st.stx_size &&
	       offset <= st.stx_size - len;
}
