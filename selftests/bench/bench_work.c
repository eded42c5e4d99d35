// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_work: what real work costs, not no-ops: digests and copies of many files,
 * through a call queue, in a pool of threads, and by sha256sum or cp.
 *
 * Each is also done with a part of the files cancelled at random, and with 10 to
 * 10,000 files, to see how the cost grows. All that is done is checked: digests
 * are compared with sha256sum's, copies byte by byte, and what was cancelled has
 * to be what its outcome says. Only a wrong result makes the exit status 1; how
 * long it took is reported, and never judged.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "jobs/jobs.h"

#define PERCENT		10

static const struct form forms[] = {
	{ "tool", run_tool, 0, false },		/* first: the reference */
	{ "queue", run_queue, 0, true },
	{ "pool_1", run_pool, 1, true },
	{ "pool_4", run_pool, 4, true },
};

static struct set sets[] = {
	{ .kind = HASH, .count = 10, .wanted = 64 * KIB },
	{ .kind = HASH, .count = 100, .wanted = 64 * KIB },
	{ .kind = HASH, .count = 1000, .wanted = 64 * KIB,
	  .percent = PERCENT },
	{ .kind = HASH, .count = 10000, .wanted = 64 * KIB },
	{ .kind = COPY, .count = 10, .wanted = 64 * KIB },
	{ .kind = COPY, .count = 100, .wanted = 64 * KIB },
	{ .kind = COPY, .count = 200, .wanted = MIB, .percent = PERCENT },
	{ .kind = COPY, .count = 1000, .wanted = 64 * KIB },
	{ .kind = COPY, .count = 10000, .wanted = 64 * KIB },
};

static struct digest reference[MAX_FILES];
static unsigned int repetitions = 3;

static void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("no memory");
	return p;
}

static void add_run(struct set *set, const struct form *form,
		    unsigned int percent)
{
	struct run *run = &set->runs[set->nr_runs++];

	run->form = form;
	run->percent = percent;
}

static void plan(struct set *set)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(forms); i++)
		add_run(set, &forms[i], 0);
	for (i = 0; set->percent && i < ARRAY_SIZE(forms); i++)
		if (forms[i].cancels)
			add_run(set, &forms[i], set->percent);
}

/* As large as wanted, or half of that until there is room. */
static void fit(struct work *work, struct set *set)
{
	__u64 room = files_room(work) / (set->kind == COPY ? 2 : 1);

	set->bytes = set->wanted;
	while (set->bytes > 4 * KIB && set->bytes * set->count > room)
		set->bytes /= 2;
	if (set->bytes * set->count > room)
		die("there is no room for %u files", set->count);
}

/* Returns whether all is right. */
static bool measure_set(struct work *work, struct set *set, unsigned int times)
{
	unsigned int repetition, i;
	bool good = true;

	fit(work, set);
	work->kind = set->kind;
	work->count = set->count;
	work->bytes = set->bytes;
	files_make(work);
	for (repetition = 0; repetition < times; repetition++)
		for (i = 0; i < set->nr_runs; i++)
			good &= measure(work, &set->runs[i], reference);
	files_remove(work);
	return good;
}

/* Programs, modules and algorithms are there afterwards. */
static bool warm_up(struct work *work)
{
	static struct set warm[] = {
		{ .kind = HASH, .count = 10, .wanted = 64 * KIB },
		{ .kind = COPY, .count = 10, .wanted = 64 * KIB },
	};
	bool good = true;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(warm); i++) {
		plan(&warm[i]);
		good &= measure_set(work, &warm[i], 1);
	}
	return good;
}

static bool measure_all(struct work *work, unsigned int n)
{
	bool good = warm_up(work);
	unsigned int i;

	for (i = 0; i < n; i++) {
		fprintf(stderr, "%s of %u files of %llu KiB ...\n",
			sets[i].kind == HASH ? "hash" : "copy", sets[i].count,
			(unsigned long long)sets[i].wanted / KIB);
		plan(&sets[i]);
		good &= measure_set(work, &sets[i], repetitions);
	}
	return good;
}

/* Leaves out sets of more files; returns how many there are. */
static unsigned int keep_up_to(unsigned int largest)
{
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(sets); i++)
		if (sets[i].count <= largest)
			sets[n++] = sets[i];
	return n;
}

static const char help[] =
	"usage: bench_work [OPTION]...\n"
	"What digests and copies of many files cost, through a call queue of\n"
	"acall, in pools of threads, and by sha256sum and cp.\n"
	"\n"
	"  --json           JSON on standard output, the tables on standard\n"
	"                   error\n"
	"  --repetitions=N  of all forms in turn (3)\n"
	"  --largest=N      no sets of more files (10000)\n"
	"  --dir=DIR        where the files are to be ($ACALL_DIR_TMPFS)\n"
	"  --help           this\n"
	"\n"
	"exit status: 0, 1 a result was wrong, 2 something could not run\n";

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "repetitions", required_argument, NULL, 'r' },
		{ "largest", required_argument, NULL, 'l' },
		{ "dir", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	const char *dir = getenv("ACALL_DIR_TMPFS");
	unsigned int largest = MAX_FILES, n;
	bool json = false, good;
	struct work work = { 0 };
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			json = true;
			break;
		case 'r':
			repetitions = number(optarg, MAX_REPETITIONS);
			break;
		case 'l':
			largest = number(optarg, MAX_FILES);
			break;
		case 'd':
			dir = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return 2;
		}
	}
	if (optind < argc)
		die("what is %s? See --help", argv[optind]);
	if (!dir)
		die("ACALL_DIR_TMPFS is not set; see --help");
	n = keep_up_to(largest);
	work.jobs = shared(MAX_FILES * sizeof(*work.jobs));
	work.order = shared(MAX_FILES * sizeof(*work.order));
	work.spent = shared(sizeof(*work.spent));
	files_begin(dir, &work);
	good = measure_all(&work, n);
	files_end(&work);

	print_tables(sets, n, repetitions, json ? stderr : stdout);
	if (json)
		print_json(sets, n, repetitions);
	if (fflush(stdout) || ferror(stdout))
		die("cannot write: %s", strerror(errno));
	return good ? 0 : 1;
}
