import assert from 'node:assert/strict';
import test from 'node:test';
import { type RewriteRequest, rewriteArguments } from '../../src/qemu/rewrite.ts';
import { refused } from '../helpers.ts';

const plain: RewriteRequest = { architecture: 'arm64', changes: {}, explain: '', graphics: [], qmp: null };

/** The words of a line, rewritten; the line and what is said of it. */
function rewrite(line: readonly string[], request: Partial<RewriteRequest> = {}) {
  const { words, changes, accelerator } = rewriteArguments(line, { ...plain, ...request });
  return { words, changes, accelerator };
}
const changed = (line: string, changes: RewriteRequest['changes']): string =>
  rewrite(line.split(' '), { changes })
    .words.filter((word) => word !== '-no-reboot')
    .join(' ');

test('what measuring needs is added to a launcher that gives none of it, and nothing else is touched', () => {
  const line = ['-M', 'virt', '-append', '-smp 4 quiet', '-nographic', 'disk.img', '-device', 'usb-kbd'];
  assert.deepEqual(rewrite(line, { qmp: '/tmp/a,b/qmp' }), {
    words: [
      ...line,
      '-no-reboot',
      ...['-chardev', 'socket,id=bootgauge-qmp,path=/tmp/a,,b/qmp', '-mon', 'chardev=bootgauge-qmp,mode=control'],
    ],
    changes: ['-no-reboot is added', 'a QMP socket is added'],
    accelerator: null,
  });
  assert.deepEqual(rewrite(['-no-reboot']).changes, []);
});

test('a QEMU that is asked about itself is left alone', () => {
  for (const line of [['--version'], ['-accel', 'help'], ['-device', 'virtio-gpu,help'], ['-machine', '?'], ['-h']]) {
    const { words, isQuestion } = rewriteArguments(line, { ...plain, qmp: '/q', changes: { cpus: 2 } });
    assert.deepEqual([words, isQuestion], [line, true]);
  }
  assert.equal(rewriteArguments(['-kernel', 'k', '-append', 'help'], plain).isQuestion, false);
});

test('processors and memory are replaced, in however many ways they were given', () => {
  assert.equal(changed('-smp 4 -m 2G -smp cores=2,sockets=2 -S', { cpus: 2 }), '-smp 2 -m 2G -S');
  assert.equal(changed('--smp 4 -m 2G', { cpus: 1, memoryMiB: 512 }), '-smp 1 -m 512M');
  assert.equal(changed('-S', { cpus: 2 }), '-S -smp 2');
  assert.deepEqual(rewrite(['-smp', '4', '-smp', '8'], { changes: { cpus: 2 } }).changes, [
    '-smp 4 -smp 8 is now -smp 2',
    '-no-reboot is added',
  ]);
});

test('words are added to the kernel command line and taken away from it', () => {
  const append = (line: string, change: string): string => {
    const { words } = rewrite(['-kernel', 'k', '-append', line], { changes: { append: change } });
    return words[words.indexOf('-append') + 1] as string;
  };
  assert.equal(
    append('console=ttyAMA0 quiet root=/dev/vda', '-quiet loglevel=7'),
    'console=ttyAMA0 root=/dev/vda loglevel=7',
  );
  assert.equal(append('a="b c" loglevel=3 d', '-loglevel loglevel=7'), 'a="b c" d loglevel=7');
  assert.equal(append('quiet -- single', 'x'), 'quiet -- single x');
  const twice = rewrite(['-kernel', 'k', '-append', 'one', '-append', 'two'], { changes: { append: 'three' } });
  assert.deepEqual(twice.words.slice(0, 4), ['-kernel', 'k', '-append', 'two three']);
  assert.deepEqual(rewrite(['-kernel', 'k'], { changes: { append: 'a' } }).words.slice(0, 4), [
    '-kernel',
    'k',
    '-append',
    'a',
  ]);
  const none = rewrite(['-kernel', 'k', '-append', 'a'], { changes: { append: '-quiet' } });
  assert.ok(none.changes.includes('there was no quiet to take away from -append'));
});

test('an accelerator comes with a CPU model that it can run, whichever way it was said', () => {
  const tcg = { accel: 'tcg' } as const;
  assert.equal(changed('-M virt -accel hvf -cpu host -S', tcg), '-M virt -accel tcg -cpu max,pauth-impdef=on -S');
  assert.equal(
    changed('-machine virt,accel=hvf:tcg,highmem=off -cpu host', tcg),
    '-machine virt,highmem=off -cpu max,pauth-impdef=on -accel tcg',
  );
  assert.equal(
    changed('-M virt --accel hvf,ipa-granule-size=0x1000 -accel tcg -cpu cortex-a72', tcg),
    '-M virt -accel tcg -cpu cortex-a72',
  );
  assert.equal(changed('-enable-kvm', tcg), '-accel tcg -cpu max,pauth-impdef=on');
  assert.equal(changed('-accel tcg -cpu max', { accel: 'hvf' }), '-accel hvf -cpu host');
  // One that is chosen already keeps its properties; where others would be tried after it, they are not.
  const granule = '-M virt -accel hvf,ipa-granule-size=0x1000 -cpu host';
  assert.equal(changed(granule, { accel: 'hvf' }), granule);
  assert.equal(changed('-accel hvf,x=1 -accel tcg -cpu host', { accel: 'hvf' }), '-accel hvf -cpu host');
  assert.equal(changed('-M virt,accel=kvm -accel tcg,x=1 -cpu max', tcg), '-M virt -accel tcg -cpu max');
  const onPc = rewrite(['-cpu', 'host'], { architecture: 'x86_64', changes: tcg });
  assert.deepEqual([onPc.words.slice(0, 4), onPc.accelerator], [['-cpu', 'max', '-accel', 'tcg'], 'tcg']);
  assert.equal(rewrite(['-M', 'virt,accel=kvm']).accelerator, 'kvm');
});

test('another GPU takes the place of every display and of no other device', () => {
  const line = '-device virtio-gpu-gl-pci,venus=on,blob=on -display cocoa,gl=es -device usb-tablet -vga none -S';
  const { words } = rewrite(line.split(' '), { changes: { gpu: 'none' }, graphics: ['-display', 'none'] });
  assert.equal(words.join(' '), '-device usb-tablet -S -display none -no-reboot');
});

test('a kernel and an initial ramdisk take the place of those that there are', () => {
  const changes = { kernel: '/k', initrd: '/i' };
  assert.equal(changed('-kernel a -initrd b -S', changes), '-kernel /k -initrd /i -S');
  for (const [key, value] of Object.entries({ ...changes, append: 'x' })) {
    const message = new RegExp(`gives QEMU no -kernel, so ${key} cannot be changed`);
    assert.throws(() => changed('-drive file=a.img', { [key]: value }), refused(message));
  }
});

test('a QEMU that would leave for the background stays, and that is said', () => {
  assert.deepEqual(rewrite(['-daemonize', '-S']).changes, ['-daemonize is left out', '-no-reboot is added']);
});

test('a boot that explains tells the kernel to speak, where there is one to tell', () => {
  const explain = '-quiet loglevel=8';
  const { words } = rewrite(['-kernel', 'k', '-append', 'a quiet'], { explain, changes: { append: 'b' } });
  assert.equal(words[3], 'a loglevel=8 b');
  assert.deepEqual(rewrite(['-S'], { explain }).words, ['-S', '-no-reboot']);
});
