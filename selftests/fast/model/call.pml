/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One call and everybody who has a say in it: the client that begins it, a
 * second one on the same file, the timer, a runner, the provider, the workers
 * for hooks and releases, the last close, unregistration.
 *
 * What the module does under call->lock is one function of locked.h, and one
 * step here; between two steps anybody may come. The word moves only through
 * acall_state_next() of module/state.c itself, which the verifier is linked
 * with: model and module cannot drift apart.
 *
 * Time is any time: a timer that runs fires whenever it likes, but what it was
 * armed for is remembered. Every grace is finite. A provider that is sure to be
 * told may wait until it is; any other ends of itself at last.
 *
 * Settings, from the environment, 0 if they are not there: RUN, CUSTOM or
 * IN_BEGIN (the kind of method), HOOK (1 = .cancel, 2 = .cancel_sleepable),
 * DEADLINE, NO_CANCEL, UNREGISTER, CANCELLERS (clients that cancel, 0 to 2),
 * GRACELESS (the method's own grace is 0), COMMITS, FILES_OUT, SHORT (with IN_BEGIN
 * it is CALL that runs it). TWIN is the one mistake of a broken twin. See runs for
 * what is run.
 *
 * Where a party does something and then only drops its reference, both are one
 * step: nobody can do with the reference what he could not do without.
 */
#include "state.pml"

#define FIXED		((IN_BEGIN && !SHORT) || (CUSTOM && !HOOK))

#define PHASE		(word & WORD_PHASE)
#define CANCELLED	(word & WORD_REASON)
#define DONE		(PHASE >= PHASE_COMPLETED)
#define ENDED		(word & WORD_ENDED)

/* How a request is made: grace 0, or CANCEL's flags. */
#define GRACE_0		1
#define ABANDONS	2
#define ESCALATES	4

/* What the timer is armed for. */
#define STOPPED		0
#define TO_DEADLINE	1
#define TO_GRACE	2

/* What a canceller is told; NOTHING if it did not wait. */
#define TOLD_OK			0
#define TOLD_ALREADY		1
#define TOLD_LATE		2
#define TOLD_FORBIDDEN		3
#define TOLD_UNSUPPORTED	4
#define TOLD_REFUSED		5
#define TOLD_NOTHING		6

/* The twins. */
#define TWIN_NO_REARM	1	/* a refusal forgets the deadline */
#define TWIN_EARLY	2	/* the deadline runs on while a hook is asked */
#define TWIN_NOT_TOLD	3	/* a force meets a hook that is refusing */
#define TWIN_TWO_ASK	4	/* a hook is asked while it is being asked */
#define TWIN_RELEASE	5	/* .release does not wait for the hook */
#define TWIN_START	6	/* .release does not wait for .start */
#define TWIN_GONE	7	/* BEGIN does not look whether the provider goes */
#define TWIN_UNLOCKED	8	/* the timer looks, and acts a moment later */
#define TWIN_TIMER_REF	9	/* a timer runs without a reference */
#define TWIN_CLAIM	10	/* FINISH takes without a compare-and-swap */
#define TWIN_STALE	11	/* .run's end goes by what it saw before */
#define TWIN_NO_CHORE	12	/* nobody knows that a canceller settles */
#define TWIN_PIN	13	/* run in place, the pin goes before it is DONE */

/* Set before anything else runs, and constant from then on. */
hidden byte RUN, CUSTOM, IN_BEGIN, HOOK, DEADLINE, NO_CANCEL, UNREGISTER;
hidden byte CANCELLERS, GRACELESS, COMMITS, FILES_OUT, SHORT, TWIN;

/* These numbers are C's as well. */
c_decl {
\#include "numbers.h"
}

int word;
byte refs, fds = 2;
bit freed, object_call, published;
byte timer;
bit timer_queued, timer_rings, timer_held, deadline_over;
bit starting, asking, ask_due, asked, returned, may_refuse;
byte nr_asked, refused;
bit queued, settling, ask_queued, listed;
bit gone, running;
byte pins, chores;

/* What only the proof wants to know. */
byte done, consumed, executions, orphans, entered;
byte in_run, in_start, in_hook;
bit released;
bit told;			/* the hook, and it cannot refuse, or agrees */

/* Between the two sides of one step. */
hidden byte arg_reason, arg_flags, arg_my;
hidden byte arg_refuses, arg_due;
hidden byte out_ret, out_my;
hidden byte out_ask, out_settle, out_late, out_expire, out_dequeued, out_here;

c_code {
\#include "locked.h"
}

#define SOUND	assert(c_expr { !fault })

/* acall_call_ask() */
inline ask_hook()
{
	do
	:: d_step { c_code { ask_begin(); }; SOUND };
	   atomic {
		if
		:: arg_refuses = 0
		:: arg_refuses = 1
		fi;
		/* The hook took its time. */
		if
		:: DEADLINE -> deadline_over = 1
		:: true
		fi;
		c_code { ask_end(); };
		SOUND;
		if
		:: out_ask
		:: else -> break
		fi
	   }
	od
}

/* acall_call_settle() */
inline settle_call()
{
	d_step { c_code { release(); }; SOUND };
	d_step { c_code { end(ACALL_EVENT_SETTLE); }; SOUND }
}

/* acall_call_cancel(); ret and my are the caller's. */
inline cancel(_reason)
{
	atomic {
		arg_reason = _reason;
		arg_flags = flags;
		c_code { request(); };
		SOUND;
		ret = out_ret;
		my = out_my;
		ask = out_ask;
		have2 = out_dequeued
	};
	if
	:: have2 ->
		/* Who takes it off its queue meanwhile finds it cancelled. */
		atomic {
			arg_reason = _reason;
			c_code { dequeue(); };
			SOUND;
			have2 = out_here
		};
		if
		:: have2 ->
			settle_call();
			d_step {
				chores = (TWIN == TWIN_NO_CHORE -> chores : chores - 1);
				have2 = 0
			}
		:: else -> d_step {
			arg_flags = flags;
			c_code { run_grace(arg_flags); };
			SOUND
		   }
		fi
	:: else
	fi;
	if
	:: ask ->
		ask = 0;
		ask_hook();
		atomic {
			arg_flags = flags;
			arg_my = my;
			out_ret = ret;
			c_code { ask_atomic_end(); };
			SOUND;
			ret = out_ret
		}
	:: else
	fi
}

/* A canceller that does not care for the answer. */
inline cancel_by(_reason)
{
	if
	:: flags = (GRACELESS -> GRACE_0 : 0)
	:: _reason == REASON_DEADLINE -> flags = (GRACELESS -> 0 : GRACE_0)
	fi;
	cancel(_reason);
	atomic { ret = 0; my = 0; flags = 0 }
}

inline client_cancels()
{
	if
	:: flags = 0
	:: flags = GRACE_0
	:: flags = ABANDONS
	:: flags = ESCALATES | ABANDONS
	fi;
	cancel(reason);
	if
	:: ret == TOLD_OK || (IN_BEGIN && ret == TOLD_UNSUPPORTED) ->
		if
		:: ret = TOLD_NOTHING	/* NOWAIT, or interrupted */
		:: true -> atomic {
			DONE || (my && refused >= my);
			c_code { cancel_told(); };
			SOUND;
			ret = out_ret
		   }
		fi
	:: else
	fi;
	d_step {
		/* B6, X12: who may not, has not. */
		assert(!NO_CANCEL || reason != REASON_CLIENT || ret != TOLD_REFUSED);
		assert(IN_BEGIN && !SHORT ->
		       ret == TOLD_LATE || ret == TOLD_NOTHING : 1);
		ret = 0;
		my = 0;
		flags = 0
	}
}

/* ioctl_finish(): everything is copied; then one takes it. */
inline finish()
{
	if
	:: true ->
		atomic {
			DONE -> assert(!freed);
			ret = object_call;
			object_call = (TWIN == TWIN_CLAIM -> object_call : 0)
		};
		if
		:: ret -> d_step {
			object_call = 0;
			c_code { consume(); };
			SOUND;
			ret = 0
		   }
		:: else
		fi
	:: true		/* interrupted, or not at all */
	fi
}

/* What a client does to the call that it finds, if any. */
inline operate(_who)
{
	atomic {
		if
		:: object_call -> c_code { get(); }; have = 1
		:: else
		fi;
		SOUND
	};
	if
	:: have ->
		if
		:: CANCELLERS > _who -> client_cancels()
		:: true
		fi;
		finish();
		d_step { c_code { put(); }; SOUND; have = 0 }
	:: else
	fi
}

/* acall_object_destroy(), acall_call_drop() */
inline close()
{
	d_step {
		reason = 0;
		fds--;
		have = (fds == 0 && object_call);
		if
		:: have -> object_call = 0;
			c_code { step(ACALL_EVENT_DROP, ACALL_REASON_NONE); }
		:: else
		fi;
		SOUND
	};
	if
	:: have ->
		if
		:: NO_CANCEL
		:: else -> cancel_by(REASON_CLOSE)
		fi;
		d_step { c_code { put(); }; SOUND; have = 0 }
	:: else
	fi
}

/*
 * Ends of itself; or waits to be told, where somebody is sure to tell it: what
 * looks at the flag until its client is free, what has a hook until that was
 * asked. With stop it says that it was stopped.
 */
inline provider_works()
{
	if
	:: true
	:: DEADLINE + UNREGISTER == 0 && CANCELLED -> DONE || !CANCELLED
	:: !HOOK && (UNREGISTER || (DEADLINE && !FIXED)) && !IN_BEGIN -> DONE
	:: HOOK && (UNREGISTER || DEADLINE) -> told
	fi;
	if
	:: true
	:: COMMITS -> d_step {
		c_code { step(ACALL_EVENT_COMMIT, ACALL_REASON_NONE); };
		SOUND
	   }
	fi;
	if
	:: stop = 0
	:: stop = 1
	fi
}

/* acall_call_end() */
inline run_method()
{
	d_step { assert(!in_run && !released); in_run = 1 };
	provider_works();
	d_step {
		if
		:: stop -> c_code { run_returned(1); }
		:: else -> c_code { run_returned(0); }
		fi;
		SOUND
	};
	!asking;
	my = PHASE;
	d_step { c_code { release(); }; SOUND };
	d_step {
		word = (TWIN == TWIN_STALE -> word - PHASE + my : word);
		my = 0
	};
	if
	:: d_step {
		if
		:: stop -> c_code { end(ACALL_EVENT_STOP); }
		:: else -> c_code { end(ACALL_EVENT_RETURN); }
		fi;
		SOUND
	   }
	/* Two steps, since the outcome says what becomes of them. */
	:: FILES_OUT -> d_step {
		if
		:: stop -> c_code { step(ACALL_EVENT_REPLY_STOP,
					 ACALL_REASON_NONE); }
		:: else -> c_code { step(ACALL_EVENT_REPLY, ACALL_REASON_NONE); }
		fi;
		SOUND
	   };
	   d_step { c_code { end(ACALL_EVENT_SETTLE); }; SOUND }
	fi;
	stop = 0
}

/* acall_call_enter_start() */
inline enter_start()
{
	atomic {
		c_code { start(); };
		have = out_ask;
		if
		:: have -> starting = 1
		:: else -> c_code { runner_settle(); }
		fi;
		SOUND
	};
	if
	:: have ->
		d_step { assert(!released); in_start = 1; have = 0 };
		atomic {
			c_code { start_end(); };
			SOUND;
			ask = out_ask
		};
		if
		:: ask -> ask = 0; ask_hook()
		:: else
		fi
	:: else
	fi
}

/* begin_deadline(), acall_runner_enqueue() */
inline begin()
{
	if
	:: DEADLINE -> deadline_over = 1; cancel_by(REASON_DEADLINE)
	:: DEADLINE -> d_step {
		if
		:: PHASE == PHASE_QUEUED -> c_code { timer_set(TO_DEADLINE); }
		:: else
		fi;
		SOUND
	   }
	:: !DEADLINE
	fi;
	atomic {
		listed = 1;
		if
		:: PHASE == PHASE_QUEUED ->
			queued = RUN;
			custom = CUSTOM;
			have = (gone && TWIN != TWIN_GONE);
			if
			:: have -> c_code { get(); }
			:: else
			fi
		:: else -> c_code { runner_settle(); }
		fi;
		SOUND
	};
	if
	:: have -> have = 0; cancel_by(REASON_PROVIDER);
		d_step { c_code { put(); }; SOUND }
	:: else
	fi;
	if
	:: custom -> custom = 0; enter_start()
	:: else
	fi
}

#define LOCALS	byte ret, my, flags, reason; bit ask, have, have2, stop, custom

/* The client that begins; that it is the only one is object.pml's. */
proctype first()
{
	LOCALS;

	atomic {
		if
		:: gone
		:: else ->
			pins = 1;
			have = 1
		fi
	};
	if
	:: have ->
		atomic {
			have = 0;
			word = (FIXED -> WORD_FIXED : 0) |
			       (NO_CANCEL -> WORD_NO_CANCEL : 0);
			refs = 2;
			executions = 1;
			if
			:: IN_BEGIN -> c_code { step(ACALL_EVENT_ENTER,
						   ACALL_REASON_NONE); }
			:: else -> c_code { step(ACALL_EVENT_PUBLISH,
						 ACALL_REASON_NONE); }
			fi;
			SOUND;
			object_call = 1;
			published = 1
		};
		if
		/* With its pin still, so that unregistration waits for it. */
		:: IN_BEGIN -> run_method(); assert(DONE);
			pins = (TWIN == TWIN_PIN -> pins : pins - 1)
		:: else -> begin()
		fi;
		reason = REASON_CLIENT;
		operate(1)
	:: else
	fi;
	close()
}

/* Another thread or process; with CANCEL_ID it may be the administrator. */
proctype second()
{
	LOCALS;

	if
	:: reason = REASON_CLIENT
	:: NO_CANCEL -> reason = REASON_ADMIN
	fi;
	operate(0);
	close()
}

#define NEVER_BEGUN	(!published && fds == 0)

proctype runner()
{
	LOCALS;

	if
	:: d_step { queued -> queued = 0; running = 1 };
		atomic {
			c_code { start(); };
			have = out_ask;
			SOUND
		};
		if
		:: have -> have = 0; run_method()
		:: else -> settle_call()
		fi;
		running = 0
	:: NEVER_BEGUN
	:: ENDED
	fi
}

/* Whoever completes a custom method: an interrupt, a timer, a thread. */
proctype completer()
{
	LOCALS;

	if
	:: entered ->
		provider_works();
		d_step {
			if
			:: stop -> c_code { complete(1); }
			:: else -> c_code { complete(0); }
			fi;
			SOUND
		}
	:: NEVER_BEGUN
	:: ENDED
	fi
}

proctype settle_work()
{
	if
	:: d_step { settling -> settling = 0 };
		settle_call();
		chores--
	:: NEVER_BEGUN
	:: ENDED
	fi
}

proctype ask_work()
{
	do
	:: d_step { ask_queued -> ask_queued = 0 };
		ask_hook();
		chores--
	:: NEVER_BEGUN -> break
	:: ENDED -> break
	od
}

/* call_timer() */
proctype clock()
{
	LOCALS;

	do
	:: d_step {
		timer_queued -> timer_queued = 0;
		timer_rings = 1;
		deadline_over = (timer == TO_DEADLINE -> 1 : deadline_over)
	   };
	   atomic {
		if
		:: arg_due = 0
		:: arg_due = 1
		fi;
		c_code { timer_expired(); };
		SOUND;
		ask = out_expire;
		have = out_late
	   };
	   if
	   :: ask -> d_step {
		c_code { step(ACALL_EVENT_EXPIRE, ACALL_REASON_NONE); };
		SOUND;
		ask = 0
	      }
	   :: have -> have = 0; cancel_by(REASON_DEADLINE)
	   :: else
	   fi;
	   d_step { c_code { timer_end(); }; SOUND };
	   timer_rings = 0
	:: NEVER_BEGUN -> break
	:: ENDED && !timer_queued -> break
	od
}

/* acall_unregister_interface() */
proctype unregister()
{
	LOCALS;

	gone = 1;
	atomic {
		if
		:: listed -> c_code { get(); }; have = 1
		:: else
		fi;
		SOUND
	};
	if
	:: have -> cancel_by(REASON_PROVIDER);
		d_step { c_code { put(); }; SOUND; have = 0 }
	:: else
	fi;
	d_step {
		pins == 0 && chores == 0 && !running ->
		/* P8: no execution is left, every client has been told. */
		assert(published -> DONE && executions == 0 : 1)
	}
}

init {
	atomic {
		c_code { settings(); };
		run first();
		run second();
		run settle_work();
		if
		:: RUN -> run runner()
		:: CUSTOM -> run completer()
		:: IN_BEGIN
		fi;
		if
		:: HOOK == 2 -> run ask_work()
		:: else
		fi;
		if
		:: IN_BEGIN
		:: else -> run clock()
		fi;
		if
		:: UNREGISTER -> run unregister()
		:: else
		fi
	};
	/* Everybody gets here: no call, no client, no execution is stuck. */
	d_step { _nr_pr == 1; c_code { check_end(); }; SOUND }
}
