// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contract of calls, of those in the slots of a queue, from their begin to the
 * last close: what core, client and provider tests ask of call objects, clause by
 * clause, for methods that are short, that wait and that run inline; deadlines,
 * calls that cannot be cancelled, and who runs a call. What a queue adds to it is in
 * the other queue tests. [B1, B4, B5, B6, S3, C4]
 *
 * The race is the one of each clause; two calls of a slot, one after the other,
 * must not be taken for each other.
 */
#include "queue_more.h"
#include <sys/fsuid.h>

/* BEGIN */

TEST_F(queue, B1_returns_while_the_method_runs)
{
	static const __u32 methods[] = {
		ACALL_TEST_GATE, ACALL_TEST_COOP, ACALL_TEST_KILLABLE,
	};
	__u64 handle[ARRAY_SIZE(methods)];
	struct acall_completion c;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		ASSERT_EQ(0, queue_begin_arg(&self->q, methods[i], self->id,
					     &handle[i]));
		ASSERT_EQ(0, wait_starts(self->ctl, self->id, i + 1));
		EXPECT_EQ(ACALL_STATE_RUNNING,
			  queue_state(&self->q, handle[i]));
	}
	EXPECT_EQ(0, queue_unread(&self->q));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		ASSERT_EQ(0, queue_reap(&self->q, &c));
		EXPECT_TRUE(is_completed(&c));
	}
}

TEST_F(queue, B1_entry_input_and_file_may_be_reused_at_once)
{
	struct acall_submission s = sub_echo("in the entry"), *entry;
	char by_address[100], out[100];
	struct acall_finish f;
	struct queue q;
	__u64 handle[3];
	__s32 file;
	int p[2];

	ASSERT_EQ(0, narrow(&q, self->dev, self->ctl, self->id, 4));
	ASSERT_EQ(0, queue_begin(&q, &s, &handle[0]));
	memset(by_address, 'a', sizeof(by_address));
	s = sub(ACALL_TEST_ECHO, by_address, sizeof(by_address));
	ASSERT_EQ(0, queue_begin(&q, &s, &handle[1]));
	memset(by_address, 'x', sizeof(by_address));
	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	file = p[1];
	s = sub_hold(fresh_id(), &file);
	ASSERT_EQ(0, queue_begin(&q, &s, &handle[2]));
	file = -1;
	close(p[1]);
	for (entry = q.submissions; entry < q.submissions + q.made.entries;
	     entry++)
		memset(entry, 0xff, sizeof(*entry));
	EXPECT_FALSE(hung_up(p[0]));

	ASSERT_EQ(0, forget(self->ctl, 0));
	ASSERT_EQ(0, queue_finish_out(&q, handle[0], out, sizeof(out), &f));
	EXPECT_STREQ("in the entry", out);
	memset(by_address, 'a', sizeof(by_address));
	ASSERT_EQ(0, queue_finish_out(&q, handle[1], out, sizeof(out), &f));
	EXPECT_EQ(0, memcmp(by_address, out, sizeof(out)));
	EXPECT_EQ(0, sys_wait_settled(q.fd, handle[2], FOREVER));
	EXPECT_TRUE(hung_up(p[0]));
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, B1_an_inline_method_has_run)
{
	struct acall_submission s = sub(ACALL_TEST_INLINE_WHOAMI, NULL, 0);
	struct acall_test_whoami who = { 0 };
	struct acall_completion c;
	struct acall_finish f;
	__s32 code = -EDOM;
	__u64 handle;

	/* No wait in between. */
	ASSERT_EQ(0, queue_begin(&self->q, &s, &handle));
	ASSERT_EQ(1, queue_unread(&self->q));
	EXPECT_EQ(ACALL_STATE_DONE, queue_state(&self->q, handle));
	ASSERT_EQ(0, queue_read(&self->q, &c));
	EXPECT_TRUE(is_completed(&c));
	EXPECT_EQ(MORE, c.result);
	ASSERT_EQ(0, queue_finish_out(&self->q, handle, &who, sizeof(who),
				      &f));
	EXPECT_EQ(getpid(), who.tgid);
	EXPECT_EQ(0, who.is_worker);

	s = sub(ACALL_TEST_INLINE_FAIL, &code, sizeof(code));
	ASSERT_EQ(0, queue_begin(&self->q, &s, &handle));
	EXPECT_EQ(0, both_completed(&self->q, handle, -EDOM, &f));
}

TEST_F(queue, B1_inline_methods_with_others_in_a_batch)
{
	struct acall_submission s;
	struct acall_enter e;
	char out[16];
	int i;

	for (i = 0; i < SLOTS; i++) {
		s = i & 1 ? sub(ACALL_TEST_INLINE_ECHO, &i, sizeof(i)) :
		    sub(ACALL_TEST_ECHO, &i, sizeof(i));
		s.user_data = i;
		ASSERT_NE(NULL, queue_put(&self->q, &s));
	}
	ASSERT_EQ(0, sys_enter(self->q.fd, SLOTS, SLOTS, FOREVER, &e));
	EXPECT_EQ(SLOTS, e.begun);
	for (i = 0; i < SLOTS; i++) {
		struct acall_completion c;
		struct acall_finish f;
		int value;

		ASSERT_EQ(0, queue_read(&self->q, &c));
		ASSERT_EQ(0, queue_finish_out(&self->q, c.handle, out,
					      sizeof(out), &f));
		ASSERT_EQ(sizeof(i), f.out_len);
		memcpy(&value, out, sizeof(value));
		EXPECT_EQ(c.user_data, value);
	}
}

/* No call of the queue has been of that method before, nor was any looked at. */
TEST_F(queue, B3_the_first_entry_is_of_method_0)
{
	struct acall_submission s = sub_plain(0);
	struct acall_completion c;
	struct queue q;

	/* A custom one, which ends at once. */
	ASSERT_EQ(0, queue_open(&q, self->dev, "timer", 1, 0));
	ASSERT_EQ(0, queue_begin(&q, &s, NULL));
	ASSERT_EQ(0, queue_reap(&q, &c));
	EXPECT_TRUE(is_completed(&c));
	EXPECT_EQ(0, queue_close(&q));
	/* statfs of "". */
	ASSERT_EQ(0, queue_open(&q, self->dev, "file", 1, 0));
	EXPECT_EQ(-ENOENT, queue_begin(&q, &s, NULL));
	EXPECT_EQ(0, queue_unread(&q));
	EXPECT_EQ(0, queue_close(&q));
	s = sub_plain(UINT32_MAX);
	EXPECT_EQ(-EINVAL, queue_begin(&self->q, &s, NULL));
}

/* Every kind of entry next to every other, as far as ENTER tells them apart. */
static struct acall_submission kind_of_entry(unsigned int kind)
{
	switch (kind) {
	case 0:
		return sub_plain(ACALL_TEST_SHORT);
	case 1:
		return sub_plain(ACALL_TEST_BARE);
	case 2:
		return sub(ACALL_TEST_SHORT, NULL, 0);
	case 3:
		return sub_flags(ACALL_TEST_SHORT, ACALL_BEGIN_NO_CANCEL, NULL,
				 0);
	case 4:
		return sub_nop();
	case 5:
		return sub_plain(ACALL_TEST_NOP);
	default:
		return sub_plain(999);
	}
}

TEST_F(queue, short_entries_among_others_of_every_kind)
{
	enum { KINDS = 7, REFUSED = KINDS - 1, ALL = KINDS * KINDS * 2 };
	struct acall_submission s, *entry[ALL];
	struct acall_completion c;
	bool seen[ALL] = { 0 };
	struct acall_enter e;
	unsigned int i, good = 0;
	struct queue q;

	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 128, 128));
	for (i = 0; i < ALL; i++) {
		s = kind_of_entry(i & 1 ? i / 2 / KINDS : i / 2 % KINDS);
		s.user_data = i;
		s.tag = 1000 + i;
		entry[i] = queue_put(&q, &s);
		ASSERT_NE(NULL, entry[i]);
		good += s.method != 999;
	}
	ASSERT_EQ(0, sys_enter(q.fd, ALL, good, FOREVER, &e));
	EXPECT_EQ(ALL, e.taken);
	EXPECT_EQ(good, e.begun);
	for (i = 0; i < good; i++) {
		ASSERT_EQ(0, queue_read(&q, &c));
		EXPECT_TRUE(is_completed(&c));
		ASSERT_GT(ALL, c.user_data);
		EXPECT_FALSE(seen[c.user_data]);
		seen[c.user_data] = true;
		EXPECT_EQ(1000 + c.user_data, c.tag);
		EXPECT_EQ(entry[c.user_data]->handle, c.handle);
	}
	for (i = 0; i < ALL; i++) {
		EXPECT_EQ(entry[i]->method == 999 ? -EINVAL : 0,
			  entry[i]->error);
		EXPECT_EQ(entry[i]->method != 999, seen[i]);
	}
	EXPECT_EQ(0, queue_unread(&q));
	EXPECT_EQ(0, queue_close(&q));
}

static int whoami(struct queue *q, __u32 method, struct acall_test_whoami *who)
{
	struct acall_submission s = sub(method, NULL, 0);
	struct acall_completion c;
	struct acall_finish f;
	__u64 handle;

	CHECK(!queue_begin(q, &s, &handle));
	CHECK(!queue_reap(q, &c));
	CHECK(is_completed(&c) && c.out_len == sizeof(*who));
	CHECK(!queue_finish_out(q, handle, who, sizeof(*who), &f));
	return 0;
}

TEST_F(queue, B4_credentials_and_file_size_limit_of_each_ENTER)
{
	static const __u32 methods[] = {
		ACALL_TEST_WHOAMI, ACALL_TEST_INLINE_WHOAMI,
	};
	struct acall_test_whoami who;
	struct rlimit was, limit;
	unsigned int i;

	ASSERT_EQ(0, getrlimit(RLIMIT_FSIZE, &was));
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		limit = was;
		limit.rlim_cur = 12345 + i;
		ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
		setfsuid(UID_A);
		ASSERT_EQ(0, whoami(&self->q, methods[i], &who));
		EXPECT_EQ(UID_A, who.uid);
		EXPECT_EQ(12345 + i, who.fsize);
		setfsuid(0);
		ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &was));
		ASSERT_EQ(0, whoami(&self->q, methods[i], &who));
		EXPECT_EQ(0, who.uid);
		EXPECT_EQ(was.rlim_cur, who.fsize);
	}
}

TEST_F(queue, B4_a_batch_has_those_of_its_ENTER)
{
	struct acall_submission s = sub(ACALL_TEST_WHOAMI, NULL, 0);
	struct acall_test_whoami who;
	struct acall_completion c;
	struct acall_finish f;
	struct acall_enter e;
	struct queue q;
	int i;

	/* They run when both ENTERs are over. */
	ASSERT_EQ(0, narrow(&q, self->dev, self->ctl, self->id, 8));
	for (i = 0; i < 8; i++) {
		s.user_data = i;
		ASSERT_NE(NULL, queue_put(&q, &s));
	}
	setfsuid(UID_A);
	ASSERT_EQ(0, sys_enter(q.fd, 4, 0, 0, &e));
	EXPECT_EQ(4, e.begun);
	setfsuid(UID_B);
	ASSERT_EQ(0, sys_enter(q.fd, 4, 0, 0, &e));
	EXPECT_EQ(4, e.begun);
	setfsuid(0);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, queue_wait(&q, 8));
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, queue_read(&q, &c));
		ASSERT_EQ(0, queue_finish_out(&q, c.handle, &who, sizeof(who),
					      &f));
		EXPECT_EQ(c.user_data < 4 ? UID_A : UID_B, who.uid);
	}
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, B5_already_past_it_is_at_once_done)
{
	__u64 deadlines[] = { 0, 1, now_ns() - SEC, now_ns() - 1 };
	static const __u32 methods[] = {
		ACALL_TEST_COOP, ACALL_TEST_NOP, ACALL_TEST_SHORT,
	};
	__u64 entered = ctl_get(self->ctl, 0).entered, handle;
	struct acall_submission s;
	struct acall_completion c;
	struct acall_finish f;
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(deadlines); i++) {
		for (k = 0; k < ARRAY_SIZE(methods); k++) {
			s = k ? sub(methods[k], NULL, 0) :
			    sub_arg(methods[k], self->id);
			s.flags |= ACALL_BEGIN_DEADLINE;
			s.deadline = deadlines[i];
			s.grace_ns = FOREVER;
			ASSERT_EQ(0, queue_begin(&self->q, &s, &handle));
			ASSERT_EQ(1, queue_unread(&self->q));
			ASSERT_EQ(0, both(&self->q, handle, &c, &f));
			EXPECT_EQ(-ETIME, f.status);
			EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, f.outcome);
			EXPECT_EQ(0, f.start_ns);
		}
	}
	EXPECT_EQ(entered, ctl_get(self->ctl, 0).entered);
}

/*
 * Begins @method with a deadline that passes while it runs; on a machine that is
 * too slow, once more and with a later one.
 */
static int running_at_deadline(struct queue *q, int ctl, __u32 method,
			       __u64 grace, __u64 *id, __u64 *deadline,
			       __u64 *handle)
{
	__u64 delay, since = now_ns();
	struct acall_completion c;
	struct acall_query query;

	for (delay = 20 * MSEC; ; delay *= 2) {
		*id = fresh_id();
		*deadline = now_ns() + delay;
		CHECK(!queue_begin_deadline(q, method, *id, *deadline, grace,
					    handle));
		do {
			CHECK(!sys_query(q->fd, *handle, &query));
			CHECK(!guard_expired(since));
		} while (!query.cancel_ns);
		if (query.start_ns)
			return 0;
		CHECK(!queue_reap(q, &c));
		CHECK(c.outcome == ACALL_OUTCOME_NEVER_STARTED);
		CHECK(!forget(ctl, *id));
	}
}

TEST_F(queue, X12_B5_a_deadline_stops_a_running_call_ETIME)
{
	static const __u32 methods[] = {
		ACALL_TEST_COOP, ACALL_TEST_KILLABLE,
	};
	__u64 id, deadline, handle;
	struct acall_completion c;
	struct acall_finish f;
	struct acall_query q;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		ASSERT_EQ(0, running_at_deadline(&self->q, self->ctl,
						 methods[i], 0, &id,
						 &deadline, &handle));
		ASSERT_EQ(0, sys_wait_until(self->q.fd, handle, FOREVER));
		ASSERT_EQ(0, sys_query(self->q.fd, handle, &q));
		EXPECT_EQ(ACALL_REASON_DEADLINE, q.reason);
		EXPECT_EQ(0, q.cancel_tgid);
		ASSERT_EQ(0, both(&self->q, handle, &c, &f));
		EXPECT_EQ(-ETIME, f.status);
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
		/* Never early. */
		EXPECT_LE(deadline, f.cancel_ns);
		EXPECT_EQ(1, ctl_get(self->ctl, id).seen);
	}
}

TEST_F(queue, X12_B5_grace_over_ETIME_ABANDONED)
{
	struct acall_completion c;
	__u64 id, deadline, handle;
	struct acall_finish f;

	ASSERT_EQ(0, running_at_deadline(&self->q, self->ctl, ACALL_TEST_GATE,
					 5 * MSEC, &id, &deadline, &handle));
	ASSERT_EQ(0, both(&self->q, handle, &c, &f));
	EXPECT_EQ(-ETIME, f.status);
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, f.outcome);
	EXPECT_LE(deadline + 5 * MSEC, f.end_ns);
	EXPECT_EQ(1, counter("orphans"));
}

TEST_F(queue, X12_B5_a_result_of_its_own_in_the_grace_stays)
{
	__u64 id, deadline, handle;
	struct acall_finish f;

	ASSERT_EQ(0, running_at_deadline(&self->q, self->ctl, ACALL_TEST_LATE,
					 LATER, &id, &deadline, &handle));
	ASSERT_EQ(0, wait_seen(self->ctl, id, 1));
	EXPECT_EQ(ACALL_STATE_CANCELLING, queue_state(&self->q, handle));
	EXPECT_EQ(0, queue_unread(&self->q));
	ASSERT_EQ(0, open_gate(self->ctl, id));
	ASSERT_EQ(0, both_completed(&self->q, handle, 0, &f));
	EXPECT_LE(deadline, f.cancel_ns);
}

TEST_F(queue, B5_a_queued_call_never_starts_ETIME)
{
	__u64 id = fresh_id(), deadline = now_ns() + 20 * MSEC, handle;
	struct acall_completion c;
	struct acall_finish f;
	struct queue q;

	ASSERT_EQ(0, narrow(&q, self->dev, self->ctl, self->id, 2));
	ASSERT_EQ(0, queue_begin_deadline(&q, ACALL_TEST_COOP, id, deadline,
					  FOREVER, &handle));
	ASSERT_EQ(0, both(&q, handle, &c, &f));
	EXPECT_EQ(-ETIME, f.status);
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, f.outcome);
	EXPECT_EQ(0, f.start_ns);
	EXPECT_LE(deadline, f.cancel_ns);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, next_call_works(&q));
	EXPECT_EQ(0, ctl_get(self->ctl, id).starts);
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, B5_a_deadline_is_its_own_calls_alone)
{
	__u64 deadline = now_ns() + 50 * MSEC, handle, next;
	struct acall_completion c;
	struct acall_query query;
	struct queue q;

	/* Left before it passes; then the next call in its slot. */
	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 1, 0));
	ASSERT_EQ(0, queue_begin_deadline(&q, ACALL_TEST_GATE, fresh_id(),
					  deadline, FOREVER, &handle));
	queue_abandon(&q, handle);
	ASSERT_EQ(0, queue_reap(&q, &c));
	ASSERT_EQ(0, queue_one(&q, self->ctl, ACALL_TEST_COOP, self->id,
			       &next));
	ASSERT_EQ(0, queue_pass_time(&q, next, deadline + MSEC));
	ASSERT_EQ(0, sys_query(q.fd, next, &query));
	EXPECT_EQ(ACALL_STATE_RUNNING, query.state);
	EXPECT_EQ(0, query.cancel_ns);
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, B6_NO_CANCEL_is_EPERM)
{
	struct acall_query before, after;
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;
	__u64 handle;

	ASSERT_EQ(0, queue_begin_flags(&self->q, ACALL_BEGIN_NO_CANCEL,
				       ACALL_TEST_COOP, self->id, &handle));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, sys_query(self->q.fd, handle, &before));
	for (i = 0; i < ARRAY_SIZE(cancels); i++)
		EXPECT_EQ(-EPERM, sys_cancel(self->q.fd, cancels[i].flags,
					     handle, cancels[i].grace_ns, &c));
	ASSERT_EQ(0, sys_query(self->q.fd, handle, &after));
	/* It may only now have come to look for a cancel. */
	before.look_ns = after.look_ns;
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_wait_until(self->q.fd, handle, FOREVER));
	EXPECT_EQ(-ESRCH, sys_cancel(self->q.fd, 0, handle, 0, &c));
	EXPECT_EQ(ACALL_STATE_DONE, c.state);
	EXPECT_EQ(0, both_completed(&self->q, handle, 0, &f));
	EXPECT_EQ(0, f.cancel_ns);
}

TEST_F(queue, B6_the_last_close_detaches_such_a_call_alone)
{
	__u64 other = fresh_id();
	struct acall_submission s = sub_arg(ACALL_TEST_COOP, self->id);
	struct acall_list_record r;

	s.flags |= ACALL_BEGIN_NO_CANCEL;
	s.user_data = 0xb6b6b6b6;
	ASSERT_EQ(0, queue_begin(&self->q, &s, NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_COOP, other,
			       NULL));
	ASSERT_EQ(0, queue_close(&self->q));
	/* The other one ends by the close ... */
	ASSERT_EQ(0, wait_seen(self->ctl, other, 1));
	/* ... and this one by itself. */
	ASSERT_EQ(0, list_find_data(self->dev, s.user_data, &r));
	EXPECT_EQ(ACALL_STATE_RUNNING, r.state);
	EXPECT_EQ(ACALL_REASON_NONE, r.reason);
	EXPECT_EQ(ACALL_LIST_CONSUMED | ACALL_LIST_NO_CANCEL, r.flags);
	EXPECT_EQ(0, wait_counter("executions", 1));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, wait_counter("calls", 0));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).seen);
}

TEST_F(queue, S3_who_waits_for_one_short_call_runs_it)
{
	int busy = take_slot(self->dev, self->ctl, self->id), i;
	struct acall_submission s = sub(ACALL_TEST_SHORT, NULL, 0);
	struct acall_completion c;
	struct acall_enter e;
	struct queue q;
	__u64 id;

	/* No worker may run any call for this user. */
	ASSERT_LE(0, busy);
	ASSERT_EQ(0, queue_open(&q, self->dev, ACALL_TEST_NARROW, 4, 0));
	for (i = 0; i < 20; i++) {
		ASSERT_NE(NULL, queue_put(&q, &s));
		ASSERT_EQ(0, sys_enter(q.fd, 1, 1, FOREVER, &e));
		ASSERT_EQ(0, queue_read(&q, &c));
		EXPECT_TRUE(is_completed(&c));
	}
	/* Not with WORKER, whatever it waits for. */
	e = (struct acall_enter) {
		.flags = ACALL_ENTER_WORKER, .begin = 1, .wait = 1,
	};
	id = fresh_id();
	s = sub_arg(ACALL_TEST_SHORT_GATE, id);
	ASSERT_EQ(0, wait_starts(self->ctl, id, 0));
	ASSERT_NE(NULL, queue_put(&q, &s));
	EXPECT_EQ(-ETIMEDOUT, sys_enter_struct(q.fd, &e));
	EXPECT_EQ(1, e.begun);
	ASSERT_EQ(0, open_gate(self->ctl, id));
	EXPECT_EQ(1, queue_drain(&q));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, S3_nor_does_who_waits_for_another_method)
{
	int busy = take_slot(self->dev, self->ctl, self->id);
	struct acall_submission s = sub_nop();
	struct acall_enter e;
	__u64 handle, id;
	struct queue q;

	ASSERT_LE(0, busy);
	ASSERT_EQ(0, queue_open(&q, self->dev, ACALL_TEST_NARROW, 4, 0));
	ASSERT_NE(NULL, queue_put(&q, &s));
	EXPECT_EQ(-ETIMEDOUT, sys_enter(q.fd, 1, 1, now_ns() + 20 * MSEC,
					&e));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(1, queue_drain(&q));
	/* Nor a short one without waiting for it. */
	id = fresh_id();
	ASSERT_EQ(0, queue_hold_shorts(&q, self->ctl, id, &handle));
	EXPECT_EQ(ACALL_STATE_RUNNING, queue_state(&q, handle));
	ASSERT_EQ(0, open_gate(self->ctl, id));
	EXPECT_EQ(1, queue_drain(&q));
	EXPECT_EQ(0, queue_close(&q));
}

/* The last close */

TEST_F(queue, C4_close_cancels_every_call)
{
	enum { N = 8 };
	static const __u32 methods[] = {
		ACALL_TEST_COOP, ACALL_TEST_KILLABLE, ACALL_TEST_LATE,
	};
	__u64 id[N];
	int i;

	for (i = 0; i < N; i++) {
		id[i] = fresh_id();
		ASSERT_EQ(0, queue_one(&self->q, self->ctl,
				       methods[i % ARRAY_SIZE(methods)], id[i],
				       NULL));
	}
	ASSERT_EQ(0, queue_close(&self->q));
	/* It does not wait for those that see it and go on. */
	EXPECT_LE(N / ARRAY_SIZE(methods), counter("executions"));
	for (i = 0; i < N; i++)
		EXPECT_EQ(0, wait_seen(self->ctl, id[i], 1));
	ASSERT_EQ(0, forget(self->ctl, 0));
	EXPECT_EQ(0, wait_counter("calls", 0));
	EXPECT_EQ(0, wait_counter("executions", 0));
}

TEST_F(queue, C4_close_of_queued_calls_they_never_start)
{
	__u64 id = fresh_id(), entered;
	struct queue q;
	int i;

	ASSERT_EQ(0, narrow(&q, self->dev, self->ctl, self->id, 16));
	entered = ctl_get(self->ctl, 0).entered;
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, queue_begin_nop(&q, NULL));
		ASSERT_EQ(0, queue_begin_arg(&q, ACALL_TEST_COOP, id, NULL));
	}
	ASSERT_EQ(0, queue_close(&q));
	/* The slot is still taken. */
	EXPECT_EQ(0, wait_counter("calls", 1));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, wait_counter("executions", 0));
	EXPECT_EQ(entered, ctl_get(self->ctl, 0).entered);
}

TEST_F(queue, C4_close_of_done_calls_drops_what_is_unread)
{
	struct acall_submission s = sub_echo("result");
	int i;

	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, queue_begin(&self->q, &s, NULL));
		ASSERT_EQ(0, queue_begin_nop(&self->q, NULL));
	}
	ASSERT_EQ(0, queue_wait(&self->q, 16));
	EXPECT_EQ(16, counter("calls"));
	ASSERT_EQ(0, queue_close(&self->q));
	EXPECT_EQ(0, wait_counter("calls", 0));
}

TEST_F(queue, C4_a_mapping_is_a_reference)
{
	struct queue q;

	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 2, 0));
	ASSERT_EQ(0, queue_one(&q, self->ctl, ACALL_TEST_COOP, self->id,
			       NULL));
	ASSERT_EQ(0, close(q.fd));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).seen);
	EXPECT_EQ(1, counter("executions"));
	ASSERT_EQ(0, queue_unmap(&q));
	EXPECT_EQ(0, wait_seen(self->ctl, self->id, 1));
	EXPECT_EQ(0, wait_counter("executions", 0));
}

TEST_F(queue, C4_detach)
{
	enum { N = 4 };
	struct acall_list_record r;
	struct acall_submission s;
	struct acall_cancel c;
	__u64 id[N];
	struct queue q;
	int i;

	ASSERT_EQ(0, queue_open_flags(&q, self->dev, "test",
				      ACALL_CREATE_DETACH, N, 0));
	for (i = 0; i < N; i++) {
		id[i] = fresh_id();
		s = sub_arg(ACALL_TEST_COOP, id[i]);
		s.user_data = 0xc400 + i;
		ASSERT_EQ(0, queue_begin(&q, &s, NULL));
		ASSERT_EQ(0, wait_starts(self->ctl, id[i], 1));
	}
	ASSERT_EQ(0, queue_close(&q));
	for (i = 0; i < N; i++) {
		ASSERT_EQ(0, list_find_data(self->dev, 0xc400 + i, &r));
		EXPECT_EQ(ACALL_STATE_RUNNING, r.state);
		EXPECT_EQ(ACALL_REASON_NONE, r.reason);
		EXPECT_EQ(ACALL_LIST_CONSUMED, r.flags);
	}
	EXPECT_EQ(N, charged_calls(self->dev));
	/* Cancellable by id, or ends by itself. */
	EXPECT_EQ(0, sys_cancel_id(self->dev, 0, r.call_id, FOREVER, &c));
	for (i = 0; i < N - 1; i++) {
		EXPECT_EQ(0, ctl_get(self->ctl, id[i]).seen);
		ASSERT_EQ(0, open_gate(self->ctl, id[i]));
	}
	EXPECT_EQ(0, wait_counter("calls", 0));
	EXPECT_EQ(0, charged_calls(self->dev));
}

TEST_F(queue, C4_detach_queued_calls_still_run)
{
	__u64 id = fresh_id();
	struct queue q;
	int i, busy = take_slot(self->dev, self->ctl, self->id);

	ASSERT_LE(0, busy);
	ASSERT_EQ(0, queue_open_flags(&q, self->dev, ACALL_TEST_NARROW,
				      ACALL_CREATE_DETACH, 4, 0));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, queue_begin_arg(&q, ACALL_TEST_COOP, id, NULL));
	ASSERT_EQ(0, queue_close(&q));
	EXPECT_EQ(0, ctl_get(self->ctl, id).starts);
	ASSERT_EQ(0, open_gate(self->ctl, id));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, wait_ends(self->ctl, id, 4));
	EXPECT_EQ(0, ctl_get(self->ctl, id).seen);
	EXPECT_EQ(0, wait_counter("calls", 1));	/* busy's own result */
}

#include "acall_main.h"
