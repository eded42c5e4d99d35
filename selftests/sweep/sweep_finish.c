// SPDX-License-Identifier: GPL-2.0-only
/*
 * The failure sweep of what comes after BEGIN and changes nothing but by success:
 * FINISH of every outcome, WAIT, poll, epoll, QUERY; and CALL, which is BEGIN and
 * FINISH in one.
 *
 * What it is about is R-EFAULT: a FINISH that fails has consumed nothing, has
 * installed no descriptor, and the next one gets it all. FINISH without result
 * files allocates nothing.
 */
#include "sweep_call.h"

static char taken[MSG_BYTES];

static int act_finish(struct sweep *s, const struct path *path)
{
	struct acall_finish *f = &s->finish;

	memset(f, 0, sizeof(*f));
	f->out = PTR(taken);
	f->out_len = sizeof(taken);
	f->files = PTR(s->got);
	f->nr_files = ACALL_MAX_FILES;
	f->flags = path->flags & ACALL_FINISH_NONBLOCK;
	return sys_finish_struct(s->obj, f);
}

/* Is the file @fd what the test provider gave as its @index-th? */
static bool is_result(const struct sweep *s, int fd, __u64 index)
{
	struct acall_test_file r;

	return read(fd, &r, sizeof(r)) == sizeof(r) && r.id == s->id &&
	       r.index == index;
}

static int check_finish(struct sweep *s, const struct path *path, int ret)
{
	struct acall_finish *f = &s->finish;
	__u32 i;

	if (ret) {
		CHECK(state_of(s->obj) == ACALL_STATE_DONE);
		return 0;
	}
	CHECK(state_of(s->obj) == ACALL_STATE_IDLE);
	CHECK(f->call_id == s->begin.call_id);
	CHECK(f->out_len == path->len && f->nr_files == path->files);
	for (i = 0; i < f->nr_files; i++) {
		CHECK(is_result(s, s->got[i], i));
		close(s->got[i]);
	}
	/* None but these: the provider has them all closed. */
	while (ctl_get(s->ctl, 0).files)
		give_way();
	return 0;
}

/* Begun, and DONE as path->value says. */
static int setup_done(struct sweep *s, const struct path *path)
{
	/* No page of it is for the copy to allocate. */
	memset(taken, 0, sizeof(taken));
	CHECK(!setup_object(s, path));
	CHECK(!sys_begin_struct(s->obj, &s->begin));
	if (s->in.arg.id == s->id)
		CHECK(!open_gate(s->ctl, s->id));
	return sys_wait_until(s->obj, 0, FOREVER);
}

/* Cancelled while it ran; GATE has no grace. */
static int setup_cancelled(struct sweep *s, const struct path *path)
{
	CHECK(!setup_object(s, path));
	CHECK(!sys_begin_struct(s->obj, &s->begin));
	CHECK(!wait_starts(s->ctl, s->id, 1));
	return sys_cancel(s->obj, 0, 0, 0, &s->cancel);
}

#define RESULTS(_name, _method, ...)					\
	NEWPATH(_name, .setup = setup_done, .act = act_finish,		\
	     .check = check_finish, .errnos = takes,			\
	     .never_fails = true,					\
	     .method = ACALL_TEST_##_method, ##__VA_ARGS__)

RESULTS(finish, NOP);
RESULTS(finish_nonblock, NOP, .flags = ACALL_FINISH_NONBLOCK);
RESULTS(finish_failed, FAIL, .value = -EIO);
RESULTS(finish_output, ECHO, .len = 100);
RESULTS(finish_most_output, ECHO, .len = ACALL_MAX_BYTES);
RESULTS(finish_inline, INLINE_ECHO, .len = 100);
RESULTS(finish_custom, PARK, .value = ACALL_TEST_START_COMPLETES, .len = 7);
RESULTS(finish_stopped, COOP, .setup = setup_cancelled);
RESULTS(finish_abandoned, GATE, .setup = setup_cancelled);
RESULTS(finish_session, NOP, .interface = ACALL_TEST_INSTANCE ".0");
/* A descriptor may need memory: these may fail, and have then taken nothing. */
RESULTS(finish_file, FILES, .files = 1, .errnos = takes_files,
	.never_fails = false);
RESULTS(finish_files, FILES, .files = ACALL_MAX_FILES, .errnos = takes_files,
	.never_fails = false);

static int act_finish_early(struct sweep *s, const struct path *path)
{
	int ret = act_finish(s, path);

	return ret == -EAGAIN ? 0 : ret ?: -EPROTO;
}

static int act_finish_small(struct sweep *s, const struct path *path)
{
	int ret = sys_finish(s->obj, 0, &s->finish);

	if (ret != -EMSGSIZE)
		return ret ?: -EPROTO;
	return s->finish.out_len == path->len ? 0 : -EPROTO;
}

static int act_wait(struct sweep *s, const struct path *path)
{
	int ret = sys_wait_until(s->obj, 0, path->len ? FOREVER : 0);

	return !path->len && ret == -ETIMEDOUT ? 0 : ret;
}

static int act_wait_settled(struct sweep *s, const struct path *path)
{
	int ret;

	ret = sys_wait_settled(s->obj, path->len ? s->begin.call_id : 0, 0);
	return ret == -ETIMEDOUT ? 0 : ret ?: -EPROTO;
}

static int act_poll(struct sweep *s, const struct path *path)
{
	struct pollfd p = { .fd = s->obj, .events = POLLIN };

	(void)path;
	if (poll(&p, 1, 0) < 0)
		return -errno;
	return p.revents ? -EPROTO : 0;
}

/* What epoll allocates for a wait queue is asked for in our .poll. */
static int act_epoll(struct sweep *s, const struct path *path)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	(void)path;
	return epoll_ctl(s->fds[0], EPOLL_CTL_ADD, s->obj, &event) ?
	       -errno : 0;
}

static int act_query(struct sweep *s, const struct path *path)
{
	struct acall_query q;

	(void)path;
	return sys_query(s->obj, 0, &q);
}

static int act_fdinfo(struct sweep *s, const struct path *path)
{
	char file[64], text[2048];
	int fd, n;

	(void)path;
	snprintf(file, sizeof(file), "/proc/self/fdinfo/%d", s->obj);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n < 0 ? -EIO : strstr(text, "acall-call-id") ? 0 : -EPROTO;
}

/* Begun, and runs. */
static int setup_running(struct sweep *s, const struct path *path)
{
	CHECK(!setup_object(s, path));
	CHECK(!sys_begin_struct(s->obj, &s->begin));
	CHECK(keep_fd(s, epoll_create1(EPOLL_CLOEXEC)) >= 0);
	return wait_starts(s->ctl, s->id, 1);
}

/* It has told of the first only, if at all; a later one finds the call as is. */
static int check_running(struct sweep *s, const struct path *path, int ret)
{
	(void)path;
	(void)ret;
	CHECK(state_of(s->obj) == ACALL_STATE_RUNNING);
	CHECK(!readiness(s->obj));
	return 0;
}

static int check_done(struct sweep *s, const struct path *path, int ret)
{
	(void)path;
	(void)ret;
	CHECK(state_of(s->obj) == ACALL_STATE_DONE);
	CHECK(readiness(s->obj) == POLLIN);
	return 0;
}

static int check_epoll(struct sweep *s, const struct path *path, int ret)
{
	struct epoll_event event;

	CHECK(!check_running(s, path, ret));
	if (ret)
		return 0;
	CHECK(!open_gate(s->ctl, s->id));
	return epoll_wait(s->fds[0], &event, 1, -1) != 1;
}

static const int polls[] = { ENOMEM, 0 };

#define LOOKING(_name, _act, ...)						\
	NEWPATH(_name, .setup = setup_running, .act = _act,		\
	     .check = check_running, .errnos = takes,			\
	     .never_fails = true, .method = ACALL_TEST_COOP,	\
	     ##__VA_ARGS__)

LOOKING(finish_early, act_finish_early, .flags = ACALL_FINISH_NONBLOCK);
LOOKING(finish_too_small, act_finish_small, .setup = setup_done,
	.check = check_done, .method = ACALL_TEST_ECHO, .len = 10);
LOOKING(wait_late, act_wait);
LOOKING(wait_ready, act_wait, .setup = setup_done, .check = check_done,
	.len = 1);
LOOKING(wait_settled, act_wait_settled);
LOOKING(wait_settled_one, act_wait_settled, .len = 1);
LOOKING(poll, act_poll);
LOOKING(epoll, act_epoll, .check = check_epoll, .errnos = polls,
	.never_fails = false);
LOOKING(query, act_query);
LOOKING(fdinfo, act_fdinfo);

/* CALL: call_id says whether there is a call (S2). */

static int setup_call(struct sweep *s, const struct path *path)
{
	struct acall_call_args *c = &s->call;

	memset(taken, 0, sizeof(taken));
	CHECK(!setup_object(s, path));
	memset(c, 0, sizeof(*c));
	c->method = s->begin.method;
	c->in = s->begin.in;
	c->in_len = s->begin.in_len;
	c->out = PTR(taken);
	c->files_out = PTR(s->got);
	/* The gate of those that have one is open. */
	if (path->files)
		CHECK(!open_gate(s->ctl, s->id));
	return 0;
}

static int act_call(struct sweep *s, const struct path *path)
{
	struct acall_call_args *c = &s->call;

	(void)path;
	c->call_id = 0;
	c->out_len = sizeof(taken);
	c->nr_files_out = ACALL_MAX_FILES;
	return sys_call_struct(s->obj, c);
}

static int check_call(struct sweep *s, const struct path *path, int ret)
{
	struct acall_call_args *c = &s->call;
	__u32 i;

	s->begin.call_id = c->call_id;
	if (ret && c->call_id) {
		/* It exists, and can be taken. */
		CHECK(state_of(s->obj) == ACALL_STATE_DONE);
		CHECK(!act_finish(s, path));
		return check_finish(s, path, 0);
	}
	CHECK(state_of(s->obj) == ACALL_STATE_IDLE);
	if (ret) {
		CHECK(!wait_counter("calls", 0));
		return 0;
	}
	CHECK(c->outcome == ACALL_OUTCOME_COMPLETED && c->call_id);
	CHECK(c->out_len == path->len && c->nr_files_out == path->files);
	for (i = 0; i < c->nr_files_out; i++) {
		CHECK(is_result(s, s->got[i], i));
		close(s->got[i]);
	}
	return 0;
}

#define CALL(_name, _method, ...)					\
	NEWPATH(_name, .setup = setup_call, .act = act_call,		\
	     .check = check_call, .errnos = takes_files,		\
	     .method = ACALL_TEST_##_method, ##__VA_ARGS__)

CALL(call, NOP);
CALL(call_inline, INLINE_FAIL, .value = -EIO);
CALL(call_output, ECHO, .len = 300);
CALL(call_files, FILES, .files = 2);
CALL(call_session, NOP, .interface = ACALL_TEST_INSTANCE ".0");

#define PROGRAM "finish"
#include "sweep_tests.h"
