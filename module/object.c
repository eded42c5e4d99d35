// SPDX-License-Identifier: GPL-2.0-only
/*
 * The call object: what a client's file descriptor holds. It carries at most
 * one call at a time and belongs to one registration of an interface; idle, it
 * pins nothing but this module (C5).
 *
 * No lock: @call is the whole state. BEGIN publishes with one compare-and-swap
 * from NULL, FINISH consumes with one back to NULL, so of N that race one wins
 * (B7, F5). It is followed under RCU; a reader that gets a reference, and finds
 * the pointer unchanged after that, has the call that was pending at that moment,
 * and speaks of that one from then on, whatever becomes of the object (W5, X11).
 *
 * The call points back to its object to wake polls, until it is DONE or the
 * object goes; that pointer is the call's lock's.
 */
#include <linux/atomic.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "call.h"
#include "debug/delay.h"
#include "interface.h"
#include "ledger.h"
#include "object.h"
#include "runner.h"
#include "session.h"
#include "user/limits.h"

static atomic_t objects = ATOMIC_INIT(0);

/**
 * acall_object_create - make an idle object
 * @iface: its interface
 * @version: the version of it
 * @detach: the last close does not cancel (C4)
 *
 * Return: the object, or an ERR_PTR: -ENOMEM, -ENODEV, or what the provider
 * refuses with.
 */
struct acall_object *acall_object_create(struct acall_interface *iface,
					 u32 version, bool detach)
{
	struct acall_object *object;
	int ret = -ENOMEM;

	object = kzalloc(sizeof(*object), GFP_KERNEL_ACCOUNT);
	if (!object)
		return ERR_PTR(ret);
	object->ledger = acall_ledger_create();
	if (!object->ledger)
		goto free;
	object->payer = acall_payer_get_current(NULL);
	if (!object->payer)
		goto put_ledger;
	ret = acall_interface_pin(iface);
	if (ret)
		goto put_payer;
	acall_delay(ACALL_AT_CREATE_PINNED);
	ret = acall_session_open(iface, &object->session);
	acall_interface_unpin(iface, NULL);
	if (ret)
		goto put_payer;
	acall_interface_get(iface);
	object->iface = iface;
	object->version = version;
	object->detach = detach;
	init_waitqueue_head(&object->wait);
	atomic_inc(&objects);
	return object;

put_payer:
	acall_payer_put(object->payer);
put_ledger:
	acall_ledger_put(object->ledger);
free:
	kfree(object);
	return ERR_PTR(ret);
}

/**
 * acall_object_destroy - the last close
 * @object: the object; nobody else has it any more
 *
 * Cancels what is pending, or not if it is detached, and leaves; never blocks
 * (C4).
 */
void acall_object_destroy(struct acall_object *object)
{
	struct acall_call *call = rcu_dereference_raw(object->call);

	if (call)
		acall_call_drop(call, object->detach);
	acall_session_put(object->iface, object->session);
	acall_payer_put(object->payer);
	acall_ledger_put(object->ledger);
	acall_interface_put(object->iface);
	atomic_dec(&objects);
	kfree(object);
}

/* A look only; the compare-and-swap decides. */
bool acall_object_busy(const struct acall_object *object)
{
	return rcu_access_pointer(object->call);
}

/**
 * acall_object_get_call - the pending call
 * @object: the object
 * @id: which one it must be, 0 = whichever
 *
 * Return: the call with a reference; NULL if none or another one is pending.
 */
struct acall_call *acall_object_get_call(struct acall_object *object, u64 id)
{
	struct acall_call *call;

	rcu_read_lock();
	for (;;) {
		call = rcu_dereference(object->call);
		acall_delay(ACALL_AT_GET_CALL);
		/* No reference left: somebody has just consumed it. */
		if (!call || !acall_call_tryget(call)) {
			call = NULL;
			break;
		}
		/*
		 * Consumed and used again for another one meanwhile, maybe of
		 * another object? The pointer that is read after the reference
		 * was taken tells; pairs with the one in acall_object_begin().
		 */
		smp_mb__after_atomic();
		if (call == rcu_access_pointer(object->call)) {
			/* Nothing of it may be read before that. */
			smp_acquire__after_ctrl_dep();
			break;
		}
		acall_call_put(call);
	}
	rcu_read_unlock();

	if (call && id && call->id != id) {
		acall_call_put(call);
		call = NULL;
	}
	return call;
}

/**
 * acall_object_begin - publish a call and have it executed
 * @object: the object
 * @call: prepared, seen by nobody else
 *
 * Return: 0, or -EBUSY: another BEGIN was faster; @call is still the caller's.
 */
int acall_object_begin(struct acall_object *object, struct acall_call *call)
{
	struct acall_call *other;

	acall_call_publish(call, object, object->ledger);
	acall_delay(ACALL_AT_BEGIN_QUEUED);
	/* Full barrier; pairs with rcu_dereference() in the readers. */
	other = unrcu_pointer(cmpxchg(&object->call, NULL,
				      RCU_INITIALIZER(call)));
	if (other)
		return -EBUSY;
	acall_delay(ACALL_AT_BEGIN_PUBLISHED);
	/* What is over at once is listed if its CALL leaves it behind. */
	if (!call->brief)
		acall_table_add(call);
	acall_delay(ACALL_AT_BEGIN_LISTED);
	if (call->deadline != U64_MAX)
		acall_call_begin_deadline(call);
	acall_delay(ACALL_AT_BEGIN_ENQUEUE);
	acall_runner_enqueue(call, false);
	return 0;
}

/**
 * acall_object_consume - take the result, once
 * @object: the object
 * @call: DONE; the caller has a reference
 *
 * Return: true for the one who got it.
 */
bool acall_object_consume(struct acall_object *object, struct acall_call *call)
{
	struct acall_call *was;

	was = unrcu_pointer(cmpxchg(&object->call, RCU_INITIALIZER(call),
				    NULL));
	if (was != call)
		return false;
	acall_delay(ACALL_AT_FINISH_CONSUME);
	acall_call_consume(call);
	acall_delay(ACALL_AT_FINISH_TAKEN);
	/* Pairs with the barrier in acall_object_poll(). */
	if (wq_has_sleeper(&object->wait))
		wake_up_poll(&object->wait, EPOLLOUT | EPOLLWRNORM);
	acall_call_put(call);
	return true;
}

/**
 * acall_object_poll - readiness (W4)
 * @object: the object
 * @file: its file
 * @pt: poll table
 */
__poll_t acall_object_poll(struct acall_object *object, struct file *file,
			   poll_table *pt)
{
	struct acall_call *call;
	bool gone, idle, done;

	poll_wait(file, &object->wait, pt);
	poll_wait(file, &object->iface->gone_wait, pt);
	/* Who wakes looks at the queue after the change: wq_has_sleeper(). */
	smp_mb();

	gone = acall_interface_gone(object->iface);
	call = acall_object_get_call(object, 0);
	idle = !call && !acall_object_busy(object);
	done = call && acall_call_done(call);
	if (call)
		acall_call_put(call);

	return (done ? EPOLLIN | EPOLLRDNORM : 0) |
	       (idle && !gone ? EPOLLOUT | EPOLLWRNORM : 0) |
	       (gone && (idle || done) ? EPOLLHUP : 0);
}

u32 acall_objects_count(void)
{
	return atomic_read(&objects);
}
