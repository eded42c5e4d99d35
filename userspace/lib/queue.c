// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Call queues: made and ended, and the two rings.
 *
 * Of the four numbers that say where the rings stand two are ours and two the
 * kernel's. Each is written by one side with release, when what it stands for is
 * written or read, and read with acquire. There is no lock: the submission ring
 * belongs to the thread that submits, the completion ring to the one that reads,
 * and they share nothing that both write.
 *
 * An entry that is given out is not published before the next submit, since it is
 * filled only then: @filled runs ahead of the tail that the kernel sees.
 */
#include <stdlib.h>
#include <string.h>
#include "internal.h"

/* The ABI's words are plain, but both sides use them as atomics. */
static uint32_t load(__u32 *word)
{
	return atomic_load_explicit((_Atomic __u32 *)word,
				    memory_order_acquire);
}

static void store(__u32 *word, uint32_t value)
{
	atomic_store_explicit((_Atomic __u32 *)word, value,
			      memory_order_release);
}

/* An older module does not know the request, but it is no wrong descriptor. */
static int create(int device, struct acall_create_queue *args)
{
	struct acall_info info;
	int ret = acall_sys_device(device, ACALL_IOC_CREATE_QUEUE, args);

	if (ret == -ENOTTY && !acall_info(device, &info, sizeof(info)))
		ret = -EOPNOTSUPP;
	return ret;
}

static int create_on(int device, struct acall_create_queue *args,
		     acall_queue_t **queue)
{
	int saved = errno;
	acall_queue_t *new = calloc(1, sizeof(*new));
	int ret;

	errno = saved;
	if (!new)
		return -ENOMEM;
	ret = create(device, args);
	if (ret < 0)
		goto no_fd;
	new->fd = ret;
	ret = acall_sys_map(new->fd, args->map_size, &new->map);
	if (ret)
		goto no_map;
	new->map_size = (size_t)args->map_size;
	new->version = args->version;
	new->entries = args->entries;
	new->room = args->completions;
	new->ring = new->map;
	new->submissions = (void *)((char *)new->map +
				    (size_t)args->submission_offset);
	new->completions = (void *)((char *)new->map +
				    (size_t)args->completion_offset);
	*queue = new;
	return 0;
no_map:
	acall_sys_close(new->fd);
no_fd:
	free(new);
	return ret;
}

ACALL_PUBLIC int acall_queue_create_args(int device,
					 struct acall_create_queue *args,
					 acall_queue_t **queue)
{
	int own, ret;

	/* A shorter one has no room for the sizes. */
	if (!args || !queue || args->size < sizeof(*args))
		return -EINVAL;
	if (device != ACALL_DEVICE_DEFAULT)
		return create_on(device, args, queue);
	own = acall_open_device();
	if (own < 0)
		return own;
	ret = create_on(own, args, queue);
	acall_sys_close(own);
	return ret;
}

ACALL_PUBLIC int acall_queue_create_on(int device, const char *interface,
				       uint32_t version, unsigned int slots,
				       unsigned int flags,
				       acall_queue_t **queue)
{
	struct acall_create_queue args = {
		.size = sizeof(args),
		.flags = flags,
		.version = version,
		.slots = slots,
	};
	int ret = acall_set_name(args.interface, interface);

	return ret ? ret : acall_queue_create_args(device, &args, queue);
}

ACALL_PUBLIC int acall_queue_create(const char *interface, uint32_t version,
				    unsigned int slots, unsigned int flags,
				    acall_queue_t **queue)
{
	return acall_queue_create_on(ACALL_DEVICE_DEFAULT, interface, version,
				     slots, flags, queue);
}

ACALL_PUBLIC void acall_queue_destroy(acall_queue_t *queue)
{
	if (!queue)
		return;
	/* Both hold the queue open. */
	acall_sys_unmap(queue->map, queue->map_size);
	acall_sys_close(queue->fd);
	free(queue);
}

ACALL_PUBLIC int acall_queue_fd(const acall_queue_t *queue)
{
	return queue ? queue->fd : -EINVAL;
}

ACALL_PUBLIC uint32_t acall_queue_version(const acall_queue_t *queue)
{
	return queue ? queue->version : 0;
}

ACALL_PUBLIC struct acall_submission *
acall_queue_get_submission(acall_queue_t *queue)
{
	struct acall_submission *sub;

	/* With acquire: the kernel has read what is to be written over. */
	if (!queue || acall_queue_unsubmitted(queue) >= queue->entries)
		return NULL;
	sub = &queue->submissions[queue->filled++ & (queue->entries - 1)];
	memset(sub, 0, offsetof(struct acall_submission, bytes));
	return sub;
}

ACALL_PUBLIC int acall_queue_prepare(struct acall_submission *sub,
				     uint32_t method, const void *in,
				     size_t in_len, uint64_t user_data)
{
	if (!sub)
		return -EINVAL;
	memset(sub, 0, offsetof(struct acall_submission, bytes));
	sub->method = method;
	sub->user_data = user_data;
	/* What does not fit is too long in any case. */
	sub->in_len = in_len > UINT32_MAX ? UINT32_MAX : (uint32_t)in_len;
	if (!in || in_len > ACALL_SUBMISSION_BYTES) {
		sub->in = (uintptr_t)in;
		return 0;
	}
	sub->flags = ACALL_BEGIN_INLINE;
	memcpy(sub->bytes, in, in_len);
	return 0;
}

ACALL_PUBLIC int acall_queue_set_files(struct acall_submission *sub,
				       const int *files, unsigned int nr_files)
{
	if (!sub)
		return -EINVAL;
	sub->files = (uintptr_t)files;
	sub->nr_files = nr_files;
	return 0;
}

ACALL_PUBLIC int acall_queue_set_options(struct acall_submission *sub,
					 const struct acall_options *options)
{
	struct acall_begin begin = { 0 };
	int ret;

	/* That is for prepare to say. */
	if (!sub || (options && options->flags & ACALL_BEGIN_INLINE))
		return -EINVAL;
	ret = acall_set_options(&begin, options);
	if (ret)
		return ret;
	sub->flags = (sub->flags & ACALL_BEGIN_INLINE) | begin.flags;
	sub->deadline = begin.deadline;
	sub->grace_ns = begin.grace_ns;
	return 0;
}

ACALL_PUBLIC int acall_queue_enter(acall_queue_t *queue,
				   struct acall_enter *args)
{
	bool submits;
	int ret;

	/* A shorter one has no room for the answer. */
	if (!queue || !args || args->size < sizeof(*args))
		return -EINVAL;
	submits = args->begin;
	args->taken = 0;
	args->begun = 0;
	args->error = 0;
	/* Who does not submit may be any thread: hands off what is not his. */
	if (submits) {
		queue->taken_at = load(&queue->ring->submission_head);
		store(&queue->ring->submission_tail, queue->filled);
	}
	ret = acall_sys_ioctl(queue->fd, ACALL_IOC_ENTER, args);
	if (submits)
		queue->taken = args->taken;
	return ret;
}

ACALL_PUBLIC int acall_queue_submit_and_wait(acall_queue_t *queue,
					     unsigned int nr, uint64_t until)
{
	struct acall_enter args = {
		.size = sizeof(args),
		.wait = nr,
		.until = until,
	};
	int ret;

	if (!queue)
		return -EINVAL;
	queue->taken = 0;
	args.begin = acall_queue_unsubmitted(queue);
	ret = acall_queue_enter(queue, &args);
	/* What has begun must be told, and can be waited for again. */
	if (args.taken)
		return (int)args.begun;
	return args.error ? args.error : ret;
}

ACALL_PUBLIC int acall_queue_submit(acall_queue_t *queue)
{
	return acall_queue_submit_and_wait(queue, 0, ACALL_NOW);
}

ACALL_PUBLIC const struct acall_submission *
acall_queue_submitted(const acall_queue_t *queue, unsigned int i)
{
	if (!queue || i >= queue->taken)
		return NULL;
	return &queue->submissions[(queue->taken_at + i) &
				   (queue->entries - 1)];
}

ACALL_PUBLIC unsigned int acall_queue_unsubmitted(const acall_queue_t *queue)
{
	return queue ? queue->filled - load(&queue->ring->submission_head) : 0;
}

ACALL_PUBLIC int acall_queue_wait(acall_queue_t *queue, unsigned int nr,
				  uint64_t until)
{
	struct acall_enter args = {
		.size = sizeof(args),
		.wait = nr,
		.until = until,
	};

	if (nr && acall_queue_ready(queue) >= nr)
		return 0;
	return acall_queue_enter(queue, &args);
}

ACALL_PUBLIC unsigned int acall_queue_ready(const acall_queue_t *queue)
{
	uint32_t head;

	if (!queue)
		return 0;
	/* In this order the head is never ahead of the tail, for any thread. */
	head = load(&queue->ring->completion_head);
	return load(&queue->ring->completion_tail) - head;
}

ACALL_PUBLIC const struct acall_completion *
acall_queue_peek(const acall_queue_t *queue, unsigned int i)
{
	if (i >= acall_queue_ready(queue))
		return NULL;
	i += load(&queue->ring->completion_head);
	return &queue->completions[i & (queue->room - 1)];
}

ACALL_PUBLIC int acall_queue_seen(acall_queue_t *queue, unsigned int n)
{
	if (!queue || n > acall_queue_ready(queue))
		return -EINVAL;
	store(&queue->ring->completion_head,
	      load(&queue->ring->completion_head) + n);
	return 0;
}
