// SPDX-License-Identifier: GPL-2.0-only
/*
 * The benchmarks: file systems and a block device of their own.
 *
 * An image has no name any more as soon as a loop device has it, and the mounts are
 * in a mount namespace of the process: so nothing is left but empty folders if it is
 * killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "places.h"

static const struct {
	const char *name;
	const char *make;
	const char *options;
} kinds[NR_PLACES] = {
	[PLACE_TMPFS] = { "tmpfs", NULL, NULL },
	/* Nobody is to write inode tables while something else is measured. */
	[PLACE_EXT4] = { "ext4", "mkfs.ext4 -q -F -E lazy_itable_init=0 %s",
			 "noinit_itable" },
	[PLACE_XFS] = { "xfs", "mkfs.xfs -q -m reflink=1 %s", "" },
	[PLACE_BTRFS] = { "btrfs", "mkfs.btrfs -q %s >/dev/null", "" },
	[PLACE_DEVICE] = { "loop", NULL, NULL },
};

static struct {
	bool made;
	char path[300];
	char device[40];
	int held;	/* keeps the loop device; -1 = nothing does */
} places[NR_PLACES];

static char top[260], images[260];
static int behind = -1;

static void make_top(char *path, size_t size, const char *dir)
{
	if (snprintf(path, size, "%s/acall-bench.XXXXXX", dir) >= (int)size ||
	    !mkdtemp(path))
		die("%s: %s", dir, strerror(errno));
}

void places_begin(void)
{
	const char *tmpfs = getenv("ACALL_DIR_TMPFS");
	const char *dir = getenv("ACALL_BENCH_DIR");
	unsigned int i;

	if (!tmpfs)
		die("ACALL_DIR_TMPFS is not set");
	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		die("no mount namespace: %s", strerror(errno));
	make_top(top, sizeof(top), tmpfs);
	make_top(images, sizeof(images), dir && *dir ? dir : tmpfs);
	for (i = PLACE_TMPFS; i < NR_PLACES; i++)
		places[i].held = -1;
}

/* Others look for a free one as well. */
int loop_open(int file, char *path, size_t size)
{
	struct loop_config config = {
		.fd = file,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR,
	};
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), dev, tries;

	for (tries = 0; control >= 0 && tries < 100; tries++) {
		snprintf(path, size, "/dev/loop%d",
			 ioctl(control, LOOP_CTL_GET_FREE));
		dev = open(path, O_RDWR | O_CLOEXEC);
		if (dev < 0)
			break;
		if (!ioctl(dev, LOOP_CONFIGURE, &config)) {
			close(control);
			return dev;
		}
		close(dev);
	}
	if (control >= 0)
		close(control);
	return -1;
}

static const char *make_image(enum place place, const char *command, __u64 bytes)
{
	char image[300], line[500];
	int fd;

	snprintf(image, sizeof(image), "%s/%s", images, kinds[place].name);
	fd = open(image, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, bytes)) {
		unlink(image);
		return "no room for an image";
	}
	if (command) {
		snprintf(line, sizeof(line), command, image);
		if (system(line)) {
			unlink(image);
			return "it cannot be made";
		}
	}
	places[place].held = loop_open(fd, places[place].device,
				       sizeof(places[place].device));
	unlink(image);
	if (place == PLACE_DEVICE)
		behind = fd;
	else
		close(fd);
	return places[place].held < 0 ? "no loop device" : NULL;
}

static bool mount_it(enum place place)
{
	return !mount(places[place].device, places[place].path,
		      kinds[place].name, 0, kinds[place].options);
}

static const char *make_it(enum place place, const char *command, __u64 bytes)
{
	char *path = places[place].path;
	const char *why;

	snprintf(path, sizeof(places[place].path), "%s/%s", top,
		 kinds[place].name);
	if (place != PLACE_DEVICE && mkdir(path, 0700))
		return "no folder";
	if (place == PLACE_TMPFS)
		return NULL;
	why = make_image(place, command, bytes);
	if (why)
		return why;
	if (place != PLACE_DEVICE)
		return mount_it(place) ? NULL : "it cannot be mounted";
	snprintf(path, sizeof(places[place].path), "%s", places[place].device);
	return NULL;
}

void place_make(enum place place, const char *command, __u64 bytes)
{
	const char *why;

	if (places[place].made)
		return;
	why = make_it(place, command, bytes);
	if (why) {
		places_end();
		die("%s: %s", place_name(place), why);
	}
	places[place].made = true;
}

void place_need(enum place place)
{
	place_make(place, kinds[place].make,
		   place == PLACE_DEVICE ? DEVICE_BYTES : PLACE_BYTES);
}

const char *place_name(enum place place)
{
	return kinds[place].name;
}

const char *place_path(enum place place)
{
	return places[place].path;
}

int device_file(void)
{
	return behind;
}

void place_again(enum place place)
{
	if (umount(places[place].path) || !mount_it(place))
		die("%s: cannot mount it again: %s", place_name(place),
		    strerror(errno));
}

void places_end(void)
{
	char path[300];
	unsigned int i;

	for (i = PLACE_TMPFS; i < NR_PLACES; i++) {
		snprintf(path, sizeof(path), "%s/%s", top, kinds[i].name);
		umount2(path, MNT_DETACH);
		rmdir(path);
		if (places[i].held >= 0)
			close(places[i].held);
	}
	rmdir(images);
	rmdir(top);
}
