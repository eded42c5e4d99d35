/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ACALL_TEST_MEETING_H
#define _ACALL_TEST_MEETING_H

#include <linux/acall_test.h>
#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

struct acall_call;

/**
 * struct meeting - where methods and their tester meet
 * @node: in the table; unlinked by meeting_forget()
 * @ref: one of the table's, one of each method that was prepared for it, one
 *	of each control operation that looks at it
 * @id: what both sides call it
 * @wait: woken when any of the following changes
 * @open: the gate; once true it stays true
 * @starts: methods that have started
 * @seen: methods that have seen a cancel
 * @ends: methods that are about to return
 * @passes: how many cancel hooks may go on, counted from the first
 * @asks: cancel hooks that were entered
 * @answers: cancel hooks that are about to return
 * @releases: custom_release() of calls
 * @commits: times that acall_commit() said 0
 * @denied: times that it said -ECANCELED
 * @where: ACALL_TEST_WHERE_* of cancel hooks
 * @lock: guards the rest
 * @call: the last that started here with a struct acall_test_custom; counted
 * @custom: it is of a method without .run
 * @forgotten: nobody will complete what starts from now on
 * @done: it was completed, or its .run has returned
 */
struct meeting {
	struct hlist_node node;
	struct kref ref;
	u64 id;
	wait_queue_head_t wait;
	bool open;
	atomic64_t starts;
	atomic64_t seen;
	atomic64_t ends;
	atomic64_t passes;
	atomic64_t asks;
	atomic64_t answers;
	atomic64_t releases;
	atomic64_t commits;
	atomic64_t denied;
	atomic_t where;
	spinlock_t lock;	/* irqs; what follows */
	struct acall_call *call;
	bool custom;
	bool forgotten;
	bool done;
};

struct meeting *meeting_get(u64 id);
struct meeting *meeting_find(u64 id);
void meeting_put(struct meeting *m);
void meeting_open(struct meeting *m);
void meeting_forget(u64 id);
void meeting_count(struct meeting *m, atomic64_t *counter);
void meeting_pass(struct meeting *m, u64 hooks);
int meeting_keep(struct meeting *m, struct acall_call *call, bool custom);
struct acall_call *meeting_call(struct meeting *m, bool *custom);
bool meeting_claim(struct meeting *m, struct acall_call *call);
void meeting_unclaim(struct meeting *m, struct acall_call *call);

#endif /* _ACALL_TEST_MEETING_H */
