/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run-time monitor of debug builds (ACALL_DEBUG): checks every transition
 * against what must hold of any, and counts them. See monitor.c.
 */
#ifndef _ACALL_MONITOR_H
#define _ACALL_MONITOR_H

#include "state.h"

#ifdef ACALL_DEBUG
void acall_monitor(u32 was, enum acall_event event, enum acall_verdict verdict,
		   u32 now);
void acall_monitor_init(void);
void acall_monitor_exit(void);
#else
static inline void acall_monitor(u32 was, enum acall_event event,
				 enum acall_verdict verdict, u32 now)
{
}

static inline void acall_monitor_init(void) {}
static inline void acall_monitor_exit(void) {}
#endif

#endif /* _ACALL_MONITOR_H */
