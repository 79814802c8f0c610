import type { SandboxResponse } from "./server";

/** Text that is markup already; everything else is escaped by `html`. */
export interface Markup {
  readonly markup: string;
}

type Part = Markup | string | number | null | undefined | false | readonly Part[];

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (typeof part === "string" || typeof part === "number")
    return String(part).replace(/[&<>"']/g, (character) => entities[character] ?? "");
  if ("markup" in part) return part.markup;
  return part.map(render).join("");
}

/** Markup from a template; every value is escaped unless it is markup itself. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: strings.reduce((text, literal, index) => text + (index === 0 ? "" : render(parts[index - 1])) + literal, "") };
}

export interface PageOptions {
  readonly status?: number;
  readonly title: string;
  readonly stylesheet: string;
  readonly main: Markup;
  readonly bodyClass?: string;
  /** Origins besides our own that a form may lead to: a browser applies `form-action` to the redirect after a POST too. */
  readonly formTargets?: readonly string[];
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** A whole page, with headers that allow no script, no frame and no foreign content. */
export function page(options: PageOptions): SandboxResponse {
  const csp = [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self' data:",
    `form-action 'self' ${(options.formTargets ?? []).join(" ")}`.trim(),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  return {
    status: options.status ?? 200,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": csp,
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      // `no-referrer` would make the browser send `Origin: null` with the consent form.
      "referrer-policy": "same-origin",
      "cache-control": "no-store",
      ...options.headers,
    },
    body: html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${options.title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${options.stylesheet}">
</head>
<body${options.bodyClass === undefined ? "" : html` class="${options.bodyClass}"`}>
${options.main}
</body>
</html>
`.markup,
  };
}
