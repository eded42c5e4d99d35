/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ACALL_RUNNER_H
#define _ACALL_RUNNER_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/workqueue.h>

struct acall_call;
struct acall_interface;

/* runner.c: who executes calls. */
int acall_runners_create(struct acall_interface *iface);
void acall_runners_destroy(struct acall_interface *iface);

u32 acall_runner_user_max(const struct acall_interface *iface);

void acall_runner_enqueue(struct acall_call *call, bool more);
bool acall_runner_dequeue(struct acall_call *call);
void acall_runner_settle(struct acall_call *call);
void acall_runner_ask(struct acall_call *call);
void acall_runner_unask(struct acall_call *call);
void acall_runner_close(struct acall_interface *iface);
bool acall_runner_kick(struct acall_interface *iface);

/* lane.c: the lane of a user, all under the interface's lock. */
struct acall_lane {
	struct hlist_node node;
	struct acall_interface *iface;
	kuid_t owner;
	u32 refs;			/* calls, and works that are queued */
	u32 running;			/* runners it uses for calls */
	bool draining;			/* one drains its slots */
	struct list_head queue;		/* calls, oldest first */
	struct list_head turn;		/* on the circle */
	struct list_head shorts;	/* slots of call queues, oldest first */
	struct list_head short_turn;	/* on their circle */
	struct list_head settling;	/* calls that nobody runs */
	struct list_head asking;	/* calls whose hook is to be asked */
	struct work_struct settle_work;
	struct work_struct ask_work;
	bool settle_due;		/* queued, or at work */
	bool ask_due;
};

struct acall_lane *acall_lane_get(struct acall_interface *iface, kuid_t owner);
void acall_lane_put(struct acall_interface *iface, struct acall_lane *lane);

/* With the interface's lock held. */
void acall_lane_update(struct acall_interface *iface, struct acall_lane *lane);
void acall_lane_update_shorts(struct acall_interface *iface,
			      struct acall_lane *lane);
bool acall_lane_unused(struct acall_lane *lane);
void acall_lane_settle(struct acall_interface *iface, struct acall_call *call);

/* What must be done before the interface can go. */
void acall_chore_begin(struct acall_interface *iface);
void acall_chore_end(struct acall_interface *iface, struct acall_lane *lane);
void acall_chore_close(struct work_struct *work);

#endif /* _ACALL_RUNNER_H */
