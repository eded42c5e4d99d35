// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_calls: the old AIO, which has one operation that is handed to a worker
 * whatever the file: fdsync. On tmpfs there is nothing to sync.
 */
#include <errno.h>
#include <linux/aio_abi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"

#define CALLS	2048

struct aio {
	aio_context_t context;
	int fd;
};

static void *setup(const struct form *form)
{
	struct aio *aio = allocate(sizeof(*aio));

	/* A file of the kernel's own tmpfs. */
	aio->fd = memfd_create(form->name, MFD_CLOEXEC);
	if (aio->fd < 0)
		die("memfd_create: %s", strerror(errno));
	if (syscall(SYS_io_setup, 1, &aio->context))
		die("io_setup: %s", strerror(errno));
	return aio;
}

static void teardown(void *state)
{
	struct aio *aio = state;

	syscall(SYS_io_destroy, aio->context);
	close(aio->fd);
	free(aio);
}

static __u64 run(void *state, unsigned int n)
{
	struct aio *aio = state;
	struct iocb iocb = {
		.aio_lio_opcode = IOCB_CMD_FDSYNC,
		.aio_fildes = aio->fd,
	};
	struct iocb *iocbs[] = { &iocb };
	struct io_event event;
	__u64 start = units_now();

	for (; n; n--) {
		if (syscall(SYS_io_submit, aio->context, 1, iocbs) != 1)
			die("io_submit: %s", strerror(errno));
		if (syscall(SYS_io_getevents, aio->context, 1, 1, &event,
			    NULL) != 1)
			die("io_getevents: %s", strerror(errno));
		if (event.res)
			die("AIO fdsync: %s", strerror(-event.res));
	}
	return units_since(start);
}

const struct form aio_forms[] = {
	{ "aio_fdsync", "AIO fdsync of a file on tmpfs",
	  1, CALLS, 0, setup, run, teardown, NULL },
	{ }
};
