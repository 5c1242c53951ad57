// Phases that may speak: growth that the sum hides is slower, moved work is told, and hostile names by the thousand change nothing.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Series } from '../../src/model/series.ts';
import { randomFrom } from '../../src/stats/random.ts';
import { explainRows, locateChange } from '../../src/verdict/explain.ts';
import { judge } from '../../src/verdict/judge.ts';
import { boots, pairedInput, sampleScenario, sampleSeries, sampleSession } from './samples.ts';

const count = 8;
const times = (typical: number, cv: number, seed: number): number[] => boots(count, typical, cv, randomFrom(seed));

/** qemu-start of 580 ms in a boot of 10 s whose other phase varies by a tenth. */
function phased(grown: number, kernelLess = 0, phases?: 'gate' | 'tell' | 'off') {
  const side = (name: 'head' | 'base', seed: number, more: number, less: number): Series[] => {
    const start = times(580, 0.02, seed).map((value) => value + more);
    const kernel = times(9400, less === 0 ? 0.1 : 0.002, seed + 10).map((value) => value - less);
    return [
      sampleSeries(
        name,
        start.map((value, index) => value + (kernel[index] as number)),
      ),
      sampleSeries(name, start, { metric: 'phase:qemu-start' }),
      sampleSeries(name, kernel, { metric: 'phase:kernel' }),
    ];
  };
  const scenario = {
    ...sampleScenario({ boots: count, maxBoots: count }),
    ...(phases === undefined ? {} : { phases }),
  };
  return judge({
    ...{ ...pairedInput([], []), scenario },
    ...{ head: side('head', 1, grown, kernelLess), base: side('base', 2, 0, 0) },
  });
}

test('300 ms in one phase of a boot of 10 s are found in eight pairs, though the sum hides them', () => {
  const { verdict } = phased(300);
  assert.deepEqual([verdict.word, verdict.rule], ['slower', 'phase']);
  assert.match(verdict.because, /the phase qemu-start grew by \d+ ms \(\+\d+ %\), surely more than its limit of 25 %/);
});

test('a phase that is only told, not judged, or grew within its limit decides nothing', () => {
  const told = phased(300, 0, 'tell');
  assert.notEqual(told.verdict.rule, 'phase');
  assert.ok(told.warnings.some(({ code }) => code === 'phase-grew'));
  const off = phased(300, 0, 'off');
  assert.ok(!off.warnings.some(({ code }) => code === 'phase-grew'));
  assert.notEqual(phased(60).verdict.rule, 'phase');
});

test('work that moved from one phase to another is told as moved', () => {
  const { verdict, warnings } = phased(300, 3000);
  assert.notEqual(verdict.rule, 'phase');
  assert.match(warnings.find(({ code }) => code === 'phase-moved')?.text ?? '', /the work has moved/);
});

test('where a change lies is told by phases that surely went its way, and not by the noise of a long one', () => {
  for (const isStored of [false, true]) {
    const side = (name: 'head' | 'base', seed: number, more: number): Series[] => {
      const sshd = times(900, 0.02, seed).map((value) => value + more);
      // Its median is higher on head by chance.
      const kernel = times(1200, 0.3, 5).map((value, index) => value + (name === 'head' && index % 2 === 0 ? 300 : 0));
      // More than what the phases show, so that no phase carries nearly all of it.
      const whole = sshd.map((value) => value + 8000 + 2 * more);
      return [
        sampleSeries(name, whole),
        sampleSeries(name, sshd, { metric: 'phase:sshd' }),
        sampleSeries(name, kernel, { metric: 'phase:kernel' }),
      ];
    };
    const base = side('base', 2, 0);
    const sessions = [1, 2, 3, 4, 5, 6].map((run) =>
      sampleSession(
        `run-${run}`,
        Object.fromEntries(base.map(({ metric, samples }) => [metric, samples.map(({ value }) => value)])),
      ),
    );
    const input = {
      ...pairedInput([], []),
      scenario: sampleScenario({ boots: count, maxBoots: count }),
      ...{ head: side('head', 1, 600), base: isStored ? null : base, sessions: isStored ? sessions : [] },
    };
    const { phases } = explainRows(input);
    assert.ok(
      phases.every(({ differenceMs }) => (differenceMs ?? 0) > 50),
      JSON.stringify(phases.map(({ name, differenceMs }) => [name, differenceMs])),
    );
    const where = locateChange(judge(input).comparisons, phases, input);
    assert.deepEqual(
      where?.phases.map(({ name }) => name),
      ['sshd'],
    );
  }
});

/** A thousand, of names by which a page, a log or an object could be hurt; one grows on head. */
function hostilePhases(rounds: number, grown: number) {
  const hostile = ['__proto__', '<img>', '::error::', '\u202e\u001b[31m'];
  const names = Array.from({ length: 1000 }, (_, index) => `phase:${hostile[index % 4]}${index}`);
  const of = (typical: number, cv: number, seed: number) => boots(rounds, typical, cv, randomFrom(seed));
  const side = (name: 'head' | 'base', seed: number): Series[] => [
    sampleSeries(name, of(500_000, 0.03, seed)),
    ...names.map((metric, index) => {
      const values = of(500, index === 7 ? 0.02 : 0.3, seed + 7 * index);
      const more = name === 'head' && index === 7 ? grown : 0;
      return sampleSeries(
        name,
        values.map((value) => value + more),
        { metric },
      );
    }),
  ];
  return {
    ...{ ...pairedInput([], []), scenario: sampleScenario({ boots: rounds, maxBoots: rounds }) },
    ...{ head: side('head', 1), base: side('base', 2) },
  };
}

test('a thousand phases with hostile names that did not change raise nothing', () => {
  assert.notEqual(judge(hostilePhases(count, 0)).verdict.rule, 'phase');
});

test('the one of a thousand phases with hostile names that grew is found', () => {
  const { verdict } = judge(hostilePhases(16, 400));
  assert.deepEqual([verdict.word, verdict.rule], ['slower', 'phase']);
  assert.match(verdict.because, /7 grew by \d+ ms/);
});

test('the noise of a long phase is no work that left the phase that grew', () => {
  let moved = 0;
  for (let seed = 0; seed < 20; seed += 1) {
    const side = (name: 'head' | 'base', own: number, more: number): Series[] => {
      const start = times(580, 0.03, own).map((value) => value + more);
      const kernel = times(9400, 0.1, own + 500);
      return [
        sampleSeries(
          name,
          start.map((value, index) => value + (kernel[index] as number)),
        ),
        sampleSeries(name, start, { metric: 'phase:qemu-start' }),
        sampleSeries(name, kernel, { metric: 'phase:kernel' }),
      ];
    };
    const input = { ...pairedInput([], []), scenario: sampleScenario({ boots: count, maxBoots: count }) };
    const { verdict } = judge({ ...input, head: side('head', seed, 400), base: side('base', seed + 50, 0) });
    // One run in twenty may take chance for moved work.
    if (verdict.word !== 'slower') moved += 1;
  }
  assert.ok(moved <= 5, `${moved} of 20`);
});

const storedPhases = (name: string, grown: number, osVersion = '15.5') => {
  const sessions = Array.from({ length: 8 }, (_, run) =>
    sampleSession(`run-${run}`, { 'time-to-ssh': times(9000, 0.1, 300 + run), [name]: times(600, 0.03, 400 + run) }),
  );
  return judge({
    ...pairedInput([], []),
    ...{ base: null, sessions, headFacts: { osVersion, emulator: '', runner: '' } },
    scenario: sampleScenario({ boots: count, maxBoots: count }),
    head: [
      sampleSeries('head', times(9000, 0.1, 1)),
      sampleSeries(
        'head',
        times(600, 0.03, 2).map((value) => value + grown),
        { metric: name },
      ),
    ],
  });
};

test('a phase is judged against stored sessions, too, unless the system was updated in between', () => {
  assert.equal(storedPhases('phase:qemu-start', 400).verdict.rule, 'phase');
  assert.notEqual(storedPhases('phase:qemu-start', 0).verdict.rule, 'phase');
  assert.notEqual(storedPhases('phase:qemu-start', 400, '15.6').verdict.rule, 'phase');
});

test('a service that surely grew is told and decides nothing: it may delay nobody', () => {
  const { verdict, warnings } = storedPhases('service:mdev', 400);
  assert.notEqual(verdict.rule, 'phase');
  assert.match(warnings.find(({ code }) => code === 'service-grew')?.text ?? '', /^the service mdev grew by/);
});
