/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_calls: what its parts share. A form is one way of having calls made. It
 * times itself, so that one about cancelling can leave out how its calls came
 * to where they are cancelled, and it runs in a process of its own, since
 * io_uring's workers and their limits belong to the task.
 */
#ifndef ACALL_BENCH_CALLS_H
#define ACALL_BENCH_CALLS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/types.h>

#include "util.h"

#define MAX_FORMS	80
#define MAX_REPETITIONS	100

struct form {
	const char *name;	/* NULL ends a table */
	const char *what;
	unsigned int batch;	/* calls that are made together */
	unsigned int calls;	/* in a repetition: a multiple of batch */
	unsigned int how;	/* for the file that has the form */
	void *(*setup)(const struct form *form);
	/* Makes n calls, a multiple of batch; returns the units spent. */
	__u64 (*run)(void *state, unsigned int n);
	void (*teardown)(void *state);
	const char *unit;	/* of what it returns; NULL = the run's */
};

extern const struct form acall_forms[];
extern const struct form queue_forms[];
extern const struct form uring_forms[];
extern const struct form pool_forms[];
extern const struct form aio_forms[];

/* Of a form, in units per call. */
struct result {
	const struct form *form;
	double values[MAX_REPETITIONS];
	unsigned int count;
	bool failed;	/* could not run, and has said why */
	double median, min, max;
};

struct calls_run {
	struct result results[MAX_FORMS];
	unsigned int count;
	unsigned int repetitions;
	bool chosen;	/* not all forms: targets of others do not count */
	bool instructions;
};

/* Long enough for a worker that was woken to have gone to sleep in its call. */
void settle(void);

void *allocate(size_t size);

void print_calls_table(const struct calls_run *run, FILE *to);
void print_calls_json(const struct calls_run *run);
unsigned int count_missed(const struct calls_run *run);

#endif /* ACALL_BENCH_CALLS_H */
