import { Inbox, LogIn } from "lucide-react";
import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { AbsoluteTime } from "@/components/time";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { hasMailbox, listMailbox } from "@/server/auth/mail";
import { getHub } from "@/server/compose/hub";
import { AuthFrame } from "../_components/auth-frame";

export const metadata: Metadata = { title: "Demo mailbox" };

/** The demo's local mailbox: nothing leaves this machine. In production there is no such page. */
export default async function MailboxPage() {
  const { env } = await getHub();
  if (!hasMailbox(env)) notFound();
  const messages = listMailbox();
  return (
    <AuthFrame
      wide
      title="Demo mailbox"
      lead="What the hub mails in the demo arrives here. Nothing leaves this machine."
      footer={
        <Link className="text-link" href="/sign-in">
          Back to sign in
        </Link>
      }
    >
      {messages.length === 0 ? (
        <EmptyState
          icon={Inbox}
          title="No mail yet"
          className="py-6"
          action={
            <Button asChild>
              <Link href="/sign-in">Ask for a sign-in link</Link>
            </Button>
          }
        />
      ) : (
        <ul className="-mx-2 divide-y border-y">
          {messages.map((message) => (
            <li key={message.url} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-2 py-3">
              <div className="min-w-0 flex-1 basis-56">
                <h2 className="break-words font-medium">{message.subject}</h2>
                <p className="break-words text-muted-foreground text-xs">
                  To {message.to}, <AbsoluteTime at={message.sentAt} />
                </p>
              </div>
              <Button variant="outline" asChild>
                <a href={message.url}>
                  <LogIn /> Sign in<span className="sr-only"> as {message.to}</span>
                </a>
              </Button>
            </li>
          ))}
        </ul>
      )}
    </AuthFrame>
  );
}
