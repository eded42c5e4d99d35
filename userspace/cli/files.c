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

int open_name(const char *name, int flags, mode_t mode, struct stat *st)
{
	/* Without O_NONBLOCK a FIFO would wait for its other end. */
	int fd = open(name, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, mode);
	int how, err;

	if (fd < 0)
		return -errno;
	how = fcntl(fd, F_GETFL);
	if (how >= 0 && fcntl(fd, F_SETFL, how & ~O_NONBLOCK) == 0 &&
	    fstat(fd, st) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int open_error(const char *name, int error)
{
	say_error(EXIT_FAILED, "%s: %s", shell_word(name),
		  error == -ENXIO ? "not a file that can be opened here" :
				    strerror(-error));
	return EXIT_FAILED;
}

int open_argument(const char *name, int flags, struct stat *st)
{
	int fd = open_name(name, flags, 0666, st);

	if (fd >= 0)
		return fd;
	open_error(name, fd);
	return -1;
}
