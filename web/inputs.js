// Sliders and what else reaches the whole mount: a slide is one step of undo, and any press, key or focus stops play.
import { lambdaOf } from './screen.js';

/** @param {any} app */
export function attachInputs(app) {
  const { root, screen } = app;

  let slide = ''; // 'on': under a hand; 'off': called off, and the hand has not lifted yet
  /** @param {() => void} act */
  function sliding(act) {
    app.touched();
    if (slide === 'off') {
      app.tell();
      return;
    }
    if (!slide) app.begin();
    slide = 'on';
    act();
  }
  app.ends.push((/** @type {boolean} */ kept) => {
    if (slide !== 'on') return false;
    slide = 'off';
    if (kept) app.commit();
    else app.cancel();
    return true;
  });
  screen.slider.addEventListener('input', () => sliding(() => app.show(Number(screen.slider.value))));
  root.addEventListener('input', (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    if (!input.matches('[data-lambda]')) return;
    sliding(() => {
      app.change({ lambda: lambdaOf(Number(input.value)) }, { gesture: true });
      if (input !== screen.lambda) screen.lambda.value = input.value;
    });
  });
  root.addEventListener('change', (/** @type {Event} */ event) => {
    if (/** @type {HTMLInputElement} */ (event.target).type !== 'range') return;
    app.commit();
    slide = '';
  });
  for (const type of ['pointerdown', 'keydown', 'focusin']) {
    root.addEventListener(
      type,
      (/** @type {any} */ event) => {
        const target = /** @type {Element} */ (event.target);
        if (slide === 'off') slide = '';
        const plays = target.closest('[data-act="play"]') || (event.key === ' ' && target.closest('[data-pane]'));
        if (!plays) app.touched();
      },
      { capture: true },
    );
  }
  root.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape') app.end(false);
    if (event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey)) return;
    if (/** @type {Element} */ (event.target).closest('input:not([type=range]), textarea')) return;
    event.preventDefault();
    if (event.shiftKey) app.redo();
    else app.undo();
  });
}
