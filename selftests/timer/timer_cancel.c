// SPDX-License-Identifier: GPL-2.0-only
/*
 * A timer that is cancelled before its time: by its client [X4-X10], by a
 * deadline [B5, X12], by the last close [C4], by the administrator [X13]. Its
 * hook completes it at once, in whatever context the canceller has.
 *
 * Two races. The time comes while a cancel is on its way: either way round the
 * return value of CANCEL predicts FINISH [X6]. And a cancel comes while BEGIN
 * is still on its way to park the timer [P2]: nobody asks again, so a timer
 * that was parked all the same would never end, and the test with it.
 */
#include "acall_delays.h"
#include "timer_util.h"

#define FLIPS		6000	/* rounds in which both orders must be seen */
#define ROUNDS		1000
#define HUNTS		300

TEST_F(timer, X5_a_cancelled_timer_has_stopped_at_once)
{
	struct acall_timer_fired fired;
	struct acall_cancel c;
	struct acall_finish f;

	NEEDS_TIMER();
	ASSERT_EQ(0, ts_park(self->fd));
	ASSERT_EQ(0, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(ACALL_STATE_DONE, c.state);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, c.outcome);
	EXPECT_EQ(POLLIN, readiness(self->fd));
	EXPECT_EQ(-EALREADY, sys_cancel(self->fd, 0, 0, 0, &c));
	ASSERT_EQ(0, ts_finish(self->fd, &fired, &f));
	EXPECT_TRUE(ts_stopped(&f, &fired, -ECANCELED));
	EXPECT_LE(f.cancel_ns, f.end_ns);
	EXPECT_EQ(0, ts_settle(self->fd));
	EXPECT_EQ(0, counter("executions"));
}

TEST_F(timer, X10_NOWAIT_finds_it_done_for_the_hook_does_not_wait)
{
	struct acall_timer_fired fired;
	struct acall_cancel c;
	struct acall_finish f;

	NEEDS_TIMER();
	ASSERT_EQ(0, ts_park(self->fd));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, FOREVER,
				&c));
	EXPECT_EQ(ACALL_STATE_DONE, c.state);
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, c.outcome);
	ASSERT_EQ(0, ts_finish(self->fd, &fired, &f));
	EXPECT_TRUE(ts_stopped(&f, &fired, -ECANCELED));
}

TEST_F(timer, X4_an_abandoned_timer_ends_too)
{
	struct acall_finish f;

	NEEDS_TIMER();
	ASSERT_EQ(0, ts_park(self->fd));
	ASSERT_EQ(0, sys_abandon(self->fd));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_ABANDONED, f.outcome);
	EXPECT_EQ(-ECANCELED, f.status);
	/* Its hook was told: no orphan waits for its time. */
	EXPECT_EQ(0, ts_settle(self->fd));
	EXPECT_EQ(0, counter("orphans"));
	ASSERT_EQ(0, ts_begin(self->fd, 0, 0));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
}

TEST_F(timer, X8_a_cancel_after_its_time_ESRCH_and_the_result_is_intact)
{
	struct acall_timer_fired fired;
	struct acall_cancel c;
	struct acall_finish f;

	NEEDS_TIMER();
	ASSERT_EQ(0, ts_begin(self->fd, 0, 50 * USEC));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	EXPECT_EQ(-ESRCH, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, c.outcome);
	EXPECT_EQ(-ESRCH, sys_abandon(self->fd));
	ASSERT_EQ(0, ts_finish(self->fd, &fired, &f));
	EXPECT_TRUE(ts_fired(&f, &fired, 0));
}

TEST_F(timer, P1_a_cancel_takes_one_away_and_leaves_the_others)
{
	struct acall_timer_fired fired;
	struct acall_finish f;
	struct acall_cancel c;
	int fd[9], i;
	__u64 due;

	NEEDS_TIMER();
	due = now_ns() + 20 * MSEC;
	for (i = 0; i < 9; i++) {
		fd[i] = ts_object();
		ASSERT_LE(0, fd[i]);
		ASSERT_EQ(0, ts_begin(fd[i], ACALL_TIMER_ABS, due + i));
	}
	/* Among them the first, for which the alarm is set, and the last. */
	for (i = 0; i < 9; i += 2) {
		int ret = sys_cancel(fd[i], 0, 0, 0, &c);

		ASSERT_EQ(0, ts_finish(fd[i], &fired, &f));
		EXPECT_TRUE(ret ? ts_fired(&f, &fired, due + i) :
			    ts_stopped(&f, &fired, -ECANCELED));
	}
	for (i = 1; i < 9; i += 2) {
		ASSERT_EQ(0, ts_finish(fd[i], &fired, &f));
		EXPECT_TRUE(ts_fired(&f, &fired, due + i));
	}
}

TEST_F(timer, B5_a_deadline_before_its_time_ETIME)
{
	struct acall_begin b = { .flags = ACALL_BEGIN_DEADLINE };
	struct acall_timer_fired fired;
	struct acall_finish f;
	struct acall_query q;

	NEEDS_TIMER();
	b.deadline = now_ns() + 5 * MSEC;
	ASSERT_EQ(0, ts_begin_struct(self->fd, 0, FOREVER, &b));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_REASON_DEADLINE, q.reason);
	ASSERT_EQ(0, ts_finish(self->fd, &fired, &f));
	/* The deadline may be past before it has started. */
	EXPECT_TRUE(f.outcome == ACALL_OUTCOME_NEVER_STARTED ||
		    ts_stopped(&f, &fired, -ETIME));
	EXPECT_EQ(-ETIME, f.status);
	EXPECT_LE(b.deadline, f.end_ns);
}

TEST_F(timer, B5_a_deadline_after_its_time_changes_nothing)
{
	struct acall_begin b = { .flags = ACALL_BEGIN_DEADLINE };
	struct acall_timer_fired fired;
	struct acall_finish f;

	NEEDS_TIMER();
	b.deadline = now_ns() + 3600 * SEC;
	ASSERT_EQ(0, ts_begin_struct(self->fd, 0, MSEC, &b));
	ASSERT_EQ(0, ts_finish(self->fd, &fired, &f));
	EXPECT_TRUE(ts_fired(&f, &fired, 0));
	EXPECT_EQ(0, f.cancel_ns);
}

TEST_F(timer, B5_a_deadline_that_is_past_and_it_never_starts)
{
	struct acall_begin b = { .flags = ACALL_BEGIN_DEADLINE, .deadline = 1 };
	struct acall_finish f;

	NEEDS_TIMER();
	ASSERT_EQ(0, ts_begin_struct(self->fd, 0, 0, &b));
	ASSERT_EQ(0, sys_finish_now(self->fd, &f));
	EXPECT_EQ(ACALL_OUTCOME_NEVER_STARTED, f.outcome);
	EXPECT_EQ(-ETIME, f.status);
	EXPECT_EQ(0, f.start_ns);
}

/* Deadline and time come together: one of both, and FINISH says which. */
TEST_F(timer, X12_a_deadline_against_the_time_itself)
{
	unsigned int i, completed = 0, stopped = 0;
	struct acall_timer_fired fired;
	__u64 due, ahead = MSEC;
	struct acall_finish f;

	NEEDS_TIMER();
	for (i = 0; i < ROUNDS; i++) {
		struct acall_begin b = { .flags = ACALL_BEGIN_DEADLINE };

		due = now_ns() + ahead;
		b.deadline = due + 500 * USEC - rand() % 1000 * USEC;
		ASSERT_EQ(0, ts_begin_struct(self->fd, ACALL_TIMER_ABS, due,
					     &b));
		ASSERT_EQ(0, ts_finish(self->fd, &fired, &f));
		if (f.outcome == ACALL_OUTCOME_COMPLETED) {
			ASSERT_TRUE(ts_fired(&f, &fired, due));
			completed++;
			continue;
		}
		ASSERT_EQ(-ETIME, f.status);
		ASSERT_LE(b.deadline, f.end_ns);
		ASSERT_EQ(0, f.out_len);
		stopped++;
		/* A slow machine: neither is to be past before BEGIN. */
		if (f.outcome == ACALL_OUTCOME_NEVER_STARTED)
			ahead = ahead < 16 * MSEC ? ahead * 2 : ahead;
	}
	TH_LOG("%u completed, %u ended by the deadline", completed, stopped);
	EXPECT_LT(0, completed);
	EXPECT_LT(0, stopped);
}

TEST_F(timer, C4_the_last_close_takes_it_away)
{
	NEEDS_TIMER();
	ASSERT_EQ(0, ts_park(self->fd));
	EXPECT_EQ(1, counter("executions"));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(0, wait_counter("executions", 0));
	EXPECT_EQ(0, wait_counter("calls", 0));
}

static int park_and_die(void *unused)
{
	int fd = ts_object();

	(void)unused;
	CHECK(fd >= 0);
	CHECK(!ts_park(fd));
	kill(getpid(), SIGKILL);
	return 0;
}

TEST_F(timer, C4_so_does_the_death_of_its_process)
{
	NEEDS_TIMER();
	EXPECT_EQ(-SIGKILL, child_run(park_and_die, NULL));
	EXPECT_EQ(0, wait_counter("executions", 0));
	EXPECT_EQ(0, wait_counter("calls", 0));
}

TEST_F(timer, C4_detached_it_runs_on_to_its_time)
{
	__u32 version = 0;
	__u64 begun;
	int fd;

	NEEDS_TIMER();
	fd = sys_create_version(self->base.dev, ACALL_TIMER_INTERFACE,
				ACALL_CREATE_DETACH, &version);
	ASSERT_LE(0, fd);
	begun = now_ns();
	ASSERT_EQ(0, ts_begin(fd, 0, 30 * MSEC));
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(0, wait_counter("executions", 0));
	EXPECT_LE(begun + 30 * MSEC, now_ns());
}

TEST_F(timer, X13_NO_CANCEL_binds_the_client_and_not_the_administrator)
{
	struct acall_begin b = { .flags = ACALL_BEGIN_NO_CANCEL };
	struct acall_timer_fired fired;
	struct acall_cancel c;
	struct acall_finish f;

	NEEDS_TIMER();
	ASSERT_EQ(0, ts_begin_struct(self->fd, 0, FOREVER, &b));
	EXPECT_EQ(-EPERM, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(self->fd));
	c = (struct acall_cancel) { .size = sizeof(c), .call_id = b.call_id };
	EXPECT_EQ(0, sys_ioctl(self->base.dev, ACALL_IOC_CANCEL_ID, &c));
	ASSERT_EQ(0, ts_finish(self->fd, &fired, &f));
	EXPECT_TRUE(ts_stopped(&f, &fired, -ECANCELED));
}

TEST_F(timer, W4_poll_and_epoll_see_it_fire_once)
{
	struct acall_timer_fired fired;
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	struct acall_finish f;
	struct actor a;
	int ep, i;

	NEEDS_TIMER();
	ep = epoll_create1(EPOLL_CLOEXEC);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->fd, &ev));
	for (i = 0; i < 50; i++) {
		a = (struct actor) { .act = ACT_POLL, .fd = self->fd,
				     .events = POLLIN };
		EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
		ASSERT_EQ(0, ts_begin(self->fd, 0, i % 5 * 200 * USEC));
		ASSERT_EQ(0, actor_start(&a));
		EXPECT_EQ(1, epoll_wait(ep, &ev, 1, -1));
		EXPECT_EQ(EPOLLIN, ev.events);
		EXPECT_EQ(POLLIN, actor_join(&a));
		EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
		ASSERT_EQ(0, ts_finish(self->fd, &fired, &f));
		EXPECT_TRUE(ts_fired(&f, &fired, 0));
	}
}

TEST_F(timer, W4_a_sleeper_is_woken_by_the_cancel)
{
	struct actor a = { .act = ACT_FINISH, .fd = self->fd };
	struct acall_cancel c;

	NEEDS_TIMER();
	ASSERT_EQ(0, ts_park(self->fd));
	ASSERT_EQ(0, actor_block(&a));
	ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0, 0, &c));
	EXPECT_EQ(0, actor_join(&a));
	EXPECT_EQ(ACALL_OUTCOME_STOPPED, a.finish.outcome);
}

/* Spends @n turns on the processor, so that moments can be varied finely. */
static void turn(unsigned int n)
{
	while (n--)
		__asm__ volatile("" ::: "memory");
}

TEST_F(timer, X6_a_cancel_against_the_time_predicts_FINISH)
{
	unsigned int i, most = 1000, completed = 0, stopped = 0;
	struct acall_timer_fired fired;
	struct acall_cancel c;
	struct acall_finish f;
	int ret;

	NEEDS_TIMER();
	for (i = 0; i < FLIPS && (i < ROUNDS || !completed || !stopped); i++) {
		ASSERT_EQ(0, ts_begin(self->fd, 0, 20 * USEC));
		turn(rand() % most);
		ret = sys_cancel(self->fd, 0, 0, 0, &c);
		ASSERT_EQ(0, ts_finish(self->fd, &fired, &f));
		if (ret) {
			ASSERT_EQ(-ESRCH, ret);
			ASSERT_TRUE(ts_fired(&f, &fired, 0));
			completed++;
			/* Aim at where both are as likely. */
			most = most / 100 * 95 + 100;
		} else {
			ASSERT_TRUE(ts_stopped(&f, &fired, -ECANCELED));
			stopped++;
			most = most / 100 * 105 + 100;
		}
	}
	TH_LOG("the time came first %u times, the cancel %u times", completed,
	       stopped);
	EXPECT_LT(0, completed);
	EXPECT_LT(0, stopped);
	EXPECT_EQ(0, ts_settle(self->fd));
	EXPECT_EQ(0, counter("executions"));
}

struct hunter {
	int fd;
	int stop;
	unsigned int hits;
	int wrong;
	__u32 flags;
	pthread_t thread;
};

static void *cancel_for_ever(void *arg)
{
	struct hunter *h = arg;
	struct acall_cancel c;
	int ret;

	ts_bind(1);
	while (!__atomic_load_n(&h->stop, __ATOMIC_ACQUIRE)) {
		ret = sys_cancel(h->fd, h->flags, 0, 0, &c);
		if (!ret)
			h->hits++;
		else if (ret != -ESRCH && ret != -EALREADY)
			h->wrong = ret;
	}
	return NULL;
}

/* Nobody but the cancel ends these, and it comes as soon as it may. */
static int hunt(int fd, __u32 flags, __u32 outcome)
{
	struct hunter h = { .fd = fd, .flags = flags };
	unsigned int i;
	struct acall_finish f;
	int ret = -pthread_create(&h.thread, NULL, cancel_for_ever, &h);

	if (ret)
		return ret;
	for (i = 0; i < HUNTS && !ret; i++) {
		ret = ts_park(fd) ?:
		      sys_wait_until(fd, 0, now_ns() + GUARD_SEC / 2 * SEC) ?:
		      sys_finish(fd, 0, &f);
		/* Taken from the queue before .start was entered, or in it. */
		if (!ret && (f.status != -ECANCELED ||
			     (f.outcome != outcome &&
			      f.outcome != ACALL_OUTCOME_NEVER_STARTED)))
			ret = -EPROTO;
	}
	__atomic_store_n(&h.stop, 1, __ATOMIC_RELEASE);
	pthread_join(h.thread, NULL);
	if (ret || h.wrong)
		return ret ?: h.wrong;
	return h.hits == HUNTS ? 0 : -EPROTO;
}

TEST_F(timer, P2_a_cancel_while_it_is_being_parked_is_not_lost)
{
	NEEDS_TIMER();
	ts_bind(0);
	/* Some of them take long from RUNNING to where they are parked. */
	ASSERT_EQ(0, delays_add("START_ENTER 300 300"));
	EXPECT_EQ(0, hunt(self->fd, 0, ACALL_OUTCOME_STOPPED));
	EXPECT_EQ(0, hunt(self->fd, ACALL_CANCEL_NOWAIT,
			  ACALL_OUTCOME_STOPPED));
	EXPECT_EQ(0, hunt(self->fd, ACALL_CANCEL_ABANDON,
			  ACALL_OUTCOME_ABANDONED));
	EXPECT_EQ(0, delays_reset());
	EXPECT_EQ(0, ts_settle(self->fd));
	EXPECT_EQ(0, counter("executions"));
}

#include "acall_main.h"
