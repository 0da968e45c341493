// Play: points arrive one by one, N(t) = total·(t/T)^2.2 with T = 9 s at speed 1, so the first ten take their time.
// What falls into one frame arrives together; a frame is asked for when the one before has been painted.

const SECONDS = 9;
const POWER = 2.2;

/** @param {{ total: () => number, shown: () => number, free: () => boolean, show: (n: number) => void,
 *   ended: () => void,
 *   raf: (f: FrameRequestCallback) => number, stop: (n: number) => void, visible: () => boolean }} page */
export function createPlayer({ total, shown, free, show, ended, raf, stop, visible }) {
  let playing = false;
  let handle = 0;
  let speed = 1;
  let clock = 0; // seconds of the curve above that have gone by
  let before = 0;

  const timeOf = (/** @type {number} */ n) => SECONDS * (n / Math.max(1, total())) ** (1 / POWER);

  function tick(/** @type {number} */ now) {
    if (!playing) return;
    handle = raf(tick);
    // What was not seen did not happen: a hidden page holds the clock, and no frame counts for more than half a second.
    const passed = Math.min(0.5, (now - before) / 1000);
    before = now;
    if (!visible()) return;
    clock += passed * speed;
    if (!free()) return;
    const n = Math.min(total(), Math.floor(total() * (clock / SECONDS) ** POWER));
    if (n > shown()) show(n);
    else if (shown() >= total()) {
      playing = false;
      stop(handle);
      ended();
    }
  }

  return {
    get playing() {
      return playing;
    },
    get speed() {
      return speed;
    },
    set speed(v) {
      speed = v;
    },
    play() {
      if (playing) return;
      if (shown() >= total()) show(0);
      clock = timeOf(shown());
      before = performance.now();
      playing = true;
      handle = raf(tick);
    },
    pause() {
      playing = false;
      stop(handle);
    },
  };
}
