/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel writes: every byte of every structure and buffer that an ioctl
 * may answer with is marked before, and looked at after it. Nothing that is not
 * documented as an output is written, nothing behind the size that was given, on
 * an error nothing but what is documented for it; and what is an output is
 * written whole, so no byte of it is anybody's but the answer's (R-LEAK).
 *
 * Each case is done with three different marks: a byte that keeps all three was
 * not written. Structures lie at odd addresses too, and may be longer than the
 * kernel knows.
 */
#ifndef _SELFTESTS_HOSTILE_LEAK_H
#define _SELFTESTS_HOSTILE_LEAK_H

#include "hostile_util.h"
#include "poison.h"

static const unsigned char marks[] = { 0xa7, 0x58, 0x3c };

struct span {
	__u16 at;
	__u16 end;
};

#define AT(type, field)	offsetof(struct acall_##type, field)
#define LAYOUT(_cmd, _device, type)					\
	.cmd = ACALL_IOC_##_cmd, .device = _device,			\
	.size = sizeof(struct acall_##type)

/* @out: not read; @both: read and written. */
struct layout {
	unsigned long cmd;
	bool device;
	__u16 size;
	struct span out[3];
	struct span both[3];
};

static const struct layout layouts[] = {
	{ LAYOUT(INFO, true, info),
	  .out = { { AT(info, abi), AT(info, __reserved) },
		   { AT(info, charged_bytes), sizeof(struct acall_info) } } },
	{ LAYOUT(INTERFACE_INFO, true, interface_info),
	  .out = { { AT(interface_info, name),
		     sizeof(struct acall_interface_info) } },
	  .both = { { AT(interface_info, cursor),
		      AT(interface_info, name) } } },
	{ LAYOUT(METHOD_INFO, true, method_info),
	  .out = { { AT(method_info, caps),
		     sizeof(struct acall_method_info) } } },
	{ LAYOUT(CREATE, true, create),
	  .both = { { AT(create, version), AT(create, __reserved) } } },
	{ LAYOUT(LIST, true, list),
	  .both = { { AT(list, cursor), AT(list, records) },
		    { AT(list, nr), sizeof(struct acall_list) } } },
	{ LAYOUT(CANCEL_ID, true, cancel),
	  .out = { { AT(cancel, state), sizeof(struct acall_cancel) } },
	  .both = { { AT(cancel, call_id), AT(cancel, grace_ns) } } },
	{ LAYOUT(WAIT_ID, true, wait_id),
	  .out = { { AT(wait_id, state), sizeof(struct acall_wait_id) } } },
	{ LAYOUT(BEGIN, false, begin),
	  .out = { { AT(begin, call_id), sizeof(struct acall_begin) } } },
	{ LAYOUT(WAIT, false, wait) },
	{ LAYOUT(FINISH, false, finish),
	  .out = { { AT(finish, status), sizeof(struct acall_finish) } },
	  .both = { { AT(finish, call_id), AT(finish, out) },
		    { AT(finish, out_len), AT(finish, status) } } },
	{ LAYOUT(CANCEL, false, cancel),
	  .out = { { AT(cancel, state), sizeof(struct acall_cancel) } },
	  .both = { { AT(cancel, call_id), AT(cancel, grace_ns) } } },
	{ LAYOUT(QUERY, false, query),
	  .out = { { AT(query, state), sizeof(struct acall_query) } },
	  .both = { { AT(query, call_id), AT(query, state) } } },
	{ LAYOUT(CALL, false, call_args),
	  .out = { { AT(call_args, status), AT(call_args, user_data) },
		   { AT(call_args, call_id),
		     sizeof(struct acall_call_args) } },
	  .both = { { AT(call_args, out_len), AT(call_args, out) },
		    { AT(call_args, nr_files_out), AT(call_args, status) } } },
};

static inline const struct layout *layout_of(unsigned long cmd)
{
	const struct layout *l = layouts;

	while (l->cmd != cmd)
		l++;
	return l;
}

static inline bool inside(const struct span *s, unsigned int i)
{
	return (i >= s[0].at && i < s[0].end) || (i >= s[1].at && i < s[1].end);
}

/* What a case may write of its structure. */
enum may { NOTHING, ANSWER, CALL_ID };

static inline bool may_write(const struct layout *l, enum may writes,
			     unsigned int i)
{
	unsigned int id = l->cmd == ACALL_IOC_CALL ?
			  offsetof(struct acall_call_args, call_id) :
			  offsetof(struct acall_begin, call_id);

	if (writes == CALL_ID)
		return i >= id && i < id + sizeof(__u64);
	return writes == ANSWER && (inside(l->out, i) || inside(l->both, i));
}

/* What is behind the pointers of a structure. */
enum { BUFFER = 64, FILES = 4, RECORDS = 3, RECORD_ROOM = 512 };

static struct {
	unsigned char out[BUFFER];
	__s32 files[FILES];
	unsigned char records[RECORDS * RECORD_ROOM];
} behind;

/* One shot: the structure in the middle of marked memory. */
struct shot {
	unsigned char was[PAGE];
	unsigned char now[PAGE];
	unsigned int at;
};

enum { MIDDLE = 1024 };

/* @in: the structure; what is only an output is marked. */
static inline int shoot(const struct layout *l, int fd, const void *in,
			unsigned char mark, unsigned int shift, unsigned int more,
			struct shot *s)
{
	unsigned int i;
	__u32 size = l->size + more;

	s->at = MIDDLE + shift;
	memset(s->now, mark, PAGE);
	memset(s->now + s->at, 0, size);
	for (i = 0; i < l->size; i++)
		if (!inside(l->out, i))
			s->now[s->at + i] = ((const unsigned char *)in)[i];
		else
			s->now[s->at + i] = mark;
	memcpy(s->now + s->at, &size, sizeof(size));
	memcpy(s->was, s->now, PAGE);
	memset(&behind, mark, sizeof(behind));
	return sys_ioctl(fd, l->cmd, s->now + s->at);
}

/* Did it write only what it may? */
static inline int only_written(const struct layout *l, enum may writes,
			       const struct shot *s)
{
	unsigned int i;

	for (i = 0; i < PAGE; i++) {
		if (s->now[i] == s->was[i])
			continue;
		if (i >= s->at && may_write(l, writes, i - s->at))
			continue;
		fprintf(stderr, "# ioctl %#lx: byte %d: %#x, was %#x\n",
			l->cmd, (int)i - (int)s->at, s->now[i], s->was[i]);
		return 1;
	}
	return 0;
}

/* Did it write all of its output? */
static inline int all_written(const struct layout *l, enum may writes,
			      const struct shot *s)
{
	unsigned int i, n;

	for (i = 0; i < l->size; i++) {
		if (!may_write(l, writes, i) || !inside(l->out, i))
			continue;
		for (n = 0; n < ARRAY_SIZE(marks); n++)
			if (s[n].now[s[n].at + i] != marks[n])
				break;
		if (n == ARRAY_SIZE(marks)) {
			fprintf(stderr, "# ioctl %#lx: byte %u not written\n",
				l->cmd, i);
			return 1;
		}
	}
	return 0;
}

/*
 * Nothing that a kernel has in its memory: no address, and nothing that it fills
 * with what is freed or not initialised.
 */
static inline int nothing_of_the_kernels(const void *p, size_t len)
{
	long shown = poison_shown(p, NULL, len);
	const unsigned char *bytes = p;
	__u32 high, low;
	size_t i;
	__u64 v;

	for (i = 0; i + sizeof(v) <= len; i += sizeof(v)) {
		memcpy(&v, bytes + i, sizeof(v));
		/* As the words of a 64-bit kernel; errnos are above. */
		high = v >> 32;
		low = v;
		if ((high >= 0xffff8000 && high < 0xfffff000) ||
		    (high == 0xffffffff && low >= 0x80000000 &&
		     low < 0xf0000000)) {
			fprintf(stderr, "# an address at %zu\n", i);
			return 1;
		}
	}
	if (shown >= 0)
		fprintf(stderr, "# not initialised: from %ld on\n", shown);
	return shown >= 0;
}

static inline int behind_is_untouched(unsigned char mark, unsigned int out,
				      unsigned int files, unsigned int records)
{
	CHECK(all_are(behind.out + out, mark, BUFFER - out));
	CHECK(all_are(behind.files + files, mark,
		      (FILES - files) * sizeof(__s32)));
	CHECK(all_are(behind.records + records, mark,
		      sizeof(behind.records) - records));
	return 0;
}

/* One case: @before it each time, and @after it. */
struct scene {
	int dev;
	int ctl;
	int fd;
	__u64 id;
	__u64 call_id;
	__u64 foreign;		/* a call of root's */
	int ret;
	union {
		struct acall_info info;
		struct acall_interface_info interface;
		struct acall_method_info method;
		struct acall_create create;
		struct acall_begin begin;
		struct acall_wait wait;
		struct acall_wait_id wait_id;
		struct acall_finish finish;
		struct acall_cancel cancel;
		struct acall_query query;
		struct acall_call_args call;
		struct acall_list list;
	} u;
	unsigned char in[BUFFER];
};

struct leak {
	const char *name;
	unsigned long cmd;
	int want;
	enum may writes;
	int (*before)(struct scene *s);
	unsigned int out;	/* bytes of the buffer that are written */
	unsigned int files;	/* entries of the array, likewise */
	unsigned int records;	/* bytes of the records */
};

#define CASE(_name, _cmd, _want, _writes, ...)				\
	{ .name = _name, .cmd = ACALL_IOC_##_cmd, .want = _want,	\
	  .writes = _writes, ##__VA_ARGS__ }

/* Ends whatever is there. */
static inline void after(struct scene *s)
{
	struct acall_finish f = { .out = PTR(behind.out), .out_len = BUFFER };
	int i;

	if (s->id)
		forget(s->ctl, s->id);
	f.files = PTR(behind.files);
	f.nr_files = FILES;
	if (state_of(s->fd) != ACALL_STATE_IDLE &&
	    !sys_finish_struct(s->fd, &f))
		for (i = 0; i < (int)f.nr_files; i++)
			close(behind.files[i]);
	sys_wait_settled(s->fd, 0, FOREVER);
}

static inline int one_case(struct scene *s, const struct leak *c, unsigned int shift,
			   unsigned int more)
{
	const struct layout *l = layout_of(c->cmd);
	struct shot shots[ARRAY_SIZE(marks)];
	unsigned int i, n;

	for (n = 0; n < ARRAY_SIZE(marks); n++) {
		memset(&s->u, 0, sizeof(s->u));
		s->id = 0;
		CHECK(!c->before || !c->before(s));
		s->ret = shoot(l, l->device ? s->dev : s->fd, &s->u, marks[n],
			       shift, more, &shots[n]);
		if (s->ret >= 0 && c->cmd == ACALL_IOC_CREATE) {
			close(s->ret);
			s->ret = 0;
		}
		if (s->ret != c->want)
			fprintf(stderr, "# %d, not %d\n", s->ret, c->want);
		CHECK(s->ret == c->want);
		CHECK(!only_written(l, c->writes, &shots[n]));
		CHECK(!behind_is_untouched(marks[n], c->out, c->files,
					   c->records));
		CHECK(!nothing_of_the_kernels(shots[n].now + shots[n].at,
					      c->writes == ANSWER ?
					      l->size : 0));
		CHECK(!nothing_of_the_kernels(behind.out, c->out));
		CHECK(!nothing_of_the_kernels(behind.records, c->records));
		for (i = 0; i < c->files && !s->ret; i++)
			close(behind.files[i]);
		after(s);
	}
	return all_written(l, c->writes, shots);
}

/* All of them, as a user who has nothing. */
struct batch {
	const struct leak *cases;	/* up to one without a name */
	struct scene scene;
};

static inline int run_batch(void *arg)
{
	static const unsigned int shifts[] = { 0, 1 }, mores[] = { 0, 40 };
	struct batch *b = arg;
	const struct leak *c;
	unsigned int n, m, bad = 0;

	CHECK(!become(UID_A));
	b->scene.dev = sys_open_device();
	b->scene.fd = sys_create(b->scene.dev, "test");
	CHECK(b->scene.fd >= 0);
	for (c = b->cases; c->name; c++)
		for (n = 0; n < ARRAY_SIZE(shifts); n++)
			for (m = 0; m < ARRAY_SIZE(mores); m++) {
				/* One oddity at a time will do. */
				if ((n && m) ||
				    !one_case(&b->scene, c, shifts[n],
					      mores[m]))
					continue;
				fprintf(stderr, "# %s (+%u, %u more)\n",
					c->name, shifts[n], mores[m]);
				after(&b->scene);
				bad++;
			}
	return !!bad;
}

/* @foreign: the id of a call that is not his. */
static inline int clean(int ctl, __u64 foreign, const struct leak *cases)
{
	struct batch b = {
		.cases = cases, .scene = { .ctl = ctl, .foreign = foreign },
	};

	return child_run(run_batch, &b);
}

/* Where a call can be. */

static inline int running(struct scene *s, __u32 method, __u32 flags)
{
	s->id = fresh_id();
	return one_call_flags(s->fd, s->ctl, flags, method, s->id, &s->call_id);
}

static inline int echoed(struct scene *s)
{
	memset(s->in, 'e', sizeof(s->in));
	return sys_begin(s->fd, ACALL_TEST_ECHO, s->in, 16, &s->call_id) ?:
	       sys_wait_until(s->fd, 0, FOREVER);
}

static inline int stopped(struct scene *s)
{
	struct acall_cancel c;

	return running(s, ACALL_TEST_COOP, 0) ?:
	       sys_cancel(s->fd, 0, 0, FOREVER, &c);
}

static inline int abandoned(struct scene *s)
{
	return running(s, ACALL_TEST_GATE, 0) ?: sys_abandon(s->fd);
}

static inline int filed(struct scene *s)
{
	struct acall_test_custom arg = { .files = 2, .out_len = 16 };

	s->id = fresh_id();
	arg.id = s->id;
	return sys_begin(s->fd, ACALL_TEST_FILES, &arg, sizeof(arg),
			 &s->call_id) ?: open_gate(s->ctl, s->id) ?:
	       sys_wait_until(s->fd, 0, FOREVER);
}

static inline int bad_flags(struct scene *s)
{
	s->u.info.flags = 1U << 31;	/* every structure has them there */
	return 0;
}

#endif /* _SELFTESTS_HOSTILE_LEAK_H */
