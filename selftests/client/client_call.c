// SPDX-License-Identifier: GPL-2.0-only
/*
 * CALL: begin, wait and finish in one system call. The same result as the pair
 * [S1]; who can tell a call that does not exist from one that was left behind, by
 * call_id [S2]; and that the caller runs nothing itself that it should not [S3].
 *
 * The race is with every other party on the object: cancellers, finishers, and
 * whoever kills the caller.
 */
#include "acall_hot.h"
#include "acall_more.h"

static int nothing_begun(int fd)
{
	CHECK(state_of(fd) == ACALL_STATE_IDLE);
	CHECK(readiness(fd) == POLLOUT);
	return 0;
}

static int call_works(int fd)
{
	struct acall_call_args c;

	CHECK(!sys_call(fd, ACALL_TEST_NOP, NULL, 0, &c));
	CHECK(c.call_id && c.call_id != 99);
	CHECK(c.outcome == ACALL_OUTCOME_COMPLETED && !c.status);
	return nothing_begun(fd);
}

/* Everything of both that is not a time or an id. */
static int same_result(const struct acall_call_args *c,
		       const struct acall_finish *f)
{
	CHECK(c->status == f->status);
	CHECK(c->outcome == f->outcome);
	CHECK(c->result == f->result);
	CHECK(c->method == f->method);
	CHECK(c->out_len == f->out_len);
	CHECK(c->nr_files_out == f->nr_files);
	CHECK(c->user_data == f->user_data);
	CHECK(c->progress == f->progress);
	CHECK(c->total == f->total);
	CHECK(!c->start_ns == !f->start_ns);
	CHECK(!c->cancel_ns == !f->cancel_ns);
	return 0;
}

TEST_F(acall, S1_the_same_result_as_the_pair)
{
	static const struct {
		__s32 ret;
		__u32 out_len;
	} results[] = {
		{ 0, 0 }, { 0, 1 }, { 0, 4096 }, { 0, ACALL_MAX_BYTES },
		{ -EIO, 0 }, { -EIO, 100 }, { -ECANCELED, 0 }, { -EINTR, 8 },
		{ -ETIME, 0 }, { -512, 0 },
	};
	static char out[2][ACALL_MAX_BYTES];
	struct acall_test_result r = { 0 };
	struct acall_finish f;
	unsigned int i;
	__u64 before;

	for (i = 0; i < ARRAY_SIZE(results); i++) {
		struct acall_begin b = {
			.size = sizeof(b), .method = ACALL_TEST_RESULT,
			.in = PTR(&r), .in_len = sizeof(r), .user_data = 42 + i,
		};
		struct acall_call_args c = {
			.method = ACALL_TEST_RESULT, .in = PTR(&r),
			.in_len = sizeof(r), .user_data = 42 + i,
			.out = PTR(out[0]), .out_len = sizeof(out[0]),
		};

		memset(out, 'x', sizeof(out));
		r.ret = results[i].ret;
		r.out_len = results[i].out_len;
		before = now_ns();
		ASSERT_EQ(0, sys_call_struct(self->fd, &c));
		EXPECT_LE(before, c.begin_ns);
		EXPECT_LE(c.begin_ns, c.start_ns);
		EXPECT_LE(c.start_ns, c.end_ns);
		EXPECT_LE(c.end_ns, now_ns());
		EXPECT_EQ(0, nothing_begun(self->fd));

		ASSERT_EQ(0, sys_begin_struct(self->fd, &b));
		ASSERT_EQ(0, sys_finish_out(self->fd, out[1], sizeof(out[1]),
					    &f));
		EXPECT_EQ(0, same_result(&c, &f));
		EXPECT_EQ(0, memcmp(out[0], out[1], sizeof(out[0])));
		EXPECT_NE(c.call_id, f.call_id);
	}
}

TEST_F(acall, S1_output_and_files)
{
	struct acall_call_args c = { .method = ACALL_TEST_ECHO,
				     .in = PTR("hello"), .in_len = 6 };
	struct acall_test_arg arg = { .id = self->id };
	char out[8] = "";
	__s32 file;
	int p[2];

	c.out = PTR(out);
	c.out_len = sizeof(out);
	ASSERT_EQ(0, sys_call_struct(self->fd, &c));
	EXPECT_EQ(6, c.out_len);
	EXPECT_STREQ("hello", out);

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	file = p[1];
	c = (struct acall_call_args) {
		.method = ACALL_TEST_HOLD, .files = PTR(&file), .nr_files = 1,
		.in = PTR(&arg), .in_len = sizeof(arg),
	};
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_call_struct(self->fd, &c));
	EXPECT_EQ(0, c.status);
	close(p[1]);
	EXPECT_TRUE(hung_up(p[0]));
}

TEST_F(acall, S1_cancellable_from_other_threads)
{
	static const __u32 methods[] = {
		ACALL_TEST_COOP, ACALL_TEST_KILLABLE, ACALL_TEST_GATE,
	};
	struct acall_cancel x;
	struct caller c;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		bool gate = methods[i] == ACALL_TEST_GATE;

		c = (struct caller) { 0 };
		ASSERT_EQ(0, caller_block(&c, self->fd, self->ctl, methods[i],
					  fresh_id()));
		EXPECT_EQ(0, sys_cancel(self->fd, 0, 0, gate ? 1 : FOREVER,
					&x));
		EXPECT_EQ(0, caller_join(&c));
		EXPECT_EQ(-ECANCELED, c.args.status);
		EXPECT_EQ(gate ? ACALL_OUTCOME_ABANDONED :
			  ACALL_OUTCOME_STOPPED, c.args.outcome);
		EXPECT_EQ(x.call_id, c.args.call_id);
		EXPECT_LE(c.args.begin_ns, c.args.cancel_ns);
		EXPECT_EQ(0, nothing_begun(self->fd));
	}
}

TEST_F(acall, S1_a_queued_one_is_cancelled_too)
{
	int busy = take_slot(self->dev, self->ctl, self->id);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	struct caller c = { 0 };
	struct acall_cancel x;
	__u64 id = fresh_id();

	ASSERT_LE(0, busy);
	ASSERT_EQ(0, caller_start(&c, fd, ACALL_TEST_COOP, id));
	ASSERT_EQ(0, wait_state(fd, ACALL_STATE_QUEUED));
	EXPECT_EQ(0, sys_cancel(fd, 0, 0, FOREVER, &x));
	EXPECT_EQ(0, caller_join(&c));
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, c.args.outcome);
	EXPECT_EQ(0, c.args.start_ns);
	EXPECT_EQ(0, ctl_get(self->ctl, id).starts);
}

TEST_F(acall, S1_deadlines_and_NO_CANCEL)
{
	struct acall_cancel x;
	struct caller c = { .args = { .flags = ACALL_BEGIN_DEADLINE } };

	c.args.deadline = now_ns() + 20 * MSEC;
	ASSERT_EQ(0, caller_start(&c, self->fd, ACALL_TEST_COOP, fresh_id()));
	EXPECT_EQ(0, caller_join(&c));
	EXPECT_EQ(-ETIME, c.args.status);
	EXPECT_NE(ACALL_OUTCOME_COMPLETED, c.args.outcome);
	EXPECT_LE(c.args.deadline, c.args.cancel_ns);

	/* Past: at once, and it never starts. */
	c.args.deadline = 1;
	c.args.grace_ns = FOREVER;
	ASSERT_EQ(0, caller_start(&c, self->fd, ACALL_TEST_GATE, fresh_id()));
	EXPECT_EQ(0, caller_join(&c));
	EXPECT_EQ(-ETIME, c.args.status);
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, c.args.outcome);
	EXPECT_EQ(0, nothing_begun(self->fd));

	c = (struct caller) { .args.flags = ACALL_BEGIN_NO_CANCEL };
	ASSERT_EQ(0, caller_block(&c, self->fd, self->ctl, ACALL_TEST_COOP,
				  self->id));
	EXPECT_EQ(-EPERM, sys_cancel(self->fd, 0, 0, FOREVER, &x));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, caller_join(&c));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c.args.outcome);
}

TEST_F(acall, S1_while_it_waits_it_is_a_call_like_any)
{
	struct acall_list_record r;
	struct acall_call_args again;
	struct caller c = { .args.user_data = 4711 };
	struct acall_query q;
	struct acall_finish f;

	ASSERT_EQ(0, caller_block(&c, self->fd, self->ctl, ACALL_TEST_GATE,
				  self->id));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
	EXPECT_EQ(4711, q.user_data);
	EXPECT_EQ(0, readiness(self->fd));
	EXPECT_EQ(-ETIMEDOUT, sys_wait_until(self->fd, q.call_id, 0));
	EXPECT_EQ(-EAGAIN, sys_finish_now(self->fd, &f));
	EXPECT_EQ(-EBUSY, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	EXPECT_EQ(-EBUSY, sys_call(self->fd, ACALL_TEST_NOP, NULL, 0, &again));
	EXPECT_EQ(0, again.call_id);
	EXPECT_EQ(0, list_find(self->dev, q.call_id, &r));
	/* Written first, so that whoever shares the memory knows it. */
	EXPECT_EQ(q.call_id, __atomic_load_n(&c.args.call_id,
					     __ATOMIC_ACQUIRE));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, caller_join(&c));
	EXPECT_EQ(q.call_id, c.args.call_id);
	EXPECT_EQ(4711, c.args.user_data);
}

TEST_F(acall, S1_waits_also_on_an_O_NONBLOCK_fd)
{
	struct caller c = { 0 };

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	ASSERT_EQ(0, caller_block(&c, self->fd, self->ctl, ACALL_TEST_GATE,
				  self->id));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, caller_join(&c));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c.args.outcome);
}

TEST_F(acall, S1_somebody_else_may_finish_it)
{
	enum { ROUNDS = 100 };
	unsigned int own = 0, others = 0;
	struct caller c;
	struct actor a;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		__u64 id = fresh_id();

		c = (struct caller) { 0 };
		a = (struct actor) { .act = ACT_FINISH, .fd = self->fd };
		ASSERT_EQ(0, caller_block(&c, self->fd, self->ctl,
					  ACALL_TEST_GATE, id));
		ASSERT_EQ(0, actor_block(&a));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		actor_join(&a);
		caller_join(&c);
		/* Exactly one has it, and the other knows that it existed. */
		if (c.ret) {
			others++;
			EXPECT_EQ(-ESRCH, c.ret);
			EXPECT_EQ(0, a.ret);
			EXPECT_EQ(a.finish.call_id, c.args.call_id);
		} else {
			own++;
			EXPECT_EQ(-ESRCH, a.ret);
		}
		EXPECT_EQ(0, nothing_begun(self->fd));
		ASSERT_EQ(0, forget(self->ctl, id));
	}
	EXPECT_EQ(ROUNDS, own + others);
}

TEST_F(acall, S1_a_finisher_first_for_sure)
{
	struct acall_finish f;
	struct caller c = { 0 };
	struct stall s;
	char out[6] = "";
	int ret = stall_open(&s);

	if (ret)
		SKIP(return, "no userfaultfd: %d", ret);
	/* The caller stalls in its output while another one finishes. */
	c.fd = self->fd;
	c.args = (struct acall_call_args) {
		.method = ACALL_TEST_ECHO, .in = PTR("hello"), .in_len = 6,
		.out = PTR(s.page), .out_len = 6,
	};
	ASSERT_EQ(0, pthread_create(&c.thread, NULL, caller_main, &c));
	ASSERT_EQ(0, stall_wait(&s));
	EXPECT_EQ(POLLIN, readiness(self->fd));
	ASSERT_EQ(0, sys_finish_out(self->fd, out, sizeof(out), &f));
	EXPECT_STREQ("hello", out);
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, stall_release(&s, NULL, 0));
	EXPECT_EQ(-ESRCH, caller_join(&c));
	EXPECT_EQ(f.call_id, c.args.call_id);
	/* The next one is untouched. */
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(self->fd));
}

TEST_F(acall, S2_an_error_before_there_is_a_call_call_id_0)
{
	struct acall_test_arg arg = { .id = self->id };
	__s32 none = -1, code = -EXDEV;
	const struct {
		int err;
		struct acall_call_args c;
	} bad[] = {
		{ -EINVAL, { .method = 999 } },
		{ -EINVAL, { .flags = 1U << 31 } },
		{ -EINVAL, { .flags = ACALL_BEGIN_DEADLINE |
			     ACALL_BEGIN_NO_CANCEL } },
		{ -EINVAL, { .deadline = 1 } },
		{ -EINVAL, { .grace_ns = 1 } },
		{ -EINVAL, { .method = ACALL_TEST_NOP, .nr_files = 1 } },
		{ -E2BIG, { .method = ACALL_TEST_ECHO,
			    .in_len = ACALL_MAX_BYTES + 1 } },
		{ -EFAULT, { .method = ACALL_TEST_ECHO, .in = 8,
			     .in_len = 8 } },
		{ -EBADF, { .method = ACALL_TEST_HOLD, .in = PTR(&arg),
			    .in_len = sizeof(arg), .files = PTR(&none),
			    .nr_files = 1 } },
		{ -EFAULT, { .method = ACALL_TEST_HOLD, .in = PTR(&arg),
			     .in_len = sizeof(arg), .files = 8,
			     .nr_files = 1 } },
		{ -EXDEV, { .method = ACALL_TEST_REFUSE, .in = PTR(&code),
			    .in_len = sizeof(code) } },
	};
	struct acall_call_args c;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		c = bad[i].c;
		c.call_id = 99;
		EXPECT_EQ(bad[i].err, sys_call_struct(self->fd, &c)) {
			TH_LOG("case %u", i);
		}
		EXPECT_EQ(0, c.call_id) {
			TH_LOG("case %u", i);
		}
		EXPECT_EQ(0, nothing_begun(self->fd));
	}
	EXPECT_EQ(0, call_works(self->fd));
}

TEST_F(acall, S2_memory_that_cannot_be_written_begins_nothing)
{
	struct acall_call_args *c = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	__u64 entered = ctl_get(self->ctl, 0).entered;

	c->size = sizeof(*c);
	c->method = ACALL_TEST_NOP;
	ASSERT_EQ(0, mprotect(c, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, sys_ioctl(self->fd, ACALL_IOC_CALL, c));
	EXPECT_EQ(0, nothing_begun(self->fd));
	EXPECT_EQ(entered, ctl_get(self->ctl, 0).entered);
	EXPECT_EQ(-EFAULT, sys_ioctl(self->fd, ACALL_IOC_CALL, NULL));
	EXPECT_EQ(0, call_works(self->fd));
}

TEST_F(hot, S2_a_provider_that_has_gone_ENODEV)
{
	struct acall_call_args c;

	ASSERT_EQ(0, unregister(self->base.ctl));
	EXPECT_EQ(-ENODEV, sys_call(self->fd, ACALL_TEST_NOP, NULL, 0, &c));
	EXPECT_EQ(0, c.call_id);
	EXPECT_EQ(POLLHUP, readiness(self->fd));
}

TEST_F(hot, S1_a_provider_that_goes_ends_it_ENODEV)
{
	struct caller c = { 0 };

	ASSERT_EQ(0, caller_block(&c, self->fd, self->base.ctl,
				  ACALL_TEST_COOP, self->base.id));
	ASSERT_EQ(0, unregister(self->base.ctl));
	EXPECT_EQ(0, caller_join(&c));
	EXPECT_EQ(-ENODEV, c.args.status);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, c.args.outcome);
}

static int over_the_limit(void *arg)
{
	struct acall_call_args c;
	struct acall_finish f;
	int ctl = *(int *)arg, a, b;
	__u64 id = fresh_id();

	CHECK(!become(UID_A));
	a = sys_object("test");
	b = sys_object("test");
	CHECK(a >= 0 && b >= 0);
	CHECK(!sys_begin_arg(a, ACALL_TEST_GATE, id, 0, 0, NULL));
	CHECK(sys_call(b, ACALL_TEST_NOP, NULL, 0, &c) == -EDQUOT);
	CHECK(c.call_id == 0);
	CHECK(!nothing_begun(b));
	CHECK(!open_gate(ctl, id));
	CHECK(!sys_finish(a, 0, &f));
	return call_works(b);
}

TEST_F(acall, S2_over_the_limit_EDQUOT_and_call_id_0)
{
	long long was = read_number(SYSFS_PARAMS, "user_calls");

	ASSERT_EQ(0, write_number(SYSFS_PARAMS, "user_calls", 1));
	EXPECT_EQ(0, child_run(over_the_limit, &self->ctl));
	EXPECT_EQ(0, write_number(SYSFS_PARAMS, "user_calls", was));
}

TEST_F(acall, S2_a_signal_handler_interrupts_and_the_call_goes_on)
{
	static const int sa_flags[] = { 0, SA_RESTART };
	struct acall_finish f;
	struct acall_query q;
	struct caller c;
	unsigned int i;
	__u64 id;

	for (i = 0; i < ARRAY_SIZE(sa_flags); i++) {
		id = fresh_id();
		handle_signal(SIGUSR1, sa_flags[i]);
		c = (struct caller) { 0 };
		ASSERT_EQ(0, caller_block(&c, self->fd, self->ctl,
					  ACALL_TEST_COOP, id));
		ASSERT_EQ(0, syscall(__NR_tgkill, getpid(), c.tid, SIGUSR1));
		/* BEGIN would run twice if it were restarted. */
		EXPECT_EQ(-EINTR, caller_join(&c));
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
		EXPECT_EQ(q.call_id, c.args.call_id);
		EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
		EXPECT_EQ(0, q.cancel_ns);
		EXPECT_EQ(1, ctl_get(self->ctl, id).starts);
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, sys_wait_until(self->fd, c.args.call_id,
					    FOREVER));
		ASSERT_EQ(0, sys_finish(self->fd, c.args.call_id, &f));
		EXPECT_EQ(0, f.status);
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
		EXPECT_EQ(0, call_works(self->fd));
	}
}

TEST_F(acall, S2_an_interrupted_one_may_be_cancelled)
{
	struct acall_cancel x;
	struct acall_finish f;
	struct caller c = { 0 };

	handle_signal(SIGUSR1, 0);
	ASSERT_EQ(0, caller_block(&c, self->fd, self->ctl, ACALL_TEST_COOP,
				  self->id));
	ASSERT_EQ(0, syscall(__NR_tgkill, getpid(), c.tid, SIGUSR1));
	EXPECT_EQ(-EINTR, caller_join(&c));
	EXPECT_EQ(0, sys_cancel(self->fd, 0, c.args.call_id, FOREVER, &x));
	ASSERT_EQ(0, sys_finish(self->fd, c.args.call_id, &f));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
}

TEST_F(acall, S2_EMSGSIZE_and_EFAULT_leave_it_done)
{
	struct acall_call_args c = { .method = ACALL_TEST_ECHO,
				     .in = PTR("12345678"), .in_len = 8 };
	char out[9] = "";
	const struct {
		int err;
		__u64 out;
		__u32 out_len;
	} how[] = {
		{ -EMSGSIZE, 0, 0 }, { -EMSGSIZE, PTR(out), 7 },
		{ -EFAULT, 8, 8 }, { -EFAULT, PTR(NULL), 100 },
	};
	struct acall_finish f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(how); i++) {
		c.out = how[i].out;
		c.out_len = how[i].out_len;
		c.call_id = 0;
		EXPECT_EQ(how[i].err, sys_call_struct(self->fd, &c));
		EXPECT_NE(0, c.call_id);
		if (how[i].err == -EMSGSIZE)
			EXPECT_EQ(8, c.out_len);
		EXPECT_EQ(POLLIN, readiness(self->fd));
		EXPECT_EQ(ACALL_STATE_DONE, state_of(self->fd));
		ASSERT_EQ(0, sys_wait_until(self->fd, c.call_id, 0));
		ASSERT_EQ(0, sys_finish_out(self->fd, out, 8, &f));
		EXPECT_EQ(c.call_id, f.call_id);
		EXPECT_EQ(0, f.status);
		EXPECT_STREQ("12345678", out);
	}
}

static void *call_page(void *arg)
{
	struct caller *c = arg;

	c->ret = sys_ioctl(c->fd, ACALL_IOC_CALL, (void *)(uintptr_t)c->arg.id);
	return NULL;
}

TEST_F(acall, S2_EFAULT_of_the_structure_after_the_call_leaves_it_done)
{
	struct acall_call_args *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1,
					    0);
	struct acall_test_arg arg = { .id = self->id };
	struct caller c = { .fd = self->fd, .arg.id = PTR(page) };
	struct acall_finish f;

	*page = (struct acall_call_args) {
		.size = sizeof(*page), .method = ACALL_TEST_GATE,
		.in = PTR(&arg), .in_len = sizeof(arg),
	};
	ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_page, &c));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	/* Its id is there, and nothing else can be written any more. */
	ASSERT_EQ(0, mprotect(page, 4096, PROT_READ));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(-EFAULT, caller_join(&c));
	EXPECT_NE(0, page->call_id);
	EXPECT_EQ(ACALL_STATE_DONE, state_of(self->fd));
	ASSERT_EQ(0, sys_finish(self->fd, page->call_id, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
}

struct sharer {
	int fd;
	__u32 method;
	__u32 flags;
	__u64 id;
};

static int call_in_child(void *arg)
{
	struct sharer *s = arg;
	struct acall_test_arg a = { .id = s->id };
	struct acall_call_args c = {
		.flags = s->flags, .method = s->method, .in = PTR(&a),
		.in_len = sizeof(a),
	};

	sys_call_struct(s->fd, &c);
	return 1;
}

TEST_F(acall, S1_killed_while_waiting_it_cancels)
{
	static const struct {
		__u32 method;
		__u32 outcome;
	} how[] = {
		{ ACALL_TEST_COOP, ACALL_OUTCOME_STOPPED },
		{ ACALL_TEST_KILLABLE, ACALL_OUTCOME_STOPPED },
		/* No grace of its own, and nobody is left to wait for it. */
		{ ACALL_TEST_GATE, ACALL_OUTCOME_ABANDONED },
	};
	struct acall_finish f;
	struct acall_query q;
	struct sharer s = { .fd = self->fd };
	unsigned int i;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(how); i++) {
		s.id = fresh_id();
		s.method = how[i].method;
		pid = child_start(call_in_child, &s);
		ASSERT_EQ(0, wait_starts(self->ctl, s.id, 1));
		ASSERT_EQ(0, wait_blocked(pid, pid, __NR_ioctl,
					  ACALL_IOC_CALL));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(-SIGKILL, child_join(pid));
		/* This process has the object still, and sees it. */
		ASSERT_EQ(0, sys_wait_until(self->fd, 0, hopeless()));
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
		EXPECT_EQ(ACALL_REASON_CLIENT, q.reason);
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(-ECANCELED, f.status);
		EXPECT_EQ(how[i].outcome, f.outcome);
	}
}

TEST_F(acall, S1_killed_with_NO_CANCEL_it_runs_on)
{
	struct sharer s = { self->fd, ACALL_TEST_COOP, ACALL_BEGIN_NO_CANCEL,
			    self->id };
	struct acall_finish f;
	pid_t pid;

	pid = child_start(call_in_child, &s);
	ASSERT_EQ(0, wait_starts(self->ctl, s.id, 1));
	ASSERT_EQ(0, wait_blocked(pid, pid, __NR_ioctl, ACALL_IOC_CALL));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(-SIGKILL, child_join(pid));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(self->fd));
	ASSERT_EQ(0, open_gate(self->ctl, s.id));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_EQ(0, f.cancel_ns);
}

TEST_F(acall, S1_of_simultaneous_CALLs_exactly_one_has_the_object)
{
	enum { N = 4, ROUNDS = 50 };
	struct caller c[N];
	int round, i, won;

	for (round = 0; round < ROUNDS; round++) {
		__u64 id = fresh_id();

		for (i = 0; i < N; i++) {
			c[i] = (struct caller) { 0 };
			ASSERT_EQ(0, caller_start(&c[i], self->fd,
						  ACALL_TEST_GATE, id));
		}
		/* The one that runs holds it until the others have lost. */
		for (i = 0, won = 0; won < N - 1; i = (i + 1) % N)
			won += __atomic_exchange_n(&c[i].ended, 0,
						   __ATOMIC_ACQ_REL);
		ASSERT_EQ(0, open_gate(self->ctl, id));
		for (i = 0, won = 0; i < N; i++) {
			caller_join(&c[i]);
			won += !c[i].ret;
			if (c[i].ret) {
				EXPECT_EQ(-EBUSY, c[i].ret);
				EXPECT_EQ(0, c[i].args.call_id);
			}
		}
		ASSERT_EQ(1, won);
		ASSERT_EQ(1, ctl_get(self->ctl, id).starts);
		ASSERT_EQ(0, forget(self->ctl, id));
	}
}

TEST_F(acall, S3_the_caller_does_not_run_the_method)
{
	struct acall_test_whoami who = { 0 };
	struct acall_call_args c = { .method = ACALL_TEST_WHOAMI,
				     .out = PTR(&who),
				     .out_len = sizeof(who) };
	struct actor w = { .act = ACT_WAIT, .wait.until = FOREVER };
	int busy, fd, i;
	struct acall_finish f;

	for (i = 0; i < 100; i++) {
		who.is_worker = 0;
		c.out_len = sizeof(who);
		ASSERT_EQ(0, sys_call_struct(self->fd, &c));
		ASSERT_EQ(1, who.is_worker);
	}
	/* Nor does who waits for one that is queued. */
	busy = take_slot(self->dev, self->ctl, self->id);
	ASSERT_LE(0, busy);
	fd = sys_create(self->dev, ACALL_TEST_NARROW);
	ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_WHOAMI, NULL, 0, NULL));
	w.fd = fd;
	ASSERT_EQ(0, actor_block(&w));
	EXPECT_EQ(ACALL_STATE_QUEUED, state_of(fd));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, actor_join(&w));
	who.is_worker = 0;
	ASSERT_EQ(0, sys_finish_out(fd, &who, sizeof(who), &f));
	EXPECT_EQ(1, who.is_worker);
}

TEST_F(acall, S3_a_short_method_is_run_by_its_caller)
{
	struct acall_call_args c = { .method = ACALL_TEST_SHORT,
				     .user_data = 7 };
	int busy, fd, queued;
	struct acall_finish f;

	/* No worker may run anything more for this user. */
	busy = take_slot(self->dev, self->ctl, self->id);
	ASSERT_LE(0, busy);
	fd = sys_create(self->dev, ACALL_TEST_NARROW);
	queued = sys_create(self->dev, ACALL_TEST_NARROW);
	ASSERT_EQ(0, sys_begin(queued, ACALL_TEST_SHORT, NULL, 0, NULL));
	ASSERT_EQ(0, sys_call_struct(fd, &c));
	EXPECT_EQ(0, c.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c.outcome);
	EXPECT_EQ(7, c.user_data);
	EXPECT_NE(0, c.start_ns);
	EXPECT_EQ(0, nothing_begun(fd));
	/* Who does not wait is not made to. */
	EXPECT_EQ(ACALL_STATE_QUEUED, state_of(queued));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish(queued, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
}

TEST_F(acall, S3_X13_what_a_caller_leaves_behind_is_found)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct acall_call_args *c = (void *)(pages + 4096 -
			offsetof(struct acall_call_args, outcome));
	struct acall_finish f;
	struct acall_cancel x;

	ASSERT_NE(MAP_FAILED, pages);
	c->size = sizeof(*c);
	c->method = ACALL_TEST_SHORT;
	/* Its id can be written, what comes behind only after a page fault. */
	ASSERT_EQ(0, sys_ioctl(self->fd, ACALL_IOC_CALL, c));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c->outcome);
	EXPECT_EQ(-ESRCH, sys_cancel_id(self->dev, 0, c->call_id, 0, &x));
	EXPECT_EQ(ACALL_STATE_IDLE, x.state);
	/* And not at all. */
	ASSERT_EQ(0, mprotect(pages + 4096, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, sys_ioctl(self->fd, ACALL_IOC_CALL, c));
	EXPECT_NE(0, c->call_id);
	EXPECT_EQ(ACALL_STATE_DONE, listed_state(self->dev, c->call_id));
	EXPECT_EQ(-ESRCH, sys_cancel_id(self->dev, 0, c->call_id, 0, &x));
	EXPECT_EQ(ACALL_STATE_DONE, x.state);
	ASSERT_EQ(0, sys_finish(self->fd, c->call_id, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_NE(0, listed_state(self->dev, c->call_id));
}

TEST_F(acall, S3_not_with_a_deadline)
{
	struct acall_call_args c = { .method = ACALL_TEST_SHORT,
				     .flags = ACALL_BEGIN_DEADLINE,
				     .deadline = 1 };

	ASSERT_EQ(0, sys_call_struct(self->fd, &c));
	EXPECT_EQ(-ETIME, c.status);
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, c.outcome);
	EXPECT_EQ(0, c.start_ns);
	c.deadline = FOREVER;
	ASSERT_EQ(0, sys_call_struct(self->fd, &c));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c.outcome);
}

TEST_F(acall, S3_a_KILLABLE_methods_signal_is_not_its_callers)
{
	struct caller c = { 0 };
	struct acall_cancel x;
	int i;

	/* The caller and its process are alive to say so. */
	for (i = 0; i < 20; i++) {
		c = (struct caller) { 0 };
		ASSERT_EQ(0, caller_block(&c, self->fd, self->ctl,
					  ACALL_TEST_KILLABLE, fresh_id()));
		ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &x));
		ASSERT_EQ(0, caller_join(&c));
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, c.args.outcome);
	}
}

#include "acall_main.h"
