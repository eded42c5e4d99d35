// SPDX-License-Identifier: GPL-2.0-only
/*
 * The part of the tests that is inside acall.ko, in a build with ACALL_KUNIT=1:
 * what acall_kunit.ko uses of the core's internals, exported here so that no
 * source of the core speaks of tests; the parameters; and who expects a warning
 * (see warn.h).
 *
 * One test runs at a time, so the count needs no lock; a warning may come from a
 * worker, so it is atomic.
 */
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "call.h"
#include "export.h"
#include "interface.h"
#include "ledger.h"
#include "object.h"
#include "runner.h"
#include "state.h"
#include "user/limits.h"

static bool expecting;
static unsigned int epoch = 1;
static atomic_t warnings = ATOMIC_INIT(0);

/* Has this place warned already? */
bool acall_kunit_first(unsigned int *seen)
{
	unsigned int now = READ_ONCE(epoch);

	return xchg(seen, now) != now;
}

bool acall_kunit_expected(void)
{
	if (!READ_ONCE(expecting))
		return false;
	atomic_inc(&warnings);
	return true;
}

/**
 * acall_kunit_expect_warnings - from now on warnings are what a test is about
 */
void acall_kunit_expect_warnings(void)
{
	atomic_set(&warnings, 0);
	WRITE_ONCE(epoch, epoch + 1);
	WRITE_ONCE(expecting, true);
}
EXPORT_SYMBOL_GPL(acall_kunit_expect_warnings);

/**
 * acall_kunit_warnings - how many there were; from now on they are faults again
 */
unsigned int acall_kunit_warnings(void)
{
	WRITE_ONCE(expecting, false);
	return atomic_xchg(&warnings, 0);
}
EXPORT_SYMBOL_GPL(acall_kunit_warnings);

static const struct kernel_param *find_param(const char *name)
{
	unsigned int i;

	for (i = 0; i < THIS_MODULE->num_kp; i++)
		if (!strcmp(THIS_MODULE->kp[i].name, name))
			return &THIS_MODULE->kp[i];
	return NULL;
}

/**
 * acall_kunit_param_get - a parameter of acall.ko
 * @name: its name
 * @value: a page, for its value in words
 */
int acall_kunit_param_get(const char *name, char *value)
{
	const struct kernel_param *param = find_param(name);
	int len;

	if (!param)
		return -ENOENT;
	len = param->ops->get(value, param);
	return min(len, 0);
}
EXPORT_SYMBOL_GPL(acall_kunit_param_get);

int acall_kunit_param_set(const char *name, const char *value)
{
	const struct kernel_param *param = find_param(name);

	return param ? param->ops->set(value, param) : -ENOENT;
}
EXPORT_SYMBOL_GPL(acall_kunit_param_set);

/* Defined elsewhere, as inside acall.ko everything is for everybody. */
#define SHARE(symbol)	EXPORT_SYMBOL_GPL(symbol)

SHARE(acall_state_next);
SHARE(acall_state_name);
SHARE(acall_outcome_name);
SHARE(acall_reason_forces);
SHARE(acall_word_status);
SHARE(acall_word_state);
SHARE(acall_word_outcome);
SHARE(acall_word_result);

SHARE(acall_payer_get_current);
SHARE(acall_payer_put);
SHARE(acall_payer_owner);
SHARE(acall_charge);
SHARE(acall_uncharge);
SHARE(acall_limits_get_info);
SHARE(acall_limits_calls);

SHARE(acall_table_new_ids);
SHARE(acall_table_add);
SHARE(acall_table_del);
SHARE(acall_table_find);
SHARE(acall_table_next);

SHARE(acall_ledger_create);
SHARE(acall_ledger_put);
SHARE(acall_ledger_begin);
SHARE(acall_ledger_orphan);
SHARE(acall_ledger_end);
SHARE(acall_ledger_begun);
SHARE(acall_ledger_wait);
SHARE(acall_ledger_wait_before);

SHARE(acall_interface_find);
SHARE(acall_interface_next);
SHARE(acall_interface_count);
SHARE(acall_interface_get);
SHARE(acall_interface_put);
SHARE(acall_interface_pin);
SHARE(acall_interface_unpin);
SHARE(acall_interface_may_create);
SHARE(acall_interface_method);
SHARE(acall_method_caps);
SHARE(acall_runner_user_max);

SHARE(acall_call_create);
SHARE(acall_call_in_place);
SHARE(acall_call_prepare);
SHARE(acall_call_undo);
SHARE(acall_call_get);
SHARE(acall_call_put);
SHARE(acall_call_cancel);
SHARE(acall_call_cancel_by);
SHARE(acall_call_cancel_wait);
SHARE(acall_interface_errno);
SHARE(acall_call_snapshot);
SHARE(acall_call_wait);
SHARE(acall_calls_executions);
SHARE(acall_calls_orphans);

SHARE(acall_object_create);
SHARE(acall_object_destroy);
SHARE(acall_object_busy);
SHARE(acall_object_get_call);
SHARE(acall_object_begin);
SHARE(acall_object_consume);
SHARE(acall_object_poll);
SHARE(acall_objects_count);
