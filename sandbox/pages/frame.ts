import { html, type Markup, page } from "../http/html";
import type { SandboxResponse } from "../http/server";
import { stylesheetOf, stylesheetPath, type ToolLook } from "./look";

export interface FrameOptions {
  readonly title: string;
  readonly main: Markup;
  readonly status?: number;
  /** Where the top bar leads. */
  readonly links: readonly { readonly href: string; readonly label: string }[];
}

/** A page of a tool's own, under its bar. */
export function framePage(look: ToolLook, { title, main, status = 200, links }: FrameOptions): SandboxResponse {
  return page({
    status,
    title: `${title} · ${look.name} sandbox`,
    stylesheet: stylesheetPath,
    main: html`<header class="bar"><div><strong><span class="mark">${look.mark}</span>${look.name} sandbox</strong><nav aria-label="Places"><ul>${links.map(
      ({ href, label }) => html`<li><a href="${href}"><bdi>${label}</bdi></a></li>`,
    )}</ul></nav><span class="quiet">Simulated on this computer. Reload to see changes.</span></div></header>
<main class="wide">${main}</main>`,
  });
}

/** The page at an address that has none. */
export function notFoundPage(look: ToolLook, links: FrameOptions["links"]): SandboxResponse {
  return framePage(look, {
    title: "Not found",
    status: 404,
    links,
    main: html`<h1>Nothing here</h1><p>The sandbox has no page at this address.</p><p><a href="/">Back to the start</a></p>`,
  });
}

/** A time as a person reads it. */
export const when = (iso: string): Markup => html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`;

/** Text that somebody wrote, as it is: markup in it is text. */
export const written = (text: string): Markup => html`<pre class="text" dir="auto">${text}</pre>`;

/** A table that scrolls by itself where it is too wide; "None." without rows. */
export function table(label: string, heads: readonly string[], rows: readonly (readonly (Markup | string | number | null)[])[]): Markup {
  if (rows.length === 0) return html`<p class="quiet">None.</p>`;
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

/** `GET` of the stylesheet; null for every other address. */
export function answerStylesheet(look: ToolLook, pathname: string): SandboxResponse | null {
  if (pathname !== stylesheetPath) return null;
  return {
    status: 200,
    headers: { "content-type": "text/css; charset=utf-8", "x-content-type-options": "nosniff", "cache-control": "no-cache" },
    body: stylesheetOf(look),
  };
}
