import "server-only";
import { cookies, headers } from "next/headers";
import { cache } from "react";
import { getHub } from "@/server/compose/hub";
import { clientAddress } from "./attempts";
import type { CookieToSet } from "./auth";
import type { Person } from "./person";

/** Sign-in as Next's pages, actions and route handlers see it: the request's cookies and headers. */

/** The session's token of this request, or null. */
async function findSessionToken(): Promise<string | null> {
  const { auth } = await getHub();
  return (await cookies()).get(auth.sessionCookie)?.value ?? null;
}

/** Who is signed in, or null; read once a request. */
export const findCurrentPerson = cache(async (): Promise<Person | null> => {
  const { auth } = await getHub();
  return auth.findPerson(await findSessionToken());
});

/** The client's address as far as the configured proxies vouch for it, or null. */
export async function findClientAddress(): Promise<string | null> {
  const { env } = await getHub();
  return clientAddress((await headers()).get("x-forwarded-for"), env.trustedProxyHops);
}

/** Sets cookies on the answer of a server action or route handler. */
export async function setCookies(wanted: readonly CookieToSet[]): Promise<void> {
  const jar = await cookies();
  for (const { name, value, options } of wanted) jar.set(name, value, options);
}

/** Ends this request's session and takes its cookie away. */
export async function signOutHere(): Promise<void> {
  const { auth, env } = await getHub();
  const token = await findSessionToken();
  if (token !== null) await auth.endSession(token);
  const secure = env.origin.startsWith("https:");
  await setCookies([{ name: auth.sessionCookie, value: "", options: { httpOnly: true, sameSite: "lax", path: "/", secure, maxAge: 0 } }]);
}
