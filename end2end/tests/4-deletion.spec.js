// Deleting a pod leaves nothing on the server after the grace period.
// Pages of hosting/cloudpods.
const { test, expect } = require("@playwright/test");
const { admin, again, onServer, ready, site, until } = require("./story");

test("deleting from the admin's page leaves nothing on the server", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-admin.json" });
  const page = await context.newPage();
  await page.goto("/admin/cloudpods?search=northpier");
  await page.getByRole("link", { name: /northpier/ }).first().click();
  // The list's own heading stands there until the pod's page has come.
  await page.waitForURL(/\/admin\/cloudpods\/[^?]+$/);
  const name = "northpier";
  await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
  await ready(page);
  await page.getByRole("button", { name: "Delete CloudPod" }).click();
  const dialog = page.getByRole("dialog");
  // What would be removed, as the server has it.
  await expect(dialog.getByText(/^remove storage:/)).toBeVisible({ timeout: 30_000 });
  await dialog.getByRole("textbox").fill("another name");
  await expect(dialog.getByRole("button", { name: "Delete CloudPod" })).toBeDisabled();
  await dialog.getByRole("textbox").fill(name);
  await dialog.getByRole("button", { name: "Delete CloudPod" }).click();
  await again(page, admin.password, page.getByRole("heading", { name: /^Delete CloudPod/ }));
  await expect(page.getByRole("heading", { name: /^Delete CloudPod/ })).toBeVisible();
  await until("the site is offline", async () => ![0, 200, 302].includes((await site("northpier.localhost")).status));
  await expect(page.getByText("Completed", { exact: true }).first()).toBeVisible({ timeout: 120_000 });
  const left = onServer("sh", "-c", `
    getent passwd | grep -c -- '${name}' || true
    find /srv/pods /etc/systemd/system /etc/nginx /run/pods /etc/pods -name '*${name}*' 2>/dev/null | head
    systemctl list-units --all --no-legend '*${name}*'`);
  expect(left.trim()).toBe("0");
  await context.close();
});
