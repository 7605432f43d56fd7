// Every page: no console error, no sideways scroll on a phone, in both themes; screenshots go to end2end/shots.
const { test, expect } = require("@playwright/test");
const path = require("node:path");
const { call, listen, recall, ready, shots } = require("./story");

const sizes = { desktop: { width: 1440, height: 1000 }, phone: { width: 390, height: 844 } };

async function look(browser, state, pages) {
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ["light", "dark"]) {
      const context = await browser.newContext({ viewport, colorScheme, storageState: state });
      for (const [name, address] of pages) {
        const page = await context.newPage();
        const heard = listen(page);
        await page.goto(address);
        await ready(page);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(wide, `${name} scrolls sideways at ${size}`).toBeLessThanOrEqual(0);
        expect(heard, `${name} at ${size}, ${colorScheme}`).toEqual([]);
        await page.screenshot({ path: path.join(shots, `${name}-${size}-${colorScheme}.png`), fullPage: true });
        await page.close();
      }
      await context.close();
    }
  }
}

test("public pages", async ({ browser }) => {
  const { result } = recall();
  await look(browser, undefined, [["plans", "/"], ["checkout", "/checkout?plan=wordpress"], ["result", result], ["sign-in", "/sign-in"], ["forgot", "/forgot"]]);
});

test("admin pages", async ({ browser }) => {
  const staff = await browser.newContext({ storageState: "test-results-admin.json" });
  const first = async (operation) => (await call(staff.request, operation, { request: {} })).body.rows[0].id;
  const pages = [
    ["dashboard", "/admin"], ["customers", "/admin/customers"], ["servers", "/admin/servers"], ["add-server", "/admin/servers/new"], ["jobs", "/admin/jobs"],
    ["outbox", "/admin/outbox"], ["cloudpods", "/admin/cloudpods"], ["products", "/admin/products"], ["add-product", "/admin/products/new"], ["product", "/admin/products/wordpress"],
    ["subscriptions", "/admin/subscriptions"], ["invoices", "/admin/invoices"], ["audit", "/admin/audit"],
    ["customer", `/admin/customers/${await first("admin/customers/list")}`],
    ["server", `/admin/servers/${await first("admin/servers/list")}`],
    ["job", `/admin/jobs/${await first("admin/provisioning/jobs/list")}`],
    ["mail", `/admin/outbox/${await first("admin/outbox/list")}`],
    ["cloudpod", `/admin/cloudpods/${await first("admin/hosting/cloudpods/list")}`],
    ["invoice", `/admin/invoices/${await first("admin/billing/invoices/list")}`],
  ];
  await staff.close();
  await look(browser, "test-results-admin.json", pages);
});

test("tenant pages", async ({ browser }) => {
  const { portal } = recall();
  const slug = portal.split("/")[2];
  const owner = await browser.newContext({ storageState: "test-results-owner.json" });
  const first = async (operation) => (await call(owner.request, operation, { slug, request: {} })).body.rows[0].id;
  const pages = [
    ["portal", portal], ["own-jobs", `${portal}/jobs`], ["own-invoices", `${portal}/invoices`],
    ["own-pod", `${portal}/cloudpods/${await first("tenant/hosting/cloudpods/list")}`],
    ["own-job", `${portal}/jobs/${await first("tenant/provisioning/jobs/list")}`],
    ["own-invoice", `${portal}/invoices/${await first("tenant/billing/invoices/list")}`],
  ];
  await owner.close();
  await look(browser, "test-results-owner.json", pages);
});
