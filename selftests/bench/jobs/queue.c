// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_work: files through a call queue of acall.
 *
 * One thread opens, submits, reads completions and cancels. Some it submits at
 * once, so that work begins, and then all that there is room for: while workers
 * have the processors, it is late.
 */
#include <errno.h>
#include <libacall.h>
#include <string.h>
#include <unistd.h>

#include "jobs.h"

#define FIRST	32
#define WAKE	8	/* completions, if nothing else is waited for */

struct client {
	struct work *work;
	acall_queue_t *queue;
	unsigned int got;	/* files that have an entry */
	unsigned int begun;
	unsigned int ended;
	unsigned int cancelled;	/* of the chosen ones */
	int fds[SLOTS][2];	/* of entries that are not taken yet */
};

static void check(int ret, const char *what)
{
	if (ret < 0)
		die("%s: %s", what, strerror(-ret));
}

static void prepare(struct client *c, struct acall_submission *sub)
{
	static const struct acall_file_hash hash = { .algorithm = "sha256" };
	static const struct acall_file_copy copy;
	struct work *work = c->work;
	unsigned int i = c->got++;
	int *fds = c->fds[i % SLOTS];

	fds[0] = open_source(work, i);
	if (work->kind == HASH) {
		acall_queue_prepare(sub, ACALL_FILE_HASH, &hash, sizeof(hash),
				    i);
		acall_queue_set_files(sub, fds, 1);
	} else {
		fds[1] = open_target(work, i);
		acall_queue_prepare(sub, ACALL_FILE_COPY, &copy, sizeof(copy),
				    i);
		acall_queue_set_files(sub, fds, 2);
	}
}

/* The kernel has the files of what it has begun. */
static void took(struct client *c)
{
	const struct acall_submission *sub;
	unsigned int n;

	for (n = 0; (sub = acall_queue_submitted(c->queue, n)); n++) {
		unsigned int i = sub->user_data;
		int *fds = c->fds[i % SLOTS];

		if (sub->error)
			die("BEGIN of file %05u: %s", i, strerror(-sub->error));
		c->work->jobs[i].handle = sub->handle;
		close(fds[0]);
		if (c->work->kind == COPY)
			close(fds[1]);
		c->begun++;
	}
}

static enum fate fate_of(const struct acall_completion *done)
{
	switch (done->outcome) {
	case ACALL_OUTCOME_COMPLETED:
		if (!done->status)
			return COMPLETED;
		break;
	case ACALL_OUTCOME_STOPPED:
		if (done->status == -ECANCELED)
			return STOPPED;
		break;
	case ACALL_OUTCOME_NEVER_STARTED:
		if (done->status == -ECANCELED)
			return NEVER_STARTED;
		break;
	}
	die("file %05u: outcome %u, status %d",
	    (unsigned int)done->user_data, done->outcome, done->status);
}

static void read_some(struct client *c)
{
	const struct acall_completion *done;
	unsigned int n;

	for (n = 0; (done = acall_queue_peek(c->queue, n)); n++) {
		struct job *job = &c->work->jobs[done->user_data];
		struct acall_result result = { 0 };

		if (job->fate != NOT_ENDED)
			die("file %05u ended twice",
			    (unsigned int)done->user_data);
		job->fate = fate_of(done);
		job->progress = done->progress;
		if (!(done->result & ACALL_RESULT_MORE))
			continue;
		check(acall_queue_finish(c->queue, done->handle, &job->digest,
					 sizeof(job->digest), NULL, 0, &result),
		      "FINISH");
		if (result.out_len != sizeof(job->digest))
			die("a digest of %u bytes", (unsigned int)result.out_len);
	}
	check(acall_queue_seen(c->queue, n), "seen");
	c->ended += n;
}

static void cancel_due(struct client *c)
{
	struct work *work = c->work;

	for (; c->cancelled < work->nr_chosen; c->cancelled++) {
		struct job *job = &work->jobs[work->order[c->cancelled]];
		int ret;

		if (job->due > c->ended || !job->handle)
			return;
		/* For as long as it takes: nothing is abandoned. */
		ret = acall_queue_cancel(c->queue, job->handle, ACALL_FOREVER,
					 ACALL_CANCEL_NOWAIT);
		check(ret, "CANCEL");
		job->told = ret == ACALL_TOO_LATE ? TOO_LATE :
			    ret == ACALL_CANCELLED ? TOLD_CANCELLED : REQUESTED;
	}
}

/* Others end while files are opened, and what is due then is not to wait. */
static void look(struct client *c)
{
	read_some(c);
	cancel_due(c);
}

static void submit(struct client *c)
{
	unsigned int most = c->begun ? SLOTS : FIRST;
	struct acall_submission *sub;
	int ret;

	while (c->got < c->work->count && c->got - c->ended < most) {
		sub = acall_queue_get_submission(c->queue);
		if (!sub)
			break;
		prepare(c, sub);
		look(c);
	}
	if (!acall_queue_unsubmitted(c->queue))
		return;
	ret = acall_queue_submit(c->queue);
	/* A limit: there is room when others have ended. */
	if ((ret == -EAGAIN || ret == -EDQUOT) && c->begun > c->ended)
		return;
	check(ret, "submit");
	took(c);
}

/* So many completions are worth being woken for: those that a cancel waits for, too. */
static unsigned int worth(const struct client *c)
{
	const struct work *work = c->work;
	unsigned int flying = c->begun - c->ended, due;

	if (c->cancelled < work->nr_chosen) {
		due = work->jobs[work->order[c->cancelled]].due;
		if (due <= c->ended)
			return 1;
		if (due - c->ended < flying)
			flying = due - c->ended;
	}
	return flying < WAKE ? flying : WAKE;
}

void run_queue(struct work *work, unsigned int threads)
{
	struct client c = { .work = work };

	(void)threads;
	check(acall_queue_create(ACALL_FILE_INTERFACE, 0, SLOTS, 0, &c.queue),
	      "queue");
	while (c.ended < work->count) {
		submit(&c);
		look(&c);
		if (c.ended < c.begun &&
		    (c.got == work->count || c.begun - c.ended == SLOTS ||
		     acall_queue_unsubmitted(c.queue)))
			check(acall_queue_wait(c.queue, worth(&c),
					       ACALL_FOREVER), "wait");
		look(&c);
	}
	acall_queue_destroy(c.queue);
}
