// SPDX-License-Identifier: GPL-2.0-only
/*
 * libacall: objects, calls, and what each function returns. The cancels and the
 * library's own races are in lib_cancel.c, the typed pairs, the listing and the
 * words in lib_file.c.
 */
#include "lib_util.h"

TEST_F(acall, C1_create_tells_interface_and_version)
{
	acall_t *call = NULL;

	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	EXPECT_EQ(ACALL_TEST_VERSION, acall_version(call));
	EXPECT_STREQ("test", acall_interface(call));
	EXPECT_EQ(0, acall_id(call));
	EXPECT_LE(0, acall_fd(call));
	EXPECT_EQ(FD_CLOEXEC, fcntl(acall_fd(call), F_GETFD));
	acall_destroy(call);

	ASSERT_EQ(0, acall_create("test", ACALL_TEST_VERSION_MIN, 0, &call));
	EXPECT_EQ(ACALL_TEST_VERSION_MIN, acall_version(call));
	acall_destroy(call);
}

TEST_F(acall, C1_create_refuses_and_leaves_the_pointer)
{
	static const char longest[] = "abcdefghijklmnopqrstuvwxyzabcde";
	acall_t *here = (acall_t *)self, *call = here;

	EXPECT_EQ(-EINVAL, acall_create(NULL, 0, 0, &call));
	EXPECT_EQ(-EINVAL, acall_create("", 0, 0, &call));
	EXPECT_EQ(-EINVAL, acall_create("Test", 0, 0, &call));
	EXPECT_EQ(-EINVAL, acall_create("abcdefghijklmnopqrstuvwxyzabcdef", 0,
					0, &call));
	EXPECT_EQ(-ENOENT, acall_create(longest, 0, 0, &call));
	EXPECT_EQ(-EPROTONOSUPPORT, acall_create("test", 99, 0, &call));
	EXPECT_EQ(-EINVAL, acall_create("test", 0, 1U << 31, &call));
	EXPECT_EQ(-EINVAL, acall_create("test", 0, 0, NULL));
	EXPECT_EQ(here, call);
}

TEST_F(acall, C2_create_leaks_no_descriptor_when_refused)
{
	int before = dup(0), after;
	acall_t *call;

	close(before);
	EXPECT_EQ(-ENOENT, acall_create("nobody", 0, 0, &call));
	EXPECT_EQ(-EPROTONOSUPPORT, acall_create("test", 99, 0, &call));
	after = dup(0);
	EXPECT_EQ(before, after);
	close(after);
}

TEST_F(acall, C3_create_on_a_device_that_is_closed_at_once)
{
	int device = acall_open_device();
	acall_t *call;

	ASSERT_LE(0, device);
	EXPECT_EQ(FD_CLOEXEC, fcntl(device, F_GETFD));
	ASSERT_EQ(0, acall_create_on(device, "test", 0, 0, &call));
	close(device);
	EXPECT_EQ(0, begin_nop(call));
	EXPECT_EQ(0, acall_finish(call, NULL, 0, NULL));
	acall_destroy(call);

	EXPECT_EQ(-EBADF, acall_create_on(device, "test", 0, 0, &call));
	device = open("/dev/null", O_RDWR | O_CLOEXEC);
	EXPECT_EQ(-ENOTTY, acall_create_on(device, "test", 0, 0, &call));
	close(device);
}

TEST_F(acall, C3_from_fd_finds_the_pending_call)
{
	struct acall_result result;
	acall_t *call, *other;

	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_GATE, self->id, 0));
	ASSERT_EQ(0, acall_from_fd(dup(acall_fd(call)), "test", 3, &other));
	EXPECT_EQ(acall_id(call), acall_id(other));
	EXPECT_EQ(3, acall_version(other));
	EXPECT_STREQ("test", acall_interface(other));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, acall_finish(other, NULL, 0, &result));
	EXPECT_EQ(acall_id(call), result.call_id);
	EXPECT_EQ(-ESRCH, acall_finish(call, NULL, 0, NULL));
	acall_destroy(other);
	/* The other descriptor is as good as before. */
	EXPECT_EQ(0, begin_nop(call));
	EXPECT_EQ(0, acall_finish(call, NULL, 0, NULL));
	acall_destroy(call);
}

TEST_F(acall, C3_from_fd_takes_nothing_but_call_objects)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	acall_t *call;

	EXPECT_EQ(-ENOTTY, acall_from_fd(null, "test", 1, &call));
	EXPECT_EQ(-ENOTTY, acall_from_fd(self->dev, "test", 1, &call));
	EXPECT_EQ(-EBADF, acall_from_fd(-1, "test", 1, &call));
	EXPECT_EQ(-EINVAL, acall_from_fd(self->fd, NULL, 1, &call));
	EXPECT_EQ(-EINVAL, acall_from_fd(self->fd, "test", 1, NULL));
	/* After an error the descriptors are still the caller's. */
	EXPECT_EQ(0, close(null));
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
}

TEST_F(acall, C4_destroy_cancels_and_does_not_wait)
{
	acall_t *call;

	acall_destroy(NULL);
	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_LATE, self->id, 0));
	acall_destroy(call);	/* the method has not ended */
	EXPECT_EQ(0, wait_seen(self->ctl, self->id, 1));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
}

TEST_F(acall, misuse_is_EINVAL)
{
	struct acall_begin args = { .size = sizeof(args) };
	struct acall_result result;
	struct acall_query query;
	acall_t *call;

	EXPECT_EQ(-EINVAL, acall_fd(NULL));
	EXPECT_EQ(0, acall_id(NULL));
	EXPECT_EQ(0, acall_version(NULL));
	EXPECT_STREQ("", acall_interface(NULL));
	EXPECT_EQ(-EINVAL, begin_nop(NULL));
	EXPECT_EQ(-EINVAL, acall_begin_args(NULL, &args));
	EXPECT_EQ(-EINVAL, acall_wait(NULL, ACALL_NOW));
	EXPECT_EQ(-EINVAL, acall_wait_id(NULL, 1, ACALL_NOW));
	EXPECT_EQ(-EINVAL, acall_finish(NULL, NULL, 0, &result));
	EXPECT_EQ(-EINVAL, acall_finish_id(NULL, 1, 0, NULL, 0, &result));
	EXPECT_EQ(-EINVAL, acall_query(NULL, 0, &query, sizeof(query)));
	EXPECT_EQ(-EINVAL, acall_cancel_async(NULL, 0));
	EXPECT_EQ(-EINVAL, acall_cancel(NULL, 0));
	EXPECT_EQ(-EINVAL, acall_abandon(NULL));
	EXPECT_EQ(-EINVAL, acall_cancel_async_id(NULL, 1, 0));
	EXPECT_EQ(-EINVAL, acall_cancel_id(NULL, 1, 0));
	EXPECT_EQ(-EINVAL, acall_abandon_id(NULL, 1));
	EXPECT_EQ(-EINVAL, acall_escalate(NULL, 0));
	EXPECT_EQ(-EINVAL, acall_escalate_id(NULL, 1, 0));

	/* An id of 0 never becomes "whichever is pending". */
	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_COOP, self->id, 0));
	EXPECT_EQ(-EINVAL, acall_wait_id(call, 0, ACALL_NOW));
	EXPECT_EQ(-EINVAL, acall_finish_id(call, 0, ACALL_FINISH_NONBLOCK,
					   NULL, 0, &result));
	EXPECT_EQ(-EINVAL, acall_cancel_async_id(call, 0, 0));
	EXPECT_EQ(-EINVAL, acall_cancel_id(call, 0, 0));
	EXPECT_EQ(-EINVAL, acall_abandon_id(call, 0));
	EXPECT_EQ(-EINVAL, acall_escalate_id(call, 0, 0));
	EXPECT_EQ(-EINVAL, acall_begin_args(call, NULL));
	EXPECT_EQ(-EINVAL, acall_query(call, 0, NULL, sizeof(query)));
	EXPECT_EQ(-EINVAL, acall_query(call, 0, &query, 4));
	EXPECT_EQ(0, acall_query(call, 0, &query, sizeof(query)));
	EXPECT_EQ(ACALL_STATE_RUNNING, query.state);
	EXPECT_EQ(0, query.cancel_ns);
	acall_destroy(call);
}

TEST_F(acall, W2_F1_X8_before_the_first_call_ESRCH)
{
	struct acall_query query;
	acall_t *call;

	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	EXPECT_EQ(-ESRCH, acall_wait(call, ACALL_FOREVER));
	EXPECT_EQ(-ESRCH, acall_finish(call, NULL, 0, NULL));
	EXPECT_EQ(-ESRCH, acall_cancel_async(call, 0));
	EXPECT_EQ(-ESRCH, acall_cancel(call, 0));
	EXPECT_EQ(-ESRCH, acall_abandon(call));
	EXPECT_EQ(-ESRCH, acall_escalate(call, 0));
	EXPECT_EQ(0, acall_query(call, 0, &query, sizeof(query)));
	EXPECT_EQ(ACALL_STATE_IDLE, query.state);
	EXPECT_EQ(0, query.call_id);
	acall_destroy(call);
}

TEST_F(acall, B1_F2_a_call_and_its_result)
{
	static const char text[] = "over there and back";
	char in[sizeof(text)], out[64] = "";
	struct acall_result result;
	__u64 before = acall_after_ns(0);
	const struct acall_options options = { .user_data = 0xfeedULL };
	acall_t *call;

	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	memcpy(in, text, sizeof(in));
	ASSERT_EQ(0, acall_begin(call, ACALL_TEST_ECHO, in, sizeof(in), NULL,
				 0, &options));
	memset(in, 0, sizeof(in));
	EXPECT_NE(0, acall_id(call));
	EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
	memset(&result, 0xa5, sizeof(result));
	ASSERT_EQ(0, acall_finish(call, out, sizeof(out), &result));
	EXPECT_STREQ(text, out);
	EXPECT_EQ(sizeof(text), result.out_len);
	EXPECT_EQ(acall_id(call), result.call_id);
	EXPECT_EQ(0xfeedULL, result.user_data);
	EXPECT_EQ(0, result.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, result.outcome);
	EXPECT_EQ(0, result.flags);
	EXPECT_EQ(ACALL_TEST_ECHO, result.method);
	EXPECT_LE(before, result.begin_ns);
	EXPECT_LE(result.begin_ns, result.start_ns);
	EXPECT_LE(result.start_ns, result.end_ns);
	EXPECT_LE(result.end_ns, acall_after_ns(0));
	EXPECT_EQ(0, result.cancel_ns);
	EXPECT_EQ(0, result.nr_files);
	EXPECT_EQ(0, result.reserved[0] | result.reserved[1] |
		     result.reserved[2] | result.reserved[3] |
		     result.reserved[4] | result.reserved[5]);
	EXPECT_EQ(-ESRCH, acall_finish(call, out, sizeof(out), &result));
	acall_destroy(call);
}

TEST_F(acall, B2_B3_begin_refuses)
{
	char *big = calloc(1, ACALL_MAX_BYTES + 1);
	const int bad = 12345;
	acall_t *call;

	ASSERT_NE(NULL, big);
	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	EXPECT_EQ(-EINVAL, acall_begin(call, 4711, NULL, 0, NULL, 0, NULL));
	EXPECT_EQ(-E2BIG, acall_begin(call, ACALL_TEST_ECHO, big,
				      ACALL_MAX_BYTES + 1, NULL, 0, NULL));
	EXPECT_EQ(-E2BIG, acall_begin(call, ACALL_TEST_ECHO, big, SIZE_MAX,
				      NULL, 0, NULL));
	EXPECT_EQ(-EFAULT, acall_begin(call, ACALL_TEST_ECHO, NULL, 8, NULL, 0,
				       NULL));
	EXPECT_EQ(-EBADF, acall_begin(call, ACALL_TEST_HOLD, NULL, 0, &bad, 1,
				      NULL));
	EXPECT_EQ(0, acall_id(call));
	ASSERT_EQ(0, begin_nop(call));
	EXPECT_EQ(-EBUSY, begin_nop(call));
	EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
	EXPECT_EQ(-EBUSY, begin_nop(call));
	EXPECT_EQ(0, acall_finish(call, NULL, 0, NULL));
	EXPECT_EQ(0, begin_nop(call));
	acall_destroy(call);
	free(big);
}

TEST_F(acall, B5_B6_begin_args_reaches_the_whole_ABI)
{
	struct acall_begin args = {
		.size = sizeof(args), .method = ACALL_TEST_NOP,
		.user_data = 17,
	};
	struct acall_result result;
	acall_t *call;

	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	ASSERT_EQ(0, acall_begin_args(call, &args));
	EXPECT_EQ(acall_id(call), args.call_id);
	EXPECT_EQ(0, acall_finish_id(call, args.call_id, 0, NULL, 0, &result));
	EXPECT_EQ(17, result.user_data);
	args.flags = 1U << 31;
	EXPECT_EQ(-EINVAL, acall_begin_args(call, &args));
	args.flags = 0;
	args.size = offsetof(struct acall_begin, call_id);
	EXPECT_EQ(-EINVAL, acall_begin_args(call, &args));
	acall_destroy(call);
}

TEST_F(acall, W1_W3_wait_looks_waits_and_stays_ready)
{
	__u64 until;
	acall_t *call;

	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_GATE, self->id, 0));
	EXPECT_EQ(-ETIMEDOUT, acall_wait(call, ACALL_NOW));
	until = acall_after_ns(MSEC);
	EXPECT_EQ(-ETIMEDOUT, acall_wait(call, until));
	EXPECT_LE(until, acall_after_ns(0));
	EXPECT_EQ(-ETIMEDOUT, acall_wait_id(call, acall_id(call), until));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
	EXPECT_EQ(0, acall_wait(call, ACALL_NOW));
	EXPECT_EQ(0, acall_wait_id(call, acall_id(call), ACALL_NOW));
	EXPECT_EQ(-ESRCH, acall_wait_id(call, acall_id(call) + 1, ACALL_NOW));
	EXPECT_EQ(0, acall_finish(call, NULL, 0, NULL));
	EXPECT_EQ(-ESRCH, acall_wait(call, ACALL_FOREVER));
	acall_destroy(call);
}

TEST_F(acall, W4_fd_is_readable_until_finished)
{
	acall_t *call;

	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	EXPECT_EQ(POLLOUT, readiness(acall_fd(call)));
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_GATE, self->id, 0));
	EXPECT_EQ(0, readiness(acall_fd(call)));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
	EXPECT_EQ(POLLIN, readiness(acall_fd(call)));
	EXPECT_EQ(0, acall_finish(call, NULL, 0, NULL));
	EXPECT_EQ(POLLOUT, readiness(acall_fd(call)));
	acall_destroy(call);
}

TEST_F(acall, W7_signals_interrupt_wait_and_finish)
{
	struct thread t[] = { { .fn = do_wait }, { .fn = do_finish } };
	static const unsigned long cmds[] = { ACALL_IOC_WAIT,
					      ACALL_IOC_FINISH };
	unsigned int i;
	acall_t *call;

	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_GATE, self->id, 0));
	handle_signal(SIGUSR1, 0);
	for (i = 0; i < 2; i++) {
		t[i].call = call;
		ASSERT_EQ(0, thread_block(&t[i], cmds[i]));
		EXPECT_EQ(0, thread_signal(&t[i], SIGUSR1));
		EXPECT_EQ(-EINTR, thread_join(&t[i]));
	}
	EXPECT_EQ(-ETIMEDOUT, acall_wait(call, ACALL_NOW));

	handle_signal(SIGUSR1, SA_RESTART);
	__atomic_store_n(&signals_handled, 0, __ATOMIC_SEQ_CST);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, thread_block(&t[i], cmds[i]));
		EXPECT_EQ(0, thread_signal(&t[i], SIGUSR1));
		EXPECT_EQ(0, wait_signals_handled(i + 1));
	}
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	/* The waiter answers for its call, finished or not [W5]. */
	EXPECT_EQ(0, thread_join(&t[0]));
	EXPECT_EQ(0, thread_join(&t[1]));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, t[1].result.outcome);
	acall_destroy(call);
}

TEST_F(acall, F1_finish_with_NONBLOCK_EAGAIN)
{
	struct acall_result result;
	acall_t *call;

	ASSERT_EQ(0, acall_create("test", 0, ACALL_CREATE_NONBLOCK, &call));
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_GATE, self->id, 0));
	EXPECT_EQ(-EAGAIN, acall_finish(call, NULL, 0, &result));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
	EXPECT_EQ(0, acall_finish(call, NULL, 0, &result));
	acall_destroy(call);

	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	self->id = fresh_id();
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_GATE, self->id, 0));
	EXPECT_EQ(-EAGAIN, acall_finish_id(call, acall_id(call),
					   ACALL_FINISH_NONBLOCK, NULL, 0,
					   &result));
	EXPECT_EQ(-EINVAL, acall_finish_id(call, acall_id(call), 1U << 31,
					   NULL, 0, &result));
	EXPECT_EQ(-ESRCH, acall_finish_id(call, acall_id(call) + 1, 0, NULL, 0,
					  &result));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, acall_finish_id(call, acall_id(call), 0, NULL, 0,
				     &result));
	acall_destroy(call);
}

TEST_F(acall, F3_a_small_or_bad_buffer_consumes_nothing)
{
	struct acall_result result = { .status = 77 };
	char out[16] = "";
	acall_t *call;

	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	ASSERT_EQ(0, acall_begin(call, ACALL_TEST_ECHO, "0123456789", 10, NULL,
				 0, NULL));
	EXPECT_EQ(-EMSGSIZE, acall_finish(call, out, 9, &result));
	EXPECT_EQ(10, result.out_len);
	EXPECT_EQ(acall_id(call), result.call_id);
	EXPECT_EQ(0, result.status);
	EXPECT_EQ(-EMSGSIZE, acall_finish(call, NULL, 0, NULL));
	EXPECT_EQ(-EFAULT, acall_finish(call, (void *)8, SIZE_MAX, NULL));
	EXPECT_EQ(0, acall_finish(call, out, sizeof(out), &result));
	EXPECT_EQ(10, result.out_len);
	EXPECT_STREQ("0123456789", out);
	acall_destroy(call);
}

TEST_F(acall, F4_the_status_is_the_provider_s_word)
{
	const __s32 code = -ENOSPC;
	struct acall_result result;
	char out[4] = "abc";
	acall_t *call;

	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	ASSERT_EQ(0, acall_begin(call, ACALL_TEST_FAIL, &code, sizeof(code),
				 NULL, 0, NULL));
	EXPECT_EQ(0, acall_finish(call, out, sizeof(out), &result));
	EXPECT_EQ(-ENOSPC, result.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, result.outcome);
	EXPECT_EQ(0, result.out_len);
	EXPECT_STREQ("abc", out);
	acall_destroy(call);
}

TEST_F(acall, Q1_query_by_id_and_by_whichever)
{
	struct acall_test_arg arg = { .id = self->id, .value = 9, .pause = 4 };
	const struct acall_options options = { .user_data = 5 };
	struct acall_query query;
	__u32 old[8];
	acall_t *call;

	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	ASSERT_EQ(0, acall_begin(call, ACALL_TEST_PROGRESS, &arg, sizeof(arg),
				 NULL, 0, &options));
	EXPECT_EQ(0, wait_progress(acall_fd(call), 4));
	EXPECT_EQ(0, acall_query(call, 0, &query, sizeof(query)));
	EXPECT_EQ(acall_id(call), query.call_id);
	EXPECT_EQ(ACALL_STATE_RUNNING, query.state);
	EXPECT_EQ(4, query.progress);
	EXPECT_EQ(9, query.total);
	EXPECT_EQ(5, query.user_data);
	EXPECT_EQ(ACALL_TEST_PROGRESS, query.method);
	EXPECT_EQ(0, acall_query(call, acall_id(call), &query, sizeof(query)));
	EXPECT_EQ(-ESRCH, acall_query(call, acall_id(call) + 1, &query,
				      sizeof(query)));
	/* Smaller than the structure's first version. */
	EXPECT_EQ(-EINVAL, acall_query(call, 0, (void *)old, sizeof(old)));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	acall_destroy(call);
}

TEST_F(acall, a_blocked_finish_holds_up_nobody)
{
	struct thread t[] = { { .fn = do_wait }, { .fn = do_finish } };
	struct acall_query query;
	acall_t *call;

	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	t[0].call = call;
	t[1].call = call;
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_COOP, self->id, 0));
	ASSERT_EQ(0, thread_block(&t[0], ACALL_IOC_WAIT));
	ASSERT_EQ(0, thread_block(&t[1], ACALL_IOC_FINISH));
	EXPECT_EQ(0, acall_query(call, 0, &query, sizeof(query)));
	EXPECT_EQ(-ETIMEDOUT, acall_wait(call, ACALL_NOW));
	EXPECT_EQ(-EBUSY, begin_nop(call));
	EXPECT_EQ(ACALL_CANCELLED, acall_cancel(call, ACALL_FOREVER));
	EXPECT_EQ(0, thread_join(&t[0]));
	EXPECT_EQ(0, thread_join(&t[1]));
	EXPECT_EQ(-ECANCELED, t[1].result.status);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, t[1].result.outcome);
	acall_destroy(call);
}

TEST_F(acall, errno_is_left_alone)
{
	struct acall_query query;
	char text[64];
	acall_t *call;

	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	errno = ENOTNAM;
	EXPECT_EQ(-ENOENT, acall_create("nobody", 0, 0, &call));
	EXPECT_EQ(-EINVAL, acall_begin(call, 4711, NULL, 0, NULL, 0, NULL));
	EXPECT_EQ(0, begin_nop(call));
	EXPECT_EQ(-ESRCH, acall_wait_id(call, 1, ACALL_NOW));
	EXPECT_EQ(-ESRCH, acall_finish_id(call, 1, 0, NULL, 0, NULL));
	EXPECT_EQ(-ESRCH, acall_query(call, 1, &query, sizeof(query)));
	EXPECT_EQ(ACALL_TOO_LATE, acall_cancel_async_id(call, 1, 0));
	acall_strerror(call, ACALL_OP_RESULT, 99999, text, sizeof(text));
	EXPECT_EQ(ENOTNAM, errno);
	acall_destroy(call);
	EXPECT_EQ(ENOTNAM, errno);
}

static int finish_inherited(void *arg)
{
	struct acall_result result;
	acall_t *call = arg;

	CHECK(acall_finish(call, NULL, 0, &result) == 0);
	CHECK(result.call_id == acall_id(call));
	return 0;
}

TEST_F(acall, C3_a_forked_child_finishes_what_its_parent_began)
{
	acall_t *call;

	ASSERT_EQ(0, acall_create("test", 0, 0, &call));
	ASSERT_EQ(0, begin_nop(call));
	EXPECT_EQ(0, child_run(finish_inherited, call));
	EXPECT_EQ(-ESRCH, acall_finish(call, NULL, 0, NULL));
	acall_destroy(call);
}

TEST_F(acall, after_ns_saturates)
{
	__u64 now = now_ns(), then = acall_after_ns(SEC);

	EXPECT_LE(now + SEC, then);
	EXPECT_LE(then, now_ns() + SEC);
	EXPECT_EQ(ACALL_FOREVER, acall_after_ns(ACALL_FOREVER));
	EXPECT_EQ(ACALL_FOREVER, acall_after_ns(ACALL_FOREVER - 1));
}

#include "acall_main.h"
