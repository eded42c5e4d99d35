/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ACALL_POWER_H
#define _ACALL_POWER_H

struct acall_call;

int acall_power_init(void);
void acall_power_exit(void);
void acall_power_park(struct acall_call *call);

#endif /* _ACALL_POWER_H */
