// SPDX-License-Identifier: GPL-2.0-only
/*
 * One user against another: he takes everything that he may have, in every form
 * in which a call can stay, guesses ids, and makes as many objects and sessions as
 * his descriptors allow. The other one does not notice, and is told nothing; and
 * when the first is killed all of it comes back. [C3, L1, L2, L3, X13]
 */
#include "hostile_util.h"

enum { LIMIT = 12 };

FIXTURE(users)
{
	FIXTURE_DATA(acall) base;
	long long was_calls;
	long long was_bytes;
	int ctl;
	int say[2];		/* to the other process */
	int hear[2];		/* from it */
};

FIXTURE_SETUP(users)
{
	self->was_calls = read_number(SYSFS_PARAMS, "user_calls");
	self->was_bytes = read_number(SYSFS_PARAMS, "user_bytes");
	acall_setup(_metadata, &self->base, NULL);
	self->ctl = self->base.ctl;
	ASSERT_EQ(0, close(self->base.fd));
	ASSERT_EQ(0, pipe2(self->say, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(self->hear, O_CLOEXEC));
	ASSERT_EQ(0, write_number(SYSFS_PARAMS, "user_calls", LIMIT));
}

FIXTURE_TEARDOWN(users)
{
	EXPECT_EQ(0, write_number(SYSFS_PARAMS, "user_calls", self->was_calls));
	EXPECT_EQ(0, write_number(SYSFS_PARAMS, "user_bytes", self->was_bytes));
	acall_teardown(_metadata, &self->base, NULL);
}

/* A call in each form in which it counts. Return: how many they are. */
static int every_form(int ctl, __u64 *last)
{
	int narrow = sys_object(ACALL_TEST_NARROW), n = 0, fd;
	struct acall_cancel c;

	/* Running, and one queued behind it. */
	if (one_call(narrow, ctl, ACALL_TEST_GATE, fresh_id(), last))
		return -1;
	n++;
	if (sys_begin(sys_object(ACALL_TEST_NARROW), ACALL_TEST_NOP, NULL, 0,
		      NULL))
		return -2;
	n++;
	/* Cancelled and not obeying, an orphan, one whose object is closed. */
	fd = sys_object("test");
	if (one_call(fd, ctl, ACALL_TEST_LATE, fresh_id(), NULL) ||
	    sys_cancel(fd, ACALL_CANCEL_NOWAIT, 0, FOREVER, &c))
		return -3;
	n++;
	if (make_orphan(sys_object("test"), ctl, fresh_id()))
		return -4;
	n++;
	fd = sys_object("test");
	if (one_call(fd, ctl, ACALL_TEST_GATE, fresh_id(), NULL) || close(fd))
		return -5;
	n++;
	/* Detached, parked without a thread, and results nobody takes. */
	fd = sys_object_detach(sys_open_device(), "test");
	if (one_call(fd, ctl, ACALL_TEST_COOP, fresh_id(), NULL) || close(fd))
		return -6;
	n++;
	for (; n < LIMIT; n++)
		if (sys_begin(sys_object("test"), ACALL_TEST_NOP, NULL, 0,
			      NULL))
			return -7;
	return n;
}

struct greedy {
	int ctl;
	int say;
	int hear;
	bool namespace;
};

static int take_everything(void *arg)
{
	struct greedy *g = arg;
	__u64 last = 0;
	int i, n, fd;

	CHECK(!become(UID_A));
	if (g->namespace && unshare(CLONE_NEWUSER))
		return SKIPPED;
	n = every_form(g->ctl, &last);
	if (n != LIMIT)
		fprintf(stderr, "# %d\n", n);
	CHECK(n == LIMIT);
	CHECK(charged_calls(sys_open_device()) == LIMIT);
	/* The wall, whatever is tried, also by a child of his. */
	for (i = 0; i < 100; i++) {
		fd = sys_object(i % 2 ? "test" : ACALL_TEST_NARROW);
		CHECK(fd >= 0);
		CHECK(sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL) == -EDQUOT);
		CHECK(state_of(fd) == ACALL_STATE_IDLE);
		close(fd);
	}
	CHECK(write(g->say, &last, sizeof(last)) == sizeof(last));
	CHECK(!hear(g->hear));
	return 0;
}

/* What a user may have, and finds as if he were alone. */
static int as_if_alone(void *arg)
{
	struct acall_finish f;
	int dev, i, fd, pass = *(int *)arg;

	CHECK(!become(UID_B));
	dev = sys_open_device();
	CHECK(dev >= 0);
	CHECK(charged_calls(dev) == 0);
	CHECK(list_count(dev, 0) == 0);
	for (i = 0; i < pass; i++) {
		fd = sys_create(dev, i % 2 ? "test" : ACALL_TEST_NARROW);
		CHECK(fd >= 0);
		CHECK(!sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
		CHECK(!sys_finish(fd, 0, &f));
		CHECK(f.outcome == ACALL_OUTCOME_COMPLETED);
		close(fd);
	}
	return 0;
}

static int begins_again(void *arg)
{
	int fd;

	(void)arg;
	CHECK(!become(UID_A));
	CHECK(charged_calls(sys_open_device()) == 0);
	fd = sys_object("test");
	return works(fd);
}

/* Return: 0, or SKIPPED. */
static int against_the_wall(struct _test_data_users *self, bool namespace)
{
	struct greedy g = { self->ctl, self->hear[1], self->say[0], namespace };
	pid_t pid = child_start(take_everything, &g);
	__u64 last;
	int n = 50;

	close(self->hear[1]);
	if (read(self->hear[0], &last, sizeof(last)) != sizeof(last))
		return child_join(pid);
	CHECK(counter("calls") == LIMIT);
	CHECK(!child_run(as_if_alone, &n));
	CHECK(!kill(pid, SIGKILL));
	CHECK(child_join(pid) == -SIGKILL);
	/* His calls go as the provider lets them. */
	CHECK(!forget(self->ctl, 0));
	CHECK(!wait_counters_zero());
	CHECK(!child_run(begins_again, NULL));
	return 0;
}

TEST_F(users, L1_L2_one_who_has_all_he_may_have_disturbs_nobody)
{
	EXPECT_EQ(0, against_the_wall(self, false));
}

TEST_F(users, L3_nor_does_one_with_a_namespace)
{
	int ret = against_the_wall(self, true);

	if (ret == SKIPPED)
		SKIP(return, "no user namespaces");
	EXPECT_EQ(0, ret);
}

static int take_all_bytes(void *arg)
{
	struct greedy *g = arg;
	static char in[50000];
	__u64 n = 0;

	CHECK(!become(UID_A));
	while (!sys_begin(sys_object("test"), ACALL_TEST_ECHO, in, sizeof(in),
			  NULL))
		n++;
	CHECK(n == 4);
	CHECK(sys_begin(sys_object("test"), ACALL_TEST_ECHO, in, sizeof(in),
			NULL) == -EDQUOT);
	CHECK(write(g->say, &n, sizeof(n)) == sizeof(n));
	CHECK(!hear(g->hear));
	return 0;
}

static int has_bytes(void *arg)
{
	static char in[50000];
	struct acall_finish f;
	int fd;

	(void)arg;
	CHECK(!become(UID_B));
	fd = sys_object("test");
	CHECK(!sys_begin(fd, ACALL_TEST_ECHO, in, sizeof(in), NULL));
	CHECK(!sys_finish_out(fd, in, sizeof(in), &f));
	return 0;
}

TEST_F(users, L1_one_who_has_all_bytes_disturbs_nobody)
{
	struct greedy g = { self->ctl, self->hear[1], self->say[0], false };
	pid_t pid;
	__u64 n;

	/* Four times 50,000 in and as many out, and a little beside. */
	ASSERT_EQ(0, write_number(SYSFS_PARAMS, "user_bytes", 410000));
	pid = child_start(take_all_bytes, &g);
	close(self->hear[1]);
	ASSERT_EQ(sizeof(n), read(self->hear[0], &n, sizeof(n)));
	EXPECT_EQ(0, child_run(has_bytes, NULL));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(-SIGKILL, child_join(pid));
	EXPECT_EQ(0, wait_counters_zero());
}

/* Objects and sessions are bounded by the descriptors that a process may have. */

struct opener {
	bool sessions;
	int say;
	int hear;
};

static int create(int dev, bool session)
{
	return sys_create(dev, session ? ACALL_TEST_INSTANCE ".0" : "test");
}

static int open_all(void *arg)
{
	struct opener *o = arg;
	struct rlimit r = { 500, 500 };
	int fd, dev;
	__u64 n = 0;

	CHECK(!setrlimit(RLIMIT_NOFILE, &r));
	CHECK(!become(UID_A));
	dev = sys_open_device();
	while ((fd = create(dev, o->sessions)) >= 0)
		n++;
	CHECK(fd == -EMFILE);
	CHECK(n > 400);
	CHECK(write(o->say, &n, sizeof(n)) == sizeof(n));
	CHECK(!hear(o->hear));
	return 0;
}

static int create_one(void *arg)
{
	int fd;

	CHECK(!become(UID_B));
	fd = create(sys_open_device(), *(bool *)arg);
	CHECK(fd >= 0);
	return works(fd);
}

TEST_F(users, C3_as_many_objects_and_sessions_as_descriptors)
{
	struct acall_test_control before, c;
	int hear[2], i;
	__u64 n, since;
	pid_t pid;

	for (i = 0; i < 2; i++) {
		struct opener o = { i, 0, self->say[0] };

		ASSERT_EQ(0, pipe2(hear, O_CLOEXEC));
		o.say = hear[1];
		before = ctl_get(self->ctl, 0);
		pid = child_start(open_all, &o);
		close(hear[1]);
		ASSERT_EQ(sizeof(n), read(hear[0], &n, sizeof(n)));
		EXPECT_EQ(n, (__u64)counter("objects"));
		EXPECT_EQ(0, child_run(create_one, &o.sessions));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(-SIGKILL, child_join(pid));
		EXPECT_EQ(0, wait_counters_zero());
		/* Each session that was opened is closed. */
		since = now_ns();
		do {
			c = ctl_get(self->ctl, 0);
			ASSERT_FALSE(guard_expired(since));
			give_way();
		} while (c.closes - before.closes != c.opens - before.opens);
		EXPECT_EQ(i ? n + 1 : 0, c.opens - before.opens);
		close(hear[0]);
	}
}

/* Ids are numbers, and may be guessed. */

struct guesser {
	__u64 near;		/* a call of root's */
	int ctl;
};

static int guess(void *arg)
{
	static const __u32 flags[] = {
		0, ACALL_CANCEL_ABANDON, ACALL_CANCEL_NOWAIT,
		ACALL_CANCEL_ESCALATE,
		ACALL_CANCEL_ESCALATE | ACALL_CANCEL_ABANDON,
	};
	struct guesser *g = arg;
	struct acall_list_record r[4];
	struct acall_cancel c, none;
	struct acall_query q;
	unsigned int i;
	int dev, fd, n;
	__u64 id, own, cursor;

	CHECK(!become(UID_A));
	dev = sys_open_device();
	fd = sys_object("test");
	CHECK(!one_call(fd, g->ctl, ACALL_TEST_COOP, fresh_id(), NULL));
	CHECK(sys_cancel_id(dev, 0, 1ULL << 60, 0, &none) == -ESRCH);
	CHECK(!sys_query(fd, 0, &q));
	own = q.call_id;
	for (id = g->near > 500 ? g->near - 500 : 1; id < g->near + 500; id++) {
		/* His own is near, too. */
		if (id == own)
			continue;
		for (i = 0; i < ARRAY_SIZE(flags); i++) {
			CHECK(sys_cancel_id(dev, flags[i], id, 0, &c) ==
			      -ESRCH);
			/* As of one that never was, to the last byte. */
			c.flags = 0;
			CHECK(!memcmp(&c, &none, sizeof(c)));
			CHECK(sys_cancel(fd, flags[i], id, 0, &c) == -ESRCH);
		}
		CHECK(sys_query(fd, id, &q) == -ESRCH);
		CHECK(sys_wait_until(fd, id, 0) == -ESRCH);
		CHECK(!sys_wait_settled(fd, id, 0));
		cursor = id - 1;
		n = sys_list(dev, 0, &cursor, r, ARRAY_SIZE(r));
		CHECK(n == 0 || (n == 1 && r[0].owner_uid == UID_A));
	}
	CHECK(!sys_query(fd, 0, &q));
	CHECK(q.state == ACALL_STATE_RUNNING && !q.cancel_ns);
	return 0;
}

TEST_F(users, X13_X11_ids_that_are_guessed)
{
	int fd = sys_create(self->base.dev, "test");
	struct guesser g = { .ctl = self->ctl };
	struct acall_query q;

	ASSERT_EQ(0, one_call(fd, self->ctl, ACALL_TEST_COOP, self->base.id,
			      &g.near));
	EXPECT_EQ(0, child_run(guess, &g));
	ASSERT_EQ(0, sys_query(fd, 0, &q));
	EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
	EXPECT_EQ(0, q.cancel_ns);
}

static int use_stale_ids(void *arg)
{
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query q;
	__u64 stale[20];
	int i, fd, dev, ctl = *(int *)arg;

	CHECK(!become(UID_A));
	dev = sys_open_device();
	fd = sys_object("test");
	for (i = 0; i < 20; i++) {
		CHECK(!sys_begin(fd, ACALL_TEST_NOP, NULL, 0, &stale[i]));
		CHECK(!sys_finish(fd, stale[i], &f));
	}
	CHECK(!one_call(fd, ctl, ACALL_TEST_COOP, fresh_id(), NULL));
	for (i = 0; i < 20; i++) {
		CHECK(sys_finish(fd, stale[i], &f) == -ESRCH);
		CHECK(sys_query(fd, stale[i], &q) == -ESRCH);
		CHECK(sys_wait_until(fd, stale[i], FOREVER) == -ESRCH);
		CHECK(sys_cancel(fd, 0, stale[i], 0, &c) == -ESRCH);
		CHECK(sys_cancel_id(dev, 0, stale[i], 0, &c) == -ESRCH);
	}
	CHECK(!sys_query(fd, 0, &q));
	CHECK(q.state == ACALL_STATE_RUNNING && !q.cancel_ns);
	return 0;
}

TEST_F(users, X11_W5_stale_ids_hit_nothing)
{
	EXPECT_EQ(0, child_run(use_stale_ids, &self->ctl));
}

#include "acall_main.h"
