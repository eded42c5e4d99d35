// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runners: who executes calls, and in which order.
 *
 * An interface has its own workqueue, so that its stuck calls hold up nobody
 * else's (P9), and max_running runners, allocated with it. A runner owns a work
 * item for life (R-WSADDR) and drains calls until there is none to start.
 *
 * A call waits in the lane of its user; lanes with something to start stand in
 * a circle and are served in turn, and no lane has more than its share running.
 *
 * Lock: iface->lock for lanes, lists and idle runners; queue_work() is called
 * under it, so no work can be queued once the last call has ended (R-OOC).
 *
 * A call that is cancelled before it starts is released by the retire work of its
 * lane: dropping its files may block, and then holds up its own user's only.
 *
 * The race it is about is BEGIN and CANCEL of a queued call against the runner
 * that takes it. The state decides whether it runs (R-PUB); which list it is on
 * only decides who clears it away: the runner if it has taken it, else the
 * retire work, which gets it from the canceller or from a BEGIN that was slower.
 */
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "call.h"
#include "identity.h"
#include "interface.h"
#include "limits.h"
#include "runner.h"

/* A workqueue's name and its NUL, on kernels that keep least of it. */
#define WQ_NAME_SIZE	24

/* For calls that never start, which need no turn: one work for each lane. */
static struct workqueue_struct *retire_wq;

struct acall_runner {
	struct work_struct work;
	struct acall_interface *iface;
	struct acall_lane *lane;	/* whose turn it is using */
	struct list_head idle;
};

struct acall_lane {
	struct hlist_node node;
	struct acall_interface *iface;
	kuid_t owner;
	u32 refs;			/* calls and its retire work */
	u32 running;			/* runners it uses */
	struct list_head queue;		/* calls, oldest first */
	struct list_head turn;		/* on the circle */
	struct list_head retired;	/* calls that never started */
	struct work_struct retire_work;
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

static void retire_work(struct work_struct *work)
{
	struct acall_lane *lane = container_of(work, struct acall_lane,
					       retire_work);
	struct acall_interface *iface = lane->iface;
	struct acall_call *call;

	for (;;) {
		spin_lock_irq(&iface->lock);
		call = list_first_entry_or_null(&lane->retired,
						struct acall_call, queue);
		if (call)
			list_del_init(&call->queue);
		spin_unlock_irq(&iface->lock);
		if (!call)
			break;
		acall_call_retire(call);
		cond_resched();
	}

	/*
	 * May free the work that this is. Nothing below waits, so a new lane's
	 * work at the same address is not held up for long (R-WSADDR).
	 */
	acall_lane_put(iface, lane);
	spin_lock_irq(&iface->lock);
	if (!--iface->retiring)
		wake_up_all(&iface->idle_wait);
	spin_unlock_irq(&iface->lock);
	acall_interface_put(iface);
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

	for (;;) {
		spin_lock_irq(&iface->lock);
		lane = lane_find(iface, owner);
		if (!lane && fresh) {
			lane = fresh;
			fresh = NULL;
			hash_add(iface->lanes, &lane->node, __kuid_val(owner));
		}
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
		INIT_LIST_HEAD(&fresh->retired);
		INIT_WORK(&fresh->retire_work, retire_work);
	}
	kfree(fresh);
	return lane;
}

/* True if nobody needs it any more; then the caller frees it. */
static bool lane_unused(struct acall_lane *lane)
{
	if (lane->refs || lane->running)
		return false;
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
		 * Nothing after this but the way out: who queues the work again
		 * from now on waits for no provider.
		 */
		list_add(&runner->idle, &iface->idle_runners);
	}
	runner->lane = lane;
	spin_unlock_irq(&iface->lock);
	kfree(unused);
	return call;
}

static void run(struct acall_call *call)
{
	struct acall_disguise was;
	u64 cpu_ns;
	int ret;

	if (!acall_call_start(call)) {
		acall_call_retire(call);
		return;
	}

	cpu_ns = current->se.sum_exec_runtime;
	acall_identity_assume(call->identity, &was);
	ret = call->method->run(call);
	acall_identity_leave(call->identity, &was);
	cpu_ns = current->se.sum_exec_runtime - cpu_ns;

	/*
	 * A signal that stayed pending would spoil whatever this kernel thread
	 * does next, for us or for anybody.
	 */
	if (WARN_ONCE(call->task, "acall: %s: method %u did not call acall_killable_end()\n",
		      call->iface->name, call->method_nr))
		acall_killable_end(call);
	if (WARN_ON_ONCE(signal_pending(current)))
		flush_signals(current);

	acall_call_end(call, ret, cpu_ns);
}

static void runner_work(struct work_struct *work)
{
	struct acall_runner *runner = container_of(work, struct acall_runner,
						   work);
	struct acall_call *call;

	while ((call = runner_next(runner))) {
		run(call);
		cond_resched();
	}
}

/*
 * Hand a call that never starts to a kworker, where its files can be dropped at
 * once and whoever cancelled it need not wait for what .release does.
 */
static void retire(struct acall_interface *iface, struct acall_call *call)
{
	struct acall_lane *lane = call->lane;

	lockdep_assert_held(&iface->lock);
	list_move_tail(&call->queue, &lane->retired);
	/* True once for each time that the work is going to run. */
	if (queue_work(retire_wq, &lane->retire_work)) {
		lane->refs++;
		iface->retiring++;
		acall_interface_get(iface);
	}
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
	enum acall_phase phase;
	bool gone;

	spin_lock_irq(&iface->lock);
	list_add_tail(&call->all, &iface->calls);
	gone = iface->gone;
	phase = acall_word_phase(acall_call_word(call));
	if (phase == ACALL_PHASE_QUEUED) {
		list_add_tail(&call->queue, &call->lane->queue);
		lane_update(iface, call->lane);
		/* The sweep that began before knows nothing of this call. */
		if (gone)
			acall_call_get(call);
		else
			kick(iface);
	} else {
		/* Cancelled before it came onto a list. */
		retire(iface, call);
		gone = false;
	}
	spin_unlock_irq(&iface->lock);

	if (gone) {
		acall_call_cancel(call, ACALL_REASON_PROVIDER, call->grace_ns);
		acall_call_put(call);
	}
}

/**
 * acall_runner_dequeue - a queued call was cancelled
 * @call: the call, never to be started
 *
 * If it is not on its queue, the runner that has taken it or the BEGIN that has
 * not queued it yet finds the new state.
 *
 * Context: any but hard interrupt and NMI.
 */
void acall_runner_dequeue(struct acall_call *call)
{
	struct acall_interface *iface = call->iface;
	unsigned long flags;

	spin_lock_irqsave(&iface->lock, flags);
	if (!list_empty(&call->queue)) {
		retire(iface, call);
		lane_update(iface, call->lane);
	}
	spin_unlock_irqrestore(&iface->lock, flags);
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

	iface->runners = kvcalloc(iface->max_running, sizeof(*iface->runners),
				  GFP_KERNEL);
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
	if (!iface->wq) {
		kvfree(iface->runners);
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
 * Waits for runners that are on their way out.
 */
void acall_runners_destroy(struct acall_interface *iface)
{
	destroy_workqueue(iface->wq);
	kvfree(iface->runners);
	WARN_ON(!hash_empty(iface->lanes));
}

int __init acall_runners_init(void)
{
	retire_wq = alloc_workqueue("acall-retire", WQ_UNBOUND, 0);
	return retire_wq ? 0 : -ENOMEM;
}

void acall_runners_exit(void)
{
	destroy_workqueue(retire_wq);
}
