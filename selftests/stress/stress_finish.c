// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of N simultaneous FINISHes exactly one wins, and one that stalls in user memory
 * holds up nobody [F5], in many rounds. A page that does not come (userfaultfd)
 * stalls a finisher at its output, with the call consumed by nobody; cancel, poll,
 * the close of another descriptor and another FINISH go on. Then the page comes
 * and the other finisher comes, in both orders.
 */
#include "stress_util.h"

enum { N = 4 };

struct crowd {
	pthread_barrier_t barrier;
	int fd;
	bool stop;
};

struct finisher {
	struct crowd *crowd;
	struct dice dice;
	struct acall_finish f;
	char out[16];
	int ret;
	pthread_t thread;
};

static void *finish_along(void *arg)
{
	struct finisher *x = arg;

	for (;;) {
		pthread_barrier_wait(&x->crowd->barrier);
		if (x->crowd->stop)
			return NULL;
		dither(&x->dice, 60 * 1000);
		memset(x->out, 0, sizeof(x->out));
		x->ret = sys_finish_out(x->crowd->fd, x->out, sizeof(x->out),
					&x->f);
		pthread_barrier_wait(&x->crowd->barrier);
	}
}

TEST_F(acall, F5_of_many_FINISHes_exactly_one_wins)
{
	unsigned int round, won[N] = { 0 }, winners, i, seen = 0;
	struct crowd crowd = { .fd = self->fd };
	struct dice dice = { 3 };
	struct finisher x[N] = { 0 };
	char in[16] = "result";
	__u64 call_id;

	ASSERT_EQ(0, pthread_barrier_init(&crowd.barrier, NULL, N + 1));
	for (i = 0; i < N; i++) {
		x[i].crowd = &crowd;
		x[i].dice.state = 100 + i;
		ASSERT_EQ(0, pthread_create(&x[i].thread, NULL, finish_along,
					    &x[i]));
	}
	for (round = 0; more_rounds(round, seen, seen); round++) {
		in[7] = round;
		EXPECT_EQ(0, sys_begin(self->fd, ACALL_TEST_ECHO, in,
				       sizeof(in), &call_id));
		if (roll(&dice, 2))
			dither(&dice, 100 * 1000);
		pthread_barrier_wait(&crowd.barrier);
		pthread_barrier_wait(&crowd.barrier);
		for (i = 0, winners = 0; i < N; i++) {
			if (x[i].ret) {
				EXPECT_EQ(-ESRCH, x[i].ret);
				continue;
			}
			winners++;
			won[i]++;
			EXPECT_EQ(call_id, x[i].f.call_id);
			EXPECT_EQ(0, memcmp(in, x[i].out, sizeof(in)));
		}
		ASSERT_EQ(1, winners);
		ASSERT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
		/* Every one of them, sooner or later. */
		for (i = 0, seen = 1; i < N; i++)
			seen &= !!won[i];
	}
	crowd.stop = true;
	pthread_barrier_wait(&crowd.barrier);
	for (i = 0; i < N; i++)
		pthread_join(x[i].thread, NULL);
	note("%u rounds: won %u, %u, %u, %u times\n", round, won[0],
	     won[1], won[2], won[3]);
	EXPECT_EQ(1, seen);
}

/* Brings the page, a little later or a little sooner. */
struct bringer {
	struct stall stall;
	struct dice dice;
	pthread_barrier_t barrier;
	int ret;
};

static void *bring_page(void *arg)
{
	struct bringer *b = arg;

	pthread_barrier_wait(&b->barrier);
	dither(&b->dice, 100 * 1000);
	b->ret = stall_release(&b->stall, NULL, 0);
	return NULL;
}

TEST_F(acall, F5_a_finisher_that_stalls_in_user_memory)
{
	unsigned int round, stalled_won = 0, other_won = 0;
	struct bringer b = { .dice = { 5 } };
	struct dice dice = { 6 };
	struct acall_finish f;
	struct acall_cancel c;
	pthread_t thread;
	struct actor a;
	char out[8];
	__u64 call_id;
	int ret, fd;

	ASSERT_EQ(0, pthread_barrier_init(&b.barrier, NULL, 2));
	for (round = 0; more_rounds(round, stalled_won, other_won); round++) {
		ret = stall_open(&b.stall);
		if (ret)
			SKIP(return, "no userfaultfd: %d", ret);
		ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_ECHO, "result", 7,
				       &call_id));
		a = (struct actor) { .act = ACT_FINISH, .fd = self->fd,
				     .finish = { .out = PTR(b.stall.page),
						 .out_len = 7 } };
		ASSERT_EQ(0, actor_start(&a));
		ASSERT_EQ(0, stall_wait(&b.stall));

		/* None of these waits for it. */
		ASSERT_EQ(POLLIN, readiness(self->fd));
		ASSERT_EQ(0, sys_wait_until(self->fd, call_id, FOREVER));
		ASSERT_EQ(-ESRCH, sys_cancel(self->fd, 0, call_id, FOREVER,
					     &c));
		ASSERT_EQ(ACALL_STATE_DONE, c.state);
		fd = dup(self->fd);
		ASSERT_EQ(0, close(fd));

		ASSERT_EQ(0, pthread_create(&thread, NULL, bring_page, &b));
		pthread_barrier_wait(&b.barrier);
		dither(&dice, 100 * 1000);
		ret = sys_finish_out(self->fd, out, sizeof(out), &f);
		/* The next begins whoever it was, and does not end. */
		ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE,
				      self->id, NULL));
		pthread_join(thread, NULL);
		ASSERT_EQ(0, b.ret);
		actor_join(&a);
		if (a.ret) {
			other_won++;
			ASSERT_EQ(-ESRCH, a.ret);
			ASSERT_EQ(0, ret);
			ASSERT_EQ(call_id, f.call_id);
			ASSERT_STREQ("result", out);
		} else {
			stalled_won++;
			ASSERT_EQ(-ESRCH, ret);
			ASSERT_EQ(call_id, a.finish.call_id);
			ASSERT_STREQ("result", b.stall.page);
		}
		ASSERT_EQ(ACALL_STATE_RUNNING, state_of(self->fd));
		ASSERT_EQ(0, forget(self->ctl, self->id));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		munmap(b.stall.page, b.stall.page_size);
	}
	note("%u rounds: the stalled one won %u times, the other %u\n",
	     round, stalled_won, other_won);
	EXPECT_LT(0, stalled_won);
	EXPECT_LT(0, other_won);
}

TEST_F(acall, F5_the_last_close_beside_one_that_stalls)
{
	unsigned int round;
	struct bringer b = { .dice = { 8 } };
	pthread_t thread;
	struct actor a;
	int ret, fd;

	ASSERT_EQ(0, pthread_barrier_init(&b.barrier, NULL, 2));
	for (round = 0; round < rounds(); round++) {
		ret = stall_open(&b.stall);
		if (ret)
			SKIP(return, "no userfaultfd: %d", ret);
		fd = sys_create(self->dev, "test");
		ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_ECHO, "result", 7,
				       NULL));
		a = (struct actor) { .act = ACT_FINISH, .fd = fd,
				     .finish = { .out = PTR(b.stall.page),
						 .out_len = 7 } };
		ASSERT_EQ(0, actor_start(&a));
		ASSERT_EQ(0, stall_wait(&b.stall));
		/* It returns at once; who is inside is a reference still. */
		ASSERT_EQ(0, close(fd));
		ASSERT_EQ(2, counter("objects"));
		ASSERT_EQ(0, pthread_create(&thread, NULL, bring_page, &b));
		pthread_barrier_wait(&b.barrier);
		pthread_join(thread, NULL);
		ASSERT_EQ(0, actor_join(&a));
		ASSERT_STREQ("result", b.stall.page);
		ASSERT_EQ(0, wait_counter("objects", 1));
		munmap(b.stall.page, b.stall.page_size);
	}
}

#include "acall_main.h"
