/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A wait that ends at a point of time: who sleeps sets an alarm first. Beneath
 * everything else; knows of no call.
 */
#ifndef _ACALL_WAIT_ALARM_H
#define _ACALL_WAIT_ALARM_H

#include <asm/barrier.h>
#include <linux/hrtimer.h>
#include <linux/wait.h>

struct acall_alarm {
	struct hrtimer timer;
	struct task_struct *task;	/* who is woken; fixed once it is set */
	bool set;			/* the timer is; of who sleeps alone */
	bool rang;			/* by the timer, without a lock */
};

void acall_alarm_set(struct acall_alarm *alarm, u64 until);
void acall_alarm_clear(struct acall_alarm *alarm);

static inline bool acall_alarm_rang(const struct acall_alarm *alarm)
{
	/* Acquire: what is looked at afterwards is as it was at that time, or later. */
	return smp_load_acquire(&alarm->rang);
}

/**
 * acall_wait_until - wait for a condition until a point of time
 * @_head: whoever makes it true wakes those here
 * @_condition: an expression; evaluated more than once and with the state set, so
 *	it may not sleep
 * @_state: TASK_*, which says what else ends it
 * @_until: absolute CLOCK_MONOTONIC ns, U64_MAX = for ever
 *
 * What is true when the time has come counts, however late that is seen: so the alarm
 * is looked at first.
 *
 * Context: may sleep.
 * Return: 0, -ETIMEDOUT, -ERESTARTSYS.
 */
#define acall_wait_until(_head, _condition, _state, _until)		\
({									\
	struct acall_alarm __alarm;					\
	bool __late, __met = false;					\
	int __end;							\
									\
	acall_alarm_set(&__alarm, _until);				\
	__end = wait_event_state(_head,					\
				 (__late = acall_alarm_rang(&__alarm),	\
				  (__met = (_condition)) || __late),	\
				 (_state));				\
	acall_alarm_clear(&__alarm);					\
	__end || __met ? __end : -ETIMEDOUT;				\
})

#endif /* _ACALL_WAIT_ALARM_H */
