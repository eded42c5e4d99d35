// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Memory for objects and calls. BEGIN may run in a signal handler that interrupted
 * malloc(3), so it comes from mmap(2), in powers of two, and what is freed is kept
 * for the next one of its size; what is large goes back.
 *
 * Owns the lists of free blocks; the engine's lock is held in every function.
 */
#include <string.h>
#include <sys/mman.h>
#include "threads.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define HIDE(_p, _n)	__asan_poison_memory_region(_p, _n)
#define SHOW(_p, _n)	__asan_unpoison_memory_region(_p, _n)
#else
#define HIDE(_p, _n)	((void)(_p), (void)(_n))
#define SHOW(_p, _n)	((void)(_p), (void)(_n))
#endif

#define SMALLEST	8		/* powers of two */
#define LARGEST		15
#define SLAB		(64UL << 10)

struct block {
	struct block *next;
};

static struct block *blocks[LARGEST - SMALLEST + 1];

static unsigned int power_of(size_t size)
{
	unsigned int power = SMALLEST;

	while ((size_t)1 << power < size)
		power++;
	return power;
}

static void *map(size_t size)
{
	int saved = errno;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	errno = saved;
	return memory == MAP_FAILED ? NULL : memory;
}

static void give_back(void *memory, unsigned int power)
{
	struct block *block = memory;
	struct block **head = &blocks[power - SMALLEST];

	block->next = *head;
	*head = block;
	HIDE((char *)memory + sizeof(*block),
	     ((size_t)1 << power) - sizeof(*block));
}

/* Zeroed; NULL = there is none. */
void *act_alloc(size_t size)
{
	unsigned int power = power_of(size);
	struct block **head, *block;
	size_t at;
	char *slab;

	if (power > LARGEST)
		return map(size);
	head = &blocks[power - SMALLEST];
	if (!*head) {
		slab = map(SLAB);
		if (!slab)
			return NULL;
		for (at = 0; at < SLAB; at += (size_t)1 << power)
			give_back(slab + at, power);
	}
	block = *head;
	*head = block->next;
	SHOW(block, (size_t)1 << power);
	return memset(block, 0, (size_t)1 << power);
}

void act_free(void *memory, size_t size)
{
	int saved = errno;

	if (!memory)
		return;
	if (power_of(size) > LARGEST)
		munmap(memory, size);
	else
		give_back(memory, power_of(size));
	errno = saved;
}
