// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Lets the programs that test the kernel's engine test the engine "threads",
 * unchanged: the linker hands what they do with /dev/acall, /dev/acall_test and the
 * counters in sysfs to the functions here (-Wl,--wrap), which pass it to libacall.a.
 *
 * What the library does goes the same way, so that the ioctl() of lib_util.h is in
 * between here too. A thread that sleeps in one of the engine's operations is shown to
 * wait_blocked() as one that sleeps in ioctl(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/acall_test.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "threads/threads.h"
#include "seam.h"

/* FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG: no mutex sleeps so. */
#define SLEEPS		0x89

/* Threads that are in an operation. */
struct inside {
	struct inside *next;
	pid_t tid;
	int fd;
	unsigned int request;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct inside *insiders;

static void enter(struct inside *in, int fd, unsigned int request)
{
	in->tid = gettid();
	in->fd = fd;
	in->request = request;
	pthread_mutex_lock(&lock);
	in->next = insiders;
	insiders = in;
	pthread_mutex_unlock(&lock);
}

static void leave(struct inside *in)
{
	struct inside **link = &insiders;

	pthread_mutex_lock(&lock);
	while (*link != in)
		link = &(*link)->next;
	*link = in->next;
	pthread_mutex_unlock(&lock);
}

static int operate(int fd, unsigned int request, void *arg)
{
	struct inside in;
	sigset_t all, mask;
	uint32_t size;
	int ret;

	if (request == ACALL_TEST_IOC_CONTROL)
		return seam_control(arg);
	/* Of the library the caller would have died of it before. */
	if (act_copy_in(&size, (uintptr_t)arg, sizeof(size)))
		return -EFAULT;
	/* A handler may come here, and find the lock taken. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &mask);
	enter(&in, fd, request);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	ret = __real_act_ioctl(fd, request, arg);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	leave(&in);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	return ret;
}

/* From the library: by way of ioctl(), which may be the test's own. */
int __wrap_act_ioctl(int fd, unsigned int request, void *arg)
{
	int saved = errno, ret;

	ret = ioctl(fd, request, arg);
	if (ret < 0)
		ret = -errno;
	errno = saved;
	return ret;
}

/* Where lib_util.h has none of its own. */
__attribute__((weak)) int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	return __wrap_syscall(__NR_ioctl, fd, request, arg);
}

/* Six are read, as by the C library's, however many there are. */
__attribute__((noinline, no_sanitize("address")))
long __wrap_syscall(long nr, ...)
{
	long a[6];
	va_list ap;
	int ret;
	size_t i;

	va_start(ap, nr);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (nr != __NR_ioctl || _IOC_TYPE((unsigned int)a[1]) != ACALL_IOC_MAGIC)
		return __real_syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	ret = operate((int)a[0], (unsigned int)a[1], (void *)a[2]);
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

static int file_with(const char *text)
{
	int fd = memfd_create("seam", MFD_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0 ||
	    lseek(fd, 0, SEEK_SET))
		abort();
	return fd;
}

static unsigned int count_calls(const char *name)
{
	struct acall_info info = { 0 };
	unsigned int executions = 0, orphans = 0, objects;
	struct act_call *call;
	sigset_t mask;
	uint64_t id = 0;
	uint32_t word;

	act_lock(&mask);
	act_calls_info(&info);
	for (call = act_call_after(0); call; call = act_call_after(id)) {
		id = call->id;
		word = atomic_load(&call->word);
		executions += !(word & ACT_ENDED);
		orphans += act_phase(word) == ACT_ABANDONED &&
			   !(word & ACT_ENDED);
	}
	objects = act_objects_count();
	act_unlock(&mask);
	if (!strcmp(name, "objects"))
		return objects;
	if (!strcmp(name, "calls"))
		return info.charged_calls;
	return strcmp(name, "orphans") ? executions : orphans;
}

static int open_counter(const char *name)
{
	char text[32];

	snprintf(text, sizeof(text), "%u\n", count_calls(name));
	return file_with(text);
}

/* As the kernel shows it, but of threads that sleep in an operation of ours. */
static int open_blocked(const char *path, pid_t tid)
{
	struct inside *in;
	char text[256];
	unsigned long word, op;
	long nr;
	int fd, n;

	fd = __real_open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fd;
	n = read(fd, text, sizeof(text) - 1);
	__real_close(fd);
	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "%ld %lx %lx", &nr, &word, &op) != 3 ||
	    nr != __NR_futex || op != SLEEPS)
		return file_with(text);
	pthread_mutex_lock(&lock);
	for (in = insiders; in && in->tid != tid; in = in->next)
		;
	if (in)
		snprintf(text, sizeof(text), "%d 0x%x 0x%x\n", __NR_ioctl,
			 in->fd, in->request);
	pthread_mutex_unlock(&lock);
	return file_with(text);
}

static int open_instead(const char *path, int flags, mode_t mode)
{
	static const char counters[] = "/sys/class/misc/acall/";
	int pid, tid, end = 0;

	if (!strcmp(path, "/dev/acall"))
		return act_open();
	if (!strcmp(path, "/dev/acall_test"))
		return file_with("");
	if (!strncmp(path, counters, sizeof(counters) - 1))
		return open_counter(path + sizeof(counters) - 1);
	if (sscanf(path, "/proc/%d/task/%d/syscall%n", &pid, &tid, &end) == 2 &&
	    end && pid == getpid())
		return open_blocked(path, tid);
	return __real_open(path, flags, mode);
}

static int open_any(const char *path, int flags, va_list ap)
{
	mode_t mode = 0;
	int ret;

	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(ap, mode_t);
	ret = open_instead(path, flags, mode);
	if (ret < -1) {
		errno = -ret;
		ret = -1;
	}
	return ret;
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list ap;
	int ret;

	va_start(ap, flags);
	ret = open_any(path, flags, ap);
	va_end(ap);
	return ret;
}

int __wrap_open64(const char *path, int flags, ...)
{
	va_list ap;
	int ret;

	va_start(ap, flags);
	ret = open_any(path, flags | O_LARGEFILE, ap);
	va_end(ap);
	return ret;
}

int __wrap_access(const char *path, int mode)
{
	if (!strcmp(path, "/dev/acall") || !strcmp(path, "/dev/acall_test") ||
	    !strcmp(path, "/sys/module/acall_file"))
		return 0;
	return __real_access(path, mode);
}

/* The last close of an object asks its call to stop before it returns, as there. */
int __wrap_close(int fd)
{
	if (!act_owns(fd))
		return __real_close(fd);
	act_close(fd);
	return 0;
}

/* The engine's own are among them: only objects are meant. */
int __wrap_close_range(unsigned int first, unsigned int last, int flags)
{
	int fd;

	(void)flags;
	for (fd = (int)first; fd < 1024 && (unsigned int)fd <= last; fd++) {
		if (act_owns(fd))
			__wrap_close(fd);
	}
	return 0;
}
