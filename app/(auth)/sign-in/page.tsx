import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { findCurrentPerson } from "@/server/auth/request";
import { getHub } from "@/server/compose/hub";
import { safePath } from "@/server/safe-path";
import { AuthFrame } from "../_components/auth-frame";
import { EmailForm, OidcForm } from "../_components/sign-in-forms";

export const metadata: Metadata = { title: "Sign in" };

interface SignInPageProps {
  readonly searchParams: Promise<{ readonly next?: string | string[] }>;
}

export default async function SignInPage({ searchParams }: SignInPageProps) {
  const next = safePath((await searchParams).next);
  if ((await findCurrentPerson()) !== null) redirect(next);
  const { auth, env } = await getHub();
  const { email, oidc } = auth.methods;
  return (
    <AuthFrame
      title="Sign in"
      lead={email ? "We mail you a link. There is no password." : undefined}
      footer={
        env.mode === "demo" ? "This is the demo: any address will do, and the mail arrives in a mailbox page on this machine." : undefined
      }
    >
      {email ? <EmailForm next={next} /> : null}
      {email && oidc !== null ? <OrDivider /> : null}
      {oidc === null ? null : <OidcForm name={oidc.name} next={next} />}
      {email || oidc !== null ? null : (
        <p>No way to sign in is set up: set SMTP_URL, or the three OIDC variables, and start the hub again.</p>
      )}
    </AuthFrame>
  );
}

function OrDivider() {
  return (
    <p className="flex items-center gap-3 text-muted-foreground text-xs before:h-px before:flex-1 before:bg-border after:h-px after:flex-1 after:bg-border">
      or
    </p>
  );
}
