// SPDX-License-Identifier: GPL-2.0-only
/*
 * One cancelled operation of io_uring, measured: a buffered write of the whole
 * file at once, fallocate, fsync or statx, with IOSQE_ASYNC, so that a worker runs
 * it.
 *
 * Measured is the time from submitting IORING_OP_ASYNC_CANCEL until the
 * completion of its target has arrived, and noted is what the cancel answered
 * and what became of the target. io_uring has no progress; how far the
 * operation is, is read from the blocks that the file has by now, or where they
 * tell nothing it is cancelled at some point of the time that it takes.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <linux/acall_file.h>

#include "bench.h"

enum { TAG_TARGET = 1, TAG_CANCEL };

/* How long a deaf server stays so when the cancel has not ended the target. */
#define PATIENCE_NS	100000000

const char *uring_operation(enum peer peer)
{
	static const char *const names[] = {
		[PEER_NONE] = NULL,
		[PEER_WRITE] = "write",
		[PEER_FALLOCATE] = "fallocate",
		[PEER_FSYNC] = "fsync",
		[PEER_STATX] = "statx",
	};

	return names[peer];
}

static __u64 allocated(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		die("fstat: %s", strerror(errno));
	return (__u64)st.st_blocks * 512;
}

/* What allocates is seen in the file's blocks. */
static bool is_seen(const struct bench_case *c)
{
	return c->peer == PEER_WRITE ||
	       (c->peer == PEER_FALLOCATE && c->target == TARGET_EMPTY);
}

static void submit(struct io_uring *ring)
{
	int ret = io_uring_submit(ring);

	if (ret != 1)
		die("io_uring_submit: %s", strerror(-ret));
}

static void note(struct series *series, int answer, int target, __u64 whole,
		 bool patient)
{
	const char *name = answer ? strerrorname_np(-answer) : "0";
	char text[sizeof(series->answers[0].text)];
	const char *ended = "stopped";

	/* All bytes of a write, or success of what has no count. */
	if (patient)
		ended = "waits on";
	else if (target == 0 || (target > 0 && (__u64)target == whole))
		ended = "ran on";
	snprintf(text, sizeof(text), "%s, %s", name ? name : "?", ended);
	series_answer(series, text);
}

/* What a worker of the ring is to do; returns the memory that it reads. */
static void *begin(struct io_uring *ring, const struct bench_case *c,
		   const struct files *files)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	static struct statx statx;
	void *data = NULL;
	int mode = 0;

	switch (c->peer) {
	case PEER_WRITE:
		data = mmap(NULL, c->bytes, PROT_READ,
			    MAP_SHARED | MAP_POPULATE, files->src, 0);
		if (data == MAP_FAILED)
			die("mmap: %s", strerror(errno));
		io_uring_prep_write(sqe, files->dst, data, c->bytes, 0);
		break;
	case PEER_FALLOCATE:
		if (c->mode == ACALL_FILE_ALLOCATE_PUNCH)
			mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
		io_uring_prep_fallocate(sqe, files->dst, mode, 0, c->bytes);
		break;
	case PEER_FSYNC:
		io_uring_prep_fsync(sqe, files->dst, 0);
		break;
	default:
		io_uring_prep_statx(sqe, AT_FDCWD, dead_path(), 0,
				    STATX_BASIC_STATS, &statx);
	}
	io_uring_sqe_set_flags(sqe, IOSQE_ASYNC);
	io_uring_sqe_set_data64(sqe, TAG_TARGET);
	submit(ring);
	return data;
}

static void open_ring(struct io_uring *ring)
{
	int ret = io_uring_queue_init(8, ring, 0);

	if (ret)
		die("io_uring: %s", strerror(-ret));
}

static void close_ring(struct io_uring *ring, void *data, __u64 bytes)
{
	io_uring_queue_exit(ring);
	if (data)
		munmap(data, bytes);
}

/* How long it takes without a cancel, if that is needed to find a point. */
__u64 uring_whole(const struct bench_case *c, const struct files *files)
{
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	__u64 start;
	void *data;
	int ret;

	if (is_seen(c) || c->server)
		return 0;
	open_ring(&ring);
	start = now_ns();
	data = begin(&ring, c, files);
	do {
		ret = io_uring_wait_cqe(&ring, &cqe);
	} while (ret == -EINTR);
	if (ret || cqe->res < 0)
		die("io_uring %s: %s", uring_operation(c->peer),
		    strerror(ret ? -ret : -cqe->res));
	start = now_ns() - start;
	io_uring_cqe_seen(&ring, cqe);
	close_ring(&ring, data, c->bytes);
	return start;
}

/* @point is bytes, or ns where bytes are not seen. */
static void wait_for(struct io_uring *ring, const struct bench_case *c,
		     const struct files *files, __u64 point)
{
	__u64 start = now_ns();
	bool there = false;

	while (!there && !io_uring_cq_ready(ring)) {
		sched_yield();
		if (c->server)
			there = dead_is_asked();
		else if (is_seen(c))
			there = allocated(files->dst) >= point;
		else
			there = now_ns() - start >= point;
	}
}

/* Returns whether it was caught in the middle. */
bool uring_stop_once(const struct bench_case *c, const struct files *files,
		     __u64 point, struct series *series)
{
	struct __kernel_timespec time = { .tv_nsec = PATIENCE_NS };
	int answer = -EINPROGRESS, target = -EINPROGRESS, ret;
	bool patient = false;
	struct io_uring_cqe *cqe;
	struct io_uring_sqe *sqe;
	__u64 asked, ended = 0;
	struct io_uring ring;
	void *data;

	open_ring(&ring);
	data = begin(&ring, c, files);
	wait_for(&ring, c, files, point);

	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_cancel64(sqe, TAG_TARGET, 0);
	io_uring_sqe_set_data64(sqe, TAG_CANCEL);
	asked = now_ns();
	submit(&ring);
	while (answer == -EINPROGRESS || target == -EINPROGRESS) {
		if (c->server == SERVER_DEAF && !patient)
			ret = io_uring_wait_cqe_timeout(&ring, &cqe, &time);
		else
			ret = io_uring_wait_cqe(&ring, &cqe);
		if (ret == -ETIME) {
			patient = true;
			dead_set(SERVER_ANSWERS);
			continue;
		}
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
	close_ring(&ring, data, c->bytes);

	if (target < 0 && target != -ECANCELED && target != -EINTR)
		die("io_uring %s on %s: %s", uring_operation(c->peer), c->on,
		    strerror(-target));
	/* Nothing left to cancel, or no worker had it yet. */
	if (answer == -ENOENT || !answer) {
		series->missed++;
		return false;
	}
	note(series, answer, target, c->bytes, patient);
	series_add(series, ended - asked);
	return true;
}
