// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Opens the files that a call gets. That happens here and not in the kernel's
 * worker (R-ID), with the rights of who runs the command.
 */
#include "cli.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int open_argument(const char *name, int flags, struct stat *st)
{
	/* Without O_NONBLOCK a FIFO would wait for its other end. */
	int fd = open(name, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
	int mode;

	if (fd < 0) {
		say_error(EXIT_FAILED, "%s: %s", shell_word(name),
			  errno == ENXIO ? "not a file that can be opened here" :
					   strerror(errno));
		return -1;
	}
	mode = fcntl(fd, F_GETFL);
	if (mode >= 0 && fcntl(fd, F_SETFL, mode & ~O_NONBLOCK) == 0 &&
	    fstat(fd, st) == 0)
		return fd;
	say_error(EXIT_FAILED, "%s: %s", shell_word(name), strerror(errno));
	close(fd);
	return -1;
}
