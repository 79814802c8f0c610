import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import { getCaller } from "@/app/_api/prefetch";
import { Brand } from "@/components/brand";
import { MessagePage } from "@/components/message-page";
import { ApiProvider } from "@/components/trpc/provider";
import { Button } from "@/components/ui/button";
import { toHubError } from "@/server/trpc/init";
import { AcceptInvitation } from "./_components/accept-invitation";

// The page's address holds the invitation's token: it goes to no other site.
export const metadata: Metadata = { title: "Invitation", referrer: "same-origin" };

interface InvitePageProps {
  readonly params: Promise<{ readonly token: string }>;
}

async function readInvitation(token: string) {
  const caller = await getCaller();
  try {
    const [preview, account] = await Promise.all([caller.invitations.preview({ token }), caller.account.me()]);
    return { preview, account };
  } catch (error) {
    const { code, message } = toHubError(error);
    if (code === "EAUTH") redirect(`/sign-in?${new URLSearchParams({ next: `/invite/${token}` })}`);
    if (code === "ENOENT" || code === "EINVAL") return { refused: message };
    throw error;
  }
}

/** Where an invitation's link leads: says into what, as what and by whom, and joins only on the button. */
export default async function InvitePage({ params }: InvitePageProps) {
  const { token } = await params;
  const found = await readInvitation(token);
  if ("refused" in found) {
    return (
      <MessagePage
        title="This invitation is not valid"
        action={
          <Button asChild>
            <Link href="/">Go to your workspace</Link>
          </Button>
        }
      >
        {found.refused}
      </MessagePage>
    );
  }
  const { preview, account } = found;
  return (
    <div className="flex min-h-dvh flex-col items-center px-4 py-8">
      <header>
        <Brand />
      </header>
      <main className="my-auto w-full max-w-md py-10">
        <div className="grid gap-4 rounded-xl border bg-card p-6 shadow-raised sm:p-7">
          <div>
            <h1 className="break-words font-semibold text-xl">Join {preview.workspaceName}</h1>
            <p className="mt-1 text-base text-muted-foreground">
              {preview.invitedBy ?? "A former member"} invites you as {preview.role}. You are signed in as{" "}
              <span className="break-words text-foreground">{account.email}</span>.
            </p>
          </div>
          <ApiProvider>
            <AcceptInvitation token={token} workspaceName={preview.workspaceName} />
          </ApiProvider>
        </div>
      </main>
    </div>
  );
}
