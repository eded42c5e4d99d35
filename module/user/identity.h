/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ACALL_IDENTITY_H
#define _ACALL_IDENTITY_H

#include <linux/types.h>

struct cgroup_subsys_state;
struct cred;
struct mem_cgroup;

/* As whom a method runs. @cred NULL = nobody. */
struct acall_identity {
	const struct cred *cred;
	u64 fsize;
	struct mem_cgroup *memcg;
	struct cgroup_subsys_state *blkcg;
	int ioprio;
	bool borrowed;			/* no reference of its own */
};

/* What a worker was before it took an identity on. */
struct acall_disguise {
	const struct cred *cred;
	struct mem_cgroup *memcg;
	int ioprio;
	bool other_ioprio;		/* it has taken one on */
};

void acall_identity_take(struct acall_identity *who);
void acall_identity_borrow(struct acall_identity *who);
bool acall_identity_is_current(const struct acall_identity *who);
void acall_identity_drop(struct acall_identity *who);

void acall_identity_assume(const struct acall_identity *who,
			   struct acall_disguise *was);
void acall_identity_leave(const struct acall_disguise *was);

#endif /* _ACALL_IDENTITY_H */
