// SPDX-License-Identifier: GPL-2.0-only
/*
 * One cancelled operation of io_uring, measured: a buffered write of the whole
 * file at once, or fallocate, with IOSQE_ASYNC, so that a worker runs it.
 *
 * Measured is the time from submitting IORING_OP_ASYNC_CANCEL until the
 * completion of its target has arrived, and noted is what the cancel answered
 * and what became of the target. io_uring has no progress; how far the
 * operation is, is read from the blocks that the file has by now.
 */
#include <errno.h>
#include <liburing.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "bench.h"

enum { TAG_TARGET = 1, TAG_CANCEL };

const char *uring_operation(enum work work)
{
	switch (work) {
	case WORK_COPY:
		return "write";
	case WORK_ALLOCATE:
		return "fallocate";
	default:
		return NULL;
	}
}

static __u64 allocated(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		die("fstat: %s", strerror(errno));
	return (__u64)st.st_blocks * 512;
}

static void submit(struct io_uring *ring)
{
	int ret = io_uring_submit(ring);

	if (ret != 1)
		die("io_uring_submit: %s", strerror(-ret));
}

static void note(struct series *series, int answer, int target, __u64 whole)
{
	const char *name = answer ? strerrorname_np(-answer) : "0";
	char text[sizeof(series->answers[0].text)];
	const char *ended = "stopped";

	/* All bytes of a write, or success of an fallocate that has no count. */
	if (target == 0 || (target > 0 && (__u64)target == whole))
		ended = "ran on";
	snprintf(text, sizeof(text), "%s, %s", name ? name : "?", ended);
	series_answer(series, text);
}

/* Returns whether it was caught in the middle. */
bool uring_stop_once(const struct bench_case *c, const struct files *files,
		     __u64 point, struct series *series)
{
	int answer = -EINPROGRESS, target = -EINPROGRESS, ret;
	__u64 asked, ended = 0;
	struct io_uring_cqe *cqe;
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	void *data = NULL;

	ret = io_uring_queue_init(8, &ring, 0);
	if (ret)
		die("io_uring: %s", strerror(-ret));
	sqe = io_uring_get_sqe(&ring);
	if (c->work == WORK_COPY) {
		data = mmap(NULL, c->bytes, PROT_READ,
			    MAP_SHARED | MAP_POPULATE, files->src, 0);
		if (data == MAP_FAILED)
			die("mmap: %s", strerror(errno));
		io_uring_prep_write(sqe, files->dst, data, c->bytes, 0);
	} else {
		io_uring_prep_fallocate(sqe, files->dst, 0, 0, c->bytes);
	}
	io_uring_sqe_set_flags(sqe, IOSQE_ASYNC);
	io_uring_sqe_set_data64(sqe, TAG_TARGET);
	submit(&ring);

	while (allocated(files->dst) < point && !io_uring_cq_ready(&ring))
		sched_yield();

	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_cancel64(sqe, TAG_TARGET, 0);
	io_uring_sqe_set_data64(sqe, TAG_CANCEL);
	asked = now_ns();
	submit(&ring);
	while (answer == -EINPROGRESS || target == -EINPROGRESS) {
		ret = io_uring_wait_cqe(&ring, &cqe);
		if (ret == -EINTR)
			continue;
		if (ret)
			die("io_uring_wait_cqe: %s", strerror(-ret));
		if (io_uring_cqe_get_data64(cqe) == TAG_TARGET) {
			ended = now_ns();
			target = cqe->res;
		} else {
			answer = cqe->res;
		}
		io_uring_cqe_seen(&ring, cqe);
	}
	io_uring_queue_exit(&ring);
	if (data)
		munmap(data, c->bytes);

	if (target < 0 && target != -ECANCELED && target != -EINTR)
		die("io_uring %s on %s: %s", uring_operation(c->work), c->on,
		    strerror(-target));
	/* Nothing left to cancel: too late. */
	if (answer == -ENOENT) {
		series->too_late++;
		return false;
	}
	note(series, answer, target, c->bytes);
	series_add(series, ended - asked);
	return true;
}
