/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ACALL_IDENTITY_H
#define _ACALL_IDENTITY_H

#include <linux/types.h>

struct acall_identity;
struct cred;
struct mem_cgroup;

/* What a worker was before it took an identity on. */
struct acall_disguise {
	const struct cred *cred;
	struct mem_cgroup *memcg;
	int ioprio;
};

struct acall_identity *acall_identity_get_current(void);
void acall_identity_put(struct acall_identity *who);
const struct cred *acall_identity_cred(const struct acall_identity *who);
u64 acall_identity_fsize(const struct acall_identity *who);

void acall_identity_assume(struct acall_identity *who,
			   struct acall_disguise *was);
void acall_identity_leave(struct acall_identity *who,
			  const struct acall_disguise *was);

#endif /* _ACALL_IDENTITY_H */
