// Every page, on a desktop and on a phone, in light and dark: no console error, no sideways scroll, nothing that axe-core finds (landmarks, headings,
// names, roles, contrast), a name for everything that can be used; screenshots go to end2end/shots.
const { test, expect } = require("@playwright/test");
const path = require("node:path");
const { faults, lacks } = require("./faults");
const { adminPages, linkPages, publicPages, tenantPages } = require("./pages");
const { resolve } = require("./resolver");
const { call, inPairs, listen, ready, remember, shots } = require("./story");

// Pages of domains ask DNS.
let stop;
test.beforeAll(async () => (stop = await resolve({})));
test.afterAll(async () => await stop());

const sizes = { desktop: { width: 1440, height: 1000 }, phone: { width: 390, height: 844 } };

async function look(browser, storageState, pages) {
  for (const [size, viewport] of Object.entries(sizes)) {
    // Nothing moves: what fades in has no contrast yet.
    const context = await browser.newContext({ viewport, storageState, colorScheme: "light", reducedMotion: "reduce" });
    await inPairs(pages, async (name, address) => {
      const page = await context.newPage();
      const heard = listen(page);
      await page.goto(address);
      await ready(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect.soft(wide, `${name} scrolls sideways on a ${size}`).toBeLessThanOrEqual(0);
      if (size === "desktop") {
        expect.soft(await lacks(page), `${name} lacks`).toEqual([]);
        expect.soft(await faults(page), `axe, ${name}, light`).toEqual([]);
      }
      await page.screenshot({ path: path.join(shots, `${name}-${size}-light.png`), fullPage: true });
      await page.emulateMedia({ colorScheme: "dark" });
      await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished)));
      // Colors are all that differs.
      if (size === "desktop") expect.soft(await faults(page, ["color-contrast"]), `axe, ${name}, dark`).toEqual([]);
      await page.screenshot({ path: path.join(shots, `${name}-${size}-dark.png`), fullPage: true });
      // A page of a link that was used is "not found" by itself.
      const loud = name.endsWith("-used") ? heard.filter((line) => !line.includes("status of 404")) : heard;
      expect.soft(loud, `${name} on a ${size}`).toEqual([]);
      await page.close();
    });
    await context.close();
  }
}

test("public pages", async ({ browser, request }) => {
  const [staff, owner] = [await browser.newContext({ storageState: "test-results-admin.json" }), await browser.newContext({ storageState: "test-results-owner.json" })];
  const links = await linkPages(staff.request, owner.request);
  await staff.close();
  await owner.close();
  const used = ["activate", "reset", "set-up"].map((page) => [`${page}-used`, `/${page}?token=used`]);
  await look(browser, undefined, [...publicPages(), ...links, ...used, ["join-used", "/join/used"]]);
  // The invoice is paid: what follows is told without it.
  const [, paid] = links.find(([name]) => name === "pay-invoice");
  const [, id, token] = paid.match(/^\/pay\/invoice\/([^?]+)\?token=(.+)$/);
  expect((await call(request, "public/payments/sandbox_decide", { id, token, choice: "approve" })).status).toBe(200);
  remember({ paid });
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
