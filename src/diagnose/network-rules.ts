// Known causes between the guest's network and its SSH server, and in firmware that boots from the network.
import type { Rule } from './rule.ts';

/** A DHCP client asks. Old udhcpc says so without its name. */
const discover =
  /udhcpc: (?:broadcasting|sending) discover|^Sending discover\.\.\.|DHCPDISCOVER on (\S+)|(\S{1,15}): (?:re)?broadcasting for a lease/;
const leased = /udhcpc: lease of|^Lease of \S+ obtained|bound to \d|leased \d|DHCPACK|DHCPv4 address/;

export const networkRules: readonly Rule[] = [
  {
    id: 'dhcp-failed',
    severity: 'error',
    evidence: [
      {
        where: 'console',
        pattern:
          /udhcpc: no lease, (?:failing|forking)|[Nn]o lease, (?:failing|forking)|udhcpc failed to get a DHCP lease|No DHCPOFFERS received|No working leases in persistent database|DHCP.{0,60} (?:timed out|timeout)|dhcp4 \(\S+\): request timed out|IP-Config: (?:Auto-configuration of network failed|no response after \d+ secs)|dhcp for interface \S+ failed|using IPv4LL address/,
      },
      // dhcpcd says it without its name.
      {
        all: [
          { where: 'console', pattern: /^(?:\S+: |dhcpcd\S*: )?timed out$/ },
          { where: 'console', pattern: /dhcpcd|soliciting a DHCP lease/ },
        ],
      },
      { where: 'console', pattern: discover, times: 3, after: leased },
    ],
    cause: 'No DHCP server answered.',
    advice: 'Check the network device and its driver; user networking answers at once when the device works.',
    source: 'busybox udhcpc; dhclient; dhcpcd; NetworkManager; kernel net/ipv4/ipconfig.c',
    cost: { of: 'idle', name: 'networking' },
    unless: ['no-network-device', 'no-carrier'],
  },
  {
    id: 'no-carrier',
    severity: 'error',
    evidence: [
      {
        all: [
          { where: 'console', pattern: /\bwaiting for carrier/, times: 1, after: /carrier acquired|soliciting a DHCP/ },
          { where: 'console', pattern: /^(?:\S+: |dhcpcd\S*: )?timed out$/ },
        ],
      },
    ],
    cause: 'The network device of the guest has no link, so its DHCP client never asked.',
    advice:
      'Look whether the device is connected to a network of QEMU (netdev=) and its link is on (set_link), and at its driver.',
    source: 'dhcpcd',
    cost: { of: 'idle', name: 'networking' },
    unless: ['no-network-device'],
  },
  {
    id: 'network-wait-online',
    severity: 'warning',
    evidence: [
      { where: 'console', pattern: /wait-online(?:\[\d+\])?: Timeout occurred while waiting for network connectivity/ },
      {
        where: 'console',
        pattern:
          /Failed to start .{0,80}(?:-wait-online\.service|Wait for Network to be Configured|Network Manager Wait Online)/,
      },
    ],
    cause: 'The boot waited for the network to be configured until the time for that was over, and went on without it.',
    advice:
      'Find the interface that never gets ready (networkctl, nmcli): mark it RequiredForOnline=no, give it a static address, or disable the wait.',
    source: 'systemd-networkd-wait-online.service(8); NetworkManager-wait-online.service(8)',
    cost: {
      of: 'service',
      name: /-wait-online$|^Wait for Network to be Configured$|^Network Manager Wait Online$/,
    },
    unless: ['dhcp-failed', 'no-network-device'],
  },
  {
    id: 'dhcp-late',
    severity: 'warning',
    evidence: [
      {
        where: 'console',
        pattern: discover,
        times: 2,
        // udhcpc does not say for which interface it asks: each has a process of its own, one after the other.
        anew: /udhcpc: (?:started|(?:broadcasting|sending) select|lease of)|^udhcpc \(v[\d.]+\) started|^Sending select/,
      },
    ],
    cause: 'DHCP answered late: requests were repeated.',
    advice: 'Give the guest a static address, or check why the first request is lost (link not yet up, driver late).',
    source: 'busybox udhcpc (3 s between requests)',
    cost: { of: 'idle', name: 'networking' },
    unless: ['dhcp-failed', 'no-network-device'],
  },
  {
    id: 'metadata-waits',
    severity: 'warning',
    evidence: [
      {
        where: 'console',
        pattern:
          /url_helper\.py\[WARNING\]: Calling |(?:169\.254\.169\.254|fd00:ec2::254|metadata\.google\.internal).{0,200}(?:failed|error|timed? ?out|unreachable|refused|No route|attempt|retry|giving up)|Giving up on (?:md|metadata|waiting for).{0,160}|cloud-setup: (?:failed \d+\/\d+|after \d+ fails)|(?:failed|error|timed out|No route|can't connect).{0,120}(?:169\.254\.169\.254|fd00:ec2::254|metadata\.google\.internal)/i,
      },
    ],
    cause:
      'The guest asks a metadata service (169.254.169.254, as clouds have it) that nobody offers here, and waits for it.',
    advice:
      'Name the datasource: ds=nocloud on the kernel command line or datasource_list: [NoCloud, None] in /etc/cloud, or take cloud-init out of the image.',
    source: 'cloud-init sources/DataSourceEc2.py, url_helper.py; cirros cloud-setup',
    cost: { of: 'span' },
    unless: ['ignition-waits'],
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
      {
        where: 'console',
        pattern:
          /(?:ifconfig|udhcpc|ifup|dhclient|ipconfig)(?:: \S{1,15})?: SIOC\w+: No such device|ipconfig: no devices to configure|Waiting for interface \S{1,15} to appear\b.{0,80}timeout!|(?:ifconfig|ip|udhcpc): \w+: error fetching interface information: Device not found/,
      },
      {
        where: 'console',
        pattern:
          /(?:Device|[Ii]nterface) "?\w+"? (?:does not exist|not found)|dhcpcd\S*: no valid interfaces found|IP-Config: No network devices available|no interfaces have a carrier and none/,
      },
    ],
    cause: 'The guest has no network device, or none of the name that it wants to bring up.',
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
    id: 'guest-without-keys',
    severity: 'error',
    evidence: [
      {
        all: [
          {
            where: 'console',
            pattern:
              /No ssh authorized keys provided by|No instance datasource found|no authorized SSH keys fingerprints found for user/i,
          },
          { where: 'probes', pattern: /^login (?:denied|\S+ .*Permission denied)/ },
        ],
      },
    ],
    cause: 'The guest was given no key at its first boot (Ignition or cloud-init), so its SSH server accepts nobody.',
    advice:
      'Give it a configuration with your key: -fw_cfg name=opt/com.coreos/config,file=... for Ignition, a NoCloud seed disk for cloud-init.',
    source: 'Fedora CoreOS console-login-helper-messages; cloud-init',
  },
  {
    id: 'login-denied',
    severity: 'error',
    evidence: [{ where: 'probes', pattern: /^login (?:denied|\S+ .*Permission denied)/ }],
    cause: 'The SSH server is there but does not accept the key.',
    advice:
      'Add the public key to the authorized_keys file in the guest, and check the owner of that file and its folder.',
    source: 'OpenSSH AuthorizedKeysFile, StrictModes',
    unless: ['guest-without-keys'],
  },
  {
    id: 'uefi-network-boot',
    severity: 'warning',
    evidence: [
      {
        where: 'console',
        pattern:
          />>\s?Start (?:PXE|HTTP Boot) over IPv[46]|BdsDxe: (?:failed to load|No bootable option).*(?:PXE|HTTP)|^BOOTP broadcast \d|^Loading: (?:[*#] ?)?T |^Configuring \(net\d|^No more network devices/,
      },
    ],
    cause: 'The firmware or its boot loader tries to boot from the network before the disk.',
    advice: 'Boot the kernel directly, or set bootindex=1 on the disk and romfile= (empty) on the network device.',
    source: 'EDK2 BdsDxe; U-Boot net/bootp.c, net/tftp.c; iPXE',
    cost: {
      of: 'evidence',
      still:
        /^\s*$|^>>|PXE|HTTP|NBP|^\s+(?:Error|Station|Server|URI)|BOOTP|DHCP client|boot file name|TFTP|^Filename|^Loading: |^(?:T |# ?)+|Retry count|No more network|\(net\d/,
    },
  },
];
