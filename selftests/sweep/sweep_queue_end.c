// SPDX-License-Identifier: GPL-2.0-only
/*
 * The failure sweep of what is done about calls in a queue: WAIT, FINISH, QUERY,
 * poll, ENTERs that finish, cancel and wait, CANCEL, CANCEL_MATCH, LIST, CANCEL_ID
 * and the last close. ENTERs that begin are in sweep_queue.c.
 *
 * What it is about is that whatever fails has changed nothing, or has been told
 * of; and that none of it allocates anything but FINISH with result files and
 * epoll.
 */
#include "sweep_queue.h"

static char taken[MSG_BYTES];

/* A call of the path's, which runs, or would if somebody else did not. */
static int setup_begun(struct sweep *s, const struct path *path)
{
	struct entry e;

	CHECK(!setup_queue(s, path));
	e = entry_of(s, path);
	e.s.user_data = s->id;
	memset(taken, 0, sizeof(taken));
	return queue_begin(&run.q, &e.s, &run.handle);
}

static int setup_running(struct sweep *s, const struct path *path)
{
	CHECK(!setup_begun(s, path));
	CHECK(keep_fd(s, epoll_create1(EPOLL_CLOEXEC)) >= 0);
	return wait_starts(s->ctl, s->id, 1);
}

static int setup_done(struct sweep *s, const struct path *path)
{
	CHECK(!setup_begun(s, path));
	CHECK(!open_gate(s->ctl, s->id));
	return queue_wait(&run.q, 1);
}

static int setup_cancelled(struct sweep *s, const struct path *path)
{
	CHECK(!setup_running(s, path));
	return sys_cancel(s->obj, 0, run.handle, 0, &s->cancel);
}

/* Its completion has been read, but it has output. */
static int setup_read(struct sweep *s, const struct path *path)
{
	struct acall_completion c;

	CHECK(!setup_done(s, path));
	CHECK(!queue_read(&run.q, &c) && c.result & MORE);
	return queue_tell(&run.q);
}

static int act_finish(struct sweep *s, const struct path *path)
{
	s->finish = (struct acall_finish) {
		.call_id = run.handle,
		.out = PTR(taken), .out_len = sizeof(taken),
		.files = PTR(s->got), .nr_files = ACALL_MAX_FILES,
		.flags = path->flags,
	};
	return sys_finish_struct(s->obj, &s->finish);
}

/* One that fails has consumed nothing, and installed nothing. */
static int check_finish(struct sweep *s, const struct path *path, int ret)
{
	struct acall_finish *f = &s->finish;
	struct acall_completion c;
	__u32 i;

	if (ret) {
		CHECK(queue_state(&run.q, run.handle) == ACALL_STATE_DONE);
		CHECK(path->setup == setup_read || queue_unread(&run.q) == 1);
		CHECK(count_fds() == s->in.code || !path->files);
		return 0;
	}
	CHECK(f->call_id == run.handle);
	CHECK(f->out_len == path->len && f->nr_files == path->files);
	for (i = 0; i < f->nr_files; i++)
		close(s->got[i]);
	while (ctl_get(s->ctl, 0).files)
		give_way();
	if (path->setup != setup_read) {
		CHECK(!queue_read(&run.q, &c) && c.handle == run.handle);
		CHECK(!queue_tell(&run.q));
	}
	return queue_is_stale(&run.q, run.handle);
}

static int setup_files(struct sweep *s, const struct path *path)
{
	CHECK(!setup_done(s, path));
	s->in.code = count_fds();
	return 0;
}

#define RESULTS(_name, _method, ...)					\
	NEWPATH(_name, .setup = setup_done, .act = act_finish,		\
	     .check = check_finish, .teardown = end_queue,		\
	     .errnos = takes, .never_fails = true,			\
	     .method = ACALL_TEST_##_method, ##__VA_ARGS__)

RESULTS(finish_short, SHORT);
RESULTS(finish, NOP);
RESULTS(finish_nonblock, NOP, .flags = ACALL_FINISH_NONBLOCK);
RESULTS(finish_output, ECHO, .len = 100);
RESULTS(finish_most_output, ECHO, .len = ACALL_MAX_BYTES);
RESULTS(finish_read, ECHO, .setup = setup_read, .len = 100);
RESULTS(finish_stopped, COOP, .setup = setup_cancelled);
RESULTS(finish_abandoned, GATE, .setup = setup_cancelled);
RESULTS(finish_session, NOP, .interface = ACALL_TEST_INSTANCE ".0");
RESULTS(finish_file, FILES, .setup = setup_files, .files = 1,
	.errnos = takes_files, .never_fails = false);
RESULTS(finish_files, FILES, .setup = setup_files, .files = ACALL_MAX_FILES,
	.errnos = takes_files, .never_fails = false);

/* What only looks. */

static int act_finish_early(struct sweep *s, const struct path *path)
{
	int ret = act_finish(s, path);

	return ret == -EAGAIN ? 0 : ret ?: -EPROTO;
}

static int act_finish_small(struct sweep *s, const struct path *path)
{
	int ret = sys_finish(s->obj, run.handle, &s->finish);

	if (ret != -EMSGSIZE)
		return ret ?: -EPROTO;
	return s->finish.out_len == path->len ? 0 : -EPROTO;
}

static int timed_out(int ret)
{
	return ret == -ETIMEDOUT ? 0 : ret ?: -EPROTO;
}

/* path->len: it is there to wait for. */
static int act_wait(struct sweep *s, const struct path *path)
{
	int ret = sys_wait_until(s->obj, run.handle, path->len ? FOREVER : 0);

	return path->len ? ret : timed_out(ret);
}

static int act_wait_settled(struct sweep *s, const struct path *path)
{
	return timed_out(sys_wait_settled(s->obj, path->len ? run.handle : 0,
					  0));
}

static int act_enter_wait(struct sweep *s, const struct path *path)
{
	struct acall_enter e;
	int ret = sys_enter(s->obj, 0, 1, path->len ? FOREVER : 0, &e);

	return path->len ? ret : timed_out(ret);
}

/* One more than can come. */
static int act_enter_wait_more(struct sweep *s, const struct path *path)
{
	struct acall_enter e;
	int ret = sys_enter(s->obj, 0, 2, FOREVER, &e);

	(void)path;
	return ret == -ESRCH ? 0 : ret ?: -EPROTO;
}

static int act_query(struct sweep *s, const struct path *path)
{
	struct acall_query q;

	return sys_query(s->obj, path->flags ? 0 : run.handle, &q);
}

static int act_fdinfo(struct sweep *s, const struct path *path)
{
	(void)path;
	return fdinfo_of(s->obj, "acall-slots:") == SWEEP_SLOTS ? 0 : -EPROTO;
}

static int act_poll(struct sweep *s, const struct path *path)
{
	int ret = revents_of(s->obj, POLLIN);

	if (ret < 0)
		return ret;
	return ret == (path->len ? POLLIN : 0) ? 0 : -EPROTO;
}

/* What epoll allocates for a wait queue is asked for in our .poll. */
static int act_epoll(struct sweep *s, const struct path *path)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	(void)path;
	return epoll_ctl(s->fds[0], EPOLL_CTL_ADD, s->obj, &event) ?
	       -errno : 0;
}

static int check_running(struct sweep *s, const struct path *path, int ret)
{
	(void)s;
	(void)path;
	(void)ret;
	CHECK(queue_state(&run.q, run.handle) == ACALL_STATE_RUNNING);
	CHECK(!queue_unread(&run.q));
	return 0;
}

static int check_done(struct sweep *s, const struct path *path, int ret)
{
	(void)s;
	(void)path;
	(void)ret;
	CHECK(queue_state(&run.q, run.handle) == ACALL_STATE_DONE);
	CHECK(queue_unread(&run.q) == 1);
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

#define LOOKING(_name, _act, ...)					\
	NEWPATH(_name, .setup = setup_running, .act = _act,		\
	     .check = check_running, .teardown = end_queue,		\
	     .errnos = takes, .never_fails = true,			\
	     .method = ACALL_TEST_COOP, ##__VA_ARGS__)
#define SEEDONE(_name, _act, ...)					\
	LOOKING(_name, _act, .setup = setup_done, .check = check_done,	\
	     .method = ACALL_TEST_NOP, ##__VA_ARGS__)

LOOKING(finish_early, act_finish_early, .flags = ACALL_FINISH_NONBLOCK);
SEEDONE(finish_too_small, act_finish_small, .method = ACALL_TEST_ECHO,
	.len = 10);
LOOKING(wait_late, act_wait);
SEEDONE(wait_ready, act_wait, .len = 1);
SEEDONE(wait_short, act_wait, .method = ACALL_TEST_SHORT, .len = 1);
LOOKING(wait_settled, act_wait_settled);
LOOKING(wait_settled_one, act_wait_settled, .len = 1);
LOOKING(enter_wait_late, act_enter_wait);
SEEDONE(enter_wait_ready, act_enter_wait, .len = 1);
SEEDONE(enter_wait_more, act_enter_wait_more);
LOOKING(query, act_query);
SEEDONE(query_short, act_query, .method = ACALL_TEST_SHORT);
LOOKING(query_all, act_query, .flags = 1);
LOOKING(fdinfo, act_fdinfo);
LOOKING(poll, act_poll);
SEEDONE(poll_ready, act_poll, .len = 1);
LOOKING(epoll, act_epoll, .check = check_epoll, .errnos = polls,
	.never_fails = false);

/* ENTER that finishes what was read. */

static int setup_reap(struct sweep *s, const struct path *path)
{
	struct entry e = { .outcome = ACALL_OUTCOME_COMPLETED };
	struct acall_completion c;
	unsigned int i;

	CHECK(!setup_queue(s, path));
	for (i = 0; i < 3; i++) {
		e.s = i == 1 ? sub_nop() : sub(ACALL_TEST_SHORT, NULL, 0);
		add_entry(&e);
	}
	e.s = sub_echo("more");
	add_entry(&e);
	CHECK(!enter_entries(s->obj, 0, true));
	for (i = 0; i < run.nr; i++)
		CHECK(!queue_read(&run.q, &c));
	return 0;
}

static int act_reap(struct sweep *s, const struct path *path)
{
	(void)s;
	(void)path;
	return queue_tell(&run.q);
}

static int check_reap(struct sweep *s, const struct path *path, int ret)
{
	struct acall_finish f;
	char out[8] = "";
	__u32 i;

	(void)s;
	(void)path;
	for (i = 0; i < run.nr - 1; i++) {
		if (ret)
			CHECK(queue_state(&run.q, run.entries[i].handle) ==
			      ACALL_STATE_DONE);
		else
			CHECK(!queue_is_stale(&run.q, run.entries[i].handle));
	}
	CHECK(queue_state(&run.q, run.entries[i].handle) == ACALL_STATE_DONE);
	if (ret)
		return 0;
	CHECK(!queue_finish_out(&run.q, run.entries[i].handle, out,
				sizeof(out), &f));
	return strcmp(out, "more");
}

NEWPATH(reap, .setup = setup_reap, .act = act_reap, .check = check_reap,
	.teardown = end_queue, .errnos = takes, .never_fails = true);

/* CANCEL. */

static bool is_queued(__u32 i)
{
	return queue_state(&run.q, run.entries[i].handle) ==
	       ACALL_STATE_QUEUED;
}

/*
 * Short and other calls by turns, each kind behind one that this user has running in
 * another queue or object: the last one of both has another tag.
 */
#define BEHIND		2

static int setup_queued(struct sweep *s, const struct path *path)
{
	struct entry e = { 0 };
	struct queue holder;
	__u32 i;

	CHECK(keep_fd(s, take_slot(s->dev, s->ctl, fresh_id())) >= 0);
	CHECK(!queue_open(&holder, s->dev, ACALL_TEST_NARROW, 1, 0));
	CHECK(!queue_hold_shorts(&holder, s->ctl, fresh_id(), NULL));
	CHECK(!setup_queue_of(s, path, ACALL_TEST_NARROW,
			      path->terms & ACALL_CREATE_DETACH));
	run.holder = holder;
	for (i = 0; i < MANY; i++) {
		e.s = i & 1 ? sub_nop() : sub(ACALL_TEST_SHORT, NULL, 0);
		e.s.tag = i < MANY - 2 ? 7 : 8;
		add_entry(&e);
	}
	CHECK(!enter_entries(s->obj, 0, false));
	CHECK(run.e.begun == MANY);
	for (i = 0; i < MANY; i++)
		CHECK(is_queued(i));
	run.handle = run.entries[path->value].handle;
	return 0;
}

/* So many are cancelled, and told of; the others are queued. */
static int check_queued(__u32 cancelled)
{
	struct acall_completion c;
	__u32 i;

	CHECK(queue_unread(&run.q) == cancelled);
	for (i = 0; i < cancelled; i++) {
		CHECK(!queue_read(&run.q, &c));
		CHECK(is_cancelled(&c, ACALL_OUTCOME_NEVER_STARTED));
		CHECK(c.user_data < MANY && !is_queued(c.user_data));
	}
	CHECK(!queue_tell(&run.q));
	CHECK(fdinfo_of(run.q.fd, "acall-free:") ==
	      SWEEP_SLOTS - MANY + (int)cancelled);
	CHECK(fdinfo_of(run.q.fd, "acall-pending:") == MANY - (int)cancelled);
	return 0;
}

static int act_cancel(struct sweep *s, const struct path *path)
{
	return sys_cancel(s->obj, path->flags, run.handle, 0, &s->cancel);
}

static int check_cancel_queued(struct sweep *s, const struct path *path,
			       int ret)
{
	(void)s;
	(void)path;
	return check_queued(!ret);
}

/* The outcome that is expected is path->files. */
static int check_cancelled(struct sweep *s, const struct path *path, int ret)
{
	struct acall_completion c;

	if (ret)
		return check_running(s, path, ret);
	CHECK(!queue_reap(&run.q, &c));
	CHECK(c.handle == run.handle && is_cancelled(&c, path->files));
	return queue_is_stale(&run.q, run.handle);
}

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

#define CANCELS(_name, _method, _outcome, ...)				\
	NEWPATH(_name, .setup = setup_running, .act = act_cancel,	\
	     .check = check_cancelled, .teardown = end_queue,		\
	     .errnos = takes, .never_fails = true,			\
	     .method = ACALL_TEST_##_method,				\
	     .files = ACALL_OUTCOME_##_outcome, ##__VA_ARGS__)

CANCELS(cancel, COOP, STOPPED);
CANCELS(cancel_nowait, COOP, STOPPED, .flags = ACALL_CANCEL_NOWAIT);
CANCELS(cancel_killable, KILLABLE, STOPPED);
CANCELS(cancel_abandon, GATE, ABANDONED, .flags = ACALL_CANCEL_ABANDON);
CANCELS(cancel_queued_short, SHORT, NEVER_STARTED, .setup = setup_queued,
	.check = check_cancel_queued);
CANCELS(cancel_queued, NOP, NEVER_STARTED, .setup = setup_queued,
	.check = check_cancel_queued, .value = 1);
SEEDONE(cancel_too_late, act_too_late);
SEEDONE(cancel_too_late_short, act_too_late, .method = ACALL_TEST_SHORT);
SEEDONE(cancel_again, act_again, .setup = setup_cancelled,
	.method = ACALL_TEST_COOP);

/* ENTER that cancels. */

/* More than are asked in one go: the first ones twice. */
#define ASKED		36

static struct acall_enter_cancel asked[ASKED];

static int act_enter_cancel(struct sweep *s, const struct path *path)
{
	struct acall_enter e = { .cancels = PTR(asked), .nr_cancels = ASKED };
	__u32 i;

	(void)path;
	for (i = 0; i < ASKED; i++)
		asked[i] = (struct acall_enter_cancel) {
			.handle = run.entries[i % MANY].handle, .error = 99,
		};
	return sys_enter_struct(s->obj, &e);
}

/*
 * Each was asked or left alone, the first ones were; and for which it was not told
 * are the last of those, if their memory went away meanwhile.
 */
static int check_enter_cancel(struct sweep *s, const struct path *path, int ret)
{
	__u32 i, cancelled = 0, told = 0;

	(void)s;
	(void)path;
	for (i = 0; i < ASKED; i++) {
		bool again = i >= MANY || i < run.cancelled;

		if (is_queued(i % MANY))
			CHECK(asked[i].error == 99);
		else if (i < MANY)
			CHECK(cancelled++ == i);
		if (asked[i].error == 99)
			continue;
		CHECK(asked[i].error == (again ? -EALREADY : 0));
		CHECK(told++ == i);
	}
	run.cancelled = cancelled;
	CHECK(ret || (cancelled == MANY && told == ASKED));
	CHECK(cancelled == MANY || told <= cancelled);
	if (ret)
		return 0;
	return check_queued(MANY);
}

CANCELS(enter_cancel, NOP, NEVER_STARTED, .setup = setup_queued,
	.act = act_enter_cancel, .check = check_enter_cancel);

static int act_enter_cancel_one(struct sweep *s, const struct path *path)
{
	struct acall_enter_cancel ec = { .handle = run.handle, .error = 99 };
	struct acall_enter e = { .cancels = PTR(&ec), .nr_cancels = 1 };
	int ret = sys_enter_struct(s->obj, &e);

	(void)path;
	if (ret)
		return ret;
	return ec.error == -EALREADY ? 0 : ec.error;
}

/* The answer may be what fails, of one that was asked (ENTER). */
static int check_enter_cancel_one(struct sweep *s, const struct path *path,
				  int ret)
{
	int state = queue_state(&run.q, run.handle);

	if (ret && state != ACALL_STATE_RUNNING)
		CHECK(state == ACALL_STATE_CANCELLING ||
		      state == ACALL_STATE_DONE);
	return ret ? 0 : check_cancelled(s, path, ret);
}

CANCELS(enter_cancel_running, COOP, STOPPED, .act = act_enter_cancel_one,
	.check = check_enter_cancel_one);

/* CANCEL_MATCH: path->flags. */

static int act_match(struct sweep *s, const struct path *path)
{
	struct acall_cancel_match m = {
		.size = sizeof(m), .flags = path->flags, .tag = 7,
		.method = ACALL_TEST_SHORT, .matched = 99, .cancelled = 99,
	};
	int ret;

	ret = poison_ioctl(s->obj, ACALL_IOC_CANCEL_MATCH, &m, sizeof(m));
	/* 0, if it could not be told any more. */
	if (!ret && m.matched &&
	    (m.matched != path->len || m.cancelled != path->len))
		return -EPROTO;
	return ret;
}

static int check_match(struct sweep *s, const struct path *path, int ret)
{
	__u32 i;

	(void)s;
	for (i = 0; i < MANY; i++) {
		bool match = !ret;

		if (path->flags & ACALL_MATCH_TAG)
			match &= i < MANY - 2;
		if (path->flags & ACALL_MATCH_METHOD)
			match &= !(i & 1);
		CHECK(is_queued(i) == !match);
	}
	return check_queued(ret ? 0 : path->len);
}

#define MATCHES(_name, ...)						\
	NEWPATH(_name, .setup = setup_queued, .act = act_match,		\
	     .check = check_match, .teardown = end_queue,		\
	     .errnos = takes, .never_fails = true, ##__VA_ARGS__)

MATCHES(match_all, .len = MANY);
MATCHES(match_tag, .len = MANY - 2, .flags = ACALL_MATCH_TAG);
MATCHES(match_method, .len = MANY / 2, .flags = ACALL_MATCH_METHOD);
MATCHES(match_running, .setup = setup_running, .check = check_cancelled,
	.method = ACALL_TEST_COOP, .files = ACALL_OUTCOME_STOPPED, .len = 1);

/* LIST and CANCEL_ID find them as well. */

static int act_list(struct sweep *s, const struct path *path)
{
	struct acall_list_record records[MANY + 2 * BEHIND];
	__u64 cursor = 0;
	int ret;

	ret = sys_list(s->dev, path->flags, &cursor, records,
		       ARRAY_SIZE(records));
	if (ret < 0)
		return ret;
	return ret == MANY + BEHIND ? 0 : -EPROTO;
}

static int check_list(struct sweep *s, const struct path *path, int ret)
{
	(void)path;
	(void)ret;
	CHECK(list_count(s->dev, 0) == MANY + BEHIND);
	return check_queued(0);
}

CANCELS(list, NOP, NONE, .setup = setup_queued, .act = act_list,
	.check = check_list);
CANCELS(list_own, NOP, NONE, .setup = setup_queued, .act = act_list,
	.check = check_list, .flags = ACALL_LIST_OWN);

static int setup_id(struct sweep *s, const struct path *path)
{
	struct acall_list_record record;

	CHECK(!setup_queued(s, path));
	CHECK(!list_find_data(s->dev, path->value, &record));
	s->call_id = record.call_id;
	return 0;
}

static int setup_id_running(struct sweep *s, const struct path *path)
{
	struct acall_list_record record;

	CHECK(!setup_running(s, path));
	CHECK(!list_find_data(s->dev, s->id, &record));
	s->call_id = record.call_id;
	return 0;
}

static int act_cancel_id(struct sweep *s, const struct path *path)
{
	return sys_cancel_id(s->dev, path->flags, s->call_id, 0, &s->cancel);
}

CANCELS(cancel_id_short, SHORT, NEVER_STARTED, .setup = setup_id,
	.act = act_cancel_id, .check = check_cancel_queued, .value = 2);
CANCELS(cancel_id_queued, NOP, NEVER_STARTED, .setup = setup_id,
	.act = act_cancel_id, .check = check_cancel_queued, .value = 3);
CANCELS(cancel_id, COOP, STOPPED, .setup = setup_id_running,
	.act = act_cancel_id);

/* The last close: of the descriptor, or of the mapping. */

static int act_close(struct sweep *s, const struct path *path)
{
	int ret = close(s->obj) ? -errno : 0;

	(void)path;
	s->obj = -1;
	return ret;
}

static int act_unmap(struct sweep *s, const struct path *path)
{
	(void)s;
	(void)path;
	return queue_unmap(&run.q);
}

static int closes(struct sweep *s, const struct path *path)
{
	if (path->act == act_close)
		return queue_unmap(&run.q);
	close(s->obj);
	s->obj = -1;
	return 0;
}

static int setup_close_empty(struct sweep *s, const struct path *path)
{
	CHECK(!setup_queue(s, path));
	return closes(s, path);
}

static int setup_close_running(struct sweep *s, const struct path *path)
{
	CHECK(!setup_running(s, path));
	return closes(s, path);
}

static int setup_close_done(struct sweep *s, const struct path *path)
{
	CHECK(!setup_done(s, path));
	return closes(s, path);
}

static int setup_close_read(struct sweep *s, const struct path *path)
{
	CHECK(!setup_read(s, path));
	return closes(s, path);
}

static int setup_close_queued(struct sweep *s, const struct path *path)
{
	CHECK(!setup_queued(s, path));
	return closes(s, path);
}

/* Nothing but the close has ended them; what they were behind is path->value. */
static int check_closed(struct sweep *s, const struct path *path, int ret)
{
	(void)s;
	(void)ret;
	CHECK(!wait_counter("executions", path->value));
	CHECK(!wait_counter("calls", path->value));
	return wait_counter("objects", path->value);
}

#define CLOSING(_name, _setup, _method, ...)				\
	NEWPATH(_name, .setup = _setup, .act = act_close,			\
	     .check = check_closed, .teardown = end_queue,		\
	     .never_fails = true, .once = true,				\
	     .method = ACALL_TEST_##_method, ##__VA_ARGS__)

CLOSING(close_empty, setup_close_empty, NOP);
CLOSING(close_session, setup_close_done, NOP,
	.interface = ACALL_TEST_INSTANCE ".0");
CLOSING(close_running, setup_close_running, COOP);
CLOSING(close_running_unmap, setup_close_running, COOP, .act = act_unmap);
CLOSING(close_done, setup_close_done, NOP);
CLOSING(close_done_short, setup_close_done, SHORT);
CLOSING(close_done_files, setup_close_done, FILES, .files = ACALL_MAX_FILES);
CLOSING(close_read, setup_close_read, ECHO, .len = 10);
CLOSING(close_queued, setup_close_queued, NOP, .value = BEHIND);

/* Not what runs on: the calls of a queue that is detached, and those that refuse. */
static int setup_close_detached(struct sweep *s, const struct path *path)
{
	CHECK(!setup_queue_of(s, path, ACALL_TEST_INTERFACE,
			      path->value ? ACALL_CREATE_DETACH : 0));
	s->begin.user_data = s->id;
	CHECK(!queue_begin_flags(&run.q, path->terms, path->method, s->id,
				 &run.handle));
	CHECK(!wait_starts(s->ctl, s->id, 1));
	return closes(s, path);
}

static int check_runs_on(struct sweep *s, const struct path *path, int ret)
{
	(void)path;
	(void)ret;
	CHECK(counter("executions") == 1);
	CHECK(list_count(s->dev, 0) == 1);
	CHECK(!open_gate(s->ctl, s->id));
	return 0;
}

CLOSING(close_detached, setup_close_detached, COOP, .check = check_runs_on,
	.value = 1);
CLOSING(close_no_cancel, setup_close_detached, COOP, .check = check_runs_on,
	.terms = ACALL_BEGIN_NO_CANCEL);

/* They have their turn, and then are over. */
static int check_queued_runs_on(struct sweep *s, const struct path *path,
				int ret)
{
	(void)path;
	(void)ret;
	CHECK(list_count(s->dev, 0) == MANY + BEHIND);
	CHECK(!forget(s->ctl, 0));
	/* What they were behind is not closed. */
	CHECK(!wait_counter("executions", 0));
	return wait_counter("objects", BEHIND);
}

CLOSING(close_queued_detached, setup_close_queued, NOP,
	.check = check_queued_runs_on, .terms = ACALL_CREATE_DETACH);

#define PROGRAM "queue_end"
#include "sweep_tests.h"
