/*
 * Measures shell scripts of the size of a small build, one and MOST at a time. Each makes directories, writes sources,
 * sorts out lines, computes an object from each source in place of a compiler, copies and joins the objects, and
 * removes everything. Prints a line for each number of scripts: the cycles of one script. The line "ready" ends the
 * preparations. It is program 1 of a system that has /bin/sh and klibc's programs.
 */
#include "call.h"

enum { MOST = 4, CREATE = 8, EXECVE = 11 };

static const char script[] =
    "set -e\n"
    "d=/tmp/build$1\n"
    "mkdir $d $d/src $d/obj\n"
    "for i in 1 2; do\n"
    "  j=0\n"
    "  while [ $j -lt 8 ]; do j=$((j+1)); echo \"int f${i}_$j (int x) { return x * $j; }\"; done > $d/src/$i.c\n"
    "done\n"
    "cat $d/src/*.c > $d/all.c\n"
    "for s in $d/src/*.c; do\n"
    "  n=${s##*/}; n=${n%.c}\n"
    "  cat $s | while read type name rest; do case $name in *_1*) echo $name;; esac; done > $d/obj/$n.names\n"
    "  h=0; while read line; do\n"
    "    k=0; while (( k < 6 )); do k=$((k+1)); h=$(((h * 31 + k * ${#line}) & 65535)); done\n"
    "    echo $h\n"
    "  done < $s > $d/obj/$n.o\n"
    "done\n"
    "cd $d/obj\n"
    "cat *.o | dd of=$d/lib.a 2> /dev/null\n"
    "mkdir $d/check; cd $d/check\n"
    "for o in 1 2; do dd if=$d/obj/$o.o of=$o.o bs=64 2> /dev/null; done\n"
    "cat 1.o 2.o > all.o; mv all.o $d/all.o; ln -s all.o $d/last\n"
    "i=0; while read line; do i=$((i+1)); done < $d/last; [ $i = 16 ]\n"
    "i=0; for s in $d/obj/*.names; do while read line; do i=$((i+1)); done < $s; done; [ $i = 2 ]\n"
    "cd /\n"
    "nuke $d\n"
    "[ ! -e $d ]\n";

static inline word cycles(void)
{
    word now;
    __asm__ volatile("rdtsc" : "=a"(now) : : "edx");
    return now;
}

static void fail(const char *what)
{
    print("macro: failed: ");
    print(what);
    print("\n");
    end(1);
}

static void write_script(const char *path)
{
    int file = call(CREATE, (word)path, 0644, 0);
    if (file < 0 || call(WRITE, file, (word)script, sizeof script - 1) != sizeof script - 1)
        fail("the script");
    call(CLOSE, file, 0, 0);
}

static int start_script(const char *path, int number)
{
    static const char *const environment[] = { "PATH=/bin", NULL };
    char digits[2] = { '0' + number, 0 };
    const char *arguments[] = { "/bin/sh", path, digits, NULL };
    int pid = call(FORK, 0, 0, 0);
    if (!pid) {
        call(EXECVE, (word)arguments[0], (word)arguments, (word)environment);
        end(9);
    }
    return pid;
}

static void run(const char *path, int count)
{
    int pids[MOST], status = -1;
    for (int i = 0; i < count; i++)
        pids[i] = start_script(path, i);
    for (int i = 0; i < count; i++)
        if (pids[i] < 0 || call(WAITPID, pids[i], (word)&status, 0) != pids[i] || status)
            fail("a script");
}

static void measure(const char *name, const char *path, int count)
{
    word before = cycles();
    run(path, count);
    number(name, (cycles() - before) / count);
}

void start(void)
{
    static const char path[] = "/tmp/build.sh";
    write_script(path);
    number("ready:", 0);
    measure("script, 1 at a time:", path, 1);
    measure("script, 4 at a time:", path, MOST);
    end(0);
}
