// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A copy is left at once, and its object carries another call. Only when it has settled
 * will nothing more be written:
 *
 *	$ truncate -s 1G large
 *	$ ./acall_wait_settled large part
 *	-ETIME, and the object is free
 *	settled
 */
#include <errno.h>
#include <fcntl.h>
#include <libacall.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct acall_options options = {
		.deadline = acall_after_ns(1000000),
		.grace_ns = ACALL_GRACE_NONE,
	};
	int from = open(argv[argc - 2], O_RDONLY);
	int to = open(argv[argc - 1], O_WRONLY | O_CREAT, 0666);
	struct acall_file_statfs_out fs;
	struct acall_result result;
	acall_t *call;
	uint64_t id;

	if (acall_create("file", 0, 0, &call) ||
	    acall_begin_copy(call, from, to, NULL, &options))
		return 1;
	id = acall_id(call);
	if (acall_finish_copy(call, &result) || result.status != -ETIME)
		return 1;
	if (!acall_begin_statfs(call, "/", NULL) &&
	    !acall_finish_statfs(call, &fs, NULL))
		printf("-ETIME, and the object is free\n");
	if (!acall_wait_settled(call, id, ACALL_FOREVER))
		printf("settled\n");
	acall_destroy(call);
	return 0;
}
