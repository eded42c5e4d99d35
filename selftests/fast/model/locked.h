/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Part of the verifier that Spin makes of call.pml: what module/call.c, cancel.c
 * and custom.c do to a call while they hold its lock, function by function and
 * under the same names. Each is entered from one atomic step of the model, so no
 * other party is between its lines, as none is under the lock.
 *
 * "now" is the model's state, arg_* and out_* what passes between both sides. A
 * line that must not be reached says so with FAULT(), which the model asserts
 * not to have happened. TWIN names the one mistake of a broken twin.
 */
#ifndef _MODEL_LOCKED_H
#define _MODEL_LOCKED_H

#include <stdio.h>
#include <stdlib.h>

#include "state.h"

static int fault;		/* line of what must not be */

#define FAULT_IF(_condition)						\
	do {								\
		if ((_condition) && !fault) {				\
			fault = __LINE__;				\
			printf("fault: %s:%d: %s\n", __func__, __LINE__, \
			       #_condition);				\
		}							\
	} while (0)

static void settings(void)
{
	static const struct {
		const char *name;
		unsigned char *value;
	} all[] = {
		{ "RUN", &RUN }, { "CUSTOM", &CUSTOM },
		{ "IN_BEGIN", &IN_BEGIN }, { "HOOK", &HOOK },
		{ "DEADLINE", &DEADLINE }, { "NO_CANCEL", &NO_CANCEL },
		{ "UNREGISTER", &UNREGISTER }, { "CANCELLERS", &CANCELLERS },
		{ "GRACELESS", &GRACELESS }, { "COMMITS", &COMMITS },
		{ "FILES_OUT", &FILES_OUT }, { "SHORT", &SHORT },
		{ "TWIN", &TWIN },
	};
	unsigned int i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++) {
		const char *value = getenv(all[i].name);

		*all[i].value = value ? atoi(value) : 0;
	}
}

static int phase(void)
{
	return now.word & ACALL_WORD_PHASE;
}

static int is_done(void)
{
	return acall_word_done(now.word);
}

static void get(void)
{
	FAULT_IF(now.freed);
	now.refs++;
}

/* With the last one nothing is left that could find the call. */
static void put(void)
{
	FAULT_IF(now.freed || !now.refs);
	if (--now.refs)
		return;
	now.freed = 1;
	FAULT_IF(now.timer_queued || now.queued || now.settling ||
		 now.ask_queued || now.asking || now.starting);
	FAULT_IF((now.word & ACALL_WORD_OVER) != ACALL_WORD_OVER);
}

/* A timer holds one reference; the callback that runs cannot be stopped. */
static void timer_hold(int hold)
{
	if (hold == now.timer_held)
		return;
	now.timer_held = hold;
	if (TWIN == TWIN_TIMER_REF)
		return;
	if (hold)
		get();
	else
		put();
}

static void timer_set(int what)
{
	if (what == now.timer)
		return;
	now.timer = what;
	if (what != STOPPED) {
		timer_hold(1);
		now.timer_queued = 1;
	} else if (now.timer_rings) {
		/* At once, to let go. */
		now.timer_queued = now.timer_held;
	} else if (now.timer_queued) {
		now.timer_queued = 0;
		timer_hold(0);
	}
}

static enum acall_verdict step(enum acall_event event, enum acall_reason reason)
{
	__u32 was = now.word;
	__u32 next = was;
	enum acall_verdict verdict;

	FAULT_IF(now.freed);
	verdict = acall_state_next(was, event, reason, &next);
	FAULT_IF(verdict == ACALL_IMPOSSIBLE);
	if (verdict != ACALL_MADE)
		return verdict;
	now.word = next;
	/* About to be, which the provider cannot tell from having been. */
	if (event == ACALL_EVENT_START || event == ACALL_EVENT_ENTER)
		now.entered++;
	if (!acall_word_done(was) && is_done()) {
		/* One transition into DONE, by one party. */
		FAULT_IF(++now.done > 1);
		if (phase() == ACALL_PHASE_ABANDONED)
			now.orphans++;
		timer_set(STOPPED);
	}
	if (next & ~was & ACALL_WORD_ENDED) {
		if (phase() == ACALL_PHASE_ABANDONED)
			now.orphans--;
		now.executions--;
	}
	if (next & ~was & ACALL_WORD_CONSUMED)
		FAULT_IF(++now.consumed > 1);
	return verdict;
}

static void run_grace(int flags)
{
	switch (phase()) {
	case ACALL_PHASE_ASKED:
	case ACALL_PHASE_CANCELLING:
		if (flags & GRACE_0) {
			step(ACALL_EVENT_EXPIRE, ACALL_REASON_NONE);
			return;
		}
		break;
	case ACALL_PHASE_DEQUEUED:
		break;
	default:
		return;
	}
	timer_set(TO_GRACE);
}

static int take_hook(void)
{
	if (!HOOK || now.asked || now.returned ||
	    (now.asking && TWIN != TWIN_TWO_ASK))
		return 0;
	now.asking = 1;
	now.may_refuse = phase() == ACALL_PHASE_ASKED;
	now.ask_due = now.starting;
	return !now.ask_due;
}

static int may_settle(void)
{
	return now.word & ACALL_WORD_REPLIED &&
	       (!now.starting || TWIN == TWIN_START) &&
	       (!now.asking || TWIN == TWIN_RELEASE);
}

/* To the settle and ask work; each call is there once at a time. */
static void runner_settle(void)
{
	FAULT_IF(now.freed || now.settling || now.released);
	now.settling = 1;
	now.chores++;
}

static void runner_ask(void)
{
	FAULT_IF(now.freed || now.ask_queued || now.released);
	now.ask_queued = 1;
	now.chores++;
}

static int hook_answered(int refuses)
{
	now.asking = 0;
	if (!refuses) {
		now.asked = 1;
		now.told = 1;
		step(ACALL_EVENT_ACCEPT, ACALL_REASON_NONE);
		return 0;
	}
	if (step(ACALL_EVENT_REFUSE, ACALL_REASON_NONE) != ACALL_MADE) {
		if (!now.may_refuse || TWIN == TWIN_NOT_TOLD)
			return 0;
		return !(now.word & ACALL_WORD_REPLIED) && take_hook();
	}
	now.refused = now.nr_asked;
	if (!DEADLINE || !now.deadline_over) {
		if (TWIN != TWIN_NO_REARM)
			timer_set(DEADLINE ? TO_DEADLINE : STOPPED);
		return 0;
	}
	if (step(ACALL_EVENT_FORCE, ACALL_REASON_DEADLINE) != ACALL_MADE)
		return 0;
	run_grace(0);
	return take_hook();
}

/* acall_call_ask(): the hook has returned; arg_refuses is what it said. */
static void ask_end(void)
{
	FAULT_IF(now.in_hook != 1);
	now.in_hook--;
	out_ask = hook_answered(arg_refuses);
	out_settle = !out_ask && CUSTOM && may_settle();
	if (out_settle)
		runner_settle();
}

/* acall_call_ask(): about to enter the hook (P2). */
static void ask_begin(void)
{
	FAULT_IF(now.freed || !now.asking || now.starting || !now.entered);
	FAULT_IF(now.in_hook || now.asked || now.released);
	now.in_hook++;
	if (phase() != ACALL_PHASE_ASKED)
		now.told = 1;
}

static enum acall_event event_of(enum acall_reason reason, int flags)
{
	int forces = acall_reason_forces(reason);

	if (flags & ABANDONS)
		return ACALL_EVENT_ABANDON;
	if (HOOK && !now.returned && !forces)
		return ACALL_EVENT_ASK;
	if (flags & GRACE_0)
		return ACALL_EVENT_ABANDON;
	return forces ? ACALL_EVENT_FORCE : ACALL_EVENT_CANCEL;
}

static int request_again(enum acall_reason reason, int flags)
{
	int client = reason == ACALL_REASON_CLIENT;

	if (!(flags & ESCALATES) && (client || reason == ACALL_REASON_ADMIN))
		return TOLD_ALREADY;
	if (client && now.word & ACALL_WORD_NO_CANCEL && !is_done())
		return TOLD_FORBIDDEN;
	run_grace(flags & ABANDONS ? GRACE_0 : flags);
	return TOLD_OK;
}

static int request_locked(enum acall_reason reason, int flags)
{
	int was = phase();

	switch (step(event_of(reason, flags), reason)) {
	case ACALL_MADE:
		/* B6: not by him. */
		FAULT_IF(NO_CANCEL && reason == ACALL_REASON_CLIENT);
		break;
	case ACALL_ALREADY:
		/* X7: already cancelled. */
		FAULT_IF(!acall_word_reason(now.word));
		if (was == ACALL_PHASE_ASKED)
			out_my = now.nr_asked;
		return request_again(reason, flags);
	case ACALL_FORBIDDEN:
		FAULT_IF(!NO_CANCEL);
		return TOLD_FORBIDDEN;
	case ACALL_UNSUPPORTED:
		FAULT_IF(!FIXED);
		return TOLD_UNSUPPORTED;
	default:
		/* X6: FINISH has the provider's own result. */
		FAULT_IF(phase() != ACALL_PHASE_COMPLETED);
		return TOLD_LATE;
	}
	if (was == ACALL_PHASE_QUEUED) {
		out_dequeued = 1;
		timer_set(STOPPED);
		return TOLD_OK;
	}
	if (was == ACALL_PHASE_RUNNING || TWIN == TWIN_TWO_ASK)
		out_ask = take_hook();
	if (phase() == ACALL_PHASE_ASKED) {
		out_my = ++now.nr_asked;
		if (out_ask && HOOK == 1) {
			if (TWIN != TWIN_EARLY)
				timer_set(STOPPED);
			return TOLD_OK;
		}
	}
	run_grace(flags);
	return TOLD_OK;
}

static int is_refused(int my)
{
	return my && now.refused >= my;
}

/* acall_call_cancel(): arg_reason and arg_flags say who and how. */
static void request(void)
{
	out_ask = 0;
	out_my = 0;
	out_dequeued = 0;
	out_ret = request_locked(arg_reason, arg_flags);
	if (out_ask && HOOK == 2) {
		runner_ask();
		out_ask = 0;
	}
}

/*
 * acall_runner_dequeue(): who has cancelled a queued call settles it himself if it
 * is a short one's and he is no timer.
 */
static void dequeue(void)
{
	out_here = 0;
	if (!now.queued)
		return;
	now.queued = 0;
	out_here = SHORT && arg_reason != ACALL_REASON_DEADLINE;
	if (!out_here)
		runner_settle();
	else if (TWIN != TWIN_NO_CHORE)
		now.chores++;
}

/* ask_atomic(), after the hook. */
static void ask_atomic_end(void)
{
	if (is_refused(arg_my))
		out_ret = TOLD_REFUSED;
	else
		run_grace(arg_flags);
}

/* acall_call_cancel_wait(): what CANCEL says is what FINISH says (X6). */
static void cancel_told(void)
{
	out_ret = TOLD_REFUSED;
	if (is_done())
		out_ret = phase() == ACALL_PHASE_COMPLETED ? TOLD_LATE : TOLD_OK;
	FAULT_IF(now.freed);
	FAULT_IF(out_ret == TOLD_OK && !acall_word_reason(now.word));
}

/* acall_object_consume(): one FINISH has it (F5). */
static void consume(void)
{
	FAULT_IF(step(ACALL_EVENT_CONSUME, ACALL_REASON_NONE) != ACALL_MADE);
	put();
}

/* acall_call_end(), call_settled(): the execution's last word, its reference. */
static void end(enum acall_event event)
{
	step(event, ACALL_REASON_NONE);
	put();
}

/* Is it about to enter the provider, or too late? */
static void start(void)
{
	out_ask = step(ACALL_EVENT_START, ACALL_REASON_NONE) == ACALL_MADE;
}

/* acall_call_enter_start(), after .start has returned. */
static void start_end(void)
{
	int settle;

	now.in_start = 0;
	now.starting = 0;
	out_ask = now.ask_due;
	if (out_ask && now.word & ACALL_WORD_REPLIED) {
		now.asking = 0;
		out_ask = 0;
	}
	now.ask_due = 0;
	settle = may_settle();
	if (settle) {
		runner_settle();
		out_ask = 0;
	} else if (out_ask && HOOK == 2) {
		runner_ask();
		out_ask = 0;
	}
}

static void complete(int stop)
{
	FAULT_IF(step(stop ? ACALL_EVENT_REPLY_STOP : ACALL_EVENT_REPLY,
		      ACALL_REASON_NONE) != ACALL_MADE);
	if (may_settle())
		runner_settle();
}

/* call_release_execution(): .release is once, last, after everybody (P1). */
static void release(void)
{
	FAULT_IF(now.freed || now.released);
	FAULT_IF(now.in_run || now.in_start || now.in_hook);
	FAULT_IF(now.asking);
	now.released = 1;
	now.listed = 0;
	if (!IN_BEGIN || TWIN == TWIN_PIN)
		now.pins--;
}

/* wait_hook(): from now on no hook is asked. */
static void run_returned(int stop)
{
	now.in_run = 0;
	if (!HOOK)
		return;
	now.returned = 1;
	if (stop && phase() == ACALL_PHASE_ASKED)
		step(ACALL_EVENT_ACCEPT, ACALL_REASON_NONE);
}

/* call_timer(); arg_due: is it over, if it was armed anew just now? */
static void timer_expired(void)
{
	int what = now.timer;

	out_late = 0;
	out_expire = 0;
	FAULT_IF(now.freed);
	if (what == STOPPED || (now.timer_queued && !arg_due))
		return;
	now.timer = STOPPED;
	switch (phase()) {
	case ACALL_PHASE_QUEUED:
	case ACALL_PHASE_RUNNING:
		FAULT_IF(what != TO_DEADLINE);
		now.deadline_over = 1;
		out_late = 1;
		break;
	case ACALL_PHASE_ASKED:
	case ACALL_PHASE_CANCELLING:
	case ACALL_PHASE_DEQUEUED:
		/* Never early: a grace has to be over, not a deadline. */
		FAULT_IF(what != TO_GRACE);
		if (TWIN == TWIN_UNLOCKED)
			out_expire = 1;
		else
			step(ACALL_EVENT_EXPIRE, ACALL_REASON_NONE);
		break;
	default:
		break;
	}
}

/* The callback returns; armed again meanwhile, it keeps its reference. */
static void timer_end(void)
{
	if (!now.timer_queued)
		timer_hold(0);
}

/* What is left when everybody has gone. */
static void check_end(void)
{
	FAULT_IF(now.executions || now.orphans || now.pins || now.chores);
	if (!now.published)
		return;
	FAULT_IF(!now.done || !now.consumed || !now.freed || !now.released);
	/* NEVER_STARTED <=> the provider was not entered. */
	FAULT_IF((phase() == ACALL_PHASE_NEVER_STARTED) != !now.entered);
	FAULT_IF(now.entered > 1);
}

#endif /* _MODEL_LOCKED_H */
