// axe-core finds nothing on any page, in light and dark: landmarks, headings, names, roles, contrast. Also not where something stands open.
const { test, expect } = require("@playwright/test");
const { AxeBuilder } = require("@axe-core/playwright");
const { adminPages, publicPages, tenantPages } = require("./pages");
const { call, ready } = require("./story");

const staffState = "test-results-admin.json";
const ownerState = "test-results-owner.json";

// What it finds on the page as it stands: rule, impact, element, and what is wrong with it.
const faults = async (page) => {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap(({ id, impact, nodes }) => nodes.map((node) => `${id} (${impact}): ${node.target.join(" ")}: ${node.failureSummary.replace(/\s+/g, " ")}`));
};

// Nothing moves: what fades in has no contrast yet.
const seats = (browser, more) => ["light", "dark"].map((colorScheme) => [colorScheme, () => browser.newContext({ colorScheme, reducedMotion: "reduce", ...more })]);

async function look(browser, storageState, pages) {
  const found = {};
  for (const [theme, seat] of seats(browser, { storageState })) {
    const context = await seat();
    for (const [name, address] of pages) {
      const page = await context.newPage();
      await page.goto(address);
      await ready(page);
      const here = await faults(page);
      if (here.length) found[`${name}, ${theme}`] = here;
      await page.close();
    }
    await context.close();
  }
  expect(found).toEqual({});
}

test("axe finds nothing on the public pages", async ({ browser, request }) => {
  const order = await call(request, "public/checkout/session", { planCode: "php", billingCycle: "MONTHLY", email: "axe@pages.example", addOns: [] });
  expect(order.status, JSON.stringify(order.body)).toBe(200);
  const links = ["activate", "reset", "set-up"].map((page) => [`${page}, link used`, `/${page}?token=used`]);
  await look(browser, undefined, [...publicPages(), ["pay", order.body.paymentUrl], ...links, ["join, link used", "/join/used"]]);
});

test("axe finds nothing on the admin pages", async ({ browser }) => {
  const staff = await browser.newContext({ storageState: staffState });
  const pages = await adminPages(staff.request);
  await staff.close();
  await look(browser, staffState, pages);
});

test("axe finds nothing on the tenant pages", async ({ browser }) => {
  const owner = await browser.newContext({ storageState: ownerState });
  const pages = await tenantPages(owner.request);
  await owner.close();
  await look(browser, ownerState, pages);
});

test("axe finds nothing where a menu, a dialog or a refused form stands", async ({ browser }) => {
  const found = {};
  const note = async (name, page) => {
    const here = await faults(page);
    if (here.length) found[name] = here;
  };
  for (const [theme, seat] of seats(browser, { storageState: staffState })) {
    const context = await seat();
    const page = await context.newPage();
    await page.goto("/admin/servers/new");
    await ready(page);
    await page.getByRole("button", { name: "Add server" }).click();
    await expect(page.getByRole("alert").filter({ has: page.getByRole("link") })).toBeFocused();
    await note(`refused form, ${theme}`, page);
    await page.getByRole("button", { name: /account menu/ }).click();
    await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
    await note(`account menu, ${theme}`, page);
    const users = (await call(context.request, "admin/users/list", { request: {} })).body.rows;
    await page.goto(`/admin/users/${users[0].id}`);
    await ready(page);
    await page.getByRole("button", { name: "Disable user" }).click();
    await expect(page.getByRole("dialog", { name: "Disable this user?" })).toBeVisible();
    await note(`dialog, ${theme}`, page);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto("/admin");
    await ready(page);
    await page.getByRole("button", { name: "Menu", exact: true }).click();
    await expect(page.getByRole("dialog", { name: "All sections" })).toBeVisible();
    await note(`menu of a phone, ${theme}`, page);
    await context.close();
  }
  for (const [theme, seat] of seats(browser, {})) {
    const context = await seat();
    const page = await context.newPage();
    await page.goto("/sign-in");
    await ready(page);
    await page.getByLabel("Email").fill("nobody@forms.example");
    await page.getByLabel("Password").fill("not the right one");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.locator("#f-password-error")).toContainText("Incorrect email or password");
    await note(`refused sign-in, ${theme}`, page);
    await context.close();
  }
  expect(found).toEqual({});
});
