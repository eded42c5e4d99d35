// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may follow what: the transition table of a call, and what a state word
 * means. Pure; owns nothing and takes no lock. acall_call_step() applies it under
 * the call's lock, so of two events that race one finds the other's result here
 * and gets the verdict that fits (R-ONCE): completion wins over a cancel that has
 * not yet been followed, and the outcome of a DONE call never changes.
 */
#include <linux/errno.h>

#include "state.h"

struct acall_rule {
	__u8 verdict;
	__u8 phase;
	__u16 sets;	/* flags of the word, set in addition */
	__u16 needs;	/* flags without which it cannot happen */
	__u8 again;	/* verdict if what it sets is set already */
};

#define MADE(_phase)	{ ACALL_MADE, ACALL_PHASE_##_phase, 0, 0, 0 }
#define SETS(_phase, _flag, _needs, _again)				\
	{ ACALL_MADE, ACALL_PHASE_##_phase, ACALL_WORD_##_flag, _needs,	\
	  _again }
#define ENDS(_phase)	SETS(_phase, ENDED, 0, ACALL_IMPOSSIBLE)
#define SETTLES(_phase)	SETS(_phase, ENDED, ACALL_WORD_REPLIED, ACALL_IMPOSSIBLE)
#define REPLIES(_phase)	SETS(_phase, REPLIED, 0, ACALL_ALREADY)
#define COMMITS(_phase)	SETS(_phase, COMMITTED, 0, ACALL_ALREADY)
/* FINISHes race by design (F5); there is one last close. */
#define TAKEN(_phase)	SETS(_phase, CONSUMED, 0, ACALL_IGNORED)
#define DROPPED(_phase)	SETS(_phase, CONSUMED, 0, ACALL_IMPOSSIBLE)
#define TOO_LATE	{ ACALL_TOO_LATE, 0, 0, 0, 0 }
#define ALREADY		{ ACALL_ALREADY, 0, 0, 0, 0 }
#define IGNORED		{ ACALL_IGNORED, 0, 0, 0, 0 }

#define EVERY_CANCEL(...)						\
	[ACALL_EVENT_CANCEL]	= __VA_ARGS__,				\
	[ACALL_EVENT_ASK]	= __VA_ARGS__,				\
	[ACALL_EVENT_FORCE]	= __VA_ARGS__,				\
	[ACALL_EVENT_ABANDON]	= __VA_ARGS__

/* A hook that comes back when its call has gone on without it. */
#define HOOK_IGNORED							\
	[ACALL_EVENT_ACCEPT]	= IGNORED,				\
	[ACALL_EVENT_REFUSE]	= IGNORED

/* Unnamed cells are ACALL_IMPOSSIBLE. */
static const struct acall_rule rules[ACALL_NR_PHASES][ACALL_NR_EVENTS] = {
	[ACALL_PHASE_NEW] = {
		[ACALL_EVENT_PUBLISH]	= MADE(QUEUED),
		[ACALL_EVENT_ENTER]	= MADE(RUNNING),
	},
	[ACALL_PHASE_QUEUED] = {
		[ACALL_EVENT_START]	= MADE(RUNNING),
		/* Not DONE before its files are dropped (F8). */
		EVERY_CANCEL(MADE(DEQUEUED)),
		[ACALL_EVENT_CONSUME]	= IGNORED,
		[ACALL_EVENT_DROP]	= DROPPED(QUEUED),
	},
	[ACALL_PHASE_RUNNING] = {
		[ACALL_EVENT_CANCEL]	= MADE(CANCELLING),
		[ACALL_EVENT_ASK]	= MADE(ASKED),
		[ACALL_EVENT_FORCE]	= MADE(CANCELLING),
		[ACALL_EVENT_ABANDON]	= MADE(ABANDONED),
		[ACALL_EVENT_COMMIT]	= COMMITS(RUNNING),
		[ACALL_EVENT_RETURN]	= ENDS(COMPLETED),
		/* Nobody asked it to stop: -EINTR is its own word (P7). */
		[ACALL_EVENT_STOP]	= ENDS(COMPLETED),
		[ACALL_EVENT_REPLY]	= REPLIES(COMPLETED),
		[ACALL_EVENT_REPLY_STOP] = REPLIES(COMPLETED),
		[ACALL_EVENT_CONSUME]	= IGNORED,
		[ACALL_EVENT_DROP]	= DROPPED(RUNNING),
	},
	[ACALL_PHASE_ASKED] = {
		/* One party asks at a time (P2). */
		[ACALL_EVENT_CANCEL]	= ALREADY,
		[ACALL_EVENT_ASK]	= ALREADY,
		[ACALL_EVENT_ABANDON]	= ALREADY,
		/* Whatever the hook is going to say. */
		[ACALL_EVENT_FORCE]	= MADE(CANCELLING),
		[ACALL_EVENT_ACCEPT]	= MADE(CANCELLING),
		[ACALL_EVENT_REFUSE]	= MADE(RUNNING),
		[ACALL_EVENT_EXPIRE]	= MADE(ABANDONED),
		[ACALL_EVENT_COMMIT]	= TOO_LATE,
		[ACALL_EVENT_REPLY]	= REPLIES(COMPLETED),
		[ACALL_EVENT_REPLY_STOP] = REPLIES(STOPPED),
		[ACALL_EVENT_CONSUME]	= IGNORED,
		[ACALL_EVENT_DROP]	= DROPPED(ASKED),
	},
	[ACALL_PHASE_CANCELLING] = {
		EVERY_CANCEL(ALREADY),
		HOOK_IGNORED,
		[ACALL_EVENT_EXPIRE]	= MADE(ABANDONED),
		[ACALL_EVENT_COMMIT]	= TOO_LATE,
		[ACALL_EVENT_RETURN]	= ENDS(COMPLETED),
		[ACALL_EVENT_STOP]	= ENDS(STOPPED),
		[ACALL_EVENT_REPLY]	= REPLIES(COMPLETED),
		[ACALL_EVENT_REPLY_STOP] = REPLIES(STOPPED),
		[ACALL_EVENT_CONSUME]	= IGNORED,
		[ACALL_EVENT_DROP]	= DROPPED(CANCELLING),
	},
	[ACALL_PHASE_DEQUEUED] = {
		/* Who took it from the queue as it was cancelled. */
		[ACALL_EVENT_START]	= TOO_LATE,
		EVERY_CANCEL(ALREADY),
		[ACALL_EVENT_EXPIRE]	= MADE(NEVER_STARTED),
		[ACALL_EVENT_SETTLE]	= ENDS(NEVER_STARTED),
		[ACALL_EVENT_CONSUME]	= IGNORED,
		[ACALL_EVENT_DROP]	= DROPPED(DEQUEUED),
	},
	[ACALL_PHASE_COMPLETED] = {
		EVERY_CANCEL(TOO_LATE),
		HOOK_IGNORED,
		[ACALL_EVENT_EXPIRE]	= IGNORED,
		[ACALL_EVENT_COMMIT]	= TOO_LATE,
		/* Exactly one completion counts (P3). */
		[ACALL_EVENT_REPLY]	= ALREADY,
		[ACALL_EVENT_REPLY_STOP] = ALREADY,
		[ACALL_EVENT_SETTLE]	= SETTLES(COMPLETED),
		[ACALL_EVENT_CONSUME]	= TAKEN(COMPLETED),
		[ACALL_EVENT_DROP]	= DROPPED(COMPLETED),
	},
	[ACALL_PHASE_STOPPED] = {
		EVERY_CANCEL(ALREADY),
		HOOK_IGNORED,
		[ACALL_EVENT_EXPIRE]	= IGNORED,
		[ACALL_EVENT_COMMIT]	= TOO_LATE,
		[ACALL_EVENT_REPLY]	= ALREADY,
		[ACALL_EVENT_REPLY_STOP] = ALREADY,
		[ACALL_EVENT_SETTLE]	= SETTLES(STOPPED),
		[ACALL_EVENT_CONSUME]	= TAKEN(STOPPED),
		[ACALL_EVENT_DROP]	= DROPPED(STOPPED),
	},
	[ACALL_PHASE_NEVER_STARTED] = {
		[ACALL_EVENT_START]	= TOO_LATE,
		EVERY_CANCEL(ALREADY),
		[ACALL_EVENT_EXPIRE]	= IGNORED,
		/* The client left before it was released. */
		[ACALL_EVENT_SETTLE]	= ENDS(NEVER_STARTED),
		[ACALL_EVENT_CONSUME]	= TAKEN(NEVER_STARTED),
		[ACALL_EVENT_DROP]	= DROPPED(NEVER_STARTED),
	},
	[ACALL_PHASE_ABANDONED] = {
		EVERY_CANCEL(ALREADY),
		HOOK_IGNORED,
		[ACALL_EVENT_EXPIRE]	= IGNORED,
		[ACALL_EVENT_COMMIT]	= TOO_LATE,
		/* The orphan settles; its result disappears. */
		[ACALL_EVENT_RETURN]	= ENDS(ABANDONED),
		[ACALL_EVENT_STOP]	= ENDS(ABANDONED),
		[ACALL_EVENT_REPLY]	= REPLIES(ABANDONED),
		[ACALL_EVENT_REPLY_STOP] = REPLIES(ABANDONED),
		[ACALL_EVENT_SETTLE]	= SETTLES(ABANDONED),
		[ACALL_EVENT_CONSUME]	= TAKEN(ABANDONED),
		[ACALL_EVENT_DROP]	= DROPPED(ABANDONED),
	},
};

/**
 * acall_reason_forces - is it a canceller whom no hook refuses?
 * @reason: who cancels
 *
 * A client may be told that it cannot be done now. A deadline is a promise to
 * the client, and who takes the provider or the machine away does not ask.
 */
int acall_reason_forces(enum acall_reason reason)
{
	return reason == ACALL_REASON_DEADLINE ||
	       reason == ACALL_REASON_PROVIDER ||
	       reason == ACALL_REASON_REBOOT;
}

static int is_request(enum acall_event event)
{
	return event == ACALL_EVENT_CANCEL || event == ACALL_EVENT_ASK ||
	       event == ACALL_EVENT_FORCE || event == ACALL_EVENT_ABANDON;
}

/* Who may not, although the table would let him. */
static enum acall_verdict guard(__u32 word, enum acall_reason reason)
{
	if (word & ACALL_WORD_NO_CANCEL && reason == ACALL_REASON_CLIENT)
		return ACALL_FORBIDDEN;
	/* It cannot be stopped, but its provider's client must be freed (P8). */
	if (word & ACALL_WORD_FIXED && reason != ACALL_REASON_PROVIDER &&
	    acall_word_phase(word) == ACALL_PHASE_RUNNING)
		return ACALL_UNSUPPORTED;
	return ACALL_MADE;
}

/**
 * acall_state_next - the word that follows
 * @word: the call's word
 * @event: what happens
 * @reason: of a cancel request: who asks; recorded only by the first
 * @next: the new word, written if the verdict is ACALL_MADE
 *
 * Pure. What happens only once is, the second time, ACALL_IMPOSSIBLE for the
 * execution's end, which has one owner; ACALL_IGNORED for FINISHes, which race
 * by design (F5); ACALL_ALREADY for the provider's word and its commitment.
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
	if ((word & rule->needs) != rule->needs)
		return ACALL_IMPOSSIBLE;
	if (rule->sets & word)
		return (enum acall_verdict)rule->again;
	if (is_request(event)) {
		enum acall_verdict verdict = guard(word, reason);

		if (verdict != ACALL_MADE)
			return verdict;
		if (acall_word_reason(word) == ACALL_REASON_NONE)
			keep |= (__u32)reason << ACALL_WORD_REASON_SHIFT;
	}
	if (event == ACALL_EVENT_REFUSE)
		keep &= ~ACALL_WORD_REASON;
	*next = keep | rule->phase | rule->sets;
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
	case ACALL_PHASE_ASKED:
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
 * acall_word_result - the result flags that a client sees
 * @word: the call's word
 */
__u32 acall_word_result(__u32 word)
{
	return word & ACALL_WORD_COMMITTED ? ACALL_RESULT_COMMITTED : 0;
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
