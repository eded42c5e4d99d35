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
 * A call waits in the lane of its user (lane.c); lanes with something to start
 * stand in a circle and are served in turn, and no lane has more than its share
 * running. Slots of call queues, whose methods are over at once, have a circle of
 * their own: a runner drains some of them, which counts for no share, and there is
 * one runner more than calls may run. So whatever is stuck, it does not hold them up.
 *
 * Whoever runs a call may be back in a moment, or never, and nobody can tell before.
 * So no more runners are woken for calls than there are processors, and what waits is
 * left to these for a while; then the relay, a timer, takes those that have run since
 * the last time for stuck, and as many can be woken again. Who was woken looks for
 * others to wake when he has taken something. If nobody takes anything, for he does not
 * come or all are stuck, the relay wakes one more.
 *
 * Lock: iface->lock for lanes, lists and idle runners; queue_work() is called
 * under it, so no work can be queued once the last call has ended (R-OOC).
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
#include "compat.h"
#include "debug/bounded.h"
#include "debug/delay.h"
#include "interface.h"
#include "queue/queue.h"
#include "runner.h"
#include "session.h"
#include "trace/trace.h"
#include "user/identity.h"
#include "user/limits.h"

/* Who has nothing to start for so long gives his worker back. */
#define LINGER		(HZ / 10)

/* So long is what waits left to those that run: some times what a wake-up takes. */
#define RELAY_NS	(100 * NSEC_PER_USEC)

/* A workqueue's name and its NUL, on kernels that keep least of it. */
#define WQ_NAME_SIZE	24

struct acall_runner {
	struct work_struct work;
	struct acall_interface *iface;
	struct acall_lane *lane;	/* whose turn it is using */
	u32 drained;			/* and slots, not a call: so many */
	/* The interface's lock to write. */
	struct list_head idle;		/* first those that linger */
	bool woken;			/* and not here yet */
	u32 relays;			/* the interface's, when it took its call */
	struct task_struct *task;	/* lingers; NULL = called, or to leave */
	bool leave;
	unsigned long since;		/* jiffies when it began to */
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

/* What waits when unregistration begins never starts: its sweep ends it (P8). */
static bool call_ready(const struct acall_interface *iface)
{
	return !list_empty(&iface->turn) &&
	       iface->running < iface->max_running && !iface->gone;
}

static bool slots_ready(const struct acall_interface *iface)
{
	return !list_empty(&iface->short_turn) && !iface->gone;
}

static void wake_one(struct acall_interface *iface)
{
	struct acall_runner *runner = list_first_entry(&iface->idle_runners,
						       struct acall_runner,
						       idle);

	list_del_init(&runner->idle);
	runner->woken = true;
	iface->woken++;
	if (runner->task)
		stop_lingering(runner);
	else
		queue_work(iface->wq, &runner->work);
}

static void relay_later(struct acall_interface *iface)
{
	if (iface->relay_due)
		return;
	iface->relay_due = true;
	hrtimer_start(&iface->relay, ns_to_ktime(RELAY_NS),
		      HRTIMER_MODE_REL_SOFT);
}

static bool may_wake(const struct acall_interface *iface)
{
	return !list_empty(&iface->idle_runners) &&
	       (call_ready(iface) || slots_ready(iface));
}

/* Those that ran at the last relay already do not count any more. */
static void count_anew(struct acall_interface *iface)
{
	lockdep_assert_held(&iface->lock);
	iface->relays++;
	iface->older = iface->fresh;
	iface->fresh = 0;
	iface->taken = false;
	iface->relayed = jiffies;
}

static u32 occupied(const struct acall_interface *iface)
{
	return iface->fresh + iface->older + iface->woken;
}

static enum hrtimer_restart relay(struct hrtimer *timer)
{
	struct acall_interface *iface = container_of(timer,
						     struct acall_interface,
						     relay);
	unsigned long flags;
	bool taken, again;

	spin_lock_irqsave(&iface->lock, flags);
	taken = iface->taken;
	count_anew(iface);
	if (may_wake(iface) && (!taken || occupied(iface) < num_online_cpus()))
		wake_one(iface);
	again = may_wake(iface);
	iface->relay_due = again;
	if (again)
		hrtimer_forward_now(timer, ns_to_ktime(RELAY_NS));
	spin_unlock_irqrestore(&iface->lock, flags);
	return again ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

/**
 * acall_runner_kick - wake one runner if there is something to start
 * @iface: the interface, its lock held
 *
 * Or leave it to those that run, or are on their way, and to the relay. To be called by
 * whoever makes something ready, or takes one thing of several.
 *
 * Return: true if one was woken.
 */
bool acall_runner_kick(struct acall_interface *iface)
{
	bool slots = slots_ready(iface), call = call_ready(iface);

	lockdep_assert_held(&iface->lock);
	if ((!slots && !call) || list_empty(&iface->idle_runners))
		return false;
	/* Nothing has waited for long, so nobody has looked who is stuck. */
	if (!iface->relay_due && time_after(jiffies, iface->relayed + 1)) {
		count_anew(iface);
		count_anew(iface);
	}
	if ((slots && !iface->woken) ||
	    (call && occupied(iface) < num_online_cpus())) {
		wake_one(iface);
		return true;
	}
	relay_later(iface);
	return false;
}

static void share_changed(struct acall_interface *iface)
{
	struct acall_lane *lane;
	int bucket;

	spin_lock_irq(&iface->lock);
	hash_for_each(iface->lanes, bucket, lane, node)
		acall_lane_update(iface, lane);
	/* For as many as may have become free to start. */
	while (acall_runner_kick(iface))
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

/* Return: the lane, if nobody needs it any more; the caller frees it. */
static struct acall_lane *give_up_lane(struct acall_runner *runner)
{
	struct acall_interface *iface = runner->iface;
	struct acall_lane *lane = runner->lane;

	if (!lane)
		return NULL;
	if (runner->drained) {
		lane->draining = false;
		/* Their clients have been told. */
		acall_interface_unpin_locked(iface, runner->drained);
		acall_lane_update_shorts(iface, lane);
	} else {
		lane->running--;
		iface->running--;
		if (runner->relays == iface->relays)
			iface->fresh--;
		else if (runner->relays + 1 == iface->relays)
			iface->older--;
		acall_lane_update(iface, lane);
	}
	return acall_lane_unused(lane) ? lane : NULL;
}

static struct acall_call *take_call(struct acall_runner *runner)
{
	struct acall_interface *iface = runner->iface;
	struct acall_lane *lane = list_first_entry(&iface->turn,
						   struct acall_lane, turn);
	struct acall_call *call = list_first_entry(&lane->queue,
						   struct acall_call, queue);

	trace_acall_take(call->id);
	list_del_init(&call->queue);
	lane->running++;
	iface->running++;
	iface->fresh++;
	iface->taken = true;
	runner->relays = iface->relays;
	runner->lane = lane;
	runner->drained = 0;
	/* To the end of the circle. */
	list_del_init(&lane->turn);
	acall_lane_update(iface, lane);
	return call;
}

static void take_slots(struct acall_runner *runner, struct list_head *slots)
{
	struct acall_interface *iface = runner->iface;
	struct acall_lane *lane = list_first_entry(&iface->short_turn,
						   struct acall_lane,
						   short_turn);

	iface->taken = true;
	runner->drained = acall_slots_take(lane, slots);
	acall_trace_slots_taken(slots);
	runner->lane = lane;
	lane->draining = true;
	list_del_init(&lane->short_turn);
}

/* Not while the workqueue is looking at it: see queue_chore(). */
static void rest_later(struct acall_interface *iface)
{
	lockdep_assert_held(&iface->lock);
	if (iface->rest_due)
		return;
	iface->rest_due = true;
	queue_delayed_work(iface->chores_wq, &iface->rest_work, LINGER);
}

/*
 * Nothing after this but sleep and the way out: who queues the work again from now
 * on waits for no provider.
 */
static void become_idle(struct acall_runner *runner)
{
	struct acall_interface *iface = runner->iface;

	list_add(&runner->idle, &iface->idle_runners);
	runner->leave = iface->resting;
	if (iface->resting)
		return;
	runner->task = current;
	runner->since = jiffies;
	rest_later(iface);
}

/*
 * Give up the runner's lane and take the next call, or slots, whose user's turn it
 * is. Who has drained slots looks for a call first, so that neither has to wait for
 * the last of the other; then somebody else is to drain.
 *
 * Return: false if there is nothing to start.
 */
static bool runner_next(struct acall_runner *runner, struct acall_call **call,
			struct list_head *slots)
{
	struct acall_interface *iface = runner->iface;
	struct acall_lane *unused;
	bool any = true, call_first;

	spin_lock_irq(&iface->lock);
	if (runner->woken) {
		runner->woken = false;
		iface->woken--;
	}
	unused = give_up_lane(runner);
	call_first = runner->lane && runner->drained && call_ready(iface);
	runner->lane = NULL;
	*call = NULL;
	if (slots_ready(iface) && !call_first) {
		take_slots(runner, slots);
	} else if (call_ready(iface)) {
		*call = take_call(runner);
	} else {
		become_idle(runner);
		any = false;
	}
	/* For what else there is. */
	if (any)
		acall_runner_kick(iface);
	spin_unlock_irq(&iface->lock);
	kfree(unused);
	return any;
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
		rest_later(iface);
}

static void rest_work(struct work_struct *work)
{
	struct acall_interface *iface =
		container_of(to_delayed_work(work), struct acall_interface,
			     rest_work);

	spin_lock_irq(&iface->lock);
	iface->rest_due = false;
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
	LIST_HEAD(slots);

	do {
		while (runner_next(runner, &call, &slots)) {
			if (call) {
				acall_cov_begin(&call->cov);
				run(call);
				acall_cov_end();
			} else {
				acall_drain(&slots);
			}
			cond_resched();
		}
	} while (linger(runner));
}

/* Unregistration ends after the client was told: so the pin is given back here. */
static void run_in_place(struct acall_call *call)
{
	struct acall_interface *iface = call->iface;
	u64 cpu_ns = current->se.sum_exec_runtime;
	struct acall_bounded bounded;
	int ret;

	/* It was published as one that is running. */
	acall_count(ACALL_COUNT_STARTED, 1);
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
 * @more: the caller has others, and will call acall_runner_kick(); until then it is
 *	left to the relay
 *
 * Context: process.
 */
void acall_runner_enqueue(struct acall_call *call, bool more)
{
	struct acall_interface *iface = call->iface;
	bool custom = call->caps & ACALL_CAP_CUSTOM;
	enum acall_phase phase;
	bool gone;

	acall_count(ACALL_COUNT_ACCEPTED, 1);
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
			acall_lane_update(iface, call->lane);
		}
		/* The sweep that began before knows nothing of this call. */
		if (gone)
			acall_call_get(call);
		else if (!more)
			acall_runner_kick(iface);
		else if (may_wake(iface))
			relay_later(iface);
	} else {
		/* Cancelled before it came onto a list. */
		acall_lane_settle(iface, call);
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
			acall_chore_begin(iface);
		} else {
			acall_lane_settle(iface, call);
		}
		acall_lane_update(iface, lane);
	}
	spin_unlock_irqrestore(&iface->lock, flags);
	if (!here)
		return false;
	acall_call_settle(call);
	acall_chore_end(iface, NULL);
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
	u32 i, nr;

	/* Only under its own name: a cut one may be there already. */
	if (strlen("acall-") + strlen(iface->name) < WQ_NAME_SIZE)
		flags |= WQ_SYSFS;

	hash_init(iface->lanes);
	INIT_LIST_HEAD(&iface->idle_runners);
	INIT_WORK(&iface->close_work, acall_chore_close);
	INIT_DELAYED_WORK(&iface->rest_work, rest_work);
	hrtimer_setup(&iface->relay, relay, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_SOFT);
	iface->relayed = jiffies;

	/* One for slots. */
	nr = iface->max_running + 1;
	iface->runners = kvcalloc(nr, sizeof(*iface->runners),
				  GFP_KERNEL | __GFP_NOWARN);
	if (!iface->runners)
		return -ENOMEM;
	/*
	 * Unbound: methods are long or block. Not WQ_MEM_RECLAIM: a rescuer
	 * must never be stopped by a signal, and calls are no part of reclaim
	 * (R-RECLAIM). Not WQ_FREEZABLE: a long call would make suspend fail
	 * (R-FREEZE).
	 */
	/*
	 * That there are no more runners is the limit; some kernels would cut a
	 * smaller one into shares of NUMA nodes.
	 */
	iface->wq = alloc_workqueue("acall-%s", flags, WQ_MAX_ACTIVE,
				    iface->name);
	/*
	 * For what needs no turn: two works for each lane, and one. Its name is
	 * for who looks whose workers these are, and no longer than any kernel's.
	 */
	iface->chores_wq = alloc_workqueue("acall-chores-%.10s", WQ_UNBOUND, 0,
					   iface->name);
	if (!iface->wq || !iface->chores_wq) {
		acall_runners_destroy(iface);
		return -ENOMEM;
	}
	for (i = 0; i < nr; i++) {
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
	/* It finds nothing to start any more. */
	hrtimer_cancel(&iface->relay);
	if (iface->wq)
		destroy_workqueue(iface->wq);
	if (iface->chores_wq)
		destroy_workqueue(iface->chores_wq);
	/* Who changes user_running may be walking over the lanes. */
	spin_lock_irq(&iface->lock);
	hash_for_each_safe(iface->lanes, bucket, next, lane, node) {
		hash_del(&lane->node);
		/* Of a queue that is open still, whose client puts it (lane.c). */
		if (lane->refs)
			continue;
		kfree(lane);
		iface->spare_lanes--;
	}
	INIT_LIST_HEAD(&iface->idle_runners);
	spin_unlock_irq(&iface->lock);
	kvfree(iface->runners);
	WARN_ON(iface->spare_lanes);
}
