// One drawer a stage: its controls, and what it draws. A change made here settles from the start seed ('start'), so that the picture
// follows from what the drawers show; λ keeps the weights it starts from.
import { CURVE } from './compute.js';
import { figure, say, sureness } from './dom.js';
import { createTable } from './table.js';
import { boxAround } from './points.js';
import { PRESETS, presetState } from './presets.js';
import { LAMBDA } from './screen.js';
import { VIEWS } from './views.js';

const fresh = { w: 'start' };
const span = Math.log(LAMBDA.high / LAMBDA.low);

/** A drawing of a generator's points. @param {any} kit
 * @param {{ X: number[], y: number[] }} sample */
function tileOf({ svg }, { X, y }) {
  let half = 0;
  const middle = [0, 1].map((a) => {
    const v = X.filter((_, k) => k % 2 === a);
    const [low, high] = [Math.min(...v), Math.max(...v)];
    half = Math.max(half, (high - low) / 2);
    return (high + low) / 2;
  });
  return svg('svg', { viewBox: '0 0 60 60', 'aria-hidden': 'true' }, ...y.map((c, k) => {
    const [px, py] = [30 + 25 * (X[2 * k] - middle[0]) / half, 30 - 25 * (X[2 * k + 1] - middle[1]) / half];
    return c ? svg('path', { class: 'c1', d: `M${px} ${py - 2.4}L${px + 2.1} ${py + 1.2}H${px - 2.1}Z` })
      : svg('circle', { class: 'c0', cx: px, cy: py, r: 1.7 });
  }));
}

/** 'toyDataNonLinear' → 'toy data non linear'. @param {string} name */
const spoken = (name) => name.replace(/([A-Z])/g, ' $1').toLowerCase();

/** @type {Record<string, (app: any, kit: any) => { content: any[], show?: (facts: any, answer: any) => void, menus?: () => void }>} */
export const DRAWERS = {
  data(app, kit) {
    const { el } = kit;
    const tiles = el('div', { class: 'tiles', role: 'group', 'aria-label': 'Data sets' });
    const printed = el('div', { class: 'presets', role: 'group', 'aria-label': 'Presets' }, ...PRESETS.flatMap((p, k) => [
      k === 1 && el('span', { class: 'lead' }, 'As printed in the article:'),
      kit.action(p.title, () => app.change(presetState(p.id), { whole: true }), p.about)]));
    const table = createTable(app, kit);
    const counts = el('p', { class: 'quiet' });
    const noise = kit.number('Noise', 'noise', { min: 0, max: 10, none: 'own', patch: (/** @type {any} */ v) => ({ noise: v, edits: null, shown: null, ...fresh }) });
    const pick = (/** @type {any} */ { name, X, y }) => {
      const list = y.map((/** @type {number} */ _, /** @type {number} */ k) => ({ x: X[2 * k], y: X[2 * k + 1] }));
      app.change({ data: name, edits: null, shown: null, noise: null, pin: 'auto', box: boxAround(list, 2.4), ...fresh }, { whole: true });
    };
    return {
      content: [tiles, printed,
        el('div', { class: 'row' },
          kit.number('Points', 'n', { min: 2, max: 2000, step: 1, patch: (/** @type {number} */ v) => ({ n: Math.round(v), edits: null, shown: null, ...fresh }) }),
          noise,
          kit.number('Seed', 'seed', { min: 0, max: 4294967295, step: 1, patch: (/** @type {number} */ v) => ({ seed: Math.round(v), edits: null, shown: null, ...fresh }) }),
          kit.select('Play', 'play', () => [{ name: 'refit', title: 'train on what has arrived' },
            { name: 'fixed', title: 'trained once on all (as printed)' }]),
          kit.action('Clear all points', () => app.change({ edits: [], shown: null, ...fresh }))),
        counts, table.root],
      menus() {
        tiles.replaceChildren(...app.samples.map((/** @type {any} */ s) => el('button', { type: 'button', class: 'tile', 'data-set': s.name,
          title: s.about || false, onclick: () => pick(s) }, tileOf(kit, s), el('span', {}, spoken(s.name)))));
        this.show?.(app.facts, app.answer);
      },
      show(/** @type {any} */ facts) {
        if (!facts) return;
        for (const tile of tiles.children) tile.setAttribute('aria-pressed', String(tile.dataset.set === app.state.data && app.state.edits === null));
        noise.hidden = !app.tables?.datasets.find((/** @type {any} */ d) => d.name === app.state.data)?.parameters
          .some((/** @type {any} */ p) => p.name === 'noise');
        say(counts, `${facts.classes[0]} ● circles, ${facts.classes[1]} ▲ triangles shown${facts.waiting ? `, ${facts.waiting} waiting` : ''}.`);
        table.show();
      },
    };
  },

  network(app, kit) {
    const { el } = kit;
    const layers = el('input', { type: 'text', inputmode: 'numeric', placeholder: 'none', spellcheck: 'false', 'data-key': 'hidden', onchange: () => {
      const v = layers.value.trim() === '' || layers.value.trim() === '0' ? [] : layers.value.trim().split(/[^0-9]+/).filter(Boolean).map(Number);
      if (v.length > 4 || v.some((/** @type {number} */ h) => h < 1 || h > 128)) {
        app.notify('Up to four hidden layers of 1 to 128 units each, for example 32 or 16-16. Nothing was changed.');
        layers.value = app.state.hidden.join('-');
        return;
      }
      app.change({ hidden: v, ...fresh });
    } });
    return {
      content: [el('div', { class: 'row' }, kit.field('Hidden units', layers, 'Units of each hidden layer, for example 32 or 16-16; empty for none'),
        kit.select('Activation', 'activation', () => app.tables?.activations ?? [{ name: app.state.activation }],
          (/** @type {string} */ v) => ({ activation: v, ...fresh })),
        kit.select('Likelihood', 'likelihood', () => (app.tables?.likelihoods ?? [{ name: app.state.likelihood }])
          .filter((/** @type {any} */ r) => r.classes || r.name === app.state.likelihood),
        (/** @type {string} */ v) => ({ likelihood: v, ...fresh })),
        kit.number('Start seed', 'start', { min: 0, max: 4294967295, step: 1, patch: (/** @type {number} */ v) => ({ start: Math.round(v), ...fresh }) }),
        kit.action('New start', () => app.change({ start: app.state.start + 1, ...fresh }), 'Train again from another start seed'))],
      show() {
        if (app.doc.activeElement !== layers) layers.value = app.state.hidden.join('-');
      },
    };
  },

  training(app, kit) {
    const { el } = kit;
    const loss = kit.chart('Objective while training');
    const stochastic = el('div', { class: 'row' },
      kit.number('Step', 'rate', { min: 1e-6, max: 1, patch: (/** @type {number} */ v) => ({ rate: v, ...fresh }) }),
      kit.number('Epochs', 'epochs', { min: 1, max: 2000, step: 1, patch: (/** @type {number} */ v) => ({ epochs: v, ...fresh }) }),
      kit.number('Batch', 'batch', { min: 1, max: 2000, step: 1, patch: (/** @type {number} */ v) => ({ batch: v, ...fresh }) }));
    const report = el('p', { class: 'quiet' });
    return {
      content: [el('div', { class: 'row' },
        kit.select('Optimizer', 'optimizer', () => [{ name: 'auto', title: 'automatic', about: 'To the optimum, by the best way known' },
          ...app.tables?.optimizers ?? []],
          (/** @type {string} */ v) => ({ optimizer: v, ...fresh })),
        kit.action('Polish to the optimum', () => app.mend({ optimizer: 'auto', w: 'polish' }))), stochastic, report, loss.root],
      show(/** @type {any} */ f) {
        stochastic.hidden = !app.tables?.optimizers.find((/** @type {any} */ o) => o.name === app.state.optimizer)?.stochastic;
        say(report, f.N === 0 && !f.fixed ? 'Nothing to train on yet.'
          : `Gradient norm ${figure(f.gradientNorm)} after ${f.iterations} ${f.iterations === 1 ? 'iteration' : 'iterations'}${
            f.iterations === 0 ? ': these weights are an optimum already' : ''}.`);
        loss.root.hidden = f.history.length < 2;
        loss.draw(f.history, { low: 'start', high: 'end' });
      },
    };
  },

  curvature(app, kit) {
    const { el } = kit;
    const size = el('p', { class: 'quiet' });
    return {
      content: [el('div', { class: 'row' },
        kit.select('Weights', 'subset', () => [{ name: 'all', title: 'all weights' }, { name: 'last_layer', title: 'last layer' }]),
        kit.select('Structure', 'structure', () => app.tables?.structures ?? [{ name: app.state.structure }]),
        kit.select('Curvature', 'curvature', () => app.tables?.curvatures ?? [{ name: app.state.curvature }])), size],
      show(/** @type {any} */ f) {
        say(size, f.active ? `A Gaussian over ${f.active} of the network’s ${f.parameters} weights.` : `The network has ${f.parameters} weights.`);
      },
    };
  },

  prior(app, kit) {
    const { el } = kit;
    const slider = el('input', { type: 'range', min: 0, max: LAMBDA.steps, step: 1, 'data-lambda': true, 'aria-label': 'Prior precision λ' });
    const curve = kit.chart('Log evidence against λ');
    return {
      content: [el('div', { class: 'row' },
        kit.number('λ', 'lambda', { min: 1e-6, max: 1e6 }),
        kit.toggle('Posterior only', (/** @type {any} */ s) => s.trained !== null,
          (/** @type {boolean} */ on) => ({ trained: on ? app.state.lambda : null }), 'Move λ in the posterior and leave the trained network as it is'),
        kit.action('Maximise evidence', () => app.maximise())), slider, curve.root],
      show(/** @type {any} */ f, /** @type {any} */ answer) {
        slider.value = app.screen.lambda.value;
        curve.root.hidden = !answer.curve;
        if (!answer.curve) return;
        const at = Math.log(f.lambda / LAMBDA.low) / span;
        curve.draw(answer.curve, { low: String(CURVE[0]), high: String(Number(CURVE[CURVE.length - 1].toPrecision(2))),
          at: at >= 0 && at <= 1 ? at : null,
          floor: Math.max(...answer.curve) - 40, text: `Log evidence against λ, at these weights: ${figure(f.evidence)} at λ = ${figure(f.lambda)}` });
      },
    };
  },

  prediction(app, kit) {
    const { el } = kit;
    const about = el('p', { class: 'quiet' });
    return {
      content: [el('div', { class: 'row' },
        kit.select('View', 'view', () => Object.entries(VIEWS).map(([name, v]) => ({ name, title: v.title, about: v.about }))),
        kit.select('Link', 'link', () => (app.tables?.links ?? [{ name: app.state.link }])
          .filter((/** @type {any} */ r) => ['probit', 'plugin', 'mc', 'exact'].includes(r.name)))), about],
      show(/** @type {any} */ f, /** @type {any} */ answer) {
        const [x, y, half] = app.state.box;
        say(about, `x from ${figure(x - half)} to ${figure(x + half)}, y from ${figure(y - half)} to ${figure(y + half)}, on ${answer.grid} × ${
          answer.grid} samples. On average over this map one network is ${sureness(f.all.left)} sure, the average ${sureness(f.all.right)}.`);
      },
    };
  },
};

