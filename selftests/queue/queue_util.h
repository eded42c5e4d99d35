/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of call queues share: a queue with its mapping, entries for its
 * submission ring, ENTER and a thread that blocks in it, and what is read from the
 * completion ring. WAIT, FINISH, CANCEL and QUERY are those of acall_util.h, with
 * a handle for the call_id.
 *
 * A queue is open as long as it is mapped, and descriptors alone are closed by the
 * fixtures of others: every mapping is kept in a list, and undone at the end of a
 * test, whatever that did.
 */
#ifndef _SELFTESTS_QUEUE_UTIL_H
#define _SELFTESTS_QUEUE_UTIL_H

#include <stddef.h>

#include "acall_more.h"

#define INLINE		ACALL_BEGIN_INLINE
#define MORE		ACALL_RESULT_MORE

struct queue {
	int fd;
	struct acall_create_queue made;
	void *map;
	struct acall_ring *ring;
	struct acall_submission *submissions;
	struct acall_completion *completions;
	__u32 tail;	/* ours: filled so far */
	__u32 head;	/* ours: read so far */
};

#define MAPS_MAX	64

static struct {
	void *at;
	size_t size;
} queue_maps[MAPS_MAX];

static inline int sys_create_queue(int dev, struct acall_create_queue *c)
{
	c->size = sizeof(*c);
	return poison_ioctl(dev, ACALL_IOC_CREATE_QUEUE, c, sizeof(*c));
}

static inline struct acall_create_queue queue_of(const char *name, __u32 slots,
						 __u32 entries)
{
	struct acall_create_queue c = { .slots = slots, .entries = entries };

	memccpy(c.interface, name, 0, sizeof(c.interface));
	return c;
}

/* Maps what @q->fd is. */
static inline int queue_map(struct queue *q)
{
	unsigned int i;
	char *map;

	map = mmap(NULL, q->made.map_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   q->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	for (i = 0; i < MAPS_MAX; i++) {
		if (queue_maps[i].at)
			continue;
		queue_maps[i].at = map;
		queue_maps[i].size = q->made.map_size;
		break;
	}
	q->map = map;
	q->ring = q->map;
	q->submissions = (void *)(map + q->made.submission_offset);
	q->completions = (void *)(map + q->made.completion_offset);
	return 0;
}

static inline int queue_unmap(struct queue *q)
{
	unsigned int i;

	for (i = 0; i < MAPS_MAX; i++)
		if (queue_maps[i].at == q->map)
			queue_maps[i].at = NULL;
	i = munmap(q->map, q->made.map_size);
	q->map = NULL;
	return i ? -errno : 0;
}

/* Whatever the test has left. */
static inline void queue_unmap_all(void)
{
	unsigned int i;

	for (i = 0; i < MAPS_MAX; i++) {
		if (queue_maps[i].at)
			munmap(queue_maps[i].at, queue_maps[i].size);
		queue_maps[i].at = NULL;
	}
}

static inline int queue_open_flags(struct queue *q, int dev, const char *name,
				   __u32 flags, __u32 slots, __u32 entries)
{
	*q = (struct queue) { .made = queue_of(name, slots, entries) };
	q->made.flags = flags;
	q->fd = sys_create_queue(dev, &q->made);
	if (q->fd < 0)
		return q->fd;
	return queue_map(q);
}

static inline int queue_open(struct queue *q, int dev, const char *name,
			     __u32 slots, __u32 entries)
{
	return queue_open_flags(q, dev, name, 0, slots, entries);
}

/* The last close, unless somebody else has it. */
static inline int queue_close(struct queue *q)
{
	int ret = queue_unmap(q);

	return close(q->fd) ? -errno : ret;
}

/* Without a device fd of the test's own. */
static inline int queue_open_alone(struct queue *q, const char *name,
				   __u32 slots)
{
	int dev = sys_open_device(), ret;

	if (dev < 0)
		return dev;
	ret = queue_open(q, dev, name, slots, 0);
	close(dev);
	return ret;
}

/* Where the kernel stands. */
static inline __u32 queue_taken(struct queue *q)
{
	return __atomic_load_n(&q->ring->submission_head, __ATOMIC_ACQUIRE);
}

static inline __u32 queue_completed(struct queue *q)
{
	return __atomic_load_n(&q->ring->completion_tail, __ATOMIC_ACQUIRE);
}

/* And where we do. */
static inline void queue_set_tail(struct queue *q, __u32 tail)
{
	__atomic_store_n(&q->ring->submission_tail, tail, __ATOMIC_RELEASE);
}

static inline void queue_set_head(struct queue *q, __u32 head)
{
	__atomic_store_n(&q->ring->completion_head, head, __ATOMIC_RELEASE);
}

static inline __u32 queue_room(struct queue *q)
{
	return q->made.entries - (q->tail - queue_taken(q));
}

static inline __u32 queue_unread(struct queue *q)
{
	return queue_completed(q) - q->head;
}

/* Entries to begin. */

static inline struct acall_submission sub_flags(__u32 method, __u32 flags,
						const void *in, __u32 len)
{
	struct acall_submission s = {
		.method = method, .flags = flags, .in_len = len, .error = 99,
		.handle = 99,
	};

	if (len <= sizeof(s.bytes)) {
		s.flags |= INLINE;
		if (len)
			memcpy(s.bytes, in, len);
	} else {
		s.in = PTR(in);
	}
	return s;
}

static inline struct acall_submission sub(__u32 method, const void *in,
					  __u32 len)
{
	return sub_flags(method, 0, in, len);
}

/* Without input and flags. */
static inline struct acall_submission sub_plain(__u32 method)
{
	return (struct acall_submission) {
		.method = method, .error = 99, .handle = 99,
	};
}

static inline struct acall_submission sub_nop(void)
{
	return sub(ACALL_TEST_NOP, NULL, 0);
}

static inline struct acall_submission sub_value(__u32 method, __u64 id,
						__s64 value, __u64 pause)
{
	struct acall_test_arg arg = {
		.id = id, .value = value, .pause = pause,
	};

	return sub(method, &arg, sizeof(arg));
}

static inline struct acall_submission sub_arg(__u32 method, __u64 id)
{
	return sub_value(method, id, 0, 0);
}

static inline struct acall_submission sub_echo(const char *text)
{
	return sub(ACALL_TEST_ECHO, text, strlen(text) + 1);
}

/* @file is where the descriptor is, until ENTER has returned. */
static inline struct acall_submission sub_hold(__u64 id, const __s32 *file)
{
	struct acall_submission s = sub_arg(ACALL_TEST_HOLD, id);

	s.files = PTR(file);
	s.nr_files = 1;
	return s;
}

/* Return: the entry in the ring, or NULL if that is full. */
static inline struct acall_submission *
queue_put(struct queue *q, const struct acall_submission *s)
{
	struct acall_submission *entry;

	if (!queue_room(q))
		return NULL;
	entry = &q->submissions[q->tail & (q->made.entries - 1)];
	*entry = *s;
	queue_set_tail(q, ++q->tail);
	return entry;
}

static inline int sys_enter_struct(int fd, struct acall_enter *e)
{
	e->size = sizeof(*e);
	return poison_ioctl(fd, ACALL_IOC_ENTER, e, sizeof(*e));
}

static inline int sys_enter(int fd, __u32 begin, __u32 wait, __u64 until,
			    struct acall_enter *e)
{
	*e = (struct acall_enter) {
		.begin = begin, .wait = wait, .until = until,
		.taken = 99, .begun = 99, .error = 99,
	};
	return sys_enter_struct(fd, e);
}

/* Tells the kernel what was read, and nothing else. */
static inline int queue_tell(struct queue *q)
{
	struct acall_enter e;

	return sys_enter(q->fd, 0, 0, 0, &e);
}

/* Waits until @n are unread. */
static inline int queue_wait(struct queue *q, __u32 n)
{
	struct acall_enter e;

	return sys_enter(q->fd, 0, n, FOREVER, &e);
}

static inline int queue_wait_until(struct queue *q, __u32 n, __u64 until)
{
	struct acall_enter e;

	return sys_enter(q->fd, 0, n, until, &e);
}

/*
 * Begins one call. Return: 0, the error of its entry, or that which made ENTER take
 * none: then the entry is withdrawn.
 */
static inline int queue_begin(struct queue *q, const struct acall_submission *s,
			      __u64 *handle)
{
	struct acall_submission *entry = queue_put(q, s);
	struct acall_enter e;
	int ret;

	if (!entry)
		return -ENOBUFS;
	ret = sys_enter(q->fd, 1, 0, 0, &e);
	if (ret || !e.taken) {
		queue_set_tail(q, --q->tail);
		return ret ?: e.error ?: -EPROTO;
	}
	if (e.taken != 1 || e.error || e.begun != !entry->error)
		return -EPROTO;
	if (!entry->error && !entry->handle)
		return -EPROTO;
	if (handle)
		*handle = entry->handle;
	return entry->error;
}

static inline int queue_begin_nop(struct queue *q, __u64 *handle)
{
	struct acall_submission s = sub_nop();

	return queue_begin(q, &s, handle);
}

static inline int queue_begin_arg(struct queue *q, __u32 method, __u64 id,
				  __u64 *handle)
{
	struct acall_submission s = sub_arg(method, id);

	return queue_begin(q, &s, handle);
}

static inline int queue_begin_flags(struct queue *q, __u32 flags, __u32 method,
				    __u64 id, __u64 *handle)
{
	struct acall_submission s = sub_arg(method, id);

	s.flags |= flags;
	return queue_begin(q, &s, handle);
}

static inline int queue_begin_deadline(struct queue *q, __u32 method, __u64 id,
				       __u64 deadline, __u64 grace_ns,
				       __u64 *handle)
{
	struct acall_submission s = sub_arg(method, id);

	s.flags |= ACALL_BEGIN_DEADLINE;
	s.deadline = deadline;
	s.grace_ns = grace_ns;
	return queue_begin(q, &s, handle);
}

/* And waits until it has started. */
static inline int queue_one(struct queue *q, int ctl, __u32 method, __u64 id,
			    __u64 *handle)
{
	return queue_begin_arg(q, method, id, handle) ?:
	       wait_starts(ctl, id, 1);
}

/*
 * Keeps who runs short methods busy, until the gate at @id opens: this user's that are
 * begun meanwhile stay queued.
 */
static inline int queue_hold_shorts(struct queue *q, int ctl, __u64 id,
				    __u64 *handle)
{
	/* That makes the meeting that a short method only looks for. */
	int ret = wait_starts(ctl, id, 0);

	return ret ?: queue_one(q, ctl, ACALL_TEST_SHORT_GATE, id, handle);
}

static inline int sys_cancel_match(int fd, __u32 flags, __u32 tag, __u32 method,
				   __u64 grace_ns, struct acall_cancel_match *m)
{
	*m = (struct acall_cancel_match) {
		.size = sizeof(*m), .flags = flags, .tag = tag,
		.method = method, .grace_ns = grace_ns, .matched = 99,
		.cancelled = 99,
	};
	return poison_ioctl(fd, ACALL_IOC_CANCEL_MATCH, m, sizeof(*m));
}

static inline int enter_cancels(struct queue *q, struct acall_enter_cancel *ec,
				__u32 nr, __u32 wait)
{
	struct acall_enter e = {
		.wait = wait, .until = FOREVER, .cancels = PTR(ec),
		.nr_cancels = nr,
	};

	return sys_enter_struct(q->fd, &e);
}

/* The next completion that is unread, or NULL. */
static inline const struct acall_completion *queue_peek(struct queue *q)
{
	if (!queue_unread(q))
		return NULL;
	return &q->completions[q->head & (q->made.completions - 1)];
}

/* Moves over the next completion, which is there; the kernel is not told yet. */
static inline int queue_read(struct queue *q, struct acall_completion *c)
{
	const struct acall_completion *next = queue_peek(q);

	if (!next)
		return -ENODATA;
	*c = *next;
	queue_set_head(q, ++q->head);
	return poison_shown(c, NULL, sizeof(*c)) < 0 ? 0 : -EUCLEAN;
}

/* Waits for the next completion, and finishes its call by moving over it. */
static inline int queue_reap(struct queue *q, struct acall_completion *c)
{
	return queue_wait(q, 1) ?: queue_read(q, c) ?: queue_tell(q);
}

/* Moves over all that are there. Return: how many. */
static inline int queue_read_all(struct queue *q)
{
	struct acall_completion c;
	int n = 0;

	while (!queue_read(q, &c))
		n++;
	return n;
}

/* Until nothing is pending. Return: how many completions that were. */
static inline int queue_drain(struct queue *q)
{
	int ret, n = 0;

	while (!(ret = queue_wait(q, 1)))
		n += queue_read_all(q);
	return ret == -ESRCH ? n : ret;
}

/* Return: enum acall_state, or -errno. */
static inline int queue_state(struct queue *q, __u64 handle)
{
	struct acall_query query;
	int ret = sys_query(q->fd, handle, &query);

	return ret ?: (int)query.state;
}

static inline int queue_wait_progress(struct queue *q, __u64 handle,
				      __u64 progress)
{
	__u64 since = now_ns();
	struct acall_query query;
	int ret;

	do {
		ret = sys_query(q->fd, handle, &query);
		if (ret || query.progress == progress)
			return ret;
		give_way();
	} while (!guard_expired(since));
	return -ETIMEDOUT;
}

/* Lets the clock pass @time, on a call that does not get ready meanwhile. */
static inline int queue_pass_time(struct queue *q, __u64 handle, __u64 time)
{
	return sys_wait_until(q->fd, handle, time) == -ETIMEDOUT ? 0 : -EPROTO;
}

static inline int queue_abandon(struct queue *q, __u64 handle)
{
	struct acall_cancel c;

	return sys_cancel(q->fd, ACALL_CANCEL_ABANDON, handle, 0, &c);
}

static inline int queue_finish_out(struct queue *q, __u64 handle, void *out,
				   __u32 len, struct acall_finish *f)
{
	*f = (struct acall_finish) {
		.call_id = handle, .out = PTR(out), .out_len = len,
	};
	return sys_finish_struct(q->fd, f);
}

static inline int queue_finish_now(struct queue *q, __u64 handle,
				   struct acall_finish *f)
{
	*f = (struct acall_finish) {
		.call_id = handle, .flags = ACALL_FINISH_NONBLOCK,
	};
	return sys_finish_struct(q->fd, f);
}

/* The listed call with @user_data: that is how to find a queue's by its id. */
static inline int list_find_data(int dev, __u64 user_data,
				 struct acall_list_record *record)
{
	struct acall_list_record page[8];
	__u64 cursor = 0;
	int i, n;

	memset(record, 0, sizeof(*record));
	do {
		n = sys_list(dev, 0, &cursor, page, ARRAY_SIZE(page));
		for (i = 0; i < n; i++) {
			if (page[i].user_data != user_data)
				continue;
			*record = page[i];
			return 0;
		}
	} while (n > 0);
	return n ?: -ENOENT;
}

/* No operation knows @handle any more. */
static inline int queue_is_stale(struct queue *q, __u64 handle)
{
	struct acall_enter_cancel ec = { .handle = handle, .error = 99 };
	struct acall_enter e = { .cancels = PTR(&ec), .nr_cancels = 1 };
	struct acall_cancel c;
	struct acall_finish f;
	struct acall_query query;

	CHECK(sys_wait_until(q->fd, handle, FOREVER) == -ESRCH);
	CHECK(sys_finish(q->fd, handle, &f) == -ESRCH);
	CHECK(queue_finish_now(q, handle, &f) == -ESRCH);
	CHECK(sys_cancel(q->fd, 0, handle, 0, &c) == -ESRCH);
	CHECK(c.state == ACALL_STATE_IDLE);
	CHECK(c.outcome == ACALL_OUTCOME_NONE);
	CHECK(queue_abandon(q, handle) == -ESRCH);
	CHECK(sys_query(q->fd, handle, &query) == -ESRCH);
	CHECK(!sys_enter_struct(q->fd, &e));
	CHECK(ec.error == -ESRCH);
	return 0;
}

/* What a completion and QUERY say of a call that a client has cancelled. */
static inline bool is_cancelled(const struct acall_completion *c, __u32 outcome)
{
	return c->status == -ECANCELED && c->outcome == outcome;
}

static inline bool is_completed(const struct acall_completion *c)
{
	return !c->status && c->outcome == ACALL_OUTCOME_COMPLETED;
}

/* A thread in ENTER. */
struct enterer {
	int fd;
	struct acall_enter e;
	pthread_barrier_t *barrier;	/* passed before ENTER, if any */
	pthread_t thread;
	pid_t tid;
	int ret;
	int ended;
};

static inline void *enterer_main(void *arg)
{
	struct enterer *t = arg;

	__atomic_store_n(&t->tid, (pid_t)syscall(__NR_gettid),
			 __ATOMIC_RELEASE);
	if (t->barrier)
		pthread_barrier_wait(t->barrier);
	t->ret = sys_enter_struct(t->fd, &t->e);
	__atomic_store_n(&t->ended, 1, __ATOMIC_RELEASE);
	return NULL;
}

static inline int enterer_start(struct enterer *t)
{
	int ret;

	t->tid = 0;
	t->ended = 0;
	t->ret = -EINPROGRESS;
	ret = pthread_create(&t->thread, NULL, enterer_main, t);
	if (ret)
		return -ret;
	while (!__atomic_load_n(&t->tid, __ATOMIC_ACQUIRE))
		give_way();
	return 0;
}

static inline bool enterer_ended(struct enterer *t)
{
	return __atomic_load_n(&t->ended, __ATOMIC_ACQUIRE);
}

static inline int enterer_blocked(struct enterer *t)
{
	return wait_blocked(getpid(), t->tid, __NR_ioctl, ACALL_IOC_ENTER);
}

/* Starts it and waits until it sleeps. */
static inline int enterer_block(struct enterer *t)
{
	return enterer_start(t) ?: enterer_blocked(t);
}

static inline int enterer_join(struct enterer *t)
{
	pthread_join(t->thread, NULL);
	return t->ret;
}

static inline int enterer_signal(struct enterer *t, int sig)
{
	return syscall(__NR_tgkill, getpid(), t->tid, sig) ? -errno : 0;
}

/* One that waits for @n completions. */
static inline struct enterer enterer_of(struct queue *q, __u32 n)
{
	return (struct enterer) {
		.fd = q->fd, .e = { .wait = n, .until = FOREVER },
	};
}

#define SLOTS	64

FIXTURE(queue)
{
	FIXTURE_DATA(acall) base;
	struct queue q;		/* of "test", with SLOTS slots and entries */
	int dev;		/* what is in the base, by shorter names */
	int ctl;
	__u64 id;
};

FIXTURE_SETUP(queue)
{
	acall_setup(_metadata, &self->base, NULL);
	self->dev = self->base.dev;
	self->ctl = self->base.ctl;
	self->id = self->base.id;
	ASSERT_EQ(0, queue_open(&self->q, self->dev, ACALL_TEST_INTERFACE,
				SLOTS, SLOTS));
}

FIXTURE_TEARDOWN(queue)
{
	queue_unmap_all();
	acall_teardown(_metadata, &self->base, NULL);
}

#endif /* _SELFTESTS_QUEUE_UTIL_H */
