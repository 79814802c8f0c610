import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** Signs id_tokens (RS256) with a key of its own, made when it is first needed. */
export interface IdTokenSigner {
  sign(claims: Readonly<Record<string, unknown>>): string;
  /** The answer of the JWKS endpoint (RFC 7517). */
  jwks(): { readonly keys: readonly Readonly<Record<string, unknown>>[] };
}

export function createIdTokenSigner(): IdTokenSigner {
  let made: { readonly privateKey: KeyObject; readonly jwk: Readonly<Record<string, unknown>>; readonly kid: string } | null = null;

  function key() {
    if (made !== null) return made;
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const jwk = publicKey.export({ format: "jwk" });
    const kid = createHash("sha256").update(JSON.stringify(jwk)).digest("hex").slice(0, 40);
    made = { privateKey, kid, jwk: { ...jwk, kid, use: "sig", alg: "RS256" } };
    return made;
  }

  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return {
    sign(claims) {
      const { privateKey, kid } = key();
      const signed = `${encode({ alg: "RS256", kid, typ: "JWT" })}.${encode(claims)}`;
      return `${signed}.${sign("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
    },
    jwks: () => ({ keys: [key().jwk] }),
  };
}
