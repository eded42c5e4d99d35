// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Call objects: a connected pair of sockets, one the client's, one ours. Owns the
 * table of objects and our ends; the engine's lock guards both.
 *
 * What poll(2) says of the client's end is set by what lies in the pair [W4]. A byte
 * from us makes it readable: DONE. A message from the client's end that fills it
 * makes it not writable: a call is pending; we read it when the call is consumed. Its
 * hanging up tells us of the last close, whoever held it last, and its inode what a
 * descriptor stands for, whatever its number.
 *
 * The races are with descriptors: a number may be closed and used again by another
 * thread at any time. So a client's number is only believed within the function it
 * was passed to, and what is sent through it goes to a socket of that inode or, if
 * the client closes it under us, is his loss.
 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "threads.h"

#define BUCKETS		256
/*
 * Of a buffer of the smallest size (4608 bytes and more) a socket is writable while
 * no more than a quarter is used.
 */
#define FILLS		2048

static struct act_link table[BUCKETS];
static uint32_t nr_objects;

static struct act_link *bucket_of(uint64_t ino)
{
	struct act_link *bucket = &table[ino % BUCKETS];

	if (!bucket->next)
		act_link_init(bucket);
	return bucket;
}

static struct act_object *find(uint64_t ino)
{
	struct act_link *bucket = bucket_of(ino), *link;
	struct act_object *object;

	for (link = bucket->next; link != bucket; link = link->next) {
		object = act_of(link, struct act_object, link);
		if (object->ino == ino)
			return object;
	}
	return NULL;
}

/* Neither is a cancellation point, as send(2) and recv(2) are. */
static long put_bytes(int fd, const void *buf, size_t len)
{
	return syscall(SYS_sendto, fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL,
		       NULL, 0);
}

static long take_bytes(int fd, void *buf, size_t len)
{
	return syscall(SYS_recvfrom, fd, buf, len, MSG_DONTWAIT, NULL, NULL);
}

/* Or has it been closed meanwhile, and become another file's? */
static bool is_ours(const struct act_object *object, int fd)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_ino == object->ino &&
	       st.st_dev == object->dev;
}

/* From now on a call is pending. */
void act_object_pending(struct act_object *object, int fd)
{
	static const char fill[FILLS];
	int saved = errno;

	if (is_ours(object, fd))
		put_bytes(fd, fill, sizeof(fill));
	errno = saved;
}

void act_object_ready(struct act_object *object)
{
	int saved = errno;

	if (object->peer >= 0)
		put_bytes(object->peer, "", 1);
	errno = saved;
}

void act_object_idle(struct act_object *object, int fd)
{
	int saved = errno;
	char buf[FILLS];

	if (is_ours(object, fd))
		take_bytes(fd, buf, 1);
	while (take_bytes(object->peer, buf, sizeof(buf)) > 0)
		;
	errno = saved;
}

static void add(struct act_object *object)
{
	object->refs = 1;
	object->call = NULL;
	act_link_init(&object->live);
	act_link_add(&object->link, bucket_of(object->ino));
	nr_objects++;
	act_clock_watch(object);
}

/* Return: the client's descriptor, close-on-exec, or -errno. */
int act_object_create(struct act_interface *iface, uint32_t version,
		      uint32_t flags)
{
	const int least = 1;
	struct act_object *object;
	struct stat st;
	sigset_t mask;
	int pair[2];
	int ret;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	pair[1] = act_aside(pair[1]);
	if (pair[1] < 0) {
		act_close_fd(pair[0]);
		return pair[1];
	}
	if (setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &least,
		       sizeof(least)) ||
	    fstat(pair[0], &st) ||
	    (flags & ACALL_CREATE_NONBLOCK &&
	     fcntl(pair[0], F_SETFL, O_RDWR | O_NONBLOCK))) {
		ret = -errno;
		goto close;
	}
	act_fork_register();
	act_lock(&mask);
	object = act_alloc(sizeof(*object));
	if (object) {
		object->dev = st.st_dev;
		object->ino = st.st_ino;
		object->peer = pair[1];
		object->iface = iface;
		object->version = version;
		object->detach = flags & ACALL_CREATE_DETACH;
		add(object);
	}
	act_unlock(&mask);
	if (object)
		return pair[0];
	ret = -ENOMEM;
close:
	act_close_fd(pair[0]);
	act_close_fd(pair[1]);
	return ret;
}

/* The object of a descriptor, with a reference; or NULL. */
struct act_object *act_object_get(int fd)
{
	struct act_object *object;
	int saved = errno;
	struct stat st;
	sigset_t mask;

	if (fstat(fd, &st) || !S_ISSOCK(st.st_mode)) {
		errno = saved;
		return NULL;
	}
	act_lock(&mask);
	object = find(st.st_ino);
	if (object && object->dev != st.st_dev)
		object = NULL;
	if (object) {
		object->refs++;
		object->users++;
	}
	act_unlock(&mask);
	return object;
}

void act_object_unref(struct act_object *object)
{
	if (!--object->refs)
		act_free(object, sizeof(*object));
}

/* The last close: cancels, or not if it is detached, and leaves [C4]. */
static void drop(struct act_object *object)
{
	struct act_call *call = object->call;
	struct act_request request = { .reason = ACALL_REASON_CLOSE };

	act_link_del(&object->link);
	nr_objects--;
	if (object->peer >= 0) {
		act_clock_unwatch(object);
		act_close_fd(object->peer);
		object->peer = -1;
	}
	if (call) {
		object->call = NULL;
		act_step(call, ACT_DROP, ACALL_REASON_NONE);
		request.grace_ns = call->method->grace_ns;
		if (!object->detach && !(call->word & ACT_NO_CANCEL))
			act_cancel(call, &request);
		act_call_put(call);
	}
	act_object_unref(object);
}

static bool hangs_up(const struct act_object *object)
{
	struct pollfd p = { .fd = object->peer };
	const long at_once[2] = { 0, 0 };
	int saved = errno;
	long n;

	n = syscall(SYS_ppoll, &p, 1, at_once, NULL, 0);
	errno = saved;
	return n == 1 && p.revents & POLLHUP;
}

static void look(struct act_object *object)
{
	if (object->peer < 0 || !hangs_up(object))
		return;
	if (!object->users) {
		drop(object);
		return;
	}
	/* They have it open, as a thread in an ioctl has [C4]. */
	if (!object->hung_up)
		act_clock_unwatch(object);
	object->hung_up = true;
}

/* Has the last descriptor of the object been closed? */
void act_object_look(uint64_t ino)
{
	struct act_object *object = find(ino);

	if (object)
		look(object);
}

/* A thread leaves. */
void act_object_put(struct act_object *object)
{
	sigset_t mask;

	act_lock(&mask);
	if (!--object->users && object->hung_up)
		look(object);
	act_object_unref(object);
	act_unlock(&mask);
}

/* Close a descriptor; if it was the last one, what follows has been done then. */
void act_object_close(int fd)
{
	struct act_object *object = act_object_get(fd);
	sigset_t mask;

	act_close_fd(fd);
	if (!object)
		return;
	act_lock(&mask);
	object->users--;
	/* Of one that is gone our end is closed, so nothing tells how many. */
	if (object->gone && find(object->ino) == object)
		drop(object);
	else
		look(object);
	act_object_unref(object);
	act_unlock(&mask);
}

/* The clock has begun to run: these were made before. */
void act_objects_watch(void)
{
	struct act_link *link;
	unsigned int i;

	for (i = 0; i < BUCKETS; i++) {
		for (link = bucket_of(i)->next; link != bucket_of(i);
		     link = link->next)
			act_clock_watch(act_of(link, struct act_object, link));
	}
}

/* After fork(2): they are the parent's, whose ends are not to be held open here. */
void act_objects_forget(void)
{
	struct act_object *object;
	struct act_link *link;
	unsigned int i;

	for (i = 0; i < BUCKETS; i++) {
		for (link = bucket_of(i)->next; link != bucket_of(i);
		     link = link->next) {
			object = act_of(link, struct act_object, link);
			if (object->peer >= 0)
				act_close_fd(object->peer);
			object->peer = -1;
			object->gone = true;
			object->call = NULL;
			object->refs = 1;
			object->users = 0;
		}
	}
}

uint32_t act_objects_count(void)
{
	return nr_objects;
}
