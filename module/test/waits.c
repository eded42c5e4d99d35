// SPDX-License-Identifier: GPL-2.0-only
/*
 * Methods that stop where a tester wants to find them: in .prepare, inline in
 * BEGIN's caller, at a checkpoint, in a wait with an end, before and behind
 * their point of no return.
 *
 * Owns nothing; no locks.
 *
 * The race it is about: acall_commit() against a cancel, in the order that the
 * tester chose (P5).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#include "methods.h"

/* Shorter than what the kernel's watchdogs call stuck. */
#define SPIN_NS		(15ULL * NSEC_PER_SEC)

/*
 * Spins until the gate is open, or, with @passes, until so many hooks may go
 * on; for those who may not sleep. Who would let it go on needs a processor too: if
 * this is the only one, and not to be had, there is nothing to wait for.
 */
bool spin_until(const struct meeting *m, u64 passes)
{
	u64 start = ktime_get_ns();

	while (passes ? atomic64_read(&m->passes) < (s64)passes :
			!READ_ONCE(m->open)) {
		if (num_online_cpus() == 1 &&
		    !(preemptible() && preempt_model_preemptible()))
			return false;
		if (ktime_get_ns() - start > SPIN_NS) {
			/* The tester's mistake, or a fuzzer's: no fault. */
			pr_notice_once("nobody lets it go on at id %llu\n",
				       m->id);
			return false;
		}
		cpu_relax();
	}
	return true;
}

/* Killable, as .prepare runs in BEGIN's caller. */
int prepare_gate(struct acall_call *call)
{
	const struct acall_test_arg *arg = acall_in(call);
	struct private *p = acall_private(call);
	struct meeting *m;
	int ret;

	if (!is_result(arg->value))
		return -EINVAL;
	m = meeting_get(arg->id);
	if (IS_ERR(m))
		return PTR_ERR(m);
	meeting_count(m, &m->starts);
	ret = wait_event_killable(m->wait, READ_ONCE(m->open));
	if (ret || arg->value) {
		meeting_put(m);
		return ret ? -EINTR : arg->value;
	}
	p->meeting = m;
	return accept(call);
}

int run_checkpoint(struct acall_call *call)
{
	const struct acall_test_arg *arg = acall_in(call);
	struct meeting *m = meeting_of(call);
	u64 steps = 0;
	int ret = 0;

	enter(call, m);
	while (!READ_ONCE(m->open)) {
		ret = acall_checkpoint(call);
		if (ret) {
			seen(m);
			break;
		}
		acall_progress(call, ++steps, 0);
		schedule_timeout_idle(1);
	}
	return leave(call, m, ret ?: arg->value);
}

int run_timeout(struct acall_call *call)
{
	const struct acall_test_arg *arg = acall_in(call);
	struct meeting *m = meeting_of(call);
	unsigned int ms = min_t(u64, arg->value, INT_MAX);
	int ret;

	enter(call, m);
	/* The jiffy that it begins in is not a whole one. */
	ret = acall_wait_event_timeout(call, m->wait, READ_ONCE(m->open),
				       msecs_to_jiffies(ms) + 1);
	if (ret == -ECANCELED)
		seen(m);
	return leave(call, m, ret);
}

int run_inline_gate(struct acall_call *call)
{
	const struct acall_test_arg *arg = acall_in(call);
	struct meeting *m = meeting_of(call);

	enter(call, m);
	if (!spin_until(m, 0))
		return leave(call, m, -ETIMEDOUT);
	return leave(call, m, arg->value);
}

/* Has no .prepare, so what it needs must be there. */
int run_short_gate(struct acall_call *call)
{
	struct acall_test_arg *arg = acall_in(call);
	struct meeting *m = meeting_find(arg->id);
	int ret;

	enter(call, m);
	if (m && arg->pause == ACALL_TEST_COMMIT_FIRST)
		commit_at(m, call);
	if (arg->pause == ACALL_TEST_COMMIT_PROGRESS)
		acall_progress(call, 1, 2);
	ret = m && spin_until(m, 0) ? arg->value : -ETIMEDOUT;
	/* Its input is its own to write to, and no other call's. */
	if (arg->pause == ACALL_TEST_COMMIT_SCRATCH)
		ret = -EUCLEAN;
	arg->pause = ACALL_TEST_COMMIT_SCRATCH;
	/* Nobody has looked at it before. */
	if (!is_result(ret))
		ret = -EINVAL;
	ret = leave(call, m, ret);
	if (m)
		meeting_put(m);
	return ret;
}

int commit_at(struct meeting *m, struct acall_call *call)
{
	int ret = acall_commit(call);

	meeting_count(m, ret ? &m->denied : &m->commits);
	return ret;
}

int prepare_commit(struct acall_call *call)
{
	const struct acall_test_arg *arg = acall_in(call);

	if (!arg->id || !is_result(arg->value) ||
	    arg->pause > ACALL_TEST_COMMIT_LAST)
		return -EINVAL;
	return accept_at(call, arg->id);
}

int run_commit(struct acall_call *call)
{
	const struct acall_test_arg *arg = acall_in(call);
	struct meeting *m = meeting_of(call);
	int ret, i;

	if (arg->pause == ACALL_TEST_COMMIT_FIRST)
		commit_at(m, call);
	enter(call, m);
	ret = acall_wait_event(call, m->wait, READ_ONCE(m->open));
	for (i = 0; i < 2 && arg->pause == ACALL_TEST_COMMIT_LAST; i++)
		commit_at(m, call);
	if (ret)
		seen(m);
	return leave(call, m, ret ?: arg->value);
}
