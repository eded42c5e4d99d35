// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Opens and closes the files that a call gets. That happens here and not in the
 * kernel's worker (R-ID), with the rights of who runs the command.
 *
 * Owns the list of what is open. Closing may wait for a server, or for a call that
 * was left behind and waits for one: so it comes behind the verdict, and if that
 * was no success, or where there is a --timeout, guard.c does it, as all else that
 * a server may hold up. The timeout is meant for calls, and may be shorter than any
 * file takes.
 */
#include "cli.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
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
	int fd;
	struct stat st;
};

uint64_t file_patience(void)
{
	return options.timeout_ns < AT_LEAST ? AT_LEAST : options.timeout_ns;
}

static int do_open(void *data)
{
	struct opening *o = data;
	int fd, how;

	/* Without O_NONBLOCK a FIFO would wait for its other end. */
	fd = open(o->name, o->flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
		  o->mode);
	/* Already: it has to be closed, also if we are held up from here on. */
	o->fd = fd;
	how = fd < 0 ? fd : fcntl(fd, F_GETFL);
	if (how >= 0 && !(how & O_PATH))
		how = fcntl(fd, F_SETFL, how & ~O_NONBLOCK);
	if (how >= 0)
		how = fstat(fd, &o->st);
	return how < 0 ? -errno : 0;
}

int open_name(const char *name, int flags, mode_t mode, struct stat *st)
{
	struct opening o = {
		.name = name,
		.flags = flags,
		.mode = mode,
		.fd = -1,
	};
	int error = guarded(do_open, &o, sizeof(o), file_patience());

	*st = o.st;
	if (o.fd >= 0) {
		opened.fds = xrealloc(opened.fds,
				      (opened.nr + 1) * sizeof(*opened.fds));
		opened.fds[opened.nr++] = o.fd;
	}
	return error ? error : o.fd;
}

static int do_close(void *data)
{
	return close(*(int *)data) ? -errno : 0;
}

int close_file(int fd)
{
	size_t i;

	for (i = 0; opened.fds[i] != fd; i++)
		;
	opened.fds[i] = opened.fds[--opened.nr];
	return guarded(do_close, &fd, sizeof(fd), file_patience());
}

void close_files(bool failed)
{
	bool late = false;
	int fd, error;

	/* One at a time: where one is held up the next may not be. */
	while (opened.nr) {
		fd = opened.fds[--opened.nr];
		error = guarded(do_close, &fd, sizeof(fd),
				failed ? AT_LEAST : file_patience());
		if (file_timed_out(error))
			late = true;
	}
	if (late)
		say("not all files are closed yet: a server does not answer");
}

bool file_timed_out(int error)
{
	return error == GUARD_ENDED || error == GUARD_LEFT;
}

int file_error(const char *name, const char *what, int error)
{
	int code = EXIT_FAILED;
	const char *why;

	switch (error) {
	case GUARD_ENDED:
		why = "timed out";
		code = EXIT_DEADLINE;
		break;
	case GUARD_LEFT:
		why = "timed out; what tries to may still be running";
		code = EXIT_STILL_RUNNING;
		break;
	default:
		why = strerror(-error);
	}
	say_error(code, "%s%s: %s", shell_word(name), what, why);
	return code;
}

int open_error(const char *name, int error)
{
	if (error != -ENXIO)
		return file_error(name, file_timed_out(error) ?
				  " cannot be opened" : "", error);
	say_error(EXIT_FAILED, "%s: not a file that can be opened here",
		  shell_word(name));
	return EXIT_FAILED;
}

int open_argument(const char *name, int flags, struct stat *st)
{
	int fd = open_name(name, flags, 0666, st);

	return fd < 0 ? -open_error(name, fd) : fd;
}
