// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cancelling: what a request is told, when the call's clock runs out, that its
 * arithmetic saturates, and who may refuse. The timer is looked at where waiting
 * for it would prove less; where it must run out, it is for milliseconds.
 */
#include <kunit/test.h>
#include <linux/slab.h>

#include "call.h"
#include "interface.h"
#include "kunit.h"
#include "object.h"

#define MS	((u64)NSEC_PER_MSEC)

static u64 deadline, deadline_grace;

/* As BEGIN does it: before anybody sees the call. */
static int set_deadline(struct acall_call *call)
{
	call->deadline = deadline;
	call->deadline_grace_ns = deadline_grace;
	return 0;
}

static int set_no_cancel(struct acall_call *call)
{
	call->word |= ACALL_WORD_NO_CANCEL;
	return 0;
}

static int request(struct kt *kt, u32 i, enum acall_reason reason, u32 flags,
		   u64 grace_ns)
{
	struct acall_request request = {
		.reason = reason,
		.flags = flags,
		.grace_ns = grace_ns,
	};

	return acall_call_cancel(kt->calls[i].call, &request);
}

static int cancel(struct kt *kt, u32 i, u64 grace_ns)
{
	return request(kt, i, ACALL_REASON_CLIENT, 0, grace_ns);
}

static u32 word(struct kt *kt, u32 i)
{
	return acall_call_word(kt->calls[i].call);
}

static u32 phase(struct kt *kt, u32 i)
{
	return acall_word_phase(word(kt, i));
}

static u64 until(struct kt *kt, u32 i)
{
	return READ_ONCE(kt->calls[i].call->timer_until);
}

static void begin(struct kunit *test, u32 i, u32 method)
{
	struct kt *kt = test->priv;

	KUNIT_ASSERT_EQ(test, kt_begin(kt, i, method), 0);
	KT_WAIT(test, kt, kt->calls[i].entered);
}

static void X5_grace_saturates(struct kunit *test)
{
	static const u64 graces[] = {
		U64_MAX, U64_MAX - 1, 1ULL << 63, KTIME_MAX,
		U64_MAX - 1000 * NSEC_PER_SEC,
	};
	struct kt *kt = test->priv;
	u64 now;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(graces); i++) {
		begin(test, i, KT_HOOK);
		KUNIT_EXPECT_EQ(test, cancel(kt, i, graces[i]), 0);
		KUNIT_EXPECT_EQ(test, phase(kt, i), ACALL_PHASE_CANCELLING);
		/* For ever: no timer at all. */
		KUNIT_EXPECT_EQ_MSG(test, until(kt, i), U64_MAX, "%llu",
				    graces[i]);
		kt_complete(kt, i, 0);
	}
	/* A bit less is armed, and not in the past. */
	begin(test, i, KT_HOOK);
	now = ktime_get_ns();
	KUNIT_EXPECT_EQ(test, cancel(kt, i, KTIME_MAX / 2), 0);
	KUNIT_EXPECT_GE(test, until(kt, i), now + KTIME_MAX / 2);
	KUNIT_EXPECT_LT(test, until(kt, i), (u64)KTIME_MAX);
	kt_complete(kt, i, 0);
	KUNIT_EXPECT_EQ(test, until(kt, i), U64_MAX);
}

static void X5_grace_over_abandons_never_early(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_snapshot snap;

	begin(test, 0, KT_STUBBORN);
	KUNIT_EXPECT_EQ(test, cancel(kt, 0, 3 * MS), 0);
	KUNIT_EXPECT_EQ(test, kt_wait(kt, 0), 0);
	KUNIT_EXPECT_EQ(test, phase(kt, 0), ACALL_PHASE_ABANDONED);
	acall_call_snapshot(kt->calls[0].call, &snap);
	KUNIT_EXPECT_GE(test, snap.end_ns, snap.cancel_ns + 3 * MS);
	KUNIT_EXPECT_EQ(test, snap.status, -ECANCELED);
	KUNIT_EXPECT_EQ(test, acall_calls_orphans(), 1);
	/* It fails to stop the client once more. */
	KUNIT_EXPECT_EQ(test, cancel(kt, 0, 0), -EALREADY);
	kt_open(kt, 0);
	KT_POLL(test, !acall_calls_orphans());
}

static void X4_abandon_and_no_grace_are_at_once(struct kunit *test)
{
	struct kt *kt = test->priv;

	begin(test, 0, KT_STUBBORN);
	KUNIT_EXPECT_EQ(test, request(kt, 0, ACALL_REASON_CLIENT,
				      ACALL_CANCEL_ABANDON, 0), 0);
	KUNIT_EXPECT_EQ(test, phase(kt, 0), ACALL_PHASE_ABANDONED);
	begin(test, 1, KT_STUBBORN);
	KUNIT_EXPECT_EQ(test, cancel(kt, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, phase(kt, 1), ACALL_PHASE_ABANDONED);
	/* The provider is told, whoever has left (X2). */
	begin(test, 2, KT_HOOK);
	KUNIT_EXPECT_EQ(test, request(kt, 2, ACALL_REASON_CLIENT,
				      ACALL_CANCEL_ABANDON, 0), 0);
	KUNIT_EXPECT_EQ(test, phase(kt, 2), ACALL_PHASE_ABANDONED);
	KUNIT_EXPECT_EQ(test, kt->calls[2].asked, 1);
	KUNIT_EXPECT_TRUE(test, acall_cancelled(kt->calls[2].call));
	KUNIT_EXPECT_EQ(test, acall_calls_orphans(), 3);
	/* An orphan's result goes nowhere. */
	kt_complete(kt, 2, 0);
	KUNIT_EXPECT_EQ(test, phase(kt, 2), ACALL_PHASE_ABANDONED);
}

static void X7_escalate_shortens_never_lengthens(struct kunit *test)
{
	struct kt *kt = test->priv;
	u64 first, second;

	begin(test, 0, KT_STUBBORN);
	KUNIT_EXPECT_EQ(test, cancel(kt, 0, KT_GRACE_NS), 0);
	first = until(kt, 0);
	KUNIT_EXPECT_EQ(test, cancel(kt, 0, 1), -EALREADY);
	KUNIT_EXPECT_EQ(test, until(kt, 0), first);
	KUNIT_EXPECT_EQ(test, request(kt, 0, ACALL_REASON_CLIENT,
				      ACALL_CANCEL_ESCALATE, U64_MAX), 0);
	KUNIT_EXPECT_EQ(test, until(kt, 0), first);
	KUNIT_EXPECT_EQ(test, request(kt, 0, ACALL_REASON_CLIENT,
				      ACALL_CANCEL_ESCALATE, KT_GRACE_NS / 2),
			0);
	second = until(kt, 0);
	KUNIT_EXPECT_LT(test, second, first);
	KUNIT_EXPECT_EQ(test, request(kt, 0, ACALL_REASON_CLIENT,
				      ACALL_CANCEL_ESCALATE |
				      ACALL_CANCEL_ABANDON, 0), 0);
	KUNIT_EXPECT_EQ(test, phase(kt, 0), ACALL_PHASE_ABANDONED);
}

static void X12_the_first_request_is_the_reason(struct kunit *test)
{
	struct kt *kt = test->priv;
	u64 first;

	begin(test, 0, KT_STUBBORN);
	KUNIT_EXPECT_EQ(test, cancel(kt, 0, KT_GRACE_NS), 0);
	first = until(kt, 0);
	KUNIT_EXPECT_EQ(test, request(kt, 0, ACALL_REASON_CLOSE, 0,
				      2 * KT_GRACE_NS), 0);
	KUNIT_EXPECT_EQ(test, until(kt, 0), first);
	KUNIT_EXPECT_EQ(test, request(kt, 0, ACALL_REASON_PROVIDER, 0, 1), 0);
	KUNIT_EXPECT_EQ(test, kt_wait(kt, 0), 0);
	KUNIT_EXPECT_EQ(test, acall_word_reason(word(kt, 0)),
			ACALL_REASON_CLIENT);
}

static void X8_too_late_ESRCH(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_snapshot snap;

	kt->calls[0].ret = -EUCLEAN;
	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_INLINE), 0);
	KUNIT_EXPECT_EQ(test, cancel(kt, 0, 0), -ESRCH);
	KUNIT_EXPECT_EQ(test, request(kt, 0, ACALL_REASON_PROVIDER, 0, 0),
			-ESRCH);
	acall_call_snapshot(kt->calls[0].call, &snap);
	KUNIT_EXPECT_EQ(test, snap.status, -EUCLEAN);
	KUNIT_EXPECT_EQ(test, snap.cancel_ns, 0);
}

static void B6_NO_CANCEL_binds_clients_only(struct kunit *test)
{
	struct kt *kt = test->priv;

	kt->calls[0].prepare = set_no_cancel;
	kt->calls[0].ret = -ECANCELED;
	begin(test, 0, KT_STUBBORN);
	KUNIT_EXPECT_EQ(test, cancel(kt, 0, KT_GRACE_NS), -EPERM);
	KUNIT_EXPECT_EQ(test, request(kt, 0, ACALL_REASON_CLIENT,
				      ACALL_CANCEL_ABANDON, 0), -EPERM);
	KUNIT_EXPECT_EQ(test, phase(kt, 0), ACALL_PHASE_RUNNING);
	KUNIT_EXPECT_FALSE(test, acall_cancelled(kt->calls[0].call));
	KUNIT_EXPECT_EQ(test, request(kt, 0, ACALL_REASON_ADMIN, 0,
				      KT_GRACE_NS), 0);
	/* Not even what another has begun. */
	KUNIT_EXPECT_EQ(test, request(kt, 0, ACALL_REASON_CLIENT,
				      ACALL_CANCEL_ESCALATE, 1), -EPERM);
	kt_open(kt, 0);
	KUNIT_EXPECT_EQ(test, kt_wait(kt, 0), 0);
	KUNIT_EXPECT_EQ(test, phase(kt, 0), ACALL_PHASE_STOPPED);
}

static void X12_fixed_EOPNOTSUPP(struct kunit *test)
{
	struct kt *kt = test->priv;

	begin(test, 0, KT_FIXED);
	KUNIT_EXPECT_EQ(test, cancel(kt, 0, KT_GRACE_NS), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, request(kt, 0, ACALL_REASON_ADMIN,
				      ACALL_CANCEL_ABANDON, 0), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, request(kt, 0, ACALL_REASON_CLOSE, 0,
				      KT_GRACE_NS), -EOPNOTSUPP);
	KUNIT_EXPECT_FALSE(test, acall_cancelled(kt->calls[0].call));
	/* But the client of a provider that goes is freed (P8). */
	KUNIT_EXPECT_EQ(test, request(kt, 0, ACALL_REASON_PROVIDER, 0, 1 * MS),
			0);
	KUNIT_EXPECT_EQ(test, kt_wait(kt, 0), 0);
	KUNIT_EXPECT_EQ(test, phase(kt, 0), ACALL_PHASE_ABANDONED);
	kt_complete(kt, 0, 0);
}

static void hook_refuses(struct kunit *test, u32 method, int errno)
{
	struct kt *kt = test->priv;
	struct acall_request asking = {
		.reason = ACALL_REASON_CLIENT,
		.grace_ns = KT_GRACE_NS,
	};
	struct acall_call *call;
	struct acall_snapshot snap;
	u32 i = method;
	int ret;

	kt->calls[i].hook_ret = errno;
	begin(test, i, method);
	call = kt->calls[i].call;
	ret = acall_call_cancel(call, &asking);
	if (method == KT_SLEEPY) {
		/* The answer is a worker's. */
		KUNIT_EXPECT_EQ(test, ret, 0);
		ret = acall_call_cancel_wait(call, &asking);
	}
	KUNIT_EXPECT_EQ(test, ret, errno);
	KUNIT_EXPECT_EQ(test, kt->calls[i].asked, 1);
	/* As if nobody had asked. */
	KUNIT_EXPECT_EQ(test, phase(kt, i), ACALL_PHASE_RUNNING);
	KUNIT_EXPECT_FALSE(test, acall_cancelled(call));
	acall_call_snapshot(call, &snap);
	KUNIT_EXPECT_EQ(test, snap.cancel_ns, 0);
	KUNIT_EXPECT_EQ(test, snap.cancel_tgid, 0);
	KUNIT_EXPECT_EQ(test, until(kt, i), U64_MAX);

	/* May be asked again, and not any more once it has said yes. */
	kt->calls[i].hook_ret = 0;
	KUNIT_EXPECT_EQ(test, acall_call_cancel(call, &asking), 0);
	KT_POLL(test, phase(kt, i) == ACALL_PHASE_CANCELLING);
	KUNIT_EXPECT_EQ(test, acall_call_cancel(call, &asking), -EALREADY);
	KUNIT_EXPECT_EQ(test, request(kt, i, ACALL_REASON_DEADLINE, 0,
				      KT_GRACE_NS), 0);
	KUNIT_EXPECT_EQ(test, kt->calls[i].asked, 2);
	kt_complete(kt, i, -ECANCELED);
	KUNIT_EXPECT_EQ(test, phase(kt, i), ACALL_PHASE_STOPPED);
}

static void X12_an_atomic_hook_refuses(struct kunit *test)
{
	hook_refuses(test, KT_HOOK, -EBUSY);
}

static void X12_a_sleepable_hook_refuses(struct kunit *test)
{
	hook_refuses(test, KT_SLEEPY, -EPERM);
}

static void a_refusal_that_is_none_warns(struct kunit *test)
{
	struct kt *kt = test->priv;

	acall_kunit_expect_warnings();
	kt->calls[0].hook_ret = -EIO;
	begin(test, 0, KT_HOOK);
	KUNIT_EXPECT_EQ(test, cancel(kt, 0, KT_GRACE_NS), -EBUSY);
	kt->calls[0].hook_ret = 1;
	KUNIT_EXPECT_EQ(test, cancel(kt, 0, KT_GRACE_NS), -EBUSY);
	KUNIT_EXPECT_EQ(test, acall_kunit_warnings(), 1);
	KUNIT_EXPECT_EQ(test, phase(kt, 0), ACALL_PHASE_RUNNING);
	kt_complete(kt, 0, 0);
}

static void X12_who_is_not_refused(struct kunit *test)
{
	static const enum acall_reason reasons[] = {
		ACALL_REASON_DEADLINE, ACALL_REASON_PROVIDER,
		ACALL_REASON_REBOOT,
	};
	struct kt *kt = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		kt->calls[i].hook_ret = -EBUSY;
		begin(test, i, KT_HOOK);
		KUNIT_EXPECT_EQ(test, request(kt, i, reasons[i], 0,
					      KT_GRACE_NS), 0);
		KUNIT_EXPECT_EQ(test, kt->calls[i].asked, 1);
		KUNIT_EXPECT_EQ(test, phase(kt, i), ACALL_PHASE_CANCELLING);
		kt_complete(kt, i, -EINTR);
		KUNIT_EXPECT_EQ(test, phase(kt, i), ACALL_PHASE_STOPPED);
	}
}

static void B5_deadline_in_the_past(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_snapshot snap;

	deadline = 0;
	deadline_grace = KT_GRACE_NS;
	kt->calls[0].prepare = set_deadline;
	KUNIT_ASSERT_EQ(test, kt_begin(kt, 0, KT_RUN), 0);
	KUNIT_EXPECT_EQ(test, kt_wait(kt, 0), 0);
	KUNIT_EXPECT_EQ(test, phase(kt, 0), ACALL_PHASE_NEVER_STARTED);
	acall_call_snapshot(kt->calls[0].call, &snap);
	KUNIT_EXPECT_EQ(test, snap.status, -ETIME);
	KUNIT_EXPECT_EQ(test, snap.start_ns, 0);
	KUNIT_EXPECT_EQ(test, kt->calls[0].entered, 0);
	KT_WAIT(test, kt, kt->calls[0].released == 1);
}

static void B5_deadline_cancels_never_early(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_snapshot snap;
	u64 ms = 5;
	u32 i = 0;

	/* On a machine so slow that it passes before .start: a later one. */
	for (;; i++, ms *= 4) {
		deadline = ktime_get_ns() + ms * MS;
		deadline_grace = KT_GRACE_NS;
		kt->calls[i].prepare = set_deadline;
		kt->calls[i].hook_ret = -EBUSY;
		KUNIT_ASSERT_EQ(test, kt_begin(kt, i, KT_HOOK), 0);
		if (kt->calls[i].entered)
			break;
		KUNIT_ASSERT_LT(test, i, 6);
	}
	KT_WAIT(test, kt, kt->calls[i].asked);
	acall_call_snapshot(kt->calls[i].call, &snap);
	KUNIT_EXPECT_GE(test, snap.cancel_ns, deadline);
	KUNIT_EXPECT_EQ(test, phase(kt, i), ACALL_PHASE_CANCELLING);
	kt_complete(kt, i, -ECANCELED);
	acall_call_snapshot(kt->calls[i].call, &snap);
	KUNIT_EXPECT_EQ(test, snap.status, -ETIME);
	KUNIT_EXPECT_EQ(test, phase(kt, i), ACALL_PHASE_STOPPED);
}

static void X12_the_earlier_of_grace_and_deadline(struct kunit *test)
{
	struct kt *kt = test->priv;
	u64 now;

	deadline = ktime_get_ns() + KT_GRACE_NS;
	deadline_grace = KT_GRACE_NS;
	kt->calls[0].prepare = set_deadline;
	begin(test, 0, KT_HOOK);
	KUNIT_EXPECT_EQ(test, until(kt, 0), deadline);
	KUNIT_EXPECT_EQ(test, cancel(kt, 0, U64_MAX), 0);
	KUNIT_EXPECT_EQ(test, until(kt, 0), deadline + deadline_grace);
	kt_complete(kt, 0, 0);

	kt->calls[1].prepare = set_deadline;
	begin(test, 1, KT_HOOK);
	now = ktime_get_ns();
	KUNIT_EXPECT_EQ(test, cancel(kt, 1, KT_GRACE_NS / 2), 0);
	KUNIT_EXPECT_GE(test, until(kt, 1), now + KT_GRACE_NS / 2);
	KUNIT_EXPECT_LT(test, until(kt, 1), deadline + deadline_grace);
	kt_complete(kt, 1, 0);
}

static void B5_deadline_and_grace_saturate(struct kunit *test)
{
	struct kt *kt = test->priv;

	/* The sum is for ever, and leaves a cancel's own grace alone. */
	deadline = ktime_get_ns() + KT_GRACE_NS;
	deadline_grace = U64_MAX;
	kt->calls[0].prepare = set_deadline;
	begin(test, 0, KT_HOOK);
	KUNIT_EXPECT_EQ(test, cancel(kt, 0, U64_MAX), 0);
	KUNIT_EXPECT_EQ(test, until(kt, 0), U64_MAX);
	kt_complete(kt, 0, 0);

	deadline = (u64)KTIME_MAX + 5;
	kt->calls[1].prepare = set_deadline;
	begin(test, 1, KT_HOOK);
	KUNIT_EXPECT_EQ(test, until(kt, 1), U64_MAX);
	KUNIT_EXPECT_EQ(test, cancel(kt, 1, U64_MAX - 1), 0);
	KUNIT_EXPECT_EQ(test, until(kt, 1), U64_MAX);
	kt_complete(kt, 1, 0);
}

static void B5_a_refusal_leaves_the_deadline_armed(struct kunit *test)
{
	struct kt *kt = test->priv;

	deadline = ktime_get_ns() + KT_GRACE_NS;
	deadline_grace = KT_GRACE_NS;
	kt->calls[0].prepare = set_deadline;
	kt->calls[0].hook_ret = -EBUSY;
	begin(test, 0, KT_HOOK);
	KUNIT_EXPECT_EQ(test, cancel(kt, 0, KT_GRACE_NS), -EBUSY);
	KUNIT_EXPECT_EQ(test, until(kt, 0), deadline);
	kt_complete(kt, 0, 0);
	KUNIT_EXPECT_EQ(test, until(kt, 0), U64_MAX);
}

static u64 seen_in_hook;

/* The deadline's timer may not ring for a grace that has not begun. */
static void look_at_timer(struct acall_call *call)
{
	seen_in_hook = READ_ONCE(call->timer_until);
}

static void X12_no_deadline_while_a_hook_is_asked(struct kunit *test)
{
	struct kt *kt = test->priv;
	u64 now;

	deadline = ktime_get_ns() + KT_GRACE_NS;
	deadline_grace = KT_GRACE_NS;
	kt->calls[0].prepare = set_deadline;
	kt->calls[0].hook = look_at_timer;
	begin(test, 0, KT_HOOK);
	now = ktime_get_ns();
	KUNIT_EXPECT_EQ(test, cancel(kt, 0, KT_GRACE_NS / 2), 0);
	KUNIT_EXPECT_EQ(test, kt->calls[0].asked, 1);
	KUNIT_EXPECT_EQ(test, seen_in_hook, U64_MAX);
	KUNIT_EXPECT_GE(test, until(kt, 0), now + KT_GRACE_NS / 2);
	KUNIT_EXPECT_LT(test, until(kt, 0), deadline + deadline_grace);
	kt_complete(kt, 0, 0);
}

/* The provider goes while the hook is about to refuse a client. */
static void force_meanwhile(struct acall_call *call)
{
	acall_call_cancel_by(call, ACALL_REASON_PROVIDER);
}

static void P2_told_again_what_cannot_be_refused(struct kunit *test)
{
	struct kt *kt = test->priv;

	kt->calls[0].hook = force_meanwhile;
	kt->calls[0].hook_ret = -EBUSY;
	begin(test, 0, KT_HOOK);
	KUNIT_EXPECT_EQ(test, cancel(kt, 0, KT_GRACE_NS), 0);
	/* Once for the client, once for the provider, and not for ever. */
	KUNIT_EXPECT_EQ(test, kt->calls[0].asked, 2);
	KUNIT_EXPECT_EQ(test, phase(kt, 0), ACALL_PHASE_CANCELLING);
	KUNIT_EXPECT_TRUE(test, acall_cancelled(kt->calls[0].call));
	kt_complete(kt, 0, -ECANCELED);
	KUNIT_EXPECT_EQ(test, phase(kt, 0), ACALL_PHASE_STOPPED);
}

/* A completion from inside the hook: released once it is out, and only then. */
static void complete_in_hook(struct acall_call *call)
{
	acall_complete(call, -ECANCELED);
	seen_in_hook = call->identity.cred && call->method;
}

static void P1_a_hook_may_complete(struct kunit *test)
{
	struct kt *kt = test->priv;

	kt->calls[0].hook = complete_in_hook;
	kt->calls[0].completed = true;
	begin(test, 0, KT_HOOK);
	KUNIT_EXPECT_EQ(test, cancel(kt, 0, KT_GRACE_NS), 0);
	KUNIT_EXPECT_EQ(test, seen_in_hook, 1);
	KUNIT_EXPECT_EQ(test, phase(kt, 0), ACALL_PHASE_STOPPED);
	KT_WAIT(test, kt, kt->calls[0].released == 1);
	KUNIT_EXPECT_EQ(test, kt->calls[0].asked, 1);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(X5_grace_saturates),
	KUNIT_CASE(X5_grace_over_abandons_never_early),
	KUNIT_CASE(X4_abandon_and_no_grace_are_at_once),
	KUNIT_CASE(X7_escalate_shortens_never_lengthens),
	KUNIT_CASE(X12_the_first_request_is_the_reason),
	KUNIT_CASE(X8_too_late_ESRCH),
	KUNIT_CASE(B6_NO_CANCEL_binds_clients_only),
	KUNIT_CASE(X12_fixed_EOPNOTSUPP),
	KUNIT_CASE(X12_an_atomic_hook_refuses),
	KUNIT_CASE(X12_a_sleepable_hook_refuses),
	KUNIT_CASE(a_refusal_that_is_none_warns),
	KUNIT_CASE(X12_who_is_not_refused),
	KUNIT_CASE(B5_deadline_in_the_past),
	KUNIT_CASE(B5_deadline_cancels_never_early),
	KUNIT_CASE(X12_the_earlier_of_grace_and_deadline),
	KUNIT_CASE(B5_deadline_and_grace_saturate),
	KUNIT_CASE(B5_a_refusal_leaves_the_deadline_armed),
	KUNIT_CASE(X12_no_deadline_while_a_hook_is_asked),
	KUNIT_CASE(P2_told_again_what_cannot_be_refused),
	KUNIT_CASE(P1_a_hook_may_complete),
	{}
};

struct kunit_suite acall_kunit_cancel = {
	.name = "acall_cancel",
	.init = kt_init,
	.exit = kt_exit,
	.test_cases = cases,
};
