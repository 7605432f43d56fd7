// A customer creates another site in a CloudPod, stops it, starts it and deletes it; the first one goes on.
// Pages of hosting/websites.
const { test, expect } = require("@playwright/test");
const { again, call, listen, owner, ready, recall, site, until } = require("./story");

test("another site is created in a CloudPod, stopped, started and deleted", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-owner.json" });
  const page = await context.newPage();
  const heard = listen(page);
  await page.goto(recall().portal);
  await page.getByRole("link", { name: "northpier", exact: true }).click();
  await page.locator("a[href$='/new-site']").click();
  await expect(page.getByRole("heading", { name: "Create site", level: 1, exact: true })).toBeVisible();
  await ready(page);
  await page.getByRole("button", { name: "Create site" }).click();
  await expect(page.locator("#f-title-error")).toBeVisible();
  await page.getByLabel("Title").fill("Shop");
  await page.getByLabel("Stack").selectOption({ label: "Static files" });
  await expect(page.getByLabel("Version")).toHaveCount(0);
  await page.getByLabel("Domain").fill("shop.somebody-else.example");
  await page.getByRole("button", { name: "Create site" }).click();
  await expect(page.locator("#f-domain-error")).toContainText("Connect and verify somebody-else.example first.");
  await page.getByLabel("Domain").fill("");
  await page.getByRole("button", { name: "Create site" }).click();
  await expect(page.getByText("Completed", { exact: true }).first()).toBeVisible({ timeout: 120_000 });
  const { portal } = recall();
  const slug = portal.split("/")[2];
  const pods = await call(context.request, "tenant/hosting/cloudpods/list", { slug, request: { search: "northpier" } });
  const sites = await call(context.request, "tenant/hosting/websites/list", { slug, pod: pods.body.rows[0].id });
  const name = sites.body.find((one) => one.title === "Shop").domain;
  await until("it responds", async () => (await site(name)).body.includes("<title>Shop"));

  // The list of all sites leads to the form as well.
  await page.goto(`${portal}/websites`);
  await expect(page.getByRole("link", { name: "Create site" })).toHaveAttribute("href", `${portal}/cloudpods/${pods.body.rows[0].id}/new-site`);
  await page.goto(portal);
  await page.getByRole("link", { name: "northpier", exact: true }).click();
  await page.getByRole("link", { name: "Shop", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Shop", level: 1 })).toBeVisible();
  const address = page.url();
  // Seen from its server within a minute, and the page follows.
  await expect(page.getByText("Running", { exact: true }).first()).toBeVisible({ timeout: 90_000 });
  const change = async (button, { asks, types }) => {
    await page.goto(address);
    await ready(page);
    await page.getByRole("button", { name: button }).click();
    const dialog = page.getByRole("dialog").filter({ hasText: `${name}?` });
    if (types) await dialog.getByLabel(/^Type /).fill(name);
    if (asks) await dialog.getByRole("button", { name: button }).click();
    const completed = page.getByText("Completed", { exact: true }).first();
    await again(page, owner.password, completed);
    await expect(completed).toBeVisible({ timeout: 120_000 });
  };
  // Protected by a password, which its server's own checks get past.
  const protection = async (button, fill) => {
    await page.goto(`${address}?tab=settings`);
    await ready(page);
    await fill();
    await page.getByRole("button", { name: button }).first().click();
    const dialog = page.getByRole("dialog").filter({ hasText: "Turn off password protection?" });
    if (button === "Turn off protection") await dialog.getByRole("button", { name: button }).click();
    await expect(page.getByText("Completed", { exact: true }).first()).toBeVisible({ timeout: 120_000 });
  };
  await page.goto(`${address}?tab=settings`);
  await ready(page);
  await page.getByLabel("User name").fill("ana");
  await page.getByRole("button", { name: "Turn on protection" }).click();
  await expect(page.locator("#f-site_password-error")).toContainText("Enter a password.");
  await protection("Turn on protection", async () => {
    await page.getByLabel("User name").fill("ana");
    await page.getByLabel("Site password").fill("a good password");
  });
  expect((await site(name)).status).toBe(401);
  expect((await site(name, { authorization: `Basic ${btoa("ana:a good password")}` })).body).toContain("<title>Shop");
  expect((await site(name, { authorization: `Basic ${btoa("ana:another password")}` })).status).toBe(401);
  // Staff see that it is on, and cannot change it.
  const staff = await browser.newContext({ storageState: "test-results-admin.json" });
  const theirs = await staff.newPage();
  await theirs.goto(`/admin/websites/${address.split("/").pop()}?tab=settings`);
  await expect(theirs.getByText("On, user name ana", { exact: true })).toBeVisible();
  await expect(theirs.getByRole("button", { name: "Turn off protection" })).toHaveCount(0);
  await staff.close();
  await page.goto(`${address}?tab=settings`);
  await expect(page.getByLabel("User name")).toHaveValue("ana");
  await expect(page.getByLabel("Site password")).toHaveValue("");
  await protection("Turn off protection", async () => {});
  expect((await site(name)).status).toBe(200);
  await change("Stop site", { asks: true });
  expect((await site(name)).status).toBe(503);
  expect([200, 302]).toContain((await site("northpier.localhost")).status);
  await change("Start site", {});
  expect((await site(name)).status).toBe(200);
  await change("Delete site", { asks: true, types: true });
  await until("it is gone", async () => (await site(name)).status !== 200);
  expect([200, 302]).toContain((await site("northpier.localhost")).status);
  expect(heard.filter((line) => !line.includes("status of 4"))).toEqual([]);
  await context.close();
});
