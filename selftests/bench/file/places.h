/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The benchmarks: file systems and a block device of their own. Each is an image on
 * a loop device, mounted where only this process and its children see it, and goes
 * with the last of these however that ends. Never touches any other device.
 */
#ifndef ACALL_BENCH_PLACES_H
#define ACALL_BENCH_PLACES_H

#include <stddef.h>
#include <linux/types.h>

#include "../util.h"

enum place {
	PLACE_NONE,
	PLACE_TMPFS,
	PLACE_EXT4,
	PLACE_XFS,
	PLACE_BTRFS,
	PLACE_DEVICE,
	NR_PLACES
};

/* Bytes of the device, and of what is behind the file systems. */
#define DEVICE_BYTES	(128 * MIB)
#define PLACE_BYTES	(1024 * MIB)

/* $ACALL_BENCH_DIR has the images, $ACALL_DIR_TMPFS if it is not set. */
void places_begin(void);

/* Makes it, if it is not there yet, or ends the program. */
void place_need(enum place place);

/* The same, by a command in which %s stands for the image, so large. */
void place_make(enum place place, const char *command, __u64 bytes);

const char *place_name(enum place place);

/* A folder, or the node of the device. */
const char *place_path(enum place place);

/* The file behind the device. */
int device_file(void);

/* Mounts it anew: what the file system remembers is forgotten. */
void place_again(enum place place);

void places_end(void);

/*
 * A loop device with @file behind it, its node in @path; it goes with the last
 * descriptor. Returns one, or -1.
 */
int loop_open(int file, char *path, size_t size);

#endif /* ACALL_BENCH_PLACES_H */
