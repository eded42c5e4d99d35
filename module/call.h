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
#include <linux/percpu.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>
#include <linux/wait.h>
#include <acall/provider.h>

#include "debug/cov.h"
#include "state.h"
#include "user/identity.h"

struct acall_lane;
struct acall_ledger;
struct acall_object;
struct acall_payer;
struct acall_queue;
struct acall_session;
struct acall_slot;
struct pid;

/* An argument file, and what LIST says of it when it has been dropped. */
struct acall_arg_file {
	struct file *file;
	u64 ino;
	dev_t dev;
};

/* Bytes that a call has for small inputs and private memory, with their files. */
#define ACALL_CALL_SMALL	128

struct acall_call {
	/* Valid as long as the memory is a call's (memory.c). */
	refcount_t ref;
	spinlock_t lock;		/* see call.c */
	wait_queue_head_t wait;		/* clients' sleepers and the method */
	/* From here on zeroed for each call. */
	u32 word;			/* @lock to write, acquire to read */
	u32 method_nr;
	u64 id;

	/* Set before the call is published, constant from then on. */
	struct acall_interface *iface;	/* counted */
	struct acall_ledger *ledger;	/* counted */
	struct acall_payer *payer;	/* counted */
	struct pid *owner;		/* process, counted */
	kuid_t owner_uid;
	bool guarded;			/* not for his eyes: LIST */
	bool in_place;			/* its beginner runs it */
	bool brief;			/* and finishes it, most of the time */
	u32 version;
	u64 user_data;
	u64 deadline;			/* U64_MAX = none */
	u64 deadline_grace_ns;
	u64 grace_ns;
	u32 caps;
	u32 in_len;
	u32 nr_files;
	u32 out_size;
	u32 max_files_out;
	dev_t place_dev;		/* what it works on: acall_works_on() */
	u64 place_ino;
	u64 charged;			/* bytes */
	void *buf;			/* files, private, input */
	struct acall_arg_file *files;
	struct file **files_out;	/* dropped when no FINISH can want them */
	void *priv;
	void *in;
	void *out;

	/* The execution's; gone when it has ended. */
	const struct acall_method *method;
	struct acall_identity identity;
	struct acall_lane *lane;	/* NULL = in place */
	struct acall_session *session;	/* counted */
	struct list_head all;		/* interface's lock */
	struct list_head queue;		/* interface's lock */
	struct list_head ask;		/* interface's lock */
	u64 handle;			/* of its slot in a queue, 0 = none */
	struct list_head live;		/* ledger's lock */
	u64 nth;			/* of the ledger's */

	/* Under @lock. */
	struct acall_object *object;	/* to wake; NULL = cut, or none */
	struct acall_queue *in_queue;	/* to tell; NULL = cut, or none */
	struct task_struct *task;	/* worker that a signal may stop */
	struct pid *cancel_pid;		/* counted */
	pid_t worker_pid;		/* who runs it; read until it has ended */
	bool starting;			/* .start is on its way */
	bool asking;			/* the cancel hook is, or is about to */
	bool ask_due;			/* when .start has returned */
	bool may_refuse;		/* what the hook is asked for now */
	bool asked;			/* it has returned 0 */
	bool returned;			/* .run has, and it must not come */
	u32 nr_asked;			/* requests that may be refused */
	u32 refused;			/* the last of them that was */
	int refusal;			/* with this errno */
	bool timer_held;		/* the timer has its reference */
	bool timer_used;		/* it has been armed */
	u64 timer_until;		/* U64_MAX = for nothing */
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
	u32 nr_files_out;
	bool touched;			/* it did not just return: drain.c */
	atomic64_t progress;
	atomic64_t total;
	atomic64_t look_ns;

	struct rb_node node;		/* table's lock */
	struct rcu_head rcu;
	struct acall_cov cov;		/* nothing but in debug builds */
	/* Not zeroed: what uses them sets them up. */
	struct hrtimer timer;		/* deadline, then grace */
	u8 small[ACALL_CALL_SMALL] __aligned(sizeof(u64));
};

/* A consistent picture of a call. */
struct acall_snapshot {
	u32 word;
	int status;
	u32 out_len;
	u32 nr_files_out;
	int cancel_tgid;
	int worker_pid;
	u64 progress;
	u64 total;
	u64 begin_ns;
	u64 start_ns;
	u64 cancel_ns;
	u64 look_ns;
	u64 end_ns;
	u64 cpu_ns;
};

/* What all calls have come to since the module was loaded, for sysfs alone. */
enum acall_count {
	ACALL_COUNT_ACCEPTED,
	ACALL_COUNT_STARTED,
	ACALL_COUNT_COMPLETED,		/* from here on as the phases */
	ACALL_COUNT_STOPPED,
	ACALL_COUNT_NEVER_STARTED,
	ACALL_COUNT_ABANDONED,
	ACALL_NR_COUNTS
};

struct acall_counts {
	unsigned long n[ACALL_NR_COUNTS];
};

DECLARE_PER_CPU(struct acall_counts, acall_counts);

static inline void acall_count(enum acall_count what, int n)
{
	this_cpu_add(acall_counts.n[what], n);
}

unsigned long acall_counted(enum acall_count what);

int acall_calls_init(void);
void acall_calls_exit(void);

/* call.c: life. */
struct acall_call *acall_call_create(struct acall_interface *iface,
				     struct acall_payer *usual, u32 method_nr,
				     u32 in_len, u32 nr_files);
struct acall_call *acall_call_create_body(struct acall_interface *iface,
					  struct acall_payer *payer);
void acall_call_add_file(struct acall_call *call, struct file *file);
void acall_call_in_place(struct acall_call *call);
int acall_call_prepare(struct acall_call *call, struct acall_session *session);
void acall_call_publish(struct acall_call *call, struct acall_object *object,
			struct acall_ledger *ledger);
void acall_call_undo(struct acall_call *call);

void acall_call_get(struct acall_call *call);
bool acall_call_tryget(struct acall_call *call);
void acall_call_put(struct acall_call *call);

bool acall_call_start(struct acall_call *call);
void acall_call_end(struct acall_call *call, int ret, u64 cpu_ns);
void acall_call_settle(struct acall_call *call);
void acall_call_drop_files_out(struct acall_call *call, bool now);
struct file *acall_call_file_out(struct acall_call *call, u32 index);
enum acall_verdict acall_call_step(struct acall_call *call,
				   enum acall_event event,
				   enum acall_reason reason);

bool acall_call_consume(struct acall_call *call);
void acall_call_drop(struct acall_call *call, bool detach);

int acall_call_wait(struct acall_call *call, u64 until);
u32 acall_call_word_told(struct acall_call *call);
void acall_call_snapshot(struct acall_call *call, struct acall_snapshot *snap);

void acall_calls_add_executions(int n);
u32 acall_calls_executions(void);
u32 acall_calls_orphans(void);

/* custom.c: methods that hold no thread. */
void acall_call_enter_start(struct acall_call *call);

/* cancel.c: who wants a call to end, and when. */

/**
 * struct acall_request - a request to cancel
 * @reason: who asks
 * @flags: ACALL_CANCEL_ABANDON, ACALL_CANCEL_ESCALATE
 * @grace_ns: when to abandon the call if it has not stopped; U64_MAX = never
 * @asking: set by acall_call_cancel(): whose refusal is this request's, 0 = none
 */
struct acall_request {
	enum acall_reason reason;
	u32 flags;
	u64 grace_ns;
	u32 asking;
};

int acall_call_cancel(struct acall_call *call, struct acall_request *request);
int acall_call_cancel_wait(struct acall_call *call,
			   const struct acall_request *request);
void acall_call_cancel_by(struct acall_call *call, enum acall_reason reason);
void acall_call_ask(struct acall_call *call);
void acall_call_unask(struct acall_call *call);
bool acall_call_may_settle(const struct acall_call *call);
void acall_call_timer_set(struct acall_call *call, u64 until);
void acall_call_begin_deadline(struct acall_call *call);

/* table.c: every call by its id. */
#define ACALL_MAX_NEW_IDS	64
u64 acall_table_new_ids(u32 n);
void acall_table_add(struct acall_call *call);
void acall_table_del(struct acall_call *call);
struct acall_call *acall_table_find(u64 id);
struct acall_call *acall_table_next(u64 id);
void acall_table_init(void);

static inline u32 acall_call_word(const struct acall_call *call)
{
	/* Pairs with the release in acall_call_step(): what DONE promises. */
	return smp_load_acquire(&call->word);
}

static inline bool acall_call_done(const struct acall_call *call)
{
	return acall_word_done(acall_call_word(call));
}

#endif /* _ACALL_CALL_H */
