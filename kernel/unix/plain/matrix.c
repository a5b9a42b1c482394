/*
 * The cache experiment of the SOSP '97 paper: a task multiplies matrices of 64x64 elements of 8 bytes. Another task
 * interrupts it 100 µs after it has got the processor, and writes to 256 KB, so that it replaces the whole second-level
 * cache. First both tasks have frames of all colours. Then the first one has 3 colours of 64, and the other one has the
 * others. The time of the multiplication does not include the other task's.
 *
 * There is no x87 to multiply with. So the elements are of the ring of 64 bits with AND and XOR, whose instructions
 * take about as many cycles. The second matrix is transposed, so both are read along their rows.
 *
 * The interrupt is line 5 of a device that exists for this: it rises 100 µs after a byte is written to port E9h.
 */
#include "l4.h"
#include "colours.h"

#define SIZE 64u
/* Each row of the product costs the same, because it needs the whole second matrix. So not all are measured. */
#ifndef ROWS
#define ROWS 16u
#endif
#define LINE 32u
#define FRAMES 0x1000000u
#define FRAMES_OF_SPACE 0x400000u
#define OWN_COLOURS 3u
#define DEVICE_PORT 0xE9
#define DEVICE_INTERRUPT 6u
#define RECEIVE_NOW 1u
#define ASSOCIATED 0x20
#define HIGHER 60u

enum { INTERRUPT, WRONG, ROWS_OF_TASK };
enum { PRODUCT, DEVICE };

typedef unsigned long long element;

static element a[SIZE][SIZE] __attribute__((aligned(PAGE))), b[SIZE][SIZE] __attribute__((aligned(PAGE))),
    c[SIZE][SIZE] __attribute__((aligned(PAGE)));
static byte load_area[COLOURS * PAGE] __attribute__((aligned(PAGE)));
static word matrix_stack[STACK_WORDS] __attribute__((aligned(PAGE)));
static word load_stack[STACK_WORDS] __attribute__((aligned(PAGE)));

/* The root task's page, which all tasks have. */
static volatile struct { word on, taken; byte rest[PAGE - 2 * sizeof(word)]; } shared __attribute__((aligned(PAGE)));

static void multiply(void)
{
    for (word i = 0; i < ROWS; i++)
        for (word j = 0; j < SIZE; j++) {
            element sum = 0;
            for (word k = 0; k < SIZE; k++)
                sum ^= a[i][k] & b[j][k];
            c[i][j] = sum;
        }
}

/* The cycles for all rows. */
static word measure(void)
{
    shared.taken = 0;
    word before = cycles();
    multiply();
    word all = cycles() - before;
    return (all - shared.taken) * (SIZE / ROWS);
}

/* The second matrix is the identity. */
static void matrix(void)
{
    for (word i = 0; i < SIZE; i++)
        for (word j = 0; j < SIZE; j++)
            a[i][j] = (element)i << 40 | (j + 1), b[i][j] = i == j ? ~(element)0 : 0, c[i][j] = 0;
    word alone = measure();
    ask(INTERRUPT, 0, 0);
    word interrupted = measure();
    shared.on = 0;
    for (word i = 0; i < ROWS; i++)
        for (word j = 0; j < SIZE; j++)
            if (c[i][j] != a[i][j])
                ask(WRONG, PRODUCT, 0);
    ask(ROWS_OF_TASK, alone, interrupted);
}

static inline void replace_lines(void)
{
    for (byte *at = load_area; at < load_area + sizeof load_area; at += 8 * LINE)
        for (word line = 0; line < 8; line++)
            *(volatile word *)(at + line * LINE) += 1;
}

static void load(void)
{
    word partner = DEVICE_INTERRUPT, nobody = 0;
    message m = { 0, 0, 0 };
    if (IPC(NONE, 0, RECEIVE_NOW, partner, m) != ASSOCIATED)
        ask(WRONG, DEVICE, 0);
    replace_lines();
    ask(INTERRUPT, 0, 0);
    while (shared.on) {
        out(DEVICE_PORT, 0);
        partner = DEVICE_INTERRUPT;
        IPC(NONE, 0, 0, partner, m);
        word before = cycles();
        replace_lines();
        shared.taken += cycles() - before;
    }
    for (;;)
        IPC(NONE, 0, 0, nobody, m);
}

static void set_priority(word thread, word priority)
{
    word parameter = NONE, preempter = NONE, other = thread;
    __asm__ volatile("int $0x34" : "+a"(parameter), "+b"(preempter), "+S"(other) : : "ecx", "edx", "edi", "memory");
    check(parameter != NONE, "a thread of mine");
    parameter = (parameter & 0xFFF00000) | priority;
    preempter = NONE, other = thread;
    __asm__ volatile("int $0x34" : "+a"(parameter), "+b"(preempter), "+S"(other) : : "ecx", "edx", "edi", "memory");
}

/* Answers a task's fault: a port, a page that all tasks have, or a page of the task's colours. */
static message answer(struct space *space, word fault)
{
    if (fault >> 24 == 0xF0)
        return (message){ 0, fault, 0 };
    if (fault - (word)&shared < PAGE)
        return own_page(fault);
    return coloured_page(space, fault);
}

static struct space of_matrix, of_load;

/* Serves both tasks until the first one has been measured. It is created when the other one is ready. */
static message serve(word matrix_task, word load_task)
{
    message m = { 0, 0, 0 };
    create(load_task, load, load_stack);
    set_priority(load_task, HIGHER);
    word partner = 0, send = NONE;
    for (;;) {
        check(IPC(send, OPEN, 0, partner, m) == DONE, "a message of the tasks");
        check(partner == matrix_task || partner == load_task, "a message of one of both tasks");
        send = 0;
        if (m.w0 == ASK(INTERRUPT) && partner == load_task) {
            create(matrix_task, matrix, matrix_stack);
            send = NONE;
        } else if (m.w0 == ASK(INTERRUPT)) {
            word waiting = load_task;
            message go = { 0, 0, 0 };
            shared.on = 1;
            check(IPC(0, NONE, 0, waiting, go) == DONE, "to start the interrupts");
        } else if (m.w0 == ASK(ROWS_OF_TASK)) {
            delete(matrix_task);
            delete(load_task);
            return m;
        } else {
            check(m.w0 != ASK(WRONG), m.w1 == DEVICE ? "to get the interrupt" : "the product");
            m = answer(partner == load_task ? &of_load : &of_matrix, m.w0);
            send = ITEM;
        }
    }
}

void start(void)
{
    give_colours(&of_matrix, FRAMES, 0, COLOURS);
    give_colours(&of_load, FRAMES + FRAMES_OF_SPACE, 0, COLOURS);
    message all = serve(TASK(5u), TASK(6u));
    give_colours(&of_matrix, FRAMES + 2 * FRAMES_OF_SPACE, 0, OWN_COLOURS);
    give_colours(&of_load, FRAMES + 3 * FRAMES_OF_SPACE, OWN_COLOURS, COLOURS - OWN_COLOURS);
    message own = serve(TASK(7u), TASK(8u));
    row("matrix, alone", all.w1);
    row("matrix, interrupted", all.w2);
    row("matrix of 3 colours, alone", own.w1);
    row("matrix of 3 colours, interrupted", own.w2);
    end(0);
}
