// Serves a folder on 127.0.0.1: node web/server.js [--port N] [--folder DIR]. Plain files and one strict policy; the
// page needs no more.
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, resolve } from 'node:path';
import { pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
};
export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; " +
  "worker-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'";

/** The file a request means, or null: never one outside the folder. */
function fileOf(folder, url) {
  try {
    const path = decodeURIComponent(new URL(url, 'http://page').pathname);
    const file = join(folder, normalize(path), path.endsWith('/') ? 'index.html' : '');
    return file.startsWith(`${folder}/`) && statSync(file).isFile() ? file : null;
  } catch {
    return null; // absent, or a name that no file can have
  }
}

/**
 * Serves `folder` under `base` (a path that begins and ends with a slash).
 * @returns {Promise<{ address: string, close: () => Promise<void> }>}
 */
export function serve({ folder, port = 0, base = '/' }) {
  const root = resolve(folder);
  const server = createServer((request, response) => {
    const url = request.url ?? '/';
    const file = url.startsWith(base) ? fileOf(root, `/${url.slice(base.length)}`) : null;
    if (!file || !(request.method === 'GET' || request.method === 'HEAD')) {
      response.writeHead(file ? 405 : 404, { 'content-type': 'text/plain' }).end(file ? 'GET only' : 'not found');
      return;
    }
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-cache',
    });
    if (request.method === 'HEAD') response.end();
    else pipeline(createReadStream(file), response, () => {}); // who leaves early, or a file that goes, ends the answer
  });
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => {
      const { port: bound } = /** @type {import('node:net').AddressInfo} */ (server.address());
      const address = `http://127.0.0.1:${bound}${base}`;
      const close = () =>
        new Promise((closed) => {
          server.close(() => closed(undefined));
          server.closeAllConnections();
        });
      done({ address, close });
    });
  });
}

const DEFAULT_PORT = 8080;

async function main() {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, folder: { type: 'string', default: 'dist/web' } },
  });
  const wanted = values.port === undefined ? DEFAULT_PORT : Number(values.port);
  if (!Number.isInteger(wanted) || wanted < 0 || wanted > 65535) {
    throw new Error(`--port: got ${values.port}, expected a number from 0 to 65535`);
  }
  const folder = /** @type {string} */ (values.folder);
  const { address, close } = await serve({ folder, port: wanted }).catch((error) => {
    if (error.code === 'EADDRINUSE' && values.port === undefined) return serve({ folder });
    throw error.code === 'EADDRINUSE' ? new Error(`port ${wanted} is taken; choose another with --port N`) : error;
  });
  console.log(`The page is at ${address}   (Ctrl-C ends it)`);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => close().then(() => process.exit(0)));
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}
