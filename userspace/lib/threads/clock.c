// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The clock: the engine's first thread, which the first BEGIN starts. It runs timers
 * (deadlines, graces, waits with a time-out), makes workers, and sees that the last
 * descriptor of an object was closed. Owns an epoll instance, an eventfd that wakes
 * it, and the queue of timers; the engine's lock guards them.
 *
 * The race is a timer that is set while it falls asleep: it says that it does, and
 * until when, under the lock, and whoever has something sooner writes to the
 * eventfd, which it then does not sleep at.
 */
#include <limits.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "threads.h"

#define EVENTS		16
/* Threads cannot be made now; perhaps then. */
#define RETRY_NS	(100 * ACT_NSEC_PER_MSEC)
/* Methods keep what is large elsewhere; the program's TLS is in it too. */
#define STACK		(256UL << 10)

static struct act_link timers = { &timers, &timers };
static int epoll_fd = -1;
static int wake_fd = -1;
static bool asleep;
static uint64_t asleep_until;

/* Two instructions later it would sleep; now it does not. */
void act_clock_kick(void)
{
	const uint64_t one = 1;
	int saved = errno;

	if (!asleep)
		return;
	asleep = false;
	syscall(SYS_write, wake_fd, &one, sizeof(one));
	errno = saved;
}

void act_timer_init(struct act_timer *timer,
		    void (*fn)(struct act_timer *timer))
{
	act_link_init(&timer->link);
	timer->at = ACALL_FOREVER;
	timer->fn = fn;
}

/* ACALL_FOREVER stops it. */
void act_timer_set(struct act_timer *timer, uint64_t at)
{
	struct act_link *before = &timers;

	if (at > INT64_MAX)
		at = ACALL_FOREVER;
	if (at == timer->at)
		return;
	act_link_del(&timer->link);
	timer->at = at;
	if (at == ACALL_FOREVER)
		return;
	/* Most come later than those that are there. */
	while (before->prev != &timers &&
	       act_of(before->prev, struct act_timer, link)->at > at)
		before = before->prev;
	act_link_add(&timer->link, before);
	if (at < asleep_until)
		act_clock_kick();
}

static uint64_t first_timer(void)
{
	if (act_link_empty(&timers))
		return ACALL_FOREVER;
	return act_of(timers.next, struct act_timer, link)->at;
}

static void run_timers(void)
{
	struct act_timer *timer;

	while (first_timer() <= act_now()) {
		timer = act_of(timers.next, struct act_timer, link);
		act_link_del(&timer->link);
		timer->at = ACALL_FOREVER;
		timer->fn(timer);
	}
}

/* Rounded up: durations are lower bounds. */
static int ms_until(uint64_t until)
{
	uint64_t now = act_now(), ms;

	if (until == ACALL_FOREVER)
		return -1;
	if (until <= now)
		return 0;
	ms = (until - now + ACT_NSEC_PER_MSEC - 1) / ACT_NSEC_PER_MSEC;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

static void look(const struct epoll_event *event)
{
	uint64_t count;

	if (event->data.u64)
		act_object_look(event->data.u64);
	else
		syscall(SYS_read, wake_fd, &count, sizeof(count));
}

static void *clock_main(void *arg)
{
	struct epoll_event events[EVENTS];
	sigset_t mask;
	uint64_t until;
	int i, n;

	(void)arg;
	prctl(PR_SET_NAME, "acall-clock");
	act_lock(&mask);
	for (;;) {
		run_timers();
		until = first_timer();
		if (!act_pool_spawn() && until > act_now() + RETRY_NS)
			until = act_now() + RETRY_NS;
		asleep_until = until;
		asleep = true;
		act_unlock(&mask);
		n = epoll_wait(epoll_fd, events, EVENTS, ms_until(until));
		act_lock(&mask);
		asleep = false;
		for (i = 0; i < n; i++)
			look(&events[i]);
	}
	return NULL;
}

/* A thread of ours, with all signals blocked, for the lock is held. */
int act_thread_start(void *(*fn)(void *arg))
{
	pthread_attr_t attr;
	pthread_t thread;
	int ret;

	ret = pthread_attr_init(&attr);
	if (ret)
		return -ret;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK);
	ret = pthread_create(&thread, &attr, fn, NULL);
	pthread_attr_destroy(&attr);
	return -ret;
}

void act_clock_watch(struct act_object *object)
{
	struct epoll_event event = { .data.u64 = object->ino };

	/* EPOLLHUP comes unasked. */
	if (epoll_fd >= 0 && object->peer >= 0)
		epoll_ctl(epoll_fd, EPOLL_CTL_ADD, object->peer, &event);
}

/* A child that was forked may have it open still. */
void act_clock_unwatch(struct act_object *object)
{
	if (epoll_fd >= 0)
		epoll_ctl(epoll_fd, EPOLL_CTL_DEL, object->peer, NULL);
}

static void close_both(void)
{
	if (epoll_fd >= 0)
		act_close_fd(epoll_fd);
	if (wake_fd >= 0)
		act_close_fd(wake_fd);
	epoll_fd = -1;
	wake_fd = -1;
}

/* Once; by the first BEGIN. */
int act_clock_start(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int saved = errno;
	int ret = 0;

	if (epoll_fd >= 0)
		return 0;
	epoll_fd = act_aside(epoll_create1(EPOLL_CLOEXEC));
	wake_fd = act_aside(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	if (epoll_fd < 0 || wake_fd < 0)
		ret = epoll_fd < 0 ? epoll_fd : wake_fd;
	else if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, wake_fd, &event))
		ret = -errno;
	if (!ret)
		ret = act_thread_start(clock_main);
	if (ret)
		close_both();
	else
		act_objects_watch();
	errno = saved;
	return ret;
}

/* After fork(2): the thread has stayed behind. */
void act_clock_forget(void)
{
	close_both();
	act_link_init(&timers);
	asleep = false;
	asleep_until = 0;
}
