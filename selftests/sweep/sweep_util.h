/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The failure sweep: a path is something that a client does, and is done again
 * and again, with the 1st, 2nd, 3rd, ... thing in it made to fail that can, until
 * it comes through with none that failed; then the same with all later ones
 * failing too. After each: the errno is a documented one, the object is as the
 * contract has it, the same thing done again works, and nothing is left behind.
 *
 * Each run is another user's, so that what the core allocates for a user's first
 * call is allocated in every one.
 */
#ifndef _SELFTESTS_SWEEP_UTIL_H
#define _SELFTESTS_SWEEP_UTIL_H

#include "sweep_inject.h"
#include "sweep_table.h"

/* A path says what is different from others of its kind. */
#pragma GCC diagnostic ignored "-Woverride-init"

#define COUNTS		20	/* times that the points are counted at most */
#define MAX_FDS		16

/* One run of a path. */
struct sweep {
	int dev;
	int ctl;
	int obj;		/* what is closed at the end, -1 = none */
	int fds[MAX_FDS];	/* so are these */
	int nr_fds;
	__u64 id;		/* a meeting point */
	__u64 call_id;
	__u32 method;
	struct acall_begin begin;
	struct acall_finish finish;
	struct acall_call_args call;
	struct acall_cancel cancel;
	union {
		struct acall_test_arg arg;
		struct acall_test_custom custom;
		struct acall_test_result result;
		__s32 code;
		char bytes[256];
	} in;
	int got[ACALL_MAX_FILES];
	pthread_t thread;
	bool thread_runs;
	pid_t tid;
	int acted;		/* the act is over */
};

/* A documented errno, by itself or through its call's status. */
#define ERRNOS		12

struct path {
	const char *name;
	/* What comes before, with nothing failing; 0 or -errno. */
	int (*setup)(struct sweep *s, const struct path *path);
	/* What is swept: system calls only; 0 or -errno. */
	int (*act)(struct sweep *s, const struct path *path);
	/*
	 * Is all as the contract has it, after @act has returned @ret? May bring
	 * the object back to where @act began. Not 0 if not.
	 */
	int (*check)(struct sweep *s, const struct path *path, int ret);
	/* Undoes what of @setup neither @obj nor @fds is, if anything. */
	int (*teardown)(struct sweep *s, const struct path *path);
	/* What @act may fail with, as the header's comments have it. */
	const int *errnos;
	/* Comes through whatever allocation fails, as those that allocate none. */
	bool never_fails;
	/* The act is not repeatable: a close. */
	bool once;
	/* What copies of user memory are not the interface's own. */
	bool no_usercopy;
	/* For the functions. */
	const char *interface;
	__u32 method;
	__u32 flags;		/* of the act */
	__u32 terms;		/* of its BEGIN */
	__u64 value;
	__u32 len;
	__u32 files;
};

static const struct points {
	const char *path;
	int points[NR_KINDS];
} points[] = {
#define KERNEL(release)
#define PASSES(path, passes)
#define POINTS(path, slab, page, usercopy) { path, { slab, page, usercopy } },
#include "points.txt"
#undef KERNEL
#undef POINTS
#undef PASSES
	{ NULL, { 0 } }
};

static inline int keep_fd(struct sweep *s, int fd)
{
	if (fd >= 0 && s->nr_fds < MAX_FDS)
		s->fds[s->nr_fds++] = fd;
	return fd;
}

/* Becomes a user that there was not before; what it may do stays. */
static inline int fresh_user(void)
{
	static uid_t uid;

	if (!uid)
		uid = 1000000 + getpid() % 1000 * 10000;
	return syscall(__NR_setresuid, ++uid, -1, -1) ? -errno : 0;
}

static inline bool documented(const struct path *path, int ret)
{
	const int *e;

	for (e = path->errnos; e && *e; e++)
		if (ret == -*e)
			return true;
	return false;
}

FIXTURE(sweep)
{
	struct injector in;
	struct sweep s;
	__u64 prepared;
	__u64 released;
};

FIXTURE_VARIANT(sweep)
{
	const struct path *path;
};

#define NEWPATH(_name, ...)						\
static const struct path path_##_name = {				\
	.name = #_name, __VA_ARGS__					\
};									\
FIXTURE_VARIANT_ADD(sweep, _name)					\
{									\
	.path = &path_##_name,						\
}

static inline void sweep_begin_run(struct sweep *s)
{
	int dev = s->dev, ctl = s->ctl;

	memset(s, 0, sizeof(*s));
	s->dev = dev;
	s->ctl = ctl;
	s->obj = -1;
	s->id = fresh_id();
}

/* Nothing stays of a run, whatever it came to. */
static inline int sweep_end_run(struct _test_data_sweep *self,
				const struct path *path)
{
	struct sweep *s = &self->s;
	struct acall_cancel c;
	int i;

	__atomic_store_n(&s->acted, 1, __ATOMIC_RELEASE);
	if (s->thread_runs)
		pthread_join(s->thread, NULL);
	CHECK(!forget(s->ctl, 0));
	if (s->obj >= 0 && state_of(s->obj) != ACALL_STATE_IDLE) {
		/* What no gate ends. */
		sys_cancel(s->obj, ACALL_CANCEL_NOWAIT, 0, FOREVER, &c);
		CHECK(!sys_wait_until(s->obj, 0, FOREVER));
	}
	if (path->teardown)
		CHECK(!path->teardown(s, path));
	if (s->obj >= 0)
		close(s->obj);
	for (i = 0; i < s->nr_fds; i++)
		close(s->fds[i]);
	CHECK(!wait_counters_zero());
	CHECK(!wait_provider_idle(s->ctl, self->prepared, self->released));
	CHECK(!ctl_get(s->ctl, 0).dirty);
	return 0;
}

/*
 * One run, with the @nth point failing. @left: how many more points it would have
 * taken, 0 = it has failed.
 */
static inline int sweep_run(struct _test_data_sweep *self,
			    const struct path *path, unsigned int nth,
			    bool later, bool must, int *left)
{
	struct sweep *s = &self->s;
	int ret;

	CHECK(!fresh_user());
	sweep_begin_run(s);
	if (path->setup)
		CHECK(!path->setup(s, path));
	CHECK(!injector_arm(&self->in, nth, later));
	ret = path->act(s, path);
	*left = injector_disarm(&self->in);
	CHECK(*left >= 0);
	if (ret && (*left || must || !documented(path, ret))) {
		fprintf(stderr, "# %s: point %u%s: returns %d\n", path->name,
			nth, later ? " and on" : "", ret);
		return 1;
	}
	if (path->check && path->check(s, path, ret)) {
		fprintf(stderr, "# %s: point %u%s: after %d\n", path->name,
			nth, later ? " and on" : "", ret);
		return 1;
	}
	/* The next one works. */
	if (ret && !path->once) {
		ret = path->act(s, path);
		if (ret || (path->check && path->check(s, path, 0))) {
			fprintf(stderr, "# %s: point %u%s: again: %d\n",
				path->name, nth, later ? " and on" : "", ret);
			return 1;
		}
	}
	return sweep_end_run(self, path);
}

/* Return: 0 when it has come through. */
static inline int sweep_kind(struct _test_data_sweep *self,
			     const struct path *path, enum kind kind,
			     bool later)
{
	bool must = path->never_fails && kind != KIND_USERCOPY;
	unsigned int nth;
	int left = 0;

	if (kind == KIND_USERCOPY && path->no_usercopy)
		return 0;
	CHECK(!inject_kinds(1U << kind, later ? 100 : 0));
	for (nth = 1; !left; nth++) {
		if (sweep_run(self, path, nth, later, must, &left)) {
			fprintf(stderr, "# %s: of kind %s\n", path->name,
				kind_names[kind]);
			return 1;
		}
		CHECK(nth < NOT_INJECTED);
	}
	return 0;
}

/* What points.txt says of @path, and has for this kernel; else -1s. */
static inline struct points sweep_expected(const struct path *path,
					   const char *program)
{
	const struct points *p;
	char name[80];

	snprintf(name, sizeof(name), "%s/%s", program, path->name);
	for (p = points; p->path && strcmp(p->path, name); p++)
		;
	if (p->path && table_is_ours())
		return *p;
	return (struct points) { NULL, { -1, -1, -1 } };
}

/*
 * How many points there are: the fewest that were seen, for other allocations may
 * be needed now and then, such as a page for a slab. Once is enough if it is as
 * @expected.
 */
static inline int sweep_count(struct _test_data_sweep *self,
			      const struct path *path, enum kind kind,
			      int expected)
{
	int i, left, fewest = NOT_INJECTED;

	if (kind == KIND_USERCOPY && path->no_usercopy)
		return 0;
	CHECK(!inject_kinds(1U << kind, 0));
	for (i = 0; i < COUNTS && fewest != expected; i++) {
		if (sweep_run(self, path, NOT_INJECTED, false, false, &left))
			return -EPROTO;
		if (NOT_INJECTED - left < fewest)
			fewest = NOT_INJECTED - left;
	}
	return fewest;
}

/*
 * What allocates nothing does not mind if no allocation of ours succeeds any
 * more, in this task, in others and in workers.
 */
static inline int sweep_everybody(struct _test_data_sweep *self,
				  const struct path *path)
{
	struct sweep *s = &self->s;
	int ret;

	CHECK(!inject_kinds(1U << KIND_SLAB | 1U << KIND_PAGE, 100));
	CHECK(!fresh_user());
	sweep_begin_run(s);
	if (path->setup)
		CHECK(!path->setup(s, path));
	CHECK(!inject_everybody(true));
	ret = path->act(s, path);
	if (ret || (path->check && path->check(s, path, 0))) {
		fprintf(stderr, "# %s: with no memory at all: %d\n",
			path->name, ret);
		inject_everybody(false);
		return 1;
	}
	CHECK(!inject_everybody(false));
	return sweep_end_run(self, path);
}

/* As points.txt has it? Only its kernel's numbers are known. */
static inline int sweep_compare(const struct path *path, const char *program,
				const struct points *p,
				const int count[NR_KINDS])
{
	fprintf(stderr, "# points \"%s/%s\", %d, %d, %d\n", program,
		path->name, count[KIND_SLAB], count[KIND_PAGE],
		count[KIND_USERCOPY]);
	if (!table_is_ours() ||
	    (count[KIND_SLAB] == p->points[KIND_SLAB] &&
	     count[KIND_PAGE] >= p->points[KIND_PAGE] &&
	     count[KIND_USERCOPY] == p->points[KIND_USERCOPY]))
		return 0;
	fprintf(stderr, "# not the %d, %d, %d of points.txt: see there\n",
		p->points[KIND_SLAB], p->points[KIND_PAGE],
		p->points[KIND_USERCOPY]);
	return 1;
}

FIXTURE_SETUP(sweep)
{
	struct acall_test_control c;

	self->s.dev = sys_open_device();
	ASSERT_LE(0, self->s.dev);
	self->s.ctl = open(DEV_CONTROL, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->s.ctl);
	ASSERT_EQ(0, injector_open(&self->in));
	ASSERT_EQ(0, inject_open());
	ASSERT_EQ(0, forget(self->s.ctl, 0));
	ASSERT_EQ(0, wait_counters_zero());
	c = ctl_get(self->s.ctl, 0);
	self->prepared = c.prepared;
	self->released = c.released;
}

FIXTURE_TEARDOWN(sweep)
{
	inject_close();
	close_range(4, ~0U, 0);
}

/* Skips the program where the kernel injects nothing; before the harness runs. */
static inline void sweep_need(void)
{
	const char *why = inject_missing();

	if (!why)
		return;
	ksft_print_header();
	ksft_exit_skip("%s\n", why);
}

static void __attribute__((constructor)) sweep_skip(void)
{
	sweep_need();
	inject_look_up();
}

#endif /* _SELFTESTS_SWEEP_UTIL_H */
