import type { Metadata } from "next";
import Link from "next/link";
import { Button } from "@/components/ui/button";
import { AuthFrame } from "../../_components/auth-frame";

export const metadata: Metadata = { title: "Sign-in failed" };

/** Auth.js's error words, as it sends them in the query. */
const sentences: Readonly<Record<string, string>> = {
  AccessDenied: "Your identity provider did not let you in, or has not verified your e-mail address.",
  Verification: "This link is not valid any more: it was used, or is older than ten minutes.",
};

interface ErrorPageProps {
  readonly searchParams: Promise<{ readonly error?: string | string[] }>;
}

export default async function SignInErrorPage({ searchParams }: ErrorPageProps) {
  const { error } = await searchParams;
  const sentence = typeof error === "string" ? sentences[error] : undefined;
  return (
    <AuthFrame
      title="Sign-in failed"
      lead={<p role="alert">{sentence ?? "Signing in did not work. If it happens again, tell the person who runs this hub."}</p>}
    >
      <Button size="lg" asChild>
        <Link href="/sign-in">Back to sign in</Link>
      </Button>
    </AuthFrame>
  );
}
