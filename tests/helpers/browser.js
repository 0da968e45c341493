// Browsers as the tests use them: Debian's own, headless, as root too. A missing one is null, and its suite says so
// loudly.
import { existsSync } from 'node:fs';

const first = (...paths) => paths.find((path) => existsSync(path)) ?? null;
export const CHROMIUM = first('/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome');
export const FIREFOX = first('/usr/bin/firefox-esr', '/usr/bin/firefox');
export const WEBKIT = first('/usr/bin/WebKitWebDriver');

const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'];

/** @returns {Promise<import('playwright-core').Browser>} */
export async function openChromium() {
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath: CHROMIUM, args: QUIET });
}

/** @returns {Promise<import('puppeteer-core').Browser>} */
export async function openFirefox() {
  const { default: puppeteer } = await import('puppeteer-core');
  return puppeteer.launch({ browser: 'firefox', executablePath: FIREFOX, protocol: 'webDriverBiDi', headless: true });
}

/** Says that a browser is missing, in a form the runner counts as skipped. */
export function skip(what) {
  console.log(`SKIPPED: ${what} is not installed; ./build.sh test installs it`);
  console.log('0 passed, 0 failed, 1 skipped');
}
