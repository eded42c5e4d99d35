// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The two engines behind the one interface of this library, and which of them is
 * meant: what the caller says, else ACALL_ENGINE in the environment, else the kernel.
 *
 * Nothing is remembered: an object and a descriptor know whose they are. No lock. The
 * guarantees of the two differ (Documentation/engines.rst), so the one is never taken
 * for the other unless that was asked for with ACALL_ENGINE_AUTO.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include "internal.h"
#include "threads/threads.h"

static const struct acall_engine kernel = {
	.kind = ACALL_ENGINE_KERNEL,
	.open = acall_kernel_open,
	.ioctl = acall_sys_ioctl,
	.close = acall_sys_close,
};

static const struct acall_engine threads = {
	.kind = ACALL_ENGINE_THREADS,
	.open = act_open,
	.ioctl = act_ioctl,
	.close = act_close,
};

const struct acall_engine *acall_engine_at(int fd)
{
	return act_owns(fd) ? &threads : &kernel;
}

/* For a program with other rights than its user the environment does not count. */
static int chosen(void)
{
	const char *value = secure_getenv("ACALL_ENGINE");
	int kind;

	if (!value || !*value)
		return ACALL_ENGINE_KERNEL;
	for (kind = ACALL_ENGINE_KERNEL; kind <= ACALL_ENGINE_AUTO; kind++) {
		if (!strcmp(value, acall_engine_name(kind)))
			return kind;
	}
	return -EINVAL;
}

/* Is the kernel's engine not for this process? Anything else is to be told. */
static bool is_missing(int error)
{
	switch (error) {
	case -ENOSYS:
	case -EPROTO:
	case -EACCES:
	case -EPERM:
		return true;
	default:
		return false;
	}
}

int acall_engine_open(enum acall_engine_kind kind,
		      const struct acall_engine **engine)
{
	int fd, ret = kind == ACALL_ENGINE_DEFAULT ? chosen() : (int)kind;

	switch (ret) {
	case ACALL_ENGINE_KERNEL:
	case ACALL_ENGINE_AUTO:
		*engine = &kernel;
		break;
	case ACALL_ENGINE_THREADS:
		*engine = &threads;
		break;
	default:
		return -EINVAL;
	}
	fd = (*engine)->open();
	if (ret != ACALL_ENGINE_AUTO || !is_missing(fd))
		return fd;
	*engine = &threads;
	return threads.open();
}

ACALL_PUBLIC int acall_open_engine(enum acall_engine_kind kind)
{
	const struct acall_engine *engine;

	return acall_engine_open(kind, &engine);
}

ACALL_PUBLIC int acall_open_device(void)
{
	return acall_open_engine(ACALL_ENGINE_DEFAULT);
}

ACALL_PUBLIC enum acall_engine_kind acall_engine(const acall_t *call)
{
	return call ? call->engine->kind : ACALL_ENGINE_DEFAULT;
}

ACALL_PUBLIC enum acall_engine_kind acall_device_engine(int device)
{
	return acall_engine_at(device)->kind;
}
