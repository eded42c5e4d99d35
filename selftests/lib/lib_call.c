// SPDX-License-Identifier: GPL-2.0-only
/*
 * libacall: acall_call(), which begins, waits and finishes at once, and what is
 * to be done where it ends too early; and result files. The race it is about:
 * another thread means "the call that is under way" before the system call that
 * has begun it returns.
 */
#include "lib_util.h"

/* Calls the method t->value at t->id. */
static int do_call(struct thread *t)
{
	struct acall_test_arg arg = { .id = t->id };

	return acall_call(t->call, t->value, &arg, sizeof(arg), NULL, 0, NULL,
			  NULL, 0, &t->result);
}

/* A thread that sleeps in acall_call(), and its method runs. */
static int call_blocked(struct thread *t, acall_t *call, int ctl, __u32 method,
			__u64 id)
{
	*t = (struct thread) { .fn = do_call, .call = call, .id = id,
			       .value = method };
	return thread_start(t) ?: wait_starts(ctl, id, 1) ?:
	       wait_blocked(getpid(), t->tid, __NR_ioctl, ACALL_IOC_CALL);
}

TEST_F(acall, S1_call_gives_what_the_pair_gives)
{
	const struct acall_options options = { .user_data = 21 };
	acall_t *call = new_call(_metadata, "test");
	__u64 before = acall_after_ns(0);
	struct acall_result result;
	char out[16] = "";

	memset(&result, 0xa5, sizeof(result));
	ASSERT_EQ(0, acall_call(call, ACALL_TEST_ECHO, "at once", 8, NULL, 0,
				&options, out, sizeof(out), &result));
	EXPECT_STREQ("at once", out);
	EXPECT_EQ(8, result.out_len);
	EXPECT_NE(0, result.call_id);
	EXPECT_EQ(acall_id(call), result.call_id);
	EXPECT_EQ(21, result.user_data);
	EXPECT_EQ(0, result.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, result.outcome);
	EXPECT_EQ(ACALL_TEST_ECHO, result.method);
	EXPECT_EQ(0, result.flags);
	EXPECT_EQ(0, result.nr_files);
	EXPECT_LE(before, result.begin_ns);
	EXPECT_LE(result.begin_ns, result.start_ns);
	EXPECT_LE(result.start_ns, result.end_ns);
	EXPECT_EQ(0, result.cancel_ns);
	EXPECT_EQ(0, result.reserved[0] | result.reserved[5]);
	EXPECT_EQ(-ESRCH, acall_finish(call, NULL, 0, NULL));
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(acall_fd(call)));
	acall_destroy(call);
}

TEST_F(acall, S1_the_status_is_the_provider_s_word)
{
	acall_t *call = new_call(_metadata, "test");
	const __s32 code = -ENOSPC;
	struct acall_result result;

	ASSERT_EQ(0, acall_call(call, ACALL_TEST_FAIL, &code, sizeof(code),
				NULL, 0, NULL, NULL, 0, &result));
	EXPECT_EQ(-ENOSPC, result.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, result.outcome);
	acall_destroy(call);
}

TEST_F(acall, S2_where_begin_fails_there_is_no_call)
{
	const struct acall_options past = { .deadline = 1 };
	acall_t *call = new_call(_metadata, "test");
	struct acall_result result = { .call_id = 1 };
	const int bad = 12345;
	char text[256];
	__u64 id;

	EXPECT_EQ(-EINVAL, acall_call(call, 4711, NULL, 0, NULL, 0, NULL, NULL,
				      0, &result));
	EXPECT_EQ(0, result.call_id);
	EXPECT_EQ(-EBADF, acall_call(call, ACALL_TEST_HOLD, NULL, 0, &bad, 1,
				     NULL, NULL, 0, &result));
	EXPECT_EQ(0, result.call_id);
	acall_strerror(call, ACALL_OP_BEGIN, -EBADF, text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "test.hold: file descriptor 12345 "));
#if SIZE_MAX > UINT32_MAX
	EXPECT_EQ(-E2BIG, acall_call(call, ACALL_TEST_ECHO, text, SIZE_MAX,
				     NULL, 0, NULL, NULL, 0, &result));
#endif
	EXPECT_EQ(-EFAULT, acall_call(call, ACALL_TEST_ECHO, NULL, 8, NULL, 0,
				      NULL, NULL, 0, &result));
	EXPECT_EQ(0, result.call_id);
	EXPECT_EQ(-EOPNOTSUPP, acall_call(call, ACALL_TEST_INLINE_ECHO, NULL, 0,
					  NULL, 0, &past, NULL, 0, &result));
	EXPECT_EQ(0, result.call_id);
	EXPECT_EQ(0, acall_id(call));

	ASSERT_EQ(0, begin_nop(call));
	id = acall_id(call);
	EXPECT_EQ(-EBUSY, acall_call(call, ACALL_TEST_NOP, NULL, 0, NULL, 0,
				     NULL, NULL, 0, &result));
	EXPECT_EQ(0, result.call_id);
	EXPECT_EQ(id, acall_id(call));
	EXPECT_EQ(0, acall_finish(call, NULL, 0, NULL));
	acall_destroy(call);
}

TEST_F(acall, misuse_of_call_is_EINVAL)
{
	struct acall_options options = { .reserved = { [6] = 1 } };
	struct acall_call_args args = { .size = sizeof(args) - 8 };
	acall_t *call = new_call(_metadata, "test");
	struct acall_result result;

	EXPECT_EQ(-EINVAL, acall_call(NULL, ACALL_TEST_NOP, NULL, 0, NULL, 0,
				      NULL, NULL, 0, &result));
	EXPECT_EQ(-EINVAL, acall_call(call, ACALL_TEST_NOP, NULL, 0, NULL, 0,
				      NULL, NULL, 0, NULL));
	EXPECT_EQ(-EINVAL, acall_call(call, ACALL_TEST_NOP, NULL, 0, NULL, 0,
				      &options, NULL, 0, &result));
	EXPECT_EQ(-EINVAL, acall_call_args(call, NULL));
	EXPECT_EQ(-EINVAL, acall_call_args(NULL, &args));
	EXPECT_EQ(-EINVAL, acall_call_args(call, &args));
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(acall_fd(call)));
	acall_destroy(call);
}

TEST_F(acall, S1_call_args_may_be_larger_than_the_library_knows)
{
	struct {
		struct acall_call_args args;
		__u64 more;
	} big = { .args = { .size = sizeof(big),
			    .method = ACALL_TEST_NOP } };
	acall_t *call = new_call(_metadata, "test");

	EXPECT_EQ(0, acall_call_args(call, &big.args));
	EXPECT_NE(0, big.args.call_id);
	EXPECT_EQ(big.args.call_id, acall_id(call));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, big.args.outcome);
	big.more = 1;
	EXPECT_EQ(-E2BIG, acall_call_args(call, &big.args));
	EXPECT_EQ(0, big.args.call_id);
	acall_destroy(call);
}

TEST_F(acall, S1_other_threads_cancel_the_call_that_has_not_returned)
{
	acall_t *call = new_call(_metadata, "test");
	struct thread t;
	__u64 old;
	int i;

	/* There was a call before, which the cancels must not mean. */
	ASSERT_EQ(0, begin_nop(call));
	ASSERT_EQ(0, acall_finish(call, NULL, 0, NULL));
	old = acall_id(call);
	for (i = 0; i < 3; i++, self->id = fresh_id()) {
		ASSERT_EQ(0, call_blocked(&t, call, self->ctl, ACALL_TEST_COOP,
					  self->id));
		EXPECT_NE(old, acall_id(call));
		EXPECT_EQ(-ETIMEDOUT, acall_wait(call, ACALL_NOW));
		EXPECT_EQ(-EBUSY, begin_nop(call));
		if (i == 1) {
			EXPECT_TRUE(asked(acall_cancel_async(call, 0)));
		} else {
			EXPECT_EQ(ACALL_CANCELLED, i ? acall_abandon(call) :
				  acall_cancel(call, ACALL_FOREVER));
		}
		EXPECT_EQ(0, thread_join(&t));
		EXPECT_EQ(-ECANCELED, t.result.status);
		EXPECT_EQ(i < 2 ? ACALL_OUTCOME_STOPPED :
				  ACALL_OUTCOME_ABANDONED, t.result.outcome);
		EXPECT_EQ(acall_id(call), t.result.call_id);
		EXPECT_NE(old, t.result.call_id);
		old = t.result.call_id;
	}
	EXPECT_EQ(ACALL_TOO_LATE, acall_cancel_async(call, 0));
	acall_destroy(call);
}

TEST_F(acall, S1_of_two_threads_one_is_EBUSY_and_one_cancellable)
{
	acall_t *call = new_call(_metadata, "test");
	struct acall_result result;
	struct thread t;

	ASSERT_EQ(0, call_blocked(&t, call, self->ctl, ACALL_TEST_COOP,
				  self->id));
	EXPECT_EQ(-EBUSY, acall_call(call, ACALL_TEST_NOP, NULL, 0, NULL, 0,
				     NULL, NULL, 0, &result));
	EXPECT_EQ(0, result.call_id);
	EXPECT_EQ(ACALL_CANCELLED, acall_cancel(call, ACALL_FOREVER));
	EXPECT_EQ(0, thread_join(&t));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, t.result.outcome);
	/* And the place in the object is free again. */
	self->id = fresh_id();
	ASSERT_EQ(0, call_blocked(&t, call, self->ctl, ACALL_TEST_COOP,
				  self->id));
	EXPECT_EQ(ACALL_CANCELLED, acall_cancel(call, ACALL_FOREVER));
	EXPECT_EQ(0, thread_join(&t));
	acall_destroy(call);
}

TEST_F(acall, S2_EINTR_and_the_call_goes_on)
{
	acall_t *call = new_call(_metadata, "test");
	struct acall_result result;
	struct thread t;

	/* SA_RESTART or not: begin must not run twice. */
	handle_signal(SIGUSR1, SA_RESTART);
	ASSERT_EQ(0, call_blocked(&t, call, self->ctl, ACALL_TEST_GATE,
				  self->id));
	EXPECT_EQ(0, thread_signal(&t, SIGUSR1));
	EXPECT_EQ(-EINTR, thread_join(&t));
	EXPECT_NE(0, t.result.call_id);
	EXPECT_EQ(t.result.call_id, acall_id(call));
	EXPECT_EQ(-ETIMEDOUT, acall_wait(call, ACALL_NOW));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, acall_finish(call, NULL, 0, &result));
	EXPECT_EQ(t.result.call_id, result.call_id);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, result.outcome);
	EXPECT_EQ(1, ctl_get(self->ctl, self->id).starts);
	acall_destroy(call);
}

static acall_t *handlers_call;
static int handlers_verdict;

static void cancel_in_handler(int sig __attribute__((unused)))
{
	handlers_verdict = acall_cancel_async(handlers_call, ACALL_FOREVER);
}

TEST_F(acall, S2_a_signal_handler_cancels_the_call_it_interrupted)
{
	struct sigaction sa = { .sa_handler = cancel_in_handler };
	acall_t *call = new_call(_metadata, "test");
	struct thread t;
	__s32 status;

	handlers_call = call;
	handlers_verdict = -1;
	ASSERT_EQ(0, sigaction(SIGUSR2, &sa, NULL));
	ASSERT_EQ(0, call_blocked(&t, call, self->ctl, ACALL_TEST_COOP,
				  self->id));
	EXPECT_EQ(0, thread_signal(&t, SIGUSR2));
	EXPECT_EQ(-EINTR, thread_join(&t));
	EXPECT_TRUE(asked(handlers_verdict));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, outcome_of(call, &status));
	EXPECT_EQ(-ECANCELED, status);
	acall_destroy(call);
}

TEST_F(acall, S2_EMSGSIZE_and_EFAULT_leave_it_done)
{
	acall_t *call = new_call(_metadata, "test");
	struct acall_result result;
	char out[16] = "";
	int i;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(i ? -EFAULT : -EMSGSIZE,
			  acall_call(call, ACALL_TEST_ECHO, "0123456789", 10,
				     NULL, 0, NULL, i ? (void *)8 : out,
				     i ? SIZE_MAX : 9, &result));
		EXPECT_EQ(i ? 0 : 10, result.out_len);
		EXPECT_EQ(acall_id(call), result.call_id);
		EXPECT_NE(0, result.call_id);
		EXPECT_EQ(0, result.status);
		EXPECT_EQ(0, acall_wait(call, ACALL_NOW));
		EXPECT_EQ(-EBUSY, acall_call(call, ACALL_TEST_NOP, NULL, 0,
					     NULL, 0, NULL, NULL, 0, &result));
		EXPECT_EQ(0, acall_finish(call, out, sizeof(out), &result));
		EXPECT_EQ(10, result.out_len);
		EXPECT_STREQ("0123456789", out);
	}
	acall_destroy(call);
}

TEST_F(acall, S2_F5_one_of_call_and_finish_gets_the_result)
{
	acall_t *call = new_call(_metadata, "test");
	struct thread t, f = { .fn = do_finish, .call = call };

	ASSERT_EQ(0, call_blocked(&t, call, self->ctl, ACALL_TEST_GATE,
				  self->id));
	ASSERT_EQ(0, thread_block(&f, ACALL_IOC_FINISH));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	thread_join(&t);
	thread_join(&f);
	EXPECT_EQ(-ESRCH, t.ret + f.ret);
	EXPECT_TRUE(!t.ret || !f.ret);
	/* Who lost still knows which call it was. */
	EXPECT_EQ(acall_id(call), t.result.call_id);
	EXPECT_EQ(0, begin_nop(call));
	EXPECT_EQ(0, acall_finish(call, NULL, 0, NULL));
	acall_destroy(call);
}

TEST_F(acall, S1_call_waits_on_a_nonblocking_object_too)
{
	struct thread t;
	acall_t *call;

	ASSERT_EQ(0, acall_create("test", 0, ACALL_CREATE_NONBLOCK, &call));
	ASSERT_EQ(0, call_blocked(&t, call, self->ctl, ACALL_TEST_GATE,
				  self->id));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, thread_join(&t));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, t.result.outcome);
	acall_destroy(call);
}

TEST_F(acall, S1_B5_call_with_a_deadline)
{
	struct acall_options options = { .deadline = acall_after_ns(MSEC) };
	struct acall_test_arg arg = { .id = self->id };
	acall_t *call = new_call(_metadata, "test");
	struct acall_result result;

	ASSERT_EQ(0, acall_call(call, ACALL_TEST_COOP, &arg, sizeof(arg), NULL,
				0, &options, NULL, 0, &result));
	EXPECT_EQ(-ETIME, result.status);
	EXPECT_NE(ACALL_OUTCOME_COMPLETED, result.outcome);
	EXPECT_LE(options.deadline, result.end_ns);
	acall_destroy(call);
}

/* Result files. */

static bool is_result_file(int fd, __u64 id, __u64 index)
{
	struct acall_test_file file;

	return read(fd, &file, sizeof(file)) == sizeof(file) &&
	       file.id == id && file.index == index &&
	       fcntl(fd, F_GETFD) == FD_CLOEXEC;
}

TEST_F(acall, F7_finish_files_installs_them)
{
	struct acall_test_custom arg = { .id = self->id, .files = 2 };
	acall_t *call = new_call(_metadata, "test");
	struct acall_result result;
	int files[3] = { -1, -1, -1 };

	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, begin_custom(call, self->ctl, ACALL_TEST_FILES, &arg));
	/* Without room for them nothing is consumed. */
	EXPECT_EQ(-EMSGSIZE, acall_finish(call, NULL, 0, &result));
	EXPECT_EQ(2, result.nr_files);
	EXPECT_EQ(-EMSGSIZE, acall_finish_files(call, NULL, 0, files, 1,
						&result));
	EXPECT_EQ(2, result.nr_files);
	EXPECT_EQ(-EFAULT, acall_finish_files(call, NULL, 0, (int *)8, 2,
					      &result));
	ASSERT_EQ(0, acall_finish_files(call, NULL, 0, files, 3, &result));
	EXPECT_EQ(2, result.nr_files);
	EXPECT_TRUE(is_result_file(files[0], self->id, 0));
	EXPECT_TRUE(is_result_file(files[1], self->id, 1));
	EXPECT_EQ(-1, files[2]);
	close(files[0]);
	close(files[1]);
	EXPECT_EQ(-EINVAL, acall_finish_files(NULL, NULL, 0, files, 3, NULL));
	acall_destroy(call);
}

TEST_F(acall, F7_finish_args_and_call_args_take_files)
{
	struct acall_test_custom arg = { .id = self->id, .files = 1 };
	acall_t *call = new_call(_metadata, "test");
	int file = -1;
	struct acall_finish finish = {
		.size = sizeof(finish), .files = PTR(&file), .nr_files = 1,
	};
	struct acall_call_args args = {
		.size = sizeof(args), .method = ACALL_TEST_FILES,
		.in = PTR(&arg), .in_len = sizeof(arg),
	};

	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, begin_custom(call, self->ctl, ACALL_TEST_FILES, &arg));
	ASSERT_EQ(0, acall_finish_args(call, &finish));
	EXPECT_EQ(acall_id(call), finish.call_id);
	EXPECT_TRUE(is_result_file(file, self->id, 0));
	close(file);
	EXPECT_EQ(-ESRCH, acall_finish_args(call, &finish));
	finish.size -= 8;
	EXPECT_EQ(-EINVAL, acall_finish_args(call, &finish));
	EXPECT_EQ(-EINVAL, acall_finish_args(call, NULL));

	EXPECT_EQ(-EMSGSIZE, acall_call_args(call, &args));
	EXPECT_EQ(1, args.nr_files_out);
	EXPECT_EQ(acall_id(call), args.call_id);
	ASSERT_EQ(0, acall_finish_files(call, NULL, 0, &file, 1, NULL));
	close(file);
	args.files_out = PTR(&file);
	args.nr_files_out = 1;
	ASSERT_EQ(0, acall_call_args(call, &args));
	EXPECT_EQ(1, args.nr_files_out);
	EXPECT_TRUE(is_result_file(file, self->id, 0));
	close(file);
	acall_destroy(call);
}

/* A process that may open as many files as it has open, and not one more. */
static int finish_without_descriptors(void *data)
{
	struct acall_result result;
	acall_t *call = data;
	struct rlimit limit;
	char text[256];
	int file, next;

	next = dup(0);
	CHECK(next >= 0);
	close(next);
	CHECK(!getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = next;
	CHECK(!setrlimit(RLIMIT_NOFILE, &limit));
	CHECK(acall_finish_files(call, NULL, 0, &file, 1, &result) == -EMFILE);
	acall_strerror(call, ACALL_OP_FINISH, -EMFILE, text, sizeof(text));
	CHECK(strstr(text, "still there"));
	limit.rlim_cur = next + 1;
	CHECK(!setrlimit(RLIMIT_NOFILE, &limit));
	CHECK(!acall_finish_files(call, NULL, 0, &file, 1, &result));
	CHECK(file == next);
	return 0;
}

TEST_F(acall, F7_EMFILE_consumes_nothing)
{
	struct acall_test_custom arg = { .id = self->id, .files = 1 };
	acall_t *call = new_call(_metadata, "test");

	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, begin_custom(call, self->ctl, ACALL_TEST_FILES, &arg));
	ASSERT_EQ(0, acall_wait(call, ACALL_FOREVER));
	EXPECT_EQ(0, child_run(finish_without_descriptors, call));
	EXPECT_EQ(-ESRCH, acall_finish(call, NULL, 0, NULL));
	acall_destroy(call);
}

#include "acall_main.h"
