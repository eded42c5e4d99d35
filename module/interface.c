// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry of interfaces, and the way out for a provider.
 *
 * Locks: registry_lock (mutex) for the list of names; iface->lock (irqs off)
 * for @gone, @pins, the list of executions and the runners' queues. Neither is
 * held over provider code, nor inside call->lock.
 *
 * A pin means "may be in the provider's code or data": BEGIN takes one, the
 * execution gives it back when it has ended; listings take one for a moment. As
 * long as there is one, there is a reference on the provider's module, so rmmod is
 * refused while a call runs. Unregistration sets @gone, cancels every call and waits until the
 * last pin is gone (R-UNREG, R-OOC). Then it closes the sessions of the objects
 * that stay.
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
#include "debug/delay.h"
#include "interface.h"
#include "name.h"
#include "queue/queue.h"
#include "runner.h"
#include "session.h"

#define DEFAULT_MAX_RUNNING	256
#define REPORT_JIFFIES		(10 * HZ)

static DEFINE_MUTEX(registry_lock);
static LIST_HEAD(registry);		/* by rising serial */
static u64 last_serial;
static u32 nr_interfaces;

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
	/* A private one is behind its own device only (P10). */
	if (iface && (acall_interface_gone(iface) ||
		      iface->flags & ACALL_INTERFACE_PRIVATE))
		iface = NULL;
	if (iface)
		acall_interface_get(iface);
	mutex_unlock(&registry_lock);
	return iface;
}

/**
 * acall_interface_next - walk over the interfaces
 * @serial: 0, or the serial number of the last one
 * @without: leave out those with one of these ACALL_INTERFACE_*
 *
 * Return: the next one with a reference, or NULL.
 */
struct acall_interface *acall_interface_next(u64 serial, u32 without)
{
	struct acall_interface *iface, *found = NULL;

	mutex_lock(&registry_lock);
	list_for_each_entry(iface, &registry, link) {
		if (iface->serial > serial && !(iface->flags & without) &&
		    !acall_interface_gone(iface)) {
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
 * acall_interface_pin_locked - keep the provider from going away
 * @iface: its interface, its lock held, and not gone
 * @n: how often
 *
 * All pins together have one reference on the provider's module.
 *
 * Return: false: it is going.
 */
bool acall_interface_pin_locked(struct acall_interface *iface, u32 n)
{
	lockdep_assert_held(&iface->lock);

	if (!iface->pins && !try_module_get(iface->desc->owner))
		return false;
	iface->pins += n;
	return true;
}

/**
 * acall_interface_unpin_locked - undo acall_interface_pin_locked()
 * @iface: the interface, its lock held
 * @n: how often
 */
void acall_interface_unpin_locked(struct acall_interface *iface, u32 n)
{
	lockdep_assert_held(&iface->lock);

	/* Before the last pin: without one the provider's module may be freed. */
	if (iface->pins == n)
		module_put(iface->desc->owner);
	iface->pins -= n;
	/* Who waits has queued himself before he takes the lock and looks. */
	if (!iface->pins && waitqueue_active(&iface->idle_wait))
		wake_up_all(&iface->idle_wait);
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
	if (!iface->gone && acall_interface_pin_locked(iface, 1))
		ret = 0;
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

	acall_delay(ACALL_AT_UNPIN);
	spin_lock_irqsave(&iface->lock, flags);
	if (call)
		list_del_init(&call->all);
	acall_interface_unpin_locked(iface, 1);
	spin_unlock_irqrestore(&iface->lock, flags);
}

/**
 * acall_interface_errno - what a client may be told
 * @iface: the interface
 * @who: the function of the provider that says it, for the warning
 * @ret: what it said
 *
 * Internal codes have no meaning to user space and no name in its errno.h; those
 * for restarting have one to the kernel, and nothing here is to be done twice
 * (P7, R-RESTART).
 *
 * Return: @ret, or the code that stands for it; a nonsense is warned about.
 */
int acall_interface_errno(struct acall_interface *iface, const void *who,
			  int ret)
{
	if (WARN_ONCE(ret > 0 || ret < -MAX_ERRNO,
		      "acall: %s: %ps returned %d\n", iface->name, who, ret))
		return -EIO;

	switch (ret) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		return -EINTR;
	case -ENOTSUPP:
		return -EOPNOTSUPP;
	case -ENOIOCTLCMD:
		return -ENOTTY;
	default:
		return ret <= -512 ? -EIO : ret;
	}
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
		ret = acall_interface_errno(iface, iface->desc->may_create,
					    iface->desc->may_create(iface->data));
	acall_interface_unpin(iface, NULL);
	return ret;
}

/**
 * acall_interface_method - a method by number
 * @iface: the interface, pinned, or its lock held and not gone
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

/**
 * acall_interface_look_up - what BEGIN needs to know before it touches user memory
 * @iface: the interface, not pinned
 * @nr: any number from user space
 * @copy: the method, written
 *
 * Return: 0, -ENODEV, or -EINVAL: there is no such method.
 */
int acall_interface_look_up(struct acall_interface *iface, u32 nr,
			    struct acall_method *copy)
{
	const struct acall_method *method = NULL;
	bool gone;

	/* Unregistration cannot have passed as long as this lock is held. */
	spin_lock_irq(&iface->lock);
	gone = iface->gone;
	if (!gone)
		method = acall_interface_method(iface, nr);
	if (method)
		*copy = *method;
	spin_unlock_irq(&iface->lock);
	if (gone)
		return -ENODEV;
	return method ? 0 : -EINVAL;
}

/* What follows from a method's hooks, whatever its provider declares. */
static u32 implied_caps(const struct acall_method *method)
{
	bool hook = method->cancel || method->cancel_sleepable;
	u32 caps = 0;

	if (method->start)
		caps |= ACALL_CAP_CUSTOM;
	if (hook)
		caps |= ACALL_CAP_MAY_REFUSE;
	if (hook || (method->run && !(method->caps & ACALL_CAP_INLINE)))
		caps |= ACALL_CAP_CANCEL;
	return caps;
}

/**
 * acall_method_caps - what a client may expect of a method
 * @method: the method
 *
 * Return: ACALL_CAP_*.
 */
u32 acall_method_caps(const struct acall_method *method)
{
	return method->caps | implied_caps(method);
}

/* What the caller of BEGIN runs must be over at once, and drop no file. */
static bool inline_valid(const struct acall_method *method)
{
	return method->run && !method->cancel && !method->cancel_sleepable &&
	       !method->files_max && !method->files_out &&
	       !(method->caps & (ACALL_CAP_KILLABLE | ACALL_CAP_CHUNKED));
}

static bool kind_valid(const struct acall_method *method)
{
	u32 known = ACALL_CAP_KILLABLE | ACALL_CAP_CHUNKED |
		    ACALL_CAP_COMMITS | ACALL_CAP_INLINE | ACALL_CAP_SHORT;
	u32 runs = ACALL_CAP_KILLABLE | ACALL_CAP_CHUNKED | ACALL_CAP_SHORT;

	if (method->caps & ~(known | implied_caps(method)))
		return false;
	if (!method->run == !method->start)
		return false;
	if (method->start && method->caps & runs)
		return false;
	if (method->cancel && method->cancel_sleepable)
		return false;
	/* What never sleeps has nothing that a signal could end. */
	if (method->caps & ACALL_CAP_SHORT && method->caps & ACALL_CAP_KILLABLE)
		return false;
	return !(method->caps & ACALL_CAP_INLINE) || inline_valid(method);
}

static bool method_valid(const struct acall_method *method)
{
	return acall_name_valid(method->name) && kind_valid(method) &&
	       method->unit <= ACALL_UNIT_ITEMS &&
	       method->in_size <= ACALL_MAX_BYTES &&
	       method->in_max <= ACALL_MAX_BYTES &&
	       (!method->in_max || method->in_max >= method->in_size) &&
	       method->out_max <= ACALL_MAX_BYTES &&
	       method->priv_size <= ACALL_MAX_BYTES &&
	       method->files_min <= method->files_max &&
	       method->files_max <= ACALL_MAX_FILES &&
	       method->files_out <= ACALL_MAX_FILES;
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
	    desc->max_running > WQ_MAX_ACTIVE || desc->mode & ~0777 ||
	    desc->flags & ~(ACALL_INTERFACE_NODE | ACALL_INTERFACE_PRIVATE)) {
		pr_warn("acall: interface %s: versions, methods, flags, mode or max_running are not valid\n",
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

/* Those that the listing shows. */
static void count(const struct acall_interface *iface, int n)
{
	lockdep_assert_held(&registry_lock);
	if (!(iface->flags & ACALL_INTERFACE_PRIVATE))
		WRITE_ONCE(nr_interfaces, nr_interfaces + n);
}

static struct acall_interface *
register_as(const struct acall_interface_desc *desc, const char *name,
	    void *data)
{
	struct acall_interface *iface;
	int ret;

	iface = kzalloc(sizeof(*iface), GFP_KERNEL);
	if (!iface)
		return ERR_PTR(-ENOMEM);
	refcount_set(&iface->ref, 1);
	strscpy(iface->name, name, sizeof(iface->name));
	iface->desc = desc;
	iface->data = data;
	iface->flags = desc->flags;
	if (iface->flags & ACALL_INTERFACE_PRIVATE)
		iface->flags |= ACALL_INTERFACE_NODE;
	iface->version_min = desc->version_min;
	iface->version = desc->version;
	iface->nr_methods = desc->nr_methods;
	/* With the runner that drains slots they fit into one workqueue. */
	iface->max_running = min_t(u32, desc->max_running ?: DEFAULT_MAX_RUNNING,
				   WQ_MAX_ACTIVE - 1);
	init_waitqueue_head(&iface->gone_wait);
	init_waitqueue_head(&iface->idle_wait);
	spin_lock_init(&iface->lock);
	INIT_LIST_HEAD(&iface->calls);
	INIT_LIST_HEAD(&iface->sessions);
	INIT_LIST_HEAD(&iface->closing);
	INIT_LIST_HEAD(&iface->turn);
	INIT_LIST_HEAD(&iface->short_turn);

	/*
	 * With the mutex held, because the workqueue's name must be free. The
	 * name of one that is going stays taken until it is gone.
	 */
	mutex_lock(&registry_lock);
	ret = -EEXIST;
	if (!find_locked(iface->name))
		ret = acall_runners_create(iface);
	if (!ret && iface->flags & ACALL_INTERFACE_NODE) {
		ret = acall_node_create(iface);
		if (ret)
			acall_runners_destroy(iface);
	}
	if (!ret) {
		iface->serial = ++last_serial;
		list_add_tail(&iface->link, &registry);
		count(iface, 1);
	}
	mutex_unlock(&registry_lock);
	if (!ret)
		return iface;

	acall_interface_put(iface);
	return ERR_PTR(ret);
}

struct acall_interface *
acall_register_interface(const struct acall_interface_desc *desc)
{
	if (!desc_valid(desc))
		return ERR_PTR(-EINVAL);
	return register_as(desc, desc->name, NULL);
}
EXPORT_SYMBOL_GPL(acall_register_interface);

struct acall_interface *
acall_register_instance(const struct acall_interface_desc *desc,
			unsigned int nr, void *data)
{
	char name[ACALL_NAME_LEN];

	if (!desc_valid(desc))
		return ERR_PTR(-EINVAL);
	if (snprintf(name, sizeof(name), "%s.%u", desc->name, nr) >=
	    sizeof(name)) {
		pr_warn("acall: interface %s: its name and %u are too long\n",
			desc->name, nr);
		return ERR_PTR(-EINVAL);
	}
	return register_as(desc, name, data);
}
EXPORT_SYMBOL_GPL(acall_register_instance);

/*
 * Ask every execution to stop, each once, without holding the lock over it.
 * Those not yet asked wait on a list of their own, so this is one walk (R-N2),
 * also if calls are added meanwhile, which @gone keeps from unregistration.
 */
static void cancel_all(struct acall_interface *iface, enum acall_reason reason)
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

		acall_delay(ACALL_AT_SWEEP_CALL);
		acall_call_cancel_by(call, reason);
		acall_call_put(call);
		cond_resched();

		spin_lock_irq(&iface->lock);
	}
	spin_unlock_irq(&iface->lock);
	/* They are on no list but those they wait in. */
	acall_shorts_cancel(iface, reason);
}

static bool idle(struct acall_interface *iface)
{
	bool ret;

	spin_lock_irq(&iface->lock);
	/* The last pin goes a moment before the client of its call is told. */
	ret = !iface->pins && !iface->chores;
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

/**
 * acall_interfaces_cancel - cancel every call of every interface
 * @reason: who cancels
 *
 * Context: process; holds no lock over what a provider does about it.
 */
void acall_interfaces_cancel(enum acall_reason reason)
{
	struct acall_interface *iface;
	u64 serial = 0;

	while ((iface = acall_interface_next(serial, 0))) {
		serial = iface->serial;
		cancel_all(iface, reason);
		acall_interface_put(iface);
	}
}

/* One line each 10 seconds: how many, and the one that has been there longest. */
static void report_waiting(struct acall_interface *iface)
{
	struct acall_call *call;
	u64 now = ktime_get_ns();
	u64 id = 0, began = 0;
	u32 method = 0;
	pid_t owner = 0;
	u32 pins, chores;

	spin_lock_irq(&iface->lock);
	pins = iface->pins;
	chores = iface->chores;
	call = list_first_entry_or_null(&iface->calls, struct acall_call, all);
	if (call) {
		id = call->id;
		method = call->method_nr;
		began = call->begin_ns;
		owner = pid_nr(call->owner);
	}
	spin_unlock_irq(&iface->lock);

	if (!id)
		pr_warn("acall: unregistering %s waits for %u callers that are in .prepare, .may_create or .open and %u workers in .release, .close or a cancel hook\n",
			iface->name, pins, chores);
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
	count(iface, -1);
	mutex_unlock(&registry_lock);
	/* All, not wake_up_poll(): exclusive ones wait for different objects. */
	wake_up_all(&iface->gone_wait);
	if (iface->flags & ACALL_INTERFACE_NODE)
		acall_node_destroy(iface);

	acall_delay(ACALL_AT_UNREGISTER_SWEEP);
	cancel_all(iface, ACALL_REASON_PROVIDER);
	do {
		/* Idle: however long it needs, it is no hung task (R-HUNG). */
		while (!wait_event_idle_timeout(iface->idle_wait, idle(iface),
						REPORT_JIFFIES)) {
			report_waiting(iface);
			/* Those that a reboot's sweep had in its hands. */
			cancel_all(iface, ACALL_REASON_PROVIDER);
		}
		acall_delay(ACALL_AT_UNREGISTER_IDLE);
		/* An object that was closed just now has given work again. */
	} while (acall_sessions_sweep(iface));

	acall_runners_destroy(iface);
	mutex_lock(&registry_lock);
	list_del(&iface->link);
	mutex_unlock(&registry_lock);
	iface->desc = NULL;
	acall_interface_put(iface);
}
EXPORT_SYMBOL_GPL(acall_unregister_interface);
