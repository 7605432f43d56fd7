// What a page is before its program runs: whole without scripts, and a press that comes too early is kept.
const { test, expect } = require("@playwright/test");
const { adminPages, publicPages, tenantPages } = require("./pages");
const { admin, inPairs, listen, ready } = require("./story");

// What a person reads on the page, without times that count.
const words = (page) => page.evaluate(() => [...document.querySelectorAll("main h1, main h2, main th, main td, main dt, main dd, main li, main p")]
  .filter((one) => one.checkVisibility() && !one.closest(".no-script") && !one.querySelector("time, h2, p, li"))
  .map((one) => one.textContent.replace(/\s+/g, " ").trim()).filter((text) => text && !/ ago\b|^now$/.test(text)));

test("without scripts every page is whole, says what does not work, and shows no button that would do nothing", async ({ browser }) => {
  const rounds = [[undefined, () => publicPages()], ["test-results-admin.json", adminPages], ["test-results-owner.json", tenantPages]];
  for (const [storageState, list] of rounds) {
    const plain = await browser.newContext({ storageState, javaScriptEnabled: false });
    const full = await browser.newContext({ storageState });
    await inPairs(await list(full.request), async (name, address) => {
      const page = await plain.newPage();
      const answer = await page.goto(address);
      expect(answer.status(), name).toBe(200);
      await expect(page.locator(".no-script > p"), name).toContainText("JavaScript is disabled");
      await expect(page.locator(".no-script > p"), name).toBeVisible();
      await expect(page.locator("button[data-hold]:visible, form[data-hold] [type=submit]:visible"), `${name} shows a button that does nothing`).toHaveCount(0);
      await expect(page.getByRole("heading", { level: 1 }), name).toHaveCount(1);
      const other = await full.newPage();
      // What is measured may change between two looks; then both look again.
      await expect(async () => {
        await page.goto(address);
        const without = await words(page);
        await other.goto(address);
        await ready(other);
        const whole = await words(other);
        expect(whole.length, `${name} says something`).toBeGreaterThan(0);
        // Whatever the program shows was in the server's answer, too.
        expect(whole.filter((text) => !without.includes(text)), `${name} lacks words before its program runs`).toEqual([]);
      }).toPass({ timeout: 60_000 });
      await page.close();
      await other.close();
    });
    await plain.close();
    await full.close();
  }
});

test("signing in needs no scripts", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto("/sign-in?next=/admin/audit");
  await page.getByLabel("Email").fill(admin.email);
  await page.getByLabel("Password").fill("not this one");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.locator("#f-password-error")).toContainText("Incorrect email or password");
  await expect(page.getByLabel("Password")).toBeFocused();
  await expect(page.getByLabel("Email")).toHaveValue(admin.email);
  await page.getByLabel("Password").fill(admin.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Audit log", level: 1 })).toBeVisible();
  expect(new URL(page.url()).pathname).toBe("/admin/audit");
  await context.close();
});

test("the theme goes round system, light and dark, on pages with the program and without it, and is kept", async ({ page }) => {
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme ?? "system");
  for (const path of ["/sign-in", "/"]) {
    await page.goto(path);
    await ready(page);
    const button = page.getByRole("button", { name: /^Theme:/ });
    await expect(button).toHaveAccessibleName("Theme: system. Switch to light");
    for (const [next, name] of [["light", "Theme: light. Switch to dark"], ["dark", "Theme: dark. Switch to system"]]) {
      await button.click();
      await expect(button).toHaveAccessibleName(name);
      expect(await theme()).toBe(next);
      await page.reload();
      expect(await theme(), "it is kept").toBe(next);
    }
    await button.click();
    await page.reload();
    expect(await theme()).toBe("system");
  }
});

test("without scripts links lead on and a list is searched", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-admin.json", javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto("/admin/customers");
  await page.getByRole("searchbox").fill("northpier");
  await page.getByRole("button", { name: "Search" }).click();
  expect(new URL(page.url()).searchParams.get("search")).toBe("northpier");
  await expect(page.locator("tbody tr")).toHaveCount(1);
  await page.locator("tbody a").first().click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Northpier");
  await context.close();
});

// Holds the program back until the test lets it go.
async function held(page) {
  let go;
  const gate = new Promise((resolve) => (go = resolve));
  await page.route("**/*.wasm", async (route) => {
    await gate;
    await route.continue();
  });
  return go;
}

test("a form that is sent before the program runs is sent when it does; nothing typed is lost", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-admin.json" });
  const page = await context.newPage();
  const heard = listen(page);
  const go = await held(page);
  await page.goto("/account", { waitUntil: "commit" });
  await page.getByLabel("Current password").fill("not this one");
  await page.getByLabel("New password", { exact: true }).fill("a password that is never set");
  await page.getByRole("button", { name: "Update password" }).click();
  expect(await page.evaluate(() => window.__mpanel_ready === true)).toBe(false);
  await expect(page.locator("#f-current-error")).toBeEmpty();
  go();
  await expect(page.locator("#f-current-error")).not.toBeEmpty();
  await expect(page.getByLabel("New password", { exact: true })).toHaveValue("a password that is never set");
  expect(heard.filter((line) => !line.includes("status of 422"))).toEqual([]);
  await context.close();
});

test("a button that is pressed before the program runs does its deed when it does", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-admin.json", viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  const heard = listen(page);
  const go = await held(page);
  await page.goto("/admin/customers", { waitUntil: "commit" });
  await expect(page.getByRole("link", { name: /Northpier/ })).toBeVisible();
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  await expect(page.getByRole("dialog", { name: "All sections" })).toBeHidden();
  go();
  await expect(page.getByRole("dialog", { name: "All sections" })).toBeVisible();
  expect(heard).toEqual([]);
  await context.close();
});

test("what is chosen and typed in an order before the program runs is what is ordered", async ({ page }) => {
  const heard = listen(page);
  const go = await held(page);
  await page.goto("/checkout?plan=wordpress", { waitUntil: "commit" });
  await page.getByRole("radio", { name: "Monthly" }).check();
  await page.getByRole("radio", { name: /^PHP/ }).check();
  await page.getByLabel("Domain").fill("early.localhost");
  await page.getByLabel("Site title").fill("Early Bird");
  await page.getByLabel("Email").fill("early@bird.example");
  go();
  await ready(page);
  await expect(page.getByRole("button", { name: /^Pay €8\.47/ })).toBeVisible();
  await expect(page.getByLabel("Domain")).toHaveValue("early.localhost");
  await expect(page.getByLabel("Email")).toHaveValue("early@bird.example");
  await page.getByRole("button", { name: /^Pay / }).click();
  await expect(page.getByRole("heading", { name: "Sandbox payment" })).toBeVisible();
  await expect(page.locator("main")).toContainText("early.localhost");
  await expect(page.locator("main")).toContainText("PHP, paid monthly");
  expect(heard).toEqual([]);
});
