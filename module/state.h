/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of one call, as a pure function: no kernel API, so that the same
 * file is compiled on the host for tests and proofs.
 *
 * A call's state is one word: its phase, the reason of the first cancel
 * request, and two flags that say who is done with it. state.c has the only
 * table of what may follow what; call.c is the only one to store a word.
 */
#ifndef _ACALL_STATE_H
#define _ACALL_STATE_H

#include <linux/acall.h>
#include <linux/types.h>

/* The client's view of a call. DONE has one phase for each outcome. */
enum acall_phase {
	ACALL_PHASE_NEW,		/* nobody but BEGIN knows it */
	ACALL_PHASE_QUEUED,
	ACALL_PHASE_RUNNING,
	ACALL_PHASE_CANCELLING,
	ACALL_PHASE_DEQUEUED,		/* cancelled; is being released */
	ACALL_PHASE_COMPLETED,
	ACALL_PHASE_STOPPED,
	ACALL_PHASE_NEVER_STARTED,
	ACALL_PHASE_ABANDONED,
	ACALL_NR_PHASES,
};

/* What can happen to a call, and the one party that may say so. */
enum acall_event {
	ACALL_EVENT_PUBLISH,	/* BEGIN: everybody may see it */
	ACALL_EVENT_START,	/* runner: about to enter the provider */
	ACALL_EVENT_CANCEL,	/* any canceller: stop, I wait */
	ACALL_EVENT_ABANDON,	/* any canceller: stop, I leave */
	ACALL_EVENT_EXPIRE,	/* grace timer: the wait is over */
	ACALL_EVENT_RETURN,	/* runner: provider ended with a result */
	ACALL_EVENT_STOP,	/* runner: provider ended with a stop code */
	ACALL_EVENT_RETIRE,	/* kworker: what never ran is released */
	ACALL_EVENT_CONSUME,	/* FINISH took the result */
	ACALL_EVENT_DROP,	/* last close: nobody will take the result */
	ACALL_NR_EVENTS,
};

enum acall_verdict {
	ACALL_IMPOSSIBLE,	/* a bug of ours */
	ACALL_MADE,		/* the transition was made, by this party */
	ACALL_TOO_LATE,		/* the outcome is the provider's own, or none */
	ACALL_ALREADY,		/* cancelled before; this event changed nothing */
	ACALL_IGNORED,		/* somebody else came first; nothing to do */
};

/*
 * Layout of the word. Reason is set by the first cancel request and never
 * again; "a cancel is visible" is reason != NONE. ENDED: provider code left,
 * its files, credentials and module released. CONSUMED: no client will take the
 * result. With both the call is over and its charge is returned.
 */
#define ACALL_WORD_PHASE	0x000fu
#define ACALL_WORD_REASON	0x0070u
#define ACALL_WORD_REASON_SHIFT	4
#define ACALL_WORD_ENDED	0x0100u
#define ACALL_WORD_CONSUMED	0x0200u
#define ACALL_WORD_OVER		(ACALL_WORD_ENDED | ACALL_WORD_CONSUMED)

enum acall_verdict acall_state_next(__u32 word, enum acall_event event,
				    enum acall_reason reason, __u32 *next);
int acall_word_status(__u32 word, int own);
enum acall_state acall_word_state(__u32 word);
enum acall_outcome acall_word_outcome(__u32 word);
const char *acall_state_name(enum acall_state state);
const char *acall_outcome_name(enum acall_outcome outcome);

static inline enum acall_phase acall_word_phase(__u32 word)
{
	return (enum acall_phase)(word & ACALL_WORD_PHASE);
}

static inline enum acall_reason acall_word_reason(__u32 word)
{
	return (enum acall_reason)((word & ACALL_WORD_REASON) >>
				   ACALL_WORD_REASON_SHIFT);
}

static inline int acall_word_done(__u32 word)
{
	return acall_word_phase(word) >= ACALL_PHASE_COMPLETED;
}

#endif /* _ACALL_STATE_H */
