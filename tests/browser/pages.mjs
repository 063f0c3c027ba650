// Checks every page at two widths and in both color schemes: pages.mjs CHROMIUM FOLDER-OF-PAGES FOLDER-FOR-SCREENSHOTS
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [executablePath, pages, pictures] = process.argv.slice(2);
const names = JSON.parse(readFileSync(path.join(pages, "names.json"), "utf8"));
const WIDTHS = [1280, 390];
const SCHEMES = ["light", "dark"];
// WCAG 2.2, success criterion 1.4.3.
const LEAST_CONTRAST = 4.5;

const browser = await chromium.launchPersistentContext(path.join(pages, "profile"), {
  executablePath,
  headless: true,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});
// Runs before anything of a page does.
await browser.addInitScript(() => {
  window.violations = [];
  document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
});

for (const name of ["overview", "licenses", "users"]) {
  for (const width of WIDTHS) {
    for (const scheme of SCHEMES) {
      await check(name, width, scheme);
    }
  }
}
await browser.close();
console.log("every page is calm");

async function check(name, width, scheme) {
  const page = await browser.newPage();
  const trouble = [];
  page.on("console", (message) => trouble.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => trouble.push(`error: ${error}`));
  page.on("dialog", (dialog) => { trouble.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => {
    if (!request.url().startsWith("file:") && request.url() !== "data:,") trouble.push(`request: ${request.url()}`);
  });
  await page.emulateMedia({ colorScheme: scheme });
  await page.setViewportSize({ width, height: 900 });
  await page.goto(pathToFileURL(path.join(pages, `${name}.html`)).href);

  const what = `${name} at ${width} in ${scheme}`;
  const seen = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth - window.innerWidth,
    harmed: "harmed" in window,
    foreign: document.querySelectorAll("img, iframe, object, embed, svg[onload], script:not(:last-of-type)").length,
    scripts: document.scripts.length,
    tables: document.querySelectorAll("table").length,
    captions: document.querySelectorAll("table > caption").length,
    bareHeadings: document.querySelectorAll("th:not([scope=col]), th:not(:has(button))").length,
    regions: document.querySelectorAll(".scroll[tabindex='0'][role=region][aria-labelledby]").length,
    texts: [...document.querySelectorAll("bdi")].map((each) => each.textContent),
    paper: getComputedStyle(document.body).backgroundColor,
  }));
  assert.ok(seen.wide <= 0, `${what}: ${seen.wide} pixels too wide`);
  assert.equal(seen.harmed, false, what);
  assert.equal(seen.foreign, 0, what);
  assert.equal(seen.scripts, 1, what);
  assert.ok(seen.tables > 0 && seen.captions === seen.tables && seen.regions === seen.tables, what);
  assert.equal(seen.bareHeadings, 0, what);
  for (const harmful of names) assert.ok(seen.texts.some((text) => text.includes(shown(harmful))), `${what}: ${harmful}`);
  const light = seen.paper.match(/\d+/g).map(Number).reduce((sum, part) => sum + part) / 3;
  assert.equal(light > 128, scheme === "light", `${what}: ${seen.paper}`);
  for (const [selector, ratio] of await contrasts(page)) {
    assert.ok(ratio >= LEAST_CONTRAST, `${what}: ${selector} has a contrast of ${ratio.toFixed(2)}`);
  }
  await page.screenshot({ path: path.join(pictures, `${name}-${width}-${scheme}.png`), fullPage: name !== "users" });

  await sortsByKeyboard(page, what);
  await page.emulateMedia({ media: "print", colorScheme: scheme });
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)", what);
  assert.deepEqual(trouble, [], what);
  assert.deepEqual(await page.evaluate(() => window.violations), [], what);

  // The policy does hold: a script of another hash does not run and nothing can be fetched.
  const blocked = await page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "window.harmed = true";
    document.body.append(script);
    const fetched = await fetch("https://outside.example/").then(() => true, () => false);
    return { harmed: "harmed" in window, fetched };
  });
  assert.deepEqual(blocked, { harmed: false, fetched: false }, what);
  await page.waitForFunction(() => window.violations.length === 2);
  await page.close();
}

// What can turn or hide the text beside it is shown as an escape.
function shown(name) {
  return name.replace(/[\u200b-\u200f\u2028-\u202e\u2060-\u2069]/gu, (each) => `\\u{${each.codePointAt(0).toString(16)}}`);
}

// Reaches a column of numbers with the tab key alone and sorts by it: up, down, and as it was.
async function sortsByKeyboard(page, what) {
  const order = () => page.evaluate(() => {
    const heading = document.activeElement.closest("th");
    const rows = [...heading.closest("table").tBodies[0].rows];
    const cells = rows.map((row) => row.cells[heading.cellIndex]);
    return {
      sorted: heading.getAttribute("aria-sort"),
      values: cells.map((cell) => (cell.querySelector("bdi") ? cell.dataset.sort ?? cell.textContent : null)),
      said: document.getElementById("said").textContent,
    };
  });
  const onHeading = () => page.evaluate(() => document.activeElement.matches("th.number button, th:last-child button"));
  for (let presses = 0; !(await onHeading()); presses += 1) {
    assert.ok(presses < 100, `${what}: no heading can be reached`);
    await page.keyboard.press("Tab");
  }
  const given = await order();
  await page.keyboard.press("Enter");
  const up = await order();
  await page.keyboard.press("Space");
  const down = await order();
  await page.keyboard.press("Enter");
  const again = await order();

  assert.deepEqual([given.sorted, up.sorted, down.sorted, again.sorted], [null, "ascending", "descending", null], what);
  assert.deepEqual(again.values, given.values, what);
  assert.match(up.said, /ascending/, what);
  const known = (found) => found.values.filter((value) => value !== null);
  const isSorted = (values, sign) => values.every((value, place) =>
    place === 0 || sign * (isNaN(value) ? value.localeCompare(values[place - 1], "en", { numeric: true }) : value - values[place - 1]) >= 0);
  assert.ok(isSorted(known(up), 1) && isSorted(known(down), -1), what);
  for (const found of [up, down]) {
    assert.ok(found.values.slice(known(found).length).every((value) => value === null), `${what}: unknown is last`);
  }
}

// The contrast of each kind of text against what is behind it (WCAG 2.2, "relative luminance").
async function contrasts(page) {
  return page.evaluate(() => {
    const parts = (color) => color.match(/[\d.]+/g).map(Number);
    const luminance = (color) => {
      const [red, green, blue] = parts(color).slice(0, 3).map((part) => part / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (element) => {
      const color = getComputedStyle(element).backgroundColor;
      return (parts(color)[3] ?? 1) === 1 ? color : behind(element.parentElement);
    };
    const kinds = ["h1", "h2", ".lead", ".badge", ".population", ".figures dd", "figcaption", ".value", "th button", "td", ".rest", "summary", "footer p", "nav a"];
    return kinds.flatMap((kind) => [...document.querySelectorAll(kind)].slice(0, 1).map((element) => {
      const [one, other] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
      return [kind, (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)];
    }));
  });
}
