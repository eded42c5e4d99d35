// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_calls: io_uring's no-op, inside the submission and in its workers, and
 * its cancel.
 *
 * What is cancelled is a splice out of an empty pipe: it sleeps in the worker
 * until it is told. A read would not do: when a worker finds nothing to read it
 * arms a poll, and is free again.
 */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"

#define ENTRIES		512
#define CALLS		2048
#define CANCELLED	512
#define ASLEEP		128

/* struct form.how */
#define ASYNC		0x1	/* by a worker */
#define TWO		0x2	/* submits and waits in two system calls */
#define DEFER		0x4	/* completions only when it waits for them */
#define ONE		0x8	/* only one worker of each kind */
#define QUEUED		0x10	/* cancels what waits for the only worker */

#define TAG_HOLDER	0
#define TAG_TARGET	0x1000	/* and more for the others of a batch */
#define TAG_CANCEL	0x2000	/* likewise */

struct uring {
	const struct form *form;
	struct io_uring ring;
	int from[2], to[2];
};

static void *setup(const struct form *form)
{
	struct uring *u = allocate(sizeof(*u));
	unsigned int one[2] = { 1, 1 }, flags = 0;
	int ret;

	u->form = form;
	if (form->how & DEFER)
		flags = IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER;
	ret = io_uring_queue_init(ENTRIES, &u->ring, flags);
	if (ret)
		die("io_uring: %s", strerror(-ret));
	if (!(form->how & ONE))
		return u;
	ret = io_uring_register_iowq_max_workers(&u->ring, one);
	if (ret)
		die("io_uring with one worker: %s", strerror(-ret));
	return u;
}

static void teardown(void *state)
{
	struct uring *u = state;

	io_uring_queue_exit(&u->ring);
	free(u);
}

static struct io_uring_sqe *next_sqe(struct uring *u)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

	if (!sqe)
		die("io_uring: the ring is full");
	return sqe;
}

/* Submits n, and waits for as many completions as that. */
static void submit(struct uring *u, unsigned int n, unsigned int completions)
{
	int ret;

	if (completions)
		ret = io_uring_submit_and_wait(&u->ring, completions);
	else
		ret = io_uring_submit(&u->ring);
	if (ret != (int)n)
		die("io_uring: submitted %d of %u", ret, n);
}

static void check_nop(const struct uring *u, const struct io_uring_cqe *cqe)
{
	(void)u;
	if (cqe->res)
		die("io_uring: no-op: %s", strerror(-cqe->res));
}

/*
 * The answer proves where the call was: 0 is that it was queued, EALREADY that
 * a worker had it. With what a splice that was interrupted ends may differ.
 */
static void check_cancel(const struct uring *u, const struct io_uring_cqe *cqe)
{
	bool queued = u->form->how & QUEUED;

	if (cqe->user_data >= TAG_CANCEL) {
		if (cqe->res != (queued ? 0 : -EALREADY))
			die("io_uring: the cancel was answered %d", cqe->res);
	} else if (queued ? cqe->res != -ECANCELED : cqe->res >= 0) {
		die("io_uring: the cancelled call had result %d", cqe->res);
	}
}

/* Waits for n completions if they are not there, and takes them. */
static void reap(struct uring *u, unsigned int n,
		 void (*check)(const struct uring *u,
			       const struct io_uring_cqe *cqe))
{
	struct io_uring_cqe *cqe;
	unsigned int head, got;
	int ret;

	for (; n; n -= got) {
		got = 0;
		ret = io_uring_wait_cqe_nr(&u->ring, &cqe, n);
		if (ret == -EINTR)
			continue;
		if (ret)
			die("io_uring: %s", strerror(-ret));
		io_uring_for_each_cqe(&u->ring, head, cqe) {
			check(u, cqe);
			got++;
		}
		io_uring_cq_advance(&u->ring, got);
	}
}

static __u64 run_nop(void *state, unsigned int n)
{
	struct uring *u = state;
	unsigned int batch = u->form->batch, how = u->form->how, i;
	__u64 start = units_now();
	struct io_uring_sqe *sqe;

	for (; n; n -= batch) {
		for (i = 0; i < batch; i++) {
			sqe = next_sqe(u);
			io_uring_prep_nop(sqe);
			if (how & ASYNC)
				io_uring_sqe_set_flags(sqe, IOSQE_ASYNC);
		}
		submit(u, batch, how & TWO ? 0 : batch);
		reap(u, batch, check_nop);
	}
	return units_since(start);
}

static void prep_asleep(struct uring *u, __u64 tag)
{
	struct io_uring_sqe *sqe = next_sqe(u);

	io_uring_prep_splice(sqe, u->from[0], -1, u->to[1], -1, 1, 0);
	io_uring_sqe_set_flags(sqe, IOSQE_ASYNC);
	io_uring_sqe_set_data64(sqe, tag);
}

static void prep_cancel(struct uring *u, __u64 tag, __u64 target)
{
	struct io_uring_sqe *sqe = next_sqe(u);

	io_uring_prep_cancel64(sqe, target, 0);
	io_uring_sqe_set_data64(sqe, tag);
}

static void *setup_cancel(const struct form *form)
{
	struct uring *u = setup(form);

	if (pipe(u->from) || pipe(u->to))
		die("pipe: %s", strerror(errno));
	if (form->how & QUEUED) {
		prep_asleep(u, TAG_HOLDER);
		submit(u, 1, 0);
		settle();
	}
	return u;
}

static void teardown_cancel(void *state)
{
	struct uring *u = state;
	int i;

	/* What still sleeps there ends, since nobody can write any more. */
	close(u->from[1]);
	if (u->form->how & QUEUED) {
		struct io_uring_cqe *cqe;

		if (io_uring_wait_cqe(&u->ring, &cqe) ||
		    cqe->user_data != TAG_HOLDER || cqe->res)
			die("io_uring: the worker was not held");
		io_uring_cqe_seen(&u->ring, cqe);
	}
	close(u->from[0]);
	for (i = 0; i < 2; i++)
		close(u->to[i]);
	teardown(u);
}

static __u64 run_cancel(void *state, unsigned int n)
{
	struct uring *u = state;
	unsigned int batch = u->form->batch, i;
	__u64 spent = 0, start;

	for (; n; n -= batch) {
		for (i = 0; i < batch; i++)
			prep_asleep(u, TAG_TARGET + i);
		submit(u, batch, 0);
		if (!(u->form->how & QUEUED))
			settle();
		start = units_now();
		for (i = 0; i < batch; i++)
			prep_cancel(u, TAG_CANCEL + i, TAG_TARGET + i);
		submit(u, batch, 2 * batch);
		reap(u, 2 * batch, check_cancel);
		spent += units_since(start);
	}
	return spent;
}

#define NOP(_name, _what, _batch, _how)					\
	{ _name, _what, _batch, CALLS, _how, setup, run_nop, teardown, NULL }
#define CANCEL(_name, _what, _batch, _calls, _how)			\
	{ _name, _what, _batch, _calls, _how, setup_cancel, run_cancel,	\
	  teardown_cancel, NULL }

const struct form uring_forms[] = {
	NOP("uring_inline_1", "no-op inside the submission", 1, 0),
	NOP("uring_inline_32", "32 no-ops inside one submission", 32, 0),
	NOP("uring_inline_256", "256 no-ops inside one submission", 256, 0),

	NOP("uring_async_1", "no-op in a worker", 1, ASYNC),
	NOP("uring_async_two", "the same, submits and waits apart",
	    1, ASYNC | TWO),
	NOP("uring_async_32", "32 no-ops in workers", 32, ASYNC),
	NOP("uring_async_256", "256 no-ops in workers", 256, ASYNC),

	NOP("uring_defer_1", "no-op in a worker, DEFER_TASKRUN",
	    1, ASYNC | DEFER),
	NOP("uring_defer_two", "the same, submits and waits apart",
	    1, ASYNC | DEFER | TWO),
	NOP("uring_defer_32", "32 no-ops in workers, DEFER_TASKRUN",
	    32, ASYNC | DEFER),
	NOP("uring_defer_256", "256 no-ops in workers, DEFER_TASKRUN",
	    256, ASYNC | DEFER),

	NOP("uring_one_1", "no-op in the only worker", 1, ASYNC | ONE),
	NOP("uring_one_two", "the same, submits and waits apart",
	    1, ASYNC | ONE | TWO),
	NOP("uring_one_32", "32 no-ops in the only worker", 32, ASYNC | ONE),
	NOP("uring_one_256", "256 no-ops in the only worker",
	    256, ASYNC | ONE),

	CANCEL("uring_cancel_queued", "cancel of a queued call, both reaped",
	       1, CANCELLED, ONE | QUEUED),
	CANCEL("uring_cancel_queued_64", "the same of 64 queued calls",
	       64, CANCELLED, ONE | QUEUED),
	CANCEL("uring_cancel_asleep", "cancel of a call asleep in a worker",
	       1, ASLEEP, 0),
	{ }
};
