import { z } from "zod";

/** What the hub reads of Graph's contacts (https://learn.microsoft.com/graph/api/resources/contact); unknown fields are dropped. */

export const contactFolder = z.object({
  id: z.string().min(1),
  displayName: z.string().nullish(),
  parentFolderId: z.string().nullish(),
});
export type ContactFolder = z.infer<typeof contactFolder>;

export const contactRowFields = ["id", "displayName", "parentFolderId", "createdDateTime", "lastModifiedDateTime", "changeKey"] as const;

export const contactRow = z.object({
  "@odata.etag": z.string().nullish(),
  id: z.string().min(1),
  displayName: z.string().nullish(),
  parentFolderId: z.string().nullish(),
  createdDateTime: z.string().nullish(),
  lastModifiedDateTime: z.string().nullish(),
  changeKey: z.string().nullish(),
});
export type ContactRow = z.infer<typeof contactRow>;

export const contactFields = [
  ...contactRowFields,
  "givenName",
  "middleName",
  "surname",
  "nickName",
  "title",
  "generation",
  "jobTitle",
  "companyName",
  "department",
  "officeLocation",
  "emailAddresses",
  "businessPhones",
  "homePhones",
  "mobilePhone",
  "imAddresses",
  "businessHomePage",
  "businessAddress",
  "homeAddress",
  "otherAddress",
  "birthday",
  "personalNotes",
  "categories",
] as const;

const text = z.string().nullish();
const texts = z
  .array(z.string().nullable())
  .nullish()
  .transform((list) => (list ?? []).filter((one): one is string => one !== null && one !== ""));

export const postalAddress = z.object({
  street: text,
  city: text,
  state: text,
  countryOrRegion: text,
  postalCode: text,
});
export type PostalAddress = z.infer<typeof postalAddress>;

export const contact = contactRow.extend({
  givenName: text,
  middleName: text,
  surname: text,
  nickName: text,
  title: text,
  generation: text,
  jobTitle: text,
  companyName: text,
  department: text,
  officeLocation: text,
  emailAddresses: z
    .array(z.object({ name: text, address: text }))
    .nullish()
    .transform((list) => list ?? []),
  businessPhones: texts,
  homePhones: texts,
  mobilePhone: text,
  imAddresses: texts,
  businessHomePage: text,
  businessAddress: postalAddress.nullish(),
  homeAddress: postalAddress.nullish(),
  otherAddress: postalAddress.nullish(),
  birthday: text,
  personalNotes: text,
  categories: texts,
});
export type Contact = z.infer<typeof contact>;
