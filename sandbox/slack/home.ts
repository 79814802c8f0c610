import { html, type Markup } from "../http/html";
import type { SandboxRequest, SandboxResponse } from "../http/server";
import { framePage, notFoundPage, table, when } from "../pages/frame";
import { toPictures } from "./emoji";
import { slackLook } from "./look";
import { type Names, showMrkdwn } from "./markup";
import { byTime } from "./objects";
import { type ConversationRow, type FileRow, isTopLevel, type MessageRow, repliesTo, type Workspace } from "./rows";

/** The pages that show what is in the simulated Slack; a reload shows every write. */

const shownMessages = 200;

const timeOf = (ts: string): Markup => when(new Date(Number(ts) * 1000).toISOString());

export function createHome(options: { readonly workspaces: () => Iterable<Workspace> }): (request: SandboxRequest) => SandboxResponse {
  const workspaces = (): readonly Workspace[] => [...options.workspaces()];
  const links = () => workspaces().map(({ domain, name }) => ({ href: `/${domain}/`, label: name }));
  const frame = (title: string, main: Markup, status = 200): SandboxResponse =>
    framePage(slackLook, { title, main, status, links: links() });

  const namesOf = (workspace: Workspace): Names => ({
    person: (id) => workspace.users.get(id)?.name ?? id,
    channel: (id) => workspace.conversations.get(id)?.name ?? id,
  });

  function titleOf(workspace: Workspace, { kind, name, members }: ConversationRow): string {
    if (kind === "public") return `# ${name}`;
    if (kind === "private") return `🔒 ${name}`;
    return [...members].map((id) => workspace.users.get(id)?.name ?? id).join(", ");
  }

  function sidebar(workspace: Workspace, current: string | null): Markup {
    const rows = [...workspace.conversations.values()];
    const list = (label: string, kinds: readonly ConversationRow["kind"][]): Markup => {
      const shown = rows.filter(({ kind }) => kinds.includes(kind));
      return shown.length === 0
        ? html``
        : html`<h2>${label}</h2><ul>${shown.map(
            (row) =>
              html`<li><a href="/${workspace.domain}/archives/${row.id}"${row.id === current ? html` aria-current="page"` : ""}><bdi>${titleOf(workspace, row)}</bdi></a></li>`,
          )}</ul>`;
    };
    return html`<nav aria-label="Conversations">${list("Channels", ["public", "private"])}${list("Messages", ["im", "mpim"])}</nav>`;
  }

  function messageMarkup(workspace: Workspace, message: MessageRow, isReply: boolean): Markup {
    const names = namesOf(workspace);
    const author = message.user === null ? "an app" : names.person(message.user);
    const isApp = message.botId !== null;
    const body = message.tombstone ? html`<em>This message was deleted.</em>` : showMrkdwn(message.text, names);
    const files = message.fileIds.flatMap((id) => workspace.files.get(id) ?? []);
    return html`<article class="message${isReply ? " reply" : ""}" id="p${message.ts.replace(".", "")}">
<h3><bdi>${author}</bdi></h3> ${isApp ? html`<span class="tag">app</span> ` : ""}<span class="quiet">${timeOf(message.ts)}${message.edited === null ? "" : " (edited)"}</span>
<div dir="auto">${body}</div>
${files.map((file) => html`<p>📄 <a href="/${workspace.domain}/files/${file.user}/${file.id}"><bdi>${file.name}</bdi></a></p>`)}
${message.reactions.length === 0 ? "" : html`<ul class="reactions">${message.reactions.map(({ name, users }) => html`<li title="${users.map(names.person).join(", ")}">${toPictures(`:${name}:`)} ${users.length}</li>`)}</ul>`}
</article>`;
  }

  function conversationPage(workspace: Workspace, conversation: ConversationRow): SandboxResponse {
    const top = [...conversation.messages.values()].filter(isTopLevel).toSorted(byTime);
    const shown = top.slice(-shownMessages);
    const title = titleOf(workspace, conversation);
    return frame(
      title,
      html`<div class="columns">${sidebar(workspace, conversation.id)}<section><h1><bdi>${title}</bdi></h1>
<p class="quiet">${conversation.topic === "" ? conversation.purpose : conversation.topic} · ${conversation.members.size} members${conversation.archived ? " · archived" : ""}</p>
${shown.length < top.length ? html`<p class="quiet">The newest ${shown.length} of ${top.length} messages.</p>` : ""}
${shown.length === 0 ? html`<p class="quiet">No messages.</p>` : ""}
${shown.map((message) => html`${messageMarkup(workspace, message, false)}${repliesTo(conversation, message.ts).map((reply) => messageMarkup(workspace, reply, true))}`)}
</section></div>`,
    );
  }

  function workspacePage(workspace: Workspace): SandboxResponse {
    const newest = [...workspace.conversations.values()]
      .filter(({ kind }) => kind === "public" || kind === "private")
      .flatMap((conversation) => [...conversation.messages.values()].map((message) => ({ conversation, message })))
      .toSorted((one, other) => byTime(other.message, one.message))
      .slice(0, 12);
    const apps = [...workspace.bots.values()].map(({ name, installedBy }) => [
      html`<bdi>${name}</bdi>`,
      workspace.users.get(installedBy)?.name ?? "",
    ]);
    return frame(
      workspace.name,
      html`<div class="columns">${sidebar(workspace, null)}<section><h1>${workspace.name}</h1>
<p>${workspace.users.size} people and apps, ${workspace.conversations.size} conversations.</p>
<h2>Newest messages</h2>${newest.map(
        ({ conversation, message }) =>
          html`<p class="quiet">in <a href="/${workspace.domain}/archives/${conversation.id}#p${message.ts.replace(".", "")}"><bdi>${titleOf(workspace, conversation)}</bdi></a></p>${messageMarkup(workspace, message, false)}`,
      )}
<h2>Installed apps</h2>${table("Installed apps", ["App", "Installed by"], apps)}
<h2>People</h2>${table(
        "People",
        ["Name", "Title", "Time zone"],
        [...workspace.users.values()]
          .filter(({ botId }) => botId === null)
          .map(({ id, name, title, timeZone, deleted }) => [
            html`<a href="/${workspace.domain}/team/${id}"><bdi>${name}</bdi></a>${deleted ? " (left)" : ""}`,
            title,
            timeZone,
          ]),
      )}</section></div>`,
    );
  }

  function personPage(workspace: Workspace, id: string): SandboxResponse | null {
    const user = workspace.users.get(id);
    if (user === undefined) return null;
    return frame(
      user.name,
      html`<h1><bdi>${user.name}</bdi></h1><dl><dt>Title</dt><dd>${user.title || "None"}</dd><dt>E-mail</dt><dd>${user.email ?? "None"}</dd><dt>Time zone</dt><dd>${user.timeZone}</dd><dt>Id</dt><dd>${user.id}</dd></dl>`,
    );
  }

  const filePage = (file: FileRow): SandboxResponse =>
    frame(
      file.name,
      html`<h1><bdi>${file.name}</bdi></h1><p class="quiet">${file.mimetype}</p><pre class="text" dir="auto">${file.text}</pre>`,
    );

  function find(path: string): SandboxResponse | null {
    const [domain, area, id, last] = path.split("/").slice(1).map(decodeURIComponent);
    if (domain === "") {
      const [first] = workspaces();
      return first === undefined ? null : { status: 303, headers: { location: `/${first.domain}/` } };
    }
    const workspace = workspaces().find((known) => known.domain === domain);
    if (workspace === undefined) return null;
    if (area === undefined || area === "") return workspacePage(workspace);
    if (area === "archives") {
      const conversation = workspace.conversations.get(id ?? "");
      return conversation === undefined ? null : conversationPage(workspace, conversation);
    }
    if (area === "team") return personPage(workspace, id ?? "");
    const file = area === "files" ? workspace.files.get(last ?? "") : undefined;
    return file === undefined ? null : filePage(file);
  }

  return (request) => {
    let found: SandboxResponse | null = null;
    try {
      found = find(request.url.pathname);
    } catch (error) {
      // A path that is no valid escape is a page that does not exist.
      if (!(error instanceof URIError)) throw error;
    }
    return found ?? notFoundPage(slackLook, links());
  };
}
