// The runner and the suite wrapper must not pass in silence: bad suites in a folder of their own, and what the runner
// makes of them.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from './helpers/suite.js';

const test = suite('runner');
const helper = new URL('./helpers/suite.js', import.meta.url).href;
const head = `import { suite } from '${helper}'; const test = suite('sample');\n`;

/** Runs the runner on one file and gives its exit code and last line. */
async function verdict(source, { limit = 20, pattern } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'runner-'));
  mkdirSync(folder, { recursive: true });
  if (source !== null) writeFileSync(join(folder, 'sample.test.js'), source);
  try {
    return await new Promise((resolve) => {
      execFile(
        process.execPath,
        ['tests/run.js', ...(pattern ? [pattern] : [])],
        {
          env: { ...process.env, TEST_FOLDER: folder, TEST_LIMIT: String(limit) },
        },
        (error, stdout) => resolve({ code: error ? error.code : 0, last: stdout.trim().split('\n').at(-1), stdout }),
      );
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

const BAD = {
  'a failing assertion': `${head}test('a', () => { throw new Error('no'); }); test.run();`,
  'a before hook that throws': `${head}test.before(() => { throw new Error('no'); }); test('a', () => {}); test.run();`,
  'a suite that is never run': `${head}test('a', () => {});`,
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
