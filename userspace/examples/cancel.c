// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * cancel SOURCE TARGET: copy until something has arrived, then cancel, and give the
 * copy a second to stop. The verdict says what finishing will say, and of what was
 * stopped the progress is exact.
 *
 *	$ truncate -s 1G large
 *	$ ./cancel large part
 *	cancelled: stopped, and part has just those bytes
 */
#include <fcntl.h>
#include <libacall.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define MSEC	1000000ULL

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
	int to = argc == 3 ? open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
	struct acall_query query = { 0 };
	struct acall_result result;
	acall_t *call;
	struct stat st;
	int verdict;

	check(acall_create(ACALL_FILE_INTERFACE, 0, 0, &call), "create");
	check(acall_begin_copy(call, from, to, NULL, NULL), "begin");
	while (!query.progress && acall_wait(call, acall_after_ns(MSEC)))
		check(acall_query(call, acall_id(call), &query, sizeof(query)), "query");

	/* Sleeps for as long as the method needs to stop, at most a second. */
	verdict = acall_cancel(call, 1000 * MSEC);
	check(verdict, "cancel");
	check(acall_finish_copy(call, &result), "finish");
	check(fstat(to, &st), "stat");
	printf("%s: %s, and %s has %s those bytes\n", acall_verdict_name(verdict),
	       acall_outcome_name(result.outcome), argv[2],
	       (uint64_t)st.st_size == result.progress ? "just" : "not");
	acall_destroy(call);
	return EXIT_SUCCESS;
}
