// The looks of the trend site, over those of report.html.

export const siteStyle = `
.metric { margin: 24px 0; }
.plot { position: relative; height: 200px; margin-left: 72px; border-bottom: 1px solid var(--line); }
.plot svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.plot path { fill: none; vector-effect: non-scaling-stroke; }
.plot .y { position: absolute; right: 100%; margin-right: 8px; transform: translateY(-50%); font-size: 0.75rem; color: var(--soft); white-space: nowrap; }
.plot .grid { stroke: var(--line); }
.plot .range { stroke: var(--range); stroke-width: 2; }
.plot .level { stroke: var(--level); stroke-width: 2; }
.plot .change { stroke: var(--level); stroke-dasharray: 3 4; }
.plot .dot { stroke-width: 7; stroke-linecap: round; }
.accepted { stroke: var(--accepted); }
.well { stroke: var(--well); }
.open { stroke: var(--yellow); }
.bad { stroke: var(--red); }
.dense .plot .dot { stroke-width: 4; }
.dense .plot .range { stroke-width: 1; }
.plot .cursor { position: absolute; top: 0; bottom: 0; width: 1px; background: var(--ink); pointer-events: none; }
.dates { position: relative; height: 1.4em; margin-left: 72px; font-size: 0.75rem; color: var(--soft); }
.dates span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.dates span:first-child { transform: none; }
.dates span:last-child:not(:first-child) { transform: translateX(-100%); }
.readout { min-height: 1.5em; margin: 4px 0; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
.changes { font-size: 0.875rem; }
.bands { margin: 8px 0 16px; font-size: 0.75rem; }
.band { display: flex; align-items: center; margin: 3px 0; }
.band .kind { flex: 0 0 72px; color: var(--soft); }
.band .track { position: relative; flex: 1; height: 1.7em; }
.band .track span { position: absolute; top: 0; bottom: 0; padding: 2px 4px; overflow: hidden; white-space: nowrap; text-overflow: ellipsis;
  background: var(--panel); border-left: 2px solid var(--level); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 0; list-style: none; font-size: 0.8rem; color: var(--soft); }
.legend svg { display: inline-block; width: 12px; height: 12px; vertical-align: -1px; }
.legend path { stroke-width: 8; stroke-linecap: round; }
.compare label { display: block; margin: 8px 0; }
.compare select { display: block; width: 100%; max-width: 100%; padding: 6px; font: inherit; font-size: 0.875rem; color: inherit; background: var(--page);
  border: 1px solid var(--soft); border-radius: 6px; }
body { --accepted: #0969da; --well: #6e7781; --range: #b6d4f5; --level: #8250df; }
@media screen and (prefers-color-scheme: dark) {
  body { --accepted: #4493f8; --well: #9198a1; --range: #1d3f6b; --level: #ab7df8; }
}
@media (max-width: 640px) {
  .dates span:nth-child(even) { display: none; }
}
@media print {
  .compare, .readout { display: none; }
}
`;
