// Opens pages one after the other in a fresh browser, by the panel's own links, and prints what came for each: files and bytes on the wire.
import { createRequire } from "node:module";
const { chromium } = createRequire(new URL("../../end2end/", import.meta.url))("@playwright/test");

const [url, cookie, ...paths] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
const context = await browser.newContext();
const page = await context.newPage();
const wire = await context.newCDPSession(page);
await wire.send("Network.enable");
let came = new Map();
const kinds = new Map();
wire.on("Network.responseReceived", ({ requestId, response }) => kinds.set(requestId, new URL(response.url).pathname));
wire.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => kinds.has(requestId) && came.set(kinds.get(requestId), encodedDataLength));
for (const [nth, path] of paths.entries()) {
  came = new Map();
  if (nth === 1) {
    const [name, value] = cookie.split("=");
    await context.addCookies([{ name, value, url }]);
  }
  await page.goto(url + path, { waitUntil: "networkidle" });
  // Pages that run no program are done when they are there.
  await page.waitForFunction(() => window.__mpanel_ready === true || !document.querySelector("script[type=module]"));
  const sum = (test) => [...came].filter(([name]) => test(name)).reduce((sum, [, bytes]) => sum + bytes, 0);
  const built = (name) => name.startsWith("/pkg/");
  console.log(`${path.padEnd(22)} files ${String([...came.keys()].filter(built).length).padStart(3)}  built ${String((sum(built) / 1024).toFixed(1)).padStart(6)} KB  page ${String((sum((name) => !built(name)) / 1024).toFixed(1)).padStart(5)} KB`);
}
await browser.close();
