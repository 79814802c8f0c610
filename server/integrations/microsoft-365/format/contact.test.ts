import fc from "fast-check";
import ICAL from "ical.js";
import { describe, expect, it } from "vitest";
import { contact } from "../schema/contacts";
import { printContact, printVcard } from "./contact";

const word = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/[\p{C}\p{Z}\r\n]/u.test(text));

const cardOf = (text: string): ICAL.Component => new ICAL.Component(ICAL.parse(text));

describe("a contact", () => {
  it("is a vCard that a reader takes apart to what it was made of, whatever its texts hold", () => {
    fc.assert(
      fc.property(word, word, word, word, (given, family, company, note) => {
        const card = cardOf(
          printVcard(
            contact.parse({
              id: "1",
              displayName: `${given} ${family}`,
              givenName: given,
              surname: family,
              companyName: company,
              personalNotes: `${note};,\\\n${note}`,
              emailAddresses: [{ address: "a@b.example" }],
            }),
          ),
        );
        expect(card.getFirstPropertyValue("fn")).toBe(`${given} ${family}`);
        expect(card.getFirstPropertyValue("n")).toEqual([family, given, "", "", ""]);
        expect([card.getFirstPropertyValue("org")].flat()[0]).toBe(company);
        expect(card.getFirstPropertyValue("note")).toBe(`${note};,\\\n${note}`);
      }),
    );
  });

  it("has addresses, phones and a birthday in both forms, and a name even where Outlook has none", () => {
    const record = contact.parse({
      id: "1",
      mobilePhone: "+1",
      businessPhones: ["+2", null, ""],
      homeAddress: { street: "Rua 1", city: "Porto", postalCode: "4000" },
      businessAddress: {},
      birthday: "1990-05-04T11:59:00Z",
    });
    expect(JSON.parse(printContact(record))).toMatchObject({
      name: null,
      business_phones: ["+2"],
      home_address: { street: "Rua 1", city: "Porto" },
      business_address: null,
      birthday: "1990-05-04",
    });
    const card = printVcard(record);
    expect(card).toMatch(/\r\nFN:Unnamed\r\n/);
    expect(card).toMatch(/TEL;TYPE=cell:\+1/);
    expect(card).toMatch(/ADR;TYPE=home:;;Rua 1;Porto;;4000;/);
    expect(card).toMatch(/BDAY:19900504/);
  });
});
