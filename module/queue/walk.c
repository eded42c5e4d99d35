// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slots seen from outside: QUERY of one, and all queues for LIST and CANCEL_ID
 * (X13). Calls of their own are in the table of calls (table.c); those of short
 * methods are in no table, which would cost more than they do: so whoever wants to see
 * them looks at every slot of every queue.
 *
 * Locks: queues_lock, a mutex, for the list of queues, which holds no reference: who
 * finds one takes it, unless the last is gone. The queue's for a slot: what is written
 * before it is published in its state is read after that, and what a drain
 * writes when it is DONE.
 */
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>

#include "queue/queue.h"

static DEFINE_MUTEX(queues_lock);
static LIST_HEAD(queues);		/* by rising serial */
static u64 last_serial;
static u32 nr_queues;

void acall_queues_add(struct acall_queue *queue)
{
	mutex_lock(&queues_lock);
	queue->serial = ++last_serial;
	list_add_tail(&queue->all, &queues);
	WRITE_ONCE(nr_queues, nr_queues + 1);
	mutex_unlock(&queues_lock);
}

void acall_queues_del(struct acall_queue *queue)
{
	mutex_lock(&queues_lock);
	list_del(&queue->all);
	WRITE_ONCE(nr_queues, nr_queues - 1);
	mutex_unlock(&queues_lock);
}

u32 acall_queues_count(void)
{
	return READ_ONCE(nr_queues);
}

/* The first one from @queue on that is not on its way out. */
static struct acall_queue *first_alive(struct acall_queue *queue)
{
	lockdep_assert_held(&queues_lock);

	list_for_each_entry_from(queue, &queues, all)
		if (acall_queue_tryget(queue))
			return queue;
	return NULL;
}

/**
 * acall_queues_after - a queue by when it was made
 * @serial: 0, or the serial number of one that may have gone
 *
 * Return: the first that was made after that, with a reference, or NULL.
 */
struct acall_queue *acall_queues_after(u64 serial)
{
	struct acall_queue *queue;

	mutex_lock(&queues_lock);
	list_for_each_entry(queue, &queues, all)
		if (queue->serial > serial)
			break;
	queue = first_alive(queue);
	mutex_unlock(&queues_lock);
	return queue;
}

/**
 * acall_queues_next - walk over all queues
 * @queue: the last one, with a reference, which is put
 *
 * Return: the next one with a reference, or NULL.
 */
struct acall_queue *acall_queues_next(struct acall_queue *queue)
{
	struct acall_queue *next;

	mutex_lock(&queues_lock);
	next = first_alive(list_next_entry(queue, all));
	mutex_unlock(&queues_lock);
	acall_queue_put(queue);
	return next;
}

static bool has_id(struct acall_queue *queue, struct acall_slot *slot, u64 id,
		   u64 *handle)
{
	bool has;

	spin_lock_irq(&queue->lock);
	has = acall_slot_named(slot, slot->handle) && !slot->own &&
	      slot->id == id;
	*handle = slot->handle;
	spin_unlock_irq(&queue->lock);
	return has;
}

/* Return: 1 = it is here, 0 = it is not, -EINTR: the caller was killed. */
static int find(struct acall_queue *queue, u64 id, u64 *handle)
{
	u32 i;

	for (i = 0; i < queue->nr_slots; i++) {
		/* A look without the lock: most are another's, or nobody's. */
		if (READ_ONCE(queue->slots[i].id) == id &&
		    has_id(queue, &queue->slots[i], id, handle))
			return 1;
		if (!(i % 1024)) {
			if (fatal_signal_pending(current))
				return -EINTR;
			cond_resched();
		}
	}
	return 0;
}

/**
 * acall_queues_find - a call of a short method by its id
 * @id: the id
 * @handle: its name
 *
 * Return: its queue with a reference; NULL if there is none; -EINTR: killed.
 */
struct acall_queue *acall_queues_find(u64 id, u64 *handle)
{
	struct acall_queue *queue = acall_queues_after(0);
	int ret;

	while (queue) {
		ret = find(queue, id, handle);
		if (ret > 0)
			return queue;
		if (ret) {
			acall_queue_put(queue);
			return ERR_PTR(ret);
		}
		queue = acall_queues_next(queue);
	}
	return NULL;
}

static void fill(struct acall_slot_snapshot *snap, const struct acall_slot *slot,
		 enum acall_slot_state state)
{
	const struct acall_client *client = slot->client;
	const struct acall_short *method;

	method = &client->queue->shorts[slot->method_nr];
	memset(snap, 0, sizeof(*snap));
	snap->handle = slot->handle;
	snap->id = slot->id;
	snap->user_data = slot->user_data;
	snap->method_nr = slot->method_nr;
	snap->caps = method->caps;
	snap->grace_ns = method->grace_ns;
	snap->no_cancel = slot->no_cancel;
	snap->closed = client->queue->closed;
	snap->begin_ns = slot->begin_ns;
	snap->owner_uid = client->owner_uid;
	snap->guarded = client->guarded;
	snap->owner = get_pid(client->owner);
	switch (state) {
	case ACALL_SLOT_QUEUED:
		snap->state = ACALL_STATE_QUEUED;
		return;
	case ACALL_SLOT_DONE:
		break;
	default:
		/* What it comes to is being written. */
		snap->state = ACALL_STATE_RUNNING;
		return;
	}
	snap->state = ACALL_STATE_DONE;
	snap->outcome = slot->outcome;
	snap->reason = slot->reason;
	snap->status = slot->status;
	snap->end_ns = slot->end_ns;
	if (slot->outcome != ACALL_OUTCOME_NEVER_STARTED) {
		snap->start_ns = slot->start_ns;
		if (slot->unusual) {
			snap->result = slot->result;
			snap->progress = slot->progress;
			snap->total = slot->total;
		}
	}
	if (slot->reason == ACALL_REASON_NONE)
		return;
	snap->cancel_ns = slot->end_ns;
	snap->cancel_tgid = pid_vnr(slot->other ? slot->cancel_pid :
						  client->owner);
}

/**
 * acall_slot_look - a consistent picture of a slot
 * @queue: its queue
 * @slot: the slot
 * @handle: which call it must have, 0 = whichever
 * @snap: written, if it is a short one; acall_slot_look_end() it
 * @call: its own call with a reference, or NULL
 *
 * Return: 0, or -ESRCH: it has no call, or another one.
 */
int acall_slot_look(struct acall_queue *queue, struct acall_slot *slot,
		    u64 handle, struct acall_slot_snapshot *snap,
		    struct acall_call **call)
{
	int ret = -ESRCH;

	*call = NULL;
	spin_lock_irq(&queue->lock);
	if (acall_slot_named(slot, handle ?: slot->handle)) {
		ret = 0;
		*call = slot->call;
		if (*call)
			acall_call_get(*call);
		else if (slot->own)
			ret = -ESRCH;
		else
			fill(snap, slot, acall_slot_state(slot));
	}
	spin_unlock_irq(&queue->lock);
	return ret;
}

void acall_slot_look_end(struct acall_slot_snapshot *snap)
{
	put_pid(snap->owner);
}
