// When a guest's SSH banner first left its network card: QEMU's own record of the packets (-object filter-dump), a witness that owes
// nothing to the probe.
import { readFile } from 'node:fs/promises';

/** QEMU's words for a record of what crosses the card. */
export const recordPackets = (path: string): string[] => [
  '-object',
  `filter-dump,id=packets,netdev=net0,file=${path},maxlen=256`,
];

/**
 * Nanoseconds since the spawn at which the first packet with a banner left the guest; null when there is none.
 * The record counts the guest's own clock, which starts with the guest, from a whole second of the host's: the whole
 * seconds are told by `nearNs`, which must be within half a second of the truth.
 */
export async function bannerPacketNs(path: string, guestStartedNs: number, nearNs: number): Promise<number | null> {
  const record = await readFile(path);
  const headerLength = 24;
  if (record.length < headerLength || record.readUInt32LE(0) !== 0xa1b2c3d4) {
    throw new Error(`${path} is no record of packets`);
  }
  for (let at = headerLength; at + 16 <= record.length; ) {
    const length = record.readUInt32LE(at + 8);
    const packet = record.subarray(at + 16, at + 16 + length);
    if (sentBySsh(packet) && packet.includes('SSH-2.0-')) {
      const guestNs = guestStartedNs + (record.readUInt32LE(at) % 1000) * 1e9 + record.readUInt32LE(at + 4) * 1000;
      return guestNs + Math.round((nearNs - guestNs) / 1e9) * 1e9;
    }
    at += 16 + length;
  }
  return null;
}

/** Ethernet, IPv4, TCP from port 22. */
function sentBySsh(packet: Buffer): boolean {
  if (packet.length < 54 || packet.readUInt16BE(12) !== 0x0800 || packet[23] !== 6) return false;
  const tcp = 14 + ((packet[14] ?? 0) & 15) * 4;
  return packet.length > tcp + 2 && packet.readUInt16BE(tcp) === 22;
}
