// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The main loop: sleeps until a call is ready, a signal came or the progress
 * line is due, whichever is first. A --timeout is the kernel's affair: the call's
 * deadline, which makes it ready (see begin_options()).
 *
 * One thread, one ppoll() over the call objects and the signalfd; nothing is
 * looked at without having slept. The race this is about: a call ends while it
 * is being cancelled. So a cancel is only ever requested here (acall_cancel_async,
 * X10), and what became of the call is read from its FINISH alone.
 *
 * The first Ctrl-C requests a cancel of all that is under way, the next leaves
 * it behind: abandons it, also where a grace runs [X7], or where even that is
 * refused just stops waiting (JOB_LEFT).
 */
#include "cli.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A cancel that takes longer than this is remarked on. */
#define REMARK_AFTER (500 * NSEC_PER_MSEC)

void job_begun(struct job *job)
{
	job->state = JOB_LIVE;
	job->interrupted = false;
	job->refused = false;
	job->abandoned = false;
}

static void leave(struct job *job)
{
	int verdict = acall_abandon(job->call);

	/* Ready at once; else there is nothing more to do. */
	if (verdict == ACALL_CANCELLED)
		job->abandoned = true;
	else if (verdict != ACALL_TOO_LATE)
		job->state = JOB_LEFT;
}

static void request_stop(struct job *job)
{
	char buf[256];
	int verdict;

	job->interrupted = true;
	verdict = options.leave ? acall_abandon(job->call) :
		  acall_cancel_async(job->call, options.grace_ns);
	job->refused = verdict < 0;
	if (job->refused)
		say("cannot cancel, so this waits for the end: %s",
		    acall_strerror(job->call, ACALL_OP_CANCEL, verdict, buf,
				   sizeof(buf)));
}

static void interrupt(struct jobs *jobs)
{
	unsigned int i;

	jobs->interrupted = true;
	for (i = 0; i < jobs->nr; i++) {
		if (jobs->job[i].state != JOB_LIVE)
			continue;
		if (jobs->job[i].interrupted)
			leave(&jobs->job[i]);
		else
			request_stop(&jobs->job[i]);
	}
}

static void show(struct jobs *jobs)
{
	if (jobs->show)
		jobs->show(jobs);
	else if (jobs->job[0].state == JOB_LIVE)
		progress_show(&jobs->job[0]);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Sleeps until @until or an event; the fds are in the jobs' order. */
static void sleep_until(struct pollfd *fds, unsigned int nr, uint64_t until)
{
	uint64_t now = acall_after_ns(0);
	uint64_t ns = until > now ? until - now : 0;
	struct timespec ts = {
		.tv_sec = (time_t)(ns / NSEC_PER_SEC),
		.tv_nsec = (long)(ns % NSEC_PER_SEC),
	};

	if (ppoll(fds, nr, until == ACALL_FOREVER ? NULL : &ts, NULL) >= 0)
		return;
	/* EINTR: a signal that is none of ours, such as SIGCONT. */
	if (errno != EINTR && errno != EAGAIN && errno != ENOMEM) {
		say_error(EXIT_FAILED, "poll: %s", strerror(errno));
		exit(EXIT_FAILED);
	}
	while (nr)
		fds[--nr].revents = 0;
}

/* Fills @fds; returns how many jobs are live. */
static unsigned int look(const struct jobs *jobs, struct pollfd *fds)
{
	unsigned int i, live = 0;

	for (i = 0; i < jobs->nr; i++) {
		const struct job *job = &jobs->job[i];
		bool is_live = job->state == JOB_LIVE;

		/* A negative fd is skipped by poll. */
		fds[i].fd = is_live ? acall_fd(job->call) : -1;
		fds[i].events = POLLIN;
		live += is_live;
	}
	fds[jobs->nr].fd = signals_fd();
	fds[jobs->nr].events = POLLIN;
	return live;
}

static void collect(struct jobs *jobs, const struct pollfd *fds)
{
	unsigned int i;

	for (i = 0; i < jobs->nr; i++) {
		struct job *job = &jobs->job[i];

		/* A pending call is never POLLHUP before it is ready [W4]. */
		if (job->state == JOB_LIVE && fds[i].revents)
			job->state = JOB_READY;
		if (jobs->ready &&
		    (job->state == JOB_READY || job->state == JOB_LEFT))
			jobs->ready(jobs, job);
	}
}

void jobs_run(struct jobs *jobs)
{
	struct pollfd *fds = xmalloc((jobs->nr + 1) * sizeof(*fds));
	uint64_t remark = ACALL_FOREVER, until, now;
	struct signals seen;

	for (;;) {
		until = jobs->show_progress ? progress_next() : ACALL_FOREVER;
		until = sooner(until, remark);
		if (!look(jobs, fds))
			break;
		sleep_until(fds, jobs->nr + 1, until);
		now = acall_after_ns(0);
		if (fds[jobs->nr].revents) {
			seen = signals_read();
			if (seen.shows)
				show(jobs);
			if (seen.interrupts && !jobs->interrupted)
				remark = now + REMARK_AFTER;
			for (; seen.interrupts; seen.interrupts--)
				interrupt(jobs);
		}
		collect(jobs, fds);
		if (now >= remark) {
			remark = ACALL_FOREVER;
			say("cancelling, the method has not stopped yet (Ctrl-C: leave it)");
		}
		if (jobs->show_progress && now >= progress_next())
			progress_tick(&jobs->job[0]);
	}
	free(fds);
}

void job_run(struct job *job, struct jobs *one)
{
	*one = (struct jobs) {
		.job = job,
		.nr = 1,
		.show_progress = true,
	};
	job_begun(job);
	progress_start(job);
	jobs_run(one);
	job->shown = progress_end();
}

bool job_left(struct job *job, struct acall_result *result)
{
	struct acall_query q;

	if (job->state != JOB_LEFT)
		return false;
	memset(result, 0, sizeof(*result));
	result->call_id = acall_id(job->call);
	result->status = -ECANCELED;
	result->outcome = ACALL_OUTCOME_ABANDONED;
	if (!acall_query(job->call, result->call_id, &q, sizeof(q))) {
		result->progress = q.progress;
		result->total = q.total;
		result->begin_ns = q.begin_ns;
		result->start_ns = q.start_ns;
		result->cancel_ns = q.cancel_ns;
	}
	result->end_ns = acall_after_ns(0);
	return true;
}
