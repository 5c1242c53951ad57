// The error of a guest whose mapping lacks what its kind cannot do without.
import { type BootgaugeError, usageError } from '../errors.ts';

export const missingKey = (kind: string, key: string, hint: string): BootgaugeError =>
  usageError(`guest of kind ${kind}: the key '${key}' is missing`, hint);
