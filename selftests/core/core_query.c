// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking: QUERY in every state [Q1], fdinfo, and what the device tells before
 * anybody calls: INFO, the interfaces and their methods.
 */
#include "acall_more.h"

/* All of them. */
#define FEATURES_NOW	(2 * ACALL_FEATURE_WAIT_ID - 1)

TEST_F(acall, Q1_an_idle_object)
{
	struct acall_query q;

	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_STATE_IDLE, q.state);
	EXPECT_EQ(ACALL_OUTCOME_NONE, q.outcome);
	EXPECT_EQ(0, q.call_id);
	EXPECT_EQ(0, q.begin_ns | q.start_ns | q.cancel_ns | q.end_ns);
	EXPECT_EQ(0, q.orphans);
	EXPECT_EQ(0, q.executions);
	EXPECT_EQ(-ESRCH, sys_query(self->fd, 1, &q));
}

TEST_F(acall, Q1_a_queued_call)
{
	int busy = sys_create(self->dev, ACALL_TEST_NARROW);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	struct acall_query q;
	__u64 call_id;

	ASSERT_EQ(0, one_call(busy, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_NOP, NULL, 0, &call_id));
	ASSERT_EQ(0, sys_query(fd, call_id, &q));
	EXPECT_EQ(ACALL_STATE_QUEUED, q.state);
	EXPECT_EQ(ACALL_OUTCOME_NONE, q.outcome);
	EXPECT_EQ(call_id, q.call_id);
	EXPECT_EQ(ACALL_TEST_NOP, q.method);
	EXPECT_NE(0, q.begin_ns);
	EXPECT_EQ(0, q.start_ns | q.cancel_ns | q.end_ns);
	EXPECT_EQ(1, q.executions);
	EXPECT_EQ(0, q.orphans);
}

TEST_F(acall, Q1_a_running_call)
{
	struct acall_test_arg arg = { .id = self->id };
	struct acall_begin b = {
		.size = sizeof(b), .method = ACALL_TEST_KILLABLE,
		.in = PTR(&arg), .in_len = sizeof(arg), .user_data = 4711,
	};
	struct acall_query q;

	ASSERT_EQ(0, sys_begin_struct(self->fd, &b));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
	EXPECT_EQ(b.call_id, q.call_id);
	EXPECT_EQ(4711, q.user_data);
	EXPECT_EQ(ACALL_TEST_KILLABLE, q.method);
	EXPECT_EQ(ACALL_CAP_CANCEL | ACALL_CAP_KILLABLE, q.caps);
	EXPECT_LT(0, q.grace_ns);
	EXPECT_EQ(0, q.status);
	EXPECT_EQ(ACALL_REASON_NONE, q.reason);
	EXPECT_EQ(0, q.cancel_tgid);
	EXPECT_LE(q.begin_ns, q.start_ns);
	EXPECT_EQ(0, q.cancel_ns | q.end_ns);
	EXPECT_EQ(1, q.executions);
}

TEST_F(acall, Q1_when_why_and_by_whom_it_was_cancelled)
{
	struct acall_cancel c;
	struct acall_query q;
	__u64 before;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_LATE, self->id,
			      NULL));
	before = now_ns();
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_STATE_CANCELLING, q.state);
	EXPECT_EQ(ACALL_REASON_CLIENT, q.reason);
	EXPECT_EQ(getpid(), q.cancel_tgid);
	EXPECT_LE(before, q.cancel_ns);
	EXPECT_LE(q.cancel_ns, now_ns());
	EXPECT_EQ(0, q.end_ns);
	EXPECT_EQ(ACALL_OUTCOME_NONE, q.outcome);
}

static int cancel_it(void *arg)
{
	struct acall_cancel c;

	return !!sys_cancel(*(int *)arg, ACALL_CANCEL_NOWAIT, 0, FOREVER, &c);
}

TEST_F(acall, Q1_by_whom_is_the_process_also_when_it_is_gone)
{
	struct acall_query q;
	pid_t pid;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_LATE, self->id,
			      NULL));
	pid = child_start(cancel_it, &self->fd);
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, 1));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(pid, q.cancel_tgid);
	ASSERT_EQ(0, child_join(pid));
	/* Its number names nobody any more. */
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_TRUE(q.cancel_tgid == 0 || q.cancel_tgid == pid);
}

static int query_in_pid_namespace(void *arg)
{
	struct acall_query q;

	CHECK(getpid() == 1);
	CHECK(!sys_query(*(int *)arg, 0, &q));
	CHECK(q.reason == ACALL_REASON_CLIENT);
	CHECK(q.cancel_tgid == 0);
	return 0;
}

static int enter_pid_namespace(void *arg)
{
	if (unshare(CLONE_NEWPID))
		return 77;
	return child_run(query_in_pid_namespace, arg);
}

TEST_F(acall, Q1_by_whom_is_not_told_to_who_cannot_see_him)
{
	struct acall_cancel c;
	int ret;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_LATE, self->id,
			      NULL));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	ret = child_run(enter_pid_namespace, &self->fd);
	if (ret == 77)
		SKIP(return, "no pid namespaces");
	EXPECT_EQ(0, ret);
}

TEST_F(acall, Q1_when_the_provider_last_looked)
{
	struct acall_query first, later;
	__u64 before = now_ns(), since;

	/* spin looks all the time. */
	ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_SPIN, self->id,
				   600 * SEC, 0, NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	since = now_ns();
	do {
		ASSERT_EQ(0, sys_query(self->fd, 0, &first));
		ASSERT_FALSE(guard_expired(since));
	} while (!first.look_ns);
	EXPECT_LE(before, first.look_ns);
	do {
		ASSERT_EQ(0, sys_query(self->fd, 0, &later));
		ASSERT_FALSE(guard_expired(since));
	} while (later.look_ns == first.look_ns);
	EXPECT_LT(first.look_ns, later.look_ns);
	EXPECT_LE(later.look_ns, now_ns());
	ASSERT_EQ(0, sys_abandon(self->fd));
}

TEST_F(acall, Q1_a_provider_that_never_looks)
{
	struct acall_query q;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(0, q.look_ns);
}

TEST_F(acall, Q1_progress_of_a_running_call)
{
	struct acall_query q;

	ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_PROGRESS, self->id,
				   1000, 123, NULL));
	ASSERT_EQ(0, wait_progress(self->fd, 123));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(123, q.progress);
	EXPECT_EQ(1000, q.total);
	EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
}

TEST_F(acall, Q1_a_done_call_is_what_FINISH_will_say)
{
	static const struct {
		__u32 method;
		__s64 value;
		bool cancel;
	} calls[] = {
		{ ACALL_TEST_GATE, 0, false }, { ACALL_TEST_GATE, -EDOM, false },
		{ ACALL_TEST_COOP, 0, true }, { ACALL_TEST_LATE, -EXDEV, true },
		{ ACALL_TEST_KILLABLE, 0, true },
	};
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query q;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, sys_begin_arg(self->fd, calls[i].method, id,
					   calls[i].value, 0, NULL));
		ASSERT_EQ(0, wait_starts(self->ctl, id, 1));
		if (calls[i].cancel) {
			ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT,
						0, FOREVER, &c));
			ASSERT_EQ(0, wait_seen(self->ctl, id, 1));
		}
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(ACALL_STATE_DONE, q.state);
		EXPECT_EQ(f.call_id, q.call_id);
		EXPECT_EQ(f.status, q.status);
		EXPECT_EQ(f.outcome, q.outcome);
		EXPECT_EQ(f.result, q.result);
		EXPECT_EQ(f.method, q.method);
		EXPECT_EQ(f.user_data, q.user_data);
		EXPECT_EQ(f.progress, q.progress);
		EXPECT_EQ(f.total, q.total);
		EXPECT_EQ(f.begin_ns, q.begin_ns);
		EXPECT_EQ(f.start_ns, q.start_ns);
		EXPECT_EQ(f.cancel_ns, q.cancel_ns);
		EXPECT_EQ(f.end_ns, q.end_ns);
		EXPECT_EQ(0, q.executions);
	}
}

TEST_F(acall, Q1_orphans_and_executions)
{
	struct acall_query q;
	int other = sys_create(self->dev, "test"), i;

	for (i = 1; i <= 3; i++)
		ASSERT_EQ(0, make_orphan(self->fd, self->ctl, fresh_id()));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(3, q.orphans);
	EXPECT_EQ(4, q.executions);
	/* Another object's are not these. */
	ASSERT_EQ(0, sys_query(other, 0, &q));
	EXPECT_EQ(0, q.orphans);
	EXPECT_EQ(0, q.executions);
	EXPECT_EQ(3, counter("orphans"));
	EXPECT_EQ(4, counter("executions"));
	EXPECT_EQ(2, counter("objects"));
}

TEST_F(acall, Q1_changes_nothing)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	int ep = epoll_create1(EPOLL_CLOEXEC), i;
	struct acall_query first, q;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->fd, &ev));
	ASSERT_EQ(0, sys_query(self->fd, 0, &first));
	for (i = 0; i < 1000; i++)
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(0, memcmp(&first, &q, sizeof(q)));
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
	EXPECT_EQ(0, readiness(self->fd));
}

TEST_F(acall, fdinfo_names_the_call)
{
	char text[1024], want[64];
	__u64 call_id;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &call_id));
	ASSERT_EQ(0, read_fdinfo(self->fd, text, sizeof(text)));
	snprintf(want, sizeof(want), "acall-call-id:\t%llu\n",
		 (unsigned long long)call_id);
	EXPECT_NE(NULL, strstr(text, want)) {
		TH_LOG("no call id %llu in: %s", (unsigned long long)call_id,
		       text);
	}
	EXPECT_NE(NULL, strstr(text, "acall-interface:\ttest\n"));
	EXPECT_NE(NULL, strstr(text, "acall-state:\trunning\n"));
}

TEST_F(acall, fdinfo_of_an_idle_object_has_no_call)
{
	char text[1024];

	ASSERT_EQ(0, read_fdinfo(self->fd, text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "acall-interface:\ttest\n"));
	EXPECT_NE(NULL, strstr(text, "acall-orphans:\t0\n"));
	EXPECT_NE(NULL, strstr(text, "acall-state:\tidle\n"));
	EXPECT_EQ(NULL, strstr(text, "acall-call-id"));
	EXPECT_EQ(NULL, strstr(text, "acall-outcome"));
}

TEST_F(acall, INFO_abi_and_features)
{
	struct acall_info info = { .size = sizeof(info) };

	ASSERT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_INFO, &info));
	EXPECT_EQ(1, info.abi);
	/* Nothing that answers EOPNOTSUPP is called a feature. */
	EXPECT_EQ(FEATURES_NOW, info.features);
	EXPECT_EQ(0, info.flags);
	EXPECT_EQ(0, info.__reserved);
}

TEST_F(acall, INFO_limits_are_the_parameters)
{
	struct acall_info info = { .size = sizeof(info) };

	ASSERT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_INFO, &info));
	EXPECT_EQ(read_number(SYSFS_PARAMS, "user_calls"), info.user_calls);
	EXPECT_EQ(read_number(SYSFS_PARAMS, "total_calls"), info.total_calls);
	EXPECT_EQ(read_number(SYSFS_PARAMS, "user_bytes"), info.user_bytes);
	EXPECT_EQ(read_number(SYSFS_PARAMS, "total_bytes"), info.total_bytes);
	EXPECT_LT(0, info.user_calls);
	EXPECT_LE(info.user_calls, info.total_calls);
}

TEST_F(acall, INFO_what_the_caller_is_charged_with)
{
	struct acall_info info = { .size = sizeof(info) };
	char in[1000] = "";
	struct acall_finish f;

	ASSERT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_INFO, &info));
	EXPECT_EQ(0, info.charged_calls);
	EXPECT_EQ(0, info.charged_bytes);
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_ECHO, in, sizeof(in),
			       NULL));
	/* In and out, also when it is done. */
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	ASSERT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_INFO, &info));
	EXPECT_EQ(1, info.charged_calls);
	EXPECT_LE(2 * sizeof(in), info.charged_bytes);
	ASSERT_EQ(0, sys_finish_out(self->fd, in, sizeof(in), &f));
	ASSERT_EQ(0, wait_counter("calls", 0));
	ASSERT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_INFO, &info));
	EXPECT_EQ(0, info.charged_calls);
	EXPECT_EQ(0, info.charged_bytes);
}

static const char * const interfaces[] = {
	ACALL_TEST_INTERFACE, ACALL_TEST_HOT, ACALL_TEST_PRIVILEGED,
	ACALL_TEST_NARROW,
};

TEST_F(acall, listing_has_every_interface_once)
{
	struct acall_interface_info i = { .size = sizeof(i) };
	struct acall_info info = { .size = sizeof(info) };
	unsigned int n, found[ARRAY_SIZE(interfaces)] = { 0 }, total = 0;
	__u64 cursor;
	int ret;

	for (;;) {
		cursor = i.cursor;
		ret = sys_ioctl(self->dev, ACALL_IOC_INTERFACE_INFO, &i);
		if (ret)
			break;
		ASSERT_NE(cursor, i.cursor);
		ASSERT_LT(total, 1000);
		total++;
		for (n = 0; n < ARRAY_SIZE(interfaces); n++) {
			if (strcmp(i.name, interfaces[n]))
				continue;
			found[n]++;
			EXPECT_EQ(ACALL_TEST_VERSION_MIN, i.version_min);
			EXPECT_EQ(ACALL_TEST_VERSION, i.version);
			EXPECT_EQ(ACALL_TEST_BARE + 1, i.methods);
			EXPECT_LT(0, i.max_running_user);
			EXPECT_LE(i.max_running_user, i.max_running);
		}
	}
	EXPECT_EQ(-ENOENT, ret);
	EXPECT_EQ(-ENOENT, sys_ioctl(self->dev, ACALL_IOC_INTERFACE_INFO, &i));
	for (n = 0; n < ARRAY_SIZE(interfaces); n++)
		EXPECT_EQ(1, found[n]);
	ASSERT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_INFO, &info));
	EXPECT_EQ(info.interfaces, total);
}

TEST_F(acall, listing_says_how_many_may_run)
{
	struct acall_interface_info i = { .size = sizeof(i) };

	do {
		ASSERT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_INTERFACE_INFO,
				       &i));
	} while (strcmp(i.name, ACALL_TEST_NARROW));
	EXPECT_EQ(8, i.max_running);
	EXPECT_EQ(1, i.max_running_user);
}

TEST_F(acall, listing_of_the_methods)
{
	static const struct {
		const char *name;
		__u32 caps, unit, in_max, out_max, files;
	} want[] = {
		[ACALL_TEST_ECHO] = { "echo", 0, 0, 65536, 65536, 0 },
		[ACALL_TEST_FAIL] = { "fail", 0, 0, 4, 0, 0 },
		[ACALL_TEST_SLEEP] = { "sleep", 0, 0, 24, 0, 0 },
		[ACALL_TEST_GATE] = { "gate", 0, 0, 24, 0, 0 },
		[ACALL_TEST_COOP] = { "coop", 0, 0, 24, 0, 0 },
		[ACALL_TEST_LATE] = { "late", 0, 0, 24, 0, 0 },
		[ACALL_TEST_WHOAMI] = { "whoami", 0, 0, 0, 40, 0 },
		[ACALL_TEST_PROGRESS] = { "progress", ACALL_CAP_CHUNKED,
					  ACALL_UNIT_ITEMS, 24, 0, 0 },
		[ACALL_TEST_NOP] = { "nop", 0, 0, 0, 0, 0 },
		[ACALL_TEST_REFUSE] = { "refuse", 0, 0, 4, 0, 0 },
		[ACALL_TEST_SPIN] = { "spin", ACALL_CAP_CHUNKED, 0, 24, 0, 0 },
		[ACALL_TEST_KILLABLE] = { "killable", ACALL_CAP_KILLABLE, 0,
					  24, 0, 0 },
		[ACALL_TEST_HOLD] = { "hold", 0, 0, 24, 0, 1 },
		[ACALL_TEST_RESULT] = { "result", 0, ACALL_UNIT_ITEMS, 24, 65536,
					0 },
		[ACALL_TEST_STUCK] = { "stuck", 0, 0, 24, 0, 0 },
	};
	struct acall_method_info m;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(want); i++) {
		m = (struct acall_method_info) { .size = sizeof(m),
			.interface = "test", .method = i };
		ASSERT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_METHOD_INFO, &m));
		EXPECT_STREQ(want[i].name, m.name);
		EXPECT_EQ(want[i].caps | ACALL_CAP_CANCEL, m.caps);
		EXPECT_EQ(want[i].unit, m.unit);
		EXPECT_EQ(want[i].in_max, m.in_max);
		EXPECT_EQ(want[i].out_max, m.out_max);
		EXPECT_EQ(want[i].files, m.files_min);
		EXPECT_EQ(want[i].files, m.files_max);
		EXPECT_EQ(0, m.files_out);
		EXPECT_STREQ("test", m.interface);
		EXPECT_EQ(i, m.method);
	}
}

TEST_F(acall, listing_shows_the_grace_that_QUERY_shows)
{
	struct acall_method_info m = { .size = sizeof(m),
		.interface = "test", .method = ACALL_TEST_COOP };
	struct acall_query q;

	ASSERT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_METHOD_INFO, &m));
	EXPECT_LT(0, m.grace_ns);
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      NULL));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(m.grace_ns, q.grace_ns);
	EXPECT_EQ(m.caps, q.caps);
}

TEST_F(acall, listing_of_what_is_not_there)
{
	struct acall_method_info m = { .size = sizeof(m),
		.interface = "test", .method = ACALL_TEST_BARE + 1 };

	EXPECT_EQ(-EINVAL, sys_ioctl(self->dev, ACALL_IOC_METHOD_INFO, &m));
	m.method = UINT32_MAX;
	EXPECT_EQ(-EINVAL, sys_ioctl(self->dev, ACALL_IOC_METHOD_INFO, &m));
	m.method = 0;
	strcpy(m.interface, "nobody");
	EXPECT_EQ(-ENOENT, sys_ioctl(self->dev, ACALL_IOC_METHOD_INFO, &m));
	memset(m.interface, 'x', sizeof(m.interface));
	EXPECT_EQ(-EINVAL, sys_ioctl(self->dev, ACALL_IOC_METHOD_INFO, &m));
}

TEST_F(acall, counters_count_what_is_live)
{
	int fd[3], i;

	EXPECT_EQ(1, counter("objects"));
	for (i = 0; i < 3; i++) {
		fd[i] = sys_create(self->dev, "test");
		ASSERT_EQ(0, one_call(fd[i], self->ctl, ACALL_TEST_GATE,
				      fresh_id(), NULL));
	}
	EXPECT_EQ(4, counter("objects"));
	EXPECT_EQ(3, counter("calls"));
	EXPECT_EQ(3, counter("executions"));
	EXPECT_EQ(0, counter("orphans"));
	ASSERT_EQ(0, sys_abandon(fd[0]));
	ASSERT_EQ(0, close(fd[1]));
	/* One abandoned, one closed: both run on without a client. */
	ASSERT_EQ(0, wait_counter("orphans", 2));
	EXPECT_EQ(3, counter("objects"));
	EXPECT_EQ(3, counter("executions"));
	/* A DONE call is live until FINISH, and an orphan's charge stays. */
	EXPECT_EQ(3, counter("calls"));
}

#include "acall_main.h"
