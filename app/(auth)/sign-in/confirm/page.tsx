import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { safePath } from "@/server/safe-path";
import { AuthFrame } from "../../_components/auth-frame";
import { ConfirmForm } from "../../_components/sign-in-forms";

// The page's address holds the link's token: it goes to no other site.
export const metadata: Metadata = { title: "Sign in", referrer: "same-origin" };

interface ConfirmPageProps {
  readonly searchParams: Promise<{
    readonly email?: string | string[];
    readonly token?: string | string[];
    readonly next?: string | string[];
  }>;
}

/** Where the mail's link leads. Opening it does nothing; the button does. */
export default async function ConfirmPage({ searchParams }: ConfirmPageProps) {
  const { email, token, next } = await searchParams;
  if (typeof email !== "string" || typeof token !== "string") redirect("/sign-in");
  return (
    <AuthFrame
      title="Sign in"
      lead={
        <p className="break-words">
          You are signing in as <strong className="font-semibold text-foreground">{email}</strong>.
        </p>
      }
    >
      <ConfirmForm email={email} token={token} next={safePath(next)} />
    </AuthFrame>
  );
}
