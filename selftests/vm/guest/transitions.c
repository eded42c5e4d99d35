// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints every transition that a call can make, "PHASE EVENT VERDICT" as the
 * run-time monitor of debug builds names them: all that follows from a new word
 * by the table in module/state.c. What the tests have not made of it is then
 * known (after.sh).
 */
#include <stdbool.h>
#include <stdio.h>

#include "state.c"

#define WORDS	0x8000u

static bool reached[WORDS];
static bool made[ACALL_NR_PHASES][ACALL_NR_EVENTS][ACALL_NR_VERDICTS];

static const char * const phases[] = {
	"NEW", "QUEUED", "RUNNING", "ASKED", "CANCELLING", "DEQUEUED",
	"COMPLETED", "STOPPED", "NEVER_STARTED", "ABANDONED",
};

static const char * const events[] = {
	"PUBLISH", "ENTER", "START", "CANCEL", "ASK", "FORCE", "ABANDON",
	"ACCEPT", "REFUSE", "EXPIRE", "COMMIT", "RETURN", "STOP", "REPLY",
	"REPLY_STOP", "SETTLE", "CONSUME", "DROP",
};

static const char * const verdicts[] = {
	"IMPOSSIBLE", "MADE", "TOO_LATE", "ALREADY", "IGNORED", "FORBIDDEN",
	"UNSUPPORTED",
};

_Static_assert(sizeof(phases) == ACALL_NR_PHASES * sizeof(*phases), "phases");
_Static_assert(sizeof(events) == ACALL_NR_EVENTS * sizeof(*events), "events");
_Static_assert(sizeof(verdicts) == ACALL_NR_VERDICTS * sizeof(*verdicts),
	       "verdicts");

/* Who can bring an event. */
static bool suits(enum acall_event event, enum acall_reason reason)
{
	switch (event) {
	case ACALL_EVENT_FORCE:
		return acall_reason_forces(reason);
	case ACALL_EVENT_CANCEL:
	case ACALL_EVENT_ASK:
		return reason && !acall_reason_forces(reason);
	case ACALL_EVENT_ABANDON:
		return reason;
	default:
		return !reason;
	}
}

static bool step_all(__u32 word)
{
	enum acall_verdict verdict;
	bool more = false;
	__u32 next, e, r;

	for (e = 0; e < ACALL_NR_EVENTS; e++) {
		for (r = 0; r <= ACALL_REASON_REBOOT; r++) {
			if (!suits(e, r))
				continue;
			verdict = acall_state_next(word, e, r, &next);
			made[acall_word_phase(word)][e][verdict] = true;
			if (verdict != ACALL_MADE || reached[next])
				continue;
			reached[next] = true;
			more = true;
		}
	}
	return more;
}

int main(void)
{
	__u32 word, p, e, v;
	bool more = true;

	reached[0] = true;
	reached[ACALL_WORD_FIXED] = true;
	reached[ACALL_WORD_NO_CANCEL] = true;
	while (more) {
		more = false;
		for (word = 0; word < WORDS; word++)
			if (reached[word])
				more |= step_all(word);
	}
	for (p = 0; p < ACALL_NR_PHASES; p++)
		for (e = 0; e < ACALL_NR_EVENTS; e++)
			for (v = ACALL_MADE; v < ACALL_NR_VERDICTS; v++)
				if (made[p][e][v])
					printf("%s %s %s\n", phases[p],
					       events[e], verdicts[v]);
	return 0;
}
