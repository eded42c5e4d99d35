// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * One object, which any number of calls may use, one after the other; and what is said
 * if there is no such interface:
 *
 *	$ ./acall_create
 *	timer, version 1, no call yet
 *	no such: -ENOENT
 */
#include <errno.h>
#include <libacall.h>
#include <stdio.h>

int main(void)
{
	acall_t *call;

	if (acall_create("timer", 0, 0, &call))
		return 1;
	printf("%s, version %u", acall_interface(call), acall_version(call));
	if (acall_fd(call) >= 0 && !acall_id(call))
		printf(", no call yet\n");
	acall_destroy(call);
	if (acall_create("nothing-like-it", 0, 0, &call) == -ENOENT)
		printf("no such: -ENOENT\n");
	return 0;
}
