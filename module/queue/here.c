// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ENTER that waits for the one short call it begins, while nothing else is
 * pending, runs that call itself (S3).
 *
 * Nearly always it has read the completion of its last one, and has no other; then
 * the slot of that becomes the slot of this, with its charge and its reference on the
 * client, under one lock. Whatever is not so goes the way of all others (begin.c), who
 * see to what is due first, and run it here too if they may.
 *
 * Locks: the interface's for the pin, the queue's for the slot, one after the other,
 * and none over the method (P6). The method is lent the second of the client's two
 * calls: one at a time is begun here, as none else is pending until it is DONE.
 *
 * The race it is about is a call that is begun here against its interface's
 * unregistration: as in BEGIN, whoever has the pin before @gone is set runs, and
 * unregistration waits until the client was told.
 */
#include <linux/sched/signal.h>

#include "debug/delay.h"
#include "interface.h"
#include "queue/entry.h"
#include "queue/queue.h"
#include "trace/trace.h"
#include "user/limits.h"

/*
 * Return: the slot of the one call whose completion is in the ring, if it has been
 * read and may be another's now; NULL: there is more to it.
 */
static struct acall_slot *last_one(struct acall_queue *queue)
{
	const struct acall_ring *ring = queue->rings.ring;
	struct acall_client *client = queue->client;
	struct acall_slot *slot;

	lockdep_assert_held(&queue->lock);

	if (queue->pending || queue->sub_users ||
	    queue->comp_tail - queue->comp_head != 1 ||
	    /* Acquire: it is written anew only after that. */
	    smp_load_acquire(&ring->completion_head) != queue->comp_tail)
		return NULL;
	slot = list_first_entry(&queue->posted, struct acall_slot, list);
	if (slot->client != client || slot->special ||
	    !acall_client_is_current(client))
		return NULL;
	return slot;
}

/* Return: the slot, RUNNING; NULL: nothing has changed. */
static struct acall_slot *begin_again(struct acall_queue *queue)
{
	struct acall_rings *rings = &queue->rings;
	u32 mask = rings->nr_submissions - 1;
	struct acall_submission *entry;
	struct acall_entry read;
	struct acall_slot *slot;
	u32 there;

	lockdep_assert_held(&queue->lock);

	/* Acquire: what has been filled before that. */
	there = smp_load_acquire(&rings->ring->submission_tail) -
		queue->sub_head;
	if (!there || there > rings->nr_submissions)
		return NULL;
	slot = last_one(queue);
	if (!slot || !acall_charge_in_bounds(slot->client->payer))
		return NULL;
	entry = &rings->submissions[queue->sub_head & mask];
	read = acall_entry_read(entry);
	if (!acall_entry_is_short(&read, slot, entry, queue))
		return NULL;

	acall_trace_slot_over(slot, ACALL_EVENT_CONSUME);
	list_del(&slot->list);
	slot->handle += ACALL_SLOT_GENERATION;
	acall_entry_fill(slot, &read, entry, queue->client,
			 acall_table_new_ids(1), ++queue->begun,
			 ktime_get_ns(), ACALL_SLOT_RUNNING);
	acall_trace_slot_here(queue, slot);
	WRITE_ONCE(queue->comp_head, queue->comp_tail);
	queue->sub_head++;
	/* Who reads it with acquire may fill the entry again. */
	smp_store_release(&rings->ring->submission_head, queue->sub_head);
	queue->pending = 1;
	atomic_inc(&queue->shorts_live);
	acall_count(ACALL_COUNT_ACCEPTED, 1);
	acall_calls_add_executions(1);
	return slot;
}

/* Runs a slot that is RUNNING, and nobody else's; the pin is given back. */
static void run(struct acall_queue *queue, struct acall_slot *slot)
{
	struct acall_interface *iface = queue->iface;

	acall_drain_here(slot);
	acall_slot_tell_here(queue, slot);
	acall_calls_add_executions(-1);
	acall_delay(ACALL_AT_UNPIN);
	/* Unregistration ends after the client was told. */
	spin_lock_irq(&iface->lock);
	acall_interface_unpin_locked(iface, 1);
	spin_unlock_irq(&iface->lock);
}

/**
 * acall_queue_run_here - run what has been begun for who waits for it
 * @queue: the queue
 * @slots: a list of one, RUNNING, pinned; empty afterwards
 *
 * Context: ENTER.
 */
void acall_queue_run_here(struct acall_queue *queue, struct list_head *slots)
{
	struct acall_slot *slot = list_first_entry(slots, struct acall_slot,
						   list);

	list_del(&slot->list);
	run(queue, slot);
}

/**
 * acall_queue_enter_here - begin one short call and run it
 * @queue: the queue
 *
 * Context: ENTER, which waits for one completion.
 * Return: true: it is in the ring; false: nothing has been done.
 */
bool acall_queue_enter_here(struct acall_queue *queue)
{
	struct acall_interface *iface = queue->iface;
	struct acall_slot *slot;

	/* Nothing was read that it does not know of: then there is none to use anew. */
	if (READ_ONCE(queue->rings.ring->completion_head) ==
	    READ_ONCE(queue->comp_head))
		return false;
	if (fatal_signal_pending(current) || acall_interface_pin(iface))
		return false;
	acall_delay(ACALL_AT_ENTER_PINNED);
	spin_lock_irq(&queue->lock);
	slot = begin_again(queue);
	spin_unlock_irq(&queue->lock);
	if (!slot) {
		acall_interface_unpin(iface, NULL);
		return false;
	}
	acall_delay(ACALL_AT_ENTER_CLAIMED);
	run(queue, slot);
	return true;
}
