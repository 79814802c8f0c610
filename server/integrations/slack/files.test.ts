import { type ConnectedHub, connectedHub } from "@/server/compose/testing-tool";
import { mountConformance } from "@/server/vfs/conformance";
import { listCapabilities } from "../manifests";
import { slack } from "./index";
import { type SlackTokens, unlimited, unpaced } from "./testing";

/** Slack through the whole file system, by the suite of every mount. */

const root = slack.manifest.vfsPath;
const general = `${root}/channels/general`;
const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

/** A message of the company's, found when the suite starts. */
const known = { ts: "" };

async function start() {
  const hub: ConnectedHub<SlackTokens, unknown> = await connectedHub("slack", {
    integration: unpaced,
    tool: { settings: unlimited },
    variables: { SLACK_PKCE: "1" },
  });
  const { text } = await hub.admin.vfs.read({ path: `${general}/${daysAgo(4)}.md` });
  known.ts = /\(messages\/(\d+\.\d{6})\.md\)/.exec(text)?.[1] ?? "";
  const { scope: stranger } = await hub.stranger();
  return { files: hub.hub.files, scope: hub.admin.scope, stranger, root, settle: hub.settle, close: hub.close };
}

/** The catalogue's words, each with a case that runs it. */
mountConformance("Slack", {
  operations: ["stat", "list", "read", "write", "append", "edit", "remove", "execute"],
  words: listCapabilities(slack.manifest),
  start,
  cases: [
    { words: ["read:channels"], does: "list", path: `${root}/channels`, atLeast: 6 },
    { words: ["read:channels"], does: "read", path: `${general}/channel.json`, contains: '"name": "general"' },
    { words: ["read:channels"], does: "list", path: `${root}/dms`, atLeast: 2 },
    { words: ["read:messages"], does: "list", path: general, atLeast: 50 },
    { words: ["read:messages"], does: "read", path: `${general}/${daysAgo(4)}.md`, contains: "Holiday plan" },
    { words: ["read:messages"], does: "list", path: `${general}/threads`, atLeast: 2 },
    { words: ["read:users"], does: "list", path: `${root}/users`, atLeast: 8 },
    { words: ["read:users"], does: "read", path: `${root}/users/Ann Smith.json`, contains: '"email": "ann@acme.example"' },
    {
      words: ["write:messages"],
      does: "append",
      path: `${general}/today.md`,
      text: "Posted by the **suite**.",
      contains: "Posted by the **suite**.",
    },
    {
      words: ["write:reactions"],
      does: "create",
      // Named when the suite runs it: a timestamp is known only then.
      get path() {
        return `${general}/messages/${known.ts}.d/reactions/eyes`;
      },
      text: "",
      contains: '"emoji": "eyes"',
    },
    {
      words: ["write:reactions"],
      does: "remove",
      get path() {
        return `${general}/messages/${known.ts}.d/reactions/eyes`;
      },
    },
  ],
});
