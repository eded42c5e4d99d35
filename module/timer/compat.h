/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernel versions that the timer meets, behind the newest
 * kernel's names. HAVE_* come from the feature tests in Kbuild.
 */
#ifndef _ACALL_TIMER_COMPAT_H
#define _ACALL_TIMER_COMPAT_H

#include <linux/hrtimer.h>

#ifndef HAVE_HRTIMER_SETUP
static inline void
hrtimer_setup(struct hrtimer *timer,
	      enum hrtimer_restart (*function)(struct hrtimer *),
	      clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#endif /* _ACALL_TIMER_COMPAT_H */
