// SPDX-License-Identifier: GPL-2.0-only
/*
 * The failure sweep of providers that come and go: to register an interface or an
 * instance fails with ENOMEM and leaves nothing, neither a name nor a node; to
 * unregister one cannot fail, whatever its calls are about.
 *
 * The control device copies its structure before and after: that is not the
 * core's.
 */
#include "sweep_call.h"

#define INSTANCE	3	/* one that nobody has */
#define NODE		"/dev/acall-" ACALL_TEST_INSTANCE ".3"

static const int registers[] = { ENOMEM, 0 };

static int setup_gone(struct sweep *s, const struct path *path)
{
	(void)path;
	ctl_op(s->ctl, ACALL_TEST_OP_UNREGISTER, 0, 0, NULL);
	ctl_op(s->ctl, ACALL_TEST_OP_INSTANCE_UNREGISTER, INSTANCE, 0, NULL);
	return 0;
}

static int act_register(struct sweep *s, const struct path *path)
{
	return ctl_op(s->ctl, path->flags, path->value, 0, NULL);
}

/* There, and works; or not there at all, by no name. */
static int check_registered(struct sweep *s, const struct path *path, int ret)
{
	int fd = sys_create(s->dev, path->interface);
	struct acall_finish f;

	if (ret) {
		CHECK(fd == -ENOENT);
		CHECK(access(NODE, F_OK));
		return 0;
	}
	CHECK(fd >= 0);
	CHECK(!path->value || !access(NODE, F_OK));
	CHECK(!sys_begin(fd, ACALL_TEST_NOP, NULL, 0, NULL));
	CHECK(!sys_finish(fd, 0, &f) && !f.status);
	close(fd);
	return 0;
}

NEWPATH(register, .setup = setup_gone, .act = act_register,
	.check = check_registered, .errnos = registers, .no_usercopy = true,
	.interface = ACALL_TEST_HOT, .flags = ACALL_TEST_OP_REGISTER);
NEWPATH(register_instance, .setup = setup_gone, .act = act_register,
	.check = check_registered, .errnos = registers, .no_usercopy = true,
	.interface = ACALL_TEST_INSTANCE ".3", .value = INSTANCE,
	.flags = ACALL_TEST_OP_INSTANCE_REGISTER);

/* One call runs, one is queued or parked, one is done; and an idle object. */
static int setup_busy(struct sweep *s, const struct path *path)
{
	static const __u32 methods[] = {
		ACALL_TEST_COOP, ACALL_TEST_PARK, ACALL_TEST_NOP,
	};
	unsigned int i;
	int fd, ret;

	ret = ctl_op(s->ctl, path->flags == ACALL_TEST_OP_UNREGISTER ?
		     ACALL_TEST_OP_REGISTER : ACALL_TEST_OP_INSTANCE_REGISTER,
		     path->value, 0, NULL);
	CHECK(!ret || ret == -EEXIST);
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		struct path p = *path;

		p.method = methods[i];
		p.value = i == 1 ? ACALL_TEST_HOOK_COMPLETES : 0;
		CHECK(!setup_object(s, &p));
		CHECK(!sys_begin_struct(s->obj, &s->begin));
		keep_fd(s, s->obj);
	}
	CHECK(!sys_wait_until(s->obj, 0, FOREVER));
	fd = sys_create(s->dev, path->interface);
	CHECK(fd >= 0);
	s->obj = fd;
	return wait_starts(s->ctl, s->id, 2);
}

static int check_unregistered(struct sweep *s, const struct path *path,
			      int ret)
{
	struct acall_finish f;

	(void)ret;
	CHECK(!sys_finish(s->fds[0], 0, &f) && f.status == -ENODEV);
	CHECK(!sys_finish(s->fds[1], 0, &f) && f.status == -ENODEV);
	CHECK(!sys_finish(s->fds[2], 0, &f) && !f.status);
	CHECK(readiness(s->obj) == POLLHUP);
	CHECK(!path->value || access(NODE, F_OK));
	return 0;
}

NEWPATH(unregister, .setup = setup_busy, .act = act_register,
	.check = check_unregistered, .never_fails = true, .once = true,
	.no_usercopy = true, .interface = ACALL_TEST_HOT,
	.flags = ACALL_TEST_OP_UNREGISTER);
NEWPATH(unregister_instance, .setup = setup_busy, .act = act_register,
	.check = check_unregistered, .never_fails = true, .once = true,
	.no_usercopy = true, .interface = ACALL_TEST_INSTANCE ".3",
	.value = INSTANCE, .flags = ACALL_TEST_OP_INSTANCE_UNREGISTER);

/* The others find all as it was. */
static void __attribute__((destructor)) put_back(void)
{
	int ctl = open(DEV_CONTROL, O_RDWR | O_CLOEXEC);

	ctl_op(ctl, ACALL_TEST_OP_REGISTER, 0, 0, NULL);
	ctl_op(ctl, ACALL_TEST_OP_INSTANCE_UNREGISTER, INSTANCE, 0, NULL);
	close(ctl);
}

#define PROGRAM "provider"
#include "sweep_tests.h"
