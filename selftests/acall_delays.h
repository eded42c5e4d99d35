/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The delay points of debug modules, if there are any. Nobody else may want them at
 * the same time: tests run one after the other.
 */
#ifndef _SELFTESTS_ACALL_DELAYS_H
#define _SELFTESTS_ACALL_DELAYS_H

#include "acall_util.h"

#define DELAYS		"/sys/kernel/debug/acall/delays"

static inline bool delays_there(void)
{
	return !access(DELAYS, W_OK);
}

static inline int delays_reset(void)
{
	return delays_there() ? write_file(DELAYS, "all 0") : 0;
}

/* At @point, "NAME MAX_USEC [PERMILLE]", besides where there are some already. */
static inline int delays_add(const char *point)
{
	return delays_there() ? write_file(DELAYS, point) : 0;
}

#endif /* _SELFTESTS_ACALL_DELAYS_H */
