// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completing a call from a context of one's choice, and being told when that
 * has returned.
 *
 * Owns nothing: all state is of one complete_in(), which outlives the timer.
 * No locks.
 *
 * The race it is about: acall_complete() in hard interrupt context, in the
 * middle of anything that the interrupted task does with the same call (P3).
 */
#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "compat.h"
#include "methods.h"

struct completer {
	struct acall_call *call;
	int ret;
	bool twice;
	bool there;		/* it was the context that was asked for */
	bool hard;
	struct hrtimer timer;
	struct completion fired;
};

static void complete_it(struct completer *c)
{
	acall_complete(c->call, c->ret);
	if (c->twice)
		acall_complete(c->call, -EIO);
}

static void on_ipi(void *arg)
{
	struct completer *c = arg;

	c->there = in_hardirq() || irqs_disabled();
	complete_it(c);
}

static enum hrtimer_restart on_timer(struct hrtimer *timer)
{
	struct completer *c = container_of(timer, struct completer, timer);

	c->there = c->hard ? in_hardirq() : in_serving_softirq();
	complete_it(c);
	complete(&c->fired);
	return HRTIMER_NORESTART;
}

static int on_other_cpu(struct completer *c)
{
	unsigned int other;
	int ret = -ENODEV;

	other = cpumask_any_but(cpu_online_mask, get_cpu());
	if (other < nr_cpu_ids)
		ret = smp_call_function_single(other, on_ipi, c, 1);
	put_cpu();
	return ret;
}

/*
 * Completes @call with @ret, and if @twice again with another, in @context.
 * Return: 0 when it has, or -ENODEV, -ENOMEM: it has not.
 */
int complete_in(struct acall_call *call, int ret, u32 context, bool twice)
{
	enum hrtimer_mode mode = HRTIMER_MODE_REL_SOFT;
	struct completer *c;

	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	c->call = call;
	c->ret = ret;
	c->twice = twice;
	ret = 0;

	switch (context) {
	case ACALL_TEST_TASK:
		c->there = true;
		complete_it(c);
		break;
	case ACALL_TEST_OTHER_CPU:
		ret = on_other_cpu(c);
		break;
	case ACALL_TEST_HARDIRQ:
		c->hard = true;
		mode = HRTIMER_MODE_REL;
		fallthrough;
	default:
		init_completion(&c->fired);
		hrtimer_setup(&c->timer, on_timer, CLOCK_MONOTONIC, mode);
		hrtimer_start(&c->timer, 0, mode);
		wait_for_completion(&c->fired);
		hrtimer_cancel(&c->timer);
		break;
	}
	WARN_ON_ONCE(!ret && !c->there);
	kfree(c);
	return ret;
}
