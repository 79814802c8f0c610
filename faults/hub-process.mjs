// The entry of a hub process of the fault suite: TypeScript and the aliases of `hub-process.tsconfig.json`, then the program itself.
import { register } from "tsx/esm/api";

register({ tsconfig: new URL("hub-process.tsconfig.json", import.meta.url).pathname });
await import("./hub-process.ts");
