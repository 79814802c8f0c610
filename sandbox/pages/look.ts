import type { Markup } from "../http/html";

/** The colours of one scheme; every text has a contrast of at least 4.5:1 on its ground. */
export interface Colours {
  readonly background: string;
  readonly panel: string;
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly accent: string;
  readonly onAccent: string;
  /** Of the page's top bar. */
  readonly bar: string;
  readonly onBar: string;
}

/** How a simulated tool looks: enough of its own to be told from the others, and none of the vendor's marks. */
export interface ToolLook {
  readonly name: string;
  /** The tool's own mark, an `svg` of 40 by 40 in `currentColor` and the class `mark-ground`. */
  readonly mark: Markup;
  readonly light: Colours;
  readonly dark: Colours;
  /** A CSS font stack of fonts that systems have. */
  readonly font: string;
  /** Of panels and buttons, in pixels. */
  readonly cornerPx: number;
  /** The consent page's: a centred card, a card over a coloured band, or a card beside a coloured half. */
  readonly consent: "card" | "band" | "split";
  /** Rules of the tool's own pages, after the shared ones. */
  readonly css?: string;
}

/** Where every tool serves its stylesheet. */
export const stylesheetPath = "/sandbox.css";

const variables = (colours: Colours): string =>
  `--bg: ${colours.background}; --panel: ${colours.panel}; --text: ${colours.text}; --quiet: ${colours.quiet}; --line: ${colours.line}; --accent: ${colours.accent}; --on-accent: ${colours.onAccent}; --bar: ${colours.bar}; --on-bar: ${colours.onBar};`;

/** The stylesheet of a tool's pages, light and dark by the system's choice. */
export function stylesheetOf(look: ToolLook): string {
  return `:root { color-scheme: light dark; --corner: ${look.cornerPx}px; ${variables(look.light)} }
@media (prefers-color-scheme: dark) { :root { ${variables(look.dark)} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); font: 15px/1.55 ${look.font}; overflow-wrap: anywhere; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.bar { background: var(--bar); color: var(--on-bar); border-bottom: 1px solid var(--line); }
.bar > div { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; align-items: center; max-width: 76rem; margin: 0 auto; padding: .7rem 1.25rem; }
.bar a, .bar .quiet { color: inherit; }
.bar strong { display: flex; gap: .55rem; align-items: center; font-size: 1.05rem; }
.mark { display: inline-flex; } .mark svg { display: block; }
.bar svg { width: 1.6rem; height: 1.6rem; }
.bar nav { flex: 1; }
main.wide { max-width: 76rem; margin: 0 auto; padding: 1.25rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; margin: 0; padding: 0; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .75rem 0; }
h2 { font-size: 1.05rem; margin: 1.6rem 0 .5rem; }
.quiet { color: var(--quiet); }
.mark-ground { fill: var(--accent); } .mark { color: var(--on-accent); }
.bar .mark-ground { fill: var(--on-bar); } .bar .mark { color: var(--bar); }
.card { width: min(30rem, calc(100% - 2rem)); margin: 8vh auto; padding: 1.6rem 1.85rem; background: var(--panel); border: 1px solid var(--line); border-radius: calc(var(--corner) * 1.5); box-shadow: 0 1px 2px rgb(0 0 0 / .06), 0 10px 30px rgb(0 0 0 / .07); }
.consent h1 { font-size: 1.3rem; }
.consent .meeting { display: flex; align-items: center; gap: .7rem; }
.consent .app { display: grid; place-items: center; width: 40px; height: 40px; border: 1px solid var(--line); border-radius: 10px; font-weight: 700; }
.consent .between { flex: 0 0 2.5rem; border-top: 2px dotted var(--quiet); }
body { --band: color-mix(in oklab, var(--accent) 30%, var(--bar)); }
body.on-card { background: radial-gradient(60rem 30rem at 50% 0, color-mix(in oklab, var(--accent) 14%, var(--bg)), var(--bg)) no-repeat var(--bg); }
body.on-band { background: linear-gradient(var(--band) 0 12rem, var(--bg) 12rem) no-repeat var(--bg); } body.on-band .card { margin-top: 5rem; }
body.on-split { background: linear-gradient(100deg, var(--band) 0 34%, var(--bg) calc(34% + 1px)) no-repeat fixed var(--bg); }
@media (max-width: 60rem) { body.on-split { background: linear-gradient(var(--band) 0 5rem, var(--bg) 5rem) no-repeat var(--bg); } body.on-split .card { margin-top: 2.5rem; } }
@media (min-width: 60.01rem) { body.on-split .card { margin-inline-start: 42%; } }
.scopes { list-style: none; padding: 0; margin: .5rem 0; border: 1px solid var(--line); border-radius: var(--corner); }
.scopes li { display: grid; grid-template-columns: 1.1rem 1fr; gap: 0 .65rem; padding: .5rem .8rem; align-items: start; }
.scopes li + li { border-top: 1px solid var(--line); }
.scopes li::before { content: "✓"; color: var(--accent); font-weight: 700; } .scopes li:has(input)::before { content: none; }
.scopes input { accent-color: var(--accent); margin: .3rem 0 0; width: 1rem; height: 1rem; }
.scopes label { font-weight: inherit; margin: 0; } .scopes code { display: block; }
code { font: .82em ui-monospace, monospace; color: var(--quiet); }
label { display: block; font-weight: 600; margin: 1rem 0 .25rem; }
select { width: 100%; font: inherit; padding: .5rem; color: inherit; background: var(--bg); border: 1px solid var(--quiet); border-radius: var(--corner); }
.actions { display: flex; justify-content: flex-end; gap: .75rem; margin-top: 1.25rem; }
button { font: inherit; font-weight: 600; padding: .5rem 1.1rem; border-radius: var(--corner); border: 1px solid var(--quiet); background: transparent; color: inherit; cursor: pointer; }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: var(--corner); background: var(--panel); }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: start; vertical-align: top; padding: .45rem .8rem; border-bottom: 1px solid var(--line); } tbody tr:last-child td { border-bottom: 0; }
tbody tr:hover { background: color-mix(in oklab, var(--accent) 5%, transparent); }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .6rem; list-style: none; padding: 0; }
.tiles li { padding: .7rem .95rem; background: var(--panel); border: 1px solid var(--line); border-radius: var(--corner); } .tiles a { font-weight: 600; } .tiles .quiet { display: block; font-size: .88rem; }
th { font-weight: 600; color: var(--quiet); font-size: .85rem; }
td.id, td time { white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; } dt { color: var(--quiet); } dd { margin: 0; }
pre.text { white-space: pre-wrap; font: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: var(--corner); padding: 1rem 1.25rem; margin: .5rem 0; }
article { margin: 1rem 0; } article h3 { font-size: .95rem; margin: 0; } article.reply { margin-inline-start: 2rem; }
.columns { display: grid; grid-template-columns: 15rem 1fr; gap: 1.75rem; } @media (max-width: 50rem) { .columns { grid-template-columns: 1fr; } }
.columns > nav ul { flex-direction: column; } .columns > nav a[aria-current] { font-weight: 700; text-decoration: none; color: var(--text); }
.tag { display: inline-block; padding: 0 .5rem; border: 1px solid var(--line); border-radius: 99px; font-size: .82rem; color: var(--quiet); }
${look.css ?? ""}`;
}
