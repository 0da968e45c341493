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

/** Every summary a process printed: uvu's blocks, or the native line. */
function count(output) {
  const sum = (pattern) => [...output.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);
  const native = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].at(-1);
  if (native)
    return { total: Number(native[1]) + Number(native[2]), passed: Number(native[1]), skipped: Number(native[3] ?? 0) };
  return {
    total: sum(/^\s*Total:\s+(\d+)/gm),
    passed: sum(/^\s*Passed:\s+(\d+)/gm),
    skipped: sum(/^\s*Skipped:\s+(\d+)/gm),
  };
}

function run(file) {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(process.execPath, [file], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: '0' },
    });
    let output = '';
    let killed = false;
    const kill = () => {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        /* the group is gone */
      }
    };
    const timer = setTimeout(() => {
      killed = true;
      kill();
    }, LIMIT);
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => {
        output += data;
      });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      kill(); // what the file left behind
      const { total, passed, skipped } = count(output.replace(/\x1b\[[0-9;]*m/g, ''));
      const reasons = [];
      if (killed) reasons.push(`killed after ${LIMIT / 1000} s`);
      else if (code !== 0) reasons.push(signal ? `ended by ${signal}` : `exit code ${code}`);
      if (total === 0 && skipped === 0) reasons.push('no test ran');
      if (passed + skipped < total) reasons.push(`${total - passed - skipped} failed`);
      resolve({
        file,
        output,
        passed,
        skipped,
        failed: Math.max(total - passed - skipped, reasons.length > 0 ? 1 : 0),
        reasons,
        seconds: (performance.now() - started) / 1000,
      });
    });
  });
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
  sum.passed += result.passed;
  sum.failed += result.failed;
  sum.skipped += result.skipped;
}

for (const group of groups) {
  const queue = [...group.files];
  await Promise.all(
    Array.from({ length: group.width }, async () => {
      for (let file = queue.shift(); file !== undefined; file = queue.shift()) report(await run(file));
    }),
  );
}
if (groups.every((group) => group.files.length === 0)) {
  console.log(`FAILED: no test file matches ${patterns.join(' ') || 'anything'}`);
  sum.failed++;
}
console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''}`);
process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;
