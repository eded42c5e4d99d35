// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_guest [--seconds N] [--programs N] [--seed N] [--shared pci|FILE]
 *	[--replay N] [--select 1]
 * fuzz_guest --shared FILE --last N
 *
 * Makes programs, executes them and keeps those that did something new. With
 * --shared, memory that is a file of the host (a PCI device, or a file that is
 * mapped): the corpus is read from its beginning; what is kept is written behind
 * it at once; and a ring tells, before it is executed, which program comes. So
 * after a panic the host has the programs that led to it, and --last writes the
 * last N of them. --replay executes what is at the beginning of the memory N times
 * in order, and nothing else; --select executes it once and keeps only what did
 * something new.
 *
 * What is here belongs to one thread; execute.c has the others.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MEGA		1048576
#define CORPUS_MAX	8192
#define RING_SLOTS	512

static struct shared {
	char in[4 * MEGA];		/* the host's: text, then a NUL */
	char out[8 * MEGA];		/* finds, one after the other */
	struct slot {
		uint64_t nr;		/* 0 = nothing is here */
		struct program program;
	} ring[RING_SLOTS];
} *shared;

static struct program *corpus;
static bool begins[CORPUS_MAX];		/* had a BEGIN that was accepted */
static unsigned int nr_corpus, nr_seeds;
static size_t out_at;
static unsigned long long done, counted, kicked;
static struct program current;

static unsigned long long programs, replay;
static double duration = 30;
static struct dice dice = { 1 };
static bool selecting;

static double seconds(void)
{
	return now_ns() / 1e9;
}

static void report(void)
{
	printf("figures programs %llu counted %llu interrupted %llu corpus %u new %u pcs %u\n",
	       done, counted, kicked, nr_corpus, nr_corpus - nr_seeds,
	       cover_pcs());
	cover_report(stdout);
	fflush(stdout);
}

static void print(const struct program *p)
{
	char text[TEXT_MAX];

	program_print(p, text, sizeof(text));
	fputs(text, stdout);
}

/* What happened, and to whom; the ring has the rest. */
void fault(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("broken ", stdout);
	vprintf(format, args);
	printf("\n");
	va_end(args);
	print(&current);
	report();
	_exit(1);
}

/* It leaves the guest at once. */
static void keep(const struct program *p, bool begun)
{
	char text[TEXT_MAX];
	size_t size;

	if (nr_corpus == CORPUS_MAX)
		return;
	begins[nr_corpus] = begun;
	corpus[nr_corpus++] = *p;
	if (!shared)
		return;
	size = program_print(p, text, sizeof(text));
	if (out_at + size > sizeof(shared->out))
		return;
	memcpy(&shared->out[out_at], text, size);
	out_at += size;
}

/* Tells the host what is going to be executed. */
static void announce(const struct program *p)
{
	static uint64_t nr;
	struct slot *slot;

	current = *p;
	if (!shared)
		return;
	slot = &shared->ring[++nr % RING_SLOTS];
	__atomic_store_n(&slot->nr, 0, __ATOMIC_RELEASE);
	slot->program = *p;
	__atomic_store_n(&slot->nr, nr, __ATOMIC_RELEASE);
}

/* The memory that a device of QEMU's, 1af4:1110, has for us. */
static int open_device(void)
{
	char path[256], id[16];
	glob_t found;
	size_t i;
	FILE *f;
	int fd = -1;

	glob("/sys/bus/pci/devices/*/device", 0, NULL, &found);
	for (i = 0; i < found.gl_pathc && fd < 0; i++) {
		f = fopen(found.gl_pathv[i], "r");
		if (f && fgets(id, sizeof(id), f) && !strcmp(id, "0x1110\n")) {
			snprintf(path, sizeof(path), "%.*s/resource2",
				 (int)strlen(found.gl_pathv[i]) - 7,
				 found.gl_pathv[i]);
			fd = open(path, O_RDWR | O_CLOEXEC);
		}
		if (f)
			fclose(f);
	}
	globfree(&found);
	return fd;
}

static struct shared *map(const char *path)
{
	int fd = strcmp(path, "pci") ? open(path, O_RDWR | O_CLOEXEC) :
				       open_device();
	void *p = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		       MAP_SHARED, fd, 0);

	_Static_assert(sizeof(*shared) <= 16 * MEGA, "shared memory");
	if (p == MAP_FAILED)
		fault("no shared memory %s: %s", path, strerror(errno));
	return p;
}

static void print_last(unsigned int n)
{
	uint64_t last = 0, nr;
	unsigned int i;

	for (i = 0; i < RING_SLOTS; i++)
		if (shared->ring[i].nr > last)
			last = shared->ring[i].nr;
	for (nr = last > n ? last - n + 1 : 1; nr <= last; nr++)
		if (shared->ring[nr % RING_SLOTS].nr == nr)
			print(&shared->ring[nr % RING_SLOTS].program);
}

/* Return: did it begin a call? */
static bool run(const struct program *p, bool wanted)
{
	struct verdict verdict;

	announce(p);
	cover_begin();
	execute(p, &verdict);
	done++;
	counted += verdict.begun > 0;
	kicked += verdict.kicked > 0;
	if (cover_end() && wanted)
		keep(p, verdict.begun);
	return verdict.begun;
}

/* What did not come to a call is taken less often. */
static const struct program *parent(void)
{
	unsigned int tries = 3, i;

	do
		i = roll(&dice, nr_corpus);
	while (!begins[i] && --tries);
	return &corpus[i];
}

static void fuzz(double until)
{
	static struct program p;

	while (seconds() < until || counted < programs) {
		if (!nr_corpus || !roll(&dice, 8)) {
			program_random(&p, &dice);
		} else {
			p = *parent();
			program_mutate(&p, parent(), &dice);
		}
		run(&p, true);
	}
}

static int work(void)
{
	double until = seconds() + duration;
	unsigned long long r;
	unsigned int i;

	for (r = 0; r < (replay ?: 1); r++)
		for (i = 0; i < nr_seeds; i++)
			begins[i] = run(&corpus[i], selecting);
	if (!replay && !selecting)
		fuzz(until);
	report();
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int i, last = 0;
	const char *text = "";

	for (i = 1; i + 1 < (unsigned int)argc; i += 2) {
		if (!strcmp(argv[i], "--seconds"))
			duration = atof(argv[i + 1]);
		else if (!strcmp(argv[i], "--programs"))
			programs = strtoull(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--seed"))
			dice.state = strtoull(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--shared"))
			shared = map(argv[i + 1]);
		else if (!strcmp(argv[i], "--replay"))
			replay = strtoull(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--select"))
			selecting = atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--last"))
			last = atoi(argv[i + 1]);
	}
	if (last && shared) {
		print_last(last);
		return 0;
	}
	corpus = calloc(CORPUS_MAX, sizeof(*corpus));
	if (!corpus)
		fault("no memory");
	if (shared)
		text = shared->in;
	while (nr_corpus < CORPUS_MAX &&
	       (text = program_parse(&corpus[nr_corpus], text)))
		nr_corpus++;
	nr_seeds = nr_corpus;
	cover_init();
	if (selecting)
		cover_coarse();
	return execute_in(work);
}
