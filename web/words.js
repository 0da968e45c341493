// What the page says of the picture at hand: caption, read-out, counts, λ, the worst check, and now and then a word
// to the live region.
import { CANARIES } from './canary.js';
import { captionFor } from './captions.js';
import { checksFor } from './checks.js';
import { figure, percent, say, sureness } from './dom.js';
import { SHAPES, SHAPE_NAMES } from './palette.js';
import { stepOf } from './screen.js';
import { viewOf } from './views.js';

const SPEAK = 2000; // milliseconds between two sentences of the live region

/** How sure a probability is, and of which class; of none where it reads 50 %. @param {number} p
 * @returns {{ sure: number, side: any }} */
const leaning = (p) => {
  const sure = Math.max(p, 1 - p);
  return { sure, side: sure < 0.505 ? undefined : Number(p > 0.5) };
};

/** @param {any} app
 * @param {(facts: any, checks: any, answer: any) => void} showStages */
export function createWords(app, showStages) {
  const { screen } = app;
  let spoken = -SPEAK;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let speaking;

  function show() {
    const { facts } = app;
    if (!facts) return;
    const checks = checksFor(facts);
    const { id, text } = captionFor(facts, app.ui);
    const shown =
      CANARIES && app.canary === 'undefined'
        ? `${text} ${facts.nothing}`
        : CANARIES && app.canary === 'silent'
          ? ''
          : text;
    say(screen.caption, shown);
    screen.told(
      facts.fixed && facts.waiting ? `already trained on all ${facts.total}` : viewOf(app.state.view).left[1],
    );
    screen.caption.dataset.caption = id;
    reading();
    const { slider, count } = screen;
    slider.max = String(Math.max(1, facts.total));
    slider.value = String(app.visible);
    slider.setAttribute('aria-valuetext', `${app.visible} shown, ${app.list.length - app.visible} waiting`);
    say(count, `${app.visible} / ${app.list.length}`);
    screen.lambda.value = String(stepOf(app.state.lambda));
    screen.lambda.setAttribute('aria-valuetext', `λ ${figure(app.state.lambda)}`);
    say(screen.lambdaText, figure(app.state.lambda));
    const worst = checks.rows.filter((c) => c.level === checks.worst && c.level !== 'fine');
    screen.checks.dataset.level = checks.worst;
    say(screen.checks.querySelector('span'), worst.length ? worst[0].text : 'Checks: all fine');
    app.checks = checks;
    showStages(facts, checks, app.answer);
  }

  function reading() {
    const { facts, ui, state } = app;
    if (!facts) return;
    const at = ui.hover?.value ? ui.hover : { ...facts.pin, value: facts.pin };
    const near = app.list.length && app.visible ? app.nearestShown(at.x, at.y) : null;
    const away = near === null ? '' : near < facts.reach / 1000 ? ', on a point' : `, ${figure(near)} from any point`;
    const value = (/** @type {number} */ p) => {
      if (state.view === 'epistemic') return { text: percent(p), share: p, class: 'doubt' };
      const { sure, side } = leaning(p);
      return {
        text: `${sureness(sure)} ${SHAPES[side] ?? ''}`.trimEnd(),
        share: 2 * sure - 1,
        class: side === undefined ? '' : `c${side}`,
      };
    };
    screen.showReading({
      title: `${ui.hover?.value ? 'At the pointer' : 'At the pin'}${away}`,
      percent: true,
      left: state.view === 'epistemic' ? { text: '–', share: 0, class: '' } : value(at.value.left),
      right: value(state.view === 'epistemic' ? at.value.epistemic : at.value.right),
    });
  }

  /** Of the picture at rest; a sentence that comes too soon after another waits, and the newest is said. */
  function speak() {
    const { N, pin } = app.facts;
    const said = (/** @type {number} */ p) => {
      const { sure, side } = leaning(p);
      return `${sureness(sure)} ${SHAPE_NAMES[side] ?? ''}`.trimEnd();
    };
    const text =
      `${N} ${N === 1 ? 'point' : 'points'}. ` +
      `At the pin: one network ${said(pin.left)}, averaged ${said(pin.right)}.`;
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      spoken = performance.now();
      say(screen.live, text);
    }, spoken + SPEAK - performance.now());
  }

  return { show, reading, speak };
}
