// A customer sets environment variables of a site, which are never shown again, schedules a job for it, whose result appears, and reads its logs.
// Pages of hosting/websites.
const { test, expect } = require("@playwright/test");
const { call, listen, ready, recall, site } = require("./story");

test("variables are set and a job is scheduled for a site", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-owner.json" });
  const page = await context.newPage();
  const heard = listen(page);
  const { portal } = recall();
  const slug = portal.split("/")[2];
  const pods = await call(context.request, "tenant/hosting/cloudpods/list", { slug, request: { search: "northpier" } });
  const sites = await call(context.request, "tenant/hosting/websites/list", { slug, pod: pods.body.rows[0].id });
  const address = `${portal}/websites/${sites.body[0].id}`;
  const completed = page.getByText("Completed", { exact: true }).first();

  await page.goto(address);
  await page.getByRole("link", { name: "Environment", exact: true }).click();
  await ready(page);
  await expect(page.getByText("No environment variables yet.")).toBeVisible();
  const form = page.locator("section").filter({ has: page.getByRole("heading", { name: "Add variable" }) });
  await form.getByLabel("Name").fill("PORT");
  await form.getByLabel("Value").fill("8080");
  await form.getByRole("button", { name: "Add variable" }).click();
  await expect(form.locator("#f-variable-error")).toContainText("reserved");
  await form.getByLabel("Name").fill("GREETING");
  await form.getByLabel("Value").fill("it's a \"quoted\" $word");
  await form.getByRole("button", { name: "Add variable" }).click();
  await expect(page.getByText("Will be added")).toBeVisible();
  await expect(form.getByLabel("Name")).toHaveValue("");
  await page.getByRole("button", { name: "Apply changes" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Apply changes" }).click();
  await expect(completed).toBeVisible({ timeout: 120_000 });

  await page.goto(`${address}?tab=environment`);
  await ready(page);
  const variable = page.getByRole("row").filter({ hasText: "GREETING" });
  await expect(variable).toContainText("Hidden");
  expect(await page.content()).not.toContain("$word");

  await page.goto(`${address}?tab=jobs`);
  await ready(page);
  const job = page.locator("section").filter({ has: page.getByRole("heading", { name: "Add scheduled job" }) });
  await job.getByLabel("Name").fill("Greet");
  await job.getByLabel("Command").fill('printf "%s" "$GREETING"; exit 3');
  await job.getByLabel("Schedule").selectOption({ label: "Custom" });
  await job.getByLabel("Cron expression").fill("0 0 31 2 *");
  await job.getByRole("button", { name: "Add job" }).click();
  await expect(job.locator("#f-schedule-error")).toContainText("never runs");
  await job.getByLabel("Cron expression").fill("30 2 1 1 *");
  await job.getByRole("button", { name: "Add job" }).click();
  await expect(completed).toBeVisible({ timeout: 120_000 });

  await page.goto(`${address}?tab=jobs`);
  await ready(page);
  const row = page.getByRole("row", { name: /^Greet / });
  await expect(row).toContainText("Never run");
  await row.getByRole("button", { name: "Run now" }).click();
  await expect(page.getByText("Job started", { exact: true })).toBeVisible({ timeout: 60_000 });
  // The page hears of its end by itself.
  await expect(row).toContainText("exit code 3", { timeout: 120_000 });
  await row.getByText("Output", { exact: true }).click();
  await expect(row.getByText("it's a \"quoted\" $word")).toBeVisible();
  await row.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete job" }).click();
  await expect(completed).toBeVisible({ timeout: 120_000 });

  // A request appears in the access log while it is followed, and is found.
  await page.goto(`${address}?tab=logs`);
  await ready(page);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  const log = page.getByRole("log");
  expect((await site(sites.body[0].domain, { "user-agent": "looked-for-in-the-log" })).status).toBeGreaterThan(0);
  await expect(log.getByText("looked-for-in-the-log")).toBeVisible({ timeout: 30_000 });
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByRole("button", { name: "Follow" })).toBeVisible();
  await page.getByLabel("Find in the log").fill("LOOKED-FOR-IN");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await expect(page).toHaveURL(/search=LOOKED-FOR-IN/);
  await expect(log.getByText("looked-for-in-the-log")).toBeVisible();
  await page.getByLabel("Find in the log").fill("nothing-has-this");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await expect(log.getByText("No line matches.")).toBeVisible();
  await page.getByRole("link", { name: "Application", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Application log" })).toBeVisible();
  await page.getByRole("link", { name: "Access", exact: true }).click();
  await expect(log.getByText("looked-for-in-the-log")).toBeVisible();
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download log" }).click();
  expect((await download).suggestedFilename()).toBe("access.log");
  expect(heard.filter((line) => !line.includes("status of 4"))).toEqual([]);
  await context.close();
});
