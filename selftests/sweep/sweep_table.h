/* SPDX-License-Identifier: GPL-2.0-only */
/* points.txt: for which kernel its numbers are. */
#ifndef _SELFTESTS_SWEEP_TABLE_H
#define _SELFTESTS_SWEEP_TABLE_H

#include "acall_util.h"

#include <fnmatch.h>

static inline bool table_is_ours(void)
{
	char have[80] = "";
	int fd = open("/proc/sys/kernel/osrelease", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, have, sizeof(have) - 1);
	const char *want =
#define KERNEL(release) release
#define POINTS(path, slab, page, usercopy)
#define PASSES(path, passes)
#include "points.txt"
#undef KERNEL
#undef POINTS
#undef PASSES
		;

	close(fd);
	/* Its end is a newline. */
	if (n > 0)
		have[n - 1] = '\0';
	return !fnmatch(want, have, 0);
}

#endif /* _SELFTESTS_SWEEP_TABLE_H */
