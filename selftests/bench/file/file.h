/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_file: what its parts share. A case is one method with one kind of input on
 * one file system. It is done in several ways, each from the same state of the
 * files: by acall, by the plain system calls that do the same, by these in a thread
 * beside, and by what people do it with otherwise.
 */
#ifndef ACALL_BENCH_FILE_H
#define ACALL_BENCH_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <libacall.h>
#include <linux/types.h>

#include "../util.h"
#include "places.h"

#define PAGE		4096U
#define MAX_SAMPLES	100
#define MAX_CASES	40
#define MAX_OTHERS	3

/* What acall may cost of what the plain system calls do. */
#define LIMIT		1.05

enum source {
	SOURCE_NONE,
	SOURCE_FULL,
	SOURCE_HALF,	/* every other MiB is a hole */
};

/* What there is before each call. All that is written back is on the disk. */
enum target {
	TARGET_NONE,
	TARGET_EMPTY,
	TARGET_DIRTY,	/* all of it written, and not written back */
	TARGET_CACHED,	/* written back, and in the page cache */
	TARGET_COLD,	/* written back, and not in the page cache */
	TARGET_SAME,	/* what the source has, in blocks of its own */
	TARGET_DEVICE,	/* a device, each block of it written */
	TARGET_FREED,	/* a file system, on which so much has just become free */
};

struct work;

/* Once, of what @work has; ends the program if it fails. */
typedef void (*action)(struct work *work);

struct way {
	const char *name;	/* NULL: @command */
	action run;		/* NULL: it is a program */
	/* Words; BYTES and DEVICE stand for what they say. */
	const char *command;
};

struct file_case {
	const char *name;	/* NULL ends the table */
	enum place place;
	__u32 method;
	__u32 mode;		/* of its input: reflink, scope, mode, advice */
	__u32 flags;
	enum source source;
	enum target target;
	__u64 bytes;		/* moved, read or freed; 0 = none */
	unsigned int calls;	/* in a sample */
	bool gated;
	const char *plain;	/* the system calls that do the same */
	action run;		/* makes these */
	struct way others[MAX_OTHERS];
};

extern const struct file_case file_cases[];

struct work {
	const struct file_case *c;
	acall_t *call;
	int src, dst;		/* -1 = there is none */
	bool told;		/* the way has set what follows */
	__u64 trimmed;
	unsigned char digest[DIGEST_LEN];
	unsigned char reference[DIGEST_LEN];
	bool referenced;
};

struct series {
	double values[MAX_SAMPLES];	/* units for one call */
	unsigned int count;
	bool missing;		/* there is no such program */
};

/* How long after being told to, in ns. */
struct stops {
	double values[MAX_SAMPLES];
	double left[MAX_SAMPLES];	/* what it would have taken */
	unsigned int count;
};

enum { WAY_ACALL, WAY_PLAIN, WAY_POOL, WAY_OTHERS };
#define MAX_WAYS	(WAY_OTHERS + MAX_OTHERS)

struct result {
	const struct file_case *c;
	struct series ways[MAX_WAYS];
	struct stops acall, plain;
};

struct file_run {
	struct result results[MAX_CASES];
	unsigned int count;
	unsigned int samples;
	bool instructions;
	bool stops;
};

/* state.c */
void state_begin(struct work *work);
void state_renew(struct work *work);
void state_release(struct work *work);
void state_end(struct work *work);
const void *data_at(__u64 at);	/* MIB of what is written there */
bool is_hole(const struct file_case *c, __u64 at);

/* check.c: returns what is wrong, NULL = nothing. */
const char *check(struct work *work, bool thorough);

/* acall.c */
void acall_run(struct work *work);

/* Ends it @point ns after it was begun; false if it was not in the middle. */
bool acall_stop(struct work *work, __u64 point, double *ns);

/* plain.c, digest.c */
void await(struct work *work);
void plain_copy(struct work *work);
void plain_clone(struct work *work);
void plain_read_write(struct work *work);
void plain_sparse(struct work *work);
void plain_copy_sync(struct work *work);
void plain_sync(struct work *work);
void plain_allocate(struct work *work);
void plain_advise(struct work *work);
void plain_dedupe(struct work *work);
void plain_discard(struct work *work);
void plain_trim(struct work *work);
void plain_statfs(struct work *work);
void plain_stat(struct work *work);
void plain_hash(struct work *work);
void nettle_hash(struct work *work);
bool plain_stop(struct work *work, __u64 point, double *ns);

/* others.c */
void pool_begin(void);
void pool_run(struct work *work);

/* Returns whether there is such a program. */
bool program_run(struct work *work, const char *command);

/* report.c */
const char *way_name(const struct file_case *c, unsigned int way);
unsigned int count_missed(const struct file_run *run);
void print_tables(const struct file_run *run, FILE *to);
void print_json(const struct file_run *run);

#endif /* ACALL_BENCH_FILE_H */
