// Debian's Chromium, and the ways in which pages are looked at.
import { spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const looks = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 1000 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 1000 } },
  { name: "phone", colorScheme: "light", viewport: { width: 390, height: 844 } },
  { name: "phone-dark", colorScheme: "dark", viewport: { width: 390, height: 844 } },
];

const executablePath = "/usr/bin/chromium";
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launch() {
  return chromium.launch({ executablePath, args });
}

/** A browser of its own, which keeps what it knows in a folder; `kill` ends it as an empty battery does. */
export async function apart(folder) {
  const port = join(folder, "DevToolsActivePort");
  await rm(port, { force: true });
  const child = spawn(executablePath, [...args, "--headless=new", "--remote-debugging-port=0", "--remote-allow-origins=*", `--user-data-dir=${folder}`, "about:blank"], { stdio: "ignore", detached: true });
  let text = "";
  for (let n = 0; n < 300 && !text.includes("\n"); n += 1) {
    await new Promise((done) => setTimeout(done, 50));
    text = await readFile(port, "utf8").catch(() => "");
  }
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${text.split("\n")[0]}`);
  const [context] = browser.contexts();
  const page = context.pages()[0] ?? (await context.newPage());
  const kill = async () => {
    // All of its processes are one group.
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGKILL");
    await browser.close().catch(() => undefined);
  };
  return { page, kill };
}
