// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Waiting for many, and events: poll(2) over descriptors of calls and others.
 *
 * A call object is asked for POLLOUT too: idle, nothing on it will ever be ready,
 * and to wait for it would be to wait for ever [W2]. What is signalled stays so, so
 * waiting for all is to wait for each of those that are left. No state, no lock.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include "internal.h"

#define NSEC_PER_SEC	1000000000ULL
#define NSEC_PER_MSEC	1000000ULL
/* So many need no memory. */
#define FEW		16

static void fill(struct pollfd *polls, unsigned int nr,
		 const struct acall_com_waitable *waitables)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		polls[i].fd = waitables[i].call ? acall_fd(waitables[i].call) :
						  waitables[i].fd;
		polls[i].events = waitables[i].call ? POLLIN | POLLOUT : POLLIN;
	}
}

/*
 * What poll() has said: S_OK if it is enough. What is signalled goes out of @polls,
 * where it is to be waited for all.
 */
static acall_com_hresult look(struct pollfd *polls, unsigned int nr, bool all,
			      const struct acall_com_waitable *waitables,
			      unsigned int *index)
{
	unsigned int i, left = 0;

	for (i = 0; i < nr; i++) {
		*index = i;
		if (polls[i].fd >= 0 && polls[i].revents & POLLNVAL)
			return ACALL_COM_E_INVALIDARG;
		if (polls[i].fd < 0 ||
		    (waitables[i].call ? polls[i].revents & POLLIN :
					 polls[i].revents)) {
			if (!all)
				return ACALL_COM_S_OK;
			polls[i].fd = -1;
			continue;
		}
		left++;
		if (!waitables[i].call)
			continue;
		if (polls[i].revents & POLLOUT)
			return ACALL_COM_RPC_E_CALL_COMPLETE;
		if (polls[i].revents & (POLLHUP | POLLERR))
			return ACALL_COM_RPC_E_DISCONNECTED;
	}
	*index = nr;
	return left ? ACALL_COM_RPC_S_CALLPENDING : ACALL_COM_S_OK;
}

static int poll_until(struct pollfd *polls, unsigned int nr, uint64_t until)
{
	uint64_t now = acall_after_ns(0);
	uint64_t left = until > now ? until - now : 0;
	struct timespec ts = {
		.tv_sec = (time_t)(left / NSEC_PER_SEC),
		.tv_nsec = (long)(left % NSEC_PER_SEC),
	};
	int ret = ppoll(polls, nr, until == ACALL_FOREVER ? NULL : &ts, NULL);

	return ret < 0 ? -errno : ret;
}

static acall_com_hresult wait_polls(struct pollfd *polls, unsigned int nr,
				    unsigned int flags, uint64_t until,
				    const struct acall_com_waitable *waitables,
				    unsigned int *index)
{
	acall_com_hresult ret;
	int polled;

	for (;;) {
		polled = poll_until(polls, nr, until);
		if (polled == -EINTR && !(flags & ACALL_COM_WAIT_ALERTABLE))
			continue;
		if (polled < 0)
			return com_from_errno(polled);
		if (!polled)
			return ACALL_COM_RPC_S_CALLPENDING;
		ret = look(polls, nr, flags & ACALL_COM_WAIT_ALL, waitables,
			   index);
		if (ret != ACALL_COM_RPC_S_CALLPENDING)
			return ret;
	}
}

COM_PUBLIC acall_com_hresult
acall_com_wait_many(unsigned int flags, uint32_t milliseconds, unsigned int nr,
		    const struct acall_com_waitable *waitables,
		    unsigned int *index)
{
	struct pollfd few[FEW], *polls = few;
	unsigned int which = 0, i;
	acall_com_hresult ret;
	uint64_t until;

	if (!nr)
		return ACALL_COM_RPC_E_NO_SYNC;
	if (!waitables ||
	    flags & ~(ACALL_COM_WAIT_ALL | ACALL_COM_WAIT_ALERTABLE))
		return ACALL_COM_E_INVALIDARG;
	/* poll() would take it for one that is not looked at. */
	for (i = 0; i < nr; i++) {
		if (!waitables[i].call && waitables[i].fd < 0)
			return ACALL_COM_E_INVALIDARG;
	}
	until = milliseconds == ACALL_COM_INFINITE ? ACALL_FOREVER :
		acall_after_ns(milliseconds * NSEC_PER_MSEC);
	if (nr > FEW) {
		polls = calloc(nr, sizeof(*polls));
		if (!polls)
			return ACALL_COM_E_OUTOFMEMORY;
	}
	fill(polls, nr, waitables);
	ret = wait_polls(polls, nr, flags, until, waitables, &which);
	if (polls != few)
		free(polls);
	if (index)
		*index = which;
	return ret;
}

COM_PUBLIC acall_com_hresult acall_com_wait(acall_t *call,
					    uint32_t milliseconds)
{
	const struct acall_com_waitable waitable = { .call = call, .fd = -1 };

	return acall_com_wait_many(0, milliseconds, 1, &waitable, NULL);
}

COM_PUBLIC acall_com_hresult acall_com_event_create(int *fd)
{
	if (!fd)
		return ACALL_COM_E_INVALIDARG;
	*fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return *fd < 0 ? com_from_errno(-errno) : ACALL_COM_S_OK;
}

/* Signalled as often as it can be it is signalled all the same. */
COM_PUBLIC acall_com_hresult acall_com_event_signal(int fd)
{
	return eventfd_write(fd, 1) && errno != EAGAIN ?
		ACALL_COM_E_INVALIDARG : ACALL_COM_S_OK;
}

COM_PUBLIC acall_com_hresult acall_com_event_reset(int fd)
{
	eventfd_t value;

	if (!eventfd_read(fd, &value))
		return ACALL_COM_S_OK;
	return errno == EAGAIN ? ACALL_COM_S_FALSE : ACALL_COM_E_INVALIDARG;
}
