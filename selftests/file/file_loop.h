/* SPDX-License-Identifier: GPL-2.0-only */
/* A block device, behind which there is a file to look at: a loop device. */
#ifndef _SELFTESTS_FILE_LOOP_H
#define _SELFTESTS_FILE_LOOP_H

#include "file_util.h"

#include <linux/loop.h>

/*
 * A loop device of @file, open for both and by nobody else; it goes with the last
 * descriptor. Negative errno: there is none.
 */
static inline int ft_loop(int file)
{
	struct loop_config config = {
		.fd = file,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR,
	};
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int dev = -1, ret = control < 0 ? -errno : -EBUSY;
	__u64 since = now_ns();
	char path[40];

	/* Others look for a free one as well. */
	while (ret == -EBUSY && !guard_expired(since)) {
		ret = ioctl(control, LOOP_CTL_GET_FREE);
		snprintf(path, sizeof(path), "/dev/loop%d", ret);
		dev = ret < 0 ? -1 : open(path, O_RDWR | O_CLOEXEC);
		ret = dev < 0 || ioctl(dev, LOOP_CONFIGURE, &config) ? -errno : 0;
		if (ret && dev >= 0)
			close(dev);
	}
	if (control >= 0)
		close(control);
	return ret ?: dev;
}

#endif /* _SELFTESTS_FILE_LOOP_H */
