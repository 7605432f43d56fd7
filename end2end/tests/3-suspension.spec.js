// A suspended site shows a neutral page and runs nothing, for as long as one reason is left.
// Pages of hosting/suspensions.
const { test, expect } = require("@playwright/test");
const { onServer, ready, recall, site, until } = require("./story");

test("staff suspend a CloudPod for two reasons, and lifting the last one brings it back", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-admin.json" });
  const page = await context.newPage();
  await page.goto("/admin/cloudpods?search=northpier");
  await page.getByRole("link", { name: /northpier/ }).first().click();
  await page.waitForURL(/\/admin\/cloudpods\/[^?]+$/);
  await expect(page.getByRole("heading", { name: "northpier", level: 1 })).toBeVisible();
  await ready(page);
  const suspend = async (reason, note) => {
    await page.getByRole("main").getByRole("button", { name: "Suspend CloudPod" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Reason").selectOption({ label: reason });
    await dialog.getByLabel(/Note for staff/).fill(note);
    await dialog.getByRole("button", { name: "Suspend CloudPod" }).click();
    await expect(page.getByText(reason, { exact: true })).toBeVisible();
  };
  await suspend("Unpaid invoice", "INV 7 is overdue");
  await until("visitors get the neutral page", async () => (await site("northpier.localhost")).status === 503);
  // The page follows by itself.
  await expect(page.getByText(/^Suspended\. Visitors see/)).toBeVisible({ timeout: 60_000 });
  // And the page that the server writes says the same, for staff and for the owner.
  await page.reload();
  await ready(page);
  await expect(page.getByText(/^Suspended\. Visitors see/)).toBeVisible();
  const owner = await browser.newContext({ storageState: "test-results-owner.json" });
  const portal = await owner.newPage();
  await portal.goto(recall().portal);
  await portal.getByRole("link", { name: "northpier", exact: true }).click();
  await expect(portal.getByText(/Pay the open invoice to bring the site back online/)).toBeVisible();
  await expect(portal.getByText(/Contact support/)).toHaveCount(0);
  await expect(portal.getByRole("link", { name: "Open invoices" })).toHaveAttribute("href", `${recall().portal}/invoices`);
  await portal.reload();
  await ready(portal);
  await expect(portal.getByText("Unpaid invoice", { exact: true })).toBeVisible();
  await expect(portal.getByText(/INV 7 is overdue/)).toHaveCount(0);
  await owner.close();
  expect(onServer("sh", "-c", "ps -eo user:40 | grep -c '^p-northpier$' || true").trim()).toBe("0");
  await expect(page.getByText(/INV 7 is overdue/)).toBeVisible();
  await suspend("Abuse", "");

  const lift = async (reason, said) => {
    await page.getByRole("listitem").filter({ hasText: reason }).getByRole("button", { name: "Lift suspension" }).click();
    await expect(page.getByRole("dialog").getByText(said).first()).toBeVisible({ timeout: 30_000 });
    await page.getByRole("dialog").getByRole("button", { name: "Lift suspension" }).click();
    await expect(page.getByText(reason, { exact: true })).toHaveCount(0);
  };
  await lift("Unpaid invoice", "The site stays offline until all other reasons are lifted.");
  expect((await site("northpier.localhost")).status).toBe(503);
  // What its server would do is asked of the server itself.
  await lift("Abuse", /^change visitors:/);
  await until("the site is back", async () => [200, 302].includes((await site("northpier.localhost")).status));
  await expect(page.getByText("Unsuspending", { exact: true })).toHaveCount(0, { timeout: 60_000 });
  await expect(page.getByText("Running", { exact: true }).first()).toBeVisible();
  await context.close();
});
