// One purchase becomes a page that answers, and both sides see it.
// Pages of billing/checkout.
const { test, expect } = require("@playwright/test");
const { admin, call, listen, owner, ready, recall, remember, setup, site, until } = require("./story");

test("the set-up link makes the first admin, once", async ({ page }) => {
  const heard = listen(page);
  await page.goto(setup());
  await ready(page);
  await page.getByLabel("Email").fill(admin.email);
  await page.getByLabel("Your name").fill(admin.name);
  await page.getByLabel("Password").fill(admin.password);
  await page.getByRole("button", { name: "Create admin" }).click();
  await expect(page.getByRole("heading", { name: "Dashboard", level: 1 })).toBeVisible();
  await page.context().storageState({ path: "test-results-admin.json" });
  const stranger = await page.context().browser().newContext();
  const again = await stranger.newPage();
  await again.goto(setup());
  await expect(again.getByText("Create admin")).toHaveCount(0);
  await stranger.close();
  expect(heard).toEqual([]);
});

test("a visitor buys WordPress, watches it being made, and the real site carries the title", async ({ page }) => {
  const heard = listen(page);
  await page.goto("/");
  await ready(page);
  await page.getByRole("link", { name: /^Order WordPress/ }).click();
  await ready(page);
  await page.getByLabel("Domain").fill("northpier.localhost");
  await page.getByLabel("Site title").fill("Northpier <Books> & Söhne");
  await page.getByLabel("Email").fill("office@northpier.example");
  await page.getByRole("button", { name: /^Pay / }).click();
  await expect(page.getByRole("heading", { name: "Sandbox payment" })).toBeVisible();
  await ready(page);
  await page.getByText("Approve and send the webhook three times").click();
  await page.getByRole("button", { name: /^Continue/ }).click();
  await expect(page.getByRole("log")).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole("heading", { name: "northpier.localhost is live" })).toBeVisible({ timeout: 150_000 });
  await expect(page.getByRole("link", { name: "Open site" })).toBeVisible();
  const answer = await site("northpier.localhost");
  expect(answer.status).toBe(200);
  expect(answer.body).toContain("<title>Northpier &lt;Books&gt; &amp; Söhne</title>");
  expect(answer.body).toContain("wp-content");
  remember({ result: page.url() });
  expect(heard).toEqual([]);
});

test("the buyer activates the account by the mail and is in the portal", async ({ browser }) => {
  const staff = await browser.newContext({ storageState: "test-results-admin.json" });
  const mails = await staff.newPage();
  await mails.goto("/admin/outbox");
  await mails.getByRole("link", { name: /welcome|account|activate/i }).first().click();
  const link = await mails.getByRole("link", { name: /\/activate\?token=/ }).getAttribute("href");
  await staff.close();
  const context = await browser.newContext();
  const page = await context.newPage();
  const heard = listen(page);
  await page.goto(link);
  await ready(page);
  await page.getByLabel("Password").fill(owner.password);
  await page.getByRole("button", { name: "Activate and sign in" }).click();
  await expect(page.getByRole("heading", { name: "CloudPods", level: 1 })).toBeVisible();
  await expect(page.getByText("Running")).toBeVisible();
  remember({ portal: new URL(page.url()).pathname });
  await context.storageState({ path: "test-results-owner.json" });
  await page.getByRole("link", { name: "Invoices" }).click();
  await expect(page.getByRole("link", { name: /^INV-/ })).toHaveCount(1);
  await page.goto(link);
  await expect(page.getByRole("button", { name: "Activate and sign in" })).toHaveCount(0);
  await context.close();
  expect(heard.filter((line) => !line.includes("404") && !line.includes("status of 4"))).toEqual([]);
});

test("the admin sees money, pod, job and the record", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-admin.json" });
  const page = await context.newPage();
  await page.goto("/admin/cloudpods");
  await expect(page.getByRole("row", { name: /northpier/ })).toContainText("Running");
  await page.goto("/admin/invoices");
  await expect(page.getByRole("link", { name: /^INV-/ })).toHaveCount(1);
  await page.goto("/admin/jobs");
  await expect(page.getByRole("row", { name: /Create CloudPod/ })).toContainText("Completed");
  await page.goto("/admin/audit");
  for (const action of ["SUBSCRIPTION_CREATED", "INVOICE_ISSUED", "CLOUDPOD_PROVISIONED", "USER_ACTIVATED"]) {
    await expect(page.getByText(action).first()).toBeVisible();
  }
  await context.close();
});

test("another tenant's portal is not there for the owner, nor is the admin's side", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-owner.json" });
  const page = await context.newPage();
  const foreign = await page.goto("/t/somebody-else");
  expect(await page.content()).toContain("not found");
  expect(foreign.status()).toBe(404);
  const lists = await call(context.request, "admin/hosting/cloudpods/list", { request: {} });
  expect(lists.status).toBe(404);
  const strange = await call(context.request, "tenant/hosting/cloudpods/list", { slug: "somebody-else", request: {} });
  expect(strange.status).toBe(404);
  await context.close();
});

test("a declined card leaves nothing behind", async ({ page, browser }) => {
  const staff = await browser.newContext({ storageState: "test-results-admin.json" });
  const count = async () => (await call(staff.request, "admin/customers/list", { request: {} })).body.rows.length;
  const before = await count();
  await page.goto("/checkout?plan=php");
  await ready(page);
  await page.getByLabel("Email").fill("declined@card.example");
  await page.getByRole("button", { name: /^Pay / }).click();
  await expect(page.getByRole("heading", { name: "Sandbox payment" })).toBeVisible();
  await ready(page);
  await page.getByText("Card declined").click();
  await page.getByRole("button", { name: /^Continue/ }).click();
  await expect(page.getByRole("heading", { name: "Payment declined" })).toBeVisible();
  expect(await count()).toBe(before);
  const pods = (await call(staff.request, "admin/hosting/cloudpods/list", { request: {} })).body.rows;
  expect(pods).toHaveLength(1);
  await staff.close();
});
