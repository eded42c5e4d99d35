/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_stop: what its parts share. A case is one kind of work on one file
 * system; it is measured once with acall and once with io_uring's nearest
 * operation, the same number of times.
 */
#ifndef ACALL_BENCH_H
#define ACALL_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/types.h>

#include "util.h"

#define MIB		1048576ULL
#define MAX_SAMPLES	1000
#define MAX_ANSWERS	4

enum work { WORK_COPY, WORK_ALLOCATE, WORK_HASH };

struct bench_case {
	const char *name;	/* the method */
	const char *on;		/* the file system */
	const char *dir;	/* environment variable of a directory there */
	enum work work;
	__u64 bytes;		/* of the whole call */
	__u64 reach;		/* cancel at a random point up to here */
	__u64 target_ns;	/* for the median; 0 = none */
};

/* What a canceller was told, and how often. */
struct answer {
	char text[24];
	unsigned int count;
};

struct series {
	const char *what;	/* method or operation; NULL = there is none */
	unsigned int count;
	unsigned int too_late;	/* tries that ended before the cancel */
	__u64 ns[MAX_SAMPLES];
	struct answer answers[MAX_ANSWERS];
};

struct result {
	const struct bench_case *c;
	struct series acall;
	struct series peer;
};

/* The files of a case. */
struct files {
	int src;	/* full of data; -1 for allocate */
	int dst;	/* empty; -1 for hash */
};

__u64 random_below(__u64 limit);
void series_add(struct series *series, __u64 ns);
void series_answer(struct series *series, const char *text);

int acall_open(void);
bool acall_stop_once(int obj, const struct bench_case *c,
		     const struct files *files, __u64 point,
		     struct series *series);

const char *uring_operation(enum work work);
bool uring_stop_once(const struct bench_case *c, const struct files *files,
		     __u64 point, struct series *series);

__u64 series_median(struct series *series);
__u64 series_worst(struct series *series);
bool result_met(struct result *result, unsigned int samples);
void print_table(struct result *results, unsigned int n, unsigned int samples);
void print_json(struct result *results, unsigned int n, unsigned int samples);

#endif /* ACALL_BENCH_H */
