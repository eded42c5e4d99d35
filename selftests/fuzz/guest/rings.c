// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory that queues share with us: what an ENTER finds there, good or
 * spoilt, and what it has left there.
 *
 * No lock: two threads at the same rings is a program that does so, of which the
 * kernel must think nothing. What we know of the rings may then be wrong, and so
 * nothing is held against the kernel unless one thread is alone, and has not
 * written what is the kernel's. A mapping is used by whoever has seen it in a
 * slot; so it goes at once, or is put aside until nobody is at work.
 */
#include "fuzz.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FILL_MOST	16	/* entries for an ENTER */

struct rings {
	char *map;
	size_t size;
	struct acall_ring *ring;
	struct acall_submission *submissions;
	struct acall_completion *completions;
	uint32_t nr_submissions, nr_completions;
	uint32_t tail, taken;	/* of submissions: ours, the kernel's */
	uint32_t head, good;	/* of completions, and when it was last good */
	bool spoilt;
	struct rings *next;	/* that were put aside */
};

static struct rings *aside;

static bool is_power(uint32_t n)
{
	return n && !(n & (n - 1));
}

/* Return: the rings of the queue @fd, which is closed if they cannot be had. */
struct rings *rings_map(int fd, const void *create)
{
	const struct acall_create_queue *c = create;
	uint64_t submissions = c->submission_offset +
			       (uint64_t)c->entries *
			       sizeof(struct acall_submission);
	uint64_t completions = c->completion_offset +
			       (uint64_t)c->completions *
			       sizeof(struct acall_completion);
	struct rings *rings = calloc(1, sizeof(*rings));

	if (!is_power(c->entries) || c->entries > ACALL_MAX_ENTRIES ||
	    !is_power(c->completions) || c->completions < c->slots ||
	    (c->submission_offset | c->completion_offset) % 8 ||
	    c->submission_offset < sizeof(struct acall_ring) ||
	    c->completion_offset < sizeof(struct acall_ring) ||
	    submissions > c->map_size || completions > c->map_size)
		fault("rings of %u and %u entries at %llu and %llu of %llu",
		      c->entries, c->completions, c->submission_offset,
		      c->completion_offset, c->map_size);
	if (!rings)
		fault("no memory");
	rings->size = c->map_size;
	rings->map = mmap(NULL, rings->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			  fd, 0);
	if (rings->map == MAP_FAILED)
		fault("no mapping of a queue: %s", strerror(errno));
	rings->ring = (void *)rings->map;
	rings->submissions = (void *)(rings->map + c->submission_offset);
	rings->completions = (void *)(rings->map + c->completion_offset);
	rings->nr_submissions = c->entries;
	rings->nr_completions = c->completions;
	return rings;
}

/*
 * Return: the same of another descriptor of that queue; NULL if it is none, or, but
 * if we are @alone, of something else that came into its slot meanwhile.
 */
struct rings *rings_again(struct rings *of, int fd, bool alone)
{
	struct rings *rings;
	char *map;

	if (!of || fd < 0)
		return NULL;
	map = mmap(NULL, of->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED && !alone && (errno == EINVAL || errno == ENODEV))
		return NULL;
	rings = malloc(sizeof(*rings));
	if (map == MAP_FAILED || !rings)
		fault("no second mapping: %s", strerror(errno));
	/* From now on each is moved by the other too. */
	of->spoilt = true;
	*rings = *of;
	rings->map = map;
	rings->ring = (void *)map;
	rings->submissions = (void *)(map + ((char *)of->submissions - of->map));
	rings->completions = (void *)(map + ((char *)of->completions - of->map));
	return rings;
}

static void unmap(struct rings *rings)
{
	munmap(rings->map, rings->size);
	free(rings);
}

void rings_drop(struct rings *rings, bool now)
{
	if (!rings)
		return;
	if (now) {
		unmap(rings);
		return;
	}
	rings->next = __atomic_load_n(&aside, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&aside, &rings->next, rings, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
}

/* What was put aside; nobody is at work. */
void rings_free(void)
{
	struct rings *rings, *next;

	for (rings = aside; rings; rings = next) {
		next = rings->next;
		unmap(rings);
	}
	aside = NULL;
}

/*
 * An entry has no words of its own in a program: mostly plain ones, and by the
 * instruction's seventh word others. So what a mutation changes is not all.
 */
static struct insn words_of(const struct insn *insn, uint32_t nr)
{
	struct dice dice = { insn->words[7] + nr };
	struct insn entry = *insn;
	unsigned int w;

	for (w = 0; w < INPUT_AT; w++)
		entry.words[w] = !insn->words[7] || roll(&dice, 6) ? 0 :
				 roll(&dice, 0xffffffff);
	entry.words[1] = insn->words[1];
	return entry;
}

/*
 * What these return is what they are told, and the kernel warns of what no provider
 * may return; with the input of another method, or none, that may be anything.
 */
static void tell_result(struct acall_submission *entry)
{
	switch (entry->method) {
	case ACALL_TEST_FAIL:
	case ACALL_TEST_INLINE_FAIL:
	case ACALL_TEST_RESULT:
		entry->method = ACALL_TEST_NOP;
		break;
	}
}

/* Mostly no deadline without its flag, and only one input. */
static void fill_entry(struct rings *rings, const struct insn *insn,
		       const struct scene *scene, struct memory *memory)
{
	uint32_t nr = rings->tail % rings->nr_submissions;
	struct acall_submission *entry = &rings->submissions[nr];
	unsigned int size = values_method(insn, scene)->in.size;
	struct insn words = words_of(insn, rings->tail);

	values_structure(&words, &shape_submission, scene, memory,
			 (char *)entry);
	if (insn->words[11] % 2 == rings->tail % 2)
		entry->flags |= ACALL_BEGIN_INLINE;
	memcpy(entry->bytes, memory->in, sizeof(entry->bytes));
	tell_result(entry);
	if (words.words[INPUT_AT - 2] % 16 == 15)
		return;
	if (size > sizeof(entry->bytes))
		entry->flags &= ~ACALL_BEGIN_INLINE;
	if (entry->flags & ACALL_BEGIN_INLINE)
		entry->in = 0;
	if (!(entry->flags & ACALL_BEGIN_DEADLINE)) {
		entry->deadline = 0;
		entry->grace_ns = 0;
	}
	tell_result(entry);
}

/* Where the rings stand, or whatever else is there, as if by accident. */
static void spoil(struct rings *rings, uint32_t word)
{
	struct acall_ring *ring = rings->ring;
	uint32_t *marks[] = {
		&ring->submission_tail, &ring->completion_head,
		&ring->submission_head, &ring->completion_tail,
	};
	uint32_t *at = marks[word % 4], was = *at;
	uint32_t values[] = {
		was + 1, was - 1, was + rings->nr_completions, 0,
		was + rings->nr_submissions + 1, UINT32_MAX, word,
		was ^ 1u << 31,
	};

	rings->spoilt = true;
	/* But for the entries: tell_result(). */
	if ((word >> 2) % 4 == 3)
		*(uint32_t *)((word >> 4) % 2 ? (char *)rings->ring +
			      (word >> 5) % sizeof(*ring) / 4 * 4 :
			      (char *)rings->completions +
			      (word >> 5) % rings->nr_completions *
			      sizeof(*rings->completions)) = word;
	else
		__atomic_store_n(at, values[(word >> 4) % 8], __ATOMIC_RELEASE);
}

static void fill_cancels(const struct insn *insn, const struct scene *scene,
			 struct memory *memory)
{
	unsigned int i;

	for (i = 0; i < NR_CANCELS; i++) {
		struct insn words = words_of(insn, ~i);

		/* Which one is a choice in any case. */
		words.words[0] = insn->words[12] + i;
		values_structure(&words, &shape_enter_cancel, scene, memory,
				 (char *)&memory->cancels[i]);
		if (memory->cancels[i].flags & ACALL_CANCEL_ABANDON)
			memory->cancels[i].grace_ns = 0;
	}
}

/*
 * Before the ENTER that is in @memory. What it begins is filled, unless the
 * instruction's words say otherwise: [7] is what is in the entries, [8] how many
 * there are, [9] what is spoilt, [11] where the input is, [12] what is cancelled.
 */
void rings_fill(const struct insn *insn, const struct scene *scene,
		struct memory *memory)
{
	const struct acall_enter *enter = (const void *)memory->args;
	struct rings *rings = scene->rings[insn->slot];
	uint32_t n = enter->begin, room;

	fill_cancels(insn, scene, memory);
	if (!rings)
		return;
	if (insn->words[8])
		n = insn->words[8];
	room = rings->nr_submissions - (rings->tail - rings->taken);
	if (room > rings->nr_submissions)
		room = 0;
	n %= FILL_MOST;
	for (n = n < room ? n : room; n; n--, rings->tail++)
		fill_entry(rings, insn, scene, memory);
	__atomic_store_n(&rings->ring->submission_tail, rings->tail,
			 __ATOMIC_RELEASE);
	__atomic_store_n(&rings->ring->completion_head, rings->head,
			 __ATOMIC_RELEASE);
	if (insn->words[9])
		spoil(rings, insn->words[9]);
}

/* As long as it is a handle; old ones stay in the others' places. */
static void note(struct scene *scene, unsigned int slot, uint64_t handle)
{
	scene->ids[slot] = handle;
	scene->handles[slot][handle % NR_HANDLES] = handle;
}

static void read_entries(struct rings *rings, const struct insn *insn,
			 struct scene *scene, const struct acall_enter *enter,
			 bool sure)
{
	uint32_t begun = 0, i;

	for (i = 0; i < enter->taken && i < rings->nr_submissions; i++) {
		uint32_t at = (rings->taken + i) % rings->nr_submissions;
		struct acall_submission entry = rings->submissions[at];

		if (!entry.error) {
			note(scene, insn->slot, entry.handle);
			begun++;
		}
		if (sure && (entry.error > 0 || entry.error < -4095))
			fault("an entry has error %d", entry.error);
		if (sure && !entry.error && !entry.handle)
			fault("a call has no handle");
	}
	if (sure && begun != enter->begun)
		fault("%u were begun, %u entries say so", enter->begun, begun);
}

static void read_completions(struct rings *rings, const struct insn *insn,
			     uint32_t n, bool sure)
{
	for (; n; n--, rings->head++) {
		uint32_t at = rings->head % rings->nr_completions;
		struct acall_completion done = rings->completions[at];

		if (sure && !done.handle)
			fault("a completion has no handle");
		if (sure)
			check_result(insn->slot, done.handle, done.status,
				     done.outcome);
	}
}

/* It may be for where the rings stand that nothing was done. */
static void stand_again(struct rings *rings)
{
	if (!rings->spoilt) {
		rings->head = rings->good;
		return;
	}
	rings->taken = __atomic_load_n(&rings->ring->submission_head,
				       __ATOMIC_ACQUIRE);
	rings->tail = rings->taken;
	rings->head = __atomic_load_n(&rings->ring->completion_tail,
				      __ATOMIC_ACQUIRE);
}

/*
 * After the ENTER that is in @memory: keeps its handles, and reads, mostly all
 * completions; [10] says how many. @sure: nobody else is at work.
 * Return: how many calls were begun.
 */
unsigned int rings_entered(const struct insn *insn, struct scene *scene,
			   const struct memory *memory, int ret, bool sure)
{
	const struct acall_enter *enter = (const void *)memory->args;
	struct rings *rings = scene->rings[insn->slot];
	uint32_t unread, some[4];

	if (!rings)
		return 0;
	if (ret == -EINVAL) {
		stand_again(rings);
		return 0;
	}
	/* Fields that were not written are 0. */
	sure = sure && !rings->spoilt;
	unread = __atomic_load_n(&rings->ring->completion_tail,
				 __ATOMIC_ACQUIRE) - rings->head;
	if (sure && (enter->taken > enter->begin ||
		     enter->begun > enter->taken || enter->error > 0 ||
		     unread > rings->nr_completions))
		fault("ENTER of %u took %u, began %u, error %d, %u unread",
		      enter->begin, enter->taken, enter->begun, enter->error,
		      unread);
	if (sure && !ret && unread < enter->wait)
		fault("ENTER waited for %u, %u are there", enter->wait, unread);
	read_entries(rings, insn, scene, enter, sure);
	rings->taken += enter->taken;
	/* More than we know to have filled: it was told so. */
	if ((int32_t)(rings->tail - rings->taken) < 0)
		rings->tail = rings->taken;
	rings->good = rings->head;
	if (unread > rings->nr_completions)
		return enter->begun;
	some[0] = unread;
	some[1] = 0;
	some[2] = unread > 0;
	some[3] = unread / 2;
	read_completions(rings, insn, some[insn->words[10] % 4], sure);
	return enter->begun;
}

static uint32_t unread(const struct rings *rings)
{
	return __atomic_load_n(&rings->ring->completion_tail,
			       __ATOMIC_ACQUIRE) -
	       __atomic_load_n(&rings->ring->completion_head, __ATOMIC_RELAXED);
}

/* POLLIN says that there are completions. */
void rings_poll(struct rings *rings, int fd, bool sure)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	uint32_t before = unread(rings), after;

	poll(&p, 1, 0);
	after = unread(rings);
	if (sure && !rings->spoilt && before == after &&
	    !!before != !!(p.revents & POLLIN))
		fault("poll of a queue gives %#x with %u unread", p.revents,
		      before);
}
