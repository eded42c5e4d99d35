// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A digest that would take long gets a second to stop:
 *
 *	$ truncate -s 1024G large
 *	$ ./acall_cancel large
 *	cancelled
 *	status -ECANCELED
 */
#include <errno.h>
#include <fcntl.h>
#include <libacall.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	int file = open(argv[argc - 1], O_RDONLY);
	struct acall_result result;
	acall_t *call;
	int verdict;

	if (acall_create("file", 0, 0, &call) ||
	    acall_begin_hash(call, file, NULL, NULL))
		return 1;
	verdict = acall_cancel(call, 1000000000);
	printf("%s\n", acall_verdict_name(verdict));
	/* What the verdict has said. */
	if (!acall_finish_hash(call, digest, &result) &&
	    result.status == -ECANCELED)
		printf("status -ECANCELED\n");
	acall_destroy(call);
	return 0;
}
