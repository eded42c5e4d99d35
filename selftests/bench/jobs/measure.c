// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_work: one form with one set, and what it cost.
 *
 * The work of acall is done by the kernel's workers, that of others by threads
 * and processes. What all have in common is how long the processors were not
 * idle, and how much memory was used that is no page cache: these are counted of
 * the whole machine, on which there is to be nothing else.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jobs.h"

/* For one form, in case it hangs. */
#define GUARD_SECONDS	1200

/* Between two looks at the memory. */
#define LOOK_MS		20

unsigned int processors(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

/* Of all processors. */
static __u64 idle_ns(void)
{
	unsigned long long idle, wait;
	FILE *f = fopen("/proc/stat", "r");

	if (!f || fscanf(f, "cpu %*u %*u %*u %llu %llu", &idle, &wait) != 2)
		die("/proc/stat: %s", strerror(errno));
	fclose(f);
	return (idle + wait) * (1000000000ULL / sysconf(_SC_CLK_TCK));
}

/* Bytes in use that are no page cache; tmpfs's files are. */
static long long memory_used(void)
{
	long long total = 0, spare = 0, value;
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128], name[32];

	if (!f)
		die("/proc/meminfo: %s", strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%31[^:]: %lld kB", name, &value) != 2)
			continue;
		if (!strcmp(name, "MemTotal"))
			total = value;
		else if (!strcmp(name, "MemFree") || !strcmp(name, "Buffers") ||
			 !strcmp(name, "Cached"))
			spare += value;
	}
	fclose(f);
	return (total - spare) * 1024;
}

static __u64 random_below(__u64 limit)
{
	static __u64 x = 0x9e3779b97f4a7c15ULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x % limit;
}

static const struct job *sorting;

static int by_due(const void *a, const void *b)
{
	unsigned int i = *(const unsigned int *)a;
	unsigned int k = *(const unsigned int *)b;

	if (sorting[i].due != sorting[k].due)
		return sorting[i].due < sorting[k].due ? -1 : 1;
	return i < k ? -1 : i > k;
}

/*
 * Clears the jobs and chooses @percent of them, each to be cancelled at some time
 * between its begin and when as many others have ended as there are slots.
 */
void choose(struct work *work, unsigned int percent)
{
	unsigned int window = work->count < SLOTS ? work->count : SLOTS;
	unsigned int n = work->count * percent / 100, i;
	struct job *job;

	memset(work->jobs, 0, work->count * sizeof(*work->jobs));
	for (work->nr_chosen = 0; work->nr_chosen < n;) {
		i = random_below(work->count);
		job = &work->jobs[i];
		if (job->chosen)
			continue;
		job->chosen = true;
		job->due = (i > SLOTS ? i - SLOTS : 0) + random_below(window);
		work->order[work->nr_chosen++] = i;
	}
	sorting = work->jobs;
	qsort(work->order, n, sizeof(*work->order), by_due);
}

static void do_it(struct work *work, const struct form *form)
{
	__u64 idle, start, total;

	alarm(GUARD_SECONDS);
	idle = idle_ns();
	start = now_ns();
	form->run(work, form->threads * processors());
	work->spent->wall_ns = now_ns() - start;
	idle = idle_ns() - idle;
	total = work->spent->wall_ns * processors();
	work->spent->busy_ns = total > idle ? total - idle : 0;
	work->spent->good = true;
}

/* Waits for the end of @child; returns the most memory that was seen. */
static long long watch(pid_t child)
{
	struct pollfd p = {
		.fd = syscall(SYS_pidfd_open, child, 0), .events = POLLIN,
	};
	long long most = 0, now;

	if (p.fd < 0)
		die("pidfd_open: %s", strerror(errno));
	do {
		now = memory_used();
		if (now > most)
			most = now;
	} while (poll(&p, 1, LOOK_MS) < 1);
	close(p.fd);
	return most;
}

static double time_of(const struct timeval *t)
{
	return t->tv_sec * 1e9 + t->tv_usec * 1e3;
}

static void add(const struct work *work, struct run *run,
		const struct rusage *usage, long long memory)
{
	unsigned int i, n = run->count++;

	run->wall[n] = work->spent->wall_ns;
	run->busy[n] = work->spent->busy_ns;
	run->own[n] = time_of(&usage->ru_utime) + time_of(&usage->ru_stime);
	run->memory[n] = memory > 0 ? memory : 0;
	run->rss[n] = usage->ru_maxrss * 1024.0;
	for (i = 0; i < work->count; i++) {
		const struct job *job = &work->jobs[i];

		run->fates[job->fate]++;
		run->chosen += job->chosen;
		run->asked += job->told == REQUESTED ||
			      job->told == TOLD_CANCELLED;
		if (job->fate == STOPPED)
			run->stopped_at += job->progress;
	}
}

/* Do the counts add up? */
static bool count(const struct work *work, const struct run *run)
{
	unsigned int fates[NR_FATES] = { 0 }, i;

	for (i = 0; i < work->count; i++)
		fates[work->jobs[i].fate]++;
	if (fates[COMPLETED] + fates[STOPPED] + fates[NEVER_STARTED] !=
	    work->count) {
		fprintf(stderr, "WRONG: %s: %u + %u + %u files are not %u\n",
			run->form->name, fates[COMPLETED], fates[STOPPED],
			fates[NEVER_STARTED], work->count);
		return false;
	}
	return true;
}

/* Returns whether what it did is right; then it counts as one repetition. */
bool measure(struct work *work, struct run *run, struct digest *reference)
{
	struct rusage usage;
	long long before, most;
	unsigned int i;
	int status;
	pid_t child;

	choose(work, run->percent);
	files_empty_targets(work);
	memset(work->spent, 0, sizeof(*work->spent));
	fflush(NULL);
	before = memory_used();
	child = fork();
	if (child < 0)
		die("fork: %s", strerror(errno));
	if (!child) {
		do_it(work, run->form);
		_exit(0);
	}
	most = watch(child);
	if (wait4(child, &status, 0, &usage) != child)
		die("wait: %s", strerror(errno));
	if (status || !work->spent->good) {
		if (WIFSIGNALED(status))
			fprintf(stderr, "%s: %s\n", run->form->name,
				strsignal(WTERMSIG(status)));
		die("%s could not run", run->form->name);
	}
	if (work->kind == HASH && run->form->run == run_tool)
		for (i = 0; i < work->count; i++)
			reference[i] = work->jobs[i].digest;
	if (!files_right(work, run->form->name, reference) || !count(work, run))
		return false;
	add(work, run, &usage, most - before);
	return true;
}
