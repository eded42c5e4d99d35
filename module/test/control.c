// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/acall_test: the side channel of the "test" interface, and the module's
 * beginning and end.
 *
 * Owns the registrations; hot_lock guards the one that comes and goes and is
 * not held while it goes, which takes until its last method has returned.
 *
 * The race it is about: "test-hot" is brought back while it is still going
 * away (refused with EBUSY), and a tester that is killed while it waits (every
 * wait but that for the unregistration is interruptible).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>

#include <acall/provider.h>

#include "meeting.h"

static DEFINE_MUTEX(hot_lock);
static struct acall_interface *hot;
static bool hot_going;

static struct acall_interface *steady[3];

static int hot_register(void)
{
	struct acall_interface *iface;
	int ret = 0;

	mutex_lock(&hot_lock);
	if (hot_going) {
		ret = -EBUSY;
	} else if (hot) {
		ret = -EEXIST;
	} else {
		iface = acall_register_interface(&desc_hot);
		if (IS_ERR(iface))
			ret = PTR_ERR(iface);
		else
			hot = iface;
	}
	mutex_unlock(&hot_lock);
	return ret;
}

static int hot_unregister(void)
{
	struct acall_interface *iface;

	mutex_lock(&hot_lock);
	iface = hot;
	if (iface) {
		hot = NULL;
		hot_going = true;
	}
	mutex_unlock(&hot_lock);
	if (!iface)
		return -ENOENT;

	acall_unregister_interface(iface);

	mutex_lock(&hot_lock);
	hot_going = false;
	mutex_unlock(&hot_lock);
	return 0;
}

static int wait_counter(struct meeting *m, atomic64_t *counter, u64 value)
{
	return wait_event_interruptible(m->wait,
					(u64)atomic64_read(counter) >= value);
}

static int meet(const struct acall_test_control *c)
{
	struct meeting *m;
	int ret = 0;

	m = meeting_get(c->id);
	if (IS_ERR(m))
		return PTR_ERR(m);

	switch (c->op) {
	case ACALL_TEST_OP_OPEN:
		meeting_open(m);
		break;
	case ACALL_TEST_OP_WAIT_STARTS:
		ret = wait_counter(m, &m->starts, c->value);
		break;
	case ACALL_TEST_OP_WAIT_SEEN:
		ret = wait_counter(m, &m->seen, c->value);
		break;
	case ACALL_TEST_OP_WAIT_ENDS:
		ret = wait_counter(m, &m->ends, c->value);
		break;
	}
	meeting_put(m);
	return ret;
}

static int control(const struct acall_test_control *c)
{
	switch (c->op) {
	case ACALL_TEST_OP_GET:
		return 0;
	case ACALL_TEST_OP_OPEN:
	case ACALL_TEST_OP_WAIT_STARTS:
	case ACALL_TEST_OP_WAIT_SEEN:
	case ACALL_TEST_OP_WAIT_ENDS:
		return meet(c);
	case ACALL_TEST_OP_UNREGISTER:
		return hot_unregister();
	case ACALL_TEST_OP_REGISTER:
		return hot_register();
	case ACALL_TEST_OP_FORGET:
		meeting_forget(c->id);
		return 0;
	default:
		return -EINVAL;
	}
}

static void report(struct acall_test_control *c)
{
	struct meeting *m = c->id ? meeting_find(c->id) : NULL;

	c->starts = 0;
	c->seen = 0;
	c->ends = 0;
	if (m) {
		c->starts = atomic64_read(&m->starts);
		c->seen = atomic64_read(&m->seen);
		c->ends = atomic64_read(&m->ends);
		meeting_put(m);
	}
	c->running = atomic64_read(&totals.running);
	c->entered = atomic64_read(&totals.entered);
	c->dirty = atomic64_read(&totals.dirty);
	c->released = atomic64_read(&totals.released);
	c->prepared = atomic64_read(&totals.prepared);
}

static long control_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	struct acall_test_control __user *uarg = (void __user *)arg;
	struct acall_test_control c;
	int ret;

	if (cmd != ACALL_TEST_IOC_CONTROL)
		return -ENOTTY;
	if (copy_from_user(&c, uarg, sizeof(c)))
		return -EFAULT;
	if (c.__reserved)
		return -EINVAL;

	ret = control(&c);
	if (ret)
		return ret;

	report(&c);
	return copy_to_user(uarg, &c, sizeof(c)) ? -EFAULT : 0;
}

static const struct file_operations control_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= control_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

static struct miscdevice control_device = {
	.minor		= MISC_DYNAMIC_MINOR,
	.name		= "acall_test",
	.fops		= &control_fops,
	.mode		= 0600,
};

static void steady_unregister(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steady); i++)
		if (steady[i])
			acall_unregister_interface(steady[i]);
}

static int __init acall_test_init(void)
{
	static const struct acall_interface_desc * const descs[] = {
		&desc_test, &desc_privileged, &desc_narrow,
	};
	unsigned int i;
	int ret;

	BUILD_BUG_ON(ARRAY_SIZE(descs) != ARRAY_SIZE(steady));
	for (i = 0; i < ARRAY_SIZE(descs); i++) {
		struct acall_interface *iface;

		iface = acall_register_interface(descs[i]);
		if (IS_ERR(iface)) {
			ret = PTR_ERR(iface);
			goto err_steady;
		}
		steady[i] = iface;
	}
	ret = hot_register();
	if (ret)
		goto err_steady;
	ret = misc_register(&control_device);
	if (ret)
		goto err_hot;
	return 0;

err_hot:
	hot_unregister();
err_steady:
	steady_unregister();
	meeting_forget(0);
	return ret;
}

/* The core's references on this module keep it here while calls run. */
static void __exit acall_test_exit(void)
{
	misc_deregister(&control_device);
	hot_unregister();
	steady_unregister();
	meeting_forget(0);
}

module_init(acall_test_init);
module_exit(acall_test_exit);

MODULE_DESCRIPTION("Fixtures for the selftests of acall");
MODULE_LICENSE("GPL");
