// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has a queue: processes that share it by fork or by message, that exec, exit or
 * are killed with calls in every state; threads that ENTER at the same time; and a
 * provider that goes. Whoever has a queue or a mapping of it has it open, whoever
 * calls ENTER begins. [C3, C4, C5, B4, W4, P8]
 *
 * The race is between the death of whoever has asked and the answer.
 */
#include "queue_gone.h"

#define QUEUED		ACALL_STATE_QUEUED
#define RUNNING		ACALL_STATE_RUNNING
#define CANCELLING	ACALL_STATE_CANCELLING
#define DONE		ACALL_STATE_DONE

static int begin_in_child(void *arg)
{
	struct queue *q = arg;
	struct acall_submission s = sub_nop();
	struct acall_enter e;
	int i;

	for (i = 0; i < 10; i++) {
		s.user_data = 100 + i;
		CHECK(queue_put(q, &s));
	}
	CHECK(!sys_enter(q->fd, 10, 10, FOREVER, &e));
	CHECK(e.begun == 10);
	CHECK(queue_unread(q) == 10);
	for (i = 0; i < 4; i++)
		CHECK(!queue_read(q, &(struct acall_completion) { 0 }));
	return queue_tell(q);
}

TEST_F(queue, C3_a_forked_child_uses_the_mapping)
{
	struct acall_completion c;
	int i;

	EXPECT_EQ(0, child_run(begin_in_child, &self->q));
	/* What it has filled and read was read and filled in ours. */
	EXPECT_EQ(10, queue_taken(&self->q));
	self->q.tail = self->q.ring->submission_tail;
	self->q.head = self->q.ring->completion_head;
	EXPECT_EQ(10, self->q.tail);
	EXPECT_EQ(4, self->q.head);
	for (i = 0; i < 6; i++) {
		ASSERT_EQ(0, queue_read(&self->q, &c));
		EXPECT_LE(100, c.user_data);
		EXPECT_TRUE(is_completed(&c));
	}
	ASSERT_EQ(0, queue_begin_nop(&self->q, NULL));
	EXPECT_EQ(1, queue_drain(&self->q));
}

struct holder {
	struct queue *q;
	int hear;
	int ctl;
	__u64 id;
	int say;
	bool kill;
};

/* Has nothing but the mapping, until it is told to go. */
static int hold_mapping(void *arg)
{
	struct holder *h = arg;
	char c;

	close(h->q->fd);
	CHECK(write(h->say, "x", 1) == 1);
	return read(h->hear, &c, 1) == 1 ? 0 : 1;
}

TEST_F(queue, C4_the_mapping_of_a_child_keeps_it_open)
{
	struct holder h = { .q = &self->q };
	int p[2], ready[2];
	char x = 'x';
	pid_t pid;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(ready, O_CLOEXEC));
	h.hear = p[0];
	h.say = ready[1];
	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_COOP, self->id,
			       NULL));
	pid = child_start(hold_mapping, &h);
	ASSERT_EQ(1, read(ready[0], &x, 1));
	ASSERT_EQ(0, queue_close(&self->q));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).seen);
	EXPECT_EQ(1, counter("executions"));
	ASSERT_EQ(1, write(p[1], &x, 1));
	EXPECT_EQ(0, child_join(pid));
	EXPECT_EQ(0, wait_seen(self->ctl, self->id, 1));
	EXPECT_EQ(0, wait_counter("executions", 0));
}

/* Becomes a program that knows nothing of its queue, and stays. */
static int exec_with_a_queue(void *arg)
{
	struct holder *h = arg;
	struct queue q;

	CHECK(!queue_open_alone(&q, "test", 4));
	CHECK(!queue_one(&q, h->ctl, ACALL_TEST_COOP, h->id, NULL));
	CHECK(dup2(h->hear, STDIN_FILENO) == STDIN_FILENO);
	execl("/bin/sh", "sh", "-c", "read x", NULL);
	return 1;
}

TEST_F(queue, C4_exec_is_the_last_close)
{
	struct holder h = { .ctl = self->ctl, .id = self->id };
	pid_t pid;
	int p[2];

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	h.hear = p[0];
	pid = child_start(exec_with_a_queue, &h);
	/* It is there still, and reads. */
	EXPECT_EQ(0, wait_seen(self->ctl, self->id, 1));
	EXPECT_EQ(0, wait_counter("executions", 0));
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	ASSERT_EQ(2, write(p[1], "x\n", 2));
	EXPECT_EQ(0, child_join(pid));
}

enum { AT_COOP, AT_GATE, AT_LATE, AT_ABANDONED, AT_STOPPED, AT_COMPLETED,
	AT_OUTPUT, AT_NARROW, AT_QUEUED, AT_NEVER, NR_AT };

/* Calls in every state a call may be in, then exits or waits for its end. */
static int every_state(void *arg)
{
	struct holder *h = arg;
	struct acall_submission s;
	struct acall_cancel c;
	__u64 handle[NR_AT];
	struct queue q, n;
	int i;

	CHECK(!become(UID_A));
	CHECK(!queue_open_alone(&q, "test", 16));
	CHECK(!queue_open_alone(&n, ACALL_TEST_NARROW, 16));

	CHECK(!queue_one(&q, h->ctl, ACALL_TEST_COOP, h->id + AT_COOP,
			 &handle[AT_COOP]));
	CHECK(!queue_one(&q, h->ctl, ACALL_TEST_GATE, h->id + AT_GATE,
			 &handle[AT_GATE]));
	CHECK(!queue_one(&q, h->ctl, ACALL_TEST_LATE, h->id + AT_LATE,
			 &handle[AT_LATE]));
	CHECK(!sys_cancel(q.fd, ACALL_CANCEL_NOWAIT, handle[AT_LATE], FOREVER,
			  &c));
	CHECK(queue_state(&q, handle[AT_LATE]) == CANCELLING);
	CHECK(!queue_one(&q, h->ctl, ACALL_TEST_GATE, h->id + AT_ABANDONED,
			 &handle[AT_ABANDONED]));
	CHECK(!queue_abandon(&q, handle[AT_ABANDONED]));
	CHECK(!queue_one(&q, h->ctl, ACALL_TEST_COOP, h->id + AT_STOPPED,
			 &handle[AT_STOPPED]));
	CHECK(!sys_cancel(q.fd, 0, handle[AT_STOPPED], FOREVER, &c));
	CHECK(!queue_begin_nop(&q, &handle[AT_COMPLETED]));
	s = sub_echo("unread");
	CHECK(!queue_begin(&q, &s, &handle[AT_OUTPUT]));
	CHECK(!queue_wait(&q, 4));
	for (i = AT_ABANDONED; i <= AT_OUTPUT; i++)
		CHECK(queue_state(&q, handle[i]) == DONE);
	/* Read, and the kernel has not been told. */
	CHECK(!queue_read(&q, &(struct acall_completion) { 0 }));

	CHECK(!queue_one(&n, h->ctl, ACALL_TEST_GATE, h->id + AT_NARROW,
			 NULL));
	CHECK(!queue_begin_arg(&n, ACALL_TEST_COOP, h->id + AT_QUEUED,
			       &handle[AT_QUEUED]));
	CHECK(queue_state(&n, handle[AT_QUEUED]) == QUEUED);
	CHECK(!queue_begin_nop(&n, &handle[AT_NEVER]));
	CHECK(!sys_cancel(n.fd, 0, handle[AT_NEVER], 0, &c));
	CHECK(write(h->say, "x", 1) == 1);
	if (h->kill)
		pause();
	return 0;
}

TEST_F(queue, C4_exit_and_SIGKILL_with_calls_in_every_state)
{
	struct holder h = { .ctl = self->ctl };
	long long objects = counter("objects");
	int i, p[2], k;
	pid_t pid;
	char x;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	h.say = p[1];
	for (i = 0; i < 10; i++) {
		h.id = fresh_id();
		for (k = 1; k < NR_AT; k++)
			fresh_id();
		h.kill = i & 1;
		pid = child_start(every_state, &h);
		ASSERT_EQ(1, read(p[0], &x, 1));
		if (h.kill)
			ASSERT_EQ(0, kill(pid, SIGKILL));
		EXPECT_EQ(h.kill ? -SIGKILL : 0, child_join(pid));
		EXPECT_EQ(0, wait_counter("objects", objects));
		/* No gate was opened: what can has stopped by the close. */
		EXPECT_EQ(0, wait_ends(self->ctl, h.id + AT_COOP, 1));
		EXPECT_EQ(1, ctl_get(self->ctl, h.id + AT_COOP).seen);
		/* Which does not wait for those that are at a gate. */
		EXPECT_LE(3, counter("executions"));
		EXPECT_EQ(0, ctl_get(self->ctl, h.id + AT_QUEUED).starts);
		ASSERT_EQ(0, forget(self->ctl, 0));
		EXPECT_EQ(0, wait_counter("executions", 0));
		EXPECT_EQ(0, wait_counter("calls", 0));
		EXPECT_EQ(0, wait_counter("orphans", 0));
	}
}

static int die_with_a_shared_queue(void *arg)
{
	struct holder *h = arg;

	CHECK(!queue_one(h->q, h->ctl, ACALL_TEST_COOP, h->id, NULL));
	CHECK(write(h->say, &h->q->submissions[0].handle, 8) == 8);
	pause();
	return 0;
}

TEST_F(queue, C3_the_calls_of_one_who_dies_are_those_of_who_is_left)
{
	struct holder h = { .q = &self->q, .ctl = self->ctl, .id = self->id };
	struct acall_completion c;
	struct acall_query query;
	__u64 handle;
	pid_t pid;
	int p[2];

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	h.say = p[1];
	pid = child_start(die_with_a_shared_queue, &h);
	ASSERT_EQ(8, read(p[0], &handle, 8));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(-SIGKILL, child_join(pid));
	ASSERT_EQ(0, sys_query(self->q.fd, handle, &query));
	EXPECT_EQ(RUNNING, query.state);
	EXPECT_EQ(0, query.cancel_ns);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, queue_reap(&self->q, &c));
	EXPECT_EQ(handle, c.handle);
	EXPECT_TRUE(is_completed(&c));
}

struct receiver {
	int sock;
	int ctl;
	__u64 id;
	struct acall_create_queue made;
	int say;
};

/* Another user has a queue of root's, and begins with it. */
static int begin_with_a_received_queue(void *arg)
{
	struct receiver *r = arg;
	struct queue q = { .made = r->made };
	struct acall_submission s = sub(ACALL_TEST_WHOAMI, NULL, 0);
	struct acall_test_whoami who;
	struct acall_completion c;
	struct acall_finish f;
	int dev;

	CHECK(!become(UID_A));
	dev = sys_open_device();
	q.fd = take_fd(r->sock);
	CHECK(q.fd >= 0);
	CHECK(!queue_map(&q));
	q.tail = q.ring->submission_tail;
	q.head = q.ring->completion_head;
	CHECK(!queue_begin(&q, &s, NULL));
	CHECK(!queue_reap(&q, &c));
	CHECK(is_completed(&c));
	CHECK(!queue_finish_out(&q, c.handle, &who, sizeof(who), &f));
	CHECK(who.uid == UID_A && !who.cap_dac_override);
	s = sub_arg(ACALL_TEST_COOP, r->id);
	s.user_data = 0xab;
	CHECK(!queue_begin(&q, &s, NULL));
	CHECK(!wait_starts(r->ctl, r->id, 1));
	CHECK(!wait_counter("calls", 1));
	CHECK(charged_calls(dev) == 1);
	CHECK(write(r->say, "x", 1) == 1);
	CHECK(!queue_reap(&q, &c));
	return !is_cancelled(&c, ACALL_OUTCOME_STOPPED);
}

TEST_F(queue, B4_a_queue_sent_to_another_user)
{
	struct receiver r = { .ctl = self->ctl, .id = self->id,
			      .made = self->q.made };
	struct acall_submission s = sub(ACALL_TEST_WHOAMI, NULL, 0);
	struct acall_list_record record;
	struct acall_test_whoami who;
	struct acall_completion c;
	struct acall_finish f;
	struct acall_cancel x;
	int sv[2], p[2];
	pid_t pid;
	char byte;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv));
	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	r.sock = sv[1];
	r.say = p[1];
	/* One of ours before and one after: each is who it is. */
	ASSERT_EQ(0, queue_begin(&self->q, &s, NULL));
	ASSERT_EQ(0, queue_reap(&self->q, &c));
	ASSERT_EQ(0, queue_finish_out(&self->q, c.handle, &who, sizeof(who),
				      &f));
	EXPECT_EQ(0, who.uid);
	pid = child_start(begin_with_a_received_queue, &r);
	ASSERT_EQ(0, pass_fd(sv[0], self->q.fd));
	ASSERT_EQ(1, read(p[0], &byte, 1));
	/* Theirs, in the listing and in the books. */
	EXPECT_EQ(0, charged_calls(self->dev));
	ASSERT_EQ(1, list_count(self->dev, 0));
	/* Others' user_data is not shown, so by that. */
	ASSERT_EQ(0, list_find_data(self->dev, 0, &record));
	EXPECT_EQ(UID_A, record.owner_uid);
	EXPECT_EQ(pid, record.owner_tgid);
	EXPECT_EQ(0, list_count(self->dev, ACALL_LIST_OWN));
	ASSERT_EQ(0, sys_cancel_id(self->dev, 0, record.call_id, FOREVER, &x));
	EXPECT_EQ(0, child_join(pid));
	self->q.tail = self->q.ring->submission_tail;
	self->q.head = self->q.ring->completion_head;
	ASSERT_EQ(0, queue_begin(&self->q, &s, NULL));
	ASSERT_EQ(0, queue_reap(&self->q, &c));
	ASSERT_EQ(0, queue_finish_out(&self->q, c.handle, &who, sizeof(who),
				      &f));
	EXPECT_EQ(0, who.uid);
}

TEST_F(queue, B7_two_threads_ENTER_at_the_same_time)
{
	const int n = rounds();
	pthread_barrier_t barrier;
	struct acall_submission s;
	struct acall_completion c;
	struct enterer t[2];
	bool seen[SLOTS];
	int i, k;

	ASSERT_EQ(0, pthread_barrier_init(&barrier, NULL, 2));
	for (i = 0; i < n; i++) {
		for (k = 0; k < SLOTS; k++) {
			s = sub(k & 1 ? ACALL_TEST_SHORT : ACALL_TEST_NOP,
				NULL, 0);
			s.user_data = k;
			ASSERT_NE(NULL, queue_put(&self->q, &s));
		}
		for (k = 0; k < 2; k++) {
			t[k] = (struct enterer) {
				.fd = self->q.fd, .barrier = &barrier,
				.e = { .begin = SLOTS / 2, .wait = SLOTS / 2,
				       .until = FOREVER },
			};
			ASSERT_EQ(0, enterer_start(&t[k]));
		}
		for (k = 0; k < 2; k++) {
			ASSERT_EQ(0, enterer_join(&t[k]));
			ASSERT_EQ(SLOTS / 2, t[k].e.taken);
			ASSERT_EQ(SLOTS / 2, t[k].e.begun);
			ASSERT_EQ(0, t[k].e.error);
		}
		/* Each entry was taken by one of them. */
		ASSERT_EQ(0, queue_wait(&self->q, SLOTS));
		memset(seen, 0, sizeof(seen));
		for (k = 0; k < SLOTS; k++) {
			ASSERT_EQ(0, queue_read(&self->q, &c));
			ASSERT_TRUE(is_completed(&c));
			ASSERT_FALSE(seen[c.user_data]);
			seen[c.user_data] = true;
		}
		ASSERT_EQ(0, queue_unread(&self->q));
	}
}

struct looper {
	int fd;
	int stop;
	__u64 begun;
	__u64 rounds;
	int ret;
	pthread_t thread;
};

static void *enter_all_the_time(void *arg)
{
	struct looper *l = arg;
	struct acall_enter e;

	while (!__atomic_load_n(&l->stop, __ATOMIC_ACQUIRE) && !l->ret) {
		l->ret = sys_enter(l->fd, 7, 0, 0, &e);
		if (e.taken != e.begun)
			l->ret = -EPROTO;
		l->begun += e.begun;
		l->rounds++;
	}
	return NULL;
}

TEST_F(queue, B7_several_that_ENTER_and_one_that_fills_and_reads)
{
	enum { THREADS = 3 };
	const int n = 100 * rounds();
	struct acall_submission s = sub_nop();
	struct looper l[THREADS] = { 0 };
	unsigned char *seen = calloc(n, 1);
	struct acall_completion c;
	int i, put = 0, got = 0;
	__u64 begun = 0;

	ASSERT_NE(NULL, seen);
	for (i = 0; i < THREADS; i++) {
		l[i].fd = self->q.fd;
		ASSERT_EQ(0, pthread_create(&l[i].thread, NULL,
					    enter_all_the_time, &l[i]));
	}
	while (got < n) {
		for (; put < n && queue_room(&self->q); put++) {
			s.user_data = put;
			queue_put(&self->q, &s);
		}
		if (queue_read(&self->q, &c)) {
			give_way();
			continue;
		}
		ASSERT_LT(c.user_data, n);
		ASSERT_FALSE(seen[c.user_data]);
		seen[c.user_data] = 1;
		got++;
	}
	for (i = 0; i < THREADS; i++) {
		__atomic_store_n(&l[i].stop, 1, __ATOMIC_RELEASE);
		pthread_join(l[i].thread, NULL);
		EXPECT_EQ(0, l[i].ret);
		EXPECT_LT(0, l[i].rounds);
		begun += l[i].begun;
	}
	EXPECT_EQ(n, begun);
	EXPECT_EQ(0, queue_unread(&self->q));
	EXPECT_EQ(-ESRCH, queue_wait(&self->q, 1));
	free(seen);
}

/* A provider that goes. */

TEST_F(gone, W4_C5_an_idle_queue_hangs_up_for_good)
{
	struct acall_submission s = sub_nop();
	struct acall_enter e;
	int i;

	EXPECT_EQ(0, revents_of(self->q.fd, POLLIN));
	ASSERT_EQ(0, unregister(self->ctl));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(POLLHUP, revents_of(self->q.fd, POLLIN));
		EXPECT_EQ(POLLHUP, revents_of(self->q.fd, 0));
		/* The entry is left, as with every error of this kind. */
		EXPECT_EQ(-ENODEV, queue_begin(&self->q, &s, NULL));
		EXPECT_EQ(-ESRCH, queue_wait(&self->q, 1));
		EXPECT_EQ(0, sys_wait_settled(self->q.fd, 0, FOREVER));
		/* Also when the name is there again. */
		if (!i)
			ASSERT_EQ(0, reregister(self->ctl));
	}
	ASSERT_NE(NULL, queue_put(&self->q, &s));
	ASSERT_EQ(0, sys_enter(self->q.fd, 1, 0, 0, &e));
	EXPECT_EQ(0, e.taken);
	EXPECT_EQ(-ENODEV, e.error);
	EXPECT_EQ(0, queue_taken(&self->q));
	EXPECT_EQ(POLLHUP, revents_of(self->q.fd, POLLIN));
}

TEST_F(gone, W4_not_while_a_call_is_short_of_DONE)
{
	struct acall_completion c;
	struct actor p = { .act = ACT_POLL, .fd = self->q.fd,
			   .events = POLLIN };
	int i;

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_LATE, self->id,
			       NULL));
	ASSERT_EQ(0, actor_block(&p));
	ASSERT_EQ(0, actor_start(&self->hot.unregister));
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, 1));
	for (i = 0; i < 20; i++) {
		EXPECT_EQ(0, revents_of(self->q.fd, POLLIN));
		EXPECT_EQ(-ETIMEDOUT, queue_wait_until(&self->q, 1,
						       now_ns() + MSEC));
	}
	EXPECT_EQ(0, actor_blocked(&p));
	EXPECT_FALSE(actor_ended(&p));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(POLLIN, actor_join(&p) & POLLIN);
	EXPECT_EQ(0, actor_join(&self->hot.unregister));
	EXPECT_EQ(POLLIN, revents_of(self->q.fd, POLLIN) & POLLIN);
	ASSERT_EQ(0, queue_reap(&self->q, &c));
	EXPECT_TRUE(is_completed(&c));
	EXPECT_EQ(POLLHUP, revents_of(self->q.fd, POLLIN));
}

TEST_F(gone, W4_who_sleeps_is_woken)
{
	struct actor p = { .act = ACT_POLL, .fd = self->q.fd };
	struct enterer t = enterer_of(&self->q, 2);
	struct actor settled = { .act = ACT_WAIT, .fd = self->q.fd,
				 .wait = { .flags = ACALL_WAIT_SETTLED,
					   .until = FOREVER } };
	struct acall_completion c;

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_COOP, self->id,
			       NULL));
	ASSERT_EQ(0, actor_block(&p));
	ASSERT_EQ(0, actor_block(&settled));
	ASSERT_EQ(0, enterer_block(&t));
	ASSERT_EQ(0, unregister(self->ctl));
	/* One has come, and no second one can. */
	EXPECT_EQ(-ESRCH, enterer_join(&t));
	EXPECT_EQ(0, actor_join(&settled));
	ASSERT_EQ(0, queue_reap(&self->q, &c));
	EXPECT_EQ(-ENODEV, c.status);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, c.outcome);
	EXPECT_EQ(POLLHUP, actor_join(&p) & POLLHUP);
}

TEST_F(gone, P8_with_calls_in_every_state)
{
	enum { COOP, KILLABLE, FIRM, LATE, GATE, NOP, ECHO, STOPPED, N };
	struct acall_submission s = sub_echo("result");
	struct acall_completion c[N];
	__u64 id[N], handle[N];
	struct acall_cancel x;
	struct acall_finish f;
	char out[8] = "";
	int i, k;

	for (i = 0; i < N; i++)
		id[i] = fresh_id();
	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_COOP, id[COOP],
			       &handle[COOP]));
	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_KILLABLE,
			       id[KILLABLE], &handle[KILLABLE]));
	/* NO_CANCEL does not bind it. */
	ASSERT_EQ(0, queue_begin_flags(&self->q, ACALL_BEGIN_NO_CANCEL,
				       ACALL_TEST_COOP, id[FIRM],
				       &handle[FIRM]));
	ASSERT_EQ(0, wait_starts(self->ctl, id[FIRM], 1));
	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_LATE, id[LATE],
			       &handle[LATE]));
	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, id[GATE],
			       &handle[GATE]));
	ASSERT_EQ(0, queue_begin_nop(&self->q, &handle[NOP]));
	ASSERT_EQ(0, queue_begin(&self->q, &s, &handle[ECHO]));
	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_COOP,
			       id[STOPPED], &handle[STOPPED]));
	ASSERT_EQ(0, sys_cancel(self->q.fd, 0, handle[STOPPED], FOREVER, &x));
	ASSERT_EQ(0, queue_wait(&self->q, 3));

	ASSERT_EQ(0, actor_start(&self->hot.unregister));
	ASSERT_EQ(0, wait_seen(self->ctl, id[LATE], 1));
	/* All but late, which has its grace. */
	ASSERT_EQ(0, queue_wait(&self->q, N - 1));
	EXPECT_EQ(CANCELLING, queue_state(&self->q, handle[LATE]));
	EXPECT_FALSE(actor_ended(&self->hot.unregister));
	ASSERT_EQ(0, open_gate(self->ctl, id[LATE]));
	ASSERT_EQ(0, open_gate(self->ctl, id[GATE]));
	ASSERT_EQ(0, queue_wait(&self->q, N));
	EXPECT_EQ(0, actor_join(&self->hot.unregister));
	for (i = 0; i < N; i++) {
		struct acall_completion one;

		ASSERT_EQ(0, queue_read(&self->q, &one));
		for (k = 0; k < N && handle[k] != one.handle; k++)
			;
		ASSERT_LT(k, N);
		c[k] = one;
	}
	EXPECT_EQ(0, queue_unread(&self->q));
	for (i = COOP; i <= FIRM; i++) {
		EXPECT_EQ(-ENODEV, c[i].status);
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, c[i].outcome);
	}
	EXPECT_TRUE(is_completed(&c[LATE]));
	EXPECT_EQ(-ENODEV, c[GATE].status);
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, c[GATE].outcome);
	EXPECT_TRUE(is_completed(&c[NOP]));
	EXPECT_TRUE(is_cancelled(&c[STOPPED], ACALL_OUTCOME_STOPPED));
	/* Results stay collectable. */
	ASSERT_EQ(0, queue_tell(&self->q));
	EXPECT_EQ(MORE, c[ECHO].result);
	ASSERT_EQ(0, queue_finish_out(&self->q, handle[ECHO], out, sizeof(out),
				      &f));
	EXPECT_STREQ("result", out);
	EXPECT_EQ(POLLHUP, revents_of(self->q.fd, POLLIN));
	for (i = 0; i < N; i++)
		EXPECT_EQ(0, queue_is_stale(&self->q, handle[i]));
}

TEST_F(gone, P8_queued_calls_never_start_ENODEV)
{
	enum { QUEUED_CALLS = 20, MAX = 256 };
	struct acall_completion c;
	int n, never = 0;
	struct queue q;
	__u64 handle;

	/* More than any user's share. */
	ASSERT_EQ(0, queue_open(&q, self->hot.base.dev, ACALL_TEST_HOT,
				MAX + QUEUED_CALLS, 0));
	for (n = 0; n < MAX; n++)
		ASSERT_EQ(0, queue_begin_arg(&q, ACALL_TEST_GATE, self->id,
					     &handle));
	for (n = 0; n < QUEUED_CALLS; n++)
		ASSERT_EQ(0, queue_begin_nop(&q, NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	EXPECT_EQ(QUEUED, queue_state(&q, handle));
	ASSERT_EQ(0, actor_start(&self->hot.unregister));
	ASSERT_EQ(0, queue_wait(&q, MAX + QUEUED_CALLS));
	while (!queue_read(&q, &c)) {
		EXPECT_EQ(-ENODEV, c.status);
		never += c.outcome == ACALL_OUTCOME_NEVER_STARTED;
	}
	EXPECT_LT(QUEUED_CALLS, never);
	EXPECT_LT(never, MAX + QUEUED_CALLS);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, actor_join(&self->hot.unregister));
	EXPECT_EQ(0, queue_close(&q));
}

/* Of those that an ENTER has just taken. */
static const struct acall_submission *taken_entry(const struct queue *q,
						  __u32 k,
						  const struct acall_enter *e)
{
	__u32 head = q->ring->submission_head;

	return &q->submissions[(head - e->taken + k) & (q->made.entries - 1)];
}

TEST_F(gone, P8_while_others_begin)
{
	enum { ROUNDS = 50 };
	struct acall_submission s = sub_nop();
	struct acall_enter e;
	__u64 begun, read;
	struct queue q;
	__u32 k, n;
	int i, ret;

	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, queue_open(&q, self->hot.base.dev, ACALL_TEST_HOT,
					SLOTS, SLOTS));
		begun = 0;
		read = 0;
		ASSERT_EQ(0, actor_start(&self->hot.unregister));
		do {
			for (k = 0; k < 16 && queue_room(&q); k++)
				queue_put(&q, &s);
			ASSERT_EQ(0, sys_enter(q.fd, 16, 0, 0, &e));
			/* It may go after they were taken. */
			for (k = 0, n = 0; k < e.taken; k++)
				n += taken_entry(&q, k, &e)->error == -ENODEV;
			ASSERT_EQ(e.taken, e.begun + n);
			begun += e.begun;
			ret = queue_wait(&q, 1);
			ASSERT_TRUE(!ret || ret == -ESRCH);
			read += queue_read_all(&q);
		} while (e.error != -ENODEV);
		while (!queue_wait(&q, 1))
			read += queue_read_all(&q);
		/* Exactly one completion for each. */
		EXPECT_EQ(begun, read);
		EXPECT_EQ(0, actor_join(&self->hot.unregister));
		ASSERT_EQ(0, queue_close(&q));
		ASSERT_EQ(0, reregister(self->ctl));
	}
}

TEST_F(gone, P8_a_queue_that_is_closed_first)
{
	int i;

	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, queue_begin_arg(&self->q, i & 1 ? ACALL_TEST_COOP :
					     ACALL_TEST_LATE, self->id, NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 16));
	ASSERT_EQ(0, queue_close(&self->q));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, unregister(self->ctl));
	EXPECT_EQ(0, counter("executions"));
	EXPECT_EQ(0, wait_counter("calls", 0));
}

#include "acall_main.h"
