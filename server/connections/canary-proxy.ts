import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** The status of the failure; `reset` breaks the answer off in its middle, `nonsense` is an answer 200 that is not JSON. */
export type Failure = number | "reset" | "nonsense";

/**
 * For tests: stands between the hub and a tool. It learns every secret that passes it, in either direction, and where it is told to, answers
 * in the tool's place with a failure that repeats all of them: in headers, in the body, in the address that it redirects to.
 */
export interface CanaryProxy {
  readonly origin: string;
  /** Every token, code, verifier and client secret that passed so far. */
  readonly secrets: ReadonlySet<string>;
  /** How the requests whose path or body contain `part` are failed, so many times. */
  fail(part: string, how: Failure, times?: number): void;
  /** Fails nothing from now on. */
  heal(): void;
  close(): Promise<void>;
}

const secretFields = ["code", "code_verifier", "refresh_token", "access_token", "client_secret", "token"];

export async function startCanaryProxy(target: string): Promise<CanaryProxy> {
  const secrets = new Set<string>();
  const failures: { readonly part: string; readonly how: Failure; left: number }[] = [];

  const learn = (headers: IncomingHttpHeaders, sent: string, answer: string): void => {
    const bearer = /^(?:bearer|basic)\s+(.+)$/i.exec(headers.authorization ?? "")?.[1];
    if (bearer !== undefined) secrets.add(bearer);
    if (/form-urlencoded/.test(headers["content-type"] ?? "")) {
      const form = new URLSearchParams(sent);
      for (const field of secretFields) for (const value of form.getAll(field)) secrets.add(value);
    }
    for (const [, value = ""] of answer.matchAll(/"(?:access_token|refresh_token)"\s*:\s*"([^"]+)"/g)) secrets.add(value);
  };

  const echo = (how: Failure, headers: IncomingHttpHeaders, sent: string, response: ServerResponse): void => {
    const everything = `${headers.authorization ?? ""} ${sent} ${[...secrets].join(" ")}`;
    const oneLine = encodeURIComponent(everything).slice(0, 4000);
    const body = JSON.stringify({
      error: `refused ${everything}`,
      error_description: everything,
      errors: [{ message: everything, extensions: { code: "INPUT_ERROR", type: "invalid input", userPresentableMessage: everything } }],
      data: null,
    });
    response.writeHead(typeof how === "number" ? how : 200, {
      "content-type": "application/json",
      "www-authenticate": `Bearer error="invalid_token", error_description="${oneLine}"`,
      location: `${target}/elsewhere?access_token=${oneLine}#${oneLine}`,
      "set-cookie": `session=${oneLine}`,
      ...(how === "reset" ? { "content-length": body.length + 100 } : {}),
    });
    if (how === "reset") response.write(body, () => response.destroy());
    else response.end(how === "nonsense" ? everything : body);
  };

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
    const sent = Buffer.concat(chunks).toString("utf8");
    learn(request.headers, sent, "");
    const failure = failures.find(({ part }) => `${request.url}\n${sent}`.includes(part));
    if (failure !== undefined) {
      failure.left -= 1;
      if (failure.left === 0) failures.splice(failures.indexOf(failure), 1);
      echo(failure.how, request.headers, sent, response);
      return;
    }
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers))
      if (!/^(host|connection|content-length)$/.test(name)) headers.set(name, String(value));
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method ?? "GET",
      headers,
      redirect: "manual",
      ...(sent === "" ? {} : { body: sent }),
    });
    const text = await answer.text();
    learn({}, "", text);
    const kept = [...answer.headers].filter(([name]) => !/^(content-length|content-encoding|transfer-encoding|connection)$/.test(name));
    response.writeHead(answer.status, Object.fromEntries(kept)).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secrets,
    fail: (part, how, times = 1) => void failures.push({ part, how, left: times }),
    heal: () => void failures.splice(0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
