// What the tests share: one browser, pages that note what goes wrong in them, and the check for accessibility.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { chromium } from "playwright-core";

export const open = process.env.TREUE_OPEN;
export const keyed = process.env.TREUE_KEYED;

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

let browser;
let folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "treue-chromium-"));
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/// A page of a visitor, with everything in it that went wrong.
export async function visitor({ language = "en", theme = "light", width = 1440, base = open, scripts = true } = {}) {
  const context = await browser.newContext({
    baseURL: base,
    viewport: { width, height: 900 },
    locale: language === "de" ? "de-DE" : "en-GB",
    colorScheme: theme,
    javaScriptEnabled: scripts,
  });
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // An answer such as 409 is said to be an error too; what is refused is what the tests look at.
    if (message.type() === "error" && !/status of (4\d\d)/.test(message.text())) wrong.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith("data:")) wrong.push(`asked elsewhere: ${request.url()}`);
  });
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
  return {
    page,
    wrong,
    async close() {
      assert.deepEqual(wrong, []);
      await context.close();
    },
  };
}

/// No violation that axe-core takes for serious or critical.
export async function accessible(page, where) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter((one) => ["serious", "critical"].includes(one.impact));
  const said = serious.map((one) => `${one.id}: ${one.help}\n  ${one.nodes.map((node) => `${node.target} ${node.failureSummary}`).join("\n  ")}`);
  assert.deepEqual(said, [], where);
}

/// Nothing sticks out sideways.
export async function fits(page, where) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(over <= 0, `${where} is ${over} pixels too wide`);
}

/// Waits until the page says something.
export const says = (page, text) => page.getByText(text).first().waitFor({ timeout: 15_000 });
