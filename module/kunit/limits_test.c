// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounting (contract.md, Limits): who is charged, what is refused with which
 * errno, and that a refusal leaves nothing behind. Other users are credentials
 * made for the test, because who has CAP_SYS_RESOURCE is exempt; user
 * namespaces are structures that only say who owns them.
 *
 * The limits are module parameters: every test puts back what it found.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kunit.h"
#include "user/limits.h"

static const char * const params[] = {
	"user_calls", "user_bytes", "total_calls", "total_bytes",
};

struct limits {
	char was[ARRAY_SIZE(params)][KT_PARAM_SIZE];
};

static void limit(struct kunit *test, const char *name, u64 value)
{
	KUNIT_ASSERT_EQ(test, kt_param_set(name, value), 0);
}

static int limits_init(struct kunit *test)
{
	struct limits *limits;
	u32 i;

	limits = kunit_kzalloc(test, sizeof(*limits), GFP_KERNEL);
	if (!limits)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(params); i++)
		if (acall_kunit_param_get(params[i], limits->was[i]))
			return -ENOENT;
	test->priv = limits;
	return 0;
}

static void limits_exit(struct kunit *test)
{
	struct limits *limits = test->priv;
	u32 i;

	for (i = 0; limits && i < ARRAY_SIZE(params); i++)
		acall_kunit_param_set(params[i], limits->was[i]);
}

/* The payer of user @uid; the test runs as it was before. */
static struct acall_payer *payer_of(struct kunit *test, u32 uid,
				    struct user_namespace *ns)
{
	struct kt_user user;
	struct acall_payer *payer;

	KUNIT_ASSERT_EQ(test, kt_become(&user, uid, ns), 0);
	payer = acall_payer_get_current(NULL);
	kt_unbecome(&user);
	KUNIT_ASSERT_NOT_NULL(test, payer);
	return payer;
}

/* Charges as somebody without CAP_SYS_RESOURCE. */
static int charge(struct kunit *test, struct acall_payer *payer, u32 calls,
		  u64 bytes)
{
	struct kt_user user;
	int ret;

	KUNIT_ASSERT_EQ(test, kt_become(&user, 9999, NULL), 0);
	ret = acall_charge(payer, calls, bytes);
	kt_unbecome(&user);
	return ret;
}

static void expect_charged(struct kunit *test, u32 uid, u32 calls, u64 bytes)
{
	struct acall_limits_info info;
	struct kt_user user;

	KUNIT_ASSERT_EQ(test, kt_become(&user, uid, NULL), 0);
	acall_limits_get_info(&info);
	kt_unbecome(&user);
	KUNIT_EXPECT_EQ_MSG(test, info.charged_calls, calls, "uid %u", uid);
	KUNIT_EXPECT_EQ_MSG(test, info.charged_bytes, bytes, "uid %u", uid);
}

static void calls_of_a_user_EDQUOT(struct kunit *test)
{
	struct acall_payer *a = payer_of(test, 1001, NULL);
	struct acall_payer *b = payer_of(test, 1002, NULL);

	limit(test, "user_calls", 2);
	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 0), -EDQUOT);
	expect_charged(test, 1001, 2, 0);
	/* Nobody else's. */
	KUNIT_EXPECT_EQ(test, charge(test, b, 1, 0), 0);
	expect_charged(test, 1002, 1, 0);
	/* Room again, for as many as went. */
	acall_uncharge(a, 1, 0);
	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 0), -EDQUOT);
	/* Bytes of a call that there is already need no other call. */
	KUNIT_EXPECT_EQ(test, charge(test, a, 0, 7), 0);
	expect_charged(test, 1001, 2, 7);

	acall_uncharge(a, 1, 7);
	acall_uncharge(a, 1, 0);
	acall_uncharge(b, 1, 0);
	expect_charged(test, 1001, 0, 0);
	acall_payer_put(a);
	acall_payer_put(b);
}

static void calls_of_the_machine_EAGAIN(struct kunit *test)
{
	struct acall_payer *a = payer_of(test, 1001, NULL);
	struct acall_payer *b = payer_of(test, 1002, NULL);
	u32 before = acall_limits_calls();

	limit(test, "total_calls", before + 2);
	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, charge(test, b, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, charge(test, b, 1, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, acall_limits_calls(), before + 2);
	expect_charged(test, 1002, 1, 0);
	/* Over both: what the user can do something about is said. */
	limit(test, "user_calls", 1);
	KUNIT_EXPECT_EQ(test, charge(test, b, 1, 0), -EDQUOT);

	acall_uncharge(a, 1, 0);
	acall_uncharge(b, 1, 0);
	KUNIT_EXPECT_EQ(test, acall_limits_calls(), before);
	acall_payer_put(a);
	acall_payer_put(b);
}

static void bytes_of_a_user_EDQUOT(struct kunit *test)
{
	struct acall_payer *a = payer_of(test, 1001, NULL);

	limit(test, "user_bytes", 1000);
	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 600), 0);
	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 401), -EDQUOT);
	/* A refusal charges neither the bytes nor the call. */
	expect_charged(test, 1001, 1, 600);
	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 400), 0);
	KUNIT_EXPECT_EQ(test, charge(test, a, 0, 1), -EDQUOT);
	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 0), 0);
	expect_charged(test, 1001, 3, 1000);

	acall_uncharge(a, 1, 1000);
	acall_uncharge(a, 1, 0);
	acall_uncharge(a, 1, 0);
	expect_charged(test, 1001, 0, 0);
	acall_payer_put(a);
}

static void bytes_of_the_machine_EAGAIN(struct kunit *test)
{
	struct acall_payer *a = payer_of(test, 1001, NULL);
	struct acall_payer *b = payer_of(test, 1002, NULL);

	KUNIT_ASSERT_EQ(test, acall_limits_calls(), 0);
	limit(test, "total_bytes", 1000);
	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 600), 0);
	KUNIT_EXPECT_EQ(test, charge(test, b, 1, 401), -EAGAIN);
	expect_charged(test, 1002, 0, 0);
	KUNIT_EXPECT_EQ(test, charge(test, b, 1, 400), 0);

	acall_uncharge(a, 1, 600);
	acall_uncharge(b, 1, 400);
	acall_payer_put(a);
	acall_payer_put(b);
}

/* A limit that is lowered under what is there refuses, and harms nothing. */
static void limit_lowered_below_use(struct kunit *test)
{
	struct acall_payer *a = payer_of(test, 1001, NULL);

	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 500), 0);
	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 500), 0);
	limit(test, "user_calls", 1);
	limit(test, "user_bytes", 10);
	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 0), -EDQUOT);
	KUNIT_EXPECT_EQ(test, charge(test, a, 0, 1), -EDQUOT);
	acall_uncharge(a, 1, 500);
	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 0), -EDQUOT);
	acall_uncharge(a, 1, 500);
	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 10), 0);
	acall_uncharge(a, 1, 10);
	acall_payer_put(a);
}

static void exempt_with_CAP_SYS_RESOURCE(struct kunit *test)
{
	struct acall_payer *a = payer_of(test, 1001, NULL);

	limit(test, "user_calls", 0);
	limit(test, "user_bytes", 0);
	limit(test, "total_calls", 0);
	limit(test, "total_bytes", 0);
	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 1), -EDQUOT);
	/* The test itself may; it is charged all the same. */
	KUNIT_EXPECT_EQ(test, acall_charge(a, 1, 50), 0);
	expect_charged(test, 1001, 1, 50);
	acall_uncharge(a, 1, 50);
	acall_payer_put(a);
}

/* Who is in a namespace of his own does not get rid of his owner's limit. */
static void owners_of_user_namespaces_pay(struct kunit *test)
{
	struct user_namespace *outer = kt_user_ns(&init_user_ns, 1003);
	struct user_namespace *inner = kt_user_ns(outer, 1002);
	struct acall_payer *a = payer_of(test, 1001, inner);
	struct acall_payer *c = payer_of(test, 1003, NULL);

	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 30), 0);
	expect_charged(test, 1001, 1, 30);
	expect_charged(test, 1002, 1, 30);
	expect_charged(test, 1003, 1, 30);
	KUNIT_EXPECT_EQ(test, __kuid_val(acall_payer_owner(a)), 1003);

	/* The outermost owner is at his limit: so is everybody inside. */
	limit(test, "user_calls", 2);
	KUNIT_EXPECT_EQ(test, charge(test, c, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 30), -EDQUOT);
	expect_charged(test, 1001, 1, 30);
	expect_charged(test, 1003, 2, 30);

	acall_uncharge(c, 1, 0);
	acall_uncharge(a, 1, 30);
	expect_charged(test, 1001, 0, 0);
	expect_charged(test, 1002, 0, 0);
	expect_charged(test, 1003, 0, 0);
	acall_payer_put(a);
	acall_payer_put(c);
}

static void owner_of_his_own_namespace_pays_once(struct kunit *test)
{
	struct user_namespace *own = kt_user_ns(&init_user_ns, 1001);
	struct user_namespace *other = kt_user_ns(own, 1002);
	struct acall_payer *a = payer_of(test, 1001, own);
	struct acall_payer *b;

	KUNIT_EXPECT_EQ(test, charge(test, a, 1, 10), 0);
	expect_charged(test, 1001, 1, 10);
	KUNIT_EXPECT_EQ(test, __kuid_val(acall_payer_owner(a)), 1001);
	acall_uncharge(a, 1, 10);

	/* Again further out: once, and he is the one outside who counts. */
	b = payer_of(test, 1001, other);
	KUNIT_EXPECT_EQ(test, charge(test, b, 1, 10), 0);
	expect_charged(test, 1001, 1, 10);
	expect_charged(test, 1002, 1, 10);
	KUNIT_EXPECT_EQ(test, __kuid_val(acall_payer_owner(b)), 1001);
	acall_uncharge(b, 1, 10);
	expect_charged(test, 1001, 0, 0);
	expect_charged(test, 1002, 0, 0);
	acall_payer_put(a);
	acall_payer_put(b);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(calls_of_a_user_EDQUOT),
	KUNIT_CASE(calls_of_the_machine_EAGAIN),
	KUNIT_CASE(bytes_of_a_user_EDQUOT),
	KUNIT_CASE(bytes_of_the_machine_EAGAIN),
	KUNIT_CASE(limit_lowered_below_use),
	KUNIT_CASE(exempt_with_CAP_SYS_RESOURCE),
	KUNIT_CASE(owners_of_user_namespaces_pay),
	KUNIT_CASE(owner_of_his_own_namespace_pays_once),
	{}
};

struct kunit_suite acall_kunit_limits = {
	.name = "acall_limits",
	.init = limits_init,
	.exit = limits_exit,
	.test_cases = cases,
};
