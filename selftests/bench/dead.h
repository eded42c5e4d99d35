/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_stop: a mount whose server does not answer.
 */
#ifndef ACALL_BENCH_DEAD_H
#define ACALL_BENCH_DEAD_H

#include <stdbool.h>

enum server {
	SERVER_NONE,	/* the case is not about one */
	SERVER_ANSWERS,
	SERVER_OBEYS,	/* holds questions, but for an INTERRUPT of theirs */
	SERVER_DEAF,	/* does not even read them */
};

/* Mounts it, where only this process sees it; false if there is no FUSE. */
bool dead_start(void);

void dead_stop(void);

/* The mount point. */
const char *dead_path(void);

/* Has taken effect when it returns. What is held is answered by ANSWERS. */
void dead_set(enum server to);

/* Is somebody waiting for an answer? */
bool dead_is_asked(void);

#endif /* ACALL_BENCH_DEAD_H */
