// SPDX-License-Identifier: GPL-2.0-only
/*
 * LIST [X13]: which calls there are, from BEGIN until they are over; to whom they
 * are shown, and what is said of each. Cancelling by id is in
 * client_cancel_id.c.
 *
 * The race is with calls that come and go between two pages: what is there all
 * the time is shown once, whatever else happens.
 */
#include "acall_more.h"
#include <sys/sysmacros.h>

#define RECORD	sizeof(struct acall_list_record)

static int list_raw(int dev, __u32 flags, __u64 records, __u32 record_size,
		    __u32 nr, struct acall_list *l)
{
	*l = (struct acall_list) {
		.size = sizeof(*l), .flags = flags, .records = records,
		.record_size = record_size, .nr = nr,
	};
	return sys_ioctl(dev, ACALL_IOC_LIST, l);
}

TEST_F(acall, X13_LIST_is_empty_when_there_is_no_call)
{
	struct acall_list_record r[4];
	struct acall_list l;
	struct acall_finish f;

	ASSERT_EQ(0, list_raw(self->dev, 0, PTR(r), RECORD, 4, &l));
	EXPECT_EQ(0, l.nr);
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(1, list_count(self->dev, 0));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	/* Finished and ended is over. */
	ASSERT_EQ(0, wait_counter("calls", 0));
	EXPECT_EQ(0, list_count(self->dev, 0));
}

TEST_F(acall, X13_LIST_every_field_of_a_running_call)
{
	struct acall_test_arg arg = { .id = self->id, .value = 10, .pause = 4 };
	struct acall_begin b = {
		.size = sizeof(b), .flags = ACALL_BEGIN_DEADLINE,
		.method = ACALL_TEST_PROGRESS, .in = PTR(&arg),
		.in_len = sizeof(arg), .user_data = 0x123456789abcdef0,
		.deadline = now_ns() + 600 * SEC, .grace_ns = 1,
	};
	struct acall_list_record r;
	struct acall_query q;

	ASSERT_EQ(0, sys_begin_struct(self->fd, &b));
	ASSERT_EQ(0, wait_progress(self->fd, 4));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	memset(&r, 'x', sizeof(r));
	ASSERT_EQ(0, list_find(self->dev, b.call_id, &r));
	EXPECT_STREQ("test", r.interface);
	EXPECT_EQ(ACALL_TEST_PROGRESS, r.method);
	EXPECT_EQ(ACALL_STATE_RUNNING, r.state);
	EXPECT_EQ(ACALL_OUTCOME_NONE, r.outcome);
	EXPECT_EQ(0, r.status);
	EXPECT_EQ(ACALL_REASON_NONE, r.reason);
	EXPECT_EQ(0, r.result);
	EXPECT_EQ(q.caps, r.caps);
	EXPECT_EQ(0, r.flags);
	EXPECT_EQ(getuid(), r.owner_uid);
	EXPECT_EQ(getpid(), r.owner_tgid);
	EXPECT_EQ(0, r.cancel_tgid);
	EXPECT_EQ(0, r.nr_files);
	EXPECT_EQ(b.user_data, r.user_data);
	EXPECT_EQ(4, r.progress);
	EXPECT_EQ(10, r.total);
	EXPECT_EQ(b.deadline, r.deadline);
	EXPECT_EQ(q.begin_ns, r.begin_ns);
	EXPECT_EQ(q.start_ns, r.start_ns);
	EXPECT_EQ(0, r.cancel_ns);
	EXPECT_EQ(q.look_ns, r.look_ns);
	EXPECT_EQ(0, r.end_ns);
	/* Nothing of the kernel's is in what is not used. */
	EXPECT_EQ(0, r.files[0].ino | r.files[ACALL_MAX_FILES - 1].ino);
	EXPECT_EQ(0, r.interface[5] | r.interface[ACALL_NAME_LEN - 1]);
}

TEST_F(acall, X13_LIST_shows_every_state)
{
	int busy = take_slot(self->dev, self->ctl, self->id);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	struct acall_list_record r;
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query q;
	__u64 call_id, id = fresh_id();

	ASSERT_LE(0, busy);
	ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_NOP, NULL, 0, &call_id));
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	EXPECT_EQ(ACALL_STATE_QUEUED, r.state);
	EXPECT_STREQ(ACALL_TEST_NARROW, r.interface);
	EXPECT_EQ(0, r.start_ns);
	EXPECT_EQ(FOREVER, r.deadline);
	ASSERT_EQ(0, sys_cancel(fd, 0, 0, 0, &c));
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	EXPECT_EQ(ACALL_STATE_DONE, r.state);
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, r.outcome);
	EXPECT_EQ(ACALL_LIST_ENDED, r.flags);

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_LATE, id,
			      &call_id));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	EXPECT_EQ(ACALL_STATE_CANCELLING, r.state);
	EXPECT_EQ(ACALL_REASON_CLIENT, r.reason);
	EXPECT_EQ(getpid(), r.cancel_tgid);
	EXPECT_LE(r.start_ns, r.cancel_ns);
	EXPECT_EQ(0, r.flags);
	ASSERT_EQ(0, open_gate(self->ctl, id));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	EXPECT_EQ(ACALL_STATE_DONE, r.state);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, r.outcome);
	EXPECT_EQ(q.end_ns, r.end_ns);
	EXPECT_EQ(ACALL_LIST_ENDED, r.flags);
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ENOENT, list_find(self->dev, call_id, &r));

	/* A status as FINISH will give it. */
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, fresh_id(),
			      &call_id));
	ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, r.outcome);
	EXPECT_EQ(-ECANCELED, r.status);
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
}

TEST_F(acall, X13_LIST_shows_orphans_until_they_have_ended)
{
	struct acall_list_record r;
	struct acall_finish f;
	__u64 call_id;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &call_id));
	ASSERT_EQ(0, sys_abandon(self->fd));
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	EXPECT_EQ(ACALL_STATE_DONE, r.state);
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, r.outcome);
	EXPECT_EQ(-ECANCELED, r.status);
	EXPECT_EQ(0, r.flags);
	/* Finished, and still there. */
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	EXPECT_EQ(ACALL_LIST_CONSUMED, r.flags);
	EXPECT_EQ(f.end_ns, r.end_ns);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_wait_settled(self->fd, call_id, FOREVER));
	EXPECT_EQ(-ENOENT, list_find(self->dev, call_id, &r));

	/* Ended, and not yet finished. */
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, fresh_id(),
			      &call_id));
	ASSERT_EQ(0, sys_abandon(self->fd));
	ASSERT_EQ(0, forget(self->ctl, 0));
	ASSERT_EQ(0, sys_wait_settled(self->fd, call_id, FOREVER));
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	EXPECT_EQ(ACALL_LIST_ENDED, r.flags);
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, r.outcome);
}

TEST_F(acall, X13_LIST_shows_calls_whose_object_is_closed)
{
	struct acall_list_record r;
	__u64 call_id;
	int fd;

	fd = sys_create(self->dev, "test");
	ASSERT_EQ(0, one_call(fd, self->ctl, ACALL_TEST_LATE, self->id,
			      &call_id));
	ASSERT_EQ(0, close(fd));
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	EXPECT_EQ(ACALL_STATE_CANCELLING, r.state);
	EXPECT_EQ(ACALL_REASON_CLOSE, r.reason);
	EXPECT_EQ(ACALL_LIST_CONSUMED, r.flags);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, wait_counter("calls", 0));
	EXPECT_EQ(-ENOENT, list_find(self->dev, call_id, &r));
}

TEST_F(acall, X13_LIST_names_the_files)
{
	struct acall_list_record r;
	int p[2], file, i;
	struct stat st;
	__s32 fds[2];
	__u64 id[2], call_id;
	int fd[2];

	file = open(tmp_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	ASSERT_LE(0, file);
	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	fds[0] = file;
	fds[1] = p[1];
	for (i = 0; i < 2; i++) {
		id[i] = fresh_id();
		fd[i] = sys_create(self->dev, "test");
		ASSERT_EQ(0, sys_begin_hold(fd[i], id[i], fds[i], &call_id));
		ASSERT_EQ(0, fstat(fds[i], &st));
		ASSERT_EQ(0, list_find(self->dev, call_id, &r));
		EXPECT_EQ(1, r.nr_files);
		EXPECT_EQ(major(st.st_dev), r.files[0].major);
		EXPECT_EQ(minor(st.st_dev), r.files[0].minor);
		EXPECT_EQ(st.st_ino, r.files[0].ino);
		EXPECT_EQ(0, r.files[1].ino);
	}
}

TEST_F(acall, X13_LIST_of_several_pages)
{
	enum { N = 50 };
	static const __u32 sizes[] = { 1, 2, 7, 49, 50, 51, 64 };
	struct acall_list_record page[64];
	unsigned int i, seen[N];
	__u64 call_id[N], cursor;
	int fd[N], j, k, n;

	for (j = 0; j < N; j++) {
		fd[j] = sys_create(self->dev, "test");
		ASSERT_EQ(0, sys_begin_arg(fd[j], ACALL_TEST_GATE, self->id, 0,
					   0, &call_id[j]));
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(seen, 0, sizeof(seen));
		cursor = 0;
		while ((n = sys_list(self->dev, 0, &cursor, page, sizes[i]))) {
			ASSERT_LT(0, n);
			ASSERT_GE(sizes[i], (__u32)n);
			for (k = 0; k < n; k++)
				for (j = 0; j < N; j++)
					seen[j] += call_id[j] ==
						   page[k].call_id;
		}
		for (j = 0; j < N; j++)
			EXPECT_EQ(1, seen[j]);
		/* And there it stays. */
		EXPECT_EQ(0, sys_list(self->dev, 0, &cursor, page, 8));
	}
}

struct churn {
	int stop;
	unsigned int calls;
	int wrong;
};

static void *begin_and_finish(void *arg)
{
	struct churn *c = arg;
	struct acall_finish f;
	int fd[8], i;

	for (i = 0; i < 8; i++)
		fd[i] = sys_object("test");
	while (!__atomic_load_n(&c->stop, __ATOMIC_ACQUIRE)) {
		for (i = 0; i < 8; i++)
			c->wrong += !!sys_begin(fd[i], ACALL_TEST_NOP, NULL, 0,
						NULL);
		for (i = 7; i >= 0; i--)
			c->wrong += !!sys_finish(fd[i], 0, &f);
		__atomic_add_fetch(&c->calls, 8, __ATOMIC_RELAXED);
	}
	for (i = 0; i < 8; i++)
		close(fd[i]);
	return NULL;
}

TEST_F(acall, X13_LIST_while_others_begin_and_finish)
{
	enum { N = 20, ROUNDS = 100 };
	struct acall_list_record page[8];
	struct churn churn[2] = { 0 };
	unsigned int seen[N], moving = 0;
	__u64 call_id[N], cursor;
	pthread_t thread[2];
	int i, j, k, n, fd, round;

	for (j = 0; j < N; j++) {
		fd = sys_create(self->dev, "test");
		ASSERT_EQ(0, sys_begin_arg(fd, ACALL_TEST_GATE, self->id, 0, 0,
					   &call_id[j]));
	}
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, begin_and_finish,
					    &churn[i]));
	/* Until it was seen that something moves. */
	for (round = 0; round < ROUNDS || !moving; round++) {
		memset(seen, 0, sizeof(seen));
		cursor = 0;
		do {
			n = sys_list(self->dev, 0, &cursor, page,
				     1 + round % 8);
			ASSERT_LE(0, n);
			for (k = 0; k < n; k++) {
				unsigned int mine = 0;

				for (j = 0; j < N; j++) {
					if (call_id[j] != page[k].call_id)
						continue;
					seen[j]++;
					mine = 1;
				}
				moving += !mine;
			}
		} while (n);
		for (j = 0; j < N; j++)
			ASSERT_EQ(1, seen[j]);
	}
	for (i = 0; i < 2; i++) {
		__atomic_store_n(&churn[i].stop, 1, __ATOMIC_RELEASE);
		pthread_join(thread[i], NULL);
		EXPECT_EQ(0, churn[i].wrong);
		EXPECT_LT(0, churn[i].calls);
	}
	ASSERT_EQ(0, wait_counter("calls", N));
	EXPECT_EQ(N, list_count(self->dev, 0));
}

TEST_F(acall, X13_LIST_sizes_of_records)
{
	static const __u32 more[] = { 8, 16, 256 };
	static const __u32 bad[] = { 0, 1, 7, 1 << 17, UINT32_MAX };
	char buf[4 * (RECORD + 256)], *at;
	struct acall_list_record whole[3], *r;
	struct acall_list l;
	unsigned int i, k;
	__u32 size;
	int fd, n;

	for (i = 0; i < 3; i++) {
		fd = sys_create(self->dev, "test");
		ASSERT_EQ(0, one_call(fd, self->ctl, ACALL_TEST_GATE,
				      fresh_id(), NULL));
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EINVAL, list_raw(self->dev, 0, PTR(buf), bad[i], 4,
					    &l));
	ASSERT_EQ(0, list_raw(self->dev, 0, PTR(whole), RECORD, 3, &l));
	ASSERT_EQ(3, l.nr);
	/* Shorter ones are cut: each call is there, and nothing beyond it. */
	for (size = 8; size < RECORD; size += 8) {
		memset(buf, 'x', sizeof(buf));
		ASSERT_EQ(0, list_raw(self->dev, 0, PTR(buf), size, 4, &l));
		ASSERT_EQ(3, l.nr);
		for (k = 0; k < 3; k++)
			ASSERT_EQ(0, memcmp(buf + k * size, &whole[k], size));
		ASSERT_EQ('x', buf[3 * size]);
	}
	/* Longer ones lie that far apart, and end in zeroes. */
	for (i = 0; i < ARRAY_SIZE(more); i++) {
		size = RECORD + more[i];
		memset(buf, 'x', sizeof(buf));
		ASSERT_EQ(0, list_raw(self->dev, 0, PTR(buf), size, 4, &l));
		ASSERT_EQ(3, l.nr);
		for (k = 0; k < 3; k++) {
			r = (void *)(buf + k * size);
			EXPECT_STREQ("test", r->interface);
			EXPECT_EQ(getpid(), r->owner_tgid);
			at = (char *)r + RECORD;
			for (n = 0; n < (int)more[i]; n++)
				ASSERT_EQ(0, at[n]);
		}
		EXPECT_EQ('x', buf[3 * size]);
	}
}

TEST_F(acall, X13_LIST_bad_requests)
{
	char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct acall_list_record r[2];
	struct acall_list l;

	ASSERT_EQ(0, munmap(map + 4096, 4096));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	EXPECT_EQ(-EINVAL, list_raw(self->dev, 2, PTR(r), RECORD, 2, &l));
	EXPECT_EQ(-EINVAL, list_raw(self->dev, 1U << 31, PTR(r), RECORD, 2,
				    &l));
	EXPECT_EQ(-EFAULT, list_raw(self->dev, 0, 8, RECORD, 2, &l));
	EXPECT_EQ(-EFAULT, list_raw(self->dev, 0, 0, RECORD, 2, &l));
	EXPECT_EQ(-EFAULT, list_raw(self->dev, 0, PTR(map + 4096 - RECORD / 2),
				    RECORD, 2, &l));
	/* As many as there are is enough memory. */
	EXPECT_EQ(0, list_raw(self->dev, 0, PTR(map + 4096 - RECORD), RECORD,
			      UINT32_MAX, &l));
	EXPECT_EQ(1, l.nr);
	/* It is an operation of the device. */
	EXPECT_EQ(-ENOTTY, list_raw(self->fd, 0, PTR(r), RECORD, 2, &l));
}

struct lister {
	int dev;
	struct acall_list list;
	int ret;
};

static void *list_in_thread(void *arg)
{
	struct lister *l = arg;

	l->ret = sys_ioctl(l->dev, ACALL_IOC_LIST, &l->list);
	return NULL;
}

TEST_F(acall, X13_LIST_whoever_stalls_in_it_holds_up_nobody)
{
	struct lister l = { .dev = self->dev, .list = {
		.size = sizeof(l.list), .record_size = RECORD, .nr = 4 } };
	struct acall_cancel c;
	struct acall_finish f;
	pthread_t thread;
	struct stall s;
	int ret = stall_open(&s);

	if (ret)
		SKIP(return, "no userfaultfd: %d", ret);
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      NULL));
	l.list.records = PTR(s.page);
	ASSERT_EQ(0, pthread_create(&thread, NULL, list_in_thread, &l));
	ASSERT_EQ(0, stall_wait(&s));
	/* The very call that it is writing about; and the next; and lists. */
	EXPECT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
	EXPECT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(0, wait_counter("calls", 0));
	EXPECT_EQ(0, list_count(self->dev, 0));
	EXPECT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	EXPECT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(0, ctl_op(self->ctl, ACALL_TEST_OP_UNREGISTER, 0, 0, NULL));
	EXPECT_EQ(0, ctl_op(self->ctl, ACALL_TEST_OP_REGISTER, 0, 0, NULL));
	ASSERT_EQ(0, stall_release(&s, NULL, 0));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, l.ret);
	EXPECT_GE(1, l.list.nr);
}

struct user {
	int dev;	/* opened by root */
	int ctl;
	uid_t uid;
	__u64 id;
	int report;
	int go;
};

/* Begins one call, says which, and stays until told to go. */
static int live_with_a_call(void *arg)
{
	struct user *u = arg;
	struct acall_begin b = { .size = sizeof(b), .method = ACALL_TEST_GATE,
				 .user_data = 4711 };
	struct acall_test_arg a = { .id = u->id };
	struct acall_finish f;
	char c;
	int fd;

	CHECK(!become(u->uid));
	fd = sys_object("test");
	CHECK(fd >= 0);
	b.in = PTR(&a);
	b.in_len = sizeof(a);
	CHECK(!sys_begin_struct(fd, &b));
	CHECK(write(u->report, &b.call_id, 8) == 8);
	CHECK(read(u->go, &c, 1) == 1);
	CHECK(!sys_finish(fd, 0, &f));
	return 0;
}

struct viewer {
	struct user *user;
	__u64 own;		/* of root */
	__u64 theirs;
	int (*become)(void);
	bool sees_theirs;
};

/* What somebody without rights sees; he has the device from root. */
static int view(void *arg)
{
	struct viewer *v = arg;
	struct acall_list_record r;
	int dev;

	CHECK(!v->become());
	dev = sys_open_device();
	CHECK(dev >= 0);
	CHECK(list_find(dev, v->own, &r) == -ENOENT);
	CHECK(list_find(v->user->dev, v->own, &r) == -ENOENT);
	CHECK(list_count(dev, 0) == v->sees_theirs);
	CHECK(list_count(dev, ACALL_LIST_OWN) == v->sees_theirs);
	CHECK(list_count(v->user->dev, 0) == v->sees_theirs);
	if (!v->sees_theirs)
		return 0;
	CHECK(!list_find(dev, v->theirs, &r));
	CHECK(r.user_data == 4711);
	return 0;
}

static int become_a(void)
{
	return become(UID_A);
}

static int become_b(void)
{
	return become(UID_B);
}

/* It is the real uid that counts, as it does for charges. */
static int become_a_in_name_only(void)
{
	return setresuid(UID_B, UID_A, UID_A) ? -errno : 0;
}

static int become_a_at_heart(void)
{
	return setresuid(UID_A, UID_B, UID_B) ? -errno : 0;
}

/* Root of a user namespace of his own has no right over anybody else. */
static int become_b_with_a_namespace(void)
{
	return become(UID_B) ?: unshare(CLONE_NEWUSER) ? -errno : 0;
}

TEST_F(acall, X13_LIST_who_sees_which_calls)
{
	static const struct {
		int (*become)(void);
		bool sees_theirs;
	} viewers[] = {
		{ become_a, true }, { become_b, false },
		{ become_a_in_name_only, false }, { become_a_at_heart, true },
		{ become_b_with_a_namespace, false },
	};
	int report[2], go[2];
	struct user u = { .dev = self->dev, .ctl = self->ctl, .uid = UID_A,
			  .id = self->id };
	struct acall_list_record r;
	struct viewer v = { .user = &u };
	unsigned int i;
	__u64 theirs;
	pid_t pid;

	ASSERT_EQ(0, pipe2(report, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	u.report = report[1];
	u.go = go[0];
	pid = child_start(live_with_a_call, &u);
	ASSERT_EQ(8, read(report[0], &theirs, 8));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &v.own));
	v.theirs = theirs;
	for (i = 0; i < ARRAY_SIZE(viewers); i++) {
		v.become = viewers[i].become;
		v.sees_theirs = viewers[i].sees_theirs;
		EXPECT_EQ(0, child_run(view, &v)) {
			TH_LOG("viewer %u", i);
		}
	}
	/* Root sees all, but not what the user wrote to himself. */
	EXPECT_EQ(2, list_count(self->dev, 0));
	EXPECT_EQ(1, list_count(self->dev, ACALL_LIST_OWN));
	ASSERT_EQ(0, list_find(self->dev, theirs, &r));
	EXPECT_EQ(UID_A, r.owner_uid);
	EXPECT_EQ(pid, r.owner_tgid);
	EXPECT_EQ(0, r.user_data);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(1, write(go[1], "x", 1));
	EXPECT_EQ(0, child_join(pid));
}

static int list_in_pid_namespace(void *arg)
{
	struct viewer *v = arg;
	struct acall_list_record r;
	int dev = sys_open_device();

	CHECK(getpid() == 1);
	/* Still the administrator; whom he can not name, he is not told. */
	CHECK(!list_find(dev, v->own, &r));
	CHECK(r.owner_tgid == 0);
	CHECK(r.owner_uid == 0);
	return 0;
}

static int enter_pid_namespace(void *arg)
{
	if (unshare(CLONE_NEWPID))
		return 77;
	return child_run(list_in_pid_namespace, arg);
}

TEST_F(acall, X13_LIST_names_processes_as_the_reader_knows_them)
{
	struct viewer v = { 0 };
	int ret;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &v.own));
	ret = child_run(enter_pid_namespace, &v);
	if (ret == 77)
		SKIP(return, "no pid namespaces");
	EXPECT_EQ(0, ret);
}

struct guarded {
	int fd, dev, file;
	__u64 id;
	__u64 call_id;
};

#define SECRET	0x123456789aULL

/* Listed as whose eyes see it: with address and file, or without. */
static bool seen_as(struct guarded *g, __u64 user_data, bool file)
{
	struct acall_list_record r;

	return !list_find(g->dev, g->call_id, &r) && r.nr_files == 1 &&
	       r.user_data == user_data && !!r.files[0].ino == file;
}

/* What a set-uid program of UID_A's does. */
static int with_other_rights(void *arg)
{
	struct guarded *g = arg;
	struct acall_test_arg t = { .id = g->id };
	struct acall_begin b = {
		.size = sizeof(b), .method = ACALL_TEST_HOLD,
		.in = PTR(&t), .in_len = sizeof(t), .user_data = SECRET,
		.files = PTR(&g->file), .nr_files = 1,
	};

	if (setresuid(UID_A, 0, 0) || sys_begin_struct(g->fd, &b))
		return 1;
	g->call_id = b.call_id;
	return seen_as(g, SECRET, true) ? 0 : 2;
}

static int as_its_user(void *arg)
{
	struct guarded *g = arg;

	if (become(UID_A))
		return 1;
	return seen_as(g, 0, false) ? 0 : 2;
}

TEST_F(acall, X13_LIST_a_set_uid_programs_secrets_are_not_its_users)
{
	struct guarded g = {
		.fd = self->fd, .dev = self->dev, .id = self->id,
		.file = memfd_create("x", MFD_CLOEXEC),
	};
	struct acall_query q;

	ASSERT_LE(0, g.file);
	ASSERT_EQ(0, child_run(with_other_rights, &g));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	g.call_id = q.call_id;
	EXPECT_EQ(0, child_run(as_its_user, &g));
	/* The administrator may know its files. */
	EXPECT_TRUE(seen_as(&g, 0, true));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	close(g.file);
}

#include "acall_main.h"
