/** The app that the sandboxes of the suite know the hub by. */
export const suiteClient = { clientId: "faults-client", clientSecret: "faults-secret" } as const;

/** The environment of every hub process; a process has its own `DATABASE_URL`. */
export const suiteVariables: Readonly<Record<string, string>> = {
  HUB_MODE: "development",
  AUTH_URL: "http://localhost:3210",
  AUTH_SECRET: "faults-secret-faults-secret-faults-secret",
  VAULT_KEY: Buffer.alloc(32, 7).toString("base64"),
  LOG_LEVEL: "debug",
};
