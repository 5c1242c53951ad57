import assert from 'node:assert/strict';
import test from 'node:test';
import { nearestWord } from '../../src/config/nearest.ts';

test('a slip of a letter or two swapped neighbours finds the word that was meant, anything further finds none', () => {
  const cases = [
    ['hfv', ['hvf', 'kvm', 'tcg'], 'hvf'],
    ['sheduled', ['scheduled', 'seeded'], 'scheduled'],
    ['max_boots', ['boots', 'max-boots'], 'max-boots'],
    ['TimeToSSH', ['time-to-ssh', 'time-to-drm'], 'time-to-ssh'],
    ['openrc', ['alpine', 'systemd'], null],
    ['', ['boots'], null],
    ['x'.repeat(10_000), ['boots'], null],
  ] as const;
  for (const [word, known, meant] of cases) assert.equal(nearestWord(word, known), meant, word.slice(0, 20));
});
