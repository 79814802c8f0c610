import ICAL from "ical.js";
import type { Contact, PostalAddress } from "../schema/contacts";

/** Contacts as JSON and as vCard (RFC 6350), printed by ical.js. */

const addressJson = (address: PostalAddress | null | undefined) => {
  if (address === null || address === undefined) return null;
  const { street, city, state, postalCode, countryOrRegion } = address;
  const record = {
    street: street ?? null,
    city: city ?? null,
    state: state ?? null,
    postal_code: postalCode ?? null,
    country: countryOrRegion ?? null,
  };
  return Object.values(record).every((value) => value === null || value === "") ? null : record;
};

/** The day of a birthday, which Graph gives as an instant of that day in UTC. */
const birthdayOf = (contact: Contact): string | null => contact.birthday?.slice(0, 10) ?? null;

/** A contact as its file has it. */
export const printContact = (contact: Contact): string =>
  `${JSON.stringify(
    {
      id: contact.id,
      name: contact.displayName ?? null,
      given_name: contact.givenName ?? null,
      middle_name: contact.middleName ?? null,
      surname: contact.surname ?? null,
      nick_name: contact.nickName ?? null,
      title: contact.title ?? null,
      company: contact.companyName ?? null,
      department: contact.department ?? null,
      job_title: contact.jobTitle ?? null,
      office: contact.officeLocation ?? null,
      emails: contact.emailAddresses.map(({ name, address }) => ({ name: name ?? null, address: address ?? null })),
      business_phones: contact.businessPhones,
      home_phones: contact.homePhones,
      mobile_phone: contact.mobilePhone ?? null,
      im_addresses: contact.imAddresses,
      website: contact.businessHomePage ?? null,
      business_address: addressJson(contact.businessAddress),
      home_address: addressJson(contact.homeAddress),
      other_address: addressJson(contact.otherAddress),
      birthday: birthdayOf(contact),
      notes: contact.personalNotes ?? null,
      categories: contact.categories,
      created_at: contact.createdDateTime ?? null,
    },
    null,
    2,
  )}\n`;

/** A contact as a vCard 4.0. */
export function printVcard(contact: Contact): string {
  const card = new ICAL.Component("vcard");
  const addValue = (name: string, value: string | string[] | ICAL.VCardTime, type?: string): void => {
    const property = new ICAL.Property(name, card);
    property.setValue(value);
    if (type !== undefined) property.setParameter("type", type);
    card.addProperty(property);
  };
  const add = (name: string, value: string | null | undefined, type?: string): void => {
    if (value !== null && value !== undefined && value !== "") addValue(name, value, type);
  };
  const addParts = (name: string, parts: readonly (string | null | undefined)[], type?: string): void => {
    const values = parts.map((part) => part ?? "");
    if (values.some((part) => part !== "")) addValue(name, values, type);
  };
  const addAddress = (address: PostalAddress | null | undefined, type: string): void => {
    if (address === null || address === undefined) return;
    addParts("adr", ["", "", address.street, address.city, address.state, address.postalCode, address.countryOrRegion], type);
  };
  add("version", "4.0");
  // RFC 6350 §6.2.1: every card has FN.
  add("fn", contact.displayName || [contact.givenName, contact.surname].filter(Boolean).join(" ") || contact.companyName || "Unnamed");
  addParts("n", [contact.surname, contact.givenName, contact.middleName, contact.title, contact.generation]);
  add("nickname", contact.nickName);
  addParts("org", [contact.companyName, ...(contact.department ? [contact.department] : [])]);
  add("title", contact.jobTitle);
  for (const { address } of contact.emailAddresses) add("email", address);
  for (const phone of contact.businessPhones) add("tel", phone, "work");
  for (const phone of contact.homePhones) add("tel", phone, "home");
  add("tel", contact.mobilePhone, "cell");
  add("url", contact.businessHomePage);
  addAddress(contact.businessAddress, "work");
  addAddress(contact.homeAddress, "home");
  addAddress(contact.otherAddress, "other");
  const birthday = birthdayOf(contact);
  if (birthday !== null) addValue("bday", ICAL.VCardTime.fromDateAndOrTimeString(birthday, "date-and-or-time"));
  add("note", contact.personalNotes);
  add("uid", contact.id);
  return `${card.toString()}\r\n`;
}
