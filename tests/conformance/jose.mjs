// What the library `jose` of npm says of our tokens, and tokens of its own.
//
//     node jose.mjs FOLDER < {"keys": a key set, "tokens": {algorithm: token}, "issuer", "audience"}
//
// FOLDER is where the library is installed. Written to standard output: what it found in each token,
// whether it refused each one that was changed, and its own key set with a token by each key.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const find = createRequire(`${process.argv[2]}/`);
const jose = await import(pathToFileURL(find.resolve("jose")));
const given = JSON.parse(await new Response(process.stdin).text());
const terms = { issuer: given.issuer, audience: given.audience };
const keys = jose.createLocalJWKSet(given.keys);

const verified = {};
const refused = {};
for (const [algorithm, token] of Object.entries(given.tokens)) {
  const found = await jose.jwtVerify(token, keys, { ...terms, algorithms: [algorithm] });
  verified[algorithm] = { header: found.protectedHeader, claims: found.payload };
  const changed = token.slice(0, -8) + (token.endsWith("AAAAAAAA") ? "BBBBBBBB" : "AAAAAAAA");
  refused[algorithm] = await jose.jwtVerify(changed, keys, terms).then(() => null, (fault) => fault.code);
}

const own = { keys: [] };
const tokens = {};
const thumbprints = {};
for (const algorithm of Object.keys(given.tokens)) {
  const pair = await jose.generateKeyPair(algorithm, { extractable: true });
  const key = await jose.exportJWK(pair.publicKey);
  key.kid = await jose.calculateJwkThumbprint(key);
  key.alg = algorithm;
  own.keys.push(key);
  thumbprints[algorithm] = key.kid;
  tokens[algorithm] = await new jose.SignJWT({ text: "Zoë" })
    .setProtectedHeader({ alg: algorithm, kid: key.kid, typ: "at+jwt" })
    .setIssuer(given.issuer)
    .setAudience(given.audience)
    .setIssuedAt()
    .setExpirationTime("5m")
    .sign(pair.privateKey);
}
for (const key of given.keys.keys) thumbprints[`${key.alg} of ours`] = await jose.calculateJwkThumbprint(key);
console.log(JSON.stringify({ verified, refused, keys: own, tokens, thumbprints }));
