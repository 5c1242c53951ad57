// A file that a user wrote, as text: what cannot be one is told before it is read.
import { readFileSync, statSync } from 'node:fs';
import { usageError } from '../model/errors.ts';

const largestFile = 1024 * 1024;

/** `name` is how messages call it, `otherwise` what to do where there is none. Throws a usage error. */
export function readText(path: string, name: string, otherwise: string): string {
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) throw usageError(`${name} is a folder`, 'name a file in it');
    // A pipe or a device could block for ever or never end.
    if (!stats.isFile()) throw usageError(`${name} is not a regular file`);
    if (stats.size > largestFile) throw usageError(`${name} is larger than 1 MiB (${stats.size} bytes)`);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    throw readError(error, name, otherwise);
  }
}

function readError(error: unknown, name: string, otherwise: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOENT') return usageError(`there is no file ${name}`, otherwise, error);
  if (code === 'EACCES') return usageError(`${name} may not be read by this user`, `try: chmod u+r ${name}`, error);
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
    return usageError(`${name} is not valid UTF-8`, 'save it as UTF-8', error);
  }
  if (typeof code === 'string' && code !== '') return usageError(`${name} cannot be read: ${code}`, '', error);
  return error;
}
