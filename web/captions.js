// Sentences under the maps. Each is a claim with its predicate; the first row whose predicate holds is shown, and a
// sentence whose predicate fails in the state at hand never is. N ≤ 20 and the like are the design's; figures come
// from facts.js.

import { sureness } from './dom.js';

/** @typedef {Record<string, any>} Facts */
/** @typedef {{ id: string, says: string | ((f: Facts) => string), when: (f: Facts, ui: Ui) => boolean,
 *   holds: (f: Facts) => boolean }} Row
 *  when: the situation it is about; holds: what it claims */
/** @typedef {{ added: number | null, jumped: boolean, moved: boolean }} Ui added: distance of the point just placed */

const farHolds = (/** @type {Facts} */ f) => f.far !== null && f.far.left >= 0.82 && f.far.right <= 0.68;

/** @type {Row[]} */
export const CAPTIONS = [
  {
    id: 'empty',
    says: 'No points. Tap a map to place the first.',
    when: (f) => f.total === 0,
    holds: (f) => f.total === 0,
  },
  {
    id: 'prior',
    says: 'No points counted yet: on the right, the prior alone.',
    when: (f) => f.N === 0 && f.fixed,
    holds: (f) => f.N === 0,
  },
  {
    id: 'none',
    says: 'No points yet: both maps say fifty-fifty.',
    when: (f) => f.N === 0,
    holds: (f) => f.flattest <= 0.5 + 1e-9,
  },
  {
    id: 'conflict',
    says: 'Both classes at one spot: that is noise, and more points will not settle it.',
    when: (f) => f.conflict && f.onePlace,
    holds: (f) => f.conflict,
  },
  { id: 'pile', says: (f) => `${f.pile} points share one spot.`, when: (f) => f.onePlace, holds: (f) => f.pile > 1 },
  {
    id: 'epistemic',
    says: 'Dark: the averaged networks contradict each other. Pale: they agree.',
    when: (f) => f.view === 'epistemic',
    holds: (f) => f.view === 'epistemic',
  },
  {
    id: 'first',
    says: 'One point in, and the left map is already over 90 % sure of most of the plane.',
    when: (f) => f.N === 1 && !f.fixed,
    holds: (f) => f.all.left90 >= 0.5 && f.all.right90 <= 0.05,
  },
  {
    id: 'one-circles',
    says: 'All points are ● so far. Add a ▲ to give the network something to separate.',
    when: (f) => f.classes[1] === 0 && !f.waiting,
    holds: (f) => f.classes[1] === 0 && f.classes[0] > 0,
  },
  {
    id: 'one-triangles',
    says: 'All points are ▲ so far. Add a ● to give the network something to separate.',
    when: (f) => f.classes[0] === 0 && !f.waiting,
    holds: (f) => f.classes[0] === 0 && f.classes[1] > 0,
  },
  {
    id: 'flat',
    says: 'The prior outweighs the data: both maps are flat. Lower λ.',
    when: (f) => f.classes[0] > 0 && f.classes[1] > 0 && f.N > 20,
    holds: (f) => f.flattest < 0.6,
  },
  {
    id: 'taught',
    says: 'You taught it one point. See how far each map carries it.',
    when: (f, ui) => ui.added !== null && ui.added >= f.reach,
    holds: () => true,
  },
  { id: 'jump', says: 'The network found another explanation.', when: (f, ui) => ui.jumped, holds: () => true },
  {
    id: 'few',
    says: 'Each new point can overturn the left map. It is sure every time.',
    when: (f) => f.N <= 20 && !f.fixed && f.waiting > 0,
    holds: (f) => f.all.left >= 0.7,
  },
  {
    id: 'fixed',
    says: (f) => `The left map is already trained on all ${f.total}; only the right one is still counting points.`,
    when: (f) => f.fixed && f.waiting > 0,
    holds: (f) => f.fixed,
  },
  {
    id: 'arriving',
    says: 'The two agree where the points are. Elsewhere only the right one holds back.',
    when: (f) => f.waiting > 0,
    holds: (f) => farHolds(f) && f.at.right >= 0.8,
  },
  {
    id: 'away',
    says: 'Look away from the points: the left map stays sure, the right map fades.',
    when: () => true,
    holds: farHolds,
  },
  {
    id: 'wedges',
    says: (f) =>
      `The left map paints confident wedges, ${sureness(f.all.left)} sure on average; ` +
      `the right one has mostly faded, ${sureness(f.all.right)}.`,
    when: (f) => f.far !== null && f.half > 3 * f.extent,
    holds: (f) => f.all.left - f.all.right >= 0.15 && f.all.right90 <= 0.05,
  },
  {
    id: 'twins',
    says: 'With this prior the two maps are almost the same.',
    when: () => true,
    holds: (f) => f.difference <= 0.08,
  },
  {
    id: 'agree',
    says: 'Near the points the two maps nearly agree. Zoom out to see them part.',
    when: (f) => f.far === null,
    holds: (f) => f.difference <= 0.12 && f.all.left - f.all.right > 0.005,
  },
  {
    id: 'figures',
    says: (f) =>
      `On average over this map, one network is ${sureness(f.all.left)} sure, the average ${sureness(f.all.right)}.`,
    when: () => true,
    holds: () => true,
  },
];

/** @param {Facts} facts
 * @param {Ui} ui
 * @returns {{ id: string, text: string }} */
export function captionFor(facts, ui) {
  const row = CAPTIONS.find((r) => r.when(facts, ui) && r.holds(facts)) ?? CAPTIONS[CAPTIONS.length - 1];
  return { id: row.id, text: typeof row.says === 'function' ? row.says(facts) : row.says };
}
