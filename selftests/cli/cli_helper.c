// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the cli_*.sh tests cannot do in a shell:
 *
 *	open|forget ID		open a gate, drop its counters
 *	hot on|off		register or unregister the interface test-hot
 *	starts|seen|ends ID N	wait until so many methods have
 *	arg ID [VALUE [PAUSE]]	struct acall_test_arg as hexadecimal digits
 *	custom ID [REFUSE [FILES]] the same for a struct acall_test_custom, whose
 *				hook refuses once with errno REFUSE
 *	complete ID		complete a custom call
 *	s32 NUMBER		the same for a __s32
 *	shorts N		begin N short calls of a queue in one go, and read
 *				their completions: prints their numbers
 *	json [KEY]		check that each line of stdin is a JSON object,
 *				and print the value of KEY where it is there
 *	exec CMD...		with a hang guard, and with SIGINT as from a
 *				terminal: sh has background processes ignore it
 *	as UID CMD...		as that user
 *	tty TEXT CMD...		on a terminal of its own; types Ctrl-C when TEXT
 *				has come out
 *	dead-mount DIR CMD...	with a file system on DIR that never answers
 *
 * Owns nothing. Whatever it waits for comes from a counter or an end of file;
 * the alarm is only a hang guard.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/acall.h>
#include <linux/acall_queue.h>
#include <linux/acall_test.h>

#define GUARD_SEC	120
#define SKIP		4

static int fail(const char *what)
{
	fprintf(stderr, "cli_helper: %s: %s\n", what, strerror(errno));
	return 1;
}

static int control(__u32 op, const char *id, const char *value)
{
	struct acall_test_control c = {
		.op = op,
		.id = strtoull(id, NULL, 0),
		.value = value ? strtoull(value, NULL, 0) : 0,
	};
	int fd = open("/dev/acall_test", O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, ACALL_TEST_IOC_CONTROL, &c))
		return fail("/dev/acall_test");
	close(fd);
	return 0;
}

static int print_bytes(const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len--)
		printf("%02x", *p++);
	putchar('\n');
	return 0;
}

static int print_arg(int argc, char **argv)
{
	struct acall_test_arg arg = {
		.id = strtoull(argv[0], NULL, 0),
		.value = argc > 1 ? strtoll(argv[1], NULL, 0) : 0,
		.pause = argc > 2 ? strtoull(argv[2], NULL, 0) : 0,
	};

	return print_bytes(&arg, sizeof(arg));
}

static int print_custom(int argc, char **argv)
{
	struct acall_test_custom custom = {
		.id = strtoull(argv[0], NULL, 0),
		.flags = ACALL_TEST_HOOK_COMPLETES,
	};

	if (argc > 1 && atoi(argv[1])) {
		custom.refuse = -atoi(argv[1]);
		custom.refusals = 1;
	}
	if (argc > 2)
		custom.files = atoi(argv[2]);
	return print_bytes(&custom, sizeof(custom));
}

static int print_s32(const char *text)
{
	__s32 value = atoi(text);

	return print_bytes(&value, sizeof(value));
}

/*
 * JSON as RFC 8259 has it. Each function takes what it is named after at *p and
 * moves on; on_key() gets the members of the outermost object.
 */
static const char *wanted_key;

static bool json_value(const char **p, int depth);

static bool json_utf8(const char **p)
{
	const unsigned char *c = (const unsigned char *)*p;
	int i, len = *c >= 0xf0 ? 4 : *c >= 0xe0 ? 3 : 2;

	if (*c < 0xc2 || *c > 0xf4)
		return false;
	for (i = 1; i < len; i++)
		if ((c[i] & 0xc0) != 0x80)
			return false;
	*p += len;
	return true;
}

static bool json_escape(const char **p)
{
	int i;

	(*p)++;
	if (**p && strchr("\"\\/bfnrt", **p)) {
		(*p)++;
		return true;
	}
	if (*(*p)++ != 'u')
		return false;
	for (i = 0; i < 4; i++, (*p)++)
		if (!**p || !strchr("0123456789abcdefABCDEF", **p))
			return false;
	return true;
}

static bool json_string(const char **p)
{
	if (*(*p)++ != '"')
		return false;
	while (**p != '"') {
		unsigned char c = **p;

		if (c < 0x20)
			return false;
		if (c == '\\') {
			if (!json_escape(p))
				return false;
		} else if (c < 0x80) {
			(*p)++;
		} else if (!json_utf8(p)) {
			return false;
		}
	}
	(*p)++;
	return true;
}

static size_t digits(const char *p)
{
	return strspn(p, "0123456789");
}

static bool json_number(const char **p)
{
	size_t n;

	if (**p == '-')
		(*p)++;
	n = digits(*p);
	if (!n || (**p == '0' && n > 1))
		return false;
	*p += n;
	if (**p == '.') {
		n = digits(++*p);
		*p += n;
		return n;
	}
	return true;
}

static bool json_word(const char **p, const char *word)
{
	if (strncmp(*p, word, strlen(word)))
		return false;
	*p += strlen(word);
	return true;
}

static void on_key(const char *key, size_t key_len, const char *value,
		   size_t len)
{
	if (!wanted_key || strlen(wanted_key) != key_len ||
	    strncmp(wanted_key, key, key_len))
		return;
	if (*value == '"') {
		value++;
		len -= 2;
	}
	printf("%.*s\n", (int)len, value);
}

static bool json_member(const char **p, int depth)
{
	const char *key = *p + 1, *key_end, *value;

	if (!json_string(p))
		return false;
	key_end = *p - 1;
	if (*(*p)++ != ':')
		return false;
	value = *p;
	if (!json_value(p, depth + 1))
		return false;
	if (!depth)
		on_key(key, key_end - key, value, *p - value);
	return true;
}

static bool json_list(const char **p, char end, int depth)
{
	(*p)++;
	if (**p == end) {
		(*p)++;
		return true;
	}
	for (;;) {
		if (end == '}' ? !json_member(p, depth) :
				 !json_value(p, depth + 1))
			return false;
		if (**p == end) {
			(*p)++;
			return true;
		}
		if (*(*p)++ != ',')
			return false;
	}
}

static bool json_value(const char **p, int depth)
{
	if (depth > 8)
		return false;
	switch (**p) {
	case '{':
		return json_list(p, '}', depth);
	case '[':
		return json_list(p, ']', depth);
	case '"':
		return json_string(p);
	case 't':
		return json_word(p, "true");
	case 'f':
		return json_word(p, "false");
	case 'n':
		return json_word(p, "null");
	default:
		return json_number(p);
	}
}

static int json(void)
{
	char *line = NULL;
	size_t size = 0;
	int lines = 0;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) > 0) {
		const char *p = line;

		lines++;
		if (*p != '{' || !json_value(&p, 0) || *p != '\n' ||
		    p + 1 != line + len) {
			fprintf(stderr, "not JSON from byte %zd on: %s\n",
				p - line, line);
			return 1;
		}
	}
	free(line);
	if (!lines)
		fprintf(stderr, "no object at all\n");
	return !lines;
}

static int run(char **argv)
{
	execvp(argv[0], argv);
	return fail(argv[0]);
}

static int run_default(char **argv)
{
	sigset_t none;

	signal(SIGINT, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return run(argv);
}

static int run_as(const char *user, char **argv)
{
	uid_t uid = strtoul(user, NULL, 0);

	if (setgroups(0, NULL) || setresgid(uid, uid, uid) ||
	    setresuid(uid, uid, uid))
		return fail("setresuid");
	return run(argv);
}

static int exit_code(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return fail("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   128 + WTERMSIG(status);
}

/* All that comes out is passed on, so that the test can look at it too. */
static int run_on_tty(const char *text, char **argv)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	static char seen[65536];
	size_t len = 0;
	bool typed = false;
	int master;
	ssize_t n;
	pid_t pid;

	pid = forkpty(&master, NULL, NULL, &size);
	if (pid < 0)
		return fail("forkpty");
	if (!pid)
		_exit(run_default(argv));
	/* The last close of the other side reads as EIO. */
	while (len < sizeof(seen) - 1 &&
	       (n = read(master, seen + len, sizeof(seen) - 1 - len)) > 0) {
		if (write(STDOUT_FILENO, seen + len, n) != n)
			return fail("write");
		len += n;
		if (!typed && memmem(seen, len, text, strlen(text))) {
			if (write(master, "\003", 1) != 1)
				return fail("write");
			typed = true;
		}
	}
	if (!typed)
		fprintf(stderr, "cli_helper: this never came out: %s\n", text);
	return exit_code(pid);
}

/* A FUSE file system whose server does not even answer to the greeting. */
static int run_with_dead_mount(const char *dir, char **argv)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC), code;
	char options[128];
	pid_t pid;

	if (fd < 0)
		return SKIP;
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (mount("dead", dir, "fuse", 0, options))
		return fail(dir);
	pid = fork();
	if (!pid)
		_exit(run(argv));
	code = pid < 0 ? fail("fork") : exit_code(pid);
	/* Ends whatever still waits for an answer. */
	close(fd);
	if (umount2(dir, MNT_DETACH))
		return fail(dir);
	return code;
}

static int run_shorts(__u32 n)
{
	struct acall_create_queue made = {
		.size = sizeof(made), .interface = ACALL_TEST_INTERFACE,
		.slots = n, .entries = 1024,
	};
	struct acall_enter enter = {
		.size = sizeof(enter), .begin = n, .wait = n,
		.until = UINT64_MAX,
	};
	struct acall_submission *entry;
	struct acall_completion *done;
	struct acall_ring *ring;
	int dev, fd;
	__u32 i;

	dev = open("/dev/acall", O_RDWR | O_CLOEXEC);
	fd = n <= made.entries ? ioctl(dev, ACALL_IOC_CREATE_QUEUE, &made) : -1;
	if (fd < 0)
		return fail("/dev/acall");
	ring = mmap(NULL, made.map_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, 0);
	if (ring == MAP_FAILED)
		return fail("mmap");
	entry = (void *)((char *)ring + made.submission_offset);
	done = (void *)((char *)ring + made.completion_offset);
	for (i = 0; i < n; i++)
		entry[i].method = ACALL_TEST_BARE;
	__atomic_store_n(&ring->submission_tail, n, __ATOMIC_RELEASE);
	if (ioctl(fd, ACALL_IOC_ENTER, &enter) || enter.begun != n)
		return fail("ENTER");
	for (i = 0; i < n; i++)
		printf("%llu\n", (unsigned long long)done[i].call_id);
	__atomic_store_n(&ring->completion_head, n, __ATOMIC_RELEASE);
	/* So that they are finished before the queue is closed. */
	enter.begin = 0;
	enter.wait = 0;
	return ioctl(fd, ACALL_IOC_ENTER, &enter) ? fail("ENTER") : 0;
}

static int usage(void)
{
	fprintf(stderr, "cli_helper: the head of its source tells how to use it\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		__u32 op;
		int args;
	} ops[] = {
		{ "open", ACALL_TEST_OP_OPEN, 1 },
		{ "forget", ACALL_TEST_OP_FORGET, 1 },
		{ "starts", ACALL_TEST_OP_WAIT_STARTS, 2 },
		{ "seen", ACALL_TEST_OP_WAIT_SEEN, 2 },
		{ "ends", ACALL_TEST_OP_WAIT_ENDS, 2 },
		{ "complete", ACALL_TEST_OP_COMPLETE, 1 },
	};
	const char *verb = argc > 1 ? argv[1] : "", *scale;
	size_t i;

	if (!strcmp(verb, "as") && argc > 3)
		return run_as(argv[2], argv + 3);
	scale = getenv("ACALL_SCALE");
	alarm(GUARD_SEC * (scale && atoi(scale) > 0 ? atoi(scale) : 1));
	/* An alarm goes on through execve(). */
	if (!strcmp(verb, "exec") && argc > 2)
		return run_default(argv + 2);
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (!strcmp(verb, ops[i].name) && argc == ops[i].args + 2)
			return control(ops[i].op, argv[2], argv[3]);
	if (!strcmp(verb, "hot") && argc == 3)
		return control(strcmp(argv[2], "on") ?
			       ACALL_TEST_OP_UNREGISTER :
			       ACALL_TEST_OP_REGISTER, "0", NULL);
	if (!strcmp(verb, "arg") && argc > 2)
		return print_arg(argc - 2, argv + 2);
	if (!strcmp(verb, "custom") && argc > 2)
		return print_custom(argc - 2, argv + 2);
	if (!strcmp(verb, "s32") && argc == 3)
		return print_s32(argv[2]);
	if (!strcmp(verb, "shorts") && argc == 3)
		return run_shorts((__u32)strtoul(argv[2], NULL, 0));
	if (!strcmp(verb, "json")) {
		wanted_key = argv[2];
		return json();
	}
	if (!strcmp(verb, "tty") && argc > 3)
		return run_on_tty(argv[2], argv + 3);
	if (!strcmp(verb, "dead-mount") && argc > 3)
		return run_with_dead_mount(argv[2], argv + 3);
	return usage();
}
