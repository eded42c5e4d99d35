// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What stands for /dev/acall: a descriptor that a program may close, dup and keep as
 * it may the device's, and that tells no more than that this engine is meant. So it is
 * a small sealed memory file with our name in it, which needs no table and cannot be
 * taken for another's. No state, no lock.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "threads.h"

#define SEALS	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static const char tag[] = "acall: engine threads\n";

int act_open(void)
{
	int saved = errno;
	int ret;
	int fd = memfd_create("acall-threads", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ret = fd < 0 ? -errno : fd;
	if (fd >= 0 && (write(fd, tag, sizeof(tag)) != sizeof(tag) ||
			fcntl(fd, F_ADD_SEALS, SEALS))) {
		ret = -ENOMEM;
		act_close_fd(fd);
	}
	errno = saved;
	return ret;
}

static bool is_device(int fd)
{
	int saved = errno;
	char buf[sizeof(tag)];
	bool is;

	/* Only a memory file has seals, and to read that one does no harm. */
	is = fcntl(fd, F_GET_SEALS) == SEALS &&
	     pread(fd, buf, sizeof(buf), 0) == sizeof(buf) &&
	     !memcmp(buf, tag, sizeof(buf));
	errno = saved;
	return is;
}

/* Is it a device or an object of this engine? */
bool act_owns(int fd)
{
	struct act_object *object;

	if (is_device(fd))
		return true;
	object = act_object_get(fd);
	if (object)
		act_object_put(object);
	return object;
}

static int ioctl_device(unsigned int request, void *arg)
{
	switch (request) {
	case ACALL_IOC_INFO:
		return act_ioctl_info(arg);
	case ACALL_IOC_INTERFACE_INFO:
		return act_ioctl_interface(arg);
	case ACALL_IOC_METHOD_INFO:
		return act_ioctl_method(arg);
	case ACALL_IOC_CREATE:
		return act_ioctl_create(arg);
	case ACALL_IOC_LIST:
		return act_ioctl_list(arg);
	case ACALL_IOC_CANCEL_ID:
		return act_ioctl_cancel_id(arg);
	case ACALL_IOC_CREATE_QUEUE:
		return -EOPNOTSUPP;
	default:
		return -ENOTTY;
	}
}

int act_ioctl(int fd, unsigned int request, void *arg)
{
	int saved = errno;
	struct act_object *object = act_object_get(fd);
	int ret;

	if (object) {
		ret = act_ioctl_object(object, fd, request, arg);
		act_object_put(object);
	} else if (fcntl(fd, F_GETFD) < 0) {
		ret = -EBADF;
	} else {
		ret = is_device(fd) ? ioctl_device(request, arg) : -ENOTTY;
	}
	errno = saved;
	return ret;
}

/* Of objects, whose last close cancels; a device is a file like others. */
void act_close(int fd)
{
	int saved = errno;

	act_object_close(fd);
	errno = saved;
}
