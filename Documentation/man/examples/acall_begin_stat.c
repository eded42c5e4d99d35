// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Is it a directory? Of a mount point, without waiting for its server for ever:
 *
 *	$ ./acall_begin_stat /
 *	/: a directory
 *	$ ./acall_begin_stat /missing
 *	/missing: -ENOENT
 */
#include <errno.h>
#include <libacall.h>
#include <stdio.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
	struct acall_file_stat_out st;
	struct acall_result result;
	acall_t *call;
	int err;

	if (argc != 2 || acall_create("file", 0, 0, &call))
		return 1;
	/* What is wrong with a path is known when the call begins. */
	err = acall_begin_stat(call, argv[1], NULL);
	if (err == -ENOENT)
		printf("%s: -ENOENT\n", argv[1]);
	if (!err && !acall_finish_stat(call, &st, &result) && !result.status)
		printf("%s: %s\n", argv[1],
		       S_ISDIR(st.mode) ? "a directory" : "something else");
	acall_destroy(call);
	return 0;
}
