// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls whose tester decides everything: park (custom, completed by the tester
 * or by itself, from any context), nudge (.run that only its cancel hook can
 * hurry) and files (.run with result files). All take a struct
 * acall_test_custom.
 *
 * Owns a call's private memory, struct custom; no lock, all of it is written
 * by one party or atomically.
 *
 * The race it is about: the cancel hook against everything else of the same
 * call. The hook can be held inside, and at its entry it checks what clause P2
 * promises; .release checks that nobody is inside any more (P1). What is not
 * so is counted, not warned about: a test says then which clause it was.
 */
#include "methods.h"

#define FLAGS	(ACALL_TEST_START_COMPLETES | ACALL_TEST_START_WAITS |	\
		 ACALL_TEST_START_COMMITS | ACALL_TEST_HOOK_COMPLETES |	\
		 ACALL_TEST_HOOK_WAITS | ACALL_TEST_PREPARE_FILES |	\
		 ACALL_TEST_PREPARE_FAILS | ACALL_TEST_TWICE)

int custom_prepare(struct acall_call *call)
{
	const struct acall_test_custom *arg = acall_in(call);
	struct custom *c = acall_private(call);
	int ret = 0;

	if (!arg->id || !is_result(arg->ret) || !is_result(arg->refuse) ||
	    (arg->refusals && !arg->refuse) || arg->flags & ~FLAGS ||
	    arg->context > ACALL_TEST_OTHER_CPU || arg->__reserved)
		return -EINVAL;
	if (arg->out_len)
		ret = acall_out_alloc(call, arg->out_len);
	if (!ret && arg->flags & ACALL_TEST_PREPARE_FILES)
		ret = files_add(call, arg->id, 0, arg->files);
	if (!ret && arg->flags & ACALL_TEST_PREPARE_FAILS)
		ret = arg->ret ?: -EINVAL;
	if (ret)
		return ret;

	ret = accept_at(call, arg->id);
	if (!ret)
		c->session = session_get(acall_object_private(call));
	return ret;
}

/* What .start and .run do first. */
static int set_out(struct acall_call *call, bool custom)
{
	const struct acall_test_custom *arg = acall_in(call);
	struct custom *c = acall_private(call);
	struct meeting *m = c->base.meeting;
	u8 *out = acall_out(call);
	int ret;
	u32 i;

	WRITE_ONCE(c->inside, true);
	WRITE_ONCE(c->entered, true);
	ret = meeting_keep(m, call, custom);
	if (ret)
		return ret;
	for (i = 0; i < arg->out_len; i++)
		out[i] = i;
	if (arg->out_len)
		acall_out_set_len(call, arg->out_len);
	if (!(arg->flags & ACALL_TEST_PREPARE_FILES))
		ret = files_add(call, arg->id, 0, arg->files);
	if (!ret && arg->flags & ACALL_TEST_START_COMMITS)
		ret = commit_at(m, call);
	meeting_count(m, &m->starts);
	return ret;
}

void custom_start(struct acall_call *call)
{
	const struct acall_test_custom *arg = acall_in(call);
	struct custom *c = acall_private(call);
	struct meeting *m = c->base.meeting;
	u32 context = ACALL_TEST_TASK;
	bool twice = false;
	int ret;

	atomic64_inc(&totals.entered);
	ret = set_out(call, true);
	if (ret == -EBUSY || ret == -ESHUTDOWN) {
		acall_complete(call, ret);
	} else if (ret || arg->flags & ACALL_TEST_START_COMPLETES) {
		if (!ret) {
			ret = arg->ret;
			context = arg->context;
			twice = arg->flags & ACALL_TEST_TWICE;
		}
		if (meeting_claim(m, call)) {
			ret = complete_in(call, ret, context, twice);
			/* Without another processor nobody has done it. */
			if (ret)
				acall_complete(call, ret);
		}
	}
	if (arg->flags & ACALL_TEST_START_WAITS)
		wait_gate(m);
	WRITE_ONCE(c->inside, false);
}

static void raise(atomic64_t *most, s64 value)
{
	s64 old = atomic64_read(most);

	while (value > old && !atomic64_try_cmpxchg(most, &old, value))
		;
}

/* The checks of clause P2. Return: how often this call was asked. */
static int hook_enter(struct acall_call *call, bool custom, u64 *pass)
{
	struct custom *c = acall_private(call);
	struct meeting *m = c->base.meeting;
	int nr;

	raise(&totals.hooks_most, atomic_inc_return(&c->hooks));
	/* A worker may still be on its way into .run. */
	if (custom && !READ_ONCE(c->entered))
		atomic64_inc(&totals.hook_early);
	if (READ_ONCE(c->accepted))
		atomic64_inc(&totals.hook_again);
	if (acall_cancelled(call))
		seen(m);
	else
		atomic64_inc(&totals.blind);
	if (!in_task())
		atomic_or(ACALL_TEST_WHERE_INTERRUPT, &m->where);
	else if (current->flags & PF_WQ_WORKER)
		atomic_or(ACALL_TEST_WHERE_WORKER, &m->where);
	else
		atomic_or(ACALL_TEST_WHERE_CANCELLER, &m->where);
	nr = atomic_inc_return(&c->asks);
	*pass = atomic64_inc_return(&m->asks);
	wake_up_all(&m->wait);
	return nr;
}

static int hook(struct acall_call *call, bool sleepable, bool custom)
{
	const struct acall_test_custom *arg = acall_in(call);
	struct custom *c = acall_private(call);
	struct meeting *m = c->base.meeting;
	int ret = 0, nr;
	u64 pass;

	nr = hook_enter(call, custom, &pass);
	if (arg->flags & ACALL_TEST_HOOK_WAITS) {
		if (sleepable)
			wait_event_idle(m->wait,
					atomic64_read(&m->passes) >= (s64)pass);
		else
			spin_until(m, pass);
	}
	if (nr <= arg->refusals) {
		ret = arg->refuse;
	} else {
		WRITE_ONCE(c->accepted, true);
		if (arg->flags & ACALL_TEST_HOOK_COMPLETES) {
			if (!custom) {
				WRITE_ONCE(c->nudged, true);
				wake_up_all(&m->wait);
			} else if (meeting_claim(m, call)) {
				acall_complete(call, -ECANCELED);
			}
		}
	}
	atomic_dec(&c->hooks);
	meeting_count(m, &m->answers);
	return ret;
}

int custom_cancel(struct acall_call *call)
{
	return hook(call, false, true);
}

int custom_cancel_sleepable(struct acall_call *call)
{
	might_sleep();
	return hook(call, true, true);
}

int nudge_cancel(struct acall_call *call)
{
	return hook(call, false, false);
}

int nudge_cancel_sleepable(struct acall_call *call)
{
	might_sleep();
	return hook(call, true, false);
}

static int run_enter(struct acall_call *call)
{
	enter(call, NULL);
	return set_out(call, false);
}

static int run_leave(struct acall_call *call, int ret)
{
	struct custom *c = acall_private(call);
	struct meeting *m = c->base.meeting;

	meeting_claim(m, call);
	WRITE_ONCE(c->inside, false);
	return leave(call, m, ret);
}

/* Never looks for a cancel: without its hook only the gate ends it. */
int nudge_run(struct acall_call *call)
{
	const struct acall_test_custom *arg = acall_in(call);
	struct custom *c = acall_private(call);
	struct meeting *m = c->base.meeting;
	int ret;

	ret = run_enter(call);
	if (ret)
		return run_leave(call, ret);
	wait_event_idle(m->wait, READ_ONCE(m->open) || READ_ONCE(c->nudged));
	return run_leave(call, READ_ONCE(c->nudged) ? -ECANCELED : arg->ret);
}

int files_run(struct acall_call *call)
{
	const struct acall_test_custom *arg = acall_in(call);
	struct meeting *m = meeting_of(call);
	int ret;

	ret = run_enter(call);
	if (ret)
		return run_leave(call, ret);
	ret = acall_wait_event(call, m->wait, READ_ONCE(m->open));
	if (ret)
		seen(m);
	return run_leave(call, ret ?: arg->ret);
}

int files_run_late(struct acall_call *call)
{
	const struct acall_test_custom *arg = acall_in(call);
	struct meeting *m = meeting_of(call);
	int ret;

	ret = run_enter(call);
	if (ret)
		return run_leave(call, ret);
	if (acall_wait_event(call, m->wait, READ_ONCE(m->open)))
		seen(m);
	wait_gate(m);
	return run_leave(call, arg->ret);
}

void custom_release(struct acall_call *call)
{
	struct custom *c = acall_private(call);
	struct meeting *m = c->base.meeting;

	if (READ_ONCE(c->inside) || atomic_read(&c->hooks))
		atomic64_inc(&totals.release_early);
	if (c->session) {
		if (session_closed(c->session))
			atomic64_inc(&totals.close_early);
		session_put(c->session);
	}
	meeting_count(m, &m->releases);
	release_at(call);
}
