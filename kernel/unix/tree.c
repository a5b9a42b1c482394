/* A tree of two levels from a page's number to a word, in the shape of the processor's page tables. */
#include "unix.h"

enum { ROW = PAGE / sizeof(word) };

/* The word of a page; NULL if it has none, or if none can be made. */
word *tree_entry(word **tree, word index, int create)
{
    if (!*tree && (!create || !(*tree = (word *)frame_new())))
        return NULL;
    word *row = *tree + index / ROW;
    if (!*row && (!create || !(*row = frame_new())))
        return NULL;
    return (word *)*row + index % ROW;
}

/* Visits the words that are not 0. */
void tree_walk(word **tree, void (*visit)(word *entry, word index, void *context), void *context)
{
    for (word row = 0; *tree && row < ROW; row++)
        for (word i = 0; (*tree)[row] && i < ROW; i++)
            if (((word *)(*tree)[row])[i])
                visit((word *)(*tree)[row] + i, row * ROW + i, context);
}

void tree_free(word **tree)
{
    if (!*tree)
        return;
    for (word row = 0; row < ROW; row++)
        if ((*tree)[row])
            frame_drop((*tree)[row]);
    frame_drop((word)*tree);
    *tree = NULL;
}
