// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program for `acall with`, which does not know of it: it makes the calls that
 * go through the module there, where it matters how.
 *
 *	one CALL FILE [TARGET]	one call; prints 0 or the name of its errno
 *	threads N		so many threads copy and sync at once, in this folder
 *	thaw DIR
 *	held HOW DIR		a copy on the file system at DIR, which it freezes:
 *	    time		prints its result, and thaws it
 *	    close		all descriptors are closed meanwhile, and used anew
 *	    signal		handlers run meanwhile
 *	    fork		one of them forks, and both return
 *	    cancel		the thread is cancelled
 *
 * A frozen file system is a gate: what writes to it waits, and no signal helps.
 * Linked dynamically, or nothing could be preloaded.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/acall.h>
#include <linux/acall_file.h>
#include <linux/fs.h>

#define MIB		(1024 * 1024)

static int fail(const char *what)
{
	fprintf(stderr, "with_calls: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int print_error(int error)
{
	puts(error ? strerrorname_np(error) : "0");
	return 0;
}

static int open_file(const char *name, int flags)
{
	int fd = open(name, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		fail(name);
	return fd;
}

static int trim(const char *name)
{
	struct fstrim_range range = { .len = UINT64_MAX };

	return ioctl(open_file(name, O_RDONLY), FITRIM, &range);
}

static int discard(const char *name, unsigned long request)
{
	uint64_t range[2] = { 0, 65536 };

	return ioctl(open_file(name, O_RDWR), request, range);
}

/* As a call of its own: the status of the only target is its result. */
static int dedupe(const char *source, const char *target)
{
	static struct {
		struct file_dedupe_range range;
		struct file_dedupe_range_info info;
	} same = {
		.range = { .src_length = 65536, .dest_count = 1 },
	};

	same.info.dest_fd = open_file(target, O_RDWR);
	return ioctl(open_file(source, O_RDONLY), FIDEDUPERANGE, &same) ?:
	       same.info.status;
}

static int one(const char *call, const char *name, const char *target)
{
	struct statvfs vfs;
	struct statfs fs;
	struct stat st;
	int ret = -1;

	if (!strcmp(call, "fsync"))
		ret = fsync(open_file(name, O_RDONLY));
	else if (!strcmp(call, "fdatasync"))
		ret = fdatasync(open_file(name, O_RDONLY));
	else if (!strcmp(call, "syncfs"))
		ret = syncfs(open_file(name, O_RDONLY));
	else if (!strcmp(call, "fallocate"))
		ret = fallocate(open_file(name, O_RDWR), 0, 0, MIB);
	else if (!strcmp(call, "posix_fallocate"))
		return print_error(posix_fallocate(open_file(name, O_RDWR), 0,
						   MIB));
	else if (!strcmp(call, "posix_fadvise"))
		return print_error(posix_fadvise(open_file(name, O_RDONLY), 0,
						 0, POSIX_FADV_DONTNEED));
	else if (!strcmp(call, "statfs"))
		ret = statfs(name, &fs);
	else if (!strcmp(call, "statvfs"))
		ret = statvfs(name, &vfs);
	else if (!strcmp(call, "stat"))
		ret = stat(name, &st);
	else if (!strcmp(call, "trim"))
		ret = trim(name);
	else if (!strcmp(call, "discard"))
		ret = discard(name, BLKDISCARD);
	else if (!strcmp(call, "zeroout"))
		ret = discard(name, BLKZEROOUT);
	else if (!strcmp(call, "copy") && target)
		ret = copy_file_range(open_file(name, O_RDONLY), NULL,
				      open_file(target, O_RDWR | O_CREAT),
				      NULL, MIB, 0) < 0 ? -1 : 0;
	else if (!strcmp(call, "dedupe") && target)
		ret = dedupe(name, target);
	else
		errno = ENOSYS;
	return print_error(ret ? errno : 0);
}

/* threads ----------------------------------------------------------------- */

#define ROUNDS	20
#define PIECE	(64 * 1024)

static int shared_source, shared_target;

static void fill(unsigned char *data, size_t len, unsigned int seed)
{
	while (len--) {
		seed = seed * 1103515245 + 12345;
		*data++ = (unsigned char)(seed >> 16);
	}
}

/* Piece @nr of the shared files, by offsets; and a file of its own, by positions. */
static void *copies(void *arg)
{
	static __thread unsigned char want[PIECE], is[PIECE];
	unsigned int nr = (unsigned int)(uintptr_t)arg, i;
	char name[32];
	int own;

	snprintf(name, sizeof(name), "thread%u", nr);
	own = open_file(name, O_RDWR | O_CREAT | O_TRUNC);
	fill(want, sizeof(want), nr);
	for (i = 0; i < ROUNDS; i++) {
		off64_t from = (off64_t)nr * PIECE, to = from;

		if (copy_file_range(shared_source, &from, shared_target, &to,
				    PIECE, 0) != PIECE || to != from ||
		    fdatasync(shared_target))
			fail("the shared file");
		from -= PIECE;
		if (copy_file_range(shared_source, &from, own, NULL, PIECE,
				    0) != PIECE || fsync(own) ||
		    lseek(own, 0, SEEK_CUR) != (off_t)(i + 1) * PIECE)
			fail(name);
		if (pread(own, is, PIECE, (off_t)i * PIECE) != PIECE ||
		    memcmp(is, want, PIECE))
			fail("a thread's own file");
	}
	if (pread(shared_target, is, PIECE, (off_t)nr * PIECE) != PIECE ||
	    memcmp(is, want, PIECE))
		fail("the shared file's data");
	return NULL;
}

static int threads(unsigned int nr)
{
	static unsigned char data[PIECE];
	pthread_t *ids = calloc(nr, sizeof(*ids));
	unsigned int i;

	shared_source = open_file("source", O_RDWR | O_CREAT | O_TRUNC);
	shared_target = open_file("target", O_RDWR | O_CREAT | O_TRUNC);
	for (i = 0; i < nr; i++) {
		fill(data, sizeof(data), i);
		if (write(shared_source, data, PIECE) != PIECE)
			fail("source");
	}
	for (i = 0; i < nr; i++)
		if (pthread_create(&ids[i], NULL, copies, (void *)(uintptr_t)i))
			fail("a thread");
	for (i = 0; i < nr; i++)
		pthread_join(ids[i], NULL);
	return 0;
}

/* held -------------------------------------------------------------------- */

static const char *frozen;	/* its mount point */
static int from, to;
static pthread_t first;
static pid_t parent;
static atomic_int handled, child;

static void freeze(bool on)
{
	int dir = open_file(frozen, O_RDONLY | O_DIRECTORY);

	if (ioctl(dir, on ? FIFREEZE : FITHAW, 0))
		fail(on ? "freeze" : "thaw");
	close(dir);
}

static bool running(void)
{
	struct acall_list_record records[8];
	struct acall_list list = {
		.size = sizeof(list),
		.records = (uintptr_t)records,
		.record_size = sizeof(*records),
		.nr = 8,
	};
	int device = open_file("/dev/acall", O_RDWR);
	bool found = false;
	unsigned int i;

	if (ioctl(device, ACALL_IOC_LIST, &list))
		fail("the list of calls");
	close(device);
	for (i = 0; i < list.nr; i++)
		found |= records[i].method == ACALL_FILE_COPY &&
			 records[i].state == ACALL_STATE_RUNNING;
	return found;
}

/* Until the module has the call. */
static void wait_held(void)
{
	while (!running())
		sched_yield();
}

/* 0 or an errno. What succeeds leaves errno alone. */
static int copy(void)
{
	ssize_t ret;

	errno = ENOMSG;
	ret = copy_file_range(from, NULL, to, NULL, PIECE, 0);
	if (ret < 0)
		return errno;
	return ret == PIECE && errno == ENOMSG ? 0 : EUCLEAN;
}

static void *copies_once(void *arg)
{
	*(int *)arg = copy();
	return NULL;
}

static int held_close(void)
{
	int fds[64], result = -1;
	struct stat st, is;
	pthread_t id;
	size_t i;

	if (pthread_create(&id, NULL, copies_once, &result))
		fail("a thread");
	wait_held();
	if (close_range(3, ~0U, 0) || stat("/dev/null", &st))
		fail("close_range");
	for (i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		fds[i] = open_file("/dev/null", O_RDONLY);
	freeze(false);
	pthread_join(id, NULL);
	for (i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fstat(fds[i], &is) || is.st_rdev != st.st_rdev)
			fail("a descriptor that is not its own");
	return print_error(result);
}

static void on_signal(int number)
{
	(void)number;
	handled++;
}

static void on_signal_fork(int number)
{
	pid_t pid = fork();

	(void)number;
	if (pid)
		child = pid;
}

/* Opens the gate when the first thread's handler has run, twice. */
static void *signals(void *arg)
{
	int i;

	(void)arg;
	wait_held();
	for (i = 0; i < 2; i++) {
		pthread_kill(first, SIGUSR1);
		while (handled == i)
			sched_yield();
	}
	freeze(false);
	return NULL;
}

static void *signal_and_fork(void *arg)
{
	(void)arg;
	wait_held();
	pthread_kill(first, SIGUSR1);
	while (!child)
		sched_yield();
	freeze(false);
	return NULL;
}

static int held_signal(void (*handler)(int), void *(*other)(void *))
{
	const struct sigaction action = { .sa_handler = handler };
	pthread_t id;
	int result, status;

	first = pthread_self();
	parent = getpid();
	sigaction(SIGUSR1, &action, NULL);
	if (pthread_create(&id, NULL, other, NULL))
		fail("a thread");
	result = copy();
	if (getpid() != parent)
		_exit(result);
	pthread_join(id, NULL);
	if (child && (waitpid(child, &status, 0) != child || status))
		fail("the child has another result");
	/* Both have this position, and it is one call's. */
	if (lseek(from, 0, SEEK_CUR) != PIECE ||
	    lseek(to, 0, SEEK_CUR) != PIECE)
		fail("the positions of the files");
	return print_error(result);
}

static unsigned int descriptors(void)
{
	unsigned int nr = 0;
	int fd;

	for (fd = 0; fd < 1000; fd++)
		nr += fcntl(fd, F_GETFD) >= 0;
	return nr;
}

static int held_cancel(void)
{
	const unsigned int before = descriptors();
	int result = -1;
	void *how = NULL;
	pthread_t id;

	if (pthread_create(&id, NULL, copies_once, &result))
		fail("a thread");
	wait_held();
	if (descriptors() != before + 1)
		fail("a call without an object");
	pthread_cancel(id);
	pthread_join(id, &how);
	/* It was not the gate. */
	freeze(false);
	if (how != PTHREAD_CANCELED || descriptors() != before)
		fail("the thread was not cancelled, or left its object");
	return print_error(0);
}

static int held_time(void)
{
	int result = copy();

	freeze(false);
	return print_error(result);
}

static int held(const char *how, const char *dir)
{
	static const unsigned char data[PIECE + 1];
	char name[4096];

	frozen = dir;
	snprintf(name, sizeof(name), "%s/source", dir);
	from = open_file(name, O_RDWR | O_CREAT | O_TRUNC);
	snprintf(name, sizeof(name), "%s/target", dir);
	to = open_file(name, O_RDWR | O_CREAT | O_TRUNC);
	if (pwrite(from, data, sizeof(data), 0) != sizeof(data))
		fail("source");
	freeze(true);
	if (!strcmp(how, "time"))
		return held_time();
	if (!strcmp(how, "close"))
		return held_close();
	if (!strcmp(how, "signal"))
		return held_signal(on_signal, signals);
	if (!strcmp(how, "fork"))
		return held_signal(on_signal_fork, signal_and_fork);
	if (!strcmp(how, "cancel"))
		return held_cancel();
	freeze(false);
	return 2;
}

int main(int argc, char **argv)
{
	if (argc > 3 && !strcmp(argv[1], "one"))
		return one(argv[2], argv[3], argv[4]);
	if (argc == 3 && !strcmp(argv[1], "threads"))
		return threads((unsigned int)atoi(argv[2]));
	if (argc == 4 && !strcmp(argv[1], "held"))
		return held(argv[2], argv[3]);
	if (argc == 3 && !strcmp(argv[1], "thaw")) {
		frozen = argv[2];
		freeze(false);
		return 0;
	}
	fprintf(stderr, "with_calls: the head of its source tells how to use it\n");
	return 2;
}
