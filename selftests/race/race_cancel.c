// SPDX-License-Identifier: GPL-2.0-only
/*
 * CANCEL against the end of the call: whoever is first decides the outcome, and
 * what CANCEL returns is what FINISH says [X6, R-ONCE]. With methods that run,
 * that a hook must hurry, and that are completed from any context; with a wait,
 * with ABANDON, and with a deadline instead of a canceller [B5].
 */
#include "race_util.h"

struct duel {
	int fd;
	int ctl;
	__u32 method;
	__u32 flags;		/* of CANCEL */
	__u64 grace_ns;
	__u32 context;		/* of the completion */
	__u64 id;
	int ret;
	int end;
	struct acall_cancel c;
};

static void cancel(void *arg)
{
	struct duel *d = arg;

	d->ret = sys_cancel(d->fd, d->flags, 0, d->grace_ns, &d->c);
}

/* The call ends in its own way, unless its hook has ended it. */
static void end(void *arg)
{
	struct acall_test_control c = { 0 };
	struct duel *d = arg;

	if (!is_custom(d->method)) {
		d->end = open_gate(d->ctl, d->id);
		return;
	}
	c.op = ACALL_TEST_OP_COMPLETE_ONCE;
	c.id = d->id;
	c.context = d->context;
	d->end = sys_ioctl(d->ctl, ACALL_TEST_IOC_CONTROL, &c);
}

static int begin(struct duel *d, __u64 deadline)
{
	bool plain = d->method == ACALL_TEST_COOP ||
		     d->method == ACALL_TEST_GATE ||
		     d->method == ACALL_TEST_KILLABLE;
	struct acall_test_custom custom = {
		.id = d->id, .flags = ACALL_TEST_HOOK_COMPLETES,
	};
	struct acall_test_arg arg = { .id = d->id };
	struct acall_begin b = {
		.size = sizeof(b), .method = d->method,
		.in = plain ? PTR(&arg) : PTR(&custom),
		.in_len = plain ? sizeof(arg) : sizeof(custom),
		.flags = deadline ? ACALL_BEGIN_DEADLINE : 0,
		.deadline = deadline, .grace_ns = deadline ? d->grace_ns : 0,
	};

	return sys_begin_struct(d->fd, &b);
}

static int told_the_same(const struct duel *d, const struct acall_finish *f)
{
	CHECK(d->ret == 0 || d->ret == -ESRCH);
	CHECK(d->c.state == ACALL_STATE_DONE);
	CHECK(d->c.call_id == f->call_id && d->c.outcome == f->outcome);
	CHECK((f->outcome == ACALL_OUTCOME_COMPLETED) == !!d->ret);
	return 0;
}

static int fight(struct _test_data_prov *self, struct duel d)
{
	struct race r = { .left = cancel, .right = end, .arg = &d };
	struct acall_finish f;

	d.fd = self->fd;
	d.ctl = self->ctl;
	CHECK(!race_start(&r));
	while (race_more(&r)) {
		d.id = fresh_id();
		CHECK(!begin(&d, 0));
		CHECK(!wait_starts(d.ctl, d.id, 1));
		race_round(&r);
		CHECK(d.end == 0 || d.end == -EALREADY || d.end == -ENOENT);
		CHECK(!sys_finish(d.fd, 0, &f));
		CHECK(!one_outcome(&f, -ECANCELED));
		CHECK(!told_the_same(&d, &f));
		CHECK(sys_finish(d.fd, 0, &f) == -ESRCH);
		CHECK(!forget(d.ctl, d.id));
		CHECK(!nothing_lost(d.ctl, &self->before, 1));
		race_saw(&r, d.ret ? RIGHT_FIRST : LEFT_FIRST);
	}
	return race_end(&r, "cancel", "completion");
}

TEST_F(prov, X6_CANCEL_and_the_return_of_run)
{
	static const struct duel d = {
		.method = ACALL_TEST_COOP,
		.grace_ns = FOREVER,
	};

	EXPECT_EQ(0, fight(self, d));
}

TEST_F(prov, X6_CANCEL_and_the_return_of_a_run_that_a_hook_hurries)
{
	static const struct duel d = {
		.method = ACALL_TEST_NUDGE,
		.grace_ns = FOREVER,
	};

	EXPECT_EQ(0, fight(self, d));
}

TEST_F(prov, X6_CANCEL_and_the_return_of_a_run_with_a_hook_that_sleeps)
{
	static const struct duel d = {
		.method = ACALL_TEST_NUDGE_SLEEPABLE,
		.grace_ns = FOREVER,
	};

	EXPECT_EQ(0, fight(self, d));
}

TEST_F(prov, X6_ABANDON_and_the_return_of_run)
{
	static const struct duel d = {
		.method = ACALL_TEST_GATE,
		.flags = ACALL_CANCEL_ABANDON,
	};

	EXPECT_EQ(0, fight(self, d));
}

TEST_F(prov, X6_the_end_of_a_short_grace_and_the_return_of_run)
{
	static const struct duel d = {
		.method = ACALL_TEST_GATE,
		.grace_ns = MSEC,
	};

	EXPECT_EQ(0, fight(self, d));
}

TEST_F(prov, X6_CANCEL_and_a_completion_in_a_task)
{
	static const struct duel d = {
		.method = ACALL_TEST_PARK,
		.grace_ns = FOREVER,
	};

	EXPECT_EQ(0, fight(self, d));
}

TEST_F(prov, X6_CANCEL_and_a_completion_in_soft_interrupt)
{
	static const struct duel d = {
		.method = ACALL_TEST_PARK,
		.grace_ns = FOREVER,
		.context = ACALL_TEST_SOFTIRQ,
	};

	EXPECT_EQ(0, fight(self, d));
}

TEST_F(prov, X6_CANCEL_and_a_completion_in_hard_interrupt)
{
	static const struct duel d = {
		.method = ACALL_TEST_PARK,
		.grace_ns = FOREVER,
		.context = ACALL_TEST_HARDIRQ,
	};

	EXPECT_EQ(0, fight(self, d));
}

TEST_F(prov, X6_CANCEL_and_a_completion_on_another_processor)
{
	static const struct duel d = {
		.method = ACALL_TEST_PARK,
		.grace_ns = FOREVER,
		.context = ACALL_TEST_OTHER_CPU,
	};

	if (one_cpu())
		SKIP(return, "there is only one processor");
	EXPECT_EQ(0, fight(self, d));
}

TEST_F(prov, X6_a_hook_that_sleeps_and_a_completion)
{
	static const struct duel d = {
		.method = ACALL_TEST_PARK_SLEEPABLE,
		.grace_ns = FOREVER,
	};

	EXPECT_EQ(0, fight(self, d));
}

TEST_F(prov, X6_ABANDON_and_a_completion)
{
	static const struct duel d = {
		.method = ACALL_TEST_PARK_SLEEPABLE,
		.flags = ACALL_CANCEL_ABANDON,
	};

	EXPECT_EQ(0, fight(self, d));
}

/* The deadline is set so far ahead that the method has started, as a rule. */
static void until_deadline(void *arg)
{
	struct duel *d = arg;

	d->ret = sys_wait_until(d->fd, 0, FOREVER);
}

static int against_deadline(struct _test_data_prov *self, __u32 method)
{
	struct duel d = { .fd = self->fd, .ctl = self->ctl, .method = method,
			  .grace_ns = FOREVER };
	struct race r = { .left = until_deadline, .right = end, .arg = &d };
	__u64 ahead = 2 * MSEC;
	struct acall_finish f;

	CHECK(!race_start(&r));
	while (race_more(&r)) {
		bool queued = false;

		d.id = fresh_id();
		CHECK(!begin(&d, now_ns() + ahead));
		while (!queued && !ctl_get(d.ctl, d.id).starts)
			queued = state_of(d.fd) == ACALL_STATE_DONE;
		race_round(&r);
		CHECK(d.ret == 0);
		CHECK(!sys_finish(d.fd, 0, &f));
		CHECK(!one_outcome(&f, -ETIME));
		CHECK(!forget(d.ctl, d.id));
		CHECK(!nothing_lost(d.ctl, &self->before, 1));
		if (queued || f.outcome == ACALL_OUTCOME_NEVER_STARTED) {
			ahead += MSEC;
			race_saw(&r, UNDECIDED);
		} else if (f.outcome == ACALL_OUTCOME_COMPLETED) {
			race_saw(&r, RIGHT_FIRST);
			ahead -= ahead / 16;
		} else {
			race_saw(&r, LEFT_FIRST);
			ahead += ahead / 16;
		}
	}
	return race_end(&r, "deadline", "completion");
}

TEST_F(prov, B5_the_deadline_and_the_return_of_run)
{
	EXPECT_EQ(0, against_deadline(self, ACALL_TEST_COOP));
}

TEST_F(prov, B5_the_deadline_and_a_completion)
{
	EXPECT_EQ(0, against_deadline(self, ACALL_TEST_PARK));
}

TEST_F(prov, B5_the_deadline_and_a_run_that_a_hook_hurries)
{
	EXPECT_EQ(0, against_deadline(self, ACALL_TEST_NUDGE_SLEEPABLE));
}

/* A worker that is about to become stoppable, or just has been (R-FLAG). */
TEST_F(prov, X2_CANCEL_and_a_worker_on_its_way_into_a_killable_sleep)
{
	struct duel d = { .fd = self->fd, .ctl = self->ctl,
			  .method = ACALL_TEST_KILLABLE,
			  .grace_ns = FOREVER };
	struct race r = { .left = cancel, .right = end, .arg = &d,
			  .points = "KILLABLE_BEGIN 200 300" };
	struct acall_finish f;

	ASSERT_EQ(0, race_start(&r));
	while (race_more(&r)) {
		d.id = fresh_id();
		ASSERT_EQ(0, begin(&d, 0));
		ASSERT_EQ(0, wait_starts(d.ctl, d.id, 1));
		race_round(&r);
		ASSERT_EQ(0, sys_finish(d.fd, 0, &f));
		ASSERT_EQ(0, one_outcome(&f, -ECANCELED));
		ASSERT_EQ(0, told_the_same(&d, &f));
		ASSERT_EQ(0, forget(d.ctl, d.id));
		ASSERT_EQ(0, nothing_lost(d.ctl, &self->before, 1));
		ASSERT_EQ(0, ctl_get(d.ctl, 0).dirty);
		race_saw(&r, d.ret ? RIGHT_FIRST : LEFT_FIRST);
	}
	EXPECT_EQ(0, race_end(&r, "cancel", "completion"));
}

static void commit_it(void *arg)
{
	struct duel *d = arg;

	d->end = commit(d->ctl, d->id);
}

/* Either the effect happens and FINISH says so, or it does not [P5]. */
TEST_F(prov, P5_CANCEL_and_the_point_of_no_return)
{
	struct duel d = { .fd = self->fd, .ctl = self->ctl,
			  .method = ACALL_TEST_PARK,
			  .flags = ACALL_CANCEL_NOWAIT, .grace_ns = FOREVER };
	struct race r = { .left = cancel, .right = commit_it, .arg = &d };
	struct acall_test_custom arg = { 0 };
	struct acall_finish f;

	ASSERT_EQ(0, race_start(&r));
	while (race_more(&r)) {
		d.id = fresh_id();
		arg.id = d.id;
		ASSERT_EQ(0, sys_begin_custom(d.fd, d.method, &arg, NULL));
		race_round(&r);
		ASSERT_EQ(0, d.ret);
		ASSERT_TRUE(d.end == 0 || d.end == -ECANCELED);
		ASSERT_EQ(0, complete_once(d.ctl, d.id, -ECANCELED));
		ASSERT_EQ(0, sys_finish(d.fd, 0, &f));
		ASSERT_EQ(0, one_outcome(&f, -ECANCELED));
		ASSERT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
		ASSERT_EQ(!d.end, !!(f.result & ACALL_RESULT_COMMITTED));
		ASSERT_EQ(0, forget(d.ctl, d.id));
		ASSERT_EQ(0, nothing_lost(d.ctl, &self->before, 1));
		race_saw(&r, d.end ? LEFT_FIRST : RIGHT_FIRST);
	}
	EXPECT_EQ(0, race_end(&r, "cancel", "commit"));
}

struct caller_duel {
	struct duel duel;
	struct acall_call_args c;
	int called;
	__u64 cancelled;
};

static void cancel_caller(void *arg)
{
	struct caller_duel *d = arg;

	cancel(&d->duel);
	d->cancelled = now_ns();
}

static void call_short(void *arg)
{
	struct caller_duel *d = arg;

	d->called = sys_call(d->duel.fd, ACALL_TEST_SHORT, NULL, 0, &d->c);
}

/*
 * Its caller runs it: he is still inside when the call is abandoned, and is told
 * when he is out. A canceller that comes before there is a call was no party.
 */
TEST_F(prov, S3_ABANDON_and_a_short_method_in_CALL)
{
	struct caller_duel d = { .duel = { .fd = self->fd,
					   .flags = ACALL_CANCEL_ABANDON } };
	struct race r = { .left = cancel_caller, .right = call_short,
			  .arg = &d, .points = "START_ENTER 200 1000" };
	bool left;

	ASSERT_EQ(0, race_start(&r));
	while (race_more(&r)) {
		race_round(&r);
		ASSERT_EQ(0, d.called);
		left = d.c.outcome == ACALL_OUTCOME_ABANDONED;
		ASSERT_EQ(left ? -ECANCELED : 0, d.c.status);
		ASSERT_TRUE(left ||
			    d.c.outcome == ACALL_OUTCOME_COMPLETED);
		ASSERT_EQ(left ? 0 : -ESRCH, d.duel.ret);
		ASSERT_EQ(0, nothing_lost(self->ctl, &self->before, 1));
		if (!left && d.cancelled < d.c.begin_ns) {
			race_saw(&r, UNDECIDED);
			race_adapt(&r, LEFT_FIRST);
		} else {
			race_saw(&r, left ? LEFT_FIRST : RIGHT_FIRST);
		}
	}
	EXPECT_EQ(0, race_end(&r, "the canceller", "the method"));
}

/* Who still has a reference on a call that is over does not bring it back. */
TEST_F(prov, X13_by_id_of_a_call_that_is_over)
{
	struct acall_cancel c;
	struct acall_finish f;
	__u64 call_id;
	unsigned int i;

	ASSERT_EQ(0, delays_set("ENDED 5000"));
	for (i = 0; i < rounds(); i++) {
		ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0,
				       &call_id));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		ASSERT_EQ(-ESRCH, sys_cancel_id(self->dev, 0, call_id, 0, &c));
		ASSERT_EQ(ACALL_STATE_IDLE, c.state);
		ASSERT_EQ(ACALL_OUTCOME_NONE, c.outcome);
		ASSERT_EQ(0, c.call_id);
	}
	EXPECT_EQ(0, delays_reset());
}

#include "acall_main.h"
