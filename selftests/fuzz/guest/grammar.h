/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The grammar of the ABI as data: which field of which structure is what. The
 * operations are the dispatchers' own lists (module/dev/ops_*.h): one that has no
 * fields here does not compile. The guest's fuzzer makes structures of it, and
 * syzlang.c a description for syzkaller.
 *
 * Every byte of a structure belongs to a field; syzlang.c looks after that.
 */
#ifndef _FUZZ_GRAMMAR_H
#define _FUZZ_GRAMMAR_H

#include <linux/acall.h>
#include <linux/acall_file.h>
#include <linux/acall_test.h>
#include <linux/acall_timer.h>
#include <stddef.h>

/* What a field is; @arg says more. */
enum kind {
	KIND_OUT,		/* written by the kernel, else 0 */
	KIND_ZERO,		/* reserved */
	KIND_SIZE,		/* of the structure itself */
	KIND_FLAGS,		/* arg: those that are known */
	KIND_NAME,		/* of an interface */
	KIND_VERSION,
	KIND_CURSOR,
	KIND_METHOD,
	KIND_CALL_ID,
	KIND_UNTIL,		/* a point in time */
	KIND_GRACE,
	KIND_ANY,		/* user_data */
	KIND_IN,		/* address of the method's input */
	KIND_IN_LEN,
	KIND_FDS,		/* address of argument files */
	KIND_NR_FDS,
	KIND_BUF,		/* address of room for output */
	KIND_BUF_LEN,
	KIND_FDS_OUT,		/* address of room for result files */
	KIND_NR_FDS_OUT,
	KIND_RECORDS,		/* address of room for LIST */
	KIND_RECORD_SIZE,
	KIND_NR_RECORDS,
	/* Of a queue: */
	KIND_SLOTS,
	KIND_ENTRIES,
	KIND_BEGIN,		/* entries to take */
	KIND_WANTED,		/* completions to wait for */
	KIND_CANCELS,		/* address of handles to cancel */
	KIND_NR_CANCELS,
	KIND_TAG,
	KIND_INLINE,		/* the input itself */
	/* In the inputs of methods: */
	KIND_ENUM,		/* arg: how many */
	KIND_SMALL,		/* 0 to arg */
	KIND_MEET,		/* an id of the test interface */
	KIND_RESULT,		/* 0 or a negative errno */
	KIND_REFUSAL,		/* what a cancel hook refuses with */
	KIND_OFFSET,
	KIND_LENGTH,
	KIND_NS,
	KIND_BYTES,		/* text */
	NR_KINDS,
};

struct field {
	const char *name;
	unsigned int offset;	/* it ends where the next one begins */
	enum kind kind;
	unsigned int arg;
};

struct shape {
	const char *name;	/* of the structure */
	unsigned int size;
	const struct field *fields;
	unsigned int bytes;	/* of them */
};

#define FIELD(_type, _field, _kind, _arg)				\
	{ #_field, offsetof(struct _type, _field), KIND_##_kind, _arg }
#define SHAPE(_type, _fields)						\
	{ #_type, sizeof(struct _type), _fields, sizeof(_fields) }

static inline unsigned int nr_fields(const struct shape *shape)
{
	return shape->bytes / sizeof(struct field);
}

static inline unsigned int size_of(const struct shape *shape, unsigned int i)
{
	unsigned int end = i + 1 < nr_fields(shape) ?
			   shape->fields[i + 1].offset : shape->size;

	return end - shape->fields[i].offset;
}

#define F(_field, _kind)	FIELD(acall_info, _field, _kind, 0)
static const struct field fields_acall_info[] = {
	F(size, SIZE), F(flags, FLAGS), F(abi, OUT), F(interfaces, OUT),
	F(features, OUT), F(user_calls, OUT), F(total_calls, OUT),
	F(user_bytes, OUT), F(total_bytes, OUT), F(charged_calls, OUT),
	F(__reserved, ZERO), F(charged_bytes, OUT),
};

#undef F
#define F(_field, _kind)	FIELD(acall_interface_info, _field, _kind, 0)
static const struct field fields_acall_interface_info[] = {
	F(size, SIZE), F(flags, FLAGS), F(cursor, CURSOR), F(name, OUT),
	F(version_min, OUT), F(version, OUT), F(methods, OUT), F(caps, OUT),
	F(max_running, OUT), F(max_running_user, OUT),
};

#undef F
#define F(_field, _kind)	FIELD(acall_method_info, _field, _kind, 0)
static const struct field fields_acall_method_info[] = {
	F(size, SIZE), F(flags, FLAGS), F(interface, NAME), F(method, METHOD),
	F(caps, OUT), F(name, OUT), F(grace_ns, OUT), F(unit, OUT),
	F(in_max, OUT), F(out_max, OUT), F(files_min, OUT),
	F(files_max, OUT), F(files_out, OUT),
};

#undef F
#define F(_field, _kind)	FIELD(acall_create, _field, _kind, 0)
static const struct field fields_acall_create[] = {
	F(size, SIZE), F(flags, FLAGS), F(interface, NAME),
	F(version, VERSION), F(__reserved, ZERO),
};

#undef F
#define F(_field, _kind)	FIELD(acall_list, _field, _kind, 0)
static const struct field fields_acall_list[] = {
	F(size, SIZE), F(flags, FLAGS), F(cursor, CURSOR),
	F(records, RECORDS), F(record_size, RECORD_SIZE), F(nr, NR_RECORDS),
};

#undef F
#define F(_field, _kind)	FIELD(acall_cancel, _field, _kind, 0)
static const struct field fields_acall_cancel[] = {
	F(size, SIZE), F(flags, FLAGS), F(call_id, CALL_ID),
	F(grace_ns, GRACE), F(state, OUT), F(outcome, OUT),
};

#undef F
#define F(_field, _kind)	FIELD(acall_begin, _field, _kind, 0)
static const struct field fields_acall_begin[] = {
	F(size, SIZE), F(flags, FLAGS), F(method, METHOD), F(nr_files, NR_FDS),
	F(files, FDS), F(in, IN), F(in_len, IN_LEN), F(__reserved, ZERO),
	F(user_data, ANY), F(deadline, UNTIL), F(grace_ns, GRACE),
	F(call_id, OUT),
};

#undef F
#define F(_field, _kind)	FIELD(acall_wait, _field, _kind, 0)
static const struct field fields_acall_wait[] = {
	F(size, SIZE), F(flags, FLAGS), F(call_id, CALL_ID), F(until, UNTIL),
};

#undef F
#define F(_field, _kind)	FIELD(acall_wait_id, _field, _kind, 0)
static const struct field fields_acall_wait_id[] = {
	F(size, SIZE), F(flags, FLAGS), F(call_id, CALL_ID), F(until, UNTIL),
	F(state, OUT), F(outcome, OUT), F(status, OUT), F(result, OUT),
	F(reason, OUT), F(cancel_tgid, OUT), F(progress, OUT), F(total, OUT),
	F(begin_ns, OUT), F(start_ns, OUT), F(cancel_ns, OUT), F(end_ns, OUT),
};

#undef F
#define F(_field, _kind)	FIELD(acall_finish, _field, _kind, 0)
static const struct field fields_acall_finish[] = {
	F(size, SIZE), F(flags, FLAGS), F(call_id, CALL_ID), F(out, BUF),
	F(files, FDS_OUT), F(out_len, BUF_LEN), F(nr_files, NR_FDS_OUT),
	F(status, OUT), F(outcome, OUT), F(result, OUT), F(method, OUT),
	F(user_data, OUT), F(progress, OUT), F(total, OUT), F(begin_ns, OUT),
	F(start_ns, OUT), F(cancel_ns, OUT), F(end_ns, OUT), F(cpu_ns, OUT),
};

#undef F
#define F(_field, _kind)	FIELD(acall_query, _field, _kind, 0)
static const struct field fields_acall_query[] = {
	F(size, SIZE), F(flags, FLAGS), F(call_id, CALL_ID), F(state, OUT),
	F(outcome, OUT), F(status, OUT), F(result, OUT), F(method, OUT),
	F(caps, OUT), F(reason, OUT), F(cancel_tgid, OUT), F(user_data, OUT),
	F(progress, OUT), F(total, OUT), F(grace_ns, OUT), F(begin_ns, OUT),
	F(start_ns, OUT), F(cancel_ns, OUT), F(look_ns, OUT), F(end_ns, OUT),
	F(orphans, OUT), F(executions, OUT), F(worker_pid, OUT),
	F(__reserved, OUT),
};

#undef F
#define F(_field, _kind)	FIELD(acall_call_args, _field, _kind, 0)
static const struct field fields_acall_call_args[] = {
	F(size, SIZE), F(flags, FLAGS), F(method, METHOD), F(nr_files, NR_FDS),
	F(files, FDS), F(in, IN), F(in_len, IN_LEN), F(out_len, BUF_LEN),
	F(out, BUF), F(files_out, FDS_OUT), F(nr_files_out, NR_FDS_OUT),
	F(status, OUT), F(user_data, ANY), F(deadline, UNTIL),
	F(grace_ns, GRACE), F(call_id, OUT), F(outcome, OUT), F(result, OUT),
	F(progress, OUT), F(total, OUT), F(begin_ns, OUT), F(start_ns, OUT),
	F(cancel_ns, OUT), F(end_ns, OUT), F(cpu_ns, OUT),
};

#undef F
#define F(_field, _kind)	FIELD(acall_create_queue, _field, _kind, 0)
static const struct field fields_acall_create_queue[] = {
	F(size, SIZE), F(flags, FLAGS), F(interface, NAME),
	F(version, VERSION), F(slots, SLOTS), F(entries, ENTRIES),
	F(completions, OUT), F(submission_offset, OUT),
	F(completion_offset, OUT), F(map_size, OUT),
};

#undef F
#define F(_field, _kind)	FIELD(acall_enter, _field, _kind, 0)
static const struct field fields_acall_enter[] = {
	F(size, SIZE), F(flags, FLAGS), F(begin, BEGIN), F(wait, WANTED),
	F(until, UNTIL), F(cancels, CANCELS), F(nr_cancels, NR_CANCELS),
	F(taken, OUT), F(begun, OUT), F(error, OUT),
};

#undef F
#define F(_field, _kind)	FIELD(acall_cancel_match, _field, _kind, 0)
static const struct field fields_acall_cancel_match[] = {
	F(size, SIZE), F(flags, FLAGS), F(tag, TAG), F(method, METHOD),
	F(grace_ns, GRACE), F(matched, OUT), F(cancelled, OUT),
};

#undef F

/* The operations, as the module has them. */
struct op {
	const char *name;
	unsigned int cmd;
	unsigned int flags;	/* that it knows */
	enum { ON_DEVICE, ON_OBJECT, ON_QUEUE } on;
	struct shape shape;
};

/* Some of a queue's have the numbers and the structures of a call object's. */
#define ACALL_IOC_QUEUE_WAIT	ACALL_IOC_WAIT
#define ACALL_IOC_QUEUE_FINISH	ACALL_IOC_FINISH
#define ACALL_IOC_QUEUE_CANCEL	ACALL_IOC_CANCEL
#define ACALL_IOC_QUEUE_QUERY	ACALL_IOC_QUERY

static const struct op grammar_ops[] = {
#define OP(_name, _function, _type, _last, _flags)			\
	{ #_name, ACALL_IOC_##_name, _flags, ON_DEVICE,			\
	  SHAPE(_type, fields_##_type) }
#include "../../../module/dev/ops_device.h"
#undef OP
#define OP(_name, _function, _type, _last, _flags)			\
	{ #_name, ACALL_IOC_##_name, _flags, ON_OBJECT,			\
	  SHAPE(_type, fields_##_type) }
#include "../../../module/dev/ops_object.h"
#undef OP
#define OP(_name, _function, _type, _last, _flags)			\
	{ #_name, ACALL_IOC_##_name, _flags, ON_QUEUE,			\
	  SHAPE(_type, fields_##_type) }
#include "../../../module/dev/ops_queue.h"
#undef OP
};

/* What ENTER reads besides its structure. */
#define F(_field, _kind, _arg)	FIELD(acall_submission, _field, _kind, _arg)
static const struct field fields_submission[] = {
	F(method, METHOD, 0),
	F(flags, FLAGS, ACALL_BEGIN_KNOWN | ACALL_BEGIN_INLINE),
	F(user_data, ANY, 0), F(deadline, UNTIL, 0), F(grace_ns, GRACE, 0),
	F(files, FDS, 0), F(in, IN, 0), F(in_len, IN_LEN, 0),
	F(nr_files, NR_FDS, 0), F(tag, TAG, 0), F(error, OUT, 0),
	F(handle, OUT, 0), F(bytes, INLINE, 0),
};

#undef F
#define F(_field, _kind, _arg)	FIELD(acall_enter_cancel, _field, _kind, _arg)
static const struct field fields_enter_cancel[] = {
	F(handle, CALL_ID, 0), F(grace_ns, GRACE, 0),
	F(flags, FLAGS, ACALL_CANCEL_KNOWN), F(error, OUT, 0),
};

#undef F
#define F(_field, _kind)	FIELD(acall_ring, _field, _kind, 0)
static const struct field fields_ring[] = {
	F(submission_tail, ANY), F(completion_head, ANY), F(__reserved, OUT),
	F(submission_head, ANY), F(completion_tail, ANY), F(__reserved2, OUT),
};

#undef F
static const struct shape shape_submission =
	SHAPE(acall_submission, fields_submission);
static const struct shape shape_enter_cancel =
	SHAPE(acall_enter_cancel, fields_enter_cancel);
static const struct shape shape_ring = SHAPE(acall_ring, fields_ring);

/* The inputs of methods. What a number means differs by method, so do these. */
#define ARG(_value_kind, _value_arg, _pause_arg)			\
	{								\
		FIELD(acall_test_arg, id, MEET, 0),			\
		FIELD(acall_test_arg, value, _value_kind, _value_arg),	\
		FIELD(acall_test_arg, pause, SMALL, _pause_arg),	\
	}
static const struct field fields_arg_result[] = ARG(RESULT, 0, 0);
static const struct field fields_arg_ms[] = ARG(SMALL, 3, 0);
static const struct field fields_arg_ns[] = ARG(SMALL, 50000, 0);
static const struct field fields_arg_steps[] = ARG(SMALL, 50, 50);
static const struct field fields_arg_commit[] =
	ARG(RESULT, 0, ACALL_TEST_COMMIT_LAST + 1);

#define F(_field, _kind, _arg)	FIELD(acall_test_result, _field, _kind, _arg)
static const struct field fields_result[] = {
	F(id, MEET, 0), F(ret, RESULT, 0), F(out_len, SMALL, 300),
	F(wait, ENUM, 2), F(__reserved, ZERO, 0),
};

#undef F
/* A hook that may not sleep is not to wait: it would spin on the processor. */
#define CUSTOM_FLAGS	(ACALL_TEST_START_COMPLETES |			\
			 ACALL_TEST_START_COMMITS |			\
			 ACALL_TEST_HOOK_COMPLETES |			\
			 ACALL_TEST_PREPARE_FILES |			\
			 ACALL_TEST_PREPARE_FAILS | ACALL_TEST_TWICE)
#define CUSTOM_WAITS	(ACALL_TEST_START_WAITS | ACALL_TEST_HOOK_WAITS)
#define F(_field, _kind, _arg)	FIELD(acall_test_custom, _field, _kind, _arg)
#define CUSTOM(_flags)							\
	{								\
		F(id, MEET, 0), F(ret, RESULT, 0), F(refuse, REFUSAL, 0),	\
		F(refusals, SMALL, 2), F(flags, FLAGS, _flags),		\
		F(context, ENUM, 4), F(out_len, SMALL, 300),		\
		F(files, SMALL, 3), F(__reserved, ZERO, 0),		\
	}
static const struct field fields_custom[] = CUSTOM(CUSTOM_FLAGS);
static const struct field fields_custom_waits[] =
	CUSTOM(CUSTOM_FLAGS | CUSTOM_WAITS);

#undef F
struct acall_test_errno {
	__s32 value;
};

static const struct field fields_errno[] = {
	FIELD(acall_test_errno, value, RESULT, 0),
};

struct acall_test_bytes {
	char bytes[64];
};

static const struct field fields_bytes[] = {
	FIELD(acall_test_bytes, bytes, BYTES, 0),
};

#define F(_field, _kind, _arg)	FIELD(acall_timer_sleep, _field, _kind, _arg)
static const struct field fields_timer_sleep[] = {
	F(flags, FLAGS, ACALL_TIMER_ABS), F(__reserved, ZERO, 0), F(ns, NS, 0),
};

#undef F
struct acall_file_named {
	struct acall_file_path head;
	char path[32];
};

#define F(_field, _kind, _arg)	FIELD(acall_file_named, _field, _kind, _arg)
static const struct field fields_file_path[] = {
	F(head.flags, ZERO, 0), F(head.__reserved, ZERO, 0),
	F(path, BYTES, 1),
};

#undef F
#define F(_field, _kind, _arg)	FIELD(acall_file_sync, _field, _kind, _arg)
static const struct field fields_file_sync[] = {
	F(offset, OFFSET, 0), F(length, LENGTH, 0), F(scope, ENUM, 3),
	F(flags, ZERO, 0),
};

#undef F
#define F(_field, _kind, _arg)	FIELD(acall_file_copy, _field, _kind, _arg)
static const struct field fields_file_copy[] = {
	F(src_offset, OFFSET, 0), F(dst_offset, OFFSET, 0),
	F(length, LENGTH, 0), F(reflink, ENUM, 3),
	F(flags, FLAGS, ACALL_FILE_COPY_SPARSE | ACALL_FILE_COPY_SYNC),
};

#undef F
#define F(_field, _kind, _arg)	FIELD(acall_file_hash, _field, _kind, _arg)
static const struct field fields_file_hash[] = {
	F(offset, OFFSET, 0), F(length, LENGTH, 0), F(flags, ZERO, 0),
	F(__reserved, ZERO, 0), F(algorithm, BYTES, 2),
};

#undef F
#define F(_field, _kind, _arg)	FIELD(acall_file_allocate, _field, _kind, _arg)
static const struct field fields_file_allocate[] = {
	F(offset, OFFSET, 0), F(length, LENGTH, 0), F(mode, ENUM, 3),
	F(flags, FLAGS, ACALL_FILE_ALLOCATE_KEEP_SIZE),
};

#undef F
#define F(_field, _kind, _arg)	FIELD(acall_file_dedupe, _field, _kind, _arg)
static const struct field fields_file_dedupe[] = {
	F(src_offset, OFFSET, 0), F(dst_offset, OFFSET, 0),
	F(length, LENGTH, 0), F(flags, ZERO, 0), F(__reserved, ZERO, 0),
};

#undef F
#define F(_field, _kind, _arg)	FIELD(acall_file_trim, _field, _kind, _arg)
static const struct field fields_file_trim[] = {
	F(offset, OFFSET, 0), F(length, LENGTH, 0), F(minlen, LENGTH, 0),
	F(flags, ZERO, 0), F(__reserved, ZERO, 0),
};

#undef F
#define F(_field, _kind, _arg)	FIELD(acall_file_discard, _field, _kind, _arg)
static const struct field fields_file_discard[] = {
	F(offset, OFFSET, 0), F(length, LENGTH, 0), F(mode, ENUM, 3),
	F(flags, ZERO, 0),
};

#undef F
#define F(_field, _kind, _arg)	FIELD(acall_file_advise, _field, _kind, _arg)
static const struct field fields_file_advise[] = {
	F(offset, OFFSET, 0), F(length, LENGTH, 0), F(advice, ENUM, 2),
	F(flags, ZERO, 0),
};

#undef F

struct method {
	const char *name;	/* of the shape, for people */
	unsigned int nr;
	struct shape in;
};

#define METHOD(_prefix, _name, _type, _fields)				\
	{ #_name, _prefix##_name, SHAPE(_type, _fields) }
#define METHOD_EMPTY(_prefix, _name)					\
	{ #_name, _prefix##_name, { "none", 0, NULL, 0 } }

/* All but INLINE_GATE, which spins on the processor until its gate is open. */
#define T(_name, _type, _fields)	METHOD(ACALL_TEST_, _name, _type, _fields)
#define T_EMPTY(_name)			METHOD_EMPTY(ACALL_TEST_, _name)
static const struct method methods_test[] = {
	T(ECHO, acall_test_bytes, fields_bytes),
	T(FAIL, acall_test_errno, fields_errno),
	T(SLEEP, acall_test_arg, fields_arg_ms),
	T(GATE, acall_test_arg, fields_arg_result),
	T(COOP, acall_test_arg, fields_arg_result),
	T(LATE, acall_test_arg, fields_arg_result),
	T_EMPTY(WHOAMI),
	T(PROGRESS, acall_test_arg, fields_arg_steps),
	T_EMPTY(NOP),
	T(REFUSE, acall_test_errno, fields_errno),
	T(SPIN, acall_test_arg, fields_arg_ns),
	T(KILLABLE, acall_test_arg, fields_arg_result),
	T(HOLD, acall_test_arg, fields_arg_result),
	T(RESULT, acall_test_result, fields_result),
	T(STUCK, acall_test_arg, fields_arg_result),
	T(PARK, acall_test_custom, fields_custom),
	T(PARK_SLEEPABLE, acall_test_custom, fields_custom_waits),
	T(PARK_FIXED, acall_test_custom, fields_custom_waits),
	T(NUDGE, acall_test_custom, fields_custom),
	T(NUDGE_SLEEPABLE, acall_test_custom, fields_custom_waits),
	T(FILES, acall_test_custom, fields_custom),
	T(FILES_LATE, acall_test_custom, fields_custom),
	T_EMPTY(INLINE_WHOAMI),
	T(INLINE_ECHO, acall_test_bytes, fields_bytes),
	T(INLINE_FAIL, acall_test_errno, fields_errno),
	T_EMPTY(SHORT),
	T(PREPARE_GATE, acall_test_arg, fields_arg_result),
	T(CHECKPOINT, acall_test_arg, fields_arg_result),
	T(TIMEOUT, acall_test_arg, fields_arg_ms),
	T(COMMIT, acall_test_arg, fields_arg_commit),
	T_EMPTY(SESSION),
};

static const struct method methods_timer[] = {
	METHOD(ACALL_TIMER_, SLEEP, acall_timer_sleep, fields_timer_sleep),
};

static const struct method methods_file[] = {
	METHOD(ACALL_FILE_, STATFS, acall_file_named, fields_file_path),
	METHOD(ACALL_FILE_, STAT, acall_file_named, fields_file_path),
	METHOD(ACALL_FILE_, SYNC, acall_file_sync, fields_file_sync),
	METHOD(ACALL_FILE_, COPY, acall_file_copy, fields_file_copy),
	METHOD(ACALL_FILE_, HASH, acall_file_hash, fields_file_hash),
	METHOD(ACALL_FILE_, ALLOCATE, acall_file_allocate,
	       fields_file_allocate),
	METHOD(ACALL_FILE_, DEDUPE, acall_file_dedupe, fields_file_dedupe),
	METHOD(ACALL_FILE_, TRIM, acall_file_trim, fields_file_trim),
	METHOD(ACALL_FILE_, DISCARD, acall_file_discard, fields_file_discard),
	METHOD(ACALL_FILE_, ADVISE, acall_file_advise, fields_file_advise),
};

struct interface {
	const char *name;
	const struct method *methods;
	unsigned int bytes;	/* of them */
};

#define INTERFACE(_name, _methods)	{ _name, _methods, sizeof(_methods) }
static const struct interface grammar_interfaces[] = {
	INTERFACE(ACALL_TEST_INTERFACE, methods_test),
	INTERFACE(ACALL_TEST_NARROW, methods_test),
	INTERFACE(ACALL_TEST_HOT, methods_test),
	INTERFACE(ACALL_TEST_INSTANCE ".0", methods_test),
	INTERFACE(ACALL_TIMER_INTERFACE, methods_timer),
	INTERFACE(ACALL_FILE_INTERFACE, methods_file),
};

static inline unsigned int nr_methods(const struct interface *interface)
{
	return interface->bytes / sizeof(struct method);
}

#define NR_OPS		(sizeof(grammar_ops) / sizeof(struct op))
#define NR_INTERFACES	(sizeof(grammar_interfaces) / sizeof(struct interface))

#endif /* _FUZZ_GRAMMAR_H */
