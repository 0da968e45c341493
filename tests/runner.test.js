// The runner and the suite wrapper must not pass in silence: bad suites in a folder of their own, and what the runner
// makes of them.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from './helpers/suite.js';

const test = suite('runner');
const helper = new URL('./helpers/suite.js', import.meta.url).href;
const browsers = new URL('./helpers/browser.js', import.meta.url).href;
const head = `import { suite } from '${helper}'; const test = suite('sample');\n`;

/** Runs the runner on one file and gives its exit code and last line; `meanwhile` gets the runner's process. */
async function verdict(source, { limit = 20, pattern, meanwhile } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'runner-'));
  if (source !== null) writeFileSync(join(folder, 'sample.test.js'), source);
  try {
    return await new Promise((resolve) => {
      const runner = execFile(
        process.execPath,
        ['tests/run.js', ...(pattern ? [pattern] : [])],
        { env: { ...process.env, TEST_FOLDER: folder, TEST_LIMIT: String(limit) } },
        (error, stdout) =>
          resolve({ code: error ? (error.code ?? error.signal) : 0, last: stdout.trim().split('\n').at(-1), stdout }),
      );
      meanwhile?.(runner);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a good suite passes and is counted', async () => {
  const { code, last } = await verdict(`${head}test('a', () => {}); test('b', () => {}); test.run();`);
  assert.is(last, '2 passed, 0 failed');
  assert.is(code, 0);
});

test('a skipped test is counted apart', async () => {
  const { code, last } = await verdict(`${head}test('a', () => {}); test.skip('b', () => {}); test.run();`);
  assert.is(last, '1 passed, 0 failed, 1 skipped');
  assert.is(code, 0);
});

test('a browser that is missing is counted beside the suites that ran', async () => {
  const { code, last, stdout } = await verdict(
    `${head}import { skip } from '${browsers}'; skip('Netscape'); test('a', () => {}); test.run();`,
  );
  assert.is(last, '1 passed, 0 failed, 1 skipped');
  assert.match(stdout, /SKIPPED: Netscape/);
  assert.is(code, 0);
});

const second = `const other = suite('other'); other('c', () => {}); other.run();`;
const BAD = {
  'a failing assertion': `${head}test('a', () => { throw new Error('no'); }); test.run();`,
  'a before hook that throws': `${head}test.before(() => { throw new Error('no'); }); test('a', () => {}); test.run();`,
  'a before hook that throws, hidden by skipped tests': `${head}test.before(() => { throw new Error('no'); });
    test('a', () => {}); test.skip('b', () => {}); test.skip('c', () => {}); test.run(); ${second}`,
  'an after hook that throws': `${head}test.after(() => { throw new Error('no'); }); test('a', () => {}); test.run();`,
  'a test that never settles': `${head}test('a', () => new Promise(() => {})); test.run(); ${second}`,
  'a rejection nobody waits for': `${head}test('a', () => void Promise.reject(new Error('no'))); test.run();`,
  'a suite that is never run': `${head}test('a', () => {});`,
  'a suite that is never run beside a good one': `${head}test('a', () => {}); ${second}`,
  'a suite without tests beside a good one': `${head}test.run(); ${second}`,
  '.only left in': `${head}test.only('a', () => {}); test.run();`,
  'a suite without tests': `${head}test.run();`,
  'an empty file': '',
  'a file that does not load': 'import "./absent.js";',
  'an exit in the middle': `${head}test('a', () => process.exit(0)); test('b', () => {}); test.run();`,
};
for (const [what, source] of Object.entries(BAD)) {
  test(`${what} fails`, async () => {
    const { code, last, stdout } = await verdict(source);
    assert.is(code, 1, stdout);
    assert.match(last, /^\d+ passed, [1-9]\d* failed/);
  });
}

test('a test that hangs is killed and fails', async () => {
  const { code, stdout } = await verdict(
    `${head}test('a', () => new Promise(() => setInterval(() => {}, 1000))); test.run();`,
    { limit: 2 },
  );
  assert.is(code, 1);
  assert.match(stdout, /killed after 2 s/);
});

/** Whether a process still runs; one that has ended and waits for init to notice does not. */
function alive(pid) {
  try {
    process.kill(pid, 0);
    return !existsSync('/proc/self/stat') || !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** A test that starts a process, writes its number to a file and then does `then`. */
const starts = (
  file,
  then,
) => `${head}import { spawn } from 'node:child_process'; import { writeFileSync } from 'node:fs';
  test('a', () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    writeFileSync('${file}', String(child.pid));
    child.unref();
    ${then}
  });
  test.run();`;

test('what a test leaves behind is ended, and not waited for', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'runner-')), 'pid');
  const { code, last, stdout } = await verdict(starts(file, ''));
  assert.is(code, 0, stdout);
  assert.is(last, '1 passed, 0 failed');
  assert.not(alive(Number(readFileSync(file, 'utf8'))));
  rmSync(dirname(file), { recursive: true });
});

test('a runner that is told to end takes its tests with it', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'runner-')), 'pid');
  const { code, last } = await verdict(starts(file, 'return new Promise(() => setInterval(() => {}, 1000));'), {
    async meanwhile(runner) {
      while (!(existsSync(file) && readFileSync(file, 'utf8'))) await new Promise((done) => setTimeout(done, 20));
      runner.kill('SIGTERM');
    },
  });
  assert.is(code, 1);
  assert.match(last, /ended by SIGTERM/);
  assert.not(alive(Number(readFileSync(file, 'utf8'))));
  rmSync(dirname(file), { recursive: true });
});

test('a pattern that matches nothing fails', async () => {
  const { code } = await verdict(`${head}test('a', () => {}); test.run();`, { pattern: 'absent' });
  assert.is(code, 1);
});

test('a folder without tests fails', async () => {
  const { code, last } = await verdict(null);
  assert.is(code, 1);
  assert.match(last, /0 passed, 1 failed/);
});

test.run();
