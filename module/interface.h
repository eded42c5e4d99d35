/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ACALL_INTERFACE_H
#define _ACALL_INTERFACE_H

#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <acall/provider.h>

struct acall_call;
struct acall_runner;
struct workqueue_struct;

#define ACALL_LANE_BITS	4

/* One registration of an interface. See interface.c. */
struct acall_interface {
	refcount_t ref;
	char name[ACALL_NAME_LEN];
	u64 serial;
	struct list_head link;		/* registry's mutex */
	const struct acall_interface_desc *desc;	/* valid while pinned */
	u32 version_min;
	u32 version;
	u32 nr_methods;
	u32 max_running;

	wait_queue_head_t gone_wait;	/* polls, woken when @gone is set */
	wait_queue_head_t idle_wait;	/* unregistration, see idle() */

	spinlock_t lock;		/* see interface.c */
	bool gone;			/* @lock to write */
	u32 pins;			/* who may be in the provider */
	struct list_head calls;		/* executions, accepted and not ended */

	/* The runners' (runner.c), under @lock. */
	struct workqueue_struct *wq;
	struct acall_runner *runners;
	struct list_head idle_runners;
	struct list_head turn;		/* lanes that have a call to start */
	u32 retiring;			/* lanes whose retire work is queued */
	DECLARE_HASHTABLE(lanes, ACALL_LANE_BITS);
};

struct acall_interface *acall_interface_find(const char *name);
struct acall_interface *acall_interface_next(u64 serial);
void acall_interface_get(struct acall_interface *iface);
void acall_interface_put(struct acall_interface *iface);

int acall_interface_pin(struct acall_interface *iface);
void acall_interface_unpin(struct acall_interface *iface,
			   struct acall_call *call);
int acall_interface_may_create(struct acall_interface *iface);
u32 acall_interface_count(void);
void acall_interfaces_for_each(void (*visit)(struct acall_interface *iface));
bool acall_name_valid(const char *name);

const struct acall_method *acall_interface_method(struct acall_interface *iface,
						  u32 nr);

static inline bool acall_interface_gone(const struct acall_interface *iface)
{
	return READ_ONCE(iface->gone);
}

#endif /* _ACALL_INTERFACE_H */
