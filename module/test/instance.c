// SPDX-License-Identifier: GPL-2.0-only
/*
 * The instances test-inst.0, test-inst.1, ..., which come and go, and the
 * sessions that each call object of theirs has.
 *
 * Owns the registrations, guarded by instances_lock, which is not held while
 * one goes. A session belongs to .open and .close and is counted by the calls
 * that use it, so that they may see whether it was closed too early.
 *
 * The race it is about: .close of an object against the .release of its last
 * orphan, and both against the unregistration (P10).
 */
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/slab.h>

#include "methods.h"

struct session {
	refcount_t ref;
	u64 serial;
	bool closed;
};

struct instance {
	struct acall_interface *iface;
	bool going;
	int refuse;
};

static DEFINE_MUTEX(instances_lock);
static struct instance instances[ACALL_TEST_INSTANCES];
static atomic64_t serials;

struct session *session_get(struct session *s)
{
	if (s)
		refcount_inc(&s->ref);
	return s;
}

void session_put(struct session *s)
{
	if (refcount_dec_and_test(&s->ref))
		kfree(s);
}

bool session_closed(const struct session *s)
{
	return READ_ONCE(s->closed);
}

int instance_open(void *data, void **priv)
{
	struct instance *instance = data;
	struct session *s;

	if (READ_ONCE(instance->refuse))
		return instance->refuse;
	s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	if (!s)
		return -ENOMEM;
	refcount_set(&s->ref, 1);
	s->serial = atomic64_inc_return(&serials);
	*priv = s;
	atomic64_inc(&totals.opens);
	return 0;
}

void instance_close(void *data, void *priv)
{
	struct session *s = priv;

	might_sleep();
	WARN_ON_ONCE(s->closed);
	WRITE_ONCE(s->closed, true);
	session_put(s);
	atomic64_inc(&totals.closes);
}

int prepare_session(struct acall_call *call)
{
	int ret = acall_out_alloc(call, sizeof(struct acall_test_session));

	return ret ?: accept(call);
}

int run_session(struct acall_call *call)
{
	struct acall_test_session *out = acall_out(call);
	struct instance *instance = acall_interface_data(call);
	struct session *s = acall_object_private(call);

	enter(call, NULL);
	out->nr = instance ? instance - instances : -1;
	out->serial = s ? s->serial : 0;
	acall_out_set_len(call, sizeof(*out));
	return leave(call, NULL, 0);
}

int instance_register(u64 nr)
{
	struct acall_interface *iface;
	struct instance *instance;
	int ret = 0;

	if (nr >= ARRAY_SIZE(instances))
		return -EINVAL;
	instance = &instances[nr];
	mutex_lock(&instances_lock);
	if (instance->going) {
		ret = -EBUSY;
	} else if (instance->iface) {
		ret = -EEXIST;
	} else {
		iface = acall_register_instance(&desc_instance, nr, instance);
		if (IS_ERR(iface))
			ret = PTR_ERR(iface);
		else
			instance->iface = iface;
	}
	mutex_unlock(&instances_lock);
	return ret;
}

int instance_unregister(u64 nr)
{
	struct acall_interface *iface;
	struct instance *instance;

	if (nr >= ARRAY_SIZE(instances))
		return -EINVAL;
	instance = &instances[nr];
	mutex_lock(&instances_lock);
	iface = instance->iface;
	if (iface) {
		instance->iface = NULL;
		instance->going = true;
	}
	mutex_unlock(&instances_lock);
	if (!iface)
		return -ENOENT;

	acall_unregister_interface(iface);

	mutex_lock(&instances_lock);
	instance->going = false;
	mutex_unlock(&instances_lock);
	return 0;
}

int instance_refuse(u64 nr, int errno)
{
	if (nr >= ARRAY_SIZE(instances) || !is_result(errno))
		return -EINVAL;
	WRITE_ONCE(instances[nr].refuse, errno);
	return 0;
}

void instances_unregister(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(instances); i++)
		instance_unregister(i);
}
