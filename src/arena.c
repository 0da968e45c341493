// arena.c — scratch memory in linked chunks. A released chunk is kept for the next take, so a steady loop allocates
// nothing. Chunks grow geometrically; for requests of less than 4 MB no further than that. A request larger than the
// next size gets a chunk of its own size.
// Released bytes are poisoned under AddressSanitizer, so reading scratch after its release is caught.
#include "arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(at, size) ASAN_POISON_MEMORY_REGION(at, size)
#define UNPOISON(at, size) ASAN_UNPOISON_MEMORY_REGION(at, size)
#else
#define POISON(at, size) ((void)(at), (void)(size))
#define UNPOISON(at, size) ((void)(at), (void)(size))
#endif

enum { ALIGN = 16, FIRST = 1 << 16, MOST = 1 << 22 };

typedef struct chunk {
  struct chunk *next;
  size_t start, size, used;  // bytes of the chunks before it; of its data; taken
  char *data;                // 16-byte aligned, inside the same allocation
} chunk;

struct bl_arena {
  chunk *first, *current;
  size_t bytes;
};

// count·size rounded up to the alignment; 0 when it does not fit into half the address space
static size_t checked(size_t count, size_t size) {
  if (size && count > (size_t)PTRDIFF_MAX / size) return 0;
  const size_t product = count * size;
  const size_t bytes = product ? product : 1;
  if (bytes > (size_t)PTRDIFF_MAX - 4 * ALIGN) return 0;
  return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

static char *aligned(char *at) { return at + (ALIGN - (uintptr_t)at % ALIGN) % ALIGN; }

static chunk *chunk_new(size_t start, size_t bytes) {
  if (bytes > (size_t)PTRDIFF_MAX - sizeof(chunk) - ALIGN) return NULL;
  chunk *c = malloc(sizeof(chunk) + bytes + ALIGN);
  if (!c) return NULL;
  *c = (chunk){NULL, start, bytes, 0, aligned((char *)(c + 1))};
  POISON(c->data, bytes);
  return c;
}

bl_arena *bl_arena_new(void) { return bl_alloc(1, sizeof(bl_arena)); }

void bl_arena_free(bl_arena *arena) {
  if (!arena) return;
  for (chunk *c = arena->first; c;) {
    chunk *next = c->next;
    UNPOISON(c->data, c->size);
    free(c);
    c = next;
  }
  free(arena);
}

size_t bl_arena_bytes(const bl_arena *arena) { return arena->bytes; }

bl_mark bl_arena_mark(const bl_arena *arena) {
  return (bl_mark){arena->current ? arena->current->start + arena->current->used : 0};
}

void bl_arena_release(bl_arena *arena, bl_mark mark) {
  for (chunk *c = arena->first; c; c = c->next) {
    if (c->start <= mark.at) arena->current = c;
    const size_t most = c->start < mark.at ? mark.at - c->start : 0, keep = c->used < most ? c->used : most;
    POISON(c->data + keep, c->size - keep);
    c->used = keep;
  }
}

void *arena_take(bl_arena *arena, size_t count, size_t size) {
  const size_t bytes = checked(count, size);
  if (!bytes) return NULL;
  chunk *c = arena->current;
  while (c && c->size - c->used < bytes) {  // later chunks are empty: they were released with what came before them
    if (!c->next) break;
    c = c->next;
  }
  if (!c || c->size - c->used < bytes) {
    size_t grow = arena->bytes < FIRST ? FIRST : arena->bytes;
    if (grow > MOST && bytes <= MOST) grow = MOST;
    if (grow < bytes) grow = bytes;
    chunk *fresh = chunk_new(arena->bytes, grow);
    if (!fresh && grow > bytes) fresh = chunk_new(arena->bytes, grow = bytes);
    if (!fresh) return NULL;
    if (c) c->next = fresh;
    else arena->first = fresh;
    arena->bytes += grow;
    c = fresh;
  }
  arena->current = c;
  char *at = c->data + c->used;
  c->used += bytes;
  UNPOISON(at, bytes);
  return at;
}

static void *take(bl_arena *arena, int rows, int columns, size_t size) {
  if (rows < 0 || columns < 0) return NULL;
  const uint64_t count = (uint64_t)rows * (uint64_t)columns;
  return count > SIZE_MAX ? NULL : arena_take(arena, (size_t)count, size);
}

double *arena_doubles(bl_arena *arena, int rows, int columns) { return take(arena, rows, columns, sizeof(double)); }
float *arena_floats(bl_arena *arena, int rows, int columns) { return take(arena, rows, columns, sizeof(float)); }
int *arena_ints(bl_arena *arena, int rows, int columns) { return take(arena, rows, columns, sizeof(int)); }

// malloc aligns to 16 bytes on every platform this is built for (wasm32, x86-64, arm64)
void *bl_alloc(size_t count, size_t size) {
  const size_t bytes = checked(count, size);
  void *const pointer = bytes ? malloc(bytes) : NULL;
  return pointer ? memset(pointer, 0, bytes) : NULL;
}

double *bl_alloc_doubles(int rows, int columns) {
  if (rows < 0 || columns < 0) return NULL;
  const uint64_t count = (uint64_t)rows * (uint64_t)columns;
  return count > SIZE_MAX ? NULL : bl_alloc((size_t)count, sizeof(double));
}

void bl_free(void *pointer) { free(pointer); }
