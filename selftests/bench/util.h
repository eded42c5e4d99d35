/* SPDX-License-Identifier: GPL-2.0-only */
/* What the benchmarks share. */
#ifndef ACALL_BENCH_UTIL_H
#define ACALL_BENCH_UTIL_H

#include <stdbool.h>
#include <stdnoreturn.h>
#include <linux/types.h>

#define ARRAY_SIZE(x)	(sizeof(x) / sizeof((x)[0]))
#define KIB		1024ULL
#define MIB		1048576ULL
#define DIGEST_LEN	32	/* of SHA-256 */

/* Says why, and ends the program with status 2. */
noreturn void die(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* An argument from 1 to @most, or the program ends. */
unsigned int number(const char *text, unsigned int most);

/* CLOCK_MONOTONIC. */
__u64 now_ns(void);

/*
 * What is counted: nanoseconds or, in a guest whose TSC counts them, instructions;
 * without such a guest the program ends.
 */
void units_begin(bool instructions);
__u64 units_now(void);

/* How many since then, without those of looking. */
__u64 units_since(__u64 start);

/* The running one's release. */
const char *kernel(void);

/* Of @values sorted, the one that @part of them are not above; 0.5 is the median. */
double part_of(const double *values, unsigned int n, double part);

#endif /* ACALL_BENCH_UTIL_H */
