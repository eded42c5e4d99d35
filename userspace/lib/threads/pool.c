// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The workers: made by the clock when calls wait and nobody is idle, at most as many
 * as all interfaces may run, and one more, which closes the files of calls that are
 * cancelled while they wait. One that has had nothing to do for a while ends.
 *
 * Owns the queue of calls; the engine's lock guards it. A worker that runs an
 * abandoned call is one less for others until the method returns: an interface's
 * stuck calls hold up its own calls and nobody else's [P9].
 */
#include <sys/prctl.h>
#include <time.h>
#include "threads.h"

#define IDLE_NS		(10 * ACT_NSEC_PER_SEC)

static struct act_link queue = { &queue, &queue };
static struct act_link releases = { &releases, &releases };
static unsigned int nr_releases;
static unsigned int nr_threads;
/* Threads that look for work, or are about to. */
static unsigned int nr_idle;
static _Atomic uint32_t work;

/* How many calls could be taken from the queues now. */
static unsigned int takeable(void)
{
	const struct act_interface *iface;
	unsigned int nr = nr_releases, room;

	for (iface = act_interfaces; iface; iface = iface->next) {
		room = iface->max_running - iface->running;
		nr += iface->queued < room ? iface->queued : room;
	}
	return nr;
}

static unsigned int most_threads(void)
{
	const struct act_interface *iface;
	unsigned int nr = 1;

	for (iface = act_interfaces; iface; iface = iface->next)
		nr += iface->max_running;
	return nr;
}

static void notify(void)
{
	if (nr_idle)
		act_wake(&work, 1);
	if (takeable() > nr_idle)
		act_clock_kick();
}

/* A call was begun. */
void act_pool_add(struct act_call *call)
{
	act_link_add(&call->queue, &queue);
	call->iface->queued++;
	notify();
}

/* A call was cancelled before it started. */
void act_pool_dequeue(struct act_call *call)
{
	act_link_del(&call->queue);
	call->iface->queued--;
	if (!call->nr_files && !call->method->release) {
		act_step(call, ACT_SETTLE, ACALL_REASON_NONE);
		act_call_put(call);
		return;
	}
	/* Which may take its time, and somebody else's. */
	act_link_add(&call->queue, &releases);
	nr_releases++;
	notify();
}

static void release(sigset_t *mask)
{
	struct act_call *call = act_of(releases.next, struct act_call, queue);

	act_link_del(&call->queue);
	nr_releases--;
	act_unlock(mask);
	act_call_drop_files(call);
	act_lock(mask);
	act_step(call, ACT_SETTLE, ACALL_REASON_NONE);
	act_call_put(call);
}

static uint64_t cpu_now(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * ACT_NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

static void run(struct act_call *call, sigset_t *mask)
{
	enum act_event event = ACT_RETURN;
	uint64_t cpu;
	int ret;

	act_link_del(&call->queue);
	call->iface->queued--;
	call->iface->running++;
	act_step(call, ACT_START, ACALL_REASON_NONE);
	act_unlock(mask);

	cpu = cpu_now();
	ret = call->method->run(call);
	if (ret == -ECANCELED || ret == -EINTR)
		event = ACT_STOP;
	/* Before it is DONE, so that they are free then [F8]. */
	act_call_drop_files(call);
	cpu = cpu_now() - cpu;

	act_lock(mask);
	call->iface->running--;
	call->ret = ret;
	call->cpu_ns = cpu;
	act_step(call, event, ACALL_REASON_NONE);
	act_call_put(call);
}

/* The first call whose interface may run one more. */
static struct act_call *next(void)
{
	struct act_call *call;
	struct act_link *link;

	for (link = queue.next; link != &queue; link = link->next) {
		call = act_of(link, struct act_call, queue);
		if (call->iface->running < call->iface->max_running)
			return call;
	}
	return NULL;
}

/* Return: false if there was nothing to do. */
static bool do_one(sigset_t *mask)
{
	struct act_call *call = NULL;

	if (!nr_releases) {
		call = next();
		if (!call)
			return false;
	}
	nr_idle--;
	if (call)
		run(call, mask);
	else
		release(mask);
	nr_idle++;
	return true;
}

static void *worker_main(void *arg)
{
	uint64_t until;
	uint32_t seen;
	sigset_t mask;

	(void)arg;
	prctl(PR_SET_NAME, "acall-worker");
	act_lock(&mask);
	until = act_later(act_now(), IDLE_NS);
	while (act_now() < until) {
		if (do_one(&mask)) {
			until = act_later(act_now(), IDLE_NS);
			continue;
		}
		seen = atomic_load(&work);
		act_unlock(&mask);
		act_doze(&work, seen, until);
		act_lock(&mask);
	}
	/* What came at the last moment is not left to nobody. */
	while (do_one(&mask))
		;
	nr_idle--;
	nr_threads--;
	act_unlock(&mask);
	return NULL;
}

/* Return: false if threads are wanted that cannot be made. */
bool act_pool_spawn(void)
{
	while (takeable() > nr_idle && nr_threads < most_threads()) {
		if (act_thread_start(worker_main))
			return false;
		nr_threads++;
		nr_idle++;
	}
	return true;
}

/* After fork(2). */
void act_pool_forget(void)
{
	struct act_interface *iface;

	act_link_init(&queue);
	act_link_init(&releases);
	nr_releases = 0;
	nr_threads = 0;
	nr_idle = 0;
	for (iface = act_interfaces; iface; iface = iface->next) {
		iface->queued = 0;
		iface->running = 0;
	}
}
