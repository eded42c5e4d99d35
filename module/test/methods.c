// SPDX-License-Identifier: GPL-2.0-only
/*
 * The methods of the "test" interface: one for each thing a provider may do
 * with a cancel (ignore it, obey it, see it and go on, be killed by it) and
 * for each thing a call may carry.
 *
 * Owns nothing but its counters; a call's own state is one pointer to its
 * meeting in acall_private(). No locks.
 *
 * The race it is about: every one of them. A tester holds a method at a gate
 * until the other side of a race has done its part, so each order can be had
 * at will. Every method but bare notes at its entry whether its worker came with a
 * signal pending, left over from the call that was stopped before it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cgroup.h>
#include <linux/ioprio.h>
#include <linux/ktime.h>
#include <linux/memcontrol.h>
#include <linux/moduleparam.h>

#include "methods.h"

struct totals totals;

/* So that one can tell afterwards, from the log of a machine that went down. */
static bool log_cancel;
module_param(log_cancel, bool, 0644);
MODULE_PARM_DESC(log_cancel, "say in the kernel log that coop saw its cancel");

/* For methods with a value that is not what they return. */
static int prepare_arg(struct acall_call *call)
{
	const struct acall_test_arg *arg = acall_in(call);

	if (arg->value < 0)
		return -EINVAL;
	return accept_at(call, arg->id);
}

/* For methods that return their value. */
static int prepare_valued(struct acall_call *call)
{
	const struct acall_test_arg *arg = acall_in(call);

	if (!is_result(arg->value))
		return -EINVAL;
	return accept_at(call, arg->id);
}

/* For methods that would never end without a gate. */
static int prepare_gated(struct acall_call *call)
{
	const struct acall_test_arg *arg = acall_in(call);

	if (!arg->id)
		return -EINVAL;
	return prepare_valued(call);
}

/* For methods with such a value that cannot do without a wait queue. */
static int prepare_met(struct acall_call *call)
{
	const struct acall_test_arg *arg = acall_in(call);

	if (!arg->id)
		return -EINVAL;
	return prepare_arg(call);
}

static int prepare_progress(struct acall_call *call)
{
	const struct acall_test_arg *arg = acall_in(call);

	if (arg->pause && !arg->id)
		return -EINVAL;
	return prepare_arg(call);
}

static int prepare_echo(struct acall_call *call)
{
	int ret;

	if (acall_in_len(call)) {
		ret = acall_out_alloc(call, acall_in_len(call));
		if (ret)
			return ret;
	}
	return accept(call);
}

static int run_echo(struct acall_call *call)
{
	u32 len = acall_in_len(call);

	enter(call, NULL);
	if (len) {
		memcpy(acall_out(call), acall_in(call), len);
		acall_out_set_len(call, len);
	}
	return leave(call, NULL, 0);
}

static int run_fail(struct acall_call *call)
{
	const s32 *code = acall_in(call);

	enter(call, NULL);
	return leave(call, NULL, *code);
}

static int run_sleep(struct acall_call *call)
{
	const struct acall_test_arg *arg = acall_in(call);
	struct meeting *m = meeting_of(call);
	int ret;

	enter(call, m);
	ret = acall_sleep(call, min_t(u64, arg->value, KTIME_MAX / NSEC_PER_MSEC) *
				NSEC_PER_MSEC);
	if (ret)
		seen(m);
	return leave(call, m, ret);
}

static int run_gate(struct acall_call *call)
{
	const struct acall_test_arg *arg = acall_in(call);
	struct meeting *m = meeting_of(call);

	enter(call, m);
	wait_gate(m);
	return leave(call, m, arg->value);
}

static int run_coop(struct acall_call *call)
{
	const struct acall_test_arg *arg = acall_in(call);
	struct meeting *m = meeting_of(call);
	int ret;

	enter(call, m);
	ret = acall_wait_event(call, m->wait, READ_ONCE(m->open));
	if (ret) {
		seen(m);
		if (READ_ONCE(log_cancel))
			pr_info("method of id %llu saw its cancel\n", arg->id);
		return leave(call, m, ret);
	}
	return leave(call, m, arg->value);
}

static int run_late(struct acall_call *call)
{
	const struct acall_test_arg *arg = acall_in(call);
	struct meeting *m = meeting_of(call);

	enter(call, m);
	if (acall_wait_event(call, m->wait, false))
		seen(m);
	wait_gate(m);
	return leave(call, m, arg->value);
}

static int prepare_whoami(struct acall_call *call)
{
	int ret;

	ret = acall_out_alloc(call, sizeof(struct acall_test_whoami));
	return ret ?: accept(call);
}

static u64 active_memcg_id(void)
{
#ifdef CONFIG_MEMCG
	struct mem_cgroup *memcg = current->active_memcg;

	if (memcg)
		return cgroup_ino(memcg->css.cgroup);
#endif
	return 0;
}

static int run_whoami(struct acall_call *call)
{
	struct acall_test_whoami *who = acall_out(call);

	enter(call, NULL);
	who->uid = from_kuid_munged(&init_user_ns, current_fsuid());
	who->gid = from_kgid_munged(&init_user_ns, current_fsgid());
	who->cap_dac_override = capable(CAP_DAC_OVERRIDE);
	who->is_worker = !!(current->flags & PF_WQ_WORKER);
	who->fsize = acall_fsize_limit(call);
	who->memcg_id = active_memcg_id();
	who->tgid = task_tgid_nr(current);
	who->ioprio = get_current_ioprio();
	acall_out_set_len(call, sizeof(*who));
	return leave(call, NULL, 0);
}

/*
 * Counts to value. At the pause it waits for its gate and ignores a cancel, so
 * that a tester can have the cancel visible before the next look: what FINISH
 * then reports is exactly the pause.
 */
static int run_progress(struct acall_call *call)
{
	const struct acall_test_arg *arg = acall_in(call);
	struct meeting *m = meeting_of(call);
	u64 steps = arg->value, done;

	enter(call, m);
	acall_progress(call, 0, steps);
	for (done = 0; ; acall_progress(call, ++done, steps)) {
		if (arg->pause && done == arg->pause)
			wait_gate(m);
		if (done >= steps)
			return leave(call, m, 0);
		if (acall_cancelled(call)) {
			seen(m);
			return leave(call, m, -ECANCELED);
		}
		cond_resched();
	}
}

/* The cheapest method that is counted. */
static int run_nop(struct acall_call *call)
{
	enter(call, NULL);
	return leave(call, NULL, 0);
}

/* For measurements. */
static int run_bare(struct acall_call *call)
{
	return 0;
}

static int prepare_refuse(struct acall_call *call)
{
	const s32 *code = acall_in(call);

	if (!is_result(*code))
		return -EINVAL;
	return *code ?: accept(call);
}

static int run_spin(struct acall_call *call)
{
	const struct acall_test_arg *arg = acall_in(call);
	struct meeting *m = meeting_of(call);
	u64 start = ktime_get_ns();

	enter(call, m);
	while (ktime_get_ns() - start < arg->value) {
		if (acall_cancelled(call)) {
			seen(m);
			return leave(call, m, -ECANCELED);
		}
		cpu_relax();
		cond_resched();
	}
	return leave(call, m, 0);
}

/*
 * A killable sleep as file systems have them: never looks for a cancel, only a
 * fatal signal or the gate ends it.
 */
static int run_killable(struct acall_call *call)
{
	const struct acall_test_arg *arg = acall_in(call);
	struct meeting *m = meeting_of(call);
	int ret;

	enter(call, m);
	ret = acall_killable_begin(call);
	if (!ret) {
		ret = wait_event_killable(m->wait, READ_ONCE(m->open));
		acall_killable_end(call);
		if (ret)
			ret = acall_stopped(call, ret);
	}
	if (ret) {
		seen(m);
		return leave(call, m, ret);
	}
	return leave(call, m, arg->value);
}

/* The files must be there until .release has returned. */
static void release_hold(struct acall_call *call)
{
	WARN_ON_ONCE(acall_nr_files(call) != 1 ||
		     !file_count(acall_file(call, 0)));
	release_at(call);
}

static int run_stuck(struct acall_call *call)
{
	struct meeting *m = meeting_of(call);

	enter(call, m);
	return leave(call, m, 0);
}

static void release_stuck(struct acall_call *call)
{
	struct meeting *m = meeting_of(call);

	seen(m);
	wait_gate(m);
	release_at(call);
}

static int prepare_result(struct acall_call *call)
{
	const struct acall_test_result *arg = acall_in(call);
	int ret;

	if (arg->wait > 1 || arg->__reserved || (arg->wait && !arg->id))
		return -EINVAL;
	if (arg->out_len) {
		ret = acall_out_alloc(call, arg->out_len);
		if (ret)
			return ret;
	}
	return accept_at(call, arg->id);
}

static int run_result(struct acall_call *call)
{
	const struct acall_test_result *arg = acall_in(call);
	struct meeting *m = meeting_of(call);
	u8 *out;
	u32 i;

	enter(call, m);
	acall_progress(call, 1, 2);
	if (arg->wait)
		wait_gate(m);
	acall_progress(call, 2, 2);
	if (arg->out_len) {
		out = acall_out(call);
		for (i = 0; i < arg->out_len; i++)
			out[i] = i;
		acall_out_set_len(call, arg->out_len);
	}
	return leave(call, m, arg->ret);
}

#define GRACE_NS	(1 * NSEC_PER_SEC)
/* hold ignores a cancel: this grace is meant to run out. */
#define GRACE_SHORT_NS	(20 * NSEC_PER_MSEC)
/* Whoever asks for no grace with these waits for the test, not for a clock. */
#define GRACE_LONG_NS	(600ULL * NSEC_PER_SEC)

static const struct acall_method methods[] = {
	[ACALL_TEST_ECHO] = {
		.name		= "echo",
		.grace_ns	= GRACE_NS,
		.in_max		= ACALL_MAX_BYTES,
		.out_max	= ACALL_MAX_BYTES,
		.prepare	= prepare_echo,
		.run		= run_echo,
		.release	= release,
	},
	[ACALL_TEST_FAIL] = {
		.name		= "fail",
		.grace_ns	= GRACE_NS,
		.in_size	= sizeof(s32),
		.prepare	= accept,
		.run		= run_fail,
		.release	= release,
	},
	[ACALL_TEST_SLEEP] = {
		.name		= "sleep",
		.grace_ns	= GRACE_LONG_NS,
		.in_size	= sizeof(struct acall_test_arg),
		.priv_size	= sizeof(struct private),
		.prepare	= prepare_arg,
		.run		= run_sleep,
		.release	= release_at,
	},
	[ACALL_TEST_GATE] = {
		.name		= "gate",
		.in_size	= sizeof(struct acall_test_arg),
		.priv_size	= sizeof(struct private),
		.prepare	= prepare_gated,
		.run		= run_gate,
		.release	= release_at,
	},
	[ACALL_TEST_COOP] = {
		.name		= "coop",
		.grace_ns	= GRACE_LONG_NS,
		.in_size	= sizeof(struct acall_test_arg),
		.priv_size	= sizeof(struct private),
		.prepare	= prepare_gated,
		.run		= run_coop,
		.release	= release_at,
	},
	[ACALL_TEST_LATE] = {
		.name		= "late",
		.grace_ns	= GRACE_LONG_NS,
		.in_size	= sizeof(struct acall_test_arg),
		.priv_size	= sizeof(struct private),
		.prepare	= prepare_gated,
		.run		= run_late,
		.release	= release_at,
	},
	[ACALL_TEST_WHOAMI] = {
		.name		= "whoami",
		.grace_ns	= GRACE_NS,
		.out_max	= sizeof(struct acall_test_whoami),
		.prepare	= prepare_whoami,
		.run		= run_whoami,
		.release	= release,
	},
	[ACALL_TEST_PROGRESS] = {
		.name		= "progress",
		.caps		= ACALL_CAP_CHUNKED,
		.unit		= ACALL_UNIT_ITEMS,
		.grace_ns	= GRACE_LONG_NS,
		.in_size	= sizeof(struct acall_test_arg),
		.priv_size	= sizeof(struct private),
		.prepare	= prepare_progress,
		.run		= run_progress,
		.release	= release_at,
	},
	[ACALL_TEST_NOP] = {
		.name		= "nop",
		.grace_ns	= GRACE_NS,
		.run		= run_nop,
	},
	[ACALL_TEST_REFUSE] = {
		.name		= "refuse",
		.in_size	= sizeof(s32),
		.prepare	= prepare_refuse,
		.run		= run_nop,
		.release	= release,
	},
	[ACALL_TEST_SPIN] = {
		.name		= "spin",
		.caps		= ACALL_CAP_CHUNKED,
		.grace_ns	= GRACE_LONG_NS,
		.in_size	= sizeof(struct acall_test_arg),
		.priv_size	= sizeof(struct private),
		.prepare	= prepare_arg,
		.run		= run_spin,
		.release	= release_at,
	},
	[ACALL_TEST_KILLABLE] = {
		.name		= "killable",
		.caps		= ACALL_CAP_KILLABLE,
		.grace_ns	= GRACE_LONG_NS,
		.in_size	= sizeof(struct acall_test_arg),
		.priv_size	= sizeof(struct private),
		.prepare	= prepare_gated,
		.run		= run_killable,
		.release	= release_at,
	},
	[ACALL_TEST_HOLD] = {
		.name		= "hold",
		.grace_ns	= GRACE_SHORT_NS,
		.in_size	= sizeof(struct acall_test_arg),
		.files_min	= 1,
		.files_max	= 1,
		.priv_size	= sizeof(struct private),
		.prepare	= prepare_gated,
		.run		= run_gate,
		.release	= release_hold,
	},
	[ACALL_TEST_RESULT] = {
		.name		= "result",
		.unit		= ACALL_UNIT_ITEMS,
		.grace_ns	= GRACE_LONG_NS,
		.in_size	= sizeof(struct acall_test_result),
		.out_max	= ACALL_MAX_BYTES,
		.priv_size	= sizeof(struct private),
		.prepare	= prepare_result,
		.run		= run_result,
		.release	= release_at,
	},
	[ACALL_TEST_STUCK] = {
		.name		= "stuck",
		.grace_ns	= GRACE_NS,
		.in_size	= sizeof(struct acall_test_arg),
		.priv_size	= sizeof(struct private),
		.prepare	= prepare_gated,
		.run		= run_stuck,
		.release	= release_stuck,
	},
	[ACALL_TEST_PARK] = {
		.name		= "park",
		.caps		= ACALL_CAP_COMMITS,
		.unit		= ACALL_UNIT_ITEMS,
		.grace_ns	= GRACE_LONG_NS,
		.in_size	= sizeof(struct acall_test_custom),
		.out_max	= ACALL_MAX_BYTES,
		.files_max	= ACALL_MAX_FILES,
		.files_out	= ACALL_MAX_FILES,
		.priv_size	= sizeof(struct custom),
		.prepare	= custom_prepare,
		.start		= custom_start,
		.cancel	= custom_cancel,
		.release	= custom_release,
	},
	[ACALL_TEST_PARK_SLEEPABLE] = {
		.name		= "park-sleepable",
		.caps		= ACALL_CAP_COMMITS,
		.unit		= ACALL_UNIT_ITEMS,
		.grace_ns	= GRACE_LONG_NS,
		.in_size	= sizeof(struct acall_test_custom),
		.out_max	= ACALL_MAX_BYTES,
		.files_max	= ACALL_MAX_FILES,
		.files_out	= ACALL_MAX_FILES,
		.priv_size	= sizeof(struct custom),
		.prepare	= custom_prepare,
		.start		= custom_start,
		.cancel_sleepable = custom_cancel_sleepable,
		.release	= custom_release,
	},
	[ACALL_TEST_PARK_FIXED] = {
		.name		= "park-fixed",
		.caps		= ACALL_CAP_COMMITS,
		.unit		= ACALL_UNIT_ITEMS,
		.grace_ns	= GRACE_SHORT_NS,
		.in_size	= sizeof(struct acall_test_custom),
		.out_max	= ACALL_MAX_BYTES,
		.files_max	= ACALL_MAX_FILES,
		.files_out	= ACALL_MAX_FILES,
		.priv_size	= sizeof(struct custom),
		.prepare	= custom_prepare,
		.start		= custom_start,
		.release	= custom_release,
	},
	[ACALL_TEST_NUDGE] = {
		.name		= "nudge",
		.caps		= ACALL_CAP_COMMITS,
		.unit		= ACALL_UNIT_ITEMS,
		.grace_ns	= GRACE_LONG_NS,
		.in_size	= sizeof(struct acall_test_custom),
		.out_max	= ACALL_MAX_BYTES,
		.files_max	= ACALL_MAX_FILES,
		.files_out	= ACALL_MAX_FILES,
		.priv_size	= sizeof(struct custom),
		.prepare	= custom_prepare,
		.run		= nudge_run,
		.cancel	= nudge_cancel,
		.release	= custom_release,
	},
	[ACALL_TEST_NUDGE_SLEEPABLE] = {
		.name		= "nudge-sleepable",
		.caps		= ACALL_CAP_COMMITS,
		.unit		= ACALL_UNIT_ITEMS,
		.grace_ns	= GRACE_LONG_NS,
		.in_size	= sizeof(struct acall_test_custom),
		.out_max	= ACALL_MAX_BYTES,
		.files_max	= ACALL_MAX_FILES,
		.files_out	= ACALL_MAX_FILES,
		.priv_size	= sizeof(struct custom),
		.prepare	= custom_prepare,
		.run		= nudge_run,
		.cancel_sleepable = nudge_cancel_sleepable,
		.release	= custom_release,
	},
	[ACALL_TEST_FILES] = {
		.name		= "files",
		.caps		= ACALL_CAP_COMMITS,
		.unit		= ACALL_UNIT_ITEMS,
		.grace_ns	= GRACE_LONG_NS,
		.in_size	= sizeof(struct acall_test_custom),
		.out_max	= ACALL_MAX_BYTES,
		.files_max	= ACALL_MAX_FILES,
		.files_out	= ACALL_MAX_FILES,
		.priv_size	= sizeof(struct custom),
		.prepare	= custom_prepare,
		.run		= files_run,
		.release	= custom_release,
	},
	[ACALL_TEST_FILES_LATE] = {
		.name		= "files-late",
		.caps		= ACALL_CAP_COMMITS,
		.unit		= ACALL_UNIT_ITEMS,
		.grace_ns	= GRACE_LONG_NS,
		.in_size	= sizeof(struct acall_test_custom),
		.out_max	= ACALL_MAX_BYTES,
		.files_max	= ACALL_MAX_FILES,
		.files_out	= ACALL_MAX_FILES,
		.priv_size	= sizeof(struct custom),
		.prepare	= custom_prepare,
		.run		= files_run_late,
		.release	= custom_release,
	},
	[ACALL_TEST_INLINE_WHOAMI] = {
		.name		= "inline-whoami",
		.caps		= ACALL_CAP_INLINE,
		.out_max	= sizeof(struct acall_test_whoami),
		.prepare	= prepare_whoami,
		.run		= run_whoami,
		.release	= release,
	},
	[ACALL_TEST_INLINE_ECHO] = {
		.name		= "inline-echo",
		.caps		= ACALL_CAP_INLINE,
		.in_max		= ACALL_MAX_BYTES,
		.out_max	= ACALL_MAX_BYTES,
		.prepare	= prepare_echo,
		.run		= run_echo,
		.release	= release,
	},
	[ACALL_TEST_INLINE_FAIL] = {
		.name		= "inline-fail",
		.caps		= ACALL_CAP_INLINE,
		.in_size	= sizeof(s32),
		.prepare	= accept,
		.run		= run_fail,
		.release	= release,
	},
	[ACALL_TEST_INLINE_GATE] = {
		.name		= "inline-gate",
		.caps		= ACALL_CAP_INLINE,
		.in_size	= sizeof(struct acall_test_arg),
		.priv_size	= sizeof(struct private),
		.prepare	= prepare_gated,
		.run		= run_inline_gate,
		.release	= release_at,
	},
	[ACALL_TEST_SHORT] = {
		.name		= "short",
		.caps		= ACALL_CAP_SHORT,
		.grace_ns	= GRACE_NS,
		.run		= run_nop,
	},
	[ACALL_TEST_PREPARE_GATE] = {
		.name		= "prepare-gate",
		.grace_ns	= GRACE_NS,
		.in_size	= sizeof(struct acall_test_arg),
		.priv_size	= sizeof(struct private),
		.prepare	= prepare_gate,
		.run		= run_nop,
		.release	= release_at,
	},
	[ACALL_TEST_CHECKPOINT] = {
		.name		= "checkpoint",
		.caps		= ACALL_CAP_CHUNKED,
		.unit		= ACALL_UNIT_ITEMS,
		.grace_ns	= GRACE_LONG_NS,
		.in_size	= sizeof(struct acall_test_arg),
		.priv_size	= sizeof(struct private),
		.prepare	= prepare_gated,
		.run		= run_checkpoint,
		.release	= release_at,
	},
	[ACALL_TEST_TIMEOUT] = {
		.name		= "timeout",
		.grace_ns	= GRACE_LONG_NS,
		.in_size	= sizeof(struct acall_test_arg),
		.priv_size	= sizeof(struct private),
		.prepare	= prepare_met,
		.run		= run_timeout,
		.release	= release_at,
	},
	[ACALL_TEST_COMMIT] = {
		.name		= "commit",
		.caps		= ACALL_CAP_COMMITS,
		.grace_ns	= GRACE_LONG_NS,
		.in_size	= sizeof(struct acall_test_arg),
		.priv_size	= sizeof(struct private),
		.prepare	= prepare_commit,
		.run		= run_commit,
		.release	= release_at,
	},
	[ACALL_TEST_SESSION] = {
		.name		= "session",
		.grace_ns	= GRACE_NS,
		.out_max	= sizeof(struct acall_test_session),
		.prepare	= prepare_session,
		.run		= run_session,
		.release	= release,
	},
	[ACALL_TEST_SHORT_GATE] = {
		.name		= "short-gate",
		.caps		= ACALL_CAP_SHORT | ACALL_CAP_COMMITS,
		.grace_ns	= GRACE_NS,
		.in_size	= sizeof(struct acall_test_arg),
		.run		= run_short_gate,
	},
	[ACALL_TEST_BARE] = {
		.name		= "bare",
		.caps		= ACALL_CAP_SHORT,
		.grace_ns	= GRACE_NS,
		.run		= run_bare,
	},
};

static int may_create_privileged(void *data)
{
	return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

const struct acall_interface_desc desc_test = {
	.owner		= THIS_MODULE,
	.name		= ACALL_TEST_INTERFACE,
	.version_min	= ACALL_TEST_VERSION_MIN,
	.version	= ACALL_TEST_VERSION,
	.methods	= methods,
	.nr_methods	= ARRAY_SIZE(methods),
};

const struct acall_interface_desc desc_hot = {
	.owner		= THIS_MODULE,
	.name		= ACALL_TEST_HOT,
	.version_min	= ACALL_TEST_VERSION_MIN,
	.version	= ACALL_TEST_VERSION,
	.methods	= methods,
	.nr_methods	= ARRAY_SIZE(methods),
};

const struct acall_interface_desc desc_privileged = {
	.owner		= THIS_MODULE,
	.name		= ACALL_TEST_PRIVILEGED,
	.version_min	= ACALL_TEST_VERSION_MIN,
	.version	= ACALL_TEST_VERSION,
	.methods	= methods,
	.nr_methods	= ARRAY_SIZE(methods),
	.may_create	= may_create_privileged,
};

const struct acall_interface_desc desc_narrow = {
	.owner		= THIS_MODULE,
	.name		= ACALL_TEST_NARROW,
	.version_min	= ACALL_TEST_VERSION_MIN,
	.version	= ACALL_TEST_VERSION,
	.methods	= methods,
	.nr_methods	= ARRAY_SIZE(methods),
	.max_running	= 8,
};

const struct acall_interface_desc desc_private = {
	.owner		= THIS_MODULE,
	.name		= ACALL_TEST_PRIVATE,
	.version_min	= ACALL_TEST_VERSION_MIN,
	.version	= ACALL_TEST_VERSION,
	.flags		= ACALL_INTERFACE_PRIVATE,
	.methods	= methods,
	.nr_methods	= ARRAY_SIZE(methods),
};

const struct acall_interface_desc desc_instance = {
	.owner		= THIS_MODULE,
	.name		= ACALL_TEST_INSTANCE,
	.version_min	= ACALL_TEST_VERSION_MIN,
	.version	= ACALL_TEST_VERSION,
	.flags		= ACALL_INTERFACE_NODE,
	.mode		= ACALL_TEST_INSTANCE_MODE,
	.methods	= methods,
	.nr_methods	= ARRAY_SIZE(methods),
	.open		= instance_open,
	.close		= instance_close,
};
