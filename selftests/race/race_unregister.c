// SPDX-License-Identifier: GPL-2.0-only
/*
 * BEGIN and CREATE against the way out of their provider [P8, R-UNREG]: ENODEV,
 * or a call with exactly one outcome, which unregistration has waited for. Its
 * result can be collected afterwards, and the object stays without a provider
 * [C5].
 */
#include "race_util.h"
#include "queue/queue_util.h"

struct leave {
	int ctl;
	int dev;
	int fd;
	__u32 method;
	__u64 id;
	int ret;
	int left;
};

static void unregister(void *arg)
{
	struct leave *x = arg;

	x->left = ctl_op(x->ctl, ACALL_TEST_OP_UNREGISTER, 0, 0, NULL);
}

static void begin(void *arg)
{
	struct leave *x = arg;
	struct acall_test_custom custom = {
		.id = x->id, .flags = ACALL_TEST_HOOK_COMPLETES,
	};

	switch (x->method) {
	case ACALL_TEST_COOP:
		x->ret = sys_begin_arg(x->fd, x->method, x->id, 0, 0, NULL);
		break;
	case ACALL_TEST_INLINE_ECHO:
		x->ret = sys_begin(x->fd, x->method, "echo", 5, NULL);
		break;
	default:
		x->ret = sys_begin_custom(x->fd, x->method, &custom, NULL);
		break;
	}
}

static int bring_back(int ctl)
{
	int ret = ctl_op(ctl, ACALL_TEST_OP_REGISTER, 0, 0, NULL);

	return ret == -EEXIST ? 0 : ret;
}

/* What a call that was accepted has become of. */
static int collect(const struct leave *x)
{
	struct acall_finish f;
	char out[8];

	CHECK(readiness(x->fd) == (POLLIN | POLLHUP));
	CHECK(!sys_finish_out(x->fd, out, sizeof(out), &f));
	CHECK(!one_outcome(&f, -ENODEV));
	if (x->method == ACALL_TEST_INLINE_ECHO)
		CHECK(f.outcome == ACALL_OUTCOME_COMPLETED && f.out_len == 5);
	else
		CHECK(f.outcome == ACALL_OUTCOME_STOPPED ||
		      f.outcome == ACALL_OUTCOME_NEVER_STARTED);
	return 0;
}

static int race(struct _test_data_prov *self, __u32 method, const char *points)
{
	struct leave x = { .ctl = self->ctl, .dev = self->dev,
			   .method = method };
	struct race r = { .left = begin, .right = unregister, .arg = &x,
			  .points = points };

	CHECK(!bring_back(x.ctl));
	CHECK(!race_start(&r));
	while (race_more(&r)) {
		x.id = fresh_id();
		x.fd = sys_create(x.dev, ACALL_TEST_HOT);
		CHECK(x.fd >= 0);
		race_round(&r);
		CHECK(!x.left);
		CHECK(counter("executions") == 0);
		if (x.ret)
			CHECK(x.ret == -ENODEV);
		else
			CHECK(!collect(&x));
		CHECK(readiness(x.fd) == POLLHUP);
		CHECK(sys_begin(x.fd, ACALL_TEST_NOP, NULL, 0, NULL) ==
		      -ENODEV);
		CHECK(!close(x.fd));
		CHECK(!forget(x.ctl, x.id));
		CHECK(!nothing_lost(x.ctl, &self->before, 1));
		CHECK(!bring_back(x.ctl));
		race_saw(&r, x.ret ? RIGHT_FIRST : LEFT_FIRST);
	}
	return race_end(&r, "begin", "unregistration");
}

TEST_F(prov, P8_BEGIN_and_unregistration)
{
	EXPECT_EQ(0, race(self, ACALL_TEST_COOP, "BEGIN_PINNED 200 300"));
}

TEST_F(prov, P8_BEGIN_of_a_method_with_a_hook_and_unregistration)
{
	EXPECT_EQ(0, race(self, ACALL_TEST_NUDGE_SLEEPABLE,
			  "BEGIN_ENQUEUE 200 300"));
}

TEST_F(prov, P8_BEGIN_of_a_custom_method_and_unregistration)
{
	EXPECT_EQ(0, race(self, ACALL_TEST_PARK, "BEGIN_GONE 200 1000"));
}

TEST_F(prov, P8_BEGIN_of_an_inline_method_and_unregistration)
{
	EXPECT_EQ(0, race(self, ACALL_TEST_INLINE_ECHO,
			  "UNREGISTER_SWEEP 200 300"));
}

/* An instance has sessions: each .open has its .close, and no more. */
enum { INSTANCE = 3 };

static void unregister_instance(void *arg)
{
	struct leave *x = arg;

	x->left = ctl_op(x->ctl, ACALL_TEST_OP_INSTANCE_UNREGISTER, INSTANCE,
			 0, NULL);
}

static void create(void *arg)
{
	struct leave *x = arg;

	x->fd = sys_create(x->dev, "test-inst.3");
}

static void close_it(void *arg)
{
	close(((struct leave *)arg)->fd);
}

static int sessions_closed(int ctl)
{
	struct acall_test_control c = ctl_get(ctl, 0);

	return c.opens == c.closes ? 0 : -EPROTO;
}

static void *unregister_main(void *arg)
{
	unregister(arg);
	return NULL;
}

/* Nobody can have an object of it any more: it is going. */
static int wait_gone(int dev)
{
	__u64 since = now_ns();
	int fd;

	do {
		fd = sys_create(dev, ACALL_TEST_HOT);
		if (fd < 0)
			return 0;
		close(fd);
	} while (!guard_expired(since));
	return -ETIMEDOUT;
}

/*
 * Those that run end when the sweep has not come to those that wait: these are not
 * started in their place [P8].
 */
TEST_F(prov, P8_what_waits_when_unregistration_begins_never_starts)
{
	struct leave x = { .ctl = self->ctl };
	struct acall_completion c;
	int n, running, calls;
	unsigned int round;
	pthread_t thread;
	struct queue q;
	__u64 id;

	ASSERT_EQ(0, bring_back(self->ctl));
	running = user_share(self->dev, ACALL_TEST_HOT);
	ASSERT_LT(0, running);
	calls = 2 * running;
	ASSERT_EQ(0, delays_set("UNREGISTER_SWEEP 10000 1000"));
	for (round = 0; round < 1 + rounds() / 20; round++) {
		id = fresh_id();
		ASSERT_EQ(0, queue_open(&q, self->dev, ACALL_TEST_HOT, calls,
					0));
		for (n = 0; n < calls; n++)
			ASSERT_EQ(0, queue_begin_arg(&q, ACALL_TEST_GATE, id,
						     NULL));
		ASSERT_EQ(0, wait_starts(self->ctl, id, running));
		ASSERT_EQ(0, pthread_create(&thread, NULL, unregister_main,
					    &x));
		ASSERT_EQ(0, wait_gone(self->dev));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		pthread_join(thread, NULL);
		ASSERT_EQ(0, x.left);
		EXPECT_EQ(running, ctl_get(self->ctl, id).starts);
		for (n = 0; !queue_read(&q, &c); n++)
			ASSERT_EQ(c.outcome == ACALL_OUTCOME_COMPLETED ?
				  0 : -ENODEV, c.status);
		EXPECT_EQ(calls, n);
		ASSERT_EQ(0, queue_close(&q));
		ASSERT_EQ(0, forget(self->ctl, id));
		ASSERT_EQ(0, bring_back(self->ctl));
	}
	EXPECT_EQ(0, delays_reset());
}

/* One that ENTER runs itself, in the slot of the one before. */
struct entry {
	struct leave leave;
	struct queue q;
	struct acall_enter e;
	int ret;
};

static void enter_one(void *arg)
{
	struct entry *x = arg;

	x->ret = sys_enter(x->q.fd, 1, 1, FOREVER, &x->e);
}

static void unregister_it(void *arg)
{
	unregister(&((struct entry *)arg)->leave);
}

TEST_F(prov, P8_ENTER_of_a_short_method_and_unregistration)
{
	struct entry x = { .leave = { .ctl = self->ctl } };
	struct race r = { .left = enter_one, .right = unregister_it,
			  .arg = &x, .points = "ENTER_PINNED 200 300" };
	struct acall_submission s = sub(ACALL_TEST_SHORT, NULL, 0);
	struct acall_completion c;

	ASSERT_EQ(0, bring_back(self->ctl));
	ASSERT_EQ(0, race_start(&r));
	while (race_more(&r)) {
		ASSERT_EQ(0, queue_open(&x.q, self->dev, ACALL_TEST_HOT, 4, 0));
		ASSERT_NE(NULL, queue_put(&x.q, &s));
		enter_one(&x);
		ASSERT_EQ(0, x.ret);
		ASSERT_EQ(0, queue_read(&x.q, &c));
		ASSERT_NE(NULL, queue_put(&x.q, &s));
		race_round(&r);
		ASSERT_EQ(0, x.leave.left);
		ASSERT_EQ(0, counter("executions"));
		if (x.e.begun) {
			ASSERT_EQ(0, x.ret);
			ASSERT_EQ(0, queue_read(&x.q, &c));
			ASSERT_TRUE(is_completed(&c) ||
				    (c.status == -ENODEV && c.outcome ==
				     ACALL_OUTCOME_NEVER_STARTED));
		} else {
			/* Taken or not, it is not begun. */
			ASSERT_EQ(-ESRCH, x.ret);
			ASSERT_TRUE(x.e.taken || x.e.error == -ENODEV);
		}
		race_saw(&r, x.e.begun ? LEFT_FIRST : RIGHT_FIRST);
		ASSERT_EQ(0, queue_close(&x.q));
		ASSERT_EQ(0, bring_back(self->ctl));
	}
	EXPECT_EQ(0, race_end(&r, "enter", "unregistration"));
}

TEST_F(prov, P10_CREATE_and_unregistration_of_an_instance)
{
	struct leave x = { .ctl = self->ctl, .dev = self->dev };
	struct race r = { .left = create, .right = unregister_instance,
			  .arg = &x, .points = "CREATE_PINNED 200 300" };

	ASSERT_EQ(0, race_start(&r));
	while (race_more(&r)) {
		ASSERT_EQ(0, ctl_op(x.ctl, ACALL_TEST_OP_INSTANCE_REGISTER,
				    INSTANCE, 0, NULL));
		race_round(&r);
		ASSERT_EQ(0, x.left);
		/* When it was gone every session was closed. */
		ASSERT_EQ(0, sessions_closed(x.ctl));
		race_saw(&r, x.fd < 0 ? RIGHT_FIRST : LEFT_FIRST);
		if (x.fd < 0) {
			ASSERT_TRUE(x.fd == -ENODEV || x.fd == -ENOENT);
		} else {
			ASSERT_EQ(POLLHUP, readiness(x.fd));
			ASSERT_EQ(0, close(x.fd));
		}
		ASSERT_EQ(0, nothing_lost(x.ctl, &self->before, 1));
		ASSERT_EQ(0, sessions_closed(x.ctl));
	}
	EXPECT_EQ(0, race_end(&r, "create", "unregistration"));
}

/* Who has called .close cannot be told, only that it was called once. */
TEST_F(prov, P10_close_and_unregistration_of_an_instance)
{
	struct leave x = { .ctl = self->ctl, .dev = self->dev };
	struct race r = { .left = close_it, .right = unregister_instance,
			  .arg = &x, .points = "SESSION_CLOSE 200 500" };
	struct acall_test_control before = ctl_get(x.ctl, 0), now;

	ASSERT_EQ(0, race_start(&r));
	while (r.rounds < rounds() * 2) {
		ASSERT_EQ(0, ctl_op(x.ctl, ACALL_TEST_OP_INSTANCE_REGISTER,
				    INSTANCE, 0, NULL));
		create(&x);
		ASSERT_LE(0, x.fd);
		race_round(&r);
		ASSERT_EQ(0, x.left);
		/* As far apart as it goes, either way. */
		r.shift = (r.rounds & 1 ? 1 : -1) *
			  (__s64)roll(&r.dice[0], 500 * 1000);
		ASSERT_EQ(0, nothing_lost(x.ctl, &self->before, 1));
		now = ctl_get(x.ctl, 0);
		ASSERT_EQ(r.rounds, now.opens - before.opens);
		ASSERT_EQ(r.rounds, now.closes - before.closes);
	}
	ASSERT_EQ(0, delays_reset());
}

#include "acall_main.h"
