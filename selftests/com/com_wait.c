// SPDX-License-Identifier: GPL-2.0-only
/*
 * libacall-com: waiting for any and for all of calls and events, for whom nothing
 * can ever come; objects of several interfaces at once; and the names of codes.
 */
#include "com_util.h"
#include <sys/timerfd.h>

#define MANY	20	/* more than need no memory */

TEST_F(acall, any_is_the_first_that_is_ready)
{
	struct acall_com_waitable waitables[MANY] = { 0 };
	unsigned int index = 99;
	__u64 id[MANY];
	int i;

	EXPECT_EQ(CODE(RPC_E_NO_SYNC),
		  acall_com_wait_many(0, 0, 0, waitables, NULL));
	for (i = 0; i < MANY; i++) {
		waitables[i].call = new_call(_metadata, "test");
		id[i] = fresh_id();
		ASSERT_EQ(0, begin_at(waitables[i].call, self->ctl,
				      ACALL_TEST_GATE, id[i], 0));
	}
	EXPECT_EQ(CODE(RPC_S_CALLPENDING),
		  acall_com_wait_many(0, 0, MANY, waitables, &index));
	EXPECT_EQ(CODE(RPC_S_CALLPENDING), acall_com_wait(waitables[0].call, 1));
	EXPECT_EQ(0, open_gate(self->ctl, id[7]));
	EXPECT_EQ(CODE(S_OK),
		  acall_com_wait_many(0, ACALL_COM_INFINITE, MANY, waitables,
				      &index));
	EXPECT_EQ(7, index);
	/* For all is for the others, too. */
	EXPECT_EQ(CODE(RPC_S_CALLPENDING),
		  acall_com_wait_many(ACALL_COM_WAIT_ALL, 1, MANY, waitables,
				      NULL));
	for (i = 0; i < MANY; i++)
		EXPECT_EQ(0, open_gate(self->ctl, id[i]));
	EXPECT_EQ(CODE(S_OK),
		  acall_com_wait_many(ACALL_COM_WAIT_ALL, ACALL_COM_INFINITE,
				      MANY, waitables, &index));
	EXPECT_EQ(MANY, index);
	for (i = 0; i < MANY; i++) {
		/* Nothing was changed by waiting. */
		EXPECT_EQ(CODE(S_OK), acall_com_wait(waitables[i].call, 0));
		EXPECT_EQ(0, acall_finish(waitables[i].call, NULL, 0, NULL));
		acall_destroy(waitables[i].call);
	}
}

TEST_F(acall, nobody_waits_for_what_cannot_come)
{
	acall_t *hot = new_call(_metadata, ACALL_TEST_HOT);
	acall_t *call = new_call(_metadata, "test");
	struct acall_com_waitable waitables[] = {
		{ .call = call }, { .call = hot },
	};
	unsigned int index = 99;

	EXPECT_EQ(CODE(RPC_E_CALL_COMPLETE),
		  acall_com_wait(call, ACALL_COM_INFINITE));
	ASSERT_EQ(0, begin_at(call, self->ctl, ACALL_TEST_GATE, self->id, 0));
	EXPECT_EQ(CODE(RPC_E_CALL_COMPLETE),
		  acall_com_wait_many(ACALL_COM_WAIT_ALL, ACALL_COM_INFINITE, 2,
				      waitables, &index));
	EXPECT_EQ(1, index);
	ASSERT_EQ(0, ctl_op(self->ctl, ACALL_TEST_OP_UNREGISTER, 0, 0, NULL));
	EXPECT_EQ(CODE(RPC_E_DISCONNECTED),
		  acall_com_wait_many(0, ACALL_COM_INFINITE, 2, waitables,
				      &index));
	EXPECT_EQ(1, index);
	ASSERT_EQ(0, ctl_op(self->ctl, ACALL_TEST_OP_REGISTER, 0, 0, NULL));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	acall_destroy(hot);
	acall_destroy(call);
}

TEST_F(acall, a_provider_that_goes_away_is_DISCONNECTED)
{
	struct actor a = { .act = ACT_UNREGISTER, .fd = self->ctl };
	struct thread t;

	ASSERT_EQ(0, com_blocked(&t, new_call(_metadata, ACALL_TEST_HOT),
				 self->ctl, ACALL_TEST_COOP, self->id));
	ASSERT_EQ(0, actor_start(&a));
	EXPECT_EQ(CODE(S_OK), thread_join(&t));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, t.result.outcome);
	EXPECT_EQ(CODE(RPC_E_DISCONNECTED), acall_com_status(&t.result));
	acall_destroy(t.call);
	EXPECT_EQ(0, actor_join(&a));
	ASSERT_EQ(0, ctl_op(self->ctl, ACALL_TEST_OP_REGISTER, 0, 0, NULL));
}

TEST_F(acall, events_stay_signalled_until_they_are_reset)
{
	struct acall_com_waitable waitables[2] = { 0 };
	unsigned int index = 99;
	int event = -1;

	EXPECT_EQ(CODE(E_INVALIDARG), acall_com_event_create(NULL));
	ASSERT_EQ(CODE(S_OK), acall_com_event_create(&event));
	waitables[0].call = new_call(_metadata, "test");
	ASSERT_EQ(0, begin_at(waitables[0].call, self->ctl, ACALL_TEST_GATE,
			      self->id, 0));
	waitables[1].fd = event;
	EXPECT_EQ(CODE(RPC_S_CALLPENDING),
		  acall_com_wait_many(0, 0, 2, waitables, &index));
	EXPECT_EQ(CODE(S_FALSE), acall_com_event_reset(event));
	EXPECT_EQ(CODE(S_OK), acall_com_event_signal(event));
	EXPECT_EQ(CODE(S_OK), acall_com_event_signal(event));
	EXPECT_EQ(CODE(S_OK),
		  acall_com_wait_many(0, ACALL_COM_INFINITE, 2, waitables,
				      &index));
	EXPECT_EQ(1, index);
	EXPECT_EQ(CODE(RPC_S_CALLPENDING),
		  acall_com_wait_many(ACALL_COM_WAIT_ALL, 0, 2, waitables,
				      NULL));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(CODE(S_OK),
		  acall_com_wait_many(ACALL_COM_WAIT_ALL, ACALL_COM_INFINITE, 2,
				      waitables, NULL));
	EXPECT_EQ(CODE(S_OK), acall_com_event_reset(event));
	EXPECT_EQ(CODE(S_FALSE), acall_com_event_reset(event));
	acall_destroy(waitables[0].call);
	close(event);
	EXPECT_EQ(CODE(E_INVALIDARG), acall_com_event_signal(event));
	EXPECT_EQ(CODE(E_INVALIDARG), acall_com_event_reset(event));
}

static int wait_alertable(struct thread *t)
{
	const struct acall_com_waitable waitable = { .call = t->call };

	return acall_com_wait_many(t->value, ACALL_COM_INFINITE, 1, &waitable,
				   NULL);
}

TEST_F(acall, a_signal_ends_a_wait_that_is_alertable)
{
	struct thread t = { .fn = wait_alertable,
			    .value = ACALL_COM_WAIT_ALERTABLE };

	handle_signal(SIGUSR1, SA_RESTART);
	t.call = new_call(_metadata, "test");
	ASSERT_EQ(0, begin_at(t.call, self->ctl, ACALL_TEST_GATE, self->id, 0));
	ASSERT_EQ(0, thread_start(&t));
	ASSERT_EQ(0, wait_blocked(getpid(), t.tid, __NR_ppoll, 0));
	ASSERT_EQ(0, thread_signal(&t, SIGUSR1));
	EXPECT_EQ(OF_ERRNO(EINTR), thread_join(&t));

	t.value = 0;
	ASSERT_EQ(0, thread_start(&t));
	ASSERT_EQ(0, wait_blocked(getpid(), t.tid, __NR_ppoll, 0));
	ASSERT_EQ(0, thread_signal(&t, SIGUSR1));
	ASSERT_EQ(0, wait_signals_handled(2));
	EXPECT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(CODE(S_OK), thread_join(&t));
	acall_destroy(t.call);
}

TEST_F(acall, what_cannot_be_waited_for_is_refused)
{
	struct acall_com_waitable waitable = { .fd = -1 };

	EXPECT_EQ(CODE(E_INVALIDARG),
		  acall_com_wait_many(0, 0, 1, &waitable, NULL));
	EXPECT_EQ(CODE(E_INVALIDARG), acall_com_wait_many(0, 0, 1, NULL, NULL));
	EXPECT_EQ(CODE(E_INVALIDARG), acall_com_wait(NULL, 0));
	waitable.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	EXPECT_EQ(CODE(RPC_S_CALLPENDING),
		  acall_com_wait_many(0, 0, 1, &waitable, NULL));
	EXPECT_EQ(CODE(E_INVALIDARG),
		  acall_com_wait_many(0x80, 0, 1, &waitable, NULL));
	close(waitable.fd);
	EXPECT_EQ(CODE(E_INVALIDARG),
		  acall_com_wait_many(0, 0, 1, &waitable, NULL));
}

TEST_F(acall, objects_of_several_interfaces_at_once)
{
	struct acall_com_query queries[] = {
		{ .interface = "test" },
		{ .interface = "no-such-thing" },
		{ .interface = "test", .version = 9999 },
		{ .interface = "A bad name" },
		{ .interface = "test-narrow" },
	};

	EXPECT_EQ(CODE(E_INVALIDARG), acall_com_query_many(0, queries));
	EXPECT_EQ(CODE(S_FALSE), acall_com_query_many(5, queries));
	EXPECT_EQ(CODE(S_OK), queries[0].hresult);
	EXPECT_STREQ("test", acall_interface(queries[0].call));
	EXPECT_EQ(CODE(E_NOINTERFACE), queries[1].hresult);
	EXPECT_EQ(CODE(E_NOINTERFACE), queries[2].hresult);
	EXPECT_EQ(CODE(E_INVALIDARG), queries[3].hresult);
	EXPECT_EQ(NULL, queries[3].call);
	EXPECT_STREQ("test-narrow", acall_interface(queries[4].call));
	acall_destroy(queries[0].call);
	acall_destroy(queries[4].call);
	EXPECT_EQ(CODE(E_NOINTERFACE), acall_com_query_many(2, queries + 1));
	EXPECT_EQ(CODE(S_OK), acall_com_query_many(1, queries));
	acall_destroy(queries[0].call);
}

TEST_F(acall, codes_are_those_that_are_published)
{
	const struct acall_result own = { .status = -ECANCELED,
					  .outcome = ACALL_OUTCOME_COMPLETED };

	EXPECT_EQ(-2147418110LL, CODE(RPC_E_CALL_CANCELED));
	EXPECT_EQ(-2147417833LL, CODE(RPC_E_CALL_COMPLETE));
	EXPECT_EQ(-2147417835LL, CODE(RPC_S_CALLPENDING));
	EXPECT_STREQ("RPC_E_CALL_CANCELED",
		     acall_com_name(ACALL_COM_RPC_E_CALL_CANCELED));
	EXPECT_STREQ("errno", acall_com_name(ACALL_COM_ERRNO(EIO)));
	EXPECT_STREQ("unknown", acall_com_name(ACALL_COM_HRESULT(0x80004005)));
	EXPECT_TRUE(ACALL_COM_IS_ERRNO(ACALL_COM_ERRNO(EIO)));
	EXPECT_FALSE(ACALL_COM_IS_ERRNO(ACALL_COM_E_INVALIDARG));
	EXPECT_EQ(EIO, ACALL_COM_TO_ERRNO(ACALL_COM_ERRNO(EIO)));
	EXPECT_TRUE(ACALL_COM_FAILED(ACALL_COM_RPC_S_CALLPENDING));
	EXPECT_TRUE(ACALL_COM_SUCCEEDED(ACALL_COM_S_FALSE));
	/* A provider that says so itself has not been cancelled. */
	EXPECT_EQ(OF_ERRNO(ECANCELED), acall_com_status(&own));
	EXPECT_EQ(CODE(E_INVALIDARG), acall_com_status(NULL));
}

#include "acall_main.h"
