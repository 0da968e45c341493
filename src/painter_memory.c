// painter_memory.c — what is known of a map's pixels before the posterior is, kept from one map to the next: outputs,
// prior variances and inner products with rows of the data, in single precision. At the same θ they stay what they are
// while data come and go, the noise changes, or the prior is scaled, so a pixel then costs a product with G alone. A
// new row among G's costs one inner product more, with layers that are kept too where the records leave room for them.
// The second map of a kind begins to keep; what a pixel is told is what it would be computed.
#include <string.h>

#include "painter_own.h"

enum { MOST = 5 << 20, FEW = PANELS * K_PANEL_F32 };  // floats kept of a map; pixels that are a bundle

// Pixels that pass through the network together
typedef struct {
  panel_pass pass;
  painter_sheet sheet;
  int n;
  float *record[FEW];
} bundle;

// What is kept of a pixel
typedef struct {
  float *record;  // NULL, or how many of K it knows, f, prior, K (k, room)
  bundle *with;   // NULL, or the one it is in
} kept_pixel;

struct painter_memory {
  bl_arena *arena;
  bl_mark begins;  // of what depends on the rows
  const bl_net *net;
  int first, size;                    // pixels
  double *key;                        // twice: what it is of, and what is asked for
  bl_basis *basis;                    // NULL: nothing is kept yet
  double *rows;                       // (room + 1, width) what the basis was made of
  kept_pixel *pixels;                 // (size)
  size_t records_left, bundles_left;  // that may yet be kept
};

static size_t record_size(int k, int room) { return 1 + area(k, 1 + k + room); }

static size_t width_of(const bl_net *net, int first) {
  size_t width = 0;
  for (int l = first; l < net->layers; ++l) width += (size_t)(net->size[l] + net->size[l + 1]);
  return width;
}

static void row_at(double *at, const painter_memory *m, const bl_rows *rows, int row) {
  for (int l = m->first; l < m->net->layers; ++l) {
    const size_t in = (size_t)m->net->size[l], out = (size_t)m->net->size[l + 1];
    memcpy(at, rows->A[l] + (size_t)(row / rows->k) * in, in * sizeof *at);
    memcpy(at + in, rows->D[l] + (size_t)row * out, out * sizeof *at);
    at += in + out;
  }
}

// what all of it depends on: the map, the proportions of the prior, and θ
static void write_key(double *key, const bl_hess *h, const double *box, int nx, int ny) {
  const bl_active *active = &h->active;
  const double *variance = prior_metric(h->prior).tensor;
  const size_t tensors = (size_t)(2 * (active->net->layers - active->first));
  memcpy(key, box, 4 * sizeof *key);
  key[4] = nx, key[5] = ny, key[6] = (double)active->first;
  for (size_t t = 0; t < tensors; ++t) key[7 + t] = variance[t] / variance[0];
  memcpy(key + 7 + tensors, active->net->theta, (size_t)active->net->p * sizeof *key);
}

painter_memory *painter_memory_open(const bl_laplace *la, const double *box, int nx, int ny) {
  const bl_hess *h = laplace_hess(la);
  const bl_net *net = h->active.net;
  if (!prior_metric(h->prior).tensor) return NULL;
  bl_kept *kept = laplace_kept(la);
  painter_memory *m = kept->what;
  const size_t size = (size_t)(7 + 2 * (net->layers - h->active.first) + net->p);
  if (!kept->arena && !(kept->arena = bl_arena_new())) return NULL;
  if (m) {
    write_key(m->key + size, h, box, nx, ny);
    if (memcmp(m->key, m->key + size, size * sizeof *m->key) == 0) return m;
  }
  kept->what = NULL;
  bl_arena_release(kept->arena, (bl_mark){0});
  if (!(m = arena_take(kept->arena, 1, sizeof *m))) return NULL;
  *m = (painter_memory){.arena = kept->arena, .net = net, .first = h->active.first, .size = nx * ny};
  if (!(m->key = arena_take(kept->arena, 2 * size, sizeof *m->key))) return NULL;
  write_key(m->key, h, box, nx, ny);
  m->begins = bl_arena_mark(m->arena);
  kept->what = m;
  return NULL;
}

static int place_rows(painter_memory *m, int *place, const bl_rows *rows) {
  const size_t width = width_of(m->net, m->first), bytes = width * sizeof(double);
  for (int i = 0; i < rows->n * rows->k; ++i) {
    const int there = m->basis->rows;
    double *fresh = m->rows + (size_t)there * width;
    row_at(fresh, m, rows, i);
    for (place[i] = 0; place[i] < there && memcmp(m->rows + (size_t)place[i] * width, fresh, bytes) != 0;) ++place[i];
    if (place[i] < there) continue;
    if (there == m->basis->room) return 0;
    basis_put(m->basis, rows, i);
  }
  return 1;
}

static int begin(painter_memory *m, int r) {
  const double *variance = m->key + 7, *theta = variance + 2 * (m->net->layers - m->first);
  const int room = k_rounded(r + r / 4 + 4);  // for data to come and a weaker prior
  const size_t size = record_size(net_outputs(m->net), room);
  bl_arena_release(m->arena, m->begins);
  m->basis = NULL;
  if (MOST / size < (size_t)m->size / 4) return 0;  // most pixels would only take the longer way
  m->basis = basis_new(m->net, m->first, theta, variance, 1, room, m->arena);
  m->rows = arena_doubles(m->arena, room + 1, (int)width_of(m->net, m->first));
  m->pixels = arena_take(m->arena, (size_t)m->size, sizeof *m->pixels);
  if (!m->rows || !m->pixels) m->basis = NULL;
  if (!m->basis) return 0;
  const size_t all = size * (size_t)m->size, each = FEW * (1 + (size_t)m->basis->k) * width_of(m->net, 0);
  m->records_left = MOST / size, m->bundles_left = all < MOST ? (MOST - all) / each : 0;
  memset(m->pixels, 0, (size_t)m->size * sizeof *m->pixels);
  return 1;
}

int memory_rows(painter_memory *m, int *place, const bl_rows *rows) {
  if (m->basis && place_rows(m, place, rows)) return 1;
  return begin(m, rows->n * rows->k) && place_rows(m, place, rows);
}

const bl_basis *memory_basis(const painter_memory *m) { return m->basis; }

// a pixel's record, kept as long as there is room for it
static float *record_of(painter_memory *m, int pixel, bl_arena *scratch) {
  if (m->pixels[pixel].record) return m->pixels[pixel].record;
  const size_t size = record_size(m->basis->k, m->basis->room);
  float *record = m->records_left > 0 ? arena_take(m->arena, size, sizeof *record) : NULL;
  if (record) m->pixels[pixel].record = record, --m->records_left;
  else m->records_left = m->bundles_left = 0, record = arena_take(scratch, size, sizeof *record);
  if (record) *record = 0;
  return record;
}

// Column j of panels of so many bytes, which goes down a row a number; and how far the K of an output is from the
// next's
static float *column(char *panels, size_t size, int j) {
  return (float *)(panels + size * (size_t)(j / K_PANEL_F32)) + j % K_PANEL_F32;
}
static size_t apart(const painter_sheet *sheet, int rows) {
  return panel_size(rows) / sizeof(float) * (size_t)sheet->panels;
}

// what column j of the sheet adds to a record, of f and prior nothing but once
static void write_record(float *record, const bl_basis *b, const painter_sheet *sheet, int j) {
  const int k = b->k, from = (int)*record;
  float *to = record + 1 + area(k, 1 + k), *K = column(sheet->K, panel_size(b->rows), j);
  if (from == 0) {
    const float *f = column(sheet->f, panel_size(k), j), *prior = column(sheet->prior, area(k * k, ROW), j);
    for (int x = 0; x < k; ++x) record[1 + x] = f[x * K_PANEL_F32];
    for (int x = 0; x < k * k; ++x) record[1 + k + x] = prior[x * K_PANEL_F32];
  }
  for (int x = 0; x < k; ++x, to += b->room, K += apart(sheet, b->rows))
    for (int i = from; i < b->rows; ++i) to[i] = K[area(i, K_PANEL_F32)];
  *record = (float)b->rows;
}

// Four records into columns j … j + 3; row i of K is where place says
static void read_records(const painter_sheet *sheet, const bl_basis *b, const int *place, int r, float *const record[4],
                         int j) {
  const int k = b->k;
  float *f = column(sheet->f, panel_size(k), j), *prior = column(sheet->prior, area(k * k, ROW), j);
  float *K = column(sheet->K, panel_size(r), j);
  for (int t = 0; t < 4; ++t) {
    for (int x = 0; x < k; ++x) f[x * K_PANEL_F32 + t] = record[t][1 + x];
    for (int x = 0; x < k * k; ++x) prior[x * K_PANEL_F32 + t] = record[t][1 + k + x];
  }
  for (int x = 0; x < k; ++x, K += apart(sheet, r)) {
    const size_t at = 1 + area(k, 1 + k) + area(x, b->room);
    const float *from[4] = {record[0] + at, record[1] + at, record[2] + at, record[3] + at};
    float *to = K;
    for (int i = 0; i < r; ++i, to += K_PANEL_F32) {
      const int p = place[i];
      to[0] = from[0][p], to[1] = from[1][p], to[2] = from[2][p], to[3] = from[3][p];
    }
  }
}

// what the records of a bundle lack
static int learn_rows(const bl_basis *b, bundle *of, bl_arena *scratch) {
  const bl_mark mark = bl_arena_mark(scratch);
  float from = *of->record[0];
  for (int i = 1; i < of->n; ++i) from = *of->record[i] < from ? *of->record[i] : from;
  const int status = painter_products(b, &of->sheet, &of->pass, (int)from, scratch);
  for (int i = 0; i < of->n && status == BL_OK; ++i) write_record(of->record[i], b, &of->sheet, i);
  bl_arena_release(scratch, mark);
  return status;
}

static int learn(painter_memory *m, float *const *record, const double *X, const int *pixel, int n, bl_arena *scratch) {
  const int d = net_inputs(m->net);
  int *list = arena_ints(scratch, n, 1), count = 0, status = BL_OK;
  double *x = arena_doubles(scratch, n, d);
  if (!list || !x) return BL_MEMORY;
  for (int i = 0; i < n && status == BL_OK; ++i) {
    bundle *with = m->pixels[pixel[i]].with;
    if (*record[i] == (float)m->basis->rows) continue;
    if (with) status = learn_rows(m->basis, with, scratch);
    else memcpy(x + count * d, X + i * d, (size_t)d * sizeof *x), list[count++] = i;
  }
  for (int at = 0; at < count && status == BL_OK; at += FEW) {
    const bl_mark mark = bl_arena_mark(scratch);
    bundle fresh = {.n = count - at < FEW ? count - at : FEW}, *kept = NULL;
    const int stays = m->bundles_left > 0;  // and so do all records
    for (int j = 0; j < fresh.n; ++j) fresh.record[j] = record[list[at + j]];
    bl_arena *arena = stays ? m->arena : scratch;
    status = painter_trace(m->basis, &fresh.sheet, &fresh.pass, x + at * d, fresh.n, arena, scratch);
    if (status == BL_OK) status = learn_rows(m->basis, &fresh, scratch);
    if (status == BL_OK && stays && (kept = arena_take(arena, 1, sizeof *kept))) *kept = fresh, --m->bundles_left;
    for (int j = 0; j < fresh.n && kept; ++j) m->pixels[pixel[list[at + j]]].with = kept;
    bl_arena_release(scratch, mark);
  }
  return status;
}

int memory_block(const bl_painter *p, double *f, double *V, double *bound, const double *X, const int *pixel, int n,
                 bl_arena *scratch) {
  const bl_basis *b = p->basis;
  const int k = b->k;
  const bl_mark mark = bl_arena_mark(scratch);
  float **record = arena_take(scratch, (size_t)n + K_PANEL_F32, sizeof *record);  // the last panel is filled up
  int status = record ? BL_OK : BL_MEMORY;
  for (int i = 0; i < n + K_PANEL_F32 && status == BL_OK; ++i)
    if (!(record[i] = i < n ? record_of(p->memory, pixel[i], scratch) : record[0])) status = BL_MEMORY;
  if (status == BL_OK) status = learn(p->memory, record, X, pixel, n, scratch);
  for (int at = 0; at < n && status == BL_OK; at += PANELS * K_PANEL_F32) {
    const int few = n - at < PANELS * K_PANEL_F32 ? n - at : PANELS * K_PANEL_F32, panels = (few - 1) / K_PANEL_F32 + 1;
    const bl_mark group = bl_arena_mark(scratch);
    painter_sheet sheet = {panels, arena_take(scratch, (size_t)panels, panel_size(k)),
                           arena_take(scratch, (size_t)panels, area(k * k, ROW)),
                           arena_take(scratch, (size_t)(panels * k), panel_size(p->r))};
    status = sheet.f && sheet.prior && sheet.K ? BL_OK : BL_MEMORY;
    for (int i = 0; i < panels * K_PANEL_F32 && status == BL_OK; i += 4)
      read_records(&sheet, b, p->place, p->r, record + at + i, i);
    if (status == BL_OK) status = painter_explain(p, f + at * k, V + at * k * k, bound + at, &sheet, few, scratch);
    bl_arena_release(scratch, group);
  }
  bl_arena_release(scratch, mark);
  return status;
}
