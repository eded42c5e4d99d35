// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * One call through the module.
 *
 * Each has an object of its own, which is made for it and closed after it, and
 * no descriptor is kept in between: none that the program would find among its
 * numbers, close by closefrom(3), give to its children or need again after
 * chroot(2). That costs a few system calls, which is little for a call that
 * somebody wants to interrupt. Threads share nothing.
 *
 * While a call runs the object is there, and these may meet it:
 *
 * - A signal handler. It runs at once, where the plain call would make it wait,
 *   and then CALL says EINTR; but the plain call would go on, so this does. (A
 *   handler that jumps out of the function leaves the object behind, and in it
 *   the call, until exec or exit.)
 * - A handler that forks. Then parent and child both come back here, with one
 *   object, and either wants the result: so it is looked at and not taken, but
 *   for output, without which the plain call is made.
 * - A thread that closes all descriptors. A running CALL does not mind. But the
 *   number may be another file's by then, so before it is closed it is asked
 *   whether it is a call object still.
 * - A thread that forks. The child has the object as well, closed by its exec.
 * - pthread_cancel(). Where the plain function is a cancellation point CALL is
 *   one, in the way of glibc: cancellation is asynchronous for the length of
 *   the system call. The close that follows cancels the call.
 *
 * Who is killed is gone at once, and with him the object: that cancels the
 * call.
 */
#include "with.h"
#include <pthread.h>
#include <sys/syscall.h>

/* Not through ioctl(), which is ours here: it may be left at any instruction. */
static int sys(int fd, unsigned int request, void *args)
{
	return syscall(SYS_ioctl, fd, request, args) ? -errno : 0;
}

/* What answers this is a call object, and to close one ends no other's call. */
static void put_object(void *object)
{
	struct acall_query query = { .size = sizeof(query) };
	int fd = *(int *)object;

	if (!sys(fd, ACALL_IOC_QUERY, &query))
		close(fd);
}

static int get_object(void)
{
	struct acall_create create = {
		.size = sizeof(create),
		.interface = ACALL_FILE_INTERFACE,
		.version = ACALL_FILE_VERSION,
	};
	int device = acall_open_engine(ACALL_ENGINE_KERNEL);
	int fd;

	if (device < 0)
		return device;
	fd = (int)syscall(SYS_ioctl, device, ACALL_IOC_CREATE, &create);
	close(device);
	return fd;
}

/* One system call that may sleep; @state is that of pthread_cancel(). */
static int sleep_in(int *fd, unsigned int request, void *args, int state)
{
	int ret, type, unused;

	pthread_cleanup_push(put_object, fd);
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	pthread_setcancelstate(state, &unused);
	ret = sys(*fd, request, args);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &unused);
	pthread_setcanceltype(type, &unused);
	pthread_cleanup_pop(0);
	return ret;
}

/* The result of a call that is done, without taking it if that will do. */
static int look(int fd, struct acall_call_args *args)
{
	struct acall_query query = {
		.size = sizeof(query),
		.call_id = args->call_id,
	};
	struct acall_finish finish = {
		.size = sizeof(finish),
		.call_id = args->call_id,
		.out = args->out,
		.out_len = args->out_len,
	};
	int ret;

	if (args->out_len) {
		ret = sys(fd, ACALL_IOC_FINISH, &finish);
		args->status = finish.status;
		args->outcome = finish.outcome;
		args->progress = finish.progress;
	} else {
		ret = sys(fd, ACALL_IOC_QUERY, &query);
		args->status = query.status;
		args->outcome = query.outcome;
		args->progress = query.progress;
	}
	return ret;
}

static int make(int fd, struct acall_call_args *args, int state)
{
	struct acall_wait wait = {
		.size = sizeof(wait),
		.until = ACALL_FOREVER,
	};
	int ret;

	ret = sleep_in(&fd, ACALL_IOC_CALL, args, state);
	if (ret != -EINTR || !args->call_id)
		return ret;
	wait.call_id = args->call_id;
	do {
		ret = sleep_in(&fd, ACALL_IOC_WAIT, &wait, state);
	} while (ret == -EINTR);
	return ret ? ret : look(fd, args);
}

static void set_terms(struct acall_call_args *args)
{
	const struct settings *s = settings();

	args->size = sizeof(*args);
	if (s->timeout_ns == ACALL_FOREVER)
		return;
	args->flags = ACALL_BEGIN_DEADLINE;
	args->deadline = acall_after_ns(s->timeout_ns);
	args->grace_ns = s->grace_ns;
}

int with_call(struct acall_call_args *args, bool point)
{
	int saved = errno;
	int ret, state, fd;

	/* The functions that help are cancellation points, all of them. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	set_terms(args);
	fd = get_object();
	ret = fd;
	if (fd >= 0) {
		ret = make(fd, args, point ? state : PTHREAD_CANCEL_DISABLE);
		put_object(&fd);
	}
	pthread_setcancelstate(state, &(int){ 0 });
	errno = saved;
	return ret ? WITH_PLAIN : outcome_error(args);
}

int with_file(uint32_t method, int fd, const void *in, size_t in_len,
	      bool point)
{
	struct acall_call_args args = {
		.method = method,
		.files = (uintptr_t)&fd,
		.nr_files = 1,
		.in = (uintptr_t)in,
		.in_len = (uint32_t)in_len,
	};

	return with_call(&args, point);
}
