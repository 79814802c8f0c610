import { MailOpen } from "lucide-react";
import type { Metadata } from "next";
import Link from "next/link";
import { Button } from "@/components/ui/button";
import { hasMailbox } from "@/server/auth/mail";
import { getHub } from "@/server/compose/hub";
import { AuthFrame } from "../_components/auth-frame";

export const metadata: Metadata = { title: "Check your mail" };

export default async function VerifyRequestPage() {
  const { env } = await getHub();
  return (
    <AuthFrame
      title="Check your mail"
      lead="We sent a sign-in link. It works once, for ten minutes."
      footer={
        <>
          Nothing came?{" "}
          <Link className="text-link" href="/sign-in">
            Use another address
          </Link>
        </>
      }
    >
      {hasMailbox(env) ? (
        <Button size="lg" asChild>
          <Link href="/mailbox">
            <MailOpen /> Open the local mailbox
          </Link>
        </Button>
      ) : undefined}
    </AuthFrame>
  );
}
