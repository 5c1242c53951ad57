const htmlStyle=`
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; background: var(--page); color: var(--ink);
  --page: #ffffff; --ink: #1f2328; --soft: #57606a; --line: #d0d7de; --panel: #f6f8fa; --red: #b4232c; --green: #116329; --yellow: #7a4e00; }
main { max-width: 960px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 8px; }
h2 { font-size: 1.25rem; margin: 40px 0 8px; padding-bottom: 6px; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 28px 0 8px; }
p, li { overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.word { display: inline-block; padding: 2px 10px; border-radius: 12px; font-size: 0.85rem; font-weight: 600; color: #fff; background: #57606a; }
.word-slower, .word-failed { background: #b4232c; }
.word-faster, .word-same { background: #116329; }
.word-undecided, .word-incomparable { background: #7a4e00; }
.bad { color: var(--red); font-weight: 600; }
.good { color: var(--green); font-weight: 600; }
.doubt { color: var(--yellow); font-weight: 600; }
.wide-box { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 12px; text-align: left; border-bottom: 1px solid var(--line); }
tr:last-child td, tr:last-child th { border-bottom: 0; }
thead th { background: var(--panel); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 400; font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: 0.85rem;
  max-width: 24em; min-width: 9em; overflow-wrap: anywhere; }
td.figure, th.figure { text-align: right; white-space: nowrap; }
code, pre, .console { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: 0.85rem; }
code { background: var(--panel); padding: 1px 5px; border-radius: 4px; overflow-wrap: anywhere; }
pre { background: var(--panel); padding: 12px; border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; margin: 8px 0; }
details { margin: 12px 0; }
summary { cursor: pointer; font-weight: 600; }
summary + * { margin-top: 8px; }
.drawings { display: flex; flex-wrap: wrap; gap: 16px; margin: 8px 0; }
.drawings figure { margin: 0; width: 240px; font-size: 0.85rem; color: var(--soft); overflow-wrap: anywhere; }
.drawings img { display: block; image-rendering: pixelated; border: 1px solid var(--line); }
svg { display: block; width: 100%; height: auto; }
svg.phone, p.phone { display: none; }
p.note { margin: 0 0 8px; font-size: 0.85rem; }
.page { fill: none; }
ul { padding-left: 20px; }
.switch > fieldset { display: flex; flex-wrap: wrap; gap: 4px 18px; border: 1px solid var(--line); border-radius: 6px; padding: 6px 12px; margin: 8px 0; }
.switch legend { font-size: 0.85rem; color: var(--soft); padding: 0 4px; }
.switch label { cursor: pointer; }
@supports selector(:has(*)) {
  .switch > div { display: none; }
  ${[0,1,2,3].map(index=>`.switch:has(> fieldset .boot-${index}:checked) > .boot-${index}`).join(`, `)} { display: block; }
}
.search { width: 100%; padding: 8px 10px; font: inherit; color: inherit; background: var(--page); border: 1px solid var(--soft); border-radius: 6px; }
.console { max-height: 480px; overflow: auto; border: 1px solid var(--line); border-radius: 6px; padding: 8px; margin-top: 8px; }
.console div { display: grid; grid-template-columns: 6em 9em 1fr; gap: 8px; }
.console div[hidden] { display: none; }
.console span { overflow-wrap: anywhere; }
.console .at, .console .in { color: var(--soft); }
.console .at { text-align: right; }
:focus-visible { outline: 2px solid #0969da; outline-offset: 2px; }
@media (max-width: 640px) {
  svg.desk { display: none; }
  svg.phone, p.phone { display: block; }
  th, td { padding: 6px 8px; }
  .cards, .cards tbody, .cards tr, .cards td, .cards th { display: block; }
  .cards thead { display: none; }
  .cards tr { display: flex; flex-wrap: wrap; gap: 2px 14px; padding: 8px; border-bottom: 1px solid var(--line); }
  .cards tr:last-child { border-bottom: 0; }
  .cards td, .cards tbody th { border: 0; padding: 0; max-width: 100%; white-space: normal; text-align: left; }
  .cards tbody th { flex-basis: 100%; font-weight: 600; }
  .cards td::before { content: attr(data-of) ' '; color: var(--soft); font-weight: 400; }
  .cards td:empty { display: none; }
  .console div { grid-template-columns: 5em 1fr; }
  .console .what { grid-column: 1 / -1; padding-bottom: 4px; }
}
@media screen and (prefers-color-scheme: dark) {
  body { --page: #0d1117; --ink: #e6edf3; --soft: #9198a1; --line: #30363d; --panel: #151b23; --red: #ff7b72; --green: #56d364; --yellow: #e3b341; }
}
@media print {
  main { max-width: none; padding: 0; }
  .search, .console-box, .switch > fieldset { display: none; }
  .word { color: inherit; background: none; border: 1px solid currentColor; }
  .wide-box { overflow: visible; border: 0; }
  table { font-size: 0.75rem; }
  th, td { padding: 3px 6px; overflow-wrap: anywhere; }
  thead th, td.figure, th.figure { white-space: normal; }
  tbody th { min-width: 0; font-size: 0.7rem; }
  h2, h3, tr, svg { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
`;function _taggedTemplateLiteral(e,t){return t||=e.slice(0),Object.freeze(Object.defineProperties(e,{raw:{value:Object.freeze(t)}}))}export{htmlStyle as n,_taggedTemplateLiteral as t};