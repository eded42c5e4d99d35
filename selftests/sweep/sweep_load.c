// SPDX-License-Identifier: GPL-2.0-only
/*
 * The failure sweep of loading: each module that is no test itself is loaded again
 * and again, with the 1st, 2nd, 3rd, ... allocation of its init function made to
 * fail, until it comes through with none that failed. A module that does not load
 * says ENOMEM and leaves nothing; one that loads although something failed, as
 * debugfs is no reason not to, can go again.
 *
 * What it is about is the way back out of init, which no other test takes.
 */
#include "sweep_inject.h"

#include "timer/module_util.h"

#define CORE	"acall"

/* Where the kernel loads modules: what is not loaded yet has no address. */
#define MODULES_START	0xffffffffa0000000UL
#define MODULES_END	0xffffffffff000000UL

#define MANY	1000	/* more than any init function allocates */

/* In the order in which they are loaded; tests themselves come last. */
#define SWEPT	3

static const char * const modules[] = {
	CORE, "acall_file", "acall_timer", "acall_test", "acall_sample",
};

/* What a module has made for others to see; the core's come first. */
#define OF_THE_CORE	5

static const char * const traces[] = {
	"/dev/acall", "/sys/class/misc/acall", "/sys/kernel/debug/acall",
	"/sys/kernel/debug/acall_fail", "/sys/kernel/slab/acall_call",
	"/sys/bus/workqueue/devices/acall-file",
	"/sys/bus/workqueue/devices/acall-timer",
};

FIXTURE(load)
{
	struct injector in;
	bool was[ARRAY_SIZE(modules)];
	bool there[ARRAY_SIZE(traces)];	/* without any of the modules */
	const char *why;
};

static int unload_all(void)
{
	unsigned int i;
	int ret = 0;

	for (i = ARRAY_SIZE(modules); i-- > 0 && !ret; )
		if (module_loaded(modules[i]))
			ret = module_unload_unused(modules[i]);
	return ret;
}

FIXTURE_SETUP(load)
{
	unsigned int i;

	self->why = inject_missing();
	for (i = 0; i < ARRAY_SIZE(modules); i++) {
		self->was[i] = module_loaded(modules[i]);
		if (self->was[i] && !self->why)
			self->why = module_fixed(modules[i]);
	}
	if (self->why)
		return;
	inject_look_up();
	ASSERT_EQ(0, unload_all());
	for (i = 0; i < ARRAY_SIZE(traces); i++)
		self->there[i] = !access(traces[i], F_OK);
	ASSERT_EQ(0, inject_open());
	ASSERT_EQ(0, injector_open(&self->in));
	ASSERT_EQ(0, inject_set(KIND_SLAB, "require-start", "0x%lx",
				MODULES_START));
	ASSERT_EQ(0, inject_set(KIND_SLAB, "require-end", "0x%lx",
				MODULES_END));
}

FIXTURE_TEARDOWN(load)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modules); i++)
		if (self->was[i] && !module_loaded(modules[i]))
			EXPECT_EQ(0, module_load(modules[i]));
	/* Needs to know where they are. */
	if (!self->why)
		inject_close();
}

/* Nothing of what has not loaded is left; of the core only if it has not. */
static int nothing_left(const struct _test_data_load *self, const char *name)
{
	unsigned int i;

	CHECK(!module_loaded(name));
	for (i = strcmp(name, CORE) ? OF_THE_CORE : 0; i < ARRAY_SIZE(traces);
	     i++) {
		if (!self->there[i] && !access(traces[i], F_OK)) {
			fprintf(stderr, "# %s is left\n", traces[i]);
			return 1;
		}
	}
	return 0;
}

/* Return: 0 and whether something has failed. */
static int load_once(struct _test_data_load *self, const char *name,
		     unsigned int nth, bool *failed)
{
	int ret, left;

	CHECK(!injector_arm(&self->in, nth, false));
	ret = module_load(name);
	left = injector_disarm(&self->in);
	CHECK(left >= 0);
	*failed = !left;
	CHECK(ret ? ret == -ENOMEM && *failed : !module_unload_unused(name));
	return nothing_left(self, name);
}

static int load_every(struct _test_data_load *self, const char *name,
		      unsigned int *all)
{
	bool failed = true;
	unsigned int nth;

	for (nth = 1; failed; nth++) {
		CHECK(nth < MANY);
		if (load_once(self, name, nth, &failed)) {
			fprintf(stderr, "# %s: allocation %u\n", name, nth);
			return 1;
		}
	}
	*all = nth - 2;
	/* And now nothing fails, and it loads. */
	CHECK(!module_load(name) && !module_unload_unused(name));
	return 0;
}

TEST_F_TIMEOUT(load, every_failure_of_every_module, 600)
{
	unsigned int i, all;

	if (self->why)
		SKIP(return, "%s", self->why);
	for (i = 0; i < SWEPT; i++) {
		if (!self->was[i])
			continue;
		if (i)
			ASSERT_EQ(0, module_load(CORE));
		ASSERT_EQ(0, load_every(self, modules[i], &all));
		fprintf(stderr, "# %s: %u allocations\n", modules[i], all);
		EXPECT_LT(0U, all);
		if (i)
			ASSERT_EQ(0, module_unload_unused(CORE));
	}
}

#include "acall_main.h"
