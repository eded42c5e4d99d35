// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_calls: what programs do for themselves: a thread beside them that makes
 * one system call for each job.
 *
 * Once with a ring without locks, whose two ends park on futexes and never
 * spin, and once with a mutex and condition variables. Both wake once for a
 * batch, in either direction.
 */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"

#define CALLS	2048
#define RING	256	/* jobs, a power of two: the largest batch */

/* struct form.how */
#define CONDVAR	0x1

struct job {
	void (*work)(struct job *job);
	long result;
};

/* Counters only grow, so that one comparison tells how far each end is. */
struct pool {
	const struct form *form;
	pthread_t worker;
	struct job jobs[RING];
	struct job *ring[RING];

	/* The submitter's. */
	alignas(64) unsigned int tail;
	unsigned int wanted;	/* how many done it waits for */
	int waiting;		/* parked until then: a futex */
	bool stop;

	/* The worker's. */
	alignas(64) unsigned int head;
	unsigned int done;
	int idle;		/* parked until there is more: a futex */

	/* Instead of the futexes. */
	alignas(64) pthread_mutex_t lock;
	pthread_cond_t more, enough;
};

static void get_parent(struct job *job)
{
	job->result = syscall(SYS_getppid);
}

static void park(int *word)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
}

/* After what it waits for was made known, in this order. */
static void unpark(int *word)
{
	if (__atomic_load_n(word, __ATOMIC_SEQ_CST) &&
	    __atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Has @count, of the other end, come to @wanted? */
static bool reached(unsigned int *count, unsigned int wanted)
{
	return (int)(__atomic_load_n(count, __ATOMIC_SEQ_CST) - wanted) >= 0;
}

/* Until the other end's @count has come to @wanted, or for no reason. */
static void park_until(int *word, unsigned int *count, unsigned int wanted)
{
	__atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
	if (!reached(count, wanted))
		park(word);
	__atomic_store_n(word, 0, __ATOMIC_RELAXED);
}

static void do_job(struct pool *pool, unsigned int nr)
{
	struct job *job = pool->ring[nr % RING];

	job->work(job);
}

static void *futex_worker(void *arg)
{
	struct pool *pool = arg;
	unsigned int head = 0;

	for (;;) {
		if (!reached(&pool->tail, head + 1)) {
			park_until(&pool->idle, &pool->tail, head + 1);
			continue;
		}
		if (pool->stop)
			return NULL;
		do_job(pool, head++);
		__atomic_store_n(&pool->done, head, __ATOMIC_SEQ_CST);
		if ((int)(head - __atomic_load_n(&pool->wanted,
						 __ATOMIC_RELAXED)) >= 0)
			unpark(&pool->waiting);
	}
}

static void futex_submit(struct pool *pool, unsigned int n)
{
	unsigned int tail = pool->tail + n;

	__atomic_store_n(&pool->wanted, tail, __ATOMIC_RELAXED);
	__atomic_store_n(&pool->tail, tail, __ATOMIC_SEQ_CST);
	unpark(&pool->idle);
}

static void futex_wait(struct pool *pool)
{
	while (!reached(&pool->done, pool->wanted))
		park_until(&pool->waiting, &pool->done, pool->wanted);
}

static void *condvar_worker(void *arg)
{
	struct pool *pool = arg;
	unsigned int nr;

	for (;;) {
		pthread_mutex_lock(&pool->lock);
		while (pool->head == pool->tail)
			pthread_cond_wait(&pool->more, &pool->lock);
		nr = pool->head++;
		pthread_mutex_unlock(&pool->lock);
		if (pool->stop)
			return NULL;
		do_job(pool, nr);
		pthread_mutex_lock(&pool->lock);
		if (++pool->done == pool->wanted)
			pthread_cond_signal(&pool->enough);
		pthread_mutex_unlock(&pool->lock);
	}
}

static void condvar_submit(struct pool *pool, unsigned int n)
{
	pthread_mutex_lock(&pool->lock);
	pool->tail += n;
	pool->wanted = pool->tail;
	pthread_cond_signal(&pool->more);
	pthread_mutex_unlock(&pool->lock);
}

static void condvar_wait(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	while (pool->done != pool->wanted)
		pthread_cond_wait(&pool->enough, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
}

static void *setup(const struct form *form)
{
	struct pool *pool = aligned_alloc(64, sizeof(*pool));
	int ret;

	if (!pool)
		die("no memory");
	memset(pool, 0, sizeof(*pool));
	pool->form = form;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->more, NULL);
	pthread_cond_init(&pool->enough, NULL);
	ret = pthread_create(&pool->worker, NULL, form->how & CONDVAR ?
			     condvar_worker : futex_worker, pool);
	if (ret)
		die("thread: %s", strerror(ret));
	return pool;
}

static void submit(struct pool *pool, unsigned int n)
{
	if (pool->form->how & CONDVAR)
		condvar_submit(pool, n);
	else
		futex_submit(pool, n);
}

static void teardown(void *state)
{
	struct pool *pool = state;

	pool->stop = true;
	submit(pool, 1);
	pthread_join(pool->worker, NULL);
	free(pool);
}

static __u64 run(void *state, unsigned int n)
{
	struct pool *pool = state;
	unsigned int batch = pool->form->batch, i;
	__u64 start = units_now();

	for (; n; n -= batch) {
		for (i = 0; i < batch; i++) {
			struct job *job = &pool->jobs[i];

			job->work = get_parent;
			pool->ring[(pool->tail + i) % RING] = job;
		}
		submit(pool, batch);
		if (pool->form->how & CONDVAR)
			condvar_wait(pool);
		else
			futex_wait(pool);
	}
	return units_since(start);
}

#define POOL(_name, _what, _batch, _how)				\
	{ _name, _what, _batch, CALLS, _how, setup, run, teardown, NULL }

const struct form pool_forms[] = {
	POOL("pool_futex_1", "a thread, a ring without locks, futexes", 1, 0),
	POOL("pool_futex_32", "32 jobs for that thread", 32, 0),
	POOL("pool_futex_256", "256 jobs for that thread", 256, 0),
	POOL("pool_condvar_1", "a thread, a mutex, condition variables", 1,
	     CONDVAR),
	POOL("pool_condvar_32", "32 jobs for that thread", 32, CONDVAR),
	POOL("pool_condvar_256", "256 jobs for that thread", 256, CONDVAR),
	{ }
};
