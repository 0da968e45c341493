// TABLE of views: what the left map, the right map and the bar show. A new view is one row here and, if it needs a
// field nobody has asked for yet, its name in `fields` of the worker's answer.
import { EPISTEMIC, PROBABILITY } from './palette.js';

/**
 * @typedef {import('./palette.js').Scale} Scale
 * @typedef {{ title: string, about: string, fields: [string | null, string | null], scales: [Scale, Scale], bar: Scale,
 *   ends: [string, string], middle: string, ticks: number[], empty: string,
 *   left: [string, string], right: [string, string],
 *   lines: ('left' | 'right')[], percent: boolean }} View
 * fields: of the answer, null = empty paper that says `empty`; lines: which maps carry the 10 and 90 % lines
 */

/** @type {Record<string, View>} */
export const VIEWS = {
  probability: {
    title: 'Probability',
    about: 'How probable each class is, by one network and by the average',
    fields: ['plugin', 'average'],
    scales: [PROBABILITY, PROBABILITY],
    bar: PROBABILITY,
    ends: ['surely', 'surely'],
    middle: 'can’t tell',
    ticks: PROBABILITY.edges,
    empty: '',
    left: ['One network', 'its best weights · plugin'],
    right: ['Averaged', 'weights near it · Laplace'],
    lines: ['left', 'right'],
    percent: true,
  },
  epistemic: {
    title: 'What it does not know',
    about: 'How much the averaged networks disagree: mutual information of label and weights',
    fields: [null, 'epistemic'],
    scales: [EPISTEMIC, EPISTEMIC],
    bar: EPISTEMIC,
    ends: ['they agree', 'they disagree'],
    middle: '',
    ticks: EPISTEMIC.edges,
    empty: 'one network cannot say',
    left: ['One network', 'nothing to compare'],
    right: ['Averaged', 'how much its networks disagree'],
    lines: [],
    percent: false,
  },
};

/** @param {string} name */
export const viewOf = (name) => VIEWS[Object.hasOwn(VIEWS, name) ? name : 'probability'];
