// Checks: what could be wrong with the picture at hand, one row each: the stage it belongs to, when it applies, what
// it says and what mends it. The line on the first screen shows the worst; each drawer shows its own.
import { figure, percent } from './dom.js';

/** @typedef {Record<string, any>} Facts */
/** @typedef {{ id: string, stage: string, level: 'fine' | 'notice' | 'warning', when: (f: Facts) => boolean,
 *   says: (f: Facts) => string, mend?: [string, (s: any, f: Facts) => Record<string, any>] }} Check */

const optimum = (/** @type {Facts} */ f) => f.converged;

/** @type {Check[]} */
export const CHECKS = [
  {
    id: 'one-class',
    stage: 'data',
    level: 'notice',
    when: (f) => f.N > 0 && (f.classes[0] === 0 || f.classes[1] === 0),
    says: (f) =>
      f.N === 1
        ? `The one point shown is ${f.classes[0] ? '●' : '▲'}.`
        : `All ${f.N} points shown are ${f.classes[0] ? '●' : '▲'}.`,
  },
  {
    id: 'pile',
    stage: 'data',
    level: 'notice',
    when: (f) => f.pile > 1 && !f.conflict,
    says: (f) => `${f.pile} points share one spot.`,
  },
  {
    id: 'conflict',
    stage: 'data',
    level: 'warning',
    when: (f) => f.conflict,
    says: () => 'Both classes at one spot: that is noise, and more points will not settle it.',
  },
  {
    id: 'parameters',
    stage: 'network',
    level: 'fine',
    when: (f) => f.N > 0,
    says: (f) =>
      `${f.parameters} weights against ${f.N} ${f.N === 1 ? 'point' : 'points'}${
        f.effective === null ? '' : `; the data determine about ${Math.round(f.effective)} of them`
      }.`,
  },
  {
    id: 'optimum',
    stage: 'training',
    level: 'fine',
    when: (f) => f.N > 0 && optimum(f),
    says: () => 'Trained to the optimum.',
  },
  {
    id: 'slope',
    stage: 'training',
    level: 'warning',
    when: (f) => f.N > 0 && !optimum(f),
    says: () => 'Not at an optimum: the curvature is read off a slope.',
    mend: ['Polish', () => ({ optimizer: 'auto', w: 'polish' })],
  },
  {
    id: 'fades',
    stage: 'curvature',
    level: 'notice',
    when: (f) => f.curvature === 'ef',
    says: () => 'Empirical Fisher fades as the fit improves: this map may be too unsure.',
    mend: ['Compare GGN', () => ({ curvature: 'ggn' })],
  },
  {
    id: 'mismatch',
    stage: 'prior',
    level: 'warning',
    when: (f) => Math.abs(Math.log(f.trained / f.lambda)) > 1e-9,
    says: (f) =>
      `Trained with λ = ${figure(f.trained)}, predicted with λ = ${figure(f.lambda)}: ` +
      'this is no longer Laplace’s posterior.',
    mend: ['Retrain', () => ({ trained: null })],
  },
  {
    id: 'edge',
    stage: 'prior',
    level: 'notice',
    when: (f) => f.edge,
    says: () => 'The evidence still rises at the end of the slider.',
  },
  {
    id: 'outweighs',
    stage: 'prior',
    level: 'warning',
    when: (f) => f.N > 20 && f.classes[0] > 0 && f.classes[1] > 0 && !f.onePlace && f.flattest < 0.6,
    says: () => 'The prior outweighs the data: both maps are flat. Lower λ.',
  },
  {
    id: 'ray',
    stage: 'prediction',
    level: 'notice',
    when: (f) => f.activation === 'relu' && typeof f.ray === 'number',
    says: (f) =>
      'ReLU units: however far you go along the ray through the pin, ' +
      `certainty tends to ${percent(f.ray)}, not to 50 %.`,
  },
  {
    id: 'bound',
    stage: 'prediction',
    level: 'fine',
    when: (f) => f.N > 0,
    says: (f) =>
      f.errorBound > 0
        ? `Map colours are within ±${figure(f.errorBound)} of exact; numbers are exact.`
        : 'Every sample of the map is computed in full; between samples the logit is interpolated.',
  },
  {
    id: 'around',
    stage: 'prediction',
    level: 'fine',
    when: () => true,
    says: () => 'Laplace looks around one solution only.',
  },
];

const ORDER = { fine: 0, notice: 1, warning: 2 };

/** @param {Facts} facts */
export function checksFor(facts) {
  const rows = CHECKS.filter((c) => c.when(facts)).map((c) => ({ ...c, text: c.says(facts) }));
  const worst = rows.reduce(
    (w, c) => (ORDER[c.level] > ORDER[w] ? c.level : w),
    /** @type {Check['level']} */ ('fine'),
  );
  return { rows, worst };
}

/** The level of one stage. @param {{ stage: string, level: Check['level'] }[]} rows
 * @param {string} stage */
export const levelOf = (rows, stage) =>
  rows
    .filter((c) => c.stage === stage)
    .reduce((w, c) => (ORDER[c.level] > ORDER[w] ? c.level : w), /** @type {Check['level']} */ ('fine'));
