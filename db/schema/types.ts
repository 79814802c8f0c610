import { customType } from "drizzle-orm/pg-core";

/** Paths and names compare by bytes, so that a prefix range never catches a neighbour under an ICU collation (`data.md` §3.3). */
export const bytewise = customType<{ data: string; driverData: string }>({ dataType: () => 'text COLLATE "C"' });

/** Ciphertext and keys. Drivers answer Buffer or Uint8Array; callers get one type. */
export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "bytea",
  fromDriver: (value) => new Uint8Array(value),
  toDriver: (value) => Buffer.from(value),
});
