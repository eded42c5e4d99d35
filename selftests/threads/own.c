// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * own SHARED-LIBRARY: what only the engine "threads" can be asked: which engine is
 * taken, when there are threads, what fork(2), signal handlers, full tables of
 * descriptors, exit(3) and dlclose(3) do to it. In the current directory it makes files
 * without names.
 *
 * Prints what is not so, and exits 1.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libacall.h>

#define MIB		1048576
#define ROUNDS		300

#define CHECK(_is)							\
do {									\
	if (!(_is)) {							\
		printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #_is); \
		fflush(stdout);						\
		return 1;						\
	}								\
} while (0)

static const char *library;

static int file_of(off_t size)
{
	int fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 && size && ftruncate(fd, size))
		abort();
	return fd;
}

static int threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int n = -2;

	while (dir && readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static int in_child(int (*fn)(void))
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(fn());
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

static enum acall_engine_kind made_by(const char *word, unsigned int flags,
				      int *ret)
{
	enum acall_engine_kind kind = ACALL_ENGINE_DEFAULT;
	acall_t *call = NULL;

	if (word)
		setenv("ACALL_ENGINE", word, 1);
	else
		unsetenv("ACALL_ENGINE");
	*ret = acall_create(ACALL_FILE_INTERFACE, 0, flags, &call);
	if (!*ret)
		kind = acall_engine(call);
	acall_destroy(call);
	return kind;
}

/* Without the module the kernel's engine fails, and nothing stands in for it. */
static int choice(void)
{
	int kernel, ret, device;

	made_by("kernel", 0, &kernel);
	CHECK(made_by(NULL, 0, &ret) == (kernel ? ACALL_ENGINE_DEFAULT :
	      ACALL_ENGINE_KERNEL) && ret == kernel);
	CHECK(made_by("", 0, &ret) != ACALL_ENGINE_THREADS && ret == kernel);
	CHECK(made_by("threads", 0, &ret) == ACALL_ENGINE_THREADS);
	CHECK(made_by("threads", ACALL_CREATE_ON_KERNEL, &ret) !=
	      ACALL_ENGINE_THREADS && ret == kernel);
	CHECK(made_by(NULL, ACALL_CREATE_ON_THREADS, &ret) ==
	      ACALL_ENGINE_THREADS);
	CHECK(made_by("auto", 0, &ret) == (kernel ? ACALL_ENGINE_THREADS :
	      ACALL_ENGINE_KERNEL));
	CHECK(made_by(NULL, ACALL_CREATE_ON_ANY, &ret) == (kernel ?
	      ACALL_ENGINE_THREADS : ACALL_ENGINE_KERNEL));
	CHECK(made_by("Threads", 0, &ret) == ACALL_ENGINE_DEFAULT &&
	      ret == -EINVAL);
	CHECK(acall_open_device() == -EINVAL);
	device = acall_open_engine(ACALL_ENGINE_THREADS);
	CHECK(device >= 0);
	CHECK(acall_device_engine(device) == ACALL_ENGINE_THREADS);
	CHECK(acall_open_engine(17) == -EINVAL);
	close(device);
	device = open("/dev/null", O_RDWR | O_CLOEXEC);
	CHECK(acall_device_engine(device) == ACALL_ENGINE_KERNEL);
	close(device);
	setenv("ACALL_ENGINE", "threads", 1);
	return 0;
}

static int lazy_threads(void)
{
	acall_t *call;
	struct acall_result result;
	int idle_threads = threads();

	CHECK(!acall_create(ACALL_FILE_INTERFACE, 0, 0, &call));
	CHECK(threads() == idle_threads);
	CHECK(!acall_begin_statfs(call, "/", NULL));
	CHECK(!acall_wait(call, ACALL_FOREVER));
	/* The clock and a worker; some sanitizers have one of their own. */
	CHECK(threads() > idle_threads && threads() <= idle_threads + 3);
	CHECK(!acall_finish(call, NULL, 0, &result) ||
	      result.out_len == sizeof(struct acall_file_statfs_out));
	acall_destroy(call);
	return 0;
}

static int cannot(void)
{
	struct acall_query query;
	acall_queue_t *queue;
	acall_t *call;

	CHECK(acall_queue_create(ACALL_FILE_INTERFACE, 0, 8, 0, &queue) ==
	      -EOPNOTSUPP);
	CHECK(acall_create("no-such", 0, 0, &call) == -ENOENT);
	CHECK(!acall_create(ACALL_FILE_INTERFACE, 0, 0, &call));
	CHECK(acall_create_on(acall_fd(call), ACALL_FILE_INTERFACE, 0, 0,
			      &call) == -ENOTTY);
	CHECK(!acall_begin_stat(call, "/", NULL));
	CHECK(!acall_query(call, 0, &query, sizeof(query)));
	CHECK(query.caps == ACALL_CAP_CANCEL);
	acall_destroy(call);
	return 0;
}

static acall_t *inherited;

static int child_of_fork(void)
{
	struct acall_result result;
	struct acall_query query;
	acall_t *call;
	int fd = file_of(MIB);

	CHECK(acall_begin_sync(inherited, fd, NULL, NULL) == -ENODEV);
	CHECK(acall_wait(inherited, ACALL_FOREVER) == -ENODEV);
	CHECK(acall_cancel(inherited, 0) == -ENODEV);
	CHECK(acall_finish(inherited, NULL, 0, &result) == -ENODEV);
	CHECK(acall_query(inherited, 0, &query, sizeof(query)) == -ENODEV);
	acall_destroy(inherited);

	CHECK(!acall_create(ACALL_FILE_INTERFACE, 0, 0, &call));
	CHECK(!acall_begin_sync(call, fd, NULL, NULL));
	CHECK(!acall_finish_sync(call, &result));
	CHECK(!result.status);
	CHECK(threads() > 1);
	acall_destroy(call);
	return 0;
}

static int forks(void)
{
	struct acall_result result;
	int i, fd = file_of(4 * MIB), to = file_of(0);

	CHECK(!acall_create(ACALL_FILE_INTERFACE, 0, 0, &inherited));
	for (i = 0; i < 20; i++) {
		CHECK(!acall_begin_copy(inherited, fd, to, NULL, NULL));
		CHECK(!in_child(child_of_fork));
		CHECK(!acall_finish_copy(inherited, &result));
		CHECK(!result.status && result.progress == 4 * MIB);
	}
	acall_destroy(inherited);
	close(fd);
	close(to);
	return 0;
}

static acall_t *handlers;
static atomic_uint handled, wrong;

/* All that <libacall.h> calls async-signal-safe, wherever the program is. */
static void handler(int sig)
{
	struct acall_query query;
	struct acall_result result;
	int saved = errno;

	(void)sig;
	if (acall_begin_stat(handlers, "/", NULL))
		wrong++;
	if (acall_cancel_async(handlers, ACALL_FOREVER) < 0)
		wrong++;
	if (acall_query(handlers, 0, &query, sizeof(query)))
		wrong++;
	if (acall_wait(handlers, ACALL_FOREVER))
		wrong++;
	if (acall_finish_id(handlers, acall_id(handlers), 0, NULL, 0,
			    &result) == -EMSGSIZE) {
		struct acall_file_stat_out out;

		if (acall_finish(handlers, &out, sizeof(out), &result))
			wrong++;
	}
	handled++;
	errno = saved;
}

static int signals(void)
{
	const struct itimerval often = {
		.it_interval = { .tv_usec = 500 }, .it_value = { .tv_usec = 500 },
	};
	const struct itimerval never = { .it_value = { 0 } };
	const struct sigaction sa = {
		.sa_handler = handler, .sa_flags = SA_RESTART,
	};
	struct acall_result result;
	acall_t *call;
	int fd = file_of(MIB), i;
	void *memory;

	CHECK(!acall_create(ACALL_FILE_INTERFACE, 0, 0, &handlers));
	CHECK(!acall_create(ACALL_FILE_INTERFACE, 0, 0, &call));
	/* The process's first call is not begun in a handler. */
	CHECK(!acall_begin_sync(call, fd, NULL, NULL));
	CHECK(!acall_finish_sync(call, NULL));
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (i = 0; i < ROUNDS || handled < ROUNDS; i++) {
		memory = malloc(100 + i % 1000);
		CHECK(!acall_begin_sync(call, fd, NULL, NULL));
		CHECK(acall_wait(call, acall_after_ns(1000)) != -EINTR);
		if (i % 3 == 0)
			CHECK(acall_cancel_async(call, ACALL_FOREVER) >= 0);
		CHECK(!acall_finish_sync(call, &result));
		CHECK(!result.status || result.status == -ECANCELED);
		free(memory);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	CHECK(!wrong);
	acall_destroy(call);
	acall_destroy(handlers);
	close(fd);
	return 0;
}

static int no_descriptors(void)
{
	struct rlimit old, tight;
	struct acall_query query;
	acall_t *call, *other;
	int fd = file_of(MIB);

	CHECK(!acall_create(ACALL_FILE_INTERFACE, 0, 0, &call));
	CHECK(!acall_begin_sync(call, fd, NULL, NULL));
	CHECK(!acall_finish_sync(call, NULL));
	getrlimit(RLIMIT_NOFILE, &old);
	tight = (struct rlimit) { .rlim_cur = 3, .rlim_max = old.rlim_max };
	CHECK(!setrlimit(RLIMIT_NOFILE, &tight));
	CHECK(acall_create(ACALL_FILE_INTERFACE, 0, 0, &other) == -EMFILE);
	CHECK(acall_begin_sync(call, fd, NULL, NULL) == -EMFILE);
	CHECK(!acall_query(call, 0, &query, sizeof(query)));
	CHECK(query.state == ACALL_STATE_IDLE);
	CHECK(!setrlimit(RLIMIT_NOFILE, &old));
	CHECK(!acall_begin_sync(call, fd, NULL, NULL));
	CHECK(!acall_finish_sync(call, NULL));
	acall_destroy(call);
	close(fd);
	return 0;
}

static acall_t *many[4097];

/* As many live calls as a process may have, and one more. */
static int limit(void)
{
	struct rlimit rlimit;
	struct acall_info info;
	unsigned int i, n;
	char text[256];
	int ret = 0;

	CHECK(!acall_info(ACALL_DEVICE_DEFAULT, &info, sizeof(info)));
	CHECK(info.user_calls < sizeof(many) / sizeof(*many));
	getrlimit(RLIMIT_NOFILE, &rlimit);
	if (rlimit.rlim_max < 3 * info.user_calls)
		return 0;
	rlimit.rlim_cur = rlimit.rlim_max;
	CHECK(!setrlimit(RLIMIT_NOFILE, &rlimit));
	for (n = 0; !ret && n <= info.user_calls; n++) {
		CHECK(!acall_create(ACALL_FILE_INTERFACE, 0, 0, &many[n]));
		ret = acall_begin_stat(many[n], "/", NULL);
	}
	CHECK(ret == -EDQUOT && n == info.user_calls + 1);
	acall_strerror(many[n - 1], ACALL_OP_BEGIN, ret, text, sizeof(text));
	CHECK(strstr(text, "4096 live calls"));
	CHECK(!acall_wait(many[0], ACALL_FOREVER));
	acall_destroy(many[0]);
	CHECK(!acall_begin_stat(many[n - 1], "/", NULL));
	for (i = 1; i < n; i++)
		acall_destroy(many[i]);
	return 0;
}

/* A reader may end the process while its calls run. */
static int exits(void)
{
	acall_t *call[8];
	int i, fd = file_of((off_t)64 * MIB);

	for (i = 0; i < 8; i++) {
		if (acall_create(ACALL_FILE_INTERFACE, 0, 0, &call[i]) ||
		    acall_begin_hash(call[i], fd, NULL, NULL))
			return 1;
	}
	exit(0);
}

/* The last use of the library, and it goes, with a call that runs. */
static int lets_go(void)
{
	int (*create)(const char *interface, uint32_t version,
		      unsigned int flags, acall_t **call);
	int (*begin)(acall_t *call, int file,
		     const struct acall_file_hash *args,
		     const struct acall_options *options);
	int (*wait)(acall_t *call, uint64_t call_id, uint64_t until);
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL), *symbol;
	int fd = file_of((off_t)16 * MIB);
	acall_t *call;

	CHECK(handle);
	symbol = dlsym(handle, "acall_create");
	memcpy(&create, &symbol, sizeof(symbol));
	symbol = dlsym(handle, "acall_begin_hash");
	memcpy(&begin, &symbol, sizeof(symbol));
	symbol = dlsym(handle, "acall_wait_settled");
	memcpy(&wait, &symbol, sizeof(symbol));
	CHECK(!create(ACALL_FILE_INTERFACE, 0, 0, &call));
	CHECK(!begin(call, fd, NULL, NULL));
	CHECK(!dlclose(handle));
	/* It stays, for its threads may be in it. */
	CHECK(!wait(call, 0, ACALL_FOREVER));
	return 0;
}

int main(int argc, char **argv)
{
	static int (*const tests[])(void) = {
		choice, lazy_threads, cannot, forks, signals, no_descriptors,
		limit, exits, lets_go,
	};
	unsigned int i;
	int failed = 0, ret;

	library = argc > 1 ? argv[1] : "libacall.so.1";
	setenv("ACALL_ENGINE", "threads", 1);
	for (i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		ret = in_child(tests[i]);
		if (ret)
			printf("test %u ended with %d\n", i, ret);
		failed |= ret;
	}
	return !!failed;
}
