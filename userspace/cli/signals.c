// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Signals as events.
 *
 * Owns the signal mask. SIGUSR1 is blocked from start to end and only ever
 * read. SIGINT and SIGTERM are blocked from before a BEGIN until its result has
 * been taken; outside of that (opening files may take for ever) they end the
 * program as usual. Blocked signals are kept by the kernel until the signalfd
 * is read, so there is no moment between a look and a sleep in which one could
 * be lost.
 *
 * What is ignored from the start (nohup, background jobs of a plain sh) stays
 * so: a blocked signal would be delivered even then.
 */
#include "cli.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t interrupts;	/* those of SIGINT and SIGTERM that count */
static sigset_t before;		/* mask before the hold */
static sigset_t first;		/* and before all */
static int fd = -1;

void signals_init(void)
{
	static const int numbers[] = { SIGINT, SIGTERM };
	struct sigaction action;
	sigset_t all, show;
	size_t i;

	sigemptyset(&interrupts);
	sigemptyset(&show);
	sigaddset(&show, SIGUSR1);
	all = show;
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (!sigaction(numbers[i], NULL, &action) &&
		    action.sa_handler != SIG_IGN) {
			sigaddset(&interrupts, numbers[i]);
			sigaddset(&all, numbers[i]);
		}
	}
	sigprocmask(SIG_BLOCK, &show, &first);
	fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0) {
		say_error(EXIT_FAILED, "signalfd: %s", strerror(errno));
		exit(EXIT_FAILED);
	}
}

void signals_undo(void)
{
	sigprocmask(SIG_SETMASK, &first, NULL);
}

int signals_fd(void)
{
	return fd;
}

void signals_hold(void)
{
	sigprocmask(SIG_BLOCK, &interrupts, &before);
}

struct signals signals_read(void)
{
	struct signals seen = { 0 };
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGUSR1)
			seen.shows++;
		else
			seen.interrupts++;
		seen.terms += info.ssi_signo == SIGTERM;
	}
	return seen;
}

bool signals_release(void)
{
	struct signals seen = signals_read();

	sigprocmask(SIG_SETMASK, &before, NULL);
	return seen.interrupts;
}
