// The host's Vulkan driver with one of the faults of faulty-driver.c. Needs gcc and the headers of libvulkan-dev.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** What QEMU must have in its environment; `real` describes the driver that does the work (an ICD file). */
export function faultyDriver(how: string, real: string): Record<string, string> {
  const { ICD: driver } = JSON.parse(readFileSync(real, 'utf8')) as { ICD: { library_path: string } };
  const folder = mkdtempSync(join(tmpdir(), 'bootgauge-faulty-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const library = join(folder, 'faulty.so');
  execFileSync('gcc', ['-shared', '-fPIC', '-o', library, join(import.meta.dirname, 'faulty-driver.c')]);
  const description = join(folder, 'faulty.json');
  writeFileSync(
    description,
    JSON.stringify({ file_format_version: '1.0.1', ICD: { ...driver, library_path: library } }),
  );
  return {
    VK_DRIVER_FILES: description,
    FAULTY_REAL: resolve(dirname(real), driver.library_path),
    FAULTY_HOW: how,
  };
}
