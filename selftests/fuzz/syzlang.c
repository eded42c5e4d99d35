// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints the description of the ABI for syzkaller, made of the same grammar as
 * the guest's fuzzer (guest/grammar.h). First it looks whether the grammar is
 * whole: the fields of a structure in order, from its first byte to its last, and
 * of the sizes that their kinds have.
 *
 *	syzlang >acall.txt
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/grammar.h"

static int faults;

/* Bytes that a field of a kind has, 0 = any. */
static unsigned int size_by_kind(enum kind kind)
{
	switch (kind) {
	case KIND_ZERO: case KIND_SIZE: case KIND_FLAGS: case KIND_VERSION:
	case KIND_METHOD: case KIND_IN_LEN: case KIND_NR_FDS:
	case KIND_BUF_LEN: case KIND_NR_FDS_OUT: case KIND_RECORD_SIZE:
	case KIND_NR_RECORDS: case KIND_ENUM: case KIND_REFUSAL:
	case KIND_SLOTS: case KIND_ENTRIES: case KIND_BEGIN: case KIND_WANTED:
	case KIND_NR_CANCELS: case KIND_TAG:
		return 4;
	case KIND_CURSOR: case KIND_CALL_ID: case KIND_UNTIL: case KIND_GRACE:
	case KIND_IN: case KIND_FDS: case KIND_BUF: case KIND_FDS_OUT:
	case KIND_RECORDS: case KIND_MEET: case KIND_OFFSET: case KIND_LENGTH:
	case KIND_NS: case KIND_CANCELS:
		return 8;
	case KIND_INLINE:
		return ACALL_SUBMISSION_BYTES;
	case KIND_NAME:
		return ACALL_NAME_LEN;
	default:
		return 0;
	}
}

static void whole(const struct shape *shape)
{
	unsigned int i, at = 0, size;

	for (i = 0; i < nr_fields(shape); i++) {
		size = size_by_kind(shape->fields[i].kind);
		if (shape->fields[i].offset != at ||
		    (size && size != size_of(shape, i))) {
			fprintf(stderr, "%s: something is missing at %s\n",
				shape->name, shape->fields[i].name);
			faults++;
		}
		at += size_of(shape, i);
	}
}

static void integer(unsigned int size, const char *what)
{
	printf("%s[%s, int%u]", what, "0", size * 8);
}

static void sum_of_flags(unsigned int flags)
{
	unsigned int bit, n = 0;

	for (bit = 0; bit < 32; bit++)
		if (flags & 1u << bit)
			printf("%s%#x", n++ ? ", " : "", 1u << bit);
	if (!n)
		printf("0");
}

/* What has it as its result makes a call that others then can name. */
static int names_call(const struct field *field)
{
	return !strcmp(field->name, "call_id") ||
	       !strcmp(field->name, "handle");
}

static void type(const struct shape *shape, const struct field *field,
		 unsigned int size, const char *flags)
{
	switch (field->kind) {
	case KIND_OUT:
		if (names_call(field))
			printf("acall_call_id\t(out)");
		else if (size > 8)
			printf("array[const[0, int8], %u]", size);
		else
			integer(size, "const");
		break;
	case KIND_ZERO:
		integer(size, "const");
		break;
	case KIND_SIZE:
		printf("bytesize[parent, int32]");
		break;
	case KIND_FLAGS:
		printf("flags[%s, int32]", flags);
		break;
	case KIND_NAME:
		printf("string[acall_interfaces, %u]", size);
		break;
	case KIND_VERSION:
		printf("int32[0:4]");
		break;
	case KIND_METHOD:
		printf("int32[0:40]");
		break;
	case KIND_CALL_ID:
		printf("acall_call_id");
		break;
	case KIND_IN:
		printf("ptr64[in, acall_input]");
		break;
	case KIND_IN_LEN:
		printf("bytesize[in, int32]");
		break;
	case KIND_FDS:
		printf("ptr64[in, array[fd, 0:9]]");
		break;
	case KIND_NR_FDS:
		printf("len[files, int32]");
		break;
	case KIND_BUF:
		printf("ptr64[out, array[int8, 0:65536]]");
		break;
	case KIND_BUF_LEN:
		printf("bytesize[out, int32]");
		break;
	case KIND_FDS_OUT:
		printf("ptr64[out, array[fd, 0:9]]");
		break;
	case KIND_NR_FDS_OUT:
		printf("len[%s, int32]", strcmp(shape->name, "acall_finish") ?
		       "files_out" : "files");
		break;
	case KIND_RECORDS:
		printf("ptr64[out, array[int8, 0:4096]]");
		break;
	case KIND_SLOTS:
		printf("int32[0:300]");
		break;
	case KIND_ENTRIES:
		printf("flags[acall_entries, int32]");
		break;
	case KIND_BEGIN:
	case KIND_WANTED:
		printf("int32[0:16]");
		break;
	case KIND_CANCELS:
		printf("ptr64[inout, array[acall_enter_cancel, 0:5]]");
		break;
	case KIND_NR_CANCELS:
		printf("len[cancels, int32]");
		break;
	case KIND_TAG:
		printf("int32[0:2]");
		break;
	case KIND_ENUM:
	case KIND_SMALL:
		printf("int%u[0:%u]", size * 8, field->arg);
		break;
	case KIND_MEET:
		printf("int64[1:4]");
		break;
	case KIND_RESULT:
	case KIND_REFUSAL:
		printf("int%u[-133:0]", size * 8);
		break;
	case KIND_BYTES:
	case KIND_INLINE:
		printf("array[int8, %u]", size);
		break;
	default:
		printf("int%u", size * 8);
		break;
	}
}

/* A field of a structure within is named after its last part. */
static const char *short_name(const struct field *field)
{
	const char *dot = strrchr(field->name, '.');

	return dot ? dot + 1 : field->name;
}

static void structure(const char *name, const struct shape *shape,
		      const char *flags)
{
	unsigned int i;

	printf("%s {\n", name);
	for (i = 0; i < nr_fields(shape); i++) {
		printf("\t%s\t", short_name(&shape->fields[i]));
		type(shape, &shape->fields[i], size_of(shape, i), flags);
		printf("\n");
	}
	printf("}\n\n");
}

static void operations(void)
{
	static const char * const files[] = {
		[ON_DEVICE] = "fd_acall", [ON_OBJECT] = "fd_acall_object",
		[ON_QUEUE] = "fd_acall_queue",
	};
	char flags[64], name[64];
	unsigned int i;

	for (i = 0; i < NR_OPS; i++) {
		const struct op *op = &grammar_ops[i];
		const char *makes = "";

		if (op->cmd == ACALL_IOC_CREATE)
			makes = " fd_acall_object";
		if (op->cmd == ACALL_IOC_CREATE_QUEUE)
			makes = " fd_acall_queue";
		printf("ioctl$ACALL_%s(fd %s, cmd const[%#x], ", op->name,
		       files[op->on], op->cmd);
		printf("arg ptr[inout, acall_op_%s])%s\n", op->name, makes);
	}
	printf("\n");
	for (i = 0; i < NR_OPS; i++) {
		const struct op *op = &grammar_ops[i];

		whole(&op->shape);
		snprintf(flags, sizeof(flags), "acall_flags_%s", op->name);
		snprintf(name, sizeof(name), "acall_op_%s", op->name);
		printf("%s = ", flags);
		sum_of_flags(op->flags);
		printf("\n\n");
		structure(name, &op->shape, flags);
	}
}

/*
 * What ENTER reads besides its structure: where the rings stand is at the mapping's
 * beginning, and entries of the submission ring are where CREATE_QUEUE says, which
 * is behind that or on a page of their own.
 */
static void shared_memory(void)
{
	const unsigned int at[] = { shape_ring.size, 4096 };
	unsigned int i, n;

	printf("mmap$acall_queue(addr vma, len len[addr], ");
	printf("prot flags[mmap_prot], flags const[MAP_SHARED], ");
	printf("fd fd_acall_queue, offset const[0]) acall_rings\n");
	printf("syz_memcpy_off$ACALL_RING(to acall_rings, offset const[0], ");
	printf("from ptr[in, acall_ring], from_off const[0], ");
	printf("bytes bytesize[from])\n");
	printf("syz_memcpy_off$ACALL_SUBMISSION(to acall_rings, ");
	printf("offset flags[acall_submission_offsets], ");
	printf("from ptr[in, acall_submission], from_off const[0], ");
	printf("bytes bytesize[from])\n\n");
	printf("acall_submission_offsets = ");
	for (i = 0; i < sizeof(at) / sizeof(*at); i++)
		for (n = 0; n < 4; n++)
			printf("%s%#x", i || n ? ", " : "",
			       at[i] + n * shape_submission.size);
	printf("\n\nacall_entries = 0, 1, 2, 4, 8, 64, 256\n\n");
	printf("acall_flags_submission = ");
	sum_of_flags(ACALL_BEGIN_KNOWN | ACALL_BEGIN_INLINE);
	printf("\n\nacall_flags_enter_cancel = ");
	sum_of_flags(ACALL_CANCEL_KNOWN);
	printf("\n\n");
	whole(&shape_ring);
	whole(&shape_submission);
	whole(&shape_enter_cancel);
	structure("acall_ring", &shape_ring, "");
	structure("acall_submission", &shape_submission,
		  "acall_flags_submission");
	structure("acall_enter_cancel", &shape_enter_cancel,
		  "acall_flags_enter_cancel");
}

static void inputs(void)
{
	const struct interface *interface;
	char name[64], flags[64];
	unsigned int i, m, f;

	printf("acall_input [\n");
	for (i = 0; i < NR_INTERFACES; i++) {
		interface = &grammar_interfaces[i];
		/* Those of one provider have the same methods. */
		if (i && interface->methods == interface[-1].methods)
			continue;
		for (m = 0; m < nr_methods(interface); m++)
			if (interface->methods[m].in.size)
				printf("\t%s_%s\tacall_in_%s_%s\n",
				       interface->name,
				       interface->methods[m].name,
				       interface->name,
				       interface->methods[m].name);
	}
	printf("] [varlen]\n\n");
	for (i = 0; i < NR_INTERFACES; i++) {
		interface = &grammar_interfaces[i];
		if (i && interface->methods == interface[-1].methods)
			continue;
		for (m = 0; m < nr_methods(interface); m++) {
			const struct method *method = &interface->methods[m];

			if (!method->in.size)
				continue;
			whole(&method->in);
			snprintf(name, sizeof(name), "acall_in_%s_%s",
				 interface->name, method->name);
			snprintf(flags, sizeof(flags), "acall_flags_%s_%s",
				 interface->name, method->name);
			for (f = 0; f < nr_fields(&method->in); f++) {
				if (method->in.fields[f].kind != KIND_FLAGS)
					continue;
				printf("%s = ", flags);
				sum_of_flags(method->in.fields[f].arg);
				printf("\n\n");
			}
			structure(name, &method->in, flags);
		}
	}
}

int main(void)
{
	unsigned int i;

	printf("# SPDX-License-%s\n", "Identifier: GPL-2.0-only");
	printf("# Made by syzlang.c of the grammar; do not edit.\n\n");
	printf("include <uapi/linux/acall.h>\n\n");
	printf("resource fd_acall[fd]\n");
	printf("resource fd_acall_object[fd]\n");
	printf("resource fd_acall_queue[fd]\n");
	printf("resource acall_rings[intptr]\n");
	printf("resource acall_call_id[int64]: 0\n\n");
	printf("acall_interfaces = ");
	for (i = 0; i < NR_INTERFACES; i++)
		printf("%s\"%s\"", i ? ", " : "", grammar_interfaces[i].name);
	printf("\n\n");
	printf("openat$acall(fd const[AT_FDCWD], ");
	printf("file ptr[in, string[\"/dev/acall\"]], ");
	printf("flags const[O_RDWR], mode const[0]) fd_acall\n");
	operations();
	shared_memory();
	inputs();
	return !!faults;
}
