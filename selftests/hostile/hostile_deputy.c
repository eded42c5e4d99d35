// SPDX-License-Identifier: GPL-2.0-only
/*
 * Confused deputies: a process with rights that is handed an object, or inherits
 * it, by a user without. Who does something does it as himself: his credentials
 * and his files count for what he begins, he is charged for it, and nothing that
 * he did not do is done in his name. The other way round an object that somebody
 * with rights has made lends none of them. [B4, B6, C3, C6, F7]
 *
 * This program is also the set-uid program that a user runs.
 */
#include "hostile_util.h"

static int whoami(int fd, struct acall_test_whoami *who)
{
	struct acall_finish f;

	CHECK(!sys_begin(fd, ACALL_TEST_WHOAMI, NULL, 0, NULL));
	CHECK(!sys_finish_out(fd, who, sizeof(*who), &f));
	CHECK(!f.status && f.outcome == ACALL_OUTCOME_COMPLETED);
	return 0;
}

/* A user makes an object, hands it over, and stays until he is told to go. */
struct giver {
	int ctl;
	int sock;
	int say;
	int hear;
	__u64 id;
	int (*then)(struct giver *g, int fd);
};

static int give(void *arg)
{
	struct giver *g = arg;
	int fd;

	CHECK(!become(UID_A));
	fd = sys_object("test");
	CHECK(fd >= 0);
	CHECK(!g->then || !g->then(g, fd));
	CHECK(!pass_fd(g->sock, fd));
	CHECK(!hear(g->hear));
	return 0;
}

/* The deputy: the test itself, which is root. */
FIXTURE(deputy)
{
	FIXTURE_DATA(acall) base;
	struct giver giver;
	int sock;
	int to_giver;
	int dev;
	int ctl;
	int fd;		/* of a user's */
	pid_t pid;
};

FIXTURE_SETUP(deputy)
{
	acall_setup(_metadata, &self->base, NULL);
	self->dev = self->base.dev;
	self->ctl = self->base.ctl;
}

FIXTURE_TEARDOWN(deputy)
{
	acall_teardown(_metadata, &self->base, NULL);
}

static int be_handed(struct _test_data_deputy *self,
		     int (*then)(struct giver *g, int fd))
{
	int sv[2], p[2];

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv));
	CHECK(!pipe2(p, O_CLOEXEC));
	self->giver = (struct giver) {
		.ctl = self->ctl, .sock = sv[1], .hear = p[0],
		.id = self->base.id, .then = then,
	};
	self->to_giver = p[1];
	self->pid = child_start(give, &self->giver);
	self->fd = take_fd(sv[0]);
	CHECK(self->fd >= 0);
	return 0;
}

static int let_go(struct _test_data_deputy *self)
{
	CHECK(!say(self->to_giver));
	return child_join(self->pid);
}

static int charged_as(uid_t uid)
{
	int dev, n;

	if (setresuid(uid, 0, 0))
		return -errno;
	dev = sys_open_device();
	n = charged_calls(dev);
	close(dev);
	return setresuid(0, 0, 0) ? -errno : n;
}

TEST_F(deputy, B4_L3_what_he_begins_is_his)
{
	struct acall_list_record r;
	struct acall_test_whoami who;
	__u64 call_id;

	ASSERT_EQ(0, be_handed(self, NULL));
	ASSERT_EQ(0, whoami(self->fd, &who));
	EXPECT_EQ(0, who.uid);
	EXPECT_TRUE(who.cap_dac_override);
	/* Charged to him, named after him, not the object's maker. */
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP,
			      self->base.id, &call_id));
	EXPECT_EQ(1, charged_as(0));
	EXPECT_EQ(0, charged_as(UID_A));
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	EXPECT_EQ(0, r.owner_uid);
	EXPECT_EQ(getpid(), r.owner_tgid);
	EXPECT_EQ(0, let_go(self));
}

static int drop_rights_and_look(void *arg)
{
	__u64 call_id = *(__u64 *)arg;
	struct acall_list_record r;
	struct acall_cancel c;
	int dev;

	CHECK(!become(UID_A));
	dev = sys_open_device();
	CHECK(list_find(dev, call_id, &r) == -ENOENT);
	CHECK(sys_cancel_id(dev, 0, call_id, 0, &c) == -ESRCH);
	return 0;
}

/* Nor has the maker more of it than who holds an object has: no listing. */
TEST_F(deputy, X13_what_he_begins_is_not_in_the_makers_listing)
{
	__u64 call_id;

	ASSERT_EQ(0, be_handed(self, NULL));
	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP,
			      self->base.id, &call_id));
	EXPECT_EQ(0, child_run(drop_rights_and_look, &call_id));
	EXPECT_EQ(0, let_go(self));
}

static int begin_gate(struct giver *g, int fd)
{
	return one_call(fd, g->ctl, ACALL_TEST_GATE, g->id, NULL);
}

TEST_F(deputy, B4_L3_finishing_anothers_call_takes_over_nothing)
{
	struct acall_list_record r;
	struct acall_finish f;
	struct acall_query q;

	ASSERT_EQ(0, be_handed(self, begin_gate));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	ASSERT_EQ(0, list_find(self->dev, q.call_id, &r));
	EXPECT_EQ(UID_A, r.owner_uid);
	EXPECT_EQ(self->pid, r.owner_tgid);
	EXPECT_EQ(1, charged_as(UID_A));
	EXPECT_EQ(0, charged_as(0));
	ASSERT_EQ(0, open_gate(self->ctl, self->base.id));
	ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
	ASSERT_EQ(0, wait_counter("calls", 0));
	EXPECT_EQ(0, charged_as(UID_A));
	EXPECT_EQ(0, charged_as(0));
	EXPECT_EQ(0, let_go(self));
}

static int begin_no_cancel(struct giver *g, int fd)
{
	return one_call_flags(fd, g->ctl, ACALL_BEGIN_NO_CANCEL,
			      ACALL_TEST_COOP, g->id, NULL);
}

/* On an object he is a client like others; his rights are for CANCEL_ID. */
TEST_F(deputy, B6_through_the_object_he_is_no_administrator)
{
	struct acall_cancel c;
	struct acall_query q;

	ASSERT_EQ(0, be_handed(self, begin_no_cancel));
	EXPECT_EQ(-EPERM, sys_cancel(self->fd, 0, 0, 0, &c));
	EXPECT_EQ(-EPERM, sys_abandon(self->fd));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
	EXPECT_EQ(0, sys_cancel_id(self->dev, 0, q.call_id, FOREVER, &c));
	EXPECT_EQ(0, let_go(self));
}

static int begin_files(struct giver *g, int fd)
{
	struct acall_test_custom arg = { .id = g->id, .files = 2 };

	return sys_begin(fd, ACALL_TEST_FILES, &arg, sizeof(arg), NULL) ?:
	       open_gate(g->ctl, g->id) ?: sys_wait_until(fd, 0, FOREVER);
}

/* Files come to him only if he gives room for them, and close on exec. */
TEST_F(deputy, F7_no_files_come_to_who_does_not_ask_for_them)
{
	struct acall_finish f;
	int top = dup(0);
	__s32 files[2];

	close(top);
	ASSERT_EQ(0, be_handed(self, begin_files));
	EXPECT_EQ(-EMSGSIZE, sys_finish(self->fd, 0, &f));
	memset(&f, 0, sizeof(f));
	f.files = PTR(files);
	f.nr_files = 2;
	ASSERT_EQ(0, sys_finish_struct(self->fd, &f));
	EXPECT_EQ(FD_CLOEXEC, fcntl(files[0], F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(files[1], F_GETFD));
	EXPECT_EQ(0, let_go(self));
}

/* The numbers of files that are passed are the caller's own. */
TEST_F(deputy, B1_B4_file_numbers_are_those_of_who_begins)
{
	struct acall_list_record r;
	struct stat st;
	__u64 call_id;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), high;

	/* A number that the object's maker does not have. */
	high = fcntl(null, F_DUPFD_CLOEXEC, 200);
	ASSERT_LE(200, high);
	ASSERT_EQ(0, be_handed(self, NULL));
	ASSERT_EQ(0, fstat(high, &st));
	ASSERT_EQ(0, sys_begin_hold(self->fd, self->base.id, high, &call_id));
	ASSERT_EQ(0, list_find(self->dev, call_id, &r));
	EXPECT_EQ(st.st_ino, r.files[0].ino);
	EXPECT_EQ(0, let_go(self));
}

/* He dies, or lets go: what the user has begun is not touched. */
TEST_F(deputy, C4_his_close_is_not_the_last)
{
	struct acall_list_record r;
	struct acall_query q;

	ASSERT_EQ(0, be_handed(self, begin_gate));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_EQ(0, list_find(self->dev, q.call_id, &r));
	EXPECT_EQ(ACALL_REASON_NONE, r.reason);
	EXPECT_EQ(0, let_go(self));
	EXPECT_TRUE(close_has_cancelled(self->dev, q.call_id));
}

/* The other way round: what root has made lends nobody root's rights. */

static int use_roots(void *arg)
{
	int *fds = arg;
	struct acall_test_whoami who;

	CHECK(!become(UID_A));
	CHECK(sys_object(ACALL_TEST_PRIVILEGED) == -EPERM);
	/* Who was given the object may call; as himself. */
	CHECK(!whoami(fds[0], &who));
	CHECK(who.uid == UID_A && !who.cap_dac_override);
	/* And a device opened by root creates for who asks. */
	CHECK(sys_create(fds[1], ACALL_TEST_PRIVILEGED) == -EPERM);
	return 0;
}

TEST_F(acall, B4_C6_an_object_of_roots_lends_none_of_his_rights)
{
	int fds[2] = { sys_create(self->dev, ACALL_TEST_PRIVILEGED),
		       self->dev };

	ASSERT_LE(0, fds[0]);
	EXPECT_EQ(0, child_run(use_roots, fds));
}

/* Rights that are a user namespace's are none here. */
static int root_of_a_namespace(void *arg)
{
	struct acall_test_whoami who;
	struct acall_finish f;
	int *fds = arg, i, fd[5];

	CHECK(!become(UID_B));
	if (unshare(CLONE_NEWUSER))
		return SKIPPED;
	CHECK(sys_object(ACALL_TEST_PRIVILEGED) == -EPERM);
	CHECK(sys_create(fds[1], ACALL_TEST_PRIVILEGED) == -EPERM);
	CHECK(!whoami(fds[0], &who));
	CHECK(who.uid == UID_B && !who.cap_dac_override);
	/* CAP_SYS_RESOURCE there exempts from nothing. */
	for (i = 0; i < 5; i++)
		fd[i] = sys_object("test");
	for (i = 0; i < 4; i++)
		CHECK(!sys_begin(fd[i], ACALL_TEST_NOP, NULL, 0, NULL));
	CHECK(sys_begin(fd[4], ACALL_TEST_NOP, NULL, 0, NULL) == -EDQUOT);
	for (i = 0; i < 4; i++)
		CHECK(!sys_finish(fd[i], 0, &f));
	return 0;
}

TEST_F(acall, C6_L3_rights_in_a_namespace_are_none)
{
	long long was = read_number(SYSFS_PARAMS, "user_calls");
	int fds[2] = { self->fd, self->dev }, ret;

	ASSERT_EQ(0, write_number(SYSFS_PARAMS, "user_calls", 4));
	ret = child_run(root_of_a_namespace, fds);
	EXPECT_EQ(0, write_number(SYSFS_PARAMS, "user_calls", was));
	if (ret == SKIPPED)
		SKIP(return, "no user namespaces");
	EXPECT_EQ(0, ret);
}

/*
 * A set-uid program with objects of its caller's as standard input, output and
 * error output. What programs do with these does nothing; what it begins runs
 * with its own rights, and is charged to who runs it (his real uid).
 */
enum { PENDING = 0, IDLE = 1, ERRORS = 2 };

static int set_uid_program(void)
{
	struct acall_test_whoami who;
	struct acall_query q;
	char buf[8] = "";
	int dev;

	if (geteuid() || getuid() != UID_A)
		return 10;
	if (read(PENDING, buf, 8) != -1 || write(IDLE, "x", 1) != -1 ||
	    write(ERRORS, "x", 1) != -1)
		return 11;
	if (isatty(IDLE) || ftruncate(IDLE, 0) != -1 ||
	    fcntl(IDLE, F_SETFL, O_NONBLOCK | O_APPEND))
		return 12;
	/* Its caller's call goes on, begun as its caller. */
	if (sys_query(PENDING, 0, &q) || q.state != ACALL_STATE_RUNNING ||
	    q.cancel_ns)
		return 13;
	if (sys_begin(IDLE, ACALL_TEST_WHOAMI, NULL, 0, NULL) ||
	    sys_wait_until(IDLE, 0, FOREVER))
		return 14;
	dev = sys_open_device();
	/* Both are the real user's. */
	if (charged_calls(dev) != 2)
		return 15;
	memset(&who, 0, sizeof(who));
	if (sys_finish_out(IDLE, &who, sizeof(who),
			   &(struct acall_finish) { 0 }))
		return 16;
	return who.uid == 0 && who.cap_dac_override ? 0 : 17;
}

__attribute__((constructor))
static void as_another_program(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--set-uid"))
		_exit(set_uid_program());
}

struct caller_of {
	const char *program;
	int ctl;
	__u64 id;
};

static int run_set_uid_program(void *arg)
{
	static char * const argv[] = { "x", "--set-uid", NULL };
	struct caller_of *c = arg;
	int fd[3], i;

	CHECK(!become(UID_A));
	for (i = 0; i < 3; i++)
		fd[i] = sys_object("test");
	CHECK(!one_call(fd[0], c->ctl, ACALL_TEST_COOP, c->id, NULL));
	for (i = 0; i < 3; i++)
		CHECK(dup2(fd[i], i) == i);
	execv(c->program, argv);
	return 99;
}

static int copy_of_itself(const char *path)
{
	int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), out;
	char buf[65536];
	ssize_t n;

	out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (in < 0 || out < 0)
		return -errno;
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, n) != n)
			return -EIO;
	n = n ? -EIO : fchown(out, 0, 0) || fchmod(out, 04755) ? -errno : 0;
	close(in);
	close(out);
	return n;
}

TEST_F(acall, B4_L3_a_set_uid_program_inherits_objects)
{
	char dir[64], path[96];
	struct caller_of c = { path, self->ctl, self->id };
	int ret;

	snprintf(dir, sizeof(dir), "%s/acall-XXXXXX", "/tmp");
	ASSERT_NE(NULL, mkdtemp(dir));
	ASSERT_EQ(0, chmod(dir, 0755));
	snprintf(path, sizeof(path), "%s/setuid", dir);
	EXPECT_EQ(0, copy_of_itself(path));
	ret = child_run(run_set_uid_program, &c);
	unlink(path);
	rmdir(dir);
	if (ret == 10 || ret == 99)
		SKIP(return, "no set-uid programs here");
	EXPECT_EQ(0, ret);
	/* It has gone, and with it the last descriptors. */
	EXPECT_EQ(0, wait_counter("objects", 1));
	EXPECT_EQ(0, wait_seen(self->ctl, self->id, 1));
}

#include "acall_main.h"
