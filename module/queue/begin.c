// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries of the submission ring become calls.
 *
 * An ENTER claims entries and free slots, as many of both as there are and as its
 * user may have calls; all that follows can only refuse single ones. Those of
 * short methods it puts into its lane in one go, under one lock and with one
 * wake-up. Others get calls of their own (dev/enter.c), as on a call object.
 *
 * The ring is user space's to write, so each word is read once, and what is decided
 * is decided on the copy (R-RING). Who has claimed an entry is the only one to read
 * it; user space learns that it may be filled again when all ENTERs are out of it.
 *
 * Locks: the queue's for claims, the interface's for lanes; not both at a time.
 *
 * The race it is about is a call that is begun against its interface's
 * unregistration: it comes into its lane with its pin, in one go with the look at
 * @gone, so the sweep that follows finds it there.
 */
#include <linux/sched/signal.h>

#include "debug/delay.h"
#include "interface.h"
#include "ledger.h"
#include "queue/entry.h"
#include "queue/queue.h"
#include "runner.h"
#include "trace/trace.h"
#include "user/limits.h"

static_assert(ACALL_BATCH <= ACALL_MAX_NEW_IDS);

/**
 * acall_batch_entry - the entry of a batch that is not a short method's
 * @queue: the queue
 * @batch: claimed
 * @slot: of @batch->others, or was
 */
struct acall_submission *acall_batch_entry(struct acall_queue *queue,
					   const struct acall_batch *batch,
					   const struct acall_slot *slot)
{
	u32 mask = queue->rings.nr_submissions - 1;
	u32 i = slot->nth - batch->nth;

	return &queue->rings.submissions[(batch->first + i) & mask];
}

/*
 * Return: 0; -ENOENT: it is somebody else who begins now; -ENOBUFS: no slot is free;
 * or as acall_queue_claim().
 */
static int claim_locked(struct acall_queue *queue, struct acall_batch *batch,
			u32 want, u32 wait, bool exempt,
			struct acall_tally *tally)
{
	u32 unread = queue->comp_tail - queue->comp_head;
	/* Acquire: what has been filled before that. */
	u32 tail = smp_load_acquire(&queue->rings.ring->submission_tail);
	u32 there = tail - queue->sub_head;
	struct acall_client *client = queue->client;
	struct list_head *end;
	int why = 0;
	u32 over;

	lockdep_assert_held(&queue->lock);

	if (there > queue->rings.nr_submissions)
		return -EINVAL;
	want = min3(want, there, (u32)ACALL_BATCH);
	if (!want)
		return 0;
	if (!client || !acall_client_is_current(client))
		return -ENOENT;
	if (!queue->nr_free)
		return -ENOBUFS;
	/* Nearly always as many of his are over as begin; others' make room too. */
	if (tally->client != client)
		acall_tally_flush(tally);
	over = tally->charged;
	want = acall_charge_calls(client->payer, min(want, queue->nr_free),
				  over, exempt, &why);
	tally->charged = 0;
	if (!want)
		return why;

	batch->here = want == 1 && !queue->pending && unread < wait;
	/* With more, somebody may read one before the others are there. */
	batch->enough = batch->here && wait == 1;
	batch->client = client;
	batch->nr = want;
	batch->first = queue->sub_head;
	batch->nth = queue->begun + 1;
	/* Its slots' and the batch's. */
	client->refs += want + 1;
	queue->sub_head += want;
	queue->sub_users++;
	queue->begun += want;
	queue->pending += want;
	queue->nr_free -= want;
	for (end = queue->free.next; want; want--)
		end = end->next;
	list_cut_before(&batch->shorts, &queue->free, end);
	return 0;
}

/* Current is the one who begins from now on. */
static int change_client(struct acall_queue *queue)
{
	struct acall_client *client = acall_client_create(queue), *old;
	struct acall_tally tally;

	if (IS_ERR(client))
		return PTR_ERR(client);
	acall_tally_init(&tally);
	spin_lock_irq(&queue->lock);
	old = queue->client;
	queue->client = client;
	if (old && !--old->refs)
		list_add(&old->dead, &tally.dead);
	spin_unlock_irq(&queue->lock);
	acall_clients_free(&tally.dead);
	return 0;
}

/**
 * acall_queue_claim - take entries and slots for them
 * @queue: the queue
 * @batch: written; acall_queue_unclaim() it if it has any
 * @want: how many, at most
 * @wait: how many unread completions the caller is going to wait for
 * @reap: finish those whose completions have been read, first
 *
 * Return: 0, also if there are no entries; -EINVAL: a head or tail is out of bounds;
 * -EAGAIN, -EDQUOT, -ENOMEM, -ENODEV, -EINTR (killed).
 */
int acall_queue_claim(struct acall_queue *queue, struct acall_batch *batch,
		      u32 want, u32 wait, bool reap)
{
	struct acall_tally tally;
	bool exempt = false;
	LIST_HEAD(calls);
	int ret, rest;

	batch->nr = 0;
	batch->nr_refused = 0;
	batch->here = false;
	batch->enough = false;
	INIT_LIST_HEAD(&batch->others);
	INIT_LIST_HEAD(&batch->refused);
	acall_tally_init(&tally);
	for (;;) {
		ret = acall_interface_gone(queue->iface) ? -ENODEV :
		      fatal_signal_pending(current) ? -EINTR : 0;
		if (ret)
			break;
		/* Both under one lock, and with one look at the accounts. */
		spin_lock_irq(&queue->lock);
		rest = reap ? acall_queue_reap_some(queue, &calls, &tally) : 0;
		if (likely(!rest && list_empty(&calls)))
			ret = claim_locked(queue, batch, want, wait, exempt,
					   &tally);
		acall_tally_flush(&tally);
		spin_unlock_irq(&queue->lock);
		if (unlikely(rest || !list_empty(&calls))) {
			reap = false;
			ret = acall_queue_reap(queue, &calls);
			if (ret)
				break;
			continue;
		}
		reap = false;
		if (ret == -ENOENT) {
			ret = change_client(queue);
			if (ret)
				break;
			continue;
		}
		/* Nothing that a capability would help with. */
		if (ret == -ENOBUFS) {
			ret = -EAGAIN;
			break;
		}
		if (!ret || exempt || ret == -EINVAL || !acall_charge_exempt())
			break;
		exempt = true;
	}
	if (unlikely(reap))
		ret = acall_queue_reap(queue, &calls) ?: ret;
	acall_clients_free(&tally.dead);
	return ret;
}

/* What all calls of a batch have in common, and what one of them has. */
struct filling {
	struct acall_client *client;
	bool pinned;
	u64 now;
	u64 id;
	u64 nth;
};

/*
 * One that is not as the one before: it has flags or input, or is another method's.
 * Not inline: what is kept in registers is for those that are.
 * Return: false: it needs a call of its own, or is wrong, and was set aside.
 */
static noinline bool fill_other(struct acall_queue *queue,
				struct acall_batch *batch,
				struct acall_slot *slot,
				struct acall_submission *entry,
				struct acall_entry read, struct filling as)
{
	if (!as.pinned || !acall_entry_is_short(&read, slot, entry, queue)) {
		slot->nth = as.nth;
		list_move_tail(&slot->list, &batch->others);
		return false;
	}
	acall_entry_fill(slot, &read, entry, as.client, as.id, as.nth, as.now,
			 ACALL_SLOT_QUEUED);
	queue->usual = read.method;
	return true;
}

/*
 * Fills the slots; those of others, which need calls of their own or are wrong, are
 * taken off the list: all of them, if the interface has gone and is not @pinned.
 * Return: how many are left.
 */
static u32 fill_slots(struct acall_queue *queue, struct acall_batch *batch,
		      bool pinned)
{
	/* Kept where the stores below do not reach. */
	struct acall_submission *entries = queue->rings.submissions;
	const u32 mask = queue->rings.nr_submissions - 1;
	/* None is as the last one was, if nothing is to begin. */
	u64 method = pinned ? queue->usual : U64_MAX;
	struct acall_client *client = batch->client;
	u64 id = acall_table_new_ids(batch->nr);
	u64 now = ktime_get_ns();
	u64 nth = batch->nth;
	u32 at = batch->first, end = at + batch->nr;
	u32 nr = batch->nr;
	struct acall_slot *slot, *next;

	slot = list_first_entry(&batch->shorts, struct acall_slot, list);
	for (; at != end; at++, id++, nth++, slot = next) {
		struct acall_submission *entry = &entries[at & mask];
		struct acall_entry read = acall_entry_read(entry);

		next = list_next_entry(slot, list);
		if (likely(read.method == method &&
			   acall_entry_is_plain(&read))) {
			read = (struct acall_entry){ .method = method };
			acall_entry_fill(slot, &read, entry, client, id, nth,
					 now, ACALL_SLOT_QUEUED);
			continue;
		}
		if (!fill_other(queue, batch, slot, entry, read,
				(struct filling){ client, pinned, now, id,
						  nth }))
			nr--;
		else
			method = queue->usual;
	}
	return nr;
}

static void count_live(struct acall_queue *queue, int nr)
{
	acall_calls_add_executions(nr);
	atomic_add(nr, &queue->shorts_live);
}

/**
 * acall_queue_begin_shorts - begin those entries that are short methods'
 * @queue: the queue
 * @batch: claimed; those of others come to @batch->others
 *
 * If the caller runs the one call of the batch it has run when this returns. Else
 * somebody is to be woken: acall_queue_kick().
 */
void acall_queue_begin_shorts(struct acall_queue *queue,
			      struct acall_batch *batch)
{
	struct acall_interface *iface = queue->iface;
	struct acall_lane *lane = batch->client->lane;
	bool pinned;
	u32 nr;

	count_live(queue, batch->nr);
	acall_delay(ACALL_AT_ENTER_CLAIMED);

	spin_lock_irq(&iface->lock);
	pinned = !iface->gone && acall_interface_pin_locked(iface, batch->nr);
	nr = fill_slots(queue, batch, pinned);
	if (pinned && nr < batch->nr)
		acall_interface_unpin_locked(iface, batch->nr - nr);
	/* Before anybody can count them as started. */
	acall_count(ACALL_COUNT_ACCEPTED, nr);
	acall_trace_slots_begun(queue, &batch->shorts, batch->here);
	if (!batch->here) {
		list_splice_tail_init(&batch->shorts, &lane->shorts);
		acall_lane_update_shorts(iface, lane);
	} else if (nr) {
		/* It is in no lane, and who would take it out waits for this lock. */
		acall_slot_set(list_first_entry(&batch->shorts,
						struct acall_slot, list),
			       ACALL_SLOT_RUNNING);
	}
	spin_unlock_irq(&iface->lock);
	if (nr < batch->nr)
		count_live(queue, nr - batch->nr);

	if (!batch->here)
		return;
	if (nr) {
		acall_queue_run_here(queue, &batch->shorts);
	} else {
		batch->here = false;
		batch->enough = false;
	}
}

/**
 * acall_queue_kick - have the short calls run that were begun
 * @queue: the queue
 *
 * Not before there is nothing left to do but to wait, since whoever is woken may
 * take the processor from who has others to begin.
 *
 * Return: true if somebody was woken.
 */
bool acall_queue_kick(struct acall_queue *queue)
{
	struct acall_interface *iface = queue->iface;
	bool woken;

	spin_lock_irq(&iface->lock);
	woken = acall_runner_kick(iface);
	spin_unlock_irq(&iface->lock);
	return woken;
}

/**
 * acall_queue_begin_call - begin one that has a call of its own
 * @queue: the queue
 * @batch: claimed
 * @slot: its slot
 * @call: prepared, seen by nobody else
 *
 * The counterpart of acall_object_begin(), but nobody else can be faster. What
 * the claim was charged is returned before the call is charged itself.
 */
void acall_queue_begin_call(struct acall_queue *queue,
			    struct acall_batch *batch, struct acall_slot *slot,
			    struct acall_call *call)
{
	slot->client = batch->client;
	call->handle = slot->handle;
	call->in_queue = queue;
	acall_call_publish(call, NULL, queue->ledger);

	spin_lock_irq(&queue->lock);
	slot->call = call;
	WRITE_ONCE(slot->id, call->id);
	slot->user_data = call->user_data;
	slot->method_nr = call->method_nr;
	slot->reason = ACALL_REASON_NONE;
	slot->special = 0;
	slot->own = true;
	acall_slot_set(slot, ACALL_SLOT_CALL);
	spin_unlock_irq(&queue->lock);

	acall_delay(ACALL_AT_BEGIN_PUBLISHED);
	acall_table_add(call);
	acall_delay(ACALL_AT_BEGIN_LISTED);
	if (call->deadline != U64_MAX)
		acall_call_begin_deadline(call);
	acall_delay(ACALL_AT_BEGIN_ENQUEUE);
	/* Its ENTER kicks, when it has begun all. */
	acall_runner_enqueue(call, true);
}

/**
 * acall_queue_unclaim - an ENTER is out of the ring
 * @queue: the queue
 * @batch: claimed; the slots of those that were refused are given back
 */
void acall_queue_unclaim(struct acall_queue *queue, struct acall_batch *batch)
{
	struct acall_client *client = batch->client;
	struct acall_tally tally;

	acall_tally_init(&tally);
	spin_lock_irq(&queue->lock);
	if (batch->nr_refused) {
		/* Nobody has been told their handles. */
		list_splice(&batch->refused, &queue->free);
		queue->nr_free += batch->nr_refused;
		queue->pending -= batch->nr_refused;
	}
	/* Those of the refused, and the batch's; their charge was returned. */
	tally.client = client;
	tally.slots = batch->nr_refused + 1;
	acall_tally_flush(&tally);
	/* All are out of them. */
	if (!--queue->sub_users)
		/* Who reads it with acquire may fill the entries again. */
		smp_store_release(&queue->rings.ring->submission_head,
				  queue->sub_head);
	if (batch->nr_refused && !queue->pending) {
		wake_up_all(&queue->wait);
		acall_queue_wake_each(queue, 0);
	}
	spin_unlock_irq(&queue->lock);
	acall_clients_free(&tally.dead);
}
