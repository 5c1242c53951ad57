// The places in one line where an init system says that a service begins or has ended.
import type { MarkerProfile } from './marker-profiles.ts';
import { serviceName } from './service-names.ts';

interface Place {
  readonly index: number;
  readonly end: number;
}

/** An empty name ends the innermost service. `whole`: begin and end stand in one text. */
export type ServiceToken =
  | (Place & { readonly kind: 'began'; readonly name: string; readonly indent: number })
  | (Place & { readonly kind: 'ended'; readonly name: string; readonly outcome: 'ok' | 'failed' })
  | (Place & {
      readonly kind: 'whole';
      readonly name: string;
      readonly indent: number;
      readonly outcome: 'ok' | 'failed';
    });

/** ebegin and eend of OpenRC, and ` * Mounting root: ok.` of Alpine's initramfs. */
const openrcPattern = / \*( {1,16})(\S[^*]{0,120}?) ?\.\.\.|\[ (ok|!!) \]| \* ([^*:]{1,80}): (ok|failed)\./g;
const systemdBegan =
  /^ {4,}(?:Starting|Mounting|Activating swap) (?!.{0,40}(?:initrd-switch-root|Switch Root))([^[\]]{1,200}?)\.\.\./;
const systemdEnded =
  /\[ *(OK|FAILED) *\] (?:Started|Finished|Mounted|Activated swap|Failed to (?:start|mount)) (.{1,200}?)\.?$/;

/** Tokens in the order in which they stand in the text. */
export function serviceTokens(system: MarkerProfile['services'], text: string): ServiceToken[] {
  if (system === 'openrc') return openrcTokens(text);
  if (system === 'systemd') return systemdTokens(text);
  return [];
}

function openrcTokens(text: string): ServiceToken[] {
  if (!text.includes(' *') && !text.includes('[ ')) return [];
  const tokens: ServiceToken[] = [];
  for (const match of text.matchAll(openrcPattern)) {
    const place = { index: match.index, end: match.index + match[0].length };
    const [, indent, announced, sign, step, result] = match;
    if (announced !== undefined) {
      tokens.push({ ...place, kind: 'began', name: serviceName(announced.trim()), indent: indent?.length ?? 1 });
    } else if (sign !== undefined) {
      tokens.push({ ...place, kind: 'ended', name: '', outcome: sign === 'ok' ? 'ok' : 'failed' });
    } else if (step !== undefined) {
      const outcome = result === 'ok' ? 'ok' : 'failed';
      tokens.push({ ...place, kind: 'whole', name: `initramfs: ${step}`, indent: 1, outcome });
    }
  }
  return tokens;
}

function systemdTokens(text: string): ServiceToken[] {
  const over = systemdEnded.exec(text);
  if (over) {
    const outcome = over[1] === 'OK' ? 'ok' : 'failed';
    return [{ index: over.index, end: text.length, kind: 'ended', name: unitName(over[2] ?? ''), outcome }];
  }
  const began = systemdBegan.exec(text);
  if (!began) return [];
  const end = began.index + began[0].length;
  return [{ index: began.index, end, kind: 'began', name: unitName(began[1] ?? ''), indent: 1 }];
}

/** `ssh.service - OpenBSD Secure Shell server` -> `ssh`; older systemd prints the description alone. */
function unitName(text: string): string {
  const unit = /^(\S+)\.(service|mount|swap|socket) - /.exec(text);
  if (unit) return unit[2] === 'service' ? (unit[1] as string) : `${unit[1]}.${unit[2]}`;
  return text.trim();
}
