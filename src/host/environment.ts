// What a started program may know of our environment: an allow-list, so that tokens and CI inputs never reach the code under test.
import type { Variables } from '../model/variables.ts';

const names = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'TMPDIR',
  'TERM',
  'TZ',
  'LANG',
  'LANGUAGE',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'RENDER_SERVER_EXEC_PATH',
  'HVF_WFI_SLEEP',
  'SOURCE_DATE_EPOCH',
  'http_proxy',
  'https_proxy',
  'no_proxy',
]);
const prefixes = ['LC_', 'DYLD_', 'LD_LIBRARY_', 'VK_', 'XDG_', 'MESA_', 'LIBGL_', 'GBM_', 'EGL_', '__EGL_', 'MVK_'];

/** The allowed part of `source`, then `added` on top. Names in `added` are taken as they are. */
export function allowedEnvironment(
  source: Variables = process.env,
  added: Readonly<Record<string, string>> = {},
): Record<string, string> {
  // Names first: process.env asks the system for every value that is read.
  const kept = Object.keys(source).filter(
    (name) => names.has(name) || prefixes.some((prefix) => name.startsWith(prefix)),
  );
  const pairs = kept
    .map((name) => [name, source[name]])
    .filter((pair): pair is [string, string] => pair[1] !== undefined);
  return { ...Object.fromEntries(pairs), ...added };
}
