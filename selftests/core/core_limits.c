// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits: how many calls and bytes a user and the machine may have (EDQUOT,
 * EAGAIN), for how long they are charged and to whom, and that users wait for
 * their own calls only. Children do it as other users, because who has
 * CAP_SYS_RESOURCE is exempt; the limits are set low while a test runs.
 */
#include "acall_util.h"

static const char * const params[] = {
	"user_calls", "user_bytes", "total_calls", "total_bytes",
	"user_running",
};

/* The parameters are the machine's: put back whatever happens. */
FIXTURE(limits)
{
	FIXTURE_DATA(acall) base;
	long long was[ARRAY_SIZE(params)];
};

FIXTURE_SETUP(limits)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(params); i++)
		self->was[i] = read_number(SYSFS_PARAMS, params[i]);
	acall_setup(_metadata, &self->base, NULL);
}

FIXTURE_TEARDOWN(limits)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(params); i++)
		EXPECT_EQ(0, write_number(SYSFS_PARAMS, params[i],
					  self->was[i]));
	acall_teardown(_metadata, &self->base, NULL);
}

static int limit(const char *name, long long value)
{
	return write_number(SYSFS_PARAMS, name, value);
}

/* What a child needs; the control device is root's, so it is inherited. */
struct client {
	int ctl;
	__u64 id;
	uid_t uid;
	int n;
	int err;
};

static int charged(__u32 *calls, __u64 *bytes)
{
	struct acall_info info = { .size = sizeof(info) };
	int dev = sys_open_device();

	CHECK(dev >= 0);
	CHECK(!sys_ioctl(dev, ACALL_IOC_INFO, &info));
	close(dev);
	*calls = info.charged_calls;
	*bytes = info.charged_bytes;
	return 0;
}

static int charged_is(__u32 calls)
{
	__u32 c;
	__u64 b;

	CHECK(!charged(&c, &b));
	CHECK(c == calls);
	CHECK(calls || !b);
	return 0;
}

static int wait_charged(__u32 calls)
{
	__u64 since = now_ns(), b;
	__u32 c;

	do {
		CHECK(!charged(&c, &b));
		CHECK(!guard_expired(since));
	} while (c != calls || (!calls && b));
	return 0;
}

/* Begins @n calls; the next one is refused with @err and changes nothing. */
static int as_many_as_allowed(void *arg)
{
	struct client *c = arg;
	struct acall_finish f;
	int fd[64], i;

	CHECK(!become(c->uid));
	for (i = 0; i <= c->n; i++) {
		fd[i] = sys_object("test");
		CHECK(fd[i] >= 0);
	}
	for (i = 0; i < c->n; i++)
		CHECK(!sys_begin_arg(fd[i], ACALL_TEST_GATE, c->id, 0, 0,
				     NULL));
	CHECK(!charged_is(c->n));
	CHECK(sys_begin(fd[i], ACALL_TEST_NOP, NULL, 0, NULL) == c->err);
	CHECK(state_of(fd[i]) == ACALL_STATE_IDLE);
	CHECK(readiness(fd[i]) == POLLOUT);
	CHECK(!charged_is(c->n));

	/* DONE is live still; FINISH is what makes room. */
	CHECK(!open_gate(c->ctl, c->id));
	for (i = 0; i < c->n; i++)
		CHECK(!sys_wait_until(fd[i], 0, FOREVER));
	CHECK(sys_begin(fd[i], ACALL_TEST_NOP, NULL, 0, NULL) == c->err);
	CHECK(!sys_finish(fd[0], 0, &f));
	CHECK(!wait_charged(c->n - 1));
	CHECK(!sys_begin(fd[i], ACALL_TEST_NOP, NULL, 0, NULL));
	for (i = 1; i <= c->n; i++)
		CHECK(!sys_finish(fd[i], 0, &f));
	CHECK(!wait_charged(0));
	return 0;
}

TEST_F(limits, calls_of_a_user_EDQUOT)
{
	struct client c = { self->base.ctl, self->base.id, UID_A, 5, -EDQUOT };

	ASSERT_EQ(0, limit("user_calls", 5));
	EXPECT_EQ(0, child_run(as_many_as_allowed, &c));
	/* Another user has limits of his own, and all of it again. */
	c.uid = UID_B;
	c.id = fresh_id();
	EXPECT_EQ(0, child_run(as_many_as_allowed, &c));
}

TEST_F(limits, calls_of_the_machine_EAGAIN)
{
	struct client c = { self->base.ctl, self->base.id, UID_A, 5, -EAGAIN };

	ASSERT_EQ(0, limit("total_calls", 5));
	EXPECT_EQ(0, child_run(as_many_as_allowed, &c));
}

TEST_F(limits, calls_of_all_users_together_EAGAIN)
{
	struct client c = { self->base.ctl, self->base.id, UID_A, 3, -EAGAIN };

	/* Two of the five are somebody else's: root's, who is exempt himself. */
	ASSERT_EQ(0, limit("total_calls", 5));
	ASSERT_EQ(0, one_call(self->base.fd, self->base.ctl, ACALL_TEST_GATE,
			      fresh_id(), NULL));
	ASSERT_EQ(0, one_call(sys_object("test"), self->base.ctl,
			      ACALL_TEST_GATE, fresh_id(), NULL));
	EXPECT_EQ(0, child_run(as_many_as_allowed, &c));
}

static int as_many_bytes_as_allowed(void *arg)
{
	enum { LEN = 60000 };
	struct client *c = arg;
	char *in = calloc(1, LEN);
	struct acall_finish f;
	int fd[8], i;
	__u64 b;
	__u32 n;

	CHECK(!become(c->uid));
	for (i = 0; i < 8; i++)
		fd[i] = sys_object("test");
	/* echo has as many out as in: three of them are 360,000. */
	for (i = 0; i < 3; i++)
		CHECK(!sys_begin(fd[i], ACALL_TEST_ECHO, in, LEN, NULL));
	CHECK(!charged(&n, &b));
	CHECK(n == 3 && b >= 6 * LEN);
	CHECK(sys_begin(fd[3], ACALL_TEST_ECHO, in, LEN, NULL) == c->err);
	CHECK(state_of(fd[3]) == ACALL_STATE_IDLE);
	/* What was charged before the refusal was returned: same as before. */
	CHECK(!wait_charged(3));
	for (i = 0; i < 3; i++)
		CHECK(!sys_finish_out(fd[i], in, LEN, &f));
	CHECK(!wait_charged(0));
	CHECK(!sys_begin(fd[3], ACALL_TEST_ECHO, in, LEN, NULL));
	CHECK(!sys_finish_out(fd[3], in, LEN, &f));
	CHECK(!wait_charged(0));
	return 0;
}

TEST_F(limits, bytes_of_a_user_EDQUOT)
{
	struct client c = { .uid = UID_A, .err = -EDQUOT };

	ASSERT_EQ(0, limit("user_bytes", 400000));
	EXPECT_EQ(0, child_run(as_many_bytes_as_allowed, &c));
}

TEST_F(limits, bytes_of_the_machine_EAGAIN)
{
	struct client c = { .uid = UID_A, .err = -EAGAIN };

	ASSERT_EQ(0, limit("total_bytes", 400000));
	EXPECT_EQ(0, child_run(as_many_bytes_as_allowed, &c));
}

/* Begins @n calls of the same size; the next one is refused with @err. */
static int so_many_and_no_more(void *arg)
{
	struct client *c = arg;
	char in[1000] = "";
	int fd, i;

	CHECK(!become(c->uid));
	for (i = 0; i < c->n; i++) {
		fd = sys_object("test");
		CHECK(!sys_begin(fd, ACALL_TEST_ECHO, in, sizeof(in), NULL));
	}
	fd = sys_object("test");
	CHECK(sys_begin(fd, ACALL_TEST_ECHO, in, sizeof(in), NULL) == c->err);
	return 0;
}

TEST_F(limits, the_last_byte_may_be_used)
{
	static const struct {
		const char *param;
		int err;
	} bounds[] = { { "user_bytes", -EDQUOT }, { "total_bytes", -EAGAIN } };
	struct client c = { .uid = UID_A };
	char in[1000] = "";
	struct acall_finish f;
	unsigned int i;
	__u64 each;
	__u32 n;

	ASSERT_EQ(0, sys_begin(self->base.fd, ACALL_TEST_ECHO, in, sizeof(in),
			       NULL));
	ASSERT_EQ(0, charged(&n, &each));
	ASSERT_EQ(1, n);
	ASSERT_EQ(0, sys_finish_out(self->base.fd, in, sizeof(in), &f));
	ASSERT_EQ(0, wait_charged(0));
	for (i = 0; i < ARRAY_SIZE(bounds); i++) {
		c.err = bounds[i].err;
		c.n = 2;
		ASSERT_EQ(0, limit(bounds[i].param, 2 * each));
		EXPECT_EQ(0, child_run(so_many_and_no_more, &c));
		/* The child was another user, and the close is in the background. */
		ASSERT_EQ(0, wait_counter("calls", 0));
		c.n = 1;
		ASSERT_EQ(0, limit(bounds[i].param, 2 * each - 1));
		EXPECT_EQ(0, child_run(so_many_and_no_more, &c));
		ASSERT_EQ(0, wait_counter("calls", 0));
		ASSERT_EQ(0, limit(bounds[i].param, 1 << 30));
	}
}

TEST_F(limits, CAP_SYS_RESOURCE_is_exempt_but_charged)
{
	enum { N = 10 };
	struct acall_info info = { .size = sizeof(info) };
	int fd[N], i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, limit(params[i], 1));
	for (i = 0; i < N; i++) {
		fd[i] = sys_create(self->base.dev, "test");
		ASSERT_EQ(0, sys_begin_arg(fd[i], ACALL_TEST_GATE,
					   self->base.id, 0, 0, NULL));
	}
	ASSERT_EQ(0, sys_ioctl(self->base.dev, ACALL_IOC_INFO, &info));
	EXPECT_EQ(N, info.charged_calls);
}

static int abandon_into_the_wall(void *arg)
{
	struct client *c = arg;
	struct acall_finish f;
	int fd, i, ret;

	CHECK(!become(c->uid));
	fd = sys_object("test");
	for (i = 0; ; i++) {
		ret = sys_begin_arg(fd, ACALL_TEST_GATE, c->id, 0, 0, NULL);
		if (ret)
			break;
		/* The first eighth of the interface's slots is his. */
		if (i < 8)
			CHECK(!wait_starts(c->ctl, c->id, i + 1));
		CHECK(!sys_abandon(fd));
		CHECK(!sys_finish(fd, 0, &f));
		CHECK(i < 1000);
	}
	CHECK(ret == -EDQUOT);
	CHECK(i == c->n);
	CHECK(counter("orphans") == c->n);
	/* Charged although nobody has these calls any more. */
	CHECK(!charged_is(c->n));
	CHECK(!open_gate(c->ctl, c->id));
	CHECK(!wait_charged(0));
	CHECK(!sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
	CHECK(!sys_finish(fd, 0, &f));
	return 0;
}

TEST_F(limits, begin_and_abandon_in_a_loop_runs_into_a_wall)
{
	struct client c = { self->base.ctl, self->base.id, UID_A, 8, 0 };

	ASSERT_EQ(0, limit("user_calls", 8));
	EXPECT_EQ(0, child_run(abandon_into_the_wall, &c));
}

static int queued_calls_count(void *arg)
{
	struct client *c = arg;
	struct acall_cancel cancel;
	struct acall_finish f;
	int fd[5], i;

	CHECK(!become(c->uid));
	for (i = 0; i < 5; i++)
		fd[i] = sys_object(ACALL_TEST_NARROW);
	CHECK(!sys_begin_arg(fd[0], ACALL_TEST_GATE, c->id, 0, 0, NULL));
	for (i = 1; i < 4; i++)
		CHECK(!sys_begin(fd[i], ACALL_TEST_NOP, NULL, 0, NULL));
	CHECK(state_of(fd[3]) == ACALL_STATE_QUEUED);
	CHECK(sys_begin(fd[4], ACALL_TEST_NOP, NULL, 0, NULL) == -EDQUOT);
	/* One that never starts makes room as well. */
	CHECK(!sys_cancel(fd[3], 0, 0, 0, &cancel));
	CHECK(!sys_finish(fd[3], 0, &f));
	CHECK(!wait_charged(3));
	CHECK(!sys_begin(fd[4], ACALL_TEST_NOP, NULL, 0, NULL));
	CHECK(!open_gate(c->ctl, c->id));
	CHECK(!sys_finish(fd[4], 0, &f));
	return 0;
}

TEST_F(limits, queued_calls_count_too)
{
	struct client c = { self->base.ctl, self->base.id, UID_A, 4, 0 };

	ASSERT_EQ(0, limit("user_calls", 4));
	EXPECT_EQ(0, child_run(queued_calls_count, &c));
}

static int closed_calls_count(void *arg)
{
	struct client *c = arg;
	int fd, i;

	CHECK(!become(c->uid));
	for (i = 0; i < 3; i++) {
		fd = sys_object("test");
		CHECK(!one_call(fd, c->ctl, ACALL_TEST_GATE, c->id + i, NULL));
		close(fd);
	}
	fd = sys_object("test");
	CHECK(sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL) == -EDQUOT);
	CHECK(!open_gate(c->ctl, c->id));
	CHECK(!wait_charged(2));
	CHECK(!sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
	return 0;
}

TEST_F(limits, calls_of_closed_objects_count_until_they_have_ended)
{
	struct client c = { self->base.ctl, self->base.id, UID_A, 3, 0 };

	/* Ids of this test only, and the next two are nobody's. */
	fresh_id();
	fresh_id();
	ASSERT_EQ(0, limit("user_calls", 3));
	EXPECT_EQ(0, child_run(closed_calls_count, &c));
}

static int refused_calls_are_not_charged(void *arg)
{
	struct client *c = arg;
	__s32 code = -EPERM;
	int fd, i;

	CHECK(!become(c->uid));
	fd = sys_object("test");
	for (i = 0; i < 100; i++) {
		CHECK(sys_begin(fd, ACALL_TEST_REFUSE, &code, sizeof(code),
				NULL) == -EPERM);
		CHECK(sys_begin(fd, ACALL_TEST_ECHO, (void *)8, 8, NULL) ==
		      -EFAULT);
		CHECK(sys_begin_hold(fd, c->id, -1, NULL) == -EBADF);
		CHECK(!charged_is(0));
	}
	return 0;
}

TEST_F(limits, refused_calls_are_not_charged)
{
	struct client c = { self->base.ctl, self->base.id, UID_A, 0, 0 };

	ASSERT_EQ(0, limit("user_calls", 1));
	EXPECT_EQ(0, child_run(refused_calls_are_not_charged, &c));
}

static int charged_to_the_real_uid(void *arg)
{
	struct client *c = arg;
	int fd = sys_object("test");

	CHECK(!setgroups(0, NULL));
	CHECK(!setresuid(c->uid, UID_B, 0));
	CHECK(!one_call(fd, c->ctl, ACALL_TEST_GATE, c->id, NULL));
	CHECK(!charged_is(1));
	CHECK(!setresuid(0, 0, 0));
	CHECK(!setresuid(UID_B, UID_B, UID_B));
	CHECK(!charged_is(0));
	return 0;
}

TEST_F(limits, charged_to_the_real_uid_of_BEGINs_caller)
{
	struct client c = { self->base.ctl, self->base.id, UID_A, 0, 0 };

	EXPECT_EQ(0, child_run(charged_to_the_real_uid, &c));
}

/*
 * A user namespace of UID_A in which uid 7 is the host's 100007: calls of that
 * one are charged to 100007 and to UID_A, who owns the namespace.
 */
struct namespace {
	struct client c;
	int to_child[2];
	int to_parent[2];
};

static int say(int fd)
{
	return write(fd, "x", 1) == 1 ? 0 : 1;
}

static int hear(int fd)
{
	char c;

	return read(fd, &c, 1) == 1 ? 0 : 1;
}

static int in_namespace(void *arg)
{
	struct namespace *n = arg;
	int fd[4], i;

	if (become(UID_A) || unshare(CLONE_NEWUSER))
		return 77;
	CHECK(!say(n->to_parent[1]));
	CHECK(!hear(n->to_child[0]));
	CHECK(!setresgid(7, 7, 7) && !setresuid(7, 7, 7));
	for (i = 0; i < 4; i++)
		fd[i] = sys_object("test");
	for (i = 0; i < 3; i++)
		CHECK(!sys_begin_arg(fd[i], ACALL_TEST_GATE, n->c.id, 0, 0,
				     NULL));
	CHECK(!charged_is(3));
	CHECK(!say(n->to_parent[1]));
	/* The owner's limit is what he hits, with the one that is left. */
	CHECK(!hear(n->to_child[0]));
	CHECK(sys_begin(fd[3], ACALL_TEST_NOP, NULL, 0, NULL) == -EDQUOT);
	return 0;
}

static int owner_of_namespace(void *arg)
{
	struct client *c = arg;
	int fd;

	CHECK(!become(UID_A));
	CHECK(!charged_is(3));
	fd = sys_object("test");
	CHECK(!one_call(fd, c->ctl, ACALL_TEST_GATE, c->id, NULL));
	CHECK(!charged_is(4));
	return 0;
}

TEST_F(limits, a_user_namespace_charges_its_owner_too)
{
	struct namespace n = {
		.c = { self->base.ctl, self->base.id, UID_A, 0, 0 },
	};
	struct client owner = n.c;
	char path[64];
	pid_t pid;

	owner.id = fresh_id();
	ASSERT_EQ(0, pipe2(n.to_child, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(n.to_parent, O_CLOEXEC));
	ASSERT_EQ(0, limit("user_calls", 4));
	pid = child_start(in_namespace, &n);
	close(n.to_parent[1]);
	close(n.to_child[0]);
	if (hear(n.to_parent[0])) {
		ASSERT_EQ(77, child_join(pid));
		SKIP(return, "no user namespaces");
	}
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	ASSERT_EQ(0, write_file(path, "0 100000 10"));
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	ASSERT_EQ(0, write_file(path, "0 100000 10"));
	ASSERT_EQ(0, say(n.to_child[1]));
	ASSERT_EQ(0, hear(n.to_parent[0]));
	/* His fourth runs on after his exit, so the namespace has none left. */
	EXPECT_EQ(0, child_run(owner_of_namespace, &owner));
	ASSERT_EQ(0, say(n.to_child[1]));
	EXPECT_EQ(0, child_join(pid));
}

struct user {
	int ctl;
	uid_t uid;
	__u64 id;
	__u64 second;
};

struct narrow {
	struct user u;
	int ready[2];
};

/* One call that holds this user's only slot, and one behind it: says so. */
static int two_narrow_calls(void *arg)
{
	struct narrow *n = arg;
	struct user *u = &n->u;
	struct acall_finish f;
	int a, b;

	CHECK(!become(u->uid));
	a = sys_object(ACALL_TEST_NARROW);
	b = sys_object(ACALL_TEST_NARROW);
	CHECK(a >= 0 && b >= 0);
	CHECK(!one_call(a, u->ctl, ACALL_TEST_GATE, u->id, NULL));
	CHECK(!sys_begin_arg(b, ACALL_TEST_GATE, u->second, 0, 0, NULL));
	CHECK(state_of(b) == ACALL_STATE_QUEUED);
	CHECK(!say(n->ready[1]));
	CHECK(!sys_finish(a, 0, &f));
	CHECK(!sys_finish(b, 0, &f));
	CHECK(f.outcome == ACALL_OUTCOME_COMPLETED);
	return 0;
}

TEST_F(limits, one_users_stuck_call_does_not_hold_up_anothers)
{
	struct narrow n[2];
	pid_t pid[2];
	int i;

	for (i = 0; i < 2; i++) {
		n[i].u = (struct user) { self->base.ctl, UID_A - i, fresh_id(),
					 fresh_id() };
		ASSERT_EQ(0, pipe2(n[i].ready, O_CLOEXEC));
		pid[i] = child_start(two_narrow_calls, &n[i]);
		close(n[i].ready[1]);
		ASSERT_EQ(0, hear(n[i].ready[0]));
		close(n[i].ready[0]);
	}
	/* B's calls run and end while A's first is stuck for good. */
	ASSERT_EQ(0, open_gate(self->base.ctl, n[1].u.id));
	ASSERT_EQ(0, open_gate(self->base.ctl, n[1].u.second));
	EXPECT_EQ(0, child_join(pid[1]));
	EXPECT_EQ(0, ctl_get(self->base.ctl, n[0].u.second).starts);
	ASSERT_EQ(0, open_gate(self->base.ctl, n[0].u.id));
	ASSERT_EQ(0, open_gate(self->base.ctl, n[0].u.second));
	EXPECT_EQ(0, child_join(pid[0]));
}

/* The same, and the one behind is cancelled: its release may get stuck. */
static int cancel_behind(struct user *u, int method, __u32 flags,
			 __u64 grace_ns)
{
	struct acall_cancel c;
	struct acall_finish f;
	int a, b;

	CHECK(!become(u->uid));
	a = sys_object(ACALL_TEST_NARROW);
	b = sys_object(ACALL_TEST_NARROW);
	CHECK(a >= 0 && b >= 0);
	CHECK(!one_call(a, u->ctl, ACALL_TEST_GATE, u->id, NULL));
	CHECK(!sys_begin_arg(b, method, u->second, 0, 0, NULL));
	CHECK(state_of(b) == ACALL_STATE_QUEUED);
	CHECK(!sys_cancel(b, flags, 0, grace_ns, &c));
	CHECK(!sys_finish(b, 0, &f));
	CHECK(f.outcome == ACALL_OUTCOME_NEVER_STARTED);
	CHECK(f.status == -ECANCELED);
	CHECK(!sys_finish(a, 0, &f));
	return 0;
}

static int cancel_stuck(void *arg)
{
	return cancel_behind(arg, ACALL_TEST_STUCK, ACALL_CANCEL_NOWAIT,
			     FOREVER);
}

static int cancel_other(void *arg)
{
	return cancel_behind(arg, ACALL_TEST_GATE, 0, FOREVER);
}

/* Waits for the second of the core's own patience. */
static int cancel_stuck_briefly(void *arg)
{
	return cancel_behind(arg, ACALL_TEST_STUCK, 0, 1);
}

TEST_F(limits, X3_one_users_stuck_release_does_not_hold_up_anothers)
{
	struct user a = { self->base.ctl, UID_A, fresh_id(), fresh_id() };
	struct user b = { self->base.ctl, UID_B, fresh_id(), fresh_id() };
	pid_t pid[2];

	pid[0] = child_start(cancel_stuck, &a);
	ASSERT_EQ(0, wait_seen(self->base.ctl, a.second, 1));
	/* B's queued call never starts, and is over, beside it. */
	pid[1] = child_start(cancel_other, &b);
	ASSERT_EQ(0, wait_starts(self->base.ctl, b.id, 1));
	/* In the last thing it does: the one behind is finished. */
	ASSERT_EQ(0, wait_blocked(pid[1], pid[1], __NR_ioctl,
				  ACALL_IOC_FINISH));
	ASSERT_EQ(0, open_gate(self->base.ctl, b.id));
	EXPECT_EQ(0, child_join(pid[1]));
	ASSERT_EQ(0, open_gate(self->base.ctl, a.second));
	ASSERT_EQ(0, open_gate(self->base.ctl, a.id));
	EXPECT_EQ(0, child_join(pid[0]));
}

TEST_F(limits, X3_a_stuck_release_does_not_hold_its_client_for_ever)
{
	struct user a = { self->base.ctl, UID_A, fresh_id(), fresh_id() };
	pid_t pid = child_start(cancel_stuck_briefly, &a);

	ASSERT_EQ(0, wait_seen(self->base.ctl, a.second, 1));
	ASSERT_EQ(0, open_gate(self->base.ctl, a.id));
	EXPECT_EQ(0, child_join(pid));
	/* It is charged until it is released. */
	EXPECT_EQ(1, counter("calls"));
	EXPECT_EQ(1, counter("executions"));
	ASSERT_EQ(0, open_gate(self->base.ctl, a.second));
	ASSERT_EQ(0, wait_counter("executions", 0));
	ASSERT_EQ(0, wait_counter("calls", 0));
}

static int one_narrow_call(void *arg)
{
	struct user *u = arg;
	struct acall_finish f;
	int fd;

	CHECK(!become(u->uid));
	fd = sys_object(ACALL_TEST_NARROW);
	CHECK(!sys_begin_arg(fd, ACALL_TEST_GATE, u->id, 0, 0, NULL));
	CHECK(!sys_finish(fd, 0, &f));
	CHECK(f.outcome == ACALL_OUTCOME_COMPLETED);
	return 0;
}

TEST_F(limits, at_most_as_many_run_as_the_interface_says)
{
	enum { USERS = 11, SLOTS = 8 };
	struct user u[USERS];
	pid_t pid[USERS];
	int i;

	for (i = 0; i < USERS; i++) {
		u[i] = (struct user) { self->base.ctl, UID_A - i,
				       self->base.id, 0 };
		pid[i] = child_start(one_narrow_call, &u[i]);
	}
	ASSERT_EQ(0, wait_starts(self->base.ctl, self->base.id, SLOTS));
	ASSERT_EQ(0, wait_counter("executions", USERS));
	EXPECT_EQ(SLOTS, ctl_get(self->base.ctl, self->base.id).starts);
	EXPECT_EQ(SLOTS, ctl_get(self->base.ctl, 0).running);
	ASSERT_EQ(0, open_gate(self->base.ctl, self->base.id));
	for (i = 0; i < USERS; i++)
		EXPECT_EQ(0, child_join(pid[i]));
	EXPECT_EQ(USERS, ctl_get(self->base.ctl, self->base.id).ends);
}

TEST_F(limits, one_users_calls_run_in_the_order_of_BEGIN)
{
	enum { N = 20 };
	struct acall_finish f;
	int fd[N], i, busy = sys_create(self->base.dev, ACALL_TEST_NARROW);
	__u64 before = 0;

	ASSERT_EQ(0, one_call(busy, self->base.ctl, ACALL_TEST_GATE,
			      self->base.id, NULL));
	for (i = 0; i < N; i++) {
		fd[i] = sys_create(self->base.dev, ACALL_TEST_NARROW);
		ASSERT_EQ(0, sys_begin(fd[i], ACALL_TEST_NOP, NULL, 0, NULL));
	}
	ASSERT_EQ(0, open_gate(self->base.ctl, self->base.id));
	for (i = 0; i < N; i++) {
		ASSERT_EQ(0, sys_finish(fd[i], 0, &f));
		EXPECT_LE(before, f.start_ns);
		before = f.end_ns;
	}
}

TEST_F(limits, user_running_raises_a_users_share_at_once)
{
	int fd[3], i;

	for (i = 0; i < 3; i++) {
		fd[i] = sys_create(self->base.dev, ACALL_TEST_NARROW);
		ASSERT_EQ(0, sys_begin_arg(fd[i], ACALL_TEST_GATE,
					   self->base.id, 0, 0, NULL));
	}
	ASSERT_EQ(0, wait_starts(self->base.ctl, self->base.id, 1));
	EXPECT_EQ(ACALL_STATE_QUEUED, state_of(fd[1]));
	ASSERT_EQ(0, limit("user_running", 2));
	ASSERT_EQ(0, wait_starts(self->base.ctl, self->base.id, 2));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(fd[1]));
	EXPECT_EQ(ACALL_STATE_QUEUED, state_of(fd[2]));
}

TEST_F(limits, an_orphan_keeps_its_slot)
{
	struct acall_finish f;
	int a = sys_create(self->base.dev, ACALL_TEST_NARROW);
	int b = sys_create(self->base.dev, ACALL_TEST_NARROW);

	ASSERT_EQ(0, make_orphan(a, self->base.ctl, self->base.id));
	ASSERT_EQ(0, sys_begin(b, ACALL_TEST_NOP, NULL, 0, NULL));
	EXPECT_EQ(ACALL_STATE_QUEUED, state_of(b));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_until(b, 0, now_ns() + 20 * MSEC));
	ASSERT_EQ(0, open_gate(self->base.ctl, self->base.id));
	EXPECT_EQ(0, sys_finish(b, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
}

#include "acall_main.h"
