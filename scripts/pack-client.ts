import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { root, runCommand } from "./processes";

/** `npm run client:pack [-- <folder>]`: builds the partner's client and packs it; prints the tarball's path. */
runCommand(async () => {
  const folder = path.resolve(process.argv[2] ?? path.join(root, "client"));
  const client = path.join(root, "client");
  rmSync(path.join(client, "dist"), { recursive: true, force: true });
  execFileSync(process.execPath, [path.join(root, "node_modules/typescript/bin/tsc"), "-p", client], { stdio: "inherit" });
  const [packed] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--pack-destination", folder], {
      cwd: client,
      encoding: "utf8",
      shell: process.platform === "win32",
    }),
  ) as { filename: string }[];
  if (packed === undefined) throw new Error("npm packed nothing.");
  console.log(path.join(folder, packed.filename));
});
