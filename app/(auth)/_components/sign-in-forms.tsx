"use client";

import { useActionState } from "react";
import { Alert } from "@/components/ui/alert";
import { Button } from "@/components/ui/button";
import { Field, fieldAria } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { confirmLink, requestLink, type SignInState, startOidc } from "../actions";

const initial: SignInState = { error: null, email: "" };

/** Asks for a sign-in link. */
export function EmailForm({ next }: { readonly next: string }) {
  const [state, action, pending] = useActionState(requestLink, initial);
  const error = state.error ?? undefined;
  return (
    <form action={action} className="grid gap-3">
      <input type="hidden" name="next" value={next} />
      <Field id="email" label="E-mail address" error={error}>
        <Input
          {...fieldAria("email", { error })}
          name="email"
          type="email"
          autoComplete="email"
          required
          maxLength={254}
          defaultValue={state.email}
          key={state.email}
          className="h-10 text-base"
        />
      </Field>
      <Button type="submit" size="lg" disabled={pending}>
        {pending ? "Sending…" : "Send me a sign-in link"}
      </Button>
    </form>
  );
}

/** The button of the OIDC provider. */
export function OidcForm({ name, next }: { readonly name: string; readonly next: string }) {
  const [state, action, pending] = useActionState(startOidc, initial);
  return (
    <form action={action} className="grid gap-3">
      <input type="hidden" name="next" value={next} />
      {state.error === null ? null : (
        <Alert variant="danger" role="alert">
          {state.error}
        </Alert>
      )}
      <Button type="submit" variant="outline" size="lg" disabled={pending}>
        Continue with {name}
      </Button>
    </form>
  );
}

/** The one button that uses a link up: a mail scanner that opens the page does not press it. */
export function ConfirmForm({ email, token, next }: { readonly email: string; readonly token: string; readonly next: string }) {
  const [state, action, pending] = useActionState(confirmLink, initial);
  return (
    <form action={action} className="grid gap-3">
      <input type="hidden" name="email" value={email} />
      <input type="hidden" name="token" value={token} />
      <input type="hidden" name="next" value={next} />
      {state.error === null ? null : (
        <Alert variant="danger" role="alert">
          {state.error}{" "}
          <a href="/sign-in" className="text-link">
            Ask for a new link
          </a>
        </Alert>
      )}
      <Button type="submit" size="lg" disabled={pending}>
        Sign in
      </Button>
    </form>
  );
}
