/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fault points of debug builds (ACALL_DEBUG): steps of workers that may fail,
 * which no injection into the calling task can reach. See fail.c.
 */
#ifndef _ACALL_DEBUG_FAIL_H
#define _ACALL_DEBUG_FAIL_H

enum acall_fail_point {
	ACALL_FAIL_IOPRIO,		/* taking on the caller's I/O priority */
	ACALL_FAIL_RESULT_FILE,		/* making a result file */
	ACALL_FAIL_READ,		/* of a piece */
	ACALL_FAIL_WRITE,
	ACALL_FAIL_COPY_RANGE,
	ACALL_FAIL_CLONE,
	ACALL_FAIL_PUNCH,
	ACALL_FAIL_GROW,
	ACALL_FAIL_WRITEBACK,
	ACALL_FAIL_BOUND,		/* what was written on the way, so far */
	ACALL_FAIL_FSYNC,
	ACALL_FAIL_SYNC_LOCK,		/* waiting for s_umount */
	ACALL_FAIL_SYNCFS,
	ACALL_FAIL_FALLOCATE,
	ACALL_FAIL_DIGEST,		/* init, update or final */
	ACALL_FAIL_STATFS,
	ACALL_FAIL_STAT,
	ACALL_FAIL_DEDUPE,
	ACALL_FAIL_ADVISE,
	ACALL_FAIL_DISCARD,
	ACALL_FAIL_TRIM,
	ACALL_NR_FAIL_POINTS
};

#ifdef ACALL_DEBUG
int acall_fail(enum acall_fail_point point);
void acall_fail_init(void);
void acall_fail_exit(void);
#else
static inline int acall_fail(enum acall_fail_point point)
{
	return 0;
}

static inline void acall_fail_init(void) {}
static inline void acall_fail_exit(void) {}
#endif

#endif /* _ACALL_DEBUG_FAIL_H */
