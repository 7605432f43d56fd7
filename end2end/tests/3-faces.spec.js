// Every page: no console error, no sideways scroll on a phone, in both themes; screenshots go to end2end/shots.
const { test, expect } = require("@playwright/test");
const path = require("node:path");
const { adminPages, publicPages, tenantPages } = require("./pages");
const { listen, ready, shots } = require("./story");

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
  await look(browser, undefined, publicPages());
});

test("admin pages", async ({ browser }) => {
  const staff = await browser.newContext({ storageState: "test-results-admin.json" });
  const pages = await adminPages(staff.request);
  await staff.close();
  await look(browser, "test-results-admin.json", pages);
});

test("tenant pages", async ({ browser }) => {
  const owner = await browser.newContext({ storageState: "test-results-owner.json" });
  const pages = await tenantPages(owner.request);
  await owner.close();
  await look(browser, "test-results-owner.json", pages);
});
