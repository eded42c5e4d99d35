/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the files of `acall trace` know of each other: lines of tracefs become steps,
 * steps become lives of calls, lives become words, pictures or traces of others.
 */
#ifndef ACALL_TRACE_H
#define ACALL_TRACE_H

#include "cli.h"
#include <sys/types.h>

#define COMM_LEN	32
#define NAME_LEN	(2 * ACALL_NAME_LEN + 2)
#define WORD_LEN	32

/* step.c: one line of a trace ---------------------------------------------- */

struct step {
	char comm[COMM_LEN];	/* of the task that it happened in */
	uint32_t pid;		/* and its number, of the initial namespace */
	uint64_t at;		/* ns; the clock has microseconds */
	char event[WORD_LEN];	/* without "acall_" */
	const char *text;	/* KEY=VALUE ..., in the line */
	size_t nth;		/* of two at the same time */
};

/* False if it is none of those that we know. */
bool step_parse(char *line, struct step *step);
/* What is not there is 0, or "". */
uint64_t step_number(const struct step *step, const char *key);
/* Returns @buf, of that size. */
const char *step_word(const struct step *step, const char *key, char *buf,
		      size_t size);
/* Is it a line that says how many were lost? */
bool line_is_loss(const char *line, uint64_t *lost);

/* lives.c: what became of each call ---------------------------------------- */

/* Times are ns, 0 = it has not happened. */
struct life {
	struct life *next;	/* of the same bucket */
	uint64_t id;
	uint64_t handle;	/* in a call queue; 0 = a call object's */
	char method[NAME_LEN];
	char client[COMM_LEN];
	char worker[COMM_LEN];
	char reason[WORD_LEN];	/* who cancelled it first */
	char outcome[WORD_LEN];	/* "" = none yet */
	uint32_t tgid;
	uint32_t uid;
	uint32_t caps;
	uint32_t worker_pid;	/* 0 = none has run it */
	uint32_t cancel_tgid;	/* 0 = a timer */
	bool partial;		/* it was begun before the trace */
	bool here;		/* its beginner runs it */
	bool dropped;		/* nobody takes its result */
	bool committed;
	int64_t status;
	uint64_t progress;
	uint64_t total;
	uint64_t begin;
	uint64_t take;		/* by a worker */
	uint64_t start;		/* the provider is entered */
	uint64_t ask;		/* the last request to cancel */
	uint64_t grace_ns;	/* of that */
	uint64_t cancel;	/* the first one that stands */
	uint64_t signal;
	uint64_t seen;		/* the method saw it */
	uint64_t commit;
	uint64_t done;		/* the outcome is fixed */
	uint64_t end;		/* the provider is out of it */
	uint64_t finish;	/* the result was taken, or the object closed */
};

struct lives {
	struct life **life;	/* in the order of their beginning */
	size_t nr;
	size_t room;
	size_t begun;		/* also those that are not kept */
	struct life **bucket;
	bool keep;		/* for later; else forget what is over */
	uint32_t tgid;		/* only its calls; 0 = any */
	uint32_t *task;		/* only theirs and their children's, if @nr_tasks */
	size_t nr_tasks;
	uint64_t first;		/* the first step's time, */
	uint64_t last;		/* and the last one's */
	uint64_t lost;		/* lines that the kernel had no room for */
};

void lives_init(struct lives *all);
/* From now on what this task's processes begin is of interest, nothing else. */
void lives_follow(struct lives *all, uint32_t task);
/*
 * Applies a step; @tell says it in words, or is NULL: @life as it is now, NULL if the
 * step says nothing of one.
 */
typedef void tell_fn(const struct lives *all, const struct life *life,
		     const struct step *step);
void lives_take(struct lives *all, const struct step *step, tell_fn *tell);
/* Of how many something may still come. */
size_t lives_running(const struct lives *all);
/* A short call of a queue: nothing of it is ever released. */
bool life_is_short(const struct life *life);
/* Is there something that its provider does after its client has left? */
bool life_is_left(const struct life *life);

/* tell.c: steps in words ---------------------------------------------------- */

void tell_head(void);
tell_fn tell_line, tell_json;

/* blocks.c: where bars go --------------------------------------------------- */

/* One call, or several short ones of one queue that no eye could tell apart. */
struct block {
	struct life **life;
	size_t nr;
	uint64_t from;
	uint64_t to;
	unsigned int lane;	/* of those of its row */
};

/* A process that calls, or a worker that runs calls. */
struct row {
	char name[COMM_LEN];
	uint32_t pid;
	bool worker;
	struct block *block;
	size_t nr;
	unsigned int lanes;
};

struct rows {
	struct row *row;	/* clients first */
	size_t nr;
	struct life **sorted;	/* what the blocks point into */
};

void rows_make(struct rows *rows, const struct lives *all);
void rows_free(struct rows *rows);
/*
 * Gives each block of @row a lane. @extent says how much it needs there, in
 * whatever it is measured in.
 */
typedef void extent_fn(const struct row *row, const struct block *block,
		       double *from, double *to, void *data);
void row_pack(struct row *row, extent_fn *extent, void *data);

/* chrome.c, svg.c: files ----------------------------------------------------- */

/* These return 0 or a negative errno. */
int chrome_write(FILE *f, const struct lives *all);
int svg_write(FILE *f, const struct lives *all);

/* tracefs.c: where the steps come from ---------------------------------------- */

struct tracefs {
	char dir[256];		/* the instance; "" = a file is read */
	int pipe;		/* lines come out of it */
	int guard;		/* as long as it is open the instance stays */
	pid_t guardian;
	char *line;		/* what was read of it so far */
	size_t taken;		/* and was given out */
	size_t len;
	size_t room;
};

/* An exit code, after a message if it is not EXIT_OK. */
int tracefs_open(struct tracefs *t, bool forks);
int tracefs_open_file(struct tracefs *t, const char *name);
/*
 * The next whole line, valid until the next call; NULL: there is none now, and
 * @end says whether there will be.
 */
char *tracefs_line(struct tracefs *t, bool *end);
/* Nothing is added any more; what there is can still be read. */
void tracefs_stop(struct tracefs *t);
void tracefs_close(struct tracefs *t);

#endif /* ACALL_TRACE_H */
