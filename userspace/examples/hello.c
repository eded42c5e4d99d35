// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * hello SOURCE TARGET: copy a file, but for at most ten seconds.
 *
 *	$ seq 100000 >numbers
 *	$ ./hello numbers same
 *	error 0, status 0, completed, 588895 bytes copied
 *	$ cmp numbers same
 */
#include <fcntl.h>
#include <libacall.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	int from = argc == 3 ? open(argv[1], O_RDONLY) : -1;
	int to = argc == 3 ? open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
	struct acall_result result = { 0 };
	acall_t *call = NULL;
	int err = acall_create(ACALL_FILE_INTERFACE, 0, 0, &call);

	if (!err)
		err = acall_begin_copy(call, from, to, NULL, NULL);
	if (!err && acall_wait(call, acall_after_ns(10000000000)))
		acall_cancel_async(call, ACALL_GRACE_DEFAULT);
	if (!err)
		err = acall_finish_copy(call, &result);
	printf("error %d, status %d, %s, %llu bytes copied\n", err, result.status,
	       acall_outcome_name(result.outcome),
	       (unsigned long long)result.progress);
	acall_destroy(call);
	return err || result.status;
}
