// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cancelling in bulk: the cancels of ENTER, each with a verdict of its own, and
 * CANCEL_MATCH, which asks every call that had begun before, once, by tag, by method
 * or all of them.
 *
 * The race is with calls that end, or begin in a slot that was swept, meanwhile.
 */
#include "provider/prov_util.h"
#include "queue_util.h"

/* Begins @n calls of @method at @id in one batch, with @tag. */
static int begin_many(struct queue *q, __u32 method, __u64 id, __u32 tag, int n,
		      __u64 *handle)
{
	struct acall_submission s = sub_arg(method, id), *entry[SLOTS];
	struct acall_enter e;
	int i;

	s.tag = tag;
	for (i = 0; i < n; i++) {
		s.user_data = i;
		entry[i] = queue_put(q, &s);
		CHECK(entry[i]);
	}
	CHECK(!sys_enter(q->fd, n, 0, 0, &e));
	CHECK((int)e.begun == n);
	for (i = 0; handle && i < n; i++)
		handle[i] = entry[i]->handle;
	return 0;
}

/* Reads @n completions; return how many of them were cancelled with @outcome. */
static int read_cancelled(struct queue *q, int n, __u32 outcome)
{
	struct acall_completion c;
	int i, cancelled = 0;

	for (i = 0; i < n; i++) {
		if (queue_reap(q, &c))
			return -1;
		cancelled += is_cancelled(&c, outcome);
	}
	return cancelled;
}

/* A queue of the narrow interface, on which nothing starts before the gate. */
static int narrow(struct queue *q, int dev, int ctl, __u64 id, __u32 slots)
{
	int busy = take_slot(dev, ctl, id);

	return busy < 0 ? busy : queue_open(q, dev, ACALL_TEST_NARROW, slots,
					    slots);
}

TEST_F(queue, a_batch_of_64_each_with_its_own_verdict)
{
	struct acall_test_custom fixed = { .id = fresh_id() };
	struct acall_test_custom refusing = {
		.id = fresh_id(), .refuse = -EBUSY, .refusals = ALWAYS,
	};
	__u64 running, cancelling, no_cancel, stale, done, parked, refused;
	struct acall_enter_cancel ec[64];
	struct acall_completion c;
	struct acall_submission s;
	struct acall_cancel x;
	int want[64], i;

	ASSERT_EQ(0, queue_begin_nop(&self->q, &stale));
	ASSERT_EQ(0, queue_reap(&self->q, &c));
	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, self->id,
			       &cancelling));
	ASSERT_EQ(0, sys_cancel(self->q.fd, ACALL_CANCEL_NOWAIT, cancelling,
				FOREVER, &x));
	ASSERT_EQ(0, queue_begin_flags(&self->q, ACALL_BEGIN_NO_CANCEL,
				       ACALL_TEST_COOP, self->id, &no_cancel));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 2));
	s = sub(ACALL_TEST_PARK_FIXED, &fixed, sizeof(fixed));
	ASSERT_EQ(0, queue_begin(&self->q, &s, &parked));
	ASSERT_EQ(0, wait_starts(self->ctl, fixed.id, 1));
	s = sub(ACALL_TEST_PARK, &refusing, sizeof(refusing));
	ASSERT_EQ(0, queue_begin(&self->q, &s, &refused));
	ASSERT_EQ(0, wait_starts(self->ctl, refusing.id, 1));
	ASSERT_EQ(0, queue_begin_nop(&self->q, &done));
	ASSERT_EQ(0, queue_wait(&self->q, 1));

	for (i = 0; i < 64; i++) {
		ec[i] = (struct acall_enter_cancel) {
			.grace_ns = FOREVER, .error = 99,
		};
		switch (i % 8) {
		case 0:
			ASSERT_EQ(0, queue_one(&self->q, self->ctl,
					       ACALL_TEST_COOP, fresh_id(),
					       &running));
			ec[i].handle = running;
			want[i] = 0;
			break;
		case 1:
			ec[i].handle = stale;
			want[i] = -ESRCH;
			break;
		case 2:
			ec[i].handle = cancelling;
			want[i] = -EALREADY;
			break;
		case 3:
			ec[i].handle = no_cancel;
			want[i] = -EPERM;
			break;
		case 4:
			ec[i].handle = parked;
			want[i] = -EOPNOTSUPP;
			break;
		case 5:
			ec[i].handle = refused;
			want[i] = -EBUSY;
			break;
		case 6:
			ec[i].handle = done;
			want[i] = -ESRCH;
			break;
		default:
			ec[i].handle = cancelling;
			ec[i].flags = 1U << 31;
			want[i] = -EINVAL;
		}
	}
	/* The done one, and those that stop. */
	ASSERT_EQ(0, enter_cancels(&self->q, ec, 64, 1 + 8));
	for (i = 0; i < 64; i++) {
		EXPECT_EQ(want[i], ec[i].error) {
			TH_LOG("cancel %d", i);
		}
	}
	EXPECT_EQ(9, queue_unread(&self->q));
	EXPECT_EQ(8, read_cancelled(&self->q, 9, ACALL_OUTCOME_STOPPED));
	EXPECT_EQ(ACALL_STATE_RUNNING, queue_state(&self->q, no_cancel));
	EXPECT_EQ(ACALL_STATE_RUNNING, queue_state(&self->q, parked));
	EXPECT_EQ(ACALL_STATE_RUNNING, queue_state(&self->q, refused));
	EXPECT_EQ(ACALL_STATE_CANCELLING, queue_state(&self->q, cancelling));
}

TEST_F(queue, they_ask_and_do_not_wait)
{
	struct acall_enter_cancel ec = { .grace_ns = FOREVER, .error = 99 };
	struct acall_query query;

	/* gate would end only at its gate. */
	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, self->id,
			       &ec.handle));
	ASSERT_EQ(0, enter_cancels(&self->q, &ec, 1, 0));
	EXPECT_EQ(0, ec.error);
	ASSERT_EQ(0, sys_query(self->q.fd, ec.handle, &query));
	EXPECT_EQ(ACALL_STATE_CANCELLING, query.state);
	EXPECT_EQ(ACALL_REASON_CLIENT, query.reason);
	EXPECT_EQ(getpid(), query.cancel_tgid);
	/* NOWAIT may be said too. */
	ec.flags = ACALL_CANCEL_NOWAIT;
	ASSERT_EQ(0, enter_cancels(&self->q, &ec, 1, 0));
	EXPECT_EQ(-EALREADY, ec.error);
}

TEST_F(queue, each_has_its_own_grace_and_flags)
{
	struct acall_enter_cancel ec[4] = {
		{ .grace_ns = FOREVER }, { .grace_ns = 5 * MSEC },
		{ .flags = ACALL_CANCEL_ABANDON }, { .grace_ns = 0 },
	};
	struct acall_completion c;
	int i;

	for (i = 0; i < 4; i++) {
		ec[i].error = 99;
		ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE,
				       fresh_id(), &ec[i].handle));
	}
	ASSERT_EQ(0, enter_cancels(&self->q, ec, 4, 3));
	/* All but the first: gate's own grace is none. */
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, queue_read(&self->q, &c));
		EXPECT_TRUE(is_cancelled(&c, ACALL_OUTCOME_ABANDONED));
		EXPECT_NE(ec[0].handle, c.handle);
	}
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, ec[i].error);
	EXPECT_EQ(ACALL_STATE_CANCELLING, queue_state(&self->q, ec[0].handle));
	/* Together they are one request too many, as ever. */
	ec[0].flags = ACALL_CANCEL_ABANDON;
	ec[0].grace_ns = 1;
	ASSERT_EQ(0, enter_cancels(&self->q, ec, 1, 0));
	EXPECT_EQ(-EINVAL, ec[0].error);
	EXPECT_EQ(ACALL_STATE_CANCELLING, queue_state(&self->q, ec[0].handle));
}

TEST_F(queue, X7_the_same_one_twice_in_a_batch_EALREADY)
{
	struct acall_enter_cancel ec[4];
	struct acall_completion c;
	__u64 handle;
	int i;

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, self->id,
			       &handle));
	for (i = 0; i < 4; i++)
		ec[i] = (struct acall_enter_cancel) {
			.handle = handle, .grace_ns = FOREVER, .error = 99,
		};
	ec[2].flags = ACALL_CANCEL_ESCALATE | ACALL_CANCEL_ABANDON;
	ec[2].grace_ns = 0;
	ASSERT_EQ(0, enter_cancels(&self->q, ec, 4, 1));
	EXPECT_EQ(0, ec[0].error);
	EXPECT_EQ(-EALREADY, ec[1].error);
	EXPECT_EQ(0, ec[2].error);
	/* It is over, by a cancel. */
	EXPECT_EQ(-EALREADY, ec[3].error);
	ASSERT_EQ(0, queue_read(&self->q, &c));
	EXPECT_TRUE(is_cancelled(&c, ACALL_OUTCOME_ABANDONED));
}

TEST_F(queue, EFAULT_in_the_array_leaves_the_rest_alone)
{
	enum { N = 6, GOOD = 3 };
	char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct acall_enter_cancel *ec;
	struct acall_query query;
	__u64 handle[N];
	int i, round;

	ASSERT_NE(MAP_FAILED, (void *)map);
	ec = (void *)(map + 4096 - GOOD * sizeof(*ec));
	for (round = 0; round < 2; round++) {
		for (i = 0; i < N; i++) {
			ASSERT_EQ(0, queue_one(&self->q, self->ctl,
					       ACALL_TEST_GATE, fresh_id(),
					       &handle[i]));
			ec[i] = (struct acall_enter_cancel) {
				.handle = handle[i], .grace_ns = FOREVER,
				.error = 99,
			};
		}
		/* Cannot be read; or cannot be answered. */
		ASSERT_EQ(0, mprotect(map + 4096, 4096, round ? PROT_READ :
				      PROT_NONE));
		EXPECT_EQ(-EFAULT, enter_cancels(&self->q, ec, N, 0));
		ASSERT_EQ(0, mprotect(map + 4096, 4096,
				      PROT_READ | PROT_WRITE));
		for (i = 0; i < N; i++) {
			EXPECT_EQ(i < GOOD ? 0 : 99, ec[i].error);
			ASSERT_EQ(0, sys_query(self->q.fd, handle[i],
					       &query));
			/* The first that has no answer may have been asked. */
			if (i != GOOD)
				EXPECT_EQ(i < GOOD ? ACALL_STATE_CANCELLING :
					  ACALL_STATE_RUNNING, query.state);
		}
	}
	EXPECT_EQ(-EFAULT, enter_cancels(&self->q, (void *)8, 1, 0));
	EXPECT_EQ(-EFAULT, enter_cancels(&self->q, NULL, 1, 0));
	/* No array is read that has no entries. */
	EXPECT_EQ(0, enter_cancels(&self->q, (void *)8, 0, 0));
	munmap(map, 8192);
}

TEST_F(queue, MATCH_all)
{
	enum { N = SLOTS };
	__u64 id[3] = { fresh_id(), fresh_id(), fresh_id() };
	struct acall_cancel_match m;
	struct queue other;
	__u64 handle;

	ASSERT_EQ(0, sys_cancel_match(self->q.fd, 0, 0, 0, 0, &m));
	EXPECT_EQ(0, m.matched);
	EXPECT_EQ(0, m.cancelled);
	/* Another queue's are not asked. */
	ASSERT_EQ(0, queue_open(&other, self->dev, "test", 1, 0));
	ASSERT_EQ(0, queue_one(&other, self->ctl, ACALL_TEST_COOP, self->id,
			       &handle));
	ASSERT_EQ(0, begin_many(&self->q, ACALL_TEST_COOP, id[0], 1, N / 2,
				NULL));
	ASSERT_EQ(0, begin_many(&self->q, ACALL_TEST_KILLABLE, id[1], 2, N / 4,
				NULL));
	ASSERT_EQ(0, begin_many(&self->q, ACALL_TEST_COOP, id[2], 3, N / 4,
				NULL));
	ASSERT_EQ(0, sys_cancel_match(self->q.fd, 0, 0, 0, FOREVER, &m));
	EXPECT_EQ(N, m.matched);
	EXPECT_EQ(N, m.cancelled);
	EXPECT_EQ(0, queue_wait(&self->q, N));
	EXPECT_EQ(N, queue_read_all(&self->q));
	EXPECT_EQ(ACALL_STATE_RUNNING, queue_state(&other, handle));
	ASSERT_EQ(0, queue_tell(&self->q));
	ASSERT_EQ(0, sys_cancel_match(self->q.fd, 0, 0, 0, 0, &m));
	EXPECT_EQ(0, m.matched);
	EXPECT_EQ(0, queue_close(&other));
}

/* Four kinds: two tags x two methods. */
struct kinds {
	__u64 id;
	__u64 handle[16];
};

static const __u32 kind_method[2] = { ACALL_TEST_COOP, ACALL_TEST_KILLABLE };

static int begin_kinds(struct queue *q, int ctl, struct kinds *k)
{
	struct acall_submission s;
	int i;

	k->id = fresh_id();
	for (i = 0; i < 16; i++) {
		s = sub_arg(kind_method[i & 1], k->id);
		s.tag = i & 2 ? 0xffffffff : 0;
		CHECK(!queue_begin(q, &s, &k->handle[i]));
	}
	return wait_starts(ctl, k->id, 16);
}

TEST_F(queue, MATCH_by_tag_by_method_and_by_both)
{
	static const struct {
		__u32 flags;
		__u32 tag;
		__u32 method;
		int mask;	/* of i in begin_kinds() */
		int value;
	} how[] = {
		{ ACALL_MATCH_TAG, 0, 77, 2, 0 },
		{ ACALL_MATCH_TAG, 0xffffffff, 0, 2, 2 },
		{ ACALL_MATCH_METHOD, 77, ACALL_TEST_COOP, 1, 0 },
		{ ACALL_MATCH_METHOD, 0, ACALL_TEST_KILLABLE, 1, 1 },
		{ ACALL_MATCH_TAG | ACALL_MATCH_METHOD, 0xffffffff,
		  ACALL_TEST_COOP, 3, 2 },
		{ ACALL_MATCH_TAG, 7, 0, 0, 1 },
		{ ACALL_MATCH_METHOD, 0, ACALL_TEST_GATE, 0, 1 },
		{ ACALL_MATCH_METHOD, 0, 999, 0, 1 },
	};
	struct acall_cancel_match m;
	struct acall_query query;
	struct kinds k;
	unsigned int i, j, n;

	for (i = 0; i < ARRAY_SIZE(how); i++) {
		ASSERT_EQ(0, begin_kinds(&self->q, self->ctl, &k));
		ASSERT_EQ(0, sys_cancel_match(self->q.fd, how[i].flags,
					      how[i].tag, how[i].method,
					      FOREVER, &m)) {
			TH_LOG("match %u", i);
		}
		for (j = 0, n = 0; j < 16; j++) {
			bool hit = (int)(j & how[i].mask) == how[i].value;

			ASSERT_EQ(0, sys_query(self->q.fd, k.handle[j],
					       &query));
			EXPECT_EQ(hit ? ACALL_REASON_CLIENT :
				  ACALL_REASON_NONE, query.reason) {
				TH_LOG("match %u, call %u", i, j);
			}
			n += hit;
		}
		EXPECT_EQ(n, m.matched);
		EXPECT_EQ(n, m.cancelled);
		ASSERT_EQ(0, open_gate(self->ctl, k.id));
		ASSERT_EQ(16, queue_drain(&self->q));
		ASSERT_EQ(0, queue_tell(&self->q));
	}
}

TEST_F(queue, MATCH_counts_those_that_cannot_be_cancelled_as_matched)
{
	struct acall_test_custom fixed = { .id = fresh_id() };
	struct acall_test_custom refusing = {
		.id = fresh_id(), .refuse = -EBUSY, .refusals = ALWAYS,
	};
	struct acall_cancel_match m;
	struct acall_submission s;
	struct acall_query query;
	__u64 handle[4];
	int i;

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, self->id,
			       &handle[0]));
	ASSERT_EQ(0, queue_begin_flags(&self->q, ACALL_BEGIN_NO_CANCEL,
				       ACALL_TEST_COOP, self->id, &handle[1]));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 2));
	s = sub(ACALL_TEST_PARK_FIXED, &fixed, sizeof(fixed));
	ASSERT_EQ(0, queue_begin(&self->q, &s, &handle[2]));
	ASSERT_EQ(0, wait_starts(self->ctl, fixed.id, 1));
	s = sub(ACALL_TEST_PARK, &refusing, sizeof(refusing));
	ASSERT_EQ(0, queue_begin(&self->q, &s, &handle[3]));
	ASSERT_EQ(0, wait_starts(self->ctl, refusing.id, 1));
	ASSERT_EQ(0, sys_cancel_match(self->q.fd, 0, 0, 0, FOREVER, &m));
	EXPECT_EQ(4, m.matched);
	EXPECT_EQ(1, m.cancelled);
	EXPECT_EQ(ACALL_STATE_CANCELLING, queue_state(&self->q, handle[0]));
	for (i = 1; i < 4; i++) {
		ASSERT_EQ(0, sys_query(self->q.fd, handle[i], &query));
		EXPECT_EQ(ACALL_STATE_RUNNING, query.state);
		EXPECT_EQ(ACALL_REASON_NONE, query.reason);
	}
	/* Each was asked once. */
	EXPECT_EQ(1, ctl_get(self->ctl, refusing.id).asks);
}

TEST_F(queue, MATCH_a_second_time_EALREADY_for_each)
{
	__u64 handle[8];
	struct acall_cancel_match m;
	int i;

	ASSERT_EQ(0, begin_many(&self->q, ACALL_TEST_GATE, self->id, 5, 8,
				handle));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 8));
	ASSERT_EQ(0, sys_cancel_match(self->q.fd, 0, 0, 0, FOREVER, &m));
	EXPECT_EQ(8, m.matched);
	EXPECT_EQ(8, m.cancelled);
	ASSERT_EQ(0, sys_cancel_match(self->q.fd, 0, 0, 0, 1, &m));
	EXPECT_EQ(8, m.matched);
	EXPECT_EQ(0, m.cancelled);
	/* No effect: the first one's grace is the one that runs. */
	EXPECT_EQ(0, queue_pass_time(&self->q, handle[0],
				     now_ns() + 10 * MSEC));
	EXPECT_EQ(0, queue_unread(&self->q));
	/* ESCALATE shortens it, and then it stands of all. */
	ASSERT_EQ(0, sys_cancel_match(self->q.fd, ACALL_CANCEL_ESCALATE, 0, 0,
				      MSEC, &m));
	EXPECT_EQ(8, m.matched);
	EXPECT_EQ(8, m.cancelled);
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, sys_wait_until(self->q.fd, handle[i], FOREVER));
	EXPECT_EQ(8, read_cancelled(&self->q, 8, ACALL_OUTCOME_ABANDONED));
}

TEST_F(queue, MATCH_with_ABANDON_frees_all_at_once)
{
	struct acall_cancel_match m;

	ASSERT_EQ(0, begin_many(&self->q, ACALL_TEST_GATE, self->id, 5, 8,
				NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 8));
	ASSERT_EQ(0, sys_cancel_match(self->q.fd, ACALL_CANCEL_ABANDON, 0, 0,
				      0, &m));
	EXPECT_EQ(8, m.matched);
	EXPECT_EQ(8, m.cancelled);
	EXPECT_EQ(8, queue_unread(&self->q));
	EXPECT_EQ(8, read_cancelled(&self->q, 8, ACALL_OUTCOME_ABANDONED));
	EXPECT_EQ(8, counter("orphans"));
}

TEST_F(queue, MATCH_with_ABANDON_of_a_grace_that_runs)
{
	struct acall_cancel_match m;

	ASSERT_EQ(0, begin_many(&self->q, ACALL_TEST_GATE, self->id, 5, 8,
				NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 8));
	ASSERT_EQ(0, sys_cancel_match(self->q.fd, 0, 0, 0, FOREVER, &m));
	ASSERT_EQ(0, sys_cancel_match(self->q.fd, ACALL_CANCEL_ABANDON, 0, 0,
				      0, &m));
	EXPECT_EQ(8, m.matched);
	EXPECT_EQ(0, m.cancelled);
	EXPECT_EQ(0, queue_unread(&self->q));
	ASSERT_EQ(0, sys_cancel_match(self->q.fd, ACALL_CANCEL_ABANDON |
				      ACALL_CANCEL_ESCALATE, 0, 0, 0, &m));
	EXPECT_EQ(8, m.cancelled);
	EXPECT_EQ(8, queue_unread(&self->q));
}

TEST_F(queue, X3_MATCH_of_queued_calls_they_never_start)
{
	__u64 entered;
	struct acall_cancel_match m;
	struct acall_submission s = sub_nop();
	struct acall_enter e;
	struct queue q;
	int i;

	ASSERT_EQ(0, narrow(&q, self->dev, self->ctl, self->id, 64));
	entered = ctl_get(self->ctl, 0).entered;
	for (i = 0; i < 64; i++)
		ASSERT_NE(NULL, queue_put(&q, &s));
	ASSERT_EQ(0, sys_enter(q.fd, 64, 0, 0, &e));
	ASSERT_EQ(64, e.begun);
	ASSERT_EQ(0, sys_cancel_match(q.fd, 0, 0, 0, 0, &m));
	EXPECT_EQ(64, m.matched);
	EXPECT_EQ(64, m.cancelled);
	EXPECT_EQ(64, read_cancelled(&q, 64, ACALL_OUTCOME_NEVER_STARTED));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, queue_begin_nop(&q, NULL));
	ASSERT_EQ(0, queue_wait(&q, 1));
	EXPECT_EQ(entered + 1, ctl_get(self->ctl, 0).entered);
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, X8_MATCH_of_calls_that_are_done)
{
	struct acall_cancel_match m;
	struct acall_completion c;
	int i;

	/* They may count as pending, but nothing stands of them. */
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, queue_begin_nop(&self->q, NULL));
	ASSERT_EQ(0, queue_wait(&self->q, 8));
	ASSERT_EQ(0, sys_cancel_match(self->q.fd, 0, 0, 0, 0, &m));
	EXPECT_EQ(0, m.cancelled);
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, queue_read(&self->q, &c));
		EXPECT_TRUE(is_completed(&c));
	}
	ASSERT_EQ(0, queue_tell(&self->q));
	ASSERT_EQ(0, sys_cancel_match(self->q.fd, 0, 0, 0, 0, &m));
	EXPECT_EQ(0, m.matched);
}

TEST_F(queue, MATCH_bad_requests_EINVAL_and_EFAULT)
{
	static const __u32 flags[] = {
		8, 0x80, 0x400, 1U << 31, UINT32_MAX,
	};
	struct acall_cancel_match m, *ro;
	struct acall_query query;
	unsigned int i;
	__u64 handle;

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_GATE, self->id,
			       &handle));
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		EXPECT_EQ(-EINVAL, sys_cancel_match(self->q.fd, flags[i], 0, 0,
						    0, &m));
	EXPECT_EQ(-EINVAL, sys_cancel_match(self->q.fd, ACALL_CANCEL_ABANDON,
					    0, 0, 1, &m));
	m.size = sizeof(m) - 4;
	EXPECT_EQ(-EINVAL, sys_ioctl(self->q.fd, ACALL_IOC_CANCEL_MATCH, &m));
	EXPECT_EQ(-EFAULT, sys_ioctl(self->q.fd, ACALL_IOC_CANCEL_MATCH,
				     NULL));
	ro = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)ro);
	ro->size = sizeof(*ro);
	ASSERT_EQ(0, mprotect(ro, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, sys_ioctl(self->q.fd, ACALL_IOC_CANCEL_MATCH, ro));
	munmap(ro, 4096);
	ASSERT_EQ(0, sys_query(self->q.fd, handle, &query));
	EXPECT_EQ(ACALL_STATE_RUNNING, query.state);
	EXPECT_EQ(0, query.cancel_ns);
}

struct matcher {
	int fd;
	struct acall_cancel_match m;
	pthread_t thread;
	int ret;
	int ended;
};

static void *match_main(void *arg)
{
	struct matcher *t = arg;

	t->ret = sys_cancel_match(t->fd, 0, 0, 0, FOREVER, &t->m);
	__atomic_store_n(&t->ended, 1, __ATOMIC_RELEASE);
	return NULL;
}

TEST_F(queue, MATCH_does_not_ask_those_that_begin_during_the_sweep)
{
	struct acall_test_custom held = {
		.id = self->id, .flags = ACALL_TEST_HOOK_WAITS |
					 ACALL_TEST_HOOK_COMPLETES,
	};
	struct acall_submission s = sub(ACALL_TEST_PARK_SLEEPABLE, &held,
					sizeof(held));
	struct matcher t = { .fd = self->q.fd };
	__u64 first, id = fresh_id(), handle[SLOTS];
	struct acall_query query;
	int i;

	/*
	 * A hook that sleeps is asked by the sweep itself or by a worker for it:
	 * either way all that begins from here on is later than the sweep.
	 */
	ASSERT_EQ(0, queue_begin(&self->q, &s, &first));
	ASSERT_EQ(0, wait_starts(self->ctl, held.id, 1));
	ASSERT_EQ(0, pthread_create(&t.thread, NULL, match_main, &t));
	ASSERT_EQ(0, wait_asks(self->ctl, held.id, 1));
	/* Every slot behind it. */
	ASSERT_EQ(0, begin_many(&self->q, ACALL_TEST_COOP, id, 0, SLOTS - 1,
				handle));
	ASSERT_EQ(0, pass_all(self->ctl, held.id));
	pthread_join(t.thread, NULL);
	EXPECT_EQ(0, t.ret);
	EXPECT_EQ(1, t.m.matched);
	EXPECT_EQ(1, t.m.cancelled);
	for (i = 0; i < SLOTS - 1; i++) {
		ASSERT_EQ(0, sys_query(self->q.fd, handle[i], &query));
		EXPECT_EQ(ACALL_REASON_NONE, query.reason);
	}
	ASSERT_EQ(0, open_gate(self->ctl, id));
	EXPECT_EQ(SLOTS, queue_drain(&self->q));
	EXPECT_EQ(0, ctl_get(self->ctl, id).seen);
}

TEST_F(queue, MATCH_while_calls_come_and_go)
{
	enum { ROUNDS = 300 };
	__u64 begun = 0, read = 0, stopped = 0, cancelled = 0;
	struct acall_submission s;
	struct acall_completion c;
	struct acall_enter e;
	struct matcher t;
	int i, k, ret;

	for (i = 0; i < ROUNDS; i++) {
		t = (struct matcher) { .fd = self->q.fd };
		ASSERT_EQ(0, pthread_create(&t.thread, NULL, match_main, &t));
		do {
			s = sub_nop();
			for (k = 0; k < 16 && queue_room(&self->q); k++)
				queue_put(&self->q, &s);
			ASSERT_EQ(0, sys_enter(self->q.fd, 16, 0, 0, &e));
			begun += e.begun;
			ret = queue_wait(&self->q, 1);
			ASSERT_TRUE(!ret || ret == -ESRCH);
			while (!queue_read(&self->q, &c)) {
				read++;
				ASSERT_TRUE(is_completed(&c) ||
					    c.status == -ECANCELED);
				stopped += c.status == -ECANCELED;
			}
		} while (!__atomic_load_n(&t.ended, __ATOMIC_ACQUIRE));
		pthread_join(t.thread, NULL);
		ASSERT_EQ(0, t.ret);
		ASSERT_LE(t.m.cancelled, t.m.matched);
		ASSERT_LE(t.m.matched, SLOTS);
		cancelled += t.m.cancelled;
	}
	while (!queue_wait(&self->q, 1)) {
		while (!queue_read(&self->q, &c)) {
			read++;
			stopped += c.status == -ECANCELED;
		}
	}
	EXPECT_EQ(begun, read);
	/* No more were stopped than a request stands of. */
	EXPECT_LE(stopped, cancelled);
}

#include "acall_main.h"
