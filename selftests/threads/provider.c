// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The interfaces "test" and "test-narrow" for the engine "threads", with those methods
 * of <linux/acall_test.h> that it can have: none that is custom, inline or short, that
 * may refuse, commits or gives files. And their side channel.
 *
 * A method that waits for its gate or a cancel looks for both, again and again. Owns
 * the meetings, under one lock, which is not held while anybody sleeps.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/acall_test.h>
#include "threads/provider.h"
#include "seam.h"

#define MSEC		1000000ULL
#define SEC		1000000000ULL
#define GRACE		SEC
#define GRACE_SHORT	(20 * MSEC)
#define GRACE_LONG	(600 * SEC)

struct meeting {
	struct meeting *next;
	__u64 id;
	__u64 starts;
	__u64 seen;
	__u64 ends;
	bool open;
};

struct private {
	struct meeting *meeting;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct meeting *meetings;
static struct acall_test_control totals;

static void give_way(void)
{
	static const struct timespec moment = { .tv_nsec = 20000 };

	nanosleep(&moment, NULL);
}

static __u64 load(const __u64 *count)
{
	return __atomic_load_n(count, __ATOMIC_SEQ_CST);
}

static void count(__u64 *count)
{
	__atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
}

static bool is_open(const struct meeting *m)
{
	return __atomic_load_n(&m->open, __ATOMIC_SEQ_CST);
}

/* They stay, as many as a process that is one test needs. */
static struct meeting *meet(__u64 id)
{
	struct meeting *m;

	if (!id)
		return NULL;
	pthread_mutex_lock(&lock);
	for (m = meetings; m && m->id != id; m = m->next)
		;
	if (!m) {
		m = calloc(1, sizeof(*m));
		if (m) {
			m->id = id;
			m->next = meetings;
			meetings = m;
		}
	}
	pthread_mutex_unlock(&lock);
	return m;
}

/* @forget: whoever comes to @id from now on meets anew. */
static void open_gates(__u64 id, bool forget)
{
	struct meeting *m;

	pthread_mutex_lock(&lock);
	for (m = meetings; m; m = m->next) {
		if (id && m->id != id)
			continue;
		__atomic_store_n(&m->open, true, __ATOMIC_SEQ_CST);
		if (forget)
			m->id = 0;
	}
	pthread_mutex_unlock(&lock);
}

/* The side channel. */

static int control(struct acall_test_control *c, struct meeting *m)
{
	const __u64 *what = NULL;

	switch (c->op) {
	case ACALL_TEST_OP_GET:
		return 0;
	case ACALL_TEST_OP_OPEN:
	case ACALL_TEST_OP_FORGET:
		open_gates(c->id, c->op == ACALL_TEST_OP_FORGET);
		return 0;
	case ACALL_TEST_OP_WAIT_STARTS:
		what = m ? &m->starts : NULL;
		break;
	case ACALL_TEST_OP_WAIT_SEEN:
		what = m ? &m->seen : NULL;
		break;
	case ACALL_TEST_OP_WAIT_ENDS:
		what = m ? &m->ends : NULL;
		break;
	default:
		return -EOPNOTSUPP;
	}
	if (!what)
		return -EINVAL;
	while (load(what) < c->value)
		give_way();
	return 0;
}

int seam_control(struct acall_test_control *c)
{
	struct meeting *m = meet(c->id);
	int ret = control(c, m);

	c->starts = m ? load(&m->starts) : 0;
	c->seen = m ? load(&m->seen) : 0;
	c->ends = m ? load(&m->ends) : 0;
	c->running = load(&totals.running);
	c->entered = load(&totals.entered);
	c->released = load(&totals.released);
	c->prepared = load(&totals.prepared);
	c->dirty = 0;
	return ret;
}

/* The methods. */

static int accept(struct act_call *call)
{
	(void)call;
	count(&totals.prepared);
	return 0;
}

static int accept_at(struct act_call *call, __u64 id)
{
	struct private *p = act_private(call);

	p->meeting = meet(id);
	return accept(call);
}

static void release(struct act_call *call)
{
	(void)call;
	count(&totals.released);
}

static struct meeting *meeting_of(struct act_call *call)
{
	return ((struct private *)act_private(call))->meeting;
}

static void enter(struct meeting *m)
{
	count(&totals.entered);
	count(&totals.running);
	if (m)
		count(&m->starts);
}

static int leave(struct meeting *m, int ret)
{
	if (m)
		count(&m->ends);
	__atomic_sub_fetch(&totals.running, 1, __ATOMIC_SEQ_CST);
	return ret;
}

static void seen(struct meeting *m)
{
	if (m)
		count(&m->seen);
}

static void wait_gate(const struct meeting *m)
{
	while (!is_open(m))
		give_way();
}

static bool is_result(__s64 value)
{
	return value <= 0 && value > -4096;
}

static int prepare_arg(struct act_call *call)
{
	const struct acall_test_arg *arg = act_in(call);

	return arg->value < 0 ? -EINVAL : accept_at(call, arg->id);
}

static int prepare_gated(struct act_call *call)
{
	const struct acall_test_arg *arg = act_in(call);

	if (!arg->id || !is_result(arg->value))
		return -EINVAL;
	return accept_at(call, arg->id);
}

static int prepare_progress(struct act_call *call)
{
	const struct acall_test_arg *arg = act_in(call);

	return arg->pause && !arg->id ? -EINVAL : prepare_arg(call);
}

static int prepare_echo(struct act_call *call)
{
	int ret = act_in_len(call) ? act_out_alloc(call, act_in_len(call)) : 0;

	return ret ? ret : accept(call);
}

static int run_echo(struct act_call *call)
{
	__u32 len = act_in_len(call);

	enter(NULL);
	if (len)
		memcpy(act_out(call), act_in(call), len);
	act_out_set_len(call, len);
	return leave(NULL, 0);
}

static int run_fail(struct act_call *call)
{
	enter(NULL);
	return leave(NULL, *(const __s32 *)act_in(call));
}

static __u64 now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SEC + ts.tv_nsec;
}

static int run_sleep(struct act_call *call)
{
	const struct acall_test_arg *arg = act_in(call);
	struct meeting *m = meeting_of(call);
	__u64 start = now();

	enter(m);
	while ((now() - start) / MSEC < (__u64)arg->value) {
		if (act_cancelled(call)) {
			seen(m);
			return leave(m, -ECANCELED);
		}
		give_way();
	}
	return leave(m, 0);
}

static int run_gate(struct act_call *call)
{
	const struct acall_test_arg *arg = act_in(call);
	struct meeting *m = meeting_of(call);

	enter(m);
	wait_gate(m);
	return leave(m, arg->value);
}

static int run_coop(struct act_call *call)
{
	const struct acall_test_arg *arg = act_in(call);
	struct meeting *m = meeting_of(call);

	enter(m);
	while (!is_open(m)) {
		if (act_cancelled(call)) {
			seen(m);
			return leave(m, -ECANCELED);
		}
		give_way();
	}
	return leave(m, arg->value);
}

static int run_late(struct act_call *call)
{
	const struct acall_test_arg *arg = act_in(call);
	struct meeting *m = meeting_of(call);

	enter(m);
	while (!act_cancelled(call))
		give_way();
	seen(m);
	wait_gate(m);
	return leave(m, arg->value);
}

static int run_progress(struct act_call *call)
{
	const struct acall_test_arg *arg = act_in(call);
	struct meeting *m = meeting_of(call);
	__u64 steps = arg->value, done;

	enter(m);
	act_progress(call, 0, steps);
	for (done = 0; ; act_progress(call, ++done, steps)) {
		if (arg->pause && done == arg->pause)
			wait_gate(m);
		if (done >= steps)
			return leave(m, 0);
		if (act_cancelled(call)) {
			seen(m);
			return leave(m, -ECANCELED);
		}
	}
}

static int run_checkpoint(struct act_call *call)
{
	const struct acall_test_arg *arg = act_in(call);
	struct meeting *m = meeting_of(call);
	__u64 steps = 0;
	int ret = 0;

	enter(m);
	while (!is_open(m)) {
		ret = act_checkpoint(call);
		if (ret) {
			seen(m);
			break;
		}
		act_progress(call, ++steps, 0);
		give_way();
	}
	return leave(m, ret ? ret : (int)arg->value);
}

static int run_nop(struct act_call *call)
{
	(void)call;
	enter(NULL);
	return leave(NULL, 0);
}

static int prepare_refuse(struct act_call *call)
{
	const __s32 *code = act_in(call);

	if (!is_result(*code))
		return -EINVAL;
	return *code ? *code : accept(call);
}

static int run_spin(struct act_call *call)
{
	const struct acall_test_arg *arg = act_in(call);
	struct meeting *m = meeting_of(call);
	__u64 start = now();

	enter(m);
	while (now() - start < (__u64)arg->value) {
		if (act_cancelled(call)) {
			seen(m);
			return leave(m, -ECANCELED);
		}
	}
	return leave(m, 0);
}

static void release_stuck(struct act_call *call)
{
	struct meeting *m = meeting_of(call);

	seen(m);
	wait_gate(m);
	release(call);
}

static int run_stuck(struct act_call *call)
{
	struct meeting *m = meeting_of(call);

	enter(m);
	return leave(m, 0);
}

static int prepare_result(struct act_call *call)
{
	const struct acall_test_result *arg = act_in(call);
	int ret;

	if (arg->wait > 1 || arg->__reserved || (arg->wait && !arg->id))
		return -EINVAL;
	ret = arg->out_len ? act_out_alloc(call, arg->out_len) : 0;
	return ret ? ret : accept_at(call, arg->id);
}

static int run_result(struct act_call *call)
{
	const struct acall_test_result *arg = act_in(call);
	struct meeting *m = meeting_of(call);
	unsigned char *out = act_out(call);
	__u32 i;

	enter(m);
	act_progress(call, 1, 2);
	if (arg->wait)
		wait_gate(m);
	act_progress(call, 2, 2);
	for (i = 0; i < arg->out_len; i++)
		out[i] = i;
	act_out_set_len(call, arg->out_len);
	return leave(m, arg->ret);
}

#define MEETS(_name, _grace, _prepare, _run)				\
	.name = _name, .grace_ns = _grace,				\
	.in_size = sizeof(struct acall_test_arg),			\
	.priv_size = sizeof(struct private),				\
	.prepare = _prepare, .run = _run, .release = release

static const struct act_method methods[] = {
	[ACALL_TEST_ECHO] = {
		.name		= "echo",
		.grace_ns	= GRACE,
		.in_max		= ACALL_MAX_BYTES,
		.out_max	= ACALL_MAX_BYTES,
		.prepare	= prepare_echo,
		.run		= run_echo,
		.release	= release,
	},
	[ACALL_TEST_FAIL] = {
		.name		= "fail",
		.grace_ns	= GRACE,
		.in_size	= sizeof(__s32),
		.prepare	= accept,
		.run		= run_fail,
		.release	= release,
	},
	[ACALL_TEST_SLEEP] = {
		MEETS("sleep", GRACE_LONG, prepare_arg, run_sleep),
	},
	[ACALL_TEST_GATE] = {
		MEETS("gate", 0, prepare_gated, run_gate),
	},
	[ACALL_TEST_COOP] = {
		MEETS("coop", GRACE_LONG, prepare_gated, run_coop),
	},
	[ACALL_TEST_LATE] = {
		MEETS("late", GRACE_LONG, prepare_gated, run_late),
	},
	[ACALL_TEST_PROGRESS] = {
		MEETS("progress", GRACE_LONG, prepare_progress, run_progress),
		.caps		= ACALL_CAP_CHUNKED,
		.unit		= ACALL_UNIT_ITEMS,
	},
	[ACALL_TEST_NOP] = {
		.name		= "nop",
		.grace_ns	= GRACE,
		.run		= run_nop,
	},
	[ACALL_TEST_REFUSE] = {
		.name		= "refuse",
		.in_size	= sizeof(__s32),
		.prepare	= prepare_refuse,
		.run		= run_nop,
		.release	= release,
	},
	[ACALL_TEST_SPIN] = {
		MEETS("spin", GRACE_LONG, prepare_arg, run_spin),
		.caps		= ACALL_CAP_CHUNKED,
	},
	/* Never by a signal here. */
	[ACALL_TEST_KILLABLE] = {
		MEETS("killable", GRACE_LONG, prepare_gated, run_coop),
	},
	[ACALL_TEST_HOLD] = {
		MEETS("hold", GRACE_SHORT, prepare_gated, run_gate),
		.files_min	= 1,
		.files_max	= 1,
	},
	[ACALL_TEST_RESULT] = {
		.name		= "result",
		.unit		= ACALL_UNIT_ITEMS,
		.grace_ns	= GRACE_LONG,
		.in_size	= sizeof(struct acall_test_result),
		.out_max	= ACALL_MAX_BYTES,
		.priv_size	= sizeof(struct private),
		.prepare	= prepare_result,
		.run		= run_result,
		.release	= release,
	},
	[ACALL_TEST_STUCK] = {
		.name		= "stuck",
		.grace_ns	= GRACE,
		.in_size	= sizeof(struct acall_test_arg),
		.priv_size	= sizeof(struct private),
		.prepare	= prepare_gated,
		.run		= run_stuck,
		.release	= release_stuck,
	},
	[ACALL_TEST_CHECKPOINT] = {
		MEETS("checkpoint", GRACE_LONG, prepare_gated, run_checkpoint),
		.caps		= ACALL_CAP_CHUNKED,
		.unit		= ACALL_UNIT_ITEMS,
	},
};

#define INTERFACE(_name, _running)					\
	{								\
		.name		= _name,				\
		.version_min	= ACALL_TEST_VERSION_MIN,		\
		.version	= ACALL_TEST_VERSION,			\
		.methods	= methods,				\
		.nr_methods	= sizeof(methods) / sizeof(*methods),	\
		.max_running	= _running,				\
	}

static struct act_interface interfaces[] = {
	INTERFACE(ACALL_TEST_INTERFACE, 32),
	INTERFACE(ACALL_TEST_HOT, 32),
	INTERFACE(ACALL_TEST_NARROW, 1),
};

__attribute__((constructor)) static void add_interfaces(void)
{
	size_t i;

	for (i = 0; i < sizeof(interfaces) / sizeof(*interfaces); i++) {
		interfaces[i].next = act_interfaces;
		act_interfaces = &interfaces[i];
	}
}
