// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_calls: calls of acall's "test" interface, by a call queue.
 *
 * Calls that were read are finished by the next ENTER, whatever else that is for.
 * So a form is to see to it that this ENTER is one that it counts; one of its own
 * for it would be a system call that no program makes.
 *
 * Calls that are to stay queued: short ones do as long as their beginner does not
 * leave the only processor, for whoever he is scheduled before; where there are
 * several, calls of a method that may sleep wait on the narrow interface behind one
 * that does.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/acall.h>
#include <linux/acall_test.h>

#include "calls.h"
#include "calls_acall.h"

#define CALLS		2048
#define CANCELLED	512
#define ASLEEP		128

#define FEW		1000
#define MANY		1000000
#define STEP		64	/* that are begun beside them */
#define FILL		256	/* entries: in an ENTER while there come to be many */
#define IN_BYTES	262144	/* of which the kernel's memory is looked at */

/* struct form.how */
#define WORKER		0x1	/* with ACALL_ENTER_WORKER */
#define APART		0x2	/* begins and waits in two system calls */
#define LONG		0x4	/* the method may sleep */
#define SLEEPS		0x8	/* cancels what sleeps, not what is queued */
#define WITH_MANY	0x10	/* else few */
#define OUTPUT		0x20	/* so that each has a call of its own */
/* What counts beside many: */
#define BEGIN		0x100
#define FINISH		0x200
#define CANCEL		0x400

struct queue {
	const struct form *form;
	int fd;
	int holder;	/* as calls_acall.h says, -1 = needs none */
	__u64 id;	/* of a gate that never opens */
	void *map;
	size_t map_size;
	struct acall_ring *ring;
	struct acall_submission *submissions;
	struct acall_completion *completions;
	__u32 submission_mask, completion_mask;
	__u32 tail, head;	/* ours, of either ring */
	struct acall_enter_cancel *cancels;	/* of a batch */
};

static void open_queue(struct queue *q, const char *interface, __u32 slots,
		       __u32 entries)
{
	struct acall_create_queue create = {
		.size = sizeof(create),
		.slots = slots,
		.entries = entries,
	};
	int dev = open_device();
	char *map;

	memccpy(create.interface, interface, 0, sizeof(create.interface));
	q->fd = ioctl(dev, ACALL_IOC_CREATE_QUEUE, &create);
	if (q->fd < 0)
		die("CREATE_QUEUE of \"%s\", %u slots: %s", interface, slots,
		    strerror(errno));
	close(dev);
	map = mmap(NULL, create.map_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   q->fd, 0);
	if (map == MAP_FAILED)
		die("a queue's rings: %s", strerror(errno));
	q->map = map;
	q->map_size = create.map_size;
	q->ring = q->map;
	q->submissions = (void *)(map + create.submission_offset);
	q->completions = (void *)(map + create.completion_offset);
	q->submission_mask = create.entries - 1;
	q->completion_mask = create.completions - 1;
	q->tail = 0;
	q->head = 0;
}

/* Its mapping would keep it open. */
static void close_queue(struct queue *q)
{
	munmap(q->map, q->map_size);
	close(q->fd);
}

static struct queue *new_queue(const struct form *form, unsigned int batch)
{
	struct queue *q = allocate(sizeof(*q));

	q->form = form;
	q->id = getpid();
	q->holder = -1;
	q->cancels = allocate(batch * sizeof(*q->cancels));
	return q;
}

/* What was read is finished by the next ENTER, so there are two batches. */
static void *setup(const struct form *form)
{
	struct queue *q = new_queue(form, form->batch);
	__u32 entries = 1;

	while (entries < form->batch)
		entries *= 2;
	open_queue(q, ACALL_TEST_INTERFACE, 2 * form->batch, entries);
	return q;
}

static bool one_processor(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) == 1;
}

/* No worker runs as long as this program does not sleep. */
static void come_first(void)
{
	const struct sched_param param = { .sched_priority = 1 };
	FILE *f = fopen("/proc/sys/kernel/sched_rt_runtime_us", "w");

	if (!one_processor())
		return;
	if (!f || fputs("-1", f) < 0 || fclose(f) ||
	    sched_setscheduler(0, SCHED_FIFO, &param))
		die("SCHED_FIFO: %s", strerror(errno));
}

/* Of calls that stay queued. */
static __u32 queued_method(void)
{
	return one_processor() ? ACALL_TEST_BARE : ACALL_TEST_NOP;
}

static void *setup_narrow(const struct form *form)
{
	struct queue *q = new_queue(form, form->batch);

	open_queue(q, ACALL_TEST_NARROW, 2 * form->batch, form->batch);
	q->holder = hold_narrow(q->id);
	come_first();
	return q;
}

static void teardown(void *state)
{
	struct queue *q = state;

	close_queue(q);
	if (q->holder >= 0)
		let_go_narrow(q->holder);
	free(q->cancels);
	free(q);
}

static void teardown_met(void *state)
{
	__u64 id = ((struct queue *)state)->id;

	teardown(state);
	forget_meeting(id);
}

/* What an entry does not say here is 0 from the beginning, and stays so. */
static struct acall_submission *fill_one(struct queue *q, __u32 i, __u32 method)
{
	struct acall_submission *entry =
		&q->submissions[(q->tail + i) & q->submission_mask];

	entry->method = method;
	entry->user_data = i;
	return entry;
}

static void fill_end(struct queue *q, __u32 n)
{
	q->tail += n;
	__atomic_store_n(&q->ring->submission_tail, q->tail, __ATOMIC_RELEASE);
}

static void fill(struct queue *q, __u32 n, __u32 method)
{
	__u32 i;

	for (i = 0; i < n; i++)
		fill_one(q, i, method);
	fill_end(q, n);
}

static void enter(struct queue *q, __u32 flags, __u32 begin, __u32 cancel,
		  __u32 wait)
{
	struct acall_enter enter = {
		.size = sizeof(enter),
		.flags = flags,
		.begin = begin,
		.wait = wait,
		.until = wait ? UINT64_MAX : 0,
		.cancels = cancel ? (uintptr_t)q->cancels : 0,
		.nr_cancels = cancel,
	};

	do_ioctl(q->fd, ACALL_IOC_ENTER, &enter, "ENTER");
	if (enter.error || enter.taken != begin || enter.begun != begin)
		die("ENTER: took %u and began %u of %u: %s", enter.taken,
		    enter.begun, begin, strerror(-enter.error));
}

/* The next n, which are there; they are the kernel's again with give_back(). */
static void read_completions(struct queue *q, __u32 n, __u32 outcome,
			     __s32 status)
{
	__u32 tail = __atomic_load_n(&q->ring->completion_tail,
				     __ATOMIC_ACQUIRE);

	if (tail - q->head < n)
		die("%u completions, not %u", tail - q->head, n);
	for (; n; n--, q->head++) {
		const struct acall_completion *done =
			&q->completions[q->head & q->completion_mask];

		if (done->outcome != outcome || done->status != status)
			die("outcome %u and status %d, not %u and %d",
			    done->outcome, done->status, outcome, status);
	}
}

static void give_back(struct queue *q)
{
	__atomic_store_n(&q->ring->completion_head, q->head, __ATOMIC_RELEASE);
}

static __u64 run_calls(void *state, unsigned int n)
{
	struct queue *q = state;
	unsigned int batch = q->form->batch, how = q->form->how;
	__u32 method = how & LONG ? ACALL_TEST_NOP : ACALL_TEST_BARE;
	__u32 flags = how & WORKER ? ACALL_ENTER_WORKER : 0;
	__u64 start = units_now();

	for (; n; n -= batch) {
		fill(q, batch, method);
		enter(q, flags, batch, 0, how & APART ? 0 : batch);
		if (how & APART)
			enter(q, flags, 0, 0, batch);
		read_completions(q, batch, ACALL_OUTCOME_COMPLETED, 0);
		give_back(q);
	}
	return units_since(start);
}

/* Those that were begun last are to be cancelled. */
static void name_last(struct queue *q, __u32 n, __u64 grace_ns)
{
	__u32 i;

	for (i = 0; i < n; i++) {
		__u32 at = (q->tail - n + i) & q->submission_mask;

		q->cancels[i].handle = q->submissions[at].handle;
		q->cancels[i].grace_ns = grace_ns;
	}
}

static void begin_asleep(struct queue *q)
{
	struct acall_test_arg arg = { .id = q->id };
	struct acall_submission *entry = fill_one(q, 0, ACALL_TEST_COOP);
	struct acall_query query = { .size = sizeof(query) };
	__u64 handle;

	entry->flags = ACALL_BEGIN_INLINE;
	entry->in_len = sizeof(arg);
	memcpy(entry->bytes, &arg, sizeof(arg));
	fill_end(q, 1);
	enter(q, 0, 1, 0, 0);
	handle = entry->handle;
	for (;;) {
		query.call_id = handle;
		do_ioctl(q->fd, ACALL_IOC_QUERY, &query, "QUERY");
		if (query.state == ACALL_STATE_RUNNING)
			break;
		if (query.state != ACALL_STATE_QUEUED)
			die("a call that is to wait has state %u", query.state);
		sched_yield();
	}
	settle();
}

/*
 * Finishing counts: those of the batch before are given back only where the clock
 * runs, so that it is not the ENTER that begins which finishes them.
 */
static __u64 run_cancel(void *state, unsigned int n)
{
	struct queue *q = state;
	unsigned int batch = q->form->batch;
	bool sleeps = q->form->how & SLEEPS;
	__u32 outcome = sleeps ? ACALL_OUTCOME_STOPPED :
				 ACALL_OUTCOME_NEVER_STARTED;
	__u64 spent = 0, start;

	for (; n; n -= batch) {
		if (sleeps) {
			begin_asleep(q);
		} else {
			fill(q, batch, queued_method());
			enter(q, 0, batch, 0, 0);
		}
		start = units_now();
		give_back(q);
		name_last(q, batch, UINT64_MAX);
		enter(q, 0, 0, batch, batch);
		read_completions(q, batch, outcome, -ECANCELED);
		spent += units_since(start);
	}
	return spent;
}

/* The next n are begun. */
static void begin_many(struct queue *q, __u32 n, __u32 method, const void *in,
		       __u32 in_len)
{
	__u32 left, some, i;

	for (left = n; left; left -= some) {
		some = left < FILL ? left : FILL;
		for (i = 0; i < some; i++) {
			struct acall_submission *entry = fill_one(q, i, method);

			entry->flags = in_len ? ACALL_BEGIN_INLINE : 0;
			entry->in_len = in_len;
			memcpy(entry->bytes, in, in_len);
		}
		fill_end(q, some);
		enter(q, 0, some, 0, 0);
	}
}

/* All that is pending, so that the next form meets nothing of it. */
static void end_queued(struct queue *q)
{
	struct acall_cancel_match match = { .size = sizeof(match) };
	struct acall_wait wait = {
		.size = sizeof(wait),
		.flags = ACALL_WAIT_SETTLED,
		.until = UINT64_MAX,
	};

	do_ioctl(q->fd, ACALL_IOC_CANCEL_MATCH, &match, "CANCEL_MATCH");
	if (match.cancelled != match.matched)
		die("CANCEL_MATCH: %u of %u", match.cancelled, match.matched);
	enter(q, 0, 0, 0, match.matched);
	read_completions(q, match.matched, ACALL_OUTCOME_NEVER_STARTED,
			 -ECANCELED);
	give_back(q);
	enter(q, 0, 0, 0, 0);
	do_ioctl(q->fd, ACALL_IOC_WAIT, &wait, "WAIT for all");
}

/*
 * Nobody is to run into limits while there are many; root would not either, but
 * then each BEGIN pays for looking who he is. @old: what they were.
 */
static void change_limits(const char *to, char (*old)[32])
{
	static const char *const names[] = {
		"user_calls", "total_calls", "user_bytes", "total_bytes",
	};
	char path[80], had[32];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const char *new = to ?: old[i];
		FILE *f;

		snprintf(path, sizeof(path), "/sys/module/acall/parameters/%s",
			 names[i]);
		f = fopen(path, "r+");
		if (!f || !fgets(had, sizeof(had), f))
			die("%s: %s", path, strerror(errno));
		rewind(f);
		if (fputs(new, f) < 0 || fclose(f))
			die("%s = %s: %s", path, new, strerror(errno));
		if (to)
			strcpy(old[i], had);
	}
}

static char limits[4][32];

static void *setup_beside(const struct form *form)
{
	__u32 others = form->how & WITH_MANY ? MANY : FEW;
	struct queue *q = new_queue(form, STEP);

	change_limits("4000000000", limits);
	open_queue(q, ACALL_TEST_NARROW, others + STEP, FILL);
	q->holder = hold_narrow(q->id);
	come_first();
	begin_many(q, others, queued_method(), NULL, 0);
	return q;
}

static void teardown_beside(void *state)
{
	end_queued(state);
	teardown_met(state);
	change_limits(NULL, limits);
}

static __u64 step_beside(struct queue *q)
{
	__u64 begin, cancel, finish, start = units_now();

	fill(q, STEP, queued_method());
	enter(q, 0, STEP, 0, 0);
	begin = units_since(start);
	start = units_now();
	name_last(q, STEP, 0);
	enter(q, 0, 0, STEP, STEP);
	cancel = units_since(start);
	start = units_now();
	read_completions(q, STEP, ACALL_OUTCOME_NEVER_STARTED, -ECANCELED);
	give_back(q);
	enter(q, 0, 0, 0, 0);
	finish = units_since(start);
	return q->form->how & BEGIN ? begin :
	       q->form->how & FINISH ? finish : cancel;
}

static __u64 run_beside(void *state, unsigned int n)
{
	struct queue *q = state;
	__u64 spent = 0;

	for (; n; n -= STEP)
		spent += step_beside(q);
	return spent;
}

/*
 * Pages that are neither free nor some program's, so the kernel's: whoever has
 * taken them, and by which of its allocators. Free are also those that a
 * processor has put aside. The counters are by processor too, until they are
 * told to come together.
 */
static long kernel_pages(void)
{
	static const char *const others[] = {
		"nr_free_pages", "count:", "nr_zone_inactive_anon",
		"nr_zone_active_anon", "nr_zone_inactive_file",
		"nr_zone_active_file", "nr_zone_unevictable",
	};
	int refresh = open("/proc/sys/vm/stat_refresh", O_WRONLY | O_CLOEXEC);
	FILE *f = fopen("/proc/zoneinfo", "r");
	char line[256], name[64];
	unsigned int i;
	long sum = 0, n;

	if (!f || refresh < 0 || write(refresh, "1", 1) != 1)
		die("counters of memory: %s", strerror(errno));
	close(refresh);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %ld", name, &n) != 2)
			continue;
		for (i = 0; i < ARRAY_SIZE(others); i++)
			if (!strcmp(name, others[i]))
				sum += n;
	}
	fclose(f);
	return -sum;
}

/* When what others have let go of, and a grace period holds, has come back. */
static long settled_pages(void)
{
	long last = 0, now = kernel_pages();
	unsigned int tries = 100, i;

	do {
		last = now;
		for (i = 0; i < 100; i++)
			settle();
		now = kernel_pages();
	} while (labs(now - last) > 8 && --tries);
	if (!tries)
		die("the kernel's memory does not come to rest");
	return now;
}

static void open_gate(__u64 id)
{
	struct acall_test_control control = {
		.op = ACALL_TEST_OP_OPEN,
		.id = id,
	};
	int fd = open("/dev/acall_test", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("/dev/acall_test: %s", strerror(errno));
	do_ioctl(fd, ACALL_TEST_IOC_CONTROL, &control, "OPEN");
	close(fd);
}

static void *setup_bytes(const struct form *form)
{
	struct queue *q = new_queue(form, 1);

	change_limits("4000000000", limits);
	open_gate(q->id);
	return q;
}

static void teardown_bytes(void *state)
{
	struct queue *q = state;

	forget_meeting(q->id);
	free(q->cancels);
	free(q);
	change_limits(NULL, limits);
}

/*
 * A call is pending until it is finished, done or not. Nothing is kept warm: what was
 * freed before might be taken again uncounted.
 */
static __u64 run_bytes(void *state, unsigned int n)
{
	struct queue *q = state;
	struct acall_test_arg arg = { .id = q->id };
	bool output = q->form->how & OUTPUT;
	long before, taken;

	if (!n)
		return 0;
	before = settled_pages();
	open_queue(q, ACALL_TEST_INTERFACE, n, FILL);
	begin_many(q, n, output ? ACALL_TEST_ECHO : ACALL_TEST_SHORT_GATE, &arg,
		   sizeof(arg));
	enter(q, 0, 0, 0, n);
	taken = settled_pages() - before;
	read_completions(q, n, ACALL_OUTCOME_COMPLETED, 0);
	close_queue(q);
	if (taken <= 0)
		die("%u calls have no memory", n);
	return (__u64)taken * sysconf(_SC_PAGESIZE);
}

#define MADE(_name, _what, _batch, _calls, _how)			\
	{ _name, _what, _batch, _calls, _how, setup, run_calls,		\
	  teardown, NULL }
#define CANCELS(_name, _what, _batch, _calls, _how, _setup)		\
	{ _name, _what, _batch, _calls, _how, _setup, run_cancel,	\
	  teardown_met, NULL }
#define BESIDE(_name, _what, _how)					\
	{ _name, _what, STEP, CANCELLED, _how, setup_beside,		\
	  run_beside, teardown_beside, NULL }
#define BYTES(_name, _what, _how)					\
	{ _name, _what, IN_BYTES, IN_BYTES, _how, setup_bytes,		\
	  run_bytes, teardown_bytes, "bytes" }

const struct form queue_forms[] = {
	MADE("queue_call", "ENTER of a short method, in the caller",
	     1, CALLS, 0),
	MADE("queue_call_worker", "ENTER of a short method, in a worker",
	     1, CALLS, WORKER),
	MADE("queue_begin_wait", "the same, begins and waits apart",
	     1, CALLS, WORKER | APART),

	MADE("queue_batch_1", "ENTER of a short method, in a worker",
	     1, CALLS, WORKER),
	MADE("queue_batch_8", "the same of 8", 8, CALLS, WORKER),
	MADE("queue_batch_32", "the same of 32", 32, CALLS, WORKER),
	MADE("queue_batch_64", "the same of 64", 64, CALLS, WORKER),
	MADE("queue_batch_256", "the same of 256", 256, CALLS, WORKER),
	MADE("queue_batch_1024", "the same of 1024", 1024, 4 * CALLS, WORKER),

	MADE("queue_long_1", "ENTER of a method that may sleep",
	     1, CALLS, WORKER | LONG),
	MADE("queue_long_32", "the same of 32", 32, CALLS, WORKER | LONG),
	MADE("queue_long_256", "the same of 256", 256, CALLS, WORKER | LONG),

	CANCELS("queue_cancel_1", "ENTER that cancels a queued call, both reaped",
		1, CANCELLED, 0, setup_narrow),
	CANCELS("queue_cancel_64", "the same of 64 queued calls",
		64, CANCELLED, 0, setup_narrow),
	CANCELS("queue_cancel_asleep", "the same of a call asleep in a worker",
		1, ASLEEP, SLEEPS, setup),

	BESIDE("queue_begin_1k", "64 begun while 1,000 are queued", BEGIN),
	BESIDE("queue_begin_1m", "64 begun while 1,000,000 are queued",
	       BEGIN | WITH_MANY),
	BESIDE("queue_finish_1k", "64 finished while 1,000 are queued", FINISH),
	BESIDE("queue_finish_1m", "64 finished while 1,000,000 are queued",
	       FINISH | WITH_MANY),
	BESIDE("queue_cancel_1k", "64 cancelled while 1,000 are queued",
	       CANCEL),
	BESIDE("queue_cancel_1m", "64 cancelled while 1,000,000 are queued",
	       CANCEL | WITH_MANY),

	BYTES("queue_bytes", "bytes of a short call with 24 of arguments", 0),
	BYTES("queue_bytes_output", "the same of one with as much output too",
	      OUTPUT),
	{ }
};
