import { join, resolve } from "node:path";
import { z } from "zod";
import type { MasterKeys } from "./connections/keys";
import { leavesEncryptionOpen } from "./database-tls";
import { ensureDemoSecrets } from "./demo-secrets";
import type { IntegrationSettings, Manifest } from "./integrations/contract";
import { isLoopback } from "./own-host";

/**
 * The only reader of the environment. A wrong variable stops the start with sentences that name the variable and what to do, and never
 * its value. `.env.example` explains each one; a test holds the two together.
 */

const modes = ["demo", "development", "production"] as const;
export type Mode = (typeof modes)[number];

export interface Env {
  readonly mode: Mode;
  readonly role: "web" | "worker";
  /** Where the hub listens. */
  readonly host: string;
  readonly port: number;
  /** Absolute; the embedded database, the demo's secrets. */
  readonly dataDir: string;
  /** `pglite:<dir>` or `postgres://…`. */
  readonly databaseUrl: string;
  readonly databaseKind: "pglite" | "postgres";
  readonly databaseDriver: "pg" | undefined;
  /** The hub's own origin, without a trailing slash: every absolute URL is made from it. */
  readonly origin: string;
  readonly authSecret: string;
  /** The vault's master keys. */
  readonly vaultKeys: MasterKeys;
  readonly smtpUrl: string | undefined;
  readonly mailFrom: string;
  readonly oidc: { readonly issuer: string; readonly clientId: string; readonly clientSecret: string; readonly name: string } | undefined;
  /** How many proxies in front write X-Forwarded-For; 0 means that header is not believed. */
  readonly trustedProxyHops: number;
  readonly logLevel: "debug" | "info" | "warn" | "error" | "silent";
  readonly callLogDays: number;
}

/** Every fixed variable; integrations add `<ID>_CLIENT_ID`, `<ID>_CLIENT_SECRET` and `<ID>_<ROLE>_ORIGIN`. */
export const variableNames = [
  "HUB_MODE",
  "HUB_ROLE",
  "HOST",
  "PORT",
  "HUB_DATA_DIR",
  "DATABASE_URL",
  "DATABASE_DRIVER",
  "AUTH_URL",
  "AUTH_SECRET",
  "VAULT_KEY",
  "VAULT_KEY_NEXT",
  "VAULT_KEY_PREVIOUS",
  "SMTP_URL",
  "MAIL_FROM",
  "OIDC_ISSUER",
  "OIDC_CLIENT_ID",
  "OIDC_CLIENT_SECRET",
  "OIDC_NAME",
  "TRUSTED_PROXY_HOPS",
  "LOG_LEVEL",
  "CALL_LOG_DAYS",
] as const;
type VariableName = (typeof variableNames)[number];
export type EnvRecord = Readonly<Record<string, string | undefined>>;

/** One sentence a wrong variable; `problems[].variable` names it. */
export class EnvError extends Error {
  override readonly name = "EnvError";
  readonly problems: readonly { variable: string; message: string }[];
  constructor(problems: readonly { variable: string; message: string }[]) {
    super(problems.map((problem) => problem.message).join("\n"));
    this.problems = problems;
  }
}

/** The URL of an origin (no path, query, user or fragment), or null. */
function readOrigin(value: string): URL | null {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return null;
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") return null;
  return url;
}

const isSecureOrigin = (url: URL) => url.protocol === "https:" || isLoopback(url.hostname);

const wholeNumber = (message: string, low: number, high: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, { error: message })
    .transform(Number)
    .refine((value) => value >= low && value <= high, { error: message });
const scheme = (message: string, ...schemes: string[]) =>
  z.string().refine((value) => URL.canParse(value) && schemes.includes(new URL(value).protocol), { error: message });
const masterKey = (variable: string) =>
  z
    .string()
    .refine((value) => /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(value), {
      error: `${variable} must be 32 bytes in base64 (44 characters); make one with "openssl rand -base64 32".`,
    })
    .optional();
const line = (message: string) => z.string().refine((value) => !/[\r\n]/.test(value), { error: message });

const shape = z.object({
  HUB_MODE: z.enum(modes, { error: `HUB_MODE must be one of ${modes.join(", ")}.` }).optional(),
  HUB_ROLE: z.enum(["web", "worker"], { error: "HUB_ROLE must be web or worker." }).default("web"),
  HOST: z.string().optional(),
  PORT: wholeNumber("PORT must be a whole number from 1 to 65535.", 1, 65535).default(3000),
  HUB_DATA_DIR: z.string().default(".data"),
  DATABASE_URL: z
    .string()
    .regex(/^(postgres(ql)?:\/\/.|pglite:.)/, { error: "DATABASE_URL must start with postgres:// or be pglite:<folder>." })
    .optional(),
  DATABASE_DRIVER: z
    .literal("pg", { error: "DATABASE_DRIVER can only be pg (plain TCP to Neon); leave it out for the default." })
    .optional(),
  AUTH_URL: z
    .string()
    .refine((value) => readOrigin(value) !== null, {
      error: "AUTH_URL must be the hub's own origin without a path, such as https://hub.example.com.",
    })
    .optional(),
  AUTH_SECRET: z
    .string()
    .min(32, { error: 'AUTH_SECRET must have at least 32 characters; make one with "openssl rand -base64 32".' })
    .optional(),
  VAULT_KEY: masterKey("VAULT_KEY"),
  VAULT_KEY_NEXT: masterKey("VAULT_KEY_NEXT"),
  VAULT_KEY_PREVIOUS: masterKey("VAULT_KEY_PREVIOUS"),
  SMTP_URL: scheme("SMTP_URL must look like smtps://user:password@host:465 or smtp://host:587.", "smtp:", "smtps:")
    .refine((value) => !/%(?![0-9a-f]{2})/i.test(value), { error: "SMTP_URL holds a % that encodes nothing: write it as %25." })
    .optional(),
  MAIL_FROM: line("MAIL_FROM must be one line such as Byte <hub@example.com>.")
    .refine((value) => value.includes("@"), { error: "MAIL_FROM must hold an e-mail address." })
    .optional(),
  OIDC_ISSUER: scheme("OIDC_ISSUER must be the https:// URL of the identity provider.", "https:", "http:").optional(),
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),
  OIDC_NAME: line("OIDC_NAME must be one line.").optional(),
  TRUSTED_PROXY_HOPS: wholeNumber("TRUSTED_PROXY_HOPS must be a whole number from 0 to 10.", 0, 10).default(0),
  LOG_LEVEL: z
    .enum(["debug", "info", "warn", "error", "silent"], { error: "LOG_LEVEL must be debug, info, warn, error or silent." })
    .default("info"),
  CALL_LOG_DAYS: wholeNumber("CALL_LOG_DAYS must be a whole number of days from 1 to 3650.", 1, 3650).default(30),
} satisfies Record<VariableName, z.ZodType>);
type Read = z.output<typeof shape>;

/** An empty variable counts as absent, as compose files and CI leave them. */
function present(record: EnvRecord): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) => (value === undefined || value === "" ? [] : [[name, value] as const])),
  );
}

function readShape(record: Record<string, string>): Read {
  const result = shape.safeParse(record);
  if (result.success) return result.data;
  throw new EnvError(result.error.issues.map((issue) => ({ variable: String(issue.path[0]), message: issue.message })));
}

/** Without HUB_MODE a built hub is production, so that forgetting the variable can only make the start stricter. */
const modeOf = (read: Read, record: Record<string, string>): Mode =>
  read.HUB_MODE ?? (record.NODE_ENV === "production" ? "production" : "development");

function checkMode(mode: Mode, read: Read, record: Record<string, string>): void {
  const problems: { variable: string; message: string }[] = [];
  const need = (variable: VariableName, message: string) => {
    if (read[variable] === undefined) problems.push({ variable, message });
  };
  const refuse = (variable: VariableName, when: boolean, message: string) => {
    if (when) problems.push({ variable, message });
  };
  const isPostgres = read.DATABASE_URL?.startsWith("postgres") ?? false;
  const origin = read.AUTH_URL === undefined ? null : readOrigin(read.AUTH_URL);

  if (mode === "production") {
    need("DATABASE_URL", "DATABASE_URL is missing: set it to the Postgres database of the hub (postgres://…).");
    need("AUTH_URL", "AUTH_URL is missing: set it to the address people open, such as https://hub.example.com.");
    need("AUTH_SECRET", 'AUTH_SECRET is missing: make one with "openssl rand -base64 32" and keep it.');
    need("VAULT_KEY", 'VAULT_KEY is missing: make one with "openssl rand -base64 32" and keep it safe; without it stored tokens are lost.');
    refuse(
      "SMTP_URL",
      read.SMTP_URL === undefined && read.OIDC_ISSUER === undefined,
      "SMTP_URL or OIDC_ISSUER is missing: without one of them nobody can sign in.",
    );
    refuse(
      "AUTH_URL",
      origin !== null && !isSecureOrigin(origin),
      "AUTH_URL must start with https:// (http is for localhost only): sessions would travel in the clear.",
    );
    refuse(
      "MAIL_FROM",
      read.SMTP_URL !== undefined && read.MAIL_FROM === undefined,
      "MAIL_FROM is missing: the address that mails come from.",
    );
  } else {
    refuse(
      "AUTH_URL",
      origin !== null && !isLoopback(origin.hostname),
      `AUTH_URL must be on localhost in ${mode}; for a public address start with HUB_MODE=production.`,
    );
    refuse("HOST", read.HOST !== undefined && !isLoopback(read.HOST), `HOST must be 127.0.0.1 in ${mode}: it is for this machine only.`);
  }
  if (mode === "demo") {
    refuse("DATABASE_URL", isPostgres, "DATABASE_URL must not be a Postgres in the demo: leave it out, or start with HUB_MODE=production.");
    // Next's standalone server listens on HOSTNAME, and on every interface without it.
    if (record.NODE_ENV === "production" && !isLoopback(record.HOSTNAME ?? "")) {
      problems.push({ variable: "HOSTNAME", message: 'HUB_MODE=demo listens on 127.0.0.1 only: start it with "npm run demo".' });
    }
  }
  if (mode === "development") {
    refuse(
      "HUB_MODE",
      record.NODE_ENV === "production",
      'HUB_MODE=development is for "npm run dev"; a built hub runs as demo or production.',
    );
  }
  refuse(
    "DATABASE_URL",
    isPostgres && leavesEncryptionOpen(read.DATABASE_URL ?? ""),
    "DATABASE_URL names a server of another network and does not say how the connection is encrypted: add ?sslmode=require to it.",
  );
  refuse(
    "HUB_ROLE",
    read.HUB_ROLE === "worker" && !isPostgres,
    "A worker needs DATABASE_URL to be a Postgres: with the embedded database the hub runs the jobs itself.",
  );
  const oidc = [read.OIDC_ISSUER, read.OIDC_CLIENT_ID, read.OIDC_CLIENT_SECRET];
  refuse(
    "OIDC_ISSUER",
    oidc.some((value) => value !== undefined) && oidc.some((value) => value === undefined),
    "OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET go together: set all three or none.",
  );
  const issuer = read.OIDC_ISSUER === undefined ? null : new URL(read.OIDC_ISSUER);
  refuse("OIDC_ISSUER", issuer !== null && !isSecureOrigin(issuer), "OIDC_ISSUER must start with https:// (http is for localhost only).");
  if (problems.length > 0) throw new EnvError(problems);
}

/**
 * Reads a record of variables. Pure but for `secrets`, which demo and development call with the data folder when AUTH_SECRET or VAULT_KEY
 * is not given. Throws EnvError.
 */
export function parseEnv(
  source: EnvRecord,
  secrets: (dataDir: string) => { AUTH_SECRET: string; VAULT_KEY: string } = ensureDemoSecrets,
): Env {
  const record = present(source);
  const read = readShape(record);
  const mode = modeOf(read, record);
  checkMode(mode, read, record);
  const dataDir = resolve(read.HUB_DATA_DIR);
  const given = { AUTH_SECRET: read.AUTH_SECRET, VAULT_KEY: read.VAULT_KEY };
  const made = given.AUTH_SECRET === undefined || given.VAULT_KEY === undefined ? secrets(dataDir) : undefined;
  const databaseUrl = read.DATABASE_URL ?? `pglite:${join(dataDir, "database")}`;
  const { OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET } = read;
  return Object.freeze({
    mode,
    role: read.HUB_ROLE,
    host: read.HOST ?? (mode === "production" ? "0.0.0.0" : "127.0.0.1"),
    port: read.PORT,
    dataDir,
    databaseUrl,
    databaseKind: databaseUrl.startsWith("pglite:") ? "pglite" : "postgres",
    databaseDriver: read.DATABASE_DRIVER,
    origin: readOrigin(read.AUTH_URL ?? `http://localhost:${read.PORT}`)?.origin ?? `http://localhost:${read.PORT}`,
    authSecret: given.AUTH_SECRET ?? made?.AUTH_SECRET ?? "",
    vaultKeys: {
      VAULT_KEY: given.VAULT_KEY ?? made?.VAULT_KEY ?? "",
      VAULT_KEY_NEXT: read.VAULT_KEY_NEXT,
      VAULT_KEY_PREVIOUS: read.VAULT_KEY_PREVIOUS,
    },
    smtpUrl: read.SMTP_URL,
    mailFrom: read.MAIL_FROM ?? "Byte Integration Hub <hub@localhost>",
    oidc:
      OIDC_ISSUER === undefined || OIDC_CLIENT_ID === undefined || OIDC_CLIENT_SECRET === undefined
        ? undefined
        : { issuer: OIDC_ISSUER, clientId: OIDC_CLIENT_ID, clientSecret: OIDC_CLIENT_SECRET, name: read.OIDC_NAME ?? "your organisation" },
    trustedProxyHops: read.TRUSTED_PROXY_HOPS,
    logLevel: read.LOG_LEVEL,
    callLogDays: read.CALL_LOG_DAYS,
  });
}

const globals = globalThis as typeof globalThis & { hubEnv?: Env };

/** The environment of this process, read once. Throws EnvError on every call until it is right. */
export function getEnv(): Env {
  globals.hubEnv ??= parseEnv(process.env);
  return globals.hubEnv;
}

/** Whether this is `next dev`, which needs `eval` and inline styles. Known before the environment is checked. */
export const isDevServer = (): boolean => process.env.NODE_ENV === "development";

/** Whether `next build` is running, which evaluates modules but must open nothing. */
export const isBuild = (): boolean => process.env.NEXT_PHASE === "phase-production-build";

/** `google-workspace` → `GOOGLE_WORKSPACE`. */
export const variablePrefix = (integration: string): string => integration.toUpperCase().replaceAll("-", "_");

/** What the environment of an integration is read by. */
export type ConfiguredManifest = Pick<Manifest, "id" | "origins" | "contentOrigins"> & { readonly oauth?: Pick<Manifest["oauth"], "pkce"> };

/** The variables one integration reads. */
export function integrationVariables({ id, origins, contentOrigins, oauth }: ConfiguredManifest): readonly string[] {
  const prefix = variablePrefix(id);
  return [
    `${prefix}_CLIENT_ID`,
    `${prefix}_CLIENT_SECRET`,
    ...(oauth?.pkce === undefined ? [] : [`${prefix}_PKCE`]),
    ...Object.keys(origins).map((role) => originVariable(id, role)),
    ...(contentOrigins === undefined ? [] : [`${prefix}_CONTENT_ORIGINS`]),
  ];
}

/** `("linear", "api")` → `LINEAR_API_ORIGIN`; roles are camelCase or kebab-case. */
export function originVariable(integration: string, role: string): string {
  const word = role.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").replaceAll("-", "_");
  return `${variablePrefix(integration)}_${word.toUpperCase()}_ORIGIN`;
}

/** Whether the registered app uses PKCE, where its vendor leaves that to the app. */
function readPkce(record: EnvRecord, variable: string): boolean {
  const given = record[variable] ?? "0";
  if (given === "0" || given === "1") return given === "1";
  throw new EnvError([{ variable, message: `${variable} must be 1 (the registered app has PKCE switched on) or 0.` }]);
}

export type IntegrationEnv =
  | { readonly configured: true; readonly settings: IntegrationSettings }
  | {
      readonly configured: false;
      readonly missingVariables: readonly string[];
      readonly clientId: string | null;
      readonly origins: Readonly<Record<string, string>>;
      readonly redirectUri: string;
    };

/** `https://*.vendor.com` with at least two labels behind the star; nothing narrower is a vendor's own. */
const wildcardOrigin = /^https:\/\/\*(?:\.[a-z0-9-]+){2,}$/i;

function contentOriginsOf({ id, contentOrigins }: ConfiguredManifest, record: EnvRecord): Pick<IntegrationSettings, "contentOrigins"> {
  if (contentOrigins === undefined) return {};
  const variable = `${variablePrefix(id)}_CONTENT_ORIGINS`;
  const given = record[variable];
  if (given === undefined) return { contentOrigins };
  const read = given.split(",").map((part) => {
    const origin = part.trim();
    if (wildcardOrigin.test(origin)) return origin.toLowerCase();
    const url = origin.includes("*") ? null : readOrigin(origin);
    if (url !== null && isSecureOrigin(url)) return url.origin;
    throw new EnvError([
      {
        variable,
        message: `${variable} must be https:// origins (or https://*.example.com), separated by commas (http is for localhost only).`,
      },
    ]);
  });
  return { contentOrigins: read };
}

/**
 * What the environment says of one integration: its registered app, its vendor origins with `<ID>_<ROLE>_ORIGIN` applied, and those of its
 * bytes, which `<ID>_CONTENT_ORIGINS` replaces. Throws EnvError when an origin is not one, or is http outside localhost.
 */
export function integrationSettings(
  manifest: ConfiguredManifest,
  hubOrigin: string = getEnv().origin,
  source: EnvRecord = process.env,
): IntegrationEnv {
  const { id: integration, origins } = manifest;
  const record = present(source);
  const prefix = variablePrefix(integration);
  const applied: Record<string, string> = {};
  for (const [role, fallback] of Object.entries(origins)) {
    const variable = originVariable(integration, role);
    const given = record[variable];
    const url = given === undefined ? null : readOrigin(given);
    if (given !== undefined && (url === null || !isSecureOrigin(url))) {
      throw new EnvError([{ variable, message: `${variable} must be an https:// origin without a path (http is for localhost only).` }]);
    }
    applied[role] = url?.origin ?? fallback;
  }
  const clientId = record[`${prefix}_CLIENT_ID`] ?? null;
  const clientSecret = record[`${prefix}_CLIENT_SECRET`] ?? null;
  const redirectUri = `${hubOrigin}/oauth/callback/${integration}`;
  if (clientId !== null && clientSecret !== null) {
    const settings = { clientId, clientSecret, origins: applied, ...contentOriginsOf(manifest, record), redirectUri };
    return { configured: true, settings: readPkce(record, `${prefix}_PKCE`) ? { ...settings, pkce: true } : settings };
  }
  const missingVariables = [
    ...(clientId === null ? [`${prefix}_CLIENT_ID`] : []),
    ...(clientSecret === null ? [`${prefix}_CLIENT_SECRET`] : []),
  ];
  return { configured: false, missingVariables, clientId, origins: applied, redirectUri };
}
