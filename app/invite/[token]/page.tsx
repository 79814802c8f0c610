import { MailX } from "lucide-react";
import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import { getCaller } from "@/app/_api/prefetch";
import { Brand } from "@/components/brand";
import { ApiProvider } from "@/components/trpc/provider";
import { Button } from "@/components/ui/button";
import { Card, CardContent } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
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
  return (
    <main className="flex min-h-dvh flex-col items-center px-4 py-8">
      <Brand />
      <div className="my-auto w-full max-w-md py-10">
        {"refused" in found ? (
          <EmptyState
            icon={MailX}
            title="This invitation is not valid"
            action={
              <Button variant="outline" asChild>
                <Link href="/">Go to your workspace</Link>
              </Button>
            }
          >
            {found.refused}
          </EmptyState>
        ) : (
          <Card>
            <CardContent className="grid gap-4 p-6 sm:p-6">
              <div>
                <h1 className="break-words font-semibold text-xl">Join {found.preview.workspaceName}</h1>
                <p className="mt-1 text-base text-muted-foreground">
                  {found.preview.invitedBy ?? "A former member"} invites you as {found.preview.role}. You are signed in as{" "}
                  <span className="break-words text-foreground">{found.account.email}</span>.
                </p>
              </div>
              <ApiProvider>
                <AcceptInvitation token={token} workspaceName={found.preview.workspaceName} />
              </ApiProvider>
            </CardContent>
          </Card>
        )}
      </div>
    </main>
  );
}
