// SPDX-License-Identifier: GPL-2.0-only
/*
 * The run-time monitor of debug builds: every event that is applied to a call
 * passes here, with what the table made of it. It checks what must hold of any
 * transition, without knowing the table, and counts each cell in
 * /sys/kernel/debug/acall/transitions, so that tests can tell which transitions
 * they have made.
 *
 * Called under the call's lock; owns counters only, so no lock.
 */
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "debug/monitor.h"

#define NR_CELLS	(ACALL_NR_PHASES * ACALL_NR_EVENTS * ACALL_NR_VERDICTS)

static atomic_long_t counts[NR_CELLS];
static struct dentry *dir;

#define NAME(_prefix, _name)						\
	[_prefix##_##_name] = #_name

static const char * const phase_names[ACALL_NR_PHASES] = {
	NAME(ACALL_PHASE, NEW), NAME(ACALL_PHASE, QUEUED),
	NAME(ACALL_PHASE, RUNNING), NAME(ACALL_PHASE, ASKED),
	NAME(ACALL_PHASE, CANCELLING), NAME(ACALL_PHASE, DEQUEUED),
	NAME(ACALL_PHASE, COMPLETED), NAME(ACALL_PHASE, STOPPED),
	NAME(ACALL_PHASE, NEVER_STARTED), NAME(ACALL_PHASE, ABANDONED),
};

static const char * const event_names[ACALL_NR_EVENTS] = {
	NAME(ACALL_EVENT, PUBLISH), NAME(ACALL_EVENT, ENTER),
	NAME(ACALL_EVENT, START), NAME(ACALL_EVENT, CANCEL),
	NAME(ACALL_EVENT, ASK), NAME(ACALL_EVENT, FORCE),
	NAME(ACALL_EVENT, ABANDON), NAME(ACALL_EVENT, ACCEPT),
	NAME(ACALL_EVENT, REFUSE), NAME(ACALL_EVENT, EXPIRE),
	NAME(ACALL_EVENT, COMMIT), NAME(ACALL_EVENT, RETURN),
	NAME(ACALL_EVENT, STOP), NAME(ACALL_EVENT, REPLY),
	NAME(ACALL_EVENT, REPLY_STOP), NAME(ACALL_EVENT, SETTLE),
	NAME(ACALL_EVENT, CONSUME), NAME(ACALL_EVENT, DROP),
};

static const char * const verdict_names[ACALL_NR_VERDICTS] = {
	NAME(ACALL, IMPOSSIBLE), NAME(ACALL, MADE), NAME(ACALL, TOO_LATE),
	NAME(ACALL, ALREADY), NAME(ACALL, IGNORED), NAME(ACALL, FORBIDDEN),
	NAME(ACALL, UNSUPPORTED),
};

static atomic_long_t *count_of(u32 phase, u32 event, u32 verdict)
{
	return &counts[(phase * ACALL_NR_EVENTS + event) * ACALL_NR_VERDICTS +
		       verdict];
}

/* Flags that, once set, stay; and those that never change after NEW. */
#define KEPT	(ACALL_WORD_ENDED | ACALL_WORD_CONSUMED | \
		 ACALL_WORD_REPLIED | ACALL_WORD_COMMITTED)
#define FIXED	(ACALL_WORD_FIXED | ACALL_WORD_NO_CANCEL)

static bool lawful(u32 was, enum acall_event event, u32 now)
{
	bool done = acall_word_done(was);

	/* The outcome of a DONE call never changes. */
	if (done && acall_word_phase(was) != acall_word_phase(now))
		return false;
	if ((was & KEPT) & ~now || (was ^ now) & FIXED)
		return false;
	/* One end, one consumer, one last word. */
	if (was & now & ACALL_WORD_OVER && was == now)
		return false;
	/* Requests are monotone, unless a hook refuses. */
	if (acall_word_reason(was) && event != ACALL_EVENT_REFUSE &&
	    acall_word_reason(was) != acall_word_reason(now))
		return false;
	/* Committed before a cancel was visible, or not at all. */
	if ((now & ~was) & ACALL_WORD_COMMITTED && acall_word_reason(now))
		return false;
	/* Acall's own outcomes have a reason, and a call ends DONE. */
	if (acall_word_done(now) && !acall_word_reason(now) &&
	    acall_word_phase(now) != ACALL_PHASE_COMPLETED)
		return false;
	return !(now & ACALL_WORD_ENDED) || acall_word_done(now);
}

/**
 * acall_monitor - look at an event
 * @was: the call's word
 * @event: what happens
 * @verdict: what the table says
 * @now: the word that follows, if @verdict is ACALL_MADE
 */
void acall_monitor(u32 was, enum acall_event event, enum acall_verdict verdict,
		   u32 now)
{
	atomic_long_inc(count_of(acall_word_phase(was), event, verdict));
	WARN_ONCE(verdict == ACALL_MADE && !lawful(was, event, now),
		  "acall: unlawful: %s makes %#x of %#x\n",
		  event_names[event], now, was);
}

static int transitions_show(struct seq_file *m, void *unused)
{
	u32 p, e, v;

	for (p = 0; p < ACALL_NR_PHASES; p++)
		for (e = 0; e < ACALL_NR_EVENTS; e++)
			for (v = 0; v < ACALL_NR_VERDICTS; v++) {
				long n = atomic_long_read(count_of(p, e, v));

				if (n)
					seq_printf(m, "%s %s %s %ld\n",
						   phase_names[p],
						   event_names[e],
						   verdict_names[v], n);
			}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(transitions);

void acall_monitor_init(void)
{
	dir = debugfs_create_dir("acall", NULL);
	debugfs_create_file("transitions", 0400, dir, NULL, &transitions_fops);
}

void acall_monitor_exit(void)
{
	debugfs_remove_recursive(dir);
}
