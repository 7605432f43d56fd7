// Keyboard alone: everything is reached, everything that has the focus shows it, dialogs keep it and give it back.
const { test, expect } = require("@playwright/test");
const { focused, walk, walkAll } = require("./keys");
const { adminPages, publicPages, tenantPages } = require("./pages");
const { admin, call, inPairs, listen, ready } = require("./story");

const phone = { width: 390, height: 844 };

test("signing in and out by keyboard alone", async ({ browser }) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const heard = listen(page);
  await page.goto("/sign-in");
  await ready(page);
  await walk(page, "Email");
  await page.keyboard.type(admin.email);
  await page.keyboard.press("Tab");
  expect((await focused(page)).name).toBe("Password");
  await page.keyboard.type(admin.password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Dashboard", level: 1 })).toBeVisible();
  await ready(page);
  await walk(page, /account menu/, "button");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Sign out" })).toBeHidden();
  expect((await focused(page)).name).toMatch(/account menu/);
  await page.keyboard.press("Enter");
  await walk(page, "Sign out", "button");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Sign in", level: 1 })).toBeVisible();
  await page.goto("/admin");
  await expect(page.getByRole("heading", { name: "Sign in", level: 1 })).toBeVisible();
  expect(heard).toEqual([]);
  await context.close();
});

test("a plan is chosen, ordered and paid by keyboard alone, and the site answers", async ({ page }) => {
  const heard = listen(page);
  await page.goto("/");
  await ready(page);
  await walk(page, "Order WordPress", "a");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Order a CloudPod" })).toBeVisible();
  await ready(page);
  await walk(page, "Yearly");
  await page.keyboard.press("ArrowLeft");
  expect((await focused(page)).name).toBe("Monthly");
  await walk(page, /^WordPress/, "input");
  await page.keyboard.press("ArrowDown");
  expect((await focused(page)).name).toMatch(/^PHP/);
  await expect(page.getByRole("button", { name: /^Pay €8\.47/ })).toBeVisible();
  await walk(page, /^Domain/, "input");
  await page.keyboard.type("hands.localhost");
  await walk(page, /^Site title/, "input");
  await page.keyboard.type("By Hand");
  await walk(page, "Email", "input");
  await page.keyboard.type("hands@keyboard.example");
  await walk(page, /^Pay /, "button");
  await page.keyboard.press("Space");
  await expect(page.getByRole("heading", { name: "Sandbox payment" })).toBeVisible();
  await ready(page);
  await walk(page, /^Approve/, "input");
  await walk(page, /^Continue/, "button");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "hands.localhost is live" })).toBeVisible({ timeout: 150_000 });
  expect(heard).toEqual([]);
});

test("the dialog before a deletion takes the focus, keeps it, and gives it back; the name is typed and the pod goes", async ({ browser }) => {
  // Signed in just now: what cannot be undone asks for the password again after some minutes, which is not looked at here.
  const context = await browser.newContext();
  expect((await call(context.request, "public/session/sign_in", { email: admin.email, password: admin.password })).status).toBe(200);
  const page = await context.newPage();
  const heard = listen(page);
  await page.goto("/admin/cloudpods?search=hands");
  await ready(page);
  await walk(page, "hands", "a");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "hands", level: 1 })).toBeVisible();
  await walk(page, "Delete CloudPod", "button");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  await expect(dialog.getByRole("textbox")).toBeFocused();
  for (let step = 0; step < 9; step += 1) {
    await page.keyboard.press("Tab");
    const now = await focused(page);
    // Between the last and the first thing of a dialog the focus may be on the window itself, never on the page behind.
    expect(now.inDialog || now.kind === "none", `the focus is on ${now.html}`).toBe(true);
    expect(now.seen, `the focus is seen on ${now.html}`).toBe(true);
  }
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("button", { name: "Delete CloudPod" })).toBeFocused();
  await page.keyboard.press("Space");
  await expect(dialog.getByRole("textbox")).toBeFocused();
  await page.keyboard.type("hand");
  await page.keyboard.press("Enter");
  await expect(dialog).toBeVisible();
  await page.keyboard.type("s");
  await walk(page, "Cancel", "button");
  await walk(page, "Delete CloudPod", "button");
  await page.keyboard.press("Enter");
  const asks = page.getByRole("dialog", { name: "Confirm your password" });
  await asks.or(page.getByRole("heading", { name: /^Delete CloudPod/, level: 1 })).first().waitFor();
  if (await asks.isVisible()) {
    await expect(asks.getByLabel("Password")).toBeFocused();
    await page.keyboard.type(admin.password);
    await page.keyboard.press("Enter");
  }
  await expect(page.getByRole("heading", { name: /^Delete CloudPod/, level: 1 })).toBeVisible();
  await expect(page.getByText("Completed", { exact: true }).first()).toBeVisible({ timeout: 120_000 });
  // The refusal that asks for the password is one that the browser writes down by itself.
  expect(heard.filter((line) => !line.includes("status of 403"))).toEqual([]);
  await context.close();
});

test("the menu of a phone opens, closes and leads on by keyboard alone", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-admin.json", viewport: phone });
  const page = await context.newPage();
  const heard = listen(page);
  await page.goto("/admin");
  await ready(page);
  await walk(page, "Menu", "button");
  await page.keyboard.press("Enter");
  const sheet = page.getByRole("dialog", { name: "All sections" });
  await expect(sheet).toBeVisible();
  await expect.poll(async () => (await focused(page)).inDialog).toBe(true);
  for (let step = 0; step < 24; step += 1) {
    await page.keyboard.press("Tab");
    const now = await focused(page);
    expect(now.inDialog || now.kind === "none", `the focus is on ${now.html}`).toBe(true);
    expect(now.seen, `the focus is seen on ${now.html}`).toBe(true);
  }
  await page.keyboard.press("Escape");
  await expect(sheet).toBeHidden();
  await expect(page.getByRole("button", { name: "Menu", exact: true })).toBeFocused();
  await page.keyboard.press("Enter");
  await walk(page, "Invoices", "a");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Invoices", level: 1 })).toBeVisible();
  await expect(sheet).toBeHidden();
  await expect(page.locator("#main")).toBeFocused();
  expect(heard).toEqual([]);
  await context.close();
});

test("the focus is seen at every stop of every page", async ({ browser }) => {
  const staff = await browser.newContext({ storageState: "test-results-admin.json" });
  const owner = await browser.newContext({ storageState: "test-results-owner.json" });
  const anybody = await browser.newContext();
  const rounds = [[anybody, publicPages()], [staff, await adminPages(staff.request)], [owner, await tenantPages(owner.request)]];
  for (const [context, pages] of rounds) {
    await inPairs(pages, async (name, address) => {
      const page = await context.newPage();
      await page.goto(address);
      await ready(page);
      const stops = await walkAll(page);
      expect(stops[0].name, `${name}: the way past the menus comes first`).toBe("Skip to content");
      expect(stops.length, `${name} is reached by keyboard`).toBeGreaterThan(2);
      await page.close();
    });
    await context.close();
  }
});
