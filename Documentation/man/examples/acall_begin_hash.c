// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A digest by its name in the kernel's crypto API, of a part of a file:
 *
 *	$ echo hello world >hello
 *	$ ./acall_begin_hash hello
 *	2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
 *	$ printf hello | sha256sum
 *	2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824  -
 */
#include <fcntl.h>
#include <libacall.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct acall_file_hash args = { .length = 5, .algorithm = "sha256" };
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	int file = open(argv[argc - 1], O_RDONLY);
	struct acall_result result;
	acall_t *call;
	uint32_t i;

	if (acall_create("file", 0, 0, &call) ||
	    acall_begin_hash(call, file, &args, NULL) ||
	    acall_finish_hash(call, digest, &result) || result.status)
		return 1;
	for (i = 0; i < result.out_len; i++)
		printf("%02x", digest[i]);
	printf("\n");
	acall_destroy(call);
	return 0;
}
