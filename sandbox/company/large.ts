import type { Person } from "./people";
import type { ChannelSeed, Company, DocumentSeed, MailSeed, MeetingSeed, PostSeed, ProjectSeed, Stage, TeamSeed, WorkItem } from "./work";

/**
 * The same company, grown: 200 projects, 20,000 tasks, 100,000 messages and 50,000 mails, the same ones in every run. One project has 10,000
 * tasks, one channel 12,000 messages, and one mailbox 20,000 mails, so that every list is long somewhere. Each part is made when a tool first
 * asks for it.
 */

export const largeCounts = {
  people: 200,
  teams: 12,
  projects: 200,
  items: 20_000,
  posts: 100_000,
  mails: 50_000,
  documents: 3_000,
  meetings: 1_000,
} as const;

const [longProject, longChannel, longMailbox] = [10_000, 12_000, 20_000];

/** A stream of numbers in [0, 1) that the seed alone decides (mulberry32). */
function createDice(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (count: number): number => Math.floor(next() * count);
  const pick = <T>(list: readonly T[]): T => {
    const picked = list[below(list.length)];
    if (picked === undefined) throw new RangeError("Nothing to pick from.");
    return picked;
  };
  return { next, below, pick };
}
type Dice = ReturnType<typeof createDice>;

const verbs = ["Check", "Move", "Rename", "Measure", "Replace", "Document", "Test", "Clean up", "Speed up", "Translate", "Review", "Plan"];
const things = [
  "the tracking page",
  "the depot screen",
  "van routes",
  "scanner updates",
  "the invoice job",
  "the map tiles",
  "session tokens",
  "bin labels",
  "the survey",
  "photo uploads",
  "the tyre list",
  "parcel states",
];
const places = [
  "in Porto",
  "for Hamburg",
  "in München",
  "on Android",
  "in Arabic",
  "before the audit",
  "after the release",
  "at night",
  "in the cellar",
  "for couriers",
  "with 502s",
  "in the rain",
];
const firstNames = [
  "Ada",
  "Bruno",
  "Carmen",
  "Deniz",
  "Elif",
  "Farid",
  "Greta",
  "Hana",
  "Igor",
  "José",
  "Kofi",
  "Leïla",
  "Mio",
  "Noor",
  "Óscar",
  "Priya",
  "Quentin",
  "Rosa",
  "Søren",
  "Tomás",
];
const lastNames = ["Almeida", "Baker", "Castro", "Demir", "Eriksen", "Ferrari", "García", "Haddad", "Ivanov", "Jensen"];
const stages: readonly Stage[] = ["backlog", "todo", "doing", "review", "done", "done", "canceled"];

const sentence = (dice: Dice): string => `${dice.pick(verbs)} ${dice.pick(things)} ${dice.pick(places)}`;
const paragraph = (dice: Dice): string => Array.from({ length: 1 + dice.below(4) }, () => `${sentence(dice)}.`).join(" ");
const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
const pad = (value: number, digits: number): string => String(value).padStart(digits, "0");

/** The place of the `index`th of `count` things that are spread over `days`, oldest first. Two of one list are never at one time. */
function spread(index: number, count: number, days: number): { readonly daysAgo: number; readonly at: string } {
  const minute = Math.floor((index * days * 1440) / count);
  const ofDay = minute % 1440;
  return { daysAgo: days - Math.floor(minute / 1440), at: `${pad(Math.floor(ofDay / 60), 2)}:${pad(ofDay % 60, 2)}` };
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function growPeople(base: Company): readonly Person[] {
  const grown = range(largeCounts.people - base.people.length).map((index): Person => {
    const name = `${firstNames[index % firstNames.length]} ${lastNames[Math.floor(index / firstNames.length) % lastNames.length]}`;
    const handle = `p${pad(index + 1, 3)}`;
    return { handle, name, email: `${handle}@acme.example`, title: "Colleague", timeZone: "Europe/Berlin", color: "#5e6ad2" };
  });
  return [...base.people, ...grown];
}

function growTeams(base: Company, people: readonly Person[]): readonly TeamSeed[] {
  const count = largeCounts.teams - base.teams.length;
  const grown = range(count).map(
    (index): TeamSeed => ({
      key: `T${pad(index + 1, 2)}`,
      name: `Team ${index + 1}`,
      description: `The ${index + 1}. team`,
      members: [
        "ann",
        ...people
          .slice(base.people.length)
          .filter((_, person) => person % count === index)
          .map(({ handle }) => handle),
      ],
      sprints: index % 2 === 0,
      triage: false,
    }),
  );
  return [...base.teams, ...grown];
}

function growProjects(base: Company, teams: readonly TeamSeed[]): readonly ProjectSeed[] {
  const dice = createDice(1);
  const grown = range(largeCounts.projects - base.projects.length).map((index): ProjectSeed => {
    const team = dice.pick(teams);
    return {
      slug: `project-${index + 1}`,
      name: index === 0 ? "The long list" : `${sentence(dice)} (${index + 1})`,
      summary: sentence(dice),
      text: paragraph(dice),
      teams: [team.key],
      lead: dice.pick(team.members),
      status: dice.pick(["backlog", "planned", "started", "completed"] as const),
      health: null,
      ageDays: 100 + dice.below(600),
      dueInDays: dice.below(3) === 0 ? dice.below(200) : null,
    };
  });
  return [...base.projects, ...grown];
}

function growItems(base: Company, teams: readonly TeamSeed[], projects: readonly ProjectSeed[]): readonly WorkItem[] {
  const dice = createDice(2);
  const teamOf = new Map(teams.map((team) => [team.key, team]));
  const grown = projects.slice(base.projects.length);
  const count = largeCounts.items - base.items.length;
  const made = range(count).map((index): WorkItem => {
    const project = grown[index < longProject ? 0 : 1 + (index % (grown.length - 1))];
    const team = teamOf.get(project?.teams[0] ?? "");
    if (project === undefined || team === undefined) throw new Error("A project of the large company has no team.");
    const stage = dice.pick(stages);
    return {
      team: team.key,
      title: `${sentence(dice)} ${index + 1}`,
      stage,
      ageDays: 90 + (600 * (count - index)) / count,
      by: dice.pick(team.members),
      project: project.slug,
      ...(stage === "backlog" ? {} : { to: dice.pick(team.members) }),
      ...(dice.below(4) === 0 ? { text: paragraph(dice) } : {}),
      ...(dice.below(20) === 0 ? { comments: [[dice.pick(team.members), paragraph(dice), 80]] as const } : {}),
    };
  });
  return [...made, ...base.items];
}

const countPosts = (posts: readonly PostSeed[]): number => posts.reduce((sum, { replies = [] }) => sum + 1 + countPosts(replies), 0);

/** `count` messages over a year, every ninth with an answer, which counts too. */
function growPosts(dice: Dice, members: readonly string[], count: number): readonly PostSeed[] {
  const posts: PostSeed[] = [];
  for (let left = count, index = 0; left > 0; index++) {
    const place = spread(index, count, 365);
    const withReply = index % 9 === 0 && left > 1;
    const reply: PostSeed = { by: dice.pick(members), ...place, text: sentence(dice) };
    posts.push({ by: dice.pick(members), ...place, text: paragraph(dice), ...(withReply ? { replies: [reply] } : {}) });
    left -= withReply ? 2 : 1;
  }
  return posts;
}

function growChannels(base: Company, teams: readonly TeamSeed[]): readonly ChannelSeed[] {
  const dice = createDice(3);
  const channels = 60;
  const told = [...base.channels, ...base.directMessages].reduce((sum, { posts }) => sum + countPosts(posts), 0);
  const rest = largeCounts.posts - told - longChannel;
  const grown = range(channels).map((index): ChannelSeed => {
    const members = teams[index % teams.length]?.members ?? [];
    const share = Math.floor(rest / (channels - 1)) + (index === 1 ? rest % (channels - 1) : 0);
    return {
      key: `channel-${index + 1}`,
      name: index === 0 ? "firehose" : `topic-${pad(index + 1, 2)}`,
      topic: sentence(dice),
      purpose: "",
      private: index % 10 === 9,
      members,
      posts: growPosts(dice, members, index === 0 ? longChannel : share),
    };
  });
  return [...base.channels, ...grown];
}

function growMails(base: Company, people: readonly Person[]): readonly MailSeed[] {
  const dice = createDice(4);
  const count = largeCounts.mails - base.mails.length;
  const active = people.filter(({ left }) => left !== true).map(({ handle }) => handle);
  const others = active.filter((handle) => handle !== "ann");
  return [
    ...base.mails,
    ...range(count).map((index): MailSeed => {
      const toAnn = index % 5 < (5 * longMailbox) / largeCounts.mails;
      const subject = sentence(dice);
      return {
        key: `mail-${index + 1}`,
        thread: `thread-${Math.floor(index / 3) + 1}`,
        from: dice.below(4) === 0 ? `${dice.pick(firstNames)} <sender${dice.below(500)}@elsewhere.example>` : dice.pick(others),
        to: [toAnn ? "ann" : dice.pick(others)],
        subject: index % 3 === 0 ? subject : `Re: ${subject}`,
        text: paragraph(dice),
        ...spread(index, count, 700),
        ...(index % 2 === 0 ? { folder: "archive" } : {}),
        ...(dice.below(50) === 0 ? { unread: true as const } : {}),
      };
    }),
  ];
}

function growDocuments(base: Company, people: readonly Person[]): readonly DocumentSeed[] {
  const dice = createDice(5);
  return [
    ...base.documents,
    ...range(largeCounts.documents - base.documents.length).map(
      (index): DocumentSeed => ({
        key: `document-${index + 1}`,
        title: `${sentence(dice)} ${index + 1}`,
        folder: `Archive/${pad(index % 30, 2)}`,
        kind: index % 5 === 4 ? "sheet" : "doc",
        text: index % 5 === 4 ? `day,count\n1,${dice.below(1000)}\n` : `# ${sentence(dice)}\n\n${paragraph(dice)}\n`,
        owner: index % 3 === 0 ? "ann" : dice.pick(people).handle,
        ...(index % 2 === 0 ? { sharedDrive: "Acme" } : {}),
        daysAgo: 1 + dice.below(700),
      }),
    ),
  ];
}

function growMeetings(base: Company, people: readonly Person[]): readonly MeetingSeed[] {
  const dice = createDice(6);
  return [
    ...base.meetings,
    ...range(largeCounts.meetings - base.meetings.length).map(
      (index): MeetingSeed => ({
        key: `meeting-${index + 1}`,
        title: sentence(dice),
        text: paragraph(dice),
        organizer: index % 2 === 0 ? "ann" : dice.pick(people).handle,
        attendees: [...new Set([dice.pick(people).handle, dice.pick(people).handle])].filter((handle) => handle !== "ann"),
        inDays: dice.below(400) - 300,
        at: `${pad(8 + dice.below(10), 2)}:${dice.pick(["00", "15", "30"])}`,
        minutes: dice.pick([15, 30, 60]),
        timeZone: "Europe/Berlin",
      }),
    ),
  ];
}

/** The company, grown. */
export function growCompany(base: Company): Company {
  const people = growPeople(base);
  const teams = growTeams(base, people);
  const projects = growProjects(base, teams);
  const items = lazily(() => growItems(base, teams, projects));
  const channels = lazily(() => growChannels(base, teams));
  const mails = lazily(() => growMails(base, people));
  const documents = lazily(() => growDocuments(base, people));
  const meetings = lazily(() => growMeetings(base, people));
  return {
    urlKey: base.urlKey,
    name: base.name,
    people,
    teams,
    labels: base.labels,
    projects,
    directMessages: base.directMessages,
    contacts: base.contacts,
    get items() {
      return items();
    },
    get channels() {
      return channels();
    },
    get mails() {
      return mails();
    },
    get documents() {
      return documents();
    },
    get meetings() {
      return meetings();
    },
  };
}
