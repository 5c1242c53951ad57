import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { clientArguments, readComplaint } from '../../src/ssh/ssh-client.ts';

const files = { key: '/tmp/x/key', knownHosts: '/tmp/x/known_hosts', control: '/tmp/x/c' };

test("OpenSSH's own client accepts every option, and takes nothing from anywhere else", () => {
  const target = { user: 'root', port: 2222, files, command: 'true' };
  for (const role of ['master', 'channel'] as const) {
    // -G prints the configuration that would be used, and connects to nobody.
    const shown = execFileSync('ssh', ['-G', ...clientArguments(role, target)], { encoding: 'utf8' });
    const settings = new Map(shown.split('\n').map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)]));
    assert.equal(settings.get('user'), 'root');
    assert.equal(settings.get('port'), '2222');
    assert.equal(settings.get('hostname'), '127.0.0.1');
    assert.equal(settings.get('identityfile'), '/tmp/x/key');
    assert.equal(settings.get('identityagent'), 'none');
    assert.equal(settings.get('batchmode'), 'yes');
    assert.equal(settings.get('userknownhostsfile'), '/tmp/x/known_hosts');
    assert.equal(settings.get('globalknownhostsfile'), '/dev/null');
    assert.match(settings.get('stricthostkeychecking') ?? '', /^(yes|true)$/);
    assert.match(settings.get('kexalgorithms') ?? '', /^curve25519-sha256,/);
    assert.equal(shown.includes('sendenv'), false);
  }
});

test('a user name or command that looks like an option stays a value', () => {
  const target = { user: '-oProxyCommand=touch /tmp/no', port: 22, files, command: '-V' };
  const all = clientArguments('channel', target);
  assert.deepEqual(all.slice(-3), ['--', '127.0.0.1', '-V']);
  assert.equal(all[all.indexOf('-l') + 1], '-oProxyCommand=touch /tmp/no');
});

test('an unknown host key is accepted and remembered nowhere', () => {
  const all = clientArguments('master', {
    user: 'root',
    port: 22,
    files: { ...files, knownHosts: null },
    command: 'x',
  });
  assert.ok(all.includes('UserKnownHostsFile=/dev/null'));
  assert.ok(all.includes('StrictHostKeyChecking=no'));
});

test("the client's complaints become outcomes", () => {
  const cases: [string, string, RegExp][] = [
    ['root@127.0.0.1: Permission denied (publickey).\r\n', 'denied', /Permission denied \(publickey\)/],
    ['Load key "/tmp/x/key": invalid format\nroot@127.0.0.1: Permission denied (publickey).\n', 'denied', /Load key/],
    ['No ED25519 host key is known for bootgauge-guest and you have requested strict checking.\n', 'host-key', /known/],
    [
      '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.\n',
      'host-key',
      /verif|CHANGED/,
    ],
    [
      'kex_exchange_identification: banner line contains invalid characters\nNot allowed at this time\n',
      'not-allowed',
      /Not allowed/,
    ],
    ['kex_exchange_identification: Connection closed by remote host\n', 'not-ready', /closed by remote/],
    ['', 'not-ready', /^$/],
    [`\x1b[31m${'x'.repeat(10_000)}\n`, 'not-ready', /^[\x20-\x7e]{0,255}$/],
  ];
  for (const [stderr, outcome, detail] of cases) {
    const complaint = readComplaint(stderr);
    assert.equal(complaint.outcome, outcome, stderr.slice(0, 80));
    assert.match(complaint.detail, detail);
  }
});
