/* The terminal on COM1: line editing, echo, and the keys that send signals. */
#include "unix.h"

enum { ICRNL = 0400, OPOST = 1, ONLCR = 4, ISIG = 1, ICANON = 2, ECHO = 010, ECHOE = 020, ECHOK = 040, ECHOCTL = 01000,
       IEXTEN = 0100000, NO_FLUSH = 0200, TO_STOP = 0400 };
enum { INTERRUPT, QUIT, ERASE, KILL, END, TIME, MINIMUM, SUSPEND = 10, CONTROLS = 19 };
enum { QUEUE = 1024, END_MARK = 0x100, NON_BLOCKING = 04000 };
enum { TCGETS = 0x5401, TCSETS, TCSETSW, TCSETSF, TCFLSH = 0x540B, TIOCSCTTY = 0x540E, TIOCGPGRP, TIOCSPGRP,
       TIOCGWINSZ = 0x5413, TIOCSWINSZ, FIONREAD = 0x541B };

static struct { word input, output, control, local; byte line, keys[CONTROLS]; } __attribute__((packed)) terminal = {
    ICRNL, OPOST | ONLCR, 0xBF, ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | IEXTEN, 0,
    { 3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26 }
};
static half window[4] = { 24, 80, 0, 0 };

/* The typed bytes. The first `complete` bytes can be read. */
static half queue[QUEUE];
static word start, length, complete;
static int foreground = 1;

static void put(byte c)
{
    if (c == '\n' && (terminal.output & OPOST) && (terminal.output & ONLCR))
        platform_print('\r');
    platform_print(c);
}

static void echo(byte c)
{
    if (!(terminal.local & ECHO))
        return;
    if ((c < 32 && c != '\n' && c != '\t') || c == 127) {
        put('^');
        put(c ^ 64);
    } else
        put(c);
}

static void erase(void)
{
    half last = queue[(start + --length) % QUEUE];
    for (int columns = last < 32 || last == 127 ? 2 : 1; (terminal.local & ECHO) && columns; columns--) {
        put('\b');
        put(' ');
        put('\b');
    }
}

static void add(half c)
{
    if (length < QUEUE - 1 || (c == '\n' && length < QUEUE))
        queue[(start + length++) % QUEUE] = c;
}

static int signal_of(byte c)
{
    return !(terminal.local & ISIG) || !c ? 0
        : c == terminal.keys[INTERRUPT] ? SIGINT
        : c == terminal.keys[QUIT] ? SIGQUIT
        : c == terminal.keys[SUSPEND] ? SIGTSTP : 0;
}

static void edit(byte c)
{
    if (c == terminal.keys[ERASE] || c == '\b') {
        if (length > complete)
            erase();
    } else if (c == terminal.keys[KILL]) {
        while (length > complete)
            erase();
    } else if (c == terminal.keys[END]) {
        add(END_MARK);
        complete = length;
    } else {
        echo(c);
        add(c);
        if (c == '\n')
            complete = length;
    }
}

void console_typed(byte c)
{
    int signal = signal_of(c);
    if (c == '\r' && (terminal.input & ICRNL))
        c = '\n';
    if (signal) {
        echo(c);
        if (!(terminal.local & NO_FLUSH))
            length = complete = 0;
        signal_group(foreground, signal);
    } else if (terminal.local & ICANON)
        edit(c);
    else {
        echo(c);
        add(c);
        complete = length;
    }
    if (complete)
        wake(&terminal);
}

int console_ready(void) { return complete != 0; }

/* A process in the background may not read. */
static int in_background(struct process *p)
{
    return p->group != foreground && p->session == first_process->session && process_of(p->session) != NULL;
}

int console_read(struct process *p, struct file *f, word address, word size)
{
    word done = 0;
    if (in_background(p)) {
        if ((p->mask >> (SIGTTIN - 1) & 1) || p->actions[SIGTTIN].handler == 1)
            return -EIO;
        signal_group(p->group, SIGTTIN);
        return p->state == ZOMBIE ? GONE : -EINTR;
    }
    if (!size)
        return 0;
    if (!complete) {
        if (f->flags & NON_BLOCKING)
            return -EAGAIN;
        if (!(terminal.local & ICANON) && !terminal.keys[MINIMUM]) {
            u64 wait = terminal.keys[TIME] * 100000ull;
            if (!wait || (p->until && platform_time() >= p->until))
                return 0;
            if (!p->until)
                time_limit(p, platform_time() + wait);
        }
        return block(p, &terminal);
    }
    while (done < size && complete) {
        half c = queue[start];
        if (c != END_MARK) {
            byte b = c;
            if (copy_out(p, address + done, &b, 1))
                return done ? (int)done : -EFAULT;
            done++;
        }
        start = (start + 1) % QUEUE;
        length--;
        complete--;
        if ((terminal.local & ICANON) && (c == '\n' || c == END_MARK))
            break;
    }
    return done;
}

int console_write(struct process *p, word address, word size)
{
    for (word i = 0; i < size; i++) {
        byte *at = user(&p->space, address + i, 0);
        if (!at)
            return i ? (int)i : -EFAULT;
        put(*at);
    }
    return size;
}

int console_control(struct process *p, word request, word address)
{
    int group;
    word waiting = complete;
    switch (request) {
    case TCGETS:
        return copy_out(p, address, &terminal, sizeof terminal);
    case TCSETSF:
        start = length = complete = 0;
        /* fallthrough */
    case TCSETS:
    case TCSETSW:
        if (copy_in(p, &terminal, address, sizeof terminal))
            return -EFAULT;
        if (!(terminal.local & ICANON))
            complete = length;
        return 0;
    case TCFLSH:
        start = length = complete = 0;
        return 0;
    case TIOCSCTTY:
        return 0;
    case TIOCGPGRP:
        return copy_out(p, address, &foreground, 4);
    case TIOCSPGRP:
        if (copy_in(p, &group, address, 4))
            return -EFAULT;
        if (!signal_group(group, 0))
            return -EPERM;
        foreground = group;
        return 0;
    case TIOCGWINSZ:
        return copy_out(p, address, window, sizeof window);
    case TIOCSWINSZ:
        return copy_in(p, window, address, sizeof window);
    case FIONREAD:
        return copy_out(p, address, &waiting, 4);
    }
    return -EINVAL;
}
