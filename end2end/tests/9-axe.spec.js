// axe-core finds nothing where something stands open, in light and dark.
const { test, expect } = require("@playwright/test");
const { faults } = require("./faults");
const { call, ready } = require("./story");

const staffState = "test-results-admin.json";

// Nothing moves: what fades in has no contrast yet.
const seats = (browser, more) => ["light", "dark"].map((colorScheme) => [colorScheme, () => browser.newContext({ colorScheme, reducedMotion: "reduce", ...more })]);

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
