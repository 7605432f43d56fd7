// A customer proves a domain, gets a zone on a real name server, changes a record, and the name server answers with it.
// Pages of hosting/dns.
const { Resolver } = require("node:dns").promises;
const { test, expect } = require("@playwright/test");
const { resolve } = require("./resolver");
const { again, listen, onServer, owner, ready, recall, until } = require("./story");

const records = {};
let stop;
test.beforeAll(async () => (stop = await resolve(records)));
test.afterAll(async () => await stop());

test("staff make a server a name server", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-admin.json" });
  const page = await context.newPage();
  const heard = listen(page);
  await page.goto("/admin/dns");
  await ready(page);
  await expect(page.getByText("Zones need at least two name servers so that one can be down.")).toBeVisible();
  await page.goto("/admin/servers");
  await page.getByRole("row").filter({ hasText: process.env.E2E_HOST }).getByRole("link").first().click();
  await expect(page.getByRole("heading", { name: "Capabilities" })).toBeVisible();
  await ready(page);
  const dns = page.getByRole("listitem").filter({ hasText: "DNS (PowerDNS)" });
  await dns.getByRole("button", { name: "Install requirements" }).click();
  await expect(dns).toContainText("Ready", { timeout: 120_000 });
  await page.goto("/admin/dns");
  await ready(page);
  await page.getByLabel("Host name").fill("ns1.panel.example");
  await page.getByRole("button", { name: "Add name server" }).click();
  await expect(page.getByRole("row").filter({ hasText: "ns1.panel.example" })).toContainText("In sync");
  expect(heard).toEqual([]);
  await context.close();
});

test("a domain is proved, gets a zone, and its name server answers each change of it", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-owner.json" });
  const page = await context.newPage();
  const heard = listen(page);
  await page.goto(`${recall().portal}/domains`);
  await page.getByRole("link", { name: "northpier.example", exact: true }).click();
  await expect(page.getByRole("heading", { name: "northpier.example", exact: true })).toBeVisible();
  await ready(page);
  records["_mpanel.northpier.example"] = (await page.getByText(/^mpanel-verify=/).innerText()).trim();
  await page.getByRole("button", { name: "Check now" }).click();
  await expect(page.getByText("Found", { exact: true })).toBeVisible();

  await page.getByRole("link", { name: "Manage DNS" }).click();
  await expect(page.getByRole("heading", { name: "DNS", level: 1 })).toBeVisible();
  await page.getByRole("button", { name: "Create zone" }).click();
  await expect(page.getByText("There is only one name server.")).toBeVisible();

  // What is wrong stands on its field, and nothing is lost.
  await page.getByRole("textbox", { name: /^Name/ }).fill("shop");
  await page.getByLabel("Value").fill("not an address");
  await page.getByRole("button", { name: "Add record", exact: true }).click();
  await expect(page.locator("#f-value-error")).toBeVisible();
  await page.getByLabel("Value").fill("192.0.2.80");
  await page.getByRole("button", { name: "Add record", exact: true }).click();
  const pending = page.locator("section").filter({ has: page.getByRole("heading", { name: /unapplied change/i }) });
  await expect(pending).toContainText("192.0.2.80");
  await pending.getByRole("button", { name: "Apply changes" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Apply changes" }).click();
  await expect(page.getByRole("row").filter({ hasText: "192.0.2.80" })).toBeVisible();
  await expect(pending).toHaveCount(0);

  // Asked over the network, the name server itself says so; and the page follows.
  const server = new Resolver();
  server.setServers([onServer("hostname", "-I").split(" ")[0]]);
  await until("the name server answers", async () => (await server.resolve4("shop.northpier.example").catch(() => [])).includes("192.0.2.80"));
  await expect(page.getByText("In sync", { exact: true }).first()).toBeVisible({ timeout: 60_000 });
  expect(heard.filter((line) => !line.includes("status of 4"))).toEqual([]);
  await context.close();
});

test("a zone gets the records of a service, is signed, and says what DNS answers", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-owner.json" });
  const page = await context.newPage();
  const heard = listen(page);
  await page.goto(`${recall().portal}/domains`);
  await page.getByRole("link", { name: "northpier.example", exact: true }).click();
  await page.getByRole("link", { name: "Manage DNS" }).click();
  await expect(page.getByRole("heading", { name: "DNS", level: 1 })).toBeVisible();
  await ready(page);
  const section = (name) => page.locator("section").filter({ has: page.getByRole("heading", { name, exact: true }) });
  const tab = (name) => page.getByRole("navigation", { name: "DNS", exact: true }).getByRole("link", { name, exact: true }).click();

  await tab("Templates");
  const fastmail = section("Templates").getByRole("listitem").filter({ hasText: "Fastmail" });
  await expect(fastmail).toContainText("Not applied");
  await fastmail.getByRole("button", { name: "Add records for Fastmail" }).click();
  const pending = page.locator("section").filter({ has: page.getByRole("heading", { name: /unapplied change/i }) });
  await expect(pending).toContainText("in1-smtp.messagingengine.com.");
  await pending.getByRole("button", { name: "Apply changes" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Apply changes" }).click();
  await expect(pending).toHaveCount(0);
  await expect(fastmail).toContainText("Applied");

  await tab("DNSSEC");
  const dnssec = section("DNSSEC");
  await dnssec.getByRole("button", { name: "Turn on DNSSEC" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Turn on DNSSEC" }).click();
  await expect(dnssec).toContainText("Pending DS", { timeout: 60_000 });
  await expect(dnssec).toContainText(/\d+ 13 2 [0-9A-F]{64}/);
  await dnssec.getByRole("button", { name: "Turn off DNSSEC" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Turn off DNSSEC" }).click();
  await expect(dnssec).toContainText("Signing stops after", { timeout: 60_000 });
  await expect(dnssec.getByRole("button", { name: "Keep DNSSEC on" })).toBeVisible();

  await tab("History");
  await expect(page.getByRole("row").filter({ hasText: "Current" })).toBeVisible();

  await tab("Propagation");
  const propagation = section("Propagation");
  await propagation.getByLabel("Look up").fill("shop");
  await propagation.getByRole("button", { name: "Check DNS" }).click();
  const own = propagation.getByRole("row").filter({ hasText: "ns1.panel.example" });
  await expect(own).toContainText("192.0.2.80", { timeout: 30_000 });
  expect(heard.filter((line) => !line.includes("status of 4"))).toEqual([]);
  await context.close();
});

test("a domain is offered to another account, and the offer is withdrawn", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-owner.json" });
  const page = await context.newPage();
  const heard = listen(page);
  await page.goto(`${recall().portal}/domains`);
  await page.getByRole("link", { name: "northpier.example", exact: true }).click();
  await expect(page.getByRole("heading", { name: "northpier.example", exact: true })).toBeVisible();
  await ready(page);
  const transfer = page.locator("section").filter({ has: page.getByRole("heading", { name: "Transfer to another account", exact: true }) });
  await transfer.getByLabel("Account").fill("southpier");
  await transfer.getByLabel("Type northpier.example to confirm").fill("northpier.example");
  await transfer.getByRole("button", { name: "Offer domain" }).click();
  const waiting = transfer.getByText("Waiting for acceptance");
  await again(page, owner.password, waiting);
  await expect(waiting).toBeVisible();
  await expect(transfer).toContainText("Offered to southpier");
  await transfer.getByRole("button", { name: "Withdraw offer" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Withdraw offer" }).click();
  await expect(transfer.getByRole("button", { name: "Offer domain" })).toBeVisible();
  expect(heard.filter((line) => !line.includes("status of 4"))).toEqual([]);
  await context.close();
});
