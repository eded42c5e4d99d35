/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the races share: two sides that meet, one in this thread and one in
 * another, with random delays on both; the books of who came first; and delay
 * points of debug modules, if there are any.
 *
 * How much later one side sets out follows from who was first: whoever won comes
 * later next time, by steps that become smaller as long as both win in turn. So
 * both orders come up on every machine. Each must have been seen ORDERS times by
 * what the calls themselves say, or the test has not raced and fails.
 */
#ifndef _SELFTESTS_RACE_UTIL_H
#define _SELFTESTS_RACE_UTIL_H

#include "stress/stress_util.h"
#include "provider/prov_util.h"
#include "acall_delays.h"

#define ORDERS		100

#define STEP_MIN	200ULL
#define STEP_MAX	(2 * MSEC)
#define SHIFT_MAX	((__s64)(100 * MSEC))

/* Rounds, as a multiple of what was asked for, after which it is no race. */
#define GIVE_UP		20

enum order { LEFT_FIRST, RIGHT_FIRST, UNDECIDED };

struct race {
	void (*left)(void *arg);	/* in this thread */
	void (*right)(void *arg);	/* in the other */
	void *arg;
	const char *points;		/* "NAME MAX_USEC" to be set as well */

	unsigned int rounds;
	unsigned int seen[3];
	enum order last;
	__s64 shift;			/* by which left is later, ns */
	__u64 step;
	struct dice dice[2];

	unsigned int called;		/* rounds that the other is to come to */
	unsigned int come;
	unsigned int ended;
	__u64 start;
	bool stop;
	pthread_t thread;
};

/* Short, and lets others have the processor if there are not enough of them. */
static inline void race_meet(unsigned int *counter, unsigned int value)
{
	unsigned int n = 0;

	while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) != value) {
		cpu_relax();
		if (++n > 200)
			sched_yield();
	}
}

static inline void race_delay(struct race *r, int side)
{
	__s64 shift = side ? -r->shift : r->shift;
	__u64 until = r->start + (shift > 0 ? shift : 0) +
		      roll(&r->dice[side], r->step + 1);

	/* Where both share a processor, the other has a delay of its own. */
	while (now_ns() < until) {
		cpu_relax();
		sched_yield();
	}
}

static inline void *race_other(void *arg)
{
	struct race *r = arg;
	unsigned int n;

	for (n = 1; ; n++) {
		race_meet(&r->called, n);
		if (r->stop)
			return NULL;
		__atomic_store_n(&r->come, n, __ATOMIC_RELEASE);
		race_delay(r, 1);
		r->right(r->arg);
		__atomic_store_n(&r->ended, n, __ATOMIC_RELEASE);
	}
}

/* Now and then everywhere, so that what is rare is not always the same. */
static inline int delays_set(const char *points)
{
	int ret = delays_add("all 100 100");

	return ret ?: points ? delays_add(points) : 0;
}

static inline int race_start(struct race *r)
{
	static unsigned int seed;

	r->step = 2000;
	r->last = UNDECIDED;
	r->dice[0].state = ++seed;
	r->dice[1].state = ++seed;
	CHECK(!delays_set(r->points));
	CHECK(!r->right || !pthread_create(&r->thread, NULL, race_other, r));
	return 0;
}

/* Another round: enough of them, and then until each order was seen enough. */
static inline bool race_more(struct race *r)
{
	bool enough = r->seen[LEFT_FIRST] >= ORDERS &&
		      r->seen[RIGHT_FIRST] >= ORDERS;

	return r->rounds < rounds() ||
	       (!enough && r->rounds < rounds() * GIVE_UP);
}

static inline void race_round(struct race *r)
{
	unsigned int n = ++r->rounds;

	/* Long enough for the other to be back from its rest, usually. */
	r->start = now_ns() + 2000;
	if (r->right) {
		__atomic_store_n(&r->called, n, __ATOMIC_RELEASE);
		race_meet(&r->come, n);
	}
	race_delay(r, 0);
	r->left(r->arg);
	if (r->right)
		race_meet(&r->ended, n);
}

/* Who was first comes later next time. */
static inline void race_adapt(struct race *r, enum order first)
{
	if (first != r->last)
		r->step = r->step / 2 + STEP_MIN;
	else if (r->step < STEP_MAX)
		r->step += r->step / 2;
	r->last = first;
	r->shift += first == LEFT_FIRST ? (__s64)r->step : -(__s64)r->step;
	if (r->shift > SHIFT_MAX)
		r->shift = SHIFT_MAX;
	if (r->shift < -SHIFT_MAX)
		r->shift = -SHIFT_MAX;
}

static inline void race_saw(struct race *r, enum order first)
{
	r->seen[first]++;
	if (first != UNDECIDED)
		race_adapt(r, first);
}

/* Return: 0 if it was a race. */
static inline int race_end(struct race *r, const char *left, const char *right)
{
	if (r->right) {
		r->stop = true;
		__atomic_store_n(&r->called, r->rounds + 1, __ATOMIC_RELEASE);
		pthread_join(r->thread, NULL);
	}
	CHECK(!delays_reset());
	note("%u rounds: %s first %u times, %s first %u times, neither %u\n",
	     r->rounds, left, r->seen[LEFT_FIRST], right,
	     r->seen[RIGHT_FIRST], r->seen[UNDECIDED]);
	if (r->seen[LEFT_FIRST] >= ORDERS && r->seen[RIGHT_FIRST] >= ORDERS)
		return 0;
	note("did not race: each must be first %u times\n", ORDERS);
	return 1;
}

/*
 * The invariants, when a round is over and its call consumed or its object
 * closed: no call and no execution is left, and @objects objects.
 */
static inline int nothing_lost(int ctl, const struct acall_test_control *before,
			       int objects)
{
	CHECK(!wait_counter("objects", objects));
	CHECK(!wait_counter("executions", 0));
	CHECK(!wait_counter("calls", 0));
	CHECK(!wait_counter("orphans", 0));
	CHECK(!wait_provider_idle(ctl, before->prepared, before->released));
	CHECK(!wait_files(ctl, 0));
	return 0;
}

/* The one outcome, and a status that fits: [X6], and the rule of `status`. */
static inline int one_outcome(const struct acall_finish *f, int status)
{
	switch (f->outcome) {
	case ACALL_OUTCOME_COMPLETED:
		CHECK(!f->status);
		break;
	case ACALL_OUTCOME_STOPPED:
	case ACALL_OUTCOME_NEVER_STARTED:
	case ACALL_OUTCOME_ABANDONED:
		CHECK(f->status == status);
		CHECK(!f->out_len && !f->nr_files);
		CHECK(f->cancel_ns >= f->begin_ns && f->cancel_ns <= f->end_ns);
		break;
	default:
		CHECK(!"an outcome");
	}
	CHECK((f->outcome == ACALL_OUTCOME_NEVER_STARTED) == !f->start_ns);
	return 0;
}

#endif /* _SELFTESTS_RACE_UTIL_H */
