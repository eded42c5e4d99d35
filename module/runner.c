// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runners: who executes calls, and in which order.
 *
 * An interface has its own workqueue, so that its stuck calls hold up nobody
 * else's (P9), and max_running runners, allocated with it. A runner owns a work
 * item for life (R-WSADDR) and drains calls until there is none to start. Then it
 * lingers: it sleeps in its work for a while, since to wake a task costs half of
 * what it costs to queue a work, wake a worker for it and have it leave again.
 *
 * A call waits in the lane of its user; lanes with something to start stand in
 * a circle and are served in turn, and no lane has more than its share running.
 *
 * Lock: iface->lock for lanes, lists and idle runners; queue_work() is called
 * under it, so no work can be queued once the last call has ended (R-OOC).
 *
 * What a worker must do for a call that none runs is its lane's settle work (files
 * and .release of calls that never start, or were completed elsewhere) and ask
 * work (cancel hooks that sleep). Both may block, and then hold up their own
 * user's only, and not each other.
 *
 * The race it is about is BEGIN and CANCEL of a queued call against the runner
 * that takes it. The state decides whether it runs (R-PUB); which list it is on
 * only decides who clears it away: the runner if it has taken it; else the
 * canceller, or the settle work, which gets it from the canceller or from a BEGIN
 * that was slower.
 */
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "call.h"
#include "debug/bounded.h"
#include "debug/delay.h"
#include "interface.h"
#include "runner.h"
#include "session.h"
#include "user/identity.h"
#include "user/limits.h"

/* Who has nothing to start for so long gives his worker back. */
#define LINGER		(HZ / 10)

/* Lanes of users without a call that an interface keeps: the next one is soon. */
#define SPARE_LANES	16

/* A workqueue's name and its NUL, on kernels that keep least of it. */
#define WQ_NAME_SIZE	24

struct acall_runner {
	struct work_struct work;
	struct acall_interface *iface;
	struct acall_lane *lane;	/* whose turn it is using */
	/* The interface's lock to write. */
	struct list_head idle;		/* first those that linger */
	struct task_struct *task;	/* lingers; NULL = called, or to leave */
	bool leave;
	unsigned long since;		/* jiffies when it began to */
};

struct acall_lane {
	struct hlist_node node;
	struct acall_interface *iface;
	kuid_t owner;
	u32 refs;			/* calls, and works that are queued */
	u32 running;			/* runners it uses */
	struct list_head queue;		/* calls, oldest first */
	struct list_head turn;		/* on the circle */
	struct list_head settling;	/* calls that nobody runs */
	struct list_head asking;	/* calls whose hook is to be asked */
	struct work_struct settle_work;
	struct work_struct ask_work;
};

static unsigned int user_running;

/**
 * acall_runner_user_max - how many methods may run for one user
 * @iface: the interface
 */
u32 acall_runner_user_max(const struct acall_interface *iface)
{
	u32 max = READ_ONCE(user_running);

	if (!max)
		max = iface->max_running / 8;
	return clamp(max, 1U, iface->max_running);
}

/* Put a lane onto the circle, or take it off, as its state now says. */
static void lane_update(struct acall_interface *iface, struct acall_lane *lane)
{
	bool ready = !list_empty(&lane->queue) &&
		     lane->running < acall_runner_user_max(iface);

	lockdep_assert_held(&iface->lock);
	if (!ready)
		list_del_init(&lane->turn);
	else if (list_empty(&lane->turn))
		list_add_tail(&lane->turn, &iface->turn);
}

/* It cannot leave its work before it has had the lock. */
static void stop_lingering(struct acall_runner *runner)
{
	struct task_struct *task = runner->task;

	lockdep_assert_held(&runner->iface->lock);
	/* Pairs with the acquire in linger(), for @leave. */
	smp_store_release(&runner->task, NULL);
	/* Has a full barrier, which pairs with the one of linger()'s state. */
	wake_up_process(task);
}

/* Wake one runner if there is something to start. */
static bool kick(struct acall_interface *iface)
{
	struct acall_runner *runner;

	lockdep_assert_held(&iface->lock);
	if (list_empty(&iface->turn) || list_empty(&iface->idle_runners))
		return false;
	runner = list_first_entry(&iface->idle_runners, struct acall_runner,
				  idle);
	list_del_init(&runner->idle);
	if (runner->task)
		stop_lingering(runner);
	else
		queue_work(iface->wq, &runner->work);
	return true;
}

static void share_changed(struct acall_interface *iface)
{
	struct acall_lane *lane;
	int bucket;

	spin_lock_irq(&iface->lock);
	hash_for_each(iface->lanes, bucket, lane, node)
		lane_update(iface, lane);
	/* As many as may have become free to start: all; the rest go back. */
	while (kick(iface))
		;
	spin_unlock_irq(&iface->lock);
}

static int user_running_set(const char *value, const struct kernel_param *kp)
{
	int ret = param_set_uint(value, kp);

	/* A user whose every method is stuck may be what it was raised for. */
	if (!ret)
		acall_interfaces_for_each(share_changed);
	return ret;
}

static const struct kernel_param_ops user_running_ops = {
	.set = user_running_set,
	.get = param_get_uint,
};

module_param_cb(user_running, &user_running_ops, &user_running, 0644);
__MODULE_PARM_TYPE(user_running, "uint");
MODULE_PARM_DESC(user_running,
		 "methods of one interface that may run for one user (0 = an eighth of all)");

static struct acall_lane *lane_find(struct acall_interface *iface, kuid_t owner)
{
	struct acall_lane *lane;

	lockdep_assert_held(&iface->lock);
	hash_for_each_possible(iface->lanes, lane, node, __kuid_val(owner))
		if (uid_eq(lane->owner, owner))
			return lane;
	return NULL;
}

/*
 * A work of a lane, or of the interface, has done its job. May free the work
 * that this is; nothing below waits, so a new lane's work at the same address is
 * not held up for long (R-WSADDR).
 */
static void chore_done(struct acall_interface *iface, struct acall_lane *lane)
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
		spin_unlock_irq(&iface->lock);
		if (!call)
			break;
		acall_delay(ACALL_AT_SETTLE_TAKEN);
		acall_cov_begin(&call->cov);
		acall_call_settle(call);
		acall_cov_end();
		cond_resched();
	}
	chore_done(iface, lane);
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
		spin_unlock_irq(&iface->lock);
		if (!call)
			break;
		acall_delay(ACALL_AT_ASK_TAKEN);
		acall_cov_begin(&call->cov);
		acall_call_ask(call);
		acall_cov_end();
		cond_resched();
	}
	chore_done(iface, lane);
}

static void close_work(struct work_struct *work)
{
	struct acall_interface *iface = container_of(work,
						     struct acall_interface,
						     close_work);

	acall_sessions_close(iface);
	chore_done(iface, NULL);
}

/* Queue a work; what it needs stays until chore_done(). */
static void queue_chore(struct acall_interface *iface, struct acall_lane *lane,
			struct work_struct *work)
{
	lockdep_assert_held(&iface->lock);
	/* True once for each time that the work is going to run. */
	if (!queue_work(iface->chores_wq, work))
		return;
	if (lane)
		lane->refs++;
	iface->chores++;
	acall_interface_get(iface);
}

/**
 * acall_runner_close - have an interface's closing sessions closed
 * @iface: the interface, its lock held
 */
void acall_runner_close(struct acall_interface *iface)
{
	queue_chore(iface, NULL, &iface->close_work);
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
		if (lane && !lane->refs++ && !lane->running && !fresh_used)
			iface->spare_lanes--;
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
		INIT_LIST_HEAD(&fresh->settling);
		INIT_LIST_HEAD(&fresh->asking);
		INIT_WORK(&fresh->settle_work, settle_work);
		INIT_WORK(&fresh->ask_work, ask_work);
	}
	kfree(fresh);
	return lane;
}

/* True if nobody needs it any more, and there are enough; the caller frees it. */
static bool lane_unused(struct acall_lane *lane)
{
	if (lane->refs || lane->running)
		return false;
	if (lane->iface->spare_lanes < SPARE_LANES) {
		lane->iface->spare_lanes++;
		return false;
	}
	hash_del(&lane->node);
	list_del(&lane->turn);
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
	unused = lane_unused(lane);
	spin_unlock_irq(&iface->lock);
	if (unused)
		kfree(lane);
}

/* Give up the runner's lane and take the next call whose user's turn it is. */
static struct acall_call *runner_next(struct acall_runner *runner)
{
	struct acall_interface *iface = runner->iface;
	struct acall_lane *lane = runner->lane;
	struct acall_lane *unused = NULL;
	struct acall_call *call = NULL;

	spin_lock_irq(&iface->lock);
	if (lane) {
		lane->running--;
		lane_update(iface, lane);
		if (lane_unused(lane))
			unused = lane;
	}
	lane = list_first_entry_or_null(&iface->turn, struct acall_lane, turn);
	if (lane) {
		call = list_first_entry(&lane->queue, struct acall_call, queue);
		list_del_init(&call->queue);
		lane->running++;
		/* To the end of the circle. */
		list_del_init(&lane->turn);
		lane_update(iface, lane);
	} else {
		/*
		 * Nothing after this but sleep and the way out: who queues the
		 * work again from now on waits for no provider.
		 */
		list_add(&runner->idle, &iface->idle_runners);
		runner->leave = iface->resting;
		if (!iface->resting) {
			runner->task = current;
			runner->since = jiffies;
			queue_delayed_work(iface->chores_wq, &iface->rest_work,
					   LINGER);
		}
	}
	runner->lane = lane;
	spin_unlock_irq(&iface->lock);
	kfree(unused);
	return call;
}

/* Return: true if there is something to start, false: leave. */
static bool linger(struct acall_runner *runner)
{
	for (;;) {
		set_current_state(TASK_IDLE);
		/* Pairs with the release in stop_lingering(). */
		if (!smp_load_acquire(&runner->task))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	if (!READ_ONCE(runner->leave))
		return true;
	/* Whoever wakes this task is done with it: stop_lingering(). */
	spin_lock_irq(&runner->iface->lock);
	spin_unlock_irq(&runner->iface->lock);
	return false;
}

/*
 * Those that have lingered for long enough, or all, leave their works; the next
 * call for one of them queues it again.
 */
static void rest(struct acall_interface *iface, bool all)
{
	struct acall_runner *runner, *next;
	bool more = false;

	lockdep_assert_held(&iface->lock);
	list_for_each_entry_safe(runner, next, &iface->idle_runners, idle) {
		if (!runner->task)
			break;
		if (!all && time_before(jiffies, runner->since + LINGER)) {
			more = true;
			continue;
		}
		list_move_tail(&runner->idle, &iface->idle_runners);
		WRITE_ONCE(runner->leave, true);
		stop_lingering(runner);
	}
	if (more)
		queue_delayed_work(iface->chores_wq, &iface->rest_work, LINGER);
}

static void rest_work(struct work_struct *work)
{
	struct acall_interface *iface =
		container_of(to_delayed_work(work), struct acall_interface,
			     rest_work);

	spin_lock_irq(&iface->lock);
	rest(iface, false);
	spin_unlock_irq(&iface->lock);
}

/*
 * A signal that stayed pending would spoil whatever this kernel thread does next, for
 * us or for anybody.
 */
static void leave_no_signal(struct acall_call *call)
{
	if (WARN_ONCE(call->task, "acall: %s: method %u did not call acall_killable_end()\n",
		      call->iface->name, call->method_nr))
		acall_killable_end(call);
	if (WARN_ON_ONCE(signal_pending(current)))
		flush_signals(current);
}

static void run(struct acall_call *call)
{
	struct acall_bounded bounded;
	struct acall_disguise was;
	u64 cpu_ns;
	int ret;

	acall_delay(ACALL_AT_START);
	if (!acall_call_start(call)) {
		acall_call_settle(call);
		return;
	}

	acall_delay(ACALL_AT_START_ENTER);
	cpu_ns = current->se.sum_exec_runtime;
	acall_identity_assume(&call->identity, &was);
	acall_bounded_begin(&bounded);
	ret = call->method->run(call);
	if (call->caps & ACALL_CAP_SHORT)
		acall_bounded_end(&bounded, call);
	acall_identity_leave(&was);
	cpu_ns = current->se.sum_exec_runtime - cpu_ns;
	leave_no_signal(call);
	acall_delay(ACALL_AT_RETURN);

	acall_call_end(call, ret, cpu_ns);
}

static void runner_work(struct work_struct *work)
{
	struct acall_runner *runner = container_of(work, struct acall_runner,
						   work);
	struct acall_call *call;

	do {
		while ((call = runner_next(runner))) {
			acall_cov_begin(&call->cov);
			run(call);
			acall_cov_end();
			cond_resched();
		}
	} while (linger(runner));
}

/*
 * Hand a call that never starts to a kworker, where its files can be dropped at
 * once and whoever cancelled it need not wait for what .release does.
 */
static void settle(struct acall_interface *iface, struct acall_call *call)
{
	struct acall_lane *lane = call->lane;

	lockdep_assert_held(&iface->lock);
	list_move_tail(&call->queue, &lane->settling);
	queue_chore(iface, lane, &lane->settle_work);
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
	settle(iface, call);
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
		queue_chore(iface, lane, &lane->ask_work);
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

/* Unregistration ends after the client was told: so the pin is given back here. */
static void run_in_place(struct acall_call *call)
{
	struct acall_interface *iface = call->iface;
	u64 cpu_ns = current->se.sum_exec_runtime;
	struct acall_bounded bounded;
	int ret;

	acall_delay(ACALL_AT_START_ENTER);
	acall_bounded_begin(&bounded);
	ret = call->method->run(call);
	acall_bounded_end(&bounded, call);
	acall_delay(ACALL_AT_RETURN);
	acall_call_end(call, ret, current->se.sum_exec_runtime - cpu_ns);
	acall_interface_unpin(iface, NULL);
}

/**
 * acall_runner_enqueue - have a call executed
 * @call: the call, just published; the caller has the execution's reference and
 *	gives it away
 *
 * Context: process.
 */
void acall_runner_enqueue(struct acall_call *call)
{
	struct acall_interface *iface = call->iface;
	bool custom = call->caps & ACALL_CAP_CUSTOM;
	enum acall_phase phase;
	bool gone;

	/*
	 * Over in a moment, so on no list and in no lane: a sweep need not find
	 * it, and the pin is what unregistration waits for.
	 */
	if (call->in_place) {
		run_in_place(call);
		return;
	}

	spin_lock_irq(&iface->lock);
	list_add_tail(&call->all, &iface->calls);
	gone = iface->gone;
	phase = acall_word_phase(acall_call_word(call));
	if (phase == ACALL_PHASE_QUEUED) {
		if (!custom) {
			list_add_tail(&call->queue, &call->lane->queue);
			lane_update(iface, call->lane);
		}
		/* The sweep that began before knows nothing of this call. */
		if (gone)
			acall_call_get(call);
		else
			kick(iface);
	} else {
		/* Cancelled before it came onto a list. */
		settle(iface, call);
		gone = false;
		custom = false;
	}
	spin_unlock_irq(&iface->lock);

	if (gone) {
		acall_delay(ACALL_AT_BEGIN_GONE);
		acall_call_cancel_by(call, ACALL_REASON_PROVIDER);
		acall_call_put(call);
	}
	/* Needs no turn. Finds out itself that it was cancelled just now. */
	if (custom)
		acall_call_enter_start(call);
}

/* Is all that is left to do over in a moment, whoever does it? */
static bool settles_at_once(const struct acall_call *call)
{
	return !call->nr_files && !call->max_files_out &&
	       (!call->method->release || call->caps & ACALL_CAP_SHORT);
}

/**
 * acall_runner_dequeue - a queued call was cancelled
 * @call: the call, never to be started; the caller has a reference
 *
 * If it is not on its queue, the runner that has taken it or the BEGIN that has
 * not queued it yet finds the new state.
 *
 * Context: any but hard interrupt and NMI.
 * Return: true if it has settled by now; else somebody else is about to do that.
 */
bool acall_runner_dequeue(struct acall_call *call)
{
	struct acall_interface *iface = call->iface;
	bool here = false;
	unsigned long flags;

	spin_lock_irqsave(&iface->lock, flags);
	if (!list_empty(&call->queue)) {
		struct acall_lane *lane = call->lane;

		here = in_task() && settles_at_once(call);
		if (here) {
			list_del_init(&call->queue);
			/* Unregistration ends after the client was told. */
			iface->chores++;
			acall_interface_get(iface);
		} else {
			settle(iface, call);
		}
		lane_update(iface, lane);
	}
	spin_unlock_irqrestore(&iface->lock, flags);
	if (!here)
		return false;
	acall_call_settle(call);
	chore_done(iface, NULL);
	return true;
}

/**
 * acall_runners_create - make an interface's runners
 * @iface: the interface, not registered yet
 *
 * Return: 0 or -ENOMEM.
 */
int acall_runners_create(struct acall_interface *iface)
{
	unsigned int flags = WQ_UNBOUND;
	u32 i;

	/* Only under its own name: a cut one may be there already. */
	if (strlen("acall-") + strlen(iface->name) < WQ_NAME_SIZE)
		flags |= WQ_SYSFS;

	hash_init(iface->lanes);
	INIT_LIST_HEAD(&iface->idle_runners);
	INIT_LIST_HEAD(&iface->turn);
	INIT_WORK(&iface->close_work, close_work);
	INIT_DELAYED_WORK(&iface->rest_work, rest_work);

	iface->runners = kvcalloc(iface->max_running, sizeof(*iface->runners),
				  GFP_KERNEL | __GFP_NOWARN);
	if (!iface->runners)
		return -ENOMEM;
	/*
	 * Unbound: methods are long or block. Not WQ_MEM_RECLAIM: a rescuer
	 * must never be stopped by a signal, and calls are no part of reclaim
	 * (R-RECLAIM). Not WQ_FREEZABLE: a long call would make suspend fail
	 * (R-FREEZE).
	 */
	iface->wq = alloc_workqueue("acall-%s", flags, iface->max_running,
				    iface->name);
	/* For what needs no turn: two works for each lane, and one. */
	iface->chores_wq = alloc_workqueue("acall-chores", WQ_UNBOUND, 0);
	if (!iface->wq || !iface->chores_wq) {
		acall_runners_destroy(iface);
		return -ENOMEM;
	}
	for (i = 0; i < iface->max_running; i++) {
		struct acall_runner *runner = &iface->runners[i];

		INIT_WORK(&runner->work, runner_work);
		runner->iface = iface;
		list_add_tail(&runner->idle, &iface->idle_runners);
	}
	return 0;
}

/**
 * acall_runners_destroy - undo acall_runners_create()
 * @iface: the interface, gone and without a pin, or never registered
 *
 * Waits for runners and chores that are on their way out.
 */
void acall_runners_destroy(struct acall_interface *iface)
{
	struct acall_lane *lane;
	struct hlist_node *next;
	int bucket;

	spin_lock_irq(&iface->lock);
	iface->resting = true;
	rest(iface, true);
	spin_unlock_irq(&iface->lock);
	cancel_delayed_work_sync(&iface->rest_work);
	if (iface->wq)
		destroy_workqueue(iface->wq);
	if (iface->chores_wq)
		destroy_workqueue(iface->chores_wq);
	/* Who changes user_running may be walking over the lanes. */
	spin_lock_irq(&iface->lock);
	hash_for_each_safe(iface->lanes, bucket, next, lane, node) {
		hash_del(&lane->node);
		kfree(lane);
		iface->spare_lanes--;
	}
	INIT_LIST_HEAD(&iface->idle_runners);
	spin_unlock_irq(&iface->lock);
	kvfree(iface->runners);
	WARN_ON(iface->spare_lanes);
}
