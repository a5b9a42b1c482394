/* Frames of memory with the number of their users, and small objects cut from frames. */
#include "unix.h"

enum { FRAMES = (1u << 26) / PAGE, LEAST = 5, CLASSES = 8 };

word free_frames;
static half users[FRAMES];
static word first_free;
static void *first_object[CLASSES];

/* A free frame holds the address of the next one. */
static void put(word frame)
{
    *(word *)frame = first_free;
    first_free = frame;
    free_frames++;
}

void frames_add(word frame) { put(frame); }

/* A frame of zeros; 0 if there is none. */
word frame_new(void)
{
    word frame = first_free;
    if (!frame)
        return 0;
    first_free = *(word *)frame;
    free_frames--;
    users[frame / PAGE] = 1;
    memset((void *)frame, 0, PAGE);
    return frame;
}

void frame_keep(word frame) { users[frame / PAGE]++; }

/* The last user must have taken it from all processes. */
void frame_drop(word frame)
{
    if (!users[frame / PAGE])
        stop("a free frame is freed");
    if (!--users[frame / PAGE])
        put(frame);
}

word frame_users(word frame) { return users[frame / PAGE]; }

/* Objects of 32, 64, ... 4096 bytes. */
static int class_of(word size)
{
    int class = 0;
    while (1u << (class + LEAST) < size)
        class++;
    if (class >= CLASSES)
        stop("an object is too large");
    return class;
}

/* An object of zeros, or NULL. */
void *take(word size)
{
    int class = class_of(size);
    word step = 1u << (class + LEAST);
    if (!first_object[class]) {
        word frame = frame_new();
        if (!frame)
            return NULL;
        for (word at = 0; at < PAGE; at += step) {
            *(void **)(frame + at) = first_object[class];
            first_object[class] = (void *)(frame + at);
        }
    }
    void *object = first_object[class];
    first_object[class] = *(void **)object;
    return memset(object, 0, step);
}

void give(void *object, word size)
{
    if (!object)
        return;
    int class = class_of(size);
    *(void **)object = first_object[class];
    first_object[class] = object;
}
