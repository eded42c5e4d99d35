// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_guest [--seconds N] [--programs N] [--seed N] [--disk FILE] [--replay N]
 *	[--select 1]
 *
 * Makes programs, executes them and keeps those that did something new. With
 * --disk, a block device that is a file of the host: the corpus is read from its
 * beginning; what is kept is written behind it at once; and a ring tells, before
 * they are executed, which programs come. So after a panic the host has the
 * programs that led to it. --replay executes what is at the beginning of the disk
 * N times in order, and nothing else; --select executes it once and keeps only
 * what did something new.
 *
 * One thread; execute.c has those that do the work.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MEGA		1048576
#define IN_SIZE		(4 * MEGA)	/* the host's: text, then a NUL */
#define OUT_AT		(4 * MEGA)	/* finds, each of whole sectors */
#define OUT_END		(12 * MEGA)
#define RING_AT		(12 * MEGA)
#define RING_SLOTS	64
#define SLOT		16384
#define SECTOR		512
#define BATCH		(SLOT / TEXT_MAX - 1)
#define CORPUS_MAX	8192

static struct program *corpus;
static unsigned int nr_corpus, nr_seeds;
static int disk = -1;
static off_t out_at = OUT_AT;
static unsigned long long done, counted, kicked;
static struct program batch[BATCH];

static void report(void)
{
	printf("programs %llu counted %llu interrupted %llu corpus %u new %u pcs %u\n",
	       done, counted, kicked, nr_corpus, nr_corpus - nr_seeds,
	       cover_pcs());
	cover_report(stdout);
	fflush(stdout);
}

/* What happened, and to whom; the ring has the rest. */
void fault(const char *format, ...)
{
	char text[BATCH * TEXT_MAX];
	unsigned int i;
	va_list args;

	va_start(args, format);
	fputs("broken ", stdout);
	vprintf(format, args);
	printf("\n");
	va_end(args);
	for (i = 0; i < BATCH; i++) {
		program_print(&batch[i], text, sizeof(text));
		printf("%s", text);
	}
	report();
	_exit(1);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static char *sectors(size_t size)
{
	char *p = aligned_alloc(4096, size);

	if (!p)
		fault("no memory");
	memset(p, 0, size);
	return p;
}

static void write_at(const char *from, size_t size, off_t at)
{
	if (pwrite(disk, from, size, at) != (ssize_t)size)
		fault("cannot write to the disk: %s", strerror(errno));
}

/* It leaves the guest at once. */
static void keep(const struct program *p)
{
	static char *text;
	size_t size;

	if (nr_corpus == CORPUS_MAX)
		return;
	corpus[nr_corpus++] = *p;
	if (disk < 0)
		return;
	text = text ?: sectors(TEXT_MAX);
	memset(text, 0, TEXT_MAX);
	size = program_print(p, text, TEXT_MAX);
	size = (size + SECTOR - 1) / SECTOR * SECTOR;
	if (out_at + (off_t)size > OUT_END)
		return;
	write_at(text, size, out_at);
	out_at += size;
}

/* Tells the host what is going to be executed. */
static void announce(void)
{
	static unsigned long long nr;
	static char *slot;
	unsigned int i;
	int at;

	if (disk < 0)
		return;
	slot = slot ?: sectors(SLOT);
	memset(slot, 0, SLOT);
	at = snprintf(slot, SLOT, "# batch %llu\n", ++nr);
	for (i = 0; i < BATCH; i++)
		at += program_print(&batch[i], slot + at, SLOT - at);
	write_at(slot, SLOT, RING_AT + nr % RING_SLOTS * SLOT);
}

static char *read_disk(const char *path)
{
	char *text = sectors(IN_SIZE + SECTOR);

	disk = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	/* A file system of the host's, which has it at once anyhow. */
	if (disk < 0 && errno == EINVAL)
		disk = open(path, O_RDWR | O_CLOEXEC);
	if (disk < 0 || pread(disk, text, IN_SIZE, 0) != IN_SIZE)
		fault("cannot read %s: %s", path, strerror(errno));
	return text;
}

static void run(const struct program *p, bool wanted)
{
	struct verdict verdict;

	cover_begin();
	execute(p, &verdict);
	done++;
	counted += verdict.begun > 0;
	kicked += verdict.kicked;
	/* What had to be interrupted is not the program's alone. */
	if (cover_end() && wanted)
		keep(p);
}

static void fuzz(struct dice *dice, double until, unsigned long long programs)
{
	unsigned int i;

	while (seconds() < until || counted < programs) {
		for (i = 0; i < BATCH; i++) {
			if (!nr_corpus || !roll(dice, 8)) {
				program_random(&batch[i], dice);
				continue;
			}
			batch[i] = corpus[roll(dice, nr_corpus)];
			program_mutate(&batch[i],
				       &corpus[roll(dice, nr_corpus)], dice);
		}
		announce();
		for (i = 0; i < BATCH; i++)
			run(&batch[i], true);
	}
}

int main(int argc, char **argv)
{
	unsigned long long programs = 0, replay = 0, r;
	bool select = false;
	double until, last = 30;
	struct dice dice = { 1 };
	const char *text = "";
	unsigned int i;
	int ret;

	for (i = 1; i + 1 < (unsigned int)argc; i += 2) {
		if (!strcmp(argv[i], "--seconds"))
			last = atof(argv[i + 1]);
		else if (!strcmp(argv[i], "--programs"))
			programs = strtoull(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--seed"))
			dice.state = strtoull(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--disk"))
			text = read_disk(argv[i + 1]);
		else if (!strcmp(argv[i], "--replay"))
			replay = strtoull(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--select"))
			select = atoi(argv[i + 1]);
	}
	corpus = calloc(CORPUS_MAX, sizeof(*corpus));
	if (!corpus)
		fault("no memory");
	cover_init();
	if (select)
		cover_coarse();
	ret = execute_init();
	if (ret)
		fault("cannot begin: %s", strerror(-ret));
	while (nr_corpus < CORPUS_MAX &&
	       (text = program_parse(&corpus[nr_corpus], text)))
		nr_corpus++;
	nr_seeds = nr_corpus;
	until = seconds() + last;
	for (r = 0; r < (replay ?: 1); r++)
		for (i = 0; i < nr_seeds; i++) {
			batch[0] = corpus[i];
			if (!r)
				announce();
			run(&corpus[i], select);
		}
	if (!replay && !select)
		fuzz(&dice, until, programs);
	report();
	return 0;
}
