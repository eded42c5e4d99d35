// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall with: runs another program with libacall-with.so preloaded, so that its
 * long file system calls are ours, and can be interrupted and time out.
 *
 * Becomes that program by exec: there is nobody in between to pass on signals,
 * the terminal or the exit code.
 */
#include "cli.h"
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY	"libacall-with.so"

static const char help[] =
"Usage: acall with [OPTION]... [--] COMMAND [ARG]...\n"
"Run COMMAND so that its long file system calls can be interrupted and time out.\n"
"\n"
"  --timeout=TIME  for each call (30s, 500ms, 2m); then it fails with ETIMEDOUT\n"
"  --grace=TIME    how long it may take to stop then, before it is left behind\n"
"  -q, --quiet     do not say which file systems a sync has given up\n"
"\n"
"These are fsync, fdatasync, syncfs, sync, copy_file_range, fallocate,\n"
"posix_fallocate, posix_fadvise (DONTNEED), statfs, statvfs, stat of a mount\n"
"point, and the ioctls of fstrim, blkdiscard and dedupe. All others are as ever:\n"
"on a dead mount df DIR hangs in open, df without DIR does not.\n"
"\n"
"Ctrl-C and SIGTERM end COMMAND at once, wherever its call is. A copy that is\n"
"stopped half-way says how much it has copied. sync does one file system after\n"
"the other; it cannot fail, so what it gives up is said on standard error.\n"
"What the module does not take (pipes, files of proc) is done as ever. So is all\n"
"in programs that are set-user-ID, static or make system calls themselves (Go).\n"
"\n"
"Exit: COMMAND's own, 126 if it cannot be run, 127 if it is not found; 1, 2, 3 as\n"
"of all verbs. The library for it, " LIBRARY ", is beside acall or\n"
"where make install puts it; ACALL_WITH_LIBRARY names another.\n";

/* @name in the folder that this program is in; NULL = nobody knows. */
static char *beside(const char *name)
{
	static char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path));
	char *slash;

	if (len < 0 || (size_t)len == sizeof(path))
		return NULL;
	path[len] = '\0';
	slash = strrchr(path, '/');
	if (!slash || strlen(name) >= sizeof(path) - (size_t)(slash + 1 - path))
		return NULL;
	strcpy(slash + 1, name);
	return path;
}

/* Its absolute path, or NULL after a message. */
static char *look_for_library(void)
{
	const char *named = getenv("ACALL_WITH_LIBRARY"), *near;
	char *path = NULL;

	if (named && *named) {
		path = realpath(named, NULL);
		if (!path)
			say_error(EXIT_FAILED, "ACALL_WITH_LIBRARY: %s: %s",
				  shell_word(named), strerror(errno));
		return path;
	}
	near = beside(LIBRARY);
	if (near)
		path = realpath(near, NULL);
	if (!path)
		path = realpath(PLUGINS "/" LIBRARY, NULL);
	if (!path)
		say_error(EXIT_FAILED, "no %s beside acall or in %s; ACALL_WITH_LIBRARY names one",
			  LIBRARY, PLUGINS);
	return path;
}

/* The same, if it can be preloaded. */
static char *find_library(void)
{
	char *path = look_for_library();

	/* To the dynamic linker they end a name, and it knows no quotes. */
	if (path && strpbrk(path, " :")) {
		say_error(EXIT_FAILED, "%s cannot be preloaded with a blank or a colon in its path",
			  shell_word(path));
		free(path);
		return NULL;
	}
	return path;
}

static bool set_number(const char *name, uint64_t value)
{
	char text[TEXT_LEN];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return !setenv(name, text, 1);
}

/* What was left out is not what another `acall with` around this one was told. */
static bool set_environment(const char *library)
{
	const char *others = getenv("LD_PRELOAD");
	char *all;

	others = others ? others : "";
	all = xmalloc(strlen(library) + strlen(others) + 2);
	sprintf(all, "%s%s%s", library, *others ? ":" : "", others);
	return !setenv("LD_PRELOAD", all, 1) &&
	       set_number("ACALL_WITH_TIMEOUT", options.timeout_ns) &&
	       set_number("ACALL_WITH_GRACE", options.leave ?
			  ACALL_GRACE_NONE : options.grace_ns) &&
	       !(options.quiet ? setenv("ACALL_WITH_QUIET", "1", 1) :
				 unsetenv("ACALL_WITH_QUIET"));
}

int verb_with(int argc, char **argv)
{
	static const struct option longs[] = { { 0 } };
	char *library;
	acall_t *call;
	int code;

	/* One behind COMMAND is not ours. */
	options.json = false;
	while (next_option(argc, argv, "+", longs, help) != -1)
		;
	if (optind == argc)
		usage_error("with takes a command");
	code = open_object(ACALL_FILE_INTERFACE, &call);
	if (code)
		return code;
	acall_destroy(call);
	library = find_library();
	if (!library)
		return EXIT_FAILED;
	if (!set_environment(library)) {
		say_error(EXIT_FAILED, "%s", strerror(errno));
		return EXIT_FAILED;
	}
	signals_undo();
	execvp(argv[optind], argv + optind);
	code = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
	say_error(code, "%s: %s", shell_word(argv[optind]), strerror(errno));
	return code;
}
