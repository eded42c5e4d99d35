// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program meets, and leaves as it was: the devices, limits, and afterwards
 * that nothing is charged, listed or counted wrong. No lock: one thread opens it
 * before there are others, and one cleans it when the others have nothing to do.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define FILE_MOST	131072

int dev, ctl;
static unsigned int guard = 60;	/* seconds */

uint64_t guard_ns(void)
{
	return guard * 1000000000ULL;
}

int sys(int fd, unsigned long cmd, void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

int control(uint32_t op, uint64_t id, struct acall_test_control *c)
{
	struct acall_test_control room;

	if (!c)
		c = &room;
	memset(c, 0, sizeof(*c));
	c->op = op;
	c->id = id;
	return sys(ctl, ACALL_TEST_IOC_CONTROL, c);
}

/* Calls that no slot has any more: detached, or begun with NO_CANCEL. */
static void cancel_all(bool hopeless)
{
	struct acall_list_record records[16];
	struct acall_list l = {
		.size = sizeof(l), .records = (uintptr_t)records,
		.record_size = sizeof(*records), .nr = 16,
	};
	struct acall_cancel c;
	unsigned int i;

	if (sys(dev, ACALL_IOC_LIST, &l))
		fault("LIST: %s", strerror(errno));
	if (hopeless && l.nr)
		fault("%u calls left: %s %u state %u outcome %u flags %#x",
		      l.nr, records[0].interface, records[0].method,
		      records[0].state, records[0].outcome, records[0].flags);
	for (i = 0; i < l.nr; i++) {
		c = (struct acall_cancel){
			.size = sizeof(c), .flags = ACALL_CANCEL_ABANDON,
			.call_id = records[i].call_id,
		};
		sys(dev, ACALL_IOC_CANCEL_ID, &c);
	}
}

/*
 * Waits until nothing of a program is left, of which its slots hold nothing any
 * more. @queues: it has made some.
 */
void world_clean(bool queues)
{
	struct acall_info info;
	struct acall_test_control c;
	uint64_t since = now_ns();

	for (;;) {
		info = (struct acall_info){ .size = sizeof(info) };
		if (sys(dev, ACALL_IOC_INFO, &info))
			fault("INFO: %s", strerror(errno));
		/* Those of a queue are its own, until it is gone. */
		if (!info.charged_calls && !(queues && info.charged_bytes))
			break;
		if (now_ns() - since > guard_ns() + guard_ns() / 2)
			fault("%u calls and %llu bytes are charged, no call is listed",
			      info.charged_calls,
			      (unsigned long long)info.charged_bytes);
		control(ACALL_TEST_OP_FORGET, 0, NULL);
		cancel_all(now_ns() - since > guard_ns());
		sched_yield();
	}
	if (info.charged_bytes)
		fault("%llu bytes are left charged",
		      (unsigned long long)info.charged_bytes);
	/* If a program took it away. */
	if (info.interfaces < NR_INTERFACES + 2)
		control(ACALL_TEST_OP_REGISTER, 0, NULL);
	if (control(ACALL_TEST_OP_FORGET, 0, &c))
		fault("no control device");
	if (c.dirty || c.blind || c.hooks_most > 1 || c.hook_early ||
	    c.hook_again || c.release_early || c.close_early)
		fault("dirty %llu blind %llu hooks %llu %llu %llu %llu %llu",
		      c.dirty, c.blind, c.hooks_most, c.hook_early,
		      c.hook_again, c.release_early, c.close_early);
}

/* Files stay short, and nobody looks for modules that are not there. */
void world_init(void)
{
	int fd = open("/proc/sys/kernel/modprobe", O_WRONLY | O_CLOEXEC);
	struct rlimit limit = { FILE_MOST, FILE_MOST };
	const char *scale = getenv("ACALL_SCALE");

	guard *= scale && atoi(scale) > 0 ? atoi(scale) : 1;
	dev = open("/dev/acall", O_RDWR | O_CLOEXEC);
	ctl = open("/dev/acall_test", O_RDWR | O_CLOEXEC);
	if (dev < 0 || ctl < 0)
		fault("no device: %s", strerror(errno));
	if (fd >= 0 && write(fd, "\n", 1) != 1)
		fault("modprobe stays");
	close(fd);
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
}
