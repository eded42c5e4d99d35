// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The engine's one lock, how its threads sleep, and how it touches the client's
 * memory.
 *
 * All signals are blocked while the lock is held: a handler that runs in between
 * and calls the library would wait for its own thread. Sleepers hold no lock. They
 * sleep in futex(2), since of all that has a time-out no system call goes on under
 * SA_RESTART [W7]: without one it does, and the clock wakes who has waited long
 * enough; with one it never does, which is what CALL and CANCEL want [S2, X9].
 *
 * No function here is a cancellation point, as ioctl(2) is none.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include "threads.h"

/* The kernel's own, whatever the C library's time_t is. */
struct kernel_time {
	long sec;
	long nsec;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Of the thread in fork(2), which has the lock. */
static sigset_t fork_mask;

void act_lock(sigset_t *mask)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, mask);
	pthread_mutex_lock(&lock);
}

void act_unlock(const sigset_t *mask)
{
	pthread_mutex_unlock(&lock);
	pthread_sigmask(SIG_SETMASK, mask, NULL);
}

void act_lock_fork_prepare(void)
{
	sigset_t mask;

	act_lock(&mask);
	fork_mask = mask;
}

void act_lock_fork_parent(void)
{
	sigset_t mask = fork_mask;

	act_unlock(&mask);
}

/* The child's only thread is the one that has it. */
void act_lock_fork_child(void)
{
	act_lock_fork_parent();
}

static long futex(_Atomic uint32_t *word, int op, uint32_t value,
		  const struct kernel_time *until)
{
	return syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, until,
		       NULL, FUTEX_BITSET_MATCH_ANY);
}

/*
 * Sleeps until @word is another than @value. Return: 0, perhaps for no reason, or
 * -EINTR; with @restart handlers with SA_RESTART do not count.
 */
int act_sleep(_Atomic uint32_t *word, uint32_t value, bool restart)
{
	const struct kernel_time never = { .sec = INT32_MAX };
	int saved = errno;
	int ret = 0;

	if (futex(word, FUTEX_WAIT_BITSET, value, restart ? NULL : &never) &&
	    errno == EINTR)
		ret = -EINTR;
	errno = saved;
	return ret;
}

/* The same for threads of ours, which no signal wakes. */
void act_doze(_Atomic uint32_t *word, uint32_t value, uint64_t until)
{
	const struct kernel_time time = {
		.sec = (long)(until / ACT_NSEC_PER_SEC),
		.nsec = (long)(until % ACT_NSEC_PER_SEC),
	};

	futex(word, FUTEX_WAIT_BITSET, value, &time);
}

void act_wake(_Atomic uint32_t *word, int nr)
{
	int saved = errno;

	atomic_fetch_add(word, 1);
	syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, nr, NULL,
		NULL, 0);
	errno = saved;
}

uint64_t act_now(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * ACT_NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

uint64_t act_later(uint64_t time, uint64_t duration)
{
	return duration > ACALL_FOREVER - time ? ACALL_FOREVER :
						 time + duration;
}

/*
 * The kernel copies, so that a bad address is -EFAULT and no SIGSEGV [B3, F3]. Where
 * that is forbidden (seccomp) it is a plain copy.
 */
static int copy(void *ours, void *theirs, size_t len, bool out)
{
	struct iovec local = { .iov_base = ours, .iov_len = len };
	struct iovec remote = { .iov_base = theirs, .iov_len = len };
	int saved = errno;
	ssize_t n;
	int ret = 0;

	if (!len)
		return 0;
	n = out ? process_vm_writev(getpid(), &local, 1, &remote, 1, 0) :
		  process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
	if (n < 0 && (errno == ENOSYS || errno == EPERM))
		memcpy(out ? theirs : ours, out ? ours : theirs, len);
	else if (n < 0 || (size_t)n < len)
		ret = -EFAULT;
	errno = saved;
	return ret;
}

int act_copy_in(void *to, uint64_t from, size_t len)
{
	return copy(to, (void *)(uintptr_t)from, len, false);
}

int act_copy_out(uint64_t to, const void *from, size_t len)
{
	return copy((void *)from, (void *)(uintptr_t)to, len, true);
}

void act_close_fd(int fd)
{
	int saved = errno;

	/* Not close(3), which is a cancellation point. */
	syscall(SYS_close, fd);
	errno = saved;
}

/*
 * Descriptors of ours are kept away from where a program looks for those that it has
 * closed, above all 0 to 2.
 */
#define ASIDE	256

int act_dup(int fd)
{
	int new = fcntl(fd, F_DUPFD_CLOEXEC, ASIDE);

	/* The limit is lower. */
	if (new < 0 && errno == EINVAL)
		new = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (new >= 0)
		return new;
	return errno == EINVAL ? -EMFILE : -errno;
}

/* As act_dup(); @fd, which may be -1, is closed. */
int act_aside(int fd)
{
	int new;

	if (fd < 0)
		return -errno;
	new = act_dup(fd);
	act_close_fd(fd);
	return new;
}

bool act_may_administer(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	return !syscall(SYS_capget, &header, data) &&
	       data[0].effective & 1u << CAP_SYS_ADMIN;
}
