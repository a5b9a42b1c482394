/* The platform on the microkernel: the server is the root task, the pager of its processes, and their chief. */
#include "unix.h"
#include "l4.h"
#include "ports.h"

enum { FIRST_TASK = 5, USER_PRIORITY = 40 };

/* The address of the emulation library in each process, and of the kernel's info page in the server. */
#define LIBRARY 0x1000u
#define INFO ((volatile word *)0x50000000u)
#define CLOCK (0xA0 / 4)

/* First words of messages that are no faults: a call, 4 * number + 3, perhaps by trap; the two of the agent. */
#define TRAPPED 0x80000000u
#define READY 0xE0000003u

/* The first word of an interrupted process: it would report exception 255, so no call and no fault has it. */
#define INTERRUPTED 0xFFFFFF01u

/* The orders of an agent. RETRY: interrupt, but later, because the first thread was in the library. */
enum { NO_ORDER, INTERRUPT, RETRY, RETRY_TIME = 1000 };

extern byte library[], library_end[], library_entry[], library_start[], library_interrupted[], library_return[],
    library_sigreturn[], library_rt_sigreturn[], library_restart[];
extern byte library_entry_server[], library_start_server[], library_agent_server[];

HOT_DATA static word myself, typist;
static word library_frame;
static byte rewrites = 1;

/* The sender of the last message; the answer that the next receive sends; the thread whose fault it answers. */
HOT_DATA static word sender;
HOT_DATA static struct message answer;
HOT_DATA static struct process *answered;
HOT_DATA static u64 next_retry;

static word in_library(const byte *place) { return LIBRARY + (place - library); }

static word agent_of(struct process *p) { return p->platform.thread | 1 << 10; }

/* Asks sigma0, which maps memory at its own address. Returns the address, or 0. */
static word ask(word w0, word w1, word window)
{
    struct message m = { 0, 0, w0, w1, 0, window | ITEM, SIGMA0 };
    ipc(&m);
    return m.eax == MAPPED_ITEM ? m.edx : 0;
}

static void add_frames(word start, word end, word archive, word archive_end)
{
    for (word frame = start; frame < end; frame += PAGE)
        if (frame >= CEILING(archive_end) || frame < FLOOR(archive))
            frames_add(frame);
}

/* The server waits to send only if a process has called and does not wait: such an answer is lost. */
static void watch(void)
{
    if (thread_state(myself) == WAITS_TO_SEND)
        thread_cancel(0);
}

/* The receiver of COM1: sends each byte to the server. Beside that it watches the server. */
static void type(void)
{
    struct message m = { NONE, RECEIVE_NOW, 0, 0, 0, 0, 4 + 1 };
    ipc(&m);
    out(COM1_FIFO, 1);
    out(COM1_MODEM, 0xB);
    out(COM1_INTERRUPTS, 1);
    for (;;) {
        while (in(COM1_STATUS) & HAS_BYTE) {
            word c = in(COM1);
            do {
                m = (struct message){ 0, SEND_SOON, c, 0, 0, NONE, myself };
                ipc(&m);
                watch();
            } while (m.eax == SEND_TIMEOUT);
        }
        m = (struct message){ NONE, RECEIVE_SOON, 0, 0, 0, 0, 4 + 1 };
        ipc(&m);
        watch();
    }
}

static void start_library(void)
{
    byte *places[] = { library_entry_server, library_start_server, library_agent_server };
    library_frame = frame_new();
    if (!library_frame || library_end - library > (int)PAGE)
        stop("no room for the library");
    memcpy((byte *)library_frame, library, library_end - library);
    for (int i = 0; i < 3; i++)
        memcpy((byte *)library_frame + (places[i] - library) + 1, &myself, 4);
}

void platform_start(word argument, byte **archive, word *size)
{
    static word stack[1024];
    word *information = (word *)argument, *module = (word *)information[6] + 2 * 4;
    if (information[5] < 3)
        stop("no archive: give it as the third module");
    word start = module[0], end = module[1];
    const char *options = (const char *)module[2];
    for (word i = 0; options[i]; i++)
        if (is_same(options + i, " trap"))
            rewrites = 0;
    myself = my_thread();
    if (!ask(1, 1, FPAGE((word)INFO, PAGE_SIZE_LOG)))
        stop("no info page");

    /* First whole free blocks of 4 MB, then the other pages. */
    for (word block = 0; block < 1u << 26; block += 1u << BLOCK_SIZE_LOG)
        if (ask(0x40000000u + block, 0, WHOLE_SPACE))
            add_frames(block, block + (1u << BLOCK_SIZE_LOG), start, end);
    for (word frame; (frame = ask(0xFFFFFFFCu, 0, WHOLE_SPACE));)
        add_frames(frame, frame + PAGE, start, end);
    start_library();
    *archive = (byte *)start;
    *size = end - start;
    typist = myself | 1 << 10;
    stack[1023] = 0;
    thread_start(1, (word)(stack + 1023), (word)type, SIGMA0);
}

/* Sends without waiting. If the receiver does not wait for the message, the message is lost. */
static word send(word to, word eax, word edx, word ebx)
{
    struct message m = { eax, SEND_NOW, edx, ebx, 0, NONE, to };
    ipc(&m);
    return m.eax;
}

/* An answer to a call that has not arrived is kept until the process makes the call again. */
static void keep_answer(struct process *p, struct message *m)
{
    if (m->eax == ITEM || m->esi != p->platform.thread)
        return;
    p->platform.lost = 1;
    p->platform.answer[0] = m->edx;
    p->platform.answer[1] = m->ebx;
}

HOT static void set_answer(struct process *p, word to, word eax, word edx, word ebx)
{
    word code = answer.esi ? send(answer.esi, answer.eax, answer.edx, answer.ebx) : DONE;
    if (code == SEND_TIMEOUT)
        keep_answer(answered, &answer);
    if (code == NO_ROOM)
        process_end(answered, SIGKILL);
    answer = (struct message){ eax, 0, edx, ebx, 0, OPEN, to };
    answered = p;
}

static void order(struct process *p, int what)
{
    p->platform.order = what;
    if (what == RETRY)
        next_retry = platform_time() + RETRY_TIME;
    if (!p->platform.agent || what == RETRY || what == NO_ORDER)
        return;
    p->platform.agent = 0;
    p->platform.order = NO_ORDER;
    send(agent_of(p), 0, in_library(library_interrupted), 0);
}

/* Repeats each order whose time has come. */
static void retry(void)
{
    if (!next_retry || platform_time() < next_retry)
        return;
    next_retry = 0;
    for (int i = 0; i < MOST_PROCESSES; i++)
        if (processes[i].platform.order == RETRY)
            order(&processes[i], processes[i].state == RUNNING ? INTERRUPT : NO_ORDER);
}

/* Timeouts of a receive that ends at a time, and of a send that does not wait. */
static word timeouts(u64 until)
{
    if (!until)
        return SEND_NOW;
    u64 now = platform_time();
    word left = until <= now ? 1 : until - now > 0x7FFFFFFF ? 0x7FFFFFFF : until - now, exponent = 15;
    for (; left > 255; exponent--)
        left = (left + 3) / 4;
    return left << 24 | SEND_NOW | exponent;
}

/* The agent has carried out its order, or has found its first thread in the library. */
static void agent_waits(struct process *p, word inside)
{
    p->platform.agent = 1;
    if (p->platform.order)
        order(p, p->platform.order);
    else if (inside && p->state == RUNNING)
        order(p, RETRY);
}

/*
 * INT 80h; RET; and a byte of padding make room for a jump with 16 bits of displacement, which reaches the library at
 * the bottom of memory. The call that is being made returns to a RET of the library, because its own is overwritten.
 * Any other INT 80h stays as it is, and so does one whose page cannot be copied.
 */
static void rewrite(struct process *p)
{
    byte code[4], jump[4] = { 0x66, 0xE9 };
    word back, place = p->platform.frame + sizeof(word) * 8, next = in_library(library_return);
    if (copy_in(p, &back, place, sizeof back) || (back - 2) % 4 != 0 || copy_in(p, code, back - 2, sizeof code))
        return;
    if (code[0] != 0xCD || code[1] != 0x80 || code[2] != 0xC3 || (code[3] != 0x90 && code[3] != 0xCC))
        return;
    half distance = in_library(library_entry) - (back + 2);
    memcpy(jump + 2, &distance, 2);
    byte *to = user(&p->space, back - 2, 2);
    if (!to || copy_out(p, place, &next, sizeof next))
        return;
    memcpy(to, jump, sizeof jump);
}

/* Handles a message from a process. */
HOT static void decode(struct event *e, struct process *p, struct message *m)
{
    word w0 = m->edx, is_agent = sender != p->platform.thread;
    e->process = p;
    if ((w0 & 1) == 0) {
        e->kind = FAULTED;
        e->address = w0 & ~3u;
        e->write = w0 & 2;
        e->inside = m->ebx - LIBRARY < PAGE;
    } else if ((w0 & 2) == 0 && w0 != INTERRUPTED) {
        e->kind = EXCEPTION;
        e->vector = w0 >> 8 & 0xFF;
        e->address = w0 >> 16;
    } else if (is_agent) {
        if (w0 == READY)
            agent_waits(p, m->ebx);
    } else if (p->platform.lost) {
        p->platform.lost = 0;
        set_answer(p, p->platform.thread, 0, p->platform.answer[0], p->platform.answer[1]);
    } else if (p->state == RUNNING) {
        e->kind = CALLED;
        p->platform.frame = m->edi;
        p->platform.whole = w0 == INTERRUPTED;
        p->platform.loaded = 0;
        p->call = p->platform.whole ? NONE : (w0 & ~TRAPPED) >> 2;
        p->argument[0] = m->ebx;
        if (rewrites && w0 & TRAPPED && !p->platform.whole)
            rewrite(p);
    }
}

/* A process whose agent waits is not interrupted now. Then the answer may take the kernel's fast path. */
static int may_wait(u64 until)
{
    return !until && answer.eax == 0 && answered->platform.agent && answer.esi == answered->platform.thread;
}

/* No message has come: the answer did not arrive, or it is time for something else. */
static void failed(struct event *e, struct message *sent, word code)
{
    if (code == NO_ROOM)
        *e = (struct event){ .kind = EXHAUSTED, .process = answered };
    if (sent->esi && (code == SEND_TIMEOUT || code == SEND_CANCELLED))
        keep_answer(answered, sent);
    if (code == RECEIVE_TIMEOUT)
        retry();
}

/* Sends the answer, and receives the next message in its place. */
HOT void platform_next(struct event *e, u64 until)
{
    e->kind = NOTHING;
    if (next_retry && (!until || until > next_retry))
        until = next_retry;
    if (!answer.esi)
        answer = (struct message){ NONE, 0, 0, 0, 0, OPEN, 0 };
    answer.ecx = may_wait(until) ? 0 : timeouts(until);
    struct message sent = { .eax = answer.eax, .edx = answer.edx, .ebx = answer.ebx, .esi = answer.esi };
    ipc(&answer);
    sender = answer.esi;
    answer.esi = 0;
    if (answer.eax) {
        failed(e, &sent, answer.eax);
        return;
    }
    word task = sender >> 16 & 0xFF;
    if (sender == typist)
        *e = (struct event){ .kind = TYPED, .address = answer.edx };
    else if (task >= FIRST_TASK && task < FIRST_TASK + MOST_PROCESSES) {
        struct process *p = &processes[task - FIRST_TASK];
        if (p->platform.thread == (sender & ~(63u << 10)))
            decode(e, p, &answer);
    }
}

/* A whole frame has the result at the place of EAX for POPA. If the process has lost its frame, a fault ends it. */
HOT void platform_answer(struct process *p, word result)
{
    if (p->platform.whole)
        copy_out(p, p->platform.frame + 28, &result, 4);
    set_answer(p, p->platform.thread, 0, result, p->platform.whole ? p->platform.frame : 0);
}

/* Writes the registers below the stack pointer that they contain. */
static int put_frame(struct process *p)
{
    p->platform.frame = p->registers.esp - sizeof p->registers;
    return copy_out(p, p->platform.frame, &p->registers, sizeof p->registers);
}

int platform_resume(struct process *p)
{
    int error = put_frame(p);
    if (!error)
        set_answer(p, p->platform.thread, 0, 0, p->platform.frame);
    return error;
}

int platform_registers(struct process *p)
{
    word size = p->platform.whole ? 40 : 36, raw[10];
    if (p->platform.loaded)
        return 0;
    if (copy_in(p, raw, p->platform.frame, size))
        return -EFAULT;
    memcpy(&p->registers, raw, 32);
    p->registers.eflags = p->platform.whole ? raw[8] : 0x202;
    p->registers.eip = p->platform.whole ? raw[9] : raw[8];
    p->registers.esp = p->platform.frame + size;
    p->platform.loaded = 1;
    return 0;
}

HOT int platform_arguments(struct process *p, int count)
{
    word raw[8];
    if (count <= 1)
        return 0;
    if (copy_in(p, raw, p->platform.frame, sizeof raw))
        return -EFAULT;
    static const byte places[] = { 4, 6, 5, 1, 0, 2 };
    for (int i = 1; i < count; i++)
        p->argument[i] = raw[places[i]];
    return 0;
}

void platform_map(struct process *p, word page, word frame, word writable)
{
    set_answer(p, sender, ITEM, page, FPAGE(frame, PAGE_SIZE_LOG) | (writable ? 2 : 0));
}

void platform_again(struct process *p) { set_answer(p, sender, 0, 0, 0); }

void platform_unmap(word frame) { fpage_unmap(FPAGE(frame, PAGE_SIZE_LOG), 2); }

void platform_protect(word frame) { fpage_unmap(FPAGE(frame, PAGE_SIZE_LOG), 0); }

/* The library is an ordinary page of each process's space. */
int platform_create(struct process *p)
{
    word task = FIRST_TASK + (p - processes), *entry;
    if (p->platform.thread)
        platform_destroy(p);
    if (!(entry = tree_entry(&p->space.tables, LIBRARY / PAGE, 1)))
        return -ENOMEM;
    if (!*entry) {
        if (area_add(&p->space, LIBRARY, LIBRARY + PAGE, 5, NULL, 0, 0))
            return -ENOMEM;
        frame_keep(library_frame);
        *entry = library_frame | 1;
    }
    if (put_frame(p))
        return -ENOMEM;
    p->platform = (struct platform_process){ .frame = p->platform.frame };
    p->platform.thread = task_new(USER_PRIORITY, p->platform.frame, in_library(library_start), myself,
        (myself & 0x00FF0000) << 8 | task << 16);
    if (!p->platform.thread)
        return -EAGAIN;
    thread_priority(p->platform.thread, USER_PRIORITY);
    return 0;
}

void platform_destroy(struct process *p)
{
    if (answer.esi && answered == p)
        answer.esi = 0;
    if (p->platform.thread)
        task_new(myself, 0, 0, 0, p->platform.thread);
    p->platform = (struct platform_process){ 0 };
}

void platform_interrupt(struct process *p)
{
    order(p, INTERRUPT);
}

void platform_repeat(struct process *p)
{
    p->registers.esp -= 4;
    copy_out(p, p->registers.esp, &p->registers.eip, 4);
    p->registers.eip = in_library(library_restart);
    p->registers.eax = p->call;
}

word platform_sigreturn(int has_information)
{
    return in_library(has_information ? library_rt_sigreturn : library_sigreturn);
}

word platform_entry(void) { return rewrites ? in_library(library_entry) : 0; }

u64 platform_time(void)
{
    word high, low;
    do {
        high = INFO[CLOCK + 1];
        low = INFO[CLOCK];
    } while (high != INFO[CLOCK + 1]);
    return (u64)high << 32 | low;
}

void platform_print(byte c)
{
    while (!(in(COM1_STATUS) & CAN_SEND)) { }
    out(COM1, c);
}

void platform_off(word status)
{
    out(EXIT_PORT, status);
    for (struct message m;; ) {
        m = (struct message){ NONE, 0, 0, 0, 0, 0, 0 };
        ipc(&m);
    }
}
