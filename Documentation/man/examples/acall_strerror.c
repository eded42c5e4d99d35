// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The same errno means different things in different operations:
 *
 *	$ ./acall_strerror
 *	create: ...interface...
 *	begin: ...
 */
#include <libacall.h>
#include <stdio.h>

int main(void)
{
	char text[256];
	acall_t *call;
	int err;

	err = acall_create("nothing-like-it", 0, 0, &call);
	printf("create: %s\n", acall_strerror(NULL, ACALL_OP_CREATE, err, text,
					      sizeof(text)));
	if (acall_create("file", 0, 0, &call))
		return 1;
	err = acall_begin_copy(call, -1, -1, NULL, NULL);
	printf("begin: %s\n", acall_strerror(call, ACALL_OP_BEGIN, err, text,
					     sizeof(text)));
	acall_destroy(call);
	return 0;
}
