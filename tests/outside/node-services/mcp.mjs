// Two clients of an MCP server: the official SDK in TypeScript, and that of the AI SDK. Prints the tools and the answers, as JSON.
//   node mcp.mjs sdk|ai URL TOKEN CALLS   (CALLS: [[tool, arguments], …] as JSON)
import { createMCPClient } from "@ai-sdk/mcp";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [which, url, token, calls] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };
const text = (answer) => answer.content.map((part) => part.text).join("");

async function sdk(wanted) {
  const client = new Client({ name: "carnet-tests", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  const { tools } = await client.listTools();
  const answers = [];
  for (const [name, args] of wanted) answers.push(text(await client.callTool({ name, arguments: args })));
  await client.close();
  return { tools: tools.map((tool) => tool.name), answers };
}

async function ai(wanted) {
  const client = await createMCPClient({ transport: { type: "http", url, headers } });
  const tools = await client.tools();
  const answers = [];
  for (const [name, args] of wanted) answers.push(text(await tools[name].execute(args, { toolCallId: name, messages: [] })));
  await client.close();
  return { tools: Object.keys(tools), answers };
}

try {
  console.log(JSON.stringify(await { sdk, ai }[which](JSON.parse(calls))));
} catch (error) {
  console.error(String(error));
  process.exit(1);
}
