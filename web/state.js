// The state of the page: one flat object, complete, versioned, and its text in the address.
//
// Every key is one row of KEYS: its value in the opening state, the first stage it spoils, and how it is read and
// written. Nothing else decides what is recomputed. Only what differs from the opening state is written. Unknown keys
// are kept as they came; a value that cannot be read is refused with a sentence and the opening value stands.
//
// w says where training starts: 'start' (the start seed), 'chain' (play: θ(N) starts from θ(N − 1), θ(1) from the
// start seed) or weights. A trainer that starts at an optimum stays there, so weights both restore a picture bit for
// bit and anchor whatever is changed next; a picture never depends on the way that led to it.
import { editsFrom, editsText } from './points.js';
import { OPEN_WEIGHTS } from './open.js';
import { VIEWS } from './views.js';
import { weightsFrom, weightsText } from './weights.js';

export const VERSION = 1;
/** What is looked at, and how: no step of undo. */
export const KEPT = ['box', 'pin', 'view'];
export const STAGES = ['data', 'network', 'training', 'curvature', 'prior', 'prediction'];

/** @typedef {Record<string, any>} State */

const plain = { read: (/** @type {string} */ t) => (/^[A-Za-z]\w{0,39}$/.test(t) ? t : undefined), write: String };
const choice = (/** @type {string[]} */ ...values) => ({
  read: (/** @type {string} */ t) => (values.includes(t) ? t : undefined),
  write: String,
});
const number = (/** @type {number} */ low, /** @type {number} */ high) => ({
  read: (/** @type {string} */ t) => (t !== '' && +t >= low && +t <= high ? +t : undefined),
  write: String,
});
const whole = (/** @type {number} */ low, /** @type {number} */ high) => ({
  read: (/** @type {string} */ t) => (/^\d+$/.test(t) && +t >= low && +t <= high ? +t : undefined),
  write: String,
});
const numbers = (/** @type {number} */ count) => ({
  read: (/** @type {string} */ t) => {
    const v = t.split(',').map((s) => (s === '' ? NaN : +s));
    return v.length === count && v.every((c) => Math.abs(c) < 1e12) ? v : undefined;
  },
  write: (/** @type {number[]} */ v) => v.join(','),
});
const either = (/** @type {string} */ word, /** @type {any} */ value, /** @type {any} */ codec) => ({
  read: (/** @type {string} */ t) => (t === word ? value : codec.read(t)),
  write: (/** @type {any} */ v) => (v === value ? word : codec.write(v)),
});

const hidden = {
  read: (/** @type {string} */ t) => {
    const v = t === '0' ? [] : t.split('-').map(Number);
    return v.length <= 4 && v.every((h) => Number.isInteger(h) && h >= 1 && h <= 128) ? v : undefined;
  },
  write: (/** @type {number[]} */ v) => v.join('-') || '0',
};
const box = {
  read: (/** @type {string} */ t) => {
    const v = numbers(3).read(t);
    return v && v[2] > 0 ? v : undefined;
  },
  write: (/** @type {number[]} */ v) => v.join(','),
};
const weights = { read: weightsFrom, write: weightsText };

/** @type {Record<string, { open: any, stage: string | ((s: State) => string), codec: any, says: string }>} */
export const KEYS = {
  data: { open: 'toyDataNonLinear', stage: 'data', codec: plain, says: 'data set' },
  n: { open: 200, stage: 'data', codec: whole(2, 2000), says: 'number of points' },
  noise: { open: null, stage: 'data', codec: either('own', null, number(0, 10)), says: 'noise' },
  seed: { open: 1, stage: 'data', codec: whole(0, 4294967295), says: 'seed of the data' },
  order: { open: 1, stage: 'data', codec: whole(0, 4294967295), says: 'order of arrival' },
  edits: {
    open: null,
    stage: 'data',
    codec: either('all', null, { read: editsFrom, write: editsText }),
    says: 'points',
  },
  shown: { open: null, stage: 'data', codec: either('all', null, whole(0, 1e6)), says: 'points shown' },
  hidden: { open: [32], stage: 'network', codec: hidden, says: 'hidden layers' },
  activation: { open: 'tanh', stage: 'network', codec: plain, says: 'activation' },
  likelihood: { open: 'bernoulli', stage: 'network', codec: choice('bernoulli', 'categorical'), says: 'likelihood' },
  start: { open: 1, stage: 'network', codec: whole(0, 4294967295), says: 'start seed' },
  optimizer: { open: 'auto', stage: 'training', codec: plain, says: 'optimizer' },
  rate: { open: 0.001, stage: 'training', codec: number(1e-6, 1), says: 'step' },
  epochs: { open: 200, stage: 'training', codec: whole(1, 2000), says: 'epochs' },
  batch: { open: 1, stage: 'training', codec: whole(1, 2000), says: 'batch' },
  trained: {
    open: null,
    stage: 'training',
    codec: either('same', null, number(0, 1e6)),
    says: 'prior precision in training',
  },
  play: { open: 'refit', stage: 'training', codec: choice('refit', 'fixed'), says: 'meaning of play' },
  w: {
    open: null,
    stage: 'training',
    codec: either('start', 'start', either('chain', 'chain', weights)),
    says: 'weights',
  },
  subset: { open: 'all', stage: 'curvature', codec: choice('all', 'last_layer'), says: 'subset of weights' },
  structure: { open: 'full', stage: 'curvature', codec: plain, says: 'structure' },
  curvature: { open: 'ggn', stage: 'curvature', codec: choice('ggn', 'ef'), says: 'curvature' },
  lambda: {
    open: 0.15,
    stage: (s) => (s.trained === null ? 'training' : 'prior'),
    codec: number(1e-6, 1e6),
    says: 'λ',
  },
  link: { open: 'probit', stage: 'prediction', codec: plain, says: 'link' },
  view: { open: 'probability', stage: 'prediction', codec: choice(...Object.keys(VIEWS)), says: 'view' },
  box: { open: [0, 0, 12], stage: 'prediction', codec: box, says: 'box' },
  pin: { open: 'auto', stage: 'prediction', codec: either('auto', 'auto', numbers(2)), says: 'pin' },
};
KEYS.w.open = weightsFrom(OPEN_WEIGHTS) ?? 'chain';

/** @returns {State} */
export const opening = () => Object.fromEntries(Object.entries(KEYS).map(([key, row]) => [key, row.open]));

/** @param {string} key
 * @param {State} state */
export function stageOf(key, state) {
  const { stage } = KEYS[key];
  return typeof stage === 'function' ? stage(state) : stage;
}

/** Whether two values of a key are the same.
 * @param {string} key
 * @param {any} a
 * @param {any} b */
export const same = (key, a, b) => a === b || KEYS[key].codec.write(a) === KEYS[key].codec.write(b);

/** The keys in which two states differ.
 * @param {State} a
 * @param {State} b */
export const differing = (a, b) => Object.keys(KEYS).filter((key) => !same(key, a[key], b[key]));

/** The state with what it asks of a stage, or else of the last one before it of which it asks anything, left out. What
 * is looked at stays.
 * @param {State} state
 * @param {string} stage
 * @returns {State} the same when there is nothing to leave out */
export function without(state, stage) {
  for (let k = STAGES.indexOf(stage); k >= 0; k--) {
    const asked = Object.keys(KEYS).filter((key) => stageOf(key, state) === STAGES[k] && !KEPT.includes(key));
    const less = { ...state, ...Object.fromEntries(asked.map((key) => [key, KEYS[key].open])) };
    if (differing(less, state).length) return less;
  }
  return state;
}

/** The state as the text behind '#'. `unknown` are keys that came with the address and stay in it.
 * @param {State} state
 * @param {string[]} [unknown] */
export function encode(state, unknown = []) {
  const parts = [];
  for (const [key, row] of Object.entries(KEYS)) {
    if (!same(key, state[key], row.open)) parts.push(`${key}=${row.codec.write(state[key])}`);
  }
  parts.push(...unknown);
  return parts.length ? `${VERSION}&${parts.join('&')}` : '';
}

/**
 * @param {string} text what stands behind '#'
 * @returns {{ state: State, unknown: string[], notices: string[] }}
 */
export function decode(text) {
  const state = opening();
  /** @type {string[]} */
  const unknown = [];
  /** @type {string[]} */
  const notices = [];
  if (text === '') return { state, unknown, notices };
  const [version, ...parts] = text.split('&');
  if (!/^\d+$/.test(version)) {
    return { state, unknown, notices: ['This link could not be read, so the page shows its opening state.'] };
  }
  if (+version > VERSION) notices.push('This link is from a newer version; it was read as far as possible.');
  for (const part of parts) {
    const at = part.indexOf('=');
    const key = part.slice(0, at);
    const row = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (!row) {
      if (part) unknown.push(part);
      continue;
    }
    let raw = part.slice(at + 1);
    try {
      raw = decodeURIComponent(raw);
    } catch {
      /* a stray % stays as it is and is refused below */
    }
    const value = row.codec.read(raw);
    if (value === undefined) {
      const shown = raw.length > 24 ? `${raw.slice(0, 24)}…` : raw;
      notices.push(`The link gives “${shown}” as ${row.says}, which is not possible; the opening value is used.`);
    } else state[key] = value;
  }
  return { state, unknown, notices };
}
