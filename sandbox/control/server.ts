import { z } from "zod";
import { json, type Listening, listen, type SandboxRequest, type SandboxResponse } from "../http/server";
import type { LinearSandbox } from "../linear/server";
import { type ControlCommand, controlCommand } from "./commands";
import type { FaultBox } from "./faults";
import type { Journal } from "./journal";

/** A simulated tool and what is scripted for it. */
export interface ControlledTool {
  readonly sandbox: LinearSandbox;
  readonly faults: FaultBox;
  readonly journal: Journal;
}

export interface ControlOptions {
  readonly port: number;
  readonly tools: { readonly linear: ControlledTool };
  readonly clock: { advance(byMs: number): void; reset(): void };
  /** Called after every command. */
  readonly onChange: () => void;
}

/** The control port: `POST /` one command, `GET /state`, `GET /journal`. On 127.0.0.1 only, and closed to browsers. */
export async function startControl(options: ControlOptions): Promise<Listening> {
  function run(command: ControlCommand): unknown {
    if (command.command === "advance_clock") {
      options.clock.advance(command.byMs);
      return {};
    }
    const { sandbox, faults, journal } = options.tools[command.tool];
    switch (command.command) {
      case "connect":
        return sandbox.connect(command);
      case "expire_access_tokens":
        return { expired: sandbox.expireAccessTokens(command.email) };
      case "revoke_grants":
        return { revoked: sandbox.revokeGrants(command.email) };
      case "spend":
        sandbox.spend(command);
        return {};
      case "add_fault":
        faults.add(command.fault);
        return {};
      case "clear_faults":
        faults.clear();
        return {};
      case "set":
        sandbox.set(command.settings);
        return { settings: sandbox.settings() };
      case "reset":
        options.clock.reset();
        faults.clear();
        journal.clear();
        sandbox.reset();
        return {};
    }
  }

  function answer(request: SandboxRequest): SandboxResponse {
    // A web page can send a simple cross-site POST, but not without these marks.
    if (request.headers.has("origin") || request.headers.has("sec-fetch-site"))
      return json(403, { error: "The control port is not for browsers." });
    const { linear } = options.tools;
    const { pathname } = request.url;
    if (request.method === "GET" && pathname === "/state")
      return json(200, { linear: { ...linear.sandbox.inspect(), faults: linear.faults.list() } });
    if (request.method === "GET" && pathname === "/journal") {
      return json(200, { linear: { ...linear.journal.counts(), entries: linear.journal.list() } });
    }
    if (request.method !== "POST" || pathname !== "/") return json(404, { error: "POST / a command, or GET /state or /journal." });
    let body: unknown;
    try {
      body = JSON.parse(request.body);
    } catch {
      return json(400, { error: "The body is not JSON." });
    }
    const command = controlCommand.safeParse(body);
    if (!command.success) return json(400, { error: z.prettifyError(command.error) });
    try {
      const answered = json(200, run(command.data));
      options.onChange();
      return answered;
    } catch (error) {
      return json(400, { error: error instanceof Error ? error.message : "The command failed." });
    }
  }

  return listen({ port: options.port, handler: answer });
}
