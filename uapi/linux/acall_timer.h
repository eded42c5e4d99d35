/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The "timer" interface of acall: calls that complete when their time has come.
 *
 * Input is the method's structure, output struct acall_timer_fired; no files,
 * no progress. A timer that waits holds no thread, and a cancel ends it at
 * once. Unknown flags and non-zero reserved fields are EINVAL.
 *
 * The clock is CLOCK_MONOTONIC in the time namespace of BEGIN's caller; it
 * stands still while the machine is suspended. Never early.
 */
#ifndef _UAPI_LINUX_ACALL_TIMER_H
#define _UAPI_LINUX_ACALL_TIMER_H

#include <linux/types.h>

#define ACALL_TIMER_INTERFACE	"timer"
#define ACALL_TIMER_VERSION	1

/* Method numbers are appended, never reused. */
enum acall_timer_method {
	ACALL_TIMER_SLEEP	= 0,
};

/* acall_timer_sleep.flags */
#define ACALL_TIMER_ABS		0x1	/* @ns is a point in time */

/**
 * struct acall_timer_sleep - input of sleep
 * @flags: ACALL_TIMER_*
 * @__reserved: 0
 * @ns: how long from BEGIN on, or with ACALL_TIMER_ABS until when; a time that
 *	is past fires at once, U64_MAX never
 */
struct acall_timer_sleep {
	__u32 flags;
	__u32 __reserved;
	__u64 ns;
};

/**
 * struct acall_timer_fired - output of sleep
 * @fired_ns: when it fired
 * @late_ns: how long that was after the time asked for
 */
struct acall_timer_fired {
	__u64 fired_ns;
	__u64 late_ns;
};

#endif /* _UAPI_LINUX_ACALL_TIMER_H */
