/** The sandbox's pages, light and dark by the system's choice; every text has a contrast of at least 4.5:1. */
export const stylesheet = `
:root { color-scheme: light dark; --bg: #fbfbfc; --panel: #fff; --text: #1c1d22; --quiet: #5b5f6b; --line: #dfe1e7; --accent: #4a53b8; --on-accent: #fff; }
@media (prefers-color-scheme: dark) { :root { --bg: #121317; --panel: #1b1c22; --text: #eceef3; --quiet: #a4a8b5; --line: #33353f; --accent: #aab1ff; --on-accent: #14152b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); font: 15px/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
header, main.wide { max-width: 72rem; margin: 0 auto; padding: 1rem 1.25rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; align-items: baseline; border-bottom: 1px solid var(--line); }
header strong { font-size: 1.05rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; margin: 0; padding: 0; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .75rem 0; }
h2 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
.quiet { color: var(--quiet); }
.card { max-width: 30rem; margin: 8vh auto; padding: 1.5rem 1.75rem; background: var(--panel); border: 1px solid var(--line); border-radius: 12px; }
.consent h1 { font-size: 1.25rem; }
.mark-disc { fill: #5e6ad2; } .mark-lines { stroke: #fff; stroke-width: 2.5; fill: none; }
.scopes { padding-left: 1.25rem; } .scopes li { margin: .25rem 0; }
code { font: .85em ui-monospace, monospace; color: var(--quiet); }
label { display: block; font-weight: 600; margin: 1rem 0 .25rem; }
select { width: 100%; font: inherit; padding: .5rem; color: inherit; background: var(--bg); border: 1px solid var(--quiet); border-radius: 8px; }
.actions { display: flex; justify-content: flex-end; gap: .75rem; margin-top: 1.25rem; }
button { font: inherit; font-weight: 600; padding: .5rem 1rem; border-radius: 8px; border: 1px solid var(--quiet); background: transparent; color: inherit; cursor: pointer; }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; background: var(--panel); border: 1px solid var(--line); }
th, td { text-align: start; vertical-align: top; padding: .4rem .7rem; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--quiet); font-size: .85rem; }
td.id, td time { white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; } dt { color: var(--quiet); } dd { margin: 0; }
pre.text { white-space: pre-wrap; font: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 1rem 1.25rem; margin: .5rem 0; }
article { margin: 1rem 0; } article h3 { font-size: .95rem; margin: 0; } article.reply { margin-inline-start: 2rem; }
`;
