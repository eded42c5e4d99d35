// SPDX-License-Identifier: GPL-2.0-only
/*
 * BEGIN against BEGIN on one object [B7]: exactly one succeeds, and the other says
 * EBUSY and undoes what its .prepare has got, in its own task [B8]. The method is a
 * copy that keeps its source open a second time, to look for holes.
 */
#include "race_util.h"

#include <linux/acall_file.h>

#define BYTES	(256 << 10)
#define DATA_AT	(128 << 10)

struct beginner {
	int files[2];
	int ret;
};

struct beginners {
	int fd;
	struct beginner left;
	struct beginner right;
};

static void begin(int fd, struct beginner *b)
{
	struct acall_file_copy in = { .flags = ACALL_FILE_COPY_SPARSE };
	struct acall_begin args = {
		.size = sizeof(args), .method = ACALL_FILE_COPY,
		.in = PTR(&in), .in_len = sizeof(in),
		.files = PTR(b->files), .nr_files = 2,
	};

	b->ret = sys_begin_struct(fd, &args);
}

static void begin_left(void *arg)
{
	struct beginners *x = arg;

	begin(x->fd, &x->left);
}

static void begin_right(void *arg)
{
	struct beginners *x = arg;

	begin(x->fd, &x->right);
}

static int make_files(struct beginner *b)
{
	int i;

	for (i = 0; i < 2; i++) {
		b->files[i] = open(tmp_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC,
				   0600);
		CHECK(b->files[i] >= 0);
	}
	CHECK(!ftruncate(b->files[0], BYTES));
	CHECK(pwrite(b->files[0], "data", 4, DATA_AT) == 4);
	return 0;
}

/* The winner's target has it all, the loser's nothing. */
static int check(struct beginners *x)
{
	struct beginner *w = x->left.ret ? &x->right : &x->left;
	struct beginner *l = x->left.ret ? &x->left : &x->right;
	struct acall_finish f;
	struct stat st;
	char got[4];

	CHECK(w->ret == 0 && l->ret == -EBUSY);
	CHECK(!sys_finish(x->fd, 0, &f));
	CHECK(!one_outcome(&f, 0) && f.progress == BYTES);
	CHECK(pread(w->files[1], got, 4, DATA_AT) == 4);
	CHECK(!memcmp(got, "data", 4));
	CHECK(!fstat(l->files[1], &st) && !st.st_size);
	CHECK(!ftruncate(w->files[1], 0));
	return 0;
}

TEST_F(prov, B7_BEGIN_and_BEGIN)
{
	struct beginners x = {
		.fd = sys_create(self->dev, ACALL_FILE_INTERFACE),
	};
	struct race r = { .left = begin_left, .right = begin_right, .arg = &x,
			  .points = "BEGIN_PINNED 200 1000" };

	if (x.fd == -ENOENT)
		SKIP(return, "module acall_file is not loaded");
	ASSERT_LE(0, x.fd);
	ASSERT_EQ(0, make_files(&x.left));
	ASSERT_EQ(0, make_files(&x.right));
	ASSERT_EQ(0, race_start(&r));
	while (race_more(&r)) {
		race_round(&r);
		ASSERT_EQ(0, check(&x));
		ASSERT_EQ(0, nothing_lost(self->ctl, &self->before, 2));
		race_saw(&r, x.left.ret ? RIGHT_FIRST : LEFT_FIRST);
	}
	EXPECT_EQ(0, race_end(&r, "one", "the other"));
}

#include "acall_main.h"
