import { say } from "./say";
import type { ChannelSeed } from "./work";

const everybody = ["ann", "ben", "chloe", "dov", "emi", "finn", "gita", "hugo", "ines"];

/** What Acme says where more than two hear it. */
export const acmeChannels: readonly ChannelSeed[] = [
  {
    key: "general",
    name: "general",
    topic: "Porto opens in three weeks 🎉",
    purpose: "For everybody, and for what everybody should know",
    private: false,
    members: ["gita", ...everybody.filter((handle) => handle !== "gita"), "jonas"],
    posts: [
      say("gita", 58, "08:00", "The lease for **depot no. 4 in Porto** is signed. Checklist and budget are in OPS-3. Thank you all!", {
        reactions: [
          ["tada", ["ann", "ben", "chloe", "emi", "finn"]],
          ["flag-pt", ["ines"]],
        ],
      }),
      say(
        "jonas",
        41,
        "16:40",
        "Today is my last day. It was a pleasure. You find my notes in “Handover Jonas” in the Engineering folder. 👋",
        {
          reactions: [["wave", ["ann", "ben", "dov", "finn", "gita"]]],
          replies: [say("ann", 41, "16:45", "Thank you for four good years, Jonas."), say("dov", 41, "17:02", "בהצלחה! Come and visit.")],
        },
      ),
      say(
        "ann",
        14,
        "09:00",
        "All hands is on Thursday at 15:00 Berlin time. Please put questions into the document “All hands: questions” before.",
      ),
      say("gita", 4, "10:30", "Holiday plan, 24 to 31 December: please answer in OPS-18 by Friday. @ben and @finn already did.", {
        replies: [say("emi", 4, "23:10", "27日から休みます。Away from the 27th.")],
      }),
      say("ines", 2, "14:05", "For everybody who drives north: the **N-13 is closed** until 2 December (OPS-19). The planner knows.", {
        reactions: [["eyes", ["gita", "emi"]]],
      }),
      say(
        "ann",
        1,
        "08:55",
        "Reminder: the retro of this sprint is tomorrow, in “Sprint review & retro”. Bring one thing that should stay.",
      ),
      say("chloe", 0, "06:30", "¡Buenos días! New coffee machine on the 2nd floor works again ☕ Thanks @gita.", {
        reactions: [["coffee", ["ann", "ines"]]],
      }),
    ],
  },
  {
    key: "engineering",
    name: "engineering",
    topic: "On call: @finn · Runbooks in the Engineering folder",
    purpose: "Everything that runs",
    private: false,
    members: ["ann", "ben", "dov", "finn", "ines", "emi", "jonas"],
    posts: [
      say("finn", 44, "11:20", "Broker is on 4.1, one node at a time, nobody noticed. Runbook is updated (ENG-7).", {
        reactions: [["rocket", ["ann", "ben"]]],
      }),
      say("ben", 27, "15:12", "Photos: 4.2 million objects moved to the new bucket, **0 missing**. I delete the old one on Monday."),
      say(
        "dov",
        12,
        "07:44",
        'Route map in Hebrew, first look. The arrows mirror now, the map does not:\n\n```ts\nconst side = isRtl(locale) ? "left" : "right"; // the *controls*, never the map\n```\nכפתור ״הבא״ בצד הנכון סוף סוף 🙌',
        { reactions: [["heart", ["chloe"]]] },
      ),
      say(
        "ines",
        8,
        "13:30",
        "Numbers for ENG-24: 1,204 of 1,310 parcels in the night of the change were announced 60 ± 2 minutes late. Sheet: “Estimates, October”.",
        {
          replies: [
            say("finn", 8, "13:41", "So it is the *local* time that we add seconds to. I take it."),
            say("ines", 8, "13:42", "And the invoices had the same bug (OPS-12). Is there a third place?"),
            say("finn", 8, "14:20", "`grep` says no. I add a lint rule so that there never is."),
          ],
        },
      ),
      say("ben", 5, "09:12", "I can reproduce the sign-outs of 02:00 (ENG-17): `keepActive` defaults to **false** since the upgrade.", {
        key: "signed-out",
        reactions: [["mag", ["ann"]]],
        replies: [
          say("emi", 5, "09:15", "Should I tell the depots that it is fixed on Thursday?"),
          say("ben", 5, "09:20", "Say Friday, please. Thursday is the review 🙂"),
          say("ann", 1, "10:02", "Please add the log of one affected courier (id 4417) before you close it."),
        ],
      }),
      say("finn", 3, "16:02", "Restore test of the backups: 41 minutes, all rows there. Weekly from now on (ENG-32).", { edited: true }),
      say(
        "emi",
        1,
        "05:50",
        "“Landsort fyrplats, 149 95 Landsort” has no house number, and the estimates API answers 500. It is a lighthouse 🗼 ENG-35.",
      ),
      say(
        "ben",
        0,
        "07:15",
        "Review of ENG-31 please: sessions stay alive while keys rotate. One open question of @finn: sessions older than 30 days.",
      ),
    ],
  },
  {
    key: "courier-app",
    name: "courier-app",
    topic: "Courier app 3.0: beta on 12 December",
    purpose: "An app that works in a cellar, in the rain, and from right to left",
    private: false,
    members: ["ann", "ben", "chloe", "dov", "hugo", "emi"],
    posts: [
      say(
        "ann",
        26,
        "10:00",
        "Project plan is in “Courier app 3.0: plan”. Order of work: sessions, offline, map. **Not in scope:** tips, chat.",
      ),
      say("hugo", 11, "12:00", "First three empty states are in the shared folder: *no parcels*, *no signal*, *all done* 🎉", {
        replies: [say("chloe", 10, "09:30", "Lovely. The van in *all done* should be our blue, `oklch(0.62 0.19 260)`.")],
        reactions: [["art", ["ann", "dov"]]],
      }),
      say("dov", 6, "18:20", "Offline queue survives a reboot of the phone now. 12 hours, 640 scans, sent in order. (ENG-15)"),
      say(
        "chloe",
        6,
        "18:40",
        "Usability test in Lisbon is fixed: five couriers, two phones. Meeting “Usability test, Lisbon” is in the calendar, script in the Design folder.",
      ),
      say("emi", 2, "02:15", "Couriers ask: does a queued scan count for the bonus? I say yes in the FAQ, stop me if not.", {
        replies: [say("ann", 2, "08:10", "Yes. The time of the scan counts, not the time of sending.")],
      }),
      say("dov", 1, "11:11", "צילום מסך: https://tracking.acme.example/rtl?step=2&mode=a|b — review welcome & <no> hurry", {
        reactions: [["+1", ["ben"]]],
      }),
    ],
  },
  {
    key: "porto",
    name: "porto-depot",
    topic: "Opens in 20 days · budget € 84,000",
    purpose: "Lease, people, scanners, first route",
    private: false,
    members: ["gita", "emi", "ines"],
    posts: [
      say(
        "gita",
        16,
        "09:00",
        "Two offers for the scanners (OPS-13):\n• Zeta: 20 × € 410, four weeks\n• Nord: 20 × € 455, five days\nQuote 2026/114 came by mail.",
      ),
      say("ines", 16, "09:30", "Nord. Four weeks is after the opening."),
      say("ines", 7, "15:00", "At the present rate we are at 104 % of the budget when we open. Sheet: “Porto: budget”.", {
        replies: [say("gita", 6, "08:05", "The landlord agreed to a later first rent. That closes the gap. 🙏")],
        reactions: [["chart_with_upwards_trend", ["emi"]]],
      }),
      say("emi", 3, "04:00", "9 of 12 couriers hired. Three interviews on Tuesday, two of them from Gaia."),
      say("gita", 1, "09:45", "Walk through the building with the fire brigade: passed ✅ Protocol is in the Porto folder."),
    ],
  },
  {
    key: "support",
    name: "support",
    topic: "Median answer: 28 h 📉 goal 24 h",
    purpose: "What customers and couriers tell us",
    private: false,
    members: ["emi", "gita", "ben", "ines"],
    posts: [
      say("emi", 9, "01:05", "37 calls on Monday about the sign-out (ENG-17). Template “Signed out at night” is ready."),
      say("emi", 8, "06:30", "Lost parcel A-7731/2~b: the customer wrote twice, see the mail thread “Where is A-7731/2~b?”.", {
        replies: [
          say("ines", 8, "09:00", "Last scan in Porto, bin 14. Then nothing."),
          say("emi", 7, "02:20", "見つけました！It was in van 7, under the seat. 🥳"),
        ],
      }),
      say("emi", 3, "03:00", "28 hours this week 📉 (OPS-6)", { reactions: [["clap", ["gita", "ben", "ines"]]] }),
      say("ben", 2, "10:10", "Search by a part of the reference (ENG-26) comes next sprint, then you need no full number any more."),
    ],
  },
  {
    key: "random",
    name: "random",
    topic: "",
    purpose: "",
    private: false,
    members: everybody,
    posts: [
      say("finn", 33, "20:00", "The couriers voted 41 to 3 to keep the confetti 🎊", {
        reactions: [["confetti_ball", ["ann", "dov", "emi", "gita", "hugo"]]],
      }),
      say("emi", 20, "09:00", "𠮷野家 or ramen? 👨‍👩‍👧‍👦 family lunch on Saturday, everybody is welcome 👩🏽‍🚀"),
      say("hugo", 5, "21:30", "I drew the ice bear for Maja’s game. It sleeps. 🐻‍❄️"),
      say("chloe", 2, "17:17", "¯\\_(ツ)_/¯ the printer prints only `//////`"),
    ],
  },
  {
    key: "leads",
    name: "leads",
    topic: "Confidential",
    purpose: "People and money",
    private: true,
    members: ["ann", "gita"],
    posts: [
      say("gita", 6, "12:00", "Contracts of the three new couriers in Porto: please read before Friday (“Porto: contracts”)."),
      say("ann", 6, "12:20", "Read. Section 4 should name the bonus for the night shift."),
      say("gita", 2, "07:40", "Bank details of three contractors changed on one day (OPS-20). I call them before I change anything."),
      say("ann", 2, "07:55", "Good. That is how the phishing at Kestrel began.", { reactions: [["eyes", ["gita"]]] }),
    ],
  },
];

/** What Borealis says. */
export const borealisChannels: readonly ChannelSeed[] = [
  {
    key: "game",
    name: "game",
    topic: "Demo in the winter sale",
    purpose: "One game, three people",
    private: false,
    members: ["maja", "ann", "olek"],
    posts: [
      say("maja", 25, "15:00", "Playtest with the school class is done. Notes are in “Playtest notes”.", {
        replies: [say("ann", 20, "19:00", "The children laughed at the seal. Keep the seal.")],
      }),
      say("olek", 9, "10:00", "Ведмідь не спить: the sleep timer is reset by the music (GAME-4)."),
      say("maja", 1, "09:00", "Trailer: 30 seconds, no text. Who has music?", { reactions: [["musical_note", ["olek"]]] }),
    ],
  },
];
