/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The delay points, in the order in which a call comes by. Included more than
 * once, each time with another meaning of
 *
 * SPINS: may be reached with interrupts off, in a timer or under RCU;
 * SLEEPS: only by tasks that hold no lock.
 */
SLEEPS(CREATE_PINNED)			/* unregistration waits for .open */
SLEEPS(BEGIN_PINNED)			/* and for .prepare */
SLEEPS(BEGIN_QUEUED)			/* QUEUED, its object not taken yet */
SLEEPS(BEGIN_PUBLISHED)			/* in its object, not in the table */
SLEEPS(BEGIN_LISTED)			/* in the table, without its deadline */
SLEEPS(BEGIN_ENQUEUE)			/* with it, on no queue */
SLEEPS(BEGIN_GONE)			/* no sweep knows of it */
SLEEPS(ENTER_PINNED)			/* nothing claimed, to run it here */
SLEEPS(ENTER_CLAIMED)			/* slots claimed, in no lane */
SLEEPS(DRAIN)				/* out of their lane, none entered */
SLEEPS(DRAINED)				/* those have returned who are told next */
SLEEPS(SLOT_CANCEL)			/* out of its lane, nobody is told */
SPINS(GET_CALL)				/* pointer read, no reference taken */
SLEEPS(START)				/* off its queue, not RUNNING */
SLEEPS(START_ENTER)			/* RUNNING, provider not entered */
SLEEPS(START_RETURNED)			/* .start is out, and still says not */
SLEEPS(START_HAND)			/* it says so; settle or hook is due */
SLEEPS(KILLABLE_BEGIN)			/* ready for the signal, not published */
SLEEPS(KILLABLE_END)			/* taken back, the signal not flushed */
SPINS(COMMIT)				/* before COMMIT */
SPINS(COMPLETE)				/* before REPLY */
SPINS(TELL)				/* DONE, its queue not told; locked */
SPINS(COMPLETE_HAND)			/* DONE, not handed on to settle */
SLEEPS(RETURN)				/* .run is out, and still says not */
SLEEPS(RETURN_HOOK)			/* it says so; a hook may be queued */
SLEEPS(RETURN_RELEASED)			/* all released, before RETURN, REPLY */
SLEEPS(RETURN_FILES)			/* DONE, result files not looked at */
SLEEPS(SETTLE_TAKEN)			/* off the settle work's list */
SLEEPS(SETTLE)				/* all released, before SETTLE */
SLEEPS(ENDED)				/* ended, with its last reference */
SPINS(UNPIN)				/* ended, still pinned */
SPINS(CANCEL)				/* before CANCEL, ASK, FORCE, ABANDON */
SPINS(CANCEL_DEQUEUE)			/* DEQUEUED, on its queue still */
SPINS(CANCEL_ASK)			/* ASKED, hook neither entered nor queued */
SLEEPS(CANCEL_WAIT)			/* requested, not asleep yet */
SLEEPS(ASK_TAKEN)			/* off the ask work's list */
SPINS(HOOK)				/* before the hook */
SPINS(HOOK_ANSWER)			/* it is out, before ACCEPT, REFUSE */
SPINS(HOOK_HAND)			/* answered; settle is due */
SPINS(HOOK_GRACE)			/* answered, grace not running yet */
SPINS(UNASK)				/* not to be entered, and still ASKED */
SPINS(TIMER)				/* rings, before the lock */
SPINS(TIMER_DEADLINE)			/* before the deadline's request */
SPINS(TIMER_END)			/* about to let go of its call */
SLEEPS(WAIT)				/* not done, not asleep yet */
SLEEPS(FINISH_COPY)			/* looked at, not copied */
SLEEPS(FINISH)				/* copied, not consumed */
SLEEPS(FINISH_CONSUME)			/* out of its object, before CONSUME */
SLEEPS(FINISH_TAKEN)			/* consumed; wake-up and files are due */
SLEEPS(CLOSE)				/* last close, before DROP */
SLEEPS(CLOSE_CANCEL)			/* out of its object, not cancelled */
SLEEPS(SESSION_CLOSE)			/* off its list, before .close */
SLEEPS(UNREGISTER_SWEEP)		/* gone, nothing cancelled yet */
SLEEPS(SWEEP_CALL)			/* the sweep has one in its hands */
SLEEPS(UNREGISTER_IDLE)			/* no pin left, sessions not swept */

#undef SPINS
#undef SLEEPS
