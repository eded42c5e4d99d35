/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of the "file" interface: what its methods share, and what each keeps
 * for a call (acall_private()).
 */
#ifndef _ACALL_FILE_INTERNAL_H
#define _ACALL_FILE_INTERNAL_H

#include <linux/fs.h>
#include <linux/path.h>
#include <linux/types.h>
#include <linux/acall_file.h>
#include <acall/provider.h>

struct crypto_shash;

/* Data on its way through a worker; small, for every queued call holds one. */
#define ACF_BUFFER	(64UL << 10)

/*
 * What is done between two looks at the cancel flag by code that may not see
 * a signal (write-back, a server's copy): some 10 ms of a slow disk, and many
 * thousand times the cost of the look.
 */
#define ACF_CHUNK	((loff_t)8 << 20)

/* Kinds of files that a method takes. */
#define ACF_REGULAR	0x1U
#define ACF_BLOCK	0x2U
#define ACF_DIRECTORY	0x4U

struct acf_path {
	struct path path;
};

struct acf_sync {
	loff_t start;
	loff_t len;		/* what the file had of it, for progress */
	loff_t last;		/* last byte asked for */
};

struct acf_hash {
	struct crypto_shash *tfm;
	void *desc;		/* struct shash_desc */
	void *buf;
	size_t buf_size;
	loff_t pos;
	loff_t len;
};

/* How the bytes get from source to target, best first. */
enum acf_how {
	ACF_CLONE,		/* share extents */
	ACF_OFFLOAD,		/* the file system's own copy */
	ACF_SPLICE,		/* page cache to page cache */
	ACF_READ_WRITE,		/* through @buf */
};

struct acf_copy {
	struct acall_call *call;
	struct file *src;
	struct file *dst;
	struct file *seek;	/* source, with a position of its own */
	void *buf;
	size_t buf_size;
	loff_t src_start;
	loff_t dst_start;
	loff_t len;		/* asked for */
	loff_t todo;		/* what limits leave of it */
	loff_t done;		/* how far it got */
	loff_t solid;		/* how far the target has the effect */
	loff_t data_end;	/* the source has data up to here */
	loff_t punched;		/* nothing is allocated ahead up to here */
	loff_t wb_waited;	/* SYNC: write-back has ended up to here */
	loff_t wb_started;	/* SYNC: and begun up to here */
	enum acf_how how;
	u32 reflink;
	bool regular;		/* the source is no block device */
	bool splice;		/* both files can; else there is @buf */
	bool scan;		/* SPARSE, by looking for zeros */
	bool sync;
	bool durable;		/* each write to the target is to be */
	bool no_punch;		/* the target can not */
};

struct acf_allocate {
	loff_t start;
	loff_t len;
	int mode;		/* FALLOC_FL_* */
};

struct acf_dedupe {
	loff_t src_start;
	loff_t dst_start;
	loff_t len;
};

struct acf_trim {
	struct mm_struct *mm;	/* of BEGIN's caller */
	u64 start;
	u64 len;		/* asked for */
	u64 total;		/* what the device has of it, for progress */
	u64 minlen;
};

struct acf_advise {
	loff_t start;
	loff_t len;
	int advice;		/* POSIX_FADV_* */
};

struct acf_discard {
	loff_t start;
	loff_t len;
	u32 mode;
};

unsigned long acf_magic(const struct file *file);
loff_t acf_block_mask(const struct file *file);
bool acf_local(const struct file *file);
bool acf_answered(const struct file *file);
int acf_check_storage(const struct super_block *sb);
int acf_check_kind(const struct file *file, unsigned int kinds);
int acf_check_cached(const struct file *file);
bool acf_durable(const struct file *file);
int acf_check_read(const struct file *file);
int acf_check_write(const struct file *file);
int acf_check_seals(const struct file *file, unsigned int seals, loff_t end);
int acf_range(u64 offset, u64 length, loff_t size, loff_t *len);
loff_t acf_size(const struct file *file);
struct address_space *acf_mapping(const struct file *file);
void *acf_buffer(loff_t len, size_t *size);
ssize_t acf_read(struct file *file, loff_t pos, void *buf, size_t len);
ssize_t acf_write(struct file *file, loff_t pos, void *buf, size_t len);
int acf_grow(struct file *file, loff_t size);
int acf_enter(struct acall_call *call, bool killable);
void acf_leave(struct acall_call *call, bool killable);
int acf_stopped(struct acall_call *call, ssize_t ret);

int acf_writeback(struct address_space *mapping, loff_t *pos, loff_t end);
int acf_start_writeback(struct acall_call *call, struct address_space *mapping,
			loff_t pos, loff_t len);
int acf_before_remap(struct acall_call *call, const struct file *src);
int acf_writeback_all(struct acall_call *call, struct super_block *sb);

int acf_statfs_prepare(struct acall_call *call);
int acf_statfs_run(struct acall_call *call);
int acf_stat_prepare(struct acall_call *call);
int acf_stat_run(struct acall_call *call);
void acf_path_release(struct acall_call *call);

int acf_sync_prepare(struct acall_call *call);
int acf_sync_run(struct acall_call *call);

int acf_copy_prepare(struct acall_call *call);
int acf_copy_run(struct acall_call *call);
void acf_copy_release(struct acall_call *call);

int acf_hash_prepare(struct acall_call *call);
int acf_hash_run(struct acall_call *call);
void acf_hash_release(struct acall_call *call);

int acf_allocate_prepare(struct acall_call *call);
int acf_allocate_run(struct acall_call *call);

int acf_dedupe_prepare(struct acall_call *call);
int acf_dedupe_run(struct acall_call *call);

int acf_advise_prepare(struct acall_call *call);
int acf_advise_run(struct acall_call *call);

int acf_trim_prepare(struct acall_call *call);
int acf_trim_run(struct acall_call *call);
void acf_trim_release(struct acall_call *call);

int acf_discard_prepare(struct acall_call *call);
int acf_discard_run(struct acall_call *call);

#endif /* _ACALL_FILE_INTERNAL_H */
