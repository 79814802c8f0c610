import type { Metadata } from "next";
import Link from "next/link";
import { getHub } from "@/server/compose/hub";
import { AuthFrame } from "../_components/auth-frame";

export const metadata: Metadata = { title: "Check your mail" };

export default async function VerifyRequestPage() {
  const { env } = await getHub();
  return (
    <AuthFrame title="Check your mail">
      <p>We sent a sign-in link. It works once, for ten minutes.</p>
      {env.mode === "demo" ? (
        <p>
          <Link className="underline" href="/mailbox">
            Open the demo mailbox
          </Link>
        </p>
      ) : null}
      <p>
        <Link className="underline" href="/sign-in">
          Use another address
        </Link>
      </p>
    </AuthFrame>
  );
}
