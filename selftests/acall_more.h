/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the less common operations share: BEGIN with flags, WAIT
 * SETTLED, CALL (and a thread that blocks in it), LIST, CANCEL_ID, WAIT_ID, and a few
 * situations that several of them start from. See acall_util.h for the rest and
 * for the rules.
 */
#ifndef _SELFTESTS_ACALL_MORE_H
#define _SELFTESTS_ACALL_MORE_H

#include "acall_util.h"

/* @grace_ns and @deadline count with ACALL_BEGIN_DEADLINE in @flags. */
static inline int sys_begin_flags(int fd, __u32 flags, __u32 method, __u64 id,
				  __u64 deadline, __u64 grace_ns,
				  __u64 *call_id)
{
	struct acall_test_arg arg = { .id = id };
	struct acall_begin b = {
		.size = sizeof(b), .flags = flags, .method = method,
		.in = PTR(&arg), .in_len = sizeof(arg),
		.deadline = deadline, .grace_ns = grace_ns,
	};
	int ret = sys_begin_struct(fd, &b);

	if (call_id)
		*call_id = b.call_id;
	return ret;
}

static inline int sys_begin_deadline(int fd, __u32 method, __u64 id,
				     __u64 deadline, __u64 grace_ns)
{
	return sys_begin_flags(fd, ACALL_BEGIN_DEADLINE, method, id, deadline,
			       grace_ns, NULL);
}

/* How often something is tried that chance has a part in. */
static inline unsigned int rounds(void)
{
	const char *s = getenv("ACALL_ROUNDS");
	int n = s ? atoi(s) : 200;

	return n > 0 ? n : 1;
}

/* And waits until it has started. */
static inline int one_call_flags(int fd, int ctl, __u32 flags, __u32 method,
				 __u64 id, __u64 *call_id)
{
	int ret = sys_begin_flags(fd, flags, method, id, 0, 0, call_id);

	return ret ?: wait_starts(ctl, id, 1);
}

static inline int sys_wait_settled(int fd, __u64 call_id, __u64 until)
{
	struct acall_wait w = {
		.size = sizeof(w), .flags = ACALL_WAIT_SETTLED,
		.call_id = call_id, .until = until,
	};

	return sys_ioctl(fd, ACALL_IOC_WAIT, &w);
}

/* A time at which a test has given up hope: for what would hang. */
static inline __u64 hopeless(void)
{
	return now_ns() + 30 * SEC * scale();
}

/* Lets the clock pass @time, on an object that has a call and is not ready. */
static inline int pass_time(int fd, __u64 time)
{
	return sys_wait_until(fd, 0, time) == -ETIMEDOUT ? 0 : -EPROTO;
}

/* Waits until @fd's call has the state @state. */
static inline int wait_state(int fd, __u32 state)
{
	__u64 since = now_ns();
	int is;

	while ((is = state_of(fd)) != (int)state) {
		if (is < 0)
			return is;
		if (guard_expired(since))
			return -ETIMEDOUT;
		give_way();
	}
	return 0;
}

static inline int sys_call_struct(int fd, struct acall_call_args *c)
{
	c->size = sizeof(*c);
	return poison_ioctl(fd, ACALL_IOC_CALL, c, sizeof(*c));
}

static inline int sys_call(int fd, __u32 method, const void *in, __u32 len,
			   struct acall_call_args *c)
{
	*c = (struct acall_call_args) {
		.method = method, .in = PTR(in), .in_len = len,
		.call_id = 99,
	};
	return sys_call_struct(fd, c);
}

/* A thread in CALL. */
struct caller {
	int fd;
	struct acall_test_arg arg;
	struct acall_call_args args;
	pthread_t thread;
	pid_t tid;
	int ret;
	int ended;
};

static inline void *caller_main(void *arg)
{
	struct caller *c = arg;

	__atomic_store_n(&c->tid, (pid_t)syscall(__NR_gettid),
			 __ATOMIC_RELEASE);
	c->ret = sys_call_struct(c->fd, &c->args);
	__atomic_store_n(&c->ended, 1, __ATOMIC_RELEASE);
	return NULL;
}

static inline int caller_start(struct caller *c, int fd, __u32 method, __u64 id)
{
	int ret;

	c->fd = fd;
	c->arg.id = id;
	c->args.method = method;
	c->args.in = PTR(&c->arg);
	c->args.in_len = sizeof(c->arg);
	c->tid = 0;
	c->ended = 0;
	c->ret = -EINPROGRESS;
	ret = pthread_create(&c->thread, NULL, caller_main, c);
	if (ret)
		return -ret;
	while (!__atomic_load_n(&c->tid, __ATOMIC_ACQUIRE))
		give_way();
	return 0;
}

/* Starts it and waits until its method runs and it sleeps. */
static inline int caller_block(struct caller *c, int fd, int ctl, __u32 method,
			       __u64 id)
{
	return caller_start(c, fd, method, id) ?: wait_starts(ctl, id, 1) ?:
	       wait_blocked(getpid(), c->tid, __NR_ioctl, ACALL_IOC_CALL);
}

static inline int caller_join(struct caller *c)
{
	pthread_join(c->thread, NULL);
	return c->ret;
}

/* Return: how many records, 0 = no more, or -errno. */
static inline int sys_list(int dev, __u32 flags, __u64 *cursor,
			   struct acall_list_record *records, __u32 nr)
{
	struct acall_list l = {
		.size = sizeof(l), .flags = flags, .cursor = *cursor,
		.records = PTR(records), .record_size = sizeof(*records),
		.nr = nr,
	};
	int ret = poison_ioctl(dev, ACALL_IOC_LIST, &l, sizeof(l));

	*cursor = l.cursor;
	if (!ret && poison_shown(records, NULL, l.nr * sizeof(*records)) >= 0)
		return -EUCLEAN;
	return ret ?: (int)l.nr;
}

/* The record of call @call_id in @record; -ENOENT if it is not listed. */
static inline int list_find(int dev, __u64 call_id,
			    struct acall_list_record *record)
{
	struct acall_list_record page[8];
	__u64 cursor = 0;
	int i, n;

	memset(record, 0, sizeof(*record));
	do {
		n = sys_list(dev, 0, &cursor, page, ARRAY_SIZE(page));
		for (i = 0; i < n; i++) {
			if (page[i].call_id != call_id)
				continue;
			*record = page[i];
			return 0;
		}
	} while (n > 0);
	return n ?: -ENOENT;
}

/* How many calls LIST shows, or -errno. */
static inline int list_count(int dev, __u32 flags)
{
	struct acall_list_record page[8];
	int n, total = 0;
	__u64 cursor = 0;

	do {
		n = sys_list(dev, flags, &cursor, page, ARRAY_SIZE(page));
		if (n < 0)
			return n;
		total += n;
	} while (n);
	return total;
}

/* Return: enum acall_reason of a listed call, or -errno. */
static inline int listed_reason(int dev, __u64 call_id)
{
	struct acall_list_record r;

	return list_find(dev, call_id, &r) ?: (int)r.reason;
}

/* Return: enum acall_state of a listed call, or -errno. */
static inline int listed_state(int dev, __u64 call_id)
{
	struct acall_list_record r;

	return list_find(dev, call_id, &r) ?: (int)r.state;
}

/* Waits until a listed call is DONE with @outcome. */
static inline int wait_listed_outcome(int dev, __u64 call_id, __u32 outcome,
				      struct acall_list_record *r)
{
	__u64 since = now_ns();
	int ret;

	do {
		ret = list_find(dev, call_id, r);
		if (ret || r->outcome == outcome)
			return ret;
		give_way();
	} while (!guard_expired(since));
	return -ETIMEDOUT;
}

static inline int sys_cancel_id(int dev, __u32 flags, __u64 call_id,
				__u64 grace_ns, struct acall_cancel *c)
{
	*c = (struct acall_cancel) {
		.size = sizeof(*c), .flags = flags, .call_id = call_id,
		.grace_ns = grace_ns, .state = 99, .outcome = 99,
	};
	return poison_ioctl(dev, ACALL_IOC_CANCEL_ID, c, sizeof(*c));
}

static inline int sys_wait_id(int dev, __u32 flags, __u64 call_id, __u64 until,
			      struct acall_wait_id *w)
{
	*w = (struct acall_wait_id) {
		.size = sizeof(*w), .flags = flags, .call_id = call_id,
		.until = until, .state = 99, .outcome = 99,
	};
	return poison_ioctl(dev, ACALL_IOC_WAIT_ID, w, sizeof(*w));
}

/*
 * Has the last close of its object asked call @call_id to stop? It asks before
 * close() returns; a call that has stopped by now is not listed any more. If it
 * has not, this does, so that what fails for it leaves nothing behind.
 */
static inline bool close_has_cancelled(int dev, __u64 call_id)
{
	int reason = listed_reason(dev, call_id);
	struct acall_cancel c;

	if (reason == ACALL_REASON_CLOSE || reason == -ENOENT)
		return true;
	sys_cancel_id(dev, ACALL_CANCEL_NOWAIT, call_id, FOREVER, &c);
	return false;
}

/* How many live calls the caller is charged with, or -errno. */
static inline int charged_calls(int dev)
{
	struct acall_info info = { .size = sizeof(info) };
	int ret = poison_ioctl(dev, ACALL_IOC_INFO, &info, sizeof(info));

	return ret ?: (int)info.charged_calls;
}

/* Takes this user's only slot of the narrow interface, up to @id's gate. */
static inline int take_slot(int dev, int ctl, __u64 id)
{
	int fd = sys_create(dev, ACALL_TEST_NARROW), ret;

	if (fd < 0)
		return fd;
	ret = one_call(fd, ctl, ACALL_TEST_GATE, id, NULL);
	return ret ?: fd;
}

static inline int sys_object_detach(int dev, const char *name)
{
	__u32 version = 0;

	return sys_create_version(dev, name, ACALL_CREATE_DETACH, &version);
}

/* One file descriptor over a socket, and nothing else. */

union fd_message {
	struct cmsghdr header;
	char buf[CMSG_SPACE(sizeof(int))];
};

static inline int pass_fd(int sock, int fd)
{
	union fd_message m = { .header = {
		.cmsg_len = CMSG_LEN(sizeof(int)),
		.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	char c = 'x';
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = m.buf,
			      .msg_controllen = sizeof(m.buf) };

	memcpy(CMSG_DATA(&m.header), &fd, sizeof(fd));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -errno;
}

static inline int take_fd(int sock)
{
	union fd_message m;
	char c;
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = m.buf,
			      .msg_controllen = sizeof(m.buf) };
	int fd;

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != 1)
		return -errno;
	memcpy(&fd, CMSG_DATA(&m.header), sizeof(fd));
	return fd;
}

/*
 * Descriptors of this process, with those that were reserved and never installed:
 * these are in no list, but below the next one that is free.
 */
static inline int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0, next, fd;

	if (!dir)
		return -errno;
	while (readdir(dir))
		n++;
	closedir(dir);
	next = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	if (next < 0)
		return -errno;
	close(next);
	for (fd = 0; fd < next; fd++)
		n += fcntl(fd, F_GETFD) < 0;
	return n;
}

/* What fdinfo says of @fd. */
static inline int read_fdinfo(int fd, char *text, size_t size)
{
	char path[64];
	ssize_t n;
	int info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(info >= 0);
	n = read(info, text, size - 1);
	close(info);
	CHECK(n > 0);
	text[n] = '\0';
	return 0;
}

#endif /* _SELFTESTS_ACALL_MORE_H */
