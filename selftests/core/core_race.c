// SPDX-License-Identifier: GPL-2.0-only
/*
 * Races. Each one first in both orders by force: a gate holds one side until
 * the other has done its part, many times, and the outcomes are counted. Then
 * truly at once: two threads, with a delay between them that follows the
 * outcome, until each was seen often enough. Whoever wins, the answer of CANCEL
 * predicts FINISH [X6] and a call has one outcome.
 */
#include "acall_util.h"

#define FORCED		500	/* rounds of each order */
#define ENOUGH		100	/* of each outcome, unforced */
#define ROUNDS_MAX	200000

/* What CANCEL said and what FINISH says must be the same story. */
static int same_story(int ret, const struct acall_cancel *c,
		      const struct acall_finish *f)
{
	CHECK(ret == 0 || ret == -ESRCH);
	CHECK(c->state == ACALL_STATE_DONE);
	CHECK(c->call_id == f->call_id);
	CHECK(c->outcome == f->outcome);
	if (ret) {
		CHECK(f->outcome == ACALL_OUTCOME_COMPLETED);
		CHECK(f->status == 0);
		return 0;
	}
	CHECK(f->outcome != ACALL_OUTCOME_COMPLETED);
	CHECK(f->status == -ECANCELED);
	CHECK(f->cancel_ns >= f->begin_ns && f->cancel_ns <= f->end_ns);
	if (f->outcome == ACALL_OUTCOME_NEVER_STARTED)
		CHECK(f->start_ns == 0);
	else
		CHECK(f->start_ns >= f->begin_ns);
	return 0;
}

TEST_F(acall, X6_cancel_before_complete_forced)
{
	struct acall_cancel c;
	struct acall_finish f;
	int i, stopped = 0;

	for (i = 0; i < FORCED; i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_PROGRESS, id,
					   2, 1, NULL));
		ASSERT_EQ(0, wait_progress(self->fd, 1));
		/* It is at its gate: the cancel comes first. */
		ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0,
					FOREVER, &c));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		ASSERT_EQ(-ECANCELED, f.status);
		stopped += f.outcome == ACALL_OUTCOME_STOPPED;
		ASSERT_EQ(0, forget(self->ctl, id));
	}
	EXPECT_EQ(FORCED, stopped);
}

TEST_F(acall, X6_complete_before_cancel_forced)
{
	struct acall_cancel c;
	struct acall_finish f;
	int i, completed = 0;

	for (i = 0; i < FORCED; i++) {
		ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0,
				       NULL));
		ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
		ASSERT_EQ(-ESRCH, sys_cancel(self->fd, i & 1 ?
					     ACALL_CANCEL_ABANDON : 0, 0, 0,
					     &c));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		ASSERT_EQ(0, same_story(-ESRCH, &c, &f));
		ASSERT_EQ(0, f.cancel_ns);
		completed++;
	}
	EXPECT_EQ(FORCED, completed);
}

TEST_F(acall, X3_cancel_before_start_forced)
{
	int busy = sys_create(self->dev, ACALL_TEST_NARROW);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	struct acall_cancel c;
	struct acall_finish f;
	__u64 id = fresh_id();
	int i, never = 0;

	ASSERT_EQ(0, one_call(busy, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	for (i = 0; i < FORCED; i++) {
		ASSERT_EQ(0, sys_begin_arg(fd, ACALL_TEST_COOP, id, 0, 0,
					   NULL));
		ASSERT_EQ(0, sys_cancel(fd, 0, 0, FOREVER, &c));
		ASSERT_EQ(0, sys_finish(fd, 0, &f));
		ASSERT_EQ(0, same_story(0, &c, &f));
		never += f.outcome == ACALL_OUTCOME_NEVER_STARTED;
	}
	EXPECT_EQ(FORCED, never);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish(busy, 0, &f));
	EXPECT_EQ(0, ctl_get(self->ctl, id).starts);
}

TEST_F(acall, X5_start_before_cancel_forced)
{
	struct acall_cancel c;
	struct acall_finish f;
	int i, stopped = 0;

	for (i = 0; i < FORCED; i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, one_call(self->fd, self->ctl, i & 1 ?
				      ACALL_TEST_KILLABLE : ACALL_TEST_COOP,
				      id, NULL));
		ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		ASSERT_EQ(0, same_story(0, &c, &f));
		stopped += f.outcome == ACALL_OUTCOME_STOPPED;
		ASSERT_EQ(0, forget(self->ctl, id));
	}
	EXPECT_EQ(FORCED, stopped);
}

TEST_F(acall, X4_abandon_before_complete_forced)
{
	struct acall_cancel c;
	struct acall_finish f;
	int i, abandoned = 0;

	for (i = 0; i < FORCED; i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, id,
				      NULL));
		ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_ABANDON, 0, 0,
					&c));
		/* The end comes before FINISH, and is too late. */
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, wait_counter("executions", 0));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		ASSERT_EQ(0, same_story(0, &c, &f));
		abandoned += f.outcome == ACALL_OUTCOME_ABANDONED;
		ASSERT_EQ(0, forget(self->ctl, id));
	}
	EXPECT_EQ(FORCED, abandoned);
}

TEST_F(acall, X5_the_end_of_the_grace_and_completion_forced)
{
	struct acall_cancel c;
	struct acall_finish f;
	int i;

	/* In time, with a grace that is never over; and too late, with 1 ns. */
	for (i = 0; i < FORCED; i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, id,
				      NULL));
		ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0,
					i & 1 ? 1 : FOREVER, &c));
		if (i & 1)
			ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		ASSERT_EQ(i & 1 ? ACALL_OUTCOME_ABANDONED :
			  ACALL_OUTCOME_COMPLETED, f.outcome);
		ASSERT_EQ(0, forget(self->ctl, id));
	}
}

/*
 * One canceller beside one method, unforced. When it cancels follows the
 * outcome: too late, so sooner next time; too early, so later. Sooner and later
 * are steps of the method's progress, which it watches, so that a machine that
 * stops one of both for a while does not decide; where there is no progress yet,
 * before the start, they are time.
 */
#define STEPS	2000

struct duel {
	bool watch;		/* progress, not time */
	__u32 flags;
	__u64 grace_ns;
	__u32 early;		/* outcome of a cancel that came first */
	__u32 late;		/* and of one that came second */
};

static int watch(int fd, __u64 progress)
{
	struct acall_query q;

	do {
		cpu_relax();
		CHECK(!sys_query(fd, 0, &q));
	} while (q.progress < progress && q.state != ACALL_STATE_DONE);
	return 0;
}

static int fight(int fd, const struct duel *d, unsigned int *early,
		 unsigned int *late)
{
	__u64 when = STEPS, step = STEPS / 2;
	struct acall_cancel c;
	struct acall_finish f;
	int ret, round;

	for (round = 0; round < ROUNDS_MAX; round++) {
		CHECK(!sys_begin_arg(fd, ACALL_TEST_PROGRESS, 0, STEPS, 0,
				     NULL));
		if (d->watch)
			CHECK(!watch(fd, when));
		else
			spin(when);
		ret = sys_cancel(fd, d->flags, 0, d->grace_ns, &c);
		CHECK(!sys_finish(fd, 0, &f));
		CHECK(!same_story(ret, &c, &f));
		if (f.outcome == d->early)
			(*early)++;
		if (f.outcome == d->late)
			(*late)++;
		if (*early >= ENOUGH && *late >= ENOUGH)
			return 0;
		if (f.outcome == d->late ||
		    f.outcome == ACALL_OUTCOME_COMPLETED)
			when = when > step ? when - step : 0;
		else if (!d->watch || when + step < STEPS)
			when += step;
		/* Closer and closer, then anew: machines have their moods. */
		step = step > 4 ? step - step / 4 : STEPS / 2;
	}
	fprintf(stderr, "# %u early, %u late in %d rounds\n", *early, *late,
		round);
	return 1;
}

TEST_F(acall, X6_cancel_and_complete_at_once)
{
	static const struct duel d = {
		.watch = true, .grace_ns = FOREVER,
		.early = ACALL_OUTCOME_STOPPED,
		.late = ACALL_OUTCOME_COMPLETED,
	};
	unsigned int early = 0, late = 0;

	EXPECT_EQ(0, fight(self->fd, &d, &early, &late));
	EXPECT_LE(ENOUGH, early);
	EXPECT_LE(ENOUGH, late);
}

TEST_F(acall, X6_abandon_and_complete_at_once)
{
	static const struct duel d = {
		.watch = true, .flags = ACALL_CANCEL_ABANDON,
		.early = ACALL_OUTCOME_ABANDONED,
		.late = ACALL_OUTCOME_COMPLETED,
	};
	unsigned int early = 0, late = 0;

	EXPECT_EQ(0, fight(self->fd, &d, &early, &late));
	EXPECT_LE(ENOUGH, early);
	EXPECT_LE(ENOUGH, late);
}

TEST_F(acall, X6_cancel_and_start_at_once)
{
	static const struct duel d = {
		.grace_ns = FOREVER, .early = ACALL_OUTCOME_NEVER_STARTED,
		.late = ACALL_OUTCOME_STOPPED,
	};
	unsigned int never = 0, stopped = 0;

	EXPECT_EQ(0, fight(self->fd, &d, &never, &stopped));
	EXPECT_LE(ENOUGH, never);
	EXPECT_LE(ENOUGH, stopped);
}

/* Two cancellers at once: one answers for all, the other says EALREADY. */
struct second_canceller {
	pthread_barrier_t barrier;
	int fd;
	int rounds;
	int ret;
	struct acall_cancel c;
};

static void *cancel_along(void *arg)
{
	struct second_canceller *s = arg;
	int i;

	for (i = 0; i < s->rounds; i++) {
		pthread_barrier_wait(&s->barrier);
		s->ret = sys_cancel(s->fd, 0, 0, FOREVER, &s->c);
		pthread_barrier_wait(&s->barrier);
		pthread_barrier_wait(&s->barrier);
	}
	return NULL;
}

TEST_F(acall, X7_two_cancellers_at_once_one_request)
{
	enum { ROUNDS = 200 };
	struct second_canceller s = { .fd = self->fd, .rounds = ROUNDS };
	struct acall_cancel c;
	struct acall_finish f;
	pthread_t thread;
	int i, ret;

	ASSERT_EQ(0, pthread_barrier_init(&s.barrier, NULL, 2));
	ASSERT_EQ(0, pthread_create(&thread, NULL, cancel_along, &s));
	for (i = 0; i < ROUNDS; i++) {
		__u64 id = fresh_id();

		EXPECT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, id,
				      NULL));
		pthread_barrier_wait(&s.barrier);
		ret = sys_cancel(self->fd, 0, 0, FOREVER, &c);
		pthread_barrier_wait(&s.barrier);
		EXPECT_TRUE((ret == 0 && s.ret == -EALREADY) ||
			    (ret == -EALREADY && s.ret == 0));
		EXPECT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(0, same_story(0, ret ? &s.c : &c, &f));
		EXPECT_EQ(0, forget(self->ctl, id));
		pthread_barrier_wait(&s.barrier);
	}
	pthread_join(thread, NULL);
}

/*
 * One thread begins and finishes, another cancels by the id it has last seen:
 * whatever it hits is that call, and every call that nobody cancelled ends by
 * itself [X11].
 */
struct sniper {
	int fd;
	int stop;
	__u64 target;		/* 0 = none yet */
	unsigned int hits;
	int wrong;
};

static void *snipe(void *arg)
{
	struct sniper *s = arg;
	struct acall_cancel c;
	__u64 id;
	int ret;

	while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE)) {
		id = __atomic_load_n(&s->target, __ATOMIC_ACQUIRE);
		if (!id) {
			cpu_relax();
			continue;
		}
		ret = sys_cancel(s->fd, 0, id, FOREVER, &c);
		if (!ret) {
			s->hits++;
			if (c.call_id != id)
				s->wrong++;
		} else if (ret != -ESRCH && ret != -EALREADY) {
			s->wrong++;
		} else if (c.call_id && c.call_id != id) {
			s->wrong++;
		}
		give_way();
	}
	return NULL;
}

TEST_F(acall, X11_a_cancel_by_id_hits_that_call_or_none)
{
	struct sniper s = { .fd = self->fd };
	unsigned int round, cancelled = 0, completed = 0;
	struct acall_test_arg arg = { .value = 300 * 1000 };
	struct acall_finish f;
	pthread_t thread;
	__u64 id;

	ASSERT_EQ(0, pthread_create(&thread, NULL, snipe, &s));
	for (round = 0; round < ROUNDS_MAX; round++) {
		EXPECT_EQ(0, sys_begin(self->fd, ACALL_TEST_SPIN, &arg,
				       sizeof(arg), &id));
		/* Every second call is nobody's target, or a stale one's. */
		if (round & 1)
			__atomic_store_n(&s.target, id, __ATOMIC_RELEASE);
		EXPECT_EQ(0, sys_finish(self->fd, 0, &f));
		if (f.status == -ECANCELED) {
			cancelled++;
			EXPECT_EQ(1, round & 1);
		} else {
			completed++;
			EXPECT_EQ(0, f.status);
		}
		if (cancelled >= ENOUGH && completed >= ENOUGH)
			break;
	}
	__atomic_store_n(&s.stop, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, s.wrong);
	EXPECT_EQ(cancelled, s.hits);
	EXPECT_LE(ENOUGH, cancelled);
	EXPECT_LE(ENOUGH, completed);
}

/*
 * Everything at once on one object, for a while; then the books are balanced:
 * begins = finishes, and each call was finished once.
 */
enum { CROWD = 4, CROWD_CALLS = 1000 };

struct crowd {
	int fd;
	int stop;
	unsigned int begins;
	unsigned int finishes;
	unsigned int cancels;
	int wrong;
};

static bool one_of(int ret, int a, int b, int c)
{
	return ret == 0 || ret == a || ret == b || ret == c;
}

static void *crowd_begin(void *arg)
{
	struct crowd *w = arg;
	struct acall_test_arg a = { .value = 1000 };
	int ret;

	/* One of them has been met by a cancel, in whatever time that takes. */
	while (w->begins < CROWD_CALLS ||
	       !__atomic_load_n(&w->cancels, __ATOMIC_RELAXED)) {
		ret = sys_begin(w->fd, ACALL_TEST_SPIN, &a, sizeof(a), NULL);
		if (!ret)
			w->begins++;
		else if (ret != -EBUSY)
			w->wrong++;
		else
			give_way();
		a.value = (a.value * 7 + 13) % 50000;
	}
	__atomic_store_n(&w->stop, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void *crowd_finish(void *arg)
{
	struct crowd *w = arg;
	struct acall_finish f;
	int ret;

	while (!__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE)) {
		ret = sys_finish(w->fd, 0, &f);
		if (!ret) {
			__atomic_add_fetch(&w->finishes, 1, __ATOMIC_RELAXED);
			if (f.status != (f.outcome == ACALL_OUTCOME_COMPLETED ?
					 0 : -ECANCELED))
				w->wrong++;
		} else if (ret != -ESRCH) {
			w->wrong++;
		} else {
			give_way();
		}
	}
	return NULL;
}

static void *crowd_cancel(void *arg)
{
	struct crowd *w = arg;
	struct acall_cancel c;
	struct acall_query q;
	int ret, i = 0;

	while (!__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE)) {
		ret = sys_cancel(w->fd, i++ & 1 ? ACALL_CANCEL_ABANDON :
				 ACALL_CANCEL_NOWAIT, 0, 0, &c);
		if (!one_of(ret, -ESRCH, -EALREADY, 0))
			w->wrong++;
		if (!ret)
			__atomic_add_fetch(&w->cancels, 1, __ATOMIC_RELAXED);
		if (!one_of(sys_query(w->fd, 0, &q), 0, 0, 0))
			w->wrong++;
		if (!one_of(sys_wait_until(w->fd, q.call_id, 0), -ESRCH,
			    -ETIMEDOUT, 0))
			w->wrong++;
		give_way();
	}
	return NULL;
}

TEST_F(acall, everything_at_once_and_the_books_balance)
{
	struct crowd w = { .fd = self->fd };
	pthread_t t[CROWD];
	struct acall_finish f;
	int i;

	ASSERT_EQ(0, pthread_create(&t[0], NULL, crowd_begin, &w));
	ASSERT_EQ(0, pthread_create(&t[1], NULL, crowd_finish, &w));
	ASSERT_EQ(0, pthread_create(&t[2], NULL, crowd_finish, &w));
	ASSERT_EQ(0, pthread_create(&t[3], NULL, crowd_cancel, &w));
	for (i = 0; i < CROWD; i++)
		pthread_join(t[i], NULL);
	EXPECT_EQ(0, w.wrong);
	if (!sys_finish(self->fd, 0, &f))
		w.finishes++;
	EXPECT_LE(CROWD_CALLS, w.begins);
	EXPECT_EQ(w.begins, w.finishes);
	EXPECT_LT(0, w.cancels);
	EXPECT_EQ(0, wait_counter("executions", 0));
	EXPECT_EQ(0, wait_counter("calls", 0));
}

/* A wait that ends by its time, beside the completion. */
TEST_F(acall, W1_time_out_and_complete_at_once)
{
	struct acall_test_arg arg = { .value = 100 * 1000 };
	unsigned int ready = 0, timed_out = 0, round;
	__u64 until, delay = 100 * 1000;
	struct acall_finish f;
	int ret;

	for (round = 0; round < ROUNDS_MAX; round++) {
		ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_SPIN, &arg,
				       sizeof(arg), NULL));
		until = now_ns() + delay;
		ret = sys_wait_until(self->fd, 0, until);
		if (!ret) {
			ready++;
			ASSERT_EQ(POLLIN, readiness(self->fd));
			delay -= delay / 8;
		} else {
			timed_out++;
			ASSERT_EQ(-ETIMEDOUT, ret);
			ASSERT_LE(until, now_ns());
			delay += delay / 8 + 1000;
		}
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		ASSERT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
		if (ready >= ENOUGH && timed_out >= ENOUGH)
			break;
	}
	EXPECT_LE(ENOUGH, ready);
	EXPECT_LE(ENOUGH, timed_out);
}

/* The last close beside start, run and completion. */
TEST_F(acall, C4_close_and_complete_at_once)
{
	struct acall_test_arg arg = { .id = self->id, .value = 0 };
	struct acall_test_control c = { 0 };
	unsigned int i;
	int fd;

	/* Until all three were there: never started, stopped and completed. */
	for (i = 0; i < ROUNDS_MAX; i++) {
		if (i >= 3000 && c.starts < i && c.seen && c.seen < c.ends)
			break;
		/* On a busy machine half a millisecond may pass in between. */
		arg.value = i % 8 ? i * 37 % 60000 : i * 1000 % 4000000;
		fd = sys_create(self->dev, "test");
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_SPIN, &arg, sizeof(arg),
				       NULL));
		if (i % 8)
			spin(i * 91 % 80000);
		else
			while (state_of(fd) == ACALL_STATE_QUEUED)
				cpu_relax();
		ASSERT_EQ(0, close(fd));
		if (i % 100)
			continue;
		ASSERT_EQ(0, wait_counter("executions", 0));
		c = ctl_get(self->ctl, self->id);
	}
	ASSERT_EQ(0, wait_counter("executions", 0));
	ASSERT_EQ(0, wait_counter("calls", 0));
	c = ctl_get(self->ctl, self->id);
	EXPECT_EQ(c.starts, c.ends);
	EXPECT_LT(0, c.seen);
	EXPECT_LT(c.seen, c.ends);
	EXPECT_LT(c.starts, i);
}

#include "acall_main.h"
