// SPDX-License-Identifier: GPL-2.0-only
/*
 * A provider with parked calls goes [P8], and holds up nobody else [P9]. It is
 * "test-hot" that goes.
 */
#include "prov_util.h"

#define READY_GONE	(POLLIN | POLLHUP)

/* Brings "test-hot" back, whatever has happened to it. */
static int bring_back(int ctl)
{
	__u64 since = now_ns();
	int ret;

	do {
		ret = forget(ctl, 0) ?:
		      ctl_op(ctl, ACALL_TEST_OP_REGISTER, 0, 0, NULL);
		give_way();
	} while (ret == -EBUSY && !guard_expired(since));
	return ret == -EEXIST ? 0 : ret;
}

FIXTURE(gone)
{
	FIXTURE_DATA(prov) base;
	struct operator unregister;
	int dev;
	int ctl;
	int fd;			/* an object of "test-hot" */
	__u64 id;
};

FIXTURE_SETUP(gone)
{
	int ctl = open(DEV_CONTROL, O_RDWR | O_CLOEXEC);

	ASSERT_EQ(0, bring_back(ctl));
	close(ctl);
	prov_setup(_metadata, &self->base, NULL);
	self->dev = self->base.dev;
	self->ctl = self->base.ctl;
	self->id = self->base.id;
	self->fd = sys_create(self->dev, ACALL_TEST_HOT);
	ASSERT_LE(0, self->fd);
	self->unregister = (struct operator) {
		.ctl = self->ctl, .c.op = ACALL_TEST_OP_UNREGISTER,
	};
}

FIXTURE_TEARDOWN(gone)
{
	EXPECT_EQ(0, bring_back(self->ctl));
	prov_teardown(_metadata, &self->base, NULL);
}

static int unregister(int ctl)
{
	return ctl_op(ctl, ACALL_TEST_OP_UNREGISTER, 0, 0, NULL);
}

static int reregister(int ctl)
{
	return ctl_op(ctl, ACALL_TEST_OP_REGISTER, 0, 0, NULL);
}

/* FINISH gives this, exactly once. */
static int finish_once(int fd, __s32 status, __u32 outcome)
{
	struct acall_finish f;

	CHECK(!sys_finish(fd, 0, &f));
	CHECK(f.status == status);
	CHECK(f.outcome == outcome);
	CHECK(sys_finish_now(fd, &f) == -ESRCH);
	CHECK(readiness(fd) == POLLHUP);
	return 0;
}

TEST_F(gone, P8_the_hook_ends_what_runs)
{
	struct acall_test_custom arg = { .flags = ACALL_TEST_HOOK_COMPLETES };
	int fd[ARRAY_SIZE(hooked)];
	__u64 at[ARRAY_SIZE(hooked)];
	struct acall_query q;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		fd[i] = sys_create(self->dev, ACALL_TEST_HOT);
		at[i] = fresh_id();
		arg.id = at[i];
		ASSERT_EQ(0, park(fd[i], self->ctl, hooked[i], &arg));
	}
	ASSERT_EQ(0, unregister(self->ctl));
	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		/* It has returned: so has everything of the provider's. */
		EXPECT_EQ(1, ctl_get(self->ctl, at[i]).asks);
		EXPECT_EQ(1, ctl_get(self->ctl, at[i]).releases);
		EXPECT_EQ(READY_GONE, readiness(fd[i]));
		ASSERT_EQ(0, sys_query(fd[i], 0, &q));
		EXPECT_EQ(ACALL_REASON_PROVIDER, q.reason);
		EXPECT_EQ(0, finish_once(fd[i], -ENODEV,
					 ACALL_OUTCOME_STOPPED));
	}
	EXPECT_EQ(0, counter("executions"));
}

TEST_F(gone, P8_a_hook_that_refuses_is_told_only)
{
	struct acall_test_custom arg = { .refusals = ALWAYS,
					 .refuse = -EBUSY };
	struct acall_query q;
	unsigned int i, own;

	for (i = 0; i < ARRAY_SIZE(hooked) * 2; i++) {
		__u32 method = hooked[i / 2];
		int fd = sys_create(self->dev, ACALL_TEST_HOT);

		/* It stops later, or has a result of its own. */
		own = i & 1;
		arg.id = fresh_id();
		arg.ret = own ? -EDOM : -ECANCELED;
		ASSERT_EQ(0, park(fd, self->ctl, method, &arg));
		ASSERT_EQ(0, operator_start(&self->unregister));
		ASSERT_EQ(0, wait_answers(self->ctl, arg.id, 1));
		ASSERT_EQ(0, sys_query(fd, 0, &q));
		EXPECT_EQ(CANCELLING, q.state);
		EXPECT_EQ(ACALL_REASON_PROVIDER, q.reason);
		EXPECT_EQ(0, readiness(fd));
		EXPECT_EQ(0, operator_blocked(&self->unregister));
		ASSERT_EQ(0, end_call(self->ctl, method, arg.id, arg.ret));
		EXPECT_EQ(0, operator_join(&self->unregister));
		EXPECT_EQ(0, finish_once(fd, own ? -EDOM : -ENODEV, own ?
					 ACALL_OUTCOME_COMPLETED :
					 ACALL_OUTCOME_STOPPED));
		close(fd);
		ASSERT_EQ(0, reregister(self->ctl));
	}
}

TEST_F(gone, P8_told_also_if_the_hook_is_busy_refusing_a_client)
{
	static const __u32 custom[] = { ACALL_TEST_PARK,
					ACALL_TEST_PARK_SLEEPABLE };
	struct acall_test_custom arg = {
		.flags = ACALL_TEST_HOOK_WAITS | ACALL_TEST_HOOK_COMPLETES,
		.refusals = 1, .refuse = -EBUSY,
	};
	struct acall_query q;
	struct actor a;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(custom); i++) {
		int fd = sys_create(self->dev, ACALL_TEST_HOT), ret;

		if (!is_sleepable(custom[i]) && one_cpu())
			continue;
		arg.id = fresh_id();
		ASSERT_EQ(0, park(fd, self->ctl, custom[i], &arg));
		a = canceller(fd, 0, FOREVER);
		ASSERT_EQ(0, actor_start(&a));
		ASSERT_EQ(0, wait_asks(self->ctl, arg.id, 1));
		/* It has swept all calls when it sleeps. */
		ASSERT_EQ(0, operator_block(&self->unregister));
		ASSERT_EQ(0, pass_all(self->ctl, arg.id));
		EXPECT_EQ(0, operator_join(&self->unregister));
		EXPECT_EQ(2, ctl_get(self->ctl, arg.id).asks);
		ret = actor_join(&a);
		EXPECT_TRUE(!ret || ret == -EBUSY);
		ASSERT_EQ(0, sys_query(fd, 0, &q));
		EXPECT_EQ(0, finish_once(fd, q.reason == ACALL_REASON_PROVIDER ?
					 -ENODEV : -ECANCELED,
					 ACALL_OUTCOME_STOPPED));
		close(fd);
		ASSERT_EQ(0, reregister(self->ctl));
	}
}

TEST_F(gone, P8_what_cannot_be_cancelled_is_abandoned_and_waited_for)
{
	struct actor w = { .act = ACT_FINISH, .fd = self->fd };

	ASSERT_EQ(0, park_flags(self->fd, self->ctl, ACALL_TEST_PARK_FIXED,
				self->id, 0));
	ASSERT_EQ(0, actor_block(&w));
	ASSERT_EQ(0, operator_start(&self->unregister));
	/* Its client is freed after the method's own grace, which is short. */
	EXPECT_EQ(0, actor_join(&w));
	EXPECT_EQ(-ENODEV, w.finish.status);
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, w.finish.outcome);
	EXPECT_LE(w.finish.cancel_ns + 20 * MSEC, w.finish.end_ns);
	EXPECT_EQ(POLLHUP, readiness(self->fd));
	/* The provider has to stay as long as it may complete the call. */
	EXPECT_EQ(0, operator_blocked(&self->unregister));
	EXPECT_EQ(1, look(self->ctl, self->id));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).releases);
	EXPECT_EQ(-EBUSY, reregister(self->ctl));
	ASSERT_EQ(0, complete(self->ctl, self->id, 0));
	EXPECT_EQ(0, operator_join(&self->unregister));
	EXPECT_EQ(1, ctl_get(self->ctl, self->id).releases);
	EXPECT_EQ(0, counter("orphans"));
}

TEST_F(gone, P8_waits_for_start_for_a_hook_and_for_prepare)
{
	struct acall_test_arg gate = { .id = self->id };
	struct acall_test_custom arg = {
		.id = fresh_id(), .flags = ACALL_TEST_START_WAITS,
	};
	struct actor b = beginner(self->fd, ACALL_TEST_PARK, &arg);
	struct actor prepare = {
		.act = ACT_BEGIN, .fd = sys_create(self->dev, ACALL_TEST_HOT),
		.begin = { .method = ACALL_TEST_PREPARE_GATE,
			   .in = PTR(&gate), .in_len = sizeof(gate) },
	};
	int fd = sys_create(self->dev, ACALL_TEST_HOT), ret;
	struct acall_finish f;
	__u64 hook = fresh_id();

	/* Completed, with .start or the hook inside still. */
	ASSERT_EQ(0, actor_start(&b));
	ASSERT_EQ(0, wait_starts(self->ctl, arg.id, 1));
	ASSERT_EQ(0, complete(self->ctl, arg.id, -EDOM));
	ASSERT_EQ(0, park_flags(fd, self->ctl, ACALL_TEST_PARK_SLEEPABLE, hook,
				ACALL_TEST_HOOK_WAITS));
	ASSERT_EQ(0, actor_start(&prepare));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, operator_block(&self->unregister));
	ASSERT_EQ(0, wait_asks(self->ctl, hook, 1));
	ASSERT_EQ(0, complete(self->ctl, hook, -EDOM));
	/* Their clients have their results already. */
	EXPECT_EQ(0, finish_once(fd, -EDOM, ACALL_OUTCOME_COMPLETED));
	EXPECT_EQ(0, finish_once(self->fd, -EDOM, ACALL_OUTCOME_COMPLETED));

	ASSERT_EQ(0, open_gate(self->ctl, arg.id));
	EXPECT_EQ(0, actor_join(&b));
	ASSERT_EQ(0, wait_releases(self->ctl, arg.id, 1));
	EXPECT_EQ(0, operator_blocked(&self->unregister));
	ASSERT_EQ(0, pass(self->ctl, hook));
	ASSERT_EQ(0, wait_releases(self->ctl, hook, 1));
	EXPECT_EQ(0, operator_blocked(&self->unregister));
	EXPECT_FALSE(operator_ended(&self->unregister));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	/* Too late to be refused, too late to be run. */
	ret = actor_join(&prepare);
	EXPECT_EQ(0, operator_join(&self->unregister));
	EXPECT_TRUE(!ret || ret == -ENODEV);
	EXPECT_EQ(ret ? -ESRCH : 0, sys_finish_now(prepare.fd, &f));
	if (!ret) {
		EXPECT_EQ(-ENODEV, f.status);
		EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, f.outcome);
	}
}

TEST_F(gone, P8_results_with_output_and_files_stay_collectable)
{
	struct acall_test_custom arg = { .id = self->id, .out_len = 64,
					 .files = 2 };
	struct acall_test_file r;
	struct acall_finish f;
	__s32 files[2];
	__u8 out[64];
	int i;

	ASSERT_EQ(0, park(self->fd, self->ctl, ACALL_TEST_PARK, &arg));
	ASSERT_EQ(0, complete(self->ctl, self->id, 0));
	ASSERT_EQ(0, unregister(self->ctl));
	EXPECT_EQ(READY_GONE, readiness(self->fd));
	EXPECT_EQ(2, files_alive(self->ctl));
	f = (struct acall_finish) {
		.out = PTR(out), .out_len = sizeof(out),
		.files = PTR(files), .nr_files = 2,
	};
	ASSERT_EQ(0, sys_finish_struct(self->fd, &f));
	EXPECT_EQ(64, f.out_len);
	for (i = 0; i < 64; i++)
		EXPECT_EQ(i, out[i]);
	ASSERT_EQ(2, f.nr_files);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(sizeof(r), read(files[i], &r, sizeof(r)));
		EXPECT_EQ(i, r.index);
		close(files[i]);
	}
	EXPECT_EQ(POLLHUP, readiness(self->fd));
}

TEST_F(gone, P8_NO_CANCEL_does_not_bind_it)
{
	struct acall_test_custom arg = {
		.id = self->id, .flags = ACALL_TEST_HOOK_COMPLETES,
	};
	struct acall_begin b = {
		.size = sizeof(b), .flags = ACALL_BEGIN_NO_CANCEL,
		.method = ACALL_TEST_PARK, .in = PTR(&arg),
		.in_len = sizeof(arg),
	};

	ASSERT_EQ(0, sys_begin_struct(self->fd, &b));
	ASSERT_EQ(0, unregister(self->ctl));
	EXPECT_EQ(0, finish_once(self->fd, -ENODEV, ACALL_OUTCOME_STOPPED));
}

TEST_F(gone, P8_waits_for_a_call_whose_client_is_gone)
{
	/* Closed, and left to run since it cannot be cancelled. */
	ASSERT_EQ(0, park_flags(self->fd, self->ctl, ACALL_TEST_PARK_FIXED,
				self->id, 0));
	close(self->fd);
	ASSERT_EQ(0, operator_block(&self->unregister));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).releases);
	ASSERT_EQ(0, complete(self->ctl, self->id, 0));
	EXPECT_EQ(0, operator_join(&self->unregister));
	EXPECT_EQ(1, ctl_get(self->ctl, self->id).releases);
}

TEST_F(gone, P8_many_parked_calls_have_one_outcome_each)
{
	enum { MANY = 300 };
	struct rlimit nofile = { MANY + 100, MANY + 100 };
	struct acall_test_custom arg = { .flags = ACALL_TEST_HOOK_COMPLETES };
	static int fd[MANY];
	int i;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &nofile));
	for (i = 0; i < MANY; i++) {
		fd[i] = sys_create(self->dev, ACALL_TEST_HOT);
		ASSERT_LE(0, fd[i]);
		arg.id = fresh_id();
		ASSERT_EQ(0, park(fd[i], self->ctl, i & 1 ? ACALL_TEST_PARK :
				  ACALL_TEST_PARK_SLEEPABLE, &arg));
	}
	ASSERT_EQ(0, unregister(self->ctl));
	EXPECT_EQ(0, counter("executions"));
	for (i = 0; i < MANY; i++)
		ASSERT_EQ(0, finish_once(fd[i], -ENODEV,
					 ACALL_OUTCOME_STOPPED));
}

TEST_F(gone, P8_racing_with_a_completion)
{
	int i, completed = 0, stopped = 0;
	struct acall_test_custom arg = { .flags = ACALL_TEST_HOOK_COMPLETES };
	pthread_barrier_t barrier;
	__u64 since = now_ns();
	struct acall_finish f;
	struct operator o;
	int fd;

	pthread_barrier_init(&barrier, NULL, 2);
	self->unregister.barrier = &barrier;
	/* Until either order was there. */
	for (i = 0; i < 50 || !completed || !stopped; i++) {
		ASSERT_FALSE(guard_expired(since));
		fd = sys_create(self->dev, ACALL_TEST_HOT);
		ASSERT_LE(0, fd);
		arg.id = fresh_id();
		ASSERT_EQ(0, park(fd, self->ctl, i & 2 ? ACALL_TEST_PARK :
				  ACALL_TEST_PARK_SLEEPABLE, &arg));
		o = (struct operator) {
			.ctl = self->ctl, .barrier = &barrier,
			.c = { .op = ACALL_TEST_OP_COMPLETE_ONCE,
			       .id = arg.id, .ret = -EDOM },
		};
		if (i & 1)
			ASSERT_EQ(0, operator_start(&o));
		ASSERT_EQ(0, operator_start(&self->unregister));
		if (!(i & 1))
			ASSERT_EQ(0, operator_start(&o));
		operator_join(&o);
		ASSERT_EQ(0, operator_join(&self->unregister));
		ASSERT_EQ(0, sys_finish_now(fd, &f));
		if (o.ret) {
			stopped++;
			ASSERT_EQ(-ENODEV, f.status);
			ASSERT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
		} else {
			completed++;
			ASSERT_EQ(-EDOM, f.status);
			ASSERT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
		}
		ASSERT_EQ(1, ctl_get(self->ctl, arg.id).releases);
		close(fd);
		ASSERT_EQ(0, reregister(self->ctl));
	}
	pthread_barrier_destroy(&barrier);
}

TEST_F(gone, P9_stuck_hooks_do_not_hold_up_another_provider)
{
	enum { STUCK = 20 };
	struct acall_test_custom arg = { .flags = ACALL_TEST_HOOK_COMPLETES };
	struct acall_cancel c;
	struct acall_finish f;
	__u64 at[STUCK];
	int fd[STUCK], i;

	for (i = 0; i < STUCK; i++) {
		fd[i] = sys_create(self->dev, ACALL_TEST_HOT);
		at[i] = fresh_id();
		ASSERT_EQ(0, park_flags(fd[i], self->ctl,
					ACALL_TEST_PARK_SLEEPABLE, at[i],
					ACALL_TEST_HOOK_WAITS));
		ASSERT_EQ(0, sys_cancel(fd[i], ACALL_CANCEL_NOWAIT, 0, FOREVER,
					&c));
	}
	ASSERT_EQ(0, wait_asks(self->ctl, at[0], 1));
	for (i = 0; i < 20; i++) {
		arg.id = fresh_id();
		ASSERT_EQ(0, park(self->base.fd, self->ctl, hooked[i % 4],
				  &arg));
		ASSERT_EQ(0, sys_cancel(self->base.fd, 0, 0, FOREVER, &c));
		ASSERT_EQ(0, sys_finish(self->base.fd, 0, &f));
		ASSERT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
		ASSERT_EQ(0, wait_releases(self->ctl, arg.id, 1));
	}
	EXPECT_EQ(0, ctl_get(self->ctl, at[0]).answers);
	for (i = 0; i < STUCK; i++) {
		ASSERT_EQ(0, pass(self->ctl, at[i]));
		ASSERT_EQ(0, complete(self->ctl, at[i], -ECANCELED));
	}
	for (i = 0; i < STUCK; i++) {
		ASSERT_EQ(0, sys_finish(fd[i], 0, &f));
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
	}
}

struct other_user {
	int ctl;
	__u64 id;
};

static int cancel_a_sleepable_one(void *arg)
{
	struct other_user *u = arg;
	struct acall_test_custom in = {
		.id = u->id, .flags = ACALL_TEST_HOOK_COMPLETES,
	};
	struct acall_cancel c;
	struct acall_finish f;
	int fd;

	CHECK(!become(UID_A));
	fd = sys_object(ACALL_TEST_HOT);
	CHECK(fd >= 0);
	CHECK(!park(fd, u->ctl, ACALL_TEST_PARK_SLEEPABLE, &in));
	CHECK(!sys_cancel(fd, 0, 0, FOREVER, &c));
	CHECK(!sys_finish(fd, 0, &f));
	CHECK(f.outcome == ACALL_OUTCOME_STOPPED);
	return 0;
}

TEST_F(gone, P9_nor_another_users_calls_of_the_same_one)
{
	struct other_user u = { self->ctl, fresh_id() };
	struct acall_cancel c;
	struct acall_finish f;

	ASSERT_EQ(0, park_flags(self->fd, self->ctl, ACALL_TEST_PARK_SLEEPABLE,
				self->id, ACALL_TEST_HOOK_WAITS));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	ASSERT_EQ(0, wait_asks(self->ctl, self->id, 1));
	EXPECT_EQ(0, child_run(cancel_a_sleepable_one, &u));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).answers);
	ASSERT_EQ(0, pass(self->ctl, self->id));
	ASSERT_EQ(0, complete(self->ctl, self->id, -ECANCELED));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
}

#include "acall_main.h"
