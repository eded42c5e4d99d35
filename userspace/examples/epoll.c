// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * epoll FILE...: hash files at the same time in one event loop, without a
 * thread. Ctrl-C cancels what still runs, and the loop goes on until every call
 * has told what became of it.
 *
 * The descriptor of a call object is readable from the moment its call is ready
 * until it is finished, however it ended. So there is one path for results: a
 * cancel only makes it come sooner.
 */
#include <fcntl.h>
#include <libacall.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct job {
	const char *path;
	acall_t *call;
};

static int status = EXIT_SUCCESS;

static int complain(const char *path, acall_t *call, enum acall_op op,
		    int error)
{
	char text[256];

	fprintf(stderr, "%s: %s\n", path,
		acall_strerror(call, op, error, text, sizeof(text)));
	status = EXIT_FAILURE;
	return 0;
}

/* Returns 1 if there is a result to wait for. */
static int begin(struct job *job, int loop)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = job };
	int err, fd;

	err = acall_create(ACALL_FILE_INTERFACE, 0, 0, &job->call);
	if (err)
		return complain(job->path, NULL, ACALL_OP_CREATE, err);
	fd = open(job->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		perror(job->path);
		status = EXIT_FAILURE;
		return 0;
	}
	err = acall_begin_hash(job->call, fd, NULL, NULL);
	close(fd);	/* the call has its own reference */
	if (err)
		return complain(job->path, job->call, ACALL_OP_BEGIN, err);
	if (epoll_ctl(loop, EPOLL_CTL_ADD, acall_fd(job->call), &event)) {
		perror("epoll_ctl");
		exit(EXIT_FAILURE);	/* closes, and so cancels, everything */
	}
	return 1;
}

/* Ready, so this does not sleep. Returns how many results it has taken. */
static int finish(struct job *job, int loop)
{
	unsigned char digest[ACALL_FILE_DIGEST_MAX];
	struct acall_result result;
	uint32_t i;
	int err;

	err = acall_finish_hash(job->call, digest, &result);
	if (err)
		return complain(job->path, job->call, ACALL_OP_FINISH, err);
	epoll_ctl(loop, EPOLL_CTL_DEL, acall_fd(job->call), NULL);
	if (result.outcome != ACALL_OUTCOME_COMPLETED) {
		fprintf(stderr, "%s: %s after %llu of %llu bytes\n", job->path,
			acall_outcome_name(result.outcome),
			(unsigned long long)result.progress,
			(unsigned long long)result.total);
		status = EXIT_FAILURE;
		return 1;
	}
	if (result.status) {
		complain(job->path, job->call, ACALL_OP_RESULT, result.status);
		return 1;
	}
	for (i = 0; i < result.out_len; i++)
		printf("%02x", digest[i]);
	printf("  %s\n", job->path);
	return 1;
}

int main(int argc, char **argv)
{
	struct job *jobs = calloc(argc, sizeof(*jobs));
	int loop = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };
	int i, signals, running = 0;
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signals = signalfd(-1, &mask, SFD_CLOEXEC);
	if (!jobs || loop < 0 || signals < 0 ||
	    epoll_ctl(loop, EPOLL_CTL_ADD, signals, &event)) {
		perror("epoll");
		return EXIT_FAILURE;
	}

	for (i = 1; i < argc; i++) {
		jobs[i].path = argv[i];
		running += begin(&jobs[i], loop);
	}
	while (running && epoll_wait(loop, &event, 1, -1) == 1) {
		struct signalfd_siginfo info;

		if (event.data.ptr) {
			running -= finish(event.data.ptr, loop);
			continue;
		}
		if (read(signals, &info, sizeof(info)) != sizeof(info))
			break;
		/* Never blocks; too late for some is as good as in time. */
		for (i = 1; i < argc; i++) {
			if (jobs[i].call)
				acall_cancel_async(jobs[i].call,
						   ACALL_GRACE_DEFAULT);
		}
	}
	for (i = 1; i < argc; i++)
		acall_destroy(jobs[i].call);
	free(jobs);
	close(signals);
	close(loop);
	return running ? EXIT_FAILURE : status;
}
