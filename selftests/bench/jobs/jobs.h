/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_work: what its parts share. A set is a number of files of one size and
 * what is to be done with each. It is given to forms, ways of having it done,
 * each in a process of its own. What became of each file is in memory that this
 * process shares with the one that checks it.
 */
#ifndef ACALL_BENCH_JOBS_H
#define ACALL_BENCH_JOBS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/types.h>

#include "../util.h"

#define MAX_FILES	10000
#define MAX_REPETITIONS	100
#define MAX_RUNS	8	/* of a set, in turn */
#define NAME_MAX_LEN	8	/* of a file */

struct digest {
	unsigned char bytes[DIGEST_LEN];
};

/* Between two looks for a cancel in the pool; acall's hash looks as often. */
#define PIECE		(64 * KIB)

/*
 * Calls that a queue carries at a time. The cancel of a file comes when some
 * others have ended since it was, or would have been, begun.
 */
#define SLOTS		256

enum kind { HASH, COPY };

enum fate { NOT_ENDED, COMPLETED, STOPPED, NEVER_STARTED, NR_FATES };

/* What the cancel of a file was told. */
enum told { NOT_ASKED, REQUESTED, TOLD_CANCELLED, TOO_LATE };

/* One file. Shared by processes and, but for @asked, one thread's at a time. */
struct job {
	enum fate fate;
	enum told told;
	bool chosen;		/* to be cancelled */
	bool asked;		/* the pool's cancel */
	__u32 due;		/* when so many have ended */
	__u64 handle;		/* in the queue; 0 = not begun */
	__u64 progress;		/* bytes */
	struct digest digest;
};

/* What the process that did a set says of it. */
struct spent {
	__u64 wall_ns;
	__u64 busy_ns;		/* of all processors */
	bool good;		/* it got to its end */
};

struct work {
	enum kind kind;
	unsigned int count;
	__u64 bytes;		/* of each file */
	int in, out;		/* directories of the sources and the targets */
	const char *list;	/* a file for the tool's output */
	struct job *jobs;
	unsigned int *order;	/* the chosen ones, as they are due */
	unsigned int nr_chosen;
	struct spent *spent;
};

struct form {
	const char *name;
	void (*run)(struct work *work, unsigned int threads);
	unsigned int threads;	/* for each processor; 0 = none of its own */
	bool cancels;
};

/* A form's results with a set. */
struct run {
	const struct form *form;
	unsigned int percent;	/* cancelled */
	unsigned int count;	/* repetitions that are right */
	double wall[MAX_REPETITIONS];	/* ns */
	double busy[MAX_REPETITIONS];	/* ns, of all processors */
	double own[MAX_REPETITIONS];	/* ns, of its processes */
	double memory[MAX_REPETITIONS];	/* bytes that are no page cache */
	double rss[MAX_REPETITIONS];	/* bytes, of its largest process */
	unsigned int fates[NR_FATES];	/* of all repetitions */
	unsigned int chosen;
	unsigned int asked;
	__u64 stopped_at;	/* bytes, the sum of all that were stopped */
};

struct set {
	enum kind kind;
	unsigned int count;
	__u64 wanted;		/* bytes of each file */
	unsigned int percent;	/* cancelled in some of its runs; 0 = none */
	__u64 bytes;		/* for which there is room */
	struct run runs[MAX_RUNS];
	unsigned int nr_runs;
};

/* files.c */
void files_begin(const char *dir, struct work *work);
void files_make(struct work *work);
void files_empty_targets(const struct work *work);
void files_remove(const struct work *work);
void files_end(struct work *work);
__u64 files_room(const struct work *work);
void file_name(char name[NAME_MAX_LEN], unsigned int i);
int open_source(const struct work *work, unsigned int i);
int open_target(const struct work *work, unsigned int i);
bool files_right(const struct work *work, const char *form,
		 const struct digest *reference);

/* The forms. */
void run_queue(struct work *work, unsigned int threads);
void run_pool(struct work *work, unsigned int threads);
void run_tool(struct work *work, unsigned int threads);

/* measure.c */
void choose(struct work *work, unsigned int percent);
bool measure(struct work *work, struct run *run, struct digest *reference);
unsigned int processors(void);

/* report.c */
void print_tables(const struct set *sets, unsigned int n,
		  unsigned int repetitions, FILE *to);
void print_json(const struct set *sets, unsigned int n,
		unsigned int repetitions);

#endif /* ACALL_BENCH_JOBS_H */
