import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { integrationSettings, variablePrefix } from "@/server/env";
import { HubError } from "@/server/errors";
import { findIntegration, integrations } from "@/server/integrations/registry";
import { runCommand, StartError } from "./processes";
import type { Credentials } from "./verify/account";
import { findWriteChecks, hasFailed, printVerified, verifyAccount } from "./verify/verify";

/**
 * `npm run verify:live <tool>`: walks a real account read-only through the connector, walks the sandbox the same way, and prints what
 * differs in fields, types, statuses and headers of limits; of what the account holds, nothing. `<ID>_ACCESS_TOKEN`, or `<ID>_REFRESH_TOKEN`
 * with `<ID>_CLIENT_ID` and `<ID>_CLIENT_SECRET`, give the account. `--write` also runs the tool's write checks, in a container of their
 * own making. Exits 1 when something failed, not when something differs.
 */

function credentialsOf(prefix: string): Credentials {
  const accessToken = process.env[`${prefix}_ACCESS_TOKEN`];
  if (accessToken !== undefined && accessToken !== "") return { accessToken };
  const refreshToken = process.env[`${prefix}_REFRESH_TOKEN`];
  if (refreshToken !== undefined && refreshToken !== "") return { refreshToken };
  throw new StartError(`Set ${prefix}_ACCESS_TOKEN, or ${prefix}_REFRESH_TOKEN with ${prefix}_CLIENT_ID and ${prefix}_CLIENT_SECRET.`);
}

runCommand(async () => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { write: { type: "boolean" } } });
  const [id = ""] = positionals;
  const integration = findIntegration(id);
  if (integration === null) {
    throw new StartError(`Name one of ${integrations.map(({ manifest }) => manifest.id).join(", ")}: npm run verify:live <tool>`);
  }
  const prefix = variablePrefix(id);
  const credentials = credentialsOf(prefix);
  // With an access token no client takes part, so its variables are not needed.
  const unused = "accessToken" in credentials ? { [`${prefix}_CLIENT_ID`]: "none", [`${prefix}_CLIENT_SECRET`]: "none" } : {};
  const configured = integrationSettings(integration.manifest, "http://localhost:3000", { ...unused, ...process.env });
  if (!configured.configured) throw new StartError(`Set ${configured.missingVariables.join(" and ")}: they renew the token.`);
  const checks = values.write === true ? await findWriteChecks(id) : null;
  if (values.write === true && checks === null) throw new StartError(`server/integrations/${id} has no write checks.`);

  try {
    const verified = await verifyAccount({ integration, settings: configured.settings, credentials, checks });
    if (verified.renewedRefreshToken !== null) {
      const file = path.join(mkdtempSync(path.join(tmpdir(), "hub-verify-")), "refresh-token");
      writeFileSync(file, verified.renewedRefreshToken, { mode: 0o600 });
      console.log(`The vendor gave a new refresh token in the place of yours; it is in ${file}.`);
    }
    console.log(printVerified(verified));
    if (hasFailed(verified)) process.exitCode = 1;
  } catch (error) {
    if (error instanceof HubError) throw new StartError(error.message, { cause: error });
    throw error;
  }
});
