// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger: what an object knows of its executions once they are cut from it
 * (W6). Numbers, and who waits for them; no way back to a result or a state, so
 * whatever a late provider does, it cannot touch the object's next call.
 *
 * Counted by the object and by each of its calls. Lock: ledger->lock, irqs off,
 * a leaf inside call->lock; live executions are listed in the order in which
 * they began, so "all that had begun before" is one look at the first.
 *
 * The race it is about is a waiter against the last execution: the execution
 * leaves the list, then wakes; the waiter queues itself, then looks.
 */
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "call.h"
#include "ledger.h"
#include "wait/alarm.h"

/**
 * acall_ledger_create - make an empty ledger
 *
 * Return: the ledger with one reference, or NULL without memory.
 */
struct acall_ledger *acall_ledger_create(void)
{
	struct acall_ledger *ledger;

	ledger = kzalloc(sizeof(*ledger), GFP_KERNEL_ACCOUNT);
	if (!ledger)
		return NULL;
	refcount_set(&ledger->ref, 1);
	spin_lock_init(&ledger->lock);
	INIT_LIST_HEAD(&ledger->live);
	init_waitqueue_head(&ledger->wait);
	return ledger;
}

void acall_ledger_get(struct acall_ledger *ledger)
{
	refcount_inc(&ledger->ref);
}

void acall_ledger_put(struct acall_ledger *ledger)
{
	if (refcount_dec_and_test(&ledger->ref))
		kfree(ledger);
}

/**
 * acall_ledger_begin - an execution begins
 * @ledger: the ledger
 * @call: the call
 */
void acall_ledger_begin(struct acall_ledger *ledger, struct acall_call *call)
{
	unsigned long flags;

	spin_lock_irqsave(&ledger->lock, flags);
	call->nth = ++ledger->begun;
	list_add_tail(&call->live, &ledger->live);
	WRITE_ONCE(ledger->executions, ledger->executions + 1);
	spin_unlock_irqrestore(&ledger->lock, flags);
}

/**
 * acall_ledger_orphan - a live execution was abandoned
 * @ledger: the ledger
 */
void acall_ledger_orphan(struct acall_ledger *ledger)
{
	unsigned long flags;

	spin_lock_irqsave(&ledger->lock, flags);
	WRITE_ONCE(ledger->orphans, ledger->orphans + 1);
	spin_unlock_irqrestore(&ledger->lock, flags);
}

/**
 * acall_ledger_end - an execution has ended: nothing will change any more
 * @ledger: the ledger
 * @call: the call
 * @orphan: was it abandoned?
 *
 * Context: any but NMI.
 */
void acall_ledger_end(struct acall_ledger *ledger, struct acall_call *call,
		      bool orphan)
{
	unsigned long flags;

	spin_lock_irqsave(&ledger->lock, flags);
	list_del_init(&call->live);
	WRITE_ONCE(ledger->executions, ledger->executions - 1);
	if (orphan)
		WRITE_ONCE(ledger->orphans, ledger->orphans - 1);
	spin_unlock_irqrestore(&ledger->lock, flags);
	/* Pairs with the barrier in prepare_to_wait_event(). */
	if (wq_has_sleeper(&ledger->wait))
		wake_up_all(&ledger->wait);
}

static struct acall_call *find(struct acall_ledger *ledger, u64 id, u64 handle)
{
	struct acall_call *call, *found = NULL;
	unsigned long flags;

	spin_lock_irqsave(&ledger->lock, flags);
	list_for_each_entry(call, &ledger->live, live) {
		if (id ? call->id != id : call->handle != handle)
			continue;
		/* As long as it is listed, it has its execution's reference. */
		acall_call_get(call);
		found = call;
		break;
	}
	spin_unlock_irqrestore(&ledger->lock, flags);
	return found;
}

/**
 * acall_ledger_find - a live execution by its call's id
 * @ledger: the ledger
 * @id: the id, not 0
 *
 * A walk, but over one object's executions only.
 *
 * Return: the call with a reference; NULL if it has ended, or was never here.
 */
struct acall_call *acall_ledger_find(struct acall_ledger *ledger, u64 id)
{
	return find(ledger, id, 0);
}

/**
 * acall_ledger_find_handle - a live execution by its slot's handle
 * @ledger: a queue's ledger
 * @handle: the handle
 *
 * Return: as acall_ledger_find().
 */
struct acall_call *acall_ledger_find_handle(struct acall_ledger *ledger,
					    u64 handle)
{
	return find(ledger, 0, handle);
}

/* Or never began: a BEGIN that another was faster than is undone. */
static bool ended(struct acall_ledger *ledger, const struct acall_call *call)
{
	unsigned long flags;
	bool gone;

	spin_lock_irqsave(&ledger->lock, flags);
	gone = list_empty(&call->live);
	spin_unlock_irqrestore(&ledger->lock, flags);
	return gone;
}

static bool settled_before(struct acall_ledger *ledger, u64 nth)
{
	struct acall_call *first;
	unsigned long flags;
	bool settled;

	spin_lock_irqsave(&ledger->lock, flags);
	first = list_first_entry_or_null(&ledger->live, struct acall_call,
					 live);
	settled = !first || first->nth > nth;
	spin_unlock_irqrestore(&ledger->lock, flags);
	return settled;
}

/**
 * acall_ledger_begun - how many executions have begun by now
 * @ledger: the ledger
 *
 * Return: what acall_ledger_wait_before() takes.
 */
u64 acall_ledger_begun(struct acall_ledger *ledger)
{
	unsigned long flags;
	u64 nth;

	spin_lock_irqsave(&ledger->lock, flags);
	nth = ledger->begun;
	spin_unlock_irqrestore(&ledger->lock, flags);
	return nth;
}

static int wait_ended(struct acall_ledger *ledger,
		      const struct acall_call *call, u64 nth, u64 until)
{
	return acall_wait_until(ledger->wait,
				call ? ended(ledger, call) :
				       settled_before(ledger, nth),
				TASK_INTERRUPTIBLE | TASK_FREEZABLE, until);
}

/**
 * acall_ledger_wait - sleep until an execution has ended (W6)
 * @ledger: the ledger; the caller has a reference
 * @call: of this call, on which the caller has a reference
 * @until: absolute CLOCK_MONOTONIC ns, U64_MAX = for ever
 *
 * Return: 0, -ETIMEDOUT, -ERESTARTSYS.
 */
int acall_ledger_wait(struct acall_ledger *ledger,
		      const struct acall_call *call, u64 until)
{
	return wait_ended(ledger, call, 0, until);
}

/**
 * acall_ledger_wait_before - sleep until those that began before have ended (W6)
 * @ledger: the ledger; the caller has a reference
 * @nth: the last of them, see acall_ledger_begun()
 * @until: absolute CLOCK_MONOTONIC ns, U64_MAX = for ever
 *
 * Return: as acall_ledger_wait().
 */
int acall_ledger_wait_before(struct acall_ledger *ledger, u64 nth, u64 until)
{
	return wait_ended(ledger, NULL, nth, until);
}
