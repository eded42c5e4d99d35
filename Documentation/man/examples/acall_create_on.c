// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The device is opened, and objects are made through it when it cannot be reached any
 * more:
 *
 *	$ ./acall_create_on
 *	version 1
 */
#include <libacall.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	int device = acall_open_device();
	acall_t *call;

	if (device < 0)
		return 1;
	/* chroot(2), setuid(2), ... */
	if (acall_create_on(device, "file", 1, ACALL_CREATE_NONBLOCK, &call))
		return 1;
	close(device);
	printf("version %u\n", acall_version(call));
	acall_destroy(call);
	return 0;
}
