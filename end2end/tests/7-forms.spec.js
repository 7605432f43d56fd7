// Every form says what is wrong beside the field and keeps what was typed; a lost password.
const { test, expect } = require("@playwright/test");
const { call, listen, ready, until, url } = require("./story");

const staffState = "test-results-admin.json";

// Sends the form and expects each fault on its field, and every value as it was typed.
async function refused(page, button, typed, faults) {
  for (const [field, value] of Object.entries(typed)) await page.locator(`#f-${field}`).fill(value);
  await page.getByRole("button", { name: button, exact: true }).click();
  for (const [field, words] of Object.entries(faults)) {
    await expect(page.locator(`#f-${field}-error`), `the fault of ${field}`).toContainText(words);
    await expect(page.locator(`#f-${field}`)).toHaveAttribute("aria-invalid", "true");
    expect(await page.locator(`#f-${field}`).getAttribute("aria-describedby")).toContain(`f-${field}-error`);
  }
  for (const [field, value] of Object.entries(typed)) {
    const input = page.locator(`#f-${field}`);
    // The pages that run no program come back from the panel, and nothing brings a password back.
    const gone = (await input.getAttribute("type")) === "password" && (await page.locator("script[type=module]").count()) === 0;
    await expect(input, `${field} keeps what was typed`).toHaveValue(gone ? "" : value);
  }
  const names = Object.keys(faults);
  if (names.length === 1) await expect(page.locator(`#f-${names[0]}`)).toBeFocused();
  else if (names.length > 1) {
    const summary = page.getByRole("alert").filter({ has: page.getByRole("link") });
    await expect(summary).toBeFocused();
    await expect(summary.getByRole("link")).toHaveCount(names.length);
  }
}

const quiet = (heard) => heard.filter((line) => !/status of (401|409|422|429)/.test(line));

test("sign-in and the forgotten password say what is wrong and keep the address", async ({ page }) => {
  const heard = listen(page);
  await page.goto("/sign-in");
  await ready(page);
  await page.getByLabel("Email").fill("nobody@forms.example");
  await page.getByLabel("Password").fill("not the right one");
  await page.getByRole("button", { name: "Sign in" }).click();
  // One and the same answer for an address that nobody has and for a wrong password.
  await expect(page.locator("#f-password-error")).toContainText("Incorrect email or password");
  await expect(page.getByLabel("Password")).toBeFocused();
  await expect(page.getByLabel("Email")).toHaveValue("nobody@forms.example");
  await page.goto("/forgot");
  await ready(page);
  await refused(page, "Send reset link", { email: "not an address" }, { email: /address|@/ });
  expect(quiet(heard)).toEqual([]);
});

test("the order form says what is wrong beside each field and keeps what was typed", async ({ page }) => {
  const heard = listen(page);
  await page.goto("/checkout?plan=php");
  await ready(page);
  await refused(page, /^Pay /, { domain: "-bad-.example", email: "office" }, { domain: /./, email: /./ });
  await page.locator("#f-domain").fill("");
  await refused(page, /^Pay /, { email: "still wrong" }, { email: /./ });
  await expect(page.getByRole("radio", { name: /^PHP/ })).toBeChecked();
  expect(quiet(heard)).toEqual([]);
});

test("the admin's forms say what is wrong beside each field and keep what was typed", async ({ browser }) => {
  const context = await browser.newContext({ storageState: staffState });
  const page = await context.newPage();
  const heard = listen(page);
  await page.goto("/admin/servers/new");
  await ready(page);
  await refused(page, "Add server", { name: "Not A Name!", address: "192.0.2.7", region: "", site_address: "no such/host" }, { name: /./, address: /./, region: /./, site_address: /./ });
  await page.goto("/admin/products/new");
  await ready(page);
  await refused(page, "Add product", { code: "Not A Code", name: "", monthly: "free", cpu_millis: "0", memory_mb: "-1" }, { code: /./, name: /./, monthly: /./, cpu_millis: /./, memory_mb: /./ });
  await page.goto("/admin/products/php");
  await ready(page);
  await refused(page, "Save", { monthly: "much" }, { monthly: /./ });
  await page.reload();
  await expect(page.locator("#f-monthly")).toHaveValue("7.00");
  expect(quiet(heard)).toEqual([]);
  await context.close();
});

test("a number that is none is refused on its field", async ({ browser }) => {
  const context = await browser.newContext({ storageState: staffState });
  const page = await context.newPage();
  await page.goto("/admin/products/php");
  await ready(page);
  await refused(page, "Save", { memory_mb: "" }, { memory_mb: /number/ });
  await context.close();
});

// The newest mail to this address whose text has such a link.
async function mailed(request, to, path) {
  return until(`a mail to ${to} with ${path}`, async () => {
    const { body } = await call(request, "admin/outbox/list", { request: {} });
    for (const row of body.rows.filter((row) => row.recipient === to)) {
      const mail = await call(request, "admin/outbox/get", { id: row.id });
      const link = mail.body.text.match(new RegExp(`${url}${path}\\?token=\\S+`));
      if (link) return link[0];
    }
    return null;
  });
}

test("a confirmation whose answer cannot be read stays open and says so", async ({ browser }) => {
  const context = await browser.newContext({ storageState: staffState });
  const page = await context.newPage();
  const users = (await call(context.request, "admin/users/list", { request: {} })).body.rows;
  await page.goto(`/admin/users/${users[0].id}`);
  await ready(page);
  await page.route("**/api/admin/users/disable", (route) => route.fulfill({ json: { of: "another time" } }));
  await page.getByRole("button", { name: "Disable user" }).click();
  const dialog = page.getByRole("dialog", { name: "Disable this user?" });
  await dialog.getByRole("button", { name: "Disable user" }).click();
  await expect(dialog.getByRole("alert").filter({ hasText: /./ })).toBeVisible();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog).toBeHidden();
  await context.close();
});

test("a password is reset by the mailed link: the old one and its sessions end, and the link works once", async ({ browser, request }) => {
  const staff = await browser.newContext({ storageState: staffState });
  const email = "node@plans.example";
  const [old, fresh] = ["the first password of this login", "another password of this login"];
  const seat = await browser.newContext();
  const page = await seat.newPage();
  const heard = listen(page);
  // The buyer of an earlier file has never signed in: activate first, and stay signed in at one seat.
  await page.goto(await mailed(staff.request, email, "/activate"));
  await ready(page);
  await refused(page, "Activate and sign in", { password: "short" }, { password: /characters/ });
  await page.getByLabel("Password").fill(old);
  await page.getByRole("button", { name: "Activate and sign in" }).click();
  await expect(page.getByRole("heading", { name: "CloudPods", level: 1 })).toBeVisible();
  const portal = page.url();

  const elsewhere = await browser.newContext();
  const other = await elsewhere.newPage();
  await other.goto("/sign-in");
  await ready(other);
  await other.getByRole("link", { name: "Forgot password?" }).click();
  await expect(other.getByRole("heading", { name: "Reset your password" })).toBeVisible();
  await other.getByLabel("Email").fill(email);
  await other.getByRole("button", { name: "Send reset link" }).click();
  await expect(other.getByRole("status").filter({ hasText: "sent a reset link" })).toBeVisible();

  // The admin reads it in the outbox, as the demo keeps its mail.
  const mails = await staff.newPage();
  await mails.goto("/admin/outbox");
  await mails.getByRole("row").filter({ hasText: email }).first().getByRole("link").click();
  const link = await mails.getByRole("link", { name: /\/reset\?token=/ }).getAttribute("href");
  expect(link).toBe(await mailed(staff.request, email, "/reset"));

  await other.goto(link);
  await ready(other);
  await expect(other.getByText(email)).toBeVisible();
  await refused(other, "Reset password", { password: "short" }, { password: /characters/ });
  await other.getByLabel("New password").fill(fresh);
  await other.getByRole("button", { name: "Reset password" }).click();
  await expect(other.getByRole("heading", { name: "Sign in", level: 1 })).toBeVisible();

  // The seat that was signed in is signed out; the old password opens nothing.
  await page.goto(portal);
  await expect(page.getByRole("heading", { name: "Sign in", level: 1 })).toBeVisible();
  await ready(page);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(old);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.locator("#f-password-error")).toContainText("Incorrect email or password");
  await page.getByLabel("Password").fill(fresh);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "CloudPods", level: 1 })).toBeVisible();

  await other.goto(link);
  await expect(other.getByText("This link has expired or was already used.")).toBeVisible();
  await expect(other.getByRole("button", { name: "Reset password" })).toHaveCount(0);
  const again = await call(request, "public/session/reset", { token: new URL(link).searchParams.get("token"), password: "a third password for it" });
  expect(again.status).toBe(404);
  expect(quiet(heard)).toEqual([]);
  for (const context of [staff, seat, elsewhere]) await context.close();
});
