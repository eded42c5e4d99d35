// SPDX-License-Identifier: GPL-2.0-only
/*
 * Methods that run inside BEGIN [B1] and what a cancel finds of them; and what a
 * client is told of each kind of method before it calls one.
 */
#include "prov_util.h"

static const __u32 inlines[] = {
	ACALL_TEST_INLINE_WHOAMI, ACALL_TEST_INLINE_ECHO,
	ACALL_TEST_INLINE_FAIL, ACALL_TEST_INLINE_GATE,
};

TEST_F(prov, B1_an_inline_call_is_done_when_BEGIN_returns)
{
	struct acall_finish f;
	struct acall_query q;
	char out[16] = "";
	__u64 call_id;
	int i;

	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_INLINE_ECHO,
				       "at once", 8, &call_id));
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
		ASSERT_EQ(DONE, q.state);
		ASSERT_EQ(call_id, q.call_id);
		ASSERT_EQ(ACALL_OUTCOME_COMPLETED, q.outcome);
		ASSERT_EQ(POLLIN, readiness(self->fd));
		ASSERT_EQ(0, sys_wait_until(self->fd, 0, 0));
		ASSERT_EQ(-EBUSY, sys_begin(self->fd, ACALL_TEST_INLINE_ECHO,
					    NULL, 0, NULL));
		ASSERT_EQ(0, sys_finish_out(self->fd, out, sizeof(out), &f));
		ASSERT_EQ(8, f.out_len);
		ASSERT_STREQ("at once", out);
		ASSERT_LE(f.begin_ns, f.start_ns);
		ASSERT_LE(f.start_ns, f.end_ns);
		ASSERT_EQ(0, sys_wait_settled(self->fd, call_id, 0));
	}
}

TEST_F(prov, B1_it_runs_in_its_caller)
{
	struct acall_test_whoami who;
	struct acall_finish f;

	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_INLINE_WHOAMI, NULL, 0,
			       NULL));
	ASSERT_EQ(0, sys_finish_out(self->fd, &who, sizeof(who), &f));
	EXPECT_EQ(0, who.is_worker);
	EXPECT_EQ(getpid(), (pid_t)who.tgid);
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_WHOAMI, NULL, 0, NULL));
	ASSERT_EQ(0, sys_finish_out(self->fd, &who, sizeof(who), &f));
	EXPECT_EQ(1, who.is_worker);
	EXPECT_NE(getpid(), (pid_t)who.tgid);
}

static int whoami_as_user(void *arg)
{
	struct acall_test_whoami who;
	struct acall_finish f;
	int fd = *(int *)arg;

	CHECK(!become(UID_A));
	CHECK(!sys_begin(fd, ACALL_TEST_INLINE_WHOAMI, NULL, 0, NULL));
	CHECK(!sys_finish_out(fd, &who, sizeof(who), &f));
	CHECK(who.uid == UID_A && who.gid == UID_A);
	CHECK(!who.cap_dac_override);
	CHECK(who.tgid == (__u32)getpid());
	return 0;
}

TEST_F(prov, B1_as_its_caller_and_not_as_the_opener)
{
	EXPECT_EQ(0, child_run(whoami_as_user, &self->fd));
}

TEST_F(prov, B1_it_says_what_it_returns)
{
	struct acall_finish f;
	__s32 code;

	for (code = 0; code > -134; code--) {
		ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_INLINE_FAIL, &code,
				       sizeof(code), NULL));
		ASSERT_EQ(0, sys_finish_now(self->fd, &f));
		ASSERT_EQ(code, f.status);
		ASSERT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	}
	/* Restart codes stay inside (P7). */
	code = -512;
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_INLINE_FAIL, &code,
			       sizeof(code), NULL));
	ASSERT_EQ(0, sys_finish_now(self->fd, &f));
	EXPECT_EQ(-EINTR, f.status);
}

TEST_F(prov, B1_in_CALL_too)
{
	struct acall_call_args c;
	char out[4] = "";

	c = (struct acall_call_args) {
		.method = ACALL_TEST_INLINE_ECHO, .in = PTR("ab"), .in_len = 3,
		.out = PTR(out), .out_len = sizeof(out),
	};
	ASSERT_EQ(0, sys_call_struct(self->fd, &c));
	EXPECT_EQ(0, c.status);
	EXPECT_EQ(3, c.out_len);
	EXPECT_STREQ("ab", out);
	EXPECT_EQ(IDLE, state_of(self->fd));
}

TEST_F(prov, X8_a_cancel_finds_an_inline_call_done)
{
	static const __u32 flags[] = {
		0, ACALL_CANCEL_NOWAIT, ACALL_CANCEL_ABANDON,
		ACALL_CANCEL_ESCALATE,
	};
	struct acall_cancel c;
	struct acall_finish f;
	char out[4] = "";
	unsigned int i;

	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_INLINE_ECHO, "abc", 4,
			       NULL));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		EXPECT_EQ(-ESRCH, sys_cancel(self->fd, flags[i], 0, 0, &c));
		EXPECT_EQ(DONE, c.state);
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c.outcome);
	}
	ASSERT_EQ(0, sys_finish_out(self->fd, out, sizeof(out), &f));
	EXPECT_STREQ("abc", out);
	EXPECT_EQ(0, f.cancel_ns);
}

TEST_F(prov, X8_a_cancel_that_meets_it_running_waits)
{
	struct acall_test_arg arg = { .id = self->id, .value = -EDOM };
	struct actor b = {
		.act = ACT_BEGIN, .fd = self->fd,
		.begin = { .method = ACALL_TEST_INLINE_GATE,
			   .in = PTR(&arg), .in_len = sizeof(arg) },
	};
	struct actor a = canceller(self->fd, 0, MSEC);
	struct acall_finish f;
	struct acall_query q;

	if (one_cpu())
		SKIP(return, "it spins, and there is only one processor");
	ASSERT_EQ(0, actor_start(&b));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(RUNNING, q.state);
	EXPECT_EQ(0, readiness(self->fd));
	EXPECT_EQ(-EBUSY, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	EXPECT_EQ(-EAGAIN, sys_finish_now(self->fd, &f));
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, actor_join(&b));
	EXPECT_EQ(-ESRCH, actor_join(&a));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, a.cancel.outcome);
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-EDOM, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
}

TEST_F(prov, B5_no_deadline_for_an_inline_method)
{
	struct acall_test_arg arg = { .id = self->id };
	struct acall_begin b = {
		.size = sizeof(b), .flags = ACALL_BEGIN_DEADLINE,
		.in = PTR(&arg), .in_len = 4, .deadline = now_ns() + SEC,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(inlines); i++) {
		b.method = inlines[i];
		/* whoami takes no input; each is refused before it is run. */
		b.in_len = inlines[i] == ACALL_TEST_INLINE_WHOAMI ? 0 : 4;
		EXPECT_EQ(-EOPNOTSUPP, sys_begin_struct(self->fd, &b));
		EXPECT_EQ(IDLE, state_of(self->fd));
	}
	EXPECT_EQ(self->before.entered, ctl_get(self->ctl, 0).entered);
}

static int up_to_the_limit(void *arg)
{
	enum { MAX = 3 };
	int dev = sys_open_device(), fd[MAX + 1], i;
	struct acall_finish f;

	(void)arg;
	CHECK(!become(UID_A));
	for (i = 0; i <= MAX; i++) {
		fd[i] = sys_object(ACALL_TEST_INTERFACE);
		CHECK(fd[i] >= 0);
	}
	for (i = 0; i < MAX; i++)
		CHECK(!sys_begin(fd[i], ACALL_TEST_INLINE_ECHO, "x", 1, NULL));
	/* Unfinished results count, however fast they came. */
	CHECK(charged_calls(dev) == MAX);
	CHECK(sys_begin(fd[MAX], ACALL_TEST_INLINE_ECHO, NULL, 0, NULL) ==
	      -EDQUOT);
	CHECK(state_of(fd[MAX]) == IDLE);
	for (i = 0; i < MAX; i++) {
		char out;

		CHECK(!sys_finish_out(fd[i], &out, 1, &f));
	}
	CHECK(charged_calls(dev) == 0);
	CHECK(!sys_begin(fd[MAX], ACALL_TEST_INLINE_ECHO, NULL, 0, NULL));
	return 0;
}

TEST_F(prov, B3_an_inline_call_is_charged_as_others)
{
	long long was = read_number(SYSFS_PARAMS, "user_calls");

	ASSERT_EQ(0, write_number(SYSFS_PARAMS, "user_calls", 3));
	EXPECT_EQ(0, child_run(up_to_the_limit, NULL));
	ASSERT_EQ(0, write_number(SYSFS_PARAMS, "user_calls", was));
}

TEST_F(prov, B3_an_inline_method_takes_no_files)
{
	struct acall_begin b = {
		.size = sizeof(b), .method = ACALL_TEST_INLINE_ECHO,
		.nr_files = 1,
	};
	__s32 file = 0;

	b.files = PTR(&file);
	EXPECT_EQ(-EINVAL, sys_begin_struct(self->fd, &b));
	EXPECT_EQ(IDLE, state_of(self->fd));
}

TEST_F(prov, C4_an_inline_result_that_nobody_takes)
{
	int i, fd;

	for (i = 0; i < 100; i++) {
		fd = sys_create(self->dev, ACALL_TEST_INTERFACE);
		ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_INLINE_ECHO, "x", 1,
				       NULL));
		ASSERT_EQ(0, close(fd));
	}
	EXPECT_EQ(0, wait_counter("calls", 0));
	EXPECT_EQ(0, counter("executions"));
}

/* What a client may expect is visible before it calls, and in QUERY. */
static const struct {
	__u32 method;
	__u32 caps;
} kinds[] = {
	{ ACALL_TEST_NOP, ACALL_CAP_CANCEL },
	{ ACALL_TEST_COOP, ACALL_CAP_CANCEL },
	{ ACALL_TEST_KILLABLE, ACALL_CAP_CANCEL | ACALL_CAP_KILLABLE },
	{ ACALL_TEST_PROGRESS, ACALL_CAP_CANCEL | ACALL_CAP_CHUNKED },
	{ ACALL_TEST_SHORT, ACALL_CAP_CANCEL | ACALL_CAP_SHORT },
	{ ACALL_TEST_COMMIT, ACALL_CAP_CANCEL | ACALL_CAP_COMMITS },
	{ ACALL_TEST_INLINE_ECHO, ACALL_CAP_INLINE },
	{ ACALL_TEST_INLINE_GATE, ACALL_CAP_INLINE },
	{ ACALL_TEST_NUDGE, ACALL_CAP_CANCEL | ACALL_CAP_MAY_REFUSE |
			    ACALL_CAP_COMMITS },
	{ ACALL_TEST_NUDGE_SLEEPABLE, ACALL_CAP_CANCEL |
				      ACALL_CAP_MAY_REFUSE |
				      ACALL_CAP_COMMITS },
	{ ACALL_TEST_PARK, ACALL_CAP_CANCEL | ACALL_CAP_MAY_REFUSE |
			   ACALL_CAP_CUSTOM | ACALL_CAP_COMMITS },
	{ ACALL_TEST_PARK_SLEEPABLE, ACALL_CAP_CANCEL | ACALL_CAP_MAY_REFUSE |
				     ACALL_CAP_CUSTOM | ACALL_CAP_COMMITS },
	{ ACALL_TEST_PARK_FIXED, ACALL_CAP_CUSTOM | ACALL_CAP_COMMITS },
};

/* Input with which a method of any kind begins. */
static int begin_any(int fd, __u32 method, __u64 id)
{
	struct acall_test_custom custom = { .id = id };

	switch (method) {
	case ACALL_TEST_NOP:
	case ACALL_TEST_SHORT:
	case ACALL_TEST_INLINE_ECHO:
		return sys_begin(fd, method, NULL, 0, NULL);
	case ACALL_TEST_NUDGE:
	case ACALL_TEST_NUDGE_SLEEPABLE:
	case ACALL_TEST_PARK:
	case ACALL_TEST_PARK_SLEEPABLE:
	case ACALL_TEST_PARK_FIXED:
		return sys_begin_custom(fd, method, &custom, NULL);
	default:
		return sys_begin_arg(fd, method, id, 0, 0, NULL);
	}
}

TEST_F(prov, Q1_capabilities_are_visible_before_and_in_QUERY)
{
	struct acall_finish f;
	struct acall_query q;
	unsigned int i;
	__u64 id;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct acall_method_info info = {
			.size = sizeof(info), .method = kinds[i].method,
			.interface = ACALL_TEST_INTERFACE,
		};

		ASSERT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_METHOD_INFO,
				       &info));
		EXPECT_EQ(kinds[i].caps, info.caps) {
			TH_LOG("method %s", info.name);
		}
		id = fresh_id();
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, begin_any(self->fd, kinds[i].method, id));
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
		EXPECT_EQ(kinds[i].caps, q.caps);
		EXPECT_EQ(info.grace_ns, q.grace_ns);
		if (is_custom(kinds[i].method))
			ASSERT_EQ(0, complete(self->ctl, id, 0));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(0, f.status);
	}
}

#include "acall_main.h"
