// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Where steps come from: trace_pipe of an instance of tracefs of our own, in which
 * nothing is switched on but what we ask for, and which no other tracer notices. Or a
 * file that somebody has kept.
 *
 * Text, not the raw rings: the kernel merges its processors' in order of time and
 * says how many it has lost, and what the lines look like is ours, so no library is
 * needed to make sense of them.
 *
 * The instance is removed when nobody has it open any more, which after a kill only
 * somebody else can do: a guardian, who waits for the end of a pipe that we alone
 * hold.
 */
#include "trace.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* For each processor, some ten thousand steps; but for all of them not more than this. */
#define BUFFER_KIB	4096L
#define BUFFERS_KIB	(64 * 1024L)

static const char * const places[] = {
	"/sys/kernel/tracing", "/sys/kernel/debug/tracing",
};

static int write_file(const struct tracefs *t, const char *name,
		      const char *text)
{
	char path[sizeof(t->dir) + 64];
	ssize_t len = (ssize_t)strlen(text);
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s", t->dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = write(fd, text, (size_t)len) == len ? 0 : -errno;
	close(fd);
	return ret;
}

/* A call's file descriptor may be open still for a moment, so it is tried again. */
static void remove_instance(const char *dir)
{
	const struct timespec pause = { 0, 10 * (long)NSEC_PER_MSEC };
	int tries = 500;

	while (rmdir(dir) && errno == EBUSY && --tries)
		nanosleep(&pause, NULL);
}

NORETURN static void guard(const char *dir, int end)
{
	sigset_t all;
	char c;

	/* Ctrl-C and a hangup are for the others. */
	setsid();
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	while (read(end, &c, 1) < 0 && errno == EINTR)
		;
	remove_instance(dir);
	_exit(0);
}

static int start_guardian(struct tracefs *t)
{
	int ends[2], fd;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	t->guardian = fork();
	if (t->guardian < 0) {
		close(ends[0]);
		close(ends[1]);
		return -errno;
	}
	if (!t->guardian) {
		/* Nobody is to wait for the end of what is ours. */
		for (fd = 0; fd < 1024; fd++) {
			if (fd != ends[0])
				close(fd);
		}
		guard(t->dir, ends[0]);
	}
	close(ends[0]);
	t->guard = ends[1];
	return 0;
}

static int no_tracefs(int error)
{
	int code = EXIT_FAILED;

	if (error == EACCES || error == EPERM)
		say_error(code, "tracing takes root, or the right to write to %s/instances",
			  places[0]);
	else
		say_error(code, "no tracefs at %s; try: mount -t tracefs none %s",
			  places[0], places[0]);
	return code;
}

/* The instance's directory, made. */
static int make_instance(struct tracefs *t)
{
	char events[sizeof(t->dir)];
	int error = ENOENT;
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		snprintf(events, sizeof(events), "%s/instances", places[i]);
		if (access(events, F_OK)) {
			if (errno != ENOENT)
				error = errno;
			continue;
		}
		snprintf(events, sizeof(events), "%s/events/acall", places[i]);
		if (access(events, F_OK) && errno == ENOENT) {
			say_error(EXIT_NO_MODULE,
				  "the kernel has no events of acall; try: modprobe acall");
			return EXIT_NO_MODULE;
		}
		snprintf(t->dir, sizeof(t->dir), "%s/instances/acall-%d",
			 places[i], (int)getpid());
		/* Of one of our number that was killed with its guardian. */
		rmdir(t->dir);
		if (!mkdir(t->dir, 0700))
			return EXIT_OK;
		error = errno;
		break;
	}
	*t->dir = '\0';
	return no_tracefs(error);
}

static int switch_on(struct tracefs *t, bool forks)
{
	char buffer[TEXT_LEN];
	const char * const files[][2] = {
		{ "trace_clock", "mono" },
		{ "options/irq-info", "0" },
		{ "buffer_size_kb", buffer },
		{ "events/acall/enable", "1" },
	};
	long size = BUFFERS_KIB / sysconf(_SC_NPROCESSORS_CONF);
	size_t i;
	int ret;

	snprintf(buffer, sizeof(buffer), "%ld",
		 size > BUFFER_KIB ? BUFFER_KIB : size);
	for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
		ret = write_file(t, files[i][0], files[i][1]);
		if (ret)
			return ret;
	}
	return forks ? write_file(t, "events/sched/sched_process_fork/enable",
				  "1") : 0;
}

static int open_pipe(struct tracefs *t)
{
	char path[sizeof(t->dir) + 16];

	snprintf(path, sizeof(path), "%s/trace_pipe", t->dir);
	t->pipe = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return t->pipe < 0 ? -errno : 0;
}

int tracefs_open(struct tracefs *t, bool forks)
{
	int code, ret;

	*t = (struct tracefs) { .pipe = -1, .guard = -1 };
	code = make_instance(t);
	if (code)
		return code;
	ret = start_guardian(t);
	if (ret)
		rmdir(t->dir);
	ret = ret ? ret : open_pipe(t);
	ret = ret ? ret : switch_on(t, forks);
	if (!ret)
		return EXIT_OK;
	say_error(EXIT_FAILED, "%s: %s", t->dir, strerror(-ret));
	tracefs_close(t);
	return EXIT_FAILED;
}

int tracefs_open_file(struct tracefs *t, const char *name)
{
	*t = (struct tracefs) { .guard = -1 };
	t->pipe = strcmp(name, "-") ? open(name, O_RDONLY | O_CLOEXEC) :
				      dup(STDIN_FILENO);
	if (t->pipe >= 0)
		return EXIT_OK;
	say_error(EXIT_FAILED, "%s: %s", shell_word(name), strerror(errno));
	return EXIT_FAILED;
}

/* More of it. Return: false if there is no more, now or ever: @end. */
static bool read_more(struct tracefs *t, bool *end)
{
	ssize_t n;

	if (t->room - t->len < 4096) {
		t->room += 65536;
		t->line = xrealloc(t->line, t->room);
	}
	do {
		n = read(t->pipe, t->line + t->len, t->room - t->len - 1);
	} while (n < 0 && errno == EINTR);
	/* A trace that is switched off and empty has ended, as files do. */
	*end = !n || (n < 0 && errno != EAGAIN);
	if (n <= 0)
		return false;
	t->len += (size_t)n;
	return true;
}

char *tracefs_line(struct tracefs *t, bool *end)
{
	char *newline;

	*end = false;
	for (;;) {
		newline = t->len > t->taken ? memchr(t->line + t->taken, '\n',
						  t->len - t->taken) : NULL;
		if (newline) {
			char *line = t->line + t->taken;

			*newline = '\0';
			t->taken = (size_t)(newline + 1 - t->line);
			return line;
		}
		if (t->taken) {
			memmove(t->line, t->line + t->taken, t->len - t->taken);
			t->len -= t->taken;
			t->taken = 0;
		}
		if (!read_more(t, end))
			return NULL;
	}
}

void tracefs_stop(struct tracefs *t)
{
	if (*t->dir)
		write_file(t, "tracing_on", "0");
}

void tracefs_close(struct tracefs *t)
{
	if (t->pipe >= 0)
		close(t->pipe);
	free(t->line);
	if (t->guard < 0)
		return;
	close(t->guard);
	while (waitpid(t->guardian, NULL, 0) < 0 && errno == EINTR)
		;
}
