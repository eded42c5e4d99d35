/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of providers share: calls whose tester completes them, hooks
 * that can be held, a thread in any control operation, result files; and the
 * fixture, at whose end nothing may have happened that no provider need expect.
 */
#ifndef _SELFTESTS_PROV_UTIL_H
#define _SELFTESTS_PROV_UTIL_H

#include "acall_more.h"

#define RUNNING		ACALL_STATE_RUNNING
#define CANCELLING	ACALL_STATE_CANCELLING
#define DONE		ACALL_STATE_DONE
#define IDLE		ACALL_STATE_IDLE

#define NO_REFUSALS	0
#define ALWAYS		UINT32_MAX

/* Methods with a cancel hook. */
static const __u32 hooked[] __attribute__((unused)) = {
	ACALL_TEST_PARK, ACALL_TEST_PARK_SLEEPABLE, ACALL_TEST_NUDGE,
	ACALL_TEST_NUDGE_SLEEPABLE,
};

/* The errnos that a hook may refuse with. */
static const int refusals[] __attribute__((unused)) = {
	-EBUSY, -EPERM, -EOPNOTSUPP,
};

static inline bool is_custom(__u32 method)
{
	return method == ACALL_TEST_PARK || method == ACALL_TEST_PARK_FIXED ||
	       method == ACALL_TEST_PARK_SLEEPABLE;
}

static inline bool is_sleepable(__u32 method)
{
	return method == ACALL_TEST_PARK_SLEEPABLE ||
	       method == ACALL_TEST_NUDGE_SLEEPABLE;
}

/* An atomic hook or an inline method is held by having it spin. */
static inline bool one_cpu(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) < 2;
}

static inline int sys_begin_custom(int fd, __u32 method,
				   const struct acall_test_custom *arg,
				   __u64 *call_id)
{
	return sys_begin(fd, method, arg, sizeof(*arg), call_id);
}

static inline int sys_begin_custom_deadline(int fd, __u32 method,
					    const struct acall_test_custom *arg,
					    __u64 deadline, __u64 grace_ns)
{
	struct acall_begin b = {
		.size = sizeof(b), .flags = ACALL_BEGIN_DEADLINE,
		.method = method, .in = PTR(arg), .in_len = sizeof(*arg),
		.deadline = deadline, .grace_ns = grace_ns,
	};

	return sys_begin_struct(fd, &b);
}

/* Begins a call of @method and waits until it has started. */
static inline int park(int fd, int ctl, __u32 method,
		       const struct acall_test_custom *arg)
{
	int ret = sys_begin_custom(fd, method, arg, NULL);

	return ret ?: wait_starts(ctl, arg->id, 1);
}

static inline int park_flags(int fd, int ctl, __u32 method, __u64 id,
			     __u32 flags)
{
	struct acall_test_custom arg = { .id = id, .flags = flags };

	return park(fd, ctl, method, &arg);
}

/*
 * Begins a call of @method whose deadline comes @delay after, and has it started
 * before: if a slow machine has not, once more and with a later one.
 */
static inline int park_deadline(int fd, int ctl, __u32 method,
				struct acall_test_custom *arg, __u64 delay,
				__u64 grace_ns, __u64 *deadline)
{
	__u64 since = now_ns();
	struct acall_finish f;
	int ret;

	for (; !guard_expired(since); delay *= 2) {
		arg->id = fresh_id();
		*deadline = now_ns() + delay;
		ret = sys_begin_custom_deadline(fd, method, arg, *deadline,
						grace_ns);
		while (!ret && !ctl_get(ctl, arg->id).starts &&
		       state_of(fd) != DONE)
			give_way();
		if (ret || ctl_get(ctl, arg->id).starts)
			return ret;
		ret = sys_finish(fd, 0, &f);
		if (ret || f.outcome != ACALL_OUTCOME_NEVER_STARTED)
			return ret ?: -EPROTO;
	}
	return -ETIMEDOUT;
}

static inline int complete_in(int ctl, __u64 id, __s32 ret, __u32 context,
			      bool twice)
{
	struct acall_test_control c = {
		.op = ACALL_TEST_OP_COMPLETE, .id = id, .ret = ret,
		.context = context, .value = twice,
	};

	return sys_ioctl(ctl, ACALL_TEST_IOC_CONTROL, &c);
}

static inline int complete(int ctl, __u64 id, __s32 ret)
{
	return complete_in(ctl, id, ret, ACALL_TEST_TASK, false);
}

/* Unless somebody else has: its hook, say. */
static inline int complete_once(int ctl, __u64 id, __s32 ret)
{
	struct acall_test_control c = {
		.op = ACALL_TEST_OP_COMPLETE_ONCE, .id = id, .ret = ret,
	};

	return sys_ioctl(ctl, ACALL_TEST_IOC_CONTROL, &c);
}

/* Ends a call in its own way: a custom one is completed, .run finds its gate. */
static inline int end_call(int ctl, __u32 method, __u64 id, __s32 ret)
{
	return is_custom(method) ? complete(ctl, id, ret) : open_gate(ctl, id);
}

static inline int wait_asks(int ctl, __u64 id, __u64 n)
{
	return ctl_op(ctl, ACALL_TEST_OP_WAIT_ASKS, id, n, NULL);
}

static inline int wait_answers(int ctl, __u64 id, __u64 n)
{
	return ctl_op(ctl, ACALL_TEST_OP_WAIT_ANSWERS, id, n, NULL);
}

static inline int wait_releases(int ctl, __u64 id, __u64 n)
{
	return ctl_op(ctl, ACALL_TEST_OP_WAIT_RELEASES, id, n, NULL);
}

/* Lets one hook more go on. */
static inline int pass(int ctl, __u64 id)
{
	return ctl_op(ctl, ACALL_TEST_OP_PASS, id, 1, NULL);
}

static inline int pass_all(int ctl, __u64 id)
{
	return ctl_op(ctl, ACALL_TEST_OP_PASS, id, 1000, NULL);
}

/* acall_cancelled() as the provider sees it. */
static inline int look(int ctl, __u64 id)
{
	struct acall_test_control c;
	int ret = ctl_op(ctl, ACALL_TEST_OP_LOOK, id, 0, &c);

	return ret ?: (int)c.cancelled;
}

static inline int commit(int ctl, __u64 id)
{
	return ctl_op(ctl, ACALL_TEST_OP_COMMIT, id, 0, NULL);
}

/* A thread in one operation of the control device. */
struct operator {
	int ctl;
	struct acall_test_control c;
	pthread_barrier_t *barrier;
	pthread_t thread;
	pid_t tid;
	int ret;
	int ended;
};

static inline void *operator_main(void *arg)
{
	struct operator *o = arg;

	__atomic_store_n(&o->tid, (pid_t)syscall(__NR_gettid),
			 __ATOMIC_RELEASE);
	if (o->barrier)
		pthread_barrier_wait(o->barrier);
	o->ret = sys_ioctl(o->ctl, ACALL_TEST_IOC_CONTROL, &o->c);
	__atomic_store_n(&o->ended, 1, __ATOMIC_RELEASE);
	return NULL;
}

static inline int operator_start(struct operator *o)
{
	int ret;

	o->tid = 0;
	o->ended = 0;
	ret = pthread_create(&o->thread, NULL, operator_main, o);
	if (ret)
		return -ret;
	while (!__atomic_load_n(&o->tid, __ATOMIC_ACQUIRE))
		give_way();
	return 0;
}

static inline int operator_blocked(struct operator *o)
{
	return wait_blocked(getpid(), o->tid, __NR_ioctl,
			    ACALL_TEST_IOC_CONTROL);
}

static inline int operator_block(struct operator *o)
{
	return operator_start(o) ?: operator_blocked(o);
}

static inline bool operator_ended(struct operator *o)
{
	return __atomic_load_n(&o->ended, __ATOMIC_ACQUIRE);
}

static inline int operator_join(struct operator *o)
{
	pthread_join(o->thread, NULL);
	return o->ret;
}

static inline struct actor canceller(int fd, __u32 flags, __u64 grace_ns)
{
	return (struct actor) {
		.act = ACT_CANCEL, .fd = fd,
		.cancel = { .flags = flags, .grace_ns = grace_ns },
	};
}

/* A thread in BEGIN, whose input is @arg as long as it runs. */
static inline struct actor beginner(int fd, __u32 method,
				    const struct acall_test_custom *arg)
{
	return (struct actor) {
		.act = ACT_BEGIN, .fd = fd,
		.begin = { .method = method, .in = PTR(arg),
			   .in_len = sizeof(*arg) },
	};
}

static inline int files_alive(int ctl)
{
	return ctl_get(ctl, 0).files;
}

/* What is dropped in a worker is gone a little later. */
static inline int wait_files(int ctl, int n)
{
	__u64 since = now_ns();

	while (files_alive(ctl) != n) {
		if (guard_expired(since))
			return -ETIMEDOUT;
		give_way();
	}
	return 0;
}

static inline int sys_finish_files(int fd, __s32 *files, __u32 nr,
				   struct acall_finish *f)
{
	memset(f, 0, sizeof(*f));
	f->files = PTR(files);
	f->nr_files = nr;
	return sys_finish_struct(fd, f);
}

FIXTURE(prov)
{
	FIXTURE_DATA(acall) base;
	struct acall_test_control before;
	int dev;		/* what is in the base, by shorter names */
	int ctl;
	int fd;
	__u64 id;
};

FIXTURE_SETUP(prov)
{
	acall_setup(_metadata, &self->base, NULL);
	self->dev = self->base.dev;
	self->ctl = self->base.ctl;
	self->fd = self->base.fd;
	self->id = self->base.id;
	ASSERT_EQ(0, wait_files(self->ctl, 0));
	self->before = ctl_get(self->ctl, 0);
}

/* What a provider may rely on, whatever the clients of a test have done. */
static inline void check_provider(struct __test_metadata *_metadata,
				  const struct acall_test_control *before)
{
	int ctl = open(DEV_CONTROL, O_RDWR | O_CLOEXEC);
	struct acall_test_control c = ctl_get(ctl, 0);

	EXPECT_EQ(0, wait_files(ctl, 0));
	EXPECT_EQ(before->blind, c.blind);
	EXPECT_EQ(before->hook_early, c.hook_early);
	EXPECT_EQ(before->hook_again, c.hook_again);
	EXPECT_EQ(before->release_early, c.release_early);
	EXPECT_EQ(before->close_early, c.close_early);
	EXPECT_TRUE(c.hooks_most <= 1 || c.hooks_most == before->hooks_most);
	close(ctl);
}

FIXTURE_TEARDOWN(prov)
{
	acall_teardown(_metadata, &self->base, NULL);
	check_provider(_metadata, &self->before);
}

#endif /* _SELFTESTS_PROV_UTIL_H */
