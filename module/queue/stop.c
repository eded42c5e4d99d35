// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who wants a queue's calls to end: clients, one by one or by what they have in
 * common; the last close; unregistration and reboot. A call of its own is
 * cancelled as any other; of a slot in a lane the one who takes it out of there is
 * the one who ends it, and it never starts (X3). One that has been taken by a drain
 * is over in a moment: too late (X8).
 *
 * Lock: the interface's for what is in a lane, the queue's for what a handle names;
 * one after the other, so a slot may move on in between, and is looked for again.
 *
 * Sweeps look at each slot once, in slices (R-N2, R-SCAN).
 */
#include <linux/sched/signal.h>

#include "debug/delay.h"
#include "interface.h"
#include "queue/queue.h"
#include "runner.h"
#include "trace/trace.h"

#define SLICE	64

static_assert(ACALL_CANCELS <= 32);	/* bits of a word */

/* Nobody runs it any more: @by, which is current, wants it so. */
static __always_inline void take_out(struct acall_slot *slot, struct pid *by,
				     enum acall_reason reason,
				     struct list_head *out)
{
	lockdep_assert_held(&slot->client->lane->iface->lock);

	/* The slot's reference keeps its client, and so whose that is. */
	if (unlikely(by != slot->client->owner)) {
		slot->cancel_pid = get_pid(by);
		slot->other = true;
	}
	slot->unusual = true;
	slot->outcome = ACALL_OUTCOME_NEVER_STARTED;
	slot->reason = reason;
	slot->status = reason == ACALL_REASON_PROVIDER ? -ENODEV : -ECANCELED;
	list_bulk_move_tail(out, &slot->list, &slot->list);
	acall_slot_set(slot, ACALL_SLOT_RUNNING);
}

/* Tell their clients, then give back their pins. */
static void end(struct acall_interface *iface, struct list_head *out, u32 nr)
{
	if (!nr)
		return;
	acall_trace_slots_cancelled(out);
	acall_delay(ACALL_AT_SLOT_CANCEL);
	acall_count(ACALL_COUNT_NEVER_STARTED, nr);
	acall_slots_tell(out);
	spin_lock_irq(&iface->lock);
	acall_interface_unpin_locked(iface, nr);
	spin_unlock_irq(&iface->lock);
}

/* Is it in a lane, and the call of that name? */
static __always_inline bool is_queued(const struct acall_slot *slot, u64 handle)
{
	return acall_slot_state(slot) == ACALL_SLOT_QUEUED &&
	       slot->handle == handle;
}

/* One that is queued. Return: 0 or -EPERM. */
static __always_inline int cancel_queued(struct acall_slot *slot, struct pid *by,
					 enum acall_reason reason,
					 struct list_head *out)
{
	if (unlikely(slot->no_cancel) && reason == ACALL_REASON_CLIENT)
		return -EPERM;
	take_out(slot, by, reason, out);
	return 0;
}

/*
 * Of the lanes that slots are taken out of one after the other, @lane is the last; it
 * is brought up to date when another one comes, or none.
 */
static void lane_changed(struct acall_lane **lane, struct acall_lane *next)
{
	if (*lane == next)
		return;
	if (*lane)
		acall_lane_update_shorts((*lane)->iface, *lane);
	*lane = next;
}

/*
 * Return: its call with a reference, if it has one of its own; else @ret is what
 * there is to say.
 */
static struct acall_call *get_call(struct acall_queue *queue,
				   struct acall_slot *slot, u64 handle,
				   u32 flags, int *ret)
{
	struct acall_call *call = NULL;

	*ret = -ESRCH;
	spin_lock_irq(&queue->lock);
	if (acall_slot_named(slot, handle)) {
		call = slot->call;
		if (call)
			acall_call_get(call);
		else if (slot->reason != ACALL_REASON_NONE)
			/* There is no grace left that could be made shorter. */
			*ret = flags & ACALL_CANCEL_ESCALATE ? 0 : -EALREADY;
		else if (acall_slot_state(slot) != ACALL_SLOT_DONE)
			*ret = -EINPROGRESS;
	}
	spin_unlock_irq(&queue->lock);
	return call;
}

/**
 * acall_slot_cancel - ask a call to stop
 * @queue: the queue
 * @handle: its name
 * @request: who asks, how, and how long he waits; 0 ns of grace are the call's own
 * @call: its own call with a reference, for who is going to wait, or NULL
 *
 * Return: as acall_call_cancel(); -EINPROGRESS: it is running, and too late, in
 * a moment it will have been; -ESRCH also for what is not there.
 */
int acall_slot_cancel(struct acall_queue *queue, u64 handle,
		      struct acall_request *request, struct acall_call **call)
{
	struct acall_slot *slot = acall_slot_of(queue, handle);
	struct acall_interface *iface = queue->iface;
	LIST_HEAD(out);
	bool queued;
	int ret = 0;

	*call = NULL;
	if (!slot)
		return -ESRCH;
	spin_lock_irq(&iface->lock);
	queued = is_queued(slot, handle);
	if (queued) {
		ret = cancel_queued(slot, task_tgid(current), request->reason,
				    &out);
		acall_lane_update_shorts(iface, slot->client->lane);
	}
	spin_unlock_irq(&iface->lock);
	if (queued) {
		end(iface, &out, !ret);
		return ret;
	}
	*call = get_call(queue, slot, handle, request->flags, &ret);
	if (!*call)
		return ret;
	if (!request->grace_ns)
		request->grace_ns = (*call)->grace_ns;
	return acall_call_cancel(*call, request);
}

static int cancel_one(struct acall_queue *queue,
		      const struct acall_enter_cancel *cancel)
{
	struct acall_request request = {
		.reason = ACALL_REASON_CLIENT,
		.flags = cancel->flags,
		.grace_ns = cancel->grace_ns,
	};
	struct acall_call *call;
	int ret;

	ret = acall_slot_cancel(queue, cancel->handle, &request, &call);
	if (ret == -EOPNOTSUPP && call->caps & ACALL_CAP_INLINE)
		ret = -ESRCH;
	if (call)
		acall_call_put(call);
	return ret == -EINPROGRESS ? -ESRCH : ret;
}

/**
 * acall_slots_cancel - ask calls to stop
 * @queue: the queue
 * @cancels: which; @error of each is 0, or says that it is wrong; it is written
 * @nr: how many, at most ACALL_CANCELS
 *
 * Those in lanes all in one go.
 */
void acall_slots_cancel(struct acall_queue *queue,
			struct acall_enter_cancel *cancels, u32 nr)
{
	struct acall_interface *iface = queue->iface;
	struct pid *by = task_tgid(current);
	struct acall_lane *lane = NULL;
	u32 others = 0, ended = 0, i;
	LIST_HEAD(out);

	spin_lock_irq(&iface->lock);
	for (i = 0; i < nr; i++) {
		struct acall_enter_cancel *cancel = &cancels[i];
		struct acall_slot *slot = acall_slot_of(queue, cancel->handle);

		if (unlikely(cancel->error))
			continue;
		/* It takes longer if it is in no lane. */
		if (unlikely(!slot || !is_queued(slot, cancel->handle))) {
			others |= BIT(i);
			continue;
		}
		lane_changed(&lane, slot->client->lane);
		cancel->error = cancel_queued(slot, by, ACALL_REASON_CLIENT,
					      &out);
		ended += !cancel->error;
	}
	lane_changed(&lane, NULL);
	spin_unlock_irq(&iface->lock);
	end(iface, &out, ended);
	for (i = 0; others; i++, others >>= 1)
		if (others & 1)
			cancels[i].error = cancel_one(queue, &cancels[i]);
}

static bool matches(const struct acall_slot *slot,
		    const struct acall_match *match, u64 begun)
{
	return slot->nth <= begun &&
	       (!(match->flags & ACALL_MATCH_TAG) || slot->tag == match->tag) &&
	       (!(match->flags & ACALL_MATCH_METHOD) ||
		slot->method_nr == match->method);
}

/* Those in lanes, of the slots from @first. Return: how many matched. */
static u32 sweep_queued(struct acall_queue *queue,
			const struct acall_match *match, u64 begun, u32 first,
			u32 *cancelled)
{
	struct acall_interface *iface = queue->iface;
	struct pid *by = task_tgid(current);
	struct acall_lane *lane = NULL;
	u32 matched = 0, ended = 0, i;
	LIST_HEAD(out);

	spin_lock_irq(&iface->lock);
	for (i = first; i < min(first + SLICE, queue->nr_slots); i++) {
		struct acall_slot *slot = &queue->slots[i];

		if (acall_slot_state(slot) != ACALL_SLOT_QUEUED ||
		    !matches(slot, match, begun))
			continue;
		lane_changed(&lane, slot->client->lane);
		ended += !cancel_queued(slot, by, ACALL_REASON_CLIENT, &out);
		matched++;
	}
	lane_changed(&lane, NULL);
	spin_unlock_irq(&iface->lock);
	end(iface, &out, ended);
	*cancelled += ended;
	return matched;
}

static struct acall_call *next_call(struct acall_queue *queue,
				    const struct acall_match *match, u64 begun,
				    u32 *i)
{
	u32 end = min(round_up(*i + 1, SLICE), queue->nr_slots);
	struct acall_call *call = NULL;

	spin_lock_irq(&queue->lock);
	for (; *i < end && !call; (*i)++) {
		struct acall_slot *slot = &queue->slots[*i];

		if (acall_slot_state(slot) != ACALL_SLOT_CALL ||
		    !matches(slot, match, begun))
			continue;
		call = slot->call;
		acall_call_get(call);
	}
	spin_unlock_irq(&queue->lock);
	return call;
}

/**
 * acall_queue_cancel_match - ask all calls to stop that have something in common
 * @queue: the queue
 * @match: what
 * @request: how; 0 ns of grace are each call's own
 * @matched: how many were pending and did
 * @cancelled: of how many the request stands
 *
 * Context: process, may sleep.
 * Return: 0; -EINTR: the caller was killed.
 */
int acall_queue_cancel_match(struct acall_queue *queue,
			     const struct acall_match *match,
			     const struct acall_request *request,
			     u32 *matched, u32 *cancelled)
{
	u32 first, i;
	u64 begun;

	spin_lock_irq(&queue->lock);
	begun = queue->begun;
	spin_unlock_irq(&queue->lock);
	*matched = 0;
	*cancelled = 0;
	for (first = 0; first < queue->nr_slots; first += SLICE) {
		*matched += sweep_queued(queue, match, begun, first,
					 cancelled);
		for (i = first; i < min(first + SLICE, queue->nr_slots);) {
			struct acall_request one = *request;
			struct acall_call *call;

			call = next_call(queue, match, begun, &i);
			if (!call)
				continue;
			if (!one.grace_ns)
				one.grace_ns = call->grace_ns;
			(*matched)++;
			*cancelled += !acall_call_cancel(call, &one);
			acall_call_put(call);
		}
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/**
 * acall_queue_cancel_queued - nobody will want the results of calls in lanes
 * @queue: the queue, closed
 *
 * But those that are detached run on (C4, B6).
 */
void acall_queue_cancel_queued(struct acall_queue *queue)
{
	struct acall_interface *iface = queue->iface;
	struct pid *by = task_tgid(current);
	struct acall_lane *lane = NULL;
	u32 first, i, nr;
	LIST_HEAD(out);

	for (first = 0; first < queue->nr_slots; first += SLICE) {
		nr = 0;
		spin_lock_irq(&iface->lock);
		for (i = first; i < min(first + SLICE, queue->nr_slots); i++) {
			struct acall_slot *slot = &queue->slots[i];

			if (acall_slot_state(slot) != ACALL_SLOT_QUEUED ||
			    queue->detach || slot->no_cancel)
				continue;
			lane_changed(&lane, slot->client->lane);
			take_out(slot, by, ACALL_REASON_CLOSE, &out);
			nr++;
		}
		lane_changed(&lane, NULL);
		spin_unlock_irq(&iface->lock);
		end(iface, &out, nr);
		cond_resched();
	}
}

/* Return: how many of one lane's were taken out of it. */
static u32 take_from_any(struct acall_interface *iface,
			 enum acall_reason reason, struct list_head *out)
{
	struct pid *by = task_tgid(current);
	struct acall_lane *lane;
	u32 nr = 0;
	int bucket;

	lockdep_assert_held(&iface->lock);

	hash_for_each(iface->lanes, bucket, lane, node) {
		while (nr < SLICE && !list_empty(&lane->shorts)) {
			take_out(list_first_entry(&lane->shorts,
						  struct acall_slot, list),
				 by, reason, out);
			nr++;
		}
		acall_lane_update_shorts(iface, lane);
		if (nr)
			break;
	}
	return nr;
}

/**
 * acall_shorts_cancel - cancel every slot that is in a lane
 * @iface: the interface
 * @reason: who cancels
 *
 * Those of one that has gone are the last ones; those of another may go on coming,
 * so it is no more than there are slots now.
 */
void acall_shorts_cancel(struct acall_interface *iface,
			 enum acall_reason reason)
{
	LIST_HEAD(out);
	u32 left, nr;

	spin_lock_irq(&iface->lock);
	left = iface->pins;
	spin_unlock_irq(&iface->lock);
	do {
		spin_lock_irq(&iface->lock);
		nr = take_from_any(iface, reason, &out);
		spin_unlock_irq(&iface->lock);
		end(iface, &out, nr);
		left -= min(left, nr);
		cond_resched();
	} while (nr && left);
}
