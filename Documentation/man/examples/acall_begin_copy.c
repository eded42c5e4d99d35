// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A part of one file to a place in another, and all of it on the disk then:
 *
 *	$ echo hello world >from
 *	$ echo "hello there, world" >to
 *	$ ./acall_begin_copy from to
 *	5 bytes
 *	$ cat to
 *	hello world, world
 */
#include <fcntl.h>
#include <libacall.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct acall_file_copy args = {
		.src_offset = 6, .dst_offset = 6, .length = 5,
		.flags = ACALL_FILE_COPY_SYNC,
	};
	int from = open(argv[argc - 2], O_RDONLY);
	int to = open(argv[argc - 1], O_WRONLY);
	struct acall_result result;
	acall_t *call;

	if (acall_create("file", 0, 0, &call) ||
	    acall_begin_copy(call, from, to, &args, NULL) ||
	    acall_finish_copy(call, &result) || result.status)
		return 1;
	printf("%llu bytes\n", (unsigned long long)result.progress);
	acall_destroy(call);
	return 0;
}
