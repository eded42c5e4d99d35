// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is in the rings of a queue: input of every size, what is written into them and
 * believed or not, that no call is lost or doubled in them, what completions say, and
 * FINISH before and after they are read.
 *
 * The race is with everything that is written into the shared memory while the
 * kernel looks at it: a queue's own program is the only one that it may harm.
 */
#include "queue_util.h"

/* One echo of @len bytes, inline or not. */
static int echo(struct queue *q, const char *in, __u32 len, bool inlined)
{
	static char out[ACALL_MAX_BYTES];
	struct acall_submission s = {
		.method = ACALL_TEST_ECHO, .in_len = len, .error = 99,
	};
	struct acall_completion c;
	struct acall_finish f;
	__u64 handle;

	if (inlined) {
		s.flags = INLINE;
		memcpy(s.bytes, in, len);
	} else {
		s.in = len ? PTR(in) : 0;
	}
	CHECK(!queue_begin(q, &s, &handle));
	CHECK(!queue_reap(q, &c));
	CHECK(is_completed(&c) && c.handle == handle);
	CHECK(c.out_len == len && !c.nr_files);
	CHECK(c.result == (len ? MORE : 0));
	if (!len)
		return 0;
	memset(out, 0, sizeof(out));
	CHECK(!queue_finish_out(q, handle, out, len, &f));
	CHECK(f.out_len == len && !memcmp(in, out, len));
	return 0;
}

TEST_F(queue, input_of_every_size)
{
	static const __u32 lens[] = {
		0, 1, 2, 7, 8, 9, 55, 56, 57, 64, 127, 128, 129, 4095, 4096,
		4097, ACALL_MAX_BYTES - 1, ACALL_MAX_BYTES,
	};
	static char in[ACALL_MAX_BYTES];
	unsigned int i;

	for (i = 0; i < sizeof(in); i++)
		in[i] = i * 7 + (i >> 8);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		EXPECT_EQ(0, echo(&self->q, in, lens[i], false)) {
			TH_LOG("%u bytes by address", lens[i]);
		}
		if (lens[i] <= ACALL_SUBMISSION_BYTES)
			EXPECT_EQ(0, echo(&self->q, in, lens[i], true)) {
				TH_LOG("%u bytes in the entry", lens[i]);
			}
	}
}

TEST_F(queue, more_than_the_entry_has_room_for_is_refused)
{
	static const __u32 lens[] = {
		ACALL_SUBMISSION_BYTES + 1, 64, 128, ACALL_MAX_BYTES,
		INT32_MAX, UINT32_MAX,
	};
	struct acall_submission s = {
		.method = ACALL_TEST_ECHO, .flags = INLINE,
	};
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		s.in_len = lens[i];
		ret = queue_begin(&self->q, &s, NULL);
		EXPECT_TRUE(ret == -EINVAL || ret == -E2BIG) {
			TH_LOG("%u bytes: %d", lens[i], ret);
		}
	}
	EXPECT_EQ(-ESRCH, queue_wait(&self->q, 1));
}

TEST_F(queue, what_is_behind_the_input_in_the_entry_is_not_input)
{
	struct acall_submission s = sub(ACALL_TEST_GATE, &self->id, 8);
	struct acall_completion c;

	/* gate's value is zero then, which it returns. */
	memset(s.bytes + 8, 0xee, sizeof(s.bytes) - 8);
	ASSERT_EQ(0, queue_begin(&self->q, &s, NULL));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, queue_reap(&self->q, &c));
	EXPECT_TRUE(is_completed(&c));
}

TEST_F(queue, heads_and_tails_out_of_bounds_EINVAL)
{
	__u64 id = fresh_id(), handle;
	struct acall_submission s = sub_arg(ACALL_TEST_COOP, id);
	struct acall_enter_cancel ec = { .grace_ns = FOREVER, .error = 99 };
	struct acall_query before, after;
	struct acall_completion c;
	struct acall_enter e;
	unsigned int i, round;
	__u32 bad[5];

	ASSERT_EQ(0, queue_one(&self->q, self->ctl, ACALL_TEST_COOP, self->id,
			       &handle));
	ec.handle = handle;
	ASSERT_EQ(0, sys_query(self->q.fd, handle, &before));
	for (round = 0; round < 2; round++) {
		/* The first time with nothing unread, then with one. */
		bad[0] = queue_completed(&self->q) + 1;
		bad[1] = self->q.head - 1;
		bad[2] = self->q.head + (1U << 31);
		bad[3] = self->q.head + self->q.made.completions + 1;
		bad[4] = self->q.head - self->q.made.completions;
		ASSERT_NE(NULL, queue_put(&self->q, &s));
		for (i = 0; i < ARRAY_SIZE(bad); i++) {
			queue_set_head(&self->q, bad[i]);
			e = (struct acall_enter) {
				.begin = 1, .cancels = PTR(&ec),
				.nr_cancels = 1,
			};
			EXPECT_EQ(-EINVAL, sys_enter_struct(self->q.fd, &e)) {
				TH_LOG("head %u", i);
			}
		}
		queue_set_head(&self->q, self->q.head);

		bad[0] = queue_taken(&self->q) + self->q.made.entries + 1;
		bad[1] = queue_taken(&self->q) - 1;
		bad[2] = self->q.tail + (1U << 31);
		bad[3] = queue_taken(&self->q) - self->q.made.entries;
		bad[4] = queue_taken(&self->q) + 2 * self->q.made.entries;
		for (i = 0; i < ARRAY_SIZE(bad); i++) {
			queue_set_tail(&self->q, bad[i]);
			e = (struct acall_enter) {
				.begin = 1, .cancels = PTR(&ec),
				.nr_cancels = 1,
			};
			EXPECT_EQ(-EINVAL, sys_enter_struct(self->q.fd, &e)) {
				TH_LOG("tail %u", i);
			}
		}
		queue_set_tail(&self->q, --self->q.tail);
		/* Nothing was done. */
		EXPECT_EQ(99, ec.error);
		EXPECT_EQ(0, ctl_get(self->ctl, id).starts);
		ASSERT_EQ(0, sys_query(self->q.fd, handle, &after));
		EXPECT_EQ(ACALL_STATE_RUNNING, after.state);
		EXPECT_EQ(0, after.cancel_ns);
		ASSERT_EQ(0, queue_begin_nop(&self->q, NULL));
		ASSERT_EQ(0, queue_wait(&self->q, 1));
		if (!round)
			continue;
		ASSERT_EQ(0, queue_read(&self->q, &c));
	}
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(2, queue_drain(&self->q));
}

TEST_F(queue, what_is_the_kernels_is_not_believed)
{
	struct acall_ring *ring = self->q.ring;
	struct acall_completion c;
	__u32 taken, completed;
	struct acall_enter e;
	int i;

	for (i = 0; i < 3 * SLOTS; i++) {
		taken = queue_taken(&self->q);
		completed = queue_completed(&self->q);
		ring->submission_head = taken + 1000 + i;
		ring->completion_tail = completed - 1000 - i;
		memset(ring->__reserved, i, sizeof(ring->__reserved));
		memset(ring->__reserved2, ~i, sizeof(ring->__reserved2));
		memset(self->q.completions, 0x77, self->q.made.completions *
		       sizeof(*self->q.completions));
		/* Without queue_put(), which goes by it. */
		self->q.submissions[self->q.tail % SLOTS] = sub_nop();
		queue_set_tail(&self->q, ++self->q.tail);
		ASSERT_EQ(0, sys_enter(self->q.fd, 1, 1, FOREVER, &e));
		ASSERT_EQ(1, e.begun);
		ASSERT_EQ(taken + 1, queue_taken(&self->q));
		ASSERT_EQ(completed + 1, queue_completed(&self->q));
		ASSERT_EQ(0, queue_read(&self->q, &c));
		ASSERT_TRUE(is_completed(&c));
		ASSERT_EQ(0, queue_tell(&self->q));
		ASSERT_EQ(0, queue_is_stale(&self->q, c.handle));
	}
}

TEST_F(queue, a_completion_that_was_rewritten_finishes_its_own_call)
{
	__u64 handle[2];
	struct acall_completion c;
	struct acall_finish f;
	char out[8] = "";
	struct acall_submission s = sub_echo("result");

	ASSERT_EQ(0, queue_begin_nop(&self->q, &handle[0]));
	ASSERT_EQ(0, queue_wait(&self->q, 1));
	ASSERT_EQ(0, queue_begin(&self->q, &s, &handle[1]));
	ASSERT_EQ(0, queue_wait(&self->q, 2));
	/* As if the first were the second, and without its output. */
	self->q.completions[0].handle = handle[1];
	self->q.completions[1].handle = handle[0];
	self->q.completions[1].result = 0;
	ASSERT_EQ(0, queue_read(&self->q, &c));
	ASSERT_EQ(0, queue_tell(&self->q));
	EXPECT_EQ(0, queue_is_stale(&self->q, handle[0]));
	ASSERT_EQ(0, queue_read(&self->q, &c));
	ASSERT_EQ(0, queue_tell(&self->q));
	EXPECT_EQ(ACALL_STATE_DONE, queue_state(&self->q, handle[1]));
	ASSERT_EQ(0, queue_finish_out(&self->q, handle[1], out, sizeof(out),
				      &f));
	EXPECT_STREQ("result", out);
	EXPECT_EQ(0, queue_is_stale(&self->q, handle[1]));
}

struct scribbler {
	struct queue *q;
	int stop;
	pthread_t thread;
};

#define STORE(to, value)	\
	__atomic_store_n(&(to), value, __ATOMIC_RELAXED)

/* Whatever is in an entry, and behind it, changes all the time. */
static void *scribble(void *arg)
{
	static const __u32 lens[] = { 0, 8, 56, 57, UINT32_MAX };
	struct scribbler *s = arg;
	struct acall_submission *e;
	__u32 n = 0, i;

	while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE)) {
		for (i = 0; i < s->q->made.entries; i++) {
			e = &s->q->submissions[i];
			n = n * 1664525 + 1013904223;
			STORE(e->in_len, lens[(n >> 8) % ARRAY_SIZE(lens)]);
			STORE(e->flags, n & 0x10000 ? INLINE : 0);
			STORE(e->method, n & 0x20000 ? ACALL_TEST_NOP :
			      ACALL_TEST_ECHO);
			STORE(e->nr_files, n & 0x40000 ? 0 : n);
			STORE(e->in, n & 0x80000 ? 0 : 8);
			STORE(e->bytes[n % ACALL_SUBMISSION_BYTES], n >> 16);
			STORE(e->handle, n);
			STORE(e->error, n);
		}
	}
	return NULL;
}

/* Reads one; FINISH gives as much as it says. */
static int take(struct queue *q)
{
	char out[ACALL_SUBMISSION_BYTES];
	struct acall_completion c;
	struct acall_finish f;

	CHECK(!queue_read(q, &c));
	CHECK(is_completed(&c));
	CHECK(c.out_len <= sizeof(out));
	CHECK(c.result == (c.out_len ? MORE : 0));
	if (!c.out_len)
		return 0;
	CHECK(!queue_finish_out(q, c.handle, out, sizeof(out), &f));
	CHECK(f.out_len == c.out_len);
	return 0;
}

TEST_F(queue, entries_that_change_while_they_are_taken)
{
	struct scribbler s = { .q = &self->q };
	struct acall_submission nop = sub_nop();
	__u64 begun = 0, read = 0;
	struct acall_enter e;
	int k, ret;

	ASSERT_EQ(0, pthread_create(&s.thread, NULL, scribble, &s));
	while (begun < 50 * rounds()) {
		for (k = 0; k < 16; k++)
			if (!queue_put(&self->q, &nop))
				break;
		ASSERT_EQ(0, sys_enter(self->q.fd, 16, 0, 0, &e));
		ASSERT_LE(e.begun, e.taken);
		ASSERT_TRUE(!e.error || e.error == -EAGAIN);
		begun += e.begun;
		ret = queue_wait_until(&self->q, 1, e.error ? FOREVER : 0);
		ASSERT_TRUE(!ret || ret == -ETIMEDOUT || ret == -ESRCH);
		for (; queue_unread(&self->q); read++)
			ASSERT_EQ(0, take(&self->q));
	}
	__atomic_store_n(&s.stop, 1, __ATOMIC_RELEASE);
	pthread_join(s.thread, NULL);
	/* Every call that was begun has its completion, and there are no others. */
	while (!queue_wait(&self->q, 1)) {
		ASSERT_EQ(0, take(&self->q));
		read++;
	}
	EXPECT_EQ(begun, read);
	EXPECT_EQ(0, wait_counter("calls", 0));
}

/* @n calls through few slots; each is done once. */
static int many(struct queue *q, __u32 n, __u32 *methods, __u32 nr_methods)
{
	unsigned char *seen = calloc(n, 1);
	__u32 begun = 0, read = 0, put = 0, k;
	struct acall_submission s;
	struct acall_completion c;
	struct acall_enter e;
	int ret;

	CHECK(seen);
	while (read < n) {
		while (put < n && queue_room(q)) {
			s = sub(methods[put % nr_methods], NULL, 0);
			s.user_data = put;
			s.tag = ~put;
			CHECK(queue_put(q, &s));
			put++;
		}
		ret = sys_enter(q->fd, q->made.entries, 1, FOREVER, &e);
		CHECK(!ret);
		CHECK(!e.error || e.error == -EAGAIN);
		CHECK(e.taken == e.begun);
		begun += e.begun;
		CHECK(begun <= n && begun - read <= q->made.slots);
		/* Not always all of them, so that both rings turn. */
		for (k = 0; k <= read % 7 && !queue_read(q, &c); k++) {
			CHECK(c.user_data < n && !seen[c.user_data]);
			CHECK(c.tag == ~(__u32)c.user_data);
			CHECK(is_completed(&c));
			seen[c.user_data] = 1;
			read++;
		}
	}
	CHECK(begun == n);
	CHECK(queue_wait(q, 1) == -ESRCH);
	CHECK(!queue_unread(q));
	free(seen);
	return 0;
}

TEST_F(queue, none_of_many_calls_is_lost_or_doubled)
{
	__u32 methods[] = { ACALL_TEST_NOP, ACALL_TEST_SHORT };
	static const __u32 slots[] = { 1, 3, 5, SLOTS };
	struct queue q;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		ASSERT_EQ(0, queue_open(&q, self->dev, "test", slots[i], 4));
		EXPECT_EQ(0, many(&q, 25 * rounds(), methods,
				  ARRAY_SIZE(methods)));
		EXPECT_EQ(0, queue_close(&q));
	}
}

TEST_F(queue, completion_has_every_field)
{
	struct acall_test_arg arg = { .value = 37 };
	struct acall_submission s;
	struct acall_completion c;
	struct acall_finish f;
	__s32 code = -EDOM;
	__u64 handle, before = now_ns(), last;

	s = sub(ACALL_TEST_PROGRESS, &arg, sizeof(arg));
	s.user_data = 0x123456789abcdef0;
	s.tag = 0x87654321;
	ASSERT_EQ(0, queue_begin(&self->q, &s, &handle));
	ASSERT_EQ(0, queue_wait(&self->q, 1));
	ASSERT_EQ(0, queue_read(&self->q, &c));
	EXPECT_EQ(0x123456789abcdef0, c.user_data);
	EXPECT_EQ(0x87654321, c.tag);
	EXPECT_EQ(handle, c.handle);
	EXPECT_NE(0, c.call_id);
	EXPECT_EQ(0, c.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c.outcome);
	EXPECT_EQ(0, c.result);
	EXPECT_EQ(37, c.progress);
	EXPECT_EQ(37, c.total);
	EXPECT_EQ(0, c.out_len);
	EXPECT_EQ(0, c.nr_files);
	last = c.call_id;
	/* What else there is FINISH tells, until the kernel is told. */
	ASSERT_EQ(0, sys_finish(self->q.fd, handle, &f));
	EXPECT_EQ(handle, f.call_id);
	EXPECT_EQ(0x123456789abcdef0, f.user_data);
	EXPECT_EQ(ACALL_TEST_PROGRESS, f.method);
	EXPECT_EQ(0, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_EQ(37, f.progress);
	EXPECT_EQ(37, f.total);
	EXPECT_LE(before, f.begin_ns);
	EXPECT_LE(f.begin_ns, f.start_ns);
	EXPECT_LE(f.start_ns, f.end_ns);
	EXPECT_LE(f.end_ns, now_ns());
	EXPECT_EQ(0, f.cancel_ns);
	ASSERT_EQ(0, queue_tell(&self->q));
	EXPECT_EQ(0, queue_is_stale(&self->q, handle));

	s = sub(ACALL_TEST_FAIL, &code, sizeof(code));
	ASSERT_EQ(0, queue_begin(&self->q, &s, &handle));
	ASSERT_EQ(0, queue_reap(&self->q, &c));
	EXPECT_EQ(-EDOM, c.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c.outcome);
	EXPECT_EQ(0, c.result);
	EXPECT_EQ(0, c.tag);
	EXPECT_EQ(0, c.user_data);
	EXPECT_NE(last, c.call_id);
}

TEST_F(queue, the_call_id_is_that_of_LIST)
{
	struct acall_submission s = sub_arg(ACALL_TEST_GATE, self->id);
	struct acall_list_record r;
	struct acall_completion c;

	s.user_data = 0xfeedface;
	ASSERT_EQ(0, queue_begin(&self->q, &s, NULL));
	ASSERT_EQ(0, list_find_data(self->dev, s.user_data, &r));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, queue_reap(&self->q, &c));
	EXPECT_EQ(r.call_id, c.call_id);
}

TEST_F(queue, FINISH_before_or_after_the_completion_is_read)
{
	struct acall_submission s = sub_echo("result");
	struct acall_completion c;
	struct acall_finish f;
	char out[8];
	struct queue q;
	__u64 handle;
	int i;

	/* With one slot, so that it can be seen when that is free. */
	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 1, 2));
	for (i = 0; i < 100; i++) {
		memset(out, 0, sizeof(out));
		ASSERT_EQ(0, queue_begin(&q, &s, &handle));
		ASSERT_EQ(0, queue_wait(&q, 1));
		ASSERT_EQ(MORE, queue_peek(&q)->result);
		ASSERT_EQ(7, queue_peek(&q)->out_len);
		if (i & 1) {
			ASSERT_EQ(0, queue_finish_out(&q, handle, out, 8, &f));
			ASSERT_EQ(0, queue_is_stale(&q, handle));
			ASSERT_EQ(0, queue_read(&q, &c));
		} else {
			ASSERT_EQ(0, queue_read(&q, &c));
			ASSERT_EQ(0, queue_tell(&q));
			ASSERT_EQ(-EAGAIN, queue_begin_nop(&q, NULL));
			ASSERT_EQ(ACALL_STATE_DONE, queue_state(&q, handle));
			ASSERT_EQ(0, queue_finish_out(&q, handle, out, 8, &f));
		}
		ASSERT_STREQ("result", out);
		ASSERT_EQ(handle, f.call_id);
		ASSERT_EQ(0, queue_tell(&q));
		ASSERT_EQ(0, queue_is_stale(&q, handle));
	}
	EXPECT_EQ(0, queue_close(&q));
}

TEST_F(queue, FINISH_does_not_take_a_completion_back)
{
	struct acall_completion c;
	struct acall_finish f;
	__u64 handle, begun = 0, read = 0;
	struct queue q;
	int i, ret;

	/* There is space for those that have begun, however often. */
	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 2, 2));
	for (i = 0; i < 1000; i++) {
		ret = queue_begin_nop(&q, &handle);
		if (!ret) {
			begun++;
			ASSERT_EQ(0, sys_finish(q.fd, handle, &f));
			ASSERT_EQ(0, queue_is_stale(&q, handle));
			continue;
		}
		ASSERT_EQ(-EAGAIN, ret);
		while (!queue_read(&q, &c)) {
			ASSERT_TRUE(is_completed(&c));
			read++;
		}
	}
	read += queue_read_all(&q);
	EXPECT_EQ(begun, read);
	EXPECT_LT(300, read);
	EXPECT_EQ(0, queue_close(&q));
}

#include "acall_main.h"
