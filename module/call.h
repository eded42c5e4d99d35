/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A call: one execution of a method, and what becomes of it. See call.c for
 * the locks and for who may do what.
 */
#ifndef _ACALL_CALL_H
#define _ACALL_CALL_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <acall/provider.h>

#include "state.h"

struct acall_identity;
struct acall_lane;
struct acall_object;
struct acall_payer;
struct pid;

/*
 * What is left of an object's calls after they were cut from it: numbers only.
 * Counted by the object and by each of its executions.
 */
struct acall_ledger {
	refcount_t ref;
	atomic_t executions;
	atomic_t orphans;
};

struct acall_call {
	refcount_t ref;
	u32 word;			/* @lock to write, acquire to read */
	spinlock_t lock;
	u32 method_nr;
	u64 id;

	/* Set before the call is published, constant from then on. */
	struct acall_interface *iface;	/* counted */
	struct acall_ledger *ledger;	/* counted */
	struct acall_payer *payer;	/* counted */
	u64 user_data;
	pid_t owner_tgid;		/* for the log, initial namespace */
	u64 grace_ns;
	u32 caps;
	u32 in_len;
	u32 nr_files;
	u32 out_size;
	u64 charged;			/* bytes */
	void *buf;			/* files, private, input */
	void *priv;
	void *in;
	void *out;

	/* The execution's; gone when it has ended. */
	const struct acall_method *method;
	struct acall_identity *identity;
	struct acall_lane *lane;
	struct list_head all;		/* interface's lock */
	struct list_head queue;		/* interface's lock */

	/* Under @lock. */
	struct acall_object *object;	/* to wake; NULL = cut */
	struct task_struct *task;	/* worker that a signal may stop */
	struct pid *cancel_pid;		/* counted */
	u64 begin_ns;
	u64 start_ns;
	u64 cancel_ns;
	u64 end_ns;
	u64 end_progress;
	u64 end_total;
	u64 end_cpu_ns;
	int ret;			/* the provider's; read if COMPLETED */

	/* Written by the method. */
	u32 out_len;
	atomic64_t progress;
	atomic64_t total;
	atomic64_t look_ns;

	struct hrtimer grace;		/* armed = one reference */
	wait_queue_head_t wait;		/* clients' sleepers and the method */
	struct rcu_head rcu;
};

/* A consistent picture of a call. */
struct acall_snapshot {
	u32 word;
	int status;
	u32 out_len;
	int cancel_tgid;
	u64 progress;
	u64 total;
	u64 begin_ns;
	u64 start_ns;
	u64 cancel_ns;
	u64 look_ns;
	u64 end_ns;
	u64 cpu_ns;
};

int acall_calls_init(void);
void acall_calls_exit(void);

struct acall_ledger *acall_ledger_create(void);
void acall_ledger_put(struct acall_ledger *ledger);

struct acall_call *acall_call_create(struct acall_interface *iface,
				     u32 method_nr, u32 in_len, u32 nr_files);
void acall_call_add_file(struct acall_call *call, struct file *file);
int acall_call_prepare(struct acall_call *call);
void acall_call_publish(struct acall_call *call, struct acall_object *object,
			struct acall_ledger *ledger);
void acall_call_undo(struct acall_call *call);

void acall_call_get(struct acall_call *call);
bool acall_call_tryget(struct acall_call *call);
void acall_call_put(struct acall_call *call);

bool acall_call_start(struct acall_call *call);
void acall_call_end(struct acall_call *call, int ret, u64 cpu_ns);
void acall_call_retire(struct acall_call *call);

enum acall_verdict acall_call_cancel(struct acall_call *call,
				     enum acall_reason reason, u64 grace_ns);
enum acall_verdict acall_call_abandon(struct acall_call *call,
				      enum acall_reason reason);
bool acall_call_consume(struct acall_call *call);
void acall_call_drop(struct acall_call *call);

int acall_call_wait(struct acall_call *call, u64 until);
void acall_call_snapshot(struct acall_call *call, struct acall_snapshot *snap);

u32 acall_calls_executions(void);
u32 acall_calls_orphans(void);

static inline u32 acall_call_word(const struct acall_call *call)
{
	/* Pairs with the release in call_step(): what DONE promises is there. */
	return smp_load_acquire(&call->word);
}

static inline bool acall_call_done(const struct acall_call *call)
{
	return acall_word_done(acall_call_word(call));
}

static inline struct file **acall_call_files(const struct acall_call *call)
{
	return call->buf;
}

#endif /* _ACALL_CALL_H */
