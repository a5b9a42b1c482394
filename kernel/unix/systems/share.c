/*
 * The scheduler of systems. Servers and processes have slices of length 0, so they do not compete for the processor.
 * When a thread of a system gets the processor, it runs until the next tick, or until it waits. Then this thread runs,
 * because no other thread competes. It gives the processor to the ready system that has used the least time. It charges
 * that system for all cycles until this thread runs again.
 */
#include "systems.h"

/*
 * A system that waited keeps a claim to at most so many ticks. A message from another system's process costs its
 * receiver less than the given part of a tick.
 */
enum { MOST_AHEAD = 8, STRANGE_MESSAGES_IN_A_TICK = 64 };

/* A timeout of a microsecond ends at the second tick from now (spec/interface, 10.2). */
enum { SLEEP = 1 << 24 | 15 };

static word cycles_of_tick, used[MOST_SYSTEMS];

static word cycles(void)
{
    word low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return low;
}

static void sleep(void)
{
    struct message m = { NONE, SLEEP, 0, 0, 0, 0, 0 };
    ipc(&m);
}

/* If the dispatcher has found no ready thread, there is none until the server runs again. */
static int is_ready(struct server *s)
{
    return s->thread && (s->shared->idle_at != s->shared->events || thread_state(s->thread) != WAITS_TO_RECEIVE);
}

static struct server *next(void)
{
    struct server *found = NULL;
    for (word i = 0; i < server_count; i++)
        if (is_ready(&servers[i]) && (!found || (int)(used[i] - used[found - servers]) < 0))
            found = &servers[i];
    return found;
}

/* Messages from processes of other systems take time of the server that receives them. The other systems pay. */
static void charge_messages(word receiver)
{
    struct system *s = servers[receiver].shared;
    word new = s->strange - servers[receiver].strange, cost = new * (cycles_of_tick / STRANGE_MESSAGES_IN_A_TICK);
    servers[receiver].strange += new;
    for (word i = 0; i < server_count; i++)
        if (i != receiver)
            used[i] += cost;
}

static void limit_differences(void)
{
    word most = 0;
    for (word i = 1; i < server_count; i++)
        if ((int)(used[i] - used[most]) > 0)
            most = i;
    for (word i = 0; i < server_count; i++)
        if (used[most] - used[i] > MOST_AHEAD * cycles_of_tick)
            used[i] = used[most] - MOST_AHEAD * cycles_of_tick;
}

static void run(void)
{
    for (;;) {
        struct server *s = next();
        if (!s) {
            sleep();
            continue;
        }
        word start = cycles();
        thread_switch(s->thread | TAKER << 10);
        used[s - servers] += cycles() - start;
        for (word i = 0; i < server_count; i++)
            charge_messages(i);
        limit_differences();
    }
}

/* Both sleeps end at ticks, two ticks apart. */
void share_start(void)
{
    static word stack[1024];
    sleep();
    word start = cycles();
    sleep();
    cycles_of_tick = (cycles() - start) / 2;
    thread_start(2, (word)(stack + 1024), (word)run, SIGMA0);
    thread_priority(ROOT | 2 << 10, SHARE_PRIORITY, 1);
}
