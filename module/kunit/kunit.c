// SPDX-License-Identifier: GPL-2.0-only
/*
 * acall_kunit.ko: the suites, and what they share (kunit.h). It needs an acall.ko
 * that was built with ACALL_KUNIT=1 and has begun, which is why the tests are a
 * module of their own: KUnit runs a module's suites before its init function.
 *
 * The test provider's methods find what they are to do in kt->calls[], by the
 * number that is their input. Each suite's exit opens every gate, so that a
 * test that gave up halfway leaves no call behind.
 */
#include <linux/cred.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "call.h"
#include "kunit.h"
#include "object.h"

/* The fixture of the test that is running. */
static struct kt *current_kt;

/**
 * kt_become - go on as another user
 * @user: written, for kt_unbecome()
 * @uid: who, without any capability
 * @ns: in which user namespace, NULL = the initial one
 */
int kt_become(struct kt_user *user, u32 uid, struct user_namespace *ns)
{
	struct cred *cred = prepare_creds();

	if (!cred)
		return -ENOMEM;
	cred->uid = KUIDT_INIT(uid);
	cred->euid = cred->uid;
	cred->suid = cred->uid;
	cred->fsuid = cred->uid;
	cred->cap_permitted = (kernel_cap_t) {};
	cred->cap_effective = (kernel_cap_t) {};
	if (ns) {
		put_user_ns(cred->user_ns);
		cred->user_ns = get_user_ns(ns);
	}
	user->cred = cred;
	user->was = override_creds(cred);
	return 0;
}

void kt_unbecome(struct kt_user *user)
{
	revert_creds(user->was);
	put_cred(user->cred);
}

/**
 * kt_user_ns - a user namespace that says only whose child it is
 * @parent: the outer one
 * @owner: uid of its owner in the initial one
 *
 * Never freed: credentials that are freed later still count it.
 */
struct user_namespace *kt_user_ns(struct user_namespace *parent, u32 owner)
{
	static struct user_namespace pool[8];
	static u32 used;
	struct user_namespace *ns;

	if (WARN_ON(used == ARRAY_SIZE(pool)))
		return parent;
	ns = &pool[used++];
	refcount_set(&ns->ns.count, 1);
	ns->parent = parent;
	ns->owner = KUIDT_INIT(owner);
	ns->level = parent->level + 1;
	return ns;
}

int kt_param_set(const char *name, u64 value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", value);
	return acall_kunit_param_set(name, text);
}

static struct kt_call *kt_of(struct acall_call *call)
{
	return &current_kt->calls[*(u32 *)acall_in(call)];
}

static int method_prepare(struct acall_call *call)
{
	struct kt_call *k = kt_of(call);

	k->prepared++;
	return k->prepare ? k->prepare(call) : k->prepare_ret;
}

static void enter(struct kt_call *k)
{
	struct kt *kt = current_kt;

	spin_lock_irq(&kt->lock);
	if (kt->nr_log < ARRAY_SIZE(kt->log))
		kt->log[kt->nr_log++] = k - kt->calls;
	kt->peak = max(kt->peak, ++kt->inside);
	k->entered++;
	spin_unlock_irq(&kt->lock);
	wake_up_all(&kt->wait);
}

static void leave(struct kt_call *k)
{
	struct kt *kt = current_kt;

	spin_lock_irq(&kt->lock);
	kt->inside--;
	k->left++;
	spin_unlock_irq(&kt->lock);
	wake_up_all(&kt->wait);
}

static int method_run(struct acall_call *call)
{
	struct kt_call *k = kt_of(call);
	int ret;

	enter(k);
	ret = k->body ? k->body(call) : 0;
	if (!ret)
		ret = acall_wait_event(call, current_kt->wait,
				       READ_ONCE(k->open));
	leave(k);
	return ret ?: k->ret;
}

static int method_stubborn(struct acall_call *call)
{
	struct kt_call *k = kt_of(call);

	enter(k);
	wait_event_idle(current_kt->wait, READ_ONCE(k->open));
	leave(k);
	return k->ret;
}

static void method_start(struct acall_call *call)
{
	struct kt_call *k = kt_of(call);

	enter(k);
	if (k->body)
		k->body(call);
	leave(k);
}

static int method_inline(struct acall_call *call)
{
	struct kt_call *k = kt_of(call);

	enter(k);
	leave(k);
	return k->body ? k->body(call) : k->ret;
}

static int method_cancel(struct acall_call *call)
{
	struct kt_call *k = kt_of(call);

	k->asked++;
	if (k->hook)
		k->hook(call);
	wake_up_all(&current_kt->wait);
	return k->hook_ret;
}

static void method_release(struct acall_call *call)
{
	kt_of(call)->released++;
	wake_up_all(&current_kt->wait);
}

/**
 * kt_describe - fill in a description that is valid, for the test to spoil
 * @kt: zeroed
 */
void kt_describe(struct kt *kt)
{
	static const char * const names[KT_NR_METHODS] = {
		"run", "stubborn", "hook", "sleepy", "fixed", "inline",
	};
	u32 i;

	for (i = 0; i < KT_NR_METHODS; i++) {
		struct acall_method *method = &kt->methods[i];

		method->name = names[i];
		method->in_size = sizeof(u32);
		method->out_max = KT_OUT_MAX;
		method->unit = ACALL_UNIT_ITEMS;
		method->grace_ns = KT_GRACE_NS;
		method->prepare = method_prepare;
		method->release = method_release;
		if (i >= KT_HOOK && i <= KT_FIXED)
			method->start = method_start;
	}
	kt->methods[KT_RUN].run = method_run;
	kt->methods[KT_RUN].caps = ACALL_CAP_COMMITS;
	kt->methods[KT_RUN].files_max = 1;
	kt->methods[KT_STUBBORN].run = method_stubborn;
	kt->methods[KT_HOOK].cancel = method_cancel;
	kt->methods[KT_SLEEPY].cancel_sleepable = method_cancel;
	kt->methods[KT_INLINE].run = method_inline;
	kt->methods[KT_INLINE].caps = ACALL_CAP_INLINE;
	kt->desc.owner = THIS_MODULE;
	kt->desc.name = "kunit";
	kt->desc.version_min = 1;
	kt->desc.version = 3;
	kt->desc.methods = kt->methods;
	kt->desc.nr_methods = KT_NR_METHODS;
	kt->desc.max_running = 64;
}

/**
 * kt_init - a suite's init: registers the test interface
 * @test: its priv becomes the struct kt
 */
int kt_init(struct kunit *test)
{
	struct kt *kt = kunit_kzalloc(test, sizeof(*kt), GFP_KERNEL);

	if (!kt)
		return -ENOMEM;
	kt_describe(kt);
	init_waitqueue_head(&kt->wait);
	spin_lock_init(&kt->lock);
	current_kt = kt;
	kt->iface = acall_register_interface(&kt->desc);
	if (IS_ERR(kt->iface))
		return PTR_ERR(kt->iface);
	test->priv = kt;
	return 0;
}

/**
 * kt_exit - a suite's exit
 * @test: the test
 */
void kt_exit(struct kunit *test)
{
	struct kt *kt = test->priv;
	u32 i;

	if (!kt)
		return;
	for (i = 0; i < KT_CALLS; i++)
		WRITE_ONCE(kt->calls[i].open, true);
	wake_up_all(&kt->wait);
	for (i = 0; i < KT_CALLS; i++) {
		struct kt_call *k = &kt->calls[i];

		/* What nobody has completed would never end. */
		if (k->call && k->entered && !k->completed &&
		    k->call->caps & ACALL_CAP_CUSTOM)
			acall_complete(k->call, 0);
		if (k->object)
			acall_object_destroy(k->object);
		if (k->call)
			acall_call_put(k->call);
	}
	if (kt->iface)
		acall_unregister_interface(kt->iface);
}

/**
 * kt_make - what BEGIN does before it publishes
 * @kt: the fixture
 * @i: which of its calls
 * @method: KT_*
 *
 * Return: the call, not published, or an ERR_PTR.
 */
struct acall_call *kt_make(struct kt *kt, u32 i, u32 method)
{
	struct kt_call *k = &kt->calls[i];
	struct acall_call *call;
	int ret;

	if (!k->object) {
		struct acall_object *object;

		object = acall_object_create(kt->iface, kt->desc.version,
					     false);
		if (IS_ERR(object))
			return ERR_CAST(object);
		k->object = object;
	}
	call = acall_call_create(kt->iface, NULL, method, sizeof(u32), 0);
	if (IS_ERR(call))
		return call;
	call->version = k->object->version;
	*(u32 *)call->in = i;
	if (k->waits)
		acall_call_in_place(call);
	ret = acall_call_prepare(call, k->object->session);
	if (!ret)
		return call;
	acall_call_undo(call);
	return ERR_PTR(ret);
}

/**
 * kt_begin - begin one of the test's calls
 * @kt: the fixture
 * @i: which
 * @method: KT_*
 *
 * Return: 0 or a negative errno, as BEGIN.
 */
int kt_begin(struct kt *kt, u32 i, u32 method)
{
	struct kt_call *k = &kt->calls[i];
	struct acall_call *call = kt_make(kt, i, method);
	int ret;

	if (IS_ERR(call))
		return PTR_ERR(call);
	acall_call_get(call);
	ret = acall_object_begin(k->object, call);
	if (ret) {
		acall_call_put(call);
		acall_call_undo(call);
		return ret;
	}
	if (k->call)
		acall_call_put(k->call);
	k->call = call;
	return 0;
}

int kt_begin_as(struct kt *kt, u32 i, u32 method, u32 uid)
{
	struct kt_user user;
	int ret = kt_become(&user, uid, NULL);

	if (ret)
		return ret;
	ret = kt_begin(kt, i, method);
	kt_unbecome(&user);
	return ret;
}

/* Let one of the test's methods return. */
void kt_open(struct kt *kt, u32 i)
{
	WRITE_ONCE(kt->calls[i].open, true);
	wake_up_all(&kt->wait);
}

/* What the provider of a parked call would say. */
void kt_complete(struct kt *kt, u32 i, int ret)
{
	kt->calls[i].completed = true;
	acall_complete(kt->calls[i].call, ret);
}

/* Until when to wait for what is certain to come. */
u64 kt_guard(void)
{
	return ktime_get_ns() + jiffies_to_nsecs(KT_FOREVER);
}

/* Waits until a call is done: 0, or -ETIMEDOUT. */
int kt_wait(struct kt *kt, u32 i)
{
	return acall_call_wait(kt->calls[i].call, kt_guard());
}

/**
 * kt_finish - wait for a call and take its result
 * @kt: the fixture
 * @i: which
 *
 * Return: true if it was this one's to take.
 */
bool kt_finish(struct kt *kt, u32 i)
{
	struct kt_call *k = &kt->calls[i];

	return !kt_wait(kt, i) &&
	       acall_object_consume(k->object, k->call);
}

kunit_test_suites(&acall_kunit_state, &acall_kunit_limits, &acall_kunit_table,
		  &acall_kunit_ledger, &acall_kunit_time,
		  &acall_kunit_registry, &acall_kunit_runner,
		  &acall_kunit_object, &acall_kunit_provider,
		  &acall_kunit_cancel);

static int __init acall_kunit_init(void)
{
	return 0;
}

/* Credentials that go by RCU still count a namespace of kt_user_ns(). */
static void __exit acall_kunit_exit(void)
{
	rcu_barrier();
}

module_init(acall_kunit_init);
module_exit(acall_kunit_exit);

MODULE_DESCRIPTION("KUnit tests of acall's internals");
MODULE_LICENSE("GPL");
