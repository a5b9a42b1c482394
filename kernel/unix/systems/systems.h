/*
 * A root task that runs several Unix servers side by side. Each has a task of its own, and a part of the memory, of the
 * tasks, and of the ports. Beside them runs a real-time thread.
 */
#ifndef SYSTEMS_H
#define SYSTEMS_H

#include "l4.h"
#include "ports.h"
#include "system.h"

enum { MOST_SYSTEMS = 2, MEMORY = 1 << 26, FRAMES = MEMORY / PAGE };

/*
 * The real-time thread is above everything, and the root task is above the servers. The scheduler of systems is below
 * all others: it runs if nobody else has time.
 */
enum { REALTIME_PRIORITY = 200, ROOT_PRIORITY = 60, SHARE_PRIORITY = 30, SLICE = 10 };

/* Owners of frames: none (σ0 or the kernel has it), this task, and from OWNED on the systems. */
enum { NOBODY, MINE, OWNED };

/* All servers are linked at this address. Frames below the limit are never a server's own, so none has it twice. */
enum { IMAGE_START = 0x100000, IMAGE_LIMIT = 0x400000, MOST_IMAGE_PAGES = 256 };

struct server {
    word thread;               /* the id of its first thread; 0 if the system has ended */
    word task;
    struct system given;       /* its part of the machine */
    struct system *shared;     /* the copy that the server has, too */
    word strange;              /* how many of the messages that it counts have been charged */
    word entry, pages;         /* of its image: where it starts; the number of pages, the description included */
    word image[MOST_IMAGE_PAGES];
    word next;                 /* the frame from which on it gets memory */
};

extern struct server servers[MOST_SYSTEMS];
extern word server_count;

/* memory.c */
void memory_take(void);
void memory_keep(word start, word end, byte owner);
word memory_frame(void);
void memory_divide(void);
word memory_next(struct server *s);

/* image.c */
void image_load(struct server *s, const byte *file, word size);
void image_describe(struct server *s);

/* realtime.c */
void realtime_start(void);
void realtime_report(void);

/* share.c */
void share_start(void);

/* print.c: messages go to a serial port. */
void print_to(word port);
void print(const char *format, ...);
void stop(const char *why) __attribute__((noreturn));
void off(word status) __attribute__((noreturn));

#endif
