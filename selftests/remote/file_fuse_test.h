/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fixture of the tests of files that a server has: its file system, with a
 * pattern in the source, an object, and what is to be true in the end.
 */
#ifndef _SELFTESTS_FILE_FUSE_TEST_H
#define _SELFTESTS_FILE_FUSE_TEST_H

#include "file_fuse.h"

/* What the programs have in common: a source with a pattern. */
#define SRC_SEED	11
#define SIZE		(FT_MIB + 12345)
#define PIECE		(64 * FT_KIB)

/*
 * The fixture of a program's tests: the mount, an object, and the files that
 * are open.
 */
FIXTURE(fuse) {
	const char *why;
	int obj;
	int src;
	int dst;
	struct ft_fuse fs;
	struct acall_finish finish;
};

/* The source has a pattern, the target is empty; no file is open yet. */
static inline const char *set_up(struct _test_data_fuse *self)
{
	const char *why = ft_missing("ACALL_DIR_TMPFS");

	self->obj = -1;
	self->src = -1;
	self->dst = -1;
	why = why ?: ft_missing("ACALL_DIR_EXT4");
	why = why ?: ft_fuse_start(&self->fs);
	if (why)
		return why;
	ft_pattern(self->fs.shared->data[FT_SOURCE], 0, SIZE, SRC_SEED);
	self->fs.shared->size[FT_SOURCE] = SIZE;
	return NULL;
}

/* Everything settles, with the gate open, and nobody uses the mount (F8). */
static inline const char *tear_down(struct _test_data_fuse *self)
{
	const char *left;

	ft_fuse_open_gate(&self->fs);
	close(self->obj);
	close(self->src);
	close(self->dst);
	left = ft_leftovers();
	if (ft_fuse_stop(&self->fs) && !left)
		left = "the mount is in use";
	return left;
}

FIXTURE_SETUP(fuse)
{
	self->why = set_up(self);
	if (self->why)
		return;
	self->obj = ft_object();
	ASSERT_GE(self->obj, 0);
}

FIXTURE_TEARDOWN(fuse)
{
	const char *left;

	if (self->why)
		return;
	left = tear_down(self);
	EXPECT_EQ(NULL, left)
		TH_LOG("%s", left);
}

static inline int open_source(struct _test_data_fuse *self)
{
	self->src = ft_fuse_file(&self->fs, FT_SOURCE);
	return self->src < 0 ? self->src : 0;
}

static inline int open_target(struct _test_data_fuse *self)
{
	self->dst = ft_fuse_file(&self->fs, FT_TARGET);
	return self->dst < 0 ? self->dst : 0;
}

static inline int open_both(struct _test_data_fuse *self)
{
	return open_source(self) ?: open_target(self);
}

static inline unsigned char *target(struct _test_data_fuse *self)
{
	return self->fs.shared->data[FT_TARGET];
}

/* Has the server's target the first @len bytes of the source, and no others? */
static inline bool copied(struct _test_data_fuse *self, __u64 len)
{
	const struct ft_fuse_shared *s = self->fs.shared;

	if (s->size[FT_TARGET] != len) {
		fprintf(stderr, "# the target has %llu bytes, not %llu\n",
			(unsigned long long)s->size[FT_TARGET],
			(unsigned long long)len);
		return false;
	}
	return ft_differs(s->data[FT_SOURCE], s->data[FT_TARGET], len, 0) == -1;
}

/* Has the local target @fd the first @len bytes of the server's source? */
static inline bool same(struct _test_data_fuse *self, int fd, __u64 len)
{
	static unsigned char is[FT_FUSE_MAX];

	return !ft_get(fd, is, len, 0) &&
	       ft_differs(self->fs.shared->data[FT_SOURCE], is, len, 0) == -1;
}

#endif /* _SELFTESTS_FILE_FUSE_TEST_H */
