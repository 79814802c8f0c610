import { html, page } from "../http/html";
import type { SandboxResponse } from "../http/server";

const stylesheet = `:root { color-scheme: light dark; --bg: #f6f5f2; --panel: #fff; --text: #1d1c1a; --quiet: #5f5b54; --line: #dedad2; --accent: #2b5d52; }
@media (prefers-color-scheme: dark) { :root { --bg: #161614; --panel: #20201d; --text: #f0eee8; --quiet: #aaa69c; --line: #3a3933; --accent: #8fd0c0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); font: 16px/1.55 system-ui, sans-serif; }
main { width: min(46rem, calc(100% - 2rem)); margin: 9vh auto; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; }
p { color: var(--quiet); margin: .4rem 0; }
ul { list-style: none; padding: 0; margin: 1.75rem 0; display: grid; gap: .6rem; }
li a { display: flex; justify-content: space-between; gap: 1rem; padding: .85rem 1.1rem; background: var(--panel); border: 1px solid var(--line); border-radius: 10px; color: inherit; text-decoration: none; font-weight: 600; }
li a:hover { border-color: var(--accent); } li span { color: var(--quiet); font: .85rem/1.8 ui-monospace, monospace; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 10px; }
code { font: .9em ui-monospace, monospace; color: var(--text); }
`;

/** The control port's front page and its stylesheet, for people: where each tool is, and no more. Null for every other address. */
export function answerFront(
  pathname: string,
  tools: readonly { readonly name: string; readonly origin: string }[],
): SandboxResponse | null {
  if (pathname === "/sandbox.css") {
    return { status: 200, headers: { "content-type": "text/css; charset=utf-8", "x-content-type-options": "nosniff" }, body: stylesheet };
  }
  if (pathname !== "/") return null;
  return page({
    title: "Sandbox",
    stylesheet: "/sandbox.css",
    main: html`<main><h1>The sandbox</h1>
<p>A small company that lives in ${tools.length} simulated ${tools.length === 1 ? "tool" : "tools"} on this computer. Open one to see what is in it; a reload shows every write.</p>
<ul>${tools.map(({ name, origin }) => html`<li><a href="${origin}/">${name}<span>${origin}</span></a></li>`)}</ul>
<p>This is also the control port: <code>POST /</code> one command, <code>GET /state</code>, <code>GET /journal</code>, for programs. They are told in docs/sandbox.md.</p></main>`,
  });
}
