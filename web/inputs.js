// Sliders and what else reaches the whole mount: a slide is one step of undo, and any press, key or focus stops play.
import { lambdaOf } from './screen.js';

/** @param {any} app */
export function attachInputs(app) {
  const { root, screen } = app;

  let sliding = false;
  screen.slider.addEventListener('input', () => {
    app.touched();
    app.show(Number(screen.slider.value), { step: !sliding });
    sliding = true;
  });
  root.addEventListener('input', (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    if (!input.matches('[data-lambda]')) return;
    app.touched();
    app.change({ lambda: lambdaOf(Number(input.value)) }, { gesture: true, step: !sliding });
    sliding = true;
    if (input !== screen.lambda) screen.lambda.value = input.value;
  });
  root.addEventListener('change', (/** @type {Event} */ event) => {
    if (/** @type {HTMLInputElement} */ (event.target).type === 'range') sliding = false;
  });
  for (const type of ['pointerdown', 'keydown', 'focusin']) {
    root.addEventListener(
      type,
      (/** @type {any} */ event) => {
        const target = /** @type {Element} */ (event.target);
        const plays = target.closest('[data-act="play"]') || (event.key === ' ' && target.closest('[data-pane]'));
        if (!plays) app.touched();
      },
      { capture: true },
    );
  }
  root.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    if (event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey)) return;
    if (/** @type {Element} */ (event.target).closest('input:not([type=range]), textarea')) return;
    event.preventDefault();
    if (event.shiftKey) app.redo();
    else app.undo();
  });
}
