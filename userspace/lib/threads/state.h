/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The state of one call of the engine "threads", as a pure function.
 *
 * A word has a call's phase, the reason of the first cancel, and who is done with
 * it. The kernel's module has a table for more (methods that may refuse, that hold
 * no thread, that commit); for what both have, selftests/threads/state_same.c
 * compares every word and event of the two.
 */
#ifndef LIBACALL_THREADS_STATE_H
#define LIBACALL_THREADS_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/acall.h>

/* From ACT_COMPLETED on it is DONE, with one phase for each outcome. */
enum act_phase {
	ACT_NEW,		/* nobody but BEGIN knows it */
	ACT_QUEUED,
	ACT_RUNNING,
	ACT_CANCELLING,
	ACT_DEQUEUED,		/* cancelled; its files are being closed */
	ACT_COMPLETED,
	ACT_STOPPED,
	ACT_NEVER_STARTED,
	ACT_ABANDONED,
	ACT_NR_PHASES,
};

/* What can happen, and the one party that may say so. */
enum act_event {
	ACT_PUBLISH,		/* BEGIN */
	ACT_START,		/* worker: about to enter the method */
	ACT_CANCEL,		/* any canceller: stop, the client stays */
	ACT_ABANDON,		/* any canceller: stop, the client leaves */
	ACT_EXPIRE,		/* clock: the grace is over */
	ACT_RETURN,		/* worker: the method ended with a result */
	ACT_STOP,		/* worker: it ended since it was asked to */
	ACT_SETTLE,		/* worker: the files of a dequeued one are closed */
	ACT_CONSUME,		/* FINISH */
	ACT_DROP,		/* last close */
	ACT_NR_EVENTS,
};

enum act_verdict {
	ACT_IMPOSSIBLE,		/* a bug of ours */
	ACT_MADE,		/* the transition was made, by this party */
	ACT_TOO_LATE,		/* the outcome is the method's own, or none */
	ACT_ALREADY,		/* was so before; nothing has changed */
	ACT_IGNORED,		/* somebody else came first */
	ACT_FORBIDDEN,		/* begun with NO_CANCEL */
};

#define ACT_PHASE		0x000fu
#define ACT_REASON		0x0070u
#define ACT_REASON_SHIFT	4
#define ACT_ENDED		0x0100u	/* the method and its files are left */
#define ACT_CONSUMED		0x0200u	/* nobody will take the result */
#define ACT_NO_CANCEL		0x0400u	/* constant; the client may not */
#define ACT_OVER		(ACT_ENDED | ACT_CONSUMED)

enum act_verdict act_next(uint32_t word, enum act_event event,
			  enum acall_reason reason, uint32_t *next);
int act_word_status(uint32_t word, int own);
uint32_t act_word_state(uint32_t word);
uint32_t act_word_outcome(uint32_t word);

static inline enum act_phase act_phase(uint32_t word)
{
	return (enum act_phase)(word & ACT_PHASE);
}

static inline enum acall_reason act_reason(uint32_t word)
{
	return (enum acall_reason)((word & ACT_REASON) >> ACT_REASON_SHIFT);
}

static inline bool act_done(uint32_t word)
{
	return act_phase(word) >= ACT_COMPLETED;
}

#endif /* LIBACALL_THREADS_STATE_H */
