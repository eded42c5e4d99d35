// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/acall: what there is, and how to get a call object. Together with
 * the files beside it the only room that touches user memory.
 *
 * Owns the misc device, its sysfs counters and the module's beginning and end.
 * No lock; nothing here waits for a provider, but for the one attempt to load
 * its module (C2).
 */
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kmod.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>

#include "call.h"
#include "debug/delay.h"
#include "debug/fail.h"
#include "debug/monitor.h"
#include "device.h"
#include "interface.h"
#include "name.h"
#include "object.h"
#include "power.h"
#include "queue/queue.h"
#include "runner.h"
#include "user/limits.h"

/* All of them. */
#define FEATURES	(2 * ACALL_FEATURE_WAIT_ID - 1)

static int ioctl_info(struct acall_interface *only, void __user *user)
{
	struct acall_limits_info limits;
	struct acall_info args;
	u32 size;
	int ret;

	ret = ARGS_GET(&args, INFO, user);
	if (ret)
		return ret;
	ret = acall_check_info(&args);
	if (ret)
		return ret;
	size = args.size;
	acall_limits_get_info(&limits);
	args = (struct acall_info){
		.abi		= ACALL_ABI,
		.interfaces	= acall_interface_count(),
		.features	= FEATURES,
		.user_calls	= limits.user_calls,
		.total_calls	= limits.total_calls,
		.user_bytes	= limits.user_bytes,
		.total_bytes	= limits.total_bytes,
		.charged_calls	= limits.charged_calls,
		.charged_bytes	= limits.charged_bytes,
	};
	return acall_args_put(user, &args, sizeof(args), size);
}

/* The interface after @serial that is to be seen at this device. */
static struct acall_interface *next_interface(struct acall_interface *only,
					      u64 serial)
{
	if (!only)
		return acall_interface_next(serial, ACALL_INTERFACE_PRIVATE);
	if (serial || acall_interface_gone(only))
		return NULL;
	acall_interface_get(only);
	return only;
}

static int ioctl_interface_info(struct acall_interface *only, void __user *user)
{
	struct acall_interface_info args;
	struct acall_interface *iface;
	u32 size;
	int ret;

	ret = ARGS_GET(&args, INTERFACE_INFO, user);
	if (ret)
		return ret;
	ret = acall_check_interface_info(&args);
	if (ret)
		return ret;
	iface = next_interface(only, args.cursor);
	if (!iface)
		return -ENOENT;
	size = args.size;
	args = (struct acall_interface_info){
		.cursor			= iface->serial,
		.version_min		= iface->version_min,
		.version		= iface->version,
		.methods		= iface->nr_methods,
		.caps			= iface->flags,
		.max_running		= iface->max_running,
		.max_running_user	= acall_runner_user_max(iface),
	};
	strscpy(args.name, iface->name, sizeof(args.name));
	if (!acall_interface_may_create(iface))
		args.caps |= ACALL_INTERFACE_MAY_CREATE;
	acall_interface_put(iface);
	return acall_args_put(user, &args, sizeof(args), size);
}

/*
 * The interface of that name, if it is to be seen at this device. On a device of
 * an interface's own, no name is its name.
 */
static struct acall_interface *find_interface(struct acall_interface *only,
					      const char *name)
{
	if (!only)
		return acall_interface_find(name);
	if (*name && strcmp(name, only->name))
		return NULL;
	acall_interface_get(only);
	return only;
}

static int ioctl_method_info(struct acall_interface *only, void __user *user)
{
	const struct acall_method *method;
	struct acall_method_info args;
	struct acall_interface *iface;
	u32 size;
	int ret;

	ret = ARGS_GET(&args, METHOD_INFO, user);
	if (ret)
		return ret;
	ret = acall_check_method_info(&args, only);
	if (ret)
		return ret;
	size = args.size;
	iface = find_interface(only, args.interface);
	if (!iface)
		return -ENOENT;
	ret = acall_interface_pin(iface);
	if (ret) {
		ret = -ENOENT;
		goto put;
	}
	ret = -EINVAL;
	method = acall_interface_method(iface, args.method);
	if (!method)
		goto unpin;
	args.caps = acall_method_caps(method);
	memset(args.name, 0, sizeof(args.name));
	strscpy(args.name, method->name, sizeof(args.name));
	args.grace_ns = method->grace_ns;
	args.unit = method->unit;
	args.in_max = max(method->in_max, method->in_size);
	args.out_max = method->out_max;
	args.files_min = method->files_min;
	args.files_max = method->files_max;
	args.files_out = method->files_out;
	ret = 0;
unpin:
	acall_interface_unpin(iface, NULL);
put:
	acall_interface_put(iface);
	return ret ?: acall_args_put(user, &args, sizeof(args), size);
}

static struct acall_interface *find_or_load(struct acall_interface *only,
					    const char *name)
{
	struct acall_interface *iface = find_interface(only, name);

	if (iface || only)
		return iface;
	/* Killable, and no lock is held (C2). */
	request_module("acall-interface-%.*s", acall_name_stem(name), name);
	return acall_interface_find(name);
}

/* Return: 0; @version, 0 for any, is the one it is going to be. */
static int may_create(struct acall_interface *iface, u32 *version)
{
	int ret = acall_interface_may_create(iface);

	if (ret)
		return ret;
	if (!*version)
		*version = iface->version;
	if (*version < iface->version_min || *version > iface->version)
		return -EPROTONOSUPPORT;
	return 0;
}

/* Installs @fd last: an fd once installed cannot be undone. */
static int install(int fd, struct file *file, void __user *user, void *args,
		   size_t ksize, u32 usize)
{
	int ret;

	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	ret = acall_args_put(user, args, ksize, usize);
	if (ret) {
		fput(file);
		put_unused_fd(fd);
		return ret;
	}
	fd_install(fd, file);
	return fd;
}

static int create_fd(struct acall_interface *iface, struct acall_create *args,
		     void __user *user)
{
	u32 size = args->size;
	int fd, ret;

	ret = may_create(iface, &args->version);
	if (ret)
		return ret;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	return install(fd, acall_objectfd_create(iface, args->version,
						 args->flags),
		       user, args, sizeof(*args), size);
}

static int create_queue_fd(struct acall_interface *iface,
			   struct acall_create_queue *args, void __user *user)
{
	u32 size = args->size;
	int fd, ret;

	ret = may_create(iface, &args->version);
	if (ret)
		return ret;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	return install(fd, acall_queuefd_create(iface, args), user, args,
		       sizeof(*args), size);
}

static int ioctl_create(struct acall_interface *only, void __user *user)
{
	struct acall_interface *iface;
	struct acall_create args;
	int ret;

	ret = ARGS_GET(&args, CREATE, user);
	if (ret)
		return ret;
	ret = acall_check_create(&args, only);
	if (ret)
		return ret;

	iface = find_or_load(only, args.interface);
	if (!iface)
		return fatal_signal_pending(current) ? -EINTR : -ENOENT;
	ret = create_fd(iface, &args, user);
	acall_interface_put(iface);
	return ret;
}

static int ioctl_create_queue(struct acall_interface *only, void __user *user)
{
	struct acall_create_queue args;
	struct acall_interface *iface;
	int ret;

	ret = ARGS_GET(&args, CREATE_QUEUE, user);
	if (ret)
		return ret;
	ret = acall_check_create_queue(&args, only);
	if (ret)
		return ret;

	iface = find_or_load(only, args.interface);
	if (!iface)
		return fatal_signal_pending(current) ? -EINTR : -ENOENT;
	ret = create_queue_fd(iface, &args, user);
	acall_interface_put(iface);
	return ret;
}

/* Who sees all calls is /dev/acall's business. */
static int ioctl_list(struct acall_interface *only, void __user *user)
{
	return only ? -ENOTTY : acall_ioctl_list(user);
}

static int ioctl_cancel_id(struct acall_interface *only, void __user *user)
{
	return only ? -ENOTTY : acall_ioctl_cancel_id(user);
}

static int ioctl_wait_id(struct acall_interface *only, void __user *user)
{
	return only ? -ENOTTY : acall_ioctl_wait_id(user);
}

static int (*const device_ops[])(struct acall_interface *only,
				 void __user *user) = {
#define OP(_name, _function, _type, _last, _flags)			\
	[_IOC_NR(ACALL_IOC_##_name)] = ioctl_##_function
#include "ops_device.h"
#undef OP
};

/* Without a gap, and so without a NULL. */
static_assert(ARRAY_SIZE(device_ops) == ACALL_OP_BEGIN);

/**
 * acall_ioctl_device - an ioctl of a device
 * @only: the one interface whose device it is; NULL = /dev/acall
 * @cmd: which
 * @user: its structure
 */
int acall_ioctl_device(struct acall_interface *only, unsigned int cmd,
		       void __user *user)
{
	unsigned int nr = cmd - _IO(ACALL_IOC_MAGIC, 0);

	if (nr >= ARRAY_SIZE(device_ops))
		return -ENOTTY;
	nr = array_index_nospec(nr, ARRAY_SIZE(device_ops));
	return device_ops[nr](only, user);
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return acall_ioctl_device(NULL, cmd, (void __user *)arg);
}

static const struct file_operations device_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= device_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

#define COUNTER(_name, _value)						\
static ssize_t _name##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	return sysfs_emit(buf, "%lu\n", (unsigned long)(_value));	\
}									\
static DEVICE_ATTR_RO(_name)

/*
 * What is left of some counts without others, which are read one after the other
 * while calls come and go.
 */
static unsigned long rest(unsigned long some, unsigned long others)
{
	return (long)(some - others) < 0 ? 0 : some - others;
}

static unsigned long queued(void)
{
	unsigned long others = acall_counted(ACALL_COUNT_NEVER_STARTED) +
			       acall_counted(ACALL_COUNT_STARTED);

	return rest(acall_counted(ACALL_COUNT_ACCEPTED), others);
}

static unsigned long running(void)
{
	unsigned long others = acall_counted(ACALL_COUNT_COMPLETED) +
			       acall_counted(ACALL_COUNT_STOPPED) +
			       acall_counted(ACALL_COUNT_ABANDONED);

	return rest(acall_counted(ACALL_COUNT_STARTED), others);
}

/* A queue is one, however many slots it has. */
COUNTER(objects, acall_objects_count() + acall_queues_count());
COUNTER(calls, acall_limits_calls());
COUNTER(executions, acall_calls_executions());
COUNTER(orphans, acall_calls_orphans());
COUNTER(queued, queued());
COUNTER(running, running());
COUNTER(accepted, acall_counted(ACALL_COUNT_ACCEPTED));
COUNTER(started, acall_counted(ACALL_COUNT_STARTED));
COUNTER(completed, acall_counted(ACALL_COUNT_COMPLETED));
COUNTER(stopped, acall_counted(ACALL_COUNT_STOPPED));
COUNTER(never_started, acall_counted(ACALL_COUNT_NEVER_STARTED));
COUNTER(abandoned, acall_counted(ACALL_COUNT_ABANDONED));

static struct attribute *counter_attrs[] = {
	&dev_attr_objects.attr,
	&dev_attr_calls.attr,
	&dev_attr_executions.attr,
	&dev_attr_orphans.attr,
	&dev_attr_queued.attr,
	&dev_attr_running.attr,
	&dev_attr_accepted.attr,
	&dev_attr_started.attr,
	&dev_attr_completed.attr,
	&dev_attr_stopped.attr,
	&dev_attr_never_started.attr,
	&dev_attr_abandoned.attr,
	NULL,
};
ATTRIBUTE_GROUPS(counter);

static struct miscdevice device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "acall",
	.fops	= &device_fops,
	.mode	= 0666,
	.groups	= counter_groups,
};

static int __init acall_init(void)
{
	int ret = acall_calls_init();

	if (ret)
		return ret;
	ret = acall_power_init();
	if (ret)
		goto calls;
	acall_monitor_init();
	acall_delay_init();
	acall_fail_init();
	ret = misc_register(&device);
	if (ret)
		goto monitor;
	return 0;

monitor:
	acall_fail_exit();
	acall_monitor_exit();
	acall_power_exit();
calls:
	acall_calls_exit();
	return ret;
}

/*
 * Not before every object's file is closed and every provider's module, which
 * uses our symbols, is gone: so there is no interface, and no call that runs.
 */
static void __exit acall_exit(void)
{
	misc_deregister(&device);
	acall_fail_exit();
	acall_monitor_exit();
	acall_power_exit();
	acall_calls_exit();
}

module_init(acall_init);
module_exit(acall_exit);

MODULE_DESCRIPTION("Cancellable asynchronous calls");
MODULE_LICENSE("GPL");
#ifdef ACALL_VERSION		/* in a kernel it has the kernel's */
MODULE_VERSION(ACALL_VERSION);
#endif
