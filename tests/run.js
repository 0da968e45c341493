// The runner of `npm test`: node tests/run.js [pattern…]. One process a file, in a process group of its own, killed at
// a limit; every summary counts, and a file that says nothing, fails to load, or runs no test is a failure. The last
// line is `N passed, N failed`.
//   tests/*.test.js           two at a time
//   tests/browser/*.test.js   after them, one at a time
//   tests/serial/*.test.js    last, alone: ratios of times
//   native                    tests/native/build.js, before all
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const LIMIT = Number(process.env.TEST_LIMIT ?? 420) * 1000;
const FOLDER = process.env.TEST_FOLDER ?? 'tests';
const patterns = process.argv.slice(2);

const files = (folder) =>
  (existsSync(folder) ? readdirSync(folder) : [])
    .filter((name) => name.endsWith('.test.js'))
    .sort()
    .map((name) => `${folder}/${name}`);
const wanted = (name) => patterns.length === 0 || patterns.some((pattern) => name.includes(pattern));

const groups = [
  { width: 1, files: existsSync(`${FOLDER}/native/build.js`) ? [`${FOLDER}/native/build.js`] : [] },
  { width: 2, files: files(FOLDER) },
  { width: 1, files: files(`${FOLDER}/browser`) },
  { width: 1, files: files(`${FOLDER}/serial`) },
].map((group) => ({ ...group, files: group.files.filter(wanted) }));

/**
 * Every summary a process printed: uvu's blocks, whose Total leaves out what was skipped, and lines of the form of our
 * last one.
 */
function count(output) {
  const sum = (pattern) => [...output.matchAll(pattern)].reduce((total, match) => total + Number(match[1] ?? 0), 0);
  const passed = sum(/^(\d+) passed, \d+ failed(?:, \d+ skipped)?$/gm);
  const failed = sum(/^\d+ passed, (\d+) failed(?:, \d+ skipped)?$/gm);
  return {
    total: passed + failed + sum(/^\s*Total:\s+(\d+)/gm),
    passed: passed + sum(/^\s*Passed:\s+(\d+)/gm),
    skipped: sum(/^\d+ passed, \d+ failed, (\d+) skipped$/gm) + sum(/^\s*Skipped:\s+(\d+)/gm),
  };
}

/** The files that run now, and whether the runner was told to end. */
const running = new Set();
let ending = false;
const signalGroup = (pid, signal) => {
  try {
    process.kill(-pid, signal);
  } catch {
    /* the group is gone */
  }
};
const GRACE = 3000; // ms that a browser's driver gets to end what it started outside its group

/** Waits for the promise, but not longer than the grace. */
async function within(promise) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, GRACE);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, async () => {
    if (ending) return; // told already
    ending = true;
    for (const { pid } of running) signalGroup(pid, 'SIGTERM');
    await within(Promise.all([...running].map(({ exited }) => exited)));
    for (const { pid } of running) signalGroup(pid, 'SIGKILL');
    console.log(`FAILED: ended by ${signal}`);
    process.exit(1);
  });
}

async function run(file) {
  const started = performance.now();
  const child = spawn(process.execPath, [file], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FORCE_COLOR: '0' },
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const exited = new Promise((resolve) => child.once('exit', (...how) => resolve(how)));
  const job = { pid: child.pid, exited };
  running.add(job);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (data) => {
      output += data;
    });
  }
  let killed = false;
  const timer = setTimeout(async () => {
    killed = true;
    signalGroup(child.pid, 'SIGTERM');
    await within(exited);
    if (running.has(job)) signalGroup(child.pid, 'SIGKILL');
  }, LIMIT);
  const [code, signal] = await exited;
  clearTimeout(timer);
  signalGroup(child.pid, 'SIGKILL'); // what the file left behind
  running.delete(job);
  await within(closed);
  for (const stream of [child.stdout, child.stderr]) stream.destroy();

  const { total, passed, skipped } = count(output.replace(/\x1b\[[0-9;]*m/g, ''));
  const reasons = [];
  if (killed) reasons.push(`killed after ${LIMIT / 1000} s`);
  else if (code !== 0) reasons.push(signal ? `ended by ${signal}` : `exit code ${code}`);
  if (total === 0 && skipped === 0) reasons.push('no test ran');
  if (passed < total) reasons.push(`${total - passed} failed`);
  return {
    file,
    output,
    passed,
    skipped,
    failed: Math.max(total - passed, reasons.length > 0 ? 1 : 0),
    reasons,
    seconds: (performance.now() - started) / 1000,
  };
}

const sum = { passed: 0, failed: 0, skipped: 0 };

function report(result) {
  const good = result.reasons.length === 0;
  const skipped = result.skipped > 0 ? `, ${result.skipped} SKIPPED` : '';
  const why = good ? '' : ` - ${result.reasons.join(', ')}`;
  const time = `${result.seconds.toFixed(1)} s`;
  console.log(`${good ? 'ok    ' : 'FAILED'} ${result.file}: ${result.passed} passed${skipped} (${time})${why}`);
  if (!good)
    console.log(
      result.output
        .trim()
        .split('\n')
        .slice(-120)
        .map((line) => `    ${line}`)
        .join('\n'),
    );
  for (const line of result.output.match(/^SKIPPED: .*$/gm) ?? []) console.log(`    ${line}`);
  sum.passed += result.passed;
  sum.failed += result.failed;
  sum.skipped += result.skipped;
}

for (const group of groups) {
  const queue = [...group.files];
  await Promise.all(
    Array.from({ length: group.width }, async () => {
      for (let file = queue.shift(); file !== undefined && !ending; file = queue.shift()) {
        const result = await run(file);
        if (ending) await new Promise(() => {}); // whoever told us to end has the last word
        report(result);
      }
    }),
  );
}
if (groups.every((group) => group.files.length === 0)) {
  console.log(`FAILED: no test file matches ${patterns.join(' ') || 'anything'}`);
  sum.failed++;
}
console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''}`);
process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;
