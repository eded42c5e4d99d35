// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lanes: where the calls of one user of an interface wait for their turn, and what
 * a worker must do for a call that none runs.
 *
 * The latter is a lane's settle work (files and .release of calls that never
 * start, or were completed elsewhere) and its ask work (cancel hooks that sleep).
 * Both may block, and then hold up their own user's only, and not each other.
 *
 * Lock: iface->lock for all of it; queue_work() is called under it, so no work can
 * be queued once the last call has ended (R-OOC). A lane without calls is kept for a
 * while: its user's next one is soon.
 *
 * The race it is about is the last call of a lane against the next one's BEGIN:
 * which lane is unused is decided, and it is unhashed, in one go.
 */
#include <linux/sched.h>
#include <linux/slab.h>

#include "call.h"
#include "debug/delay.h"
#include "interface.h"
#include "runner.h"
#include "session.h"

/* Lanes of users without a call that an interface keeps: the next one is soon. */
#define SPARE_LANES	16

static void circle(struct list_head *turn, struct list_head *on, bool ready)
{
	if (ready != list_empty(turn))
		return;
	if (ready)
		list_add_tail(turn, on);
	else
		list_del_init(turn);
}

/**
 * acall_lane_update_shorts - as acall_lane_update(), if it is slots that changed
 * @iface: the interface, its lock held
 * @lane: the lane
 */
void acall_lane_update_shorts(struct acall_interface *iface,
			      struct acall_lane *lane)
{
	lockdep_assert_held(&iface->lock);

	circle(&lane->short_turn, &iface->short_turn,
	       !list_empty(&lane->shorts) && !lane->draining);
}

/**
 * acall_lane_update - put a lane onto the circles, or take it off, as it now is
 * @iface: the interface, its lock held
 * @lane: the lane
 */
void acall_lane_update(struct acall_interface *iface, struct acall_lane *lane)
{
	lockdep_assert_held(&iface->lock);

	circle(&lane->turn, &iface->turn, !list_empty(&lane->queue) &&
	       lane->running < acall_runner_user_max(iface));
	acall_lane_update_shorts(iface, lane);
}

static struct acall_lane *lane_find(struct acall_interface *iface, kuid_t owner)
{
	struct acall_lane *lane;

	lockdep_assert_held(&iface->lock);
	hash_for_each_possible(iface->lanes, lane, node, __kuid_val(owner))
		if (uid_eq(lane->owner, owner))
			return lane;
	return NULL;
}

/**
 * acall_chore_begin - somebody does what the interface has to wait for
 * @iface: the interface, its lock held, with a pin or a call that has one
 */
void acall_chore_begin(struct acall_interface *iface)
{
	lockdep_assert_held(&iface->lock);
	iface->chores++;
	acall_interface_get(iface);
}

/**
 * acall_chore_end - he has done it
 * @iface: the interface; may be gone afterwards
 * @lane: if it was a work of this lane's
 *
 * May free the work that this is; nothing below waits, so a new lane's work at the
 * same address is not held up for long (R-WSADDR).
 */
void acall_chore_end(struct acall_interface *iface, struct acall_lane *lane)
{
	if (lane)
		acall_lane_put(iface, lane);
	spin_lock_irq(&iface->lock);
	if (!--iface->chores)
		wake_up_all(&iface->idle_wait);
	spin_unlock_irq(&iface->lock);
	acall_interface_put(iface);
}

static void settle_work(struct work_struct *work)
{
	struct acall_lane *lane = container_of(work, struct acall_lane,
					       settle_work);
	struct acall_interface *iface = lane->iface;
	struct acall_call *call;

	for (;;) {
		spin_lock_irq(&iface->lock);
		call = list_first_entry_or_null(&lane->settling,
						struct acall_call, queue);
		if (call)
			list_del_init(&call->queue);
		else
			lane->settle_due = false;
		spin_unlock_irq(&iface->lock);
		if (!call)
			break;
		acall_delay(ACALL_AT_SETTLE_TAKEN);
		acall_cov_begin(&call->cov);
		acall_call_settle(call);
		acall_cov_end();
		cond_resched();
	}
	acall_chore_end(iface, lane);
}

static void ask_work(struct work_struct *work)
{
	struct acall_lane *lane = container_of(work, struct acall_lane,
					       ask_work);
	struct acall_interface *iface = lane->iface;
	struct acall_call *call;

	for (;;) {
		spin_lock_irq(&iface->lock);
		call = list_first_entry_or_null(&lane->asking,
						struct acall_call, ask);
		if (call)
			list_del_init(&call->ask);
		else
			lane->ask_due = false;
		spin_unlock_irq(&iface->lock);
		if (!call)
			break;
		acall_delay(ACALL_AT_ASK_TAKEN);
		acall_cov_begin(&call->cov);
		acall_call_ask(call);
		acall_cov_end();
		cond_resched();
	}
	acall_chore_end(iface, lane);
}

/**
 * acall_chore_close - close sessions: an interface's close work
 * @work: the work
 */
void acall_chore_close(struct work_struct *work)
{
	struct acall_interface *iface = container_of(work,
						     struct acall_interface,
						     close_work);

	acall_sessions_close(iface);
	acall_chore_end(iface, NULL);
}

/*
 * Queue a work; what it needs stays until acall_chore_end(). @due is true from here
 * until the work has found nothing left to do: so it is never queued while it is, and
 * the workqueue is not asked about a work that it is just looking at.
 */
static void queue_chore(struct acall_interface *iface, struct acall_lane *lane,
			struct work_struct *work, bool *due)
{
	lockdep_assert_held(&iface->lock);
	if (*due)
		return;
	*due = true;
	queue_work(iface->chores_wq, work);
	if (lane)
		lane->refs++;
	acall_chore_begin(iface);
}

/**
 * acall_runner_close - have an interface's closing sessions closed
 * @iface: the interface, its lock held
 */
void acall_runner_close(struct acall_interface *iface)
{
	queue_chore(iface, NULL, &iface->close_work, &iface->close_due);
}

static bool spare(const struct acall_lane *lane)
{
	return !lane->refs && !lane->running && !lane->draining;
}

/**
 * acall_lane_get - the lane of a user
 * @iface: the interface
 * @owner: the user, see acall_payer_owner()
 *
 * Context: process, may sleep.
 * Return: the lane with a reference, or NULL without memory.
 */
struct acall_lane *acall_lane_get(struct acall_interface *iface, kuid_t owner)
{
	struct acall_lane *lane, *fresh = NULL;
	bool fresh_used = false;

	for (;;) {
		spin_lock_irq(&iface->lock);
		lane = lane_find(iface, owner);
		if (!lane && fresh) {
			lane = fresh;
			fresh = NULL;
			fresh_used = true;
			hash_add(iface->lanes, &lane->node, __kuid_val(owner));
		}
		if (lane && !fresh_used && spare(lane))
			iface->spare_lanes--;
		if (lane)
			lane->refs++;
		spin_unlock_irq(&iface->lock);
		if (lane)
			break;
		fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
		if (!fresh)
			return NULL;
		fresh->iface = iface;
		fresh->owner = owner;
		INIT_LIST_HEAD(&fresh->queue);
		INIT_LIST_HEAD(&fresh->turn);
		INIT_LIST_HEAD(&fresh->shorts);
		INIT_LIST_HEAD(&fresh->short_turn);
		INIT_LIST_HEAD(&fresh->settling);
		INIT_LIST_HEAD(&fresh->asking);
		INIT_WORK(&fresh->settle_work, settle_work);
		INIT_WORK(&fresh->ask_work, ask_work);
	}
	kfree(fresh);
	return lane;
}

/**
 * acall_lane_unused - is it a lane that nobody needs?
 * @lane: the lane, its interface's lock held
 *
 * Return: true if so, and if there are enough to spare; the caller frees it.
 */
bool acall_lane_unused(struct acall_lane *lane)
{
	lockdep_assert_held(&lane->iface->lock);

	if (!spare(lane))
		return false;
	if (!lane->iface->resting && lane->iface->spare_lanes < SPARE_LANES) {
		lane->iface->spare_lanes++;
		return false;
	}
	hash_del(&lane->node);
	list_del(&lane->turn);
	list_del(&lane->short_turn);
	return true;
}

/**
 * acall_lane_put - drop a reference
 * @iface: the interface
 * @lane: the lane
 */
void acall_lane_put(struct acall_interface *iface, struct acall_lane *lane)
{
	bool unused;

	spin_lock_irq(&iface->lock);
	lane->refs--;
	unused = acall_lane_unused(lane);
	spin_unlock_irq(&iface->lock);
	if (unused)
		kfree(lane);
}

/**
 * acall_lane_settle - hand a call that never starts to a kworker
 * @iface: its interface, its lock held
 * @call: the call
 *
 * There its files can be dropped at once, and whoever cancelled it need not wait for
 * what .release does.
 */
void acall_lane_settle(struct acall_interface *iface, struct acall_call *call)
{
	struct acall_lane *lane = call->lane;

	lockdep_assert_held(&iface->lock);
	list_move_tail(&call->queue, &lane->settling);
	queue_chore(iface, lane, &lane->settle_work, &lane->settle_due);
}

/**
 * acall_runner_settle - have a call released that nobody runs
 * @call: the call, which nobody is going to enter; gone at any time afterwards
 *
 * Context: any but NMI.
 */
void acall_runner_settle(struct acall_call *call)
{
	struct acall_interface *iface = call->iface;
	unsigned long flags;

	spin_lock_irqsave(&iface->lock, flags);
	acall_lane_settle(iface, call);
	spin_unlock_irqrestore(&iface->lock, flags);
}

/**
 * acall_runner_ask - have a worker enter a cancel hook
 * @call: the call, which the asking keeps, and the caller's reference
 *
 * Not if its .run has returned meanwhile: nobody waits for others' hooks to
 * return, to be told what has no meaning any more.
 *
 * Context: any but NMI.
 */
void acall_runner_ask(struct acall_call *call)
{
	struct acall_interface *iface = call->iface;
	struct acall_lane *lane = call->lane;
	unsigned long flags;
	bool returned;

	spin_lock_irqsave(&iface->lock, flags);
	/* Set before acall_runner_unask() takes this lock. */
	returned = READ_ONCE(call->returned);
	if (!returned) {
		list_add_tail(&call->ask, &lane->asking);
		queue_chore(iface, lane, &lane->ask_work, &lane->ask_due);
	}
	spin_unlock_irqrestore(&iface->lock, flags);
	if (returned)
		acall_call_unask(call);
}

/**
 * acall_runner_unask - take a hook back that was not entered yet
 * @call: the call, its .run returned
 */
void acall_runner_unask(struct acall_call *call)
{
	struct acall_interface *iface = call->iface;
	bool queued;

	spin_lock_irq(&iface->lock);
	queued = !list_empty(&call->ask);
	list_del_init(&call->ask);
	spin_unlock_irq(&iface->lock);
	if (queued)
		acall_call_unask(call);
}
