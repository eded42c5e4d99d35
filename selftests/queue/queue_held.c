// SPDX-License-Identifier: GPL-2.0-only
/*
 * Short calls that wait in their lane and the one that runs there, seen and cancelled
 * from outside: LIST and CANCEL_ID, which have no table of them, and fdinfo. [X13,
 * X3, X8, B6, C4]
 *
 * The race is between whoever looks at all slots of all queues and his death.
 */
#include "queue_more.h"
#include "queue_held.h"

#define QUEUED	ACALL_STATE_QUEUED
#define RUNNING	ACALL_STATE_RUNNING
#define DONE	ACALL_STATE_DONE

/* LIST */

/* What LIST says of the call with @user_data is what QUERY says of @handle. */
static int listed_as_queried(int dev, struct queue *q, __u64 user_data,
			     __u64 handle, struct acall_list_record *r)
{
	struct acall_query query;

	CHECK(!list_find_data(dev, user_data, r));
	CHECK(!sys_query(q->fd, handle, &query));
	CHECK(r->call_id);
	CHECK(!strcmp(r->interface, ACALL_TEST_INTERFACE));
	CHECK(r->method == query.method && r->caps == query.caps);
	CHECK(r->caps & ACALL_CAP_SHORT);
	CHECK(r->state == query.state && r->outcome == query.outcome);
	CHECK(r->status == query.status && r->reason == query.reason);
	CHECK(r->result == query.result);
	CHECK(r->user_data == query.user_data);
	CHECK(r->progress == query.progress && r->total == query.total);
	CHECK(r->deadline == FOREVER);
	CHECK(r->begin_ns && r->begin_ns == query.begin_ns);
	CHECK(r->start_ns == query.start_ns);
	CHECK(r->cancel_ns == query.cancel_ns);
	CHECK(r->end_ns == query.end_ns);
	CHECK(r->owner_uid == getuid() && (int)r->owner_tgid == getpid());
	CHECK(!r->cancel_tgid && !r->nr_files && !r->look_ns);
	return 0;
}

TEST_F(queue, X13_LIST_every_field_of_short_calls_that_run_and_wait)
{
	enum { N = 4, FIRM = 2 };
	struct acall_list_record r[N];
	struct acall_completion c;
	__u64 handle[N];
	int i, k;

	ASSERT_EQ(0, hold(&self->q, self->ctl, self->id, &handle[0]));
	for (i = 1; i < N; i++)
		ASSERT_EQ(0, behind(&self->q, i == FIRM ?
				    ACALL_BEGIN_NO_CANCEL : 0, HELD + i,
				    &handle[i]));
	for (i = 0; i < N; i++) {
		ASSERT_EQ(0, listed_as_queried(self->dev, &self->q, HELD + i,
					       handle[i], &r[i]));
		EXPECT_EQ(i ? QUEUED : RUNNING, r[i].state);
		EXPECT_EQ(i ? ACALL_TEST_SHORT : ACALL_TEST_SHORT_GATE,
			  r[i].method);
		EXPECT_EQ(i == FIRM ? ACALL_LIST_NO_CANCEL : 0, r[i].flags);
		EXPECT_EQ(ACALL_OUTCOME_NONE, r[i].outcome);
		EXPECT_EQ(0, r[i].end_ns);
		for (k = 0; k < i; k++)
			EXPECT_NE(r[k].call_id, r[i].call_id);
	}
	EXPECT_EQ(N, list_count(self->dev, 0));
	EXPECT_EQ(N, list_count(self->dev, ACALL_LIST_OWN));
	/* Those that are over stay until that has been read. */
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, queue_wait(&self->q, N));
	for (i = 0; i < N; i++) {
		struct acall_list_record done;

		ASSERT_EQ(0, listed_as_queried(self->dev, &self->q, HELD + i,
					       handle[i], &done));
		EXPECT_EQ(r[i].call_id, done.call_id);
		EXPECT_EQ(DONE, done.state);
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, done.outcome);
		EXPECT_EQ(ACALL_LIST_ENDED | r[i].flags, done.flags);
		EXPECT_LE(done.begin_ns, done.start_ns);
		EXPECT_LE(done.start_ns, done.end_ns);
	}
	/* In the order in which they stood there, by the same ids. */
	for (i = 0; i < N; i++) {
		ASSERT_EQ(0, queue_read(&self->q, &c));
		EXPECT_EQ(handle[i], c.handle);
		EXPECT_EQ(r[i].call_id, c.call_id);
	}
	ASSERT_EQ(0, queue_tell(&self->q));
	EXPECT_EQ(0, list_count(self->dev, 0));
}

TEST_F(queue, X13_LIST_in_pages_that_end_within_and_between_queues)
{
	enum { N = 5, OTHERS = 3, LONG = 1, ALL = 1 + N + OTHERS + LONG };
	struct acall_list_record r[ALL];
	__u64 handle[1 + N], cursor;
	int i, k, n, nr, page;
	struct queue other;

	ASSERT_EQ(0, queue_open(&other, self->dev, "test", 4, 0));
	ASSERT_EQ(0, queue_one(&other, self->ctl, ACALL_TEST_COOP, fresh_id(),
			       NULL));
	ASSERT_EQ(0, hold_many(&self->q, self->ctl, self->id, N, handle));
	for (i = 0; i < OTHERS; i++)
		ASSERT_EQ(0, behind(&other, 0, HELD + 1 + N + i, NULL));
	for (page = 1; page <= ALL; page++) {
		cursor = 0;
		for (nr = 0; nr < ALL; nr += n) {
			n = sys_list(self->dev, 0, &cursor, &r[nr],
				     nr + page > ALL ? ALL - nr : page);
			ASSERT_LT(0, n);
			ASSERT_LE(n, page);
		}
		ASSERT_EQ(0, sys_list(self->dev, 0, &cursor, r, 1));
		/* Each once. */
		for (i = 0; i < ALL; i++)
			for (k = 0; k < i; k++)
				ASSERT_NE(r[k].call_id, r[i].call_id);
	}
	/* What is not their end has nothing written. */
	cursor = 0;
	EXPECT_EQ(-EFAULT, sys_list(self->dev, 0, &cursor, (void *)8, ALL));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, read_verdicts(&self->q, 1 + N, 0));
	EXPECT_EQ(0, queue_close(&other));
}

TEST_F(queue, X13_LIST_to_a_bad_address_EFAULT)
{
	struct acall_list_record r;
	__u64 handle[2], cursor = 0;

	ASSERT_EQ(0, hold_many(&self->q, self->ctl, self->id, 1, handle));
	EXPECT_EQ(-EFAULT, sys_list(self->dev, 0, &cursor, (void *)8, 2));
	cursor = 0;
	EXPECT_EQ(1, sys_list(self->dev, 0, &cursor, &r, 1));
	EXPECT_EQ(-EFAULT, sys_list(self->dev, 0, &cursor, (void *)8, 1));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, read_verdicts(&self->q, 2, 0));
}

/* Whose is it to see, and to cancel? */

struct scene {
	int dev;
	int ctl;
	__u64 id;
	int ready;
	struct acall_list_record gate;
	struct acall_list_record firm;
	struct acall_list_record soft[2];
};

static int stand_in_a_lane(void *arg)
{
	struct acall_completion c;
	struct scene *s = arg;
	struct queue q;
	int i;

	CHECK(!become(UID_A));
	CHECK(!queue_open_alone(&q, "test", 4));
	CHECK(!hold(&q, s->ctl, s->id, NULL));
	CHECK(!behind(&q, 0, HELD + 1, NULL));
	CHECK(!behind(&q, ACALL_BEGIN_NO_CANCEL, HELD + 2, NULL));
	CHECK(!behind(&q, 0, HELD + 3, NULL));
	CHECK(write(s->ready, "x", 1) == 1);
	CHECK(!queue_wait(&q, 4));
	for (i = 0; i < 4; i++) {
		CHECK(!queue_read(&q, &c));
		CHECK(c.user_data == HELD ? is_completed(&c) :
		      is_cancelled(&c, ACALL_OUTCOME_NEVER_STARTED));
	}
	return 0;
}

static int cancel_as_nobody(int dev, const struct acall_list_record *r)
{
	struct acall_cancel c;

	CHECK(sys_cancel_id(dev, 0, r->call_id, 0, &c) == -ESRCH);
	CHECK(c.state == ACALL_STATE_IDLE);
	CHECK(c.outcome == ACALL_OUTCOME_NONE && !c.call_id);
	return 0;
}

static int another_user(void *arg)
{
	struct scene *s = arg;

	CHECK(!become(UID_B));
	CHECK(!list_count(s->dev, 0));
	CHECK(!cancel_as_nobody(s->dev, &s->gate));
	CHECK(!cancel_as_nobody(s->dev, &s->firm));
	return cancel_as_nobody(s->dev, &s->soft[0]);
}

static int another_process(void *arg)
{
	struct acall_list_record r;
	struct scene *s = arg;
	struct acall_cancel c;

	CHECK(!become(UID_A));
	CHECK(list_count(s->dev, 0) == 4);
	CHECK(!list_find_data(s->dev, HELD + 2, &r));
	CHECK(r.call_id == s->firm.call_id);
	CHECK(r.owner_tgid == s->firm.owner_tgid);
	CHECK(sys_cancel_id(s->dev, 0, s->firm.call_id, 0, &c) == -EPERM);
	CHECK(!list_find(s->dev, s->firm.call_id, &r));
	CHECK(r.state == QUEUED && r.reason == ACALL_REASON_NONE);
	CHECK(!sys_cancel_id(s->dev, 0, s->soft[0].call_id, 0, &c));
	CHECK(c.call_id == s->soft[0].call_id && c.state == DONE);
	CHECK(c.outcome == ACALL_OUTCOME_NEVER_STARTED);
	return 0;
}

TEST_F(queue, X13_B6_short_calls_that_wait_are_ones_own_users_and_roots)
{
	struct scene s = {
		.dev = self->dev, .ctl = self->ctl, .id = self->id,
	};
	struct acall_list_record r[4];
	int p[2], i, soft = 0;
	struct acall_cancel c;
	__u64 cursor = 0;
	pid_t pid;
	char x;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	s.ready = p[1];
	pid = child_start(stand_in_a_lane, &s);
	ASSERT_EQ(1, read(p[0], &x, 1));
	EXPECT_EQ(0, list_count(self->dev, ACALL_LIST_OWN));
	ASSERT_EQ(4, sys_list(self->dev, 0, &cursor, r, 4));
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(UID_A, r[i].owner_uid);
		EXPECT_EQ(pid, r[i].owner_tgid);
		/* The administrator sees everything but what may be an address. */
		EXPECT_EQ(0, r[i].user_data);
		if (r[i].state == RUNNING)
			s.gate = r[i];
		else if (r[i].flags & ACALL_LIST_NO_CANCEL)
			s.firm = r[i];
		else if (soft < 2)
			s.soft[soft++] = r[i];
	}
	ASSERT_EQ(2, soft);
	EXPECT_EQ(0, child_run(another_user, &s));
	EXPECT_EQ(0, child_run(another_process, &s));
	/* The administrator is not bound by NO_CANCEL. */
	EXPECT_EQ(0, sys_cancel_id(self->dev, 0, s.firm.call_id, 0, &c));
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, c.outcome);
	EXPECT_EQ(ACALL_REASON_ADMIN,
		  listed_reason(self->dev, s.firm.call_id));
	EXPECT_EQ(ACALL_REASON_CLIENT,
		  listed_reason(self->dev, s.soft[0].call_id));
	EXPECT_EQ(0, sys_cancel_id(self->dev, 0, s.soft[1].call_id, 0, &c));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, child_join(pid));
}

/* CANCEL_ID */

TEST_F(queue, X3_X13_CANCEL_ID_of_one_that_waits_it_never_starts)
{
	__u64 id, handle, held, entered;
	struct acall_query query;
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;

	ASSERT_EQ(0, hold(&self->q, self->ctl, self->id, &held));
	entered = ctl_get(self->ctl, 0).entered;
	for (i = 0; i < ARRAY_SIZE(cancels); i++) {
		ASSERT_EQ(0, behind(&self->q, i & 1 ? ACALL_BEGIN_NO_CANCEL :
				    0, HELD + 1, &handle));
		id = id_of(self->dev, HELD + 1);
		ASSERT_NE(0, id);
		EXPECT_EQ(0, sys_cancel_id(self->dev, cancels[i].flags, id,
					   cancels[i].grace_ns, &c));
		EXPECT_EQ(id, c.call_id);
		EXPECT_EQ(DONE, c.state);
		EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, c.outcome);
		EXPECT_EQ(-EALREADY, sys_cancel_id(self->dev, 0, id, 0, &c));
		EXPECT_EQ(id, c.call_id);
		EXPECT_EQ(DONE, c.state);
		ASSERT_EQ(0, sys_query(self->q.fd, handle, &query));
		EXPECT_EQ(ACALL_REASON_ADMIN, query.reason);
		ASSERT_EQ(0, both_cancelled(&self->q, handle,
					    ACALL_OUTCOME_NEVER_STARTED, &f));
		EXPECT_EQ(0, f.start_ns);
		/* That was all of it: a late one hits nobody. */
		EXPECT_EQ(-ESRCH, sys_cancel_id(self->dev, 0, id, 0, &c));
		EXPECT_EQ(0, c.call_id);
		EXPECT_EQ(ACALL_STATE_IDLE, c.state);
	}
	EXPECT_EQ(entered, ctl_get(self->ctl, 0).entered);
	EXPECT_EQ(RUNNING, queue_state(&self->q, held));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, read_verdicts(&self->q, 1, 0));
	EXPECT_EQ(0, next_call_works(&self->q));
}

struct by_id {
	int dev;
	__u64 id;
	struct acall_cancel c;
	pthread_t thread;
	pid_t tid;
	int ret;
};

static void *by_id_main(void *arg)
{
	struct by_id *t = arg;

	__atomic_store_n(&t->tid, (pid_t)syscall(__NR_gettid),
			 __ATOMIC_RELEASE);
	t->ret = sys_cancel_id(t->dev, 0, t->id, FOREVER, &t->c);
	return NULL;
}

/* Starts it and waits until it sleeps. */
static int by_id_block(struct by_id *t)
{
	CHECK(!pthread_create(&t->thread, NULL, by_id_main, t));
	while (!__atomic_load_n(&t->tid, __ATOMIC_ACQUIRE))
		give_way();
	return wait_blocked(getpid(), t->tid, __NR_ioctl, ACALL_IOC_CANCEL_ID);
}

TEST_F(queue, X8_X9_X13_CANCEL_ID_of_the_one_that_runs_is_too_late)
{
	struct by_id t = { .dev = self->dev }, early = { .dev = self->dev };
	struct acall_completion done;
	struct acall_cancel c;
	__u64 handle;

	ASSERT_EQ(0, hold(&self->q, self->ctl, self->id, &handle));
	t.id = id_of(self->dev, HELD);
	early.id = t.id;
	ASSERT_NE(0, t.id);
	EXPECT_EQ(-ESRCH, sys_cancel_id(self->dev, ACALL_CANCEL_NOWAIT, t.id,
					0, &c));
	EXPECT_EQ(t.id, c.call_id);
	EXPECT_EQ(RUNNING, c.state);
	EXPECT_EQ(ACALL_OUTCOME_NONE, c.outcome);
	/* Else the answer comes when FINISH has the result, if it can wait. */
	ASSERT_EQ(0, by_id_block(&t));
	handle_signal(SIGUSR1, SA_RESTART);
	ASSERT_EQ(0, by_id_block(&early));
	ASSERT_EQ(0, syscall(__NR_tgkill, getpid(), early.tid, SIGUSR1));
	pthread_join(early.thread, NULL);
	EXPECT_EQ(-EINTR, early.ret);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	pthread_join(t.thread, NULL);
	EXPECT_EQ(-ESRCH, t.ret);
	EXPECT_EQ(t.id, t.c.call_id);
	EXPECT_EQ(DONE, t.c.state);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, t.c.outcome);
	ASSERT_EQ(0, queue_reap(&self->q, &done));
	EXPECT_EQ(t.id, done.call_id);
	EXPECT_TRUE(is_completed(&done));
}

TEST_F(queue, C4_X13_detached_ones_that_wait_are_listed_and_cancellable)
{
	enum { N = 4 };
	struct acall_list_record r[N + 2];
	__u64 entered, cursor = 0, never = 0;
	struct acall_cancel c;
	struct queue q;
	int i;

	ASSERT_EQ(0, queue_open_flags(&q, self->dev, "test",
				      ACALL_CREATE_DETACH, 8, 0));
	ASSERT_EQ(0, hold(&q, self->ctl, self->id, NULL));
	for (i = 1; i <= N; i++)
		ASSERT_EQ(0, behind(&q, 0, HELD + i, NULL));
	entered = ctl_get(self->ctl, 0).entered;
	ASSERT_EQ(0, queue_close(&q));
	ASSERT_EQ(1 + N, sys_list(self->dev, 0, &cursor, r, N + 2));
	EXPECT_EQ(1 + N, counter("executions"));
	for (i = 0; i <= N; i++) {
		EXPECT_EQ(r[i].user_data == HELD ? RUNNING : QUEUED,
			  r[i].state);
		EXPECT_EQ(ACALL_LIST_CONSUMED, r[i].flags);
		if (r[i].user_data != HELD + 1 && r[i].user_data != HELD + 3)
			continue;
		/* There is nobody to be told: it is gone with that. */
		EXPECT_EQ(0, sys_cancel_id(self->dev, 0, r[i].call_id, 0, &c));
		EXPECT_EQ(r[i].call_id, c.call_id);
		EXPECT_EQ(DONE, c.state);
		EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, c.outcome);
		EXPECT_EQ(-ESRCH, sys_cancel_id(self->dev, 0, r[i].call_id, 0,
						&c));
		never++;
	}
	EXPECT_EQ(2, never);
	EXPECT_EQ(1 + N - 2, counter("executions"));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	/* And the others run on. */
	EXPECT_EQ(0, wait_counter("executions", 0));
	EXPECT_EQ(entered + N - never, ctl_get(self->ctl, 0).entered);
	EXPECT_EQ(0, list_count(self->dev, 0));
}

/* Looks at all slots for an id that no call has, until it dies. */
static int look_for_nobody(void *arg)
{
	struct scene *s = arg;
	struct acall_cancel c;

	CHECK(write(s->ready, "x", 1) == 1);
	while (sys_cancel_id(s->dev, 0, FOREVER, 0, &c) == -ESRCH)
		;
	return 1;
}

TEST_F(queue, X13_who_looks_for_an_id_can_be_killed)
{
	enum { ROUNDS = 8, MANY = 0x10000 };
	struct scene s = { .dev = self->dev };
	int p[2], i, queues;
	struct queue q;
	pid_t pid;
	char x;

	/* So it is in its look nearly all of the time. */
	ASSERT_EQ(0, queue_open(&q, self->dev, "test", MANY, 1));
	queues = counter("objects");
	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	s.ready = p[1];
	for (i = 0; i < ROUNDS; i++) {
		pid = child_start(look_for_nobody, &s);
		ASSERT_EQ(1, read(p[0], &x, 1));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		EXPECT_EQ(-SIGKILL, child_join(pid));
	}
	/* It has left no reference behind. */
	EXPECT_EQ(0, next_call_works(&q));
	ASSERT_EQ(0, queue_close(&q));
	EXPECT_EQ(0, wait_counter("objects", queues - 1));
}

/* fdinfo */

/* Are @free slots of 64, @pending calls and @done completions in it? */
static int fdinfo_says(int fd, int free, int pending, int done)
{
	char path[64], text[1024], want[256];
	int info, n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(info >= 0);
	n = read(info, text, sizeof(text) - 1);
	close(info);
	CHECK(n > 0);
	text[n] = '\0';
	snprintf(want, sizeof(want),
		 "acall-interface:\ttest\nacall-version:\t%u\n"
		 "acall-orphans:\t%lld\nacall-slots:\t%u\nacall-free:\t%d\n"
		 "acall-pending:\t%d\nacall-done:\t%d\n", ACALL_TEST_VERSION,
		 counter("orphans"), SLOTS, free, pending, done);
	CHECK(strstr(text, want));
	return 0;
}

TEST_F(queue, fdinfo_counts_slots_calls_and_completions)
{
	__u64 handle[4], orphan_handle;
	struct acall_completion c;

	EXPECT_EQ(0, fdinfo_says(self->q.fd, SLOTS, 0, 0));
	ASSERT_EQ(0, hold_many(&self->q, self->ctl, self->id, 3, handle));
	EXPECT_EQ(0, fdinfo_says(self->q.fd, SLOTS - 4, 4, 0));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, queue_wait(&self->q, 4));
	EXPECT_EQ(0, fdinfo_says(self->q.fd, SLOTS - 4, 0, 4));
	/* One has been read, but the kernel has not been told yet. */
	ASSERT_EQ(0, queue_read(&self->q, &c));
	EXPECT_EQ(0, fdinfo_says(self->q.fd, SLOTS - 4, 0, 4));
	ASSERT_EQ(0, queue_tell(&self->q));
	EXPECT_EQ(0, fdinfo_says(self->q.fd, SLOTS - 3, 0, 3));
	EXPECT_EQ(3, queue_read_all(&self->q));
	ASSERT_EQ(0, queue_tell(&self->q));
	ASSERT_EQ(0, orphan(&self->q, self->ctl, fresh_id(), &orphan_handle));
	EXPECT_EQ(1, counter("orphans"));
	EXPECT_EQ(0, fdinfo_says(self->q.fd, SLOTS, 0, 0));
}

#include "acall_main.h"
