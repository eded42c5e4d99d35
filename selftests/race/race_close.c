// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last close of an object against who cancels its call by id [C4, X13], and
 * against the end of the call. The call outlives the object, so who was first is
 * read from the listing, or from whether the method has seen a cancel. Exactly one
 * reason, nothing is lost, and close never blocks.
 */
#include "race_util.h"

struct closing {
	int dev;
	int ctl;
	int fd;
	__u64 id;
	__u64 call_id;
	__u32 method;
	int ret;
	struct acall_cancel c;
};

static void close_it(void *arg)
{
	close(((struct closing *)arg)->fd);
}

static void cancel_by_id(void *arg)
{
	struct closing *x = arg;

	x->ret = sys_cancel_id(x->dev, ACALL_CANCEL_NOWAIT, x->call_id,
			       FOREVER, &x->c);
}

static void end(void *arg)
{
	struct closing *x = arg;

	x->ret = is_custom(x->method) ? complete_once(x->ctl, x->id, 0) :
					open_gate(x->ctl, x->id);
}

static int begin(struct closing *x, __u32 method, __u32 files)
{
	struct acall_test_custom arg = { .files = files };
	int ret;

	x->id = fresh_id();
	x->method = method;
	x->fd = sys_create(x->dev, ACALL_TEST_INTERFACE);
	CHECK(x->fd >= 0);
	if (method == ACALL_TEST_LATE || method == ACALL_TEST_COOP) {
		ret = sys_begin_arg(x->fd, method, x->id, 0, 0, &x->call_id);
	} else {
		arg.id = x->id;
		arg.flags = ACALL_TEST_HOOK_COMPLETES;
		ret = sys_begin_custom(x->fd, method, &arg, &x->call_id);
	}
	CHECK(!ret);
	CHECK(!wait_starts(x->ctl, x->id, 1));
	return 0;
}

/* late sees the cancel and runs on: it can be listed afterwards. */
TEST_F(prov, C4_the_last_close_and_CANCEL_ID)
{
	struct closing x = { .dev = self->dev, .ctl = self->ctl };
	struct race r = { .left = close_it, .right = cancel_by_id, .arg = &x };
	int reason;

	ASSERT_EQ(0, race_start(&r));
	while (race_more(&r)) {
		ASSERT_EQ(0, begin(&x, ACALL_TEST_LATE, 0));
		race_round(&r);
		reason = listed_reason(self->dev, x.call_id);
		if (x.ret) {
			ASSERT_EQ(-EALREADY, x.ret);
			ASSERT_EQ(ACALL_REASON_CLOSE, reason);
		} else {
			ASSERT_EQ(ACALL_REASON_ADMIN, reason);
		}
		ASSERT_EQ(0, wait_seen(self->ctl, x.id, 1));
		ASSERT_EQ(0, forget(self->ctl, x.id));
		ASSERT_EQ(0, nothing_lost(self->ctl, &self->before, 1));
		ASSERT_EQ(-ESRCH, sys_cancel_id(self->dev, 0, x.call_id, 0,
						&x.c));
		race_saw(&r, x.ret ? LEFT_FIRST : RIGHT_FIRST);
	}
	EXPECT_EQ(0, race_end(&r, "close", "cancel"));
}

static int against_end(struct _test_data_prov *self, __u32 method, __u32 files)
{
	struct closing x = { .dev = self->dev, .ctl = self->ctl };
	struct race r = { .left = close_it, .right = end, .arg = &x };
	__u64 seen;

	CHECK(!race_start(&r));
	while (race_more(&r)) {
		CHECK(!begin(&x, method, files));
		race_round(&r);
		CHECK(!wait_counter("executions", 0));
		seen = ctl_get(self->ctl, x.id).seen;
		CHECK(seen <= 1);
		CHECK(!forget(self->ctl, x.id));
		/* Result files too, whoever had them last. */
		CHECK(!nothing_lost(self->ctl, &self->before, 1));
		race_saw(&r, seen ? LEFT_FIRST : RIGHT_FIRST);
	}
	return race_end(&r, "close", "completion");
}

TEST_F(prov, C4_the_last_close_and_the_return_of_run)
{
	EXPECT_EQ(0, against_end(self, ACALL_TEST_COOP, 0));
}

TEST_F(prov, C4_the_last_close_and_a_completion)
{
	EXPECT_EQ(0, against_end(self, ACALL_TEST_PARK, 0));
}

TEST_F(prov, C4_the_last_close_with_a_hook_that_sleeps)
{
	EXPECT_EQ(0, against_end(self, ACALL_TEST_PARK_SLEEPABLE, 0));
}

TEST_F(prov, F7_the_last_close_and_result_files)
{
	EXPECT_EQ(0, against_end(self, ACALL_TEST_FILES, 3));
}

/* CANCEL on the object holds the file: its cancel comes first or not at all. */
static void cancel_by_fd(void *arg)
{
	struct closing *x = arg;

	x->ret = sys_cancel(x->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER, &x->c);
}

TEST_F(prov, C4_close_and_CANCEL_on_the_same_descriptor)
{
	struct closing x = { .dev = self->dev, .ctl = self->ctl };
	struct race r = { .left = close_it, .right = cancel_by_fd, .arg = &x };

	ASSERT_EQ(0, race_start(&r));
	while (race_more(&r)) {
		int reason;

		ASSERT_EQ(0, begin(&x, ACALL_TEST_LATE, 0));
		race_round(&r);
		/* The last reference may be the canceller's, already gone. */
		reason = listed_reason(self->dev, x.call_id);
		if (x.ret) {
			ASSERT_EQ(-EBADF, x.ret);
			ASSERT_EQ(ACALL_REASON_CLOSE, reason);
		} else {
			ASSERT_EQ(ACALL_REASON_CLIENT, reason);
		}
		ASSERT_EQ(0, forget(self->ctl, x.id));
		ASSERT_EQ(0, nothing_lost(self->ctl, &self->before, 1));
		race_saw(&r, x.ret ? LEFT_FIRST : RIGHT_FIRST);
	}
	EXPECT_EQ(0, race_end(&r, "close", "cancel"));
}

#include "acall_main.h"
