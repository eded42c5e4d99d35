// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unloading a module against who opens what it serves [P8, C5]: a provider's
 * against CREATE and BEGIN, acall's own against open of its device. Whoever is
 * first has it: either the module stays as long as it is used, or there is
 * nothing to open. No module is loaded on demand meanwhile.
 */
#include "race_util.h"
#include "timer/timer_util.h"
#include "timer/module_util.h"

/* In the order in which they are loaded. */
static const char * const modules[] = {
	"acall", "acall_file", "acall_timer", "acall_test", "acall_sample",
};

FIXTURE(unload)
{
	bool was[ARRAY_SIZE(modules)];
	const char *why;
	char modprobe[256];
};

FIXTURE_SETUP(unload)
{
	unsigned int i;
	int fd, n;

	for (i = 0; i < ARRAY_SIZE(modules); i++) {
		self->was[i] = module_loaded(modules[i]);
		if (self->was[i] && !self->why)
			self->why = module_fixed(modules[i]);
	}
	fd = open(MODPROBE, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	n = read(fd, self->modprobe, sizeof(self->modprobe) - 1);
	close(fd);
	ASSERT_LT(0, n);
	ASSERT_EQ(0, write_file(MODPROBE, "\n"));
}

FIXTURE_TEARDOWN(unload)
{
	unsigned int i;

	close_range(3, ~0U, 0);
	for (i = 0; i < ARRAY_SIZE(modules); i++)
		if (self->was[i] && !module_loaded(modules[i]))
			EXPECT_EQ(0, module_load(modules[i]));
	EXPECT_EQ(0, wait_counters_zero());
	EXPECT_EQ(0, delays_reset());
	EXPECT_EQ(0, write_file(MODPROBE, self->modprobe));
}

struct unloading {
	const char *module;
	int dev;
	int fd;
	int begun;
	int unloaded;
};

static void unload(void *arg)
{
	struct unloading *x = arg;

	x->unloaded = module_unload(x->module);
}

static void create_and_begin(void *arg)
{
	struct unloading *x = arg;

	x->begun = -EINPROGRESS;
	x->fd = sys_create(x->dev, ACALL_TIMER_INTERFACE);
	if (x->fd >= 0)
		x->begun = ts_park(x->fd);
}

/* The call that holds the module ends, and with it what holds it. */
static int stop(struct unloading *x)
{
	struct acall_cancel c;
	struct acall_finish f;

	CHECK(x->unloaded == -EWOULDBLOCK && module_loaded(x->module));
	CHECK(!sys_cancel(x->fd, 0, 0, FOREVER, &c));
	CHECK(!sys_finish(x->fd, 0, &f));
	CHECK(!one_outcome(&f, -ECANCELED));
	return 0;
}

TEST_F(unload, P8_a_provider_and_BEGIN)
{
	struct unloading x = { .module = "acall_timer" };
	struct race r = { .left = create_and_begin, .right = unload,
			  .arg = &x };

	if (self->why)
		SKIP(return, "%s", self->why);
	x.dev = sys_open_device();
	ASSERT_LE(0, x.dev);
	ASSERT_EQ(0, race_start(&r));
	while (race_more(&r)) {
		race_round(&r);
		if (!x.begun) {
			ASSERT_EQ(0, stop(&x));
		} else {
			ASSERT_EQ(0, x.unloaded);
			ASSERT_TRUE(x.begun == -ENODEV || x.fd == -ENODEV ||
				    x.fd == -ENOENT);
			if (x.fd >= 0)
				ASSERT_EQ(POLLHUP, readiness(x.fd));
			ASSERT_EQ(0, module_load(x.module));
		}
		if (x.fd >= 0)
			ASSERT_EQ(0, close(x.fd));
		ASSERT_EQ(0, wait_counters_zero());
		race_saw(&r, x.begun ? RIGHT_FIRST : LEFT_FIRST);
	}
	EXPECT_EQ(0, race_end(&r, "begin", "unload"));
}

static void open_device(void *arg)
{
	struct unloading *x = arg;

	x->fd = sys_open_device();
}

TEST_F(unload, P8_the_core_and_open)
{
	struct unloading x = { .module = "acall" };
	struct race r = { .left = open_device, .right = unload, .arg = &x };
	int i;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = ARRAY_SIZE(modules) - 1; i > 0; i--)
		if (self->was[i])
			ASSERT_EQ(0, module_unload(modules[i]));
	ASSERT_EQ(0, race_start(&r));
	while (race_more(&r)) {
		race_round(&r);
		race_saw(&r, x.fd < 0 ? RIGHT_FIRST : LEFT_FIRST);
		if (x.fd >= 0) {
			struct acall_info info = { .size = sizeof(info) };

			ASSERT_EQ(-EWOULDBLOCK, x.unloaded);
			ASSERT_EQ(0, sys_ioctl(x.fd, ACALL_IOC_INFO, &info));
			ASSERT_EQ(0, info.interfaces);
			ASSERT_EQ(0, close(x.fd));
			continue;
		}
		ASSERT_EQ(0, x.unloaded);
		ASSERT_EQ(0, module_load(x.module));
		ASSERT_EQ(0, delays_set(r.points));
	}
	EXPECT_EQ(0, race_end(&r, "open", "unload"));
}

#include "acall_main.h"
