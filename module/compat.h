/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between kernel versions, behind the newest kernel's names.
 * HAVE_* come from the feature tests in Kbuild.
 */
#ifndef _ACALL_COMPAT_H
#define _ACALL_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/mm.h>

#ifndef HAVE_HRTIMER_SETUP
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#ifndef HAVE_HRTIMER_ON_STACK
static inline void
hrtimer_setup_on_stack(struct hrtimer *timer,
		       enum hrtimer_restart (*function)(struct hrtimer *),
		       clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init_on_stack(timer, clock, mode);
	timer->function = function;
}
#endif

#ifndef HAVE_VM_FLAGS_MOD
static inline void vm_flags_mod(struct vm_area_struct *vma, vm_flags_t set,
				vm_flags_t clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}
#endif

#endif /* _ACALL_COMPAT_H */
