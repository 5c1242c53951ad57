// Reads an SSH server's identification line out of bytes that anyone may have sent. Pure.

import { printable } from '../model/plain-text.ts';

export type BannerReading =
  | { readonly kind: 'banner'; readonly text: string }
  | { readonly kind: 'not-allowed'; readonly text: string }
  | { readonly kind: 'not-ssh'; readonly text: string }
  /** Another server gave another answer than the one that is waited for, and may give that one soon. */
  | { readonly kind: 'wrong'; readonly text: string }
  | { readonly kind: 'incomplete' };

/** Bytes that are read before a server without a banner is given up (RFC 4253 lets lines come before the banner). */
export const longestPreamble = 4096;
/** RFC 4253, 4.2: the identification line has at most 255 characters. */
const longestBanner = 255;

/** What the bytes so far say. Bytes are read as Latin-1, so any of them is safe to look at. */
export function readBanner(bytes: string): BannerReading {
  const start = bytes.startsWith('SSH-') ? 0 : bytes.indexOf('\nSSH-') + 1;
  if (start > 0 || bytes.startsWith('SSH-')) {
    const end = bytes.indexOf('\n', start);
    if (end >= 0 && end - start <= longestBanner) return { kind: 'banner', text: printable(bytes.slice(start, end)) };
    if (bytes.length - start > longestBanner) return { kind: 'not-ssh', text: printable(bytes.slice(start)) };
    return { kind: 'incomplete' };
  }
  // OpenSSH 9.8 and later send this before they close on a penalised source.
  if (bytes.startsWith('Not allowed at this time')) return { kind: 'not-allowed', text: 'Not allowed at this time' };
  if (bytes.length >= longestPreamble) return { kind: 'not-ssh', text: printable(bytes) };
  return { kind: 'incomplete' };
}
