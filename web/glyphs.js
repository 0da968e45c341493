// The points: one shape a class, equal areas, a casing of paper and a line of ink, so that one of the two stands out
// on any band.

import { CANARIES } from './canary.js';

/** @typedef {import('./points.js').Point} Point */

const SPRITE = 64; // device pixels a side, at most

/** Outline of a class's shape with the area of a circle of radius r. @param {Path2D} path
 * @param {number} c
 * @param {number} r
 * @param {number} x
 * @param {number} y */
export function outline(path, c, r, x = 0, y = 0) {
  if (c === 0) {
    path.arc(x, y, r, 0, 2 * Math.PI);
    return path;
  }
  const side = r * Math.sqrt((4 * Math.PI) / Math.sqrt(3)); // of the equilateral triangle
  const high = (side * Math.sqrt(3)) / 2;
  path.moveTo(x, y - (high * 2) / 3);
  path.lineTo(x + side / 2, y + high / 3);
  path.lineTo(x - side / 2, y + high / 3);
  path.closePath();
  return path;
}

/** Radius in CSS pixels: 5, on a small map 4, and less where the points would hide each other and the map.
 * @param {number} side of the map
 * @param {number} footprint side of the square the points fill, in CSS pixels
 * @param {number} count of points */
export const radiusOf = (side, footprint, count) =>
  Math.min(side < 240 ? 4 : 5, Math.max(1.5, (0.44 * footprint) / Math.sqrt(Math.max(1, count))));

/** @param {HTMLCanvasElement} beside whose document makes the sprite
 * @param {number} c
 * @param {number} r device pixels
 * @param {number} ratio device pixels in a CSS pixel
 * @param {any} theme
 * @param {string} canary */
function sprite(beside, c, r, ratio, theme, canary) {
  const size = Math.min(SPRITE, Math.ceil(2 * (1.4 * r + 2.5 * ratio)) | 1);
  const canvas = beside.ownerDocument.createElement('canvas');
  canvas.width = canvas.height = size;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const path = outline(new Path2D(), c, r, size / 2, size / 2);
  context.lineJoin = 'round';
  if (r >= 2 * ratio && !(CANARIES && canary === 'no-casing')) {
    const fine = Math.min(1, r / (4 * ratio)); // small points get a thinner casing
    context.strokeStyle = theme.paper;
    context.lineWidth = 2 * (1 + 1.5 * fine) * ratio;
    context.stroke(path);
    context.strokeStyle = theme.ink;
    context.lineWidth = 2 * Math.max(0.75, fine) * ratio;
    context.stroke(path);
  }
  context.fillStyle = theme.classes[c];
  context.fill(path);
  return canvas;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Point[]} list
 * @param {{ count: number, extent: number }} crowd all points, also those to come, and half the side
 *   of the square they fill
 * @param {number[]} box
 * @param {number} ratio
 * @param {any} theme
 * @param {string} canary
 */
export function scatter(context, list, crowd, box, ratio, theme, canary = '') {
  const { width: w, height: h } = context.canvas;
  const r = radiusOf(w / ratio, ((crowd.extent / box[2]) * w) / ratio, crowd.count) * ratio;
  const sprites = [0, 1].map((c) => sprite(context.canvas, c, r, ratio, theme, canary));
  for (const { x, y, c } of list) {
    const px = (((x - box[0]) / box[2] + 1) / 2) * w;
    const py = h - (((y - box[1]) / box[2] + 1) / 2) * h;
    if (px < -20 || py < -20 || px > w + 20 || py > h + 20) continue;
    const s = sprites[c];
    context.drawImage(s, px - s.width / 2, py - s.height / 2);
  }
}
