import type { Metadata } from "next";
import { connection } from "next/server";

export const metadata: Metadata = { title: "Not found" };

/** One page for what is not there and for what is not yours. Rendered for its request, or its scripts would carry no nonce. */
export default async function NotFound() {
  await connection();
  return (
    <main className="grid min-h-dvh place-items-center px-4 text-center">
      <div className="grid gap-2">
        <h1 className="font-semibold text-xl">There is nothing here</h1>
        <p className="text-muted-foreground">The address is wrong, or it leads to something you have no access to.</p>
        <p>
          <a className="underline" href="/">
            Go to your workspace
          </a>
        </p>
      </div>
    </main>
  );
}
