// A second real server is brought into service in the browser: added, its line run there, its key compared, looked at.
// Pages of administration/servers.
const { execFileSync } = require("node:child_process");
const { test, expect } = require("@playwright/test");
const { call, listen, ready } = require("./story");

const name = `${process.env.E2E_HOST}b`;
const bed = (...words) => execFileSync(process.env.E2E_BED, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
// Nothing is placed on a server that is about to go, however the test ends.
test.afterAll(async ({ browser }) => {
  const staff = await browser.newContext({ storageState: "test-results-admin.json" });
  const servers = (await call(staff.request, "admin/servers/list", { request: { search: name } })).body.rows;
  for (const server of servers) await call(staff.request, "admin/servers/drain", { id: server.id });
  await staff.close();
  bed("down", name);
});

test("a second server is added, its line run there, its key compared, and it says what it can do", async ({ browser }) => {
  bed("up", name, "auto");
  bed("ready", name);
  const address = bed("exec", name, "hostname", "-I").split(" ")[0];
  const context = await browser.newContext({ storageState: "test-results-admin.json" });
  const page = await context.newPage();
  const heard = listen(page);

  await page.goto("/admin/servers");
  await ready(page);
  await page.getByRole("link", { name: "Add server" }).click();
  // The list has a field of that label too.
  await expect(page.getByRole("heading", { name: "Add server", level: 1 })).toBeVisible();
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Tailnet address").fill(address);
  await page.getByLabel("Region").fill("second");
  await page.getByRole("button", { name: "Add server" }).click();
  await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
  await expect(page.getByText("Not enrolled")).toBeVisible();
  await expect(page.getByText("Not checked yet.")).toBeVisible();

  // The fingerprint on the page is the one that the server's own console prints.
  const printed = bed("exec", name, "ssh-keygen", "-lf", "/etc/ssh/ssh_host_ed25519_key.pub").split(" ")[1];
  await expect(page.getByText(printed, { exact: true })).toBeVisible();

  // Before the line has run there the panel has no way in, and says so.
  await page.getByRole("button", { name: "Fingerprints match, enroll" }).click();
  await expect(page.getByRole("alert").filter({ hasText: /./ })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText("Not enrolled")).toBeVisible();

  const line = await page.getByRole("listitem").filter({ hasText: "Run this command" }).locator("code").first().innerText();
  expect(bed("exec", name, "sh", "-c", line)).toContain("mPanel can now connect to this server.");
  expect(bed("exec", name, "sh", "-c", line), "a second time does no harm").toContain("mPanel can now connect to this server.");
  await page.getByRole("button", { name: "Fingerprints match, enroll" }).click();
  await expect(page.getByText("Active", { exact: true })).toBeVisible({ timeout: 120_000 });

  const able = page.locator("section").filter({ has: page.getByRole("heading", { name: "Capabilities" }) });
  for (const word of ["Web (nginx)", "Static files", "PHP and MariaDB", "Node.js", "WordPress"]) {
    await expect(able.getByRole("listitem").filter({ hasText: word })).toContainText(/Ready|Missing requirements/);
  }
  await expect(able.getByRole("listitem").filter({ hasText: "Web (nginx)" })).toContainText("Ready");
  await expect(page.getByText(/Debian GNU\/Linux 12/)).toBeVisible();
  await expect(page.getByText(printed, { exact: true })).toBeVisible();

  // Looked at again on request; then no new pods, and back.
  await page.getByRole("button", { name: "Check now" }).click();
  await expect(page.getByRole("button", { name: "Check now" })).not.toHaveAttribute("aria-busy", "true");
  await page.getByRole("button", { name: "Drain" }).click();
  await expect(page.getByText("Draining", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Return to service" }).click();
  await expect(page.getByText("Active", { exact: true })).toBeVisible();
  // It has the agent that this panel ships, so the rollout has nothing left to do.
  await page.goto("/admin/servers");
  await expect(page.getByRole("heading", { name: "Agent rollout" })).toBeVisible();
  await expect(page.getByText(/(\d+) of \1 servers have it/)).toBeVisible();
  await page.goto(`/admin/audit?search=${name}`);
  for (const action of ["SERVER_ADDED", "SERVER_ENROLLED", "SERVER_DRAINED", "SERVER_RETURNED"]) await expect(page.getByText(action).first()).toBeVisible();
  // The second server has changed this machine's network.
  expect(heard.filter((line) => !/status of (409|422|502|503)|ERR_NETWORK_CHANGED/.test(line))).toEqual([]);
  await context.close();
});
