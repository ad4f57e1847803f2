// A SMART client on fhirclient (JavaScript): it listens, is launched, and prints what it read.
//   node smart.mjs PORT CLIENT FHIR
import { createServer } from "node:http";
import smart from "fhirclient";

const [port, clientId, fhir] = process.argv.slice(2);
const kept = new Map();
const storage = { get: async (k) => kept.get(k), set: async (k, v) => (kept.set(k, v), v), unset: async (k) => kept.delete(k) };

createServer(async (request, response) => {
  const client = smart(request, response, storage);
  try {
    const asked = new URL(request.url, `http://127.0.0.1:${port}`);
    if (asked.pathname === "/launch") {
      const scope = asked.searchParams.get("launch") ? "launch openid fhirUser patient/*.rs" : "launch/patient openid fhirUser patient/*.rs";
      await client.authorize({ client_id: clientId, iss: fhir, scope, redirect_uri: `http://127.0.0.1:${port}/retour`, pkceMode: "required" });
      return;
    }
    const ready = await client.ready();
    const patient = await ready.patient.read();
    const pulses = await ready.patient.request("Observation?code=8867-4", { flat: true });
    const told = { patient: patient.id, user: ready.user.fhirUser, values: pulses.map((p) => p.valueQuantity.value) };
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(told));
  } catch (error) {
    response.writeHead(500, { "Content-Type": "text/plain" }).end(String(error.stack ?? error));
  }
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
