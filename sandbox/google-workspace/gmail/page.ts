import { html, type Markup } from "../../http/html";
import { table, when, written } from "../../pages/frame";
import type { Account } from "../area";
import { headerOf, leavesOf, type MimePart, textOfPart } from "./mime";
import type { Mailbox, StoredMessage } from "./store";

/** What a person sees in the simulated Gmail. */

const shown = 100;

const namesOf = (message: StoredMessage, mailbox: Mailbox): string =>
  message.labelIds.map((id) => mailbox.labels.get(id)?.name ?? id).join(", ");

export function mailboxPage(
  account: Account,
  mailbox: Mailbox,
  partOf: (message: StoredMessage) => MimePart,
): { readonly title: string; readonly main: Markup } {
  const newest = [...mailbox.messages.values()].toSorted((a, b) => b.internalDateMs - a.internalDateMs);
  return {
    title: "Gmail",
    main: html`<h1>Gmail</h1><p class="quiet">${newest.length} messages${newest.length > shown ? `; the newest ${shown} are shown` : ""}</p>${table(
      "Mail",
      ["When", "From", "Subject", "Labels"],
      newest.slice(0, shown).map((message) => {
        const { headers } = partOf(message);
        const subject = headerOf(headers, "Subject");
        return [
          when(new Date(message.internalDateMs).toISOString()),
          html`<bdi>${headerOf(headers, "From")}</bdi>`,
          html`<a href="/home/${account.sub}/gmail/${message.id}"><bdi>${subject === "" ? "(no subject)" : subject}</bdi></a>`,
          namesOf(message, mailbox),
        ];
      }),
    )}`,
  };
}

/** A mail as text; HTML is shown as its source, never as a page. */
export function mailPage(message: StoredMessage, mailbox: Mailbox, part: MimePart): { readonly title: string; readonly main: Markup } {
  const subject = headerOf(part.headers, "Subject") || "(no subject)";
  const leaves = leavesOf(part);
  return {
    title: subject,
    main: html`<h1><bdi>${subject}</bdi></h1><p class="quiet">${namesOf(message, mailbox)}</p>${table(
      "Headers",
      ["", ""],
      part.headers.map(({ name, value }) => [name, html`<bdi>${value}</bdi>`]),
    )}${leaves
      .filter(({ filename, mimeType }) => filename === "" && mimeType.startsWith("text/"))
      .map((leaf) => html`<h2>${leaf.mimeType}</h2>${written(textOfPart(leaf))}`)}<h2>Attachments</h2>${table(
      "Attachments",
      ["Name", "Type", "Bytes"],
      leaves.filter(({ filename }) => filename !== "").map((leaf) => [html`<bdi>${leaf.filename}</bdi>`, leaf.mimeType, leaf.bytes.length]),
    )}`,
  };
}
