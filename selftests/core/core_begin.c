// SPDX-License-Identifier: GPL-2.0-only
/*
 * BEGIN: what has happened when it returns [B1], what a pending object says
 * [B2], its errors [B3], as whom the method runs [B4], of many one wins [B7],
 * and that a call exists for nobody before it is published [B8].
 */
#include "acall_util.h"

static struct acall_begin begin_of(__u32 method, const void *in, __u32 len)
{
	return (struct acall_begin) {
		.size = sizeof(struct acall_begin), .method = method,
		.in = PTR(in), .in_len = len,
	};
}

TEST_F(acall, B1_returns_while_the_method_runs)
{
	struct acall_finish f;

	ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_GATE, self->id, 0, 0,
				   NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(self->fd));
	EXPECT_EQ(0, ctl_get(self->ctl, self->id).ends);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(0, f.status);
}

TEST_F(acall, B1_input_is_copied_before_it_returns)
{
	int busy = sys_create(self->dev, ACALL_TEST_NARROW);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	char in[256], out[256], want[256];
	struct acall_finish f;

	/* Queued behind this user's only slot: it has not run for sure. */
	ASSERT_EQ(0, one_call(busy, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	memset(in, 'a', sizeof(in));
	memcpy(want, in, sizeof(in));
	ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_ECHO, in, sizeof(in), NULL));
	EXPECT_EQ(ACALL_STATE_QUEUED, state_of(fd));
	memset(in, 'b', sizeof(in));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish_out(fd, out, sizeof(out), &f));
	ASSERT_EQ(sizeof(out), f.out_len);
	EXPECT_EQ(0, memcmp(out, want, sizeof(want)));
}

TEST_F(acall, B1_files_are_referenced_before_it_returns)
{
	int pipefd[2], busy = sys_create(self->dev, ACALL_TEST_NARROW);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	struct acall_finish f;
	__u64 id = fresh_id();

	ASSERT_EQ(0, one_call(busy, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, pipe2(pipefd, O_CLOEXEC));
	ASSERT_EQ(0, sys_begin_hold(fd, id, pipefd[1], NULL));
	ASSERT_EQ(0, close(pipefd[1]));
	/* Queued, then running: the call alone holds the write end. */
	EXPECT_EQ(ACALL_STATE_QUEUED, state_of(fd));
	EXPECT_FALSE(hung_up(pipefd[0]));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, wait_starts(self->ctl, id, 1));
	EXPECT_FALSE(hung_up(pipefd[0]));
	ASSERT_EQ(0, open_gate(self->ctl, id));
	ASSERT_EQ(0, sys_finish(fd, 0, &f));
	EXPECT_TRUE(hung_up(pipefd[0]));
}

TEST_F(acall, B1_the_number_given_may_be_reused_for_another_file)
{
	int a[2], b[2];
	struct acall_finish f;

	ASSERT_EQ(0, pipe2(a, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(b, O_CLOEXEC));
	ASSERT_EQ(0, sys_begin_hold(self->fd, self->id, a[1], NULL));
	ASSERT_LE(0, dup2(b[1], a[1]));
	EXPECT_FALSE(hung_up(a[0]));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_TRUE(hung_up(a[0]));
	EXPECT_FALSE(hung_up(b[0]));
}

TEST_F(acall, B1_call_ids_are_never_0_and_never_come_again)
{
	enum { N = 3000 };
	__u64 *seen = calloc(2 * N, sizeof(*seen)), id;
	struct acall_finish f;
	unsigned int i, at;

	ASSERT_NE(NULL, seen);
	for (i = 0; i < N; i++) {
		ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0,
				       &id));
		ASSERT_NE(0, id);
		for (at = id % (2 * N); seen[at]; at = (at + 1) % (2 * N))
			ASSERT_NE(id, seen[at]);
		seen[at] = id;
		ASSERT_EQ(0, sys_finish(self->fd, id, &f));
		ASSERT_EQ(id, f.call_id);
	}
	free(seen);
}

static int begin_in_child(void *arg)
{
	CHECK(sys_begin(*(int *)arg, ACALL_TEST_NOP, NULL, 0, NULL) == -EBUSY);
	return 0;
}

/* Whoever asks and however: dup, thread, process, any method. */
static int busy_for_everybody(int fd)
{
	struct acall_begin junk;
	struct actor a = { .act = ACT_BEGIN, .fd = fd };
	int other = dup(fd);
	__u32 method;

	for (method = 0; method <= ACALL_TEST_STUCK + 1; method++)
		CHECK(sys_begin(fd, method, NULL, 0, NULL) == -EBUSY);
	CHECK(sys_begin(other, ACALL_TEST_NOP, NULL, 0, NULL) == -EBUSY);
	close(other);
	a.begin.method = ACALL_TEST_NOP;
	CHECK(!actor_start(&a));
	CHECK(actor_join(&a) == -EBUSY);
	CHECK(child_run(begin_in_child, &fd) == 0);

	/* Before anything that is wrong with the request itself. */
	memset(&junk, 0xff, sizeof(junk));
	junk.size = sizeof(junk);
	CHECK(sys_begin_struct(fd, &junk) == -EBUSY);
	return 0;
}

TEST_F(acall, B2_a_running_object_is_busy)
{
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	EXPECT_EQ(0, busy_for_everybody(self->fd));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(self->fd));
}

TEST_F(acall, B2_a_queued_object_is_busy)
{
	int busy = sys_create(self->dev, ACALL_TEST_NARROW);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);

	ASSERT_EQ(0, one_call(busy, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
	EXPECT_EQ(ACALL_STATE_QUEUED, state_of(fd));
	EXPECT_EQ(0, busy_for_everybody(fd));
	EXPECT_EQ(ACALL_STATE_QUEUED, state_of(fd));
}

TEST_F(acall, B2_a_cancelling_object_is_busy)
{
	struct acall_cancel c;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_LATE, self->id,
			      NULL));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, 1));
	EXPECT_EQ(0, busy_for_everybody(self->fd));
	EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(self->fd));
}

TEST_F(acall, B2_a_completed_object_is_busy_until_FINISH)
{
	struct acall_finish f;

	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(0, busy_for_everybody(self->fd));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
}

TEST_F(acall, B2_a_cancelled_object_is_busy_until_FINISH)
{
	struct acall_finish f;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, sys_abandon(self->fd));
	EXPECT_EQ(0, busy_for_everybody(self->fd));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
}

TEST_F(acall, B2_a_refused_BEGIN_changes_nothing_of_a_pending_call)
{
	struct acall_query before, after;
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	int ep = epoll_create1(EPOLL_CLOEXEC), i;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->fd, &ev));
	ASSERT_EQ(0, sys_query(self->fd, 0, &before));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(-EBUSY, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0,
					    NULL));
	ASSERT_EQ(0, sys_query(self->fd, 0, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
	EXPECT_EQ(0, readiness(self->fd));
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));

	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(1, epoll_wait(ep, &ev, 1, -1));
	EXPECT_EQ(-EBUSY, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	EXPECT_EQ(POLLIN, readiness(self->fd));
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
}

TEST_F(acall, B2_a_refused_BEGIN_changes_nothing_of_an_idle_object)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	__s32 code = -EPERM;

	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->fd, &ev));
	ASSERT_EQ(1, epoll_wait(ep, &ev, 1, 0));	/* POLLOUT */
	EXPECT_EQ(-EINVAL, sys_begin(self->fd, 999, NULL, 0, NULL));
	EXPECT_EQ(-EPERM, sys_begin(self->fd, ACALL_TEST_REFUSE, &code,
				    sizeof(code), NULL));
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
	EXPECT_EQ(POLLOUT, readiness(self->fd));
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
}

TEST_F(acall, B3_unknown_methods_EINVAL)
{
	static const __u32 methods[] = {
		ACALL_TEST_STUCK + 1, 100, INT32_MAX, 0x80000000, UINT32_MAX,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(methods); i++)
		EXPECT_EQ(-EINVAL, sys_begin(self->fd, methods[i], NULL, 0,
					     NULL));
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
}

TEST_F(acall, B3_longer_input_than_the_method_takes_E2BIG)
{
	char *in = calloc(1, ACALL_MAX_BYTES + 1);
	struct acall_begin b;

	EXPECT_EQ(-E2BIG, sys_begin(self->fd, ACALL_TEST_FAIL, in,
				    sizeof(__s32) + 1, NULL));
	EXPECT_EQ(-E2BIG, sys_begin(self->fd, ACALL_TEST_NOP, in, 1, NULL));
	EXPECT_EQ(-E2BIG, sys_begin(self->fd, ACALL_TEST_ECHO, in,
				    ACALL_MAX_BYTES + 1, NULL));
	/* Before the address is looked at. */
	b = begin_of(ACALL_TEST_ECHO, (void *)1, UINT32_MAX);
	EXPECT_EQ(-E2BIG, sys_begin_struct(self->fd, &b));
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
	free(in);
}

TEST_F(acall, B3_the_longest_input_is_accepted)
{
	char *in = malloc(ACALL_MAX_BYTES), *out = malloc(ACALL_MAX_BYTES);
	struct acall_finish f;
	int i;

	for (i = 0; i < ACALL_MAX_BYTES; i++)
		in[i] = i * 7 + (i >> 8);
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_ECHO, in, ACALL_MAX_BYTES,
			       NULL));
	ASSERT_EQ(0, sys_finish_out(self->fd, out, ACALL_MAX_BYTES, &f));
	EXPECT_EQ(ACALL_MAX_BYTES, f.out_len);
	EXPECT_EQ(0, memcmp(in, out, ACALL_MAX_BYTES));
	free(in);
	free(out);
}

TEST_F(acall, B3_shorter_input_is_zero_extended)
{
	struct acall_test_result r = { .ret = -EXDEV, .out_len = 77 };
	__s32 code = -1;
	struct acall_finish f;

	/* Only id and ret of it: out_len is 0 for the method. */
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_RESULT, &r,
			       offsetof(struct acall_test_result, out_len),
			       NULL));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-EXDEV, f.status);

	/* Nothing at all: code 0, not what is on somebody's stack. */
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_FAIL, &code, 0, NULL));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(0, f.status);

	/* Nothing of a structure. */
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_RESULT, &r, 0, NULL));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(0, f.status);
	EXPECT_EQ(0, f.out_len);
}

TEST_F(acall, B3_bad_input_addresses_EFAULT)
{
	char *hole = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct acall_begin b;
	unsigned int i;
	const void *bad[] = {
		NULL, (void *)8, hole + 4096, hole + 4090, (void *)-4096L,
		(void *)(UINTPTR_MAX >> 1), (void *)-8L,
	};

	ASSERT_EQ(0, munmap(hole + 4096, 4096));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		b = begin_of(ACALL_TEST_ECHO, bad[i], 16);
		EXPECT_EQ(-EFAULT, sys_begin_struct(self->fd, &b)) {
			TH_LOG("address %p", bad[i]);
		}
		EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
	}
	/* Length 0 reads nothing. */
	b = begin_of(ACALL_TEST_ECHO, (void *)8, 0);
	EXPECT_EQ(0, sys_begin_struct(self->fd, &b));
	munmap(hole, 4096);
}

TEST_F(acall, B3_bad_and_wrongly_opened_files_EBADF)
{
	int other = sys_create(self->dev, "test"), closed = dup(0);
	int path = open("/", O_PATH | O_CLOEXEC);
	const int bad[] = { -1, closed, 1 << 20, INT32_MAX, INT32_MIN, path,
			    self->fd, other };
	unsigned int i;

	close(closed);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EBADF, sys_begin_hold(self->fd, self->id, bad[i],
						 NULL)) {
			TH_LOG("file %u", i);
		}
	}
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
	/* Nothing holds the object: a cycle would never be freed (R-CYCLE). */
	close(other);
	EXPECT_EQ(1, counter("objects"));
}

TEST_F(acall, B3_an_io_uring_is_no_argument_EBADF)
{
	char params[120] = { 0 };
	int ring = syscall(__NR_io_uring_setup, 1, params);

	if (ring < 0)
		SKIP(return, "no io_uring: %s", strerror(errno));
	EXPECT_EQ(-EBADF, sys_begin_hold(self->fd, self->id, ring, NULL));
	close(ring);
}

TEST_F(acall, B3_a_unix_socket_is_no_argument_EBADF)
{
	int sv[2];

	/* It could carry the call object itself (R-CYCLE). */
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
	EXPECT_EQ(-EBADF, sys_begin_hold(self->fd, self->id, sv[0], NULL));
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
}

TEST_F(acall, B3_more_or_fewer_files_than_the_method_takes_EINVAL)
{
	__s32 files[ACALL_MAX_FILES + 1] = { 0 };
	struct acall_test_arg arg = { .id = self->id };
	struct acall_begin b;
	__u32 n;

	for (n = 0; n <= ACALL_MAX_FILES + 1; n++) {
		if (n == 1)
			continue;
		b = begin_of(ACALL_TEST_HOLD, &arg, sizeof(arg));
		b.files = PTR(files);
		b.nr_files = n;
		EXPECT_EQ(-EINVAL, sys_begin_struct(self->fd, &b));
	}
	b.nr_files = UINT32_MAX;
	EXPECT_EQ(-EINVAL, sys_begin_struct(self->fd, &b));
	b = begin_of(ACALL_TEST_NOP, NULL, 0);
	b.files = PTR(files);
	b.nr_files = 1;
	EXPECT_EQ(-EINVAL, sys_begin_struct(self->fd, &b));
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
}

TEST_F(acall, B3_a_bad_address_of_the_files_EFAULT)
{
	struct acall_test_arg arg = { .id = self->id };
	struct acall_begin b = begin_of(ACALL_TEST_HOLD, &arg, sizeof(arg));

	b.nr_files = 1;
	EXPECT_EQ(-EFAULT, sys_begin_struct(self->fd, &b));
	b.files = 8;
	EXPECT_EQ(-EFAULT, sys_begin_struct(self->fd, &b));
	b.files = UINT64_MAX - 3;
	EXPECT_EQ(-EFAULT, sys_begin_struct(self->fd, &b));
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
}

TEST_F(acall, B3_what_the_provider_refuses_with_comes_back)
{
	static const __s32 codes[] = {
		-EPERM, -ENOENT, -EIO, -EXDEV, -ENOTDIR, -EROFS, -EUCLEAN,
	};
	struct acall_test_control c = ctl_get(self->ctl, 0);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		EXPECT_EQ(codes[i], sys_begin(self->fd, ACALL_TEST_REFUSE,
					      &codes[i], sizeof(codes[i]),
					      NULL));
		EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
	}
	/* Neither entered nor released, and nothing charged. */
	EXPECT_EQ(c.entered, ctl_get(self->ctl, 0).entered);
	EXPECT_EQ(c.released, ctl_get(self->ctl, 0).released);
	EXPECT_EQ(0, counter("calls"));
}

/* As an interruptible wait in .prepare gives them; they mean nothing to us. */
TEST_F(acall, P7_no_restart_code_of_prepare_leaves_the_kernel)
{
	static const struct {
		__s32 code;
		int seen;
	} codes[] = {
		{ -512, -EINTR }, { -513, -EINTR }, { -514, -EINTR },
		{ -516, -EINTR }, { -515, -ENOTTY }, { -524, -EOPNOTSUPP },
	};
	struct acall_call_args c;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		EXPECT_EQ(codes[i].seen,
			  sys_begin(self->fd, ACALL_TEST_REFUSE,
				    &codes[i].code, sizeof(codes[i].code),
				    NULL));
		c = (struct acall_call_args) {
			.size = sizeof(c), .method = ACALL_TEST_REFUSE,
			.in = (uintptr_t)&codes[i].code,
			.in_len = sizeof(codes[i].code),
		};
		EXPECT_EQ(codes[i].seen, sys_ioctl(self->fd, ACALL_IOC_CALL,
						   &c));
		EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
	}
}

TEST_F(acall, B3_the_next_call_works_after_every_error)
{
	struct acall_finish f;
	int i;

	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(-EFAULT, sys_begin(self->fd, ACALL_TEST_ECHO,
					     (void *)8, 8, NULL));
		ASSERT_EQ(-EBADF, sys_begin_hold(self->fd, self->id, -1,
						 NULL));
		ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0,
				       NULL));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	}
}

struct whoami {
	int fd;
	uid_t uid;
	bool capable;
	rlim_t fsize;
};

static int get_whoami(int fd, struct acall_test_whoami *who)
{
	struct acall_finish f;

	CHECK(!sys_begin(fd, ACALL_TEST_WHOAMI, NULL, 0, NULL));
	CHECK(!sys_finish_out(fd, who, sizeof(*who), &f));
	CHECK(f.status == 0 && f.out_len == sizeof(*who));
	return 0;
}

static int whoami_is(void *arg)
{
	struct whoami *w = arg;
	struct acall_test_whoami who;
	struct rlimit r = { w->fsize, w->fsize };

	if (w->fsize)
		CHECK(!setrlimit(RLIMIT_FSIZE, &r));
	if (w->uid)
		CHECK(!become(w->uid));
	CHECK(!get_whoami(w->fd, &who));
	CHECK(who.uid == w->uid && who.gid == w->uid);
	CHECK(who.cap_dac_override == w->capable);
	CHECK(who.is_worker);
	CHECK(who.fsize == (w->fsize ?: (__u64)RLIM_INFINITY));
	return 0;
}

TEST_F(acall, B4_runs_as_the_caller_of_BEGIN_who_is_less_than_the_opener)
{
	struct whoami w = { .fd = self->fd, .uid = UID_A };

	EXPECT_EQ(0, child_run(whoami_is, &w));
	/* The worker took nothing of it along. */
	w = (struct whoami) { .fd = self->fd, .capable = true };
	EXPECT_EQ(0, child_run(whoami_is, &w));
}

TEST_F(acall, B4_runs_as_the_caller_of_BEGIN_who_is_more_than_the_opener)
{
	struct acall_test_whoami who;
	int fd;

	ASSERT_EQ(0, seteuid(UID_A));
	fd = sys_object("test");
	ASSERT_EQ(0, seteuid(0));
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, get_whoami(fd, &who));
	EXPECT_EQ(0, who.uid);
	EXPECT_TRUE(who.cap_dac_override);
}

TEST_F(acall, B4_credentials_are_those_of_BEGIN_also_if_they_change_later)
{
	int busy = sys_create(self->dev, ACALL_TEST_NARROW);
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	struct acall_test_whoami who;
	struct rlimit r = { 12345, RLIM_INFINITY }, was;
	struct acall_finish f;

	ASSERT_EQ(0, one_call(busy, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	/* As root, so that the queue is this one; fsuid is not the user. */
	ASSERT_EQ(0, getrlimit(RLIMIT_FSIZE, &was));
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &r));
	ASSERT_EQ(0, seteuid(UID_A));
	ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_WHOAMI, NULL, 0, NULL));
	ASSERT_EQ(0, seteuid(0));
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &was));
	EXPECT_EQ(ACALL_STATE_QUEUED, state_of(fd));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish_out(fd, &who, sizeof(who), &f));
	EXPECT_EQ(UID_A, who.uid);
	EXPECT_EQ(12345, who.fsize);
}

TEST_F(acall, B4_the_file_size_limit_is_the_callers)
{
	struct whoami w = { .fd = self->fd, .capable = true, .fsize = 4711 };

	EXPECT_EQ(0, child_run(whoami_is, &w));
}

TEST_F(acall, B4_memory_is_charged_to_the_callers_cgroup)
{
	char root[128], group[160], path[200];
	struct acall_test_whoami who;
	struct stat st;
	int ret;

	snprintf(root, sizeof(root), "%s/cgroup.%d", tmp_dir(), getpid());
	snprintf(group, sizeof(group), "%s/acall.%d", root, getpid());
	ASSERT_EQ(0, mkdir(root, 0755));
	if (mount("none", root, "cgroup2", 0, NULL)) {
		rmdir(root);
		SKIP(return, "no cgroup2: %s", strerror(errno));
	}
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", root);
	ret = write_file(path, "+memory");
	if (!ret) {
		EXPECT_EQ(0, mkdir(group, 0755));
		snprintf(path, sizeof(path), "%s/cgroup.procs", group);
		EXPECT_EQ(0, write_file(path, "0"));
		EXPECT_EQ(0, stat(group, &st));
		EXPECT_EQ(0, get_whoami(self->fd, &who));
		EXPECT_EQ(st.st_ino, who.memcg_id);

		snprintf(path, sizeof(path), "%s/cgroup.procs", root);
		EXPECT_EQ(0, write_file(path, "0"));
		EXPECT_EQ(0, get_whoami(self->fd, &who));
		EXPECT_NE(st.st_ino, who.memcg_id);
		rmdir(group);
	}
	umount(root);
	rmdir(root);
	if (ret)
		SKIP(return, "no memory controller: %d", ret);
}

struct contest {
	pthread_barrier_t barrier;
	int fd;
	int rounds;
};

struct contender {
	struct contest *contest;
	pthread_t thread;
	struct acall_begin begin;
	int ret;
};

static void *contend(void *arg)
{
	struct contender *me = arg;
	int round;

	for (round = 0; round < me->contest->rounds; round++) {
		pthread_barrier_wait(&me->contest->barrier);
		me->ret = sys_begin_struct(me->contest->fd, &me->begin);
		/* Judged between these two. */
		pthread_barrier_wait(&me->contest->barrier);
		pthread_barrier_wait(&me->contest->barrier);
	}
	return NULL;
}

static int judge(struct contender *c, int n, int fd)
{
	struct acall_finish f;
	int i, winner = -1;
	char out[4];

	for (i = 0; i < n; i++) {
		if (c[i].ret) {
			CHECK(c[i].ret == -EBUSY);
			continue;
		}
		CHECK(winner < 0);
		winner = i;
	}
	CHECK(winner >= 0);
	CHECK(!sys_finish_out(fd, out, sizeof(out), &f));
	CHECK(f.call_id == c[winner].begin.call_id);
	CHECK(f.user_data == (__u64)winner);
	CHECK(f.outcome == ACALL_OUTCOME_COMPLETED);
	return 0;
}

TEST_F(acall, B7_of_simultaneous_BEGINs_exactly_one_succeeds)
{
	enum { N = 4, ROUNDS = 500 };
	struct contest contest = { .fd = self->fd, .rounds = ROUNDS };
	struct acall_test_control before = ctl_get(self->ctl, 0), after;
	struct contender c[N];
	int i, round, wrong = 0;

	ASSERT_EQ(0, pthread_barrier_init(&contest.barrier, NULL, N + 1));
	for (i = 0; i < N; i++) {
		c[i].contest = &contest;
		c[i].begin = begin_of(ACALL_TEST_ECHO, "win", 4);
		c[i].begin.user_data = i;
		ASSERT_EQ(0, pthread_create(&c[i].thread, NULL, contend,
					    &c[i]));
	}
	for (round = 0; round < ROUNDS; round++) {
		pthread_barrier_wait(&contest.barrier);
		pthread_barrier_wait(&contest.barrier);
		wrong += judge(c, N, self->fd);
		pthread_barrier_wait(&contest.barrier);
	}
	for (i = 0; i < N; i++)
		pthread_join(c[i].thread, NULL);
	EXPECT_EQ(0, wrong);
	/* The losers' preparations were undone, and none of them ran. */
	after = ctl_get(self->ctl, 0);
	EXPECT_EQ(ROUNDS, after.entered - before.entered);
	EXPECT_EQ(0, wait_counter("calls", 0));
}

TEST_F(acall, B8_before_it_is_published_the_object_is_IDLE_for_everybody)
{
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query q;
	struct stall s;
	struct actor a = { .act = ACT_BEGIN, .fd = self->fd };
	int ret = stall_open(&s);

	if (ret)
		SKIP(return, "no userfaultfd: %d", ret);
	a.begin = begin_of(ACALL_TEST_ECHO, s.page, 64);
	ASSERT_EQ(0, actor_start(&a));
	ASSERT_EQ(0, stall_wait(&s));

	EXPECT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_STATE_IDLE, q.state);
	EXPECT_EQ(0, q.call_id);
	EXPECT_EQ(POLLOUT, readiness(self->fd));
	EXPECT_EQ(-ESRCH, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(-ESRCH, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ESRCH, sys_cancel(self->fd, ACALL_CANCEL_ABANDON, 0, 0,
				     &c));

	ASSERT_EQ(0, stall_release(&s, "x", 1));
	ASSERT_EQ(0, actor_join(&a));
	ASSERT_EQ(0, sys_finish_out(self->fd, s.page, 64, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_EQ(64, f.out_len);
}

TEST_F(acall, B8_a_BEGIN_that_loses_says_EBUSY_and_undoes_its_preparation)
{
	struct acall_finish f;
	struct stall s;
	struct actor a = { .act = ACT_BEGIN, .fd = self->fd };
	int ret = stall_open(&s);
	__u64 call_id;

	if (ret)
		SKIP(return, "no userfaultfd: %d", ret);
	a.begin = begin_of(ACALL_TEST_ECHO, s.page, 64);
	ASSERT_EQ(0, actor_start(&a));
	ASSERT_EQ(0, stall_wait(&s));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &call_id));
	ASSERT_EQ(0, stall_release(&s, "x", 1));
	EXPECT_EQ(-EBUSY, actor_join(&a));
	/* The winner's call is untouched, and the only one. */
	EXPECT_EQ(1, counter("calls"));
	EXPECT_EQ(1, counter("executions"));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(self->fd));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(call_id, f.call_id);
}

TEST_F(acall, B8_a_call_id_that_cannot_be_written_begins_nothing)
{
	struct acall_test_control before = ctl_get(self->ctl, 0), after;
	struct acall_begin *b;

	b = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)b);
	*b = begin_of(ACALL_TEST_ECHO, b, 8);
	ASSERT_EQ(0, mprotect(b, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, sys_begin_struct(self->fd, b));
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
	EXPECT_EQ(POLLOUT, readiness(self->fd));
	/* Whatever was prepared was undone. */
	after = ctl_get(self->ctl, 0);
	EXPECT_EQ(after.prepared - before.prepared,
		  after.released - before.released);
	EXPECT_EQ(before.entered, after.entered);
	EXPECT_EQ(0, counter("calls"));
	munmap(b, 4096);
}

#include "acall_main.h"
