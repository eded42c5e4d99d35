// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be seen without being told: the counters in sysfs, which worker runs a
 * call, and what a call works on. Documentation/observing.md promises them.
 */
#include "acall_more.h"
#include <sys/sysmacros.h>

static const char * const totals[] = {
	"accepted", "started", "completed", "stopped", "never_started",
	"abandoned",
};

enum { ACCEPTED, STARTED, COMPLETED, STOPPED, NEVER_STARTED, ABANDONED, TOTALS };

/* How many more there are of each than at the last time. */
static void more(long long *than)
{
	long long now;
	int i;

	for (i = 0; i < TOTALS; i++) {
		now = counter(totals[i]);
		than[i] = now - than[i];
	}
}

TEST_F(acall, counters_of_what_became_of_calls)
{
	struct acall_cancel c;
	struct acall_finish f;
	long long n[TOTALS] = { 0 };
	int busy, fd, i;

	more(n);
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      NULL));
	EXPECT_EQ(1, counter("running"));
	EXPECT_EQ(0, counter("queued"));
	ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
	EXPECT_EQ(0, counter("running"));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, make_orphan(self->fd, self->ctl, fresh_id()));
	/* Their clients have left, so they do not count as running. */
	EXPECT_EQ(0, counter("running"));
	EXPECT_EQ(2, counter("orphans"));
	busy = take_slot(self->dev, self->ctl, fresh_id());
	ASSERT_LE(0, busy);
	fd = sys_create(self->dev, ACALL_TEST_NARROW);
	ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
	EXPECT_EQ(1, counter("running"));
	EXPECT_EQ(1, counter("queued"));
	ASSERT_EQ(0, sys_cancel(fd, 0, 0, 0, &c));
	EXPECT_EQ(0, counter("queued"));
	more(n);
	EXPECT_EQ(6, n[ACCEPTED]);
	EXPECT_EQ(5, n[STARTED]);
	EXPECT_EQ(1, n[COMPLETED]);
	EXPECT_EQ(1, n[STOPPED]);
	EXPECT_EQ(1, n[NEVER_STARTED]);
	EXPECT_EQ(2, n[ABANDONED]);
}

TEST_F(acall, counters_of_calls_that_never_were)
{
	struct acall_call_args args = {
		.size = sizeof(args), .method = ACALL_TEST_NOP,
	};
	struct acall_test_arg arg = { .id = self->id };
	long long n[TOTALS] = { 0 };
	struct acall_begin b = {
		.size = sizeof(b), .flags = ACALL_BEGIN_DEADLINE, .deadline = 1,
		.method = ACALL_TEST_GATE, .in = PTR(&arg),
		.in_len = sizeof(arg),
	};

	more(n);
	EXPECT_EQ(-EINVAL, sys_begin(self->fd, 4711, NULL, 0, NULL));
	EXPECT_EQ(0, sys_begin_struct(self->fd, &b));
	EXPECT_EQ(-EBUSY, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	more(n);
	EXPECT_EQ(1, n[ACCEPTED]);
	EXPECT_EQ(0, n[STARTED]);
	EXPECT_EQ(1, n[NEVER_STARTED]);
	EXPECT_EQ(0, n[COMPLETED]);

	/* Which its caller may have run. */
	memset(n, 0, sizeof(n));
	more(n);
	ASSERT_EQ(0, sys_ioctl(sys_create(self->dev, "test"), ACALL_IOC_CALL,
			       &args));
	more(n);
	EXPECT_EQ(1, n[ACCEPTED]);
	EXPECT_EQ(1, n[STARTED]);
	EXPECT_EQ(1, n[COMPLETED]);
}

/* The name that process @pid has now. */
static int name_of(pid_t pid, char *name, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	n = read(fd, name, size - 1);
	close(fd);
	CHECK(n > 0);
	name[n - 1] = '\0';
	return 0;
}

TEST_F(acall, Q1_X13_which_worker_runs_it)
{
	int busy = take_slot(self->dev, self->ctl, fresh_id());
	int queued = sys_create(self->dev, ACALL_TEST_NARROW);
	struct acall_list_record r;
	struct acall_query q;
	char name[64];
	__u64 call_id;

	ASSERT_LE(0, busy);
	ASSERT_EQ(0, sys_begin(queued, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_query(queued, 0, &q));
	EXPECT_EQ(0, q.worker_pid);

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &call_id));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	EXPECT_NE(0, q.worker_pid);
	EXPECT_EQ(q.worker_pid, r.worker_pid);
	ASSERT_EQ(0, name_of(q.worker_pid, name, sizeof(name)));
	EXPECT_EQ(0, strncmp(name, "kworker/", 8));
	/* Of an orphan too; but not when it has gone on to other things. */
	ASSERT_EQ(0, sys_abandon(self->fd));
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	EXPECT_EQ(q.worker_pid, r.worker_pid);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_wait_settled(self->fd, call_id, FOREVER));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(0, q.worker_pid);
}

static int look_from_inside(void *arg)
{
	struct acall_query q;

	CHECK(!sys_query(*(int *)arg, 0, &q));
	CHECK(q.state == ACALL_STATE_RUNNING && !q.worker_pid);
	return 0;
}

static int enter_pid_namespace(void *arg)
{
	if (unshare(CLONE_NEWPID))
		return 77;
	return child_run(look_from_inside, arg);
}

TEST_F(acall, Q1_no_worker_is_visible_in_a_pid_namespace)
{
	int ret;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ret = child_run(enter_pid_namespace, &self->fd);
	if (ret == 77)
		SKIP(return, "no pid namespaces");
	EXPECT_EQ(0, ret);
}

TEST_F(acall, Q1_look_ns_is_later_than_the_request_that_was_seen)
{
	struct acall_cancel c;
	struct acall_query q;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_LATE, self->id,
			      NULL));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, 1));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_LE(q.cancel_ns, q.look_ns);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
}

/* The value of a line, as a number, or -1. */
static long long line_of(const char *text, const char *key)
{
	const char *line = strstr(text, key);

	return line && (line == text || line[-1] == '\n') &&
	       !strncmp(line + strlen(key), ":\t", 2) ?
	       atoll(line + strlen(key) + 2) : -1;
}

TEST_F(acall, fdinfo_says_what_QUERY_says)
{
	struct acall_cancel c;
	struct acall_query q;
	char text[2048];

	ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_LATE, self->id, 0, 0,
				   NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, 1));
	ASSERT_EQ(0, read_fdinfo(self->fd, text, sizeof(text)));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_NE(NULL, strstr(text, "\nacall-state:\tcancelling\n"));
	EXPECT_NE(NULL, strstr(text, "\nacall-outcome:\tnone\n"));
	EXPECT_EQ(q.call_id, line_of(text, "acall-call-id"));
	EXPECT_EQ(0, line_of(text, "acall-status"));
	EXPECT_EQ(ACALL_REASON_CLIENT, line_of(text, "acall-reason"));
	EXPECT_EQ(ACALL_TEST_LATE, line_of(text, "acall-method"));
	EXPECT_EQ(1, line_of(text, "acall-executions"));
	EXPECT_EQ(q.worker_pid, line_of(text, "acall-worker-pid"));
	EXPECT_EQ(getpid(), line_of(text, "acall-cancel-pid"));
	EXPECT_EQ(q.begin_ns, line_of(text, "acall-begin-ns"));
	EXPECT_EQ(q.start_ns, line_of(text, "acall-start-ns"));
	EXPECT_EQ(q.cancel_ns, line_of(text, "acall-cancel-ns"));
	EXPECT_LE(q.cancel_ns, line_of(text, "acall-look-ns"));
	EXPECT_EQ(0, line_of(text, "acall-end-ns"));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
}

#include "acall_main.h"
