import { html } from "../http/html";
import type { SandboxRequest, SandboxResponse } from "../http/server";
import { framePage, notFoundPage, table } from "../pages/frame";
import type { Accounts, GoogleArea } from "./area";
import { googleLook } from "./look";

const titles: Readonly<Record<GoogleArea["name"], string>> = { drive: "Drive", docs: "Docs", calendar: "Calendar", gmail: "Gmail" };

/** The pages that show what is in the simulated Google, person by person; a reload shows every write. */
export function createHome(options: {
  readonly areas: readonly GoogleArea[];
  readonly accounts: Accounts;
}): (request: SandboxRequest) => SandboxResponse {
  const { areas, accounts } = options;

  function people(): SandboxResponse {
    return framePage(googleLook, {
      title: "Accounts",
      links: [{ href: "/", label: "Accounts" }],
      main: html`<h1>Accounts</h1><p>Choose whose Google you want to look at.</p>${table(
        "Accounts",
        ["Person", "Address", "Domain", "Open"],
        accounts.all.map((account) => [
          html`<bdi>${account.name}</bdi>`,
          account.email,
          account.domain ?? "a consumer account",
          html`${areas.map(({ name }) => html`<a href="/home/${account.sub}/${name}">${titles[name]}</a> `)}`,
        ]),
      )}`,
    });
  }

  return (request) => {
    const { pathname } = request.url;
    if (pathname === "/") return people();
    const links = [{ href: "/", label: "Accounts" }];
    try {
      const [home, sub = "", name, ...rest] = pathname.split("/").slice(1).map(decodeURIComponent);
      const account = home === "home" ? accounts.find(sub) : null;
      if (account === null) return notFoundPage(googleLook, links);
      const all = [...links, ...areas.map((area) => ({ href: `/home/${sub}/${area.name}`, label: titles[area.name] }))];
      const page = areas.find((area) => area.name === name)?.page(account, rest) ?? null;
      if (page === null) return notFoundPage(googleLook, all);
      return framePage(googleLook, {
        title: `${page.title} · ${account.name}`,
        links: all,
        main: html`<p class="quiet"><bdi>${account.name}</bdi> (${account.email})</p>${page.main}`,
      });
    } catch (error) {
      // A malformed escape in the path is a page that does not exist.
      if (!(error instanceof URIError)) throw error;
      return notFoundPage(googleLook, links);
    }
  };
}
