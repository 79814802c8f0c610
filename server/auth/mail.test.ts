import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSendMail, hasMailbox, listMailbox, smtpOptions } from "./mail";

/** A mail server over real SMTP that keeps what it is given and refuses addresses at refused.test. */
interface Received {
  readonly recipients: string[];
  data: string;
}
const received: Received[] = [];
let server: Server;
let smtpUrl = "";

beforeAll(async () => {
  server = createServer((socket) => {
    let current: Received = { recipients: [], data: "" };
    let inData = false;
    let buffered = "";
    socket.write("220 test\r\n");
    socket.on("data", (chunk) => {
      buffered += chunk.toString();
      for (let end = buffered.indexOf("\r\n"); end >= 0; end = buffered.indexOf("\r\n")) {
        const line = buffered.slice(0, end);
        buffered = buffered.slice(end + 2);
        if (inData && line !== ".") current.data += `${line}\n`;
        else if (inData) {
          inData = false;
          received.push(current);
          current = { recipients: [], data: "" };
          socket.write("250 kept\r\n");
        } else if (/^rcpt to:/i.test(line)) {
          const isRefused = line.includes("@refused.test");
          if (!isRefused) current.recipients.push(line.slice(8).replace(/[<>]/g, ""));
          socket.write(isRefused ? "550 no such user\r\n" : "250 ok\r\n");
        } else if (/^data$/i.test(line)) {
          inData = true;
          socket.write("354 go on\r\n");
        } else if (/^quit$/i.test(line)) socket.end("221 bye\r\n");
        else socket.write("250 ok\r\n");
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the mail server did not start");
  smtpUrl = `smtp://127.0.0.1:${address.port}`;
});
afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

const env = { mode: "production" as const, mailFrom: "Byte <hub@example.com>", origin: "https://hub.example.com" };
const url = "https://hub.example.com/sign-in/confirm?email=ada%40example.com&token=abc&next=%2F";
const mail = (to: string) => ({ to, url, expiresAt: new Date() });

test("a sign-in mail goes by SMTP to one recipient, with the link and nothing that a person wrote", async () => {
  await createSendMail({ ...env, smtpUrl })?.(mail("ada@example.com"));
  expect(received).toHaveLength(1);
  expect(received[0]?.recipients).toEqual(["ada@example.com"]);
  const data = (received[0]?.data ?? "").replaceAll("=\n", "").replaceAll("=3D", "=");
  expect(data).toContain("From: Byte <hub@example.com>");
  expect(data).toContain("Subject: Sign in to Byte at hub.example.com");
  expect(data).toContain(url);
});

test("a recipient that the server refuses is a failure", async () => {
  await expect(createSendMail({ ...env, smtpUrl })?.(mail("eve@refused.test"))).rejects.toThrow();
});

test("without SMTP there is no mail in production, and the mailbox of this machine elsewhere", async () => {
  expect(createSendMail({ ...env, smtpUrl: undefined })).toBeNull();
  expect(hasMailbox({ mode: "production", smtpUrl: undefined })).toBe(false);
  await createSendMail({ ...env, mode: "demo", smtpUrl: undefined })?.(mail("bob@example.com"));
  expect(listMailbox()[0]).toMatchObject({ to: "bob@example.com", url });
  expect(received).toHaveLength(1);
});

test.each([
  [
    "smtps://u%40x:p%2F1@mail.example.com",
    { host: "mail.example.com", port: 465, secure: true, requireTLS: false, auth: { user: "u@x", pass: "p/1" } },
  ],
  ["smtp://u:p@mail.example.com", { host: "mail.example.com", port: 587, secure: false, requireTLS: true, auth: { user: "u", pass: "p" } }],
  ["smtp://u:p@localhost:2525", { host: "localhost", port: 2525, secure: false, requireTLS: false, auth: { user: "u", pass: "p" } }],
  ["smtp://mail.example.com", { host: "mail.example.com", port: 587, secure: false, requireTLS: false }],
  ["smtp://[::1]:2525", { host: "::1", port: 2525, secure: false, requireTLS: false }],
])("%s is read, and a password goes to another machine over TLS only", (given, expected) => {
  expect(smtpOptions(given)).toMatchObject(expected);
  expect("auth" in smtpOptions(given)).toBe("auth" in expected);
});
