// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A file that is not needed any more is dropped from the page cache:
 *
 *	$ seq 100000 >numbers
 *	$ ./acall_begin_advise numbers
 *	588895 bytes
 */
#include <fcntl.h>
#include <libacall.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct acall_file_advise args = { .advice = ACALL_FILE_ADVISE_DONTNEED };
	int file = open(argv[argc - 1], O_RDONLY);
	struct acall_result result;
	acall_t *call;

	if (acall_create("file", 0, 0, &call) ||
	    acall_begin_advise(call, file, &args, NULL) ||
	    acall_finish_advise(call, &result) || result.status)
		return 1;
	printf("%llu bytes\n", (unsigned long long)result.progress);
	acall_destroy(call);
	return 0;
}
