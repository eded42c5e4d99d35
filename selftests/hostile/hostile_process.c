// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a user can do to a process that sleeps in an ioctl, or has a call: stop it,
 * trace it, close or replace its descriptor, take system calls away from it
 * (seccomp), put it elsewhere (chroot), make it another program (exec). The sleeper
 * answers for its own call, and nobody else is held up. [C1, C3, C4, C6, S2, W5,
 * W7]
 *
 * The race is between the sleeper and whoever takes the ground from under it.
 */
#include "hostile_util.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ptrace.h>

struct sleeper {
	int fd;
	int ctl;
	__u64 id;
	unsigned long cmd;
};

static int sleep_in(void *arg)
{
	struct sleeper *s = arg;
	struct acall_test_arg a = { .id = s->id };
	struct acall_call_args c = {
		.method = ACALL_TEST_GATE, .in = PTR(&a), .in_len = sizeof(a),
	};
	struct acall_finish f;
	int ret;

	switch (s->cmd) {
	case ACALL_IOC_WAIT:
		CHECK(!sys_wait_until(s->fd, 0, FOREVER));
		return 0;
	case ACALL_IOC_FINISH:
		CHECK(!sys_finish(s->fd, 0, &f));
		CHECK(f.outcome == ACALL_OUTCOME_COMPLETED);
		return 0;
	default:
		/* Never restarted; the call is there, and goes on. */
		ret = sys_call_struct(s->fd, &c);
		CHECK(ret == -EINTR);
		CHECK(c.call_id);
		CHECK(!sys_finish(s->fd, c.call_id, &f));
		return 0;
	}
}

static const unsigned long sleepers[] = {
	ACALL_IOC_WAIT, ACALL_IOC_FINISH, ACALL_IOC_CALL,
};

/* A child that sleeps in @s->cmd. */
static pid_t start_sleeper(struct sleeper *s)
{
	pid_t pid;

	if (s->cmd != ACALL_IOC_CALL &&
	    one_call(s->fd, s->ctl, ACALL_TEST_GATE, s->id, NULL))
		return -1;
	pid = child_start(sleep_in, s);
	if (wait_starts(s->ctl, s->id, 1) ||
	    wait_blocked(pid, pid, __NR_ioctl, s->cmd))
		return -1;
	return pid;
}

TEST_F(user, S2_W7_a_sleeper_is_stopped_and_goes_on)
{
	unsigned int i;
	int status;

	for (i = 0; i < ARRAY_SIZE(sleepers); i++) {
		struct sleeper s = { self->fd, self->ctl, fresh_id(),
				     sleepers[i] };
		struct acall_finish f;
		pid_t pid = start_sleeper(&s);

		ASSERT_LT(0, pid);
		ASSERT_EQ(0, kill(pid, SIGSTOP));
		ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
		ASSERT_TRUE(WIFSTOPPED(status));
		/* The call does not care: it ends, and others are told. */
		EXPECT_EQ(ACALL_STATE_RUNNING, state_of(self->fd));
		ASSERT_EQ(0, open_gate(self->ctl, s.id));
		EXPECT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
		ASSERT_EQ(0, kill(pid, SIGCONT));
		EXPECT_EQ(0, child_join(pid));
		if (s.cmd == ACALL_IOC_WAIT)
			EXPECT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
	}
}

TEST_F(user, F5_a_stopped_finisher_has_claimed_nothing)
{
	struct sleeper s = { self->fd, self->ctl, self->id, ACALL_IOC_FINISH };
	struct acall_finish f;
	pid_t pid = start_sleeper(&s);
	int status;

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, kill(pid, SIGSTOP));
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	/* Taken from under it, and the next is not what it slept for (W5). */
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	ASSERT_EQ(0, kill(pid, SIGCONT));
	EXPECT_EQ(1, child_join(pid));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(ACALL_TEST_NOP, f.method);
}

TEST_F(user, S2_W7_a_sleeper_is_traced_and_goes_on)
{
	struct sleeper s = { self->fd, self->ctl, 0, 0 };
	struct acall_finish f;
	unsigned int i;
	int status;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(sleepers); i++) {
		s.id = fresh_id();
		s.cmd = sleepers[i];
		pid = start_sleeper(&s);
		ASSERT_LT(0, pid);
		if (ptrace(PTRACE_SEIZE, pid, 0, 0)) {
			kill(pid, SIGKILL);
			child_join(pid);
			SKIP(return, "no ptrace: %d", errno);
		}
		ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, pid, 0, 0));
		ASSERT_EQ(pid, waitpid(pid, &status, __WALL));
		ASSERT_TRUE(WIFSTOPPED(status));
		EXPECT_EQ(ACALL_STATE_RUNNING, state_of(self->fd));
		ASSERT_EQ(0, ptrace(PTRACE_DETACH, pid, 0, 0));
		/* Asleep again, on the same call. */
		if (s.cmd != ACALL_IOC_CALL)
			ASSERT_EQ(0, wait_blocked(pid, pid, __NR_ioctl, s.cmd));
		ASSERT_EQ(0, open_gate(self->ctl, s.id));
		EXPECT_EQ(0, child_join(pid));
		if (s.cmd == ACALL_IOC_WAIT)
			EXPECT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
	}
}

/* Its descriptor is closed under it, and the number is another object's then. */
TEST_F(user, C4_W5_a_sleepers_number_becomes_anothers)
{
	enum { N = 3 };
	static const enum act acts[N] = { ACT_WAIT, ACT_FINISH, ACT_CANCEL };
	static const int methods[N] = {
		ACALL_TEST_GATE, ACALL_TEST_GATE, ACALL_TEST_LATE
	};
	struct acall_finish f;
	int i, other, fd;

	for (i = 0; i < N; i++) {
		struct actor a = { .act = acts[i] };
		__u64 id = fresh_id();

		fd = sys_create(self->dev, "test");
		other = sys_create(self->dev, "test");
		a.fd = fd;
		a.wait.until = FOREVER;
		a.cancel.grace_ns = FOREVER;
		ASSERT_EQ(0, one_call(fd, self->ctl, methods[i], id, NULL));
		ASSERT_EQ(0, actor_block(&a));
		/* It has the last reference now. */
		ASSERT_EQ(fd, dup2(other, fd));
		ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
		ASSERT_EQ(0, sys_wait_until(fd, 0, FOREVER));
		EXPECT_FALSE(actor_ended(&a));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		/* Its provider gave a result of its own. */
		EXPECT_EQ(acts[i] == ACT_CANCEL ? -ESRCH : 0, actor_join(&a));
		if (acts[i] == ACT_FINISH)
			EXPECT_EQ(methods[i], a.finish.method);
		ASSERT_EQ(0, sys_finish(other, 0, &f));
		EXPECT_EQ(ACALL_TEST_NOP, f.method);
		close(fd);
		close(other);
	}
}

/* One ioctl, one number: a filter tells them apart (C6). */

#if __BYTE_ORDER == __BIG_ENDIAN
#define LOW_HALF	4
#else
#define LOW_HALF	0
#endif

static int deny(unsigned long cmd)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_ioctl, 0, 3),
		/* Its low half, as all of our numbers fit in there. */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[1]) + LOW_HALF),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, cmd, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(filter), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		return -errno;
	return 0;
}

static int may_only_finish(void *arg)
{
	struct sleeper *s = arg;
	struct acall_finish f;
	struct acall_cancel c;
	struct acall_query q;

	CHECK(!one_call(s->fd, s->ctl, ACALL_TEST_COOP, s->id, NULL));
	if (deny(ACALL_IOC_CANCEL))
		return SKIPPED;
	CHECK(!deny(ACALL_IOC_BEGIN));
	CHECK(!deny(ACALL_IOC_CREATE));
	CHECK(sys_object("test") == -EXDEV);
	CHECK(sys_cancel(s->fd, 0, 0, 0, &c) == -EXDEV);
	CHECK(!sys_query(s->fd, 0, &q) && q.state == ACALL_STATE_RUNNING);
	CHECK(!open_gate(s->ctl, s->id));
	CHECK(!sys_finish(s->fd, 0, &f));
	CHECK(sys_begin(s->fd, ACALL_TEST_NOP, NULL, 0, NULL) == -EXDEV);
	CHECK(state_of(s->fd) == ACALL_STATE_IDLE);
	return 0;
}

TEST_F(user, C6_seccomp_tells_the_operations_apart)
{
	struct sleeper s = { self->fd, self->ctl, self->id, 0 };
	int ret = child_run(may_only_finish, &s);

	if (ret == SKIPPED)
		SKIP(return, "no seccomp filters");
	EXPECT_EQ(0, ret);
}

static int be_strict(void *arg)
{
	struct sleeper *s = arg;
	int fd = sys_object("test");
	struct acall_finish f;
	__u64 call_id;

	CHECK(!one_call(fd, s->ctl, ACALL_TEST_COOP, s->id, &call_id));
	CHECK(write(s->fd, &call_id, 8) == 8);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		return SKIPPED;
	return sys_finish(fd, 0, &f);
}

/* Killed for the ioctl, and so its call is cancelled. */
TEST_F(user, C4_strict_seccomp_kills_who_calls)
{
	struct sleeper s = { .ctl = self->ctl, .id = self->id };
	__u64 call_id;
	int p[2], ret;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	s.fd = p[1];
	ret = child_run(be_strict, &s);
	if (ret == SKIPPED)
		SKIP(return, "no seccomp");
	EXPECT_EQ(-SIGKILL, ret);
	ASSERT_EQ(8, read(p[0], &call_id, 8));
	EXPECT_TRUE(close_has_cancelled(self->dev, call_id));
}

/* Nothing of what an object does goes by a path. */
static int in_a_chroot(void *arg)
{
	int *fds = arg, fd;

	if (chroot("/proc/self/fdinfo") || chdir("/"))
		return SKIPPED;
	CHECK(!become(UID_A));
	CHECK(open(DEV_ACALL, O_RDWR) == -1 && errno == ENOENT);
	CHECK(!works(fds[0]));
	fd = sys_create(fds[1], "test");
	CHECK(fd >= 0);
	CHECK(!works(fd));
	CHECK(sys_create(fds[1], "test-of-nobody") == -ENOENT);
	return 0;
}

TEST_F(acall, C1_C3_in_a_chroot_it_works_the_same)
{
	int fds[2] = { self->fd, self->dev };
	int ret = child_run(in_a_chroot, fds);

	if (ret == SKIPPED)
		SKIP(return, "no chroot");
	EXPECT_EQ(0, ret);
}

/* A program that has inherited a call: it names and takes it as the first. */
static int next_program(char **argv)
{
	int fd = atoi(argv[2]), ctl = atoi(argv[3]);
	__u64 call_id = strtoull(argv[4], NULL, 0);
	__u64 id = strtoull(argv[5], NULL, 0);
	struct acall_finish f;
	struct acall_query q;

	CHECK(!sys_query(fd, 0, &q));
	CHECK(q.call_id == call_id && q.state == ACALL_STATE_RUNNING);
	CHECK(!q.cancel_ns);
	CHECK(!open_gate(ctl, id));
	CHECK(!sys_finish(fd, call_id, &f));
	CHECK(f.outcome == ACALL_OUTCOME_COMPLETED);
	return works(fd);
}

__attribute__((constructor))
static void as_another_program(int argc, char **argv)
{
	if (argc == 6 && !strcmp(argv[1], "--next"))
		_exit(next_program(argv));
}

static int exec_with_a_call(void *arg)
{
	char number[4][32], *argv[] = {
		"x", "--next", number[0], number[1], number[2], number[3], NULL
	};
	struct sleeper *s = arg;
	__u64 call_id;

	CHECK(!one_call(s->fd, s->ctl, ACALL_TEST_COOP, s->id, &call_id));
	/* Who clears the flag wants it to live on. */
	CHECK(!fcntl(s->fd, F_SETFD, 0));
	CHECK(!fcntl(s->ctl, F_SETFD, 0));
	snprintf(number[0], sizeof(number[0]), "%d", s->fd);
	snprintf(number[1], sizeof(number[1]), "%d", s->ctl);
	snprintf(number[2], sizeof(number[2]), "%llu",
		 (unsigned long long)call_id);
	snprintf(number[3], sizeof(number[3]), "%llu",
		 (unsigned long long)s->id);
	execv("/proc/self/exe", argv);
	return 99;
}

TEST_F(user, C3_a_call_goes_on_in_the_next_program)
{
	struct sleeper s = { self->fd, self->ctl, self->id, 0 };

	EXPECT_EQ(0, child_run(exec_with_a_call, &s));
	EXPECT_EQ(0, works(self->fd));
}

#include "acall_main.h"
