/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the files of the acall command know of each other. One section for each
 * file; a verb's file knows the helpers, no helper knows a verb.
 */
#ifndef ACALL_CLI_H
#define ACALL_CLI_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif

#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <libacall.h>

#define NSEC_PER_MSEC	UINT64_C(1000000)
#define NSEC_PER_SEC	UINT64_C(1000000000)

#define PRINTF(fmt, args)	__attribute__((format(printf, fmt, args)))
#define NORETURN		__attribute__((noreturn))

/* Exit codes; exit_worse() says which of two wins. */
enum {
	EXIT_OK			= 0,
	EXIT_FAILED		= 1,
	EXIT_USAGE		= 2,
	EXIT_NO_MODULE		= 3,
	EXIT_STILL_RUNNING	= 4,	/* left behind, may still be working */
	EXIT_DEADLINE		= 124,	/* --timeout; the method has stopped */
	EXIT_CANNOT_RUN		= 126,	/* acall with: the command, */
	EXIT_NOT_FOUND		= 127,	/* or there is none; as env(1) */
	EXIT_INTERRUPTED	= 130,	/* Ctrl-C; the method has stopped */
};

/* main.c */

/* The verb that runs, for messages; "" before it is known. */
extern const char *verb_name;

/* options.c: what all verbs understand ------------------------------------ */

struct options {
	uint64_t timeout_ns;	/* per call; ACALL_FOREVER = none */
	uint64_t grace_ns;	/* ACALL_GRACE_DEFAULT = the method's own */
	bool leave;		/* --grace 0: do not wait at all */
	bool json;
	bool quiet;
};

extern struct options options;

/* Values of getopt_long() beyond the characters. */
enum {
	OPT_TIMEOUT = 256,
	OPT_GRACE,
	OPT_JSON,
	OPT_HELP,
	OPT_VERB,		/* a verb's own start here */
};

/* The end of every verb's --help. */
#define COMMON_HELP							\
"  --timeout=TIME  cancel after TIME (30s, 500ms, 2m)\n"		\
"  --grace=TIME    how long a cancel waits for the method to stop\n"	\
"  --json          one JSON object per result on standard output\n"	\
"  -q, --quiet     no progress, no remarks\n"

/*
 * The next option of a verb that is its own, or -1 when there is none left;
 * does the common ones itself and ends the program where one is wrong. @longs
 * has the verb's own, at most VERB_OPTIONS_MAX and an empty one. @shorts may
 * begin with a "+": no options behind the first argument.
 */
#define VERB_OPTIONS_MAX 8

int next_option(int argc, char **argv, const char *shorts,
		const struct option *longs, const char *help);

/* Ends the program with EXIT_USAGE. */
NORETURN PRINTF(1, 2) void usage_error(const char *fmt, ...);

uint64_t size_argument(const char *option, const char *text);
/* A call_id or a process: digits, not 0. */
uint64_t id_argument(const char *what, const char *text);

/*
 * What each BEGIN is given: --timeout, from now on, and --grace. Valid until the
 * next.
 */
const struct acall_options *begin_options(void);

/* say.c: messages and results -------------------------------------------- */

/* "acall VERB: ..." on stderr; with --json an object on stdout instead. */
PRINTF(2, 3) void say_error(int exit_code, const char *fmt, ...);
/* The same for what only people read: nothing with --json or --quiet. */
PRINTF(1, 2) void say(const char *fmt, ...);

int exit_worse(int a, int b);

/* EXIT_OK, or EXIT_FAILED if standard output could not be written. */
int flush_output(void);

/* Terminal control on stderr: is it a terminal, may it be coloured? */
bool stderr_is_terminal(void);
const char *colour(const char *escape);
/* NO_COLOR, TERM: of any terminal. */
bool colours_wanted(void);

#define BOLD	"\033[1m"
#define RED	"\033[31m"
#define GREEN	"\033[32m"
#define YELLOW	"\033[33m"
#define PLAIN	"\033[0m"

/* text.c: numbers and names for people ------------------------------------ */

#define TEXT_LEN	32

bool parse_number(const char *text, uint64_t *value);
bool parse_size(const char *text, uint64_t *bytes);
bool parse_duration(const char *text, uint64_t *ns);

/* Both return @buf, which has TEXT_LEN bytes. */
const char *format_bytes(char *buf, uint64_t bytes);
const char *format_duration(char *buf, uint64_t ns);
/* @value in @unit (enum acall_unit), without the unit's name for items. */
const char *format_amount(char *buf, uint64_t value, uint32_t unit);

/*
 * A name as one word of a shell command. Allocated; ends the program when there
 * is no memory. It never holds a control character.
 */
char *shell_word(const char *name);
/* The same with a leading "./" where the name would look like an option. */
char *shell_path(const char *name);

void *xmalloc(size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
PRINTF(1, 2) char *xprintf(const char *fmt, ...);
PRINTF(1, 0) char *xvprintf(const char *fmt, va_list args);

/* json.c ----------------------------------------------------------------- */

struct json {
	bool any;
};

void json_open(struct json *j);		/* with "command" */
void json_string(struct json *j, const char *key, const char *value);
void json_number(struct json *j, const char *key, uint64_t value);
void json_signed(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_hex(struct json *j, const char *key, const void *data, size_t len);
void json_strings(struct json *j, const char *key, const char *const *values,
		  size_t nr);
void json_close(struct json *j);	/* writes the line out */

void print_hex(const void *data, size_t len);

/* screen.c --------------------------------------------------------------- */

enum {
	KEY_NONE = -1,
	KEY_END = -2,		/* interrupted, or the terminal is gone */
	KEY_UP = 256,
	KEY_DOWN,
	KEY_RIGHT,
	KEY_LEFT,
};

/* Are standard input and output a terminal that knows more than lines? */
bool screen_usable(void);
void screen_enter(void);
void screen_leave(void);
void screen_size(unsigned int *rows, unsigned int *columns);
/* One of the above, or a character; KEY_NONE at that time, or to draw anew. */
int screen_key(uint64_t until);

/* signals.c -------------------------------------------------------------- */

void signals_init(void);
/* Before exec: signals are as they were. */
void signals_undo(void);
/* From hold to release, Ctrl-C and SIGTERM arrive through signals_fd() only. */
void signals_hold(void);
/* Return: whether somebody wanted to interrupt and nobody has read it. */
bool signals_release(void);
int signals_fd(void);

struct signals {
	unsigned int interrupts;	/* SIGINT, SIGTERM */
	unsigned int terms;		/* of them SIGTERM */
	unsigned int shows;		/* SIGUSR1 */
};

struct signals signals_read(void);

/* module.c: objects, and what to do where the module is missing ----------- */

/* Return: 0 with the object, or an exit code after a message. */
int open_object(const char *interface, acall_t **call);
/* A message for an error of libacall without a call; returns an exit code. */
int device_error(enum acall_op op, const char *interface, int error);

/* jobs.c: calls under way ------------------------------------------------- */

enum job_state {
	JOB_IDLE,	/* no call */
	JOB_LIVE,	/* begun, not ready */
	JOB_READY,	/* to be finished */
	JOB_LEFT,	/* given up on, not to be finished */
};

struct job {
	acall_t *call;
	const char *title;	/* for the progress line */
	uint32_t unit;
	enum job_state state;
	bool interrupted;	/* we have asked for a cancel */
	bool refused;		/* and were told that it cannot be */
	bool abandoned;		/* we have left it at once */
	bool shown;		/* there was a progress line */
	/* For the progress of what has no object here; NULL = ask @call. */
	int (*look)(const struct job *job, struct acall_query *q);
	void *data;
};

struct jobs {
	struct job *job;
	unsigned int nr;
	bool interrupted;	/* no new calls any more */
	bool show_progress;	/* of job[0] */
	/* What SIGUSR1 says where there is no single progress; may be NULL. */
	void (*show)(struct jobs *jobs);
	/* Called for READY and LEFT: takes the result; may begin the next. */
	void (*ready)(struct jobs *jobs, struct job *job);
	void *data;
};

/* After a successful acall_begin_*(): the job is under way. */
void job_begun(struct job *job);
/* Runs until no job is LIVE; signals are held meanwhile. */
void jobs_run(struct jobs *jobs);
/* The usual: one call with progress. Leaves READY or LEFT. */
void job_run(struct job *job, struct jobs *one);
/* If the job was LEFT: what is known of its call. */
bool job_left(struct job *job, struct acall_result *result);

/* progress.c ------------------------------------------------------------- */

void progress_start(const struct job *job);
/* When to call progress_tick() again, absolute; ACALL_FOREVER = never. */
uint64_t progress_next(void);
void progress_tick(const struct job *job);
/* Once, as a line of its own. */
void progress_show(const struct job *job);
/* Takes the line away; returns whether there was one. */
bool progress_end(void);

/* verdict.c: what became of a call ---------------------------------------- */

struct verdict {
	const char *what;	/* names it: file, or source and target */
	const char *which;	/* the same where one of several; or NULL */
	const char *done;	/* "copied" */
	uint32_t unit;
	char *go_on;		/* command that continues, or NULL */
	const char *why;	/* instead of what the errno says, or NULL */
};

/* The exit code that a result stands for. */
int result_exit(const struct job *job, const struct acall_result *r);
/* Says what is to be said on stderr; nothing for a plain success. */
void verdict_say(const struct verdict *v, const struct job *job,
		 const struct acall_result *r);
/* Members for --json: status, error, outcome, progress, times, exit ... */
void verdict_json(struct json *j, const struct job *job, uint32_t unit,
		  const struct acall_result *r);
/* A BEGIN or FINISH that failed; returns an exit code. */
int call_error(const char *what, const acall_t *call, enum acall_op op,
	       int error);

/* single.c: a verb that is one call -------------------------------------- */

struct single {
	const char *title;	/* of the progress line */
	const char *what;	/* a name for messages, and */
	const char *done;	/* what happened to it: "copied" */
	int (*begin)(acall_t *call, void *data);
	int (*finish)(acall_t *call, void *data, struct acall_result *result);
	/* What an errno means that it ended with; NULL = what it always does. */
	const char *(*why)(int error);
	/* Its own members; without status, progress and the like. */
	void (*json)(struct json *j, void *data,
		     const struct acall_result *result);
};

/* Returns an exit code. */
int single_run(acall_t *call, const struct single *s, void *data);
/* -o and -l of those that have a range; returns whether it was one of them. */
int range_option(int c, const char *text, __u64 *offset, __u64 *length);

/* guard.c: what a dead server may hold up --------------------------------- */

/*
 * Has a child do it that has our open files, but of our memory only a copy, and gives
 * it that long; @work has 0 or a negative errno for a result. @data, of that size, is
 * as the child has left it, or had made it when it was not done in time. For
 * ACALL_FOREVER there is no child.
 */
enum {				/* no errno of anybody's */
	GUARD_ENDED = -5000,	/* not in time, and is over */
	GUARD_LEFT = -5001,	/* not in time, and may still be waiting */
};

int guarded(int (*work)(void *data), void *data, size_t size, uint64_t ns);

/* files.c ---------------------------------------------------------------- */

/*
 * open(2) that never waits for a FIFO, and with --timeout not for ever for a
 * server: a negative errno.
 */
int open_name(const char *name, int flags, mode_t mode, struct stat *st);
/* How long, in guarded(), for one of them; with --timeout not for ever. */
uint64_t file_patience(void);
/* The message for one that " cannot be opened" or the like; returns an exit code. */
int file_error(const char *name, const char *what, int error);
bool file_timed_out(int error);
/* That for open_name(). */
int open_error(const char *name, int error);
/* Both, for what exists or gets the usual mode: a negative exit code. */
int open_argument(const char *name, int flags, struct stat *st);
/* One of them; a negative errno. With --timeout not for ever. */
int close_file(int fd);
/* All that are open; not for ever if what was done with them has @failed. */
void close_files(bool failed);

/* mounts.c --------------------------------------------------------------- */

struct mount {
	int id;
	int parent;
	unsigned int major;
	unsigned int minor;
	char *point;
	char *type;
	char *source;
};

struct mounts {
	struct mount *mount;
	size_t nr;
};

/* 0 or a negative errno. */
int mounts_read(struct mounts *mounts);
/* Is this mount what its mount point's name leads to? */
bool mount_is_visible(const struct mounts *mounts, const struct mount *m);
/* The visible mount at exactly this path, or NULL; asks no file system. */
const struct mount *mount_at(const struct mounts *mounts, const char *path);
/* The one that this path is on, as far as its text tells; or NULL. */
const struct mount *mount_above(const struct mounts *mounts, const char *path);

/* calls.c: everybody's calls ---------------------------------------------- */

struct calls {
	struct acall_list_record *record;	/* the oldest first */
	size_t nr;
};

/* EXIT_OK, or an exit code after a message. */
int calls_read(int device, unsigned int flags, struct calls *calls);
/* Its method, of which only name, unit and number are known for certain. */
const struct acall_method_info *
calls_method(int device, const struct acall_list_record *r);

/* words.c: one of them in words --------------------------------------------- */

#define CALL_NAME_LEN	(2 * ACALL_NAME_LEN + 8)

/* Its client has left, and it has not ended. */
bool call_is_abandoned(const struct acall_list_record *r);
bool call_is_cancellable(const struct acall_list_record *r);
const char *call_state(const struct acall_list_record *r);
/* These fill @buf, which has CALL_NAME_LEN bytes, and return it. */
const char *call_name(char *buf, const struct acall_list_record *r,
		      const struct acall_method_info *m);
const char *call_progress(char *buf, const struct acall_list_record *r,
			  uint32_t unit);
/* The name of its worker, or "". */
const char *call_worker(char *buf, const struct acall_list_record *r);
/* These one of TEXT_LEN. */
const char *call_user(char *buf, uint32_t uid);
const char *since(char *buf, uint64_t then, uint64_t now);
/* What is going on with it, without a full stop or a new line. */
void call_sentence(FILE *to, const struct acall_list_record *r, uint64_t now);

/* places.c: what works on a file or a file system --------------------------- */

struct place {
	unsigned int major;
	unsigned int minor;
	uint64_t ino;
	bool whole;		/* all of the file system */
	const char *point;	/* where it is mounted, NULL = not known; and */
	const char *type;
	const char *source;
};

/* EXIT_OK, or an exit code after a message. */
int place_find(const char *path, struct place *place);
bool place_has(const struct place *place, const struct acall_list_record *r);

/* verbs/copy_files.c: source and target ------------------------------------ */

/* What becomes of a target that exists. */
enum copy_existing {
	COPY_REPLACE,		/* it is emptied first */
	COPY_FORCE,		/* and made anew where it may not be written */
	COPY_LEAVE,		/* it stays as it is, and nothing is copied */
	COPY_RESUME,		/* it is gone on with at a byte, so it has to be there */
	COPY_CONTINUE,		/* it is gone on with at its end */
};

struct copy_files {
	char *from;
	const char *to;
	uint64_t at;		/* where to begin, in both */
	int source;
	int target;		/* negative though opened: it was left as it is */
	uint64_t source_size;
	uint64_t target_size;	/* that it had */
	bool read_only;		/* as soon as it is complete */
};

/* DIRECTORY/NAME for the last part of a path. Allocated. */
char *copy_target(const char *directory, const char *from);
/* These return an exit code, after a message. */
int copy_open(struct copy_files *files, enum copy_existing existing);
/* The target, of what it holds. */
int copy_empty(struct copy_files *files);
/* The copy has succeeded. */
int copy_complete(struct copy_files *files);

/* verbs/copy_compare.c: is the target the beginning of the source? ---------- */

/* EXIT_OK if it is, else an exit code after a message. */
int copy_compare(acall_t *call, const struct copy_files *files, bool *stop);

/* verbs/doctor_machine.c ---------------------------------------------------- */

/*
 * Says what stands between this user and a call. EXIT_OK: nothing; EXIT_NO_MODULE:
 * the module is not loaded; EXIT_FAILED: something else.
 */
int doctor_machine(void);

/* verbs/doctor_mount.c ------------------------------------------------------ */

/*
 * Says whether a mount answers, which calls hold it and what to do; a path on it
 * stands for it. EXIT_OK: it answers, and no call holds it; EXIT_FAILED: else, or
 * there is no such path.
 */
int doctor_mount(const char *path);

/* verbs/: each in its own file ---------------------------------------------- */

int verb_methods(int argc, char **argv);
int verb_copy(int argc, char **argv);
int verb_hash(int argc, char **argv);
int verb_sync(int argc, char **argv);
int verb_statfs(int argc, char **argv);
int verb_allocate(int argc, char **argv);
int verb_trim(int argc, char **argv);
int verb_discard(int argc, char **argv);
int verb_dedupe(int argc, char **argv);
int verb_advise(int argc, char **argv);
int verb_call(int argc, char **argv);
int verb_ps(int argc, char **argv);
int verb_cancel(int argc, char **argv);
int verb_wait(int argc, char **argv);
int verb_top(int argc, char **argv);
int verb_doctor(int argc, char **argv);
int verb_with(int argc, char **argv);
int verb_trace(int argc, char **argv);

#endif /* ACALL_CLI_H */
