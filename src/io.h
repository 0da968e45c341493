// io.h — objects as bytes: a stream is a visitor that counts, writes or reads what an object lists as its members, so
// each object says once what it is made of. Little-endian, doubles as their bits: what is read back has the bits
// written. A stream never reads beyond its end; lengths are held against what is left before anything is allocated. The
// container around it carries the checksum; it tells damage, not intent.
#ifndef BL_IO_H
#define BL_IO_H

#include "visitor.h"
#include "arena.h"

typedef enum { STREAM_COUNT, STREAM_WRITE, STREAM_READ } bl_stream_mode;

typedef struct {
  bl_visitor visitor;  // first: a visitor is the stream it belongs to
  bl_stream_mode mode;
  unsigned char *at;  // not for STREAM_COUNT
  size_t used, size;  // bytes passed; bytes there are
} bl_stream;

bl_stream stream_of(bl_stream_mode mode, unsigned char *bytes, size_t size);
// count values of `size` bytes each, in place; BL_FORMAT when the stream ends before
int stream_values(bl_stream *stream, void *values, size_t count, size_t size);

// a 64-bit checksum of n bytes into out (8 bytes)
void bl_checksum(unsigned char *out, const unsigned char *bytes, int n);

#endif
