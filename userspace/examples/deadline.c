// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * deadline MOUNT: free space of a file system that may not answer.
 *
 * With a deadline there is nothing to watch: finishing sleeps until the call is
 * ready, and it is ready at the latest when the deadline and the grace are over,
 * whatever the server of the file system does.
 *
 *	$ ./deadline /
 *	/: ... of ... blocks free
 */
#include <errno.h>
#include <libacall.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	struct acall_options options = {
		.deadline = acall_after_ns(3000000000),	/* from now */
		.grace_ns = ACALL_GRACE_NONE,
	};
	struct acall_file_statfs_out fs;
	struct acall_result result;
	acall_t *call = NULL;
	char text[256];
	int err;

	if (argc != 2)
		return EXIT_FAILURE;
	err = acall_create(ACALL_FILE_INTERFACE, 0, 0, &call);
	if (err) {
		fprintf(stderr, "%s\n", acall_strerror(NULL, ACALL_OP_CREATE,
						       err, text, sizeof(text)));
		return EXIT_FAILURE;
	}
	err = acall_begin_statfs(call, argv[1], &options);
	if (err) {
		fprintf(stderr, "%s: %s\n", argv[1],
			acall_strerror(call, ACALL_OP_BEGIN, err, text,
				       sizeof(text)));
		return EXIT_FAILURE;
	}
	err = acall_finish_statfs(call, &fs, &result);
	if (err || result.status) {
		/* -ETIME: the outcome says whether somebody still waits for it. */
		printf("%s: %s (%s)\n", argv[1],
		       acall_strerror(call, err ? ACALL_OP_FINISH :
						  ACALL_OP_RESULT,
				      err ? err : result.status, text,
				      sizeof(text)),
		       err ? "still pending" :
			     acall_outcome_name(result.outcome));
		return EXIT_FAILURE;
	}
	printf("%s: %llu of %llu blocks free\n", argv[1],
	       (unsigned long long)fs.bavail, (unsigned long long)fs.blocks);
	acall_destroy(call);
	return EXIT_SUCCESS;
}
