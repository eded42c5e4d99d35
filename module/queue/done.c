// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of a queue that are DONE: who is told, what he has read, and who waits.
 *
 * There is one completion for each slot that was begun, and the ring has at least as
 * many entries as the queue slots, and a slot is used again only when its completion
 * was read: so there is always room, and to complete cannot fail (R-SLOT). What is
 * in the ring is written here and never read again; which slot comes next is on a
 * list of our own (R-RING).
 *
 * Lock: the queue's. A waiter queues himself, then looks under the lock, and who
 * completes looks for waiters under it: so one of both sees the other. Wake-ups are
 * for those who have what they wait for.
 *
 * The race it is about is the reading of completions against FINISH of the same
 * calls: of both, and of several FINISHes, one consumes; the slot is free when its
 * completion was read, and FINISH has been had if there was something to give.
 */
#include <linux/sched/signal.h>

#include "compat.h"
#include "debug/delay.h"
#include "interface.h"
#include "ledger.h"
#include "queue/queue.h"
#include "trace/trace.h"
#include "wait/alarm.h"

/* As far as the tail may go without waking anybody. */
#define NOBODY_WAITS	0x7fffffff

/* The slots of so many completions are freed with interrupts off. */
#define REAP_SLICE	128

/**
 * acall_queue_wake_each - something has changed
 * @queue: the queue, its lock held
 * @key: what poll says now, besides that the provider has gone
 */
void acall_queue_wake_each(struct acall_queue *queue, __poll_t key)
{
	lockdep_assert_held(&queue->lock);

	/* Pairs with those in acall_queue_poll() and prepare_to_wait_event(). */
	if (!wq_has_sleeper(&queue->each))
		return;
	/* Only what is so: some take the key for the answer (W4). */
	if (acall_interface_gone(queue->iface) && !queue->pending)
		key |= EPOLLHUP;
	wake_up_poll(&queue->each, key);
}

static void publish(struct acall_queue *queue)
{
	struct acall_ring *ring = queue->rings.ring;

	lockdep_assert_held(&queue->lock);

	/* User space reads it with acquire, and then what is before. */
	smp_store_release(&ring->completion_tail, queue->comp_tail);
	/* Who waits has queued himself before he takes the lock and looks. */
	if (waitqueue_active(&queue->wait) &&
	    ((s32)(queue->comp_tail - queue->wake_at) >= 0 ||
	     !queue->pending)) {
		queue->wake_at = queue->comp_tail + NOBODY_WAITS;
		wake_up_all(&queue->wait);
	}
	acall_queue_wake_each(queue, EPOLLIN | EPOLLRDNORM);
}

static void tell_short(struct acall_completion *entry, struct acall_slot *slot,
		       u64 now)
{
	slot->end_ns = now;
	entry->user_data = slot->user_data;
	entry->handle = slot->handle;
	entry->call_id = slot->id;
	entry->status = slot->status;
	entry->outcome = ACALL_OUTCOME_COMPLETED;
	entry->result = 0;
	entry->tag = slot->tag;
	entry->progress = 0;
	entry->total = 0;
	entry->out_len = 0;
	entry->nr_files = 0;
	if (likely(!slot->unusual))
		return;
	entry->outcome = slot->outcome;
	if (slot->outcome == ACALL_OUTCOME_NEVER_STARTED)
		return;
	entry->result = slot->result;
	entry->progress = slot->progress;
	entry->total = slot->total;
}

/* The last close is over: nobody is to be told. */
static int drop_some(struct acall_queue *queue, struct list_head *slots,
		     struct acall_tally *tally)
{
	struct acall_slot *slot, *next;
	int nr = 0;

	list_for_each_entry_safe(slot, next, slots, list) {
		if (slot->client->queue != queue)
			break;
		acall_trace_slot_told(slot);
		acall_trace_slot_over(slot, ACALL_EVENT_DROP);
		acall_slot_free(queue, slot, true, tally);
		nr++;
	}
	acall_tally_flush(tally);
	queue->pending -= nr;
	/* Who cancels one by its id waits for it. */
	acall_queue_wake_each(queue, 0);
	return nr;
}

/* Those of one queue. */
static int tell_some(struct acall_queue *queue, struct list_head *slots,
		     u64 now)
{
	/* Kept where the stores below do not reach. */
	struct acall_completion *entries = queue->rings.completions;
	const u32 mask = queue->rings.nr_completions - 1;
	const u32 tail = queue->comp_tail;
	struct acall_client *client = NULL;
	struct acall_slot *slot;
	LIST_HEAD(told);
	u32 nr = 0;

	list_for_each_entry(slot, slots, list) {
		if (slot->client != client) {
			client = slot->client;
			if (client->queue != queue)
				break;
		}
		tell_short(&entries[(tail + nr) & mask], slot, now);
		acall_slot_set(slot, ACALL_SLOT_DONE);
		nr++;
	}
	queue->comp_tail = tail + nr;
	/* Up to the first of another one, or the head. */
	list_cut_before(&told, slots, &slot->list);
	acall_trace_slots_told(&told);
	list_splice_tail(&told, &queue->posted);
	queue->pending -= nr;
	publish(queue);
	return nr;
}

/**
 * acall_slots_tell - short calls are over
 * @slots: a list of slots, RUNNING, of any queues; empty afterwards
 *
 * Context: process, no lock held. Queues and clients may be gone afterwards.
 * Return: when, in ns.
 */
u64 acall_slots_tell(struct list_head *slots)
{
	u64 now = ktime_get_ns();
	struct acall_tally tally;
	int nr = 0, some;

	acall_tally_init(&tally);
	while (!list_empty(slots)) {
		struct acall_queue *queue;

		queue = list_first_entry(slots, struct acall_slot,
					 list)->client->queue;
		spin_lock_irq(&queue->lock);
		some = unlikely(queue->closed) ?
		       drop_some(queue, slots, &tally) :
		       tell_some(queue, slots, now);
		atomic_sub(some, &queue->shorts_live);
		nr += some;
		spin_unlock_irq(&queue->lock);
	}
	acall_calls_add_executions(-nr);
	acall_clients_free(&tally.dead);
	return now;
}

/**
 * acall_slot_tell_here - the short call of who waits for it is over
 * @queue: its queue
 * @slot: RUNNING, on no list; DONE afterwards
 *
 * Context: ENTER, no lock held; so the queue is not closed.
 */
void acall_slot_tell_here(struct acall_queue *queue, struct acall_slot *slot)
{
	struct acall_rings *rings = &queue->rings;
	u64 now = ktime_get_ns();

	spin_lock_irq(&queue->lock);
	tell_short(&rings->completions[queue->comp_tail &
				       (rings->nr_completions - 1)], slot, now);
	acall_slot_set(slot, ACALL_SLOT_DONE);
	acall_trace_slot_told(slot);
	queue->comp_tail++;
	list_add_tail(&slot->list, &queue->posted);
	queue->pending--;
	atomic_dec(&queue->shorts_live);
	publish(queue);
	spin_unlock_irq(&queue->lock);
}

/**
 * acall_queue_tell - a call of its own is DONE
 * @queue: the queue
 * @call: the call, of a slot of it; its lock is held, and its state set
 *
 * Context: any but NMI.
 */
void acall_queue_tell(struct acall_queue *queue, struct acall_call *call)
{
	bool own = acall_word_phase(call->word) == ACALL_PHASE_COMPLETED &&
		   !call->ret;
	struct acall_slot *slot = acall_slot_of(queue, call->handle);
	struct acall_completion *entry;
	unsigned long flags;

	lockdep_assert_held(&call->lock);

	spin_lock_irqsave(&queue->lock, flags);
	entry = &queue->rings.completions[queue->comp_tail++ &
					  (queue->rings.nr_completions - 1)];
	entry->user_data = slot->user_data;
	entry->handle = slot->handle;
	entry->call_id = call->id;
	entry->status = acall_word_status(call->word, call->ret);
	entry->outcome = acall_word_outcome(call->word);
	entry->result = acall_word_result(call->word);
	entry->tag = slot->tag;
	entry->progress = call->end_progress;
	entry->total = call->end_total;
	entry->out_len = own ? call->out_len : 0;
	entry->nr_files = own ? call->nr_files_out : 0;
	slot->more = own && (call->out_len || call->nr_files_out);
	if (slot->more)
		entry->result |= ACALL_RESULT_MORE;
	queue->pending--;
	list_add_tail(&slot->list, &queue->posted);
	acall_slot_set(slot, ACALL_SLOT_DONE);
	publish(queue);
	spin_unlock_irqrestore(&queue->lock, flags);
}

/*
 * So many completions have been read. Nearly always their slots are those of short
 * calls of one client, which are free by that; then the list goes as a whole, and is
 * counted as a whole.
 */
static void reap(struct acall_queue *queue, u32 nr, struct list_head *calls,
		 struct acall_tally *tally)
{
	struct acall_client *client = tally->client;
	struct acall_slot *slot, *next;
	u32 free = 0, counted = 0, own = 0;
	LIST_HEAD(over);

	lockdep_assert_held(&queue->lock);

	/* There are as many in the list as in the ring. */
	slot = list_first_entry(&queue->posted, struct acall_slot, list);
	for (; nr; nr--, slot = next) {
		next = list_next_entry(slot, list);
		if (unlikely(slot->client != client)) {
			acall_tally_add(tally, client, free - counted, own);
			client = slot->client;
			counted = free;
			own = 0;
		}
		if (unlikely(slot->special)) {
			slot->read = true;
			if (slot->more && !slot->finished) {
				list_del_init(&slot->list);
				continue;
			}
			if (slot->call) {
				list_move_tail(&slot->list, calls);
				continue;
			}
			acall_slot_forget_other(slot);
			own += slot->own;
		}
		acall_slot_set(slot, ACALL_SLOT_FREE);
		slot->handle += ACALL_SLOT_GENERATION;
		free++;
	}
	acall_tally_add(tally, client, free - counted, own);
	queue->nr_free += free;
	list_cut_before(&over, &queue->posted, &slot->list);
	acall_trace_slots_over(&over);
	list_splice(&over, &queue->free);
}

/* That was all there is to be had of them. */
static void consume(struct acall_queue *queue, struct list_head *calls,
		    struct acall_tally *tally)
{
	struct acall_slot *slot, *next;
	LIST_HEAD(over);

	list_splice_init(calls, &over);
	list_for_each_entry(slot, &over, list) {
		acall_call_consume(slot->call);
		acall_call_put(slot->call);
	}
	spin_lock_irq(&queue->lock);
	list_for_each_entry_safe(slot, next, &over, list)
		acall_slot_free(queue, slot, false, tally);
	acall_tally_flush(tally);
	spin_unlock_irq(&queue->lock);
}

/**
 * acall_queue_reap_some - finish calls whose completions have been read
 * @queue: the queue, its lock held
 * @calls: those with a call of their own are put here, not finished yet
 * @tally: of the others; to be flushed before the lock is dropped
 *
 * Return: how many were left for another time, or -EINVAL: the ring's head is out of
 * bounds.
 */
int acall_queue_reap_some(struct acall_queue *queue, struct list_head *calls,
			  struct acall_tally *tally)
{
	/* Acquire: an entry that was read is written anew only after that. */
	u32 head = smp_load_acquire(&queue->rings.ring->completion_head);
	u32 left = head - queue->comp_head;
	u32 nr = min_t(u32, left, REAP_SLICE);

	lockdep_assert_held(&queue->lock);

	if (!left)
		return 0;
	if (left > queue->comp_tail - queue->comp_head)
		return -EINVAL;
	WRITE_ONCE(queue->comp_head, queue->comp_head + nr);
	reap(queue, nr, calls, tally);
	return left - nr;
}

/**
 * acall_queue_reap - finish the calls whose completions have been read
 * @queue: the queue
 * @calls: such calls that acall_queue_reap_some() has found before, or none
 *
 * Context: process, may sleep.
 * Return: 0, or -EINVAL: the ring's head is out of bounds.
 */
int acall_queue_reap(struct acall_queue *queue, struct list_head *calls)
{
	const u32 *head = &queue->rings.ring->completion_head;
	struct acall_tally tally;
	int left;

	/* All that was read has been finished: nothing to do. */
	if (list_empty(calls) && READ_ONCE(*head) == READ_ONCE(queue->comp_head))
		return 0;

	acall_tally_init(&tally);
	do {
		spin_lock_irq(&queue->lock);
		left = acall_queue_reap_some(queue, calls, &tally);
		acall_tally_flush(&tally);
		spin_unlock_irq(&queue->lock);
		if (!list_empty(calls))
			consume(queue, calls, &tally);
		acall_clients_free(&tally.dead);
		INIT_LIST_HEAD(&tally.dead);
		if (left > 0)
			cond_resched();
	} while (left > 0);
	return left;
}

/**
 * acall_queue_finish - try to be the one who finishes a call
 * @queue: the queue
 * @handle: of a call that was DONE
 *
 * Return: true for the one who does.
 */
bool acall_queue_finish(struct acall_queue *queue, u64 handle)
{
	struct acall_slot *slot = acall_slot_of(queue, handle);
	struct acall_call *call = NULL;
	struct acall_tally tally;
	bool won;

	acall_tally_init(&tally);
	acall_delay(ACALL_AT_FINISH);
	spin_lock_irq(&queue->lock);
	won = slot && acall_slot_named(slot, handle) &&
	      acall_slot_state(slot) == ACALL_SLOT_DONE;
	if (won) {
		call = slot->call;
		slot->call = NULL;
		acall_trace_slot_over(slot, ACALL_EVENT_CONSUME);
		slot->finished = true;
		if (slot->read)
			acall_slot_free(queue, slot, !slot->own, &tally);
		acall_tally_flush(&tally);
	}
	spin_unlock_irq(&queue->lock);
	if (call) {
		acall_call_consume(call);
		acall_call_put(call);
	}
	acall_clients_free(&tally.dead);
	return won;
}

/* User space's word for it, as long as it can be. */
static u32 unread(struct acall_queue *queue)
{
	u32 head = READ_ONCE(queue->rings.ring->completion_head);
	u32 nr = queue->comp_tail - head;

	lockdep_assert_held(&queue->lock);
	return min(nr, queue->comp_tail - queue->comp_head);
}

/* Return: 0: so many are there; -ESRCH: and will not be; -EAGAIN: not yet. */
static int look_nr(struct acall_queue *queue, u64 nr)
{
	u32 have, target;
	int ret = -EAGAIN;

	spin_lock_irq(&queue->lock);
	have = unread(queue);
	if (have >= nr) {
		ret = 0;
	} else if (!queue->pending) {
		ret = -ESRCH;
	} else {
		target = queue->comp_tail + ((u32)nr - have);
		if ((s32)(target - queue->wake_at) < 0)
			queue->wake_at = target;
	}
	spin_unlock_irq(&queue->lock);
	return ret;
}

/* Return: 0: what @handle names is DONE, or not there any more; -EAGAIN: not yet. */
static int look_slot(struct acall_queue *queue, u64 handle)
{
	struct acall_slot *slot = acall_slot_of(queue, handle);
	bool unfinished;

	spin_lock_irq(&queue->lock);
	unfinished = slot && acall_slot_named(slot, handle) &&
		     acall_slot_state(slot) != ACALL_SLOT_DONE;
	spin_unlock_irq(&queue->lock);
	return unfinished ? -EAGAIN : 0;
}

/* Sleeps as long as @look says -EAGAIN of @what; who changes that wakes @head. */
static int wait_for(struct acall_queue *queue, wait_queue_head_t *head,
		    int (*look)(struct acall_queue *queue, u64 what), u64 what,
		    u64 until)
{
	int ret, end;

	ret = look(queue, what);
	if (ret != -EAGAIN)
		return ret;
	acall_delay(ACALL_AT_WAIT);
	end = acall_wait_until(*head, (ret = look(queue, what)) != -EAGAIN,
			       TASK_INTERRUPTIBLE | TASK_FREEZABLE, until);
	return end ?: ret;
}

/**
 * acall_queue_wait - wait for completions
 * @queue: the queue
 * @nr: until so many are unread
 * @until: absolute CLOCK_MONOTONIC ns, U64_MAX = for ever
 *
 * Return: 0, -ESRCH, -ETIMEDOUT, -ERESTARTSYS.
 */
int acall_queue_wait(struct acall_queue *queue, u32 nr, u64 until)
{
	return wait_for(queue, &queue->wait, look_nr, nr, until);
}

/**
 * acall_queue_wait_slot - wait until one call is DONE
 * @queue: the queue
 * @handle: of one that was there; one that is not any more is DONE
 * @until: absolute CLOCK_MONOTONIC ns, U64_MAX = for ever
 *
 * Return: 0, -ETIMEDOUT, -ERESTARTSYS.
 */
int acall_queue_wait_slot(struct acall_queue *queue, u64 handle, u64 until)
{
	return wait_for(queue, &queue->each, look_slot, handle, until);
}

/*
 * Those that had begun when it was @begun, each in turn. What was looked at need not
 * be again: a slot that is used anew has a later call.
 */
static int wait_shorts(struct acall_queue *queue, u64 begun, u64 until)
{
	u32 i;
	int ret;

	for (i = 0; i < queue->nr_slots; i++) {
		struct acall_slot *slot = &queue->slots[i];
		bool wait;
		u64 handle;

		spin_lock_irq(&queue->lock);
		handle = slot->handle;
		wait = (acall_slot_state(slot) == ACALL_SLOT_QUEUED ||
			acall_slot_state(slot) == ACALL_SLOT_RUNNING) &&
		       slot->nth <= begun;
		spin_unlock_irq(&queue->lock);
		if (wait) {
			ret = acall_queue_wait_slot(queue, handle, until);
			if (ret)
				return ret;
		}
		if (!(i % REAP_SLICE))
			cond_resched();
	}
	return 0;
}

/**
 * acall_queue_wait_settled - wait until executions have ended (W6)
 * @queue: the queue
 * @handle: of one; 0 = all that have begun by now
 * @until: absolute CLOCK_MONOTONIC ns, U64_MAX = for ever
 *
 * Return: 0, -ETIMEDOUT, -ERESTARTSYS.
 */
int acall_queue_wait_settled(struct acall_queue *queue, u64 handle, u64 until)
{
	struct acall_slot *slot = acall_slot_of(queue, handle);
	struct acall_call *call = NULL;
	u64 calls, begun;
	int ret;

	if (!handle) {
		spin_lock_irq(&queue->lock);
		begun = queue->begun;
		calls = acall_ledger_begun(queue->ledger);
		spin_unlock_irq(&queue->lock);
		ret = wait_shorts(queue, begun, until);
		return ret ?: acall_ledger_wait_before(queue->ledger, calls,
						       until);
	}
	if (!slot)
		return 0;
	spin_lock_irq(&queue->lock);
	if (acall_slot_named(slot, handle) && slot->call) {
		call = slot->call;
		acall_call_get(call);
	}
	spin_unlock_irq(&queue->lock);
	/* It may have been finished, and run still. */
	if (!call)
		call = acall_ledger_find_handle(queue->ledger, handle);
	if (!call)
		return acall_queue_wait_slot(queue, handle, until);
	ret = acall_ledger_wait(queue->ledger, call, until);
	acall_call_put(call);
	return ret;
}

/**
 * acall_queue_poll - readiness
 * @queue: the queue
 * @file: its file
 * @pt: poll table
 */
__poll_t acall_queue_poll(struct acall_queue *queue, struct file *file,
			  poll_table *pt)
{
	__poll_t mask = 0;

	poll_wait(file, &queue->each, pt);
	poll_wait(file, &queue->iface->gone_wait, pt);
	/* Who wakes looks at the queue after the change: wq_has_sleeper(). */
	smp_mb();

	spin_lock_irq(&queue->lock);
	if (unread(queue))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (acall_interface_gone(queue->iface) && !queue->pending)
		mask |= EPOLLHUP;
	spin_unlock_irq(&queue->lock);
	return mask;
}
