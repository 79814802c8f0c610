import type { Company } from "../company/work";
import { idAlphabets, stableId } from "../ids";
import type { Subject } from "../oauth/dialect";
import type { Account, Accounts } from "./area";

/** The Google accounts of the companies' people: one each; who left has none. */

/** A guest's address is of elsewhere: a consumer account, which has no domain. */
function domainOf(company: Company, email: string): string | null {
  const domain = email.slice(email.indexOf("@") + 1);
  return domain.startsWith(company.urlKey) ? domain : null;
}

export function createAccounts(companies: readonly Company[]): Accounts & { readonly subjects: readonly Subject[] } {
  const all: readonly Account[] = companies.flatMap((company) =>
    company.people
      .filter(({ left }) => left !== true)
      .map((person) => ({
        sub: `1${stableId(idAlphabets.decimal, 20, "google account", person.email)}`,
        company: company.urlKey,
        handle: person.handle,
        name: person.name,
        email: person.email,
        domain: domainOf(company, person.email),
        timeZone: person.timeZone,
      })),
  );
  const bySub = new Map(all.map((account) => [account.sub, account]));
  const byEmail = new Map(all.map((account) => [account.email, account]));
  return {
    all,
    find: (sub) => bySub.get(sub) ?? null,
    byEmail: (email) => byEmail.get(email.toLowerCase()) ?? null,
    byHandle: (company, handle) => all.find((account) => account.company === company && account.handle === handle) ?? null,
    subjects: all.map((account) => ({
      userId: account.sub,
      workspaceId: account.company,
      name: account.name,
      email: account.email,
      workspaceName: companies.find(({ urlKey }) => urlKey === account.company)?.name ?? account.company,
      admin: companies.some(
        ({ urlKey, people }) => urlKey === account.company && people.some(({ email, admin }) => email === account.email && admin === true),
      ),
    })),
  };
}
