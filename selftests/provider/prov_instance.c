// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instances [P10]: their data, their sessions (.open and .close) and their
 * devices; and an interface that is reachable at its device alone. The instances
 * test-inst.0 and test-inst.1 are there to begin with; the others come and go.
 */
#include "prov_util.h"

#define NAME_0		"test-inst.0"
#define NAME_1		"test-inst.1"
#define NAME_HOT	"test-inst.2"
#define NODE_0		"/dev/acall-test-inst.0"
#define NODE_HOT	"/dev/acall-test-inst.2"
#define NODE_PRIVATE	"/dev/acall-test-private"
#define HOT		2

static int instance_op(int ctl, __u32 op, __u64 nr, __s32 ret)
{
	struct acall_test_control c = { .op = op, .id = nr, .ret = ret };

	return sys_ioctl(ctl, ACALL_TEST_IOC_CONTROL, &c);
}

static int add_hot(int ctl)
{
	return instance_op(ctl, ACALL_TEST_OP_INSTANCE_REGISTER, HOT, 0);
}

static int remove_hot(int ctl)
{
	return instance_op(ctl, ACALL_TEST_OP_INSTANCE_UNREGISTER, HOT, 0);
}

/* Sessions that are open. */
static int sessions(int ctl)
{
	struct acall_test_control c = ctl_get(ctl, 0);

	return c.opens - c.closes;
}

/* A closed object's session is closed a little later. */
static int wait_sessions(int ctl, int n)
{
	__u64 since = now_ns();

	while (sessions(ctl) != n) {
		if (guard_expired(since))
			return -ETIMEDOUT;
		give_way();
	}
	return 0;
}

FIXTURE(instance)
{
	FIXTURE_DATA(prov) base;
	struct operator unregister;
	int dev;
	int ctl;
	__u64 id;
};

FIXTURE_SETUP(instance)
{
	prov_setup(_metadata, &self->base, NULL);
	self->dev = self->base.dev;
	self->ctl = self->base.ctl;
	self->id = self->base.id;
	remove_hot(self->ctl);
	ASSERT_EQ(0, wait_sessions(self->ctl, 0));
	self->unregister = (struct operator) {
		.ctl = self->ctl,
		.c = { .op = ACALL_TEST_OP_INSTANCE_UNREGISTER, .id = HOT },
	};
}

/* Each .open has had its .close. */
FIXTURE_TEARDOWN(instance)
{
	int ctl;

	EXPECT_EQ(0, instance_op(self->ctl, ACALL_TEST_OP_INSTANCE_REFUSE, 0,
				 0));
	EXPECT_EQ(0, forget(self->ctl, 0));
	remove_hot(self->ctl);
	prov_teardown(_metadata, &self->base, NULL);
	ctl = open(DEV_CONTROL, O_RDWR | O_CLOEXEC);
	EXPECT_EQ(0, wait_sessions(ctl, 0));
	close(ctl);
}

static int call_session(int fd, struct acall_test_session *s)
{
	struct acall_finish f;

	memset(s, 0xff, sizeof(*s));
	CHECK(!sys_begin(fd, ACALL_TEST_SESSION, NULL, 0, NULL));
	CHECK(!sys_finish_out(fd, s, sizeof(*s), &f));
	CHECK(!f.status);
	CHECK(f.out_len == sizeof(*s));
	return 0;
}

/* What the listing of @dev says of @name: ACALL_INTERFACE_*, or -ENOENT. */
static int listed_caps(int dev, const char *name)
{
	struct acall_interface_info i = { .size = sizeof(i) };
	int ret;

	while (!(ret = sys_ioctl(dev, ACALL_IOC_INTERFACE_INFO, &i)))
		if (!strcmp(i.name, name))
			return i.caps;
	return ret;
}

static int method_info(int dev, const char *name)
{
	struct acall_method_info m = {
		.size = sizeof(m), .method = ACALL_TEST_PARK,
	};

	strncpy(m.interface, name, sizeof(m.interface) - 1);
	return sys_ioctl(dev, ACALL_IOC_METHOD_INFO, &m);
}

static int open_node(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* A device node comes and goes with the daemon that makes it. */
static int wait_node(const char *path, bool there)
{
	__u64 since = now_ns();

	while (!access(path, F_OK) != there) {
		if (guard_expired(since))
			return -ETIMEDOUT;
		give_way();
	}
	return 0;
}

TEST_F(instance, P10_instances_are_interfaces_with_data_of_their_own)
{
	struct acall_test_session s;
	char name[ACALL_NAME_LEN];
	int fd, i;

	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), ACALL_TEST_INSTANCE ".%d", i);
		EXPECT_EQ(ACALL_INTERFACE_MAY_CREATE | ACALL_INTERFACE_NODE,
			  listed_caps(self->dev, name));
		EXPECT_EQ(0, method_info(self->dev, name));
		fd = sys_create(self->dev, name);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, call_session(fd, &s));
		EXPECT_EQ(i, s.nr);
		EXPECT_NE(0, s.serial);
	}
	/* The name without a number is none, nor is another number. */
	EXPECT_EQ(-ENOENT, sys_create(self->dev, ACALL_TEST_INSTANCE));
	EXPECT_EQ(-ENOENT, sys_create(self->dev, NAME_HOT));
	/* And an interface without instances has no such data. */
	ASSERT_EQ(0, call_session(self->base.fd, &s));
	EXPECT_EQ(-1, s.nr);
	EXPECT_EQ(0, s.serial);
}

TEST_F(instance, P10_each_object_has_a_session)
{
	enum { N = 10 };
	struct acall_test_control was = ctl_get(self->ctl, 0);
	struct acall_test_session s[N], again;
	int fd[N], i;

	for (i = 0; i < N; i++) {
		fd[i] = sys_create(self->dev, i & 1 ? NAME_1 : NAME_0);
		ASSERT_LE(0, fd[i]);
		ASSERT_EQ(0, call_session(fd[i], &s[i]));
		EXPECT_EQ(i & 1, s[i].nr);
		if (i)
			EXPECT_LT(s[i - 1].serial, s[i].serial);
	}
	for (i = 0; i < N; i++) {
		ASSERT_EQ(0, call_session(fd[i], &again));
		EXPECT_EQ(s[i].serial, again.serial);
	}
	EXPECT_EQ(was.opens + N, ctl_get(self->ctl, 0).opens);
	EXPECT_EQ(was.closes, ctl_get(self->ctl, 0).closes);
	for (i = 0; i < N; i++) {
		close(fd[i]);
		EXPECT_EQ(0, wait_sessions(self->ctl, N - 1 - i));
	}
	EXPECT_EQ(was.opens + N, ctl_get(self->ctl, 0).opens);
	EXPECT_EQ(was.closes + N, ctl_get(self->ctl, 0).closes);
}

TEST_F(instance, P10_open_refuses)
{
	static const int codes[] = { -EBUSY, -EPERM, -ENOSPC, -EIO };
	struct acall_test_control was = ctl_get(self->ctl, 0);
	long long objects = counter("objects");
	unsigned int i;
	int fds = count_fds(), fd;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		ASSERT_EQ(0, instance_op(self->ctl,
					 ACALL_TEST_OP_INSTANCE_REFUSE, 0,
					 codes[i]));
		EXPECT_EQ(codes[i], sys_create(self->dev, NAME_0));
		/* The other one is another one. */
		fd = sys_create(self->dev, NAME_1);
		EXPECT_LE(0, fd);
		close(fd);
	}
	EXPECT_EQ(fds, count_fds());
	EXPECT_EQ(0, wait_counter("objects", objects));
	EXPECT_EQ(was.opens + ARRAY_SIZE(codes), ctl_get(self->ctl, 0).opens);
	ASSERT_EQ(0, instance_op(self->ctl, ACALL_TEST_OP_INSTANCE_REFUSE, 0,
				 0));
	fd = sys_create(self->dev, NAME_0);
	EXPECT_LE(0, fd);
}

/* As an interruptible wait in .open gives them. */
TEST_F(instance, P7_no_restart_code_of_open_leaves_the_kernel)
{
	static const struct {
		int code;
		int seen;
	} codes[] = {
		{ -512, -EINTR }, { -513, -EINTR }, { -514, -EINTR },
		{ -516, -EINTR }, { -515, -ENOTTY }, { -524, -EOPNOTSUPP },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		ASSERT_EQ(0, instance_op(self->ctl,
					 ACALL_TEST_OP_INSTANCE_REFUSE, 0,
					 codes[i].code));
		EXPECT_EQ(codes[i].seen, sys_create(self->dev, NAME_0));
	}
}

TEST_F(instance, P10_close_waits_for_the_objects_orphans)
{
	static const __u32 methods[] = {
		ACALL_TEST_PARK_FIXED, ACALL_TEST_NUDGE, ACALL_TEST_FILES_LATE,
	};
	struct acall_finish f;
	unsigned int i;
	__u64 id;
	int fd;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		fd = sys_create(self->dev, NAME_0);
		id = fresh_id();
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, park_flags(fd, self->ctl, methods[i], id, 0));
		if (methods[i] != ACALL_TEST_PARK_FIXED) {
			ASSERT_EQ(0, sys_abandon(fd));
			ASSERT_EQ(0, sys_finish(fd, 0, &f));
		}
		/* Closed; but its method may use the session still. */
		close(fd);
		ASSERT_EQ(0, wait_counter("objects", 1));
		EXPECT_EQ(1, counter("executions"));
		EXPECT_EQ(1, sessions(self->ctl));
		ASSERT_EQ(0, end_call(self->ctl, methods[i], id, 0));
		EXPECT_EQ(0, wait_sessions(self->ctl, 0));
		EXPECT_EQ(1, ctl_get(self->ctl, id).releases);
		/* Its session goes a moment before it has ended. */
		ASSERT_EQ(0, wait_counter("executions", 0));
	}
}

TEST_F(instance, P10_unregistering_closes_sessions_of_open_objects)
{
	enum { N = 5 };
	struct acall_finish f;
	int fd[N], other, i;

	ASSERT_EQ(0, add_hot(self->ctl));
	other = sys_create(self->dev, NAME_0);
	ASSERT_LE(0, other);
	for (i = 0; i < N; i++) {
		fd[i] = sys_create(self->dev, NAME_HOT);
		ASSERT_LE(0, fd[i]);
	}
	/* One idle ever since, one with a result, one that has had one. */
	ASSERT_EQ(0, sys_begin(fd[0], ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_wait_until(fd[0], 0, FOREVER));
	ASSERT_EQ(0, sys_begin(fd[1], ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_finish(fd[1], 0, &f));
	EXPECT_EQ(N + 1, sessions(self->ctl));
	ASSERT_EQ(0, remove_hot(self->ctl));
	EXPECT_EQ(1, sessions(self->ctl));
	for (i = 0; i < N; i++) {
		EXPECT_EQ(i ? -ENODEV : -EBUSY,
			  sys_begin(fd[i], ACALL_TEST_NOP, NULL, 0, NULL));
		EXPECT_EQ(i ? POLLHUP : POLLHUP | POLLIN, readiness(fd[i]));
	}
	ASSERT_EQ(0, sys_finish(fd[0], 0, &f));
	EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	/* Not a second time when they are closed. */
	for (i = 0; i < N; i++)
		close(fd[i]);
	ASSERT_EQ(0, wait_counter("objects", 2));
	EXPECT_EQ(1, sessions(self->ctl));
	/* The others have noticed nothing. */
	ASSERT_EQ(0, sys_begin(other, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, sys_finish(other, 0, &f));
}

TEST_F(instance, P10_unregistering_waits_for_an_orphan_with_a_session)
{
	struct acall_finish f;
	int open_one, fd;

	ASSERT_EQ(0, add_hot(self->ctl));
	open_one = sys_create(self->dev, NAME_HOT);
	ASSERT_LE(0, open_one);
	fd = sys_create(self->dev, NAME_HOT);
	ASSERT_EQ(0, park_flags(fd, self->ctl, ACALL_TEST_FILES_LATE, self->id,
				0));
	ASSERT_EQ(0, sys_abandon(fd));
	ASSERT_EQ(0, sys_finish(fd, 0, &f));
	close(fd);
	ASSERT_EQ(0, operator_block(&self->unregister));
	EXPECT_LE(1, sessions(self->ctl));
	EXPECT_EQ(-EBUSY, add_hot(self->ctl));
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	EXPECT_EQ(0, operator_join(&self->unregister));
	EXPECT_EQ(0, sessions(self->ctl));
	EXPECT_EQ(1, ctl_get(self->ctl, self->id).releases);
}

TEST_F(instance, P10_one_that_comes_back_is_another_one)
{
	struct acall_test_session s;
	int old, fresh;

	ASSERT_EQ(0, add_hot(self->ctl));
	EXPECT_EQ(-EEXIST, add_hot(self->ctl));
	old = sys_create(self->dev, NAME_HOT);
	ASSERT_LE(0, old);
	ASSERT_EQ(0, remove_hot(self->ctl));
	EXPECT_EQ(-ENOENT, remove_hot(self->ctl));
	EXPECT_EQ(-ENOENT, sys_create(self->dev, NAME_HOT));
	ASSERT_EQ(0, add_hot(self->ctl));
	fresh = sys_create(self->dev, NAME_HOT);
	ASSERT_LE(0, fresh);
	EXPECT_EQ(-ENODEV, sys_begin(old, ACALL_TEST_NOP, NULL, 0, NULL));
	ASSERT_EQ(0, call_session(fresh, &s));
	EXPECT_EQ(HOT, s.nr);
	EXPECT_EQ(1, sessions(self->ctl));
}

static bool stop_creating;

/* Return: how often something else than ENOENT or ENODEV was said. */
static void *create_until_told(void *arg)
{
	int dev = *(int *)arg, fd;
	struct acall_finish f;
	long wrong = 0;

	while (!__atomic_load_n(&stop_creating, __ATOMIC_SEQ_CST)) {
		fd = sys_create(dev, NAME_HOT);
		if (fd < 0) {
			wrong += fd != -ENOENT && fd != -ENODEV;
			continue;
		}
		if (!sys_begin(fd, ACALL_TEST_SHORT, NULL, 0, NULL))
			sys_finish(fd, 0, &f);
		close(fd);
	}
	return (void *)wrong;
}

TEST_F(instance, P10_coming_and_going_while_objects_are_made)
{
	pthread_t thread[2];
	unsigned int i;
	void *wrong;

	for (i = 0; i < ARRAY_SIZE(thread); i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, create_until_told,
					    &self->dev));
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, add_hot(self->ctl));
		ASSERT_EQ(0, remove_hot(self->ctl));
	}
	__atomic_store_n(&stop_creating, true, __ATOMIC_SEQ_CST);
	for (i = 0; i < ARRAY_SIZE(thread); i++) {
		pthread_join(thread[i], &wrong);
		EXPECT_EQ(NULL, wrong);
	}
	EXPECT_EQ(0, wait_sessions(self->ctl, 0));
}

TEST_F(instance, P10_a_device_of_its_own_with_its_own_mode)
{
	struct stat st;

	ASSERT_EQ(0, wait_node(NODE_0, true));
	ASSERT_EQ(0, stat(NODE_0, &st));
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(ACALL_TEST_INSTANCE_MODE, st.st_mode & 07777);
	/* Without one it is for root alone. */
	ASSERT_EQ(0, stat(NODE_PRIVATE, &st));
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(0600, st.st_mode & 07777);
	/* It comes and goes with its interface. */
	EXPECT_EQ(-1, access(NODE_HOT, F_OK));
	ASSERT_EQ(0, add_hot(self->ctl));
	EXPECT_EQ(0, wait_node(NODE_HOT, true));
	ASSERT_EQ(0, remove_hot(self->ctl));
	EXPECT_EQ(0, wait_node(NODE_HOT, false));
}

TEST_F(instance, P10_what_its_device_can_make)
{
	int node = open_node(NODE_0), fd;
	struct acall_info info = { .size = sizeof(info) };
	struct acall_test_session s;

	ASSERT_LE(0, node);
	fd = sys_create(node, "");
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, call_session(fd, &s));
	EXPECT_EQ(0, s.nr);
	fd = sys_create(node, NAME_0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, call_session(fd, &s));
	EXPECT_EQ(0, s.nr);
	/* And nothing else. */
	EXPECT_EQ(-ENOENT, sys_create(node, NAME_1));
	EXPECT_EQ(-ENOENT, sys_create(node, ACALL_TEST_INTERFACE));
	EXPECT_EQ(-ENOENT, sys_create(node, ACALL_TEST_INSTANCE));
	EXPECT_EQ(-EINVAL, sys_create(node, "Not/a name"));
	/* Only there is no name a name. */
	EXPECT_EQ(-EINVAL, sys_create(self->dev, ""));
	/* It lists itself. */
	EXPECT_EQ(ACALL_INTERFACE_MAY_CREATE | ACALL_INTERFACE_NODE,
		  listed_caps(node, NAME_0));
	EXPECT_EQ(-ENOENT, listed_caps(node, NAME_1));
	EXPECT_EQ(0, method_info(node, NAME_0));
	EXPECT_EQ(0, method_info(node, ""));
	EXPECT_EQ(-ENOENT, method_info(node, NAME_1));
	EXPECT_EQ(0, sys_ioctl(node, ACALL_IOC_INFO, &info));
	/* The object does not need the device any more (C3). */
	close(node);
	ASSERT_EQ(0, call_session(fd, &s));
}

static int user_at_the_devices(void *arg)
{
	int dev = *(int *)arg, fd;

	CHECK(!become(UID_A));
	CHECK(open_node(NODE_0) == -EACCES);
	CHECK(open_node(NODE_PRIVATE) == -EACCES);
	/* The mode is the device's; who may create is the provider's to say. */
	fd = sys_create(dev, NAME_0);
	CHECK(fd >= 0);
	CHECK(sys_create(dev, ACALL_TEST_PRIVATE) == -ENOENT);
	return 0;
}

TEST_F(instance, P10_its_devices_mode_is_for_who_opens_it)
{
	EXPECT_EQ(0, child_run(user_at_the_devices, &self->dev));
}

TEST_F(instance, P10_a_private_one_is_reachable_only_at_its_device)
{
	struct acall_test_session s;
	int node, fd;

	EXPECT_EQ(-ENOENT, sys_create(self->dev, ACALL_TEST_PRIVATE));
	EXPECT_EQ(-ENOENT, listed_caps(self->dev, ACALL_TEST_PRIVATE));
	EXPECT_EQ(-ENOENT, method_info(self->dev, ACALL_TEST_PRIVATE));
	node = open_node(NODE_PRIVATE);
	ASSERT_LE(0, node);
	EXPECT_EQ(ACALL_INTERFACE_MAY_CREATE | ACALL_INTERFACE_NODE |
		  ACALL_INTERFACE_PRIVATE,
		  listed_caps(node, ACALL_TEST_PRIVATE));
	EXPECT_EQ(0, method_info(node, ACALL_TEST_PRIVATE));
	fd = sys_create(node, ACALL_TEST_PRIVATE);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, call_session(fd, &s));
	fd = sys_create(node, "");
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, call_session(fd, &s));
	EXPECT_EQ(-ENOENT, sys_create(node, ACALL_TEST_INTERFACE));
}

TEST_F(instance, P10_a_device_that_is_open_when_its_interface_goes)
{
	struct acall_interface_info i = { .size = sizeof(i) };
	int node, fd, ret;

	ASSERT_EQ(0, add_hot(self->ctl));
	ASSERT_EQ(0, wait_node(NODE_HOT, true));
	node = open_node(NODE_HOT);
	ASSERT_LE(0, node);
	fd = sys_create(node, "");
	ASSERT_LE(0, fd);
	/* Pins nothing: it may go. */
	ASSERT_EQ(0, remove_hot(self->ctl));
	ret = sys_create(node, "");
	EXPECT_TRUE(ret == -ENODEV || ret == -ENOENT);
	EXPECT_EQ(-ENOENT, sys_ioctl(node, ACALL_IOC_INTERFACE_INFO, &i));
	EXPECT_EQ(-ENOENT, method_info(node, ""));
	/* Also when the name is back: this device was another one's. */
	ASSERT_EQ(0, add_hot(self->ctl));
	ret = sys_create(node, "");
	EXPECT_TRUE(ret == -ENODEV || ret == -ENOENT);
	EXPECT_EQ(POLLHUP, readiness(fd));
}

#include "acall_main.h"
