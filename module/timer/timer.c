// SPDX-License-Identifier: GPL-2.0-only
/*
 * The "timer" interface: calls that are parked until their time has come. A
 * custom method without hardware: a parked call holds memory and no thread.
 *
 * Owns the tree of all parked calls, by time, and the one hrtimer, the alarm,
 * which is set for the first of them. act_lock (irqs off) guards both and
 * act_ringing; it is taken in BEGIN's caller, in whatever context a canceller
 * has, and in the alarm's interrupt. It is never held over acall_complete().
 *
 * Who takes a call out of the tree completes it, and nobody else (R-ONCE):
 *
 * fire and cancel	The lock decides. A cancel that finds the call taken
 *			does nothing: its time had come, and that is its result.
 * cancel and start	The hook may come before .start has parked the call, and
 *			is not asked again. But the request was visible before
 *			the hook took the lock. So .start looks for one when it
 *			has the lock, and then completes instead of parking.
 * fire and start	.start completes a call whose time is past; one that is
 *			parked may be completed before .start returns, so .start
 *			does not touch it any more.
 * start and ring	Who parks a new first call sets the alarm, unless the
 *			interrupt is at work: then it sets it, when it has done
 *			its batch and looks at the tree under the lock.
 *
 * A cancel leaves the alarm as it is: it rings for nobody, and is set anew.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/time_namespace.h>
#include <linux/acall_timer.h>
#include <acall/provider.h>

#include "compat.h"

/* Calls completed in one interrupt: some ten microseconds. */
#define ACT_BATCH	32

/* A call's acall_private(). */
struct act_timer {
	struct rb_node node;		/* in the tree, or empty */
	struct acall_call *call;
	ktime_t due;
	ktime_t offset;			/* of the caller's time namespace */
};

static DEFINE_SPINLOCK(act_lock);
static struct rb_root_cached act_parked = RB_ROOT_CACHED;
static struct hrtimer act_alarm;
static bool act_ringing;

static bool act_before(struct rb_node *a, const struct rb_node *b)
{
	return ktime_before(rb_entry(a, struct act_timer, node)->due,
			    rb_entry(b, struct act_timer, node)->due);
}

static struct act_timer *act_first(void)
{
	return rb_entry_safe(rb_first_cached(&act_parked), struct act_timer,
			     node);
}

static void act_park(struct act_timer *t)
{
	lockdep_assert_held(&act_lock);
	/* Of equal times the first to be parked is the first to fire. */
	if (rb_add_cached(&t->node, &act_parked, act_before) && !act_ringing)
		hrtimer_start(&act_alarm, t->due, HRTIMER_MODE_ABS);
}

static void act_take(struct act_timer *t)
{
	lockdep_assert_held(&act_lock);
	rb_erase_cached(&t->node, &act_parked);
	RB_CLEAR_NODE(&t->node);
}

/* @t is in nobody's hands but the caller's, and gone afterwards. */
static void act_fire(struct act_timer *t, ktime_t now)
{
	struct acall_timer_fired *out = acall_out(t->call);

	out->fired_ns = ktime_to_ns(ktime_add(now, t->offset));
	out->late_ns = ktime_to_ns(ktime_sub(now, t->due));
	acall_out_set_len(t->call, sizeof(*out));
	acall_complete(t->call, 0);
}

/*
 * However many are due, interrupts are off for one batch, and then for as long
 * a time on again: an alarm set for a time that is past would ring in this same
 * interrupt.
 */
static enum hrtimer_restart act_ring(struct hrtimer *alarm)
{
	struct act_timer *batch[ACT_BATCH], *t;
	unsigned int n = 0, i;
	unsigned long flags;
	ktime_t began, now;

	spin_lock_irqsave(&act_lock, flags);
	act_ringing = true;
	began = ktime_get();
	while (n < ACT_BATCH) {
		t = act_first();
		if (!t || ktime_after(t->due, began))
			break;
		act_take(t);
		batch[n++] = t;
	}
	spin_unlock_irqrestore(&act_lock, flags);

	for (i = 0; i < n; i++)
		act_fire(batch[i], began);

	spin_lock_irqsave(&act_lock, flags);
	act_ringing = false;
	t = act_first();
	if (t) {
		now = ktime_get();
		now = ktime_add(now, ktime_sub(now, began));
		hrtimer_start(alarm, max(t->due, now), HRTIMER_MODE_ABS);
	}
	spin_unlock_irqrestore(&act_lock, flags);
	return HRTIMER_NORESTART;
}

static int act_prepare(struct acall_call *call)
{
	const struct acall_timer_sleep *in = acall_in(call);
	struct act_timer *t = acall_private(call);
	struct timespec64 offset = {};

	if (in->flags & ~ACALL_TIMER_ABS || in->__reserved)
		return -EINVAL;
	timens_add_monotonic(&offset);
	t->offset = timespec64_to_ktime(offset);
	t->call = call;
	RB_CLEAR_NODE(&t->node);
	return acall_out_alloc(call, sizeof(struct acall_timer_fired));
}

/* What is too far away to be told saturates: it is never reached. */
static ktime_t act_due(const struct act_timer *t,
		       const struct acall_timer_sleep *in)
{
	ktime_t ns = min_t(u64, in->ns, KTIME_MAX);

	if (!(in->flags & ACALL_TIMER_ABS))
		return ktime_add_safe(ktime_get(), ns);
	/* From the caller's clock to the host's; what is past may be < 0. */
	return t->offset > 0 ? ktime_sub(ns, t->offset) :
			       ktime_add_safe(ns, -t->offset);
}

static void act_start(struct acall_call *call)
{
	struct act_timer *t = acall_private(call);
	bool cancelled, past;
	unsigned long flags;
	ktime_t now;

	/* Not in .prepare: a relative time is a lower bound from BEGIN on. */
	t->due = act_due(t, acall_in(call));

	spin_lock_irqsave(&act_lock, flags);
	cancelled = acall_cancelled(call);
	now = ktime_get();
	past = !ktime_after(t->due, now);
	if (!cancelled && !past)
		act_park(t);
	spin_unlock_irqrestore(&act_lock, flags);

	if (cancelled)
		acall_complete(call, -ECANCELED);
	else if (past)
		act_fire(t, now);
}

static int act_cancel(struct acall_call *call)
{
	struct act_timer *t = acall_private(call);
	unsigned long flags;
	bool parked;

	spin_lock_irqsave(&act_lock, flags);
	parked = !RB_EMPTY_NODE(&t->node);
	if (parked)
		act_take(t);
	spin_unlock_irqrestore(&act_lock, flags);

	if (parked)
		acall_complete(call, -ECANCELED);
	return 0;
}

static const struct acall_method act_methods[] = {
	[ACALL_TIMER_SLEEP] = {
		.name		= "sleep",
		.unit		= ACALL_UNIT_NONE,
		.grace_ns	= NSEC_PER_SEC,
		.in_size	= sizeof(struct acall_timer_sleep),
		.out_max	= sizeof(struct acall_timer_fired),
		.priv_size	= sizeof(struct act_timer),
		.prepare	= act_prepare,
		.start		= act_start,
		.cancel		= act_cancel,
	},
};

static const struct acall_interface_desc act_desc = {
	.owner		= THIS_MODULE,
	.name		= ACALL_TIMER_INTERFACE,
	.version_min	= ACALL_TIMER_VERSION,
	.version	= ACALL_TIMER_VERSION,
	.methods	= act_methods,
	.nr_methods	= ARRAY_SIZE(act_methods),
};

static struct acall_interface *act_interface;

static int __init act_init(void)
{
	hrtimer_setup(&act_alarm, act_ring, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	act_interface = acall_register_interface(&act_desc);
	return PTR_ERR_OR_ZERO(act_interface);
}

static void __exit act_exit(void)
{
	acall_unregister_interface(act_interface);
	/* No call is left to set it, but it may still ring (R-UNLOAD). */
	hrtimer_cancel(&act_alarm);
}

module_init(act_init);
module_exit(act_exit);

MODULE_DESCRIPTION("acall: cancellable timers");
MODULE_LICENSE("GPL");
MODULE_ALIAS_ACALL(ACALL_TIMER_INTERFACE);
#ifdef ACALL_VERSION		/* in a kernel it has the kernel's */
MODULE_VERSION(ACALL_VERSION);
#endif
