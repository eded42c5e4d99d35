// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is new about a program: places in our modules that no program reached
 * before, by KCOV where the kernel has it, of the two threads and, by its remote
 * coverage, of the workers that executed their calls; and in any case (state,
 * operation, errno) triples, and which of them followed which.
 *
 * No lock: a thread writes its own last triple, counters are atomic, and KCOV's
 * areas are read when both threads wait.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcov.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define AREA		(64 << 10)	/* words */
#define NR_AREAS	(NR_THREADS + 1)
#define NR_STATES	7		/* any, none, then enum acall_state */
#define NR_ERRNOS	160
#define PCS		65536
#define MAX_MODULES	8

static uint64_t *areas[NR_AREAS];
static uint64_t pcs[PCS];
static unsigned int nr_pcs;

static uint32_t triples[NR_OPS][NR_STATES][NR_ERRNOS];
/* Which triples a thread had one after the other, as a bitmap of hashes. */
static uint8_t pairs[1 << 16];
static __thread uint32_t last;
static bool news;
static bool pairs_are_news = true;

static struct module {
	char name[64];
	uint64_t start;
	uint64_t end;
} modules[MAX_MODULES];

static void open_area(unsigned int nr)
{
	struct kcov_remote_arg remote = {
		.trace_mode = KCOV_TRACE_PC,
		.area_size = AREA,
		.common_handle = KCOV_SUBSYSTEM_COMMON | 1,
	};
	int fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	void *area;

	if (fd < 0)
		return;
	if (ioctl(fd, KCOV_INIT_TRACE, AREA))
		fault("KCOV_INIT_TRACE: %s", strerror(errno));
	area = mmap(NULL, AREA * sizeof(uint64_t), PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	if (area == MAP_FAILED)
		fault("KCOV's area: %s", strerror(errno));
	if (nr < NR_THREADS ? ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC) :
	    ioctl(fd, KCOV_REMOTE_ENABLE, &remote))
		fault("KCOV_ENABLE: %s", strerror(errno));
	areas[nr] = area;
}

/* The main thread's; what it makes inherits the handle for remote coverage. */
void cover_init(void)
{
	FILE *f = fopen("/proc/modules", "r");
	unsigned long long start;
	unsigned int i = 0, size;
	char name[64];

	open_area(NR_THREADS);
	while (f && i < MAX_MODULES &&
	       fscanf(f, "%63s %u %*d %*s %*s %llx%*[^\n]", name, &size,
		      &start) == 3) {
		if (strncmp(name, "acall", 5))
			continue;
		strcpy(modules[i].name, name);
		modules[i].start = start;
		modules[i++].end = start + size;
	}
	if (f)
		fclose(f);
}

/* For a corpus that is to be small. */
void cover_coarse(void)
{
	pairs_are_news = false;
}

void cover_thread(unsigned int thread)
{
	open_area(thread);
}

void cover_begin(void)
{
	unsigned int i;

	news = false;
	for (i = 0; i < NR_AREAS; i++)
		if (areas[i])
			__atomic_store_n(&areas[i][0], 0, __ATOMIC_RELAXED);
}

static void reached(uint64_t pc)
{
	unsigned int at = (pc * 0x9e3779b97f4a7c15ULL) >> 48;

	while (pcs[at] && pcs[at] != pc)
		at = (at + 1) % PCS;
	if (pcs[at] || nr_pcs > PCS / 2)
		return;
	pcs[at] = pc;
	nr_pcs++;
	news = true;
}

/* Was there anything new? */
bool cover_end(void)
{
	uint64_t n, i;
	unsigned int a;

	for (a = 0; a < NR_AREAS; a++) {
		if (!areas[a])
			continue;
		n = __atomic_load_n(&areas[a][0], __ATOMIC_RELAXED);
		for (i = 1; i <= n && i < AREA; i++)
			reached(areas[a][i]);
	}
	return news;
}

/* @state: -2 = others were at work, -1 = none. */
void cover_triple(unsigned int op, int state, int ret)
{
	uint32_t this, pair;

	if (state < -2 || state >= NR_STATES - 2 || -ret >= NR_ERRNOS)
		fault("%s in state %d gives %d", op_name(op), state, ret);
	this = (op * NR_STATES + state + 2) * NR_ERRNOS - ret;
	if (!__atomic_fetch_add(&triples[op][state + 2][-ret], 1,
				__ATOMIC_RELAXED))
		news |= pairs_are_news || state != -2;
	pair = (last * 31 + this) * 2654435761u >> 13;
	last = this;
	if (!(pairs[pair % sizeof(pairs)] & 1 << (pair >> 16 & 7))) {
		pairs[pair % sizeof(pairs)] |= 1 << (pair >> 16 & 7);
		news |= pairs_are_news;
	}
}

unsigned int cover_pcs(void)
{
	return nr_pcs;
}

/* Where a module is differs from guest to guest. */
static void report_pc(uint64_t pc, FILE *to)
{
	unsigned int i;

	for (i = 0; i < MAX_MODULES; i++)
		if (pc >= modules[i].start && pc < modules[i].end)
			fprintf(to, "pc %s %llx\n", modules[i].name,
				(unsigned long long)(pc - modules[i].start));
}

void cover_report(FILE *to)
{
	static const char * const states[] = {
		"any", "-", "IDLE", "QUEUED", "RUNNING", "CANCELLING", "DONE",
	};
	unsigned int op, state, error, i;

	_Static_assert(sizeof(states) / sizeof(*states) == NR_STATES, "states");
	for (op = 0; op < NR_OPS; op++)
		for (state = 0; state < NR_STATES; state++)
			for (error = 0; error < NR_ERRNOS; error++)
				if (triples[op][state][error])
					fprintf(to, "triple %s %s %s %u\n",
						op_name(op), states[state],
						error ? strerrorname_np(error) :
						"0",
						triples[op][state][error]);
	for (i = 0; i < PCS; i++)
		if (pcs[i])
			report_pc(pcs[i], to);
}
