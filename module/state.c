// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may follow what: the transition table of a call, and what a state word
 * means. Pure; owns nothing and takes no lock. call.c applies it under the
 * call's lock, so of two events that race one finds the other's result here and
 * gets the verdict that fits (R-ONCE): completion wins over a cancel that has
 * not yet been followed, and the outcome of a DONE call never changes.
 */
#include <linux/errno.h>

#include "state.h"

struct acall_rule {
	__u8 verdict;
	__u8 phase;
	__u16 flags;	/* of the word, set in addition */
};

#define MADE(_phase)		{ ACALL_MADE, ACALL_PHASE_##_phase, 0 }
#define ENDS(_phase)	{ ACALL_MADE, ACALL_PHASE_##_phase, ACALL_WORD_ENDED }
#define TAKEN(_phase)	\
	{ ACALL_MADE, ACALL_PHASE_##_phase, ACALL_WORD_CONSUMED }
#define TOO_LATE		{ ACALL_TOO_LATE, 0, 0 }
#define ALREADY			{ ACALL_ALREADY, 0, 0 }
#define IGNORED			{ ACALL_IGNORED, 0, 0 }

/* Unnamed cells are ACALL_IMPOSSIBLE. */
static const struct acall_rule rules[ACALL_NR_PHASES][ACALL_NR_EVENTS] = {
	[ACALL_PHASE_NEW] = {
		[ACALL_EVENT_PUBLISH]	= MADE(QUEUED),
	},
	[ACALL_PHASE_QUEUED] = {
		[ACALL_EVENT_START]	= MADE(RUNNING),
		/* Not DONE before its files are dropped (F8). */
		[ACALL_EVENT_CANCEL]	= MADE(DEQUEUED),
		[ACALL_EVENT_ABANDON]	= MADE(DEQUEUED),
		[ACALL_EVENT_CONSUME]	= IGNORED,
		[ACALL_EVENT_DROP]	= TAKEN(QUEUED),
	},
	[ACALL_PHASE_RUNNING] = {
		[ACALL_EVENT_CANCEL]	= MADE(CANCELLING),
		[ACALL_EVENT_ABANDON]	= MADE(ABANDONED),
		[ACALL_EVENT_RETURN]	= ENDS(COMPLETED),
		/* Nobody asked it to stop: -EINTR is its own word (P7). */
		[ACALL_EVENT_STOP]	= ENDS(COMPLETED),
		[ACALL_EVENT_CONSUME]	= IGNORED,
		[ACALL_EVENT_DROP]	= TAKEN(RUNNING),
	},
	[ACALL_PHASE_CANCELLING] = {
		[ACALL_EVENT_CANCEL]	= ALREADY,
		[ACALL_EVENT_ABANDON]	= ALREADY,
		[ACALL_EVENT_EXPIRE]	= MADE(ABANDONED),
		[ACALL_EVENT_RETURN]	= ENDS(COMPLETED),
		[ACALL_EVENT_STOP]	= ENDS(STOPPED),
		[ACALL_EVENT_CONSUME]	= IGNORED,
		[ACALL_EVENT_DROP]	= TAKEN(CANCELLING),
	},
	[ACALL_PHASE_DEQUEUED] = {
		/* A runner that took it from the queue as it was cancelled. */
		[ACALL_EVENT_START]	= TOO_LATE,
		[ACALL_EVENT_CANCEL]	= ALREADY,
		[ACALL_EVENT_ABANDON]	= ALREADY,
		[ACALL_EVENT_EXPIRE]	= MADE(NEVER_STARTED),
		[ACALL_EVENT_RETIRE]	= ENDS(NEVER_STARTED),
		[ACALL_EVENT_CONSUME]	= IGNORED,
		[ACALL_EVENT_DROP]	= TAKEN(DEQUEUED),
	},
	[ACALL_PHASE_COMPLETED] = {
		[ACALL_EVENT_CANCEL]	= TOO_LATE,
		[ACALL_EVENT_ABANDON]	= TOO_LATE,
		[ACALL_EVENT_EXPIRE]	= IGNORED,
		[ACALL_EVENT_CONSUME]	= TAKEN(COMPLETED),
		[ACALL_EVENT_DROP]	= TAKEN(COMPLETED),
	},
	[ACALL_PHASE_STOPPED] = {
		[ACALL_EVENT_CANCEL]	= ALREADY,
		[ACALL_EVENT_ABANDON]	= ALREADY,
		[ACALL_EVENT_EXPIRE]	= IGNORED,
		[ACALL_EVENT_CONSUME]	= TAKEN(STOPPED),
		[ACALL_EVENT_DROP]	= TAKEN(STOPPED),
	},
	[ACALL_PHASE_NEVER_STARTED] = {
		[ACALL_EVENT_START]	= TOO_LATE,
		[ACALL_EVENT_CANCEL]	= ALREADY,
		[ACALL_EVENT_ABANDON]	= ALREADY,
		[ACALL_EVENT_EXPIRE]	= IGNORED,
		/* The client left before it was released. */
		[ACALL_EVENT_RETIRE]	= ENDS(NEVER_STARTED),
		[ACALL_EVENT_CONSUME]	= TAKEN(NEVER_STARTED),
		[ACALL_EVENT_DROP]	= TAKEN(NEVER_STARTED),
	},
	[ACALL_PHASE_ABANDONED] = {
		[ACALL_EVENT_CANCEL]	= ALREADY,
		[ACALL_EVENT_ABANDON]	= ALREADY,
		[ACALL_EVENT_EXPIRE]	= IGNORED,
		/* The orphan settles; its result disappears. */
		[ACALL_EVENT_RETURN]	= ENDS(ABANDONED),
		[ACALL_EVENT_STOP]	= ENDS(ABANDONED),
		[ACALL_EVENT_CONSUME]	= TAKEN(ABANDONED),
		[ACALL_EVENT_DROP]	= TAKEN(ABANDONED),
	},
};

/**
 * acall_state_next - the word that follows
 * @word: the call's word
 * @event: what happens
 * @reason: for CANCEL and ABANDON: who asks; recorded only by the first
 * @next: the new word, written if the verdict is ACALL_MADE
 *
 * Pure. An ending execution and a consumed call never end or are consumed
 * again: that is ACALL_IMPOSSIBLE for the execution, which has one owner, and
 * ACALL_IGNORED for FINISHes, which race by design (F5).
 *
 * Return: the verdict for the party that brought @event.
 */
enum acall_verdict acall_state_next(__u32 word, enum acall_event event,
				    enum acall_reason reason, __u32 *next)
{
	const struct acall_rule *rule = &rules[acall_word_phase(word)][event];
	__u32 keep = word & ~ACALL_WORD_PHASE;

	if (rule->verdict != ACALL_MADE)
		return (enum acall_verdict)rule->verdict;
	if (rule->flags & word)
		return event == ACALL_EVENT_CONSUME ? ACALL_IGNORED :
						      ACALL_IMPOSSIBLE;
	if (event == ACALL_EVENT_CANCEL || event == ACALL_EVENT_ABANDON)
		keep |= (__u32)reason << ACALL_WORD_REASON_SHIFT;
	*next = keep | rule->phase | rule->flags;
	return ACALL_MADE;
}

/**
 * acall_word_status - the status that FINISH reports
 * @word: the call's word
 * @own: what the provider returned, if it did
 *
 * Return: with COMPLETED @own; before DONE 0; else acall's word by reason.
 */
int acall_word_status(__u32 word, int own)
{
	if (acall_word_phase(word) == ACALL_PHASE_COMPLETED)
		return own;
	if (!acall_word_done(word))
		return 0;
	switch (acall_word_reason(word)) {
	case ACALL_REASON_DEADLINE:
		return -ETIME;
	case ACALL_REASON_PROVIDER:
		return -ENODEV;
	default:
		return -ECANCELED;
	}
}

/**
 * acall_word_state - the state that a client sees
 * @word: the call's word
 */
enum acall_state acall_word_state(__u32 word)
{
	switch (acall_word_phase(word)) {
	case ACALL_PHASE_NEW:
		return ACALL_STATE_IDLE;
	case ACALL_PHASE_QUEUED:
		return ACALL_STATE_QUEUED;
	case ACALL_PHASE_RUNNING:
		return ACALL_STATE_RUNNING;
	case ACALL_PHASE_CANCELLING:
	case ACALL_PHASE_DEQUEUED:
		return ACALL_STATE_CANCELLING;
	default:
		return ACALL_STATE_DONE;
	}
}

/**
 * acall_word_outcome - the outcome that a client sees
 * @word: the call's word
 */
enum acall_outcome acall_word_outcome(__u32 word)
{
	switch (acall_word_phase(word)) {
	case ACALL_PHASE_COMPLETED:
		return ACALL_OUTCOME_COMPLETED;
	case ACALL_PHASE_STOPPED:
		return ACALL_OUTCOME_STOPPED;
	case ACALL_PHASE_NEVER_STARTED:
		return ACALL_OUTCOME_NEVER_STARTED;
	case ACALL_PHASE_ABANDONED:
		return ACALL_OUTCOME_ABANDONED;
	default:
		return ACALL_OUTCOME_NONE;
	}
}

/**
 * acall_state_name - a state in words
 * @state: the state
 */
const char *acall_state_name(enum acall_state state)
{
	static const char * const names[] = {
		[ACALL_STATE_IDLE]	 = "idle",
		[ACALL_STATE_QUEUED]	 = "queued",
		[ACALL_STATE_RUNNING]	 = "running",
		[ACALL_STATE_CANCELLING] = "cancelling",
		[ACALL_STATE_DONE]	 = "done",
	};

	return names[state];
}

/**
 * acall_outcome_name - an outcome in words
 * @outcome: the outcome
 */
const char *acall_outcome_name(enum acall_outcome outcome)
{
	static const char * const names[] = {
		[ACALL_OUTCOME_NONE]		= "none",
		[ACALL_OUTCOME_COMPLETED]	= "completed",
		[ACALL_OUTCOME_STOPPED]		= "stopped",
		[ACALL_OUTCOME_NEVER_STARTED]	= "never started",
		[ACALL_OUTCOME_ABANDONED]	= "abandoned",
	};

	return names[outcome];
}
