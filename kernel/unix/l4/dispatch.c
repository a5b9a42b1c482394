/*
 * If several systems share the processor, the root task gives each system time in turn (systems/share.c). Two threads
 * of the server pass it on: the taker gets the time, and the dispatcher chooses the server or a process. These have
 * slices of length 0, and they get no ticks, only the processor until the next tick. So no thread of a process can save
 * time, and the threads that it starts have none.
 */
#include "unix.h"
#include "l4.h"
#include "own.h"
#include "system.h"

static word stack[256], taker_stack[256];

/* A thread whose fault is reported may be ready: the kernel maps the answer. If it is not, thread_switch yields. */
static int may_run(word thread)
{
    word state = thread_state(thread);
    return state == RUNS || state == RUNS_IN_KERNEL || state == FAULTS;
}

/* A process would keep the ticks that it does not use. Setting another length ends the slice (spec/interface, 7.18). */
static void drop_time(void)
{
    word me = own.thread | DISPATCHER << 10;
    thread_priority(me, SERVER_PRIORITY, 1);
    thread_priority(me, SERVER_PRIORITY, 0);
}

/* The thread that runs in the turn of a process: the agent, if it has an order, or the first thread. 0: neither. */
static word thread_of(struct process *p)
{
    word first = p->platform.thread, agent = first | 1 << 10;
    if (!first)
        return 0;
    if (!p->platform.agent && may_run(agent))
        return agent;
    return p->state == RUNNING && may_run(first) ? first : 0;
}

/* The server goes first. Processes take turns. */
static word next(void)
{
    static word last;
    if (may_run(own.thread))
        return own.thread;
    for (word i = 1; i <= own.tasks; i++) {
        word index = (last + i) % own.tasks, thread = thread_of(&processes[index]);
        if (thread) {
            last = index;
            return thread;
        }
    }
    return 0;
}

static void dispatch(void)
{
    word events = own.system->events;
    drop_time();
    word thread = next();
    if (!thread)
        own.system->idle_at = events;
    for (;;)
        thread_switch(thread);
}

/*
 * The dispatcher starts from its beginning in each turn. If it continued instead, one that a tick had stopped just
 * before its thread_switch would give the ticks of the new turn to a process.
 */
static void take_time(void)
{
    for (;;) {
        thread_start(DISPATCHER, (word)(stack + 256), (word)dispatch, ROOT);
        thread_switch(own.thread | DISPATCHER << 10);
    }
}

/* From now on, this system runs on given time. Only bytes from the serial port interrupt the others. */
void dispatch_start(void)
{
    thread_start(TAKER, (word)(taker_stack + 256), (word)take_time, ROOT);
    thread_priority(own.thread | TAKER << 10, SERVER_PRIORITY, 0);
    thread_priority(own.thread, SERVER_PRIORITY, 0);
}
