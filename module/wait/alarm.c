// SPDX-License-Identifier: GPL-2.0-only
/*
 * Alarms on the stack of who sleeps.
 *
 * Owns nothing; no lock. The timer's handler is the only one that writes @rang
 * when it is set, and who sleeps the only one that reads it.
 *
 * The race it is about: the time comes between the look at @rang and schedule().
 * The sleeper's state is set before that look, and the handler writes before it
 * wakes; so either he sees it, or he is made to run again. The kernel's own
 * schedule_hrtimeout() is right by the same reasoning, but what its handler and its
 * sleeper share is not marked, and KCSAN reports it with our functions in the stack.
 */
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sched/deadline.h>
#include <linux/sched/rt.h>

#include "compat.h"
#include "wait/alarm.h"

/* As the kernel's sleepers have it: who has to be in time is not behind softirqs. */
static enum hrtimer_mode mode_for_current(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT) &&
	    (rt_task(current) || dl_task(current)))
		return HRTIMER_MODE_ABS_HARD;
	return HRTIMER_MODE_ABS;
}

static enum hrtimer_restart ring(struct hrtimer *timer)
{
	struct acall_alarm *alarm = container_of(timer, struct acall_alarm,
						 timer);
	struct task_struct *task = alarm->task;

	/* Pairs with the barrier of set_current_state(). */
	WRITE_ONCE(alarm->rang, true);
	wake_up_process(task);
	return HRTIMER_NORESTART;
}

/**
 * acall_alarm_set - have this task woken at a point of time
 * @alarm: on its stack; to be cleared by acall_alarm_clear()
 * @until: absolute CLOCK_MONOTONIC ns; what is past has rung, U64_MAX never does
 *
 * Context: task; takes no lock that may be held by others for long.
 */
void acall_alarm_set(struct acall_alarm *alarm, u64 until)
{
	enum hrtimer_mode mode = mode_for_current();

	alarm->rang = false;
	alarm->set = false;
	if (until >= KTIME_MAX)
		return;
	alarm->rang = until <= ktime_get_ns();
	if (alarm->rang)
		return;
	alarm->set = true;
	alarm->task = current;
	hrtimer_setup_on_stack(&alarm->timer, ring, CLOCK_MONOTONIC, mode);
	hrtimer_start(&alarm->timer, ns_to_ktime(until), mode);
}

/**
 * acall_alarm_clear - from now on it does not ring
 * @alarm: that was set by this task
 *
 * Context: task; waits for the handler, if that is running.
 */
void acall_alarm_clear(struct acall_alarm *alarm)
{
	if (!alarm->set)
		return;
	hrtimer_cancel(&alarm->timer);
	destroy_hrtimer_on_stack(&alarm->timer);
}
