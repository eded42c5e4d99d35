// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sleeper belongs to the call it slept for [W5]: while one thread waits for,
 * finishes or cancels a call, another finishes that call and begins the next,
 * which does not end. The sleeper answers for its own call; it never sleeps on,
 * takes or cancels the next. One that does sleep on hangs, and the test with it.
 *
 * Each in two ways, many rounds: forced, where the sleeper sleeps for sure and
 * names the call or says 0; and as a race, where it names the call and comes
 * before or after it was finished. Both orders must be seen.
 */
#include "stress_util.h"

struct meet {
	int fd;
	int ctl;
	__u64 id;		/* of the call that is pending */
	__u64 call_id;
};

static int next_call(struct meet *m)
{
	m->id = fresh_id();
	return one_call(m->fd, m->ctl, ACALL_TEST_GATE, m->id, &m->call_id);
}

/* Finishes the pending call and begins the next. Return: FINISH's. */
static int finish_and_begin(struct meet *m, struct acall_finish *f)
{
	__u64 id = m->id;
	int ret;

	CHECK(!open_gate(m->ctl, id));
	ret = sys_finish(m->fd, m->call_id, f);
	CHECK(ret == 0 || ret == -ESRCH);
	CHECK(!next_call(m));
	CHECK(!forget(m->ctl, id));
	return ret;
}

/* Nobody has done anything to the pending call. */
static int untouched(struct meet *m)
{
	struct acall_query q;

	CHECK(!sys_query(m->fd, 0, &q));
	CHECK(q.call_id == m->call_id);
	CHECK(q.state == ACALL_STATE_RUNNING);
	CHECK(q.cancel_ns == 0 && q.reason == ACALL_REASON_NONE);
	return 0;
}

/* What a sleeper may say of call @call_id, which another FINISH gave @ret. */
static int answer_fits(const struct actor *a, __u64 call_id, int ret)
{
	switch (a->act) {
	case ACT_WAIT:
		CHECK(a->ret == 0 || a->ret == -ESRCH);
		break;
	case ACT_FINISH:
		/* Exactly one has it. */
		CHECK(a->ret == (ret ? 0 : -ESRCH));
		CHECK(a->ret || a->finish.call_id == call_id);
		break;
	default:
		/* gate ends with a result of its own; or it came too late. */
		CHECK(a->ret == -ESRCH);
		break;
	}
	return 0;
}

static struct actor sleeper(enum act act, struct meet *m, __u64 call_id)
{
	return (struct actor) {
		.act = act, .fd = m->fd,
		.wait = { .call_id = call_id, .until = FOREVER },
		.finish.call_id = call_id,
		.cancel = { .call_id = call_id, .grace_ns = FOREVER },
	};
}

static int forced(struct _test_data_acall *self, enum act act)
{
	struct meet m = { .fd = self->fd, .ctl = self->ctl };
	unsigned int round, told = 0, late = 0;
	struct acall_finish f;
	struct actor a;
	__u64 call_id;
	int ret;

	CHECK(!next_call(&m));
	for (round = 0; round < rounds(); round++) {
		call_id = m.call_id;
		a = sleeper(act, &m, round & 1 ? call_id : 0);
		CHECK(!actor_block(&a));
		ret = finish_and_begin(&m, &f);
		actor_join(&a);
		CHECK(!answer_fits(&a, call_id, ret));
		/* It was there in time, so it answers for its own. */
		if (act == ACT_CANCEL) {
			CHECK(a.cancel.call_id == call_id);
			CHECK(a.cancel.outcome == ACALL_OUTCOME_COMPLETED);
			CHECK(f.cancel_ns != 0);
		}
		CHECK(!untouched(&m));
		if (a.ret)
			late++;
		else
			told++;
	}
	note("%u rounds: 0 %u times, ESRCH %u times\n", round, told, late);
	return 0;
}

struct runner {
	pthread_barrier_t barrier;
	struct dice dice;
	struct actor *a;
	bool stop;
};

static void *run_along(void *arg)
{
	struct runner *r = arg;

	for (;;) {
		pthread_barrier_wait(&r->barrier);
		if (r->stop)
			return NULL;
		dither(&r->dice, 100 * 1000);
		r->a->ret = actor_act(r->a);
		pthread_barrier_wait(&r->barrier);
	}
}

static int race(struct _test_data_acall *self, enum act act)
{
	struct meet m = { .fd = self->fd, .ctl = self->ctl };
	struct runner r = { .dice = { 1 } };
	struct dice dice = { 2 };
	unsigned int round, first = 0, second = 0;
	struct acall_finish f;
	pthread_t thread;
	struct actor a;
	__u64 call_id;
	bool in_time;
	int ret;

	CHECK(!pthread_barrier_init(&r.barrier, NULL, 2));
	CHECK(!pthread_create(&thread, NULL, run_along, &r));
	CHECK(!next_call(&m));
	for (round = 0; more_rounds(round, first, second); round++) {
		call_id = m.call_id;
		a = sleeper(act, &m, call_id);
		a.wait.size = sizeof(a.wait);
		a.finish.size = sizeof(a.finish);
		a.cancel.size = sizeof(a.cancel);
		r.a = &a;
		pthread_barrier_wait(&r.barrier);
		dither(&dice, 100 * 1000);
		ret = finish_and_begin(&m, &f);
		/* The next one runs, and the sleeper comes back all the same. */
		pthread_barrier_wait(&r.barrier);
		CHECK(!answer_fits(&a, call_id, ret));
		CHECK(!untouched(&m));
		in_time = act == ACT_CANCEL ? f.cancel_ns : !a.ret;
		if (in_time)
			first++;
		else
			second++;
	}
	r.stop = true;
	pthread_barrier_wait(&r.barrier);
	pthread_join(thread, NULL);
	note("%u rounds: sleeper first %u times, too late %u times\n",
	     round, first, second);
	CHECK(first && second);
	return 0;
}

TEST_F(acall, W5_WAIT_does_not_inherit_the_next_call)
{
	EXPECT_EQ(0, forced(self, ACT_WAIT));
}

TEST_F(acall, W5_FINISH_does_not_inherit_the_next_call)
{
	EXPECT_EQ(0, forced(self, ACT_FINISH));
}

TEST_F(acall, W5_CANCEL_does_not_inherit_the_next_call)
{
	EXPECT_EQ(0, forced(self, ACT_CANCEL));
}

TEST_F(acall, W5_WAIT_racing_with_FINISH_and_BEGIN)
{
	EXPECT_EQ(0, race(self, ACT_WAIT));
}

TEST_F(acall, W5_FINISH_racing_with_FINISH_and_BEGIN)
{
	EXPECT_EQ(0, race(self, ACT_FINISH));
}

TEST_F(acall, W5_CANCEL_racing_with_FINISH_and_BEGIN)
{
	EXPECT_EQ(0, race(self, ACT_CANCEL));
}

#include "acall_main.h"
