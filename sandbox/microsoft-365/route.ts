import type { SandboxResponse } from "../http/server";
import type { GraphContext } from "./context";

/** One endpoint of Graph: what it needs, and what it does. */
export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE" | "PUT";
  /** `/me/messages/{message}`; a step in braces is a parameter. */
  readonly pattern: string;
  /** Delegated permissions, any one of which opens it; the least one first (https://learn.microsoft.com/graph/permissions-reference). */
  readonly scopes: readonly string[];
  /** Whose limit it counts against. */
  readonly limit: "mailbox" | "drive" | "directory";
  run(context: GraphContext, parameters: Readonly<Record<string, string>>): SandboxResponse | Promise<SandboxResponse>;
}

/** Graph takes ids in parentheses and functions with their namespace too: `mailFolders('inbox')`, `microsoft.graph.delta()`. */
export function stepsOf(pathname: string): readonly string[] {
  // `root:/a/b:/content` is the item at a path of names: one step.
  const named = /^(.*\/root:)\/(.+?)(?::\/([a-z]+)|:?)$/.exec(pathname);
  if (named !== null) {
    const [, before = "", path = "", action] = named;
    return [...stepsOf(before), decodeURIComponent(path), ...(action === undefined ? [] : [action])];
  }
  return pathname
    .replace(/\/+$/, "")
    .split("/")
    .slice(1)
    .flatMap((step) => {
      const decoded = decodeURIComponent(step);
      const called = /^([A-Za-z]+)\('(.*)'\)$/.exec(decoded);
      if (called !== null) return [called[1] ?? "", called[2] ?? ""];
      return [decoded.replace(/^microsoft\.graph\./, "").replace(/\(\)$/, "")];
    });
}

export interface Routing {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The route of a path, fixed steps before parameters; the methods that the path has where the method is another. */
export function findRoute(routes: readonly Route[], method: string, steps: readonly string[]): Routing | readonly string[] {
  const fits = routes.flatMap((route) => {
    const pattern = route.pattern.split("/").slice(1);
    if (pattern.length !== steps.length) return [];
    const parameters: Record<string, string> = {};
    for (const [index, step] of pattern.entries()) {
      const actual = steps[index] ?? "";
      if (step.startsWith("{")) parameters[step.slice(1, -1)] = actual;
      else if (step.toLowerCase() !== actual.toLowerCase()) return [];
    }
    return [{ route, parameters }];
  });
  const fewest = Math.min(...fits.map(({ parameters }) => Object.keys(parameters).length));
  const best = fits.filter(({ parameters }) => Object.keys(parameters).length === fewest);
  return best.find(({ route }) => route.method === method) ?? best.map(({ route }) => route.method);
}
