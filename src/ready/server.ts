// Ready when a server of the guest answers as it must: TCP, HTTP, or a port of the virtio socket. The watch is the SSH banner's.
import type { ProbeEvent } from '../model/boot.ts';
import { printable } from '../model/plain-text.ts';
import { type ReadinessOf, readyMetric } from '../model/readiness.ts';
import { type Pattern, userPattern } from '../model/user-pattern.ts';
import type { BannerReading } from '../ssh/banner-text.ts';
import { type OtherServer, watchBanner } from '../ssh/ssh-banner.ts';
import type { AwaitedGuest, Seen } from './seen.ts';

type Server = ReadinessOf<'tcp' | 'http' | 'vsock'>;

export async function seeServer(server: Server, guest: AwaitedGuest): Promise<Seen | null> {
  const { vm, signal } = guest;
  const { probe, ...how } = await howToAsk(server, guest);
  // A port of the host has no closed neighbour that tells when the network is up.
  const isOnHost = server.kind === 'vsock' || vm.portOf(server.port) === server.port;
  const hit = await watchBanner({
    nowNs: guest.nowNs,
    signal,
    onEvent: (event: ProbeEvent) => void (event.outcome !== 'banner' && guest.onEvent(event)),
    port: server.kind === 'vsock' ? 0 : vm.portOf(server.port),
    closedPort: isOnHost ? null : vm.closedPort,
    other: { probe, ...how },
  });
  // It may have answered from the moment on at which it was last known not to.
  return hit && { atNs: hit.atNs, startedNs: Math.max(0, hit.startedNs - hit.resolutionNs), detail: hit.banner };
}

async function howToAsk(server: Server, { vm }: AwaitedGuest): Promise<OtherServer> {
  const probe = readyMetric(server);
  switch (server.kind) {
    case 'tcp':
      return { probe, read: server.banner === null ? null : bannerReader(userPattern(server.banner, 'lines')) };
    case 'http':
      return {
        probe,
        hello: `GET ${server.path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bootgauge\r\nAccept: */*\r\nConnection: close\r\n\r\n`,
        read: httpReader(server.status, server.body === null ? null : userPattern(server.body, 'lines')),
      };
    case 'vsock':
      return {
        probe,
        path: await vm.place(server.socket),
        hello: `CONNECT ${server.port}\n`,
        read: (bytes) => (bytes.startsWith('OK ') ? answered(bytes) : bytes.length < 3 ? incomplete : wrong(bytes)),
      };
  }
}

/** What is looked at of a server that says more: a banner without end must not keep the loop busy. */
const longestBanner = 1024;
const longestPage = 65_536;

function bannerReader(wanted: Pattern): NonNullable<OtherServer['read']> {
  return (bytes, isEnd) => {
    const text = utf8(bytes.slice(0, longestBanner));
    if (wanted.test(text)) return answered(text);
    return isEnd || bytes.length >= longestBanner ? wrong(text) : incomplete;
  };
}

function httpReader(status: number, body: Pattern | null): NonNullable<OtherServer['read']> {
  return (bytes, isEnd) => {
    const [, code] = /^HTTP\/1\.[01] (\d{3})[^\r\n]{0,200}\r?\n/.exec(bytes) ?? [];
    if (code === undefined) return isEnd || bytes.length > 300 ? wrong(bytes) : incomplete;
    if (Number(code) !== status) return { kind: 'wrong', text: `status ${code}` };
    if (body === null) return { kind: 'banner', text: `status ${code}` };
    const page = pageOf(bytes);
    if (!isEnd && !page.isWhole && bytes.length < longestPage) return incomplete;
    return body.test(utf8(page.text))
      ? { kind: 'banner', text: `status ${code}` }
      : { kind: 'wrong', text: `status ${code}, another page` };
  };
}

interface Page {
  readonly text: string;
  /** A server that keeps the connection open says where its answer ends. */
  readonly isWhole: boolean;
}

/** What stands behind the head. */
function pageOf(all: string): Page {
  const bytes = all.slice(0, longestPage);
  const end = /\r?\n\r?\n/.exec(bytes);
  if (end === null) return { text: '', isWhole: false };
  const head = bytes.slice(0, end.index);
  const text = bytes.slice(end.index + end[0].length);
  if (/\ntransfer-encoding:[^\r\n]*\bchunked\b/i.test(head)) return joinedChunks(text);
  const [, length] = /\ncontent-length: *(\d{1,9})/i.exec(head) ?? [];
  if (length === undefined) return { text, isWhole: false };
  return { text: text.slice(0, Number(length)), isWhole: text.length >= Number(length) };
}

/** Each chunk stands behind its length in hexadecimal digits; one of nothing is the last. */
function joinedChunks(bytes: string): Page {
  const line = /([\da-f]{1,8})[^\r\n]{0,200}\r?\n/iy;
  let text = '';
  for (let at = 0; ; ) {
    line.lastIndex = at;
    const [all = '', digits] = line.exec(bytes) ?? [];
    if (digits === undefined) return { text, isWhole: false };
    const [start, length] = [at + all.length, Number.parseInt(digits, 16)];
    if (length === 0) return { text, isWhole: true };
    text += bytes.slice(start, start + length);
    at = start + length + (bytes[start + length] === '\r' ? 2 : 1);
  }
}

const incomplete: BannerReading = { kind: 'incomplete' };
const answered = (text: string): BannerReading => ({ kind: 'banner', text: printable(text) });
const wrong = (text: string): BannerReading => ({ kind: 'wrong', text: printable(text) });
const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');
