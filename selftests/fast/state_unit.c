// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of module/state.c, on the host and under sanitizers: every word with
 * every event and every reason, against what the contract says should follow.
 *
 * expect() is that expectation. It is written by event and clause, not by cell,
 * so that it shares neither shape nor text with the table. Owns nothing, takes
 * no lock; the races are in the order of events, and all orders are tried by
 * histories(), which walks from NEW over whatever the table allows.
 *
 * Prints what differs and nothing else.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "state.h"

#define NR_REASONS	(ACALL_REASON_REBOOT + 1)
#define NR_WORDS	0x10000u
#define ALL_FLAGS	0x3f00u
#define UNTOUCHED	0xa5a5a5a5u
#define MAX_FAULTS	20

static unsigned int faults;

#define FAULT(...)							\
	do {								\
		if (faults++ < MAX_FAULTS)				\
			printf(__VA_ARGS__);				\
	} while (0)

#define CHECK(_holds, _word)						\
	do {								\
		if (!(_holds))						\
			FAULT("word %#06x: not %s\n", _word, #_holds);	\
	} while (0)

static __u32 with_phase(__u32 word, enum acall_phase phase)
{
	return (word & ~ACALL_WORD_PHASE) | phase;
}

static int is_request(enum acall_event event)
{
	return event >= ACALL_EVENT_CANCEL && event <= ACALL_EVENT_ABANDON;
}

/* QUEUED to DEQUEUED: pending and not yet ready. */
static int is_under_way(enum acall_phase phase)
{
	return phase > ACALL_PHASE_NEW && phase < ACALL_PHASE_COMPLETED;
}

/* Words whose provider has been entered, as far as the phase tells. */
static int is_entered(enum acall_phase phase)
{
	return phase == ACALL_PHASE_RUNNING || phase == ACALL_PHASE_ASKED ||
	       phase == ACALL_PHASE_CANCELLING ||
	       phase == ACALL_PHASE_COMPLETED ||
	       phase == ACALL_PHASE_STOPPED || phase == ACALL_PHASE_ABANDONED;
}

static enum acall_verdict made(__u32 *next, __u32 word)
{
	*next = word;
	return ACALL_MADE;
}

/* X3 to X5, X7, X12, B6, P2, P8: somebody wants it to stop. */
static enum acall_verdict expect_request(__u32 word, enum acall_event event,
					 enum acall_reason reason, __u32 *next)
{
	enum acall_phase phase = acall_word_phase(word);
	int may = !(word & ACALL_WORD_NO_CANCEL) ||
		  reason != ACALL_REASON_CLIENT;
	__u32 asked = word;

	if (phase == ACALL_PHASE_NEW)
		return ACALL_IMPOSSIBLE;
	if (phase == ACALL_PHASE_COMPLETED)
		return ACALL_TOO_LATE;
	if (!acall_word_reason(word))
		asked |= (__u32)reason << ACALL_WORD_REASON_SHIFT;

	/* A refusal is ruled out by who is not to be refused. */
	if (phase == ACALL_PHASE_ASKED && event == ACALL_EVENT_FORCE)
		return may ? made(next, with_phase(asked,
						   ACALL_PHASE_CANCELLING)) :
			     ACALL_FORBIDDEN;
	if (phase != ACALL_PHASE_QUEUED && phase != ACALL_PHASE_RUNNING)
		return ACALL_ALREADY;

	if (!may)
		return ACALL_FORBIDDEN;
	if (phase == ACALL_PHASE_QUEUED)
		return made(next, with_phase(asked, ACALL_PHASE_DEQUEUED));
	if (word & ACALL_WORD_FIXED && reason != ACALL_REASON_PROVIDER)
		return ACALL_UNSUPPORTED;
	switch (event) {
	case ACALL_EVENT_ASK:
		return made(next, with_phase(asked, ACALL_PHASE_ASKED));
	case ACALL_EVENT_ABANDON:
		return made(next, with_phase(asked, ACALL_PHASE_ABANDONED));
	default:
		return made(next, with_phase(asked, ACALL_PHASE_CANCELLING));
	}
}

/* P2, X12: what the hook said, to the call as it now is. */
static enum acall_verdict expect_answer(__u32 word, enum acall_event event,
					__u32 *next)
{
	enum acall_phase phase = acall_word_phase(word);

	if (phase == ACALL_PHASE_ASKED) {
		if (event == ACALL_EVENT_ACCEPT)
			return made(next, with_phase(word,
						     ACALL_PHASE_CANCELLING));
		return made(next, with_phase(word & ~ACALL_WORD_REASON,
					     ACALL_PHASE_RUNNING));
	}
	/* Nobody asks a hook unless the call runs and was asked to stop. */
	return is_entered(phase) && phase != ACALL_PHASE_RUNNING ?
	       ACALL_IGNORED : ACALL_IMPOSSIBLE;
}

/* P7: with a cancel visible a stop code means STOPPED. */
static enum acall_phase ended_as(enum acall_phase phase, int stop)
{
	if (phase == ACALL_PHASE_ABANDONED)
		return phase;
	return stop && phase != ACALL_PHASE_RUNNING ? ACALL_PHASE_STOPPED :
						      ACALL_PHASE_COMPLETED;
}

/* The core lets no .run end while its hook is being asked. */
static enum acall_verdict expect_end(__u32 word, int stop, __u32 *next)
{
	enum acall_phase phase = acall_word_phase(word);

	if (phase != ACALL_PHASE_RUNNING && phase != ACALL_PHASE_CANCELLING &&
	    phase != ACALL_PHASE_ABANDONED)
		return ACALL_IMPOSSIBLE;
	if (word & ACALL_WORD_ENDED)
		return ACALL_IMPOSSIBLE;
	return made(next, with_phase(word | ACALL_WORD_ENDED,
				     ended_as(phase, stop)));
}

/* P3: exactly one completion counts. */
static enum acall_verdict expect_reply(__u32 word, int stop, __u32 *next)
{
	enum acall_phase phase = acall_word_phase(word);

	if (!is_entered(phase))
		return ACALL_IMPOSSIBLE;
	if (phase == ACALL_PHASE_COMPLETED || phase == ACALL_PHASE_STOPPED ||
	    word & ACALL_WORD_REPLIED)
		return ACALL_ALREADY;
	return made(next, with_phase(word | ACALL_WORD_REPLIED,
				     ended_as(phase, stop)));
}

/* P1: .release is last: after the reply, or of what was never entered. */
static enum acall_verdict expect_settle(__u32 word, __u32 *next)
{
	enum acall_phase phase = acall_word_phase(word);
	int never = phase == ACALL_PHASE_DEQUEUED ||
		    phase == ACALL_PHASE_NEVER_STARTED;

	if (word & ACALL_WORD_ENDED)
		return ACALL_IMPOSSIBLE;
	if (never)
		return made(next, with_phase(word | ACALL_WORD_ENDED,
					     ACALL_PHASE_NEVER_STARTED));
	if (acall_word_done(word) && word & ACALL_WORD_REPLIED)
		return made(next, word | ACALL_WORD_ENDED);
	return ACALL_IMPOSSIBLE;
}

/* X5, X9: the client's patience is over. */
static enum acall_verdict expect_expire(__u32 word, __u32 *next)
{
	switch (acall_word_phase(word)) {
	case ACALL_PHASE_ASKED:
	case ACALL_PHASE_CANCELLING:
		return made(next, with_phase(word, ACALL_PHASE_ABANDONED));
	case ACALL_PHASE_DEQUEUED:
		return made(next, with_phase(word, ACALL_PHASE_NEVER_STARTED));
	case ACALL_PHASE_COMPLETED:
	case ACALL_PHASE_STOPPED:
	case ACALL_PHASE_NEVER_STARTED:
	case ACALL_PHASE_ABANDONED:
		return ACALL_IGNORED;
	default:
		return ACALL_IMPOSSIBLE;
	}
}

/* P5: not once a cancel is visible, nor before or after the provider runs. */
static enum acall_verdict expect_commit(__u32 word, __u32 *next)
{
	enum acall_phase phase = acall_word_phase(word);

	if (!is_entered(phase))
		return ACALL_IMPOSSIBLE;
	if (phase != ACALL_PHASE_RUNNING)
		return ACALL_TOO_LATE;
	if (word & ACALL_WORD_COMMITTED)
		return ACALL_ALREADY;
	return made(next, word | ACALL_WORD_COMMITTED);
}

/* F5, C4: one FINISH takes a ready result; the last close takes anything. */
static enum acall_verdict expect_taken(__u32 word, enum acall_event event,
				       __u32 *next)
{
	enum acall_phase phase = acall_word_phase(word);
	int drop = event == ACALL_EVENT_DROP;

	if (phase == ACALL_PHASE_NEW)
		return ACALL_IMPOSSIBLE;
	if (!drop && is_under_way(phase))
		return ACALL_IGNORED;
	if (word & ACALL_WORD_CONSUMED)
		return drop ? ACALL_IMPOSSIBLE : ACALL_IGNORED;
	return made(next, word | ACALL_WORD_CONSUMED);
}

static enum acall_verdict expect(__u32 word, enum acall_event event,
				 enum acall_reason reason, __u32 *next)
{
	enum acall_phase phase = acall_word_phase(word);

	switch (event) {
	case ACALL_EVENT_PUBLISH:
	case ACALL_EVENT_ENTER:
		if (phase != ACALL_PHASE_NEW)
			return ACALL_IMPOSSIBLE;
		return made(next, with_phase(word,
					     event == ACALL_EVENT_ENTER ?
					     ACALL_PHASE_RUNNING :
					     ACALL_PHASE_QUEUED));
	case ACALL_EVENT_START:
		if (phase == ACALL_PHASE_QUEUED)
			return made(next, with_phase(word,
						     ACALL_PHASE_RUNNING));
		/* X3: never starts. */
		return phase == ACALL_PHASE_DEQUEUED ||
		       phase == ACALL_PHASE_NEVER_STARTED ?
		       ACALL_TOO_LATE : ACALL_IMPOSSIBLE;
	case ACALL_EVENT_ACCEPT:
	case ACALL_EVENT_REFUSE:
		return expect_answer(word, event, next);
	case ACALL_EVENT_EXPIRE:
		return expect_expire(word, next);
	case ACALL_EVENT_COMMIT:
		return expect_commit(word, next);
	case ACALL_EVENT_RETURN:
	case ACALL_EVENT_STOP:
		return expect_end(word, event == ACALL_EVENT_STOP, next);
	case ACALL_EVENT_REPLY:
	case ACALL_EVENT_REPLY_STOP:
		return expect_reply(word, event == ACALL_EVENT_REPLY_STOP,
				    next);
	case ACALL_EVENT_SETTLE:
		return expect_settle(word, next);
	case ACALL_EVENT_CONSUME:
	case ACALL_EVENT_DROP:
		return expect_taken(word, event, next);
	default:
		return expect_request(word, event, reason, next);
	}
}

static void compare(__u32 word, enum acall_event event,
		    enum acall_reason reason)
{
	__u32 next = UNTOUCHED, right = UNTOUCHED;
	enum acall_verdict verdict, due;

	verdict = acall_state_next(word, event, reason, &next);
	due = expect(word, event, reason, &right);
	if (verdict != due || next != right)
		FAULT("word %#06x event %d reason %d: verdict %d next %#x, expected %d %#x\n",
		      word, event, reason, verdict, next, due, right);
}

/* Every word that the layout can hold, whether it can come about or not. */
static void every_cell(void)
{
	__u32 phase, reason, flags;
	int event, by;

	for (phase = 0; phase < ACALL_NR_PHASES; phase++)
		for (reason = 0; reason < NR_REASONS; reason++)
			for (flags = 0; flags <= ALL_FLAGS; flags += 0x100)
				for (event = 0; event < ACALL_NR_EVENTS; event++)
					for (by = 0; by < NR_REASONS; by++)
						compare(phase | flags | reason <<
							ACALL_WORD_REASON_SHIFT,
							event, by);
}

/* What holds of every word that can come about (contract, "Invariants"). */
static void sound(__u32 word)
{
	enum acall_phase phase = acall_word_phase(word);
	enum acall_reason reason = acall_word_reason(word);
	int done = acall_word_done(word);
	int over = word & (ACALL_WORD_ENDED | ACALL_WORD_REPLIED);

	CHECK(phase < ACALL_NR_PHASES && reason < NR_REASONS, word);
	CHECK(done == (acall_word_state(word) == ACALL_STATE_DONE), word);
	CHECK(done == (acall_word_outcome(word) != ACALL_OUTCOME_NONE), word);
	/* No cancel is visible in QUEUED and RUNNING, one in what it leads to. */
	if (phase <= ACALL_PHASE_RUNNING)
		CHECK(!reason, word);
	else if (phase != ACALL_PHASE_COMPLETED)
		CHECK(reason, word);
	/* Nothing that never started has ended by itself or had an effect. */
	if (!is_entered(phase))
		CHECK(!(word & (ACALL_WORD_REPLIED | ACALL_WORD_COMMITTED)),
		      word);
	if (!done)
		CHECK(!over, word);
	if (phase == ACALL_PHASE_COMPLETED || phase == ACALL_PHASE_STOPPED)
		CHECK(over, word);
	if (word & ACALL_WORD_NO_CANCEL)
		CHECK(reason != ACALL_REASON_CLIENT, word);
	if (word & ACALL_WORD_FIXED && is_entered(phase))
		CHECK(!reason || reason == ACALL_REASON_PROVIDER, word);
}

static int reachable(__u32 word, enum acall_event event,
		     enum acall_reason reason, __u32 *next)
{
	/* Who cancels has a reason, who does something else has none. */
	if (is_request(event) == !reason)
		return 0;
	return acall_state_next(word, event, reason, next) == ACALL_MADE;
}

static void histories(void)
{
	static unsigned char seen[NR_WORDS];
	static __u32 stack[NR_WORDS];
	unsigned int depth = 0, phases = 0;
	__u32 flags, word, next;
	int event, reason;

	for (flags = 0; flags < 4; flags++) {
		word = ACALL_PHASE_NEW | flags * ACALL_WORD_FIXED;
		seen[word] = 1;
		stack[depth++] = word;
	}
	while (depth) {
		word = stack[--depth];
		phases |= 1u << acall_word_phase(word);
		sound(word);
		for (event = 0; event < ACALL_NR_EVENTS; event++) {
			for (reason = 0; reason < NR_REASONS; reason++) {
				if (!reachable(word, event, reason, &next))
					continue;
				CHECK(next < NR_WORDS, next);
				/* The outcome of a DONE call never changes. */
				if (acall_word_done(word))
					CHECK(acall_word_phase(word) ==
					      acall_word_phase(next), word);
				if (!seen[next]) {
					seen[next] = 1;
					stack[depth++] = next;
				}
			}
		}
	}
	if (phases != (1u << ACALL_NR_PHASES) - 1)
		FAULT("not all phases: %#x\n", phases);
}

static int status_of(enum acall_reason reason)
{
	if (reason == ACALL_REASON_DEADLINE)
		return -ETIME;
	return reason == ACALL_REASON_PROVIDER ? -ENODEV : -ECANCELED;
}

/* Second and third rule of the contract's head: whose word the status is. */
static void status(void)
{
	static const int owns[] = { 0, -1, -EIO, -ECANCELED, -ETIME, -4095 };
	__u32 phase, reason, flags, word;
	unsigned int i;
	int due;

	for (phase = 0; phase < ACALL_NR_PHASES; phase++)
		for (reason = 0; reason < NR_REASONS; reason++)
			for (flags = 0; flags <= ALL_FLAGS; flags += 0x100)
				for (i = 0; i < sizeof(owns) / sizeof(*owns); i++) {
					word = phase | flags | reason <<
					       ACALL_WORD_REASON_SHIFT;
					due = status_of(reason);
					if (phase == ACALL_PHASE_COMPLETED)
						due = owns[i];
					else if (phase < ACALL_PHASE_COMPLETED)
						due = 0;
					CHECK(acall_word_status(word, owns[i]) ==
					      due, word);
				}
}

/* What clients see of each phase, and in which words people read it. */
static void names(void)
{
	static const struct {
		enum acall_phase phase;
		enum acall_state state;
		enum acall_outcome outcome;
		const char *state_name;
		const char *outcome_name;
	} all[] = {
		{ ACALL_PHASE_NEW, ACALL_STATE_IDLE,
		  ACALL_OUTCOME_NONE, "idle", "none" },
		{ ACALL_PHASE_QUEUED, ACALL_STATE_QUEUED,
		  ACALL_OUTCOME_NONE, "queued", "none" },
		{ ACALL_PHASE_RUNNING, ACALL_STATE_RUNNING,
		  ACALL_OUTCOME_NONE, "running", "none" },
		{ ACALL_PHASE_ASKED, ACALL_STATE_CANCELLING,
		  ACALL_OUTCOME_NONE, "cancelling", "none" },
		{ ACALL_PHASE_CANCELLING, ACALL_STATE_CANCELLING,
		  ACALL_OUTCOME_NONE, "cancelling", "none" },
		{ ACALL_PHASE_DEQUEUED, ACALL_STATE_CANCELLING,
		  ACALL_OUTCOME_NONE, "cancelling", "none" },
		{ ACALL_PHASE_COMPLETED, ACALL_STATE_DONE,
		  ACALL_OUTCOME_COMPLETED, "done", "completed" },
		{ ACALL_PHASE_STOPPED, ACALL_STATE_DONE,
		  ACALL_OUTCOME_STOPPED, "done", "stopped" },
		{ ACALL_PHASE_NEVER_STARTED, ACALL_STATE_DONE,
		  ACALL_OUTCOME_NEVER_STARTED, "done", "never started" },
		{ ACALL_PHASE_ABANDONED, ACALL_STATE_DONE,
		  ACALL_OUTCOME_ABANDONED, "done", "abandoned" },
	};
	__u32 i, flags, word;

	CHECK(sizeof(all) / sizeof(*all) == ACALL_NR_PHASES, ACALL_NR_PHASES);
	for (i = 0; i < ACALL_NR_PHASES; i++) {
		/* Neither reason nor flags have a say in it. */
		for (flags = 0; flags <= ALL_FLAGS; flags += 0x10) {
			word = all[i].phase | flags;
			CHECK(acall_word_state(word) == all[i].state, word);
			CHECK(acall_word_outcome(word) == all[i].outcome, word);
		}
		CHECK(!strcmp(acall_state_name(all[i].state),
			      all[i].state_name), i);
		CHECK(!strcmp(acall_outcome_name(all[i].outcome),
			      all[i].outcome_name), i);
	}
	/* Nobody refuses the clock, the provider's end, the machine's end. */
	for (i = 0; i < NR_REASONS; i++)
		CHECK(!!acall_reason_forces(i) == (i == ACALL_REASON_DEADLINE ||
						   i == ACALL_REASON_PROVIDER ||
						   i == ACALL_REASON_REBOOT), i);
}

int main(void)
{
	every_cell();
	histories();
	status();
	names();
	if (faults > MAX_FAULTS)
		printf("and %u more\n", faults - MAX_FAULTS);
	return !!faults;
}
