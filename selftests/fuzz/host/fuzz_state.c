// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the state machine: module/state.c, the real source, under histories of
 * one call. An input says what kind of call it is and who moves next: the client,
 * cancellers, the clock, the worker, the provider, its hook. Each party does only
 * what it may at that point, so no verdict may be ACALL_IMPOSSIBLE, whatever the
 * order; and after each step the contract's invariants must hold. When the input
 * ends, everybody does what he still has to do, and the call must be over.
 *
 * Owns the history of one call; no lock; the races are the orders.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "state.h"

#define UNTOUCHED	0xa5a5a5a5u

#define CHECK(_holds)							\
	do {								\
		if (!(_holds)) {					\
			fprintf(stderr, "%s:%d: not %s (word %#06x)\n",	\
				__FILE__, __LINE__, #_holds, h.word);	\
			abort();					\
		}							\
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum kind {
	RUN,
	RUN_HOOK,	/* with a cancel hook */
	CUSTOM,		/* no hook: cannot be cancelled while it runs */
	CUSTOM_HOOK,
	INLINE,
	NR_KINDS,
};

/* Who may move, and how. */
enum move {
	START,
	COMMIT,
	END,
	END_STOP,
	LEAVE_START,
	SETTLE,
	ACCEPT,
	REFUSE,
	EXPIRE,
	FINISH,
	CLOSE,
	CANCEL,
	ABANDON,
	NR_MOVES,
};

static struct {
	enum kind kind;
	__u32 word;
	bool dequeue;		/* somebody must settle what never starts */
	bool started;
	bool starting;
	bool returned;		/* .run has, or the call was completed */
	bool asking;		/* the hook is inside */
	bool accepted;
	bool settled;
	bool dropped;
	int dones;
	int consumed;
} h;

/*
 * What a table does has no edges of its own: libFuzzer takes these counters for
 * edges, so that an input counts that makes something new of the table.
 */
static uint8_t seen[ACALL_NR_PHASES][ACALL_NR_EVENTS][ACALL_NR_VERDICTS]
	__attribute__((section("__libfuzzer_extra_counters")));
/* libFuzzer clears its own for each input. */
static bool ever[ACALL_NR_PHASES][ACALL_NR_EVENTS][ACALL_NR_VERDICTS];

static void report(void)
{
	const bool *all = &ever[0][0][0];
	unsigned int i, n = 0;

	for (i = 0; i < sizeof(ever) / sizeof(*all); i++)
		n += all[i];
	fprintf(stderr, "transitions: %u\n", n);
}

static bool custom(void)
{
	return h.kind == CUSTOM || h.kind == CUSTOM_HOOK;
}

static bool hook(void)
{
	return h.kind == RUN_HOOK || h.kind == CUSTOM_HOOK;
}

static bool cancel_event(enum acall_event event)
{
	return event >= ACALL_EVENT_CANCEL && event <= ACALL_EVENT_ABANDON;
}

static int status_of(enum acall_reason reason)
{
	return reason == ACALL_REASON_DEADLINE ? -ETIME :
	       reason == ACALL_REASON_PROVIDER ? -ENODEV : -ECANCELED;
}

/* What holds of any call (contract, "Invariants"). */
static void sound(void)
{
	enum acall_phase phase = acall_word_phase(h.word);
	enum acall_reason reason = acall_word_reason(h.word);
	bool done = acall_word_done(h.word);

	CHECK(phase < ACALL_NR_PHASES && reason <= ACALL_REASON_REBOOT);
	CHECK(h.dones == done && h.consumed <= 1);
	CHECK(done == (acall_word_outcome(h.word) != ACALL_OUTCOME_NONE));
	CHECK(done == (acall_word_state(h.word) == ACALL_STATE_DONE));
	CHECK(!(h.word & ACALL_WORD_NO_CANCEL) ||
	      reason != ACALL_REASON_CLIENT);
	CHECK(!!(h.word & ACALL_WORD_COMMITTED) ==
	      !!(acall_word_result(h.word) & ACALL_RESULT_COMMITTED));
	if (!done) {
		CHECK(!acall_word_status(h.word, -EIO));
		CHECK(!(h.word & ACALL_WORD_ENDED));
	} else if (acall_word_outcome(h.word) == ACALL_OUTCOME_COMPLETED) {
		CHECK(acall_word_status(h.word, -EIO) == -EIO);
		CHECK(h.started);
	} else {
		CHECK(acall_word_status(h.word, -EIO) == status_of(reason));
		CHECK(reason);
		CHECK((acall_word_outcome(h.word) ==
		       ACALL_OUTCOME_NEVER_STARTED) == !h.started);
	}
}

/* One transition: what it may change, and what not. */
static enum acall_verdict step(enum acall_event event,
			       enum acall_reason reason)
{
	__u32 was = h.word, next = UNTOUCHED;
	enum acall_reason before = acall_word_reason(was);
	enum acall_verdict verdict;

	verdict = acall_state_next(was, event, reason, &next);
	CHECK(verdict > ACALL_IMPOSSIBLE && verdict < ACALL_NR_VERDICTS);
	seen[acall_word_phase(was)][event][verdict] = 1;
	ever[acall_word_phase(was)][event][verdict] = true;
	if (verdict != ACALL_MADE) {
		CHECK(next == UNTOUCHED);
		/* X8: too late for a cancel is the provider's own result. */
		if (cancel_event(event) && verdict == ACALL_TOO_LATE)
			CHECK(acall_word_outcome(was) ==
			      ACALL_OUTCOME_COMPLETED);
		if (cancel_event(event) && verdict == ACALL_ALREADY)
			CHECK(before);
		if (verdict == ACALL_FORBIDDEN)
			CHECK(was & ACALL_WORD_NO_CANCEL &&
			      reason == ACALL_REASON_CLIENT);
		if (verdict == ACALL_UNSUPPORTED)
			CHECK(was & ACALL_WORD_FIXED);
		return verdict;
	}
	h.word = next;
	if (acall_word_done(next) && !acall_word_done(was))
		h.dones++;
	/* One transition into DONE, and nothing leads out of it. */
	if (acall_word_done(was))
		CHECK(acall_word_phase(next) == acall_word_phase(was));
	/* The first request fixes the reason; only a refusal takes it back. */
	if (event == ACALL_EVENT_REFUSE)
		CHECK(before && !acall_word_reason(next));
	else if (before)
		CHECK(acall_word_reason(next) == before);
	else
		CHECK(acall_word_reason(next) ==
		      (cancel_event(event) ? reason : ACALL_REASON_NONE));
	/* P5: not with a cancel visible. */
	if (event == ACALL_EVENT_COMMIT)
		CHECK(!before);
	/* Flags are set and stay. */
	CHECK((was & ~(ACALL_WORD_PHASE | ACALL_WORD_REASON) & ~next) == 0);
	sound();
	return verdict;
}

static enum acall_verdict party(enum acall_event event)
{
	return step(event, ACALL_REASON_NONE);
}

/* The one that the core takes, by method and canceller. */
static enum acall_event request(enum acall_reason reason, bool abandon)
{
	if (abandon)
		return ACALL_EVENT_ABANDON;
	if (!hook())
		return ACALL_EVENT_CANCEL;
	return acall_reason_forces(reason) ? ACALL_EVENT_FORCE :
					     ACALL_EVENT_ASK;
}

static void cancel(enum acall_reason reason, bool abandon)
{
	enum acall_phase was = acall_word_phase(h.word);

	if (step(request(reason, abandon), reason) != ACALL_MADE)
		return;
	if (was == ACALL_PHASE_QUEUED)
		h.dequeue = true;
	else if (hook() && !h.accepted)
		h.asking = true;
}

static void start(void)
{
	enum acall_verdict verdict;

	if (h.started || h.settled || h.kind == INLINE)
		return;
	verdict = party(ACALL_EVENT_START);
	CHECK(verdict == ACALL_MADE || verdict == ACALL_TOO_LATE);
	if (verdict == ACALL_MADE) {
		h.started = true;
		h.starting = custom();
	}
}

static void end(bool stop)
{
	enum acall_verdict verdict;

	if (!h.started || h.settled)
		return;
	if (custom()) {
		verdict = party(stop ? ACALL_EVENT_REPLY_STOP :
				       ACALL_EVENT_REPLY);
		/* P3: exactly one completion counts. */
		CHECK((verdict == ACALL_MADE) == !h.returned);
		CHECK(!h.returned || verdict == ACALL_ALREADY);
		h.returned = true;
		return;
	}
	/* The runner waits for the hook, and ends once. */
	if (h.returned || h.asking)
		return;
	CHECK(party(stop ? ACALL_EVENT_STOP : ACALL_EVENT_RETURN) ==
	      ACALL_MADE);
	h.returned = true;
	h.settled = true;
}

static void settle(void)
{
	bool never = h.dequeue && !h.started;
	bool ended = custom() && h.returned && !h.starting && !h.asking;

	if (h.settled || !(never || ended))
		return;
	CHECK(party(ACALL_EVENT_SETTLE) == ACALL_MADE);
	h.settled = true;
}

static void answer(bool accept)
{
	enum acall_verdict verdict;

	if (!h.asking || h.starting)
		return;
	h.asking = false;
	verdict = party(accept ? ACALL_EVENT_ACCEPT : ACALL_EVENT_REFUSE);
	CHECK(verdict == ACALL_MADE || verdict == ACALL_IGNORED);
	if (accept)
		h.accepted = true;
}

static void take(enum acall_event event)
{
	enum acall_verdict verdict;

	/* A closed object has nobody who could FINISH. */
	if (h.dropped || (event == ACALL_EVENT_DROP && h.consumed))
		return;
	verdict = party(event);
	if (event == ACALL_EVENT_DROP) {
		CHECK(verdict == ACALL_MADE);
		h.dropped = true;
	} else if (acall_word_done(h.word)) {
		/* F5: exactly one. */
		CHECK(verdict == (h.consumed ? ACALL_IGNORED : ACALL_MADE));
	} else {
		CHECK(verdict == ACALL_IGNORED);
	}
	h.consumed += verdict == ACALL_MADE;
}

/* The timer looks at the phase before it brings EXPIRE, or comes too late. */
static bool grace_runs(void)
{
	return acall_word_reason(h.word) &&
	       acall_word_phase(h.word) != ACALL_PHASE_NEW;
}

static void move(enum move what, enum acall_reason reason)
{
	switch (what) {
	case START:
		start();
		break;
	case COMMIT:
		if (h.started && !h.returned)
			party(ACALL_EVENT_COMMIT);
		break;
	case END:
	case END_STOP:
		end(what == END_STOP);
		break;
	case LEAVE_START:
		h.starting = false;
		break;
	case SETTLE:
		settle();
		break;
	case ACCEPT:
	case REFUSE:
		answer(what == ACCEPT);
		break;
	case EXPIRE:
		if (grace_runs())
			party(ACALL_EVENT_EXPIRE);
		break;
	case FINISH:
		take(ACALL_EVENT_CONSUME);
		break;
	case CLOSE:
		take(ACALL_EVENT_DROP);
		break;
	case CANCEL:
	case ABANDON:
		cancel(reason, what == ABANDON);
		break;
	default:
		break;
	}
}

/* Everybody does his duty: then it is over, charged to nobody. */
static void over(void)
{
	start();
	h.starting = false;
	answer(true);
	if (!h.returned)
		end(false);
	settle();
	CHECK(acall_word_done(h.word));
	take(ACALL_EVENT_CONSUME);
	CHECK((h.word & ACALL_WORD_OVER) == ACALL_WORD_OVER);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t first = size ? data[0] : 0;
	static bool once;
	size_t i;

	if (!once)
		once = !atexit(report);

	h = (typeof(h)){ .kind = first % NR_KINDS };
	h.word = ACALL_PHASE_NEW;
	if (first / NR_KINDS & 1)
		h.word |= ACALL_WORD_NO_CANCEL;
	if (h.kind == CUSTOM || h.kind == INLINE)
		h.word |= ACALL_WORD_FIXED;
	/* Inline methods run in BEGIN: nobody can drop them before they end. */
	h.started = h.kind == INLINE;
	CHECK(party(h.kind == INLINE ? ACALL_EVENT_ENTER :
				       ACALL_EVENT_PUBLISH) == ACALL_MADE);
	for (i = 1; i < size; i++)
		move(data[i] % NR_MOVES,
		     ACALL_REASON_CLIENT + data[i] / NR_MOVES %
		     ACALL_REASON_REBOOT);
	over();
	return 0;
}
