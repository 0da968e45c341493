// What the page says of the picture at hand: caption, read-out, counts, λ, the worst check, and now and then a word
// to the live region.
import { CANARIES } from './canary.js';
import { captionFor } from './captions.js';
import { checksFor } from './checks.js';
import { figure, percent, say, sureness } from './dom.js';
import { stepOf } from './screen.js';
import { viewOf } from './views.js';

const SPEAK = 2000; // milliseconds between two sentences of the live region

/** @param {any} app
 * @param {(facts: any, checks: any, answer: any) => void} showStages */
export function createWords(app, showStages) {
  const { screen } = app;
  let spoken = -SPEAK;

  function show() {
    const { facts } = app;
    if (!facts) return;
    const checks = checksFor({ ...facts, edge: atEdge(app.answer.curve) });
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

  const atEdge = (/** @type {number[] | null} */ curve) => {
    if (!curve) return false;
    const best = curve.indexOf(Math.max(...curve));
    return best === 0 || best === curve.length - 1;
  };

  function reading() {
    const { facts, ui, state } = app;
    if (!facts) return;
    const at = ui.hover?.value ? ui.hover : { ...facts.pin, value: facts.pin };
    const near = app.list.length && app.visible ? app.nearestShown(at.x, at.y) : null;
    const away = near === null ? '' : near < facts.reach / 1000 ? ', on a point' : `, ${figure(near)} from any point`;
    const value = (/** @type {number} */ p) => {
      if (state.view === 'epistemic') return { text: percent(p), share: p, class: 'doubt' };
      const side = p > 0.5 ? 1 : 0;
      const sure = Math.max(p, 1 - p);
      return {
        text: `${sureness(sure)}${sure < 0.505 ? '' : side ? ' ▲' : ' ●'}`,
        share: 2 * sure - 1,
        class: sure < 0.505 ? '' : `c${side}`,
      };
    };
    screen.showReading({
      title: `${ui.hover?.value ? 'At the pointer' : 'At the pin'}${away}`,
      percent: true,
      left: state.view === 'epistemic' ? { text: '–', share: 0, class: '' } : value(at.value.left),
      right: value(state.view === 'epistemic' ? at.value.epistemic : at.value.right),
    });
  }

  function speak() {
    if (!app.facts || performance.now() - spoken < SPEAK) return;
    spoken = performance.now();
    const { N, pin } = app.facts;
    const said = (/** @type {number} */ p) => `${sureness(Math.max(p, 1 - p))} ${p > 0.5 ? 'triangle' : 'circle'}`;
    say(
      screen.live,
      `${N} ${N === 1 ? 'point' : 'points'}. At the pin: one network ${said(pin.left)}, averaged ${said(pin.right)}.`,
    );
  }

  return { show, reading, speak };
}
