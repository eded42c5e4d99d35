// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module of an interface: CREATE loads it by the interface's name [C1], a
 * call that runs holds it [P8], an idle object does not [C5].
 *
 * The race is at the way out: the last call has ended, and the alarm's
 * interrupt that completed it is still in the module's code when rmmod comes.
 */
#include "timer_util.h"
#include "module_util.h"

#include <sys/utsname.h>

#define MODULE		"acall_timer"

FIXTURE(module)
{
	FIXTURE_DATA(timer) timer;
	const char *why;	/* it can not be taken out and brought back */
	bool was;		/* it was there */
};

FIXTURE_SETUP(module)
{
	self->was = module_loaded(MODULE);
	self->why = module_fixed(MODULE);
	timer_setup(_metadata, &self->timer, NULL);
}

FIXTURE_TEARDOWN(module)
{
	timer_teardown(_metadata, &self->timer, NULL);
	if (self->was && !module_loaded(MODULE))
		EXPECT_EQ(0, module_load(MODULE));
}

/* Unloading as soon as it may be: when its last execution has ended. */
static int unload(void)
{
	return wait_counter("executions", 0) ?: module_unload(MODULE);
}

TEST_F(module, P8_a_parked_timer_holds_the_module)
{
	int fd = self->timer.fd;
	struct acall_cancel c;
	struct acall_finish f;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ts_park(fd));
	EXPECT_EQ(-EWOULDBLOCK, module_unload(MODULE));
	EXPECT_EQ(ACALL_STATE_RUNNING, state_of(fd));
	EXPECT_EQ(POLLOUT, readiness(self->timer.base.fd));
	ASSERT_EQ(0, sys_cancel(fd, 0, 0, 0, &c));
	ASSERT_EQ(0, sys_finish(fd, 0, &f));
	/* Settled is settled: nothing of it holds the module any more (W6). */
	ASSERT_EQ(0, ts_settle(fd));
	EXPECT_EQ(0, module_unload(MODULE));
	EXPECT_FALSE(module_loaded(MODULE));
}

TEST_F(module, P8_an_orphan_holds_the_module_until_it_has_ended)
{
	int fd = self->timer.fd;
	struct acall_finish f;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ts_park(fd));
	ASSERT_EQ(0, sys_abandon(fd));
	ASSERT_EQ(0, sys_finish(fd, 0, &f));
	ASSERT_EQ(0, ts_settle(fd));
	EXPECT_EQ(0, module_unload(MODULE));
}

TEST_F(module, C5_an_idle_object_does_not_and_belongs_to_what_is_gone)
{
	struct acall_timer_fired fired;
	int fd = self->timer.fd, again;
	struct acall_finish f;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, module_unload(MODULE));
	EXPECT_EQ(POLLHUP, readiness(fd));
	EXPECT_EQ(-ENODEV, ts_begin(fd, 0, 0));
	ASSERT_EQ(0, module_load(MODULE));
	EXPECT_EQ(POLLHUP, readiness(fd));
	EXPECT_EQ(-ENODEV, ts_begin(fd, 0, 0));
	again = ts_object();
	ASSERT_LE(0, again);
	ASSERT_EQ(0, ts_begin(again, 0, MSEC));
	ASSERT_EQ(0, ts_finish(again, &fired, &f));
	EXPECT_TRUE(ts_fired(&f, &fired, 0));
}

TEST_F(module, C5_a_result_outlives_the_module)
{
	struct acall_timer_fired fired;
	int fd = self->timer.fd;
	struct acall_finish f;

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, ts_begin(fd, 0, MSEC));
	ASSERT_EQ(0, sys_wait_until(fd, 0, FOREVER));
	ASSERT_EQ(0, unload());
	EXPECT_EQ(POLLIN | POLLHUP, readiness(fd));
	ASSERT_EQ(0, ts_finish(fd, &fired, &f));
	EXPECT_TRUE(ts_fired(&f, &fired, 0));
	EXPECT_EQ(POLLHUP, readiness(fd));
}

TEST_F(module, P8_unloading_while_the_last_timer_fires)
{
	int round, i, ret;
	__u64 since = now_ns();

	if (self->why)
		SKIP(return, "%s", self->why);
	for (round = 0; round < 40; round++) {
		/* Some fire, some are taken away, nobody collects them. */
		for (i = 0; i < 16; i++) {
			int fd = ts_object();

			ASSERT_LE(0, fd);
			ASSERT_EQ(0, ts_begin(fd, 0, i * 10 * USEC));
			if (i & 1)
				ASSERT_EQ(0, sys_wait_until(fd, 0, FOREVER));
			close(fd);
		}
		do {
			ASSERT_FALSE(guard_expired(since));
			ret = module_unload(MODULE);
		} while (ret == -EWOULDBLOCK);
		ASSERT_EQ(0, ret);
		ASSERT_EQ(0, module_load(MODULE));
	}
}

/* Why modprobe would not find it; NULL if it would. */
static const char *no_modprobe(void)
{
	static char why[320];
	char path[256] = "", line[256];
	struct utsname u;
	bool known = false;
	FILE *f;

	f = fopen(MODPROBE, "re");
	if (!f || fscanf(f, "%255s", path) != 1 || access(path, X_OK)) {
		if (f)
			fclose(f);
		snprintf(why, sizeof(why), "no modprobe ('%s')", path);
		return why;
	}
	fclose(f);
	uname(&u);
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.alias",
		 u.release);
	f = fopen(path, "re");
	while (f && !known && fgets(line, sizeof(line), f))
		known = !strcmp(line, "alias acall-interface-timer "
				MODULE "\n");
	if (f)
		fclose(f);
	snprintf(why, sizeof(why), "%s does not know %s", path, MODULE);
	return known ? NULL : why;
}

TEST_F(module, C1_create_loads_the_module_of_that_name)
{
	struct acall_timer_fired fired;
	struct acall_finish f;
	int fd;

	if (self->why || no_modprobe())
		SKIP(return, "%s", self->why ?: no_modprobe());
	ASSERT_EQ(0, module_unload(MODULE));
	fd = ts_object();
	ASSERT_LE(0, fd);
	EXPECT_TRUE(module_loaded(MODULE));
	ASSERT_EQ(0, ts_begin(fd, 0, 0));
	ASSERT_EQ(0, ts_finish(fd, &fired, &f));
	EXPECT_TRUE(ts_fired(&f, &fired, 0));
}

TEST_F(module, C1_and_no_other_module)
{
	struct loader loader;
	char asked[4096];

	if (self->why)
		SKIP(return, "%s", self->why);
	ASSERT_EQ(0, module_unload(MODULE));
	if (loader_set(&loader))
		SKIP(return, "cannot set the module loader");
	EXPECT_EQ(-ENOENT, ts_object());
	ASSERT_EQ(0, loader_end(&loader, asked, sizeof(asked)));
	EXPECT_STREQ("acall-interface-timer\n", asked);
}

TEST_F(module, C1_an_instance_asks_for_the_module_of_its_interface)
{
	struct loader loader;
	char asked[4096];

	if (loader_set(&loader))
		SKIP(return, "cannot set the module loader");
	EXPECT_EQ(-ENOENT, sys_object("nobody.7"));
	EXPECT_EQ(-ENOENT, sys_object("nobody.77x"));
	ASSERT_EQ(0, loader_end(&loader, asked, sizeof(asked)));
	EXPECT_STREQ("acall-interface-nobody\nacall-interface-nobody.77x\n",
		     asked);
}

TEST_F(module, C1_an_invalid_name_is_refused_before_any_module_is_asked_for)
{
	static const char bad[][ACALL_NAME_LEN] = {
		"", "Timer", "-timer", "-r", "--remove", "../timer", "timer/x",
		"timer *", "timer*", "t?mer", "[timer]", "timer\n", "timer;id",
		"$(id)", "`id`", "tim\xc3\xa9r", "\x7ftimer", "0timer",
		"timer\0x", "abcdefghijklmnopqrstuvwxyzabcdef",
	};
	struct acall_create c = { .size = sizeof(c) };
	struct loader loader;
	unsigned int i;
	char asked[4096];

	if (loader_set(&loader))
		SKIP(return, "cannot set the module loader");
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		memcpy(c.interface, bad[i], sizeof(c.interface));
		EXPECT_EQ(-EINVAL, sys_ioctl(self->timer.base.dev,
					     ACALL_IOC_CREATE, &c)) {
			TH_LOG("name %u: %.32s", i, bad[i]);
		}
	}
	/* The loader is asked for what is valid, and only once. */
	EXPECT_EQ(-ENOENT, sys_object("nobody"));
	ASSERT_EQ(0, loader_end(&loader, asked, sizeof(asked)));
	EXPECT_STREQ("acall-interface-nobody\n", asked);
}

TEST_F(module, C1_the_alias_is_the_modules_own_and_the_fixtures_have_none)
{
	static const char alias[] = "alias=acall-interface-";

	if (module_says(MODULE, alias) == -ENOENT)
		SKIP(return, "ACALL_MODULES names no folder with " MODULE
		     ".ko");
	EXPECT_EQ(1, module_says(MODULE, "alias=acall-interface-timer"));
	EXPECT_EQ(1, module_says("acall_file", "alias=acall-interface-file"));
	EXPECT_EQ(0, module_says("acall", alias));
	EXPECT_EQ(0, module_says("acall_test", alias));
}

#include "acall_main.h"
