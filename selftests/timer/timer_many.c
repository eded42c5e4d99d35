// SPDX-License-Identifier: GPL-2.0-only
/*
 * 100,000 timers parked at once in one process: no thread holds them, neither
 * here nor in the kernel, a cancel takes any of them away, and when the time of
 * all the others comes at once each fires, once and not early, and interrupts
 * leave the processors time for other things meanwhile.
 *
 * The race is with the clock: the time that is meant to find all of them parked
 * may be past before the last is. How long parking takes is measured first, and
 * if it was too short a time all the same, the test takes twice as much.
 */
#include "timer_util.h"

#define MANY		100000
#define PER_TIMER	(4ULL << 10)	/* memory, with room to spare */
#define THREADS		32	/* that may come for reasons of their own */

FIXTURE(many)
{
	FIXTURE_DATA(timer) timer;
	int *fd;
	int n;
};

static __u64 memory(const char *what)
{
	unsigned long long kib = 0;
	char line[128];
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, what, strlen(what)) &&
		    sscanf(line + strlen(what), ": %llu", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib << 10;
}

/* How many timers this machine can hold; why not all is printed. */
static int affordable(void)
{
	struct rlimit r = { MANY + 64, MANY + 64 };
	__u64 room = memory("MemAvailable") / 2 / PER_TIMER;
	int n = MANY;

	if (setrlimit(RLIMIT_NOFILE, &r)) {
		getrlimit(RLIMIT_NOFILE, &r);
		n = r.rlim_cur > 128 ? r.rlim_cur - 64 : 64;
		fprintf(stderr, "# only %d files may be open\n", n);
	}
	if (geteuid() && n > 4000) {
		n = 4000;
		fprintf(stderr, "# only root may have more than %d calls\n", n);
	}
	if (room < (__u64)n) {
		n = room;
		fprintf(stderr, "# only memory for %d timers\n", n);
	}
	return n;
}

FIXTURE_SETUP(many)
{
	timer_setup(_metadata, &self->timer, NULL);
	if (self->timer.fd < 0)
		return;
	self->n = affordable();
	self->fd = calloc(self->n, sizeof(*self->fd));
	ASSERT_NE(NULL, self->fd);
}

FIXTURE_TEARDOWN(many)
{
	free(self->fd);
	timer_teardown(_metadata, &self->timer, NULL);
}

/* Threads of the whole machine, kernel workers included. */
static int all_threads(void)
{
	FILE *f = fopen("/proc/loadavg", "re");
	int n = -EIO;

	if (f && fscanf(f, "%*f %*f %*f %*d/%d", &n) != 1)
		n = -EIO;
	if (f)
		fclose(f);
	return n;
}

static int own_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n - 2;
}

/*
 * A thread that is bound to a processor and notes when it runs there from
 * @since on: what shows that interrupts do not keep it to themselves.
 */
struct witness {
	int cpu;
	int bound;
	__u64 since;
	int stop;
	unsigned int n;
	__u64 seen[4096];
	pthread_t thread;
};

static void *witness_main(void *arg)
{
	struct witness *w = arg;
	struct timespec since = { w->since / SEC, w->since % SEC };
	__u64 now, last = 0;

	w->bound = !ts_bind(w->cpu);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &since, NULL);
	while (!__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE)) {
		now = now_ns();
		if (now - last < 200 * USEC || w->n == ARRAY_SIZE(w->seen))
			continue;
		w->seen[w->n++] = now;
		last = now;
	}
	return NULL;
}

/* How often it ran between the two. */
static unsigned int witness_end(struct witness *w, __u64 first, __u64 last)
{
	unsigned int i, n = 0;

	__atomic_store_n(&w->stop, 1, __ATOMIC_RELEASE);
	pthread_join(w->thread, NULL);
	for (i = 0; i < w->n; i++)
		n += w->seen[i] > first && w->seen[i] < last;
	return n;
}

static int park_all(const int *fd, int n, __u64 due)
{
	int i, ret = 0;

	for (i = 0; i < n && !ret; i++)
		ret = ts_begin(fd[i], ACALL_TIMER_ABS, due);
	return ret;
}

/* Return: 0; or -ESRCH: for one of them the time had come. */
static int cancel_all(const int *fd, int n, int from, int step)
{
	struct acall_timer_fired fired;
	struct acall_cancel c;
	struct acall_finish f;
	int i, ret;

	for (i = from; i < n; i += step) {
		ret = sys_cancel(fd[i], 0, 0, 0, &c) ?:
		      ts_finish(fd[i], &fired, &f);
		if (ret)
			return ret;
		if (!ts_stopped(&f, &fired, -ECANCELED))
			return -EPROTO;
	}
	return 0;
}

/* Whatever became of them. */
static void drain(const int *fd, int n)
{
	struct acall_timer_fired fired;
	struct acall_finish f;
	int i;

	for (i = 0; i < n; i++)
		ts_finish(fd[i], &fired, &f);
}

/* Those at odd places fire; @first, @last: when the first and the last one did. */
static int all_fire(const int *fd, int n, __u64 due, __u64 *first, __u64 *last)
{
	struct acall_timer_fired fired;
	struct acall_finish f;
	int i, ret;

	*first = FOREVER;
	*last = 0;
	for (i = 1; i < n; i += 2) {
		ret = ts_finish(fd[i], &fired, &f);
		if (ret)
			return ret;
		if (!ts_fired(&f, &fired, due))
			return -EPROTO;
		if (f.end_ns < *first)
			*first = f.end_ns;
		if (f.end_ns > *last)
			*last = f.end_ns;
	}
	return 0;
}

TEST_F_TIMEOUT(many, P1_parked_timers_hold_no_thread, 280)
{
	int *fd = self->fd, n = self->n, i, ret, threads;
	__u64 used, began, took, due, first, last;
	int cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int dev = self->timer.base.dev;
	static struct witness w[16];

	if (self->timer.fd < 0)
		SKIP(return, "no interface " ACALL_TIMER_INTERFACE);
	if (cpus > (int)ARRAY_SIZE(w))
		cpus = ARRAY_SIZE(w);
	threads = all_threads();
	used = memory("MemFree");
	ASSERT_EQ(1, own_threads());

	began = now_ns();
	for (i = 0; i < n; i++) {
		fd[i] = sys_create(dev, ACALL_TIMER_INTERFACE);
		ASSERT_LE(0, fd[i]);
		ASSERT_EQ(0, ts_park(fd[i]));
	}
	took = now_ns() - began;
	used -= memory("MemFree");
	TH_LOG("%d timers parked in %llu ms: %lld bytes each, threads %+d", n,
	       (unsigned long long)(took / MSEC), (long long)used / n,
	       all_threads() - threads);
	EXPECT_EQ(n, counter("executions"));
	EXPECT_EQ(1, own_threads());
	EXPECT_GT(THREADS, all_threads() - threads);

	/* Now all at one time, every other one taken away before it. */
	ASSERT_EQ(0, cancel_all(fd, n, 0, 1));
	for (ret = -ESRCH; ret == -ESRCH; took *= 2) {
		ASSERT_GT(100 * SEC * scale(), took);
		due = now_ns() + took;
		ASSERT_EQ(0, park_all(fd, n, due));
		ret = cancel_all(fd, n, 0, 2);
		if (ret == -ESRCH)
			drain(fd, n);
	}
	ASSERT_EQ(0, ret);
	EXPECT_GT(THREADS, all_threads() - threads);
	for (i = 0; i < cpus; i++) {
		w[i] = (struct witness) { .cpu = i, .since = due };
		ASSERT_EQ(0, pthread_create(&w[i].thread, NULL, witness_main,
					    &w[i]));
	}
	ASSERT_EQ(0, all_fire(fd, n, due, &first, &last));
	TH_LOG("%d fired at once: the first %llu us after its time, the last %llu",
	       n / 2, (unsigned long long)(first - due) / 1000,
	       (unsigned long long)(last - due) / 1000);
	/* That took many interrupts, and every processor had others to run. */
	for (i = 0; i < cpus; i++) {
		unsigned int turns = witness_end(&w[i], first, last);

		/* A machine that stood still has had nothing to share. */
		if (w[i].bound && last - first > 20 * MSEC)
			EXPECT_LE(8, turns);
		TH_LOG("processor %d ran its thread %u times meanwhile", i,
		       turns);
	}
	EXPECT_EQ(0, wait_counter("executions", 0));
}

#include "acall_main.h"
