// SPDX-License-Identifier: GPL-2.0-only
/*
 * .prepare, .start and .release [P1]: what is visible when, in which order, and
 * that a call which is parked costs no thread. The hook is in prov_hook.c,
 * completions are in prov_complete.c.
 */
#include "prov_util.h"

static const __u32 parked[] = {
	ACALL_TEST_PARK, ACALL_TEST_PARK_SLEEPABLE, ACALL_TEST_PARK_FIXED,
};

static struct actor stalled_beginner(int object,
				     const struct acall_test_arg *arg)
{
	return (struct actor) {
		.act = ACT_BEGIN, .fd = object,
		.begin = { .method = ACALL_TEST_PREPARE_GATE,
			   .in = PTR(arg), .in_len = sizeof(*arg) },
	};
}

TEST_F(prov, P1_prepare_runs_before_the_call_is_visible)
{
	struct acall_test_arg arg = { .id = self->id };
	struct actor b = stalled_beginner(self->fd, &arg);
	struct acall_cancel c;
	struct acall_finish f;

	ASSERT_EQ(0, actor_start(&b));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	EXPECT_EQ(IDLE, state_of(self->fd));
	EXPECT_EQ(POLLOUT, readiness(self->fd));
	EXPECT_EQ(-ESRCH, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(-ESRCH, sys_finish_now(self->fd, &f));
	EXPECT_EQ(-ESRCH, sys_cancel(self->fd, 0, 0, 0, &c));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, actor_join(&b));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(b.begin.call_id, f.call_id);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
}

TEST_F(prov, P1_who_loses_after_prepare_is_undone)
{
	struct acall_test_arg arg = { .id = self->id };
	struct actor b = stalled_beginner(self->fd, &arg);
	struct acall_test_control was;
	struct acall_finish f;

	ASSERT_EQ(0, actor_start(&b));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	/* The object is idle for everybody, so another may have it. */
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, fresh_id(), NULL));
	was = ctl_get(self->ctl, 0);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(-EBUSY, actor_join(&b));
	EXPECT_EQ(was.prepared + 1, ctl_get(self->ctl, 0).prepared);
	EXPECT_EQ(was.released + 1, ctl_get(self->ctl, 0).released);
	EXPECT_EQ(was.entered, ctl_get(self->ctl, 0).entered);
	EXPECT_EQ(RUNNING, state_of(self->fd));
	EXPECT_EQ(-EAGAIN, sys_finish_now(self->fd, &f));
}

TEST_F(prov, P1_prepare_refuses_and_all_is_undone)
{
	static const int codes[] = { -EDOM, -EBUSY, -EPERM, -ENOMEM, -EIO };
	struct acall_test_custom arg = {
		.id = self->id, .out_len = 4096, .files = 3,
		.flags = ACALL_TEST_PREPARE_FILES | ACALL_TEST_PREPARE_FAILS,
	};
	struct acall_info before = { .size = sizeof(before) }, after;
	unsigned int i, j;

	ASSERT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_INFO, &before));
	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		for (j = 0; j < ARRAY_SIZE(parked); j++) {
			arg.ret = codes[i];
			EXPECT_EQ(codes[i], sys_begin_custom(self->fd, parked[j],
							     &arg, NULL));
			EXPECT_EQ(IDLE, state_of(self->fd));
			EXPECT_EQ(POLLOUT, readiness(self->fd));
		}
		EXPECT_EQ(codes[i], sys_begin_custom(self->fd, ACALL_TEST_FILES,
						     &arg, NULL));
	}
	EXPECT_EQ(0, wait_files(self->ctl, 0));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).starts);
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).releases);
	EXPECT_EQ(self->before.prepared, ctl_get(self->ctl, 0).prepared);
	EXPECT_EQ(self->before.released, ctl_get(self->ctl, 0).released);
	after = before;
	ASSERT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_INFO, &after));
	EXPECT_EQ(before.charged_calls, after.charged_calls);
	EXPECT_EQ(before.charged_bytes, after.charged_bytes);
	EXPECT_EQ(0, counter("executions"));
}

static int begin_stalled(void *arg)
{
	int object = sys_object(ACALL_TEST_INTERFACE);

	CHECK(object >= 0);
	sys_begin(object, ACALL_TEST_PREPARE_GATE, arg,
		  sizeof(struct acall_test_arg), NULL);
	return 1;	/* it was to be killed in there */
}

TEST_F(prov, P1_who_is_killed_in_prepare_leaves_nothing)
{
	struct acall_test_arg arg = { .id = self->id };
	pid_t pid = child_start(begin_stalled, &arg);

	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(-SIGKILL, child_join(pid));
	EXPECT_EQ(0, wait_counter("executions", 0));
	EXPECT_EQ(0, wait_counter("calls", 0));
}

TEST_F(prov, P1_start_runs_after_publication)
{
	struct acall_test_custom arg = { .id = self->id,
					 .flags = ACALL_TEST_START_WAITS };
	struct actor b;
	struct acall_finish f;
	struct acall_query q;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(parked); i++) {
		arg.id = fresh_id();
		b = beginner(self->fd, parked[i], &arg);
		ASSERT_EQ(0, actor_start(&b));
		ASSERT_EQ(0, wait_starts(self->ctl, arg.id, 1));
		ASSERT_EQ(0, actor_blocked(&b));
		/* Inside .start: everybody sees the call, BEGIN goes on. */
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
		EXPECT_EQ(RUNNING, q.state);
		EXPECT_NE(0, q.call_id);
		EXPECT_NE(0, q.start_ns);
		EXPECT_LE(q.begin_ns, q.start_ns);
		EXPECT_EQ(0, readiness(self->fd));
		EXPECT_EQ(-EBUSY, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
		EXPECT_EQ(-EAGAIN, sys_finish_now(self->fd, &f));
		EXPECT_FALSE(actor_ended(&b));
		ASSERT_EQ(0, open_gate(self->ctl, arg.id));
		ASSERT_EQ(0, actor_join(&b));
		EXPECT_EQ(q.call_id, b.begin.call_id);
		ASSERT_EQ(0, complete(self->ctl, arg.id, 0));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(q.start_ns, f.start_ns);
	}
}

TEST_F(prov, P1_completes_before_it_returns)
{
	static const int codes[] = { 0, -EDOM };
	struct acall_test_custom arg = {
		.flags = ACALL_TEST_START_COMPLETES, .out_len = 8,
	};
	struct acall_finish f;
	unsigned int i, j;
	char out[8];

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		for (j = 0; j < ARRAY_SIZE(parked); j++) {
			arg.id = fresh_id();
			arg.ret = codes[i];
			ASSERT_EQ(0, sys_begin_custom(self->fd, parked[j], &arg,
						      NULL));
			EXPECT_EQ(DONE, state_of(self->fd));
			EXPECT_EQ(POLLIN, readiness(self->fd));
			ASSERT_EQ(0, sys_finish_out(self->fd, out, sizeof(out), &f));
			EXPECT_EQ(codes[i], f.status);
			EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
			EXPECT_EQ(codes[i] ? 0 : 8, f.out_len);
			ASSERT_EQ(0, wait_releases(self->ctl, arg.id, 1));
		}
	}
}

TEST_F(prov, P1_is_completed_on_another_CPU_before_it_returns)
{
	struct acall_test_custom arg = {
		.flags = ACALL_TEST_START_COMPLETES, .ret = -EDOM,
		.context = ACALL_TEST_OTHER_CPU,
	};
	struct acall_finish f;
	int i;

	if (one_cpu())
		SKIP(return, "only one processor");
	for (i = 0; i < 200; i++) {
		arg.id = fresh_id();
		ASSERT_EQ(0, sys_begin_custom(self->fd, parked[i % 3], &arg, NULL));
		ASSERT_EQ(0, sys_finish_now(self->fd, &f));
		ASSERT_EQ(-EDOM, f.status);
		ASSERT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	}
	EXPECT_EQ(0, wait_releases(self->ctl, arg.id, 1));
}

TEST_F(prov, P1_release_waits_for_start)
{
	struct acall_test_custom arg = { .id = self->id,
					 .flags = ACALL_TEST_START_WAITS };
	struct actor b = beginner(self->fd, ACALL_TEST_PARK, &arg);
	struct acall_finish f;

	ASSERT_EQ(0, actor_start(&b));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, complete(self->ctl, self->id, -EDOM));
	/* The client is told at once, and may begin again ... */
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-EDOM, f.status);
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	/* ... while the first call's provider is in .start still. */
	EXPECT_FALSE(actor_ended(&b));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).releases);
	ASSERT_EQ(0, wait_counter("executions", 1));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, actor_join(&b));
	EXPECT_EQ(0, wait_releases(self->ctl, self->id, 1));
	EXPECT_EQ(0, wait_counter("executions", 0));
}

TEST_F(prov, P1_release_waits_for_the_hook)
{
	struct acall_finish f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		struct actor c = canceller(self->fd, 0, FOREVER);
		__u64 at = fresh_id(), call_id;

		if (!is_sleepable(hooked[i]) && one_cpu())
			continue;
		ASSERT_EQ(0, park_flags(self->fd, self->ctl, hooked[i], at,
					ACALL_TEST_HOOK_WAITS));
		ASSERT_EQ(0, actor_start(&c));
		ASSERT_EQ(0, wait_asks(self->ctl, at, 1));
		ASSERT_EQ(0, end_call(self->ctl, hooked[i], at, 0));
		if (is_custom(hooked[i])) {
			/* The client does not wait for it. */
			ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
			call_id = f.call_id;
		} else {
			ASSERT_EQ(0, wait_ends(self->ctl, at, 1));
			call_id = 0;
		}
		EXPECT_EQ(0, ctl_get(self->ctl, at).releases);
		EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->fd, call_id, 0));
		ASSERT_EQ(0, pass(self->ctl, at));
		ASSERT_EQ(0, wait_releases(self->ctl, at, 1));
		EXPECT_EQ(-ESRCH, actor_join(&c));
		if (!is_custom(hooked[i])) {
			ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
			EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
		}
	}
}

enum end { END_COMPLETE, END_CANCEL, END_ABANDON, END_CLOSE, NR_ENDS };

static int bring_to_end(int ctl, int fd, __u32 method, __u64 id, enum end end)
{
	struct acall_cancel c;
	struct acall_finish f;

	switch (end) {
	case END_COMPLETE:
		CHECK(!end_call(ctl, method, id, 0));
		break;
	case END_CANCEL:
		CHECK(!sys_cancel(fd, 0, 0, FOREVER, &c));
		break;
	case END_ABANDON:
		CHECK(!sys_abandon(fd));
		break;
	default:
		return close(fd);
	}
	CHECK(!sys_finish(fd, 0, &f));
	return close(fd);
}

TEST_F(prov, P1_release_runs_once_whatever_becomes_of_the_call)
{
	struct acall_test_custom arg = { .flags = ACALL_TEST_HOOK_COMPLETES };
	unsigned int i, end;
	int fd;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		for (end = 0; end < NR_ENDS; end++) {
			fd = sys_create(self->dev, ACALL_TEST_INTERFACE);
			ASSERT_LE(0, fd);
			arg.id = fresh_id();
			ASSERT_EQ(0, park(fd, self->ctl, hooked[i], &arg));
			ASSERT_EQ(0, bring_to_end(self->ctl, fd, hooked[i],
						  arg.id, end));
			ASSERT_EQ(0, wait_releases(self->ctl, arg.id, 1));
			ASSERT_EQ(0, wait_counter("executions", 0));
			EXPECT_EQ(1, ctl_get(self->ctl, arg.id).releases);
		}
	}
}

/* Threads of the kernel that run work for others. */
static int count_kworkers(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	int n = 0;

	if (!dir)
		return -errno;
	while ((d = readdir(dir))) {
		char path[300], comm[32] = "";
		int file;

		snprintf(path, sizeof(path), "/proc/%s/comm", d->d_name);
		file = open(path, O_RDONLY | O_CLOEXEC);
		if (file < 0)
			continue;
		if (read(file, comm, sizeof(comm) - 1) > 0 &&
		    !strncmp(comm, "kworker/", 8))
			n++;
		close(file);
	}
	closedir(dir);
	return n;
}

TEST_F(prov, P1_a_parked_call_holds_no_thread)
{
	enum { N = 1000 };
	struct rlimit nofile = { N + 100, N + 100 };
	static int object[N];
	static __u64 at[N];
	struct acall_finish f;
	int before, after, i;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &nofile));
	before = count_kworkers();
	ASSERT_LT(0, before);
	for (i = 0; i < N; i++) {
		at[i] = fresh_id();
		object[i] = sys_create(self->dev, ACALL_TEST_INTERFACE);
		ASSERT_LE(0, object[i]);
		ASSERT_EQ(0, park_flags(object[i], self->ctl, parked[i % 3], at[i],
					0));
	}
	/* All at once, many times what .run methods could have. */
	for (i = 0; i < N; i++)
		ASSERT_EQ(RUNNING, state_of(object[i]));
	EXPECT_EQ(N, counter("executions"));
	after = count_kworkers();
	/* Others' come and go; one for each call would be N. */
	EXPECT_GT(N / 10, after - before);
	for (i = 0; i < N; i++)
		ASSERT_EQ(0, complete(self->ctl, at[i], 0));
	for (i = 0; i < N; i++) {
		ASSERT_EQ(0, sys_finish_now(object[i], &f));
		ASSERT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	}
}

#include "acall_main.h"
