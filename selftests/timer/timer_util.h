/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the "timer" interface share: its method, and the fixture,
 * whose end is that of "acall": nothing is left behind. Functions return 0 or
 * a negative errno unless they say otherwise.
 */
#ifndef _SELFTESTS_TIMER_UTIL_H
#define _SELFTESTS_TIMER_UTIL_H

#include "acall_util.h"

#include <linux/acall_timer.h>

#define USEC		1000ULL

static inline int ts_object(void)
{
	return sys_object(ACALL_TIMER_INTERFACE);
}

/* @b: what BEGIN is to get beside the timer; its call_id comes back. */
static inline int ts_begin_struct(int fd, __u32 flags, __u64 ns,
				  struct acall_begin *b)
{
	struct acall_timer_sleep in = { .flags = flags, .ns = ns };

	b->size = sizeof(*b);
	b->method = ACALL_TIMER_SLEEP;
	b->in = PTR(&in);
	b->in_len = sizeof(in);
	return sys_begin_struct(fd, b);
}

static inline int ts_begin(int fd, __u32 flags, __u64 ns)
{
	struct acall_begin b = { 0 };

	return ts_begin_struct(fd, flags, ns, &b);
}

/* One that fires on its own only when the machine is long gone. */
static inline int ts_park(int fd)
{
	return ts_begin(fd, 0, FOREVER);
}

static inline int ts_finish(int fd, struct acall_timer_fired *fired,
			    struct acall_finish *f)
{
	memset(fired, 0xee, sizeof(*fired));
	return sys_finish_out(fd, fired, sizeof(*fired), f);
}

/*
 * Did it fire by itself, not before @due (0 = not known here), and does it say
 * so? Used as one check, so that its failure shows all that FINISH said.
 */
static inline bool ts_fired(const struct acall_finish *f,
			    const struct acall_timer_fired *fired, __u64 due)
{
	if (f->outcome == ACALL_OUTCOME_COMPLETED && !f->status &&
	    f->out_len == sizeof(*fired) && fired->fired_ns >= due &&
	    (!due || fired->fired_ns - fired->late_ns == due) &&
	    fired->fired_ns <= f->end_ns && f->begin_ns <= f->start_ns &&
	    f->start_ns <= fired->fired_ns)
		return true;
	fprintf(stderr, "# FINISH: outcome %u status %d, %u bytes; begun %llu",
		f->outcome, f->status, f->out_len, f->begin_ns);
	fprintf(stderr, " started %llu ended %llu; fired %llu late %llu",
		f->start_ns, f->end_ns, fired->fired_ns, fired->late_ns);
	fprintf(stderr, " due %llu\n", due);
	return false;
}

/* Was it taken away before its time, with @status, and has left no output? */
static inline bool ts_stopped(const struct acall_finish *f,
			      const struct acall_timer_fired *fired, int status)
{
	__u64 untouched;

	memset(&untouched, 0xee, sizeof(untouched));
	if (f->outcome == ACALL_OUTCOME_STOPPED && f->status == status &&
	    !f->out_len && fired->fired_ns == untouched)
		return true;
	fprintf(stderr, "# FINISH: outcome %u status %d, %u bytes; wanted %d\n",
		f->outcome, f->status, f->out_len, status);
	return false;
}

/* To processor @cpu; without it the scheduler may serialize what is to race. */
static inline int ts_bind(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

static inline int ts_settle(int fd)
{
	struct acall_wait w = {
		.size = sizeof(w), .flags = ACALL_WAIT_SETTLED,
		.until = FOREVER,
	};

	return sys_ioctl(fd, ACALL_IOC_WAIT, &w);
}

FIXTURE(timer)
{
	FIXTURE_DATA(acall) base;
	int fd;			/* an object of "timer" */
};

FIXTURE_SETUP(timer)
{
	acall_setup(_metadata, &self->base, NULL);
	self->fd = ts_object();
}

FIXTURE_TEARDOWN(timer)
{
	acall_teardown(_metadata, &self->base, NULL);
}

/* The first line of every test. */
#define NEEDS_TIMER()							\
do {									\
	if (self->fd == -ENOENT)					\
		SKIP(return, "no interface " ACALL_TIMER_INTERFACE);	\
	ASSERT_LE(0, self->fd);						\
} while (0)

#endif /* _SELFTESTS_TIMER_UTIL_H */
