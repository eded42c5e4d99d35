/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fuzzer that runs in the guest. A program is a short list of instructions;
 * an instruction is an operation on one of four slots for file descriptors, by
 * one of two threads, with a number for each field that decides what becomes of
 * it: 0 is always the plain good choice. See grammar.h.
 */
#ifndef _FUZZ_H
#define _FUZZ_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "grammar.h"

#define MAX_INSNS	12
#define NR_SLOTS	4
#define NR_THREADS	2
#define NR_MEETINGS	3
#define NR_HANDLES	8	/* of a queue, that are remembered */
#define NR_CANCELS	4	/* of an ENTER */
#define WORDS		26
#define INPUT_AT	16	/* the words of the method's input */
#define TEXT_MAX	4096	/* of a program */

/* What else can be done, besides the operations of the grammar. */
enum more_ops {
	OP_CLOSE = NR_OPS,
	OP_DUP,
	OP_POLL,
	OP_FDINFO,
	OP_CONTROL,	/* the test interface's side channel */
	OP_UNKNOWN,	/* an ioctl that there is not */
	NR_ALL_OPS,
};

struct insn {
	uint8_t thread;
	uint8_t op;
	uint8_t slot;
	uint32_t words[WORDS];
};

struct program {
	unsigned int nr;
	struct insn insns[MAX_INSNS];
};

struct dice {
	uint64_t state;
};

static inline uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* program.c */
uint32_t roll(struct dice *dice, uint32_t sides);
void program_random(struct program *p, struct dice *dice);
void program_mutate(struct program *p, const struct program *other,
		    struct dice *dice);
unsigned int program_threads(const struct program *p);
int program_print(const struct program *p, char *text, size_t size);
const char *program_parse(struct program *p, const char *text);
const char *op_name(unsigned int op);

/* execute.c */
struct verdict {
	unsigned int begun;	/* accepted BEGINs and CALLs */
	unsigned int kicked;	/* how often it had to be interrupted */
};

int execute_in(int (*work)(void));
void check_result(unsigned int slot, uint64_t id, int status, uint32_t outcome);
void execute(const struct program *p, struct verdict *verdict);

/* world.c: what programs meet. */
extern int dev, ctl;

uint64_t guard_ns(void);
int sys(int fd, unsigned long cmd, void *arg);
int control(uint32_t op, uint64_t id, struct acall_test_control *c);
void world_init(void);
void world_clean(bool queues);

/* values.c: from words to structures. */
struct scene {			/* what the threads of a program share */
	int fds[NR_SLOTS];
	unsigned int interfaces[NR_SLOTS];
	uint64_t ids[NR_SLOTS];	/* of the calls that were begun last */
	uint64_t cursor;
	/* Of those that are queues; ids has the last handle. */
	struct rings *rings[NR_SLOTS];
	uint64_t handles[NR_SLOTS][NR_HANDLES];
};

struct memory {			/* a thread's own */
	_Alignas(8) char args[4096];
	_Alignas(8) char in[65536 + 64];
	_Alignas(8) char buf[1024];
	_Alignas(8) char records[8 * 4096];
	struct acall_enter_cancel cancels[NR_CANCELS];
	int32_t fds[16];
	int32_t fds_out[16];
};

int values_init(int dev);
const struct method *values_method(const struct insn *insn,
				   const struct scene *scene);
void values_structure(const struct insn *insn, const struct shape *shape,
		      const struct scene *scene, struct memory *memory,
		      char *at);
void values_control(const struct insn *insn, struct acall_test_control *c);
void values_make(const struct insn *insn, const struct scene *scene,
		 struct memory *memory);

/* rings.c: the memory that a queue shares with us. */
struct rings *rings_map(int fd, const void *create);
struct rings *rings_again(struct rings *of, int fd, bool alone);
void rings_drop(struct rings *rings, bool now);
void rings_free(void);
void rings_fill(const struct insn *insn, const struct scene *scene,
		struct memory *memory);
unsigned int rings_entered(const struct insn *insn, struct scene *scene,
			   const struct memory *memory, int ret, bool sure);
void rings_poll(struct rings *rings, int fd, bool sure);

/* cover.c: what is new. */
void cover_init(void);
void cover_coarse(void);
void cover_thread(unsigned int thread);
void cover_begin(void);
bool cover_end(void);
void cover_triple(unsigned int op, int state, int ret);
void cover_report(FILE *to);
unsigned int cover_pcs(void);

/* fuzz_guest.c: something that must not be; does not return. */
void fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* _FUZZ_H */
