// SPDX-License-Identifier: GPL-2.0-only
/*
 * libacall-com: a thread's synchronous call is cancelled by the thread's id: each
 * answer there is, what the thread gets then, and that it is always that very call:
 * a cancel that comes late hits neither the thread's next call nor what is done with
 * the object afterwards.
 */
#include "com_util.h"

static int count_here(struct thread *t)
{
	(void)t;
	return acall_com_disable_cancellation();
}

TEST_F(acall, cancellation_is_counted_for_each_thread)
{
	struct thread other = { .fn = count_here };

	EXPECT_EQ(CODE(CO_E_CANCEL_DISABLED), acall_com_disable_cancellation());
	EXPECT_EQ(CODE(S_OK), acall_com_enable_cancellation());
	EXPECT_EQ(CODE(S_OK), acall_com_enable_cancellation());
	ASSERT_EQ(0, thread_start(&other));
	EXPECT_EQ(CODE(CO_E_CANCEL_DISABLED), thread_join(&other));
	EXPECT_EQ(CODE(S_FALSE), acall_com_disable_cancellation());
	EXPECT_EQ(CODE(E_NOINTERFACE), acall_com_cancel_call(0, 0));
	EXPECT_EQ(CODE(S_OK), acall_com_disable_cancellation());
	EXPECT_EQ(CODE(CO_E_CANCEL_DISABLED), acall_com_cancel_call(0, 0));
	EXPECT_EQ(CODE(CO_E_CANCEL_DISABLED), acall_com_disable_cancellation());
}

/* The same in both ways that a call is made. */
TEST_F(acall, a_call_gives_what_acall_call_gives)
{
	const struct acall_options options = { .user_data = 21 };
	acall_t *call = new_call(_metadata, "test");
	const __s32 code = -ENOSPC;
	struct acall_result result;
	char out[16];
	int i;

	for (i = 0; i < 2; i++) {
		memset(&result, 0xa5, sizeof(result));
		memset(out, 0, sizeof(out));
		EXPECT_EQ(CODE(S_OK),
			  acall_com_call(call, ACALL_TEST_ECHO, "hello", 6,
					 NULL, 0, &options, out, sizeof(out),
					 &result));
		EXPECT_STREQ("hello", out);
		EXPECT_EQ(6, result.out_len);
		EXPECT_EQ(21, result.user_data);
		EXPECT_EQ(acall_id(call), result.call_id);
		EXPECT_EQ(CODE(S_OK), acall_com_status(&result));

		EXPECT_EQ(CODE(S_OK),
			  acall_com_call(call, ACALL_TEST_FAIL, &code,
					 sizeof(code), NULL, 0, NULL, NULL, 0,
					 &result));
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, result.outcome);
		EXPECT_EQ(OF_ERRNO(ENOSPC), acall_com_status(&result));

		/* Too little room: the call is still there. */
		EXPECT_EQ(OF_ERRNO(EMSGSIZE),
			  acall_com_call(call, ACALL_TEST_ECHO, "hello", 6,
					 NULL, 0, NULL, out, 2, &result));
		EXPECT_NE(0, result.call_id);
		EXPECT_EQ(6, result.out_len);
		EXPECT_EQ(OF_ERRNO(EBUSY),
			  acall_com_call(call, ACALL_TEST_NOP, NULL, 0, NULL,
					 0, NULL, NULL, 0, &result));
		EXPECT_EQ(0, result.call_id);
		EXPECT_EQ(CODE(S_OK), acall_com_finish(call, out, sizeof(out),
						       &result));
		EXPECT_STREQ("hello", out);
		/* And now it is not. */
		EXPECT_EQ(CODE(RPC_E_CALL_COMPLETE),
			  acall_com_finish(call, NULL, 0, &result));

		EXPECT_EQ(CODE(E_INVALIDARG),
			  acall_com_call(call, 9999, NULL, 0, NULL, 0, NULL,
					 NULL, 0, &result));
		EXPECT_EQ(CODE(S_OK), acall_com_enable_cancellation());
	}
	acall_destroy(call);
	call = new_call(_metadata, "test");
	EXPECT_EQ(CODE(E_UNEXPECTED), acall_com_finish(call, NULL, 0, &result));
	acall_destroy(call);
}

TEST_F(acall, a_deadline_is_a_time_out)
{
	const struct acall_options past = { .deadline = 1 };
	acall_t *call = new_call(_metadata, "test");
	struct acall_result result;
	int i;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(CODE(S_OK),
			  acall_com_call(call, ACALL_TEST_SLEEP, NULL, 0, NULL,
					 0, &past, NULL, 0, &result));
		EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, result.outcome);
		EXPECT_EQ(CODE(RPC_E_TIMEOUT), acall_com_status(&result));
		EXPECT_EQ(CODE(S_OK), acall_com_enable_cancellation());
	}
	acall_destroy(call);
}

TEST_F(acall, a_thread_is_not_cancelled_unless_it_said_so)
{
	struct thread t = { .fn = com_call, .id = self->id,
			    .value = ACALL_TEST_GATE };

	t.call = new_call(_metadata, "test");
	ASSERT_EQ(0, thread_start(&t));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	/* One system call, as it is not enabled. */
	ASSERT_EQ(0, wait_blocked(getpid(), t.tid, __NR_ioctl,
				  ACALL_IOC_CALL));
	EXPECT_EQ(CODE(CO_E_CANCEL_DISABLED), acall_com_cancel_call(t.tid, 0));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(acall_fd(t.call)));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(CODE(S_OK), thread_join(&t));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, t.result.outcome);
	/* Nor if there is no such thread any more. */
	EXPECT_EQ(CODE(E_NOINTERFACE), acall_com_cancel_call(t.tid, 0));
	acall_destroy(t.call);
}

TEST_F(acall, S_OK_the_call_has_stopped_or_was_left)
{
	acall_t *call = new_call(_metadata, "test");
	struct thread t;

	ASSERT_EQ(0, com_blocked(&t, call, self->ctl, ACALL_TEST_COOP,
				 self->id));
	EXPECT_EQ(CODE(S_OK), acall_com_cancel_call(t.tid, 60));
	EXPECT_EQ(CODE(S_OK), thread_join(&t));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, t.result.outcome);
	EXPECT_EQ(CODE(RPC_E_CALL_CANCELED), acall_com_status(&t.result));

	self->id = fresh_id();
	ASSERT_EQ(0, com_blocked(&t, call, self->ctl, ACALL_TEST_GATE,
				 self->id));
	EXPECT_EQ(CODE(S_OK), acall_com_cancel_call(t.tid, 0));
	EXPECT_EQ(CODE(S_OK), thread_join(&t));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, t.result.outcome);
	EXPECT_EQ(CODE(RPC_E_CALL_CANCELED), acall_com_status(&t.result));

	/* The time is over: left as well. */
	self->id = fresh_id();
	ASSERT_EQ(0, com_blocked(&t, call, self->ctl, ACALL_TEST_GATE,
				 self->id));
	EXPECT_EQ(CODE(S_OK), acall_com_cancel_call(t.tid, 1));
	EXPECT_EQ(CODE(S_OK), thread_join(&t));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, t.result.outcome);
	acall_destroy(call);
}

/* Cancels thread t->id for t->value seconds. */
static int com_cancel(struct thread *t)
{
	return acall_com_cancel_call(t->id, t->value);
}

TEST_F(acall, CALL_COMPLETE_and_CALL_CANCELED)
{
	struct thread canceller = { .fn = com_cancel,
				    .value = ACALL_COM_INFINITE };
	acall_t *call = new_call(_metadata, "test");
	struct thread t;

	ASSERT_EQ(0, com_blocked(&t, call, self->ctl, ACALL_TEST_LATE,
				 self->id));
	canceller.id = t.tid;
	ASSERT_EQ(0, thread_block(&canceller, ACALL_IOC_CANCEL));
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, 1));
	/* Cancelled before: not even to leave at once is of any effect. */
	EXPECT_EQ(CODE(RPC_E_CALL_CANCELED), acall_com_cancel_call(t.tid, 0));
	EXPECT_EQ(CODE(RPC_E_CALL_CANCELED), acall_com_cancel_call(t.tid, 1));
	EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(acall_fd(call)));
	/* It ends with a result of its own while the canceller stays. */
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(CODE(RPC_E_CALL_COMPLETE), thread_join(&canceller));
	EXPECT_EQ(CODE(S_OK), thread_join(&t));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, t.result.outcome);
	EXPECT_EQ(CODE(S_OK), acall_com_status(&t.result));
	acall_destroy(call);
}

TEST_F(acall, a_signal_ends_the_stay_and_the_request_stands)
{
	struct thread canceller = { .fn = com_cancel,
				    .value = ACALL_COM_INFINITE };
	acall_t *call = new_call(_metadata, "test");
	struct thread t;

	handle_signal(SIGUSR1, 0);
	ASSERT_EQ(0, com_blocked(&t, call, self->ctl, ACALL_TEST_LATE,
				 self->id));
	canceller.id = t.tid;
	ASSERT_EQ(0, thread_block(&canceller, ACALL_IOC_CANCEL));
	ASSERT_EQ(0, thread_signal(&canceller, SIGUSR1));
	EXPECT_EQ(CODE(S_FALSE), thread_join(&canceller));
	EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(acall_fd(call)));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(CODE(S_OK), thread_join(&t));
	acall_destroy(call);
}

/* A synchronous call with t->value as flags. */
static int com_call_flags(struct thread *t)
{
	const struct acall_options options = { .flags = t->value };
	struct acall_test_arg arg = { .id = t->id };

	acall_com_enable_cancellation();
	return acall_com_call(t->call, ACALL_TEST_COOP, &arg, sizeof(arg),
			      NULL, 0, &options, NULL, 0, &t->result);
}

static int com_call_custom(struct thread *t)
{
	struct acall_test_custom arg = { .id = t->id, .refuse = -EBUSY,
					 .refusals = 1 };

	acall_com_enable_cancellation();
	return acall_com_call(t->call, t->value, &arg, sizeof(arg), NULL, 0,
			      NULL, NULL, 0, &t->result);
}

TEST_F(acall, what_cannot_be_cancelled_says_so)
{
	struct thread t = { .fn = com_call_flags, .id = self->id,
			    .value = ACALL_BEGIN_NO_CANCEL };

	t.call = new_call(_metadata, "test");
	ASSERT_EQ(0, thread_start(&t));
	ASSERT_EQ(0, wait_starts(self->ctl, t.id, 1));
	ASSERT_EQ(0, wait_blocked(getpid(), t.tid, __NR_ioctl,
				  ACALL_IOC_FINISH));
	EXPECT_EQ(CODE(CO_E_CANCEL_DISABLED), acall_com_cancel_call(t.tid, 0));
	EXPECT_EQ(0, open_gate(self->ctl, t.id));
	EXPECT_EQ(CODE(S_OK), thread_join(&t));
	EXPECT_EQ(CODE(S_OK), acall_com_status(&t.result));

	t.fn = com_call_custom;
	t.id = fresh_id();
	t.value = ACALL_TEST_PARK_FIXED;
	ASSERT_EQ(0, thread_start(&t));
	ASSERT_EQ(0, wait_starts(self->ctl, t.id, 1));
	ASSERT_EQ(0, wait_blocked(getpid(), t.tid, __NR_ioctl,
				  ACALL_IOC_FINISH));
	EXPECT_EQ(CODE(E_NOINTERFACE), acall_com_cancel_call(t.tid, 1));
	EXPECT_EQ(0, complete(self->ctl, t.id));
	EXPECT_EQ(CODE(S_OK), thread_join(&t));

	t.id = fresh_id();
	t.value = ACALL_TEST_PARK;
	ASSERT_EQ(0, thread_start(&t));
	ASSERT_EQ(0, wait_starts(self->ctl, t.id, 1));
	ASSERT_EQ(0, wait_blocked(getpid(), t.tid, __NR_ioctl,
				  ACALL_IOC_FINISH));
	EXPECT_EQ(OF_ERRNO(EBUSY), acall_com_cancel_call(t.tid, 1));
	EXPECT_EQ(0, complete(self->ctl, t.id));
	EXPECT_EQ(CODE(S_OK), thread_join(&t));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, t.result.outcome);
	acall_destroy(t.call);
}

TEST_F(acall, a_synchronous_call_goes_on_after_a_handler)
{
	struct thread t = { .value = ACALL_TEST_GATE };
	int i;

	handle_signal(SIGUSR1, 0);
	t.call = new_call(_metadata, "test");
	for (i = 0; i < 2; i++) {
		t.fn = i ? com_call_enabled : com_call;
		t.id = fresh_id();
		ASSERT_EQ(0, thread_start(&t));
		ASSERT_EQ(0, wait_starts(self->ctl, t.id, 1));
		ASSERT_EQ(0, wait_blocked(getpid(), t.tid, __NR_ioctl,
					  i ? ACALL_IOC_FINISH :
					      ACALL_IOC_CALL));
		ASSERT_EQ(0, thread_signal(&t, SIGUSR1));
		ASSERT_EQ(0, wait_signals_handled(i + 1));
		ASSERT_EQ(0, wait_blocked(getpid(), t.tid, __NR_ioctl,
					  ACALL_IOC_FINISH));
		EXPECT_EQ(0, open_gate(self->ctl, t.id));
		EXPECT_EQ(CODE(S_OK), thread_join(&t));
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, t.result.outcome);
	}
	acall_destroy(t.call);
}

/* What was begun with t->call, on an object that does not block. */
static int com_finish(struct thread *t)
{
	acall_com_enable_cancellation();
	return acall_com_finish(t->call, NULL, 0, &t->result);
}

TEST_F(acall, what_was_begun_can_be_made_synchronous)
{
	struct thread t = { .fn = com_finish };

	ASSERT_EQ(0, acall_create("test", 0, ACALL_CREATE_NONBLOCK, &t.call));
	ASSERT_EQ(0, begin_at(t.call, self->ctl, ACALL_TEST_COOP, self->id, 0));
	ASSERT_EQ(0, thread_block(&t, ACALL_IOC_WAIT));
	EXPECT_EQ(CODE(S_OK), acall_com_cancel_call(t.tid, 60));
	EXPECT_EQ(CODE(S_OK), thread_join(&t));
	EXPECT_EQ(CODE(RPC_E_CALL_CANCELED), acall_com_status(&t.result));
	acall_destroy(t.call);
}

/* Calls t->call t->value times until it is cancelled, and once as it comes. */
static int com_call_many(struct thread *t)
{
	struct acall_test_arg arg = { .id = t->id };
	struct acall_result result;
	int cancelled = 0;
	__u64 i;

	acall_com_enable_cancellation();
	for (i = 0; i < t->value; i++) {
		acall_t *call;

		if (acall_create("test", 0, 0, &call) ||
		    acall_com_call(call, ACALL_TEST_COOP, &arg, sizeof(arg),
				   NULL, 0, NULL, NULL, 0, &result) ||
		    acall_com_status(&result) !=
				ACALL_COM_RPC_E_CALL_CANCELED)
			return -1;
		cancelled++;
		if (acall_com_call(call, ACALL_TEST_NOP, NULL, 0, NULL, 0, NULL,
				   NULL, 0, &result))
			return -1;
		cancelled += result.status == -ECANCELED;
		acall_destroy(call);
	}
	__atomic_store_n(&t->value, 0, __ATOMIC_RELEASE);
	return cancelled;
}

/*
 * Each S_OK is one call that was cancelled, and each call that was cancelled one
 * S_OK: so no cancel has hit another call than the one that it answered for, while
 * objects come and go under it.
 */
TEST_F(acall, a_cancel_hits_the_call_that_it_answers_for)
{
	struct thread t = { .fn = com_call_many, .id = self->id,
			    .value = rounds() };
	int hits = 0, other = 0, i;

	ASSERT_EQ(0, thread_start(&t));
	for (i = 0; __atomic_load_n(&t.value, __ATOMIC_ACQUIRE); i++) {
		long long ret = acall_com_cancel_call(t.tid, i % 2);

		if (ret == CODE(S_OK))
			hits++;
		else if (ret != CODE(E_NOINTERFACE) &&
			 ret != CODE(RPC_E_CALL_COMPLETE) &&
			 ret != CODE(RPC_E_CALL_CANCELED) &&
			 ret != CODE(CO_E_CANCEL_DISABLED))
			other++;
	}
	EXPECT_EQ(hits, thread_join(&t));
	EXPECT_LE(rounds(), hits);
	EXPECT_EQ(0, other);
}

#include "acall_main.h"
