/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of acall share: one thin function for each ioctl, which
 * returns -errno; the side channel of the test interface; threads that block
 * in an ioctl; children; pages that stall; and the fixture, whose end checks
 * that every test leaves nothing behind.
 *
 * No test sleeps: it waits for a counter, for a thread to be blocked in a
 * system call that the kernel shows in /proc, or for a gate. The only upper
 * bound on time is guard_expired(), which is generous and scaled by
 * ACALL_SCALE.
 */
#ifndef _SELFTESTS_ACALL_UTIL_H
#define _SELFTESTS_ACALL_UTIL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/acall.h>
#include <linux/acall_test.h>
#include "kselftest_harness.h"
#include "acall_time.h"
#include "poison.h"

#ifndef __NR_poll
#define __NR_poll	__NR_ppoll	/* newer machines have only that */
#endif
#define DEV_ACALL	"/dev/acall"
#define DEV_CONTROL	"/dev/acall_test"
#define SYSFS_COUNTERS	"/sys/class/misc/acall/"
#define SYSFS_PARAMS	"/sys/module/acall/parameters/"

#define FOREVER		UINT64_MAX
#define UID_A		65534	/* users that own nothing */
#define UID_B		65533

#define PTR(p)		((__u64)(uintptr_t)(p))

/* For threads and children, which cannot use ASSERT_*. */
#define CHECK(cond)							\
do {									\
	if (!(cond)) {							\
		fprintf(stderr, "# %s:%d: not so: %s\n",		\
			__FILE__, __LINE__, #cond);			\
		return 1;						\
	}								\
} while (0)

/* A directory that may be written to. */
static inline const char *tmp_dir(void)
{
	return getenv("ACALL_DIR_TMPFS") ?: "/tmp";
}

static inline int sys_ioctl(int fd, unsigned long cmd, const void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

static inline int sys_open_device(void)
{
	int fd = open(DEV_ACALL, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static inline int sys_create_version(int dev, const char *name, __u32 flags,
				     __u32 *version)
{
	struct acall_create c = {
		.size = sizeof(c), .flags = flags, .version = *version,
	};
	int ret;

	memccpy(c.interface, name, 0, sizeof(c.interface));
	ret = sys_ioctl(dev, ACALL_IOC_CREATE, &c);
	*version = c.version;
	return ret;
}

static inline int sys_create(int dev, const char *name)
{
	__u32 version = 0;

	return sys_create_version(dev, name, 0, &version);
}

/* A call object without a device fd of the test's own. */
static inline int sys_object(const char *name)
{
	int dev = sys_open_device(), fd;

	if (dev < 0)
		return dev;
	fd = sys_create(dev, name);
	close(dev);
	return fd;
}

static inline int sys_begin_struct(int fd, struct acall_begin *b)
{
	return sys_ioctl(fd, ACALL_IOC_BEGIN, b);
}

static inline int sys_begin(int fd, __u32 method, const void *in, __u32 len,
			    __u64 *call_id)
{
	struct acall_begin b = {
		.size = sizeof(b), .method = method, .in = PTR(in),
		.in_len = len,
	};
	int ret = sys_begin_struct(fd, &b);

	if (call_id)
		*call_id = b.call_id;
	return ret;
}

static inline int sys_begin_arg(int fd, __u32 method, __u64 id, __s64 value,
				__u64 pause, __u64 *call_id)
{
	struct acall_test_arg arg = {
		.id = id, .value = value, .pause = pause,
	};

	return sys_begin(fd, method, &arg, sizeof(arg), call_id);
}

static inline int sys_begin_hold(int fd, __u64 id, __s32 file, __u64 *call_id)
{
	struct acall_test_arg arg = { .id = id };
	struct acall_begin b = {
		.size = sizeof(b), .method = ACALL_TEST_HOLD,
		.in = PTR(&arg), .in_len = sizeof(arg),
		.files = PTR(&file), .nr_files = 1,
	};
	int ret = sys_begin_struct(fd, &b);

	if (call_id)
		*call_id = b.call_id;
	return ret;
}

static inline int sys_begin_result(int fd, const struct acall_test_result *r,
				   __u64 *call_id)
{
	return sys_begin(fd, ACALL_TEST_RESULT, r, sizeof(*r), call_id);
}

static inline int sys_wait_until(int fd, __u64 call_id, __u64 until)
{
	struct acall_wait w = {
		.size = sizeof(w), .call_id = call_id, .until = until,
	};

	return sys_ioctl(fd, ACALL_IOC_WAIT, &w);
}

static inline int sys_finish_struct(int fd, struct acall_finish *f)
{
	f->size = sizeof(*f);
	return poison_finish(fd, f);
}

static inline int sys_finish(int fd, __u64 call_id, struct acall_finish *f)
{
	memset(f, 0, sizeof(*f));
	f->call_id = call_id;
	return sys_finish_struct(fd, f);
}

static inline int sys_finish_now(int fd, struct acall_finish *f)
{
	memset(f, 0, sizeof(*f));
	f->flags = ACALL_FINISH_NONBLOCK;
	return sys_finish_struct(fd, f);
}

static inline int sys_finish_out(int fd, void *out, __u32 len,
				 struct acall_finish *f)
{
	memset(f, 0, sizeof(*f));
	f->out = PTR(out);
	f->out_len = len;
	return sys_finish_struct(fd, f);
}

static inline int sys_cancel(int fd, __u32 flags, __u64 call_id,
			     __u64 grace_ns, struct acall_cancel *c)
{
	*c = (struct acall_cancel) {
		.size = sizeof(*c), .flags = flags, .call_id = call_id,
		.grace_ns = grace_ns, .state = 99, .outcome = 99,
	};
	return poison_ioctl(fd, ACALL_IOC_CANCEL, c, sizeof(*c));
}

static inline int sys_abandon(int fd)
{
	struct acall_cancel c;

	return sys_cancel(fd, ACALL_CANCEL_ABANDON, 0, 0, &c);
}

static inline int sys_query(int fd, __u64 call_id, struct acall_query *q)
{
	memset(q, 0, sizeof(*q));
	q->size = sizeof(*q);
	q->call_id = call_id;
	return poison_ioctl(fd, ACALL_IOC_QUERY, q, sizeof(*q));
}

/* Return: enum acall_state, or -errno. */
static inline int state_of(int fd)
{
	struct acall_query q;
	int ret = sys_query(fd, 0, &q);

	return ret ?: (int)q.state;
}

static inline int revents_of(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, 0) < 0 ? -errno : p.revents;
}

/* All that poll may say about a call object. */
static inline int readiness(int fd)
{
	return revents_of(fd, POLLIN | POLLOUT | POLLPRI);
}

/* Is the last reference on the write end of @read_end's pipe gone? */
static inline bool hung_up(int read_end)
{
	return revents_of(read_end, POLLIN) & POLLHUP;
}

/* Waits for it: for references that are dropped after an orphan has ended. */
static inline int wait_hung_up(int read_end)
{
	struct pollfd p = { .fd = read_end };

	return poll(&p, 1, GUARD_SEC * 1000 * scale()) == 1 ? 0 : -ETIMEDOUT;
}

/* The side channel. */

static inline int ctl_op(int ctl, __u32 op, __u64 id, __u64 value,
			 struct acall_test_control *out)
{
	struct acall_test_control c = { .op = op, .id = id, .value = value };
	int ret = sys_ioctl(ctl, ACALL_TEST_IOC_CONTROL, &c);

	if (out)
		*out = c;
	return ret;
}

static inline int open_gate(int ctl, __u64 id)
{
	return ctl_op(ctl, ACALL_TEST_OP_OPEN, id, 0, NULL);
}

static inline int wait_starts(int ctl, __u64 id, __u64 n)
{
	return ctl_op(ctl, ACALL_TEST_OP_WAIT_STARTS, id, n, NULL);
}

static inline int wait_seen(int ctl, __u64 id, __u64 n)
{
	return ctl_op(ctl, ACALL_TEST_OP_WAIT_SEEN, id, n, NULL);
}

static inline int wait_ends(int ctl, __u64 id, __u64 n)
{
	return ctl_op(ctl, ACALL_TEST_OP_WAIT_ENDS, id, n, NULL);
}

static inline int forget(int ctl, __u64 id)
{
	return ctl_op(ctl, ACALL_TEST_OP_FORGET, id, 0, NULL);
}

static inline struct acall_test_control ctl_get(int ctl, __u64 id)
{
	struct acall_test_control c = { 0 };

	ctl_op(ctl, ACALL_TEST_OP_GET, id, 0, &c);
	return c;
}

/* A meeting point that nobody else uses. */
static inline __u64 fresh_id(void)
{
	static unsigned int n;

	return (__u64)getpid() << 32 | __atomic_add_fetch(&n, 1,
							  __ATOMIC_RELAXED);
}

/* Files with one number in them. */

static inline long long read_number(const char *dir, const char *name)
{
	char path[256], buf[32] = "";
	int fd, n;

	snprintf(path, sizeof(path), "%s%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	return n > 0 ? strtoll(buf, NULL, 0) : -EIO;
}

static inline int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	n = n < 0 ? -errno : 0;
	close(fd);
	return n;
}

static inline int write_number(const char *dir, const char *name, long long v)
{
	char path[256], buf[32];

	snprintf(path, sizeof(path), "%s%s", dir, name);
	snprintf(buf, sizeof(buf), "%lld", v);
	return write_file(path, buf);
}

static inline long long counter(const char *name)
{
	return read_number(SYSFS_COUNTERS, name);
}

/* Waits until counter @name has the value @v. */
static inline int wait_counter(const char *name, long long v)
{
	__u64 since = now_ns();

	while (counter(name) != v) {
		if (guard_expired(since))
			return -ETIMEDOUT;
		give_way();
	}
	return 0;
}

static inline int wait_counters_zero(void)
{
	static const char * const names[] = {
		"objects", "calls", "executions", "orphans",
	};
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(names) && !ret; i++)
		ret = wait_counter(names[i], 0);
	return ret;
}

/* How many methods of interface @name this user may have running. */
static inline int user_share(int dev, const char *name)
{
	struct acall_interface_info info = { .size = sizeof(info) };
	int ret;

	do {
		ret = poison_ioctl(dev, ACALL_IOC_INTERFACE_INFO, &info,
				   sizeof(info));
		if (ret)
			return ret;
	} while (strcmp(info.name, name));
	return info.max_running_user;
}

/* Does the test module have nothing running and nothing unreleased? */
static inline int wait_provider_idle(int ctl, __u64 prepared, __u64 released)
{
	__u64 since = now_ns();
	struct acall_test_control c;

	do {
		c = ctl_get(ctl, 0);
		if (!c.running &&
		    c.prepared - prepared == c.released - released)
			return 0;
		give_way();
	} while (!guard_expired(since));
	return -ETIMEDOUT;
}

/* Waits until @fd's pending call reports @progress. */
static inline int wait_progress(int fd, __u64 progress)
{
	__u64 since = now_ns();
	struct acall_query q;
	int ret;

	do {
		ret = sys_query(fd, 0, &q);
		if (ret || q.progress == progress)
			return ret;
		give_way();
	} while (!guard_expired(since));
	return -ETIMEDOUT;
}

/* Waits until task @tid of process @pid sleeps in system call @nr (@cmd). */
static inline int wait_blocked(pid_t pid, pid_t tid, long nr, unsigned long cmd)
{
	__u64 since = now_ns();
	char path[64], buf[256];
	unsigned long fd_arg, cmd_arg;
	long is;
	int fd, n;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", pid, tid);
	do {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		n = read(fd, buf, sizeof(buf) - 1);
		close(fd);
		if (n <= 0)
			return -EIO;
		buf[n] = '\0';
		n = sscanf(buf, "%ld %lx %lx", &is, &fd_arg, &cmd_arg);
		if (n == 3 && is == nr && (nr != __NR_ioctl || cmd_arg == cmd))
			return 0;
		give_way();
	} while (!guard_expired(since));
	return -ETIMEDOUT;
}

/* A thread that does one thing, and may block in it. */

enum act { ACT_BEGIN, ACT_WAIT, ACT_FINISH, ACT_CANCEL, ACT_CREATE, ACT_POLL,
	   ACT_UNREGISTER };

struct actor {
	enum act act;
	int fd;
	short events;
	struct acall_begin begin;
	struct acall_wait wait;
	struct acall_finish finish;
	struct acall_cancel cancel;
	pthread_barrier_t *barrier;	/* passed before the act, if any */
	pthread_t thread;
	pid_t tid;
	int ret;
	int ended;
};

static inline unsigned long actor_cmd(const struct actor *a)
{
	switch (a->act) {
	case ACT_BEGIN:
		return ACALL_IOC_BEGIN;
	case ACT_WAIT:
		return ACALL_IOC_WAIT;
	case ACT_FINISH:
		return ACALL_IOC_FINISH;
	case ACT_CANCEL:
		return ACALL_IOC_CANCEL;
	case ACT_CREATE:
		return ACALL_IOC_CREATE;
	case ACT_UNREGISTER:
		return ACALL_TEST_IOC_CONTROL;
	default:
		return 0;
	}
}

static inline int actor_act(struct actor *a)
{
	struct pollfd p = { .fd = a->fd, .events = a->events };

	switch (a->act) {
	case ACT_BEGIN:
		return sys_begin_struct(a->fd, &a->begin);
	case ACT_WAIT:
		return sys_ioctl(a->fd, ACALL_IOC_WAIT, &a->wait);
	case ACT_FINISH:
		return sys_ioctl(a->fd, ACALL_IOC_FINISH, &a->finish);
	case ACT_CANCEL:
		return sys_ioctl(a->fd, ACALL_IOC_CANCEL, &a->cancel);
	case ACT_CREATE:
		return sys_create(a->fd, ACALL_TEST_INTERFACE);
	case ACT_UNREGISTER:
		return ctl_op(a->fd, ACALL_TEST_OP_UNREGISTER, 0, 0, NULL);
	case ACT_POLL:
		return poll(&p, 1, -1) < 0 ? -errno : p.revents;
	}
	return -EINVAL;
}

static inline void *actor_main(void *arg)
{
	struct actor *a = arg;

	__atomic_store_n(&a->tid, (pid_t)syscall(__NR_gettid),
			 __ATOMIC_RELEASE);
	if (a->barrier)
		pthread_barrier_wait(a->barrier);
	a->ret = actor_act(a);
	__atomic_store_n(&a->ended, 1, __ATOMIC_RELEASE);
	return NULL;
}

static inline int actor_start(struct actor *a)
{
	int ret;

	a->tid = 0;
	a->ended = 0;
	a->ret = -EINPROGRESS;
	a->begin.size = sizeof(a->begin);
	a->wait.size = sizeof(a->wait);
	a->finish.size = sizeof(a->finish);
	a->cancel.size = sizeof(a->cancel);
	ret = pthread_create(&a->thread, NULL, actor_main, a);
	if (ret)
		return -ret;
	while (!__atomic_load_n(&a->tid, __ATOMIC_ACQUIRE))
		give_way();
	return 0;
}

static inline bool actor_ended(struct actor *a)
{
	return __atomic_load_n(&a->ended, __ATOMIC_ACQUIRE);
}

/* Waits until the actor sleeps in its system call. */
static inline int actor_blocked(struct actor *a)
{
	return wait_blocked(getpid(), a->tid, a->act == ACT_POLL ? __NR_poll :
			    __NR_ioctl, actor_cmd(a));
}

/* Starts it and waits until it sleeps. */
static inline int actor_block(struct actor *a)
{
	return actor_start(a) ?: actor_blocked(a);
}

static inline int actor_join(struct actor *a)
{
	pthread_join(a->thread, NULL);
	return a->ret;
}

static inline int actor_signal(struct actor *a, int sig)
{
	return syscall(__NR_tgkill, getpid(), a->tid, sig) ? -errno : 0;
}

/* Signals that interrupt. */

static int signals_handled;

static inline void count_signal(int sig)
{
	(void)sig;
	__atomic_add_fetch(&signals_handled, 1, __ATOMIC_SEQ_CST);
}

static inline void handle_signal(int sig, int sa_flags)
{
	struct sigaction sa = { .sa_handler = count_signal,
				.sa_flags = sa_flags };

	sigaction(sig, &sa, NULL);
}

static inline int wait_signals_handled(int n)
{
	__u64 since = now_ns();

	while (__atomic_load_n(&signals_handled, __ATOMIC_SEQ_CST) < n) {
		if (guard_expired(since))
			return -ETIMEDOUT;
		give_way();
	}
	return 0;
}

/* Children: @fn's value, which is 0 if all went well, is the exit status. */

static inline pid_t child_start(int (*fn)(void *), void *arg)
{
	pid_t pid = fork();

	if (!pid)
		_exit(fn(arg));
	return pid;
}

/* Return: exit status, or minus the signal. */
static inline int child_join(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return 255;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static inline int child_run(int (*fn)(void *), void *arg)
{
	return child_join(child_start(fn, arg));
}

static inline int become(uid_t uid)
{
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) ||
	    setresuid(uid, uid, uid))
		return -errno;
	return 0;
}

/* A page that stalls whoever touches it first, also inside the kernel. */

struct stall {
	int uffd;
	char *page;
	long page_size;
};

static inline int stall_open(struct stall *s)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	*s = (struct stall) { .page_size = sysconf(_SC_PAGESIZE) };
	s->uffd = syscall(__NR_userfaultfd, O_CLOEXEC);
	if (s->uffd < 0)
		return -errno;
	s->page = mmap(NULL, s->page_size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->page == MAP_FAILED)
		return -errno;
	reg.range.start = PTR(s->page);
	reg.range.len = s->page_size;
	if (ioctl(s->uffd, UFFDIO_API, &api) ||
	    ioctl(s->uffd, UFFDIO_REGISTER, &reg))
		return -errno;
	return 0;
}

/* Waits until somebody stalls. */
static inline int stall_wait(struct stall *s)
{
	struct uffd_msg msg;

	if (read(s->uffd, &msg, sizeof(msg)) != sizeof(msg))
		return -EIO;
	return msg.event == UFFD_EVENT_PAGEFAULT ? 0 : -EPROTO;
}

/* Lets them go on, with @data in the page. */
static inline int stall_release(struct stall *s, const void *data, size_t len)
{
	struct uffdio_copy copy = { .dst = PTR(s->page),
				    .len = s->page_size };
	char *from = calloc(1, s->page_size);
	int ret;

	if (!from)
		return -ENOMEM;
	if (len)
		memcpy(from, data, len);
	copy.src = PTR(from);
	ret = ioctl(s->uffd, UFFDIO_COPY, &copy) ? -errno : 0;
	free(from);
	close(s->uffd);
	return ret;
}

/*
 * Where a call can be when something happens to it. calls_put() makes the
 * pending call of @fd be there; on QUEUED the only slot of this user is taken
 * by a gate call on another object.
 */

static inline int one_call(int fd, int ctl, __u32 method, __u64 id,
			   __u64 *call_id)
{
	int ret = sys_begin_arg(fd, method, id, 0, 0, call_id);

	return ret ?: wait_starts(ctl, id, 1);
}

/* Gate calls that were abandoned are this test's own orphans. */
static inline int make_orphan(int fd, int ctl, __u64 id)
{
	struct acall_finish f;
	int ret = one_call(fd, ctl, ACALL_TEST_GATE, id, NULL);

	ret = ret ?: sys_abandon(fd);
	return ret ?: sys_finish(fd, 0, &f);
}

FIXTURE(acall)
{
	int dev;
	int ctl;
	int fd;		/* an object of "test" */
	__u64 id;	/* a meeting point */
	__u64 prepared;
	__u64 released;
};

FIXTURE_SETUP(acall)
{
	struct acall_test_control c;

	self->dev = sys_open_device();
	ASSERT_LE(0, self->dev);
	self->ctl = open(DEV_CONTROL, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->ctl);
	/* Whatever a test that was killed before this one has left. */
	ASSERT_EQ(0, forget(self->ctl, 0));
	ASSERT_EQ(0, wait_counters_zero());
	c = ctl_get(self->ctl, 0);
	self->prepared = c.prepared;
	self->released = c.released;
	self->id = fresh_id();
	self->fd = sys_create(self->dev, ACALL_TEST_INTERFACE);
	ASSERT_LE(0, self->fd);
}

/*
 * Nothing is left behind, whatever the test did: no object, no call, no
 * execution, no signal on a worker, and .release ran once for each .prepare.
 */
FIXTURE_TEARDOWN(acall)
{
	int ctl = dup2(self->ctl, 3);

	EXPECT_EQ(0, forget(ctl, 0));
	close_range(4, ~0U, 0);
	EXPECT_EQ(0, wait_counters_zero());
	EXPECT_EQ(0, wait_provider_idle(ctl, self->prepared, self->released));
	EXPECT_EQ(0, ctl_get(ctl, 0).dirty);
	close(ctl);
}

#endif /* _SELFTESTS_ACALL_UTIL_H */
