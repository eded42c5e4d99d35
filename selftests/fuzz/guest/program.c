// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs: made at random, changed, written and read. The text has a line for
 * each instruction, "THREAD OPERATION SLOT [WORD=VALUE]..." in hexadecimal, words
 * that are 0 left out, and an empty line behind the last. Pure; no lock.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static const char * const more_names[] = {
	"close", "dup", "poll", "fdinfo", "control", "unknown",
};

/* Words of 32 that are plain, of what is to be tried, and of what it needs. */
#define MIXED	20
#define PLAIN	29

const char *op_name(unsigned int op)
{
	return op < NR_OPS ? grammar_ops[op].name : more_names[op - NR_OPS];
}

/* A linear congruential generator is enough, and is the same everywhere. */
uint32_t roll(struct dice *dice, uint32_t sides)
{
	dice->state = dice->state * 6364136223846793005ULL +
		      1442695040888963407ULL;
	return (uint32_t)(dice->state >> 33) % sides;
}

/* The path through a call's life more often than its side roads. */
static unsigned int random_op(struct dice *dice)
{
	static const char often[] = {
		/* In the order of ops_device.h, ops_object.h, ops_queue.h. */
		1, 1, 1, 2, 2, 2, 2, 2,
		12, 5, 8, 8, 3, 4,
		1, 2, 2, 1, 12, 2,
		3, 2, 2, 1, 8, 1,
	};
	unsigned int op, sum = 0, n;

	_Static_assert(sizeof(often) == NR_ALL_OPS, "often");
	for (op = 0; op < NR_ALL_OPS; op++)
		sum += often[op];
	n = roll(dice, sum);
	for (op = 0; n >= (unsigned int)often[op]; op++)
		n -= often[op];
	return op;
}

/* In @plain of 32 cases the plain choice. */
static uint32_t random_word(struct dice *dice, unsigned int plain)
{
	if (roll(dice, 32) < plain)
		return 0;
	return roll(dice, 2) ? roll(dice, 256) : roll(dice, 0xffffffff);
}

static void random_insn(struct insn *insn, struct dice *dice,
			unsigned int threads, unsigned int plain)
{
	unsigned int i;

	insn->thread = roll(dice, threads);
	insn->op = random_op(dice);
	insn->slot = roll(dice, 4) ? 0 : roll(dice, NR_SLOTS);
	for (i = 0; i < WORDS; i++)
		insn->words[i] = random_word(dice, plain);
	/* A method and who meets it are a choice in any case. */
	insn->words[1] = roll(dice, 0xffffffff);
}

static unsigned int op_of(const char *name)
{
	unsigned int op;

	for (op = 0; op < NR_ALL_OPS; op++)
		if (!strcmp(name, op_name(op)))
			break;
	return op;
}

void program_random(struct program *p, struct dice *dice)
{
	unsigned int i, threads = 1 + !roll(dice, 3);
	bool queue = !roll(dice, 3);

	memset(p, 0, sizeof(*p));
	p->nr = 3 + roll(dice, MAX_INSNS - 2);
	for (i = 0; i < p->nr; i++)
		random_insn(&p->insns[i], dice, threads,
			    i < 2 ? PLAIN : MIXED);
	/* Without an object and a call nothing of interest follows. */
	p->insns[0].thread = 0;
	p->insns[0].op = op_of(queue ? "CREATE_QUEUE" : "CREATE");
	p->insns[0].slot = 0;
	p->insns[1].op = op_of(queue ? "ENTER" : "BEGIN");
	p->insns[1].slot = 0;
}

static void mutate_insn(struct insn *insn, struct dice *dice)
{
	switch (roll(dice, 8)) {
	case 0:
		insn->thread = roll(dice, NR_THREADS);
		break;
	case 1:
		insn->slot = roll(dice, NR_SLOTS);
		break;
	case 2:
		insn->op = random_op(dice);
		break;
	case 3:
		insn->words[roll(dice, WORDS)] ^= 1u << roll(dice, 32);
		break;
	default:
		insn->words[roll(dice, WORDS)] = random_word(dice, MIXED);
		break;
	}
}

void program_mutate(struct program *p, const struct program *other,
		    struct dice *dice)
{
	unsigned int times = 1 + roll(dice, 4), at, from;

	while (times--) {
		at = roll(dice, p->nr);
		switch (roll(dice, 8)) {
		case 0:		/* one more */
			if (p->nr == MAX_INSNS)
				break;
			memmove(&p->insns[at + 1], &p->insns[at],
				(p->nr - at) * sizeof(*p->insns));
			p->nr++;
			if (roll(dice, 2))
				random_insn(&p->insns[at], dice, NR_THREADS,
					    MIXED);
			break;
		case 1:		/* one less, or all would be long */
		case 2:
			if (p->nr < 3)
				break;
			p->nr--;
			memmove(&p->insns[at], &p->insns[at + 1],
				(p->nr - at) * sizeof(*p->insns));
			break;
		case 3:		/* on as another */
			from = roll(dice, other->nr);
			for (at++; at < MAX_INSNS && from < other->nr; at++)
				p->insns[at] = other->insns[from++];
			p->nr = at > p->nr ? at : p->nr;
			break;
		default:
			mutate_insn(&p->insns[at], dice);
			break;
		}
	}
}

unsigned int program_threads(const struct program *p)
{
	unsigned int i, used = 0;

	for (i = 0; i < p->nr; i++)
		used |= 1u << p->insns[i].thread;
	return used;
}

/* Return: its length. A program always fits in TEXT_MAX. */
int program_print(const struct program *p, char *text, size_t size)
{
	unsigned int i, w;
	int at = 0;

	for (i = 0; i < p->nr; i++) {
		const struct insn *insn = &p->insns[i];

		at += snprintf(text + at, size - at, "%u %s %u", insn->thread,
			       op_name(insn->op), insn->slot);
		for (w = 0; w < WORDS; w++)
			if (insn->words[w])
				at += snprintf(text + at, size - at, " %x=%x",
					       w, insn->words[w]);
		at += snprintf(text + at, size - at, "\n");
	}
	at += snprintf(text + at, size - at, "\n");
	return at;
}

static void parse_line(struct insn *insn, char *line)
{
	char *word, *save, *end;
	unsigned int nr = 0, w;

	memset(insn, 0, sizeof(*insn));
	for (word = strtok_r(line, " ", &save); word;
	     word = strtok_r(NULL, " ", &save), nr++) {
		switch (nr) {
		case 0:
			insn->thread = strtoul(word, NULL, 16) % NR_THREADS;
			break;
		case 1:
			insn->op = op_of(word);
			break;
		case 2:
			insn->slot = strtoul(word, NULL, 16) % NR_SLOTS;
			break;
		default:
			w = strtoul(word, &end, 16);
			if (w < WORDS && *end == '=')
				insn->words[w] = strtoul(end + 1, NULL, 16);
			break;
		}
	}
}

/* Return: behind the program, or NULL if there is none. */
const char *program_parse(struct program *p, const char *text)
{
	char line[1024];
	size_t len;

	memset(p, 0, sizeof(*p));
	for (; *text; text += len + !!text[len]) {
		len = strcspn(text, "\n");
		if (*text == '#')
			continue;
		if (!len && p->nr)
			return text + 1;
		if (!len || len >= sizeof(line) || p->nr == MAX_INSNS)
			continue;
		memcpy(line, text, len);
		line[len] = 0;
		parse_line(&p->insns[p->nr], line);
		/* An operation that is no more. */
		if (p->insns[p->nr].op < NR_ALL_OPS)
			p->nr++;
	}
	return p->nr ? text : NULL;
}
