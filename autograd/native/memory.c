/* The chunks of `memory.h`: which one new values come from, and which are given back. */

#include "memory.h"

#ifdef _WIN32
#include <malloc.h>
#endif

#define KEPT 256 /* empty chunks that wait for the next step: 16 MiB */
#define DOMAIN_OF_PYTHON 0 /* for tracemalloc */

static Chunk nowhere; /* has no place at all */
Chunk *current = &nowhere;
Py_ssize_t living = 0;

static Chunk with_room = {.next = &with_room, .previous = &with_room}; /* a ring */
static Chunk *empty = NULL;                                            /* the last one first */
static int empty_count = 0;

/* Start over. The first place begins a line of the cache; two places take three lines of 64 bytes,
   so no value lies in more than two. */
static void clear(Chunk *chunk)
{
    size_t first = (sizeof *chunk + 63) / 64 * 64;
    chunk->freed = NULL;
    chunk->fresh = (char *)chunk + first;
    chunk->end = chunk->fresh + (CHUNK - SLACK - first) / PLACE * PLACE;
    chunk->full = 0;
}

static Chunk *new_chunk(void)
{
    /* This may start the garbage collector, and so run any code. */
    PyObject *counted = (PyObject *)PyObject_GC_New(Value, &Core_Type);
    void *memory = NULL;
    if (counted == NULL)
        return NULL;
#ifdef _WIN32
    memory = _aligned_malloc(CHUNK - SLACK, CHUNK);
#else
    if (posix_memalign(&memory, CHUNK, CHUNK - SLACK) != 0)
        memory = NULL;
#endif
    if (memory == NULL) {
        PyObject_GC_Del(counted);
        PyErr_NoMemory();
        return NULL;
    }
    PyTraceMalloc_Track(DOMAIN_OF_PYTHON, (uintptr_t)memory, CHUNK - SLACK);
    Chunk *chunk = memory;
    chunk->living = 0;
    chunk->counted = counted;
    clear(chunk);
    return chunk;
}

static void give_back(Chunk *chunk)
{
    PyObject_GC_Del(chunk->counted);
    PyTraceMalloc_Untrack(DOMAIN_OF_PYTHON, (uintptr_t)chunk);
#ifdef _WIN32
    _aligned_free(chunk);
#else
    free(chunk);
#endif
}

static void keep_empty(Chunk *chunk)
{
    chunk->next = empty;
    empty = chunk;
    empty_count++;
}

static void unlink_from_ring(Chunk *chunk)
{
    chunk->previous->next = chunk->next;
    chunk->next->previous = chunk->previous;
}

/* Call it until `current` has room. */
int find_room(void)
{
    Chunk *chunk = empty;
    if (chunk != NULL) {
        empty = chunk->next;
        empty_count--;
    } else if (with_room.next != &with_room) {
        chunk = with_room.next;
        unlink_from_ring(chunk);
    } else {
        chunk = new_chunk();
        if (chunk == NULL)
            return -1;
        keep_empty(chunk); /* meanwhile, values may have been made or freed: look again */
        return 0;
    }
    current->full = 1;
    current = chunk;
    return 0;
}

/* A value was freed in a chunk that was full, or is empty now. */
void settle(Chunk *chunk)
{
    if (chunk == current) {
        clear(chunk);
        return;
    }
    if (chunk->living > 0) {
        chunk->full = 0;
        chunk->next = with_room.next;
        chunk->previous = &with_room;
        chunk->next->previous = chunk->previous->next = chunk;
        return;
    }
    if (!chunk->full)
        unlink_from_ring(chunk);
    clear(chunk);
    if (empty_count < KEPT)
        keep_empty(chunk);
    else
        give_back(chunk);
}

void give_back_empty_chunks(void)
{
    if (current != &nowhere && current->living == 0) {
        keep_empty(current);
        current = &nowhere;
    }
    while (empty != NULL) {
        Chunk *chunk = empty;
        empty = chunk->next;
        empty_count--;
        give_back(chunk);
    }
}
