// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_file: by a thread that makes the plain system calls for who waits, and by
 * programs, of which all counts that they are: to begin, to be linked, to end.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"

#define MAX_WORDS	16
#define NO_PROGRAM	127

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more, done;
	struct work *work;	/* NULL = there is none */
} pool = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.more = PTHREAD_COND_INITIALIZER,
	.done = PTHREAD_COND_INITIALIZER,
};

static void *serve(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&pool.lock);
	for (;;) {
		while (!pool.work)
			pthread_cond_wait(&pool.more, &pool.lock);
		pthread_mutex_unlock(&pool.lock);
		pool.work->c->run(pool.work);
		pthread_mutex_lock(&pool.lock);
		pool.work = NULL;
		pthread_cond_signal(&pool.done);
	}
	return NULL;
}

void pool_begin(void)
{
	pthread_t thread;
	int ret = pthread_create(&thread, NULL, serve, NULL);

	if (ret)
		die("thread: %s", strerror(ret));
}

void pool_run(struct work *work)
{
	pthread_mutex_lock(&pool.lock);
	pool.work = work;
	pthread_cond_signal(&pool.more);
	while (pool.work)
		pthread_cond_wait(&pool.done, &pool.lock);
	pthread_mutex_unlock(&pool.lock);
}

static char *word_of(const struct work *work, char *word)
{
	static char bytes[24], device[40];

	if (!strcmp(word, "BYTES")) {
		snprintf(bytes, sizeof(bytes), "%llu",
			 (unsigned long long)work->c->bytes);
		return bytes;
	}
	if (!strcmp(word, "DEVICE")) {
		snprintf(device, sizeof(device), "%s",
			 place_path(PLACE_DEVICE));
		return device;
	}
	return word;
}

/* In a child of its own; what it says is of no interest. */
static void become(const struct work *work, const char *command)
{
	char line[200], *words[MAX_WORDS], *word, *next = NULL;
	int fd = open("/dev/null", O_RDWR);
	unsigned int n = 0;

	snprintf(line, sizeof(line), "%s", command);
	for (word = strtok_r(line, " ", &next); word && n < MAX_WORDS - 1;
	     word = strtok_r(NULL, " ", &next))
		words[n++] = word_of(work, word);
	words[n] = NULL;
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	execvp(words[0], words);
	if (errno == ENOENT)
		_exit(NO_PROGRAM);
	die("%s: %s", words[0], strerror(errno));
}

bool program_run(struct work *work, const char *command)
{
	pid_t child = fork();
	int status;

	if (!child)
		become(work, command);
	if (child < 0 || waitpid(child, &status, 0) != child)
		die("fork: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_PROGRAM)
		return false;
	if (status)
		die("%s: %s failed", work->c->name, command);
	return true;
}
