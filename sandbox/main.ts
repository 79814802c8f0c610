import { writeDerivedSchema } from "./linear/schema/derive";

/**
 * `npm run sandbox`: the simulated tools alone, for a hub that runs elsewhere. `SANDBOX_PORT`, `SANDBOX_CONTROL_PORT` and `HUB_ORIGIN`
 * move it. `npm run sandbox -- --derive-linear-schema <vendor.graphql>` cuts the schema out of Linear's published one again.
 */
const schemaFlag = process.argv.indexOf("--derive-linear-schema");
const vendorFile = schemaFlag === -1 ? undefined : process.argv[schemaFlag + 1];

function readPort(name: string, fallback: number): number {
  const port = Number(process.env[name] ?? fallback);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  console.error(`${name} must be a port number between 0 and 65535.`);
  process.exit(1);
}

if (vendorFile !== undefined) {
  writeDerivedSchema(vendorFile);
  console.log("Wrote sandbox/linear/schema/*.graphql.");
} else {
  const hub = process.env.HUB_ORIGIN ?? "http://localhost:3000";
  const client = { clientId: "sandbox-linear-client", clientSecret: "sandbox-linear-secret" };
  const port = readPort("SANDBOX_PORT", 4000);
  // Only here: the schema that it loads may be the one that is about to be written.
  const { startSandbox } = await import("./start");
  try {
    const sandbox = await startSandbox({
      port,
      controlPort: readPort("SANDBOX_CONTROL_PORT", port === 0 ? 0 : port + 1),
      clients: [{ ...client, name: "Byte Integration Hub", redirectUris: [`${hub}/oauth/callback/linear`], pkce: "required" }],
    });
    console.log(`Linear    ${sandbox.origin}`);
    console.log(`Control   ${sandbox.controlOrigin}`);
    console.log("\nPoint the hub at it with these variables:");
    console.log(`  LINEAR_CLIENT_ID=${client.clientId}\n  LINEAR_CLIENT_SECRET=${client.clientSecret}`);
    console.log(`  LINEAR_APP_ORIGIN=${sandbox.origin}\n  LINEAR_API_ORIGIN=${sandbox.origin}`);
    const stop = () => {
      sandbox.close().then(() => process.exit(0));
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    console.error(`Port ${port} or the one after it is taken. Stop what listens there, or set SANDBOX_PORT and SANDBOX_CONTROL_PORT.`);
    process.exit(1);
  }
}
