// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_stop: a FUSE file system that has nothing but its root, and a thread that
 * serves it and is silent on request.
 *
 * What a deaf server has not read the kernel can take back, and does if whoever
 * waits is killed. Of what has been read, only the server can rid it, when it is
 * sent an INTERRUPT. The mount is in a mount namespace of the process, so it goes
 * with it however that ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dead.h"
#include "util.h"

static char path[4096];
static int dev = -1, kick = -1;
static enum server wanted = SERVER_ANSWERS, mode = SERVER_ANSWERS;
static unsigned int changes, changed;
static bool asked;

/* The request that is held; one at a time is all that is ever made. */
static struct fuse_in_header held;

static void reply(const struct fuse_in_header *in, int error, void *data,
		  size_t len)
{
	struct fuse_out_header out = {
		.len = sizeof(out) + len, .error = error, .unique = in->unique,
	};
	struct iovec iov[] = { { &out, sizeof(out) }, { data, len } };

	/* ENOENT: nobody waits for it any more. */
	if (writev(dev, iov, 2) < 0 && errno != ENOENT)
		die("FUSE: answer to %u: %s", in->opcode, strerror(errno));
}

static void answer(const struct fuse_in_header *in)
{
	struct fuse_init_in *arg = (struct fuse_init_in *)(in + 1);
	struct fuse_statfs_out statfs = { .st = {
		.blocks = 1, .bsize = 4096, .frsize = 4096, .namelen = 255,
	} };
	/* Never valid: each stat asks. */
	struct fuse_attr_out attr = { .attr = {
		.ino = FUSE_ROOT_ID, .mode = S_IFDIR | 0755, .nlink = 2,
		.blksize = 4096,
	} };
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .max_readahead = 4096,
		.max_write = 4096, .time_gran = 1,
	};

	switch (in->opcode) {
	case FUSE_INIT:
		init.minor = arg->minor < FUSE_KERNEL_MINOR_VERSION ?
			     arg->minor : FUSE_KERNEL_MINOR_VERSION;
		reply(in, 0, &init, sizeof(init));
		break;
	case FUSE_GETATTR:
		reply(in, 0, &attr, sizeof(attr));
		break;
	case FUSE_STATFS:
		reply(in, 0, &statfs, sizeof(statfs));
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
		break;
	default:
		reply(in, -ENOSYS, NULL, 0);
	}
}

static void hold(const struct fuse_in_header *in)
{
	held = *in;
	__atomic_store_n(&asked, true, __ATOMIC_RELEASE);
}

static void request(const struct fuse_in_header *in)
{
	const struct fuse_interrupt_in *arg =
		(const struct fuse_interrupt_in *)(in + 1);

	if (in->opcode == FUSE_INTERRUPT) {
		if (held.unique && held.unique == arg->unique) {
			reply(&held, -EINTR, NULL, 0);
			held.unique = 0;
		}
	} else if (mode == SERVER_OBEYS && (in->opcode == FUSE_GETATTR ||
					    in->opcode == FUSE_STATFS)) {
		hold(in);
	} else {
		answer(in);
	}
}

static void change(void)
{
	uint64_t unused;

	if (read(kick, &unused, sizeof(unused)) < 0)
		die("eventfd: %s", strerror(errno));
	if (held.unique) {
		answer(&held);
		held.unique = 0;
	}
	__atomic_store_n(&asked, false, __ATOMIC_RELEASE);
	mode = wanted;
	__atomic_store_n(&changed, changes, __ATOMIC_RELEASE);
}

static void *serve(void *arg)
{
	static char buf[FUSE_MIN_READ_BUFFER + 4096]
		__attribute__((aligned(8)));
	struct pollfd p[2];
	ssize_t n;

	(void)arg;
	for (;;) {
		p[0].fd = mode == SERVER_DEAF && asked ? -1 : dev;
		p[1].fd = kick;
		p[0].events = POLLIN;
		p[1].events = POLLIN;
		if (poll(p, 2, -1) < 0)
			die("poll: %s", strerror(errno));
		if (p[1].revents) {
			change();
			continue;
		}
		if (!p[0].revents)
			continue;
		if (mode == SERVER_DEAF) {
			__atomic_store_n(&asked, true, __ATOMIC_RELEASE);
			continue;
		}
		n = read(dev, buf, sizeof(buf));
		if (n >= (ssize_t)sizeof(struct fuse_in_header))
			request((struct fuse_in_header *)buf);
		/* ENOENT: it was taken back before it was read. */
		else if (n >= 0 || (errno != EINTR && errno != ENOENT))
			return NULL;
	}
}

bool dead_start(void)
{
	const char *dir = getenv("ACALL_DIR_TMPFS");
	char options[80];
	pthread_t thread;

	if (access("/dev/fuse", F_OK) &&
	    system("modprobe fuse >/dev/null 2>&1"))
		return false;
	dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (dev < 0)
		return false;
	if (!dir || snprintf(path, sizeof(path), "%s/dead.XXXXXX", dir) >=
		    (int)sizeof(path) || !mkdtemp(path))
		die("no folder for a mount");
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0", dev);
	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("acall", path, "fuse", MS_NOSUID | MS_NODEV, options))
		die("cannot mount FUSE: %s", strerror(errno));
	kick = eventfd(0, EFD_CLOEXEC);
	if (kick < 0 || pthread_create(&thread, NULL, serve, NULL))
		die("no server");
	return true;
}

void dead_stop(void)
{
	umount2(path, MNT_DETACH);
	rmdir(path);
}

const char *dead_path(void)
{
	return path;
}

void dead_set(enum server to)
{
	const uint64_t one = 1;

	/* The thread reads these when it is kicked, and nobody else writes. */
	wanted = to;
	changes++;
	if (write(kick, &one, sizeof(one)) < 0)
		die("eventfd: %s", strerror(errno));
	while (__atomic_load_n(&changed, __ATOMIC_ACQUIRE) != changes)
		sched_yield();
}

bool dead_is_asked(void)
{
	return __atomic_load_n(&asked, __ATOMIC_ACQUIRE);
}
