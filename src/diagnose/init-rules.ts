// Known causes in what runs between the kernel and the services: an initramfs, and the managers that wait for devices and units.
import type { Rule } from './rule.ts';

/** systemd says how long a unit has been waited for, and its limit: `(48s / 1min 30s)`. */
const startJob =
  /(?:A start job is running for|\bJob \S{1,80}start running).{0,160}? ?\((?:(?<min>\d+)min ?)?(?:(?<s>\d+)s)? \/ [^)]{1,20}\)/;

export const initRules: readonly Rule[] = [
  {
    id: 'device-timeout',
    severity: 'error',
    evidence: [
      { where: 'console', pattern: /Timed out waiting for (?:device|udev|\/dev\/)\s?\S.{0,160}/ },
      { where: 'console', pattern: /dev-\S{1,160}\.device: Job \S+ timed out/ },
    ],
    cause: 'systemd or the initramfs waited for a device that never came, until its time was over.',
    advice:
      'Take the device out of /etc/fstab or give it nofail,x-systemd.device-timeout=1s; or attach the disk that is missing.',
    source: 'systemd src/core/device.c, systemd.mount(5); NixOS stage 1',
    cost: { of: 'told', read: startJob },
  },
  {
    id: 'start-job-waits',
    severity: 'warning',
    evidence: [{ where: 'console', pattern: startJob }],
    cause: 'systemd waited long for one unit, and showed what it waited for.',
    advice: 'Look at that unit in the guest (systemctl status, journalctl -u), or start it after ssh.',
    source: 'systemd src/core/manager.c (status of running jobs)',
    cost: { of: 'told', read: startJob },
    unless: ['device-timeout'],
  },
  {
    id: 'unit-timeout',
    severity: 'warning',
    evidence: [
      {
        where: 'console',
        pattern:
          /\[ *TIME *\] Timed out (?:starting|mounting) .{1,160}|\.(?:service|mount|socket): (?:[Ss]tart operation timed out|Mounting timed out|Job \S+ timed out)/,
      },
    ],
    cause: 'A unit of systemd did not start within its time.',
    advice: 'Read its log in the guest (journalctl -b -u UNIT); TimeoutStartSec= is how long it is waited for.',
    source: 'systemd.service(5)',
  },
  {
    id: 'dependency-failed',
    severity: 'warning',
    evidence: [
      { where: 'console', pattern: /\[DEPEND\] Dependency failed for .{1,160}|systemd\[1\]: Dependency failed for / },
      { where: 'console', pattern: /\* ERROR: cannot start \S{1,80} as \S{1,80} would not start/ },
    ],
    cause: 'A service was not started, because one that it needs failed.',
    advice: 'Look at what failed before it.',
    source: 'systemd src/core/job.c; OpenRC openrc-run.c',
    unless: ['device-timeout', 'emergency-shell', 'unit-timeout', 'service-failed'],
  },
  {
    id: 'initramfs-failed',
    severity: 'error',
    evidence: [
      { where: 'console', pattern: /stage 2 init script \S{1,200} not found/ },
      { where: 'console', pattern: /mount: \/mnt-root\S*: .{1,200}/ },
      { where: 'console', pattern: /Timed out waiting for device \S+, trying to mount anyway/ },
      { where: 'console', pattern: /An error occurred in stage 1 of the boot process/ },
    ],
    cause: 'Stage 1 of NixOS (its initramfs) could not hand over to the system on the disk.',
    advice:
      "Check that the root device is the one of this system's configuration, and init= on the kernel command line.",
    source: 'NixOS stage-1-init.sh',
  },
  {
    id: 'dracut-gave-up',
    severity: 'error',
    evidence: [
      { where: 'console', pattern: /(?:Warning|FATAL): \/dev\/\S+ does not exist/ },
      {
        where: 'console',
        pattern: /dracut\S{0,20}: (?:FATAL: .{1,160}|Refusing to continue)|Warning: Could not boot\./,
      },
      {
        where: 'console',
        pattern:
          /dracut-initqueue(?:\[\d+\])?: (?:Warning: )?dracut-initqueue(?:: timeout|: starting timeout scripts| timeout)/,
      },
    ],
    cause: 'dracut waited for what it needs to mount the root file system, and gave up.',
    advice:
      'The device that does not exist is the cause: check root=, rd.lvm and rd.luks on the kernel command line, and the driver of the disk in the initramfs.',
    source: 'dracut modules.d/98dracut-systemd, 99base',
    cost: { of: 'span' },
  },
  {
    id: 'ignition-waits',
    severity: 'error',
    evidence: [
      {
        where: 'console',
        pattern: /ignition\S{0,20}: (?:failed to fetch|.{0,40}(?:error|[Ff]ailed).{0,160})|Ignition has failed/,
      },
      { where: 'console', pattern: /GET \S{1,200}: attempt #(?:[3-9]|\d\d)/ },
    ],
    cause: 'Ignition (Fedora CoreOS, Flatcar) did not get its configuration.',
    advice:
      'Give it one with -fw_cfg name=opt/com.coreos/config,file=..., and ignition.platform.id=qemu on the kernel command line.',
    source: 'coreos/ignition internal/resource',
    cost: { of: 'span' },
  },
  {
    id: 'emergency-shell',
    severity: 'error',
    evidence: [
      { where: 'console', pattern: /initramfs emergency recovery shell/ },
      {
        where: 'console',
        pattern:
          /(?:You are in|Entering) (?:emergency|rescue) mode|Give root password for maintenance|Press Enter for (?:maintenance|emergency shell)/,
      },
      {
        where: 'console',
        pattern:
          /Cannot open access to console, the root account is locked|dropped into an emergency shell|starting emergency shell\./,
      },
      {
        where: 'console',
        pattern: /^\s*\(initramfs\) *$|(?:Dropping|Falling back) to (?:a |an |the )?(?:\w+ )?shell|rdsosreport\.txt/,
      },
    ],
    cause: 'The guest gave up and opened an emergency shell.',
    advice: 'Read the lines before the shell; the last thing that failed is the cause.',
    source: 'mkinitfs initramfs-init; systemd emergency.service; initramfs-tools; dracut; mkinitcpio',
    unless: ['root-not-found', 'dracut-gave-up', 'initramfs-failed', 'switch-root-failed'],
  },
  {
    id: 'switch-root-failed',
    severity: 'error',
    evidence: [{ where: 'console', pattern: /Failed to switch root: .{1,200}|does not seem to be an OS tree/ }],
    cause: 'The initramfs mounted a root file system that holds no system that it could go on with.',
    advice: 'Check root= and its subvolume (rootflags=), and whether that file system has /etc/os-release and an init.',
    source: 'systemd src/systemctl/systemctl-switch-root.c, src/shared/switch-root.c',
  },
  {
    id: 'systemd-froze',
    severity: 'error',
    evidence: [{ where: 'console', pattern: /\[!!!!!!\] .{1,200}|\bsystemd\[1\]: Freezing execution/ }],
    cause: 'systemd could not do its work as the first program, and froze: nothing is started any more.',
    advice: 'The message names what failed; missing mounts of /sys or cgroups come from a kernel without that option.',
    source: 'systemd src/core/main.c, src/core/crash-handler.c',
  },
  {
    id: 'fsck-failed',
    severity: 'error',
    evidence: [
      {
        where: 'console',
        pattern:
          /UNEXPECTED INCONSISTENCY|RUN fsck MANUALLY|[Ff]ilesystems couldn't be fixed|requires a manual fsck|fsck (?:failed|exited) with (?:exit |error |status )*code? ?[48]\b|fsck\.\w+ exited with status code 4|Failed to start .{0,80}File System Check on /,
      },
    ],
    cause: 'The check of a file system found damage that it does not mend by itself.',
    advice:
      'Check the image by hand (qemu-nbd and fsck), or make it anew; a guest that is killed while it writes does this.',
    source: 'e2fsprogs e2fsck; OpenRC fsck; systemd-fsck',
  },
];
