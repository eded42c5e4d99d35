// SPDX-License-Identifier: GPL-2.0-only
/*
 * All modules come and go 200 times while clients open, create and call as if
 * they would stay [P8, C5]. A client has what it opened or is told that there is
 * nothing; no call is lost between; and when nobody uses a module it can go.
 */
#include "stress/stress_util.h"
#include "provider/prov_util.h"
#include "timer/timer_util.h"
#include "timer/module_util.h"

#include <sys/prctl.h>

#define CYCLES		200
#define CLIENTS		2

/* In the order in which they are loaded. */
static const char * const modules[] = {
	"acall", "acall_file", "acall_timer", "acall_test", "acall_sample",
};

/* In memory that all share. */
struct stage {
	bool stop;
	unsigned int calls;	/* from open to FINISH */
	unsigned int refused[3];	/* by open, CREATE, BEGIN */
	unsigned int nr;
};

FIXTURE(load)
{
	bool was[ARRAY_SIZE(modules)];
	const char *why;
	char modprobe[256];
};

FIXTURE_SETUP(load)
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
	/* Nobody else brings them back. */
	ASSERT_EQ(0, write_file(MODPROBE, "\n"));
}

FIXTURE_TEARDOWN(load)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modules); i++)
		if (self->was[i] && !module_loaded(modules[i]))
			EXPECT_EQ(0, module_load(modules[i]));
	EXPECT_EQ(0, wait_counters_zero());
	EXPECT_EQ(0, write_file(MODPROBE, self->modprobe));
}

static void count(unsigned int *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static int client_call(struct stage *s, struct dice *dice, int fd)
{
	struct acall_timer_fired fired;
	struct acall_cancel c;
	struct acall_finish f;
	int ret;

	ret = ts_begin(fd, 0, roll(dice, 2) ? FOREVER : roll(dice, MSEC));
	if (ret) {
		CHECK(ret == -ENODEV);
		count(&s->refused[2]);
		return 0;
	}
	/* Left to the last close, too. */
	if (!roll(dice, 3))
		return 0;
	ret = sys_cancel(fd, 0, 0, FOREVER, &c);
	CHECK(ret == 0 || ret == -ESRCH);
	CHECK(!ts_finish(fd, &fired, &f));
	CHECK(ret ? ts_fired(&f, &fired, 0) :
		    ts_stopped(&f, &fired, -ECANCELED));
	count(&s->calls);
	return 0;
}

/* Has nothing open, for twice as long as it had: else nothing could ever go. */
static void rest(struct dice *dice, __u64 since)
{
	__u64 now = now_ns(), until = now + roll(dice, 2 * MSEC);

	until += 2 * (now - since);
	while (now_ns() < until)
		give_way();
}

static int client_main(void *arg)
{
	struct stage *s = arg;
	struct dice dice = { __atomic_add_fetch(&s->nr, 1, __ATOMIC_RELAXED) };
	__u64 since = now_ns();
	int dev, fd, ret;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE)) {
		rest(&dice, since);
		since = now_ns();
		dev = sys_open_device();
		if (dev < 0) {
			CHECK(dev == -ENOENT || dev == -ENODEV ||
			      dev == -ENXIO);
			count(&s->refused[0]);
			continue;
		}
		ret = 0;
		fd = sys_create(dev, ACALL_TIMER_INTERFACE);
		close(dev);
		if (fd >= 0) {
			ret = client_call(s, &dice, fd);
			close(fd);
		} else {
			CHECK(fd == -ENOENT || fd == -ENODEV);
			count(&s->refused[1]);
		}
		CHECK(!ret);
	}
	return 0;
}

TEST_F(load, two_hundred_times)
{
	pid_t clients[CLIENTS];
	unsigned int n, i;
	struct stage *s;

	if (self->why)
		SKIP(return, "%s", self->why);
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, s);
	for (i = 0; i < CLIENTS; i++)
		clients[i] = child_start(client_main, s);
	for (n = 0; n < CYCLES; n++) {
		for (i = ARRAY_SIZE(modules); i-- > 0; )
			if (self->was[i])
				ASSERT_EQ(0, module_unload_unused(modules[i]));
		for (i = 0; i < ARRAY_SIZE(modules); i++)
			if (self->was[i])
				ASSERT_EQ(0, module_load(modules[i]));
	}
	__atomic_store_n(&s->stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < CLIENTS; i++)
		EXPECT_EQ(0, child_join(clients[i]));
	note("%u cycles: %u calls, refused by open %u, CREATE %u, BEGIN %u\n",
	     n, s->calls, s->refused[0], s->refused[1], s->refused[2]);
	EXPECT_LT(0, s->calls);
	EXPECT_LT(0, s->refused[0]);
	EXPECT_LT(0, s->refused[1]);
}

#include "acall_main.h"
