// What vulkaninfo prints: of Venus, of the software driver, and as three of its generations print it.
import type { CommandResult } from '../../src/probe/probe.ts';

export const venus = `==========
VULKANINFO
==========

Vulkan Instance Version: 1.4.309


Instance Extensions: count = 23
-------------------------------
VK_KHR_surface : extension revision 25

Devices:
========
GPU0:
	apiVersion         = 1.4.305
	driverVersion      = 25.0.7
	vendorID           = 0x10005
	deviceID           = 0x0000
	deviceType         = PHYSICAL_DEVICE_TYPE_CPU
	deviceName         = Virtio-GPU Venus (llvmpipe (LLVM 19.1.7, 256 bits))
	driverID           = DRIVER_ID_MESA_VENUS
	driverName         = venus
	driverInfo         = Mesa 25.0.7-2+deb13u1
	conformanceVersion = 1.4.0.0
	deviceUUID         = 5fb5c03f-c537-f0fe-a7e6-9cd5866acb8d
`;
export const lavapipe = venus
  .replace(/deviceName .*/, 'deviceName         = llvmpipe (LLVM 19.1.7, 128 bits)')
  .replace('DRIVER_ID_MESA_VENUS', 'DRIVER_ID_MESA_LLVMPIPE')
  .replace('= venus', '= llvmpipe');
/** The part of a summary that tells of devices. */
export const block = (text: string): string => text.slice(text.indexOf('GPU0:'));

/** As versions of vulkaninfo print a summary, by the format strings of their sources. */
export const generations: Record<string, string> = {
  '1.2.165': `==========
VULKANINFO
==========

Vulkan Instance Version: 1.2.165


Instance Extensions: count = 18
-------------------------------
VK_EXT_acquire_xlib_display            : extension revision 1

Instance Layers: count = 1
--------------------------
VK_LAYER_MESA_device_select Linux device selection layer 1.2.73  version 1

Devices:
========
GPU0:
	apiVersion         = 4202661 (1.2.165)
	driverVersion      = 83898371 (0x5003003)
	vendorID           = 0x10005
	deviceID           = 0x0000
	deviceType         = PHYSICAL_DEVICE_TYPE_CPU
	deviceName         = Virtio-GPU Venus (llvmpipe (LLVM 11.0.1, 256 bits))
	driverID           = DRIVER_ID_MESA_VENUS
	driverName         = venus
	driverInfo         = Mesa 21.1.0
	conformanceVersion = 1.2.0.0
`,
  '1.3.204': `==========
VULKANINFO
==========

Vulkan Instance Version: 1.3.204


Instance Extensions: count = 21
-------------------------------
VK_KHR_surface                         : extension revision 25

Instance Layers: count = 0
--------------------------

Devices:
========
GPU0:
	apiVersion         = 4206796 (1.3.204)
	driverVersion      = 92282880 (0x5802000)
	vendorID           = 0x10005
	deviceID           = 0x0000
	deviceType         = PHYSICAL_DEVICE_TYPE_CPU
	deviceName         = Virtio-GPU Venus (llvmpipe (LLVM 15.0.6, 256 bits))
	driverID           = DRIVER_ID_MESA_VENUS
	driverName         = venus
	driverInfo         = Mesa 22.2.0
	conformanceVersion = 1.3.0.0
	deviceUUID         = 6d657361-3232-2e32-2e30-000000000000
	driverUUID         = 6c6c766d-7069-7065-5555-494400000000
`,
  '1.4.309': venus.replace('1.4.305', '1.4.309'),
};

/** What a command in the guest gave. */
export const result = (changes: Partial<CommandResult>): CommandResult => ({
  exitCode: 0,
  stdout: '',
  stderr: '',
  startedNs: 1e9,
  endedNs: 2e9,
  timedOut: false,
  truncated: false,
  ...changes,
});
