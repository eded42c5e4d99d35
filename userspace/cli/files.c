// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Opens and closes the files that a call gets. That happens here and not in the
 * kernel's worker (R-ID), with the rights of who runs the command.
 *
 * Owns the list of what is open. Closing may wait for a server, or for a call that
 * was left behind and waits for one: so it comes behind the verdict, and if that
 * was no success, or in opening where there is a --timeout, guard.c does it. The
 * timeout is meant for calls, and may be shorter than any file takes.
 */
#include "cli.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define AT_LEAST	NSEC_PER_SEC

static struct {
	int *fds;
	size_t nr;
} opened;

struct opening {
	const char *name;
	int flags;
	mode_t mode;
	int result;
	struct stat st;
};

static void do_open(void *data)
{
	struct opening *o = data;
	int fd, how;

	/* Without O_NONBLOCK a FIFO would wait for its other end. */
	fd = open(o->name, o->flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
		  o->mode);
	how = fd < 0 ? fd : fcntl(fd, F_GETFL);
	if (how >= 0 && !(how & O_PATH))
		how = fcntl(fd, F_SETFL, how & ~O_NONBLOCK);
	if (how >= 0)
		how = fstat(fd, &o->st);
	o->result = how < 0 ? -errno : fd;
	if (how < 0 && fd >= 0)
		close(fd);
}

int open_name(const char *name, int flags, mode_t mode, struct stat *st)
{
	const struct opening opening = {
		.name = name,
		.flags = flags,
		.mode = mode,
		.result = -EINTR,
	};
	enum guard how = GUARD_DONE;
	struct opening *o;
	int result;

	/* The child's memory is not ours, but for this. */
	o = mmap(NULL, sizeof(*o), PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (o == MAP_FAILED)
		return -errno;
	*o = opening;
	if (options.timeout_ns == ACALL_FOREVER)
		do_open(o);
	else
		how = guarded(do_open, o, options.timeout_ns < AT_LEAST ?
			      AT_LEAST : options.timeout_ns);
	result = how == GUARD_DONE ? o->result :
		 how == GUARD_ENDED ? -ETIME : -EINPROGRESS;
	*st = o->st;
	munmap(o, sizeof(*o));
	if (result >= 0) {
		opened.fds = xrealloc(opened.fds,
				      (opened.nr + 1) * sizeof(*opened.fds));
		opened.fds[opened.nr++] = result;
	}
	return result;
}

int close_file(int fd)
{
	size_t i;

	for (i = 0; opened.fds[i] != fd; i++)
		;
	opened.fds[i] = opened.fds[--opened.nr];
	return close(fd) ? -errno : 0;
}

static void do_close(void *data)
{
	close(*(int *)data);
}

void close_files(bool failed)
{
	bool late = false;
	int fd;

	/* One at a time: where one is held up the next may not be. */
	while (opened.nr) {
		fd = opened.fds[--opened.nr];
		if (!failed)
			do_close(&fd);
		else if (guarded(do_close, &fd, AT_LEAST) != GUARD_DONE)
			late = true;
	}
	if (late)
		say("not all files are closed yet: a server does not answer");
}

int open_error(const char *name, int error)
{
	int code = EXIT_FAILED;
	const char *why;

	switch (error) {
	case -ENXIO:
		why = "not a file that can be opened here";
		break;
	case -ETIME:
		why = "timed out, it cannot be opened";
		code = EXIT_DEADLINE;
		break;
	case -EINPROGRESS:
		why = "timed out, it cannot be opened; what tries to may still be running";
		code = EXIT_STILL_RUNNING;
		break;
	default:
		why = strerror(-error);
	}
	say_error(code, "%s: %s", shell_word(name), why);
	return code;
}

int open_argument(const char *name, int flags, struct stat *st)
{
	int fd = open_name(name, flags, 0666, st);

	return fd < 0 ? -open_error(name, fd) : fd;
}
