/*
 * Table 4 of the SOSP '97 paper for two tasks of L4, which share pages that the root task maps to both. Messages of
 * this kernel are registers and map items, so other data passes through shared pages, or by mapping.
 *
 *   asynchronous pipe      bytes are copied into a buffer of 4 KB and out of it; ipc only wakes a task that waits
 *   synchronous RPC        bytes are copied once, to a place that the partner has, too; then it is called
 *   synchronous mapping    the partner is called with a map item; after its answer the pages are unmapped again
 *
 * A latency is that of a byte to the partner and back. A rate is printed as the cycles for 64 KB, in pieces of 4 KB and
 * of 64 KB; pages are mapped in pieces of 64 KB only.
 */
#include "l4.h"

enum { BEGIN, ROW, END };

#define CLIENT TASK(5u)
#define PARTNER TASK(6u)
#define ROUNDS 64u
#define SMALL_LOG PAGE_LOG
#define LARGE_LOG 16
#define LARGE (1u << LARGE_LOG)
#define WINDOW 0x20000000u
#define PIPE_SIZE PAGE
#define STOP 0xFFFFFFFCu

struct pipe {
    volatile word written, read, reader_waits, writer_waits;
    byte data[PIPE_SIZE] __attribute__((aligned(32)));
};

static word client_stack[STACK_WORDS], partner_stack[STACK_WORDS];
static byte sent[LARGE] __attribute__((aligned(LARGE))), received[LARGE] __attribute__((aligned(LARGE)));
static struct pipe there, back, stream;

static const char *const names[] = {
    "synchronous RPC, latency", "synchronous RPC, 4 KB", "synchronous RPC, 64 KB",
    "synchronous mapping RPC, latency", "synchronous mapping RPC, 64 KB",
    "asynchronous L4 pipe, latency", "asynchronous L4 pipe, 4 KB", "asynchronous L4 pipe, 64 KB",
};
enum { RPC, RPC_SMALL, RPC_LARGE, MAPPING, MAPPING_LARGE, PIPE, PIPE_SMALL, PIPE_LARGE };

static inline void copy(byte *to, const byte *from, word count)
{
    word words = count / sizeof(word), rest = count % sizeof(word);
    __asm__ volatile("rep movsl; mov %[rest], %%ecx; rep movsb"
        : "+D"(to), "+S"(from), "+c"(words) : [rest] "g"(rest) : "memory");
}

static inline word least(word a, word b) { return a < b ? a : b; }

/* The registers that the kernel's fast path wants. */
static inline word call(word w0)
{
    word partner = PARTNER;
    message m = { w0, 0, 0 };
    IPC(0, 0, 0, partner, m);
    return m.w0;
}

static inline void call_mapping(word log)
{
    word partner = PARTNER;
    message m = { (word)sent, FPAGE(sent, log) | WRITABLE, 0 };
    IPC(ITEM, 0, 0, partner, m);
    fpage_unmap(FPAGE(sent, log), UNMAP);
}

/* Another thread may set or clear the flag meanwhile. */
static inline word take(volatile word *flag)
{
    word old = 0;
    __asm__ volatile("xchg %0, %1" : "+r"(old), "+m"(*flag) : : "memory");
    return old;
}

static inline void receive(word partner)
{
    message m = { 0, 0, 0 };
    IPC(NONE, 0, 0, partner, m);
}

static inline void wake(volatile word *flag, word partner)
{
    message m = { 0, 0, 0 };
    if (*flag && take(flag))
        IPC(0, NONE, 0, partner, m);
}

static inline word held(const struct pipe *pipe) { return pipe->written - pipe->read; }

/* Waits while the pipe has this many bytes. Whoever takes the flag sends the message. */
static inline void wait_while(const struct pipe *pipe, word bytes, volatile word *flag, word partner)
{
    *flag = 1;
    if (held(pipe) == bytes || !take(flag))
        receive(partner);
}

/* Like write(): returns when the pipe has taken all bytes. */
static void write_pipe(struct pipe *pipe, const byte *from, word count, word reader)
{
    while (count) {
        word at = pipe->written % PIPE_SIZE, part = least(least(count, PIPE_SIZE - held(pipe)), PIPE_SIZE - at);
        if (!part) {
            wait_while(pipe, PIPE_SIZE, &pipe->writer_waits, reader);
            continue;
        }
        copy(pipe->data + at, from, part);
        pipe->written += part;
        from += part, count -= part;
        wake(&pipe->reader_waits, reader);
    }
}

/* Like read(): returns the number of bytes, at least one. */
static word read_pipe(struct pipe *pipe, byte *to, word count, word writer)
{
    while (!held(pipe))
        wait_while(pipe, 0, &pipe->reader_waits, writer);
    word at = pipe->read % PIPE_SIZE, part = least(least(count, held(pipe)), PIPE_SIZE - at);
    copy(to, pipe->data + at, part);
    pipe->read += part;
    wake(&pipe->writer_waits, writer);
    return part;
}

/* One round to warm up, then the mean of the others. */
#define MEASURE(what, count, operation) do { \
        word before_ = 0; \
        for (word round_ = 0; round_ <= (count); round_++) { \
            if (round_ == 1) \
                before_ = cycles(); \
            operation; \
        } \
        ask(ROW, (what), (cycles() - before_) / (count)); \
    } while (0)

#define IN_PIECES(log, operation) do { \
        for (word piece_ = 0; piece_ < LARGE >> (log); piece_++) \
            operation; \
    } while (0)

static void read_piece(word size)
{
    for (word done = 0; done < size;)
        done += read_pipe(&stream, received + done, size - done, PARTNER);
}

/* Both tasks get the shared pages before they measure. */
static void use_pages(void)
{
    for (word page = 0; page < LARGE; page += PAGE)
        sent[page] = received[page] = 0;
}

static void client(void)
{
    byte one = 0;
    use_pages();
    ask(BEGIN, 0, 0);
    MEASURE(RPC, ROUNDS, call(0));
    MEASURE(RPC_SMALL, 4, IN_PIECES(SMALL_LOG, (copy(received, sent, PAGE), call(PAGE))));
    MEASURE(RPC_LARGE, 4, (copy(received, sent, LARGE), call(LARGE)));
    call(STOP);

    MEASURE(MAPPING, ROUNDS, call_mapping(SMALL_LOG));
    MEASURE(MAPPING_LARGE, 4, call_mapping(LARGE_LOG));
    call(STOP);

    MEASURE(PIPE, ROUNDS, (write_pipe(&back, &one, 1, PARTNER), read_pipe(&there, &one, 1, PARTNER)));
    MEASURE(PIPE_SMALL, 4, IN_PIECES(SMALL_LOG, read_piece(PAGE)));
    MEASURE(PIPE_LARGE, 4, read_piece(LARGE));
    ask(END, 0, 0);
}

/* Answers calls, and reads a byte of pages that arrive, until the client says stop. */
static void partner(void)
{
    byte one;
    word from = 0;
    message m = { 0, 0, 0 };
    use_pages();
    IPC(NONE, OPEN, 0, from, m);
    while (m.w0 != STOP)
        IPC(0, OPEN, 0, from, m);

    IPC(0, WINDOW | LARGE_LOG << 2 | ITEM | OPEN, 0, from, m);
    while (m.w0 != STOP) {
        one = *(volatile byte *)WINDOW;
        IPC(0, WINDOW | LARGE_LOG << 2 | ITEM | OPEN, 0, from, m);
    }
    IPC(0, NONE, 0, from, m);

    for (word round = 0; round <= ROUNDS; round++) {
        read_pipe(&back, &one, 1, CLIENT);
        write_pipe(&there, &one, 1, CLIENT);
    }
    for (;;)
        write_pipe(&stream, sent, LARGE, CLIENT);
}

void start(void)
{
    word from = 0, code;
    message m = { 0, 0, 0 };
    create(CLIENT, client, client_stack);
    create(PARTNER, partner, partner_stack);
    code = IPC(NONE, OPEN, 0, from, m);
    for (;;) {
        word send = 0;
        check(code == DONE, "a message of the tasks");
        if (m.w0 == ASK(END))
            end(0);
        if (m.w0 == ASK(BEGIN))
            row(READY, 0);
        else if (m.w0 == ASK(ROW))
            row(names[m.w1], m.w2);
        else {
            check((m.w0 & REQUEST) != REQUEST, "a request");
            m = own_page(m.w0);
            send = ITEM;
        }
        code = IPC(send, OPEN, 0, from, m);
    }
}
