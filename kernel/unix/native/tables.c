/* The tables of the processor, and the chips that interrupt. */
#include "native.h"

enum { ENTRIES = 48, GATE = 0x8E, OPEN_GATE = 0xEE, TICK = 1193 };

struct pointer { half limit; word base; } __attribute__((packed));

/* Offsets of the fields that the processor reads: ESP0 1, SS0 2, the I/O bitmap's offset 25. */
static word task_state[26];
static u64 descriptors[6], gates[VECTORS];

extern word entries[ENTRIES + 1];
void go_high(word directory, struct pointer *gdt, struct pointer *idt);
void broken(word vector) __attribute__((noreturn));

/* A descriptor of a segment; the limit is in pages if the flags say so. */
static u64 descriptor(word base, word limit, word access, word flags)
{
    return (u64)(base & 0xFF000000) << 32 | (u64)flags << 52 | (u64)(limit >> 16) << 48 | (u64)access << 40
        | (u64)(base & 0xFFFFFF) << 16 | (limit & 0xFFFF);
}

static u64 gate(word offset, word access)
{
    return (u64)(offset >> 16) << 48 | (u64)access << 40 | (u64)KERNEL_CODE << 16 | (offset & 0xFFFF);
}

void set_stack(word top) { task_state[1] = top; }

static void start_chips(void)
{
    static const byte ports[][2] = { { 0x20, 0x11 }, { 0xA0, 0x11 }, { 0x21, INTERRUPTS }, { 0xA1, INTERRUPTS + 8 },
        { 0x21, 4 }, { 0xA1, 2 }, { 0x21, 1 }, { 0xA1, 1 }, { 0x21, 0xEE }, { 0xA1, 0xFF },
        { 0x43, 0x34 }, { 0x40, TICK & 0xFF }, { 0x40, TICK >> 8 } };
    for (word i = 0; i < sizeof ports / sizeof *ports; i++)
        out(ports[i][0], ports[i][1]);
    out(COM1 + SERIAL_FIFO, 1);
    out(COM1 + SERIAL_MODEM, 0xB);
    out(COM1 + SERIAL_INTERRUPTS, 1);
}

/* Pages, segments and gates. The directory maps all memory twice: at 0 and at KERNEL_BASE. */
void tables_start(void)
{
    enum { FOUR_GIGABYTES = 0xFFFFF, IN_PAGES = 0xC };
    static word directory[1024] __attribute__((aligned(PAGE)));
    const word kernel = MEMORY / PAGE - 1, user = KERNEL_BASE / PAGE - 1;
    struct pointer gdt = { sizeof descriptors - 1, KERNEL_BASE + (word)descriptors },
        idt = { sizeof gates - 1, KERNEL_BASE + (word)gates };
    for (word i = 0; i < KERNEL_ROWS; i++)
        directory[i] = directory[KERNEL_ROW + i] = kernel_row(i);
    descriptors[KERNEL_CODE / 8] = descriptor(KERNEL_BASE, kernel, 0x9A, IN_PAGES);
    descriptors[KERNEL_DATA / 8] = descriptor(KERNEL_BASE, kernel, 0x92, IN_PAGES);
    descriptors[USER_CODE / 8] = descriptor(0, user, 0xFA, IN_PAGES);
    descriptors[USER_DATA / 8] = descriptor(0, user, 0xF2, IN_PAGES);
    descriptors[TASK_STATE / 8] = descriptor(KERNEL_BASE + (word)task_state, sizeof task_state - 1, 0x89, 0);
    task_state[2] = KERNEL_DATA;
    task_state[25] = sizeof task_state << 16;

    /* INT3 and INTO are a program's own. */
    for (word i = 0; i < ENTRIES; i++)
        gates[i] = gate(entries[i], i == 3 || i == 4 ? OPEN_GATE : GATE);
    gates[SYSTEM_CALL] = gate(entries[ENTRIES], OPEN_GATE);
    go_high((word)directory, &gdt, &idt);
    start_chips();
}

void broken(word vector)
{
    say("exception %d in the kernel", vector);
    stop("the kernel has a defect");
}
