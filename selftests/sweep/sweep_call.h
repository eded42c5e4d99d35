/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths that begin with a BEGIN: the input of each of the test interface's
 * methods, and what must be so of an object whose BEGIN has failed (B3).
 */
#ifndef _SELFTESTS_SWEEP_CALL_H
#define _SELFTESTS_SWEEP_CALL_H

#include "sweep_util.h"

#define MSG_BYTES	65536

static char sweep_bytes[MSG_BYTES];

static const int begins[] __attribute__((unused)) = { ENOMEM, EFAULT, 0 };
static const int takes[] __attribute__((unused)) = { EFAULT, 0 };
/* With result files: a descriptor may need a longer table. */
static const int takes_files[] __attribute__((unused)) = {
	EFAULT, EMFILE, ENFILE, ENOMEM, 0
};

/* The input of path->method, of which path->value and path->files are a part. */
static inline void method_input(struct sweep *s, const struct path *path)
{
	struct acall_begin *b = &s->begin;

	memset(&s->in, 0, sizeof(s->in));
	b->size = sizeof(*b);
	b->method = path->method;
	b->in = PTR(&s->in);
	b->in_len = 0;
	switch (path->method) {
	case ACALL_TEST_ECHO:
	case ACALL_TEST_INLINE_ECHO:
		b->in = PTR(sweep_bytes);
		b->in_len = path->len;
		break;
	case ACALL_TEST_FAIL:
	case ACALL_TEST_INLINE_FAIL:
	case ACALL_TEST_REFUSE:
		s->in.code = path->value;
		b->in_len = sizeof(s->in.code);
		break;
	case ACALL_TEST_RESULT:
		s->in.result.id = s->id;
		s->in.result.out_len = path->len;
		b->in_len = sizeof(s->in.result);
		break;
	case ACALL_TEST_PARK:
	case ACALL_TEST_PARK_SLEEPABLE:
	case ACALL_TEST_PARK_FIXED:
	case ACALL_TEST_NUDGE:
	case ACALL_TEST_NUDGE_SLEEPABLE:
	case ACALL_TEST_FILES:
	case ACALL_TEST_FILES_LATE:
		s->in.custom.id = s->id;
		s->in.custom.out_len = path->len;
		s->in.custom.files = path->files;
		s->in.custom.flags = path->value;
		b->in_len = sizeof(s->in.custom);
		break;
	case ACALL_TEST_NOP:
	case ACALL_TEST_SHORT:
	case ACALL_TEST_WHOAMI:
	case ACALL_TEST_INLINE_WHOAMI:
	case ACALL_TEST_SESSION:
		break;
	default:
		s->in.arg.id = s->id;
		s->in.arg.value = path->value;
		b->in_len = sizeof(s->in.arg);
		break;
	}
}

/* An object of path->interface, and what its BEGIN is going to be. */
static inline int setup_object(struct sweep *s, const struct path *path)
{
	int ret = sys_create(s->dev, path->interface ?: ACALL_TEST_INTERFACE);

	if (ret < 0)
		return ret;
	s->obj = ret;
	method_input(s, path);
	s->begin.flags = path->terms;
	return 0;
}

static inline int act_begin(struct sweep *s, const struct path *path)
{
	(void)path;
	return sys_begin_struct(s->obj, &s->begin);
}

/* A BEGIN that fails leaves the object idle, and nothing charged or listed. */
static inline int check_begun(struct sweep *s, const struct path *path, int ret)
{
	(void)path;
	if (!ret) {
		CHECK(s->begin.call_id);
		CHECK(state_of(s->obj) > ACALL_STATE_IDLE);
		return 0;
	}
	CHECK(state_of(s->obj) == ACALL_STATE_IDLE);
	CHECK(readiness(s->obj) == POLLOUT);
	CHECK(!wait_counter("calls", 0));
	CHECK(!counter("executions"));
	CHECK(!list_count(s->dev, 0));
	return 0;
}

#endif /* _SELFTESTS_SWEEP_CALL_H */
