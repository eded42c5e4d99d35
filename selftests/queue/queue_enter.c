// SPDX-License-Identifier: GPL-2.0-only
/*
 * ENTER: batches, slots that run out, entries and requests that are refused, handles,
 * waiting, and what poll says. What is in the rings is queue_rings.c's.
 *
 * The race is between a call that gets ready, or a signal, and whoever goes to sleep.
 */
#include "queue_util.h"

/* Ends what waits at @id's gate, and reads everything. */
static int finish_all(struct queue *q, int ctl, __u64 id, int n)
{
	CHECK(!open_gate(ctl, id));
	CHECK(queue_drain(q) == n);
	CHECK(!queue_tell(q));
	return 0;
}

#define BATCH	256

/* Begins @n calls of nop in one batch, and has each of them once. */
static int batch(struct queue *q, __u32 n, __u64 first)
{
	struct acall_submission s = sub_nop();
	struct acall_completion c;
	bool seen[BATCH] = { 0 };
	__u64 handle[BATCH];
	struct acall_enter e;
	__u32 i, k, at = q->tail;

	for (i = 0; i < n; i++) {
		s.user_data = first + i;
		s.tag = 1000 + i;
		CHECK(queue_put(q, &s));
	}
	CHECK(!sys_enter(q->fd, n, n, FOREVER, &e));
	CHECK(e.taken == n && e.begun == n && !e.error);
	CHECK(queue_taken(q) == at + n);
	for (i = 0; i < n; i++) {
		struct acall_submission *entry;

		entry = &q->submissions[(at + i) & (q->made.entries - 1)];
		CHECK(!entry->error && entry->handle);
		handle[i] = entry->handle;
	}
	CHECK(queue_unread(q) == n);
	for (i = 0; i < n; i++) {
		CHECK(!queue_read(q, &c));
		k = c.user_data - first;
		CHECK(k < n && !seen[k]);
		seen[k] = true;
		CHECK(c.handle == handle[k] && c.tag == 1000 + k);
		CHECK(is_completed(&c));
	}
	CHECK(!queue_tell(q));
	for (i = 0; i < n; i++)
		CHECK(!queue_is_stale(q, handle[i]));
	return 0;
}

TEST_F(queue, batches_of_every_size)
{
	static const __u32 sizes[] = {
		1, 2, 31, 32, 33, 63, 64, 65, BATCH - 1, BATCH,
	};
	unsigned int i, round;
	struct queue q;

	ASSERT_EQ(0, queue_open(&q, self->dev, "test", BATCH, BATCH));
	for (round = 0; round < 3; round++)
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			ASSERT_EQ(0, batch(&q, sizes[i], round << 8)) {
				TH_LOG("batch of %u", sizes[i]);
			}
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, begin_is_how_many_are_taken_at_most)
{
	struct acall_submission s = sub_nop();
	struct acall_enter e;
	int i;

	for (i = 0; i < 10; i++)
		ASSERT_NE(NULL, queue_put(&self->q, &s));
	ASSERT_EQ(0, sys_enter(self->q.fd, 0, 0, 0, &e));
	EXPECT_EQ(0, e.taken);
	EXPECT_EQ(0, e.begun);
	EXPECT_EQ(0, e.error);
	ASSERT_EQ(0, sys_enter(self->q.fd, 4, 0, 0, &e));
	EXPECT_EQ(4, e.taken);
	EXPECT_EQ(4, e.begun);
	EXPECT_EQ(4, queue_taken(&self->q));
	/* No more than there are. */
	ASSERT_EQ(0, sys_enter(self->q.fd, UINT32_MAX, 0, 0, &e));
	EXPECT_EQ(6, e.taken);
	EXPECT_EQ(6, e.begun);
	EXPECT_EQ(0, e.error);
	EXPECT_EQ(10, queue_taken(&self->q));
	ASSERT_EQ(0, sys_enter(self->q.fd, 1, 0, 0, &e));
	EXPECT_EQ(0, e.taken);
	EXPECT_EQ(10, queue_drain(&self->q));
}

TEST_F(queue, no_free_slot_EAGAIN_and_the_rest_stays)
{
	struct acall_submission s = sub_arg(ACALL_TEST_GATE, self->id);
	struct acall_completion c;
	struct acall_enter e;
	struct queue q;
	int i;

	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 4, 8));
	for (i = 0; i < 7; i++) {
		s.user_data = i;
		ASSERT_NE(NULL, queue_put(&q, &s));
	}
	ASSERT_EQ(0, sys_enter(q.fd, 7, 0, 0, &e));
	EXPECT_EQ(4, e.taken);
	EXPECT_EQ(4, e.begun);
	EXPECT_EQ(-EAGAIN, e.error);
	EXPECT_EQ(4, queue_taken(&q));
	ASSERT_EQ(0, sys_enter(q.fd, 7, 0, 0, &e));
	EXPECT_EQ(0, e.taken);
	EXPECT_EQ(-EAGAIN, e.error);

	/* DONE makes no room; what was read does. */
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, queue_wait(&q, 4));
	ASSERT_EQ(0, sys_enter(q.fd, 7, 0, 0, &e));
	EXPECT_EQ(0, e.taken);
	EXPECT_EQ(-EAGAIN, e.error);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, queue_read(&q, &c));
	/* First finishes, then begins. */
	ASSERT_EQ(0, sys_enter(q.fd, 7, 0, 0, &e));
	EXPECT_EQ(2, e.taken);
	EXPECT_EQ(2, e.begun);
	EXPECT_EQ(-EAGAIN, e.error);
	EXPECT_EQ(6, queue_taken(&q));
	ASSERT_EQ(0, queue_wait(&q, 4));
	EXPECT_EQ(4, queue_read_all(&q));
	ASSERT_EQ(0, sys_enter(q.fd, 7, 1, FOREVER, &e));
	EXPECT_EQ(1, e.taken);
	EXPECT_EQ(0, e.error);
	ASSERT_EQ(0, queue_read(&q, &c));
	EXPECT_EQ(6, c.user_data);
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, a_refused_entry_takes_no_slot)
{
	struct acall_submission s = sub(999, NULL, 0);
	struct queue q;
	int i;

	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 1, 0));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(-EINVAL, queue_begin(&q, &s, NULL));
	EXPECT_EQ(0, queue_begin_nop(&q, NULL));
	EXPECT_EQ(1, queue_drain(&q));
	EXPECT_EQ(0, queue_close(&q));
}

/* What BEGIN refuses, and with what. */
static int refusals_of(int dev, int self_fd, __u64 id,
		       struct acall_submission *s, int *want)
{
	static __s32 none = -1, own, other;
	static __s32 eperm = -EPERM;
	static char large[ACALL_MAX_BYTES + 1];
	struct acall_test_custom custom = { .id = id };
	int n = 0;

	own = self_fd;
	other = dev;
	s[n] = sub(999, NULL, 0);
	want[n++] = -EINVAL;
	s[n] = sub(UINT32_MAX, NULL, 0);
	want[n++] = -EINVAL;
	s[n] = sub_flags(ACALL_TEST_NOP, 0x40000000, NULL, 0);
	want[n++] = -EINVAL;
	s[n] = sub_nop();
	s[n].in = PTR(large);		/* 0 with INLINE */
	want[n++] = -EINVAL;
	s[n] = sub_nop();
	s[n].deadline = 1;		/* without its flag */
	want[n++] = -EINVAL;
	s[n] = sub_nop();
	s[n].grace_ns = 1;
	want[n++] = -EINVAL;
	s[n] = sub_nop();
	s[n].flags |= ACALL_BEGIN_DEADLINE | ACALL_BEGIN_NO_CANCEL;
	s[n].deadline = FOREVER;
	want[n++] = -EINVAL;
	s[n] = sub_arg(ACALL_TEST_GATE, 0);	/* its own .prepare */
	want[n++] = -EINVAL;
	s[n] = sub_arg(ACALL_TEST_HOLD, id);	/* one file too few */
	want[n++] = -EINVAL;
	s[n] = sub(ACALL_TEST_NOP, "x", 1);
	want[n++] = -E2BIG;
	s[n] = sub(ACALL_TEST_ECHO, large, sizeof(large));
	want[n++] = -E2BIG;
	s[n] = sub(ACALL_TEST_ECHO, large, 100);
	s[n].in = 8;
	want[n++] = -EFAULT;
	s[n] = sub(ACALL_TEST_ECHO, large, 100);
	s[n].in = 0;
	want[n++] = -EFAULT;
	s[n] = sub_hold(id, NULL);
	s[n].files = 8;
	want[n++] = -EFAULT;
	s[n] = sub_hold(id, &none);
	want[n++] = -EBADF;
	/* Nothing that may keep the queue itself open (R-CYCLE). */
	s[n] = sub_hold(id, &own);
	want[n++] = -EBADF;
	s[n] = sub_hold(id, &other);
	want[n++] = -EBADF;
	s[n] = sub(ACALL_TEST_REFUSE, &eperm, sizeof(eperm));
	want[n++] = -EPERM;
	s[n] = sub(ACALL_TEST_PARK_FIXED, &custom, sizeof(custom));
	s[n].flags |= ACALL_BEGIN_DEADLINE;
	s[n].deadline = FOREVER;
	want[n++] = -EOPNOTSUPP;
	return n;
}

TEST_F(queue, B3_refused_entries_have_their_error_and_the_others_begin)
{
	struct acall_submission s[SLOTS / 2], *entry[SLOTS], good = sub_nop();
	int want[SLOTS / 2], n, i, other;
	struct acall_completion c;
	struct acall_enter e;
	struct queue q;

	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 1, 0));
	other = q.fd;
	n = refusals_of(other, self->q.fd, self->id, s, want);
	for (i = 0; i < n; i++) {
		entry[2 * i] = queue_put(&self->q, &s[i]);
		good.user_data = i;
		entry[2 * i + 1] = queue_put(&self->q, &good);
		ASSERT_NE(NULL, entry[2 * i + 1]);
	}
	ASSERT_EQ(0, sys_enter(self->q.fd, 2 * n, n, FOREVER, &e));
	EXPECT_EQ(2 * n, e.taken);
	EXPECT_EQ(n, e.begun);
	EXPECT_EQ(0, e.error);
	for (i = 0; i < n; i++) {
		EXPECT_EQ(want[i], entry[2 * i]->error) {
			TH_LOG("refusal %d", i);
		}
		EXPECT_EQ(0, entry[2 * i + 1]->error);
	}
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, queue_read(&self->q, &c));
		EXPECT_TRUE(is_completed(&c));
	}
	/* And no more than these. */
	EXPECT_EQ(0, queue_unread(&self->q));
	EXPECT_EQ(-ESRCH, queue_wait(&self->q, 1));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).starts);
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, B3_each_alone_is_refused_and_changes_nothing)
{
	struct acall_submission s[SLOTS / 2];
	struct acall_query before, after;
	int want[SLOTS / 2], n, i;

	n = refusals_of(self->base.fd, self->q.fd, self->id, s, want);
	ASSERT_EQ(0, sys_query(self->q.fd, 0, &before));
	for (i = 0; i < n; i++) {
		EXPECT_EQ(want[i], queue_begin(&self->q, &s[i], NULL)) {
			TH_LOG("refusal %d", i);
		}
		EXPECT_EQ(-ESRCH, queue_wait(&self->q, 1));
	}
	ASSERT_EQ(0, sys_query(self->q.fd, 0, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
	EXPECT_EQ(0, queue_unread(&self->q));
	EXPECT_EQ(0, wait_counter("calls", 0));
}

static int compare_handles(const void *a, const void *b)
{
	const __u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

TEST_F(queue, handles_never_repeat_and_0_is_none)
{
	enum { KEPT = 20 };
	const int each = 2 * rounds(), n = KEPT * each;
	__u64 *handle = calloc(n, sizeof(*handle)), kept[KEPT];
	struct acall_completion c;
	struct queue q;
	int i;

	ASSERT_NE(NULL, handle);
	/* Each slot is used over and over again. */
	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 2, 0));
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, queue_begin_nop(&q, &handle[i]));
		ASSERT_NE(0, handle[i]);
		ASSERT_EQ(0, queue_reap(&q, &c));
		ASSERT_EQ(handle[i], c.handle);
		if (i % each == 0)
			kept[i / each] = handle[i];
	}
	/* Not even with one pending in each slot. */
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, queue_begin_arg(&q, ACALL_TEST_GATE, self->id,
					     NULL));
	for (i = 0; i < KEPT; i++)
		EXPECT_EQ(0, queue_is_stale(&q, kept[i]));
	qsort(handle, n, sizeof(*handle), compare_handles);
	for (i = 1; i < n; i++)
		ASSERT_NE(handle[i - 1], handle[i]);
	free(handle);
	EXPECT_EQ(0, finish_all(&q, self->ctl, self->id, 2));
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, handles_that_nobody_has_ESRCH)
{
	struct acall_query query;
	__u64 handle;
	__u64 bad[8];
	unsigned int i;

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, self->id,
			       &handle));
	for (i = 0; i < 3; i++)
		bad[i] = handle + 1 + i;
	bad[3] = handle ^ 1ULL << 63;
	bad[4] = handle ^ 1ULL << 32;
	bad[5] = handle ^ 1ULL << 31;
	bad[6] = FOREVER;
	bad[7] = 1ULL << 31;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (bad[i] != handle)
			EXPECT_EQ(0, queue_is_stale(&self->q, bad[i]));
	/* The one that is there has heard nothing of it. */
	ASSERT_EQ(0, sys_query(self->q.fd, handle, &query));
	EXPECT_EQ(ACALL_STATE_RUNNING, query.state);
	EXPECT_EQ(0, query.cancel_ns);
	EXPECT_EQ(handle, query.call_id);
}

TEST_F(queue, handle_0_is_no_call)
{
	struct acall_enter_cancel ec = { .error = 99 };
	struct acall_enter e = { .cancels = PTR(&ec), .nr_cancels = 1 };
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query query;
	__u64 handle;

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, self->id,
			       &handle));
	EXPECT_EQ(-ESRCH, sys_wait_until(self->q.fd, 0, FOREVER));
	EXPECT_EQ(-ESRCH, sys_finish(self->q.fd, 0, &f));
	EXPECT_EQ(-ESRCH, sys_cancel(self->q.fd, 0, 0, 0, &c));
	EXPECT_EQ(-ESRCH, queue_abandon(&self->q, 0));
	ASSERT_EQ(0, sys_enter_struct(self->q.fd, &e));
	EXPECT_EQ(-ESRCH, ec.error);
	EXPECT_EQ(ACALL_STATE_RUNNING, queue_state(&self->q, handle));
	/* But for QUERY and SETTLED, where it speaks of all. */
	ASSERT_EQ(0, sys_query(self->q.fd, 0, &query));
	EXPECT_EQ(0, query.call_id);
	EXPECT_EQ(1, query.executions);
	EXPECT_EQ(0, query.orphans);
	EXPECT_EQ(-ETIMEDOUT, sys_wait_settled(self->q.fd, 0, 0));
	EXPECT_EQ(0, finish_all(&self->q, self->ctl, self->id, 1));
	EXPECT_EQ(0, sys_wait_settled(self->q.fd, 0, FOREVER));
}

TEST_F(queue, bad_requests_do_nothing)
{
	struct acall_submission s = sub_arg(ACALL_TEST_GATE, self->id);
	static const __u32 flags[] = { 2, 4, 0x80, 1U << 31, UINT32_MAX };
	struct acall_enter e, *ro;
	unsigned int i;

	ASSERT_NE(NULL, queue_put(&self->q, &s));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		e = (struct acall_enter) { .flags = flags[i], .begin = 1 };
		EXPECT_EQ(-EINVAL, sys_enter_struct(self->q.fd, &e));
	}
	e.size = sizeof(e) - 4;
	EXPECT_EQ(-EINVAL, sys_ioctl(self->q.fd, ACALL_IOC_ENTER, &e));
	e.size = 0;
	EXPECT_EQ(-EINVAL, sys_ioctl(self->q.fd, ACALL_IOC_ENTER, &e));
	e.size = 4097;
	EXPECT_EQ(-E2BIG, sys_ioctl(self->q.fd, ACALL_IOC_ENTER, &e));
	EXPECT_EQ(-EFAULT, sys_ioctl(self->q.fd, ACALL_IOC_ENTER, NULL));
	EXPECT_EQ(-EFAULT, sys_ioctl(self->q.fd, ACALL_IOC_ENTER, (void *)8));
	/* What cannot be answered is not done. */
	ro = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)ro);
	ro->size = sizeof(*ro);
	ro->begin = 1;
	ASSERT_EQ(0, mprotect(ro, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, sys_ioctl(self->q.fd, ACALL_IOC_ENTER, ro));
	munmap(ro, 4096);
	EXPECT_EQ(0, queue_taken(&self->q));
	EXPECT_EQ(-ESRCH, queue_wait(&self->q, 1));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).starts);
}

TEST_F(queue, wait_until_so_many_are_unread)
{
	struct enterer t;
	__u64 id[3];
	int i;

	for (i = 0; i < 3; i++) {
		id[i] = fresh_id();
		ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE,
				       id[i], NULL));
	}
	/* One that was there before counts. */
	ASSERT_EQ(0, open_gate(self->ctl, id[0]));
	ASSERT_EQ(0, queue_wait(&self->q, 1));
	EXPECT_EQ(0, queue_wait_until(&self->q, 1, 0));
	EXPECT_EQ(0, queue_wait_until(&self->q, 0, FOREVER));
	EXPECT_EQ(-ETIMEDOUT, queue_wait_until(&self->q, 2, 0));
	t = enterer_of(&self->q, 3);
	ASSERT_EQ(0, enterer_block(&t));
	ASSERT_EQ(0, open_gate(self->ctl, id[1]));
	ASSERT_EQ(0, queue_wait(&self->q, 2));
	EXPECT_EQ(0, enterer_blocked(&t));
	EXPECT_FALSE(enterer_ended(&t));
	ASSERT_EQ(0, open_gate(self->ctl, id[2]));
	EXPECT_EQ(0, enterer_join(&t));
	EXPECT_EQ(3, queue_unread(&self->q));
}

TEST_F(queue, wait_times_out_never_early_ETIMEDOUT)
{
	struct acall_submission s = sub_nop();
	struct acall_enter e;
	__u64 until;
	int i;

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, self->id,
			       NULL));
	for (i = 0; i < 20; i++) {
		until = now_ns() + 100 * 1000 * (1 << (i % 7));
		EXPECT_EQ(-ETIMEDOUT, queue_wait_until(&self->q, 1, until));
		EXPECT_LE(until, now_ns());
	}
	EXPECT_EQ(-ETIMEDOUT, queue_wait_until(&self->q, 1, 1));
	EXPECT_EQ(-ETIMEDOUT, queue_wait_until(&self->q, 1, now_ns() - 1));
	/* What was done before the wait is done, and said. */
	ASSERT_NE(NULL, queue_put(&self->q, &s));
	EXPECT_EQ(-ETIMEDOUT, sys_enter(self->q.fd, 1, 2, now_ns() + MSEC,
					&e));
	EXPECT_EQ(1, e.taken);
	EXPECT_EQ(1, e.begun);
	EXPECT_EQ(0, e.error);
	EXPECT_EQ(0, queue_wait(&self->q, 1));
}

TEST_F(queue, wait_for_what_cannot_come_ESRCH)
{
	struct acall_submission s = sub(999, NULL, 0);
	struct acall_completion c;
	struct acall_enter e;
	struct enterer t;
	__u64 handle;

	EXPECT_EQ(-ESRCH, queue_wait(&self->q, 1));
	EXPECT_EQ(-ESRCH, queue_wait(&self->q, UINT32_MAX));
	EXPECT_EQ(-ESRCH, queue_wait_until(&self->q, 1, 0));
	/* Nothing is begun by an entry that is refused. */
	ASSERT_NE(NULL, queue_put(&self->q, &s));
	EXPECT_EQ(-ESRCH, sys_enter(self->q.fd, 1, 1, FOREVER, &e));
	EXPECT_EQ(1, e.taken);
	EXPECT_EQ(0, e.begun);

	/* With one pending it waits for that, and only then gives up. */
	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, self->id,
			       &handle));
	t = enterer_of(&self->q, 2);
	ASSERT_EQ(0, enterer_block(&t));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(-ESRCH, enterer_join(&t));
	EXPECT_EQ(1, queue_unread(&self->q));
	EXPECT_EQ(0, queue_wait(&self->q, 1));
	EXPECT_EQ(-ESRCH, queue_wait(&self->q, 2));
	ASSERT_EQ(0, queue_read(&self->q, &c));
	EXPECT_EQ(-ESRCH, queue_wait(&self->q, 1));
}

TEST_F(queue, wait_is_interrupted_EINTR)
{
	struct enterer t;

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, self->id,
			       NULL));
	signals_handled = 0;
	handle_signal(SIGUSR1, 0);
	t = enterer_of(&self->q, 1);
	ASSERT_EQ(0, enterer_block(&t));
	ASSERT_EQ(0, enterer_signal(&t, SIGUSR1));
	EXPECT_EQ(-EINTR, enterer_join(&t));
	EXPECT_EQ(0, t.e.taken);
	/* Nothing has changed: wait again. */
	EXPECT_EQ(-ETIMEDOUT, queue_wait_until(&self->q, 1, 0));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, queue_wait(&self->q, 1));
}

TEST_F(queue, wait_alone_is_restarted_under_SA_RESTART)
{
	struct enterer t;
	int i;

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, self->id,
			       NULL));
	signals_handled = 0;
	handle_signal(SIGUSR1, SA_RESTART);
	t = enterer_of(&self->q, 1);
	ASSERT_EQ(0, enterer_block(&t));
	for (i = 1; i <= 5; i++) {
		ASSERT_EQ(0, enterer_signal(&t, SIGUSR1));
		ASSERT_EQ(0, wait_signals_handled(i));
		EXPECT_EQ(0, enterer_blocked(&t));
		EXPECT_FALSE(enterer_ended(&t));
	}
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, enterer_join(&t));
}

TEST_F(queue, one_that_has_begun_something_is_not_restarted)
{
	struct acall_submission s = sub_arg(ACALL_TEST_GATE, self->id);
	struct enterer t;

	signals_handled = 0;
	handle_signal(SIGUSR1, SA_RESTART);
	/* A restart would begin the second one too. */
	ASSERT_NE(NULL, queue_put(&self->q, &s));
	ASSERT_NE(NULL, queue_put(&self->q, &s));
	t = enterer_of(&self->q, 1);
	t.e.begin = 1;
	ASSERT_EQ(0, enterer_block(&t));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, enterer_signal(&t, SIGUSR1));
	EXPECT_EQ(-EINTR, enterer_join(&t));
	EXPECT_EQ(1, t.e.taken);
	EXPECT_EQ(1, t.e.begun);
	EXPECT_EQ(1, queue_taken(&self->q));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(1, queue_drain(&self->q));
	EXPECT_EQ(1, ctl_get(self->ctl, self->id).starts);
}

static int wait_for_ever(void *arg)
{
	struct queue *q = arg;

	queue_wait(q, 1);
	return 1;
}

TEST_F(queue, who_waits_can_be_killed)
{
	__u64 handle;
	pid_t pid;

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, self->id,
			       &handle));
	pid = child_start(wait_for_ever, &self->q);
	ASSERT_EQ(0, wait_blocked(pid, pid, __NR_ioctl, ACALL_IOC_ENTER));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(-SIGKILL, child_join(pid));
	/* It was somebody else's call too. */
	EXPECT_EQ(ACALL_STATE_RUNNING, queue_state(&self->q, handle));
	EXPECT_EQ(0, finish_all(&self->q, self->ctl, self->id, 1));
}

TEST_F(queue, all_waiters_wake)
{
	struct enterer t[4];
	struct actor p = { .act = ACT_POLL, .fd = self->q.fd,
			   .events = POLLIN };
	struct actor w = { .act = ACT_WAIT, .fd = self->q.fd,
			   .wait.until = FOREVER };
	unsigned int i;

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, self->id,
			       &w.wait.call_id));
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		t[i] = enterer_of(&self->q, 1);
		ASSERT_EQ(0, enterer_block(&t[i]));
	}
	ASSERT_EQ(0, actor_block(&p));
	ASSERT_EQ(0, actor_block(&w));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	for (i = 0; i < ARRAY_SIZE(t); i++)
		EXPECT_EQ(0, enterer_join(&t[i]));
	EXPECT_EQ(POLLIN, actor_join(&p));
	EXPECT_EQ(0, actor_join(&w));
}

TEST_F(queue, W4_POLLIN_exactly_while_completions_are_unread)
{
	struct acall_completion c;
	int i, n;

	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, revents_of(self->q.fd, POLLIN));
		for (n = 0; n < 3; n++)
			ASSERT_EQ(0, queue_begin_nop(&self->q, NULL));
		ASSERT_EQ(0, queue_wait(&self->q, 3));
		for (n = 0; n < 3; n++) {
			EXPECT_EQ(POLLIN, revents_of(self->q.fd, POLLIN));
			EXPECT_EQ(POLLIN, revents_of(self->q.fd, POLLIN));
			ASSERT_EQ(0, queue_read(&self->q, &c));
		}
	}
	/* A pending call is none, nor one that waits for its FINISH. */
	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, self->id,
			       NULL));
	EXPECT_EQ(0, revents_of(self->q.fd, POLLIN | POLLPRI));
	EXPECT_EQ(0, finish_all(&self->q, self->ctl, self->id, 1));
	EXPECT_EQ(0, revents_of(self->q.fd, POLLIN | POLLPRI));
}

TEST_F(queue, W4_epoll_by_level_and_by_edge)
{
	struct epoll_event in = { .events = EPOLLIN },
			   et = { .events = EPOLLIN | EPOLLET }, ev;
	int level = epoll_create1(EPOLL_CLOEXEC);
	int edge = epoll_create1(EPOLL_CLOEXEC), i;
	struct acall_completion c;

	ASSERT_EQ(0, epoll_ctl(level, EPOLL_CTL_ADD, self->q.fd, &in));
	ASSERT_EQ(0, epoll_ctl(edge, EPOLL_CTL_ADD, self->q.fd, &et));
	for (i = 0; i < 20; i++) {
		EXPECT_EQ(0, epoll_wait(level, &ev, 1, 0));
		EXPECT_EQ(0, epoll_wait(edge, &ev, 1, 0));
		ASSERT_EQ(0, queue_begin_nop(&self->q, NULL));
		ASSERT_EQ(1, epoll_wait(level, &ev, 1, -1));
		ASSERT_EQ(1, epoll_wait(edge, &ev, 1, -1));
		EXPECT_EQ(EPOLLIN, ev.events);
		EXPECT_EQ(1, epoll_wait(level, &ev, 1, 0));
		ASSERT_EQ(0, queue_read(&self->q, &c));
		ASSERT_EQ(0, queue_tell(&self->q));
	}
}

TEST_F(queue, W4_every_completion_is_an_edge)
{
	struct epoll_event et = { .events = EPOLLIN | EPOLLET }, ev;
	int edge = epoll_create1(EPOLL_CLOEXEC), i;
	__u64 id[4];

	ASSERT_EQ(0, epoll_ctl(edge, EPOLL_CTL_ADD, self->q.fd, &et));
	for (i = 0; i < 4; i++) {
		id[i] = fresh_id();
		ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE,
				       id[i], NULL));
	}
	/* Nothing is read in between. */
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, open_gate(self->ctl, id[i]));
		ASSERT_EQ(0, queue_wait(&self->q, i + 1));
		EXPECT_EQ(1, epoll_wait(edge, &ev, 1, -1));
	}
	EXPECT_EQ(4, queue_unread(&self->q));
}

TEST_F(queue, F1_O_NONBLOCK_is_for_FINISH)
{
	struct acall_finish f;
	struct enterer t;
	struct queue q;
	__u64 handle;

	ASSERT_EQ(0, queue_open_flags(&q, self->dev, "test",
				      ACALL_CREATE_NONBLOCK, 4, 0));
	ASSERT_EQ(0, queue_one(&q, self->ctl, ACALL_TEST_GATE, self->id,
			       &handle));
	EXPECT_EQ(-EAGAIN, sys_finish(q.fd, handle, &f));
	/* Whoever waits has a time for that. */
	t = enterer_of(&q, 1);
	ASSERT_EQ(0, enterer_block(&t));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, enterer_join(&t));
	EXPECT_EQ(0, sys_finish(q.fd, handle, &f));
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, finishes_begins_cancels_and_waits_in_this_order)
{
	struct acall_submission s = sub_nop();
	struct acall_enter_cancel ec = { .grace_ns = FOREVER, .error = 99 };
	struct acall_enter e = {
		.begin = 1, .wait = 2, .until = FOREVER, .cancels = PTR(&ec),
		.nr_cancels = 1,
	};
	struct acall_completion c;
	struct queue q;
	int i;

	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 2, 2));
	ASSERT_EQ(0, queue_begin_nop(&q, NULL));
	ASSERT_EQ(0, queue_wait(&q, 1));
	ASSERT_EQ(0, queue_one(&q, self->ctl, ACALL_TEST_COOP, self->id,
			       &ec.handle));
	ASSERT_EQ(0, queue_read(&q, &c));
	/* Its slot is the one that the next call begins in. */
	ASSERT_NE(NULL, queue_put(&q, &s));
	ASSERT_EQ(0, sys_enter_struct(q.fd, &e));
	EXPECT_EQ(1, e.begun);
	EXPECT_EQ(0, e.error);
	EXPECT_EQ(0, ec.error);
	EXPECT_EQ(2, queue_unread(&q));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, queue_read(&q, &c));
		EXPECT_TRUE(c.handle == ec.handle ?
			    is_cancelled(&c, ACALL_OUTCOME_STOPPED) :
			    is_completed(&c));
	}
	EXPECT_EQ(0, queue_close(&q));
}

#include "acall_main.h"
