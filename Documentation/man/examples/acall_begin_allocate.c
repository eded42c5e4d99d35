// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A file of one MiB gets its blocks, and is written back:
 *
 *	$ ./acall_begin_allocate new
 *	1048576 bytes allocated
 *	written back: 0
 *	$ wc -c <new
 *	1048576
 */
#include <fcntl.h>
#include <libacall.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct acall_file_allocate args = { .length = 1 << 20 };
	int file = open(argv[argc - 1], O_RDWR | O_CREAT, 0666);
	struct acall_result result;
	acall_t *call;

	if (acall_create("file", 0, 0, &call) ||
	    acall_begin_allocate(call, file, &args, NULL) ||
	    acall_finish_allocate(call, &result) || result.status)
		return 1;
	printf("%llu bytes allocated\n", (unsigned long long)result.progress);
	if (acall_begin_sync(call, file, NULL, NULL) ||
	    acall_finish_sync(call, &result))
		return 1;
	printf("written back: %d\n", result.status);
	acall_destroy(call);
	return 0;
}
