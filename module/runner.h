/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ACALL_RUNNER_H
#define _ACALL_RUNNER_H

#include <linux/types.h>
#include <linux/uidgid.h>

struct acall_call;
struct acall_interface;
struct acall_lane;

int acall_runners_create(struct acall_interface *iface);
void acall_runners_destroy(struct acall_interface *iface);

struct acall_lane *acall_lane_get(struct acall_interface *iface, kuid_t owner);
void acall_lane_put(struct acall_interface *iface, struct acall_lane *lane);
u32 acall_runner_user_max(const struct acall_interface *iface);

void acall_runner_enqueue(struct acall_call *call);
bool acall_runner_dequeue(struct acall_call *call);
void acall_runner_settle(struct acall_call *call);
void acall_runner_ask(struct acall_call *call);
void acall_runner_unask(struct acall_call *call);
void acall_runner_close(struct acall_interface *iface);

#endif /* _ACALL_RUNNER_H */
