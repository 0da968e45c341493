// One drawer a stage: its controls, and what it draws. A change made here settles from the start seed ('start'), so
// that the picture follows from what the drawers show; λ keeps the weights it starts from.
import { CURVE } from './compute.js';
import { figure, say, sureness } from './dom.js';
import { dataDrawer } from './data-drawer.js';
import { LAMBDA, lambdaSlider } from './screen.js';
import { KEYS } from './state.js';
import { VIEWS } from './views.js';

const fresh = { w: 'start' };
const span = Math.log(LAMBDA.high / LAMBDA.low);

/** @typedef {{ content: any[], show?: (facts: any, answer: any) => void, menus?: () => void }} Drawer */

/** @type {Record<string, (app: any, kit: any) => Drawer>} */
export const DRAWERS = {
  data: dataDrawer,

  network(app, kit) {
    const { el } = kit;
    const layers = el('input', {
      type: 'text',
      inputmode: 'numeric',
      placeholder: 'none',
      spellcheck: 'false',
      'data-key': 'hidden',
      onchange: () => {
        const v = KEYS.hidden.codec.read(layers.value.trim().replace(/[\s,;x×-]+/g, '-') || '0');
        if (!v) {
          app.notify('Up to four hidden layers of 1 to 128 units each, for example 32 or 16-16. Nothing was changed.');
          layers.value = app.state.hidden.join('-');
          return;
        }
        app.change({ hidden: v, ...fresh });
      },
    });
    return {
      content: [
        el(
          'div',
          { class: 'row' },
          kit.field('Hidden units', layers, 'Units of each hidden layer, for example 32 or 16-16; empty for none'),
          kit.select(
            'Activation',
            'activation',
            () => app.tables?.activations ?? [{ name: app.state.activation }],
            (/** @type {string} */ v) => ({ activation: v, ...fresh }),
          ),
          kit.select(
            'Likelihood',
            'likelihood',
            () =>
              (app.tables?.likelihoods ?? [{ name: app.state.likelihood }]).filter(
                (/** @type {any} */ r) => r.classes || r.name === app.state.likelihood,
              ),
            (/** @type {string} */ v) => ({ likelihood: v, ...fresh }),
          ),
          kit.number('Start seed', 'start', {
            min: 0,
            max: 4294967295,
            step: 1,
            patch: (/** @type {number} */ v) => ({ start: Math.round(v), ...fresh }),
          }),
          kit.action(
            'New start',
            () => app.change({ start: (app.state.start + 1) >>> 0, ...fresh }),
            'Train again from another start seed',
          ),
        ),
      ],
      show() {
        if (app.doc.activeElement !== layers) layers.value = app.state.hidden.join('-');
      },
    };
  },

  training(app, kit) {
    const { el } = kit;
    const loss = kit.chart('Objective while training');
    const stochastic = el(
      'div',
      { class: 'row' },
      kit.number('Step', 'rate', { min: 1e-6, max: 1, patch: (/** @type {number} */ v) => ({ rate: v, ...fresh }) }),
      kit.number('Epochs', 'epochs', {
        min: 1,
        max: 2000,
        step: 1,
        patch: (/** @type {number} */ v) => ({ epochs: v, ...fresh }),
      }),
      kit.number('Batch', 'batch', {
        min: 1,
        max: 2000,
        step: 1,
        patch: (/** @type {number} */ v) => ({ batch: v, ...fresh }),
      }),
    );
    const report = el('p', { class: 'quiet' });
    return {
      content: [
        el(
          'div',
          { class: 'row' },
          kit.select(
            'Optimizer',
            'optimizer',
            () => [
              { name: 'auto', title: 'automatic', about: 'To the optimum, by the best way known' },
              ...(app.tables?.optimizers ?? []),
            ],
            (/** @type {string} */ v) => ({ optimizer: v, ...fresh }),
          ),
          kit.action('Polish to the optimum', () => app.mend({ optimizer: 'auto', w: 'polish' })),
        ),
        stochastic,
        report,
        loss.root,
      ],
      show(/** @type {any} */ f) {
        stochastic.hidden = !app.tables?.optimizers.find((/** @type {any} */ o) => o.name === app.state.optimizer)
          ?.stochastic;
        say(
          report,
          f.N === 0 && !f.fixed
            ? 'Nothing to train on yet.'
            : `Gradient norm ${figure(f.gradientNorm)} after ${f.iterations} ` +
                (f.iterations === 1 ? 'iteration' : 'iterations') +
                (f.iterations === 0 ? ': these weights are an optimum already.' : '.'),
        );
        loss.root.hidden = f.history.length < 2;
        loss.draw(f.history, { low: 'start', high: 'end' });
      },
    };
  },

  curvature(app, kit) {
    const { el } = kit;
    const size = el('p', { class: 'quiet' });
    return {
      content: [
        el(
          'div',
          { class: 'row' },
          kit.select('Weights', 'subset', () => [
            { name: 'all', title: 'all weights' },
            { name: 'last_layer', title: 'last layer' },
          ]),
          kit.select('Structure', 'structure', () => app.tables?.structures ?? [{ name: app.state.structure }]),
          kit.select('Curvature', 'curvature', () => app.tables?.curvatures ?? [{ name: app.state.curvature }]),
        ),
        size,
      ],
      show(/** @type {any} */ f) {
        say(
          size,
          f.active
            ? `A Gaussian over ${f.active} of the network’s ${f.parameters} weights.`
            : `The network has ${f.parameters} weights.`,
        );
      },
    };
  },

  prior(app, kit) {
    const { el } = kit;
    const slider = lambdaSlider(el);
    const curve = kit.chart('Log evidence against λ');
    return {
      content: [
        el(
          'div',
          { class: 'row' },
          kit.number('λ', 'lambda', { min: 1e-6, max: 1e6 }),
          kit.toggle(
            'Posterior only',
            (/** @type {any} */ s) => s.trained !== null,
            (/** @type {boolean} */ on) => ({ trained: on ? app.state.lambda : null }),
            'Move λ in the posterior and leave the trained network as it is',
          ),
          kit.action('Maximise evidence', () => app.maximise()),
        ),
        slider,
        curve.root,
      ],
      show(/** @type {any} */ f, /** @type {any} */ answer) {
        slider.value = app.screen.lambda.value;
        curve.root.hidden = !answer.curve;
        if (!answer.curve) return;
        const at = Math.log(f.lambda / LAMBDA.low) / span;
        curve.draw(answer.curve, {
          low: String(CURVE[0]),
          high: String(Number(CURVE[CURVE.length - 1].toPrecision(2))),
          at: at >= 0 && at <= 1 ? at : null,
          floor: Math.max(...answer.curve) - 40,
          text: `Log evidence against λ, at these weights: ${figure(f.evidence)} at λ = ${figure(f.lambda)}`,
        });
      },
    };
  },

  prediction(app, kit) {
    const { el } = kit;
    const about = el('p', { class: 'quiet' });
    return {
      content: [
        el(
          'div',
          { class: 'row' },
          kit.select('View', 'view', () =>
            Object.entries(VIEWS).map(([name, v]) => ({ name, title: v.title, about: v.about })),
          ),
          kit.select('Link', 'link', () =>
            (app.tables?.links ?? [{ name: app.state.link }]).filter(
              (/** @type {any} */ r) =>
                ['probit', 'plugin', 'mc'].includes(r.name) ||
                (r.name === 'exact' && app.state.likelihood === 'bernoulli'),
            ),
          ),
        ),
        about,
      ],
      show(/** @type {any} */ f, /** @type {any} */ answer) {
        const [x, y, half] = app.state.box;
        say(
          about,
          `x from ${figure(x - half)} to ${figure(x + half)}, y from ${figure(y - half)} to ${figure(y + half)}, ` +
            `on ${answer.grid} × ${answer.grid} samples. On average over this map one network is ` +
            `${sureness(f.all.left)} sure, the average ${sureness(f.all.right)}.`,
        );
      },
    };
  },
};
