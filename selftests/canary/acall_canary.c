// SPDX-License-Identifier: GPL-2.0-only
/*
 * One bug of each kind, on purpose: who says that he would notice such a bug shows
 * here that he does (canaries.txt). The parameter "bug" chooses one by its name, a
 * call of the interface "canary" has it happen where ours would:
 *	0 "worker"	in .run, or for a signal in .release; ends with a cancel at
 *			the latest
 *	1 "client"	meanwhile in the caller of BEGIN: the other side of a race
 *
 * Each bug is alone, and but for the panic does no harm beyond itself. Owns the
 * choice, a word that is read once for each call, in .prepare.
 *
 * The race is data_race: @shared is nobody's, and both write to it.
 */
#include <linux/completion.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/panic.h>
#include <linux/refcount.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <acall/provider.h>

#define WORDS	8	/* of an object on the heap */

struct bug {
	const char *name;
	void (*worker)(struct acall_call *call);
	void (*client)(void);
	void (*release)(void);
};

struct canary {		/* of each call: acall_private(), zeroed */
	const struct bug *bug;
	struct completion cancelled;
};

struct result {		/* what both methods give */
	u32 kind;
	u32 rest;	/* gcc clears holes, but not what it is told of */
	u64 value;
};

static struct acall_interface *canary;
static DEFINE_MUTEX(canary_first);
static DEFINE_MUTEX(canary_second);
static DEFINE_SPINLOCK(canary_spin);
static u64 shared;

static void canary_use_after_free(struct acall_call *call)
{
	u64 *p = kmalloc_array(WORDS, sizeof(*p), GFP_KERNEL);

	kfree(p);
	if (p)
		(void)READ_ONCE(p[1]);
}

static void canary_out_of_bounds(struct acall_call *call)
{
	u64 *p = kmalloc_array(WORDS, sizeof(*p), GFP_KERNEL);
	unsigned int i = WORDS;

	OPTIMIZER_HIDE_VAR(i);
	if (p)
		(void)READ_ONCE(p[i]);
	kfree(p);
}

/* A few: the address of the last may still be on a stack. */
static void canary_leak(struct acall_call *call)
{
	unsigned int i;
	void *p;

	for (i = 0; i < 8; i++) {
		p = kmalloc(128, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(p);
	}
}

static void canary_double_free(struct acall_call *call)
{
	u64 *p = kmalloc_array(WORDS, sizeof(*p), GFP_KERNEL);

	kfree(p);
	kfree(p);
}

static void canary_lock_inversion(struct acall_call *call)
{
	mutex_lock(&canary_first);
	mutex_lock(&canary_second);
	mutex_unlock(&canary_second);
	mutex_unlock(&canary_first);

	mutex_lock(&canary_second);
	mutex_lock(&canary_first);
	mutex_unlock(&canary_first);
	mutex_unlock(&canary_second);
}

static void canary_sleep_in_atomic(struct acall_call *call)
{
	void *p;

	spin_lock(&canary_spin);
	p = kmalloc(128, GFP_KERNEL);
	spin_unlock(&canary_spin);
	kfree(p);
}

static void canary_race_worker(struct acall_call *call)
{
	unsigned int i;

	while (!acall_cancelled(call)) {
		for (i = 0; i < 1000; i++) {
			shared++;
			barrier();
		}
		cond_resched();
	}
}

static void canary_race_client(void)
{
	unsigned int i;

	for (i = 0; i < 1000000; i++) {
		shared++;
		barrier();
	}
}

static void canary_hung_worker(struct acall_call *call)
{
	struct canary *c = acall_private(call);

	wait_for_completion(&c->cancelled);
}

static void canary_refcount(struct acall_call *call)
{
	refcount_t users = REFCOUNT_INIT(1);

	if (refcount_dec_and_test(&users) && refcount_dec_and_test(&users))
		refcount_set(&users, 0);
}

static void canary_uninitialised(struct acall_call *call)
{
	struct result result, *p = &result;

	/* Or the compiler would see what is not written. */
	OPTIMIZER_HIDE_VAR(p);
	p->kind = 1;
	p->value = 2;
	memcpy(acall_out(call), p, sizeof(*p));
}

/* The worker's next work is somebody else's. */
static void canary_signal(void)
{
	allow_kernel_signal(SIGKILL);
	send_sig(SIGKILL, current, 1);
}

static void canary_warn(struct acall_call *call)
{
	WARN_ON(call);
}

static void canary_panic(struct acall_call *call)
{
	panic("canary");
}

static const struct bug bugs[] = {
	{ .name = "none" },
	{ .name = "use_after_free", .worker = canary_use_after_free },
	{ .name = "out_of_bounds", .worker = canary_out_of_bounds },
	{ .name = "leak", .worker = canary_leak },
	{ .name = "double_free", .worker = canary_double_free },
	{ .name = "lock_inversion", .worker = canary_lock_inversion },
	{ .name = "sleep_in_atomic", .worker = canary_sleep_in_atomic },
	{ .name = "data_race", .worker = canary_race_worker,
	  .client = canary_race_client },
	{ .name = "hung_worker", .worker = canary_hung_worker },
	{ .name = "refcount", .worker = canary_refcount },
	{ .name = "uninitialised", .worker = canary_uninitialised },
	{ .name = "signal", .release = canary_signal },
	{ .name = "warn", .worker = canary_warn },
	{ .name = "panic", .worker = canary_panic },
};

static const struct bug *chosen = &bugs[0];

static int bug_set(const char *value, const struct kernel_param *kp)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++) {
		if (sysfs_streq(value, bugs[i].name)) {
			WRITE_ONCE(chosen, &bugs[i]);
			return 0;
		}
	}
	return -EINVAL;
}

static int bug_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", READ_ONCE(chosen)->name);
}

static const struct kernel_param_ops bug_ops = {
	.set = bug_set,
	.get = bug_get,
};

module_param_cb(bug, &bug_ops, NULL, 0600);
MODULE_PARM_DESC(bug, "what the next call does wrong");

static int canary_prepare(struct acall_call *call)
{
	struct canary *c = acall_private(call);

	c->bug = READ_ONCE(chosen);
	init_completion(&c->cancelled);
	return acall_out_alloc(call, sizeof(struct result));
}

static int worker_run(struct acall_call *call)
{
	struct canary *c = acall_private(call);
	struct result *result = acall_out(call);

	result->kind = 1;
	result->value = 1;
	if (c->bug->worker)
		c->bug->worker(call);
	acall_out_set_len(call, sizeof(*result));
	return 0;
}

static int worker_cancel(struct acall_call *call)
{
	struct canary *c = acall_private(call);

	complete_all(&c->cancelled);
	return 0;
}

static void worker_release(struct acall_call *call)
{
	struct canary *c = acall_private(call);

	if (c->bug->release)
		c->bug->release();
}

static int client_run(struct acall_call *call)
{
	struct canary *c = acall_private(call);

	if (c->bug->client)
		c->bug->client();
	return 0;
}

static const struct acall_method methods[] = {
	{ .name = "worker", .out_max = sizeof(struct result),
	  .priv_size = sizeof(struct canary), .grace_ns = NSEC_PER_SEC,
	  .prepare = canary_prepare, .run = worker_run,
	  .cancel = worker_cancel, .release = worker_release },
	{ .name = "client", .caps = ACALL_CAP_INLINE,
	  .out_max = sizeof(struct result),
	  .priv_size = sizeof(struct canary), .prepare = canary_prepare,
	  .run = client_run },
};

static const struct acall_interface_desc desc = {
	.owner = THIS_MODULE, .name = "canary", .version_min = 1, .version = 1,
	.methods = methods, .nr_methods = ARRAY_SIZE(methods),
};

static int __init canary_init(void)
{
	canary = acall_register_interface(&desc);
	return PTR_ERR_OR_ZERO(canary);
}

static void __exit canary_exit(void)
{
	acall_unregister_interface(canary);
}
module_init(canary_init);
module_exit(canary_exit);
MODULE_DESCRIPTION("acall: a bug of each kind, for the tests of the tests");
MODULE_LICENSE("GPL");
