// SPDX-License-Identifier: GPL-2.0-only
/*
 * The call object: one call at a time, one taker of a result, readiness, what
 * its end does, and that everything is counted back. The calls are real; what
 * an ioctl would do between them is done here by hand, in the order that the
 * test wants.
 */
#include <kunit/test.h>
#include <linux/slab.h>

#include "call.h"
#include "interface.h"
#include "kunit.h"
#include "ledger.h"
#include "object.h"
#include "user/limits.h"

static u32 phase(struct kt *kt, u32 i)
{
	return acall_word_phase(acall_call_word(kt->calls[i].call));
}

static u32 reason(struct kt *kt, u32 i)
{
	return acall_word_reason(acall_call_word(kt->calls[i].call));
}

/* As a number, for EXPECT_EQ. */
static u32 poll(struct kt *kt, u32 i)
{
	return (__force u32)acall_object_poll(kt->calls[i].object, NULL, NULL);
}

static void abandon(struct kunit *test, struct kt *kt, u32 i)
{
	struct acall_request request = {
		.reason = ACALL_REASON_CLIENT,
		.flags = ACALL_CANCEL_ABANDON,
	};

	KUNIT_ASSERT_EQ(test, acall_call_cancel(kt->calls[i].call, &request),
			0);
	KUNIT_ASSERT_EQ(test, phase(kt, i), ACALL_PHASE_ABANDONED);
}

/* Nothing is live that was not before. */
static void expect_nothing_live(struct kunit *test)
{
	KT_POLL(test, !acall_calls_executions());
	KUNIT_EXPECT_EQ(test, acall_calls_orphans(), 0);
	KUNIT_EXPECT_EQ(test, acall_limits_calls(), 0);
}

static void B2_one_call_at_a_time_EBUSY(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_call *first;

	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_RUN), 0);
	first = kt->calls[0].call;
	KT_WAIT(test, kt, kt->calls[0].entered);
	KUNIT_EXPECT_TRUE(test, acall_object_busy(kt->calls[0].object));
	KUNIT_EXPECT_EQ(test, kt_begin(kt, 0, KT_RUN), -EBUSY);
	KUNIT_EXPECT_EQ(test, kt_begin(kt, 0, KT_INLINE), -EBUSY);
	KUNIT_EXPECT_PTR_EQ(test, kt->calls[0].call, first);
	/* Those that lost were prepared, never entered, and are released. */
	KUNIT_EXPECT_EQ(test, kt->calls[0].prepared, 3);
	KUNIT_EXPECT_EQ(test, kt->calls[0].entered, 1);
	KUNIT_EXPECT_EQ(test, kt->calls[0].released, 2);
	KUNIT_EXPECT_EQ(test, kt->calls[0].object->ledger->executions, 1);
	KUNIT_EXPECT_EQ(test, acall_calls_executions(), 1);
	KUNIT_EXPECT_EQ(test, acall_limits_calls(), 1);
	/* Done is pending still. */
	kt_open(kt, 0);
	KUNIT_EXPECT_EQ(test, kt_wait(kt, 0), 0);
	KUNIT_EXPECT_EQ(test, kt_begin(kt, 0, KT_RUN), -EBUSY);
	KUNIT_EXPECT_TRUE(test, kt_finish(kt, 0));
	KUNIT_EXPECT_FALSE(test, acall_object_busy(kt->calls[0].object));
	KUNIT_EXPECT_EQ(test, kt_begin(kt, 0, KT_INLINE), 0);
	KUNIT_EXPECT_TRUE(test, kt_finish(kt, 0));
	expect_nothing_live(test);
}

static void B3_a_refused_call_leaves_nothing(struct kunit *test)
{
	struct kt *kt = test->priv;

	kt->calls[0].prepare_ret = -EUCLEAN;
	KUNIT_EXPECT_EQ(test, kt_begin(kt, 0, KT_RUN), -EUCLEAN);
	/* A refusal has nothing to release. */
	KUNIT_EXPECT_EQ(test, kt->calls[0].released, 0);
	KUNIT_EXPECT_FALSE(test, acall_object_busy(kt->calls[0].object));
	KUNIT_EXPECT_EQ(test, kt->iface->pins, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(acall_call_create(kt->iface, NULL,
							KT_NR_METHODS, 0, 0)),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(acall_call_create(kt->iface, NULL,
							KT_RUN,
							sizeof(u32) + 1, 0)),
			-E2BIG);
	KUNIT_EXPECT_EQ(test, PTR_ERR(acall_call_create(kt->iface, NULL,
							KT_RUN, sizeof(u32),
							2)),
			-EINVAL);
	expect_nothing_live(test);
}

static void F5_one_takes_the_result(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_object *object;
	struct acall_call *call;

	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_INLINE), 0);
	object = kt->calls[0].object;
	call = acall_object_get_call(object, 0);
	KUNIT_ASSERT_PTR_EQ(test, call, kt->calls[0].call);
	KUNIT_EXPECT_TRUE(test, acall_object_consume(object, call));
	KUNIT_EXPECT_FALSE(test, acall_object_consume(object, call));
	KUNIT_EXPECT_NULL(test, acall_object_get_call(object, 0));

	/* Nor does a late one of this call take the next (W5). */
	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_INLINE), 0);
	KUNIT_EXPECT_FALSE(test, acall_object_consume(object, call));
	KUNIT_EXPECT_TRUE(test, acall_object_busy(object));
	acall_call_put(call);
	KUNIT_EXPECT_TRUE(test, kt_finish(kt, 0));
	expect_nothing_live(test);
}

static void X11_an_id_means_that_call_only(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_object *object;
	struct acall_call *call;
	u64 first;

	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_INLINE), 0);
	object = kt->calls[0].object;
	first = kt->calls[0].call->id;
	KUNIT_EXPECT_TRUE(test, kt_finish(kt, 0));
	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_INLINE), 0);
	KUNIT_EXPECT_NE(test, kt->calls[0].call->id, first);
	KUNIT_EXPECT_NULL(test, acall_object_get_call(object, first));
	call = acall_object_get_call(object, kt->calls[0].call->id);
	KUNIT_EXPECT_PTR_EQ(test, call, kt->calls[0].call);
	if (call)
		acall_call_put(call);
	KUNIT_EXPECT_TRUE(test, kt_finish(kt, 0));
}

static void W4_readiness(struct kunit *test)
{
	u32 in = (__force u32)(EPOLLIN | EPOLLRDNORM);
	u32 out = (__force u32)(EPOLLOUT | EPOLLWRNORM);
	u32 hup = (__force u32)EPOLLHUP;
	struct kt *kt = test->priv;

	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_RUN), 0);
	KUNIT_EXPECT_EQ(test, poll(kt, 0), 0);
	kt_open(kt, 0);
	KUNIT_EXPECT_EQ(test, kt_wait(kt, 0), 0);
	KUNIT_EXPECT_EQ(test, poll(kt, 0), in);
	KUNIT_EXPECT_TRUE(test, kt_finish(kt, 0));
	KUNIT_EXPECT_EQ(test, poll(kt, 0), out);

	/* The provider goes: idle hangs up, pending not before it is done. */
	KUNIT_ASSERT_EQ(test, kt_begin(kt, 1, KT_RUN), 0);
	KUNIT_ASSERT_EQ(test, kt_begin(kt, 2, KT_RUN), 0);
	kt_open(kt, 2);
	KUNIT_EXPECT_EQ(test, kt_wait(kt, 2), 0);
	WRITE_ONCE(kt->iface->gone, true);
	KUNIT_EXPECT_EQ(test, poll(kt, 0), hup);
	KUNIT_EXPECT_EQ(test, poll(kt, 1), 0);
	KUNIT_EXPECT_EQ(test, poll(kt, 2), in | hup);
	WRITE_ONCE(kt->iface->gone, false);
}

static void F6_begins_again_while_an_orphan_runs(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_object *object;
	struct acall_call *orphan;

	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_STUBBORN), 0);
	object = kt->calls[0].object;
	orphan = kt->calls[0].call;
	acall_call_get(orphan);
	KT_WAIT(test, kt, kt->calls[0].entered);
	abandon(test, kt, 0);
	KUNIT_EXPECT_EQ(test, acall_calls_orphans(), 1);
	KUNIT_EXPECT_TRUE(test, kt_finish(kt, 0));

	KUNIT_EXPECT_EQ(test, kt_begin(kt, 0, KT_INLINE), 0);
	KUNIT_EXPECT_TRUE(test, kt_finish(kt, 0));
	KUNIT_EXPECT_EQ(test, object->ledger->executions, 1);
	KUNIT_EXPECT_EQ(test, object->ledger->orphans, 1);
	/* Charged as long as it runs, although it was taken. */
	KUNIT_EXPECT_EQ(test, acall_limits_calls(), 1);
	KUNIT_EXPECT_EQ(test, acall_ledger_wait(object->ledger, orphan, 0),
			-ETIMEDOUT);
	kt_open(kt, 0);
	KUNIT_EXPECT_EQ(test, acall_ledger_wait(object->ledger, orphan,
						kt_guard()), 0);
	acall_call_put(orphan);
	KUNIT_EXPECT_EQ(test, object->ledger->executions, 0);
	KUNIT_EXPECT_EQ(test, object->ledger->orphans, 0);
	expect_nothing_live(test);
}

static void C4_close_cancels(struct kunit *test)
{
	struct kt *kt = test->priv;
	u32 objects = acall_objects_count();

	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_RUN), 0);
	KT_WAIT(test, kt, kt->calls[0].entered);
	acall_object_destroy(kt->calls[0].object);
	kt->calls[0].object = NULL;
	KUNIT_EXPECT_EQ(test, acall_objects_count(), objects);
	KUNIT_EXPECT_EQ(test, reason(kt, 0), ACALL_REASON_CLOSE);
	KUNIT_EXPECT_EQ(test, kt_wait(kt, 0), 0);
	KUNIT_EXPECT_EQ(test, phase(kt, 0), ACALL_PHASE_STOPPED);
	expect_nothing_live(test);
}

static void C4_detached_runs_on(struct kunit *test)
{
	struct kt *kt = test->priv;

	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_RUN), 0);
	kt->calls[0].object->detach = true;
	acall_object_destroy(kt->calls[0].object);
	kt->calls[0].object = NULL;
	KT_WAIT(test, kt, kt->calls[0].entered);
	KUNIT_EXPECT_EQ(test, phase(kt, 0), ACALL_PHASE_RUNNING);
	KUNIT_EXPECT_EQ(test, acall_limits_calls(), 1);
	kt_open(kt, 0);
	KUNIT_EXPECT_EQ(test, kt_wait(kt, 0), 0);
	KUNIT_EXPECT_EQ(test, phase(kt, 0), ACALL_PHASE_COMPLETED);
	expect_nothing_live(test);
}

static u32 opened, closed;

static int session_open(void *data, void **priv)
{
	*priv = &closed;
	return ++opened == 3 ? -EACCES : 0;
}

static void session_close(void *data, void *priv)
{
	if (priv == &closed)
		closed++;
}

static void P10_close_comes_after_the_last_execution(struct kunit *test)
{
	struct kt *kt = test->priv;

	opened = 0;
	closed = 0;
	kt->desc.open = session_open;
	kt->desc.close = session_close;
	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_STUBBORN), 0);
	KUNIT_ASSERT_EQ(test, kt_begin(kt, 1, KT_INLINE), 0);
	KUNIT_EXPECT_EQ(test, opened, 2);
	KUNIT_EXPECT_EQ(test, PTR_ERR(acall_object_create(kt->iface, 1,
							  false)), -EACCES);
	/* An orphan uses its session though the object is closed. */
	KT_WAIT(test, kt, kt->calls[0].entered);
	abandon(test, kt, 0);
	acall_object_destroy(kt->calls[0].object);
	kt->calls[0].object = NULL;
	acall_object_destroy(kt->calls[1].object);
	kt->calls[1].object = NULL;
	KT_POLL(test, READ_ONCE(closed) == 1);
	KUNIT_EXPECT_PTR_EQ(test, acall_object_private(kt->calls[0].call),
			    (void *)&closed);
	kt_open(kt, 0);
	KT_POLL(test, READ_ONCE(closed) == 2);

	/* An idle object pins nothing: it is closed with the interface. */
	opened = 0;
	KUNIT_ASSERT_EQ(test, kt_begin(kt, 2, KT_INLINE), 0);
	KUNIT_EXPECT_TRUE(test, kt_finish(kt, 2));
	acall_unregister_interface(kt->iface);
	kt->iface = NULL;
	KUNIT_EXPECT_EQ(test, closed, 3);
	acall_object_destroy(kt->calls[2].object);
	kt->calls[2].object = NULL;
	KUNIT_EXPECT_EQ(test, closed, 3);
}

static void S3_a_short_method_is_run_by_who_waits(struct kunit *test)
{
	struct kt *kt = test->priv;
	u32 i;

	kt->methods[KT_RUN].caps = ACALL_CAP_SHORT;
	for (i = 0; i < 3; i++) {
		kt->calls[i].waits = true;
		kt_open(kt, i);
	}
	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_RUN), 0);
	KUNIT_EXPECT_TRUE(test, acall_call_done(kt->calls[0].call));
	KUNIT_EXPECT_EQ(test, kt->calls[0].released, 1);
	KUNIT_EXPECT_EQ(test, kt->iface->pins, 0);
	KUNIT_EXPECT_TRUE(test, kt_finish(kt, 0));

	/* Another one was faster: undone as any. */
	KUNIT_ASSERT_EQ(test, kt_begin(kt, 1, KT_STUBBORN), 0);
	KUNIT_EXPECT_EQ(test, kt_begin(kt, 1, KT_RUN), -EBUSY);
	KUNIT_EXPECT_EQ(test, kt_wait(kt, 1), 0);
	KUNIT_EXPECT_TRUE(test, kt_finish(kt, 1));
	KUNIT_EXPECT_EQ(test, kt->calls[1].entered, 1);
	KUNIT_EXPECT_EQ(test, kt->calls[1].released, 2);

	kt->calls[2].prepare_ret = -EUCLEAN;
	KUNIT_EXPECT_EQ(test, kt_begin(kt, 2, KT_RUN), -EUCLEAN);
	KUNIT_EXPECT_EQ(test, kt->iface->pins, 0);
	expect_nothing_live(test);
}

static void P8_unregistration_frees_clients_once(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_snapshot snap;
	u32 i;

	/* More than can run, one of them with a result that waits. */
	for (i = 0; i < 6; i++)
		KUNIT_ASSERT_EQ(test, kt_begin(kt, i, i ? KT_RUN : KT_INLINE),
				0);
	KT_WAIT(test, kt, kt->calls[1].entered);
	acall_unregister_interface(kt->iface);
	kt->iface = NULL;
	for (i = 0; i < 6; i++) {
		struct acall_object *object = kt->calls[i].object;

		KUNIT_EXPECT_TRUE(test, acall_call_done(kt->calls[i].call));
		acall_call_snapshot(kt->calls[i].call, &snap);
		KUNIT_EXPECT_EQ(test, snap.status, i ? -ENODEV : 0);
		KUNIT_EXPECT_EQ(test, reason(kt, i), i ?
				ACALL_REASON_PROVIDER : ACALL_REASON_NONE);
		KUNIT_EXPECT_EQ(test, kt->calls[i].released, 1);
		KUNIT_EXPECT_EQ(test, PTR_ERR(acall_call_create(object->iface,
								NULL, KT_RUN,
								0, 0)),
				-ENODEV);
		KUNIT_EXPECT_TRUE(test, kt_finish(kt, i));
	}
	expect_nothing_live(test);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(B2_one_call_at_a_time_EBUSY),
	KUNIT_CASE(B3_a_refused_call_leaves_nothing),
	KUNIT_CASE(F5_one_takes_the_result),
	KUNIT_CASE(X11_an_id_means_that_call_only),
	KUNIT_CASE(W4_readiness),
	KUNIT_CASE(F6_begins_again_while_an_orphan_runs),
	KUNIT_CASE(C4_close_cancels),
	KUNIT_CASE(C4_detached_runs_on),
	KUNIT_CASE(P10_close_comes_after_the_last_execution),
	KUNIT_CASE(S3_a_short_method_is_run_by_who_waits),
	KUNIT_CASE(P8_unregistration_frees_clients_once),
	{}
};

struct kunit_suite acall_kunit_object = {
	.name = "acall_object",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = cases,
};
