import { DateTime } from "luxon";
import { html, type Markup } from "../http/html";
import type { SandboxRequest, SandboxResponse } from "../http/server";
import { framePage, notFoundPage, table, when, written } from "../pages/frame";
import { instancesIn, momentOf, wholeOf } from "./calendar/events";
import { childrenOf, rootKey } from "./files/items";
import { readItemId } from "./ids";
import { microsoftLook } from "./look";
import { textOf } from "./mail/views";
import type { Address, DriveItemRow, EventRow, Mailbox, MessageRow, User } from "./rows";
import type { Store } from "./store";

/** The pages that show what is in the simulated Microsoft 365; a reload shows every write. */

const nameOf = ({ name, address }: Address): string => (name === address ? address : `${name} <${address}>`);

const areas = ["mail", "calendar", "files", "contacts"] as const;

export function createHome(store: Store): (request: SandboxRequest) => SandboxResponse {
  const links = () => [...store.tenants.values()].map(({ id, displayName }) => ({ href: `/tenants/${id}`, label: displayName }));
  const frame = (title: string, main: Markup) => framePage(microsoftLook, { title, main, links: links() });

  const boxPath = (user: User, area: string): string => `/people/${user.id}/${area}`;

  function tenantPage(tenantId: string): SandboxResponse | null {
    const tenant = store.tenants.get(tenantId);
    if (tenant === undefined) return null;
    const people = [...store.users.values()].filter((user) => user.tenantId === tenantId);
    const rows = people.map((user) => {
      const { messages, events, contacts, drive } = store.mailboxOf(user.id);
      return [
        html`<bdi>${user.displayName}</bdi><br><span class="quiet">${user.mail}</span>`,
        html`<a href="${boxPath(user, "mail")}">${messages.size} messages</a>`,
        html`<a href="${boxPath(user, "calendar")}">${events.size} events</a>`,
        html`<a href="${boxPath(user, "files")}">${drive.size - 1} files and folders</a>`,
        html`<a href="${boxPath(user, "contacts")}">${contacts.size} contacts</a>`,
      ];
    });
    return frame(
      tenant.displayName,
      html`<h1>${tenant.displayName}</h1>${table("People", ["Person", "Mail", "Calendar", "OneDrive", "Contacts"], rows)}`,
    );
  }

  function areaPage(user: User, title: string, area: string, main: Markup): SandboxResponse {
    const items = areas.map(
      (name) =>
        html`<li><a href="${boxPath(user, name)}"${name === area ? html` aria-current="page"` : ""}>${name[0]?.toUpperCase()}${name.slice(1)}</a></li>`,
    );
    return frame(
      title,
      html`<p class="quiet"><a href="/tenants/${user.tenantId}">${store.tenants.get(user.tenantId)?.displayName}</a> / <bdi>${user.displayName}</bdi></p>
<div class="columns"><nav aria-label="Areas"><ul>${items}</ul></nav><section><h1><bdi>${title}</bdi></h1>${main}</section></div>`,
    );
  }

  function mailPage(user: User, mailbox: Mailbox): SandboxResponse {
    const folders = [...mailbox.folders.values()].filter(({ key, isHidden }) => key !== "msgfolderroot" && !isHidden);
    const parts = folders.map((folder) => {
      const messages = [...mailbox.messages.values()]
        .filter((row) => row.folder === folder.key)
        .toSorted((one, other) => (one.receivedAt < other.receivedAt ? 1 : -1));
      const rows = messages
        .slice(0, 100)
        .map((row) => [
          html`<bdi>${row.isDraft ? row.to.map(nameOf).join(", ") : row.from === null ? "" : row.from.name}</bdi>`,
          html`<a href="${boxPath(user, "mail")}/${row.key}"><bdi>${row.subject === "" ? "(no subject)" : row.subject}</bdi></a>${row.isRead ? "" : html` <span class="tag">unread</span>`}${row.flag === "flagged" ? html` <span class="tag">flagged</span>` : ""}${row.categories.map((category) => html` <span class="tag">${category}</span>`)}`,
          when(row.receivedAt),
        ]);
      return html`<h2>${folder.displayName} (${messages.length})</h2>${table(folder.displayName, [folder.key === "drafts" ? "To" : "From", "Subject", "Received"], rows)}`;
    });
    return areaPage(user, "Mail", "mail", html`${parts}`);
  }

  const messagePage = (user: User, row: MessageRow): SandboxResponse =>
    areaPage(
      user,
      row.subject === "" ? "(no subject)" : row.subject,
      "mail",
      html`<dl><dt>From</dt><dd>${row.from === null ? "" : nameOf(row.from)}</dd><dt>To</dt><dd>${row.to.map(nameOf).join(", ")}</dd>
${row.cc.length === 0 ? "" : html`<dt>Cc</dt><dd>${row.cc.map(nameOf).join(", ")}</dd>`}
<dt>${row.isDraft ? "Begun" : "Received"}</dt><dd>${when(row.receivedAt)}</dd>
${row.attachments.length === 0 ? "" : html`<dt>Attached</dt><dd>${row.attachments.map(({ name, bytes }) => `${name} (${bytes.length} bytes)`).join(", ")}</dd>`}</dl>${written(textOf(row.body))}`,
    );

  function calendarPage(user: User, mailbox: Mailbox): SandboxResponse {
    const [from, to] = [store.nowMs() - 14 * 86_400_000, store.nowMs() + 45 * 86_400_000];
    const instances = [...mailbox.events.values()]
      .flatMap((event) => instancesIn(event, from, to))
      .toSorted((one, other) => momentOf(one.fields.start) - momentOf(other.fields.start));
    const rows = instances.map(({ event, fields }) => [
      html`${DateTime.fromMillis(momentOf(fields.start), { zone: user.timeZone }).toFormat(fields.isAllDay ? "ccc d LLL yyyy" : "ccc d LLL yyyy, HH:mm")}`,
      html`<a href="${boxPath(user, "calendar")}/${event.key}"><bdi>${fields.subject === "" ? "(no title)" : fields.subject}</bdi></a>${event.recurrence === null ? "" : html` <span class="tag">repeats</span>`}`,
      fields.location,
      html`<bdi>${event.organizer.name}</bdi>`,
    ]);
    return areaPage(
      user,
      "Calendar",
      "calendar",
      html`<p class="quiet">Two weeks back, six ahead, in ${user.timeZone}.</p>${table("Events", ["When", "What", "Where", "Organizer"], rows)}`,
    );
  }

  const eventPage = (user: User, event: EventRow): SandboxResponse => {
    const { fields } = wholeOf(event);
    return areaPage(
      user,
      fields.subject === "" ? "(no title)" : fields.subject,
      "calendar",
      html`<dl><dt>Starts</dt><dd>${fields.start.dateTime.replace("T", " ")} (${fields.start.timeZone})</dd><dt>Ends</dt><dd>${fields.end.dateTime.replace("T", " ")} (${fields.end.timeZone})</dd>
<dt>Where</dt><dd>${fields.location === "" ? "Nowhere in particular" : fields.location}</dd><dt>Organizer</dt><dd>${nameOf(event.organizer)}</dd>
<dt>Attendees</dt><dd>${fields.attendees.length === 0 ? "None" : fields.attendees.map(nameOf).join(", ")}</dd></dl>${written(textOf(fields.body))}`,
    );
  };

  function tree(mailbox: Mailbox, key: string): Markup {
    const children = childrenOf(mailbox, key).toSorted((one, other) => one.name.localeCompare(other.name, "en"));
    const line = (row: DriveItemRow) =>
      row.content === null
        ? html`<li><strong><bdi>${row.name}</bdi></strong>${row.remote === null ? tree(mailbox, row.key) : html` <span class="tag">shortcut</span>`}</li>`
        : html`<li><bdi>${row.name}</bdi> <span class="quiet">${row.content.mimeType}, ${row.content.bytes.length} bytes</span></li>`;
    return children.length === 0 ? html`<p class="quiet">Empty.</p>` : html`<ul>${children.map(line)}</ul>`;
  }

  function contactsPage(user: User, mailbox: Mailbox): SandboxResponse {
    const rows = [...mailbox.contacts.values()].map(({ fields, folder }) => [
      html`<bdi>${String(fields.displayName ?? "")}</bdi>`,
      String(fields.companyName ?? ""),
      (Array.isArray(fields.emailAddresses) ? fields.emailAddresses : [])
        .map((each: { address?: string }) => each.address ?? "")
        .join(", "),
      mailbox.contactFolders.get(folder)?.displayName ?? "",
    ]);
    return areaPage(user, "Contacts", "contacts", table("Contacts", ["Name", "Company", "E-mail", "Folder"], rows));
  }

  function find(path: string): SandboxResponse | null {
    const [, kind, id = "", area, key] = path.split("/").map(decodeURIComponent);
    if (kind === "tenants") return tenantPage(id);
    const user = kind === "people" ? store.users.get(id) : undefined;
    if (user === undefined) return null;
    const mailbox = store.mailboxOf(user.id);
    if (area === "mail" && key === undefined) return mailPage(user, mailbox);
    if (area === "calendar" && key === undefined) return calendarPage(user, mailbox);
    if (area === "files") return areaPage(user, "OneDrive", "files", tree(mailbox, rootKey));
    if (area === "contacts") return contactsPage(user, mailbox);
    const message = area === "mail" ? mailbox.messages.get(key ?? "") : undefined;
    if (message !== undefined) return messagePage(user, message);
    const event = area === "calendar" ? mailbox.events.get(key ?? "") : undefined;
    return event === undefined ? null : eventPage(user, event);
  }

  /** Web links of items lead to `/owa/?ItemID=…` and `/personal/<address>/Documents/…`. */
  function findLinked(url: URL): SandboxResponse | null {
    if (url.pathname === "/owa/") {
      const id = readItemId(url.searchParams.get("ItemID") ?? url.searchParams.get("itemid") ?? "");
      return find(`/people/${encodeURIComponent(id.mailbox)}/${id.type === "event" ? "calendar" : "mail"}/${encodeURIComponent(id.key)}`);
    }
    const owner = /^\/personal\/([^/]+)\//.exec(url.pathname)?.[1];
    const user = owner === undefined ? null : store.findByAddress(decodeURIComponent(owner));
    return user === null ? null : find(`/people/${user.id}/files`);
  }

  return ({ url }) => {
    let found: SandboxResponse | null = null;
    try {
      const [first] = store.tenants.keys();
      found = url.pathname === "/" && first !== undefined ? tenantPage(first) : (find(url.pathname) ?? findLinked(url));
    } catch {
      // A malformed escape or id in the address is a page that does not exist.
    }
    return found ?? notFoundPage(microsoftLook, links());
  };
}
