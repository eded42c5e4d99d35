// SPDX-License-Identifier: GPL-2.0-only
/*
 * libacall-com: cancel objects, which name one call whatever becomes of its object,
 * and those that a thread registers; and what a thread leaves when it ends or forks.
 */
#include "com_util.h"

TEST_F(acall, a_cancel_object_is_of_one_call)
{
	acall_com_cancel_t *first, *second;
	acall_t *call = new_call(_metadata, "test");
	__s32 status;

	EXPECT_EQ(CODE(E_UNEXPECTED),
		  acall_com_cancel_object_create(call, 0, &first));
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_GATE, self->id, 0));
	ASSERT_EQ(CODE(S_OK), acall_com_cancel_object_create(call, 0, &first));
	EXPECT_EQ(acall_id(call), acall_com_cancel_object_id(first));
	EXPECT_EQ(CODE(RPC_S_CALLPENDING), acall_com_cancel_object_test(first));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, acall_wait(call, ACALL_FOREVER));
	EXPECT_EQ(CODE(RPC_E_CALL_COMPLETE),
		  acall_com_cancel_object_test(first));
	EXPECT_EQ(CODE(RPC_E_CALL_COMPLETE),
		  acall_com_cancel_object_cancel(first, 0));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, outcome_of(call, &status));

	/* The next call is none of its business. */
	self->id = fresh_id();
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_LATE, self->id, 0));
	EXPECT_EQ(CODE(RPC_E_CALL_COMPLETE),
		  acall_com_cancel_object_cancel(first, 0));
	EXPECT_EQ(CODE(RPC_E_CALL_COMPLETE),
		  acall_com_cancel_object_test(first));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(acall_fd(call)));

	ASSERT_EQ(CODE(S_OK), acall_com_cancel_object_create(call, 0, &second));
	EXPECT_TRUE(asked(acall_cancel_async(call, ACALL_FOREVER)));
	EXPECT_EQ(CODE(RPC_E_CALL_CANCELED),
		  acall_com_cancel_object_test(second));
	EXPECT_EQ(CODE(RPC_E_CALL_CANCELED),
		  acall_com_cancel_object_cancel(second, 0));
	EXPECT_EQ(ACALL_CANCELLED, acall_abandon(call));
	EXPECT_EQ(CODE(RPC_E_CALL_CANCELED),
		  acall_com_cancel_object_test(second));
	EXPECT_EQ(CODE(RPC_E_CALL_CANCELED),
		  acall_com_cancel_object_cancel(second, 0));
	/* Not even when its object is gone is it without one. */
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, outcome_of(call, &status));
	acall_destroy(call);
	EXPECT_EQ(CODE(RPC_E_CALL_COMPLETE),
		  acall_com_cancel_object_cancel(second, 0));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	acall_com_cancel_object_release(first);
	acall_com_cancel_object_release(second);
	acall_com_cancel_object_release(NULL);
}

TEST_F(acall, a_thread_s_call_has_a_cancel_object)
{
	acall_com_cancel_t *cancel = NULL, *none = (void *)1;
	acall_t *call = new_call(_metadata, "test");
	struct thread t;

	ASSERT_EQ(0, com_blocked(&t, call, self->ctl, ACALL_TEST_LATE,
				 self->id));
	ASSERT_EQ(CODE(S_OK), acall_com_get_cancel_object(t.tid, &cancel));
	EXPECT_EQ(acall_id(call), acall_com_cancel_object_id(cancel));
	EXPECT_EQ(CODE(S_OK), acall_com_cancel_object_cancel(cancel, 1));
	EXPECT_EQ(CODE(S_OK), thread_join(&t));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, t.result.outcome);
	EXPECT_EQ(acall_com_cancel_object_id(cancel), t.result.call_id);
	acall_destroy(call);
	EXPECT_EQ(CODE(RPC_E_CALL_COMPLETE),
		  acall_com_cancel_object_cancel(cancel, 1));
	acall_com_cancel_object_release(cancel);
	EXPECT_EQ(CODE(E_NOINTERFACE),
		  acall_com_get_cancel_object(t.tid, &none));
	EXPECT_EQ(NULL, none);
	EXPECT_EQ(CODE(E_INVALIDARG), acall_com_get_cancel_object(0, NULL));
}

/* Waits for t->call in a way of its own, and does not undo what it registers. */
static int wait_registered(struct thread *t)
{
	acall_com_cancel_t *cancel;

	acall_com_enable_cancellation();
	if (acall_com_cancel_object_create(t->call, 0, &cancel) ||
	    acall_com_set_cancel_object(cancel))
		return -1;
	acall_com_cancel_object_release(cancel);
	return acall_wait(t->call, ACALL_FOREVER);
}

TEST_F(acall, what_a_thread_has_registered_is_found)
{
	struct thread t = { .fn = wait_registered };
	int fds;
	__s32 status;

	t.call = new_call(_metadata, "test");
	ASSERT_EQ(0, begin_at(t.call, self->ctl, ACALL_TEST_COOP, self->id, 0));
	fds = count_fds();
	ASSERT_EQ(0, thread_block(&t, ACALL_IOC_WAIT));
	EXPECT_LT(fds, count_fds());
	EXPECT_EQ(CODE(S_OK), acall_com_cancel_call(t.tid, 60));
	EXPECT_EQ(0, thread_join(&t));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, outcome_of(t.call, &status));
	/* It went with its thread. */
	EXPECT_EQ(fds, count_fds());
	EXPECT_EQ(CODE(E_NOINTERFACE), acall_com_cancel_call(t.tid, 60));
	acall_destroy(t.call);
}

TEST_F(acall, what_is_registered_last_is_innermost)
{
	acall_com_cancel_t *cancel[2], *found;
	acall_t *call[2];
	int i;

	EXPECT_EQ(CODE(E_UNEXPECTED), acall_com_set_cancel_object(NULL));
	for (i = 0; i < 2; i++) {
		call[i] = new_call(_metadata, "test");
		ASSERT_EQ(0, begin_at(call[i], self->ctl, ACALL_TEST_LATE,
				      self->id + i, 0));
		ASSERT_EQ(CODE(S_OK),
			  acall_com_cancel_object_create(call[i], 0,
							 &cancel[i]));
		EXPECT_EQ(CODE(S_OK), acall_com_set_cancel_object(cancel[i]));
	}
	EXPECT_EQ(CODE(CO_E_CANCEL_DISABLED), acall_com_test_cancel());
	ASSERT_EQ(CODE(S_OK), acall_com_enable_cancellation());
	EXPECT_EQ(CODE(RPC_S_CALLPENDING), acall_com_test_cancel());
	ASSERT_EQ(CODE(S_OK), acall_com_get_cancel_object(gettid(), &found));
	EXPECT_EQ(cancel[1], found);
	acall_com_cancel_object_release(found);
	EXPECT_EQ(CODE(S_OK), acall_com_cancel_call(ACALL_COM_THIS_THREAD, 0));
	EXPECT_EQ(CODE(RPC_E_CALL_CANCELED), acall_com_test_cancel());
	EXPECT_EQ(CODE(S_OK), acall_com_set_cancel_object(NULL));
	EXPECT_EQ(CODE(RPC_S_CALLPENDING), acall_com_test_cancel());
	EXPECT_EQ(CODE(S_OK), acall_com_set_cancel_object(NULL));
	EXPECT_EQ(CODE(E_NOINTERFACE), acall_com_test_cancel());
	EXPECT_EQ(CODE(E_UNEXPECTED), acall_com_set_cancel_object(NULL));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, open_gate(self->ctl, self->id + i));
		acall_com_cancel_object_release(cancel[i]);
		acall_destroy(call[i]);
	}
}

/* In a child of a thread that has cancellation enabled: @arg is the parent's id. */
static int in_child(void *arg)
{
	CHECK(acall_com_cancel_call(0, 0) == ACALL_COM_E_NOINTERFACE);
	CHECK(acall_com_cancel_call(gettid(), 0) == ACALL_COM_E_NOINTERFACE);
	CHECK(acall_com_cancel_call(*(pid_t *)arg, 0) ==
	      ACALL_COM_E_NOINTERFACE);
	CHECK(acall_com_disable_cancellation() == ACALL_COM_S_OK);
	return 0;
}

/* Looks for thread t->id, over and over. */
static int look_for(struct thread *t)
{
	acall_com_cancel_t *cancel;

	while (__atomic_load_n(&t->value, __ATOMIC_ACQUIRE)) {
		if (!acall_com_get_cancel_object(t->id, &cancel))
			acall_com_cancel_object_release(cancel);
	}
	return 0;
}

TEST_F(acall, a_child_has_its_own_thread_and_no_lock_is_taken)
{
	struct thread t = { .fn = look_for, .value = 1, .id = gettid() };
	acall_t *call = new_call(_metadata, "test");
	acall_com_cancel_t *cancel, *found;
	pid_t own = gettid();
	unsigned int i;

	ASSERT_EQ(CODE(S_OK), acall_com_enable_cancellation());
	EXPECT_EQ(0, child_run(in_child, &own));
	/* While another thread is just finding the one that forks. */
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_COOP, self->id, 0));
	ASSERT_EQ(CODE(S_OK), acall_com_cancel_object_create(call, 0, &cancel));
	ASSERT_EQ(CODE(S_OK), acall_com_set_cancel_object(cancel));
	ASSERT_EQ(0, thread_start(&t));
	for (i = 0; i < rounds() / 20 + 1; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(acall_com_get_cancel_object(gettid(), &found) !=
			      ACALL_COM_S_OK || found != cancel);
		EXPECT_EQ(0, child_join(pid));
	}
	__atomic_store_n(&t.value, 0, __ATOMIC_RELEASE);
	EXPECT_EQ(0, thread_join(&t));
	EXPECT_EQ(CODE(S_OK), acall_com_set_cancel_object(NULL));
	EXPECT_EQ(CODE(S_OK), acall_com_cancel_object_cancel(cancel, 60));
	acall_com_cancel_object_release(cancel);
	acall_destroy(call);
}

TEST_F(acall, without_descriptors_nothing_happens)
{
	struct rlimit none = { .rlim_cur = 1 }, limit;
	acall_t *call = new_call(_metadata, "test");
	acall_com_cancel_t *cancel = NULL;
	struct thread t;

	ASSERT_EQ(0, com_blocked(&t, call, self->ctl, ACALL_TEST_COOP,
				 self->id));
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	none.rlim_max = limit.rlim_max;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	EXPECT_EQ(OF_ERRNO(EMFILE), acall_com_cancel_call(t.tid, 0));
	EXPECT_EQ(OF_ERRNO(EMFILE),
		  acall_com_get_cancel_object(t.tid, &cancel));
	EXPECT_EQ(NULL, cancel);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(acall_fd(call)));
	EXPECT_EQ(CODE(S_OK), acall_com_cancel_call(t.tid, 60));
	EXPECT_EQ(CODE(S_OK), thread_join(&t));
	acall_destroy(call);
}

#include "acall_main.h"
