// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Free space, of a server that may be dead: at most five seconds are waited for it.
 *
 *	$ ./acall_begin_statfs /
 *	/: ... blocks of ... bytes
 */
#include <libacall.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct acall_options options = {
		.deadline = acall_after_ns(5000000000),
		.grace_ns = ACALL_GRACE_NONE,
	};
	struct acall_file_statfs_out fs;
	struct acall_result result;
	acall_t *call;

	if (acall_create("file", 0, 0, &call) ||
	    acall_begin_statfs(call, argv[argc - 1], &options) ||
	    acall_finish_statfs(call, &fs, &result))
		return 1;
	if (result.status)
		printf("%s: %s\n", argv[argc - 1],
		       acall_outcome_name(result.outcome));
	else
		printf("%s: %llu blocks of %llu bytes\n", argv[argc - 1],
		       (unsigned long long)fs.blocks,
		       (unsigned long long)fs.bsize);
	acall_destroy(call);
	return 0;
}
