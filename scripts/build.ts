import { runCommand } from "./processes";
import { buildProduction } from "./production-build";

/** `npm run build`: the standalone production build in `.next/standalone`. */
runCommand(buildProduction);
