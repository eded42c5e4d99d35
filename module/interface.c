// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry of interfaces, and the way out for a provider.
 *
 * Locks: registry_lock (mutex) for the list of names; iface->lock (irqs off)
 * for @gone, @pins, the list of executions and the runners' queues. Neither is
 * held over provider code, nor inside call->lock.
 *
 * A pin means "may be in the provider's code or data": BEGIN takes one, the
 * execution gives it back when it has ended; listings take one for a moment. It
 * includes a reference on the provider's module, so rmmod is refused while a
 * call runs. Unregistration sets @gone, cancels every call and waits until the
 * last pin is gone (R-UNREG, R-OOC).
 *
 * The race it is about is BEGIN against unregistration: a call that was
 * published before @gone was set and is queued after it. acall_runner_enqueue()
 * looks at @gone under the lock under which the sweep looks for calls, so one
 * of both has it.
 */
#include <linux/export.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "call.h"
#include "interface.h"
#include "runner.h"

#define DEFAULT_MAX_RUNNING	256
#define REPORT_JIFFIES		(10 * HZ)

static DEFINE_MUTEX(registry_lock);
static LIST_HEAD(registry);		/* by rising serial */
static u64 last_serial;
static u32 nr_interfaces;

bool acall_name_valid(const char *name)
{
	size_t len = strnlen(name, ACALL_NAME_LEN);
	size_t i;

	if (!len || len == ACALL_NAME_LEN || name[0] < 'a' || name[0] > 'z')
		return false;
	for (i = 1; i < len; i++) {
		char c = name[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '_' && c != '.' && c != '-')
			return false;
	}
	return true;
}

static struct acall_interface *find_locked(const char *name)
{
	struct acall_interface *iface;

	lockdep_assert_held(&registry_lock);
	list_for_each_entry(iface, &registry, link)
		if (!strcmp(iface->name, name))
			return iface;
	return NULL;
}

/**
 * acall_interface_find - look an interface up
 * @name: a valid name
 *
 * Return: the interface with a reference, or NULL.
 */
struct acall_interface *acall_interface_find(const char *name)
{
	struct acall_interface *iface;

	mutex_lock(&registry_lock);
	iface = find_locked(name);
	if (iface && acall_interface_gone(iface))
		iface = NULL;
	if (iface)
		acall_interface_get(iface);
	mutex_unlock(&registry_lock);
	return iface;
}

/**
 * acall_interface_next - walk over the interfaces
 * @serial: 0, or the serial number of the last one
 *
 * Return: the next one with a reference, or NULL.
 */
struct acall_interface *acall_interface_next(u64 serial)
{
	struct acall_interface *iface, *found = NULL;

	mutex_lock(&registry_lock);
	list_for_each_entry(iface, &registry, link) {
		if (iface->serial > serial && !acall_interface_gone(iface)) {
			acall_interface_get(iface);
			found = iface;
			break;
		}
	}
	mutex_unlock(&registry_lock);
	return found;
}

u32 acall_interface_count(void)
{
	return READ_ONCE(nr_interfaces);
}

void acall_interface_get(struct acall_interface *iface)
{
	refcount_inc(&iface->ref);
}

void acall_interface_put(struct acall_interface *iface)
{
	if (refcount_dec_and_test(&iface->ref))
		kfree(iface);
}

/**
 * acall_interface_pin - keep the provider from going away
 * @iface: its interface
 *
 * Return: 0, or -ENODEV if it is going or gone.
 */
int acall_interface_pin(struct acall_interface *iface)
{
	int ret = -ENODEV;

	spin_lock_irq(&iface->lock);
	if (!iface->gone && try_module_get(iface->desc->owner)) {
		iface->pins++;
		ret = 0;
	}
	spin_unlock_irq(&iface->lock);
	return ret;
}

/**
 * acall_interface_unpin - undo acall_interface_pin()
 * @iface: the interface
 * @call: the call that had the pin and has ended, or NULL
 */
void acall_interface_unpin(struct acall_interface *iface,
			   struct acall_call *call)
{
	unsigned long flags;

	spin_lock_irqsave(&iface->lock, flags);
	if (call)
		list_del_init(&call->all);
	/* Before the pin: without one the provider's module may be freed. */
	module_put(iface->desc->owner);
	if (!--iface->pins)
		wake_up_all(&iface->idle_wait);
	spin_unlock_irqrestore(&iface->lock, flags);
}

/**
 * acall_interface_may_create - may current create an object?
 * @iface: the interface
 *
 * Return: 0, -ENODEV, or what the provider refuses with.
 */
int acall_interface_may_create(struct acall_interface *iface)
{
	int ret = acall_interface_pin(iface);

	if (ret)
		return ret;
	if (iface->desc->may_create)
		ret = iface->desc->may_create();
	acall_interface_unpin(iface, NULL);
	return WARN_ON_ONCE(ret > 0 || ret < -MAX_ERRNO) ? -EIO : ret;
}

/**
 * acall_interface_method - a method by number
 * @iface: the interface, pinned
 * @nr: any number from user space
 *
 * Return: the method or NULL.
 */
const struct acall_method *acall_interface_method(struct acall_interface *iface,
						  u32 nr)
{
	const struct acall_method *method;

	if (nr >= iface->nr_methods)
		return NULL;
	nr = array_index_nospec(nr, iface->nr_methods);	/* R-SPEC */
	method = &iface->desc->methods[nr];
	return method->name ? method : NULL;
}

static bool method_valid(const struct acall_method *method)
{
	return acall_name_valid(method->name) && method->run &&
	       !(method->caps & ~(ACALL_CAP_CANCEL | ACALL_CAP_KILLABLE |
				  ACALL_CAP_CHUNKED)) &&
	       method->unit <= ACALL_UNIT_ITEMS &&
	       method->in_size <= ACALL_MAX_BYTES &&
	       method->in_max <= ACALL_MAX_BYTES &&
	       (!method->in_max || method->in_max >= method->in_size) &&
	       method->out_max <= ACALL_MAX_BYTES &&
	       method->priv_size <= ACALL_MAX_BYTES &&
	       method->files_min <= method->files_max &&
	       method->files_max <= ACALL_MAX_FILES;
}

static bool desc_valid(const struct acall_interface_desc *desc)
{
	u32 i;

	if (!desc->name || !acall_name_valid(desc->name)) {
		pr_warn("acall: an interface's name is not valid\n");
		return false;
	}
	if (!desc->version_min || desc->version < desc->version_min ||
	    !desc->methods || !desc->nr_methods ||
	    desc->max_running > WQ_MAX_ACTIVE) {
		pr_warn("acall: interface %s: versions, methods or max_running are not valid\n",
			desc->name);
		return false;
	}
	for (i = 0; i < desc->nr_methods; i++) {
		if (desc->methods[i].name && !method_valid(&desc->methods[i])) {
			pr_warn("acall: interface %s: method %u is not valid\n",
				desc->name, i);
			return false;
		}
	}
	return true;
}

struct acall_interface *
acall_register_interface(const struct acall_interface_desc *desc)
{
	struct acall_interface *iface;
	int ret;

	if (!desc_valid(desc))
		return ERR_PTR(-EINVAL);

	iface = kzalloc(sizeof(*iface), GFP_KERNEL);
	if (!iface)
		return ERR_PTR(-ENOMEM);
	refcount_set(&iface->ref, 1);
	strscpy(iface->name, desc->name, sizeof(iface->name));
	iface->desc = desc;
	iface->version_min = desc->version_min;
	iface->version = desc->version;
	iface->nr_methods = desc->nr_methods;
	iface->max_running = desc->max_running ?: DEFAULT_MAX_RUNNING;
	init_waitqueue_head(&iface->gone_wait);
	init_waitqueue_head(&iface->idle_wait);
	spin_lock_init(&iface->lock);
	INIT_LIST_HEAD(&iface->calls);

	/*
	 * With the mutex held, because the workqueue's name must be free. The
	 * name of one that is going stays taken until it is gone.
	 */
	mutex_lock(&registry_lock);
	ret = -EEXIST;
	if (!find_locked(iface->name))
		ret = acall_runners_create(iface);
	if (!ret) {
		iface->serial = ++last_serial;
		list_add_tail(&iface->link, &registry);
		WRITE_ONCE(nr_interfaces, nr_interfaces + 1);
	}
	mutex_unlock(&registry_lock);
	if (!ret)
		return iface;

	acall_interface_put(iface);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(acall_register_interface);

/*
 * Ask every execution to stop, each once, without holding the lock over it.
 * Those not yet asked wait on a list of their own, so this is one walk (R-N2);
 * nothing is added meanwhile because @gone is set.
 */
static void cancel_all(struct acall_interface *iface)
{
	struct acall_call *call;
	LIST_HEAD(unasked);

	spin_lock_irq(&iface->lock);
	list_splice_init(&iface->calls, &unasked);
	while (!list_empty(&unasked)) {
		call = list_first_entry(&unasked, struct acall_call, all);
		list_move_tail(&call->all, &iface->calls);
		/* On the list, so its execution has its reference still. */
		acall_call_get(call);
		spin_unlock_irq(&iface->lock);

		acall_call_cancel(call, ACALL_REASON_PROVIDER, call->grace_ns);
		acall_call_put(call);
		cond_resched();

		spin_lock_irq(&iface->lock);
	}
	spin_unlock_irq(&iface->lock);
}

static bool idle(struct acall_interface *iface)
{
	bool ret;

	spin_lock_irq(&iface->lock);
	/* The last pin goes a moment before the client of its call is told. */
	ret = !iface->pins && !iface->retiring;
	spin_unlock_irq(&iface->lock);
	return ret;
}

/**
 * acall_interfaces_for_each - visit every interface
 * @visit: called with the registry's mutex held
 */
void acall_interfaces_for_each(void (*visit)(struct acall_interface *iface))
{
	struct acall_interface *iface;

	mutex_lock(&registry_lock);
	list_for_each_entry(iface, &registry, link)
		visit(iface);
	mutex_unlock(&registry_lock);
}

/* One line each 10 seconds: how many, and the one that has been there longest. */
static void report_waiting(struct acall_interface *iface)
{
	struct acall_call *call;
	u64 now = ktime_get_ns();
	u64 id = 0, began = 0;
	u32 method = 0;
	pid_t owner = 0;
	u32 pins;

	spin_lock_irq(&iface->lock);
	pins = iface->pins;
	call = list_first_entry_or_null(&iface->calls, struct acall_call, all);
	if (call) {
		id = call->id;
		method = call->method_nr;
		began = call->begin_ns;
		owner = call->owner_tgid;
	}
	spin_unlock_irq(&iface->lock);

	if (!id)
		pr_warn("acall: unregistering %s waits for %u callers that are in .prepare or .may_create\n",
			iface->name, pins);
	else
		pr_warn("acall: unregistering %s waits for %u calls; call %llu (method %u) of process %d began %llu s ago and has not returned\n",
			iface->name, pins, id, method, owner,
			div_u64(now - began, NSEC_PER_SEC));
}

void acall_unregister_interface(struct acall_interface *iface)
{
	mutex_lock(&registry_lock);
	spin_lock_irq(&iface->lock);
	WRITE_ONCE(iface->gone, true);
	spin_unlock_irq(&iface->lock);
	WRITE_ONCE(nr_interfaces, nr_interfaces - 1);
	mutex_unlock(&registry_lock);
	/* All, not wake_up_poll(): exclusive ones wait for different objects. */
	wake_up_all(&iface->gone_wait);

	cancel_all(iface);
	/* Idle: however long a provider needs, it is not a hung task (R-HUNG). */
	while (!wait_event_idle_timeout(iface->idle_wait, idle(iface),
					REPORT_JIFFIES))
		report_waiting(iface);

	acall_runners_destroy(iface);
	mutex_lock(&registry_lock);
	list_del(&iface->link);
	mutex_unlock(&registry_lock);
	iface->desc = NULL;
	acall_interface_put(iface);
}
EXPORT_SYMBOL_GPL(acall_unregister_interface);
