// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What may follow what, event by event. Pure: no lock, no state. act_step() is the
 * only one to store what comes out, under the engine's lock, so of two parties that
 * race the second finds what the first has made of it.
 */
#include <errno.h>
#include "state.h"

static enum act_verdict become(uint32_t word, enum act_phase phase,
			       uint32_t flags, uint32_t *next)
{
	*next = (word & ~ACT_PHASE) | phase | flags;
	return ACT_MADE;
}

/* The first request that stands gives the reason [X12]. */
static enum act_verdict ask(uint32_t word, enum act_phase phase,
			    enum acall_reason reason, uint32_t *next)
{
	if (word & ACT_NO_CANCEL && reason == ACALL_REASON_CLIENT)
		return ACT_FORBIDDEN;
	if (!act_reason(word))
		word |= (uint32_t)reason << ACT_REASON_SHIFT;
	return become(word, phase, 0, next);
}

static enum act_verdict cancel(uint32_t word, enum act_event event,
			       enum acall_reason reason, uint32_t *next)
{
	switch (act_phase(word)) {
	case ACT_NEW:
		return ACT_IMPOSSIBLE;
	case ACT_QUEUED:
		/* Not DONE before its files are closed [F8]. */
		return ask(word, ACT_DEQUEUED, reason, next);
	case ACT_RUNNING:
		return ask(word, event == ACT_CANCEL ? ACT_CANCELLING :
			   ACT_ABANDONED, reason, next);
	case ACT_COMPLETED:
		return ACT_TOO_LATE;
	default:
		return ACT_ALREADY;
	}
}

static enum act_verdict expire(uint32_t word, uint32_t *next)
{
	switch (act_phase(word)) {
	case ACT_CANCELLING:
		return become(word, ACT_ABANDONED, 0, next);
	case ACT_DEQUEUED:
		return become(word, ACT_NEVER_STARTED, 0, next);
	default:
		return act_done(word) ? ACT_IGNORED : ACT_IMPOSSIBLE;
	}
}

/* The execution has ended; it does so once. */
static enum act_verdict end(uint32_t word, enum act_event event, uint32_t *next)
{
	enum act_phase phase = act_phase(word);

	if (word & ACT_ENDED)
		return ACT_IMPOSSIBLE;
	if (event == ACT_SETTLE) {
		if (phase != ACT_DEQUEUED && phase != ACT_NEVER_STARTED)
			return ACT_IMPOSSIBLE;
		return become(word, ACT_NEVER_STARTED, ACT_ENDED, next);
	}
	switch (phase) {
	case ACT_RUNNING:
		/* Nobody asked it to: that is its own word [P7]. */
		return become(word, ACT_COMPLETED, ACT_ENDED, next);
	case ACT_CANCELLING:
		return become(word, event == ACT_STOP ? ACT_STOPPED :
			      ACT_COMPLETED, ACT_ENDED, next);
	case ACT_ABANDONED:
		return become(word, ACT_ABANDONED, ACT_ENDED, next);
	default:
		return ACT_IMPOSSIBLE;
	}
}

enum act_verdict act_next(uint32_t word, enum act_event event,
			  enum acall_reason reason, uint32_t *next)
{
	enum act_phase phase = act_phase(word);

	switch (event) {
	case ACT_PUBLISH:
		return phase == ACT_NEW ? become(word, ACT_QUEUED, 0, next) :
		       ACT_IMPOSSIBLE;
	case ACT_START:
		if (phase == ACT_QUEUED)
			return become(word, ACT_RUNNING, 0, next);
		return phase == ACT_DEQUEUED || phase == ACT_NEVER_STARTED ?
		       ACT_TOO_LATE : ACT_IMPOSSIBLE;
	case ACT_CANCEL:
	case ACT_ABANDON:
		return cancel(word, event, reason, next);
	case ACT_EXPIRE:
		return expire(word, next);
	case ACT_RETURN:
	case ACT_STOP:
	case ACT_SETTLE:
		return end(word, event, next);
	case ACT_CONSUME:
		if (phase == ACT_NEW)
			return ACT_IMPOSSIBLE;
		/* FINISHes race by design [F5]. */
		if (!act_done(word) || word & ACT_CONSUMED)
			return ACT_IGNORED;
		return become(word, phase, ACT_CONSUMED, next);
	case ACT_DROP:
		if (phase == ACT_NEW || word & ACT_CONSUMED)
			return ACT_IMPOSSIBLE;
		return become(word, phase, ACT_CONSUMED, next);
	default:
		return ACT_IMPOSSIBLE;
	}
}

/* What FINISH reports; @own is what the method returned, if it did. */
int act_word_status(uint32_t word, int own)
{
	if (act_phase(word) == ACT_COMPLETED)
		return own;
	if (!act_done(word))
		return 0;
	return act_reason(word) == ACALL_REASON_DEADLINE ? -ETIME : -ECANCELED;
}

uint32_t act_word_state(uint32_t word)
{
	switch (act_phase(word)) {
	case ACT_NEW:
		return ACALL_STATE_IDLE;
	case ACT_QUEUED:
		return ACALL_STATE_QUEUED;
	case ACT_RUNNING:
		return ACALL_STATE_RUNNING;
	case ACT_CANCELLING:
	case ACT_DEQUEUED:
		return ACALL_STATE_CANCELLING;
	default:
		return ACALL_STATE_DONE;
	}
}

uint32_t act_word_outcome(uint32_t word)
{
	switch (act_phase(word)) {
	case ACT_COMPLETED:
		return ACALL_OUTCOME_COMPLETED;
	case ACT_STOPPED:
		return ACALL_OUTCOME_STOPPED;
	case ACT_NEVER_STARTED:
		return ACALL_OUTCOME_NEVER_STARTED;
	case ACT_ABANDONED:
		return ACALL_OUTCOME_ABANDONED;
	default:
		return ACALL_OUTCOME_NONE;
	}
}
