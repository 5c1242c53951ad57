// Known causes on the host's side: what the emulator says on standard error when it will not start or gives up.
import type { Rule } from './rule.ts';

export const emulatorRules: readonly Rule[] = [
  {
    id: 'kvm-unavailable',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern: /Could not access KVM kernel module|failed to initialize kvm|invalid accelerator kvm|KVM_CREATE_VM/i,
      },
    ],
    cause: 'KVM cannot be used on this host.',
    advice: 'Give the user access to /dev/kvm, or use accel: tcg.',
    source: 'QEMU accel/kvm/kvm-all.c',
  },
  {
    id: 'port-in-use',
    severity: 'error',
    evidence: [{ where: 'stderr', pattern: /Could not set up host forwarding rule|Address already in use/ }],
    cause: 'Another program holds the port that is to be forwarded to the guest.',
    advice: 'End the other program (often a guest left over from an earlier run), or use another port.',
    source: 'QEMU net/slirp.c',
  },
  {
    id: 'image-locked',
    severity: 'error',
    evidence: [
      { where: 'stderr', pattern: /Failed to get (?:shared )?"[\w ]+" lock|Is another process using the image/ },
    ],
    cause: 'Another program, most likely a guest that still runs, holds the disk image.',
    advice: 'End the other guest, or give this one a copy or an overlay of the image.',
    source: 'QEMU block/file-posix.c (image locking)',
  },
  {
    id: 'emulator-file-missing',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern:
          /could not load kernel|could not open disk image|Could not open '[^']+'|failed to find romfile|could not load (?:PC BIOS|initrd|(?:fd )?firmware)|could not read .{0,80}: No such file/i,
      },
    ],
    cause: 'QEMU did not find a file that it was told to use, or may not read it.',
    advice: 'Check the path that its message names.',
    source: 'QEMU',
    unless: ['image-locked'],
  },
  {
    id: 'image-unreadable',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern:
          /Image is not in \w+ format|[Ii]mage is corrupt|Unsupported \w+ version|is not a valid \w+ image|[Ii]nvalid (?:qcow2|image|VMDK) (?:header|file)|Could not read (?:qcow2 header|L1 table)/,
      },
    ],
    cause: 'A disk image is damaged, or has another format than QEMU was told.',
    advice: 'Look at it with qemu-img info and qemu-img check, and name its format (format=raw or format=qcow2).',
    source: 'QEMU block/qcow2.c',
  },
  {
    id: 'emulator-cannot-connect',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern: /Failed to connect (?:to '[^']+'|socket)|[Uu]nable to connect to (?:socket|character device)/,
      },
    ],
    cause: 'QEMU could not connect to another program that it needs: nobody listens on that socket.',
    advice: 'Start that program before QEMU (passt, socket_vmnet, virtiofsd, a TPM), and check the path of the socket.',
    source: 'QEMU util/qemu-sockets.c',
  },
  {
    id: 'emulator-library-missing',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern:
          /dyld(?:\[\d+\])?: (?:Library not loaded|Symbol not found|missing symbol)|error while loading shared libraries|symbol lookup error|version `\w+[\d.]+' not found|cannot open shared object file/i,
      },
    ],
    cause: 'The emulator cannot start: a library that it was linked with is missing here, or of another version.',
    advice:
      'Install the library that the message names or build the emulator again; on macOS otool -L shows what it needs, on Linux ldd.',
    source: 'dyld; ld.so',
  },
  {
    id: 'emulator-device-unknown',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern:
          /is not a valid device model name|[Dd]evice ['"]?[\w.-]+['"]? not found|unsupported NIC model|No '[\w-]+' bus found for device/,
      },
    ],
    cause:
      'This QEMU does not have a device that it is told to use: it was built without it, or its module is not installed.',
    advice:
      'Compare with <qemu> -device help. The virtio-gpu-gl devices need a QEMU that was configured with OpenGL and virglrenderer.',
    source: 'QEMU system/qdev-monitor.c',
  },
  {
    id: 'emulator-option-refused',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern:
          /Property '[^']+' not found|Property '?[^' ]+'? (?:doesn't take value|can't be)|[Ii]nvalid parameter '|Parameter '[^']+' (?:is unexpected|expects|does not accept)|invalid option\b|unsupported machine type|unable to find CPU model|unsupported option|is not compiled into this (?:binary|QEMU)|Invalid CPU model|unknown option|There is no option group|[Dd]uplicate ID '|Unknown (?:accelerator|display|netdev) ?(?:type|backend)?|does not support providing .{1,60} to the guest CPU|requires KVM or HVF|can only be used with (?:KVM|HVF)|not supported (?:by|with|on) this (?:accelerator|machine|host|CPU)/,
      },
    ],
    cause:
      'QEMU refuses an option or a value of one: this version does not know it, or was built without what it needs.',
    advice:
      'The message names the option: look it up in the help of this very QEMU (-device NAME,help; -machine help; -accel help).',
    source: 'QEMU util/qemu-option.c, qom/object.c, system/vl.c',
    unless: ['emulator-device-unknown', 'hvf-granule-refused', 'no-opengl-display', 'display-unavailable'],
  },
  {
    id: 'emulator-memory-map',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern:
          /Addressing limited to \d+ bits, but memory exceeds|phys-bits too low|(?:RAM|memory) size .{0,60}(?:too large|exceeds|more than)|maxmem .{0,40}exceeds/i,
      },
    ],
    cause: 'The memory that the guest is to have does not fit into the addresses that this machine and CPU can have.',
    advice:
      'Give the guest less memory, or take away what limits the addresses: highmem=off, an old machine type, or a small CPU model.',
    source: 'QEMU hw/arm/virt.c, hw/i386/pc.c',
  },
  {
    id: 'host-memory',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern:
          /cannot set up guest memory|Cannot allocate memory|unable to (?:map|allocate) .{0,60}memory|mmap.{0,60}out of memory/i,
      },
    ],
    cause: 'The host does not give QEMU the memory for the guest.',
    advice: 'End other guests on this host, or give this one less memory.',
    source: 'QEMU system/physmem.c',
  },
  {
    id: 'display-unavailable',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern:
          /gtk initialization failed|Could not initialize SDL|cannot open display|[Dd]isplay '?\w+'? is not available|(?:Parameter 'type'|-display \w+\S*:).{0,40}does not accept value|Could not connect to the window ?server|_RegisterApplication\(\)/,
      },
    ],
    cause:
      'QEMU cannot show the guest on the display that it was told to use: it was built without it, or nobody is logged in to a screen.',
    advice:
      'Use a display that needs no screen (-display none, or egl-headless on Linux), or run where a user is logged in.',
    source: 'QEMU ui/',
  },
  {
    id: 'emulator-assertion',
    severity: 'error',
    evidence: [
      {
        where: 'stderr',
        pattern:
          /[Ff]ailed assertion|Assertion failed: |: Assertion .{1,300} failed|:assertion failed|code should not be reached|qemu(?:-system-\w+)?: hardware error|ERROR: (?:Address|Thread|Memory)Sanitizer: |due to uncaught exception|terminate called (?:after|without)|stack smashing detected|free\(\): (?:invalid|double free)|pointer being freed was not allocated/,
      },
    ],
    cause:
      'QEMU, or a library in it, stopped at a check of its own: that is a fault in it, or a use that it is not made for.',
    advice: 'Search its issues for function and line of the message; if only head has it, look at what changed there.',
    source: 'assert(3); GLib g_assert; AddressSanitizer; libc++abi; Metal API validation',
    unless: ['hvf-assertion'],
  },
  {
    id: 'emulator-ended-from-outside',
    severity: 'error',
    evidence: [
      {
        all: [
          { where: 'stderr', pattern: /terminating on signal \d+.{0,200}/ },
          { where: 'probes', pattern: /^outcome exited / },
        ],
      },
    ],
    cause: 'Somebody ended QEMU by a signal before the guest was ready; the guest itself did not go away.',
    advice: 'The message names the process that sent it: keep it away from the guests of Bootgauge.',
    source: 'QEMU system/runstate.c (qemu_kill_report)',
  },
  {
    // Who killed it cannot be told from here; both leave no word on standard error.
    id: 'emulator-killed',
    severity: 'error',
    evidence: [{ where: 'probes', pattern: /^outcome exited SIGKILL/ }],
    cause:
      'The system or a user killed QEMU with SIGKILL: it had no memory left for it, or macOS refused its signature.',
    advice:
      "The system's log tells which (log show --last 5m on macOS, dmesg on Linux); a QEMU that was copied or stripped must be signed again.",
    source: 'signal(7); macOS AMFI; kernel mm/oom_kill.c',
  },
];
