/** The report's style: light and dark, wide, narrow and printed. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #fbfbf9; --sheet: #ffffff; --ink: #1d2126; --dim: #5c6570; --line: #d9dde1; --soft: #f1f3f4;
  --hand: #0b6e69; --kernel: #3b4a5c; --reset: #b3261e; --said: #6a3fa0; --asked: #7a5a00; --right: #1a6e37; --lit: #ffe08a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --sheet: #1b1f23; --ink: #e4e7ea; --dim: #9aa5b1; --line: #343b43; --soft: #23282e;
    --hand: #4fd1c5; --kernel: #a9bacd; --reset: #ff8a80; --said: #c7a6ff; --asked: #e6c35c; --right: #7ddc9a; --lit: #6b5400;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", sans-serif; }
main { max-width: 78rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 0 0 .25rem; }
h3 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
p { margin: .4rem 0; max-width: 70ch; }
code, pre, .ms { font-family: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace; font-size: .86em; }
a { color: inherit; }
.context, .claim, small, .ms, .sender { color: var(--dim); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.25rem; padding: 0; list-style: none; color: var(--dim); font-size: .9rem; }
.legend i { display: inline-block; width: 1.4rem; border-top: 3px solid; vertical-align: middle; margin-right: .4rem; }
button { font: inherit; color: inherit; background: var(--sheet); border: 1px solid var(--line); border-radius: .4rem; padding: .3rem .8rem; cursor: pointer; }
:focus-visible { outline: 3px solid var(--hand); outline-offset: 2px; border-radius: .2rem; }
nav ol { columns: 18rem; padding-left: 1.4rem; }
section.run { background: var(--sheet); border: 1px solid var(--line); border-radius: .7rem; padding: 1.25rem; margin: 1.5rem 0; }
.side-by-side { display: grid; align-items: start; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 32rem), 1fr)); }
.side-by-side section.run { margin: 0; }
.badge { display: inline-block; border: 1px solid currentColor; border-radius: 1rem; padding: 0 .7rem; font-size: .85rem; font-weight: 600; white-space: nowrap; }
.badge.ok, .confirmed, .right { color: var(--right); }
.badge.bad, .badge.wrong, td.wrong { color: var(--reset); }
.badge.refined, .badge.outdated { color: var(--asked); }
.hosts, .rung summary, .said summary, .row { display: grid; grid-template-columns: 4.5rem minmax(0, 1fr) 8.5rem; gap: 0 .75rem; align-items: center; }
.hosts { font-weight: 600; margin-top: .75rem; }
.hosts span:first-child { grid-column: 2; grid-row: 1; }
.hosts span:last-child { grid-column: 2; grid-row: 1; justify-self: end; }
.ladder { list-style: none; margin: .25rem 0 0; padding: 0; }
.ladder summary { list-style: none; cursor: pointer; border-radius: .3rem; }
.ladder summary::-webkit-details-marker { display: none; }
.ladder summary:hover { background: var(--soft); }
.ms { text-align: right; }
.lane { position: relative; display: block; padding: .35rem .75rem .5rem; border: solid var(--line); border-width: 0 2px; min-height: 1.9rem; text-align: center; }
.rung .name { font-weight: 600; }
.rung .notation { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--dim); }
.arrow { position: absolute; left: 0; bottom: 0; width: 100%; height: 12px; overflow: visible; fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
.rawshake .lane, .rawshake .sender, i.rawshake { color: var(--hand); }
.kernel .lane, .kernel .sender, i.kernel { color: var(--kernel); }
.reset .lane, .reset .sender, i.reset { color: var(--reset); }
.said .lane { font-size: .88rem; }
.said.client .lane { text-align: left; }
.said.server .lane { text-align: right; }
.note { display: inline-block; max-width: 100%; overflow-wrap: anywhere; border-left: 3px solid; padding-left: .5rem; }
.said.server .note { border-left: 0; border-right: 3px solid; padding: 0 .5rem 0 0; }
.lookup .note { color: var(--asked); }
.event .note, i.event, .call .note { color: var(--said); }
.dropped .note, .adopted .note, .ignored { color: var(--asked); }
.rung .ports { color: var(--dim); font-size: .88rem; }
.sender { font-size: .85rem; }
.scene { margin: 1rem 0 .25rem; padding: .2rem .75rem; background: var(--soft); border-radius: .3rem; font-weight: 600; }
.dissection, .stack { margin: .5rem 0 1rem; padding: .75rem 1rem; background: var(--soft); border-radius: .5rem; overflow-x: auto; }
.stack ol { margin: 0; padding-left: 1.5rem; }
.hex { margin: 0 0 .75rem; line-height: 1.7; }
.hex i { font-style: normal; border-radius: .15rem; }
.layer1 { color: var(--hand); } .layer2 { color: var(--said); } .layer3 { color: var(--asked); } .layer4 { color: var(--right); }
.hex i.lit { background: var(--lit); }
table { border-collapse: collapse; width: 100%; font-size: .92rem; margin: .25rem 0 .75rem; }
caption { text-align: left; font-weight: 600; padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .2rem .75rem .2rem 0; border-top: 1px solid var(--line); font-weight: normal; overflow-wrap: anywhere; }
thead th { color: var(--dim); border-top: 0; }
.dissection th, .dissection td code { white-space: nowrap; overflow-wrap: normal; }
th.detail { padding-left: 1.25rem; color: var(--dim); }
.claims { padding: 0; list-style: none; }
.claims li { margin: .75rem 0; }
q { quotes: "“" "”"; }
pre.commands { background: var(--soft); padding: .75rem 1rem; border-radius: .5rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  main { padding: 1.25rem .75rem 3rem; }
  section.run { padding: 1rem .75rem; }
  .hosts, .rung summary, .said summary, .row { grid-template-columns: 3.4rem minmax(0, 1fr); gap: 0 .4rem; }
  .sender { grid-column: 2; text-align: center; margin-top: .1rem; }
  .said .sender { display: none; }
  .ms { font-size: .7rem; }
}
@media print {
  :root { --ground: #fff; --sheet: #fff; --soft: #f4f4f4; }
  body { font-size: 11px; }
  button, nav { display: none; }
  section.run { border: 0; padding: 0; }
  li, tr { break-inside: avoid; }
}
`;
