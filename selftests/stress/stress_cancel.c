// SPDX-License-Identifier: GPL-2.0-only
/*
 * The answer of CANCEL predicts FINISH [X6], and the clock of the grace belongs
 * to the call [X9]: races of a canceller with the end of the call, and with a
 * signal and with death in the middle of its grace, in many rounds. Both orders
 * of each must be seen.
 *
 * When it cancels follows the outcome (sooner after too late, later after too
 * early), so both orders come up on every machine.
 */
#include "stress_util.h"

#define STEPS	1500	/* of the method's progress */

struct duel {
	__u32 flags;
	__u64 grace_ns;
	bool twice;		/* NOWAIT first, then escalated */
};

/* Both tell the same story. */
static int predicted(int ret, const struct acall_cancel *c,
		     const struct acall_finish *f)
{
	CHECK(ret == 0 || ret == -ESRCH);
	CHECK(c->state == ACALL_STATE_DONE);
	CHECK(c->call_id == f->call_id && c->outcome == f->outcome);
	if (ret) {
		CHECK(f->outcome == ACALL_OUTCOME_COMPLETED && !f->status);
		return 0;
	}
	CHECK(f->outcome != ACALL_OUTCOME_COMPLETED);
	CHECK(f->status == -ECANCELED);
	CHECK(f->cancel_ns >= f->begin_ns && f->cancel_ns <= f->end_ns);
	return 0;
}

static int watch(int fd, __u64 progress)
{
	struct acall_query q;

	do {
		CHECK(!sys_query(fd, 0, &q));
	} while (q.progress < progress && q.state != ACALL_STATE_DONE);
	return 0;
}

static int fight(int fd, const struct duel *d)
{
	unsigned int round, early = 0, late = 0;
	__u64 when = STEPS / 2, step = STEPS / 4;
	struct acall_cancel c, first;
	struct acall_finish f;
	struct dice dice = { 7 };
	int ret;

	for (round = 0; more_rounds(round, early, late); round++) {
		CHECK(!sys_begin_arg(fd, ACALL_TEST_PROGRESS, 0, STEPS, 0,
				     NULL));
		CHECK(!watch(fd, when));
		dither(&dice, 5000);
		if (d->twice)
			sys_cancel(fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				   &first);
		ret = sys_cancel(fd, d->flags, 0, d->grace_ns, &c);
		CHECK(!sys_finish(fd, 0, &f));
		CHECK(!predicted(ret, &c, &f));
		if (ret) {
			late++;
			when = when > step ? when - step : 0;
		} else {
			early++;
			when += step;
			if (when > STEPS)
				when = STEPS;
		}
		/* Closer and closer, then anew: machines have their moods. */
		step = step > 4 ? step - step / 4 : STEPS / 4;
	}
	note("%u rounds: cancel first %u times, too late %u times\n",
	     round, early, late);
	CHECK(early && late);
	return 0;
}

TEST_F(acall, X6_CANCEL_and_completion)
{
	static const struct duel d = { .grace_ns = FOREVER };

	EXPECT_EQ(0, fight(self->fd, &d));
}

TEST_F(acall, X6_CANCEL_with_a_short_grace_and_completion)
{
	static const struct duel d = { .grace_ns = 1000 };

	EXPECT_EQ(0, fight(self->fd, &d));
}

TEST_F(acall, X6_ABANDON_and_completion)
{
	static const struct duel d = { .flags = ACALL_CANCEL_ABANDON };

	EXPECT_EQ(0, fight(self->fd, &d));
}

TEST_F(acall, X6_ESCALATE_and_completion)
{
	static const struct duel d = {
		.flags = ACALL_CANCEL_ESCALATE | ACALL_CANCEL_ABANDON,
		.twice = true,
	};

	EXPECT_EQ(0, fight(self->fd, &d));
}

/* The end of the grace, and a provider that ends about then. */
TEST_F(acall, X6_the_end_of_the_grace_and_completion)
{
	struct actor a;
	unsigned int round, early = 0, late = 0;
	struct acall_finish f;
	struct dice dice = { 11 };
	__u64 wait_ns = 200 * 1000;

	for (round = 0; more_rounds(round, early, late); round++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, id,
				      NULL));
		a = (struct actor) { .act = ACT_CANCEL, .fd = self->fd,
				     .cancel.grace_ns = 200 * 1000 };
		ASSERT_EQ(0, actor_start(&a));
		while (state_of(self->fd) == ACALL_STATE_RUNNING)
			cpu_relax();
		spin(wait_ns);
		dither(&dice, 20 * 1000);
		ASSERT_EQ(0, open_gate(self->ctl, id));
		actor_join(&a);
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		ASSERT_EQ(0, predicted(a.ret, &a.cancel, &f));
		if (a.ret) {
			late++;
			wait_ns += wait_ns / 8 + 1;
		} else {
			early++;
			wait_ns -= wait_ns / 8;
			ASSERT_EQ(ACALL_OUTCOME_ABANDONED, f.outcome);
			ASSERT_LE(200 * 1000, f.end_ns - f.cancel_ns);
		}
		ASSERT_EQ(0, forget(self->ctl, id));
	}
	note("%u rounds: grace over first %u times, result in time %u\n",
	     round, early, late);
	EXPECT_LT(0, early);
	EXPECT_LT(0, late);
}

/* Whoever asked: the abandonment comes, and not before its time. */
static int abandoned_in_time(int fd, __u64 grace)
{
	struct acall_finish f;

	CHECK(!sys_wait_until(fd, 0, hopeless()));
	CHECK(!sys_finish_now(fd, &f));
	CHECK(f.status == -ECANCELED);
	CHECK(f.outcome == ACALL_OUTCOME_ABANDONED);
	CHECK(f.end_ns - f.cancel_ns >= grace);
	return 0;
}

TEST_F(acall, X9_a_signal_in_the_grace)
{
	unsigned int round, interrupted = 0, over = 0;
	__u64 wait_ns = 500 * 1000;
	const __u64 grace = MSEC;
	struct dice dice = { 13 };
	struct actor a;

	handle_signal(SIGUSR1, SA_RESTART);
	for (round = 0; more_rounds(round, interrupted, over); round++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, id,
				      NULL));
		a = (struct actor) { .act = ACT_CANCEL, .fd = self->fd,
				     .cancel.grace_ns = grace };
		ASSERT_EQ(0, actor_start(&a));
		while (state_of(self->fd) == ACALL_STATE_RUNNING)
			cpu_relax();
		spin(wait_ns);
		dither(&dice, 50 * 1000);
		actor_signal(&a, SIGUSR1);
		actor_join(&a);
		if (a.ret == -EINTR) {
			interrupted++;
			wait_ns += wait_ns / 8 + 1;
		} else {
			ASSERT_EQ(0, a.ret);
			over++;
			wait_ns -= wait_ns / 8;
		}
		ASSERT_EQ(0, abandoned_in_time(self->fd, grace));
		ASSERT_EQ(0, forget(self->ctl, id));
	}
	note("%u rounds: interrupted %u times, grace over first %u times\n",
	     round, interrupted, over);
	EXPECT_LT(0, interrupted);
	EXPECT_LT(0, over);
}

struct doomed {
	int fd;
	__u64 grace;
};

static int cancel_and_stay(void *arg)
{
	struct doomed *d = arg;
	struct acall_cancel c;

	sys_cancel(d->fd, 0, 0, d->grace, &c);
	pause();
	return 0;
}

TEST_F(acall, X9_death_in_the_grace)
{
	unsigned int round, in_grace = 0, over = 0;
	struct doomed d = { .fd = self->fd, .grace = 2 * MSEC };
	__u64 wait_ns = MSEC;
	struct dice dice = { 17 };
	pid_t pid;

	for (round = 0; more_rounds(round, in_grace, over); round++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, id,
				      NULL));
		pid = child_start(cancel_and_stay, &d);
		while (state_of(self->fd) == ACALL_STATE_RUNNING)
			give_way();
		spin(wait_ns);
		dither(&dice, 100 * 1000);
		kill(pid, SIGKILL);
		if (state_of(self->fd) == ACALL_STATE_CANCELLING) {
			in_grace++;
			wait_ns += wait_ns / 8 + 1;
		} else {
			over++;
			wait_ns -= wait_ns / 8;
		}
		ASSERT_EQ(-SIGKILL, child_join(pid));
		ASSERT_EQ(0, abandoned_in_time(self->fd, d.grace));
		ASSERT_EQ(0, forget(self->ctl, id));
	}
	note("%u rounds: killed in the grace %u times, after it %u times\n",
	     round, in_grace, over);
	EXPECT_LT(0, in_grace);
	EXPECT_LT(0, over);
}

#include "acall_main.h"
