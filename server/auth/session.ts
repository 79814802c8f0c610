import "server-only";
import { and, eq, gt, sql } from "drizzle-orm";
import type { Database } from "@/db/client";
import { sessions, users } from "@/db/schema/identity";
import { hashSessionToken } from "./adapter";
import type { Person } from "./person";

/** Reading and ending sessions. Auth.js makes them, at sign-in. */

/** The person whose live session has this token, or null. */
export async function findPerson(db: Database, sessionToken: string | null | undefined): Promise<Person | null> {
  if (sessionToken === null || sessionToken === undefined || sessionToken === "") return null;
  const rows = await db.withIdentity(
    (tx) =>
      tx
        .select({ id: users.id, email: users.email, name: users.name, image: users.image })
        .from(sessions)
        .innerJoin(users, eq(users.id, sessions.userId))
        .where(and(eq(sessions.sessionToken, hashSessionToken(sessionToken)), gt(sessions.expires, sql`now()`))),
    { readOnly: true },
  );
  return rows[0] ?? null;
}

/** Ends one session. */
export async function endSession(db: Database, sessionToken: string): Promise<void> {
  await db.withIdentity((tx) => tx.delete(sessions).where(eq(sessions.sessionToken, hashSessionToken(sessionToken))));
}

/** Ends every session of the person, this one included. */
export async function endAllSessions(db: Database, userId: string): Promise<void> {
  await db.withIdentity((tx) => tx.delete(sessions).where(eq(sessions.userId, userId)));
}
