// SPDX-License-Identifier: GPL-2.0-only
/*
 * CREATE: names, versions, the one attempt to load a module [C1], what it does
 * not wait for and does not leak [C2], the call object as a file of its own
 * [C3], and who may create [C6]. C4 is in core_close.c, C5 in core_provider.c.
 *
 * The module loader is played by a script of ours that
 * /proc/sys/kernel/modprobe names while a test runs.
 */
#include "acall_util.h"

#define MODPROBE "/proc/sys/kernel/modprobe"

static int create_raw(int dev, const char name[ACALL_NAME_LEN], __u32 version)
{
	struct acall_create c = { .size = sizeof(c), .version = version };

	memcpy(c.interface, name, sizeof(c.interface));
	return sys_ioctl(dev, ACALL_IOC_CREATE, &c);
}

TEST_F(acall, C1_version_0_is_any_and_the_actual_one_comes_back)
{
	__u32 version = 0;
	int fd = sys_create_version(self->dev, "test", 0, &version);

	ASSERT_LE(0, fd);
	EXPECT_EQ(ACALL_TEST_VERSION, version);
	close(fd);
}

TEST_F(acall, C1_every_version_that_is_served_can_be_had)
{
	__u32 v, version;
	int fd;

	for (v = ACALL_TEST_VERSION_MIN; v <= ACALL_TEST_VERSION; v++) {
		version = v;
		fd = sys_create_version(self->dev, "test", 0, &version);
		EXPECT_LE(0, fd);
		EXPECT_EQ(v, version);
		close(fd);
	}
}

TEST_F(acall, C1_versions_that_are_not_served_EPROTONOSUPPORT)
{
	static const __u32 versions[] = {
		1, ACALL_TEST_VERSION_MIN - 1, ACALL_TEST_VERSION + 1,
		INT32_MAX, UINT32_MAX,
	};
	__u32 version;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		version = versions[i];
		EXPECT_EQ(-EPROTONOSUPPORT,
			  sys_create_version(self->dev, "test", 0, &version));
	}
}

TEST_F(acall, C1_names_that_do_not_match_EINVAL)
{
	static const char bad[][ACALL_NAME_LEN] = {
		"", "Test", "1test", "-test", "_test", ".test", "te st",
		"test/x", "te*t", "test\n", "t\xc3\xa9st", "tesT", " test",
		"abcdefghijklmnopqrstuvwxyzabcdef",	/* no NUL */
		"test\0x",				/* not NUL-padded */
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EINVAL, create_raw(self->dev, bad[i], 0)) {
			TH_LOG("name %u: %.32s", i, bad[i]);
		}
}

TEST_F(acall, C1_good_names_that_nobody_has_ENOENT)
{
	static const char good[][ACALL_NAME_LEN] = {
		"x", "no-such", "a.b_c-9", "tes", "testx", "test.0",
		"abcdefghijklmnopqrstuvwxyzabcde",	/* the longest */
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		EXPECT_EQ(-ENOENT, create_raw(self->dev, good[i], 0)) {
			TH_LOG("name %s", good[i]);
		}
}

/* Makes @script the module loader; the old one is kept in @was. */
static int set_loader(char *path, size_t size, const char *script, char *was)
{
	int fd, n;

	fd = open(MODPROBE, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, was, 255);
	close(fd);
	was[n > 0 ? n : 0] = '\0';

	snprintf(path, size, "%s/loader.%d", tmp_dir(), getpid());
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0755);
	if (fd < 0)
		return -errno;
	n = write(fd, script, strlen(script));
	close(fd);
	if (n != (int)strlen(script))
		return -EIO;
	return write_file(MODPROBE, path);
}

static void restore_loader(const char *path, const char *was)
{
	write_file(MODPROBE, was);
	unlink(path);
}

TEST_F(acall, C1_one_attempt_to_load_the_module_of_that_name)
{
	char path[128], was[256], script[512], log[160], text[256] = "";
	int ret, fd, n;

	snprintf(log, sizeof(log), "%s/loader.log.%d", tmp_dir(), getpid());
	snprintf(script, sizeof(script),
		 "#!/bin/sh\nfor a; do :; done\necho \"$a\" >>%s\n", log);
	ret = set_loader(path, sizeof(path), script, was);
	if (ret)
		SKIP(return, "cannot set the module loader: %d", ret);

	EXPECT_EQ(-ENOENT, sys_create(self->dev, "nobody-has-this"));
	/* Neither a bad name nor one that is there asks for a module. */
	EXPECT_EQ(-EINVAL, sys_create(self->dev, "Bad"));
	EXPECT_EQ(0, close(sys_create(self->dev, "test")));
	restore_loader(path, was);

	fd = open(log, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	n = read(fd, text, sizeof(text) - 1);
	ASSERT_LE(0, n);
	EXPECT_STREQ("acall-interface-nobody-has-this\n", text);
	unlink(log);
}

TEST_F(acall, C1_an_interface_that_the_loaded_module_brings_is_found)
{
	char path[128], was[256], script[512], me[160] = "";
	int ret, fd;

	ASSERT_LT(0, readlink("/proc/self/exe", me, sizeof(me) - 1));
	snprintf(script, sizeof(script),
		 "#!/bin/sh\nexec %s --register-hot\n", me);
	ret = set_loader(path, sizeof(path), script, was);
	if (ret)
		SKIP(return, "cannot set the module loader: %d", ret);

	EXPECT_EQ(0, ctl_op(self->ctl, ACALL_TEST_OP_UNREGISTER, 0, 0, NULL));
	fd = sys_create(self->dev, ACALL_TEST_HOT);
	restore_loader(path, was);
	EXPECT_LE(0, fd);
	/* Refused if the loader has done it, as it should have. */
	EXPECT_EQ(-EEXIST,
		  ctl_op(self->ctl, ACALL_TEST_OP_REGISTER, 0, 0, NULL));
}

static int create_unknown(void *arg)
{
	sys_create(*(int *)arg, "nobody-has-this");
	return 0;
}

TEST_F(acall, C2_the_module_load_is_killable)
{
	char path[128], was[256], script[512], fifo[160];
	int ret, fd;
	pid_t pid;

	snprintf(fifo, sizeof(fifo), "%s/loader.fifo.%d", tmp_dir(), getpid());
	ASSERT_EQ(0, mkfifo(fifo, 0600));
	snprintf(script, sizeof(script), "#!/bin/sh\nread x <%s\n", fifo);
	ret = set_loader(path, sizeof(path), script, was);
	if (ret) {
		unlink(fifo);
		SKIP(return, "cannot set the module loader: %d", ret);
	}

	pid = child_start(create_unknown, &self->dev);
	/* Opens as soon as the loader reads: the child waits for it. */
	fd = open(fifo, O_WRONLY | O_CLOEXEC);
	EXPECT_LE(0, fd);
	EXPECT_EQ(0, wait_blocked(pid, pid, __NR_ioctl, ACALL_IOC_CREATE));
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(-SIGKILL, child_join(pid));

	close(fd);
	restore_loader(path, was);
	unlink(fifo);
}

TEST_F(acall, C1_the_fd_is_close_on_exec_and_for_both_directions)
{
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->fd, F_GETFD));
	EXPECT_EQ(O_RDWR, fcntl(self->fd, F_GETFL) & O_ACCMODE);
}

TEST_F(acall, C1_NONBLOCK_is_O_NONBLOCK)
{
	__u32 version = 0;
	int fd = sys_create_version(self->dev, "test", ACALL_CREATE_NONBLOCK,
				    &version);

	ASSERT_LE(0, fd);
	EXPECT_EQ(O_NONBLOCK, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(0, fcntl(self->fd, F_GETFL) & O_NONBLOCK);
	close(fd);
}

TEST_F(acall, C2_EMFILE_leaks_nothing)
{
	struct rlimit full = { .rlim_cur = 0 }, was;
	long long objects = counter("objects");
	int i;

	ASSERT_EQ(1, objects);
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &was));
	full.rlim_max = was.rlim_max;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &full));
	for (i = 0; i < 100; i++)
		EXPECT_EQ(-EMFILE, sys_create(self->dev, "test"));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &was));
	EXPECT_EQ(objects, counter("objects"));
	EXPECT_EQ(0, close(sys_create(self->dev, "test")));
}

TEST_F(acall, C2_a_bad_address_for_the_answer_leaks_nothing)
{
	struct acall_create *c;
	int fd, before = dup(self->fd);

	/* Read-only: copied in, cannot be answered. */
	c = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)c);
	c->size = sizeof(*c);
	strcpy(c->interface, "test");
	ASSERT_EQ(0, mprotect(c, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, sys_ioctl(self->dev, ACALL_IOC_CREATE, c));
	EXPECT_EQ(1, counter("objects"));
	/* No fd either: the next one is the next number. */
	fd = dup(self->fd);
	EXPECT_EQ(before + 1, fd);
	munmap(c, 4096);
}

TEST_F(acall, C2_does_not_wait_for_a_provider_that_is_stuck)
{
	int fd[9], i;

	/* Every slot of this user is taken, and calls are queued. */
	for (i = 0; i < 9; i++) {
		fd[i] = sys_create(self->dev, ACALL_TEST_NARROW);
		ASSERT_LE(0, fd[i]);
		ASSERT_EQ(0, sys_begin_arg(fd[i], ACALL_TEST_GATE, self->id, 0,
					   0, NULL));
	}
	ASSERT_EQ(0, wait_starts(self->ctl, self->id, 1));
	i = sys_create(self->dev, ACALL_TEST_NARROW);
	EXPECT_LE(0, i);
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(i));
}

TEST_F(acall, C3_object_outlives_the_device_fd)
{
	struct acall_finish f;
	__u64 call_id;

	ASSERT_EQ(0, close(self->dev));
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, &call_id));
	ASSERT_EQ(0, sys_finish(self->fd, call_id, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
}

TEST_F(acall, C3_dup_is_a_second_client_of_the_same_object)
{
	struct acall_finish f;
	__u64 call_id;
	int fd = dup(self->fd);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, &call_id));
	EXPECT_EQ(-EBUSY, sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_EQ(0, sys_finish(fd, call_id, &f));
	EXPECT_EQ(call_id, f.call_id);
	EXPECT_EQ(1, counter("objects"));
	close(fd);
	EXPECT_EQ(0, counter("objects"));
}

static int finish_in_child(void *arg)
{
	struct acall_finish f;

	CHECK(!sys_finish(*(int *)arg, 0, &f));
	CHECK(f.outcome == ACALL_OUTCOME_COMPLETED);
	CHECK(!sys_begin(*(int *)arg, ACALL_TEST_NOP, NULL, 0, NULL));
	return 0;
}

TEST_F(acall, C3_a_forked_child_is_a_second_client)
{
	struct acall_finish f;

	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, child_run(finish_in_child, &self->fd));
	/* What the child began is this process's too. */
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
}

union fd_message {
	struct cmsghdr header;
	char buf[CMSG_SPACE(sizeof(int))];
};

static int send_fd(int sock, int fd)
{
	union fd_message m = { .header = {
		.cmsg_len = CMSG_LEN(sizeof(int)),
		.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = m.buf,
			      .msg_controllen = sizeof(m.buf) };

	memcpy(CMSG_DATA(&m.header), &fd, sizeof(fd));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -errno;
}

static int receive_fd(int sock)
{
	union fd_message m;
	char c;
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = m.buf,
			      .msg_controllen = sizeof(m.buf) };
	int fd;

	if (recvmsg(sock, &msg, 0) != 1)
		return -errno;
	memcpy(&fd, CMSG_DATA(&m.header), sizeof(fd));
	return fd;
}

static int finish_received(void *arg)
{
	struct acall_finish f;
	int *sv = arg, fd = receive_fd(sv[1]);

	CHECK(fd >= 0);
	CHECK(!become(UID_A));
	CHECK(!sys_finish(fd, 0, &f));
	CHECK(f.outcome == ACALL_OUTCOME_COMPLETED);
	return 0;
}

TEST_F(acall, C3_an_object_can_be_sent_to_another_process)
{
	int sv[2];
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, send_fd(sv[0], self->fd));
	/* The message alone holds it now, and its call. */
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(1, counter("objects"));
	pid = child_start(finish_received, sv);
	EXPECT_EQ(0, child_join(pid));
}

TEST_F(acall, C6_the_device_is_for_everybody)
{
	struct stat st;

	ASSERT_EQ(0, fstat(self->dev, &st));
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(0666, st.st_mode & 07777);
}

static int call_as_nobody(void *unused)
{
	struct acall_finish f;
	int fd;

	(void)unused;
	CHECK(!become(UID_A));
	fd = sys_object("test");
	CHECK(fd >= 0);
	CHECK(!sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
	CHECK(!sys_finish(fd, 0, &f));
	CHECK(f.status == 0 && f.outcome == ACALL_OUTCOME_COMPLETED);
	return 0;
}

TEST_F(acall, C6_a_user_without_rights_may_create_and_call)
{
	EXPECT_EQ(0, child_run(call_as_nobody, NULL));
}

static int may_create_bit(int dev, const char *name)
{
	struct acall_interface_info info = { .size = sizeof(info) };
	int ret;

	for (;;) {
		ret = sys_ioctl(dev, ACALL_IOC_INTERFACE_INFO, &info);
		if (ret)
			return ret;
		if (!strcmp(info.name, name))
			return !!(info.caps & ACALL_INTERFACE_MAY_CREATE);
	}
}

static int create_privileged_as_nobody(void *unused)
{
	int dev;

	(void)unused;
	CHECK(!become(UID_A));
	dev = sys_open_device();
	CHECK(sys_create(dev, ACALL_TEST_PRIVILEGED) == -EPERM);
	CHECK(may_create_bit(dev, ACALL_TEST_PRIVILEGED) == 0);
	CHECK(may_create_bit(dev, ACALL_TEST_INTERFACE) == 1);
	return 0;
}

TEST_F(acall, C6_a_provider_may_refuse_and_the_listing_says_so)
{
	int fd = sys_create(self->dev, ACALL_TEST_PRIVILEGED);

	EXPECT_LE(0, fd);
	EXPECT_EQ(1, may_create_bit(self->dev, ACALL_TEST_PRIVILEGED));
	EXPECT_EQ(0, child_run(create_privileged_as_nobody, NULL));
	EXPECT_EQ(2, counter("objects"));
}

TEST_F(acall, C3_ten_thousand_objects_come_and_go)
{
	int i, fd;

	for (i = 0; i < 10000; i++) {
		fd = sys_create(self->dev, "test");
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, close(fd));
	}
	EXPECT_EQ(1, counter("objects"));
}

#include "acall_main.h"
