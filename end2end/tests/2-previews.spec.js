// A customer creates a preview of a branch, which visitors see with its password only; staff look at it; it is deleted, and the site stays as it was.
// Pages of hosting/previews.
const { test, expect } = require("@playwright/test");
const { again, call, listen, onServer, owner, ready, recall, site, until } = require("./story");

const git = "chroot /mnt/git git -C /home/shop";
// The repository of the story's deploys, with this page on this branch.
const commit = (branch, title) =>
  onServer(
    "bash", "-c",
    `cd /var/lib/repos/shop && { ${git} checkout --quiet ${branch} 2>/dev/null || ${git} checkout --quiet -b ${branch}; } && echo '<title>${title}</title>' >index.html && ${git} add --all && ${git} -c user.name=Ana -c user.email=ana@example.test commit --quiet --message '${title}'`,
  );
// Whoever has the private half of this key reads it too.
const admit = (key) => onServer("bash", "-c", `line=$(head -1 /etc/ssh/git_keys); echo "\${line%%ssh-ed25519*}${key}" >>/etc/ssh/git_keys`);

test("a branch is previewed behind a password and the preview is deleted", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-owner.json" });
  const page = await context.newPage();
  const heard = listen(page);
  const { portal } = recall();
  const slug = portal.split("/")[2];
  const ask = async (operation, input) => {
    const answer = await call(context.request, `tenant/hosting/${operation}`, { slug, ...input });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body;
  };
  const pod = (await ask("cloudpods/list", { request: { search: "northpier" } })).rows[0].id;
  await ask("websites/create", { pod, title: "Branches", stack: "STATIC", runtime: null, domain: "" });
  const found = async () => (await ask("websites/list", { pod })).find((one) => one.title === "Branches");
  await until("the site is made", async () => (await found()).status === "ACTIVE");
  const { id, domain } = await found();
  const input = { remote: "ssh://root@198.18.77.2/home/shop", branch: "main", folder: "", build_command: "", publish: "", start_file: "", shared: "" };
  await ask("deploys/set_source", { id, input });
  admit((await ask("deploys/get", { id })).source.deploy_key);
  commit("main", "Live page");
  await ask("deploys/start", { id });
  await until("the site is deployed", async () => (await site(domain)).body.includes("<title>Live page"));
  commit("next", "Next page");
  await until("the deploy has ended", async () => (await ask("deploys/get", { id })).deploys[0].status === "SUCCEEDED");

  // A branch that is none is refused on its field.
  await page.goto(`${portal}/websites/${id}/deploys?tab=previews`);
  await ready(page);
  await page.getByLabel("Preview branch").fill("main");
  await page.getByRole("button", { name: "Create preview" }).click();
  await expect(page.locator("#f-preview_branch-error")).toContainText("Enter another one");
  await page.getByLabel("Preview branch").fill("next");
  await page.getByRole("button", { name: "Create preview" }).click();
  const completed = page.getByText("Completed", { exact: true }).first();
  await expect(completed).toBeVisible({ timeout: 120_000 });
  const preview = (await ask("deploys/get", { id })).previews[0];
  await until("the branch is deployed", async () => (await ask("deploys/get", { id })).previews[0].is_deployed);
  expect((await site(preview.domain)).status).toBe(401);

  await page.goto(`${portal}/websites/${id}/deploys?tab=previews`);
  await ready(page);
  const row = page.getByRole("row").filter({ hasText: preview.domain });
  await expect(row.getByText("Live", { exact: true })).toBeVisible();
  await row.getByRole("button", { name: "Show password" }).click();
  await expect(page.getByRole("heading", { name: "Preview password" })).toBeVisible();
  await page.getByRole("button", { name: "Show", exact: true }).click();
  const password = (await page.locator("code").filter({ hasText: /^[\w-]{43}$/ }).first().textContent()).trim();
  const seen = await site(preview.domain, { authorization: `Basic ${Buffer.from(`preview:${password}`).toString("base64")}` });
  expect([seen.status, seen.body]).toEqual([200, expect.stringContaining("<title>Next page")]);
  expect((await site(domain)).body).toContain("<title>Live page");

  // The list across CloudPods has both.
  await page.goto(`${portal}/websites?state=PREVIEW`);
  await ready(page);
  await expect(page.getByRole("row").filter({ hasText: "Branches (next)" })).toHaveCount(1);
  const staff = await browser.newContext({ storageState: "test-results-admin.json" });
  const theirs = await staff.newPage();
  await theirs.goto(`/admin/websites?search=${encodeURIComponent(`customer:${slug} Branches`)}`);
  await ready(theirs);
  await theirs.getByRole("link", { name: "Branches", exact: true }).click();
  await theirs.getByRole("link", { name: "Deploys", exact: true }).click();
  await theirs.getByRole("link", { name: "Previews", exact: true }).click();
  await expect(theirs.getByRole("row").filter({ hasText: preview.domain })).toHaveCount(1);
  await expect(theirs.getByRole("button", { name: "Create preview" })).toHaveCount(0);
  await staff.close();

  await page.goto(`${portal}/websites/${preview.id}`);
  await ready(page);
  await expect(page.getByText("Preview of branch")).toBeVisible();
  await page.getByRole("button", { name: "Delete preview" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete preview" }).click();
  await expect(completed).toBeVisible({ timeout: 120_000 });
  expect((await site(preview.domain)).status).not.toBe(401);
  expect((await site(domain)).body).toContain("<title>Live page");

  await page.goto(`${portal}/websites/${id}`);
  await ready(page);
  await page.getByRole("button", { name: "Delete site" }).click();
  const dialog = page.getByRole("dialog").filter({ hasText: "Delete " });
  await dialog.getByLabel(/^Type /).fill(domain);
  await dialog.getByRole("button", { name: "Delete site" }).click();
  await again(page, owner.password, completed);
  await expect(completed).toBeVisible({ timeout: 120_000 });
  expect(heard.filter((line) => !line.includes("status of 4"))).toEqual([]);
  await context.close();
});
