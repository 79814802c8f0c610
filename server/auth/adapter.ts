import "server-only";
import { createHash } from "node:crypto";
import type { Adapter, AdapterUser } from "@auth/core/adapters";
import { and, eq } from "drizzle-orm";
import type { Database } from "@/db/client";
import { accounts, sessions, users, verificationTokens } from "@/db/schema/identity";
import { newId } from "@/server/ids";

/**
 * Auth.js's adapter over the identity tables, each method a transaction under the role `hub_auth`. Written here rather than taken from
 * `@auth/drizzle-adapter`, because that one's tables must hold OAuth tokens in plain text; ours have no column for them, and keep session
 * tokens as SHA-256.
 */

/** What is stored of a session's token. */
export const hashSessionToken = (token: string): string => createHash("sha256").update(token).digest("hex");

const userColumns = { id: users.id, name: users.name, email: users.email, emailVerified: users.emailVerified, image: users.image };

/** A row that an INSERT or UPDATE has just returned. */
function required<T>(row: T | undefined, what: string): T {
  if (row === undefined) throw new Error(`${what} was not found`);
  return row;
}

/** The adapter; Auth.js calls it during sign-in, our own code only reads sessions (`findPerson`). */
export function createAuthAdapter(db: Database): Adapter {
  return {
    createUser: (user) =>
      db.withIdentity(async (tx): Promise<AdapterUser> => {
        const values = {
          id: newId(),
          name: user.name ?? null,
          email: user.email,
          emailVerified: user.emailVerified,
          image: user.image ?? null,
        };
        return required((await tx.insert(users).values(values).returning(userColumns))[0], "The user");
      }),
    getUser: (id) =>
      db.withIdentity(
        async (tx): Promise<AdapterUser | null> => (await tx.select(userColumns).from(users).where(eq(users.id, id)))[0] ?? null,
      ),
    getUserByEmail: (email) =>
      db.withIdentity(
        async (tx): Promise<AdapterUser | null> => (await tx.select(userColumns).from(users).where(eq(users.email, email)))[0] ?? null,
      ),
    getUserByAccount: ({ provider, providerAccountId }) =>
      db.withIdentity(async (tx): Promise<AdapterUser | null> => {
        const rows = await tx
          .select(userColumns)
          .from(accounts)
          .innerJoin(users, eq(users.id, accounts.userId))
          .where(and(eq(accounts.provider, provider), eq(accounts.providerAccountId, providerAccountId)));
        return rows[0] ?? null;
      }),
    updateUser: ({ id, name, emailVerified, image }) =>
      db.withIdentity(async (tx): Promise<AdapterUser> => {
        const rows = await tx.update(users).set({ name, emailVerified, image }).where(eq(users.id, id)).returning(userColumns);
        return required(rows[0], "The user");
      }),
    linkAccount: ({ userId, type, provider, providerAccountId }) =>
      db.withIdentity(async (tx) => {
        await tx.insert(accounts).values({ userId, type, provider, providerAccountId });
      }),
    createSession: (session) =>
      db.withIdentity(async (tx) => {
        await tx.insert(sessions).values({ ...session, sessionToken: hashSessionToken(session.sessionToken) });
        return session;
      }),
    getSessionAndUser: (sessionToken) =>
      db.withIdentity(async (tx) => {
        const rows = await tx
          .select({ userId: sessions.userId, expires: sessions.expires, user: userColumns })
          .from(sessions)
          .innerJoin(users, eq(users.id, sessions.userId))
          .where(eq(sessions.sessionToken, hashSessionToken(sessionToken)));
        const row = rows[0];
        return row === undefined ? null : { session: { sessionToken, userId: row.userId, expires: row.expires }, user: row.user };
      }),
    updateSession: ({ sessionToken, expires }) =>
      db.withIdentity(async (tx) => {
        const rows = await tx
          .update(sessions)
          .set({ expires })
          .where(eq(sessions.sessionToken, hashSessionToken(sessionToken)))
          .returning({ userId: sessions.userId, expires: sessions.expires });
        return rows[0] === undefined ? null : { sessionToken, ...rows[0] };
      }),
    deleteSession: (sessionToken) =>
      db.withIdentity(async (tx) => {
        await tx.delete(sessions).where(eq(sessions.sessionToken, hashSessionToken(sessionToken)));
      }),
    // Auth.js passes the SHA-256 of the link's token and the secret, never the token itself.
    createVerificationToken: (token) =>
      db.withIdentity(async (tx) => {
        await tx.insert(verificationTokens).values(token);
        return token;
      }),
    useVerificationToken: ({ identifier, token }) =>
      db.withIdentity(async (tx) => {
        const rows = await tx
          .delete(verificationTokens)
          .where(and(eq(verificationTokens.identifier, identifier), eq(verificationTokens.token, token)))
          .returning();
        return rows[0] ?? null;
      }),
  };
}
