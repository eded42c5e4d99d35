// SPDX-License-Identifier: GPL-2.0-only
/*
 * The call queue: its life. Slots for calls, each a call object as far as the
 * contract goes, behind one file; two rings that user space shares (ring.c); and
 * who begins calls in it (client.c). What becomes of a slot:
 *
 *	FREE			on its list, or an ENTER has it	queue's lock
 *	FREE -> QUEUED		it is in a lane			interface's
 *	FREE -> QUEUED -> RUNNING the ENTER runs it itself	interface's
 *	DONE -> RUNNING		it was read, and so does the next	queue's
 *	FREE -> CALL		it has a call of its own	queue's
 *	QUEUED -> RUNNING	a drain, or who cancels, has it	interface's
 *	RUNNING -> DONE		its client is told		queue's
 *	CALL -> DONE		its call is DONE		queue's
 *	any -> FREE		finished, refused or closed	queue's
 *
 * Who has taken a slot out of a list writes to it until he has put it into the
 * next. One of its own is as its call is, which knows its slot until it is
 * DONE, or the queue closed.
 *
 * Locks: call->lock, inside it queue->lock (irqs off), inside it only wait
 * queues and the accounts. Not inside the interface's lock, nor that inside it.
 *
 * References: the file has one, each client one. The last client of a closed queue
 * goes with its last slot, so what runs on keeps the memory that it writes to.
 */
#include <linux/slab.h>

#include "debug/delay.h"
#include "interface.h"
#include "ledger.h"
#include "queue/queue.h"
#include "session.h"
#include "trace/trace.h"
#include "user/limits.h"

/*
 * Methods that need no call of their own: bounded, without a hook that would want
 * one, and with nothing that a slot has no room for. No output, since that is what
 * .prepare allocates.
 */
static bool is_short(const struct acall_method *method)
{
	return method->name && method->caps & ACALL_CAP_SHORT &&
	       !(method->caps & ACALL_CAP_INLINE) && method->run &&
	       !method->prepare && !method->cancel &&
	       !method->cancel_sleepable && !method->release &&
	       !method->priv_size && !method->files_min &&
	       !method->files_out && method->in_size <= ACALL_SUBMISSION_BYTES;
}

/* The interface is pinned. */
static int find_shorts(struct acall_queue *queue)
{
	const struct acall_interface *iface = queue->iface;
	u32 i;

	queue->shorts = kvcalloc(iface->nr_methods, sizeof(*queue->shorts),
				 GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!queue->shorts)
		return -ENOMEM;
	for (i = 0; i < iface->nr_methods; i++)
		if (is_short(&iface->desc->methods[i]))
			queue->shorts[i] = (struct acall_short){
				.grace_ns = iface->desc->methods[i].grace_ns,
				.caps = acall_method_caps(&iface->desc->methods[i]),
			};
	return 0;
}

static int open_session(struct acall_queue *queue)
{
	int ret = acall_interface_pin(queue->iface);

	if (ret)
		return ret;
	acall_delay(ACALL_AT_CREATE_PINNED);
	ret = find_shorts(queue);
	if (!ret)
		ret = acall_session_open(queue->iface, &queue->session);
	acall_interface_unpin(queue->iface, NULL);
	return ret;
}

static int make_slots(struct acall_queue *queue, u32 nr)
{
	u32 i;

	queue->slots = kvcalloc(nr, sizeof(*queue->slots), GFP_KERNEL_ACCOUNT |
				__GFP_NOWARN);
	if (!queue->slots)
		return -ENOMEM;
	queue->nr_slots = nr;
	for (i = 0; i < nr; i++) {
		struct acall_slot *slot = &queue->slots[i];

		slot->handle = ACALL_SLOT_GENERATION | i;
		list_add_tail(&slot->list, &queue->free);
		if (!(i % 1024))
			cond_resched();
	}
	queue->nr_free = nr;
	return 0;
}

/* Whatever of it there is. */
static void free_queue(struct acall_queue *queue)
{
	acall_session_put(queue->iface, queue->session);
	kvfree(queue->shorts);
	kvfree(queue->slots);
	acall_rings_destroy(&queue->rings);
	if (queue->payer) {
		acall_uncharge(queue->payer, 0, queue->charged);
		acall_payer_put(queue->payer);
	}
	if (queue->ledger)
		acall_ledger_put(queue->ledger);
	acall_interface_put(queue->iface);
	kfree(queue);
}

static int fill(struct acall_queue *queue, u32 slots, u32 entries)
{
	u64 bytes;
	int ret;

	queue->ledger = acall_ledger_create();
	if (!queue->ledger)
		return -ENOMEM;
	queue->payer = acall_payer_get_current(NULL);
	if (!queue->payer)
		return -ENOMEM;
	bytes = sizeof(*queue) + (u64)slots * sizeof(*queue->slots) +
		acall_rings_cost(entries, slots);
	ret = acall_charge(queue->payer, 0, bytes);
	if (ret)
		return ret;
	queue->charged = bytes;
	ret = make_slots(queue, slots);
	if (!ret)
		ret = acall_rings_create(&queue->rings, entries, slots);
	return ret ?: open_session(queue);
}

/**
 * acall_queue_create - make an empty queue
 * @iface: its interface
 * @version: the version of it
 * @slots: how many calls it can hold
 * @entries: of the submission ring, a power of two
 * @detach: the last close does not cancel (C4)
 *
 * Context: process, may sleep.
 * Return: the queue, or an ERR_PTR: -ENOMEM, -EDQUOT, -EAGAIN, -EINTR, -ENODEV, or
 * what the provider refuses with.
 */
struct acall_queue *acall_queue_create(struct acall_interface *iface,
				       u32 version, u32 slots, u32 entries,
				       bool detach)
{
	struct acall_queue *queue;
	int ret;

	queue = kzalloc(sizeof(*queue), GFP_KERNEL_ACCOUNT);
	if (!queue)
		return ERR_PTR(-ENOMEM);
	refcount_set(&queue->ref, 1);
	acall_interface_get(iface);
	queue->iface = iface;
	queue->version = version;
	queue->detach = detach;
	/* None: user space cannot name that one. */
	queue->usual = U64_MAX;
	spin_lock_init(&queue->lock);
	INIT_LIST_HEAD(&queue->free);
	INIT_LIST_HEAD(&queue->posted);
	init_waitqueue_head(&queue->wait);
	init_waitqueue_head(&queue->each);
	ret = fill(queue, slots, entries);
	if (ret) {
		free_queue(queue);
		return ERR_PTR(ret);
	}
	acall_queues_add(queue);
	return queue;
}

void acall_queue_get(struct acall_queue *queue)
{
	refcount_inc(&queue->ref);
}

bool acall_queue_tryget(struct acall_queue *queue)
{
	return refcount_inc_not_zero(&queue->ref);
}

/* Context: process, may sleep. */
void acall_queue_put(struct acall_queue *queue)
{
	if (!refcount_dec_and_test(&queue->ref))
		return;
	acall_queues_del(queue);
	free_queue(queue);
}

/* A slot nobody is going to be told about any more. */
static void close_slot(struct acall_queue *queue, struct acall_slot *slot,
		       struct acall_tally *tally)
{
	struct acall_call *call = NULL;

	spin_lock_irq(&queue->lock);
	switch (acall_slot_state(slot)) {
	case ACALL_SLOT_CALL:
	case ACALL_SLOT_DONE:
		call = slot->call;
		slot->call = NULL;
		/* If not for its call, it can be used by nobody now. */
		if (!call) {
			acall_trace_slot_over(slot, ACALL_EVENT_DROP);
			acall_slot_free(queue, slot, !slot->own, tally);
			acall_tally_flush(tally);
		}
		break;
	default:
		/* Freed, or in a lane, or being told about. */
		break;
	}
	spin_unlock_irq(&queue->lock);
	if (!call)
		return;
	/* From then on it does not know the slot. */
	acall_call_drop(call, queue->detach);
	spin_lock_irq(&queue->lock);
	acall_slot_free(queue, slot, false, tally);
	acall_tally_flush(tally);
	spin_unlock_irq(&queue->lock);
}

/**
 * acall_queue_close - the last close
 * @queue: the queue; nobody is in an operation on it
 *
 * Cancels what is pending, or not if it is detached, and leaves; never blocks (C4).
 */
void acall_queue_close(struct acall_queue *queue)
{
	struct acall_client *client;
	struct acall_tally tally;
	u32 i;

	acall_tally_init(&tally);
	spin_lock_irq(&queue->lock);
	queue->closed = true;
	client = queue->client;
	queue->client = NULL;
	spin_unlock_irq(&queue->lock);

	acall_queue_cancel_queued(queue);
	for (i = 0; i < queue->nr_slots; i++) {
		if (acall_slot_state(&queue->slots[i]) != ACALL_SLOT_FREE)
			close_slot(queue, &queue->slots[i], &tally);
		if (!(i % 256))
			cond_resched();
	}
	spin_lock_irq(&queue->lock);
	if (client && !--client->refs)
		list_add(&client->dead, &tally.dead);
	spin_unlock_irq(&queue->lock);
	acall_clients_free(&tally.dead);
	acall_queue_put(queue);
}
