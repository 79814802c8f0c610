import { html, page } from "../http/html";
import type { SandboxResponse } from "../http/server";
import { stylesheetPath } from "../pages/look";

/**
 * The page that carries an answer by POST (OAuth 2.0 Form Post Response Mode). The vendor's sends itself with a script; the sandbox's pages
 * have none, so a person presses the button.
 */
export function formPostPage(
  redirectUri: string,
  parameters: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string | readonly string[]>>,
): SandboxResponse {
  return page({
    title: "Back to the app",
    stylesheet: stylesheetPath,
    formTargets: [new URL(redirectUri).origin],
    headers,
    main: html`<main class="card"><h1>Back to the app</h1><form method="post" action="${redirectUri}">${Object.entries(parameters).map(
      ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
    )}<div class="actions"><button class="primary" type="submit">Continue</button></div></form></main>`,
  });
}
