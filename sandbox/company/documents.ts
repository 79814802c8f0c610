import { photo, protocolPdf } from "./bytes";
import type { DocumentSeed } from "./work";

/** Acme's documents; issues, channels and mails name them by their titles. */
export const acmeDocuments: readonly DocumentSeed[] = [
  {
    key: "courier-plan",
    title: "Courier app 3.0: plan",
    folder: "Team/Engineering",
    kind: "doc",
    owner: "ann",
    sharedDrive: "Acme",
    project: "courier-app",
    daysAgo: 26,
    shortcutIn: "My work",
    text: `# Courier app 3.0: plan

What couriers told us, in the order of how often they said it:

1. It signs me out (ENG-17)
2. It does not work without signal (ENG-15)
3. The map is hard to read in the sun

## Milestones

| Milestone | Owner | When |
| --- | --- | --- |
| Sessions survive a key rotation | Ben | this sprint |
| Offline queue | דב | this sprint |
| Map in the sun | Chloé | after the beta |

## Not in scope

- tips
- chat
  - also no stickers

Read [the test script](https://docs.acme.example/usability) before Lisbon. Nothing here is **final**, *everything* is ~~late~~ on time.
`,
  },
  {
    key: "runbook-rotation",
    title: "Runbook: key rotation",
    folder: "Team/Engineering/Runbooks",
    kind: "doc",
    owner: "ben",
    sharedDrive: "Acme",
    project: "courier-app",
    daysAgo: 9,
    text: `# Runbook: key rotation

The job starts at **02:00 UTC**.

1. Look at the open sessions
2. Rotate with \`keepActive: true\`
3. Watch the alert of ENG-27: more than 5 % in one minute

> Never rotate on the day of a release.

## If it goes wrong

Call the bridge, then undo with \`sessions restore --from 02:00\`.
`,
  },
  {
    key: "runbook-broker",
    title: "Runbook: message broker 4.1",
    folder: "Team/Engineering/Runbooks",
    kind: "doc",
    owner: "finn",
    sharedDrive: "Acme",
    daysAgo: 44,
    text: "# Runbook: message broker 4.1\n\nRolling, one node at a time. Wait for `in sync` before the next one.\n\n- node 1\n- node 2\n- node 3\n",
  },
  {
    key: "handover",
    title: "Handover Jonas",
    folder: "Team/Engineering",
    kind: "doc",
    owner: "jonas",
    sharedDrive: "Acme",
    daysAgo: 42,
    text: "# Handover\n\nThe CSV import (ENG-5) expects `;` and a BOM. Nobody knows why. I am sorry.\n\n## Passwords\n\nNone here. Ask Finn.\n",
  },
  {
    key: "questions",
    title: "All hands: questions",
    folder: "Team",
    kind: "doc",
    owner: "gita",
    sharedDrive: "Acme",
    daysAgo: 5,
    text: "# All hands: questions\n\n- When does Porto open? (Chloé)\n- Do queued scans count for the bonus? (אנונימי)\n- 年末のシフトは？ (恵美)\n- Who fixes the printer? 🖨️\n",
  },
  {
    key: "estimates-sheet",
    title: "Estimates, October",
    folder: "Team/Data",
    kind: "sheet",
    owner: "ines",
    sharedDrive: "Acme",
    project: "estimates",
    daysAgo: 8,
    text: `day,parcels,within 10 min,share,note
2026-10-23,1288,914,71.0 %,
2026-10-24,1301,930,71.5 %,
2026-10-25,1310,106,8.1 %,"clock change: 1,204 announced 60 ± 2 min late"
2026-10-26,1277,922,72.2 %,"quoted ""again"""
`,
  },
  {
    key: "porto-budget",
    title: "Porto: budget",
    folder: "Porto",
    kind: "sheet",
    owner: "gita",
    project: "porto",
    daysAgo: 6,
    text: "item,planned €,spent €\nlease,30000,27500\npower and network,12000,11800\nscanners (Nord),9100,0\npeople,24900,18450\nreserve,8000,3500\n",
  },
  {
    key: "porto-contracts",
    title: "Porto: contracts",
    folder: "Porto/People",
    kind: "doc",
    owner: "gita",
    project: "porto",
    daysAgo: 6,
    text: "# Contracts\n\n## 4 Bonus\n\nThe bonus for the night shift is **€ 2.10** an hour.\n",
  },
  {
    key: "porto-protocol",
    title: "Fire brigade, protocol.pdf",
    folder: "Porto",
    kind: "file",
    mediaType: "application/pdf",
    owner: "gita",
    project: "porto",
    daysAgo: 1,
    text: protocolPdf,
  },
  {
    key: "sprint-slides",
    title: "Sprint review",
    folder: "Team/Engineering",
    kind: "slides",
    owner: "ann",
    sharedDrive: "Acme",
    project: "courier-app",
    daysAgo: 13,
    text: "# Sprint review\n\nSign-in & signal\n\n---\n\n# Sessions\n\n- ENG-31 in review\n- Alert fires before the couriers call 🎯\n\n---\n\n# Offline\n\n640 scans, 12 hours, in order\n\n---\n\n# שאלות?\n",
  },
  {
    key: "test-script",
    title: "Usability test: script",
    folder: "Design",
    kind: "doc",
    owner: "chloe",
    sharedDrive: "Acme",
    project: "courier-app",
    daysAgo: 6,
    text: "# Usability test\n\n1. Sign in\n2. Scan a parcel in the cellar\n3. Find the next stop\n\n*Consentimento:* formulário em português.\n",
  },
  {
    key: "empty-states",
    title: "empty states.png",
    folder: "Design/Courier app",
    kind: "file",
    mediaType: "image/png",
    owner: "hugo",
    sharedDrive: "Acme",
    project: "courier-app",
    daysAgo: 11,
    text: photo,
  },
  {
    key: "depots-csv",
    title: "depots.csv",
    folder: "Team/Data",
    kind: "file",
    mediaType: "text/csv",
    owner: "ines",
    sharedDrive: "Acme",
    daysAgo: 55,
    text: "id;name;city\r\n1;Hafen;Hamburg\r\n2;Süd;München\r\n3;Kanal;Berlin\r\n4;Foz;Porto\r\n",
  },
  {
    key: "readme",
    title: "README.md",
    folder: "Team/Engineering",
    kind: "file",
    mediaType: "text/markdown",
    owner: "finn",
    sharedDrive: "Acme",
    daysAgo: 60,
    text: "# Acme\n\nEverything that runs.\n",
  },
  {
    key: "notes",
    title: "Notes",
    folder: "",
    kind: "doc",
    owner: "ann",
    daysAgo: 2,
    text: "# Notes\n\n- insurer, Monday 16:30\n- ask Ben about Friday\n",
  },
  { key: "empty", title: "Empty", folder: "My work", kind: "doc", owner: "ann", daysAgo: 3, text: "" },
  {
    key: "survey",
    title: "顧客アンケート 👨‍👩‍👧‍👦 𠮷",
    folder: "My work",
    kind: "doc",
    owner: "emi",
    daysAgo: 27,
    text: "# アンケート\n\n日本語版は11月末までに必要です。\n\n1. 配達は時間通りでしたか？\n2. 運転手は親切でしたか？\n",
  },
  {
    key: "rtl",
    title: "מפת המסלול / خريطة الطريق",
    folder: "Design",
    kind: "doc",
    owner: "dov",
    sharedDrive: "Acme",
    project: "courier-app",
    daysAgo: 12,
    text: "# מפת המסלול\n\nהחיצים מתהפכים, המפה לא.\n\n## العربية\n\nزر «التالي» في الجهة الصحيحة.\n",
  },
  {
    key: "slashes",
    title: "/".repeat(300),
    folder: "My work",
    kind: "doc",
    owner: "ann",
    daysAgo: 4,
    text: "A cat walked over the keyboard.\n",
  },
  { key: "no-title", title: "", folder: "My work", kind: "doc", owner: "ann", daysAgo: 5, text: "Saved without a title.\n" },
  { key: "same-name-1", title: "Draft", folder: "My work", kind: "doc", owner: "ann", daysAgo: 10, text: "The first draft.\n" },
  { key: "same-name-2", title: "Draft", folder: "My work", kind: "doc", owner: "ann", daysAgo: 9, text: "The second draft.\n" },
];

export const borealisDocuments: readonly DocumentSeed[] = [
  {
    key: "playtest",
    title: "Playtest notes",
    folder: "Game",
    kind: "doc",
    owner: "maja",
    sharedDrive: "Borealis",
    project: "demo",
    daysAgo: 24,
    text: "# Playtest\n\n- the seal: everybody laughs\n- the ice bear: too hard\n",
  },
];
