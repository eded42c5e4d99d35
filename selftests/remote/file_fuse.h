/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file system whose server is at hand: FUSE, served by a child of the test
 * over /dev/fuse, with two files in memory that both can see. A test counts
 * what the server was asked, has it fail, and has it not answer.
 *
 * The child alone has the device: whatever kills it, or the test, ends the
 * connection, and nobody waits for an answer any more. A thread would not do:
 * as long as the test itself waits for the server, its files are not closed.
 */
#ifndef _SELFTESTS_FILE_FUSE_H
#define _SELFTESTS_FILE_FUSE_H

#include "file/file_util.h"

#include <linux/falloc.h>
#include <linux/fuse.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/uio.h>

#define FT_FUSE_MAX	(4 * FT_MIB)	/* bytes in a file */
#define FT_FUSE_WRITE	(128 * FT_KIB)	/* in a request */
#define FT_FUSE_OPS	64
#define FT_FUSE_HELD	64
#define FT_FUSE_BLOCKS	12345		/* of the file system */
#define FT_FUSE_NOTHING	1		/* no -errno: success, of 0 bytes */

enum { FT_SOURCE, FT_TARGET, FT_FUSE_FILES };

/* What is to become of requests of one kind, and how many there were. */
struct ft_fuse_op {
	unsigned int seen;
	unsigned int spare;	/* that many more are served before all this */
	int error;		/* -errno that they are answered with */
	bool hold;		/* they are read and not answered */
	bool deaf;		/* after the last spared one nothing is read */
};

struct ft_fuse_shared {
	struct ft_fuse_op ops[FT_FUSE_OPS];
	__u64 size[FT_FUSE_FILES];
	__u64 piece;		/* at most of a copy at a time, 0 = all */
	unsigned int more;	/* says that it has copied so much more */
	unsigned int held;	/* requests that wait for an answer */
	unsigned int fsync_flags;	/* of the last one */
	bool obeys;		/* INTERRUPT ends what is held */
	bool deaf;		/* reads nothing */
	bool unread;		/* is deaf, and there is something */
	unsigned char data[FT_FUSE_FILES][FT_FUSE_MAX];
};

struct ft_fuse {
	struct ft_fuse_shared *shared;
	char mnt[200];
	pid_t test;
	pid_t server;
	int dev;		/* the server's only */
	int kick;		/* has it look at what has changed */
	bool async;		/* set before: FUSE_ASYNC_READ */
	unsigned char *held[FT_FUSE_HELD];	/* the server's */
};

/* Nodes: the root, and then the files. */
static inline unsigned int ft_fuse_which(__u64 node)
{
	return (node - FUSE_ROOT_ID - 1) % FT_FUSE_FILES;
}

static inline void ft_fuse_reply(struct ft_fuse *f,
				 const struct fuse_in_header *in, int error,
				 const void *data, size_t len)
{
	struct fuse_out_header out = {
		.len = sizeof(out) + len, .error = error, .unique = in->unique,
	};
	struct iovec iov[] = { { &out, sizeof(out) }, { (void *)data, len } };

	/* ENOENT: nobody waits for it any more. */
	if (writev(f->dev, iov, 2) < 0 && errno != ENOENT)
		fprintf(stderr, "# FUSE: reply to %u: errno %d\n", in->opcode,
			errno);
}

static inline void ft_fuse_attr(struct ft_fuse *f, __u64 node,
				struct fuse_attr *attr)
{
	*attr = (struct fuse_attr) {
		.ino = node, .mode = S_IFDIR | 0755, .nlink = 2,
		.blksize = 4096,
	};
	if (node == FUSE_ROOT_ID)
		return;
	attr->mode = S_IFREG | 0644;
	attr->nlink = 1;
	attr->size = f->shared->size[ft_fuse_which(node)];
	attr->blocks = (attr->size + 511) / 512;
}

static inline void ft_fuse_init(struct ft_fuse *f,
				const struct fuse_in_header *in,
				const struct fuse_init_in *arg)
{
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = arg->minor < FUSE_KERNEL_MINOR_VERSION ?
			 arg->minor : FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = FT_FUSE_WRITE,
		.flags = arg->flags & (FUSE_BIG_WRITES | FUSE_MAX_PAGES |
				       (f->async ? FUSE_ASYNC_READ : 0)),
		.max_write = FT_FUSE_WRITE,
		.max_pages = FT_FUSE_WRITE / 4096,
		.time_gran = 1,
	};

	ft_fuse_reply(f, in, 0, &out, sizeof(out));
}

static inline void ft_fuse_lookup(struct ft_fuse *f,
				  const struct fuse_in_header *in,
				  const char *name)
{
	struct fuse_entry_out out = {
		.entry_valid = 3600, .attr_valid = 3600, .generation = 1,
	};

	out.nodeid = FUSE_ROOT_ID + 1 + (name[0] == 's' ? FT_SOURCE :
					 FT_TARGET);
	ft_fuse_attr(f, out.nodeid, &out.attr);
	ft_fuse_reply(f, in, 0, &out, sizeof(out));
}

/* Of the root they are never valid: so a stat of it asks each time. */
static inline void ft_fuse_getattr(struct ft_fuse *f,
				   const struct fuse_in_header *in)
{
	struct fuse_attr_out out = {
		.attr_valid = in->nodeid == FUSE_ROOT_ID ? 0 : 3600,
	};

	ft_fuse_attr(f, in->nodeid, &out.attr);
	ft_fuse_reply(f, in, 0, &out, sizeof(out));
}

/* Gives a file a size of at least or, to @cut it, exactly @size. */
static inline void ft_fuse_resize(struct ft_fuse *f, unsigned int which,
				  __u64 size, bool cut)
{
	__u64 *is = &f->shared->size[which];

	if (cut && size < *is)
		memset(f->shared->data[which] + size, 0, *is - size);
	if (cut || size > *is)
		*is = size;
}

static inline void ft_fuse_read(struct ft_fuse *f,
				const struct fuse_in_header *in,
				const struct fuse_read_in *arg)
{
	unsigned int which = ft_fuse_which(in->nodeid);
	__u64 size = f->shared->size[which];
	__u64 at = arg->offset < size ? arg->offset : size;
	__u64 n = size - at < arg->size ? size - at : arg->size;

	ft_fuse_reply(f, in, 0, f->shared->data[which] + at, n);
}

static inline int ft_fuse_write(struct ft_fuse *f,
				const struct fuse_in_header *in,
				const struct fuse_write_in *arg)
{
	struct fuse_write_out out = { .size = arg->size };
	unsigned int which = ft_fuse_which(in->nodeid);

	if (arg->offset + arg->size > FT_FUSE_MAX)
		return -EFBIG;
	memcpy(f->shared->data[which] + arg->offset, arg + 1, arg->size);
	ft_fuse_resize(f, which, arg->offset + arg->size, false);
	ft_fuse_reply(f, in, 0, &out, sizeof(out));
	return 0;
}

static inline int ft_fuse_copy(struct ft_fuse *f,
			       const struct fuse_in_header *in,
			       const struct fuse_copy_file_range_in *arg)
{
	struct ft_fuse_shared *s = f->shared;
	unsigned int from = ft_fuse_which(in->nodeid);
	unsigned int to = ft_fuse_which(arg->nodeid_out);
	struct fuse_write_out out = { 0 };
	__u64 n = arg->len;

	if (arg->off_in >= s->size[from])
		n = 0;
	else if (n > s->size[from] - arg->off_in)
		n = s->size[from] - arg->off_in;
	if (s->piece && n > s->piece)
		n = s->piece;
	if (arg->off_out + n > FT_FUSE_MAX)
		return -EFBIG;
	if (n) {
		memmove(s->data[to] + arg->off_out, s->data[from] + arg->off_in,
			n);
		ft_fuse_resize(f, to, arg->off_out + n, false);
	}
	out.size = n + s->more;
	ft_fuse_reply(f, in, 0, &out, sizeof(out));
	return 0;
}

static inline int ft_fuse_fallocate(struct ft_fuse *f,
				    const struct fuse_in_header *in,
				    const struct fuse_fallocate_in *arg)
{
	unsigned int which = ft_fuse_which(in->nodeid);

	if (arg->offset + arg->length > FT_FUSE_MAX)
		return -EFBIG;
	if (arg->mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		memset(f->shared->data[which] + arg->offset, 0, arg->length);
	if (!(arg->mode & FALLOC_FL_KEEP_SIZE))
		ft_fuse_resize(f, which, arg->offset + arg->length, false);
	ft_fuse_reply(f, in, 0, NULL, 0);
	return 0;
}

static inline int ft_fuse_setattr(struct ft_fuse *f,
				  const struct fuse_in_header *in,
				  const struct fuse_setattr_in *arg)
{
	if (arg->valid & FATTR_SIZE) {
		if (arg->size > FT_FUSE_MAX)
			return -EFBIG;
		ft_fuse_resize(f, ft_fuse_which(in->nodeid), arg->size, true);
	}
	ft_fuse_getattr(f, in);
	return 0;
}

/* Returns 0 if it was answered or wants no answer, else -errno. */
static inline int ft_fuse_serve(struct ft_fuse *f,
				const struct fuse_in_header *in)
{
	struct fuse_statfs_out statfs = { .st = {
		.blocks = FT_FUSE_BLOCKS, .bsize = 4096, .frsize = 4096,
		.namelen = 255,
	} };
	struct fuse_open_out opened = { 0 };
	const void *arg = in + 1;

	switch (in->opcode) {
	case FUSE_INIT:
		ft_fuse_init(f, in, arg);
		return 0;
	case FUSE_LOOKUP:
		ft_fuse_lookup(f, in, arg);
		return 0;
	case FUSE_GETATTR:
		ft_fuse_getattr(f, in);
		return 0;
	case FUSE_SETATTR:
		return ft_fuse_setattr(f, in, arg);
	case FUSE_OPEN:
		ft_fuse_reply(f, in, 0, &opened, sizeof(opened));
		return 0;
	case FUSE_READ:
		ft_fuse_read(f, in, arg);
		return 0;
	case FUSE_WRITE:
		return ft_fuse_write(f, in, arg);
	case FUSE_COPY_FILE_RANGE:
		return ft_fuse_copy(f, in, arg);
	case FUSE_FALLOCATE:
		return ft_fuse_fallocate(f, in, arg);
	case FUSE_STATFS:
		ft_fuse_reply(f, in, 0, &statfs, sizeof(statfs));
		return 0;
	case FUSE_FSYNC:
		f->shared->fsync_flags =
			((const struct fuse_fsync_in *)arg)->fsync_flags;
		ft_fuse_reply(f, in, 0, NULL, 0);
		return 0;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_DESTROY:
		ft_fuse_reply(f, in, 0, NULL, 0);
		return 0;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
		return 0;
	}
	return -ENOSYS;
}

/* Answers as the test wishes. */
static inline void ft_fuse_answer(struct ft_fuse *f,
				  const struct fuse_in_header *in, int error)
{
	static const struct fuse_write_out nothing;
	int ret;

	if (error == FT_FUSE_NOTHING) {
		ft_fuse_reply(f, in, 0, &nothing, sizeof(nothing));
		return;
	}
	ret = error ?: ft_fuse_serve(f, in);
	if (ret)
		ft_fuse_reply(f, in, ret, NULL, 0);
}

static inline void ft_fuse_count_held(struct ft_fuse *f)
{
	unsigned int i, n = 0;

	for (i = 0; i < FT_FUSE_HELD; i++)
		n += !!f->held[i];
	__atomic_store_n(&f->shared->held, n, __ATOMIC_RELEASE);
}

static inline int ft_fuse_keep(struct ft_fuse *f,
			       const struct fuse_in_header *in)
{
	unsigned int i;

	for (i = 0; i < FT_FUSE_HELD && f->held[i]; i++)
		;
	if (i < FT_FUSE_HELD)
		f->held[i] = malloc(in->len);
	if (i == FT_FUSE_HELD || !f->held[i])
		return -ENOMEM;
	memcpy(f->held[i], in, in->len);
	ft_fuse_count_held(f);
	return 0;
}

/* Answers what is held: one request, by INTERRUPT, or all whose gate is open. */
static inline void ft_fuse_look(struct ft_fuse *f, __u64 unique)
{
	struct fuse_in_header *in;
	struct ft_fuse_op *op;
	unsigned int i;

	for (i = 0; i < FT_FUSE_HELD; i++) {
		in = (struct fuse_in_header *)f->held[i];
		if (!in)
			continue;
		op = &f->shared->ops[in->opcode];
		if (unique ? in->unique != unique :
			     __atomic_load_n(&op->hold, __ATOMIC_ACQUIRE))
			continue;
		ft_fuse_answer(f, in, unique ? -EINTR : op->error);
		free(in);
		f->held[i] = NULL;
	}
	ft_fuse_count_held(f);
}

static inline void ft_fuse_request(struct ft_fuse *f,
				   const struct fuse_in_header *in)
{
	const struct fuse_interrupt_in *interrupt = (const void *)(in + 1);
	struct ft_fuse_shared *s = f->shared;
	struct ft_fuse_op *op;
	int error;

	if (in->opcode >= FT_FUSE_OPS) {
		ft_fuse_reply(f, in, -ENOSYS, NULL, 0);
		return;
	}
	op = &s->ops[in->opcode];
	__atomic_add_fetch(&op->seen, 1, __ATOMIC_RELEASE);
	if (in->opcode == FUSE_INTERRUPT) {
		if (s->obeys)
			ft_fuse_look(f, interrupt->unique);
		return;
	}
	error = op->error;
	if (op->spare) {
		error = 0;
		if (!--op->spare && op->deaf)
			s->deaf = true;
	} else if (op->hold) {
		error = ft_fuse_keep(f, in);
		if (!error)
			return;
	}
	ft_fuse_answer(f, in, error);
}

/* The child's: until the file system is gone. */
static inline int ft_fuse_main(void *arg)
{
	const size_t len = FT_FUSE_WRITE + 4096;
	struct ft_fuse *f = arg;
	struct ft_fuse_shared *s = f->shared;
	void *buf = malloc(len);
	struct pollfd p[2];
	uint64_t unused;
	ssize_t n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!buf || getppid() != f->test)
		return 1;
	for (;;) {
		/* Until it is kicked, if there is one that is not to be read. */
		p[0].fd = __atomic_load_n(&s->unread, __ATOMIC_ACQUIRE) ? -1 :
			  f->dev;
		p[1].fd = f->kick;
		p[0].events = POLLIN;
		p[1].events = POLLIN;
		if (poll(p, 2, -1) < 0)
			return 1;
		if (p[1].revents) {
			if (read(f->kick, &unused, sizeof(unused)) < 0)
				return 1;
			__atomic_store_n(&s->unread, false, __ATOMIC_RELEASE);
			ft_fuse_look(f, 0);
			continue;
		}
		if (!p[0].revents)
			continue;
		/* It may have become so meanwhile. */
		if (__atomic_load_n(&s->deaf, __ATOMIC_ACQUIRE)) {
			__atomic_store_n(&s->unread, true, __ATOMIC_RELEASE);
			continue;
		}
		n = read(f->dev, buf, len);
		if (n >= (ssize_t)sizeof(struct fuse_in_header))
			ft_fuse_request(f, buf);
		/* ENOENT: it was taken back before it was read. */
		else if (n >= 0 || (errno != EINTR && errno != ENOENT))
			return errno != ENODEV;
	}
}

/* The test's: what follows is for it. */

static inline unsigned int ft_fuse_seen(struct ft_fuse *f, unsigned int opcode)
{
	return __atomic_load_n(&f->shared->ops[opcode].seen, __ATOMIC_ACQUIRE);
}

/* Has requests of a kind, after @spare more, fail, be held or not be read. */
static inline void ft_fuse_set(struct ft_fuse *f, unsigned int opcode,
			       struct ft_fuse_op to)
{
	to.seen = 0;
	f->shared->ops[opcode] = to;
}

/* Waits until the server holds a request or, if it is deaf, has one to read. */
static inline int ft_fuse_wait_stuck(struct ft_fuse *f)
{
	__u64 since = now_ns();

	while (!__atomic_load_n(&f->shared->held, __ATOMIC_ACQUIRE) &&
	       !__atomic_load_n(&f->shared->unread, __ATOMIC_ACQUIRE)) {
		if (guard_expired(since))
			return -ETIMEDOUT;
		give_way();
	}
	return 0;
}

/* The gate opens: from now on the server does what it is asked. */
static inline void ft_fuse_open_gate(struct ft_fuse *f)
{
	const uint64_t one = 1;
	unsigned int i;

	for (i = 0; i < FT_FUSE_OPS; i++) {
		f->shared->ops[i].spare = 0;
		f->shared->ops[i].error = 0;
		f->shared->ops[i].deaf = false;
		__atomic_store_n(&f->shared->ops[i].hold, false,
				 __ATOMIC_RELEASE);
	}
	__atomic_store_n(&f->shared->deaf, false, __ATOMIC_RELEASE);
	__atomic_store_n(&f->shared->unread, false, __ATOMIC_RELEASE);
	if (write(f->kick, &one, sizeof(one)) < 0)
		abort();
}

static inline int ft_fuse_file(struct ft_fuse *f, unsigned int which)
{
	char path[220];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", f->mnt,
		 which == FT_SOURCE ? "source" : "target");
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static inline int ft_fuse_mount(struct ft_fuse *f)
{
	char options[80];
	int ret;

	ret = ft_mount_point(f->mnt, sizeof(f->mnt));
	if (ret)
		return ret;
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0", f->dev);
	if (!mount("acall", f->mnt, "fuse", MS_NOSUID | MS_NODEV, options))
		return 0;
	ret = -errno;
	rmdir(f->mnt);
	return ret;
}

/* Mounts and serves it. Returns NULL or why it can not be had here. */
static inline const char *ft_fuse_start(struct ft_fuse *f)
{
	static char why[80];
	int ret;

	if (geteuid())
		return "only root may mount";
	/* It may be a module, and then comes with its device. */
	if (access("/dev/fuse", F_OK) &&
	    system("modprobe fuse >/dev/null 2>&1"))
		return "no FUSE";
	f->shared = mmap(NULL, sizeof(*f->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (f->shared == MAP_FAILED)
		return "no memory for the files";
	f->dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (f->dev < 0)
		return "no /dev/fuse";
	f->kick = eventfd(0, EFD_CLOEXEC);
	ret = ft_fuse_mount(f);
	if (ret) {
		close(f->dev);
		snprintf(why, sizeof(why), "cannot mount FUSE: errno %d", -ret);
		return why;
	}
	f->test = getpid();
	f->server = child_start(ft_fuse_main, f);
	close(f->dev);
	return NULL;
}

/*
 * Unmounts it, and that it can be is a result: nobody has it in use (F8). All
 * of its files are closed. Returns 0 or -errno.
 */
static inline int ft_fuse_stop(struct ft_fuse *f)
{
	int ret = umount(f->mnt) ? -errno : 0;

	if (ret)
		umount2(f->mnt, MNT_DETACH);
	kill(f->server, SIGKILL);
	child_join(f->server);
	rmdir(f->mnt);
	close(f->kick);
	munmap(f->shared, sizeof(*f->shared));
	return ret;
}

#endif /* _SELFTESTS_FILE_FUSE_H */
