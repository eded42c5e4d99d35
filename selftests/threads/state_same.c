// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The engine's table and the kernel's, side by side: for every word that both can have,
 * and every event that both know, the same verdict and the same next word; and what a
 * word means to a client.
 *
 * The kernel's has more: phases and flags of methods that the engine does not have are
 * never reached from the words here, or this finds it out. Prints what differs.
 */
#include <stdio.h>

#include "state.h"
#include "threads/state.h"

#define COUNT(_a)	(sizeof(_a) / sizeof(*(_a)))

static const __u32 phases[ACT_NR_PHASES] = {
	[ACT_NEW]		= ACALL_PHASE_NEW,
	[ACT_QUEUED]		= ACALL_PHASE_QUEUED,
	[ACT_RUNNING]		= ACALL_PHASE_RUNNING,
	[ACT_CANCELLING]	= ACALL_PHASE_CANCELLING,
	[ACT_DEQUEUED]		= ACALL_PHASE_DEQUEUED,
	[ACT_COMPLETED]		= ACALL_PHASE_COMPLETED,
	[ACT_STOPPED]		= ACALL_PHASE_STOPPED,
	[ACT_NEVER_STARTED]	= ACALL_PHASE_NEVER_STARTED,
	[ACT_ABANDONED]		= ACALL_PHASE_ABANDONED,
};

static const enum acall_event events[ACT_NR_EVENTS] = {
	[ACT_PUBLISH]	= ACALL_EVENT_PUBLISH,
	[ACT_START]	= ACALL_EVENT_START,
	[ACT_CANCEL]	= ACALL_EVENT_CANCEL,
	[ACT_ABANDON]	= ACALL_EVENT_ABANDON,
	[ACT_EXPIRE]	= ACALL_EVENT_EXPIRE,
	[ACT_RETURN]	= ACALL_EVENT_RETURN,
	[ACT_STOP]	= ACALL_EVENT_STOP,
	[ACT_SETTLE]	= ACALL_EVENT_SETTLE,
	[ACT_CONSUME]	= ACALL_EVENT_CONSUME,
	[ACT_DROP]	= ACALL_EVENT_DROP,
};

static const int verdicts[] = {
	[ACT_IMPOSSIBLE]	= ACALL_IMPOSSIBLE,
	[ACT_MADE]		= ACALL_MADE,
	[ACT_TOO_LATE]		= ACALL_TOO_LATE,
	[ACT_ALREADY]		= ACALL_ALREADY,
	[ACT_IGNORED]		= ACALL_IGNORED,
	[ACT_FORBIDDEN]		= ACALL_FORBIDDEN,
};

static const enum acall_reason reasons[] = {
	ACALL_REASON_CLIENT, ACALL_REASON_DEADLINE, ACALL_REASON_CLOSE,
	ACALL_REASON_ADMIN,
};

static unsigned int faults;

static __u32 kernels(__u32 word)
{
	return phases[act_phase(word)] |
	       (__u32)act_reason(word) << ACALL_WORD_REASON_SHIFT |
	       (word & ACT_ENDED ? ACALL_WORD_ENDED : 0) |
	       (word & ACT_CONSUMED ? ACALL_WORD_CONSUMED : 0) |
	       (word & ACT_NO_CANCEL ? ACALL_WORD_NO_CANCEL : 0);
}

static void fault(const char *what, __u32 word, unsigned int event, int ours,
		  int theirs)
{
	faults++;
	printf("word %#x, event %u: %s %d here, %d in the kernel\n", word, event,
	       what, ours, theirs);
}

static void step(__u32 word, unsigned int event, enum acall_reason reason)
{
	__u32 ours = word, theirs = kernels(word);
	int a = act_next(word, event, reason, &ours);
	int b = acall_state_next(kernels(word), events[event], reason, &theirs);

	/* A .run method settles when it returns; what has replied is not here. */
	if (event == ACT_SETTLE && act_phase(word) > ACT_DEQUEUED &&
	    act_phase(word) != ACT_NEVER_STARTED) {
		if (a != ACT_IMPOSSIBLE)
			fault("verdict", word, event, a, b);
		return;
	}
	if (verdicts[a] != b)
		fault("verdict", word, event, verdicts[a], b);
	else if (a == ACT_MADE && kernels(ours) != theirs)
		fault("next word", word, event, kernels(ours), theirs);
}

static void means(__u32 word)
{
	__u32 same = kernels(word);

	if (act_word_state(word) != acall_word_state(same))
		fault("state", word, 0, act_word_state(word),
		      acall_word_state(same));
	if (act_word_outcome(word) != acall_word_outcome(same))
		fault("outcome", word, 0, act_word_outcome(word),
		      acall_word_outcome(same));
	if (act_word_status(word, -5) != acall_word_status(same, -5))
		fault("status", word, 0, act_word_status(word, -5),
		      acall_word_status(same, -5));
}

/* Words that only a fault could make: an end where there was no beginning. */
static int is_word(__u32 word)
{
	const __u32 all = ACT_PHASE | ACT_REASON | ACT_OVER | ACT_NO_CANCEL;
	enum act_phase phase = act_phase(word);

	if (word & ~all || phase >= ACT_NR_PHASES ||
	    act_reason(word) > ACALL_REASON_ADMIN)
		return 0;
	if (word & ACT_ENDED && !act_done(word))
		return 0;
	if (phase == ACT_NEW && word & ACT_CONSUMED)
		return 0;
	if ((phase == ACT_COMPLETED || phase == ACT_STOPPED) &&
	    !(word & ACT_ENDED))
		return 0;
	return 1;
}

int main(void)
{
	unsigned int words = 0, i;
	__u32 word;

	for (word = 0; word <= (ACT_PHASE | ACT_REASON | ACT_OVER | ACT_NO_CANCEL);
	     word++) {
		if (!is_word(word))
			continue;
		words++;
		means(word);
		for (i = 0; i < ACT_NR_EVENTS * COUNT(reasons); i++)
			step(word, i / COUNT(reasons), reasons[i % COUNT(reasons)]);
	}
	if (!words)
		printf("nothing was compared\n");
	return faults || !words;
}
