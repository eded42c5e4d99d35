/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the core's internals share: other users, parameters of
 * acall.ko, and a provider whose methods do as the test that began them says.
 */
#ifndef _ACALL_KUNIT_H
#define _ACALL_KUNIT_H

#include <kunit/test.h>
#include <linux/types.h>
#include <linux/user_namespace.h>
#include <linux/wait.h>
#include <acall/provider.h>

#include "export.h"

struct acall_call;
struct acall_interface;
struct acall_object;
struct cred;

#define KT_PARAM_SIZE	PAGE_SIZE	/* of a parameter in words */
#define KT_FOREVER	(20 * HZ)	/* a guard against hanging */

/* Somebody without capabilities. */
struct kt_user {
	const struct cred *was;
	struct cred *cred;
};

int kt_become(struct kt_user *user, u32 uid, struct user_namespace *ns);
void kt_unbecome(struct kt_user *user);
struct user_namespace *kt_user_ns(struct user_namespace *parent, u32 owner);
int kt_param_set(const char *name, u64 value);

/* Methods of the test interface. */
enum {
	KT_RUN,		/* .run: waits for its gate, or for a cancel */
	KT_STUBBORN,	/* .run: waits for its gate, whatever is requested */
	KT_HOOK,	/* .start and an atomic hook: the test completes it */
	KT_SLEEPY,	/* the same, with a hook that may sleep */
	KT_FIXED,	/* the same, without a hook */
	KT_INLINE,
	KT_NR_METHODS,
};

#define KT_CALLS	32
#define KT_OUT_MAX	16
#define KT_GRACE_NS	(60 * NSEC_PER_SEC)

/* What one call is to do, and what became of it. Set before its begin. */
struct kt_call {
	struct acall_object *object;
	struct acall_call *call;	/* the test's reference */
	bool open;			/* the gate */
	bool waits;			/* its beginner does, as CALL's */
	bool completed;
	int ret;			/* of .run and .start */
	int hook_ret;
	int prepare_ret;
	u32 prepared, entered, left, asked, released;
	int (*prepare)(struct acall_call *call);
	int (*body)(struct acall_call *call);
	void (*hook)(struct acall_call *call);
};

/* One at a time, from a suite's init to its exit. */
struct kt {
	struct acall_interface_desc desc;
	struct acall_method methods[KT_NR_METHODS];
	struct acall_interface *iface;
	wait_queue_head_t wait;
	struct kt_call calls[KT_CALLS];
	spinlock_t lock;		/* the log */
	u32 nr_log;
	u32 log[KT_CALLS];		/* who was entered, in this order */
	u32 inside, peak;
};

void kt_describe(struct kt *kt);
int kt_init(struct kunit *test);
void kt_exit(struct kunit *test);

int kt_begin(struct kt *kt, u32 i, u32 method);
int kt_begin_as(struct kt *kt, u32 i, u32 method, u32 uid);
struct acall_call *kt_make(struct kt *kt, u32 i, u32 method);
void kt_open(struct kt *kt, u32 i);
void kt_complete(struct kt *kt, u32 i, int ret);
u64 kt_guard(void);
int kt_wait(struct kt *kt, u32 i);
bool kt_finish(struct kt *kt, u32 i);

/* Waits until something is so that is certain to come. */
#define KT_WAIT(test, kt, condition)					\
	KUNIT_ASSERT_NE_MSG(test, wait_event_timeout((kt)->wait, condition, \
						     KT_FOREVER), 0,	\
			    "never: " #condition)

/* The same, for what wakes nobody. */
#define KT_POLL(test, condition)					\
do {									\
	unsigned long __until = jiffies + KT_FOREVER;			\
	bool __so;							\
									\
	while (!(__so = (condition)) && time_before(jiffies, __until))	\
		schedule_timeout_idle(1);				\
	KUNIT_ASSERT_TRUE_MSG(test, __so, "never: " #condition);	\
} while (0)

extern struct kunit_suite acall_kunit_state;
extern struct kunit_suite acall_kunit_limits;
extern struct kunit_suite acall_kunit_table;
extern struct kunit_suite acall_kunit_ledger;
extern struct kunit_suite acall_kunit_time;
extern struct kunit_suite acall_kunit_registry;
extern struct kunit_suite acall_kunit_runner;
extern struct kunit_suite acall_kunit_object;
extern struct kunit_suite acall_kunit_provider;
extern struct kunit_suite acall_kunit_cancel;

#endif /* _ACALL_KUNIT_H */
