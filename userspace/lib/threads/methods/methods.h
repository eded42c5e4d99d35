/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the methods of the interface "file" share: looking at a file, ranges, and the
 * sizes of the pieces between which a stop is looked for.
 */
#ifndef LIBACALL_THREADS_METHODS_H
#define LIBACALL_THREADS_METHODS_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/acall_file.h>
#include "../provider.h"

/* Data that is moved: a few ms of a slow disk. */
#define ACT_CHUNK	((int64_t)1 << 20)
/* What is read and written by way of our own memory. */
#define ACT_BUFFER	((size_t)256 << 10)
/* What is written back and waited for. */
#define ACT_SYNC_CHUNK	((int64_t)8 << 20)

/* Kinds of files. */
#define ACT_REGULAR	0x1u
#define ACT_BLOCK	0x2u
#define ACT_DIRECTORY	0x4u

/**
 * struct act_file - what is to be known of a file
 * @fd: the call's descriptor
 * @mode: st_mode
 * @flags: as F_GETFL gives them
 * @size: in bytes, of a block device too
 * @dev: st_dev
 * @ino: st_ino
 * @magic: of its file system
 * @block: of its file system, in bytes, a power of two
 * @append: it can only be appended to
 * @immutable: nor that
 */
struct act_file {
	int fd;
	mode_t mode;
	int flags;
	int64_t size;
	dev_t dev;
	ino_t ino;
	unsigned long magic;
	int64_t block;
	bool append;
	bool immutable;
};

/*
 * setuid(2) of any thread interrupts all others, ours too: what has done nothing is
 * done again.
 */
#define act_again(_call)						\
	(__extension__ ({						\
		long _ret;						\
									\
		do {							\
			_ret = (_call);					\
		} while (_ret < 0 && errno == EINTR);			\
		_ret;							\
	}))

int act_look_at(int fd, unsigned int kinds, struct act_file *file);
int act_check_read(const struct act_file *file);
int act_check_write(const struct act_file *file);
int act_check_seals(const struct act_file *file, int seals, int64_t end);
int act_range(uint64_t offset, uint64_t length, int64_t size, int64_t *len);
int64_t act_size(int fd);
uint64_t act_file_limit(void);
int64_t act_device_number(dev_t dev, const char *name);
int act_reopen(int fd, int flags);
void *act_buffer(void);
void act_buffer_free(void *buf);
bool act_overlap(const struct act_file *a, int64_t a_start,
		 const struct act_file *b, int64_t b_start, int64_t len);

int act_statfs_prepare(struct act_call *call);
int act_statfs_run(struct act_call *call);
int act_stat_prepare(struct act_call *call);
int act_stat_run(struct act_call *call);
void act_path_release(struct act_call *call);
int act_sync_prepare(struct act_call *call);
int act_sync_run(struct act_call *call);
int act_trim_prepare(struct act_call *call);
int act_trim_run(struct act_call *call);
int act_discard_prepare(struct act_call *call);
int act_discard_run(struct act_call *call);
int act_copy_prepare(struct act_call *call);
int act_copy_run(struct act_call *call);
int act_dedupe_prepare(struct act_call *call);
int act_dedupe_run(struct act_call *call);
int act_hash_prepare(struct act_call *call);
int act_hash_run(struct act_call *call);
void act_hash_release(struct act_call *call);
int act_allocate_prepare(struct act_call *call);
int act_allocate_run(struct act_call *call);
int act_advise_prepare(struct act_call *call);
int act_advise_run(struct act_call *call);

/* What each keeps for a call. */

struct act_path {
	int dir;		/* where it starts; AT_FDCWD if it is absolute */
};

struct act_sync {
	int64_t start;
	int64_t len;
	bool regular;
};

struct act_copy {
	struct act_file src;
	struct act_file dst;
	int64_t src_start;
	int64_t dst_start;
	int64_t len;
	uint64_t limit;
};

struct act_dedupe {
	int64_t src_start;
	int64_t dst_start;
	int64_t len;
	int64_t block;
};

struct act_hash {
	int64_t start;
	int64_t len;
	int kernel;		/* its socket; -1 = libcrypto is to do it */
};

struct act_allocate {
	int64_t start;
	int64_t len;
	unsigned long magic;
	int mode;
};

struct act_advise {
	int64_t start;
	int64_t len;
	int advice;
};

struct act_discard {
	int64_t start;
	int64_t len;
	uint32_t mode;
};

/* library.c */
void *act_library(const char *name);
void *act_symbol(void *library, const char *name);

#endif /* LIBACALL_THREADS_METHODS_H */
