import { randomBytes } from "node:crypto";

/** Online meetings: the address to join by, and the block that Outlook writes into the body. */

export const newJoinUrl = (): string => `https://teams.example/l/meetup-join/19%3ameeting_${randomBytes(12).toString("hex")}%40thread.v2/0`;

export const joinBlock = (joinUrl: string): string =>
  `<div class="me-email-text" style="color:#252424"><div style="margin-top:24px"><span>________________________________________________________________________________</span></div><div><a class="me-email-headline" href="${joinUrl}" target="_blank">Join the meeting now</a></div></div>`;
