// SPDX-License-Identifier: GPL-2.0-only
/*
 * An ENTER that begins one short call and waits for it runs it itself [S3], and when it
 * does so again the next call has the slot, the charge and the client of the one
 * before, if that was read. So the first and the next go different ways in the kernel,
 * which no client may notice: each test has them say the same, or goes where the one
 * before has left something.
 */
#include "queue_more.h"

/* One that is read, and not told about. */
static int enter_one(struct queue *q, const struct acall_submission *s,
		     struct acall_completion *c)
{
	struct acall_enter e;

	CHECK(queue_put(q, s));
	CHECK(!sys_enter(q->fd, 1, 1, FOREVER, &e));
	CHECK(e.taken == 1 && e.begun == 1 && !e.error);
	return queue_read(q, c);
}

static int enter_short(struct queue *q, struct acall_completion *c)
{
	struct acall_submission s = sub(ACALL_TEST_SHORT, NULL, 0);

	return enter_one(q, &s, c);
}

/* Nothing of the last call in a queue of one slot stays in the next. */
TEST_F(queue, S3_one_after_the_other_in_the_only_slot)
{
	struct acall_submission s = sub(ACALL_TEST_SHORT, NULL, 0);
	struct acall_completion c, last = { 0 };
	struct acall_finish f;
	struct queue q;
	int i;

	ASSERT_EQ(0, queue_open(&q, self->dev, ACALL_TEST_INTERFACE, 1, 1));
	for (i = 0; i < 50; i++) {
		s.user_data = 1000 + i;
		s.tag = i;
		ASSERT_EQ(0, enter_one(&q, &s, &c));
		EXPECT_TRUE(is_completed(&c));
		EXPECT_EQ(1000 + i, c.user_data);
		EXPECT_EQ(i, c.tag);
		EXPECT_NE(last.call_id, c.call_id);
		EXPECT_NE(last.handle, c.handle);
		EXPECT_EQ(1, charged_calls(self->dev));
		if (i)
			EXPECT_EQ(-ESRCH, sys_finish(q.fd, last.handle, &f));
		last = c;
	}
	EXPECT_EQ(0, counter("executions"));
	ASSERT_EQ(0, queue_tell(&q));
	EXPECT_EQ(0, charged_calls(self->dev));
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, B3_input_and_what_a_method_leaves_are_of_one_call)
{
	static const int values[] = { 0, -EDOM, -EIO };
	struct acall_completion c;
	struct acall_submission s;
	int i;

	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 0));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	for (i = 0; i < 12; i++) {
		bool commits = i % 4 == 1;
		int value = values[i % ARRAY_SIZE(values)];

		s = sub_value(ACALL_TEST_SHORT_GATE, self->id, value, commits ?
			      ACALL_TEST_COMMIT_FIRST :
			      ACALL_TEST_COMMIT_NEVER);
		ASSERT_EQ(0, enter_one(&self->q, &s, &c));
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c.outcome);
		EXPECT_EQ(value, c.status);
		EXPECT_EQ(commits ? ACALL_RESULT_COMMITTED : 0, c.result);
		/* One without input between them. */
		ASSERT_EQ(0, enter_short(&self->q, &c));
		EXPECT_TRUE(is_completed(&c));
		EXPECT_EQ(0, c.result);
	}
}

/* An entry, and what ENTER with begin and wait 1 says of it. */
struct answer {
	struct acall_submission s;
	int ret;
	struct acall_enter e;
	__s32 error;
};

static int ask(struct queue *q, struct answer *a)
{
	struct acall_submission *entry = queue_put(q, &a->s);

	CHECK(entry);
	a->ret = sys_enter(q->fd, 1, 1, FOREVER, &a->e);
	a->error = entry->error;
	return 0;
}

/* Refused or not, it is all the same whether one was read before. */
TEST_F(queue, B3_what_is_no_short_call_is_answered_as_ever)
{
	struct answer answers[] = {
		{ .s = sub(9999, NULL, 0) },
		{ .s = sub(ACALL_TEST_REFUSE, NULL, 0) },
		{ .s = sub(ACALL_TEST_SHORT, "too much", 9) },
		{ .s = sub_nop() },
		{ .s = sub_echo("a call of its own") },
		{ .s = sub(ACALL_TEST_SHORT, NULL, 0) },
		{ .s = sub(ACALL_TEST_SHORT, NULL, 0) },
		{ .s = sub(ACALL_TEST_SHORT, NULL, 0) },
		{ .s = sub(ACALL_TEST_SHORT, NULL, 0) },
		{ .s = sub(ACALL_TEST_SHORT, NULL, 0) },
	};
	unsigned int i, n = ARRAY_SIZE(answers);
	struct acall_completion c;
	struct queue q;

	answers[n - 1].s.flags = 1u << 30;
	answers[n - 2].s.nr_files = 1;
	answers[n - 3].s.deadline = 1;
	answers[n - 4].s.grace_ns = 1;
	answers[n - 5].s.in = 8;
	for (i = 0; i < n; i++) {
		struct answer again = { .s = answers[i].s };

		ASSERT_EQ(0, queue_open(&q, self->dev, ACALL_TEST_INTERFACE, 4,
					0));
		ASSERT_EQ(0, ask(&q, &answers[i]));
		queue_read_all(&q);
		ASSERT_EQ(0, queue_close(&q));

		ASSERT_EQ(0, enter_short(&self->q, &c));
		ASSERT_EQ(0, ask(&self->q, &again));
		EXPECT_EQ(answers[i].ret, again.ret);
		EXPECT_EQ(1, again.e.taken);
		EXPECT_EQ(answers[i].e.begun, again.e.begun);
		EXPECT_EQ(answers[i].error, again.error);
		EXPECT_EQ(again.error ? -ESRCH : 0, again.ret);
		EXPECT_EQ(!again.error, queue_read_all(&self->q));
		ASSERT_EQ(0, enter_short(&self->q, &c));
		EXPECT_TRUE(is_completed(&c));
	}
}

TEST_F(queue, B2_a_ring_that_is_spoilt_EINVAL_and_nothing_is_begun)
{
	struct acall_submission s = sub(ACALL_TEST_SHORT, NULL, 0);
	struct acall_completion c;
	struct acall_enter e;
	__u32 head, tail;

	ASSERT_EQ(0, enter_short(&self->q, &c));
	ASSERT_NE(NULL, queue_put(&self->q, &s));
	head = self->q.head;
	tail = self->q.tail;
	queue_set_head(&self->q, head + 1);
	EXPECT_EQ(-EINVAL, sys_enter(self->q.fd, 1, 1, FOREVER, &e));
	queue_set_head(&self->q, head - 2);
	EXPECT_EQ(-EINVAL, sys_enter(self->q.fd, 1, 1, FOREVER, &e));
	queue_set_head(&self->q, head);
	queue_set_tail(&self->q, tail + self->q.made.entries);
	EXPECT_EQ(-EINVAL, sys_enter(self->q.fd, 1, 1, FOREVER, &e));
	queue_set_tail(&self->q, tail);
	EXPECT_EQ(tail - 1, queue_taken(&self->q));
	ASSERT_EQ(0, sys_enter(self->q.fd, 1, 1, FOREVER, &e));
	EXPECT_EQ(1, e.begun);
	EXPECT_EQ(1, queue_read_all(&self->q));
	/* Nothing is there to be begun. */
	EXPECT_EQ(-ESRCH, sys_enter(self->q.fd, 1, 1, FOREVER, &e));
	EXPECT_EQ(0, e.taken);
}

TEST_F(queue, F5_a_call_that_was_finished_first_leaves_its_slot_too)
{
	struct acall_submission s = sub(ACALL_TEST_SHORT, NULL, 0);
	struct acall_completion c;
	struct acall_finish f;
	struct acall_enter e;
	__u64 handle;
	int i;

	ASSERT_EQ(0, enter_short(&self->q, &c));
	for (i = 0; i < 8; i++) {
		ASSERT_NE(NULL, queue_put(&self->q, &s));
		ASSERT_EQ(0, sys_enter(self->q.fd, 1, 1, FOREVER, &e));
		handle = queue_peek(&self->q)->handle;
		if (i % 2) {
			ASSERT_EQ(0, sys_finish(self->q.fd, handle, &f));
			EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
			EXPECT_EQ(-ESRCH, sys_finish(self->q.fd, handle, &f));
		}
		ASSERT_EQ(0, queue_read(&self->q, &c));
		EXPECT_EQ(handle, c.handle);
	}
	ASSERT_EQ(0, queue_tell(&self->q));
	EXPECT_EQ(0, charged_calls(self->dev));
}

/* An ENTER in another thread or process. */
struct entering {
	struct queue *q;
	struct acall_submission *entry;
	__u64 id;
	int ret;
	pthread_t thread;
};

static void *enter_main(void *arg)
{
	struct entering *x = arg;
	struct acall_enter e;

	x->ret = sys_enter(x->q->fd, 1, 1, FOREVER, &e);
	return NULL;
}

/* Its method runs, and returns @value when the gate at @x->id opens. */
static int enter_gate(struct entering *x, int ctl, __s64 value)
{
	struct acall_submission s;

	x->id = fresh_id();
	s = sub_value(ACALL_TEST_SHORT_GATE, x->id, value, 0);
	CHECK(!wait_starts(ctl, x->id, 0));
	x->entry = queue_put(x->q, &s);
	CHECK(x->entry);
	CHECK(!pthread_create(&x->thread, NULL, enter_main, x));
	return wait_starts(ctl, x->id, 1);
}

TEST_F(queue, X8_a_cancel_of_what_ENTER_runs_is_too_late)
{
	struct entering x = { .q = &self->q };
	struct acall_completion c;
	struct acall_cancel cancel;
	struct acall_finish f;
	__u64 handle;
	int i;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "only one processor");
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, enter_gate(&x, self->ctl, -EDOM));
		handle = x.entry->handle;
		EXPECT_EQ(ACALL_STATE_RUNNING, queue_state(&self->q, handle));
		EXPECT_EQ(1, counter("executions"));
		EXPECT_EQ(-EAGAIN, queue_finish_now(&self->q, handle, &f));
		EXPECT_EQ(-ESRCH, sys_cancel(self->q.fd, ACALL_CANCEL_NOWAIT,
					     handle, 0, &cancel));
		ASSERT_EQ(0, open_gate(self->ctl, x.id));
		pthread_join(x.thread, NULL);
		EXPECT_EQ(0, x.ret);
		ASSERT_EQ(0, queue_read(&self->q, &c));
		EXPECT_EQ(handle, c.handle);
		EXPECT_EQ(-EDOM, c.status);
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c.outcome);
	}
}

/* Others may begin while it runs, and are run by workers. */
TEST_F(queue, S3_what_is_begun_beside_it_has_a_slot_of_its_own)
{
	struct acall_submission s = sub(ACALL_TEST_SHORT, NULL, 0);
	struct entering x = { .q = &self->q };
	struct acall_completion c;
	struct acall_enter e;
	int i;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "only one processor");
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, enter_gate(&x, self->ctl, 0));
		s.user_data = 77;
		ASSERT_NE(NULL, queue_put(&self->q, &s));
		ASSERT_EQ(0, sys_enter(self->q.fd, 1, 1, FOREVER, &e));
		ASSERT_EQ(0, queue_read(&self->q, &c));
		EXPECT_EQ(77, c.user_data);
		EXPECT_EQ(2, charged_calls(self->dev));
		ASSERT_EQ(0, open_gate(self->ctl, x.id));
		pthread_join(x.thread, NULL);
		EXPECT_EQ(1, queue_drain(&self->q));
		ASSERT_EQ(0, enter_short(&self->q, &c));
	}
	ASSERT_EQ(0, queue_tell(&self->q));
	EXPECT_EQ(0, charged_calls(self->dev));
}

static int enter_in_child(void *arg)
{
	struct acall_enter e;

	return sys_enter(((struct queue *)arg)->fd, 1, 1, FOREVER, &e);
}

TEST_F(queue, B4_the_next_one_is_of_whoever_begins_it)
{
	struct acall_list_record record;
	struct acall_submission s;
	struct acall_completion c;
	pid_t pid;
	int i;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "only one processor");
	for (i = 0; i < 3; i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, enter_short(&self->q, &c));
		ASSERT_EQ(0, wait_starts(self->ctl, id, 0));
		s = sub_arg(ACALL_TEST_SHORT_GATE, id);
		s.user_data = id;
		ASSERT_NE(NULL, queue_put(&self->q, &s));
		pid = child_start(enter_in_child, &self->q);
		ASSERT_EQ(0, wait_starts(self->ctl, id, 1));
		ASSERT_EQ(0, list_find_data(self->dev, id, &record));
		EXPECT_EQ(pid, record.owner_tgid);
		ASSERT_EQ(0, open_gate(self->ctl, id));
		EXPECT_EQ(0, child_join(pid));
		EXPECT_EQ(1, queue_read_all(&self->q));
	}
}

/* The client of the last one is not his any more, whatever else is as it was. */
TEST_F(queue, B4_who_has_moved_to_another_cgroup_goes_on)
{
	char root[128], group[160], procs[200];
	struct acall_completion c;
	int i, ret;

	snprintf(root, sizeof(root), "%s/cgroup.%d", tmp_dir(), getpid());
	snprintf(group, sizeof(group), "%s/acall.%d", root, getpid());
	ASSERT_EQ(0, mkdir(root, 0755));
	if (mount("none", root, "cgroup2", 0, NULL)) {
		rmdir(root);
		SKIP(return, "no cgroup2: %s", strerror(errno));
	}
	snprintf(procs, sizeof(procs), "%s/cgroup.subtree_control", root);
	ret = write_file(procs, "+memory");
	EXPECT_EQ(0, mkdir(group, 0755));
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(0, enter_short(&self->q, &c));
		EXPECT_TRUE(is_completed(&c));
		EXPECT_EQ(1, charged_calls(self->dev));
		snprintf(procs, sizeof(procs), "%s/cgroup.procs",
			 i % 2 ? root : group);
		EXPECT_EQ(0, write_file(procs, "0"));
	}
	rmdir(group);
	umount(root);
	rmdir(root);
	if (ret)
		SKIP(return, "no memory controller: %d", ret);
}

#include "acall_main.h"
