/* How the root task `systems` starts a server: its part of the machine, and the messages between both. */
#ifndef SYSTEM_H
#define SYSTEM_H

#include "types.h"

/* The first thread of the root task: the pager of each server, which gives it memory and ports. */
#define ROOT 0x04040001u

/*
 * The kernel has 45,056 map nodes besides sigma0's. The root task has all frames and ports, or has granted them. A
 * server gets at most 256 pages of its image, sigma0's page of information, and 16 ports. The rest is for processes.
 */
#define NODES_LEFT(servers) (45056 - (1 << 26) / PAGE - (1 << 16) / 16 - (servers) * (256 + 8))

/* The priority of servers; and the lthreads that take time from the root task, and that give it to a process. */
enum { SERVER_PRIORITY = 50, DISPATCHER = 2, TAKER };

/* At the server's start, [ESP] is the address of this description, which is in the page behind the server's image. */
struct system {
    word archive, archive_end; /* addresses */
    word first_task, tasks;    /* the tasks whose chief the server is: numbers from first_task on */
    word tables, nodes;        /* the page tables and map nodes that all its processes together may use */
    word port, interrupt;      /* of its serial port */
    char options[32];          /* as on the command line of the archive */
    volatile word events;      /* the number of messages and timeouts that the server has handled, counted from 1 */
    volatile word idle_at;     /* the events at which the dispatcher has found no ready thread; 0: it must look */
    volatile word strange;     /* the number of messages from threads of other systems */
};

/*
 * First words of messages from a server to ROOT. MORE: the answer maps the next 4 MB, or page, of the server's memory
 * at its own address; without a map item, there is no more. END: the system has ended with the status in the second
 * word.
 */
#define MORE 0xE0000007u
#define END 0xE000000Bu

#endif
