// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * All methods of all interfaces, of which two are looked for:
 *
 *	$ ./acall_next_interface | grep -e file.hash -e timer
 *	file.hash
 *	timer.sleep
 */
#include <libacall.h>
#include <stdio.h>

int main(void)
{
	struct acall_interface_info interface;
	struct acall_method_info method;
	int device = acall_open_device();
	uint64_t cursor = 0;
	uint32_t i;

	if (device < 0)
		return 1;
	while (!acall_next_interface(device, &cursor, &interface,
				     sizeof(interface))) {
		for (i = 0; i < interface.methods; i++) {
			/* A number that is not in use is -EINVAL. */
			if (!acall_method_info(device, interface.name, i,
					       &method, sizeof(method)))
				printf("%s.%s\n", interface.name, method.name);
		}
	}
	return 0;
}
