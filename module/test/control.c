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

#include "methods.h"

static DEFINE_MUTEX(hot_lock);
static struct acall_interface *hot;
static bool hot_going;

static struct acall_interface *steady[4];

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

/* A second time is the core's to deal with, unless it is to be once. */
static int complete_at(struct meeting *m, struct acall_call *call,
		       const struct acall_test_control *c)
{
	bool claimed = meeting_claim(m, call);
	int ret;

	if (!claimed && c->op == ACALL_TEST_OP_COMPLETE_ONCE)
		return -EALREADY;
	ret = complete_in(call, c->ret, c->context, c->value);
	if (ret && claimed)
		meeting_unclaim(m, call);
	return ret;
}

/* What is done to the call that started last at a meeting. */
static int operate(struct meeting *m, struct acall_test_control *c)
{
	struct acall_call *call;
	bool custom;
	int ret = 0;

	call = meeting_call(m, &custom);
	if (!call)
		return -ENOENT;

	switch (c->op) {
	case ACALL_TEST_OP_COMPLETE:
	case ACALL_TEST_OP_COMPLETE_ONCE:
		if (!custom || !is_result(c->ret) ||
		    c->context > ACALL_TEST_OTHER_CPU)
			ret = -EINVAL;
		else
			ret = complete_at(m, call, c);
		break;
	case ACALL_TEST_OP_COMMIT:
		ret = commit_at(m, call);
		break;
	case ACALL_TEST_OP_LOOK:
		c->cancelled = acall_cancelled(call);
		break;
	case ACALL_TEST_OP_PROGRESS:
		acall_progress(call, c->value, 100);
		break;
	case ACALL_TEST_OP_ADD_FILES:
		ret = files_add(call, c->id, 100, c->value);
		break;
	}
	acall_put(call);
	return ret;
}

static int meet(struct acall_test_control *c)
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
	case ACALL_TEST_OP_WAIT_ASKS:
		ret = wait_counter(m, &m->asks, c->value);
		break;
	case ACALL_TEST_OP_WAIT_ANSWERS:
		ret = wait_counter(m, &m->answers, c->value);
		break;
	case ACALL_TEST_OP_WAIT_RELEASES:
		ret = wait_counter(m, &m->releases, c->value);
		break;
	case ACALL_TEST_OP_PASS:
		meeting_pass(m, c->value);
		break;
	default:
		ret = operate(m, c);
		break;
	}
	meeting_put(m);
	return ret;
}

static int control(struct acall_test_control *c)
{
	switch (c->op) {
	case ACALL_TEST_OP_GET:
		return 0;
	case ACALL_TEST_OP_OPEN:
	case ACALL_TEST_OP_WAIT_STARTS:
	case ACALL_TEST_OP_WAIT_SEEN:
	case ACALL_TEST_OP_WAIT_ENDS:
	case ACALL_TEST_OP_WAIT_ASKS:
	case ACALL_TEST_OP_WAIT_ANSWERS:
	case ACALL_TEST_OP_WAIT_RELEASES:
	case ACALL_TEST_OP_PASS:
	case ACALL_TEST_OP_COMPLETE:
	case ACALL_TEST_OP_COMPLETE_ONCE:
	case ACALL_TEST_OP_COMMIT:
	case ACALL_TEST_OP_LOOK:
	case ACALL_TEST_OP_PROGRESS:
	case ACALL_TEST_OP_ADD_FILES:
		return meet(c);
	case ACALL_TEST_OP_UNREGISTER:
		return hot_unregister();
	case ACALL_TEST_OP_REGISTER:
		return hot_register();
	case ACALL_TEST_OP_FORGET:
		meeting_forget(c->id);
		return 0;
	case ACALL_TEST_OP_INSTANCE_REGISTER:
		return instance_register(c->id);
	case ACALL_TEST_OP_INSTANCE_UNREGISTER:
		return instance_unregister(c->id);
	case ACALL_TEST_OP_INSTANCE_REFUSE:
		return instance_refuse(c->id, c->ret);
	default:
		return -EINVAL;
	}
}

static void report_meeting(struct acall_test_control *c, struct meeting *m)
{
	c->starts = atomic64_read(&m->starts);
	c->seen = atomic64_read(&m->seen);
	c->ends = atomic64_read(&m->ends);
	c->asks = atomic64_read(&m->asks);
	c->answers = atomic64_read(&m->answers);
	c->releases = atomic64_read(&m->releases);
	c->commits = atomic64_read(&m->commits);
	c->denied = atomic64_read(&m->denied);
	c->where = atomic_read(&m->where);
}

/* All that is not input. */
static void report(struct acall_test_control *c)
{
	struct meeting *m = c->id ? meeting_find(c->id) : NULL;

	if (m) {
		report_meeting(c, m);
		meeting_put(m);
	}
	c->running = atomic64_read(&totals.running);
	c->entered = atomic64_read(&totals.entered);
	c->dirty = atomic64_read(&totals.dirty);
	c->released = atomic64_read(&totals.released);
	c->prepared = atomic64_read(&totals.prepared);
	c->blind = atomic64_read(&totals.blind);
	c->hooks_most = atomic64_read(&totals.hooks_most);
	c->hook_early = atomic64_read(&totals.hook_early);
	c->hook_again = atomic64_read(&totals.hook_again);
	c->release_early = atomic64_read(&totals.release_early);
	c->close_early = atomic64_read(&totals.close_early);
	c->files = atomic64_read(&totals.files);
	c->opens = atomic64_read(&totals.opens);
	c->closes = atomic64_read(&totals.closes);
}

static long control_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	struct acall_test_control __user *uarg = (void __user *)arg;
	struct acall_test_control in, c;
	int ret;

	if (cmd != ACALL_TEST_IOC_CONTROL)
		return -ENOTTY;
	if (copy_from_user(&in, uarg, sizeof(in)))
		return -EFAULT;
	if (in.__reserved)
		return -EINVAL;
	c = (struct acall_test_control) {
		.op = in.op, .id = in.id, .value = in.value,
		.ret = in.ret, .context = in.context,
	};

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
		&desc_test, &desc_privileged, &desc_narrow, &desc_private,
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
	for (i = 0; i < 2 && !ret; i++)
		ret = instance_register(i);
	if (ret)
		goto err_hot;
	ret = misc_register(&control_device);
	if (ret)
		goto err_hot;
	return 0;

err_hot:
	instances_unregister();
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
	instances_unregister();
	hot_unregister();
	steady_unregister();
	meeting_forget(0);
}

module_init(acall_test_init);
module_exit(acall_test_exit);

MODULE_DESCRIPTION("Fixtures for the selftests of acall");
MODULE_LICENSE("GPL");
