/* SPDX-License-Identifier: GPL-2.0-only */
/* What the benchmarks share. */
#ifndef ACALL_BENCH_UTIL_H
#define ACALL_BENCH_UTIL_H

#include <stdnoreturn.h>
#include <linux/types.h>

#define ARRAY_SIZE(x)	(sizeof(x) / sizeof((x)[0]))

/* Says why, and ends the program with status 2. */
noreturn void die(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* An argument from 1 to @most, or the program ends. */
unsigned int number(const char *text, unsigned int most);

/* CLOCK_MONOTONIC. */
__u64 now_ns(void);

#endif /* ACALL_BENCH_UTIL_H */
