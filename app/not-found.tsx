import type { Metadata } from "next";
import Link from "next/link";
import { connection } from "next/server";
import { MessagePage } from "@/components/message-page";
import { Button } from "@/components/ui/button";

export const metadata: Metadata = { title: "Not found" };

/** One page for what is not there and for what is not yours. Rendered for its request, or its scripts would carry no nonce. */
export default async function NotFound() {
  await connection();
  return (
    <MessagePage
      title="There is nothing here"
      action={
        <Button asChild>
          <Link href="/">Go to your workspace</Link>
        </Button>
      }
    >
      <p>The address is wrong, or it leads to something you have no access to.</p>
    </MessagePage>
  );
}
