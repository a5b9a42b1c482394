/* Signals: handlers, what they interrupt, and what they leave as it was. */
#include "call.h"

struct action { word handler, mask, flags, restorer; };
struct information_action { word handler, flags, restorer, mask[2]; };

static volatile int count, last;

static void handle(int signal) { count++; last = signal; }

static void handle_more(int signal, word *information, word *context)
{
    count++;
    last = signal == (int)information[0] && context ? signal : -1;
}

static void jump_over(int signal, word *information, word *context)
{
    (void)information;
    last = signal;
    context[5 + 14] += 2;
}

static void catch(int signal, void (*handler)(int), word flags)
{
    struct action a = { (word)handler, 0, flags, 0 };
    call(SIGACTION, signal, (word)&a, 0);
}

static void catch_more(int signal, void (*handler)(int, word *, word *))
{
    struct information_action a = { (word)handler, 4, 0, { 0 } };
    call(RT_SIGACTION, signal, (word)&a, 0);
    call6(RT_SIGACTION, signal, (word)&a, 0, 8, 0, 0);
}

/* All registers survive a handler that comes in the middle of a loop. */
static int spin(void)
{
    int wrong;
    __asm__ volatile("mov $0x11111111, %%eax; mov $0x33333333, %%ecx; mov $0x44444444, %%edx; mov $0x66666666, %%edi\n"
        "1: cmpl $0, count; je 1b\n"
        "sub $0x11111111, %%eax; sub $0x33333333, %%ecx; sub $0x44444444, %%edx; sub $0x66666666, %%edi\n"
        "or %%ecx, %%eax; or %%edx, %%eax; or %%edi, %%eax"
        : "=a"(wrong) : : "ecx", "edx", "edi", "cc", "memory");
    return wrong;
}

static void die(void) { call(KILL, call(GETPID, 0, 0, 0), SIGUSR1, 0); }

static void write_to_nobody(void)
{
    int ends[2];
    call(PIPE, (word)ends, 0, 0);
    call(CLOSE, ends[0], 0, 0);
    call(WRITE, ends[1], (word)"x", 1);
}

static void loop(void)
{
    for (;;) { }
}

void start(void)
{
    int me = call(GETPID, 0, 0, 0), ends[2], status;
    word time[2] = { 0, 20000000 };
    char c;
    number("without a handler:", child(die));
    catch(SIGUSR1, handle, 0);
    call(KILL, me, SIGUSR1, 0);
    number("handled:", count * 100 + last);

    word block = 1 << (SIGUSR1 - 1), none = 0;
    call(SIGPROCMASK, 2, (word)&block, 0);
    call(KILL, me, SIGUSR1, 0);
    number("delayed:", count);
    call(SIGPROCMASK, 2, (word)&none, 0);
    number("then:", count);

    catch_more(SIGUSR2, handle_more);
    call(KILL, me, SIGUSR2, 0);
    number("with information:", count * 100 + last);

    count = 0;
    int pid = call(FORK, 0, 0, 0);
    if (!pid) {
        call(NANOSLEEP, (word)time, 0, 0);
        call(KILL, me, SIGUSR1, 0);
        end(0);
    }
    number("a busy loop:", spin());
    call(WAITPID, pid, 0, 0);

    count = 0;
    call(PIPE, (word)ends, 0, 0);
    for (int round = 0; round < 2; round++) {
        catch(SIGUSR1, handle, round ? 0x10000000 : 0);
        pid = call(FORK, 0, 0, 0);
        if (!pid) {
            call(NANOSLEEP, (word)time, 0, 0);
            call(KILL, me, SIGUSR1, 0);
            call(NANOSLEEP, (word)time, 0, 0);
            call(WRITE, ends[1], (word)"x", 1);
            end(0);
        }
        number(round ? "restarted:" : "interrupted:", call(READ, ends[0], (word)&c, 1));
        if (!round)
            call(READ, ends[0], (word)&c, 1);
        call(WAITPID, pid, 0, 0);
    }
    number("handlers:", count);

    catch(SIGPIPE, (void (*)(int))0, 0);
    number("nobody reads:", child(write_to_nobody));
    catch(SIGPIPE, (void (*)(int))1, 0);
    number("nobody cares:", child(write_to_nobody));
    pid = call(FORK, 0, 0, 0);
    if (!pid)
        loop();
    call(KILL, pid, 9, 0);
    call(WAITPID, pid, (word)&status, 0);
    number("killed in a loop:", status);

    catch_more(SIGSEGV, jump_over);
    last = 0;
    __asm__ volatile("mov (%0), %%al" : : "b"(16) : "eax");
    number("jumped over a fault:", last);
    call(ALARM, 1, 0, 0);
    catch(SIGALRM, handle, 0);
    time[0] = 5;
    number("an alarm:", call(NANOSLEEP, (word)time, 0, 0));
    end(0);
}
