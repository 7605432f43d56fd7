// The program comes in parts: each group of pages when it is asked for; and what a person sees when a part does not come.
const fs = require("node:fs");
const { test, expect } = require("@playwright/test");
const { listen, ready } = require("./story");

test.use({ storageState: "test-results-admin.json" });

// Names of the parts that were fetched since.
const parts = (page) => {
  const fetched = [];
  page.on("request", (asked) => /\/(parts|split|chunk)_\w+\.[0-9a-f]+\.(bin|wasm)$/.test(asked.url()) && fetched.push(asked.url().match(/\/((?:parts|split|chunk)_\w+)\./)[1]));
  return fetched;
};
const open = async (page, room, heading) => {
  await page.getByRole("link", { name: room, exact: true }).first().click();
  await expect(page.getByRole("heading", { name: heading, level: 1 })).toBeVisible();
};

test("the code of a page comes when the page is asked for, and once", async ({ page }) => {
  const heard = listen(page);
  const fetched = parts(page);
  await page.goto("/admin");
  await ready(page);
  expect(fetched.some((part) => part.startsWith("parts_"))).toBe(true);
  expect(fetched.filter((part) => part.startsWith("split_"))).toEqual([]);
  await open(page, "Billing", "Products");
  expect(fetched).toContain("split_products");
  await open(page, "Overview", "Dashboard");
  const before = fetched.length;
  await open(page, "Billing", "Products");
  expect(fetched.length).toBe(before);
  expect(new Set(fetched).size).toBe(before);
  expect(heard).toEqual([]);
});

test("sign-in and the dashboard of staff come in at most 300 KB, all files and answers together", async ({ browser }) => {
  const context = await browser.newContext({ storageState: { cookies: [], origins: [] } });
  const page = await context.newPage();
  const wire = await context.newCDPSession(page);
  await wire.send("Network.enable");
  let bytes = 0;
  wire.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.goto("/sign-in", { waitUntil: "networkidle" });
  // Somebody who has signed in there, and nothing in the browser's cache but what sign-in brought.
  await context.addCookies(JSON.parse(fs.readFileSync("test-results-admin.json", "utf8")).cookies);
  await page.goto("/admin");
  await expect(page.getByRole("heading", { name: "Dashboard", level: 1 })).toBeVisible();
  await ready(page);
  await page.waitForLoadState("networkidle");
  expect(bytes).toBeGreaterThan(100 * 1024);
  expect(bytes).toBeLessThanOrEqual(300 * 1024);
  await context.close();
});

test("a page whose code does not come says so where it would stand, and is there when it is tried again", async ({ page }) => {
  await page.goto("/admin");
  await ready(page);
  await page.route("**/split_products.*", (route) => route.abort());
  await page.getByRole("link", { name: "Billing", exact: true }).first().click();
  const said = page.getByRole("main").getByRole("alert");
  await expect(said).toContainText("Couldn't load this page.");
  await expect(page).toHaveURL(/\/admin\/products$/);
  await page.unroute("**/split_products.*");
  await said.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { name: "Products", level: 1 })).toBeVisible();
});

test("a page whose program does not come stays readable and says what is missing", async ({ context }) => {
  for (const files of ["**/mpanel.*.wasm", "**/parts_*", "**/mpanel.*.js"]) {
    const page = await context.newPage();
    await page.route(files, (route) => route.abort());
    await page.goto("/admin");
    const said = page.getByRole("alert").filter({ hasText: "didn't finish loading" });
    await expect(said, files).toBeVisible();
    await expect(page.getByRole("heading", { name: "Dashboard", level: 1 })).toBeVisible();
    expect(await page.evaluate(() => window.__mpanel_ready === true)).toBe(false);
    await page.unroute(files);
    await said.getByRole("link", { name: "Reload" }).click();
    await ready(page);
    await expect(said).toBeHidden();
    await page.close();
  }
});

// A browser breaks off what it is fetching when the network under it changes: another Wi-Fi, a tunnel that comes up.
test("a page runs although each file of its program did not come at first, and so does one whose code is asked for later", async ({ context }) => {
  for (const files of ["**/mpanel.*.wasm", "**/parts_*", "**/mpanel.*.js", "**/__wasm_split.*.js"]) {
    const page = await context.newPage();
    let broken = 0;
    await page.route(files, (route) => (broken++ ? route.continue() : route.abort("connectionaborted")));
    await page.goto("/admin");
    await ready(page);
    expect(broken, files).toBeGreaterThan(1);
    await page.route("**/split_products.*", (route) => route.abort("connectionaborted"), { times: 1 });
    await open(page, "Billing", "Products");
    await page.close();
  }
});

test("a link that is pressed while the page's code is still coming leads on; so does Back", async ({ page }) => {
  const heard = listen(page);
  let arrive;
  const arrived = new Promise((resolve) => (arrive = resolve));
  await page.goto("/admin");
  await ready(page);
  await open(page, "Billing", "Products");
  await page.route("**/split_products.*", async (route) => {
    await arrived;
    await route.continue().catch(() => {});
  });
  const asked = () => page.waitForRequest(/split_products/);
  await Promise.all([asked(), page.reload({ waitUntil: "domcontentloaded" })]);
  await page.goBack({ waitUntil: "commit" });
  await expect(page.getByRole("heading", { name: "Dashboard", level: 1 })).toBeVisible();
  await ready(page);
  await Promise.all([asked(), page.goto("/admin/products", { waitUntil: "domcontentloaded" })]);
  await page.getByRole("link", { name: "Overview", exact: true }).first().click();
  await expect(page.getByRole("heading", { name: "Dashboard", level: 1 })).toBeVisible();
  await ready(page);
  arrive();
  expect(heard).toEqual([]);
});

test("a page whose program breaks off says so", async ({ page }) => {
  await page.route("**/admin", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace("<main", "<aside></aside><main") });
  });
  await page.goto("/admin");
  await expect(page.getByRole("alert").filter({ hasText: "didn't finish loading" })).toBeVisible();
});
