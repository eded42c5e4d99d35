// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ids and the table of calls by id. The calls here are bare structures with an
 * id and a reference, which is all that the table looks at; none is published.
 */
#include <kunit/test.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "call.h"
#include "kunit.h"

#define NR_IDS	5000
#define NR	200

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void ids_are_unique_and_not_0(struct kunit *test)
{
	u64 *ids = kunit_kcalloc(test, NR_IDS, sizeof(*ids), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, ids);
	for (i = 0; i < NR_IDS; i++)
		ids[i] = acall_table_new_ids(1);
	sort(ids, NR_IDS, sizeof(*ids), compare, NULL);
	KUNIT_EXPECT_NE(test, ids[0], 0);
	for (i = 1; i < NR_IDS; i++)
		KUNIT_EXPECT_NE(test, ids[i - 1], ids[i]);
}

/* What was given out before this module was loaded is behind boot time. */
static void ids_are_older_than_now(struct kunit *test)
{
	KUNIT_EXPECT_LT(test, acall_table_new_ids(1), ktime_get_boottime_ns());
}

struct table {
	struct acall_call *calls;
	bool in[NR];
};

static int table_init(struct kunit *test)
{
	struct table *table = kunit_kzalloc(test, sizeof(*table), GFP_KERNEL);
	u32 i;

	if (!table)
		return -ENOMEM;
	table->calls = kunit_kcalloc(test, NR, sizeof(*table->calls),
				     GFP_KERNEL);
	if (!table->calls)
		return -ENOMEM;
	for (i = 0; i < NR; i++) {
		struct acall_call *call = &table->calls[i];

		refcount_set(&call->ref, 1);
		RB_CLEAR_NODE(&call->node);
		/* Some next to each other, some in shard after shard. */
		call->id = 1 + (i < NR / 2 ? i : i * 64);
	}
	test->priv = table;
	return 0;
}

static void add(struct table *table, u32 i)
{
	acall_table_add(&table->calls[i]);
	table->in[i] = true;
}

static void del(struct table *table, u32 i)
{
	acall_table_del(&table->calls[i]);
	RB_CLEAR_NODE(&table->calls[i].node);
	table->in[i] = false;
}

static void table_exit(struct kunit *test)
{
	struct table *table = test->priv;
	u32 i;

	for (i = 0; table && i < NR; i++)
		if (table->in[i])
			del(table, i);
}

/* As the references here never go to 0, dropping one is only a count. */
static void put(struct kunit *test, struct acall_call *call)
{
	KUNIT_EXPECT_GT(test, refcount_read(&call->ref), 1);
	acall_call_put(call);
}

static void finds_by_id(struct kunit *test)
{
	struct table *table = test->priv;
	struct acall_call *call;
	u32 i;

	for (i = 0; i < NR; i++)
		KUNIT_EXPECT_NULL(test, acall_table_find(table->calls[i].id));
	/* In an order that is nobody's. */
	for (i = 0; i < NR; i++)
		add(table, i * 7 % NR);
	for (i = 0; i < NR; i++) {
		call = acall_table_find(table->calls[i].id);
		KUNIT_ASSERT_PTR_EQ(test, call, &table->calls[i]);
		KUNIT_EXPECT_EQ(test, refcount_read(&call->ref), 2);
		put(test, call);
	}
	KUNIT_EXPECT_NULL(test, acall_table_find(0));
	KUNIT_EXPECT_NULL(test, acall_table_find(U64_MAX));
	for (i = 0; i < NR; i += 2)
		del(table, i);
	for (i = 0; i < NR; i++) {
		call = acall_table_find(table->calls[i].id);
		KUNIT_EXPECT_PTR_EQ(test, call,
				    i % 2 ? &table->calls[i] : NULL);
		if (call)
			put(test, call);
	}
}

/* One whose last reference is gone is on its way out: nobody gets it. */
static void does_not_revive(struct kunit *test)
{
	struct table *table = test->priv;
	struct acall_call *call;

	add(table, 3);
	add(table, 4);
	refcount_set(&table->calls[3].ref, 0);
	KUNIT_EXPECT_NULL(test, acall_table_find(table->calls[3].id));
	call = acall_table_next(table->calls[2].id);
	KUNIT_ASSERT_PTR_EQ(test, call, &table->calls[4]);
	put(test, call);
}

/* Of a call that was never added there is nothing to take out. */
static void del_without_add(struct kunit *test)
{
	struct table *table = test->priv;

	acall_table_del(&table->calls[0]);
	KUNIT_EXPECT_NULL(test, acall_table_next(0));
}

/* Walks all; @at each one found, so many more times. */
static void walk(struct kunit *test, u32 *seen,
		 void (*at)(struct table *table, u32 i))
{
	struct table *table = test->priv;
	struct acall_call *call;
	u64 cursor = 0;
	u32 i, steps = 0;

	while ((call = acall_table_next(cursor))) {
		cursor = call->id;
		i = call - table->calls;
		KUNIT_ASSERT_LT(test, i, NR);
		KUNIT_ASSERT_LE(test, ++steps, NR);
		seen[i]++;
		put(test, call);
		if (at)
			at(table, i);
	}
}

static void walk_shows_each_once(struct kunit *test)
{
	struct table *table = test->priv;
	u32 seen[NR] = {};
	u32 i;

	KUNIT_EXPECT_NULL(test, acall_table_next(0));
	for (i = 0; i < NR; i++)
		add(table, NR - 1 - i);
	walk(test, seen, NULL);
	for (i = 0; i < NR; i++)
		KUNIT_EXPECT_EQ_MSG(test, seen[i], 1, "%u", i);
}

/* Even ones come and go while the walk is on; odd ones are there all the time. */
static void change(struct table *table, u32 i)
{
	if (i % 2) {
		i = (i * 31 + 1) % NR & ~1U;
		if (!table->in[i])
			add(table, i);
	} else {
		/* The very one at which the cursor stands. */
		del(table, i);
	}
}

static void walk_goes_on_over_changes(struct kunit *test)
{
	struct table *table = test->priv;
	u32 seen[NR] = {};
	u32 i;

	for (i = 0; i < NR; i++)
		if (i % 4)
			add(table, i);
	walk(test, seen, change);
	for (i = 0; i < NR; i++) {
		if (i % 2)
			KUNIT_EXPECT_EQ_MSG(test, seen[i], 1, "%u", i);
		else
			KUNIT_EXPECT_LE_MSG(test, seen[i], 1, "%u", i);
	}
}

static void walk_from_an_id_that_is_not_there(struct kunit *test)
{
	struct table *table = test->priv;
	struct acall_call *call;

	/* Ids 11 and 21: the cursor between them belongs to nobody. */
	add(table, 10);
	add(table, 20);
	call = acall_table_next(15);
	KUNIT_ASSERT_PTR_EQ(test, call, &table->calls[20]);
	put(test, call);
	KUNIT_EXPECT_NULL(test, acall_table_next(21));
	KUNIT_EXPECT_NULL(test, acall_table_next(U64_MAX));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(ids_are_unique_and_not_0),
	KUNIT_CASE(ids_are_older_than_now),
	KUNIT_CASE(finds_by_id),
	KUNIT_CASE(does_not_revive),
	KUNIT_CASE(del_without_add),
	KUNIT_CASE(walk_shows_each_once),
	KUNIT_CASE(walk_goes_on_over_changes),
	KUNIT_CASE(walk_from_an_id_that_is_not_there),
	{}
};

struct kunit_suite acall_kunit_table = {
	.name = "acall_table",
	.init = table_init,
	.exit = table_exit,
	.test_cases = cases,
};
