/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ACALL_INTERFACE_H
#define _ACALL_INTERFACE_H

#include <linux/hashtable.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <acall/provider.h>

struct acall_call;
struct acall_runner;

#define ACALL_LANE_BITS	4

/* One registration of an interface. See interface.c. */
struct acall_interface {
	refcount_t ref;
	char name[ACALL_NAME_LEN];
	u64 serial;
	struct list_head link;		/* registry's mutex */
	const struct acall_interface_desc *desc;	/* valid while pinned */
	void *data;			/* the provider's */
	u32 flags;			/* ACALL_INTERFACE_NODE, _PRIVATE */
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
	struct list_head sessions;	/* open (session.c) */
	struct list_head closing;	/* nobody uses them, .close is due */

	/* The runners' (runner.c), under @lock. */
	struct workqueue_struct *wq;
	struct workqueue_struct *chores_wq;
	struct acall_runner *runners;
	struct list_head idle_runners;	/* first those that linger */
	struct list_head turn;		/* lanes that have a call to start */
	struct list_head short_turn;	/* lanes that have slots to drain */
	u32 running;			/* runners that have a call */
	u32 fresh;			/* of them, since the last relay */
	u32 older;			/* since the one before */
	u32 woken;			/* runners that are on their way */
	struct hrtimer relay;		/* see runner.c */
	bool relay_due;			/* it runs */
	bool taken;			/* something was, since the last one */
	u32 relays;			/* so far */
	unsigned long relayed;		/* jiffies of the last one */
	u32 chores;			/* queued works, cancellers that settle */
	struct work_struct close_work;
	bool close_due;			/* queued, or at work */
	struct delayed_work rest_work;
	bool rest_due;			/* its timer runs, or it does */
	bool resting;			/* no runner lingers any more */
	DECLARE_HASHTABLE(lanes, ACALL_LANE_BITS);
	u32 spare_lanes;		/* of them, those that nobody needs */

	/* The device of its own (dev/node.c). */
	struct miscdevice node;
	char node_name[sizeof("acall-") + ACALL_NAME_LEN];
};

struct acall_interface *acall_interface_find(const char *name);
struct acall_interface *acall_interface_next(u64 serial, u32 without);
void acall_interface_get(struct acall_interface *iface);
void acall_interface_put(struct acall_interface *iface);

int acall_interface_pin(struct acall_interface *iface);
bool acall_interface_pin_locked(struct acall_interface *iface, u32 n);
void acall_interface_unpin_locked(struct acall_interface *iface, u32 n);
void acall_interface_unpin(struct acall_interface *iface,
			   struct acall_call *call);
int acall_interface_errno(struct acall_interface *iface, const void *who,
			  int ret);
int acall_interface_may_create(struct acall_interface *iface);
void acall_interfaces_cancel(enum acall_reason reason);
u32 acall_interface_count(void);
void acall_interfaces_for_each(void (*visit)(struct acall_interface *iface));

u32 acall_method_caps(const struct acall_method *method);
int acall_interface_look_up(struct acall_interface *iface, u32 nr,
			    struct acall_method *copy);
const struct acall_method *acall_interface_method(struct acall_interface *iface,
						  u32 nr);

/* dev/node.c */
int acall_node_create(struct acall_interface *iface);
void acall_node_destroy(struct acall_interface *iface);

static inline bool acall_interface_gone(const struct acall_interface *iface)
{
	return READ_ONCE(iface->gone);
}

#endif /* _ACALL_INTERFACE_H */
