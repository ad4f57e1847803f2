// A client of the DMP door on node-soap: the stack reads the WSDL, writes the envelope, packs the MTOM parts and reads the answer.
//   node client.mjs deposit|retrieve FOLDER      what FOLDER holds: tests/conformance/test_dmp_stacks.py
// Prints `status S` and `document ID SHA-256` of what was read, or `fault CODE`.
import { createHash, randomUUID } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import https from "node:https";
import { join } from "node:path";
import soap from "soap";

const WSA = "http://www.w3.org/2005/08/addressing";
const WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const LCM = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0";
const XOP = "http://www.w3.org/2004/08/xop/include";

const [what, folder] = process.argv.slice(2);
const bytes = (name) => readFileSync(join(folder, name));
const text = (name) => bytes(name).toString("utf8").trim();
const list = (value) => (Array.isArray(value) ? value : value ? [value] : []);

/** A client made of the door's own WSDL, over mutual TLS. */
async function connect() {
  const [pair, authorities] = [bytes("client.pem"), bytes("authorities.pem")];
  const client = await soap.createClientAsync(`${text("address")}?wsdl`, {
    forceSoap12Headers: true,
    normalizeNames: true,
    parseResponseAttachments: true,
    wsdl_options: { httpsAgent: new https.Agent({ key: pair, cert: pair, ca: authorities }) },
  });
  client.setSecurity(new soap.ClientSSLSecurity(pair, pair, authorities));
  return client;
}

/** Call an operation of the WSDL with its action and the assertion, which goes as it is: it is signed. */
function call(client, operation, body, attachments = []) {
  const addressing = (method, location, action) => ({ Action: action, MessageID: `urn:uuid:${randomUUID()}` });
  client.addSoapHeader(addressing, "", "wsa", WSA);
  client.addSoapHeader(`<wsse:Security xmlns:wsse="${WSSE}">${text("assertion.xml")}</wsse:Security>`);
  return client[`${operation}Async`](body, { forceMTOM: true, attachments });
}

/** ITI-41: the documents of the folder, each as a part that its xop:Include names. */
async function deposit(client) {
  const names = readdirSync(join(folder, "documents")).sort();
  const attachments = names.map((name) => ({
    name, contentId: `${name}@node-soap`, mimetype: "application/octet-stream", body: bytes(join("documents", name)),
  }));
  const Document = names.map((name) => ({
    attributes: { id: name }, Include: { attributes: { xmlns: XOP, href: `cid:${name}@node-soap` } },
  }));
  const objects = { attributes: { xmlns: LCM }, $xml: text("objects.xml") };
  const body = { SubmitObjectsRequest: objects, Document };
  const [answer] = await call(client, "ProvideAndRegisterDocumentSet_b", body, attachments);
  console.log("status", answer.attributes.status);
}

/** ITI-43: each document from the part that its xop:Include names. */
async function retrieve(client) {
  const DocumentRequest = text("wanted").split("\n").map((line) => {
    const [RepositoryUniqueId, DocumentUniqueId] = line.split(" ");
    return { RepositoryUniqueId, DocumentUniqueId };
  });
  const [answer, , , , related] = await call(client, "RetrieveDocumentSet", { DocumentRequest });
  const parts = new Map(related.parts.map((part) => [part.headers["content-id"], part.body]));
  console.log("status", answer.RegistryResponse.attributes.status);
  for (const one of list(answer.DocumentResponse)) {
    const content = parts.get(`<${one.Document.Include.attributes.href.replace("cid:", "")}>`);
    console.log("document", one.DocumentUniqueId, createHash("sha256").update(content).digest("hex"));
  }
}

try {
  await { deposit, retrieve }[what](await connect());
} catch (error) {
  const fault = error.root?.Envelope?.Body?.Fault;
  if (!fault) throw error;
  console.log("fault", fault.Code?.Subcode?.Value ?? fault.faultstring);
}
