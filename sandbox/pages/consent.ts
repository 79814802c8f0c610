import { html, type Markup, page } from "../http/html";
import type { SandboxResponse } from "../http/server";
import { stylesheetPath, type ToolLook } from "./look";

export interface ConsentPerson {
  readonly userId: string;
  readonly workspaceName: string;
  readonly name: string;
  readonly email: string;
  readonly admin: boolean;
}

export interface ConsentPage {
  readonly look: ToolLook;
  readonly appName: string;
  readonly actsAs: "user" | "app";
  /** In the order of the list; `fixed` ones cannot be unticked. */
  readonly scopes: readonly { readonly scope: string; readonly allows: string; readonly fixed: boolean }[];
  /** Whether a person may untick scopes. */
  readonly granular: boolean;
  readonly people: readonly ConsentPerson[];
  readonly chosen: string | null;
  readonly redirectOrigin: string;
  /** Where the form goes, and what it carries unseen. */
  readonly action: string;
  readonly hidden: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
}

function person({ userId, name, email, admin }: ConsentPerson, chosen: string | null): Markup {
  return html`<option value="${userId}"${userId === chosen ? html` selected` : ""}>${name} (${email})${admin ? ", admin" : ""}</option>`;
}

/** Who asks for what, and who says yes. The form's fields: `person`, `decision`, and `scope` for each ticked one of a granular page. */
export function consentPage(shown: ConsentPage): SandboxResponse {
  const { look, appName, granular } = shown;
  const workspaces = [...new Set(shown.people.map(({ workspaceName }) => workspaceName))];
  const scopes = shown.scopes.map(({ scope, allows, fixed }) =>
    granular && !fixed
      ? html`<li><input type="checkbox" id="scope ${scope}" name="scope" value="${scope}" checked><label for="scope ${scope}">${allows} <code>${scope}</code></label></li>`
      : html`<li><span>${allows} <code>${scope}</code></span></li>`,
  );
  const main = html`<main class="card consent">
<div class="meeting" aria-hidden="true"><span class="app">${Array.from(appName)[0] ?? ""}</span><span class="between"></span><span class="mark">${look.mark}</span></div>
<h1>${appName} wants to use your ${look.name}</h1>
<p class="quiet">A sandbox: a simulated ${look.name} on this computer. No real account is touched.</p>
<form method="post" action="${shown.action}">
${Object.entries(shown.hidden).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<h2>${shown.actsAs === "app" ? "The app will act as itself, and may" : "It will act as you, and may"}</h2>
<ul class="scopes">${scopes}</ul>
<label for="person">Continue as</label>
<select id="person" name="person">${workspaces.map(
    (workspace) =>
      html`<optgroup label="${workspace}">${shown.people.filter(({ workspaceName }) => workspaceName === workspace).map((of) => person(of, shown.chosen))}</optgroup>`,
  )}</select>
<p class="quiet">You will be sent back to <strong>${shown.redirectOrigin}</strong>.</p>
<div class="actions"><button name="decision" value="cancel" type="submit">Cancel</button><button class="primary" name="decision" value="authorize" type="submit">Authorize</button></div>
</form></main>`;
  return page({
    title: `Authorize ${appName}: ${look.name} sandbox`,
    stylesheet: stylesheetPath,
    bodyClass: `on-${look.consent}`,
    main,
    formTargets: [shown.redirectOrigin],
    headers: shown.headers,
  });
}

/** A request that is refused without going back to the app. */
export function refusalPage(look: ToolLook, message: string, status: number, headers: Readonly<Record<string, string>>): SandboxResponse {
  return page({
    status,
    title: `${look.name} sandbox: request refused`,
    stylesheet: stylesheetPath,
    bodyClass: `on-${look.consent}`,
    headers,
    main: html`<main class="card"><h1>This request was refused</h1><p>${message}</p>
<p class="quiet">Nothing was sent back to the app, because it is not certain that the address is the app's.</p></main>`,
  });
}
