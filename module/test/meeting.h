/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ACALL_TEST_MEETING_H
#define _ACALL_TEST_MEETING_H

#include <linux/acall_test.h>
#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/types.h>
#include <linux/wait.h>

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
};

struct meeting *meeting_get(u64 id);
struct meeting *meeting_find(u64 id);
void meeting_put(struct meeting *m);
void meeting_open(struct meeting *m);
void meeting_forget(u64 id);
void meeting_count(struct meeting *m, atomic64_t *counter);

/* How many have done it, over all ids and since the module was loaded. */
struct totals {
	atomic64_t running;
	atomic64_t entered;
	atomic64_t dirty;
	atomic64_t released;
	atomic64_t prepared;
};

extern struct totals totals;

struct acall_interface_desc;
extern const struct acall_interface_desc desc_test;
extern const struct acall_interface_desc desc_hot;
extern const struct acall_interface_desc desc_privileged;
extern const struct acall_interface_desc desc_narrow;

#endif /* _ACALL_TEST_MEETING_H */
