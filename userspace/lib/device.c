// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The devices: opening the kernel's, the listings of what there is and of calls, and
 * waiting for one of these.
 *
 * Keeps nothing: who gives no device gets one that lives as long as the
 * function, so there is no descriptor behind the program's back to be inherited,
 * closed by daemon(3) or raced for.
 */
#include <string.h>
#include "internal.h"

/*
 * A library and a module that disagree must not find out by damage, so the ABI
 * is compared once per device. The missing device gets an errno that no
 * operation on a device returns.
 */
static int open_path(const char *path, int missing)
{
	struct acall_info info = { .size = sizeof(info) };
	int fd, ret;

	fd = acall_sys_open(path);
	if (fd == -ENOENT || fd == -ENXIO || fd == -ENODEV)
		return missing;
	if (fd < 0)
		return fd;
	ret = acall_sys_ioctl(fd, ACALL_IOC_INFO, &info);
	if (!ret && info.abi != ACALL_ABI)
		ret = -EPROTO;
	if (ret) {
		acall_sys_close(fd);
		return ret;
	}
	return fd;
}

int acall_kernel_open(void)
{
	return open_path(ACALL_DEVICE_PATH, -ENOSYS);
}

ACALL_PUBLIC int acall_open_node(const char *interface)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
	char path[sizeof(ACALL_DEVICE_PATH) + 1 + ACALL_NAME_LEN];
	char name[ACALL_NAME_LEN];
	int ret;

	ret = acall_set_name(name, interface);
	if (ret)
		return ret;
	/* What is no name shall not become another path [C1]. */
	if (*name < 'a' || *name > 'z' || name[strspn(name, letters)])
		return -EINVAL;
	stpcpy(stpcpy(stpcpy(path, ACALL_DEVICE_PATH), "-"), name);
	return open_path(path, -ENOENT);
}

/* One operation on @device, or on one that is opened for it. */
int acall_sys_device(int device, unsigned int request, void *arg)
{
	const struct acall_engine *engine;
	int fd = device;
	int ret;

	if (device != ACALL_DEVICE_DEFAULT)
		return acall_engine_at(device)->ioctl(device, request, arg);
	fd = acall_engine_open(ACALL_ENGINE_DEFAULT, &engine);
	if (fd < 0)
		return fd;
	ret = engine->ioctl(fd, request, arg);
	acall_sys_close(fd);
	return ret;
}

ACALL_PUBLIC int acall_info(int device, struct acall_info *info, size_t size)
{
	if (!info || size < sizeof(info->size) || size > UINT32_MAX)
		return -EINVAL;
	memset(info, 0, size);
	info->size = (__u32)size;
	return acall_sys_device(device, ACALL_IOC_INFO, info);
}

ACALL_PUBLIC int acall_next_interface(int device, uint64_t *cursor,
				      struct acall_interface_info *info,
				      size_t size)
{
	int ret;

	if (!cursor || !info || size > UINT32_MAX ||
	    size < offsetof(struct acall_interface_info, name))
		return -EINVAL;
	memset(info, 0, size);
	info->size = (__u32)size;
	info->cursor = *cursor;
	ret = acall_sys_device(device, ACALL_IOC_INTERFACE_INFO, info);
	if (!ret)
		*cursor = info->cursor;
	return ret;
}

ACALL_PUBLIC int acall_method_info(int device, const char *interface,
				   uint32_t method,
				   struct acall_method_info *info, size_t size)
{
	int ret;

	if (!info || size > UINT32_MAX ||
	    size < offsetof(struct acall_method_info, caps))
		return -EINVAL;
	memset(info, 0, size);
	info->size = (__u32)size;
	info->method = method;
	ret = acall_set_name(info->interface, interface);
	if (ret)
		return ret;
	return acall_sys_device(device, ACALL_IOC_METHOD_INFO, info);
}

/* How many method numbers @interface has. */
static int count_methods(int device, const char *interface, uint32_t *methods)
{
	struct acall_interface_info info;
	uint64_t cursor = 0;
	int ret;

	do {
		ret = acall_next_interface(device, &cursor, &info,
					   sizeof(info));
		if (ret)
			return ret;
	} while (strncmp(info.name, interface, sizeof(info.name)));
	*methods = info.methods;
	return 0;
}

ACALL_PUBLIC int acall_find_method(int device, const char *interface,
				   const char *method,
				   struct acall_method_info *info, size_t size)
{
	uint32_t methods, i;
	int own = -1;
	int ret;

	if (!interface || !method || !info || size > UINT32_MAX ||
	    size < offsetof(struct acall_method_info, grace_ns))
		return -EINVAL;
	if (device == ACALL_DEVICE_DEFAULT) {
		own = acall_open_device();
		if (own < 0)
			return own;
		device = own;
	}
	ret = count_methods(device, interface, &methods);
	if (ret)
		goto out;
	for (i = 0; i < methods; i++) {
		ret = acall_method_info(device, interface, i, info, size);
		if (!ret && !strncmp(info->name, method, sizeof(info->name)))
			goto out;
		/* -EINVAL: a number that is not in use */
		if (ret && ret != -EINVAL)
			goto out;
	}
	ret = -EINVAL;
out:
	if (own >= 0)
		acall_sys_close(own);
	return ret;
}

ACALL_PUBLIC int acall_list(int device, unsigned int flags, uint64_t *cursor,
			    struct acall_list_record *records,
			    size_t record_size, unsigned int nr)
{
	struct acall_list args = {
		.size = sizeof(args),
		.flags = flags,
		.records = (uintptr_t)records,
		.record_size = (__u32)record_size,
		.nr = nr,
	};
	int ret;

	/* More than an int counts would be taken for an error. */
	if (!cursor || !records || !nr || nr > INT_MAX ||
	    record_size > UINT32_MAX)
		return -EINVAL;
	args.cursor = *cursor;
	ret = acall_sys_device(device, ACALL_IOC_LIST, &args);
	if (ret)
		return ret;
	*cursor = args.cursor;
	return (int)args.nr;
}

ACALL_PUBLIC int acall_wait_by_id(int device, uint64_t call_id, uint64_t until,
				  unsigned int flags,
				  struct acall_wait_id *answer, size_t size)
{
	if (!answer || size > UINT32_MAX ||
	    size < offsetof(struct acall_wait_id, state))
		return -EINVAL;
	memset(answer, 0, size);
	answer->size = (__u32)size;
	answer->flags = flags;
	answer->call_id = call_id;
	answer->until = until;
	return acall_sys_device(device, ACALL_IOC_WAIT_ID, answer);
}
