import "server-only";
import { createTransport } from "nodemailer";
import type { Env } from "@/server/env";
import { isLoopback } from "@/server/own-host";

export interface SignInMail {
  /** A normalised address. */
  readonly to: string;
  readonly url: string;
  readonly expiresAt: Date;
}

/** Sends the sign-in mail, or keeps it in the demo's mailbox. */
export type SendMail = (mail: SignInMail) => Promise<void>;

export interface MailboxMessage {
  readonly to: string;
  readonly subject: string;
  readonly url: string;
  /** ISO 8601. */
  readonly sentAt: string;
}

const mailboxSize = 50;
const globals = globalThis as typeof globalThis & { hubMailbox?: MailboxMessage[] };

/** The demo's mailbox, newest first: in memory only, gone with the process. */
export const listMailbox = (): readonly MailboxMessage[] => globals.hubMailbox ?? [];

/** Whether mail stays in the local mailbox, which then has a page. Never in production. */
export const hasMailbox = (env: Pick<Env, "mode" | "smtpUrl">): boolean => env.mode !== "production" && env.smtpUrl === undefined;

const subjectOf = (origin: string) => `Sign in to Byte at ${new URL(origin).host}`;

const escapeHtml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/** The mail's parts. No name or text of a person is in it, so a stranger cannot use it to send words of their own. */
function composeMail(mail: SignInMail, origin: string, from: string) {
  const host = new URL(origin).host;
  const text = `Sign in to Byte at ${host}:\n\n${mail.url}\n\nThe link works once, for ten minutes. If you did not ask for it, ignore this mail.\n`;
  const html = `<p>Sign in to Byte at ${escapeHtml(host)}:</p><p><a href="${escapeHtml(mail.url)}">Sign in</a></p><p>The link works once, for ten minutes. If you did not ask for it, ignore this mail.</p>`;
  // An address as an object is taken as one recipient, never parsed as a list.
  return { to: { name: "", address: mail.to }, from, subject: subjectOf(origin), text, html };
}

/** Nodemailer waits for minutes by default, and a person waits for the answer of the form. */
const timeouts = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 };

/**
 * The parts of `smtps://user:password@host:465`, read here because nodemailer reads a URL by Node's deprecated parser, which prints a
 * warning. With a password TLS is required (RFC 8314 §3): whoever sits between could take STARTTLS away, and read it and every link. A
 * server on this machine is spared.
 */
export function smtpOptions(smtpUrl: string) {
  const { hostname, port, protocol, username, password } = new URL(smtpUrl);
  const secure = protocol === "smtps:";
  return {
    host: hostname.replaceAll(/^\[|\]$/g, ""),
    port: port === "" ? (secure ? 465 : 587) : Number(port),
    secure,
    ...timeouts,
    requireTLS: !secure && username !== "" && !isLoopback(hostname),
    ...(username === "" ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
  };
}

/**
 * Chooses where mail goes: SMTP when it is set; else the mailbox, in the demo and in development, which both are for this machine only and
 * refuse to be anything else; nowhere (a refusal) in production.
 */
export function createSendMail(env: Pick<Env, "mode" | "smtpUrl" | "mailFrom" | "origin">): SendMail | null {
  const { smtpUrl } = env;
  if (smtpUrl !== undefined) {
    const transport = createTransport(smtpOptions(smtpUrl));
    return async (mail) => {
      const result = await transport.sendMail(composeMail(mail, env.origin, env.mailFrom));
      if (result.rejected.length > 0) throw new Error("The mail server refused the recipient.");
    };
  }
  if (!hasMailbox(env)) return null;
  return async (mail) => {
    const message = { to: mail.to, subject: subjectOf(env.origin), url: mail.url, sentAt: new Date().toISOString() };
    globals.hubMailbox = [message, ...listMailbox()].slice(0, mailboxSize);
  };
}
