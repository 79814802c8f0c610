import { type SQL, sql } from "drizzle-orm";
import { customType, integer } from "drizzle-orm/pg-core";

/** Paths and names compare by bytes, so that a prefix range never catches a neighbour under an ICU collation (`data.md` §3.3). */
export const bytewise = customType<{ data: string; driverData: string }>({ dataType: () => 'text COLLATE "C"' });

/** Ciphertext and keys. Drivers answer Buffer or Uint8Array; callers get one type. */
export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "bytea",
  fromDriver: (value) => new Uint8Array(value),
  toDriver: (value) => Buffer.from(value),
});

/**
 * The version of the data key that a sealed column names in its header (`server/connections/keyring.ts`), kept by the database itself. With a
 * foreign key to `workspace_key` whose name ends in `_data_key`, no key that a row needs can be deleted, and none that was deleted be written under.
 */
export const dataKeyVersion = (name: string, sealed: string) => integer(name).generatedAlwaysAs(dataKeyVersionOf(sealed));

/** Bytes 1 to 4 of the header, big-endian. */
const dataKeyVersionOf = (sealed: string): SQL =>
  sql.raw(`(get_byte(${sealed}, 1) << 24) | (get_byte(${sealed}, 2) << 16) | (get_byte(${sealed}, 3) << 8) | get_byte(${sealed}, 4)`);
