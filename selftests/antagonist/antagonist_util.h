/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the antagonists share: processors that go and come back all the time.
 */
#ifndef _SELFTESTS_ANTAGONIST_UTIL_H
#define _SELFTESTS_ANTAGONIST_UTIL_H

#include "stress/stress_util.h"
#include "provider/prov_util.h"

static inline int cpu_set_online(int cpu, bool online)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online",
		 cpu);
	return write_file(path, online ? "1" : "0");
}

struct hotplug {
	bool stop;
	int cpus;
	unsigned int changes;
	pthread_t thread;
};

static inline void *hotplug_main(void *arg)
{
	struct hotplug *h = arg;
	struct dice dice = { 23 };
	int cpu;

	while (!__atomic_load_n(&h->stop, __ATOMIC_ACQUIRE)) {
		cpu = 1 + roll(&dice, h->cpus - 1);
		if (!cpu_set_online(cpu, false))
			h->changes++;
		dither(&dice, 20 * MSEC);
		cpu_set_online(cpu, true);
		dither(&dice, 20 * MSEC);
	}
	return NULL;
}

/* Return: why there is none, or NULL. */
static inline const char *hotplug_start(struct hotplug *h)
{
	*h = (struct hotplug) { .cpus = sysconf(_SC_NPROCESSORS_CONF) };
	if (h->cpus < 2)
		return "there is only one processor";
	if (cpu_set_online(1, true))
		return "processors cannot be taken away";
	if (pthread_create(&h->thread, NULL, hotplug_main, h))
		return "no thread";
	return NULL;
}

/* All of them are back afterwards. */
static inline void hotplug_stop(struct hotplug *h)
{
	__atomic_store_n(&h->stop, true, __ATOMIC_RELEASE);
	pthread_join(h->thread, NULL);
}

#endif /* _SELFTESTS_ANTAGONIST_UTIL_H */
