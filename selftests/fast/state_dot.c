// SPDX-License-Identifier: GPL-2.0-only
/*
 * Draws the transition table: prints the input of graphviz's dot for
 * Documentation/state.svg. The edges are what acall_state_next() says of every
 * word that can come about; only the words on them are written here.
 *
 * Drawn is what moves the phase. Flags that come on top (COMMITTED, ENDED and
 * the rest) move nothing that a client waits for. Owns nothing, takes no lock.
 */
#include <stdio.h>
#include <string.h>

#include "state.h"

#define NR_WORDS	0x10000u
#define NR_REASONS	(ACALL_REASON_REBOOT + 1)
#define GREY		"#7a7a7a"

struct node {
	const char *name;	/* what the client sees, if not the phase's */
	const char *title;
	const char *fill;
};

static const struct node nodes[ACALL_NR_PHASES] = {
	[ACALL_PHASE_NEW] = { "new", "IDLE", "#6b7785" },
	[ACALL_PHASE_QUEUED] = { "queued", "QUEUED", "#2f6fb5" },
	[ACALL_PHASE_RUNNING] = { "running", "RUNNING", "#2f6fb5" },
	[ACALL_PHASE_ASKED] = {
		"asked", "CANCELLING\\n(may be refused)", "#b35f00" },
	[ACALL_PHASE_CANCELLING] = { "cancelling", "CANCELLING", "#b35f00" },
	[ACALL_PHASE_DEQUEUED] = {
		"dequeued", "CANCELLING\\n(never to start)", "#b35f00" },
	[ACALL_PHASE_COMPLETED] = { "completed", "COMPLETED", "#2a7d3f" },
	[ACALL_PHASE_STOPPED] = { "stopped", "STOPPED", "#a8324a" },
	[ACALL_PHASE_NEVER_STARTED] = {
		"never_started", "NEVER_STARTED", "#a8324a" },
	[ACALL_PHASE_ABANDONED] = { "abandoned", "ABANDONED", "#a8324a" },
};

/* Events in a client's words; those of one kind share theirs. */
static const char * const words[ACALL_NR_EVENTS] = {
	[ACALL_EVENT_PUBLISH] = "BEGIN",
	[ACALL_EVENT_ENTER] = "BEGIN, inline",
	[ACALL_EVENT_START] = "provider entered",
	[ACALL_EVENT_CANCEL] = "cancel",
	[ACALL_EVENT_ASK] = "cancel, hook asked",
	[ACALL_EVENT_FORCE] = "deadline or other force",
	[ACALL_EVENT_ABANDON] = "abandon",
	[ACALL_EVENT_ACCEPT] = "hook agrees",
	[ACALL_EVENT_REFUSE] = "hook refuses",
	[ACALL_EVENT_EXPIRE] = "grace over",
	[ACALL_EVENT_COMMIT] = "commit",
	[ACALL_EVENT_RETURN] = "result",
	[ACALL_EVENT_STOP] = "stop code",
	[ACALL_EVENT_REPLY] = "result",
	[ACALL_EVENT_REPLY_STOP] = "stop code",
	[ACALL_EVENT_SETTLE] = "files dropped",
	[ACALL_EVENT_CONSUME] = "FINISH",
	[ACALL_EVENT_DROP] = "last close",
};

/* Sets of events by where they lead from and to. */
static unsigned int edges[ACALL_NR_PHASES][ACALL_NR_PHASES];
static unsigned int takes;	/* phases that a FINISH takes */

static void follow(__u32 word, unsigned char *seen)
{
	enum acall_phase from = acall_word_phase(word);
	__u32 next;
	int event, reason;

	for (event = 0; event < ACALL_NR_EVENTS; event++) {
		int first = event >= ACALL_EVENT_CANCEL &&
			    event <= ACALL_EVENT_ABANDON;

		for (reason = first; reason < (first ? NR_REASONS : 1);
		     reason++) {
			if (acall_state_next(word, event, reason, &next) !=
			    ACALL_MADE)
				continue;
			seen[next] |= 1;
			if (acall_word_phase(next) != from)
				edges[from][acall_word_phase(next)] |=
					1u << event;
			else if (event == ACALL_EVENT_CONSUME)
				takes |= 1u << from;
		}
	}
}

static void walk(void)
{
	static unsigned char seen[NR_WORDS];	/* 1: reached, 2: followed */
	__u32 word;
	int more = 1;

	for (word = 0; word < 4; word++)
		seen[ACALL_PHASE_NEW | word * ACALL_WORD_FIXED] = 1;
	while (more) {
		more = 0;
		for (word = 0; word < NR_WORDS; word++) {
			if (seen[word] != 1)
				continue;
			seen[word] = 3;
			follow(word, seen);
			more = 1;
		}
	}
}

static void print_label(unsigned int events)
{
	unsigned int cancels = 1u << ACALL_EVENT_CANCEL |
			       1u << ACALL_EVENT_ASK | 1u << ACALL_EVENT_FORCE |
			       1u << ACALL_EVENT_ABANDON;
	const char *said[ACALL_NR_EVENTS];
	int i, j, nr = 0;

	if ((events & cancels) == cancels) {
		said[nr++] = "any cancel";
		events &= ~cancels;
	}
	for (i = 0; i < ACALL_NR_EVENTS; i++) {
		if (!(events & 1u << i))
			continue;
		for (j = 0; j < nr && strcmp(said[j], words[i]); j++)
			;
		if (j == nr)
			said[nr++] = words[i];
	}
	printf("label=\"");
	for (i = 0; i < nr; i++)
		printf(" %s%s", said[i], i + 1 < nr ? ",\\n" : " ");
	printf("\"");
}

static void print_node(enum acall_phase phase)
{
	printf("\t%s [label=\"%s\" fillcolor=\"%s\"]\n", nodes[phase].name,
	       nodes[phase].title, nodes[phase].fill);
}

static void print_nodes(void)
{
	int phase;

	for (phase = 0; phase < ACALL_PHASE_COMPLETED; phase++)
		print_node(phase);
	printf("\tsubgraph cluster_done {\n"
	       "\tlabel=\"DONE\" labeljust=l labelloc=b\n"
	       "\tstyle=\"rounded,dashed\" color=\"" GREY "\"\n");
	for (; phase < ACALL_NR_PHASES; phase++)
		print_node(phase);
	printf("\t}\n\t{ rank=same; asked; cancelling; dequeued }\n");
}

static void print_edges(void)
{
	int from, to;

	for (from = 0; from < ACALL_NR_PHASES; from++) {
		for (to = 0; to < ACALL_NR_PHASES; to++) {
			if (!edges[from][to])
				continue;
			printf("\t%s -> %s [", nodes[from].name,
			       nodes[to].name);
			print_label(edges[from][to]);
			printf("%s]\n", to == ACALL_PHASE_QUEUED ?
			       " weight=8" : "");
		}
	}
	/* One arrow for all of them: from the box, if every outcome is taken. */
	if (takes == ((1u << ACALL_NR_PHASES) - (1u << ACALL_PHASE_COMPLETED)))
		printf("\tstopped -> end [ltail=cluster_done ");
	else
		printf("\tstopped -> end [color=red ");
	print_label(1u << ACALL_EVENT_CONSUME);
	printf("]\n");
}

int main(void)
{
	walk();
	printf("digraph call {\n"
	       "\tcompound=true rankdir=TB nodesep=0.7 ranksep=0.75\n"
	       "\tbgcolor=transparent fontname=\"Helvetica\" fontsize=13\n"
	       "\tfontcolor=\"" GREY "\"\n"
	       "\tnode [shape=box style=\"rounded,filled\" color=\"#ffffff00\"\n"
	       "\t\tfontname=\"Helvetica\" fontsize=13 fontcolor=white\n"
	       "\t\tmargin=\"0.18,0.09\"]\n"
	       "\tedge [color=\"" GREY "\" fontcolor=\"" GREY "\"\n"
	       "\t\tfontname=\"Helvetica\" fontsize=11 arrowsize=0.7]\n");
	print_nodes();
	printf("\tend [label=\"IDLE\" fillcolor=\"%s\"]\n",
	       nodes[ACALL_PHASE_NEW].fill);
	print_edges();
	printf("}\n");
	return 0;
}
