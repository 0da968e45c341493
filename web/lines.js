// Lines of equal value, traced in the field that is painted (marching squares, d3-contour) and stroked on its map.
import { contours } from 'd3-contour';

/** @typedef {import('./map.js').Field} Field */
/** @typedef {[number, number][][]} Lines open lines in grid units, sample (i, j) at (i, j) */

/** @param {Field} field
 * @param {number} value
 * @returns {Lines} */
export function trace(field, value) {
  const { grid, values } = field;
  const shape = contours()
    .size([grid, grid])
    .contour(/** @type {any} */ (values), value);
  /** @type {Lines} */
  const lines = [];
  // d3 closes its areas half a sample outside the grid (samples are at i + ½ there): those pieces are no lines of the
  // field.
  const inside = (/** @type {number[]} */ [x, y]) => x >= 0.5 && y >= 0.5 && x <= grid - 0.5 && y <= grid - 0.5;
  for (const area of shape.coordinates) {
    for (const ring of area) {
      /** @type {[number, number][]} */
      let line = [];
      for (const point of ring) {
        if (inside(point)) {
          line.push([point[0] - 0.5, point[1] - 0.5]);
          continue;
        }
        if (line.length > 1) lines.push(line);
        line = [];
      }
      if (line.length > 1) lines.push(line);
    }
  }
  return lines;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Lines} lines
 * @param {Field} field
 * @param {number[]} box
 * @param {{ colour: string, width: number, dash?: number[] }} style in device pixels
 */
export function stroke(context, lines, field, box, { colour, width, dash = [] }) {
  const { width: w, height: h } = context.canvas;
  const last = field.grid - 1;
  const x = (/** @type {number} */ i) =>
    (((field.box[0] + field.box[2] * ((2 * i) / last - 1) - box[0]) / box[2] + 1) / 2) * w;
  const y = (/** @type {number} */ j) =>
    h - (((field.box[1] + field.box[2] * ((2 * j) / last - 1) - box[1]) / box[2] + 1) / 2) * h;
  context.beginPath();
  for (const line of lines) {
    context.moveTo(x(line[0][0]), y(line[0][1]));
    for (let k = 1; k < line.length; k++) context.lineTo(x(line[k][0]), y(line[k][1]));
  }
  context.setLineDash(dash);
  context.lineJoin = 'round';
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
  context.setLineDash([]);
}
