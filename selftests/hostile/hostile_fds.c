// SPDX-License-Identifier: GPL-2.0-only
/*
 * File descriptors, by a user who has nothing: how the device may be opened, what
 * else a process can ask of a descriptor of ours, which files may be passed to a
 * call so that nothing keeps itself alive (R-CYCLE), and who can get at another
 * process's. [B3, C3, C4, C6]
 *
 * The race that a cycle would lose is between the last close and the call: a call
 * that holds what holds its object is never cancelled by it.
 */
#include "hostile_util.h"

#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/uio.h>

#ifndef __NR_pidfd_open
#define __NR_pidfd_open		434
#endif
#ifndef __NR_pidfd_getfd
#define __NR_pidfd_getfd	438
#endif
#ifndef F_ADD_SEALS
#define F_ADD_SEALS		1033
#endif

static int open_device(int flags)
{
	int fd = open(DEV_ACALL, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

TEST_F(user, C6_however_the_device_is_opened_it_is_the_same)
{
	static const int flags[] = {
		O_RDONLY, O_WRONLY, O_RDWR, O_ACCMODE, O_RDWR | O_NONBLOCK,
		O_RDWR | O_APPEND, O_RDONLY | O_TRUNC, O_RDWR | O_SYNC,
		O_RDWR | O_NOCTTY, O_WRONLY | O_CREAT,
	};
	struct acall_info info;
	unsigned int i;
	int dev, fd;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		dev = open_device(flags[i]);
		ASSERT_LE(0, dev);
		info = (struct acall_info) { .size = sizeof(info) };
		EXPECT_EQ(0, sys_ioctl(dev, ACALL_IOC_INFO, &info));
		fd = sys_create(dev, "test");
		ASSERT_LE(0, fd);
		/* An object is for both directions, and blocks. */
		EXPECT_EQ(O_RDWR, fcntl(fd, F_GETFL) & ~O_LARGEFILE &
			  ~0x8000 /* the kernel's O_LARGEFILE */);
		EXPECT_EQ(0, works(fd));
		close(fd);
		close(dev);
	}
	EXPECT_EQ(-ENOTDIR, open_device(O_RDONLY | O_DIRECTORY));
	EXPECT_EQ(-EEXIST, open_device(O_RDWR | O_CREAT | O_EXCL));
}

static void fd_path(char path[64], pid_t pid, int fd)
{
	snprintf(path, 64, "/proc/%d/fd/%d", pid, fd);
}

TEST_F(user, C3_an_object_cannot_be_opened_again)
{
	char path[64], name[64];
	int n;

	fd_path(path, getpid(), self->fd);
	/* Its inode is root's; and has nothing to be opened. */
	EXPECT_EQ(-1, open(path, O_RDWR | O_CLOEXEC));
	EXPECT_TRUE(errno == EACCES || errno == ENXIO);
	n = readlink(path, name, sizeof(name) - 1);
	ASSERT_LT(0, n);
	name[n] = '\0';
	EXPECT_STREQ("anon_inode:[acall]", name);
	/* O_PATH names it, and does nothing else. */
	n = open(path, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, n);
	EXPECT_EQ(-EBADF, state_of(n));
	close(n);
	EXPECT_EQ(0, works(self->fd));
}

/* What may be asked of a descriptor, and that it does nothing at all. */
TEST_F(user, C6_an_object_has_no_data_no_place_and_no_owner)
{
	struct f_owner_ex owner = { F_OWNER_PID, getpid() };
	int exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), p[2];
	struct iovec iov = { p, sizeof(p) };
	struct timespec times[2] = { { 0, 0 }, { 0, 0 } };
	char c = 0;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	EXPECT_GT(0, pread(self->fd, &c, 1, 0));
	EXPECT_GT(0, pwrite(self->fd, &c, 1, 0));
	EXPECT_GT(0, readv(self->fd, &iov, 1));
	EXPECT_GT(0, writev(self->fd, &iov, 1));
	EXPECT_GT(0, pwrite(self->fd, &c, 1, -1));
	EXPECT_GT(0, sendfile(null, self->fd, NULL, 1));
	EXPECT_GT(0, sendfile(self->fd, exe, NULL, 1));
	EXPECT_GT(0, splice(self->fd, NULL, p[1], NULL, 1, SPLICE_F_NONBLOCK));
	EXPECT_EQ(1, write(p[1], &c, 1));
	EXPECT_GT(0, splice(p[0], NULL, self->fd, NULL, 1, SPLICE_F_NONBLOCK));
	EXPECT_GT(0, copy_file_range(self->fd, NULL, null, NULL, 1, 0));
	EXPECT_GT(0, fallocate(self->fd, 0, 0, 1));
	EXPECT_GT(0, ftruncate(self->fd, 1));
	EXPECT_GT(0, fsync(self->fd));
	EXPECT_GT(0, fchdir(self->fd));
	EXPECT_GT(0, openat(self->fd, "x", O_RDONLY));
	EXPECT_GT(0, fchmod(self->fd, 0777));
	EXPECT_GT(0, fchown(self->fd, UID_A, UID_A));
	EXPECT_GT(0, futimens(self->fd, times));
	EXPECT_GT(0, listen(self->fd, 1));
	EXPECT_GT(0, fcntl(self->fd, F_SETLEASE, F_WRLCK));
	EXPECT_GT(0, fcntl(self->fd, F_NOTIFY, 1));
	EXPECT_GT(0, fcntl(self->fd, F_ADD_SEALS, 1));
	EXPECT_GT(0, fcntl(self->fd, F_SETFL, O_DIRECT));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ | PROT_EXEC,
				   MAP_PRIVATE, self->fd, 0));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED, self->dev, 0));
	/* Legal for any file, and nothing comes of it. */
	EXPECT_EQ(0, fcntl(self->fd, F_SETFL, O_APPEND));
	EXPECT_EQ(0, fcntl(self->fd, F_SETSIG, SIGKILL));
	EXPECT_EQ(0, fcntl(self->fd, F_SETOWN_EX, &owner));
	lseek(self->fd, -1, SEEK_END);
	flock(self->fd, LOCK_SH | LOCK_NB);
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(self->fd));
}

TEST_F(user, W4_no_signal_tells_that_a_call_is_ready)
{
	struct acall_finish f;
	sigset_t set, is;
	int fd = self->fd;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigaddset(&set, SIGUSR1);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	ASSERT_EQ(0, fcntl(fd, F_SETOWN, getpid()));
	ASSERT_EQ(0, fcntl(fd, F_SETSIG, SIGUSR1));
	/* Not refused, for a flag that no file must know. */
	ASSERT_EQ(0, fcntl(fd, F_SETFL, O_ASYNC));
	EXPECT_EQ(-ENOTTY, sys_ioctl(fd, 0x5452 /* FIOASYNC */,
				     &(int) { 1 }));
	ASSERT_EQ(0, sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_finish(fd, 0, &f));
	ASSERT_EQ(0, sigpending(&is));
	EXPECT_EQ(0, sigismember(&is, SIGIO));
	EXPECT_EQ(0, sigismember(&is, SIGUSR1));
}

static int close_all_but_ctl(struct _test_data_user *self)
{
	self->ctl = dup2(self->ctl, 3);
	if (self->ctl != 3)
		return -errno;
	self->base.ctl = self->ctl;
	return close_range(4, ~0U, 0);
}

/*
 * A file that knows of the object, but does not hold it, is no cycle: when all is
 * closed the call is told.
 */
static int no_cycle(struct _test_data_user *self, int file)
{
	int dev, ret;
	__u64 call_id;

	ret = sys_begin_hold(self->fd, self->id, file, &call_id);
	CHECK(!ret);
	CHECK(!wait_starts(self->ctl, self->id, 1));
	CHECK(!close_all_but_ctl(self));
	CHECK(counter("objects") == 0);
	dev = sys_open_device();
	CHECK(dev >= 0);
	CHECK(listed_reason(dev, call_id) == ACALL_REASON_CLOSE);
	return 0;
}

TEST_F(user, C4_an_epoll_that_watches_its_object_is_no_cycle)
{
	struct epoll_event e = { .events = EPOLLIN };
	int inner = epoll_create1(EPOLL_CLOEXEC);
	int outer = epoll_create1(EPOLL_CLOEXEC);

	ASSERT_EQ(0, epoll_ctl(inner, EPOLL_CTL_ADD, self->fd, &e));
	ASSERT_EQ(0, epoll_ctl(outer, EPOLL_CTL_ADD, inner, &e));
	EXPECT_EQ(0, no_cycle(self, outer));
}

TEST_F(user, C4_the_device_is_no_cycle)
{
	EXPECT_EQ(0, no_cycle(self, self->dev));
}

TEST_F(user, C4_ones_own_process_is_no_cycle)
{
	int fd = syscall(__NR_pidfd_open, getpid(), 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, no_cycle(self, fd));
}

TEST_F(user, C4_ones_own_table_of_files_is_no_cycle)
{
	int fd = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, no_cycle(self, fd));
}

TEST_F(user, B3_what_could_hold_its_object_is_no_argument_EBADF)
{
	int fds[8], n = 0, i, sv[2], listener, path;
	char name[64];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sv));
	ASSERT_EQ(0, pass_fd(sv[0], self->fd));
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fd_path(name, getpid(), self->fd);
	path = open(name, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, path);
	fds[n++] = self->fd;
	fds[n++] = dup(self->fd);
	fds[n++] = sys_create(self->dev, ACALL_TEST_HOT);
	fds[n++] = sv[0];
	fds[n++] = sv[1];
	fds[n++] = listener;
	fds[n++] = path;
	for (i = 0; i < n; i++) {
		ASSERT_LE(0, fds[i]);
		EXPECT_EQ(-EBADF, sys_begin_hold(self->fd, self->id, fds[i],
						 NULL));
	}
	/* Numbers that are none at all. */
	EXPECT_EQ(-EBADF, sys_begin_hold(self->fd, self->id, -1, NULL));
	EXPECT_EQ(-EBADF, sys_begin_hold(self->fd, self->id, INT32_MIN, NULL));
	EXPECT_EQ(-EBADF, sys_begin_hold(self->fd, self->id, INT32_MAX, NULL));
	EXPECT_EQ(-EBADF, sys_begin_hold(self->fd, self->id, AT_FDCWD, NULL));
	EXPECT_EQ(0, works(self->fd));
}

TEST_F(user, B3_files_without_a_name_are_arguments_like_others)
{
	struct acall_finish f;
	sigset_t set;
	int fds[3], i;

	sigemptyset(&set);
	fds[0] = eventfd(0, EFD_CLOEXEC);
	fds[1] = signalfd(-1, &set, SFD_CLOEXEC);
	fds[2] = syscall(__NR_memfd_create, "[io_uring]", 1);
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	for (i = 0; i < 3; i++) {
		ASSERT_LE(0, fds[i]);
		ASSERT_EQ(0, sys_begin_hold(self->fd, self->id, fds[i], NULL));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	}
}

/* Who may take a descriptor out of a process? */

struct taker {
	pid_t pid;
	int fd;
	uid_t uid;
	bool may;
};

static int take_away(void *arg)
{
	struct taker *t = arg;
	struct acall_cancel c;
	char path[64];
	int pidfd, fd;

	/* Only root becomes somebody else. */
	CHECK(getuid() || !become(t->uid));
	pidfd = syscall(__NR_pidfd_open, t->pid, 0);
	CHECK(pidfd >= 0);
	fd = syscall(__NR_pidfd_getfd, pidfd, t->fd, 0);
	if (!t->may) {
		CHECK(fd == -1 && errno == EPERM);
		fd_path(path, t->pid, t->fd);
		CHECK(open(path, O_PATH) == -1 && errno == EACCES);
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", t->pid,
			 t->fd);
		CHECK(open(path, O_RDONLY) == -1 && errno == EACCES);
		return 0;
	}
	if (fd < 0)
		return errno == EPERM ? SKIPPED : 1;	/* Yama */
	/* A client as the other one is. */
	CHECK(!sys_cancel(fd, 0, 0, FOREVER, &c));
	CHECK(c.outcome == ACALL_OUTCOME_STOPPED);
	return 0;
}

static int live_with_a_call(void *arg)
{
	int *pipes = arg, ctl = pipes[2], fd;
	struct acall_finish f;

	CHECK(!become(UID_A));
	/* Who was root is nobody's to look into. */
	CHECK(!prctl(PR_SET_DUMPABLE, 1));
	fd = sys_object("test");
	CHECK(fd >= 0);
	CHECK(!one_call(fd, ctl, ACALL_TEST_COOP, fresh_id(), NULL));
	CHECK(write(pipes[1], &fd, sizeof(fd)) == sizeof(fd));
	CHECK(!sys_finish(fd, 0, &f));
	CHECK(f.status == -ECANCELED);
	return 0;
}

TEST_F(acall, C3_an_object_is_taken_from_a_process_only_by_who_may_trace_it)
{
	struct taker t = { .uid = UID_B };
	struct acall_cancel c;
	int pipes[3], ret, fd;

	ASSERT_EQ(0, pipe2(pipes, O_CLOEXEC));
	pipes[2] = self->ctl;
	t.pid = child_start(live_with_a_call, pipes);
	ASSERT_EQ(sizeof(t.fd), read(pipes[0], &t.fd, sizeof(t.fd)));
	EXPECT_EQ(0, child_run(take_away, &t));
	t.uid = UID_A;
	t.may = true;
	ret = child_run(take_away, &t);
	EXPECT_TRUE(ret == 0 || ret == SKIPPED);
	if (ret == SKIPPED) {
		/* Root may, and sets it free. */
		fd = syscall(__NR_pidfd_getfd,
			     syscall(__NR_pidfd_open, t.pid, 0), t.fd, 0);
		ASSERT_LE(0, fd);
		EXPECT_EQ(0, sys_cancel(fd, 0, 0, FOREVER, &c));
	}
	EXPECT_EQ(0, child_join(t.pid));
}

TEST_F(user, C6_what_is_roots_is_not_his)
{
	static const char * const files[] = {
		DEV_CONTROL, "/dev/acall-test-inst.0",
		SYSFS_PARAMS "user_calls", SYSFS_PARAMS "total_calls",
		SYSFS_PARAMS "user_bytes", SYSFS_PARAMS "total_bytes",
		SYSFS_COUNTERS "objects", SYSFS_COUNTERS "uevent",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		EXPECT_EQ(-1, open(files[i], O_WRONLY | O_CLOEXEC)) {
			TH_LOG("%s", files[i]);
		}
		EXPECT_EQ(EACCES, errno);
	}
}

#include "acall_main.h"
