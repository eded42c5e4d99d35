// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The settings, which come from `acall with` in the environment, in
 * nanoseconds.
 *
 * They are read once, when the library is loaded: what the program makes of its
 * environment is its own affair.
 */
#include "with.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct settings all;
static struct statx errors;	/* what standard error was */
static bool quiet;
static _Atomic bool done;

/* What is no number was not set by `acall with`. */
static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	if (!text || !*text || text[strspn(text, "0123456789")])
		return otherwise;
	return strtoull(text, NULL, 10);
}

static void read_all(void)
{
	int saved = errno;

	all.timeout_ns = number("ACALL_WITH_TIMEOUT", ACALL_FOREVER);
	all.grace_ns = number("ACALL_WITH_GRACE", ACALL_GRACE_DEFAULT);
	quiet = !!getenv("ACALL_WITH_QUIET") ||
		!known(STDERR_FILENO, &errors);
	errno = saved;
	atomic_store(&done, true);
}

const struct settings *settings(void)
{
	if (!atomic_load(&done))
		read_all();
	return &all;
}

/* By now the number may be another file's, with data in it. */
static bool errors_are_read(void)
{
	struct statx now;

	return known(STDERR_FILENO, &now) && now.stx_ino == errors.stx_ino &&
	       now.stx_dev_major == errors.stx_dev_major &&
	       now.stx_dev_minor == errors.stx_dev_minor;
}

void say_given_up(const char *path, int error)
{
	if (!quiet && errors_are_read())
		dprintf(STDERR_FILENO, "acall with: sync: %s is given up: %s\n",
			path, strerror(-error));
}
