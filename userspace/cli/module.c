// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Call objects, and what to do where there is no module to make them.
 *
 * The library's word for what went wrong is passed on; what is added is the
 * command that helps.
 */
#include "cli.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int missing(const char *what, const char *how)
{
	say_error(EXIT_NO_MODULE, "%s; %s", what, how);
	return EXIT_NO_MODULE;
}

/* Does the environment name an engine that there is not? */
static bool no_engine(void)
{
	const char *name = getenv("ACALL_ENGINE");

	return name && *name && strcmp(name, "kernel") &&
	       strcmp(name, "threads") && strcmp(name, "auto");
}

int device_error(enum acall_op op, const char *interface, int error)
{
	static const char load[] =
		"load it with: modprobe -a acall acall_file (or insmod), or ACALL_ENGINE=threads";
	static const char reload[] =
		"install both anew: modprobe -r acall_file acall; modprobe -a acall acall_file";
	char buf[256], how[192];

	switch (error) {
	case -ENOSYS:
		return missing("there is no /dev/acall: the module acall is not loaded",
			       load);
	case -EINVAL:
		if (!no_engine())
			break;
		say_error(EXIT_USAGE,
			  "ACALL_ENGINE is \"%s\": it may be kernel, threads or auto",
			  getenv("ACALL_ENGINE"));
		return EXIT_USAGE;
	case -EPROTO:
		return missing("the module acall is of another ABI than this command",
			       reload);
	case -ENOENT:
		snprintf(buf, sizeof(buf), "no module offers the interface %s",
			 interface);
		snprintf(how, sizeof(how),
			 "load it with: modprobe acall_%.32s (or insmod acall_%.32s.ko)",
			 interface, interface);
		return missing(buf, how);
	default:
		break;
	}
	say_error(EXIT_FAILED, "%s",
		  acall_strerror(NULL, op, error, buf, sizeof(buf)));
	return EXIT_FAILED;
}

int open_object(const char *interface, acall_t **call)
{
	int err = acall_create(interface, 0, 0, call);

	return err ? device_error(ACALL_OP_CREATE, interface, err) : EXIT_OK;
}
