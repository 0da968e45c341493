// Hands on a map, by mouse and by touch. The page's own gestures are never taken: a plain wheel and one finger
// scroll, always. Two fingers and a trackpad's pinch (which arrives as a wheel with Ctrl) move and zoom both maps.
// Only the grips of the pin and of the selected point, and a map framed for Spray or Erase, answer to one finger.
import { CANARIES } from './canary.js';

const CLICK = { mouse: 4, pen: 6, touch: 10 }; // pixels a press may move and still be a press
const REACH = { mouse: 9, pen: 14, touch: 22 }; // pixels from a point that still mean it
const SPRAY = 16; // pixels between two sprayed points

/** @param {import('./pane.js').Pane} pane
 * @param {any} app */
export function attachGestures(pane, app) {
  const { root } = pane;
  /** @type {any} */ let press = null;
  /** @type {any} */ let pinch = null;

  /** @param {{ clientX: number, clientY: number }} event
   * @returns {[number, number]} */
  const local = (event) => {
    const r = pane.canvas.getBoundingClientRect();
    return [event.clientX - r.left, event.clientY - r.top];
  };
  const reach = (/** @type {PointerEvent} */ e) => REACH[/** @type {'mouse'} */ (e.pointerType)] ?? REACH.mouse;
  const slack = (/** @type {PointerEvent} */ e) => CLICK[/** @type {'mouse'} */ (e.pointerType)] ?? CLICK.mouse;

  root.addEventListener('pointerdown', (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    app.touched();
    const [x, y] = local(event);
    const grip = /** @type {HTMLElement} */ (event.target).dataset.grip;
    const { tool } = app.ui;
    const mouse = event.pointerType === 'mouse';
    press = {
      id: event.pointerId,
      x,
      y,
      lastX: x,
      lastY: y,
      moved: false,
      kind: 'press',
      box: app.state.box,
      pin: app.state.pin,
      hit: app.hit(pane, x, y, reach(event)),
    };
    if (tool === 'spray' || tool === 'erase') press.kind = tool;
    else if (grip === 'pin' && !(mouse && press.hit >= 0 && tool !== 'look')) press.kind = 'pin';
    else if (grip === 'point') Object.assign(press, { kind: 'point', hit: app.ui.selected });
    else if (mouse) press.kind = press.hit >= 0 && tool !== 'look' ? 'point' : 'pan';
    else if (app.enlarged && press.hit >= 0) press.kind = 'point';
    if (press.kind !== 'press') {
      root.setPointerCapture(event.pointerId);
      if (press.kind === 'spray' || press.kind === 'erase') {
        app.begin();
        stroke(x, y);
      }
    }
  });

  /** @param {number} x
   * @param {number} y */
  function stroke(x, y) {
    if (press.kind === 'erase') app.eraseAt(pane, x, y, 12);
    else app.sprayAt(pane, x, y);
    Object.assign(press, { lastX: x, lastY: y });
  }

  root.addEventListener('pointermove', (/** @type {PointerEvent} */ event) => {
    const [x, y] = local(event);
    if (!press || event.pointerId !== press.id) {
      if (event.pointerType === 'mouse') app.hover(...pane.toWorld(x, y), pane.name);
      return;
    }
    if (!press.moved) {
      if (Math.hypot(x - press.x, y - press.y) < slack(event)) return;
      press.moved = true;
      if (press.kind === 'point') {
        app.select(press.hit);
        app.begin();
      }
    }
    if (press.kind === 'pan') app.panBy((press.x - x) / pane.side, (y - press.y) / pane.side, press.box);
    else if (press.kind === 'pin') app.setPin(...pane.toWorld(x, y));
    else if (press.kind === 'point') app.movePoint(press.hit, ...pane.toWorld(x, y));
    else if (press.kind === 'spray' || press.kind === 'erase') {
      if (Math.hypot(x - press.lastX, y - press.lastY) >= (press.kind === 'spray' ? SPRAY : 4)) stroke(x, y);
      return;
    }
    Object.assign(press, { lastX: x, lastY: y });
  });

  /** The press is over, and what it changed stays or is taken back. @param {boolean} keep */
  function end(keep) {
    if (!press) return false;
    const { moved, box, pin } = press;
    press = null;
    if (keep) app.commit();
    else {
      app.cancel();
      if (moved) app.look({ box, pin });
    }
    return true;
  }
  app.ends.push(end);

  root.addEventListener('pointerup', (/** @type {PointerEvent} */ event) => {
    if (!press || event.pointerId !== press.id) return;
    const done = press;
    end(true);
    if (done.moved || done.kind === 'spray' || done.kind === 'erase') return;
    const at = pane.toWorld(done.x, done.y);
    if (app.ui.tool === 'look') app.setPin(...at);
    else if (done.hit >= 0) app.select(done.hit === app.ui.selected ? -1 : done.hit);
    else if (app.ui.selected >= 0 && event.pointerType === 'touch') app.select(-1);
    else app.addPoint(...at);
  });

  root.addEventListener('pointercancel', () => end(true));
  root.addEventListener('pointerleave', () => app.hover(null, null));

  root.addEventListener(
    'wheel',
    (/** @type {WheelEvent} */ event) => {
      if (CANARIES && app.canary === 'wheel-trap') event.preventDefault();
      if (!event.ctrlKey) return;
      event.preventDefault();
      app.touched();
      const [x, y] = local(event);
      const step = Math.min(30, Math.max(-30, event.deltaY * (event.deltaMode ? 16 : 1)));
      app.zoomBy(Math.exp(step * 0.01), pane.toWorld(x, y));
    },
    { passive: false },
  );

  // Two fingers. The browser's own scroll is called off on the first event of the second finger.
  /** @param {TouchList} touches */
  const pair = (touches) => {
    const [a, b] = [local(touches[0]), local(touches[1])];
    return { x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2, apart: Math.max(20, Math.hypot(a[0] - b[0], a[1] - b[1])) };
  };
  root.addEventListener(
    'touchstart',
    (/** @type {TouchEvent} */ event) => {
      if (event.touches.length !== 2) return;
      if (event.cancelable) event.preventDefault();
      end(press?.moved); // a dot that the first finger sprayed was none
      app.touched();
      pinch = pair(event.touches);
    },
    { passive: false },
  );
  root.addEventListener(
    'touchmove',
    (/** @type {TouchEvent} */ event) => {
      if (!pinch || event.touches.length !== 2) return;
      if (event.cancelable) event.preventDefault();
      const now = pair(event.touches);
      app.panBy((pinch.x - now.x) / pane.side, (now.y - pinch.y) / pane.side);
      app.zoomBy(pinch.apart / now.apart, pane.toWorld(now.x, now.y));
      pinch = now;
    },
    { passive: false },
  );
  for (const type of ['touchend', 'touchcancel'])
    root.addEventListener(type, () => {
      pinch = null;
    });
}
