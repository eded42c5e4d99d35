// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The only room that makes system calls on descriptors.
 *
 * It turns -1 and errno into -errno and gives errno back as it was, so that a
 * function of this library may run in a signal handler that interrupted a
 * program between its own system call and its look at errno. Nothing is
 * repeated here: being interrupted is the caller's affair [W7].
 */
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "internal.h"

#define NSEC_PER_SEC	1000000000ULL

int acall_sys_ioctl(int fd, unsigned int request, void *arg)
{
	int saved = errno;
	int ret = ioctl(fd, request, arg);

	if (ret < 0)
		ret = -errno;
	errno = saved;
	return ret;
}

int acall_sys_open(const char *path)
{
	int saved = errno;
	int ret = open(path, O_RDWR | O_CLOEXEC);

	if (ret < 0)
		ret = -errno;
	errno = saved;
	return ret;
}

void acall_sys_close(int fd)
{
	int saved = errno;

	/* Not repeated after EINTR: Linux has let go of the number by then. */
	close(fd);
	errno = saved;
}

/* What @fd shares with this process; the kernel says at which size. */
int acall_sys_map(int fd, uint64_t size, void **map)
{
	int saved = errno;
	int ret = 0;

	if (size > SIZE_MAX)
		return -ENOMEM;
	*map = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    0);
	if (*map == MAP_FAILED)
		ret = -errno;
	errno = saved;
	return ret;
}

void acall_sys_unmap(void *map, size_t size)
{
	int saved = errno;

	munmap(map, size);
	errno = saved;
}

/* A name as the ABI has it: NUL-padded, or refused if it cannot be one [C1]. */
int acall_set_name(char *to, const char *name)
{
	size_t len;

	if (!name)
		return -EINVAL;
	len = strnlen(name, ACALL_NAME_LEN);
	if (!len || len == ACALL_NAME_LEN)
		return -EINVAL;
	memset(to, 0, ACALL_NAME_LEN);
	memcpy(to, name, len);
	return 0;
}

ACALL_PUBLIC uint64_t acall_after_ns(uint64_t duration_ns)
{
	struct timespec now = { 0 };
	uint64_t now_ns;

	/* Cannot fail: the clock is there and the address is good. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ns = (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
	return duration_ns > ACALL_FOREVER - now_ns ? ACALL_FOREVER :
						      now_ns + duration_ns;
}
