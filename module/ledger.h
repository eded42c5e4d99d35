/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ACALL_LEDGER_H
#define _ACALL_LEDGER_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

struct acall_call;

/* What is known of an object's executions. See ledger.c. */
struct acall_ledger {
	refcount_t ref;
	spinlock_t lock;		/* irqs off; a leaf */
	u64 begun;			/* executions that ever began */
	u32 executions;			/* live ones */
	u32 orphans;			/* of them, abandoned */
	struct list_head live;		/* in the order of their beginning */
	wait_queue_head_t wait;		/* who waits for some to settle */
};

struct acall_ledger *acall_ledger_create(void);
void acall_ledger_get(struct acall_ledger *ledger);
void acall_ledger_put(struct acall_ledger *ledger);

void acall_ledger_begin(struct acall_ledger *ledger, struct acall_call *call);
void acall_ledger_orphan(struct acall_ledger *ledger);
void acall_ledger_end(struct acall_ledger *ledger, struct acall_call *call,
		      bool orphan);
struct acall_call *acall_ledger_find(struct acall_ledger *ledger, u64 id);
struct acall_call *acall_ledger_find_handle(struct acall_ledger *ledger,
					    u64 handle);
u64 acall_ledger_begun(struct acall_ledger *ledger);
int acall_ledger_wait_before(struct acall_ledger *ledger, u64 nth, u64 until);
int acall_ledger_wait(struct acall_ledger *ledger,
		      const struct acall_call *call, u64 until);

#endif /* _ACALL_LEDGER_H */
