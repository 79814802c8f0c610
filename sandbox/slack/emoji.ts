/** Emoji that the sandbox knows by Slack's names. Slack stores an emoji as its name in colons, whichever way it was typed. */
const named: Readonly<Record<string, string>> = {
  "+1": "👍",
  "-1": "👎",
  art: "🎨",
  bar_chart: "📊",
  blue_heart: "💙",
  broken_heart: "💔",
  bug: "🐛",
  bulb: "💡",
  calendar: "📆",
  chart_with_downwards_trend: "📉",
  chart_with_upwards_trend: "📈",
  clap: "👏",
  coffee: "☕",
  confetti_ball: "🎊",
  cry: "😢",
  eyes: "👀",
  fire: "🔥",
  heart: "❤️",
  heavy_check_mark: "✔️",
  hourglass: "⌛",
  hugging_face: "🤗",
  joy: "😂",
  mag: "🔍",
  memo: "📝",
  musical_note: "🎵",
  ok_hand: "👌",
  package: "📦",
  partying_face: "🥳",
  point_up: "☝️",
  pray: "🙏",
  question: "❓",
  raised_hands: "🙌",
  rocket: "🚀",
  rotating_light: "🚨",
  slightly_smiling_face: "🙂",
  smile: "😄",
  snowflake: "❄️",
  sob: "😭",
  sparkles: "✨",
  star: "⭐",
  sweat_smile: "😅",
  tada: "🎉",
  thinking_face: "🤔",
  tokyo_tower: "🗼",
  truck: "🚚",
  warning: "⚠️",
  wave: "👋",
  white_check_mark: "✅",
  wink: "😉",
  x: "❌",
  zap: "⚡",
};

/** Names without a picture in this table: flags, and a workspace's own. */
const others = new Set(["flag-pt", "flag-se", "acme", "thumbsup", "thumbsdown"]);

const tones = /^(?:[a-z0-9_'+-]+)(?:::skin-tone-[2-6])?$/;
const byPicture = new Map(Object.entries(named).map(([name, picture]) => [picture, name]));
const pictures = new RegExp([...byPicture.keys()].toSorted((one, other) => other.length - one.length).join("|"), "gu");

/** Whether there is an emoji of that name. */
export function isEmoji(name: string): boolean {
  const [base = ""] = name.split("::");
  return tones.test(name) && (Object.hasOwn(named, base) || others.has(base));
}

/** Pictures as Slack keeps them; those that the table does not have, or that are a part of a longer one, stay. */
export function toNames(text: string): string {
  return text.replaceAll(pictures, (picture, offset: number) => {
    const around = text.slice(Math.max(0, offset - 1), offset) + text.slice(offset + picture.length, offset + picture.length + 2);
    return /[\u200d\u{1f3fb}-\u{1f3ff}]/u.test(around) ? picture : `:${byPicture.get(picture)}:`;
  });
}

/** Names as pictures, for the pages. */
export function toPictures(text: string): string {
  return text.replaceAll(/:([a-z0-9_'+-]+):/g, (whole, name: string) => named[name] ?? whole);
}
