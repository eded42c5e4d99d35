// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Work of the command itself that a dead server may hold up, such as opening and
 * closing files: done by a child that can be left behind.
 *
 * The child shares the table of open files: what it opens is open here, and what
 * is held up in close(2) is neither this process nor its exit. What it finds out has
 * to be in memory that both see. Where a kernel or a sandbox has no such children
 * the work is done here, and takes as long as it takes.
 *
 * A child that is not done in time is killed. It ends as soon as it can be, and
 * runs none of this program any more: it touches no file that has got the number
 * of another meanwhile. Until then it has the table, so before the end of the
 * program whoever reads its output is told that there is no more.
 */
#include "cli.h"
#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long what was killed may take to end. */
#define END_WITHIN	NSEC_PER_SEC

/* fork(2), but for one table of open files. */
static pid_t start(int *pidfd)
{
	struct clone_args args = {
		.flags = CLONE_FILES | CLONE_PIDFD,
		.pidfd = (uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static bool ends_within(int pidfd, uint64_t ns)
{
	struct pollfd fd = { .fd = pidfd, .events = POLLIN };
	uint64_t until = acall_after_ns(ns), now;
	int ms;

	do {
		now = acall_after_ns(0);
		ms = until <= now ? 0 :
		     until - now > 1000 * NSEC_PER_SEC ? 1000 * 1000 :
		     (int)((until - now) / NSEC_PER_MSEC) + 1;
		if (poll(&fd, 1, ms) > 0)
			return true;
	} while (ms);
	return false;
}

static void end_output(void)
{
	int fd;

	fflush(NULL);
	for (fd = 0; fd <= STDERR_FILENO; fd++)
		close(fd);
}

struct shared {
	int result;
	max_align_t data[];
};

/* Return: 0, GUARD_ENDED or GUARD_LEFT. */
static int in_child(int (*work)(void *data), struct shared *s, uint64_t ns)
{
	static bool left;
	int how = 0, fd;
	pid_t pid;

	pid = start(&fd);
	if (pid <= 0)
		s->result = work(s->data);
	if (!pid)
		_exit(0);
	if (pid < 0)
		return 0;
	if (!ends_within(fd, ns)) {
		kill(pid, SIGKILL);
		how = ends_within(fd, END_WITHIN) ? GUARD_ENDED : GUARD_LEFT;
	}
	close(fd);
	if (how != GUARD_LEFT)
		waitpid(pid, NULL, 0);
	else if (!left)
		left = !atexit(end_output);
	return how;
}

int guarded(int (*work)(void *data), void *data, size_t size, uint64_t ns)
{
	struct shared *s;
	int result;

	if (ns == ACALL_FOREVER)
		return work(data);
	s = mmap(NULL, sizeof(*s) + size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s == MAP_FAILED)
		return work(data);
	memcpy(s->data, data, size);
	/* Of a child that was killed on its way. */
	s->result = -EINTR;
	result = in_child(work, s, ns);
	if (!result)
		result = s->result;
	memcpy(data, s->data, size);
	munmap(s, sizeof(*s) + size);
	return result;
}
