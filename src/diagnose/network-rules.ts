// Known causes between the guest's network and its SSH server, and in firmware that boots from the network.
import type { Rule } from './rule.ts';

export const networkRules: readonly Rule[] = [
  {
    id: 'dhcp-failed',
    severity: 'error',
    evidence: [
      {
        where: 'console',
        pattern: /udhcpc: no lease, (?:failing|forking)|No DHCPOFFERS received|DHCP.{0,20} (?:timed out|timeout)/,
      },
    ],
    cause: 'No DHCP server answered.',
    advice: 'Check the network device and its driver; user networking answers at once when the device works.',
    source: 'busybox udhcpc; dhclient; dhcpcd',
    cost: { of: 'idle', name: 'networking' },
  },
  {
    id: 'dhcp-late',
    severity: 'warning',
    evidence: [
      {
        where: 'console',
        pattern: /udhcpc: (?:broadcasting|sending) discover|DHCPDISCOVER on (\S+)/,
        times: 2,
        // udhcpc does not say for which interface it asks: each has a process of its own, one after the other.
        anew: /udhcpc: (?:started|(?:broadcasting|sending) select|lease of)/,
      },
    ],
    cause: 'DHCP answered late: requests were repeated.',
    advice: 'Give the guest a static address, or check why the first request is lost (link not yet up, driver late).',
    source: 'busybox udhcpc (3 s between requests)',
    cost: { of: 'idle', name: 'networking' },
    unless: ['dhcp-failed', 'no-network-device'],
  },
  {
    // Many guests keep what their DHCP client says from the console: the wait is seen, what was waited for is not.
    id: 'networking-waits',
    severity: 'warning',
    evidence: [{ where: 'phases', name: 'networking', idleOverMs: 2_500 }],
    cause: 'While networking came up, nothing happened for some time.',
    advice: 'Give the guest a static address once: if the wait is gone, it was for DHCP; otherwise look at the link.',
    source: 'busybox udhcpc (3 s between requests); ifupdown',
    cost: { of: 'idle', name: 'networking' },
    unless: ['dhcp-failed', 'dhcp-late', 'no-network-device'],
  },
  {
    id: 'no-network-device',
    severity: 'error',
    evidence: [
      {
        where: 'console',
        pattern: /ip: can't find device '?\w+|Cannot find device "\w+"|SIOCGIFFLAGS: No such device/,
      },
      { where: 'console', pattern: /ifconfig: SIOC\w+: No such device|udhcpc: SIOC\w+: No such device/ },
    ],
    cause: 'The guest has no network device of the name it wants to bring up.',
    advice: 'Load virtio_net in the guest, and check the name in its network configuration.',
    source: 'busybox ip and ifconfig',
    // Its driver is one of them.
    unless: ['modules-missing'],
  },
  {
    id: 'networking-failed',
    severity: 'error',
    evidence: [{ where: 'console', pattern: /\* ERROR: networking failed to start/ }],
    cause: 'The networking service of the guest failed.',
    advice: 'Run rc-service networking restart in the guest and read what ifup says.',
    source: 'OpenRC; ifupdown',
    unless: ['dhcp-failed', 'no-network-device'],
  },
  {
    id: 'sshd-penalty',
    severity: 'error',
    evidence: [{ where: 'probes', pattern: /^ssh\S* .*Not allowed at this time/i }],
    cause: 'The SSH server refuses this client for a while because earlier connections hung up.',
    advice: 'Set PerSourcePenalties no in the guest, or connect to it from nowhere else meanwhile.',
    source: 'OpenSSH sshd_config PerSourcePenalties',
  },
  {
    id: 'login-denied',
    severity: 'error',
    evidence: [{ where: 'probes', pattern: /^login (?:denied|\S+ .*Permission denied)/ }],
    cause: 'The SSH server is there but does not accept the key.',
    advice:
      'Add the public key to the authorized_keys file in the guest, and check the owner of that file and its folder.',
    source: 'OpenSSH AuthorizedKeysFile, StrictModes',
  },
  {
    id: 'uefi-network-boot',
    severity: 'warning',
    evidence: [
      {
        where: 'console',
        pattern:
          />>\s?Start (?:PXE|HTTP Boot) over IPv[46]|BdsDxe: (?:failed to load|No bootable option).*(?:PXE|HTTP)/,
      },
    ],
    cause: 'The firmware tries to boot from the network before the disk.',
    advice: 'Boot the kernel directly, or set bootindex=1 on the disk and romfile= (empty) on the network device.',
    source: 'EDK2 BdsDxe',
    cost: { of: 'evidence', still: /^\s*$|^>>|PXE|HTTP|NBP|^\s+(?:Error|Station|Server|URI)/ },
  },
];
