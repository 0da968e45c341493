// A field of values on a grid → bands → pixels. The field is interpolated in its own unit (the logit for a
// probability) to every device pixel and only then cut into bands, so the cliffs of a confident map stay sharp and in
// place.
//
// A field carries the box it was computed on. Painting it into another box moves it there in the same frame; what it
// does not cover is hatched until it is computed.
import { CANARIES } from './canary.js';
import { pixel } from './palette.js';

/** @typedef {{ values: Float32Array, grid: number, box: number[] }} Field */

const BARE = 255; // band of a pixel the field does not cover
const HATCH = 12; // device pixels from one line of the hatch to the next
const DEEP = 2; // bands from the outside in on which a hatch is the colour of the paper, not of ink

/**
 * @param {Uint8Array} bands (h, w) out, row 0 at the top
 * @param {Field} field row 0 at the bottom
 * @param {number[]} box [centre x, centre y, half side] to paint
 * @param {number} w
 * @param {number} h
 * @param {Float64Array} cuts rising edges in the field's unit
 * @param {string} canary
 */
export function bandsOf(bands, field, box, w, h, cuts, canary = '') {
  const { values, grid } = field;
  const last = grid - 1;
  const place = (/** @type {number} */ axis, /** @type {number} */ t) =>
    (((box[axis] + box[2] * (2 * t - 1) - field.box[axis]) / field.box[2] + 1) / 2) * last;
  const column = new Int32Array(w);
  const share = new Float64Array(w);
  for (let i = 0; i < w; i++) {
    const u = place(0, (i + 0.5) / w);
    const c = Math.min(last - 1, Math.max(0, Math.floor(u)));
    column[i] = u < -1e-6 || u > last + 1e-6 ? -1 : c;
    share[i] = u - c;
  }
  const row = new Float64Array(grid);
  const top = cuts.length;
  for (let j = 0; j < h; j++) {
    let v = place(1, (h - j - 0.5) / h);
    if (CANARIES && canary === 'mirror-y') v = last - v;
    if (v < -1e-6 || v > last + 1e-6) {
      bands.fill(BARE, j * w, (j + 1) * w);
      continue;
    }
    const r = Math.min(last - 1, Math.max(0, Math.floor(v)));
    const t = v - r;
    for (let c = 0; c < grid; c++) row[c] = values[r * grid + c] * (1 - t) + values[(r + 1) * grid + c] * t;
    let band = 0;
    for (let i = 0; i < w; i++) {
      const c = column[i];
      if (c < 0) {
        bands[j * w + i] = BARE;
        continue;
      }
      const z = row[c] + (row[c + 1] - row[c]) * share[i];
      while (band < top && z >= cuts[band]) band++;
      while (band > 0 && z < cuts[band - 1]) band--;
      bands[j * w + i] = band;
    }
  }
  return bands;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Uint8Array} bands (h, w)
 * @param {string[]} colours one a band
 * @param {{ paper: string, line: string, ink: string }} theme
 * @param {number} [hatched] so many bands are hatched too
 */
export function fill(context, bands, colours, theme, hatched = 0) {
  const { width: w, height: h } = context.canvas;
  const image = context.createImageData(w, h);
  const pixels = new Uint32Array(image.data.buffer);
  const table = Uint32Array.from(colours, pixel);
  const [paper, line, ink] = [theme.paper, theme.line, theme.ink].map(pixel);
  for (let k = 0; k < pixels.length; k++) {
    const band = bands[k];
    const struck = (band === BARE || band < hatched) && ((k % w) + Math.floor(k / w)) % HATCH === 0;
    if (band === BARE) pixels[k] = struck ? line : paper;
    else pixels[k] = !struck ? table[band] : band < DEEP ? paper : ink;
  }
  context.putImageData(image, 0, 0);
}

/** Share of pixels that differ. @param {Uint8Array} a
 * @param {Uint8Array} b */
export function changed(a, b) {
  if (a.length !== b.length) return 1;
  let count = 0;
  for (let k = 0; k < a.length; k++) count += a[k] === b[k] ? 0 : 1;
  return count / a.length;
}
