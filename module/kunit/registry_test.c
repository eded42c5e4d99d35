// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry: what a description may say, field by field, and what becomes of
 * names, versions, instances and flags. A description that is refused is one
 * that was good but for one field; that it was good is a test too.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "interface.h"
#include "kunit.h"
#include "name.h"

#define NAME31	"a234567890123456789012345678901"

/* Unlike kt_init(): nothing is registered yet. */
static int registry_init(struct kunit *test)
{
	struct kt *kt = kunit_kzalloc(test, sizeof(*kt), GFP_KERNEL);

	if (!kt)
		return -ENOMEM;
	kt_describe(kt);
	test->priv = kt;
	return 0;
}

static void registry_exit(struct kunit *test)
{
	struct kt *kt = test->priv;

	if (kt && kt->iface)
		acall_unregister_interface(kt->iface);
}

static void refused(struct kunit *test, const char *what)
{
	struct kt *kt = test->priv;
	struct acall_interface *iface = acall_register_interface(&kt->desc);

	KUNIT_EXPECT_TRUE_MSG(test, IS_ERR(iface), "%s", what);
	if (IS_ERR(iface))
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR(iface), -EINVAL, "%s", what);
	else
		acall_unregister_interface(iface);
}

static void accepted(struct kunit *test, const char *what)
{
	struct kt *kt = test->priv;
	struct acall_interface *iface = acall_register_interface(&kt->desc);

	KUNIT_EXPECT_FALSE_MSG(test, IS_ERR(iface), "%s: %ld", what,
			       PTR_ERR(iface));
	if (!IS_ERR(iface))
		acall_unregister_interface(iface);
}

/* One assignment, which is taken back again. */
#define WITH(verdict, field, value) do {				\
	typeof(field) *__field = &(field);				\
	typeof(*__field) __was = *__field;				\
									\
	*__field = value;						\
	verdict(test, #field " = " #value);				\
	*__field = __was;						\
} while (0)
#define REFUSED(field, value)	WITH(refused, field, value)
#define ACCEPTED(field, value)	WITH(accepted, field, value)

static void C1_names(struct kunit *test)
{
	static const char * const good[] = {
		"a", "z", "test", "a0", "a_b.c-d", NAME31,
	};
	static const char * const bad[] = {
		"", "A", "0a", "_a", ".a", "-a", "aB", "a b", "a/b", "a\n",
		"a\x80", "a:", "a@", "a[", "a`", "a{", "`", "{", NAME31 "x",
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		KUNIT_EXPECT_TRUE_MSG(test, acall_name_valid(good[i]), "%s",
				      good[i]);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_FALSE_MSG(test, acall_name_valid(bad[i]), "%s",
				       bad[i]);
}

static void invalid_descriptions_EINVAL(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_interface_desc *desc = &kt->desc;

	accepted(test, "as it is");
	REFUSED(desc->name, NULL);
	REFUSED(desc->name, "");
	REFUSED(desc->name, "Kunit");
	REFUSED(desc->name, NAME31 "x");
	ACCEPTED(desc->name, NAME31);
	REFUSED(desc->version_min, 0);
	REFUSED(desc->version_min, 4);
	ACCEPTED(desc->version_min, 3);
	REFUSED(desc->version, 0);
	ACCEPTED(desc->version, U32_MAX);
	REFUSED(desc->flags, ~0U);
	REFUSED(desc->flags, ACALL_INTERFACE_MAY_CREATE);
	REFUSED(desc->flags, ACALL_INTERFACE_PRIVATE << 1);
	ACCEPTED(desc->flags, ACALL_INTERFACE_NODE);
	ACCEPTED(desc->flags, ACALL_INTERFACE_PRIVATE);
	REFUSED(desc->mode, 01000);
	REFUSED(desc->mode, S_IFCHR | 0600);
	ACCEPTED(desc->mode, 0777);
	REFUSED(desc->methods, NULL);
	REFUSED(desc->nr_methods, 0);
	ACCEPTED(desc->nr_methods, 1);
	REFUSED(desc->max_running, WQ_MAX_ACTIVE + 1);
	ACCEPTED(desc->max_running, WQ_MAX_ACTIVE);
	ACCEPTED(desc->max_running, 0);
}

/* The device is called acall-NAME, which is longer than a name may be. */
static void P10_a_node_leaves_all_letters_to_names(struct kunit *test)
{
	struct kt *kt = test->priv;

	kt->desc.flags = ACALL_INTERFACE_NODE;
	ACCEPTED(kt->desc.name, NAME31);
	REFUSED(kt->desc.name, NAME31 "x");
}

static void invalid_methods_EINVAL(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_method *method = &kt->methods[KT_RUN];

	ACCEPTED(method->name, NULL);
	REFUSED(method->name, "");
	REFUSED(method->name, "Run");
	REFUSED(method->name, NAME31 "x");
	REFUSED(method->unit, ACALL_UNIT_ITEMS + 1);
	REFUSED(method->in_size, ACALL_MAX_BYTES + 1);
	ACCEPTED(method->in_size, ACALL_MAX_BYTES);
	REFUSED(method->in_max, method->in_size - 1);
	REFUSED(method->in_max, ACALL_MAX_BYTES + 1);
	ACCEPTED(method->in_max, ACALL_MAX_BYTES);
	REFUSED(method->out_max, ACALL_MAX_BYTES + 1);
	ACCEPTED(method->out_max, ACALL_MAX_BYTES);
	REFUSED(method->files_min, method->files_max + 1);
	ACCEPTED(method->files_min, method->files_max);
	REFUSED(method->files_max, ACALL_MAX_FILES + 1);
	ACCEPTED(method->files_max, ACALL_MAX_FILES);
	REFUSED(method->files_out, ACALL_MAX_FILES + 1);
	ACCEPTED(method->files_out, ACALL_MAX_FILES);
	REFUSED(method->priv_size, U32_MAX);
	ACCEPTED(method->grace_ns, U64_MAX);
	/* The last of them is looked at as the first. */
	REFUSED(kt->methods[KT_NR_METHODS - 1].unit, U32_MAX);
}

static void invalid_kinds_of_method_EINVAL(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_method *run = &kt->methods[KT_RUN];
	struct acall_method *hook = &kt->methods[KT_HOOK];
	struct acall_method *in_line = &kt->methods[KT_INLINE];

	/* Exactly one of .run and .start, at most one cancel hook. */
	REFUSED(run->run, NULL);
	REFUSED(run->start, hook->start);
	REFUSED(hook->start, NULL);
	REFUSED(hook->run, run->run);
	REFUSED(hook->cancel_sleepable, hook->cancel);
	ACCEPTED(run->cancel, hook->cancel);
	ACCEPTED(run->cancel_sleepable, hook->cancel);

	REFUSED(run->caps, ~0U);
	REFUSED(run->caps, ACALL_CAP_MAY_REFUSE << 1);
	ACCEPTED(run->caps, ACALL_CAP_KILLABLE | ACALL_CAP_CHUNKED |
			    ACALL_CAP_COMMITS);
	ACCEPTED(run->caps, ACALL_CAP_SHORT);
	/* What follows from the hooks cannot be claimed without them. */
	REFUSED(run->caps, ACALL_CAP_CUSTOM);
	REFUSED(run->caps, ACALL_CAP_MAY_REFUSE);
	REFUSED(kt->methods[KT_FIXED].caps, ACALL_CAP_CANCEL);
	REFUSED(in_line->caps, ACALL_CAP_INLINE | ACALL_CAP_CANCEL);
	/* .start is no function that runs. */
	REFUSED(hook->caps, ACALL_CAP_KILLABLE);
	REFUSED(hook->caps, ACALL_CAP_INLINE);

	REFUSED(in_line->caps, ACALL_CAP_INLINE | ACALL_CAP_KILLABLE);
	REFUSED(in_line->cancel, hook->cancel);
	REFUSED(in_line->cancel_sleepable, hook->cancel);
	REFUSED(in_line->files_max, 1);
	REFUSED(in_line->files_out, 1);
	ACCEPTED(in_line->caps, ACALL_CAP_INLINE | ACALL_CAP_SHORT);
}

static void capabilities_follow_from_hooks(struct kunit *test)
{
	struct kt *kt = test->priv;
	u32 cancel = ACALL_CAP_CANCEL;
	u32 custom = ACALL_CAP_CUSTOM;
	const u32 want[KT_NR_METHODS] = {
		[KT_RUN]	= cancel | ACALL_CAP_COMMITS,
		[KT_STUBBORN]	= cancel,
		[KT_HOOK]	= cancel | custom | ACALL_CAP_MAY_REFUSE,
		[KT_SLEEPY]	= cancel | custom | ACALL_CAP_MAY_REFUSE,
		[KT_FIXED]	= custom,
		[KT_INLINE]	= ACALL_CAP_INLINE,
	};
	u32 i;

	for (i = 0; i < KT_NR_METHODS; i++)
		KUNIT_EXPECT_EQ_MSG(test, acall_method_caps(&kt->methods[i]),
				    want[i], "%s", kt->methods[i].name);
}

static struct acall_interface *add(struct kunit *test)
{
	struct kt *kt = test->priv;

	kt->iface = acall_register_interface(&kt->desc);
	if (IS_ERR(kt->iface)) {
		long err = PTR_ERR(kt->iface);

		kt->iface = NULL;
		KUNIT_FAIL(test, "not registered: %ld", err);
	}
	KUNIT_ASSERT_NOT_NULL(test, kt->iface);
	return kt->iface;
}

static void names_are_taken_once_EEXIST(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_interface_desc twin;
	u32 before = acall_interface_count();

	add(test);
	twin = kt->desc;
	KUNIT_EXPECT_EQ(test, acall_interface_count(), before + 1);
	KUNIT_EXPECT_EQ(test, PTR_ERR(acall_register_interface(&twin)),
			-EEXIST);
	KUNIT_EXPECT_EQ(test, acall_interface_count(), before + 1);
	acall_unregister_interface(kt->iface);
	kt->iface = NULL;
	KUNIT_EXPECT_EQ(test, acall_interface_count(), before);
	/* Free again. */
	add(test);
}

static void finds_by_name_until_gone(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_interface *iface, *found;

	KUNIT_EXPECT_NULL(test, acall_interface_find("kunit"));
	iface = add(test);
	found = acall_interface_find("kunit");
	KUNIT_EXPECT_PTR_EQ(test, found, iface);
	KUNIT_EXPECT_NULL(test, acall_interface_find("kuni"));
	KUNIT_EXPECT_NULL(test, acall_interface_find("kunit1"));
	KUNIT_EXPECT_STREQ(test, iface->name, "kunit");
	KUNIT_EXPECT_EQ(test, iface->version_min, 1);
	KUNIT_EXPECT_EQ(test, iface->version, 3);
	KUNIT_EXPECT_EQ(test, acall_interface_pin(iface), 0);
	acall_interface_unpin(iface, NULL);

	acall_unregister_interface(iface);
	kt->iface = NULL;
	/* Memory is there as long as somebody counts it; nothing else is. */
	KUNIT_EXPECT_NULL(test, acall_interface_find("kunit"));
	KUNIT_EXPECT_TRUE(test, acall_interface_gone(found));
	KUNIT_EXPECT_EQ(test, acall_interface_pin(found), -ENODEV);
	KUNIT_EXPECT_EQ(test, acall_interface_may_create(found), -ENODEV);
	/* Also if the name comes back (C5). */
	add(test);
	KUNIT_EXPECT_EQ(test, acall_interface_pin(found), -ENODEV);
	acall_interface_put(found);
}

static void walk_by_serial(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_interface *iface, *one, *two;
	u64 serial = 0;
	u32 ones = 0, twos = 0;

	one = acall_register_instance(&kt->desc, 1, NULL);
	two = acall_register_instance(&kt->desc, 2, NULL);
	KUNIT_EXPECT_FALSE(test, IS_ERR(one) || IS_ERR(two));
	while ((iface = acall_interface_next(serial, 0))) {
		KUNIT_EXPECT_GT(test, iface->serial, serial);
		serial = iface->serial;
		ones += iface == one;
		twos += iface == two;
		/* Goes while the walk stands on it. */
		if (iface == one)
			acall_unregister_interface(one);
		acall_interface_put(iface);
	}
	KUNIT_EXPECT_EQ(test, ones, 1);
	KUNIT_EXPECT_EQ(test, twos, 1);
	acall_unregister_interface(two);
}

static void P10_instances(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_interface *zero, *most, *found;
	u32 data[2];

	zero = acall_register_instance(&kt->desc, 0, &data[0]);
	most = acall_register_instance(&kt->desc, UINT_MAX, &data[1]);
	KUNIT_ASSERT_FALSE(test, IS_ERR(zero) || IS_ERR(most));
	KUNIT_EXPECT_STREQ(test, zero->name, "kunit.0");
	KUNIT_EXPECT_STREQ(test, most->name, "kunit.4294967295");
	KUNIT_EXPECT_PTR_EQ(test, zero->data, &data[0]);
	KUNIT_EXPECT_PTR_EQ(test, most->data, &data[1]);
	KUNIT_EXPECT_EQ(test, PTR_ERR(acall_register_instance(&kt->desc, 0,
							      NULL)),
			-EEXIST);
	found = acall_interface_find("kunit.0");
	KUNIT_EXPECT_PTR_EQ(test, found, zero);
	if (found)
		acall_interface_put(found);
	KUNIT_EXPECT_NULL(test, acall_interface_find("kunit"));
	acall_unregister_interface(zero);
	/* By itself. */
	KUNIT_EXPECT_EQ(test, acall_interface_pin(most), 0);
	acall_interface_unpin(most, NULL);
	acall_unregister_interface(most);

	/* 31 letters with dot and number. */
	kt->desc.name = "a2345678901234567890123456789";
	zero = acall_register_instance(&kt->desc, 9, NULL);
	KUNIT_EXPECT_FALSE(test, IS_ERR(zero));
	if (!IS_ERR(zero))
		acall_unregister_interface(zero);
	KUNIT_EXPECT_EQ(test, PTR_ERR(acall_register_instance(&kt->desc, 10,
							      NULL)),
			-EINVAL);
}

static void P10_private_is_not_found_nor_counted(struct kunit *test)
{
	struct kt *kt = test->priv;
	struct acall_interface *iface;
	u32 before = acall_interface_count();
	u64 serial = 0;

	kt->desc.flags = ACALL_INTERFACE_PRIVATE;
	add(test);
	/* Where else would it be reached? */
	KUNIT_EXPECT_TRUE(test, kt->iface->flags & ACALL_INTERFACE_NODE);
	KUNIT_EXPECT_NULL(test, acall_interface_find("kunit"));
	KUNIT_EXPECT_EQ(test, acall_interface_count(), before);
	while ((iface = acall_interface_next(serial,
					     ACALL_INTERFACE_PRIVATE))) {
		serial = iface->serial;
		KUNIT_EXPECT_PTR_NE(test, iface, kt->iface);
		acall_interface_put(iface);
	}
	/* But its name is taken. */
	kt->desc.flags = 0;
	KUNIT_EXPECT_EQ(test, PTR_ERR(acall_register_interface(&kt->desc)),
			-EEXIST);
	acall_unregister_interface(kt->iface);
	kt->iface = NULL;
	KUNIT_EXPECT_EQ(test, acall_interface_count(), before);
}

static void methods_by_number(struct kunit *test)
{
	struct kt *kt = test->priv;
	u32 i;

	kt->methods[KT_HOOK].name = NULL;
	add(test);
	for (i = 0; i < KT_NR_METHODS; i++)
		KUNIT_EXPECT_PTR_EQ(test, acall_interface_method(kt->iface, i),
				    i == KT_HOOK ? NULL : &kt->methods[i]);
	KUNIT_EXPECT_NULL(test, acall_interface_method(kt->iface,
						       KT_NR_METHODS));
	KUNIT_EXPECT_NULL(test, acall_interface_method(kt->iface, U32_MAX));
}

static int answer;

static int may_create(void *data)
{
	return data ? answer : 1;
}

static void C6_a_provider_may_refuse(struct kunit *test)
{
	struct kt *kt = test->priv;

	kt->desc.may_create = may_create;
	kt->iface = acall_register_instance(&kt->desc, 0, &answer);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kt->iface));
	answer = 0;
	KUNIT_EXPECT_EQ(test, acall_interface_may_create(kt->iface), 0);
	answer = -EPERM;
	KUNIT_EXPECT_EQ(test, acall_interface_may_create(kt->iface), -EPERM);
	/* Not to be restarted, whatever the provider waited for (R-RESTART). */
	answer = -ERESTARTSYS;
	KUNIT_EXPECT_EQ(test, acall_interface_may_create(kt->iface), -EINTR);
	/* What is no errno never gets out. */
	acall_kunit_expect_warnings();
	answer = 7;
	KUNIT_EXPECT_EQ(test, acall_interface_may_create(kt->iface), -EIO);
	answer = -MAX_ERRNO - 1;
	KUNIT_EXPECT_EQ(test, acall_interface_may_create(kt->iface), -EIO);
	KUNIT_EXPECT_EQ(test, acall_kunit_warnings(), 1);
	/* No pin is left behind: the unregistration would not return. */
	KUNIT_EXPECT_EQ(test, kt->iface->pins, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(C1_names),
	KUNIT_CASE(invalid_descriptions_EINVAL),
	KUNIT_CASE(P10_a_node_leaves_all_letters_to_names),
	KUNIT_CASE(invalid_methods_EINVAL),
	KUNIT_CASE(invalid_kinds_of_method_EINVAL),
	KUNIT_CASE(capabilities_follow_from_hooks),
	KUNIT_CASE(names_are_taken_once_EEXIST),
	KUNIT_CASE(finds_by_name_until_gone),
	KUNIT_CASE(walk_by_serial),
	KUNIT_CASE(P10_instances),
	KUNIT_CASE(P10_private_is_not_found_nor_counted),
	KUNIT_CASE(methods_by_number),
	KUNIT_CASE(C6_a_provider_may_refuse),
	{}
};

struct kunit_suite acall_kunit_registry = {
	.name = "acall_registry",
	.init = registry_init,
	.exit = registry_exit,
	.test_cases = cases,
};
