// SPDX-License-Identifier: GPL-2.0-only
/*
 * From an instruction's words to the structures that the kernel reads: one choice
 * for each field by its kind. Mostly good ones, for a structure with one fault is
 * refused at once, and nothing behind it is tried. No lock: what the threads share
 * is read as it happens to be.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define FOREVER		UINT64_MAX
#define BAD_ADDRESS	8
#define PICK(_word, _of)	((_of)[(_word) % (sizeof(_of) / sizeof((_of)[0]))])

/* Files to pass: regular ones, others, then what cannot be passed. */
#define NR_GOOD_FILES	6
static int files[NR_GOOD_FILES];
/* How many files each method wants, at least. */
static unsigned int wants[NR_INTERFACES][64];

static const struct method *method_of(uint32_t word,
				      const struct interface *interface)
{
	return &interface->methods[word % nr_methods(interface)];
}

static void put(void *to, unsigned int size, uint64_t value)
{
	memcpy(to, &value, size < sizeof(value) ? size : sizeof(value));
}

static uint64_t result(uint32_t word)
{
	static const int codes[] = {
		0, 0, 0, -EIO, -EINTR, -ECANCELED, -512 /* ERESTARTSYS */,
		-EAGAIN,
	};

	return (int64_t)PICK(word, codes);
}

static void bytes(char *to, unsigned int size, unsigned int what, uint32_t word)
{
	static const char * const paths[] = {
		"/tmp", "/", ".", "/tmp/nothing/there", "/proc/self/exe",
		"/mnt/ext4", "",
	};
	static const char * const digests[] = {
		"sha256", "crc32c", "md5", "sha512", "nothing", "",
	};

	if (!what)
		memset(to, word, size);
	else
		strncpy(to, what == 1 ? PICK(word, paths) :
			    PICK(word, digests), size);
}

/* A field of a method's input. */
static void make_input(const struct field *field, char *to, unsigned int size,
		       uint32_t word)
{
	static const int refusals[] = { -EBUSY, -EPERM, -EOPNOTSUPP };
	uint64_t offsets[] = { 0, word % 8192, 4096, 1ULL << 40, FOREVER };
	uint64_t lengths[] = { 0, word % 65536, 4096, FOREVER };
	uint64_t times[] = { 0, word % 300000, word % 3000000, FOREVER };

	switch (field->kind) {
	case KIND_FLAGS:
		put(to, size, word & field->arg);
		break;
	case KIND_ZERO:
		put(to, size, word % 32 == 31);
		break;
	case KIND_ENUM:
		put(to, size, word % field->arg);
		break;
	case KIND_SMALL:
		put(to, size, word % (field->arg + 1));
		break;
	case KIND_MEET:
		put(to, size, 1 + word % NR_MEETINGS);
		break;
	case KIND_RESULT:
		put(to, size, result(word));
		break;
	case KIND_REFUSAL:
		put(to, size, (int64_t)PICK(word, refusals));
		break;
	case KIND_OFFSET:
		put(to, size, PICK(word, offsets));
		break;
	case KIND_LENGTH:
		put(to, size, PICK(word, lengths));
		break;
	case KIND_NS:
		put(to, size, PICK(word, times));
		break;
	case KIND_BYTES:
		bytes(to, size, field->arg, word);
		break;
	default:
		put(to, size, 0);
		break;
	}
}

static void name(char *to, unsigned int size, uint32_t word)
{
	static const char * const bad[] = {
		"", "Test", "test/", "nobody", "test-private", "test.0",
		"0123456789012345678901234567890",
	};
	const char *from = grammar_interfaces[word % NR_INTERFACES].name;

	if (word >> 8 & 0x1f && (word >> 8 & 0x1f) == 0x1f)
		from = PICK(word, bad);
	/* More often the one that has most. */
	else if (word & 0x80)
		from = grammar_interfaces[0].name;
	strncpy(to, from, size);
}

/* On a queue a handle, of a call that may have been finished long ago. */
static uint64_t call_id(const struct insn *insn, const struct scene *scene,
			uint32_t word)
{
	uint64_t id = scene->ids[insn->slot];
	uint64_t other = scene->ids[(word >> 4) % NR_SLOTS];
	uint64_t older = scene->handles[insn->slot][(word >> 3) % NR_HANDLES];
	uint64_t ids[] = { 0, 0, 0, id, id, other, word, 0 };
	uint64_t handles[] = {
		id, older, older, id + (word >> 3), id ^ 1ULL << (word >> 26),
		other, word, 0,
	};

	return grammar_ops[insn->op].on == ON_QUEUE ? PICK(word, handles) :
						      PICK(word, ids);
}

static uint64_t grace(uint32_t word)
{
	uint64_t graces[] = {
		1, 0, (word >> 3) % 200000, (word >> 3) % 1000000,
		word >> 28 ? 1 : FOREVER,
	};

	return PICK(word, graces);
}

static uint64_t until(uint32_t word)
{
	switch (word % 4) {
	case 1:
		return now_ns() + (word >> 2) % 200000;
	case 2:
		/* Who waits for ever is interrupted, which takes a while. */
		return word >> 28 ? now_ns() + 100000 : FOREVER;
	case 3:
		return now_ns() + (word >> 2) % 1000000;
	default:
		return 0;
	}
}

static void fds(const struct scene *scene, struct memory *memory, uint32_t word)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		memory->fds[i] = files[(word / 64 + i) % NR_GOOD_FILES];
	/* A call object, or nothing at all (R-CYCLE). */
	if (word >> 28 == 15)
		memory->fds[word % 4] = scene->fds[word / 4 % NR_SLOTS];
	if (word >> 28 == 14)
		memory->fds[word % 4] = -1;
}

static uint64_t address(const void *room, uint32_t word)
{
	if (word % 64 == 63)
		return BAD_ADDRESS;
	return word % 64 == 62 ? 0 : (uintptr_t)room;
}

static uint64_t size_value(unsigned int size, uint32_t word)
{
	uint64_t sizes[] = { 0, size - 1, size + 8, size - 8, 4096, 4097 };

	return word % 32 == 31 ? PICK(word >> 5, sizes) : size;
}

/* What only queues have. */
static uint64_t queue_number(const struct field *field, struct memory *memory,
			     uint32_t word)
{
	/* Not the most: so much memory takes its time. */
	static const uint32_t slots[] = {
		4, 1, 2, 8, 64, 5, 300, 0, 4096, ACALL_MAX_SLOTS + 1,
		UINT32_MAX,
	};
	static const uint32_t entries[] = {
		0, 1, 2, 4, 8, 64, 3, ACALL_MAX_ENTRIES, 2 * ACALL_MAX_ENTRIES,
		UINT32_MAX,
	};
	uint32_t begins[] = { 1, 0, 2, 3, 4, 8, word, UINT32_MAX };
	uint32_t wanted[] = { 0, 1, 1, 2, 3, 8, word, UINT32_MAX };
	uint32_t cancels[] = { 0, 1, 2, NR_CANCELS };

	switch (field->kind) {
	case KIND_SLOTS:
		return PICK(word, slots);
	case KIND_ENTRIES:
		return PICK(word, entries);
	case KIND_BEGIN:
		return PICK(word, begins);
	case KIND_WANTED:
		return PICK(word, wanted);
	case KIND_CANCELS:
		return address(memory->cancels, word);
	case KIND_NR_CANCELS:
		return PICK(word, cancels);
	case KIND_TAG:
		return word % 3;
	default:
		return 0;
	}
}

/*
 * Any number, whose input is then another method's. But not one that returns what
 * it is told: the kernel warns of what no provider may return.
 */
static uint32_t other_method(uint32_t word, const struct method *method)
{
	switch (word % 64) {
	case ACALL_TEST_FAIL:
	case ACALL_TEST_INLINE_FAIL:
	case ACALL_TEST_RESULT:
		return method->nr;
	default:
		return word % 64;
	}
}

static uint64_t number(const struct insn *insn, const struct field *field,
		       const struct scene *scene, struct memory *memory,
		       const struct method *method, uint32_t word)
{
	const struct op *op = &grammar_ops[insn->op];
	unsigned int in = method->in.size;
	/* Half an errno would be none. */
	unsigned int half = in < 8 ? 0 : in / 2;
	uint64_t lens[] = { in, in, in, half, in + 1, 65536, 65537, 0 };
	uint64_t record_sizes[] = {
		sizeof(struct acall_list_record), 8, 4, 4096, 4097,
	};
	static const unsigned int versions[] = { 0, 0, 1, 2, 3, 99 };
	uint64_t cursors[] = { 0, scene->cursor, word, FOREVER };
	unsigned int wanted;

	switch (field->kind) {
	case KIND_ZERO:
		return word % 32 == 31 ? word : 0;
	case KIND_SIZE:
		return size_value(op->shape.size, word);
	case KIND_FLAGS:
		if (word % 32 == 31)
			return 1u << (word >> 5) % 32;
		/* As above. */
		if (op->cmd == ACALL_IOC_FINISH && word % 4 != 3)
			return ACALL_FINISH_NONBLOCK;
		return word >> 5 & (field->arg ?: op->flags);
	case KIND_VERSION:
		return PICK(word, versions);
	case KIND_CURSOR:
		return PICK(word, cursors);
	case KIND_METHOD:
		return word >> 26 == 63 ? other_method(word, method) :
					  method->nr;
	case KIND_CALL_ID:
		return call_id(insn, scene, word);
	case KIND_UNTIL:
		return until(word);
	case KIND_GRACE:
		return grace(word);
	case KIND_ANY:
		return word;
	case KIND_IN:
		return address(memory->in, word);
	case KIND_IN_LEN:
		return PICK(word, lens);
	case KIND_FDS:
		fds(scene, memory, word);
		return address(memory->fds, word);
	case KIND_NR_FDS:
		wanted = wants[scene->interfaces[insn->slot]][method->nr];
		return word % 16 == 15 ? (word >> 4) % 16 : wanted;
	case KIND_BUF:
		return address(memory->buf, word);
	case KIND_BUF_LEN:
		return word % 16 == 15 ? (word >> 4) % 64 : sizeof(memory->buf);
	case KIND_FDS_OUT:
		return address(memory->fds_out, word);
	case KIND_NR_FDS_OUT:
		return word % 16 == 15 ? (word >> 4) % 4 : 8;
	case KIND_RECORDS:
		return address(memory->records, word);
	case KIND_RECORD_SIZE:
		return PICK(word, record_sizes);
	case KIND_NR_RECORDS:
		return 3 + word % 5;
	default:
		return queue_number(field, memory, word);
	}
}

/* Mostly no deadline without its flag, and no grace with ABANDON. */
static void mend(const struct insn *insn, struct memory *memory)
{
	struct acall_begin *b = (void *)memory->args;
	struct acall_call_args *c = (void *)memory->args;
	struct acall_cancel *x = (void *)memory->args;
	struct acall_cancel_match *m = (void *)memory->args;

	if (insn->words[WORDS - 1] % 16 == 15)
		return;
	switch (grammar_ops[insn->op].cmd) {
	case ACALL_IOC_BEGIN:
		if (b->flags & ACALL_BEGIN_DEADLINE)
			break;
		b->deadline = 0;
		b->grace_ns = 0;
		break;
	case ACALL_IOC_CALL:
		if (c->flags & ACALL_BEGIN_DEADLINE)
			break;
		c->deadline = 0;
		c->grace_ns = 0;
		break;
	case ACALL_IOC_CANCEL:
	case ACALL_IOC_CANCEL_ID:
		if (x->flags & ACALL_CANCEL_ABANDON)
			x->grace_ns = 0;
		break;
	case ACALL_IOC_CANCEL_MATCH:
		if (m->flags & ACALL_CANCEL_ABANDON)
			m->grace_ns = 0;
		break;
	}
}

const struct method *values_method(const struct insn *insn,
				   const struct scene *scene)
{
	return method_of(insn->words[1],
			 &grammar_interfaces[scene->interfaces[insn->slot]]);
}

/* Makes a structure that is read by the operation of @insn, at @at. */
void values_structure(const struct insn *insn, const struct shape *shape,
		      const struct scene *scene, struct memory *memory,
		      char *at)
{
	const struct method *method = values_method(insn, scene);
	unsigned int i, w = 0;
	uint32_t word;
	char *to;

	for (i = 0; i < nr_fields(shape); i++) {
		const struct field *field = &shape->fields[i];

		if (field->kind == KIND_OUT || field->kind == KIND_INLINE)
			continue;
		to = at + field->offset;
		/* The second word, always chosen, says which method. */
		word = field->kind == KIND_METHOD ? insn->words[1] :
		       insn->words[w == 1 ? INPUT_AT - 1 : w];
		w += w < INPUT_AT - 2;
		if (field->kind == KIND_NAME)
			name(to, size_of(shape, i), word);
		else
			put(to, size_of(shape, i),
			    number(insn, field, scene, memory, method, word));
	}
}

/* Makes the structure of @insn, and its input, in @memory. */
void values_make(const struct insn *insn, const struct scene *scene,
		 struct memory *memory)
{
	const struct shape *shape = &grammar_ops[insn->op].shape;
	unsigned int i;

	memset(memory->args, 0, shape->size + 8);
	values_structure(insn, shape, scene, memory, memory->args);
	mend(insn, memory);

	shape = &values_method(insn, scene)->in;
	for (i = 0; i < nr_fields(shape); i++)
		make_input(&shape->fields[i],
			   memory->in + shape->fields[i].offset,
			   size_of(shape, i), insn->words[INPUT_AT + i]);
}

/* What the side channel is to do. */
void values_control(const struct insn *insn, struct acall_test_control *c)
{
	static const uint32_t ops[] = {
		ACALL_TEST_OP_OPEN, ACALL_TEST_OP_COMPLETE_ONCE,
		ACALL_TEST_OP_PASS, ACALL_TEST_OP_OPEN,
		ACALL_TEST_OP_COMPLETE, ACALL_TEST_OP_COMMIT,
		ACALL_TEST_OP_LOOK, ACALL_TEST_OP_PROGRESS,
		ACALL_TEST_OP_WAIT_SEEN, ACALL_TEST_OP_OPEN,
		ACALL_TEST_OP_REGISTER, ACALL_TEST_OP_FORGET,
		ACALL_TEST_OP_OPEN, ACALL_TEST_OP_OPEN,
		ACALL_TEST_OP_WAIT_STARTS, ACALL_TEST_OP_GET,
	};
	static const int codes[] = { 0, 0, -EIO, -ECANCELED, -EINTR };
	const uint32_t *w = insn->words;

	*c = (struct acall_test_control){
		.op = ops[w[1] % 16],
		.id = 1 + w[2] % NR_MEETINGS,
		.value = 1,
		.ret = codes[w[3] % 5],
		.context = w[4] % 4,
	};
	/* Takes all calls with it: seldom. */
	if (w[6] % 16 == 15)
		c->op = ACALL_TEST_OP_UNREGISTER;
	/* Progress never goes back. */
	if (c->op == ACALL_TEST_OP_PROGRESS)
		c->value = 100;
	if (c->op == ACALL_TEST_OP_COMPLETE)
		c->value = w[5] % 2;
}

static int make_file(const char *path, int flags)
{
	static char page[4096];
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	memset(page, 'x', sizeof(page));
	if (fd < 0 || pwrite(fd, page, sizeof(page), 0) != sizeof(page))
		return -1;
	if (flags == O_RDWR)
		return fd;
	close(fd);
	return open(path, flags | O_CLOEXEC);
}

/* Return: 0 or -errno. */
int values_init(int dev)
{
	struct acall_method_info info;
	unsigned int i, m;

	files[0] = make_file("/tmp/fuzz-a", O_RDWR);
	files[1] = make_file("/tmp/fuzz-b", O_RDWR);
	files[2] = make_file("/mnt/ext4/fuzz-c", O_RDWR);
	if (files[2] < 0)
		files[2] = make_file("/tmp/fuzz-c", O_RDWR);
	files[3] = memfd_create("fuzz", MFD_CLOEXEC);
	files[4] = make_file("/tmp/fuzz-d", O_RDONLY);
	files[5] = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (i = 0; i < NR_GOOD_FILES; i++)
		if (files[i] < 0)
			return -errno;
	for (i = 0; i < NR_INTERFACES; i++) {
		const struct interface *interface = &grammar_interfaces[i];

		for (m = 0; m < nr_methods(interface); m++) {
			memset(&info, 0, sizeof(info));
			info.size = sizeof(info);
			strcpy(info.interface, interface->name);
			info.method = interface->methods[m].nr;
			if (ioctl(dev, ACALL_IOC_METHOD_INFO, &info))
				return -errno;
			wants[i][info.method] = info.files_min;
		}
	}
	return 0;
}
