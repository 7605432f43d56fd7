// The first page that anybody sees, by keyboard alone. It is not finished here: the next file does that.
const { test, expect } = require("@playwright/test");
const { faults, lacks } = require("./faults");
const { focused, walk } = require("./keys");
const { admin, listen, ready, setup } = require("./story");

test("the set-up form is filled in by keyboard alone; what is wrong stands on its field and what was typed stays", async ({ page }) => {
  const heard = listen(page);
  await page.goto(setup());
  await ready(page);
  await page.keyboard.press("Tab");
  expect((await focused(page)).name).toBe("Skip to content");
  await walk(page, "Email");
  await page.keyboard.type(admin.email);
  await walk(page, "Your name");
  await page.keyboard.type(admin.name);
  await walk(page, "Password");
  await page.keyboard.type("short");
  await page.keyboard.press("Enter");
  const password = page.getByLabel("Password");
  await expect(password).toHaveAttribute("aria-invalid", "true");
  await expect(password).toBeFocused();
  await expect(page.locator("#f-password-error")).toContainText(/characters/);
  await expect(page.getByLabel("Email")).toHaveValue(admin.email);
  await expect(page.getByLabel("Your name")).toHaveValue(admin.name);
  await expect(password, "no page brings a password back").toHaveValue("");
  expect(heard.filter((line) => !line.includes("status of 422"))).toEqual([]);
  // Its link is good for these files alone: those that look at all pages find it used.
  expect(await lacks(page)).toEqual([]);
  expect(await faults(page)).toEqual([]);
});
