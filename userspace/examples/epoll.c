// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * epoll FILE: 100 calls in one event loop and without a thread: each hashes a
 * hundredth of FILE. A descriptor is readable from the moment that its call is ready
 * until it is finished, however it ended, so there is one path for all results.
 *
 *	$ seq 100000 >numbers
 *	$ ./epoll numbers
 *	100 completed, 588895 bytes
 *	$ ./epoll missing
 *	./epoll: begin: error 9
 */
#include <fcntl.h>
#include <libacall.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define CALLS	100

static void check(int err, const char *program, const char *what)
{
	if (err) {
		printf("%s: %s: error %d\n", program, what, abs(err));
		exit(EXIT_FAILURE);	/* closes, and so cancels, everything */
	}
}

int main(int argc, char **argv)
{
	int file = open(argv[argc - 1], O_RDONLY | O_CLOEXEC);
	off_t size = lseek(file, 0, SEEK_END);
	int loop = epoll_create1(EPOLL_CLOEXEC), i, completed = 0;
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	struct epoll_event event = { .events = EPOLLIN };
	unsigned long long bytes = 0;
	struct acall_result result;
	acall_t *call;

	for (i = 0; i < CALLS; i++) {
		struct acall_file_hash args = { .algorithm = "sha256" };

		args.offset = size * i / CALLS;
		args.length = size * (i + 1) / CALLS - args.offset;
		check(acall_create("file", 0, 0, &call), argv[0], "create");
		check(acall_begin_hash(call, file, &args, NULL), argv[0], "begin");
		event.data.ptr = call;
		check(epoll_ctl(loop, EPOLL_CTL_ADD, acall_fd(call), &event), argv[0], "epoll");
	}
	while (i-- && epoll_wait(loop, &event, 1, -1) == 1) {
		call = event.data.ptr;
		check(acall_finish_hash(call, digest, &result), argv[0], "finish");
		completed += !result.status;
		bytes += result.progress;
		acall_destroy(call);	/* and out of the loop */
	}
	printf("%d completed, %llu bytes\n", completed, bytes);
	return completed != CALLS;
}
