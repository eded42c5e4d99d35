// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What there is: interfaces, their methods, and making objects of them. The table is
 * constant; there are no modules that bring more.
 */
#include <string.h>
#include "threads.h"

struct act_interface *act_interfaces = &act_file_interface;

static struct act_interface *find(const char *name)
{
	struct act_interface *iface;

	for (iface = act_interfaces; iface; iface = iface->next) {
		if (!strncmp(iface->name, name, ACALL_NAME_LEN))
			return iface;
	}
	return NULL;
}

const struct act_method *act_method_of(const struct act_interface *iface,
				       uint32_t number)
{
	if (number >= iface->nr_methods || !iface->methods[number].name)
		return NULL;
	return &iface->methods[number];
}

uint32_t act_method_caps(const struct act_method *method)
{
	return method->caps | ACALL_CAP_CANCEL;
}

/* [C1] */
static bool valid(const char name[ACALL_NAME_LEN])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
	size_t len = strnlen(name, ACALL_NAME_LEN);
	size_t i;

	if (!len || len == ACALL_NAME_LEN || *name < 'a' || *name > 'z' ||
	    strspn(name, letters) != len)
		return false;
	for (i = len; i < ACALL_NAME_LEN; i++) {
		if (name[i])
			return false;
	}
	return true;
}

int act_ioctl_info(void *arg)
{
	const struct act_interface *iface;
	struct acall_info args;
	uint32_t size;
	sigset_t mask;
	int ret;

	ret = act_args_get(&args, sizeof(args), arg);
	if (!ret && (args.flags || args.__reserved))
		ret = -EINVAL;
	if (ret)
		return ret;
	size = args.size;
	args = (struct acall_info) {
		.abi = ACALL_ABI,
		.features = ACALL_FEATURE_RUN | ACALL_FEATURE_DEADLINE |
			    ACALL_FEATURE_NO_CANCEL | ACALL_FEATURE_DETACH |
			    ACALL_FEATURE_ESCALATE | ACALL_FEATURE_SETTLED |
			    ACALL_FEATURE_CALL | ACALL_FEATURE_LIST,
	};
	for (iface = act_interfaces; iface; iface = iface->next)
		args.interfaces++;
	act_lock(&mask);
	act_calls_info(&args);
	act_unlock(&mask);
	act_args_put(arg, &args, sizeof(args), size);
	return 0;
}

/* Its cursor is the place in the list. */
int act_ioctl_interface(void *arg)
{
	const struct act_interface *iface = act_interfaces;
	struct acall_interface_info args;
	uint64_t place;
	uint32_t size;
	int ret;

	ret = act_args_get(&args, sizeof(args), arg);
	if (!ret && args.flags)
		ret = -EINVAL;
	if (ret)
		return ret;
	for (place = 0; iface && place < args.cursor; place++)
		iface = iface->next;
	if (!iface)
		return -ENOENT;
	size = args.size;
	args = (struct acall_interface_info) {
		.cursor = place + 1,
		.version_min = iface->version_min,
		.version = iface->version,
		.methods = iface->nr_methods,
		.caps = ACALL_INTERFACE_MAY_CREATE,
		.max_running = iface->max_running,
		.max_running_user = iface->max_running,
	};
	strncpy(args.name, iface->name, sizeof(args.name) - 1);
	act_args_put(arg, &args, sizeof(args), size);
	return 0;
}

int act_ioctl_method(void *arg)
{
	const struct act_interface *iface;
	const struct act_method *method;
	struct acall_method_info args;
	int ret;

	ret = act_args_get(&args, sizeof(args), arg);
	if (!ret && (args.flags || !valid(args.interface)))
		ret = -EINVAL;
	if (ret)
		return ret;
	iface = find(args.interface);
	if (!iface)
		return -ENOENT;
	method = act_method_of(iface, args.method);
	if (!method)
		return -EINVAL;
	args.caps = act_method_caps(method);
	memset(args.name, 0, sizeof(args.name));
	strncpy(args.name, method->name, sizeof(args.name) - 1);
	args.grace_ns = method->grace_ns;
	args.unit = method->unit;
	args.in_max = method->in_max > method->in_size ? method->in_max :
							 method->in_size;
	args.out_max = method->out_max;
	args.files_min = method->files_min;
	args.files_max = method->files_max;
	args.files_out = 0;
	act_args_put(arg, &args, sizeof(args), args.size);
	return 0;
}

int act_ioctl_create(void *arg)
{
	struct act_interface *iface;
	struct acall_create args;
	int ret;

	ret = act_args_get(&args, sizeof(args), arg);
	if (!ret && (args.flags & ~(ACALL_CREATE_NONBLOCK |
				    ACALL_CREATE_DETACH) ||
		     args.__reserved || !valid(args.interface)))
		ret = -EINVAL;
	if (ret)
		return ret;
	iface = find(args.interface);
	if (!iface)
		return -ENOENT;
	if (!args.version)
		args.version = iface->version;
	if (args.version < iface->version_min || args.version > iface->version)
		return -EPROTONOSUPPORT;
	ret = act_object_create(iface, args.version, args.flags);
	if (ret >= 0)
		act_args_put(arg, &args, sizeof(args), args.size);
	return ret;
}
