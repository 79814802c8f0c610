import "server-only";

/** Who is signed in. */
export interface Person {
  /** The user's uuid. */
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly image: string | null;
}
