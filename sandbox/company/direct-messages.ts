import { say } from "./say";
import type { DirectMessageSeed } from "./work";

/** What two or three say to each other. */
export const acmeDirectMessages: readonly DirectMessageSeed[] = [
  {
    between: ["ann", "ben"],
    posts: [
      say("ann", 5, "10:00", "Can you take the sign-outs (ENG-17) before everything else? I tell the others."),
      say("ben", 5, "10:03", "Yes. I need Finn for the key rotation."),
      say("ann", 1, "16:30", "How sure are you about Friday?", {
        replies: [say("ben", 1, "16:34", "Nine of ten. The review of ENG-31 is what is left.")],
      }),
    ],
  },
  {
    between: ["ann", "gita"],
    posts: [
      say("gita", 3, "11:00", "The insurer wants a list of vans with winter tyres: 14 of 22 (OPS-11). Do you have ten minutes tomorrow?"),
      say("ann", 3, "11:20", "Tomorrow 9:30, I put it into the calendar.", { reactions: [["pray", ["gita"]]] }),
    ],
  },
  {
    between: ["ben", "finn"],
    posts: [
      say("finn", 2, "13:00", "What happens to a session that is older than 30 days?"),
      say(
        "ben",
        2,
        "13:15",
        "It ends, and the courier signs in again in the morning, not at 02:00.\n```\nmaxAge: 30 * 24 * 3600 // seconds\n```",
      ),
    ],
  },
  {
    between: ["chloe", "hugo"],
    posts: [
      say("hugo", 3, "14:00", "*depot closed* is ready. Do you want rain or snow?"),
      say("chloe", 3, "14:10", "¡Lluvia! It is Porto."),
    ],
  },
  {
    between: ["ann", "emi"],
    posts: [
      say("emi", 1, "00:40", "おはようございます。The depots know: fixed on Friday."),
      say("ann", 1, "08:00", "Thank you, Emi. ありがとう。"),
    ],
  },
  {
    between: ["ann", "dov", "chloe"],
    posts: [
      say("dov", 4, "09:00", "Mirroring: the back arrow too?"),
      say("chloe", 4, "09:04", "Yes. Clocks and maps never, arrows always."),
      say("ann", 4, "09:30", "Write that into ENG-20, please."),
    ],
  },
];

export const borealisDirectMessages: readonly DirectMessageSeed[] = [
  {
    between: ["maja", "ann"],
    posts: [
      say("maja", 6, "20:00", "Board call: is the 40 MB save file a problem for the demo?"),
      say("ann", 6, "20:30", "Only on level 3. Cut it there."),
    ],
  },
];
