// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Four digests, begun in one system call and read in the order in which they are ready.
 * They have output, which is taken from each:
 *
 *	$ seq 1000 >numbers
 *	$ ./acall_queue_create numbers | sort
 *	0: completed, 28 bytes
 *	1: completed, 28 bytes
 *	2: completed, 32 bytes
 *	3: completed, 32 bytes
 */
#include <fcntl.h>
#include <libacall.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct acall_file_hash args[4] = { 0 };
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	int file = open(argv[argc - 1], O_RDONLY);
	const struct acall_completion *done;
	struct acall_submission *sub;
	unsigned int i;
	acall_queue_t *queue;

	if (acall_queue_create("file", 0, 4, 0, &queue))
		return 1;
	for (i = 0; i < 4; i++) {
		/* So large an input is read when the entry is taken. */
		strcpy(args[i].algorithm, i < 2 ? "sha224" : "sha256");
		sub = acall_queue_get_submission(queue);
		acall_queue_prepare(sub, ACALL_FILE_HASH, &args[i],
				    sizeof(*args), i);
		acall_queue_set_files(sub, &file, 1);
	}
	acall_queue_submit_and_wait(queue, 4, ACALL_FOREVER);
	for (i = 0; (done = acall_queue_peek(queue, i)); i++) {
		printf("%d: %s, %u bytes\n", (int)done->user_data,
		       acall_outcome_name(done->outcome), done->out_len);
		acall_queue_finish(queue, done->handle, digest, sizeof(digest),
				   NULL, 0, NULL);
	}
	acall_queue_seen(queue, i);
	acall_queue_destroy(queue);
	return 0;
}
