/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests share that hold calls in the slots of a queue to the contract of
 * calls: a call's end as its completion and FINISH tell it, calls that were left,
 * that wait for their provider or for a worker, and the ways to cancel.
 */
#ifndef _SELFTESTS_QUEUE_MORE_H
#define _SELFTESTS_QUEUE_MORE_H

#include "queue_util.h"

#define LATER	(600 * SEC)

/* Every way to ask. */
static const struct {
	__u32 flags;
	__u64 grace_ns;
} cancels[] = {
	{ 0, 0 }, { 0, 1 }, { 0, FOREVER },
	{ ACALL_CANCEL_NOWAIT, 0 }, { ACALL_CANCEL_NOWAIT, FOREVER },
	{ ACALL_CANCEL_ABANDON, 0 }, { ACALL_CANCEL_ESCALATE, 1 },
};

/*
 * Takes the one call that is left, and has its completion and FINISH tell the same
 * story.
 */
static inline int both(struct queue *q, __u64 handle,
		       struct acall_completion *c, struct acall_finish *f)
{
	CHECK(!queue_wait(q, 1));
	CHECK(queue_unread(q) == 1);
	CHECK(!sys_finish(q->fd, handle, f));
	CHECK(!queue_read(q, c));
	CHECK(!queue_tell(q));
	CHECK(c->handle == handle && f->call_id == handle);
	CHECK(c->status == f->status && c->outcome == f->outcome);
	CHECK(c->user_data == f->user_data);
	CHECK(c->progress == f->progress && c->total == f->total);
	CHECK((c->result & ~MORE) == f->result);
	CHECK(f->begin_ns && f->begin_ns <= f->end_ns);
	return queue_is_stale(q, handle);
}

static inline int both_cancelled(struct queue *q, __u64 handle, __u32 outcome,
				 struct acall_finish *f)
{
	struct acall_completion c;

	CHECK(!both(q, handle, &c, f));
	CHECK(f->status == -ECANCELED && f->outcome == outcome);
	CHECK(f->cancel_ns >= f->begin_ns && f->cancel_ns <= f->end_ns);
	CHECK(!c.out_len && !c.nr_files && !(c.result & MORE));
	return 0;
}

static inline int both_completed(struct queue *q, __u64 handle, int status,
				 struct acall_finish *f)
{
	struct acall_completion c;

	CHECK(!both(q, handle, &c, f));
	CHECK(f->status == status);
	CHECK(f->outcome == ACALL_OUTCOME_COMPLETED);
	return 0;
}

/* The slot is free, and good for a call. */
static inline int next_call_works(struct queue *q)
{
	struct acall_submission s = sub_echo("next");
	struct acall_completion c;
	struct acall_finish f;
	char out[8] = "";
	__u64 handle;

	CHECK(!queue_begin(q, &s, &handle));
	CHECK(!queue_reap(q, &c));
	CHECK(c.handle == handle && is_completed(&c) && c.out_len == 5);
	CHECK(!queue_finish_out(q, handle, out, sizeof(out), &f));
	CHECK(!strcmp(out, "next"));
	return 0;
}

static inline int queue_park(struct queue *q, int ctl, __u32 method,
			     const struct acall_test_custom *arg, __u64 *handle)
{
	struct acall_submission s = sub(method, arg, sizeof(*arg));

	return queue_begin(q, &s, handle) ?: wait_starts(ctl, arg->id, 1);
}

static inline struct actor handle_actor(struct queue *q, enum act what,
					__u64 handle)
{
	return (struct actor) {
		.act = what, .fd = q->fd,
		.wait = { .call_id = handle, .until = FOREVER },
		.finish.call_id = handle,
		.cancel = { .call_id = handle, .grace_ns = FOREVER },
	};
}

/* A narrow queue on which nothing starts before @id's gate is open. */
static inline int narrow(struct queue *q, int dev, int ctl, __u64 id,
			 __u32 slots)
{
	int busy = take_slot(dev, ctl, id);

	return busy < 0 ? busy : queue_open(q, dev, ACALL_TEST_NARROW, slots,
					    0);
}

/* A call that was abandoned and finished, and runs on. */
static inline int orphan(struct queue *q, int ctl, __u64 id, __u64 *handle)
{
	struct acall_completion c;

	CHECK(!queue_one(q, ctl, ACALL_TEST_GATE, id, handle));
	CHECK(!queue_abandon(q, *handle));
	CHECK(!queue_reap(q, &c));
	CHECK(c.handle == *handle);
	CHECK(is_cancelled(&c, ACALL_OUTCOME_ABANDONED));
	return 0;
}

#endif /* _SELFTESTS_QUEUE_MORE_H */
