/* Not for Linux: children make random system calls and use the microkernel themselves. The parent must not notice. */
#include "call.h"

enum { CHILDREN = 6, CALLS = 400, REBOOT = 88 };

static word random_state;
static char mine[8192];

static word random(void) { return (random_state = random_state * 1664525 + 1013904223) >> 8; }

/* Numbers, addresses of all kinds, and words that are neither. */
static word argument(void)
{
    switch (random() % 8) {
    case 0:
        return random() % 16;
    case 1:
        return (word)mine + random() % sizeof mine;
    case 2:
        return 0x403FE000 + random() % 8192;
    case 3:
        return 0xFFFFFFFF - random() % 8192;
    case 4:
        return 0x1000 + random() % 4096;
    case 5:
        return 0xF0000000 + random();
    case 6:
        return 1u << random() % 32;
    default:
        return random() << 8 ^ random();
    }
}

/* All calls but those that may end or stop others: kill, reboot, and a child's own children that go on. */
static void call_at_random(void)
{
    for (int i = 0; i < CALLS; i++) {
        word number = random() % 340;
        call(ALARM, 1, 0, 0);
        if (number == KILL || number == REBOOT || number == EXIT || number == 252)
            continue;
        int pid = call(GETPID, 0, 0, 0), before = pid;
        call6(number, argument(), argument(), argument(), argument(), argument(), argument());
        pid = call(GETPID, 0, 0, 0);
        if (pid != before)
            end(0);
    }
}

/* Sends a call to the server by itself, and waits for the answer only with the receive descriptor 0. */
static void send_raw(word receive, word frame)
{
    word block[2] = { receive, 0 };
    __asm__ volatile("push %%ebp; mov (%0), %%ebp; xor %%eax, %%eax; xor %%ecx, %%ecx; int $0x30; pop %%ebp"
        : : "b"(block), "S"(0x04040001), "d"(4 * GETPID + 3), "D"(frame) : "eax", "ecx", "memory");
}

static void send_without_waiting(void)
{
    for (int i = 0; i < 3; i++)
        send_raw(0xFFFFFFFF, (word)mine);
}

/* Clears its trap address by itself: INT 80h is an exception then. */
static void clear_the_trap_address(void)
{
    __asm__ volatile("xor %%eax, %%eax; int $0x37; mov $20, %%eax; int $0x80" : : : "eax", "memory");
}

static void send_a_wrong_frame(void) { send_raw(0, 0xFFFFFFF0); }

void start(void)
{
    for (word i = 0; i < sizeof mine; i++)
        mine[i] = i * 7;
    /* First, while no alarm limits how long the server waits. */
    child(send_a_wrong_frame);
    child(send_without_waiting);
    for (word seed = 1; seed <= CHILDREN; seed++) {
        random_state = seed;
        child(call_at_random);
    }
    number("without a trap address:", child(clear_the_trap_address));
    int wrong = 0;
    for (word i = 0; i < sizeof mine; i++)
        wrong += mine[i] != (char)(i * 7);
    number("wrong bytes:", wrong);
    end(0);
}
