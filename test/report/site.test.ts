// The trend site: pages are whole, hostile texts do no harm, the script is the one that the policy names, and the numbers are those of the data.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import type { SiteHistory, SitePoint } from '../../src/model/site.ts';
import { siteSchema } from '../../src/model/site.ts';
import { siteIndex } from '../../src/report/site-front.ts';
import { historyPage } from '../../src/report/site-page.ts';
import { siteScript, siteScriptHash } from '../../src/report/site-script.ts';

const hostile = `</script><img src=x onerror=alert(1)>"'&\u202e`;

const point = (day: number, more: Partial<SitePoint> = {}): SitePoint => ({
  ...{
    run: `run-${day}`,
    recordedAt: `2026-05-${String(day).padStart(2, '0')}T10:00:00.000Z`,
    commit: 'abcdef0123456789',
  },
  ...{ word: 'accepted', intended: '', acceptedBy: '', page: '' },
  stands: { QEMU: day < 3 ? '10.0.2' : '10.1.0' },
  ...more,
});

const history: SiteHistory = {
  ...{ machine: 'mac-mini', scenario: 'alpine', page: 'mac-mini.alpine.html', comparableFrom: 0 },
  points: [point(1), point(2), point(3, { word: 'slower' }), point(4, { intended: hostile, acceptedBy: hostile })],
  metrics: [
    {
      ...{ name: 'time-to-ssh', unit: 'ms', better: 'lower' },
      values: [
        [9000, 8900, 9100, 12, 0],
        [9010, null, null, 2, 0],
        [null, null, null, 4, 4],
        [10100, 10000, 10200, 12, 0],
      ],
      changes: [
        {
          ...{ from: 3, last: 1, before: 9005, after: 10100 },
          commits: { count: 25, newest: [`abc ${hostile}`, 'def Other'] },
        },
      ],
    },
  ],
};

test('a page shows newest value, change of level with its commits, and what stood under the points', () => {
  const page = historyPage(history, 'fork');
  assert.match(page, /newest 10\.1 s \[10\.0, 10\.2\] s/);
  assert.match(page, /2026-05-04: 9\.01 s to 10\.1 s, \+12 %/);
  assert.match(page, /25 commits between/);
  assert.match(page, /and 23 more/);
  assert.match(page, />10\.0\.2<\/span>/);
  assert.match(page, />10\.1\.0<\/span>/);
  assert.match(page, /3 accepted sessions and 1 other run/);
});

test('what strangers wrote stays text, in the page and in its data', () => {
  for (const page of [historyPage(history, hostile), siteIndex({ schema: 1, title: hostile, histories: [history] })]) {
    assert.doesNotMatch(page, /<img/);
    assert.equal(page.match(/<\/script>/g)?.length ?? 0, page.match(/<script/g)?.length ?? 0);
    assert.doesNotMatch(page.replace(/<script type="application\/json".*?<\/script>/s, ''), /\u202e/);
  }
  const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(historyPage(history, 'x'))?.[1] ?? '';
  assert.deepEqual((JSON.parse(data) as SiteHistory).points, history.points);
});

test('only the script of the site can run', () => {
  assert.equal(createHash('sha256').update(siteScript).digest('base64'), siteScriptHash);
  assert.ok(historyPage(history, 'x').includes(`script-src 'sha256-${siteScriptHash}'`));
});

test('the first page leads to each history and names what was accepted though slower', () => {
  const page = siteIndex({ schema: 1, title: 'fork', histories: [history] });
  assert.match(page, /href="mac-mini\.alpine\.html"/);
  assert.match(page, /\+12 % on 2026-05-04/);
  assert.match(page, /2026-05-04, alpine on mac-mini at abcdef0123, by /);
});

test('a metric that was never measured has no picture, and a lone point has one', () => {
  const [metric] = history.metrics;
  assert.ok(metric);
  const lone = {
    ...history,
    points: [point(1)],
    metrics: [{ ...metric, values: [[9000, 8900, 9100, 12, 0] as const], changes: [] }],
  };
  assert.match(historyPage(lone, 'x'), /1 point, 0 changes of level/);
  const none = { ...lone, metrics: [{ ...metric, values: [null], changes: [] }] };
  assert.doesNotMatch(historyPage(none, 'x'), /<section class="metric"/);
  siteSchema.parse({ schema: 1, title: 'x', histories: [history] });
});
