// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program on a terminal of its own, and what is on its screen:
 *
 *	cli_screen ROWS COLUMNS [TEXT KEYS]... -- CMD...
 *
 * Waits until TEXT is on the screen, then types KEYS, and so on; prints the screen as
 * it was just before the program left it, then ends as the program did. TEXT that
 * begins with a "!" is to be there no more. KEYS may be "up", "down", "left", "right",
 * "^C", "^Z", "resize:ROWSxCOLUMNS", "cont" (SIGCONT), or "" for none; else they are
 * typed as they are. With ROWS 0 there is no screen, but lines: a terminal that only
 * knows what has come out so far.
 *
 * Knows as much of ECMA-48 as the command uses, and says what it does not know: so
 * nothing but that comes out. Owns the screen. The alarm is only a hang guard.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define GUARD_SEC	120
#define MOST		512

static char cells[MOST][MOST + 1];
static int rows, columns, row, column;
static bool alternate, hidden;
static char lines[1 << 20];
static size_t nr_lines;

static int die(const char *what)
{
	fprintf(stderr, "cli_screen: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void clear_from(int r, int c)
{
	for (; r < rows; r++, c = 0)
		memset(&cells[r][c], ' ', columns - c);
}

static void clear(void)
{
	row = 0;
	column = 0;
	clear_from(0, 0);
}

static void print_screen(void)
{
	int r, c;

	for (r = 0; r < rows; r++) {
		for (c = columns; c && cells[r][c - 1] == ' '; c--)
			;
		printf("%.*s\n", c, cells[r]);
	}
}

/* Is @text there, in one line? */
static bool shows(const char *text)
{
	int r;

	if (!rows)
		return memmem(lines, nr_lines, text, strlen(text));
	for (r = 0; r < rows; r++)
		if (memmem(cells[r], columns, text, strlen(text)))
			return true;
	return false;
}

static void scroll(void)
{
	memmove(cells[0], cells[1], (rows - 1) * sizeof(cells[0]));
	memset(cells[rows - 1], ' ', columns);
}

/* "\033[", of which @p is what follows. Returns where it ends, or NULL: not all. */
static const char *control(const char *p, const char *end)
{
	char text[32];
	size_t len = 0;
	int a = 0, b = 0;

	while (p < end && len < sizeof(text) - 1) {
		text[len++] = *p;
		if (*p++ >= '@')
			break;
	}
	text[len] = '\0';
	if (!len || text[len - 1] < '@')
		return NULL;
	if (!strcmp(text, "?1049h") || !strcmp(text, "?1049l")) {
		/* What was there before it is left. */
		if (text[5] == 'l')
			print_screen();
		alternate = text[5] == 'h';
		clear();
	} else if (!strcmp(text, "?25h") || !strcmp(text, "?25l")) {
		hidden = text[3] == 'l';
	} else if (!strcmp(text, "K")) {
		memset(&cells[row][column], ' ', columns - column);
	} else if (!strcmp(text, "J")) {
		clear_from(row, column);
	} else if (text[len - 1] == 'H') {
		if (sscanf(text, "%d;%d", &a, &b) == 2 && a <= rows &&
		    b <= columns) {
			row = a - 1;
			column = b - 1;
		} else if (!strcmp(text, "H")) {
			row = 0;
			column = 0;
		} else {
			fprintf(stderr, "cli_screen: where is ESC [ %s\n",
				text);
		}
	} else if (text[len - 1] != 'm') {
		fprintf(stderr, "cli_screen: what is ESC [ %s\n", text);
	}
	return p;
}

static void put(char c)
{
	switch (c) {
	case '\r':
		column = 0;
		return;
	case '\n':
		if (++row < rows)
			return;
		row = rows - 1;
		scroll();
		return;
	case '\b':
		column -= !!column;
		return;
	}
	if (column == columns) {
		column = 0;
		put('\n');
	}
	cells[row][column++] = c;
}

/* What has come out. Keeps the beginning of what is not complete. */
static void take(char *bytes, size_t *len)
{
	const char *p = bytes, *end = bytes + *len, *next;

	while (p < end) {
		if (*p != '\033') {
			put(*p++);
			continue;
		}
		if (end - p < 3)
			break;
		if (p[1] != '[') {
			fprintf(stderr, "cli_screen: what is ESC %c\n", p[1]);
			p += 2;
			continue;
		}
		next = control(p + 2, end);
		if (!next)
			break;
		p = next;
	}
	*len = end - p;
	memmove(bytes, p, *len);
}

static void resize(int master, const char *to)
{
	struct winsize size;
	int r, c;

	if (sscanf(to, "%dx%d", &r, &c) != 2 || r > MOST || c > MOST)
		die(to);
	rows = r;
	columns = c;
	clear();
	size = (struct winsize){ .ws_row = r, .ws_col = c };
	if (ioctl(master, TIOCSWINSZ, &size))
		die("TIOCSWINSZ");
}

static void type(int master, pid_t pid, const char *keys)
{
	static const char * const names[][2] = {
		{ "up", "\033[A" }, { "down", "\033[B" }, { "right", "\033[C" },
		{ "left", "\033[D" }, { "^C", "\003" }, { "^Z", "\032" },
	};
	size_t i;

	if (!strncmp(keys, "resize:", 7)) {
		resize(master, keys + 7);
		return;
	}
	if (!strcmp(keys, "cont")) {
		/* Not before it has stopped, or it would do so afterwards. */
		if (waitpid(pid, NULL, WUNTRACED) != pid || kill(pid, SIGCONT))
			die("cont");
		return;
	}
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(keys, names[i][0]))
			keys = names[i][1];
	if (write(master, keys, strlen(keys)) != (ssize_t)strlen(keys))
		die("write");
}

static bool met(const char *text)
{
	return *text == '!' ? !shows(text + 1) : shows(text);
}

/* Its end reads as EIO. */
static char **watch(int master, pid_t pid, char **script)
{
	char bytes[4096];
	size_t len = 0;
	ssize_t n;

	for (;;) {
		while (strcmp(*script, "--") && met(*script)) {
			type(master, pid, script[1]);
			script += 2;
		}
		n = read(master, bytes + len, sizeof(bytes) - len);
		if (n <= 0)
			return script;
		if (!rows) {
			if (write(STDOUT_FILENO, bytes, n) != n)
				die("write");
			if (nr_lines + n <= sizeof(lines))
				memcpy(lines + nr_lines, bytes, n);
			nr_lines += n;
			continue;
		}
		len += n;
		take(bytes, &len);
	}
}

int main(int argc, char **argv)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	const char *scale = getenv("ACALL_SCALE");
	int master, status, i;
	char **script, **cmd;
	pid_t pid;

	for (i = 3; i < argc && strcmp(argv[i], "--"); i += 2)
		;
	if (i >= argc - 1) {
		fprintf(stderr, "cli_screen: the head of its source tells how to use it\n");
		return 2;
	}
	alarm(GUARD_SEC * (scale && atoi(scale) > 0 ? atoi(scale) : 1));
	rows = atoi(argv[1]);
	columns = atoi(argv[2]);
	if (rows > MOST || columns < 1 || columns > MOST)
		return 2;
	if (rows)
		size = (struct winsize){ .ws_row = rows, .ws_col = columns };
	clear();
	script = argv + 3;
	cmd = argv + i + 1;
	pid = forkpty(&master, NULL, NULL, &size);
	if (pid < 0)
		die("forkpty");
	if (!pid) {
		execvp(cmd[0], cmd);
		_exit(127);
	}
	script = watch(master, pid, script);
	if (strcmp(*script, "--"))
		fprintf(stderr, "cli_screen: this was never so: %s\n", *script);
	if (alternate || hidden)
		fprintf(stderr, "cli_screen: the screen was not left\n");
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   128 + WTERMSIG(status);
}
