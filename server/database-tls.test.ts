import { describe, expect, test } from "vitest";
import { leavesEncryptionOpen } from "./database-tls";

describe("a database elsewhere", () => {
  test.each([
    "postgres://hub:pw@db.example.com/hub",
    "postgresql://hub@203.0.113.7:5432/hub",
    "postgres://hub@[2001:db8::1]/hub",
    "postgres://hub@172.32.0.1/hub",
    "postgres://hub@internal.example.com/hub",
    "postgres://hub@localhost/hub?host=db.example.com",
    "postgres://hub@localhost,db.example.com/hub",
    "postgres://hub@db.example.com/hub?application_name=sslmode",
  ])("has to say how it is encrypted: %s", (url) => {
    expect(leavesEncryptionOpen(url)).toBe(true);
  });

  test.each([
    "sslmode=require",
    "sslmode=verify-full",
    "sslmode=disable",
    "sslmode=no-verify",
    "ssl=true",
    "application_name=hub&sslmode=require",
  ])("has said it with %s", (query) => {
    expect(leavesEncryptionOpen(`postgres://hub@db.example.com/hub?${query}`)).toBe(false);
  });
});

test.each([
  "postgres://hub@localhost/hub",
  "postgres://hub@127.0.0.1:5432/hub",
  "postgres://hub@[::1]/hub",
  "postgres://hub@10.1.2.3/hub",
  "postgres://hub@172.31.0.1/hub",
  "postgres://hub@192.168.1.5/hub",
  "postgres://hub@100.100.1.1/hub",
  "postgres://hub@[fd12::1]/hub",
  "postgres://hub@postgres/hub",
  "postgres://hub@db.hub.svc/hub",
  "postgres://hub@db.corp.internal/hub",
  "postgres:///hub?host=/var/run/postgresql",
  "postgres://hub@%2Fvar%2Frun%2Fpostgresql/hub",
  "pglite:.data/database",
])("a database of this machine or network need not: %s", (url) => {
  expect(leavesEncryptionOpen(url)).toBe(false);
});
