/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ACALL_LIMITS_H
#define _ACALL_LIMITS_H

#include <linux/types.h>
#include <linux/uidgid.h>

struct acall_payer;

/* What INFO reports. */
struct acall_limits_info {
	u32 user_calls;
	u32 total_calls;
	u64 user_bytes;
	u64 total_bytes;
	u32 charged_calls;
	u64 charged_bytes;
};

struct acall_payer *acall_payer_get_current(struct acall_payer *usual);
void acall_payer_get(struct acall_payer *payer);
void acall_payer_put(struct acall_payer *payer);
kuid_t acall_payer_owner(const struct acall_payer *payer);

int acall_charge(struct acall_payer *payer, u32 calls, u64 bytes);
u32 acall_charge_calls(struct acall_payer *payer, u32 calls, u32 over,
		       bool exempt, int *why);
bool acall_charge_in_bounds(const struct acall_payer *payer);
bool acall_charge_exempt(void);
void acall_uncharge(struct acall_payer *payer, u32 calls, u64 bytes);

void acall_limits_get_info(struct acall_limits_info *info);
u32 acall_limits_calls(void);

#endif /* _ACALL_LIMITS_H */
