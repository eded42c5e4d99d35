// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * settle SOURCE TARGET: leave a copy behind at once, and clean up after it.
 *
 * An abandoned call frees its client, but its method may still be writing. Who
 * needs to know when it has really ended, before the target is removed or its
 * file system unmounted, waits until it has settled. Meanwhile the same object
 * carries other calls.
 *
 *	$ truncate -s 1G large
 *	$ ./settle large part
 *	...
 *	settled
 */
#include <fcntl.h>
#include <libacall.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void check(int err, const char *what)
{
	if (err < 0) {
		fprintf(stderr, "%s: error %d\n", what, -err);
		exit(EXIT_FAILURE);
	}
}

int main(int argc, char **argv)
{
	int from = argc == 3 ? open(argv[1], O_RDONLY) : -1;
	int to = argc == 3 ? open(argv[2], O_WRONLY | O_CREAT | O_EXCL, 0600) : -1;
	struct acall_file_statfs_out fs;
	struct acall_result result;
	uint64_t copy;
	acall_t *call;

	check(from, "source");
	check(to, "target");
	check(acall_create(ACALL_FILE_INTERFACE, 0, 0, &call), "create");
	check(acall_begin_copy(call, from, to, NULL, NULL), "begin");
	copy = acall_id(call);
	/* Too late is fine, too: then it is completed and has settled. */
	check(acall_abandon(call), "abandon");
	check(acall_finish_copy(call, &result), "finish");
	printf("%s\n", acall_outcome_name(result.outcome));

	check(acall_begin_statfs(call, "/", NULL), "begin");
	check(acall_finish_statfs(call, &fs, NULL), "finish");

	check(acall_wait_settled(call, copy, acall_after_ns(10000000000)),
	      "it has not settled within ten seconds");
	check(unlink(argv[2]), "unlink");
	printf("settled\n");
	acall_destroy(call);
	return EXIT_SUCCESS;
}
