// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_calls: what does a call cost, that does nothing?
 *
 * All forms, ours and the peers, run in turn, and that several times, so that
 * a change of the machine's pace meets all of them. Each reports what a call
 * cost: in ns, or in instructions in a guest whose TSC counts these. The
 * medians are compared with the targets in calls_report.c.
 */
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"

/* For one form, in which case it hangs. */
#define GUARD_SECONDS	600

static const struct form *const tables[] = {
	acall_forms, queue_forms, uring_forms, pool_forms, aio_forms,
};

static struct calls_run run = { .repetitions = 5 };

void settle(void)
{
	struct timespec time = { .tv_nsec = 1000000 };

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

void *allocate(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		die("no memory");
	return p;
}

/* In a child. */
static void run_form(const struct form *form, int to)
{
	unsigned int warm = form->calls / 4;
	void *state;
	__u64 spent;

	alarm(GUARD_SECONDS);
	state = form->setup(form);
	form->run(state, warm - warm % form->batch);
	spent = form->run(state, form->calls);
	form->teardown(state);
	if (write(to, &spent, sizeof(spent)) != sizeof(spent))
		die("pipe: %s", strerror(errno));
}

static void measure(struct result *result)
{
	const struct form *form = result->form;
	int fds[2], status;
	__u64 spent;
	pid_t child;

	if (pipe(fds))
		die("pipe: %s", strerror(errno));
	child = fork();
	if (child < 0)
		die("fork: %s", strerror(errno));
	if (!child) {
		run_form(form, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	if (waitpid(child, &status, 0) != child)
		die("waitpid: %s", strerror(errno));
	if (status || read(fds[0], &spent, sizeof(spent)) != sizeof(spent)) {
		if (WIFSIGNALED(status))
			fprintf(stderr, "%s: %s\n", form->name,
				strsignal(WTERMSIG(status)));
		fprintf(stderr, "%s could not run\n", form->name);
		result->failed = true;
	} else {
		result->values[result->count++] =
			(double)spent / form->calls;
	}
	close(fds[0]);
}

static void progress(unsigned int repetition, const char *name)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%u/%u %-30s\r", repetition + 1,
			run.repetitions, name);
}

static void summarize(struct result *result)
{
	unsigned int n = result->count;

	if (result->failed)
		return;
	result->min = part_of(result->values, n, 0);
	result->max = part_of(result->values, n, 1);
	result->median = part_of(result->values, n, 0.5);
}

/* Returns whether all could run. */
static bool measure_all(void)
{
	unsigned int repetition, i;
	bool good = true;

	for (repetition = 0; repetition < run.repetitions; repetition++) {
		for (i = 0; i < run.count; i++) {
			if (run.results[i].failed)
				continue;
			progress(repetition, run.results[i].form->name);
			measure(&run.results[i]);
		}
	}
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "%-40s\r", "");
	for (i = 0; i < run.count; i++) {
		summarize(&run.results[i]);
		good = good && !run.results[i].failed;
	}
	return good;
}

static bool is_chosen(const char *name, char **globs)
{
	if (!*globs)
		return true;
	for (; *globs; globs++)
		if (!fnmatch(*globs, name, 0))
			return true;
	return false;
}

static void choose(char **globs)
{
	const struct form *form;
	unsigned int i;

	run.chosen = *globs;
	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		for (form = tables[i]; form->name; form++) {
			if (!is_chosen(form->name, globs))
				continue;
			if (run.count == MAX_FORMS)
				die("more than %d forms", MAX_FORMS);
			run.results[run.count++].form = form;
		}
	}
	if (!run.count)
		die("no form has such a name; see --list");
}

static void list(void)
{
	unsigned int i;

	for (i = 0; i < run.count; i++)
		printf("%-22s %5u  %s\n", run.results[i].form->name,
		       run.results[i].form->batch, run.results[i].form->what);
}

static const char help[] =
	"usage: bench_calls [OPTION]... [FORM]...\n"
	"What a call costs: of acall, io_uring, AIO and thread pools.\n"
	"FORM: only forms with such names (globs).\n"
	"\n"
	"  --instructions   count instructions, not ns: in a guest of QEMU\n"
	"                   with -icount\n"
	"  --gate           a missed target makes the exit status 1\n"
	"  --json           JSON on standard output, the table on standard\n"
	"                   error\n"
	"  --repetitions N  of all forms in turn (5)\n"
	"  --list           name, calls at a time and description of forms\n"
	"  --help           this\n"
	"\n"
	"Forms of acall need its modules, acall_test among them, and the\n"
	"right to open /dev/acall_test.\n"
	"\n"
	"exit status: 0, 1 a target was missed, 2 something could not run\n";

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "instructions", no_argument, NULL, 'i' },
		{ "gate", no_argument, NULL, 'g' },
		{ "json", no_argument, NULL, 'j' },
		{ "repetitions", required_argument, NULL, 'r' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	bool gate = false, json = false, only_list = false, good;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'i':
			run.instructions = true;
			break;
		case 'g':
			gate = true;
			break;
		case 'j':
			json = true;
			break;
		case 'r':
			run.repetitions = number(optarg, MAX_REPETITIONS);
			break;
		case 'l':
			only_list = true;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return 2;
		}
	}
	choose(argv + optind);
	if (only_list) {
		list();
		return 0;
	}
	units_begin(run.instructions);
	good = measure_all();

	print_calls_table(&run, json ? stderr : stdout);
	if (json)
		print_calls_json(&run);
	if (fflush(stdout) || ferror(stdout))
		die("cannot write: %s", strerror(errno));
	if (!good)
		return 2;
	return gate && count_missed(&run);
}
