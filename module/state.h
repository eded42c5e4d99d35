/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of one call, as a pure function: no kernel API, so that the same
 * file is compiled on the host for tests and proofs.
 *
 * A call's state is one word: its phase, the reason of the cancel request, what
 * may be done to it, and flags that say who is done with it. state.c has the
 * only table of what may follow what; acall_call_step() is the only one to store a
 * word. Tests, proofs, the monitor and the diagram read the same table.
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
	ACALL_PHASE_ASKED,		/* cancel visible; may be refused */
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
	ACALL_EVENT_ENTER,	/* BEGIN: the same, and runs it itself */
	ACALL_EVENT_START,	/* runner, BEGIN: about to enter the provider */
	ACALL_EVENT_CANCEL,	/* any canceller: stop, I wait */
	ACALL_EVENT_ASK,	/* the same, and the provider may refuse */
	ACALL_EVENT_FORCE,	/* a canceller whom nobody refuses */
	ACALL_EVENT_ABANDON,	/* any canceller: stop, I leave */
	ACALL_EVENT_ACCEPT,	/* cancel hook: the request stands */
	ACALL_EVENT_REFUSE,	/* cancel hook: it does not */
	ACALL_EVENT_EXPIRE,	/* grace timer: the wait is over */
	ACALL_EVENT_COMMIT,	/* provider: the effect happens */
	ACALL_EVENT_RETURN,	/* runner: .run ended with a result */
	ACALL_EVENT_STOP,	/* runner: .run ended with a stop code */
	ACALL_EVENT_REPLY,	/* provider: completed with a result */
	ACALL_EVENT_REPLY_STOP,	/* provider: completed with a stop code */
	ACALL_EVENT_SETTLE,	/* kworker: what it held is released */
	ACALL_EVENT_CONSUME,	/* FINISH took the result */
	ACALL_EVENT_DROP,	/* last close: nobody will take the result */
	ACALL_NR_EVENTS,
};

enum acall_verdict {
	ACALL_IMPOSSIBLE,	/* a bug of ours, or of a provider */
	ACALL_MADE,		/* the transition was made, by this party */
	ACALL_TOO_LATE,		/* the outcome is the provider's own, or none */
	ACALL_ALREADY,		/* was so before; this event changed nothing */
	ACALL_IGNORED,		/* somebody else came first; nothing to do */
	ACALL_FORBIDDEN,	/* begun with NO_CANCEL */
	ACALL_UNSUPPORTED,	/* cannot be cancelled while it runs */
	ACALL_NR_VERDICTS,
};

/*
 * Layout of the word. "A cancel is visible" is reason != NONE; the first request
 * that stands sets it, and only a hook that refuses clears it again.
 * ENDED: provider code left, its files, credentials and module released (the module
 * of a call that ran in place a moment later).
 * CONSUMED: no client will take the result. With both the call is over and its
 * charge is returned. REPLIED: a custom method has completed. COMMITTED: assume
 * the effect. FIXED and NO_CANCEL are constant from NEW on: the method cannot be
 * cancelled while it runs; the client may not cancel.
 */
#define ACALL_WORD_PHASE	0x000fu
#define ACALL_WORD_REASON	0x0070u
#define ACALL_WORD_REASON_SHIFT	4
#define ACALL_WORD_ENDED	0x0100u
#define ACALL_WORD_CONSUMED	0x0200u
#define ACALL_WORD_REPLIED	0x0400u
#define ACALL_WORD_COMMITTED	0x0800u
#define ACALL_WORD_FIXED	0x1000u
#define ACALL_WORD_NO_CANCEL	0x2000u
#define ACALL_WORD_OVER		(ACALL_WORD_ENDED | ACALL_WORD_CONSUMED)

enum acall_verdict acall_state_next(__u32 word, enum acall_event event,
				    enum acall_reason reason, __u32 *next);
int acall_word_status(__u32 word, int own);
enum acall_state acall_word_state(__u32 word);
enum acall_outcome acall_word_outcome(__u32 word);
__u32 acall_word_result(__u32 word);
const char *acall_state_name(enum acall_state state);
const char *acall_outcome_name(enum acall_outcome outcome);
int acall_reason_forces(enum acall_reason reason);

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
