// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completions: from every context, exactly one counts [P3]; what they mean [P7];
 * and that a method looks and waits through its call, wherever it is [P4].
 */
#include "prov_util.h"

#define ERESTARTSYS		512
#define ERESTARTNOINTR		513
#define ERESTARTNOHAND		514
#define ERESTART_RESTARTBLOCK	516

static const __u32 custom[] = {
	ACALL_TEST_PARK, ACALL_TEST_PARK_SLEEPABLE, ACALL_TEST_PARK_FIXED,
};

static const __u32 contexts[] = {
	ACALL_TEST_TASK, ACALL_TEST_SOFTIRQ, ACALL_TEST_HARDIRQ,
	ACALL_TEST_OTHER_CPU,
};

TEST_F(prov, P3_completing_is_legal_in_every_context)
{
	struct acall_test_custom arg = { .out_len = 100 };
	struct acall_finish f;
	unsigned int i, j, k;
	__u8 out[100];
	int ret;

	for (i = 0; i < ARRAY_SIZE(contexts); i++) {
		for (j = 0; j < ARRAY_SIZE(custom); j++) {
			struct actor a = { .act = ACT_FINISH, .fd = self->fd };

			memset(out, 0xff, sizeof(out));
			a.finish.out = PTR(out);
			a.finish.out_len = sizeof(out);
			arg.id = fresh_id();
			ASSERT_EQ(0, park(self->fd, self->ctl, custom[j],
					  &arg));
			ASSERT_EQ(0, actor_block(&a));
			ret = complete_in(self->ctl, arg.id, 0, contexts[i],
					  false);
			if (ret == -ENODEV && one_cpu())
				ret = complete(self->ctl, arg.id, 0);
			ASSERT_EQ(0, ret);
			/* Whoever slept is told. */
			ASSERT_EQ(0, actor_join(&a));
			EXPECT_EQ(0, a.finish.status);
			EXPECT_EQ(ACALL_OUTCOME_COMPLETED, a.finish.outcome);
			ASSERT_EQ(100, a.finish.out_len);
			for (k = 0; k < sizeof(out); k++)
				ASSERT_EQ(k, out[k]);
			EXPECT_EQ(0, wait_releases(self->ctl, arg.id, 1));
		}
	}
	/* And from .start. */
	arg.flags = ACALL_TEST_START_COMPLETES;
	for (i = 0; i < ARRAY_SIZE(contexts); i++) {
		if (contexts[i] == ACALL_TEST_OTHER_CPU && one_cpu())
			continue;
		arg.id = fresh_id();
		arg.context = contexts[i];
		ASSERT_EQ(0, sys_begin_custom(self->fd, custom[i % 3], &arg,
					      NULL));
		ASSERT_EQ(0, sys_finish_out(self->fd, out, sizeof(out), &f));
		EXPECT_EQ(0, f.status);
		EXPECT_EQ(100, f.out_len);
		EXPECT_EQ(0, wait_releases(self->ctl, arg.id, 1));
	}
}

/* A call with an argument file and a result file, which FINISH then gets. */
static int begin_with_pipe(int fd, __u32 method, __u64 id, int pipe_end)
{
	struct acall_test_custom arg = { .id = id, .files = 1 };
	struct acall_begin b = {
		.size = sizeof(b), .method = method, .in = PTR(&arg),
		.in_len = sizeof(arg), .files = PTR(&pipe_end), .nr_files = 1,
	};

	return sys_begin_struct(fd, &b);
}

TEST_F(prov, P3_files_are_dropped_in_task_context)
{
	struct acall_finish f;
	unsigned int i;
	int ends[2], ret;
	__s32 file;

	for (i = 0; i < ARRAY_SIZE(contexts); i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, pipe(ends));
		ASSERT_EQ(0, begin_with_pipe(self->fd, custom[i % 3], id,
					     ends[1]));
		ASSERT_EQ(0, close(ends[1]));
		EXPECT_FALSE(hung_up(ends[0]));
		ret = complete_in(self->ctl, id, 0, contexts[i], false);
		if (ret == -ENODEV && one_cpu())
			ret = complete(self->ctl, id, 0);
		ASSERT_EQ(0, ret);
		/* Whether a FINISH comes or not. */
		EXPECT_EQ(0, wait_hung_up(ends[0]));
		EXPECT_EQ(0, sys_wait_settled(self->fd, 0, FOREVER));
		EXPECT_EQ(1, files_alive(self->ctl));
		ASSERT_EQ(0, sys_finish_files(self->fd, &file, 1, &f));
		EXPECT_EQ(1, f.nr_files);
		close(file);
		close(ends[0]);
		EXPECT_EQ(0, files_alive(self->ctl));
	}
}

/* Has the kernel's log a line with both words in it? */
static bool logged(const char *a, const char *b)
{
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool found = false;
	char line[2048];
	ssize_t n;

	while (!found) {
		n = read(kmsg, line, sizeof(line) - 1);
		if (n < 0 && errno == EPIPE)
			continue;	/* overwritten; the next is there */
		if (n <= 0)
			break;
		line[n] = '\0';
		found = strstr(line, a) && strstr(line, b);
	}
	close(kmsg);
	return found;
}

TEST_F(prov, P3_a_second_completion_is_ignored_and_warned_about_once)
{
	struct acall_test_custom arg = { .ret = -EDOM, .flags =
		ACALL_TEST_START_COMPLETES | ACALL_TEST_TWICE };
	struct acall_finish f;
	unsigned int i, round;

	for (i = 0; i < ARRAY_SIZE(contexts); i++) {
		if (contexts[i] == ACALL_TEST_OTHER_CPU && one_cpu())
			continue;
		for (round = 0; round < 3; round++) {
			/* At once, out of .start and not. */
			arg.id = fresh_id();
			arg.context = contexts[i];
			ASSERT_EQ(0, sys_begin_custom(self->fd,
						      custom[round], &arg,
						      NULL));
			ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
			EXPECT_EQ(-EDOM, f.status);
			arg.id = fresh_id();
			ASSERT_EQ(0, park_flags(self->fd, self->ctl,
						custom[round], arg.id, 0));
			ASSERT_EQ(0, complete_in(self->ctl, arg.id, -EDOM,
						 contexts[i], true));
			ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
			EXPECT_EQ(-EDOM, f.status);
			EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
		}
	}
	EXPECT_TRUE(logged("acall: ", "completed twice"));
}

TEST_F(prov, P3_a_completion_that_comes_too_late_hits_no_other_call)
{
	struct acall_finish f;
	__u64 id = fresh_id();

	/* Its reference is all that is left of the call. */
	ASSERT_EQ(0, park_flags(self->fd, self->ctl, ACALL_TEST_PARK, id, 0));
	ASSERT_EQ(0, complete(self->ctl, id, -EDOM));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	ASSERT_EQ(0, wait_releases(self->ctl, id, 1));
	ASSERT_EQ(0, wait_counter("executions", 0));
	ASSERT_EQ(0, park_flags(self->fd, self->ctl, ACALL_TEST_PARK,
				self->id, 0));
	ASSERT_EQ(0, complete(self->ctl, id, -EIO));
	EXPECT_EQ(RUNNING, state_of(self->fd));
	EXPECT_EQ(0, look(self->ctl, id));
	ASSERT_EQ(0, complete(self->ctl, self->id, -ENOENT));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ENOENT, f.status);
	EXPECT_EQ(1, ctl_get(self->ctl, id).releases);
}

static struct operator completer(int ctl, __u64 id, int ret, __u32 context,
				 pthread_barrier_t *barrier)
{
	return (struct operator) {
		.ctl = ctl, .barrier = barrier,
		.c = { .op = ACALL_TEST_OP_COMPLETE, .id = id, .ret = ret,
		       .context = context },
	};
}

TEST_F(prov, P3_of_two_at_once_exactly_one_counts)
{
	static const __u32 races[] = { ACALL_TEST_TASK, ACALL_TEST_HARDIRQ,
				       ACALL_TEST_SOFTIRQ };
	pthread_barrier_t barrier;
	struct acall_finish f;
	struct operator o[2];
	int i, won[2] = { 0 };
	__u64 since = now_ns();

	pthread_barrier_init(&barrier, NULL, 2);
	/* Until each has won some. */
	for (i = 0; i < 200 || !won[0] || !won[1]; i++) {
		__u64 id = fresh_id();

		ASSERT_FALSE(guard_expired(since));
		ASSERT_EQ(0, park_flags(self->fd, self->ctl, custom[i % 3], id,
					0));
		o[0] = completer(self->ctl, id, -EDOM, races[i % 3], &barrier);
		o[1] = completer(self->ctl, id, -ENOENT, ACALL_TEST_TASK,
				 &barrier);
		/* Who starts last has a head start. */
		ASSERT_EQ(0, operator_start(&o[i & 1]));
		ASSERT_EQ(0, operator_start(&o[!(i & 1)]));
		ASSERT_EQ(0, operator_join(&o[0]));
		ASSERT_EQ(0, operator_join(&o[1]));
		ASSERT_EQ(0, sys_finish_now(self->fd, &f));
		ASSERT_TRUE(f.status == -EDOM || f.status == -ENOENT);
		ASSERT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
		won[f.status == -ENOENT]++;
		ASSERT_EQ(0, wait_releases(self->ctl, id, 1));
		ASSERT_EQ(0, forget(self->ctl, id));
	}
	pthread_barrier_destroy(&barrier);
	EXPECT_EQ(i, won[0] + won[1]);
}

TEST_F(prov, P3_completing_and_cancelling_at_once)
{
	pthread_barrier_t barrier;
	struct acall_finish f;
	int i, stopped = 0, completed = 0;
	__u64 since = now_ns();
	struct operator o;
	struct actor a;

	pthread_barrier_init(&barrier, NULL, 2);
	/* Until either order was there. */
	for (i = 0; i < 200 || !stopped || !completed; i++) {
		struct acall_test_custom arg = {
			.id = fresh_id(), .flags = ACALL_TEST_HOOK_COMPLETES,
		};

		ASSERT_FALSE(guard_expired(since));
		ASSERT_EQ(0, park(self->fd, self->ctl, custom[i & 1], &arg));
		o = completer(self->ctl, arg.id, -EDOM, i % 3, &barrier);
		o.c.op = ACALL_TEST_OP_COMPLETE_ONCE;
		a = canceller(self->fd, 0, FOREVER);
		a.barrier = &barrier;
		/* Who starts last has a head start. */
		if (i & 1)
			ASSERT_EQ(0, actor_start(&a));
		ASSERT_EQ(0, operator_start(&o));
		if (!(i & 1))
			ASSERT_EQ(0, actor_start(&a));
		actor_join(&a);
		operator_join(&o);
		ASSERT_EQ(0, sys_finish_now(self->fd, &f));
		/* The answers agree with the result (X6). */
		if (!a.ret) {
			stopped++;
			ASSERT_EQ(-ECANCELED, f.status);
			ASSERT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
			ASSERT_EQ(-EALREADY, o.ret);
		} else {
			completed++;
			ASSERT_EQ(-ESRCH, a.ret);
			ASSERT_EQ(-EDOM, f.status);
			ASSERT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
			ASSERT_EQ(0, o.ret);
		}
		ASSERT_EQ(0, wait_releases(self->ctl, arg.id, 1));
		ASSERT_EQ(0, forget(self->ctl, arg.id));
	}
	pthread_barrier_destroy(&barrier);
}

static const struct {
	__s32 ret;
	bool cancel;
	__s32 status;
	__u32 outcome;
} results[] = {
	/* No cancel visible: its own word, but no restart code. */
	{ 0, false, 0, ACALL_OUTCOME_COMPLETED },
	{ -EIO, false, -EIO, ACALL_OUTCOME_COMPLETED },
	{ -ECANCELED, false, -ECANCELED, ACALL_OUTCOME_COMPLETED },
	{ -EINTR, false, -EINTR, ACALL_OUTCOME_COMPLETED },
	{ -ERESTARTSYS, false, -EINTR, ACALL_OUTCOME_COMPLETED },
	{ -ERESTARTNOINTR, false, -EINTR, ACALL_OUTCOME_COMPLETED },
	{ -ERESTARTNOHAND, false, -EINTR, ACALL_OUTCOME_COMPLETED },
	{ -ERESTART_RESTARTBLOCK, false, -EINTR, ACALL_OUTCOME_COMPLETED },
	/* Visible: these mean that it has stopped ... */
	{ -ECANCELED, true, -ECANCELED, ACALL_OUTCOME_STOPPED },
	{ -EINTR, true, -ECANCELED, ACALL_OUTCOME_STOPPED },
	{ -ERESTARTSYS, true, -ECANCELED, ACALL_OUTCOME_STOPPED },
	{ -ERESTARTNOINTR, true, -ECANCELED, ACALL_OUTCOME_STOPPED },
	{ -ERESTARTNOHAND, true, -ECANCELED, ACALL_OUTCOME_STOPPED },
	{ -ERESTART_RESTARTBLOCK, true, -ECANCELED, ACALL_OUTCOME_STOPPED },
	/* ... and anything else is a result. */
	{ 0, true, 0, ACALL_OUTCOME_COMPLETED },
	{ -EIO, true, -EIO, ACALL_OUTCOME_COMPLETED },
	{ -ETIME, true, -ETIME, ACALL_OUTCOME_COMPLETED },
	{ -ENODEV, true, -ENODEV, ACALL_OUTCOME_COMPLETED },
};

TEST_F(prov, P7_what_a_completion_means)
{
	struct acall_test_custom arg = { .out_len = 10 };
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i, j;
	char out[10];
	bool output;

	for (i = 0; i < ARRAY_SIZE(results); i++) {
		for (j = 0; j < 2; j++) {
			arg.id = fresh_id();
			ASSERT_EQ(0, park(self->fd, self->ctl, custom[j],
					  &arg));
			ASSERT_EQ(0, ctl_op(self->ctl, ACALL_TEST_OP_PROGRESS,
					    arg.id, 42, NULL));
			if (results[i].cancel)
				ASSERT_EQ(0, sys_cancel(self->fd,
							ACALL_CANCEL_NOWAIT, 0,
							FOREVER, &c));
			ASSERT_EQ(0, complete(self->ctl, arg.id,
					      results[i].ret));
			ASSERT_EQ(0, sys_finish_out(self->fd, out, sizeof(out),
						    &f));
			EXPECT_EQ(results[i].status, f.status) {
				TH_LOG("result %u", i);
			}
			EXPECT_EQ(results[i].outcome, f.outcome) {
				TH_LOG("result %u", i);
			}
			/* Progress is exact, output is a success's (F4). */
			EXPECT_EQ(42, f.progress);
			EXPECT_EQ(100, f.total);
			output = !f.status &&
				 f.outcome == ACALL_OUTCOME_COMPLETED;
			EXPECT_EQ(output ? 10 : 0, f.out_len);
		}
	}
}

static int look_from_there(void *arg)
{
	struct { int ctl; __u64 id; int want; } *l = arg;
	cpu_set_t all, one;
	int cpu;

	CHECK(!sched_getaffinity(0, sizeof(all), &all));
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		CHECK(!sched_setaffinity(0, sizeof(one), &one));
		CHECK(look(l->ctl, l->id) == l->want);
	}
	return 0;
}

TEST_F(prov, P4_cancelled_takes_the_call_on_any_CPU_and_in_any_task)
{
	struct { int ctl; __u64 id; int want; } l = { self->ctl, 0, 0 };
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query q;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hooked); i++) {
		l.id = fresh_id();
		l.want = 0;
		ASSERT_EQ(0, park_flags(self->fd, self->ctl, hooked[i], l.id,
					0));
		EXPECT_EQ(0, child_run(look_from_there, &l));
		ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0,
					FOREVER, &c));
		l.want = 1;
		EXPECT_EQ(0, child_run(look_from_there, &l));
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
		EXPECT_LE(q.cancel_ns, q.look_ns);
		ASSERT_EQ(0, end_call(self->ctl, hooked[i], l.id, 0));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	}
}

TEST_F(prov, P4_cancellable_waits_work_in_synchronous_calls_too)
{
	static const __u32 waits[] = {
		ACALL_TEST_COOP, ACALL_TEST_TIMEOUT, ACALL_TEST_CHECKPOINT,
		ACALL_TEST_SLEEP,
	};
	struct acall_cancel c;
	struct acall_finish f;
	struct caller sync;
	unsigned int i;
	__u64 id;

	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		__s64 ms = waits[i] == ACALL_TEST_TIMEOUT ||
			   waits[i] == ACALL_TEST_SLEEP ? 600000 : 0;

		id = fresh_id();
		ASSERT_EQ(0, sys_begin_arg(self->fd, waits[i], id, ms, 0,
					   NULL));
		ASSERT_EQ(0, wait_starts(self->ctl, id, 1));
		EXPECT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);

		id = fresh_id();
		sync = (struct caller) { .arg.value = ms };
		ASSERT_EQ(0, caller_block(&sync, self->fd, self->ctl, waits[i],
					  id));
		EXPECT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
		EXPECT_EQ(0, caller_join(&sync));
		EXPECT_EQ(-ECANCELED, sync.args.status);
		EXPECT_EQ(ACALL_OUTCOME_STOPPED, sync.args.outcome);
		EXPECT_EQ(1, ctl_get(self->ctl, id).seen);
	}
}

/* What has passed by the clock of jiffies, which may lag and then catch up. */
static __u64 now_ticks_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

TEST_F(prov, P4_a_wait_with_an_end)
{
	struct acall_finish f;
	__u64 id = fresh_id(), since = now_ticks_ns();

	/* Its time is over: a result of its own, and not a deadline's. */
	ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_TIMEOUT, id, 20, 0,
				   NULL));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ETIME, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	EXPECT_LE(since + 20 * MSEC, now_ticks_ns());
	EXPECT_EQ(0, ctl_get(self->ctl, id).seen);

	/* Its event comes. */
	ASSERT_EQ(0, sys_begin_arg(self->fd, ACALL_TEST_TIMEOUT, self->id,
				   600000, 0, NULL));
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(0, f.status);
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
}

TEST_F(prov, P4_a_checkpoint_lets_go_on_until_a_cancel)
{
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query q;
	__u64 since = now_ns(), first;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_CHECKPOINT,
			      self->id, NULL));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	first = q.progress;
	while (q.progress < first + 3) {
		ASSERT_FALSE(guard_expired(since));
		give_way();
		ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	}
	EXPECT_NE(0, q.look_ns);
	ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, FOREVER, &c));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(-ECANCELED, f.status);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, f.outcome);
	EXPECT_LE(q.progress, f.progress);
}

#include "acall_main.h"
