// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Source and target of a copy: opened, and what would destroy data is refused: a
 * file onto itself, onto what this command has just made, a gap before the
 * place to go on from.
 *
 * Owns the list of the files that were written, each known by its inode.
 *
 * The race is between the look at a name and what is there afterwards. So a
 * target that is not there is created exclusively, not even through a link that
 * leads nowhere, and has from its first moment no permission that the source
 * has not (but for its owner's, who may have to go on with it); whatever else
 * matters is asked of the open file. Only what --force removes is known by
 * nothing but its name, as it is to cp(1).
 */
#include "cli.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct {
	struct written {
		dev_t dev;
		ino_t ino;
		const char *from;
	} *files;
	size_t nr;
} written;

static const char *written_from(const struct stat *st)
{
	size_t i;

	for (i = 0; i < written.nr; i++) {
		if (written.files[i].dev == st->st_dev &&
		    written.files[i].ino == st->st_ino)
			return written.files[i].from;
	}
	return NULL;
}

static void note_written(const struct stat *st, const char *from)
{
	written.files = xrealloc(written.files,
				 (written.nr + 1) * sizeof(*written.files));
	written.files[written.nr++] = (struct written) {
		.dev = st->st_dev,
		.ino = st->st_ino,
		.from = from,
	};
}

/* What ends in a slash is no file and is refused when it is opened. */
char *copy_target(const char *directory, const char *from)
{
	const char *name = strrchr(from, '/');
	size_t len = strlen(directory);

	return xprintf("%s%s%s", directory,
		       len && directory[len - 1] == '/' ? "" : "/",
		       name ? name + 1 : from);
}

static int refuse(const char *name, const char *why)
{
	say_error(EXIT_FAILED, "%s %s", shell_word(name), why);
	return EXIT_FAILED;
}

struct seeking {
	int fd;
	int whence;
	off_t offset;
};

static int do_seek(void *data)
{
	struct seeking *s = data;

	s->offset = lseek(s->fd, s->offset, s->whence);
	return s->offset < 0 ? -errno : 0;
}

/* As lseek(2), which may ask a server; a negative errno. */
static int seek(int fd, int whence, off_t *offset)
{
	struct seeking s = { .fd = fd, .whence = whence, .offset = *offset };
	int error = guarded(do_seek, &s, sizeof(s), file_patience());

	*offset = s.offset;
	return error;
}

static int open_source(struct copy_files *f, struct stat *st)
{
	off_t size = 0;
	int error;

	f->source = open_argument(f->from, O_RDONLY, st);
	if (f->source < 0)
		return -f->source;
	if (S_ISDIR(st->st_mode))
		return refuse(f->from,
			      "is a directory: acall copy copies files only");
	if (!S_ISREG(st->st_mode) && !S_ISBLK(st->st_mode))
		return refuse(f->from,
			      "is neither a regular file nor a block device");
	/* st_size of a block device is 0. */
	error = seek(f->source, SEEK_END, &size);
	if (file_timed_out(error))
		return file_error(f->from, " does not tell its size", error);
	f->source_size = !error ? (uint64_t)size : 0;
	return EXIT_OK;
}

/* May what is there be written, or removed to be made anew? */
static int check_target(const struct copy_files *f, const struct stat *source,
			const struct stat *st)
{
	const char *from = written_from(st);

	if (st->st_dev == source->st_dev && st->st_ino == source->st_ino) {
		say_error(EXIT_FAILED,
			  "%s and %s are the same file: nothing was copied",
			  shell_word(f->from), shell_word(f->to));
		return EXIT_FAILED;
	}
	if (from) {
		say_error(EXIT_FAILED, "%s would overwrite %s, just made of %s",
			  shell_word(f->from), shell_word(f->to),
			  shell_word(from));
		return EXIT_FAILED;
	}
	if (!S_ISREG(st->st_mode))
		return refuse(f->to, "is not a regular file");
	return EXIT_OK;
}

struct named {
	const char *path;
	struct stat st;
};

static int do_stat(void *data)
{
	struct named *n = data;

	return stat(n->path, &n->st) ? -errno : 0;
}

static int do_lstat(void *data)
{
	struct named *n = data;

	return lstat(n->path, &n->st) ? -errno : 0;
}

static int do_unlink(void *path)
{
	return unlink(*(const char **)path) ? -errno : 0;
}

static int create_target(struct copy_files *f, enum copy_existing existing,
			 const struct stat *source, struct stat *st)
{
	mode_t mode = source->st_mode & 0777;
	struct named link = { .path = f->to };
	int error;

	f->target = open_name(f->to, O_WRONLY | O_CREAT | O_EXCL,
			      mode | 0200, st);
	if (f->target >= 0) {
		f->read_only = !(mode & 0200);
		return EXIT_OK;
	}
	if (f->target != -EEXIST)
		return open_error(f->to, f->target);
	if (existing == COPY_LEAVE)
		return EXIT_OK;
	error = guarded(do_lstat, &link, sizeof(link), file_patience());
	if (file_timed_out(error))
		return open_error(f->to, error);
	if (!error && S_ISLNK(link.st.st_mode))
		return refuse(f->to,
			      "is a symbolic link that leads nowhere: remove it, or create what it should lead to");
	return open_error(f->to, f->target);
}

/* As cp -f: of a link to what may not be written, the link is removed. */
static int make_anew(struct copy_files *f, const struct stat *source,
		     struct stat *st)
{
	struct named old = { .path = f->to };
	int code, error;

	error = guarded(do_stat, &old, sizeof(old), file_patience());
	if (error)
		return open_error(f->to, file_timed_out(error) ? error :
						f->target);
	code = check_target(f, source, &old.st);
	if (code)
		return code;
	error = guarded(do_unlink, &f->to, sizeof(f->to), file_patience());
	if (error)
		return file_error(f->to, " cannot be removed to be made anew", error);
	return create_target(f, COPY_FORCE, source, st);
}

/* Not what the file has nothing to do with, such as a lack of memory. */
static bool may_not_write(int error)
{
	return error == -EACCES || error == -EPERM || error == -ETXTBSY;
}

static int open_target(struct copy_files *f, enum copy_existing existing,
		       const struct stat *source, struct stat *st)
{
	int code;

	if (existing == COPY_LEAVE)
		return create_target(f, existing, source, st);
	f->target = open_name(f->to,
			      existing == COPY_CONTINUE ? O_RDWR : O_WRONLY, 0,
			      st);
	if (f->target == -ENOENT && existing != COPY_RESUME)
		return create_target(f, existing, source, st);
	if (existing == COPY_FORCE && may_not_write(f->target))
		return make_anew(f, source, st);
	if (f->target < 0)
		return open_error(f->to, f->target);
	code = check_target(f, source, st);
	f->target_size = (uint64_t)st->st_size;
	return code;
}

/*
 * Where to go on: within the source, and behind nothing that is missing in the
 * target. The target may be shorter by what is a hole in the source.
 */
static int check_resume(const struct copy_files *f)
{
	off_t data = (off_t)f->target_size;
	uint64_t at = f->at;
	int error;

	if (at > f->source_size) {
		say_error(EXIT_FAILED,
			  "%s has only %llu bytes: nothing to continue at byte %llu",
			  shell_word(f->from),
			  (unsigned long long)f->source_size,
			  (unsigned long long)at);
		return EXIT_FAILED;
	}
	if (at <= f->target_size)
		return EXIT_OK;
	error = seek(f->source, SEEK_DATA, &data);
	if (file_timed_out(error))
		return file_error(f->from, " does not tell its holes", error);
	if (error == -ENXIO || (!error && (uint64_t)data >= at))
		return EXIT_OK;
	say_error(EXIT_FAILED,
		  "%s has only %llu bytes: going on at byte %llu would leave a gap",
		  shell_word(f->to), (unsigned long long)f->target_size,
		  (unsigned long long)at);
	return EXIT_FAILED;
}

int copy_open(struct copy_files *f, enum copy_existing existing)
{
	struct stat source, target;
	int code;

	f->source = -1;
	f->target = -1;
	code = open_source(f, &source);
	if (!code)
		code = open_target(f, existing, &source, &target);
	if (code || f->target < 0)
		return code;
	if (existing == COPY_RESUME)
		code = check_resume(f);
	if (!code)
		note_written(&target, f->from);
	return code;
}

static int do_empty(void *fd)
{
	return ftruncate(*(int *)fd, 0) ? -errno : 0;
}

int copy_empty(struct copy_files *f)
{
	int error = guarded(do_empty, &f->target, sizeof(f->target),
			    file_patience());

	return error ? file_error(f->to, " cannot be emptied", error) : EXIT_OK;
}

static int make_read_only(void *data)
{
	int fd = *(int *)data;
	struct stat st;

	return fstat(fd, &st) || fchmod(fd, st.st_mode & 0577) ? -errno : 0;
}

/* On a server an error of writing may come as late as here. */
int copy_complete(struct copy_files *f)
{
	const char *what = " was copied, but stays writable";
	int error = 0;

	if (f->read_only) {
		error = guarded(make_read_only, &f->target, sizeof(f->target),
				file_patience());
	}
	if (!error) {
		what = " was copied, but not closed";
		error = close_file(f->target);
	}
	return error ? file_error(f->to, what, error) : EXIT_OK;
}
