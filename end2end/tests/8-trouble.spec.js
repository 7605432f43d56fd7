// A server that does not answer, a browser that is cut off: what people see meanwhile, and that nothing is lost.
// Pages of administration/provisioning.
const { execFileSync } = require("node:child_process");
const { test, expect } = require("@playwright/test");
const { network } = require("./network");
const { call, listen, order, ready, until } = require("./story");

// So that this file can be run again against the same panel.
const run = Date.now().toString(36).slice(-4);
const [again, cut] = [`again${run}`, `cut${run}`];
const staffState = "test-results-admin.json";
const bed = (verb) => execFileSync(process.env.E2E_BED, [verb, process.env.E2E_HOST], { encoding: "utf8" });
// Whatever a test ends with, the server is reached again afterwards.
test.afterEach(() => bed("unhole"));

// The job of a pod that is called like this, as the panel knows it.
const jobOf = async (request, subject) => (await call(request, "admin/provisioning/jobs/list", { request: {} })).body.rows.find((row) => row.subject === subject);
const read = async (request, id) => (await call(request, "admin/provisioning/jobs/get", { id })).body;
const state = (page, word) => page.locator("main").getByText(word, { exact: true }).first();

// Orders while the server does not answer: the job waits in the middle of its way.
async function stuckJob(request, subject) {
  bed("blackhole");
  await order(request, "php", `${subject}.localhost`, "In Trouble");
  return until(`the job of ${subject} to be under way`, async () => {
    const row = await jobOf(request, subject);
    return row?.status === "running" && (await read(request, row.id)).events.length > 0 && row;
  });
}

// Found by this test: the server remembers the cancelled request, and the new try ends with "Stopped on request".
test("a job that waits for its server is cancelled and started again from its page, and each state is seen as it comes", async ({ browser }) => {
  const context = await browser.newContext({ storageState: staffState });
  const job = await stuckJob(context.request, again);
  const page = await context.newPage();
  const heard = listen(page);
  await page.goto(`/admin/jobs/${job.id}`);
  await ready(page);
  await expect(page.getByText(/^Running($|, step \d of 4$)/)).toBeVisible();
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Cancel job" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("rolls back completed steps");
  await dialog.getByRole("button", { name: "Keep running" }).click();
  await expect(dialog).toBeHidden();
  expect((await jobOf(context.request, again)).status).toBe("running");
  await page.getByRole("button", { name: "Cancel job" }).click();
  await dialog.getByRole("button", { name: "Cancel job" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("button", { name: "Cancel job" })).toBeHidden();
  // The way back is told line by line; its states may follow each other too fast to be seen one by one.
  const log = page.getByRole("log");
  await expect(log).toContainText("requested cancellation", { timeout: 60_000 });
  await expect(log).toContainText("Roll back: Reserve capacity on a server", { timeout: 120_000 });
  bed("unhole");
  await expect(state(page, "Rolled back")).toBeVisible({ timeout: 240_000 });
  await expect(log).toContainText("Rollback complete.");
  expect((await jobOf(context.request, again)).status).toBe("undone");
  await expect(page.getByText(/^Live$/)).toBeHidden();
  const before = (await read(context.request, job.id)).events.length;

  await page.getByRole("button", { name: "Retry job" }).click();
  await expect(page.getByRole("button", { name: "Retry job" })).toBeHidden();
  await expect(state(page, "Completed")).toBeVisible({ timeout: 240_000 });
  const after = await read(context.request, job.id);
  expect(after.view.job.status).toBe("done");
  expect(after.events.length).toBeGreaterThan(before);
  await expect(log.locator("li")).toHaveCount(after.events.length);
  await expect(log).toContainText(`${again}.localhost responded with`);
  expect(heard).toEqual([]);
  await context.close();
});

test("the live log goes on after the browser was cut off, with no line missing and none twice", async ({ browser }) => {
  const staff = await browser.newContext({ storageState: staffState });
  const job = await stuckJob(staff.request, cut);
  const cable = await network();
  const context = await browser.newContext({ storageState: staffState, proxy: cable.proxy });
  const page = await context.newPage();
  const lines = page.getByRole("log").locator("li > span:last-child");
  await page.goto(`/admin/jobs/${job.id}`);
  await ready(page);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  expect(await lines.count()).toBeGreaterThan(0);

  cable.cut();
  const banner = page.getByText(/^Connection lost\. Showing data as of .* Reconnecting…$/);
  await expect(banner).toBeVisible();
  await expect(page.getByText("Disconnected. Reconnecting…")).toBeVisible();
  const shown = await lines.count();
  bed("unhole");
  const whole = await until("the end of the job, which the browser does not hear of", async () => {
    const now = await read(staff.request, job.id);
    return now.view.job.status === "done" && now;
  }, 240);
  expect(whole.events.length).toBeGreaterThan(shown);
  expect(await lines.count()).toBe(shown);
  await expect(page.getByText(/^Running($|, step \d of 4$)/)).toBeVisible();

  cable.mend();
  await expect(state(page, "Completed")).toBeVisible({ timeout: 60_000 });
  await expect(banner).toBeHidden();
  await expect(lines).toHaveCount(whole.events.length);
  expect(await lines.allTextContents()).toEqual(whole.events.map((event) => event.message));
  await context.close();
  await staff.close();
  await cable.end();
});

test("a server that has stopped answering stands on the dashboard, and no longer when it is back", async ({ browser }) => {
  const context = await browser.newContext({ storageState: staffState });
  const silent = async () => (await call(context.request, "admin/overview/dashboard", {})).body.attention.find((line) => line.message.startsWith("It has not responded since"));
  expect(await silent()).toBeUndefined();
  bed("blackhole");
  const began = Date.now();
  await until("the dashboard to know", silent, 240);
  console.log(`the dashboard knew after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  const page = await context.newPage();
  await page.goto("/admin");
  await expect(page.getByText(/^It has not responded since/)).toBeVisible();
  bed("unhole");
  await until("the server to be well", async () => !(await silent()), 240);
  await context.close();
});
