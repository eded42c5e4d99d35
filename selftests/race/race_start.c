// SPDX-License-Identifier: GPL-2.0-only
/*
 * CANCEL against the start of the call [X3]: of a call that is being begun, and of
 * one that waits for its turn. If CANCEL is first, it never starts and says so:
 * provider code was not entered. If not, it is stopped.
 */
#include "race_util.h"

struct start {
	int fd;
	int ctl;
	__u32 method;
	__u64 id;
	__u64 hold_id;		/* who has the only slot */
	int begun;
	int ret;
	struct acall_cancel c;
};

static void begin(void *arg)
{
	struct start *x = arg;
	struct acall_test_custom custom = {
		.id = x->id, .flags = ACALL_TEST_HOOK_COMPLETES,
	};

	if (x->method == ACALL_TEST_COOP)
		x->begun = sys_begin_arg(x->fd, x->method, x->id, 0, 0, NULL);
	else
		x->begun = sys_begin_custom(x->fd, x->method, &custom, NULL);
}

static void cancel(void *arg)
{
	struct start *x = arg;

	x->ret = sys_cancel(x->fd, 0, 0, FOREVER, &x->c);
}

/* Provider code was entered, or it was not. */
static int check(struct start *x, const struct acall_finish *f)
{
	struct acall_test_control c = ctl_get(x->ctl, x->id);

	CHECK(!one_outcome(f, -ECANCELED));
	CHECK(f->outcome == x->c.outcome && f->call_id == x->c.call_id);
	if (f->outcome == ACALL_OUTCOME_NEVER_STARTED) {
		CHECK(!c.starts && !c.seen && !c.asks);
	} else {
		CHECK(f->outcome == ACALL_OUTCOME_STOPPED);
		CHECK(c.starts == 1 && c.seen == 1);
	}
	return 0;
}

static int against_begin(struct _test_data_prov *self, __u32 method,
			 const char *points)
{
	struct start x = { .fd = self->fd, .ctl = self->ctl,
			   .method = method };
	struct race r = { .left = cancel, .right = begin, .arg = &x,
			  .points = points };
	struct acall_finish f;
	int early;

	CHECK(!race_start(&r));
	while (race_more(&r)) {
		x.id = fresh_id();
		race_round(&r);
		CHECK(!x.begun);
		early = x.ret;
		if (early) {
			/* There was no call yet. */
			CHECK(early == -ESRCH && x.c.call_id == 0);
			CHECK(!sys_cancel(x.fd, 0, 0, FOREVER, &x.c));
			race_adapt(&r, LEFT_FIRST);
		}
		CHECK(!sys_finish(x.fd, 0, &f));
		CHECK(!check(&x, &f));
		CHECK(!forget(x.ctl, x.id));
		CHECK(!nothing_lost(x.ctl, &self->before, 1));
		race_saw(&r, early ? UNDECIDED :
			     f.outcome == ACALL_OUTCOME_NEVER_STARTED ?
			     LEFT_FIRST : RIGHT_FIRST);
	}
	return race_end(&r, "cancel", "start");
}

TEST_F(prov, X3_CANCEL_and_BEGIN_of_a_call_that_runs_at_once)
{
	EXPECT_EQ(0, against_begin(self, ACALL_TEST_COOP, "START 200 300"));
}

TEST_F(prov, X3_CANCEL_and_BEGIN_of_a_call_with_a_hook)
{
	EXPECT_EQ(0, against_begin(self, ACALL_TEST_NUDGE_SLEEPABLE,
				   "START_ENTER 200 300"));
}

TEST_F(prov, X3_CANCEL_and_BEGIN_of_a_custom_call)
{
	EXPECT_EQ(0, against_begin(self, ACALL_TEST_PARK, "START 3000 1000"));
}

TEST_F(prov, X3_CANCEL_and_BEGIN_of_a_custom_call_whose_hook_sleeps)
{
	EXPECT_EQ(0, against_begin(self, ACALL_TEST_PARK_SLEEPABLE,
				   "START 3000 500"));
}

static void let_it_start(void *arg)
{
	struct start *x = arg;

	x->begun = open_gate(x->ctl, x->hold_id);
}

static int against_turn(struct _test_data_prov *self, __u32 method)
{
	struct start x = { .ctl = self->ctl, .method = method };
	struct race r = { .left = cancel, .right = let_it_start, .arg = &x };
	struct acall_finish f;
	int holder;

	holder = sys_create(self->dev, ACALL_TEST_NARROW);
	x.fd = sys_create(self->dev, ACALL_TEST_NARROW);
	CHECK(holder >= 0 && x.fd >= 0);
	CHECK(!race_start(&r));
	while (race_more(&r)) {
		x.hold_id = fresh_id();
		x.id = fresh_id();
		CHECK(!one_call(holder, x.ctl, ACALL_TEST_GATE, x.hold_id,
				NULL));
		begin(&x);
		CHECK(!x.begun && state_of(x.fd) == ACALL_STATE_QUEUED);
		race_round(&r);
		CHECK(!x.begun && !x.ret);
		CHECK(!sys_finish(x.fd, 0, &f));
		CHECK(!check(&x, &f));
		CHECK(!sys_finish(holder, 0, &f));
		CHECK(f.outcome == ACALL_OUTCOME_COMPLETED);
		CHECK(!forget(x.ctl, x.id) && !forget(x.ctl, x.hold_id));
		CHECK(!nothing_lost(x.ctl, &self->before, 3));
		race_saw(&r, x.c.outcome == ACALL_OUTCOME_NEVER_STARTED ?
			     LEFT_FIRST : RIGHT_FIRST);
	}
	return race_end(&r, "cancel", "start");
}

TEST_F(prov, X3_CANCEL_and_the_turn_of_a_queued_call)
{
	EXPECT_EQ(0, against_turn(self, ACALL_TEST_COOP));
}

TEST_F(prov, X3_CANCEL_and_the_turn_of_a_queued_call_with_a_hook)
{
	EXPECT_EQ(0, against_turn(self, ACALL_TEST_NUDGE));
}

/* Two BEGINs on one object: one of them, and who loses has undone it all [B7]. */
struct begins {
	int fd;
	__u64 left_id, right_id;
	int left, right;
};

static void begin_left(void *arg)
{
	struct begins *x = arg;

	x->left = sys_begin_arg(x->fd, ACALL_TEST_COOP, x->left_id, 0, 0,
				NULL);
}

static void begin_right(void *arg)
{
	struct begins *x = arg;

	x->right = sys_begin_arg(x->fd, ACALL_TEST_COOP, x->right_id, 0, 0,
				 NULL);
}

TEST_F(prov, B7_BEGIN_and_BEGIN)
{
	struct begins x = { .fd = self->fd };
	struct race r = { .left = begin_left, .right = begin_right, .arg = &x,
			  .points = "BEGIN_QUEUED 200 500" };
	struct acall_finish f;

	ASSERT_EQ(0, race_start(&r));
	while (race_more(&r)) {
		x.left_id = fresh_id();
		x.right_id = fresh_id();
		race_round(&r);
		ASSERT_EQ(-EBUSY, x.left + x.right);
		ASSERT_TRUE(!x.left || !x.right);
		ASSERT_EQ(0, open_gate(self->ctl,
				       x.left ? x.right_id : x.left_id));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		ASSERT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
		ASSERT_EQ(0, ctl_get(self->ctl, x.left ? x.left_id :
						x.right_id).starts);
		ASSERT_EQ(0, forget(self->ctl, x.left_id));
		ASSERT_EQ(0, forget(self->ctl, x.right_id));
		ASSERT_EQ(0, nothing_lost(self->ctl, &self->before, 1));
		race_saw(&r, x.left ? RIGHT_FIRST : LEFT_FIRST);
	}
	EXPECT_EQ(0, race_end(&r, "one", "the other"));
}

#include "acall_main.h"
