/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_stop: what its parts share. A case is one method with one kind of input
 * on one file system; it is measured once with acall and once with io_uring's
 * nearest operation, if there is one, the same number of times.
 */
#ifndef ACALL_BENCH_H
#define ACALL_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/acall.h>
#include <linux/types.h>

#include "dead.h"
#include "file/places.h"
#include "util.h"

#define MAX_SAMPLES	1000
#define MAX_ANSWERS	4

/* io_uring's nearest operation. */
enum peer { PEER_NONE, PEER_WRITE, PEER_FALLOCATE, PEER_FSYNC, PEER_STATX };

/* The target before each call; the source is full of data. */
enum target {
	TARGET_NONE,
	TARGET_EMPTY,
	TARGET_ALLOCATED,	/* all of it */
	TARGET_DIRTY,		/* all of it written, and not written back */
	TARGET_HOLE,		/* so long, and without a block */
	TARGET_DEVICE,		/* a block device with such a file behind it */
	TARGET_SAME,		/* what the source has, in blocks of its own */
	TARGET_MOUNT,		/* a file system that was mounted just now */
};

struct bench_case {
	const char *name;	/* the method, and what is special of its input */
	const char *on;		/* the file system */
	const char *dir;	/* environment variable of a directory there */
	enum place place;	/* or a file system of our own */
	__u32 method;
	enum peer peer;
	enum target target;
	bool source;		/* it has one */
	enum server server;	/* asked about a mount; there are no files */
	__u32 flags;		/* of copy: ACALL_FILE_COPY_* */
	__u32 mode;		/* ACALL_FILE_ALLOCATE_*, _ADVISE_*, _SYNC_* */
	__u64 bytes;		/* of the whole call */
	__u64 reach;		/* cancel at a random point up to here; 0 = in time */
	__u64 target_ns;	/* for the median; 0 = none */
};

/* What a canceller was told, and how often. */
struct answer {
	char text[32];
	unsigned int count;
};

struct series {
	const char *what;	/* method or operation; NULL = there is none */
	unsigned int count;
	unsigned int missed;	/* tries that were not in the middle then */
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
	int src;	/* -1 = none */
	int dst;
};

__u64 random_below(__u64 limit);
void series_add(struct series *series, __u64 ns);
void series_answer(struct series *series, const char *text);

int acall_open(void);
bool acall_stops(__u32 method, char name[ACALL_NAME_LEN]);
__u64 acall_whole(int obj, const struct bench_case *c,
		  const struct files *files);
bool acall_stop_once(int obj, const struct bench_case *c,
		     const struct files *files, __u64 point,
		     struct series *series);

const char *uring_operation(enum peer peer);
__u64 uring_whole(const struct bench_case *c, const struct files *files);
bool uring_stop_once(const struct bench_case *c, const struct files *files,
		     __u64 point, struct series *series);

__u64 series_at(struct series *series, unsigned int percent);
bool result_met(struct result *result, unsigned int samples);
void print_table(struct result *results, unsigned int n, unsigned int samples);
void print_json(struct result *results, unsigned int n, unsigned int samples);

#endif /* ACALL_BENCH_H */
