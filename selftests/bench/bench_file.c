// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_file: what does it cost to have acall work on files, and not to do it with the
 * system calls that it stands for?
 *
 * Each case is done in turn by acall, by the plain system calls, by these in a thread,
 * and by programs, from the same state of the files, several times, in one order and
 * then in the other; the medians count. What is compared is the whole operation, from
 * BEGIN to FINISH. All that is done is checked.
 */
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "file/file.h"

static struct file_run run = { .samples = 5 };

static bool has_way(const struct file_case *c, unsigned int i)
{
	return i < WAY_OTHERS || c->others[i - WAY_OTHERS].run ||
	       c->others[i - WAY_OTHERS].command;
}

/* NULL: a program does it. */
static action action_of(const struct file_case *c, unsigned int i)
{
	switch (i) {
	case WAY_ACALL:
		return acall_run;
	case WAY_PLAIN:
		return c->run;
	case WAY_POOL:
		return pool_run;
	default:
		return c->others[i - WAY_OTHERS].run;
	}
}

/* Of all processors. In instructions, what the clocks leap over counts for none. */
static __u64 idle_ns(void)
{
	unsigned long long ns;
	char line[256];
	__u64 sum = 0;
	FILE *f;

	if (!run.instructions)
		return 0;
	f = fopen("/proc/timer_list", "r");
	if (!f)
		die("/proc/timer_list: %s", strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " .idle_sleeptime : %llu", &ns) == 1 ||
		    sscanf(line, " .iowait_sleeptime : %llu", &ns) == 1)
			sum += ns;
	fclose(f);
	return sum;
}

/* Returns whether it could be done: programs may not be there. */
static bool do_it(struct work *work, unsigned int i)
{
	const struct file_case *c = work->c;
	action run = action_of(c, i);
	unsigned int n;

	if (!run)
		return program_run(work, c->others[i - WAY_OTHERS].command);
	for (n = 0; n < c->calls; n++)
		run(work);
	return true;
}

static void measure_way(struct result *result, struct work *work, unsigned int i,
			bool warm)
{
	const struct file_case *c = result->c;
	struct series *series = &result->ways[i];
	bool program = !action_of(c, i);
	__u64 start, spent, idle;
	const char *wrong;

	if (series->missing)
		return;
	state_renew(work);
	/* What is emptied and filled again is written back when it is closed. */
	if (program && c->target == TARGET_EMPTY)
		unlink("target");
	work->told = false;
	idle = idle_ns();
	start = units_now();
	series->missing = !do_it(work, i);
	spent = units_since(start);
	spent -= idle_ns() - idle;
	if (!series->missing) {
		wrong = check(work, !warm);
		if (wrong)
			die("%s by %s: %s", c->name, way_name(c, i), wrong);
		if (warm)
			series->values[series->count++] =
				(double)spent / (program ? 1 : c->calls);
	}
	state_release(work);
}

/* At as many points of what a plain call has taken. */
static void measure_stops(struct result *result, struct work *work)
{
	const struct series *ways = result->ways;
	double ours = part_of(ways[WAY_ACALL].values, run.samples, 0.5);
	double plain = part_of(ways[WAY_PLAIN].values, run.samples, 0.5);
	unsigned int i;

	for (i = 0; i < run.samples; i++) {
		double part = (i + 1.0) / (run.samples + 1);
		struct stops *stops = &result->acall;

		state_renew(work);
		if (acall_stop(work, ours * part, &stops->values[stops->count]))
			stops->left[stops->count++] = ours * (1 - part);
		state_release(work);

		stops = &result->plain;
		state_renew(work);
		if (plain_stop(work, plain * part, &stops->values[stops->count]))
			stops->left[stops->count++] = plain * (1 - part);
		state_release(work);
	}
}

static void measure(struct result *result, acall_t *call)
{
	struct work work = { .c = result->c, .call = call };
	unsigned int round, i;

	state_begin(&work);
	/* In the first one modules are loaded and caches filled. */
	for (round = 0; round <= run.samples; round++) {
		for (i = 0; i < MAX_WAYS; i++) {
			unsigned int way = round % 2 ? MAX_WAYS - 1 - i : i;

			if (has_way(result->c, way))
				measure_way(result, &work, way, round);
		}
	}
	if (run.stops && result->c->gated)
		measure_stops(result, &work);
	state_end(&work);
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
	const struct file_case *c;

	for (c = file_cases; c->name; c++) {
		if (!is_chosen(c->name, globs))
			continue;
		if (run.count == MAX_CASES)
			die("more than %d cases", MAX_CASES);
		run.results[run.count++].c = c;
	}
	if (!run.count)
		die("no case has such a name; see --list");
}

static void list(void)
{
	unsigned int i;

	for (i = 0; i < run.count; i++)
		printf("%-16s %-6s %s\n", run.results[i].c->name,
		       place_name(run.results[i].c->place),
		       run.results[i].c->plain);
}

static const char help[] =
	"usage: bench_file [OPTION]... [CASE]...\n"
	"What work on files costs by acall, by the plain system calls, by these in a\n"
	"thread, and by programs. CASE: only cases with such names (globs).\n"
	"\n"
	"  --instructions  count instructions, not ns: in a guest of QEMU with -icount;\n"
	"                  then acall may take 1.05 times what the plain calls take\n"
	"  --gate          a missed target makes the exit status 1\n"
	"  --stops         also how long after CANCEL, and after SIGKILL, it ends\n"
	"  --json          JSON on standard output, the tables on standard error\n"
	"  --samples=N     of each way in turn (5)\n"
	"  --list          name, file system and plain system calls of the cases\n"
	"  --help          this\n"
	"\n"
	"Root only: it mounts images of its own, in $ACALL_BENCH_DIR, or else in\n"
	"$ACALL_DIR_TMPFS. Needs some 2 GiB of memory, or there.\n"
	"\n"
	"exit status: 0, 1 a target was missed, 2 something could not run or was wrong\n";

static acall_t *open_acall(void)
{
	acall_t *call;
	int ret = acall_create(ACALL_FILE_INTERFACE, 0, 0, &call);

	if (ret)
		die("no interface \"file\": %s (are the modules loaded?)",
		    strerror(-ret));
	return call;
}

static void measure_all(void)
{
	acall_t *call = open_acall();
	unsigned int i;

	/* Before the thread: they are to be seen by both. */
	places_begin();
	pool_begin();
	for (i = 0; i < run.count; i++) {
		fprintf(stderr, "%s ...\n", run.results[i].c->name);
		measure(&run.results[i], call);
	}
	acall_destroy(call);
	places_end();
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "instructions", no_argument, NULL, 'i' },
		{ "gate", no_argument, NULL, 'g' },
		{ "stops", no_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'j' },
		{ "samples", required_argument, NULL, 's' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	bool gate = false, json = false, only_list = false;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'i':
			run.instructions = true;
			break;
		case 'g':
			gate = true;
			break;
		case 't':
			run.stops = true;
			break;
		case 'j':
			json = true;
			break;
		case 's':
			run.samples = number(optarg, MAX_SAMPLES);
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
	if (run.instructions && run.stops)
		die("--stops is in ns: not with --instructions");
	units_begin(run.instructions);
	measure_all();

	print_tables(&run, json ? stderr : stdout);
	if (json)
		print_json(&run);
	if (fflush(stdout) || ferror(stdout))
		die("cannot write: %s", strerror(errno));
	return gate && count_missed(&run);
}
