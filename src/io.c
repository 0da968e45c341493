// io.c — counting, writing and reading are one walk; the checksum mixes words by the finaliser of splitmix64 (Steele,
// Lea & Flood 2014), so that every bit of the input reaches every bit of it.
#include "io.h"

#include <stdint.h>
#include <string.h>

#include "status.h"

int stream_values(bl_stream *stream, void *values, size_t count, size_t size) {
  const size_t left = stream->size - stream->used;
  if (count > 0 && size > (size_t)-1 / count) return BL_MEMORY;
  const size_t bytes = count * size;
  if (stream->mode == STREAM_COUNT) {
    if (bytes > left) return BL_MEMORY;
  } else {
    if (bytes > left) return BL_FORMAT;
    if (bytes > 0 && stream->mode == STREAM_WRITE) memcpy(stream->at + stream->used, values, bytes);
    if (bytes > 0 && stream->mode == STREAM_READ) memcpy(values, stream->at + stream->used, bytes);
  }
  stream->used += bytes;
  return BL_OK;
}

static int stream_ints(bl_visitor *visitor, int *values, int count) {
  return stream_values((bl_stream *)(void *)visitor, values, (size_t)count, sizeof *values);
}

// An array is preceded by whether it is there; one that is read takes the place of what the object held.
static int stream_doubles(bl_visitor *visitor, double **array, int rows, int columns) {
  bl_stream *stream = (bl_stream *)(void *)visitor;
  if (rows < 0 || columns < 0) return BL_FORMAT;
  const size_t count = (size_t)rows * (size_t)columns, left = stream->size - stream->used;
  int there = *array != NULL;
  const int status = stream_values(stream, &there, 1, sizeof there);
  if (status != BL_OK) return status;
  if (stream->mode != STREAM_READ) return there ? stream_values(stream, *array, count, sizeof **array) : BL_OK;
  if (there != 0 && there != 1) return BL_FORMAT;
  if (there && ((double)rows * columns > (double)(left / sizeof **array))) return BL_FORMAT;
  bl_free(*array);
  *array = there ? bl_alloc_doubles(rows, columns) : NULL;
  if (there && !*array) return BL_MEMORY;
  return there ? stream_values(stream, *array, count, sizeof **array) : BL_OK;
}

bl_stream stream_of(bl_stream_mode mode, unsigned char *bytes, size_t size) {
  return (bl_stream){{stream_ints, stream_doubles}, mode, bytes, 0, size};
}

void bl_checksum(unsigned char *out, const unsigned char *bytes, int n) {
  uint64_t h = (uint64_t)(unsigned)n;
  for (int at = 0; at < n; at += 8) {
    uint64_t word = 0;
    memcpy(&word, bytes + at, (size_t)(n - at < 8 ? n - at : 8));
    h += word + UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    h ^= h >> 31;
  }
  memcpy(out, &h, sizeof h);
}
