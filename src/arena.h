// arena.h — scratch memory: take, mark, release; and the one checked way to own an object.
// Chunks are linked, so what was taken never moves. Sizes are checked before they are multiplied (in wasm size_t has 32
// bits: malloc(8*n*n) would wrap at n = 32768). Under AddressSanitizer released scratch is poisoned.
// Public operations take a `bl_arena *scratch`, mark it on entry and release to the mark on every way out.
#ifndef BL_ARENA_H
#define BL_ARENA_H

#include <stddef.h>

typedef struct bl_arena bl_arena;
typedef struct {
  size_t at;  // bytes of chunks and of what is taken before here. One number: compilers pass it in a register
} bl_mark;

bl_arena *bl_arena_new(void);                  // NULL when out of memory
void bl_arena_free(bl_arena *arena);           // NULL allowed
size_t bl_arena_bytes(const bl_arena *arena);  // held from the system, bytes

bl_mark bl_arena_mark(const bl_arena *arena);
void bl_arena_release(bl_arena *arena, bl_mark mark);  // gives back all that was taken since; keeps the chunks

// rows × columns elements of the given type, 16-byte aligned, not cleared; NULL on overflow or when out of memory.
// Zero elements give a valid pointer.
double *arena_doubles(bl_arena *arena, int rows, int columns);
float *arena_floats(bl_arena *arena, int rows, int columns);
int *arena_ints(bl_arena *arena, int rows, int columns);
void *arena_take(bl_arena *arena, size_t count, size_t size);

// Owned memory, for *_new functions only: zeroed, 16-byte aligned, overflow-checked; NULL on failure. Free with
// bl_free.
void *bl_alloc(size_t count, size_t size);
double *bl_alloc_doubles(int rows, int columns);
void bl_free(void *pointer);

#endif
