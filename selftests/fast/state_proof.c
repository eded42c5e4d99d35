// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proofs about module/state.c for CBMC: not tried, but shown for every value.
 *
 * step	 any word that keeps sound(), any event, any reason: the next word keeps
 *	 sound() too, and the step is one that the contract allows. With the
 *	 words of NEW as beginning this is an induction over all histories.
 * walk	 any history of WALK events from NEW; for what is about more than two
 *	 words: one DONE, one end, one taker, and what a canceller was told.
 * words any 32 bits that are a word: what it means, without a wild read.
 * reach each assertion of it must fail: otherwise the walk proves nothing.
 *
 * Owns nothing, takes no lock: the order of events is what races decide, and
 * here it is arbitrary.
 */
#include <linux/errno.h>

#include "nondet.h"
#include "state.h"

#define WALK		12
#define ALL_BITS	(ACALL_WORD_PHASE | ACALL_WORD_REASON |		\
			 ACALL_WORD_OVER | ACALL_WORD_REPLIED |		\
			 ACALL_WORD_COMMITTED | CONSTANT)
#define CONSTANT	(ACALL_WORD_FIXED | ACALL_WORD_NO_CANCEL)

#define assert(_holds)	__CPROVER_assert(_holds, #_holds)
#define assume(_holds)	__CPROVER_assume(_holds)
#define implies(_a, _b)	assert(!(_a) || (_b))

static int is_request(enum acall_event event)
{
	return event == ACALL_EVENT_CANCEL || event == ACALL_EVENT_ASK ||
	       event == ACALL_EVENT_FORCE || event == ACALL_EVENT_ABANDON;
}

static int never_entered(enum acall_phase phase)
{
	return phase == ACALL_PHASE_NEW || phase == ACALL_PHASE_QUEUED ||
	       phase == ACALL_PHASE_DEQUEUED ||
	       phase == ACALL_PHASE_NEVER_STARTED;
}

/* Holds of NEW, and of whatever follows from a word of which it holds. */
static int sound(__u32 word)
{
	enum acall_phase phase = acall_word_phase(word);
	enum acall_reason reason = acall_word_reason(word);
	__u32 over = word & (ACALL_WORD_ENDED | ACALL_WORD_REPLIED);

	if (word & ~ALL_BITS || phase >= ACALL_NR_PHASES ||
	    reason > ACALL_REASON_REBOOT)
		return 0;
	if (phase == ACALL_PHASE_NEW)
		return !(word & ~(ACALL_WORD_PHASE | CONSTANT));
	/* Cancel visible <=> asked, and COMPLETED either way. */
	if (phase == ACALL_PHASE_QUEUED || phase == ACALL_PHASE_RUNNING) {
		if (reason)
			return 0;
	} else if (!reason && phase != ACALL_PHASE_COMPLETED) {
		return 0;
	}
	if (!acall_word_done(word) && over)
		return 0;
	if ((phase == ACALL_PHASE_COMPLETED || phase == ACALL_PHASE_STOPPED) &&
	    !over)
		return 0;
	if (never_entered(phase) &&
	    word & (ACALL_WORD_REPLIED | ACALL_WORD_COMMITTED))
		return 0;
	/* B6, X12: who may not ask has not asked. */
	if (word & ACALL_WORD_NO_CANCEL && reason == ACALL_REASON_CLIENT)
		return 0;
	return !(word & ACALL_WORD_FIXED) || never_entered(phase) || !reason ||
	       reason == ACALL_REASON_PROVIDER;
}

static __u32 any_new(void)
{
	return ACALL_PHASE_NEW | (nondet_uint() & CONSTANT);
}

static enum acall_event any_event(void)
{
	unsigned int event = nondet_uint();

	assume(event < ACALL_NR_EVENTS);
	return (enum acall_event)event;
}

/* A canceller has a reason; nobody else need have one, whatever he passes. */
static enum acall_reason any_reason(enum acall_event event)
{
	unsigned int reason = nondet_uint();

	assume(reason <= ACALL_REASON_REBOOT);
	assume(!is_request(event) || reason != ACALL_REASON_NONE);
	return (enum acall_reason)reason;
}

/* What one step may do to a word, whatever came before. */
static void check_step(__u32 was, enum acall_event event,
		       enum acall_reason reason, __u32 now)
{
	enum acall_phase from = acall_word_phase(was);
	enum acall_phase to = acall_word_phase(now);
	__u32 set = now & ~was, cleared = was & ~now & ~ACALL_WORD_PHASE;
	enum acall_reason had = acall_word_reason(was);
	int takes = event == ACALL_EVENT_CONSUME || event == ACALL_EVENT_DROP;
	int ends = event == ACALL_EVENT_RETURN || event == ACALL_EVENT_STOP ||
		   event == ACALL_EVENT_SETTLE;
	int replies = event == ACALL_EVENT_REPLY ||
		      event == ACALL_EVENT_REPLY_STOP;

	/* DONE is left for nothing: the outcome is fixed. */
	implies(acall_word_done(was), from == to);
	implies(acall_word_done(was), had == acall_word_reason(now));
	/* FINISH takes what is ready, the last close anything. */
	assert(takes == !!(set & ACALL_WORD_CONSUMED));
	implies(event == ACALL_EVENT_CONSUME, acall_word_done(was));
	/* One party says that the execution has ended, and says it once. */
	assert(ends == !!(set & ACALL_WORD_ENDED));
	assert(replies == !!(set & ACALL_WORD_REPLIED));
	implies(event == ACALL_EVENT_SETTLE,
		was & ACALL_WORD_REPLIED || never_entered(from));
	/* P5: never once a cancel is visible. */
	assert((event == ACALL_EVENT_COMMIT) ==
	       !!(set & ACALL_WORD_COMMITTED));
	implies(set & ACALL_WORD_COMMITTED, !had && !never_entered(from));
	/* Flags stay. What is set by nobody is constant. */
	assert(!(cleared & ~ACALL_WORD_REASON));
	assert(!(set & CONSTANT));
	/* Requests are monotone, but for a refusal of one that may be refused. */
	implies(event != ACALL_EVENT_REFUSE && had,
		acall_word_reason(now) == had);
	implies(event != ACALL_EVENT_REFUSE && !had && acall_word_reason(now),
		is_request(event) && acall_word_reason(now) == reason);
	implies(event == ACALL_EVENT_REFUSE,
		from == ACALL_PHASE_ASKED && to == ACALL_PHASE_RUNNING &&
		!acall_word_reason(now));
	/* A hook is asked by one party (P2), and asked only what runs. */
	implies(event != ACALL_EVENT_ASK || from == ACALL_PHASE_QUEUED,
		to != ACALL_PHASE_ASKED || from == ACALL_PHASE_ASKED);
	/* X3: once never to be started, never entered; B1: entered once. */
	implies(never_entered(to), never_entered(from));
	implies(never_entered(from) && !never_entered(to),
		event == ACALL_EVENT_START || event == ACALL_EVENT_ENTER);
	/* Nobody goes back to the queue, or to where nobody knew of it. */
	implies(to == ACALL_PHASE_QUEUED, from == ACALL_PHASE_NEW ||
		from == ACALL_PHASE_QUEUED);
	assert(to != ACALL_PHASE_NEW);
	/* The status is the provider's own word <=> COMPLETED. */
	implies(!acall_word_done(was) && to == ACALL_PHASE_COMPLETED,
		event == ACALL_EVENT_RETURN || event == ACALL_EVENT_REPLY ||
		(from == ACALL_PHASE_RUNNING && (ends || replies)));
	implies(!acall_word_done(was) && to == ACALL_PHASE_STOPPED,
		had && (event == ACALL_EVENT_STOP ||
			event == ACALL_EVENT_REPLY_STOP));
	implies(!acall_word_done(was) && to == ACALL_PHASE_ABANDONED,
		event == ACALL_EVENT_ABANDON || event == ACALL_EVENT_EXPIRE);
}

/* What a party is told without a step must be true of the word. */
static void check_verdict(__u32 word, enum acall_event event,
			  enum acall_reason reason, enum acall_verdict verdict)
{
	enum acall_phase phase = acall_word_phase(word);
	int client = reason == ACALL_REASON_CLIENT;

	if (!is_request(event))
		return;
	/* X6: too late means that FINISH has the provider's own result. */
	assert((verdict == ACALL_TOO_LATE) == (phase == ACALL_PHASE_COMPLETED));
	/* X7: already means that it was cancelled, and is so still. */
	implies(verdict == ACALL_ALREADY, acall_word_reason(word));
	implies(verdict == ACALL_FORBIDDEN,
		client && word & ACALL_WORD_NO_CANCEL);
	implies(verdict == ACALL_UNSUPPORTED, word & ACALL_WORD_FIXED &&
		phase == ACALL_PHASE_RUNNING);
	assert(verdict != ACALL_IGNORED);
	assert((verdict == ACALL_IMPOSSIBLE) == (phase == ACALL_PHASE_NEW));
	/* B6, X12: and who is not bound is not told so. */
	implies(verdict == ACALL_MADE && word & ACALL_WORD_NO_CANCEL, !client);
	implies(verdict == ACALL_MADE && word & ACALL_WORD_FIXED,
		reason == ACALL_REASON_PROVIDER ||
		phase != ACALL_PHASE_RUNNING);
	/* P8: unregistration frees the client of whatever is under way. */
	implies(reason == ACALL_REASON_PROVIDER && event == ACALL_EVENT_FORCE &&
		(phase == ACALL_PHASE_QUEUED || phase == ACALL_PHASE_RUNNING ||
		 phase == ACALL_PHASE_ASKED), verdict == ACALL_MADE);
}

void step(void)
{
	__u32 word = nondet_uint(), untouched = nondet_uint();
	__u32 next = untouched;
	enum acall_event event = any_event();
	enum acall_reason reason = any_reason(event);
	enum acall_verdict verdict;

	assert(sound(any_new()));
	assume(sound(word));
	verdict = acall_state_next(word, event, reason, &next);
	assert(verdict >= ACALL_IMPOSSIBLE && verdict < ACALL_NR_VERDICTS);
	check_verdict(word, event, reason, verdict);
	if (verdict == ACALL_MADE) {
		assert(sound(next));
		check_step(word, event, reason, next);
	} else {
		assert(next == untouched);
	}
}

/* What has happened to one call so far. */
struct history {
	unsigned int done;	/* transitions into DONE */
	unsigned int ended;
	unsigned int taken;
	unsigned int entered;
	enum acall_reason first;	/* of the request that stands */
};

static void remember(struct history *past, __u32 was, enum acall_event event,
		     enum acall_reason reason, __u32 now)
{
	past->done += !acall_word_done(was) && acall_word_done(now);
	past->ended += !!(now & ~was & ACALL_WORD_ENDED);
	past->taken += !!(now & ~was & ACALL_WORD_CONSUMED);
	past->entered += event == ACALL_EVENT_START ||
			 event == ACALL_EVENT_ENTER;
	if (is_request(event) && !past->first)
		past->first = reason;
	if (event == ACALL_EVENT_REFUSE)
		past->first = ACALL_REASON_NONE;
}

static int status_of(enum acall_reason reason)
{
	if (reason == ACALL_REASON_DEADLINE)
		return -ETIME;
	return reason == ACALL_REASON_PROVIDER ? -ENODEV : -ECANCELED;
}

static void check_history(const struct history *past, __u32 word)
{
	enum acall_outcome outcome = acall_word_outcome(word);
	int own = nondet_int();
	int status = acall_word_status(word, own);

	assert(past->done == !!acall_word_done(word));
	assert(past->ended == !!(word & ACALL_WORD_ENDED));
	assert(past->taken == !!(word & ACALL_WORD_CONSUMED));
	assert(past->entered <= 1);
	assert(past->first == acall_word_reason(word));
	implies(outcome == ACALL_OUTCOME_NEVER_STARTED, !past->entered);
	implies(outcome != ACALL_OUTCOME_NEVER_STARTED && past->done,
		past->entered == 1);
	/* COMPLETED <=> own; else by the first request that stands (X12). */
	if (outcome == ACALL_OUTCOME_COMPLETED)
		assert(status == own);
	else if (past->done)
		assert(past->first && status == status_of(past->first));
	else
		assert(status == 0);
}

static __u32 walk_on(struct history *past, __u32 word)
{
	enum acall_event event = any_event();
	enum acall_reason reason = any_reason(event);
	__u32 next;

	/* IMPOSSIBLE changes nothing: as if it had not come. */
	if (acall_state_next(word, event, reason, &next) != ACALL_MADE)
		return word;
	remember(past, word, event, reason, next);
	return next;
}

void walk(void)
{
	struct history past = { 0 };
	__u32 word = any_new();
	int i;

	for (i = 0; i < WALK; i++) {
		word = walk_on(&past, word);
		check_history(&past, word);
	}
}

void words(void)
{
	__u32 word = nondet_uint();
	int own = nondet_int();

	assume(sound(word));
	assert((acall_word_state(word) == ACALL_STATE_DONE) ==
	       !!acall_word_done(word));
	assert((acall_word_outcome(word) != ACALL_OUTCOME_NONE) ==
	       !!acall_word_done(word));
	assert(acall_state_name(acall_word_state(word))[0]);
	assert(acall_outcome_name(acall_word_outcome(word))[0]);
	implies(acall_word_done(word) &&
		acall_word_phase(word) != ACALL_PHASE_COMPLETED,
		acall_word_status(word, own) < 0);
	/* Who is refused by nobody has a reason that is no client's. */
	implies(acall_reason_forces(acall_word_reason(word)),
		acall_word_reason(word) != ACALL_REASON_CLIENT &&
		acall_word_reason(word) != ACALL_REASON_NONE);
}

void reach(void)
{
	struct history past = { 0 };
	__u32 word = any_new();
	enum acall_phase phase;
	int i;

	for (i = 0; i < WALK; i++)
		word = walk_on(&past, word);
	phase = acall_word_phase(word);
	assert(phase != ACALL_PHASE_QUEUED);
	assert(phase != ACALL_PHASE_RUNNING);
	assert(phase != ACALL_PHASE_ASKED);
	assert(phase != ACALL_PHASE_CANCELLING);
	assert(phase != ACALL_PHASE_DEQUEUED);
	assert(phase != ACALL_PHASE_COMPLETED);
	assert(phase != ACALL_PHASE_STOPPED);
	assert(phase != ACALL_PHASE_NEVER_STARTED);
	assert(phase != ACALL_PHASE_ABANDONED);
	assert(!(word & ACALL_WORD_COMMITTED) || phase != ACALL_PHASE_ABANDONED);
	assert((word & ACALL_WORD_OVER) != ACALL_WORD_OVER);
}
