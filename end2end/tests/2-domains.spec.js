// The customer connects a domain in the portal, and sees which record proves it.
// Pages of hosting/domains.
const { test, expect } = require("@playwright/test");
const { listen, ready, recall } = require("./story");

test("a domain is connected, and its page says which record to set", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-owner.json" });
  const page = await context.newPage();
  const heard = listen(page);
  await page.goto(`${recall().portal}/domains`);
  await ready(page);
  await expect(page.getByRole("row", { name: /^northpier\.localhost / }), "what was ordered waits for its proof").toContainText("1 name");
  await page.getByRole("main").getByRole("link", { name: "Connect domain" }).first().click();
  await expect(page.getByRole("heading", { name: "Connect a domain" })).toBeVisible();
  await ready(page);
  const steps = page.getByRole("list", { name: "Connection steps" });
  await expect(steps.locator("[aria-current=step]")).toContainText("Domain");
  await page.getByLabel("Domain", { exact: true }).fill("not a domain");
  await page.getByRole("button", { name: "Connect domain" }).click();
  await expect(page.getByText("Enter a domain, for example northpier.example.")).toBeVisible();
  await page.getByLabel("Domain", { exact: true }).fill("northpier.example");
  await page.getByRole("button", { name: "Connect domain" }).click();
  await expect(page.getByRole("heading", { name: "northpier.example", exact: true })).toBeVisible();
  await expect(page.getByText("_mpanel.northpier.example")).toBeVisible();
  await expect(page.getByText(/^mpanel-verify=/)).toBeVisible();
  await expect(page.getByText("Waiting for DNS").first()).toBeVisible();
  await expect(steps.locator("[aria-current=step]")).toContainText("Ownership");
  // Who was asked is named; nobody answers here.
  await expect(page.getByRole("table", { name: "Answers by resolver" }).getByRole("row").nth(1)).toContainText("No response", { timeout: 60_000 });
  expect(heard.filter((line) => !line.includes("status of 4"))).toEqual([]);
  await context.close();
});
