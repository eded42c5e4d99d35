// SPDX-License-Identifier: GPL-2.0-only
/*
 * Result files [F7]: who gets them, in which order, what keeps them, and that of
 * a call which nobody takes none is left (R-FD). Each file is counted until its
 * last reference is gone.
 */
#include "prov_util.h"

#define N_FILES	3

static const __u32 givers[] = {
	ACALL_TEST_PARK, ACALL_TEST_PARK_SLEEPABLE, ACALL_TEST_PARK_FIXED,
	ACALL_TEST_NUDGE, ACALL_TEST_NUDGE_SLEEPABLE, ACALL_TEST_FILES,
	ACALL_TEST_FILES_LATE,
};

/* Begins a call that has given its files, and is held. */
static int begin_giver(int fd, int ctl, __u32 method, __u64 id, __u32 nr,
		       __u32 flags)
{
	struct acall_test_custom arg = { .id = id, .files = nr,
					 .flags = flags };

	CHECK(!park(fd, ctl, method, &arg));
	CHECK(!wait_files(ctl, nr));
	return 0;
}

/* Has it been given one that is DONE? */
static int done_giver(int fd, int ctl, __u32 method, __u64 id, __u32 nr)
{
	CHECK(!begin_giver(fd, ctl, method, id, nr, 0));
	CHECK(!end_call(ctl, method, id, 0));
	CHECK(!sys_wait_until(fd, 0, FOREVER));
	return 0;
}

/* Is it file @index of meeting @id, and closed on exec? Closes it. */
static int is_file(int file, __u64 id, __u64 index)
{
	struct acall_test_file r;

	CHECK(fcntl(file, F_GETFD) == FD_CLOEXEC);
	CHECK(read(file, &r, sizeof(r)) == sizeof(r));
	CHECK(r.id == id);
	CHECK(r.index == index);
	CHECK(!close(file));
	return 0;
}

TEST_F(prov, F7_installed_close_on_exec_and_in_order)
{
	static const __u32 flags[] = { 0, ACALL_TEST_PREPARE_FILES };
	__s32 files[ACALL_MAX_FILES];
	struct acall_finish f;
	unsigned int i, j, n;
	__u64 id;

	for (i = 0; i < ARRAY_SIZE(givers); i++) {
		for (n = 0; n <= ACALL_MAX_FILES; n++) {
			id = fresh_id();
			memset(files, 0xff, sizeof(files));
			ASSERT_EQ(0, begin_giver(self->fd, self->ctl,
						 givers[i], id, n,
						 flags[n & 1]));
			ASSERT_EQ(0, end_call(self->ctl, givers[i], id, 0));
			ASSERT_EQ(0, sys_finish_files(self->fd, files,
						      ACALL_MAX_FILES, &f));
			ASSERT_EQ(0, f.status);
			ASSERT_EQ(n, f.nr_files);
			for (j = 0; j < n; j++)
				EXPECT_EQ(0, is_file(files[j], id, j));
			for (; j < ACALL_MAX_FILES; j++)
				EXPECT_EQ(-1, files[j]);
			EXPECT_EQ(0, forget(self->ctl, id));
			EXPECT_EQ(0, wait_files(self->ctl, 0));
		}
	}
}

TEST_F(prov, F7_given_until_it_is_completed)
{
	__s32 files[ACALL_MAX_FILES];
	struct acall_finish f;

	ASSERT_EQ(0, begin_giver(self->fd, self->ctl, ACALL_TEST_PARK,
				 self->id, 2, 0));
	ASSERT_EQ(0, ctl_op(self->ctl, ACALL_TEST_OP_ADD_FILES, self->id, 2,
			    NULL));
	/* There is room for so many and no more. */
	EXPECT_EQ(-ENOSPC, ctl_op(self->ctl, ACALL_TEST_OP_ADD_FILES, self->id,
				  ACALL_MAX_FILES, NULL));
	EXPECT_EQ(0, wait_files(self->ctl, ACALL_MAX_FILES));
	ASSERT_EQ(0, complete(self->ctl, self->id, 0));
	ASSERT_EQ(0, sys_finish_files(self->fd, files, ACALL_MAX_FILES, &f));
	EXPECT_EQ(ACALL_MAX_FILES, f.nr_files);
	EXPECT_EQ(0, is_file(files[1], self->id, 1));
	EXPECT_EQ(0, is_file(files[2], self->id, 100));
}

TEST_F(prov, F7_too_few_entries_consume_nothing)
{
	__s32 files[N_FILES] = { -1, -1, -1 };
	struct acall_finish f;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(givers); i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, done_giver(self->fd, self->ctl, givers[i], id,
					N_FILES));
		for (n = 0; n < N_FILES; n++) {
			EXPECT_EQ(-EMSGSIZE, sys_finish_files(self->fd, files,
							      n, &f));
			EXPECT_EQ(N_FILES, f.nr_files);
			EXPECT_EQ(-1, files[0]);
			EXPECT_EQ(DONE, state_of(self->fd));
			EXPECT_EQ(POLLIN, readiness(self->fd));
		}
		EXPECT_EQ(N_FILES, files_alive(self->ctl));
		ASSERT_EQ(0, sys_finish_files(self->fd, files, N_FILES, &f));
		for (n = 0; n < N_FILES; n++)
			EXPECT_EQ(0, is_file(files[n], id, n));
		files[0] = -1;
		EXPECT_EQ(0, forget(self->ctl, id));
		EXPECT_EQ(0, wait_files(self->ctl, 0));
	}
}

TEST_F(prov, F7_both_needs_are_told_at_once)
{
	struct acall_test_custom arg = { .id = self->id, .files = 2,
					 .out_len = 50 };
	struct acall_finish f = { .nr_files = 0 };
	__s32 files[2];
	char out[50];

	ASSERT_EQ(0, park(self->fd, self->ctl, ACALL_TEST_PARK, &arg));
	ASSERT_EQ(0, complete(self->ctl, self->id, 0));
	EXPECT_EQ(-EMSGSIZE, sys_finish_struct(self->fd, &f));
	EXPECT_EQ(50, f.out_len);
	EXPECT_EQ(2, f.nr_files);
	/* As it says, so it works. */
	f = (struct acall_finish) {
		.out = PTR(out), .out_len = f.out_len,
		.files = PTR(files), .nr_files = f.nr_files,
	};
	EXPECT_EQ(0, sys_finish_struct(self->fd, &f));
	EXPECT_EQ(0, is_file(files[0], self->id, 0));
	EXPECT_EQ(0, is_file(files[1], self->id, 1));
}

TEST_F(prov, F7_a_bad_address_consumes_nothing)
{
	long size = sysconf(_SC_PAGESIZE);
	__s32 files[N_FILES], *half;
	struct acall_finish f;
	char *pages;
	int fds, n;

	/* The first entry can be written, the others cannot. */
	pages = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, pages);
	ASSERT_EQ(0, munmap(pages + size, size));
	half = (__s32 *)(pages + size) - 1;

	ASSERT_EQ(0, done_giver(self->fd, self->ctl, ACALL_TEST_FILES,
				self->id, N_FILES));
	fds = count_fds();
	EXPECT_EQ(-EFAULT, sys_finish_files(self->fd, half, N_FILES, &f));
	EXPECT_EQ(-EFAULT, sys_finish_files(self->fd, NULL, N_FILES, &f));
	EXPECT_EQ(fds, count_fds());
	EXPECT_EQ(N_FILES, files_alive(self->ctl));
	EXPECT_EQ(DONE, state_of(self->fd));
	ASSERT_EQ(0, sys_finish_files(self->fd, files, N_FILES, &f));
	EXPECT_EQ(fds + N_FILES, count_fds());
	for (n = 0; n < N_FILES; n++)
		EXPECT_EQ(0, is_file(files[n], self->id, n));
}

TEST_F(prov, F7_EMFILE_consumes_nothing)
{
	struct rlimit was, full;
	struct acall_finish f;
	__s32 files[N_FILES];
	int fds, top, n;

	ASSERT_EQ(0, done_giver(self->fd, self->ctl, ACALL_TEST_FILES,
				self->id, N_FILES));
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &was));
	/* The lowest numbers are taken, and only some are left. */
	top = dup(0);
	ASSERT_LE(0, top);
	close(top);
	fds = count_fds();
	full = was;
	for (n = 0; n < N_FILES; n++) {
		full.rlim_cur = top + n;
		ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &full));
		EXPECT_EQ(-EMFILE, sys_finish_files(self->fd, files, N_FILES,
						    &f));
		ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &was));
		EXPECT_EQ(fds, count_fds());
		EXPECT_EQ(DONE, state_of(self->fd));
		EXPECT_EQ(N_FILES, files_alive(self->ctl));
	}
	ASSERT_EQ(0, sys_finish_files(self->fd, files, N_FILES, &f));
	EXPECT_EQ(fds + N_FILES, count_fds());
	for (n = 0; n < N_FILES; n++)
		EXPECT_EQ(0, is_file(files[n], self->id, n));
}

struct finisher {
	int fd;
	__s32 files[N_FILES];
	struct acall_finish f;
	pthread_barrier_t *barrier;
	pthread_t thread;
	int ret;
};

static void *finish_it(void *arg)
{
	struct finisher *w = arg;

	pthread_barrier_wait(w->barrier);
	w->ret = sys_finish_files(w->fd, w->files, N_FILES, &w->f);
	return NULL;
}

TEST_F(prov, F7_of_many_finishers_only_the_winner_gets_them)
{
	enum { MANY = 4 };
	struct finisher w[MANY], *winner;
	pthread_barrier_t barrier;
	int i, j, n, fds, won;

	pthread_barrier_init(&barrier, NULL, MANY);
	for (i = 0; i < 100; i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, done_giver(self->fd, self->ctl,
					givers[i % ARRAY_SIZE(givers)], id,
					N_FILES));
		ASSERT_EQ(0, forget(self->ctl, id));
		fds = count_fds();
		for (j = 0; j < MANY; j++) {
			w[j] = (struct finisher) { .fd = self->fd,
						   .barrier = &barrier };
			ASSERT_EQ(0, pthread_create(&w[j].thread, NULL,
						    finish_it, &w[j]));
		}
		won = 0;
		winner = NULL;
		for (j = 0; j < MANY; j++) {
			pthread_join(w[j].thread, NULL);
			if (w[j].ret) {
				ASSERT_EQ(-ESRCH, w[j].ret);
			} else {
				won++;
				winner = &w[j];
			}
		}
		ASSERT_EQ(1, won);
		ASSERT_EQ(fds + N_FILES, count_fds());
		for (n = 0; n < N_FILES; n++)
			ASSERT_EQ(0, is_file(winner->files[n], id, n));
		ASSERT_EQ(0, wait_files(self->ctl, 0));
	}
	pthread_barrier_destroy(&barrier);
}

static int finish_in_child(void *arg)
{
	struct { int fd; __u64 id; } *p = arg;
	__s32 files[N_FILES];
	struct acall_finish f;
	int n;

	CHECK(!sys_finish_files(p->fd, files, N_FILES, &f));
	CHECK(f.nr_files == N_FILES);
	for (n = 0; n < N_FILES; n++)
		CHECK(!is_file(files[n], p->id, n));
	return 0;
}

TEST_F(prov, F7_installed_in_whoever_finishes)
{
	struct { int fd; __u64 id; } p = { self->fd, self->id };
	int fds = count_fds();

	ASSERT_EQ(0, done_giver(self->fd, self->ctl, ACALL_TEST_FILES,
				self->id, N_FILES));
	ASSERT_EQ(0, child_run(finish_in_child, &p));
	EXPECT_EQ(fds, count_fds());
	EXPECT_EQ(IDLE, state_of(self->fd));
	EXPECT_EQ(0, forget(self->ctl, self->id));
	EXPECT_EQ(0, wait_files(self->ctl, 0));
}

TEST_F(prov, F7_CALL_installs_them)
{
	struct acall_test_custom arg = {
		.id = self->id, .files = N_FILES, .ret = 0,
		.flags = ACALL_TEST_START_COMPLETES,
	};
	__s32 files[N_FILES];
	struct acall_call_args a = {
		.method = ACALL_TEST_PARK, .in = PTR(&arg),
		.in_len = sizeof(arg), .files_out = PTR(files),
		.nr_files_out = 1,
	};
	struct acall_finish f;
	int n;

	/* Too few: the call is there and DONE (S2). */
	EXPECT_EQ(-EMSGSIZE, sys_call_struct(self->fd, &a));
	EXPECT_NE(0, a.call_id);
	EXPECT_EQ(DONE, state_of(self->fd));
	ASSERT_EQ(0, sys_finish_files(self->fd, files, N_FILES, &f));
	for (n = 0; n < N_FILES; n++)
		EXPECT_EQ(0, is_file(files[n], self->id, n));

	arg.id = fresh_id();
	a.nr_files_out = N_FILES;
	ASSERT_EQ(0, sys_call_struct(self->fd, &a));
	EXPECT_EQ(N_FILES, a.nr_files_out);
	for (n = 0; n < N_FILES; n++)
		EXPECT_EQ(0, is_file(files[n], arg.id, n));
}

TEST_F(prov, F7_a_call_that_stops_or_fails_has_none)
{
	struct acall_test_custom arg = { .files = N_FILES };
	struct acall_cancel c;
	struct acall_finish f;
	__s32 files[N_FILES];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(givers); i++) {
		/* It fails. */
		arg.id = fresh_id();
		arg.ret = -EIO;
		arg.flags = 0;
		ASSERT_EQ(0, park(self->fd, self->ctl, givers[i], &arg));
		ASSERT_EQ(0, end_call(self->ctl, givers[i], arg.id, -EIO));
		ASSERT_EQ(0, sys_finish_files(self->fd, files, N_FILES, &f));
		EXPECT_EQ(-EIO, f.status);
		EXPECT_EQ(0, f.nr_files);
		EXPECT_EQ(0, wait_files(self->ctl, 0));
		if (givers[i] == ACALL_TEST_FILES_LATE ||
		    givers[i] == ACALL_TEST_PARK_FIXED)
			continue;
		/* It stops. */
		arg.id = fresh_id();
		arg.ret = 0;
		arg.flags = ACALL_TEST_HOOK_COMPLETES;
		ASSERT_EQ(0, park(self->fd, self->ctl, givers[i], &arg));
		ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
		ASSERT_EQ(0, sys_finish_files(self->fd, files, N_FILES, &f));
		EXPECT_EQ(-ECANCELED, f.status);
		EXPECT_EQ(0, f.nr_files);
		EXPECT_EQ(0, wait_files(self->ctl, 0));
	}
}

TEST_F(prov, F7_more_than_the_method_gives_are_not_taken)
{
	struct acall_test_custom arg = { .id = self->id,
					 .files = ACALL_MAX_FILES + 1 };
	struct acall_finish f;

	ASSERT_EQ(0, sys_begin_custom(self->fd, ACALL_TEST_FILES, &arg, NULL));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ENOSPC, f.status);
	EXPECT_EQ(0, wait_files(self->ctl, 0));
	arg.id = fresh_id();
	arg.flags = ACALL_TEST_PREPARE_FILES;
	EXPECT_EQ(-ENOSPC, sys_begin_custom(self->fd, ACALL_TEST_FILES, &arg,
					    NULL));
	EXPECT_EQ(0, wait_files(self->ctl, 0));
}

TEST_F(prov, F7_a_result_after_a_cancel_keeps_its_files)
{
	struct acall_cancel c;
	struct acall_finish f;
	__s32 files[N_FILES];
	unsigned int n;

	ASSERT_EQ(0, begin_giver(self->fd, self->ctl, ACALL_TEST_FILES_LATE,
				 self->id, N_FILES, 0));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	ASSERT_EQ(0, wait_seen(self->ctl, self->id, 1));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish_files(self->fd, files, N_FILES, &f));
	EXPECT_EQ(0, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	ASSERT_EQ(N_FILES, f.nr_files);
	for (n = 0; n < N_FILES; n++)
		EXPECT_EQ(0, is_file(files[n], self->id, n));
}

TEST_F(prov, F7_an_abandoned_call_drops_what_it_gives_later)
{
	__s32 files[N_FILES];
	struct acall_finish f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(givers); i++) {
		__u64 id = fresh_id();

		if (givers[i] == ACALL_TEST_PARK_FIXED)
			continue;
		ASSERT_EQ(0, begin_giver(self->fd, self->ctl, givers[i], id,
					 1, 0));
		ASSERT_EQ(0, sys_abandon(self->fd));
		ASSERT_EQ(0, sys_finish_files(self->fd, files, N_FILES, &f));
		EXPECT_EQ(0, f.nr_files);
		/* The orphan goes on as if nothing had happened. */
		if (is_custom(givers[i]))
			ASSERT_EQ(0, ctl_op(self->ctl, ACALL_TEST_OP_ADD_FILES,
					    id, 2, NULL));
		ASSERT_EQ(0, end_call(self->ctl, givers[i], id, 0));
		ASSERT_EQ(0, wait_counter("executions", 0));
		EXPECT_EQ(0, wait_files(self->ctl, 0));
	}
}

TEST_F(prov, F7_a_closed_object_drops_them)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(givers); i++) {
		int fd = sys_create(self->dev, ACALL_TEST_INTERFACE);
		__u64 id = fresh_id();

		/* DONE, and nobody takes it. */
		ASSERT_EQ(0, done_giver(fd, self->ctl, givers[i], id,
					N_FILES));
		EXPECT_EQ(N_FILES, files_alive(self->ctl));
		close(fd);
		EXPECT_EQ(0, wait_files(self->ctl, 0));

		/* Still running. */
		fd = sys_create(self->dev, ACALL_TEST_INTERFACE);
		id = fresh_id();
		ASSERT_EQ(0, begin_giver(fd, self->ctl, givers[i], id, N_FILES,
					 0));
		close(fd);
		ASSERT_EQ(0, end_call(self->ctl, givers[i], id, 0));
		ASSERT_EQ(0, wait_counter("executions", 0));
		EXPECT_EQ(0, wait_files(self->ctl, 0));
	}
}

TEST_F(prov, F7_a_queued_call_drops_what_prepare_gave)
{
	struct acall_test_custom arg = {
		.id = self->id, .files = N_FILES,
		.flags = ACALL_TEST_PREPARE_FILES,
	};
	int fd = sys_create(self->dev, ACALL_TEST_NARROW);
	struct acall_cancel c;
	struct acall_finish f;
	__s32 files[N_FILES];

	ASSERT_LE(0, take_slot(self->dev, self->ctl, fresh_id()));
	ASSERT_EQ(0, sys_begin_custom(fd, ACALL_TEST_FILES, &arg, NULL));
	EXPECT_EQ(ACALL_STATE_QUEUED, state_of(fd));
	EXPECT_EQ(N_FILES, files_alive(self->ctl));
	ASSERT_EQ(0, sys_cancel(fd, 0, 0, FOREVER, &c));
	/* With F8: none is held any more. */
	EXPECT_EQ(0, files_alive(self->ctl));
	ASSERT_EQ(0, sys_finish_files(fd, files, N_FILES, &f));
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, f.outcome);
	EXPECT_EQ(0, f.nr_files);
}

static int leave_result(void *arg)
{
	struct { int ctl; __u64 id; } *p = arg;
	int fd = sys_object(ACALL_TEST_INTERFACE);

	CHECK(fd >= 0);
	CHECK(!done_giver(fd, p->ctl, ACALL_TEST_FILES, p->id, N_FILES));
	kill(getpid(), SIGKILL);
	return 1;
}

TEST_F(prov, F7_a_killed_client_leaves_none)
{
	struct { int ctl; __u64 id; } p = { self->ctl, self->id };

	EXPECT_EQ(-SIGKILL, child_run(leave_result, &p));
	EXPECT_EQ(0, wait_files(self->ctl, 0));
}

TEST_F(prov, F7_a_finisher_that_stalls_holds_up_nobody)
{
	struct actor a = { .act = ACT_FINISH, .fd = self->fd };
	__s32 files[N_FILES], *got;
	struct acall_finish f;
	struct stall s;
	int ret, fds, n;

	ret = stall_open(&s);
	if (ret)
		SKIP(return, "no userfaultfd: %s", strerror(-ret));
	ASSERT_EQ(0, done_giver(self->fd, self->ctl, ACALL_TEST_FILES,
				self->id, N_FILES));
	fds = count_fds();
	a.finish.files = PTR(s.page);
	a.finish.nr_files = N_FILES;
	ASSERT_EQ(0, actor_start(&a));
	ASSERT_EQ(0, stall_wait(&s));
	/* Another one takes it, and all of it. */
	ASSERT_EQ(0, sys_finish_files(self->fd, files, N_FILES, &f));
	EXPECT_EQ(N_FILES, f.nr_files);
	for (n = 0; n < N_FILES; n++)
		EXPECT_EQ(0, is_file(files[n], self->id, n));
	ASSERT_EQ(0, stall_release(&s, NULL, 0));
	EXPECT_EQ(-ESRCH, actor_join(&a));
	got = (__s32 *)s.page;
	EXPECT_LE(0, got[0]);
	EXPECT_EQ(-1, fcntl(got[0], F_GETFD));
	/* Without what stalled it: its descriptor is closed by now. */
	EXPECT_EQ(fds - 1, count_fds());
	EXPECT_EQ(0, forget(self->ctl, self->id));
	EXPECT_EQ(0, wait_files(self->ctl, 0));
}

#include "acall_main.h"
