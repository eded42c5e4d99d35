// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What a method is called, what it takes and what it can, before anything is begun:
 *
 *	$ ./acall_find_method
 *	file.copy: number 5, 2 files, bytes, can cancel
 *	-EINVAL: no such method
 */
#include <errno.h>
#include <libacall.h>
#include <stdio.h>

int main(void)
{
	struct acall_method_info info;

	if (acall_find_method(ACALL_DEVICE_DEFAULT, "file", "copy", &info,
			      sizeof(info)))
		return 1;
	printf("%s.%s: number %u, %u files, %s%s\n", info.interface, info.name,
	       info.method, info.files_max, acall_unit_name(info.unit),
	       info.caps & ACALL_CAP_CANCEL ? ", can cancel" : "");
	if (acall_find_method(ACALL_DEVICE_DEFAULT, "file", "fly", &info,
			      sizeof(info)) == -EINVAL)
		printf("-EINVAL: no such method\n");
	return 0;
}
