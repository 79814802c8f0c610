import { createDb } from "./client";

/** A process for `pglite.test.ts` to kill: opens the folder and writes, saying which rows were acknowledged. */
const db = await createDb({ url: `pglite:${process.argv[2] ?? ""}` });
await db.executeSql("create table if not exists proof (id int primary key, twin int not null)");
process.stdout.write("open\n");
for (let id = 1; ; id++) {
  // Two statements a transaction: half of one would show as a missing twin.
  await db.executeSql(`begin; insert into proof values (${id}, ${-id}); insert into proof values (${-id}, ${id}); commit`);
  process.stdout.write(`${id}\n`);
}
