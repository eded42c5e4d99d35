// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_work: files in a pool of threads, as a program would do it without
 * acall: read(2) and SHA-256 of Nettle, or copy_file_range(2).
 *
 * A cancel is a flag, which is looked at before a file and between two pieces of
 * it. Whoever has ended a file sets those that are due, so that no thread is
 * spent on it.
 */
#include <errno.h>
#include <nettle/sha2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jobs.h"

struct pool {
	struct work *work;
	unsigned int next;
	unsigned int ended;
	unsigned int cancelled;	/* of the chosen ones, under @lock */
	pthread_mutex_t lock;
};

static bool is_asked(struct job *job)
{
	return __atomic_load_n(&job->asked, __ATOMIC_ACQUIRE);
}

static void end(struct job *job, enum fate fate)
{
	__atomic_store_n(&job->fate, fate, __ATOMIC_RELEASE);
}

static void hash(const struct work *work, unsigned int i, void *buf)
{
	struct job *job = &work->jobs[i];
	int fd = open_source(work, i);
	struct sha256_ctx ctx;
	ssize_t n;

	sha256_init(&ctx);
	while ((n = read(fd, buf, PIECE)) > 0) {
		sha256_update(&ctx, n, buf);
		job->progress += n;
		if (is_asked(job) && job->progress < work->bytes) {
			end(job, STOPPED);
			break;
		}
	}
	if (n < 0)
		die("read: %s", strerror(errno));
	if (job->fate == NOT_ENDED) {
		sha256_digest(&ctx, DIGEST_LEN, job->digest.bytes);
		end(job, COMPLETED);
	}
	close(fd);
}

static void copy(const struct work *work, unsigned int i)
{
	int from = open_source(work, i), to = open_target(work, i);
	struct job *job = &work->jobs[i];
	ssize_t n;

	while ((n = copy_file_range(from, NULL, to, NULL, PIECE, 0)) > 0) {
		job->progress += n;
		if (is_asked(job) && job->progress < work->bytes) {
			end(job, STOPPED);
			break;
		}
	}
	if (n < 0)
		die("copy_file_range: %s", strerror(errno));
	if (job->fate == NOT_ENDED)
		end(job, COMPLETED);
	close(from);
	close(to);
}

static void cancel_due(struct pool *pool, unsigned int ended)
{
	struct work *work = pool->work;
	struct job *job;

	pthread_mutex_lock(&pool->lock);
	for (; pool->cancelled < work->nr_chosen; pool->cancelled++) {
		job = &work->jobs[work->order[pool->cancelled]];
		if (job->due > ended)
			break;
		job->told = REQUESTED;
		if (__atomic_load_n(&job->fate, __ATOMIC_ACQUIRE) != NOT_ENDED)
			job->told = TOO_LATE;
		__atomic_store_n(&job->asked, true, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&pool->lock);
}

static void *worker(void *arg)
{
	struct pool *pool = arg;
	struct work *work = pool->work;
	void *buf = malloc(PIECE);
	unsigned int i, ended;

	if (!buf)
		die("no memory");
	for (;;) {
		i = __atomic_fetch_add(&pool->next, 1, __ATOMIC_RELAXED);
		if (i >= work->count)
			break;
		if (is_asked(&work->jobs[i]))
			end(&work->jobs[i], NEVER_STARTED);
		else if (work->kind == HASH)
			hash(work, i, buf);
		else
			copy(work, i);
		ended = __atomic_add_fetch(&pool->ended, 1, __ATOMIC_RELAXED);
		if (work->nr_chosen)
			cancel_due(pool, ended);
	}
	free(buf);
	return NULL;
}

void run_pool(struct work *work, unsigned int threads)
{
	struct pool pool = {
		.work = work, .lock = PTHREAD_MUTEX_INITIALIZER,
	};
	pthread_t ids[threads];
	unsigned int i;
	int ret;

	if (work->nr_chosen)
		cancel_due(&pool, 0);
	for (i = 0; i < threads; i++) {
		ret = pthread_create(&ids[i], NULL, worker, &pool);
		if (ret)
			die("thread: %s", strerror(ret));
	}
	for (i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
}
