import type { SandboxSize } from "../tool";
import { acmeChannels, borealisChannels } from "./channels";
import { borealisItems, designItems, operationsItems } from "./design-and-operations";
import { acmeDirectMessages, borealisDirectMessages } from "./direct-messages";
import { acmeDocuments, borealisDocuments } from "./documents";
import { engineeringItems } from "./engineering";
import { everydayItems } from "./everyday";
import { growCompany } from "./large";
import { acmeMails, borealisMails } from "./mails";
import { acmeContacts, acmeMeetings, borealisMeetings } from "./meetings";
import { acmePeople, borealisPeople } from "./people";
import type { Company } from "./work";

/** Acme delivers parcels; everybody in the sandbox knows it. */
const acme: Company = {
  urlKey: "acme",
  name: "Acme Parcels",
  people: acmePeople,
  teams: [
    {
      key: "ENG",
      name: "Engineering",
      description: "Everything that runs",
      members: ["ann", "ben", "dov", "finn", "ines", "jonas", "emi"],
      sprints: true,
      triage: true,
    },
    {
      key: "DES",
      name: "Design",
      description: "How it looks, reads and feels",
      members: ["chloe", "hugo", "ann"],
      sprints: true,
      triage: false,
    },
    {
      key: "OPS",
      name: "Operations",
      description: "Depots, vans and people",
      members: ["gita", "emi", "ines"],
      sprints: false,
      triage: false,
    },
  ],
  labels: [
    { name: "Bug", color: "#eb5757" },
    { name: "Docs", color: "#bec2c8" },
    { name: "Security", color: "#f2994a" },
    { name: "Area", color: "#5e6ad2", team: "ENG", isGroup: true },
    { name: "Auth", color: "#26b5ce", team: "ENG", group: "Area" },
    { name: "Mobile", color: "#4cb782", team: "ENG", group: "Area" },
    { name: "Infrastructure", color: "#95a2b3", team: "ENG", group: "Area" },
    { name: "SDK", color: "#bb87fc", team: "ENG", group: "Area" },
    { name: "Observability", color: "#f7c8c1", team: "ENG", group: "Area" },
    { name: "Accessibility", color: "#f2c94c", team: "DES" },
  ],
  projects: [
    {
      slug: "courier-app",
      name: "Courier app 3.0",
      summary: "An app that works in a cellar, in the rain, and from right to left",
      text: "# Courier app 3.0\n\nWhat couriers told us, in the order of how often they said it:\n\n1. It signs me out\n2. It does not work without signal\n3. The map is hard to read in the sun\n\n**Not in scope:** tips, chat.",
      teams: ["ENG", "DES"],
      lead: "ann",
      status: "started",
      health: "atRisk",
      ageDays: 90,
      dueInDays: 45,
    },
    {
      slug: "estimates",
      name: "Delivery estimates ±10 min",
      summary: "Nine of ten parcels arrive within ten minutes of what we said",
      text: "Today it is 71 %. The goal is 90 %.",
      teams: ["ENG"],
      lead: "ines",
      status: "started",
      health: "onTrack",
      ageDays: 62,
      dueInDays: 80,
    },
    {
      slug: "porto",
      name: "Porto / depot no. 4",
      summary: "Our fourth depot opens",
      text: "Lease, people, scanners, first route.",
      teams: ["OPS"],
      lead: "gita",
      status: "started",
      health: "onTrack",
      ageDays: 60,
      dueInDays: 20,
    },
    {
      slug: "returns",
      name: "Returns without a printer",
      summary: "A code on the phone in place of a label on paper",
      text: "",
      teams: ["ENG", "OPS"],
      lead: "ben",
      status: "backlog",
      health: null,
      ageDays: 24,
      dueInDays: null,
    },
  ],
  items: [...engineeringItems, ...designItems, ...operationsItems, ...everydayItems],
  channels: acmeChannels,
  directMessages: acmeDirectMessages,
  meetings: acmeMeetings,
  documents: acmeDocuments,
  mails: acmeMails,
  contacts: acmeContacts,
};

/** A second workspace, so that one person's two accounts can be taken for each other, and must not be. */
const borealis: Company = {
  urlKey: "borealis",
  name: "Borealis Games",
  people: borealisPeople,
  teams: [
    { key: "GAME", name: "Game", description: "One game, three people", members: ["maja", "ann", "olek"], sprints: false, triage: false },
  ],
  labels: [{ name: "Bug", color: "#eb5757" }],
  projects: [
    {
      slug: "demo",
      name: "Public demo",
      summary: "The first three levels",
      text: "Winter sale.",
      teams: ["GAME"],
      lead: "maja",
      status: "planned",
      health: null,
      ageDays: 40,
      dueInDays: 60,
    },
  ],
  items: borealisItems,
  channels: borealisChannels,
  directMessages: borealisDirectMessages,
  meetings: borealisMeetings,
  documents: borealisDocuments,
  mails: borealisMails,
  contacts: [],
};

/** The companies of every tool, small. */
export const companies: readonly Company[] = [acme, borealis];

/** The companies of every tool: as they are, or with Acme grown for load. */
export function companiesOf(size: SandboxSize): readonly Company[] {
  return size === "small" ? companies : [growCompany(acme), borealis];
}
