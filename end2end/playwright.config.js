// The browser is the system's Chromium; the panel is the one that scripts/end2end.sh has started.
const { defineConfig } = require("@playwright/test");

module.exports = defineConfig({
  testDir: "tests",
  workers: 1, // one panel, one story: the files build on each other, in the order of their names
  timeout: 1_800_000, // an end to patience, not a measure of speed
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  outputDir: "test-results",
  use: {
    actionTimeout: 60_000, // a button that cannot be pressed is said, not waited for
    baseURL: process.env.E2E_URL,
    launchOptions: {
      executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    },
  },
});
