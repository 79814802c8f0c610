import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { listMailbox } from "@/server/auth/mail";
import { getHub } from "@/server/compose/hub";
import { AuthFrame } from "../_components/auth-frame";

export const metadata: Metadata = { title: "Demo mailbox" };

/** The demo's local mailbox: nothing leaves this machine. In every other mode there is no such page. */
export default async function MailboxPage() {
  const { env } = await getHub();
  if (env.mode !== "demo") notFound();
  const messages = listMailbox();
  return (
    <AuthFrame title="Demo mailbox">
      {messages.length === 0 ? <p>No mail yet. Ask for a sign-in link first.</p> : null}
      <ul className="grid gap-3">
        {messages.map((message) => (
          <li key={message.url} className="break-words border-t pt-3">
            <p>
              <strong>{message.subject}</strong>
            </p>
            <p className="text-muted-foreground text-sm">
              To {message.to}, <time dateTime={message.sentAt}>{message.sentAt.slice(11, 19)} UTC</time>
            </p>
            <a className="underline" href={message.url}>
              Sign in as {message.to}
            </a>
          </li>
        ))}
      </ul>
    </AuthFrame>
  );
}
