"use server";

import { redirect } from "next/navigation";
import { findClientAddress, setCookies, signOutHere } from "@/server/auth/request";
import { getHub } from "@/server/compose/hub";
import { HubError } from "@/server/errors";
import { safePath } from "@/server/safe-path";

/** What a form shows after it was refused: one sentence, and what was typed. */
export interface SignInState {
  readonly error: string | null;
  readonly email: string;
}

/** Sends the link and goes on to the page that says so. */
export async function requestLink(_previous: SignInState, form: FormData): Promise<SignInState> {
  const { auth } = await getHub();
  const email = form.get("email");
  try {
    await auth.requestLink({ email, address: await findClientAddress(), next: form.get("next") });
  } catch (error) {
    if (error instanceof HubError) return { error: error.message, email: typeof email === "string" ? email.slice(0, 320) : "" };
    throw error;
  }
  redirect("/verify-request");
}

/** Uses the link up: the one thing that the confirm page's button does. */
export async function confirmLink(_previous: SignInState, form: FormData): Promise<SignInState> {
  const { auth } = await getHub();
  let path: string;
  try {
    const confirmed = await auth.confirmLink({ email: form.get("email"), token: form.get("token"), next: form.get("next") });
    await setCookies(confirmed.cookies);
    path = confirmed.path;
  } catch (error) {
    if (error instanceof HubError) return { error: error.message, email: "" };
    throw error;
  }
  redirect(path);
}

/** Goes to the OIDC provider. */
export async function startOidc(_previous: SignInState, form: FormData): Promise<SignInState> {
  const { auth } = await getHub();
  let url: string;
  try {
    const started = await auth.startOidc({ next: safePath(form.get("next")) });
    await setCookies(started.cookies);
    url = started.url;
  } catch (error) {
    if (error instanceof HubError) return { error: error.message, email: "" };
    throw error;
  }
  redirect(url);
}

/** Ends this session and goes to the sign-in page. */
export async function signOut(): Promise<void> {
  await signOutHere();
  redirect("/sign-in");
}
