// The places in one line where an init system says that a service begins or has ended. Which one speaks is plain from the words, so all are
// read on every console.
import { serviceName } from './service-names.ts';

/** Who speaks. What one of them began is ended by itself. */
export type Voice =
  | 'openrc'
  | 'systemd'
  | 'systemd-log'
  | 'sysv'
  | 'procd'
  | 'runit'
  | 's6'
  | 'initramfs'
  | 'mkinitcpio';

interface Place {
  readonly index: number;
  readonly end: number;
  readonly voice: Voice;
}

export type ServiceToken =
  /** `label`: the whole text that names it, which may be cut in its middle. An indent of 0: inside whatever its voice has open. */
  | (Place & { readonly kind: 'began'; readonly name: string; readonly label: string; readonly indent: number })
  /** An empty label ends the innermost service of the voice. */
  | (Place & { readonly kind: 'ended'; readonly label: string; readonly outcome: 'ok' | 'failed' })
  /** Begin and end stand in one text. */
  | (Place & { readonly kind: 'whole'; readonly name: string; readonly outcome: 'ok' | 'failed' })
  /** OpenRC says which service failed, which may have said so itself before. */
  | (Place & { readonly kind: 'failed'; readonly name: string });

/** ebegin and eend of OpenRC, its last word on a service, and ` * Mounting root: ok.` of Alpine's initramfs. */
const openrcPattern =
  / \*( {1,16})(\S[^*]{0,120}?) ?\.\.\.|\[ (ok|!!) \]| \* ([^*:]{1,80}): (ok|failed)\.|\* ERROR: (\S{1,80}) failed to start/g;

const systemdBegan =
  /^ {4,}(?:Starting|Mounting|Activating swap|Expecting device) (?!.{0,40}(?:initrd-switch-root|Switch Root))([^[\]]{1,200}?)\.\.\.(?=\s*$|\s*\[)/;
const systemdEnded =
  /\[ *(OK|FAILED|DEPEND|TIME|INFO|SKIP) *\] (?:Started|Finished|Mounted|Activated swap|Listening on|Found device|Skipped|Failed to (?:start|mount|listen on|activate swap)|Dependency failed for|Timed out (?:starting|mounting|waiting for device)) (.{1,200}?)\.?$/;
/** The same through the kernel's log, where status words are not shown. */
const systemdLog =
  /\bsystemd\[1\]: (?:(?:Starting|Mounting|Activating swap|Expecting device) (?!.{0,40}(?:initrd-switch-root|Switch Root))(.{1,200}?)\.\.\.$|(Started|Finished|Mounted|Activated swap|Listening on|Found device|Failed to (?:start|mount|listen on)|Dependency failed for|Timed out (?:starting|mounting|waiting for device)) (.{1,200}?)\.?$|(.{1,200}?) was skipped because )/;

/** Scripts of busybox init and of SysV: `Starting sshd: OK`, `Starting sshd: [  OK  ]`, `Starting internet superserver: inetd.` */
const sysvBegan =
  /^(?:Starting|Running|Initializing|Saving|Populating|Seeding|Configuring|Loading) ([^:.[\]]{1,60}):(?= |$)/;
const sysvEnded = /(?:^|[ \t])(?:\[ *)?(OK|FAIL|FAILED|done)(?: *\])?\.?$/;
const sysvNamed = /: (?:[\w/-]+ ?){1,4}\.$/;

/** A step in one line, as older Buildroot has it: `Starting mdev... OK`; and one whose begin Debian's fancy output writes over. */
const sysvWhole =
  /^(?:Starting|Initializing) ([^:.[\]]{1,60})\.\.\. ?(OK|done|FAIL)\.?$|^\[\.{4}\] (?:Starting|Setting|Activating|Checking|Mounting|Configuring|Initializing|Loading) ([^:[\]]{1,60})(?::.{0,80})?\[ ?(ok|FAIL|warn|info)/;

const procd = /\bprocd: - (?:(early|watchdog|ubus|init)|init complete) -|^Please press Enter to activate this console/;
const runitStep = /^=> (\S.{0,80}?)(?:\.\.\.|$)/;
const runitStage = /- runit: (enter|leave) stage: (\S{1,80})/;
const s6 =
  /\bs6-rc: (?:info: service (\S{1,80}?):? (starting|(?:successfully )?started(?: successfully)?)|warning: unable to start service (\S{1,80}?):)/;
/** Debian's: `Begin: Mounting root file system ... Begin: Running /scripts/local-top ... done.` */
const initramfsTools = /\bBegin: (\S.{0,80}?) \.\.\.|(?<=^|\s)(done|failed)\.(?=\s|$)/g;
const mkinitcpioHook = /^:: (?:running (?:\w+ )?hook \[([\w-]{1,40})\]|(mounting) \S)/;

/** Tokens of a line that user space wrote, in the order in which they stand in it. */
export function serviceTokens(text: string): ServiceToken[] {
  const tokens: ServiceToken[] = [];
  if (text.includes(' *') || text.includes('[ ')) openrcTokens(text, tokens);
  if (text.startsWith('    ') || text.includes('[')) systemdTokens(text, tokens);
  if (text.includes('Begin: ') || text.includes('done.')) initramfsTokens(text, tokens);
  if (text.startsWith(':: ') || text.startsWith('Welcome to ')) mkinitcpioTokens(text, tokens);
  otherTokens(text, tokens);
  return tokens.sort((a, b) => a.index - b.index);
}

const endedStep = /\] (?:\* )?([A-Z][a-z][^:.]{2,80}): (ok|failed)\.$/;

/** Tokens of a line of the kernel's log: systemd and initramfs write there, too. */
export function kernelLogTokens(text: string): ServiceToken[] {
  if (text.includes('systemd[1]: ')) return systemdLogTokens(text);
  if (text.includes('procd: ')) return procdTokens(text);
  const step = text.endsWith('ok.') || text.endsWith('failed.') ? endedStep.exec(text) : null;
  if (step === null) return [];
  const place = { index: step.index + 2, end: text.length, voice: 'initramfs' as const };
  return [{ ...place, kind: 'whole', name: `initramfs: ${step[1]}`, outcome: step[2] === 'ok' ? 'ok' : 'failed' }];
}

/** What a line of the kernel's log announces and may end in a later line with `: ok.`; null for most. */
export function announcedStep(text: string): string | null {
  if (!text.endsWith('...')) return null;
  const step = /\] (?:\* )?([A-Z][a-z][^:.]{2,80})\.\.\.$/.exec(text)?.[1];
  return step === undefined ? null : `initramfs: ${step}`;
}

function openrcTokens(text: string, tokens: ServiceToken[]): void {
  for (const match of text.matchAll(openrcPattern)) {
    const place = { index: match.index, end: match.index + match[0].length, voice: 'openrc' as const };
    const [, indent, announced, sign, step, result, failed] = match;
    if (announced !== undefined) {
      const label = announced.trim();
      tokens.push({ ...place, kind: 'began', name: serviceName(label), label, indent: indent?.length ?? 1 });
    } else if (sign !== undefined) {
      tokens.push({ ...place, kind: 'ended', label: '', outcome: sign === 'ok' ? 'ok' : 'failed' });
    } else if (step !== undefined) {
      const outcome = result === 'ok' ? 'ok' : 'failed';
      tokens.push({ ...place, kind: 'whole', name: `initramfs: ${step}`, outcome });
    } else if (failed !== undefined) tokens.push({ ...place, kind: 'failed', name: failed });
  }
}

function systemdTokens(text: string, tokens: ServiceToken[]): void {
  const voice = 'systemd';
  const over = systemdEnded.exec(text);
  if (over) {
    const outcome = /^(?:OK|INFO|SKIP)$/.test(over[1] ?? '') ? 'ok' : 'failed';
    tokens.push({ index: over.index, end: text.length, voice, kind: 'ended', label: over[2] ?? '', outcome });
    return;
  }
  const began = systemdBegan.exec(text);
  if (!began) return;
  const label = began[1]?.trim() ?? '';
  const end = began.index + began[0].length;
  tokens.push({ index: began.index, end, voice, kind: 'began', name: unitName(label), label, indent: 1 });
}

function systemdLogTokens(text: string): ServiceToken[] {
  const said = systemdLog.exec(text);
  if (!said) return [];
  const place = { index: said.index, end: text.length, voice: 'systemd-log' as const };
  const [, began, word, over, skipped] = said;
  if (began !== undefined) return [{ ...place, kind: 'began', name: unitName(began), label: began, indent: 1 }];
  const outcome = /^(?:Failed|Dependency|Timed)/.test(word ?? '') ? 'failed' : 'ok';
  return [{ ...place, kind: 'ended', label: over ?? skipped ?? '', outcome }];
}

/** `ssh.service - OpenBSD Secure Shell server` -> `ssh`; older systemd prints the description alone. */
function unitName(text: string): string {
  const unit = /^(\S+?)\.(service|mount|swap|socket|device)(?: - |…|$)/.exec(text);
  if (unit) return unit[2] === 'service' ? (unit[1] as string) : `${unit[1]}.${unit[2]}`;
  return text.trim();
}

function initramfsTokens(text: string, tokens: ServiceToken[]): void {
  const voice = 'initramfs';
  for (const match of text.matchAll(initramfsTools)) {
    const place = { index: match.index, end: match.index + match[0].length, voice } as const;
    const [, step, result] = match;
    if (step === undefined)
      tokens.push({ ...place, kind: 'ended', label: '', outcome: result === 'done' ? 'ok' : 'failed' });
    else tokens.push({ ...place, kind: 'began', name: `initramfs: ${step}`, label: step, indent: 0 });
  }
}

/** Each hook ends where the next one begins, the last one where the system on the disk greets. */
function mkinitcpioTokens(text: string, tokens: ServiceToken[]): void {
  const place = { index: 0, end: text.length, voice: 'mkinitcpio' as const };
  const hook = mkinitcpioHook.exec(text);
  if (hook) {
    const label = `initramfs: ${hook[1] === undefined ? 'mounting' : `hook ${hook[1]}`}`;
    tokens.push({ ...place, kind: 'began', name: label, label, indent: 1 });
  } else if (text.startsWith('Welcome to ')) tokens.push({ ...place, kind: 'ended', label: '', outcome: 'ok' });
}

function otherTokens(text: string, tokens: ServiceToken[]): void {
  const began = sysvBegan.exec(text);
  if (began) {
    const label = began[1]?.trim() ?? '';
    tokens.push({ index: 0, end: began[0].length, voice: 'sysv', kind: 'began', name: label, label, indent: 1 });
  }
  const whole = mayEnd(text) || text.startsWith('[....] ') ? sysvWhole.exec(text) : null;
  if (whole) {
    const [said, plain, word, fancy, sign] = whole;
    const outcome = word === 'FAIL' || sign === 'FAIL' ? 'failed' : 'ok';
    const name = (plain ?? fancy ?? '').trim();
    tokens.push({ index: 0, end: said.length, voice: 'sysv', kind: 'whole', name, outcome });
    return;
  }
  const result = mayEnd(text) ? (sysvEnded.exec(text) ?? (began ? sysvNamed.exec(text) : null)) : null;
  if (result !== null && (began !== null || result[0].trim() === text.trim())) {
    const outcome = result[1]?.startsWith('FAIL') ? 'failed' : 'ok';
    tokens.push({ index: result.index, end: text.length, voice: 'sysv', kind: 'ended', label: '', outcome });
  }
  if (text.includes('procd: ') || text.startsWith('Please press')) tokens.push(...procdTokens(text));
  if (text.includes('s6-rc: ')) s6Tokens(text, tokens);
  if (text.startsWith('=> ') || text.includes('- runit: ')) runitTokens(text, tokens);
}

/** Cheaper than a search: every result of a SysV script ends in one of these. */
const mayEnd = (text: string): boolean => 'KLDe].'.includes(text.at(-1) ?? ' ');

function procdTokens(text: string): ServiceToken[] {
  const match = procd.exec(text);
  if (!match) return [];
  const place = { index: match.index, end: match.index + match[0].length, voice: 'procd' as const };
  if (match[1] === undefined) return [{ ...place, kind: 'ended', label: '', outcome: 'ok' }];
  const name = `procd: ${match[1]}`;
  return [{ ...place, kind: 'began', name, label: name, indent: 1 }];
}

function s6Tokens(text: string, tokens: ServiceToken[]): void {
  const match = s6.exec(text);
  if (!match) return;
  const place = { index: match.index, end: match.index + match[0].length, voice: 's6' as const };
  const [, label = '', word, failed] = match;
  if (failed !== undefined) tokens.push({ ...place, kind: 'ended', label: failed, outcome: 'failed' });
  else if (word === 'starting') tokens.push({ ...place, kind: 'began', name: label, label, indent: 1 });
  else tokens.push({ ...place, kind: 'ended', label, outcome: 'ok' });
}

function runitTokens(text: string, tokens: ServiceToken[]): void {
  const stage = runitStage.exec(text);
  const step = runitStep.exec(text);
  const voice = 'runit';
  if (stage) {
    const label = `runit: ${stage[2]}`;
    const place = { index: stage.index, end: text.length, voice } as const;
    if (stage[1] === 'enter') tokens.push({ ...place, kind: 'began', name: label, label, indent: 1 });
    else tokens.push({ ...place, kind: 'ended', label, outcome: 'ok' });
  } else if (step) {
    const label = (step[1] ?? '').replace(/:$/, '');
    tokens.push({ index: 0, end: step[0].length, voice, kind: 'began', name: label, label, indent: 2 });
  }
}
