// The commands of the house: what build.sh installs, refuses and leaves alone, and the server behind `npm start`.
// Set-up is tried in a folder of its own, on a PATH of a few programs with an apt-get that is only a script.
import { execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { POLICY, serve } from '../web/server.js';
import { suite } from './helpers/suite.js';

const test = suite('build');

const PROGRAMS = ['bash', 'cat', 'dirname', 'env', 'grep', 'head', 'mkdir', 'tail', 'touch'];
const where = (name) =>
  process.env.PATH.split(':')
    .map((folder) => join(folder, name))
    .find(exists);
function exists(path) {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
}

/** A folder with build.sh, the lock and a PATH of scripts; `with(…)` runs in it and it is removed. */
async function house(use) {
  const folder = mkdtempSync(join(tmpdir(), 'house-'));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const file of ['build.sh', 'package-lock.json']) copyFileSync(file, join(folder, file));
  for (const name of PROGRAMS) symlinkSync(where(name), join(bin, name));
  symlinkSync(process.execPath, join(bin, 'node'));
  const script = (name, body) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  script('id', 'echo 0');
  script('sleep', 'exit 0');
  const modules = (change = (packages) => packages) => {
    const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
    delete lock.packages[''];
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    writeFileSync(
      join(folder, 'node_modules/.package-lock.json'),
      JSON.stringify({ ...lock, packages: change(lock.packages) }),
    );
  };
  const run = (args, env = {}) =>
    new Promise((resolve) => {
      const options = { cwd: folder, env: { PATH: bin, ...env } };
      execFile('bash', ['build.sh', ...args], options, (error, stdout, stderr) =>
        resolve({ code: error ? error.code : 0, text: stdout + stderr }),
      );
    });
  try {
    return await use({ folder, bin, script, modules, run });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a missing compiler without set-up is one sentence that names both commands', () =>
  house(async ({ run }) => {
    for (const env of [{ NO_SETUP: '1' }, {}]) {
      const { code, text } = await run([], env);
      assert.is(code, 1);
      assert.is(
        text,
        "build.sh: 'emcc' is missing. Install it: apt-get install emscripten   (macOS: brew install emscripten)\n",
      );
    }
  }));

test('apt is asked again while another holds a lock', () =>
  house(async ({ folder, bin, script, modules, run }) => {
    modules();
    script(
      'apt-get',
      `echo "$@" >>${folder}/asked
      case "$*" in
        *update*) exit 0 ;;
        *) [ -e ${folder}/free ] && { echo '#!/bin/sh' >${bin}/emcc; ${where('chmod')} +x ${bin}/emcc; exit 0; }
           touch ${folder}/free; echo 'E: Could not get lock /var/lib/apt/lists/lock'; exit 100 ;;
      esac`,
    );
    const { code, text } = await run(['setup', 'build']);
    assert.is(code, 0, text);
    const asked = readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n');
    assert.is(asked.length, 3);
    assert.match(asked[0], /APT::Update::Error-Mode=any.* update$/);
    for (const line of asked.slice(1)) assert.match(line, /install -y --no-install-recommends emscripten$/);
  }));

test('apt that fails for another reason is not asked again, and says why', () =>
  house(async ({ folder, script, run }) => {
    script('apt-get', `echo "$@" >>${folder}/asked; echo 'E: Unable to locate package'; exit 100`);
    const { code, text } = await run(['setup', 'build']);
    assert.is(code, 1);
    assert.is(readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n').length, 2, 'one update, one install');
    assert.match(text, /Unable to locate package/);
    assert.match(text, /'emcc' is missing/);
  }));

test('npm packages: a finished install is kept, a half-finished or older one is not', () =>
  house(async ({ folder, script, modules, run }) => {
    script('emcc', 'exit 0');
    script('npm', `echo "$@" >>${folder}/asked`);
    const refused = await run(['setup', 'build'], { NO_SETUP: '1' });
    assert.is(refused.code, 1);
    assert.match(refused.text, /npm packages are missing.*npm ci/);
    modules();
    assert.is((await run(['setup', 'build'], { NO_SETUP: '1' })).code, 0);
    assert.is((await run(['setup', 'build'])).code, 0);
    assert.not(exists(join(folder, 'asked')));
    modules(({ 'node_modules/uvu': uvu, ...others }) => others);
    assert.is((await run(['setup', 'build'])).code, 0);
    modules((packages) => ({ ...packages, 'node_modules/uvu': { ...packages['node_modules/uvu'], version: '0.0.1' } }));
    assert.is((await run(['setup', 'build'])).code, 0);
    const asked = readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n');
    assert.equal(
      asked.map((line) => line.split(' ')[0]),
      ['ci', 'ci'],
    );
  }));

test('missing browsers are said loudly and stop nothing', () =>
  house(async ({ script, run }) => {
    script('gcc', 'exit 0');
    script('clang', 'exit 0');
    const { code, text } = await run(['setup', 'test'], { NO_SETUP: '1' });
    assert.is(code, 0);
    assert.match(text, /SKIPPED browsers.*apt-get install chromium firefox-esr webkit2gtk-driver xvfb/);
  }));

test('a step that does not exist', () =>
  house(async ({ run }) => {
    const { code, text } = await run(['everything']);
    assert.is(code, 1);
    assert.match(text, /unknown step 'everything'/);
  }));

/** Starts a command that serves, and gives its process and address. */
function start(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        text += data;
        const address = /http:\S+/.exec(text)?.[0];
        if (address) resolve({ child, address });
      });
    }
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${text}`)));
  });
}

async function stopped(child, address) {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
  await assertRefused(address);
}

/** Nobody listens, or soon nobody does: npm may be gone before the process it told to end. */
async function assertRefused(address) {
  for (let tries = 0; tries < 50; tries++) {
    const answer = await fetch(address).catch((error) => error.cause?.code);
    if (answer === 'ECONNREFUSED') return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.unreachable(`${address} still answers`);
}

test('npm start serves the page and says where; SIGTERM to npm ends the server', async () => {
  const { child, address } = await start('npm', ['start', '--', '--port', '0']);
  const answer = await fetch(address);
  assert.is(answer.status, 200);
  assert.match(await answer.text(), /data-state="busy"/);
  await stopped(child, address);
});

test('a port that is taken: another one, unless it was asked for', async () => {
  const other = createServer();
  await new Promise((done) => other.once('error', done).listen(8080, '127.0.0.1', done)); // or it is taken already
  try {
    const { child, address } = await start(process.execPath, ['web/server.js']);
    assert.is.not(new URL(address).port, '8080');
    const { port } = new URL(address);
    const refused = await start(process.execPath, ['web/server.js', '--port', port]).catch((error) => error);
    assert.is(refused.message, `ended with 1: port ${port} is taken; choose another with --port N\n`);
    await stopped(child, address);
  } finally {
    other.close();
  }
  const bad = await start(process.execPath, ['web/server.js', '--port', 'http']).catch((error) => error);
  assert.match(bad.message, /ended with 1: --port: got http, expected a number/);
});

test('the server gives files of its folder under one policy, and nothing else', async () => {
  const server = await serve({ folder: 'dist/web', base: '/some/where/' });
  const { port } = new URL(server.address);
  // a path as it stands, without the tidying that fetch does
  const ask = (path, method = 'GET') =>
    new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path, method };
      request(options, (answer) => {
        answer.resume();
        answer.once('end', () => resolve(answer));
      })
        .once('error', reject)
        .end();
    });
  try {
    const page = await ask('/some/where/?a=b');
    assert.is(page.statusCode, 200);
    assert.is(page.headers['content-security-policy'], POLICY);
    assert.match(page.headers['content-type'], 'text/html');
    assert.is((await ask('/some/where/main.js', 'HEAD')).headers['content-type'], 'text/javascript; charset=utf-8');
    assert.is((await ask('/some/where/', 'POST')).statusCode, 405);
    const absent = ['/', '/main.js', '/some/where', '/some/where/absent', '/some/where/%00', '/some/where/%', '//'];
    const outside = [
      '/some/where/../../../package.json',
      '/some/where/..%2f..%2fpackage.json',
      '/some/where/%2e%2e/package.json',
    ];
    const long = `/some/where/${'x'.repeat(300)}`;
    for (const path of [...absent, ...outside, long]) assert.is((await ask(path)).statusCode, 404, path);
    assert.match(POLICY, "script-src 'self' 'wasm-unsafe-eval';");
    assert.is((await ask('/some/where/')).statusCode, 200, 'the server has survived them all');
  } finally {
    await server.close();
  }
});

test.run();
