/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One call object, two clients, several calls one after the other: what
 * module/object.c does with two compare-and-swaps and no lock. A call is only
 * begun, done (cancelled or not) and consumed here; what happens to one is call.pml's.
 *
 * Shown: of BEGINs that race one publishes (B7), of FINISHes one consumes (F5),
 * and who speaks of a call speaks of that one, whatever has become of the object
 * meanwhile (W5, X11): the sleeper is told of its own call, the canceller never
 * hits the next.
 *
 * TWIN is the one mistake of a broken twin: 1 = BEGIN stores instead of a
 * compare-and-swap, 2 = FINISH does, 3 = a sleeper looks at the object again,
 * 4 = a canceller does.
 */
#define CALLS		3	/* ids 1 to CALLS; 0 = none */
#define ROUNDS		2	/* BEGINs that each client tries */

hidden byte TWIN;

byte pending;			/* object->call */
byte next_id = 1;
byte begun, undone, finished;
bit published[CALLS + 2], done[CALLS + 2];
byte consumed[CALLS + 2];
byte clients = 2;

c_code {
	void settings(void)
	{
		const char *twin = getenv("TWIN");

		TWIN = twin ? atoi(twin) : 0;
	}
}

/* acall_object_begin(): the look comes first, the compare-and-swap decides. */
inline begin()
{
	if
	:: pending || next_id > CALLS
	:: else ->
		atomic { id = next_id; next_id++ };
		if
		:: id <= CALLS ->
			atomic {
				won = (pending == 0);
				pending = (won || TWIN == 1 -> id : pending);
				won = (TWIN == 1 -> 1 : won);
				published[id] = won
			};
			if
			:: won -> begun++
			:: else -> undone++
			fi
		:: else
		fi;
		won = 0;
		id = 0
	fi
}

/* acall_object_get_call() by id, acall_call_cancel(): X11. */
inline cancel()
{
	atomic { mine = pending; id = mine };
	if
	:: mine ->
		/* Time passes: it may be finished, and the next be begun. */
		atomic {
			mine = (TWIN == 4 && pending -> pending : mine);
			assert(published[mine] && mine == id);
			done[mine] = 1
		}
	:: else
	fi;
	mine = 0;
	id = 0
}

/* ioctl_finish(): W5, F5. */
inline finish()
{
	atomic { mine = pending; id = mine };
	if
	:: mine ->
		done[mine];
		mine = (TWIN == 3 -> pending : mine);
		/* Everything is copied to user memory here. */
		atomic {
			won = (pending == mine && mine);
			pending = (won && TWIN != 2 -> 0 : pending)
		};
		if
		:: won -> atomic {
			assert(mine == id);
			assert(done[mine]);
			consumed[mine]++;
			assert(consumed[mine] == 1);
			finished++;
			pending = (TWIN == 2 -> 0 : pending)
		   }
		:: else
		fi
	:: else
	fi;
	won = 0;
	mine = 0;
	id = 0
}

proctype client()
{
	byte id, mine, rounds;
	bit won;

	do
	:: rounds < ROUNDS -> rounds++;
		begin();
		if
		:: cancel()
		:: true
		fi;
		if
		:: finish()
		:: true
		fi
	:: rounds == ROUNDS -> break
	od;
	clients--
}

/* Ends every call, sooner or later, in any order with the rest. */
proctype provider(byte id)
{
	if
	:: published[id] -> done[id] = 1
	:: clients == 0
	fi
}

init {
	atomic {
		c_code { settings(); };
		run client();
		run client();
		run provider(1);
		run provider(2);
		run provider(3)
	};
	/* begins = finishes + closed unfinished + pending */
	_nr_pr == 1;
	assert(begun == finished + (pending != 0));
	assert(!pending || !consumed[pending])
}
