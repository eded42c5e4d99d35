/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Delay points of debug builds (ACALL_DEBUG): named places between two steps of
 * a call where another party may come in, which can be made to last. See delay.c.
 */
#ifndef _ACALL_DEBUG_DELAY_H
#define _ACALL_DEBUG_DELAY_H

#include <linux/types.h>

enum acall_delay_point {
#define SPINS(_name)	ACALL_AT_##_name,
#define SLEEPS(_name)	ACALL_AT_##_name,
#include "debug/delay_points.h"
	ACALL_NR_DELAY_POINTS,
};

#ifdef ACALL_DEBUG
void acall_delay(enum acall_delay_point at);
void acall_delay_init(void);
#else
static inline void acall_delay(enum acall_delay_point at)
{
}

static inline void acall_delay_init(void) {}
#endif

#endif /* _ACALL_DEBUG_DELAY_H */
