// SPDX-License-Identifier: GPL-2.0-only
/*
 * Not a test by itself: reboots the machine while calls run, all of which the
 * reboot must cancel [C4]: one that is attached, one whose object is closed and
 * detached it, and one begun with NO_CANCEL. Says in the kernel log of which ids
 * the test module must say there that they saw it; who reads the console compares.
 *
 * The race is with the end of the machine: a method sees its cancel before that.
 */
#include "acall_more.h"

#include <linux/reboot.h>
#include <sys/reboot.h>

static int expect(__u64 id)
{
	char line[80];
	int kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC), n;

	CHECK(kmsg >= 0);
	n = snprintf(line, sizeof(line), "reboot_cancels: expects id %llu\n",
		     (unsigned long long)id);
	CHECK(write(kmsg, line, n) == n);
	close(kmsg);
	return 0;
}

int main(void)
{
	int ctl = open(DEV_CONTROL, O_RDWR | O_CLOEXEC);
	int dev = sys_open_device(), i;

	CHECK(dev >= 0 && ctl >= 0);
	CHECK(!write_file("/sys/module/acall_test/parameters/log_cancel",
			  "1"));
	for (i = 0; i < 3; i++) {
		__u64 id = fresh_id();
		int fd = i == 1 ? sys_object_detach(dev, "test") :
				  sys_create(dev, "test");

		CHECK(fd >= 0);
		CHECK(!one_call_flags(fd, ctl, i == 2 ? ACALL_BEGIN_NO_CANCEL :
				      0, ACALL_TEST_COOP, id, NULL));
		if (i == 1)
			CHECK(!close(fd));
		CHECK(!ctl_get(ctl, id).seen);
		CHECK(!expect(id));
	}
	sync();
	reboot(LINUX_REBOOT_CMD_RESTART);
	perror("# reboot");
	return 1;
}
