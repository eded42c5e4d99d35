/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the stress tests share: a random short delay, and the books of a race: which
 * order was seen how often. A race of which one order never came was none, and the
 * test fails.
 */
#ifndef _SELFTESTS_STRESS_UTIL_H
#define _SELFTESTS_STRESS_UTIL_H

/* Rounds take long where ACALL_ROUNDS asks for many. */
#define GUARD_SEC	1800
#include "acall_more.h"

/* Of a test's result, in its log. */
#define note(...)	fprintf(stderr, "# " __VA_ARGS__)

/* How often both sides may miss each other before that is a result. */
#define TRIES		50

/* Of one thread's own; not secret, not good, but never the same twice. */
struct dice {
	__u32 state;
};

static inline __u32 roll(struct dice *d, __u32 below)
{
	d->state = d->state * 1103515245 + 12345;
	return (d->state >> 8) % below;
}

static inline void dither(struct dice *d, __u32 max_ns)
{
	spin(roll(d, max_ns));
}

/*
 * A race goes on for rounds() rounds, and then until each order was seen, or so
 * long that there is no race.
 */
static inline bool more_rounds(unsigned int round, unsigned int a,
			       unsigned int b)
{
	return round < rounds() || ((!a || !b) && round < rounds() * TRIES);
}

#endif /* _SELFTESTS_STRESS_UTIL_H */
