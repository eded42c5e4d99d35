// SPDX-License-Identifier: GPL-2.0-only
/*
 * The failure sweep of what ends a call: CANCEL in every state of it and of every
 * kind, the last close, and the signal that interrupts WAIT, FINISH, CANCEL and
 * CALL. None of these allocates anything: they come through when no allocation
 * does, be it of this task or of any worker.
 *
 * The race it is about is none: the other side is where setup has put it.
 */
#include "sweep_call.h"

/* Begun, and runs; or is DONE, if it is inline. */
static int setup_running(struct sweep *s, const struct path *path)
{
	CHECK(!setup_object(s, path));
	CHECK(!sys_begin_struct(s->obj, &s->begin));
	return wait_starts(s->ctl, s->id, 1);
}

/* Behind another one of this user's that holds his only turn. */
static int setup_queued(struct sweep *s, const struct path *path)
{
	int fd = take_slot(s->dev, s->ctl, fresh_id());

	CHECK(keep_fd(s, fd) >= 0);
	CHECK(!setup_object(s, path));
	CHECK(!sys_begin_struct(s->obj, &s->begin));
	return state_of(s->obj) == ACALL_STATE_QUEUED ? 0 : -EPROTO;
}

static int setup_over(struct sweep *s, const struct path *path)
{
	CHECK(!setup_running(s, path));
	CHECK(!open_gate(s->ctl, s->id));
	return sys_wait_until(s->obj, 0, FOREVER);
}

/* Cancelled before, and its grace does not end. */
static int setup_cancelling(struct sweep *s, const struct path *path)
{
	CHECK(!setup_running(s, path));
	CHECK(!sys_cancel(s->obj, ACALL_CANCEL_NOWAIT, 0, FOREVER,
			  &s->cancel));
	return wait_state(s->obj, ACALL_STATE_CANCELLING);
}

static int act_cancel(struct sweep *s, const struct path *path)
{
	return sys_cancel(s->obj, path->flags, 0, path->len ? FOREVER : 0,
			  &s->cancel);
}

/* The outcome that is expected is path->files. */
static int check_cancelled(struct sweep *s, const struct path *path, int ret)
{
	struct acall_finish f;

	if (ret) {
		struct acall_query q;

		/* A copy has failed before there was an effect. */
		CHECK(!sys_query(s->obj, 0, &q));
		CHECK(q.state < ACALL_STATE_DONE && q.orphans == 0);
		return 0;
	}
	CHECK(!sys_wait_until(s->obj, 0, FOREVER));
	CHECK(!sys_finish(s->obj, 0, &f));
	CHECK(f.status == -ECANCELED && f.outcome == path->files);
	return 0;
}

#define STOPPED		ACALL_OUTCOME_STOPPED
#define ABANDONED	ACALL_OUTCOME_ABANDONED
#define NEVER_STARTED	ACALL_OUTCOME_NEVER_STARTED

#define CANCELS(_name, _method, _outcome, ...)				\
	NEWPATH(_name, .setup = setup_running, .act = act_cancel,		\
	     .check = check_cancelled, .errnos = takes,			\
	     .never_fails = true,					\
	     .method = ACALL_TEST_##_method, .files = _outcome, ##__VA_ARGS__)

CANCELS(queued, NOP, NEVER_STARTED, .setup = setup_queued,
	.interface = ACALL_TEST_NARROW);
CANCELS(running, COOP, STOPPED);
CANCELS(nowait, COOP, STOPPED, .flags = ACALL_CANCEL_NOWAIT);
CANCELS(for_ever, COOP, STOPPED, .len = 1);
CANCELS(killable, KILLABLE, STOPPED);
CANCELS(abandon, GATE, ABANDONED, .flags = ACALL_CANCEL_ABANDON);
CANCELS(no_grace, GATE, ABANDONED);
CANCELS(escalate, LATE, ABANDONED, .setup = setup_cancelling,
	.flags = ACALL_CANCEL_ABANDON | ACALL_CANCEL_ESCALATE);

/* Methods with a hook take a struct acall_test_custom: no files of theirs. */
static int setup_hooked(struct sweep *s, const struct path *path)
{
	struct path p = *path;

	p.files = 0;
	return setup_running(s, &p);
}

CANCELS(hook, PARK, STOPPED, .setup = setup_hooked,
	.value = ACALL_TEST_HOOK_COMPLETES);
CANCELS(hook_sleepable, PARK_SLEEPABLE, STOPPED, .setup = setup_hooked,
	.value = ACALL_TEST_HOOK_COMPLETES);
CANCELS(hook_of_run, NUDGE, STOPPED, .setup = setup_hooked,
	.value = ACALL_TEST_HOOK_COMPLETES);
CANCELS(hook_sleepable_of_run, NUDGE_SLEEPABLE, STOPPED, .setup = setup_hooked,
	.value = ACALL_TEST_HOOK_COMPLETES);
CANCELS(hook_abandon, PARK, ABANDONED, .setup = setup_hooked,
	.flags = ACALL_CANCEL_ABANDON);

static int act_too_late(struct sweep *s, const struct path *path)
{
	int ret = act_cancel(s, path);

	return ret == -ESRCH ? 0 : ret ?: -EPROTO;
}

static int act_again(struct sweep *s, const struct path *path)
{
	int ret = act_cancel(s, path);

	return ret == -EALREADY ? 0 : ret ?: -EPROTO;
}

static int check_done(struct sweep *s, const struct path *path, int ret)
{
	(void)path;
	(void)ret;
	return state_of(s->obj) != ACALL_STATE_DONE;
}

static int check_cancelling(struct sweep *s, const struct path *path, int ret)
{
	(void)path;
	(void)ret;
	return state_of(s->obj) != ACALL_STATE_CANCELLING;
}

CANCELS(too_late, COOP, STOPPED, .setup = setup_over, .act = act_too_late,
	.check = check_done);
CANCELS(again, LATE, STOPPED, .setup = setup_cancelling, .act = act_again,
	.check = check_cancelling);

/* The last close. */

static int act_close(struct sweep *s, const struct path *path)
{
	int ret = close(s->obj) ? -errno : 0;

	(void)path;
	s->obj = -1;
	return ret;
}

/* Waits until the call is over, and nothing of it is left. */
static int wait_gone(int dev, __u64 call_id)
{
	__u64 since = now_ns();
	struct acall_list_record r;
	int ret;

	while (!(ret = list_find(dev, call_id, &r))) {
		if (guard_expired(since))
			return -ETIMEDOUT;
		give_way();
	}
	return ret == -ENOENT ? 0 : ret;
}

/* Nothing but the close has ended it. */
static int check_closed(struct sweep *s, const struct path *path, int ret)
{
	(void)path;
	(void)ret;
	CHECK(counter("objects") == s->nr_fds);
	CHECK(close_has_cancelled(s->dev, s->begin.call_id));
	/* Methods that look for a cancel, or are told, or never start. */
	return wait_gone(s->dev, s->begin.call_id);
}

static int check_closed_idle(struct sweep *s, const struct path *path, int ret)
{
	(void)s;
	(void)path;
	(void)ret;
	CHECK(!counter("objects"));
	return wait_counter("calls", 0);
}

#define CLOSING(_name, _method, ...)					\
	NEWPATH(_name, .setup = setup_running, .act = act_close,		\
	     .check = check_closed, .never_fails = true,		\
	     .once = true, .method = ACALL_TEST_##_method, ##__VA_ARGS__)

CLOSING(close_idle, NOP, .setup = setup_object, .check = check_closed_idle);
CLOSING(close_session, NOP, .setup = setup_object, .check = check_closed_idle,
	.interface = ACALL_TEST_INSTANCE ".0");
CLOSING(close_queued, NOP, .setup = setup_queued,
	.interface = ACALL_TEST_NARROW);
CLOSING(close_running, COOP);
CLOSING(close_killable, KILLABLE);
CLOSING(close_hooked, PARK, .value = ACALL_TEST_HOOK_COMPLETES);
CLOSING(close_hooked_sleepable, PARK_SLEEPABLE,
	.value = ACALL_TEST_HOOK_COMPLETES);
CLOSING(close_done, COOP, .setup = setup_over, .check = check_closed_idle);
CLOSING(close_with_files, FILES, .setup = setup_over,
	.check = check_closed_idle, .files = ACALL_MAX_FILES);

/* Orphans, detached calls: the close does not end them. */

static int setup_detached(struct sweep *s, const struct path *path)
{
	int fd = sys_object_detach(s->dev, ACALL_TEST_INTERFACE);

	CHECK(fd >= 0);
	s->obj = fd;
	method_input(s, path);
	CHECK(!sys_begin_struct(s->obj, &s->begin));
	return wait_starts(s->ctl, s->id, 1);
}

static int check_runs_on(struct sweep *s, const struct path *path, int ret)
{
	struct acall_list_record r;

	(void)path;
	(void)ret;
	CHECK(!counter("objects"));
	CHECK(!list_find(s->dev, s->begin.call_id, &r));
	CHECK(!(r.flags & ACALL_LIST_ENDED) && r.flags & ACALL_LIST_CONSUMED);
	return 0;
}

CLOSING(close_detached, COOP, .setup = setup_detached, .check = check_runs_on);
CLOSING(close_no_cancel, COOP, .check = check_runs_on,
	.terms = ACALL_BEGIN_NO_CANCEL);
CLOSING(close_orphan, GATE, .check = check_runs_on);

/* Signals: another thread sends one when this one sleeps. */

static void *signaller(void *arg)
{
	struct sweep *s = arg;
	char path[64], text[256], *state;
	int file, n;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", s->tid);
	while (!__atomic_load_n(&s->acted, __ATOMIC_ACQUIRE)) {
		file = open(path, O_RDONLY | O_CLOEXEC);
		n = read(file, text, sizeof(text) - 1);
		close(file);
		text[n > 0 ? n : 0] = '\0';
		state = strrchr(text, ')');
		if (state && state[2] == 'S') {
			syscall(__NR_tgkill, getpid(), s->tid, SIGUSR1);
			break;
		}
		give_way();
	}
	/* What is restarted sleeps on: until this. */
	if (s->in.custom.flags == SA_RESTART &&
	    !wait_signals_handled(1))
		open_gate(s->ctl, s->id);
	return NULL;
}

static int start_signaller(struct sweep *s)
{
	s->tid = syscall(__NR_gettid);
	__atomic_store_n(&signals_handled, 0, __ATOMIC_SEQ_CST);
	CHECK(!pthread_create(&s->thread, NULL, signaller, s));
	s->thread_runs = true;
	return 0;
}

static int setup_signal(struct sweep *s, const struct path *path)
{
	CHECK(!setup_running(s, path));
	handle_signal(SIGUSR1, path->len);
	s->in.custom.flags = path->len;
	return start_signaller(s);
}

/* Interrupted is what it is to be. */
static int interrupted(int ret)
{
	return ret == -EINTR ? 0 : ret ?: -EPROTO;
}

static int act_wait(struct sweep *s, const struct path *path)
{
	int ret = sys_wait_until(s->obj, 0, FOREVER);

	return path->len ? ret : interrupted(ret);
}

static int act_wait_settled(struct sweep *s, const struct path *path)
{
	(void)path;
	return interrupted(sys_wait_settled(s->obj, 0, FOREVER));
}

static int act_finish(struct sweep *s, const struct path *path)
{
	int ret = sys_finish(s->obj, 0, &s->finish);

	return path->len ? ret : interrupted(ret);
}

static int act_cancel_sleeping(struct sweep *s, const struct path *path)
{
	(void)path;
	return interrupted(sys_cancel(s->obj, 0, 0, FOREVER, &s->cancel));
}

static int act_call(struct sweep *s, const struct path *path)
{
	struct acall_call_args *c = &s->call;

	*c = (struct acall_call_args) {
		.method = path->method, .in = PTR(&s->in),
		.in_len = sizeof(s->in.arg),
	};
	return interrupted(sys_call_struct(s->obj, c));
}

static int check_signal(struct sweep *s, const struct path *path, int ret)
{
	int state = state_of(s->obj);

	if (path->act == act_cancel_sleeping)
		CHECK(state == (ret ? ACALL_STATE_RUNNING :
				      ACALL_STATE_CANCELLING));
	else if (path->len && !ret)
		CHECK(state == (path->act == act_finish ? ACALL_STATE_IDLE :
							  ACALL_STATE_DONE));
	else
		CHECK(state == ACALL_STATE_RUNNING || path->len);
	return 0;
}

static int setup_signal_call(struct sweep *s, const struct path *path)
{
	CHECK(!setup_object(s, path));
	handle_signal(SIGUSR1, 0);
	return start_signaller(s);
}

/* The call is there if call_id is not 0 (S2). */
static int check_signal_call(struct sweep *s, const struct path *path, int ret)
{
	struct acall_query q;

	(void)path;
	CHECK(!sys_query(s->obj, 0, &q));
	CHECK(!ret == !!s->call.call_id && q.call_id == s->call.call_id);
	return 0;
}

#define SIGNALS(_name, _act, ...)					\
	NEWPATH(_name, .setup = setup_signal, .act = _act,			\
	     .check = check_signal, .errnos = takes,			\
	     .never_fails = true, .method = ACALL_TEST_LATE,	\
	     ##__VA_ARGS__)

SIGNALS(signal_wait, act_wait);
SIGNALS(signal_wait_restarted, act_wait, .method = ACALL_TEST_COOP,
	.len = SA_RESTART);
SIGNALS(signal_wait_settled, act_wait_settled);
SIGNALS(signal_finish, act_finish);
SIGNALS(signal_finish_restarted, act_finish, .method = ACALL_TEST_COOP,
	.len = SA_RESTART);
SIGNALS(signal_cancel, act_cancel_sleeping);
SIGNALS(signal_call, act_call, .setup = setup_signal_call,
	.check = check_signal_call, .errnos = begins,
	.never_fails = false);

#define PROGRAM "cancel"
#include "sweep_tests.h"
