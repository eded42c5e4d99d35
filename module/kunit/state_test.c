// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transition table, cell by cell, against a second statement of it that
 * shares no code with the first: every phase, event, flag, recorded reason and
 * asking reason. And what is to hold in every state that can be reached at all
 * (contract.md, Invariants).
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/slab.h>

#include "kunit.h"
#include "state.h"

#define REASONS		(ACALL_REASON_REBOOT + 1)
#define WORDS		(ACALL_WORD_NO_CANCEL << 1)
#define FLAGS		(WORDS - 1 - ACALL_WORD_PHASE - ACALL_WORD_REASON)

/* The phases, in the order of the enum; a cell with one of them is MADE. */
static const char phases[] = "NQRKCDFSVB";

/*
 * The other cells: '-' impossible, 'l' too late, '=' already, '.' ignored. The
 * columns are the events in the order of the enum: PUBLISH ENTER START, CANCEL
 * ASK FORCE ABANDON, ACCEPT REFUSE, EXPIRE, COMMIT, RETURN STOP, REPLY
 * REPLY_STOP, SETTLE, CONSUME DROP.
 */
static const char * const cells[ACALL_NR_PHASES] = {
	[ACALL_PHASE_NEW]	    = "QR- ---- -- - - -- -- - --",
	[ACALL_PHASE_QUEUED]	    = "--R DDDD -- - - -- -- - .Q",
	[ACALL_PHASE_RUNNING]	    = "--- CKCB -- - R FF FF - .R",
	[ACALL_PHASE_ASKED]	    = "--- ==C= CR B l -- FS - .K",
	[ACALL_PHASE_CANCELLING]    = "--- ==== .. B l FS FS - .C",
	[ACALL_PHASE_DEQUEUED]	    = "--l ==== -- V - -- -- V .D",
	[ACALL_PHASE_COMPLETED]	    = "--- llll .. . l -- == F FF",
	[ACALL_PHASE_STOPPED]	    = "--- ==== .. . l -- == S SS",
	[ACALL_PHASE_NEVER_STARTED] = "--l ==== -- . - -- -- V VV",
	[ACALL_PHASE_ABANDONED]	    = "--- ==== .. . l BB BB B BB",
};

/* Blanks are for the reader. */
static char cell_of(enum acall_phase phase, enum acall_event event)
{
	const char *cell = cells[phase];
	u32 column = 0;

	for (;; cell++) {
		if (*cell == ' ')
			continue;
		if (column++ == event)
			return *cell;
	}
}

static bool is_request(enum acall_event event)
{
	return event >= ACALL_EVENT_CANCEL && event <= ACALL_EVENT_ABANDON;
}

/* The flag that an event leaves, and what it is to who brings it again. */
static u32 leaves(enum acall_event event, enum acall_verdict *again)
{
	switch (event) {
	case ACALL_EVENT_COMMIT:
		*again = ACALL_ALREADY;
		return ACALL_WORD_COMMITTED;
	case ACALL_EVENT_RETURN:
	case ACALL_EVENT_STOP:
	case ACALL_EVENT_SETTLE:
		*again = ACALL_IMPOSSIBLE;
		return ACALL_WORD_ENDED;
	case ACALL_EVENT_REPLY:
	case ACALL_EVENT_REPLY_STOP:
		*again = ACALL_ALREADY;
		return ACALL_WORD_REPLIED;
	case ACALL_EVENT_CONSUME:
		*again = ACALL_IGNORED;
		return ACALL_WORD_CONSUMED;
	case ACALL_EVENT_DROP:
		*again = ACALL_IMPOSSIBLE;
		return ACALL_WORD_CONSUMED;
	default:
		return 0;
	}
}

/* What the table is to say. */
static enum acall_verdict expected(u32 word, enum acall_event event,
				   enum acall_reason reason, u32 *next)
{
	enum acall_phase phase = acall_word_phase(word);
	char cell = cell_of(phase, event);
	enum acall_verdict again;
	u32 flag;

	switch (cell) {
	case '-':
		return ACALL_IMPOSSIBLE;
	case 'l':
		return ACALL_TOO_LATE;
	case '=':
		return ACALL_ALREADY;
	case '.':
		return ACALL_IGNORED;
	}
	/* Only what never ran settles without the provider's word. */
	if (event == ACALL_EVENT_SETTLE && cell != 'V' &&
	    !(word & ACALL_WORD_REPLIED))
		return ACALL_IMPOSSIBLE;
	flag = leaves(event, &again);
	if (word & flag)
		return again;
	if (is_request(event)) {
		if (word & ACALL_WORD_NO_CANCEL &&
		    reason == ACALL_REASON_CLIENT)
			return ACALL_FORBIDDEN;
		if (word & ACALL_WORD_FIXED && phase == ACALL_PHASE_RUNNING &&
		    reason != ACALL_REASON_PROVIDER)
			return ACALL_UNSUPPORTED;
		if (!(word & ACALL_WORD_REASON))
			flag |= reason << ACALL_WORD_REASON_SHIFT;
	}
	if (event == ACALL_EVENT_REFUSE)
		word &= ~ACALL_WORD_REASON;
	*next = (word & ~ACALL_WORD_PHASE) | flag |
		(strchr(phases, cell) - phases);
	return ACALL_MADE;
}

static void every_cell(struct kunit *test)
{
	u32 word, event, reason;
	u32 checked = 0, wrong = 0;

	for (word = 0; word < WORDS; word++) {
		if (acall_word_phase(word) >= ACALL_NR_PHASES ||
		    acall_word_reason(word) >= REASONS || word & 0x80)
			continue;
		for (event = 0; event < ACALL_NR_EVENTS; event++)
			for (reason = 0; reason < REASONS; reason++) {
				u32 want = U32_MAX, got = U32_MAX;
				u32 want_verdict, verdict;

				want_verdict = expected(word, event, reason,
							&want);
				verdict = acall_state_next(word, event, reason,
							   &got);
				checked++;
				if (verdict == want_verdict && got == want)
					continue;
				/* The first few tell it all. */
				if (wrong++ < 5)
					KUNIT_FAIL(test,
						   "%#x event %u reason %u: %u, %#x not %u, %#x",
						   word, event, reason, verdict,
						   got, want_verdict, want);
			}
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, checked, ACALL_NR_PHASES * REASONS * 64 *
			ACALL_NR_EVENTS * REASONS);
}

/* The next word, or @word if nothing happens. */
static u32 follow(u32 word, enum acall_event event, enum acall_reason reason)
{
	u32 next;

	return acall_state_next(word, event, reason, &next) == ACALL_MADE ?
	       next : word;
}

static void reach(u32 word, unsigned long *seen, u32 *stack)
{
	u32 depth = 0;

	if (__test_and_set_bit(word, seen))
		return;
	stack[depth++] = word;
	while (depth) {
		u32 event, reason, next;

		word = stack[--depth];
		for (event = 0; event < ACALL_NR_EVENTS; event++)
			for (reason = 1; reason < REASONS; reason++) {
				next = follow(word, event, reason);
				if (!__test_and_set_bit(next, seen))
					stack[depth++] = next;
			}
	}
}

struct reached {
	DECLARE_BITMAP(words, WORDS);
	DECLARE_BITMAP(other, WORDS);
	u32 stack[WORDS];
};

static struct reached *reach_all(struct kunit *test)
{
	struct reached *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, r);
	reach(ACALL_PHASE_NEW, r->words, r->stack);
	reach(ACALL_PHASE_NEW | ACALL_WORD_FIXED, r->words, r->stack);
	reach(ACALL_PHASE_NEW | ACALL_WORD_NO_CANCEL, r->words, r->stack);
	reach(ACALL_PHASE_NEW | ACALL_WORD_FIXED | ACALL_WORD_NO_CANCEL,
	      r->words, r->stack);
	return r;
}

static void reachable_words_make_sense(struct kunit *test)
{
	struct reached *r = reach_all(test);
	u32 word;

	for_each_set_bit(word, r->words, WORDS) {
		bool reason = acall_word_reason(word) != ACALL_REASON_NONE;
		bool done = acall_word_done(word);
		u32 event;

		switch (acall_word_phase(word)) {
		case ACALL_PHASE_NEW:
		case ACALL_PHASE_QUEUED:
		case ACALL_PHASE_RUNNING:
			KUNIT_EXPECT_FALSE_MSG(test, reason, "%#x", word);
			break;
		case ACALL_PHASE_COMPLETED:
			break;
		default:
			KUNIT_EXPECT_TRUE_MSG(test, reason, "%#x", word);
		}
		/* Ended, or completed by its provider: then DONE. */
		if (word & (ACALL_WORD_ENDED | ACALL_WORD_REPLIED))
			KUNIT_EXPECT_TRUE_MSG(test, done, "%#x", word);
		for (event = 0; event < ACALL_NR_EVENTS; event++) {
			u32 next = follow(word, event, ACALL_REASON_CLIENT);
			u32 lost = word & FLAGS & ~next;

			KUNIT_EXPECT_EQ_MSG(test, lost, 0, "%#x %u", word,
					    event);
			/* The outcome is fixed, and why. */
			if (done)
				KUNIT_EXPECT_EQ_MSG(test, (next ^ word) &
						    ~FLAGS, 0, "%#x %u", word,
						    event);
		}
	}
}

static void every_call_can_be_over(struct kunit *test)
{
	struct reached *r = reach_all(test);
	u32 word, event, reason, next;
	bool more;

	/* @other: from where a call can get to be over. */
	do {
		more = false;
		for_each_set_bit(word, r->words, WORDS) {
			bool good = (word & ACALL_WORD_OVER) == ACALL_WORD_OVER;

			if (test_bit(word, r->other))
				continue;
			for (event = 0; event < ACALL_NR_EVENTS; event++)
				for (reason = 1; reason < REASONS; reason++) {
					next = follow(word, event, reason);
					good |= test_bit(next, r->other);
				}
			if (good) {
				__set_bit(word, r->other);
				more = true;
			}
		}
	} while (more);
	for_each_set_bit(word, r->words, WORDS)
		KUNIT_EXPECT_TRUE_MSG(test, test_bit(word, r->other), "%#x",
				      word);
}

static u32 word_of(enum acall_phase phase, enum acall_reason reason)
{
	return phase | reason << ACALL_WORD_REASON_SHIFT;
}

static void status_is_whose_word_it_is(struct kunit *test)
{
	static const int acalls[REASONS] = {
		[ACALL_REASON_NONE]	= -ECANCELED,
		[ACALL_REASON_CLIENT]	= -ECANCELED,
		[ACALL_REASON_DEADLINE]	= -ETIME,
		[ACALL_REASON_CLOSE]	= -ECANCELED,
		[ACALL_REASON_ADMIN]	= -ECANCELED,
		[ACALL_REASON_PROVIDER]	= -ENODEV,
		[ACALL_REASON_REBOOT]	= -ECANCELED,
	};
	u32 phase, reason;

	for (phase = 0; phase < ACALL_NR_PHASES; phase++)
		for (reason = 0; reason < REASONS; reason++) {
			int want = acalls[reason];

			if (phase < ACALL_PHASE_COMPLETED)
				want = 0;
			else if (phase == ACALL_PHASE_COMPLETED)
				want = -EIO;
			KUNIT_EXPECT_EQ_MSG(test, want,
					    acall_word_status(word_of(phase,
								      reason),
							      -EIO),
					    "phase %u reason %u", phase,
					    reason);
		}
}

static void client_sees_state_and_outcome(struct kunit *test)
{
	static const struct {
		enum acall_state state;
		enum acall_outcome outcome;
	} seen[ACALL_NR_PHASES] = {
		[ACALL_PHASE_NEW]     = { ACALL_STATE_IDLE },
		[ACALL_PHASE_QUEUED]  = { ACALL_STATE_QUEUED },
		[ACALL_PHASE_RUNNING] = { ACALL_STATE_RUNNING },
		[ACALL_PHASE_ASKED]   = { ACALL_STATE_CANCELLING },
		[ACALL_PHASE_CANCELLING] = { ACALL_STATE_CANCELLING },
		[ACALL_PHASE_DEQUEUED]	= { ACALL_STATE_CANCELLING },
		[ACALL_PHASE_COMPLETED] = { ACALL_STATE_DONE,
					    ACALL_OUTCOME_COMPLETED },
		[ACALL_PHASE_STOPPED]	= { ACALL_STATE_DONE,
					    ACALL_OUTCOME_STOPPED },
		[ACALL_PHASE_NEVER_STARTED] = { ACALL_STATE_DONE,
						ACALL_OUTCOME_NEVER_STARTED },
		[ACALL_PHASE_ABANDONED]	= { ACALL_STATE_DONE,
					    ACALL_OUTCOME_ABANDONED },
	};
	u32 phase;

	for (phase = 0; phase < ACALL_NR_PHASES; phase++) {
		/* Reasons and flags are no part of either. */
		u32 word = phase | ACALL_WORD_REASON | FLAGS;

		KUNIT_EXPECT_EQ(test, acall_word_state(word),
				seen[phase].state);
		KUNIT_EXPECT_EQ(test, acall_word_outcome(word),
				seen[phase].outcome);
		KUNIT_EXPECT_EQ(test, !!acall_word_done(word),
				seen[phase].state == ACALL_STATE_DONE);
	}
}

static void names(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, acall_state_name(ACALL_STATE_IDLE), "idle");
	KUNIT_EXPECT_STREQ(test, acall_state_name(ACALL_STATE_QUEUED),
			   "queued");
	KUNIT_EXPECT_STREQ(test, acall_state_name(ACALL_STATE_RUNNING),
			   "running");
	KUNIT_EXPECT_STREQ(test, acall_state_name(ACALL_STATE_CANCELLING),
			   "cancelling");
	KUNIT_EXPECT_STREQ(test, acall_state_name(ACALL_STATE_DONE), "done");
	KUNIT_EXPECT_STREQ(test, acall_outcome_name(ACALL_OUTCOME_NONE),
			   "none");
	KUNIT_EXPECT_STREQ(test, acall_outcome_name(ACALL_OUTCOME_COMPLETED),
			   "completed");
	KUNIT_EXPECT_STREQ(test, acall_outcome_name(ACALL_OUTCOME_STOPPED),
			   "stopped");
	KUNIT_EXPECT_STREQ(test,
			   acall_outcome_name(ACALL_OUTCOME_NEVER_STARTED),
			   "never started");
	KUNIT_EXPECT_STREQ(test, acall_outcome_name(ACALL_OUTCOME_ABANDONED),
			   "abandoned");
}

static void who_is_not_refused(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, acall_reason_forces(ACALL_REASON_NONE));
	KUNIT_EXPECT_FALSE(test, acall_reason_forces(ACALL_REASON_CLIENT));
	KUNIT_EXPECT_TRUE(test, acall_reason_forces(ACALL_REASON_DEADLINE));
	KUNIT_EXPECT_FALSE(test, acall_reason_forces(ACALL_REASON_CLOSE));
	KUNIT_EXPECT_FALSE(test, acall_reason_forces(ACALL_REASON_ADMIN));
	KUNIT_EXPECT_TRUE(test, acall_reason_forces(ACALL_REASON_PROVIDER));
	KUNIT_EXPECT_TRUE(test, acall_reason_forces(ACALL_REASON_REBOOT));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(every_cell),
	KUNIT_CASE(reachable_words_make_sense),
	KUNIT_CASE(every_call_can_be_over),
	KUNIT_CASE(status_is_whose_word_it_is),
	KUNIT_CASE(client_sees_state_and_outcome),
	KUNIT_CASE(names),
	KUNIT_CASE(who_is_not_refused),
	{}
};

struct kunit_suite acall_kunit_state = {
	.name = "acall_state",
	.test_cases = cases,
};
