/* The start of the server on the microkernel: its memory, the library, and the receiver of its serial port. */
#include "unix.h"
#include "l4.h"
#include "own.h"
#include "ports.h"
#include "system.h"

/* Without a root task of another program, all tasks from 5 on are the server's (spec/interface, 19.14). */
enum { FIRST_TASK = 5 };

/* In ticks. */
enum { SLICE = 10 };

/* The kernel has 255 page tables. Memory and ports take 20 of them in sigma0, and as many in the server. */
enum { TABLES = 255 - 2 * 22 };

extern byte library[], library_end[], __executable_start[];
extern byte library_entry_server[], library_start_server[], library_agent_server[];

static word archive, archive_end;

/* Asks for memory at its own address. Returns the fpage, or 0. */
static word ask(word whom, word w0, word w1, word window)
{
    struct message m = { 0, 0, w0, w1, 0, window | ITEM, whom };
    ipc(&m);
    return m.eax == MAPPED_ITEM && m.ebx ? m.ebx : 0;
}

static void add_frames(word fpage)
{
    word start = FLOOR(fpage), end = start + (1u << (fpage >> 2 & 0x3F));
    for (word frame = start; frame < end; frame += PAGE)
        if (frame >= CEILING(archive_end) || frame < FLOOR(archive))
            frames_add(frame);
}

/* First whole free blocks of 4 MB, then the other pages. */
static void take_all_memory(void)
{
    word fpage;
    for (word block = 0; block < 1u << 26; block += 1u << BLOCK_SIZE_LOG)
        if ((fpage = ask(SIGMA0, 0x40000000u + block, 0, WHOLE_SPACE)))
            add_frames(fpage);
    while ((fpage = ask(SIGMA0, 0xFFFFFFFCu, 0, WHOLE_SPACE)))
        add_frames(fpage);
}

static void take_own_memory(void)
{
    word fpage;
    while ((fpage = ask(ROOT, MORE, 0, WHOLE_SPACE)))
        add_frames(fpage);
}

/*
 * The server waits to send only if a process has called and does not wait: such an answer is lost. The dispatcher looks
 * again for threads that the kernel has woken: those of processes that use the kernel's timeouts.
 */
static void watch(void)
{
    if (own.system)
        own.system->idle_at = 0;
    if (thread_state(own.thread) == WAITS_TO_SEND)
        thread_cancel(0);
}

/* The receiver of the serial port: sends each byte to the server. Beside that it watches the server. */
static void type(void)
{
    struct message m = { NONE, RECEIVE_NOW, 0, 0, 0, 0, own.interrupt };
    ipc(&m);
    if (m.eax != RECEIVE_TIMEOUT)
        stop("another thread has the interrupt of the serial port");
    out(own.port + SERIAL_FIFO, 1);
    out(own.port + SERIAL_MODEM, 0xB);
    out(own.port + SERIAL_INTERRUPTS, 1);
    for (;;) {
        while (in(own.port + SERIAL_STATUS) & HAS_BYTE) {
            word c = in(own.port);
            do {
                m = (struct message){ 0, SEND_SOON, c, 0, 0, NONE, own.thread };
                ipc(&m);
                watch();
            } while (m.eax == SEND_TIMEOUT);
        }
        m = (struct message){ NONE, RECEIVE_SOON, 0, 0, 0, 0, own.interrupt };
        ipc(&m);
        watch();
    }
}

static void start_library(void)
{
    byte *places[] = { library_entry_server, library_start_server, library_agent_server };
    own.library = frame_new();
    if (!own.library || library_end - library > (int)PAGE)
        stop("no room for the library");
    memcpy((byte *)own.library, library, library_end - library);
    for (int i = 0; i < 3; i++)
        memcpy((byte *)own.library + (places[i] - library) + 1, &own.thread, 4);
}

/* The root task has the Multiboot information: the third module is the archive. */
static const char *start_alone(const word *information)
{
    const word *module = (const word *)information[6] + 2 * 4;
    own.first_task = FIRST_TASK;
    own.tasks = MOST_PROCESSES;
    own.slice = SLICE;
    own.tables = TABLES;
    own.nodes = NODES_LEFT(1);
    own.port = COM1;
    own.interrupt = 4 + 1;
    if (information[5] < 3)
        stop("no archive: give it as the third module");
    archive = module[0];
    archive_end = module[1];
    return (const char *)module[2];
}

/* All pages of the server's image come now, while there is room for them. */
static const char *start_beside_others(struct system *s)
{
    for (word page = FLOOR((word)s); page >= (word)__executable_start; page -= PAGE)
        (void)*(volatile byte *)page;
    own.first_task = s->first_task;
    own.tasks = s->tasks < MOST_PROCESSES ? s->tasks : MOST_PROCESSES;
    own.slice = 0;
    own.system = s;
    s->events = 1;
    own.tables = s->tables;
    own.nodes = s->nodes;
    own.port = s->port;
    own.interrupt = s->interrupt + 1;
    archive = s->archive;
    archive_end = s->archive_end;

    /* 115,200 baud, 8 bits, no parity: the divisor is 1. Boot has done so for COM1 only. */
    out(own.port + SERIAL_LINE, 0x83);
    out(own.port, 1);
    out(own.port + SERIAL_INTERRUPTS, 0);
    out(own.port + SERIAL_LINE, 3);
    return s->options;
}

void platform_start(word argument, byte **archive_start, word *size)
{
    static word stack[1024];
    own.thread = my_thread();
    const char *options = own.thread == ROOT ? start_alone((const word *)argument)
        : start_beside_others((struct system *)argument);
    own.rewrites = 1;
    for (word i = 0; options[i]; i++)
        if (is_same(options + i, " trap"))
            own.rewrites = 0;
    if (!ask(SIGMA0, 1, 1, FPAGE((word)INFO, PAGE_SIZE_LOG)))
        stop("no info page");
    if (own.thread == ROOT)
        take_all_memory();
    else
        take_own_memory();
    start_library();
    *archive_start = (byte *)archive;
    *size = archive_end - archive;
    own.typist = own.thread | 1 << 10;
    stack[1023] = 0;
    thread_start(1, (word)(stack + 1023), (word)type, own.thread == ROOT ? SIGMA0 : ROOT);
    if (own.system) {
        thread_priority(own.typist, SERVER_PRIORITY, SLICE);
        dispatch_start();
    }
}
