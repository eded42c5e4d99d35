// SPDX-License-Identifier: GPL-2.0-only
/* What the benchmarks share. */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "util.h"

static bool counts_instructions;
static __u64 looking;

noreturn void die(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

unsigned int number(const char *text, unsigned int most)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!*text || *end || n < 1 || n > most)
		die("%s: 1 to %u", text, most);
	return n;
}

__u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* An interrupt may come between, so the least of some tries is the truth. */
static bool tsc_counts_instructions(void)
{
#ifdef __x86_64__
	__u64 least = UINT64_MAX;
	int i;

	for (i = 0; i < 100; i++) {
		__u64 start = __builtin_ia32_rdtsc(), spent;
		unsigned int n = 500;

		asm volatile("1: dec %0\n\tjnz 1b" : "+r" (n) : : "cc");
		spent = __builtin_ia32_rdtsc() - start;
		if (spent < least)
			least = spent;
	}
	return least >= 1000 && least < 1050;
#else
	return false;
#endif
}

void units_begin(bool instructions)
{
	int i;

	if (instructions && !tsc_counts_instructions())
		die("the TSC does not count instructions here");
	counts_instructions = instructions;
	looking = UINT64_MAX;
	for (i = 0; i < 1000; i++) {
		__u64 start = units_now(), spent = units_now() - start;

		if (spent < looking)
			looking = spent;
	}
}

__u64 units_now(void)
{
#ifdef __x86_64__
	if (counts_instructions)
		return __builtin_ia32_rdtsc();
#endif
	return now_ns();
}

__u64 units_since(__u64 start)
{
	__u64 spent = units_now() - start;

	return spent > looking ? spent - looking : 0;
}

const char *kernel(void)
{
	static struct utsname name;

	uname(&name);
	return name.release;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double part_of(const double *values, unsigned int n, double part)
{
	double sorted[n + 1];

	if (!n)
		return 0;
	memcpy(sorted, values, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare);
	if (part == 0.5)
		return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
	return sorted[(unsigned int)(part * (n - 1))];
}
