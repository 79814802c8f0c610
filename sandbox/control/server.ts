import { z } from "zod";
import { json, type Listening, listen, type SandboxRequest, type SandboxResponse } from "../http/server";
import type { RunningTool } from "../tool";
import { type ControlCommand, controlCommand } from "./commands";
import type { FaultBox } from "./faults";
import { answerFront } from "./front";
import type { Journal } from "./journal";

/** A simulated tool and what is scripted for it. */
export interface ControlledTool {
  readonly id: string;
  readonly name: string;
  readonly sandbox: RunningTool;
  readonly faults: FaultBox;
  readonly journal: Journal;
  /** Its state is to be written. */
  changed(): void;
}

export interface ControlOptions {
  readonly port: number;
  readonly tools: readonly ControlledTool[];
  readonly clock: { advance(byMs: number): void; reset(): void };
}

/**
 * The control port: `POST /` one command, `GET /state`, `GET /journal`. On 127.0.0.1 only, and closed to browsers, but for its front page,
 * which leads to the tools.
 */
export async function startControl(options: ControlOptions): Promise<Listening> {
  const { tools } = options;
  const names = tools.map(({ id }) => id).join(", ");

  function toolOf(id: string | undefined): ControlledTool {
    const found = id === undefined && tools.length === 1 ? tools[0] : tools.find((tool) => tool.id === id);
    if (found !== undefined) return found;
    throw new Error(id === undefined ? `Say which tool: ${names}.` : `The tool "${id}" does not run here: ${names} do.`);
  }

  function reset({ sandbox, faults, journal }: ControlledTool): void {
    faults.clear();
    journal.clear();
    sandbox.reset();
  }

  /** A command of one tool. */
  function runOn(tool: ControlledTool, command: Exclude<ControlCommand, { command: "advance_clock" | "reset" }>): unknown {
    const { sandbox, faults } = tool;
    switch (command.command) {
      case "connect":
        return sandbox.connect(command);
      case "expire_access_tokens":
        return { expired: sandbox.expireAccessTokens(command.email) };
      case "revoke_grants":
        return { revoked: sandbox.revokeGrants(command.email) };
      case "spend":
        sandbox.spend(command.spent);
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
    }
  }

  function run(command: ControlCommand): unknown {
    if (command.command === "advance_clock") {
      options.clock.advance(command.byMs);
      return {};
    }
    if (command.command === "reset") {
      const picked = command.tool === undefined ? tools : [toolOf(command.tool)];
      options.clock.reset();
      for (const tool of picked) {
        reset(tool);
        tool.changed();
      }
      return {};
    }
    const tool = toolOf(command.tool);
    const answer = runOn(tool, command);
    tool.changed();
    return answer;
  }

  const ofEach = (describe: (tool: ControlledTool) => unknown) =>
    json(200, Object.fromEntries(tools.map((tool) => [tool.id, describe(tool)])));

  function answer(request: SandboxRequest): SandboxResponse {
    const { pathname } = request.url;
    if (request.method === "GET") {
      const front = answerFront(
        pathname,
        tools.map(({ name, sandbox }) => ({ name, origin: sandbox.origin })),
      );
      if (front !== null) return front;
    }
    // A web page can send a simple cross-site POST, but not without these marks.
    if (request.headers.has("origin") || request.headers.has("sec-fetch-site"))
      return json(403, { error: "The control port is not for browsers." });
    if (request.method === "GET" && pathname === "/state") {
      return ofEach(({ name, sandbox, faults }) => ({
        name,
        origin: sandbox.origin,
        ...sandbox.inspect(),
        settings: sandbox.settings(),
        faults: faults.list(),
      }));
    }
    if (request.method === "GET" && pathname === "/journal") {
      return ofEach(({ journal }) => ({ ...journal.counts(), entries: journal.list() }));
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
      return json(200, run(command.data));
    } catch (error) {
      if (error instanceof z.ZodError) return json(400, { error: z.prettifyError(error) });
      return json(400, { error: error instanceof Error ? error.message : "The command failed." });
    }
  }

  return listen({ port: options.port, handler: answer });
}
