// SPDX-License-Identifier: GPL-2.0-only
/*
 * As whom a method runs (B4): the caller of BEGIN, resolved there and taken on
 * by the worker around the method (R-ID, R-CRED): credentials, file-size limit,
 * memory cgroup, I/O cgroup and I/O priority.
 *
 * The limit is only kept: a worker has no rlimits of its own, so methods compare
 * with acall_fsize_limit() (R-RLIM). Part of the call; no lock, constant from .prepare
 * until the execution has ended.
 */
#include <linux/blk-cgroup.h>
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/ioprio.h>
#include <linux/kthread.h>
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "debug/fail.h"
#include "identity.h"

/**
 * acall_identity_borrow - the identity of current, while it cannot change
 * @who: filled, for a method that current runs itself; acall_identity_drop() it
 *
 * Context: process.
 */
void acall_identity_borrow(struct acall_identity *who)
{
	who->cred = current_cred();
	who->fsize = rlimit(RLIMIT_FSIZE);
	who->borrowed = true;
}

/**
 * acall_identity_take - the identity of current, to keep
 * @who: filled; acall_identity_drop() it
 *
 * Context: process.
 */
void acall_identity_take(struct acall_identity *who)
{
	acall_identity_borrow(who);
	get_cred(who->cred);
	who->ioprio = get_current_ioprio();
	who->memcg = get_mem_cgroup_from_mm(current->mm);
#ifdef CONFIG_BLK_CGROUP
	who->blkcg = task_get_css(current, io_cgrp_id);
#endif
	who->borrowed = false;
}

/* Surely; else get_mem_cgroup_from_mm() knows. Under RCU. */
static bool memcg_is_mine(const struct mem_cgroup *memcg)
{
#ifdef CONFIG_MEMCG
	struct task_struct *owner = rcu_dereference(current->mm->owner);

	return memcg && owner &&
	       task_css(owner, memory_cgrp_id) == &memcg->css;
#else
	return true;
#endif
}

static noinline bool memcg_would_be(const struct mem_cgroup *memcg)
{
	struct mem_cgroup *mine = get_mem_cgroup_from_mm(current->mm);

	mem_cgroup_put(mine);
	return mine == memcg;
}

/**
 * acall_identity_is_current - would current get the same again?
 * @who: an identity that was taken
 *
 * Context: any process; does not sleep.
 */
bool acall_identity_is_current(const struct acall_identity *who)
{
	bool same = true, same_memcg;

	/* What it has references on is not somebody else's by now. */
	if (who->cred != current_cred() || who->fsize != rlimit(RLIMIT_FSIZE) ||
	    who->ioprio != get_current_ioprio())
		return false;
	rcu_read_lock();
	same_memcg = memcg_is_mine(who->memcg);
#ifdef CONFIG_BLK_CGROUP
	same = who->blkcg == task_css(current, io_cgrp_id);
#endif
	rcu_read_unlock();
	return same && (likely(same_memcg) || memcg_would_be(who->memcg));
}

/**
 * acall_identity_drop - let go of an identity
 * @who: the identity, or nobody; nobody afterwards
 *
 * Context: process.
 */
void acall_identity_drop(struct acall_identity *who)
{
	if (who->cred && !who->borrowed) {
#ifdef CONFIG_BLK_CGROUP
		css_put(who->blkcg);
#endif
		mem_cgroup_put(who->memcg);
		put_cred(who->cred);
	}
	who->cred = NULL;
}

static void set_ioprio(int ioprio)
{
#ifdef CONFIG_BLOCK
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
void acall_identity_assume(const struct acall_identity *who,
			   struct acall_disguise *was)
{
	was->ioprio = get_current_ioprio();
	/*
	 * Before the credentials change: the worker may always, they may not. An
	 * allocation that fails leaves the priority as it was, which is no harm;
	 * the way back needs none.
	 */
	was->other_ioprio = who->ioprio != was->ioprio &&
			    !acall_fail(ACALL_FAIL_IOPRIO);
	if (was->other_ioprio)
		set_ioprio(who->ioprio);
	was->cred = override_creds(who->cred);
	was->memcg = set_active_memcg(who->memcg);
#ifdef CONFIG_BLK_CGROUP
	kthread_associate_blkcg(who->blkcg);
#endif
}

/**
 * acall_identity_leave - become a plain worker again
 * @was: what acall_identity_assume() wrote
 */
void acall_identity_leave(const struct acall_disguise *was)
{
#ifdef CONFIG_BLK_CGROUP
	kthread_associate_blkcg(NULL);
#endif
	set_active_memcg(was->memcg);
	revert_creds(was->cred);
	if (was->other_ioprio)
		set_ioprio(was->ioprio);
}
