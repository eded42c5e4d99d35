/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ACALL_OBJECT_H
#define _ACALL_OBJECT_H

#include <linux/poll.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "interface.h"

struct acall_call;
struct acall_ledger;
struct acall_payer;
struct acall_session;

/* What a client's file descriptor holds. See object.c. */
struct acall_object {
	struct acall_call __rcu *call;	/* pending; counted; NULL = idle */
	struct acall_interface *iface;	/* counted */
	struct acall_ledger *ledger;	/* counted */
	struct acall_session *session;	/* counted; NULL = the provider has none */
	struct acall_payer *payer;	/* counted: whoever made it */
	wait_queue_head_t wait;		/* poll */
	u32 version;
	bool detach;			/* the last close does not cancel */
};

struct acall_object *acall_object_create(struct acall_interface *iface,
					 u32 version, bool detach);
void acall_object_destroy(struct acall_object *object);

bool acall_object_busy(const struct acall_object *object);
struct acall_call *acall_object_get_call(struct acall_object *object, u64 id);
int acall_object_begin(struct acall_object *object, struct acall_call *call);
bool acall_object_consume(struct acall_object *object, struct acall_call *call);
__poll_t acall_object_poll(struct acall_object *object, struct file *file,
			   poll_table *pt);

u32 acall_objects_count(void);

/* A call became ready; its lock is held. */
static inline void acall_object_wake(struct acall_object *object)
{
	/*
	 * Readiness may be what turns HUP on (W4); if not it must not be there,
	 * since some take the key for the answer. The barrier pairs with that in
	 * acall_object_poll().
	 */
	if (wq_has_sleeper(&object->wait))
		wake_up_poll(&object->wait, EPOLLIN | EPOLLRDNORM |
			     (acall_interface_gone(object->iface) ? EPOLLHUP : 0));
}

#endif /* _ACALL_OBJECT_H */
