// SPDX-License-Identifier: GPL-2.0-only
/*
 * libacall: each verdict of each cancel, and the two races of the library's
 * own, forced by holding threads between the kernel's BEGIN and the library's
 * note of the id (see lib_util.h): the next call is finished before it is noted,
 * and a note that comes late. And that no cancel of call k reaches call k + 1.
 */
#include "lib_util.h"

TEST_F(acall, X10_async_REQUESTED_while_running)
{
	acall_t *call = new_call(_metadata, "test");
	__s32 status;

	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_LATE, self->id, 0));
	EXPECT_EQ(ACALL_REQUESTED, acall_cancel_async(call, ACALL_FOREVER));
	EXPECT_EQ(-ETIMEDOUT, acall_wait(call, ACALL_NOW));
	EXPECT_EQ(0, wait_seen(self->ctl, self->id, 1));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, outcome_of(call, &status));
	EXPECT_EQ(0, status);

	self->id = fresh_id();
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_COOP, self->id, 0));
	EXPECT_TRUE(asked(acall_cancel_async_id(call, acall_id(call),
						ACALL_FOREVER)));
	EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, outcome_of(call, &status));
	EXPECT_EQ(-ECANCELED, status);
	acall_destroy(call);
}

TEST_F(acall, X10_async_keeps_the_grace_it_was_given)
{
	acall_t *call = new_call(_metadata, "test");
	__s32 status;

	/* Its own grace is ten minutes, and nobody opens the gate. */
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_LATE, self->id, 0));
	EXPECT_TRUE(asked(acall_cancel_async(call, MSEC)));
	EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, outcome_of(call, &status));
	EXPECT_EQ(-ECANCELED, status);
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	acall_destroy(call);
}

TEST_F(acall, X3_no_cancel_lets_a_queued_call_start)
{
	acall_t *first = new_call(_metadata, "test-narrow");
	acall_t *call = new_call(_metadata, "test-narrow");
	struct acall_result result;
	int i, verdict = -1;

	ASSERT_EQ(0, begin_at(first, self->ctl, ACALL_TEST_GATE, self->id, 0));
	for (i = 0; i < 6; i++) {
		ASSERT_EQ(0, begin_nop(call));
		switch (i) {
		case 0:
			verdict = acall_cancel_async(call, 0);
			break;
		case 1:
			verdict = acall_cancel(call, ACALL_FOREVER);
			break;
		case 2:
			verdict = acall_abandon(call);
			break;
		case 3:
			verdict = acall_cancel_async_id(call, acall_id(call),
							0);
			break;
		case 4:
			verdict = acall_cancel_id(call, acall_id(call),
						  ACALL_FOREVER);
			break;
		case 5:
			verdict = acall_abandon_id(call, acall_id(call));
			break;
		}
		/* Who does not wait may leave before its files are dropped. */
		if (verdict == ACALL_REQUESTED && i % 3 == 0) {
			EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
			verdict = ACALL_CANCELLED;
		}
		EXPECT_EQ(ACALL_CANCELLED, verdict) {
			TH_LOG("cancel %d", i);
		}
		EXPECT_EQ(0, acall_wait(call, ACALL_NOW));
		EXPECT_EQ(0, acall_finish(call, NULL, 0, &result));
		EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, result.outcome);
		EXPECT_EQ(-ECANCELED, result.status);
		EXPECT_EQ(0, result.start_ns);
	}
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	acall_destroy(call);
	acall_destroy(first);
}

TEST_F(acall, X5_cancel_CANCELLED_when_the_provider_stops)
{
	acall_t *call = new_call(_metadata, "test");
	__s32 status;
	int i;

	for (i = 0; i < 2; i++, self->id = fresh_id()) {
		ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_COOP,
				      self->id, 0));
		EXPECT_EQ(ACALL_CANCELLED, !i ?
			  acall_cancel(call, ACALL_FOREVER) :
			  acall_cancel_id(call, acall_id(call), 0));
		EXPECT_EQ(0, acall_wait(call, ACALL_NOW));
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, outcome_of(call, &status));
		EXPECT_EQ(-ECANCELED, status);
	}
	acall_destroy(call);
}

TEST_F(acall, X5_cancel_CANCELLED_when_the_grace_is_over)
{
	acall_t *call = new_call(_metadata, "test");
	__s32 status;
	__u64 until;

	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_LATE, self->id, 0));
	until = acall_after_ns(3 * MSEC);
	EXPECT_EQ(ACALL_CANCELLED, acall_cancel(call, 3 * MSEC));
	EXPECT_LE(until, acall_after_ns(0));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, outcome_of(call, &status));
	EXPECT_EQ(-ECANCELED, status);
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	acall_destroy(call);
}

TEST_F(acall, X5_cancel_TOO_LATE_when_the_provider_has_a_result)
{
	struct thread t = { .fn = do_cancel, .value = ACALL_FOREVER };
	acall_t *call = new_call(_metadata, "test");
	__s32 status;

	t.call = call;
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_LATE, self->id,
			      -ENOSPC));
	ASSERT_EQ(0, thread_block(&t, ACALL_IOC_CANCEL));
	EXPECT_EQ(0, wait_seen(self->ctl, self->id, 1));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(ACALL_TOO_LATE, thread_join(&t));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, outcome_of(call, &status));
	EXPECT_EQ(-ENOSPC, status);
	acall_destroy(call);
}

TEST_F(acall, X4_abandon_CANCELLED_at_once)
{
	acall_t *call = new_call(_metadata, "test");
	struct acall_query query;
	__s32 status;
	int i;

	for (i = 0; i < 2; i++, self->id = fresh_id()) {
		ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_GATE,
				      self->id, 0));
		EXPECT_EQ(ACALL_CANCELLED, !i ? acall_abandon(call) :
			  acall_abandon_id(call, acall_id(call)));
		EXPECT_EQ(ACALL_OUTCOME_ABANDONED, outcome_of(call, &status));
		EXPECT_EQ(-ECANCELED, status);
		EXPECT_EQ(0, acall_query(call, 0, &query, sizeof(query)));
		EXPECT_EQ(i + 1, query.orphans);
	}
	/* Also a provider that would stop on its own is not waited for. */
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_COOP, self->id, 0));
	EXPECT_EQ(ACALL_CANCELLED, acall_abandon(call));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, outcome_of(call, &status));
	/* And the object may begin again. */
	EXPECT_EQ(0, begin_nop(call));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, outcome_of(call, &status));
	acall_destroy(call);
}

TEST_F(acall, X7_other_cancels_ALREADY_while_the_grace_runs)
{
	acall_t *call = new_call(_metadata, "test");
	__s32 status;
	__u64 id;

	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_LATE, self->id, 0));
	id = acall_id(call);
	EXPECT_EQ(ACALL_REQUESTED, acall_cancel_async(call, ACALL_FOREVER));
	EXPECT_EQ(ACALL_ALREADY, acall_cancel_async(call, MSEC));
	EXPECT_EQ(ACALL_ALREADY, acall_cancel(call, MSEC));
	EXPECT_EQ(ACALL_ALREADY, acall_cancel_async_id(call, id, MSEC));
	EXPECT_EQ(ACALL_ALREADY, acall_cancel_id(call, id, MSEC));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, outcome_of(call, &status));
	acall_destroy(call);
}

TEST_F(acall, X8_every_cancel_TOO_LATE_after_completion)
{
	acall_t *call = new_call(_metadata, "test");
	__s32 status;
	__u64 id;
	int i;

	ASSERT_EQ(0, begin_nop(call));
	id = acall_id(call);
	EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
	/* Ready, then finished. */
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(ACALL_TOO_LATE, acall_cancel_async(call, 0));
		EXPECT_EQ(ACALL_TOO_LATE, acall_cancel(call, 0));
		EXPECT_EQ(ACALL_TOO_LATE, acall_abandon(call));
		EXPECT_EQ(ACALL_TOO_LATE, acall_escalate(call, 0));
		EXPECT_EQ(ACALL_TOO_LATE, acall_escalate_id(call, id, 0));
		EXPECT_EQ(ACALL_TOO_LATE, acall_cancel_async_id(call, id, 0));
		EXPECT_EQ(ACALL_TOO_LATE, acall_cancel_id(call, id, 0));
		EXPECT_EQ(ACALL_TOO_LATE, acall_abandon_id(call, id));
		if (i)
			break;
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, outcome_of(call, &status));
		EXPECT_EQ(0, status);
	}
	acall_destroy(call);
}

TEST_F(acall, X9_cancel_REQUESTED_when_interrupted)
{
	struct thread t = { .fn = do_cancel, .value = ACALL_FOREVER };
	acall_t *call = new_call(_metadata, "test");
	__s32 status;

	t.call = call;
	handle_signal(SIGUSR1, SA_RESTART);
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_LATE, self->id, 0));
	ASSERT_EQ(0, thread_block(&t, ACALL_IOC_CANCEL));
	EXPECT_EQ(0, thread_signal(&t, SIGUSR1));
	EXPECT_EQ(ACALL_REQUESTED, thread_join(&t));
	EXPECT_EQ(0, wait_seen(self->ctl, self->id, 1));
	EXPECT_EQ(ACALL_ALREADY, acall_cancel_async(call, 0));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, outcome_of(call, &status));
	acall_destroy(call);
}

static acall_t *handlers_call;
static int handlers_verdict;

static void cancel_in_handler(int sig __attribute__((unused)))
{
	handlers_verdict = acall_cancel_async(handlers_call, ACALL_FOREVER);
}

TEST_F(acall, a_signal_handler_cancels_the_wait_it_interrupted)
{
	struct sigaction sa = { .sa_handler = cancel_in_handler,
				.sa_flags = SA_RESTART };
	struct thread t = { .fn = do_wait };
	acall_t *call = new_call(_metadata, "test");
	__s32 status;

	handlers_call = call;
	handlers_verdict = -1;
	t.call = call;
	ASSERT_EQ(0, sigaction(SIGUSR2, &sa, NULL));
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_COOP, self->id, 0));
	ASSERT_EQ(0, thread_block(&t, ACALL_IOC_WAIT));
	EXPECT_EQ(0, thread_signal(&t, SIGUSR2));
	EXPECT_EQ(0, thread_join(&t));
	EXPECT_TRUE(asked(handlers_verdict));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, outcome_of(call, &status));
	acall_destroy(call);
}

TEST_F(acall, X11_late_cancels_of_a_call_leave_the_next_alone)
{
	acall_t *call = new_call(_metadata, "test");
	struct acall_query query;
	__s32 status;
	__u64 old;

	ASSERT_EQ(0, begin_nop(call));
	old = acall_id(call);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, outcome_of(call, &status));
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_COOP, self->id, 0));
	EXPECT_NE(old, acall_id(call));
	EXPECT_EQ(ACALL_TOO_LATE, acall_cancel_async_id(call, old, 0));
	EXPECT_EQ(ACALL_TOO_LATE, acall_cancel_id(call, old, 0));
	EXPECT_EQ(ACALL_TOO_LATE, acall_abandon_id(call, old));
	EXPECT_EQ(ACALL_TOO_LATE, acall_escalate_id(call, old, 0));
	EXPECT_EQ(0, acall_query(call, 0, &query, sizeof(query)));
	EXPECT_EQ(ACALL_STATE_RUNNING, query.state);
	EXPECT_EQ(0, query.cancel_ns);
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, outcome_of(call, &status));
	acall_destroy(call);
}

#define ROUNDS	3000

/* One thread cancels what it is shown, again and again. */
static struct victim {
	__u64 call_id;
	bool promised;		/* a cancel said CANCELLED */
	bool completed;		/* FINISH said COMPLETED */
} victims[ROUNDS];

static struct victim *victim;
static int victims_over;

static int cancel_victims(struct thread *t)
{
	int n, verdict;
	struct victim *v;

	for (n = 0; !__atomic_load_n(&victims_over, __ATOMIC_ACQUIRE); n++) {
		v = __atomic_load_n(&victim, __ATOMIC_ACQUIRE);
		if (!v) {
			give_way();
			continue;
		}
		if (n % 3 == 0)
			verdict = acall_cancel_async_id(t->call, v->call_id, 0);
		else if (n % 3 == 1)
			verdict = acall_cancel_id(t->call, v->call_id,
						  ACALL_FOREVER);
		else
			verdict = acall_abandon_id(t->call, v->call_id);
		CHECK(verdict >= ACALL_CANCELLED && verdict <= ACALL_REQUESTED);
		if (verdict == ACALL_CANCELLED)
			v->promised = true;
	}
	return 0;
}

TEST_F(acall, X6_X11_cancels_race_with_finish_and_begin)
{
	struct acall_test_arg arg = { 0 };
	struct thread t = { .fn = cancel_victims };
	acall_t *call = new_call(_metadata, "test");
	unsigned int i, completed = 0, promised = 0;
	struct acall_result result;
	struct victim *v;

	t.call = call;
	ASSERT_EQ(0, thread_start(&t));
	for (i = 0; i < ROUNDS; i++) {
		/* One to be hit: every other would spin for ten minutes. */
		v = &victims[i];
		arg.value = i % 2 ? 600 * SEC : 0;
		ASSERT_EQ(0, acall_begin(call, ACALL_TEST_SPIN, &arg,
					 sizeof(arg), NULL, 0, NULL));
		v->call_id = acall_id(call);
		__atomic_store_n(&victim, v, __ATOMIC_RELEASE);
		ASSERT_EQ(0, acall_finish(call, NULL, 0, &result));
		EXPECT_EQ(v->call_id, result.call_id);
		v->completed = result.outcome == ACALL_OUTCOME_COMPLETED;
		completed += v->completed;
		/* And one that the cancels of the first must not hit. */
		ASSERT_EQ(0, begin_nop(call));
		ASSERT_EQ(0, acall_finish(call, NULL, 0, &result));
		ASSERT_EQ(ACALL_OUTCOME_COMPLETED, result.outcome);
		ASSERT_EQ(0, result.cancel_ns);
		ASSERT_EQ(0, result.status);
	}
	__atomic_store_n(&victims_over, 1, __ATOMIC_RELEASE);
	EXPECT_EQ(0, thread_join(&t));
	for (v = victims; v < victims + ROUNDS; v++) {
		promised += v->promised;
		EXPECT_FALSE(v->promised && v->completed);
	}
	TH_LOG("%u victims completed, %u cancels promised", completed,
	       promised);
	EXPECT_GE(ROUNDS / 2, completed);
	EXPECT_LT(0, promised);
	acall_destroy(call);
}

/* The library's own races. A held thread waits for its turn. */

static struct hold {
	pthread_barrier_t has_begun;
	pthread_barrier_t may_note;
} holds[2];

static __thread struct hold *my_hold;

static void hold(void)
{
	pthread_barrier_wait(&my_hold->has_begun);
	pthread_barrier_wait(&my_hold->may_note);
}

static int begin_and_hold(struct thread *t)
{
	struct acall_begin args = { .size = sizeof(args),
				    .method = ACALL_TEST_NOP };
	int ret;

	my_hold = &holds[t->value];
	after_begin = hold;
	ret = acall_begin_args(t->call, &args);
	after_begin = NULL;
	t->id = args.call_id;
	return ret;
}

/* @t has begun a call and has not noted its id. */
static int begin_held(struct thread *t, acall_t *call)
{
	struct hold *h = &holds[t->value];

	t->fn = begin_and_hold;
	t->call = call;
	pthread_barrier_init(&h->has_begun, NULL, 2);
	pthread_barrier_init(&h->may_note, NULL, 2);
	if (thread_start(t))
		return -EAGAIN;
	pthread_barrier_wait(&h->has_begun);
	return 0;
}

static int end_hold(struct thread *t)
{
	pthread_barrier_wait(&holds[t->value].may_note);
	return thread_join(t);
}

TEST_F(acall, W4_a_call_is_finished_before_its_id_is_noted)
{
	acall_t *call = new_call(_metadata, "test");
	struct acall_result result;
	struct thread t = { 0 };
	__u64 old;

	ASSERT_EQ(0, begin_nop(call));
	ASSERT_EQ(0, acall_finish(call, NULL, 0, NULL));
	old = acall_id(call);

	/* As an event loop: it is readable, so there is something to finish. */
	ASSERT_EQ(0, begin_held(&t, call));
	EXPECT_EQ(old, acall_id(call));
	EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
	EXPECT_EQ(POLLIN, readiness(acall_fd(call)));
	EXPECT_EQ(0, acall_finish(call, NULL, 0, &result));
	EXPECT_NE(old, result.call_id);
	EXPECT_EQ(-ESRCH, acall_finish(call, NULL, 0, NULL));
	EXPECT_EQ(0, end_hold(&t));
	EXPECT_EQ(t.id, result.call_id);
	EXPECT_EQ(t.id, acall_id(call));
	acall_destroy(call);
}

TEST_F(acall, X11_no_cancel_means_a_call_that_is_not_noted_yet)
{
	acall_t *call = new_call(_metadata, "test-narrow");
	acall_t *other = new_call(_metadata, "test-narrow");
	struct thread t = { 0 };
	struct acall_query query;
	__s32 status;

	ASSERT_EQ(0, begin_nop(call));
	ASSERT_EQ(0, acall_finish(call, NULL, 0, NULL));
	/* The next one is queued and stays so. */
	ASSERT_EQ(0, begin_at(other, self->ctl, ACALL_TEST_GATE, self->id, 0));
	ASSERT_EQ(0, begin_held(&t, call));
	EXPECT_EQ(ACALL_TOO_LATE, acall_cancel_async(call, 0));
	EXPECT_EQ(ACALL_TOO_LATE, acall_cancel(call, 0));
	EXPECT_EQ(ACALL_TOO_LATE, acall_abandon(call));
	EXPECT_EQ(0, acall_query(call, 0, &query, sizeof(query)));
	EXPECT_EQ(ACALL_STATE_QUEUED, query.state);
	EXPECT_EQ(0, end_hold(&t));
	EXPECT_EQ(ACALL_CANCELLED, acall_cancel(call, 0));
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, outcome_of(call, &status));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	acall_destroy(other);
	acall_destroy(call);
}

TEST_F(acall, X11_an_id_that_is_noted_late_does_not_hide_the_next)
{
	acall_t *call = new_call(_metadata, "test");
	struct thread t = { 0 };
	__s32 status;
	__u64 next;

	/* Call k: begun, finished by us, not noted by its thread. */
	ASSERT_EQ(0, begin_held(&t, call));
	ASSERT_EQ(0, acall_wait(call, ACALL_FOREVER));
	ASSERT_EQ(0, acall_finish(call, NULL, 0, NULL));
	/* Call k + 1: begun, noted and pending when k's note comes. */
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_COOP, self->id, 0));
	next = acall_id(call);
	EXPECT_EQ(0, end_hold(&t));
	EXPECT_NE(t.id, next);
	EXPECT_EQ(next, acall_id(call));
	EXPECT_EQ(ACALL_CANCELLED, acall_cancel(call, ACALL_FOREVER));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, outcome_of(call, &status));
	acall_destroy(call);
}

TEST_F(acall, X11_an_id_is_noted_over_one_that_was_noted_late)
{
	struct thread first = { .value = 0 }, second = { .value = 1 };
	acall_t *call = new_call(_metadata, "test");

	/* Both began when nothing was noted; k is finished, k + 1 pending. */
	ASSERT_EQ(0, begin_held(&first, call));
	ASSERT_EQ(0, acall_wait(call, ACALL_FOREVER));
	ASSERT_EQ(0, acall_finish(call, NULL, 0, NULL));
	ASSERT_EQ(0, begin_held(&second, call));
	EXPECT_EQ(0, acall_id(call));
	EXPECT_EQ(0, end_hold(&first));
	EXPECT_EQ(first.id, acall_id(call));
	EXPECT_EQ(0, end_hold(&second));
	EXPECT_NE(first.id, second.id);
	EXPECT_EQ(second.id, acall_id(call));
	EXPECT_EQ(0, acall_finish(call, NULL, 0, NULL));
	acall_destroy(call);
}

#define BEGINNERS	8

static int begin_one(struct thread *t)
{
	struct acall_begin args = { .size = sizeof(args),
				    .method = ACALL_TEST_NOP };
	int ret = acall_begin_args(t->call, &args);

	t->id = args.call_id;
	return ret;
}

TEST_F(acall, B7_of_many_begins_one_succeeds_and_is_noted)
{
	acall_t *call = new_call(_metadata, "test");
	struct thread t[BEGINNERS];
	pthread_barrier_t barrier;
	unsigned int i, round, won;
	__u64 id = 0;

	pthread_barrier_init(&barrier, NULL, BEGINNERS);
	for (round = 0; round < 20; round++) {
		won = 0;
		/* Passed before the act, so not before the last has started. */
		for (i = 0; i < BEGINNERS; i++) {
			t[i] = (struct thread) { .fn = begin_one, .call = call,
						 .barrier = &barrier };
			ASSERT_EQ(0, thread_start(&t[i]));
		}
		for (i = 0; i < BEGINNERS; i++) {
			if (!thread_join(&t[i])) {
				won++;
				id = t[i].id;
			} else {
				EXPECT_EQ(-EBUSY, t[i].ret);
			}
		}
		EXPECT_EQ(1, won);
		EXPECT_EQ(id, acall_id(call));
		EXPECT_EQ(0, acall_finish(call, NULL, 0, NULL));
	}
	acall_destroy(call);
}

/* Two threads begin as often as they can, one finishes what poll() shows. */
static int begin_often(struct thread *t)
{
	__u64 n = 0;
	int ret;

	while (n < t->value) {
		ret = begin_nop(t->call);
		CHECK(!ret || ret == -EBUSY);
		if (ret)
			give_way();
		else
			n++;
	}
	return 0;
}

TEST_F(acall, W4_the_only_finisher_always_finds_what_poll_shows)
{
	acall_t *call = new_call(_metadata, "test");
	struct thread t[2];
	struct acall_result result;
	struct pollfd p = { .events = POLLIN };
	unsigned int i;
	__u64 last = 0;

	p.fd = acall_fd(call);
	for (i = 0; i < 2; i++) {
		t[i] = (struct thread) { .fn = begin_often, .call = call,
					 .value = ROUNDS };
		ASSERT_EQ(0, thread_start(&t[i]));
	}
	for (i = 0; i < 2 * ROUNDS; i++) {
		ASSERT_EQ(1, poll(&p, 1, -1));
		ASSERT_EQ(0, acall_finish(call, NULL, 0, &result));
		ASSERT_NE(last, result.call_id);
		last = result.call_id;
	}
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, thread_join(&t[i]));
	ASSERT_EQ(0, begin_nop(call));
	EXPECT_EQ(0, acall_wait_id(call, acall_id(call), ACALL_FOREVER));
	acall_destroy(call);
}

#include "acall_main.h"
