// SPDX-License-Identifier: GPL-2.0-only
/*
 * FINISH: blocking and not [F1], what it returns [F2], what it does not consume
 * [F3], output only where there is some [F4], of many one wins and one that
 * stalls holds up nobody [F5], idle again at once [F6], and files that nobody
 * holds any more [F8]. F7 is the provider's tests'.
 */
#include "acall_util.h"

static int echo(int fd, const void *in, __u32 len)
{
	return sys_begin(fd, ACALL_TEST_ECHO, in, len, NULL) ?:
	       sys_wait_until(fd, 0, FOREVER);
}

/* Is the object idle and good for a call? */
static int next_call_works(int fd)
{
	struct acall_finish f;
	char out[8] = "";

	CHECK(readiness(fd) == POLLOUT);
	CHECK(!sys_begin(fd, ACALL_TEST_ECHO, "next", 5, NULL));
	CHECK(!sys_finish_out(fd, out, sizeof(out), &f));
	CHECK(f.status == 0 && f.outcome == ACALL_OUTCOME_COMPLETED);
	CHECK(f.out_len == 5 && !strcmp(out, "next"));
	return 0;
}

TEST_F(acall, F1_NONBLOCK_EAGAIN_while_not_ready)
{
	struct acall_finish f;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	EXPECT_EQ(-EAGAIN, sys_finish_now(self->fd, &f));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(self->fd));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(0, sys_finish_now(self->fd, &f));
}

TEST_F(acall, F1_O_NONBLOCK_EAGAIN_while_not_ready)
{
	__u32 version = 0;
	struct acall_finish f;
	int fd = sys_create_version(self->dev, "test", ACALL_CREATE_NONBLOCK,
				    &version);

	ASSERT_EQ(0, one_call(fd, self->ctl, ACALL_TEST_GATE, self->id, NULL));
	EXPECT_EQ(-EAGAIN, sys_finish(fd, 0, &f));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_wait_until(fd, 0, FOREVER));
	EXPECT_EQ(0, sys_finish(fd, 0, &f));
}

TEST_F(acall, F1_O_NONBLOCK_may_be_set_later)
{
	struct acall_finish f;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-EAGAIN, sys_finish(self->fd, 0, &f));
	/* Nothing else becomes non-blocking: WAIT has a time for that. */
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(0, sys_finish(self->fd, 0, &f));
}

TEST_F(acall, F1_blocks_until_the_call_is_ready)
{
	struct actor a = { .act = ACT_FINISH, .fd = self->fd };

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, actor_block(&a));
	EXPECT_FALSE(actor_ended(&a));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, a.finish.outcome);
}

TEST_F(acall, F1_an_idle_object_ESRCH)
{
	struct acall_finish f;

	EXPECT_EQ(-ESRCH, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ESRCH, sys_finish_now(self->fd, &f));
	EXPECT_EQ(-ESRCH, sys_finish(self->fd, 42, &f));
}

TEST_F(acall, F1_a_second_FINISH_ESRCH)
{
	struct acall_finish f;
	__u64 call_id;

	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, &call_id));
	ASSERT_EQ(0, sys_finish(self->fd, call_id, &f));
	EXPECT_EQ(-ESRCH, sys_finish(self->fd, call_id, &f));
	EXPECT_EQ(-ESRCH, sys_finish(self->fd, 0, &f));
}

TEST_F(acall, F2_every_field_of_a_completed_call)
{
	struct acall_begin b = {
		.size = sizeof(b), .method = ACALL_TEST_PROGRESS,
		.user_data = 0x123456789abcdef0,
	};
	struct acall_test_arg arg = { .value = 37 };
	struct acall_finish f;
	__u64 before = now_ns();

	b.in = PTR(&arg);
	b.in_len = sizeof(arg);
	ASSERT_EQ(0, sys_begin_struct(self->fd, &b));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(b.call_id, f.call_id);
	EXPECT_EQ(0x123456789abcdef0, f.user_data);
	EXPECT_EQ(ACALL_TEST_PROGRESS, f.method);
	EXPECT_EQ(0, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_EQ(0, f.result);
	EXPECT_EQ(0, f.out_len);
	EXPECT_EQ(0, f.nr_files);
	EXPECT_EQ(37, f.progress);
	EXPECT_EQ(37, f.total);
	EXPECT_LE(before, f.begin_ns);
	EXPECT_LE(f.begin_ns, f.start_ns);
	EXPECT_LE(f.start_ns, f.end_ns);
	EXPECT_LE(f.end_ns, now_ns());
	EXPECT_EQ(0, f.cancel_ns);
}

TEST_F(acall, F2_the_times_of_a_stopped_call)
{
	struct acall_cancel c;
	struct acall_finish f;
	__u64 before, after;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      NULL));
	before = now_ns();
	ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
	after = now_ns();
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ECANCELED, f.status);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
	EXPECT_LE(f.start_ns, before);
	EXPECT_LE(before, f.cancel_ns);
	EXPECT_LE(f.cancel_ns, f.end_ns);
	EXPECT_LE(f.end_ns, after);
}

TEST_F(acall, F2_the_times_of_a_call_that_never_started)
{
	int busy = sys_create(self->dev, ACALL_TEST_NARROW);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	struct acall_cancel c;
	struct acall_finish f;

	ASSERT_EQ(0, one_call(busy, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_cancel(fd, 0, 0, 0, &c));
	ASSERT_EQ(0, sys_finish(fd, 0, &f));
	EXPECT_EQ(-ECANCELED, f.status);
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, f.outcome);
	EXPECT_EQ(0, f.start_ns);
	EXPECT_LE(f.begin_ns, f.cancel_ns);
	EXPECT_LE(f.cancel_ns, f.end_ns);
	EXPECT_EQ(0, f.cpu_ns);
	EXPECT_EQ(0, f.progress);
}

TEST_F(acall, F2_progress_of_a_stopped_call_is_exact)
{
	struct acall_cancel c;
	struct acall_finish f;
	__u64 steps;

	for (steps = 1; steps <= 1000000; steps *= 10) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_PROGRESS, id,
					   2000000, steps, NULL));
		ASSERT_EQ(0, wait_progress(self->fd, steps));
		ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0,
					FOREVER, &c));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
		EXPECT_EQ(steps, f.progress);
		EXPECT_EQ(2000000, f.total);
	}
}

TEST_F(acall, F2_progress_of_an_abandoned_call_is_what_was_done_by_then)
{
	struct acall_test_result r = { .id = self->id, .wait = 1 };
	struct acall_finish f;

	ASSERT_EQ(0, sys_begin_result(self->fd, &r, NULL));
	ASSERT_EQ(0, wait_progress(self->fd, 1));
	ASSERT_EQ(0, sys_abandon(self->fd));
	/* What it does from then on is not this call's any more. */
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, wait_counter("executions", 0));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, f.outcome);
	EXPECT_EQ(1, f.progress);
	EXPECT_EQ(2, f.total);
}

TEST_F(acall, F2_cpu_time_is_the_methods)
{
	struct acall_finish spun, waited;

	ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_SPIN, 0, 50 * MSEC, 0,
				   NULL));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &spun));
	EXPECT_LE(50 * MSEC, spun.end_ns - spun.start_ns);
	EXPECT_LT(MSEC, spun.cpu_ns);
	EXPECT_LE(spun.cpu_ns, spun.end_ns - spun.start_ns + 20 * MSEC);

	/* Waiting costs none, however long it takes. */
	ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_SLEEP, 0, 200, 0,
				   NULL));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &waited));
	EXPECT_LE(200 * MSEC, waited.end_ns - waited.start_ns);
	EXPECT_LT(waited.cpu_ns, (waited.end_ns - waited.start_ns) / 2);
}

TEST_F(acall, F3_EMSGSIZE_says_how_much_and_does_not_consume)
{
	struct acall_finish f;
	char out[16];
	__u32 len;

	ASSERT_EQ(0, echo(self->fd, "0123456789", 10));
	for (len = 0; len < 10; len++) {
		memset(out, 'x', sizeof(out));
		EXPECT_EQ(-EMSGSIZE, sys_finish_out(self->fd, out, len, &f));
		EXPECT_EQ(10, f.out_len);
		EXPECT_EQ('x', out[0]);
		EXPECT_EQ(POLLIN, readiness(self->fd));
	}
	EXPECT_EQ(-EMSGSIZE, sys_finish_out(self->fd, NULL, 0, &f));
	EXPECT_EQ(0, sys_finish_out(self->fd, out, 10, &f));
	EXPECT_EQ(10, f.out_len);
	EXPECT_EQ(0, memcmp(out, "0123456789", 10));
	EXPECT_EQ('x', out[10]);
}

TEST_F(acall, F3_a_larger_buffer_is_written_only_as_far_as_needed)
{
	struct acall_finish f;
	char out[64];

	ASSERT_EQ(0, echo(self->fd, "0123456789", 10));
	memset(out, 'x', sizeof(out));
	ASSERT_EQ(0, sys_finish_out(self->fd, out, sizeof(out), &f));
	EXPECT_EQ(10, f.out_len);
	EXPECT_EQ('9', out[9]);
	EXPECT_EQ('x', out[10]);
}

TEST_F(acall, F3_EFAULT_of_the_buffer_does_not_consume)
{
	struct acall_finish f;
	char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char out[10];
	void *bad[] = { NULL, (void *)8, map + 4096 - 5, (void *)-4096L };
	unsigned int i;

	ASSERT_EQ(0, mprotect(map + 4096, 4096, PROT_READ));
	ASSERT_EQ(0, echo(self->fd, "0123456789", 10));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EFAULT, sys_finish_out(self->fd, bad[i], 10, &f));
		EXPECT_EQ(ACALL_STATE_DONE, state_of(self->fd));
	}
	EXPECT_EQ(0, sys_finish_out(self->fd, out, 10, &f));
	EXPECT_EQ(0, memcmp(out, "0123456789", 10));
	munmap(map, 8192);
}

TEST_F(acall, F3_EFAULT_of_the_structure_does_not_consume)
{
	struct acall_finish f, *ro;

	ro = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)ro);
	ro->size = sizeof(*ro);
	ASSERT_EQ(0, mprotect(ro, 4096, PROT_READ));
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(-EFAULT, sys_ioctl(self->fd, ACALL_IOC_FINISH, ro));
	EXPECT_EQ(-EFAULT, sys_ioctl(self->fd, ACALL_IOC_FINISH, NULL));
	EXPECT_EQ(POLLIN, readiness(self->fd));
	EXPECT_EQ(0, sys_finish(self->fd, 0, &f));
	munmap(ro, 4096);
}

TEST_F(acall, F3_a_larger_structure_is_written_up_to_the_smaller_size)
{
	struct {
		struct acall_finish f;
		__u64 tail[4];
	} big = { .f.size = sizeof(big) };

	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_ioctl(self->fd, ACALL_IOC_FINISH, &big));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, big.f.outcome);
	EXPECT_NE(0, big.f.end_ns);
	EXPECT_EQ(0, big.tail[0] | big.tail[1] | big.tail[2] | big.tail[3]);
}

TEST_F(acall, F4_a_failed_call_has_no_output)
{
	struct acall_test_result r = { .ret = -EIO, .out_len = 8 };
	struct acall_finish f;
	char out[8] = "xxxxxxx";

	ASSERT_EQ(0, sys_begin_result(self->fd, &r, NULL));
	ASSERT_EQ(0, sys_finish_out(self->fd, out, sizeof(out), &f));
	EXPECT_EQ(-EIO, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_EQ(0, f.out_len);
	EXPECT_STREQ("xxxxxxx", out);
}

TEST_F(acall, F4_a_stopped_call_has_no_output)
{
	struct acall_test_result r = {
		.id = self->id, .ret = -EINTR, .out_len = 8, .wait = 1,
	};
	struct acall_cancel c;
	struct acall_finish f;
	char out[8] = "xxxxxxx";

	ASSERT_EQ(0, sys_begin_result(self->fd, &r, NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish_out(self->fd, out, sizeof(out), &f));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
	EXPECT_EQ(0, f.out_len);
	EXPECT_STREQ("xxxxxxx", out);
}

TEST_F(acall, F4_an_abandoned_call_has_no_output_also_later)
{
	struct acall_test_result r = {
		.id = self->id, .out_len = 8, .wait = 1,
	};
	struct acall_finish f;
	char out[8] = "xxxxxxx";

	ASSERT_EQ(0, sys_begin_result(self->fd, &r, NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, sys_abandon(self->fd));
	/* Its result comes, too late, before FINISH. */
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, wait_counter("executions", 0));
	ASSERT_EQ(0, sys_finish_out(self->fd, out, sizeof(out), &f));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, f.outcome);
	EXPECT_EQ(-ECANCELED, f.status);
	EXPECT_EQ(0, f.out_len);
	EXPECT_STREQ("xxxxxxx", out);
}

TEST_F(acall, F4_a_call_without_output_touches_no_buffer)
{
	struct acall_finish f;
	char out[8] = "xxxxxxx";

	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_finish_out(self->fd, out, sizeof(out), &f));
	EXPECT_EQ(0, f.out_len);
	EXPECT_STREQ("xxxxxxx", out);
	/* Not even a bad one. */
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	EXPECT_EQ(0, sys_finish_out(self->fd, (void *)8, 8, &f));
}

TEST_F(acall, F5_of_simultaneous_FINISHes_exactly_one_wins)
{
	enum { N = 4, ROUNDS = 40 };
	struct actor a[N];
	int i, round, won;
	__u64 id, call_id;

	for (round = 0; round < ROUNDS; round++) {
		id = fresh_id();
		ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, id,
				      &call_id));
		for (i = 0; i < N; i++) {
			a[i] = (struct actor) { .act = ACT_FINISH,
				.fd = self->fd,
				.finish.call_id = i & 1 ? call_id : 0 };
			ASSERT_EQ(0, actor_block(&a[i]));
		}
		ASSERT_EQ(0, open_gate(self->ctl, id));
		for (i = 0, won = 0; i < N; i++) {
			if (!actor_join(&a[i])) {
				won++;
				EXPECT_EQ(call_id, a[i].finish.call_id);
				EXPECT_EQ(ACALL_OUTCOME_COMPLETED,
					  a[i].finish.outcome);
			} else {
				EXPECT_EQ(-ESRCH, a[i].ret);
			}
		}
		ASSERT_EQ(1, won);
		ASSERT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
		ASSERT_EQ(0, forget(self->ctl, id));
	}
}

TEST_F(acall, F5_a_finisher_that_stalls_holds_up_nobody)
{
	struct acall_cancel c;
	struct acall_finish f;
	struct stall s;
	struct actor a = { .act = ACT_FINISH, .fd = self->fd };
	char out[64];
	__u64 call_id;
	int ret = stall_open(&s), fd;

	if (ret)
		SKIP(return, "no userfaultfd: %d", ret);
	memset(out, 'r', sizeof(out));
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_ECHO, out, sizeof(out),
			       &call_id));
	a.finish.out = PTR(s.page);
	a.finish.out_len = sizeof(out);
	ASSERT_EQ(0, actor_start(&a));
	ASSERT_EQ(0, stall_wait(&s));

	/* Every other operation on the call, and the winner. */
	EXPECT_EQ(POLLIN, readiness(self->fd));
	EXPECT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(-ESRCH, sys_cancel(self->fd, 0, call_id, 0, &c));
	EXPECT_EQ(ACALL_STATE_DONE, c.state);
	EXPECT_EQ(ACALL_STATE_DONE, state_of(self->fd));
	EXPECT_EQ(0, sys_finish_out(self->fd, out, sizeof(out), &f));
	EXPECT_EQ(call_id, f.call_id);
	EXPECT_EQ('r', out[63]);

	/* The next call, which does not end meanwhile; completion of others. */
	EXPECT_EQ(0, next_call_works(self->fd));
	fd = dup(self->fd);
	EXPECT_EQ(0, close(fd));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &call_id));

	ASSERT_EQ(0, stall_release(&s, NULL, 0));
	EXPECT_EQ(-ESRCH, actor_join(&a));
	/* And took nothing of it. */
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(self->fd));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish(self->fd, call_id, &f));
}

TEST_F(acall, F5_a_stalled_finisher_alone_wins_when_it_goes_on)
{
	struct stall s;
	struct actor a = { .act = ACT_FINISH, .fd = self->fd };
	int ret = stall_open(&s);

	if (ret)
		SKIP(return, "no userfaultfd: %d", ret);
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_ECHO, "hello", 6, NULL));
	a.finish.out = PTR(s.page);
	a.finish.out_len = 6;
	ASSERT_EQ(0, actor_start(&a));
	ASSERT_EQ(0, stall_wait(&s));
	ASSERT_EQ(0, stall_release(&s, NULL, 0));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_STREQ("hello", s.page);
	EXPECT_EQ(0, next_call_works(self->fd));
}

TEST_F(acall, F6_the_object_may_begin_again_at_once)
{
	struct acall_finish f;
	int i;

	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0,
				       NULL));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		ASSERT_EQ(POLLOUT, readiness(self->fd));
	}
}

TEST_F(acall, F6_also_while_orphans_of_earlier_calls_run)
{
	enum { ORPHANS = 10 };
	struct acall_query q;
	int i;

	for (i = 1; i <= ORPHANS; i++) {
		ASSERT_EQ(0, make_orphan(self->fd, self->ctl, fresh_id()));
		ASSERT_EQ(0, next_call_works(self->fd));
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
		EXPECT_EQ(i, q.orphans);
	}
	EXPECT_EQ(ORPHANS, counter("orphans"));
	ASSERT_EQ(0, forget(self->ctl, 0));
	EXPECT_EQ(0, wait_counter("orphans", 0));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(0, q.orphans);
	EXPECT_EQ(0, next_call_works(self->fd));
}

TEST_F(acall, F6_a_late_result_never_touches_the_next_call)
{
	struct acall_test_result r = { .ret = -EDOM, .wait = 1 };
	struct acall_finish f;
	struct acall_query q;
	__u64 id, next_id, call_id;
	int i;

	for (i = 0; i < 100; i++) {
		r.id = fresh_id();
		id = r.id;
		next_id = fresh_id();
		r.out_len = i & 1 ? 64 : 0;
		r.ret = i & 1 ? 0 : -EDOM;
		ASSERT_EQ(0, sys_begin_result(self->fd, &r, NULL));
		ASSERT_EQ(0, wait_starts(self->ctl, id, 1));
		ASSERT_EQ(0, sys_abandon(self->fd));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));

		ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE,
				      next_id, &call_id));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, wait_counter("executions", 1));
		ASSERT_EQ(0, sys_query(self->fd, call_id, &q));
		EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
		EXPECT_EQ(0, q.cancel_ns);
		EXPECT_EQ(0, readiness(self->fd));
		ASSERT_EQ(0, open_gate(self->ctl, next_id));
		ASSERT_EQ(0, sys_finish(self->fd, call_id, &f));
		EXPECT_EQ(0, f.status);
		EXPECT_EQ(0, f.out_len);
		ASSERT_EQ(0, forget(self->ctl, 0));
	}
}

TEST_F(acall, F8_no_file_is_held_once_the_call_is_ready)
{
	struct acall_finish f;
	int i, p[2];

	for (i = 0; i < 200; i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
		ASSERT_EQ(0, sys_begin_hold(self->fd, id, p[1], NULL));
		close(p[1]);
		EXPECT_FALSE(hung_up(p[0]));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
		ASSERT_TRUE(hung_up(p[0]));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		close(p[0]);
		ASSERT_EQ(0, forget(self->ctl, id));
	}
}

TEST_F(acall, F8_no_file_is_held_of_a_call_that_never_started)
{
	int busy = sys_create(self->dev, ACALL_TEST_NARROW);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	struct acall_cancel c;
	struct acall_finish f;
	int i, p[2];

	ASSERT_EQ(0, one_call(busy, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	for (i = 0; i < 200; i++) {
		ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
		ASSERT_EQ(0, sys_begin_hold(fd, fresh_id(), p[1], NULL));
		close(p[1]);
		ASSERT_EQ(0, sys_cancel(fd, i & 1 ? ACALL_CANCEL_ABANDON : 0,
					0, 0, &c));
		ASSERT_TRUE(hung_up(p[0]));
		ASSERT_EQ(0, sys_finish(fd, 0, &f));
		close(p[0]);
	}
}

TEST_F(acall, F8_an_orphans_file_is_held_until_it_has_ended)
{
	struct acall_finish f;
	int p[2];

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	ASSERT_EQ(0, sys_begin_hold(self->fd, self->id, p[1], NULL));
	close(p[1]);
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, sys_abandon(self->fd));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_FALSE(hung_up(p[0]));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, wait_hung_up(p[0]));
}

#include "acall_main.h"
