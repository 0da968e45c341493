// The six stages in the order the work is done, one card each: name, present value, milliseconds and a dot. A card
// opens its drawer. A stage whose input changed shows its dot hollow until it is done, so the reader sees what a
// change spoils.
import { levelOf } from './checks.js';
import { createControls } from './controls.js';
import { figure, say } from './dom.js';
import { DRAWERS } from './drawers.js';
import { STAGES } from './state.js';

const TITLES = /** @type {Record<string, string>} */ ({
  data: 'Data',
  network: 'Network',
  training: 'Training',
  curvature: 'Curvature',
  prior: 'Prior',
  prediction: 'Prediction',
});
const SUBSETS = /** @type {Record<string, string>} */ ({ all: 'all weights', last_layer: 'last layer' });
const CURVATURES = /** @type {Record<string, string>} */ ({ ggn: 'GGN', ef: 'empirical Fisher' });

/** What each card says of the state at hand. @type {Record<string, (s: any, f: any, a: any) => string>} */
const VALUES = {
  data: (_, f) => (f.waiting ? `${f.N} of ${f.total} points` : `${f.N} ${f.N === 1 ? 'point' : 'points'}`),
  network: (s) =>
    [2, ...s.hidden, s.likelihood === 'categorical' ? 2 : 1].join('-') +
    (s.hidden.length ? ` ${s.activation}` : ' logistic'),
  training: (s, f) =>
    f.N === 0 && !f.fixed
      ? 'nothing to train on'
      : `${f.converged ? 'optimum' : s.optimizer}, |∇| ${figure(f.gradientNorm)}`,
  curvature: (s) => `${CURVATURES[s.curvature]}, ${SUBSETS[s.subset]}, ${s.structure}`,
  prior: (s) => `λ ${figure(s.lambda)}`,
  prediction: (s, _, a) => `${s.link}, ${a.grid} × ${a.grid}`,
};

/** @param {any} app */
export function createStrip(app) {
  const kit = createControls(app);
  const { el } = kit;
  const cards = /** @type {Record<string, any>} */ ({});
  const drawers = /** @type {Record<string, any>} */ ({});
  let open = '';

  /** @param {string} name */
  function toggle(name) {
    open = open === name ? '' : name;
    for (const stage of STAGES) {
      cards[stage].setAttribute('aria-expanded', String(stage === open));
      drawers[stage].root.hidden = stage !== open;
    }
    app.setCurve(open === 'prior');
    show(app.facts, app.checks, app.answer);
  }

  const items = STAGES.flatMap((stage, k) => {
    const drawer = DRAWERS[stage](app, kit);
    const checks = el('ul', { class: 'verdicts' });
    drawers[stage] = {
      ...drawer,
      checks,
      root: el(
        'div',
        { class: 'drawer', hidden: true, role: 'region', 'aria-label': TITLES[stage] },
        ...drawer.content,
        checks,
      ),
    };
    cards[stage] = el(
      'button',
      {
        type: 'button',
        class: 'card',
        'aria-expanded': 'false',
        onclick: () => {
          app.touched();
          toggle(stage);
        },
      },
      el('span', { class: 'step' }, String(k + 1)),
      el('b', {}, TITLES[stage]),
      el('i', { class: 'dot' }),
      el('span', { class: 'what' }),
      el('span', { class: 'ms' }),
    );
    return [cards[stage], drawers[stage].root];
  });
  const root = el(
    'section',
    { class: 'stages', 'aria-label': 'Six stages' },
    el('h2', {}, 'What the page computes, in order'),
    el('div', { class: 'strip' }, ...items),
  );

  /** @param {any} facts
   * @param {any} checks
   * @param {any} answer */
  function show(facts, checks, answer) {
    if (!facts || !checks) return;
    kit.refresh();
    for (const stage of STAGES) {
      const card = cards[stage];
      say(card.querySelector('.what'), VALUES[stage](app.state, facts, answer));
      const ms = answer.ms[stage];
      say(card.querySelector('.ms'), ms === undefined ? '' : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`);
      card.dataset.level = levelOf(checks.rows, stage);
      if (stage !== open) continue;
      drawers[stage].show?.(facts, answer);
      // said anew only where it is something else: the focus may be in it
      const list = drawers[stage].checks;
      const rows = checks.rows.filter((/** @type {any} */ c) => c.stage === stage);
      const text = rows.map((/** @type {any} */ c) => c.text).join();
      if (list.dataset.said === text) continue;
      list.dataset.said = text;
      const held = list.contains(app.doc.activeElement);
      list.replaceChildren(
        ...rows.map((/** @type {any} */ c) =>
          el(
            'li',
            { 'data-level': c.level },
            el('i', { class: 'dot' }),
            el('span', {}, c.text),
            c.mend && kit.action(c.mend[0], () => app.mend(c.mend[1](app.state, app.facts))),
          ),
        ),
      );
      if (held) card.focus();
    }
  }

  app.openStage = (/** @type {string} */ stage) => {
    if (open !== stage) toggle(stage);
    cards[stage].scrollIntoView({ block: 'nearest', behavior: 'auto' });
    cards[stage].focus({ preventScroll: true });
  };
  app.mend = (/** @type {Record<string, any>} */ patch) =>
    app.change(patch.w === 'polish' ? { ...patch, w: app.theta ?? 'start' } : patch);

  return {
    root,
    show,
    /** @param {string} stage the first that a change spoils */
    spoil(stage) {
      for (const later of STAGES.slice(STAGES.indexOf(stage))) cards[later].dataset.spoilt = '';
    },
    /** What was spoilt has been made anew. */
    done() {
      for (const stage of STAGES) delete cards[stage].dataset.spoilt;
    },
    menus() {
      kit.refresh();
      drawers.data.menus();
    },
  };
}
