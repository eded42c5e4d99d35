// SPDX-License-Identifier: GPL-2.0-only
/*
 * The failure sweep of the devices: every ioctl of /dev/acall and of the devices
 * that interfaces have of their own, and CREATE of every kind of object (sessions,
 * instances, private interfaces, one that is not there).
 *
 * What it is about is C2: EMFILE and ENOMEM leak nothing, and no descriptor is
 * installed for a CREATE that has failed.
 */
#include "sweep_util.h"

#define DEV_PRIVATE	"/dev/acall-" ACALL_TEST_PRIVATE
#define DEV_INSTANCE	"/dev/acall-" ACALL_TEST_INSTANCE ".0"
#define NR_RECORDS	4

static const int copies[] = { EFAULT, 0 };
static const int creates[] = { ENOMEM, EFAULT, EMFILE, ENFILE, 0 };

static int act_info(struct sweep *s, const struct path *path)
{
	struct acall_info info = { .size = sizeof(info) };

	(void)path;
	return sys_ioctl(s->dev, ACALL_IOC_INFO, &info);
}

static int act_interface_info(struct sweep *s, const struct path *path)
{
	struct acall_interface_info info = { .size = sizeof(info) };
	int ret;

	(void)path;
	do {
		ret = sys_ioctl(s->dev, ACALL_IOC_INTERFACE_INFO, &info);
	} while (!ret);
	return ret == -ENOENT ? 0 : ret;
}

static int act_method_info(struct sweep *s, const struct path *path)
{
	struct acall_method_info info = { .size = sizeof(info) };

	strcpy(info.interface, path->interface);
	return sys_ioctl(s->dev, ACALL_IOC_METHOD_INFO, &info);
}

NEWPATH(info, .act = act_info, .errnos = copies);
NEWPATH(interface_info, .act = act_interface_info, .errnos = copies);
NEWPATH(method_info, .act = act_method_info, .errnos = copies,
	.interface = ACALL_TEST_INTERFACE);

/* On the interface's own device, if that is open, else on the common one. */
static int act_create(struct sweep *s, const struct path *path)
{
	__u32 version = 0;
	int ret;

	ret = sys_create_version(s->nr_fds ? s->fds[0] : s->dev,
				 path->interface, path->flags, &version);
	if (ret < 0)
		return ret;
	s->obj = ret;
	return 0;
}

static int setup_create(struct sweep *s, const struct path *path)
{
	(void)path;
	s->in.code = count_fds();
	return 0;
}

static int check_create(struct sweep *s, const struct path *path, int ret)
{
	struct acall_finish f;

	CHECK(count_fds() == s->in.code + !ret);
	CHECK(counter("objects") == !ret);
	if (ret)
		return 0;
	CHECK(fcntl(s->obj, F_GETFD) == FD_CLOEXEC);
	CHECK(!!(fcntl(s->obj, F_GETFL) & O_NONBLOCK) ==
	      !!(path->flags & ACALL_CREATE_NONBLOCK));
	CHECK(readiness(s->obj) == POLLOUT);
	CHECK(!sys_begin(s->obj, ACALL_TEST_NOP, NULL, 0, NULL));
	CHECK(!sys_wait_until(s->obj, 0, FOREVER));
	CHECK(!sys_finish(s->obj, 0, &f) && !f.status);
	return 0;
}

static int setup_node(struct sweep *s, const struct path *path)
{
	const char *name = strcmp(path->interface, ACALL_TEST_PRIVATE) ?
			   DEV_INSTANCE : DEV_PRIVATE;

	CHECK(keep_fd(s, open(name, O_RDWR | O_CLOEXEC)) >= 0);
	return setup_create(s, path);
}

static int act_node_info(struct sweep *s, const struct path *path)
{
	struct acall_interface_info info = { .size = sizeof(info) };
	struct acall_method_info method = { .size = sizeof(method) };

	(void)path;
	return sys_ioctl(s->fds[0], ACALL_IOC_INTERFACE_INFO, &info) ?:
	       sys_ioctl(s->fds[0], ACALL_IOC_METHOD_INFO, &method);
}

NEWPATH(create, .setup = setup_create, .act = act_create, .check = check_create,
	.errnos = creates, .interface = ACALL_TEST_INTERFACE);
NEWPATH(create_flags, .setup = setup_create, .act = act_create,
	.check = check_create, .errnos = creates,
	.interface = ACALL_TEST_NARROW,
	.flags = ACALL_CREATE_NONBLOCK | ACALL_CREATE_DETACH);
NEWPATH(create_privileged, .setup = setup_create, .act = act_create,
	.check = check_create, .errnos = creates,
	.interface = ACALL_TEST_PRIVILEGED);
NEWPATH(create_session, .setup = setup_create, .act = act_create,
	.check = check_create, .errnos = creates,
	.interface = ACALL_TEST_INSTANCE ".0");
NEWPATH(create_session_on_node, .setup = setup_node, .act = act_create,
	.check = check_create, .errnos = creates,
	.interface = ACALL_TEST_INSTANCE ".0");
NEWPATH(create_private, .setup = setup_node, .act = act_create,
	.check = check_create, .errnos = creates,
	.interface = ACALL_TEST_PRIVATE);
NEWPATH(node_info, .setup = setup_node, .act = act_node_info, .errnos = copies,
	.interface = ACALL_TEST_PRIVATE);

/* One attempt to load a module, which there is not (C1). */
static int act_create_unknown(struct sweep *s, const struct path *path)
{
	int ret = sys_create(s->dev, path->interface);

	return ret == -ENOENT ? 0 : ret < 0 ? ret : -EPROTO;
}

static int check_unknown(struct sweep *s, const struct path *path, int ret)
{
	(void)path;
	(void)ret;
	CHECK(count_fds() == s->in.code);
	CHECK(!counter("objects"));
	return 0;
}

NEWPATH(create_unknown, .setup = setup_create, .act = act_create_unknown,
	.check = check_unknown, .errnos = creates,
	.interface = "no-such-interface");

/* Calls to be listed, of which the last one is cancelled by its id. */
static int setup_calls(struct sweep *s, const struct path *path)
{
	int i, fd;

	(void)path;
	for (i = 0; i < 3; i++) {
		fd = keep_fd(s, sys_create(s->dev, ACALL_TEST_INTERFACE));
		CHECK(fd >= 0);
		CHECK(!sys_begin_arg(fd, ACALL_TEST_COOP, s->id, 0, 0,
				     &s->call_id));
	}
	s->obj = s->fds[--s->nr_fds];
	return wait_starts(s->ctl, s->id, 3);
}

static int act_list(struct sweep *s, const struct path *path)
{
	struct acall_list_record records[NR_RECORDS];
	__u64 cursor = 0;
	int ret;

	ret = sys_list(s->dev, path->flags, &cursor, records, NR_RECORDS);
	if (ret < 0)
		return ret;
	return ret == 3 ? 0 : -EPROTO;
}

/* Records that are longer than the kernel's: their rest is cleared. */
static int act_list_long(struct sweep *s, const struct path *path)
{
	char records[NR_RECORDS][1024];
	struct acall_list l = {
		.size = sizeof(l), .records = PTR(records),
		.record_size = sizeof(records[0]), .nr = NR_RECORDS,
	};
	int ret = sys_ioctl(s->dev, ACALL_IOC_LIST, &l);

	(void)path;
	return ret ?: l.nr == 3 ? 0 : -EPROTO;
}

static int check_listed(struct sweep *s, const struct path *path, int ret)
{
	(void)path;
	(void)ret;
	CHECK(state_of(s->obj) == ACALL_STATE_RUNNING);
	CHECK(list_count(s->dev, 0) == 3);
	return 0;
}

NEWPATH(list, .setup = setup_calls, .act = act_list, .check = check_listed,
	.errnos = copies);
NEWPATH(list_own, .setup = setup_calls, .act = act_list, .check = check_listed,
	.errnos = copies, .flags = ACALL_LIST_OWN);
NEWPATH(list_long, .setup = setup_calls, .act = act_list_long,
	.check = check_listed, .errnos = copies);

static int act_cancel_id(struct sweep *s, const struct path *path)
{
	return sys_cancel_id(s->dev, path->flags, s->call_id, 0, &s->cancel);
}

/* Refused before it had an effect, or it says how FINISH will speak (X6). */
static int check_cancel_id(struct sweep *s, const struct path *path, int ret)
{
	struct acall_finish f;

	(void)path;
	if (ret) {
		CHECK(state_of(s->obj) == ACALL_STATE_RUNNING);
		return 0;
	}
	CHECK(!sys_wait_until(s->obj, 0, FOREVER));
	CHECK(!sys_finish(s->obj, s->call_id, &f));
	CHECK(f.status == -ECANCELED);
	return 0;
}

NEWPATH(cancel_id, .setup = setup_calls, .act = act_cancel_id,
	.check = check_cancel_id, .errnos = copies, .never_fails = true);
NEWPATH(cancel_id_nowait, .setup = setup_calls, .act = act_cancel_id,
	.check = check_cancel_id, .errnos = copies, .never_fails = true,
	.flags = ACALL_CANCEL_NOWAIT);
NEWPATH(cancel_id_abandon, .setup = setup_calls, .act = act_cancel_id,
	.check = check_cancel_id, .errnos = copies, .never_fails = true,
	.flags = ACALL_CANCEL_ABANDON);

/* X13: to wait changes nothing, whatever becomes of what it has to say. */
static int act_look_id(struct sweep *s, const struct path *path)
{
	struct acall_wait_id w;
	int ret = sys_wait_id(s->dev, path->flags, s->call_id, 0, &w);

	if (ret != -ETIMEDOUT)
		return ret ?: -EPROTO;
	return w.state == ACALL_STATE_RUNNING ? 0 : -EPROTO;
}

static int setup_done(struct sweep *s, const struct path *path)
{
	CHECK(!setup_calls(s, path));
	CHECK(!sys_cancel_id(s->dev, 0, s->call_id, 0, &s->cancel));
	return 0;
}

static int act_wait_id(struct sweep *s, const struct path *path)
{
	struct acall_wait_id w;
	int ret = sys_wait_id(s->dev, path->flags, s->call_id, FOREVER, &w);

	return ret ?: w.status == -ECANCELED ? 0 : -EPROTO;
}

static int check_waited(struct sweep *s, const struct path *path, int ret)
{
	CHECK(state_of(s->obj) == ACALL_STATE_DONE);
	return ret ? 0 : check_cancel_id(s, path, 0);
}

NEWPATH(look_id, .setup = setup_calls, .act = act_look_id,
	.check = check_listed, .errnos = copies, .never_fails = true);
NEWPATH(wait_id, .setup = setup_done, .act = act_wait_id,
	.check = check_waited, .errnos = copies, .never_fails = true);
NEWPATH(wait_id_settled, .setup = setup_done, .act = act_wait_id,
	.check = check_waited, .errnos = copies, .never_fails = true,
	.flags = ACALL_WAIT_SETTLED);

#define PROGRAM "device"
#include "sweep_tests.h"
