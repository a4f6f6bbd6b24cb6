/* The memory of values: chunks of 64 KiB that hold nothing else.

   A training step makes many values and frees all of them. Where a chunk is empty again, the next
   values lie in it side by side, in the order in which they are made. The passes over a graph
   follow that order, so they find the next value in the processor's cache. (Freed places in one
   long list come back in any order, and half of a step is waiting for memory.)

   The garbage collector counts the chunks, not their values: a step that takes the same chunks as
   the one before gives it no reason to look for cycles. */

#ifndef GLASSGRAD_MEMORY_H
#define GLASSGRAD_MEMORY_H

#include "value.h"

#define CHUNK ((uintptr_t)1 << 16)      /* bytes; a chunk begins at a multiple of it */
#define SLACK 64                        /* left for malloc's own numbers, in front of the next one */
#define GC_HEAD (2 * sizeof(uintptr_t)) /* the garbage collector's part, in front of an object */
#define PLACE (GC_HEAD + sizeof(Value))

typedef struct Chunk {
    struct Chunk *next, *previous; /* among those with room; empty ones have only a next */
    char *freed;                   /* places given back: each begins with the address of the next */
    char *fresh, *end;             /* places not used yet */
    size_t living;
    PyObject *counted;             /* what the garbage collector counts */
    int full;                      /* when it was last looked at: it is not among those with room */
} Chunk;

extern Chunk *current; /* new values come from it */
extern Py_ssize_t living;

int find_room(void);
void settle(Chunk *chunk);
void give_back_empty_chunks(void);

/* A value without its fields, which the garbage collector does not know yet: fill all of them, then
   call PyObject_GC_Track. NULL, with an error set, if there is no memory. */
static inline Value *new_value(void)
{
#ifdef EACH_ALONE /* for checkers of memory, which see no more than what malloc and free do */
    living++;
    return PyObject_GC_New(Value, ValueType);
#else
    while (current->freed == NULL && current->fresh == current->end)
        if (find_room() < 0)
            return NULL;
    char *place = current->freed;
    if (place != NULL)
        memcpy(&current->freed, place, sizeof place);
    else {
        place = current->fresh;
        current->fresh += PLACE;
    }
    current->living++;
    living++;
    memset(place, 0, GC_HEAD);
    return (Value *)PyObject_Init((PyObject *)(place + GC_HEAD), ValueType);
#endif
}

/* Give back the place of a value whose fields are no longer needed. */
static inline void free_value(Value *v)
{
    living--;
#ifdef EACH_ALONE
    PyObject_GC_Del(v);
#else
    char *place = (char *)v - GC_HEAD;
    Chunk *chunk = (Chunk *)((uintptr_t)place & ~(CHUNK - 1));
    memcpy(place, &chunk->freed, sizeof place);
    chunk->freed = place;
    if (--chunk->living == 0 || chunk->full)
        settle(chunk);
#endif
}

#endif
