// Colours of the maps: twelve bands of probability, six of what is not known, class fills; light and dark. Ink is
// certainty: a sure band is saturated, an unsure one fades into the paper, and mirrored bands have equal lightness.
//
// Band k of a field holds values in [edges[k−1], edges[k]). Probability is banded on its logit, where interpolation
// is exact enough near the cliffs of a confident map. Colours of paper, ink and lines are the style sheet's and are
// read from there.

/** @typedef {{ edges: number[], ends: [number, number], light: string[], dark: string[], hatched: number,
 *   transform: (v: number) => number }} Scale
 *  hatched: so many bands, those of the circles, are hatched where colour may be lost */

const logit = (/** @type {number} */ p) => Math.log(p / (1 - p));
const hexes = (/** @type {string} */ text) => text.split(' ').map((h) => `#${h}`);

/** @type {Scale} */
export const PROBABILITY = {
  edges: [0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98],
  ends: [0, 1],
  hatched: 6,
  transform: logit,
  light: hexes('0B5CA3 3F83CB 72A5DE 9FC3EC C7DBF3 E6EEF6 F6EAE3 F2D2BF ECB08D DA8C5B BD6526 8D4406'),
  dark: hexes('7DBDFE 4E94D8 3A72A9 30557A 283C51 22282F 2E2620 4B3524 714725 995F2E C77A38 F7A059'),
};

/** @type {Scale} mutual information ÷ ln C */
export const EPISTEMIC = {
  edges: [1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6],
  ends: [0, 1],
  hatched: 0,
  transform: (v) => v,
  light: hexes('F5F2F8 E3D9F1 CCB5E8 B08ADA 915DC5 692E9B'),
  dark: hexes('1F1D23 392C47 593F74 7E55A7 A377D3 CBA9F3'),
};

export const CLASSES = {
  light: hexes('1B6AB6 C86921 239FB3 5F520B 411B73 5F0023'),
  dark: hexes('70B0F1 EE9B58 E8F276 AF3462 805BD6 81FBFD'),
};
export const SHAPES = ['●', '▲', '■', '◆', '✚', '★'];
export const SHAPE_NAMES = ['circle', 'triangle', 'square', 'diamond', 'cross', 'star'];

/** The edges in the units of the field. @param {Scale} scale */
export const cuts = (scale) => Float64Array.from(scale.edges, scale.transform);

/** '#rrggbb' as a pixel of an ImageData, red in the lowest byte. @param {string} hex */
export function pixel(hex) {
  const v = parseInt(hex.slice(1), 16);
  return (0xff000000 | ((v & 0xff) << 16) | (v & 0xff00) | (v >> 16)) >>> 0;
}

/** What a mount paints with, read once per theme from its own root.
 * @param {Element} root
 * @param {boolean} dark */
export function themeOf(root, dark) {
  const style = getComputedStyle(root);
  const own = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return {
    dark,
    key: /** @type {'light' | 'dark'} */ (dark ? 'dark' : 'light'),
    paper: own('--paper'),
    panel: own('--panel'),
    ink: own('--ink'),
    muted: own('--muted'),
    line: own('--line'),
    accent: own('--accent'),
    classes: CLASSES[dark ? 'dark' : 'light'],
  };
}
