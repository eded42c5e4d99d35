/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time in the tests: no test depends on how fast something is, but loops that look for
 * what others do have a guard (GUARD_SEC, which the harness's tests have too), and races
 * have delays.
 */
#ifndef _SELFTESTS_ACALL_TIME_H
#define _SELFTESTS_ACALL_TIME_H

#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include <linux/types.h>

#define MSEC		1000000ULL
#define SEC		1000000000ULL
#ifndef GUARD_SEC
#define GUARD_SEC	120	/* the harness's; loops give up earlier */
#endif

static inline unsigned int scale(void)
{
	const char *s = getenv("ACALL_SCALE");
	int n = s ? atoi(s) : 1;

	return n > 0 ? n : 1;
}

static inline __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SEC + ts.tv_nsec;
}

/* The hang guard of a loop that started at @since. */
static inline bool guard_expired(__u64 since)
{
	return now_ns() - since > GUARD_SEC * 5 / 6 * SEC * scale();
}

/* In a loop that is to be as quick as it can: who shares the processor may run. */
static inline void cpu_relax(void)
{
#if __has_builtin(__builtin_ia32_pause)
	__builtin_ia32_pause();
#endif
}

/* Busy for @ns: a delay, not a wait. */
static inline void spin(__u64 ns)
{
	__u64 start = now_ns();

	while (now_ns() - start < ns)
		cpu_relax();
}

/*
 * In a loop that looks for what somebody else does. Short as it is, it lets the
 * processor idle, which a guest's may have to do so that another's can run.
 */
static inline void give_way(void)
{
	static const struct timespec moment = { .tv_nsec = 20000 };

	nanosleep(&moment, NULL);
}

#endif /* _SELFTESTS_ACALL_TIME_H */
