/** The people of the small companies that live in the sandbox. The same people stand behind every tool. */
export interface Person {
  /** The handle by which the rest of the seed names them. */
  readonly handle: string;
  readonly name: string;
  readonly email: string;
  readonly title: string;
  readonly timeZone: string;
  readonly color: string;
  readonly admin?: true;
  readonly guest?: true;
  /** Left the company: the account is disabled. */
  readonly left?: true;
}

export const acmePeople: readonly Person[] = [
  {
    handle: "ann",
    name: "Ann Smith",
    email: "ann@acme.example",
    title: "Head of Engineering",
    timeZone: "Europe/Berlin",
    color: "#5e6ad2",
    admin: true,
  },
  { handle: "ben", name: "Ben Okafor", email: "ben@acme.example", title: "Backend engineer", timeZone: "Africa/Lagos", color: "#26b5ce" },
  {
    handle: "chloe",
    name: "Chloé Martín",
    email: "chloe@acme.example",
    title: "Product designer",
    timeZone: "Europe/Madrid",
    color: "#f2994a",
  },
  { handle: "dov", name: "דב לוי", email: "dov@acme.example", title: "Mobile engineer", timeZone: "Asia/Jerusalem", color: "#4cb782" },
  { handle: "emi", name: "佐藤 恵美", email: "emi@acme.example", title: "Support lead", timeZone: "Asia/Tokyo", color: "#eb5757" },
  {
    handle: "finn",
    name: "Finn O’Brien",
    email: "finn@acme.example",
    title: "Platform engineer",
    timeZone: "Europe/Dublin",
    color: "#bb87fc",
  },
  {
    handle: "gita",
    name: "Gita Rao",
    email: "gita@acme.example",
    title: "Operations manager",
    timeZone: "Asia/Kolkata",
    color: "#f7c8c1",
    admin: true,
  },
  {
    handle: "hugo",
    name: "Hugo Lindqvist",
    email: "hugo@freelance.example",
    title: "Contract illustrator",
    timeZone: "Europe/Stockholm",
    color: "#95a2b3",
    guest: true,
  },
  { handle: "ines", name: "Inês Duarte", email: "ines@acme.example", title: "Data analyst", timeZone: "Europe/Lisbon", color: "#f2c94c" },
  {
    handle: "jonas",
    name: "Jonas Weber",
    email: "jonas@acme.example",
    title: "Engineer",
    timeZone: "Europe/Berlin",
    color: "#6b6f76",
    left: true,
  },
];

/** A second company; Ann sits on its board and has an account there too. */
export const borealisPeople: readonly Person[] = [
  {
    handle: "maja",
    name: "Maja Nilsen",
    email: "maja@borealis.example",
    title: "Founder",
    timeZone: "Europe/Oslo",
    color: "#26b5ce",
    admin: true,
  },
  { handle: "ann", name: "Ann Smith", email: "ann.smith@borealis.example", title: "Advisor", timeZone: "Europe/Berlin", color: "#5e6ad2" },
  {
    handle: "olek",
    name: "Oleksandr Hrytsenko",
    email: "olek@borealis.example",
    title: "Game developer",
    timeZone: "Europe/Kyiv",
    color: "#f2994a",
  },
];
