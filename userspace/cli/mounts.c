// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What is mounted where, out of /proc/self/mountinfo alone.
 *
 * Nothing here asks a file system anything, not even lstat(): one that does not
 * answer must not hold up the list of those that do. Paths are therefore
 * compared as text: a name that goes through a symbolic link or ".." is not
 * found, which is better than found wrongly.
 */
#include "cli.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Undoes the kernel's \040 for blanks and the like, in place. */
static char *unescape(char *text)
{
	char *from = text, *to = text;

	while (*from) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' &&
		    from[2] >= '0' && from[2] <= '7' &&
		    from[3] >= '0' && from[3] <= '7') {
			*to++ = (char)((from[1] - '0') << 6 |
				       (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return text;
}

/* "36 35 98:0 /root /point rw,noatime shared:1 - ext3 /dev/root rw" */
static bool parse_line(char *line, struct mount *m)
{
	char *rest = strstr(line, " - "), *point, *save;
	int at = 0;

	if (!rest || sscanf(line, "%d %d %u:%u %*s %n", &m->id, &m->parent,
			    &m->major, &m->minor, &at) != 4 || !at)
		return false;
	*rest = '\0';
	point = strtok_r(line + at, " ", &save);
	rest = strtok_r(rest + 3, "\n ", &save);
	if (!point || !rest)
		return false;
	m->type = xstrdup(unescape(rest));
	rest = strtok_r(NULL, "\n ", &save);
	m->source = xstrdup(rest ? unescape(rest) : "none");
	m->point = xstrdup(unescape(point));
	return true;
}

int mounts_read(struct mounts *mounts)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;
	struct mount m;
	int err = 0;

	memset(mounts, 0, sizeof(*mounts));
	if (!file)
		return -errno;
	while (getline(&line, &size, file) > 0) {
		if (!parse_line(line, &m))
			continue;
		mounts->mount = xrealloc(mounts->mount, (mounts->nr + 1) *
					 sizeof(*mounts->mount));
		mounts->mount[mounts->nr++] = m;
	}
	if (ferror(file))
		err = -EIO;
	fclose(file);
	free(line);
	return err;
}

/* Is @m mounted on @below; or, without one, on what is out of sight? */
static bool is_on(const struct mounts *mounts, const struct mount *m,
		  const struct mount *below)
{
	size_t i;

	if (below)
		return m != below && m->parent == below->id;
	for (i = 0; i < mounts->nr; i++) {
		/* The first of all may be its own parent. */
		if (mounts->mount[i].id == m->parent && &mounts->mount[i] != m)
			return false;
	}
	return true;
}

/* The mount on top of @below at exactly the first @len bytes of @path. */
static const struct mount *mounted_on(const struct mounts *mounts,
				      const struct mount *below,
				      const char *path, size_t len)
{
	size_t i;

	for (i = 0; i < mounts->nr; i++) {
		const struct mount *m = &mounts->mount[i];

		if (strlen(m->point) == len && !strncmp(m->point, path, len) &&
		    is_on(mounts, m, below))
			return m;
	}
	return NULL;
}

/*
 * Walks from the root to @path and takes every mount on the way, as the kernel
 * does. Returns the last one, which is at @path itself or above.
 */
static const struct mount *walk(const struct mounts *mounts, const char *path)
{
	const struct mount *m = NULL, *next;
	size_t len;

	for (len = 1; len <= strlen(path); len++) {
		/* At "/", and at the end of each component. */
		if (len > 1 && path[len] && path[len] != '/')
			continue;
		while ((next = mounted_on(mounts, m, path, len)))
			m = next;
	}
	return m;
}

bool mount_is_visible(const struct mounts *mounts, const struct mount *m)
{
	return *m->point == '/' && walk(mounts, m->point) == m;
}

/* An absolute path without "//", "/./" and a slash at the end; or NULL. */
static char *plain_path(const char *path)
{
	char *cwd = *path == '/' ? xstrdup("") : getcwd(NULL, 0);
	char *plain, *to, *all, *part, *save;

	/* getcwd() asks no file system; it may begin with "(unreachable)". */
	if (!cwd || (*cwd && *cwd != '/')) {
		free(cwd);
		return NULL;
	}
	all = xmalloc(strlen(cwd) + strlen(path) + 2);
	sprintf(all, "%s/%s", cwd, path);
	free(cwd);
	plain = xmalloc(strlen(all) + 2);
	to = stpcpy(plain, "");
	for (part = strtok_r(all, "/", &save); part;
	     part = strtok_r(NULL, "/", &save)) {
		if (!strcmp(part, ".."))
			goto fail;
		if (strcmp(part, "."))
			to += sprintf(to, "/%s", part);
	}
	if (to == plain)
		strcpy(plain, "/");
	free(all);
	return plain;
fail:
	free(all);
	free(plain);
	return NULL;
}

const struct mount *mount_at(const struct mounts *mounts, const char *path)
{
	char *plain = plain_path(path);
	const struct mount *m = plain ? walk(mounts, plain) : NULL;

	if (m && strcmp(m->point, plain))
		m = NULL;
	free(plain);
	return m;
}

const struct mount *mount_above(const struct mounts *mounts, const char *path)
{
	char *plain = plain_path(path);
	const struct mount *m = plain ? walk(mounts, plain) : NULL;

	free(plain);
	return m;
}
