import { connectedHub } from "@/server/compose/testing-tool";
import { mountConformance } from "@/server/vfs/conformance";
import { listCapabilities } from "../manifests";
import { googleWorkspaceManifest } from "./manifest";
import { recorded } from "./testing";

/** Google Workspace through the whole file system, by the suite of every mount. */

const root = googleWorkspaceManifest.vfsPath;
const engineering = `${root}/drive/shared-drives/Acme/Team/Engineering`;

async function start() {
  const hub = await connectedHub("google-workspace", { integration: recorded });
  const { scope: stranger } = await hub.stranger();
  return {
    files: hub.hub.files,
    scope: hub.admin.scope,
    stranger,
    colleague: { scope: hub.member.scope, hidden: ["calendar", "gmail"] },
    root,
    settle: hub.settle,
    close: hub.close,
  };
}

/** The catalogue's words, each with a case that runs it. */
mountConformance("Google Workspace", {
  operations: ["stat", "list", "read", "write", "append", "edit", "remove", "execute"],
  words: listCapabilities(googleWorkspaceManifest),
  start,
  cases: [
    { words: ["read:drive"], does: "list", path: `${root}/drive/my-drive`, atLeast: 2 },
    { words: ["read:drive"], does: "list", path: `${root}/drive/shared-with-me`, atLeast: 3 },
    { words: ["read:drive"], does: "read", path: `${root}/drive/shared-drives/Acme/Team/Data/Estimates, October.csv`, contains: "71.0 %" },
    { words: ["read:drive"], does: "read", path: `${engineering}/Sprint review.txt`, contains: "Offline" },
    { words: ["read:drive"], does: "read", path: `${engineering}/README.md`, as: "markdown", contains: "Everything that runs." },
    {
      words: ["read:drive"],
      does: "open",
      path: `${root}/drive/shared-with-me/Porto/Fire brigade, protocol.pdf`,
      mediaType: "application/pdf",
      contains: "%PDF-1.4",
    },
    { words: ["read:docs"], does: "list", path: `${root}/docs`, atLeast: 10 },
    { words: ["read:docs"], does: "read", path: `${root}/docs/Runbook: key rotation.md`, contains: "**02:00 UTC**" },
    { words: ["read:docs"], does: "read", path: `${root}/docs/Runbook: key rotation.md`, as: "raw", contains: "key rotation" },
    {
      words: ["write:docs"],
      does: "create",
      path: `${root}/drive/my-drive/Parcel scanner.md`,
      // One paragraph: the suite's writers of one etag each put another text in its place.
      text: "It beeps twice.\n",
      contains: "It beeps twice.",
    },
    { words: ["write:docs"], does: "edit", path: `${root}/drive/my-drive/Parcel scanner.md`, find: "twice", replace: "once" },
    {
      words: ["write:docs"],
      does: "append",
      path: `${root}/drive/my-drive/Parcel scanner.md`,
      text: "Heard it **too**.",
      contains: "\n\nHeard it **too**.\n",
    },
    { words: ["read:calendar"], does: "list", path: `${root}/calendar`, atLeast: 2 },
    {
      words: ["write:calendar"],
      does: "create",
      path: `${root}/calendar/ann@acme.example/2027-03/Parcel day.md`,
      text: '---\nstart: "2027-03-04"\nend: "2027-03-05"\n---\n\nAll day.\n',
      contains: "All day.",
    },
    {
      words: ["write:calendar"],
      does: "edit",
      path: `${root}/calendar/ann@acme.example/2027-03/Parcel day.md`,
      find: "location: null",
      replace: "location: Depot",
    },
    { words: ["write:calendar"], does: "remove", path: `${root}/calendar/ann@acme.example/2027-03/Parcel day.md` },
    { words: ["read:gmail"], does: "list", path: `${root}/gmail/labels`, atLeast: 10 },
    { words: ["read:gmail"], does: "list", path: `${root}/gmail/messages`, atLeast: 10 },
  ],
});
