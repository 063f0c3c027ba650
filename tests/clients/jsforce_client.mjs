// Asks the emulated org through jsforce, which is used as published. Prints one JSON object: for each question the
// ids, or whole group records, that came back.

import assert from "node:assert/strict";
import { createSign } from "node:crypto";
import { readFileSync } from "node:fs";

import jsforce from "jsforce";

const [url, keyFile, clientId, username, questionsFile] = process.argv.slice(2);

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const claims = { iss: clientId, sub: username, aud: url, exp: Math.floor(Date.now() / 1000) + 180 };
const signed = `${encode({ alg: "RS256" })}.${encode(claims)}`;
const signature = createSign("RSA-SHA256").update(signed).sign(readFileSync(keyFile), "base64url");

const connection = new jsforce.Connection({ oauth2: { loginUrl: url }, version: "67.0" });
await connection.authorize({
  grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
  assertion: `${signed}.${signature}`,
});

const answers = {};
for (const [name, query] of Object.entries(JSON.parse(readFileSync(questionsFile, "utf8")))) {
  const answer = await connection.query(query, { autoFetch: true, maxFetch: 1_000_000 });
  assert.equal(answer.totalSize, answer.records.length, name);
  answers[name] = answer.records.map((record) => record.Id ?? `${record.CompanyName ?? "None"}: ${record.expr0}`);
}
const described = await connection.sobject("User").describe();
answers["described fields"] = described.fields.map((field) => field.name).sort();
answers["api requests allowed"] = [(await connection.limits()).DailyApiRequests.Max];
assert.equal(connection.limitInfo.apiUsage.limit, answers["api requests allowed"][0]);
try {
  await connection.query("SELECT Nonsense FROM User");
} catch (refusal) {
  answers.refused = [refusal.errorCode, refusal.message];
}
console.log(JSON.stringify(answers));
