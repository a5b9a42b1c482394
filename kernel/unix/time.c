/* Time and its limits. The clock counts from the start of the server. */
#include "unix.h"

enum { TICKS = 100 };

/* No limit ends before this time; 0: there is none. */
HOT_DATA u64 next_limit;

static void note(u64 until)
{
    if (until && (!next_limit || until < next_limit))
        next_limit = until;
}

/* The process's blocked call is tried at this time. */
void time_limit(struct process *p, u64 until) { note(p->until = until); }

/* Ends each blocked call and alarm whose time has come. */
HOT void time_expire(void)
{
    u64 now = next_limit ? platform_time() : 0;
    if (!next_limit || now < next_limit)
        return;
    next_limit = 0;
    for (int i = 0; i < MOST_PROCESSES; i++) {
        struct process *p = &processes[i];
        if (p->state == CALLING && p->until) {
            if (now >= p->until)
                try_again(p);
            else
                note(p->until);
        }
        if (p->state == FREE || p->state == ZOMBIE || !p->alarm)
            continue;
        if (now < p->alarm)
            note(p->alarm);
        else {
            p->alarm = p->interval ? now + p->interval : 0;
            note(p->alarm);
            signal_send(p, SIGALRM);
        }
    }
}

/* 64-bit division by a word, without a library. */
u64 divide(u64 value, word by, word *rest)
{
    word high = value >> 32, low = value, left = high % by;
    high /= by;
    __asm__("divl %2" : "+a"(low), "+d"(left) : "r"(by));
    if (rest)
        *rest = left;
    return (u64)high << 32 | low;
}

static int put_time(struct process *p, word address, u64 time, word unit)
{
    word parts[2];
    parts[0] = divide(time, 1000000, &parts[1]);
    parts[1] *= unit;
    return address ? copy_out(p, address, parts, sizeof parts) : 0;
}

int call_time(struct process *p)
{
    word now = divide(platform_time(), 1000000, NULL);
    return p->argument[0] && copy_out(p, p->argument[0], &now, 4) ? -EFAULT : (int)now;
}

int call_gettimeofday(struct process *p) { return put_time(p, p->argument[0], platform_time(), 1); }

int call_clock_gettime(struct process *p) { return put_time(p, p->argument[1], platform_time(), 1000); }

int call_nanosleep(struct process *p)
{
    word parts[2];
    if (copy_in(p, parts, p->argument[0], sizeof parts))
        return -EFAULT;
    if ((int)parts[0] < 0 || parts[1] >= 1000000000)
        return -EINVAL;
    u64 now = platform_time();
    if (!p->until)
        time_limit(p, now + parts[0] * 1000000ull + (parts[1] + 999) / 1000);
    if (now >= p->until)
        return 0;
    if (p->argument[1] && put_time(p, p->argument[1], p->until - now, 1000))
        return -EFAULT;
    return block(p, NULL);
}

/* The server does not measure how long each process runs. */
int call_times(struct process *p)
{
    word none[4] = { 0 };
    if (p->argument[0] && copy_out(p, p->argument[0], none, sizeof none))
        return -EFAULT;
    return divide(platform_time(), 1000000 / TICKS, NULL);
}

int call_getrusage(struct process *p)
{
    word none[18] = { 0 };
    return copy_out(p, p->argument[1], none, sizeof none);
}

static u64 set_alarm(struct process *p, u64 after, u64 interval)
{
    u64 now = platform_time(), left = p->alarm > now ? p->alarm - now : 0;
    p->alarm = after ? now + after : 0;
    p->interval = interval;
    note(p->alarm);
    return left;
}

int call_alarm(struct process *p)
{
    return divide(set_alarm(p, p->argument[0] * 1000000ull, 0) + 999999, 1000000, NULL);
}

int call_setitimer(struct process *p)
{
    word new[4], interval = p->interval;
    if (p->argument[0])
        return -EINVAL;
    if (copy_in(p, new, p->argument[1], sizeof new))
        return -EFAULT;
    u64 left = set_alarm(p, new[2] * 1000000ull + new[3], new[0] * 1000000ull + new[1]);
    return p->argument[2] && (put_time(p, p->argument[2], interval, 1) || put_time(p, p->argument[2] + 8, left, 1))
        ? -EFAULT : 0;
}
