// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall wait: until calls of other processes are done, by their number; and what
 * became of them.
 *
 * A thread for each call sleeps in WAIT_ID from the beginning on: a client finishes
 * its call as soon as it is done, and then only those are told who are waiting. So
 * progress is looked at beside that, and nobody's outcome hangs on it. A thread
 * writes its answer, then counts itself in the eventfd; the main thread reads what
 * has been counted.
 */
#include "cli.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static const char help[] =
"Usage: acall wait [OPTION]... ID...\n"
"Wait until calls are done, which acall ps lists: your own, and as root those of\n"
"everybody. Says what became of each, also if its client finishes it at once.\n"
"\n"
"  --progress      show how far the first of them is, on a terminal\n"
"  --settled       of an abandoned one, until nothing of it runs any more\n"
"  --timeout=TIME  wait no longer than that (30s, 500ms, 2m)\n"
"  --json          one JSON object per call\n"
"  -q, --quiet     only the exit code\n"
"\n"
"Exit: 0 all have completed, 1 one has failed or is not there (any more), 4 one\n"
"      was abandoned and may still be running, 124 a deadline or --timeout has\n"
"      passed, 130 one was cancelled, and has stopped\n";

enum { OPT_PROGRESS = OPT_VERB, OPT_SETTLED };

struct waiting {
	uint64_t call_id;
	uint64_t until;
	unsigned int flags;
	int device;
	int event;
	pthread_t thread;
	int error;
	struct acall_wait_id answer;
	atomic_bool ended;
	bool told;
	struct acall_method_info method;
	char name[CALL_NAME_LEN];
};

static void *wait_thread(void *arg)
{
	struct waiting *w = arg;
	const uint64_t one = 1;

	do {
		w->error = acall_wait_by_id(w->device, w->call_id, w->until,
					    w->flags, &w->answer,
					    sizeof(w->answer));
	} while (w->error == -EINTR);
	atomic_store(&w->ended, true);
	/* Cannot fail: it counts to more than there are threads. */
	if (write(w->event, &one, sizeof(one)) != (ssize_t)sizeof(one))
		abort();
	return NULL;
}

static int exit_of(const struct waiting *w)
{
	if (w->error == -ETIMEDOUT)
		return EXIT_DEADLINE;
	if (w->error)
		return EXIT_FAILED;
	switch (w->answer.outcome) {
	case ACALL_OUTCOME_COMPLETED:
		return w->answer.status ? EXIT_FAILED : EXIT_OK;
	case ACALL_OUTCOME_ABANDONED:
		/* With --settled it is over, but nobody has its result. */
		return w->flags & ACALL_WAIT_SETTLED ? EXIT_FAILED :
						       EXIT_STILL_RUNNING;
	default:
		return w->answer.status == -ETIME ? EXIT_DEADLINE :
		       w->answer.status == -ECANCELED ? EXIT_INTERRUPTED :
							EXIT_FAILED;
	}
}

/* "stopped, 131.0 MiB of 256.0 MiB, cancelled by administrator (pid 7)" */
static char *verdict(const struct waiting *w)
{
	const struct acall_wait_id *a = &w->answer;
	struct acall_list_record r = { .progress = a->progress,
				       .total = a->total };
	char buf[256], amount[CALL_NAME_LEN], by[TEXT_LEN] = "";
	bool counts = w->method.unit != ACALL_UNIT_NONE && a->progress;

	if (w->error && w->error != -ETIMEDOUT)
		return xstrdup(acall_strerror(NULL, ACALL_OP_CANCEL_ID,
					      w->error, buf, sizeof(buf)));
	call_progress(amount, &r, w->method.unit);
	if (w->error)
		return xprintf("still %s%s%s", acall_state_name(a->state),
			       counts ? ", " : "", counts ? amount : "");
	if (a->outcome == ACALL_OUTCOME_COMPLETED && a->status)
		return xprintf("failed: %s%s%s",
			       acall_strerror(NULL, ACALL_OP_RESULT, a->status,
					      buf, sizeof(buf)),
			       counts ? "; " : "", counts ? amount : "");
	if (a->cancel_tgid)
		snprintf(by, sizeof(by), " (pid %" PRId32 ")", a->cancel_tgid);
	return xprintf("%s%s%s%s%s%s%s", acall_outcome_name(a->outcome),
		       a->outcome != ACALL_OUTCOME_ABANDONED ? "" :
		       w->flags & ACALL_WAIT_SETTLED ? ", and has ended" :
						       ", may still be running",
		       counts ? ", " : "", counts ? amount : "",
		       a->outcome == ACALL_OUTCOME_COMPLETED ? "" :
		       ", cancelled by ",
		       a->outcome == ACALL_OUTCOME_COMPLETED ? "" :
		       acall_reason_name(a->reason), by);
}

static void print_json(const struct waiting *w, const char *text)
{
	const struct acall_wait_id *a = &w->answer;
	struct json j;

	json_open(&j);
	json_number(&j, "call_id", w->call_id);
	json_signed(&j, "exit", exit_of(w));
	if (exit_of(w))
		json_string(&j, "error", text);
	if (!w->error || w->error == -ETIMEDOUT) {
		json_string(&j, "state", acall_state_name(a->state));
		json_string(&j, "outcome", acall_outcome_name(a->outcome));
		json_signed(&j, "status", a->status);
		json_string(&j, "reason", acall_reason_name(a->reason));
		json_signed(&j, "cancel_pid", a->cancel_tgid);
		json_string(&j, "unit", acall_unit_name(w->method.unit));
		json_number(&j, "progress", a->progress);
		json_number(&j, "total", a->total);
		if (a->end_ns)
			json_number(&j, "elapsed_ns", a->end_ns - a->begin_ns);
	}
	json_close(&j);
}

static void tell(struct waiting *w)
{
	char *text = verdict(w);
	int code = exit_of(w);

	w->told = true;
	progress_end();
	if (options.json)
		print_json(w, text);
	else if (w->error && w->error != -ETIMEDOUT)
		say_error(code, "%" PRIu64 ": %s", w->call_id, text);
	else if (!options.quiet)
		printf("%" PRIu64 ": %s\n", w->call_id, text);
	fflush(stdout);
	free(text);
}

static int look(const struct job *job, struct acall_query *q)
{
	const struct waiting *w = job->data;
	struct acall_wait_id a;
	int err;

	err = acall_wait_by_id(w->device, w->call_id, 0, w->flags, &a,
			       sizeof(a));
	if (err && err != -ETIMEDOUT)
		return err;
	*q = (struct acall_query) {
		.state = a.state,
		.progress = a.progress,
		.total = a.total,
		.begin_ns = a.begin_ns,
		.start_ns = a.start_ns,
	};
	return 0;
}

/* The first that has not ended, for the progress line. */
static struct job next_job(struct waiting *w, size_t nr)
{
	struct job job = { .look = look };

	while (nr && atomic_load(&w->ended)) {
		w++;
		nr--;
	}
	if (!nr)
		return job;
	job.title = w->name;
	job.unit = w->method.unit;
	job.data = w;
	return job;
}

static void sleep_until(int event, uint64_t until)
{
	struct pollfd fds[] = { { .fd = event, .events = POLLIN },
				{ .fd = signals_fd(), .events = POLLIN } };
	uint64_t now = acall_after_ns(0);
	uint64_t ns = until > now ? until - now : 0;
	struct timespec ts = { .tv_sec = (time_t)(ns / NSEC_PER_SEC),
			       .tv_nsec = (long)(ns % NSEC_PER_SEC) };

	ppoll(fds, 2, until == ACALL_FOREVER ? NULL : &ts, NULL);
}

/* Returns when all have been told. */
static void wait_all(struct waiting *w, size_t nr, int event, bool progress)
{
	struct job job = next_job(w, nr);
	struct waiting *shown = NULL;
	size_t i, left = nr;
	uint64_t counted;

	while (left) {
		if (progress && job.data && job.data != shown)
			progress_start(&job);
		shown = job.data;
		sleep_until(event, progress ? progress_next() : ACALL_FOREVER);
		if (signals_read().shows && job.data)
			progress_show(&job);
		if (read(event, &counted, sizeof(counted)) < 0)
			counted = 0;
		for (i = 0; counted && i < nr; i++) {
			if (!w[i].told && atomic_load(&w[i].ended)) {
				tell(&w[i]);
				left--;
			}
		}
		job = next_job(w, nr);
		if (progress && job.data == shown &&
		    acall_after_ns(0) >= progress_next())
			progress_tick(&job);
	}
}

/* What LIST knows of them: the method's name, and the unit of its progress. */
static void find_methods(int device, struct waiting *w, size_t nr)
{
	struct calls calls;
	size_t i, j;

	if (calls_read(device, 0, &calls))
		return;
	for (i = 0; i < calls.nr; i++) {
		for (j = 0; j < nr; j++) {
			const struct acall_list_record *r = &calls.record[i];

			if (w[j].call_id != r->call_id)
				continue;
			w[j].method = *calls_method(device, r);
			call_name(w[j].name, r, &w[j].method);
		}
	}
	free(calls.record);
}

static void start(struct waiting *w)
{
	int err = pthread_create(&w->thread, NULL, wait_thread, w);

	if (!err)
		return;
	say_error(EXIT_FAILED, "no thread to wait in: %s", strerror(err));
	exit(EXIT_FAILED);
}

int verb_wait(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "progress", no_argument, NULL, OPT_PROGRESS },
		{ "settled", no_argument, NULL, OPT_SETTLED },
		{ 0 }
	};
	bool progress = false, settled = false;
	int device, event, code = EXIT_OK, c;
	struct waiting *w;
	size_t nr, i;

	while ((c = next_option(argc, argv, "", longs, help)) != -1) {
		if (c == OPT_PROGRESS)
			progress = true;
		else
			settled = true;
	}
	if (optind == argc)
		usage_error("wait takes the numbers of calls, which acall ps lists");
	nr = (size_t)(argc - optind);
	w = xmalloc(nr * sizeof(*w));
	for (i = 0; i < nr; i++)
		w[i] = (struct waiting) {
			.call_id = id_argument("the number of a call",
					       argv[optind + (int)i]),
			.until = begin_options()->deadline,
			.flags = settled ? ACALL_WAIT_SETTLED : 0,
			.method.unit = ACALL_UNIT_NONE,
		};
	device = acall_open_device();
	if (device < 0)
		return device_error(ACALL_OP_DEVICE, NULL, device);
	event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (event < 0) {
		say_error(EXIT_FAILED, "eventfd: %s", strerror(errno));
		return EXIT_FAILED;
	}
	for (i = 0; i < nr; i++) {
		w[i].device = device;
		w[i].event = event;
		start(&w[i]);
	}
	/* While they wait already. */
	find_methods(device, w, nr);
	wait_all(w, nr, event, progress);
	for (i = 0; i < nr; i++) {
		pthread_join(w[i].thread, NULL);
		code = exit_worse(code, exit_of(&w[i]));
	}
	close(event);
	close(device);
	free(w);
	return exit_worse(code, flush_output());
}
