// The main path of each desk, as somebody walks it.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { accessible, fits, keyed, open, says, visitor } from "./support.mjs";

const put = (path, body) => fetch(open + path, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

test("a customer is found, looked at, and a call is written down", async () => {
  const { page, close } = await visitor();
  await page.goto("/customers");
  await page.getByRole("searchbox").fill("SCHMIDT");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("link", { name: /^c-/ }).first().click();
  await says(page, "Distance to the next step");
  await page.getByLabel("Kind").fill("call");
  await page.getByLabel("Rating").selectOption("4");
  await page.getByLabel("Note").fill("asked about <b>shoes</b>");
  await page.getByRole("button", { name: "Save" }).click();
  await says(page, "The interaction is written down.");
  // A reload does not write it down once more: the page that says so was asked for, not sent.
  await page.reload();
  assert.equal(await page.getByText("asked about <b>shoes</b>").count(), 1);
  await accessible(page, "a customer after an entry");
  await close();
});

test("an entry that is refused keeps what was written", async () => {
  const { page, close } = await visitor({ language: "de" });
  await page.goto("/customers/c-1");
  await page.getByLabel("Art").fill("call");
  await page.getByLabel("Kosten").fill("viel");
  await page.getByLabel("Notiz").fill("ein langer Text");
  await page.getByRole("button", { name: "Speichern" }).click();
  await page.getByRole("alert").waitFor();
  assert.equal(await page.getByLabel("Notiz").inputValue(), "ein langer Text");
  await accessible(page, "a refused entry");
  await close();
});

test("a name with markup is a text everywhere", async () => {
  const name = `<img src=x onerror="document.title='broken'"><script>document.title='broken'</script>`;
  await put("/v1/customers/markup", { name, email: "<b>@example.org", attributes: { "<i>role</i>": "<u>x</u>" } });
  const { page, close } = await visitor();
  for (const path of ["/customers?search=markup", "/customers/markup", `/customers?search=${encodeURIComponent(name)}`, `/try?customer=${encodeURIComponent(name)}&sku=${encodeURIComponent(name)}&quantity=1&price=5`]) {
    await page.goto(path);
    assert.equal(await page.locator("main img, main script").count(), 0, path);
    assert.ok(!(await page.title()).startsWith("broken"), path);
  }
  await page.goto("/customers/markup");
  assert.equal(await page.locator("h1").textContent(), name);
  await close();
});

test("a basket is tried, and its address holds the question", async () => {
  const { page, close } = await visitor();
  await page.goto("/try");
  await page.getByLabel("Article").fill("SH-1");
  await page.getByLabel("Quantity").fill("2");
  await page.getByLabel("Unit price").fill("49.90");
  await page.getByRole("button", { name: "Add a line" }).click();
  await page.getByLabel("Article").nth(1).fill("CAP-7");
  await page.getByLabel("Unit price").nth(1).fill("19.95");
  await page.getByRole("button", { name: "Decide" }).click();
  await says(page, "Line by line");
  const address = page.url();
  const paid = await page.locator("dd.main").first().textContent();
  const { page: other, close: leave } = await visitor();
  await other.goto(address);
  assert.equal(await other.locator("dd.main").first().textContent(), paid);
  await leave();
  await close();
});

test("a past decision is opened and explained", async () => {
  const body = { id: "e2e-1", customer: "c-2", lines: [{ sku: "SH-1", quantity: 1, unit_price: "80.00" }] };
  const committed = await fetch(`${open}/v1/purchases`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  assert.equal(committed.status, 201);
  const { page, close } = await visitor();
  await page.goto("/try");
  await page.getByLabel("Purchase").fill("e2e-1");
  await page.getByRole("button", { name: "Open" }).click();
  await says(page, "Decision on purchase e2e-1");
  await says(page, "Does not apply");
  await accessible(page, "a decision");
  await page.goto("/customers/c-2");
  await page.getByRole("link", { name: "Why" }).first().click();
  await says(page, "Decision on purchase e2e-1");
  await close();
});

/// Types into the editor of a file that is shown, at its end.
async function append(page, text) {
  const content = page.locator(".file:not([hidden]) .cm-content");
  await content.click();
  await page.keyboard.press("Control+End");
  await page.keyboard.insertText(text);
}

test("a policy goes from a draft over check, tests and changes into force, and back", async () => {
  const { page, close } = await visitor();
  await page.goto("/policies?file=policies/discounts.yaml");
  await page.getByRole("button", { name: "policies/shop.yaml", exact: true }).click();
  assert.match(page.url(), /file=policies%2Fshop.yaml/);

  // A mistake is found while one types, and its place is a click away.
  await append(page, "\nlimits: { max_rate: 40 }\n");
  await page.locator("#findings li.error").first().waitFor();
  await page.locator("#findings .place").first().click();
  assert.notEqual(await page.evaluate(() => document.activeElement.closest(".host")), null);
  await accessible(page, "the editor with findings");
  await page.goto("/policies?file=policies/shop.yaml");
  await page.getByRole("button", { name: "Discard" }).click();

  // A ladder is edited as a table.
  await page.goto("/policies?file=policies/discounts.yaml");
  await page.locator('input[name="rate:regulars"]').first().fill("3%");
  await page.locator('button[name="ladder"][value="regulars"]').click();
  await says(page, "What the rules mean");
  await page.getByLabel("Why").fill("a friendlier first step");
  await page.getByRole("button", { name: "Save as a draft" }).click();

  await says(page, /tests passed/);
  await page.locator(".diff .added").first().waitFor();
  assert.match(await page.locator(".diff .added").allTextContents().then((lines) => lines.join()), /3: 3%/);
  await fits(page, "a draft");
  await accessible(page, "a draft");
  await page.screenshot({ path: join(process.env.TREUE_PICTURES, "draft-en-light-1440.png"), fullPage: true });

  // What it would have changed.
  const draft = page.url();
  const impact = await page.getByRole("link", { name: "Replay the last 12 months" }).getAttribute("href");
  // The page is there at once and says that it waits; the replay takes a debug build a while.
  await page.goto(impact, { timeout: 5_000 });
  await says(page, "The last twelve months are being replayed.");
  await accessible(page, "the impact while it is computed");
  await page.locator("figure svg").first().waitFor({ timeout: 180_000 });
  await fits(page, "the impact");
  await accessible(page, "the impact");
  await page.screenshot({ path: join(process.env.TREUE_PICTURES, "impact-en-light-1440.png"), fullPage: true });
  await page.goto(draft);

  // The draft is tried beside what is in force.
  await page.getByRole("link", { name: "Try a basket" }).click();
  await page.getByLabel("Article").fill("SH-1");
  await page.getByLabel("Unit price").fill("100");
  await page.getByRole("button", { name: "Decide" }).click();
  await page.locator("#decided section").nth(1).waitFor();
  await accessible(page, "two decisions");
  await page.screenshot({ path: join(process.env.TREUE_PICTURES, "beside-en-light-1440.png"), fullPage: true });

  await page.goto(draft);
  await page.getByLabel("Who").fill("Ada");
  await page.getByRole("button", { name: "Activate" }).click();
  await says(page, "The revision is in force.");

  // And back.
  await page.goto("/policies/history");
  await says(page, "a friendlier first step");
  await page.getByRole("link", { name: /^Bring back/ }).first().click();
  await page.getByLabel("Why").fill("back");
  await page.getByRole("button", { name: "Activate" }).click();
  await says(page, "The revision is in force.");
  await close();
});

const files = async () => (await (await fetch(`${open}/v1/policies`)).json()).files;

/// Somebody else changes a file and brings it into force.
async function meanwhile(path, change, note) {
  const texts = Object.fromEntries((await files()).map((file) => [file.path, file.path === path ? change(file.text) : file.text]));
  const post = (call, body) => fetch(open + call, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const { revision } = await (await post("/v1/policies/revisions", { files: texts, note })).json();
  assert.equal((await post("/v1/policies/activate", { revision, by: "Grace", note })).status, 200);
}

test("a save on something that is no longer in force leads to a merge and loses nothing", async () => {
  const { page, close } = await visitor();
  await page.goto("/policies?file=policies/shop.yaml");
  await append(page, "\n# my own line\n");
  await meanwhile("policies/shop.yaml", (text) => `# their line\n${text}`, "their change");
  await page.getByRole("button", { name: "Save as a draft" }).click();
  await says(page, "Somebody else was faster");
  await says(page, "Both changes fit together.");
  const merged = await page.getByLabel("Text of policies/shop.yaml").inputValue();
  assert.match(merged, /# their line/);
  assert.match(merged, /# my own line/);
  await fits(page, "the merge");
  await accessible(page, "the merge");
  await page.screenshot({ path: join(process.env.TREUE_PICTURES, "merge-en-light-1440.png"), fullPage: true });
  await page.getByRole("button", { name: "Save as a draft" }).click();

  // Before this draft is activated, somebody is faster once more.
  await page.getByRole("button", { name: "Activate" }).waitFor();
  await meanwhile("policies/shop.yaml", (text) => `${text}\n# once more\n`, "their second change");
  await page.getByRole("button", { name: "Activate" }).click();
  await says(page, "Somebody else was faster: Grace activated revision");
  await accessible(page, "a stale activation");
  await page.getByRole("button", { name: "Activate" }).click();
  await says(page, "The revision is in force.");
  await close();
});

test("text that was not saved is still there after an accident", async () => {
  const { page, close } = await visitor();
  await page.goto("/policies?file=policies/points.yaml");
  await append(page, "\n# not saved\n");
  await page.waitForFunction(() => localStorage.getItem("treue:unsaved")?.includes("# not saved"));
  await page.reload();
  await page.getByRole("button", { name: "Take it up again" }).click();
  await page.locator(".host .cm-content").getByText("# not saved").waitFor();
  await close();
});

test("without scripts everything still works", async () => {
  const { page, close } = await visitor({ scripts: false });
  await page.goto("/policies?file=policies/shop.yaml");
  const area = page.locator(".file:not([hidden]) textarea");
  await area.fill(`${await area.inputValue()}\nlimits: { max_rate: 40 }\n`);
  await page.getByRole("button", { name: "Check" }).click();
  await page.locator("#findings li.error").first().waitFor();
  await page.getByRole("button", { name: "policies/points.yaml", exact: true }).click();
  await page.getByRole("button", { name: "policies/shop.yaml", exact: true }).click();
  assert.match(await page.locator(".file:not([hidden]) textarea").inputValue(), /max_rate: 40 }/);
  await page.getByRole("button", { name: "Save as a draft" }).click();
  await page.getByRole("alert").waitFor();
  assert.match(await page.locator(".file:not([hidden]) textarea").inputValue(), /max_rate: 40 }/);
  await close();
});

test("a policy of 2,000 lines can be edited", async () => {
  const { page, close } = await visitor();
  await page.goto("/policies?file=policies/discounts.yaml");
  await page.locator(".file:not([hidden]) .cm-content").waitFor();
  const more = Array.from({ length: 500 }, (_, at) => `  code_${at}:\n    when: { code: CODE-${at} }\n    rate: 5%\n    priority: ${at + 200}\n`).join("");
  const text = await page.locator(".file:not([hidden]) textarea").inputValue();
  const at = text.indexOf("\n  regulars:") + 1;
  await page.evaluate((long) => navigator.clipboard?.writeText?.(long).catch(() => {}), "");
  await page.locator(".file:not([hidden]) textarea").evaluate((area, [before, long, after]) => {
    area.value = before + long + after;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }, [text.slice(0, at), more, text.slice(at)]);
  await page.locator("#words").getByText("code_499").waitFor({ state: "attached", timeout: 30_000 });
  await fits(page, "a long policy");
  await close();
});

test("a refused file of the folder is an alert on the overview", async () => {
  const file = join(process.env.TREUE_OPEN_FOLDER, "policies/shop.yaml");
  const before = readFileSync(file, "utf8");
  const { page, close } = await visitor();
  try {
    await page.goto("/");
    writeFileSync(file, `${before}\nlimits: { max_rate: 40 }\n`);
    await page.waitForFunction(async () => (await (await fetch("/console/api/policies")).json()).last_failed_reload, null, { timeout: 15_000 });
    await page.goto("/");
    await says(page, "The policy files of the folder were refused");
    await page.goto("/policies");
    await says(page, "The files of the folder were refused");
    await accessible(page, "refused files");
  } finally {
    writeFileSync(file, before);
  }
  await close();
});

test("history is replayed without discounts, and two runs are compared", async () => {
  const { page, close } = await visitor();
  await page.goto("/simulations");
  await page.getByLabel("Share of customers").fill("20%");
  await page.getByRole("button", { name: "Start" }).click();
  await page.locator("figure svg").first().waitFor({ timeout: 120_000 });
  await fits(page, "a simulation");
  await accessible(page, "a simulation");
  await page.screenshot({ path: join(process.env.TREUE_PICTURES, "simulation-en-light-1440.png"), fullPage: true });
  const file = await page.getByRole("link", { name: "Everything as one HTML file" }).getAttribute("href");
  const whole = await page.evaluate(async (href) => (await fetch(href, { headers: { accept: "text/html" } })).text(), file);
  assert.match(whole, /<svg/);
  const table = await page.getByRole("link", { name: /^Download CSV/ }).first().getAttribute("href");
  assert.match(await page.evaluate(async (href) => (await fetch(href)).text(), table), /^side,/);

  // A scenario file with a mistake comes back with its place; a right one runs beside the first.
  await page.goto("/simulations");
  await page.getByText("Scenario file").first().click();
  await page.getByLabel("Scenario file").fill("windw: 3 months\ncandidate: none\n");
  await page.getByRole("button", { name: "Start" }).click();
  await says(page, "scenario:1:1");
  await accessible(page, "a refused scenario");
  await page.getByLabel("Scenario file").fill("window: 3 months\nsample: 10%\nbaseline: recorded\ncandidate: none\n");
  await page.getByRole("button", { name: "Start" }).click();
  await page.locator("figure svg").first().waitFor({ timeout: 120_000 });
  await page.goto("/simulations");
  for (const box of await page.getByRole("checkbox", { name: /^Compare/ }).all()) await box.check();
  await page.getByRole("button", { name: "Compare" }).click();
  await page.locator("section").nth(2).locator("figure svg").first().waitFor();
  await fits(page, "two simulations");
  await accessible(page, "two simulations");
  await page.screenshot({ path: join(process.env.TREUE_PICTURES, "compare-en-light-1440.png"), fullPage: true });
  await close();
});

test("the best settings are searched for, and a point goes the way of a draft", async () => {
  const { page, close } = await visitor();
  await page.goto("/simulations");
  await page.getByRole("link", { name: "Find the best settings" }).click();
  // Nothing is ticked: what is wrong is said, and the form comes back.
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByRole("alert").waitFor();
  await accessible(page, "a refused search");

  await page.goto("/simulations/search");
  await page.getByLabel("Share of customers").fill("20%");
  await page.getByLabel("Tries at most").fill("5");
  for (const name of ["A", "B", "C"]) await page.getByLabel(`Class ${name}`).fill("1 to 3");
  const setting = "discounts.regulars.ladder.steps.10";
  await page.getByRole("checkbox", { name: setting }).check();
  await page.getByLabel(`Lowest: ${setting}`).fill("2%");
  await page.getByLabel(`Highest: ${setting}`).fill("4%");
  await page.getByLabel(`Step: ${setting}`, { exact: true }).fill("1%");
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByRole("progressbar").or(page.getByRole("heading", { name: "What was found" })).first().waitFor();
  await page.getByRole("link", { name: /^Take this as a draft/ }).first().waitFor({ timeout: 240_000 });
  await page.locator("figure svg").first().waitFor();
  await fits(page, "a search");
  await accessible(page, "a search");
  await page.screenshot({ path: join(process.env.TREUE_PICTURES, "search-en-light-1440.png"), fullPage: true });
  const file = await page.getByRole("link", { name: "Everything as one HTML file" }).getAttribute("href");
  const whole = await page.evaluate(async (href) => (await fetch(href, { headers: { accept: "text/html" } })).text(), file);
  assert.match(whole, /What each point changes/);
  assert.match(whole, /<svg/);

  const search = page.url();
  await page.getByRole("link", { name: /^Take this as a draft/ }).first().click();
  assert.match(await page.getByLabel("Why").inputValue(), /^Point \d of search s-/);
  await page.getByRole("button", { name: "Save as a draft" }).click();
  await says(page, /tests passed/);
  assert.match(await page.locator(".diff .added").allTextContents().then((lines) => lines.join()), /10: [234]%/);

  // Something else came into force since: the point's settings are merged with it, and nothing of it is undone.
  await meanwhile("policies/shop.yaml", (text) => `# since the search\n${text}`, "since the search");
  await page.goto(search);
  await page.getByRole("link", { name: /^Take this as a draft/ }).first().click();
  await page.getByRole("button", { name: "Save as a draft" }).click();
  await says(page, "Both changes fit together.");
  await page.getByRole("button", { name: "Save as a draft" }).click();
  await says(page, /tests passed/);
  assert.doesNotMatch(await page.locator(".diff .removed").allTextContents().then((lines) => lines.join()), /since the search/);
  await close();
});

test("a search is cancelled while it runs", async () => {
  const { page, close } = await visitor();
  const body = { search: { move: { "discounts.a_customers.rate": { from: "0%", to: "10%", by: "0.5%" } }, tries: 500 } };
  const { id } = await (await fetch(`${open}/v1/searches`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })).json();
  await page.goto(`/simulations/${id}`);
  await accessible(page, "a search that runs");
  await page.getByRole("button", { name: "Cancel" }).click();
  await says(page, "Start a simulation");
  assert.equal((await fetch(`${open}/v1/simulations/${id}`)).status, 404);
  await close();
});

test("a draft runs in the shadow of what is in force", async () => {
  const { page, close } = await visitor();
  const post = (call, body) => fetch(open + call, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const texts = Object.fromEntries((await files()).map((file) => [file.path, file.path === "policies/discounts.yaml" ? file.text.replace("\n  happy_hour:", "\n  for_all: { rate: 7% }\n\n  happy_hour:") : file.text]));
  const { revision } = await (await post("/v1/policies/revisions", { files: texts, note: "seven for all" })).json();
  await page.goto(`/policies/drafts/${revision}`);
  await page.getByRole("link", { name: "Run in the shadow" }).click();
  await page.getByRole("button", { name: "Start" }).click();
  await says(page, /running since/);
  await accessible(page, "a shadow without quotes");
  assert.equal((await post("/v1/quotes", { customer: "c-1", lines: [{ sku: "SH-1", quantity: 1, unit_price: "100" }] })).status, 200);
  await page.waitForFunction(async () => (await (await fetch("/console/api/policies/shadow")).json()).quotes === 1);
  await page.getByRole("link", { name: "Look again" }).click();
  await says(page, "The last quotes that differ");
  await fits(page, "a shadow");
  await accessible(page, "a shadow");
  await page.screenshot({ path: join(process.env.TREUE_PICTURES, "shadow-run-en-light-1440.png"), fullPage: true });
  await page.getByRole("button", { name: "Stop" }).click();
  await says(page, "Run a draft in the shadow");
  assert.equal((await fetch(`${open}/v1/policies/shadow`)).status, 404);
  await close();
});

test("reports, budgets and findings are German on German pages", async () => {
  const { page, close } = await visitor({ language: "de" });
  const english = /\b(the|customers|purchases|expected|which|is not)\b/;
  for (const name of ["abc", "budgets", "cohorts", "rfm", "segments", "discounts", "points", "next", "clv", "experiments"]) {
    await page.goto(`/reports/${name}`);
    // Names of the policy stand in code or between backticks; sources are cited as they are.
    for (const text of await page.locator("main li, main .note, main h2, main th[scope=col], main figure title").allTextContents()) {
      assert.doesNotMatch(text.replaceAll(/`[^`]*`/g, ""), english, `${name}: ${text}`);
    }
  }
  await page.goto("/customers/c-1");
  await page.locator("#service ~ details summary").click();
  for (const text of await page.locator("#service ~ details li").allTextContents()) assert.doesNotMatch(text, english);
  await page.goto("/policies?file=policies/shop.yaml");
  await append(page, "\nlimits: { max_rate: 40 }\n");
  await page.locator("#findings li.error").first().waitFor();
  for (const text of await page.locator("#findings li").allTextContents()) assert.doesNotMatch(text.replaceAll(/`[^`]*`/g, ""), english);
  await page.evaluate(() => localStorage.clear());
  await close();
});

test("a report is filtered, and its tables and pictures are files", async () => {
  const { page, close } = await visitor();
  await page.goto("/reports");
  await page.getByRole("link", { name: "Service budgets" }).click();
  await page.getByText("Filters").click();
  await page.getByLabel("As of").fill("2026-06-01");
  await page.getByRole("button", { name: "Make the report" }).click();
  assert.match(page.url(), /as_of=2026-06-01/);
  await says(page, "As of 1 Jun 2026");
  await page.locator("figure svg").first().waitFor();
  const table = await page.getByRole("link", { name: /^Download CSV/ }).first().getAttribute("href");
  const csv = await page.evaluate(async (href) => (await fetch(href)).text(), table);
  assert.match(csv, /^class,/);
  const picture = await page.getByRole("link", { name: /^Picture as a file/ }).first().getAttribute("href");
  assert.equal(await page.evaluate(async (href) => (await fetch(href)).headers.get("content-type"), picture), "image/svg+xml");
  await close();
});

test("the overview fills in the first pictures of reports", async () => {
  const { page, close } = await visitor();
  await page.goto("/");
  await page.locator('[data-part="/reports/abc/glance"] figure svg').waitFor({ timeout: 30_000 });
  await page.waitForFunction(() => !document.querySelector("[aria-busy]"), null, { timeout: 60_000 });
  await accessible(page, "the overview with pictures");
  await page.screenshot({ path: join(process.env.TREUE_PICTURES, "glances-en-light-1440.png"), fullPage: true });
  await close();
});

test("with keys the console asks for one, and offers what it allows", async () => {
  const { page, close } = await visitor({ base: keyed });
  await page.goto("/customers?search=x");
  await says(page, "This console works with your key.");
  await accessible(page, "the door");
  await page.screenshot({ path: join(process.env.TREUE_PICTURES, "door-en-light-1440.png") });
  await page.getByLabel("Key").fill("treue_admin_0000_wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await says(page, "This key does not open anything:");
  await page.getByLabel("Key").fill(process.env.TREUE_ADMIN_KEY);
  await page.getByRole("button", { name: "Sign in" }).click();
  await says(page, "Nobody was found");
  assert.match(page.url(), /customers\?search=x/);
  const [cookie] = await page.context().cookies();
  assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, "Strict"]);
  assert.equal(await page.evaluate(() => document.cookie), "");
  await page.getByRole("button", { name: "Sign out" }).click();

  await page.getByLabel("Key").fill(process.env.TREUE_CHECKOUT_KEY);
  await page.getByRole("button", { name: "Sign in" }).click();
  const places = await page.getByRole("navigation", { name: "Main" }).getByRole("link").allTextContents();
  assert.deepEqual(places.map((place) => place.trim()), ["Overview", "Try and explain"]);
  const refused = await page.goto("/customers");
  assert.equal(refused.status(), 403);
  await accessible(page, "not allowed");
  await close();
});

test("forms of other sites are refused", async () => {
  const send = (headers) => fetch(`${open}/customers/c-1/interactions`, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded", ...headers }, body: "kind=call" });
  assert.equal((await send({ "sec-fetch-site": "cross-site" })).status, 403);
  assert.equal((await send({ origin: "http://evil.example" })).status, 403);
});
