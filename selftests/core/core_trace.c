// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracepoints: of what calls do here every step is told, in its order and
 * exactly once, whichever way they go through the kernel. A call's life is compared
 * as a whole, as words: the event, and the state behind a transition.
 *
 * Reads tracefs, in an instance of its own.
 */
#include "acall_hot.h"
#include "queue/queue_util.h"

#define TRACEFS		"/sys/kernel/tracing/"
#define INSTANCE	TRACEFS "instances/acall-selftest"
/* A kernel may have been built without. */
#define NEEDS		TRACEFS "events/acall"

#define BEGUN		"begin publish>queued "
#define STARTED		BEGUN "take start>running "
#define COMPLETED	STARTED "return>completed "
/* Of slots of short methods nothing is left that could be released. */
#define RETURNED_SHORT	COMPLETED "consume>completed"
#define RETURNED	RETURNED_SHORT " release"
#define HERE_SHORT	"begin enter>running return>completed consume>completed"
#define ASKED		"cancel cancel>cancelling "
#define FORCED		"cancel force>cancelling "
#define DEQUEUED	"cancel cancel>dequeued settle>never_started "
#define STOPS		"seen stop>stopped consume>stopped release"
#define ORPHANED	"consume>abandoned return>abandoned release"
#define LEFT		"stop>abandoned consume>abandoned release"
#define PARKED		BEGUN "start>running "
#define REPLIED		"reply>completed settle>completed consume>completed release"
/* The hook looks, too. */
#define REFUSED		"cancel ask>asked seen refuse>running "
#define HOOK_ENDED	"cancel ask>asked seen reply_stop>stopped settle>stopped "
#define ENDED_BY_HOOK	HOOK_ENDED "consume>stopped release"
#define NEVER_STARTED	"consume>never_started"

FIXTURE(trace)
{
	FIXTURE_DATA(hot) hot;
	int dev;
	int ctl;
	int fd;		/* an object of "test" */
	__u64 id;
};

FIXTURE_SETUP(trace)
{
	/* Of a test that was killed before this one. */
	rmdir(INSTANCE);
	ASSERT_EQ(0, mkdir(INSTANCE, 0700));
	ASSERT_EQ(0, write_file(INSTANCE "/events/acall/enable", "1"));
	hot_setup(_metadata, &self->hot, NULL);
	self->dev = self->hot.base.dev;
	self->ctl = self->hot.base.ctl;
	self->fd = self->hot.base.fd;
	self->id = self->hot.base.id;
}

FIXTURE_TEARDOWN(trace)
{
	queue_unmap_all();
	hot_teardown(_metadata, &self->hot, NULL);
	EXPECT_EQ(0, rmdir(INSTANCE));
}

/* The value of "KEY=" in @line, up to a blank; "" without it. */
static const char *value_of(const char *line, const char *key, char *buf,
			    size_t size)
{
	char pattern[32];
	const char *at;
	size_t len;

	*buf = '\0';
	snprintf(pattern, sizeof(pattern), " %s=", key);
	at = strstr(line, pattern);
	if (!at)
		return buf;
	at += strlen(pattern);
	len = strcspn(at, "\n ");
	if (len < size) {
		memcpy(buf, at, len);
		buf[len] = '\0';
	}
	return buf;
}

static bool is_of(const char *line, __u64 id)
{
	char value[32];

	return strtoull(value_of(line, "id", value, sizeof(value)), NULL,
			10) == id;
}

/* The name of the event behind "acall_", or NULL. */
static const char *event_of(const char *line)
{
	const char *at = strstr(line, ": acall_");

	return at ? at + strlen(": acall_") : NULL;
}

/* The word for what @line tells. A method may look more than once. */
static void add_word(char *life, size_t size, const char *line)
{
	size_t len = strlen(life), n = strcspn(event_of(line), ":");
	char event[32], to[32];

	if (!strncmp(event_of(line), "state:", 6))
		snprintf(life + len, size - len, "%s%s>%s", len ? " " : "",
			 value_of(line, "event", event, sizeof(event)),
			 value_of(line, "now", to, sizeof(to)));
	else if (strncmp(event_of(line), "seen:", 5) || len < 4 ||
		 strcmp(life + len - 4, "seen"))
		snprintf(life + len, size - len, "%s%.*s", len ? " " : "",
			 (int)n, event_of(line));
}

/* What has been told of call @id so far, in words. */
static void life_of(__u64 id, char *life, size_t size)
{
	FILE *f = fopen(INSTANCE "/trace", "re");
	char line[512];

	*life = '\0';
	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		if (event_of(line) && is_of(line, id))
			add_word(life, size, line);
	fclose(f);
}

/* It is, or will be, this one. */
static bool lived(__u64 id, const char *expected)
{
	__u64 since = now_ns();
	char life[1024];

	for (;;) {
		life_of(id, life, sizeof(life));
		if (!strcmp(life, expected))
			return true;
		if (guard_expired(since))
			break;
		give_way();
	}
	fprintf(stderr, "# call %llu: %s\n#  instead of: %s\n",
		(unsigned long long)id, life, expected);
	return false;
}

/* Does the @n-th line (of 1) that is @event of call @id have @text? */
static bool tells(__u64 id, const char *event, int n, const char *text)
{
	FILE *f = fopen(INSTANCE "/trace", "re");
	size_t len = strlen(event);
	bool found = false;
	char line[512];

	if (!f)
		return false;
	while (n && fgets(line, sizeof(line), f))
		if (event_of(line) && is_of(line, id) &&
		    !strncmp(event_of(line), event, len) &&
		    event_of(line)[len] == ':' && !--n)
			found = strstr(line, text);
	fclose(f);
	if (!found)
		fprintf(stderr, "# %s of call %llu has no: %s\n", event,
			(unsigned long long)id, text);
	return found;
}

static int finish(int fd)
{
	struct acall_finish f;

	return sys_finish(fd, 0, &f);
}

TEST_F(trace, a_call_that_completes)
{
	char text[128];
	__u64 call;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      &call));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, finish(self->fd));
	EXPECT_TRUE(lived(call, RETURNED));
	snprintf(text, sizeof(text),
		 " tgid=%d uid=%d interface=test method=%d name=coop ",
		 getpid(), getuid(), ACALL_TEST_COOP);
	EXPECT_TRUE(tells(call, "begin", 1, text));
	EXPECT_TRUE(tells(call, "begin", 1, " handle=0x0 "));
	EXPECT_TRUE(tells(call, "state", 3, " flags=ended\n"));
	EXPECT_TRUE(tells(call, "state", 4, " flags=ended|consumed\n"));
}

TEST_F(trace, progress_and_status_are_the_providers)
{
	struct acall_test_result r = { .id = self->id, .ret = -EXDEV };
	__u64 call;

	ASSERT_EQ(0, sys_begin_result(self->fd, &r, &call));
	ASSERT_EQ(0, finish(self->fd));
	EXPECT_TRUE(lived(call, RETURNED));
	EXPECT_TRUE(tells(call, "state", 3,
			  " reason=none status=-18 progress=2 total=2 "));
}

TEST_F(trace, a_call_that_is_stopped)
{
	struct acall_cancel c;
	char text[64];
	__u64 call;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      &call));
	ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
	ASSERT_EQ(0, finish(self->fd));
	EXPECT_TRUE(lived(call, STARTED ASKED STOPS));
	snprintf(text, sizeof(text), " reason=client tgid=%d ", getpid());
	EXPECT_TRUE(tells(call, "cancel", 1, text));
	EXPECT_TRUE(tells(call, "state", 4, " reason=client status=-125 "));
}

TEST_F(trace, a_worker_that_is_signalled)
{
	__u64 since = now_ns(), call;
	struct acall_cancel c;
	char life[1024];

	/* If the cancel is sooner than the worker, no signal is needed. */
	do {
		__u64 id = fresh_id();

		ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_KILLABLE,
				      id, &call));
		ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
		ASSERT_EQ(0, finish(self->fd));
		ASSERT_EQ(0, wait_counter("executions", 0));
		life_of(call, life, sizeof(life));
	} while (!strstr(life, "signal") && !guard_expired(since));
	EXPECT_TRUE(lived(call, STARTED ASKED "signal " STOPS));
}

TEST_F(trace, a_call_that_is_abandoned)
{
	struct acall_cancel c;
	__u64 call;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &call));
	ASSERT_EQ(0, sys_abandon(self->fd));
	ASSERT_EQ(0, finish(self->fd));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_TRUE(lived(call, STARTED "cancel abandon>abandoned " ORPHANED));
	EXPECT_TRUE(tells(call, "cancel", 1, " flags=abandon\n"));

	/* When its grace was over, of which a second one took the most. */
	self->id = fresh_id();
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &call));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER, &c));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_ESCALATE, 0, MSEC, &c));
	ASSERT_EQ(0, finish(self->fd));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_TRUE(lived(call, STARTED ASKED "cancel expire>abandoned "
			  ORPHANED));
	EXPECT_TRUE(tells(call, "cancel", 2, " flags=escalate\n"));
}

TEST_F(trace, a_call_that_never_starts)
{
	struct acall_cancel c;
	__u64 call;
	int held, fd;

	held = take_slot(self->dev, self->ctl, self->id);
	ASSERT_LE(0, held);
	fd = sys_create(self->dev, ACALL_TEST_NARROW);
	ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_NOP, NULL, 0, &call));
	ASSERT_EQ(0, sys_cancel(fd, 0, 0, FOREVER, &c));
	ASSERT_EQ(0, finish(fd));
	EXPECT_TRUE(lived(call, BEGUN DEQUEUED NEVER_STARTED " release"));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, finish(held));
}

TEST_F(trace, a_deadline)
{
	__u64 since = now_ns(), delay = 100 * MSEC;
	struct acall_finish f;
	char text[64];
	__u64 deadline;

	/* A slow machine may not have started it by then. */
	do {
		__u64 id = fresh_id();

		delay *= 2;
		deadline = now_ns() + delay;
		ASSERT_EQ(0, sys_begin_deadline(self->fd, ACALL_TEST_COOP, id,
						deadline, FOREVER));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		ASSERT_EQ(-ETIME, f.status);
	} while (f.outcome != ACALL_OUTCOME_STOPPED && !guard_expired(since));
	EXPECT_TRUE(lived(f.call_id, STARTED FORCED STOPS));
	snprintf(text, sizeof(text), " deadline=%llu\n",
		 (unsigned long long)deadline);
	EXPECT_TRUE(tells(f.call_id, "begin", 1, text));
	EXPECT_TRUE(tells(f.call_id, "cancel", 1, " reason=deadline tgid=0 "));
}

TEST_F(trace, a_last_close)
{
	__u64 call;
	int fd;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      &call));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_TRUE(lived(call, STARTED "drop>running " ASKED
			  "seen stop>stopped release"));
	EXPECT_TRUE(tells(call, "cancel", 1, " reason=close "));

	/* Detached, it runs on. */
	self->id = fresh_id();
	fd = sys_object_detach(self->dev, ACALL_TEST_INTERFACE);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, one_call(fd, self->ctl, ACALL_TEST_COOP, self->id, &call));
	ASSERT_EQ(0, close(fd));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_TRUE(lived(call, STARTED "drop>running return>completed release"));
}

TEST_F(trace, an_administrator)
{
	struct acall_cancel c;
	__u64 call;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      &call));
	ASSERT_EQ(0, sys_cancel_id(self->dev, 0, call, FOREVER, &c));
	ASSERT_EQ(0, finish(self->fd));
	EXPECT_TRUE(lived(call, STARTED ASKED STOPS));
	EXPECT_TRUE(tells(call, "cancel", 1, " reason=admin "));
}

TEST_F(trace, a_parked_call)
{
	struct acall_test_custom arg = {
		.id = self->id, .refusals = 1, .refuse = -EBUSY,
		.flags = ACALL_TEST_HOOK_COMPLETES,
	};
	struct acall_test_control complete = {
		.op = ACALL_TEST_OP_COMPLETE, .ret = -EXDEV,
	};
	struct acall_cancel c;
	__u64 call;

	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_PARK, &arg, sizeof(arg),
			       &call));
	ASSERT_EQ(-EBUSY, sys_cancel(self->fd, 0, 0, FOREVER, &c));
	ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
	ASSERT_EQ(0, wait_counter("executions", 0));
	ASSERT_EQ(0, finish(self->fd));
	/* The tester has a reference of his own. */
	ASSERT_EQ(0, forget(self->ctl, arg.id));
	EXPECT_TRUE(lived(call, PARKED REFUSED ENDED_BY_HOOK));

	arg.id = fresh_id();
	complete.id = arg.id;
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_PARK, &arg, sizeof(arg),
			       &call));
	ASSERT_EQ(0, sys_ioctl(self->ctl, ACALL_TEST_IOC_CONTROL, &complete));
	ASSERT_EQ(0, wait_counter("executions", 0));
	ASSERT_EQ(0, finish(self->fd));
	ASSERT_EQ(0, forget(self->ctl, arg.id));
	EXPECT_TRUE(lived(call, PARKED REPLIED));
	EXPECT_TRUE(tells(call, "state", 3, " status=-18 "));
}

TEST_F(trace, a_point_of_no_return)
{
	struct acall_test_arg arg = {
		.id = self->id, .pause = ACALL_TEST_COMMIT_FIRST,
	};
	struct acall_cancel c;
	__u64 call;

	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_COMMIT, &arg, sizeof(arg),
			       &call));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
	ASSERT_EQ(0, finish(self->fd));
	EXPECT_TRUE(lived(call, STARTED "commit>running " ASKED STOPS));
	EXPECT_TRUE(tells(call, "state", 5, "=ended|committed\n"));
}

TEST_F(trace, a_provider_that_goes)
{
	__u64 call;

	ASSERT_EQ(0, one_call(self->hot.fd, self->ctl, ACALL_TEST_COOP,
			      self->id, &call));
	ASSERT_EQ(0, unregister(self->ctl));
	ASSERT_EQ(0, finish(self->hot.fd));
	EXPECT_TRUE(lived(call, STARTED FORCED STOPS));
	EXPECT_TRUE(tells(call, "state", 4, " reason=provider status=-19 "));
}

TEST_F(trace, a_call_where_its_caller_is)
{
	struct acall_call_args c;

	ASSERT_EQ(0, sys_call(self->fd, ACALL_TEST_SHORT, NULL, 0, &c));
	EXPECT_TRUE(lived(c.call_id, HERE_SHORT " release"));
}

/* Begins and reads one; the next one says that it was read. */
static int enter_one(struct queue *q, struct acall_completion *c)
{
	struct acall_submission s = sub(ACALL_TEST_SHORT, NULL, 0);
	struct acall_enter e;

	CHECK(queue_put(q, &s));
	CHECK(!sys_enter(q->fd, 1, 1, FOREVER, &e));
	return queue_read(q, c);
}

TEST_F(trace, short_calls_of_who_waits_for_them)
{
	struct acall_completion c[4];
	unsigned int i;
	struct queue q;
	char text[64];

	ASSERT_EQ(0, queue_open(&q, self->dev, ACALL_TEST_INTERFACE, 2, 2));
	for (i = 0; i < ARRAY_SIZE(c); i++)
		ASSERT_EQ(0, enter_one(&q, &c[i]));
	ASSERT_EQ(0, queue_tell(&q));
	for (i = 0; i < ARRAY_SIZE(c); i++) {
		EXPECT_TRUE(lived(c[i].call_id, HERE_SHORT));
		snprintf(text, sizeof(text), " handle=0x%llx ",
			 (unsigned long long)c[i].handle);
		EXPECT_TRUE(tells(c[i].call_id, "begin", 1, text));
	}
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(trace, a_batch_of_short_calls)
{
	struct acall_submission s = sub(ACALL_TEST_SHORT, NULL, 0);
	struct acall_completion c[100];
	struct acall_enter e;
	struct queue q;
	unsigned int i;

	ASSERT_EQ(0, queue_open(&q, self->dev, ACALL_TEST_INTERFACE,
				ARRAY_SIZE(c), 128));
	for (i = 0; i < ARRAY_SIZE(c); i++)
		ASSERT_TRUE(queue_put(&q, &s));
	ASSERT_EQ(0, sys_enter(q.fd, ARRAY_SIZE(c), ARRAY_SIZE(c), FOREVER,
			       &e));
	for (i = 0; i < ARRAY_SIZE(c); i++)
		ASSERT_EQ(0, queue_read(&q, &c[i]));
	ASSERT_EQ(0, queue_tell(&q));
	for (i = 0; i < ARRAY_SIZE(c); i++)
		EXPECT_TRUE(lived(c[i].call_id, RETURNED_SHORT));
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(trace, what_a_short_method_leaves)
{
	static const struct {
		__u64 pause;
		const char *life;
		const char *text;
	} cases[] = {
		{ ACALL_TEST_COMMIT_FIRST,
		  STARTED "commit>running return>completed consume>completed",
		  "=ended|committed\n" },
		{ ACALL_TEST_COMMIT_PROGRESS, RETURNED_SHORT,
		  " progress=1 total=2 " },
	};
	struct acall_completion c;
	unsigned int i;
	struct queue q;

	ASSERT_EQ(0, queue_open(&q, self->dev, ACALL_TEST_INTERFACE, 2, 2));
	/* That makes the meeting that a short method only looks for. */
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 0));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct acall_test_arg arg = {
			.id = self->id, .pause = cases[i].pause,
		};
		struct acall_submission s = sub(ACALL_TEST_SHORT_GATE, &arg,
						sizeof(arg));

		ASSERT_EQ(0, queue_begin(&q, &s, NULL));
		ASSERT_EQ(0, queue_reap(&q, &c));
		EXPECT_TRUE(lived(c.call_id, cases[i].life));
		EXPECT_TRUE(tells(c.call_id, "state", i ? 3 : 4,
				  cases[i].text));
	}
	EXPECT_EQ(0, queue_close(&q));
}

/* The plainest of short calls. */
static int begin_bare(struct queue *q, __u64 *handle)
{
	struct acall_submission s = sub_plain(ACALL_TEST_BARE);

	return queue_begin(q, &s, handle);
}

TEST_F(trace, short_calls_that_never_start)
{
	struct acall_completion c[3], held;
	struct acall_cancel_match m;
	struct queue q;
	unsigned int i;

	ASSERT_EQ(0, queue_open(&q, self->dev, ACALL_TEST_INTERFACE, 8, 8));
	ASSERT_EQ(0, queue_hold_shorts(&q, self->ctl, self->id, NULL));
	for (i = 0; i < ARRAY_SIZE(c); i++)
		ASSERT_EQ(0, begin_bare(&q, NULL));
	ASSERT_EQ(0, sys_cancel_match(q.fd, ACALL_MATCH_METHOD, 0,
				      ACALL_TEST_BARE, 0, &m));
	ASSERT_EQ(3, m.cancelled);
	for (i = 0; i < ARRAY_SIZE(c); i++) {
		ASSERT_EQ(0, queue_reap(&q, &c[i]));
		EXPECT_TRUE(lived(c[i].call_id, BEGUN DEQUEUED NEVER_STARTED));
	}
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, queue_reap(&q, &held));
	EXPECT_TRUE(lived(held.call_id, RETURNED_SHORT));
	EXPECT_EQ(0, queue_close(&q));
}

/* Begins one, and asks LIST for its number, or -errno. */
static long long begin_listed(struct queue *q, int dev, __u32 method, __u64 id)
{
	struct acall_submission s = sub_arg(method, id);
	struct acall_list_record r;
	int ret;

	s.user_data = fresh_id();
	ret = queue_begin(q, &s, NULL) ?: list_find_data(dev, s.user_data, &r);
	return ret ?: (long long)r.call_id;
}

/* What is queued, runs, is DONE and has been finished when its queue is closed. */
TEST_F(trace, a_queue_that_is_closed)
{
	long long queued, runs, done, finished;
	struct acall_finish f;
	struct queue q;
	__u64 handle;

	ASSERT_EQ(0, queue_open(&q, self->dev, ACALL_TEST_INTERFACE, 8, 8));
	ASSERT_EQ(0, begin_bare(&q, &handle));
	ASSERT_EQ(0, queue_wait(&q, 1));
	ASSERT_EQ(0, sys_finish(q.fd, handle, &f));
	finished = q.completions[0].call_id;
	ASSERT_EQ(0, begin_bare(&q, NULL));
	ASSERT_EQ(0, queue_wait(&q, 2));
	done = q.completions[1].call_id;
	/* That makes the meeting that a short method only looks for. */
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 0));
	runs = begin_listed(&q, self->dev, ACALL_TEST_SHORT_GATE, self->id);
	ASSERT_LT(0, runs);
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	queued = begin_listed(&q, self->dev, ACALL_TEST_SHORT_GATE, 0);
	ASSERT_LT(0, queued);
	ASSERT_EQ(0, queue_close(&q));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_TRUE(lived(finished, RETURNED_SHORT));
	EXPECT_TRUE(lived(done, COMPLETED "drop>completed"));
	EXPECT_TRUE(lived(runs, COMPLETED "drop>completed"));
	EXPECT_TRUE(lived(queued, BEGUN DEQUEUED "drop>never_started"));
	EXPECT_TRUE(tells(queued, "cancel", 1, " reason=close "));
}

TEST_F(trace, calls_of_their_own_in_a_queue)
{
	struct acall_completion c;
	struct queue q;
	__u64 handle;

	ASSERT_EQ(0, queue_open(&q, self->dev, ACALL_TEST_INTERFACE, 2, 2));
	ASSERT_EQ(0, queue_one(&q, self->ctl, ACALL_TEST_COOP, self->id,
			       &handle));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, queue_reap(&q, &c));
	EXPECT_TRUE(lived(c.call_id, RETURNED));
	self->id = fresh_id();
	ASSERT_EQ(0, queue_one(&q, self->ctl, ACALL_TEST_COOP, self->id,
			       &handle));
	ASSERT_EQ(0, queue_abandon(&q, handle));
	ASSERT_EQ(0, wait_counter("executions", 0));
	ASSERT_EQ(0, queue_reap(&q, &c));
	EXPECT_TRUE(lived(c.call_id, STARTED "cancel abandon>abandoned seen " LEFT));
	EXPECT_EQ(0, queue_close(&q));
}

#include "acall_main.h"
