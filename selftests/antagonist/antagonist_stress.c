// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stress tests, again and again, while processors come and go: workers, timers
 * and hooks are moved in the middle of it. These programs look at all that is
 * live, so no other client runs beside them.
 */
#include "antagonist_util.h"

#define STRESS_SEC	120

/* Runs the program @name beside this one. Return: as child_join(). */
static int stress_main(void *arg)
{
	char path[256], *slash;
	int fd, n;

	n = readlink("/proc/self/exe", path, sizeof(path) - 32);
	CHECK(n > 0);
	path[n] = '\0';
	slash = strrchr(path, '/');
	CHECK(slash);
	strcpy(slash + 1, arg);
	/* Its results are not this program's; its faults go to the log. */
	fd = open("/dev/null", O_WRONLY);
	CHECK(fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
	execl(path, path, NULL);
	return 127;
}

TEST(the_stress_tests_while_processors_come_and_go)
{
	static const char * const programs[] = {
		"stress_sleepers", "stress_finish", "stress_cancel",
	};
	const char *no_hotplug;
	struct hotplug hotplug;
	unsigned int n = 0;
	__u64 until;
	int ret = 0;

	no_hotplug = hotplug_start(&hotplug);
	if (no_hotplug)
		SKIP(return, "%s", no_hotplug);
	until = now_ns() + STRESS_SEC * SEC;
	do
		ret = child_run(stress_main,
				(void *)programs[n++ % ARRAY_SIZE(programs)]);
	while (!ret && (now_ns() < until || n < ARRAY_SIZE(programs)));
	hotplug_stop(&hotplug);
	note("%u stress tests, processors taken away %u times\n", n,
	     hotplug.changes);
	EXPECT_EQ(0, ret) {
		TH_LOG("%s failed", programs[(n - 1) % ARRAY_SIZE(programs)]);
	}
	EXPECT_LT(0, hotplug.changes);
	EXPECT_EQ(0, wait_counters_zero());
}

#include "acall_main.h"
