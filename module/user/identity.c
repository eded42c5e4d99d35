// SPDX-License-Identifier: GPL-2.0-only
/*
 * As whom a method runs (B4): the caller of BEGIN, resolved there and taken on
 * by the worker around the method (R-ID, R-CRED): credentials, file-size limit,
 * memory cgroup, I/O cgroup and I/O priority.
 *
 * The limit is only kept: a worker has no rlimits of its own, so methods compare
 * with acall_fsize_limit() (R-RLIM). No lock; immutable once made.
 */
#include <linux/blk-cgroup.h>
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/ioprio.h>
#include <linux/kthread.h>
#include <linux/memcontrol.h>
#include <linux/refcount.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "debug/fail.h"
#include "identity.h"

struct acall_identity {
	refcount_t ref;
	int ioprio;
	const struct cred *cred;
	u64 fsize;
	struct mem_cgroup *memcg;
#ifdef CONFIG_BLK_CGROUP
	struct cgroup_subsys_state *blkcg;
#endif
};

/**
 * acall_identity_get_current - the identity of current
 *
 * Context: process, may sleep.
 * Return: an identity with one reference, or NULL without memory.
 */
struct acall_identity *acall_identity_get_current(void)
{
	struct acall_identity *who;

	who = kzalloc(sizeof(*who), GFP_KERNEL_ACCOUNT);
	if (!who)
		return NULL;
	refcount_set(&who->ref, 1);
	who->cred = get_current_cred();
	who->fsize = rlimit(RLIMIT_FSIZE);
	who->ioprio = get_current_ioprio();
	who->memcg = get_mem_cgroup_from_mm(current->mm);
#ifdef CONFIG_BLK_CGROUP
	who->blkcg = task_get_css(current, io_cgrp_id);
#endif
	return who;
}

/**
 * acall_identity_put - drop a reference
 * @who: the identity
 *
 * Context: process.
 */
void acall_identity_put(struct acall_identity *who)
{
	if (!refcount_dec_and_test(&who->ref))
		return;
#ifdef CONFIG_BLK_CGROUP
	css_put(who->blkcg);
#endif
	mem_cgroup_put(who->memcg);
	put_cred(who->cred);
	kfree(who);
}

const struct cred *acall_identity_cred(const struct acall_identity *who)
{
	return who->cred;
}

u64 acall_identity_fsize(const struct acall_identity *who)
{
	return who->fsize;
}

static void set_ioprio(int ioprio)
{
#ifdef CONFIG_BLOCK
	if (ioprio != get_current_ioprio())
		set_task_ioprio(current, ioprio);
#endif
}

/**
 * acall_identity_assume - make the current worker run as somebody
 * @who: as whom
 * @was: written; for acall_identity_leave()
 *
 * Context: a worker.
 */
void acall_identity_assume(struct acall_identity *who,
			   struct acall_disguise *was)
{
	was->ioprio = get_current_ioprio();
	/*
	 * Before the credentials change: the worker may always, they may not. An
	 * allocation that fails leaves the priority as it was, which is no harm;
	 * the way back needs none.
	 */
	if (who->ioprio != was->ioprio && !acall_fail(ACALL_FAIL_IOPRIO))
		set_ioprio(who->ioprio);
	was->cred = override_creds(who->cred);
	was->memcg = set_active_memcg(who->memcg);
#ifdef CONFIG_BLK_CGROUP
	kthread_associate_blkcg(who->blkcg);
#endif
}

/**
 * acall_identity_leave - become a plain worker again
 * @who: as whom it ran
 * @was: what acall_identity_assume() wrote
 */
void acall_identity_leave(struct acall_identity *who,
			  const struct acall_disguise *was)
{
#ifdef CONFIG_BLK_CGROUP
	kthread_associate_blkcg(NULL);
#endif
	set_active_memcg(was->memcg);
	revert_creds(was->cred);
	set_ioprio(was->ioprio);
}
